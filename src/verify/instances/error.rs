//! Why an instance cannot be used.

use thiserror::Error;

use crate::method::Misfit;
use crate::oracle::OracleError;
use crate::problem::ProblemError;
use crate::statement::MAX_HORIZON;
use crate::statement::evaluate::NO_VALUE;

/// Why an instance cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InstanceError {
    /// The problem cannot be built.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The oracle cannot be built.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// A parameter value is missing, out of its range, or its range cannot be shown to hold it.
    #[error("parameter `{name}` = {value} is not certainly in its range {range}")]
    Parameter {
        /// Name.
        name: String,
        /// Value.
        value: f64,
        /// Range as written.
        range: String,
    },
    /// A hypothesis fails, or cannot be shown to hold.
    #[error("hypothesis `{name}` does not certainly hold: {text}")]
    Hypothesis {
        /// Name.
        name: String,
        /// As written.
        text: String,
    },
    /// The family or the oracle proves no value of a constant that the statement uses.
    #[error("no proved value of `{0}`")]
    Missing(&'static str),
    /// Neither the family nor the estimate proves a value of a given constant.
    #[error("no proved value of `{0}`")]
    MissingGiven(String),
    /// A derived constant cannot be computed.
    #[error("the constant `{0}` has no value: {NO_VALUE}")]
    Constant(String),
    /// No value to try of a parameter is certainly in its range.
    #[error("no value to try of `{name}` is certainly in its range {range}")]
    NoValue {
        /// Name.
        name: String,
        /// Range as written.
        range: String,
    },
    /// Data of a witness that describe nothing.
    #[error("{0}")]
    Malformed(String),
    /// No way of deciding the claim applies.
    #[error(
        "no evidence for such a claim can be had under this noise: it is neither finite nor of known moments, or the start's own noise is not"
    )]
    NoEvidence,
    /// B and C of an estimate whose draws they bound in mean alone, in a claim about every draw.
    #[error("B and C bound the estimate's error in mean alone, and the claim is about every draw")]
    OnlyInMean,
    /// Bias or noise of an estimate that does not tell them apart.
    #[error("the statement speaks of bias and noise apart, which the estimate does not give")]
    NotSplit,
    /// A parameter of the method outside of what the method is defined for, or without a value.
    #[error(transparent)]
    Method(#[from] Misfit),
    /// A start that the method has not.
    #[error("the method has no start `{0}`")]
    Start(String),
    /// Error sources of the average for a method that draws an estimate of each worker's gradient.
    #[error("the method draws an estimate of each worker's gradient, and the error source is one of the average alone")]
    OfAverage,
    /// A source that chooses its error, for a method that asks for more than one estimate in a step.
    #[error("a source that chooses its error is followed in one estimate a step, and the method asks for more")]
    ChosenTwice,
    /// A source that chooses its error, for a method that draws workers or has a random operator.
    #[error(
        "a source that chooses its error, as Gaussian noise in claims about a path does, is not followed in a method that draws"
    )]
    ChosenBesideDraws,
    /// More steps than a check takes, or none.
    #[error("a horizon of {0} steps is not between 1 and {MAX_HORIZON}")]
    Horizon(usize),
    /// No claim has an index on it.
    #[error("there is no index to check: the range of every claim, or of the random index, is empty")]
    NoIndex,
    /// A starting point of the wrong length.
    #[error("the starting point has {found} coordinates, the problem {expected}")]
    Point {
        /// d.
        expected: usize,
        /// Length found.
        found: usize,
    },
}
