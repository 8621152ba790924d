//! Squares: a symmetric matrix of rational functions as Σ pivot·(row)(row)ᵀ with pivots that are shown not to be
//! negative. Entries that equations of noise make free are chosen along the way.

use thiserror::Error;

use super::positivity::Cone;
use super::short;
use crate::algebra::{Field, Fraction};

/// Most vectors that are tried as the next pivot, and most dead ends.
const MOST_TRIED: usize = 3;
const MOST_DEAD_ENDS: usize = 40;

/// A symmetric matrix.
pub type Matrix = Vec<Vec<Fraction>>;

/// pivot·‖row‖², with the sign of the pivot.
#[derive(Clone, Debug)]
pub struct Square {
    /// The pivot.
    pub pivot: Fraction,
    /// Coefficients of the vectors.
    pub row: Vec<Fraction>,
    /// Factors of the pivot by position with exponents.
    pub sign: Vec<(usize, i32)>,
}

/// A decomposition.
#[derive(Clone, Debug)]
pub struct Squares {
    /// The squares.
    pub squares: Vec<Square>,
    /// What was taken for the free entries: the matrix has these besides the squares.
    pub freed: Vec<((usize, usize), Fraction)>,
}

/// Why a matrix is not shown to be a sum of squares; factors are as they are printed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoSquares {
    /// An entry stands beside a pivot that is 0.
    #[error("a vector has no square but a product with another one")]
    OfZero,
    /// A pivot has a factor whose sign is not shown.
    #[error("a pivot is not shown to be at least 0: {0}")]
    MayBeNegative(String),
    /// A pivot by which a row is divided has a factor that is not shown to be positive.
    #[error("a pivot is not shown to be positive: {0}")]
    MayBeZero(String),
}

/// Looks for a decomposition.
pub struct Decomposer<'c> {
    cone: &'c mut Cone,
    field: Field,
    /// What the numbers are called.
    names: &'c [String],
    /// Pairs of vectors whose entry is free.
    free: Vec<(usize, usize)>,
    dead_ends: usize,
    /// What was not shown last.
    pub reason: NoSquares,
}

impl<'c> Decomposer<'c> {
    /// With these free entries.
    pub fn new(cone: &'c mut Cone, (field, names): (&Field, &'c [String]), free: &[(usize, usize)]) -> Self {
        Decomposer { cone, field: field.clone(), names, free: free.to_vec(), dead_ends: 0, reason: NoSquares::OfZero }
    }

    /// Of a matrix.
    pub fn decompose(&mut self, matrix: &Matrix) -> Option<Squares> {
        let alive: Vec<usize> = (0..matrix.len()).collect();
        let begun = Squares { squares: Vec::new(), freed: Vec::new() };
        self.next(matrix.clone(), alive, self.free.is_empty(), begun)
    }

    fn next(
        &mut self,
        mut matrix: Matrix,
        alive: Vec<usize>,
        mut is_freed: bool,
        mut found: Squares,
    ) -> Option<Squares> {
        if !is_freed && alive.iter().all(|i| self.has_free_entry(*i)) {
            for (u, w) in self.free.clone() {
                let entry = std::mem::replace(&mut matrix[u][w], self.field.zero());
                matrix[w][u] = self.field.zero();
                if !entry.is_zero() {
                    found.freed.push(((u, w), entry));
                }
            }
            is_freed = true;
        }
        let filled = |i: &usize| alive.iter().any(|j| !matrix[*i][*j].is_zero());
        let rest: Vec<usize> = alive.iter().copied().filter(filled).collect();
        if rest.is_empty() {
            return Some(found);
        }
        let mut candidates: Vec<usize> =
            rest.iter().copied().filter(|i| is_freed || !self.has_free_entry(*i)).collect();
        if candidates.is_empty() {
            // What is left is made of noise and what the past decides.
            return self.next(matrix, rest, false, found);
        }
        if candidates.iter().any(|i| matrix[*i][*i].is_zero()) {
            self.reason = NoSquares::OfZero;
            return None;
        }
        let size = |x: &Fraction| x.numerator().len() + x.denominator().len();
        candidates.sort_by_key(|i| {
            let entries = rest.iter().filter(|j| !matrix[*i][**j].is_zero());
            (size(&matrix[*i][*i]), entries.clone().count(), entries.map(|j| size(&matrix[*i][*j])).sum::<usize>())
        });
        let mut tried = 0;
        for i in candidates {
            let Some(square) = self.square(&matrix, i, &rest) else { continue };
            let reduced = without(&matrix, i, &rest, &square);
            let others = rest.iter().copied().filter(|j| *j != i).collect();
            let longer = Squares { squares: [&found.squares[..], &[square]].concat(), freed: found.freed.clone() };
            if let Some(done) = self.next(reduced, others, is_freed, longer) {
                return Some(done);
            }
            tried += 1;
            self.dead_ends += 1;
            if tried >= MOST_TRIED || self.dead_ends > MOST_DEAD_ENDS {
                break;
            }
        }
        None
    }

    fn has_free_entry(&self, i: usize) -> bool {
        self.free.iter().any(|(u, w)| *u == i || *w == i)
    }

    /// The square that takes a vector away.
    fn square(&mut self, matrix: &Matrix, i: usize, rest: &[usize]) -> Option<Square> {
        let pivot = matrix[i][i].clone();
        let sign = match self.cone.sign(&pivot) {
            Ok(sign) => sign,
            Err(factor) => {
                self.reason = NoSquares::MayBeNegative(short(&factor, self.names));
                return None;
            }
        };
        let mut row = vec![self.field.zero(); matrix.len()];
        for j in rest {
            row[*j] = matrix[i][*j].divided_by(&pivot)?;
            if let Err(factor) = self.cone.has_no_pole(&row[*j]) {
                self.reason = NoSquares::MayBeZero(short(&factor, self.names));
                return None;
            }
        }
        Some(Square { pivot, row, sign })
    }
}

/// The matrix less a square.
fn without(matrix: &Matrix, i: usize, rest: &[usize], square: &Square) -> Matrix {
    let mut reduced = matrix.clone();
    for j in rest {
        if square.row[*j].is_zero() {
            continue;
        }
        for l in rest {
            if !matrix[i][*l].is_zero() {
                reduced[*j][*l] -= &square.row[*j] * &matrix[i][*l];
            }
        }
    }
    reduced
}
