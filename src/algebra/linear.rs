//! Exact linear algebra with dense matrices of rationals, given by their rows. Entries that a row
//! lacks at its end are 0.

use std::mem::take;

use rug::{Integer, Rational};

/// Brings a matrix to its reduced row echelon form; returns the columns of the pivots, one for each
/// row that is not zero.
pub fn reduced_row_echelon(rows: &mut [Vec<Rational>]) -> Vec<usize> {
    let width = width(rows);
    let mut whole: Vec<Vec<Integer>> = rows.iter().map(|row| primitive(row, width)).collect();
    let (pivots, common) = eliminate(&mut whole, width);
    for (row, whole) in rows.iter_mut().zip(whole) {
        *row = whole.into_iter().map(|entry| Rational::from((entry, &common))).collect();
    }
    pivots
}

/// A solution x of a·x = b, with 0 for what the equations leave free; `None` where there is none.
///
/// # Panics
/// When the numbers of rows differ.
#[must_use]
pub fn solve(a: &[Vec<Rational>], b: &[Rational]) -> Option<Vec<Rational>> {
    assert_eq!(a.len(), b.len(), "each row has a right-hand side");
    let width = width(a);
    let mut rows: Vec<Vec<Rational>> = a.to_vec();
    for (row, value) in rows.iter_mut().zip(b) {
        row.resize(width, Rational::new());
        row.push(value.clone());
    }
    let pivots = reduced_row_echelon(&mut rows);
    // A pivot in the last column is an equation 0 = 1.
    if pivots.last() == Some(&width) {
        return None;
    }
    let mut solution = vec![Rational::new(); width];
    for (column, row) in pivots.into_iter().zip(&mut rows) {
        solution[column] = row.swap_remove(width);
    }
    Some(solution)
}

/// A basis of all x with a·x = 0: one vector for each column without a pivot, with 1 there.
#[must_use]
pub fn nullspace(a: &[Vec<Rational>]) -> Vec<Vec<Rational>> {
    let width = width(a);
    let mut rows = a.to_vec();
    let pivots = reduced_row_echelon(&mut rows);
    let free = (0..width).filter(|column| !pivots.contains(column));
    let vector = |column: usize| {
        let mut vector = vec![Rational::new(); width];
        vector[column] = Rational::from(1);
        for (pivot, row) in pivots.iter().zip(&rows) {
            vector[*pivot] = Rational::from(-&row[column]);
        }
        vector
    };
    free.map(vector).collect()
}

/// Whether a matrix is symmetric and xᵀAx ≥ 0 for all x, by elimination on the diagonal: A is so
/// exactly where its first diagonal entry is positive and what elimination leaves of the others is
/// so, or where its first row is zero and the others are so.
#[must_use]
pub fn is_positive_semidefinite(rows: &[Vec<Rational>]) -> bool {
    let size = rows.len();
    let is_symmetric = (0..size).all(|i| rows[i].len() == size && (0..i).all(|j| rows[i][j] == rows[j][i]));
    if !is_symmetric {
        return false;
    }
    let denominator = common_denominator(rows.iter().flatten());
    let mut left: Vec<Vec<Integer>> = rows.iter().map(|row| over(row, &denominator)).collect();
    // Without fractions, as in `eliminate`: what is left is multiplied by the last pivot, which is
    // positive.
    let mut last = Integer::from(1);
    for k in 0..size {
        let (done, below) = left.split_at_mut(k + 1);
        let row = &done[k];
        if row[k] < 0 || (row[k] == 0 && row[k + 1..].iter().any(|entry| *entry != 0)) {
            return false;
        }
        if row[k] == 0 {
            continue;
        }
        for (i, target) in (k + 1..size).zip(below) {
            for j in i..size {
                combine(&mut target[j], &row[k], &row[i], &row[j], &last);
            }
        }
        last.clone_from(&row[k]);
    }
    true
}

/// Gauss–Jordan elimination without fractions (Bareiss 1968): returns the columns of the pivots and
/// the number that all pivots are at the end. Entries are minors of the matrix at every time, so
/// that the division by the last pivot is exact.
fn eliminate(rows: &mut [Vec<Integer>], width: usize) -> (Vec<usize>, Integer) {
    let mut pivots = Vec::new();
    let mut last = Integer::from(1);
    for column in 0..width {
        let rank = pivots.len();
        let candidates = (rank..rows.len()).filter(|i| rows[*i][column] != 0);
        let Some(chosen) = candidates.min_by_key(|i| rows[*i][column].significant_bits()) else {
            continue;
        };
        rows.swap(rank, chosen);
        let row = take(&mut rows[rank]);
        for (_, target) in rows.iter_mut().enumerate().filter(|(i, _)| *i != rank) {
            let factor = target[column].clone();
            for (entry, own) in target.iter_mut().zip(&row) {
                combine(entry, &row[column], &factor, own, &last);
            }
        }
        last.clone_from(&row[column]);
        rows[rank] = row;
        pivots.push(column);
    }
    (pivots, last)
}

/// entry ← (pivot·entry − factor·other)/last, exactly.
fn combine(entry: &mut Integer, pivot: &Integer, factor: &Integer, other: &Integer, last: &Integer) {
    *entry *= pivot;
    *entry -= factor * other;
    entry.div_exact_mut(last);
}

fn width(rows: &[Vec<Rational>]) -> usize {
    rows.iter().map(Vec::len).max().unwrap_or(0)
}

/// The least common multiple of the denominators.
fn common_denominator<'a>(entries: impl IntoIterator<Item = &'a Rational>) -> Integer {
    entries.into_iter().fold(Integer::from(1), |multiple, entry| multiple.lcm(entry.denom()))
}

/// The entries times a common denominator.
fn over(row: &[Rational], denominator: &Integer) -> Vec<Integer> {
    row.iter().map(|entry| entry.numer() * Integer::from(denominator.div_exact_ref(entry.denom()))).collect()
}

/// The positive multiple of a row, filled up with zeros, whose entries are integers without a
/// common factor.
fn primitive(row: &[Rational], width: usize) -> Vec<Integer> {
    let mut whole = over(row, &common_denominator(row));
    whole.resize(width, Integer::new());
    let divisor = whole.iter().fold(Integer::new(), |divisor, entry| divisor.gcd(entry));
    if divisor > 1 {
        whole.iter_mut().for_each(|entry| entry.div_exact_mut(&divisor));
    }
    whole
}
