//! Outward-rounded intervals on MPFR floats.

use std::cmp::Ordering;

use rug::float::{Constant, Round};
use rug::ops::{AddAssignRound, AssignRound, DivAssignRound, MulAssignRound, SubAssignRound};
use rug::{Assign, Float, Integer, Rational};

use super::Scalar;

/// All numbers from `lo` to `hi`; the context is the precision of both ends in bits. NaN ends mean
/// *undefined*; infinite ends mean that nothing is known on that side.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    lo: Float,
    hi: Float,
}

/// Wider arguments than this are not reduced by sine and cosine, which then return [−1, 1].
const MAX_QUADRANTS: u32 = 1 << 20;

impl Interval {
    /// The interval of all numbers between the two ends, rounded outward to `bits`; undefined when
    /// they are out of order.
    #[must_use]
    pub fn from_bounds(lo: &Rational, hi: &Rational, bits: u32) -> Self {
        if lo > hi {
            return Interval::undefined(bits);
        }
        Interval {
            lo: Float::with_val_round(bits, lo, Round::Down).0,
            hi: Float::with_val_round(bits, hi, Round::Up).0,
        }
    }

    /// The interval [0, u] of nonnegative numbers up to the upper end of `self`.
    #[must_use]
    pub fn from_zero(mut self) -> Self {
        self.lo.assign(0);
        self.normalised()
    }

    fn undefined(bits: u32) -> Self {
        let nan = Float::with_val(bits, f64::NAN);
        Interval { lo: nan.clone(), hi: nan }
    }

    fn make_undefined(&mut self) {
        self.lo.assign(f64::NAN);
        self.hi.assign(f64::NAN);
    }

    fn make_whole(&mut self) {
        self.lo.assign(f64::NEG_INFINITY);
        self.hi.assign(f64::INFINITY);
    }

    fn bits(&self) -> u32 {
        self.lo.prec()
    }

    /// Both ends NaN if one is, and undefined if they crossed.
    fn normalised(mut self) -> Self {
        if self.lo.is_nan() || self.hi.is_nan() || self.lo > self.hi {
            self.make_undefined();
        }
        self
    }

    /// Lower end.
    #[must_use]
    pub fn lower(&self) -> &Float {
        &self.lo
    }

    /// Upper end.
    #[must_use]
    pub fn upper(&self) -> &Float {
        &self.hi
    }

    /// Lower end as an `f64`, rounded down.
    #[must_use]
    pub fn lower_f64(&self) -> f64 {
        self.lo.to_f64_round(Round::Down)
    }

    /// Upper end as an `f64`, rounded up.
    #[must_use]
    pub fn upper_f64(&self) -> f64 {
        self.hi.to_f64_round(Round::Up)
    }

    /// hi − lo, rounded up.
    #[must_use]
    pub fn width(&self) -> Float {
        let mut width = self.hi.clone();
        width.sub_assign_round(&self.lo, Round::Up);
        width
    }

    /// Whether 0 lies inside.
    #[must_use]
    pub fn contains_zero(&self) -> bool {
        self.lo <= 0 && self.hi >= 0
    }

    /// Whether `q` lies inside.
    #[must_use]
    pub fn contains(&self, q: &Rational) -> bool {
        self.lo <= *q && self.hi >= *q
    }

