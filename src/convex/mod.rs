//! Convex programs in floating point that guess what exact arithmetic then decides: a dense semidefinite solver
//! of our own, and a linear-program crate behind one function.

pub mod linear;
mod logarithms;
mod orthogonal;
pub mod semidefinite;
