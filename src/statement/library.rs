//! The shipped statements, embedded in the program.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use include_dir::{Dir, include_dir};

use super::{Statement, StatementError, Stored, load_text, stored};

static THEOREMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/theorems");

/// The folder of each shipped statement, which is called by its subject.
static FOLDERS: LazyLock<BTreeMap<&str, &Dir<'_>>> = LazyLock::new(|| {
    let in_folder = |folder: &'static Dir<'static>| {
        folder.files().filter_map(move |file| Some((file.path().file_name()?.to_str()?.strip_suffix(".toml")?, folder)))
    };
    THEOREMS.dirs().flat_map(in_folder).collect()
});

/// Identifiers of the shipped statements, in alphabetical order.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    FOLDERS.keys().copied().collect()
}

/// The text of a file in a folder, and what errors call the file.
fn read(folder: &'static Dir<'static>, name: &str) -> Option<(String, &'static str)> {
    let file = folder.get_file(folder.path().join(name))?;
    Some((format!("theorems/{}", file.path().to_str()?), file.contents_utf8()?))
}

/// The name of a shipped statement's file, and its text.
#[must_use]
pub fn source(id: &str) -> Option<(String, &'static str)> {
    read(FOLDERS.get(id)?, &format!("{id}.toml"))
}

/// The text of a shipped statement.
#[must_use]
pub fn text(id: &str) -> Option<&'static str> {
    source(id).map(|(_, text)| text)
}

/// The stored witnesses of a shipped statement.
fn stored_witnesses(id: &str) -> Option<Stored> {
    let (file, text) = read(FOLDERS.get(id)?, &format!("{}/{id}.json", stored::WITNESSES))?;
    Some(Stored { file, text: Arc::new(text.to_owned()) })
}

/// The stored proof of a shipped statement.
fn stored_proof(id: &str) -> Option<Stored> {
    let (file, text) = read(&THEOREMS, &format!("{}/{id}.json", stored::PROOFS))?;
    Some(Stored { file, text: Arc::new(text.to_owned()) })
}

/// Loads a shipped statement with its stored witnesses; `None` when there is none of that id.
///
/// # Errors
/// When the file has a mistake.
pub fn load(id: &str) -> Option<Result<Statement, Box<StatementError>>> {
    let (name, text) = source(id)?;
    let statement = load_text(&name, text);
    Some(statement.map(|statement| Statement {
        stored: stored_witnesses(id),
        stored_proof: stored_proof(id),
        ..statement
    }))
}

/// Loads all shipped statements.
///
/// # Errors
/// The first mistake in any of them.
pub fn load_all() -> Result<Vec<Statement>, Box<StatementError>> {
    ids().into_iter().filter_map(load).collect()
}
