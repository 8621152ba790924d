//! Noise of mean zero given the past, independent over steps and workers.

use rug::Rational;

use super::{Form, Freedom, Part, Randomness, Situation, Source, SourceModel, Tail, TailKind};
use crate::number::{Scalar, exact, norm2, root_above};
use crate::problem::DynProblem;

/// s²q, where s is a number.
fn square_times(s: f64, q: impl Into<Rational>) -> Option<Rational> {
    Some(exact(s)?.square() * q.into())
}

/// C as a bound that does not grow with the gradient.
fn constant(square: Option<Rational>) -> Option<[Rational; 2]> {
    square.map(|square| [Rational::new(), square])
}

/// d/n.
fn coordinates_each(problem: &dyn DynProblem) -> Rational {
    Rational::from((problem.dimension() as u64, problem.workers() as u64))
}

/// Every worker adds s·(±1, …, ±1) with fair signs; the estimate gets their average:
/// σ² = d s²/n exactly, covariance (s²/n)·identity, ‖ν‖ ≤ √d s.
#[derive(Clone, Debug)]
pub struct Rademacher {
    /// s, per coordinate and worker.
    pub size: f64,
}

impl Source for Rademacher {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.size, coordinates_each(problem))),
            attained: true,
            tail: Tail::within_root(square_times(self.size, problem.dimension()).as_ref()),
            finite: true,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let scale = S::from_f64(self.size, context).div(&S::from_f64(at.workers as f64, context));
        let sums = random.sign_sums(at.workers, out.len());
        for (o, sum) in out.iter_mut().zip(sums) {
            o.add_product(sum, &scale);
        }
    }
}

/// s·(±1) along one coordinate, a different one each step: two outcomes a step, σ² = s².
#[derive(Clone, Debug)]
pub struct Axis {
    /// s.
    pub size: f64,
}

impl Source for Axis {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.size, 1)),
            attained: true,
            tail: Tail::within_root(square_times(self.size, 1).as_ref()),
            finite: true,
            deterministic: false,
            form: if problem.dimension() == 1 { Form::Isotropic } else { Form::Other },
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        let j = at.k % out.len();
        out[j].add_product_f64(&random.sign_sums(1, 1)[0], self.size);
    }
}

/// Uniform on the sphere of radius s: σ² = s², covariance (s²/d)·identity.
#[derive(Clone, Debug)]
pub struct Sphere {
    /// s.
    pub radius: f64,
}

impl Sphere {
    /// The direction is normalised in the arithmetic of the run: allows for rounding, and for underflow.
    fn tail(&self) -> Option<Tail> {
        let radius = exact(self.radius)?.abs();
        let rounding = Rational::from(&radius >> 39u32) + (Rational::from(1) >> 1060u32);
        Some(Tail::sure(Rational::new(), radius + rounding))
    }
}

impl Source for Sphere {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Computed,
            size: constant(square_times(self.radius, 1)),
            attained: true,
            tail: self.tail().unwrap_or_else(Tail::unknown),
            finite: false,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(&self, _: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let direction = random.gaussians(out.len());
        let mut factor = S::from_f64(self.radius, context);
        factor.div_assign(&norm2(direction, context).sqrt());
        for (o, z) in out.iter_mut().zip(direction) {
            o.add_product(z, &factor);
        }
    }
}

/// Every worker adds N(0, s²) in each coordinate: σ² = d s²/n, no bound for any draw, and
/// E‖ν‖⁴ = (s²/n)² d(d + 2) (the fourth moment of a χ variable).
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// s, per coordinate and worker.
    pub size: f64,
}

impl Gaussian {
    /// E‖ν‖⁴ = (s²/n)² d(d + 2).
    fn tail(&self, problem: &dyn DynProblem) -> Option<Tail> {
        let d = problem.dimension() as u64;
        let square = root_above(&Rational::from(d * (d + 2)))? / problem.workers() as u64;
        let absolute = root_above(&square)? * exact(self.size)?.abs();
        Some(Tail { kind: TailKind::FourthMoment, relative: Rational::new(), absolute })
    }
}

impl Source for Gaussian {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Any,
            size: constant(square_times(self.size, coordinates_each(problem))),
            attained: true,
            tail: self.tail(problem).unwrap_or_else(Tail::unknown),
            finite: false,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        // The mean of n independent N(0, s²) is N(0, s²/n).
        let scale = S::from_f64(self.size, context).div(&S::from_f64(at.workers as f64, context).sqrt());
        let normals = random.gaussians(out.len());
        for (o, z) in out.iter_mut().zip(normals) {
            o.add_product(z, &scale);
        }
    }
}

/// r·(±g_1, …, ±g_d) with fair signs: noise that grows with the gradient, M = r² exactly.
#[derive(Clone, Debug)]
pub struct RelativeSigns {
    /// r.
    pub factor: f64,
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

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        let signs = random.sign_sums(1, out.len());
        for ((o, g), sign) in out.iter_mut().zip(at.gradient).zip(signs) {
            let mut signed = sign.clone();
            signed.mul_f64(self.factor);
            o.add_product(&signed, g);
        }
    }
}
