//! What is run.

use crate::method::bound::BoundMethod;
use crate::oracle::Oracle;
use crate::problem::DynProblem;

/// A problem, an estimate of its gradient and a method from a starting point.
#[derive(Clone, Copy)]
pub struct Experiment<'a> {
    /// The objective.
    pub problem: &'a dyn DynProblem,
    /// The estimate.
    pub oracle: &'a Oracle,
    /// The method.
    pub method: &'a BoundMethod,
    /// x_0, exact.
    pub start: &'a [f64],
}

/// Most bits of the numbers of a rational run.
const LONGEST_RATIONAL: u32 = 1 << 17;
/// The same where every step multiplies lengths, as the gradient is no affine map.
const LONGEST_NONLINEAR_RATIONAL: u32 = 1 << 11;

/// Most bits of the numbers of a rational run on the problem: what comes after a longer one is not computed.
pub fn longest_rational(problem: &dyn DynProblem) -> u32 {
    if problem.is_quadratic() { LONGEST_RATIONAL } else { LONGEST_NONLINEAR_RATIONAL }
}

impl Experiment<'_> {
    /// Whether nothing of a run is drawn: neither by the estimate nor by the method itself.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        self.oracle.model.deterministic && !self.method.draws_itself()
    }
}
