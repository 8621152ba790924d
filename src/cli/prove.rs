//! `lemmata prove` and `lemmata verify`.

use std::io::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use super::check::progress_bar;
use super::output::print;
use super::{ExitCode, Failure, load, load_each};
use crate::prove::{self, Case, Effort, Proof, Refutation, Refuted};
use crate::report;
use crate::statement::{Expectation, Statement, library};
use crate::text;

/// Largest proof file in bytes.
const MOST_BYTES: u64 = 4 << 20;

pub(super) fn prove(names: &[PathBuf], output: Option<&Path>, effort: Effort) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::Success;
    for statement in load_each(names)? {
        match prove_one(&statement, output, effort)? {
            ExitCode::Violated => code = ExitCode::Violated,
            ExitCode::Open if code == ExitCode::Success => code = ExitCode::Open,
            _ => {}
        }
    }
    Ok(code)
}

fn prove_one(statement: &Statement, output: Option<&Path>, effort: Effort) -> Result<ExitCode, Failure> {
    let (begun, mut cases, mut open) = (Instant::now(), 0, Vec::new());
    let bar = progress_bar(0, "cases");
    let attempted = prove::attempt(statement, effort, &mut |problem, case| {
        cases += 1;
        bar.inc_length(1);
        bar.inc(1);
        if let Case::Open(why) = case {
            open.push(format!("  open  {}: {why}", problem.name));
        }
    });
    bar.finish_and_clear();
    let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
    if let Ok(Some(proof)) = attempted {
        let seconds = begun.elapsed().as_secs_f64();
        let given = match &proof.given()[..] {
            [] => String::new(),
            lemmas => format!(", given {}", lemmas.join(" and ")),
        };
        print(&format!("{}: proved for all parameters{given}, {cases} in {seconds:.1} s", statement.id))?;
        write(output, |folder| proof.write(folder))?;
        return Ok(ExitCode::Success);
    }
    if let Some(refuted) = prove::refute(statement, effort) {
        return print_refuted(statement, output, &refuted);
    }
    let seconds = begun.elapsed().as_secs_f64();
    print(&match attempted {
        Err(why) => format!("{}: not translated: {why}", statement.id),
        Ok(_) => format!("{}: open, {} of {cases} in {seconds:.1} s", statement.id, open.len()),
    })?;
    if let Some(why) = prove::no_corollary(statement) {
        print(&format!("  as a corollary: {why}"))?;
    }
    if !open.is_empty() {
        print(&open.join("\n"))?;
    }
    Ok(ExitCode::Open)
}

/// Writes what was found into a folder, where one is asked for.
fn write(folder: Option<&Path>, write: impl FnOnce(&Path) -> Result<PathBuf, Error>) -> Result<(), Failure> {
    let Some(folder) = folder else { return Ok(()) };
    let path = write(folder).map_err(|err| Failure::bad_input(format!("{}: {err}", folder.display())))?;
    print(&format!("  {}", path.display()))
}

fn print_refuted(statement: &Statement, output: Option<&Path>, refuted: &Refuted) -> Result<ExitCode, Failure> {
    let Refuted { refutation, gaps } = refuted;
    let is_expected = statement.expect == Expectation::Violated;
    let expected = if gaps.is_empty() && is_expected { ", as it is to be" } else { "" };
    print(&format!("{}: {}{expected}", statement.id, described(gaps)))?;
    print(&refutation.counterexample.text())?;
    write(output, |folder| refutation.write(folder))?;
    Ok(match (gaps.is_empty(), is_expected) {
        (false, _) => ExitCode::Open,
        (true, false) => ExitCode::Violated,
        (true, true) => ExitCode::Success,
    })
}

/// What a counterexample says of its statement.
fn described(gaps: &[String]) -> String {
    match gaps {
        [] => "refuted: an exact counterexample obeys every hypothesis".to_owned(),
        _ => format!(
            "open: an exact counterexample obeys all that is known of a run, and may be none ({})",
            gaps.join("; ")
        ),
    }
}

/// What `lemmata prove` writes, with the statement that it is of.
pub(super) enum Found {
    Proof(Box<Proof>, Box<Statement>),
    Counterexample(Box<Refutation>, Box<Statement>),
}

/// What a file has in it, unchecked; nothing where it is neither a proof nor a counterexample.
pub(super) fn found(path: &Path, statement: Option<&Path>, most_bytes: u64) -> Result<Option<Found>, Failure> {
    let failed = |why: String| failed(path, why);
    let text = text::read(path, most_bytes).map_err(|err| failed(err.to_string()))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|err| failed(format!("it is no proof and no report, as it is no JSON: {err}")))?;
    let load_of = |id: &str| match statement {
        Some(file) => load(file).map(Box::new),
        None if library::source(id).is_none() => {
            Err(failed(format!("it is of `{id}`, which is no shipped statement: name its file with --statement")))
        }
        None => load(Path::new(id)).map(Box::new),
    };
    Ok(if value.get("counterexample").is_some() {
        let read = serde_json::from_value(value);
        let own: Box<Refutation> = read.map_err(|err| failed(format!("it is no refutation: {err}")))?;
        let statement = load_of(&own.statement)?;
        Some(Found::Counterexample(own, statement))
    } else if value.get("cases").is_some() && value.get("statement").is_some() {
        let own: Box<Proof> = serde_json::from_value(value).map_err(|err| failed(format!("it is no proof: {err}")))?;
        let statement = load_of(&own.statement)?;
        Some(Found::Proof(own, statement))
    } else {
        None
    })
}

/// Checks a proof or a counterexample, and prints what it is.
pub(super) fn verify(path: &Path, statement: Option<&Path>) -> Result<ExitCode, Failure> {
    match found(path, statement, MOST_BYTES)? {
        Some(Found::Proof(proof, statement)) => {
            let checked = prove::verify(&statement, &proof);
            let cases = checked.map_err(|why| failed(path, format!("the proof is rejected: {why}")))?;
            let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
            print(&format!("{}: the proof is valid, {cases}", statement.id))?;
            Ok(ExitCode::Success)
        }
        Some(Found::Counterexample(refutation, statement)) => counterexample(path, &refutation, &statement),
        None => Err(failed(path, "it is no proof and no counterexample".to_owned())),
    }
}

/// Prints a counterexample, which has no cells.
pub(super) fn replay(path: &Path, statement: Option<&Path>) -> Result<ExitCode, Failure> {
    match found(path, statement, report::MAX_BYTES)? {
        Some(Found::Counterexample(refutation, statement)) => counterexample(path, &refutation, &statement),
        _ => Err(failed(path, "which cell? give --cell NUMBER".to_owned())),
    }
}

fn counterexample(path: &Path, refutation: &Refutation, statement: &Statement) -> Result<ExitCode, Failure> {
    let checked = prove::verify_refutation(statement, refutation);
    let gaps = checked.map_err(|why| failed(path, format!("the refutation is rejected: {why}")))?;
    print(&format!("{}: {}", statement.id, described(&gaps)))?;
    print(&refutation.counterexample.text())?;
    Ok(ExitCode::Success)
}

fn failed(path: &Path, why: String) -> Failure {
    Failure::bad_input(format!("{}: {why}", path.display()))
}
