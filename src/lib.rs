//! Theorems that run.
#![warn(missing_docs)]

pub mod algebra;
pub mod audit;
pub mod calibrate;
pub mod cli;
pub mod compare;
pub mod convex;
pub mod exit;
pub mod html;
pub mod inference;
pub mod journal;
pub mod method;
pub mod number;
pub mod oracle;
pub mod preset;
pub mod problem;
pub mod prove;
pub mod report;
pub mod statement;
pub mod suite;
mod text;
pub mod verify;
