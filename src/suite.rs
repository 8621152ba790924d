//! A check of statements: from the plan of its cells to the report.

use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::exit::ExitCode;
use crate::inference::{ErrorBudget, Verdict};
use crate::journal::{Journal, JournalError};
use crate::preset::Preset;
use crate::prove::{Standing, standing};
use crate::report::{
    self, CellReport, CheckSettings, Exemplars, Failure, Kind, Provenance, Report, SCHEMA_VERSION, StatementSummary,
};
use crate::statement::{Expectation, Statement, StatementError, Subject, load_file};
use crate::verify::choosing::plan::Plan;
use crate::verify::instances::CellSpec;
use crate::verify::{self, Cell, Curve, Judging, Outcome, Sweeps};

/// What a check is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the report.
    pub name: String,
    /// Thoroughness.
    pub preset: Preset,
    /// Suite seed.
    pub seed: u64,
    /// Family-wise error over all statistical tests, between 0 and 1.
    pub delta: f64,
    /// Precision of statistical runs in bits; binary64 without it.
    pub precision: Option<u32>,
}

/// The seed that every command has by default.
pub const SEED: u64 = 20_240_300_853;
/// The family-wise error that a check has by default.
pub const DELTA: f64 = 1e-6;

impl Default for Options {
    fn default() -> Self {
        Options { name: "check".to_owned(), preset: Preset::Default, seed: SEED, delta: DELTA, precision: None }
    }
}

/// Who watches a check.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Asked before each cell: whether the check is to go on.
    pub going_on: &'a (dyn Fn() -> bool + Sync),
    /// Called after each cell, in any order.
    pub done: &'a (dyn Fn() + Sync),
    /// Where finished cells are noted, and those of a check that was stopped are found.
    pub journal: Option<&'a Journal>,
}

impl Default for Watch<'_> {
    fn default() -> Self {
        Watch { going_on: &|| true, done: &|| (), journal: None }
    }
}

/// Statements with the cells on which they are to be checked.
pub struct Suite<'a> {
    statements: &'a [Statement],
    name: String,
    settings: CheckSettings,
    plans: Vec<Plan<'a>>,
}

/// What the check of one cell came to, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Decided {
    outcome: Option<Outcome>,
    failure: Option<Failure>,
}

impl<'a> Suite<'a> {
    /// Plans a check.
    ///
    /// # Errors
    /// When a statement's own witness is no instance of it.
    pub fn plan(statements: &'a [Statement], options: &Options) -> Result<Self, Box<StatementError>> {
        let plans =
            statements.iter().map(|statement| Plan::new(statement, options.preset)).collect::<Result<Vec<_>, _>>()?;
        let mut effort = options.preset.effort();
        effort.precision = options.precision;
        // Every claim of every whole-run cell has a share, whether or not it turns out to need one.
        let whole_runs = plans.iter().flat_map(|plan| &plan.cells).map(|cell| cell.statement);
        let whole_runs = whole_runs.filter(|statement| statement.subject == Subject::WholeRun);
        let tests = whole_runs.map(|statement| statement.claims.len() as u64).sum();
        let error_budget = ErrorBudget { delta: options.delta, tests };
        let settings = CheckSettings { seed: options.seed, preset: options.preset, effort, error_budget };
        Ok(Suite { statements, name: options.name.clone(), settings, plans })
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.plans.iter().map(|plan| plan.cells.len()).sum()
    }

    /// What the cells are judged by.
    #[must_use]
    pub fn settings(&self) -> &CheckSettings {
        &self.settings
    }

