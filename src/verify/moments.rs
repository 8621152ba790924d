//! The exact second moments of momentum on quadratics with additive isotropic noise.
//!
//! In the eigenbasis of H each direction is a scalar recursion with y = x − c:
//! v ← (1−β)v + β(λy + ν), y ← y − γv, E ν = 0, E ν² = s = σ²/d, ν independent of the past. So the
//! moments (E y², E yv, E v²) follow a linear recursion, and E f, E‖∇f‖², E‖v‖², E‖m‖² are sums of
//! them over directions.

use crate::method::{Quantity, Start, Table};
use crate::number::{Interval, Scalar};
use crate::statement::term::VectorSequence;
use crate::verify::instance::Instance;

/// The moments of one direction: y = x_k, v = v_{k−1}.
#[derive(Clone)]
struct Direction {
    lambda: Interval,
    yy: Interval,
    yv: Interval,
    vv: Interval,
}

/// Whether the recursion applies: an exact quadratic under isotropic noise alone.
pub(super) fn applies(instance: &Instance<'_>) -> bool {
    instance.oracle.model.isotropic && instance.problem.affine_part().is_some_and(|a| a.remainder == 0)
}

/// Numbers that all directions share.
struct Shared {
    beta: Interval,
    keep: Interval,
    variance: Interval,
    bits: u32,
}

impl Shared {
    fn new(instance: &Instance<'_>, bits: u32) -> Self {
        let beta = Interval::from_f64(instance.method.beta, bits);
        let dimension = Interval::from_f64(instance.problem.dimension() as f64, bits);
        Shared {
            keep: Interval::one(bits).sub(&beta),
            beta,
            variance: Interval::from_rational(&instance.oracle.model.noise[1], bits).div(&dimension),
            bits,
        }
    }

    /// (E y v_k, E v_k²) from the moments with v_{k−1}; `replaces` for a first-gradient start.
    fn buffer_moments(&self, direction: &Direction, replaces: bool) -> (Interval, Interval) {
        let (keep, beta) = if replaces {
            (Interval::zero(self.bits), Interval::one(self.bits))
        } else {
            (self.keep.clone(), self.beta.clone())
        };
        let pull = beta.clone().mul(&direction.lambda);
        let yv = keep.clone().mul(&direction.yv).add(&pull.clone().mul(&direction.yy));
        let vv = keep
            .clone()
            .square()
            .mul(&direction.vv)
            .add(&keep.mul(&pull).mul(&direction.yv).mul(&Interval::from_f64(2.0, self.bits)))
            .add(&pull.square().mul(&direction.yy))
            .add(&beta.square().mul(&self.variance));
        (yv, vv)
    }
}

impl Shared {
    /// One step: (y, v_{k−1}) to (y − γ v_k, v_k).
    fn advance(&self, direction: &Direction, replaces: bool, step: &Interval) -> Direction {
        let (yv, vv) = self.buffer_moments(direction, replaces);
        let mut twice = step.clone().mul(&yv);
        twice.mul_f64(2.0);
        Direction {
            lambda: direction.lambda.clone(),
            yy: direction.yy.clone().sub(&twice).add(&step.clone().square().mul(&vv)),
            yv: yv.sub(&step.clone().mul(&vv)),
            vv,
        }
    }
}

