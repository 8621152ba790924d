//! Sums, means and extremes over index ranges, which have a limit of terms.

use super::Evaluator;
use super::error::{Evaluated, EvaluationError};
use super::vector::zip;
use crate::number::Scalar;
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Term, Vector};

/// Most terms of a sum or another reduction, nested ones multiplied out.
pub const MAX_TERMS: u64 = 1 << 20;

/// An index that is bound, and the ends of its range.
#[derive(Clone, Copy)]
pub(super) struct Over<'t> {
    pub(super) slot: usize,
    pub(super) from: &'t Index,
    pub(super) to: &'t Index,
}

impl<S: Scalar> Evaluator<'_, S> {
    /// Both ends of a range that is short enough to be walked through.
    ///
    /// # Errors
    /// As [`Evaluator::index`], and when the range is too long.
    pub fn range(&self, from: &Index, to: &Index) -> Evaluated<(i64, i64)> {
        let (from, to) = (self.index(from)?, self.index(to)?);
        let length = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        if length > MAX_TERMS { Err(EvaluationError::TooLong) } else { Ok((from, to)) }
    }

    /// Runs `body` for every value of a bound index, within the budget of the outermost reduction.
    fn for_each(
        &mut self,
        slot: usize,
        (from, to): (i64, i64),
        mut body: impl FnMut(&mut Self) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let saved = self.slots[slot];
        let (depth, spent) = self.nesting;
        self.nesting = (depth + 1, if depth == 0 { 0 } else { spent });
        let outcome = (from..to).try_for_each(|i| {
            self.slots[slot] = i;
            self.nesting.1 += 1;
            if self.nesting.1 > MAX_TERMS { Err(EvaluationError::TooLong) } else { body(self) }
        });
        self.nesting.0 = depth;
        self.slots[slot] = saved;
        outcome
    }

    pub(super) fn reduce(&mut self, op: ReduceOp, over: Over<'_>, body: &Term) -> Evaluated<S> {
        let (from, to) = self.range(over.from, over.to)?;
        let mut result: Option<S> = None;
        self.for_each(over.slot, (from, to), |this| {
            let value = this.term(body)?;
            result = Some(match (result.take(), op) {
                (None, _) => value,
                (Some(so_far), ReduceOp::Sum | ReduceOp::Mean) => so_far.add(&value),
                (Some(so_far), ReduceOp::Min) => so_far.min(&value),
                (Some(so_far), ReduceOp::Max) => so_far.max(&value),
            });
            Ok(())
        })?;
        match (result, op) {
            (Some(sum), ReduceOp::Mean) => Ok(sum.div(&self.integer(to - from))),
            (Some(value), _) => Ok(value),
            (None, ReduceOp::Sum) => Ok(S::zero(self.environment.context)),
            (None, _) => Err(EvaluationError::EmptyRange(to)),
        }
    }

    /// The sum or mean of vectors.
    pub(super) fn reduce_vectors(&mut self, op: ReduceOp, over: Over<'_>, body: &Vector) -> Evaluated<Vec<S>> {
        let (from, to) = self.range(over.from, over.to)?;
        let mut sum = vec![S::zero(self.environment.context); self.environment.dimension];
        self.for_each(over.slot, (from, to), |this| {
            sum = zip(std::mem::take(&mut sum), &this.vector(body)?, S::add);
            Ok(())
        })?;
        if op == ReduceOp::Mean {
            let count = self.integer((to - from).max(0));
            sum = sum.into_iter().map(|x| x.div(&count)).collect();
        }
        Ok(sum)
    }
}
