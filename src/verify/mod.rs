//! The one flow: a statement on an instance, checked to a verdict.
//!
//! [`plan`] chooses instances, [`instance`] builds one, and the first `procedure` that applies judges it.

pub mod approximating;
pub mod choosing;
pub mod deciding;
pub mod instances;
#[cfg(test)]
mod precisions;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod translated;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::inference::{ErrorBudget, Evidence, Verdict};
use crate::oracle::{SourceSpec, StreamKey};
use crate::preset::Effort;
use crate::statement::Statement;
use crate::statement::evaluate::{EvaluationError, NO_VALUE};
use instances::{CellSpec, Instance, InstanceError};

pub use approximating::curve::{Abscissa, Curve, curves};
pub use approximating::sweep::{Sweep, sweeps};
pub use deciding::counterexample::{Counterexample, Draw, Part, Row};
pub use deciding::sampled::PrecisionCheck;

/// One compared pair of sides, at its worst.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Worst {
    /// Which claim of the statement, from 1 (from 0 until the outcome leaves the check).
    pub claim: usize,
    /// Index k of a claim that has one, else the horizon K.
    pub k: i64,
    /// K of the instance: the cell's own, or a smaller one, as every K up to it is an instance.
    pub horizon: usize,
    /// Enclosure of the left-hand side, or confidence limits; rounded outward. An end of ±1.797…e308, the
    /// largest number of binary64, stands for all beyond it.
    pub lhs: [f64; 2],
    /// Enclosure of the right-hand side, in the same way.
    pub rhs: [f64; 2],
    /// lhs/rhs at midpoints, where both sides are nonnegative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// (rhs − lhs) over the sum of the absolute values of both sides' terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<f64>,
    /// Both sides in decimals whose printed relation is the one that was decided, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
}

/// A decided relation in decimals that show it: as many digits as it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The end of the left-hand side that decides.
    pub lhs: String,
    /// `<`, `<=`, `=`, `>` or `!=`.
    pub sign: String,
    /// The end of the right-hand side that decides.
    pub rhs: String,
    /// For two sides that should be equal: the size of their difference, from below where they are not
    /// equal, and from above where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// Where a claim was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unsettled {
    /// Which claim of the statement, from 1 (from 0 until the outcome leaves the check).
    pub claim: usize,
    /// Index k of a claim that has one, else the horizon K.
    pub k: i64,
    /// K of the instance.
    pub horizon: usize,
    /// How many comparisons there are of the kind, this one included.
    pub count: u64,
    /// Why, for a person.
    pub cause: String,
}

/// What of a cell was left without a comparison that decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remainder {
    /// The first comparison that nothing decided within the budget of precision; the cell is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Unsettled>,
    /// The first one that was not made because of the budget of operations; that makes nothing inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Unsettled>,
    /// The first one of which the statement does not certainly speak: a range or a hypothesis is not certain
    /// for that K, or not every outcome reaches the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Unsettled>,
}

impl Remainder {
    /// Whether everything was compared and decided.
    fn is_nothing(&self) -> bool {
        *self == Remainder::default()
    }

    /// Notes comparisons that nothing decides.
    fn leave_open(&mut self, found: Unsettled) {
        note(&mut self.open, found);
    }

    /// Notes comparisons that are not made.
    fn leave_out(&mut self, found: Unsettled) {
        note(&mut self.cut, found);
    }

    /// Notes comparisons of which the statement does not speak for certain.
    fn skip(&mut self, found: Unsettled) {
        note(&mut self.skipped, found);
    }
}

/// Counts another comparison of a kind, of which the first is kept.
fn note(kept: &mut Option<Unsettled>, found: Unsettled) {
    match kept {
        None => *kept = Some(found),
        Some(first) => first.count += found.count,
    }
}

