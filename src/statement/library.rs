//! The shipped statements, embedded in the program.

use include_dir::{Dir, include_dir};

use super::{Statement, StatementError, load_text};

static THEOREMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/theorems");

/// Identifiers of the shipped statements, in alphabetical order.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        THEOREMS.files().filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(".toml")).collect();
    ids.sort_unstable();
    ids
}

/// The text of a shipped statement.
#[must_use]
pub fn text(id: &str) -> Option<&'static str> {
    THEOREMS.get_file(format!("{id}.toml"))?.contents_utf8()
}

/// Loads a shipped statement; `None` when there is none of that id.
///
/// # Errors
/// When the file has a mistake.
pub fn load(id: &str) -> Option<Result<Statement, Box<StatementError>>> {
    text(id).map(|text| load_text(&format!("theorems/{id}.toml"), text))
}

/// Loads all shipped statements.
///
/// # Errors
/// The first mistake in any of them.
pub fn load_all() -> Result<Vec<Statement>, Box<StatementError>> {
    ids().into_iter().filter_map(load).collect()
}
