//! The page of a check.

mod drawings;
mod failure;

use clap::ValueEnum;
use serde::Serialize;

use super::card::{Mathematics, kept, proof_in_short, subject};
use super::graph::{Node, graph};
use super::{Plot, counted, grouped, made_by};
use crate::inference::Verdict;
use crate::prove::Standing;
use crate::report::{Baseline, CellReport, Difference, Direction, Report, StatementSummary};
use crate::statement::Expectation;
use failure::Failing;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    kind: &'static str,
    facts: String,
    /// What must not be missed, and the rest of the first sentence.
    alarm: Option<String>,
    lead: String,
    bar: Vec<Slice>,
    difference: Option<Changes>,
    groups: Vec<Group>,
    cards: Vec<Card>,
    graph: Option<String>,
    methods: Vec<(String, String)>,
    /// The statements that the page has.
    there: Vec<String>,
}

/// A part of the bar.
#[derive(Debug, Serialize)]
struct Slice {
    class: &'static str,
    count: usize,
    word: &'static str,
    /// Whether there is room for the word.
    wide: bool,
}

/// Least share of the bar that has room for a word.
const WIDE: f64 = 0.2;

/// What differs from a baseline.
#[derive(Debug, Serialize)]
struct Changes {
    better: usize,
    worse: usize,
    /// How many of its statements the report lacks, gone or not asked for.
    absent: Option<String>,
    lines: Vec<(&'static str, String)>,
}

/// A subject with its statements.
#[derive(Debug, Serialize)]
struct Group {
    name: String,
    entries: Vec<(String, &'static str, String)>,
}

/// One statement.
#[derive(Debug, Serialize)]
struct Card {
    id: String,
    class: &'static str,
    verdict: String,
    command: String,
    mathematics: Option<Mathematics>,
    /// Why the mathematics are not there.
    unread: Option<String>,
    remarks: Vec<String>,
    chips: Vec<String>,
    exercised: String,
    failing: Option<Failing>,
    plots: Vec<Plot>,
    more_plots: Vec<Plot>,
    text: String,
}

/// Classes in the order of the bar.
const CLASSES: [(&str, &str); 6] = [
    ("proved", "proved"),
    ("holds", "hold"),
    ("expected", "false on purpose, and found so"),
    ("weak", "not refuted"),
    ("open", "open"),
    ("violated", "violated"),
];

/// How a statement is coloured.
fn class(summary: &StatementSummary) -> &'static str {
    match (summary.expected, summary.verdict) {
        (Expectation::Violated, _) if summary.as_expected => "expected",
        (Expectation::Violated, _) | (_, Verdict::Violated) => "violated",
        (_, Verdict::Proved) => "proved",
        (_, Verdict::Holds) => "holds",
        (_, Verdict::NotRefuted) => "weak",
        (_, Verdict::Inconclusive | Verdict::Vacuous) => "open",
    }
}

/// The page of a report that lies in the file.
pub(super) fn view(report: &Report, file: &str, baseline: Option<&Baseline>) -> View {
    let mut cards: Vec<Card> = report.statements.iter().map(|summary| card(report, summary, file)).collect();
    let groups = groups(&cards, report);
    let methods = methods(&cards);
    // What is wrong comes first; the rest keeps the theory's order.
    let place = |id: &str| {
        let order = groups.iter().flat_map(|group| group.entries.iter().map(|(id, ..)| id.as_str()));
        order.enumerate().find(|(_, own)| *own == id).map_or(usize::MAX, |(position, _)| position)
    };
    cards.sort_by_key(|card| (urgency(card.class), place(&card.id)));
    let (alarm, lead) = lead(report);
    let nodes: Vec<Node<'_>> = report
        .statements
        .iter()
        .zip(report.statements.iter().map(class))
        .map(|(s, class)| Node { id: &s.id, class, verdict: verdict_name(s), rests_on: &s.rests_on })
        .collect();
    View {
        kind: "check",
        facts: facts(report),
        alarm,
        lead,
        bar: bar(report),
        difference: baseline.map(|baseline| changes(report, baseline)),
        graph: graph(&nodes),
        there: cards.iter().map(|card| card.id.clone()).collect(),
        groups,
        cards,
        methods,
    }
}

fn verdict_name(summary: &StatementSummary) -> &'static str {
    CLASSES.iter().find(|(name, _)| *name == class(summary)).map_or("", |(_, word)| word)
}

