//! `lemmata check`: the main job.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CheckArguments, ExitCode, Failure, load};
use crate::inference::{Ledger, Verdict};
use crate::report::{self, CellReport, Provenance, Report, SCHEMA_VERSION, Settings, StatementSummary};
use crate::statement::{Scope, Statement, library};
use crate::verify::{self, Judging, plan};

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    validate(arguments)?;
    let statements = statements(&arguments.statements)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.unwrap_or(0))
        .build()
        .map_err(|err| Failure { report: miette::miette!("cannot start threads: {err}"), code: ExitCode::Internal })?;
    let report = pool.install(|| make_report(arguments, &statements));
    println!("{}", report::render(&report));
    for (number, cell) in report.cells.iter().enumerate() {
        let violated_unexpectedly = cell.outcome.as_ref().is_some_and(|o| o.verdict == Verdict::Violated)
            && report.statements.iter().any(|s| s.id == cell.statement && !s.as_expected);
        if let Some(failure) = &cell.failure {
            println!("error in cell {number} ({}; {}): {failure}", cell.statement, cell.label);
        } else if violated_unexpectedly {
            println!("violated in cell {number} ({}; {})", cell.statement, cell.label);
        }
    }
    let path = report::write(&report, &arguments.output).map_err(Failure::bad_input)?;
    println!("report: {}", path.display());
    Ok(exit_code(&report))
}

fn validate(arguments: &CheckArguments) -> Result<(), Failure> {
    let name_is_plain = !arguments.name.is_empty()
        && arguments.name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !arguments.name.starts_with('.');
    if !name_is_plain {
        return Err(Failure::bad_input(format!(
            "the report's name `{}` must be a plain file name without extension",
            arguments.name
        )));
    }
    if !(arguments.delta > 0.0 && arguments.delta < 1.0) {
        return Err(Failure::bad_input(format!("--delta {} is not between 0 and 1", arguments.delta)));
    }
    // Fail before the work, not after it, when the report cannot be written.
    std::fs::create_dir_all(&arguments.output)
        .and_then(|()| tempfile::NamedTempFile::new_in(&arguments.output).map(drop))
        .map_err(|err| Failure::bad_input(format!("cannot write to the folder {}: {err}", arguments.output.display())))
}

fn statements(names: &[String]) -> Result<Vec<Statement>, Failure> {
    if names.is_empty() {
        return Ok(library::load_all()?);
    }
    let mut statements: Vec<Statement> = Vec::new();
    for name in names {
        let statement = load(name)?;
        if statements.iter().any(|s| s.id == statement.id) {
            return Err(Failure::bad_input(format!("two statements have the id `{}`", statement.id)));
        }
        statements.push(statement);
    }
    Ok(statements)
}

fn make_report(arguments: &CheckArguments, statements: &[Statement]) -> Report {
    let begin = Instant::now();
    let preset = arguments.preset();
    let mut effort = preset.effort();
    effort.precision = arguments.precision;
    let cells: Vec<_> = statements.iter().flat_map(|s| plan::cells(s, preset)).collect();
    // Every claim of every whole-run cell has a share, whether or not it turns out to need one.
    let tests =
        cells.iter().filter(|c| c.statement.scope() == Scope::WholeRun).map(|c| c.statement.claims.len() as u64).sum();
    let ledger = Ledger { delta: arguments.delta, tests };
    let judging = Judging { effort: &effort, ledger, seed: arguments.seed };
    let progress = progress_bar(cells.len() as u64);
    let outcomes = verify::check_cells(&cells, judging, &|| progress.inc(1));
    progress.finish_and_clear();
    let cells: Vec<CellReport> =
        cells.iter().zip(outcomes).map(|(cell, outcome)| CellReport::new(cell, &effort, outcome)).collect();
    Report {
        schema_version: SCHEMA_VERSION,
        name: arguments.name.clone(),
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("LEMMATA_COMMIT").into(),
            toolchain: env!("LEMMATA_TOOLCHAIN").into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            wall_seconds: begin.elapsed().as_secs_f64(),
        },
        settings: Settings { seed: arguments.seed, preset, effort, ledger },
        statements: statements.iter().map(|s| StatementSummary::new(s, &cells)).collect(),
        cells,
    }
}

/// Shown on a terminal only.
fn progress_bar(cells: u64) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(cells), target);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} cells, {per_sec}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn exit_code(report: &Report) -> ExitCode {
    let unexpected = |verdict| report.statements.iter().any(|s| !s.as_expected && s.verdict == verdict);
    if unexpected(Verdict::Violated) || unexpected(Verdict::Holds) || unexpected(Verdict::NotRefuted) {
        // An unexpected `holds` is a statement that is false on purpose and was not found so, or
        // one with failed cells, which the next line tells apart.
        if report.cells.iter().any(|c| c.failure.is_some()) && !unexpected(Verdict::Violated) {
            return ExitCode::Internal;
        }
        return ExitCode::Violated;
    }
    if report.cells.iter().any(|c| c.failure.is_some()) {
        return ExitCode::Internal;
    }
    if report.statements.iter().all(|s| s.as_expected) { ExitCode::Success } else { ExitCode::Open }
}
