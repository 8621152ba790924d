//! The program.

mod audit;
mod calibrate;
mod check;
mod compare;
mod diff;
mod docs;
mod graph;
mod methods;
mod new;
mod output;
mod page;
mod prove;
mod replay;
mod show;
mod signals;
mod table;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::ExitCode;
use crate::preset::{PRECISIONS, Preset};
use crate::prove::Effort;
use crate::report::{self, Form};
use crate::statement::check::closest;
use crate::statement::{MAX_FILE_BYTES, Statement, StatementError, library, load_file, load_text};
use crate::suite::{DELTA, SEED};
use crate::text::printable;

/// Version, commit and compiler.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("LEMMATA_COMMIT"), ", ", env!("LEMMATA_TOOLCHAIN"), ")");

/// Theorems that run: does the bound hold, how tight is it, where is the counterexample?
#[derive(Debug, Parser)]
#[command(name = "lemmata", version = VERSION, after_help = "Exit codes: 0 nothing violated or open, 1 violated, 2 bad usage or input, 3 inconclusive or vacuous, 70 internal error, 130 and 143 ended by Ctrl-C and SIGTERM. More: `lemmata docs`.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check statements and write a report.
    Check(CheckArguments),
    /// Ask of statements which constants matter, how much room each has, and for the worst instance.
    Audit(AuditArguments),
    /// Run methods side by side on the same streams and write a report.
    Compare(CompareArguments),
    /// Measure false alarms and power of the statistical verdicts where the truth is known.
    Calibrate(CalibrateArguments),
    /// Prove statements for all parameters, functions and dimensions, and every K, or find exact counterexamples.
    Prove {
        /// Identifiers of shipped statements, statement files, folders of them, or - for standard input; all shipped
        /// ones without any.
        statements: Vec<PathBuf>,
        /// Folder of proofs and counterexamples; none are written without it.
        #[arg(long)]
        output: Option<PathBuf>,
        /// Seed of the points at which the search looks.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Seconds for each case of a statement and each choice of inequalities.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        budget: u32,
    },
    /// Check a proof or a counterexample that `lemmata prove` wrote.
    Verify {
        /// The proof or the counterexample.
        proof: PathBuf,
        /// The statement's file, where it is no shipped one.
        #[arg(long)]
        statement: Option<PathBuf>,
    },
    /// List the shipped statements.
    List {
        /// List the shipped methods instead.
        #[arg(long)]
        methods: bool,
        /// List the shipped comparisons instead.
        #[arg(long, conflicts_with = "methods")]
        comparisons: bool,
    },
    /// Show a statement: claim, hypotheses, constants, and their values for given parameters; or a method.
    Show {
        /// Identifier of a shipped statement or method, or a statement file.
        statement: PathBuf,
        /// Values, such as `--set beta=0.1 --set L=2`.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        values: Vec<String>,
        /// The claims alone, as LaTeX for math mode or as MathML, a line each.
        #[arg(long = "as", value_name = "NOTATION", conflicts_with = "values")]
        notation: Option<ClaimNotation>,
    },
    /// Print which statements rest on which, lemmas first.
    Graph {
        /// Identifiers of shipped statements, or statement files, shown with all that they rest on; all
        /// shipped ones without any.
        statements: Vec<PathBuf>,
        /// Print the graph in the DOT language of Graphviz: `uses` solid, `instantiates` dashed.
        #[arg(long)]
        dot: bool,
        /// Report of `lemmata check` whose verdicts are shown, and what a violated statement taints.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Write a commented statement file that runs.
    New {
        /// Its identifier; the file is NAME.toml in the current folder.
        name: String,
        /// With a method of its own.
        #[arg(long)]
        method: bool,
    },
    /// Print the JSON Schema that every report of a kind obeys.
    Schema {
        /// Of what.
        #[arg(value_enum, default_value_t = Form::Check)]
        form: Form,
    },
    /// Write a report, a proof or a counterexample as a page that a browser opens.
    Report {
        /// The report of check, audit, compare or calibrate; or what prove wrote.
        file: PathBuf,
        /// For a check: an earlier report, or a baseline, that the page compares it with.
        #[arg(long)]
        baseline: Option<PathBuf>,
        /// For a proof or a counterexample: the statement's file, where it is no shipped one.
        #[arg(long)]
        statement: Option<PathBuf>,
        /// The page; without it, the file's name with the extension html.
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Print the statements of a check's report as a table: bound, worst ratio, evidence, proof.
    Table {
        /// The report.
        report: PathBuf,
        /// Its language.
        #[arg(long = "as", value_enum, default_value_t = TableForm::Markdown)]
        form: TableForm,
    },
    /// Print a page of the documentation, or the list of pages.
    Docs {
        /// The page.
        topic: Option<String>,
    },
    /// Print a script that completes commands and options.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Compare a check with an earlier one: verdicts, proofs, errors, cells, evidence and ratios; ends with 1 where one
    /// of these is worse.
    Diff {
        /// Report of the earlier check, or a baseline.
        old: PathBuf,
        /// Report of the later check, or a baseline.
        new: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print what of a check's report later checks are compared with, for `check --baseline` and `diff`.
    Baseline {
        /// The report.
        report: PathBuf,
    },
    /// Check one cell of a report again, at any precision, and print its trace; of an audit the counterexample that it
    /// found of a statement, or else the tightest instance; of a counterexample that `prove` found, all of it.
    Replay(ReplayArguments),
}

#[derive(Debug, clap::Args)]
struct ReplayArguments {
    /// The report, or the counterexample.
    report: PathBuf,
    /// Number of the cell; for an audit the position of the statement, from 0.
    #[arg(long)]
    cell: Option<usize>,
    /// Precision of the runs in bits; `f64` without it.
    #[arg(long, value_parser = precision())]
    precision: Option<u32>,
    /// For a counterexample of `prove`: the statement's file, where it is no shipped one.
    #[arg(long)]
    statement: Option<PathBuf>,
    /// Print the cell's outcome alone, as JSON.
    #[arg(long, requires = "cell")]
    json: bool,
}

/// How formulas are written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ClaimNotation {
    /// For math mode of LaTeX.
    Latex,
    /// MathML Core.
    Mathml,
}

/// How a report is printed as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum JsonForm {
    /// The whole report.
    Document,
    /// A line for each cell.
    Lines,
}

