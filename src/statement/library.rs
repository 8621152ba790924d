//! The shipped statements, embedded in the program.

use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::{Statement, StatementError, Stored, load_text, stored};

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

/// The stored witnesses of a shipped statement.
fn stored_witnesses(id: &str) -> Option<Stored> {
    let file = format!("{}/{id}.json", stored::FOLDER);
    let text = THEOREMS.get_file(&file)?.contents_utf8()?.to_owned();
    Some(Stored { file: format!("theorems/{file}"), text: Arc::new(text) })
}

/// Loads a shipped statement with its stored witnesses; `None` when there is none of that id.
///
/// # Errors
/// When the file has a mistake.
pub fn load(id: &str) -> Option<Result<Statement, Box<StatementError>>> {
    let statement = load_text(&format!("theorems/{id}.toml"), text(id)?);
    Some(statement.map(|statement| Statement { stored: stored_witnesses(id), ..statement }))
}

/// Loads all shipped statements.
///
/// # Errors
/// The first mistake in any of them.
pub fn load_all() -> Result<Vec<Statement>, Box<StatementError>> {
    ids().into_iter().filter_map(load).collect()
}
