//! Testing `E[L] ≤ R` both ways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::mixture::Mixture;

/// What is known of a sample's distribution. Lower bounds are below every sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "class")]
pub enum TailClass {
    /// L ≥ lower: can refute, never support.
    BoundedBelow {
        /// a.
        lower: f64,
    },
    /// lower ≤ L ≤ upper.
    Bounded {
        /// a.
        lower: f64,
        /// B.
        upper: f64,
    },
    /// 0 ≤ L and `E[L²]` ≤ bound.
    SecondMoment {
        /// v.
        bound: f64,
    },
}

/// What a test found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// `E[L] ≤ R` is shown.
    Supported,
    /// `E[L] ≤ R` is refuted.
    Refuted,
}

/// Why a sample cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InferenceError {
    /// NaN or an infinity.
    #[error("a sample is not a finite number: {0}")]
    NotFinite(f64),
    /// Outside the range that the tail class declares.
    #[error("a sample {sample} lies outside its proved range [{lower}, {upper}]")]
    OutOfRange {
        /// The sample.
        sample: f64,
        /// a.
        lower: f64,
        /// B.
        upper: f64,
    },
}

const REFUTING_BETS: u32 = 12;
const SUPPORTING_BETS: u32 = 14;
const LARGEST_BET: f64 = 0.999;
/// Samples that are this many times the bound count as no more, so that all stays finite.
const LARGEST_SHARE: f64 = 1e300;

/// Both one-sided tests of `E[L] ≤ R`, each at the full δ. R is enclosed by `[rhs_lower, rhs_upper]`.
#[derive(Clone, Debug)]
pub struct MeanTest {
    tail: TailClass,
    rhs: [f64; 2],
    threshold: f64,
    refuting: Option<Mixture>,
    supporting: Option<Mixture>,
    decision: Option<Decision>,
    count: u64,
    mean: f64,
    squares: f64,
}

impl MeanTest {
    /// A test at level `delta`.
    ///
    /// Where the tail class alone shows the claim, or R < a, it is decided without a sample.
    ///
    /// # Errors
    /// When an end of the enclosure is not finite.
    pub fn new(tail: TailClass, rhs: [f64; 2], delta: f64) -> Result<Self, InferenceError> {
        if let Some(bad) = rhs.iter().find(|x| !x.is_finite()) {
            return Err(InferenceError::NotFinite(*bad));
        }
        let (lower, _) = tail.range();
        let decision = if tail.mean_is_at_most(rhs[0]) {
            Some(Decision::Supported)
        } else if lower > rhs[1] {
            Some(Decision::Refuted)
        } else {
            None
        };
        let product = |largest, count| Some(Mixture::new(largest, count));
        // A bound at the lower end leaves no room to bet in.
        let refuting = if rhs[1] <= lower { None } else { product(LARGEST_BET, REFUTING_BETS) };
        let supporting = match tail {
            TailClass::BoundedBelow { .. } => None,
            TailClass::Bounded { upper, .. } => {
                product(LARGEST_BET / (upper - rhs[0]).max(f64::MIN_POSITIVE), SUPPORTING_BETS)
            }
            TailClass::SecondMoment { .. } if rhs[0] > 0.0 => product(2.0 / rhs[0], SUPPORTING_BETS),
            TailClass::SecondMoment { .. } => None,
        };
        Ok(MeanTest {
            tail,
            rhs,
            threshold: -delta.ln(),
            refuting,
            supporting,
            decision,
            count: 0,
            mean: 0.0,
            squares: 0.0,
        })
    }

    /// Takes one sample. After a decision samples still enter the estimate but not the decision.
    ///
    /// # Errors
    /// When the sample is not finite or contradicts the declared range.
    pub fn observe(&mut self, sample: f64) -> Result<(), InferenceError> {
        if !sample.is_finite() {
            return Err(InferenceError::NotFinite(sample));
        }
        let (lower, upper) = self.tail.range();
        let slack = 1e-9 * (sample.abs() + lower.abs());
        if sample < lower - slack || sample > upper + slack {
            return Err(InferenceError::OutOfRange { sample, lower, upper });
        }
        self.count += 1;
        let delta = sample - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (sample - self.mean);
        if self.decision.is_none() {
            self.bet(sample);
        }
        Ok(())
    }

