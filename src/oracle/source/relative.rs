//! A multiple of the gradient.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// e = r g: ‖e‖² = r²‖g‖².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// r; negative shrinks the gradient.
    pub factor: f64,
}

impl fmt::Display for Relative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relative({})", self.factor)
    }
}

impl SourceData for Relative {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("factor", free::Part::One(&mut self.factor, Range::Any))]
    }
}

impl Source for Relative {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size: exact(self.factor).map(|r| [r.square(), Rational::new()]),
            attained: true,
            tail: exact(self.factor).map_or_else(Tail::unknown, |r| Tail::sure(r.abs(), Rational::new())),
            finite: true,
            deterministic: true,
            form: exact(self.factor).map_or(Form::Other, Form::Multiple),
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(&self, at: &EstimateQuery<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.add_product_f64(g, self.factor);
        }
    }
}
