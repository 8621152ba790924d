//! Comparing the two sides of a claim in one arithmetic, and remembering the worst.

use std::cell::Cell;

use crate::number::{Ball, Exact, Interval, Scalar};
use crate::statement::evaluate::Evaluator;
use crate::statement::term::Term;
use crate::statement::{Claim, Form};
use crate::verify::deciding::relation;
use crate::verify::{CheckFailure, Relation, Worst};

/// An arithmetic whose decided comparisons can be shown in decimals.
pub trait Relatable: Scalar {
    /// Both sides as the comparison `found` has them.
    fn relation(form: Form, lhs: &Self, rhs: &Self, found: Truth) -> Option<Relation>;
}

impl Relatable for Interval {
    fn relation(form: Form, lhs: &Self, rhs: &Self, found: Truth) -> Option<Relation> {
        relation::of_intervals(form, lhs, rhs, found)
    }
}

impl Relatable for Ball {
    fn relation(form: Form, lhs: &Self, rhs: &Self, found: Truth) -> Option<Relation> {
        let enclosed = |ball: &Ball| {
            let [low, high] = ball.limits().map(rug::Rational::from_f64);
            Some(Interval::from_bounds(&low?, &high?, f64::MANTISSA_DIGITS))
        };
        relation::of_intervals(form, &enclosed(lhs)?, &enclosed(rhs)?, found)
    }
}

impl Relatable for Exact {
    fn relation(form: Form, lhs: &Self, rhs: &Self, found: Truth) -> Option<Relation> {
        relation::of_rationals(form, lhs.value()?, rhs.value()?, found)
    }
}

/// An arithmetic whose numbers enclose.
pub trait Enclosing: Relatable {
    /// Limits of what is enclosed, rounded outward.
    fn limits(&self) -> [f64; 2];
}

impl Enclosing for Interval {
    fn limits(&self) -> [f64; 2] {
        [self.lower_f64(), self.upper_f64()]
    }
}

impl Enclosing for Ball {
    fn limits(&self) -> [f64; 2] {
        [(self.mid - self.err).next_down(), (self.mid + self.err).next_up()]
    }
}

/// What one comparison shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The claim is true there.
    True,
    /// The claim is false there.
    False,
    /// This arithmetic cannot tell.
    Open,
}

/// Left-hand side, right-hand side and magnitude, about.
pub type Midpoint = (f64, f64, f64);

/// Both sides at one place.
pub struct Sides<S> {
    /// Left-hand side.
    pub lhs: S,
    /// Right-hand side.
    pub rhs: S,
    /// The sum of the absolute values of their terms.
    pub magnitude: S,
    /// The same with all levels of the objective taken together, so that what f is counted from has no say.
    pub scale: S,
}

impl<S: Scalar> Sides<S> {
    /// Evaluates both sides where the evaluator stands.
    pub fn evaluate(
        claim: &Claim,
        evaluator: &mut Evaluator<'_, S>,
        context: S::Context,
    ) -> Result<Self, CheckFailure> {
        let mut magnitude = S::zero(context);
        let (mut scale, mut level) = (S::zero(context), S::zero(context));
        let mut is_level = claim.levels.iter();
        let mut side = |term: &Term, sign: f64| -> Result<S, CheckFailure> {
            let mut sum = S::zero(context);
            for (negative, part) in term.additive_terms() {
                let value = evaluator.term(part)?;
                if negative {
                    sum.sub_assign(&value);
                } else {
                    sum.add_assign(&value);
                }
                let size = value.clone().abs();
                magnitude.add_assign(&size);
                if is_level.next() == Some(&true) {
                    let mut signed = value;
                    signed.mul_f64(if negative { -sign } else { sign });
                    level.add_assign(&signed);
                } else {
                    scale.add_assign(&size);
                }
            }
            Ok(sum)
        };
        let lhs = side(&claim.lhs, 1.0)?;
        let rhs = side(&claim.rhs, -1.0)?;
        scale.add_assign(&level.abs());
        Ok(Sides { lhs, rhs, magnitude, scale })
    }

