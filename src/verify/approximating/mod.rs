//! Both sides of comparisons in binary64: pictures and what a search climbs on, no evidence.

pub mod a_priori_bound;
pub mod approximate;
pub mod approximation;
pub mod curve;
pub mod replay_table;
pub mod sweep;
