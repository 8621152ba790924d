//! `lemmata compare`: methods side by side.

use std::path::Path;
use std::time::Instant;

use comfy_table::ContentArrangement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::progress_bar;
use super::output::print;
use super::{CompareArguments, ExitCode, Failure, check_delta, check_output};
use crate::compare::{self, CompareError, Comparison, Entry, Finding, Round, StepRule};
use crate::inference::distribution_free::Limited;
use crate::preset::Preset;
use crate::report::{self, Provenance};
use crate::statement::MAX_FILE_BYTES;
use crate::text;

/// What a comparison leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct CompareReport {
    provenance: Provenance,
    seed: u64,
    preset: Preset,
    /// Probability that any limit below is wrong.
    delta: f64,
    comparison: Comparison,
    rounds: Vec<Round>,
}

pub(super) fn run(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    check_delta(arguments.delta)?;
    let preset = match (arguments.quick, arguments.full) {
        (true, _) => Preset::Quick,
        (_, true) => Preset::Full,
        _ => Preset::Default,
    };
    let comparisons = load(&arguments.comparisons)?;
    for comparison in &comparisons {
        check_output(&arguments.output, &report_name(comparison))?;
    }
    for comparison in comparisons {
        let begin = Instant::now();
        let progress = progress_bar(compare::rounds(&comparison) as u64, "rounds");
        let rounds = compare::run(&comparison, preset, arguments.seed, arguments.delta, &|| progress.inc(1))
            .map_err(Failure::bad_input)?;
        progress.finish_and_clear();
        let table = rendered(&comparison, &rounds);
        let name = report_name(&comparison);
        let report = CompareReport {
            provenance: Provenance::new(begin.elapsed().as_secs_f64()),
            seed: arguments.seed,
            preset,
            delta: arguments.delta,
            comparison,
            rounds,
        };
        let path = report::write_json(&name, &report, &arguments.output).map_err(Failure::bad_input)?;
        print(&format!("{table}\nreport: {}", path.display()))?;
    }
    Ok(ExitCode::Success)
}

fn report_name(comparison: &Comparison) -> String {
    format!("compare-{}", comparison.id)
}

fn load(names: &[String]) -> Result<Vec<Comparison>, Failure> {
    let shipped: Vec<String> = compare::ids().into_iter().map(str::to_owned).collect();
    let names = if names.is_empty() { &shipped } else { names };
    names.iter().map(|name| one(name).map_err(Failure::bad_input)).collect()
}

fn one(name: &str) -> Result<Comparison, CompareError> {
    if let Some(comparison) = compare::shipped(name) {
        return comparison;
    }
    let text = text::read(Path::new(name), MAX_FILE_BYTES).map_err(|err| CompareError::File {
        name: name.to_owned(),
        cause: format!("{err}; the shipped comparisons are {}", compare::ids().join(", ")),
    })?;
    compare::read(name, &text)
}

fn rendered(comparison: &Comparison, rounds: &[Round]) -> String {
    let header = [
        "problem",
        "estimate",
        "steps",
        "contender",
        "step",
        "floor",
        "gap",
        "steps to level",
        "against the first",
        "wins",
        "bound",
    ];
    let mut table = report::headed(&header, ContentArrangement::Disabled);
    for round in rounds {
        for entry in &round.entries {
            table.add_row(row(comparison, round, entry));
        }
    }
    format!("{} — {}\n{table}\n{}", comparison.id, comparison.title, summary(comparison, rounds))
}

fn row(comparison: &Comparison, round: &Round, entry: &Entry) -> Vec<String> {
    let estimate = match round.estimate.as_slice() {
        [] => "exact".to_owned(),
        sources => sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
    };
    let rule = match round.rule {
        StepRule::Same(step) => format!("{step}/L"),
        StepRule::Best => "own best".to_owned(),
    };
    let bound = entry.predictions.iter().filter_map(|p| p.bound).reduce(f64::min);
    vec![
        round.label.clone(),
        estimate,
        rule,
        entry.contender.clone(),
        format!("{:.3e}", entry.step),
        shown(&entry.floor),
        shown(&entry.gap),
        match entry.steps.value {
            Some(steps) if steps <= comparison.horizon as f64 => format!("{steps}"),
            _ => "never".to_owned(),
        },
        entry
            .duel
            .as_ref()
            .map_or_else(|| "–".to_owned(), |duel| format!("{} {}", word(duel.finding), shown(&duel.ratio))),
        entry
            .duel
            .and_then(|duel| duel.wins.value)
            .map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
        bound.map_or_else(|| "–".to_owned(), |bound| format!("{bound:.3e}")),
    ]
}

fn shown(limited: &Limited) -> String {
    let number = |x: Option<f64>| x.map_or_else(|| "∞".to_owned(), |x| format!("{x:.3e}"));
    let value = number(limited.value);
    match limited.limits {
        [low, high] if low == high => value,
        [low, high] => {
            format!("{value} [{}, {}]", low.map_or_else(|| "–".to_owned(), |x| format!("{x:.3e}")), number(high))
        }
    }
}

fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::NoDifferenceShown => "no difference shown",
    }
}

/// One line for each contender and rule: where it has the lower floor, where it has not, and by how much.
fn summary(comparison: &Comparison, rounds: &[Round]) -> String {
    let mut text = String::new();
    let mut rules: Vec<StepRule> = Vec::new();
    for round in rounds {
        if !rules.contains(&round.rule) {
            rules.push(round.rule);
        }
    }
    let first = &comparison.contenders[0].name;
    for rule in rules {
        for contender in &comparison.contenders[1..] {
            let duels: Vec<_> = rounds
                .iter()
                .filter(|round| round.rule == rule)
                .flat_map(|round| &round.entries)
                .filter(|entry| entry.contender == contender.name)
                .filter_map(|entry| entry.duel)
                .collect();
            let count = |finding| duels.iter().filter(|duel| duel.finding == finding).count();
            let ratios = duels.iter().map(|duel| duel.ratio.value.unwrap_or(f64::INFINITY));
            let (least, most) = (ratios.clone().fold(f64::INFINITY, f64::min), ratios.fold(0.0, f64::max));
            let rule = match rule {
                StepRule::Same(step) => format!("at the same step {step}/L"),
                StepRule::Best => "each at its own best step".to_owned(),
            };
            text += &format!(
                "{} against {first}, {rule}: floor lower in {} rounds, higher in {}, no difference shown in {}; ratio of floors {least:.3e} to {most:.3e}\n",
                contender.name,
                count(Finding::Better),
                count(Finding::Worse),
                count(Finding::NoDifferenceShown),
            );
        }
    }
    text
}
