//! The terminal table: one row a statement.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::{CellReport, Report, StatementSummary};
use crate::inference::Verdict;
use crate::statement::Expectation;

/// A rule below the header, nothing else.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// An empty table with that header, as all of the program's tables look.
#[must_use]
pub fn headed(header: &[&str], arrangement: ContentArrangement) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(arrangement).set_header(header);
    table
}

/// The table and the line below it.
#[must_use]
pub fn render(report: &Report) -> String {
    let header = ["statement", "verdict", "cells", "families", "evidence", "worst lhs/rhs", "least slack"];
    let mut table = headed(&header, ContentArrangement::Dynamic);
    for summary in &report.statements {
        let not_refuted = summary.verdicts.get(&Verdict::NotRefuted).copied().unwrap_or(0);
        let total: usize = summary.verdicts.values().sum::<usize>() + summary.errors;
        let mut cells = total.to_string();
        if not_refuted > 0 {
            cells += &format!(" ({not_refuted} not refuted)");
        }
        if summary.errors > 0 {
            cells += &format!(" ({} errors)", summary.errors);
        }
        let evidence: Vec<String> = summary.evidence.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        table.add_row([
            summary.id.clone(),
            render_verdict(summary),
            cells,
            summary.families.len().to_string(),
            evidence.join(", "),
            ratio(summary.worst_ratio),
            summary.least_slack.map_or_else(|| "–".to_owned(), |x| format!("{x:.2e}")),
        ]);
    }
    for column in [2, 3, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let ledger = report.settings.ledger;
    format!(
        "{table}\n{}{} statements, {} cells in {:.1} s; family-wise error at most {:e} over {} statistical tests; seed {}",
        remarks(report),
        report.statements.len(),
        report.cells.len(),
        report.provenance.wall_seconds,
        ledger.delta,
        ledger.tests,
        report.settings.seed,
    )
}

/// The verdict on a statement, in capitals where it is not what was expected.
#[must_use]
pub fn render_verdict(summary: &StatementSummary) -> String {
    match (summary.expected, summary.as_expected) {
        (Expectation::Violated, true) => "violated, as expected".to_owned(),
        (Expectation::Violated, false) => format!("{}, EXPECTED violated", summary.verdict),
        (Expectation::Holds, true) => summary.verdict.to_string(),
        (Expectation::Holds, false) => summary.verdict.to_string().to_uppercase(),
    }
}

/// One row a cell: its instance, and its worst comparison.
#[must_use]
pub fn render_cells(report: &Report) -> String {
    let header = ["cell", "statement", "instance", "verdict", "evidence", "lhs", "rhs", "lhs/rhs"];
    let mut table = headed(&header, ContentArrangement::Disabled);
    for (number, cell) in report.cells.iter().enumerate() {
        let outcome = cell.outcome.as_ref();
        let worst = outcome.and_then(|o| o.worst.as_ref());
        let shown = |side: Option<[f64; 2]>| side.map_or_else(|| "–".to_owned(), |[_, upper]| limit(upper, Some(6)));
        table.add_row([
            number.to_string(),
            cell.statement.clone(),
            cell.label.clone(),
            outcome.map_or_else(|| "error".to_owned(), |o| o.verdict.to_string()),
            outcome.map_or_else(|| "–".to_owned(), |o| o.evidence.name().to_owned()),
            shown(worst.map(|w| w.lhs)),
            shown(worst.map(|w| w.rhs)),
            ratio(worst.and_then(|w| w.ratio)),
        ]);
    }
    table.to_string()
}

/// A quotient of the two sides, in as few digits as its size allows.
fn ratio(x: Option<f64>) -> String {
    match x {
        None => "–".to_owned(),
        Some(x) if x.abs() < 1e9 => format!("{x:.6}"),
        Some(x) => format!("{x:.6e}"),
    }
}

/// A limit with that many decimals, or all that it has; the largest numbers of binary64 stand for all beyond.
fn limit(x: f64, decimals: Option<usize>) -> String {
    if x.abs() == f64::MAX {
        return format!("(beyond {x:.1e})");
    }
    decimals.map_or_else(|| format!("{x:e}"), |decimals| format!("{x:.decimals$e}"))
}

/// Most cells of one statement that are named below the table.
const NAMED_CELLS: usize = 5;

/// What a reader must look at: violations, errors, and statements that nothing could be said of.
fn remarks(report: &Report) -> String {
    let mut text = String::new();
    for summary in &report.statements {
        if summary.verdict == Verdict::Vacuous {
            let reason = summary.why_vacuous.as_deref().unwrap_or("the suite has no cell for it");
            let nothing = if summary.verdicts.is_empty() && summary.errors == 0 {
                "nothing could be checked, most often because: "
            } else {
                ""
            };
            text += &format!("{} is vacuous: {nothing}{reason}\n", summary.id);
        }
        if !summary.tainted_by.is_empty() {
            text += &format!("{} rests on what is violated: {}\n", summary.id, summary.tainted_by.join(", "));
        }
        let mut hidden = 0;
        let mine = report.cells.iter().enumerate().filter(|(_, cell)| cell.statement == summary.id);
        let remarks = mine.filter_map(|(number, cell)| Some((number, cell, remark(cell, summary.as_expected)?)));
        for (position, (number, cell, remark)) in remarks.enumerate() {
            if position < NAMED_CELLS {
                text += &format!("{} cell {number} ({}): {remark}\n", summary.id, cell.label);
            } else {
                hidden += 1;
            }
        }
        if hidden > 0 {
            text += &format!("{}: {hidden} more such cells are in the report\n", summary.id);
        }
    }
    text
}

fn remark(cell: &CellReport, as_expected: bool) -> Option<String> {
    if let Some(failure) = &cell.failure {
        return Some(format!("error: {}", failure.message));
    }
    let outcome = cell.outcome.as_ref()?;
    match outcome.verdict {
        Verdict::Violated if !as_expected => Some(outcome.worst.as_ref().map_or_else(
            || "violated".to_owned(),
            |w| {
                let place = format!("in claim {} at k = {}", w.claim + 1, w.k);
                if let Some(sampling) = &outcome.sampling {
                    // What refutes is the test, not these limits.
                    let (mean, rhs) = (limit(sampling.mean, None), limit(w.rhs[1], None));
                    return format!(
                        "violated, mean lhs {mean} of {} replicates, rhs {rhs} {place}",
                        sampling.replicates
                    );
                }
                let (lhs, rhs, relation) =
                    if w.lhs[1] < w.rhs[0] { (w.lhs[1], w.rhs[0], "<") } else { (w.lhs[0], w.rhs[1], ">") };
                let (lhs, rhs) = (limit(lhs, None), limit(rhs, None));
                format!("violated, lhs {lhs} {relation} rhs {rhs} {place}")
            },
        )),
        Verdict::Inconclusive => Some("inconclusive within the budget".to_owned()),
        _ => None,
    }
}