    /// Whether all of `inner` lies inside.
    #[must_use]
    pub fn encloses(&self, inner: &Interval) -> bool {
        self.lo <= inner.lo && inner.hi <= self.hi
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn hull(mut self, other: &Interval) -> Self {
        if !self.is_defined() || !other.is_defined() {
            self.make_undefined();
            return self;
        }
        if other.lo < self.lo {
            self.lo.assign_round(&other.lo, Round::Down);
        }
        if other.hi > self.hi {
            self.hi.assign_round(&other.hi, Round::Up);
        }
        self
    }

    /// Both ends in decimal with `digits` significant digits, rounded outward.
    #[must_use]
    pub fn to_decimal(&self, digits: usize) -> [String; 2] {
        [
            self.lo.to_string_radix_round(10, Some(digits), Round::Down),
            self.hi.to_string_radix_round(10, Some(digits), Round::Up),
        ]
    }

    /// Applies an increasing function, computed at each end with its own rounding.
    fn increasing(&mut self, f: impl Fn(&mut Float, Round)) {
        f(&mut self.lo, Round::Down);
        f(&mut self.hi, Round::Up);
    }

    /// Number of quarter turns enclosing `self`: floor(2x/π) of both ends, when small enough.
    fn quadrants(&self) -> Option<(Integer, Integer)> {
        if !self.lo.is_finite() || !self.hi.is_finite() {
            return None;
        }
        let exponent = self.lo.get_exp().max(self.hi.get_exp()).unwrap_or(0).max(0).unsigned_abs();
        let bits = self.bits() + exponent + 16;
        let quadrant = |x: &Float| {
            let turns = |round: Round, pi_round: Round| {
                let mut pi = Float::with_val_round(bits, Constant::Pi, pi_round).0;
                pi >>= 1;
                let mut quotient = Float::with_val(bits, x);
                quotient.div_assign_round(&pi, round);
                quotient.to_integer_round(Round::Down).map(|(n, _)| n)
            };
            // For a negative x the smaller quotient comes with the smaller π/2.
            let (low_pi, high_pi) =
                if x.is_sign_negative() { (Round::Down, Round::Up) } else { (Round::Up, Round::Down) };
            Some((turns(Round::Down, low_pi)?, turns(Round::Up, high_pi)?))
        };
        let (first, _) = quadrant(&self.lo)?;
        let (_, last) = quadrant(&self.hi)?;
        (Integer::from(&last - &first) < MAX_QUADRANTS).then_some((first, last))
    }

    /// sin of [lo, hi] when `shift = 0`, cos when `shift = 1`: the ends' values, and ±1 where an
    /// extremum may lie between them.
    fn sin_cos(&mut self, shift: u32, f: impl Fn(&mut Float, Round)) {
        if self.lo.is_nan() || self.hi.is_nan() {
            return;
        }
        let Some((first, last)) = self.quadrants() else {
            self.lo.assign(-1);
            self.hi.assign(1);
            return;
        };
        // sin(x + shift·π/2): maxima where the shifted quadrant number passes from 0 to 1 (mod 4),
        // minima from 2 to 3.
        let passes = |from: u32| {
            // Is there an integer q ≡ from (mod 4) with first ≤ q − shift < last?
            let offset = Integer::from(&first + shift);
            let distance = Integer::from(from) - offset;
            let steps = distance.modulo_ref_4();
            Integer::from(&first + steps) < last
        };
        let has_maximum = passes(0);
        let has_minimum = passes(2);
        let ends = [(&self.lo, Round::Down), (&self.lo, Round::Up), (&self.hi, Round::Down), (&self.hi, Round::Up)]
            .map(|(end, round)| {
                let mut value = end.clone();
                f(&mut value, round);
                value
            });
        let [lo_down, lo_up, hi_down, hi_up] = ends;
        self.lo = if has_minimum { Float::with_val(self.bits(), -1) } else { lo_down.min(&hi_down) };
        self.hi = if has_maximum { Float::with_val(self.hi.prec(), 1) } else { lo_up.max(&hi_up) };
    }
}

/// Remainder modulo four, never negative.
trait ModuloFour {
    fn modulo_ref_4(&self) -> u32;
}

impl ModuloFour for Integer {
    fn modulo_ref_4(&self) -> u32 {
        self.mod_u(4)
    }
}

impl Scalar for Interval {
    type Context = u32;

