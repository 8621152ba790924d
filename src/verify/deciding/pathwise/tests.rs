//! Verdicts on runs.

use serde_json::{Value, json};

use crate::inference::{Evidence, Verdict};
use crate::preset::Effort;
use crate::verify::{Cell, CheckFailure, Outcome, check_cell, testing};

const PARAMETERS: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";

/// A claim about three steps of size 1/2 on f = (x² + 2y²)/2 from (1, 1): x_k = (2^-k, 0).
fn checked(kind: &str, for_all: &str, lhs: &str, rhs: &str) -> Result<Outcome, CheckFailure> {
    checked_under(kind, for_all, [lhs, rhs], json!([]))
}

fn checked_under(kind: &str, for_all: &str, sides: [&str; 2], oracle: Value) -> Result<Outcome, CheckFailure> {
    checked_within(&testing::EFFORT, (kind, for_all), sides, oracle)
}

fn checked_within(
    effort: &Effort,
    (kind, for_all): (&str, &str),
    [lhs, rhs]: [&str; 2],
    oracle: Value,
) -> Result<Outcome, CheckFailure> {
    let claim = format!("[claim]\nfor_all = \"{for_all}\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n");
    let statement = testing::statement(kind, &(PARAMETERS.to_owned() + &claim));
    let spec = testing::cell(json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 2.0] }, "oracle": oracle,
        "parameters": { "beta": 1.0, "gamma": 0.5 }, "horizon": 3, "point": [1.0, 1.0],
    }));
    check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(effort))
}

fn verdict(kind: &str, for_all: &str, lhs: &str, rhs: &str) -> Verdict {
    checked(kind, for_all, lhs, rhs).unwrap_or_else(|failure| panic!("{lhs}, {rhs}: {failure}")).verdict
}

#[test]
fn a_bound_that_is_attained_holds_and_one_that_is_barely_smaller_is_violated() {
    let pathwise = |rhs: &str| verdict("pathwise", "k in 0..K", "norm2(x[k+1])", rhs);
    assert_eq!(pathwise("4^(-k-1)"), Verdict::Holds);
    assert_eq!(pathwise("4^(-k-1)*(1 - 1/10^40)"), Verdict::Violated);
    assert_eq!(pathwise("4^(-k-1)*(1 + 1/10^40)"), Verdict::Holds);
}

#[test]
fn an_identity_holds_only_where_it_holds_exactly() {
    let identity = |rhs: &str| verdict("identity", "k in 0..K", "norm2(x[k+1])", rhs);
    assert_eq!(identity("4^(-k-1)"), Verdict::Holds);
    assert_eq!(identity("4^(-k-1) + 1/10^200"), Verdict::Violated);
}

#[test]
fn an_equality_of_irrational_numbers_that_nothing_decides_is_left_open() {
    // √2·√3 = √6: neither intervals nor rationals nor symbols know.
    let outcome = checked("pathwise", "k in 0..K", "sqrt(2)*sqrt(3)*norm2(x[k])", "sqrt(6)*norm2(x[k])").unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{outcome:?}");
    let open = outcome.remainder.open.unwrap();
    assert!(open.cause.contains("neither intervals of up to") && open.count == outcome.comparisons, "{open:?}");
}

#[test]
fn one_violation_outweighs_all_that_is_open() {
    let outcome =
        checked("pathwise", "k in 0..K", "sqrt(2)*sqrt(3) + k", "if(k == 2, sqrt(6) + 1, sqrt(6) + k)").unwrap();
    assert_eq!((outcome.verdict, outcome.worst.map(|worst| worst.k)), (Verdict::Violated, Some(2)));
}

#[test]
fn comparisons_are_counted_at_every_index_once() {
    // Nothing in the claim depends on K, so that shorter runs say nothing new.
    assert_eq!(checked("pathwise", "k in 0..K", "f[k+1]", "f[k]").unwrap().comparisons, 3);
    assert_eq!(checked("pathwise", "k in 1..K+1", "f[k]", "f[k-1]").unwrap().comparisons, 3);
}

#[test]
fn a_violation_comes_with_a_counterexample_that_shows_its_run() {
    let outcome = checked("pathwise", "k in 0..K", "f[k+1]", "f[k]/8").unwrap();
    assert_eq!(outcome.verdict, Verdict::Violated);
    let counterexample = outcome.counterexample.unwrap();
    assert_eq!((counterexample.claim, counterexample.rows.is_empty()), (1, false), "{counterexample:?}");
    let relation = outcome.worst.unwrap().relation.unwrap();
    assert_eq!(relation.sign, ">", "{relation:?}");
}

#[test]
fn a_side_without_a_value_is_a_failure_and_no_verdict() {
    let failure = checked("pathwise", "k in 0..K", "1/(f[k] - f[k])", "1").unwrap_err();
    assert!(matches!(failure, CheckFailure::Undefined { claim: 0, side: "left-hand side", .. }), "{failure:?}");
    let failure = checked("pathwise", "k in 0..K", "1", "sqrt(-1 - f[k])").unwrap_err();
    assert!(matches!(failure, CheckFailure::Undefined { claim: 0, side: "right-hand side", .. }), "{failure:?}");
}

#[test]
fn what_decided_is_the_evidence() {
    let clear = checked("pathwise", "k in 0..K", "f[k+1]", "2*f[k]").unwrap().evidence;
    assert_eq!(clear, Evidence::Ball);
    let attained = checked("pathwise", "k in 0..K", "norm2(x[k+1])", "norm2(x[k])/4 + norm2(x[k+1])*0").unwrap();
    assert!(
        matches!(attained.evidence, Evidence::Ball | Evidence::Interval { .. } | Evidence::Rational),
        "{attained:?}"
    );
}

#[test]
fn every_trajectory_of_a_random_estimate_is_compared() {
    let oracle = json!([{ "source": "random-signs", "relative": 0.25, "absolute": 0.5 }]);
    let outcome = checked_under("pathwise", "k in 0..K", ["norm2(e[k])", "norm2(grad[k])/4 + 1/2"], oracle.clone());
    let outcome = outcome.unwrap();
    assert_eq!((outcome.verdict, outcome.comparisons), (Verdict::Holds, 3 * testing::EFFORT.trajectories));
    let smaller = checked_under("pathwise", "k in 0..K", ["norm2(e[k])", "norm2(grad[k])/4 + 1/2 - 1/1000"], oracle);
    assert_eq!(smaller.unwrap().verdict, Verdict::Violated);
}

#[test]
fn long_sums_that_the_first_precision_does_not_decide_are_left_open_soon() {
    let small = Effort { operations: 1 << 22, ..testing::EFFORT };
    for body in ["sin(j*sqrt(2))", "1/(j + 1)"] {
        let sum = format!("sum(j in 0..20000, {body})");
        let within = |rhs: &str| checked_within(&small, ("pathwise", "k in 0..1"), [&sum, rhs], json!([])).unwrap();
        let outcome = within(&sum);
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{body}");
        let cause = outcome.remainder.open.unwrap().cause;
        assert!(cause.contains("sums so long are not evaluated in more"), "{cause}");
        let clear = within(&format!("{sum} + 1/10"));
        assert_eq!(clear.verdict, Verdict::Holds, "{body}");
    }
}

#[test]
fn of_very_long_sums_some_indices_are_compared_and_the_others_named() {
    let outcome = checked("pathwise", "k in 0..K", "sum(j in 0..400000, 1)", "400000 + k").unwrap();
    assert_eq!((outcome.verdict, outcome.comparisons), (Verdict::Holds, 2));
    assert_eq!(outcome.remainder.cut.map(|cut| cut.count), Some(1));
}
