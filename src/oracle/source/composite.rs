//! Samples of a composition's parts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nested::{Batch, Nested, nesting, no_batch, samples};
use super::{Built, SourceData, one};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// Of a composition Fᵢ ∘ hᵢ, see `Nested`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// Samples of hᵢ(x).
    pub inner_samples: usize,
    /// Size of the noise of each.
    #[serde(default)]
    pub inner_noise: f64,
    /// Samples of ∇Fᵢ.
    pub outer_samples: usize,
    /// Size of the noise of each.
    #[serde(default)]
    pub outer_noise: f64,
    /// Samples of ∇hᵢ(x).
    pub jacobian_samples: usize,
    /// Size of the noise of each.
    #[serde(default)]
    pub jacobian_noise: f64,
    /// Whether a sample has one sign in all places instead of one each.
    #[serde(default)]
    pub shared: bool,
}

impl fmt::Display for Composite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "composite(h {}x{}, ", self.inner_samples, self.inner_noise)?;
        write!(f, "F {}x{}, ", self.outer_samples, self.outer_noise)?;
        write!(f, "J {}x{}", self.jacobian_samples, self.jacobian_noise)?;
        f.write_str(if self.shared { ", shared)" } else { ")" })
    }
}

impl SourceData for Composite {
    fn build(&self, problem: &dyn DynProblem) -> Built {
        one(Nested {
            inner: Batch { samples: self.inner_samples, noise: self.inner_noise },
            outer: Batch { samples: self.outer_samples, noise: self.outer_noise },
            jacobian: Batch { samples: self.jacobian_samples, noise: self.jacobian_noise },
            shared: self.shared,
            nesting: nesting(problem, false)?,
        })
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            samples("inner_samples", &mut self.inner_samples),
            ("inner_noise", free::Part::One(&mut self.inner_noise, Range::Switch)),
            samples("outer_samples", &mut self.outer_samples),
            ("outer_noise", free::Part::One(&mut self.outer_noise, Range::Switch)),
            samples("jacobian_samples", &mut self.jacobian_samples),
            ("jacobian_noise", free::Part::One(&mut self.jacobian_noise, Range::Switch)),
        ]
    }

    fn misfit(&self, _: usize) -> Option<String> {
        no_batch([self.inner_samples, self.outer_samples, self.jacobian_samples])
    }
}
