//! What a comparison leaves behind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Comparison;
use crate::inference::distribution_free::Limited;
use crate::oracle::SourceSpec;
use crate::preset::Preset;
use crate::problem::ProblemSpec;
use crate::report::{Document, Kind, Provenance};

/// Version of the form of a comparison's report.
pub const SCHEMA_VERSION: u32 = 1;

/// What a comparison leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompareReport {
    /// `compare`.
    pub kind: Kind,
    /// Version of this form.
    pub schema_version: u32,
    /// What produced it.
    pub provenance: Provenance,
    /// Seed.
    pub seed: u64,
    /// Thoroughness.
    pub preset: Preset,
    /// Probability that any limit below is wrong.
    pub delta: f64,
    /// What was compared.
    pub comparison: Comparison,
    /// What was found.
    pub rounds: Vec<Round>,
}

impl Document for CompareReport {
    const KIND: Kind = Kind::Compare;
    const VERSION: u32 = SCHEMA_VERSION;
}

/// How the step sizes of a round were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepRule {
    /// The same for all contenders, in units of 1/L.
    Same(f64),
    /// Each contender's own, that of the lowest median floor on streams used for nothing else.
    Best,
}

/// All contenders on one problem under one estimate and one rule for the step size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// The problem.
    pub problem: ProblemSpec,
    /// The problem, for a person.
    pub label: String,
    /// The shared error sources.
    pub estimate: Vec<SourceSpec>,
    /// Step sizes.
    pub rule: StepRule,
    /// What each contender reached.
    pub entries: Vec<ContenderResult>,
}

/// One contender in a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContenderResult {
    /// The contender's name.
    pub contender: String,
    /// γ.
    pub step: f64,
    /// Median over replicates of the mean of ‖∇f(x_k)‖² over the last half of the run.
    pub floor: Limited,
    /// The same of f(x_k) − f*.
    pub gap: Limited,
    /// Share of runs that reached the level.
    pub reached: Limited,
    /// Median number of steps to it; K + 1 stands for never.
    pub steps: Limited,
    /// Smallest right-hand side of each named statement at this β and γ over its own free
    /// parameters, where it speaks of this instance. A rate bounds the mean over the whole run, so the
    /// floor, a mean over the last half, may lie above it.
    pub predictions: Vec<Prediction>,
    /// Against the first contender; the first itself has none.
    pub duel: Option<Duel>,
}

/// A bound from a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// The statement.
    pub statement: String,
    /// Its right-hand side, rounded up; `None` where no choice of its parameters is an instance.
    pub bound: Option<f64>,
}

/// A contender against the first on the same streams.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duel {
    /// Share of replicates in which its floor is strictly lower.
    pub wins: Limited,
    /// Median of the first's floor over its own: above one it is the better.
    pub ratio: Limited,
    /// What the limits of the ratio show.
    pub finding: DuelResult,
}

/// What a duel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuelResult {
    /// Its floor is lower.
    Better,
    /// Its floor is higher.
    Worse,
    /// The limits of the ratio contain one.
    NoDifferenceShown,
}