/// Languages of tables.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TableForm {
    /// For a paper.
    Latex,
    /// For a spreadsheet.
    Csv,
    /// For a page.
    Markdown,
}

#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// Identifiers of shipped statements, statement files, folders of them, or - for standard input; all shipped ones
    /// without any.
    statements: Vec<PathBuf>,
    /// Small instances only: at most half a minute.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Large instances and many replicates.
    #[arg(long)]
    full: bool,
    /// Print every cell with the two sides of its worst comparison.
    #[arg(long)]
    cells: bool,
    /// Print the report as JSON in place of the table; with =lines a line for each cell.
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "document")]
    json: Option<JsonForm>,
    /// Print nothing unless something is not as expected.
    #[arg(long, conflicts_with_all = ["json", "cells"])]
    quiet: bool,
    /// An earlier report, or a baseline: print what differs, and end with 1 where something is worse.
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Name of the report.
    #[arg(long, default_value = "check")]
    name: String,
    /// Folder of the report.
    #[arg(long, default_value = "reports")]
    output: PathBuf,
    /// Suite seed.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Family-wise error over all statistical tests.
    #[arg(long, default_value_t = DELTA)]
    delta: f64,
    /// Precision of statistical runs in bits; `f64` without it.
    #[arg(long, value_parser = precision())]
    precision: Option<u32>,
    /// Threads; all cores without it. Results do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, clap::Args)]
