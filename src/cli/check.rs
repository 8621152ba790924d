//! `lemmata check`: the main job.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rayon::prelude::*;

use super::output::print_verdicts;
use super::signals::Signals;
use super::{CheckArguments, ExitCode, Failure, check_delta, check_output, diff, load_each};
use crate::inference::{Ledger, Verdict};
use crate::prove::{Standing, standing};
use crate::report::{
    self, Baseline, CellReport, Difference, Kind, Provenance, Report, SCHEMA_VERSION, Settings, StatementSummary,
};
use crate::statement::{Expectation, Statement, Subject};
use crate::verify::plan::Plan;
use crate::verify::{self, Cell, Curve, Judging};

/// Enough for the deepest claim that the language admits.
const STACK_BYTES: usize = 16 << 20;

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    validate(arguments)?;
    // Read before the work, so that a mistake costs none of it.
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose().map_err(Failure::bad_input)?;
    let statements = load_each(&arguments.statements)?;
    let pool = thread_pool(arguments.threads)?;
    let preset = arguments.preset();
    let plans = statements.iter().map(|statement| Plan::new(statement, preset)).collect::<Result<Vec<_>, _>>()?;
    let signals = Signals::awaited()?;
    let report = pool.install(|| make_report(arguments, &statements, &plans, &signals));
    // Written before anything is printed: a reader who goes away must not cost the report.
    let path = report::write(&report, &arguments.output).map_err(Failure::bad_input)?;
    let cells = if arguments.cells { report::render_cells(&report) + "\n" } else { String::new() };
    print_verdicts(&format!("{cells}{}\nreport: {}", report::render(&report), path.display()))?;
    let difference = baseline.map(|baseline| Difference::between(&baseline.of(&statements), &Baseline::from(&report)));
    if let Some(difference) = &difference {
        print_verdicts(&format!("\nBeside the baseline:\n{}", difference.text()))?;
    }
    let ended = signals.come().filter(|_| report.not_reached > 0);
    Ok(ended.unwrap_or_else(|| match (exit_code(&report), difference.as_ref().map(diff::code)) {
        (ExitCode::Success | ExitCode::Open, Some(ExitCode::Violated)) => ExitCode::Violated,
        (code, _) => code,
    }))
}

/// Threads with a stack that is deep enough.
pub(super) fn thread_pool(threads: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0).into())
        .stack_size(STACK_BYTES)
        .build()
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

