//! Proved bounds of the size of a run: what makes a statistical `holds` possible.
//!
//! With ‖e‖ ≤ r‖∇f‖ + a the first of these that applies is used:
//! - a gradient bound G gives ‖v_k‖ ≤ (1+r)G + a, as v_k is a convex combination of estimates;
//! - for ∇f = H(x−c) + remainder the run is a linear system with bounded inputs u_j, ‖u_j‖ ≤
//!   remainder + ‖e_j‖. In an eigendirection λ of H the response at step k to a unit input at step j
//!   is a number h_{kj}(λ), so norms are at most the free response plus Σⱼ max_λ|h_{kj}(λ)|·‖u_j‖,
//!   and the bound of ‖e_j‖ follows from that of ‖∇f(x_j)‖ before it is needed;
//! - smoothness alone bounds the growth of ‖∇f(x_k)‖ from step to step.
//!
//! They use the triangle inequality and operator norms alone. So where the bound of e holds not for
//! every draw but for |·| = (E‖·‖⁴)^¼, the same numbers bound |∇f(x_k)|, |v_k|, … (Minkowski), and
//! their squares bound (E‖·‖⁴)^½, the root of the second moment of a squared norm.

use crate::method::{Quantity, Start, Table};
use crate::number::{Ball, Interval, Scalar, norm2, zeros};
use crate::oracle::TailKind;
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::VectorSequence;
use crate::verify::instance::Instance;

const BITS: u32 = 96;

/// [0, ∞) where nothing is known.
fn nonnegative() -> Interval {
    Interval::from_f64(f64::INFINITY, BITS).from_zero()
}

/// [0, b²].
fn square_up_to(bound: f64) -> Interval {
    Interval::from_f64(bound, BITS).square().from_zero()
}

/// Two tables of what the quantities can be.
pub(super) struct Ranges {
    /// Encloses every draw, whatever the tail: its upper ends are infinite where only a fourth moment
    /// bounds the errors.
    pub sure: Table<Interval>,
    /// In the sense of the tail. Under a sure one the entries enclose every draw. Under a fourth moment
    /// their lower ends do, while the upper ends bound the root of the second moment of what exceeds the
    /// lower end. Then, for a linear combination L of entries that is nonnegative for every draw, so does
    /// interval arithmetic: L ≤ c + Σaᵢ(Xᵢ − lowerᵢ) over the positive coefficients, with c ≥ 0 as L's
    /// sure lower end is, and Minkowski's inequality gives (E L²)^½ ≤ c + Σaᵢ(upperᵢ − lowerᵢ).
    pub in_tail: Table<Interval>,
}

impl Ranges {
    /// `None` where the family proves no lower bound of f.
    pub fn new(instance: &Instance<'_>, quantities: &[Quantity]) -> Option<Self> {
        let norms = norm_bounds(instance, &StartValues::new(instance));
        let in_tail = table_of(instance, quantities, norms.as_deref())?;
        let sure = match instance.oracle.model.tail.kind {
            TailKind::Sure => in_tail.clone(),
            TailKind::FourthMoment | TailKind::Unknown => table_of(instance, quantities, None)?,
        };
        Some(Ranges { sure, in_tail })
    }
}

