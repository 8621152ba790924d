//! The shipped theorems as a regression suite: one test for each statement on each family of
//! problems, so that a failure names the theorem and the problem it broke on.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lemmata::inference::{ErrorBudget, Verdict};
use lemmata::oracle::SourceSpec;
use lemmata::preset::Preset;
use lemmata::statement::{Expectation, Form, Statement, StatementError, library};
use lemmata::verify::choosing::plan::Plan;
use lemmata::verify::{Cell, Judging, check_cells};
use libtest_mimic::{Arguments, Failed, Trial};
use rayon::prelude::*;

/// Family-wise error of one test: the chance that it fails although every theorem is true.
const DELTA: f64 = 1e-9;
const SEED: u64 = 20_240_300_853;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Tests live as long as the program, and so do the statements that they borrow.
    let statements: &'static [Statement] = match library::load_all() {
        Ok(statements) => statements.leak(),
        Err(err) => {
            eprintln!("{:?}", miette::Report::new(*err));
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    let planned: Vec<_> = statements.par_iter().map(|statement| (statement, cells(statement))).collect();
    for (statement, cells) in planned {
        match cells {
            Ok(cells) => trials.extend(trials_of(statement, cells)),
            Err(err) => trials
                .push(Trial::test(format!("{}: witnesses", statement.id), move || Err(Failed::from(err.to_string())))),
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The cells of the quick suite, and one of the default suite's on every family that is not among them.
/// `lemmata check` has them all.
fn cells(statement: &'static Statement) -> Result<Vec<Cell<'static>>, Box<StatementError>> {
    let mut cells = Plan::new(statement, Preset::Quick)?.cells;
    for cell in Plan::new(statement, Preset::Default)?.cells {
        if cells.iter().all(|known| known.spec.problem.family() != cell.spec.problem.family()) {
            cells.push(cell);
        }
    }
    Ok(cells)
}

fn trials_of(statement: &'static Statement, cells: Vec<Cell<'static>>) -> Vec<Trial> {
    let mut families: BTreeMap<String, Vec<Cell<'static>>> = BTreeMap::new();
    for cell in cells {
        families.entry(cell.spec.problem.family().to_owned()).or_default().push(cell);
    }
    let count = families.len();
    let enough = Trial::test(format!("{} is checked on at least two families", statement.id), move || {
        if count >= 2 || !statement.general { Ok(()) } else { Err(format!("{count} families").into()) }
    });
    let by_family = families.into_iter().map(|(family, cells)| {
        let what = match (statement.expect, statement.form) {
            (Expectation::Violated, _) => "is refuted",
            (Expectation::Holds, Form::Identity) => "is an equality",
            (Expectation::Holds, _) => "holds",
        };
        Trial::test(format!("{} {what} on {family}", statement.id), move || check(statement, &cells))
    });
    std::iter::once(enough).chain(by_family).collect()
}

fn check(statement: &Statement, cells: &[Cell<'_>]) -> Result<(), Failed> {
    let effort = Preset::Quick.effort();
    let tests = (cells.len() * statement.claims.len()) as u64;
    let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: DELTA, tests }, seed: SEED };
    for (cell, outcome) in cells.iter().zip(check_cells(cells, judging, &|| ())) {
        let outcome = outcome.map_err(|err| Failed::from(format!("{}: {err}", cell.spec)))?;
        // Only noise without a bounded tail excuses a claim that is merely not refuted.
        let unbounded = cell.spec.oracle.iter().any(|source| matches!(source, SourceSpec::Gaussian(_)));
        let as_expected = match (statement.expect, outcome.verdict) {
            (Expectation::Violated, verdict) => verdict == Verdict::Violated,
            (Expectation::Holds, Verdict::Holds) => true,
            (Expectation::Holds, Verdict::NotRefuted) => unbounded,
            (Expectation::Holds, _) => false,
        };
        if !as_expected {
            return Err(format!("{}: {}, {:#?}", cell.spec, outcome.verdict, outcome.worst).into());
        }
    }
    Ok(())
}
