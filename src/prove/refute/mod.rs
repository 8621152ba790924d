//! Exact counterexamples: numbers, a Gram matrix and values of f that obey all facts of a problem and not the claim.

mod counterexample;
mod exact;
mod search;

pub use counterexample::Counterexample;
pub use exact::{CounterexampleFlaw, check};
pub use search::{Search, at_point, search};
