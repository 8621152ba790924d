//! Problem families with proved constants.
//!
//! A family implements [`Problem`] once, generically over the arithmetic; [`DynProblem`] is the
//! object-safe form that the rest of the crate holds, made by a blanket implementation.

use std::collections::BTreeMap;
use std::fmt::Debug;

use rug::Rational;
use thiserror::Error;

use crate::number::{self, Ball, Exact, Interval, Lanes, Mp, Scalar};

mod balanced;
pub mod data;
pub mod eigen;
pub mod families;
pub mod family;
pub mod free;
pub mod orthogonal;
mod rows;
pub mod soundness_probe;
mod spectrum;
mod suite;

pub use families::own::register_family;
pub use families::{ProblemSpec, build};
pub use suite::{nested_suite, suite};

/// Largest dimension and number of workers of a shipped family.
pub const MAX_DIMENSION: usize = 64;
/// Largest number of workers.
pub const MAX_WORKERS: usize = 32;

/// What a sine, an exponential or a logarithm counts as, in multiplications.
pub const TRANSCENDENTAL: u64 = 50;

/// Why an instance cannot be made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("problem family `{family}`: {reason}")]
pub struct ProblemError {
    family: String,
    reason: String,
}

impl ProblemError {
    /// An error of that family.
    pub fn new(family: &str, reason: impl Into<String>) -> Self {
        ProblemError { family: family.to_owned(), reason: reason.into() }
    }
}

/// A number of a family's data as the rational that it is.
fn exact_number(family: &str, x: f64) -> Result<Rational, ProblemError> {
    number::exact(x).ok_or_else(|| ProblemError::new(family, format!("{x} is not a finite number")))
}

/// Refuses sizes out of range.
fn check_size(family: &str, dimension: usize, workers: usize) -> Result<(), ProblemError> {
    if dimension == 0 || dimension > MAX_DIMENSION {
        return Err(ProblemError::new(family, format!("dimension {dimension} is not between 1 and {MAX_DIMENSION}")));
    }
    if workers == 0 || workers > MAX_WORKERS {
        return Err(ProblemError::new(family, format!("{workers} workers are not between 1 and {MAX_WORKERS}")));
    }
    Ok(())
}

/// The constants that a family has *proved*. Each is a rational number that is a valid value of
/// its constant (an upper bound for `L`, `G`, `zeta2`; a lower bound for `mu`), never a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constants {
    /// `L`: ∇f is L-Lipschitz. Units f/x².
    pub smoothness: Option<Rational>,
    /// `f_star`: a lower bound of f; the infimum itself where `mu` is given.
    pub lower_bound: Option<Rational>,
    /// `mu`: ‖∇f(x)‖² ≥ 2μ(f(x) − f*) for all x.
    pub pl: Option<Rational>,
    /// `zeta2`: sup_x (1/n)Σ‖∇fᵢ − ∇f‖².
    pub heterogeneity: Option<Rational>,
    /// `G`: sup over workers and all x of ‖∇fᵢ(x)‖.
    pub gradient_bound: Option<Rational>,
    /// `mu_sc`: m ≥ 0 for which f − (m/2)‖·‖² is convex; 0 where f is convex, none where that is not proved.
    pub strong_convexity: Option<Rational>,
    /// Whether every fᵢ is convex.
    pub workers_convex: bool,
    /// `L_of`: ∇fᵢ is Lᵢ-Lipschitz, for each worker; empty where that is not proved.
    pub worker_smoothness: Vec<Rational>,
    /// The only minimiser of f, where it is known exactly; the family's [`AffinePart`] knows it too.
    pub minimiser: Option<Vec<Rational>>,
    /// Constants of the family's own, by the names that statements give them under `[given]`.
    pub named: BTreeMap<&'static str, Rational>,
}

/// ∇f(x) = λ-part + bounded remainder, in an orthonormal basis that diagonalises the linear part:
/// ∇f(x) = H(x − centre) + r(x) with ‖r(x)‖ ≤ remainder for all x, H symmetric.
/// With `remainder = 0` the objective is exactly quadratic: f(x) = f* + ½(x−centre)ᵀH(x−centre).
#[derive(Clone, Debug, PartialEq)]
pub struct AffinePart {
    /// Eigenvalues of H (exact), with multiplicity, `dimension` of them.
    pub spectrum: Vec<Rational>,
    /// Orthonormal eigenvectors as rows: `basis[j]` belongs to `spectrum[j]`. Exact.
    pub basis: Vec<Vec<Rational>>,
    /// A point with H(x − centre) = linear part of the gradient.
    pub centre: Vec<Rational>,
    /// Upper bound of ‖∇f(x) − H(x − centre)‖ over all x.
    pub remainder: Rational,
}

