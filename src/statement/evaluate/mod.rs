//! Evaluation of checked terms in any arithmetic.

mod condition;
mod environment;
mod error;
mod expectation;
mod number;
mod reduction;
#[cfg(test)]
mod tests;
mod trace;
mod vector;

use super::check::MAX_SLOTS;
use super::term::Index;
use crate::number::Scalar;
pub use environment::Environment;
use error::Evaluated;
pub use error::{EvaluationError, NO_VALUE, TOO_LONG};
pub use expectation::RandomIndex;
pub use reduction::MAX_TERMS;
pub use trace::Trace;

/// The index that stands for the limit as k grows.
pub const LIMIT: i64 = i64::MAX;

/// Evaluates terms on a trace.
pub struct Evaluator<'a, S: Scalar> {
    environment: &'a Environment<S>,
    trace: Option<&'a dyn Trace<S>>,
    outcomes: Option<&'a [&'a dyn Trace<S>]>,
    random: &'a RandomIndex,
    slots: [i64; MAX_SLOTS],
    random_value: Option<i64>,
    horizon: i64,
    watch: Option<&'a dyn Fn(&S)>,
    /// How many reductions are around the place, and how many terms the outermost one has had.
    nesting: (u32, u64),
}

impl<'a, S: Scalar> Evaluator<'a, S> {
    /// For terms that mention no run.
    #[must_use]
    pub fn without_trace(environment: &'a Environment<S>) -> Self {
        Evaluator {
            environment,
            trace: None,
            outcomes: None,
            random: &RandomIndex::Absent,
            slots: [0; MAX_SLOTS],
            random_value: None,
            horizon: environment.horizon as i64,
            watch: None,
            nesting: (0, 0),
        }
    }

    /// For terms on one run, or on a table of expectations.
    #[must_use]
    pub fn on(environment: &'a Environment<S>, trace: &'a dyn Trace<S>, random: &'a RandomIndex) -> Self {
        Evaluator { trace: Some(trace), random, ..Evaluator::without_trace(environment) }
    }

    /// For one-step claims: all equally likely outcomes of the step after the past. Quantities
    /// outside `E[· | past]` are read from `known`, which must refuse those that the outcomes do not share.
    #[must_use]
    pub fn on_outcomes(
        environment: &'a Environment<S>,
        known: &'a dyn Trace<S>,
        outcomes: &'a [&'a dyn Trace<S>],
    ) -> Self {
        Evaluator { trace: Some(known), outcomes: Some(outcomes), ..Evaluator::without_trace(environment) }
    }

    /// Shows every number that occurs from here on, those in vectors too.
    pub fn set_watch(&mut self, watch: &'a dyn Fn(&S)) {
        self.watch = Some(watch);
    }

    fn shown(&self, value: S) -> S {
        if let Some(watch) = self.watch {
            watch(&value);
        }
        value
    }

    /// Sets the claim's own index, slot 0.
    pub fn set_index(&mut self, k: i64) {
        self.slots[0] = k;
    }

    /// Sets the bound indices from slot 0 on.
    pub fn set_slots(&mut self, values: &[i64]) {
        self.slots[..values.len()].copy_from_slice(values);
    }

    /// Sets a bound index.
    pub fn set_slot(&mut self, slot: usize, value: i64) {
        self.slots[slot] = value;
    }

    /// Replaces K, for claims that hold for every K.
    pub fn set_horizon(&mut self, horizon: usize) {
        self.horizon = horizon as i64;
    }

    /// The value of an integer expression.
    ///
    /// # Errors
    /// For the random index outside an expectation, and for integers that do not fit 64 bits.
    pub fn index(&self, index: &Index) -> Evaluated<i64> {
        Ok(match index {
            Index::Literal(value) => *value,
            Index::Slot(slot) => self.slots[*slot],
            Index::Horizon => self.horizon,
            Index::Workers => self.environment.workers as i64,
            Index::Dimension => self.environment.dimension as i64,
            Index::Limit => LIMIT,
            Index::Random => self.random_value.ok_or(EvaluationError::RandomIndex)?,
            Index::Add(a, b) => self.index(a)?.checked_add(self.index(b)?).ok_or(EvaluationError::Overflow)?,
            Index::Sub(a, b) => self.index(a)?.checked_sub(self.index(b)?).ok_or(EvaluationError::Overflow)?,
            Index::Mul(a, b) => self.index(a)?.checked_mul(self.index(b)?).ok_or(EvaluationError::Overflow)?,
        })
    }

    fn integer(&self, value: i64) -> S {
        // Horizons, dimensions and workers are far below 2^53.
        S::from_f64(value as f64, self.environment.context)
    }

    fn trace(&self, name: &str, index: i64) -> Evaluated<&'a dyn Trace<S>> {
        self.trace.ok_or_else(|| EvaluationError::missing(name, index))
    }
}
