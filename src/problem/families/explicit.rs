//! Quadratics with a matrix, a vector and a number for each worker: what a paper writes down.
//!
//! fᵢ(x) = ½xᵀAᵢx + bᵢᵀx + cᵢ with symmetric Aᵢ, all entries exact. With S = ΣAᵢ, which must be exact too:
//!
//! - L = max(λ_max(S), −λ_min(S))/n and Lᵢ likewise, by proved bounds of eigenvalues (see [`eigen`]).
//! - Where S is certainly positive definite, μ is a proved lower bound of λ_min(S)/n, f is strongly convex with it,
//!   and the minimiser solves Sx = −Σbᵢ in rationals, which gives f*. Nothing is proved of other S.
//! - ζ² = (1/n)Σ‖bᵢ − b‖² where all Aᵢ are the same, else there is none. No G: the gradient is unbounded.

use std::fmt;
use std::sync::Arc;

use nalgebra::DMatrix;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Scalar, exact};
use crate::problem::family::{Built, Family, Sizes};
use crate::problem::free::Parts;
use crate::problem::{Constants, Problem, ProblemError, Scratch, check_size, eigen, exact_number};

const FAMILY: &str = ExplicitQuadraticSpec::NAME;

/// ½xᵀAᵢx + bᵢᵀx + cᵢ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplicitQuadraticSpec {
    /// A_1, …, A_n, each a list of rows.
    pub matrices: Vec<Vec<Vec<f64>>>,
    /// b_1, …, b_n.
    pub vectors: Vec<Vec<f64>>,
    /// c_1, …, c_n.
    pub numbers: Vec<f64>,
}

impl fmt::Display for ExplicitQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sizes { dimension, workers, .. } = self.sizes();
        write!(f, "d={dimension}, n={workers}")
    }
}

impl Family for ExplicitQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.vectors.first().map_or(0, Vec::len), self.vectors.len())
    }

    fn build(&self) -> Built {
        Ok(Arc::new(ExplicitQuadratic::new(&self.matrices, &self.vectors, &self.numbers)?))
    }

    /// None: its matrices are a paper's own.
    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct ExplicitQuadratic {
    dimension: usize,
    /// Aᵢ by rows, one worker after the other.
    matrices: Vec<f64>,
    vectors: Vec<f64>,
    numbers: Vec<f64>,
    constants: Constants,
}

impl ExplicitQuadratic {
    /// One matrix (a list of rows), vector and number for each worker.
    ///
    /// # Errors
    /// When the sizes do not match, a matrix is not symmetric, an entry is not finite, or their sum is rounded.
    pub fn new(matrices: &[Vec<Vec<f64>>], vectors: &[Vec<f64>], numbers: &[f64]) -> Result<Self, ProblemError> {
        let fail = |reason: &str| Err(ProblemError::new(FAMILY, reason));
        let dimension = vectors.first().map_or(0, Vec::len);
        check_size(FAMILY, dimension, matrices.len())?;
        let square =
            |matrix: &Vec<Vec<f64>>| matrix.len() == dimension && matrix.iter().all(|row| row.len() == dimension);
        let sizes = vectors.len() == matrices.len()
            && numbers.len() == matrices.len()
            && vectors.iter().all(|vector| vector.len() == dimension);
        if !sizes || !matrices.iter().all(square) {
            return fail("each worker needs a square matrix, a vector of its size and a number");
        }
        let symmetric = |matrix: &Vec<Vec<f64>>| (0..dimension).all(|i| (0..i).all(|j| matrix[i][j] == matrix[j][i]));
        if !matrices.iter().all(symmetric) {
            return fail("every matrix must be symmetric");
        }
        let mut problem = ExplicitQuadratic {
            dimension,
            matrices: matrices.iter().flatten().flatten().copied().collect(),
            vectors: vectors.concat(),
            numbers: numbers.to_vec(),
            constants: Constants::default(),
        };
        for x in problem.matrices.iter().chain(&problem.vectors).chain(&problem.numbers) {
            exact_number(FAMILY, *x)?;
        }
        problem.constants = problem.prove_constants()?;
        Ok(problem)
    }

    fn count(&self) -> usize {
        self.numbers.len()
    }

    fn matrix(&self, worker: usize) -> DMatrix<f64> {
        let size = self.dimension * self.dimension;
        DMatrix::from_row_slice(self.dimension, self.dimension, &self.matrices[worker * size..(worker + 1) * size])
    }

