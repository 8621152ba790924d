//! The terminal table: one row a statement.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};

use super::Report;
use crate::inference::Verdict;
use crate::statement::Expectation;

/// The table and the line below it.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["statement", "verdict", "cells", "families", "evidence", "worst lhs/rhs", "least slack"]);
    for summary in &report.statements {
        let verdict = match (summary.expected, summary.as_expected) {
            (Expectation::Violated, true) => "violated, as expected".to_owned(),
            (Expectation::Violated, false) => format!("{}, EXPECTED violated", summary.verdict),
            (Expectation::Holds, true) => summary.verdict.to_string(),
            (Expectation::Holds, false) => summary.verdict.to_string().to_uppercase(),
        };
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
        let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.6}"));
        table.add_row([
            summary.id.clone(),
            verdict,
            cells,
            summary.families.len().to_string(),
            evidence.join(", "),
            number(summary.worst_ratio),
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
        "{table}\n{} statements, {} cells in {:.1} s; family-wise error at most {:e} over {} statistical tests; seed {}",
        report.statements.len(),
        report.cells.len(),
        report.provenance.wall_seconds,
        ledger.delta,
        ledger.tests,
        report.settings.seed,
    )
}
