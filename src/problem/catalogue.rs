//! Problem instances as data: what a report stores and a statement file names.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adaptation::Adapted;
use super::composite::{Composite, CompositeSpec, Outer};
use super::explicit::ExplicitQuadratic;
use super::fourier::Fourier;
use super::huber::Huber;
use super::orthogonal::short_fraction;
use super::piecewise::PiecewiseQuadratic;
use super::quadratic::{Quadratic, QuadraticSpec, geometric_spectrum};
use super::regression::{Loss, Regression, short};
use super::sine::SineSquared;
use super::tasks::{NetworkTasks, QuadraticTasks, Ridge, RidgeTasks};
use super::{DynProblem, ProblemError, check_size, data};
use crate::preset::Preset;

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
    /// ½Σλ_j x_j² with the given spectrum, see [`Quadratic::diagonal`].
    DiagonalQuadratic {
        /// λ_1, …, λ_d.
        spectrum: Vec<f64>,
    },
    /// ½Σλ_j x_j² − bᵢᵀx with given bᵢ, see [`Quadratic::shifted`].
    ShiftedQuadratic {
        /// λ_1, …, λ_d.
        spectrum: Vec<f64>,
        /// b_1, …, b_n, which sum to zero.
        shifts: Vec<Vec<f64>>,
    },
    /// ½xᵀAᵢx + bᵢᵀx + cᵢ, see [`ExplicitQuadratic`].
    ExplicitQuadratic {
        /// A_1, …, A_n, each a list of rows.
        matrices: Vec<Vec<Vec<f64>>>,
        /// b_1, …, b_n.
        vectors: Vec<Vec<f64>>,
        /// c_1, …, c_n.
        numbers: Vec<f64>,
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
    /// Σ x² + 3 sin²x, see [`SineSquared`].
    SineSquared {
        /// d.
        dimension: usize,
    },
    /// The same after a full-row-rank map, see [`SineSquared`].
    SineSquaredComposed {
        /// d.
        dimension: usize,
        /// p ≤ d.
        rows: usize,
        /// σ_max²/σ_min² of the map.
        condition: f64,
        /// Seed.
        seed: u64,
    },
    /// Random data, logistic loss with the nonconvex regulariser, see [`Regression`].
    Logistic {
        /// d.
        dimension: usize,
        /// n.
        workers: usize,
        /// Rows of each worker.
        share: usize,
        /// λ, a short binary fraction.
        regulariser: f64,
        /// Seed.
        seed: u64,
    },
    /// Random data with outliers, Geman–McClure loss, see [`Regression`].
    GemanMcClure {
        /// d.
        dimension: usize,
        /// n.
        workers: usize,
        /// Rows of each worker.
        share: usize,
        /// Seed.
        seed: u64,
    },
    /// Random Fourier sum, see [`Fourier`].
    Fourier {
        /// d.
        dimension: usize,
        /// n.
        workers: usize,
        /// Frequencies.
        terms: usize,
        /// Seed.
        seed: u64,
    },
    /// Logistic loss with the nonconvex regulariser on the Wisconsin breast cancer data.
    BreastCancerLogistic {
        /// Features used, at most 30.
        features: usize,
        /// n.
        workers: usize,
        /// Rows of each worker, at most 569 in all.
        share: usize,
        /// λ, a short binary fraction.
        regulariser: f64,
    },
    /// Least squares on the same data.
    BreastCancerSquares {
        /// Features used, at most 30.
        features: usize,
        /// n.
        workers: usize,
        /// Rows of each worker, at most 569 in all.
        share: usize,
    },
    /// The Huber function of one variable, tilted differently at each worker, see [`Huber`].
    Huber {
        /// ℓ > 0.
        curvature: f64,
        /// w > 0.
        width: f64,
        /// b_1, …, b_n, adding up to zero.
        tilts: Vec<f64>,
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
    /// An outer loss after an affine inner map, see [`Composite`].
    CompositeAffine {
        /// d.
        dimension: usize,
        /// p ≤ d.
        rows: usize,
        /// n.
        workers: usize,
        /// The loss.
        outer: Outer,
        /// σ_max/σ_min of the inner map's matrix.
        condition: f64,
        /// Size of the workers' offsets.
        spread: f64,
        /// Seed.
        seed: u64,
    },
    /// An outer loss after a bent inner map, see [`Composite`].
    CompositeBent {
        /// d.
        dimension: usize,
        /// p ≤ d.
        rows: usize,
        /// n.
        workers: usize,
        /// The loss.
        outer: Outer,
        /// σ_max/σ_min of the inner map's matrix.
        condition: f64,
        /// Size of the workers' offsets.
        spread: f64,
        /// Seed.
        seed: u64,
    },
    /// Adaptation to quadratic tasks, see [`Adapted`].
    MamlQuadratic {
        /// λ_1, …, λ_d of every task.
        spectrum: Vec<f64>,
        /// n.
        workers: usize,
        /// Size of the tasks' minimisers.
        spread: f64,
        /// a.
        step: f64,
        /// Seed.
        seed: u64,
    },
    /// Adaptation to rank-deficient least-squares tasks, see [`Adapted`].
    MamlLeastSquares {
        /// d.
        dimension: usize,
        /// Number of positive eigenvalues.
        rank: usize,
        /// λ_max/λ⁺_min.
        condition: f64,
        /// n.
        workers: usize,
        /// Size of the tasks' minimisers.
        spread: f64,
        /// a.
        step: f64,
        /// Seed.
        seed: u64,
    },
    /// Adaptation to the one-dimensional task cos x, see [`RidgeTasks`].
    MamlCosine {
        /// a.
        step: f64,
    },
    /// Adaptation to sums of cosines or robust regressions on random data, see [`RidgeTasks`].
    MamlRidge {
        /// ψ.
        ridge: Ridge,
        /// d.
        dimension: usize,
        /// n.
        workers: usize,
        /// Rows of each task.
        share: usize,
        /// a.
        step: f64,
        /// Seed.
        seed: u64,
    },
    /// Adaptation to sinusoid regression with a small network, see [`NetworkTasks`].
    MamlSinusoid {
        /// Hidden units; d is twice their number.
        units: usize,
        /// n.
        workers: usize,
        /// Inputs of each task.
        share: usize,
        /// a.
        step: f64,
        /// Seed.
        seed: u64,
    },
}

impl ProblemSpec {
    /// Name of the family, as in reports and statement files.
    #[must_use]
    pub fn family(&self) -> &'static str {
        match self {
            ProblemSpec::Quadratic { .. } => "quadratic",
            ProblemSpec::DiagonalQuadratic { .. } => "diagonal-quadratic",
            ProblemSpec::ShiftedQuadratic { .. } => "shifted-quadratic",
            ProblemSpec::ExplicitQuadratic { .. } => "explicit-quadratic",
            ProblemSpec::HeterogeneousQuadratic { .. } => "heterogeneous-quadratic",
            ProblemSpec::LeastSquares { .. } => "least-squares",
            ProblemSpec::SineSquared { .. } => "sine-squared",
            ProblemSpec::SineSquaredComposed { .. } => "sine-squared-composed",
            ProblemSpec::Logistic { .. } => "logistic",
            ProblemSpec::GemanMcClure { .. } => "geman-mc-clure",
            ProblemSpec::Fourier { .. } => "fourier",
            ProblemSpec::BreastCancerLogistic { .. } => "breast-cancer-logistic",
            ProblemSpec::BreastCancerSquares { .. } => "breast-cancer-squares",
            ProblemSpec::Huber { .. } => "huber",
            ProblemSpec::PiecewiseQuadratic { .. } => "piecewise-quadratic",
            ProblemSpec::CompositeAffine { .. } => "composite-affine",
            ProblemSpec::CompositeBent { .. } => "composite-bent",
            ProblemSpec::MamlQuadratic { .. } => "maml-quadratic",
            ProblemSpec::MamlLeastSquares { .. } => "maml-least-squares",
            ProblemSpec::MamlCosine { .. } => "maml-cosine",
            ProblemSpec::MamlRidge { .. } => "maml-ridge",
            ProblemSpec::MamlSinusoid { .. } => "maml-sinusoid",
        }
    }
}

