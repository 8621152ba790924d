//! Forward differences of f in place of its gradient.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// g_j = (f(x + h e_j) − f(x))/h for each coordinate j. By the descent inequality both ways
/// |g_j − ∂_j f(x)| ≤ Lh/2, so ‖e‖² ≤ d(Lh/2)²: B = 0, C = d(Lh/2)² (theory, `finite-difference-error`),
/// with equality for (L/2)‖x‖².
///
/// In binary64 the difference also has rounding of the order of |f|·2⁻⁵²/h, which the model leaves out:
/// claims are decided in intervals and rationals, where it vanishes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FiniteDifference {
    /// h > 0.
    pub step: f64,
}

impl fmt::Display for FiniteDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "finite-difference({})", self.step)
    }
}

impl SourceData for FiniteDifference {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("step", free::Part::One(&mut self.step, Range::Positive))]
    }

    fn misfit(&self, _: usize) -> Option<String> {
        (self.step == 0.0).then(|| "a step of zero has no difference".to_owned())
    }

    fn divides_differences(&self) -> bool {
        true
    }
}

impl Source for FiniteDifference {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let step = exact(self.step);
        let square = problem.constants().smoothness.as_ref().zip(step.as_ref()).map(|(smoothness, step)| {
            let largest = Rational::from(smoothness * step) / 2u32;
            largest.square() * problem.dimension() as u64
        });
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            tail: Tail::within_root(square.as_ref()),
            size: square.map(|c| [Rational::new(), c]),
            attained: false,
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: step.map(|step| ("h", step)).into_iter().collect(),
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut memory = at.memory.borrow_mut();
        let Memory { vectors: [point, _, _], scratch, .. } = &mut *memory;
        for (p, x) in point.iter_mut().zip(at.x) {
            p.set(x);
        }
        let step = S::from_f64(self.step, context);
        let here = at.problem.value_in(point, context, scratch);
        for (j, (o, g)) in out.iter_mut().zip(at.gradient).enumerate() {
            point[j].add_assign(&step);
            let mut difference = at.problem.value_in(point, context, scratch);
            point[j].set(&at.x[j]);
            difference.sub_assign(&here);
            difference.div_assign(&step);
            difference.sub_assign(g);
            o.add_assign(&difference);
        }
    }
}
