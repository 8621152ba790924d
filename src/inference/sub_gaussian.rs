//! The normal mixture for conditionally sub-Gaussian sums (Howard et al., arXiv 1810.08240, Props. 4, 5).

use statrs::function::erf::erfc;

/// One-sided normal mixture, tuned to be sharpest at intrinsic time `v_opt`.
#[derive(Clone, Copy, Debug)]
pub struct SubGaussianMixture {
    rho: f64,
}

impl SubGaussianMixture {
    /// Tuned for intrinsic time `v_opt` at one-sided level `alpha`.
    #[must_use]
    pub fn new(v_opt: f64, alpha: f64) -> Self {
        let l = -2.0 * (2.0 * alpha).ln();
        SubGaussianMixture { rho: v_opt / (l + l.ln_1p()) }
    }

    /// The tuning parameter ρ.
    #[must_use]
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// ln M(s, v): the log e-value of a sum `s` of variables with total variance proxy `v`.
    #[must_use]
    pub fn log_e_value(&self, s: f64, v: f64) -> f64 {
        let total = v + self.rho;
        0.5 * (4.0 * self.rho / total).ln() + s * s / (2.0 * total) + log_normal_cdf(s / total.sqrt())
    }

    /// The boundary u with ln M(u, v) = ln(1/α): the sum stays below it forever with probability
    /// at least 1 − α. By bisection, rounded up.
    #[must_use]
    pub fn boundary(&self, v: f64, alpha: f64) -> f64 {
        let target = -alpha.ln();
        let (mut low, mut high) = (0.0, 1.0);
        while self.log_e_value(high, v) < target {
            high *= 2.0;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if self.log_e_value(middle, v) < target { low = middle } else { high = middle }
        }
        high
    }
}

/// A sum of variables with one variance proxy, watched by the mixture.
#[derive(Clone, Debug)]
pub(super) struct SubGaussianSum {
    mixture: SubGaussianMixture,
    proxy: f64,
    count: f64,
    sum: f64,
    /// Bound of the sum's rounding error.
    error: f64,
    best: f64,
}

/// The number of observations at which the mixture is sharpest: what a cell can afford to wait for.
const TYPICAL_COUNT: f64 = 1000.0;

impl SubGaussianSum {
    pub fn new(proxy: f64, delta: f64) -> Self {
        let mixture = SubGaussianMixture::new(TYPICAL_COUNT * proxy, delta.min(0.25));
        SubGaussianSum { mixture, proxy, count: 0.0, sum: 0.0, error: 0.0, best: 0.0 }
    }

    /// Adds a variable whose mean is at most zero under the null.
    pub fn observe(&mut self, x: f64) {
        self.count += 1.0;
        self.sum += x;
        self.error += f64::EPSILON * (self.sum.abs() + x.abs());
        self.best = self.best.max(self.log_e_value());
    }

    /// A lower bound: the mixture increases with the sum.
    pub fn log_e_value(&self) -> f64 {
        let v = self.count * self.proxy * (1.0 + 4.0 * f64::EPSILON);
        let value = self.mixture.log_e_value(self.sum - self.error, v);
        value - 1e-12 * (1.0 + value.abs())
    }

    pub fn best_log_e_value(&self) -> f64 {
        self.best
    }
}

/// ln Φ(x), stable far in the lower tail.
fn log_normal_cdf(x: f64) -> f64 {
    if x > -30.0 {
        return (0.5 * erfc(-x / std::f64::consts::SQRT_2)).ln();
    }
    // Mills' ratio: Φ(x) = φ(x)/|x| (1 − 1/x² + 3/x⁴ − …).
    let square = x * x;
    -0.5 * square - (-x).ln() - 0.5 * (2.0 * std::f64::consts::PI).ln()
        + (-1.0 / square + 3.0 / (square * square)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The golden values are those of the tests of Howard et al.'s own implementation.

    #[test]
    fn the_tuning_parameter_is_the_published_one() {
        // 12.60056 is tuned for two sides at 0.05, that is for one side at 0.025.
        assert!((SubGaussianMixture::new(100.0, 0.025).rho() - 12.600_56).abs() < 1e-5);
        assert!(
            (SubGaussianMixture::new(100.0, 0.05).rho() - 15.800_6).abs() < 1e-3,
            "{}",
            SubGaussianMixture::new(100.0, 0.05).rho()
        );
    }

    #[test]
    fn the_one_sided_mixture_has_the_published_value() {
        let value = SubGaussianMixture::new(100.0, 0.05).log_e_value(10.0, 100.0);
        assert!((value + 0.065_023_91).abs() < 1e-7, "{value}");
    }

    #[test]
    fn the_one_sided_boundary_is_the_published_one() {
        let boundary = SubGaussianMixture::new(100.0, 0.05).boundary(100.0, 0.05);
        assert!((boundary - 27.660_71).abs() < 1e-5, "{boundary}");
    }

    #[test]
    fn the_mixture_increases_with_the_sum() {
        let mixture = SubGaussianMixture::new(100.0, 1e-9);
        let values: Vec<f64> = (-400..400).map(|s| mixture.log_e_value(f64::from(s), 50.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_lower_tail_joins_smoothly() {
        let (left, right) = (log_normal_cdf(-30.000_001), log_normal_cdf(-29.999_999));
        assert!((left - right).abs() < 1e-4);
    }
}
