//! Quadratics with a chosen spectrum, homogeneous or heterogeneous over workers.
//!
//! fᵢ(x) = ½(x−c)ᵀH(x−c) − bᵢᵀ(x−c) + f₀ with Σᵢ bᵢ = 0, H = QᵀΛQ. Q is an exact orthogonal matrix of
//! binary fractions and Λ has short entries, so H is stored without rounding and its spectrum is
//! exactly Λ (the constructor verifies this in rationals).
//!
//! - L = λ_max. The Hessian is H.
//! - f* = f₀: H ⪰ 0 and the gradient vanishes at c.
//! - μ = the smallest *nonzero* eigenvalue λ⁺: ½‖∇f‖² = ½(x−c)ᵀH²(x−c) ≥ λ⁺·½(x−c)ᵀH(x−c). With zero
//!   eigenvalues this is rank-deficient least squares ½‖Ax−y‖², A = Λ^½Q, with f₀ = ½‖(I−P)y‖² the
//!   part of y outside the range of A: PL, not strongly convex.
//! - ζ² = (1/n)Σ‖bᵢ‖² at every x, as ∇fᵢ − ∇f = −bᵢ.
//!
//! No G: the gradient is unbounded.

use std::collections::BTreeMap;

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use self::specs::{DiagonalQuadraticSpec, ShiftedQuadraticSpec};
use crate::number::{self, Scalar};
use crate::problem::balanced::{balanced, verify_balanced};
use crate::problem::orthogonal::{exact_rows, random_orthogonal, short_fraction};
use crate::problem::{AffinePart, Constants, Problem, ProblemError, Scratch, check_size, exact_number};

pub mod specs;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Quadratic {
    family: &'static str,
    dimension: usize,
    /// H by rows.
    hessian: Vec<f64>,
    centre: Vec<f64>,
    /// bᵢ by rows; empty when all are zero.
    shifts: Vec<f64>,
    workers: usize,
    offset: f64,
    constants: Constants,
    affine: AffinePart,
    start: Vec<f64>,
}

/// Parameters of a random instance.
#[derive(Clone, Debug)]
pub struct RandomQuadratic<'a> {
    /// Eigenvalues, short binary fractions ≥ 0, at least one positive.
    pub spectrum: &'a [f64],
    /// n.
    pub workers: usize,
    /// Size of the shifts bᵢ; 0 for equal workers. Shortened where the shifts' sum would be rounded.
    pub spread: f64,
    /// f₀, the infimum.
    pub offset: f64,
    /// Seed of basis, centre, shifts and start.
    pub seed: u64,
}

/// Layers of reflections: entries of Q have 3 fractional bits, those of H at most 6 more than Λ.
const LAYERS: usize = 3;

