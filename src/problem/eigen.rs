//! A proved upper bound of the largest eigenvalue of a symmetric matrix.
//!
//! nalgebra proposes a value; t·I − M is then shown positive definite by a Cholesky factorisation
//! (LDLᵀ) in outward-rounded intervals: all pivots are certainly positive only if λ_max(M) < t.

use nalgebra::DMatrix;
use rug::Rational;

use crate::number::{Interval, Scalar, exact};

const BITS: u32 = 128;

/// A number t ≥ λ_max of the symmetric matrix with these exact entries, at most a few parts in 10⁶
/// above it; `None` if none can be proved (an entry that is not finite, say).
#[must_use]
pub fn upper_bound(matrix: &DMatrix<f64>) -> Option<Rational> {
    let approximate = matrix.clone().symmetric_eigenvalues().max();
    let scale = matrix.amax().max(f64::MIN_POSITIVE);
    (0..12).find_map(|attempt| {
        let margin = scale * matrix.nrows() as f64 * 1e-9 * 8f64.powi(attempt);
        let bound = approximate + margin;
        is_above_spectrum(matrix, bound).then(|| exact(bound)).flatten()
    })
}

/// Whether t·I − M is certainly positive definite.
#[must_use]
pub fn is_above_spectrum(matrix: &DMatrix<f64>, t: f64) -> bool {
    let n = matrix.nrows();
    let symmetric = (0..n).all(|i| (0..i).all(|j| matrix[(i, j)] == matrix[(j, i)]));
    if !symmetric || !t.is_finite() {
        return false;
    }
    let zero = Interval::zero(BITS);
    let mut lower: Vec<Vec<Interval>> = vec![vec![zero.clone(); n]; n];
    let mut pivots: Vec<Interval> = Vec::with_capacity(n);
    for i in 0..n {
        for j in 0..=i {
            let mut entry = Interval::from_f64(-matrix[(i, j)], BITS);
            if i == j {
                entry.add_f64(t);
            }
            for (k, pivot) in pivots.iter().enumerate().take(j) {
                entry.sub_product(&lower[i][k].clone().mul(&lower[j][k]), pivot);
            }
            if i == j {
                if !zero.certainly_lt(&entry) {
                    return false;
                }
                pivots.push(entry);
            } else {
                lower[i][j] = entry.div(&pivots[j]);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_just_above_the_spectrum_is_proved_and_one_below_is_refused() {
        let matrix = DMatrix::from_fn(6, 6, |i, j| 1.0 / (i + j + 1) as f64).map(|x| (x * 1024.0).round() / 1024.0);
        let bound = upper_bound(&matrix).unwrap().to_f64();
        assert!(is_above_spectrum(&matrix, bound));
        assert!(!is_above_spectrum(&matrix, bound * 0.999));
        assert!(!is_above_spectrum(&matrix, f64::NAN));
    }
}
