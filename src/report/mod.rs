//! What a check leaves behind: a JSON report with everything needed to replay any cell, and a
//! table for the terminal.

mod baseline;
mod by_hand;
mod difference;
mod exemplars;
mod exercised;
mod export;
mod kind;
mod layout;
mod schema;
mod table;
pub mod wording;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inference::{ErrorBudget, Verdict};
use crate::preset::{Effort, Preset};
use crate::prove::Standing;
use crate::statement::graph::Graph;
use crate::statement::{Expectation, Statement};
use crate::verify::instances::CellSpec;
use crate::verify::{Cell, CheckFailure, Curve, Outcome, Sweep};

pub use baseline::{BASELINE_VERSION, Baseline, Line, ProofLevel};
pub use by_hand::by_hand;
pub use difference::{Change, Difference, Direction, What};
pub use exemplars::Exemplars;
pub use exercised::{Exercised, Setting};
pub use export::{csv, latex, markdown};
pub use kind::{AnyReport, Document, Kind};
pub use layout::{fitted, headed, width, wrapped};
pub use schema::{Form, schema};
pub use table::{render, render_cells, render_verdict};
pub use write::{MAX_BYTES, WriteError, path, read, read_any, write, write_audit, write_json};

/// Version of the report's form; it changes whenever a reader would have to.
pub const SCHEMA_VERSION: u32 = 10;

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `check`.
    pub kind: Kind,
    /// Version of this form.
    pub schema_version: u32,
    /// Name of the report.
    pub name: String,
    /// What produced it.
    pub provenance: Provenance,
    /// What was asked for.
    pub settings: CheckSettings,
    /// Sum over the cells of each statement, in the order checked.
    pub statements: Vec<StatementSummary>,
    /// Planned cells that were not reached, because the check was ended.
    pub not_reached: usize,
    /// All cells, each with its position as its number.
    pub cells: Vec<CellReport>,
}

/// What produced a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Version of lemmata.
    pub version: String,
    /// Commit that the program was built from.
    pub commit: String,
    /// Compiler that built it.
    pub toolchain: String,
    /// Operating system and architecture.
    pub platform: String,
    /// Wall time of the check in seconds.
    pub wall_seconds: f64,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckSettings {
    /// Suite seed.
    pub seed: u64,
    /// Thoroughness.
    pub preset: Preset,
    /// Budget of each cell.
    pub effort: Effort,
    /// Family-wise error and the number of tests that share it.
    pub error_budget: ErrorBudget,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellReport {
    /// Its position among the cells, for replay.
    pub number: usize,
    /// Statement.
    pub statement: String,
    /// The instance.
    pub spec: CellSpec,
    /// Enclosures of the constants that the statement uses; an end of ±1.797…e308, the largest number of
    /// binary64, stands for all beyond it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<String, [f64; 2]>,
    /// The point at which the run begins; left out where the coordinates are too many to be of use.
    #[serde(default, rename = "x_0", skip_serializing_if = "Vec::is_empty")]
    pub first_point: Vec<f64>,
    /// What of it the statement's summary counts.
    pub setting: Setting,
    /// The outcome, where the check came to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// For the exemplars of a statement: both sides of its claims along k or K.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
    /// For one exemplar of a statement: both sides over parameters and constants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sweeps: Vec<Sweep>,
}

/// Most coordinates of x_0 that a report has.
const MOST_COORDINATES: usize = 16;

/// Why a cell has no outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// For a person.
    pub message: String,
    /// Whether it shows a defect of lemmata rather than of the statement.
    pub internal: bool,
}

/// The sum over a statement's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSummary {
    /// Statement.
    pub id: String,
    /// SHA-256 of its file, and of those that it instantiates, hexadecimal.
    pub hash: String,
    /// The file's text, so that a cell can be replayed when the file has changed or gone.
    pub text: String,
    /// What the suite expects of it.
    pub expected: Expectation,
    /// The verdict over all cells, and by its proof.
    pub verdict: Verdict,
    /// What its stored proof comes to, where it has one.
    pub proof: Option<Standing>,
    /// Whether that is what is expected.
    pub as_expected: bool,
    /// Cells by verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Cells that ended in an error.
    pub errors: usize,
    /// Cells by kind of evidence.
    pub evidence: BTreeMap<String, usize>,
    /// Families that it was checked on.
    pub families: Vec<String>,
    /// What its cells have in them.
    pub exercised: Exercised,
    /// The cells of which both sides are told along k or K.
    pub exemplars: Option<Exemplars>,
    /// Largest lhs/rhs over the cells.
    pub worst_ratio: Option<f64>,
    /// Least normalised slack over the cells.
    pub least_slack: Option<f64>,
    /// For a vacuous statement, why it or one of its claims is checked nowhere.
    pub why_vacuous: Option<String>,
    /// Statements that its proof uses or that it instantiates.
    pub rests_on: Vec<String>,
    /// Statements of this report that it rests on, directly or not, and that are violated though they should hold.
    pub tainted_by: Vec<String>,
}

