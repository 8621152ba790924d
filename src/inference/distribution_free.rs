//! Confidence limits that hold for every distribution and every number of replicates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

/// A number with confidence limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limited {
    /// The estimate.
    pub value: f64,
    /// Lower and upper limit; infinite where the sample is too small for one.
    pub limits: [f64; 2],
}

/// A share of `successes` in `count` independent trials with Clopper–Pearson limits that miss the
/// probability with probability at most `delta`.
#[must_use]
pub fn share(successes: u64, count: u64, delta: f64) -> Limited {
    let (s, n) = (successes as f64, count as f64);
    // Shapes are positive by the guards, so both distributions exist.
    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
    let lower = if successes == 0 { 0.0 } else { quantile(s, n - s + 1.0, delta / 2.0) };
    let upper = if successes >= count { 1.0 } else { quantile(s + 1.0, n - s, 1.0 - delta / 2.0) };
    Limited { value: if count == 0 { f64::NAN } else { s / n }, limits: [lower, upper] }
}

/// The sample median with two order statistics as limits, which miss the median with probability at
/// most `delta` for independent replicates. Values may be infinite; none may be NaN.
#[must_use]
pub fn median(values: &[f64], delta: f64) -> Limited {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 {
        return Limited { value: f64::NAN, limits: [f64::NEG_INFINITY, f64::INFINITY] };
    }
    let value = if n % 2 == 1 { sorted[n / 2] } else { midpoint(sorted[n / 2 - 1], sorted[n / 2]) };
    // P(X_(l+1) > median) = P(at most l values are ≤ median) ≤ P(Bin(n, ½) ≤ l).
    let miss = |l: usize| Binomial::new(0.5, n as u64).map_or(1.0, |b| b.cdf(l as u64));
    let below = (0..n / 2).take_while(|l| miss(*l) <= delta / 2.0).last();
    let limits = below.map_or([f64::NEG_INFINITY, f64::INFINITY], |l| [sorted[l], sorted[n - 1 - l]]);
    Limited { value, limits }
}

fn midpoint(a: f64, b: f64) -> f64 {
    if a == b { a } else { a / 2.0 + b / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_textbook_limits() {
        // 3 of 10 at 95 %: 0.06674 and 0.65245.
        let three = share(3, 10, 0.05);
        assert!((three.limits[0] - 0.066_739).abs() < 1e-4 && (three.limits[1] - 0.652_453).abs() < 1e-4, "{three:?}");
        assert_eq!(share(0, 10, 0.05).limits[0], 0.0);
        assert_eq!(share(10, 10, 0.05).limits[1], 1.0);
        assert!((share(0, 10, 0.05).limits[1] - (1.0 - 0.025f64.powf(0.1))).abs() < 1e-6);
    }

    #[test]
    fn the_median_lies_between_order_statistics_of_the_right_rank() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        // Bin(10, ½): P(≤ 1) = 0.0107 ≤ 0.025 < P(≤ 2), so the second and ninth values.
        assert_eq!(median(&values, 0.05), Limited { value: 5.5, limits: [2.0, 9.0] });
    }

    #[test]
    fn a_sample_too_small_for_its_error_has_no_limits() {
        assert_eq!(median(&[1.0, 2.0, 3.0], 0.01).limits, [f64::NEG_INFINITY, f64::INFINITY]);
    }
}
