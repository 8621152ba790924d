//! Sinusoid regression with a small network: φᵢ(θ) = (1/2m)Σ_r (p_θ(t_r) − y_{ir})², with
//! p_θ(t) = Σ_h c_h s(w_h t + b_h), s the logistic sigmoid, weights θ = (w_1, b_1, …) trained and outer
//! weights c *fixed*, so that everything below is global.
//!
//! With a_r = (t_r, 1), C = max|c_h| and the residual |p − y| ≤ R_{ir} = max(|y_{ir} − Σc⁻|, |Σc⁺ − y_{ir}|), as
//! 0 < s < 1. |s′| ≤ ¼, |s″| ≤ √3/18, and s‴ = s′(1 − 6s′) lies in [−1/8, 1/24]. Along unit vectors
//! |Dp| ≤ ‖c‖‖a_r‖/4; D²p and D³p are block diagonal over the units h, so |D²p| ≤ C(√3/18)‖a_r‖² and
//! |D³p| ≤ (C/8)‖a_r‖³ (Cauchy–Schwarz over h: Σ|u_h||v_h||w_h| ≤ 1). Then, for each term ½(p − y)²:
//!
//! - the gradient is (p−y)Dp: G = maxᵢ (1/m)Σ R_{ir}‖c‖‖a_r‖/4;
//! - the Hessian is Dp⊗Dp + (p−y)D²p: ℓ = maxᵢ (1/m)Σ‖a_r‖²(‖c‖²/16 + R_{ir}C√3/18);
//! - the third derivative is the sum of three products D²p⊗Dp, and (p−y)D³p:
//!   H = maxᵢ (1/m)Σ‖a_r‖³(3‖c‖C√3/72 + R_{ir}C/8).

use std::fmt;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TaskBounds, Tasks};
use crate::number::{Interval, Scalar, exact};
use crate::problem::families::adaptation::Adapted;
use crate::problem::family::{Built, Family, Sizes, workers_part};
use crate::problem::free::{Counted, Part, Parts, Range};
use crate::problem::orthogonal::short_fraction;
use crate::problem::{MAX_DIMENSION, ProblemError, TRANSCENDENTAL, check_size};

/// Most inputs of a task.
const MAX_SHARE: usize = 256;

/// Adaptation to sinusoid regression with a small network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MamlSinusoidSpec {
    /// Hidden units; d is twice their number.
    pub units: usize,
    /// n.
    pub workers: usize,
    /// Inputs of each task.
    pub share: usize,
    /// a.
    pub step: f64,
    /// Seed.
    pub seed: u64,
}

impl fmt::Display for MamlSinusoidSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { units, workers, share, step, .. } = self;
        write!(f, "units={units}, n={workers}, inputs={share} each, a={step}")
    }
}

