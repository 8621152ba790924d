//! Fair signs of the size of the gradient.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::square_times;
use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// r·(±g_1, …, ±g_d) with fair signs: noise that grows with the gradient, M = r² exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelativeSigns {
    /// r.
    pub factor: f64,
}

impl fmt::Display for RelativeSigns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relative-signs({})", self.factor)
    }
}

impl SourceData for RelativeSigns {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("factor", free::Part::One(&mut self.factor, Range::Nonnegative))]
    }
}

impl Source for RelativeSigns {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: square_times(self.factor, 1).map(|square| [square, Rational::new()]),
            attained: true,
            tail: exact(self.factor).map_or_else(Tail::unknown, |r| Tail::sure(r.abs(), Rational::new())),
            finite: true,
            deterministic: false,
            form: Form::Signs,
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
        let signs = random.sign_sums(1, out.len());
        for ((o, g), sign) in out.iter_mut().zip(at.gradient).zip(signs) {
            let mut signed = sign.clone();
            signed.mul_f64(self.factor);
            o.add_product(&signed, g);
        }
    }
}
