//! Proofs for all parameters: from a statement to linear algebra, multipliers that show it, and their check.

pub mod certificate;
pub mod check;
pub mod find;
pub mod problem;
pub mod translate;
