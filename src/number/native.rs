//! Plain binary64.

use std::cmp::Ordering;

use rug::Rational;

use super::Scalar;

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

/// Integer power by repeated squaring, the same on every platform; `0⁻ⁿ` is undefined.
pub(super) fn powi_f64(base: f64, exponent: i32) -> f64 {
    if exponent < 0 {
        return if base == 0.0 { f64::NAN } else { 1.0 / powi_f64(base, exponent.saturating_neg()) };
    }
    let (mut result, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        rest >>= 1;
        if rest > 0 {
            square *= square;
        }
    }
    result
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
        *self = f64::powf(*self, *exponent);
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        self.partial_cmp(rhs)
    }
}
