//! The kinds of reports, each with the command that makes it.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Report, SCHEMA_VERSION};
use crate::audit::running::report::AuditReport;
use crate::calibrate::CalibrateReport;
use crate::compare::CompareReport;

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Of `lemmata check`.
    Check,
    /// Of `lemmata audit`.
    Audit,
    /// Of `lemmata compare`.
    Compare,
    /// Of `lemmata calibrate`.
    Calibrate,
}

/// The command that makes it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Check => "check",
            Kind::Audit => "audit",
            Kind::Compare => "compare",
            Kind::Calibrate => "calibrate",
        })
    }
}

/// A report of one kind.
pub trait Document: DeserializeOwned {
    /// The kind.
    const KIND: Kind;
    /// The version of its form that is read and written.
    const VERSION: u32;

    /// What no command leaves in such a report, as one that was edited may have it.
    fn defect(&self) -> Option<String> {
        None
    }
}

impl Document for Report {
    const KIND: Kind = Kind::Check;
    const VERSION: u32 = SCHEMA_VERSION;

    fn defect(&self) -> Option<String> {
        self.settings.effort.defect().or_else(|| self.settings.error_budget.defect())
    }
}

/// A report of any kind.
#[derive(Clone, Debug)]
pub enum AnyReport {
    /// Of a check.
    Check(Box<Report>),
    /// Of an audit.
    Audit(Box<AuditReport>),
    /// Of a comparison.
    Compare(Box<CompareReport>),
    /// Of a calibration.
    Calibrate(Box<CalibrateReport>),
}
