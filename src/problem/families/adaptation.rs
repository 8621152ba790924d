//! Meta-learning by one step of adaptation (MAML): fᵢ(x) = φᵢ(x − a∇φᵢ(x)) for tasks φᵢ.
//!
//! ∇fᵢ(x) = (I − a∇²φᵢ(x))∇φᵢ(x − a∇φᵢ(x)). With φᵢ ℓ-smooth, its Hessian H-Lipschitz and
//! ‖∇φᵢ‖ ≤ G_task, all globally (theory, `maml-smoothness`):
//!
//! - L = (1+aℓ)²ℓ + aHG_task; quadratic tasks (H = 0) need no G_task.
//! - f* ≥ the mean of lower bounds of the φᵢ; ‖∇fᵢ‖ ≤ (1+aℓ)G_task, whose square bounds ζ² too.
//! - As a composition: ℓ_h = 1+aℓ, L_F = ℓ, ℓ_F = G_task, and m_h = 1−aℓ where that is positive.
//!
//! Quadratic tasks φᵢ(x) = ½(x−cᵢ)ᵀH(x−cᵢ) with a common Hessian H = QᵀΛQ give
//! fᵢ(x) = ½(x−cᵢ)ᵀM(x−cᵢ), M = H(I−aH)² with eigenvalues m_j = λ_j(1−aλ_j)², exactly. With Σcᵢ = 0:
//!
//! - L = max|m_j|; where all λ_j ≥ 0, μ = the least positive m_j and f* = (1/2n)ΣcᵢᵀMcᵢ, attained at 0;
//!   ζ² = (1/n)Σ‖Mcᵢ‖², as ∇fᵢ − ∇f = −Mcᵢ.
//! - ℓ_h = max|1−aλ_j|, m_h = min|1−aλ_j| where that is positive.

use std::collections::BTreeMap;

use rug::Rational;

use super::tasks::quadratic::QuadraticTasks;
use super::tasks::{TaskBounds, Tasks};
use crate::number::{Scalar, exact};
use crate::problem::{AffinePart, Constants, Nesting, Problem, ProblemError, Scratch, check_size, exact_number};

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Adapted<T> {
    family: &'static str,
    tasks: T,
    /// a.
    step: f64,
    constants: Constants,
    affine: Option<AffinePart>,
}

/// a, where sizes and step are in range.
fn checked_step<T: Tasks>(family: &'static str, tasks: &T, step: f64) -> Result<Rational, ProblemError> {
    check_size(family, tasks.dimension(), tasks.workers())?;
    let is_step = |a: &Rational| *a >= 0;
    exact(step).filter(is_step).ok_or_else(|| ProblemError::new(family, format!("{step} is no step of adaptation")))
}

fn named(step: &Rational, bounds: &TaskBounds) -> BTreeMap<&'static str, Rational> {
    let curvature = Rational::from(step * &bounds.smoothness);
    let mut named = BTreeMap::from([
        ("a", step.clone()),
        ("ell", bounds.smoothness.clone()),
        ("H", bounds.hessian_lipschitz.clone()),
        ("L_F", bounds.smoothness.clone()),
        ("ell_h", Rational::from(&curvature + 1u32)),
    ]);
    if curvature < 1 {
        named.insert("m_h", Rational::from(1) - curvature);
    }
    if let Some(gradient) = &bounds.gradient {
        named.insert("G_task", gradient.clone());
        named.insert("ell_F", gradient.clone());
    }
    let product = match &bounds.gradient {
        Some(gradient) => Some(Rational::from(&bounds.hessian_lipschitz * gradient)),
        None => (bounds.hessian_lipschitz == 0).then(Rational::new),
    };
    if let Some(product) = product {
        named.insert("HG", product);
    }
    named
}

impl<T: Tasks> Adapted<T> {
    /// Adaptation with step a ≥ 0 to tasks with a gradient bound.
    ///
    /// # Errors
    /// When sizes or the step are out of range.
    pub fn new(family: &'static str, tasks: T, step: f64) -> Result<Self, ProblemError> {
        let a = checked_step(family, &tasks, step)?;
        let bounds = tasks.bounds();
        let named = named(&a, bounds);
        let expansion = Rational::from(&a * &bounds.smoothness) + 1u32;
        let smoothness = named
            .get("HG")
            .map(|hg| Rational::from(expansion.square_ref()) * &bounds.smoothness + Rational::from(&a * hg));
        let gradient_bound = bounds.gradient.as_ref().map(|g| Rational::from(&expansion * g));
        let constants = Constants {
            smoothness,
            lower_bound: bounds.lower.clone(),
            pl: None,
            heterogeneity: if tasks.workers() == 1 {
                Some(Rational::new())
            } else {
                gradient_bound.clone().map(Rational::square)
            },
            gradient_bound,
            named,
            ..Constants::default()
        };
        Ok(Adapted { family, tasks, step, constants, affine: None })
    }
}