/// How every fᵢ is made up as Fᵢ ∘ hᵢ with hᵢ : ℝᵈ → ℝᵖ. What is proved of the parts is among
/// [`Constants::named`]: `ell_h` ≥ ‖∇hᵢ‖, `L_F` (∇Fᵢ is L_F-Lipschitz), and where there is one
/// `ell_F` ≥ ‖∇Fᵢ‖ and `m_h` > 0 with ‖∇hᵢ(x)ᵀs‖ ≥ m_h‖s‖, each for all workers and points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nesting {
    /// p ≤ d.
    pub dimension: usize,
    /// Whether every ∇Fᵢ is affine, so that it commutes with expectations.
    pub affine_outer: bool,
    /// a, where hᵢ(x) = x − a∇φᵢ(x) and Fᵢ = φᵢ: one step of adaptation to the task φᵢ.
    pub adaptation: Option<f64>,
}

/// Working memory of a gradient evaluation, so that the step loop allocates nothing.
#[derive(Clone, Debug)]
pub struct Scratch<S> {
    /// At least [`Problem::scratch_len`] numbers, contents arbitrary.
    pub buffer: Vec<S>,
}

impl<S: Scalar> Scratch<S> {
    /// Room for one evaluation of `problem`.
    pub fn for_problem(problem: &dyn DynProblem, context: S::Context) -> Self {
        Scratch { buffer: vec![S::zero(context); problem.scratch_len()] }
    }
}

/// An objective f = (1/n)Σᵢ fᵢ : ℝᵈ → ℝ over n workers. All data (matrix
/// entries, centres, labels) are `f64` taken as exact numbers, so that one implementation serves
/// every arithmetic through [`Scalar::add_product_f64`] and its like.
pub trait Problem: Debug + Send + Sync {
    /// Short name of the family, e.g. `quadratic`.
    fn family(&self) -> &'static str;
    /// d.
    fn dimension(&self) -> usize;
    /// n.
    fn workers(&self) -> usize;
    /// The proved constants.
    fn constants(&self) -> &Constants;
    /// Decomposition of the gradient, where the family has one (see [`AffinePart`]).
    fn affine_part(&self) -> Option<&AffinePart> {
        None
    }
    /// Whether f is a quadratic polynomial, so that its gradient is affine.
    fn is_quadratic(&self) -> bool {
        false
    }
    /// Whether value and gradients of rational points are rational.
    fn is_rational(&self) -> bool {
        false
    }
    /// A sensible starting point: short dyadic numbers, away from stationarity.
    fn start(&self) -> Vec<f64>;
    /// Length of the scratch buffer that `value`, `gradient` and `worker_gradient` need.
    fn scratch_len(&self) -> usize;
    /// About how many multiplications the gradients of all workers at a point take, a transcendental function
    /// counted as [`TRANSCENDENTAL`] of them.
    fn work(&self) -> u64 {
        (self.dimension() * self.dimension() * self.workers()) as u64
    }

    /// f(x). `x.len() == d`.
    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S;
    /// out ← ∇f(x). Lengths d.
    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>);
    /// f(x), and out ← ∇f(x): one pass where the two share work.
    fn value_and_gradient<S: Scalar>(
        &self,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) -> S {
        self.gradient(x, out, context, scratch);
        self.value(x, context, scratch)
    }
    /// out ← ∇fᵢ(x), `worker < n`. Lengths d.
    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    );

    /// What fᵢ = Fᵢ ∘ hᵢ is made of, where the family says so.
    fn nesting(&self) -> Option<Nesting> {
        None
    }
    /// out ← hᵢ(x), length p. Without [`Problem::nesting`] hᵢ is the identity.
    fn inner_value<S: Scalar>(&self, _: usize, x: &[S], out: &mut [S], _: S::Context, _: &mut Scratch<S>) {
        for (o, x) in out.iter_mut().zip(x) {
            o.set(x);
        }
    }
    /// out ← ∇Fᵢ(y), lengths p. Without [`Problem::nesting`] Fᵢ is fᵢ.
    fn outer_gradient<S: Scalar>(
        &self,
        worker: usize,
        y: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.worker_gradient(worker, y, out, context, scratch);
    }
    /// out ← ∇hᵢ(x)ᵀs, `s` of length p, `out` of length d.
    fn pull_back<S: Scalar>(&self, _: usize, _: &[S], s: &[S], out: &mut [S], _: S::Context, _: &mut Scratch<S>) {
        for (o, s) in out.iter_mut().zip(s) {
            o.set(s);
        }
    }
}