    /// Both sides and the magnitude, about.
    pub fn midpoint(&self) -> Midpoint {
        (self.lhs.to_f64(), self.rhs.to_f64(), self.magnitude.to_f64())
    }

    /// Why the sides decide nothing in this arithmetic, if they do not: NaN is never a verdict.
    pub fn undefined(&self, claim: usize, k: i64) -> Option<CheckFailure> {
        let side = match (self.lhs.is_defined(), self.rhs.is_defined()) {
            (false, _) => "left-hand side",
            (_, false) => "right-hand side",
            _ => return None,
        };
        Some(CheckFailure::Undefined { claim, k, side })
    }
}

impl Sides<Interval> {
    /// Whether nothing was rounded on the way.
    pub fn are_points(&self) -> bool {
        [&self.lhs, &self.rhs].iter().all(|side| side.is_defined() && side.lower() == side.upper())
    }
}

/// Sides that one arithmetic has, or why it has none although another may.
pub type Attempt<S> = Result<Sides<S>, CheckFailure>;

/// Sets apart what only this arithmetic cannot do; all else is an error of the check.
pub fn attempt<S: Scalar>(sides: Result<Sides<S>, CheckFailure>) -> Result<Attempt<S>, CheckFailure> {
    match sides {
        Err(CheckFailure::Evaluation(err)) if err.is_of_arithmetic() => Ok(Err(err.into())),
        Err(failure) => Err(failure),
        Ok(sides) => Ok(Ok(sides)),
    }
}

/// How many error bounds must lie between the sides for screening to decide.
const CLEARANCE: f64 = 1000.0;

/// Screening: true only when far clear; never false.
pub fn screen(form: Form, sides: &Sides<Ball>) -> Truth {
    let clear =
        form != Form::Identity && sides.lhs.certainly_lt(&sides.rhs) && sides.lhs.clearance(&sides.rhs) >= CLEARANCE;
    if clear { Truth::True } else { Truth::Open }
}

/// An identity is accepted from intervals only where the enclosure of its difference is narrower than this
/// power of two times the smallest number that occurs.
const IDENTITY_EXPONENT: i32 = -200;
/// What a number counts as that is not known to differ from zero.
const UNKNOWN_EXPONENT: i32 = -4000;
/// A number around zero that is known more closely than this may have been lost by underflow: no precision that
/// is used brings ordinary numbers so near to each other.
const UNDERFLOW_EXPONENT: i32 = -100_000;

/// The exponent of the smallest of 1 and the nonzero numbers that were seen.
#[derive(Clone, Debug)]
pub struct Smallest(Cell<i32>);

impl Default for Smallest {
    fn default() -> Self {
        Smallest(Cell::new(0))
    }
}

impl Smallest {
    /// Looks at a number of the instance, which may occur with others of its size in a product of up to four.
    pub fn see_datum(&self, x: f64) {
        if x != 0.0 && x.is_finite() {
            let exponent = rug::Float::with_val(53, x).get_exp().unwrap_or(0) - 1;
            self.0.set(self.0.get().min(exponent.saturating_mul(4)));
        }
    }

    /// Looks at a number.
    pub fn see(&self, x: &Interval) {
        let (low, high) = (x.lower(), x.upper());
        if low.is_zero() && high.is_zero() {
            return;
        }
        if x.contains_zero() && x.width().get_exp().is_some_and(|exponent| exponent < UNDERFLOW_EXPONENT) {
            // So small that nothing is shown.
            self.0.set(i32::MIN / 2);
            return;
        }
        let nearest = if *low > 0 { low } else { high };
        let known = x.is_defined() && !x.contains_zero();
        let exponent = if known { nearest.get_exp().map_or(UNKNOWN_EXPONENT, |e| e - 1) } else { UNKNOWN_EXPONENT };
        self.0.set(self.0.get().min(exponent));
    }
}

/// Decision by intervals: an identity is never shown by them alone, see [`equal_by_interval`].
pub fn by_interval(form: Form, sides: &Sides<Interval>) -> Truth {
    if form == Form::Identity {
        let difference = sides.lhs.clone().sub(&sides.rhs);
        let differs = difference.is_defined() && !difference.contains_zero();
        return if differs { Truth::False } else { Truth::Open };
    }
    if sides.lhs.certainly_le(&sides.rhs) {
        Truth::True
    } else if sides.rhs.certainly_lt(&sides.lhs) {
        Truth::False
    } else {
        Truth::Open
    }
}

