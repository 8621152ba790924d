//! Verdicts of sampled cells.

use serde_json::json;

use crate::inference::{Evidence, Verdict};
use crate::preset::Effort;
use crate::verify::testing::{self, EFFORT};
use crate::verify::{Cell, CheckFailure, Outcome, check_cell};

/// `E[‖∇f(x_K)‖²] ≤ factor` on an instance with bounded noise that nothing decides exactly.
fn sampled(rhs: &str, effort: &Effort, source: serde_json::Value) -> Outcome {
    let statement = testing::statement(
        "expectation",
        &format!(
            "[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, inf)\" }}\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"{rhs}\"\n"
        ),
    );
    let spec = testing::cell(json!({
        "problem": { "family": "sine-squared", "dimension": 2 },
        "oracle": [source],
        "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 20,
    }));
    check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(effort)).unwrap()
}

/// A claim on one problem, with nothing that decides it exactly.
fn claimed(sides: [&str; 2], cell: serde_json::Value, effort: &Effort) -> Outcome {
    let [lhs, rhs] = sides;
    let statement = testing::statement(
        "expectation",
        &format!(
            "[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, inf)\" }}\n\
             [claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"
        ),
    );
    check_cell(&Cell::build(&statement, testing::cell(cell)).unwrap(), testing::judging(effort)).unwrap()
}

fn logistic(source: serde_json::Value, step: f64, horizon: usize) -> serde_json::Value {
    json!({
        "problem": {
            "family": "logistic", "dimension": 4, "workers": 2, "share": 6, "regulariser": 0.125, "seed": 5
        },
        "oracle": [{ "source": "finite-difference", "step": step }, source],
        "parameters": { "beta": 1.0, "gamma": 0.25 }, "horizon": horizon,
    })
}

fn is_doubted(outcome: &Outcome) {
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{outcome:#?}");
    let cause = &outcome.remainder.open.as_ref().unwrap().cause;
    assert!(cause.contains("replicate"), "{cause}");
    assert!(outcome.sampling.as_ref().unwrap().precision_check.as_ref().unwrap().largest_difference > 0.5);
}

/// Noise of size 1 at 2.3·10⁹⁰ is lost in binary64 and in 256 bits alike.
#[test]
fn noise_that_is_lost_beside_a_huge_point_supports_nothing() {
    let cell = json!({
        "problem": { "family": "maml-cosine", "step": 0.0 }, "oracle": [{ "source": "sphere", "radius": 1.0 }],
        "parameters": { "beta": 1.0, "gamma": 1.0 }, "horizon": 1, "point": [2.3e90],
    });
    for precision in [None, Some(256)] {
        let effort = Effort { precision, ..EFFORT };
        is_doubted(&claimed(["E[norm2(grad[K])]", "0.3"], cell.clone(), &effort));
    }
}

/// The difference over a step of 10⁻⁸⁰ is 0 in binary64 as in 256 bits: then the method stands still.
#[test]
fn a_difference_that_is_lost_at_any_fixed_precision_supports_nothing() {
    let noise = json!({ "source": "sphere", "radius": 1e-3 });
    is_doubted(&claimed(["f[0] - E[f[K]]", "0.01"], logistic(noise, 1e-80, 10), &EFFORT));
}

#[test]
fn a_difference_that_is_lost_at_any_fixed_precision_refutes_nothing() {
    let noise = json!({ "source": "gaussian", "size": 1e-3 });
    for precision in [None, Some(256)] {
        let effort = Effort { precision, replicates: 1000, ..EFFORT };
        is_doubted(&claimed(["E[norm2(e[0])]", "1.01*C"], logistic(noise.clone(), 1e-100, 1), &effort));
    }
}

#[test]
fn a_difference_that_binary64_can_form_keeps_its_verdict() {
    let noise = || json!({ "source": "gaussian", "size": 1e-3 });
    let healthy = claimed(["E[norm2(e[0])]", "2*C"], logistic(noise(), 0.0078125, 1), &EFFORT);
    assert_eq!(healthy.verdict, Verdict::Holds, "{healthy:#?}");
    let wrong = claimed(["E[norm2(e[0])]", "C/1000"], logistic(noise(), 0.0078125, 1), &EFFORT);
    assert_eq!(wrong.verdict, Verdict::Violated, "{wrong:#?}");
}

#[test]
fn a_sample_that_rounding_moves_out_of_its_proved_range_is_no_internal_error() {
    // In binary64 the first step is 0 in place of the gradient, so the error is far larger than proved.
    let outcome = claimed(["E[norm2(e[0])]", "10^-9"], logistic(sphere(), 1e-80, 1), &EFFORT);
    is_doubted(&outcome);
}

#[test]
fn a_sample_with_a_drawn_index_is_enclosed_whole() {
    // In binary64 the sample is rounded to whole numbers: an enclosure of its midpoint alone hides that.
    let statement = testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [random]\nR = \"uniform(0..2)\"\n\
         [claim]\nlhs = \"E[(10^16 + norm2(grad[R])) - 10^16]\"\nrhs = \"1000\"\n",
    );
    let spec = testing::cell(json!({
        "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [sphere()],
        "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
    }));
    let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT)).unwrap();
    assert_ne!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
}

