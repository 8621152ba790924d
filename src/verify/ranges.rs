//! Proved bounds of every draw of a run: what makes a statistical `holds` possible.
//!
//! With ‖e‖ ≤ r‖∇f‖ + a for every draw, two families of bounds are propagated along the run and the
//! smaller is kept:
//! - a gradient bound G gives ‖v_k‖ ≤ (1+r)G + a, a convex combination of estimates;
//! - for ∇f = H(x−c) + remainder and r = 0, the recursion is linear with bounded input: in each
//!   eigendirection the response to an input at step j is a number h_{k−j}(λ), so norms are at most
//!   the free response plus Σⱼ max_λ|h_j(λ)| times the input's bound (coordinatewise in the
//!   eigenbasis, hence for the norm).

use crate::method::{Quantity, Start, Table};
use crate::number::{Interval, Scalar, norm2, zeros};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::VectorSequence;
use crate::verify::instance::Instance;

const BITS: u32 = 96;

/// [0, ∞) where nothing is known.
fn nonnegative() -> Interval {
    Interval::from_f64(f64::INFINITY, BITS).from_zero()
}

/// [0, b²].
fn square_up_to(bound: &Interval) -> Interval {
    bound.clone().square().from_zero()
}

/// A table whose entries enclose every draw's quantity.
pub(super) fn range_table(instance: &Instance<'_>, quantities: &[Quantity]) -> Option<Table<Interval>> {
    let steps = &instance.method.steps;
    let mut table = Table::new(quantities, steps.len(), steps, BITS);
    let lower = Interval::from_rational(instance.problem.constants().lower_bound.as_ref()?, BITS);
    let norms = norm_bounds(instance);
    let start = StartValues::new(instance);
    let smoothness = instance.problem.constants().smoothness.as_ref().map(|l| Interval::from_rational(l, BITS));
    let mut travelled = Interval::zero(BITS);
    for k in 0..=steps.len() {
        let at = k as i64;
        let bounds = norms.as_ref().map(|n| &n[k]);
        // f(x) ≤ f(x_0) + ‖∇f(x_0)‖ D + L D²/2 with D = ‖x − x_0‖.
        let value = match (&bounds, &smoothness) {
            (Some(_), Some(l)) => {
                let mut upper = l.clone().mul(&travelled.clone().square());
                upper.mul_f64(0.5);
                upper.add(&start.value).add(&start.gradient_norm.clone().mul(&travelled)).max(&lower)
            }
            _ => Interval::from_f64(f64::INFINITY, BITS),
        };
        table.set(Quantity::Value, at, &lower.clone().hull(&value));
        let set = |table: &mut Table<Interval>, sequence, k, bound: Option<&Interval>| {
            let range = bound.map_or_else(nonnegative, square_up_to);
            table.set(Quantity::Norm2(sequence), k, &range);
        };
        set(&mut table, VectorSequence::Gradient, at, bounds.map(|b| &b.gradient));
        if k == steps.len() {
            break;
        }
        set(&mut table, VectorSequence::Error, at, bounds.map(|b| &b.error));
        set(&mut table, VectorSequence::Bias, at, None);
        set(&mut table, VectorSequence::Noise, at, None);
        set(&mut table, VectorSequence::Buffer, at, bounds.map(|b| &b.buffer));
        let deviation = bounds.map(|b| b.buffer.clone().add(&b.gradient));
        set(&mut table, VectorSequence::Deviation, at, deviation.as_ref());
        if k == 0 {
            let first = match instance.method.start {
                Start::Zero => Some(start.gradient_norm.clone()),
                Start::FirstGradient => bounds.map(|b| b.error.clone()),
            };
            set(&mut table, VectorSequence::Deviation, -1, first.as_ref());
            table.set(Quantity::Norm2(VectorSequence::Buffer), -1, &Interval::zero(BITS));
        }
        if let Some(bounds) = bounds {
            travelled.add_product(&bounds.buffer, &Interval::from_f64(steps[k], BITS));
        }
    }
    Some(table)
}

struct StartValues {
    value: Interval,
    gradient_norm: Interval,
}

impl StartValues {
    fn new(instance: &Instance<'_>) -> Self {
        let problem = instance.problem.as_ref();
        let x: Vec<Interval> = instance.point.iter().map(|x| Interval::from_f64(*x, BITS)).collect();
        let mut scratch = Scratch::for_problem(problem, BITS);
        let mut gradient = zeros(problem.dimension(), BITS);
        let view = Interval::view(problem);
        view.gradient_in(&x, &mut gradient, BITS, &mut scratch);
        StartValues {
            value: view.value_in(&x, BITS, &mut scratch),
            gradient_norm: norm2(&gradient, BITS).sqrt(),
        }
    }
}

/// Bounds of the norms at one step, as upper ends.
#[derive(Clone)]
struct NormBounds {
    gradient: Interval,
    error: Interval,
    buffer: Interval,
}

