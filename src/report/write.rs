//! Reports on disk: written whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{AnyReport, Document, Kind, Report};
use crate::audit::running::report::AuditReport;
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
        "{path} is a report of {}, this program reads schema version {read}; make it anew with `lemmata {kind}`",
        .found.map_or_else(|| "an earlier version".to_owned(), |found| format!("schema version {found}"))
    )]
    Version {
        /// File.
        path: PathBuf,
        /// Version found; none in the earliest.
        found: Option<u64>,
        /// Version that is read.
        read: u32,
        /// What makes such reports.
        kind: Kind,
    },
    /// The file is a baseline of another version.
    #[error(
        "{path} is a baseline of version {found}, this program reads version {read}; make it anew with `lemmata baseline`"
    )]
    BaselineVersion {
        /// File.
        path: PathBuf,
        /// Version found.
        found: u64,
        /// Version that is read.
        read: u32,
    },
    /// The file is a report of another kind.
    #[error("{path} is a report of `lemmata {found}`; one of `lemmata {wanted}` is needed here")]
    Kind {
        /// File.
        path: PathBuf,
        /// What it is of.
        found: Kind,
        /// What is needed.
        wanted: Kind,
    },
    /// The file is JSON, and no report.
    #[error("{path} is not a lemmata report: it has no kind (check, audit, compare or calibrate)")]
    NoReport {
        /// File.
        path: PathBuf,
    },
    /// The report has what no command leaves.
    #[error("{path} was not made by `lemmata {kind}`, or it was edited: {defect}")]
    Edited {
        /// File.
        path: PathBuf,
        /// What it says that it is of.
        kind: Kind,
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
    let head = Report {
        kind: report.kind,
        schema_version: report.schema_version,
        name: report.name.clone(),
        provenance: report.provenance.clone(),
        settings: report.settings.clone(),
        statements: report.statements.clone(),
        not_reached: report.not_reached,
        cells: Vec::new(),
    };
    write_with_lines(out, &serde_json::to_string_pretty(&head)?, &report.cells)
}

/// An object whose last field is an empty list, which is filled with an item a line.
fn write_with_lines(out: impl Write, head: &str, items: &[impl Serialize]) -> std::io::Result<()> {
    let mut buffered = BufWriter::new(out);
    let head = head.strip_suffix("[]\n}").unwrap_or(head);
    buffered.write_all(head.as_bytes())?;
    for (number, item) in items.iter().enumerate() {
        buffered.write_all(if number == 0 { b"[\n" } else { b",\n" })?;
        serde_json::to_writer(&mut buffered, item)?;
    }
    buffered.write_all(if items.is_empty() { b"[]\n}\n" } else { b"\n]\n}\n" })?;
    buffered.flush()
}

/// Writes the report of an audit with each statement in a line of its own.
///
/// # Errors
/// As [`write()`].
pub fn write_audit(report: &AuditReport, folder: &Path) -> Result<PathBuf, WriteError> {
    write_with(path(folder, &report.name), |file| {
        let head = serde_json::to_string_pretty(&AuditReport { statements: Vec::new(), ..report.clone() })?;
        write_with_lines(file, &head, &report.statements)
    })
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

/// Reads a report of a kind.
///
/// # Errors
/// When the file cannot be read, is no such report, is of another schema version, or has what no command leaves.
pub fn read<T: Document>(path: &Path) -> Result<T, WriteError> {
    report_of(read_value(path)?, path)
}

/// Reads a report of any kind.
///
/// # Errors
/// As [`read`].
pub fn read_any(path: &Path) -> Result<AnyReport, WriteError> {
    let value = read_value(path)?;
    Ok(match kind_of(&value).ok_or_else(|| WriteError::NoReport { path: path.to_owned() })? {
        Kind::Check => AnyReport::Check(Box::new(report_of(value, path)?)),
        Kind::Audit => AnyReport::Audit(Box::new(report_of(value, path)?)),
        Kind::Compare => AnyReport::Compare(Box::new(report_of(value, path)?)),
        Kind::Calibrate => AnyReport::Calibrate(Box::new(report_of(value, path)?)),
    })
}

/// What the reports of earlier versions, which do not say their kind, have of their own.
const MARKS: [(&str, Kind); 4] =
    [("cells", Kind::Check), ("evaluations", Kind::Audit), ("rounds", Kind::Compare), ("calibration", Kind::Calibrate)];

fn kind_of(value: &Value) -> Option<Kind> {
    match value.get("kind") {
        Some(kind) => Kind::deserialize(kind).ok(),
        None => MARKS.into_iter().find(|(mark, _)| value.get(mark).is_some()).map(|(_, kind)| kind),
    }
}

/// The report that a file has in it.
pub(super) fn report_of<T: Document>(value: Value, path: &Path) -> Result<T, WriteError> {
    let path = || path.to_owned();
    let found = kind_of(&value).ok_or_else(|| WriteError::NoReport { path: path() })?;
    if found != T::KIND {
        return Err(WriteError::Kind { path: path(), found, wanted: T::KIND });
    }
    let version = value.get("schema_version").and_then(Value::as_u64);
    if version != Some(T::VERSION.into()) {
        return Err(WriteError::Version { path: path(), found: version, read: T::VERSION, kind: T::KIND });
    }
    let report: T = serde_json::from_value(value).map_err(|cause| WriteError::Parse { path: path(), cause })?;
    match report.defect() {
        Some(defect) => Err(WriteError::Edited { path: path(), kind: T::KIND, defect }),
        None => Ok(report),
    }
}

pub(super) fn read_value(path: &Path) -> Result<Value, WriteError> {
    let text = text::read(path, MAX_BYTES).map_err(|cause| WriteError::Read { path: path.to_owned(), cause })?;
    serde_json::from_str(&text).map_err(|cause| WriteError::Parse { path: path.to_owned(), cause })
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
