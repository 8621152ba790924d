//! Instances on which a statement is tightest, or false.

pub mod climb;
pub mod cma;
pub mod evaluator;
pub mod grow;
pub mod inside;
pub mod seed_instances;
pub mod settle;
pub mod shrink;
pub mod states;
pub mod trend;
pub mod worst;
