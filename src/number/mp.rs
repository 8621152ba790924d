//! MPFR floats, rounded to nearest: whole runs in high precision.

use std::cmp::Ordering;

use rug::ops::PowAssign;
use rug::{Assign, Float, Rational};

use super::{Scalar, undefined_first};

/// An MPFR float; the context is its precision in bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Mp(pub Float);

impl Scalar for Mp {
    type Context = u32;

    fn from_f64(x: f64, bits: u32) -> Self {
        Mp(Float::with_val(bits, x))
    }
    fn from_rational(q: &Rational, bits: u32) -> Self {
        Mp(Float::with_val(bits, q))
    }
    fn context(&self) -> u32 {
        self.0.prec()
    }
    fn lane(&self, _: usize) -> f64 {
        self.0.to_f64()
    }
    fn is_defined(&self) -> bool {
        self.0.is_finite()
    }
    fn set(&mut self, other: &Self) {
        self.0.assign(&other.0);
    }
    fn add_assign(&mut self, rhs: &Self) {
        self.0 += &rhs.0;
    }
    fn sub_assign(&mut self, rhs: &Self) {
        self.0 -= &rhs.0;
    }
    fn mul_assign(&mut self, rhs: &Self) {
        self.0 *= &rhs.0;
    }
    fn div_assign(&mut self, rhs: &Self) {
        self.0 /= &rhs.0;
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        self.0 += &a.0 * &b.0;
    }
    fn sub_product(&mut self, a: &Self, b: &Self) {
        self.0 -= &a.0 * &b.0;
    }
    fn add_f64(&mut self, c: f64) {
        self.0 += c;
    }
    fn mul_f64(&mut self, c: f64) {
        self.0 *= c;
    }
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        // A 53-bit float lives on the stack, so nothing is allocated.
        let small = rug::float::MiniFloat::from(c);
        self.0 += &a.0 * &*small.borrow();
    }
    fn neg_assign(&mut self) {
        self.0 *= -1;
    }
    fn abs_assign(&mut self) {
        self.0.abs_mut();
    }
    fn min_assign(&mut self, rhs: &Self) {
        if self.0.is_nan() || rhs.0.is_nan() {
            self.0.assign(f64::NAN);
        } else {
            self.0.min_mut(&rhs.0);
        }
    }
    fn max_assign(&mut self, rhs: &Self) {
        if self.0.is_nan() || rhs.0.is_nan() {
            self.0.assign(f64::NAN);
        } else {
            self.0.max_mut(&rhs.0);
        }
    }
    fn square_assign(&mut self) {
        self.0.square_mut();
    }
    fn sqrt_assign(&mut self) {
        self.0.sqrt_mut();
    }
    fn exp_assign(&mut self) {
        self.0.exp_mut();
    }
    fn ln_assign(&mut self) {
        self.0.ln_mut();
    }
    fn sin_assign(&mut self) {
        self.0.sin_mut();
    }
    fn cos_assign(&mut self) {
        self.0.cos_mut();
    }
    fn powi_assign(&mut self, exponent: i32) {
        // MPFR has NaN⁰ = 1, which would hide an undefined base.
        if !self.0.is_finite() || (exponent < 0 && self.0.is_zero()) {
            self.0.assign(f64::NAN);
        } else {
            self.0.pow_assign(exponent);
        }
    }
    fn powf_assign(&mut self, exponent: &Self) {
        if self.0.is_finite() && exponent.0.is_finite() {
            self.0.pow_assign(&exponent.0);
        } else {
            self.0.assign(f64::NAN);
        }
    }
    fn round_significant_assign(&mut self, bits: u32) {
        let rounded = Float::with_val(bits, &self.0);
        self.0.assign(&rounded);
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        self.0.partial_cmp(&rhs.0)
    }
    fn compare_least(&self, rhs: &Self, _: usize) -> Ordering {
        undefined_first(&self.0, &rhs.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_bits_hold_a_third_better() {
        let third = Rational::from((1, 3));
        let error = |bits| (Mp::from_rational(&third, bits).0.to_rational().unwrap() - &third).abs();
        assert!(error(200) < error(53) && error(200) > 0);
    }

    #[test]
    fn a_product_is_added_with_a_single_rounding() {
        // (1 + 2⁻⁵²)² − (1 + 2⁻⁵¹) = 2⁻¹⁰⁴, which two roundings to 53 bits lose.
        let x = Mp::from_f64(1.0 + f64::EPSILON, 53);
        let mut sum = Mp::from_f64(-1.0 - 2.0 * f64::EPSILON, 53);
        sum.add_product(&x, &x);
        assert_eq!(sum.to_f64(), f64::EPSILON * f64::EPSILON);
    }

    #[test]
    fn undefined_numbers_stay_undefined() {
        let undefined = || Mp::from_f64(f64::NAN, 64);
        let one = Mp::one(64);
        assert!(!undefined().min(&one).is_defined() && !one.clone().min(&undefined()).is_defined());
        assert!(!undefined().max(&one).is_defined() && !one.clone().max(&undefined()).is_defined());
        assert!(!undefined().powi(0).is_defined());
        assert!(!undefined().powf(&Mp::zero(64)).is_defined());
        assert!(!one.clone().powf(&undefined()).is_defined());
        assert!(!Mp::zero(64).powi(-1).is_defined());
        let mut sum = one.clone();
        sum.add_product_f64(&undefined(), 0.0);
        assert!(!sum.is_defined());
        assert_eq!(undefined().compare(&one), None);
    }
}
