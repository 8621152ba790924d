//! Text files: read within limits, shown without harm to a terminal, and written whole or not at all.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::path::Path;

use thiserror::Error;

/// Why a file cannot be read as text.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The system does not give it.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// A folder, a device or a pipe: reading one may never end.
    #[error("this is not a regular file")]
    NotRegular,
    /// More bytes than any such file has.
    #[error("the file has at least {size} bytes; at most {most} are read")]
    TooLarge {
        /// Bytes that it has, as far as known.
        size: u64,
        /// Most that are read.
        most: u64,
    },
    /// Bytes that are no UTF-8.
    #[error("the file is not UTF-8 text (byte {0})")]
    NotText(usize),
}

/// The text of a regular file of at most `most` bytes.
///
/// # Errors
/// When it is something else, or cannot be read.
pub fn read(path: &Path, most: u64) -> Result<String, ReadError> {
    // Before it is opened, as opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    let too_large = |size| Err(ReadError::TooLarge { size, most });
    if metadata.len() > most {
        return too_large(metadata.len());
    }
    let mut bytes = Vec::new();
    // Some files say that they are empty and go on for ever.
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return too_large(most + 1);
    }
    String::from_utf8(bytes).map_err(|err| ReadError::NotText(err.utf8_error().valid_up_to()))
}

/// Puts what `fill` writes at `path`, through a temporary file in the same folder which then takes the
/// name. The folder is made where there is none.
///
/// # Errors
/// When the folder cannot be made or written to, or `fill` fails; then an earlier file is unharmed.
pub fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    fill(&mut file)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|err| err.error)?;
    Ok(())
}

/// A temporary file with the permissions that any new file of the user has: its own are for one user alone.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(folder)
}

/// The first character that a terminal would obey, with its line, counted from 1. Line ends of either
/// kind are none.
#[must_use]
pub fn control_character(text: &str) -> Option<(usize, char)> {
    let (at, found) = text.char_indices().find(|(at, c)| is_control(*c) && !text[*at..].starts_with("\r\n"))?;
    Some((text[..at].matches('\n').count() + 1, found))
}

/// Whether a terminal would obey the character instead of showing it: a control character other
/// than tab and line feed, or one that turns the direction of writing.
#[must_use]
pub fn is_control(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters written out, as in `\u{1b}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let written = |c: char| if is_control(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(written).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_line_breaks_are_not() {
        assert_eq!(printable("a\tb\n≤ é"), "a\tb\n≤ é");
        assert_eq!(printable("\u{1b}[31mred\u{202e}\r"), "\\u{1b}[31mred\\u{202e}\\u{d}");
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_beyond() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), "12345");
        assert!(matches!(read(&path, 4), Err(ReadError::TooLarge { size: 5, most: 4 })));
        assert!(matches!(read(folder.path(), 4), Err(ReadError::NotRegular)));
        assert!(matches!(read(&folder.path().join("none"), 4), Err(ReadError::Io(_))));
    }
}
