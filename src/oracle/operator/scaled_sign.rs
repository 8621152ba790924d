//! Signs, and the mean magnitude.

use std::cmp::Ordering;
use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, undefined};
use super::{Guarantee, OperatorData};
use crate::number::Scalar;
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::Parts;

/// (‖u‖₁/d) sign u. α = 1/d.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaledSign {}

impl fmt::Display for ScaledSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scaled-sign")
    }
}

impl OperatorData for ScaledSign {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(Rational::from((1, dimension as u64))))
    }

    fn defect(&self, _: usize) -> Option<String> {
        None
    }

    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }

    fn error<S: Estimable>(
        &self,
        u: &[S],
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        _: &mut Choice,
        context: S::Context,
    ) {
        let mut size = S::zero(context);
        for (o, x) in out.iter_mut().zip(u) {
            o.set(x);
            o.abs_assign();
            size.add_assign(o);
        }
        size.div_assign(&S::from_f64(u.len() as f64, context));
        for (o, x) in out.iter_mut().zip(u) {
            o.set(&size);
            o.mul_assign(&sign_of(x, context));
            o.sub_assign(x);
        }
    }
}

/// The sign of a number: −1, 0 or 1, where it is certain.
fn sign_of<S: Scalar>(x: &S, context: S::Context) -> S {
    if S::LANES > 1 {
        return S::from_lanes(|lane| if x.lane(lane) == 0.0 { 0.0 } else { x.lane(lane).signum() }, context);
    }
    match x.compare(&S::zero(context)) {
        Some(Ordering::Less) => S::from_f64(-1.0, context),
        Some(Ordering::Equal) => S::zero(context),
        Some(Ordering::Greater) => S::one(context),
        None => undefined(context),
    }
}
