//! Operations on numbers that have no value everywhere: where they have none, a run stops.

use std::cmp::Ordering;

use super::machine::{Ran, Stop};
use crate::number::{Function, Scalar};
use crate::statement::syntax::BinaryOp;

/// Below this every whole number is one of binary64.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Whether a number divides for certain.
pub(super) fn divides<S: Scalar>(divisor: &S) -> Ran {
    if S::LANES > 1 {
        let zero = (0..S::LANES).any(|lane| divisor.lane(lane) == 0.0);
        return if zero { Err(Stop::NoValue) } else { Ok(()) };
    }
    match divisor.compare(&S::zero(divisor.context())) {
        Some(Ordering::Equal) => Err(Stop::NoValue),
        Some(_) => Ok(()),
        None => Err(Stop::Undecided),
    }
}

/// left op right.
pub(super) fn binary<S: Scalar>(op: BinaryOp, left: &S, right: &S) -> Result<S, Stop> {
    if op == BinaryOp::Div {
        divides(right)?;
    }
    let left = left.clone();
    Ok(match op {
        BinaryOp::Add => left.add(right),
        BinaryOp::Sub => left.sub(right),
        BinaryOp::Mul => left.mul(right),
        BinaryOp::Div => left.div(right),
        BinaryOp::Pow => left.powf(right),
    })
}

/// base^exponent, where the exponent is an integer.
pub(super) fn integer_power<S: Scalar>(base: &S, exponent: &S) -> Result<S, Stop> {
    let exponent = exponent.to_f64();
    if exponent.abs() > f64::from(i32::MAX) {
        return Err(Stop::Undecided);
    }
    Ok(base.clone().powi(exponent as i32))
}

/// function(a).
pub(super) fn function_at<S: Scalar>(function: Function, a: &S) -> Result<S, Stop> {
    if function.certainly_lacks_value_at(a) {
        return Err(Stop::NoValue);
    }
    Ok(function.at(a.clone()))
}

/// left mod right, both whole numbers.
pub(super) fn modulo<S: Scalar>(left: &S, right: &S, context: S::Context) -> Result<S, Stop> {
    let [left, right] = [left, right].map(S::to_f64);
    if right == 0.0 {
        return Err(Stop::NoValue);
    }
    if left.abs().max(right.abs()) >= WHOLE {
        return Err(Stop::Undecided);
    }
    Ok(S::from_f64(left.rem_euclid(right), context))
}
