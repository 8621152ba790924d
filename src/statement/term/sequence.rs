//! The sequences of numbers and vectors that a run supplies.

use std::sync::Arc;

use super::Derived;

/// A quantity that the method names: a state, or a line of its step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OfMethod {
    /// Its position among the method's quantities.
    pub position: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The index of its first value where it is a state; a line has index k in step k.
    pub first: Option<i64>,
}

impl OfMethod {
    /// After how many steps it has its value of index k; 0 steps for a state's start.
    #[must_use]
    pub fn steps_before(&self, k: i64) -> Option<usize> {
        match self.first {
            Some(first) => usize::try_from(k.checked_sub(first)?).ok(),
            None => usize::try_from(k).ok()?.checked_add(1),
        }
    }

    /// The index of its value after so many steps.
    #[must_use]
    pub fn index_after(&self, steps: usize) -> i64 {
        self.first.unwrap_or(-1) + steps as i64
    }
}

/// Sequences of numbers that a run supplies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScalarSequence {
    /// `f[k]`: objective at x_k.
    Value,
    /// `spectrum[j]`: eigenvalues of the Hessian, for quadratics, j in 0..d.
    Spectrum,
    /// `L_of[i]`: smoothness constants of the workers, i in 0..n.
    WorkerSmoothness,
    /// `dist2[k]`: squared distance of x_k from the minimisers of f.
    Distance,
    /// A schedule of the method by position, with its name; at −1 what it is at 0.
    Schedule(usize, Arc<str>),
    /// A number that the method names.
    Quantity(OfMethod),
}

impl ScalarSequence {
    /// The name in statement files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            ScalarSequence::Value => "f",
            ScalarSequence::Spectrum => "spectrum",
            ScalarSequence::WorkerSmoothness => "L_of",
            ScalarSequence::Distance => "dist2",
            ScalarSequence::Schedule(_, name) => name,
            ScalarSequence::Quantity(quantity) => &quantity.name,
        }
    }

    /// The sequence of that name that every run has.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "f" => Some(ScalarSequence::Value),
            "spectrum" => Some(ScalarSequence::Spectrum),
            "L_of" => Some(ScalarSequence::WorkerSmoothness),
            "dist2" => Some(ScalarSequence::Distance),
            _ => None,
        }
    }
}

/// Sequences of vectors that a run supplies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VectorSequence {
    /// `x[k]`: the points.
    Point,
    /// `grad[k]`: ∇f(x_k).
    Gradient,
    /// `e[k]`: error of the estimate.
    Error,
    /// `b[k]`: its bias part, known given the past.
    Bias,
    /// `nu[k]`: its noise part, of mean zero given the past.
    Noise,
    /// A vector that the method names.
    Quantity(OfMethod),
    /// A vector that the method derives from others.
    Derived(Arc<Derived>),
}

impl VectorSequence {
    /// Those that every run has.
    pub const OF_EVERY_RUN: [VectorSequence; 5] = [
        VectorSequence::Point,
        VectorSequence::Gradient,
        VectorSequence::Error,
        VectorSequence::Bias,
        VectorSequence::Noise,
    ];

    /// The name in statement files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            VectorSequence::Point => "x",
            VectorSequence::Gradient => "grad",
            VectorSequence::Error => "e",
            VectorSequence::Bias => "b",
            VectorSequence::Noise => "nu",
            VectorSequence::Quantity(quantity) => &quantity.name,
            VectorSequence::Derived(derived) => &derived.name,
        }
    }

    /// The sequence of that name that every run has.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        VectorSequence::OF_EVERY_RUN.into_iter().find(|s| s.name() == name)
    }
}
