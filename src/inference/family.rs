//! Many cells: family-wise error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Weighted e-Bonferroni: statistical cell i of `cells` may err with probability δ/cells, whatever
/// the dependence between cells and however long each is watched (union of Ville's inequalities).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBudget {
    /// Family-wise δ.
    pub delta: f64,
    /// Statistical tests that share it.
    pub tests: u64,
}

impl ErrorBudget {
    /// Why its δ is no probability of an error, if it is none.
    #[must_use]
    pub fn defect(&self) -> Option<String> {
        (!(self.delta > 0.0 && self.delta < 1.0)).then(|| format!("delta = {} is not between 0 and 1", self.delta))
    }

    /// The share of one test.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.delta / self.tests.max(1) as f64
    }
}
