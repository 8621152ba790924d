//! Maps that a gradient goes through before it is used: compressors and clipping.
//!
//! A compressor 𝒞 is *α-contractive* if E‖𝒞(u) − u‖² ≤ (1−α)‖u‖² for all u. Each one's α is proved
//! in docs/theory.md under `contraction-…`. Choices that a map makes by comparing numbers (which
//! coordinates are largest, which sign a coordinate has) must be certain in the arithmetic at hand;
//! where they are not, the result is undefined and a finer arithmetic has to decide.
//!
//! An operator is a file below with its data, its label and what it does; `mod` and the registry name it once each.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimable, Randomness};
use crate::problem::free::Parts;

mod choice;
mod clip;
mod low_rank;
mod own;
mod rand_k;
mod rounding;
mod scaled_sign;
#[cfg(test)]
mod tests;
mod top_k;
mod top_k_rounding;

pub(super) use choice::kept_share;
pub use choice::{Choice, kept};
pub use own::{DynMap, ErrorIn, Map, register_operator};

/// What is proved of an operator in a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// E‖𝒯(u) − u‖² ≤ (1−α)‖u‖², with α.
    Contraction(Rational),
    /// It projects on the ball of radius τ, with τ.
    Projection(Rational),
}

impl Guarantee {
    /// The name of its constant under `[given]`, and the constant.
    #[must_use]
    pub fn named(self) -> (&'static str, Rational) {
        match self {
            Guarantee::Contraction(alpha) => ("alpha", alpha),
            Guarantee::Projection(tau) => ("tau", tau),
        }
    }
}

/// An operator as data. Its label in reports is its `Display`.
pub(super) trait OperatorData: fmt::Debug + fmt::Display {
    /// What is proved of it in dimension d, where its parameters mean something.
    fn guarantee(&self, dimension: usize) -> Option<Guarantee>;

    /// See [`Operator::proves`].
    fn proves(&self, is: &str) -> bool {
        is == "contractive-in-mean" || (is == "contractive" && !self.is_random())
    }

    /// See [`Operator::is_random`].
    fn is_random(&self) -> bool {
        false
    }

    /// See [`Operator::compares`].
    fn compares(&self) -> bool {
        true
    }

    /// See [`Operator::defect`].
    fn defect(&self, dimension: usize) -> Option<String>;

    /// Its numbers, and what each may be.
    fn parts(&mut self) -> Parts<'_>;

    /// See [`Operator::error`].
    fn error<S: Estimable>(
        &self,
        u: &[S],
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        choice: &mut Choice,
        context: S::Context,
    ) where
        Self: Sized;
}

/// Makes the data of these operators one type.
macro_rules! operators {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(pub use $file::$name;)*

        /// A map ℝᵈ → ℝᵈ, all parameters exact `f64`.
        #[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "name", rename_all = "kebab-case")]
        pub enum Operator {
            $(
                #[allow(missing_docs)] // the operator's own text says what it is
                $name($name),
            )*
        }

        $(
            impl From<$name> for Operator {
                fn from(data: $name) -> Self {
                    Operator::$name(data)
                }
            }
        )*

        impl Operator {
            fn data(&self) -> &dyn OperatorData {
                match self {
                    $(Operator::$name(data) => data,)*
                }
            }

            fn data_mut(&mut self) -> &mut dyn OperatorData {
                match self {
                    $(Operator::$name(data) => data,)*
                }
            }

            /// `out` ← 𝒯(u) − u, what the map does to `u`. Formed directly, so that what a map leaves alone is
            /// zero in every arithmetic.
            pub fn error<S: Estimable>(
                &self,
                u: &[S],
                random: &mut dyn Randomness<S>,
                out: &mut [S],
                choice: &mut Choice,
                context: S::Context,
            ) {
                match self {
                    $(Operator::$name(data) => data.error(u, random, out, choice, context),)*
                }
            }
        }
    };
}

operators! {
    top_k::TopK,
    rand_k::RandK,
    scaled_sign::ScaledSign,
    rounding::Rounding,
    top_k_rounding::TopKRounding,
    low_rank::LowRank,
    clip::Clip,
    own::Own,
}

impl Operator {
    /// What is proved of it in dimension d; nothing where its parameters are useless there.
    #[must_use]
    pub fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        self.defect(dimension).map_or_else(|| self.data().guarantee(dimension), |_| None)
    }

    /// Whether it is proved to be what a method asks of an operator: `contractive` for every draw,
    /// `contractive-in-mean`, `unbiased`, or a `projection`.
    #[must_use]
    pub fn proves(&self, is: &str) -> bool {
        self.data().proves(is)
    }

    /// u ← 𝒯(u). `out` is overwritten.
    pub fn apply<S: Estimable>(
        &self,
        u: &mut [S],
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        choice: &mut Choice,
        context: S::Context,
    ) {
        self.error(u, random, out, choice, context);
        u.iter_mut().zip(out).for_each(|(u, e)| u.add_assign(e));
    }

    /// Whether it draws random numbers.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.data().is_random()
    }

    /// Whether it compares coordinates, and so has no value where they tie or cannot be told apart.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.data().compares()
    }

    /// What makes the parameters useless in dimension d, if anything.
    #[must_use]
    pub fn defect(&self, dimension: usize) -> Option<String> {
        self.data().defect(dimension)
    }

    /// Its numbers, and what each may be.
    pub(super) fn parts(&mut self) -> Parts<'_> {
        self.data_mut().parts()
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.data(), f)
    }
}

/// That of the data alone, as that of a source.
impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.data(), f)
    }
}