/// The expected table of an instance to which the recursion [`applies`].
pub(super) fn expected_table(instance: &Instance<'_>, quantities: &[Quantity], bits: u32) -> Option<Table<Interval>> {
    let affine = instance.problem.affine_part()?;
    let shared = Shared::new(instance, bits);
    let point: Vec<Interval> = instance
        .point
        .iter()
        .zip(&affine.centre)
        .map(|(x, c)| Interval::from_f64(*x, bits).sub(&Interval::from_rational(c, bits)))
        .collect();
    let mut directions: Vec<Direction> = affine
        .spectrum
        .iter()
        .zip(&affine.basis)
        .map(|(lambda, row)| {
            let mut y = Interval::zero(bits);
            for (q, p) in row.iter().zip(&point) {
                y.add_product(p, &Interval::from_rational(q, bits));
            }
            Direction {
                lambda: Interval::from_rational(lambda, bits),
                yy: y.square(),
                yv: Interval::zero(bits),
                vv: Interval::zero(bits),
            }
        })
        .collect();
    let lower_bound = Interval::from_rational(instance.problem.constants().lower_bound.as_ref()?, bits);
    let total_variance = Interval::from_rational(&instance.oracle.model.noise[1], bits);
    let steps = &instance.method.steps;
    let mut table = Table::new(quantities, steps.len(), steps, bits);
    let norm = Quantity::Norm2;
    table.set(norm(VectorSequence::Buffer), -1, &Interval::zero(bits));
    for k in 0..=steps.len() {
        let at = k as i64;
        let sum = |term: &dyn Fn(&Direction) -> Interval| {
            directions.iter().fold(Interval::zero(bits), |total, d| total.add(&term(d)))
        };
        let value = sum(&|d| {
            let mut half = d.lambda.clone().mul(&d.yy);
            half.mul_f64(0.5);
            half
        });
        table.set(Quantity::Value, at, &value.add(&lower_bound));
        let gradient = sum(&|d| d.lambda.clone().square().mul(&d.yy));
        table.set(norm(VectorSequence::Gradient), at, &gradient);
        if k == steps.len() {
            break;
        }
        let replaces = k == 0 && instance.method.start == Start::FirstGradient;
        if k == 0 {
            // m_{−1} is −∇f(x_0), or e_0 = ν_0.
            let deviation = if replaces { &total_variance } else { &gradient };
            table.set(norm(VectorSequence::Deviation), -1, deviation);
        }
        table.set(norm(VectorSequence::Error), at, &total_variance);
        table.set(norm(VectorSequence::Noise), at, &total_variance);
        table.set(norm(VectorSequence::Bias), at, &Interval::zero(bits));
        let step = Interval::from_f64(steps[k], bits);
        let (mut buffer, mut deviation) = (Interval::zero(bits), Interval::zero(bits));
        for direction in &mut directions {
            let (yv, vv) = shared.buffer_moments(direction, replaces);
            buffer.add_assign(&vv);
            // ‖m‖² = ‖v‖² − 2λ yv + λ² y².
            let mut cross = direction.lambda.clone().mul(&yv);
            cross.mul_f64(-2.0);
            deviation.add_assign(&vv.add(&cross).add(&direction.lambda.clone().square().mul(&direction.yy)));
            *direction = shared.advance(direction, replaces, &step);
        }
        table.set(norm(VectorSequence::Buffer), at, &buffer);
        table.set(norm(VectorSequence::Deviation), at, &deviation);
    }
    if let Some(limit) = stationary_gradient(instance, &shared) {
        table.set_limit(norm(VectorSequence::Gradient), limit);
    }
    Some(table)
}

/// lim E‖∇f(x_k)‖² for constant steps: the fixed point of the recursion of moments, by Cramer's
/// rule in each direction. The 2×2 recursion of (y, v) is stable iff γλ < 2(2−β)/β, which is
/// required with certainty; then moments converge to their only fixed point from any start.
fn stationary_gradient(instance: &Instance<'_>, shared: &Shared) -> Option<Interval> {
    let bits = shared.bits;
    let number = |x: f64| Interval::from_f64(x, bits);
    let step_size = *instance.method.steps.first()?;
    if instance.method.steps.iter().any(|s| *s != step_size) {
        return None;
    }
    let step = number(step_size);
    let stable = number(2.0).mul(&number(2.0).sub(&shared.beta)).div(&shared.beta);
    let mut total = number(0.0);
    for lambda in &instance.problem.affine_part()?.spectrum {
        let lambda = Interval::from_rational(lambda, bits);
        let positive = number(0.0).certainly_lt(&lambda);
        if !positive || !step.clone().mul(&lambda).certainly_lt(&stable) {
            return None;
        }
        // The recursion is affine: its matrix is found by applying it to the unit moments.
        let image = |yy: f64, yv: f64, vv: f64, variance: &Interval| {
            let shared = Shared { variance: variance.clone(), keep: shared.keep.clone(), beta: shared.beta.clone(), bits };
            let direction = Direction { lambda: lambda.clone(), yy: number(yy), yv: number(yv), vv: number(vv) };
            let next = shared.advance(&direction, false, &step);
            [next.yy, next.yv, next.vv]
        };
        let zero = number(0.0);
        let columns = [
            image(1.0, 0.0, 0.0, &zero),
            image(0.0, 1.0, 0.0, &zero),
            image(0.0, 0.0, 1.0, &zero),
        ];
        let constant = image(0.0, 0.0, 0.0, &shared.variance);
        // (I − M) z = constant; the first unknown by Cramer's rule.
        let entry = |row: usize, column: usize| {
            let identity = number(f64::from(u8::from(row == column)));
            identity.sub(&columns[column][row])
        };
        let determinant = |first: &dyn Fn(usize) -> Interval| {
            let minor = |a: usize, b: usize| {
                entry(a, 1).mul(&entry(b, 2)).sub(&entry(a, 2).mul(&entry(b, 1)))
            };
            first(0).mul(&minor(1, 2)).sub(&first(1).mul(&minor(0, 2))).add(&first(2).mul(&minor(0, 1)))
        };
        let yy = determinant(&|row| constant[row].clone()).div(&determinant(&|row| entry(row, 0)));
        total.add_assign(&lambda.square().mul(&yy));
    }
    Some(total)
}
