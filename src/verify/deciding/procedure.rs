//! The ways in which a cell can be judged, in the order in which they are asked.

use crate::oracle::StreamKey;
use crate::preset::Effort;
use crate::statement::Subject;
use crate::verify::approximating::approximate::approximate_on_runs;
use crate::verify::approximating::approximation::Approximation;
use crate::verify::deciding::pathwise::{SidesOnRun, check_on_runs};
use crate::verify::deciding::{at_points, one_step, pathwise, whole_run};
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome};

/// A way to judge claims of one subject.
pub(crate) trait Procedure: Sync {
    /// What the claims are about that it judges.
    fn subject(&self) -> Subject;

    /// What keeps it from judging the instance, if anything.
    fn obstacle(&self, instance: &Instance<'_>, effort: &Effort) -> Option<&'static str>;

    /// Judges the instance.
    fn decide(&self, instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure>;

    /// Both sides of every comparison in binary64, at less cost than a verdict; no evidence.
    fn approximate(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        judging: Judging<'_>,
    ) -> Result<Vec<Approximation>, CheckFailure>;
}

/// A way to judge claims on runs, one after the other.
pub(crate) trait OnRuns: Sync {
    /// As [`Procedure::subject`].
    fn subject(&self) -> Subject;

    /// As [`Procedure::obstacle`].
    fn obstacle(&self, instance: &Instance<'_>, effort: &Effort) -> Option<&'static str>;

    /// How both sides are evaluated on a run.
    fn on_run<'a>(&self, instance: &'a Instance<'a>) -> impl SidesOnRun + 'a;
}

struct Runs<T>(T);

impl<T: OnRuns> Procedure for Runs<T> {
    fn subject(&self) -> Subject {
        self.0.subject()
    }

    fn obstacle(&self, instance: &Instance<'_>, effort: &Effort) -> Option<&'static str> {
        self.0.obstacle(instance, effort)
    }

    fn decide(&self, instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
        check_on_runs(instance, key, judging, &self.0.on_run(instance))
    }

    fn approximate(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        judging: Judging<'_>,
    ) -> Result<Vec<Approximation>, CheckFailure> {
        approximate_on_runs(instance, key, judging, &self.0.on_run(instance))
    }
}

/// All of them; of those that apply the first one judges.
const PROCEDURES: [&dyn Procedure; 7] = [
    &Runs(pathwise::EveryStep),
    &Runs(at_points::EveryPoint),
    &Runs(one_step::EveryOutcome),
    &Runs(one_step::EveryDraw),
    &Runs(whole_run::OnlyRun),
    &whole_run::ExactExpectations,
    &whole_run::Sampling,
];

/// The one that judges the instance; where there is none, what keeps the last one from it.
pub(crate) fn of(instance: &Instance<'_>, effort: &Effort) -> Result<&'static dyn Procedure, CheckFailure> {
    let mut obstacle = "nothing judges such claims";
    for procedure in PROCEDURES.into_iter().filter(|p| p.subject() == instance.statement.subject) {
        match procedure.obstacle(instance, effort) {
            None => return Ok(procedure),
            Some(found) => obstacle = found,
        }
    }
    Err(CheckFailure::Unsuitable(obstacle.to_owned()))
}
