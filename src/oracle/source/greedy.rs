//! An error of the largest size in a direction that is bad for the claim.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adversary::{self, radius, within_radius};
use super::{Built, SourceData, one};
use crate::number::Scalar;
use crate::oracle::{Estimable, EstimateQuery, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// e = √(B‖g‖²+C) s/√d with the sign pattern s that makes the claim's next step worst, found by
/// coordinate ascent from the patterns of ±∇f, ±a direction that the method keeps (a momentum, say) and an
/// alternating one. Any choice obeys the model with equality, so the choice may be made in `f64` whatever the
/// arithmetic of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Greedy {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl fmt::Display for Greedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "greedy(B={}, C={})", self.relative, self.absolute)
    }
}

impl SourceData for Greedy {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        adversary::parts(&mut self.relative, &mut self.absolute)
    }
}

impl Source for Greedy {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, true)
    }

    fn is_greedy(&self) -> bool {
        true
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let root_d = S::from_f64(out.len() as f64, context).sqrt();
        let size = radius(at.gradient, self.relative, self.absolute, context).div(&root_d);
        let patterns: Vec<Vec<f64>> = (0..S::LANES).map(|lane| self.pattern(at, lane, size.lane(lane))).collect();
        for (j, o) in out.iter_mut().enumerate() {
            o.add_product(&S::from_lanes(|lane| patterns[lane][j], context), &size);
        }
    }
}

impl Greedy {
    fn pattern<S: Scalar>(&self, at: &EstimateQuery<'_, S>, lane: usize, size: f64) -> Vec<f64> {
        let signs_of = |v: &[S], flip: f64| -> Vec<f64> {
            v.iter().map(|x| if x.lane(lane) * flip < 0.0 { -1.0 } else { 1.0 }).collect()
        };
        let direction = at.direction.unwrap_or(at.gradient);
        let mut candidates = vec![
            signs_of(at.gradient, 1.0),
            signs_of(at.gradient, -1.0),
            signs_of(direction, 1.0),
            signs_of(direction, -1.0),
            (0..at.gradient.len()).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 }).collect(),
        ];
        let Some(adversary_score) = at.adversary_score else { return candidates.swap_remove(1) };
        let score = |signs: &[f64]| {
            let error: Vec<f64> = signs.iter().map(|s| s * size).collect();
            adversary_score(lane, &error)
        };
        let mut best = candidates.swap_remove(0);
        let mut best_score = score(&best);
        for candidate in candidates {
            let candidate_score = score(&candidate);
            if candidate_score > best_score {
                (best, best_score) = (candidate, candidate_score);
            }
        }
        for j in 0..best.len() {
            best[j] = -best[j];
            let flipped = score(&best);
            if flipped > best_score {
                best_score = flipped;
            } else {
                best[j] = -best[j];
            }
        }
        best
    }
}
