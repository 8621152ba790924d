//! Matrices of low rank.

use std::fmt;

use nalgebra::DMatrix;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, keep_where, undefined};
use super::{Guarantee, OperatorData};
use crate::number::{Scalar, dot, norm2};
use crate::oracle::{Estimable, Randomness};
use crate::problem::MAX_DIMENSION;
use crate::problem::free::{self, Counted, Parts};

/// The best approximation of rank r of u read as a matrix of d₁ rows. α = r/min(d₁, d₂).
///
/// The singular basis is computed in `f64`, made orthogonal in the arithmetic at hand, and the r
/// directions of largest energy there are kept. So the map is a projection to rank r in any
/// arithmetic, its α holds whatever the basis, and only "best" is up to the basis' rounding.
/// Unlike the others it allocates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowRank {
    /// d₁, a divisor of d.
    pub rows: usize,
    /// r.
    pub rank: usize,
}

impl fmt::Display for LowRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "low-rank({} rows, rank {})", self.rows, self.rank)
    }
}

impl OperatorData for LowRank {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        let smaller = self.rows.min(dimension / self.rows);
        Some(Guarantee::Contraction(Rational::from((self.rank.min(smaller) as u64, smaller as u64))))
    }

    fn defect(&self, dimension: usize) -> Option<String> {
        let LowRank { rows, rank } = self;
        if *rows == 0 || !dimension.is_multiple_of(*rows) {
            return Some(format!("{rows} rows do not divide the dimension {dimension}"));
        }
        (*rank == 0).then(|| "rank 0 keeps nothing".to_owned())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("operator/rows", free::Part::Count(&mut self.rows, Counted::Other, MAX_DIMENSION)),
            ("operator/rank", free::Part::Count(&mut self.rank, Counted::Other, MAX_DIMENSION)),
        ]
    }

    fn error<S: Estimable>(
        &self,
        u: &[S],
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        choice: &mut Choice,
        context: S::Context,
    ) {
        low_rank_error(u, *self, out, choice, context);
    }
}

/// An orthogonal basis, in the arithmetic at hand, near the singular basis of the smaller side of
/// the matrix in one lane. `entry(i, j)` reads row i of the larger side, column j of the smaller.
fn singular_basis(length: usize, smaller: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let matrix = DMatrix::from_fn(length, smaller, entry);
    // Scaled, so that no square under- or overflows.
    let scale = matrix.amax();
    let vectors = if scale > 0.0 && scale.is_finite() {
        let scaled = matrix / scale;
        (scaled.transpose() * scaled).symmetric_eigen().eigenvectors
    } else {
        DMatrix::identity(smaller, smaller)
    };
    vectors.column_iter().map(|column| column.iter().copied().collect()).collect()
}

/// `out` ← minus the part of the matrix along the directions of least energy.
fn low_rank_error<S: Scalar>(
    u: &[S],
    LowRank { rows, rank }: LowRank,
    out: &mut [S],
    choice: &mut Choice,
    context: S::Context,
) {
    let columns = u.len() / rows;
    let (length, smaller) = if columns <= rows { (rows, columns) } else { (columns, rows) };
    // Position in u of entry (i, j), i along the larger side.
    let at = |i: usize, j: usize| if columns <= rows { i * columns + j } else { j * columns + i };
    let bases: Vec<Vec<Vec<f64>>> =
        (0..S::LANES).map(|lane| singular_basis(length, smaller, |i, j| u[at(i, j)].lane(lane))).collect();
    // Gram–Schmidt without normalising, so that rationals stay rational.
    let mut basis: Vec<(Vec<S>, S)> = Vec::new();
    for v in 0..smaller {
        let entry = |lane: usize, j: usize| bases[lane].get(v).map_or(f64::NAN, |vector: &Vec<f64>| vector[j]);
        let mut vector: Vec<S> = (0..smaller).map(|j| S::from_lanes(|lane| entry(lane, j), context)).collect();
        for (earlier, square) in &basis {
            let factor = dot(&vector, earlier, context).div(square);
            for (x, e) in vector.iter_mut().zip(earlier) {
                x.sub_product(&factor, e);
            }
        }
        let square = norm2(&vector, context);
        basis.push((vector, square));
    }
    // Coefficients of each row along each direction, and the directions' energies.
    let row = |i: usize| -> Vec<S> { (0..smaller).map(|j| u[at(i, j)].clone()).collect() };
    let coefficients: Vec<Vec<S>> =
        (0..length).map(|i| basis.iter().map(|(w, _)| dot(&row(i), w, context)).collect()).collect();
    let energies: Vec<S> = (0..smaller)
        .map(|v| {
            let column: Vec<S> = coefficients.iter().map(|c| c[v].clone()).collect();
            norm2(&column, context).div(&basis[v].1)
        })
        .collect();
    let kept = choice.largest(&energies, rank);
    for i in 0..length {
        for j in 0..smaller {
            let o = &mut out[at(i, j)];
            let Some(kept) = kept else {
                o.set(&undefined(context));
                continue;
            };
            o.set(&S::zero(context));
            for (v, (vector, square)) in basis.iter().enumerate() {
                let mut part = coefficients[i][v].clone().mul(&vector[j]).div(square);
                keep_where(&mut part, |lane| !kept[lane].contains(v), context);
                o.sub_assign(&part);
            }
        }
    }
}
