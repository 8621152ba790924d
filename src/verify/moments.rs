//! The exact second moments of momentum on quadratics with additive isotropic noise.
//!
//! With ∇f(x) = Py in coordinates y that are affine in x, v ← (1−β)v + β(Py + ν), y ← y − γv,
//! E ν = 0, E νν^T = s·I with s = σ²/d, ν independent of the past: the moments (E yy^T, E yv^T,
//! E vv^T) follow a linear recursion, and E f, E‖∇f‖², E‖v‖², E‖m‖² are linear in them. Where the
//! family has an exact eigenbasis, each direction is a block of its own with one coordinate;
//! otherwise y = (x − x_0, 1) is the one block.

use rug::Rational;

use crate::method::{Quantity, Start, Table};
use crate::number::{Scalar, zeros};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::VectorSequence;
use crate::verify::instance::Instance;

/// A square matrix by rows.
#[derive(Clone)]
struct Matrix<S> {
    size: usize,
    entries: Vec<S>,
}

impl<S: Scalar> Matrix<S> {
    fn zero(size: usize, context: S::Context) -> Self {
        Matrix { size, entries: zeros(size * size, context) }
    }

    fn from_fn(size: usize, entry: impl Fn(usize, usize) -> S) -> Self {
        Matrix { size, entries: (0..size * size).map(|at| entry(at / size, at % size)).collect() }
    }

    fn at(&self, row: usize, column: usize) -> &S {
        &self.entries[row * self.size + column]
    }

    /// The sum of all products of entries at the same place.
    fn inner(&self, other: &Self, context: S::Context) -> S {
        let mut sum = S::zero(context);
        self.entries.iter().zip(&other.entries).for_each(|(a, b)| sum.add_product(a, b));
        sum
    }

    fn product(&self, other: &Self, context: S::Context) -> Self {
        Self::from_fn(self.size, |i, j| {
            let mut sum = S::zero(context);
            (0..self.size).for_each(|l| sum.add_product(self.at(i, l), other.at(l, j)));
            sum
        })
    }

    fn transpose(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(j, i).clone())
    }

    /// A + A^T.
    fn symmetric(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(i, j).clone().add(self.at(j, i)))
    }

    fn add_multiple(&mut self, other: &Self, factor: &S) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(a, b)| a.add_product(b, factor));
    }

    fn scaled(mut self, factor: &S) -> Self {
        self.entries.iter_mut().for_each(|a| a.mul_assign(factor));
        self
    }

    fn trace(&self, context: S::Context) -> S {
        (0..self.size).fold(S::zero(context), |sum, i| sum.add(self.at(i, i)))
    }
}

/// Coordinates that move independently of all others: their gradient is `pull`·y and their part of
/// f is ½y^T `weight` y plus a constant. The first `noisy` coordinates of the gradient carry noise.
struct Block<S> {
    pull: Matrix<S>,
    weight: Matrix<S>,
    noisy: usize,
}

/// The moments of one block: y = x_k, v = v_{k−1}.
#[derive(Clone)]
struct Moments<S> {
    yy: Matrix<S>,
    yv: Matrix<S>,
    vv: Matrix<S>,
}

/// Moments at k once v_k is known.
struct Pulled<S> {
    /// E y v_k^T, E v_k v_k^T.
    yv: Matrix<S>,
    vv: Matrix<S>,
    /// E‖g_k‖², E⟨g_k, v_k⟩.
    gradient: S,
    along: S,
}

/// Whether the recursion applies: a quadratic under isotropic noise alone.
pub(super) fn applies(instance: &Instance<'_>) -> bool {
    instance.oracle.model.isotropic && instance.problem.is_quadratic()
}

/// Numbers that all blocks share.
struct Shared<S: Scalar> {
    beta: S,
    variance: S,
    context: S::Context,
}

impl<S: Scalar> Shared<S> {
    fn new(instance: &Instance<'_>, variance: &Rational, context: S::Context) -> Self {
        let dimension = S::from_f64(instance.problem.dimension() as f64, context);
        Shared {
            beta: S::from_f64(instance.method.beta, context),
            variance: S::from_rational(variance, context).div(&dimension),
            context,
        }
    }

