//! Forward differences of f in place of its gradient.

use rug::Rational;

use super::{Form, Freedom, Part, Randomness, Situation, Source, SourceModel, Tail};
use crate::number::{Scalar, exact};
use crate::problem::DynProblem;

/// g_j = (f(x + h e_j) − f(x))/h for each coordinate j. By the descent inequality both ways
/// |g_j − ∂_j f(x)| ≤ Lh/2, so ‖e‖² ≤ d(Lh/2)²: B = 0, C = d(Lh/2)² (theory, `finite-difference-error`),
/// with equality for (L/2)‖x‖².
///
/// In binary64 the difference also has rounding of the order of |f|·2⁻⁵²/h, which the model leaves out:
/// claims are decided in intervals and rationals, where it vanishes.
#[derive(Clone, Debug)]
pub struct FiniteDifference {
    /// h.
    pub step: f64,
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

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let mut memory = at.memory.borrow_mut();
        let memory = &mut *memory;
        let [point, _, _] = &mut memory.vectors;
        for (p, x) in point.iter_mut().zip(at.x) {
            p.set(x);
        }
        let step = S::from_f64(self.step, context);
        let here = at.problem.value_in(point, context, &mut memory.scratch);
        for (j, (o, g)) in out.iter_mut().zip(at.gradient).enumerate() {
            point[j].add_assign(&step);
            let mut difference = at.problem.value_in(point, context, &mut memory.scratch);
            point[j].set(&at.x[j]);
            difference.sub_assign(&here);
            difference.div_assign(&step);
            difference.sub_assign(g);
            o.add_assign(&difference);
        }
    }
}
