//! The pathwise lemmas on random problems, parameters and error sequences, shrunk to the smallest
//! instance when one fails.

use lemmata::inference::{ErrorBudget, Verdict};
use lemmata::oracle::source::Scripted;
use lemmata::preset::Preset;
use lemmata::problem::families::{
    FourierSpec, GemanMcClureSpec, HeterogeneousQuadraticSpec, LogisticSpec, QuadraticSpec, SineSquaredSpec,
};
use lemmata::problem::{ProblemSpec, build};
use lemmata::statement::{Statement, library, load_text};
use lemmata::verify::instances::{CellSpec, Start};
use lemmata::verify::{Cell, CheckFailure, Judging, check_cell};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestError, TestRunner};

mod effort;

const SEED: u64 = 0x5eed_1e44;

/// Seeds of failures are kept beside this file and tried first ever after.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: effort::cases(cases),
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// A random instance: everything shrinks towards one dimension, one worker, one step and no error.
#[derive(Clone, Debug)]
struct Case {
    problem: ProblemSpec,
    beta: f64,
    theta: f64,
    /// Share of the largest step.
    share: f64,
    /// Share of β that ρ takes.
    contraction: f64,
    errors: Vec<Vec<f64>>,
    start: &'static str,
}

fn problem() -> impl Strategy<Value = ProblemSpec> {
    (0..6usize, 1..6usize, 1..4usize, 0..7i32, 0..50u64).prop_map(|(family, dimension, workers, kappa, seed)| {
        let condition = 2f64.powi(kappa);
        match family {
            0 => QuadraticSpec { dimension, condition, seed }.into(),
            1 => HeterogeneousQuadraticSpec { dimension, workers, condition, spread: 1.0, seed }.into(),
            2 => SineSquaredSpec { dimension }.into(),
            3 => FourierSpec { dimension, workers, terms: 2 * workers, seed }.into(),
            4 => LogisticSpec { dimension, workers, share: 2, regulariser: 0.125, seed }.into(),
            _ => GemanMcClureSpec { dimension, workers, share: 2, seed }.into(),
        }
    })
}

/// n/64 for n in the range.
fn dyadic(range: std::ops::Range<i32>) -> impl Strategy<Value = f64> + Clone {
    range.prop_map(|n| f64::from(n) / 64.0)
}

fn case() -> impl Strategy<Value = Case> {
    let errors = prop::collection::vec(prop::collection::vec(dyadic(-256..256), 5), 1..8);
    let start = prop::bool::ANY.prop_map(|first| if first { "first-gradient" } else { "zero" });
    let shares = (dyadic(1..64), dyadic(1..64), dyadic(1..64), dyadic(0..64));
    (problem(), shares, errors, start).prop_map(|(problem, (beta, theta, share, contraction), mut errors, start)| {
        let dimension = build(&problem).unwrap().dimension();
        errors.iter_mut().for_each(|e| e.truncate(dimension));
        Case { problem, beta, theta, share, contraction, errors, start }
    })
}

impl Case {
    /// The cell on which a statement is checked; the step is a share of the limit that it proves.
    fn spec(&self, statement: &Statement) -> CellSpec {
        let smoothness = build(&self.problem).unwrap().constants().smoothness.as_ref().unwrap().to_f64();
        let (beta, theta) = (self.beta, self.theta);
        let rho = self.contraction * beta;
        let c = (1.0 - beta).powi(2) / (beta * theta);
        let ratio = match statement.id.as_str() {
            "descent-lemma-contracting" => c / (beta - rho),
            "descent-lemma-loose" => (1.0 - beta) * (1.0 + (1.0 - beta) / (beta * theta)) / (beta * (1.0 - theta)),
            _ => c / beta,
        };
        let gamma = self.share * 2.0 / (smoothness * (1.0 + (1.0 + 4.0 * ratio).sqrt()));
        let all = [("beta", beta), ("theta", theta), ("rho", rho), ("gamma", gamma)];
        CellSpec {
            problem: self.problem.clone(),
            oracle: vec![Scripted { errors: self.errors.clone() }.into()],
            start: Start(self.start.to_owned()),
            operators: std::collections::BTreeMap::new(),
            states: std::collections::BTreeMap::new(),
            parameters: all
                .into_iter()
                .filter(|(name, _)| statement.parameter(name).is_some())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            horizon: self.errors.len(),
            point: None,
            witness: None,
        }
    }