fn table_of(instance: &Instance<'_>, quantities: &[Quantity], norms: Option<&[NormBounds]>) -> Option<Table<Interval>> {
    let steps = &instance.method.steps;
    let mut table = Table::new(quantities, steps.len(), steps, BITS);
    let lower = Interval::from_rational(instance.problem.constants().lower_bound.as_ref()?, BITS);
    let start = StartValues::new(instance);
    let smoothness = instance.problem.constants().smoothness.as_ref().map(|l| Interval::from_rational(l, BITS));
    let mut travelled = Interval::zero(BITS);
    let set = |table: &mut Table<Interval>, sequence, k, bound: Option<f64>| {
        let range = bound.filter(|b| b.is_finite()).map_or_else(nonnegative, square_up_to);
        table.set(Quantity::Norm2(sequence), k, &range);
    };
    for k in 0..=steps.len() {
        let at = k as i64;
        let bounds = norms.map(|n| &n[k]);
        // f(x) ≤ f(x_0) + ‖∇f(x_0)‖ D + L D²/2 with D = ‖x − x_0‖.
        let value = match (&bounds, &smoothness) {
            _ if k == 0 => start.value.clone().max(&lower),
            (Some(_), Some(l)) => {
                let mut upper = l.clone().mul(&travelled.clone().square());
                upper.mul_f64(0.5);
                upper.add(&start.value).add(&start.gradient_norm.clone().mul(&travelled)).max(&lower)
            }
            _ => Interval::from_f64(f64::INFINITY, BITS),
        };
        table.set(Quantity::Value, at, &lower.clone().hull(&value));
        let gradient = if k == 0 { Some(start.gradient_norm.upper_f64()) } else { bounds.map(|b| b.gradient) };
        set(&mut table, VectorSequence::Gradient, at, gradient);
        if k == steps.len() {
            break;
        }
        set(&mut table, VectorSequence::Error, at, bounds.map(|b| b.error));
        set(&mut table, VectorSequence::Bias, at, None);
        set(&mut table, VectorSequence::Noise, at, None);
        set(&mut table, VectorSequence::Buffer, at, bounds.map(|b| b.buffer));
        set(&mut table, VectorSequence::Deviation, at, bounds.map(|b| (b.buffer + b.gradient).next_up()));
        if k == 0 {
            // v_{−1} is 0 or g_0 = v_0, and m_{−1} = v_{−1} − ∇f(x_0) is −∇f(x_0) or e_0.
            let (deviation, buffer) = match instance.method.start {
                Start::Zero => (Some(start.gradient_norm.upper_f64()), Some(0.0)),
                Start::FirstGradient => (bounds.map(|b| b.error), bounds.map(|b| b.buffer)),
            };
            set(&mut table, VectorSequence::Deviation, -1, deviation);
            set(&mut table, VectorSequence::Buffer, -1, buffer);
        }
        if let Some(bounds) = bounds {
            travelled.add_product_f64(&Interval::from_f64(bounds.buffer, BITS), steps[k]);
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
        StartValues { value: view.value_in(&x, BITS, &mut scratch), gradient_norm: norm2(&gradient, BITS).sqrt() }
    }
}

/// Upper bounds of the norms at one step, in the sense of the oracle's tail.
#[derive(Clone)]
struct NormBounds {
    gradient: f64,
    error: f64,
    buffer: f64,
}

/// Bounds for k = 0, …, K; `None` where the gradient is not bounded.
fn norm_bounds(instance: &Instance<'_>, start: &StartValues) -> Option<Vec<NormBounds>> {
    let tail = &instance.oracle.model.tail;
    if tail.kind == TailKind::Unknown {
        return None;
    }
    let (relative, absolute) = (Ball::from_rational(&tail.relative, ()), Ball::from_rational(&tail.absolute, ()));
    if let Some(bound) = &instance.problem.constants().gradient_bound {
        let gradient = Ball::from_rational(bound, ());
        let error = gradient.mul(&relative).add(&absolute);
        let buffer = gradient.add(&error);
        let bounds = NormBounds {
            gradient: gradient.upper_magnitude(),
            error: error.upper_magnitude(),
            buffer: buffer.upper_magnitude(),
        };
        return Some(vec![bounds; instance.method.steps.len() + 1]);
    }
    linear_bounds(instance, &relative, &absolute).or_else(|| smooth_bounds(instance, start, &relative, &absolute))
}

/// For any L-smooth function ‖∇f(x_{k+1})‖ ≤ ‖∇f(x_k)‖ + Lγ_k‖v_k‖: grows with k, but is finite.
fn smooth_bounds(
    instance: &Instance<'_>,
    start: &StartValues,
    relative: &Ball,
    absolute: &Ball,
) -> Option<Vec<NormBounds>> {
    let method = &instance.method;
    let smoothness = Ball::from_rational(instance.problem.constants().smoothness.as_ref()?, ());
    let beta = Ball::from_f64(method.beta, ());
    let keep = Ball::one(()).sub(&beta);
    let mut gradient = Ball::from_f64(start.gradient_norm.upper_f64(), ());
    let mut buffer = Ball::zero(());
    let mut bounds = Vec::new();
    for k in 0..=method.steps.len() {
        let error = gradient.mul(relative).add(absolute);
        let estimate = gradient.add(&error);
        buffer = if k == 0 && method.start == Start::FirstGradient {
            estimate
        } else {
            keep.mul(&buffer).add(&beta.mul(&estimate))
        };
        bounds.push(NormBounds {
            gradient: gradient.upper_magnitude(),
            error: error.upper_magnitude(),
            buffer: buffer.upper_magnitude(),
        });
        let Some(step) = method.steps.get(k) else { break };
        let step = Ball::from_f64(*step, ());
        gradient = gradient.add(&smoothness.mul(&step).mul(&buffer));
    }
    Some(bounds)
}

/// Position y and buffer v of one eigendirection.
#[derive(Clone)]
struct State {
    lambda: Ball,
    y: Ball,
    v: Ball,
}

/// Weights of one step: v ← keep·v + weight·(λy + input), y ← y − γv.
struct StepWeights {
    keep: Ball,
    weight: Ball,
    step: Ball,
}

impl State {
    fn advance(&mut self, weights: &StepWeights, input: f64) {
        let pull = self.lambda.mul(&self.y).add(&Ball::from_f64(input, ()));
        self.v = weights.keep.mul(&self.v).add(&weights.weight.mul(&pull));
        self.y = self.y.sub(&weights.step.mul(&self.v));
    }
}

/// √Σ pick², an upper bound.
fn norm_of(states: &[State], pick: impl Fn(&State) -> Ball) -> Ball {
    let sum = states.iter().fold(0.0, |sum: f64, s| (sum + pick(s).square().upper_magnitude()).next_up());
    Ball::from_f64(sum, ()).sqrt()
}

/// max |pick|, an upper bound; NaN where one of them is unknown.
fn largest(states: &[State], pick: impl Fn(&State) -> Ball) -> f64 {
    let larger = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) };
    states.iter().map(|s| pick(s).upper_magnitude()).fold(0.0, larger)
}

