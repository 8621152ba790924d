//! What the models of several sources are made of.

use rug::Rational;

use crate::number::exact;
use crate::problem::DynProblem;

/// s²q, where s is a number.
pub(super) fn square_times(s: f64, q: impl Into<Rational>) -> Option<Rational> {
    Some(exact(s)?.square() * q.into())
}

/// C as a bound that does not grow with the gradient.
pub(super) fn constant(square: Option<Rational>) -> Option<[Rational; 2]> {
    square.map(|square| [Rational::new(), square])
}

/// d/n.
pub(super) fn coordinates_each(problem: &dyn DynProblem) -> Rational {
    Rational::from((problem.dimension() as u64, problem.workers() as u64))
}

/// ζ², which is zero for one worker.
pub(super) fn heterogeneity(problem: &dyn DynProblem) -> Option<Rational> {
    if problem.workers() == 1 { Some(Rational::new()) } else { problem.constants().heterogeneity.clone() }
}
