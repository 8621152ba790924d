//! An error source and an operator of one's own: an estimate whose first coordinate is stuck at zero, and a compressor
//! that halves every coordinate.
//!
//! Stuck: e = −g₁·(1, 0, …), so ‖e‖² ≤ ‖g‖² and B = 1. Halving: ‖u/2 − u‖² = ¼‖u‖², so it is ¾-contractive.
//!
//! `cargo run --release --example own_oracle`

use std::sync::Arc;

use lemmata::ExitCode;
use lemmata::oracle::operator::{Guarantee, Map};
use lemmata::oracle::{
    Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail, register_operator,
    register_source,
};
use lemmata::problem::DynProblem;
use lemmata::statement::load_text;
use lemmata::suite::Options;
use rug::Rational;

#[derive(Debug)]
struct Stuck;

impl Source for Stuck {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size: Some([Rational::from(1), Rational::new()]),
            attained: false,
            tail: Tail::sure(Rational::from(1), Rational::new()),
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(&self, at: &EstimateQuery<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        out[0].sub_assign(&at.gradient[0]);
    }
}

#[derive(Debug)]
struct Halve;

impl Map for Halve {
    fn guarantee(&self, _: usize) -> Option<Guarantee> {
        Some(Guarantee::Contraction(Rational::from((3, 4))))
    }
    fn proves(&self, is: &str) -> bool {
        matches!(is, "contractive" | "contractive-in-mean")
    }
    fn compares(&self) -> bool {
        false
    }
    fn error<S: Estimable>(&self, u: &[S], _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        for (out, u) in out.iter_mut().zip(u) {
            *out = u.clone();
            out.mul_f64(-0.5);
        }
    }
}

const STATEMENT: &str = r#"
id     = "error-is-relative"
title  = "The error of the estimate is at most B times the squared gradient"
kind   = "oracle"
source = "this file"
proof  = "none"
problems = [{ family = "quadratic", dimension = 3, condition = 4.0, seed = 1 }, { family = "heterogeneous-quadratic", dimension = 2, workers = 2, condition = 4.0, spread = 0.0, seed = 2 }]
estimates = [
  [{ source = "own", of = "stuck" }],
  [{ source = "each-worker", operator = { name = "own", of = "halve" } }],
]

[claim]
for_all = "k in 0..K"
lhs = "norm2(e[k])"
rhs = "B*norm2(grad[k])"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    register_source("stuck", |_, _| Ok(Arc::new(Stuck)))?;
    register_operator("halve", |_| Ok(Arc::new(Halve)))?;
    let report = lemmata::check(&[load_text("error-is-relative.toml", STATEMENT)?], &Options::default())?;
    println!("{}", lemmata::report::render(&report));
    assert_eq!(report.exit_code(), ExitCode::Success);
    Ok(())
}
