//! Compositions fᵢ(x) = Σⱼ F(q((Ax − cᵢ)ⱼ)): an outer loss after an inner map hᵢ(x) = q(Ax − cᵢ).
//!
//! A = S·Q, S diagonal with short entries s_j > 0, Q the first p ≤ d rows of an exact orthogonal
//! matrix: σ_j(A) = s_j. With t = Ax − cᵢ coordinatewise, D = 1+t² and u = t²:
//!
//! | q | q′ | bounds |
//! |---|---|---|
//! | affine: t | 1 | |
//! | bent: t + t/D | 1 + (1−u)/D² | ⅞ ≤ q′ ≤ 2, \|q″\| = 2\|t\|\|u−3\|/D³ ≤ 3/2 |
//!
//! (1−u)/(1+u)² is least at u = 3, where it is −1/8. q‴ = 0 at u = 3 ± 2√2, and 2√u|u−3|/(1+u)³ is
//! at most 1.4572 there.
//!
//! | F | L_F = sup F″ | sup \|F′\| |
//! |---|---|---|
//! | bounded: y²/(1+y²) | 2 | 3√3/8 |
//! | huber: √(1+y²) − 1 | 1 | 1 |
//! | squares: y²/2 | 1 | none |
//!
//! - (F∘q)″ = F″(q)q′² + F′(q)q″, so |(F∘q)″| ≤ Λ with Λ = L_F for the affine map, 4L_F + (3/2)sup|F′| for
//!   the bent one. Squares after the bent map: q′² + qq″ = (u⁴+4u³+3u²−8u+4)/D⁴, which lies in [−4, 4]:
//!   4D⁴ minus the numerator is 3u⁴+12u³+21u²+24u, and plus it 5u⁴+20u³+27u²+8u+8. So Λ = 4 = (F∘q)″(0).
//! - L = Λ s_max²; ℓ_h = s_max sup q′; m_h = s_min inf q′ (A has full row rank); ℓ_F = √p sup|F′|; G = ℓ_h ℓ_F.
//! - f* ≥ 0. Squares, one worker: f = ½‖q‖², f* = 0 as q and A are onto, and μ = m_h², as
//!   ‖∇f‖² = ‖∇hᵀq‖² ≥ m_h²‖q‖². Squares after the affine map, any n: f = ½‖Ax − c̄‖² + f* with
//!   f* = (1/2n)Σ‖cᵢ − c̄‖², and the same μ.
//! - ζ² = Λ²s_max²(1/n)Σ‖cᵢ − c̄‖², as ‖∇fᵢ(x) − ∇f_k(x)‖ ≤ s_max Λ‖cᵢ − c_k‖ and
//!   (1/n)Σ‖aᵢ − ā‖² = (1/2n²)ΣΣ‖aᵢ − a_k‖².
//! - Squares: ∇f(x) = AᵀA(x − x̄) + remainder, Ax̄ = c̄, with remainder 0 for the affine map and at most
//!   s_max√p·3/2 for the bent one: q′q − t = t(1−u)/D² + (t/D)q′, and |t|/D ≤ ½, |1−u| ≤ D.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Interval, Scalar, exact};
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::orthogonal::{exact_rows, random_orthogonal, scaled_rows, short_fraction};
use crate::problem::spectrum::{checked_condition, geometric_spectrum};
use crate::problem::{
    AffinePart, Constants, MAX_DIMENSION, Nesting, Problem, ProblemError, Scratch, TRANSCENDENTAL, check_size,
    exact_number,
};

const BITS: u32 = 128;

/// F, summed over coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outer {
    /// y²/(1+y²).
    Bounded,
    /// √(1+y²) − 1.
    Huber,
    /// y²/2.
    Squares,
}

/// An outer loss after an inner map, bent or affine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositeSpec<const BENT: bool> {
    /// d.
    pub dimension: usize,
    /// p ≤ d.
    pub rows: usize,
    /// n.
    pub workers: usize,
    /// The loss.
    pub outer: Outer,
    /// σ_max/σ_min of the inner map's matrix.
    pub condition: f64,
    /// Size of the workers' offsets.
    pub spread: f64,
    /// Seed.
    pub seed: u64,
}

/// An outer loss after an affine inner map.
pub type CompositeAffineSpec = CompositeSpec<false>;
/// An outer loss after a bent inner map.
pub type CompositeBentSpec = CompositeSpec<true>;

impl<const BENT: bool> fmt::Display for CompositeSpec<BENT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, rows, workers, outer, condition, spread, .. } = self;
        write!(f, "{outer}, d={dimension}, p={rows}, n={workers}, kappa={condition}, spread={spread}")
    }
}

