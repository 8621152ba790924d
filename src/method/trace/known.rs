//! What is known of a run before a step draws: what conditional expectations are given.

use super::{Evaluated, RunTrace, Until};
use crate::number::Scalar;
use crate::oracle::Estimable;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};

/// What is known of a run before step k draws: x_0, …, x_k, what was made and drawn before step k, and b_k where
/// the noise is all that the step draws.
pub struct KnownTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
    /// Whether b_k is known.
    knows_bias: bool,
}

impl<'r, 'a, S: Arithmetic + Estimable> KnownTrace<'r, 'a, S> {
    /// What is known before step `k` of `horizon` draws; b_k too where `knows_bias` is true.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, knows_bias: bool) -> Self {
        KnownTrace { past: past.until(horizon), k: k as i64, knows_bias }
    }

    fn up_to(&self, last: i64, name: &str, index: i64) -> Evaluated<()> {
        if index <= last { Ok(()) } else { Err(EvaluationError::NotKnown { name: name.to_owned(), index }) }
    }

    fn known_quantity(&self, quantity: &OfMethod, k: i64) -> Evaluated<()> {
        let steps = quantity.steps_before(k).map_or(i64::MAX, |steps| steps as i64);
        // A start that step 0 makes is drawn there.
        let drawn =
            steps == 0 && self.k == 0 && self.past.run.experiment.method.program().kept(quantity.position).is_some();
        match steps <= self.k && !drawn {
            true => Ok(()),
            false => Err(EvaluationError::NotKnown { name: quantity.name.to_string(), index: k }),
        }
    }

    fn known(&self, sequence: &VectorSequence, k: i64) -> Evaluated<()> {
        let last = match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.k,
            VectorSequence::Noise => -1,
            VectorSequence::Bias if k == self.k && self.knows_bias => self.k,
            VectorSequence::Quantity(quantity) => return self.known_quantity(quantity, k),
            VectorSequence::Derived(derived) => {
                let parts: Evaluated<()> = derived.parts(k).try_for_each(|(_, part, index)| self.known(part, index));
                return parts.map_err(|_| EvaluationError::NotKnown { name: derived.name.to_string(), index: k });
            }
            _ => self.k - 1,
        };
        self.up_to(last, sequence.name(), k)
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for KnownTrace<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value | ScalarSequence::Distance => self.up_to(self.k, sequence.name(), k)?,
            ScalarSequence::Quantity(quantity) => self.known_quantity(quantity, k)?,
            ScalarSequence::Schedule(..) | ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness => {}
        }
        self.past.scalar(sequence, k)
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        self.known(sequence, k)?;
        self.past.norm2(sequence, k)
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.known(sequence, k)?;
        self.past.vector(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.up_to(self.k, "worker_grad", k)?;
        self.past.worker_gradient(worker, k)
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        self.past.gradient_at(worker, y)
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        self.past.value_at(y)
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.known_quantity(quantity, k)?;
        self.past.worker_vector(quantity, worker, k)
    }
}
