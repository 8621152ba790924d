//! What a cell's check ends with.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Shown for all parameters, functions and dimensions, by a certificate that was checked; of statements alone.
    Proved,
    /// Shown, on the evidence named.
    Holds,
    /// Not refuted under noise of unbounded tail, of which too little is proved to show the claim.
    NotRefuted,
    /// No instance met the hypotheses.
    Vacuous,
    /// Neither shown nor refuted within the budget.
    Inconclusive,
    /// Refuted, on the evidence named.
    Violated,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Proved => "proved",
            Verdict::Holds => "holds",
            Verdict::NotRefuted => "not refuted",
            Verdict::Vacuous => "vacuous",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Violated => "violated",
        })
    }
}

/// On what a verdict rests.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Evidence {
    /// `f64` with a proved error bound, at least a thousand bounds clear at every comparison.
    Ball,
    /// Outward-rounded intervals.
    Interval {
        /// Highest precision that was needed.
        bits: u32,
    },
    /// Rational numbers.
    Rational,
    /// All outcomes of finite noise, in intervals.
    Enumeration {
        /// Equally likely paths.
        paths: u64,
        /// Precision.
        bits: u32,
    },
    /// The exact recursion of second moments, in intervals.
    Moments {
        /// Precision.
        bits: u32,
    },
    /// The proved size of one sample, for every draw or in mean square, is below the bound.
    Range,
    /// An anytime-valid test.
    Statistical {
        /// The cell's share of the family-wise error.
        delta: f64,
    },
}

impl Evidence {
    /// Short name for tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Evidence::Ball => "ball",
            Evidence::Interval { .. } => "interval",
            Evidence::Rational => "rational",
            Evidence::Enumeration { .. } => "enumeration",
            Evidence::Moments { .. } => "moments",
            Evidence::Range => "range",
            Evidence::Statistical { .. } => "statistical",
        }
    }
}