/// d, n and, where there is one, the size of an inner part that is at most d, as a specification asks for them.
struct Sizes {
    dimension: usize,
    workers: usize,
    inner: Option<(&'static str, usize)>,
}

impl ProblemSpec {
    /// d.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.sizes().dimension
    }

    /// n.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.sizes().workers
    }

    fn sizes(&self) -> Sizes {
        use ProblemSpec::{
            BreastCancerLogistic, BreastCancerSquares, CompositeAffine, CompositeBent, DiagonalQuadratic, Fourier,
            GemanMcClure, HeterogeneousQuadratic, LeastSquares, Logistic, MamlCosine, MamlLeastSquares, MamlQuadratic,
            MamlRidge, MamlSinusoid, PiecewiseQuadratic, Quadratic, ShiftedQuadratic, SineSquared, SineSquaredComposed,
        };
        let of = |dimension, workers| Sizes { dimension, workers, inner: None };
        match self {
            Quadratic { dimension, .. } | SineSquared { dimension } => of(*dimension, 1),
            DiagonalQuadratic { spectrum } => of(spectrum.len(), 1),
            ShiftedQuadratic { spectrum, shifts } => of(spectrum.len(), shifts.len()),
            ProblemSpec::ExplicitQuadratic { vectors, .. } => of(vectors.first().map_or(0, Vec::len), vectors.len()),
            MamlQuadratic { spectrum, workers, .. } => of(spectrum.len(), *workers),
            HeterogeneousQuadratic { dimension, workers, .. }
            | Logistic { dimension, workers, .. }
            | GemanMcClure { dimension, workers, .. }
            | Fourier { dimension, workers, .. }
            | MamlRidge { dimension, workers, .. } => of(*dimension, *workers),
            BreastCancerLogistic { features, workers, .. } | BreastCancerSquares { features, workers, .. } => {
                of(*features, *workers)
            }
            ProblemSpec::Huber { tilts, .. } => of(1, tilts.len()),
            PiecewiseQuadratic { .. } | MamlCosine { .. } => of(1, 1),
            MamlSinusoid { units, workers, .. } => of(units.saturating_mul(2), *workers),
            SineSquaredComposed { dimension, rows, .. } => {
                Sizes { dimension: *dimension, workers: 1, inner: Some(("rows", *rows)) }
            }
            CompositeAffine { dimension, rows, workers, .. } | CompositeBent { dimension, rows, workers, .. } => {
                Sizes { dimension: *dimension, workers: *workers, inner: Some(("rows", *rows)) }
            }
            LeastSquares { dimension, rank, workers, .. } | MamlLeastSquares { dimension, rank, workers, .. } => {
                Sizes { dimension: *dimension, workers: *workers, inner: Some(("rank", *rank)) }
            }
        }
    }

    /// Refuses sizes that no family has, before anything of that size is made.
    fn check_sizes(&self) -> Result<(), ProblemError> {
        let Sizes { dimension, workers, inner } = self.sizes();
        check_size(self.family(), dimension, workers)?;
        match inner {
            Some((name, size)) if size == 0 || size > dimension => {
                let reason = format!("{name} = {size} is not between 1 and the dimension {dimension}");
                Err(ProblemError::new(self.family(), reason))
            }
            _ => Ok(()),
        }
    }
}

