//! Claims about the estimate at single points: those of a run, and probes.
//!
//! The points are `f64` vectors taken as exact numbers. The gradients there, and every outcome of the
//! estimate's draw, follow in the arithmetic at hand, so that nothing of the run's rounding is left.

use super::instance::Instance;
use super::judge::Sides;
use super::one_step::{MAX_OUTCOMES, outcomes};
use super::pathwise::{Path, SidesOnPoints, check_on_points, trajectory};
use super::{CheckFailure, Judging, Outcome, probes};
use crate::method::PointTrace;
use crate::number::{Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, Memory, Situation, StreamKey};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::Claim;
use crate::statement::evaluate::{EvaluationError, Evaluator, RandomIndex, Scope, Trace};
use crate::statement::term::{Node, ScalarSequence, Vector, VectorSequence};
use rug::Rational;

/// The estimate's draw at a point, or what all its draws share: bias and noise where they are known.
struct AtPoint<'a, S: Scalar> {
    points: &'a PointTrace<'a, S>,
    k: i64,
    bias: Option<Vec<S>>,
    noise: Option<Vec<S>>,
    context: S::Context,
}

impl<S: Arithmetic> Trace<S> for AtPoint<'_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Result<S, EvaluationError> {
        self.points.scalar(sequence, k)
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Result<S, EvaluationError> {
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.points.norm2(sequence, k),
            _ => Ok(norm2(&self.vector(sequence, k)?, self.context)),
        }
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Result<Vec<S>, EvaluationError> {
        let unknown = EvaluationError::NotKnown { name: sequence.name(), index: k };
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.points.vector(sequence, k),
            VectorSequence::Bias if k == self.k => self.bias.clone().ok_or(unknown),
            VectorSequence::Noise if k == self.k => self.noise.clone().ok_or(unknown),
            VectorSequence::Error if k == self.k => {
                let (bias, noise) = self.bias.as_ref().zip(self.noise.as_ref()).ok_or(unknown)?;
                Ok(bias.iter().zip(noise).map(|(b, n)| b.clone().add(n)).collect())
            }
            _ => Err(EvaluationError::MissingQuantity { name: sequence.name(), index: k }),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Result<Vec<S>, EvaluationError> {
        self.points.worker_gradient(worker, k)
    }
}

pub(super) struct OverDraws<'a> {
    pub instance: &'a Instance<'a>,
}

impl SidesOnPoints for OverDraws<'_> {
    fn path(&self, instance: &Instance<'_>, key: &StreamKey, replicate: u64) -> Result<Path, CheckFailure> {
        let mut path = trajectory(instance, key, replicate)?;
        path.points.extend(probes::of(instance));
        Ok(path)
    }

    fn horizon(&self, instance: &Instance<'_>) -> usize {
        probes::horizon(instance)
    }

    /// The draws are computed, so they obey what the estimate proves, and nothing is presumed.
    fn modelled<'i>(&self, _: &'i Instance<'_>) -> (VectorSequence, Option<&'i [Rational; 2]>) {
        (VectorSequence::Error, None)
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        k: i64,
        _: &Path,
        scope: &Scope<S>,
        points: &PointTrace<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let context = scope.context;
        if !speaks_of_draws(claim) {
            // Draws can be many and slow in rationals.
            let known = AtPoint { points, k, bias: None, noise: None, context };
            let mut evaluator = Evaluator::on(scope, &known, &RandomIndex::Absent);
            evaluator.set_index(k);
            return Sides::evaluate(claim, &mut evaluator, context);
        }
        let (problem, oracle) = (self.instance.problem.as_ref(), &self.instance.oracle);
        let x = points.vector(VectorSequence::Point, k)?;
        let gradient = points.vector(VectorSequence::Gradient, k)?;
        let mut worker_gradients = Vec::new();
        let mut scratch = Scratch::for_problem(problem, context);
        oracle.worker_gradients(problem, &x, &mut worker_gradients, context, &mut scratch);
        let situation = Situation {
            k: 0,
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            buffer: &zeros(x.len(), context),
            workers: problem.workers(),
            problem: S::view(problem),
            badness: None,
            memory: &Memory::new(problem, context),
        };
        let mut draws = Vec::new();
        loop {
            let mut random = Enumerated::new(draws.len() as u64, context);
            let (mut bias, mut noise) = (zeros(x.len(), context), zeros(x.len(), context));
            oracle.draw(&situation, &mut random, &mut bias, &mut noise, context);
            let paths = random.paths().filter(|paths| *paths <= MAX_OUTCOMES);
            draws.push(AtPoint { points, k, bias: Some(bias), noise: Some(noise), context });
            match paths {
                Some(paths) if draws.len() as u64 == paths => break,
                Some(_) => {}
                None => return Err(CheckFailure::Unsuitable("the estimate has too many outcomes at a point".into())),
            }
        }
        let single = draws.len() == 1;
        let mut random = Enumerated::new(0, context);
        oracle.draw_noise(&situation, &mut random, &mut zeros(x.len(), context), context);
        let same_bias = single || (oracle.model.split && random.paths() == Some(draws.len() as u64));
        let known = AtPoint {
            points,
            k,
            bias: draws[0].bias.clone().filter(|_| same_bias),
            noise: draws[0].noise.clone().filter(|_| single),
            context,
        };
        let draws: Vec<&dyn Trace<S>> = draws.iter().map(|draw| draw as &dyn Trace<S>).collect();
        let mut evaluator = Evaluator::on_outcomes(scope, &known, &draws);
        evaluator.set_index(k);
        Sides::evaluate(claim, &mut evaluator, context)
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

/// Whether every outcome of the estimate can be enumerated, and whether a claim without average
/// speaks only of what is the same for all of them.
pub(super) fn suitable(instance: &Instance<'_>) -> bool {
    let model = &instance.oracle.model;
    let settled = |claim: &Claim| claim.averages() || model.deterministic || !is_drawn(claim, model.split);
    model.finite
        && instance.statement.claims.iter().all(settled)
        && outcomes(instance).is_some_and(|outcomes| outcomes <= MAX_OUTCOMES)
}

/// Refuses what cannot be enumerated.
pub(super) fn require_suitable(instance: &Instance<'_>) -> Result<(), CheckFailure> {
    if suitable(instance) {
        return Ok(());
    }
    Err(CheckFailure::Unsuitable(
        "a claim about the estimate is enumerated, so its outcomes must be few; without E[· | past] it must not draw"
            .into(),
    ))
}

/// Checks all claims of a statement about the estimate on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    require_suitable(instance)?;
    check_on_points(instance, key, judging, &OverDraws { instance })
}
