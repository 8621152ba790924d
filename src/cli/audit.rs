//! `lemmata audit`: which constants matter, how much room each has, and the worst instance.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::check::{check_name, progress_bar, thread_pool};
use super::output::print;
use super::signals::Signals;
use super::{AuditArguments, ExitCode, Failure, check_delta, check_output, load_each};
use crate::audit::mutation::trial::Depth;
use crate::audit::running::report::{AuditReport, AuditSettings, SCHEMA_VERSION, render};
use crate::audit::running::run::{Audit, AuditError, StatementAudit, StopAfter, pieces};
use crate::audit::search::evaluator::InstanceEvaluator;
use crate::audit::search::worst::WorstInstance;
use crate::inference::{ErrorBudget, Evidence, Verdict};
use crate::journal::Journal;
use crate::preset::{Effort, Preset};
use crate::report::{self, Kind, Provenance};
use crate::statement::{Statement, library, stored_folder};
use crate::verify::choosing::corpus::{self, StoredCell, StoredCells};
use crate::verify::instances::CellSpec;
use crate::verify::{Judging, Outcome};

/// An audit judges no more often than this by sampling; each judgement has its share of the error.
const JUDGEMENTS: u64 = 1_000_000;
/// Of one piece of work.
const MOST_JUDGEMENTS: u64 = 1000;
/// Replicates of one judgement: an audit wants many of them.
const REPLICATES: u64 = 20_000;

impl AuditArguments {
    fn depth(&self) -> Depth {
        match (self.quick, self.full) {
            (true, _) => Depth { evaluations: 200, searches: 1, whole_suite: false },
            (_, true) => Depth { evaluations: 2000, searches: 4, whole_suite: true },
            _ => Depth { evaluations: 400, searches: 2, whole_suite: true },
        }
    }
}

/// Reads `600`, `600s`, `10m`, `1h` or `5000cells`.
pub(super) fn budget(text: &str) -> Result<StopAfter, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
    let seconds = |factor: u64| {
        let total = number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too long"))?;
        Ok(StopAfter::Time(Duration::from_secs(total)))
    };
    match unit.trim() {
        "" | "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "cells" => Ok(StopAfter::Evaluations(number)),
        other => Err(format!("`{other}` is no unit: 600s, 10m, 1h or 5000cells")),
    }
}

pub(super) fn run(arguments: &AuditArguments) -> Result<ExitCode, Failure> {
    check_name(&arguments.name)?;
    check_delta(arguments.delta)?;
    check_output(&arguments.output, &arguments.name)?;
    let begin = Instant::now();
    let shipped = library::load_all()?;
    let statements = if arguments.statements.is_empty() { shipped.clone() } else { load_each(&arguments.statements)? };
    let count: u64 = statements.iter().map(|statement| pieces(statement) as u64).sum();
    let settings = settings(arguments, count);
    let journal_path = arguments.output.join(format!("{}.journal", arguments.name));
    let journal = Journal::open(&journal_path, &settings).map_err(Failure::bad_input)?;
    let effort = effort();
    let error_budget = error_budget(arguments.delta);
    let evaluator = InstanceEvaluator::new(Judging { effort: &effort, error_budget, seed: arguments.seed });
    let pool = thread_pool(arguments.threads)?;
    let signals = Signals::awaited()?;
    let progress = progress_bar(count, "pieces of work");
    let audit = Audit {
        evaluator: &evaluator,
        journal: &journal,
        depth: settings.depth,
        judgements: settings.judgements,
        budget: arguments.budget.unwrap_or(StopAfter::Unlimited),
        begin,
        relatives: &shipped,
        fresh: AtomicU64::new(0),
        going_on: &|| signals.come().is_none(),
        done: &|| progress.inc(1),
    };
    let audits = pool.install(|| audit.run(&statements)).map_err(|err| match err {
        AuditError::Statement(err) => Failure::from(err),
        AuditError::Journal(err) => Failure::bad_input(err),
    })?;
    progress.finish_and_clear();
    let complete = audits.iter().all(|audit| audit.unfinished == 0);
    let code = exit_code(&audits);
    let report = AuditReport {
        kind: Kind::Audit,
        schema_version: SCHEMA_VERSION,
        name: arguments.name.clone(),
        provenance: Provenance::new(begin.elapsed().as_secs_f64()),
        settings,
        evaluations: audits.iter().map(|audit| audit.evaluations).sum(),
        statements: audits,
    };
    let path = report::write_audit(&report, &arguments.output).map_err(Failure::bad_input)?;
    let kept = if arguments.no_store {
        Kept::default()
    } else {
        pool.install(|| store(&evaluator, &statements, &report.statements))?
    };
    let told = told(&report, &kept, &path);
    if complete {
        journal.close().map_err(Failure::bad_input)?;
        print(&told)?;
        return Ok(code);
    }
    let why = if signals.come().is_some() { "ended early" } else { "the budget is spent" };
    print(&format!("{told}\n{why}; the same command goes on from {}", journal_path.display()))?;
    Ok(signals.come().unwrap_or(code))
}

/// What is asked for, of so many pieces of work.
fn settings(arguments: &AuditArguments, count: u64) -> AuditSettings {
    // Of one piece as of many: an audit of other statements goes on from the same journal.
    let judgements = (JUDGEMENTS / count.max(1)).min(MOST_JUDGEMENTS);
    AuditSettings { seed: arguments.seed, depth: arguments.depth(), delta: arguments.delta, judgements }
}

