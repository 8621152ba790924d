use super::*;

fn univariate(terms: usize) -> impl Strategy<Value = Univariate> {
    prop::collection::vec((-9_i64..=9, 1_i64..=4), 0..=terms)
        .prop_map(|pairs| Univariate::new(pairs.into_iter().map(|(numerator, denominator)| q(numerator, denominator))))
}

fn nonzero(terms: usize) -> impl Strategy<Value = Univariate> {
    univariate(terms).prop_filter("zero", |polynomial| !polynomial.is_zero())
}

fn degree(polynomial: &Univariate) -> usize {
    polynomial.degree().unwrap_or(0)
}

/// The values of a fraction at integers where it has one.
fn sampled(numerator: &Univariate, denominator: &Univariate, points: usize) -> Vec<(Rational, Rational)> {
    let values = (-3_i64..).map(|x| q(x, 1)).filter_map(|x| {
        let below = denominator.at(&x);
        (below != 0).then(|| (x.clone(), numerator.at(&x) / below))
    });
    values.take(points).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn operations_agree_with_the_values(a in univariate(5), b in univariate(5), x in rational()) {
        prop_assert_eq!((&a + &b).at(&x), a.at(&x) + b.at(&x));
        prop_assert_eq!((&a - &b).at(&x), a.at(&x) - b.at(&x));
        prop_assert_eq!((&a * &b).at(&x), a.at(&x) * b.at(&x));
        prop_assert_eq!((&a * &b).derivative(), a.derivative() * &b + &a * b.derivative());
    }

    #[test]
    fn division_leaves_a_remainder_of_smaller_degree(a in univariate(7), b in univariate(4)) {
        match a.divided_by(&b) {
            Some((quotient, remainder)) => {
                prop_assert!(remainder.degree() < b.degree());
                prop_assert_eq!(quotient * &b + remainder, a);
            }
            None => prop_assert!(b.is_zero()),
        }
    }

    #[test]
    fn the_greatest_common_divisor_divides_both_and_has_all_common_factors(
        a in univariate(4), b in univariate(4), common in univariate(3),
    ) {
        let divides = |divisor: &Univariate, of: &Univariate| {
            divisor.is_zero() && of.is_zero() || of.divided_by(divisor).is_some_and(|(_, remainder)| remainder.is_zero())
        };
        let (left, right) = (&a * &common, &b * &common);
        let divisor = left.gcd(&right);
        prop_assert!(divides(&divisor, &left) && divides(&divisor, &right));
        prop_assert!(divides(&common, &divisor));
        prop_assert_eq!(divisor.monic(), divisor.clone());
    }

    #[test]
    fn planted_fractions_are_found_from_three_points_more_than_coefficients(a in univariate(4), b in nonzero(4)) {
        let common = a.gcd(&b);
        let [numerator, denominator] = [&a, &b].map(|part| part.divided_by(&common).unwrap().0);
        let points = sampled(&numerator, &denominator, degree(&numerator) + degree(&denominator) + 5);
        let (n, d) = interpolate_fraction(&points, 3).unwrap();
        prop_assert_eq!(n * &denominator, numerator * &d);
        prop_assert_eq!(degree(&d), degree(&denominator));
        prop_assert_eq!(d.monic(), d);
    }

    #[test]
    fn noise_is_refused(values in prop::collection::vec(-1000_i64..=1000, 12)) {
        let noise: Vec<_> = (0..).zip(&values).map(|(x, y)| (q(x, 1), q(*y, 1))).collect();
        if let Some((n, d)) = interpolate_fraction(&noise, 12) {
            prop_assert!(false, "{n:?} over {d:?}");
        }
    }

    #[test]
    fn a_planted_fraction_with_one_wrong_value_is_refused(a in univariate(4), b in nonzero(4), wrong in 0_usize..11) {
        let mut points = sampled(&a, &b, 11);
        points[wrong].1 += 1;
        // Whatever passes through ten of these points is the planted fraction.
        prop_assert_eq!(interpolate_fraction(&points, 3), None);
    }
}

#[test]
fn too_few_points_confirm_nothing() {
    let parabola = |count: i64| (0..count).map(|x| (q(x, 1), q(x * x, 1))).collect::<Vec<_>>();
    // Three coefficients above and one below.
    assert_eq!(interpolate_fraction(&parabola(6), 5), None);
    let found = interpolate_fraction(&parabola(7), 5);
    assert_eq!(found, Some((Univariate::new([q(0, 1), q(0, 1), q(1, 1)]), Univariate::constant(1))));
    assert_eq!(interpolate_fraction(&parabola(7), 1), None);
    assert_eq!(interpolate_fraction(&[], 5), None);
}

#[test]
fn constants_are_fractions() {
    for value in [q(0, 1), q(-7, 3)] {
        let points: Vec<_> = (0..5).map(|x| (q(x, 2), value.clone())).collect();
        let found = interpolate_fraction(&points, 0);
        assert_eq!(found, Some((Univariate::constant(value), Univariate::constant(1))));
        assert_eq!(interpolate_fraction(&points[..4], 0), None);
    }
}

#[test]
fn repeated_points_count_once_and_contradictions_are_refused() {
    let mut points: Vec<_> = (0..5).map(|x| (q(x, 1), q(1, 1))).collect();
    points.push(points[0].clone());
    assert!(interpolate_fraction(&points, 2).is_some());
    assert_eq!(interpolate_fraction(&points[2..], 2), None);
    points.push((q(0, 1), q(2, 1)));
    assert_eq!(interpolate_fraction(&points, 9), None);
}

#[test]
fn a_fraction_that_loses_a_point_to_a_common_factor_is_refused() {
    // x·1/x is 1 but for the point 0, where any value solves N(0) = y·D(0).
    let mut points: Vec<_> = (1..8).map(|x| (q(x, 1), q(1, 1))).collect();
    points.push((q(0, 1), q(5, 1)));
    assert_eq!(interpolate_fraction(&points, 2), None);
}
