//! Noise of mean zero given the past, independent over steps and workers.

use rug::Rational;

use super::bias::root_above;
use super::{Form, Part, Randomness, Situation, Source, SourceModel, Tail, TailKind};
use crate::number::{Scalar, norm2};
use crate::problem::DynProblem;

fn square(x: f64) -> Rational {
    Rational::from_f64(x).unwrap_or_default().square()
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
            size: Some([Rational::new(), square(self.size) * problem.dimension() as u64 / problem.workers() as u64]),
            attained: true,
            tail: Tail::sure(
                Rational::new(),
                root_above(problem.dimension() as f64) * Rational::from_f64(self.size.abs()).unwrap_or_default(),
            ),
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
            size: Some([Rational::new(), square(self.size)]),
            attained: true,
            tail: Tail::sure(Rational::new(), Rational::from_f64(self.size.abs()).unwrap_or_default()),
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

impl Source for Sphere {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            size: Some([Rational::new(), square(self.radius)]),
            attained: true,
            // The direction is normalised in the arithmetic of the run: allow for its rounding.
            tail: Tail::sure(
                Rational::new(),
                Rational::from_f64(self.radius.abs() * (1.0 + 1e-12)).unwrap_or_default(),
            ),
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

impl Source for Gaussian {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            size: Some([Rational::new(), square(self.size) * problem.dimension() as u64 / problem.workers() as u64]),
            attained: true,
            tail: Tail {
                // E‖ν‖⁴ = (s²/n)² d(d + 2).
                kind: TailKind::FourthMoment,
                relative: Rational::new(),
                absolute: root_above(
                    root_above((problem.dimension() * (problem.dimension() + 2)) as f64).to_f64().next_up(),
                ) * root_above(1.0 / problem.workers() as f64)
                    * Rational::from_f64(self.size.abs()).unwrap_or_default(),
            },
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
            size: Some([square(self.factor), Rational::new()]),
            attained: true,
            tail: Tail::sure(Rational::from_f64(self.factor.abs()).unwrap_or_default(), Rational::new()),
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