impl Quadratic {
    /// A random instance: an exactly orthogonal basis, a centre and a start of short binary fractions.
    ///
    /// # Errors
    /// When the spectrum is empty, negative, zero or not finite, or when H would be rounded.
    pub fn new(family: &'static str, spec: &RandomQuadratic<'_>) -> Result<Self, ProblemError> {
        let dimension = spec.spectrum.len();
        check_size(family, dimension, spec.workers)?;
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed ^ 0x5eed);
        let centre: Vec<f64> = (0..dimension).map(|_| short_fraction(4, &mut rng)).collect();
        let start: Vec<f64> = centre.iter().map(|c| c + 1.0 + short_fraction(3, &mut rng) / 2.0).collect();
        let layers = if dimension < 4 { 0 } else { LAYERS };
        Quadratic::with_basis(family, spec, &random_orthogonal(dimension, layers, spec.seed), centre, start, &mut rng)
    }

    /// ½Σλ_j x_j²: the eigenvectors are the coordinate axes and the minimiser is the origin, so that a
    /// proof's worst case can be placed by hand.
    ///
    /// # Errors
    /// As [`Quadratic::new`].
    pub fn diagonal(spectrum: &[f64]) -> Result<Self, ProblemError> {
        let dimension = spectrum.len();
        check_size(DiagonalQuadraticSpec::NAME, dimension, 1)?;
        let spec = RandomQuadratic { spectrum, workers: 1, spread: 0.0, offset: 0.0, seed: 0 };
        let axes = DMatrix::identity(dimension, dimension);
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
        Quadratic::with_basis(
            DiagonalQuadraticSpec::NAME,
            &spec,
            &axes,
            vec![0.0; dimension],
            vec![1.0; dimension],
            &mut rng,
        )
    }

    /// fᵢ(x) = ½Σλ_j x_j² − bᵢᵀx with Σᵢ bᵢ = 0, one row of `shifts` for each worker.
    ///
    /// # Errors
    /// As [`Quadratic::new`]; also when a shift has the wrong length or the shifts do not sum to zero.
    pub fn shifted(spectrum: &[f64], shifts: &[Vec<f64>]) -> Result<Self, ProblemError> {
        let family = ShiftedQuadraticSpec::NAME;
        let dimension = spectrum.len();
        check_size(family, dimension, shifts.len())?;
        if shifts.iter().any(|b| b.len() != dimension) {
            return Err(ProblemError::new(family, format!("every shift needs {dimension} numbers")));
        }
        let rows = shifts.concat();
        verify_balanced(family, "shifts", &rows, dimension)?;
        let mut problem = Quadratic::diagonal(spectrum)?;
        problem.family = family;
        problem.workers = shifts.len();
        problem.constants.heterogeneity = Some(mean_square(family, &rows, shifts.len())?);
        let largest = problem.constants.smoothness.clone().unwrap_or_default();
        problem.constants.worker_smoothness = vec![largest; shifts.len()];
        problem.shifts = rows;
        Ok(problem)
    }

    /// The instance with the given exactly orthogonal rows of eigenvectors.
    fn with_basis(
        family: &'static str,
        spec: &RandomQuadratic<'_>,
        q: &DMatrix<f64>,
        centre: Vec<f64>,
        start: Vec<f64>,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, ProblemError> {
        let RandomQuadratic { spectrum, workers, spread, offset, .. } = spec;
        let dimension = spectrum.len();
        if spectrum.iter().any(|l| !l.is_finite() || *l < 0.0) || spectrum.iter().all(|l| *l == 0.0) {
            return Err(ProblemError::new(family, "the spectrum must be finite and nonnegative with a positive entry"));
        }
        let diagonal = DMatrix::from_fn(dimension, dimension, |i, j| if i == j { spectrum[i] } else { 0.0 });
        let hessian = q.transpose() * diagonal * q;
        let numbers = |numbers: &[f64]| numbers.iter().map(|x| exact_number(family, *x)).collect::<Result<Vec<_>, _>>();
        let (basis, eigenvalues) = (exact_rows(family, q)?, numbers(spectrum)?);
        verify_exact(family, &basis, &eigenvalues, &hessian)?;
        let shifts = if *workers > 1 && *spread != 0.0 {
            balanced(family, *workers, dimension, *spread, rng)?
        } else {
            Vec::new()
        };
        let largest = spectrum.iter().copied().fold(0.0, f64::max);
        let smallest = spectrum.iter().copied().filter(|l| *l > 0.0).fold(f64::INFINITY, f64::min);
        let exact_largest = exact_number(family, largest)?;
        let constants = Constants {
            smoothness: Some(exact_largest.clone()),
            lower_bound: Some(exact_number(family, *offset)?),
            pl: Some(exact_number(family, smallest)?),
            heterogeneity: Some(mean_square(family, &shifts, *workers)?),
            gradient_bound: None,
            strong_convexity: eigenvalues.iter().min().cloned(),
            workers_convex: true,
            worker_smoothness: vec![exact_largest.clone(); *workers],
            named: BTreeMap::from([("L_worker", exact_largest)]),
            ..Constants::default()
        };
        let affine = AffinePart { spectrum: eigenvalues, basis, centre: numbers(&centre)?, remainder: Rational::new() };
        Ok(Quadratic {
            family,
            dimension,
            hessian: hessian.transpose().as_slice().to_vec(),
            centre,
            shifts,
            workers: *workers,
            offset: *offset,
            constants,
            affine,
            start,
        })
    }

    /// difference ← x − c, out ← H(x−c), four rows at a time so that their sums overlap.
    #[inline(always)]
    fn curvature<S: Scalar>(&self, x: &[S], difference: &mut [S], out: &mut [S]) {
        for ((z, x), c) in difference.iter_mut().zip(x).zip(&self.centre) {
            z.set(x);
            z.add_f64(-c);
        }
        let d = self.dimension;
        for (rows, outs) in self.hessian.chunks(4 * d).zip(out.chunks_mut(4)) {
            if let [a, b, c, e] = outs {
                let (ab, ce) = rows.split_at(2 * d);
                let ((ra, rb), (rc, re)) = (ab.split_at(d), ce.split_at(d));
                let z = &difference[0];
                for (o, h) in [(&mut *a, ra[0]), (&mut *b, rb[0]), (&mut *c, rc[0]), (&mut *e, re[0])] {
                    o.set(z);
                    o.mul_f64(h);
                }
                for ((((z, ha), hb), hc), he) in
                    difference[1..].iter().zip(&ra[1..]).zip(&rb[1..]).zip(&rc[1..]).zip(&re[1..])
                {
                    a.add_product_f64(z, *ha);
                    b.add_product_f64(z, *hb);
                    c.add_product_f64(z, *hc);
                    e.add_product_f64(z, *he);
                }
            } else {
                for (row, o) in rows.chunks_exact(d).zip(outs) {
                    o.set(&difference[0]);
                    o.mul_f64(row[0]);
                    for (z, h) in difference[1..].iter().zip(&row[1..]) {
                        o.add_product_f64(z, *h);
                    }
                }
            }
        }
    }

    /// f from z = x − c and ∇f.
    #[inline(always)]
    fn value_from<S: Scalar>(&self, difference: &[S], gradient: &[S], context: S::Context) -> S {
        let mut value = S::zero(context);
        for (z, g) in difference.iter().zip(gradient) {
            value.add_product(z, g);
        }
        value.mul_f64(0.5);
        value.add_f64(self.offset);
        value
    }
}

