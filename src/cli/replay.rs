//! `lemmata replay`: one cell of a report again.

use std::path::Path;

use super::{ExitCode, Failure, load};
use crate::inference::Verdict;
use crate::report;
use crate::verify::{self, Cell, Judging, trace};

pub(super) fn run(path: &Path, number: usize, precision: Option<u32>) -> Result<ExitCode, Failure> {
    let report = report::read(path).map_err(Failure::bad_input)?;
    let cell = report.cells.get(number).ok_or_else(|| {
        Failure::bad_input(format!("the report has cells 0 to {}, not {number}", report.cells.len().saturating_sub(1)))
    })?;
    let statement = load(&cell.statement)?;
    if statement.hash != cell.statement_hash {
        return Err(Failure::bad_input(format!(
            "the statement `{}` has changed since the report (hash {} then, {} now); check it anew",
            statement.id,
            &cell.statement_hash[..12.min(cell.statement_hash.len())],
            &statement.hash[..12]
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
