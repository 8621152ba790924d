//! The exact second moments of momentum on quadratics with additive isotropic noise.
//!
//! In the eigenbasis of H each direction is a scalar recursion with y = x − c:
//! v ← (1−β)v + β(λy + ν), y ← y − γv, E ν = 0, E ν² = s = σ²/d, ν independent of the past. So the
//! moments (E y², E yv, E v²) follow a linear recursion, and E f, E‖∇f‖², E‖v‖², E‖m‖² are sums of
//! them over directions.

use crate::method::{Quantity, Start, Table};
use crate::number::Scalar;
use crate::statement::term::VectorSequence;
use crate::verify::instance::Instance;

/// The moments of one direction: y = x_k, v = v_{k−1}.
#[derive(Clone)]
struct Direction<S> {
    lambda: S,
    yy: S,
    yv: S,
    vv: S,
}

/// Whether the recursion applies: an exact quadratic under isotropic noise alone.
pub(super) fn applies(instance: &Instance<'_>) -> bool {
    instance.oracle.model.isotropic && instance.problem.affine_part().is_some_and(|a| a.remainder == 0)
}

/// Numbers that all directions share.
struct Shared<S: Scalar> {
    beta: S,
    keep: S,
    variance: S,
    context: S::Context,
}

impl<S: Scalar> Shared<S> {
    fn new(instance: &Instance<'_>, context: S::Context) -> Self {
        let beta = S::from_f64(instance.method.beta, context);
        let dimension = S::from_f64(instance.problem.dimension() as f64, context);
        Shared {
            keep: S::one(context).sub(&beta),
            beta,
            variance: S::from_rational(&instance.oracle.model.noise[1], context).div(&dimension),
            context,
        }
    }

    /// (E y v_k, E v_k²) from the moments with v_{k−1}; `replaces` for a first-gradient start.
    fn buffer_moments(&self, direction: &Direction<S>, replaces: bool) -> (S, S) {
        let (keep, beta) = if replaces {
            (S::zero(self.context), S::one(self.context))
        } else {
            (self.keep.clone(), self.beta.clone())
        };
        let pull = beta.clone().mul(&direction.lambda);
        let yv = keep.clone().mul(&direction.yv).add(&pull.clone().mul(&direction.yy));
        let vv = keep
            .clone()
            .square()
            .mul(&direction.vv)
            .add(&keep.mul(&pull).mul(&direction.yv).mul(&S::from_f64(2.0, self.context)))
            .add(&pull.square().mul(&direction.yy))
            .add(&beta.square().mul(&self.variance));
        (yv, vv)
    }
}

