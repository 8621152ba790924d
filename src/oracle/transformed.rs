//! Estimates that transform gradients: each worker's before averaging, or the average.
//!
//! With Δ = (1/n)Σ‖∇fᵢ‖² = ‖∇f‖² + (1/n)Σ‖∇fᵢ − ∇f‖² ≤ ‖∇f‖² + ζ² and Jensen's inequality, an
//! α-contractive map of every worker gives E‖e‖² ≤ (1−α)(‖∇f‖² + ζ²) (theory, `compressed-error`),
//! and clipping gives ‖e‖ ≤ (G−τ)₊ (theory, `clipped-error`).

use rug::Rational;

use super::operator::{Operator, kept_share};
use super::{Form, Freedom, Part, Randomness, Situation, Source, SourceModel, Tail};
use crate::number::{Scalar, exact, root_above};
use crate::problem::DynProblem;

/// ζ², which is zero for one worker.
pub(super) fn heterogeneity(problem: &dyn DynProblem) -> Option<Rational> {
    if problem.workers() == 1 { Some(Rational::new()) } else { problem.constants().heterogeneity.clone() }
}

/// (G − τ)₊.
fn excess(problem: &dyn DynProblem, threshold: f64) -> Option<Rational> {
    let excess = problem.constants().gradient_bound.clone()? - exact(threshold)?;
    Some(if excess < 0 { Rational::new() } else { excess })
}

/// What is proved of the mean of gᵢ = 𝒯(∇fᵢ + ξᵢ): size, tail, and the operator's own constant by name.
struct Proved {
    size: Option<[Rational; 2]>,
    tail: Tail,
    named: Option<(&'static str, Rational)>,
}

impl Proved {
    fn nothing() -> Self {
        Proved { size: None, tail: Tail::unknown(), named: None }
    }

