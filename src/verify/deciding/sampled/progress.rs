//! What the samples of a cell have shown so far.

use super::Sample;
use super::claim::{Minimum, SampledClaim};
use super::rounding::Extremes;
use crate::inference::{BernsteinLimits, Decision, InferenceError, MeanTest, MinimumTest, TailClass, Verdict};
use crate::verify::CheckFailure;

pub(super) fn failure(replicate: u64, cause: &InferenceError) -> CheckFailure {
    match cause {
        InferenceError::NotFinite(_) => CheckFailure::NotFiniteSample { replicate },
        other => CheckFailure::BadSample { replicate, reason: other.to_string() },
    }
}

pub(super) struct ClaimProgress {
    pub test: MeanTest,
    pub minimum: Option<MinimumTest>,
    pub limits: Option<BernsteinLimits>,
    /// Of the linear samples, and of a minimum's bodies.
    pub extremes: Vec<Extremes>,
}

impl ClaimProgress {
    pub fn new(claim: &SampledClaim, share: f64) -> Result<Self, InferenceError> {
        let (against, tail) = if claim.holds_by_range() { (claim.rhs, claim.tail) } else { claim.tested };
        let test = MeanTest::new(tail, against, share)?;
        let minimum = claim.minimum.as_ref().map(|Minimum { range, lower, .. }| {
            let count = usize::try_from(range.end - range.start).unwrap_or(0);
            MinimumTest::new(count, *lower, claim.tested.0, share)
        });
        let limits = match claim.tail {
            TailClass::Bounded { lower, upper } => Some(BernsteinLimits::new(lower, upper, share / 2.0)),
            _ => None,
        };
        let extremes = vec![Extremes::new(); if minimum.is_some() { 2 } else { 1 }];
        Ok(ClaimProgress { test, minimum: minimum.transpose()?, limits, extremes })
    }

    pub fn observe(
        &mut self,
        claim: &SampledClaim,
        (linear, bodies): &(f64, Vec<f64>),
        replicate: u64,
    ) -> Result<(), InferenceError> {
        let linear = claim.allowance.into_range(*linear, self.test.tail().range());
        self.test.observe(linear)?;
        self.extremes[0].observe(linear, replicate);
        if let Some(limits) = &mut self.limits {
            limits.observe(linear);
        }
        if let (Some(test), Some(Minimum { lower, .. })) = (&mut self.minimum, &claim.minimum) {
            let above = (*lower, f64::INFINITY);
            let bodies: Vec<f64> = bodies.iter().map(|body| claim.allowance.into_range(*body, above)).collect();
            test.observe(&bodies)?;
            bodies.iter().for_each(|body| self.extremes[1].observe(*body, replicate));
        }
        Ok(())
    }

    pub fn supported(&self) -> bool {
        self.test.decision() == Some(Decision::Supported)
    }

    /// Whether no bound of the samples is proved: then a larger budget may never show the claim.
    pub fn is_unbounded(&self) -> bool {
        !matches!(self.test.tail(), TailClass::Bounded { .. })
    }

    /// The mean over steps may exceed the bound that the minimum obeys, so a minimum is refuted by
    /// its own test alone.
    pub fn refuted(&self) -> bool {
        match &self.minimum {
            Some(minimum) => minimum.refuted(),
            None => self.test.decision() == Some(Decision::Refuted),
        }
    }

    pub fn decided(&self) -> bool {
        self.supported() || self.refuted()
    }
}

pub(super) struct Progress {
    pub claims: Vec<ClaimProgress>,
    /// Replicates used.
    pub replicates: u64,
    /// The replicate of which a sample left its proved range, and how; nothing is sampled after it.
    pub outside: Option<(u64, String)>,
}

impl Progress {
    pub fn observe(&mut self, claims: &[SampledClaim], sample: &Sample, replicate: u64) -> Result<(), InferenceError> {
        self.claims
            .iter_mut()
            .zip(claims)
            .zip(sample)
            .try_for_each(|((progress, claim), sample)| progress.observe(claim, sample, replicate))
    }

    /// The first claim that the samples do not decide.
    pub fn undecided(&self) -> Option<(usize, String)> {
        let claim = self.claims.iter().position(|claim| !claim.decided())?;
        Some((claim, format!("{} replicates do not decide it", self.replicates)))
    }

    pub fn verdict(&self) -> Verdict {
        if self.claims.iter().any(ClaimProgress::refuted) {
            Verdict::Violated
        } else if self.claims.iter().all(ClaimProgress::supported) {
            Verdict::Holds
        } else if self.claims.iter().all(|c| c.supported() || c.is_unbounded()) {
            Verdict::NotRefuted
        } else {
            Verdict::Inconclusive
        }
    }
}
