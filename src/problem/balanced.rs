//! Vectors that differ between workers and add up to zero exactly, so that the mean of the workers'
//! gradients is the gradient and the minimum is where the family says.

use rand::Rng;
use rug::Rational;

use super::orthogonal::short_fraction;
use super::{ProblemError, exact_number};
use crate::number::{Scalar, nearest_f64};

/// Fractional bits of the random multiples of a size.
const FRACTION_BITS: u32 = 4;
/// Significant bits of a size s for which every sum of [`super::MAX_WORKERS`] numbers sk/16, |k| ≤ 16, is an
/// `f64`: the integer Σk has at most 9 bits, and 44 + 9 = 53.
const SIZE_BITS: u32 = 44;

/// n vectors of length d by rows: random multiples of `size` and at last minus their sum. Where that
/// sum would be rounded, the size is shortened to a number for which it is not.
///
/// # Errors
/// When the size is not finite, or so large that a sum has no `f64`.
pub(super) fn balanced(
    family: &str,
    workers: usize,
    dimension: usize,
    size: f64,
    rng: &mut impl Rng,
) -> Result<Vec<f64>, ProblemError> {
    exact_number(family, size)?;
    let fractions: Vec<f64> =
        (0..workers.saturating_sub(1) * dimension).map(|_| short_fraction(FRACTION_BITS, rng)).collect();
    let of_size = |size: f64| {
        let drawn = fractions.iter().map(|fraction| size * fraction);
        let last = (0..dimension).map(|j| -drawn.clone().skip(j).step_by(dimension).sum::<f64>());
        drawn.clone().chain(last).collect::<Vec<f64>>()
    };
    let rows = of_size(size);
    if verify_balanced(family, "shifts", &rows, dimension).is_ok() {
        return Ok(rows);
    }
    let mut shortened = size;
    shortened.round_significant_assign(SIZE_BITS);
    let rows = of_size(shortened);
    if rows.iter().all(|x| x.is_finite()) {
        verify_balanced(family, "shifts", &rows, dimension)?;
        Ok(rows)
    } else {
        Err(ProblemError::new(family, format!("a spread of {size:e} is too large for {workers} workers")))
    }
}

/// Refuses vectors, given by rows of length d, that do not add up to zero exactly.
///
/// # Errors
/// Names the numbers and their sum; also when a number is not finite.
pub(super) fn verify_balanced(family: &str, what: &str, rows: &[f64], dimension: usize) -> Result<(), ProblemError> {
    for j in 0..dimension {
        let entries: Vec<f64> = rows.iter().skip(j).step_by(dimension).copied().collect();
        let mut sum = Rational::new();
        for x in &entries {
            sum += exact_number(family, *x)?;
        }
        if sum != 0 {
            let listed: Vec<String> = entries.iter().map(f64::to_string).collect();
            let place = if dimension == 1 { String::new() } else { format!(" in coordinate {}", j + 1) };
            let (listed, sum) = (listed.join(", "), nearest_f64(&sum));
            let reason = format!("the {what} must add up to zero exactly, and{place} {listed} add up to {sum:e}");
            return Err(ProblemError::new(family, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::problem::MAX_WORKERS;

    fn rows(workers: usize, dimension: usize, size: f64, seed: u64) -> Result<Vec<f64>, ProblemError> {
        balanced("test", workers, dimension, size, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    #[test]
    fn a_size_whose_sums_are_exact_is_kept_and_another_is_hardly_changed() {
        let sizes = |rows: &[f64]| rows.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let kept = rows(8, 3, 4.0, 1).unwrap();
        assert!(kept.iter().all(|x| (x * 4.0).fract() == 0.0));
        for (x, short) in rows(8, 3, 0.1, 1).unwrap().iter().zip(&kept) {
            assert!((x * 40.0 - short).abs() < 1e-11 * sizes(&kept), "{x}, {short}");
        }
        // Two vectors always cancel.
        let pair = rows(2, 3, 0.1, 1).unwrap();
        assert!(pair[..3].iter().all(|x| (x / 0.1 * 16.0 - (x / 0.1 * 16.0).round()).abs() < 1e-12));
    }

    #[test]
    fn reject_sums_that_are_off_by_the_last_bit_and_name_the_numbers() {
        let error = verify_balanced("test", "tilts", &[0.1, 0.2, -0.3], 1).unwrap_err().to_string();
        for part in ["tilts", "0.1, 0.2, -0.3", "2.7755575615628914e-17"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(verify_balanced("test", "shifts", &[1.0, 5e-324, -1.0, 0.0], 2).is_err());
        assert!(verify_balanced("test", "shifts", &[1.0, f64::INFINITY, -1.0, f64::NEG_INFINITY], 2).is_err());
        assert!(verify_balanced("test", "shifts", &[1.0, 0.1, -1.0, -0.1], 2).is_ok());
        for size in [f64::NAN, f64::INFINITY, f64::MAX] {
            assert!(rows(MAX_WORKERS, 8, size, 3).is_err(), "{size}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: crate::effort::cases(300), rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn sizes_of_any_bits_give_vectors_that_add_up_to_zero(
            workers in 1..=MAX_WORKERS, dimension in 1..9usize, bits in any::<u64>(), seed in any::<u64>(),
        ) {
            let size = f64::from_bits(bits);
            match rows(workers, dimension, size, seed) {
                Ok(rows) => {
                    prop_assert_eq!(rows.len(), workers * dimension);
                    prop_assert!(verify_balanced("test", "shifts", &rows, dimension).is_ok());
                    prop_assert!(workers == 1 || size.abs() < 1e-300 || rows.iter().any(|x| *x != 0.0) || dimension < 3);
                }
                Err(_) => prop_assert!(!size.is_finite() || size.abs() > f64::MAX / 64.0, "{size:e}"),
            }
        }
    }
}
