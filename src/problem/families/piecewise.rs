//! One-dimensional functions with piecewise constant curvature: the worst cases of proofs.
//!
//! f is C¹ with f″ = `curvatures[j]` between `breaks[j-1]` and `breaks[j]`, given by value and slope at an
//! anchor. L = max|curvature| exactly. f* is proved only where both outer curvatures are positive:
//! then f is bounded below, and its infimum is at least the least over the pieces of
//! min(value at an end, value at an interior critical point), all rational. Where no curvature is negative f is
//! convex; where all are positive it is strongly convex with the smallest, which is a PL constant too, and its
//! minimiser is rational.

use std::fmt;
use std::sync::Arc;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Exact, Scalar, exact};
use crate::problem::family::{Built, Family, Sizes};
use crate::problem::free::{Part, Parts, Range};
use crate::problem::{Constants, Problem, ProblemError, Scratch, exact_number};

const FAMILY: &str = PiecewiseQuadraticSpec::NAME;
/// Most changes of the curvature.
const MAX_BREAKS: usize = 256;

/// One-dimensional, of piecewise constant curvature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PiecewiseQuadraticSpec {
    /// A point.
    pub anchor: f64,
    /// f there.
    pub value: f64,
    /// f′ there.
    pub slope: f64,
    /// Where the curvature changes.
    pub breaks: Vec<f64>,
    /// The curvatures between.
    pub curvatures: Vec<f64>,
}

impl fmt::Display for PiecewiseQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "curvatures={:?}", self.curvatures)
    }
}