impl<const BENT: bool> Family for CompositeSpec<BENT> {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers).with_inner("rows", self.rows)
    }

    fn build(&self) -> Built {
        let Self { dimension, rows, workers, outer, condition, spread, seed } = *self;
        let singular = &geometric_spectrum(rows, checked_condition(family(BENT), condition)?);
        let random = RandomComposite { dimension, singular, workers, spread, outer, bent: BENT, seed };
        Ok(Arc::new(Composite::new(&random)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            ("rows", Part::Count(&mut self.rows, Counted::Inner, MAX_DIMENSION)),
            workers_part(&mut self.workers),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("spread", Part::One(&mut self.spread, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Composite {
    dimension: usize,
    workers: usize,
    /// A by rows.
    matrix: Vec<f64>,
    rows: usize,
    /// cᵢ by rows.
    offsets: Vec<f64>,
    outer: Outer,
    bent: bool,
    constants: Constants,
    affine: Option<AffinePart>,
}

/// Parameters of a random instance.
#[derive(Clone, Debug)]
pub struct RandomComposite<'a> {
    /// d.
    pub dimension: usize,
    /// Singular values of A, short binary fractions; p = their number ≤ d.
    pub singular: &'a [f64],
    /// n.
    pub workers: usize,
    /// Size of the offsets cᵢ; 0 for none.
    pub spread: f64,
    /// F.
    pub outer: Outer,
    /// Whether q is the bent map.
    pub bent: bool,
    /// Seed of A and the offsets.
    pub seed: u64,
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outer::Bounded => "bounded",
            Outer::Huber => "huber",
            Outer::Squares => "squares",
        })
    }
}

fn point(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

/// A number that is certainly no less. None where it has no `f64`.
fn upper(x: &Interval) -> Option<Rational> {
    exact(x.upper_f64())
}

fn family(bent: bool) -> &'static str {
    if bent { CompositeBentSpec::NAME } else { CompositeAffineSpec::NAME }
}

impl Composite {
    /// A random instance.
    ///
    /// # Errors
    /// When sizes are out of range, a singular value is not positive, or A would be rounded.
    pub fn new(spec: &RandomComposite<'_>) -> Result<Self, ProblemError> {
        let RandomComposite { dimension, singular, workers, spread, outer, bent, seed } = *spec;
        let family = family(bent);
        check_size(family, dimension, workers)?;
        let rows = singular.len();
        if rows == 0 || rows > dimension || singular.iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(ProblemError::new(family, "needs between 1 and d positive singular values"));
        }
        let q = random_orthogonal(dimension, if dimension < 4 { 0 } else { 3 }, seed);
        let matrix = scaled_rows(family, singular, &q)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xc0_5e7);
        let offsets: Vec<f64> = (0..workers * rows).map(|_| spread * short_fraction(4, &mut rng)).collect();
        let exact = |numbers: &[f64]| numbers.iter().map(|x| exact_number(family, *x)).collect::<Result<Vec<_>, _>>();
        let (exact_singular, exact_offsets) = (exact(singular)?, exact(&offsets)?);
        let basis = exact_rows(family, &q)?;
        let mut problem = Composite {
            dimension,
            workers,
            matrix,
            rows,
            offsets,
            outer,
            bent,
            constants: Constants::default(),
            affine: None,
        };
        problem
            .prove(exact_singular, &exact_offsets, basis)
            .ok_or_else(|| ProblemError::new(family, "a constant is too large"))?;
        Ok(problem)
    }

    /// From the singular values, the cᵢ by rows and Q. None where a bound has no `f64`.
    fn prove(&mut self, mut singular: Vec<Rational>, offsets: &[Rational], basis: Vec<Vec<Rational>>) -> Option<()> {
        let centre = self.mean_offset(offsets);
        let coordinates: Vec<Rational> = centre.iter().zip(&singular).map(|(c, s)| Rational::from(c / s)).collect();
        let spectrum: Vec<Rational> = singular
            .iter()
            .map(|s| s.clone().square())
            .chain(std::iter::repeat(Rational::new()))
            .take(self.dimension)
            .collect();
        singular.sort();
        let (smallest, largest) = (&singular[0], &singular[self.rows - 1]);
        self.constants = self.proved_constants([smallest, largest], &self.spread(offsets, &centre))?;
        let remainder = self.proved_remainder(largest)?;
        let centre = (0..self.dimension)
            .map(|l| {
                coordinates.iter().zip(&basis).fold(Rational::new(), |x, (c, row)| x + Rational::from(c * &row[l]))
            })
            .collect();
        let squares = self.outer == Outer::Squares;
        self.affine = squares.then_some(AffinePart { spectrum, basis, centre, remainder });
        Some(())
    }

    /// From s_min, s_max and (1/n)Σ‖cᵢ − c̄‖².
    fn proved_constants(&self, [smallest, largest]: [&Rational; 2], spread: &Rational) -> Option<Constants> {
        let (steepest, flattest) = self.inner_slopes();
        let inner_slope = Rational::from(largest * &steepest);
        let inner_least = Rational::from(smallest * &flattest);
        let outer_slope = match self.largest_outer_slope() {
            Some(slope) => Some(upper(&slope.mul(&point(self.rows as f64).sqrt()))?),
            None => None,
        };
        let squares = self.outer == Outer::Squares;
        let mut named = BTreeMap::from([
            ("ell_h", inner_slope.clone()),
            ("m_h", inner_least.clone()),
            ("L_F", self.outer_smoothness()),
        ]);
        if let Some(outer_slope) = &outer_slope {
            named.insert("ell_F", outer_slope.clone());
        }
        let curvature = self.curvature()?;
        Some(Constants {
            smoothness: Some(largest.clone().square() * &curvature),
            lower_bound: Some(if squares && !self.bent { Rational::from(spread / 2u32) } else { Rational::new() }),
            pl: (squares && (!self.bent || self.workers == 1)).then(|| inner_least.square()),
            heterogeneity: Some((curvature * largest).square() * spread),
            gradient_bound: outer_slope.map(|outer_slope| inner_slope * outer_slope),
            named,
            ..Constants::default()
        })
    }

    /// sup q′ and inf q′.
    fn inner_slopes(&self) -> (Rational, Rational) {
        match self.bent {
            true => (Rational::from(2), Rational::from((7, 8))),
            false => (Rational::from(1), Rational::from(1)),
        }
    }

    /// L_F.
    fn outer_smoothness(&self) -> Rational {
        Rational::from(if self.outer == Outer::Bounded { 2 } else { 1 })
    }

    /// sup |F′|, where there is one.
    fn largest_outer_slope(&self) -> Option<Interval> {
        match self.outer {
            Outer::Bounded => Some(point(27.0).sqrt().div(&point(8.0))),
            Outer::Huber => Some(point(1.0)),
            Outer::Squares => None,
        }
    }

    /// Λ.
    fn curvature(&self) -> Option<Rational> {
        Some(match (self.bent, self.largest_outer_slope()) {
            (false, _) => self.outer_smoothness(),
            (true, Some(slope)) => self.outer_smoothness() * 4u32 + upper(&slope.mul(&point(1.5)))?,
            (true, None) => Rational::from(4),
        })
    }

    /// The remainder of the affine part.
    fn proved_remainder(&self, largest: &Rational) -> Option<Rational> {
        if !self.bent {
            return Some(Rational::new());
        }
        upper(&point(1.5).mul(&point(self.rows as f64).sqrt()).mul(&Interval::from_rational(largest, BITS)))
    }

    /// c̄.
    fn mean_offset(&self, offsets: &[Rational]) -> Vec<Rational> {
        (0..self.rows)
            .map(|j| {
                let sum = offsets.iter().skip(j).step_by(self.rows).fold(Rational::new(), |s, c| s + c);
                sum / self.workers as u64
            })
            .collect()
    }

    /// (1/n)Σ‖cᵢ − c̄‖².
    fn spread(&self, offsets: &[Rational], mean: &[Rational]) -> Rational {
        let total = offsets
            .chunks_exact(self.rows)
            .flat_map(|c| c.iter().zip(mean))
            .fold(Rational::new(), |sum, (c, mean)| sum + Rational::from(c - mean).square());
        total / self.workers as u64
    }

    /// (Ax − cᵢ)ⱼ.
    fn argument<S: Scalar>(&self, worker: usize, row: usize, x: &[S], out: &mut S, context: S::Context) {
        out.set(&S::zero(context));
        for (a, x) in self.matrix[row * self.dimension..(row + 1) * self.dimension].iter().zip(x) {
            out.add_product_f64(x, *a);
        }
        out.add_f64(-self.offsets[worker * self.rows + row]);
    }

    /// t ← q(t), u scratch.
    fn bend<S: Scalar>(&self, t: &mut S, u: &mut S) {
        if self.bent {
            u.set(t);
            u.square_assign();
            u.add_f64(1.0);
            let quotient = t.clone().div(u);
            t.add_assign(&quotient);
        }
    }

    /// s ← s·q′(t), u scratch.
    fn times_slope<S: Scalar>(&self, s: &mut S, t: &S, u: &mut S, context: S::Context) {
        if self.bent {
            // q′ = 1 − 1/D + 2/D².
            u.set(t);
            u.square_assign();
            u.add_f64(1.0);
            let inverse = S::one(context).div(u);
            u.set(&inverse);
            u.mul_f64(2.0);
            u.add_f64(-1.0);
            u.mul_assign(&inverse);
            u.add_f64(1.0);
            s.mul_assign(u);
        }
    }

    /// y ← F(y), u scratch.
    fn loss<S: Scalar>(&self, y: &mut S, u: &mut S, context: S::Context) {
        match self.outer {
            Outer::Bounded => {
                u.set(y);
                u.square_assign();
                u.add_f64(1.0);
                y.set(&S::one(context));
                y.div_assign(u);
                y.neg_assign();
                y.add_f64(1.0);
            }
            Outer::Huber => {
                y.square_assign();
                y.add_f64(1.0);
                y.sqrt_assign();
                y.add_f64(-1.0);
            }
            Outer::Squares => {
                y.square_assign();
                y.mul_f64(0.5);
            }
        }
    }

    /// y ← F′(y), u scratch.
    fn slope<S: Scalar>(&self, y: &mut S, u: &mut S) {
        if self.outer == Outer::Squares {
            return;
        }
        u.set(y);
        u.square_assign();
        u.add_f64(1.0);
        if self.outer == Outer::Bounded {
            u.square_assign();
            y.mul_f64(2.0);
        } else {
            u.sqrt_assign();
        }
        y.div_assign(u);
    }

    /// out += ∇fᵢ(x).
    fn add_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        let [t, s, u] = &mut scratch.buffer[..3] else { return };
        for row in 0..self.rows {
            self.argument(worker, row, x, t, context);
            s.set(t);
            self.bend(s, u);
            self.slope(s, u);
            self.times_slope(s, t, u, context);
            for (o, a) in out.iter_mut().zip(&self.matrix[row * self.dimension..]) {
                o.add_product_f64(s, *a);
            }
        }
    }
}

