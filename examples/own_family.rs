//! A problem family of one's own: f(x) = Σ √(1 + xⱼ²), with what is proved of it.
//!
//! h(t) = √(1 + t²) has h′(t) = t/√(1 + t²) and h″(t) = (1 + t²)^(−3/2) ∈ (0, 1], so ∇f is 1-Lipschitz, f is convex, and
//! f* = d, attained at 0 alone. As |h′| < 1, ‖∇f‖ < √d ≤ d.
//!
//! `cargo run --release --example own_family`

use std::sync::Arc;

use lemmata::ExitCode;
use lemmata::number::Scalar;
use lemmata::problem::{Constants, Problem, Scratch, register_family};
use lemmata::statement::load_text;
use lemmata::suite::Options;
use rug::Rational;

#[derive(Debug)]
struct PseudoHuber {
    dimension: usize,
    constants: Constants,
}

impl PseudoHuber {
    fn new(dimension: usize) -> Self {
        let constants = Constants {
            smoothness: Some(Rational::from(1)),
            lower_bound: Some(Rational::from(dimension)),
            strong_convexity: Some(Rational::new()),
            workers_convex: true,
            // One worker.
            heterogeneity: Some(Rational::new()),
            gradient_bound: Some(Rational::from(dimension)),
            minimiser: Some(vec![Rational::new(); dimension]),
            ..Constants::default()
        };
        PseudoHuber { dimension, constants }
    }
}

impl Problem for PseudoHuber {
    fn family(&self) -> &'static str {
        "pseudo-huber"
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn workers(&self) -> usize {
        1
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension).map(|j| 1.5 + j as f64 / 4.0).collect()
    }
    fn scratch_len(&self) -> usize {
        0
    }

    // Written once, for every arithmetic: binary64, intervals of any precision, rationals.
    fn value<S: Scalar>(&self, x: &[S], context: S::Context, _: &mut Scratch<S>) -> S {
        x.iter().fold(S::zero(context), |sum, x| sum.add(&root(x)))
    }
    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], _: S::Context, _: &mut Scratch<S>) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = x.clone().div(&root(x));
        }
    }
    fn worker_gradient<S: Scalar>(
        &self,
        _: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.gradient(x, out, context, scratch);
    }
}

/// √(1 + x²).
fn root<S: Scalar>(x: &S) -> S {
    let mut square = x.clone().square();
    square.add_f64(1.0);
    square.sqrt()
}

const STATEMENT: &str = r#"
id     = "step-decreases-there"
title  = "A gradient step decreases f, on a family of one's own"
kind   = "pathwise"
source = "this file"
proof  = "none"
method = "gradient-descent"
estimates = [[]]
horizons = [1, 5]
problems = [{ family = "own", of = "pseudo-huber", data = { dimension = 3 } }]

[parameters]
gamma = { in = "(0, 1/L]", try = ["1/L"] }

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k] - gamma/2*norm2(grad[k])"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    register_family("pseudo-huber", |data| {
        let dimension = data["dimension"].as_u64().filter(|d| (1..=64).contains(d));
        let dimension = dimension.ok_or("`dimension` must be a whole number between 1 and 64")?;
        Ok(Arc::new(PseudoHuber::new(usize::try_from(dimension).map_err(|err| err.to_string())?)))
    })?;
    let report = lemmata::check(&[load_text("step-decreases-there.toml", STATEMENT)?], &Options::default())?;
    println!("{}", lemmata::report::render(&report));
    assert_eq!(report.exit_code(), ExitCode::Success);
    Ok(())
}