    fn verdict(&self, statement: &Statement) -> Result<Verdict, TestCaseError> {
        let effort = Preset::Quick.effort();
        let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-9, tests: 1 }, seed: 1 };
        Cell::build(statement, self.spec(statement))
            .map_err(CheckFailure::from)
            .and_then(|cell| check_cell(&cell, judging))
            .map(|outcome| outcome.verdict)
            .map_err(|err| TestCaseError::fail(err.to_string()))
    }
}

/// Checks a shipped statement on random instances.
fn holds_on_random_instances(id: &str) {
    let statement = library::load(id).unwrap().unwrap();
    let found = TestRunner::new(config(400)).run(&case(), |case| {
        prop_assert_eq!(case.verdict(&statement)?, Verdict::Holds);
        Ok(())
    });
    if let Err(err) = found {
        panic!("{id}: {err}");
    }
}

#[test]
fn smooth_descent_holds_on_random_instances() {
    holds_on_random_instances("smooth-descent");
}

#[test]
fn momentum_deviation_holds_on_random_instances() {
    holds_on_random_instances("momentum-deviation");
}

#[test]
fn descent_lemma_holds_on_random_instances() {
    holds_on_random_instances("descent-lemma");
}

#[test]
fn descent_lemma_loose_holds_on_random_instances() {
    holds_on_random_instances("descent-lemma-loose");
}

#[test]
fn descent_lemma_contracting_holds_on_random_instances() {
    holds_on_random_instances("descent-lemma-contracting");
}

#[test]
fn averaging_holds_on_random_instances() {
    holds_on_random_instances("averaging");
}

#[test]
fn heterogeneity_identity_is_an_equality_on_random_instances() {
    holds_on_random_instances("heterogeneity-identity");
}

/// A broken statement must be refuted on random instances, and the refutation shrunk.
fn is_refuted_on_random_instances(id: &str, from: &str, to: &str) -> Case {
    let text = library::text(id).unwrap();
    assert!(text.contains(from), "{from}");
    let broken = load_text(id, &text.replace(from, to)).unwrap();
    let config = ProptestConfig { failure_persistence: None, ..config(2000) };
    let found = TestRunner::new(config).run(&case(), |case| {
        prop_assert_ne!(case.verdict(&broken)?, Verdict::Violated);
        Ok(())
    });
    match found {
        Err(TestError::Fail(_, case)) => case,
        other => panic!("no violation of {id} with `{to}`: {other:?}"),
    }
}

#[test]
fn reject_a_deviation_without_its_drift_and_shrink_the_counterexample() {
    let case = is_refuted_on_random_instances("momentum-deviation", " + c*L^2*gamma^2*norm2(v[k-1])", "");
    assert!(case.errors.iter().all(|e| e.len() == 1), "one dimension suffices: {case:?}");
}

#[test]
fn reject_an_understated_error_weight_and_shrink_the_counterexample() {
    let case = is_refuted_on_random_instances(
        "descent-lemma",
        "+ gamma/(2*(1 - theta))*norm2(e[k])",
        "+ 0.5*gamma*norm2(e[k])",
    );
    assert!(case.errors.len() <= 3, "a few steps suffice: {case:?}");
}

#[test]
fn reject_heterogeneity_without_its_spread() {
    let spread = " + mean(i in 0..n, norm2(worker_grad[i, k] - grad[k]))";
    let case = is_refuted_on_random_instances("heterogeneity-identity", spread, "");
    assert_eq!(case.errors.len(), 1);
}