/// The problems that statements are tried on.
#[must_use]
pub fn suite(preset: Preset) -> Vec<ProblemSpec> {
    use ProblemSpec::{
        BreastCancerLogistic, BreastCancerSquares, Fourier, GemanMcClure, HeterogeneousQuadratic, LeastSquares,
        Logistic, Quadratic, SineSquared, SineSquaredComposed,
    };
    let mut suite = vec![
        Quadratic { dimension: 4, condition: 10.0, seed: 1 },
        HeterogeneousQuadratic { dimension: 3, workers: 4, condition: 4.0, spread: 1.0, seed: 2 },
        LeastSquares { dimension: 6, rank: 3, condition: 8.0, offset: 0.5, workers: 2, seed: 3 },
        SineSquared { dimension: 2 },
        SineSquaredComposed { dimension: 5, rows: 2, condition: 4.0, seed: 4 },
        Logistic { dimension: 4, workers: 2, share: 6, regulariser: 0.125, seed: 5 },
        GemanMcClure { dimension: 3, workers: 2, share: 5, seed: 6 },
        Fourier { dimension: 3, workers: 3, terms: 6, seed: 7 },
        Quadratic { dimension: 1, condition: 1.0, seed: 8 },
        BreastCancerLogistic { features: 6, workers: 4, share: 8, regulariser: 0.0625 },
        BreastCancerSquares { features: 5, workers: 4, share: 8 },
        SineSquared { dimension: 1 },
    ];
    if preset != Preset::Quick {
        suite.extend([
            Quadratic { dimension: 16, condition: 1e3, seed: 11 },
            HeterogeneousQuadratic { dimension: 8, workers: 8, condition: 100.0, spread: 4.0, seed: 12 },
            SineSquared { dimension: 8 },
            Fourier { dimension: 8, workers: 4, terms: 16, seed: 13 },
            Logistic { dimension: 8, workers: 8, share: 8, regulariser: 0.25, seed: 14 },
            LeastSquares { dimension: 16, rank: 8, condition: 1e3, offset: 2.0, workers: 4, seed: 15 },
            Quadratic { dimension: 32, condition: 1e6, seed: 16 },
            GemanMcClure { dimension: 8, workers: 4, share: 8, seed: 17 },
        ]);
    }
    if preset == Preset::Full {
        suite.extend([
            Quadratic { dimension: 64, condition: 1e6, seed: 21 },
            HeterogeneousQuadratic { dimension: 32, workers: 32, condition: 1e4, spread: 1.0, seed: 22 },
            LeastSquares { dimension: 48, rank: 16, condition: 1e3, offset: 2.0, workers: 4, seed: 23 },
            SineSquared { dimension: 64 },
            SineSquaredComposed { dimension: 24, rows: 12, condition: 64.0, seed: 24 },
            BreastCancerLogistic { features: 30, workers: 8, share: 70, regulariser: 0.0625 },
            BreastCancerSquares { features: 30, workers: 8, share: 70 },
            Fourier { dimension: 32, workers: 16, terms: 64, seed: 25 },
            Logistic { dimension: 32, workers: 32, share: 16, regulariser: 0.125, seed: 26 },
        ]);
    }
    suite
}

