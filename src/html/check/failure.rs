//! What a violated statement looks like where it fails.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::html::counted;
use crate::inference::Verdict;
use crate::report::{CellReport, StatementSummary, wording};
use crate::verify::{Counterexample, Part};

/// The simplest counterexample and the others.
#[derive(Debug, Serialize)]
pub(super) struct Failing {
    pub command: String,
    /// Rows that can be followed with a pencil.
    rows: Vec<(String, String)>,
    /// The terms of both sides, where they are told.
    sides: Vec<Side>,
    /// Where else it fails.
    elsewhere: String,
    evidence: String,
}

/// A side with its terms.
#[derive(Debug, Serialize)]
struct Side {
    name: &'static str,
    /// The value where the relation is told.
    value: Option<String>,
    parts: Vec<(String, String)>,
}

/// Of a statement that some cell violates.
pub(super) fn failing(summary: &StatementSummary, cells: &[&CellReport], file: &str) -> Option<Failing> {
    let is_violated =
        |cell: &CellReport| cell.outcome.as_ref().is_some_and(|outcome| outcome.verdict == Verdict::Violated);
    let violated: Vec<&&CellReport> = cells.iter().filter(|cell| is_violated(cell)).collect();
    let simplest = violated.iter().min_by_key(|cell| cell.simplicity())?;
    let outcome = simplest.outcome.as_ref()?;
    let families: BTreeSet<&str> = violated.iter().map(|cell| cell.spec.problem.family()).collect();
    let all: BTreeSet<&str> = cells.iter().map(|cell| cell.spec.problem.family()).collect();
    let elsewhere = format!(
        "{} of {}, on {} of {}: {}.",
        violated.len(),
        counted(cells.len(), "cell", "cells"),
        families.len(),
        counted(all.len(), "family", "families"),
        families.iter().copied().collect::<Vec<_>>().join(", ")
    );
    Some(Failing {
        command: format!("lemmata replay {file} --cell {}", simplest.number),
        rows: rows(simplest),
        sides: sides(simplest),
        elsewhere,
        evidence: format!(
            "Evidence: {}{}.",
            outcome.evidence.name(),
            if summary.expected == crate::statement::Expectation::Violated { "; it is false on purpose" } else { "" }
        ),
    })
}

/// Problem, estimate, start, parameters, the run and its draws.
fn rows(cell: &CellReport) -> Vec<(String, String)> {
    let spec = &cell.spec;
    let mut rows = vec![("problem".to_owned(), spec.problem.to_string())];
    let sources: Vec<String> = spec.oracle.iter().map(ToString::to_string).collect();
    rows.push(("estimate".to_owned(), if sources.is_empty() { "exact".to_owned() } else { sources.join(" + ") }));
    let parameters: Vec<String> = spec.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if !parameters.is_empty() {
        rows.push(("parameters".to_owned(), parameters.join(", ")));
    }
    rows.push(("steps".to_owned(), format!("K = {}, {} start", spec.horizon, spec.start.0)));
    let found = cell.outcome.as_ref().and_then(|outcome| outcome.counterexample.as_ref());
    if let Some(Counterexample { start, rows: run, draws, draw_count, .. }) = found {
        rows.push(("x_0".to_owned(), listed(start)));
        rows.extend(run.iter().map(|row| (format!("k = {}", row.k), wording::vectors(&row.vectors))));
        if *draw_count > 0 {
            rows.push(("draws".to_owned(), format!("{draw_count}, equally likely")));
            rows.extend(draws.iter().map(|draw| (String::new(), wording::vectors(&draw.vectors))));
        }
    } else if !cell.first_point.is_empty() {
        rows.push(("x_0".to_owned(), listed(&cell.first_point)));
    }
    if let Some(worst) = cell.outcome.as_ref().and_then(|outcome| outcome.worst.as_ref()) {
        rows.push(("compared".to_owned(), wording::place(worst.claim, worst.k, worst.horizon)));
    }
    if let Some(text) = cell.outcome.as_ref().and_then(wording::sides_of) {
        rows.push(("sides".to_owned(), text));
    }
    rows
}

fn listed(point: &[f64]) -> String {
    let coordinates: Vec<String> = point.iter().map(ToString::to_string).collect();
    if coordinates.len() == 1 { coordinates[0].clone() } else { format!("[{}]", coordinates.join(", ")) }
}

fn sides(cell: &CellReport) -> Vec<Side> {
    let Some(outcome) = &cell.outcome else { return Vec::new() };
    let Some(found) = &outcome.counterexample else { return Vec::new() };
    let relation = outcome.worst.as_ref().and_then(|worst| worst.relation.as_ref());
    let parts = |parts: &[Part]| parts.iter().map(|part| (part.text.clone(), part.value.clone())).collect();
    vec![
        Side { name: "left side", value: relation.map(|found| found.lhs.clone()), parts: parts(&found.lhs) },
        Side { name: "right side", value: relation.map(|found| found.rhs.clone()), parts: parts(&found.rhs) },
    ]
}
