//! Expectations: over the outcomes of a step, or over the random index on a table of expectations.

use super::Evaluator;
use super::error::{Evaluated, EvaluationError};
use super::vector::zip;
use crate::number::Scalar;
use crate::statement::term::{Index, Term, Vector};

/// How the random index is read inside an expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum RandomIndex {
    /// No random index is declared.
    Absent,
    /// Average over all its values: exact.
    Average {
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
    },
    /// One drawn value for each lane.
    Drawn(Vec<i64>),
}

impl<S: Scalar> Evaluator<'_, S> {
    pub(super) fn over_outcomes(&mut self, body: &Term) -> Evaluated<S> {
        let outcomes = self.outcomes.ok_or(EvaluationError::NoOutcomes)?;
        let saved = self.trace;
        let mut sum = S::zero(self.environment.context);
        for outcome in outcomes {
            self.trace = Some(*outcome);
            sum.add_assign(&self.term(body)?);
        }
        self.trace = saved;
        Ok(sum.div(&self.integer(outcomes.len() as i64)))
    }

    pub(super) fn over_random_index(&mut self, body: &Term) -> Evaluated<S> {
        match self.random {
            RandomIndex::Absent => self.term(body),
            RandomIndex::Average { from, to } => {
                let (from, to) = self.range(from, to)?;
                if from >= to {
                    return Err(EvaluationError::RandomIndex);
                }
                let mut sum = S::zero(self.environment.context);
                for value in from..to {
                    self.random_value = Some(value);
                    sum.add_assign(&self.term(body)?);
                }
                self.random_value = None;
                Ok(sum.div(&self.integer(to - from)))
            }
            // One lane keeps its number whole: an enclosure is more than its midpoint.
            RandomIndex::Drawn(values) if S::LANES == 1 => {
                self.random_value = values.first().copied();
                let value = self.term(body)?;
                self.random_value = None;
                Ok(value)
            }
            RandomIndex::Drawn(values) => {
                let mut lanes = Vec::with_capacity(values.len());
                for (lane, value) in values.iter().enumerate() {
                    self.random_value = Some(*value);
                    lanes.push(self.term(body)?.lane(lane));
                }
                self.random_value = None;
                Ok(S::from_lanes(|lane| lanes[lane], self.environment.context))
            }
        }
    }

    /// `E[a | past]` of a vector.
    pub(super) fn vector_over_outcomes(&mut self, a: &Vector) -> Evaluated<Vec<S>> {
        let outcomes = self.outcomes.ok_or(EvaluationError::NoOutcomes)?;
        let saved = self.trace;
        let mut sum = vec![S::zero(self.environment.context); self.environment.dimension];
        for outcome in outcomes {
            self.trace = Some(*outcome);
            sum = zip(sum, &self.vector(a)?, S::add);
        }
        self.trace = saved;
        let count = self.integer(outcomes.len() as i64);
        Ok(sum.into_iter().map(|x| x.div(&count)).collect())
    }
}
