//! The largest error against the gradient.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adversary::{self, radius_over_norm, within_radius};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// Along −∇f, of the largest size allowed: e = −√(B‖g‖²+C) g/‖g‖. Meets the bias model with equality
/// wherever g ≠ 0; e = 0 where g = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opposed {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl fmt::Display for Opposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "opposed(B={}, C={})", self.relative, self.absolute)
    }
}

impl SourceData for Opposed {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        adversary::parts(&mut self.relative, &mut self.absolute)
    }
}

impl Source for Opposed {
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
        let mut factor = radius_over_norm(at.gradient, self.relative, self.absolute, context);
        factor.neg_assign();
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.add_product(g, &factor);
        }
    }
}
