//! The JSON Schemas of everything that lemmata writes as JSON, generated from the types.

use std::fmt;

use clap::ValueEnum;
use schemars::{Schema, schema_for};

use super::{Baseline, Report};
use crate::audit::running::report::AuditReport;
use crate::calibrate::CalibrateReport;
use crate::compare::CompareReport;
use crate::prove::{Proof, Refutation};

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The report of `lemmata check`.
    Check,
    /// The report of `lemmata audit`.
    Audit,
    /// A report of `lemmata compare`.
    Compare,
    /// The report of `lemmata calibrate`.
    Calibrate,
    /// What `lemmata baseline` prints.
    Baseline,
    /// A proof that `lemmata prove` writes.
    Proof,
    /// A counterexample that `lemmata prove` writes.
    Counterexample,
}

/// Its name in commands and of its file.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// The schema; `reports/schemas` has copies.
#[must_use]
pub fn schema(form: Form) -> String {
    let schema: Schema = match form {
        Form::Check => schema_for!(Report),
        Form::Audit => schema_for!(AuditReport),
        Form::Compare => schema_for!(CompareReport),
        Form::Calibrate => schema_for!(CalibrateReport),
        Form::Baseline => schema_for!(Baseline),
        Form::Proof => schema_for!(Proof),
        Form::Counterexample => schema_for!(Refutation),
    };
    // Plain data, so this cannot fail.
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_schemas_are_for_readers_without_rust() {
        for form in Form::value_variants() {
            let schema = schema(*form);
            for rustic in ["[`", "::", "Option<", "Vec<", "usize`"] {
                assert!(!schema.contains(rustic), "{form} speaks of {rustic}");
            }
        }
    }
}
