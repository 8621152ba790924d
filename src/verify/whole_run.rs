//! Claims about expectations over the whole run: exactly where that is possible, else by an
//! anytime-valid test.

use super::exact::{ExactMeans, decide_exactly};
use super::instance::Instance;
use super::pathwise::{OnOnlyRun, check_on_runs};
use super::sampled::Statistical;
use super::{CheckFailure, Judging, Outcome};
use crate::method::{Quantity, Start, start_error};
use crate::oracle::StreamKey;
use crate::statement::Kind;

/// Precision at which it is tried whether the start's own error is known.
const START_BITS: u32 = 128;

/// Checks all claims of a whole-run statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    if instance.oracle.model.deterministic {
        return check_on_runs(instance, key, judging, &OnOnlyRun { instance });
    }
    let quantities = Quantity::mentioned(&instance.statement.claims);
    match ExactMeans::find(instance, judging.effort.paths) {
        Some(means) => decide_exactly(instance, &quantities, means, judging.effort.evaluations),
        None => Statistical::new(instance, key, judging, &quantities)?.check(),
    }
}

/// Whether some kind of evidence applies: what the right-hand side says of the start must be known
/// exactly, and an identity or a claim for every k can only be shown exactly. At most `paths` paths
/// are enumerated.
pub(super) fn suitable(instance: &Instance<'_>, paths: u64) -> bool {
    let exact = ExactMeans::find(instance, paths).is_some();
    let indexed = instance.statement.claims.iter().any(|claim| claim.quantifier.is_some());
    let start_known = instance.method.start == Start::Zero || start_error(&instance.experiment(), START_BITS).is_some();
    exact || (start_known && !indexed && instance.statement.kind != Kind::Identity)
}
