//! `lemmata replay`: one cell of a report again.

use std::path::Path;

use super::output::print;
use super::{ExitCode, Failure};
use crate::inference::Verdict;
use crate::report::{self, CellReport, Provenance, Report};
use crate::statement::{Statement, load_text};
use crate::verify::{self, Cell, CheckFailure, Judging, Outcome, trace};

pub(super) fn run(path: &Path, number: usize, precision: Option<u32>) -> Result<ExitCode, Failure> {
    let report = report::read(path).map_err(Failure::bad_input)?;
    let cell = cell(&report, number, path)?;
    let statement = statement(&report, cell, path)?;
    let mut effort = report.settings.effort.clone();
    effort.precision = precision.or(effort.precision);
    let judging = Judging { effort: &effort, ledger: report.settings.ledger, seed: report.settings.seed };
    let replayed = Cell { statement: &statement, spec: cell.spec.clone() };
    let trace = trace::text(&replayed, judging).map_err(|failure| no_verdict(number, path, &failure))?;
    print(&format!("cell {number}: {}; {}\n{trace}", statement.id, cell.label))?;
    let found = verify::check_cell(&replayed, judging);
    if let Ok(outcome) = &found {
        print(&serde_json::to_string_pretty(outcome).map_err(Failure::internal)?)?;
    }
    if precision.is_none() && !agrees(cell, &found) {
        let found = found.map_or_else(|failure| format!("the cell has no verdict: {failure}\n"), |_| String::new());
        print(&format!("{found}this differs from the report: {}", cause(&report.provenance)))?;
        return Ok(ExitCode::Internal);
    }
    let outcome = found.map_err(|failure| no_verdict(number, path, &failure))?;
    Ok(match outcome.verdict {
        Verdict::Holds | Verdict::NotRefuted => ExitCode::Success,
        Verdict::Violated => ExitCode::Violated,
        Verdict::Inconclusive | Verdict::Vacuous => ExitCode::Open,
    })
}

fn cell<'r>(report: &'r Report, number: usize, path: &Path) -> Result<&'r CellReport, Failure> {
    report.cells.get(number).ok_or_else(|| {
        let there = match report.cells.len() {
            0 => "the report has no cells".to_owned(),
            1 => format!("the report has cell 0 alone, not {number}"),
            count => format!("the report has cells 0 to {}, not {number}", count - 1),
        };
        Failure::bad_input(format!("{}: {there}", path.display()))
    })
}

/// The statement from the text that the report keeps.
fn statement(report: &Report, cell: &CellReport, path: &Path) -> Result<Statement, Failure> {
    let Some(summary) = report.statements.iter().find(|s| s.id == cell.statement) else {
        return Err(Failure::bad_input(format!(
            "{}: the report lacks the text of `{}`, so its cells cannot be replayed; make it anew with `lemmata check`",
            path.display(),
            cell.statement,
        )));
    };
    let statement = load_text(&format!("{} in {}", cell.statement, path.display()), &summary.text)?;
    if statement.hash != cell.statement_hash {
        return Err(Failure::bad_input(format!(
            "{}: the text of `{}` does not have the hash that its cells name; was the report edited, or has the statement changed that it instantiates?",
            path.display(),
            statement.id,
        )));
    }
    Ok(statement)
}

fn agrees(cell: &CellReport, found: &Result<Outcome, CheckFailure>) -> bool {
    match found {
        Ok(outcome) => cell.outcome.as_ref() == Some(outcome),
        Err(failure) => cell.failure.as_ref().is_some_and(|reported| reported.message == failure.to_string()),
    }
}

/// Why a replay may differ from its report.
fn cause(reported: &Provenance) -> String {
    let own = Provenance::new(reported.wall_seconds);
    if *reported == own {
        return "it was edited, or lemmata has a defect, since this very version made it".to_owned();
    }
    let named = |p: &Provenance| format!("{} ({}, {}, {})", p.version, p.commit, p.toolchain, p.platform);
    format!("lemmata {} made it and this is {}, or it was edited", named(reported), named(&own))
}

fn no_verdict(number: usize, path: &Path, failure: &CheckFailure) -> Failure {
    let code = if failure.is_internal() { ExitCode::Internal } else { ExitCode::BadInput };
    Failure::new(format!("cell {number} of {} has no verdict: {failure}", path.display()), code)
}
