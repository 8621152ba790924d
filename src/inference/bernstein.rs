//! Anytime confidence limits of a bounded mean: the predictable plug-in empirical Bernstein
//! confidence sequence (Waudby-Smith and Ramdas, arXiv 2010.09686, Theorem 2), each side at its own level.

/// Limits of `E[X]` for X in `[lower, upper]`, valid at all times at once.
#[derive(Clone, Debug)]
pub struct BernsteinLimits {
    lower: f64,
    scale: f64,
    log_inverse_level: f64,
    count: f64,
    sum: f64,
    squares: f64,
    weights: f64,
    weighted: f64,
    penalty: f64,
}

impl BernsteinLimits {
    /// For samples in [lower, upper]; each limit fails ever with probability at most `level`.
    #[must_use]
    pub fn new(lower: f64, upper: f64, level: f64) -> Self {
        BernsteinLimits {
            lower,
            scale: upper - lower,
            log_inverse_level: -level.ln(),
            count: 0.0,
            sum: 0.0,
            squares: 0.0,
            weights: 0.0,
            weighted: 0.0,
            penalty: 0.0,
        }
    }

    /// Takes a sample, which the caller has checked to lie in the range.
    pub fn observe(&mut self, sample: f64) {
        let x = ((sample - self.lower) / self.scale).clamp(0.0, 1.0);
        // Everything that weighs this sample is known before it: mean, variance and weight.
        let mean = (0.5 + self.sum) / (self.count + 1.0);
        let variance = (0.25 + self.squares) / (self.count + 1.0);
        let t = self.count + 1.0;
        let lambda = (2.0 * self.log_inverse_level / (variance * t * (1.0 + t).ln())).sqrt().min(0.5);
        let psi = -(-lambda).ln_1p() - lambda;
        self.weights += lambda;
        self.weighted += lambda * x;
        self.penalty += (x - mean) * (x - mean) * psi;
        self.count = t;
        self.sum += x;
        let updated = (0.5 + self.sum) / (t + 1.0);
        self.squares += (x - updated) * (x - updated);
    }

    /// The limits now, rounded outward; the whole range before the first sample.
    #[must_use]
    pub fn limits(&self) -> [f64; 2] {
        if self.weights == 0.0 {
            return [self.lower, self.lower + self.scale];
        }
        let centre = self.weighted / self.weights;
        // Generous room for the rounding of the sums.
        let radius = (self.log_inverse_level + self.penalty) / self.weights * (1.0 + 1e-9) + 1e-12;
        [
            (self.lower + self.scale * (centre - radius)).max(self.lower),
            (self.lower + self.scale * (centre + radius)).min(self.lower + self.scale),
        ]
    }
}
