//! Exit codes, stable: scripts and CI depend on them. README.md has the same table.

/// What the program's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing violated and nothing open; `not refuted` cells are allowed beside `holds`.
    Success = 0,
    /// A statement is violated, or one that is false on purpose holds or is not refuted on some cell; or something is
    /// worse than in an earlier check.
    Violated = 1,
    /// Bad usage or bad input: arguments, a statement file, a report, an output that cannot be written;
    /// or a cell that ended in an error of its statement.
    BadInput = 2,
    /// None of these, but something inconclusive or vacuous, also a statement that is false on purpose.
    Open = 3,
    /// A check failed for a reason of its own, or a replay differs from its report.
    Internal = 70,
    /// Ended by Ctrl-C, with the report of what was done.
    Interrupted = 130,
    /// The same by SIGTERM.
    Terminated = 143,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}