/// (1/n)Σ‖bᵢ‖².
fn mean_square(family: &str, shifts: &[f64], workers: usize) -> Result<Rational, ProblemError> {
    let mut sum = Rational::new();
    for b in shifts {
        sum += exact_number(family, *b)?.square();
    }
    Ok(sum / workers as u64)
}

/// Proves H = QᵀΛQ without rounding.
fn verify_exact(
    family: &'static str,
    q: &[Vec<Rational>],
    spectrum: &[Rational],
    hessian: &DMatrix<f64>,
) -> Result<(), ProblemError> {
    let dimension = spectrum.len();
    for i in 0..dimension {
        for j in i..dimension {
            let mut entry = Rational::new();
            for (row, l) in q.iter().zip(spectrum) {
                let (a, b) = (&row[i], &row[j]);
                if *a != 0 && *b != 0 && *l != 0 {
                    entry += Rational::from(a * b) * l;
                }
            }
            let is_exact = |x: f64| number::exact(x).is_some_and(|x| x == entry);
            if !is_exact(hessian[(i, j)]) || !is_exact(hessian[(j, i)]) {
                return Err(ProblemError::new(family, "the spectrum needs more bits than an exact f64 matrix has"));
            }
        }
    }
    Ok(())
}

impl Problem for Quadratic {
    fn family(&self) -> &'static str {
        self.family
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
        Some(&self.affine)
    }
    fn is_quadratic(&self) -> bool {
        true
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn start(&self) -> Vec<f64> {
        self.start.clone()
    }
    fn scratch_len(&self) -> usize {
        2 * self.dimension
    }

    #[inline(always)]
    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let (difference, gradient) = scratch.buffer[..2 * self.dimension].split_at_mut(self.dimension);
        self.curvature(x, difference, gradient);
        self.value_from(difference, gradient, context)
    }

    #[inline(always)]
    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], _: S::Context, scratch: &mut Scratch<S>) {
        self.curvature(x, &mut scratch.buffer[..self.dimension], out);
    }

    #[inline(always)]
    fn value_and_gradient<S: Scalar>(
        &self,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) -> S {
        let difference = &mut scratch.buffer[..self.dimension];
        self.curvature(x, difference, out);
        self.value_from(difference, out, context)
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        _: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.curvature(x, &mut scratch.buffer[..self.dimension], out);
        let shift = self.shifts.get(worker * self.dimension..(worker + 1) * self.dimension).unwrap_or(&[]);
        for (o, b) in out.iter_mut().zip(shift) {
            o.add_f64(-b);
        }
    }
}
