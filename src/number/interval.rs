//! Outward-rounded intervals on MPFR floats.

use std::cmp::Ordering;
use std::mem::swap;

use rug::float::{MiniFloat, Round};
use rug::ops::{
    AddAssignRound, AssignRound, DivAssignRound, MulAssignRound, NegAssign, Pow, PowAssignRound, SubAssignRound,
};
use rug::{Assign, Float, Rational};

use super::{Scalar, undefined_first};

mod periodic;

/// All numbers from `lo` to `hi`; the context is the precision of both ends in bits. NaN ends mean
/// *undefined*. An infinite end means that nothing is known on that side: `lo` is never +∞ and
/// `hi` never −∞.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    lo: Float,
    hi: Float,
    /// Some numbers of an operand had no result (1/x where x may be zero): the ends are then
    /// [−∞, ∞] and stay so, since even sin(1/x) ≤ 1 is not true where 1/x does not exist.
    partial: bool,
}

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
            partial: false,
        }
    }

    /// The interval [0, u] of nonnegative numbers up to the upper end of `self`; undefined when
    /// there are none.
    #[must_use]
    pub fn from_zero(mut self) -> Self {
        if self.hi < 0 || !self.is_defined() {
            self.make_undefined();
        } else if !self.partial {
            self.lo.assign(0);
        }
        self
    }

    fn undefined(bits: u32) -> Self {
        let nan = Float::with_val(bits, f64::NAN);
        Interval { lo: nan.clone(), hi: nan, partial: false }
    }

    fn make_undefined(&mut self) {
        self.lo.assign(f64::NAN);
        self.hi.assign(f64::NAN);
        self.partial = false;
    }

    fn make_whole(&mut self) {
        self.lo.assign(f64::NEG_INFINITY);
        self.hi.assign(f64::INFINITY);
    }

    fn make_partial(&mut self) {
        self.make_whole();
        self.partial = true;
    }

    /// Whether a binary operation is decided by what the operands lack; then it is carried out.
    fn settled_with(&mut self, rhs: &Self) -> bool {
        if !self.is_defined() || !rhs.is_defined() {
            self.make_undefined();
            true
        } else if self.partial || rhs.partial {
            self.make_partial();
            true
        } else {
            false
        }
    }

    /// Whether a unary operation leaves the interval as it is for want of values.
    fn settled(&self) -> bool {
        self.partial || !self.is_defined()
    }

    /// 0·∞ of two ends says nothing.
    fn whole_if_nan(&mut self) {
        if self.lo.is_nan() || self.hi.is_nan() {
            self.make_whole();
        }
    }

    fn end(&self, upper: bool) -> &Float {
        if upper { &self.hi } else { &self.lo }
    }

    fn bits(&self) -> u32 {
        self.lo.prec()
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
        if self.settled_with(other) {
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
    fn increasing(&mut self, f: impl Fn(&mut Float, Round) -> Ordering) {
        if self.settled() {
            return;
        }
        let is_point = self.lo == self.hi && self.lo.prec() == self.hi.prec();
        let order = f(&mut self.lo, Round::Down);
        if !is_point {
            f(&mut self.hi, Round::Up);
            return;
        }
        // Both roundings of one value are neighbours unless it is exact.
        self.hi.assign(&self.lo);
        if order != Ordering::Equal {
            self.hi.next_up();
        }
    }

    /// The single integer in the interval, where it is one.
    fn as_integer(&self) -> Option<i32> {
        // The range first: the integer of a huge float would fill the memory.
        let fits = self.lo == self.hi && self.lo >= i32::MIN && self.lo <= i32::MAX;
        if fits && self.lo.is_integer() { self.lo.to_integer()?.to_i32() } else { None }
    }
}

impl Scalar for Interval {
    type Context = u32;

    fn from_f64(x: f64, bits: u32) -> Self {
        let mut result = Interval {
            lo: Float::with_val_round(bits, x, Round::Down).0,
            hi: Float::with_val_round(bits, x, Round::Up).0,
            partial: false,
        };
        // ∞ stands for some number beyond all floats.
        if x == f64::INFINITY {
            result.lo.next_down();
        } else if x == f64::NEG_INFINITY {
            result.hi.next_up();
        }
        result
    }
    fn from_rational(q: &Rational, bits: u32) -> Self {
        Interval::from_bounds(q, q, bits)
    }
    fn context(&self) -> u32 {
        self.bits()
    }
    fn lane(&self, _: usize) -> f64 {
        if !self.lo.is_finite() || !self.hi.is_finite() {
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
        self.partial = other.partial;
    }
    fn add_assign(&mut self, rhs: &Self) {
        if !self.settled_with(rhs) {
            self.lo.add_assign_round(&rhs.lo, Round::Down);
            self.hi.add_assign_round(&rhs.hi, Round::Up);
        }
    }
    fn sub_assign(&mut self, rhs: &Self) {
        if !self.settled_with(rhs) {
            self.lo.sub_assign_round(&rhs.hi, Round::Down);
            self.hi.sub_assign_round(&rhs.lo, Round::Up);
        }
    }
    fn mul_assign(&mut self, rhs: &Self) {
        if self.settled_with(rhs) {
            return;
        }
        let Some([least, greatest]) = extreme_corners(self, rhs) else {
            // Zero is inside both: two candidates for each end, none of them zero.
            let bits = self.bits();
            let mut lo = Float::with_val_round(bits, &self.lo * &rhs.hi, Round::Down).0;
            let mut hi = Float::with_val_round(bits, &self.lo * &rhs.lo, Round::Up).0;
            self.lo.assign(&self.hi);
            self.lo.mul_assign_round(&rhs.lo, Round::Down);
            self.hi.mul_assign_round(&rhs.hi, Round::Up);
            if lo < self.lo {
                swap(&mut lo, &mut self.lo);
            }
            if hi > self.hi {
                swap(&mut hi, &mut self.hi);
            }
            return;
        };
        match (least.0, greatest.0) {
            (false, true) => {}
            (true, false) => swap(&mut self.lo, &mut self.hi),
            (true, true) => self.lo.assign(&self.hi),
            (false, false) => self.hi.assign(&self.lo),
        }
        self.lo.mul_assign_round(rhs.end(least.1), Round::Down);
        self.hi.mul_assign_round(rhs.end(greatest.1), Round::Up);
        self.whole_if_nan();
    }
    fn div_assign(&mut self, rhs: &Self) {
        if self.settled_with(rhs) {
            return;
        }
        if rhs.lo.is_zero() && rhs.hi.is_zero() {
            self.make_undefined();
        } else if rhs.contains_zero() {
            self.make_partial();
        } else {
            let negative = rhs.hi < 0;
            if negative {
                swap(&mut self.lo, &mut self.hi);
            }
            // A quotient ≥ 0 is least for the divisor of largest magnitude, one ≤ 0 for that of
            // smallest magnitude.
            let large = !negative;
            let low_is_nonnegative = if negative { self.lo <= 0 } else { self.lo >= 0 };
            let high_is_nonnegative = if negative { self.hi <= 0 } else { self.hi >= 0 };
            let low_divisor = rhs.end(if low_is_nonnegative { large } else { !large });
            let high_divisor = rhs.end(if high_is_nonnegative { !large } else { large });
            self.lo.div_assign_round(low_divisor, Round::Down);
            self.hi.div_assign_round(high_divisor, Round::Up);
        }
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        if self.settled_with(a) || self.settled_with(b) {
            return;
        }
        if let Some([least, greatest]) = extreme_corners(a, b) {
            self.lo.add_assign_round(a.end(least.0) * b.end(least.1), Round::Down);
            self.hi.add_assign_round(a.end(greatest.0) * b.end(greatest.1), Round::Up);
            self.whole_if_nan();
        } else {
            self.add_assign(&a.clone().mul(b));
        }
    }
    fn sub_product(&mut self, a: &Self, b: &Self) {
        if self.settled_with(a) || self.settled_with(b) {
            return;
        }
        if let Some([least, greatest]) = extreme_corners(a, b) {
            self.lo.sub_assign_round(a.end(greatest.0) * b.end(greatest.1), Round::Down);
            self.hi.sub_assign_round(a.end(least.0) * b.end(least.1), Round::Up);
            self.whole_if_nan();
        } else {
            self.sub_assign(&a.clone().mul(b));
        }
    }
    fn add_f64(&mut self, c: f64) {
        if !c.is_finite() {
            self.add_assign(&Interval::from_f64(c, self.bits()));
        } else if !self.settled() {
            self.lo.add_assign_round(c, Round::Down);
            self.hi.add_assign_round(c, Round::Up);
        }
    }
    fn mul_f64(&mut self, c: f64) {
        if !c.is_finite() {
            self.mul_assign(&Interval::from_f64(c, self.bits()));
        } else if !self.settled() {
            if c < 0.0 {
                swap(&mut self.lo, &mut self.hi);
            }
            self.lo.mul_assign_round(c, Round::Down);
            self.hi.mul_assign_round(c, Round::Up);
            self.whole_if_nan();
        }
    }
    fn add_product_f64(&mut self, a: &Self, c: f64) {
        if !c.is_finite() {
            self.add_product(a, &Interval::from_f64(c, self.bits()));
        } else if !self.settled_with(a) {
            let (low, high) = if c < 0.0 { (&a.hi, &a.lo) } else { (&a.lo, &a.hi) };
            // A 53-bit float lives on the stack, so nothing is allocated.
            let small = MiniFloat::from(c);
            let factor = small.borrow();
            self.lo.add_assign_round(low * &*factor, Round::Down);
            self.hi.add_assign_round(high * &*factor, Round::Up);
            self.whole_if_nan();
        }
    }
    fn neg_assign(&mut self) {
        swap(&mut self.lo, &mut self.hi);
        self.lo.neg_assign();
        self.hi.neg_assign();
    }
    fn abs_assign(&mut self) {
        if self.settled() {
            return;
        }
        if self.hi <= 0 {
            self.neg_assign();
        } else if self.lo < 0 {
            self.lo.neg_assign();
            self.hi.max_mut(&self.lo);
            self.lo.assign(0);
        }
    }
    fn min_assign(&mut self, rhs: &Self) {
        if !self.settled_with(rhs) {
            self.lo.min_round(&rhs.lo, Round::Down);
            self.hi.min_round(&rhs.hi, Round::Up);
        }
    }
    fn max_assign(&mut self, rhs: &Self) {
        if !self.settled_with(rhs) {
            self.lo.max_round(&rhs.lo, Round::Down);
            self.hi.max_round(&rhs.hi, Round::Up);
        }
    }
    fn square_assign(&mut self) {
        self.abs_assign();
        self.increasing(|x, round| x.square_round(round));
    }
    fn sqrt_assign(&mut self) {
        if self.hi < 0 {
            self.make_undefined();
        } else if self.lo < 0 {
            self.make_partial();
        } else {
            self.increasing(|x, round| x.sqrt_round(round));
        }
    }
    fn exp_assign(&mut self) {
        self.increasing(|x, round| x.exp_round(round));
    }
    fn ln_assign(&mut self) {
        if self.hi <= 0 {
            self.make_undefined();
        } else if self.lo <= 0 {
            self.make_partial();
        } else {
            self.increasing(|x, round| x.ln_round(round));
        }
    }
    fn sin_assign(&mut self) {
        self.sin_cos(0, |x| x.sin_round(Round::Down));
    }
    fn cos_assign(&mut self) {
        self.sin_cos(1, |x| x.cos_round(Round::Down));
    }
    fn powi_assign(&mut self, exponent: i32) {
        if exponent % 2 == 0 {
            self.abs_assign();
        }
        // Now the power by the magnitude of the exponent is increasing on the whole interval.
        self.increasing(|x, round| x.pow_assign_round(exponent.unsigned_abs(), round));
        if exponent < 0 {
            let mut one = Interval::from_f64(1.0, self.bits());
            one.div_assign(self);
            *self = one;
        }
    }
    fn powf_assign(&mut self, exponent: &Self) {
        if self.settled_with(exponent) {
            return;
        }
        if let Some(integer) = exponent.as_integer() {
            self.powi_assign(integer);
            return;
        }
        // A negative base has powers only for the integers among the exponents.
        let hopeless = self.hi < 0 && exponent.hi.clone().floor() < exponent.lo;
        if hopeless || (self.lo.is_zero() && self.hi.is_zero() && exponent.hi < 0) {
            self.make_undefined();
        } else if self.lo < 0 || (self.lo.is_zero() && exponent.lo <= 0) {
            self.make_partial();
        } else {
            // x^y is monotone in x and in y where the other is fixed: the extremes are at corners.
            let bits = self.bits();
            let corner =
                |x: bool, y: bool, round: Round| Float::with_val_round(bits, self.end(x).pow(exponent.end(y)), round).0;
            let extreme = |round: Round, pick: fn(Float, &Float) -> Float| {
                let of_lower = pick(corner(false, false, round), &corner(false, true, round));
                let of_upper = pick(corner(true, false, round), &corner(true, true, round));
                pick(of_lower, &of_upper)
            };
            let lo = extreme(Round::Down, Float::min);
            let hi = extreme(Round::Up, Float::max);
            self.lo = lo;
            self.hi = hi;
        }
    }
    /// Rounding is monotone, so the rounded ends enclose.
    fn round_significant_assign(&mut self, bits: u32) {
        if self.settled() {
            return;
        }
        for end in [&mut self.lo, &mut self.hi] {
            let rounded = Float::with_val(bits.min(end.prec()), &*end);
            end.assign(&rounded);
        }
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
    fn compare_least(&self, rhs: &Self, _: usize) -> Ordering {
        undefined_first(&self.lo, &rhs.lo)
    }
    fn compare_greatest(&self, rhs: &Self, _: usize) -> Ordering {
        undefined_first(&self.hi, &rhs.hi)
    }
    fn certainly_le(&self, rhs: &Self) -> bool {
        self.hi <= rhs.lo
    }
}

/// Which ends of `a` and `b` (`true` for the upper) multiply to the least and to the greatest
/// product; `None` when zero lies inside both, where it takes two products to tell.
fn extreme_corners(a: &Interval, b: &Interval) -> Option<[(bool, bool); 2]> {
    let (low, high) = (false, true);
    Some(match (sign(a), sign(b)) {
        (Sign::Nonnegative, Sign::Nonnegative) => [(low, low), (high, high)],
        (Sign::Nonnegative, Sign::Nonpositive) => [(high, low), (low, high)],
        (Sign::Nonnegative, Sign::Mixed) => [(high, low), (high, high)],
        (Sign::Nonpositive, Sign::Nonnegative) => [(low, high), (high, low)],
        (Sign::Nonpositive, Sign::Nonpositive) => [(high, high), (low, low)],
        (Sign::Nonpositive, Sign::Mixed) => [(low, high), (low, low)],
        (Sign::Mixed, Sign::Nonnegative) => [(low, high), (high, high)],
        (Sign::Mixed, Sign::Nonpositive) => [(high, low), (low, low)],
        (Sign::Mixed, Sign::Mixed) => return None,
    })
}

enum Sign {
    Nonnegative,
    Nonpositive,
    Mixed,
}

fn sign(x: &Interval) -> Sign {
    if x.lo >= 0 {
        Sign::Nonnegative
    } else if x.hi <= 0 {
        Sign::Nonpositive
    } else {
        Sign::Mixed
    }
}

#[cfg(test)]
mod tests;
