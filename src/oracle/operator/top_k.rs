//! The largest coordinates.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, drop_others, kept, kept_share, no_share, share_part};
use super::{Guarantee, OperatorData};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::Parts;

/// Keeps the K coordinates of largest magnitude, ties by lowest index. α = K/d.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopK {
    /// K/d, rounded up to at least one coordinate.
    pub share: f64,
}

impl fmt::Display for TopK {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "top-k({})", self.share)
    }
}

impl OperatorData for TopK {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(kept_share(self.share, dimension)))
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
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        choice: &mut Choice,
        context: S::Context,
    ) {
        let kept = choice.largest_magnitudes(u, kept(self.share, u.len()), out);
        drop_others(u, kept, out, context);
    }
}
