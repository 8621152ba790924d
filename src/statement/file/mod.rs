//! Reading a statement file: TOML in, checked [`Statement`] out, every mistake at its place.

mod declarations;
mod hints;
mod inheritance;
mod loader;
mod method;
mod order;
mod places;
mod random_index;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::check::Names;
use super::variant::Change;
use super::{Statement, StatementError, Stored};
use crate::text::{self, ReadError};
pub(super) use inheritance::{read, whole};
pub(super) use loader::Loader;
pub(crate) use places::File;

/// A statement is a page of text; larger files are refused unread.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// Largest K that a file or a report may ask for.
pub const MAX_HORIZON: usize = 100_000;

/// What is read, or a mistake at its place.
pub(super) type Loaded<T> = Result<T, Box<StatementError>>;

/// Reads and checks the statement at `path`, and takes along its stored witnesses: the file
/// `witnesses/ID.json` in the same folder, where there is one.
///
/// # Errors
/// When the file cannot be read, is too large, is not TOML, or is not a statement; the error
/// points at the place. When there are stored witnesses that cannot be read.
pub fn load_file(path: &Path) -> Result<Statement, Box<StatementError>> {
    let name = path.display().to_string();
    let whole = |message: String, help: Option<String>| {
        Box::new(StatementError::new(&name, &Arc::new(String::new()), None, message, help))
    };
    let text = text::read(path, MAX_FILE_BYTES).map_err(|err| {
        let help = match &err {
            ReadError::Io(_) => Some("`lemmata list` shows the shipped statements".to_owned()),
            ReadError::TooLarge { .. } => Some("is this the right file?".to_owned()),
            ReadError::NotRegular | ReadError::NotText(_) => None,
        };
        whole(err.to_string(), help)
    })?;
    let mut statement = load_text(&name, &text)?;
    statement.stored = Stored::witnesses(path, &statement.id)?;
    statement.stored_proof = Stored::proof(path, &statement.id);
    Ok(statement)
}

/// Checks the statement in `text`, which has no stored witnesses; `name` is what errors call the file.
///
/// # Errors
/// When it is not TOML, or is not a statement; the error points at the place.
pub fn load_text(name: &str, text: &str) -> Result<Statement, Box<StatementError>> {
    let file = File { name: name.to_owned(), text: Arc::new(text.to_owned()) };
    file.refuse_control_characters()?;
    let (raw, hash) = whole(&file)?;
    Loader { file, raw: &raw, hash, names: Names::default() }.load()
}

/// The statement with these changes, in order. Its witnesses are kept, as their expressions follow what has
/// changed, and so are those that are stored.
///
/// # Errors
/// When a place is none of the statement's, or the outcome is no statement.
pub fn load_changed(base: &Statement, changes: &[Change]) -> Result<Statement, Box<StatementError>> {
    let file = File { name: base.file.clone(), text: Arc::clone(&base.text) };
    let (mut raw, hash) = whole(&file)?;
    let mut changed = Sha256::new();
    changed.update(hash);
    for change in changes {
        if !raw.change(change) {
            return Err(file.error(None, format!("there is no {} to change", change.place), None));
        }
        changed.update(change.place.to_string());
        changed.update(change.expression.as_deref().unwrap_or_default());
    }
    let hash = hex(&changed.finalize());
    let statement = Loader { file, raw: &raw, hash, names: Names::default() }.load()?;
    Ok(Statement { stored: base.stored.clone(), ..statement })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
