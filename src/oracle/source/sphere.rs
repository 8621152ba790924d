//! Noise of one length in a uniform direction.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::{constant, square_times};
use super::{Built, SourceData, one};
use crate::number::{exact, norm2};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// Uniform on the sphere of radius s: σ² = s², covariance (s²/d)·identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sphere {
    /// s.
    pub radius: f64,
}

impl fmt::Display for Sphere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sphere({})", self.radius)
    }
}

impl SourceData for Sphere {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("radius", free::Part::One(&mut self.radius, Range::Nonnegative))]
    }
}

impl Sphere {
    /// The direction is normalised in the arithmetic of the run: allows for rounding, and for underflow.
    fn tail(&self) -> Option<Tail> {
        let radius = exact(self.radius)?.abs();
        let rounding = Rational::from(&radius >> 39u32) + (Rational::from(1) >> 1060u32);
        Some(Tail::sure(Rational::new(), radius + rounding))
    }
}

impl Source for Sphere {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.radius, 1)),
            attained: true,
            tail: self.tail().unwrap_or_else(Tail::unknown),
            finite: false,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(
        &self,
        _: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let direction = random.gaussians(out.len());
        let mut factor = S::from_f64(self.radius, context);
        factor.div_assign(&norm2(direction, context).sqrt());
        for (o, z) in out.iter_mut().zip(direction) {
            o.add_product(z, &factor);
        }
    }
}
