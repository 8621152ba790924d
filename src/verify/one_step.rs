//! Claims about one step given the past: all outcomes of the step's noise, at every stored state.

use rug::Rational;

use super::instance::Instance;
use super::judge::Sides;
use super::pathwise::{Path, SidesOnPoints, check_on_points};
use super::{CheckFailure, Judging, Outcome};
use crate::method::{OutcomeTrace, PointTrace};
use crate::number::zeros;
use crate::oracle::{Enumerated, Estimable, Situation, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::Claim;
use crate::statement::evaluate::{Evaluator, Scope, Trace};
use crate::statement::term::VectorSequence;

/// One step may have at most 2 to this many equally likely outcomes.
pub(super) const MAX_OUTCOMES_LOG2: u32 = 10;

/// The stored trajectory is the past; the step's bias is the stored one, its noise takes every
/// outcome, and what follows from them is computed in the arithmetic at hand.
struct OverOutcomes<'a> {
    instance: &'a Instance<'a>,
}

impl SidesOnPoints for OverOutcomes<'_> {
    fn modelled<'i>(&self, instance: &'i Instance<'_>) -> (VectorSequence, &'i [Rational; 2]) {
        (VectorSequence::Bias, &instance.oracle.model.bias)
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
        let bias: Vec<S> = path.biases[step].iter().map(|b| S::from_f64(*b, context)).collect();
        let gradient = past.vector(VectorSequence::Gradient, k)?;
        let buffer = zeros(dimension, context);
        let workers = self.instance.problem.workers();
        let situation = Situation { k: step, gradient: &gradient, buffer: &buffer, workers, badness: None };
        let mut outcomes = Vec::new();
        loop {
            let mut random = Enumerated::new(outcomes.len() as u64, context);
            let mut noise = zeros(dimension, context);
            self.instance.oracle.draw_noise(&situation, &mut random, &mut noise, context);
            let depth = random.depth();
            if depth > MAX_OUTCOMES_LOG2 {
                return Err(CheckFailure::Unsuitable(format!(
                    "one step has 2^{depth} outcomes; at most 2^{MAX_OUTCOMES_LOG2} are enumerated"
                )));
            }
            outcomes.push(OutcomeTrace::new(past, k, bias.clone(), noise)?);
            if outcomes.len() >> depth != 0 {
                break;
            }
        }
        let outcomes: Vec<&dyn Trace<S>> = outcomes.iter().map(|o| o as &dyn Trace<S>).collect();
        let mut evaluator = Evaluator::on_outcomes(scope, &outcomes);
        evaluator.set_index(k);
        Sides::evaluate(claim, &mut evaluator, context)
    }
}

/// Whether the noise of one step can be enumerated.
pub(super) fn suitable(instance: &Instance<'_>) -> bool {
    let dimension = instance.problem.dimension();
    let zero = vec![0.0; dimension];
    let workers = instance.problem.workers();
    let situation = Situation { k: 0, gradient: &zero, buffer: &zero, workers, badness: None };
    let mut random = Enumerated::new(0, ());
    instance.oracle.model.finite && {
        instance.oracle.draw_noise(&situation, &mut random, &mut vec![0.0; dimension], ());
        random.depth() <= MAX_OUTCOMES_LOG2
    }
}

/// Checks all claims of a one-step statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    if !instance.oracle.model.finite {
        return Err(CheckFailure::Unsuitable("one-step claims are enumerated, so the noise must be finite".into()));
    }
    check_on_points(instance, key, judging, &OverOutcomes { instance })
}
