//! Checked expressions: names resolved, types separated, definitions expanded. What is evaluated.

mod additive;
mod builtin;
mod derived;
mod length;
mod sequence;
mod walk;

use std::sync::Arc;

use rug::Rational;

use super::syntax::{ReduceOp, Relation};
use crate::number::Function;
pub use builtin::Builtin;
pub use derived::{Derived, Shifted, Summand};
pub use sequence::{OfMethod, ScalarSequence, VectorSequence};
pub use walk::Node;

/// An integer expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// A literal.
    Literal(i64),
    /// A bound index; the slot counts the nesting.
    Slot(usize),
    /// `K`.
    Horizon,
    /// `n`.
    Workers,
    /// `d`.
    Dimension,
    /// The statement's random index.
    Random,
    /// `inf`: the limit as k grows.
    Limit,
    /// Sum.
    Add(Box<Index>, Box<Index>),
    /// Difference.
    Sub(Box<Index>, Box<Index>),
    /// Product.
    Mul(Box<Index>, Box<Index>),
}

/// A conjunction of comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(pub Vec<(Term, Relation, Term)>);

/// A number-valued expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// An exact literal.
    Number(Rational),
    /// A parameter, by position.
    Parameter(usize),
    /// A derived constant, by position.
    Constant(usize),
    /// A constant of the instance.
    Builtin(Builtin),
    /// A constant that the instance proves by a name of its own, by position.
    Given(usize),
    /// A parameter or a constant of the method, by position and name.
    Method(usize, Arc<str>),
    /// 1 where the run has that start of the method, by position; else 0.
    Start(usize),
    /// An integer expression as a number.
    Integer(Index),
    /// An element of a number sequence.
    Element(ScalarSequence, Index),
    /// `f(a)`.
    ValueAt(Box<Vector>),
    /// `norm2(a)`.
    Norm2(Box<Vector>),
    /// `norm(a)`.
    Norm(Box<Vector>),
    /// `norm1(a)`, the sum of absolute values.
    Norm1(Box<Vector>),
    /// `dot(a, b)`.
    Dot(Box<Vector>, Box<Vector>),
    /// Negation.
    Negate(Box<Term>),
    /// Sum.
    Add(Box<Term>, Box<Term>),
    /// Difference.
    Sub(Box<Term>, Box<Term>),
    /// Product.
    Mul(Box<Term>, Box<Term>),
    /// Quotient.
    Div(Box<Term>, Box<Term>),
    /// Integer power.
    PowInt(Box<Term>, Index),
    /// Real power of a nonnegative base.
    PowReal(Box<Term>, Box<Term>),
    /// Function of one number.
    Apply(Function, Box<Term>),
    /// Lesser of two.
    Min(Box<Term>, Box<Term>),
    /// Greater of two.
    Max(Box<Term>, Box<Term>),
    /// Reduction over an index range.
    Reduce {
        /// How.
        op: ReduceOp,
        /// Where the index is bound.
        slot: usize,
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
        /// What is reduced.
        body: Box<Term>,
    },
    /// Choice by a condition that must be decided.
    If(Box<Condition>, Box<Term>, Box<Term>),
    /// Expectation, of the whole run or over one step's noise.
    Expectation {
        /// What is averaged.
        body: Box<Term>,
        /// Over one step, given the past.
        past: bool,
    },
}

/// A vector-valued expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// An element of a vector sequence.
    Element(VectorSequence, Index),
    /// `worker_grad[i, k]`: ∇fᵢ(x_k).
    WorkerGradient(Index, Index),
    /// `grad(a)`, or `worker_grad(i, a)` of that worker.
    GradientAt(Option<Index>, Box<Vector>),
    /// `x_star`: a minimiser of f, the one nearest to x_0.
    Minimiser,
    /// `h[i, k]`: a vector that the method has for each worker.
    WorkerElement(OfMethod, Index, Index),
    /// Negation.
    Negate(Box<Vector>),
    /// Sum.
    Add(Box<Vector>, Box<Vector>),
    /// Difference.
    Sub(Box<Vector>, Box<Vector>),
    /// A number times a vector.
    Scale(Box<Term>, Box<Vector>),
    /// `clip(tau, a)`: the projection on the ball of radius τ.
    Clip(Box<Term>, Box<Vector>),
    /// `E[a | past]`: expectation over one step's draw, coordinate by coordinate.
    Expectation(Box<Vector>),
    /// Sum or mean over an index range.
    Reduce {
        /// Sum or mean.
        op: ReduceOp,
        /// Where the index is bound.
        slot: usize,
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
        /// What is reduced.
        body: Box<Vector>,
    },
}
