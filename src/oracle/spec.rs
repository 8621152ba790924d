//! Error sources as data: what a report stores and a statement file names.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::bias::{AlongGradient, Cancel, Greedy, Offset, RandomSigns, Relative, Scripted};
use super::epoch::{Epoch, Order};
use super::finite_difference::FiniteDifference;
use super::nested::{Batch, FirstOrderMaml, Nested};
use super::noise::{Axis, Gaussian, Rademacher, RelativeSigns, Sphere};
use super::operator::Operator;
use super::transformed::{Average, EachWorker, RandKBias, RandKNoise};
use super::{DynSource, Oracle};
use crate::problem::{DynProblem, MAX_DIMENSION, Nesting};

/// Most samples of a batch.
pub(super) const MAX_SAMPLES: usize = 4096;

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
    /// See [`EachWorker`]; for Rand-K without noise [`RandKBias`] and [`RandKNoise`].
    EachWorker {
        /// What each worker does to its gradient.
        operator: Operator,
        /// Size of the signs that each worker adds to its gradient before.
        #[serde(default)]
        noise: f64,
    },
    /// See [`Average`].
    Average {
        /// What is done to the average; not Rand-K.
        operator: Operator,
    },
    /// See [`FiniteDifference`].
    FiniteDifference {
        /// h > 0.
        step: f64,
    },
    /// See [`Epoch`].
    Epoch {
        /// s > 0.
        step: f64,
        /// In which order the components are visited.
        #[serde(default)]
        order: Order,
    },
    /// Of a composition Fᵢ ∘ hᵢ, see [`Nested`].
    Composite {
        /// Samples of hᵢ(x).
        inner_samples: usize,
        /// Size of the noise of each.
        #[serde(default)]
        inner_noise: f64,
        /// Samples of ∇Fᵢ.
        outer_samples: usize,
        /// Size of the noise of each.
        #[serde(default)]
        outer_noise: f64,
        /// Samples of ∇hᵢ(x).
        jacobian_samples: usize,
        /// Size of the noise of each.
        #[serde(default)]
        jacobian_noise: f64,
        /// Whether a sample has one sign in all places instead of one each.
        #[serde(default)]
        shared: bool,
    },
    /// Of adaptation to tasks φᵢ, see [`Nested`]: inner, outer and Hessian batch.
    Maml {
        /// S_in, samples of ∇φᵢ(x).
        inner_samples: usize,
        /// S_o, samples of ∇φᵢ at the adapted point.
        outer_samples: usize,
        /// S_H, samples of ∇²φᵢ(x).
        hessian_samples: usize,
        /// Size of the signs that a sample of a gradient adds in every place.
        gradient_noise: f64,
        /// Size of the signs that a sample of a Hessian adds to its diagonal.
        hessian_noise: f64,
        /// Whether a sample has one sign in all places instead of one each.
        #[serde(default)]
        shared: bool,
    },
    /// See [`FirstOrderMaml`].
    FirstOrderMaml {},
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
    /// A source that needs an inner structure which the problem has not, or batches of no size.
    #[error("{source_name}: {reason}")]
    BadStructure {
        /// Which source.
        source_name: String,
        /// Why.
        reason: String,
    },
    /// An operator or a step whose parameters mean nothing, or that does not fit.
    #[error("{source_name}: {reason}")]
    BadOperator {
        /// Which source.
        source_name: String,
        /// Why.
        reason: String,
    },
}

