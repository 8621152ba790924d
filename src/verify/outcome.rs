//! What the check of a cell comes to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counterexample, PrecisionCheck};
use crate::inference::{Evidence, Verdict};

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
    pub(crate) fn leave_open(&mut self, found: Unsettled) {
        note(&mut self.open, found);
    }

    /// Notes comparisons that are not made.
    pub(crate) fn leave_out(&mut self, found: Unsettled) {
        note(&mut self.cut, found);
    }

    /// Notes comparisons of which the statement does not speak for certain.
    pub(crate) fn skip(&mut self, found: Unsettled) {
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

impl Outcome {
    /// The same as reports have it. Claims are counted from 1. Every number is finite, as JSON has no
    /// others: beyond the largest number of binary64 that number stands, and what is not finite where a
    /// quotient is wanted is left out.
    pub(super) fn told(mut self) -> Self {
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
pub(super) fn finite_limits([low, high]: [f64; 2]) -> [f64; 2] {
    [finite(low, f64::MIN), finite(high, f64::MAX)]
}
