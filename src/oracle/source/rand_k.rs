//! Unscaled Rand-K of every worker's gradient, whose mean is known.

use rug::Rational;

use super::size::heterogeneity;
use crate::number::root_above;
use crate::oracle::operator::{OperatorData, RandK, kept_share};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::DynProblem;

/// The bias of unscaled Rand-K: b = −(1−α)∇f exactly (theory, `randk-exact`).
#[derive(Clone, Debug)]
pub struct RandKBias {
    /// K/d before rounding up.
    pub share: f64,
}

impl Source for RandKBias {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let alpha = kept_share(self.share, problem.dimension());
        let rest = Rational::from(1) - &alpha;
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size: Some([Rational::from(rest.square_ref()), Rational::new()]),
            attained: true,
            tail: Tail::sure(rest, Rational::new()),
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: vec![("alpha", alpha), ("worker_variance", Rational::new())],
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let rest = Rational::from(1) - kept_share(self.share, out.len());
        let rest = S::from_rational(&rest, context);
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_product(g, &rest);
        }
    }

    fn is_of_workers(&self) -> bool {
        true
    }

    fn add_to_worker<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        self.add(at, random, out, context);
    }
}

/// The noise of unscaled Rand-K with masks fresh and independent over steps and workers:
/// ν = (1/n)Σ(maskᵢ − α)∇fᵢ, E‖ν‖² = (α(1−α)/n)(1/n)Σ‖∇fᵢ‖² exactly (theory, `randk-exact`).
#[derive(Clone, Debug)]
pub struct RandKNoise {
    /// K/d before rounding up.
    pub share: f64,
}

impl Source for RandKNoise {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let alpha = kept_share(self.share, problem.dimension());
        let rest = Rational::from(1) - &alpha;
        let factor = Rational::from(&alpha * &rest) / problem.workers() as u64;
        // ‖ν‖ ≤ max(α, 1−α)·(1/n)Σ‖∇fᵢ‖ ≤ max(α, 1−α)(‖∇f‖ + ζ).
        let largest = if alpha < rest { rest } else { alpha };
        let (size, tail) = match heterogeneity(problem) {
            Some(zeta2) => {
                let tail = root_above(&zeta2).map_or_else(Tail::unknown, |zeta| {
                    let absolute = zeta * &largest;
                    Tail::sure(largest, absolute)
                });
                (Some([factor.clone(), factor * zeta2]), tail)
            }
            None => (None, Tail::unknown()),
        };
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size,
            attained: problem.workers() == 1,
            tail,
            finite: true,
            deterministic: false,
            form: Form::Other,
            named: Vec::new(),
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
        let share = S::one(context).div(&S::from_f64(at.workers as f64, context));
        for gradient in at.worker_gradients.chunks_exact(out.len()) {
            self.add_share(&share, (gradient, at), random, out, context);
        }
    }

    fn is_of_workers(&self) -> bool {
        true
    }

    fn add_to_worker<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        self.add_share(&S::one(context), (at.gradient, at), random, out, context);
    }
}

impl RandKNoise {
    /// `out += share·(mask − α)g`, for a fresh mask.
    fn add_share<S: Estimable>(
        &self,
        share: &S,
        (gradient, at): (&[S], &EstimateQuery<'_, S>),
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let rest = Rational::from(1) - kept_share(self.share, out.len());
        let rest = S::from_rational(&rest, context);
        let mut memory = at.memory.borrow_mut();
        let Memory { vectors: [_, value, _], choice, .. } = &mut *memory;
        RandK { share: self.share }.error(gradient, random, value, choice, context);
        for ((o, v), g) in out.iter_mut().zip(value.iter_mut()).zip(gradient) {
            v.add_product(g, &rest);
            o.add_product(v, share);
        }
    }
}
