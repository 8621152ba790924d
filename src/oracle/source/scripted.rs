//! A prescribed sequence of errors.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts};

/// A prescribed sequence e_0, e_1, …; zero after its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// The errors, each of length d.
    pub errors: Vec<Vec<f64>>,
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scripted({} steps)", self.errors.len())
    }
}

impl SourceData for Scripted {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("errors", free::Part::Script(&mut self.errors))]
    }

    fn misfit(&self, dimension: usize) -> Option<String> {
        let bad = self.errors.iter().find(|e| e.len() != dimension)?;
        Some(format!("errors must have {dimension} coordinates, one has {}", bad.len()))
    }
}

impl Source for Scripted {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        let square = |e: &Vec<f64>| e.iter().try_fold(Rational::new(), |sum, x| Some(sum + exact(*x)?.square()));
        // After the end of the script, and without one, the error is zero.
        let largest = self.errors.iter().try_fold(Rational::new(), |largest, e| Some(largest.max(square(e)?)));
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            tail: Tail::within_root(largest.as_ref()),
            size: largest.map(|c| [Rational::new(), c]),
            attained: false,
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(&self, at: &EstimateQuery<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        if let Some(error) = self.errors.get(at.step.unwrap_or(0)) {
            for (o, e) in out.iter_mut().zip(error) {
                o.add_f64(*e);
            }
        }
    }

    fn is_of_workers(&self) -> bool {
        true
    }

    fn add_to_worker<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        self.add(at, random, out, context);
    }
}
