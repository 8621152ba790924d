//! Fewer significant bits.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::{Guarantee, OperatorData};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::{self, Parts};

/// Most bits of a significand that is rounded.
const MAX_BITS: u32 = 52;

/// Rounds each coordinate to that many significant bits, the leading one counted, to nearest;
/// no over- or underflow. α = 1 − 1/(2ᵖ+1)².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// p ≥ 1.
    pub bits: u32,
}

/// 1 − (1/(2ᵖ+1))², one less the square of the largest relative error of rounding to p bits.
pub(super) fn rounding_contraction(bits: u32) -> Rational {
    let base = Rational::from(2u64.pow(bits.min(60)) + 1);
    Rational::from(1) - base.recip().square()
}

/// What makes a number of bits useless, if anything.
pub(super) fn no_bits(bits: u32) -> Option<String> {
    (!(1..=MAX_BITS).contains(&bits)).then(|| format!("{bits} significant bits are not between 1 and {MAX_BITS}"))
}

/// A number of bits as a part of an operator's data.
pub(super) fn bits_part(bits: &mut u32) -> (&'static str, free::Part<'_>) {
    ("operator/bits", free::Part::Bits(bits, MAX_BITS))
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rounding({} bits)", self.bits)
    }
}

impl OperatorData for Rounding {
    fn guarantee(&self, _: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(rounding_contraction(self.bits)))
    }

    fn defect(&self, _: usize) -> Option<String> {
        no_bits(self.bits)
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![bits_part(&mut self.bits)]
    }

    fn error<S: Estimable>(&self, u: &[S], _: &mut dyn Randomness<S>, out: &mut [S], _: &mut Choice, _: S::Context) {
        for (o, x) in out.iter_mut().zip(u) {
            o.set(x);
            o.round_significant_assign(self.bits);
            o.sub_assign(x);
        }
    }
}
