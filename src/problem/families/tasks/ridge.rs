//! Tasks that are means of ridge functions: φᵢ(x) = (1/m)Σ_r ψ(⟨a_{ir}, x⟩ − y_{ir}).
//!
//! | ψ | ψ ≥ | sup\|ψ′\| | sup\|ψ″\| | sup\|ψ‴\| |
//! |---|---|---|---|---|
//! | cosine: cos t | −1 | 1 | 1 | 1 |
//! | Geman–McClure: t²/(1+t²) | 0 | 3√3/8 | 2 | 24t(1−u)/(1+u)⁴ at u = t² = 1 − √(4/5), below 4.669 |
//!
//! ψ⁗ of the second vanishes where 5u² − 10u + 1 = 0, and |ψ‴| is larger at the smaller root. So
//! ℓ = maxᵢ sup|ψ″| λ_max(AᵢᵀAᵢ)/m, H = sup|ψ‴| maxᵢ mean‖a_{ir}‖³, G = sup|ψ′| maxᵢ mean‖a_{ir}‖:
//! the r-th term's third derivative along unit vectors is ψ‴ times three factors of at most ‖a_{ir}‖.

use std::fmt;
use std::sync::Arc;

use nalgebra::DMatrix;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TaskBounds, Tasks};
use crate::number::{Interval, Scalar, exact};
use crate::problem::families::adaptation::Adapted;
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::rows::{MAX_SHARE, count_rows, random_rows};
use crate::problem::{ProblemError, TRANSCENDENTAL, check_size, eigen};

/// ψ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ridge {
    /// cos t.
    Cosine,
    /// t²/(1+t²).
    GemanMcClure,
}

impl fmt::Display for Ridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ridge::Cosine => "cosine",
            Ridge::GemanMcClure => "geman-mc-clure",
        })
    }
}

/// Adaptation to the one-dimensional task cos x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MamlCosineSpec {
    /// a.
    pub step: f64,
}

impl fmt::Display for MamlCosineSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a={}", self.step)
    }
}

impl Family for MamlCosineSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(1, 1)
    }

    fn build(&self) -> Built {
        let tasks = RidgeTasks::new(Self::NAME, Ridge::Cosine, 1, vec![1.0], vec![0.0], 1)?;
        Ok(Arc::new(Adapted::new(Self::NAME, tasks, self.step)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("step", Part::One(&mut self.step, Range::Nonnegative))]
    }
}

/// Adaptation to sums of cosines or robust regressions on random data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MamlRidgeSpec {
    /// ψ.
    pub ridge: Ridge,
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// Rows of each task.
    pub share: usize,
    /// a.
    pub step: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for MamlRidgeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ridge, dimension, workers, share, step, .. } = self;
        write!(f, "{ridge}, d={dimension}, n={workers}, rows={share} each, a={step}")
    }
}

