//! One run in any arithmetic. The step loop allocates nothing.

use std::cell::RefCell;
use std::ops::ControlFlow;

use rug::Rational;

use super::table::{Quantity, Table};
use super::{Momentum, Start};
use crate::number::{Interval, Scalar, clip, norm2, zeros};
use crate::oracle::{Estimable, Memory, NoRandomness, Oracle, Randomness, Situation};
use crate::problem::{Arithmetic, DynProblem, Scratch};
use crate::statement::term::VectorSequence;

/// A problem, an estimate of its gradient and a method from a starting point.
#[derive(Clone, Copy)]
pub struct Experiment<'a> {
    /// The objective.
    pub problem: &'a dyn DynProblem,
    /// The estimate.
    pub oracle: &'a Oracle,
    /// The method.
    pub method: &'a Momentum,
    /// x_0, exact.
    pub start: &'a [f64],
}

/// Vectors of one run, made once and used for many.
pub struct Workspace<S> {
    x: Vec<S>,
    v: Vec<S>,
    gradient: Vec<S>,
    bias: Vec<S>,
    noise: Vec<S>,
    error: Vec<S>,
    worker_gradients: Vec<S>,
    memory: RefCell<Memory<S>>,
    scratch: Scratch<S>,
}

impl<S: Arithmetic + Estimable> Workspace<S> {
    /// For runs on this problem.
    #[must_use]
    pub fn new(problem: &dyn DynProblem, context: S::Context) -> Self {
        let vector = || zeros(problem.dimension(), context);
        Workspace {
            x: vector(),
            v: vector(),
            gradient: vector(),
            bias: vector(),
            noise: vector(),
            error: vector(),
            worker_gradients: Vec::new(),
            memory: Memory::new(problem, context),
            scratch: Scratch::for_problem(problem, context),
        }
    }
}

/// Most bits of the numbers of a rational run.
const LONGEST_RATIONAL: u32 = 1 << 17;
/// The same where every step multiplies lengths, as the gradient is no affine map.
const LONGEST_NONLINEAR_RATIONAL: u32 = 1 << 11;

/// Most bits of the numbers of a rational run on the problem: what comes after a longer one is not computed.
pub(super) fn longest_rational(problem: &dyn DynProblem) -> u32 {
    if problem.is_quadratic() { LONGEST_RATIONAL } else { LONGEST_NONLINEAR_RATIONAL }
}

/// The state of a run at step k, before x_{k+1} is formed.
pub struct Step<'a, S> {
    /// k.
    pub k: usize,
    /// x_k.
    pub x: &'a [S],
    /// v_{k−1}.
    pub buffer: &'a [S],
    /// What was drawn; none at k = K, where no step is made.
    pub drawn: Option<Drawn<'a, S>>,
}

/// The gradient at x_k and the parts of its estimate.
pub struct Drawn<'a, S> {
    /// ∇f(x_k).
    pub gradient: &'a [S],
    /// b_k; all of the error where bias and noise are not told apart.
    pub bias: &'a [S],
    /// ν_k.
    pub noise: &'a [S],
}

/// The vectors that a run's free sources emitted, in place of which any others within their radius would
/// have been legal; stored, so that every arithmetic judges the same run.
pub struct Emitted<'a>(pub &'a [Vec<f64>]);

