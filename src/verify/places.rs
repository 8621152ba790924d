//! Where a claim is compared: at its own index, or for every K.

use std::ops::Range;

use super::instance::Instance;
use super::probes;
use crate::number::Scalar;
use crate::statement::evaluate::{EvaluationError, Evaluator, Scope};
use crate::statement::{Claim, Subject};

/// The indices at which a claim is made; one, which it ignores, where it has none of its own.
pub(super) fn indices<S: Scalar>(claim: &Claim, scope: &Scope<S>) -> Result<Range<i64>, EvaluationError> {
    let Some(quantifier) = &claim.quantifier else { return Ok(0..1) };
    let evaluator = Evaluator::without_trace(scope);
    let (from, to) = evaluator.range(&quantifier.from, &quantifier.to)?;
    Ok(from..to)
}

/// The indices and horizons of a claim about the whole run. A claim without an index is made for every
/// K up to the horizon, unless parameters, constants or hypotheses were chosen for this K.
pub(super) fn of_whole_run<S: Scalar>(
    instance: &Instance<'_>,
    claim: &Claim,
    scope: &Scope<S>,
) -> Result<Vec<(i64, usize)>, EvaluationError> {
    if claim.quantifier.is_some() {
        return Ok(indices(claim, scope)?.map(|k| (k, instance.horizon)).collect());
    }
    let shortest = if instance.statement.is_set_up_for_horizon() { instance.horizon } else { 1 };
    let mut places = Vec::new();
    for horizon in shortest..=instance.horizon {
        if random_index_exists(instance, horizon, scope)? {
            places.push((0, horizon));
        }
    }
    Ok(places)
}

/// Whether a run of K steps has every value of the statement's random index.
fn random_index_exists<S: Scalar>(
    instance: &Instance<'_>,
    horizon: usize,
    scope: &Scope<S>,
) -> Result<bool, EvaluationError> {
    let Some(random) = &instance.statement.random else { return Ok(true) };
    let mut evaluator = Evaluator::without_trace(scope);
    evaluator.set_horizon(horizon);
    let (from, to) = (evaluator.index(&random.from)?, evaluator.index(&random.to)?);
    Ok(from < to && to <= horizon as i64 + 1)
}

/// Which claims are compared at least once on the instance. One whose range has no value counts: its
/// check says what is wrong.
pub(super) fn compared(instance: &Instance<'_>) -> Vec<bool> {
    let mut scope = instance.scope::<f64>(());
    if instance.statement.subject == Subject::Estimate {
        scope.horizon = probes::horizon(instance);
    }
    let whole_run = instance.statement.scope() == crate::statement::Scope::WholeRun;
    let some = |claim: &Claim| {
        if whole_run {
            of_whole_run(instance, claim, &scope).map_or(true, |places| !places.is_empty())
        } else {
            indices(claim, &scope).map_or(true, |range| !range.is_empty())
        }
    };
    instance.statement.claims.iter().map(some).collect()
}
