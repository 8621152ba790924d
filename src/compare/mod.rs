//! Methods side by side: which has the lower floor, which is faster, and by how much.
//!
//! A comparison is a file, as a statement is: problems, estimates, contenders. All contenders run on
//! the same streams, so that their differences are paired. What is reported are medians and shares of
//! wins with limits that hold for every distribution; there is no verdict here, and nothing that a
//! statement's verdict rests on. Beside each floor stand the bounds that the named statements give.

mod arena;
mod comparison;
mod error;
mod report;
mod runs;

pub use arena::{rounds, run};
pub use comparison::{Comparison, Contender, ids, read, shipped};
pub use error::CompareError;
pub use report::{CompareReport, ContenderResult, Duel, DuelResult, Prediction, Round, SCHEMA_VERSION, StepRule};
