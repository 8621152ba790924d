//! Claims about one step given the past: all outcomes of the step's noise, at every stored state.

use rug::Rational;

use super::instance::Instance;
use super::judge::Sides;
use super::pathwise::{Path, SidesOnPoints, check_on_points};
use super::{CheckFailure, Judging, Outcome};
use crate::method::{KnownTrace, OutcomeTrace, PointTrace};
use crate::number::zeros;
use crate::oracle::{Enumerated, Estimable, Memory, Situation, StreamKey};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::Claim;
use crate::statement::evaluate::{EvaluationError, Evaluator, Scope, Trace};
use crate::statement::term::VectorSequence;

/// Most equally likely outcomes of one step.
pub(super) const MAX_OUTCOMES: u64 = 1 << 10;

/// The stored trajectory is the past; the step's bias is the stored one, its noise takes every
/// outcome, and what follows from them is computed in the arithmetic at hand.
pub(super) struct OverOutcomes<'a> {
    pub instance: &'a Instance<'a>,
}

impl SidesOnPoints for OverOutcomes<'_> {
    fn modelled<'i>(&self, instance: &'i Instance<'_>) -> (VectorSequence, Option<&'i [Rational; 2]>) {
        (VectorSequence::Bias, instance.oracle.model.bias.as_ref())
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        k: i64,
        path: &Path,
        scope: &Scope<S>,
        past: &PointTrace<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let context = scope.context;
        let dimension = self.instance.problem.dimension();
        let step = usize::try_from(k).unwrap_or(0);
        let bias = path.biases.get(step).ok_or(EvaluationError::MissingQuantity { name: "b", index: k })?;
        let bias: Vec<S> = bias.iter().map(|b| S::from_f64(*b, context)).collect();
        let gradient = past.vector(VectorSequence::Gradient, k)?;
        let buffer = zeros(dimension, context);
        let workers = self.instance.problem.workers();
        let problem = self.instance.problem.as_ref();
        let x = past.vector(VectorSequence::Point, k)?;
        let mut worker_gradients = Vec::new();
        let mut scratch = Scratch::for_problem(problem, context);
        self.instance.oracle.worker_gradients(problem, &x, &mut worker_gradients, context, &mut scratch);
        let memory = Memory::new(problem, context);
        let situation = Situation {
            k: step,
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            buffer: &buffer,
            workers,
            problem: S::view(problem),
            badness: None,
            memory: &memory,
        };
        let mut outcomes = Vec::new();
        loop {
            let mut random = Enumerated::new(outcomes.len() as u64, context);
            let mut noise = zeros(dimension, context);
            self.instance.oracle.draw_noise(&situation, &mut random, &mut noise, context);
            let Some(paths) = random.paths().filter(|paths| *paths <= MAX_OUTCOMES) else {
                return Err(CheckFailure::Unsuitable(format!(
                    "one step has too many outcomes; at most {MAX_OUTCOMES} are enumerated"
                )));
            };
            outcomes.push(OutcomeTrace::new(past, k, bias.clone(), noise)?);
            if outcomes.len() as u64 == paths {
                break;
            }
        }
        let outcomes: Vec<&dyn Trace<S>> = outcomes.iter().map(|o| o as &dyn Trace<S>).collect();
        let known = KnownTrace::new(past, k, bias);
        let mut evaluator = Evaluator::on_outcomes(scope, &known, &outcomes);
        evaluator.set_index(k);
        Sides::evaluate(claim, &mut evaluator, context)
    }
}

/// Whether the noise of one step can be enumerated.
pub(super) fn suitable(instance: &Instance<'_>) -> bool {
    let model = &instance.oracle.model;
    model.finite && model.split && outcomes(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES)
}

/// Outcomes of one draw of the estimate, counted where the gradients are zero: their number is the same
/// everywhere. `None` beyond 2⁶⁴.
pub(super) fn outcomes(instance: &Instance<'_>) -> Option<u64> {
    let problem = instance.problem.as_ref();
    let zero = vec![0.0; problem.dimension()];
    let worker_gradients = vec![0.0; problem.dimension() * problem.workers()];
    let situation = Situation {
        k: 0,
        x: &zero,
        gradient: &zero,
        worker_gradients: &worker_gradients,
        buffer: &zero,
        workers: problem.workers(),
        problem: f64::view(problem),
        badness: None,
        memory: &Memory::new(problem, ()),
    };
    let mut random = Enumerated::new(0, ());
    let (mut bias, mut noise) = (zero.clone(), zero.clone());
    instance.oracle.draw(&situation, &mut random, &mut bias, &mut noise, ());
    random.paths()
}

/// Refuses noise that cannot be enumerated.
pub(super) fn require_suitable(instance: &Instance<'_>) -> Result<(), CheckFailure> {
    if instance.oracle.model.finite && instance.oracle.model.split {
        return Ok(());
    }
    Err(CheckFailure::Unsuitable(
        "one-step claims are enumerated, so the noise must be finite and apart from the bias".into(),
    ))
}

/// Checks all claims of a one-step statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    require_suitable(instance)?;
    check_on_points(instance, key, judging, &OverOutcomes { instance })
}
