//! Adaptation to tasks without its second derivatives.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nested::nesting;
use super::size::heterogeneity;
use super::{Built, SourceData, one};
use crate::number::root_above;
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;
use crate::problem::free::Parts;

/// First-order MAML: gᵢ = ∇φᵢ(x − a∇φᵢ(x)), the Hessian left out. With aℓ < 1,
/// ‖e‖² ≤ (aℓ/(1−aℓ))²(‖∇f‖² + ζ²) (theory, `fomaml-relative-bias`); with ‖∇φᵢ‖ ≤ G_task alone,
/// ‖e‖ ≤ aℓG_task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstOrderMaml {}

impl fmt::Display for FirstOrderMaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("first-order-maml")
    }
}

impl SourceData for FirstOrderMaml {
    fn build(&self, problem: &dyn DynProblem) -> Built {
        nesting(problem, true)?;
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }
}

impl Source for FirstOrderMaml {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let named = &problem.constants().named;
        let curvature = named.get("a").zip(named.get("ell")).map(|(a, ell)| Rational::from(a * ell));
        let (size, tail) = match (curvature, heterogeneity(problem)) {
            (Some(curvature), Some(zeta2)) if curvature < 1 => {
                let ratio = &curvature / (Rational::from(1) - &curvature);
                let relative = Rational::from(ratio.square_ref());
                let tail = root_above(&zeta2).map_or_else(Tail::unknown, |zeta| {
                    let absolute = zeta * &ratio;
                    Tail::sure(ratio, absolute)
                });
                (Some([relative.clone(), relative * zeta2]), tail)
            }
            (Some(curvature), _) => match named.get("G_task") {
                Some(bound) => {
                    let largest = curvature * bound;
                    let square = Rational::from(largest.square_ref());
                    (Some([Rational::new(), square]), Tail::sure(Rational::new(), largest))
                }
                None => (None, Tail::unknown()),
            },
            (None, _) => (None, Tail::unknown()),
        };
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size,
            attained: false,
            tail,
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: Vec::new(),
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
        let Memory { vectors: [inner, outer, _], scratch, .. } = &mut *memory;
        let share = S::one(context).div(&S::from_f64(at.workers as f64, context));
        for worker in 0..at.workers {
            at.problem.inner_value_in(worker, at.x, inner, context, scratch);
            at.problem.outer_gradient_in(worker, inner, outer, context, scratch);
            for (o, g) in out.iter_mut().zip(outer.iter()) {
                o.add_product(g, &share);
            }
        }
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_assign(g);
        }
    }
}
