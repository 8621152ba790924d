//! Random Fourier sums: fᵢ(x) = Σⱼ a_{ij} cos(⟨w_j, x⟩ + φ_{ij}), n workers with common frequencies.
//!
//! - L = λ_max(Σⱼ ā_j w_j w_jᵀ), ā_j = (1/n)Σᵢ|a_{ij}|: the Hessian is −Σ a cos(·) wwᵀ, and |cos| ≤ 1.
//! - f* ≥ −Σⱼ ā_j.
//! - G = maxᵢ Σⱼ|a_{ij}|‖w_j‖; ζ² = (1/n)ΣGᵢ² (0 for one worker).
//!
//! No μ: nonconvex with many critical points.

use std::fmt;
use std::sync::Arc;

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Interval, Scalar, exact};
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts};
use crate::problem::orthogonal::short_fraction;
use crate::problem::{Constants, Problem, ProblemError, Scratch, TRANSCENDENTAL, check_size, eigen};

const FAMILY: &str = FourierSpec::NAME;
/// Most frequencies.
const MAX_TERMS: usize = 256;
const BITS: u32 = 128;

/// Random Fourier sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FourierSpec {
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// Frequencies.
    pub terms: usize,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for FourierSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}, n={}, terms={}", self.dimension, self.workers, self.terms)
    }
}