impl Adapted<QuadraticTasks> {
    /// Adaptation to quadratic tasks, with every constant exact.
    ///
    /// # Errors
    /// When sizes or the step are out of range.
    pub fn quadratic(family: &'static str, tasks: QuadraticTasks, step: f64) -> Result<Self, ProblemError> {
        let a = checked_step(family, &tasks, step)?;
        let factors: Vec<Rational> =
            tasks.spectrum().iter().map(|l| Rational::from(1) - Rational::from(&a * l)).collect();
        let spectrum: Vec<Rational> =
            tasks.spectrum().iter().zip(&factors).map(|(l, t)| Rational::from(t.square_ref()) * l).collect();
        let largest = |values: &[Rational]| values.iter().fold(Rational::new(), |m, x| m.max(x.clone().abs()));
        let convex = tasks.spectrum().iter().all(|l| *l >= 0);
        let (mut gap, mut spread) = (Rational::new(), Rational::new());
        for shift in tasks.shifts() {
            let shift = shift.iter().map(|c| exact_number(family, *c)).collect::<Result<Vec<_>, _>>()?;
            for (m, row) in spectrum.iter().zip(tasks.basis()) {
                let along = row.iter().zip(&shift).fold(Rational::new(), |s, (q, c)| s + Rational::from(q * c));
                let weighted = Rational::from(along.square_ref()) * m;
                spread += Rational::from(&weighted * m);
                gap += weighted / 2u32;
            }
        }
        let workers = tasks.workers() as u64;
        let mut named = named(&a, tasks.bounds());
        named.insert("ell_h", largest(&factors));
        named.remove("m_h");
        if let Some(least) = factors.iter().map(|t| t.clone().abs()).min().filter(|t| *t > 0) {
            named.insert("m_h", least);
        }
        let constants = Constants {
            smoothness: Some(largest(&spectrum)),
            lower_bound: convex.then(|| gap / workers),
            pl: spectrum.iter().filter(|m| **m > 0).min().filter(|_| convex).cloned(),
            heterogeneity: Some(spread / workers),
            gradient_bound: None,
            named,
            ..Constants::default()
        };
        let affine = AffinePart {
            spectrum,
            basis: tasks.basis().to_vec(),
            centre: vec![Rational::new(); tasks.dimension()],
            remainder: Rational::new(),
        };
        Ok(Adapted { family, tasks, step, constants, affine: Some(affine) })
    }
}

impl<T: Tasks> Adapted<T> {
    /// h ← x − a∇φᵢ(x).
    fn adapt<S: Scalar>(&self, worker: usize, x: &[S], h: &mut [S], context: S::Context, scratch: &mut [S]) {
        self.tasks.gradient(worker, x, h, context, scratch);
        for (h, x) in h.iter_mut().zip(x) {
            h.mul_f64(-self.step);
            h.add_assign(x);
        }
    }

    /// out ← (I − a∇²φᵢ(x))s.
    fn contract<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        s: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut [S],
    ) {
        self.tasks.hessian_product(worker, x, s, out, context, scratch);
        for (o, s) in out.iter_mut().zip(s) {
            o.mul_f64(-self.step);
            o.add_assign(s);
        }
    }
}

impl<T: Tasks> Problem for Adapted<T> {
    fn family(&self) -> &'static str {
        self.family
    }
    fn dimension(&self) -> usize {
        self.tasks.dimension()
    }
    fn workers(&self) -> usize {
        self.tasks.workers()
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn affine_part(&self) -> Option<&AffinePart> {
        self.affine.as_ref()
    }
    fn is_quadratic(&self) -> bool {
        self.tasks.is_quadratic()
    }
    fn is_rational(&self) -> bool {
        self.tasks.is_rational()
    }
    fn start(&self) -> Vec<f64> {
        self.tasks.start()
    }
    fn scratch_len(&self) -> usize {
        3 * self.dimension() + self.tasks.scratch_len()
    }

    fn work(&self) -> u64 {
        // A gradient at the adapted point, a step of adaptation, and the Hessian's product.
        4 * self.tasks.workers() as u64 * self.tasks.work()
    }

    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let (h, rest) = scratch.buffer.split_at_mut(self.dimension());
        let mut value = S::zero(context);
        for worker in 0..self.workers() {
            self.adapt(worker, x, h, context, rest);
            value.add_assign(&self.tasks.value(worker, h, context, rest));
        }
        value.div(&S::from_f64(self.workers() as f64, context))
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        let d = self.dimension();
        let (h, rest) = scratch.buffer.split_at_mut(d);
        let (s, rest) = rest.split_at_mut(d);
        let (product, rest) = rest.split_at_mut(d);
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        for worker in 0..self.workers() {
            self.adapt(worker, x, h, context, rest);
            self.tasks.gradient(worker, h, s, context, rest);
            self.contract(worker, x, s, product, context, rest);
            for (o, p) in out.iter_mut().zip(product.iter()) {
                o.add_assign(p);
            }
        }
        let count = S::from_f64(self.workers() as f64, context);
        for o in out {
            o.div_assign(&count);
        }
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        let (h, rest) = scratch.buffer.split_at_mut(self.dimension());
        let (s, rest) = rest.split_at_mut(self.dimension());
        self.adapt(worker, x, h, context, rest);
        self.tasks.gradient(worker, h, s, context, rest);
        self.contract(worker, x, s, out, context, rest);
    }

    fn nesting(&self) -> Option<Nesting> {
        let affine_outer = self.tasks.is_quadratic();
        Some(Nesting { dimension: self.dimension(), affine_outer, adaptation: Some(self.step) })
    }

    fn inner_value<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.adapt(worker, x, out, context, &mut scratch.buffer);
    }

    fn outer_gradient<S: Scalar>(
        &self,
        worker: usize,
        y: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.tasks.gradient(worker, y, out, context, &mut scratch.buffer);
    }

    fn pull_back<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        s: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.contract(worker, x, s, out, context, &mut scratch.buffer);
    }
}
