//! The families whose instances are a [`Quadratic`].

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Quadratic, RandomQuadratic};
use crate::problem::MAX_DIMENSION;
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::spectrum::{checked_condition, geometric_spectrum};

/// Strongly convex quadratic with a geometric spectrum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuadraticSpec {
    /// d.
    pub dimension: usize,
    /// λ_max/λ_min.
    pub condition: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for QuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}, kappa={}", self.dimension, self.condition)
    }
}

impl Family for QuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, 1)
    }

    fn build(&self) -> Built {
        let spectrum = geometric_spectrum(self.dimension, checked_condition(Self::NAME, self.condition)?);
        let random = RandomQuadratic { spectrum: &spectrum, workers: 1, spread: 0.0, offset: 0.0, seed: self.seed };
        Ok(Arc::new(Quadratic::new(Self::NAME, &random)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// ½Σλ_j x_j² with the given spectrum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagonalQuadraticSpec {
    /// λ_1, …, λ_d.
    pub spectrum: Vec<f64>,
}

impl fmt::Display for DiagonalQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spectrum={:?}", self.spectrum)
    }
}

impl Family for DiagonalQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.spectrum.len(), 1)
    }

    fn build(&self) -> Built {
        Ok(Arc::new(Quadratic::diagonal(&self.spectrum)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("spectrum", Part::ByCoordinate(&mut self.spectrum, Range::Nonnegative))]
    }
}

/// ½Σλ_j x_j² − bᵢᵀx with given bᵢ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftedQuadraticSpec {
    /// λ_1, …, λ_d.
    pub spectrum: Vec<f64>,
    /// b_1, …, b_n, which sum to zero.
    pub shifts: Vec<Vec<f64>>,
}

impl fmt::Display for ShiftedQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spectrum={:?}, n={}", self.spectrum, self.shifts.len())
    }
}

impl Family for ShiftedQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.spectrum.len(), self.shifts.len())
    }

    fn build(&self) -> Built {
        Ok(Arc::new(Quadratic::shifted(&self.spectrum, &self.shifts)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("spectrum", Part::ByCoordinate(&mut self.spectrum, Range::Nonnegative)),
            ("shifts", Part::BalancedVectors(&mut self.shifts)),
        ]
    }
}

/// Quadratics that differ between workers by linear terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeterogeneousQuadraticSpec {
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// λ_max/λ_min.
    pub condition: f64,
    /// Size of the linear terms.
    pub spread: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for HeterogeneousQuadraticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, workers, condition, spread, .. } = self;
        write!(f, "d={dimension}, n={workers}, kappa={condition}, spread={spread}")
    }
}

impl Family for HeterogeneousQuadraticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers)
    }

    fn build(&self) -> Built {
        let Self { dimension, workers, condition, spread, seed } = *self;
        let spectrum = geometric_spectrum(dimension, checked_condition(Self::NAME, condition)?);
        let random = RandomQuadratic { spectrum: &spectrum, workers, spread, offset: 0.0, seed };
        Ok(Arc::new(Quadratic::new(Self::NAME, &random)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            workers_part(&mut self.workers),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("spread", Part::One(&mut self.spread, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// Rank-deficient least squares: PL, not strongly convex.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeastSquaresSpec {
    /// d.
    pub dimension: usize,
    /// Number of positive eigenvalues.
    pub rank: usize,
    /// λ_max/λ⁺_min.
    pub condition: f64,
    /// Infimum: half the squared distance of the data from the range.
    pub offset: f64,
    /// n.
    pub workers: usize,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for LeastSquaresSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, rank, workers, condition, .. } = self;
        write!(f, "d={dimension}, rank={rank}, n={workers}, kappa={condition}")
    }
}

impl Family for LeastSquaresSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers).with_inner("rank", self.rank)
    }

    fn build(&self) -> Built {
        let Self { dimension, rank, condition, offset, workers, seed } = *self;
        let mut spectrum = geometric_spectrum(rank, checked_condition(Self::NAME, condition)?);
        spectrum.resize(dimension, 0.0);
        let random = RandomQuadratic { spectrum: &spectrum, workers, spread: 0.0, offset, seed };
        Ok(Arc::new(Quadratic::new(Self::NAME, &random)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            ("rank", Part::Count(&mut self.rank, Counted::Inner, MAX_DIMENSION)),
            workers_part(&mut self.workers),
            ("condition", Part::One(&mut self.condition, Range::FromOne)),
            ("offset", Part::One(&mut self.offset, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}
