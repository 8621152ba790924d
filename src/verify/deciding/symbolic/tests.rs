use serde_json::json;

use crate::inference::{Evidence, Verdict};
use crate::verify::{Cell, Outcome, check_cell, testing};

const PARAMETERS: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";

/// A claim on three workers with irrational gradients.
fn judged(kind: &str, for_all: &str, lhs: &str, rhs: &str, oracle: serde_json::Value) -> Outcome {
    let claim = format!("[claim]\nfor_all = \"{for_all}\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n");
    let statement = testing::statement(kind, &(PARAMETERS.to_owned() + &claim));
    let spec = testing::cell(json!({
        "problem": {
            "family": "logistic", "dimension": 3, "workers": 3, "share": 4, "regulariser": 0.125, "seed": 2,
        },
        "oracle": oracle, "horizon": 4, "parameters": { "beta": 0.25, "gamma": 0.5 },
    }));
    let cell = Cell::build(&statement, spec).unwrap();
    check_cell(&cell, testing::judging(&testing::EFFORT)).unwrap_or_else(|failure| panic!("{lhs}, {rhs}: {failure}"))
}

fn sources() -> [serde_json::Value; 4] {
    [
        json!([]),
        json!([{ "source": "sphere", "radius": 0.5 }]),
        json!([{ "source": "each-worker", "operator": { "name": "top-k", "share": 0.4 } }]),
        json!([{ "source": "opposed", "relative": 0.25, "absolute": 0.25 }]),
    ]
}

/// An identity that symbols alone show, whatever the estimate.
fn is_shown(lhs: &str, rhs: &str) {
    for oracle in sources() {
        let outcome = judged("identity", "k in 0..K", lhs, rhs, oracle.clone());
        let found = (outcome.verdict, &outcome.evidence);
        assert_eq!(found, (Verdict::Holds, &Evidence::Rational), "{lhs} = {rhs}, {oracle}: {:?}", outcome.remainder);
    }
}

/// An identity that is false.
fn is_refuted(lhs: &str, rhs: &str) {
    for oracle in sources() {
        let outcome = judged("identity", "k in 0..K", lhs, rhs, oracle.clone());
        assert_eq!(outcome.verdict, Verdict::Violated, "{lhs} = {rhs}, {oracle}");
    }
}

#[test]
fn a_factor_leaves_a_norm_with_its_absolute_value() {
    is_shown("norm(-3*grad[k])", "3*norm(grad[k])");
    is_shown("norm(x[k+1] - x[k])", "gamma*norm(v[k])");
    is_shown("norm(grad[k])*norm(2*grad[k])", "2*norm2(grad[k])");
    is_refuted("norm(-3*grad[k])", "-3*norm(grad[k])");
    is_refuted("norm(2*grad[k])", "4*norm(grad[k])");
}

#[test]
fn the_momentum_recursion_is_known_from_any_index_on() {
    is_shown("norm2(v[k] - (1-beta)*v[k-1] - beta*(grad[k] + e[k]))", "0");
    is_shown("norm2(x[k+1] - x[k] + gamma*v[k])", "0");
    is_refuted("norm2(v[k] - (1-beta)*v[k-1] - 2*beta*(grad[k] + e[k]))", "0");
}

#[test]
fn squares_are_multiplied_out() {
    is_shown("norm2(grad[k] + v[k])", "norm2(grad[k]) + 2*dot(grad[k], v[k]) + norm2(v[k])");
    is_refuted("norm2(grad[k] + v[k])", "norm2(grad[k]) + dot(grad[k], v[k]) + norm2(v[k])");
}

#[test]
fn the_mean_of_the_workers_gradients_is_the_gradient() {
    is_shown("norm2(mean(i in 0..n, worker_grad[i, k]) - grad[k])", "0");
    is_shown(
        "mean(i in 0..n, norm2(worker_grad[i, k] - grad[k]))",
        "mean(i in 0..n, norm2(worker_grad[i, k])) - norm2(grad[k])",
    );
    is_refuted("norm2(worker_grad[0, k] - grad[k])", "0");
}

#[test]
fn what_is_clipped_is_itself_inside_and_has_the_thresholds_length_outside() {
    is_shown("norm2(clip(1000, grad[k]) - grad[k])", "0");
    is_shown("norm(clip(1/1000, grad[k]))", "1/1000");
    is_shown("norm2(clip(1/1000, grad[k]))", "1/1000000");
    is_refuted("norm(clip(1/1000, grad[k]))", "norm(grad[k])");
    is_refuted("norm(clip(1000, grad[k]))", "1000");
}

#[test]
fn an_inequality_that_is_attained_is_shown_and_a_false_one_is_not() {
    let attained = |rhs: &str| judged("pathwise", "k in 0..K", "norm(x[k+1] - x[k])", rhs, json!([])).verdict;
    assert_eq!(attained("gamma*norm(v[k])"), Verdict::Holds);
    assert_eq!(attained("gamma*norm(v[k]) + norm2(grad[k])"), Verdict::Holds);
    assert_eq!(attained("0.999999999*gamma*norm(v[k])"), Verdict::Violated);
}

#[test]
fn reject_that_two_steps_give_the_same_point() {
    is_refuted("norm2(x[k+1] - x[k])", "0");
    is_refuted("f[k+1]", "f[k]");
}
