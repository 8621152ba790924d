//! Changed statements, and what becomes of them.

pub mod constant_swap;
pub mod finding;
pub mod fingerprint;
pub mod margin;
pub mod mutate;
pub mod trial;
