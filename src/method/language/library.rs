//! The shipped methods, embedded in the program.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use include_dir::{Dir, include_dir};

use super::file::load_text;
use super::tree::Method;
use crate::statement::StatementError;

static METHODS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/methods");

/// Identifiers of the shipped methods, in alphabetical order.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        METHODS.files().filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(".toml")).collect();
    ids.sort_unstable();
    ids
}

/// The text of a shipped method.
#[must_use]
pub fn text(id: &str) -> Option<&'static str> {
    METHODS.get_file(format!("{id}.toml"))?.contents_utf8()
}

/// Loads a shipped method; none where there is none of that id.
///
/// # Errors
/// When the file has a mistake.
pub fn load(id: &str) -> Option<Result<Method, Box<StatementError>>> {
    Some(load_text(&format!("methods/{id}.toml"), text(id)?))
}

/// A shipped method, read once; none where there is none of that id.
///
/// # Errors
/// When the file has a mistake.
pub fn shared(id: &str) -> Option<Result<Arc<Method>, Box<StatementError>>> {
    type Read = Result<Arc<Method>, Box<StatementError>>;
    static READ: LazyLock<BTreeMap<&str, Read>> =
        LazyLock::new(|| ids().into_iter().filter_map(|id| Some((id, load(id)?.map(Arc::new)))).collect());
    READ.get(id).cloned()
}
