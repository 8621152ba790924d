//! Tasks φᵢ for meta-learning: what [`super::adaptation`] adapts to.

use std::fmt::Debug;

use rug::Rational;

use crate::number::Scalar;

pub mod network;
pub mod quadratic;
pub mod ridge;

/// What is proved of all tasks at all points.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskBounds {
    /// ℓ: every ∇φᵢ is ℓ-Lipschitz. Units f/x².
    pub smoothness: Rational,
    /// H: every ∇²φᵢ is H-Lipschitz in operator norm. Units f/x³.
    pub hessian_lipschitz: Rational,
    /// G_task ≥ ‖∇φᵢ‖, where there is one. Units f/x.
    pub gradient: Option<Rational>,
    /// A lower bound of the mean of the φᵢ, each at a point of its own, where there is one. Units f.
    pub lower: Option<Rational>,
}

/// n tasks φᵢ : ℝᵈ → ℝ, one a worker, twice differentiable. Data are `f64` taken as exact numbers.
pub trait Tasks: Debug + Send + Sync {
    /// d.
    fn dimension(&self) -> usize;
    /// n.
    fn workers(&self) -> usize;
    /// What is proved of them.
    fn bounds(&self) -> &TaskBounds;
    /// Whether every φᵢ is a quadratic polynomial.
    fn is_quadratic(&self) -> bool {
        false
    }
    /// Whether values and derivatives at rational points are rational.
    fn is_rational(&self) -> bool;
    /// A sensible starting point.
    fn start(&self) -> Vec<f64>;
    /// Length of the scratch slice that the methods below need.
    fn scratch_len(&self) -> usize;
    /// About how many multiplications ∇φᵢ takes, as [`Problem::work`](crate::problem::Problem::work) counts them.
    fn work(&self) -> u64 {
        (self.dimension() * self.dimension()) as u64
    }
    /// φᵢ(x).
    fn value<S: Scalar>(&self, worker: usize, x: &[S], context: S::Context, scratch: &mut [S]) -> S;
    /// out ← ∇φᵢ(x). Lengths d.
    fn gradient<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut [S]);
    /// out ← ∇²φᵢ(x)v. Lengths d.
    fn hessian_product<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        v: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut [S],
    );
}
