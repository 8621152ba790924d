//! Both sides of every comparison of a cell in binary64, without deciding any: what a search maximises and
//! an audit compares. Nothing here is evidence.

use super::exact::ExactMeans;
use super::glance::Glance;
use super::instance::Instance;
use super::judge::{Attempt, Sides, attempt};
use super::pathwise::{Scopes, SidesOnPoints};
use super::places::{indices, of_whole_run};
use super::sampled::Statistical;
use super::{CheckFailure, Judging, at_points, one_step, pathwise};
use crate::method::{PointTrace, Quantity};
use crate::number::{Ball, Interval, Scalar};
use crate::oracle::{Estimable, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::Evaluator;
use crate::statement::{Scope, Subject};

/// An arithmetic that knows how far its numbers may be off.
trait Bounded {
    fn radius(&self) -> f64;
}

impl Bounded for Ball {
    fn radius(&self) -> f64 {
        self.err
    }
}

impl Bounded for Interval {
    /// Rounded to the nearest number of binary64 besides.
    fn radius(&self) -> f64 {
        self.width().to_f64() + f64::EPSILON * self.to_f64().abs()
    }
}

fn glance<S: Scalar + Bounded>(claim: usize, k: i64, replicate: u64, sides: &Sides<S>) -> Option<Glance> {
    let (lhs, rhs, scale) = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.scale.to_f64());
    let rounding = sides.lhs.radius() + sides.rhs.radius();
    let finite = [lhs, rhs, scale, rounding].into_iter().all(f64::is_finite);
    finite.then_some(Glance { claim, k, replicate, lhs, rhs, scale, rounding, sampling: 0.0 })
}

/// Most trajectories that are looked at, and most samples.
const TRAJECTORIES: u64 = 2;
const SAMPLES: u64 = 512;
/// Standard errors that a sampled mean may be off.
const STANDARD_ERRORS: f64 = 5.0;

/// All comparisons of the instance that binary64 has.
///
/// # Errors
/// When a run fails, or no way of checking the claim applies.
pub fn survey(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Vec<Glance>, CheckFailure> {
    match instance.statement.scope() {
        _ if instance.statement.subject == Subject::Estimate => {
            at_points::require_suitable(instance)?;
            on_points(instance, key, judging, &at_points::OverDraws { instance })
        }
        Scope::Pathwise => on_points(instance, key, judging, &pathwise::OnTrajectory),
        Scope::OneStep => {
            one_step::require_suitable(instance)?;
            on_points(instance, key, judging, &one_step::OverOutcomes { instance })
        }
        Scope::WholeRun => whole_run(instance, key, judging),
    }
}

fn on_points(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    on_points: &impl SidesOnPoints,
) -> Result<Vec<Glance>, CheckFailure> {
    let problem = instance.problem.as_ref();
    let scopes = Scopes::new(instance, on_points.horizon(instance));
    let replicates =
        if instance.oracle.model.deterministic { 1 } else { judging.effort.trajectories.min(TRAJECTORIES) };
    let mut glances = Vec::new();
    for replicate in 0..replicates {
        let path = on_points.path(instance, key, replicate)?;
        let trace = PointTrace::<Ball>::new(problem, &instance.method, &path.points, ());
        for (c, claim) in instance.statement.claims.iter().enumerate() {
            for k in indices(claim, &scopes.ball)? {
                let sides: Attempt<Ball> = attempt(on_points.sides(claim, k, &path, &scopes.ball, &trace))?;
                glances.extend(sides.ok().and_then(|sides| glance(c, k, replicate, &sides)));
            }
        }
    }
    Ok(glances)
}

fn whole_run(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Vec<Glance>, CheckFailure> {
    let quantities = Quantity::mentioned(&instance.statement.claims);
    let Some(means) = ExactMeans::find(instance, judging.effort.paths) else {
        return Statistical::new(instance, key, judging, &quantities)?.glances(SAMPLES, STANDARD_ERRORS);
    };
    let (glances, lost) = on_table::<Ball>(instance, &quantities, means, ())?;
    let is_open = |g: &Glance| g.rounding > COARSE * g.scale && g.lhs - g.rhs + g.rounding > 0.0;
    if !lost && !glances.iter().any(is_open) {
        return Ok(glances);
    }
    // Error bounds of binary64 grow along long runs until they cannot tell the sides apart.
    Ok(on_table::<Interval>(instance, &quantities, means, FINE_BITS)?.0)
}

/// Of the horizons of a long run some are enough at a glance: each one costs as much as it has steps.
fn is_looked_at(horizon: usize, longest: usize) -> bool {
    horizon <= ALL_LOOKED_AT || horizon.is_power_of_two() || horizon == longest
}

const ALL_LOOKED_AT: usize = 16;

/// Rounding, as a share of the scale, from which on binary64 is not enough, and the precision used then.
const COARSE: f64 = 1e-9;
const FINE_BITS: u32 = 192;

/// The comparisons, and whether one has sides that are not finite.
fn on_table<S: Arithmetic + Estimable + Bounded>(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    means: ExactMeans,
    context: S::Context,
) -> Result<(Vec<Glance>, bool), CheckFailure> {
    let Some(table) = means.table::<S>(instance, quantities, context) else { return Ok((Vec::new(), false)) };
    let scope = instance.scope::<S>(context);
    let average = instance.random_average();
    let (mut glances, mut lost) = (Vec::new(), false);
    for (c, claim) in instance.statement.claims.iter().enumerate() {
        for (k, horizon) in of_whole_run(instance, claim, &scope)? {
            if claim.quantifier.is_none() && !is_looked_at(horizon, instance.horizon) {
                continue;
            }
            let mut evaluator = Evaluator::on(&scope, &table, &average);
            evaluator.set_index(k);
            evaluator.set_horizon(horizon);
            let shown = if claim.quantifier.is_some() { k } else { horizon as i64 };
            let sides = attempt(Sides::evaluate(claim, &mut evaluator, context))?;
            let glance = sides.ok().and_then(|sides| glance(c, shown, 0, &sides));
            lost |= glance.is_none();
            glances.extend(glance);
        }
    }
    Ok((glances, lost))
}