impl Provenance {
    /// Of this program, for a run that took so long.
    #[must_use]
    pub fn new(wall_seconds: f64) -> Self {
        Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("LEMMATA_COMMIT").into(),
            toolchain: env!("LEMMATA_TOOLCHAIN").into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            wall_seconds,
        }
    }
}

impl CellReport {
    /// Of a cell, without what its check comes to.
    #[must_use]
    pub fn unchecked(number: usize, cell: &Cell<'_>) -> Self {
        let point = Some(&cell.instance.point).filter(|point| point.len() <= MOST_COORDINATES);
        CellReport {
            number,
            statement: cell.statement.id.clone(),
            spec: cell.spec.clone(),
            constants: cell.instance.constants().into_iter().collect(),
            first_point: point.cloned().unwrap_or_default(),
            setting: Setting::of(&cell.instance),
            outcome: None,
            failure: None,
            curves: Vec::new(),
            sweeps: Vec::new(),
        }
    }
}

impl From<&CheckFailure> for Failure {
    fn from(failure: &CheckFailure) -> Self {
        Failure { message: failure.to_string(), internal: failure.is_internal() }
    }
}

impl Report {
    /// What of it is not as expected.
    #[must_use]
    pub fn unexpected(mut self) -> Self {
        self.statements.retain(|summary| !summary.as_expected || summary.errors > 0);
        let ids: BTreeSet<&str> = self.statements.iter().map(|summary| summary.id.as_str()).collect();
        self.cells.retain(|cell| ids.contains(cell.statement.as_str()));
        self
    }
}

impl StatementSummary {
    /// Sums up the cells of one statement. No cell at all is vacuous; one false cell makes the
    /// statement false; a valid proof shows it, whatever was left open; else one open or failed cell keeps it open.
    /// `why_vacuous` says why it or one of its claims is checked nowhere, where that is so.
    #[must_use]
    pub fn new(
        statement: &Statement,
        why_vacuous: Option<String>,
        proof: Option<Standing>,
        cells: &[CellReport],
    ) -> Self {
        let mine: Vec<&CellReport> = cells.iter().filter(|c| c.statement == statement.id).collect();
        let outcomes: Vec<&Outcome> = mine.iter().filter_map(|c| c.outcome.as_ref()).collect();
        let mut verdicts = BTreeMap::new();
        let mut evidence = BTreeMap::new();
        for outcome in &outcomes {
            *verdicts.entry(outcome.verdict).or_insert(0) += 1;
            *evidence.entry(outcome.evidence.name().to_owned()).or_insert(0) += 1;
        }
        let count = |verdict| verdicts.get(&verdict).copied().unwrap_or(0);
        let verdict = if count(Verdict::Violated) > 0 {
            Verdict::Violated
        } else if matches!(proof, Some(Standing::Proved { .. })) {
            Verdict::Proved
        } else if mine.is_empty() || why_vacuous.is_some() {
            Verdict::Vacuous
        } else if count(Verdict::Inconclusive) > 0 || outcomes.len() < mine.len() {
            Verdict::Inconclusive
        } else if count(Verdict::Holds) == 0 {
            Verdict::NotRefuted
        } else {
            Verdict::Holds
        };
        let wanted = match statement.expect {
            Expectation::Holds => matches!(verdict, Verdict::Proved | Verdict::Holds | Verdict::NotRefuted),
            // A statement that is false on purpose must be found false on every instance.
            Expectation::Violated => verdict == Verdict::Violated && count(Verdict::Violated) == mine.len(),
        };
        let mut families: Vec<String> = mine.iter().map(|c| c.spec.problem.family().to_owned()).collect();
        families.sort();
        families.dedup();
        let worst = || outcomes.iter().filter_map(|o| o.worst.as_ref());
        StatementSummary {
            id: statement.id.clone(),
            hash: statement.hash.clone(),
            text: statement.text.to_string(),
            expected: statement.expect,
            verdict,
            proof,
            as_expected: wanted,
            errors: mine.len() - outcomes.len(),
            verdicts,
            evidence,
            families,
            exercised: Exercised::new(statement, &mine),
            exemplars: Exemplars::among(&mine),
            worst_ratio: worst().filter_map(|w| w.ratio).filter(|r| r.is_finite()).reduce(f64::max),
            least_slack: worst().filter_map(|w| w.slack).filter(|s| s.is_finite()).reduce(f64::min),
            why_vacuous,
            rests_on: statement.rests_on(),
            tainted_by: Vec::new(),
        }
    }

