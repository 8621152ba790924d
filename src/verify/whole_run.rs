//! Claims about expectations over the whole run: exactly where that is possible, else by an
//! anytime-valid test.

use super::budget::{Budget, beyond};
use super::exact::{ExactMeans, decide_exactly};
use super::history::longest_forward;
use super::instance::Instance;
use super::pathwise::{OnOnlyRun, check_on_runs};
use super::places::Place;
use super::sampled::Statistical;
use super::{CheckFailure, Judging, Outcome, Remainder};
use crate::inference::{Evidence, Verdict};
use crate::method::{Recorded, start_error};
use crate::oracle::StreamKey;
use crate::statement::Kind;

/// Precision at which it is tried whether the start's own error is known.
const START_BITS: u32 = 128;

/// Checks all claims of a whole-run statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    if instance.oracle.model.deterministic {
        return check_on_runs(instance, key, judging, &OnOnlyRun { instance });
    }
    let quantities = Recorded::mentioned(&instance.statement.claims);
    let means = ExactMeans::find(instance, judging.effort.paths);
    match means.filter(|means| means.fits(instance, judging.effort.operations) || !can_be_sampled(instance)) {
        Some(means) => match decide_exactly(instance, &quantities, means, judging.effort) {
            // Where one outcome ends before the others nothing is averaged over those that are left.
            Err(CheckFailure::Undefined { .. }) if instance.method.program().may_stop() => {
                Ok(open(instance, judging, "not every outcome of the run is known to reach its end".to_owned()))
            }
            other => other,
        },
        None => sampled(instance, key, judging, &quantities),
    }
}

/// How many operations of sampled runs one operation of the budget is worth.
const SAMPLED: f64 = 256.0;
/// Fewest replicates that a test is made with.
const FEWEST: u64 = 64;
/// A quarter of the replicates that are run again in intervals are reckoned to need the first precision alone.
const RERUN: u64 = 4;

/// By a test, with as many replicates as the budget pays for; open where it does not pay for those that are run
/// again in intervals.
fn sampled(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    quantities: &[Recorded],
) -> Result<Outcome, CheckFailure> {
    let horizon = instance.horizon;
    let budget = Budget::of(instance, judging.effort.operations);
    let longest = longest_forward(horizon, &budget.shared(RERUN, 1));
    if longest < horizon {
        return Ok(open(instance, judging, beyond(horizon, longest)));
    }
    let affordable = SAMPLED * budget.operations() / (budget.of_step(f64::MANTISSA_DIGITS) * horizon as f64);
    let mut effort = judging.effort.clone();
    effort.replicates = effort.replicates.min((affordable as u64).max(FEWEST));
    match Statistical::new(instance, key, Judging { effort: &effort, ..judging }, quantities)?.check() {
        // What is true of the exact run is not known from one that overflows.
        Err(failure @ CheckFailure::NotFiniteSample { .. }) => Ok(open(instance, judging, failure.to_string())),
        other => other,
    }
}

/// No sample says anything of the horizon, which is all that is sampled.
fn open(instance: &Instance<'_>, judging: Judging<'_>, cause: String) -> Outcome {
    let place = Place { claim: 0, k: 0, horizon: instance.horizon };
    let mut remainder = Remainder::default();
    remainder.leave_open(place.unsettled(&instance.statement.claims[0], cause));
    Outcome {
        verdict: Verdict::Inconclusive,
        evidence: Evidence::Statistical { delta: judging.ledger.share() },
        comparisons: 0,
        worst: None,
        sampling: None,
        remainder,
        counterexample: None,
    }
}

/// Whether some kind of evidence applies: what the right-hand side says of the start must be known
/// exactly, and an identity or a claim for every k can only be shown exactly. At most `paths` paths
/// are enumerated.
pub(super) fn suitable(instance: &Instance<'_>, paths: u64) -> bool {
    ExactMeans::find(instance, paths).is_some() || can_be_sampled(instance)
}

fn can_be_sampled(instance: &Instance<'_>) -> bool {
    let indexed = instance.statement.claims.iter().any(|claim| claim.quantifier.is_some());
    let start_known = !instance.method.starts_with_line() || start_error(&instance.experiment(), START_BITS).is_some();
    start_known && !indexed && instance.statement.kind != Kind::Identity
}
