//! Estimates of the gradient of compositions fᵢ = Fᵢ ∘ hᵢ, and of MAML, from samples.
//!
//! Worker i draws S_h samples of hᵢ(x), S_J of ∇hᵢ(x) and S_F of ∇Fᵢ at the mean ĥ of the first, and
//! returns J′ᵀs′ with the means J′ and s′ of the other two. All samples are independent:
//!
//! - a sample of hᵢ(x) ∈ ℝᵖ adds s_h·(±1, …, ±1), so that E‖ĥ − h‖² = σ_h²/S_h with σ_h² = p s_h²;
//! - a sample of ∇Fᵢ(ĥ) adds s_F·(±1, …, ±1): variance σ_F² = p s_F²;
//! - a sample of the Jacobian adds s_J·(±1) to its entry (j, j) for j = 1, …, p ≤ d: the noise Δ has
//!   ΔΔᵀ = s_J²·I for every draw, so σ_J² = s_J².
//!
//! With `shared` a sample has one fair sign in all places instead of one each: all of the above
//! remains, with far fewer outcomes.
//!
//! MAML is the composition hᵢ(x) = x − a∇φᵢ(x), Fᵢ = φᵢ: its inner batch has samples of ∇φᵢ(x) and its
//! Hessian batch of ∇²φᵢ(x), so σ_h = aσ, σ_J = aσ_H and σ_F = σ.

use rug::Rational;

use super::size::heterogeneity;
use crate::number::{Scalar, exact, root_above};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::free::{self, Counted};
use crate::problem::{DynProblem, Nesting};

/// Most samples of a batch.
const MAX_SAMPLES: usize = 4096;

/// A number of samples as a part of a source's data.
pub(super) fn samples<'a>(name: &'static str, count: &'a mut usize) -> (&'static str, free::Part<'a>) {
    (name, free::Part::Count(count, Counted::Other, MAX_SAMPLES))
}

/// What makes batches of these sizes useless, if anything.
pub(super) fn no_batch(samples: [usize; 3]) -> Option<String> {
    let bad = samples.iter().any(|s| !(1..=MAX_SAMPLES).contains(s));
    bad.then(|| format!("a batch has between 1 and {MAX_SAMPLES} samples"))
}

/// The problem's inner structure, which is that of adaptation to tasks or that of any other composition; else
/// why it has none.
///
/// # Errors
/// When the problem has no such structure.
pub(super) fn nesting(problem: &dyn DynProblem, adapted: bool) -> Result<Nesting, String> {
    let what = if adapted { "adapts to no tasks" } else { "is no composition" };
    let fitting = problem.nesting().filter(|nesting| nesting.adaptation.is_some() == adapted);
    fitting.ok_or_else(|| format!("the problem {what}"))
}

/// How many samples are averaged, and the size of the noise of one.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// S.
    pub samples: usize,
    /// s.
    pub noise: f64,
}

