//! What commands print.

use std::io::{ErrorKind, Write};

use anstyle::AnsiColor;

use super::{ExitCode, Failure};
use crate::text::printable;

/// Prints a text and a line break to standard output.
///
/// # Errors
/// When it cannot be written; a reader who has gone away has what he wanted, and is no error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write(&printable(text))
}

/// Prints identifiers with their titles, the titles in one column.
///
/// # Errors
/// As [`print`].
pub(super) fn print_titles(titles: &[(&str, String)]) -> Result<(), Failure> {
    let width = titles.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    let lines: Vec<String> = titles.iter().map(|(id, title)| format!("{id:width$}  {title}")).collect();
    print(&lines.join("\n"))
}

/// As [`print`], with verdicts in colours where the output is a terminal and NO_COLOR is not set.
///
/// # Errors
/// As [`print`].
pub(super) fn print_verdicts(text: &str) -> Result<(), Failure> {
    write(&coloured(&printable(text)))
}

/// What a verdict looks like; the longer of two that begin alike stands first.
const COLOURS: [(&str, AnsiColor); 11] = [
    ("violated, as expected", AnsiColor::Green),
    ("violated", AnsiColor::Red),
    ("error", AnsiColor::Red),
    ("errors", AnsiColor::Red),
    ("proved", AnsiColor::Green),
    ("holds", AnsiColor::Green),
    ("worse", AnsiColor::Red),
    ("better", AnsiColor::Green),
    ("not refuted", AnsiColor::Yellow),
    ("inconclusive", AnsiColor::Yellow),
    ("vacuous", AnsiColor::Yellow),
];

/// The text with every verdict coloured, in capitals or not, that stands by itself.
fn coloured(text: &str) -> String {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let begins = !out.ends_with(part_of_word);
        let found = COLOURS.iter().find(|(word, _)| {
            let same = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            begins && same && !rest[word.len()..].starts_with(part_of_word)
        });
        let length = found.map_or(next.len_utf8(), |(word, _)| word.len());
        let part = &rest[..length];
        match found {
            Some((_, colour)) => {
                let style = colour.on_default();
                out += &format!("{style}{part}{style:#}");
            }
            None => out += part,
        }
        rest = &rest[length..];
    }
    out
}

/// Writes a text, whose escape sequences are left out where they would not be colours.
fn write(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match written {
        Err(err) if err.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::bad_input(format!("cannot write to standard output: {err}")))
        }
        _ => Ok(()),
    }
}

/// Tells something beside the result, on standard error; where that cannot be printed, nothing is lost.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

/// Prints why a command ended early; where that cannot be printed, the exit code has to do.
pub(super) fn complain(failure: &Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{:?}", failure.report);
    failure.code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_coloured_and_names_that_have_them_are_not() {
        assert_eq!(coloured("it holds"), "it \u{1b}[32mholds\u{1b}[0m");
        assert_eq!(coloured("VIOLATED."), "\u{1b}[31mVIOLATED\u{1b}[0m.");
        assert_eq!(coloured("violated, as expected"), "\u{1b}[32mviolated, as expected\u{1b}[0m");
        for name in ["holds-always", "a-violated", "thresholds", "errors_of"] {
            assert_eq!(coloured(name), name);
        }
        assert_eq!(coloured("≤ é"), "≤ é");
    }
}
