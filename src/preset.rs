//! How thorough a check is: what the suite's size and every budget follow from.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much work a check may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effort {
    /// Trajectories of a pathwise or one-step cell.
    pub trajectories: u64,
    /// Most replicates of a statistical cell.
    pub replicates: u64,
    /// Most equally likely paths that are enumerated.
    pub paths: u64,
    /// Most quantities of a run that the comparisons of one claim read, over all K.
    pub evaluations: u64,
    /// Most multiplications of 64 bits, or their worth, in one run of a cell; longer numbers count for more.
    pub operations: u64,
    /// Precision of whole statistical runs in bits; `None` for `f64`.
    pub precision: Option<u32>,
    /// Replicates of each statistical cell that are run again in intervals, beside those with extreme samples.
    pub rerun: u64,
}

/// Fewest and most bits of whole statistical runs.
pub const PRECISIONS: std::ops::RangeInclusive<u32> = 53..=65536;

impl Effort {
    /// What no preset asks for, in words for a person: as a report that was edited may have it.
    #[must_use]
    pub fn defect(&self) -> Option<String> {
        let most = Preset::Full.effort();
        let budgets = [
            ("trajectories", self.trajectories, 1, most.trajectories),
            ("replicates", self.replicates, 1, most.replicates),
            ("paths", self.paths, 1, most.paths),
            ("evaluations", self.evaluations, 1, most.evaluations),
            ("operations", self.operations, 1, most.operations),
            ("rerun", self.rerun, 1, most.rerun),
        ];
        let outside = budgets.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        let precision = self.precision.filter(|bits| !PRECISIONS.contains(bits));
        outside
            .map(|(name, value, least, most)| format!("effort.{name} = {value} is not between {least} and {most}"))
            .or_else(|| {
                let (least, most) = (PRECISIONS.start(), PRECISIONS.end());
                precision.map(|bits| format!("effort.precision = {bits} is not between {least} and {most}"))
            })
    }
}

/// How thorough a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Small instances, at most half a minute on two cores for all statements.
    Quick,
    /// At most three minutes.
    #[default]
    Default,
    /// Large instances and many replicates.
    Full,
}

impl Preset {
    /// The budget of one cell.
    #[must_use]
    pub fn effort(self) -> Effort {
        let (trajectories, replicates, paths, evaluations, operations, rerun) = match self {
            Preset::Quick => (1, 60_000, 1 << 14, 1 << 20, 1 << 26, 8),
            Preset::Default => (4, 400_000, 1 << 14, 1 << 22, 1 << 28, 12),
            Preset::Full => (12, 4_000_000, 1 << 16, 1 << 26, 1 << 32, 48),
        };
        Effort { trajectories, replicates, paths, evaluations, operations, precision: None, rerun }
    }

    /// The preset whose suite it checks, or of whose suite a part.
    #[must_use]
    pub fn suite(self) -> Self {
        if self == Preset::Quick { Preset::Default } else { self }
    }

    /// Cells sought for each statement, witnesses aside.
    #[must_use]
    pub fn cells(self) -> usize {
        match self {
            Preset::Quick => 24,
            Preset::Default => 80,
            Preset::Full => 300,
        }
    }
}
