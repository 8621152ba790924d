//! Error sources as data: what a report stores and a statement file names.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::bias::{AlongGradient, Cancel, Greedy, Offset, RandomSigns, Relative, Scripted};
use super::noise::{Axis, Gaussian, Rademacher, RelativeSigns, Sphere};
use super::{DynSource, Oracle};

/// One error source with its parameters, all exact `f64`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceSpec {
    /// See [`AlongGradient`], along +∇f.
    Aligned {
        /// B.
        relative: f64,
        /// C.
        absolute: f64,
    },
    /// See [`AlongGradient`], along −∇f.
    Opposed {
        /// B.
        relative: f64,
        /// C.
        absolute: f64,
    },
    /// See [`Cancel`].
    Cancel {
        /// B.
        relative: f64,
        /// C.
        absolute: f64,
    },
    /// See [`RandomSigns`].
    RandomSigns {
        /// B.
        relative: f64,
        /// C.
        absolute: f64,
    },
    /// See [`Greedy`].
    Greedy {
        /// B.
        relative: f64,
        /// C.
        absolute: f64,
    },
    /// See [`Offset`].
    Offset {
        /// c.
        size: f64,
    },
    /// See [`Relative`].
    Relative {
        /// r.
        factor: f64,
    },
    /// See [`Scripted`].
    Scripted {
        /// e_0, e_1, …
        errors: Vec<Vec<f64>>,
    },
    /// See [`Rademacher`].
    Rademacher {
        /// s.
        size: f64,
    },
    /// See [`Axis`].
    Axis {
        /// s.
        size: f64,
    },
    /// See [`Sphere`].
    Sphere {
        /// s.
        radius: f64,
    },
    /// See [`Gaussian`].
    Gaussian {
        /// s.
        size: f64,
    },
    /// See [`RelativeSigns`].
    RelativeSigns {
        /// r.
        factor: f64,
    },
}

/// Why an oracle cannot be built.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum OracleError {
    /// NaN, an infinity, or a negative B or C.
    #[error("{source_name}: {value} is no valid size of an error")]
    BadSize {
        /// Which source.
        source_name: String,
        /// The offending number.
        value: f64,
    },
    /// A script whose vectors do not have length d.
    #[error("scripted errors must have {expected} coordinates, one has {found}")]
    BadScript {
        /// d.
        expected: usize,
        /// Length found.
        found: usize,
    },
}

/// Builds the oracle for a problem of dimension d with n workers.
///
/// # Errors
/// When a parameter is not a finite number of the right sign, or a script has the wrong length.
pub fn build(spec: &[SourceSpec], dimension: usize, workers: usize) -> Result<Oracle, OracleError> {
    let sources = spec.iter().map(|s| s.build(dimension)).collect::<Result<Vec<_>, _>>()?;
    Ok(Oracle::new(spec.to_vec(), sources, dimension, workers))
}

impl SourceSpec {
    fn numbers(&self) -> Vec<f64> {
        match self {
            SourceSpec::Aligned { relative, absolute }
            | SourceSpec::Opposed { relative, absolute }
            | SourceSpec::Cancel { relative, absolute }
            | SourceSpec::RandomSigns { relative, absolute }
            | SourceSpec::Greedy { relative, absolute } => vec![*relative, *absolute],
            SourceSpec::Offset { size }
            | SourceSpec::Rademacher { size }
            | SourceSpec::Axis { size }
            | SourceSpec::Gaussian { size } => vec![*size],
            SourceSpec::Relative { factor } | SourceSpec::RelativeSigns { factor } => vec![*factor],
            SourceSpec::Sphere { radius } => vec![*radius],
            SourceSpec::Scripted { errors } => errors.iter().flatten().copied().collect(),
        }
    }

    /// Signed sizes are allowed where the sign has a meaning.
    fn is_signed(&self) -> bool {
        matches!(self, SourceSpec::Offset { .. } | SourceSpec::Relative { .. } | SourceSpec::Scripted { .. })
    }

    fn build(&self, dimension: usize) -> Result<Arc<dyn DynSource>, OracleError> {
        if let Some(bad) = self.numbers().into_iter().find(|x| !x.is_finite() || (*x < 0.0 && !self.is_signed())) {
            return Err(OracleError::BadSize { source_name: self.to_string(), value: bad });
        }
        Ok(match self.clone() {
            SourceSpec::Aligned { relative, absolute } => Arc::new(AlongGradient { relative, absolute, sign: 1.0 }),
            SourceSpec::Opposed { relative, absolute } => Arc::new(AlongGradient { relative, absolute, sign: -1.0 }),
            SourceSpec::Cancel { relative, absolute } => Arc::new(Cancel { relative, absolute }),
            SourceSpec::RandomSigns { relative, absolute } => Arc::new(RandomSigns { relative, absolute }),
            SourceSpec::Greedy { relative, absolute } => Arc::new(Greedy { relative, absolute }),
            SourceSpec::Offset { size } => Arc::new(Offset { size }),
            SourceSpec::Relative { factor } => Arc::new(Relative { factor }),
            SourceSpec::Scripted { errors } => {
                if let Some(bad) = errors.iter().find(|e| e.len() != dimension) {
                    return Err(OracleError::BadScript { expected: dimension, found: bad.len() });
                }
                Arc::new(Scripted { errors })
            }
            SourceSpec::Rademacher { size } => Arc::new(Rademacher { size }),
            SourceSpec::Axis { size } => Arc::new(Axis { size }),
            SourceSpec::Sphere { radius } => Arc::new(Sphere { radius }),
            SourceSpec::Gaussian { size } => Arc::new(Gaussian { size }),
            SourceSpec::RelativeSigns { factor } => Arc::new(RelativeSigns { factor }),
        })
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceSpec::Aligned { relative, absolute } => write!(f, "aligned(B={relative}, C={absolute})"),
            SourceSpec::Opposed { relative, absolute } => write!(f, "opposed(B={relative}, C={absolute})"),
            SourceSpec::Cancel { relative, absolute } => write!(f, "cancel(B={relative}, C={absolute})"),
            SourceSpec::RandomSigns { relative, absolute } => write!(f, "random-signs(B={relative}, C={absolute})"),
            SourceSpec::Greedy { relative, absolute } => write!(f, "greedy(B={relative}, C={absolute})"),
            SourceSpec::Offset { size } => write!(f, "offset({size})"),
            SourceSpec::Relative { factor } => write!(f, "relative({factor})"),
            SourceSpec::Scripted { errors } => write!(f, "scripted({} steps)", errors.len()),
            SourceSpec::Rademacher { size } => write!(f, "rademacher({size})"),
            SourceSpec::Axis { size } => write!(f, "axis({size})"),
            SourceSpec::Sphere { radius } => write!(f, "sphere({radius})"),
            SourceSpec::Gaussian { size } => write!(f, "gaussian({size})"),
            SourceSpec::RelativeSigns { factor } => write!(f, "relative-signs({factor})"),
        }
    }
}
