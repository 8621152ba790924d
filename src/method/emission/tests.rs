use serde_json::json;

use super::*;
use crate::method::{RunTrace, Stored};
use crate::oracle::{NoRandomness, StreamKey};
use crate::statement::Statement;
use crate::statement::evaluate::Trace;
use crate::statement::term::VectorSequence;
use crate::verify::instances::{CellSpec, Instance};
use crate::verify::testing;

fn statement() -> Statement {
    testing::statement(
        "pathwise",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n",
    )
}

fn cell(problem: serde_json::Value, source: serde_json::Value, gamma: f64, horizon: usize) -> CellSpec {
    testing::cell(json!({
        "problem": problem, "oracle": [source], "parameters": { "beta": 0.5, "gamma": gamma }, "horizon": horizon,
    }))
}

fn quadratic() -> serde_json::Value {
    json!({ "family": "diagonal-quadratic", "spectrum": [1.0, 0.3] })
}

fn irrational() -> serde_json::Value {
    json!({ "family": "sine-squared", "dimension": 3 })
}

fn adversary(name: &str) -> serde_json::Value {
    json!({ "source": name, "relative": 0.25, "absolute": 0.0625 })
}

/// Whether ‖e‖² ≤ B‖∇f‖² + C for certain, with the numbers of [`adversary`].
fn is_legal(error: &[Interval], gradient: &[Interval], bits: u32) -> bool {
    let mut bound = norm2(gradient, bits);
    bound.mul_f64(0.25);
    bound.add_f64(0.0625);
    norm2(error, bits).certainly_le(&bound)
}

#[test]
fn errors_that_stored_points_imply_are_within_their_radius() {
    let statement = statement();
    for problem in [quadratic(), irrational()] {
        for name in ["aligned", "opposed", "cancel", "random-signs", "greedy"] {
            let instance = Instance::build(&statement, &cell(problem.clone(), adversary(name), 0.1, 12)).unwrap();
            let experiment = instance.experiment();
            let key = StreamKey::new(1, "emission", name);
            let run = experiment.stored_run(&mut crate::oracle::Stream::new([key.stream(0)], ()), Legality::Certain);
            assert_eq!(run.end, None, "{name}");
            let stored = Stored { points: &run.points, draws: &run.draws };
            let trace = RunTrace::<Interval>::of_points(&experiment, stored, 2048);
            for k in 0..12 {
                let error = trace.until(12).vector(&VectorSequence::Error, k).unwrap();
                let gradient = trace.gradient(usize::try_from(k).unwrap());
                assert!(is_legal(&error, gradient, 2048), "{name} at k = {k} of {problem}");
            }
        }
    }
}

/// No limit.
const WHOLE: crate::method::Limit<'static> =
    crate::method::Limit { steps: usize::MAX, operations: f64::INFINITY, cost: &|_| 0.0 };

#[test]
fn vectors_that_are_emitted_along_an_exact_run_are_within_their_radius_there() {
    let statement = statement();
    for problem in [quadratic(), irrational()] {
        let instance = Instance::build(&statement, &cell(problem, adversary("aligned"), 0.1, 12)).unwrap();
        let experiment = instance.experiment();
        let emission = experiment.emission(&mut NoRandomness, 256);
        assert_eq!((emission.vectors.len(), emission.end), (12, None));
        let emitted = Some(crate::method::Emitted(&emission.vectors));
        let trace = RunTrace::<Interval>::forward(&experiment, &mut NoRandomness, emitted, &WHOLE, 2048);
        for (k, vector) in emission.vectors.iter().enumerate() {
            let error: Vec<Interval> = vector.iter().map(|x| Interval::from_f64(*x, 2048)).collect();
            assert!(is_legal(&error, trace.gradient(k), 2048), "k = {k}");
        }
    }
}

#[test]
fn a_vector_exactly_on_its_radius_is_used_as_it_is() {
    let statement = statement();
    let line = json!({ "family": "diagonal-quadratic", "spectrum": [1.0] });
    let source = json!({ "source": "aligned", "relative": 0.0, "absolute": 0.25 });
    let instance = Instance::build(&statement, &cell(line, source, 0.5, 3)).unwrap();
    let emission = instance.experiment().emission(&mut NoRandomness, 256);
    assert!(emission.vectors.iter().all(|vector| vector[0].abs() == 0.5), "{emission:?}");
    let at = instance.experiment().emitted_at(&[3.0], Legality::Certain).unwrap();
    assert_eq!(at[0].abs(), 0.5);
}

#[test]
fn a_vector_outside_its_radius_is_shortened_by_as_little_as_helps() {
    let statement = statement();
    let instance = Instance::build(&statement, &cell(irrational(), adversary("aligned"), 0.1, 1)).unwrap();
    let experiment = instance.experiment();
    let mut shortened = 0;
    for i in 1..=64 {
        let x = [f64::from(i) / 7.0, 0.5, -0.25];
        let proposed = experiment.free_at(&x).unwrap();
        let emitted = experiment.emitted_at(&x, Legality::Certain).unwrap();
        let ratio = emitted[1] / proposed[1];
        assert!((1.0 - 2f64.powi(-29)..=1.0).contains(&ratio), "{ratio} at {x:?}");
        shortened += u32::from(emitted != proposed);
    }
    assert!(shortened > 0, "binary64 rounds some of them outward");
}

#[test]
fn reject_a_vector_beyond_its_radius_by_the_last_bit() {
    let radius = [Rational::new(), Rational::from((1, 4))];
    let within =
        |x: f64| is_within(Some(&radius), &[Exact(Rational::from_f64(x))], &[Exact(Some(Rational::new()))], ());
    assert!(within(0.5) && !within(0.5f64.next_up()));
    let enclosed = |x: f64| is_within(Some(&radius), &[Interval::from_f64(x, 128)], &[Interval::zero(128)], 128);
    assert!(!enclosed(0.5f64.next_up()));
}

#[test]
fn a_stored_run_ends_where_binary64_ends() {
    let statement = statement();
    let instance = Instance::build(&statement, &cell(quadratic(), adversary("aligned"), 1e200, 5)).unwrap();
    let run = instance.experiment().stored_run(&mut NoRandomness, Legality::Certain);
    assert_eq!(run.end, Some(End::NotFinite));
    assert!(run.points.len() <= 3 && run.draws.len() + 1 == run.points.len());
    assert!(run.points.iter().flatten().all(|x| x.is_finite()));
}

#[test]
fn vectors_that_are_assumed_to_be_legal_are_those_that_are_but_for_rounding() {
    let statement = statement();
    for problem in [quadratic(), irrational()] {
        let instance = Instance::build(&statement, &cell(problem, adversary("cancel"), 0.1, 12)).unwrap();
        let (assumed, certain) = (
            instance.experiment().assumed_emission(&mut NoRandomness),
            instance.experiment().emission(&mut NoRandomness, 256),
        );
        assert_eq!(assumed.end, None);
        let pairs = assumed.vectors.iter().flatten().zip(certain.vectors.iter().flatten());
        for (a, b) in pairs {
            assert!((a - b).abs() <= 1e-8 * (1.0 + b.abs()), "{a} and {b}");
        }
        assert_eq!(assumed.vectors.len(), certain.vectors.len());
    }
}
