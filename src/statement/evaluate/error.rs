//! Why a term has no value.

use thiserror::Error;

use super::LIMIT;

pub(super) type Evaluated<T> = Result<T, EvaluationError>;

/// Why a term has no value on this run.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EvaluationError {
    /// The instance does not supply the constant.
    #[error("the instance proves no value of `{0}`")]
    MissingConstant(&'static str),
    /// A derived constant that this arithmetic cannot compute.
    #[error("a derived constant has no value in this arithmetic")]
    ValuelessConstant,
    /// The run does not record the quantity, or not at that index.
    #[error("{}", missing_quantity(.name, *.index))]
    MissingQuantity {
        /// Sequence.
        name: String,
        /// Index asked for.
        index: i64,
    },
    /// A quantity outside `E[· | past]` that the past does not determine.
    #[error("`{name}[{index}]` is not known given the past; write it inside E[· | past]")]
    NotKnown {
        /// Sequence.
        name: String,
        /// Index asked for.
        index: i64,
    },
    /// A function of points where only numbers are at hand.
    #[error("f, grad and worker_grad at a point of one's own have no expectation over the whole run")]
    NotOfTable,
    /// `E[· | past]` where no outcomes of one step are at hand.
    #[error("`E[· | past]` can only be evaluated over the enumerated noise of one step")]
    NoOutcomes,
    /// The random index outside an expectation.
    #[error("the random index may only stand inside an expectation")]
    RandomIndex,
    /// A condition that this arithmetic cannot decide.
    #[error("a condition could not be decided in this arithmetic")]
    Undecided,
    /// An integer beyond 64 bits.
    #[error("an integer expression does not fit 64 bits")]
    Overflow,
    /// An exponent out of bounds.
    #[error("an integer expression is out of range: {0}")]
    OutOfRange(i64),
    /// A mean or an extreme of nothing.
    #[error("the range of a `min`, `max` or `mean`, which ends before {0}, is empty")]
    EmptyRange(i64),
    /// More terms than are added up.
    #[error("{TOO_LONG}")]
    TooLong,
}

/// What a run lacks: an element of a sequence, or the limit of one.
fn missing_quantity(name: &str, index: i64) -> String {
    if index == LIMIT {
        format!(
            "the limit `{name}[inf]` is not known on this run: it is for norm2(grad[inf]) alone, on quadratics under isotropic noise with constant and stable steps"
        )
    } else {
        format!("the run has no `{name}[{index}]`")
    }
}

impl EvaluationError {
    /// What the run lacks.
    #[must_use]
    pub fn missing(name: &str, index: i64) -> Self {
        EvaluationError::MissingQuantity { name: name.to_owned(), index }
    }

    /// Whether another arithmetic may have the value.
    #[must_use]
    pub fn is_of_arithmetic(&self) -> bool {
        matches!(self, EvaluationError::Undecided | EvaluationError::ValuelessConstant)
    }
}

/// Why an expression has no value.
pub const NO_VALUE: &str = "division by zero, a root or logarithm outside its domain, or an overflow";

/// Why a sum is not formed.
pub const TOO_LONG: &str = "a range or a sum has more than 2^20 terms, nested ones multiplied out";
