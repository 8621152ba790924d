//! Quadratic tasks with a common Hessian: φᵢ(x) = ½(x−cᵢ)ᵀH(x−cᵢ), Σcᵢ = 0, H = QᵀΛQ stored without rounding.
//! The spectrum may have negative entries: ℓ = max|λ_j|, H = 0, no gradient bound.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use super::{TaskBounds, Tasks};
use crate::number::{Scalar, exact};
use crate::problem::balanced::balanced;
use crate::problem::orthogonal::{exact_rows, random_orthogonal};
use crate::problem::{ProblemError, check_size, exact_number};

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
