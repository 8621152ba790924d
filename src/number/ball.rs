//! `f64` with a running bound of its error: what screening decides, it decides for certain.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::native::{max_f64, min_f64, round_significant_f64};
use super::{Interval, Scalar, undefined_first};

/// A number within `err` of `mid`. IEEE 754 operations are taken to be correctly rounded; the
/// elementary functions of the platform are taken to be accurate to four units in the last
/// place, four times what the common C libraries document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ball {
    /// The approximation.
    pub mid: f64,
    /// A bound of its absolute error; infinite or NaN when nothing is known.
    pub err: f64,
}

/// Assumed accuracy of the platform's exp, ln, sin, cos and pow.
pub const ULPS: f64 = 4.0;
/// Half a unit in the last place, relative.
const HALF_ULP: f64 = f64::EPSILON / 2.0;
/// Covers the roundings in the computation of an error bound itself: each bound below has fewer
/// than ten operations on nonnegative numbers.
const INFLATION: f64 = 1.0 + 16.0 * f64::EPSILON;
/// Covers underflow, in results and in error bounds.
const TINY: f64 = 8.0 * f64::MIN_POSITIVE * f64::EPSILON;

impl Ball {
    /// The result `mid` of an operation whose inputs' errors contribute `propagated` and which
    /// itself errs by at most `ulps` units in the last place.
    #[inline]
    fn rounded(mid: f64, propagated: f64, ulps: f64) -> Self {
        let own = mid.abs() * (2.0 * HALF_ULP * ulps);
        Ball { mid, err: (propagated + own) * INFLATION + TINY }
    }

    /// A ball around the interval.
    #[must_use]
    pub fn around(interval: &Interval) -> Self {
        let (low, high) = (interval.lower_f64(), interval.upper_f64());
        let mid = interval.to_f64();
        // Each difference is off by at most half a unit in its last place.
        let err = (high - mid).max(mid - low) * INFLATION + TINY;
        if mid.is_finite() && err.is_finite() { Ball { mid, err } } else { Ball::undefined() }
    }

    fn undefined() -> Self {
        Ball { mid: f64::NAN, err: f64::INFINITY }
    }

    /// An exactly known number.
    fn exact(mid: f64) -> Self {
        if mid.is_finite() { Ball { mid, err: 0.0 } } else { Ball::undefined() }
    }

    /// A lower bound of the absolute value; negative when zero is inside.
    fn mignitude(&self) -> f64 {
        let inner = self.mid.abs() - self.err;
        inner - inner.abs() * (4.0 * f64::EPSILON)
    }

    fn is_exact(&self) -> bool {
        self.err == 0.0 && self.mid.is_finite()
    }
}

impl Scalar for Ball {
    type Context = ();

