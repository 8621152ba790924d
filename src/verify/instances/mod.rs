//! Statements bound to problems, estimates and parameters.

mod error;
mod instance;
mod numbers;
mod spec;

pub use error::InstanceError;
pub use instance::{HYPOTHESIS_BITS, Instance};
pub(crate) use numbers::{
    base_environment, bound_admits, builtin_position, builtins, enclosure, given, missing_of_problem,
};
pub use spec::{CellSpec, Start};