impl Family for MamlRidgeSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers)
    }

    fn build(&self) -> Built {
        let Self { ridge, dimension, workers, share, step, seed } = *self;
        let (rows, targets) = random_rows(dimension, count_rows(Self::NAME, workers, share)?, false, seed);
        let tasks = RidgeTasks::new(Self::NAME, ridge, dimension, rows, targets, workers)?;
        Ok(Arc::new(Adapted::new(Self::NAME, tasks, step)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, MAX_SHARE)),
            ("step", Part::One(&mut self.step, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct RidgeTasks {
    dimension: usize,
    workers: usize,
    /// a_{ir} by rows of all tasks in order.
    rows: Vec<f64>,
    targets: Vec<f64>,
    ridge: Ridge,
    bounds: TaskBounds,
}

const BITS: u32 = 128;

fn point(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

impl Ridge {
    /// Bounds of |ψ′|, |ψ″| and |ψ‴|.
    fn derivatives(self) -> [Interval; 3] {
        match self {
            Ridge::Cosine => [point(1.0), point(1.0), point(1.0)],
            Ridge::GemanMcClure => {
                let root = point(4.0).div(&point(5.0)).sqrt();
                let u = point(1.0).sub(&root);
                let third = point(24.0).mul(&u.clone().sqrt()).mul(&root).div(&u.add(&point(1.0)).powi(4));
                [point(27.0).sqrt().div(&point(8.0)), point(2.0), third]
            }
        }
    }
}

impl RidgeTasks {
    /// From rows of length d and one target a row, dealt to the tasks in order.
    ///
    /// # Errors
    /// When the rows cannot be dealt evenly, a number is not finite, or the curvature cannot be bounded.
    pub fn new(
        family: &'static str,
        ridge: Ridge,
        dimension: usize,
        rows: Vec<f64>,
        targets: Vec<f64>,
        workers: usize,
    ) -> Result<Self, ProblemError> {
        check_size(family, dimension, workers)?;
        let count = targets.len();
        if count == 0 || rows.len() != count * dimension || !count.is_multiple_of(workers) {
            return Err(ProblemError::new(family, format!("{count} rows cannot be dealt evenly to {workers} tasks")));
        }
        if rows.iter().chain(&targets).any(|x| !x.is_finite()) {
            return Err(ProblemError::new(family, "data must be finite"));
        }
        let bounds = prove(ridge, dimension, &rows, count / workers)
            .ok_or_else(|| ProblemError::new(family, "no bound of the curvature could be proved"))?;
        Ok(RidgeTasks { dimension, workers, rows, targets, ridge, bounds })
    }

    /// m.
    fn share(&self) -> usize {
        self.targets.len() / self.workers
    }

    /// ⟨a_r, x⟩.
    fn along<S: Scalar>(&self, row: usize, x: &[S], out: &mut S, context: S::Context) {
        out.set(&S::zero(context));
        for (a, x) in self.rows[row * self.dimension..(row + 1) * self.dimension].iter().zip(x) {
            out.add_product_f64(x, *a);
        }
    }

    /// out ← (1/m)Σ weight(r) a_r over the rows of a task; `weight` overwrites its last argument.
    fn combine<S: Scalar>(
        &self,
        worker: usize,
        out: &mut [S],
        context: S::Context,
        weight: &mut S,
        mut weigh: impl FnMut(usize, &mut S),
    ) {
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        let share = self.share();
        let count = S::from_f64(share as f64, context);
        for row in worker * share..(worker + 1) * share {
            weigh(row, weight);
            weight.div_assign(&count);
            for (o, a) in out.iter_mut().zip(&self.rows[row * self.dimension..]) {
                o.add_product_f64(weight, *a);
            }
        }
    }
}

fn prove(ridge: Ridge, dimension: usize, rows: &[f64], share: usize) -> Option<TaskBounds> {
    let [first, second, third] = ridge.derivatives();
    let count = point(share as f64);
    let (mut top, mut length, mut cube) = (point(0.0), point(0.0), point(0.0));
    for task in rows.chunks_exact(share * dimension) {
        let matrix = DMatrix::from_row_slice(share, dimension, task);
        let gram = matrix.transpose() * &matrix;
        for i in 0..dimension {
            for j in 0..dimension {
                let entry = task
                    .chunks_exact(dimension)
                    .try_fold(Rational::new(), |sum, row| Some(sum + exact(row[i])? * exact(row[j])?))?;
                if exact(gram[(i, j)])? != entry {
                    return None;
                }
            }
        }
        top.max_assign(&Interval::from_rational(&eigen::upper_bound(&gram)?, BITS).div(&count));
        let norms: Vec<Interval> = task
            .chunks_exact(dimension)
            .map(|row| row.iter().fold(point(0.0), |s, a| s.add(&point(*a).square())).sqrt())
            .collect();
        length.max_assign(&norms.iter().fold(point(0.0), |s, n| s.add(n)).div(&count));
        cube.max_assign(&norms.iter().fold(point(0.0), |s, n| s.add(&n.clone().powi(3))).div(&count));
    }
    let upper = |x: Interval| exact(x.upper_f64());
    Some(TaskBounds {
        smoothness: upper(top.mul(&second))?,
        hessian_lipschitz: upper(cube.mul(&third))?,
        gradient: Some(upper(length.mul(&first))?),
        lower: Some(Rational::from(if ridge == Ridge::Cosine { -1 } else { 0 })),
    })
}

/// t ← 1/(1+t²).
fn inverse<S: Scalar>(t: &mut S, context: S::Context) {
    t.square_assign();
    t.add_f64(1.0);
    let divisor = t.clone();
    t.set(&S::one(context));
    t.div_assign(&divisor);
}

impl Tasks for RidgeTasks {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn workers(&self) -> usize {
        self.workers
    }
    fn bounds(&self) -> &TaskBounds {
        &self.bounds
    }
    fn is_rational(&self) -> bool {
        self.ridge == Ridge::GemanMcClure
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| if j % 2 == 0 { 1.0 } else { -0.5 }).collect()
    }
    fn scratch_len(&self) -> usize {
        3
    }

    fn work(&self) -> u64 {
        let share = self.targets.len() / self.workers;
        share as u64 * (2 * self.dimension as u64 + TRANSCENDENTAL)
    }

    fn value<S: Scalar>(&self, worker: usize, x: &[S], context: S::Context, scratch: &mut [S]) -> S {
        let t = &mut scratch[0];
        let mut value = S::zero(context);
        let share = self.share();
        for row in worker * share..(worker + 1) * share {
            self.along(row, x, t, context);
            t.add_f64(-self.targets[row]);
            match self.ridge {
                Ridge::Cosine => t.cos_assign(),
                Ridge::GemanMcClure => {
                    inverse(t, context);
                    t.neg_assign();
                    t.add_f64(1.0);
                }
            }
            value.add_assign(t);
        }
        value.div(&S::from_f64(share as f64, context))
    }

    fn gradient<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut [S]) {
        let [s, t, _] = &mut scratch[..3] else { return };
        self.combine(worker, out, context, s, |row, s| {
            self.along(row, x, s, context);
            s.add_f64(-self.targets[row]);
            match self.ridge {
                Ridge::Cosine => {
                    s.sin_assign();
                    s.neg_assign();
                }
                // 2t/(1+t²)².
                Ridge::GemanMcClure => {
                    t.set(s);
                    inverse(t, context);
                    t.square_assign();
                    s.mul_f64(2.0);
                    s.mul_assign(t);
                }
            }
        });
    }

    fn hessian_product<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        v: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut [S],
    ) {
        let [s, t, u] = &mut scratch[..3] else { return };
        self.combine(worker, out, context, s, |row, s| {
            self.along(row, x, t, context);
            t.add_f64(-self.targets[row]);
            match self.ridge {
                Ridge::Cosine => {
                    t.cos_assign();
                    t.neg_assign();
                }
                // (2 − 6t²)/(1+t²)³ = 8/D³ − 6/D² with D = 1+t².
                Ridge::GemanMcClure => {
                    inverse(t, context);
                    u.set(t);
                    t.mul_f64(8.0);
                    t.add_f64(-6.0);
                    u.square_assign();
                    t.mul_assign(u);
                }
            }
            self.along(row, v, s, context);
            s.mul_assign(t);
        });
    }
}
