//! `lemmata diff` and `lemmata baseline`: one check beside another.

use std::path::Path;

use super::output::print;
use super::{ExitCode, Failure};
use crate::report::{Baseline, Difference};

/// Compares two reports of checks, or baselines.
pub(super) fn diff(old: &Path, new: &Path, json: bool) -> Result<ExitCode, Failure> {
    let [old, new] = [old, new].map(|path| Baseline::read(path).map_err(Failure::bad_input));
    let difference = Difference::between(&old?, &new?);
    let text = match json {
        true => serde_json::to_string_pretty(&difference).map_err(Failure::internal)?,
        false => difference.text(),
    };
    print(&text)?;
    Ok(difference.exit_code())
}

/// Prints what of a report later checks are compared with.
pub(super) fn baseline(report: &Path) -> Result<ExitCode, Failure> {
    let baseline = Baseline::read(report).map_err(Failure::bad_input)?;
    print(&serde_json::to_string_pretty(&baseline).map_err(Failure::internal)?)?;
    Ok(ExitCode::Success)
}
