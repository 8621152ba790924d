//! Claims about expectations over the whole run: exactly where that is possible, else by an
//! anytime-valid test.

use crate::inference::{Evidence, Verdict};
use crate::method::{Recorded, start_error};
use crate::oracle::StreamKey;
use crate::preset::Effort;
use crate::statement::{Form, Subject};
use crate::verify::approximating::approximate::approximate_means;
use crate::verify::approximating::approximation::Approximation;
use crate::verify::deciding::budget::{OperationBudget, beyond};
use crate::verify::deciding::exact::{ExactMeans, decide_exactly};
use crate::verify::deciding::history::longest_forward;
use crate::verify::deciding::index_sets::ClaimIndex;
use crate::verify::deciding::pathwise::{OnOnlyRun, SidesOnRun};
use crate::verify::deciding::procedure::{OnRuns, Procedure};
use crate::verify::deciding::sampled::Statistical;
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome, Remainder};

/// Precision at which it is tried whether the start's own error is known.
const START_BITS: u32 = 128;

/// The one run of an instance without draw, whose averages are over its index alone.
pub(crate) struct OnlyRun;

impl OnRuns for OnlyRun {
    fn subject(&self) -> Subject {
        Subject::WholeRun
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        (!instance.experiment().is_deterministic()).then_some("its estimate or its method draws")
    }

    fn on_run<'a>(&self, instance: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OnOnlyRun { instance }
    }
}

/// Expectations without sampling.
pub(crate) struct ExactExpectations;

impl Procedure for ExactExpectations {
    fn subject(&self) -> Subject {
        Subject::WholeRun
    }

    /// Where samples decide too, it must be worth its cost.
    fn obstacle(&self, instance: &Instance<'_>, effort: &Effort) -> Option<&'static str> {
        let is_wanted =
            |means: ExactMeans| means.fits(instance, effort.operations) || obstacle_of_sampling(instance).is_some();
        let found = ExactMeans::find(instance, effort.paths);
        (!found.is_some_and(is_wanted)).then_some("its expectations are not computed exactly")
    }

    fn decide(&self, instance: &Instance<'_>, _: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
        let quantities = Recorded::mentioned(&instance.statement.claims);
        let Some(means) = ExactMeans::find(instance, judging.effort.paths) else {
            return Err(CheckFailure::NothingCompared);
        };
        match decide_exactly(instance, &quantities, means, judging.effort) {
            // Where one outcome ends before the others nothing is averaged over those that are left.
            Err(CheckFailure::Undefined { .. }) if instance.method.program().may_stop() => {
                Ok(open(instance, judging, "not every outcome of the run is known to reach its end".to_owned()))
            }
            other => other,
        }
    }

    fn approximate(
        &self,
        instance: &Instance<'_>,
        _: &StreamKey,
        judging: Judging<'_>,
    ) -> Result<Vec<Approximation>, CheckFailure> {
        let found = ExactMeans::find(instance, judging.effort.paths);
        found.map_or(Ok(Vec::new()), |means| approximate_means(instance, means))
    }
}

/// Independent replicates and an anytime-valid test.
pub(crate) struct Sampling;

impl Procedure for Sampling {
    fn subject(&self) -> Subject {
        Subject::WholeRun
    }

    fn obstacle(&self, instance: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        obstacle_of_sampling(instance)
    }

    fn decide(&self, instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
        sampled(instance, key, judging, &Recorded::mentioned(&instance.statement.claims))
    }

    fn approximate(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        judging: Judging<'_>,
    ) -> Result<Vec<Approximation>, CheckFailure> {
        let quantities = Recorded::mentioned(&instance.statement.claims);
        Statistical::new(instance, key, judging, &quantities)?.approximations(SAMPLES, STANDARD_ERRORS)
    }
}

/// Most samples of a look, and standard errors that their mean may be off.
const SAMPLES: u64 = 512;
const STANDARD_ERRORS: f64 = 5.0;
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
    let budget = OperationBudget::of(instance, judging.effort.operations);
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
    let place = ClaimIndex { claim: 0, k: 0, horizon: instance.horizon };
    let mut remainder = Remainder::default();
    remainder.leave_open(place.unsettled(&instance.statement.claims[0], cause));
    Outcome {
        verdict: Verdict::Inconclusive,
        evidence: Evidence::Statistical { delta: judging.error_budget.share() },
        comparisons: 0,
        worst: None,
        sampling: None,
        remainder,
        counterexample: None,
    }
}

/// What keeps samples from deciding: what the right-hand side says of the start must be known exactly, and an
/// identity or a claim for every k can only be shown exactly.
fn obstacle_of_sampling(instance: &Instance<'_>) -> Option<&'static str> {
    if instance.statement.form == Form::Identity {
        return Some("an identity is never decided by sampling");
    }
    if instance.statement.claims.iter().any(|claim| claim.quantifier.is_some()) {
        return Some("sampled claims are about the whole run, without an index");
    }
    let start_known = !instance.method.starts_with_line() || start_error(&instance.experiment(), START_BITS).is_some();
    (!start_known).then_some("the size of the first estimate, with which the run begins, is not known exactly")
}
