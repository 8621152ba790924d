//! Claims about one step given the past: all outcomes of the step's noise, at every stored state.

use crate::method::{KnownTrace, OutcomeTrace, RunTrace, Table};
use crate::number::zeros;
use crate::oracle::{Enumerated, Estimable, EstimateQuery, Memory};
use crate::preset::Effort;
use crate::problem::{Arithmetic, Scratch};
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator, Trace};
use crate::statement::{Claim, Subject};
use crate::verify::CheckFailure;
use crate::verify::deciding::compare_sides::Sides;
use crate::verify::deciding::history::History;
use crate::verify::deciding::index_sets::ClaimIndex;
use crate::verify::deciding::pathwise::{SidesOnRun, Watch, sides_at};
use crate::verify::deciding::procedure::OnRuns;
use crate::verify::instances::Instance;

/// Most equally likely outcomes of one step.
pub(crate) const MAX_OUTCOMES: u64 = 1 << 10;

/// The run is the past; the step's bias is what the run has there, its noise takes every outcome, and what
/// follows from them is computed in the arithmetic at hand.
pub(crate) struct OverOutcomes<'a> {
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
        let situation = EstimateQuery {
            step: Some(step),
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: S::view(problem),
            adversary_score: None,
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
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        past: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let context = environment.context;
        let step = step_of(place)?;
        let noises = self.noises(step, past, context)?;
        let outcome = |noise| OutcomeTrace::new(past, place.horizon, step, noise);
        let outcomes: Vec<_> = noises.into_iter().map(outcome).collect();
        let known = KnownTrace::new(past, place.horizon, step, true);
        averaged(claim, place, environment, &known, &outcomes, watch)
    }

    fn outcomes<S: Arithmetic + Estimable>(
        &self,
        place: ClaimIndex,
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
pub(crate) fn outcomes(instance: &Instance<'_>) -> Option<u64> {
    let problem = instance.problem.as_ref();
    let zero = vec![0.0; problem.dimension()];
    let worker_gradients = vec![0.0; problem.dimension() * problem.workers()];
    let situation = EstimateQuery {
        step: None,
        x: &zero,
        gradient: &zero,
        worker_gradients: &worker_gradients,
        direction: None,
        workers: problem.workers(),
        problem: f64::view(problem),
        adversary_score: None,
        memory: &Memory::new(problem, ()),
    };
    let mut random = Enumerated::new(0, ());
    let (mut bias, mut noise) = (zero.clone(), zero.clone());
    instance.oracle.draw(&situation, &mut random, &mut bias, &mut noise, ());
    random.paths()
}

/// The same of all that a step draws.
pub(crate) fn outcomes_of_step(instance: &Instance<'_>) -> Option<u64> {
    if is_of_noise(instance) {
        return outcomes(instance);
    }
    let mut random = Enumerated::new(0, ());
    let mut table = Table::<f64>::new(&[], &instance.method, ());
    let short = instance.shortened(1);
    short.experiment().runner(()).run(&mut random, &mut table, &mut |_| {});
    random.paths()
}

/// Whether the noise of one estimate is all that a step draws.
pub(crate) fn is_of_noise(instance: &Instance<'_>) -> bool {
    instance.oracle.model.split && instance.method.draws_one_average() && !instance.method.draws_itself()
}

/// Both sides over the outcomes of a step.
fn averaged<S: Arithmetic + Estimable>(
    claim: &Claim,
    place: ClaimIndex,
    environment: &Environment<S>,
    known: &KnownTrace<'_, '_, S>,
    outcomes: &[OutcomeTrace<'_, '_, S>],
    watch: Watch<'_, S>,
) -> Result<Sides<S>, CheckFailure> {
    let outcomes: Vec<&dyn Trace<S>> = outcomes.iter().map(|outcome| outcome as &dyn Trace<S>).collect();
    sides_at(claim, place, Evaluator::on_outcomes(environment, known, &outcomes), watch, environment.context)
}

/// The step that a comparison is about.
fn step_of(place: ClaimIndex) -> Result<usize, EvaluationError> {
    let step = usize::try_from(place.k).ok().filter(|k| *k < place.horizon);
    step.ok_or_else(|| EvaluationError::missing("b", place.k))
}

const TOO_MANY: &str = "one step has too many outcomes to be enumerated, or they are not equally likely";

/// The run is the past; everything that the step draws takes every outcome.
pub(crate) struct OverDraws;

impl SidesOnRun for OverDraws {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        past: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let step = step_of(place)?;
        let outcomes = OutcomeTrace::every(past, place.horizon, step, MAX_OUTCOMES)
            .ok_or_else(|| CheckFailure::Unsuitable(TOO_MANY.to_owned()))?;
        let known = KnownTrace::new(past, place.horizon, step, false);
        averaged(claim, place, environment, &known, &outcomes, watch)
    }

    fn is_symbolic(&self, _: &Claim) -> bool {
        false
    }
}

/// All outcomes of one step, given the past, of a method that draws more than one noise.
pub(crate) struct EveryDraw;

impl OnRuns for EveryDraw {
    fn subject(&self) -> Subject {
        Subject::OneStep
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        if !instance.oracle.model.finite || instance.oracle.is_free(false) {
            return Some("one-step claims are enumerated, so what a step draws must be finite, and nothing is chosen");
        }
        let few = outcomes_of_step(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES);
        (!few || instance.method.program().draws_by_choice()).then_some(TOO_MANY)
    }

    fn on_run<'a>(&self, _: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OverDraws
    }
}

/// All outcomes of one step's noise, given the past.
pub(crate) struct EveryOutcome;

impl OnRuns for EveryOutcome {
    fn subject(&self) -> Subject {
        Subject::OneStep
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        if !is_of_noise(instance) || !instance.oracle.model.finite {
            return Some("the step draws more than the noise of one estimate, or endlessly many outcomes");
        }
        let few = outcomes(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES);
        (!few).then_some("one step has too many outcomes to be enumerated")
    }

    fn on_run<'a>(&self, instance: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OverOutcomes { instance }
    }
}
