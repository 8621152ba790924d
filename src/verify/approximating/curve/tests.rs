use crate::statement::library;
use crate::verify::approximating::curve::*;
use crate::verify::testing::{self, EFFORT};
use serde_json::json;

fn curves_of(statement: &Statement, spec: serde_json::Value) -> Vec<Curve> {
    let cell = Cell::build(statement, testing::cell(spec)).unwrap_or_else(|err| panic!("{err}"));
    curves(&cell, testing::judging(&EFFORT))
}

/// Gradient descent on x²/2 with half the largest step.
fn halving(horizon: usize) -> serde_json::Value {
    json!({ "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "start": "own", "parameters": { "gamma": 0.5 }, "horizon": horizon })
}

fn decrease() -> Statement {
    testing::statement(
        "pathwise",
        "method = \"gradient-descent\"\n[parameters]\ngamma = { in = \"(0, 1/L]\" }\n\
         [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]/2\"\n",
    )
}

#[test]
fn a_claim_for_every_k_has_both_sides_at_every_k() {
    let curves = curves_of(&decrease(), halving(4));
    let [curve] = curves.as_slice() else { panic!("{curves:?}") };
    assert_eq!((curve.claim, curve.over, curve.at.as_slice()), (1, Abscissa::Step, &[0, 1, 2, 3][..]));
    for n in 0..3 {
        // x halves, so f is a quarter, and the bound a half.
        assert!((curve.lhs[n + 1] / curve.lhs[n] - 0.25).abs() < 1e-5, "{curve:?}");
        assert!((curve.rhs[n] / curve.lhs[n] - 2.0).abs() < 1e-5, "{curve:?}");
    }
    assert!(curve.doubt.is_empty());
}

#[test]
fn a_long_run_has_few_places_with_the_first_and_the_last() {
    let curves = curves_of(&decrease(), halving(1000));
    assert!(curves[0].at.len() <= MOST_PLACES);
    assert_eq!((curves[0].at.first(), curves[0].at.last()), (Some(&0), Some(&999)));
}

#[test]
fn what_is_sampled_has_several_horizons_and_says_how_far_it_may_be_off() {
    let statement = testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"32\"\n",
    );
    let spec = json!({
        "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [{ "source": "sphere", "radius": 1.0 }],
        "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 12,
    });
    let curves = curves_of(&statement, spec);
    let [curve] = curves.as_slice() else { panic!("{curves:?}") };
    assert_eq!(curve.over, Abscissa::Horizon);
    assert!(curve.at.len() > 4 && curve.at.last() == Some(&12), "{curve:?}");
    assert!(curve.doubt.iter().all(|doubt| *doubt > 0.0), "{curve:?}");
}

#[test]
fn points_of_an_estimate_are_no_steps() {
    let statement = library::load("clipped-error").expect("shipped").expect("a statement");
    let plan = crate::verify::choosing::plan::Plan::new(&statement, crate::preset::Preset::Quick).expect("a plan");
    let curves = curves(&plan.cells[0], testing::judging(&EFFORT));
    assert!(!curves.is_empty() && curves.iter().all(|curve| curve.over == Abscissa::Point), "{curves:?}");
}

#[test]
fn numbers_between_first_and_last_are_spread_in_equal_ratios() {
    assert_eq!(spread(5, 64), [1, 2, 3, 4, 5]);
    assert_eq!(spread(0, 64), [0usize; 0]);
    let chosen = spread(10_000, 5);
    assert_eq!(chosen, [1, 10, 100, 1000, 10_000]);
    let many = spread(100, 64);
    assert!(many.windows(2).all(|pair| pair[0] < pair[1]) && many.len() <= 64);
}
