//! Quadratic tasks with a common Hessian: φᵢ(x) = ½(x−cᵢ)ᵀH(x−cᵢ), Σcᵢ = 0, H = QᵀΛQ stored without rounding.
//! The spectrum may have negative entries: ℓ = max|λ_j|, H = 0, no gradient bound.

use std::fmt;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TaskBounds, Tasks};
use crate::number::{Scalar, exact};
use crate::problem::balanced::balanced;
use crate::problem::families::adaptation::Adapted;
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::orthogonal::{exact_rows, random_orthogonal};
use crate::problem::spectrum::{checked_condition, geometric_spectrum};
use crate::problem::{MAX_DIMENSION, ProblemError, check_size, exact_number};

/// Adaptation to quadratic tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MamlQuadraticSpec {
    /// λ_1, …, λ_d of every task.
    pub spectrum: Vec<f64>,
    /// n.
    pub workers: usize,
    /// Size of the tasks' minimisers.
    pub spread: f64,
    /// a.
    pub step: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for MamlQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spectrum, workers, spread, step, .. } = self;
        write!(f, "spectrum={spectrum:?}, n={workers}, spread={spread}, a={step}")
    }
}

impl Family for MamlQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.spectrum.len(), self.workers)
    }

    fn build(&self) -> Built {
        let tasks = QuadraticTasks::new(Self::NAME, &self.spectrum, self.workers, self.spread, self.seed)?;
        Ok(Arc::new(Adapted::quadratic(Self::NAME, tasks, self.step)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("spectrum", Part::ByCoordinate(&mut self.spectrum, Range::KeepsSign)),
            workers_part(&mut self.workers),
            ("spread", Part::One(&mut self.spread, Range::Nonnegative)),
            ("step", Part::One(&mut self.step, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// Adaptation to rank-deficient least-squares tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MamlLeastSquaresSpec {
    /// d.
    pub dimension: usize,
    /// Number of positive eigenvalues.
    pub rank: usize,
    /// λ_max/λ⁺_min.
    pub condition: f64,
    /// n.
    pub workers: usize,
    /// Size of the tasks' minimisers.
    pub spread: f64,
    /// a.
    pub step: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for MamlLeastSquaresSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, rank, workers, spread, step, .. } = self;
        write!(f, "d={dimension}, rank={rank}, n={workers}, spread={spread}, a={step}")
    }
}

impl Family for MamlLeastSquaresSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers).with_inner("rank", self.rank)
    }

    fn build(&self) -> Built {
        let mut spectrum = geometric_spectrum(self.rank, checked_condition(Self::NAME, self.condition)?);
        spectrum.resize(self.dimension, 0.0);
        let tasks = QuadraticTasks::new(Self::NAME, &spectrum, self.workers, self.spread, self.seed)?;
        Ok(Arc::new(Adapted::quadratic(Self::NAME, tasks, self.step)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            ("rank", Part::Count(&mut self.rank, Counted::Inner, MAX_DIMENSION)),
            workers_part(&mut self.workers),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("spread", Part::One(&mut self.spread, Range::Nonnegative)),
            ("step", Part::One(&mut self.step, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct QuadraticTasks {
    workers: usize,
    /// H by rows.
    hessian: Vec<f64>,
    /// cᵢ.
    shifts: Vec<Vec<f64>>,
    spectrum: Vec<Rational>,
    basis: Vec<Vec<Rational>>,
    bounds: TaskBounds,
}

impl QuadraticTasks {
    /// Tasks with the given eigenvalues, short binary fractions, and minimisers of the given size.
    ///
    /// # Errors
    /// When the spectrum is empty or not finite, or when H would be rounded.
    pub fn new(
        family: &'static str,
        spectrum: &[f64],
        workers: usize,
        spread: f64,
        seed: u64,
    ) -> Result<Self, ProblemError> {
        let d = spectrum.len();
        check_size(family, d, workers)?;
        let q = random_orthogonal(d, if d < 4 { 0 } else { 3 }, seed);
        let exact_spectrum =
            spectrum.iter().map(|l| exact_number(family, *l)).collect::<Result<Vec<Rational>, ProblemError>>()?;
        let basis = exact_rows(family, &q)?;
        let mut hessian = Vec::with_capacity(d * d);
        for i in 0..d {
            for j in 0..d {
                let entry = exact_spectrum
                    .iter()
                    .zip(&basis)
                    .fold(Rational::new(), |sum, (l, row)| sum + Rational::from(&row[i] * &row[j]) * l);
                let rounded = entry.to_f64();
                if exact(rounded) != Some(entry) {
                    return Err(ProblemError::new(family, "the spectrum needs more bits than an exact f64 matrix has"));
                }
                hessian.push(rounded);
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7a5c);
        let shifts = balanced(family, workers, d, spread, &mut rng)?.chunks_exact(d).map(<[f64]>::to_vec).collect();
        let smoothness = exact_spectrum.iter().fold(Rational::new(), |m, l| m.max(l.clone().abs()));
        let lower = exact_spectrum.iter().all(|l| *l >= 0).then(Rational::new);
        let bounds = TaskBounds { smoothness, hessian_lipschitz: Rational::new(), gradient: None, lower };
        Ok(QuadraticTasks { workers, hessian, shifts, spectrum: exact_spectrum, basis, bounds })
    }

    /// λ_1, …, λ_d.
    #[must_use]
    pub fn spectrum(&self) -> &[Rational] {
        &self.spectrum
    }

    /// Orthonormal eigenvectors as rows.
    #[must_use]
    pub fn basis(&self) -> &[Vec<Rational>] {
        &self.basis
    }

    /// c_1, …, c_n.
    #[must_use]
    pub fn shifts(&self) -> &[Vec<f64>] {
        &self.shifts
    }

    /// out ← Hv.
    fn product<S: Scalar>(&self, v: &[S], out: &mut [S], context: S::Context) {
        let zero = S::zero(context);
        for (row, o) in self.hessian.chunks_exact(v.len()).zip(out) {
            o.set(&zero);
            for (h, v) in row.iter().zip(v) {
                o.add_product_f64(v, *h);
            }
        }
    }

    /// out ← x − cᵢ.
    fn shifted<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S]) {
        for ((o, x), c) in out.iter_mut().zip(x).zip(&self.shifts[worker]) {
            o.set(x);
            o.add_f64(-c);
        }
    }
}

impl Tasks for QuadraticTasks {
    fn dimension(&self) -> usize {
        self.spectrum.len()
    }
    fn workers(&self) -> usize {
        self.workers
    }
    fn bounds(&self) -> &TaskBounds {
        &self.bounds
    }
    fn is_quadratic(&self) -> bool {
        true
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension()).map(|j| if j % 2 == 0 { 1.0 } else { -1.5 }).collect()
    }
    fn scratch_len(&self) -> usize {
        2 * self.dimension()
    }

    fn value<S: Scalar>(&self, worker: usize, x: &[S], context: S::Context, scratch: &mut [S]) -> S {
        let (z, product) = scratch[..2 * x.len()].split_at_mut(x.len());
        self.shifted(worker, x, z);
        self.product(z, product, context);
        let mut value = crate::number::dot(z, product, context);
        value.mul_f64(0.5);
        value
    }

    fn gradient<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut [S]) {
        let z = &mut scratch[..x.len()];
        self.shifted(worker, x, z);
        self.product(z, out, context);
    }

    fn hessian_product<S: Scalar>(&self, _: usize, _: &[S], v: &[S], out: &mut [S], context: S::Context, _: &mut [S]) {
        self.product(v, out, context);
    }
}
