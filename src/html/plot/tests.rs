use super::*;

const WORDS: Words<'_> = Words { id: "p", title: "a < b", description: "d" };

#[test]
fn numbers_are_written_in_few_digits() {
    let cases = [(0.0, "0"), (1.0, "1"), (0.25, "0.25"), (12.345, "12.35"), (1e5, "1e5"), (-0.5, "-0.5")];
    for (x, text) in cases {
        assert_eq!(short(x), text);
    }
    assert_eq!(short(1.0 / 3e7), "3.3e-8");
}

#[test]
fn an_axis_of_far_numbers_is_logarithmic_where_it_may_be() {
    let values = [1e-4, 1.0, 100.0];
    let log = Scale::over(values.into_iter(), true);
    assert!((log.share(0.1) - 0.5).abs() < 1e-12);
    let plain = Scale::over(values.into_iter(), false);
    assert!((plain.share(50.0) - 0.5).abs() < 1e-5);
    assert_eq!(log.share(0.0), 0.0);
}

#[test]
fn marks_lie_on_the_axis_and_are_round() {
    let marks = Scale::over([0.0, 0.93].into_iter(), false).marks();
    let texts: Vec<&str> = marks.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["0", "0.5"]);
    for scale in [Scale::over([3.0].into_iter(), true), Scale::over([-2.0, 7.0].into_iter(), true)] {
        assert!(scale.marks().iter().all(|(share, _)| (0.0..=1.0).contains(share)));
        assert!(scale.marks().len() >= 2);
    }
}

#[test]
fn an_axis_without_numbers_is_still_one() {
    let none = Scale::over(std::iter::empty(), true);
    assert!(none.marks().len() >= 2);
    assert_eq!(none.share(f64::NAN), 0.0);
}

#[test]
fn a_plot_says_what_it_is_and_escapes_what_it_says() {
    let svg = histogram(&WORDS, &[0.1, 0.1, 0.99, 1.5]);
    assert!(svg.contains("<title id=\"p-t\">a &lt; b</title>"), "{svg}");
    assert!(svg.contains("role=\"img\"") && svg.contains("aria-labelledby=\"p-t p-d\""), "{svg}");
    assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
    assert_eq!(svg.matches("bar beyond").count(), 1, "{svg}");
}

#[test]
fn a_single_point_is_a_mark_and_more_are_a_curve() {
    let lines = |points: Vec<[f64; 2]>| {
        let series = Series { label: "bound", class: "bound", shape: Shape::Curve, points, band: Vec::new() };
        Lines { words: WORDS, across: "K", series: vec![series] }.svg()
    };
    assert!(lines(vec![[1.0, 2.0]]).contains("<path class=\"marks bound\""));
    let curve = lines(vec![[1.0, 2.0], [2.0, 1.0]]);
    assert!(curve.contains("<polyline") && !curve.contains("<path"), "{curve}");
    assert!(!lines(vec![[1.0, 0.0], [2.0, 0.0]]).contains("NaN"));
}
