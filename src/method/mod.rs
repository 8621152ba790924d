//! Momentum under an estimated gradient, and the traces that its runs leave.
//!
//! v_k = (1−β)v_{k−1} + βg_k, x_{k+1} = x_k − γ_k v_k; β = 1 is SGD (theory, section 0).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod emission;
pub mod language;
mod run;
mod table;
mod trace;

pub use emission::{Emission, End, Legality, StoredRun};
pub use run::{Emitted, Experiment, Workspace, start_error, visited_gradient_bound};
pub use table::{Quantity, Table};
pub use trace::{KnownTrace, Limit, OutcomeTrace, RunTrace, Stored, Until};

/// Where the momentum buffer starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// v_{−1} = 0.
    Zero,
    /// v_{−1} = g_0, hence v_0 = g_0.
    FirstGradient,
}

/// Step size, momentum parameter and start.
#[derive(Clone, Debug, PartialEq)]
pub struct Momentum {
    /// β ∈ (0, 1].
    pub beta: f64,
    /// γ_0, …, γ_{K−1}, taken as exact numbers.
    pub steps: Vec<f64>,
    /// Start of the buffer.
    pub start: Start,
    /// τ, for the rival that moves along clip_τ(v_k) in place of v_k: x_{k+1} = x_k − γ_k clip_τ(v_k).
    /// No statement speaks of it; comparisons run it.
    pub clip_direction: Option<f64>,
}

impl Momentum {
    /// γ_k for k < K; γ_{−1} reads as γ_0.
    #[must_use]
    pub fn step(&self, k: i64) -> Option<f64> {
        let k = if k == -1 { 0 } else { k };
        self.steps.get(usize::try_from(k).ok()?).copied()
    }
}
