//! The program.

mod check;
mod compare;
mod exit;
mod new;
mod replay;
mod show;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::preset::Preset;
use crate::statement::{Statement, StatementError, library, load_file};
pub use exit::ExitCode;

/// Version, commit and compiler.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("LEMMATA_COMMIT"), ", ", env!("LEMMATA_TOOLCHAIN"), ")");

/// Theorems that run: does the bound hold, how tight is it, where is the counterexample?
#[derive(Debug, Parser)]
#[command(name = "lemmata", version = VERSION, after_help = "Exit codes: 0 nothing violated or open, 1 violated, 2 bad usage or input, 3 inconclusive or vacuous, 70 internal error.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check statements and write a report.
    Check(CheckArguments),
    /// Run methods side by side on the same streams and write a report.
    Compare(CompareArguments),
    /// List the shipped statements.
    List,
    /// Show a statement: claim, hypotheses, constants, and their values for given parameters.
    Show {
        /// Identifier of a shipped statement, or a file.
        statement: String,
        /// Values, such as `--set beta=0.1 --set L=2`.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        values: Vec<String>,
    },
    /// Write a commented statement file that runs.
    New {
        /// Its identifier; the file is NAME.toml in the current folder.
        name: String,
    },
    /// Print the JSON Schema that every report obeys.
    Schema,
    /// Check one cell of a report again, at any precision, and print its trace.
    Replay {
        /// The report.
        report: PathBuf,
        /// Number of the cell.
        #[arg(long)]
        cell: usize,
        /// Precision of the runs in bits; `f64` without it.
        #[arg(long, value_parser = clap::value_parser!(u32).range(53..=65536))]
        precision: Option<u32>,
    },
}

#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// Identifiers of shipped statements, or statement files; all shipped ones without any.
    statements: Vec<String>,
    /// Small instances only: at most half a minute.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Large instances and many replicates.
    #[arg(long)]
    full: bool,
    /// Print every cell with the two sides of its worst comparison.
    #[arg(long)]
    cells: bool,
    /// Name of the report.
    #[arg(long, default_value = "check")]
    name: String,
    /// Folder of the report.
    #[arg(long, default_value = "reports")]
    output: PathBuf,
    /// Suite seed.
    #[arg(long, default_value_t = 20_240_300_853)]
    seed: u64,
    /// Family-wise error over all statistical tests.
    #[arg(long, default_value_t = 1e-6)]
    delta: f64,
    /// Precision of statistical runs in bits; `f64` without it.
    #[arg(long, value_parser = clap::value_parser!(u32).range(53..=65536))]
    precision: Option<u32>,
    /// Threads; all cores without it. Results do not depend on it.
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Debug, clap::Args)]
struct CompareArguments {
    /// Identifiers of shipped comparisons, or comparison files; all shipped ones without any.
    comparisons: Vec<String>,
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
    #[arg(long, default_value_t = 20_240_300_853)]
    seed: u64,
    /// Probability that any limit of a comparison is wrong.
    #[arg(long, default_value_t = 1e-3)]
    delta: f64,
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
        Command::Compare(arguments) => compare::run(&arguments),
        Command::List => show::list(),
        Command::Show { statement, values } => show::show(&statement, &values),
        Command::New { name } => new::run(&name),
        Command::Schema => show::schema(),
        Command::Replay { report, cell, precision } => replay::run(&report, cell, precision),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{:?}", failure.report);
        failure.code
    })
}

/// What ended a command early.
struct Failure {
    report: miette::Report,
    code: ExitCode,
}

impl Failure {
    fn bad_input(message: impl std::fmt::Display) -> Self {
        Failure { report: miette::miette!("{message}"), code: ExitCode::BadInput }
    }
}

impl From<Box<StatementError>> for Failure {
    fn from(err: Box<StatementError>) -> Self {
        Failure { report: miette::Report::new(*err), code: ExitCode::BadInput }
    }
}

/// A shipped statement by identifier, or a file by path.
fn load(name: &str) -> Result<Statement, Failure> {
    if let Some(statement) = library::load(name) {
        return Ok(statement?);
    }
    let path = std::path::Path::new(name);
    if path.exists() || name.contains(['/', '.']) {
        return Ok(load_file(path)?);
    }
    Err(Failure::bad_input(format!(
        "there is no shipped statement `{name}` and no such file; `lemmata list` shows the shipped ones"
    )))
}
