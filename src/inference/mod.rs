//! Anytime-valid verdicts on means: betting tests, their multiplicity, and what verdicts mean.
//!
//! A claim `E[L] ≤ R` has two one-sided nulls. Rejecting `E[L] ≤ R` refutes it and needs only a lower
//! bound of L; rejecting `E[L] ≥ R` supports it and needs knowledge of L's upper tail. Exactly one of
//! the two nulls is true, so both tests may use the cell's full share of the error.

mod bernstein;
pub mod distribution_free;
mod family;
mod mean_test;
mod mixture;
mod verdict;

pub use bernstein::BernsteinLimits;
pub use family::ErrorBudget;
pub use mean_test::{Decision, InferenceError, MeanTest, MinimumTest, TailClass};
pub use mixture::Mixture;
pub use verdict::{Evidence, Verdict};
