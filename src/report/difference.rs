//! How one check compares with an earlier one, statement by statement.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baseline::{Baseline, Line};
use crate::inference::{Evidence, Verdict};
use crate::statement::Expectation;

/// Of two ratios of the same instances, the relative difference that rounding may make.
const ROUNDING: f64 = 1e-6;

/// How two checks compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What changed, statement by statement in the order of the later check.
    pub changes: Vec<Change>,
    /// Statements of which nothing changed.
    pub unchanged: usize,
    /// Why cells and ratios are not compared, where they are not.
    pub not_compared: Option<String>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Statement.
    pub statement: String,
    /// What of it.
    pub what: What,
    /// What it was.
    pub was: String,
    /// What it is.
    pub is: String,
    /// Whether that is worse.
    pub direction: Direction,
}

/// What of a statement changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Whether it is checked at all.
    Presence,
    /// Its text.
    Text,
    /// What is expected of it.
    Expectation,
    /// Its verdict.
    Verdict,
    /// Its stored proof.
    Proof,
    /// Cells that ended in an error.
    Errors,
    /// Its cells.
    Cells,
    /// Cells that are decided without statistics.
    Evidence,
    /// The largest lhs/rhs.
    Ratio,
}

/// Whether a change is one for the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// For the worse.
    Worse,
    /// Neither.
    Other,
    /// For the better.
    Better,
}

impl Difference {
    /// Of a later check from an earlier one.
    #[must_use]
    pub fn between(old: &Baseline, new: &Baseline) -> Self {
        let not_compared = not_compared(old, new);
        let earlier: BTreeMap<&str, &Line> = old.statements.iter().map(|line| (line.id.as_str(), line)).collect();
        let (mut changes, mut unchanged) = (Vec::new(), 0);
        for line in &new.statements {
            let found = match earlier.get(line.id.as_str()) {
                None => vec![appeared(line)],
                Some(before) => changed(before, line, not_compared.is_none()),
            };
            unchanged += usize::from(found.is_empty());
            changes.extend(found);
        }
        let is_gone = |line: &&Line| new.statements.iter().all(|own| own.id != line.id);
        changes.extend(old.statements.iter().filter(is_gone).map(|line| Change {
            statement: line.id.clone(),
            what: What::Presence,
            was: line.verdict.to_string(),
            is: "not checked".to_owned(),
            direction: Direction::Worse,
        }));
        Difference { changes, unchanged, not_compared }
    }

    /// How many changes go in a direction.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        self.changes.iter().filter(|change| change.direction == direction).count()
    }

    /// For a person: what is worse first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (direction, word) in
            [(Direction::Worse, "worse"), (Direction::Better, "better"), (Direction::Other, "changed")]
        {
            let all = self.changes.iter().filter(|change| change.direction == direction);
            lines.extend(all.map(|change| format!("{word:<7}  {}", change.text())));
        }
        lines.extend(self.not_compared.iter().map(|why| format!("cells and ratios are not compared: {why}")));
        lines.push(format!(
            "{} worse, {} better, {} changed otherwise; {} statement{} as before",
            self.count(Direction::Worse),
            self.count(Direction::Better),
            self.count(Direction::Other),
            self.unchanged,
            if self.unchanged == 1 { "" } else { "s" }
        ));
        lines.join("\n")
    }
}

impl Change {
    /// What changed from what to what.
    #[must_use]
    pub fn text(&self) -> String {
        let Change { statement, what, was, is, .. } = self;
        format!("{statement}: {} {was} -> {is}", what.name())
    }
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Presence => "the statement",
            What::Text => "the text",
            What::Expectation => "what is expected",
            What::Verdict => "the verdict",
            What::Proof => "the proof",
            What::Errors => "cells in error",
            What::Cells => "cells",
            What::Evidence => "cells decided without statistics",
            What::Ratio => "the largest lhs/rhs",
        }
    }
}

/// Why the cells of two checks are not of the same plan.
fn not_compared(old: &Baseline, new: &Baseline) -> Option<String> {
    if old.preset != new.preset {
        return Some("the presets are not the same".to_owned());
    }
    if old.seed != new.seed {
        return Some("the seeds are not the same".to_owned());
    }
    (old.not_reached + new.not_reached > 0).then(|| "one of the checks was ended early".to_owned())
}

