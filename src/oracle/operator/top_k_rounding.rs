//! The largest coordinates with fewer significant bits.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, drop_others, keep_where, kept, kept_share, no_share, share_part};
use super::rounding::{bits_part, no_bits, rounding_contraction};
use super::{Guarantee, OperatorData};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::Parts;

/// Top-K, then rounding of what is kept. α = (K/d)(1 − 1/(2ᵖ+1)²).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopKRounding {
    /// K/d, rounded up to at least one coordinate.
    pub share: f64,
    /// p ≥ 1.
    pub bits: u32,
}

impl fmt::Display for TopKRounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "top-k({}) then rounding({} bits)", self.share, self.bits)
    }
}

impl OperatorData for TopKRounding {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(kept_share(self.share, dimension) * rounding_contraction(self.bits)))
    }

    fn defect(&self, _: usize) -> Option<String> {
        no_share(self.share).or_else(|| no_bits(self.bits))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![share_part(&mut self.share), bits_part(&mut self.bits)]
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
        let Some(kept) = kept else { return };
        for (j, (o, x)) in out.iter_mut().zip(u).enumerate() {
            let mut rounding = x.clone();
            rounding.round_significant_assign(self.bits);
            rounding.sub_assign(x);
            keep_where(&mut rounding, |lane| kept[lane].contains(j), context);
            o.add_assign(&rounding);
        }
    }
}
