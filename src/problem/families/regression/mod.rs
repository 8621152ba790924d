//! Losses of linear predictors over worker shards: logistic with a nonconvex regulariser,
//! Geman–McClure robust regression, least squares.
//!
//! Worker i holds m/n rows a_j with targets y_j, all binary fractions; fᵢ is the mean loss over its
//! rows plus the regulariser λΣx²/(1+x²), and shards have equal size, so f is the mean over all rows.
//!
//! Logistic, y_j = ±1: ℓ(t) = ln(1+e^(−t)), t = y_j a_jᵀx, ℓ″ ≤ ¼, |ℓ′| ≤ 1.
//! - L = λ_max(AᵀA)/(4m) + 2λ, as (t²/(1+t²))″ = (2−6t²)/(1+t²)³ ∈ [−½, 2];
//! - f* ≥ 0; G = max over workers of mean‖a_j‖ + λ√d·3√3/8, as |(t²/(1+t²))′| ≤ 3√3/8 at t² = 1/3.
//!
//! Geman–McClure: ℓ(t) = t²/(1+t²), t = a_jᵀx − y_j, no regulariser.
//! - L = 2λ_max(AᵀA)/m; f* ≥ 0; G = max over workers of (3√3/8) mean‖a_j‖.
//!
//! Squares: ℓ(t) = t²/2, t = a_jᵀx − y_j, no regulariser: L = λ_max(AᵀA)/m, f* ≥ 0; the gradient is
//! unbounded and so is the workers' difference: no G, no ζ.
//!
//! Logistic and Geman–McClure: ζ² = (1/n)ΣGᵢ² of the loss parts, as Σ‖∇fᵢ−∇f‖² ≤ Σ‖∇ℓᵢ‖² (a shared regulariser cancels).
//! No μ. λ_max is bounded by [`eigen`].

use nalgebra::DMatrix;
use rug::Rational;

use crate::number::{Interval, Scalar, exact};
use crate::problem::{Constants, Problem, ProblemError, Scratch, TRANSCENDENTAL, check_size, eigen};

pub mod specs;

/// The loss of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// ln(1 + exp(−y aᵀx)).
    Logistic,
    /// t²/(1+t²), t = aᵀx − y.
    GemanMcClure,
    /// t²/2, t = aᵀx − y.
    Squares,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Regression {
    family: &'static str,
    loss: Loss,
    dimension: usize,
    workers: usize,
    /// Rows a_j; for the logistic loss already multiplied by y_j.
    rows: Vec<f64>,
    targets: Vec<f64>,
    regulariser: f64,
    constants: Constants,
}

const BITS: u32 = 128;

