//! The page of a comparison.

use serde::Serialize;

use super::plot::{Floor, Words, floors};
use super::{Plot, counted, made_by};
use crate::compare::{CompareReport, ContenderResult, DuelResult, Round, StepRule};

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    kind: &'static str,
    facts: String,
    title: String,
    first: String,
    summary: Vec<Row>,
    arenas: Vec<Arena>,
    command: String,
}

/// A contender under a rule for the step size, over all rounds.
#[derive(Debug, Serialize)]
struct Row {
    contender: String,
    rule: String,
    better: usize,
    worse: usize,
    no_difference: usize,
}

/// One problem under one estimate.
#[derive(Debug, Serialize)]
struct Arena {
    id: String,
    name: String,
    rounds: Vec<Plot>,
}

/// The page of a report.
pub(super) fn view(report: &CompareReport) -> View {
    let comparison = &report.comparison;
    let mut arenas: Vec<Arena> = Vec::new();
    for (number, round) in report.rounds.iter().enumerate() {
        let name = format!("{}; {}", round.label, estimate(round));
        let plot = drawn(round, number);
        match arenas.iter_mut().find(|arena| arena.name == name) {
            Some(arena) => arena.rounds.push(plot),
            None => arenas.push(Arena { id: format!("arena-{number}"), name, rounds: vec![plot] }),
        }
    }
    View {
        kind: "compare",
        facts: [
            counted(report.rounds.len(), "round", "rounds"),
            format!("K = {}", comparison.horizon),
            format!("seed {}", report.seed),
            format!("any limit is wrong with probability at most {:e}", report.delta),
            made_by(&report.provenance),
        ]
        .join(" · "),
        title: comparison.title.clone(),
        first: comparison.contenders.first().map_or_else(String::new, |first| first.name.clone()),
        summary: summary(report),
        arenas,
        command: format!("lemmata compare {}", comparison.id),
    }
}

fn told(rule: StepRule) -> String {
    match rule {
        StepRule::Same(step) => format!("step {step}/L for all"),
        StepRule::Best => "each its own best step".to_owned(),
    }
}

fn estimate(round: &Round) -> String {
    let sources: Vec<String> = round.estimate.iter().map(ToString::to_string).collect();
    if sources.is_empty() { "exact".to_owned() } else { sources.join(" + ") }
}

fn summary(report: &CompareReport) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for round in &report.rounds {
        for (entry, duel) in round.entries.iter().filter_map(|entry| Some((entry, entry.duel.as_ref()?))) {
            let rule = told(round.rule);
            let position = rows.iter().position(|row| row.contender == entry.contender && row.rule == rule);
            let position = position.unwrap_or_else(|| {
                rows.push(Row { contender: entry.contender.clone(), rule, better: 0, worse: 0, no_difference: 0 });
                rows.len() - 1
            });
            *match duel.finding {
                DuelResult::Better => &mut rows[position].better,
                DuelResult::Worse => &mut rows[position].worse,
                DuelResult::NoDifferenceShown => &mut rows[position].no_difference,
            } += 1;
        }
    }
    rows.sort_by(|a, b| a.rule.cmp(&b.rule));
    rows
}

fn drawn(round: &Round, number: usize) -> Plot {
    let row = |entry: &ContenderResult| Floor {
        name: entry.contender.clone(),
        value: entry.floor.value,
        limits: entry.floor.limits,
        bounds: entry.predictions.iter().filter_map(|own| Some((own.statement.clone(), own.bound?))).collect(),
    };
    let rows: Vec<Floor> = round.entries.iter().map(row).collect();
    let caption = format!("Median floor of the squared gradient with its limits, {}", told(round.rule));
    let described: Vec<String> = round
        .entries
        .iter()
        .map(|entry| {
            format!("{}: {}", entry.contender, entry.floor.value.map_or_else(|| "∞".to_owned(), |x| format!("{x:.3e}")))
        })
        .collect();
    let words = Words { id: &format!("round-{number}"), title: &caption, description: &described.join("; ") };
    Plot { svg: floors(&words, &rows), caption, command: None }
}
