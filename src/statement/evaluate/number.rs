//! The value of a number-valued term.

use super::Evaluator;
use super::error::{Evaluated, EvaluationError};
use super::reduction::Over;
use crate::number::Scalar;
use crate::statement::term::{Index, ScalarSequence, Term};

impl<S: Scalar> Evaluator<'_, S> {
    /// The value of a term.
    ///
    /// # Errors
    /// When the run or the instance lacks something that the term needs. An arithmetic failure
    /// (a division by zero, say) is no error but an undefined number.
    pub fn term(&mut self, term: &Term) -> Evaluated<S> {
        let value = self.value(term)?;
        Ok(self.shown(value))
    }

    fn value(&mut self, term: &Term) -> Evaluated<S> {
        Ok(match term {
            Term::Number(value) => S::from_rational(value, self.environment.context),
            Term::Parameter(i) => self.environment.parameter(*i)?,
            Term::Constant(i) => self.environment.constant(*i)?,
            Term::Builtin(builtin) => self.environment.builtin(*builtin)?,
            Term::Given(i) => self.environment.given(*i)?,
            Term::Method(position, _) => self.environment.of_method(*position)?,
            Term::Start(position) => self.integer(i64::from(*position == self.environment.start)),
            Term::Integer(index) => {
                let value = self.index(index)?;
                self.integer(value)
            }
            Term::Element(sequence, index) => self.element(sequence, index)?,
            Term::ValueAt(vector) => {
                let y = self.vector(vector)?;
                self.trace("f", 0)?.value_at(&y)?
            }
            Term::Norm2(vector) => self.norm2(vector)?,
            Term::Norm(vector) => self.norm2(vector)?.sqrt(),
            Term::Norm1(vector) => self.norm1(vector)?,
            Term::Dot(a, b) => self.dot(a, b)?,
            Term::Negate(a) => self.term(a)?.neg(),
            Term::Add(a, b) => self.term(a)?.add(&self.term(b)?),
            Term::Sub(a, b) => self.term(a)?.sub(&self.term(b)?),
            Term::Mul(a, b) => self.term(a)?.mul(&self.term(b)?),
            Term::Div(a, b) => self.term(a)?.div(&self.term(b)?),
            Term::PowInt(a, exponent) => {
                let exponent = self.index(exponent)?;
                let small = i32::try_from(exponent).map_err(|_| EvaluationError::OutOfRange(exponent))?;
                self.term(a)?.powi(small)
            }
            Term::PowReal(a, b) => self.term(a)?.powf(&self.term(b)?),
            Term::Apply(function, a) => function.at(self.term(a)?),
            Term::Min(a, b) => self.term(a)?.min(&self.term(b)?),
            Term::Max(a, b) => self.term(a)?.max(&self.term(b)?),
            Term::Reduce { op, slot, from, to, body } => self.reduce(*op, Over { slot: *slot, from, to }, body)?,
            Term::If(condition, a, b) => match self.condition(condition)? {
                Some(true) => self.term(a)?,
                Some(false) => self.term(b)?,
                None => return Err(EvaluationError::Undecided),
            },
            Term::Expectation { body, past: true } => self.over_outcomes(body)?,
            Term::Expectation { body, past: false } => self.over_random_index(body)?,
        })
    }

    fn element(&self, sequence: &ScalarSequence, index: &Index) -> Evaluated<S> {
        let k = self.index(index)?;
        match sequence {
            ScalarSequence::Spectrum => self.environment.eigenvalue(k),
            ScalarSequence::WorkerSmoothness => self.environment.smoothness_of(k),
            _ => self.trace(sequence.name(), k)?.scalar(sequence, k),
        }
    }
}