    fn from_f64(x: f64, (): ()) -> Self {
        Ball::exact(x)
    }
    fn from_rational(q: &Rational, (): ()) -> Self {
        let mid = Float::with_val(53, q).to_f64();
        if Rational::from_f64(mid).is_some_and(|m| m == *q) {
            Ball { mid, err: 0.0 }
        } else {
            Ball::rounded(mid, 0.0, 1.0)
        }
    }
    fn context(&self) {}
    fn lane(&self, _: usize) -> f64 {
        if self.is_defined() { self.mid } else { f64::NAN }
    }
    fn is_defined(&self) -> bool {
        self.mid.is_finite() && self.err.is_finite()
    }
    fn set(&mut self, other: &Self) {
        *self = *other;
    }
    #[inline]
    fn add_assign(&mut self, rhs: &Self) {
        *self = Ball::rounded(self.mid + rhs.mid, self.err + rhs.err, 0.5);
    }
    #[inline]
    fn sub_assign(&mut self, rhs: &Self) {
        *self = Ball::rounded(self.mid - rhs.mid, self.err + rhs.err, 0.5);
    }
    #[inline]
    fn mul_assign(&mut self, rhs: &Self) {
        let propagated = self.mid.abs() * rhs.err + (rhs.mid.abs() + rhs.err) * self.err;
        *self = Ball::rounded(self.mid * rhs.mid, propagated, 0.5);
    }
    fn div_assign(&mut self, rhs: &Self) {
        let least = rhs.mignitude();
        if least.is_nan() || least <= 0.0 {
            *self = Ball::undefined();
            return;
        }
        // |a/b − a'/b'| ≤ (err_a + |a/b| err_b) / |b'| for every b' in the ball. Divided term by
        // term: what underflows before a division by a tiny number would come back large.
        let quotient = self.mid / rhs.mid;
        let largest = quotient.abs() * (1.0 + f64::EPSILON) + TINY;
        let propagated = self.err / least + largest * (rhs.err / least + TINY);
        *self = Ball::rounded(quotient, propagated, 0.5);
    }
    #[inline]
    fn add_product(&mut self, a: &Self, b: &Self) {
        let mut product = *a;
        product.mul_assign(b);
        self.add_assign(&product);
    }
    #[inline]
    fn sub_product(&mut self, a: &Self, b: &Self) {
        let mut product = *a;
        product.mul_assign(b);
        self.sub_assign(&product);
    }
    fn add_f64(&mut self, c: f64) {
        self.add_assign(&Ball::exact(c));
    }
    fn mul_f64(&mut self, c: f64) {
        self.mul_assign(&Ball::exact(c));
    }
    #[inline]
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        // Nothing is added, not even a rounding error; but 0·undefined is undefined.
        if c != 0.0 || !a.is_defined() {
            self.add_product(a, &Ball::exact(c));
        }
    }
    fn neg_assign(&mut self) {
        self.mid = -self.mid;
    }
    fn abs_assign(&mut self) {
        // | |x| − |y| | ≤ |x − y|.
        self.mid = self.mid.abs();
    }
    fn min_assign(&mut self, rhs: &Self) {
        // min is 1-Lipschitz in the maximum norm.
        let mid = min_f64(self.mid, rhs.mid);
        *self = Ball { mid, err: max_f64(self.err, rhs.err) };
    }
    fn max_assign(&mut self, rhs: &Self) {
        let mid = max_f64(self.mid, rhs.mid);
        *self = Ball { mid, err: max_f64(self.err, rhs.err) };
    }
    fn square_assign(&mut self) {
        let propagated = (2.0 * self.mid.abs() + self.err) * self.err;
        *self = Ball::rounded(self.mid * self.mid, propagated, 0.5);
    }
    fn sqrt_assign(&mut self) {
        if self.is_exact() && self.mid >= 0.0 {
            *self = Ball::rounded(self.mid.sqrt(), 0.0, 0.5);
            return;
        }
        let least = self.mid - self.err;
        if least.is_nan() || least <= 0.0 {
            // Near zero: |√x − √y| ≤ √|x − y|, but only where both are nonnegative, which the ball
            // cannot show.
            *self = Ball::undefined();
            return;
        }
        let root = self.mid.sqrt();
        // |√x − √y| = |x − y| / (√x + √y) ≤ err / √x.
        *self = Ball::rounded(root, self.err / root * (1.0 + f64::EPSILON), 0.5);
    }
    fn exp_assign(&mut self) {
        let value = self.mid.exp();
        if self.err.is_nan() || self.err > 1.0 {
            *self = Ball::undefined();
            return;
        }
        // |eˣ − eʸ| ≤ eˣ (e^err − 1) ≤ eˣ · 2 err for err ≤ 1.
        let largest = value * (1.0 + 2.0 * ULPS * f64::EPSILON) + TINY;
        *self = Ball::rounded(value, 2.0 * largest * self.err, ULPS);
    }
    fn ln_assign(&mut self) {
        let least = (self.mid - self.err) * (1.0 - 4.0 * f64::EPSILON);
        if least.is_nan() || least <= 0.0 {
            *self = Ball::undefined();
            return;
        }
        *self = Ball::rounded(self.mid.ln(), self.err / least, ULPS);
    }
    fn sin_assign(&mut self) {
        *self = Ball::rounded(self.mid.sin(), self.err, ULPS);
    }
    fn cos_assign(&mut self) {
        *self = Ball::rounded(self.mid.cos(), self.err, ULPS);
    }
    fn powi_assign(&mut self, exponent: i32) {
        if !self.is_defined() {
            *self = Ball::undefined();
            return;
        }
        let (mut rest, mut square) = (exponent.unsigned_abs(), *self);
        let mut result = Ball::exact(1.0);
        while rest > 0 {
            if rest & 1 == 1 {
                result.mul_assign(&square);
            }
            rest >>= 1;
            if rest > 0 {
                square.square_assign();
            }
        }
        *self = if exponent < 0 { Ball::exact(1.0).div(&result) } else { result };
    }
    fn powf_assign(&mut self, exponent: &Self) {
        let y = exponent.mid;
        if exponent.is_exact() && y.fract() == 0.0 && y.abs() <= f64::from(i32::MAX) {
            self.powi_assign(y as i32);
            return;
        }
        if self.is_exact() && self.mid == 0.0 && y > exponent.err && exponent.is_defined() {
            return;
        }
        self.ln_assign();
        self.mul_assign(exponent);
        self.exp_assign();
    }
    /// Rounding is monotone, so the rounded ends of the ball enclose.
    fn round_significant_assign(&mut self, bits: u32) {
        if self.is_exact() {
            self.mid = round_significant_f64(self.mid, bits);
            return;
        }
        if !self.is_defined() {
            *self = Ball::undefined();
            return;
        }
        let low = round_significant_f64((self.mid - self.err).next_down(), bits);
        let high = round_significant_f64((self.mid + self.err).next_up(), bits);
        let mid = low + (high - low) / 2.0;
        let reach = (mid - low).max(high - mid).next_up();
        *self = Ball::rounded(mid, reach, 0.5);
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        if !self.is_defined() || !rhs.is_defined() {
            return None;
        }
        if self.is_exact() && rhs.is_exact() {
            return self.mid.partial_cmp(&rhs.mid);
        }
        let gap = (self.mid - rhs.mid).abs() * (1.0 - 4.0 * f64::EPSILON);
        let room = (self.err + rhs.err) * INFLATION + TINY;
        (gap > room).then(|| self.mid.total_cmp(&rhs.mid))
    }
    fn compare_least(&self, rhs: &Self, _: usize) -> Ordering {
        compare_sums([self.mid, -self.err], [rhs.mid, -rhs.err])
    }
    fn compare_greatest(&self, rhs: &Self, _: usize) -> Ordering {
        compare_sums([self.mid, self.err], [rhs.mid, rhs.err])
    }
}

