//! Claims about one step given the past: all outcomes of the step's noise, at every stored state.

use super::CheckFailure;
use super::history::History;
use super::instance::Instance;
use super::judge::Sides;
use super::pathwise::{SidesOnRun, Watch, sides_at};
use super::places::Place;
use super::procedure::OnRuns;
use crate::method::{KnownTrace, OutcomeTrace, RunTrace};
use crate::number::zeros;
use crate::oracle::{Enumerated, Estimable, Memory, Situation};
use crate::preset::Effort;
use crate::problem::{Arithmetic, Scratch};
use crate::statement::evaluate::{EvaluationError, Evaluator, Scope, Trace};
use crate::statement::{Claim, Subject};

/// Most equally likely outcomes of one step.
pub(super) const MAX_OUTCOMES: u64 = 1 << 10;

/// The run is the past; the step's bias is what the run has there, its noise takes every outcome, and what
/// follows from them is computed in the arithmetic at hand.
pub(super) struct OverOutcomes<'a> {
    pub instance: &'a Instance<'a>,
}

impl OverOutcomes<'_> {
    /// Every outcome of the noise of a step.
    fn noises<S: Arithmetic + Estimable>(
        &self,
        step: usize,
        past: &RunTrace<'_, S>,
        context: S::Context,
    ) -> Result<Vec<Vec<S>>, CheckFailure> {
        let (x, gradient) = past.called(step);
        let problem = self.instance.problem.as_ref();
        let oracle = &self.instance.oracle;
        let mut worker_gradients = Vec::new();
        let mut scratch = Scratch::for_problem(problem, context);
        oracle.worker_gradients(problem, &x, &mut worker_gradients, context, &mut scratch);
        let situation = Situation {
            k: step,
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: S::view(problem),
            badness: None,
            memory: &Memory::new(problem, context),
        };
        let mut noises = Vec::new();
        loop {
            let mut random = Enumerated::new(noises.len() as u64, context);
            let mut noise = zeros(x.len(), context);
            oracle.draw_noise(&situation, &mut random, &mut noise, context);
            let Some(paths) = random.paths().filter(|paths| *paths <= MAX_OUTCOMES) else {
                return Err(CheckFailure::Unsuitable(format!(
                    "one step has too many outcomes; at most {MAX_OUTCOMES} are enumerated"
                )));
            };
            noises.push(noise);
            if noises.len() as u64 == paths {
                return Ok(noises);
            }
        }
    }
}

impl SidesOnRun for OverOutcomes<'_> {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: Place,
        _: &History,
        scope: &Scope<S>,
        past: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let context = scope.context;
        let step = usize::try_from(place.k)
            .ok()
            .filter(|k| *k < place.horizon)
            .ok_or_else(|| EvaluationError::missing("b", place.k))?;
        let noises = self.noises(step, past, context)?;
        let outcome = |noise| OutcomeTrace::new(past, place.horizon, step, noise);
        let outcomes: Vec<_> = noises.into_iter().map(outcome).collect();
        let outcomes: Vec<&dyn Trace<S>> = outcomes.iter().map(|o| o as &dyn Trace<S>).collect();
        let known = KnownTrace::new(past, place.horizon, step);
        sides_at(claim, place, Evaluator::on_outcomes(scope, &known, &outcomes), watch, context)
    }

    fn outcomes<S: Arithmetic + Estimable>(
        &self,
        place: Place,
        _: &History,
        past: &RunTrace<'_, S>,
        context: S::Context,
    ) -> Vec<[Option<Vec<S>>; 2]> {
        let Ok(step) = usize::try_from(place.k) else { return Vec::new() };
        let noises = self.noises(step, past, context).unwrap_or_default();
        noises.into_iter().map(|noise| [Some(past.bias(step).clone()), Some(noise)]).collect()
    }

    fn is_symbolic(&self, _: &Claim) -> bool {
        false
    }
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
        direction: None,
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

/// All outcomes of one step, given the past.
pub(super) struct EveryOutcome;

impl OnRuns for EveryOutcome {
    fn subject(&self) -> Subject {
        Subject::OneStep
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        let model = &instance.oracle.model;
        if !model.finite || !model.split {
            return Some("one-step claims are enumerated, so the noise must be finite and apart from the bias");
        }
        if !instance.method.draws_one_average() {
            return Some("one-step claims are about a method that draws one estimate of the average a step");
        }
        let few = outcomes(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES);
        (!few).then_some("one step has too many outcomes to be enumerated")
    }

    fn on_run<'a>(&self, instance: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OverOutcomes { instance }
    }
}
