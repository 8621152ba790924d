//! Eigenvalues and singular values of random instances.

use super::ProblemError;
use super::free::LARGEST_CONDITION;

/// `count` values from 1 down to 1/κ in geometric order, rounded to 8 significant bits.
#[must_use]
pub fn geometric_spectrum(count: usize, condition: f64) -> Vec<f64> {
    (0..count)
        .map(|j| {
            let t = if count == 1 { 0.0 } else { j as f64 / (count - 1) as f64 };
            let value = condition.powf(-t);
            let scale = 2f64.powi(7 - value.log2().floor() as i32);
            (value * scale).round() / scale
        })
        .collect()
}

/// κ, where it is a condition number.
///
/// # Errors
/// When it is not between 1 and the largest that a family has.
pub fn checked_condition(family: &str, condition: f64) -> Result<f64, ProblemError> {
    if condition.is_finite() && (1.0..=LARGEST_CONDITION).contains(&condition) {
        Ok(condition)
    } else {
        let reason = format!("condition number {condition} is not between 1 and {LARGEST_CONDITION:e}");
        Err(ProblemError::new(family, reason))
    }
}
