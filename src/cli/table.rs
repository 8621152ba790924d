//! `lemmata table`: a report's statements for a paper, a spreadsheet or a page.

use std::path::Path;

use super::output::print;
use super::{ExitCode, Failure, TableForm};
use crate::report::{self, Report};

pub(super) fn run(path: &Path, form: TableForm) -> Result<ExitCode, Failure> {
    let report: Report = report::read(path).map_err(Failure::bad_input)?;
    print(&match form {
        TableForm::Latex => report::latex(&report),
        TableForm::Csv => report::csv(&report),
        TableForm::Markdown => report::markdown(&report),
    })?;
    Ok(ExitCode::Success)
}