fn appeared(line: &Line) -> Change {
    Change {
        statement: line.id.clone(),
        what: What::Presence,
        was: "not checked".to_owned(),
        is: line.verdict.to_string(),
        direction: if rank(line) >= rank_of_expected(line) { Direction::Other } else { Direction::Worse },
    }
}

/// How good a verdict is, given what is expected.
fn rank(line: &Line) -> u8 {
    match (line.expected, line.verdict) {
        (Expectation::Holds, Verdict::Proved) => 5,
        (Expectation::Holds, Verdict::Holds) | (Expectation::Violated, Verdict::Violated) => 4,
        (Expectation::Holds, Verdict::NotRefuted) => 3,
        (_, Verdict::Inconclusive) => 2,
        (_, Verdict::Vacuous) => 1,
        _ => 0,
    }
}

/// The least rank that is as expected.
fn rank_of_expected(line: &Line) -> u8 {
    if line.expected == Expectation::Holds { 3 } else { 4 }
}

fn changed(before: &Line, now: &Line, same_plan: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |what: What, was: String, is: String, direction: Direction| {
        changes.push(Change { statement: now.id.clone(), what, was, is, direction });
    };
    let same_text = before.hash == now.hash;
    if !same_text {
        note(What::Text, "one".to_owned(), "another".to_owned(), Direction::Other);
    }
    if before.expected != now.expected {
        let word = |line: &Line| if line.expected == Expectation::Holds { "holds" } else { "violated" }.to_owned();
        note(What::Expectation, word(before), word(now), Direction::Other);
    }
    if before.verdict != now.verdict {
        let direction = direction(rank(before), rank(now));
        note(What::Verdict, before.verdict.to_string(), now.verdict.to_string(), direction);
    }
    if before.proof != now.proof {
        let direction = direction(before.proof, now.proof);
        note(What::Proof, before.proof.name().to_owned(), now.proof.name().to_owned(), direction);
    }
    if before.errors != now.errors {
        let direction = direction(now.errors, before.errors);
        note(What::Errors, before.errors.to_string(), now.errors.to_string(), direction);
    }
    if !same_plan {
        return changes;
    }
    if before.cells != now.cells {
        let direction = direction(before.cells, now.cells);
        note(What::Cells, before.cells.to_string(), now.cells.to_string(), direction);
    } else if exact(before) != exact(now) {
        let direction = direction(exact(before), exact(now));
        note(What::Evidence, exact(before).to_string(), exact(now).to_string(), direction);
    }
    if let (Some(was), Some(is), true) = (before.worst_ratio, now.worst_ratio, same_text)
        && (is - was).abs() > ROUNDING * was.abs().max(1.0)
    {
        // A smaller one says nothing against the claim, and something against the search.
        let is_worse = is > was && now.expected == Expectation::Holds;
        let direction = if is_worse { Direction::Worse } else { Direction::Other };
        note(What::Ratio, format!("{was:.6}"), format!("{is:.6}"), direction);
    }
    changes
}

fn direction<T: PartialOrd>(was: T, is: T) -> Direction {
    match is.partial_cmp(&was) {
        Some(std::cmp::Ordering::Less) => Direction::Worse,
        Some(std::cmp::Ordering::Greater) => Direction::Better,
        _ => Direction::Other,
    }
}