fn make_report(arguments: &CheckArguments, statements: &[Statement], plans: &[Plan<'_>], signals: &Signals) -> Report {
    let begin = Instant::now();
    let preset = arguments.preset();
    let mut effort = preset.effort();
    effort.precision = arguments.precision;
    let cells: Vec<Cell<'_>> = plans.iter().flat_map(|plan| plan.cells.clone()).collect();
    // Every claim of every whole-run cell has a share, whether or not it turns out to need one.
    let tests = cells
        .iter()
        .filter(|c| c.statement.subject == Subject::WholeRun)
        .map(|c| c.statement.claims.len() as u64)
        .sum();
    let ledger = Ledger { delta: arguments.delta, tests };
    let judging = Judging { effort: &effort, ledger, seed: arguments.seed };
    let progress = progress_bar(cells.len() as u64, "cells");
    let outcomes = verify::check_cells_while(&cells, judging, &|| signals.come().is_none(), &|| progress.inc(1));
    progress.finish_and_clear();
    let reached: Vec<_> = cells.iter().zip(outcomes).filter_map(|(cell, outcome)| Some((cell, outcome?))).collect();
    let planned = cells.len();
    let (built, outcomes): (Vec<&Cell<'_>>, Vec<_>) = reached.into_iter().unzip();
    let numbered = built.iter().zip(outcomes).enumerate();
    let mut cells: Vec<CellReport> =
        numbered.map(|(number, (cell, outcome))| CellReport::new(number, cell, outcome)).collect();
    let standings: Vec<Option<Standing>> = statements.par_iter().map(standing).collect();
    let summed = statements.iter().zip(plans).zip(standings);
    let mut summaries: Vec<StatementSummary> = summed
        .map(|((statement, plan), proof)| StatementSummary::new(statement, plan.why_vacuous(), proof, &cells))
        .collect();
    report::spread_taint(&mut summaries);
    let exemplars = summaries.iter().filter_map(|summary| summary.exemplars);
    let numbers: Vec<usize> = exemplars.flat_map(|exemplars| exemplars.numbers()).collect();
    let curves: Vec<Vec<Curve>> = numbers.par_iter().map(|number| verify::curves(built[*number], judging)).collect();
    numbers.into_iter().zip(curves).for_each(|(number, curves)| cells[number].curves = curves);
    Report {
        kind: Kind::Check,
        schema_version: SCHEMA_VERSION,
        name: arguments.name.clone(),
        provenance: Provenance::new(begin.elapsed().as_secs_f64()),
        settings: Settings { seed: arguments.seed, preset, effort, ledger },
        statements: summaries,
        not_reached: planned - cells.len(),
        cells,
    }
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

fn exit_code(report: &Report) -> ExitCode {
    let failed =
        |internal: bool| report.cells.iter().filter_map(|c| c.failure.as_ref()).any(|f| f.internal == internal);
    let open = |s: &StatementSummary| {
        let violated = s.verdicts.get(&Verdict::Violated).copied().unwrap_or(0);
        // False on purpose, and found so wherever there was an outcome at all.
        let but_for_errors = s.expected == Expectation::Violated && s.errors > 0 && violated + s.errors == s.cells();
        matches!(s.verdict, Verdict::Inconclusive | Verdict::Vacuous) || but_for_errors
    };
    let unexpected: Vec<&StatementSummary> = report.statements.iter().filter(|s| !s.as_expected).collect();
    if failed(true) || report.statements.iter().any(StatementSummary::contradicts_its_proof) {
        ExitCode::Internal
    } else if unexpected.iter().any(|s| !open(s)) {
        // Violated, or false on purpose and not found so.
        ExitCode::Violated
    } else if failed(false) {
        ExitCode::BadInput
    } else if unexpected.is_empty() {
        ExitCode::Success
    } else {
        ExitCode::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;
    use crate::report::tests::summary;

    const VERDICTS: [Verdict; 6] = [
        Verdict::Proved,
        Verdict::Holds,
        Verdict::NotRefuted,
        Verdict::Vacuous,
        Verdict::Inconclusive,
        Verdict::Violated,
    ];

    #[test]
    fn rates_have_two_digits() {
        let cases = [(0.123, "0.1"), (7.891, "7.9"), (9.96, "10"), (12.345, "12"), (99.9, "100"), (1234.5, "1230")];
        for (rate, text) in cases {
            assert_eq!(two_digits(rate), text);
        }
    }

    #[test]
    fn what_is_false_on_purpose_and_partly_in_error_ends_with_2() {
        let mut statement = summary("false", Verdict::Violated, &[]);
        statement.expected = Expectation::Violated;
        statement.verdicts.insert(Verdict::Violated, 3);
        statement.errors = 1;
        let mut report = report_of(vec![statement]);
        let failure = Some(report::Failure { message: "no value".into(), internal: false });
        report.cells.push(report::tests::cell("false", failure));
        assert_eq!(exit_code(&report), ExitCode::BadInput);
        report.statements[0].verdicts.insert(Verdict::Holds, 1);
        assert_eq!(exit_code(&report), ExitCode::Violated);
    }

    /// Of a check that came to these verdicts.
    fn report_of(statements: Vec<StatementSummary>) -> Report {
        let preset = Preset::Quick;
        let ledger = Ledger { delta: 1e-6, tests: 0 };
        Report {
            kind: Kind::Check,
            schema_version: SCHEMA_VERSION,
            name: "check".into(),
            provenance: Provenance::new(0.0),
            settings: Settings { seed: 1, preset, effort: preset.effort(), ledger },
            statements,
            not_reached: 0,
            cells: Vec::new(),
        }
    }

    #[test]
    fn a_statement_that_rests_on_what_is_violated_never_ends_with_0() {
        for (lemma, theorem) in VERDICTS.into_iter().flat_map(|v| VERDICTS.map(|w| (v, w))) {
            for expected in [Expectation::Holds, Expectation::Violated] {
                let mut top = summary("corollary", theorem, &["theorem"]);
                top.expected = expected;
                top.as_expected = true;
                let mut statements =
                    [top, summary("theorem", Verdict::Holds, &["lemma"]), summary("lemma", lemma, &[])];
                report::spread_taint(&mut statements);
                let tainted = statements.iter().filter(|s| !s.tainted_by.is_empty()).count();
                assert_eq!(tainted, if lemma == Verdict::Violated { 2 } else { 0 });
                let code = exit_code(&report_of(statements.to_vec()));
                assert!(tainted == 0 || code == ExitCode::Violated, "{lemma}, {theorem}: {code:?}");
            }
        }
    }
}