/// The problems that statements about compositions or adaptation are tried on.
#[must_use]
pub fn nested_suite(preset: Preset) -> Vec<ProblemSpec> {
    use ProblemSpec::{
        CompositeAffine, CompositeBent, MamlCosine, MamlLeastSquares, MamlQuadratic, MamlRidge, MamlSinusoid,
    };
    let affine = |dimension, rows, workers, outer, condition, spread, seed| CompositeAffine {
        dimension,
        rows,
        workers,
        outer,
        condition,
        spread,
        seed,
    };
    let bent = |dimension, rows, workers, outer, condition, spread, seed| CompositeBent {
        dimension,
        rows,
        workers,
        outer,
        condition,
        spread,
        seed,
    };
    let (bounded, huber, squares) = (Outer::Bounded, Outer::Huber, Outer::Squares);
    let mut suite = vec![
        affine(1, 1, 1, bounded, 1.0, 1.0, 31),
        bent(1, 1, 1, squares, 1.0, 0.5, 32),
        MamlQuadratic { spectrum: vec![1.0, 0.25], workers: 2, spread: 1.0, step: 0.25, seed: 33 },
        MamlRidge { ridge: Ridge::GemanMcClure, dimension: 2, workers: 1, share: 4, step: 0.25, seed: 34 },
        affine(3, 2, 1, squares, 2.0, 1.0, 35),
        bent(2, 2, 2, bounded, 2.0, 0.5, 36),
        MamlCosine { step: 0.25 },
        MamlLeastSquares { dimension: 3, rank: 2, condition: 4.0, workers: 1, spread: 0.0, step: 0.25, seed: 37 },
        affine(2, 2, 2, huber, 1.5, 1.0, 38),
        MamlSinusoid { units: 1, workers: 1, share: 4, step: 0.125, seed: 39 },
        bent(2, 1, 1, huber, 1.0, 1.0, 40),
        MamlRidge { ridge: Ridge::Cosine, dimension: 2, workers: 2, share: 3, step: 0.125, seed: 41 },
        MamlQuadratic { spectrum: vec![1.0, 0.5], workers: 1, spread: 0.0, step: 0.375, seed: 42 },
        affine(2, 1, 2, squares, 1.0, 1.0, 43),
    ];
    if preset != Preset::Quick {
        suite.extend([
            affine(8, 4, 2, bounded, 4.0, 1.0, 44),
            bent(6, 3, 1, squares, 3.0, 0.5, 45),
            MamlQuadratic { spectrum: vec![2.0, 1.0, 0.5, 0.125], workers: 3, spread: 0.5, step: 0.25, seed: 46 },
            MamlSinusoid { units: 3, workers: 2, share: 5, step: 0.0625, seed: 47 },
            MamlLeastSquares { dimension: 6, rank: 3, condition: 8.0, workers: 2, spread: 1.0, step: 0.125, seed: 48 },
            MamlRidge { ridge: Ridge::GemanMcClure, dimension: 4, workers: 2, share: 6, step: 0.0625, seed: 49 },
        ]);
    }
    if preset == Preset::Full {
        suite.extend([
            bent(24, 12, 4, huber, 8.0, 2.0, 50),
            MamlRidge { ridge: Ridge::Cosine, dimension: 8, workers: 2, share: 8, step: 0.125, seed: 51 },
            MamlSinusoid { units: 4, workers: 2, share: 6, step: 0.03125, seed: 52 },
        ]);
    }
    suite
}