    /// From the moments with v_{k−1} to those with v_k; `replaces` for a first-gradient start.
    fn pulled(&self, block: &Block<S>, moments: &Moments<S>, replaces: bool) -> Pulled<S> {
        let context = self.context;
        let one = S::one(context);
        let beta = if replaces { &one } else { &self.beta };
        let keep = one.clone().sub(beta);
        let yg = moments.yy.product(&block.pull.transpose(), context);
        let gg = block.pull.product(&yg, context);
        let gv = block.pull.product(&moments.yv, context);
        let mut yv = moments.yv.clone().scaled(&keep);
        yv.add_multiple(&yg, beta);
        let mut vv = moments.vv.clone().scaled(&keep.clone().square());
        vv.add_multiple(&gv.symmetric(), &keep.mul(beta));
        vv.add_multiple(&gg, &beta.clone().square());
        let noise = beta.clone().square().mul(&self.variance);
        (0..block.noisy).for_each(|i| vv.entries[i * vv.size + i].add_assign(&noise));
        let along = block.pull.transpose().inner(&yv, context);
        Pulled { yv, vv, gradient: gg.trace(context), along }
    }

    /// One step: (y, v_{k−1}) to (y − γ v_k, v_k).
    fn step(&self, moments: Moments<S>, pulled: Pulled<S>, step: &S) -> Moments<S> {
        let back = step.clone().neg();
        let Pulled { yv, vv, .. } = pulled;
        let mut yy = moments.yy;
        yy.add_multiple(&yv.symmetric(), &back);
        yy.add_multiple(&vv, &step.clone().square());
        let mut next = yv;
        next.add_multiple(&vv, &back);
        Moments { yy, yv: next, vv }
    }
}

/// The blocks with their moments at x_0, v_{−1} = 0, and the constant part of f.
type Blocks<S> = (Vec<(Block<S>, Moments<S>)>, S);

/// One direction of an eigenbasis: Py = λy.
fn direction<S: Scalar>(lambda: &S) -> Block<S> {
    let pull = Matrix { size: 1, entries: vec![lambda.clone()] };
    Block { weight: pull.clone(), pull, noisy: 1 }
}

fn at_rest<S: Scalar>(yy: Matrix<S>, context: S::Context) -> Moments<S> {
    let zero = Matrix::zero(yy.size, context);
    Moments { yy, yv: zero.clone(), vv: zero }
}

fn blocks<S: Arithmetic>(instance: &Instance<'_>, context: S::Context) -> Option<Blocks<S>> {
    let Some(affine) = instance.problem.affine_part().filter(|a| a.remainder == 0) else {
        return Some(one_block(instance, context));
    };
    let lower_bound = S::from_rational(instance.problem.constants().lower_bound.as_ref()?, context);
    let directions = affine.spectrum.iter().zip(&affine.basis).map(|(lambda, row)| {
        let mut y = S::zero(context);
        for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
            let offset = S::from_f64(*x, context).sub(&S::from_rational(c, context));
            y.add_product(&offset, &S::from_rational(q, context));
        }
        let yy = Matrix { size: 1, entries: vec![y.square()] };
        (direction(&S::from_rational(lambda, context)), at_rest(yy, context))
    });
    Some((directions.collect(), lower_bound))
}

/// y = (x − x_0, 1): the Hessian's columns are differences of gradients, which are affine.
fn one_block<S: Arithmetic>(instance: &Instance<'_>, context: S::Context) -> Blocks<S> {
    let d = instance.problem.dimension();
    let problem = S::view(instance.problem.as_ref());
    let mut scratch = Scratch::for_problem(instance.problem.as_ref(), context);
    let mut x: Vec<S> = instance.point.iter().map(|x| S::from_f64(*x, context)).collect();
    let value = problem.value_in(&x, context, &mut scratch);
    let mut slope = zeros::<S>(d, context);
    problem.gradient_in(&x, &mut slope, context, &mut scratch);
    let mut pull = Matrix::<S>::zero(d + 1, context);
    for (i, g) in slope.iter().enumerate() {
        pull.entries[i * (d + 1) + d].set(g);
    }
    let mut gradient = zeros::<S>(d, context);
    for j in 0..d {
        let coordinate = x[j].clone();
        x[j].add_f64(1.0);
        problem.gradient_in(&x, &mut gradient, context, &mut scratch);
        x[j] = coordinate;
        for (i, (g, start)) in gradient.iter().zip(&slope).enumerate() {
            pull.entries[i * (d + 1) + j] = g.clone().sub(start);
        }
    }
    let mut weight = pull.clone();
    for (j, g) in slope.iter().enumerate() {
        weight.entries[d * (d + 1) + j].set(g);
    }
    let mut yy = Matrix::<S>::zero(d + 1, context);
    yy.entries[d * (d + 1) + d] = S::one(context);
    (vec![(Block { pull, weight, noisy: d }, at_rest(yy, context))], value)
}