impl Family for FourierSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers)
    }

    fn build(&self) -> Built {
        Ok(Arc::new(Fourier::new(self.dimension, self.workers, self.terms, self.seed)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            workers_part(&mut self.workers),
            ("terms", Part::Count(&mut self.terms, Counted::Other, MAX_TERMS)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Fourier {
    dimension: usize,
    workers: usize,
    terms: usize,
    /// w_j by rows.
    frequencies: Vec<f64>,
    /// a_{ij}, φ_{ij} by rows of i.
    amplitudes: Vec<f64>,
    phases: Vec<f64>,
    constants: Constants,
}

impl Fourier {
    /// A random instance with `terms` frequencies.
    ///
    /// # Errors
    /// When sizes are out of range.
    pub fn new(dimension: usize, workers: usize, terms: usize, seed: u64) -> Result<Self, ProblemError> {
        check_size(FAMILY, dimension, workers)?;
        if terms == 0 || terms > MAX_TERMS {
            return Err(ProblemError::new(FAMILY, format!("{terms} terms are not between 1 and {MAX_TERMS}")));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut fractions = |count: usize| -> Vec<f64> { (0..count).map(|_| short_fraction(6, &mut rng)).collect() };
        let frequencies = fractions(terms * dimension);
        let amplitudes = fractions(workers * terms);
        let phases = fractions(workers * terms).into_iter().map(|p| 3.0 * p).collect();
        let mut problem =
            Fourier { dimension, workers, terms, frequencies, amplitudes, phases, constants: Constants::default() };
        problem.constants = problem
            .prove_constants()
            .ok_or_else(|| ProblemError::new(FAMILY, "no bound of the curvature could be proved"))?;
        Ok(problem)
    }

    fn prove_constants(&self) -> Option<Constants> {
        let point = |x: f64| Interval::from_f64(x, BITS);
        // Sums of a few short fractions are exact in f64.
        let sums: Vec<f64> = (0..self.terms)
            .map(|j| (0..self.workers).map(|i| self.amplitudes[i * self.terms + j].abs()).sum())
            .collect();
        let w = DMatrix::from_row_slice(self.terms, self.dimension, &self.frequencies);
        let weights = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(sums.clone()));
        // Products of three 6-bit fractions and their sums fit 53 bits, so this is exact.
        let curvature = w.transpose() * weights * &w;
        let n = point(self.workers as f64);
        let of_workers = self
            .amplitudes
            .chunks_exact(self.terms)
            .map(|a| {
                let sizes = nalgebra::DVector::from_iterator(self.terms, a.iter().map(|x| x.abs()));
                eigen::upper_bound(&(w.transpose() * DMatrix::from_diagonal(&sizes) * &w))
            })
            .collect::<Option<Vec<Rational>>>()?;
        let smoothness = Interval::from_rational(&eigen::upper_bound(&curvature)?, BITS).div(&n);
        let total = sums.iter().fold(point(0.0), |t, s| t.add(&point(*s)));
        let lengths: Vec<Interval> = self
            .frequencies
            .chunks_exact(self.dimension)
            .map(|w| w.iter().fold(point(0.0), |s, x| s.add(&point(*x).square())).sqrt())
            .collect();
        let bounds: Vec<Interval> = self
            .amplitudes
            .chunks_exact(self.terms)
            .map(|a| a.iter().zip(&lengths).fold(point(0.0), |s, (a, l)| s.add(&point(a.abs()).mul(l))))
            .collect();
        let largest = bounds.iter().fold(point(0.0), |m, b| m.max(b));
        let heterogeneity = if self.workers == 1 {
            point(0.0)
        } else {
            bounds.iter().fold(point(0.0), |s, b| s.add(&b.clone().square())).div(&n)
        };
        let upper = |x: &Interval| exact(x.upper_f64());
        Some(Constants {
            smoothness: upper(&smoothness),
            lower_bound: exact(total.div(&n).neg().lower_f64()),
            pl: None,
            heterogeneity: upper(&heterogeneity),
            gradient_bound: upper(&largest),
            named: of_workers.into_iter().max().map(|l| ("L_worker", l)).into_iter().collect(),
            ..Constants::default()
        })
    }

    fn phase<S: Scalar>(&self, term: usize, x: &[S], out: &mut S, context: S::Context) {
        out.set(&S::zero(context));
        for (w, x) in self.frequencies[term * self.dimension..(term + 1) * self.dimension].iter().zip(x) {
            out.add_product_f64(x, *w);
        }
    }

    /// out ← (1/divisor) Σ over the given workers of their gradients.
    fn gradient_over<S: Scalar>(
        &self,
        workers: std::ops::Range<usize>,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        let [t, s, slope] = &mut scratch.buffer[..3] else { return };
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        let count = S::from_f64(workers.len() as f64, context);
        for j in 0..self.terms {
            self.phase(j, x, t, context);
            slope.set(&zero);
            for i in workers.clone() {
                s.set(t);
                s.add_f64(self.phases[i * self.terms + j]);
                s.sin_assign();
                slope.add_product_f64(s, -self.amplitudes[i * self.terms + j]);
            }
            slope.div_assign(&count);
            for (o, w) in out.iter_mut().zip(&self.frequencies[j * self.dimension..]) {
                o.add_product_f64(slope, *w);
            }
        }
    }
}

impl Problem for Fourier {
    fn family(&self) -> &'static str {
        FAMILY
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
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| if j % 2 == 0 { 0.5 } else { -0.75 }).collect()
    }
    fn scratch_len(&self) -> usize {
        3
    }

    fn work(&self) -> u64 {
        let terms = self.terms as u64;
        2 * terms * self.dimension as u64 + terms * self.workers as u64 * (TRANSCENDENTAL + self.dimension as u64)
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let [t, s, _] = &mut scratch.buffer[..3] else { return S::from_f64(f64::NAN, context) };
        let mut value = S::zero(context);
        for j in 0..self.terms {
            self.phase(j, x, t, context);
            for i in 0..self.workers {
                s.set(t);
                s.add_f64(self.phases[i * self.terms + j]);
                s.cos_assign();
                value.add_product_f64(s, self.amplitudes[i * self.terms + j]);
            }
        }
        value.div_assign(&S::from_f64(self.workers as f64, context));
        value
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.gradient_over(0..self.workers, x, out, context, scratch);
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.gradient_over(worker..worker + 1, x, out, context, scratch);
    }
}