/// Rows of short binary fractions and targets from a random linear model: signs of it, or its
/// values with every eighth one an outlier.
fn random_rows(dimension: usize, count: usize, signs: bool, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let model: Vec<f64> = (0..dimension).map(|_| short_fraction(4, &mut rng)).collect();
    let rows: Vec<f64> = (0..count * dimension).map(|_| 2.0 * short_fraction(6, &mut rng)).collect();
    let targets = rows
        .chunks_exact(dimension)
        .enumerate()
        .map(|(j, row)| {
            let value: f64 = row.iter().zip(&model).map(|(a, m)| a * m).sum();
            match (signs, j % 8) {
                (true, _) => {
                    if value + short_fraction(4, &mut rng) >= 0.0 {
                        1.0
                    } else {
                        -1.0
                    }
                }
                (false, 7) => 8.0,
                (false, _) => short(value),
            }
        })
        .collect();
    (rows, targets)
}

/// Builds the instance.
///
/// # Errors
/// When a parameter is out of range.
pub fn build(spec: &ProblemSpec) -> Result<Arc<dyn DynProblem>, ProblemError> {
    spec.check_sizes()?;
    let condition_ok = |family: &str, condition: f64| {
        if condition.is_finite() && (1.0..=1e7).contains(&condition) {
            Ok(())
        } else {
            Err(ProblemError::new(family, format!("condition number {condition} is not between 1 and 1e7")))
        }
    };
    let check_share = |family: &str, share: usize| {
        if (1..=4096).contains(&share) {
            Ok(share)
        } else {
            Err(ProblemError::new(family, format!("{share} rows a worker are not between 1 and 4096")))
        }
    };
    let parameters = BTreeMap::from([("spec".to_owned(), spec.to_string())]);
    Ok(match spec {
        ProblemSpec::Quadratic { dimension, condition, seed } => {
            condition_ok("quadratic", *condition)?;
            let spectrum = geometric_spectrum(*dimension, *condition);
            let spec = QuadraticSpec { spectrum: &spectrum, workers: 1, spread: 0.0, offset: 0.0, seed: *seed };
            Arc::new(Quadratic::new("quadratic", &spec)?)
        }
        ProblemSpec::DiagonalQuadratic { spectrum } => Arc::new(Quadratic::diagonal(spectrum)?),
        ProblemSpec::ShiftedQuadratic { spectrum, shifts } => Arc::new(Quadratic::shifted(spectrum, shifts)?),
        ProblemSpec::ExplicitQuadratic { matrices, vectors, numbers } => {
            Arc::new(ExplicitQuadratic::new(matrices, vectors, numbers)?)
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
            let mut spectrum = geometric_spectrum(*rank, *condition);
            spectrum.resize(*dimension, 0.0);
            let spec =
                QuadraticSpec { spectrum: &spectrum, workers: *workers, spread: 0.0, offset: *offset, seed: *seed };
            Arc::new(Quadratic::new("least-squares", &spec)?)
        }
        ProblemSpec::SineSquared { dimension } => Arc::new(SineSquared::coordinatewise(*dimension)?),
        ProblemSpec::SineSquaredComposed { dimension, rows, condition, seed } => {
            condition_ok("sine-squared-composed", *condition)?;
            let singular = geometric_spectrum(*rows, condition.sqrt());
            Arc::new(SineSquared::composed(*dimension, &singular, *seed)?)
        }
        ProblemSpec::Logistic { dimension, workers, share, regulariser, seed } => {
            let (rows, targets) = random_rows(*dimension, workers * check_share("logistic", *share)?, true, *seed);
            Arc::new(Regression::new("logistic", Loss::Logistic, rows, targets, *workers, *regulariser, parameters)?)
        }
        ProblemSpec::GemanMcClure { dimension, workers, share, seed } => {
            let (rows, targets) =
                random_rows(*dimension, workers * check_share("geman-mc-clure", *share)?, false, *seed);
            Arc::new(Regression::new("geman-mc-clure", Loss::GemanMcClure, rows, targets, *workers, 0.0, parameters)?)
        }
        ProblemSpec::Fourier { dimension, workers, terms, seed } => {
            Arc::new(Fourier::new(*dimension, *workers, *terms, *seed)?)
        }
        ProblemSpec::BreastCancerLogistic { features, workers, share, regulariser } => {
            let (rows, labels) = data::breast_cancer(workers.saturating_mul(*share), *features)?;
            let family = "breast-cancer-logistic";
            Arc::new(Regression::new(family, Loss::Logistic, rows, labels, *workers, *regulariser, parameters)?)
        }
        ProblemSpec::BreastCancerSquares { features, workers, share } => {
            let (rows, labels) = data::breast_cancer(workers.saturating_mul(*share), *features)?;
            Arc::new(Regression::new("breast-cancer-squares", Loss::Squares, rows, labels, *workers, 0.0, parameters)?)
        }
        ProblemSpec::Huber { curvature, width, tilts } => Arc::new(Huber::new(*curvature, *width, tilts)?),
        ProblemSpec::PiecewiseQuadratic { anchor, value, slope, breaks, curvatures } => {
            Arc::new(PiecewiseQuadratic::new(*anchor, *value, *slope, breaks, curvatures)?)
        }
        ProblemSpec::CompositeAffine { dimension, rows, workers, outer, condition, spread, seed }
        | ProblemSpec::CompositeBent { dimension, rows, workers, outer, condition, spread, seed } => {
            condition_ok(spec.family(), *condition)?;
            let bent = matches!(spec, ProblemSpec::CompositeBent { .. });
            let singular = geometric_spectrum(*rows, *condition);
            let (dimension, workers, spread, seed) = (*dimension, *workers, *spread, *seed);
            let spec = CompositeSpec { dimension, singular: &singular, workers, spread, outer: *outer, bent, seed };
            Arc::new(Composite::new(&spec)?)
        }
        ProblemSpec::MamlQuadratic { spectrum, workers, spread, step, seed } => {
            let tasks = QuadraticTasks::new(spec.family(), spectrum, *workers, *spread, *seed)?;
            Arc::new(Adapted::quadratic(spec.family(), tasks, *step)?)
        }
        ProblemSpec::MamlLeastSquares { dimension, rank, condition, workers, spread, step, seed } => {
            condition_ok(spec.family(), *condition)?;
            let mut spectrum = geometric_spectrum(*rank, *condition);
            spectrum.resize(*dimension, 0.0);
            let tasks = QuadraticTasks::new(spec.family(), &spectrum, *workers, *spread, *seed)?;
            Arc::new(Adapted::quadratic(spec.family(), tasks, *step)?)
        }
        ProblemSpec::MamlCosine { step } => {
            let tasks = RidgeTasks::new(spec.family(), Ridge::Cosine, 1, vec![1.0], vec![0.0], 1)?;
            Arc::new(Adapted::new(spec.family(), tasks, *step)?)
        }
        ProblemSpec::MamlRidge { ridge, dimension, workers, share, step, seed } => {
            let count = workers * check_share(spec.family(), *share)?;
            let (rows, targets) = random_rows(*dimension, count, false, *seed);
            let tasks = RidgeTasks::new(spec.family(), *ridge, *dimension, rows, targets, *workers)?;
            Arc::new(Adapted::new(spec.family(), tasks, *step)?)
        }
        ProblemSpec::MamlSinusoid { units, workers, share, step, seed } => {
            let tasks = NetworkTasks::sinusoids(spec.family(), *units, *workers, *share, *seed)?;
            Arc::new(Adapted::new(spec.family(), tasks, *step)?)
        }
    })
}

