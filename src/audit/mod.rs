//! What a referee asks of a statement: which of its constants matter, how much room each has, and the
//! worst instance that shows it.

pub mod mutation;
pub mod running;
pub mod search;
pub mod tuning;
