//! Fair signs in every coordinate.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::{constant, coordinates_each, square_times};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// Every worker adds s·(±1, …, ±1) with fair signs; the estimate gets their average:
/// σ² = d s²/n exactly, covariance (s²/n)·identity, ‖ν‖ ≤ √d s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rademacher {
    /// s, per coordinate and worker.
    pub size: f64,
}

impl fmt::Display for Rademacher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rademacher({})", self.size)
    }
}

impl SourceData for Rademacher {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("size", free::Part::One(&mut self.size, Range::Nonnegative))]
    }
}

impl Source for Rademacher {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.size, coordinates_each(problem))),
            attained: true,
            tail: Tail::within_root(square_times(self.size, problem.dimension()).as_ref()),
            finite: true,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let scale = S::from_f64(self.size, context).div(&S::from_f64(at.workers as f64, context));
        let sums = random.sign_sums(at.workers, out.len());
        for (o, sum) in out.iter_mut().zip(sums) {
            o.add_product(sum, &scale);
        }
    }

    fn is_of_workers(&self) -> bool {
        true
    }

    fn add_to_worker<S: Estimable>(
        &self,
        _: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        _: S::Context,
    ) {
        let signs = random.sign_sums(1, out.len());
        out.iter_mut().zip(signs).for_each(|(o, sign)| o.add_product_f64(sign, self.size));
    }
}