impl fmt::Display for ProblemSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemSpec::Quadratic { dimension, condition, .. } => {
                write!(f, "quadratic(d={dimension}, kappa={condition})")
            }
            ProblemSpec::DiagonalQuadratic { spectrum } => write!(f, "diagonal-quadratic(spectrum={spectrum:?})"),
            ProblemSpec::ExplicitQuadratic { vectors, .. } => {
                write!(f, "explicit-quadratic(d={}, n={})", vectors.first().map_or(0, Vec::len), vectors.len())
            }
            ProblemSpec::ShiftedQuadratic { spectrum, shifts } => {
                write!(f, "shifted-quadratic(spectrum={spectrum:?}, n={})", shifts.len())
            }
            ProblemSpec::HeterogeneousQuadratic { dimension, workers, condition, spread, .. } => {
                write!(f, "heterogeneous-quadratic(d={dimension}, n={workers}, kappa={condition}, spread={spread})")
            }
            ProblemSpec::LeastSquares { dimension, rank, condition, workers, .. } => {
                write!(f, "least-squares(d={dimension}, rank={rank}, n={workers}, kappa={condition})")
            }
            ProblemSpec::SineSquared { dimension } => write!(f, "sine-squared(d={dimension})"),
            ProblemSpec::SineSquaredComposed { dimension, rows, condition, .. } => {
                write!(f, "sine-squared-composed(d={dimension}, p={rows}, kappa={condition})")
            }
            ProblemSpec::Logistic { dimension, workers, share, regulariser, .. } => {
                write!(f, "logistic(d={dimension}, n={workers}, rows={share} each, lambda={regulariser})")
            }
            ProblemSpec::GemanMcClure { dimension, workers, share, .. } => {
                write!(f, "geman-mc-clure(d={dimension}, n={workers}, rows={share} each)")
            }
            ProblemSpec::Fourier { dimension, workers, terms, .. } => {
                write!(f, "fourier(d={dimension}, n={workers}, terms={terms})")
            }
            ProblemSpec::BreastCancerLogistic { features, workers, share, regulariser } => {
                write!(f, "breast-cancer-logistic(d={features}, n={workers}, rows={share} each, lambda={regulariser})")
            }
            ProblemSpec::BreastCancerSquares { features, workers, share } => {
                write!(f, "breast-cancer-squares(d={features}, n={workers}, rows={share} each)")
            }
            ProblemSpec::Huber { width, tilts, .. } => write!(f, "huber(w={width}, tilts={tilts:?})"),
            ProblemSpec::PiecewiseQuadratic { curvatures, .. } => {
                write!(f, "piecewise-quadratic(curvatures={curvatures:?})")
            }
            ProblemSpec::CompositeAffine { dimension, rows, workers, outer, condition, spread, .. }
            | ProblemSpec::CompositeBent { dimension, rows, workers, outer, condition, spread, .. } => {
                let family = self.family();
                write!(f, "{family}({outer}, d={dimension}, p={rows}, n={workers}, kappa={condition}, spread={spread})")
            }
            ProblemSpec::MamlQuadratic { spectrum, workers, step, spread, .. } => {
                write!(f, "maml-quadratic(spectrum={spectrum:?}, n={workers}, spread={spread}, a={step})")
            }
            ProblemSpec::MamlLeastSquares { dimension, rank, workers, spread, step, .. } => {
                write!(f, "maml-least-squares(d={dimension}, rank={rank}, n={workers}, spread={spread}, a={step})")
            }
            ProblemSpec::MamlCosine { step } => write!(f, "maml-cosine(a={step})"),
            ProblemSpec::MamlRidge { ridge, dimension, workers, share, step, .. } => {
                write!(f, "maml-ridge({ridge}, d={dimension}, n={workers}, rows={share} each, a={step})")
            }
            ProblemSpec::MamlSinusoid { units, workers, share, step, .. } => {
                write!(f, "maml-sinusoid(units={units}, n={workers}, inputs={share} each, a={step})")
            }
        }
    }
}
