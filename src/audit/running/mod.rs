//! A whole audit of many statements, and its report.

pub mod report;
pub mod run;
pub mod target;
