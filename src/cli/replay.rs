//! `lemmata replay`: one cell of a report again.

use std::path::Path;

use super::{ExitCode, Failure};
use crate::inference::Verdict;
use crate::report;
use crate::statement::load_text;
use crate::verify::{self, Cell, Judging, trace};

pub(super) fn run(path: &Path, number: usize, precision: Option<u32>) -> Result<ExitCode, Failure> {
    let report = report::read(path).map_err(Failure::bad_input)?;
    let cell = report.cells.get(number).ok_or_else(|| {
        Failure::bad_input(format!("the report has cells 0 to {}, not {number}", report.cells.len().saturating_sub(1)))
    })?;
    let text = report.statements.iter().find(|s| s.id == cell.statement).map_or("", |s| &s.text);
    let statement = load_text(&format!("{} in {}", cell.statement, path.display()), text)?;
    if statement.hash != cell.statement_hash {
        return Err(Failure::bad_input(format!(
            "{}: the text of `{}` does not have the hash that its cells name; was the report edited?",
            path.display(),
            statement.id,
        )));
    }
    let mut effort = report.settings.effort.clone();
    effort.precision = precision.or(effort.precision);
    let judging = Judging { effort: &effort, ledger: report.settings.ledger, seed: report.settings.seed };
    let replayed = Cell { statement: &statement, spec: cell.spec.clone() };
    println!("cell {number}: {}; {}", statement.id, cell.label);
    trace::print(&replayed, judging)
        .map_err(|err| Failure { report: miette::miette!("{err}"), code: ExitCode::Internal })?;
    let outcome = verify::check_cell(&replayed, judging)
        .map_err(|err| Failure { report: miette::miette!("{err}"), code: ExitCode::Internal })?;
    let json = serde_json::to_string_pretty(&outcome)
        .map_err(|err| Failure { report: miette::miette!("{err}"), code: ExitCode::Internal })?;
    println!("{json}");
    if precision.is_none() && cell.outcome.as_ref() != Some(&outcome) {
        println!("this differs from the report: another version of lemmata made it");
        return Ok(ExitCode::Internal);
    }
    Ok(match outcome.verdict {
        Verdict::Holds | Verdict::NotRefuted => ExitCode::Success,
        Verdict::Violated => ExitCode::Violated,
        Verdict::Inconclusive | Verdict::Vacuous => ExitCode::Open,
    })
}
