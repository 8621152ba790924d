//! What a problem family says of its instances. A family is a struct of data with this trait beside the problem
//! that it builds, and a line in the registry of [`super::families`].

use std::fmt;
use std::sync::Arc;

use super::free::{Counted, Part, Parts};
use super::{DynProblem, MAX_DIMENSION, MAX_WORKERS, ProblemError, check_size};

/// An instance of a family as data. Its `Display` is what tells it from others of the family: what a label has in
/// brackets.
pub trait Family: fmt::Display {
    /// The sizes that the data ask for.
    fn sizes(&self) -> Sizes;

    /// The problem, where the sizes are in range.
    ///
    /// # Errors
    /// When another part of the data is out of range.
    fn build(&self) -> Built;

    /// All parts that a search may change.
    fn parts(&mut self) -> Parts<'_>;
}

/// A problem made from data.
pub type Built = Result<Arc<dyn DynProblem>, ProblemError>;

/// How large an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// Name and size of an inner part that is at most d, where there is one.
    pub inner: Option<(&'static str, usize)>,
}

impl Sizes {
    /// d and n.
    #[must_use]
    pub fn of(dimension: usize, workers: usize) -> Self {
        Sizes { dimension, workers, inner: None }
    }

    /// The same with an inner part.
    #[must_use]
    pub fn with_inner(self, name: &'static str, size: usize) -> Self {
        Sizes { inner: Some((name, size)), ..self }
    }

    /// Refuses sizes that no family has.
    pub(super) fn check(self, family: &str) -> Result<(), ProblemError> {
        let dimension = self.dimension;
        check_size(family, dimension, self.workers)?;
        match self.inner {
            Some((name, size)) if size == 0 || size > dimension => {
                let reason = format!("{name} = {size} is not between 1 and the dimension {dimension}");
                Err(ProblemError::new(family, reason))
            }
            _ => Ok(()),
        }
    }
}

/// d as a part that a search may change.
pub(super) fn dimension_part(count: &mut usize) -> (&'static str, Part<'_>) {
    ("dimension", Part::Count(count, Counted::Dimension, MAX_DIMENSION))
}

/// n as a part that a search may change.
pub(super) fn workers_part(count: &mut usize) -> (&'static str, Part<'_>) {
    ("workers", Part::Count(count, Counted::Workers, MAX_WORKERS))
}
