//! Claims about the estimate at single points: those of a run, and probes.
//!
//! The points are `f64` vectors taken as exact numbers. The gradients there, and every outcome of the
//! estimate's draw, follow in the arithmetic at hand, so that nothing of the run's rounding is left.

use crate::method::{RunTrace, Until};
use crate::number::{Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, EstimateQuery, Memory, StreamKey};
use crate::preset::Effort;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator, RandomIndex, Trace};
use crate::statement::term::{Node, ScalarSequence, Vector, VectorSequence};
use crate::statement::{Claim, Subject};
use crate::verify::CheckFailure;
use crate::verify::deciding::compare_sides::Sides;
use crate::verify::deciding::history::{Demand, History};
use crate::verify::deciding::index_sets::ClaimIndex;
use crate::verify::deciding::one_step::{MAX_OUTCOMES, outcomes};
use crate::verify::deciding::pathwise::{SidesOnRun, Watch, sides_at};
use crate::verify::deciding::procedure::OnRuns;
use crate::verify::instances::Instance;

/// The estimate's draw at a point, or what all its draws share: bias and noise where they are known.
struct AtPoint<'r, 'a, S: Scalar> {
    points: &'r Until<'r, 'a, S>,
    k: i64,
    bias: Option<Vec<S>>,
    noise: Option<Vec<S>>,
    context: S::Context,
}

impl<S: Arithmetic + Estimable> Trace<S> for AtPoint<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Result<S, EvaluationError> {
        self.points.scalar(sequence, k)
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Result<S, EvaluationError> {
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.points.norm2(sequence, k),
            _ => Ok(norm2(&self.vector(sequence, k)?, self.context)),
        }
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Result<Vec<S>, EvaluationError> {
        let unknown = || EvaluationError::NotKnown { name: sequence.name().to_owned(), index: k };
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.points.vector(sequence, k),
            VectorSequence::Bias if k == self.k => self.bias.clone().ok_or_else(unknown),
            VectorSequence::Noise if k == self.k => self.noise.clone().ok_or_else(unknown),
            VectorSequence::Error if k == self.k => {
                let (bias, noise) = self.bias.as_ref().zip(self.noise.as_ref()).ok_or_else(unknown)?;
                Ok(bias.iter().zip(noise).map(|(b, n)| b.clone().add(n)).collect())
            }
            _ => Err(EvaluationError::missing(sequence.name(), k)),
        }
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Result<Vec<S>, EvaluationError> {
        self.points.gradient_at(worker, y)
    }

    fn value_at(&self, y: &[S]) -> Result<S, EvaluationError> {
        self.points.value_at(y)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Result<Vec<S>, EvaluationError> {
        self.points.worker_gradient(worker, k)
    }
}

pub(crate) struct OverDraws<'a> {
    pub instance: &'a Instance<'a>,
}

/// Bias and noise of one outcome of the estimate.
type Draw<S> = [Vec<S>; 2];

impl OverDraws<'_> {
    /// Bias and noise of every outcome of the estimate at a point.
    fn draws<S: Arithmetic + Estimable>(
        &self,
        situation: &EstimateQuery<'_, S>,
        emitted: Option<&Vec<f64>>,
        context: S::Context,
    ) -> Result<Vec<Draw<S>>, CheckFailure> {
        let oracle = &self.instance.oracle;
        let mut draws = Vec::new();
        loop {
            let mut random = Enumerated::new(draws.len() as u64, context);
            let zero = || zeros(situation.x.len(), context);
            let (mut bias, mut noise) = (zero(), zero());
            match emitted {
                None => oracle.draw(situation, &mut random, &mut bias, &mut noise, context),
                Some(emitted) => {
                    oracle.draw_apart(situation, &mut random, [&mut bias, &mut noise, &mut zero()], context);
                    bias.iter_mut().zip(emitted).for_each(|(b, u)| b.add_f64(*u));
                }
            }
            let paths = random.paths().filter(|paths| *paths <= MAX_OUTCOMES);
            draws.push([bias, noise]);
            match paths {
                Some(paths) if draws.len() as u64 == paths => return Ok(draws),
                Some(_) => {}
                None => return Err(CheckFailure::Unsuitable("the estimate has too many outcomes at a point".into())),
            }
        }
    }

    /// Bias and noise of every outcome at the point of that index, and whether all have the same bias.
    fn at<S: Arithmetic + Estimable>(
        &self,
        k: i64,
        history: &History,
        points: &Until<'_, '_, S>,
        context: S::Context,
    ) -> Result<(Vec<Draw<S>>, bool), CheckFailure> {
        let (problem, oracle) = (self.instance.problem.as_ref(), &self.instance.oracle);
        let x = points.vector(&VectorSequence::Point, k)?;
        let gradient = points.vector(&VectorSequence::Gradient, k)?;
        let read = usize::try_from(k).ok().filter(|_| oracle.uses_workers);
        let worker_gradients = read.map(|k| points.worker_gradients(k)).unwrap_or_default();
        let situation = EstimateQuery {
            step: None,
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: S::view(problem),
            adversary_score: None,
            memory: &Memory::new(problem, context),
        };
        let emitted = usize::try_from(k).ok().and_then(|k| history.emitted.get(k));
        let draws = self.draws(&situation, emitted, context)?;
        let mut random = Enumerated::new(0, context);
        oracle.draw_noise(&situation, &mut random, &mut zeros(x.len(), context), context);
        let split = oracle.model.split && random.paths() == Some(draws.len() as u64);
        let same_bias = draws.len() == 1 || split;
        Ok((draws, same_bias))
    }
}

