//! Methods as data: a file that says what one step of a first-order method does, and what runs it in any
//! arithmetic.
//!
//! [`mod@file`] reads it, [`tree`] is what it says, [`program`] compiles that to operations on registers, and
//! [`machine`] runs these.

mod check;
mod coordinates;
pub mod file;
pub mod library;
pub mod machine;
pub mod moves;
mod partial;
pub mod program;
pub mod tree;
