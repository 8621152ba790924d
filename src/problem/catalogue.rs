//! Problem instances as data: what a report stores and a statement file names.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::piecewise::PiecewiseQuadratic;
use super::quadratic::{Quadratic, QuadraticSpec, geometric_spectrum};
use super::{DynProblem, ProblemError};
use crate::verify::plan::Preset;

/// An instance of a shipped family; everything needed to build it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "family", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProblemSpec {
    /// Strongly convex quadratic with a geometric spectrum, see [`Quadratic`].
    Quadratic {
        /// d.
        dimension: usize,
        /// λ_max/λ_min.
        condition: f64,
        /// Seed.
        seed: u64,
    },
    /// Quadratics that differ between workers by linear terms, see [`Quadratic`].
    HeterogeneousQuadratic {
        /// d.
        dimension: usize,
        /// n.
        workers: usize,
        /// λ_max/λ_min.
        condition: f64,
        /// Size of the linear terms.
        spread: f64,
        /// Seed.
        seed: u64,
    },
    /// Rank-deficient least squares: PL, not strongly convex, see [`Quadratic`].
    LeastSquares {
        /// d.
        dimension: usize,
        /// Number of positive eigenvalues.
        rank: usize,
        /// λ_max/λ⁺_min.
        condition: f64,
        /// Infimum: half the squared distance of the data from the range.
        offset: f64,
        /// n.
        workers: usize,
        /// Seed.
        seed: u64,
    },
    /// One-dimensional, of piecewise constant curvature, see [`PiecewiseQuadratic`].
    PiecewiseQuadratic {
        /// A point.
        anchor: f64,
        /// f there.
        value: f64,
        /// f′ there.
        slope: f64,
        /// Where the curvature changes.
        breaks: Vec<f64>,
        /// The curvatures between.
        curvatures: Vec<f64>,
    },
}

/// The problems that statements are tried on.
#[must_use]
pub fn suite(preset: Preset) -> Vec<ProblemSpec> {
    use ProblemSpec::{HeterogeneousQuadratic, LeastSquares, Quadratic};
    let mut suite = vec![
        Quadratic { dimension: 4, condition: 10.0, seed: 1 },
        HeterogeneousQuadratic { dimension: 3, workers: 4, condition: 4.0, spread: 1.0, seed: 2 },
        LeastSquares { dimension: 6, rank: 3, condition: 8.0, offset: 0.5, workers: 2, seed: 3 },
        Quadratic { dimension: 1, condition: 1.0, seed: 4 },
    ];
    if preset != Preset::Quick {
        suite.extend([
            Quadratic { dimension: 16, condition: 1e3, seed: 5 },
            HeterogeneousQuadratic { dimension: 8, workers: 8, condition: 100.0, spread: 4.0, seed: 6 },
        ]);
    }
    if preset == Preset::Full {
        suite.extend([
            Quadratic { dimension: 64, condition: 1e6, seed: 7 },
            HeterogeneousQuadratic { dimension: 32, workers: 32, condition: 1e4, spread: 1.0, seed: 8 },
            LeastSquares { dimension: 48, rank: 16, condition: 1e3, offset: 2.0, workers: 4, seed: 9 },
        ]);
    }
    suite
}

/// Builds the instance.
///
/// # Errors
/// When a parameter is out of range.
pub fn build(spec: &ProblemSpec) -> Result<Arc<dyn DynProblem>, ProblemError> {
    let condition_ok = |family: &str, condition: f64| {
        if condition.is_finite() && (1.0..=1e7).contains(&condition) {
            Ok(())
        } else {
            Err(ProblemError::new(family, format!("condition number {condition} is not between 1 and 1e7")))
        }
    };
    Ok(match spec {
        ProblemSpec::Quadratic { dimension, condition, seed } => {
            condition_ok("quadratic", *condition)?;
            let spectrum = geometric_spectrum(*dimension, *condition);
            let spec = QuadraticSpec { spectrum: &spectrum, workers: 1, spread: 0.0, offset: 0.0, seed: *seed };
            Arc::new(Quadratic::new("quadratic", &spec)?)
        }
        ProblemSpec::HeterogeneousQuadratic { dimension, workers, condition, spread, seed } => {
            condition_ok("heterogeneous-quadratic", *condition)?;
            let spectrum = geometric_spectrum(*dimension, *condition);
            let spec =
                QuadraticSpec { spectrum: &spectrum, workers: *workers, spread: *spread, offset: 0.0, seed: *seed };
            Arc::new(Quadratic::new("heterogeneous-quadratic", &spec)?)
        }
        ProblemSpec::LeastSquares { dimension, rank, condition, offset, workers, seed } => {
            condition_ok("least-squares", *condition)?;
            if *rank == 0 || rank > dimension {
                return Err(ProblemError::new(
                    "least-squares",
                    format!("rank {rank} is not between 1 and {dimension}"),
                ));
            }
            let mut spectrum = geometric_spectrum(*rank, *condition);
            spectrum.resize(*dimension, 0.0);
            let spec =
                QuadraticSpec { spectrum: &spectrum, workers: *workers, spread: 0.0, offset: *offset, seed: *seed };
            Arc::new(Quadratic::new("least-squares", &spec)?)
        }
        ProblemSpec::PiecewiseQuadratic { anchor, value, slope, breaks, curvatures } => {
            Arc::new(PiecewiseQuadratic::new(*anchor, *value, *slope, breaks, curvatures)?)
        }
    })
}

impl fmt::Display for ProblemSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemSpec::Quadratic { dimension, condition, .. } => {
                write!(f, "quadratic(d={dimension}, kappa={condition})")
            }
            ProblemSpec::HeterogeneousQuadratic { dimension, workers, condition, spread, .. } => {
                write!(f, "heterogeneous-quadratic(d={dimension}, n={workers}, kappa={condition}, spread={spread})")
            }
            ProblemSpec::LeastSquares { dimension, rank, condition, workers, .. } => {
                write!(f, "least-squares(d={dimension}, rank={rank}, n={workers}, kappa={condition})")
            }
            ProblemSpec::PiecewiseQuadratic { curvatures, .. } => {
                write!(f, "piecewise-quadratic(curvatures={curvatures:?})")
            }
        }
    }
}
