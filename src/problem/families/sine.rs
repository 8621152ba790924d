//! Σⱼ h((Ax)ⱼ) with h(t) = t² + 3 sin²t: nonconvex, yet PL.
//!
//! h′(t) = 2t + 3 sin 2t, h″(t) = 2 + 6 cos 2t ∈ [−4, 8], h ≥ 0 = h(0).
//!
//! - Without A (A = I): L = 8 = h″(0); f* = 0; μ = inf h′²/(2h), attained where 2hh″ = h′², enclosed
//!   below by interval branch and bound. PL is inherited by sums over coordinates: ‖∇f‖² = Σh′² ≥
//!   2μΣh.
//! - With A = S·Q, S diagonal with short entries s_j > 0, Q the first p rows of an exact orthogonal
//!   matrix: σ_j(A) = s_j, so L = 8 s_max², μ = μ_h s_min² (‖Aᵀu‖ ≥ s_min‖u‖ as A has full row rank),
//!   and f* = 0, attained on the kernel of A.
//! - The gradient is AᵀA·2x plus a remainder of norm at most s_max·3√p.
//!
//! No G: the gradient is unbounded. One worker, so ζ = 0.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Interval, Scalar, exact};
use crate::problem::family::{Built, Family, Sizes, dimension_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::orthogonal::{exact_rows, random_orthogonal, scaled_rows};
use crate::problem::spectrum::{checked_condition, geometric_spectrum};
use crate::problem::{
    AffinePart, Constants, MAX_DIMENSION, Problem, ProblemError, Scratch, TRANSCENDENTAL, check_size, exact_number,
};

/// Σ x² + 3 sin²x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SineSquaredSpec {
    /// d.
    pub dimension: usize,
}

impl fmt::Display for SineSquaredSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}", self.dimension)
    }
}

impl Family for SineSquaredSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, 1)
    }

    fn build(&self) -> Built {
        Ok(Arc::new(SineSquared::coordinatewise(self.dimension)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![dimension_part(&mut self.dimension)]
    }
}

/// Σ x² + 3 sin²x after a full-row-rank map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SineSquaredComposedSpec {
    /// d.
    pub dimension: usize,
    /// p ≤ d.
    pub rows: usize,
    /// σ_max²/σ_min² of the map.
    pub condition: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for SineSquaredComposedSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}, p={}, kappa={}", self.dimension, self.rows, self.condition)
    }
}

