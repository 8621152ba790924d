//! The terminal table: one row a statement.

use comfy_table::ContentArrangement;

use super::layout::{JOINT, fitted, headed, width, wrapped};
use super::{CellReport, Report, StatementSummary, by_hand, wording};
use crate::inference::Verdict;
use crate::prove::Standing;
use crate::statement::Expectation;
use crate::verify::{Remainder, Unsettled};

/// Columns of the table that may be left out where there is no room: families, slack, ratio.
const DROPPABLE: [usize; 3] = [3, 6, 5];

/// The table and the lines below it.
#[must_use]
pub fn render(report: &Report) -> String {
    let header = ["statement", "verdict", "cells", "families", "evidence", "worst lhs/rhs", "least slack"];
    let mut table = headed(&header, ContentArrangement::Disabled);
    for summary in &report.statements {
        table.add_row([
            summary.id.clone(),
            render_verdict(summary),
            summary.cells().to_string(),
            summary.families.len().to_string(),
            evidence(summary),
            ratio(summary.worst_ratio),
            summary.least_slack.map_or_else(|| "–".to_owned(), |x| format!("{x:.2e}")),
        ]);
    }
    let error_budget = report.settings.error_budget;
    let closing = format!(
        "{} statement{}, {} cells in {:.1} s; {}; seed {}",
        report.statements.len(),
        if report.statements.len() == 1 { "" } else { "s" },
        report.cells.len(),
        report.provenance.wall_seconds,
        match error_budget.tests {
            0 => "no statistical test was needed".to_owned(),
            tests => format!("family-wise error at most {:e} over {tests} statistical tests", error_budget.delta),
        },
        report.settings.seed,
    );
    let mut lines = vec![fitted(&table, &DROPPABLE)];
    if report.not_reached > 0 {
        let text = format!("the check was ended early: {} planned cells were not reached", report.not_reached);
        lines.push(wrapped(&text, width(), "  "));
    }
    lines.extend(remarks(report).iter().map(|line| indented(line)));
    lines.push(wrapped(&closing, width(), "  "));
    lines.join("\n")
}

/// The line within the terminal's width; what has several lines fits already.
fn indented(line: &str) -> String {
    if line.contains('\n') { line.to_owned() } else { wrapped(line, width(), "  ") }
}

/// What decided how many cells, and how many nothing did.
fn evidence(summary: &StatementSummary) -> String {
    let certificate = match &summary.proof {
        Some(Standing::Proved { .. }) if summary.verdict == Verdict::Proved => Some("certificate".to_owned()),
        Some(Standing::Given { lemmas, .. }) => Some(format!("certificate given {}", lemmas.join(" and "))),
        _ => None,
    };
    let of_cells = summary.evidence.iter().map(|(kind, count)| format!("{kind}{JOINT}{count}"));
    let mut parts: Vec<String> = certificate.into_iter().chain(of_cells).collect();
    let not_refuted = summary.verdicts.get(&Verdict::NotRefuted).copied().unwrap_or(0);
    if not_refuted > 0 {
        parts.push(format!("({not_refuted} not refuted)"));
    }
    if summary.errors > 0 {
        parts.push(format!("({}{JOINT}errors)", summary.errors));
    }
    parts.join(", ").replace(", (", " (")
}

/// The verdict on a statement, in capitals where it is not what was expected.
#[must_use]
pub fn render_verdict(summary: &StatementSummary) -> String {
    match (summary.expected, summary.as_expected) {
        (Expectation::Violated, true) => "violated, as expected".to_owned(),
        (Expectation::Violated, false) if summary.verdict == Verdict::Violated => "violated, NOT EVERYWHERE".to_owned(),
        (Expectation::Violated, false) => format!("{}, EXPECTED violated", summary.verdict),
        (Expectation::Holds, true) => summary.verdict.to_string(),
        (Expectation::Holds, false) => summary.verdict.to_string().to_uppercase(),
    }
}

/// Each cell in two lines: what it came to, and its instance.
#[must_use]
pub fn render_cells(report: &Report) -> String {
    let mut lines = Vec::new();
    for (number, cell) in report.cells.iter().enumerate() {
        let outcome = cell.outcome.as_ref();
        let decided = outcome.map_or_else(
            || "error".to_owned(),
            |outcome| format!("{} by {}", outcome.verdict, outcome.evidence.name()),
        );
        let ratio = outcome.and_then(|o| o.worst.as_ref()?.ratio).map(|x| format!(", lhs/rhs {}", ratio(Some(x))));
        let worst = outcome.and_then(wording::worst).map(|worst| format!(": {worst}"));
        let told = [Some(format!("{number}  {} {decided}", cell.statement)), worst, ratio];
        lines.push(wrapped(&told.into_iter().flatten().collect::<String>(), width(), "    "));
        lines.push(wrapped(&format!("    {}", cell.spec), width(), "    "));
    }
    lines.join("\n")
}