fn linear_bounds(instance: &Instance<'_>, relative: &Ball, absolute: &Ball) -> Option<Vec<NormBounds>> {
    let affine = instance.problem.affine_part()?;
    let method = &instance.method;
    let remainder = Ball::from_rational(&affine.remainder, ());
    let weights = |k: usize| {
        let beta = Ball::from_f64(method.beta, ());
        let one = Ball::one(());
        let replaces = k == 0 && method.start == Start::FirstGradient;
        StepWeights {
            keep: if replaces { Ball::zero(()) } else { one.sub(&beta) },
            weight: if replaces { one } else { beta },
            // No step is made at K.
            step: Ball::from_f64(method.steps.get(k).copied().unwrap_or(0.0), ()),
        }
    };
    let at_rest: Vec<State> = affine
        .spectrum
        .iter()
        .map(|l| State { lambda: Ball::from_rational(l, ()), y: Ball::zero(()), v: Ball::zero(()) })
        .collect();
    let mut free = at_rest.clone();
    for (state, row) in free.iter_mut().zip(&affine.basis) {
        for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
            let offset = Ball::from_f64(*x, ()).sub(&Ball::from_rational(c, ()));
            state.y.add_product(&offset, &Ball::from_rational(q, ()));
        }
    }
    // The response to each past input so far, with the bound of that input.
    let mut responses: Vec<(Vec<State>, Ball)> = Vec::new();
    let mut bounds = Vec::new();
    for k in 0..=method.steps.len() {
        let weights = weights(k);
        let pull = |s: &State| s.lambda.mul(&s.y);
        let mut gradient = norm_of(&free, pull).add(&remainder);
        for (states, input) in &responses {
            gradient.add_product_f64(input, largest(states, pull));
        }
        let error = gradient.mul(relative).add(absolute);
        for state in &mut free {
            state.advance(&weights, 0.0);
        }
        for (states, _) in &mut responses {
            states.iter_mut().for_each(|s| s.advance(&weights, 0.0));
        }
        let mut fresh = at_rest.clone();
        fresh.iter_mut().for_each(|s| s.advance(&weights, 1.0));
        responses.push((fresh, remainder.add(&error)));
        let mut buffer = norm_of(&free, |s| s.v);
        for (states, input) in &responses {
            buffer.add_product_f64(input, largest(states, |s| s.v));
        }
        bounds.push(NormBounds {
            gradient: gradient.upper_magnitude(),
            error: error.upper_magnitude(),
            buffer: buffer.upper_magnitude(),
        });
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_response_is_not_taken_for_the_least() {
        let state = |y: f64| State { lambda: Ball::one(()), y: Ball::from_f64(y, ()), v: Ball::zero(()) };
        assert!((3.0..3.001).contains(&largest(&[state(1.0), state(-3.0)], |s| s.y)));
        for states in [[state(f64::NAN), state(1.0)], [state(1.0), state(f64::NAN)]] {
            assert!(!largest(&states, |s| s.y).is_finite());
        }
    }
}
