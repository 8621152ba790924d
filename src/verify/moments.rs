//! The exact second moments of momentum on quadratics whose estimate is affine in the gradient on average.
//!
//! With ∇f(x) = Py in coordinates y that are affine in x, v ← (1−β)v + β(Qy + ν), y ← y − γv, where Qy is
//! the gradient plus the bias r·g + c·(1, −1, 1, …), E[ν | past] = 0 and E[νν^T | past] = s·I +
//! M·diag(g_1², …, g_d²): the moments (E yy^T, E yv^T, E vv^T) follow a linear recursion, and E f,
//! E‖∇f‖², E‖b‖², E‖v‖², E‖m‖² are linear in them. Where the family has an exact eigenbasis and c = M = 0,
//! each direction is a block of its own with one coordinate; otherwise y = (x − x_0, 1) is the one block,
//! in the coordinates in which the diagonal is meant.

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

/// Coordinates that move independently of all others: their gradient is `pull`·y, the mean of their
/// estimate `estimate`·y, and their part of f is ½y^T `weight` y plus a constant. The first `noisy`
/// coordinates of the gradient carry noise.
struct Block<S> {
    pull: Matrix<S>,
    estimate: Matrix<S>,
    weight: Matrix<S>,
    /// ‖pull·y‖² and ‖(estimate − pull)·y‖² as quadratic forms of y.
    gradient_square: Matrix<S>,
    bias_square: Matrix<S>,
    noisy: usize,
}

impl<S: Scalar> Block<S> {
    /// From the matrix of the bias: no bias is exactly zero in every arithmetic.
    fn new(pull: Matrix<S>, bias: &Matrix<S>, weight: Matrix<S>, noisy: usize, context: S::Context) -> Self {
        let square = |matrix: &Matrix<S>| matrix.transpose().product(matrix, context);
        let mut estimate = pull.clone();
        estimate.add_multiple(bias, &S::one(context));
        Block { gradient_square: square(&pull), bias_square: square(bias), pull, estimate, weight, noisy }
    }
}

/// The moments of one block: y = x_k, v = v_{k−1}.
#[derive(Clone)]
struct Moments<S> {
    yy: Matrix<S>,
    yv: Matrix<S>,
    vv: Matrix<S>,
}

/// Moments at k once v_k is known: E y v_k^T, E v_k v_k^T.
struct Pulled<S> {
    yv: Matrix<S>,
    vv: Matrix<S>,
}

/// Sums over the blocks at one step: E f(x_k), E‖∇f(x_k)‖², E‖b_k‖², E‖v_k‖², E⟨∇f(x_k), v_k⟩.
struct Totals<S> {
    value: S,
    gradient: S,
    bias: S,
    buffer: S,
    along: S,
}

/// Whether the recursion applies: a quadratic under noise and bias that it can follow.
pub(super) fn applies(instance: &Instance<'_>) -> bool {
    instance.oracle.model.affine.is_some() && instance.problem.is_quadratic()
}

/// Numbers that all blocks share.
#[derive(Clone)]
struct Shared<S: Scalar> {
    beta: S,
    /// r and c of the bias r·g + c·(1, −1, 1, …).
    multiple: S,
    offset: S,
    /// M and σ² of the noise, and σ²/d.
    relative: S,
    total_variance: S,
    variance: S,
    /// Whether c = M = 0: then every eigendirection moves on its own.
    separable: bool,
    context: S::Context,
}

impl<S: Scalar> Shared<S> {
    fn new(instance: &Instance<'_>, context: S::Context) -> Option<Self> {
        let model = &instance.oracle.model;
        let ([multiple, offset], [relative, variance]) = (model.affine.as_ref()?, model.noise.as_ref()?);
        let number = |q: &Rational| S::from_rational(q, context);
        let dimension = instance.problem.dimension() as u64;
        Some(Shared {
            beta: S::from_f64(instance.method.beta, context),
            multiple: number(multiple),
            offset: number(offset),
            relative: number(relative),
            total_variance: number(variance),
            variance: number(&Rational::from(variance / dimension)),
            separable: *offset == 0 && *relative == 0,
            context,
        })
    }

