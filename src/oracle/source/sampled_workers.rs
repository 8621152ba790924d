//! The gradients of some workers in place of all.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::{constant, heterogeneity};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::free::{self, Counted, Parts};
use crate::problem::{DynProblem, MAX_WORKERS};

/// The estimate is the mean of the gradients of b workers drawn uniformly:
/// E‖ν‖² = (n−b)/(b(n−1))·(1/n)Σ‖∇fᵢ − ∇f‖² without replacement, 1/b in place of the first factor with it
/// (theory, `sampled-workers-variance`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledWorkers {
    /// b, at most n without replacement.
    pub size: usize,
    /// Whether a worker may be drawn more than once.
    #[serde(default)]
    pub replacement: bool,
}

impl fmt::Display for SampledWorkers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sampled-workers({}{})", self.size, if self.replacement { ", with replacement" } else { "" })
    }
}

impl SourceData for SampledWorkers {
    fn build(&self, problem: &dyn DynProblem) -> Built {
        let workers = problem.workers();
        if !self.replacement && self.size > workers {
            return Err(format!("{} of {workers} workers cannot be drawn without replacement", self.size));
        }
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("size", free::Part::Count(&mut self.size, Counted::Other, MAX_WORKERS))]
    }

    fn misfit(&self, _: usize) -> Option<String> {
        let possible = 1..=MAX_WORKERS;
        (!possible.contains(&self.size)).then(|| format!("{} workers are not between 1 and {MAX_WORKERS}", self.size))
    }
}

impl SampledWorkers {
    /// The share of the gradients' spread that the noise has.
    fn share_of_spread(&self, workers: u64) -> Rational {
        let size = self.size as u64;
        match workers {
            _ if self.replacement => Rational::from((1, size)),
            0 | 1 => Rational::new(),
            _ => Rational::from((workers - size, size * (workers - 1))),
        }
    }
}

impl Source for SampledWorkers {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let workers = problem.workers() as u64;
        let spread = heterogeneity(problem);
        // ‖ν‖² ≤ (1/b)Σ‖∇fᵢ − ∇f‖² over those drawn: at most nζ²/b of different ones, nζ² of any.
        let largest = spread.as_ref().map(|zeta2| {
            let all = Rational::from(zeta2 * workers);
            if self.replacement { all } else { all / self.size as u64 }
        });
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(spread.map(|zeta2| zeta2 * self.share_of_spread(workers))),
            attained: false,
            tail: Tail::within_root(largest.as_ref()),
            finite: true,
            deterministic: false,
            form: Form::Other,
            named: vec![("batch", Rational::from(self.size as u64))],
        }
    }

    fn uses_workers(&self) -> bool {
        true
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let share = S::one(context).div(&S::from_f64(self.size as f64, context));
        let (draws, of_each) = if self.replacement { (self.size, 1) } else { (1, self.size) };
        for _ in 0..draws {
            let drawn = random.subset(of_each, at.workers);
            for (worker, gradient) in at.worker_gradients.chunks_exact(out.len()).enumerate() {
                let is_drawn = |lane: usize| f64::from(u8::from(drawn[lane].contains(worker)));
                if S::LANES == 1 && is_drawn(0) == 0.0 {
                    continue;
                }
                let weight = S::from_lanes(is_drawn, context).mul(&share);
                for ((o, own), mean) in out.iter_mut().zip(gradient).zip(at.gradient) {
                    o.add_product(own, &weight);
                    o.sub_product(mean, &weight);
                }
            }
        }
    }
}
