//! Orthonormal bases and singular values of small dense matrices.

use nalgebra::{DMatrix, DVector};

/// Linearly independent columns of a matrix and what they span.
pub(crate) struct Span {
    /// The chosen columns, the best first.
    pub chosen: Vec<usize>,
    /// Orthonormal basis Q, one column for each chosen one.
    pub basis: DMatrix<f64>,
    /// Upper triangular R: the chosen columns are Q R.
    pub triangle: DMatrix<f64>,
}

impl Span {
    /// The shortest vector whose products with the chosen columns are these; of the numbers, one for each column,
    /// those of the others are not read.
    pub fn preimage(&self, products: &DVector<f64>) -> DVector<f64> {
        let chosen = products.select_rows(&self.chosen);
        // R is never singular: every chosen column was far from the span of those before.
        &self.basis * self.triangle.tr_solve_upper_triangular(&chosen).unwrap_or(chosen)
    }

    /// Factors, one for each of all `count` columns, with which the chosen ones add up to the projection of a
    /// vector on their span.
    pub fn shares(&self, vector: &DVector<f64>, count: usize) -> DVector<f64> {
        let coordinates = self.basis.tr_mul(vector);
        let factors = self.triangle.solve_upper_triangular(&coordinates).unwrap_or(coordinates);
        let mut shares = DVector::zeros(count);
        for (&column, &factor) in self.chosen.iter().zip(factors.iter()) {
            shares[column] = factor;
        }
        shares
    }
}

/// Chooses independent columns, by Gram–Schmidt with the largest remainder next, until every other
/// column is within the distance `tolerance` of their span.
pub(crate) fn span(columns: &DMatrix<f64>, tolerance: f64) -> Span {
    let (length, count) = columns.shape();
    let mut remainders = columns.clone();
    let mut chosen = Vec::new();
    let mut basis = DMatrix::zeros(length, count.min(length));
    while chosen.len() < count.min(length) {
        let rank = chosen.len();
        let candidates = (0..count).filter(|j| !chosen.contains(j)).map(|j| (j, remainders.column(j).norm()));
        let Some((next, remaining)) = candidates.max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if remaining.is_nan() || remaining <= tolerance {
            break;
        }
        let mut direction = remainders.column(next).normalize();
        // Once more against what is there: the first pass left round-off of the whole column.
        let known = basis.columns(0, rank);
        direction -= known * known.tr_mul(&direction);
        direction.normalize_mut();
        let shares = remainders.tr_mul(&direction);
        remainders.ger(-1.0, &direction, &shares, 1.0);
        basis.set_column(rank, &direction);
        chosen.push(next);
    }
    let basis = basis.columns(0, chosen.len()).into_owned();
    let triangle = basis.tr_mul(&columns.select_columns(&chosen)).upper_triangle();
    Span { chosen, basis, triangle }
}

/// An orthonormal basis of all vectors orthogonal to those of an orthonormal basis.
pub(crate) fn complement(basis: &DMatrix<f64>) -> DMatrix<f64> {
    let length = basis.nrows();
    if basis.ncols() == 0 {
        return DMatrix::identity(length, length);
    }
    span(&(DMatrix::identity(length, length) - basis * basis.transpose()), 1e-8).basis
}

/// σ and V of M = U diag(σ) Vᵀ, M square, by rotations of pairs of columns (one-sided Jacobi): small singular
/// values are as accurate as the entries allow.
pub(crate) fn singular_values(matrix: &DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    const MOST_SWEEPS: usize = 30;
    let n = matrix.ncols();
    let mut left = matrix.clone();
    let mut right = DMatrix::identity(n, n);
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for q in 1..n {
            for p in 0..q {
                let (a, b, c) =
                    (left.column(p).norm_squared(), left.column(q).norm_squared(), left.column(p).dot(&left.column(q)));
                if c.abs() <= 2.0 * f64::EPSILON * (a * b).sqrt() || !c.is_finite() {
                    continue;
                }
                rotated = true;
                let ratio = (b - a) / (2.0 * c);
                let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                rotate(&mut left, p, q, cosine, tangent * cosine);
                rotate(&mut right, p, q, cosine, tangent * cosine);
            }
        }
        if !rotated {
            break;
        }
    }
    let values = DVector::from_iterator(n, left.column_iter().map(|column| column.norm()));
    (values, right)
}

/// Rotates columns p < q of a matrix into each other.
fn rotate(matrix: &mut DMatrix<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    let rows = matrix.nrows();
    let (head, tail) = matrix.as_mut_slice().split_at_mut(q * rows);
    for (x, y) in head[p * rows..(p + 1) * rows].iter_mut().zip(&mut tail[..rows]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries that look random and are the same every time.
    fn table(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| ((1 + i * i) as f64 * (2 + 3 * j) as f64).sin())
    }

    #[test]
    fn a_span_writes_every_column_in_the_chosen_ones() {
        let mut columns = table(9, 6);
        columns.set_column(5, &(columns.column(0) * 2.0 - columns.column(3)));
        let span = span(&columns, 1e-11);
        assert_eq!(span.chosen.len(), 5);
        assert!((span.basis.tr_mul(&span.basis) - DMatrix::identity(5, 5)).amax() < 1e-14);
        assert!((&span.basis * &span.triangle - columns.select_columns(&span.chosen)).amax() < 1e-13);
        let last = columns.column(5).into_owned();
        assert!((&columns * span.shares(&last, 6) - last).amax() < 1e-12);
        let products = columns.tr_mul(&DVector::from_element(9, 1.0));
        assert!((columns.tr_mul(&span.preimage(&products)) - products).amax() < 1e-12);
    }

    #[test]
    fn a_basis_and_its_complement_are_a_whole_basis() {
        let basis = span(&table(7, 3), 1e-11).basis;
        let rest = complement(&basis);
        assert_eq!(rest.ncols(), 4);
        assert!(basis.tr_mul(&rest).amax() < 1e-14);
        assert_eq!(complement(&DMatrix::identity(3, 3)).ncols(), 0);
        assert_eq!(complement(&DMatrix::zeros(3, 0)), DMatrix::identity(3, 3));
    }

    #[test]
    fn small_singular_values_are_accurate() {
        let turn = span(&table(5, 5), 0.0).basis;
        let wanted = DVector::from_vec(vec![1.0, 1e-3, 1e-6, 1e-9, 1e-12]);
        let (values, right) = singular_values(&(&turn * DMatrix::from_diagonal(&wanted)));
        for value in wanted.iter() {
            assert!(values.iter().any(|found| (found / value - 1.0).abs() < 1e-12), "{value}");
        }
        assert!((right.tr_mul(&right) - DMatrix::identity(5, 5)).amax() < 1e-14);
    }
}
