//! What a referee asks of a statement: which of its constants matter, how much room each has, and the
//! worst instance that shows it.

pub mod bench;
pub mod cma;
pub mod constant_swap;
pub mod finding;
pub mod fingerprint;
pub mod grow;
pub mod inside;
pub mod margin;
pub mod mutate;
pub mod pool;
pub mod report;
pub mod run;
pub mod search;
pub mod settle;
pub mod shrink;
pub mod states;
pub mod target;
pub mod trend;
pub mod trial;
pub mod tuning;
pub mod worst;
