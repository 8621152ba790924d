//! The journal of long work: every finished piece on a line of its own, so that work that was stopped, however rudely,
//! goes on where it was.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Version of the journal's form.
const VERSION: u32 = 3;

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("cannot use the journal {path}: {cause}")]
    Io {
        /// File.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// It belongs to work with other settings, or of another version of lemmata.
    #[error(
        "{path} is the journal of work with other settings or of another version; finish that one, remove the file, or give another --name"
    )]
    OtherWork {
        /// File.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{path} is no journal of lemmata; move it away, or give another --name")]
    NoJournal {
        /// File.
        path: PathBuf,
    },
}

/// The first line.
#[derive(Serialize, Deserialize, PartialEq)]
struct Header {
    journal: u32,
    program: String,
    settings: Value,
}

/// What wrote a journal: results of another build may be others.
fn program() -> String {
    let built = std::env::current_exe().and_then(|path| path.metadata()?.modified()).ok();
    let built = built.and_then(|time| Some(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()));
    format!("{} ({}, {})", env!("CARGO_PKG_VERSION"), env!("LEMMATA_COMMIT"), built.unwrap_or_default())
}

/// One finished piece of work.
#[derive(Serialize, Deserialize)]
struct FinishedPiece {
    statement: String,
    /// Hash of the statement's text: work on another text does not count.
    hash: String,
    task: String,
    result: Value,
}

/// Finished work, on disk as soon as it is finished.
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    known: HashMap<(String, String, String), Value>,
}

impl Journal {
    /// Opens the journal at `path`, or begins it.
    ///
    /// # Errors
    /// When it cannot be read or written, belongs to other work, or is none.
    pub fn open(path: &Path, settings: &impl Serialize) -> Result<Self, JournalError> {
        let io = |cause| JournalError::Io { path: path.to_owned(), cause };
        let settings = serde_json::to_value(settings).map_err(|err| io(err.into()))?;
        let header = Header { journal: VERSION, program: program(), settings };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        let mut known = HashMap::new();
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(io)?;
            // A line that was left unfinished is work that was not finished.
            if length == 0 || line.last() != Some(&b'\n') {
                break;
            }
            if whole == 0 {
                let first: Value = serde_json::from_slice(&line).unwrap_or_default();
                if first.get("journal").is_none() {
                    return Err(JournalError::NoJournal { path: path.to_owned() });
                }
                if Header::deserialize(first).ok().as_ref() != Some(&header) {
                    return Err(JournalError::OtherWork { path: path.to_owned() });
                }
            } else if let Ok(entry) = serde_json::from_slice::<FinishedPiece>(&line) {
                known.insert((entry.statement, entry.hash, entry.task), entry.result);
            }
            whole += length as u64;
        }
        drop(reader);
        if whole == 0 && !line.is_empty() {
            return Err(JournalError::NoJournal { path: path.to_owned() });
        }
        file.set_len(whole).map_err(io)?;
        let journal = Journal { path: path.to_owned(), file: Mutex::new(file), known };
        if whole == 0 {
            journal.append(&header).map_err(io)?;
        }
        Ok(journal)
    }

    /// How many pieces of work were finished before.
    #[must_use]
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// The result of a piece of work that was finished before.
    #[must_use]
    pub fn finished<T: for<'de> Deserialize<'de>>(&self, statement: &str, hash: &str, task: &str) -> Option<T> {
        let result = self.known.get(&(statement.to_owned(), hash.to_owned(), task.to_owned()))?;
        T::deserialize(result).ok()
    }

    /// Notes a finished piece of work.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&self, statement: &str, hash: &str, task: &str, result: &impl Serialize) -> Result<(), JournalError> {
        let io = |cause| JournalError::Io { path: self.path.clone(), cause };
        let result = serde_json::to_value(result).map_err(|err| io(err.into()))?;
        let entry =
            FinishedPiece { statement: statement.to_owned(), hash: hash.to_owned(), task: task.to_owned(), result };
        self.append(&entry).map_err(io)
    }

    /// One line in one call, so that a process that is killed leaves whole lines.
    fn append(&self, line: &impl Serialize) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(&text)
    }

    /// Removes the journal of work that is complete: its report has everything.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn close(self) -> Result<(), JournalError> {
        match std::fs::remove_file(&self.path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(JournalError::Io { path: self.path, cause }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.journal");
        (folder, path)
    }

    #[test]
    fn what_was_noted_is_known_to_the_next_work_with_the_same_settings_alone() {
        let (_folder, path) = folder();
        let journal = Journal::open(&path, &1).unwrap();
        journal.note("lemma", "abc", "worst", &vec![1, 2]).unwrap();
        drop(journal);
        let again = Journal::open(&path, &1).unwrap();
        assert_eq!(again.finished::<Vec<u32>>("lemma", "abc", "worst"), Some(vec![1, 2]));
        assert_eq!(again.finished::<Vec<u32>>("lemma", "of another text", "worst"), None);
        assert!(matches!(Journal::open(&path, &2), Err(JournalError::OtherWork { .. })));
    }

    #[test]
    fn an_unfinished_line_is_dropped_and_the_next_one_is_whole() {
        let (_folder, path) = folder();
        let journal = Journal::open(&path, &1).unwrap();
        journal.note("lemma", "abc", "a", &1).unwrap();
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"statement\":\"lemma\",\"hash\":\"ab").unwrap();
        drop(file);
        let journal = Journal::open(&path, &1).unwrap();
        journal.note("lemma", "abc", "b", &2).unwrap();
        drop(journal);
        let again = Journal::open(&path, &1).unwrap();
        let of = |task| again.finished::<u32>("lemma", "abc", task);
        assert_eq!((of("a"), of("b")), (Some(1), Some(2)));
    }

    #[test]
    fn finished_work_leaves_no_journal_and_another_file_is_not_taken_for_one() {
        let (_folder, path) = folder();
        Journal::open(&path, &1).unwrap().close().unwrap();
        assert!(!path.exists());
        for notes in ["notes of my own\n", "notes", "{\"a\": 1}\n"] {
            std::fs::write(&path, notes).unwrap();
            assert!(matches!(Journal::open(&path, &1), Err(JournalError::NoJournal { .. })));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
        }
    }
}