/// The tables, what was stored, and where the report is.
fn told(report: &AuditReport, kept: &Kept, path: &Path) -> String {
    let warnings: String = kept.warnings.iter().map(|warning| format!("\n{warning}")).collect();
    format!(
        "{}\n{} instances looked at in {:.1} s; {} worst instances stored beside their statements\nreport: {}{warnings}",
        render(report).trim_end(),
        report.evaluations,
        report.provenance.wall_seconds,
        kept.new,
        path.display()
    )
}

/// What an audit judges an instance by.
pub(super) fn effort() -> Effort {
    Effort { replicates: REPLICATES, ..Preset::Quick.effort() }
}

/// The share of each judgement in the family-wise error.
pub(super) fn error_budget(delta: f64) -> ErrorBudget {
    ErrorBudget { delta, tests: JUDGEMENTS }
}

/// Instances stored for one statement: the newest, and what earlier audits found.
const STORED: usize = 4;

/// What was stored.
#[derive(Default)]
struct Kept {
    /// Instances that were not known before.
    new: usize,
    /// Why instances of some statements could not be stored: no fault of theirs.
    warnings: Vec<String>,
}

/// Stores each statement's counterexample or tightest instance beside its file, where there is such a folder:
/// later checks replay it first. What was stored before is labelled anew, as the statement may have changed.
fn store(
    evaluator: &InstanceEvaluator<'_>,
    statements: &[Statement],
    audits: &[StatementAudit],
) -> Result<Kept, Failure> {
    let mut kept = Kept::default();
    for (statement, audit) in statements.iter().zip(audits) {
        let file = Path::new(&statement.file);
        if !statement.general || !file.is_file() {
            continue;
        }
        let before = corpus::read(statement)?;
        let new = stored_cell(audit).filter(|cell| before.iter().all(|known| known.spec != cell.spec));
        let mut cells: Vec<StoredCell> = new.iter().cloned().collect();
        cells.extend(before.iter().map(|cell| relabelled(evaluator, statement, cell)));
        cells.truncate(STORED);
        if cells == before {
            continue;
        }
        let cells = StoredCells { statement: statement.id.clone(), cells };
        match corpus::write(&cells, &stored_folder(file)) {
            Ok(_) => kept.new += usize::from(new.is_some()),
            Err(err) => kept.warnings.push(format!("warning: {err}")),
        }
    }
    Ok(kept)
}

/// A stored instance with what it shows of the statement as it is now.
fn relabelled(evaluator: &InstanceEvaluator<'_>, statement: &Statement, cell: &StoredCell) -> StoredCell {
    let evaluator = evaluator.piece(statement, statement.claims.len() as u64);
    let doc = evaluator.judge(statement, &cell.spec).outcome().and_then(|outcome| label(&outcome));
    StoredCell {
        doc: doc.unwrap_or_else(|| "an instance that an audit found, of the statement as it was".to_owned()),
        spec: cell.spec.clone(),
    }
}

/// What an instance shows, in one line; none where that is not decided exactly.
fn label(outcome: &Outcome) -> Option<String> {
    if matches!(outcome.evidence, Evidence::Statistical { .. } | Evidence::Range) {
        return None;
    }
    match outcome.verdict {
        Verdict::Violated => Some("a counterexample that the audit found".to_owned()),
        Verdict::Holds => {
            let tightness = outcome.worst.as_ref()?;
            let reached = match tightness.ratio {
                Some(ratio) => format!("lhs/rhs = {ratio:.9}"),
                None => format!("slack {:.2e}", tightness.slack?),
            };
            Some(format!("a tight instance that the audit found: {reached}"))
        }
        _ => None,
    }
}

/// What later checks can replay: exact, and with a verdict.
fn stored_cell(audit: &StatementAudit) -> Option<StoredCell> {
    let worst = audit.worst.as_ref()?;
    let shown = worst.counterexample.as_ref().or(worst.tightest.as_ref())?;
    Some(StoredCell { doc: label(&shown.outcome)?, spec: CellSpec { witness: None, ..shown.spec.clone() } })
}

/// Apparent violations that are larger than this and that nothing decides leave an audit open.
const DOUBT: f64 = 1e-9;

fn exit_code(audits: &[StatementAudit]) -> ExitCode {
    let worst = |audit: &StatementAudit, is: &dyn Fn(&WorstInstance) -> bool| audit.worst.as_ref().is_some_and(is);
    let doubtful = |worst: &WorstInstance| worst.apparent.as_ref().is_some_and(|apparent| apparent.excess > DOUBT);
    let is_open = |audit: &StatementAudit| {
        audit.unfinished > 0 || worst(audit, &|worst| worst.nothing.is_some()) || worst(audit, &doubtful)
    };
    if audits.iter().any(|audit| worst(audit, &|worst| worst.counterexample.is_some())) {
        ExitCode::Violated
    } else if audits.iter().any(is_open) || audits.iter().all(|audit| audit.left_out.is_some()) {
        ExitCode::Open
    } else {
        ExitCode::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_with_their_units() {
        for (text, seconds) in [("600", 600), ("600s", 600), ("10m", 600), ("1h", 3600)] {
            assert!(matches!(budget(text), Ok(StopAfter::Time(t)) if t.as_secs() == seconds), "{text}");
        }
        assert!(matches!(budget("5000cells"), Ok(StopAfter::Evaluations(5000))));
        for wrong in ["", "s", "10 parsecs", "-5", "99999999999999999999s", "9999999999999999999h"] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }
}