/// Whether intervals show an identity: its difference is enclosed around zero so narrowly that no number
/// that occurs in evaluating it, of which `smallest` has seen all, could have been lost.
pub fn equal_by_interval(sides: &Sides<Interval>, smallest: &Smallest) -> bool {
    let difference = sides.lhs.clone().sub(&sides.rhs);
    let limit = rug::Float::with_val(64, 1) << smallest.0.get().saturating_add(IDENTITY_EXPONENT);
    difference.is_defined() && difference.contains_zero() && difference.width() < limit
}

/// Decision by rationals.
pub fn by_rational(form: Form, sides: &Sides<Exact>) -> Truth {
    match sides.lhs.compare(&sides.rhs) {
        None => Truth::Open,
        Some(order) if form == Form::Identity => {
            if order.is_eq() {
                Truth::True
            } else {
                Truth::False
            }
        }
        Some(order) => {
            if order.is_le() {
                Truth::True
            } else {
                Truth::False
            }
        }
    }
}

/// Keeps the worst comparison of a cell: any false one first, then the largest ratio (where both
/// sides are nonnegative), then the least slack.
#[derive(Default)]
pub struct WorstKeeper {
    worst: Option<Worst>,
    found: Option<Truth>,
    changes: u64,
}

impl WorstKeeper {
    /// Looks at a comparison with (lhs, rhs, magnitude) near the given numbers.
    pub fn see(&mut self, claim: usize, (k, horizon): (i64, usize), (lhs, rhs, magnitude): Midpoint, found: Truth) {
        let false_there = found == Truth::False;
        // The largest number of binary64 stands for all beyond it, of which no quotient is known.
        let known = [lhs, rhs, magnitude].iter().all(|x| x.abs() < f64::MAX);
        let mut ratio = (known && lhs >= 0.0 && rhs > 0.0).then_some(lhs / rhs);
        let mut slack = (known && magnitude > 0.0).then_some((rhs - lhs) / magnitude);
        if found == Truth::True {
            // The numbers are rounded, the decision is not.
            ratio = ratio.map(|r| r.min(1.0));
            slack = slack.map(|s| s.max(0.0));
        }
        let severity = |ratio: Option<f64>, slack: Option<f64>| match (ratio, slack) {
            (Some(ratio), _) => ratio,
            (None, Some(slack)) => -slack,
            (None, None) => f64::NEG_INFINITY,
        };
        let worse = match &self.worst {
            None => true,
            Some(old) => {
                let was_false = self.found == Some(Truth::False);
                (false_there && !was_false)
                    || (false_there == was_false && severity(ratio, slack) > severity(old.ratio, old.slack))
            }
        };
        if worse {
            self.found = Some(found);
            self.changes += 1;
            self.worst =
                Some(Worst { claim, k, horizon, lhs: [lhs, lhs], rhs: [rhs, rhs], ratio, slack, relation: None });
        }
    }

    /// How often the worst comparison was replaced by a worse one.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Replaces the sides of the worst comparison by enclosures.
    pub fn enclose<S: Enclosing>(&mut self, sides: &Sides<S>) {
        if let Some(worst) = &mut self.worst
            && sides.lhs.is_defined()
            && sides.rhs.is_defined()
        {
            worst.lhs = sides.lhs.limits();
            worst.rhs = sides.rhs.limits();
        }
    }

    /// How the worst comparison ended, where it was decided.
    pub fn decided(&self) -> Option<Truth> {
        self.found.filter(|found| *found != Truth::Open)
    }

    /// Sets how the sides of the worst comparison compare, in decimals.
    pub fn relate(&mut self, relation: Option<Relation>) {
        if let Some(worst) = &mut self.worst {
            worst.relation = relation;
        }
    }

    /// The worst comparison.
    pub fn into_worst(self) -> Option<Worst> {
        self.worst
    }
}

#[cfg(test)]
mod tests;
