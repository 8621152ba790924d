//! Exit codes, stable: scripts and CI depend on them. docs/exit-codes.md has the same table.

use crate::inference::Verdict;
use crate::report::{Difference, Direction, Report, StatementSummary};
use crate::statement::Expectation;
use crate::verify::Outcome;

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

impl Report {
    /// How a program that made it is to end.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let failed =
            |internal: bool| self.cells.iter().filter_map(|c| c.failure.as_ref()).any(|f| f.internal == internal);
        let unexpected: Vec<&StatementSummary> = self.statements.iter().filter(|s| !s.as_expected).collect();
        if failed(true) || self.statements.iter().any(StatementSummary::contradicts_its_proof) {
            ExitCode::Internal
        } else if unexpected.iter().any(|s| !is_open(s)) {
            // Violated, or false on purpose and not found so.
            ExitCode::Violated
        } else if failed(false) {
            ExitCode::BadInput
        } else if unexpected.is_empty() {
            ExitCode::Success
        } else {
            ExitCode::Open
        }
    }
}

/// Whether more cells or a larger budget might change what is unexpected of it.
fn is_open(summary: &StatementSummary) -> bool {
    let violated = summary.verdicts.get(&Verdict::Violated).copied().unwrap_or(0);
    // False on purpose, and found so wherever there was an outcome at all.
    let but_for_errors =
        summary.expected == Expectation::Violated && summary.errors > 0 && violated + summary.errors == summary.cells();
    matches!(summary.verdict, Verdict::Inconclusive | Verdict::Vacuous) || but_for_errors
}

impl Outcome {
    /// How a program that decided this cell alone is to end.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.verdict {
            Verdict::Proved | Verdict::Holds | Verdict::NotRefuted => ExitCode::Success,
            Verdict::Violated => ExitCode::Violated,
            Verdict::Inconclusive | Verdict::Vacuous => ExitCode::Open,
        }
    }
}

impl Difference {
    /// How a program that compared two checks is to end.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.count(Direction::Worse) > 0 { ExitCode::Violated } else { ExitCode::Success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;
    use crate::report;
    use crate::report::tests::{report_of, summary};

    const VERDICTS: [Verdict; 6] = [
        Verdict::Proved,
        Verdict::Holds,
        Verdict::NotRefuted,
        Verdict::Vacuous,
        Verdict::Inconclusive,
        Verdict::Violated,
    ];

    #[test]
    fn what_is_false_on_purpose_and_partly_in_error_ends_with_2() {
        let mut statement = summary("false", Verdict::Violated, &[]);
        statement.expected = Expectation::Violated;
        statement.verdicts.insert(Verdict::Violated, 3);
        statement.errors = 1;
        let mut report = report_of(Preset::Quick, vec![statement]);
        let failure = Some(report::Failure { message: "no value".into(), internal: false });
        report.cells.push(report::tests::cell("false", failure));
        assert_eq!(report.exit_code(), ExitCode::BadInput);
        report.statements[0].verdicts.insert(Verdict::Holds, 1);
        assert_eq!(report.exit_code(), ExitCode::Violated);
    }

    #[test]
    fn a_statement_that_rests_on_what_is_violated_never_ends_with_0() {
        for (lemma, theorem) in VERDICTS.into_iter().flat_map(|v| VERDICTS.map(|w| (v, w))) {
            for expected in [Expectation::Holds, Expectation::Violated] {
                let mut top = summary("corollary", theorem, &["theorem"]);
                top.expected = expected;
                top.as_expected = true;
                let mut statements =
                    [top, summary("theorem", Verdict::Holds, &["lemma"]), summary("lemma", lemma, &[])];
                report::spread_taint(&mut statements);
                let tainted = statements.iter().filter(|s| !s.tainted_by.is_empty()).count();
                assert_eq!(tainted, if lemma == Verdict::Violated { 2 } else { 0 });
                let code = report_of(Preset::Quick, statements.to_vec()).exit_code();
                assert!(tainted == 0 || code == ExitCode::Violated, "{lemma}, {theorem}: {code:?}");
            }
        }
    }
}
