//! Both sides of one comparison in binary64: a look, no evidence.

use crate::statement::Form;

/// One comparison at a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approximation {
    /// Which claim of the statement, from 0.
    pub claim: usize,
    /// Index k of a claim that has one, else the horizon K.
    pub k: i64,
    /// K of the instance that it is.
    pub horizon: usize,
    /// Which trajectory.
    pub replicate: u64,
    /// Which row of points of it, for claims about the estimate.
    pub row: usize,
    /// Left-hand side.
    pub lhs: f64,
    /// Right-hand side.
    pub rhs: f64,
    /// Sum of the absolute values of both sides' terms, those of the objective's values taken together.
    pub scale: f64,
    /// How far rounding may have moved rhs − lhs.
    pub rounding: f64,
    /// How far sampling may have.
    pub sampling: f64,
}

impl Approximation {
    /// Where it is made.
    #[must_use]
    pub fn place(&self) -> (usize, i64, usize, u64, usize) {
        (self.claim, self.k, self.horizon, self.replicate, self.row)
    }

    /// By how much the claim fails there, as a share of the scale and after all doubt; negative
    /// where it holds.
    #[must_use]
    pub fn excess(&self, form: Form) -> f64 {
        let difference = self.lhs - self.rhs;
        let difference = if form == Form::Identity { difference.abs() } else { difference };
        if self.scale > 0.0 { (difference - self.rounding - self.sampling) / self.scale } else { 0.0 }
    }

    /// lhs/rhs where both are nonnegative, and more than rounding.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.lhs >= 0.0 && self.rhs > 1e6 * self.rounding && self.rhs > 0.0)
            .then(|| self.lhs / self.rhs)
            .filter(|ratio| ratio.is_finite())
    }
}
