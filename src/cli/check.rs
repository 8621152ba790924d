//! `lemmata check`: the main job.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::{note, print, print_verdicts};
use super::signals::Signals;
use super::{CheckArguments, ExitCode, Failure, JsonForm, check_delta, check_output, load_each};
use crate::journal::{Journal, JournalError};
use crate::report::{self, Baseline, Difference, Report};
use crate::suite::{self, Options, Suite, Watch};

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    validate(arguments)?;
    // Read before the work, so that a mistake costs none of it.
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose().map_err(Failure::bad_input)?;
    let statements = load_each(&arguments.statements)?;
    let pool = thread_pool(arguments.threads)?;
    let suite = Suite::plan(&statements, &options(arguments))?;
    let path = arguments.output.join(format!("{}.journal", arguments.name));
    let journal = journal(&path, &suite)?;
    let signals = Signals::awaited()?;
    let progress = progress_bar(suite.cells() as u64, "cells");
    let watch = Watch { going_on: &|| signals.come().is_none(), done: &|| progress.inc(1), journal: Some(&journal) };
    let report = pool.install(|| suite.run(watch)).map_err(Failure::bad_input)?;
    progress.finish_and_clear();
    // Written before anything is printed: a reader who goes away must not cost the report.
    let written = report::write(&report, &arguments.output).map_err(Failure::bad_input)?;
    let rest = if report.not_reached > 0 {
        format!("\nended early; the same command goes on from {}", path.display())
    } else {
        journal.close().map_err(Failure::bad_input)?;
        String::new()
    };
    if let Some(form) = arguments.json {
        print(&in_json(&report, form)?)?;
    } else if !arguments.quiet {
        let cells = if arguments.cells { report::render_cells(&report) + "\n" } else { String::new() };
        print_verdicts(&format!("{cells}{}\nreport: {}{rest}", report::render(&report), written.display()))?;
    } else if report.exit_code() != ExitCode::Success {
        let unexpected = report.clone().unexpected();
        print_verdicts(&format!("{}\nreport: {}{rest}", report::render(&unexpected), written.display()))?;
    }
    // A check of all there is also misses what is gone; one of some statements says nothing of the others.
    let of_all = arguments.statements.is_empty() || arguments.statements.iter().any(|name| name.is_dir());
    let earlier = baseline
        .map(|baseline| if of_all { baseline } else { baseline.of(statements.iter().map(|own| own.id.as_str())) });
    let difference = earlier.map(|earlier| Difference::between(&earlier, &Baseline::from(&report)));
    if let Some(difference) = difference.as_ref().filter(|difference| is_told(arguments, difference)) {
        print_verdicts(&format!("\nBeside the baseline:\n{}", difference.text()))?;
    }
    let ended = signals.come().filter(|_| report.not_reached > 0);
    Ok(ended.unwrap_or_else(|| match (report.exit_code(), difference.as_ref().map(Difference::exit_code)) {
        (ExitCode::Success | ExitCode::Open, Some(ExitCode::Violated)) => ExitCode::Violated,
        (code, _) => code,
    }))
}

/// Whether a difference is printed.
fn is_told(arguments: &CheckArguments, difference: &Difference) -> bool {
    arguments.json.is_none() && (!arguments.quiet || difference.exit_code() != ExitCode::Success)
}

/// The report as it is written, or each of its cells on a line.
fn in_json(report: &Report, form: JsonForm) -> Result<String, Failure> {
    let lines = || report.cells.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    let text = match form {
        JsonForm::Document => serde_json::to_string_pretty(report),
        JsonForm::Lines => lines().map(|lines| lines.join("\n")),
    };
    text.map_err(Failure::internal)
}

fn options(arguments: &CheckArguments) -> Options {
    Options {
        name: arguments.name.clone(),
        preset: arguments.preset(),
        seed: arguments.seed,
        delta: arguments.delta,
        precision: arguments.precision,
    }
}

/// The journal of this check; that of another one, whose report nobody waits for, gives way to it.
fn journal(path: &Path, suite: &Suite<'_>) -> Result<Journal, Failure> {
    let journal = match Journal::open(path, suite.settings()) {
        Err(JournalError::OtherWork { .. }) => {
            note(&format!(
                "{} is of a check with other settings, or of another version, and begins anew",
                path.display()
            ));
            std::fs::remove_file(path).map_err(|err| Failure::bad_input(format!("{}: {err}", path.display())))?;
            Journal::open(path, suite.settings())
        }
        other => other,
    };
    let journal = journal.map_err(Failure::bad_input)?;
    if journal.known() > 0 {
        note(&format!("going on from {}: {} cells are done", path.display(), journal.known()));
    }
    Ok(journal)
}

/// Threads with a stack that is deep enough.
pub(super) fn thread_pool(threads: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    suite::thread_pool(threads.map(usize::from))
        .map_err(|err| Failure::internal(format!("cannot start threads: {err}")))
}

/// Longest name of a report in bytes: most file systems take 255 with the extension.
const LONGEST_NAME: usize = 200;

fn validate(arguments: &CheckArguments) -> Result<(), Failure> {
    check_name(&arguments.name)?;
    check_delta(arguments.delta)?;
    check_output(&arguments.output, &arguments.name)
}

/// Refuses what is no name of a report.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !name.starts_with('.');
    if !plain {
        return Err(Failure::bad_input(format!(
            "the report's name `{name}` may only have letters, digits, hyphens, underscores and points, and not begin with a point"
        )));
    }
    if let Some(stem) = name.strip_suffix(".json") {
        return Err(Failure::bad_input(format!(
            "the report's name `{name}` is to be without the extension, which is added: --name {stem}"
        )));
    }
    if name.len() > LONGEST_NAME {
        return Err(Failure::bad_input(format!(
            "the report's name has {} bytes; at most {LONGEST_NAME} are allowed",
            name.len()
        )));
    }
    Ok(())
}

/// Shown on a terminal only.
pub(super) fn progress_bar(count: u64, unit: &str) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(count), target);
    let style = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{rate}}/s, {{eta}} left"));
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // Where it cannot be written, nothing is shown.
        let _ = out.write_str(&two_digits(state.per_sec()));
    };
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A rate, of which no more than two digits say anything.
fn two_digits(rate: f64) -> String {
    if rate >= 99.5 {
        format!("{:.0}", 10.0 * (rate / 10.0).round())
    } else if rate >= 9.95 {
        format!("{rate:.0}")
    } else {
        format!("{rate:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_two_digits() {
        let cases = [(0.123, "0.1"), (7.891, "7.9"), (9.96, "10"), (12.345, "12"), (99.9, "100"), (1234.5, "1230")];
        for (rate, text) in cases {
            assert_eq!(two_digits(rate), text);
        }
    }
}
