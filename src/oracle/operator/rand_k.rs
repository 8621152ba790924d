//! Random coordinates.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, drop_others, kept, kept_share, no_share, share_part};
use super::{Guarantee, OperatorData};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::Parts;

/// Keeps K uniformly chosen coordinates, unscaled. α = K/d, with equality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandK {
    /// K/d, rounded up to at least one coordinate.
    pub share: f64,
}

impl fmt::Display for RandK {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rand-k({})", self.share)
    }
}

impl OperatorData for RandK {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(kept_share(self.share, dimension)))
    }

    fn is_random(&self) -> bool {
        true
    }

    fn compares(&self) -> bool {
        false
    }

    fn defect(&self, _: usize) -> Option<String> {
        no_share(self.share)
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![share_part(&mut self.share)]
    }

    fn error<S: Estimable>(
        &self,
        u: &[S],
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        _: &mut Choice,
        context: S::Context,
    ) {
        let kept = random.subset(kept(self.share, u.len()), u.len());
        drop_others(u, Some(kept), out, context);
    }
}
