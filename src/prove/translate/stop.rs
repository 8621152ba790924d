//! Why a translation does not go on.

use std::cmp::Ordering;

use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;

/// Why a translation does not go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It depends on the sign of a number, which must be distinguished first.
    Split {
        /// The number.
        number: Fraction,
        /// The signs that matter, each a case.
        cases: Vec<Vec<Ordering>>,
    },
    /// No numbers are in this case, so that nothing is to be shown.
    Empty,
    /// It has no form that is linear in a Gram matrix, or this translator knows none.
    Untranslatable(Untranslatable),
}

/// A part of a translation.
pub type Translated<T> = Result<T, Stop>;

/// Stops at what does not translate.
pub fn untranslatable<T>(why: Untranslatable) -> Translated<T> {
    Err(Stop::Untranslatable(why))
}