    fn prove_constants(&self) -> Result<Constants, ProblemError> {
        let rounded = || ProblemError::new(FAMILY, "the sum of the workers' matrices needs more bits than an f64 has");
        let unproved = || ProblemError::new(FAMILY, "no bound of the eigenvalues could be proved");
        let workers = self.count() as u64;
        let all: Vec<DMatrix<f64>> = (0..self.count()).map(|worker| self.matrix(worker)).collect();
        let sum = all.iter().fold(DMatrix::zeros(self.dimension, self.dimension), |sum, matrix| sum + matrix);
        for (place, entry) in sum.iter().enumerate() {
            let parts: Rational = all.iter().filter_map(|matrix| exact(matrix[place])).sum();
            if exact(*entry) != Some(parts) {
                return Err(rounded());
            }
        }
        let ends = |matrix: &DMatrix<f64>| -> Option<[Rational; 2]> {
            Some([-eigen::upper_bound(&-matrix)?, eigen::upper_bound(matrix)?])
        };
        let size = |[low, high]: &[Rational; 2]| high.clone().max(Rational::from(-low));
        let of_workers = all.iter().map(&ends).collect::<Option<Vec<_>>>().ok_or_else(unproved)?;
        let whole = ends(&sum).ok_or_else(unproved)?;
        let smoothness: Vec<Rational> = of_workers.iter().map(size).collect();
        let mut constants = Constants {
            smoothness: Some(size(&whole) / workers),
            heterogeneity: all.iter().all(|matrix| *matrix == all[0]).then(|| self.spread()).flatten(),
            workers_convex: of_workers.iter().all(|[low, _]| *low >= 0),
            named: smoothness.iter().max().map(|l| ("L_worker", l.clone())).into_iter().collect(),
            worker_smoothness: smoothness,
            ..Constants::default()
        };
        let [low, _] = whole;
        if low > 0
            && let Some(minimiser) = self.minimiser(&sum)
        {
            let curvature = low / workers;
            constants.lower_bound = self.exact_value(&minimiser);
            constants.pl = Some(curvature.clone());
            constants.strong_convexity = Some(curvature);
            constants.minimiser = Some(minimiser);
        }
        Ok(constants)
    }

    /// (1/n)Σ‖bᵢ − b‖².
    fn spread(&self) -> Option<Rational> {
        let workers = self.count() as u64;
        let mut total = Rational::new();
        for j in 0..self.dimension {
            let entries =
                self.vectors.iter().skip(j).step_by(self.dimension).map(|x| exact(*x)).collect::<Option<Vec<_>>>()?;
            let mean = entries.iter().sum::<Rational>() / workers;
            total += entries.into_iter().map(|x| (x - &mean).square()).sum::<Rational>();
        }
        Some(total / workers)
    }

    /// The solution of Sx = −Σbᵢ, by elimination.
    fn minimiser(&self, sum: &DMatrix<f64>) -> Option<Vec<Rational>> {
        let d = self.dimension;
        let mut rows: Vec<Vec<Rational>> = (0..d)
            .map(|i| {
                let right: Rational = self.vectors.iter().skip(i).step_by(d).filter_map(|x| exact(*x)).sum();
                let entries = (0..d).map(|j| exact(sum[(i, j)]));
                entries.chain([Some(-right)]).collect::<Option<Vec<_>>>()
            })
            .collect::<Option<_>>()?;
        for column in 0..d {
            let pivot = (column..d).find(|row| rows[*row][column] != 0)?;
            rows.swap(column, pivot);
            for row in (0..d).filter(|row| *row != column) {
                let factor = Rational::from(&rows[row][column] / &rows[column][column]);
                let [own, pivot] = rows.get_disjoint_mut([row, column]).ok()?;
                for (entry, pivot) in own[column..].iter_mut().zip(&pivot[column..]) {
                    *entry -= Rational::from(&factor * pivot);
                }
            }
        }
        Some((0..d).map(|row| Rational::from(&rows[row][d] / &rows[row][row])).collect())
    }

    fn exact_value(&self, x: &[Rational]) -> Option<Rational> {
        let x: Vec<crate::number::Exact> = x.iter().map(|x| crate::number::Exact(Some(x.clone()))).collect();
        self.value(&x, (), &mut Scratch { buffer: vec![crate::number::Exact(None); 1] }).0
    }

    /// out ← out + Aᵢx + bᵢ.
    fn add_gradient<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S]) {
        let d = self.dimension;
        let rows = self.matrices[worker * d * d..(worker + 1) * d * d].chunks_exact(d);
        for ((o, row), b) in out.iter_mut().zip(rows).zip(&self.vectors[worker * d..]) {
            row.iter().zip(x).for_each(|(a, x)| o.add_product_f64(x, *a));
            o.add_f64(*b);
        }
    }
}