/// Cells that no statistics decided.
fn exact(line: &Line) -> usize {
    let statistical = line.evidence.get(Evidence::Statistical { delta: 0.0 }.name()).copied().unwrap_or(0);
    line.evidence.values().sum::<usize>() - statistical
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;
    use crate::report::baseline::{BASELINE_VERSION, ProofLevel};

    fn line(id: &str, verdict: Verdict) -> Line {
        Line {
            id: id.into(),
            hash: "a".into(),
            expected: Expectation::Holds,
            verdict,
            proof: ProofLevel::None,
            cells: 10,
            errors: 0,
            evidence: BTreeMap::from([("ball".into(), 8), ("statistical".into(), 2)]),
            worst_ratio: Some(0.5),
        }
    }

    fn check(statements: Vec<Line>) -> Baseline {
        Baseline {
            baseline_version: BASELINE_VERSION,
            version: "0".into(),
            commit: String::new(),
            seed: 1,
            preset: Preset::Default,
            not_reached: 0,
            statements,
        }
    }

    /// The changes from one line to another, and their directions.
    fn between(old: Line, new: Line) -> Vec<(What, Direction)> {
        let difference = Difference::between(&check(vec![old]), &check(vec![new]));
        difference.changes.iter().map(|change| (change.what, change.direction)).collect()
    }

    #[test]
    fn the_same_check_differs_in_nothing() {
        let same = check(vec![line("a", Verdict::Holds), line("b", Verdict::Proved)]);
        let difference = Difference::between(&same, &same);
        assert_eq!((difference.changes.len(), difference.unchanged), (0, 2));
    }

    #[test]
    fn a_verdict_is_worse_than_all_that_say_more() {
        let order = [Verdict::Proved, Verdict::Holds, Verdict::NotRefuted, Verdict::Inconclusive, Verdict::Vacuous];
        for pair in order.windows(2) {
            let found = between(line("a", pair[0]), line("a", pair[1]));
            assert_eq!(found, [(What::Verdict, Direction::Worse)], "{pair:?}");
            let found = between(line("a", pair[1]), line("a", pair[0]));
            assert_eq!(found, [(What::Verdict, Direction::Better)], "{pair:?}");
        }
        let found = between(line("a", Verdict::Vacuous), line("a", Verdict::Violated));
        assert_eq!(found, [(What::Verdict, Direction::Worse)]);
    }

    #[test]
    fn what_is_false_on_purpose_gets_worse_when_it_is_no_longer_found_false() {
        let on_purpose = |verdict| Line { expected: Expectation::Violated, ..line("a", verdict) };
        let found = between(on_purpose(Verdict::Violated), on_purpose(Verdict::Holds));
        assert_eq!(found, [(What::Verdict, Direction::Worse)]);
        let found = between(on_purpose(Verdict::Inconclusive), on_purpose(Verdict::Violated));
        assert_eq!(found, [(What::Verdict, Direction::Better)]);
    }

    #[test]
    fn fewer_cells_errors_weaker_evidence_and_a_larger_ratio_are_worse() {
        let old = line("a", Verdict::Holds);
        let with = |change: &dyn Fn(&mut Line)| {
            let mut new = old.clone();
            change(&mut new);
            between(old.clone(), new)
        };
        assert_eq!(with(&|new| new.cells = 9), [(What::Cells, Direction::Worse)]);
        assert_eq!(with(&|new| new.errors = 1), [(What::Errors, Direction::Worse)]);
        assert_eq!(with(&|new| new.proof = ProofLevel::Given), [(What::Proof, Direction::Better)]);
        let weaker = |new: &mut Line| {
            new.evidence = BTreeMap::from([("ball".into(), 7), ("statistical".into(), 3)]);
        };
        assert_eq!(with(&weaker), [(What::Evidence, Direction::Worse)]);
        assert_eq!(with(&|new| new.worst_ratio = Some(0.6)), [(What::Ratio, Direction::Worse)]);
        assert_eq!(with(&|new| new.worst_ratio = Some(0.4)), [(What::Ratio, Direction::Other)]);
        assert_eq!(with(&|new| new.worst_ratio = Some(0.500_000_1)), [], "rounding");
    }

    #[test]
    fn ratios_of_another_text_and_cells_of_another_plan_are_not_compared() {
        let changed = Line { hash: "b".into(), worst_ratio: Some(0.9), ..line("a", Verdict::Holds) };
        assert_eq!(between(line("a", Verdict::Holds), changed), [(What::Text, Direction::Other)]);
        let quick = Baseline { preset: Preset::Quick, ..check(vec![Line { cells: 3, ..line("a", Verdict::Holds) }]) };
        let difference = Difference::between(&check(vec![line("a", Verdict::Holds)]), &quick);
        assert!(difference.changes.is_empty() && difference.not_compared.is_some());
        assert!(difference.text().contains("not compared: the presets are not the same"));
    }

    #[test]
    fn a_statement_that_is_gone_is_worse_and_a_new_one_only_where_it_fails() {
        let old = check(vec![line("a", Verdict::Holds)]);
        let gone = Difference::between(&old, &check(Vec::new()));
        assert_eq!(gone.count(Direction::Worse), 1);
        let both = |verdict| check(vec![line("a", Verdict::Holds), line("b", verdict)]);
        assert_eq!(Difference::between(&old, &both(Verdict::Holds)).count(Direction::Worse), 0);
        assert_eq!(Difference::between(&old, &both(Verdict::Violated)).count(Direction::Worse), 1);
    }
}
