//! Both sides of every comparison of a cell in binary64, without deciding any: what a search maximises and
//! an audit compares. Nothing here is evidence.

use std::rc::Rc;

use crate::method::{Legality, Recorded};
use crate::number::{Ball, Interval, Scalar};
use crate::oracle::{Estimable, StreamKey};
use crate::problem::Arithmetic;
use crate::verify::approximating::approximation::Approximation;
use crate::verify::deciding::compare_sides::{Sides, attempt};
use crate::verify::deciding::exact::{ExactMeans, TableEnvironments, on_table_at};
use crate::verify::deciding::history::Demand;
use crate::verify::deciding::index_sets::{self, ClaimIndex};
use crate::verify::deciding::ladder::{Ladder, Setups};
use crate::verify::deciding::pathwise::SidesOnRun;
use crate::verify::deciding::procedure;
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging};

/// An arithmetic that knows how far its numbers may be off.
trait Bounded {
    fn radius(&self) -> f64;
}

impl Bounded for Ball {
    fn radius(&self) -> f64 {
        self.err
    }
}

impl Bounded for f64 {
    fn radius(&self) -> f64 {
        ASSUMED * self.abs()
    }
}

impl Bounded for Interval {
    /// Rounded to the nearest number of binary64 besides.
    fn radius(&self) -> f64 {
        self.width().to_f64() + f64::EPSILON * self.to_f64().abs()
    }
}

/// A approximation at a place of a claim, whose index is `k` for a person, on a row of a replicate.
fn approximation<S: Scalar + Bounded>(
    place: ClaimIndex,
    k: i64,
    (replicate, row): (u64, usize),
    sides: &Sides<S>,
) -> Option<Approximation> {
    let (claim, horizon) = (place.claim, place.horizon);
    let (lhs, rhs, scale) = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.scale.to_f64());
    let rounding = sides.lhs.radius() + sides.rhs.radius();
    let finite = [lhs, rhs, scale, rounding].into_iter().all(f64::is_finite);
    finite.then_some(Approximation { claim, k, horizon, replicate, row, lhs, rhs, scale, rounding, sampling: 0.0 })
}

/// Most operations of one run at a glance.
const OPERATIONS: u64 = 1 << 21;
/// Most trajectories that are looked at.
const TRAJECTORIES: u64 = 2;

/// All comparisons of the instance that binary64 has.
///
/// # Errors
/// When a run fails, or no way of judging the claim applies.
pub fn approximate(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
) -> Result<Vec<Approximation>, CheckFailure> {
    procedure::of(instance, judging.effort)?.approximate(instance, key, judging)
}

/// Those of claims that are judged on runs.
pub(crate) fn approximate_on_runs(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    on_run: &impl SidesOnRun,
) -> Result<Vec<Approximation>, CheckFailure> {
    let replicates =
        if instance.experiment().is_deterministic() { 1 } else { judging.effort.trajectories.min(TRAJECTORIES) };
    let setups = Rc::new(Setups::new(instance));
    let operations = judging.effort.operations.min(OPERATIONS);
    let demand = Demand { operations, legality: Legality::Assumed };
    let mut approximations = Vec::new();
    for replicate in 0..replicates {
        for (row, history) in on_run.histories(instance, key, replicate, demand)?.into_iter().enumerate() {
            let ladder = Ladder::new(instance, key, &history, operations);
            let setups = setups.of_one_run();
            for c in 0..instance.statement.claims.len() {
                approximate_claim(&ladder, &setups, (c, (replicate, row)), judging, on_run, &mut approximations)?;
            }
        }
    }
    Ok(approximations)
}

