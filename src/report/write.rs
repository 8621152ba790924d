//! Reports on disk: written whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::{Report, SCHEMA_VERSION};

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
        cause: std::io::Error,
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
        "{path} is a report of schema version {found}, this program reads version {SCHEMA_VERSION}; make it anew with `lemmata check`"
    )]
    Version {
        /// File.
        path: PathBuf,
        /// Version found.
        found: u64,
    },
}

/// Writes a report to `folder/name.json` through a temporary file in the same folder, which then
/// takes the report's name; returns the path.
///
/// # Errors
/// When the folder cannot be made or written to.
pub fn write(report: &Report, folder: &Path) -> Result<PathBuf, WriteError> {
    write_json(&report.name, report, folder)
}

/// Writes any report in the same way to `folder/name.json`.
///
/// # Errors
/// As [`write`].
pub fn write_json(name: &str, report: &impl Serialize, folder: &Path) -> Result<PathBuf, WriteError> {
    let path = folder.join(format!("{name}.json"));
    let fail = |cause| WriteError::Write { path: path.clone(), cause };
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    serde_json::to_writer_pretty(&mut file, report).map_err(|err| fail(err.into()))?;
    file.write_all(b"\n").map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&path).map_err(|err| fail(err.error))?;
    Ok(path)
}

/// Reads a report.
///
/// # Errors
/// When the file cannot be read, is no report, or is of another schema version.
pub fn read(path: &Path) -> Result<Report, WriteError> {
    let text = std::fs::read_to_string(path).map_err(|cause| WriteError::Read { path: path.to_owned(), cause })?;
    let parse = |cause| WriteError::Parse { path: path.to_owned(), cause };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(parse)?;
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(SCHEMA_VERSION) => Err(WriteError::Version { path: path.to_owned(), found }),
        _ => serde_json::from_value(value).map_err(parse),
    }
}
