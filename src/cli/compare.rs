//! `lemmata compare`: methods side by side.

use std::path::{Path, PathBuf};
use std::time::Instant;

use comfy_table::ContentArrangement;

use super::check::progress_bar;
use super::output::{print, print_titles};
use super::{CompareArguments, ExitCode, Failure, check_delta, check_output};
use crate::compare::{self, CompareError, CompareReport, Comparison, ContenderResult, DuelResult, Round, StepRule};
use crate::inference::distribution_free::Limited;
use crate::preset::Preset;
use crate::report::{self, Kind, Provenance};
use crate::statement::MAX_FILE_BYTES;
use crate::text;

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
        let name = report_name(&comparison);
        let report = CompareReport {
            kind: Kind::Compare,
            schema_version: compare::SCHEMA_VERSION,
            provenance: Provenance::new(begin.elapsed().as_secs_f64()),
            seed: arguments.seed,
            preset,
            delta: arguments.delta,
            comparison,
            rounds,
        };
        let path = report::write_json(&name, &report, &arguments.output).map_err(Failure::bad_input)?;
        print(&rendered(&report.comparison, &report.rounds, &path))?;
    }
    Ok(ExitCode::Success)
}

/// Prints the shipped comparisons.
pub(super) fn list() -> Result<ExitCode, Failure> {
    let mut titles = Vec::new();
    for id in compare::ids() {
        if let Some(comparison) = compare::shipped(id) {
            titles.push((id, comparison.map_err(Failure::bad_input)?.title));
        }
    }
    print_titles(&titles)?;
    Ok(ExitCode::Success)
}

fn report_name(comparison: &Comparison) -> String {
    format!("compare-{}", comparison.id)
}

fn load(names: &[PathBuf]) -> Result<Vec<Comparison>, Failure> {
    let shipped: Vec<PathBuf> = compare::ids().into_iter().map(PathBuf::from).collect();
    let names = if names.is_empty() { &shipped } else { names };
    names.iter().map(|name| one(name).map_err(Failure::bad_input)).collect()
}

fn one(path: &Path) -> Result<Comparison, CompareError> {
    // What is no text is no identifier.
    if let Some(comparison) = path.to_str().and_then(compare::shipped) {
        return comparison;
    }
    let name = path.display().to_string();
    let text = text::read(path, MAX_FILE_BYTES).map_err(|err| CompareError::File {
        name: name.clone(),
        cause: format!("{err}; the shipped comparisons are {}", compare::ids().join(", ")),
    })?;
    compare::read(&name, &text)
}

/// Lines of a screen.
const SCREEN: usize = 24;

/// The summary, then as many duels as fit a screen with it, the clearest first.
fn rendered(comparison: &Comparison, rounds: &[Round], path: &Path) -> String {
    let title = report::wrapped(&format!("{} — {}", comparison.id, comparison.title), report::width(), "  ");
    let head = format!("{title}\n{}", summary(comparison, rounds));
    let mut duels: Vec<(&Round, &ContenderResult)> =
        rounds.iter().flat_map(|round| round.entries.iter().map(move |entry| (round, entry))).collect();
    duels.retain(|(_, entry)| entry.duel.is_some());
    duels.sort_by(|(_, a), (_, b)| clearness(b).total_cmp(&clearness(a)));
    let last = |shown: usize| {
        let rest = duels.len() - shown;
        let rest = if rest == 0 { String::new() } else { format!("; {rest} more duels are in it") };
        report::wrapped(&format!("report: {}{rest}", path.display()), report::width(), "  ")
    };
    // One line is the prompt's.
    let fits = |shown: usize| {
        head.lines().count() + table(&duels[..shown]).lines().count() + last(shown).lines().count() < SCREEN
    };
    let shown = (0..=duels.len()).rev().find(|shown| fits(*shown)).unwrap_or(0);
    let table = if shown == 0 { String::new() } else { table(&duels[..shown]) + "\n" };
    format!("{head}\n{table}{}", last(shown))
}