    /// Cells, those that ended in an error included.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.verdicts.values().sum::<usize>() + self.errors
    }

    /// Whether a cell violates it though its proof is valid: then lemmata is wrong somewhere.
    #[must_use]
    pub fn contradicts_its_proof(&self) -> bool {
        self.verdict == Verdict::Violated && matches!(self.proof, Some(Standing::Proved { .. }))
    }

    /// Whether it is violated though it should hold, which taints all that rests on it.
    #[must_use]
    pub fn taints(&self) -> bool {
        self.expected == Expectation::Holds && self.verdict == Verdict::Violated
    }
}

/// Marks every statement that rests on one which is violated though it should hold. What is not in
/// the report is not known to be wrong, but what it rests on in turn is looked up all the same.
pub fn spread_taint(summaries: &mut [StatementSummary]) {
    let wrong: BTreeSet<String> = summaries.iter().filter(|s| s.taints()).map(|s| s.id.clone()).collect();
    let graph: Graph = summaries.iter().map(|s| (s.id.clone(), s.rests_on.clone())).collect();
    for summary in summaries {
        summary.tainted_by = graph.tainted_by(&summary.id, &wrong);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A cell of that statement, which ended in an error or in nothing.
    pub(crate) fn cell(statement: &str, failure: Option<Failure>) -> CellReport {
        let spec = serde_json::json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "oracle": [], "start": "zero",
            "parameters": {}, "horizon": 1, "point": null, "witness": null
        });
        CellReport {
            number: 0,
            statement: statement.into(),
            spec: serde_json::from_value(spec).expect("a cell"),
            constants: BTreeMap::new(),
            setting: Setting {
                workers: 1,
                dimension: 1,
                sources: Vec::new(),
                drawn: Vec::new(),
                biased: false,
                method_draws: false,
                ruled_out: Vec::new(),
            },
            first_point: Vec::new(),
            outcome: None,
            failure,
            curves: Vec::new(),
            sweeps: Vec::new(),
        }
    }

    /// As of a check of a statement that should hold.
    pub(crate) fn summary(id: &str, verdict: Verdict, rests_on: &[&str]) -> StatementSummary {
        StatementSummary {
            id: id.into(),
            hash: String::new(),
            text: String::new(),
            expected: Expectation::Holds,
            verdict,
            proof: None,
            as_expected: verdict == Verdict::Holds,
            verdicts: BTreeMap::new(),
            errors: 0,
            evidence: BTreeMap::new(),
            families: Vec::new(),
            exercised: Exercised::default(),
            exemplars: None,
            worst_ratio: None,
            least_slack: None,
            why_vacuous: None,
            rests_on: rests_on.iter().map(|id| (*id).to_owned()).collect(),
            tainted_by: Vec::new(),
        }
    }

    /// Of a check that came to these verdicts.
    pub(crate) fn report_of(preset: Preset, statements: Vec<StatementSummary>) -> Report {
        let error_budget = ErrorBudget { delta: 1e-6, tests: 0 };
        Report {
            kind: Kind::Check,
            schema_version: SCHEMA_VERSION,
            name: "check".into(),
            provenance: Provenance::new(0.0),
            settings: CheckSettings { seed: 1, preset, effort: preset.effort(), error_budget },
            statements,
            not_reached: 0,
            cells: Vec::new(),
        }
    }

    #[test]
    fn a_violated_lemma_taints_all_that_stands_on_it_and_nothing_else() {
        let mut summaries = [
            summary("lemma", Verdict::Violated, &[]),
            summary("theorem", Verdict::Holds, &["lemma"]),
            summary("corollary", Verdict::Holds, &["theorem", "elsewhere"]),
            summary("other", Verdict::Holds, &["elsewhere"]),
        ];
        spread_taint(&mut summaries);
        let tainted: Vec<usize> = summaries.iter().map(|s| s.tainted_by.len()).collect();
        assert_eq!(tainted, [0, 1, 1, 0]);
        assert_eq!(summaries[2].tainted_by, ["lemma"]);
    }

    #[test]
    fn statements_that_rest_on_each_other_do_not_run_in_a_circle() {
        let mut summaries = [summary("a", Verdict::Violated, &["b"]), summary("b", Verdict::Holds, &["a"])];
        spread_taint(&mut summaries);
        assert_eq!(summaries[1].tainted_by, ["a"]);
    }
}