struct AuditArguments {
    /// Identifiers of shipped statements, statement files, folders of them, or - for standard input; all shipped ones
    /// without any.
    statements: Vec<PathBuf>,
    /// Short searches.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Long searches.
    #[arg(long)]
    full: bool,
    /// When to stop, as 600s, 10m, 1h or 5000cells; the same command then goes on from the journal.
    #[arg(long, value_parser = audit::budget)]
    budget: Option<crate::audit::running::run::StopAfter>,
    /// Name of the report and of the journal beside it.
    #[arg(long, default_value = "audit")]
    name: String,
    /// Folder of the report.
    #[arg(long, default_value = "reports")]
    output: PathBuf,
    /// Leave the worst instances in the report alone, and store none beside the statements.
    #[arg(long)]
    no_store: bool,
    /// Seed of the searches and of the streams.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Family-wise error over all statistical tests.
    #[arg(long, default_value_t = DELTA)]
    delta: f64,
    /// Threads; all cores without it. Results do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, clap::Args)]
struct CompareArguments {
    /// Identifiers of shipped comparisons, or comparison files; all shipped ones without any.
    comparisons: Vec<PathBuf>,
    /// Few replicates.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Many replicates.
    #[arg(long)]
    full: bool,
    /// Folder of the reports.
    #[arg(long, default_value = "reports")]
    output: PathBuf,
    /// Seed.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Probability that any limit of a comparison is wrong.
    #[arg(long, default_value_t = 1e-3)]
    delta: f64,
}

#[derive(Debug, clap::Args)]
struct CalibrateArguments {
    /// Null cells.
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    cells: u64,
    /// Level of a null cell tested alone, and family-wise error of a hundred of them.
    #[arg(long, default_value_t = 0.05)]
    delta: f64,
    /// Seed of instances and streams.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Most replicates of a null cell; a planted error has twenty times as many.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=200_000))]
    replicates: u64,
    /// Set the right-hand sides of null cells too low by this share, to see the calibration fail.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    defect: f64,
    /// Folder of the report.
    #[arg(long, default_value = "reports")]
    output: PathBuf,
    /// Name of the report.
    #[arg(long, default_value = "calibrate")]
    name: String,
}

impl CheckArguments {
    fn preset(&self) -> Preset {
        match (self.quick, self.full) {
            (true, _) => Preset::Quick,
            (_, true) => Preset::Full,
            _ => Preset::Default,
        }
    }
}

/// Runs the program on its arguments.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Prove { statements, output, seed, budget } => {
            let budget = Duration::from_secs(budget.into());
            prove::prove(&statements, output.as_deref(), Effort { seed, budget })
        }
        Command::Verify { proof, statement } => prove::verify(&proof, statement.as_deref()),
        Command::List { methods: true, .. } => methods::list(),
        Command::List { comparisons: true, .. } => compare::list(),
        Command::List { .. } => show::list(),
        Command::Show { statement, notation: Some(notation), .. } => show::claims(&statement, notation),
        Command::Show { statement, values, notation: None } => {
            let method = statement.to_str().filter(|_| values.is_empty()).and_then(methods::show);
            method.unwrap_or_else(|| show::show(&statement, &values))
        }
        Command::Graph { statements, dot, report } => graph::run(&statements, dot, report.as_deref()),
        Command::New { name, method } => new::run(&name, method),
        Command::Schema { form } => show::schema(form),
        Command::Report { file, baseline, statement, output } => {
            page::run(&file, baseline.as_deref(), statement.as_deref(), output.as_deref())
        }
        Command::Table { report, form } => table::run(&report, form),
        Command::Docs { topic } => docs::run(topic.as_deref()),
        Command::Completions { shell } => Ok(completions(shell)),
        Command::Diff { old, new, json } => diff::diff(&old, &new, json),
        Command::Baseline { report } => diff::baseline(&report),
        Command::Replay(arguments) => replay::run(&arguments),
    };
    result.unwrap_or_else(|failure| output::complain(&failure))
}

/// Prints the script that completes commands of a shell.
fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "lemmata", &mut script);
    output::print(&String::from_utf8_lossy(&script))
        .map_or_else(|failure| output::complain(&failure), |()| ExitCode::Success)
}

/// What ended a command early.
struct Failure {
    report: miette::Report,
    code: ExitCode,
}