impl Family for SineSquaredComposedSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, 1).with_inner("rows", self.rows)
    }

    fn build(&self) -> Built {
        let singular = geometric_spectrum(self.rows, checked_condition(Self::NAME, self.condition)?.sqrt());
        Ok(Arc::new(SineSquared::composed(self.dimension, &singular, self.seed)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            ("rows", Part::Count(&mut self.rows, Counted::Inner, MAX_DIMENSION)),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct SineSquared {
    family: &'static str,
    dimension: usize,
    /// A by rows; p = rows.
    matrix: Vec<f64>,
    rows: usize,
    constants: Constants,
    affine: AffinePart,
}

impl SineSquared {
    /// A = I.
    ///
    /// # Errors
    /// When the dimension is out of range.
    pub fn coordinatewise(dimension: usize) -> Result<Self, ProblemError> {
        check_size(SineSquaredSpec::NAME, dimension, 1)?;
        let singular = vec![1.0; dimension];
        SineSquared::new(SineSquaredSpec::NAME, dimension, &singular, 0, 0)
    }

    /// Composition with a random full-row-rank map whose singular values are given, short binary
    /// fractions; p = their number ≤ d.
    ///
    /// # Errors
    /// When sizes are out of range or a singular value is not positive.
    pub fn composed(dimension: usize, singular: &[f64], seed: u64) -> Result<Self, ProblemError> {
        let layers = if dimension < 4 { 0 } else { 3 };
        SineSquared::new(SineSquaredComposedSpec::NAME, dimension, singular, layers, seed)
    }

    fn new(
        family: &'static str,
        dimension: usize,
        singular: &[f64],
        layers: usize,
        seed: u64,
    ) -> Result<Self, ProblemError> {
        check_size(family, dimension, 1)?;
        let rows = singular.len();
        if rows == 0 || rows > dimension || singular.iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(ProblemError::new(family, "needs between 1 and d positive singular values"));
        }
        let q = random_orthogonal(dimension, layers, seed);
        let matrix = scaled_rows(family, singular, &q)?;
        let mut squares = Vec::with_capacity(dimension);
        for s in singular {
            squares.push(exact_number(family, *s)?.square());
        }
        let largest = squares.iter().fold(squares[0].clone(), |m, s| m.max(s.clone()));
        let smallest = squares.iter().fold(squares[0].clone(), |m, s| m.min(s.clone()));
        let mut spectrum: Vec<Rational> = squares.iter().map(|s| Rational::from(s * 2u32)).collect();
        spectrum.resize(dimension, Rational::new());
        let remainder =
            Interval::from_rational(&largest, 128).mul(&Interval::from_f64(9.0 * rows as f64, 128)).sqrt().upper_f64();
        Ok(SineSquared {
            family,
            dimension,
            matrix,
            rows,
            constants: Constants {
                smoothness: Some(Rational::from(&largest * 8u32)),
                lower_bound: Some(Rational::new()),
                pl: exact(pl_constant()[0]).map(|mu| smallest * mu),
                heterogeneity: Some(Rational::new()),
                gradient_bound: None,
                named: BTreeMap::new(),
                ..Constants::default()
            },
            affine: AffinePart {
                spectrum,
                basis: exact_rows(family, &q)?,
                centre: vec![Rational::new(); dimension],
                remainder: exact_number(family, remainder)?,
            },
        })
    }

    /// (Ax)ᵢ.
    fn inner<S: Scalar>(&self, row: usize, x: &[S], out: &mut S, context: S::Context) {
        out.set(&S::zero(context));
        for (a, x) in self.matrix[row * self.dimension..(row + 1) * self.dimension].iter().zip(x) {
            out.add_product_f64(x, *a);
        }
    }
}

impl Problem for SineSquared {
    fn family(&self) -> &'static str {
        self.family
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn workers(&self) -> usize {
        1
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn affine_part(&self) -> Option<&AffinePart> {
        Some(&self.affine)
    }
    fn start(&self) -> Vec<f64> {
        // Distinct magnitudes, so that no two coordinates stay tied for the whole run.
        let size = |j: usize| 2.5 - j as f64 / 64.0;
        (0..self.dimension).map(|j| if j % 2 == 0 { size(j) } else { -size(j) }).collect()
    }
    fn scratch_len(&self) -> usize {
        2
    }

    fn work(&self) -> u64 {
        2 * self.matrix.len() as u64 + TRANSCENDENTAL * (self.rows as u64)
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let [t, s] = &mut scratch.buffer[..2] else { return S::from_f64(f64::NAN, context) };
        let mut value = S::zero(context);
        for row in 0..self.rows {
            self.inner(row, x, t, context);
            s.set(t);
            s.sin_assign();
            s.square_assign();
            s.mul_f64(3.0);
            t.square_assign();
            value.add_assign(t);
            value.add_assign(s);
        }
        value
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        let [t, s] = &mut scratch.buffer[..2] else { return };
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        for row in 0..self.rows {
            self.inner(row, x, t, context);
            // h′(t) = 2t + 3 sin 2t.
            t.mul_f64(2.0);
            s.set(t);
            s.sin_assign();
            s.mul_f64(3.0);
            t.add_assign(s);
            for (o, a) in out.iter_mut().zip(&self.matrix[row * self.dimension..]) {
                o.add_product_f64(t, *a);
            }
        }
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

/// Precision of the branch and bound.
const BITS: u32 = 128;
/// Where h is small and where |t| is large, inf h′²/(2h) is far above its value near ±2.2.
const NEAR: f64 = 0.5;
const FAR: f64 = 8.0;

fn point(t: f64) -> Interval {
    Interval::from_f64(t, BITS)
}

fn h(t: &Interval) -> Interval {
    t.clone().square().add(&t.clone().sin().square().mul(&point(3.0)))
}

fn h_prime(t: &Interval) -> Interval {
    let twice = t.clone().mul(&point(2.0));
    twice.clone().add(&twice.sin().mul(&point(3.0)))
}

fn h_second(t: &Interval) -> Interval {
    let twice = t.clone().mul(&point(2.0));
    point(2.0).add(&twice.cos().mul(&point(6.0)))
}

/// Encloses the best PL constant of h, inf over t ≠ 0 of h′(t)²/(2h(t)), in [low, high].
///
/// h is even, so t > 0 suffices. Three regions:
/// - (0, ½]: by the mean value theorem h′(t) ≥ t·min h″ and h(t) ≤ t²·max h″/2 on [0, ½], so the
///   quotient is at least (min h″)²/max h″ ≥ (2 + 6 cos 1)²/8 > 3.
/// - [8, ∞): |h′| ≥ 2t − 3 and h ≤ t² + 3, so the quotient is at least (2t−3)²/(2(t²+3)), which
///   increases in t (its logarithm's derivative is 4/(2t−3) − 2t/(t²+3) > 0) and exceeds 1 at t = 8.
/// - [½, 8]: branch and bound. A box is discarded when its quotient's enclosure is certainly above
///   the best upper value known; boxes are halved, with the enclosure sharpened by the derivative of
///   the quotient, until they are narrower than the target.
#[must_use]
pub fn pl_constant() -> [f64; 2] {
    static ENCLOSURE: OnceLock<[f64; 2]> = OnceLock::new();
    *ENCLOSURE.get_or_init(|| {
        let quotient = |t: &Interval| h_prime(t).square().div(&h(t).mul(&point(2.0)));
        // An attained value is an upper bound; the critical point is at about 2.2017.
        let attained = quotient(&point(2.201_709_176_435_848_5));
        let high = attained.upper_f64();
        // q = h′²/(2h) has q′ = h′(2hh″ − h′²)/(2h²).
        let slope = |t: &Interval| {
            let (value, first, second) = (h(t), h_prime(t), h_second(t));
            let bracket = value.clone().mul(&second).mul(&point(2.0)).sub(&first.clone().square());
            first.mul(&bracket).div(&value.square().mul(&point(2.0)))
        };
        let mut low = high;
        let mut boxes: Vec<_> = exact(NEAR).zip(exact(FAR)).into_iter().collect();
        while let Some((a, b)) = boxes.pop() {
            let range = Interval::from_bounds(&a, &b, BITS);
            let middle = Rational::from(&a + &b) / 2u32;
            let centre = Interval::from_rational(&middle, BITS);
            let direct = quotient(&range);
            let mean_value = quotient(&centre).add(&slope(&range).mul(&range.clone().sub(&centre)));
            let bound = direct.lower_f64().max(mean_value.lower_f64());
            let narrow = range.width() < 1e-9;
            if bound >= high {
                continue;
            }
            if narrow {
                low = low.min(bound);
            } else {
                boxes.push((a, middle.clone()));
                boxes.push((middle, b));
            }
        }
        [low, high]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_and_bound_reproduces_the_best_pl_constant() {
        let [low, high] = pl_constant();
        assert!(low <= 0.175_530_985_879_731_74 && high >= 0.175_530_985_879_731_73, "[{low}, {high}]");
        assert!(high - low < 1e-16, "[{low}, {high}]");
    }

    #[test]
    fn the_two_outer_regions_are_far_above_the_minimum() {
        let near = Interval::from_bounds(&Rational::new(), &exact(NEAR).unwrap(), BITS);
        let curvature = h_second(&near);
        let bound = Interval::from_f64(curvature.lower_f64(), BITS).square().div(&point(curvature.upper_f64()));
        assert!(bound.lower_f64() > 1.0);
        let far = (2.0 * FAR - 3.0).powi(2) / (2.0 * (FAR * FAR + 3.0));
        assert!(far > 1.0);
    }
}