/// One arithmetic's view of a problem: what [`DynProblem`] offers once for each [`Scalar`].
pub trait Evaluate<S: Scalar> {
    /// f(x).
    fn value_in(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S;
    /// out ← ∇f(x).
    fn gradient_in(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>);
    /// f(x), and out ← ∇f(x).
    fn value_and_gradient_in(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) -> S;
    /// out ← ∇fᵢ(x).
    fn worker_gradient_in(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>);
    /// out ← hᵢ(x).
    fn inner_value_in(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>);
    /// out ← ∇Fᵢ(y).
    fn outer_gradient_in(&self, worker: usize, y: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>);
    /// out ← ∇hᵢ(x)ᵀs.
    fn pull_back_in(
        &self,
        worker: usize,
        x: &[S],
        s: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    );
}

impl<P: Problem, S: Scalar> Evaluate<S> for P {
    fn value_in(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        S::with_widest_registers(
            #[inline(always)]
            || self.value(x, context, scratch),
        )
    }
    fn gradient_in(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        S::with_widest_registers(
            #[inline(always)]
            || self.gradient(x, out, context, scratch),
        );
    }
    fn value_and_gradient_in(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        S::with_widest_registers(
            #[inline(always)]
            || self.value_and_gradient(x, out, context, scratch),
        )
    }
    fn worker_gradient_in(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.worker_gradient(worker, x, out, context, scratch);
    }
    fn inner_value_in(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.inner_value(worker, x, out, context, scratch);
    }
    fn outer_gradient_in(&self, worker: usize, y: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.outer_gradient(worker, y, out, context, scratch);
    }
    fn pull_back_in(
        &self,
        worker: usize,
        x: &[S],
        s: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.pull_back(worker, x, s, out, context, scratch);
    }
}

/// A problem of any family. Made by the blanket implementation from [`Problem`]; never written by hand.
pub trait DynProblem:
    Debug
    + Send
    + Sync
    + Evaluate<f64>
    + Evaluate<Lanes>
    + Evaluate<Ball>
    + Evaluate<Mp>
    + Evaluate<Interval>
    + Evaluate<Exact>
{
    /// See [`Problem::family`].
    fn family(&self) -> &'static str;
    /// See [`Problem::dimension`].
    fn dimension(&self) -> usize;
    /// See [`Problem::workers`].
    fn workers(&self) -> usize;
    /// See [`Problem::constants`].
    fn constants(&self) -> &Constants;
    /// See [`Problem::affine_part`].
    fn affine_part(&self) -> Option<&AffinePart>;
    /// See [`Problem::is_quadratic`].
    fn is_quadratic(&self) -> bool;
    /// See [`Problem::is_rational`].
    fn is_rational(&self) -> bool;
    /// See [`Problem::start`].
    fn start(&self) -> Vec<f64>;
    /// See [`Problem::scratch_len`].
    fn scratch_len(&self) -> usize;
    /// See [`Problem::work`].
    fn work(&self) -> u64;
    /// See [`Problem::nesting`].
    fn nesting(&self) -> Option<Nesting>;
}

impl<P: Problem> DynProblem for P {
    fn family(&self) -> &'static str {
        Problem::family(self)
    }
    fn dimension(&self) -> usize {
        Problem::dimension(self)
    }
    fn workers(&self) -> usize {
        Problem::workers(self)
    }
    fn constants(&self) -> &Constants {
        Problem::constants(self)
    }
    fn affine_part(&self) -> Option<&AffinePart> {
        Problem::affine_part(self)
    }
    fn is_quadratic(&self) -> bool {
        Problem::is_quadratic(self)
    }
    fn is_rational(&self) -> bool {
        Problem::is_rational(self)
    }
    fn start(&self) -> Vec<f64> {
        Problem::start(self)
    }
    fn scratch_len(&self) -> usize {
        Problem::scratch_len(self)
    }
    fn work(&self) -> u64 {
        Problem::work(self)
    }
    fn nesting(&self) -> Option<Nesting> {
        Problem::nesting(self)
    }
}

/// An arithmetic in which every problem can be evaluated: all of them, as a bound for generic code.
pub trait Arithmetic: Scalar {
    /// The problem seen in this arithmetic.
    fn view(problem: &dyn DynProblem) -> &dyn Evaluate<Self>;
}

macro_rules! arithmetic {
    ($($scalar:ty),*) => {$(
        impl Arithmetic for $scalar {
            fn view(problem: &dyn DynProblem) -> &dyn Evaluate<Self> {
                problem
            }
        }
    )*};
}
arithmetic!(f64, Lanes, Ball, Mp, Interval, Exact);
