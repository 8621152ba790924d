//! `lemmata replay`: one cell of a report again.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::output::print;
use super::{ExitCode, Failure, ReplayArguments, audit, prove};
use crate::audit::running::report::AuditReport;
use crate::audit::search::worst::Shown;
use crate::inference::Verdict;
use crate::prove::standing;
use crate::report::{self, AnyReport, CellReport, Provenance, Report, StatementSummary, by_hand, wording};
use crate::statement::{Statement, library, load_text};
use crate::verify::approximating::replay_table;
use crate::verify::choosing::plan;
use crate::verify::instances::{CellSpec, Instance};
use crate::verify::{self, Cell, CheckFailure, Judging, Outcome};

pub(super) fn run(arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let path = arguments.report.as_path();
    let Some(number) = arguments.cell else { return prove::replay(path, arguments.statement.as_deref()) };
    match report::read_any(path).map_err(Failure::bad_input)? {
        AnyReport::Check(report) => run_check(&report, number, arguments),
        AnyReport::Audit(audit) => run_audit(&audit, number, arguments),
        AnyReport::Compare(_) | AnyReport::Calibrate(_) => Err(Failure::bad_input(format!(
            "{} has no cells to replay: its numbers are of many runs; the same command makes it again",
            path.display()
        ))),
    }
}

fn run_check(report: &Report, number: usize, arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let path = arguments.report.as_path();
    let cell = cell(report, number, path)?;
    let statement = statement(report, cell, path)?;
    let mut effort = report.settings.effort.clone();
    effort.precision = arguments.precision.or(effort.precision);
    let judging = Judging { effort: &effort, error_budget: report.settings.error_budget, seed: report.settings.seed };
    let replayed = built(&statement, &cell.spec, (number, path))?;
    let found = again(&replayed, &cell.spec.to_string(), judging, (number, arguments.json))?;
    if arguments.precision.is_none()
        && let Some(difference) = difference(report, (number, cell), (&replayed, judging), &found)?
    {
        let found = found.map_or_else(|failure| format!("the cell has no verdict: {failure}\n"), |_| String::new());
        return differs(&format!("{found}this differs from the report: {difference}"), &report.provenance, arguments);
    }
    let outcome = found.map_err(|failure| no_verdict(number, path, &failure))?;
    let claims_proof = report.statements.iter().any(|own| own.id == statement.id && own.verdict == Verdict::Proved);
    if claims_proof && !arguments.json && shipped(&statement).is_none() {
        print(
            "what the report says of a proof is not checked by a replay: `lemmata verify` does, with the proof's file",
        )?;
    }
    Ok(outcome.exit_code())
}

/// Says that the report is not what comes out now; beside JSON, on standard error.
fn differs(text: &str, provenance: &Provenance, arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let text = format!("{text}; {}", cause(provenance));
    if arguments.json {
        return Err(Failure::internal(text));
    }
    print(&text)?;
    Ok(ExitCode::Internal)
}

fn built<'a>(statement: &'a Statement, spec: &CellSpec, (number, path): (usize, &Path)) -> Result<Cell<'a>, Failure> {
    Cell::build(statement, spec.clone()).map_err(|err| no_verdict(number, path, &err.into()))
}

/// Checks a cell again and prints its first replicate, its verdict and, where it is violated, how to follow it; or its
/// outcome alone as JSON.
fn again(
    cell: &Cell<'_>,
    label: &str,
    judging: Judging<'_>,
    (number, json): (usize, bool),
) -> Result<Result<Outcome, CheckFailure>, Failure> {
    let found = verify::check_cell(cell, judging);
    if json {
        if let Ok(outcome) = &found {
            print(&serde_json::to_string_pretty(outcome).map_err(Failure::internal)?)?;
        }
        return Ok(found);
    }
    print(&format!("cell {number}: {}; {label}\n{}", cell.statement.id, replay_table::text(cell, judging)))?;
    if let Ok(outcome) = &found {
        let worst = wording::worst(outcome).map_or_else(String::new, |worst| format!(": {worst}"));
        print(&format!("{} by {}{worst}", outcome.verdict, outcome.evidence.name()))?;
        if let Some(text) = by_hand(outcome) {
            print(&text)?;
        }
    }
    Ok(found)
}