/// What a statistical cell measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sampling {
    /// Replicates used.
    pub replicates: u64,
    /// Sample mean of the left-hand side.
    pub mean: f64,
    /// Unbiased sample standard deviation; a description, never evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
    /// Largest log e-values, against the claim and for it; 1/δ is the threshold.
    pub log_e_values: [f64; 2],
    /// Proved upper bound of one sample, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_bound: Option<f64>,
    /// Whether a second generator confirmed the violation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// What became of the replicates that were run again in intervals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision_check: Option<PrecisionCheck>,
}

/// The outcome of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on.
    pub evidence: Evidence,
    /// Comparisons made (claims × indices × trajectories).
    pub comparisons: u64,
    /// The comparison with the largest ratio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<Worst>,
    /// For statistical cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// What was left.
    #[serde(default, skip_serializing_if = "Remainder::is_nothing")]
    pub remainder: Remainder,
    /// For an exact violation on runs that can be told: the worst comparison, to be followed by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
}

/// What a cell is judged by.
#[derive(Clone, Copy)]
pub struct Judging<'a> {
    /// OperationBudget.
    pub effort: &'a Effort,
    /// Share of the family-wise error for each statistical test.
    pub error_budget: ErrorBudget,
    /// Suite seed.
    pub seed: u64,
}

/// Why a cell has no verdict: an error of the check, not of the claim.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CheckFailure {
    /// The instance cannot be built.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The claim cannot be evaluated on it.
    #[error("the claim cannot be evaluated: {0}")]
    Evaluation(#[from] EvaluationError),
    /// A run produced NaN or an infinity.
    #[error("the run left the finite numbers at step {k}")]
    NotFinite {
        /// Step.
        k: usize,
    },
    /// A sample is not finite.
    #[error("replicate {replicate} left the numbers of binary64")]
    NotFiniteSample {
        /// Replicate number.
        replicate: u64,
    },
    /// A sample contradicts its proved range.
    #[error("replicate {replicate}: {reason}")]
    BadSample {
        /// Replicate number.
        replicate: u64,
        /// Why.
        reason: String,
    },
    /// A side of the claim has no value.
    #[error(
        "claim {} has no value at index {k} ({side}): {NO_VALUE}", .claim + 1
    )]
    Undefined {
        /// Which claim, from 0.
        claim: usize,
        /// Index.
        k: i64,
        /// Which side.
        side: &'static str,
    },
    /// A side of the claim has no value, and the estimate has an operator that compares coordinates.
    #[error(
        "claim {} has no value at index {k} ({side}): coordinates that {operator} compares tie, or no arithmetic here tells them apart{}", .claim + 1, if *.only { String::new() } else { format!("; or else: {NO_VALUE}") }
    )]
    Tied {
        /// Which claim, from 0.
        claim: usize,
        /// Index.
        k: i64,
        /// Which side.
        side: &'static str,
        /// The operator.
        operator: String,
        /// Whether nothing in the claim itself can be without a value.
        only: bool,
    },
    /// A sample is outside its proved range, and the estimate divides differences of near numbers.
    #[error(
        "replicate {replicate}: {reason}; in binary64 the estimate is lost in rounding, as it divides a difference of near numbers by its step: use a larger step, or --precision"
    )]
    Rounded {
        /// Replicate number.
        replicate: u64,
        /// Why.
        reason: String,
    },
    /// No claim has an index on the instance.
    #[error("there is no index to check: the range of every claim, or of the random index, is empty")]
    NothingCompared,
    /// The oracle does not fit the claim.
    #[error("{0}")]
    Unsuitable(String),
}

impl CheckFailure {
    /// With the cause that the instance's error sources suggest.
    fn on(self, instance: &Instance<'_>) -> Self {
        let sources = &instance.oracle.spec;
        let comparing = sources.iter().find_map(SourceSpec::comparing);
        match (self, comparing) {
            (CheckFailure::Undefined { claim, k, side }, Some(operator)) => CheckFailure::Tied {
                claim,
                k,
                side,
                operator: operator.to_string(),
                only: !instance.statement.claims[claim].may_lack_value(),
            },
            (CheckFailure::BadSample { replicate, reason }, _)
                if sources.iter().any(SourceSpec::divides_differences) =>
            {
                CheckFailure::Rounded { replicate, reason }
            }
            (other, _) => other,
        }
    }

