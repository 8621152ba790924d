//! Theorems that run: every lemma and theorem is a statement file, and a check says whether the bound holds on
//! instances whose constants are proved, how tight it is, and where the counterexample is.
//!
//! ```
//! use lemmata::statement::load_text;
//! use lemmata::suite::Options;
//!
//! let text = r#"
//! id     = "step-decreases"
//! title  = "A gradient step decreases f"
//! kind   = "pathwise"
//! source = "folklore"
//! proof  = "none"
//! method = "gradient-descent"
//! estimates = [[]]
//! problems = [{ family = "diagonal-quadratic", spectrum = [1, 4] }]
//!
//! [parameters]
//! gamma = { in = "(0, 1/L]", try = ["1/L", "1/(2*L)"] }
//!
//! [claim]
//! for_all = "k in 0..K"
//! lhs = "f[k+1]"
//! rhs = "f[k] - gamma/2*norm2(grad[k])"
//! "#;
//! let report = lemmata::check(&[load_text("step-decreases.toml", text)?], &Options::default())?;
//! assert_eq!(report.exit_code(), lemmata::ExitCode::Success);
//! println!("{}", lemmata::report::render(&report));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`check!`] makes a test of a statement file in any crate. [`problem::register_family`],
//! [`oracle::register_source`] and [`oracle::register_operator`] bring along families, error sources and operators of
//! one's own; the folder `examples` has one program for each. Statements are described in `docs/statements.md`.
#![warn(missing_docs)]

pub mod algebra;
pub mod audit;
pub mod calibrate;
pub mod cli;
pub mod compare;
pub mod convex;
#[cfg(test)]
#[path = "../tests/effort/mod.rs"]
mod effort;
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
pub mod reference;
pub mod registry;
pub mod report;
pub mod statement;
pub mod suite;
mod text;
pub mod verify;

pub use exit::ExitCode;
pub use suite::check;
