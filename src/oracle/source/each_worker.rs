//! A map of every worker's gradient, before averaging.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::proved::Proved;
use super::rand_k::{RandKBias, RandKNoise};
use super::size::heterogeneity;
use super::{Built, SourceData, one};
use crate::number::exact;
use crate::oracle::operator::{Operator, RandK};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// gᵢ = 𝒯(∇fᵢ(x) + ξᵢ), the estimate is their mean. ξᵢ = s·(±1, …, ±1) with fair signs, fresh and
/// independent over steps and workers: E‖ξᵢ‖² = ‖ξᵢ‖² = σ² = d s².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachWorker {
    /// 𝒯, what each worker does to its gradient.
    pub operator: Operator,
    /// s, the size of the signs that each worker adds to its gradient before.
    #[serde(default)]
    pub noise: f64,
}

impl fmt::Display for EachWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.noise {
            0.0 => write!(f, "each-worker({})", self.operator),
            noise => write!(f, "each-worker({} after signs of {noise})", self.operator),
        }
    }
}

impl SourceData for EachWorker {
    /// Rand-K of gradients without noise is told apart into bias and noise.
    fn build(&self, _: &dyn DynProblem) -> Built {
        match self.operator {
            Operator::RandK(RandK { share }) if self.noise == 0.0 => {
                Ok(vec![Arc::new(RandKBias { share }), Arc::new(RandKNoise { share })])
            }
            _ => one(self.clone()),
        }
    }

    fn parts(&mut self) -> Parts<'_> {
        let mut parts = self.operator.parts();
        parts.push(("noise", free::Part::One(&mut self.noise, Range::Switch)));
        parts
    }

    fn operator(&self) -> Option<&Operator> {
        Some(&self.operator)
    }
}

impl Source for EachWorker {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let variance = exact(self.noise).map(|s| s.square() * problem.dimension() as u64);
        let Proved { size, tail, named } = variance.as_ref().map_or_else(Proved::nothing, |variance| {
            Proved::new(&self.operator, problem, heterogeneity(problem), variance)
        });
        let deterministic = self.noise == 0.0 && !self.operator.is_random();
        SourceModel {
            part: if deterministic { Part::Bias } else { Part::Mixed },
            freedom: Freedom::Computed,
            size,
            attained: false,
            tail,
            finite: true,
            deterministic,
            form: Form::Other,
            named: variance.map(|variance| ("worker_variance", variance)).into_iter().chain(named).collect(),
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

impl EachWorker {
    /// `out += share·(𝒯(g + ξ) − g)`, which is ξ plus what 𝒯 changes.
    fn add_share<S: Estimable>(
        &self,
        share: &S,
        (gradient, at): (&[S], &EstimateQuery<'_, S>),
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut memory = at.memory.borrow_mut();
        let Memory { vectors: [argument, value, _], choice, .. } = &mut *memory;
        argument.iter_mut().zip(gradient).for_each(|(a, g)| a.set(g));
        if self.noise != 0.0 {
            let signs = random.sign_sums(1, out.len());
            let mut scale = share.clone();
            scale.mul_f64(self.noise);
            for ((a, sign), o) in argument.iter_mut().zip(signs).zip(out.iter_mut()) {
                a.add_product_f64(sign, self.noise);
                o.add_product(sign, &scale);
            }
        }
        self.operator.error(argument, random, value, choice, context);
        out.iter_mut().zip(value.iter()).for_each(|(o, v)| o.add_product(v, share));
    }
}