/// The same for an audit: the number is its statement's position, and the cell the counterexample that it found,
/// else its tightest instance.
fn run_audit(report: &AuditReport, number: usize, arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let path = arguments.report.as_path();
    let bad = |text: String| Failure::bad_input(format!("{}: {text}", path.display()));
    let audit = report.statements.get(number).ok_or_else(|| {
        bad(format!("the audit has {} statements, counted from 0, not {number}", report.statements.len()))
    })?;
    let shown: &Shown = audit
        .worst
        .as_ref()
        .and_then(|worst| worst.counterexample.as_ref().or(worst.tightest.as_ref()))
        .ok_or_else(|| bad(format!("the audit of `{}` found no instance to replay", audit.id)))?;
    let statement = load_text(&format!("{} in {}", audit.id, path.display()), &audit.text)?;
    if statement.hash != audit.hash {
        return Err(bad(format!("the text of `{}` does not have the hash that the audit names", audit.id)));
    }
    let mut effort = audit::effort();
    effort.precision = arguments.precision;
    let error_budget = audit::error_budget(report.settings.delta);
    let judging = Judging { effort: &effort, error_budget, seed: report.settings.seed };
    let cell = built(&statement, &shown.spec, (number, path))?;
    let found = again(&cell, &shown.label, judging, (number, arguments.json))?;
    let outcome = found.map_err(|failure| no_verdict(number, path, &failure))?;
    if arguments.precision.is_none()
        && let Some(difference) = between("outcome", &shown.outcome, &outcome)?
    {
        return differs(&format!("this differs from the report: {difference}"), &report.provenance, arguments);
    }
    Ok(outcome.exit_code())
}

fn cell<'r>(report: &'r Report, number: usize, path: &Path) -> Result<&'r CellReport, Failure> {
    report.cells.get(number).ok_or_else(|| {
        let there = match report.cells.len() {
            0 => "the report has no cells".to_owned(),
            1 => format!("the report has cell 0 alone, not {number}"),
            count => format!("the report has cells 0 to {}, not {number}", count - 1),
        };
        Failure::bad_input(format!("{}: {there}", path.display()))
    })
}

/// The statement from the text that the report keeps.
fn statement(report: &Report, cell: &CellReport, path: &Path) -> Result<Statement, Failure> {
    let Some(summary) = report.statements.iter().find(|s| s.id == cell.statement) else {
        return Err(Failure::bad_input(format!(
            "{}: the report lacks the text of `{}`, so its cells cannot be replayed; make it anew with `lemmata check`",
            path.display(),
            cell.statement,
        )));
    };
    if report.statements.iter().filter(|own| own.id == summary.id).count() > 1 {
        let told = format!("{}: the report sums up `{}` more than once", path.display(), summary.id);
        return Err(Failure::bad_input(told));
    }
    let statement = load_text(&format!("{} in {}", cell.statement, path.display()), &summary.text)?;
    if statement.hash != summary.hash {
        return Err(Failure::bad_input(format!(
            "{}: the text of `{}` does not have the hash that the report names; was the report edited, or has the statement changed that it instantiates?",
            path.display(),
            statement.id,
        )));
    }
    Ok(statement)
}

/// The shipped statement that this one is.
fn shipped(statement: &Statement) -> Option<Statement> {
    library::load(&statement.id).and_then(Result::ok).filter(|own| own.hash == statement.hash)
}

