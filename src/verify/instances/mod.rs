//! Statements bound to problems, estimates and parameters.

pub mod instance;
