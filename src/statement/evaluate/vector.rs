//! The value of a vector-valued term, and what is measured of it.

use super::Evaluator;
use super::error::Evaluated;
use super::reduction::Over;
use crate::number::{self, Scalar};
use crate::statement::term::Vector;

impl<S: Scalar> Evaluator<'_, S> {
    /// The length of a vector.
    ///
    /// # Errors
    /// As [`Evaluator::term`].
    pub fn length(&mut self, vector: &Vector) -> Evaluated<S> {
        Ok(self.norm2(vector)?.sqrt())
    }

    pub(super) fn norm2(&mut self, vector: &Vector) -> Evaluated<S> {
        if let Some(watch) = self.watch
            // A table of expectations has no vectors.
            && let Ok(coordinates) = self.vector(vector)
        {
            coordinates.into_iter().for_each(|x| watch(&x.square()));
        }
        if let Vector::Element(sequence, index) = vector {
            let k = self.index(index)?;
            return self.trace(sequence.name(), k)?.norm2(sequence, k);
        }
        let vector = self.vector(vector)?;
        Ok(number::norm2(&vector, self.environment.context))
    }

    /// The sum of the absolute values.
    pub(super) fn norm1(&mut self, vector: &Vector) -> Evaluated<S> {
        let vector = self.vector(vector)?;
        Ok(vector.into_iter().fold(S::zero(self.environment.context), |sum, x| sum.add(&x.abs())))
    }

    pub(super) fn dot(&mut self, a: &Vector, b: &Vector) -> Evaluated<S> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        if let Some(watch) = self.watch {
            a.iter().zip(&b).for_each(|(x, y)| watch(&x.clone().mul(y)));
        }
        Ok(number::dot(&a, &b, self.environment.context))
    }

    pub(super) fn vector(&mut self, vector: &Vector) -> Evaluated<Vec<S>> {
        let value = self.vector_value(vector)?;
        if let Some(watch) = self.watch {
            value.iter().for_each(watch);
        }
        Ok(value)
    }

    fn vector_value(&mut self, vector: &Vector) -> Evaluated<Vec<S>> {
        Ok(match vector {
            Vector::Element(sequence, index) => {
                let k = self.index(index)?;
                self.trace(sequence.name(), k)?.vector(sequence, k)?
            }
            Vector::WorkerGradient(worker, index) => {
                let (worker, k) = (self.index(worker)?, self.index(index)?);
                self.trace("worker_grad", k)?.worker_gradient(worker, k)?
            }
            Vector::GradientAt(worker, a) => {
                let worker = worker.as_ref().map(|worker| self.index(worker)).transpose()?;
                let y = self.vector(a)?;
                self.trace("grad", 0)?.gradient_at(worker, &y)?
            }
            Vector::Minimiser => self.environment.minimiser()?,
            Vector::WorkerElement(quantity, worker, index) => {
                let (worker, k) = (self.index(worker)?, self.index(index)?);
                self.trace(&quantity.name, k)?.worker_vector(quantity, worker, k)?
            }
            Vector::Negate(a) => self.vector(a)?.into_iter().map(Scalar::neg).collect(),
            Vector::Add(a, b) => zip(self.vector(a)?, &self.vector(b)?, S::add),
            Vector::Sub(a, b) => zip(self.vector(a)?, &self.vector(b)?, S::sub),
            Vector::Clip(threshold, a) => {
                let threshold = self.term(threshold)?;
                let mut vector = self.vector(a)?;
                number::clip(&threshold, &mut vector, self.environment.context);
                vector
            }
            Vector::Expectation(a) => self.vector_over_outcomes(a)?,
            Vector::Scale(factor, a) => {
                let factor = self.term(factor)?;
                self.vector(a)?.into_iter().map(|x| x.mul(&factor)).collect()
            }
            Vector::Reduce { op, slot, from, to, body } => {
                self.reduce_vectors(*op, Over { slot: *slot, from, to }, body)?
            }
        })
    }
}

pub(super) fn zip<S: Scalar>(a: Vec<S>, b: &[S], combine: fn(S, &S) -> S) -> Vec<S> {
    a.into_iter().zip(b).map(|(x, y)| combine(x, y)).collect()
}
