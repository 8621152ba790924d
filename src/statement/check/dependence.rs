//! How a term depends on what a run supplies, which decides whether it is a constant and whether expectations pass
//! through it.

use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Node, ScalarSequence, Term, Vector, VectorSequence};

/// How a term depends on what a run supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependence {
    /// Not at all.
    None,
    /// As a linear combination, so that expectations pass through.
    Linear,
    /// Otherwise.
    Other,
}

/// How `term` depends on the run's quantities: values, norms and products of its sequences.
#[must_use]
pub fn dependence(term: &Term) -> Dependence {
    use Dependence::{Linear, None, Other};
    let nonlinear = |d: Dependence| if d == None { None } else { Other };
    match term {
        Term::Number(_)
        | Term::Parameter(_)
        | Term::Constant(_)
        | Term::Builtin(_)
        | Term::Given(_)
        | Term::Method(..)
        | Term::Start(_)
        | Term::Integer(_) => None,
        Term::Element(
            ScalarSequence::Schedule(..) | ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness,
            _,
        ) => None,
        Term::Element(ScalarSequence::Value | ScalarSequence::Quantity(_) | ScalarSequence::Distance, _)
        | Term::ValueAt(_)
        | Term::Norm2(_)
        | Term::Dot(..) => Linear,
        Term::Norm(_) | Term::Norm1(_) => Other,
        Term::Negate(a) | Term::Expectation { body: a, .. } => dependence(a),
        Term::Add(a, b) | Term::Sub(a, b) => dependence(a).max(dependence(b)),
        Term::Mul(a, b) => match (dependence(a), dependence(b)) {
            (None, d) | (d, None) => d,
            _ => Other,
        },
        Term::Div(a, b) => {
            if dependence(b) == None {
                dependence(a)
            } else {
                Other
            }
        }
        Term::PowInt(a, _) | Term::Apply(_, a) => nonlinear(dependence(a)),
        Term::PowReal(a, b) | Term::Min(a, b) | Term::Max(a, b) => nonlinear(dependence(a).max(dependence(b))),
        Term::Reduce { op: ReduceOp::Sum | ReduceOp::Mean, body, .. } => dependence(body),
        Term::Reduce { body, .. } => nonlinear(dependence(body)),
        Term::If(condition, a, b) => {
            let inner = condition.0.iter().map(|(l, _, r)| dependence(l).max(dependence(r))).max().unwrap_or(None);
            nonlinear(inner).max(dependence(a)).max(dependence(b))
        }
    }
}

/// Whether a term has no value before the run.
pub(in crate::statement) fn needs_run(term: &Term) -> bool {
    dependence(term) != Dependence::None
        || term.has_expectation()
        || term.has_random_index()
        || term.any(|node| matches!(node, Node::Term(Term::Element(ScalarSequence::Schedule(..), _))))
}

/// Whether `term` mentions a quantity of the run outside every expectation, other than what is
/// known before the first step: `f[0]`, `grad[0]`, `x[0]` and the steps themselves.
#[must_use]
pub fn random_outside_expectation(term: &Term) -> bool {
    fn known_at_start(sequence: &VectorSequence, index: &Index) -> bool {
        matches!(sequence, VectorSequence::Gradient | VectorSequence::Point) && *index == Index::Literal(0)
    }
    match term {
        Term::Expectation { .. } => false,
        Term::Element(ScalarSequence::Value | ScalarSequence::Distance, index) => *index != Index::Literal(0),
        Term::Element(ScalarSequence::Quantity(_), _) => true,
        Term::Norm2(_) | Term::Norm(_) | Term::Norm1(_) | Term::Dot(..) | Term::ValueAt(_) => {
            term.any(|node| match node {
                Node::Vector(Vector::Element(sequence, index)) => !known_at_start(sequence, index),
                Node::Vector(Vector::WorkerGradient(_, k)) => *k != Index::Literal(0),
                Node::Vector(Vector::WorkerElement(..)) => true,
                _ => false,
            })
        }
        Term::Negate(a) | Term::Apply(_, a) | Term::PowInt(a, _) | Term::Reduce { body: a, .. } => {
            random_outside_expectation(a)
        }
        Term::Add(a, b)
        | Term::Sub(a, b)
        | Term::Mul(a, b)
        | Term::Div(a, b)
        | Term::PowReal(a, b)
        | Term::Min(a, b)
        | Term::Max(a, b) => random_outside_expectation(a) || random_outside_expectation(b),
        Term::If(condition, a, b) => {
            condition.0.iter().any(|(l, _, r)| random_outside_expectation(l) || random_outside_expectation(r))
                || random_outside_expectation(a)
                || random_outside_expectation(b)
        }
        Term::Number(_)
        | Term::Parameter(_)
        | Term::Constant(_)
        | Term::Builtin(_)
        | Term::Given(_)
        | Term::Method(..)
        | Term::Start(_)
        | Term::Integer(_)
        | Term::Element(..) => false,
    }
}
