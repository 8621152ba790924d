//! What a referee asks of a statement: which of its constants matter, how much room each has, and the
//! worst instance that shows it.

pub mod advice;
pub mod bench;
pub mod cma;
pub mod fingerprint;
pub mod mutate;
pub mod pool;
pub mod search;
pub mod shrink;
pub mod trial;
