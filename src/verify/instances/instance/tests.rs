//! What is an instance of a statement, and what is none.

use serde_json::{Value, json};

use super::*;
use crate::verify::testing;

/// A claim about gradient descent with momentum whose step γ is below 1/L.
const BELOW: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, 1/L)\" }\n";
const CLAIM: &str = "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n";

fn built(rest: &str, cell: Value) -> Result<(), InstanceError> {
    let statement = testing::statement("pathwise", rest);
    Instance::build(&statement, &testing::cell(cell)).map(|_| ())
}

/// A quadratic with L = 2 and f* = 0 in two coordinates.
fn quadratic(gamma: f64) -> Value {
    json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [2.0, 1.0] },
        "parameters": { "beta": 0.5, "gamma": gamma }, "horizon": 3,
    })
}

fn with(mut cell: Value, key: &str, value: Value) -> Value {
    cell[key] = value;
    cell
}

#[test]
fn a_parameter_at_an_open_end_of_its_range_is_outside_and_at_a_closed_one_inside() {
    let open = BELOW.to_owned() + CLAIM;
    assert_eq!(built(&open, quadratic(0.499)), Ok(()));
    let outside = |found| matches!(found, Err(InstanceError::Parameter { name, value: 0.5, range }) if name == "gamma" && range == "(0, 1/L)");
    assert!(outside(built(&open, quadratic(0.5))));
    assert_eq!(built(&open.replace("1/L)", "1/L]"), quadratic(0.5)), Ok(()));
    // A step of no length is none that the method has.
    assert!(matches!(built(&open, quadratic(0.0)), Err(InstanceError::Method(_))));
}

#[test]
fn a_value_at_an_end_that_no_interval_places_is_not_certainly_inside() {
    // √(L²)/L² is 1/L, which an enclosure of the root does not show.
    let rest = BELOW.replace("(0, 1/L)", "(0, sqrt(3)/sqrt(12)]") + CLAIM;
    assert!(matches!(built(&rest, quadratic(0.5)), Err(InstanceError::Parameter { .. })));
    assert_eq!(built(&rest, quadratic(0.499)), Ok(()));
}

#[test]
fn every_parameter_needs_a_value() {
    let cell = with(quadratic(0.25), "parameters", json!({ "beta": 0.5 }));
    let found = built(&(BELOW.to_owned() + CLAIM), cell);
    assert!(matches!(found, Err(InstanceError::Parameter { name, value, .. }) if name == "gamma" && value.is_nan()));
}

#[test]
fn a_hypothesis_must_hold_for_certain() {
    let text = |condition: &str| format!("{BELOW}{CLAIM}[hypotheses]\nsmall = \"{condition}\"\n");
    assert_eq!(built(&text("gamma*L <= 1/2"), quadratic(0.25)), Ok(()));
    let found = built(&text("gamma*L < 1/2"), quadratic(0.25));
    assert!(
        matches!(found, Err(InstanceError::Hypothesis { name, text }) if name == "small" && text == "gamma*L < 1/2")
    );
}

#[test]
fn a_constant_that_the_family_does_not_prove_is_named() {
    let rest = BELOW.replace("1/L", "1/G") + CLAIM;
    assert_eq!(built(&rest, quadratic(0.25)), Err(InstanceError::Missing("G")));
    let sine = json!({ "family": "sine-squared", "dimension": 2 });
    assert_eq!(built(&rest, with(quadratic(0.25), "problem", sine)), Err(InstanceError::Missing("G")));
}

#[test]
fn a_horizon_of_no_step_or_of_too_many_is_refused() {
    let rest = BELOW.to_owned() + CLAIM;
    for horizon in [0, MAX_HORIZON + 1] {
        let found = built(&rest, with(quadratic(0.25), "horizon", json!(horizon)));
        assert_eq!(found, Err(InstanceError::Horizon(horizon)));
    }
}