#[test]
fn a_right_hand_side_that_is_not_finite_is_no_verdict() {
    let statement = testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"exp(exp(exp(10)))\"\n",
    );
    let spec = testing::cell(json!({
        "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [sphere()],
        "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
    }));
    let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT));
    assert!(matches!(outcome, Err(CheckFailure::Undefined { .. })), "{outcome:?}");
}

#[test]
fn a_first_estimate_whose_size_is_not_known_is_no_right_hand_side() {
    let statement = testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"100 + E[norm2(v[-1])]\"\n",
    );
    let outcome = |oracle: serde_json::Value| {
        let spec = testing::cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": oracle, "start": "first-gradient",
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
        }));
        check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT))
    };
    assert_eq!(outcome(json!([sphere()])).unwrap().verdict, Verdict::Holds);
    let unknown = outcome(json!([{ "source": "offset", "size": 0.5 }, sphere()])).unwrap_err();
    assert!(unknown.to_string().contains("first estimate"), "{unknown}");
}

fn sphere() -> serde_json::Value {
    json!({ "source": "sphere", "radius": 1.0 })
}

#[test]
fn a_false_bound_is_refuted_and_confirmed_by_the_second_generator() {
    let outcome = sampled("0.125", &EFFORT, sphere());
    assert_eq!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
    assert_eq!(outcome.sampling.unwrap().confirmed, Some(true));
}

#[test]
fn a_true_bound_is_supported_where_the_samples_are_bounded() {
    let outcome = sampled("32", &EFFORT, sphere());
    assert_eq!(outcome.verdict, Verdict::Holds, "{outcome:#?}");
    assert!(matches!(outcome.evidence, Evidence::Statistical { .. }));
    assert!(outcome.sampling.unwrap().replicates > 0);
}

#[test]
fn a_bound_above_every_run_needs_no_sample() {
    let outcome = sampled("10^9", &EFFORT, sphere());
    assert_eq!((outcome.verdict, outcome.evidence), (Verdict::Holds, Evidence::Range));
}

#[test]
fn under_gaussian_noise_a_true_bound_is_supported_by_its_second_moment() {
    let outcome = sampled("4096", &EFFORT, json!({ "source": "gaussian", "size": 0.5 }));
    assert_eq!(outcome.verdict, Verdict::Holds);
}

#[test]
fn under_gaussian_noise_a_true_bound_is_only_not_refuted_where_the_second_moment_says_too_little() {
    let effort = Effort { replicates: 500, ..EFFORT };
    let outcome = sampled("1", &effort, json!({ "source": "gaussian", "size": 0.5 }));
    assert_eq!(outcome.verdict, Verdict::NotRefuted);
}

#[test]
fn a_false_bound_is_refuted_under_gaussian_noise_too() {
    let outcome = sampled("0.125", &EFFORT, json!({ "source": "gaussian", "size": 1.0 }));
    assert_eq!(outcome.verdict, Verdict::Violated);
}

#[test]
fn a_small_budget_leaves_the_claim_open() {
    let effort = Effort { replicates: 4, ..EFFORT };
    assert_eq!(sampled("32", &effort, sphere()).verdict, Verdict::Inconclusive);
}

#[test]
fn the_outcome_does_not_depend_on_the_number_of_threads() {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let run = || sampled("32", &EFFORT, sphere());
    assert_eq!(alone.install(run), three.install(run));
}

#[test]
fn whole_runs_in_high_precision_give_the_same_verdict_and_the_same_mean() {
    let effort = Effort { replicates: 512, precision: Some(200), ..EFFORT };
    let precise = sampled("0.125", &effort, sphere());
    let working = sampled("0.125", &Effort { precision: None, ..effort.clone() }, sphere());
    assert_eq!(precise.verdict, working.verdict);
    let (a, b) = (precise.sampling.unwrap(), working.sampling.unwrap());
    assert!((a.mean - b.mean).abs() < 1e-12 * b.mean, "{} against {}", a.mean, b.mean);
    // Whole runs in high precision are not compared with themselves either.
    for check in [a.precision_check.unwrap(), b.precision_check.unwrap()] {
        assert!(check.largest_difference < 1e-3 && check.replicates >= 2 * EFFORT.rerun, "{check:?}");
    }
}
