//! Confidence limits that hold for every distribution and every number of replicates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

/// A number with confidence limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limited {
    /// The estimate; `None` where it is not finite.
    pub value: Option<f64>,
    /// Lower and upper limit; `None` where the sample is too small for one, or it is not finite.
    pub limits: [Option<f64>; 2],
}

impl Limited {
    /// An estimate with its limits.
    #[must_use]
    pub fn new(value: f64, limits: [f64; 2]) -> Self {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        Limited { value: finite(value), limits: limits.map(finite) }
    }

    /// A number that is known.
    #[must_use]
    pub fn known(value: f64) -> Self {
        Limited::new(value, [value, value])
    }

    /// Whether the number is certainly above `x`.
    #[must_use]
    pub fn is_above(&self, x: f64) -> bool {
        self.limits[0].is_some_and(|lower| lower > x)
    }

    /// Whether the number is certainly below `x`.
    #[must_use]
    pub fn is_below(&self, x: f64) -> bool {
        self.limits[1].is_some_and(|upper| upper < x)
    }
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
    Limited::new(s / n, [lower, upper])
}

/// The sample median with two order statistics as limits, which miss the median with probability at
/// most `delta` for independent replicates. Values may be infinite; none may be NaN.
#[must_use]
pub fn median(values: &[f64], delta: f64) -> Limited {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 {
        return Limited::new(f64::NAN, [f64::NEG_INFINITY, f64::INFINITY]);
    }
    let value = if n % 2 == 1 { sorted[n / 2] } else { midpoint(sorted[n / 2 - 1], sorted[n / 2]) };
    // P(X_(l+1) > median) = P(at most l values are ≤ median) ≤ P(Bin(n, ½) ≤ l).
    let miss = |l: usize| Binomial::new(0.5, n as u64).map_or(1.0, |b| b.cdf(l as u64));
    let below = (0..n / 2).take_while(|l| miss(*l) <= delta / 2.0).last();
    let limits = below.map_or([f64::NEG_INFINITY, f64::INFINITY], |l| [sorted[l], sorted[n - 1 - l]]);
    Limited::new(value, limits)
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
        let [lower, upper] = three.limits.map(Option::unwrap);
        assert!((lower - 0.066_739).abs() < 1e-4 && (upper - 0.652_453).abs() < 1e-4, "{three:?}");
        assert_eq!(share(0, 10, 0.05).limits[0], Some(0.0));
        assert_eq!(share(10, 10, 0.05).limits[1], Some(1.0));
        assert!((share(0, 10, 0.05).limits[1].unwrap() - (1.0 - 0.025f64.powf(0.1))).abs() < 1e-6);
    }

    #[test]
    fn the_median_lies_between_order_statistics_of_the_right_rank() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        // Bin(10, ½): P(≤ 1) = 0.0107 ≤ 0.025 < P(≤ 2), so the second and ninth values.
        assert_eq!(median(&values, 0.05), Limited::new(5.5, [2.0, 9.0]));
    }

    #[test]
    fn a_sample_too_small_for_its_error_has_no_limits() {
        assert_eq!(median(&[1.0, 2.0, 3.0], 0.01).limits, [None, None]);
    }
}