    /// Checks all cells, in parallel, and sums them up.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn run(&self, watch: Watch<'_>) -> Result<Report, JournalError> {
        let begin = Instant::now();
        let CheckSettings { effort, error_budget, seed, .. } = &self.settings;
        let judging = Judging { effort, error_budget: *error_budget, seed: *seed };
        let planned: Vec<&Cell<'_>> = self.plans.iter().flat_map(|plan| &plan.cells).collect();
        let decide = |cell: &&Cell<'_>| {
            let decided = (watch.going_on)().then(|| decided(cell, judging, watch.journal)).transpose();
            (watch.done)();
            decided
        };
        let decided: Vec<Option<Decided>> = planned.par_iter().map(decide).collect::<Result<_, _>>()?;
        let reached = planned.iter().zip(decided).filter_map(|(cell, decided)| Some((*cell, decided?)));
        let (reached, decided): (Vec<&Cell<'_>>, Vec<Decided>) = reached.unzip();
        let numbered = reached.iter().zip(decided).enumerate();
        let mut cells: Vec<CellReport> = numbered
            .map(|(number, (cell, Decided { outcome, failure }))| CellReport {
                outcome,
                failure,
                ..CellReport::unchecked(number, cell)
            })
            .collect();
        let not_reached = planned.len() - cells.len();
        let standings: Vec<Option<Standing>> = self.statements.par_iter().map(standing).collect();
        let mut statements = self.summaries(&cells, &standings);
        let suspects = draw(&statements, &mut cells, &reached, judging);
        let crossed = crossed(&statements, suspects, judging, watch.journal)?;
        if !crossed.is_empty() {
            let built: Vec<&Cell<'_>> = reached.into_iter().chain(crossed.iter().map(|(cell, _)| cell)).collect();
            for (cell, Decided { outcome, failure }) in &crossed {
                let (outcome, failure) = (outcome.clone(), failure.clone());
                cells.push(CellReport { outcome, failure, ..CellReport::unchecked(cells.len(), cell) });
            }
            statements = self.summaries(&cells, &standings);
            for cell in &mut cells {
                cell.curves.clear();
                cell.sweeps.clear();
            }
            draw(&statements, &mut cells, &built, judging);
        }
        Ok(Report {
            kind: Kind::Check,
            schema_version: SCHEMA_VERSION,
            name: self.name.clone(),
            provenance: Provenance::new(begin.elapsed().as_secs_f64()),
            settings: self.settings.clone(),
            statements,
            not_reached,
            cells,
        })
    }

    fn summaries(&self, cells: &[CellReport], standings: &[Option<Standing>]) -> Vec<StatementSummary> {
        let summed = self.statements.iter().zip(&self.plans).zip(standings);
        let mut summaries: Vec<StatementSummary> = summed
            .map(|((statement, plan), proof)| {
                StatementSummary::new(statement, plan.why_vacuous(), proof.clone(), cells)
            })
            .collect();
        report::spread_taint(&mut summaries);
        summaries
    }
}

/// What the check of a cell comes to: from the journal, or found now.
fn decided(cell: &Cell<'_>, judging: Judging<'_>, journal: Option<&Journal>) -> Result<Decided, JournalError> {
    let Statement { id, hash, .. } = cell.statement;
    let task = cell.spec.key();
    if let Some(known) = journal.and_then(|journal| journal.finished(id, hash, &task)) {
        return Ok(known);
    }
    let decided = match verify::check_cell(cell, judging) {
        Ok(outcome) => Decided { outcome: Some(outcome), failure: None },
        Err(failure) => Decided { outcome: None, failure: Some(Failure::from(&failure)) },
    };
    if let Some(journal) = journal {
        journal.note(id, hash, &task, &decided)?;
    }
    Ok(decided)
}

/// The instances on which a sweep crosses its bound and that are violated for certain, of statements that are not known
/// to be violated and are of more than their witnesses.
fn crossed<'a>(
    summaries: &[StatementSummary],
    suspects: Vec<(&'a Statement, CellSpec)>,
    judging: Judging<'_>,
    journal: Option<&Journal>,
) -> Result<Vec<(Cell<'a>, Decided)>, JournalError> {
    let is_open = |statement: &Statement| {
        let is_violated = summaries.iter().any(|own| own.id == statement.id && own.verdict == Verdict::Violated);
        statement.general && statement.expect == Expectation::Holds && !is_violated
    };
    let judged = suspects.into_par_iter().filter(|(statement, _)| is_open(statement)).map(|(statement, spec)| {
        let Ok(cell) = Cell::build(statement, spec) else { return Ok(None) };
        let decided = decided(&cell, judging, journal)?;
        let is_violated = decided.outcome.as_ref().is_some_and(|outcome| outcome.verdict == Verdict::Violated);
        Ok(is_violated.then_some((cell, decided)))
    });
    Ok(judged.collect::<Result<Vec<_>, JournalError>>()?.into_iter().flatten().collect())
}

