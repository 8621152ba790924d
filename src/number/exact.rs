//! Rational numbers: no rounding at all.

use std::cmp::Ordering;

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::Scalar;

/// A rational number, or nothing where the exact result is irrational or does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact(pub Option<Rational>);

/// Powers beyond this many bits are not formed.
const MAX_POWER_BITS: u64 = 1 << 24;

impl Exact {
    /// The rational, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<&Rational> {
        self.0.as_ref()
    }

    fn zip(&mut self, rhs: &Self, f: impl Fn(&mut Rational, &Rational)) {
        match (&mut self.0, &rhs.0) {
            (Some(a), Some(b)) => f(a, b),
            _ => self.0 = None,
        }
    }

    /// Keeps the result only of an argument at which a transcendental function is rational.
    fn only_at(&mut self, argument: u32, result: u32) {
        self.0 = self.0.take().filter(|a| *a == argument).map(|_| Rational::from(result));
    }
}

/// The square root of a perfect square.
fn perfect_root(value: &Rational) -> Option<Rational> {
    let root = |n: &Integer| n.is_perfect_square().then(|| n.clone().sqrt());
    if *value < 0 {
        return None;
    }
    Some(Rational::from((root(value.numer())?, root(value.denom())?)))
}

/// To `bits` significant bits, nearest, ties to even.
fn round_significant(value: Rational, bits: u32) -> Rational {
    if value == 0 {
        return value;
    }
    // 2^exponent ≤ |value| < 2^(exponent+1).
    let mut exponent = value.numer().significant_bits() as i32 - value.denom().significant_bits() as i32;
    if Rational::from(value.abs_ref()) < Rational::from(1) << exponent {
        exponent -= 1;
    }
    let shift = bits as i32 - 1 - exponent;
    let scaled = value << shift;
    let floor = Rational::from(scaled.floor_ref());
    let rest = scaled - &floor;
    let mut integer = floor.into_numer_denom().0;
    let half = Rational::from((1, 2));
    if rest > half || (rest == half && integer.is_odd()) {
        integer += 1;
    }
    Rational::from(integer) << -shift
}

impl Scalar for Exact {
    type Context = ();

