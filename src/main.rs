//! The `lemmata` program; everything it does is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    lemmata::cli::run(lemmata::cli::Arguments::parse()).into()
}