/// Both sides along k or K for the exemplars of each statement, and over its numbers for one of them; where the latter
/// cross.
fn draw<'a>(
    summaries: &[StatementSummary],
    cells: &mut [CellReport],
    built: &[&Cell<'a>],
    judging: Judging<'_>,
) -> Vec<(&'a Statement, CellSpec)> {
    let exemplars = || summaries.iter().filter_map(|summary| summary.exemplars);
    let numbers: Vec<usize> = exemplars().flat_map(|exemplars| exemplars.numbers()).collect();
    let curves: Vec<Vec<Curve>> = numbers.par_iter().map(|number| verify::curves(built[*number], judging)).collect();
    numbers.into_iter().zip(curves).for_each(|(number, curves)| cells[number].curves = curves);
    let all: Vec<Exemplars> = exemplars().collect();
    let swept: Vec<(usize, Sweeps)> = all.par_iter().map(|own| most_swept(*own, built, judging)).collect();
    let mut suspects = Vec::new();
    for (number, Sweeps { sweeps, suspect }) in swept {
        cells[number].sweeps = sweeps;
        suspects.extend(suspect.map(|spec| (built[number].statement, spec)));
    }
    suspects
}

/// The first exemplar that has a few sweeps, or else the one that has most.
fn most_swept(exemplars: Exemplars, built: &[&Cell<'_>], judging: Judging<'_>) -> (usize, Sweeps) {
    const A_FEW: usize = 3;
    let mut most = (exemplars.longest, Sweeps::default());
    for number in [exemplars.longest, exemplars.median, exemplars.worst, exemplars.simplest] {
        let sweeps = verify::sweeps(built[number], judging);
        if sweeps.sweeps.len() > most.1.sweeps.len() {
            most = (number, sweeps);
        }
        if most.1.sweeps.len() >= A_FEW {
            break;
        }
    }
    most
}

/// Enough for the deepest claim that the language admits.
const STACK_BYTES: usize = 16 << 20;

/// Threads with a stack that is deep enough for every statement; all cores without a number.
///
/// # Errors
/// When the system gives no threads.
pub fn thread_pool(threads: Option<usize>) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).stack_size(STACK_BYTES).build()
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A statement has a mistake.
    #[error(transparent)]
    Statement(#[from] Box<StatementError>),
    /// The error probability is none.
    #[error("an error probability of {0} is not between 0 and 1")]
    Delta(f64),
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Checks statements on all cores, as `lemmata check` does, and writes nothing.
///
/// # Errors
/// When a statement's own witness is no instance of it, or the options cannot be met.
pub fn check(statements: &[Statement], options: &Options) -> Result<Report, CheckError> {
    if !(options.delta > 0.0 && options.delta < 1.0) {
        return Err(CheckError::Delta(options.delta));
    }
    let suite = Suite::plan(statements, options)?;
    Ok(thread_pool(None)?.install(|| suite.run(Watch::default()))?)
}

/// Checks the statement of a file with the quick preset, and panics with the table and the counterexample unless the
/// check ends as the statement expects; what [`crate::check!`] makes a test of.
///
/// # Panics
/// When the statement does not hold, is left open, or cannot be read.
pub fn assert_holds(path: &str) {
    let statement = load_file(Path::new(path)).unwrap_or_else(|err| panic!("{:?}", miette::Report::new(*err)));
    let options = Options { preset: Preset::Quick, ..Options::default() };
    let report = check(&[statement], &options).unwrap_or_else(|err| panic!("{err}"));
    assert!(report.exit_code() == ExitCode::Success, "{path}\n{}", report::render(&report));
}

/// Makes tests of statement files, which are named from the folder of the crate's `Cargo.toml`:
/// `lemmata::check!("theorems/mine.toml");` makes the test `statement`, and
/// `lemmata::check! { one: "theorems/one.toml", two: "theorems/two.toml" }` makes a test of each name. A test that fails
/// prints the counterexample.
#[macro_export]
macro_rules! check {
    ($path:literal $(,)?) => {
        $crate::check! { statement: $path }
    };
    ($($name:ident: $path:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::suite::assert_holds(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path));
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::load_text;

    const FALSE: &str = "id = \"mine\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"none\"\n\
        [parameters]\nbeta = { in = \"[1, 1]\" }\ngamma = { in = \"(0, 1/L]\" }\n\
        [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k] - gamma*norm2(grad[k])\"\n";

    fn quick() -> Options {
        Options { preset: Preset::Quick, ..Options::default() }
    }

    #[test]
    fn a_check_from_the_library_comes_to_a_verdict_with_a_counterexample() {
        let statement = load_text("mine.toml", FALSE).unwrap();
        let report = check(&[statement], &quick()).unwrap();
        assert_eq!(report.statements[0].verdict, Verdict::Violated);
        assert_eq!(report.exit_code(), ExitCode::Violated);
        assert!(report::render(&report).contains("by hand"));
    }

    /// A gradient step decreases f by γ/2·‖∇f‖² for γ ≤ 1/L alone; the values to try are so.
    fn decrease(range: &str, lists: &str) -> Statement {
        let text = format!(
            "id = \"mine\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"none\"\nmethod = \"gradient-descent\"\n\
             estimates = [[]]\nhorizons = [3]\n{lists}\n[parameters]\n\
             gamma = {{ in = \"{range}\", try = [\"1/L\", \"1/(2*L)\"] }}\n[claim]\nfor_all = \"k in 0..K\"\n\
             lhs = \"f[k+1]\"\nrhs = \"f[k] - gamma/2*norm2(grad[k])\"\n"
        );
        load_text("mine.toml", &text).unwrap()
    }

    #[test]
    fn where_a_sweep_over_a_range_crosses_its_bound_the_instance_is_judged() {
        let lists = "problems = [{ family = \"diagonal-quadratic\", spectrum = [1, 4] }]";
        let report = check(&[decrease("(0, 2/L]", lists)], &quick()).unwrap();
        assert_eq!((report.cells.len(), report.statements[0].verdict), (3, Verdict::Violated));
        let found = report.cells.last().unwrap();
        assert!(found.spec.parameters["gamma"] > 0.25 && found.number == 2, "{}", found.spec);
        let inside = check(&[decrease("(0, 1/L]", lists)], &quick()).unwrap();
        assert_eq!((inside.cells.len(), inside.statements[0].verdict), (2, Verdict::Holds));
    }

    #[test]
    fn a_sweep_over_a_number_of_the_problem_is_no_instance_of_what_the_statement_lists() {
        // True of the listed problem, and of no other with a larger curvature.
        let text = "id = \"mine\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"none\"\n\
            method = \"gradient-descent\"\nestimates = [[]]\nhorizons = [3]\n\
            problems = [{ family = \"huber\", curvature = 1, width = 1, tilts = [0] }]\n[parameters]\n\
            gamma = { in = \"(0, 1/L]\", try = [\"1/L\"] }\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"L\"\nrhs = \"1\"\n";
        let report = check(&[load_text("mine.toml", text).unwrap()], &quick()).unwrap();
        assert_eq!(report.statements[0].verdict, Verdict::Holds, "{:?}", report.cells.last());
    }

    #[test]
    fn an_error_probability_of_one_is_refused() {
        let statement = load_text("mine.toml", FALSE).unwrap();
        let refused = check(&[statement], &Options { delta: 1.0, ..quick() });
        assert!(matches!(refused, Err(CheckError::Delta(_))));
    }

    #[test]
    fn cells_that_are_not_reached_are_counted() {
        let statement = [load_text("mine.toml", FALSE).unwrap()];
        let suite = Suite::plan(&statement, &quick()).unwrap();
        let watch = Watch { going_on: &|| false, ..Watch::default() };
        let report = thread_pool(Some(2)).unwrap().install(|| suite.run(watch)).unwrap();
        assert_eq!((report.cells.len(), report.not_reached), (0, suite.cells()));
    }

    #[test]
    #[should_panic(expected = "violated")]
    fn a_test_of_a_false_statement_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, FALSE).unwrap();
        assert_holds(path.to_str().unwrap());
    }
}
