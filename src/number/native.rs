//! Plain binary64.

use std::cmp::Ordering;

use rug::Rational;

use super::{Scalar, undefined_first};

/// `min` that keeps NaN: an undefined operand makes the result undefined.
#[inline]
pub(super) fn min_f64(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if b < a {
        b
    } else {
        a
    }
}

/// `max` that keeps NaN.
#[inline]
pub(super) fn max_f64(a: f64, b: f64) -> f64 {
    -min_f64(-a, -b)
}

/// Integer power by repeated squaring, the same on every platform; `0⁻ⁿ` is undefined, and so is
/// every power of an undefined base, the zeroth too.
pub(super) fn powi_f64(base: f64, exponent: i32) -> f64 {
    if !base.is_finite() || (exponent < 0 && base == 0.0) {
        return f64::NAN;
    }
    let (mut result, mut square, mut rest) = (1.0, base, exponent.unsigned_abs());
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        rest >>= 1;
        if rest > 0 {
            square *= square;
        }
    }
    if exponent < 0 { 1.0 / result } else { result }
}

/// Real power; the platform's own gives `NaN⁰ = 1` and `1^NaN = 1`, which would hide an undefined
/// operand.
pub(super) fn powf_f64(base: f64, exponent: f64) -> f64 {
    if base.is_finite() && exponent.is_finite() { base.powf(exponent) } else { f64::NAN }
}

/// `x` to `bits` significant bits, nearest, ties to even.
pub(super) fn round_significant_f64(x: f64, bits: u32) -> f64 {
    if x == 0.0 || !x.is_finite() || bits >= 53 {
        return x;
    }
    if x.is_subnormal() {
        // Scaling is exact, and what is left after dropping low bits is representable again.
        const SCALE: f64 = f64::from_bits(0x4630_0000_0000_0000); // 2^100
        return round_significant_f64(x * SCALE, bits) / SCALE;
    }
    let drop = 53 - bits;
    let pattern = x.to_bits();
    let half = (1u64 << (drop - 1)) - 1;
    let odd = pattern >> drop & 1;
    // A carry out of the significand raises the exponent, as it must.
    f64::from_bits((pattern + half + odd) >> drop << drop)
}

impl Scalar for f64 {
    type Context = ();

    fn from_f64(x: f64, (): ()) -> Self {
        x
    }
    fn from_rational(q: &Rational, (): ()) -> Self {
        super::nearest_f64(q)
    }
    fn context(&self) {}
    fn lane(&self, _: usize) -> f64 {
        *self
    }
    fn is_defined(&self) -> bool {
        self.is_finite()
    }
    #[inline]
    fn set(&mut self, other: &Self) {
        *self = *other;
    }
    #[inline]
    fn add_assign(&mut self, rhs: &Self) {
        *self += rhs;
    }
    #[inline]
    fn sub_assign(&mut self, rhs: &Self) {
        *self -= rhs;
    }
    #[inline]
    fn mul_assign(&mut self, rhs: &Self) {
        *self *= rhs;
    }
    #[inline]
    fn div_assign(&mut self, rhs: &Self) {
        *self /= rhs;
    }
    #[inline]
    fn add_product(&mut self, a: &Self, b: &Self) {
        *self += a * b;
    }
    #[inline]
    fn sub_product(&mut self, a: &Self, b: &Self) {
        *self -= a * b;
    }
    #[inline]
    fn add_f64(&mut self, c: f64) {
        *self += c;
    }
    #[inline]
    fn mul_f64(&mut self, c: f64) {
        *self *= c;
    }
    #[inline]
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        *self += a * c;
    }
    #[inline]
    fn neg_assign(&mut self) {
        *self = -*self;
    }
    #[inline]
    fn abs_assign(&mut self) {
        *self = f64::abs(*self);
    }
    fn min_assign(&mut self, rhs: &Self) {
        *self = min_f64(*self, *rhs);
    }
    fn max_assign(&mut self, rhs: &Self) {
        *self = max_f64(*self, *rhs);
    }
    #[inline]
    fn square_assign(&mut self) {
        *self *= *self;
    }
    fn sqrt_assign(&mut self) {
        *self = f64::sqrt(*self);
    }
    fn exp_assign(&mut self) {
        *self = f64::exp(*self);
    }
    fn ln_assign(&mut self) {
        *self = f64::ln(*self);
    }
    fn sin_assign(&mut self) {
        *self = f64::sin(*self);
    }
    fn cos_assign(&mut self) {
        *self = f64::cos(*self);
    }
    fn powi_assign(&mut self, exponent: i32) {
        *self = powi_f64(*self, exponent);
    }
    fn powf_assign(&mut self, exponent: &Self) {
        *self = powf_f64(*self, *exponent);
    }
    fn round_significant_assign(&mut self, bits: u32) {
        *self = round_significant_f64(*self, bits);
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        self.partial_cmp(rhs)
    }
    fn compare_least(&self, rhs: &Self, _: usize) -> Ordering {
        undefined_first(self, rhs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undefined_operand_survives_minimum_and_maximum_on_either_side() {
        for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
            assert!(min_f64(a, b).is_nan());
            assert!(max_f64(a, b).is_nan());
        }
        assert_eq!((min_f64(1.0, 2.0), max_f64(1.0, 2.0)), (1.0, 2.0));
        assert_eq!((min_f64(2.0, 1.0), max_f64(2.0, 1.0)), (1.0, 2.0));
    }

    #[test]
    fn the_zeroth_power_is_one_only_of_defined_numbers() {
        assert_eq!(powi_f64(0.0, 0), 1.0);
        assert!(powi_f64(f64::NAN, 0).is_nan());
        assert!(powf_f64(f64::NAN, 0.0).is_nan());
        assert!(powf_f64(1.0, f64::NAN).is_nan());
    }

    #[test]
    fn rounding_keeps_significant_bits_and_takes_ties_to_even() {
        assert_eq!(round_significant_f64(1.25, 2), 1.0);
        assert_eq!(round_significant_f64(1.75, 2), 2.0);
        assert_eq!(round_significant_f64(-1.375, 3), -1.5);
        assert_eq!(round_significant_f64(3.9, 1), 4.0);
        assert_eq!(round_significant_f64(0.0, 3), 0.0);
        let tiny = f64::from_bits(0b1011);
        assert_eq!(round_significant_f64(tiny, 2), f64::from_bits(0b1100));
        assert_eq!(round_significant_f64(tiny, 4), tiny);
    }

    #[test]
    fn integer_powers_reach_every_exponent() {
        assert_eq!(powi_f64(-2.0, 3), -8.0);
        assert_eq!(powi_f64(-2.0, -2), 0.25);
        assert_eq!(powi_f64(-1.0, i32::MIN), 1.0);
        assert_eq!(powi_f64(-1.0, i32::MAX), -1.0);
        assert!(powi_f64(0.0, -1).is_nan());
    }
}
