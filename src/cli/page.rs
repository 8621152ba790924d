//! `lemmata report`: a report, a proof or a counterexample as a page.

use std::path::{Path, PathBuf};

use super::output::print;
use super::prove::{Found, found};
use super::{ExitCode, Failure};
use crate::html::{Source, page};
use crate::report::{self, Baseline};
use crate::text;

pub(super) fn run(
    path: &Path,
    baseline: Option<&Path>,
    statement: Option<&Path>,
    output: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let baseline = baseline.map(Baseline::read).transpose().map_err(Failure::bad_input)?;
    let source = match found(path, statement, report::MAX_BYTES)? {
        Some(Found::Proof(proof, statement)) => Source::Proof(proof, statement),
        Some(Found::Counterexample(refutation, statement)) => Source::Counterexample(refutation, statement),
        None => Source::Report(report::read_any(path).map_err(Failure::bad_input)?),
    };
    let page = page(&source, &path.display().to_string(), baseline.as_ref()).map_err(Failure::internal)?;
    let output = output.map_or_else(|| beside(path), Path::to_owned);
    let bytes = page.len();
    text::write(&output, |file| file.write_all(page.as_bytes()))
        .map_err(|err| Failure::bad_input(format!("cannot write the page {}: {err}", output.display())))?;
    print(&format!("page: {} ({} KB)", output.display(), bytes.div_ceil(1000)))?;
    Ok(ExitCode::Success)
}

/// The page of a file is called as the file is.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("html")
}
