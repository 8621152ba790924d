//! Theorems that run.
#![warn(missing_docs)]

pub mod inference;
pub mod number;
pub mod problem;
pub mod statement;
