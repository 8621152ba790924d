//! Error sources as data: what a report stores and a statement file names.
//!
//! A source is a file below with its data, its label and what it adds; `mod` and the registry name it once each.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::operator::Operator;
use super::{DynSource, Oracle, Source};
use crate::problem::free::{Free, Part, Parts, Range};
use crate::problem::{DynProblem, MAX_DIMENSION};

mod adversary;
mod aligned;
mod average;
mod axis;
mod cancel;
mod composite;
mod each_worker;
mod epoch;
mod finite_difference;
mod first_order_maml;
mod gaussian;
mod greedy;
mod maml;
mod nested;
mod offset;
mod opposed;
mod own;
mod proved;
mod rademacher;
mod rand_k;
mod random_signs;
mod relative;
mod relative_signs;
mod sampled_workers;
mod scripted;
mod size;
mod sphere;
#[cfg(test)]
mod tests;

pub use epoch::Order;
pub use own::register_source;

/// What makes a source's contribution; else why the problem has not what the source reads.
type Built = Result<Vec<Arc<dyn DynSource>>, String>;

/// A source that is not told apart.
fn one(source: impl Source + 'static) -> Built {
    Ok(vec![Arc::new(source)])
}

/// An error source as data. Its label in reports is its `Display`.
trait SourceData: fmt::Debug + fmt::Display {
    /// What makes its contribution on a problem, told apart into bias and noise where that can be.
    fn build(&self, problem: &dyn DynProblem) -> Built;

    /// All its numbers: what a search may change of it, and what each may be.
    fn parts(&mut self) -> Parts<'_>;

    /// Its operator, if it has one, whose numbers are among its parts.
    fn operator(&self) -> Option<&Operator> {
        None
    }

    /// What makes it useless in dimension d, besides its operator and numbers outside their ranges.
    fn misfit(&self, _dimension: usize) -> Option<String> {
        None
    }

    /// See [`SourceSpec::divides_differences`].
    fn divides_differences(&self) -> bool {
        false
    }
}

/// Makes the data of these sources one type.
macro_rules! sources {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(pub use $file::$name;)*

        /// One error source with its parameters, all exact `f64`.
        #[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "source", rename_all = "kebab-case")]
        pub enum SourceSpec {
            $(
                #[allow(missing_docs)] // the source's own text says what it is
                $name($name),
            )*
        }

        $(
            impl From<$name> for SourceSpec {
                fn from(data: $name) -> Self {
                    SourceSpec::$name(data)
                }
            }
        )*

        impl SourceSpec {
            fn data(&self) -> &dyn SourceData {
                match self {
                    $(SourceSpec::$name(data) => data,)*
                }
            }

            fn data_mut(&mut self) -> &mut dyn SourceData {
                match self {
                    $(SourceSpec::$name(data) => data,)*
                }
            }
        }
    };
}

sources! {
    aligned::Aligned,
    opposed::Opposed,
    cancel::Cancel,
    random_signs::RandomSigns,
    greedy::Greedy,
    offset::Offset,
    relative::Relative,
    scripted::Scripted,
    rademacher::Rademacher,
    axis::Axis,
    sphere::Sphere,
    gaussian::Gaussian,
    relative_signs::RelativeSigns,
    each_worker::EachWorker,
    average::Average,
    finite_difference::FiniteDifference,
    epoch::Epoch,
    composite::Composite,
    maml::Maml,
    first_order_maml::FirstOrderMaml,
    sampled_workers::SampledWorkers,
    own::Own,
}

/// Why an oracle cannot be built.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{label}: {reason}")]
pub struct OracleError {
    label: String,
    reason: String,
}

/// Builds the oracle for a problem.
///
/// # Errors
/// When a parameter of a source is not what it may be, or the source does not fit the problem.
pub fn build(spec: &[SourceSpec], problem: &dyn DynProblem) -> Result<Oracle, OracleError> {
    let mut sources = Vec::new();
    for source in spec {
        sources.extend(source.build(problem)?);
    }
    Ok(Oracle::new(spec.to_vec(), sources, problem))
}

impl SourceSpec {
    fn build(&self, problem: &dyn DynProblem) -> Result<Vec<Arc<dyn DynSource>>, OracleError> {
        let built = self.defect(problem.dimension()).map_or_else(|| self.data().build(problem), Err);
        built.map_err(|reason| OracleError { label: self.to_string(), reason })
    }

    /// What makes it useless in dimension d, if anything.
    fn defect(&self, dimension: usize) -> Option<String> {
        let of_operator = || self.data().operator().and_then(|operator| operator.defect(dimension));
        self.data().misfit(dimension).or_else(of_operator).or_else(|| self.bad_size())
    }

    /// What of its numbers is not finite, or negative where it must not be.
    fn bad_size(&self) -> Option<String> {
        let mut changed = self.clone();
        let bad = changed.parts().into_iter().find_map(|(_, part)| match part {
            Part::One(x, range) => Some(*x).filter(|x| !x.is_finite() || (*x < 0.0 && range != Range::Any)),
            Part::Script(errors) => errors.iter().flatten().copied().find(|x| !x.is_finite()),
            _ => None,
        });
        bad.map(|bad| format!("{bad} is no valid size of an error"))
    }

    /// Why the source can stand under no problem, if that is so.
    #[must_use]
    pub fn misplaced(&self) -> Option<String> {
        let mut defects = (1..=MAX_DIMENSION).map(|dimension| self.defect(dimension));
        // That of the largest dimension, where every dimension has one.
        defects.try_fold(None, |_, defect| defect.map(Some)).flatten().map(|reason| format!("{self}: {reason}"))
    }

    /// The operator of it that compares coordinates, if any.
    #[must_use]
    pub fn comparing(&self) -> Option<&Operator> {
        self.data().operator().filter(|operator| operator.compares())
    }

    /// Whether its value in binary64 may be anything, as it divides a small difference of near numbers.
    #[must_use]
    pub fn divides_differences(&self) -> bool {
        self.data().divides_differences()
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.data(), f)
    }
}

/// That of the data alone: streams of comparisons are keyed by it.
impl fmt::Debug for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.data(), f)
    }
}

impl Free for SourceSpec {
    fn parts(&mut self) -> Parts<'_> {
        self.data_mut().parts()
    }
}
