//! The registry of problem families: a module, and a line for each family in it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::family::{Built, Family};
use super::free::{Free, Parts};

pub mod adaptation;
pub mod composite;
pub mod explicit;
pub mod fourier;
pub mod huber;
pub mod own;
pub mod piecewise;
pub mod quadratic;
pub mod regression;
pub mod sine;
pub mod tasks;

macro_rules! families {
    ($($variant:ident($($data:ident)::+) = $name:literal,)+) => {
        $(pub use $($data)::+;)+

        /// An instance of a shipped family; everything needed to build it again.
        #[allow(missing_docs, reason = "each is described where its data are")]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "family")]
        pub enum ProblemSpec {
            $(#[serde(rename = $name)] $variant($($data)::+),)+
        }

        impl ProblemSpec {
            /// Name of the family, as in reports and statement files.
            #[must_use]
            pub fn family(&self) -> &'static str {
                match self {
                    $(ProblemSpec::$variant(_) => $name,)+
                }
            }

            fn data(&self) -> &dyn Family {
                match self {
                    $(ProblemSpec::$variant(data) => data,)+
                }
            }

            fn data_mut(&mut self) -> &mut dyn Family {
                match self {
                    $(ProblemSpec::$variant(data) => data,)+
                }
            }
        }

        $(
            impl $($data)::+ {
                /// Name of the family, as in reports and statement files.
                pub const NAME: &'static str = $name;
            }

            impl From<$($data)::+> for ProblemSpec {
                fn from(data: $($data)::+) -> Self {
                    ProblemSpec::$variant(data)
                }
            }
        )+
    };
}

families! {
    Quadratic(quadratic::specs::QuadraticSpec) = "quadratic",
    DiagonalQuadratic(quadratic::specs::DiagonalQuadraticSpec) = "diagonal-quadratic",
    ShiftedQuadratic(quadratic::specs::ShiftedQuadraticSpec) = "shifted-quadratic",
    ExplicitQuadratic(explicit::ExplicitQuadraticSpec) = "explicit-quadratic",
    HeterogeneousQuadratic(quadratic::specs::HeterogeneousQuadraticSpec) = "heterogeneous-quadratic",
    LeastSquares(quadratic::specs::LeastSquaresSpec) = "least-squares",
    SineSquared(sine::SineSquaredSpec) = "sine-squared",
    SineSquaredComposed(sine::SineSquaredComposedSpec) = "sine-squared-composed",
    Logistic(regression::specs::LogisticSpec) = "logistic",
    GemanMcClure(regression::specs::GemanMcClureSpec) = "geman-mc-clure",
    Fourier(fourier::FourierSpec) = "fourier",
    BreastCancerLogistic(regression::specs::BreastCancerLogisticSpec) = "breast-cancer-logistic",
    BreastCancerSquares(regression::specs::BreastCancerSquaresSpec) = "breast-cancer-squares",
    Huber(huber::HuberSpec) = "huber",
    PiecewiseQuadratic(piecewise::PiecewiseQuadraticSpec) = "piecewise-quadratic",
    CompositeAffine(composite::CompositeAffineSpec) = "composite-affine",
    CompositeBent(composite::CompositeBentSpec) = "composite-bent",
    MamlQuadratic(tasks::quadratic::MamlQuadraticSpec) = "maml-quadratic",
    MamlLeastSquares(tasks::quadratic::MamlLeastSquaresSpec) = "maml-least-squares",
    MamlCosine(tasks::ridge::MamlCosineSpec) = "maml-cosine",
    MamlRidge(tasks::ridge::MamlRidgeSpec) = "maml-ridge",
    MamlSinusoid(tasks::network::MamlSinusoidSpec) = "maml-sinusoid",
    Own(own::OwnFamily) = "own",
}

impl ProblemSpec {
    /// d.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.data().sizes().dimension
    }

    /// n.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.data().sizes().workers
    }
}

/// Builds the instance.
///
/// # Errors
/// When a parameter is out of range.
pub fn build(spec: &ProblemSpec) -> Built {
    // Before anything of that size is made.
    spec.data().sizes().check(spec.family())?;
    spec.data().build()
}

impl Free for ProblemSpec {
    fn parts(&mut self) -> Parts<'_> {
        self.data_mut().parts()
    }
}

impl fmt::Display for ProblemSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.family(), self.data())
    }
}

#[cfg(test)]
pub(super) mod tests;
