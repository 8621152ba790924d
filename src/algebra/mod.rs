//! Exact algebra over the rationals: sparse polynomials in several variables, rational functions,
//! polynomials in one variable and dense linear algebra. Nothing here rounds, except where a name
//! says `f64`.

mod base;
mod convergents;
mod division;
mod evaluate;
mod field;
mod fraction;
mod grid;
mod image;
pub mod linear;
mod monomial;
mod polynomial;
mod powers;
mod product;
mod text;
mod univariate;

#[cfg(test)]
mod tests;

pub use base::Factors;
pub use convergents::{Convergents, convergents};
pub use field::{Field, NoField};
pub use fraction::Fraction;
pub use monomial::{MOST_VARIABLES, Monomial};
pub use polynomial::Polynomial;
pub use powers::Powers;
pub use text::Unreadable;
pub use univariate::{Univariate, interpolate_fraction};

/// Implements a binary operator, and the one that assigns where it is named, for values and
/// references alike, by a method that takes references.
macro_rules! operator {
    ($type:ty, $operator:ident, $function:ident, $method:ident $(, $assign:ident, $assigned:ident)?) => {
        impl<R: std::borrow::Borrow<$type>> std::ops::$operator<R> for &$type {
            type Output = $type;
            fn $function(self, other: R) -> $type {
                self.$method(other.borrow())
            }
        }
        impl<R: std::borrow::Borrow<$type>> std::ops::$operator<R> for $type {
            type Output = $type;
            fn $function(self, other: R) -> $type {
                self.$method(other.borrow())
            }
        }
        $(impl<R: std::borrow::Borrow<$type>> std::ops::$assign<R> for $type {
            fn $assigned(&mut self, other: R) {
                *self = self.$method(other.borrow());
            }
        })?
    };
}

/// Implements the ring operators of a type that has `plus`, `minus`, `times` and `negated`.
macro_rules! ring_operators {
    ($type:ty) => {
        $crate::algebra::operator!($type, Add, add, plus, AddAssign, add_assign);
        $crate::algebra::operator!($type, Sub, sub, minus, SubAssign, sub_assign);
        $crate::algebra::operator!($type, Mul, mul, times, MulAssign, mul_assign);
        impl std::ops::Neg for &$type {
            type Output = $type;
            fn neg(self) -> $type {
                self.negated()
            }
        }
        impl std::ops::Neg for $type {
            type Output = $type;
            fn neg(self) -> $type {
                self.negated()
            }
        }
    };
}

pub(in crate::algebra) use {operator, ring_operators};