impl Family for PiecewiseQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(1, 1)
    }

    fn build(&self) -> Built {
        let Self { anchor, value, slope, breaks, curvatures } = self;
        Ok(Arc::new(PiecewiseQuadratic::new(*anchor, *value, *slope, breaks, curvatures)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("slope", Part::One(&mut self.slope, Range::Any)),
            ("curvatures", Part::Pieces(&mut self.breaks, &mut self.curvatures)),
            ("anchor", Part::One(&mut self.anchor, Range::Any)),
            ("value", Part::One(&mut self.value, Range::Any)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct PiecewiseQuadratic {
    anchor: f64,
    value: f64,
    slope: f64,
    /// Curvature of the piece that holds the anchor.
    curvature: f64,
    /// (break, change of curvature when passing it away from the anchor).
    right: Vec<(f64, f64)>,
    left: Vec<(f64, f64)>,
    constants: Constants,
}

impl PiecewiseQuadratic {
    /// `breaks` increasing, one fewer than `curvatures`.
    ///
    /// # Errors
    /// When a number is not finite, the breaks are out of order, the counts do not match, or a change
    /// of curvature would be rounded.
    pub fn new(anchor: f64, value: f64, slope: f64, breaks: &[f64], curvatures: &[f64]) -> Result<Self, ProblemError> {
        if breaks.len() > MAX_BREAKS {
            return Err(ProblemError::new(FAMILY, format!("{} breaks are more than {MAX_BREAKS}", breaks.len())));
        }
        let numbers = [anchor, value, slope];
        if numbers.iter().chain(breaks).chain(curvatures).any(|x| !x.is_finite()) {
            return Err(ProblemError::new(FAMILY, "every number must be finite"));
        }
        if curvatures.len() != breaks.len() + 1 || breaks.windows(2).any(|w| w[0] >= w[1]) {
            return Err(ProblemError::new(FAMILY, "breaks must increase and be one fewer than the curvatures"));
        }
        for w in curvatures.windows(2) {
            let difference = exact_number(FAMILY, w[1])? - exact_number(FAMILY, w[0])?;
            if exact(w[1] - w[0]) != Some(difference) {
                let reason = format!("the difference of the curvatures {:e} and {:e} is no f64", w[1], w[0]);
                return Err(ProblemError::new(FAMILY, reason));
            }
        }
        // The anchor's piece; on a break, the piece to its right.
        let home = breaks.iter().filter(|b| **b <= anchor).count();
        let right = (home..breaks.len()).map(|j| (breaks[j], curvatures[j + 1] - curvatures[j])).collect();
        let left = (0..home).rev().map(|j| (breaks[j], curvatures[j] - curvatures[j + 1])).collect();
        let mut problem = PiecewiseQuadratic {
            anchor,
            value,
            slope,
            curvature: curvatures[home],
            right,
            left,
            constants: Constants::default(),
        };
        let largest = curvatures.iter().fold(0.0f64, |m, c| m.max(c.abs()));
        problem.constants.smoothness = exact(largest);
        problem.constants.heterogeneity = Some(Rational::new());
        problem.constants.lower_bound = problem.infimum(breaks, curvatures);
        let smallest = curvatures.iter().copied().fold(f64::INFINITY, f64::min);
        if smallest >= 0.0 {
            problem.constants.strong_convexity = exact(smallest);
            problem.constants.workers_convex = true;
        }
        if smallest > 0.0 {
            problem.constants.pl = exact(smallest);
            problem.constants.minimiser = problem.stationary(breaks, curvatures).map(|x| vec![x]);
        }
        problem.constants.worker_smoothness = problem.constants.smoothness.iter().cloned().collect();
        Ok(problem)
    }

    /// The only stationary point, where all curvatures are positive.
    fn stationary(&self, breaks: &[f64], curvatures: &[f64]) -> Option<Rational> {
        let slope_at = |x: &Rational| {
            let mut slope = [Exact(None)];
            self.gradient(&[Exact(Some(x.clone()))], &mut slope, (), &mut Scratch { buffer: Vec::new() });
            let [slope] = slope;
            slope.0
        };
        for (j, curvature) in curvatures.iter().enumerate() {
            let low = j.checked_sub(1).and_then(|i| exact(breaks[i]));
            let high = breaks.get(j).copied().and_then(exact);
            let base = low.clone().or_else(|| high.clone()).or_else(|| exact(self.anchor))?;
            let critical = Rational::from(&base - &(slope_at(&base)? / exact(*curvature)?));
            if low.is_none_or(|l| l <= critical) && high.is_none_or(|h| critical <= h) {
                return Some(critical);
            }
        }
        None
    }

    /// The infimum, where both outer curvatures are positive.
    fn infimum(&self, breaks: &[f64], curvatures: &[f64]) -> Option<Rational> {
        if !(curvatures[0] > 0.0 && *curvatures.last()? > 0.0) {
            return None;
        }
        let at = |x: &Rational| {
            let x = [Exact(Some(x.clone()))];
            let mut scratch = Scratch { buffer: Vec::new() };
            let value = self.value(&x, (), &mut scratch).0;
            let mut slope = [Exact(None)];
            self.gradient(&x, &mut slope, (), &mut scratch);
            let [slope] = slope;
            Some((value?, slope.0?))
        };
        // A point of each piece, from which its critical point follows.
        let mut points: Vec<Rational> = breaks.iter().copied().filter_map(exact).collect();
        points.push(exact(self.anchor)?);
        let mut least: Option<Rational> = None;
        let mut see = |value: Rational| {
            if least.as_ref().is_none_or(|l| value < *l) {
                least = Some(value);
            }
        };
        for point in &points {
            see(at(point)?.0);
        }
        for (j, curvature) in curvatures.iter().enumerate() {
            if *curvature <= 0.0 {
                continue;
            }
            let low = j.checked_sub(1).and_then(|i| exact(breaks[i]));
            let high = breaks.get(j).copied().and_then(exact);
            let base = low.clone().or_else(|| high.clone()).or_else(|| exact(self.anchor))?;
            let (_, slope) = at(&base)?;
            let critical = base - slope / exact(*curvature)?;
            if low.is_none_or(|l| l <= critical) && high.is_none_or(|h| critical <= h) {
                see(at(&critical)?.0);
            }
        }
        least
    }
}

impl Problem for PiecewiseQuadratic {
    fn family(&self) -> &'static str {
        FAMILY
    }
    fn dimension(&self) -> usize {
        1
    }
    fn workers(&self) -> usize {
        1
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn start(&self) -> Vec<f64> {
        vec![self.anchor + 1.0]
    }
    fn scratch_len(&self) -> usize {
        0
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, _: &mut Scratch<S>) -> S {
        let offset = |from: f64, sign: f64| {
            let mut t = x[0].clone();
            t.add_f64(-from);
            t.mul_f64(sign);
            t
        };
        // ½t², as half a curvature need not be an `f64`.
        let half_square = |t: S| {
            let mut square = t.square();
            square.mul_f64(0.5);
            square
        };
        let t = offset(self.anchor, 1.0);
        let mut value = S::from_f64(self.value, context);
        value.add_product_f64(&t, self.slope);
        value.add_product_f64(&half_square(t), self.curvature);
        for (sign, changes) in [(1.0, &self.right), (-1.0, &self.left)] {
            for (at, change) in changes {
                value.add_product_f64(&half_square(offset(*at, sign).positive_part()), *change);
            }
        }
        value
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, _: &mut Scratch<S>) {
        let mut slope = S::from_f64(self.slope, context);
        let mut t = x[0].clone();
        t.add_f64(-self.anchor);
        slope.add_product_f64(&t, self.curvature);
        for (sign, changes) in [(1.0, &self.right), (-1.0, &self.left)] {
            for (at, change) in changes {
                let mut t = x[0].clone();
                t.add_f64(-at);
                t.mul_f64(sign);
                slope.add_product_f64(&t.positive_part(), change * sign);
            }
        }
        out[0].set(&slope);
    }

    fn worker_gradient<S: Scalar>(
        &self,
        _: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.gradient(x, out, context, scratch);
    }
}