fn urgency(class: &str) -> usize {
    match class {
        "violated" => 0,
        "open" => 1,
        _ => 2,
    }
}

fn facts(report: &Report) -> String {
    let settings = &report.settings;
    [
        counted(report.statements.len(), "statement", "statements"),
        counted(report.cells.len(), "cell", "cells"),
        format!("preset {}", settings.preset.to_possible_value().as_ref().map_or("", |value| value.get_name())),
        format!("seed {}", settings.seed),
        format!("false alarms at most {:e} over all", settings.error_budget.delta),
        made_by(&report.provenance),
    ]
    .join(" · ")
}

/// The first sentence: what is wrong, then the rest.
fn lead(report: &Report) -> (Option<String>, String) {
    let all = report.statements.len();
    let count = |wanted: &str| report.statements.iter().filter(|summary| class(summary) == wanted).count();
    let violated = count("violated");
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let alarm = (violated > 0).then(|| {
        let of = if all == 1 { "The statement".to_owned() } else { format!("{violated} of {all} statements") };
        format!("{of} {} violated.", if all == 1 { "is" } else { is(violated) })
    });
    let mut parts = Vec::new();
    let (proved, holds) = (count("proved"), count("holds"));
    if proved > 0 {
        parts.push(format!("{proved} {} proved for all parameters", is(proved)));
    }
    if holds > 0 {
        parts.push(format!("{holds} {} on every cell", if holds == 1 { "holds" } else { "hold" }));
    }
    for (class, words) in
        [("weak", "not refuted, and not shown"), ("open", "open"), ("expected", "false on purpose and found so")]
    {
        if count(class) > 0 {
            parts.push(format!("{} {} {words}", count(class), is(count(class))));
        }
    }
    let mut text = parts.join(", ");
    if !text.is_empty() {
        text.push('.');
    }
    let errors: usize = report.statements.iter().map(|summary| summary.errors).sum();
    if errors > 0 {
        text += &format!(" {} ended in an error.", counted(errors, "cell", "cells"));
    }
    if report.not_reached > 0 {
        text +=
            &format!(" {} not reached: the check was ended.", counted(report.not_reached, "cell was", "cells were"));
    }
    (alarm, text)
}

fn bar(report: &Report) -> Vec<Slice> {
    let count = |wanted: &str| report.statements.iter().filter(|summary| class(summary) == wanted).count();
    let is_wide = |count: usize| count as f64 >= WIDE * report.statements.len() as f64;
    let slices =
        CLASSES.iter().map(|(class, word)| Slice { class, count: count(class), word, wide: is_wide(count(class)) });
    slices.filter(|slice| slice.count > 0).collect()
}

fn changes(report: &Report, baseline: &Baseline) -> Changes {
    let checked = baseline.clone().of(report.statements.iter().map(|own| own.id.as_str()));
    let absent = baseline.statements.len() - checked.statements.len();
    let found = Difference::between(&checked, &Baseline::from(report));
    let word = |direction| match direction {
        Direction::Worse => "worse",
        Direction::Better => "better",
        Direction::Other => "changed",
    };
    let mut sorted = found.changes.clone();
    sorted.sort_by_key(|change| change.direction);
    Changes {
        better: found.count(Direction::Better),
        worse: found.count(Direction::Worse),
        absent: (absent > 0).then(|| counted(absent, "statement of it was", "statements of it were")),
        lines: sorted.iter().map(|change| (word(change.direction), change.text())).collect(),
    }
}

/// Subjects with their statements, in each lemmas first.
fn groups(cards: &[Card], report: &Report) -> Vec<Group> {
    let graph: crate::statement::graph::Graph =
        report.statements.iter().map(|summary| (summary.id.clone(), summary.rests_on.clone())).collect();
    let layers = graph.layers().unwrap_or_default();
    let layer = |id: &str| layers.iter().position(|layer| layer.contains(&id)).unwrap_or(0);
    let mut groups: Vec<Group> = Vec::new();
    let mut ordered: Vec<&Card> = cards.iter().collect();
    ordered.sort_by_key(|card| (layer(&card.id), card.id.clone()));
    for card in ordered {
        let entry = (card.id.clone(), card.class, card.verdict.clone());
        let name = subject(&card.id);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { name, entries: vec![entry] }),
        }
    }
    // The paper's subject first, the reader's own last.
    groups.sort_by_key(|group| match group.name.as_str() {
        "momentum" => (0, String::new()),
        "yours" => (2, String::new()),
        other => (1, other.to_owned()),
    });
    groups
}