impl Family for MamlSinusoidSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(self.units.saturating_mul(2), self.workers)
    }

    fn build(&self) -> Built {
        let tasks = NetworkTasks::sinusoids(Self::NAME, self.units, self.workers, self.share, self.seed)?;
        Ok(Arc::new(Adapted::new(Self::NAME, tasks, self.step)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("units", Part::Count(&mut self.units, Counted::Other, MAX_DIMENSION / 2)),
            workers_part(&mut self.workers),
            ("share", Part::Count(&mut self.share, Counted::Other, MAX_SHARE)),
            ("step", Part::One(&mut self.step, Range::Nonnegative)),
            ("seed", Part::Seed(&mut self.seed)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct NetworkTasks {
    /// c.
    outer: Vec<f64>,
    /// t_r, the same for all tasks.
    inputs: Vec<f64>,
    /// y_{ir} by rows of i.
    targets: Vec<f64>,
    workers: usize,
    bounds: TaskBounds,
}

const BITS: u32 = 128;

fn point(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

impl NetworkTasks {
    /// Sinusoids y = A sin(t + phase) of random amplitude and phase, one a task, at `share` common inputs
    /// in [−2, 2]; the values are rounded to multiples of 2⁻⁶ and taken as exact.
    ///
    /// # Errors
    /// When there are no units, inputs or tasks, or too many.
    pub fn sinusoids(
        family: &'static str,
        units: usize,
        workers: usize,
        share: usize,
        seed: u64,
    ) -> Result<Self, ProblemError> {
        check_size(family, units.saturating_mul(2), workers)?;
        if !(1..=MAX_SHARE).contains(&share) {
            return Err(ProblemError::new(family, format!("{share} inputs a task are not between 1 and {MAX_SHARE}")));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let inputs: Vec<f64> = (0..share).map(|_| 2.0 * short_fraction(4, &mut rng)).collect();
        let mut targets = Vec::with_capacity(workers * share);
        for _ in 0..workers {
            let (amplitude, phase) = (1.0 + short_fraction(4, &mut rng) / 2.0, 3.0 * short_fraction(4, &mut rng));
            targets.extend(inputs.iter().map(|t| (amplitude * (t + phase).sin() * 64.0).round() / 64.0));
        }
        let outer: Vec<f64> = (0..units).map(|h| if h % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let bounds =
            prove(&outer, &inputs, &targets).ok_or_else(|| ProblemError::new(family, "a constant is too large"))?;
        Ok(NetworkTasks { outer, inputs, targets, workers, bounds })
    }

    /// s ← s(z) of unit `unit` at input t; z scratch.
    fn sigmoid<S: Scalar>(theta: &[S], unit: usize, input: f64, s: &mut S, z: &mut S, context: S::Context) {
        z.set(&theta[2 * unit + 1]);
        z.add_product_f64(&theta[2 * unit], input);
        // e^(z⁻)/(e^(z⁻) + e^(z⁻−z)) with z⁻ = min(z, 0): all exponents are at most zero.
        s.set(z);
        s.min_assign(&S::zero(context));
        z.neg_assign();
        z.add_assign(s);
        z.exp_assign();
        s.exp_assign();
        z.add_assign(s);
        s.div_assign(z);
        // Holds for every z, and keeps intervals from growing where both terms are wide.
        s.max_assign(&S::zero(context));
        s.min_assign(&S::one(context));
    }

    /// residual ← p_θ(t_r) − y_{ir}.
    fn residual<S: Scalar>(
        &self,
        worker: usize,
        r: usize,
        theta: &[S],
        residual: &mut S,
        [s, z]: [&mut S; 2],
        context: S::Context,
    ) {
        residual.set(&S::from_f64(-self.targets[worker * self.inputs.len() + r], context));
        for (unit, c) in self.outer.iter().enumerate() {
            NetworkTasks::sigmoid(theta, unit, self.inputs[r], s, z, context);
            residual.add_product_f64(s, *c);
        }
    }
}

fn prove(outer: &[f64], inputs: &[f64], targets: &[f64]) -> Option<TaskBounds> {
    let positive: f64 = outer.iter().filter(|c| **c > 0.0).sum();
    let negative: f64 = outer.iter().filter(|c| **c < 0.0).sum();
    let largest = point(outer.iter().fold(0.0, |m: f64, c| m.max(c.abs())));
    let square = outer.iter().fold(point(0.0), |s, c| s.add(&point(*c).square()));
    let norm = square.clone().sqrt();
    let root3 = point(3.0).sqrt();
    let second = largest.clone().mul(&root3).div(&point(18.0));
    let count = point(inputs.len() as f64);
    let (mut gradient, mut smoothness, mut third) = (point(0.0), point(0.0), point(0.0));
    for task in targets.chunks_exact(inputs.len()) {
        let (mut g, mut l, mut h) = (point(0.0), point(0.0), point(0.0));
        for (t, y) in inputs.iter().zip(task) {
            let square_length = point(*t).square().add(&point(1.0));
            let length = square_length.clone().sqrt();
            // Sums of a few short fractions are exact in f64.
            let residual = point((y - negative).abs().max((positive - y).abs()));
            g.add_assign(&residual.clone().mul(&norm).mul(&length).div(&point(4.0)));
            l.add_product(&square_length, &square.clone().div(&point(16.0)).add(&residual.clone().mul(&second)));
            let mixed = point(3.0).mul(&norm).mul(&second).div(&point(4.0));
            h.add_product(&square_length.clone().mul(&length), &mixed.add(&residual.mul(&largest).div(&point(8.0))));
        }
        gradient.max_assign(&g.div(&count));
        smoothness.max_assign(&l.div(&count));
        third.max_assign(&h.div(&count));
    }
    let upper = |x: &Interval| exact(x.upper_f64());
    Some(TaskBounds {
        smoothness: upper(&smoothness)?,
        hessian_lipschitz: upper(&third)?,
        gradient: Some(upper(&gradient)?),
        lower: Some(Rational::new()),
    })
}

impl Tasks for NetworkTasks {
    fn dimension(&self) -> usize {
        2 * self.outer.len()
    }
    fn workers(&self) -> usize {
        self.workers
    }
    fn bounds(&self) -> &TaskBounds {
        &self.bounds
    }
    fn is_rational(&self) -> bool {
        false
    }
    fn start(&self) -> Vec<f64> {
        (0..self.dimension()).map(|j| [1.0, 0.25, -0.5, 0.75][j % 4]).collect()
    }
    fn scratch_len(&self) -> usize {
        5
    }

    fn work(&self) -> u64 {
        (self.inputs.len() * self.dimension()) as u64 * TRANSCENDENTAL
    }

    fn value<S: Scalar>(&self, worker: usize, x: &[S], context: S::Context, scratch: &mut [S]) -> S {
        let [e, s, z] = &mut scratch[..3] else { return S::from_f64(f64::NAN, context) };
        let mut value = S::zero(context);
        for r in 0..self.inputs.len() {
            self.residual(worker, r, x, e, [s, z], context);
            e.square_assign();
            value.add_assign(e);
        }
        value.mul_f64(0.5);
        value.div(&S::from_f64(self.inputs.len() as f64, context))
    }

    fn gradient<S: Scalar>(&self, worker: usize, x: &[S], out: &mut [S], context: S::Context, scratch: &mut [S]) {
        let [e, s, z] = &mut scratch[..3] else { return };
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        let count = S::from_f64(self.inputs.len() as f64, context);
        for (r, input) in self.inputs.iter().enumerate() {
            self.residual(worker, r, x, e, [s, z], context);
            e.div_assign(&count);
            for (unit, c) in self.outer.iter().enumerate() {
                NetworkTasks::sigmoid(x, unit, *input, s, z, context);
                // z ← s′ = s − s².
                z.set(s);
                z.square_assign();
                s.sub_assign(z);
                s.mul_assign(e);
                s.mul_f64(*c);
                out[2 * unit].add_product_f64(s, *input);
                out[2 * unit + 1].add_assign(s);
            }
        }
    }

    fn hessian_product<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        v: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut [S],
    ) {
        let [e, s, z, along, slope] = &mut scratch[..5] else { return };
        let zero = S::zero(context);
        for o in out.iter_mut() {
            o.set(&zero);
        }
        let count = S::from_f64(self.inputs.len() as f64, context);
        // v_h·a_r.
        let advance = |unit: usize, input: f64, to: &mut S| {
            to.set(&v[2 * unit + 1]);
            to.add_product_f64(&v[2 * unit], input);
        };
        for (r, input) in self.inputs.iter().enumerate() {
            self.residual(worker, r, x, e, [s, z], context);
            e.div_assign(&count);
            // along ← Dp·v/m.
            along.set(&zero);
            for (unit, c) in self.outer.iter().enumerate() {
                NetworkTasks::sigmoid(x, unit, *input, s, z, context);
                z.set(s);
                z.square_assign();
                s.sub_assign(z);
                advance(unit, *input, z);
                s.mul_assign(z);
                along.add_product_f64(s, *c);
            }
            along.div_assign(&count);
            for (unit, c) in self.outer.iter().enumerate() {
                NetworkTasks::sigmoid(x, unit, *input, s, z, context);
                // slope ← s′, s ← 1 − 2s, so that s″ is their product.
                z.set(s);
                z.square_assign();
                slope.set(s);
                slope.sub_assign(z);
                s.mul_f64(-2.0);
                s.add_f64(1.0);
                advance(unit, *input, z);
                s.mul_assign(z);
                s.mul_assign(e);
                s.add_assign(along);
                s.mul_assign(slope);
                s.mul_f64(*c);
                out[2 * unit].add_product_f64(s, *input);
                out[2 * unit + 1].add_assign(s);
            }
        }
    }
}
