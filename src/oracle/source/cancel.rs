//! Cancels as much of the gradient as is allowed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adversary::{self, radius_over_norm, within_radius};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// e = −g · min(1, √(B‖g‖²+C)/‖g‖): cancels the gradient where the model allows it
/// (theory, `residual-sharpness`). ‖e‖² ≤ B‖g‖² + C everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl fmt::Display for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cancel(B={}, C={})", self.relative, self.absolute)
    }
}

impl SourceData for Cancel {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        adversary::parts(&mut self.relative, &mut self.absolute)
    }
}

impl Source for Cancel {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, false, true)
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut factor = radius_over_norm(at.gradient, self.relative, self.absolute, context);
        factor.min_assign(&S::one(context));
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_product(g, &factor);
        }
    }
}