impl Problem for ExplicitQuadratic {
    fn family(&self) -> &'static str {
        FAMILY
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn workers(&self) -> usize {
        self.count()
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn is_quadratic(&self) -> bool {
        true
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| if j % 2 == 0 { 1.0 } else { -0.5 }).collect()
    }
    fn scratch_len(&self) -> usize {
        1
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let d = self.dimension;
        let mut sum = S::zero(context);
        let row_sum = &mut scratch.buffer[0];
        for (row, a) in self.matrices.chunks_exact(d).enumerate() {
            // ½(Aᵢx)_j + (bᵢ)_j, times x_j.
            row_sum.set(&S::zero(context));
            a.iter().zip(x).for_each(|(a, x)| row_sum.add_product_f64(x, *a));
            row_sum.mul_f64(0.5);
            row_sum.add_f64(self.vectors[row]);
            sum.add_product(row_sum, &x[row % d]);
        }
        self.numbers.iter().for_each(|c| sum.add_f64(*c));
        sum.div_assign(&S::from_f64(self.count() as f64, context));
        sum
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, _: &mut Scratch<S>) {
        let zero = S::zero(context);
        out.iter_mut().for_each(|o| o.set(&zero));
        (0..self.count()).for_each(|worker| self.add_gradient(worker, x, out));
        let count = S::from_f64(self.count() as f64, context);
        out.iter_mut().for_each(|o| o.div_assign(&count));
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        _: &mut Scratch<S>,
    ) {
        let zero = S::zero(context);
        out.iter_mut().for_each(|o| o.set(&zero));
        self.add_gradient(worker, x, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> ExplicitQuadratic {
        let matrix = |a: [f64; 3]| -> Vec<Vec<f64>> {
            let entry = |i: usize, j: usize| 2.0 * a[i] * a[j] + if i == j { 0.5 } else { 0.0 };
            (0..3).map(|i| (0..3).map(|j| entry(i, j)).collect()).collect()
        };
        let matrices = [[-3.0, 2.0, 2.0], [2.0, -3.0, 2.0], [2.0, 2.0, -3.0]].map(matrix);
        ExplicitQuadratic::new(&matrices, &vec![vec![0.0; 3]; 3], &[0.0; 3]).unwrap()
    }

    #[test]
    fn eigenvalues_are_bounded_on_the_safe_side() {
        // S/n has the eigenvalues 7/6 (once) and 103/6 (twice).
        let constants = three().constants().clone();
        let (l, mu) = (constants.smoothness.unwrap(), constants.pl.unwrap());
        assert!(l >= Rational::from((103, 6)) && l < Rational::from((103_001, 6000)), "{l}");
        assert!(mu <= Rational::from((7, 6)) && mu > Rational::from((6999, 6000)), "{mu}");
        assert_eq!(constants.minimiser, Some(vec![Rational::new(); 3]));
        assert!(constants.workers_convex && constants.heterogeneity.is_none());
    }

    #[test]
    fn the_minimiser_and_the_infimum_are_exact() {
        let matrices = vec![vec![vec![2.0, 1.0], vec![1.0, 3.0]]; 2];
        let problem = ExplicitQuadratic::new(&matrices, &[vec![1.0, 0.0], vec![3.0, -2.0]], &[1.0, 2.0]).unwrap();
        let constants = problem.constants();
        // Ax = -b with b = (2, -1): x = (-7/5, 4/5), f = b.x/2 + 3/2.
        assert_eq!(constants.minimiser, Some(vec![Rational::from((-7, 5)), Rational::from((4, 5))]));
        assert_eq!(constants.lower_bound, Some(Rational::from((-3, 10))));
        assert_eq!(constants.heterogeneity, Some(Rational::from(2)));
    }

    #[test]
    fn what_is_no_quadratic_of_its_size_is_refused() {
        let one = |matrix: Vec<Vec<f64>>, vector: Vec<f64>| ExplicitQuadratic::new(&[matrix], &[vector], &[0.0]);
        assert!(one(vec![vec![1.0, 2.0], vec![0.0, 1.0]], vec![0.0; 2]).is_err());
        assert!(one(vec![vec![1.0]], vec![0.0; 2]).is_err());
        assert!(one(vec![vec![f64::NAN]], vec![0.0]).is_err());
        assert!(ExplicitQuadratic::new(&[], &[], &[]).is_err());
        // An indefinite matrix proves L alone.
        let saddle = one(vec![vec![1.0, 0.0], vec![0.0, -2.0]], vec![0.0; 2]).unwrap();
        assert!(saddle.constants().pl.is_none() && saddle.constants().strong_convexity.is_none());
        assert!(saddle.constants().smoothness.clone().unwrap() >= 2);
    }
}