/// The order of two sums of two numbers, as if they were added without rounding. Where a sum overflows or is not
/// defined, any order that is total.
fn compare_sums(left: [f64; 2], right: [f64; 2]) -> Ordering {
    // Rounded to nearest, and what that left out: the larger sum never has the smaller rounding.
    let parts = |[a, b]: [f64; 2]| {
        let sum = a + b;
        let of_b = sum - a;
        (sum, (a - (sum - of_b)) + (b - of_b))
    };
    let ((sum, rest), (other_sum, other_rest)) = (parts(left), parts(right));
    undefined_first(&sum, &other_sum).then_with(|| undefined_first(&rest, &other_rest))
}

impl Ball {
    /// How many error bounds fit between the two numbers; zero when they overlap.
    #[must_use]
    pub fn clearance(&self, rhs: &Self) -> f64 {
        let room = (self.err + rhs.err) * INFLATION + TINY;
        let gap = (self.mid - rhs.mid).abs();
        if self.is_defined() && rhs.is_defined() { gap / room } else { 0.0 }
    }

    /// A bound of the absolute value of every number in the ball.
    #[must_use]
    pub fn upper_magnitude(&self) -> f64 {
        (self.mid.abs() + self.err) * INFLATION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(x: f64) -> Rational {
        Rational::from_f64(x).unwrap()
    }

    #[track_caller]
    fn assert_holds(ball: Ball, value: &Rational) {
        let distance = (exact(ball.mid) - value).abs();
        assert!(distance <= exact(ball.err), "{ball:?} misses {value}");
    }

    #[test]
    fn the_error_of_a_tenth_is_counted_and_that_of_a_half_is_not() {
        let tenth = Rational::from((1, 10));
        assert_holds(Ball::from_rational(&tenth, ()), &tenth);
        assert!(Ball::from_rational(&tenth, ()).err > 0.0);
        assert_eq!(Ball::from_rational(&Rational::from((1, 2)), ()), Ball { mid: 0.5, err: 0.0 });
    }

    #[test]
    fn lost_digits_stay_inside_the_bound() {
        // In f64, (1 + 2⁻⁶⁰) − 1 is 0.
        let mut sum = Ball::one(()).add(&Ball::from_f64(f64::EPSILON / 256.0, ()));
        sum.sub_assign(&Ball::one(()));
        assert_eq!(sum.mid, 0.0);
        assert_holds(sum, &exact(f64::EPSILON / 256.0));
    }

    #[test]
    fn underflow_in_a_quotient_s_bound_does_not_lose_it() {
        let (a, b) = (Ball::from_f64(1e-320, ()), Ball { mid: 1e-300, err: 1e-310 });
        let furthest = exact(a.mid) / (exact(b.mid) - exact(b.err));
        assert_holds(a.div(&b), &furthest);
    }

    #[test]
    fn the_bound_grows_no_faster_than_the_error() {
        let mut sum = Ball::zero(());
        for _ in 0..1000 {
            sum.add_product(&Ball::from_f64(0.1, ()), &Ball::from_f64(0.3, ()));
        }
        assert!(sum.err < 1e-11, "{sum:?}");
        assert!(Ball::from_f64(2.0, ()).sqrt().err < 1e-15);
        assert!(Ball::one(()).exp().ln().err < 1e-14);
    }

    #[test]
    fn what_may_be_divided_by_zero_is_undefined() {
        let around_zero = Ball { mid: 1e-20, err: 1e-10 };
        assert!(!Ball::one(()).div(&around_zero).is_defined());
        assert!(!around_zero.ln().is_defined());
        assert!(!around_zero.sqrt().is_defined());
        assert!(!around_zero.powi(-1).is_defined());
        assert!(!Ball::from_f64(1e300, ()).square().is_defined());
        assert!(!Ball::from_f64(1e3, ()).exp().is_defined());
    }

    #[test]
    fn undefined_numbers_stay_undefined() {
        let undefined = || Ball::one(()).div(&Ball::zero(()));
        let zero = Ball::zero(());
        let results = [
            undefined().add(&zero),
            undefined().mul(&zero),
            undefined().min(&zero),
            zero.max(&undefined()),
            undefined().powi(0),
            undefined().powf(&zero),
            Ball::one(()).powf(&undefined()),
            undefined().sin(),
            undefined().exp(),
            undefined().square(),
            Ball::one(()).div(&undefined()),
            Ball::from_f64(f64::NEG_INFINITY, ()).exp(),
            Ball::from_f64(f64::INFINITY, ()).min(&zero),
        ];
        for (i, result) in results.iter().enumerate() {
            assert!(!result.is_defined(), "number {i}: {result:?}");
            assert_eq!(result.compare(&zero), None);
            assert!(result.to_f64().is_nan());
        }
        let mut sum = zero;
        sum.add_product_f64(&undefined(), 0.0);
        assert!(!sum.is_defined());
    }

    #[test]
    fn only_disjoint_balls_are_ordered() {
        let ball = |mid, err| Ball { mid, err };
        assert_eq!(ball(1.0, 0.5).compare(&ball(3.0, 0.5)), Some(Ordering::Less));
        assert_eq!(ball(3.0, 0.5).compare(&ball(1.0, 0.5)), Some(Ordering::Greater));
        assert_eq!(ball(1.0, 0.5).compare(&ball(2.0, 0.5)), None);
        assert_eq!(ball(1.0, 0.0).compare(&ball(1.0, 0.0)), Some(Ordering::Equal));
        assert_eq!(ball(1.0, 1e-30).compare(&ball(1.0, 0.0)), None);
    }

    #[test]
    fn powers_with_special_exponents_follow_the_contract() {
        let zero = Ball::zero(());
        assert_eq!(zero.powf(&Ball::from_f64(0.5, ())), zero);
        assert_eq!(zero.powf(&zero), Ball::one(()));
        assert_holds(Ball::from_f64(-2.0, ()).powf(&Ball::from_f64(3.0, ())), &Rational::from(-8));
        assert_holds(Ball::from_f64(-1.0, ()).powi(i32::MIN), &Rational::from(1));
        assert!(!Ball::from_f64(-2.0, ()).powf(&Ball::from_f64(0.5, ())).is_defined());
    }
}
