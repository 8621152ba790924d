//! Claims that are false: a run that obeys all hypotheses and not the claim.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refute::{Counterexample, Search, check, search};
use super::rejected::{Flaw, Rejected};
use super::translate::one_runs;
use super::{Effort, PROOF_VERSION, is_of, method_hash};
use crate::statement::Statement;

/// An exact counterexample to a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refutation {
    /// Version of this form.
    pub version: u32,
    /// Identifier of the statement.
    pub statement: String,
    /// SHA-256 of its text, hexadecimal.
    pub hash: String,
    /// The method that it is about.
    pub method: String,
    /// SHA-256 of the method's text, or of the statement's where the method is its own; hexadecimal.
    pub method_hash: String,
    /// The run.
    pub counterexample: Counterexample,
}

/// A refutation with what it leaves open.
#[derive(Clone, Debug)]
pub struct Refuted {
    /// The refutation.
    pub refutation: Refutation,
    /// Why what is a counterexample to the facts may be no run; empty where it is one.
    pub gaps: Vec<String>,
}

/// Looks for a run that does not obey the statement; one without gaps before others.
#[must_use]
pub fn refute(statement: &Statement, effort: Effort) -> Option<Refuted> {
    let mut runs = one_runs(statement);
    runs.sort_by_key(|run| !run.gaps.is_empty());
    let until = Instant::now() + effort.budget;
    let count = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    (1..=count).rev().zip(runs).find_map(|(left, run)| {
        // What earlier runs leave of the time is shared by the others.
        let until = Instant::now() + until.saturating_duration_since(Instant::now()) / left;
        let counterexample = search(&run, Search { seed: effort.seed, until })?;
        let refutation = Refutation {
            version: PROOF_VERSION,
            statement: statement.id.clone(),
            hash: statement.hash.clone(),
            method: statement.method.id.clone(),
            method_hash: method_hash(statement),
            counterexample,
        };
        Some(Refuted { refutation, gaps: run.gaps })
    })
}

/// Checks a refutation against the statement as it is now; what it leaves open.
///
/// # Errors
/// The first part that fails.
pub fn verify_refutation(statement: &Statement, refutation: &Refutation) -> Result<Vec<String>, Rejected> {
    let Refutation { version, statement: id, hash, method, method_hash, .. } = refutation;
    is_of(statement, *version, [id, hash, method, method_hash])?;
    let case = &refutation.counterexample.case;
    match one_runs(statement).into_iter().find(|run| run.problem.name == *case) {
        Some(run) => check(&run, &refutation.counterexample).map(|()| run.gaps),
        None => Err(Rejected::of("case", Flaw::NoRun(case.clone()))),
    }
}
