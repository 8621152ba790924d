//! A mixture of nonnegative supermartingales over a grid of bets.

/// Σⱼ wⱼ Πₜ factor(λⱼ, observation t), in logarithms, with equal weights. If every factor has
/// conditional mean at most one under the null, the mixture is a nonnegative supermartingale that
/// starts at one, and by Ville's inequality it ever reaches 1/δ with probability at most δ.
///
/// Each log-wealth carries a bound of its rounding error, which is subtracted before it is compared
/// with a threshold: rounding only ever delays a verdict.
#[derive(Clone, Debug)]
pub struct Mixture {
    bets: Vec<f64>,
    log_wealth: Vec<f64>,
    error: Vec<f64>,
    now: f64,
    best: f64,
}

impl Mixture {
    /// Bets `largest·2⁻ʲ` for j = 0, …, count − 1.
    #[must_use]
    pub fn new(largest: f64, count: u32) -> Self {
        let bets: Vec<f64> = (0..count).map(|j| largest * 0.5f64.powi(j as i32)).collect();
        let zeros = vec![0.0; bets.len()];
        let mut mixture = Mixture { log_wealth: zeros.clone(), error: zeros, bets, now: 0.0, best: 0.0 };
        mixture.now = mixture.mixed();
        mixture
    }

    /// Multiplies each product by its factor; `log_factor(bet)` may err by a few units in the last
    /// place of its own terms, whose magnitude it returns beside the value.
    pub fn observe(&mut self, log_factor: impl Fn(f64) -> (f64, f64)) {
        for ((wealth, error), bet) in self.log_wealth.iter_mut().zip(&mut self.error).zip(&self.bets) {
            let (value, magnitude) = log_factor(*bet);
            *wealth += value;
            *error += 8.0 * f64::EPSILON * (magnitude + wealth.abs());
        }
        self.now = self.mixed();
        self.best = self.best.max(self.now);
    }

    /// A lower bound of the logarithm of the mixture now.
    #[must_use]
    pub fn log_e_value(&self) -> f64 {
        self.now
    }

    fn mixed(&self) -> f64 {
        let lower = |i: usize| self.log_wealth[i] - self.error[i];
        let top = (0..self.bets.len()).map(lower).fold(f64::NEG_INFINITY, f64::max);
        if top == f64::NEG_INFINITY {
            return top;
        }
        let sum: f64 = (0..self.bets.len()).map(|i| (lower(i) - top).exp()).sum();
        top + sum.ln() - (self.bets.len() as f64).ln() - 1e-12 * (1.0 + top.abs())
    }

    /// The largest value of [`Mixture::log_e_value`] so far (zero at the start).
    #[must_use]
    pub fn best_log_e_value(&self) -> f64 {
        self.best
    }
}