impl Batch {
    /// s²/S.
    fn square(self) -> Option<Rational> {
        Some(exact(self.noise)?.square() / self.samples.max(1) as u64)
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Nested {
    /// Samples of hᵢ, or of ∇φᵢ(x).
    pub inner: Batch,
    /// Samples of ∇Fᵢ.
    pub outer: Batch,
    /// Samples of ∇hᵢ, or of ∇²φᵢ(x).
    pub jacobian: Batch,
    /// Whether a sample has one sign in all places.
    pub shared: bool,
    /// p, and for MAML the step a, by which the noise of inner and Hessian samples is multiplied.
    pub nesting: Nesting,
}

impl Nested {
    fn scale(&self) -> f64 {
        self.nesting.adaptation.unwrap_or(1.0)
    }

    /// [B, C] in E‖e‖² ≤ B‖∇f‖² + C (theory, `composite-error`, `composite-error-relative`,
    /// `maml-error-quadratic`), by Jensen's inequality over the workers.
    fn size(&self, problem: &dyn DynProblem) -> Option<[Rational; 2]> {
        let named = &problem.constants().named;
        let p = self.nesting.dimension as u64;
        let scale2 = exact(self.scale())?.square();
        let inner = self.inner.square()? * &scale2 * p;
        let outer = self.outer.square()? * p;
        let jacobian = self.jacobian.square()? * &scale2;
        let (slope, smoothness) = (named.get("ell_h")?.clone().square(), named.get("L_F")?.clone().square());
        let drift = Rational::from(&smoothness * &inner);
        let rest = slope * Rational::from(&outer + &drift);
        if jacobian == 0 {
            return Some([Rational::new(), rest]);
        }
        if let Some(bound) = named.get("ell_F") {
            let square = Rational::from(bound.square_ref());
            return Some([Rational::new(), rest + jacobian * (square + outer)]);
        }
        // E‖∇F(ĥ)‖² = ‖∇F(h)‖² + E‖∇F(ĥ) − ∇F(h)‖² where ∇F is affine; else twice that bounds it.
        let factor = if self.nesting.affine_outer { 1u32 } else { 2 };
        let least = named.get("m_h")?.clone().square();
        let relative = Rational::from(&jacobian * factor) / least;
        let absolute =
            Rational::from(&relative * &heterogeneity(problem)?) + rest + jacobian * (drift * factor + outer);
        Some([relative, absolute])
    }

    /// ‖e‖ ≤ ‖Δ‖‖s′‖ + ℓ_h‖s′ − ∇F(ĥ)‖ + ℓ_h L_F‖ĥ − h‖ for every draw and worker.
    fn tail(&self, problem: &dyn DynProblem) -> Option<Tail> {
        let named = &problem.constants().named;
        let root = root_above(&Rational::from(self.nesting.dimension))?;
        let inner = exact(self.inner.noise)? * exact(self.scale())? * &root;
        let outer = exact(self.outer.noise)? * root;
        let jacobian = exact(self.jacobian.noise)? * exact(self.scale())?;
        let (slope, smoothness) = (named.get("ell_h")?, named.get("L_F")?);
        let drift = Rational::from(smoothness * &inner);
        let rest = Rational::from(&drift + &outer) * slope;
        if jacobian == 0 {
            return Some(Tail::sure(Rational::new(), rest));
        }
        if let Some(bound) = named.get("ell_F") {
            return Some(Tail::sure(Rational::new(), rest + jacobian * (outer + bound)));
        }
        let relative = Rational::from(&jacobian / named.get("m_h")?);
        let absolute = root_above(&heterogeneity(problem)?)? * &relative + rest + jacobian * (drift + outer);
        Some(Tail::sure(relative, absolute))
    }

    /// The constants of the batches, by name.
    fn named(&self) -> Option<Vec<(&'static str, Rational)>> {
        let p = self.nesting.dimension as u64;
        let square = |x: f64| exact(x).map(Rational::square);
        let scale2 = square(self.scale())?;
        let count = |batch: Batch| Rational::from(batch.samples);
        let mut named = vec![
            ("S_h", count(self.inner)),
            ("S_F", count(self.outer)),
            ("S_J", count(self.jacobian)),
            ("sigma_h2", Rational::from(&scale2 * p) * square(self.inner.noise)?),
            ("sigma_F2", square(self.outer.noise)? * p),
            ("sigma_J2", scale2 * square(self.jacobian.noise)?),
        ];
        if self.nesting.adaptation.is_some() {
            named.extend([
                ("S_in", count(self.inner)),
                ("S_o", count(self.outer)),
                ("S_H", count(self.jacobian)),
                ("sigma_g2", square(self.outer.noise)? * p),
                ("sigma_H2", square(self.jacobian.noise)?),
            ]);
        }
        Some(named)
    }

    /// `to[j] += sign sums·noise·scale/S` over one batch's samples.
    fn disturb<S: Scalar>(
        &self,
        batch: Batch,
        scale: f64,
        random: &mut dyn Randomness<S>,
        to: &mut [S],
        mut add: impl FnMut(&mut S, usize, &S),
        context: S::Context,
    ) {
        if batch.noise == 0.0 {
            return;
        }
        let mut size = S::from_f64(batch.noise, context);
        size.mul_f64(scale);
        size.div_assign(&S::from_f64(batch.samples as f64, context));
        let p = self.nesting.dimension;
        let sums = random.sign_sums(batch.samples, if self.shared { 1 } else { p });
        for (j, to) in to.iter_mut().take(p).enumerate() {
            let mut noise = size.clone();
            noise.mul_assign(&sums[if self.shared { 0 } else { j }]);
            add(to, j, &noise);
        }
    }
}

impl Source for Nested {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let deterministic = [self.inner, self.outer, self.jacobian].iter().all(|batch| batch.noise == 0.0);
        SourceModel {
            part: match (deterministic, self.nesting.affine_outer) {
                (true, _) => Part::Bias,
                (false, true) => Part::Noise,
                (false, false) => Part::Mixed,
            },
            freedom: Freedom::Computed,
            size: self.size(problem),
            attained: false,
            tail: self.tail(problem).unwrap_or_else(Tail::unknown),
            finite: true,
            deterministic,
            form: Form::Other,
            named: self.named().unwrap_or_default(),
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
        let Memory { vectors: [inner, outer, pulled], scratch, .. } = &mut *memory;
        let p = self.nesting.dimension;
        let (inner, outer) = (&mut inner[..p], &mut outer[..p]);
        let share = S::one(context).div(&S::from_f64(at.workers as f64, context));
        let plus = |to: &mut S, _: usize, noise: &S| to.add_assign(noise);
        for worker in 0..at.workers {
            at.problem.inner_value_in(worker, at.x, inner, context, scratch);
            self.disturb(self.inner, self.scale(), random, inner, plus, context);
            at.problem.outer_gradient_in(worker, inner, outer, context, scratch);
            self.disturb(self.outer, 1.0, random, outer, plus, context);
            at.problem.pull_back_in(worker, at.x, outer, pulled, context, scratch);
            let along = |to: &mut S, j: usize, noise: &S| to.add_product(noise, &outer[j]);
            self.disturb(self.jacobian, self.scale(), random, pulled, along, context);
            for (o, g) in out.iter_mut().zip(pulled.iter()) {
                o.add_product(g, &share);
            }
        }
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_assign(g);
        }
    }
}
