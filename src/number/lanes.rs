//! Eight replicates side by side: a structure of arrays at the level of one number.

use std::cmp::Ordering;

use rug::Rational;

use super::native::{max_f64, min_f64, powf_f64, powi_f64, round_significant_f64};
use super::{Scalar, undefined_first};

/// Eight `f64`, one for each of eight independent trajectories. Every operation treats each lane
/// as `f64` does, in the same order, so that a lane's result is that of a run on its own, to the bit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f64; 8]);

impl Lanes {
    #[inline(always)]
    fn map(&mut self, f: impl Fn(f64) -> f64) {
        for x in &mut self.0 {
            *x = f(*x);
        }
    }
    #[inline(always)]
    fn zip(&mut self, rhs: &Self, f: impl Fn(f64, f64) -> f64) {
        for (x, y) in self.0.iter_mut().zip(rhs.0) {
            *x = f(*x, y);
        }
    }
}

impl Scalar for Lanes {
    type Context = ();
    const LANES: usize = 8;

    #[inline(always)]
    fn with_widest_registers<R>(work: impl FnOnce() -> R) -> R {
        pulp::Arch::new().dispatch(work)
    }

    #[inline(always)]
    fn from_f64(x: f64, (): ()) -> Self {
        Lanes([x; 8])
    }
    #[inline(always)]
    fn from_lanes(value: impl Fn(usize) -> f64, (): ()) -> Self {
        Lanes(std::array::from_fn(value))
    }
    fn from_rational(q: &Rational, (): ()) -> Self {
        Lanes([super::nearest_f64(q); 8])
    }
    fn context(&self) {}
    fn lane(&self, lane: usize) -> f64 {
        self.0[lane]
    }
    fn is_defined(&self) -> bool {
        self.0.iter().all(|x| x.is_finite())
    }
    #[inline(always)]
    fn set(&mut self, other: &Self) {
        *self = *other;
    }
    #[inline(always)]
    fn add_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| a + b);
    }
    #[inline(always)]
    fn sub_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| a - b);
    }
    #[inline(always)]
    fn mul_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| a * b);
    }
    #[inline(always)]
    fn div_assign(&mut self, rhs: &Self) {
        self.zip(rhs, |a, b| a / b);
    }
    #[inline(always)]
    fn add_product(&mut self, a: &Self, b: &Self) {
        for i in 0..8 {
            self.0[i] += a.0[i] * b.0[i];
        }
    }
    #[inline(always)]
    fn sub_product(&mut self, a: &Self, b: &Self) {
        for i in 0..8 {
            self.0[i] -= a.0[i] * b.0[i];
        }
    }
    #[inline(always)]
    fn add_f64(&mut self, c: f64) {
        self.map(|x| x + c);
    }
    #[inline(always)]
    fn mul_f64(&mut self, c: f64) {
        self.map(|x| x * c);
    }
    #[inline(always)]
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        for i in 0..8 {
            self.0[i] += a.0[i] * c;
        }
    }
    #[inline(always)]
    fn neg_assign(&mut self) {
        self.map(|x| -x);
    }
    #[inline(always)]
    fn abs_assign(&mut self) {
        self.map(f64::abs);
    }
    fn min_assign(&mut self, rhs: &Self) {
        self.zip(rhs, min_f64);
    }
    fn max_assign(&mut self, rhs: &Self) {
        self.zip(rhs, max_f64);
    }
    #[inline(always)]
    fn square_assign(&mut self) {
        self.map(|x| x * x);
    }
    fn sqrt_assign(&mut self) {
        self.map(f64::sqrt);
    }
    fn exp_assign(&mut self) {
        self.map(f64::exp);
    }
    fn ln_assign(&mut self) {
        self.map(f64::ln);
    }
    fn sin_assign(&mut self) {
        self.map(f64::sin);
    }
    fn cos_assign(&mut self) {
        self.map(f64::cos);
    }
    fn powi_assign(&mut self, exponent: i32) {
        self.map(|x| powi_f64(x, exponent));
    }
    fn powf_assign(&mut self, exponent: &Self) {
        self.zip(exponent, powf_f64);
    }
    fn round_significant_assign(&mut self, bits: u32) {
        self.map(|x| round_significant_f64(x, bits));
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        let first = self.0[0].partial_cmp(&rhs.0[0])?;
        self.0.iter().zip(&rhs.0).all(|(a, b)| a.partial_cmp(b) == Some(first)).then_some(first)
    }
    fn compare_least(&self, rhs: &Self, lane: usize) -> Ordering {
        undefined_first(&self.0[lane], &rhs.0[lane])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 8] = [0.1, -2.5, 3.0, 0.0, 1e300, -1e-300, 7.25, f64::NAN];

    #[test]
    fn every_lane_keeps_its_own_value() {
        let lanes = Lanes::from_lanes(|lane| VALUES[lane], ());
        for (i, x) in VALUES.iter().enumerate() {
            assert_eq!(lanes.lane(i).to_bits(), x.to_bits());
        }
    }

    #[test]
    fn one_undefined_lane_makes_the_whole_undefined_and_undecided() {
        let lanes = Lanes(VALUES);
        assert!(!lanes.is_defined());
        assert_eq!(lanes.compare(&Lanes([2e300; 8])), None);
    }

    #[test]
    fn an_order_is_certain_only_when_all_lanes_agree() {
        let zero = Lanes([0.0; 8]);
        let mut other = Lanes([1.0; 8]);
        assert_eq!(zero.compare(&other), Some(Ordering::Less));
        other.0[5] = 0.0;
        assert_eq!(zero.compare(&other), None);
        other.0[5] = -1.0;
        assert_eq!(zero.compare(&other), None);
    }
}