impl SidesOnRun for OverDraws<'_> {
    fn histories(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        replicate: u64,
        demand: Demand,
    ) -> Result<Vec<History>, CheckFailure> {
        History::rows(instance, key, replicate, demand.legality)
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        history: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let (context, k) = (environment.context, place.k);
        // A row has K points.
        let points = run.until(place.horizon - 1);
        let at = |bias, noise| AtPoint { points: &points, k, bias, noise, context };
        if !speaks_of_draws(claim) {
            // Draws can be many and slow in rationals.
            let known = at(None, None);
            return sides_at(claim, place, Evaluator::on(environment, &known, &RandomIndex::Absent), watch, context);
        }
        let (draws, same_bias) = self.at(k, history, &points, context)?;
        let single = draws.len() == 1;
        let [bias, noise] = draws[0].clone();
        let known = at(Some(bias).filter(|_| same_bias), Some(noise).filter(|_| single));
        let draws: Vec<_> = draws.into_iter().map(|[bias, noise]| at(Some(bias), Some(noise))).collect();
        let draws: Vec<&dyn Trace<S>> = draws.iter().map(|draw| draw as &dyn Trace<S>).collect();
        sides_at(claim, place, Evaluator::on_outcomes(environment, &known, &draws), watch, context)
    }

    fn outcomes<S: Arithmetic + Estimable>(
        &self,
        place: ClaimIndex,
        history: &History,
        run: &RunTrace<'_, S>,
        context: S::Context,
    ) -> Vec<[Option<Vec<S>>; 2]> {
        let found = self.at(place.k, history, &run.until(place.horizon - 1), context);
        let draws = found.map(|(draws, _)| draws).unwrap_or_default();
        draws.into_iter().map(|[bias, noise]| [Some(bias), Some(noise)]).collect()
    }

    fn is_symbolic(&self, claim: &Claim) -> bool {
        !speaks_of_draws(claim)
    }
}

/// Whether a side speaks of the estimate at all.
fn speaks_of_draws(claim: &Claim) -> bool {
    claim.averages() || is_drawn(claim, false)
}

/// Whether a side speaks of what a draw decides.
fn is_drawn(claim: &Claim, split: bool) -> bool {
    let drawn = |node: Node<'_>| match node {
        Node::Vector(Vector::Element(VectorSequence::Error | VectorSequence::Noise, _)) => true,
        Node::Vector(Vector::Element(VectorSequence::Bias, _)) => !split,
        _ => false,
    };
    claim.lhs.any(drawn) || claim.rhs.any(drawn)
}

/// All outcomes of the estimate at points.
pub(crate) struct EveryPoint;

impl OnRuns for EveryPoint {
    fn subject(&self) -> Subject {
        Subject::Estimate
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        let model = &instance.oracle.model;
        // Without an average it must speak only of what is the same for all outcomes.
        let settled = |claim: &Claim| claim.averages() || model.deterministic || !is_drawn(claim, model.split);
        let suitable = model.finite
            && instance.statement.claims.iter().all(settled)
            && outcomes(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES);
        (!suitable).then_some(
            "a claim about the estimate is enumerated, so its outcomes must be few; without E[· | past] it must not draw",
        )
    }

    fn on_run<'a>(&self, instance: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OverDraws { instance }
    }
}
