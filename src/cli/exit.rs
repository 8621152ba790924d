//! Exit codes, stable: scripts and CI depend on them. README.md has the same table.

/// What the program's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing violated and nothing open; `not refuted` cells are allowed beside `holds`.
    Success = 0,
    /// A statement is violated, or one that is false on purpose was not found so.
    Violated = 1,
    /// Bad usage or bad input: arguments, a statement file, a report, an output folder.
    BadInput = 2,
    /// Nothing violated, but something inconclusive or vacuous.
    Open = 3,
    /// A check failed for a reason of its own.
    Internal = 70,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}