/// By how many doublings a shown difference is away from none.
fn clearness(entry: &ContenderResult) -> f64 {
    match entry.duel {
        Some(duel) if duel.finding != DuelResult::NoDifferenceShown => {
            duel.ratio.value.map_or(f64::INFINITY, |ratio| ratio.log2().abs())
        }
        _ => -1.0,
    }
}

/// Duels with the first contender, one row each.
fn table(duels: &[(&Round, &ContenderResult)]) -> String {
    let header = ["setting", "contender", "floor", "ratio", "finding", "wins"];
    let mut table = report::headed(&header, ContentArrangement::Disabled);
    for (round, entry) in duels {
        table.add_row(row(round, entry));
    }
    report::fitted(&table, &[2, 5])
}

fn row(round: &Round, entry: &ContenderResult) -> Vec<String> {
    let estimate = match round.estimate.as_slice() {
        [] => "exact".to_owned(),
        sources => sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
    };
    let duel = entry.duel.as_ref();
    let dash = || "–".to_owned();
    vec![
        format!("{}; {estimate}; {}", round.label, told(round.rule)),
        entry.contender.clone(),
        number(entry.floor.value),
        duel.map_or_else(dash, |duel| shown(&duel.ratio)),
        duel.map_or_else(dash, |duel| word(duel.finding).to_owned()),
        duel.and_then(|duel| duel.wins.value).map_or_else(dash, |share| format!("{:.0} %", 100.0 * share)),
    ]
}

/// Two digits say what a measured number can.
fn number(x: Option<f64>) -> String {
    match x {
        None => "∞".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(x) if (0.1..99.5).contains(&x) => {
            format!("{x:.decimals$}", decimals = usize::from(x < 9.95) + usize::from(x < 0.995))
        }
        Some(x) => format!("{x:.1e}"),
    }
}

fn shown(limited: &Limited) -> String {
    let value = number(limited.value);
    match limited.limits {
        [low, high] if low == high => value,
        [low, high] => {
            format!("{value} [{}, {}]", low.map_or_else(|| "–".to_owned(), |x| number(Some(x))), number(high))
        }
    }
}

fn word(finding: DuelResult) -> &'static str {
    match finding {
        DuelResult::Better => "better",
        DuelResult::Worse => "worse",
        DuelResult::NoDifferenceShown => "no difference shown",
    }
}

/// One row for each contender and rule: in how many rounds its floor is lower than the first's, in how many
/// not, and by how much.
fn summary(comparison: &Comparison, rounds: &[Round]) -> String {
    let mut rules: Vec<StepRule> = Vec::new();
    for round in rounds {
        if !rules.contains(&round.rule) {
            rules.push(round.rule);
        }
    }
    let against = format!("against {}", comparison.contenders[0].name);
    let header = [against.as_str(), "steps", "better", "worse", "no difference shown", "ratio of floors"];
    let mut table = report::headed(&header, ContentArrangement::Disabled);
    for rule in rules {
        for contender in &comparison.contenders[1..] {
            let duels: Vec<_> = rounds
                .iter()
                .filter(|round| round.rule == rule)
                .flat_map(|round| &round.entries)
                .filter(|entry| entry.contender == contender.name)
                .filter_map(|entry| entry.duel)
                .collect();
            let count = |finding| duels.iter().filter(|duel| duel.finding == finding).count().to_string();
            let ratios = duels.iter().map(|duel| duel.ratio.value.unwrap_or(f64::INFINITY));
            let (least, most) = (ratios.clone().fold(f64::INFINITY, f64::min), ratios.fold(0.0, f64::max));
            table.add_row([
                contender.name.clone(),
                told(rule),
                count(DuelResult::Better),
                count(DuelResult::Worse),
                count(DuelResult::NoDifferenceShown),
                format!("{} to {}", number(Some(least)), number(Some(most))),
            ]);
        }
    }
    report::fitted(&table, &[])
}

fn told(rule: StepRule) -> String {
    match rule {
        StepRule::Same(step) => format!("{step}/L"),
        StepRule::Best => "own best".to_owned(),
    }
}
