//! An error of the largest size in a random direction.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adversary::{self, radius, within_radius};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// e = √(B‖g‖²+C) s/√d with random signs s, drawn before the step: ‖e‖² = B‖g‖² + C exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomSigns {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl fmt::Display for RandomSigns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "random-signs(B={}, C={})", self.relative, self.absolute)
    }
}

impl SourceData for RandomSigns {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        adversary::parts(&mut self.relative, &mut self.absolute)
    }
}

impl Source for RandomSigns {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, false)
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let root_d = S::from_f64(out.len() as f64, context).sqrt();
        let size = radius(at.gradient, self.relative, self.absolute, context).div(&root_d);
        let signs = random.sign_sums(1, out.len());
        for (o, sign) in out.iter_mut().zip(signs) {
            o.add_product(sign, &size);
        }
    }
}
