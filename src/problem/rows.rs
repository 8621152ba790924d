//! Random rows and targets of regressions, in short binary fractions.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::ProblemError;
use super::orthogonal::short_fraction;

/// Most rows of a worker.
pub(super) const MAX_SHARE: usize = 4096;

/// Rounds to a multiple of 2⁻⁸, so that products and their sums are exact.
#[must_use]
pub fn short(x: f64) -> f64 {
    (x * 256.0).round() / 256.0
}

/// Rows of all workers.
///
/// # Errors
/// When a worker has none or too many.
pub(super) fn count_rows(family: &str, workers: usize, share: usize) -> Result<usize, ProblemError> {
    if (1..=MAX_SHARE).contains(&share) {
        Ok(workers * share)
    } else {
        Err(ProblemError::new(family, format!("{share} rows a worker are not between 1 and {MAX_SHARE}")))
    }
}

/// Rows of short binary fractions and targets from a random linear model: signs of it, or its
/// values with every eighth one an outlier.
pub(super) fn random_rows(dimension: usize, count: usize, signs: bool, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let model: Vec<f64> = (0..dimension).map(|_| short_fraction(4, &mut rng)).collect();
    let rows: Vec<f64> = (0..count * dimension).map(|_| 2.0 * short_fraction(6, &mut rng)).collect();
    let targets = rows
        .chunks_exact(dimension)
        .enumerate()
        .map(|(j, row)| {
            let value: f64 = row.iter().zip(&model).map(|(a, m)| a * m).sum();
            match (signs, j % 8) {
                (true, _) => {
                    if value + short_fraction(4, &mut rng) >= 0.0 {
                        1.0
                    } else {
                        -1.0
                    }
                }
                (false, 7) => 8.0,
                (false, _) => short(value),
            }
        })
        .collect();
    (rows, targets)
}