fn approximate_claim(
    ladder: &Ladder<'_>,
    setups: &Setups<'_>,
    (c, run): (usize, (u64, usize)),
    judging: Judging<'_>,
    on_run: &impl SidesOnRun,
    approximations: &mut Vec<Approximation>,
) -> Result<(), CheckFailure> {
    let (instance, history) = (ladder.instance, ladder.history);
    let claim = &instance.statement.claims[c];
    let longest = history.steps.min(ladder.ball_reach());
    if longest == 0 {
        return Ok(());
    }
    let places = index_sets::of(instance, c, &instance.environment::<f64>(()), longest, judging.effort.evaluations)?;
    for place in places.compared {
        let of_whole_run = claim.quantifier.is_none();
        if of_whole_run && !is_looked_at(place.horizon, instance.horizon) {
            continue;
        }
        let setup = setups.of(place.horizon);
        let environment = ladder.ball_environment(&setup);
        let sides: Result<Sides<Ball>, _> = on_run.sides(claim, place, history, environment, ladder.ball(), None);
        if place.horizon < history.horizon && sides.is_err() {
            continue;
        }
        let shown = place.shown(claim);
        let seen = attempt(sides)?.ok().and_then(|sides| approximation(place, shown, run, &sides));
        if !history.is_forward() || shown < BOUNDS_LAST || seen.as_ref().is_some_and(|seen| !is_open(seen)) {
            approximations.extend(seen);
            continue;
        }
        // Bounds of binary64 grow along long runs until they cannot tell the sides apart. The numbers themselves
        // are seldom as far off. Early on, what bounds cannot tell apart is apart by rounding alone.
        let environment = ladder.plain_environment(&setup);
        let plain = attempt(on_run.sides::<f64>(claim, place, history, environment, ladder.plain(), None))?;
        approximations.extend(plain.ok().and_then(|sides| approximation(place, shown, run, &sides)).or(seen));
    }
    Ok(())
}

/// Whether rounding may decide.
fn is_open(g: &Approximation) -> bool {
    g.rounding > COARSE * g.scale && g.lhs - g.rhs + g.rounding > 0.0
}

/// Those of claims about expectations that are computed.
pub(crate) fn approximate_means(
    instance: &Instance<'_>,
    means: ExactMeans,
) -> Result<Vec<Approximation>, CheckFailure> {
    let quantities = Recorded::mentioned(&instance.statement.claims);
    let (approximations, lost) = on_table::<Ball>(instance, &quantities, means, ())?;
    if !lost && !approximations.iter().any(is_open) {
        return Ok(approximations);
    }
    // Error bounds of binary64 grow along long runs until they cannot tell the sides apart.
    Ok(on_table::<Interval>(instance, &quantities, means, FINE_BITS)?.0)
}

/// Of the horizons of a long run some are enough at a glance: each one costs as much as it has steps.
fn is_looked_at(horizon: usize, longest: usize) -> bool {
    horizon <= ALL_LOOKED_AT || horizon.is_power_of_two() || horizon == longest
}

const ALL_LOOKED_AT: usize = 16;

/// From this step of a run on, bounds of binary64 may have grown past use.
const BOUNDS_LAST: i64 = 16;

/// Rounding, as a share of the scale, from which on bounds of binary64 are not enough; what is assumed of runs
/// without them, and the precision that is used for tables of expectations.
const COARSE: f64 = 1e-9;
const ASSUMED: f64 = 1e-12;
const FINE_BITS: u32 = 192;

/// The comparisons, and whether one has sides that are not finite.
fn on_table<S: Arithmetic + Estimable + Bounded>(
    instance: &Instance<'_>,
    quantities: &[Recorded],
    means: ExactMeans,
    context: S::Context,
) -> Result<(Vec<Approximation>, bool), CheckFailure> {
    let Some(table) = means.table::<S>(instance, quantities, context) else { return Ok((Vec::new(), false)) };
    let environments = TableEnvironments::new(instance, context);
    let (mut approximations, mut lost) = (Vec::new(), false);
    for (c, claim) in instance.statement.claims.iter().enumerate() {
        let places = index_sets::of(instance, c, &instance.environment::<f64>(()), instance.horizon, u64::MAX)?;
        for place in places.compared {
            if claim.quantifier.is_none() && !is_looked_at(place.horizon, instance.horizon) {
                continue;
            }
            let sides = attempt(on_table_at(instance, place, &environments.of(place.horizon), &table, None))?;
            let approximation = sides.ok().and_then(|sides| approximation(place, place.shown(claim), (0, 0), &sides));
            lost |= approximation.is_none();
            approximations.extend(approximation);
        }
    }
    Ok((approximations, lost))
}
