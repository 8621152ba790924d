//! The largest error along the gradient.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adversary::{self, radius_over_norm, within_radius};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// Along ∇f, of the largest size allowed: e = √(B‖g‖²+C) g/‖g‖. Meets the bias model with equality
/// wherever g ≠ 0; e = 0 where g = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aligned {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl fmt::Display for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aligned(B={}, C={})", self.relative, self.absolute)
    }
}

impl SourceData for Aligned {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        adversary::parts(&mut self.relative, &mut self.absolute)
    }
}

impl Source for Aligned {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, true)
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let factor = radius_over_norm(at.gradient, self.relative, self.absolute, context);
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.add_product(g, &factor);
        }
    }
}
