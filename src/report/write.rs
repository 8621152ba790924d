//! Reports on disk: written whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::{Report, SCHEMA_VERSION};
use crate::audit::report::{AuditReport, SCHEMA_VERSION as AUDIT_SCHEMA_VERSION};
use crate::text::{self, ReadError};

/// Why a report could not be written or read. An earlier report is never harmed.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The folder or the file cannot be written.
    #[error("cannot write the report {path}: {cause}")]
    Write {
        /// Target.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the report {path}: {cause}")]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        cause: ReadError,
    },
    /// The file is no report.
    #[error("{path} is not a lemmata report: {cause}")]
    Parse {
        /// File.
        path: PathBuf,
        /// Cause.
        cause: serde_json::Error,
    },
    /// The file is a report of another version.
    #[error(
        "{path} is a report of schema version {found}, this program reads version {read}; make it anew with `lemmata {command}`"
    )]
    Version {
        /// File.
        path: PathBuf,
        /// Version found.
        found: u64,
        /// Version that is read.
        read: u32,
        /// What makes such reports.
        command: &'static str,
    },
    /// The report asks for what no check does.
    #[error("{path} was not made by `lemmata check`, or it was edited: {defect}")]
    Settings {
        /// File.
        path: PathBuf,
        /// What is out of range.
        defect: String,
    },
}

/// Larger files are refused unread; reports have a few megabytes.
pub const MAX_BYTES: u64 = 1 << 28;

/// Where the report of that name is in a folder.
#[must_use]
pub fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// Writes a report to `folder/name.json` through a temporary file in the same folder, which then
/// takes the report's name; returns the path.
///
/// # Errors
/// When the folder cannot be made or written to.
pub fn write(report: &Report, folder: &Path) -> Result<PathBuf, WriteError> {
    write_with(path(folder, &report.name), |file| write_by_cells(file, report))
}

/// A report with each cell in a line of its own: indented, it would be twice as large.
fn write_by_cells(out: impl Write, report: &Report) -> std::io::Result<()> {
    let mut buffered = BufWriter::new(out);
    let head = Report {
        schema_version: report.schema_version,
        name: report.name.clone(),
        provenance: report.provenance.clone(),
        settings: report.settings.clone(),
        statements: report.statements.clone(),
        not_reached: report.not_reached,
        cells: Vec::new(),
    };
    let head = serde_json::to_string_pretty(&head)?;
    // The cells come last.
    let head = head.strip_suffix("[]\n}").unwrap_or(&head);
    buffered.write_all(head.as_bytes())?;
    for (number, cell) in report.cells.iter().enumerate() {
        buffered.write_all(if number == 0 { b"[\n" } else { b",\n" })?;
        serde_json::to_writer(&mut buffered, cell)?;
    }
    buffered.write_all(if report.cells.is_empty() { b"[]\n}\n" } else { b"\n]\n}\n" })?;
    buffered.flush()
}

/// Writes any report in the same way to `folder/name.json`.
///
/// # Errors
/// As [`write()`].
pub fn write_json(name: &str, report: &impl Serialize, folder: &Path) -> Result<PathBuf, WriteError> {
    write_with(path(folder, name), |file| write_to(file, report))
}

fn write_with(path: PathBuf, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<PathBuf, WriteError> {
    match text::write(&path, fill) {
        Ok(()) => Ok(path),
        Err(cause) => Err(WriteError::Write { path, cause }),
    }
}

/// In few pieces, as a report has many small parts.
fn write_to(out: impl Write, report: &impl Serialize) -> std::io::Result<()> {
    let mut buffered = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut buffered, report)?;
    buffered.write_all(b"\n")?;
    buffered.flush()
}

/// Reads a report.
///
/// # Errors
/// When the file cannot be read, is no report, is of another schema version, or has settings that no
/// check has.
pub fn read(path: &Path) -> Result<Report, WriteError> {
    report_of(read_value(path)?, path)
}

/// The report that a file has in it.
pub(super) fn report_of(value: serde_json::Value, path: &Path) -> Result<Report, WriteError> {
    let parse = |cause| WriteError::Parse { path: path.to_owned(), cause };
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(SCHEMA_VERSION) => {
            Err(WriteError::Version { path: path.to_owned(), found, read: SCHEMA_VERSION, command: "check" })
        }
        _ => checked(serde_json::from_value(value).map_err(parse)?, path),
    }
}

pub(super) fn read_value(path: &Path) -> Result<serde_json::Value, WriteError> {
    let text = text::read(path, MAX_BYTES).map_err(|cause| WriteError::Read { path: path.to_owned(), cause })?;
    serde_json::from_str(&text).map_err(|cause| WriteError::Parse { path: path.to_owned(), cause })
}

/// Reads the report of an audit; nothing where the file is no such report.
///
/// # Errors
/// When the file cannot be read, is malformed, or is of another schema version.
pub fn read_audit(path: &Path) -> Result<Option<AuditReport>, WriteError> {
    let value = read_value(path)?;
    // Reports of checks have cells, those of audits say how many instances were looked at.
    if value.get("looks").is_none() {
        return Ok(None);
    }
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(AUDIT_SCHEMA_VERSION) => {
            Err(WriteError::Version { path: path.to_owned(), found, read: AUDIT_SCHEMA_VERSION, command: "audit" })
        }
        _ => {
            serde_json::from_value(value).map(Some).map_err(|cause| WriteError::Parse { path: path.to_owned(), cause })
        }
    }
}

fn checked(report: Report, path: &Path) -> Result<Report, WriteError> {
    let settings = &report.settings;
    match settings.effort.defect().or_else(|| settings.ledger.defect()) {
        Some(defect) => Err(WriteError::Settings { path: path.to_owned(), defect }),
        None => Ok(report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the pieces that it is given.
    struct Counter(usize);

    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += 1;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_report_is_written_in_few_pieces() {
        let mut counter = Counter(0);
        write_to(&mut counter, &vec![0.5; 10_000]).unwrap();
        assert!(counter.0 < 50, "{} pieces", counter.0);
    }
}
