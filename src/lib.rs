//! Theorems that run.
#![warn(missing_docs)]

pub mod inference;
pub mod method;
pub mod number;
pub mod oracle;
pub mod problem;
pub mod statement;
