//! The recursion of moments against enumeration, sampling and long runs.

use serde_json::json;

use crate::inference::{Evidence, Verdict};
use crate::number::Exact;
use crate::oracle::{Stream, StreamKey};
use crate::statement::Statement;
use crate::verify::deciding::exact::ExactMeans;
use crate::verify::deciding::moments::*;
use crate::verify::{Cell, Outcome, check_cell, testing};

fn any_statement() -> Statement {
    testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"f[0]\"\n",
    )
}

fn buffer(statement: &Statement) -> Recorded {
    Recorded::Norm2(VectorSequence::Quantity(statement.method.vector_states().next().unwrap()))
}

fn deviation(statement: &Statement) -> Recorded {
    Recorded::Norm2(VectorSequence::Derived(statement.method.derived[0].clone()))
}

fn every_step(statement: &Statement) -> Vec<Recorded> {
    let others = [VectorSequence::Error, VectorSequence::Bias, VectorSequence::Noise].map(Recorded::Norm2);
    [Recorded::GRADIENT, buffer(statement), deviation(statement)].into_iter().chain(others).collect()
}

fn quantities(statement: &Statement) -> Vec<Recorded> {
    std::iter::once(Recorded::VALUE).chain(every_step(statement)).collect()
}

/// Compares the recursion with all paths, as rational numbers: `bits` fair signs are drawn each step.
fn agrees_with_enumeration(problem: &serde_json::Value, oracle: &serde_json::Value, bits: u64, horizon: usize) {
    let statement = any_statement();
    for (start, beta) in [("zero", 0.25), ("first-gradient", 0.75), ("zero", 1.0), ("first-gradient", 1.0)] {
        let spec = testing::cell(json!({
            "problem": problem, "oracle": oracle,
            "start": start, "parameters": { "beta": beta, "gamma": 0.5 }, "horizon": horizon,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        assert!(applies(&instance), "{oracle}");
        let recursion = expected_table::<Exact>(&instance, &quantities(&statement), ()).unwrap();
        let paths = 1 << (bits * horizon as u64);
        let enumerated = ExactMeans::Enumeration(paths).table::<Exact>(&instance, &quantities(&statement), ()).unwrap();
        let same = |quantity: &Recorded, k| {
            let (a, b) = (recursion.get(quantity, k).unwrap(), enumerated.get(quantity, k).unwrap());
            let place = format!("{quantity:?} at {k}, {oracle}, {start}, beta {beta}");
            assert!(a.is_defined() && a == b, "{place}: {a:?} against {b:?}");
        };
        for k in 0..=horizon as i64 {
            same(&Recorded::VALUE, k);
            same(&Recorded::GRADIENT, k);
        }
        for k in 0..horizon as i64 {
            every_step(&statement).iter().for_each(|quantity| same(quantity, k));
        }
        same(&deviation(&statement), -1);
        same(&buffer(&statement), -1);
    }
}

fn with_spectrum() -> serde_json::Value {
    json!({ "family": "heterogeneous-quadratic", "dimension": 2, "workers": 2, "condition": 4.0, "spread": 1.0, "seed": 5 })
}

#[test]
fn the_recursion_equals_the_enumeration_of_all_paths_as_rational_numbers() {
    let without = json!({ "family": "breast-cancer-squares", "features": 2, "workers": 2, "share": 3 });
    let oracle = json!([{ "source": "rademacher", "size": 0.5 }]);
    for problem in [with_spectrum(), without] {
        // A sign for each worker and coordinate.
        agrees_with_enumeration(&problem, &oracle, 4, 3);
    }
}

#[test]
fn noise_and_bias_that_are_linear_in_the_gradient_are_followed_exactly() {
    let signs = json!({ "source": "relative-signs", "factor": 0.5 });
    let fewer_signs = json!({ "source": "relative-signs", "factor": 0.25 });
    let noise = json!({ "source": "rademacher", "size": 0.5 });
    let relative = json!({ "source": "relative", "factor": -0.25 });
    let offset = json!({ "source": "offset", "size": 0.5 });
    for (oracle, bits, horizon) in [
        (json!([signs]), 2, 3),
        (json!([signs, fewer_signs]), 4, 2),
        (json!([noise, signs]), 6, 2),
        (json!([relative, noise]), 4, 2),
        (json!([offset, noise]), 4, 2),
        (json!([relative, offset, noise]), 4, 2),
        (json!([relative, signs]), 2, 3),
        (json!([offset, signs]), 2, 3),
        (json!([relative, offset, signs, noise]), 6, 2),
        (json!([relative, offset, offset]), 0, 3),
    ] {
        agrees_with_enumeration(&with_spectrum(), &oracle, bits, horizon);
    }
}

#[test]
fn an_estimate_that_is_not_affine_in_the_gradient_is_not_followed() {
    let statement = any_statement();
    for source in [
        json!({ "source": "opposed", "relative": 0.25, "absolute": 0.25 }),
        json!({ "source": "axis", "size": 0.5 }),
        json!({ "source": "random-signs", "relative": 0.25, "absolute": 0.25 }),
    ] {
        let spec = testing::cell(json!({
            "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
            "parameters": { "beta": 0.5, "gamma": 0.5 }, "horizon": 2,
        }));
        assert!(!applies(&Instance::build(&statement, &spec).unwrap()), "{source}");
    }
}

/// SGD under PL and strong growth with the largest step that its theorem allows, or a larger one, as a
/// claim of the check: `E[f(x_K)] − f*` against `(1 − γμ)^K (f(x_0) − f*)`, attained for Hessians L·I.
fn strong_growth(step: f64, horizon: usize) -> Outcome {
    let statement = testing::statement(
        "expectation",
        "[parameters]\nbeta = { in = \"[1, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nlhs = \"E[f[K] - f_star]\"\nrhs = \"(1 - gamma*mu)^K*(f[0] - f_star)\"\n",
    );
    let spec = testing::cell(json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [2.0, 2.0] },
        "oracle": [{ "source": "relative-signs", "factor": 1.0 }],
        "parameters": { "beta": 1.0, "gamma": step }, "horizon": horizon,
    }));
    check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&testing::EFFORT)).unwrap()
}

