//! The arithmetics in which a theorem is evaluated, behind one trait.
//!
//! | type | what it is | used for |
//! |---|---|---|
//! | [`f64`] | binary64, one trajectory | small runs, greedy choices |
//! | [`Lanes`] | eight `f64` side by side | Monte Carlo: eight replicates a step |
//! | [`Ball`] | `f64` with a running bound of its error | screening of pathwise claims |
//! | [`Mp`] | MPFR float, round to nearest | whole runs in high precision |
//! | [`Interval`] | outward-rounded pair of MPFR floats | deciding what screening leaves open |
//! | [`Exact`] | rational number | deciding identities |
//!
//! Problem families, oracles, methods and the expression evaluator are generic over [`Scalar`]:
//! they are written once and run in all of them.

use std::cmp::Ordering;
use std::fmt::Debug;

use rug::float::Round;
use rug::{Float, Rational};

mod ball;
pub(crate) mod decimal;
mod exact;
mod function;
mod interval;
mod lanes;
mod mp;
mod native;

pub use ball::Ball;
pub use exact::Exact;
pub use function::Function;
pub use interval::Interval;
pub use lanes::Lanes;
pub use mp::Mp;

/// A number of one of the arithmetics.
///
/// Operations work in place and never panic on a bad operand: what has no defined value
/// (a division by zero, the square root of a negative number, an irrational result among
/// rationals) is carried as an *undefined* number, which [`Scalar::is_defined`] reports,
/// which every later operation keeps, and which no comparison decides.
pub trait Scalar: Clone + Debug + Send + Sync + 'static {
    /// What a constant needs to be made: the precision in bits for MPFR types, nothing otherwise.
    type Context: Copy + Debug + Send + Sync + 'static;

    /// How many independent trajectories one number carries.
    const LANES: usize = 1;

    /// Runs `work`, in the widest vector registers of this processor where that helps. Results are
    /// the same to the bit: no operation is fused or reordered.
    #[inline(always)]
    fn with_widest_registers<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    /// The number `x`, exactly where the type can hold it, else rounded to nearest
    /// (an enclosing interval for [`Interval`]). The same in all lanes.
    fn from_f64(x: f64, context: Self::Context) -> Self;
    /// One value for each lane.
    fn from_lanes(value: impl Fn(usize) -> f64, context: Self::Context) -> Self {
        Self::from_f64(value(0), context)
    }
    /// The rational `q`, rounded to nearest, or enclosed.
    fn from_rational(q: &Rational, context: Self::Context) -> Self;
    /// The context in which this number was made.
    fn context(&self) -> Self::Context;
    /// The value in lane `lane` as the nearest `f64` (the midpoint of an interval; NaN when undefined).
    fn lane(&self, lane: usize) -> f64;
    /// False for NaN, for what has no value in this arithmetic, and for what came from such.
    fn is_defined(&self) -> bool;

    /// Overwrites `self` with `other` without allocating.
    fn set(&mut self, other: &Self);
    /// `self += rhs`.
    fn add_assign(&mut self, rhs: &Self);
    /// `self −= rhs`.
    fn sub_assign(&mut self, rhs: &Self);
    /// `self *= rhs`.
    fn mul_assign(&mut self, rhs: &Self);
    /// `self /= rhs`; undefined (or unbounded) where `rhs` may be zero.
    fn div_assign(&mut self, rhs: &Self);
    /// `self += a·b`, the inner loop of every matrix product. In `f64` two roundings, never fused,
    /// so that results do not depend on the processor; MPFR types may fuse.
    fn add_product(&mut self, a: &Self, b: &Self);
    /// `self −= a·b`.
    fn sub_product(&mut self, a: &Self, b: &Self);
    /// `self += c` for an exactly known constant.
    fn add_f64(&mut self, c: f64);
    /// `self *= c` for an exactly known constant.
    fn mul_f64(&mut self, c: f64);
    /// `self += a·c` for an exactly known constant: a matrix entry, say.
    fn add_product_f64(&mut self, a: &Self, c: f64);
    /// `self ← −self`.
    fn neg_assign(&mut self);
    /// `self ← |self|`.
    fn abs_assign(&mut self);
    /// `self ← min(self, rhs)`; undefined if either is.
    fn min_assign(&mut self, rhs: &Self);
    /// `self ← max(self, rhs)`; undefined if either is.
    fn max_assign(&mut self, rhs: &Self);
    /// `self²`; for intervals the lower end is never negative.
    fn square_assign(&mut self);
    /// Square root.
    fn sqrt_assign(&mut self);
    /// Exponential.
    fn exp_assign(&mut self);
    /// Natural logarithm.
    fn ln_assign(&mut self);
    /// Sine.
    fn sin_assign(&mut self);
    /// Cosine.
    fn cos_assign(&mut self);
    /// Integer power; a negative exponent of zero is undefined, `0⁰ = 1`.
    fn powi_assign(&mut self, exponent: i32);
    /// Real power of a positive base, `exp(y ln x)`; `0^y = 0` for `y > 0`, `x⁰ = 1`.
    fn powf_assign(&mut self, exponent: &Self);

    /// Rounds to `bits` ≥ 1 significant bits, the leading one counted, to nearest with ties to even;
    /// as if there were neither over- nor underflow.
    fn round_significant_assign(&mut self, bits: u32);

    /// How many bits the number takes where that grows with what it came from; else 0.
    fn length(&self) -> u32 {
        0
    }

    /// The order of the two numbers where it is certain in this arithmetic: overlapping
    /// intervals and undefined numbers give `None`. For [`Lanes`], only when all lanes agree.
    fn compare(&self, rhs: &Self) -> Option<Ordering>;
    /// The order, in one lane, of the least values that the two numbers may have; undefined numbers come first
    /// and tie. A total order, in which a number that is certainly larger comes later.
    fn compare_least(&self, rhs: &Self, lane: usize) -> Ordering;
    /// The same of the greatest values that they may have.
    fn compare_greatest(&self, rhs: &Self, lane: usize) -> Ordering {
        self.compare_least(rhs, lane)
    }

    // ---- by value, for expressions -------------------------------------------------------

    /// The number 0.
    fn zero(context: Self::Context) -> Self {
        Self::from_f64(0.0, context)
    }
    /// The number 1.
    fn one(context: Self::Context) -> Self {
        Self::from_f64(1.0, context)
    }
    /// The value in the first lane as the nearest `f64`.
    fn to_f64(&self) -> f64 {
        self.lane(0)
    }
    /// By value: see the in-place form.
    fn add(mut self, rhs: &Self) -> Self {
        self.add_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn sub(mut self, rhs: &Self) -> Self {
        self.sub_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn mul(mut self, rhs: &Self) -> Self {
        self.mul_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn div(mut self, rhs: &Self) -> Self {
        self.div_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn neg(mut self) -> Self {
        self.neg_assign();
        self
    }
    /// By value: see the in-place form.
    fn abs(mut self) -> Self {
        self.abs_assign();
        self
    }
    /// By value: see the in-place form.
    fn min(mut self, rhs: &Self) -> Self {
        self.min_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn max(mut self, rhs: &Self) -> Self {
        self.max_assign(rhs);
        self
    }
    /// By value: see the in-place form.
    fn square(mut self) -> Self {
        self.square_assign();
        self
    }
    /// By value: see the in-place form.
    fn sqrt(mut self) -> Self {
        self.sqrt_assign();
        self
    }
    /// By value: see the in-place form.
    fn exp(mut self) -> Self {
        self.exp_assign();
        self
    }
    /// By value: see the in-place form.
    fn ln(mut self) -> Self {
        self.ln_assign();
        self
    }
    /// By value: see the in-place form.
    fn sin(mut self) -> Self {
        self.sin_assign();
        self
    }
    /// By value: see the in-place form.
    fn cos(mut self) -> Self {
        self.cos_assign();
        self
    }
    /// By value: see the in-place form.
    fn powi(mut self, exponent: i32) -> Self {
        self.powi_assign(exponent);
        self
    }
    /// By value: see the in-place form.
    fn powf(mut self, exponent: &Self) -> Self {
        self.powf_assign(exponent);
        self
    }
    /// `max(self, 0)`.
    fn positive_part(self) -> Self {
        let zero = Self::zero(self.context());
        self.max(&zero)
    }
    /// `self ≤ rhs`, certainly.
    fn certainly_le(&self, rhs: &Self) -> bool {
        matches!(self.compare(rhs), Some(Ordering::Less | Ordering::Equal))
    }
    /// `self < rhs`, certainly.
    fn certainly_lt(&self, rhs: &Self) -> bool {
        self.compare(rhs) == Some(Ordering::Less)
    }
}

/// The order of two numbers; NaN comes before all others and ties with itself.
fn undefined_first<T: PartialOrd>(a: &T, b: &T) -> Ordering {
    let is_defined = |x: &T| x.partial_cmp(x).is_some();
    a.partial_cmp(b).unwrap_or_else(|| is_defined(a).cmp(&is_defined(b)))
}

/// To six significant digits: enough for what is looked at, and never evidence.
#[must_use]
pub fn to_digits(x: f64) -> f64 {
    const DIGITS: usize = 6;
    format!("{x:.*e}", DIGITS - 1).parse().unwrap_or(x)
}

/// The number that an `f64` stands for. None for NaN and the infinities: they stand for a number that
/// is unknown or too large, and no number may take their place, zero least of all.
#[must_use]
pub fn exact(x: f64) -> Option<Rational> {
    Rational::from_f64(x)
}

/// A number t ≥ √q, and √q itself where that has at most 53 significant bits. None for q < 0.
#[must_use]
pub fn root_above(q: &Rational) -> Option<Rational> {
    let mut root = Float::with_val_round(53, q, Round::Up).0;
    root.sqrt_round(Round::Up);
    root.to_rational()
}

/// The `f64` nearest to a rational. (`Rational::to_f64` truncates.)
#[must_use]
pub fn nearest_f64(q: &Rational) -> f64 {
    Float::with_val(53, q).to_f64()
}

// ---- vectors -----------------------------------------------------------------------------

/// A vector of `dimension` zeros.
pub fn zeros<S: Scalar>(dimension: usize, context: S::Context) -> Vec<S> {
    vec![S::zero(context); dimension]
}

/// `Σ aᵢ bᵢ`.
pub fn dot<S: Scalar>(a: &[S], b: &[S], context: S::Context) -> S {
    debug_assert_eq!(a.len(), b.len());
    let mut sum = S::zero(context);
    for (x, y) in a.iter().zip(b) {
        sum.add_product(x, y);
    }
    sum
}

/// `‖a‖²`, by [`Scalar::square_assign`], so that an interval result is never negative.
#[inline]
pub fn norm2<S: Scalar>(a: &[S], context: S::Context) -> S {
    let mut sum = S::zero(context);
    let mut term = S::zero(context);
    for x in a {
        term.set(x);
        term.square_assign();
        sum.add_assign(&term);
    }
    sum
}

/// min(1, τ/‖u‖): without a division by zero at u = 0, and exactly 1 where ‖u‖ ≤ τ is certain. For τ = 0 it
/// is 0; where τ is negative, or not certainly of one sign, and where ‖u‖² or τ² is too large for the
/// arithmetic, it has no value.
pub fn clip_factor<S: Scalar>(threshold: &S, u: &[S], context: S::Context) -> S {
    let zero = S::zero(context);
    match threshold.compare(&zero) {
        Some(Ordering::Equal) => return zero,
        Some(Ordering::Less) | None => return zero.clone().div(&zero),
        Some(Ordering::Greater) => {}
    }
    let largest = norm2(u, context).max(&threshold.clone().square()).sqrt();
    let mut factor = threshold.clone().div(&largest);
    if !largest.is_defined() {
        // A norm that overflowed would read as a factor of zero.
        let known = |lane| if largest.lane(lane).is_finite() { 1.0 } else { f64::NAN };
        factor.mul_assign(&S::from_lanes(known, context));
    }
    factor
}

/// u ← min(1, τ/‖u‖)·u, the projection on the ball of radius τ ≥ 0; see [`clip_factor`].
pub fn clip<S: Scalar>(threshold: &S, u: &mut [S], context: S::Context) {
    let factor = clip_factor(threshold, u, context);
    for x in u {
        x.mul_assign(&factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clipped<S: Scalar>(threshold: f64, context: S::Context) -> S {
        let mut u = [3.0, 4.0].map(|x| S::from_f64(x, context));
        clip(&S::from_f64(threshold, context), &mut u, context);
        let [first, _] = u;
        first
    }

    fn obeys<S: Scalar>(context: S::Context) {
        assert!(!clipped::<S>(-1.0, context).is_defined(), "a ball of negative radius");
        assert_eq!(clipped::<S>(0.0, context).to_f64(), 0.0);
        assert_eq!(clipped::<S>(10.0, context).to_f64(), 3.0);
        assert!((clipped::<S>(1.0, context).to_f64() - 0.6).abs() < 1e-12);
    }

    #[test]
    fn clipping_has_a_value_for_thresholds_from_zero_on_in_every_arithmetic() {
        obeys::<f64>(());
        obeys::<Lanes>(());
        obeys::<Ball>(());
        obeys::<Mp>(128);
        obeys::<Interval>(128);
        obeys::<Exact>(());
    }

    #[test]
    fn a_threshold_that_may_be_negative_shows_nothing() {
        let threshold = Interval::from_bounds(&Rational::from((-1, 1000)), &Rational::from(1), 64);
        let mut u = vec![Interval::from_f64(0.0, 64)];
        clip(&threshold, &mut u, 64);
        assert!(!u[0].is_defined());
    }
}