fn point(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

/// 3√3/8.
fn steepest() -> Interval {
    point(27.0).sqrt().div(&point(8.0))
}

/// The Gram matrix must be exact; data are short enough for sums of products to fit.
fn verify_gram(rows: &[f64], gram: &DMatrix<f64>) -> Option<()> {
    let d = gram.nrows();
    for i in 0..d {
        for j in 0..=i {
            let mut entry = Rational::new();
            for row in rows.chunks_exact(d) {
                entry += exact(row[i])? * exact(row[j])?;
            }
            if entry != exact(gram[(i, j)])? || gram[(i, j)] != gram[(j, i)] {
                return None;
            }
        }
    }
    Some(())
}

impl Regression {
    /// From rows of length d and one target a row, dealt to the workers in order.
    ///
    /// # Errors
    /// When sizes are out of range, the rows cannot be dealt evenly, or a number is not finite.
    pub fn new(
        family: &'static str,
        loss: Loss,
        mut rows: Vec<f64>,
        targets: Vec<f64>,
        workers: usize,
        regulariser: f64,
    ) -> Result<Self, ProblemError> {
        let count = targets.len();
        let dimension = rows.len() / count.max(1);
        check_size(family, dimension, workers)?;
        if count == 0 || rows.len() != count * dimension || !count.is_multiple_of(workers) {
            return Err(ProblemError::new(family, format!("{count} rows cannot be dealt evenly to {workers} workers")));
        }
        let finite =
            rows.iter().chain(&targets).all(|x| x.is_finite()) && regulariser.is_finite() && regulariser >= 0.0;
        if !finite || (loss == Loss::Logistic && targets.iter().any(|y| y.abs() != 1.0)) {
            return Err(ProblemError::new(family, "data must be finite, labels ±1, the regulariser nonnegative"));
        }
        if loss == Loss::Logistic {
            for (row, y) in rows.chunks_exact_mut(dimension).zip(&targets) {
                row.iter_mut().for_each(|a| *a *= y);
            }
        }
        let mut problem = Regression {
            family,
            loss,
            dimension,
            workers,
            rows,
            targets,
            regulariser,
            constants: Constants::default(),
        };
        problem.constants = problem
            .prove_constants()
            .ok_or_else(|| ProblemError::new(family, "no bound of the curvature could be proved"))?;
        Ok(problem)
    }

    fn prove_constants(&self) -> Option<Constants> {
        let d = self.dimension;
        // None where the bound is infinite.
        let upper = |x: &Interval| exact(x.upper_f64());
        let share = self.targets.len() / self.workers;
        let smoothness = self.smoothness(&self.rows)?;
        let shards = self.rows.chunks_exact(share * d);
        let of_workers = shards.map(|shard| upper(&self.smoothness(shard)?)).collect::<Option<Vec<_>>>()?;
        let slope = match self.loss {
            Loss::Logistic => point(1.0),
            Loss::GemanMcClure => steepest(),
            Loss::Squares => point(f64::INFINITY),
        };
        let loss_bounds: Vec<Interval> = self
            .rows
            .chunks_exact(share * d)
            .map(|shard| {
                let sum = shard.chunks_exact(d).fold(point(0.0), |sum, row| {
                    let norm = row.iter().fold(point(0.0), |s, a| s.add(&point(*a).square())).sqrt();
                    sum.add(&norm)
                });
                sum.div(&point(share as f64)).mul(&slope)
            })
            .collect();
        let regulariser = point(self.regulariser).mul(&point(d as f64).sqrt()).mul(&steepest());
        let largest = loss_bounds.iter().fold(point(0.0), |largest, g| largest.max(g)).add(&regulariser);
        let heterogeneity = if self.workers == 1 {
            point(0.0)
        } else {
            let sum = loss_bounds.iter().fold(point(0.0), |sum, g| sum.add(&g.clone().square()));
            sum.div(&point(self.workers as f64))
        };
        Some(Constants {
            smoothness: upper(&smoothness),
            lower_bound: Some(Rational::new()),
            pl: None,
            heterogeneity: upper(&heterogeneity),
            gradient_bound: upper(&largest),
            // The regulariser is not convex, nor is the loss of Geman and McClure.
            strong_convexity: (self.loss != Loss::GemanMcClure && self.regulariser == 0.0).then(Rational::new),
            workers_convex: self.loss != Loss::GemanMcClure && self.regulariser == 0.0,
            worker_smoothness: of_workers.clone(),
            named: of_workers.into_iter().max().map(|l| ("L_worker", l)).into_iter().collect(),
            ..Constants::default()
        })
    }

    /// Smoothness constant of the mean loss over some rows, plus the regulariser's.
    fn smoothness(&self, rows: &[f64]) -> Option<Interval> {
        let count = rows.len() / self.dimension;
        let m = count as f64;
        let matrix = DMatrix::from_row_slice(count, self.dimension, rows);
        let gram = matrix.transpose() * &matrix;
        verify_gram(rows, &gram)?;
        let top = Interval::from_rational(&eigen::upper_bound(&gram)?, BITS);
        Some(match self.loss {
            Loss::Logistic => top.div(&point(4.0 * m)).add(&point(self.regulariser).mul(&point(2.0))),
            Loss::GemanMcClure => top.mul(&point(2.0)).div(&point(m)),
            Loss::Squares => top.div(&point(m)),
        })
    }

    /// aᵀx, minus y but for the logistic loss.
    fn margin<S: Scalar>(&self, row: usize, x: &[S], out: &mut S, context: S::Context) {
        out.set(&S::zero(context));
        for (a, x) in self.rows[row * self.dimension..(row + 1) * self.dimension].iter().zip(x) {
            out.add_product_f64(x, *a);
        }
        if self.loss != Loss::Logistic {
            out.add_f64(-self.targets[row]);
        }
    }

    /// The mean loss gradient over some rows, plus the regulariser's.
    fn gradient_over<S: Scalar>(
        &self,
        rows: std::ops::Range<usize>,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        let [t, s, u] = &mut scratch.buffer[..3] else { return };
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        let one = S::one(context);
        let count = S::from_f64(rows.len() as f64, context);
        for row in rows {
            self.margin(row, x, t, context);
            match self.loss {
                // ℓ′(t) = −1/(1+eᵗ) = −e^(−t⁺)/(e^(−t⁺) + e^(t−t⁺)), all exponents at most zero.
                Loss::Logistic => {
                    s.set(t);
                    s.max_assign(&zero);
                    u.set(t);
                    u.sub_assign(s);
                    u.exp_assign();
                    s.neg_assign();
                    s.exp_assign();
                    u.add_assign(s);
                    s.div_assign(u);
                    s.neg_assign();
                    // Holds for every t, and keeps intervals from growing where both terms are wide.
                    s.max_assign(&one.clone().neg());
                    s.min_assign(&zero);
                }
                // ℓ′(t) = 2t/(1+t²)².
                Loss::GemanMcClure => rational_slope(t, s, u, &one),
                Loss::Squares => s.set(t),
            }
            s.div_assign(&count);
            for (o, a) in out.iter_mut().zip(&self.rows[row * self.dimension..]) {
                o.add_product_f64(s, *a);
            }
        }
        if self.regulariser > 0.0 {
            for (o, xi) in out.iter_mut().zip(x) {
                t.set(xi);
                rational_slope(t, s, u, &one);
                o.add_product_f64(s, self.regulariser);
            }
        }
    }
}

/// s ← 2t/(1+t²)², u scratch.
fn rational_slope<S: Scalar>(t: &S, s: &mut S, u: &mut S, one: &S) {
    u.set(t);
    u.square_assign();
    u.add_assign(one);
    u.square_assign();
    s.set(t);
    s.mul_f64(2.0);
    s.div_assign(u);
}

/// t ← t²/(1+t²) = 1 − 1/(1+t²), s scratch.
fn rational_loss<S: Scalar>(t: &mut S, s: &mut S, one: &S) {
    s.set(t);
    s.square_assign();
    s.add_assign(one);
    t.set(one);
    t.div_assign(s);
    t.neg_assign();
    t.add_assign(one);
}

impl Problem for Regression {
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
    fn is_quadratic(&self) -> bool {
        self.loss == Loss::Squares
    }
    fn is_rational(&self) -> bool {
        self.loss != Loss::Logistic
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| if j % 2 == 0 { 1.0 } else { -0.5 }).collect()
    }
    fn scratch_len(&self) -> usize {
        3
    }

    fn work(&self) -> u64 {
        2 * self.rows.len() as u64 + TRANSCENDENTAL * (self.targets.len() as u64)
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let [t, s, u] = &mut scratch.buffer[..3] else { return S::from_f64(f64::NAN, context) };
        let (zero, one) = (S::zero(context), S::one(context));
        let mut value = S::zero(context);
        for row in 0..self.targets.len() {
            self.margin(row, x, t, context);
            match self.loss {
                // ln(1+e^(−t)) = max(−t, 0) + ln(1 + e^(−|t|)).
                Loss::Logistic => {
                    s.set(t);
                    s.neg_assign();
                    s.max_assign(&zero);
                    u.set(t);
                    u.abs_assign();
                    u.neg_assign();
                    u.exp_assign();
                    u.add_assign(&one);
                    u.ln_assign();
                    u.add_assign(s);
                    value.add_assign(u);
                }
                Loss::GemanMcClure => {
                    rational_loss(t, s, &one);
                    value.add_assign(t);
                }
                Loss::Squares => {
                    t.square_assign();
                    value.add_product_f64(t, 0.5);
                }
            }
        }
        value.div_assign(&S::from_f64(self.targets.len() as f64, context));
        if self.regulariser > 0.0 {
            for xi in x {
                t.set(xi);
                rational_loss(t, s, &one);
                value.add_product_f64(t, self.regulariser);
            }
        }
        value
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.gradient_over(0..self.targets.len(), x, out, context, scratch);
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        let share = self.targets.len() / self.workers;
        self.gradient_over(worker * share..(worker + 1) * share, x, out, context, scratch);
    }
}
