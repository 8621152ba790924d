//! Functions of one real number, for the languages of statements and of methods.

use super::Scalar;

/// A function of one real number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Square root.
    Sqrt,
    /// Exponential.
    Exp,
    /// Natural logarithm.
    Ln,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Absolute value.
    Abs,
    /// `max(·, 0)`.
    PositivePart,
}

impl Function {
    /// All of them.
    pub const ALL: [Function; 7] = [
        Function::Sqrt,
        Function::Exp,
        Function::Ln,
        Function::Sin,
        Function::Cos,
        Function::Abs,
        Function::PositivePart,
    ];

    /// What it is, for a person.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Function::Sqrt => "square root; no value below 0",
            Function::Exp => "exponential",
            Function::Ln => "natural logarithm; no value at 0 and below",
            Function::Sin => "sine",
            Function::Cos => "cosine",
            Function::Abs => "absolute value",
            Function::PositivePart => "the number where it is positive, else 0",
        }
    }

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::Sqrt => "sqrt",
            Function::Exp => "exp",
            Function::Ln => "ln",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Abs => "abs",
            Function::PositivePart => "pos",
        }
    }

    /// The function of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Function::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Its value there, undefined outside its domain.
    #[must_use]
    pub fn at<S: Scalar>(self, a: S) -> S {
        match self {
            Function::Sqrt => a.sqrt(),
            Function::Exp => a.exp(),
            Function::Ln => a.ln(),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Abs => a.abs(),
            Function::PositivePart => a.positive_part(),
        }
    }

    /// Whether it certainly has no value there.
    #[must_use]
    pub fn certainly_lacks_value_at<S: Scalar>(self, a: &S) -> bool {
        let zero = S::zero(a.context());
        match self {
            Function::Sqrt => a.certainly_lt(&zero),
            Function::Ln => a.certainly_le(&zero),
            Function::Exp | Function::Sin | Function::Cos | Function::Abs | Function::PositivePart => false,
        }
    }

    /// Whether it has a value of ordinary size wherever its argument has one.
    #[must_use]
    pub fn is_total(self) -> bool {
        !matches!(self, Function::Sqrt | Function::Ln | Function::Exp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Interval, Scalar};

    #[test]
    fn each_function_is_found_by_its_own_name_alone() {
        for function in Function::ALL {
            assert_eq!(Function::from_name(function.name()), Some(function));
        }
        assert_eq!(Function::from_name("tan"), None);
    }

    #[test]
    fn values_are_those_of_the_standard_library() {
        for x in [0.25, 1.0, 2.5_f64] {
            let expected = [x.sqrt(), x.exp(), x.ln(), x.sin(), x.cos(), x.abs(), x.max(0.0)];
            for (function, value) in Function::ALL.into_iter().zip(expected) {
                let enclosure = function.at(Interval::from_f64(x, 80));
                assert!((enclosure.to_f64() - value).abs() <= 1e-15 * value.abs(), "{function:?} at {x}");
            }
        }
    }

    #[test]
    fn a_function_that_is_total_has_a_value_wherever_it_is_asked() {
        for function in Function::ALL {
            let somewhere = [-1.0, 0.0].into_iter().any(|x| function.certainly_lacks_value_at(&x));
            assert!(!(function.is_total() && somewhere), "{function:?}");
        }
        assert!(Function::Ln.certainly_lacks_value_at(&0.0) && !Function::Sqrt.certainly_lacks_value_at(&0.0));
    }
}
