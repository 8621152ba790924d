//! Tunings as a table for the terminal.

use std::collections::BTreeMap;

use comfy_table::ContentArrangement;

use super::{Summary, Tuning};
use crate::report::{fitted, headed};

/// The rows on which the recommended choice loses most, `shown` of them at most, and a line over all rows of
/// each statement below. Rows of one statement stand together.
#[must_use]
pub fn render(rows: &[Tuning], shown: usize) -> String {
    let mut worst: Vec<&Tuning> = rows.iter().collect();
    worst.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    worst.truncate(shown);
    let header = [
        "statement",
        "instance",
        "method",
        "K",
        "B",
        "C",
        "recommended",
        "its bound",
        "best",
        "its bound",
        "ratio",
        "remark",
    ];
    let mut table = headed(&header, ContentArrangement::Disabled);
    for row in worst {
        let proved = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), number);
        table.add_row([
            row.statement.clone(),
            row.setting.clone(),
            assigned(&row.method),
            row.horizon.to_string(),
            proved(row.relative_error),
            proved(row.absolute_error),
            assigned(&row.recommended),
            number(row.recommended_bound),
            assigned(&row.best),
            number(row.best_bound),
            quotient(row.ratio),
            remark(row).to_owned(),
        ]);
    }
    let mut text = fitted(&table, &[]);
    for rows in rows.chunk_by(|a, b| a.statement == b.statement) {
        let Some(summary) = Summary::of(rows) else { continue };
        text += &format!(
            "\n{}: recommended {}; its bound is up to {} times the best one found, {} times in the median, over \
             the {} of {} rows that leave a choice; the best is at an edge in {} of these",
            summary.statement,
            summary.recommended_as,
            quotient(summary.worst),
            quotient(summary.median),
            summary.free,
            summary.rows,
            summary.at_edge
        );
    }
    text
}

fn remark(row: &Tuning) -> &'static str {
    match (row.free, row.at_edge) {
        (false, _) => "no choice",
        (true, true) => "edge",
        (true, false) => "",
    }
}

fn assigned(values: &BTreeMap<String, f64>) -> String {
    let parts: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {}", number(*value))).collect();
    parts.join(", ")
}

/// Four significant digits.
fn number(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e5).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    // Between −3 and 4, so between 0 and 6 decimals.
    let decimals = (3.0 - x.abs().log10().floor()).max(0.0) as usize;
    format!("{x:.decimals$}")
}

/// Four decimals, of a large quotient those of its mantissa.
fn quotient(x: f64) -> String {
    if x < 1e5 { format!("{x:.4}") } else { format!("{x:.4e}") }
}