    fn bet(&mut self, sample: f64) {
        let [rhs_low, rhs_high] = self.rhs;
        let (lower, _) = self.tail.range();
        if let Some(mixture) = &mut self.refuting {
            // Z = (L − a)/(R − a), rounded down; its mean is at most one under the null.
            let z = (sample - lower) / (rhs_high - lower) * (1.0 - 4.0 * f64::EPSILON);
            let z = z.clamp(0.0, LARGEST_SHARE);
            mixture.observe(|bet| {
                let value = (bet * (z - 1.0)).ln_1p();
                // Rounding moves bet·(z − 1) by a part of bet·(z + 1), and the logarithm's slope
                // there is the inverse of the factor.
                (value, value.abs() + bet * (z + 1.0) / (1.0 + bet * (z - 1.0)))
            });
            if mixture.log_e_value() >= self.threshold {
                self.decision = Some(Decision::Refuted);
                return;
            }
        }
        if let Some(mixture) = &mut self.supporting {
            match self.tail {
                TailClass::BoundedBelow { .. } => {}
                TailClass::Bounded { .. } => mixture.observe(|bet| {
                    let stake = bet * (sample - rhs_low);
                    let value = (-stake).ln_1p();
                    (value, value.abs() + stake.abs() / (1.0 - stake).max(f64::MIN_POSITIVE))
                }),
                TailClass::SecondMoment { bound } => mixture.observe(|bet| {
                    let denominator = 1.0 - bet * rhs_low + bet * bet * bound / 2.0;
                    let value = -bet * sample - denominator.ln();
                    (value, value.abs() + bet * sample + (1.0 + bet * rhs_low + bet * bet * bound) / denominator)
                }),
            }
            if mixture.log_e_value() >= self.threshold {
                self.decision = Some(Decision::Supported);
            }
        }
    }

    /// The decision, once made.
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        self.decision
    }

    /// What it was told of the samples.
    #[must_use]
    pub fn tail(&self) -> TailClass {
        self.tail
    }

    /// Samples taken.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sample mean; NaN without samples.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// Unbiased sample variance; NaN with fewer than two samples. For description, never for a verdict.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// Largest log e-values so far: against the claim, and for it.
    #[must_use]
    pub fn best_log_e_values(&self) -> [f64; 2] {
        let best = |side: &Option<Mixture>| side.as_ref().map_or(0.0, Mixture::best_log_e_value);
        [best(&self.refuting), best(&self.supporting)]
    }
}

impl TailClass {
    /// Whether the class alone shows `E[L] ≤ limit`: by the largest sample, or as E L ≤ (E L²)^½.
    #[must_use]
    pub fn mean_is_at_most(&self, limit: f64) -> bool {
        match self {
            TailClass::Bounded { upper, .. } => *upper <= limit,
            TailClass::SecondMoment { bound } => limit > 0.0 && *bound <= (limit * limit).next_down(),
            _ => false,
        }
    }

    /// What every sample lies between.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        match self {
            TailClass::BoundedBelow { lower } => (*lower, f64::INFINITY),
            TailClass::Bounded { lower, upper } => (*lower, *upper),
            TailClass::SecondMoment { .. } => (0.0, f64::INFINITY),
        }
    }
}

/// Testing `min_k E[X_k] ≤ R` with `X_k ≥ a`: refuted only when every k is (an intersection–union test:
/// under the null some k has `E[X_k] ≤ R`, and its wealth is at least the least one).
#[derive(Clone, Debug)]
pub struct MinimumTest {
    tests: Vec<MeanTest>,
}

impl MinimumTest {
    /// One test for each k, each at the full `delta`.
    ///
    /// # Errors
    /// As [`MeanTest::new`].
    pub fn new(count: usize, lower: f64, rhs: [f64; 2], delta: f64) -> Result<Self, InferenceError> {
        let test = MeanTest::new(TailClass::BoundedBelow { lower }, rhs, delta)?;
        Ok(MinimumTest { tests: vec![test; count] })
    }

    /// Takes one sample of every X_k.
    ///
    /// # Errors
    /// As [`MeanTest::observe`].
    pub fn observe(&mut self, samples: &[f64]) -> Result<(), InferenceError> {
        self.tests.iter_mut().zip(samples).try_for_each(|(test, sample)| test.observe(*sample))
    }

    /// Whether every k is refuted.
    #[must_use]
    pub fn refuted(&self) -> bool {
        !self.tests.is_empty() && self.tests.iter().all(|t| t.decision() == Some(Decision::Refuted))
    }
}
