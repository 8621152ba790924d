//! What a referee asks of a statement: which of its constants matter, how much room each has, and the
//! worst instance that shows it.

pub mod advice;
pub mod bench;
pub mod cma;
pub mod finding;
pub mod fingerprint;
pub mod grow;
pub mod inside;
pub mod mutate;
pub mod pool;
pub mod relative;
pub mod report;
pub mod room;
pub mod run;
pub mod search;
pub mod settle;
pub mod shrink;
pub mod states;
pub mod target;
pub mod trend;
pub mod trial;
pub mod worst;