    fn from_f64(x: f64, (): ()) -> Self {
        Exact(Rational::from_f64(x))
    }
    fn from_rational(q: &Rational, (): ()) -> Self {
        Exact(Some(q.clone()))
    }
    fn context(&self) {}
    fn lane(&self, _: usize) -> f64 {
        self.0.as_ref().map_or(f64::NAN, super::nearest_f64)
    }
    fn is_defined(&self) -> bool {
        self.0.is_some()
    }
    fn length(&self) -> u32 {
        self.0.as_ref().map_or(0, |q| q.numer().significant_bits() + q.denom().significant_bits())
    }
    fn set(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }
    fn add_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| *a += b);
    }
    fn sub_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| *a -= b);
    }
    fn mul_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| *a *= b);
    }
    fn div_assign(&mut self, rhs: &Self) {
        match (&mut self.0, &rhs.0) {
            (Some(a), Some(b)) if *b != 0 => *a /= b,
            _ => self.0 = None,
        }
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        self.add_assign(&a.clone().mul(b));
    }
    fn sub_product(&mut self, a: &Self, b: &Self) {
        self.sub_assign(&a.clone().mul(b));
    }
    fn add_f64(&mut self, c: f64) {
        self.add_assign(&Exact::from_f64(c, ()));
    }
    fn mul_f64(&mut self, c: f64) {
        self.mul_assign(&Exact::from_f64(c, ()));
    }
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        self.add_product(a, &Exact::from_f64(c, ()));
    }
    fn neg_assign(&mut self) {
        if let Some(a) = &mut self.0 {
            *a *= -1;
        }
    }
    fn abs_assign(&mut self) {
        if let Some(a) = &mut self.0 {
            a.abs_mut();
        }
    }
    fn min_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| {
            if b < a {
                a.clone_from(b)
            }
        });
    }
    fn max_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| {
            if b > a {
                a.clone_from(b)
            }
        });
    }
    fn square_assign(&mut self) {
        if let Some(a) = &mut self.0 {
            a.square_mut();
        }
    }
    fn sqrt_assign(&mut self) {
        self.0 = self.0.as_ref().and_then(perfect_root);
    }
    fn exp_assign(&mut self) {
        self.only_at(0, 1);
    }
    fn ln_assign(&mut self) {
        self.only_at(1, 0);
    }
    fn sin_assign(&mut self) {
        self.only_at(0, 0);
    }
    fn cos_assign(&mut self) {
        self.only_at(0, 1);
    }
    fn powi_assign(&mut self, exponent: i32) {
        let Some(a) = &self.0 else { return };
        let bits = u64::from(a.numer().significant_bits().max(a.denom().significant_bits()));
        let undefined = exponent < 0 && *a == 0;
        let too_large = bits > 1 && bits.saturating_mul(u64::from(exponent.unsigned_abs())) > MAX_POWER_BITS;
        self.0 = (!undefined && !too_large).then(|| Rational::from(a.pow(exponent)));
    }
    fn powf_assign(&mut self, exponent: &Self) {
        match &exponent.0 {
            Some(y) if y.is_integer() => match y.numer().to_i32() {
                Some(integer) => self.powi_assign(integer),
                None => self.0 = None,
            },
            Some(y) if *y.denom() == 2 => {
                self.sqrt_assign();
                match y.numer().to_i32() {
                    Some(integer) => self.powi_assign(integer),
                    None => self.0 = None,
                }
            }
            _ => self.0 = None,
        }
    }
    fn round_significant_assign(&mut self, bits: u32) {
        self.0 = self.0.take().map(|value| round_significant(value, bits));
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        Some(self.0.as_ref()?.cmp(rhs.0.as_ref()?))
    }
    fn compare_least(&self, rhs: &Self, _: usize) -> Ordering {
        self.0.cmp(&rhs.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(p: i32, q: i32) -> Exact {
        Exact(Some(Rational::from((p, q))))
    }

    #[test]
    fn only_perfect_squares_have_a_root() {
        assert_eq!(ratio(9, 4).sqrt(), ratio(3, 2));
        assert_eq!(ratio(0, 1).sqrt(), ratio(0, 1));
        for irrational in [ratio(2, 1), ratio(1, 3), ratio(-4, 1)] {
            assert!(!irrational.sqrt().is_defined());
        }
    }

    #[test]
    fn transcendental_functions_have_a_value_at_one_point_each() {
        assert_eq!(ratio(0, 1).exp(), ratio(1, 1));
        assert_eq!(ratio(1, 1).ln(), ratio(0, 1));
        assert_eq!(ratio(0, 1).sin(), ratio(0, 1));
        assert_eq!(ratio(0, 1).cos(), ratio(1, 1));
        let half = || ratio(1, 2);
        for f in [Scalar::exp, Scalar::ln, Scalar::sin, Scalar::cos] as [fn(Exact) -> Exact; 4] {
            assert!(!f(half()).is_defined());
        }
    }

    #[test]
    fn powers_are_formed_for_integers_and_halves() {
        assert_eq!(ratio(2, 3).powi(-2), ratio(9, 4));
        assert_eq!(ratio(4, 9).powf(&ratio(-3, 2)), ratio(27, 8));
        assert_eq!(ratio(-2, 1).powf(&ratio(3, 1)), ratio(-8, 1));
        assert!(!ratio(8, 1).powf(&ratio(1, 3)).is_defined());
        assert!(!ratio(0, 1).powi(-1).is_defined());
        assert!(!ratio(3, 1).powi(i32::MAX).is_defined());
        assert_eq!(ratio(0, 1).powi(0), ratio(1, 1));
    }

    #[test]
    fn undefined_numbers_stay_undefined_and_undecided() {
        let undefined = || ratio(1, 1).div(&ratio(0, 1));
        assert!(!undefined().is_defined() && undefined().to_f64().is_nan());
        assert!(!undefined().min(&ratio(0, 1)).is_defined());
        assert!(!ratio(0, 1).max(&undefined()).is_defined());
        assert!(!undefined().mul(&ratio(0, 1)).is_defined());
        assert!(!undefined().powi(0).is_defined());
        assert!(!Exact::from_f64(f64::INFINITY, ()).is_defined());
        assert_eq!(undefined().compare(&undefined()), None);
    }
}