/// Where the report of the cell, or the summary of its statement, is not what comes out now.
fn difference(
    report: &Report,
    (number, cell): (usize, &CellReport),
    (replayed, judging): (&Cell<'_>, Judging<'_>),
    found: &Result<Outcome, CheckFailure>,
) -> Result<Option<String>, Failure> {
    let summarised = |id: &str| report.statements.iter().find(|summary| summary.id == id);
    let summary = summarised(&replayed.statement.id);
    let mut again = CellReport {
        outcome: found.as_ref().ok().cloned(),
        failure: found.as_ref().err().map(report::Failure::from),
        ..CellReport::unchecked(number, replayed)
    };
    if summary.and_then(|summary| summary.exemplars).is_some_and(|exemplars| exemplars.numbers().contains(&number)) {
        again.curves = verify::curves(replayed, judging);
    }
    if !cell.sweeps.is_empty() {
        again.sweeps = verify::sweeps(replayed, judging).sweeps;
    }
    if let Some(difference) = between("cell", cell, &again)? {
        return Ok(Some(difference));
    }
    let statement = replayed.statement;
    let Some(summary) = summary else { return Ok(None) };
    if let (Some(claimed), Some(own)) = (&summary.proof, shipped(statement))
        && standing(&own).as_ref() != Some(claimed)
    {
        return Ok(Some("statement: `proof` is not what its stored proof comes to".to_owned()));
    }
    let mut summaries = report.statements.clone();
    for other in summaries.iter_mut().filter(|other| other.id == statement.id) {
        // A proof belongs to the statement, and is not what is replayed.
        let proof = other.proof.clone();
        *other = StatementSummary::new(statement, why_vacuous(statement, report), proof, &report.cells);
    }
    report::spread_taint(&mut summaries);
    match summaries.iter().find(|other| other.id == statement.id) {
        Some(again) => between("statement", summary, again),
        None => Ok(None),
    }
}
/// Which claim of the statement, if any, no cell of the report compares. Cells that cannot be built compare
/// nothing.
fn why_vacuous(statement: &Statement, report: &Report) -> Option<String> {
    let mut compared = vec![false; statement.claims.len()];
    for cell in report.cells.iter().filter(|cell| cell.statement == statement.id) {
        if let Ok(instance) = Instance::build(statement, &cell.spec) {
            compared.iter_mut().zip(plan::compared(&instance)).for_each(|(known, new)| *known |= new);
        }
    }
    plan::never_compared(&compared)
}

/// The first field, by its path, that differs between the report and what comes out now.
fn between<T: Serialize>(name: &str, reported: &T, again: &T) -> Result<Option<String>, Failure> {
    let json = |value: &T| serde_json::to_value(value).map_err(Failure::internal);
    Ok(first_difference(name, &json(reported)?, &json(again)?))
}

fn first_difference(path: &str, reported: &Value, again: &Value) -> Option<String> {
    match (reported, again) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |map: &serde_json::Map<String, Value>, name: &str| map.get(name).cloned().unwrap_or_default();
            names.into_iter().find_map(|name| first_difference(&format!("{path}.{name}"), &of(a, name), &of(b, name)))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(i, (a, b))| first_difference(&format!("{path}[{i}]"), a, b))
        }
        _ if reported == again => None,
        _ => Some(format!("`{path}` is {} there and {} now", short(reported), short(again))),
    }
}

/// A value that fits a line.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Why a replay may differ from its report.
fn cause(reported: &Provenance) -> String {
    let own = Provenance::new(reported.wall_seconds);
    if *reported == own {
        return "it was edited, or lemmata has a defect, since this very version made it".to_owned();
    }
    let named = |p: &Provenance| format!("{} ({}, {}, {})", p.version, p.commit, p.toolchain, p.platform);
    format!("lemmata {} made it and this is {}, or it was edited", named(reported), named(&own))
}

fn no_verdict(number: usize, path: &Path, failure: &CheckFailure) -> Failure {
    let code = if failure.is_internal() { ExitCode::Internal } else { ExitCode::BadInput };
    Failure::new(format!("cell {number} of {} has no verdict: {failure}", path.display()), code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_field_that_differs_is_named_by_its_path() {
        let reported = json!({ "a": 1, "b": { "c": [1, { "d": null }] }, "e": "x" });
        assert_eq!(first_difference("cell", &reported, &reported), None);
        for (pointer, value, path) in [
            ("/a", json!(2), "cell.a"),
            ("/b/c/1/d", json!(0.5), "cell.b.c[1].d"),
            ("/b/c", json!([]), "cell.b.c"),
            ("/e", json!(null), "cell.e"),
        ] {
            let mut changed = reported.clone();
            *changed.pointer_mut(pointer).expect("a place") = value;
            let found = first_difference("cell", &changed, &reported).expect("a difference");
            assert!(found.starts_with(&format!("`{path}` is ")), "{found}");
        }
        let added = json!({ "a": 1, "b": { "c": [1, { "d": null }] }, "e": "x", "f": 1 });
        assert!(first_difference("cell", &added, &reported).is_some());
    }
}