/// A quotient of the two sides, in as few digits as its size allows.
fn ratio(x: Option<f64>) -> String {
    match x {
        None => "–".to_owned(),
        Some(x) if x.abs() < 1e9 => format!("{x:.6}"),
        Some(x) => format!("{x:.6e}"),
    }
}

/// Most cells of one statement that are named below the table.
const NAMED_CELLS: usize = 5;

/// Most statements of which everything that was exercised is shown.
const SHOWN_WHOLE: usize = 3;

/// What a reader must look at: violations, errors, what was left, and statements that little could be said of.
fn remarks(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for summary in &report.statements {
        let id = &summary.id;
        if summary.verdict == Verdict::Vacuous {
            let reason = summary.why_vacuous.as_deref().unwrap_or("the suite has no cell for it");
            let nothing = if summary.cells() == 0 { "nothing could be checked, most often because: " } else { "" };
            lines.push(format!("{id} is vacuous: {nothing}{reason}"));
        }
        if summary.contradicts_its_proof() {
            lines.push(format!("{id} is violated although its proof is valid: one of the two is a defect of lemmata"));
        }
        if let Some(Standing::Rejected { why }) = &summary.proof {
            lines.push(format!("{id} has a proof that shows nothing: {why}"));
        }
        if !summary.tainted_by.is_empty() {
            lines.push(format!("{id} rests on what is violated: {}", summary.tainted_by.join(", ")));
        }
        let mine: Vec<(usize, &CellReport)> =
            report.cells.iter().enumerate().filter(|(_, cell)| cell.statement == *id).collect();
        lines.extend(named_cells(id, &mine, summary.as_expected));
        lines.extend(left(id, &mine));
        lines.extend(summary.exercised.missing.iter().map(|missing| format!("{id}: {missing}")));
        if report.statements.len() <= SHOWN_WHOLE && !mine.is_empty() {
            lines.push(format!("{id} was exercised with {}", summary.exercised.text(summary.cells())));
        }
    }
    lines
}

/// The cells that a reader must look at, the worst kind first and of each kind the simplest; the first one that is
/// violated also to be followed by hand.
fn named_cells(id: &str, cells: &[(usize, &CellReport)], as_expected: bool) -> Vec<String> {
    let mut named: Vec<(usize, &CellReport, String)> =
        cells.iter().filter_map(|(number, cell)| Some((*number, *cell, remark(cell, as_expected)?))).collect();
    named.sort_by_key(|(number, cell, _)| (kind_of(cell), cell.simplicity(), *number));
    let mut lines = Vec::new();
    for (position, (number, cell, remark)) in named.iter().take(NAMED_CELLS).enumerate() {
        lines.push(format!("{id} cell {number} ({}): {remark}", cell.spec));
        if position == 0 {
            lines.extend(cell.outcome.as_ref().and_then(by_hand));
        }
    }
    if named.len() > NAMED_CELLS {
        lines.push(format!("{id}: {} more such cells are in the report", named.len() - NAMED_CELLS));
    }
    lines
}

/// Violations first, then errors, then what is open.
fn kind_of(cell: &CellReport) -> u8 {
    match cell.outcome.as_ref().map(|outcome| outcome.verdict) {
        Some(Verdict::Violated) => 0,
        None => 1,
        Some(_) => 2,
    }
}

fn remark(cell: &CellReport, as_expected: bool) -> Option<String> {
    if let Some(failure) = &cell.failure {
        return Some(format!("error: {}", failure.message));
    }
    let outcome = cell.outcome.as_ref()?;
    match outcome.verdict {
        Verdict::Violated if !as_expected => {
            Some(wording::worst(outcome).map_or_else(|| "violated".to_owned(), |worst| format!("violated, {worst}")))
        }
        Verdict::Inconclusive => Some(outcome.remainder.open.as_ref().map_or_else(
            || "inconclusive within the budget".to_owned(),
            |open| format!("inconclusive: {}", wording::unsettled(open, "left open")),
        )),
        _ => None,
    }
}

/// A kind of what a cell may leave.
type Kind = (&'static str, fn(&Remainder) -> Option<&Unsettled>);

/// What the cells of a statement left without a comparison that decides, in one line, with the first place.
fn left(id: &str, cells: &[(usize, &CellReport)]) -> Option<String> {
    const KINDS: [Kind; 3] =
        [("open", |r| r.open.as_ref()), ("cut", |r| r.cut.as_ref()), ("skipped", |r| r.skipped.as_ref())];
    let parts = KINDS.iter().filter_map(|(name, kind)| {
        let with = cells.iter().filter_map(|(number, cell)| Some((number, kind(&cell.outcome.as_ref()?.remainder)?)));
        let total: u64 = with.clone().map(|(_, left)| left.count).sum();
        let (number, first) = with.clone().next()?;
        let place = wording::place(first.claim, first.k, first.horizon);
        let cells = with.count();
        Some(format!("{total} {name} in {cells} cells (first in cell {number}, {place}: {})", first.cause))
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| format!("{id}, comparisons left: {}", parts.join("; ")))
}