impl Failure {
    fn bad_input(message: impl std::fmt::Display) -> Self {
        Failure::new(message, ExitCode::BadInput)
    }

    fn internal(message: impl std::fmt::Display) -> Self {
        Failure::new(message, ExitCode::Internal)
    }

    fn new(message: impl std::fmt::Display, code: ExitCode) -> Self {
        let message = message.to_string();
        Failure { report: miette::miette!("{}", printable(&message)), code }
    }
}

impl From<Box<StatementError>> for Failure {
    fn from(err: Box<StatementError>) -> Self {
        Failure { report: miette::Report::new(*err), code: ExitCode::BadInput }
    }
}

/// A shipped statement by identifier, or a file by path.
fn load(path: &Path) -> Result<Statement, Failure> {
    // What is no text is no identifier.
    let name = path.to_str().unwrap_or_default();
    if let Some(statement) = library::load(name) {
        return Ok(statement?);
    }
    if path.exists() || name.is_empty() || name.contains(['/', '.']) {
        return Ok(load_file(path)?);
    }
    let near =
        closest(name, library::ids().into_iter()).map_or_else(String::new, |id| format!("did you mean `{id}`? "));
    Err(Failure::bad_input(format!(
        "there is no shipped statement `{name}` and no such file; {near}`lemmata list` shows the shipped ones"
    )))
}

/// Statements by identifier, path, folder or from standard input, each once; all shipped ones where none is named.
fn load_each(names: &[PathBuf]) -> Result<Vec<Statement>, Failure> {
    if names.is_empty() {
        return Ok(library::load_all()?);
    }
    let files = with_files_of_folders(names)?;
    if files.is_empty() {
        return Err(Failure::bad_input("there is no statement file (*.toml) in what was named"));
    }
    let mut statements: Vec<Statement> = Vec::new();
    for name in &files {
        let statement = if name == Path::new("-") { from_standard_input()? } else { load(name)? };
        if statements.iter().any(|s| s.id == statement.id) {
            return Err(Failure::bad_input(format!("two statements have the id `{}`", statement.id)));
        }
        statements.push(statement);
    }
    Ok(statements)
}

/// The names, with the statement files that are in a folder, or in folders of that, in its place.
fn with_files_of_folders(names: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for name in names {
        if !name.is_dir() {
            files.push(name.clone());
            continue;
        }
        let failed =
            |err: std::io::Error| Failure::bad_input(format!("cannot read the folder {}: {err}", name.display()));
        let inside = std::fs::read_dir(name).map_err(failed)?;
        let mut inside = inside.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        inside.sort();
        inside.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "toml"));
        let found = with_files_of_folders(&inside)?;
        files.extend(found);
    }
    Ok(files)
}

fn from_standard_input() -> Result<Statement, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|err| Failure::bad_input(format!("cannot read standard input: {err}")))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Failure::bad_input(format!(
            "standard input has more than {MAX_FILE_BYTES} bytes, which no statement has"
        )));
    }
    Ok(load_text("standard input", &text)?)
}

/// Precisions that a run may have.
fn precision() -> clap::builder::RangedI64ValueParser<u32> {
    let (least, most) = (*PRECISIONS.start(), *PRECISIONS.end());
    clap::value_parser!(u32).range(i64::from(least)..=i64::from(most))
}

/// Refuses an error probability that is none.
fn check_delta(delta: f64) -> Result<(), Failure> {
    if delta > 0.0 && delta < 1.0 {
        return Ok(());
    }
    Err(Failure::bad_input(format!("--delta {delta} is not between 0 and 1")))
}

/// Fails before the work, not after it, when the report `folder/name.json` cannot be written.
fn check_output(folder: &Path, name: &str) -> Result<(), Failure> {
    let path = report::path(folder, name);
    if path.is_dir() {
        return Err(Failure::bad_input(format!("cannot write the report {}: it is a folder", path.display())));
    }
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder).map(drop))
        .map_err(|err| Failure::bad_input(format!("cannot write to the folder {}: {err}", folder.display())))
}
