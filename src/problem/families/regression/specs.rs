//! The families whose instances are a [`Regression`].

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Loss, Regression};
use crate::problem::data;
use crate::problem::family::{Built, Family, Sizes, dimension_part, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::rows::{MAX_SHARE, count_rows, random_rows};

/// Random data, logistic loss with the nonconvex regulariser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogisticSpec {
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// Rows of each worker.
    pub share: usize,
    /// λ, a short binary fraction.
    pub regulariser: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for LogisticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, workers, share, regulariser, .. } = self;
        write!(f, "d={dimension}, n={workers}, rows={share} each, lambda={regulariser}")
    }
}

impl Family for LogisticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers)
    }

    fn build(&self) -> Built {
        let count = count_rows(Self::NAME, self.workers, self.share)?;
        let (rows, targets) = random_rows(self.dimension, count, true, self.seed);
        let problem = Regression::new(Self::NAME, Loss::Logistic, rows, targets, self.workers, self.regulariser)?;
        Ok(Arc::new(problem))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, MAX_SHARE)),
            ("regulariser", Part::One(&mut self.regulariser, Range::Switch)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// Random data with outliers, Geman–McClure loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GemanMcClureSpec {
    /// d.
    pub dimension: usize,
    /// n.
    pub workers: usize,
    /// Rows of each worker.
    pub share: usize,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for GemanMcClureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}, n={}, rows={} each", self.dimension, self.workers, self.share)
    }
}

impl Family for GemanMcClureSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.dimension, self.workers)
    }

    fn build(&self) -> Built {
        let count = count_rows(Self::NAME, self.workers, self.share)?;
        let (rows, targets) = random_rows(self.dimension, count, false, self.seed);
        Ok(Arc::new(Regression::new(Self::NAME, Loss::GemanMcClure, rows, targets, self.workers, 0.0)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            dimension_part(&mut self.dimension),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, MAX_SHARE)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// Logistic loss with the nonconvex regulariser on the Wisconsin breast cancer data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreastCancerLogisticSpec {
    /// Features used, at most 30.
    pub features: usize,
    /// n.
    pub workers: usize,
    /// Rows of each worker, at most 569 in all.
    pub share: usize,
    /// λ, a short binary fraction.
    pub regulariser: f64,
}

impl fmt::Display for BreastCancerLogisticSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { features, workers, share, regulariser } = self;
        write!(f, "d={features}, n={workers}, rows={share} each, lambda={regulariser}")
    }
}

impl Family for BreastCancerLogisticSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.features, self.workers)
    }

    fn build(&self) -> Built {
        let (rows, labels) = data::breast_cancer(self.workers.saturating_mul(self.share), self.features)?;
        let problem = Regression::new(Self::NAME, Loss::Logistic, rows, labels, self.workers, self.regulariser)?;
        Ok(Arc::new(problem))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("features", Part::Count(&mut self.features, Counted::Dimension, data::FEATURES)),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, data::ROWS)),
            ("regulariser", Part::One(&mut self.regulariser, Range::Switch)),
        ]
    }
}

/// Least squares on the Wisconsin breast cancer data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreastCancerSquaresSpec {
    /// Features used, at most 30.
    pub features: usize,
    /// n.
    pub workers: usize,
    /// Rows of each worker, at most 569 in all.
    pub share: usize,
}

impl fmt::Display for BreastCancerSquaresSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d={}, n={}, rows={} each", self.features, self.workers, self.share)
    }
}

impl Family for BreastCancerSquaresSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.features, self.workers)
    }

    fn build(&self) -> Built {
        let (rows, labels) = data::breast_cancer(self.workers.saturating_mul(self.share), self.features)?;
        Ok(Arc::new(Regression::new(Self::NAME, Loss::Squares, rows, labels, self.workers, 0.0)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("features", Part::Count(&mut self.features, Counted::Dimension, data::FEATURES)),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, data::ROWS)),
        ]
    }
}
