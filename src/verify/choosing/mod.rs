//! Which instances a statement is tried on.

pub mod corpus;
pub mod estimates;
pub mod parameter_values;
pub mod plan;
pub mod spread;
mod templates;
pub mod witness;
