//! What commands print.

use std::io::{ErrorKind, Write};

use super::{ExitCode, Failure};
use crate::text::printable;

/// Prints a text and a line break to standard output.
///
/// # Errors
/// When it cannot be written; a reader who has gone away has what he wanted, and is no error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written =
        out.write_all(printable(text).as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match written {
        Err(err) if err.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::bad_input(format!("cannot write to standard output: {err}")))
        }
        _ => Ok(()),
    }
}

/// Prints why a command ended early; where that cannot be printed, the exit code has to do.
pub(super) fn complain(failure: &Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{:?}", failure.report);
    failure.code
}