    /// From the moments with v_{k−1} to those with v_k; `replaces` for a first-gradient start.
    fn pulled(&self, block: &Block<S>, moments: &Moments<S>, replaces: bool) -> Pulled<S> {
        let context = self.context;
        let one = S::one(context);
        let beta = if replaces { &one } else { &self.beta };
        let keep = one.clone().sub(beta);
        let yg = moments.yy.product(&block.estimate.transpose(), context);
        let gg = block.estimate.product(&yg, context);
        let gv = block.estimate.product(&moments.yv, context);
        let mut yv = moments.yv.clone().scaled(&keep);
        yv.add_multiple(&yg, beta);
        let mut vv = moments.vv.clone().scaled(&keep.clone().square());
        vv.add_multiple(&gv.symmetric(), &keep.mul(beta));
        let weight = beta.clone().square();
        vv.add_multiple(&gg, &weight);
        for (i, noise) in self.noise(block, moments).iter().enumerate() {
            vv.entries[i * vv.size + i].add_product(noise, &weight);
        }
        Pulled { yv, vv }
    }

    /// E ν_j² for the coordinates that carry noise.
    fn noise(&self, block: &Block<S>, moments: &Moments<S>) -> Vec<S> {
        let mut noise = vec![self.variance.clone(); block.noisy];
        if !self.separable {
            let gy = block.pull.product(&moments.yy, self.context);
            for (i, noise) in noise.iter_mut().enumerate() {
                let mut square = S::zero(self.context);
                (0..gy.size).for_each(|l| square.add_product(gy.at(i, l), block.pull.at(i, l)));
                noise.add_product(&square, &self.relative);
            }
        }
        noise
    }

    /// The sums at one step, and the moments after it where a step of that size follows.
    fn advance(&self, (blocks, base): &mut Blocks<S>, replaces: bool, step: Option<&S>) -> Totals<S> {
        let context = self.context;
        let zero = || S::zero(context);
        let (value, gradient, bias, buffer, along) = (base.clone(), zero(), zero(), zero(), zero());
        let mut totals = Totals { value, gradient, bias, buffer, along };
        for (block, moments) in blocks {
            let pulled = self.pulled(block, moments, replaces);
            totals.value.add_product_f64(&block.weight.inner(&moments.yy, context), 0.5);
            totals.gradient.add_assign(&block.gradient_square.inner(&moments.yy, context));
            totals.bias.add_assign(&block.bias_square.inner(&moments.yy, context));
            totals.buffer.add_assign(&pulled.vv.trace(context));
            totals.along.add_assign(&block.pull.transpose().inner(&pulled.yv, context));
            if let Some(step) = step {
                let before = std::mem::replace(moments, at_rest(Matrix::zero(0, context), context));
                *moments = self.step(before, pulled, step);
            }
        }
        totals
    }