#[test]
fn a_point_of_another_dimension_and_a_start_that_the_method_has_not_are_refused() {
    let rest = BELOW.to_owned() + CLAIM;
    let found = built(&rest, with(quadratic(0.25), "point", json!([1.0])));
    assert_eq!(found, Err(InstanceError::Point { expected: 2, found: 1 }));
    let found = built(&rest, with(quadratic(0.25), "start", json!("warm")));
    assert_eq!(found, Err(InstanceError::Start("warm".to_owned())));
}

#[test]
fn a_claim_that_speaks_of_bias_alone_needs_an_estimate_that_tells_bias_from_noise() {
    let rest = BELOW.to_owned() + &CLAIM.replace("rhs = \"f[k]\"", "rhs = \"f[k] + norm2(b[k])\"");
    let told = json!([{ "source": "offset", "size": 0.5 }, { "source": "rademacher", "size": 0.5 }]);
    assert_eq!(built(&rest, with(quadratic(0.25), "oracle", told)), Ok(()));
    let greedy = json!([{ "source": "scripted", "errors": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]] }]);
    let found = built(&rest, with(quadratic(0.25), "oracle", greedy));
    assert!(matches!(found, Ok(()) | Err(InstanceError::NotSplit)), "{found:?}");
}

#[test]
fn constants_are_enclosed_and_the_derived_ones_follow_from_the_parameters() {
    let rest = format!("{BELOW}{CLAIM}[constants]\nrate = \"(1 - gamma*L)/3\"\n");
    let statement = testing::statement("pathwise", &rest);
    let instance = Instance::build(&statement, &testing::cell(quadratic(0.25))).unwrap();
    let constants = instance.constants();
    let [low, high] = constants.iter().find(|(name, _)| name == "rate").map(|(_, limits)| *limits).unwrap();
    assert!(low <= 1.0 / 6.0 && 1.0 / 6.0 <= high && high - low <= f64::EPSILON, "{constants:?}");
    assert_eq!(instance.builtin(Builtin::Smoothness), Some(&2.into()));
    let faster = instance.retuned(&[("beta".to_owned(), 0.5), ("gamma".to_owned(), 0.125)].into(), 2).unwrap();
    let rate = faster.constants().into_iter().find(|(name, _)| name == "rate").map(|(_, [low, _])| low);
    assert_eq!((faster.horizon, rate), (2, Some(0.25)));
}

#[test]
fn a_derived_constant_without_a_value_is_named() {
    let rest = format!("{BELOW}{CLAIM}[constants]\nrate = \"1/(gamma*L - 1/2)\"\n");
    assert_eq!(built(&rest, quadratic(0.25)), Err(InstanceError::Constant("rate".to_owned())));
    assert_eq!(built(&rest, quadratic(0.125)), Ok(()));
}

#[test]
fn a_shortened_instance_runs_fewer_steps_and_never_more() {
    let statement = testing::statement("pathwise", &(BELOW.to_owned() + CLAIM));
    let instance = Instance::build(&statement, &testing::cell(quadratic(0.25))).unwrap();
    assert_eq!((instance.shortened(2).horizon, instance.shortened(2).method.horizon), (2, 2));
    assert_eq!(instance.shortened(9).horizon, 3);
}

#[test]
fn a_claim_about_every_draw_is_not_tried_where_the_error_is_bounded_in_mean_alone() {
    let rest = BELOW.to_owned() + &CLAIM.replace("f[k+1]", "norm2(e[k])").replace("f[k]", "B*norm2(grad[k]) + C");
    let under = |source: Value| built(&rest, with(quadratic(0.25), "oracle", json!([source])));
    assert_eq!(under(json!({ "source": "gaussian", "size": 0.5 })), Err(InstanceError::OnlyInMean));
    assert_eq!(under(json!({ "source": "rademacher", "size": 0.5 })), Err(InstanceError::OnlyInMean));
    assert_eq!(under(json!({ "source": "opposed", "relative": 0.25, "absolute": 0.25 })), Ok(()));
    assert_eq!(under(json!({ "source": "offset", "size": 0.5 })), Ok(()));
}