impl Experiment<'_> {
    /// Runs K steps, K the number of step sizes, and records what `table` asks for.
    ///
    /// `observe` sees every step after the error is drawn and before the buffer is updated, then x_K.
    /// Greedy sources take the error with the largest ‖∇f(x_{k+1})‖², in every lane its own.
    pub fn run<S: Arithmetic + Estimable>(
        &self,
        random: &mut dyn Randomness<S>,
        table: &mut Table<S>,
        work: &mut Workspace<S>,
        context: S::Context,
        observe: &mut dyn FnMut(&Step<'_, S>),
    ) {
        self.run_while(random, None, table, work, context, &mut |step| {
            observe(step);
            ControlFlow::Continue(())
        });
    }

    /// The same, where free sources emit what is stored, for as many steps as it is, and until `observe`
    /// breaks off or rationals get too long; what was not reached is not recorded.
    pub fn run_while<S: Arithmetic + Estimable>(
        &self,
        random: &mut dyn Randomness<S>,
        emitted: Option<Emitted<'_>>,
        table: &mut Table<S>,
        work: &mut Workspace<S>,
        context: S::Context,
        observe: &mut dyn FnMut(&Step<'_, S>) -> ControlFlow<()>,
    ) {
        let problem = S::view(self.problem);
        let Workspace { x, v, gradient, bias, noise, error, worker_gradients, memory, scratch } = work;
        let beta = S::from_f64(self.method.beta, context);
        let keep = S::one(context).sub(&beta);
        for (xi, start) in x.iter_mut().zip(self.start) {
            *xi = S::from_f64(*start, context);
        }
        for vi in v.iter_mut() {
            *vi = S::zero(context);
        }
        let reached = emitted.as_ref().map_or(usize::MAX, |emitted| emitted.0.len());
        let steps: Vec<S> = self.method.steps.iter().take(reached).map(|s| S::from_f64(*s, context)).collect();
        let workers = self.problem.workers();
        let longest = longest_rational(self.problem);
        let too_long = |x: &[S]| x.iter().any(|x| x.length() > longest);
        for (k, step) in steps.iter().enumerate() {
            if too_long(x) {
                return;
            }
            let at = k as i64;
            if table.records(Quantity::Value) {
                let value = problem.value_and_gradient_in(x, gradient, context, scratch);
                table.set(Quantity::Value, at, &value);
            } else {
                problem.gradient_in(x, gradient, context, scratch);
            }
            record(table, VectorSequence::Gradient, at, gradient, context);
            self.oracle.worker_gradients(self.problem, x, worker_gradients, context, scratch);
            {
                let badness = |lane: usize, candidate: &[f64]| {
                    let component = |j: usize| [x[j].lane(lane), v[j].lane(lane), gradient[j].lane(lane)];
                    self.next_gradient_norm(&component, candidate, self.method.steps[k])
                };
                let situation = Situation {
                    k,
                    x,
                    gradient,
                    worker_gradients,
                    buffer: v,
                    workers,
                    problem,
                    badness: Some(&badness),
                    memory,
                };
                match &emitted {
                    None => self.oracle.draw(&situation, random, bias, noise, context),
                    Some(Emitted(vectors)) => {
                        self.oracle.draw_apart(&situation, random, [bias, noise, error], context);
                        bias.iter_mut().zip(&vectors[k]).for_each(|(b, u)| b.add_f64(*u));
                    }
                }
            }
            S::with_widest_registers(|| {
                for ((e, b), n) in error.iter_mut().zip(bias.iter()).zip(noise.iter()) {
                    e.set(b);
                    e.add_assign(n);
                }
            });
            if observe(&Step { k, x, buffer: v, drawn: Some(Drawn { gradient, bias, noise }) }).is_break() {
                return;
            }
            record(table, VectorSequence::Error, at, error, context);
            record(table, VectorSequence::Bias, at, bias, context);
            record(table, VectorSequence::Noise, at, noise, context);
            let replaces = k == 0 && self.method.start == Start::FirstGradient;
            if k == 0 && table.records(Quantity::Norm2(VectorSequence::Deviation)) {
                // m_{−1} = v_{−1} − ∇f(x_0): −∇f(x_0), or e_0.
                let deviation = if replaces { norm2(error, context) } else { norm2(gradient, context) };
                table.set(Quantity::Norm2(VectorSequence::Deviation), -1, &deviation);
            }
            S::with_widest_registers(|| {
                for ((vi, g), e) in v.iter_mut().zip(gradient.iter()).zip(error.iter_mut()) {
                    // e becomes the estimate g_k from here on.
                    e.add_assign(g);
                    if replaces {
                        vi.set(e);
                    } else {
                        vi.mul_assign(&keep);
                        vi.add_product(e, &beta);
                    }
                }
            });
            if k == 0 && table.records(Quantity::Norm2(VectorSequence::Buffer)) {
                // v_{−1} is the start's own buffer: zero, or g_0.
                let start = if replaces { norm2(v, context) } else { S::zero(context) };
                table.set(Quantity::Norm2(VectorSequence::Buffer), -1, &start);
            }
            record(table, VectorSequence::Buffer, at, v, context);
            if table.records(Quantity::Norm2(VectorSequence::Deviation)) {
                for (g, vi) in gradient.iter_mut().zip(v.iter()) {
                    g.sub_assign(vi);
                }
                record(table, VectorSequence::Deviation, at, gradient, context);
            }
            let moved: &[S] = match self.method.clip_direction {
                None => v,
                Some(threshold) => {
                    // The error is no longer needed.
                    for (e, vi) in error.iter_mut().zip(v.iter()) {
                        e.set(vi);
                    }
                    clip(&S::from_f64(threshold, context), error, context);
                    error
                }
            };
            S::with_widest_registers(|| {
                for (xi, vi) in x.iter_mut().zip(moved) {
                    xi.sub_product(vi, step);
                }
            });
        }
        if too_long(x) {
            return;
        }
        let last = steps.len() as i64;
        if table.records(Quantity::Value) {
            let value = problem.value_in(x, context, scratch);
            table.set(Quantity::Value, last, &value);
        }
        if table.records(Quantity::Norm2(VectorSequence::Gradient)) {
            problem.gradient_in(x, gradient, context, scratch);
            record(table, VectorSequence::Gradient, last, gradient, context);
        }
        // Nothing follows that a break could stop.
        let _ = observe(&Step { k: steps.len(), x, buffer: v, drawn: None });
    }

    /// ‖∇f(x_{k+1})‖² if the error were `candidate`, in plain `f64`, where `component` gives the j-th
    /// components of x_k, v_{k−1} and ∇f(x_k).
    pub(super) fn next_gradient_norm(
        &self,
        component: &dyn Fn(usize) -> [f64; 3],
        candidate: &[f64],
        step: f64,
    ) -> f64 {
        let beta = self.method.beta;
        let next: Vec<f64> = candidate
            .iter()
            .enumerate()
            .map(|(j, e)| {
                let [x, v, gradient] = component(j);
                x - step * ((1.0 - beta) * v + beta * (gradient + e))
            })
            .collect();
        let mut out = vec![0.0; next.len()];
        let mut scratch = Scratch::for_problem(self.problem, ());
        <f64 as Arithmetic>::view(self.problem).gradient_in(&next, &mut out, (), &mut scratch);
        out.iter().map(|g| g * g).sum()
    }
}

#[inline]
fn record<S: Scalar>(table: &mut Table<S>, sequence: VectorSequence, k: i64, vector: &[S], context: S::Context) {
    if table.records(Quantity::Norm2(sequence)) {
        let norm = S::with_widest_registers(|| norm2(vector, context));
        table.set(Quantity::Norm2(sequence), k, &norm);
    }
}

/// E‖e_0‖² at x_0 exactly, enclosed: ‖b_0‖² for a deterministic bias, its model's value where that
/// is attained for every draw, plus the noise's exact second moment. `None` where it is not known.
#[must_use]
pub fn start_error(experiment: &Experiment<'_>, bits: u32) -> Option<Interval> {
    let model = &experiment.oracle.model;
    if !model.second_moment_known {
        return None;
    }
    let problem = experiment.problem;
    let x: Vec<Interval> = experiment.start.iter().map(|x| Interval::from_f64(*x, bits)).collect();
    let mut gradient = zeros(problem.dimension(), bits);
    let mut scratch = Scratch::for_problem(problem, bits);
    Interval::view(problem).gradient_in(&x, &mut gradient, bits, &mut scratch);
    let gradient_norm = norm2(&gradient, bits);
    let affine = |[relative, absolute]: &[Rational; 2]| {
        Interval::from_rational(relative, bits).mul(&gradient_norm).add(&Interval::from_rational(absolute, bits))
    };
    let noise = affine(model.noise.as_ref()?);
    let bias = if model.deterministic || model.bias == Some([Rational::new(), Rational::new()]) {
        if model.deterministic {
            let mut bias = zeros(problem.dimension(), bits);
            let mut unused = zeros(problem.dimension(), bits);
            let mut worker_gradients = Vec::new();
            experiment.oracle.worker_gradients(problem, &x, &mut worker_gradients, bits, &mut scratch);
            let situation = Situation {
                k: 0,
                x: &x,
                gradient: &gradient,
                worker_gradients: &worker_gradients,
                buffer: &zeros(problem.dimension(), bits),
                workers: problem.workers(),
                problem: Interval::view(problem),
                badness: None,
                memory: &Memory::new(problem, bits),
            };
            experiment.oracle.draw(&situation, &mut NoRandomness, &mut bias, &mut unused, bits);
            norm2(&bias, bits)
        } else {
            Interval::zero(bits)
        }
    } else {
        return None;
    };
    Some(bias.add(&noise))
}

/// An upper bound of ‖∇fᵢ(x_k)‖ over all workers and k < K, of a run without draw. `None` where the
/// run in intervals says nothing.
#[must_use]
pub fn visited_gradient_bound(experiment: &Experiment<'_>, bits: u32) -> Option<Rational> {
    let problem = experiment.problem;
    let view = Interval::view(problem);
    let mut table = Table::new(&[], experiment.method.steps.len(), &experiment.method.steps, bits);
    let mut work = Workspace::new(problem, bits);
    let mut scratch = Scratch::for_problem(problem, bits);
    let mut gradient = zeros(problem.dimension(), bits);
    let mut largest = Interval::zero(bits);
    experiment.run(&mut NoRandomness, &mut table, &mut work, bits, &mut |step| {
        if step.drawn.is_some() {
            for worker in 0..problem.workers() {
                view.worker_gradient_in(worker, step.x, &mut gradient, bits, &mut scratch);
                largest.max_assign(&norm2(&gradient, bits).sqrt());
            }
        }
    });
    if largest.is_defined() { largest.upper().to_rational() } else { None }
}