impl<S: Scalar> Shared<S> {
    /// One step: (y, v_{k−1}) to (y − γ v_k, v_k).
    fn advance(&self, direction: &Direction<S>, replaces: bool, step: &S) -> Direction<S> {
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
pub(super) fn expected_table<S: Scalar>(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    context: S::Context,
) -> Option<Table<S>> {
    let affine = instance.problem.affine_part()?;
    let shared = Shared::new(instance, context);
    let point: Vec<S> = instance
        .point
        .iter()
        .zip(&affine.centre)
        .map(|(x, c)| S::from_f64(*x, context).sub(&S::from_rational(c, context)))
        .collect();
    let mut directions: Vec<Direction<S>> = affine
        .spectrum
        .iter()
        .zip(&affine.basis)
        .map(|(lambda, row)| {
            let mut y = S::zero(context);
            for (q, p) in row.iter().zip(&point) {
                y.add_product(p, &S::from_rational(q, context));
            }
            Direction {
                lambda: S::from_rational(lambda, context),
                yy: y.square(),
                yv: S::zero(context),
                vv: S::zero(context),
            }
        })
        .collect();
    let lower_bound = S::from_rational(instance.problem.constants().lower_bound.as_ref()?, context);
    let total_variance = S::from_rational(&instance.oracle.model.noise[1], context);
    let steps = &instance.method.steps;
    let mut table = Table::new(quantities, steps.len(), steps, context);
    let norm = Quantity::Norm2;
    table.set(norm(VectorSequence::Buffer), -1, &S::zero(context));
    for k in 0..=steps.len() {
        let at = k as i64;
        let sum = |term: &dyn Fn(&Direction<S>) -> S| {
            directions.iter().fold(S::zero(context), |total, d| total.add(&term(d)))
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
        table.set(norm(VectorSequence::Bias), at, &S::zero(context));
        let step = S::from_f64(steps[k], context);
        let (mut buffer, mut deviation) = (S::zero(context), S::zero(context));
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
fn stationary_gradient<S: Scalar>(instance: &Instance<'_>, shared: &Shared<S>) -> Option<S> {
    let context = shared.context;
    let number = |x: f64| S::from_f64(x, context);
    let step_size = *instance.method.steps.first()?;
    if instance.method.steps.iter().any(|s| *s != step_size) {
        return None;
    }
    let step = number(step_size);
    let stable = number(2.0).mul(&number(2.0).sub(&shared.beta)).div(&shared.beta);
    let mut total = number(0.0);
    for lambda in &instance.problem.affine_part()?.spectrum {
        let lambda = S::from_rational(lambda, context);
        let positive = number(0.0).certainly_lt(&lambda);
        if !positive || !step.clone().mul(&lambda).certainly_lt(&stable) {
            return None;
        }
        // The recursion is affine: its matrix is found by applying it to the unit moments.
        let image = |yy: f64, yv: f64, vv: f64, variance: &S| {
            let shared =
                Shared { variance: variance.clone(), keep: shared.keep.clone(), beta: shared.beta.clone(), context };
            let direction = Direction { lambda: lambda.clone(), yy: number(yy), yv: number(yv), vv: number(vv) };
            let next = shared.advance(&direction, false, &step);
            [next.yy, next.yv, next.vv]
        };
        let zero = number(0.0);
        let columns = [image(1.0, 0.0, 0.0, &zero), image(0.0, 1.0, 0.0, &zero), image(0.0, 0.0, 1.0, &zero)];
        let constant = image(0.0, 0.0, 0.0, &shared.variance);
        // (I − M) z = constant; the first unknown by Cramer's rule.
        let entry = |row: usize, column: usize| {
            let identity = number(f64::from(u8::from(row == column)));
            identity.sub(&columns[column][row])
        };
        let determinant = |first: &dyn Fn(usize) -> S| {
            let minor = |a: usize, b: usize| entry(a, 1).mul(&entry(b, 2)).sub(&entry(a, 2).mul(&entry(b, 1)));
            first(0).mul(&minor(1, 2)).sub(&first(1).mul(&minor(0, 2))).add(&first(2).mul(&minor(0, 1)))
        };
        let yy = determinant(&|row| constant[row].clone()).div(&determinant(&|row| entry(row, 0)));
        total.add_assign(&lambda.square().mul(&yy));
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::method::Workspace;
    use crate::number::Exact;
    use crate::oracle::{Stream, StreamKey};
    use crate::statement::Statement;
    use crate::verify::exact::ExactMeans;
    use crate::verify::testing;

    fn any_statement() -> Statement {
        testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"f[0]\"\n",
        )
    }

    fn quantities() -> Vec<Quantity> {
        let norms = VectorSequence::ALL.into_iter().map(Quantity::Norm2);
        std::iter::once(Quantity::Value).chain(norms).collect()
    }

    const KNOWN: [VectorSequence; 4] =
        [VectorSequence::Gradient, VectorSequence::Buffer, VectorSequence::Deviation, VectorSequence::Error];

    #[test]
    fn the_recursion_equals_the_enumeration_of_all_paths_as_rational_numbers() {
        let statement = any_statement();
        for (start, beta) in [("zero", 0.25), ("first-gradient", 0.75), ("zero", 1.0)] {
            let spec = testing::cell(json!({
                "problem": { "family": "heterogeneous-quadratic", "dimension": 2, "workers": 2, "condition": 4.0, "spread": 1.0, "seed": 5 },
                "oracle": [{ "source": "rademacher", "size": 0.5 }],
                "start": start, "parameters": { "beta": beta, "gamma": 0.5 }, "horizon": 3,
            }));
            let instance = Instance::build(&statement, &spec).unwrap();
            let recursion = expected_table::<Exact>(&instance, &quantities(), ()).unwrap();
            let paths = 1 << 12; // a sign for each worker, coordinate and step
            let enumerated = ExactMeans::Enumeration(paths).table::<Exact>(&instance, &quantities(), ()).unwrap();
            let same = |quantity, k| {
                let (a, b) = (recursion.get(quantity, k).unwrap(), enumerated.get(quantity, k).unwrap());
                assert!(a.is_defined() && a == b, "{quantity:?} at {k}, {start}, beta {beta}: {a:?} against {b:?}");
            };
            for k in 0..=3 {
                same(Quantity::Value, k);
                same(Quantity::Norm2(VectorSequence::Gradient), k);
            }
            for k in 0..3 {
                KNOWN.into_iter().for_each(|sequence| same(Quantity::Norm2(sequence), k));
            }
            same(Quantity::Norm2(VectorSequence::Deviation), -1);
        }
    }

    #[test]
    fn sample_means_agree_with_the_recursion() {
        let statement = any_statement();
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 6, "condition": 30.0, "seed": 3 },
            "oracle": [{ "source": "gaussian", "size": 0.5 }],
            "start": "first-gradient", "parameters": { "beta": 0.3, "gamma": 0.8 }, "horizon": 12,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let expected = expected_table::<f64>(&instance, &quantities(), ()).unwrap();
        let key = StreamKey::new(1, "moments", "");
        let count = 4000u32;
        let mut sums = vec![(0.0, 0.0); 5 * 12];
        let mut work = Workspace::<f64>::new(instance.problem.as_ref(), ());
        for replicate in 0..count {
            let mut table = Table::<f64>::new(&quantities(), 12, &instance.method.steps, ());
            let mut random = Stream::new([key.stream(replicate.into())], ());
            instance.experiment().run(&mut random, &mut table, &mut work, (), &mut |_| {});
            for (slot, (quantity, k)) in sums.iter_mut().zip(entries()) {
                let x = table.get(quantity, k).copied().unwrap();
                *slot = (slot.0 + x, slot.1 + x * x);
            }
        }
        for ((sum, squares), (quantity, k)) in sums.into_iter().zip(entries()) {
            let n = f64::from(count);
            let (mean, variance) = (sum / n, squares / n - (sum / n).powi(2));
            let exact = expected.get(quantity, k).copied().unwrap();
            // Eight standard errors: 60 comparisons fail together with probability below 1e-13, were
            // the means normal.
            let limit = 8.0 * (variance / n).sqrt() + 1e-12 * exact;
            assert!((mean - exact).abs() <= limit, "{quantity:?} at {k}: {mean} against {exact}, limit {limit}");
        }
    }

    fn entries() -> impl Iterator<Item = (Quantity, i64)> {
        let quantities = std::iter::once(Quantity::Value).chain(KNOWN.map(Quantity::Norm2));
        quantities.flat_map(|quantity| (0..12).map(move |k| (quantity, k)))
    }

    #[test]
    fn the_stationary_value_is_what_a_long_run_tends_to() {
        let statement = any_statement();
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 3, "condition": 4.0, "seed": 3 },
            "oracle": [{ "source": "sphere", "radius": 1.0 }],
            "parameters": { "beta": 0.5, "gamma": 1.0 }, "horizon": 400,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let gradient = Quantity::Norm2(VectorSequence::Gradient);
        let table = expected_table::<f64>(&instance, &[gradient], ()).unwrap();
        let late = table.get(gradient, 400).unwrap();
        let limit = table.get(gradient, crate::statement::evaluate::LIMIT).unwrap();
        assert!((late - limit).abs() < 1e-12 * limit, "{late} against {limit}");
    }

    #[test]
    fn an_unstable_step_has_no_stationary_value() {
        let statement = any_statement();
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 1, "condition": 1.0, "seed": 3 },
            "oracle": [{ "source": "axis", "size": 1.0 }],
            "parameters": { "beta": 0.5, "gamma": 6.0 }, "horizon": 3,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        assert_eq!(instance.problem.constants().smoothness, Some(1.into()), "2(2 - beta)/beta = 6 is the limit");
        let gradient = Quantity::Norm2(VectorSequence::Gradient);
        let table = expected_table::<Exact>(&instance, &[gradient], ()).unwrap();
        assert!(table.get(gradient, crate::statement::evaluate::LIMIT).is_none());
    }
}
