//! Why a comparison cannot be run.

use thiserror::Error;

use crate::method::Misfit;
use crate::oracle::OracleError;
use crate::problem::ProblemError;
use crate::statement::StatementError;

/// Why a comparison cannot be run.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The file is no comparison.
    #[error("{name}: {cause}")]
    File {
        /// File.
        name: String,
        /// Why.
        cause: String,
    },
    /// A problem cannot be built, or proves no L or f*.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// An estimate cannot be built.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// There is no such method.
    #[error("there is no shipped method `{0}`; `lemmata list --methods` names them")]
    Method(String),
    /// The method has no step size to choose.
    #[error("the method `{method}` has no parameter with the unit of a step size; of the shipped methods these have one: {}", .others.join(", "))]
    NoStep {
        /// Method.
        method: String,
        /// Shipped methods that have one.
        others: Vec<&'static str>,
    },
    /// A contender has a parameter that its method has not.
    #[error("the method `{method}` has no parameter `{name}` besides its step size")]
    Parameter {
        /// Method.
        method: String,
        /// Parameter.
        name: String,
    },
    /// A parameter is outside of its range, or has no value.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A named statement is none of the shipped ones.
    #[error("there is no shipped statement `{0}`")]
    Statement(String),
    /// A shipped statement has a mistake.
    #[error(transparent)]
    Malformed(#[from] Box<StatementError>),
}
