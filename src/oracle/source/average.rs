//! A map of the average of the workers' gradients.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::proved::Proved;
use super::{Built, SourceData, one};
use crate::oracle::operator::Operator;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// g = 𝒯(∇f(x)): the map is applied to the average of the workers' gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Average {
    /// 𝒯, which must not draw.
    pub operator: Operator,
}

impl fmt::Display for Average {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "average({})", self.operator)
    }
}

impl SourceData for Average {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        self.operator.parts()
    }

    fn operator(&self) -> Option<&Operator> {
        Some(&self.operator)
    }

    fn misfit(&self, _: usize) -> Option<String> {
        self.operator.is_random().then(|| "the average is transformed without drawing; use each-worker".to_owned())
    }
}

impl Source for Average {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        // As of one worker without noise: there is nothing that the argument could differ from.
        let none = Rational::new();
        let Proved { size, tail, named } = Proved::new(&self.operator, problem, Some(none.clone()), &none);
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size,
            attained: false,
            tail,
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: named.into_iter().collect(),
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut memory = at.memory.borrow_mut();
        let Memory { vectors: [_, value, _], choice, .. } = &mut *memory;
        self.operator.error(at.gradient, random, value, choice, context);
        for (o, v) in out.iter_mut().zip(value.iter()) {
            o.add_assign(v);
        }
    }
}