/// The expected table of an instance to which the recursion [`applies`].
pub(super) fn expected_table<S: Arithmetic>(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    context: S::Context,
) -> Option<Table<S>> {
    let [_, variance] = instance.oracle.model.noise.as_ref()?;
    let shared = Shared::new(instance, variance, context);
    let (mut blocks, base) = blocks::<S>(instance, context)?;
    let total_variance = S::from_rational(variance, context);
    let steps = &instance.method.steps;
    let mut table = Table::new(quantities, steps.len(), steps, context);
    let norm = Quantity::Norm2;
    table.set(norm(VectorSequence::Buffer), -1, &S::zero(context));
    for k in 0..=steps.len() {
        let at = k as i64;
        let replaces = k == 0 && instance.method.start == Start::FirstGradient;
        let zero = S::zero(context);
        let (mut value, mut gradient) = (base.clone(), zero.clone());
        let (mut buffer, mut deviation) = (zero.clone(), zero.clone());
        let step = S::from_f64(steps.get(k).copied().unwrap_or(0.0), context);
        for (block, moments) in &mut blocks {
            value.add_product_f64(&block.weight.inner(&moments.yy, context), 0.5);
            let pulled = shared.pulled(block, moments, replaces);
            gradient.add_assign(&pulled.gradient);
            let squares = pulled.vv.trace(context);
            buffer.add_assign(&squares);
            // ‖v − g‖² = ‖v‖² − 2⟨g, v⟩ + ‖g‖².
            deviation.add_assign(&squares.add(&pulled.gradient));
            deviation.add_product_f64(&pulled.along, -2.0);
            if k < steps.len() {
                let before = std::mem::replace(moments, at_rest(Matrix::zero(0, context), context));
                *moments = shared.step(before, pulled, &step);
            }
        }
        table.set(Quantity::Value, at, &value);
        table.set(norm(VectorSequence::Gradient), at, &gradient);
        if k == steps.len() {
            break;
        }
        if k == 0 {
            // m_{−1} is −∇f(x_0), or e_0 = ν_0.
            table.set(norm(VectorSequence::Deviation), -1, if replaces { &total_variance } else { &gradient });
        }
        table.set(norm(VectorSequence::Error), at, &total_variance);
        table.set(norm(VectorSequence::Noise), at, &total_variance);
        table.set(norm(VectorSequence::Bias), at, &zero);
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
        let block = direction(&lambda);
        let image = |yy: f64, yv: f64, vv: f64, variance: &S| {
            let shared = Shared { variance: variance.clone(), beta: shared.beta.clone(), context };
            let single = |x: f64| Matrix { size: 1, entries: vec![number(x)] };
            let moments = Moments { yy: single(yy), yv: single(yv), vv: single(vv) };
            let pulled = shared.pulled(&block, &moments, false);
            let next = shared.step(moments, pulled, &step);
            [next.yy, next.yv, next.vv].map(|matrix| matrix.at(0, 0).clone())
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
        let with_spectrum = json!({ "family": "heterogeneous-quadratic", "dimension": 2, "workers": 2, "condition": 4.0, "spread": 1.0, "seed": 5 });
        let without = json!({ "family": "breast-cancer-squares", "features": 2, "workers": 2, "share": 3 });
        for (problem, start, beta) in [
            (&with_spectrum, "zero", 0.25),
            (&with_spectrum, "first-gradient", 0.75),
            (&with_spectrum, "zero", 1.0),
            (&without, "zero", 0.25),
            (&without, "first-gradient", 0.75),
        ] {
            let spec = testing::cell(json!({
                "problem": problem,
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
