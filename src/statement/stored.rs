//! The instances that an audit stored for a statement, beside its file. Here they are text: what it
//! says is read by [`crate::verify::stored`].

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{MAX_FILE_BYTES, StatementError};
use crate::text::{self, ReadError};

/// The folder of stored witnesses, in the folder of the statement files.
pub(super) const FOLDER: &str = "witnesses";

/// A file of stored witnesses.
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
    statement_file.with_file_name(FOLDER)
}

impl Stored {
    /// The stored witnesses of the statement with that file and identifier; `None` where there are none.
    ///
    /// # Errors
    /// When there is a file that cannot be read, or a larger one than a statement's may be.
    pub(super) fn beside(statement_file: &Path, id: &str) -> Result<Option<Self>, Box<StatementError>> {
        let path = stored_folder(statement_file).join(format!("{id}.json"));
        let stored = |text| Stored { file: path.display().to_string(), text: Arc::new(text) };
        match text::read(&path, MAX_FILE_BYTES) {
            Ok(text) => Ok(Some(stored(text))),
            Err(ReadError::Io(err)) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(err) => Err(stored(String::new()).error(None, format!("the stored witnesses cannot be used: {err}"))),
        }
    }

    /// A mistake in the file, at a place of it or as a whole, with the way out.
    #[must_use]
    pub fn error(&self, place: Option<Range<usize>>, message: impl Into<String>) -> Box<StatementError> {
        let help = "delete the file; `lemmata audit` finds such instances again".to_owned();
        Box::new(StatementError::new(&self.file, &self.text, place, message, Some(help)))
    }
}
