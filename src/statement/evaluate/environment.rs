//! The numbers of an instance in one arithmetic.

use super::error::{Evaluated, EvaluationError};
use crate::number::Scalar;
use crate::statement::term::Builtin;

/// The numbers of an instance in one arithmetic.
#[derive(Clone, Debug)]
pub struct Environment<S: Scalar> {
    /// Context of the arithmetic.
    pub context: S::Context,
    /// Parameters in the statement's order; `None` while not yet chosen.
    pub parameters: Vec<Option<S>>,
    /// Derived constants in the statement's order; `None` where not yet evaluated.
    pub constants: Vec<Option<S>>,
    /// Constants of the instance, by the order of [`Builtin::ALL`].
    pub builtins: Vec<Option<S>>,
    /// Constants declared under `[given]`, in the statement's order.
    pub given: Vec<Option<S>>,
    /// Which of the method's starts the run has, by position.
    pub start: usize,
    /// The method's parameters and constants, in this order; `None` while not yet known.
    pub method: Vec<Option<S>>,
    /// Eigenvalues of the Hessian, where they are known.
    pub spectrum: Vec<S>,
    /// `L_of[i]`, where they are known.
    pub worker_smoothness: Vec<S>,
    /// `x_star`, where it is known.
    pub minimiser: Option<Vec<S>>,
    /// n.
    pub workers: usize,
    /// d.
    pub dimension: usize,
    /// K.
    pub horizon: usize,
}

impl<S: Scalar> Environment<S> {
    pub(super) fn parameter(&self, position: usize) -> Evaluated<S> {
        self.parameters[position].clone().ok_or(EvaluationError::MissingConstant("a parameter"))
    }

    pub(super) fn constant(&self, position: usize) -> Evaluated<S> {
        self.constants[position].clone().ok_or(EvaluationError::ValuelessConstant)
    }

    pub(super) fn builtin(&self, builtin: Builtin) -> Evaluated<S> {
        let position = Builtin::ALL.iter().position(|b| *b == builtin).unwrap_or_default();
        self.builtins[position].clone().ok_or(EvaluationError::MissingConstant(builtin.name()))
    }

    pub(super) fn given(&self, position: usize) -> Evaluated<S> {
        self.given[position].clone().ok_or(EvaluationError::MissingConstant("a given constant"))
    }

    /// A parameter or a constant of the method.
    pub(super) fn of_method(&self, position: usize) -> Evaluated<S> {
        self.method.get(position).cloned().flatten().ok_or(EvaluationError::ValuelessConstant)
    }

    pub(super) fn minimiser(&self) -> Evaluated<Vec<S>> {
        self.minimiser.clone().ok_or(EvaluationError::MissingConstant("x_star"))
    }

    /// `spectrum[j]`.
    pub(super) fn eigenvalue(&self, j: i64) -> Evaluated<S> {
        element(&self.spectrum, j).ok_or_else(|| EvaluationError::missing("spectrum", j))
    }

    /// `L_of[i]`.
    pub(super) fn smoothness_of(&self, worker: i64) -> Evaluated<S> {
        element(&self.worker_smoothness, worker).ok_or_else(|| EvaluationError::missing("L_of", worker))
    }
}

fn element<S: Clone>(all: &[S], index: i64) -> Option<S> {
    usize::try_from(index).ok().and_then(|index| all.get(index)).cloned()
}