#[test]
fn strong_growth_is_decided_without_a_sample_where_its_bound_is_attained() {
    let attained = strong_growth(0.25, 10);
    assert_eq!((attained.verdict, attained.worst.unwrap().ratio), (Verdict::Holds, Some(1.0)));
    let larger = strong_growth(0.2501, 10);
    assert_eq!(larger.verdict, Verdict::Violated);
    assert!(matches!(larger.evidence, Evidence::Moments { .. }), "{:?}", larger.evidence);
}

#[test]
fn sample_means_agree_with_the_recursion() {
    let statement = any_statement();
    let spec = testing::cell(json!({
        "problem": { "family": "quadratic", "dimension": 6, "condition": 30.0, "seed": 3 },
        "oracle": [{ "source": "gaussian", "size": 0.5 }],
        "start": "first-gradient", "parameters": { "beta": 0.3, "gamma": 0.8 }, "horizon": 12,
    }));
    let instance = Instance::build(&statement, &spec).unwrap();
    let expected = expected_table::<f64>(&instance, &quantities(&statement), ()).unwrap();
    let key = StreamKey::new(1, "moments", "");
    let count = 4000u32;
    let mut sums = vec![(0.0, 0.0); 5 * 12];
    let mut runner = instance.experiment().runner::<f64>(());
    for replicate in 0..count {
        let mut table = Table::<f64>::new(&quantities(&statement), &instance.method, ());
        let mut random = Stream::new([key.stream(replicate.into())], ());
        runner.run(&mut random, &mut table, &mut |_| {});
        for (slot, (quantity, k)) in sums.iter_mut().zip(entries(&statement)) {
            let x = table.get(&quantity, k).copied().unwrap();
            *slot = (slot.0 + x, slot.1 + x * x);
        }
    }
    for ((sum, squares), (quantity, k)) in sums.into_iter().zip(entries(&statement)) {
        let n = f64::from(count);
        let (mean, variance) = (sum / n, squares / n - (sum / n).powi(2));
        let exact = expected.get(&quantity, k).copied().unwrap();
        // Eight standard errors: 60 comparisons fail together with probability below 1e-13, were
        // the means normal.
        let limit = 8.0 * (variance / n).sqrt() + 1e-12 * exact;
        assert!((mean - exact).abs() <= limit, "{quantity:?} at {k}: {mean} against {exact}, limit {limit}");
    }
}

fn entries(statement: &Statement) -> impl Iterator<Item = (Recorded, i64)> + use<> {
    let known = [Recorded::GRADIENT, buffer(statement), deviation(statement), Recorded::Norm2(VectorSequence::Error)];
    let quantities = std::iter::once(Recorded::VALUE).chain(known);
    quantities.flat_map(|quantity| (0..12).map(move |k| (quantity.clone(), k)))
}

#[test]
fn the_stationary_value_is_what_a_long_run_tends_to() {
    let statement = any_statement();
    let sphere = json!({ "source": "sphere", "radius": 1.0 });
    for oracle in [json!([sphere]), json!([sphere, { "source": "relative", "factor": -0.5 }])] {
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 3, "condition": 4.0, "seed": 3 },
            "oracle": oracle, "parameters": { "beta": 0.5, "gamma": 1.0 }, "horizon": 400,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let gradient = Recorded::GRADIENT;
        let table = expected_table::<f64>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
        let late = table.get(&gradient, 400).unwrap();
        let limit = table.get(&gradient, crate::statement::evaluate::LIMIT).unwrap();
        assert!((late - limit).abs() < 1e-12 * limit, "{late} against {limit}");
    }
}

#[test]
fn no_stationary_value_is_known_under_noise_that_grows_with_the_gradient_or_a_constant_bias() {
    let statement = any_statement();
    for source in [json!({ "source": "relative-signs", "factor": 0.5 }), json!({ "source": "offset", "size": 0.5 })] {
        let spec = testing::cell(json!({
            "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 2,
        }));
        let gradient = Recorded::GRADIENT;
        let instance = Instance::build(&statement, &spec).unwrap();
        let table = expected_table::<Exact>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
        assert!(table.get(&gradient, crate::statement::evaluate::LIMIT).is_none(), "{source}");
    }
}

#[test]
fn an_unstable_step_has_no_stationary_value() {
    let statement = any_statement();
    let spec = testing::cell(json!({
        "problem": { "family": "quadratic", "dimension": 1, "condition": 1.0, "seed": 3 },
        "oracle": [{ "source": "axis", "size": 1.0 }],
        "parameters": { "beta": 0.5, "gamma": 6.0 }, "horizon": 3,
    }));
    let instance = Instance::build(&statement, &spec).unwrap();
    assert_eq!(instance.problem.constants().smoothness, Some(1.into()), "2(2 - beta)/beta = 6 is the limit");
    let gradient = Recorded::GRADIENT;
    let table = expected_table::<Exact>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
    assert!(table.get(&gradient, crate::statement::evaluate::LIMIT).is_none());
}