    /// With heterogeneity ζ² of the vectors that 𝒯 is applied to, where it is known, and E‖ξᵢ‖² = σ².
    fn new(operator: &Operator, problem: &dyn DynProblem, zeta2: Option<Rational>, variance: &Rational) -> Self {
        if let Operator::Clip { threshold } = operator {
            let (size, tail) = clipped(problem, *threshold, zeta2, variance);
            return Proved { size, tail, named: exact(*threshold).map(|tau| ("tau", tau)) };
        }
        let Some(alpha) = operator.contraction(problem.dimension()) else { return Proved::nothing() };
        let (size, tail) = contractive(operator, problem, &alpha, zeta2, variance);
        Proved { size, tail, named: Some(("alpha", alpha)) }
    }
}

/// Of a contractive map. With a = α/2 (theory, `compressed-error-stochastic`)
/// E‖e‖² ≤ (1+a)(1−α)(‖∇f‖²+ζ²+σ²) + (1+1/a)σ²/n; and for every draw
/// ‖e‖ ≤ q(‖∇f‖ + ζ + σ) + σ where ‖𝒯(u) − u‖ ≤ q‖u‖.
fn contractive(
    operator: &Operator,
    problem: &dyn DynProblem,
    alpha: &Rational,
    zeta2: Option<Rational>,
    variance: &Rational,
) -> (Option<[Rational; 2]>, Tail) {
    let Some(zeta2) = zeta2 else { return (None, Tail::unknown()) };
    let rest = Rational::from(1) - alpha;
    let size = if *variance == 0 {
        [rest.clone(), Rational::from(&rest * &zeta2)]
    } else {
        let a = Rational::from(alpha / 2u32);
        let relative = Rational::from(&a + 1u32) * &rest;
        let spread = Rational::from(&zeta2 + variance) * &relative;
        [relative, spread + (a.recip() + 1u32) * variance / problem.workers() as u64]
    };
    let tail = || {
        let sure = if operator.is_random() { Rational::from(1) } else { root_above(&rest)? };
        let sigma = root_above(variance)?;
        let absolute = &sure * (root_above(&zeta2)? + &sigma) + sigma;
        Some(Tail::sure(sure, absolute))
    };
    (Some(size), tail().unwrap_or_else(Tail::unknown))
}

/// Of clipping: ‖e‖² ≤ σ² + (G−τ)₊² where G is proved; else clipping moves no vector farther than its
/// length.
fn clipped(
    problem: &dyn DynProblem,
    threshold: f64,
    zeta2: Option<Rational>,
    variance: &Rational,
) -> (Option<[Rational; 2]>, Tail) {
    let sure = |relative: u32, absolute: Option<Rational>| {
        absolute.map_or_else(Tail::unknown, |absolute| Tail::sure(Rational::from(relative), absolute))
    };
    if let Some(excess) = excess(problem, threshold) {
        let size = [Rational::new(), Rational::from(excess.square_ref()) + variance];
        return (Some(size), sure(0, root_above(variance).map(|sigma| excess + sigma)));
    }
    match zeta2 {
        Some(zeta2) if *variance == 0 => {
            let tail = sure(1, root_above(&zeta2));
            (Some([Rational::from(1), zeta2]), tail)
        }
        _ => (None, Tail::unknown()),
    }
}

/// gᵢ = 𝒯(∇fᵢ(x) + ξᵢ), the estimate is their mean. ξᵢ = s·(±1, …, ±1) with fair signs, fresh and
/// independent over steps and workers: E‖ξᵢ‖² = ‖ξᵢ‖² = σ² = d s².
#[derive(Clone, Debug)]
pub struct EachWorker {
    /// 𝒯.
    pub operator: Operator,
    /// s.
    pub noise: f64,
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

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut memory = at.memory.borrow_mut();
        let [argument, value, _] = &mut memory.vectors;
        let share = S::one(context).div(&S::from_f64(at.workers as f64, context));
        for gradient in at.worker_gradients.chunks_exact(out.len()) {
            for (a, g) in argument.iter_mut().zip(gradient) {
                a.set(g);
            }
            if self.noise != 0.0 {
                let signs = random.sign_sums(1, out.len());
                let mut scale = share.clone();
                scale.mul_f64(self.noise);
                for ((a, sign), o) in argument.iter_mut().zip(signs).zip(out.iter_mut()) {
                    a.add_product_f64(sign, self.noise);
                    o.add_product(sign, &scale);
                }
            }
            // 𝒯(g + ξ) − g = ξ + what 𝒯 changes.
            self.operator.error(argument, random, value, context);
            for (o, v) in out.iter_mut().zip(value.iter()) {
                o.add_product(v, &share);
            }
        }
    }
}

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

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let rest = Rational::from(1) - kept_share(self.share, out.len());
        let rest = S::from_rational(&rest, context);
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_product(g, &rest);
        }
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

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let operator = Operator::RandK { share: self.share };
        let rest = Rational::from(1) - kept_share(self.share, out.len());
        let rest = S::from_rational(&rest, context);
        let mut memory = at.memory.borrow_mut();
        let [_, value, _] = &mut memory.vectors;
        let share = S::one(context).div(&S::from_f64(at.workers as f64, context));
        for gradient in at.worker_gradients.chunks_exact(out.len()) {
            operator.error(gradient, random, value, context);
            for ((o, v), g) in out.iter_mut().zip(value.iter_mut()).zip(gradient) {
                v.add_product(g, &rest);
                o.add_product(v, &share);
            }
        }
    }
}

/// g = 𝒯(∇f(x)): the map is applied to the average of the workers' gradients.
#[derive(Clone, Debug)]
pub struct Average {
    /// 𝒯, deterministic.
    pub operator: Operator,
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

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let mut memory = at.memory.borrow_mut();
        let [_, value, _] = &mut memory.vectors;
        self.operator.error(at.gradient, random, value, context);
        for (o, v) in out.iter_mut().zip(value.iter()) {
            o.add_assign(v);
        }
    }
}