/// The shipped methods that some card has, each once.
fn methods(cards: &[Card]) -> Vec<(String, String)> {
    let mut methods: Vec<(String, String)> = Vec::new();
    for mathematics in cards.iter().filter_map(|card| card.mathematics.as_ref()) {
        if let Some(text) = &mathematics.method_text
            && methods.iter().all(|(title, _)| *title != mathematics.method)
        {
            methods.push((mathematics.method.clone(), text.clone()));
        }
    }
    methods.sort();
    methods
}

fn card(report: &Report, summary: &StatementSummary, file: &str) -> Card {
    let cells: Vec<&CellReport> = report.cells.iter().filter(|cell| cell.statement == summary.id).collect();
    let statement = kept(&summary.id, &summary.text, &summary.hash);
    let failing = failure::failing(summary, &cells, file);
    let class = class(summary);
    let command = match &failing {
        Some(failing) => failing.command.clone(),
        None if summary.verdict == Verdict::Proved => format!("lemmata prove {}", summary.id),
        None => format!("lemmata check {}", summary.id),
    };
    Card {
        id: summary.id.clone(),
        class,
        verdict: crate::report::render_verdict(summary).to_lowercase(),
        command,
        mathematics: statement.as_ref().ok().map(Mathematics::of),
        unread: statement.as_ref().err().cloned(),
        remarks: remarks(summary),
        chips: chips(summary),
        exercised: summary.exercised.text(summary.cells()),
        plots: drawings::main(summary, &cells, file),
        more_plots: statement.as_ref().map_or_else(|_| Vec::new(), |own| drawings::over_numbers(own, &cells, file)),
        failing,
        text: summary.text.clone(),
    }
}

fn remarks(summary: &StatementSummary) -> Vec<String> {
    let mut remarks = Vec::new();
    if summary.contradicts_its_proof() {
        remarks.push("It is violated although its proof is valid: one of the two is a defect of lemmata.".to_owned());
    }
    if let Some(Standing::Rejected { why }) = &summary.proof {
        remarks.push(format!("Its stored proof shows nothing: {why}"));
    }
    if let Some(why) = &summary.why_vacuous {
        remarks.push(format!("Vacuous: {why}"));
    }
    if !summary.tainted_by.is_empty() {
        remarks.push(format!("It rests on what is violated: {}", summary.tainted_by.join(", ")));
    }
    remarks.extend(summary.exercised.missing.iter().cloned());
    remarks
}

fn chips(summary: &StatementSummary) -> Vec<String> {
    let mut chips = Vec::new();
    match &summary.proof {
        Some(Standing::Proved { cases }) => {
            let short =
                proof_in_short(&summary.id, &summary.hash).map_or_else(String::new, |short| format!(", {short}"));
            chips.push(format!("proof checked: {}{short}", counted(*cases, "case", "cases")));
        }
        Some(Standing::Given { cases, lemmas }) => {
            chips.push(format!("proof given {}: {}", lemmas.join(" and "), counted(*cases, "case", "cases")));
        }
        Some(Standing::Rejected { .. }) | None => {}
    }
    for (verdict, count) in &summary.verdicts {
        chips.push(format!("{verdict} on {} of {} cells", grouped(*count), grouped(summary.cells())));
    }
    if let Some(ratio) = summary.worst_ratio {
        chips.push(format!(
            "largest lhs/rhs {}",
            if ratio == 1.0 { "1: attained".to_owned() } else { format!("{ratio:.6}") }
        ));
    }
    chips.extend(summary.evidence.iter().map(|(name, count)| format!("{name} {}", grouped(*count))));
    if summary.errors > 0 {
        chips.push(counted(summary.errors, "error", "errors"));
    }
    chips
}
