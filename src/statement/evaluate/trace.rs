//! What a run supplies to those who evaluate.

use super::error::{Evaluated, EvaluationError};
use crate::number::Scalar;
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};

/// The quantities of one run, or their expectations. Vectors are only needed where an expression
/// uses more of them than `norm2(sequence[k])`.
pub trait Trace<S: Scalar> {
    /// `f[k]`, or a number of the method (never `spectrum`, which belongs to the instance).
    ///
    /// # Errors
    /// When the run has no such quantity.
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S>;

    /// `‖sequence[k]‖²`.
    ///
    /// # Errors
    /// When the run has no such quantity.
    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S>;

    /// `sequence[k]` itself.
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        Err(EvaluationError::missing(sequence.name(), k))
    }

    /// ∇fᵢ(x_k).
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let _ = worker;
        Err(EvaluationError::missing("worker_grad", k))
    }

    /// ∇f, or ∇fᵢ, at any point.
    ///
    /// # Errors
    /// When there is no run to ask.
    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        let _ = (worker, y);
        Err(EvaluationError::NotOfTable)
    }

    /// f at any point.
    ///
    /// # Errors
    /// When there is no run to ask.
    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        let _ = y;
        Err(EvaluationError::NotOfTable)
    }

    /// A vector that the method has for each worker.
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let _ = worker;
        Err(EvaluationError::missing(&quantity.name, k))
    }
}
