//! The first steps of a run, for a claim about a horizon within it.

use std::rc::Rc;

use super::{Evaluated, RunTrace};
use crate::number::Scalar;
use crate::oracle::Estimable;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};

/// The first steps of a run, as many as its horizon says: x_0, …, x_K, and what its K steps draw and make.
pub struct Until<'r, 'a, S: Scalar> {
    pub(super) run: &'r RunTrace<'a, S>,
    pub(super) horizon: usize,
}

impl<S: Arithmetic + Estimable> Until<'_, '_, S> {
    /// ∇f₁(x_k), …, ∇fₙ(x_k), one after the other.
    #[must_use]
    pub fn worker_gradients(&self, k: usize) -> Rc<Vec<S>> {
        self.run.worker_gradients_at(k)
    }

    fn position(&self, name: &str, k: i64, last: usize) -> Evaluated<usize> {
        usize::try_from(k).ok().filter(|k| *k <= last).ok_or_else(|| EvaluationError::missing(name, k))
    }

    fn check(&self, sequence: &VectorSequence, k: i64) -> Evaluated<()> {
        let missing = || Err(EvaluationError::missing(sequence.name(), k));
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => {
                self.position(sequence.name(), k, self.horizon).map(|_| ())
            }
            VectorSequence::Quantity(quantity) => self.check_quantity(quantity, k),
            VectorSequence::Derived(derived) => {
                let parts: Evaluated<()> = derived.parts(k).try_for_each(|(_, part, index)| self.check(part, index));
                parts.or_else(|_| missing())
            }
            _ => match usize::try_from(k).ok().filter(|k| *k < self.horizon) {
                Some(_) => Ok(()),
                None => missing(),
            },
        }
    }

    fn check_quantity(&self, quantity: &OfMethod, k: i64) -> Evaluated<()> {
        match quantity.steps_before(k).filter(|steps| *steps <= self.horizon) {
            Some(_) => Ok(()),
            None => Err(EvaluationError::missing(&quantity.name, k)),
        }
    }

    pub(super) fn worker(&self, name: &str, worker: i64) -> Evaluated<usize> {
        self.position(name, worker, self.run.experiment.problem.workers() - 1)
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for Until<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value => Ok(self.run.value(self.position("f", k, self.horizon)?).clone()),
            ScalarSequence::Schedule(position, name) => {
                // At −1 what it is at 0.
                let at = if k == -1 { 0 } else { k };
                let at = usize::try_from(at).ok().filter(|at| *at < self.horizon);
                Ok(self.run.scheduled(*position, at.ok_or_else(|| EvaluationError::missing(name, k))?))
            }
            ScalarSequence::Quantity(quantity) => {
                self.check_quantity(quantity, k)?;
                Ok(self.run.number(quantity, k))
            }
            ScalarSequence::Distance => {
                let at = self.position("dist2", k, self.horizon)?;
                Ok(self.run.distance(&self.run.point(at)))
            }
            ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness => {
                Err(EvaluationError::missing(sequence.name(), k))
            }
        }
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        self.check(sequence, k)?;
        self.run.squared_norm(sequence, k)
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.check(sequence, k)?;
        self.run.sequence(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let at = self.position("worker_grad", k, self.horizon)?;
        Ok(self.run.worker_gradient_at(self.worker("worker_grad", worker)?, at))
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        match worker {
            None => Ok(self.run.gradient_at(y)),
            Some(worker) => Ok(self.run.worker_gradient_of(self.worker("worker_grad", worker)?, y)),
        }
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        Ok(self.run.value_of(y))
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.check_quantity(quantity, k)?;
        Ok(self.run.quantity(quantity, self.worker(&quantity.name, worker)?, k))
    }
}
