//! The cells of a statement that stand for all of them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CellReport;
use crate::inference::Verdict;

/// Cells by their numbers; some may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exemplars {
    /// Violated if any is, and the one with the largest lhs/rhs, or else the least slack.
    pub worst: usize,
    /// Of the violated ones, or else of all, the one with fewest dimensions, then steps, then error sources.
    pub simplest: usize,
    /// In the middle between the worst and the best.
    pub median: usize,
    /// The middle one of those with the most steps.
    pub longest: usize,
}

impl Exemplars {
    /// Among cells that came to an outcome; none where there is no such cell.
    #[must_use]
    pub fn among(cells: &[&CellReport]) -> Option<Self> {
        let mut decided: Vec<&CellReport> = cells.iter().copied().filter(|cell| cell.outcome.is_some()).collect();
        decided.sort_by(|a, b| rank(b).0.cmp(&rank(a).0).then(rank(b).1.total_cmp(&rank(a).1)));
        let worst = decided.first()?;
        let is_violated = rank(worst).0;
        let simplest =
            decided.iter().filter(|cell| rank(cell).0 == is_violated).min_by_key(|cell| cell.simplicity())?;
        let most = decided.iter().map(|cell| cell.spec.horizon).max()?;
        let longest: Vec<&&CellReport> = decided.iter().filter(|cell| cell.spec.horizon == most).collect();
        Some(Exemplars {
            worst: worst.number,
            simplest: simplest.number,
            median: decided[decided.len() / 2].number,
            longest: longest[longest.len() / 2].number,
        })
    }

    /// The numbers, each once.
    #[must_use]
    pub fn numbers(&self) -> BTreeSet<usize> {
        BTreeSet::from([self.worst, self.simplest, self.median, self.longest])
    }
}

/// Whether a cell is violated, and how near its sides come.
fn rank(cell: &CellReport) -> (bool, f64) {
    let Some(outcome) = &cell.outcome else { return (false, f64::NEG_INFINITY) };
    let near = |worst: &crate::verify::Worst| worst.ratio.or_else(|| worst.slack.map(|slack| -slack));
    let nearness = outcome.worst.as_ref().and_then(near).unwrap_or(f64::NEG_INFINITY);
    (outcome.verdict == Verdict::Violated, nearness)
}

impl CellReport {
    /// d, the steps up to the worst comparison, K and the number of sources: what makes a cell hard to follow.
    #[must_use]
    pub fn simplicity(&self) -> (usize, usize, usize, usize) {
        let worst = self.outcome.as_ref().and_then(|outcome| outcome.worst.as_ref());
        let steps = worst.and_then(|worst| usize::try_from(worst.k).ok()).unwrap_or(self.spec.horizon);
        (self.setting.dimension, steps, self.spec.horizon, self.spec.oracle.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::cell;

    fn decided(number: usize, verdict: &str, ratio: f64, horizon: usize) -> CellReport {
        let mut cell = cell("lemma", None);
        cell.number = number;
        cell.spec.horizon = horizon;
        let worst = serde_json::json!({ "claim": 1, "k": 0, "horizon": 1, "lhs": [ratio, ratio], "rhs": [1.0, 1.0], "ratio": ratio });
        let outcome = serde_json::json!({
            "verdict": verdict, "evidence": { "kind": "rational" }, "comparisons": 1, "worst": worst
        });
        cell.outcome = Some(serde_json::from_value(outcome).expect("an outcome"));
        cell
    }

    #[test]
    fn the_worst_is_violated_if_any_is_and_the_simplest_is_one_of_those() {
        let cells = [
            decided(0, "holds", 0.5, 1),
            decided(1, "violated", 1.5, 9),
            decided(2, "violated", 1.25, 2),
            decided(3, "holds", 1.0, 20),
            cell("lemma", None),
        ];
        let found = Exemplars::among(&cells.iter().collect::<Vec<_>>());
        assert_eq!(found, Some(Exemplars { worst: 1, simplest: 2, median: 3, longest: 3 }));
    }

    #[test]
    fn cells_without_an_outcome_stand_for_nothing() {
        assert_eq!(Exemplars::among(&[&cell("lemma", None)]), None);
    }
}
