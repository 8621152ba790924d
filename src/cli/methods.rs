//! `lemmata list --methods` and `lemmata show METHOD`.

use super::output::{print, print_titles};
use super::{ExitCode, Failure};
use crate::method::language::library;

pub(super) fn list() -> Result<ExitCode, Failure> {
    let mut titles = Vec::new();
    for id in library::ids() {
        if let Some(method) = library::load(id) {
            titles.push((id, method?.title));
        }
    }
    print_titles(&titles)?;
    Ok(ExitCode::Success)
}

/// Prints a shipped method as its file has it, once the file is known to be one.
pub(super) fn show(id: &str) -> Option<Result<ExitCode, Failure>> {
    let text = library::text(id)?;
    let shown = library::load(id)?.map_err(Failure::from).and_then(|_| {
        print(text.trim_end())?;
        Ok(ExitCode::Success)
    });
    Some(shown)
}