/// Builds the oracle for a problem.
///
/// # Errors
/// When a parameter is not a finite number of the right sign, or a script has the wrong length.
pub fn build(spec: &[SourceSpec], problem: &dyn DynProblem) -> Result<Oracle, OracleError> {
    let mut sources = Vec::new();
    for source in spec {
        sources.extend(source.build(problem)?);
    }
    Ok(Oracle::new(spec.to_vec(), sources, problem))
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
            SourceSpec::FiniteDifference { step } | SourceSpec::Epoch { step, .. } => vec![*step],
            SourceSpec::Sphere { radius } => vec![*radius],
            SourceSpec::Scripted { errors } => errors.iter().flatten().copied().collect(),
            SourceSpec::EachWorker { noise, .. } => vec![*noise],
            SourceSpec::Average { .. } | SourceSpec::FirstOrderMaml {} => Vec::new(),
            SourceSpec::Composite { inner_noise, outer_noise, jacobian_noise, .. } => {
                vec![*inner_noise, *outer_noise, *jacobian_noise]
            }
            SourceSpec::Maml { gradient_noise, hessian_noise, .. } => vec![*gradient_noise, *hessian_noise],
        }
    }

    /// What makes the source's operator useless in dimension d, if anything.
    fn operator_defect(&self, dimension: usize) -> Option<String> {
        match self {
            SourceSpec::Average { operator } if operator.is_random() => {
                Some("the average is transformed without drawing; use each-worker".to_owned())
            }
            SourceSpec::EachWorker { operator, .. } | SourceSpec::Average { operator } => operator.defect(dimension),
            SourceSpec::FiniteDifference { step } if *step <= 0.0 => {
                Some("a step of zero has no difference".to_owned())
            }
            _ => None,
        }
    }

    /// Why the source can stand under no problem, if that is so.
    #[must_use]
    pub fn misplaced(&self) -> Option<String> {
        let bad = self.numbers().into_iter().find(|x| !x.is_finite() || (*x < 0.0 && !self.is_signed()));
        let size = bad.map(|bad| format!("{self}: {bad} is no valid size of an error"));
        size.or_else(|| {
            let mut defects = (1..=MAX_DIMENSION).map(|dimension| self.operator_defect(dimension));
            // That of the largest dimension, where every dimension has one.
            defects.try_fold(None, |_, defect| defect.map(Some)).flatten().map(|reason| format!("{self}: {reason}"))
        })
    }

    /// What keeps the source from reading the problem's inner structure, if it reads one.
    fn structure_defect(&self, problem: &dyn DynProblem) -> Option<String> {
        let (adapted, samples) = match self {
            SourceSpec::Composite { inner_samples, outer_samples, jacobian_samples, .. } => {
                (false, [*inner_samples, *outer_samples, *jacobian_samples])
            }
            SourceSpec::Maml { inner_samples, outer_samples, hessian_samples, .. } => {
                (true, [*inner_samples, *outer_samples, *hessian_samples])
            }
            SourceSpec::FirstOrderMaml {} => (true, [1; 3]),
            _ => return None,
        };
        if samples.iter().any(|s| !(1..=MAX_SAMPLES).contains(s)) {
            return Some(format!("a batch has between 1 and {MAX_SAMPLES} samples"));
        }
        let what = if adapted { "adapts to no tasks" } else { "is no composition" };
        let fits = problem.nesting().is_some_and(|nesting| nesting.adaptation.is_some() == adapted);
        (!fits).then(|| format!("the problem {what}"))
    }

    /// The operator of it that compares coordinates, if any.
    #[must_use]
    pub fn comparing(&self) -> Option<&Operator> {
        match self {
            SourceSpec::EachWorker { operator, .. } | SourceSpec::Average { operator } => {
                Some(operator).filter(|operator| operator.compares())
            }
            _ => None,
        }
    }

    /// Whether its value in binary64 may be anything, as it divides a small difference of near numbers.
    #[must_use]
    pub fn divides_differences(&self) -> bool {
        matches!(self, SourceSpec::FiniteDifference { .. } | SourceSpec::Epoch { .. })
    }

    /// Signed sizes are allowed where the sign has a meaning.
    fn is_signed(&self) -> bool {
        matches!(self, SourceSpec::Offset { .. } | SourceSpec::Relative { .. } | SourceSpec::Scripted { .. })
    }

    fn build(&self, problem: &dyn DynProblem) -> Result<Vec<Arc<dyn DynSource>>, OracleError> {
        let dimension = problem.dimension();
        if let Some(bad) = self.numbers().into_iter().find(|x| !x.is_finite() || (*x < 0.0 && !self.is_signed())) {
            return Err(OracleError::BadSize { source_name: self.to_string(), value: bad });
        }
        if let Some(reason) = self.operator_defect(dimension) {
            return Err(OracleError::BadOperator { source_name: self.to_string(), reason });
        }
        if let Some(reason) = self.structure_defect(problem) {
            return Err(OracleError::BadStructure { source_name: self.to_string(), reason });
        }
        let whole = Nesting { dimension, affine_outer: false, adaptation: None };
        let nesting = problem.nesting().unwrap_or(whole);
        let batch = |samples, noise| Batch { samples, noise };
        let source: Arc<dyn DynSource> = match self.clone() {
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
            SourceSpec::EachWorker { operator: Operator::RandK { share }, noise: 0.0 } => {
                return Ok(vec![Arc::new(RandKBias { share }), Arc::new(RandKNoise { share })]);
            }
            SourceSpec::EachWorker { operator, noise } => Arc::new(EachWorker { operator, noise }),
            SourceSpec::Average { operator } => Arc::new(Average { operator }),
            SourceSpec::FiniteDifference { step } => Arc::new(FiniteDifference { step }),
            SourceSpec::Epoch { step, order } => Arc::new(Epoch { step, order }),
            SourceSpec::Composite {
                inner_samples,
                inner_noise,
                outer_samples,
                outer_noise,
                jacobian_samples,
                jacobian_noise,
                shared,
            } => Arc::new(Nested {
                inner: batch(inner_samples, inner_noise),
                outer: batch(outer_samples, outer_noise),
                jacobian: batch(jacobian_samples, jacobian_noise),
                shared,
                nesting,
            }),
            SourceSpec::Maml {
                inner_samples,
                outer_samples,
                hessian_samples,
                gradient_noise,
                hessian_noise,
                shared,
            } => Arc::new(Nested {
                inner: batch(inner_samples, gradient_noise),
                outer: batch(outer_samples, gradient_noise),
                jacobian: batch(hessian_samples, hessian_noise),
                shared,
                nesting,
            }),
            SourceSpec::FirstOrderMaml {} => Arc::new(FirstOrderMaml),
        };
        Ok(vec![source])
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
            SourceSpec::EachWorker { operator, noise: 0.0 } => write!(f, "each-worker({operator})"),
            SourceSpec::EachWorker { operator, noise } => write!(f, "each-worker({operator} after signs of {noise})"),
            SourceSpec::Average { operator } => write!(f, "average({operator})"),
            SourceSpec::FiniteDifference { step } => write!(f, "finite-difference({step})"),
            SourceSpec::Epoch { step, order } => write!(f, "epoch({step}, {order})"),
            SourceSpec::Composite {
                inner_samples,
                inner_noise,
                outer_samples,
                outer_noise,
                jacobian_samples,
                jacobian_noise,
                shared,
            } => {
                write!(f, "composite(h {inner_samples}x{inner_noise}, F {outer_samples}x{outer_noise}, ")?;
                write!(f, "J {jacobian_samples}x{jacobian_noise}{})", if *shared { ", shared" } else { "" })
            }
            SourceSpec::Maml {
                inner_samples,
                outer_samples,
                hessian_samples,
                gradient_noise,
                hessian_noise,
                shared,
            } => {
                write!(f, "maml(S_in={inner_samples}, S_o={outer_samples}, S_H={hessian_samples}, ")?;
                write!(f, "{gradient_noise}, {hessian_noise}{})", if *shared { ", shared" } else { "" })
            }
            SourceSpec::FirstOrderMaml {} => f.write_str("first-order-maml"),
        }
    }
}
