//! Why a cell has no verdict.

use thiserror::Error;

use super::instances::{Instance, InstanceError};
use crate::oracle::SourceSpec;
use crate::statement::evaluate::{EvaluationError, NO_VALUE};

/// Why a cell has no verdict: an error of the check, not of the claim.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CheckFailure {
    /// The instance cannot be built.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The claim cannot be evaluated on it.
    #[error("the claim cannot be evaluated: {0}")]
    Evaluation(#[from] EvaluationError),
    /// A run produced NaN or an infinity.
    #[error("the run left the finite numbers at step {k}")]
    NotFinite {
        /// Step.
        k: usize,
    },
    /// A sample is not finite.
    #[error("replicate {replicate} left the numbers of binary64")]
    NotFiniteSample {
        /// Replicate number.
        replicate: u64,
    },
    /// A sample contradicts its proved range.
    #[error("replicate {replicate}: {reason}")]
    BadSample {
        /// Replicate number.
        replicate: u64,
        /// Why.
        reason: String,
    },
    /// A side of the claim has no value.
    #[error(
        "claim {} has no value at index {k} ({side}): {NO_VALUE}", .claim + 1
    )]
    Undefined {
        /// Which claim, from 0.
        claim: usize,
        /// Index.
        k: i64,
        /// Which side.
        side: &'static str,
    },
    /// A side of the claim has no value, and the estimate has an operator that compares coordinates.
    #[error(
        "claim {} has no value at index {k} ({side}): coordinates that {operator} compares tie, or no arithmetic here tells them apart{}", .claim + 1, if *.only { String::new() } else { format!("; or else: {NO_VALUE}") }
    )]
    Tied {
        /// Which claim, from 0.
        claim: usize,
        /// Index.
        k: i64,
        /// Which side.
        side: &'static str,
        /// The operator.
        operator: String,
        /// Whether nothing in the claim itself can be without a value.
        only: bool,
    },
    /// A sample is outside its proved range, and the estimate divides differences of near numbers.
    #[error(
        "replicate {replicate}: {reason}; in binary64 the estimate is lost in rounding, as it divides a difference of near numbers by its step: use a larger step, or --precision"
    )]
    Rounded {
        /// Replicate number.
        replicate: u64,
        /// Why.
        reason: String,
    },
    /// No claim has an index on the instance.
    #[error("there is no index to check: the range of every claim, or of the random index, is empty")]
    NothingCompared,
    /// The oracle does not fit the claim.
    #[error("{0}")]
    Unsuitable(String),
}

impl CheckFailure {
    /// With the cause that the instance's error sources suggest.
    pub(super) fn on(self, instance: &Instance<'_>) -> Self {
        let sources = &instance.oracle.spec;
        let comparing = sources.iter().find_map(SourceSpec::comparing);
        match (self, comparing) {
            (CheckFailure::Undefined { claim, k, side }, Some(operator)) => CheckFailure::Tied {
                claim,
                k,
                side,
                operator: operator.to_string(),
                only: !instance.statement.claims[claim].may_lack_value(),
            },
            (CheckFailure::BadSample { replicate, reason }, _)
                if sources.iter().any(SourceSpec::divides_differences) =>
            {
                CheckFailure::Rounded { replicate, reason }
            }
            (other, _) => other,
        }
    }

    /// Whether it shows a defect of lemmata (a proved range that a sample left) rather than of the
    /// statement.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self, CheckFailure::BadSample { .. })
    }
}
