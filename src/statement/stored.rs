//! The instances that an audit stored for a statement, beside its file. Here they are text: what it
//! says is read by [`crate::verify::choosing::corpus`].

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{MAX_FILE_BYTES, StatementError};
use crate::text::{self, ReadError};

/// The folder of stored witnesses, in the folder of the statement files.
pub(super) const WITNESSES: &str = "witnesses";
/// The folder of stored proofs, in the folder of the statement files or in the one above.
pub(super) const PROOFS: &str = "proofs";

/// A file that belongs to a statement: its stored witnesses, or its proof.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What errors call the file.
    pub file: String,
    /// Its text.
    pub text: Arc<String>,
}

/// The folder of the stored witnesses of a statement whose file is `statement_file`.
#[must_use]
pub fn stored_folder(statement_file: &Path) -> PathBuf {
    statement_file.with_file_name(WITNESSES)
}

/// The folders in which the proof of a statement may be whose file is `statement_file`.
fn proof_folders(statement_file: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = statement_file.parent().map(Path::to_path_buf).unwrap_or_default();
    let above = folder.join("..").join(PROOFS);
    [folder.join(PROOFS), above].into_iter()
}

impl Stored {
    /// The stored witnesses of the statement with that file and identifier; `None` where there are none.
    ///
    /// # Errors
    /// When there is a file that cannot be read, or a larger one than a statement's may be.
    pub(super) fn witnesses(statement_file: &Path, id: &str) -> Result<Option<Self>, Box<StatementError>> {
        let path = stored_folder(statement_file).join(format!("{id}.json"));
        let stored = |text| Stored { file: path.display().to_string(), text: Arc::new(text) };
        match text::read(&path, MAX_FILE_BYTES) {
            Ok(text) => Ok(Some(stored(text))),
            Err(ReadError::Io(err)) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(err) => Err(stored(String::new()).error(None, format!("the stored witnesses cannot be used: {err}"))),
        }
    }

    /// The proof of the statement with that file and identifier; `None` where there is none that can be read.
    pub(super) fn proof(statement_file: &Path, id: &str) -> Option<Self> {
        proof_folders(statement_file).find_map(|folder| {
            let path = folder.join(format!("{id}.json"));
            let text = text::read(&path, MAX_FILE_BYTES).ok()?;
            Some(Stored { file: path.display().to_string(), text: Arc::new(text) })
        })
    }

    /// A mistake in the file, at a place of it or as a whole, with the way out.
    #[must_use]
    pub fn error(&self, place: Option<Range<usize>>, message: impl Into<String>) -> Box<StatementError> {
        let help = "delete the file; `lemmata audit` finds such instances again".to_owned();
        Box::new(StatementError::new(&self.file, &self.text, place, message, Some(help)))
    }
}
