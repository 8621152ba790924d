//! What of a report a later one is compared with: a line for each statement.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::write::{read_value, report_of};
use super::{Report, StatementSummary, WriteError};
use crate::inference::Verdict;
use crate::preset::Preset;
use crate::prove::Standing;
use crate::statement::Expectation;

/// Version of the form.
pub const BASELINE_VERSION: u32 = 1;

/// A report without its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of this form.
    pub baseline_version: u32,
    /// Version of lemmata.
    pub version: String,
    /// Commit that the program was built from.
    pub commit: String,
    /// Suite seed.
    pub seed: u64,
    /// Thoroughness.
    pub preset: Preset,
    /// Planned cells that were not reached.
    pub not_reached: usize,
    /// A line for each statement, in the order of the report.
    pub statements: Vec<Line>,
}

/// What a check came to for one statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Statement.
    pub id: String,
    /// SHA-256 of its file, and of those that it instantiates, hexadecimal.
    pub hash: String,
    /// What is expected of it.
    pub expected: Expectation,
    /// The verdict.
    pub verdict: Verdict,
    /// What its stored proof comes to.
    pub proof: ProofLevel,
    /// Cells, those that ended in an error included.
    pub cells: usize,
    /// Cells that ended in an error.
    pub errors: usize,
    /// Cells by kind of evidence.
    pub evidence: BTreeMap<String, usize>,
    /// Largest lhs/rhs over the cells.
    pub worst_ratio: Option<f64>,
}

/// What a stored proof comes to, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProofLevel {
    /// There is none, or none that is valid.
    None,
    /// Valid, given lemmas that are not proved.
    Given,
    /// Valid.
    Proved,
}

impl ProofLevel {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ProofLevel::None => "no proof",
            ProofLevel::Given => "a proof given lemmas",
            ProofLevel::Proved => "a proof",
        }
    }
}

impl From<&Report> for Baseline {
    fn from(report: &Report) -> Self {
        let line = |summary: &StatementSummary| Line {
            id: summary.id.clone(),
            hash: summary.hash.clone(),
            expected: summary.expected,
            verdict: summary.verdict,
            proof: match summary.proof {
                Some(Standing::Proved { .. }) => ProofLevel::Proved,
                Some(Standing::Given { .. }) => ProofLevel::Given,
                Some(Standing::Rejected { .. }) | None => ProofLevel::None,
            },
            cells: summary.cells(),
            errors: summary.errors,
            evidence: summary.evidence.clone(),
            worst_ratio: summary.worst_ratio,
        };
        Baseline {
            baseline_version: BASELINE_VERSION,
            version: report.provenance.version.clone(),
            commit: report.provenance.commit.clone(),
            seed: report.settings.seed,
            preset: report.settings.preset,
            not_reached: report.not_reached,
            statements: report.statements.iter().map(line).collect(),
        }
    }
}

impl Baseline {
    /// What it has of these statements: a check of few is not compared with all.
    #[must_use]
    pub fn of<'a>(mut self, ids: impl Iterator<Item = &'a str> + Clone) -> Self {
        self.statements.retain(|line| ids.clone().any(|id| id == line.id));
        self
    }

    /// Reads a baseline, or takes it from the report of a check.
    ///
    /// # Errors
    /// When the file cannot be read, is neither, or is of another version.
    pub fn read(path: &Path) -> Result<Self, WriteError> {
        let value = read_value(path)?;
        match value.get("baseline_version").and_then(serde_json::Value::as_u64) {
            None => report_of(value, path).map(|report: Report| Baseline::from(&report)),
            Some(found) if found != u64::from(BASELINE_VERSION) => {
                Err(WriteError::BaselineVersion { path: path.to_owned(), found, read: BASELINE_VERSION })
            }
            Some(_) => {
                serde_json::from_value(value).map_err(|cause| WriteError::Parse { path: path.to_owned(), cause })
            }
        }
    }
}
