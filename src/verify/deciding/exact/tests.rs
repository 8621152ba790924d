//! Verdicts about expectations that are computed.

use serde_json::{Value, json};

use crate::inference::{Evidence, Verdict};
use crate::verify::{Cell, Outcome, check_cell, testing};

/// E of a quantity of two steps of size 1/2 on f = x²/2 in one coordinate from x_0 = 1, against a number.
fn judged(lhs: &str, rhs: &str, oracle: Value) -> Outcome {
    let claim = format!(
        "[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, inf)\" }}\n\
         [claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"
    );
    let statement = testing::statement("expectation", &claim);
    let spec = testing::cell(json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "oracle": oracle,
        "parameters": { "beta": 1.0, "gamma": 0.5 }, "horizon": 2, "point": [1.0],
    }));
    let cell = Cell::build(&statement, spec).unwrap();
    check_cell(&cell, testing::judging(&testing::EFFORT)).unwrap_or_else(|failure| panic!("{lhs}, {rhs}: {failure}"))
}

/// Signs of size 1/2, whose second moments are followed.
fn rademacher() -> Value {
    json!([{ "source": "rademacher", "size": 0.5 }])
}

/// The same law as an estimate that is not affine on average has it, so that its paths are enumerated.
fn enumerated() -> Value {
    json!([{ "source": "random-signs", "relative": 0.0, "absolute": 0.25 }])
}

// x_1 = 1/2 ± 1/4 and x_2 = x_1/2 ± 1/4, and ∇f(x) = x, so that E‖∇f(x_2)‖² = 1/16 + 1/64 + 1/16 = 9/64.

#[test]
fn an_expectation_is_compared_with_its_own_value_exactly() {
    for oracle in [rademacher(), enumerated()] {
        let outcome = judged("E[norm2(grad[K])]", "if(K == 2, 9/64, 1)", oracle.clone());
        assert_eq!(outcome.verdict, Verdict::Holds, "{oracle}: {outcome:?}");
        let worst = outcome.worst.unwrap();
        assert_eq!((worst.horizon, worst.ratio), (2, Some(1.0)));
    }
}

#[test]
fn a_bound_that_is_smaller_by_a_billionth_of_a_billionth_is_violated() {
    for oracle in [rademacher(), enumerated()] {
        let outcome = judged("E[norm2(grad[K])]", "if(K == 2, 9/64 - 1/10^18, 1)", oracle.clone());
        assert_eq!(outcome.verdict, Verdict::Violated, "{oracle}: {outcome:?}");
        assert!(!matches!(outcome.evidence, Evidence::Statistical { .. }), "{:?}", outcome.evidence);
    }
}

#[test]
fn the_evidence_says_how_the_expectation_was_had() {
    let followed = judged("E[f[K]]", "1", rademacher()).evidence;
    assert!(matches!(followed, Evidence::Moments { .. }), "{followed:?}");
    let paths = judged("E[f[K]]", "1", enumerated()).evidence;
    assert!(matches!(paths, Evidence::Enumeration { paths: 4, .. }), "{paths:?}");
}

#[test]
fn every_horizon_up_to_the_cells_own_is_an_instance() {
    // E x_1² = 5/16 is above, E x_2² below.
    let outcome = judged("E[norm2(grad[K])]", "1/4", rademacher());
    assert_eq!((outcome.verdict, outcome.worst.map(|worst| worst.horizon)), (Verdict::Violated, Some(1)));
    assert_eq!(outcome.comparisons, 2);
}

#[test]
fn a_minimum_over_the_run_is_of_expectations_not_the_expectation_of_a_minimum() {
    // min over k < 2 of E x_k² = 5/16; the least square on each path is 1/16 or 9/16, whose mean is as large, but
    // with x_2 it is less.
    let outcome = judged("min(k in 0..K, E[norm2(grad[k])])", "if(K == 2, 5/16, 1)", rademacher());
    assert_eq!(outcome.verdict, Verdict::Holds, "{outcome:?}");
    let less = judged("min(k in 0..K, E[norm2(grad[k])])", "if(K == 2, 5/16 - 1/10^9, 1)", rademacher());
    assert_eq!(less.verdict, Verdict::Violated, "{less:?}");
}
