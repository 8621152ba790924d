use serde_json::json;

use crate::inference::{Evidence, Verdict};
use crate::verify::deciding::compare_sides::*;
use crate::verify::{Cell, Outcome, check_cell, testing};

fn interval(x: f64) -> Interval {
    Interval::from_f64(x, 256)
}

fn sides(lhs: Interval, rhs: Interval) -> Sides<Interval> {
    Sides { magnitude: interval(1.0), scale: interval(1.0), lhs, rhs }
}

/// An identity on a family whose values are irrational, at a start near its minimum.
fn identity(lhs: &str, rhs: &str, start: f64) -> Outcome {
    let claim = format!("[claim]\nfor_all = \"k in 0..1\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n");
    let parameters = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";
    let statement = testing::statement("identity", &(parameters.to_owned() + &claim));
    let spec = testing::cell(json!({
        "problem": { "family": "sine-squared", "dimension": 1 }, "horizon": 1, "point": [start],
        "parameters": { "beta": 1.0, "gamma": 0.125 },
    }));
    let cell = Cell::build(&statement, spec).unwrap();
    check_cell(&cell, testing::judging(&testing::EFFORT)).unwrap_or_else(|failure| panic!("{lhs} = {rhs}: {failure}"))
}

#[test]
fn equal_enclosures_are_equal_only_below_every_number_that_occurs() {
    let near = || {
        let mut wide = interval(1.0);
        wide.add_assign(&Interval::from_bounds(
            &-(rug::Rational::from(1) >> 240u32),
            &(rug::Rational::from(1) >> 240u32),
            256,
        ));
        sides(wide, interval(1.0))
    };
    assert!(equal_by_interval(&near(), &Smallest::default()));
    let smallest = Smallest::default();
    smallest.see(&interval(2f64.powi(-30)));
    assert!(equal_by_interval(&near(), &smallest), "239 bits are narrower than 200 + 30");
    smallest.see(&interval(2f64.powi(-60)));
    assert!(!equal_by_interval(&near(), &smallest));
}

#[test]
fn a_number_that_may_be_zero_counts_as_the_smallest() {
    let smallest = Smallest::default();
    smallest.see(&interval(0.0));
    assert!(equal_by_interval(&sides(interval(1.0), interval(1.0)), &smallest), "zero itself loses nothing");
    smallest.see(&Interval::from_bounds(&rug::Rational::new(), &rug::Rational::from(1), 256));
    let mut wide = interval(1.0);
    wide.add_assign(&Interval::from_bounds(&-(rug::Rational::from(1) >> 250u32), &rug::Rational::new(), 256));
    assert!(!equal_by_interval(&sides(wide, interval(1.0)), &smallest));
}

#[test]
fn reject_enclosures_that_do_not_meet() {
    let apart = sides(interval(1.0), interval(1.0f64.next_up()));
    assert!(!equal_by_interval(&apart, &Smallest::default()));
    assert_eq!(by_interval(Form::Identity, &apart), Truth::False);
    assert_eq!(by_interval(Form::Identity, &sides(interval(1.0), interval(1.0))), Truth::Open);
}

#[test]
fn reject_identities_whose_difference_is_hidden_beside_larger_numbers() {
    for (lhs, rhs, start) in [
        ("f[k] + 1e80 - 1e80", "f[k] + 1", 0.5),
        ("f[k] + 1 - 1", "2*f[k] + 1 - 1", 1e-45),
        ("sqrt(f[k]) + 1e80", "sqrt(f[k]) + 1 + 1e80", 0.5),
        ("2*f[k]", "f[k]", 1e-100),
        ("f[k] - f[k+1]", "2*(f[k] - f[k+1])", 1e-100),
    ] {
        let outcome = identity(lhs, rhs, start);
        assert_eq!(outcome.verdict, Verdict::Violated, "{lhs} = {rhs}: {:?}", outcome.remainder);
    }
}

#[test]
fn a_true_identity_that_only_intervals_see_is_accepted() {
    for start in [0.5, 1e-45, 1e-100] {
        let outcome = identity("sqrt(f[k])*sqrt(f[k]) + 1", "f[k] + 1", start);
        assert_eq!(outcome.verdict, Verdict::Holds, "{start}: {:?}", outcome.remainder);
        assert!(matches!(outcome.evidence, Evidence::Interval { .. }), "{:?}", outcome.evidence);
    }
}

#[test]
fn reject_identities_whose_small_numbers_are_squared_underflow_or_differ_late() {
    for (lhs, rhs, start) in [
        ("norm(x[0]) + sqrt(f[0])*1e-60", "norm(x[0]) + sqrt(f[0])*1e-60*(1 + 1e-90)", 0.5),
        ("f[0] + exp(-2000000000)", "f[0]", 0.5),
        ("f[0]*(1 + (1e-300)^2000000)", "f[0]", 0.5),
        ("sin(1e-70) + f[0]", "1e-70 + f[0]", 0.5),
        ("sqrt(f[0])*(1 + 1e-105)", "sqrt(f[0])", 0.5),
    ] {
        assert_ne!(identity(lhs, rhs, start).verdict, Verdict::Holds, "{lhs} = {rhs}");
    }
}

#[test]
fn reject_a_coordinate_that_is_lost_in_a_norm() {
    let parameters = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";
    let claim = "[claim]\nfor_all = \"k in 0..1\"\nlhs = \"norm(x[0])\"\nrhs = \"1\"\n";
    let statement = testing::statement("identity", &format!("{parameters}{claim}"));
    for tiny in [1e-60, 1e-100, 1e-150] {
        let spec = testing::cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 }, "horizon": 1, "point": [1.0, tiny],
            "parameters": { "beta": 1.0, "gamma": 0.125 },
        }));
        let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&testing::EFFORT)).unwrap();
        assert_ne!(outcome.verdict, Verdict::Holds, "{tiny}");
    }
}

#[test]
fn a_claim_about_the_estimate_may_read_any_point_of_its_row() {
    let claim = "[claim]\nfor_all = \"k in 0..1\"\nlhs = \"sqrt(norm(grad[K-1]))\"\nrhs = \"2*norm(grad[K-1])^0.5\"\n";
    let statement = testing::statement("oracle", claim);
    let spec = testing::cell(json!({
        "problem": { "family": "logistic", "dimension": 2, "workers": 2, "share": 4, "regulariser": 0.1, "seed": 1 },
        "horizon": 100, "point": [1.0, 1.0],
    }));
    let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&testing::EFFORT)).unwrap();
    assert_eq!(outcome.verdict, Verdict::Holds);
}
