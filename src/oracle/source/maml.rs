//! Samples of the tasks that are adapted to.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nested::{Batch, Nested, nesting, no_batch, samples};
use super::{Built, SourceData, one};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// Of adaptation to tasks φᵢ, see `Nested`: inner, outer and Hessian batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maml {
    /// S_in, samples of ∇φᵢ(x).
    pub inner_samples: usize,
    /// S_o, samples of ∇φᵢ at the adapted point.
    pub outer_samples: usize,
    /// S_H, samples of ∇²φᵢ(x).
    pub hessian_samples: usize,
    /// Size of the signs that a sample of a gradient adds in every place.
    pub gradient_noise: f64,
    /// Size of the signs that a sample of a Hessian adds to its diagonal.
    pub hessian_noise: f64,
    /// Whether a sample has one sign in all places instead of one each.
    #[serde(default)]
    pub shared: bool,
}

impl fmt::Display for Maml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "maml(S_in={}, S_o={}, ", self.inner_samples, self.outer_samples)?;
        write!(f, "S_H={}, {}, {}", self.hessian_samples, self.gradient_noise, self.hessian_noise)?;
        f.write_str(if self.shared { ", shared)" } else { ")" })
    }
}

impl SourceData for Maml {
    fn build(&self, problem: &dyn DynProblem) -> Built {
        one(Nested {
            inner: Batch { samples: self.inner_samples, noise: self.gradient_noise },
            outer: Batch { samples: self.outer_samples, noise: self.gradient_noise },
            jacobian: Batch { samples: self.hessian_samples, noise: self.hessian_noise },
            shared: self.shared,
            nesting: nesting(problem, true)?,
        })
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            samples("inner_samples", &mut self.inner_samples),
            samples("outer_samples", &mut self.outer_samples),
            samples("hessian_samples", &mut self.hessian_samples),
            ("gradient_noise", free::Part::One(&mut self.gradient_noise, Range::Switch)),
            ("hessian_noise", free::Part::One(&mut self.hessian_noise, Range::Switch)),
        ]
    }

    fn misfit(&self, _: usize) -> Option<String> {
        no_batch([self.inner_samples, self.outer_samples, self.hessian_samples])
    }
}