    fn from_f64(x: f64, bits: u32) -> Self {
        Interval { lo: Float::with_val_round(bits, x, Round::Down).0, hi: Float::with_val_round(bits, x, Round::Up).0 }
    }
    fn from_rational(q: &Rational, bits: u32) -> Self {
        Interval { lo: Float::with_val_round(bits, q, Round::Down).0, hi: Float::with_val_round(bits, q, Round::Up).0 }
    }
    fn context(&self) -> u32 {
        self.bits()
    }
    fn lane(&self, _: usize) -> f64 {
        if self.lo.is_infinite() || self.hi.is_infinite() {
            return f64::NAN;
        }
        let mut middle = self.lo.clone();
        middle += &self.hi;
        middle /= 2;
        middle.to_f64()
    }
    fn is_defined(&self) -> bool {
        !self.lo.is_nan() && !self.hi.is_nan()
    }
    fn set(&mut self, other: &Self) {
        self.lo.assign_round(&other.lo, Round::Down);
        self.hi.assign_round(&other.hi, Round::Up);
    }
    fn add_assign(&mut self, rhs: &Self) {
        self.lo.add_assign_round(&rhs.lo, Round::Down);
        self.hi.add_assign_round(&rhs.hi, Round::Up);
        self.repair();
    }
    fn sub_assign(&mut self, rhs: &Self) {
        self.lo.sub_assign_round(&rhs.hi, Round::Down);
        self.hi.sub_assign_round(&rhs.lo, Round::Up);
        self.repair();
    }
    fn mul_assign(&mut self, rhs: &Self) {
        if !self.is_defined() || !rhs.is_defined() {
            self.make_undefined();
            return;
        }
        // The common case, without temporaries.
        if self.lo >= 0 && rhs.lo >= 0 {
            self.lo.mul_assign_round(&rhs.lo, Round::Down);
            self.hi.mul_assign_round(&rhs.hi, Round::Up);
            self.repair();
            return;
        }
        let bits = self.bits();
        let product = |a: &Float, b: &Float, round: Round| {
            // 0·∞ is 0 here: an infinite end stands for arbitrarily large finite numbers.
            if a.is_zero() || b.is_zero() { Float::new(bits) } else { Float::with_val_round(bits, a * b, round).0 }
        };
        let least = |round: Round, pick: fn(Float, &Float) -> Float| {
            let first = product(&self.lo, &rhs.lo, round);
            let second = product(&self.lo, &rhs.hi, round);
            let third = product(&self.hi, &rhs.lo, round);
            let fourth = product(&self.hi, &rhs.hi, round);
            pick(pick(pick(first, &second), &third), &fourth)
        };
        let lo = least(Round::Down, Float::min);
        let hi = least(Round::Up, Float::max);
        self.lo = lo;
        self.hi = hi;
    }
    fn div_assign(&mut self, rhs: &Self) {
        if !self.is_defined() || !rhs.is_defined() || (rhs.lo.is_zero() && rhs.hi.is_zero()) {
            self.make_undefined();
            return;
        }
        if rhs.contains_zero() || rhs.lo.is_infinite() || rhs.hi.is_infinite() {
            self.make_whole();
            return;
        }
        let bits = self.bits();
        let quotient = |a: &Float, b: &Float, round: Round| Float::with_val_round(bits, a / b, round).0;
        let least = |round: Round, pick: fn(Float, &Float) -> Float| {
            let first = quotient(&self.lo, &rhs.lo, round);
            let second = quotient(&self.lo, &rhs.hi, round);
            let third = quotient(&self.hi, &rhs.lo, round);
            let fourth = quotient(&self.hi, &rhs.hi, round);
            pick(pick(pick(first, &second), &third), &fourth)
        };
        let lo = least(Round::Down, Float::min);
        let hi = least(Round::Up, Float::max);
        self.lo = lo;
        self.hi = hi;
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        let mut product = a.clone();
        product.mul_assign(b);
        self.add_assign(&product);
    }
    fn sub_product(&mut self, a: &Self, b: &Self) {
        let mut product = a.clone();
        product.mul_assign(b);
        self.sub_assign(&product);
    }
    fn add_f64(&mut self, c: f64) {
        self.lo.add_assign_round(c, Round::Down);
        self.hi.add_assign_round(c, Round::Up);
        self.repair();
    }
    fn mul_f64(&mut self, c: f64) {
        if !self.is_defined() || c.is_nan() {
            self.make_undefined();
        } else if c == 0.0 {
            self.lo.assign(0);
            self.hi.assign(0);
        } else {
            if c < 0.0 {
                std::mem::swap(&mut self.lo, &mut self.hi);
            }
            self.lo.mul_assign_round(c, Round::Down);
            self.hi.mul_assign_round(c, Round::Up);
            self.repair();
        }
    }
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        if c == 0.0 && a.is_defined() {
            return;
        }
        let (low, high) = if c < 0.0 { (&a.hi, &a.lo) } else { (&a.lo, &a.hi) };
        let small = rug::float::MiniFloat::from(c);
        let factor = small.borrow();
        self.lo.add_assign_round(low * &*factor, Round::Down);
        self.hi.add_assign_round(high * &*factor, Round::Up);
        self.repair();
    }
    fn neg_assign(&mut self) {
        std::mem::swap(&mut self.lo, &mut self.hi);
        self.lo *= -1;
        self.hi *= -1;
    }
    fn abs_assign(&mut self) {
        if self.hi <= 0 {
            self.neg_assign();
        } else if self.lo < 0 {
            self.lo *= -1;
            self.hi.max_mut(&self.lo);
            self.lo.assign(0);
        }
    }
    fn min_assign(&mut self, rhs: &Self) {
        if !self.is_defined() || !rhs.is_defined() {
            self.make_undefined();
        } else {
            self.lo.min_mut(&rhs.lo);
            self.hi.min_mut(&rhs.hi);
        }
    }
    fn max_assign(&mut self, rhs: &Self) {
        if !self.is_defined() || !rhs.is_defined() {
            self.make_undefined();
        } else {
            self.lo.max_mut(&rhs.lo);
            self.hi.max_mut(&rhs.hi);
        }
    }
    fn square_assign(&mut self) {
        self.abs_assign();
        self.increasing(|x, round| {
            let bits = x.prec();
            *x = Float::with_val_round(bits, x.square_ref(), round).0;
        });
    }
    fn sqrt_assign(&mut self) {
        if self.hi < 0 {
            self.make_undefined();
        } else if self.lo < 0 {
            self.make_whole();
        } else {
            self.increasing(|x, round| {
                x.sqrt_round(round);
            });
        }
    }
    fn exp_assign(&mut self) {
        self.increasing(|x, round| {
            x.exp_round(round);
        });
    }
    fn ln_assign(&mut self) {
        if self.hi <= 0 {
            self.make_undefined();
        } else if self.lo <= 0 {
            self.make_whole();
        } else {
            self.increasing(|x, round| {
                x.ln_round(round);
            });
        }
    }
    fn sin_assign(&mut self) {
        self.sin_cos(0, |x, round| {
            x.sin_round(round);
        });
    }
    fn cos_assign(&mut self) {
        self.sin_cos(1, |x, round| {
            x.cos_round(round);
        });
    }
    fn powi_assign(&mut self, exponent: i32) {
        if !self.is_defined() {
            return;
        }
        if exponent < 0 {
            // exponent = i32::MIN never occurs in a formula; saturating keeps this total.
            self.powi_assign(exponent.saturating_neg());
            let mut one = Interval::from_f64(1.0, self.bits());
            one.div_assign(self);
            *self = one;
            return;
        }
        if exponent % 2 == 0 {
            self.abs_assign();
        }
        // Now the power is increasing on the whole interval.
        self.increasing(|x, round| {
            let bits = x.prec();
            *x = Float::with_val_round(bits, rug::ops::Pow::pow(&*x, exponent), round).0;
        });
    }
    fn powf_assign(&mut self, exponent: &Self) {
        if !self.is_defined() || !exponent.is_defined() {
            self.make_undefined();
            return;
        }
        if self.lo.is_zero() && self.hi.is_zero() {
            match (exponent.lo > 0, exponent.lo.is_zero() && exponent.hi.is_zero()) {
                (true, _) => {}
                (_, true) => *self = Interval::from_f64(1.0, self.bits()),
                _ => self.make_whole(),
            }
            return;
        }
        self.ln_assign();
        self.mul_assign(exponent);
        self.exp_assign();
    }
    fn compare(&self, rhs: &Self) -> Option<Ordering> {
        if !self.is_defined() || !rhs.is_defined() {
            None
        } else if self.hi < rhs.lo {
            Some(Ordering::Less)
        } else if self.lo > rhs.hi {
            Some(Ordering::Greater)
        } else if self.lo == self.hi && rhs.lo == rhs.hi && self.lo == rhs.lo && self.lo.is_finite() {
            Some(Ordering::Equal)
        } else {
            None
        }
    }
    fn certainly_le(&self, rhs: &Self) -> bool {
        self.is_defined() && rhs.is_defined() && self.hi <= rhs.lo
    }
}

impl Interval {
    /// An infinite intermediate (∞ − ∞) is unknown, not undefined.
    fn repair(&mut self) {
        if self.lo.is_nan() != self.hi.is_nan() {
            if self.lo.is_nan() {
                self.lo.assign(f64::NEG_INFINITY);
            } else {
                self.hi.assign(f64::INFINITY);
            }
        }
    }
}
