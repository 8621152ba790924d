//! The same error at every step.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// The same vector at every step: e = c·(1, −1, 1, …), C = d c².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// c, per coordinate.
    pub size: f64,
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset({})", self.size)
    }
}

impl SourceData for Offset {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("size", free::Part::One(&mut self.size, Range::Any))]
    }
}

impl Source for Offset {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let square = exact(self.size).map(|c| c.square() * problem.dimension() as u64);
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            tail: Tail::within_root(square.as_ref()),
            size: square.map(|c| [Rational::new(), c]),
            attained: true,
            finite: true,
            deterministic: true,
            form: exact(self.size).map_or(Form::Other, Form::Alternating),
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(&self, _: &EstimateQuery<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        for (j, o) in out.iter_mut().enumerate() {
            o.add_f64(if j % 2 == 0 { self.size } else { -self.size });
        }
    }
}
