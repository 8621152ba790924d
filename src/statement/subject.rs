//! What a claim is about, and how its two sides are related.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a claim is about, which decides how it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Every step of every run.
    Pathwise,
    /// Single points at which the estimate is drawn: those of a run, and probes.
    Estimate,
    /// The noise of one step, given the past.
    OneStep,
    /// The noise of the whole run.
    WholeRun,
}

impl Subject {
    /// For a person.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Subject::Pathwise => "pathwise",
            Subject::Estimate => "estimate",
            Subject::OneStep => "one step",
            Subject::WholeRun => "whole run",
        }
    }

    /// Whether it is judged step by step along runs.
    #[must_use]
    pub fn is_of_steps(self) -> bool {
        matches!(self, Subject::Pathwise | Subject::OneStep)
    }
}

/// How the two sides of a claim are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The left-hand side is at most the right-hand side.
    Inequality,
    /// Both sides are equal.
    Identity,
}