    /// Whether it shows a defect of lemmata (a proved range that a sample left) rather than of the
    /// statement.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self, CheckFailure::BadSample { .. })
    }
}

impl Outcome {
    /// The same as reports have it. Claims are counted from 1. Every number is finite, as JSON has no
    /// others: beyond the largest number of binary64 that number stands, and what is not finite where a
    /// quotient is wanted is left out.
    fn told(mut self) -> Self {
        let remainder = &mut self.remainder;
        for unsettled in [&mut remainder.open, &mut remainder.cut, &mut remainder.skipped].into_iter().flatten() {
            unsettled.claim += 1;
        }
        if let Some(counterexample) = &mut self.counterexample {
            counterexample.claim += 1;
        }
        if let Some(worst) = &mut self.worst {
            worst.claim += 1;
            worst.lhs = finite_limits(worst.lhs);
            worst.rhs = finite_limits(worst.rhs);
            worst.ratio = worst.ratio.filter(|ratio| ratio.is_finite());
            worst.slack = worst.slack.filter(|slack| slack.is_finite());
        }
        if let Some(sampling) = &mut self.sampling {
            sampling.mean = finite(sampling.mean, f64::MAX);
            sampling.log_e_values = sampling.log_e_values.map(|value| finite(value, f64::MIN));
            sampling.upper_bound = sampling.upper_bound.filter(|bound| bound.is_finite());
            if let Some(check) = &mut sampling.precision_check {
                check.largest_difference = finite(check.largest_difference, f64::MAX);
            }
        }
        self
    }
}

/// The nearest finite number; `unknown` for NaN.
fn finite(x: f64, unknown: f64) -> f64 {
    if x.is_nan() { unknown } else { x.clamp(f64::MIN, f64::MAX) }
}

/// Limits whose infinite ends are the largest numbers of binary64, which in a report stand for all beyond.
fn finite_limits([low, high]: [f64; 2]) -> [f64; 2] {
    [finite(low, f64::MIN), finite(high, f64::MAX)]
}

/// One planned cell: an instance of a statement, built once.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Its statement.
    pub statement: &'a Statement,
    /// What the instance is made from.
    pub spec: CellSpec,
    /// The instance.
    pub instance: Instance<'a>,
}

impl<'a> Cell<'a> {
    /// The cell with that instance.
    ///
    /// # Errors
    /// When the statement does not speak of it.
    pub fn build(statement: &'a Statement, spec: CellSpec) -> Result<Self, InstanceError> {
        let instance = Instance::build(statement, &spec)?;
        Ok(Cell { statement, spec, instance })
    }
}

/// Decides one cell.
///
/// # Errors
/// When a run fails; never because the claim does.
pub fn check_cell(cell: &Cell<'_>, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    check_instance(&cell.instance, &key, judging)
}

/// Decides one cell whose instance is built already.
///
/// # Errors
/// As [`check_cell`].
pub fn check_instance(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    let procedure = deciding::procedure::of(instance, judging.effort);
    let outcome = procedure.and_then(|procedure| procedure.decide(instance, key, judging));
    outcome.map(Outcome::told).map_err(|failure| failure.on(instance))
}

/// Decides all cells, in parallel; `done` is called after each, in any order.
pub fn check_cells(
    cells: &[Cell<'_>],
    judging: Judging<'_>,
    done: &(dyn Fn() + Sync),
) -> Vec<Result<Outcome, CheckFailure>> {
    let decide = |cell: &Cell<'_>| {
        let outcome = check_cell(cell, judging);
        done();
        outcome
    };
    cells.par_iter().map(decide).collect()
}
