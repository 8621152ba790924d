//! Random orthogonal matrices whose entries are exact binary fractions.
//!
//! A reflection I − ½uuᵀ with u ∈ {±1}⁴ is orthogonal (‖u‖² = 4) and its entries are ±½. A layer
//! applies such reflections to disjoint quadruples of coordinates; each layer costs one bit, so a
//! few layers mix all coordinates while every entry stays an exact `f64`. Fewer than four
//! coordinates are only permuted.

use nalgebra::DMatrix;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use super::{ProblemError, exact_number};
use crate::number;

/// A random d×d orthogonal matrix with entries in 2^−layers·ℤ, from a seed.
#[must_use]
pub fn random_orthogonal(dimension: usize, layers: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut q = DMatrix::identity(dimension, dimension);
    for _ in 0..layers {
        let order = shuffled(dimension, &mut rng);
        for quadruple in order.chunks_exact(4) {
            let signs = rng.next_u32();
            let u: Vec<f64> = (0..4).map(|i| if signs >> i & 1 == 1 { 1.0 } else { -1.0 }).collect();
            for column in 0..dimension {
                // row_i −= ½ u_i Σ_j u_j row_j, exact as long as the bits fit.
                let sum: f64 = quadruple.iter().zip(&u).map(|(row, s)| s * q[(*row, column)]).sum();
                for (row, s) in quadruple.iter().zip(&u) {
                    q[(*row, column)] -= 0.5 * s * sum;
                }
            }
        }
    }
    q
}

/// The rows of Q as rationals.
pub(super) fn exact_rows(family: &str, q: &DMatrix<f64>) -> Result<Vec<Vec<Rational>>, ProblemError> {
    q.row_iter().map(|row| row.iter().map(|x| exact_number(family, *x)).collect()).collect()
}

/// The first rows of Q, each times its own factor, by rows.
///
/// # Errors
/// When a product would be rounded.
pub(super) fn scaled_rows(family: &str, factors: &[f64], q: &DMatrix<f64>) -> Result<Vec<f64>, ProblemError> {
    let mut scaled = Vec::with_capacity(factors.len() * q.ncols());
    for (factor, row) in factors.iter().zip(q.row_iter()) {
        let exact_factor = exact_number(family, *factor)?;
        for x in row.iter() {
            let product = factor * x;
            if number::exact(product) != Some(exact_number(family, *x)? * &exact_factor) {
                let reason = format!("a singular value of {factor:e} needs more bits than an exact f64 matrix has");
                return Err(ProblemError::new(family, reason));
            }
            scaled.push(product);
        }
    }
    Ok(scaled)
}

/// A random order of 0..n.
pub(super) fn shuffled(n: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
    }
    order
}

/// A random binary fraction in [−1, 1] with `bits` fractional bits.
pub(super) fn short_fraction(bits: u32, rng: &mut impl Rng) -> f64 {
    let scale = 1i64 << bits;
    let steps = (rng.next_u64() % (2 * scale as u64 + 1)) as i64 - scale;
    steps as f64 / scale as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_exactly_orthonormal() {
        for dimension in [1, 3, 4, 8, 13, 64] {
            let q = random_orthogonal(dimension, 4, 7);
            for i in 0..dimension {
                for j in 0..dimension {
                    let mut product = Rational::new();
                    for k in 0..dimension {
                        product += Rational::from_f64(q[(i, k)]).unwrap() * Rational::from_f64(q[(j, k)]).unwrap();
                    }
                    assert_eq!(product, u32::from(i == j), "rows {i}, {j} in dimension {dimension}");
                }
            }
        }
    }
}
