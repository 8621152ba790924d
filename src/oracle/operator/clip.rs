//! Clipping.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::{Guarantee, OperatorData};
use crate::number::{clip_factor, exact};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::{self, Parts, Range};

/// min(1, τ/‖u‖)·u, the projection on the ball of radius τ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// τ > 0.
    pub threshold: f64,
}

impl fmt::Display for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "clip({})", self.threshold)
    }
}

impl OperatorData for Clip {
    fn guarantee(&self, _: usize) -> Option<Guarantee> {
        exact(self.threshold).map(Guarantee::Projection)
    }

    fn proves(&self, is: &str) -> bool {
        is == "projection"
    }

    fn compares(&self) -> bool {
        false
    }

    fn defect(&self, _: usize) -> Option<String> {
        (!(self.threshold > 0.0 && self.threshold.is_finite()))
            .then(|| format!("a threshold of {} is not a positive number", self.threshold))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("operator/threshold", free::Part::One(&mut self.threshold, Range::Positive))]
    }

    fn error<S: Estimable>(
        &self,
        u: &[S],
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        _: &mut Choice,
        context: S::Context,
    ) {
        let mut factor = clip_factor(&S::from_f64(self.threshold, context), u, context);
        factor.add_f64(-1.0);
        for (o, x) in out.iter_mut().zip(u) {
            o.set(x);
            o.mul_assign(&factor);
        }
    }
}