/// Bounds for k = 0, …, K; `None` where the errors or the gradient are not bounded for every draw.
fn norm_bounds(instance: &Instance<'_>) -> Option<Vec<NormBounds>> {
    let [relative, absolute] = instance.oracle.model.sure.as_ref()?;
    let absolute_bound = Interval::from_rational(absolute, BITS);
    if let Some(bound) = &instance.problem.constants().gradient_bound {
        let gradient = Interval::from_rational(bound, BITS);
        let error = gradient.clone().mul(&Interval::from_rational(relative, BITS)).add(&absolute_bound);
        let buffer = gradient.clone().add(&error);
        return Some(vec![NormBounds { gradient, error, buffer }; instance.method.steps.len() + 1]);
    }
    (*relative == 0).then(|| linear_bounds(instance, &absolute_bound)).flatten()
}

/// One eigendirection of the linear part: the free response and the response to a unit input at
/// step 0, as pairs (y, v).
struct Response {
    lambda: Interval,
    free: [Interval; 2],
    unit: [Interval; 2],
}

fn linear_bounds(instance: &Instance<'_>, error: &Interval) -> Option<Vec<NormBounds>> {
    let affine = instance.problem.affine_part()?;
    let method = &instance.method;
    // The response to an input depends on its time only through the steps, so they must be equal.
    let step_size = *method.steps.first()?;
    if method.steps.iter().any(|s| *s != step_size) {
        return None;
    }
    let step = Interval::from_f64(step_size, BITS);
    let beta = Interval::from_f64(method.beta, BITS);
    let keep = Interval::one(BITS).sub(&beta);
    let remainder = Interval::from_rational(&affine.remainder, BITS);
    let input = remainder.clone().add(error);
    let zero = || Interval::zero(BITS);
    let mut responses: Vec<Response> = affine
        .spectrum
        .iter()
        .zip(&affine.basis)
        .map(|(lambda, row)| {
            let mut y = zero();
            for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
                let offset = Interval::from_f64(*x, BITS).sub(&Interval::from_rational(c, BITS));
                y.add_product(&offset, &Interval::from_rational(q, BITS));
            }
            Response { lambda: Interval::from_rational(lambda, BITS), free: [y, zero()], unit: [zero(), zero()] }
        })
        .collect();
    // A first-gradient start is a zero start whose first input and first pull count 1/β times.
    let first_weight = match method.start {
        Start::Zero => Interval::one(BITS),
        Start::FirstGradient => Interval::one(BITS).div(&beta),
    };
    // gains[·] = Σ over past inputs of max_λ |response|; the first input has its own weight.
    let mut kernels: Vec<[Interval; 2]> = Vec::new();
    let mut bounds = Vec::new();
    for k in 0..=method.steps.len() {
        let norm = |pick: &dyn Fn(&Response) -> Interval| {
            responses.iter().fold(zero(), |sum, r| sum.add(&pick(r).square())).sqrt()
        };
        // Inputs at steps 0..k have acted on y_k; those at 0..=k act on v_k. kernels[j] are the
        // largest responses (|λ y|, |v|) j steps after an input.
        let gain = |count: usize, component: usize| {
            (0..count).fold(zero(), |sum, j| {
                let mut term = kernels[j][component].clone();
                if j + 1 == count {
                    term.mul_assign(&first_weight);
                }
                sum.add(&term)
            })
        };
        let free_pull = norm(&|r| r.lambda.clone().mul(&r.free[0]));
        let gradient = free_pull.add(&gain(k, 0).mul(&input)).add(&remainder);
        // Advance all directions by one step: v ← keep v + β λ y (+ β input), y ← y − γ v.
        let mut kernel = [zero(), zero()];
        for response in &mut responses {
            let pull = beta.clone().mul(&response.lambda);
            let advance = |pair: &mut [Interval; 2], extra: &Interval, weight: &Interval| {
                let [y, v] = pair;
                *v = keep.clone().mul(v).add(&pull.clone().mul(weight).mul(y)).add(extra);
                let moved = step.clone().mul(v);
                y.sub_assign(&moved);
            };
            let weight = if k == 0 { first_weight.clone() } else { Interval::one(BITS) };
            advance(&mut response.free, &zero(), &weight);
            // The unit input arrives at step 0 with weight β.
            let extra = if k == 0 { beta.clone() } else { zero() };
            advance(&mut response.unit, &extra, &Interval::one(BITS));
            let pulled = response.lambda.clone().mul(&response.unit[0]).abs();
            kernel[0] = kernel[0].clone().max(&pulled);
            kernel[1] = kernel[1].clone().max(&response.unit[1].clone().abs());
        }
        kernels.push(kernel);
        let free_buffer = responses.iter().fold(zero(), |sum, r| sum.add(&r.free[1].clone().square())).sqrt();
        let gain_buffer = (0..=k).fold(zero(), |sum, j| {
            let mut term = kernels[j][1].clone();
            if j == k {
                term.mul_assign(&first_weight);
            }
            sum.add(&term)
        });
        let buffer = free_buffer.add(&gain_buffer.mul(&input));
        bounds.push(NormBounds { gradient, error: error.clone(), buffer });
    }
    Some(bounds)
}
