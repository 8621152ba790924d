//! `lemmata list --methods` and `lemmata show METHOD`.

use super::output::print;
use super::{ExitCode, Failure};
use crate::method::language::library;

pub(super) fn list() -> Result<ExitCode, Failure> {
    let ids = library::ids();
    let width = ids.iter().map(|id| id.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for id in ids {
        if let Some(method) = library::load(id) {
            lines.push(format!("{id:width$}  {}", method?.title));
        }
    }
    print(&lines.join("\n"))?;
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