fn clear<S: Scalar>(out: &mut [S], context: S::Context) {
    let zero = S::zero(context);
    for o in out {
        o.set(&zero);
    }
}

impl Problem for Composite {
    fn family(&self) -> &'static str {
        family(self.bent)
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn workers(&self) -> usize {
        self.workers
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn affine_part(&self) -> Option<&AffinePart> {
        self.affine.as_ref()
    }
    fn is_quadratic(&self) -> bool {
        self.outer == Outer::Squares && !self.bent
    }
    fn is_rational(&self) -> bool {
        self.outer != Outer::Huber
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| if j % 2 == 0 { 1.0 } else { -0.75 }).collect()
    }
    fn scratch_len(&self) -> usize {
        3
    }

    fn work(&self) -> u64 {
        let each = 2 * self.matrix.len() as u64 + TRANSCENDENTAL * (self.rows as u64);
        each * self.workers as u64
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let [t, u, _] = &mut scratch.buffer[..3] else { return S::from_f64(f64::NAN, context) };
        let mut value = S::zero(context);
        for worker in 0..self.workers {
            for row in 0..self.rows {
                self.argument(worker, row, x, t, context);
                self.bend(t, u);
                self.loss(t, u, context);
                value.add_assign(t);
            }
        }
        value.div(&S::from_f64(self.workers as f64, context))
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        clear(out, context);
        for worker in 0..self.workers {
            self.add_gradient(worker, x, out, context, scratch);
        }
        let count = S::from_f64(self.workers as f64, context);
        for o in out {
            o.div_assign(&count);
        }
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        clear(out, context);
        self.add_gradient(worker, x, out, context, scratch);
    }

    fn nesting(&self) -> Option<Nesting> {
        Some(Nesting { dimension: self.rows, affine_outer: self.outer == Outer::Squares, adaptation: None })
    }

    fn inner_value<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        for (row, o) in out.iter_mut().enumerate() {
            self.argument(worker, row, x, o, context);
            self.bend(o, &mut scratch.buffer[0]);
        }
    }

    fn outer_gradient<S: Scalar>(&self, _: usize, y: &[S], out: &mut [S], _: S::Context, scratch: &mut Scratch<S>) {
        for (o, y) in out.iter_mut().zip(y) {
            o.set(y);
            self.slope(o, &mut scratch.buffer[0]);
        }
    }

    fn pull_back<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        s: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        clear(out, context);
        let [t, factor, u] = &mut scratch.buffer[..3] else { return };
        for (row, s) in s.iter().enumerate() {
            self.argument(worker, row, x, t, context);
            factor.set(s);
            self.times_slope(factor, t, u, context);
            for (o, a) in out.iter_mut().zip(&self.matrix[row * self.dimension..]) {
                o.add_product_f64(factor, *a);
            }
        }
    }
}
