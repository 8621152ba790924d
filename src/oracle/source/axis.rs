//! A fair sign along one coordinate.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::{constant, square_times};
use super::{Built, SourceData, one};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// s·(±1) along one coordinate, a different one each step: two outcomes a step, σ² = s².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// s.
    pub size: f64,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "axis({})", self.size)
    }
}

impl SourceData for Axis {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("size", free::Part::One(&mut self.size, Range::Nonnegative))]
    }
}

impl Source for Axis {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.size, 1)),
            attained: true,
            tail: Tail::within_root(square_times(self.size, 1).as_ref()),
            finite: true,
            deterministic: false,
            form: if problem.dimension() == 1 { Form::Isotropic } else { Form::Other },
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        _: S::Context,
    ) {
        let j = at.step.unwrap_or(0) % out.len();
        out[j].add_product_f64(&random.sign_sums(1, 1)[0], self.size);
    }
}