    /// Writes what is known at k < K; with the start of the buffer at k = 0.
    fn record_step(&self, table: &mut Table<S>, at: i64, totals: &Totals<S>, start: Start) {
        let mut set = |sequence, k, value: &S| table.set(Quantity::Norm2(sequence), k, value);
        let mut noise = self.total_variance.clone();
        noise.add_product(&totals.gradient, &self.relative);
        let error = totals.bias.clone().add(&noise);
        // ‖v − g‖² = ‖v‖² − 2⟨g, v⟩ + ‖g‖².
        let mut deviation = totals.buffer.clone().add(&totals.gradient);
        deviation.add_product_f64(&totals.along, -2.0);
        if at == 0 {
            // v_{−1} is 0 or g_0 = v_0, and m_{−1} = v_{−1} − ∇f(x_0) is −∇f(x_0) or e_0.
            let zero = S::zero(self.context);
            let (buffer, deviation) = match start {
                Start::Zero => (&zero, &totals.gradient),
                Start::FirstGradient => (&totals.buffer, &error),
            };
            set(VectorSequence::Buffer, -1, buffer);
            set(VectorSequence::Deviation, -1, deviation);
        }
        set(VectorSequence::Bias, at, &totals.bias);
        set(VectorSequence::Noise, at, &noise);
        set(VectorSequence::Error, at, &error);
        set(VectorSequence::Buffer, at, &totals.buffer);
        set(VectorSequence::Deviation, at, &deviation);
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

/// One direction of an eigenbasis: Py = λy, and (1 + r)λy is the mean of the estimate.
fn direction<S: Scalar>(lambda: &S, shared: &Shared<S>) -> Block<S> {
    let single = |x: S| Matrix { size: 1, entries: vec![x] };
    let bias = single(lambda.clone().mul(&shared.multiple));
    Block::new(single(lambda.clone()), &bias, single(lambda.clone()), 1, shared.context)
}

fn at_rest<S: Scalar>(yy: Matrix<S>, context: S::Context) -> Moments<S> {
    let zero = Matrix::zero(yy.size, context);
    Moments { yy, yv: zero.clone(), vv: zero }
}

fn blocks<S: Arithmetic>(instance: &Instance<'_>, shared: &Shared<S>) -> Option<Blocks<S>> {
    let context = shared.context;
    let Some(affine) = instance.problem.affine_part().filter(|a| a.remainder == 0 && shared.separable) else {
        return Some(one_block(instance, shared));
    };
    let lower_bound = S::from_rational(instance.problem.constants().lower_bound.as_ref()?, context);
    let directions = affine.spectrum.iter().zip(&affine.basis).map(|(lambda, row)| {
        let mut y = S::zero(context);
        for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
            let offset = S::from_f64(*x, context).sub(&S::from_rational(c, context));
            y.add_product(&offset, &S::from_rational(q, context));
        }
        let yy = Matrix { size: 1, entries: vec![y.square()] };
        (direction(&S::from_rational(lambda, context), shared), at_rest(yy, context))
    });
    Some((directions.collect(), lower_bound))
}

/// y = (x − x_0, 1): the Hessian's columns are differences of gradients, which are affine.
fn one_block<S: Arithmetic>(instance: &Instance<'_>, shared: &Shared<S>) -> Blocks<S> {
    let context = shared.context;
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
    let mut bias = pull.clone().scaled(&shared.multiple);
    for i in 0..d {
        bias.entries[i * (d + 1) + d].add_product_f64(&shared.offset, if i % 2 == 0 { 1.0 } else { -1.0 });
    }
    let mut yy = Matrix::<S>::zero(d + 1, context);
    yy.entries[d * (d + 1) + d] = S::one(context);
    (vec![(Block::new(pull, &bias, weight, d, context), at_rest(yy, context))], value)
}

/// The expected table of an instance to which the recursion [`applies`].
pub(super) fn expected_table<S: Arithmetic>(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    context: S::Context,
) -> Option<Table<S>> {
    let shared = Shared::new(instance, context)?;
    let mut blocks = blocks::<S>(instance, &shared)?;
    let (steps, start) = (&instance.method.steps, instance.method.start);
    let mut table = Table::new(quantities, steps.len(), steps, context);
    for k in 0..=steps.len() {
        let at = k as i64;
        let step = steps.get(k).map(|step| S::from_f64(*step, context));
        let totals = shared.advance(&mut blocks, k == 0 && start == Start::FirstGradient, step.as_ref());
        table.set(Quantity::Value, at, &totals.value);
        table.set(Quantity::Norm2(VectorSequence::Gradient), at, &totals.gradient);
        if step.is_some() {
            shared.record_step(&mut table, at, &totals, start);
        }
    }
    if let Some(limit) = stationary_gradient(instance, &shared) {
        table.set_limit(Quantity::Norm2(VectorSequence::Gradient), limit);
    }
    Some(table)
}

/// lim E‖∇f(x_k)‖² for constant steps: the fixed point of the recursion of moments, by Cramer's
/// rule in each direction. The 2×2 recursion of (y, v) is stable iff γλ < 2(2−β)/β, which is
/// required with certainty; then moments converge to their only fixed point from any start. With the
/// bias r·g each λ stands for (1 + r)λ there; other bias, and noise that grows with g, is not followed.
fn stationary_gradient<S: Scalar>(instance: &Instance<'_>, shared: &Shared<S>) -> Option<S> {
    let context = shared.context;
    let number = |x: f64| S::from_f64(x, context);
    let step_size = *instance.method.steps.first()?;
    if !shared.separable || instance.method.steps.iter().any(|s| *s != step_size) {
        return None;
    }
    let step = number(step_size);
    let stable = number(2.0).mul(&number(2.0).sub(&shared.beta)).div(&shared.beta);
    let mut total = number(0.0);
    for lambda in &instance.problem.affine_part()?.spectrum {
        let lambda = S::from_rational(lambda, context);
        let pull = lambda.clone().mul(&shared.multiple).add(&lambda);
        let positive = number(0.0).certainly_lt(&pull);
        if !positive || !step.clone().mul(&pull).certainly_lt(&stable) {
            return None;
        }
        // The recursion is affine: its matrix is found by applying it to the unit moments.
        let block = direction(&lambda, shared);
        let quiet = Shared { variance: number(0.0), ..shared.clone() };
        let image = |yy: f64, yv: f64, vv: f64, shared: &Shared<S>| {
            let single = |x: f64| Matrix { size: 1, entries: vec![number(x)] };
            let moments = Moments { yy: single(yy), yv: single(yv), vv: single(vv) };
            let pulled = shared.pulled(&block, &moments, false);
            let next = shared.step(moments, pulled, &step);
            [next.yy, next.yv, next.vv].map(|matrix| matrix.at(0, 0).clone())
        };
        let columns = [image(1.0, 0.0, 0.0, &quiet), image(0.0, 1.0, 0.0, &quiet), image(0.0, 0.0, 1.0, &quiet)];
        let constant = image(0.0, 0.0, 0.0, shared);
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
    use crate::inference::{Evidence, Verdict};
    use crate::method::Workspace;
    use crate::number::Exact;
    use crate::oracle::{Stream, StreamKey};
    use crate::statement::Statement;
    use crate::verify::exact::ExactMeans;
    use crate::verify::{Cell, Outcome, check_cell, testing};

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

    const EVERY_STEP: [VectorSequence; 6] = [
        VectorSequence::Gradient,
        VectorSequence::Buffer,
        VectorSequence::Deviation,
        VectorSequence::Error,
        VectorSequence::Bias,
        VectorSequence::Noise,
    ];

    /// Compares the recursion with all paths, as rational numbers: `bits` fair signs are drawn each step.
    fn agrees_with_enumeration(problem: &serde_json::Value, oracle: &serde_json::Value, bits: u64, horizon: usize) {
        let statement = any_statement();
        for (start, beta) in [("zero", 0.25), ("first-gradient", 0.75), ("zero", 1.0), ("first-gradient", 1.0)] {
            let spec = testing::cell(json!({
                "problem": problem, "oracle": oracle,
                "start": start, "parameters": { "beta": beta, "gamma": 0.5 }, "horizon": horizon,
            }));
            let instance = Instance::build(&statement, &spec).unwrap();
            assert!(applies(&instance), "{oracle}");
            let recursion = expected_table::<Exact>(&instance, &quantities(), ()).unwrap();
            let paths = 1 << (bits * horizon as u64);
            let enumerated = ExactMeans::Enumeration(paths).table::<Exact>(&instance, &quantities(), ()).unwrap();
            let same = |quantity, k| {
                let (a, b) = (recursion.get(quantity, k).unwrap(), enumerated.get(quantity, k).unwrap());
                let place = format!("{quantity:?} at {k}, {oracle}, {start}, beta {beta}");
                assert!(a.is_defined() && a == b, "{place}: {a:?} against {b:?}");
            };
            for k in 0..=horizon as i64 {
                same(Quantity::Value, k);
                same(Quantity::Norm2(VectorSequence::Gradient), k);
            }
            for k in 0..horizon as i64 {
                EVERY_STEP.into_iter().for_each(|sequence| same(Quantity::Norm2(sequence), k));
            }
            same(Quantity::Norm2(VectorSequence::Deviation), -1);
            same(Quantity::Norm2(VectorSequence::Buffer), -1);
        }
    }

    fn with_spectrum() -> serde_json::Value {
        json!({ "family": "heterogeneous-quadratic", "dimension": 2, "workers": 2, "condition": 4.0, "spread": 1.0, "seed": 5 })
    }

    #[test]
    fn the_recursion_equals_the_enumeration_of_all_paths_as_rational_numbers() {
        let without = json!({ "family": "breast-cancer-squares", "features": 2, "workers": 2, "share": 3 });
        let oracle = json!([{ "source": "rademacher", "size": 0.5 }]);
        for problem in [with_spectrum(), without] {
            // A sign for each worker and coordinate.
            agrees_with_enumeration(&problem, &oracle, 4, 3);
        }
    }

    #[test]
    fn noise_and_bias_that_are_linear_in_the_gradient_are_followed_exactly() {
        let signs = json!({ "source": "relative-signs", "factor": 0.5 });
        let fewer_signs = json!({ "source": "relative-signs", "factor": 0.25 });
        let noise = json!({ "source": "rademacher", "size": 0.5 });
        let relative = json!({ "source": "relative", "factor": -0.25 });
        let offset = json!({ "source": "offset", "size": 0.5 });
        for (oracle, bits, horizon) in [
            (json!([signs]), 2, 3),
            (json!([signs, fewer_signs]), 4, 2),
            (json!([noise, signs]), 6, 2),
            (json!([relative, noise]), 4, 2),
            (json!([offset, noise]), 4, 2),
            (json!([relative, offset, noise]), 4, 2),
            (json!([relative, signs]), 2, 3),
            (json!([offset, signs]), 2, 3),
            (json!([relative, offset, signs, noise]), 6, 2),
            (json!([relative, offset, offset]), 0, 3),
        ] {
            agrees_with_enumeration(&with_spectrum(), &oracle, bits, horizon);
        }
    }

    #[test]
    fn an_estimate_that_is_not_affine_in_the_gradient_is_not_followed() {
        let statement = any_statement();
        for source in [
            json!({ "source": "opposed", "relative": 0.25, "absolute": 0.25 }),
            json!({ "source": "axis", "size": 0.5 }),
            json!({ "source": "random-signs", "relative": 0.25, "absolute": 0.25 }),
        ] {
            let spec = testing::cell(json!({
                "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 0.5, "gamma": 0.5 }, "horizon": 2,
            }));
            assert!(!applies(&Instance::build(&statement, &spec).unwrap()), "{source}");
        }
    }

    /// SGD under PL and strong growth with the largest step that its theorem allows, or a larger one, as a
    /// claim of the check: `E[f(x_K)] − f*` against `(1 − γμ)^K (f(x_0) − f*)`, attained for Hessians L·I.
    fn strong_growth(step: f64, horizon: usize) -> Outcome {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"[1, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[f[K] - f_star]\"\nrhs = \"(1 - gamma*mu)^K*(f[0] - f_star)\"\n",
        );
        let spec = testing::cell(json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [2.0, 2.0] },
            "oracle": [{ "source": "relative-signs", "factor": 1.0 }],
            "parameters": { "beta": 1.0, "gamma": step }, "horizon": horizon,
        }));
        check_cell(&Cell { statement: &statement, spec }, testing::judging(&testing::EFFORT)).unwrap()
    }

    #[test]
    fn strong_growth_is_decided_without_a_sample_where_its_bound_is_attained() {
        let attained = strong_growth(0.25, 10);
        assert_eq!((attained.verdict, attained.worst.unwrap().ratio), (Verdict::Holds, Some(1.0)));
        let larger = strong_growth(0.2501, 10);
        assert_eq!(larger.verdict, Verdict::Violated);
        assert!(matches!(larger.evidence, Evidence::Moments { .. }), "{:?}", larger.evidence);
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
        let sphere = json!({ "source": "sphere", "radius": 1.0 });
        for oracle in [json!([sphere]), json!([sphere, { "source": "relative", "factor": -0.5 }])] {
            let spec = testing::cell(json!({
                "problem": { "family": "quadratic", "dimension": 3, "condition": 4.0, "seed": 3 },
                "oracle": oracle, "parameters": { "beta": 0.5, "gamma": 1.0 }, "horizon": 400,
            }));
            let instance = Instance::build(&statement, &spec).unwrap();
            let gradient = Quantity::Norm2(VectorSequence::Gradient);
            let table = expected_table::<f64>(&instance, &[gradient], ()).unwrap();
            let late = table.get(gradient, 400).unwrap();
            let limit = table.get(gradient, crate::statement::evaluate::LIMIT).unwrap();
            assert!((late - limit).abs() < 1e-12 * limit, "{late} against {limit}");
        }
    }

    #[test]
    fn no_stationary_value_is_known_under_noise_that_grows_with_the_gradient_or_a_constant_bias() {
        let statement = any_statement();
        for source in [json!({ "source": "relative-signs", "factor": 0.5 }), json!({ "source": "offset", "size": 0.5 })]
        {
            let spec = testing::cell(json!({
                "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 2,
            }));
            let gradient = Quantity::Norm2(VectorSequence::Gradient);
            let instance = Instance::build(&statement, &spec).unwrap();
            let table = expected_table::<Exact>(&instance, &[gradient], ()).unwrap();
            assert!(table.get(gradient, crate::statement::evaluate::LIMIT).is_none(), "{source}");
        }
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
