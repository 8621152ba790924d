//! A run as a statement sees it: every quantity of it, in one arithmetic.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::run::{Emitted, Experiment, Workspace};
use super::table::Table;
use super::{Momentum, Start};
use crate::number::{Scalar, norm2, zeros};
use crate::oracle::{Estimable, Memory, Oracle, Randomness, Replayed, Situation, StepDraws};
use crate::problem::{Arithmetic, DynProblem, Scratch};
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{ScalarSequence, VectorSequence};

/// How far a run goes forward.
pub struct Limit<'l> {
    /// Most steps.
    pub steps: usize,
    /// Most operations, where numbers grow as they go.
    pub operations: f64,
    /// Operations of a step whose numbers have that many bits.
    pub cost: &'l dyn Fn(u32) -> f64,
}

/// How a trajectory of stored points came about: what defines its errors, and what was drawn on the way.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// x_0, x_1, …, taken as exact numbers.
    pub points: &'a [Vec<f64>],
    /// The estimate, which says what of an error follows from the point and the draws.
    pub oracle: &'a Oracle,
    /// What was drawn in each step.
    pub draws: &'a [StepDraws],
}

/// A run in the arithmetic `S`. Either every quantity was recorded while the run went forward in this very
/// arithmetic, or the points are stored and the rest is defined by them:
/// v_k := (x_k − x_{k+1})/γ_k, g_k := (v_k − (1−β)v_{k−1})/β, e_k := g_k − ∇f(x_k). Either way the
/// method's equations hold exactly. v_{−1} is the start's own buffer, zero or g_0. What a run did not reach
/// is undefined.
pub struct RunTrace<'a, S: Scalar> {
    problem: &'a dyn DynProblem,
    method: &'a Momentum,
    context: S::Context,
    stored: Option<Stored<'a>>,
    points: Vec<Vec<S>>,
    values: Vec<OnceCell<S>>,
    gradients: Vec<OnceCell<Vec<S>>>,
    buffers: Vec<OnceCell<Vec<S>>>,
    biases: Vec<OnceCell<Vec<S>>>,
    noises: Vec<OnceCell<Vec<S>>>,
    norms: Vec<OnceCell<S>>,
    visited: Vec<OnceCell<S>>,
}

type Evaluated<T> = Result<T, EvaluationError>;

fn cells<T>(count: usize) -> Vec<OnceCell<T>> {
    (0..count).map(|_| OnceCell::new()).collect()
}

fn minus<S: Scalar>(a: Vec<S>, b: &[S]) -> Vec<S> {
    a.into_iter().zip(b).map(|(x, y)| x.sub(y)).collect()
}

fn plus<S: Scalar>(a: &[S], b: &[S]) -> Vec<S> {
    a.iter().zip(b).map(|(x, y)| x.clone().add(y)).collect()
}

impl<'a, S: Arithmetic + Estimable> RunTrace<'a, S> {
    fn new(problem: &'a dyn DynProblem, method: &'a Momentum, horizon: usize, context: S::Context) -> Self {
        RunTrace {
            problem,
            method,
            context,
            stored: None,
            points: Vec::new(),
            values: cells(horizon + 1),
            gradients: cells(horizon + 1),
            buffers: cells(horizon),
            biases: cells(horizon),
            noises: cells(horizon),
            norms: cells((horizon + 2) * VectorSequence::ALL.len()),
            visited: cells(horizon + 1),
        }
    }

    /// The run that goes forward in this arithmetic, as far as the limit lets it.
    #[must_use]
    pub fn forward(
        experiment: &Experiment<'a>,
        random: &mut dyn Randomness<S>,
        emitted: Option<Emitted<'_>>,
        limit: &Limit<'_>,
        context: S::Context,
    ) -> Self {
        let (problem, method) = (experiment.problem, experiment.method);
        let mut run = RunTrace::new(problem, method, limit.steps.min(method.steps.len()), context);
        let mut spent = 0.0;
        let mut table = Table::new(&[], 0, &[], context);
        let mut work = Workspace::new(problem, context);
        experiment.run_while(random, emitted, &mut table, &mut work, context, &mut |step| {
            if step.k > 0 {
                run.buffers[step.k - 1] = OnceCell::from(step.buffer.to_vec());
            }
            let length = step.x.iter().map(Scalar::length).max().unwrap_or(0);
            spent += (limit.cost)(length);
            if spent > limit.operations || step.x.iter().any(|x| !x.is_defined()) {
                return ControlFlow::Break(());
            }
            run.points.push(step.x.to_vec());
            if step.k == limit.steps {
                return ControlFlow::Break(());
            }
            if let Some(drawn) = &step.drawn {
                run.gradients[step.k] = OnceCell::from(drawn.gradient.to_vec());
                run.biases[step.k] = OnceCell::from(drawn.bias.to_vec());
                run.noises[step.k] = OnceCell::from(drawn.noise.to_vec());
            }
            ControlFlow::Continue(())
        });
        run
    }

    /// The same run in another arithmetic, whose numbers `enclose` those of this one: what was recorded is taken
    /// over, and what was not is computed anew.
    #[must_use]
    pub fn enclosed<T: Arithmetic + Estimable>(
        &self,
        enclose: &dyn Fn(&S) -> T,
        context: T::Context,
    ) -> RunTrace<'a, T> {
        let vector = |vector: &Vec<S>| -> Vec<T> { vector.iter().map(enclose).collect() };
        let known = |cells: &[OnceCell<Vec<S>>]| -> Vec<OnceCell<Vec<T>>> {
            cells
                .iter()
                .map(|cell| cell.get().map_or_else(OnceCell::new, |known| OnceCell::from(vector(known))))
                .collect()
        };
        RunTrace {
            points: self.points.iter().map(vector).collect(),
            gradients: known(&self.gradients),
            buffers: known(&self.buffers),
            biases: known(&self.biases),
            noises: known(&self.noises),
            ..RunTrace::new(self.problem, self.method, self.values.len() - 1, context)
        }
    }

    /// The run that stored points define. There may be fewer of them than the method has steps.
    #[must_use]
    pub fn of_points(
        problem: &'a dyn DynProblem,
        method: &'a Momentum,
        stored: Stored<'a>,
        context: S::Context,
    ) -> Self {
        let exact = |x: &Vec<f64>| x.iter().map(|x| S::from_f64(*x, context)).collect();
        let horizon = stored.points.len();
        RunTrace {
            points: stored.points.iter().map(exact).collect(),
            stored: Some(stored),
            ..RunTrace::new(problem, method, horizon, context)
        }
    }

    /// How many points the run reached.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.points.len()
    }

    /// The run of its first `horizon` steps: nothing later is there.
    #[must_use]
    pub fn until(&self, horizon: usize) -> Until<'_, 'a, S> {
        Until { run: self, horizon }
    }

    fn undefined(&self) -> Vec<S> {
        vec![S::from_f64(f64::NAN, self.context); self.problem.dimension()]
    }

    fn step(&self, k: usize) -> S {
        S::from_f64(self.method.steps.get(k).copied().unwrap_or(f64::NAN), self.context)
    }

    /// x_k.
    #[must_use]
    pub fn point(&self, k: usize) -> Vec<S> {
        self.points.get(k).cloned().unwrap_or_else(|| self.undefined())
    }

    /// ∇f(x_k).
    pub fn gradient(&self, k: usize) -> &Vec<S> {
        self.gradients[k].get_or_init(|| {
            let mut out = self.undefined();
            if let Some(point) = self.points.get(k) {
                let mut scratch = Scratch::for_problem(self.problem, self.context);
                S::view(self.problem).gradient_in(point, &mut out, self.context, &mut scratch);
            }
            out
        })
    }

    /// f(x_k).
    fn value(&self, k: usize) -> &S {
        self.values[k].get_or_init(|| match self.points.get(k) {
            None => S::from_f64(f64::NAN, self.context),
            Some(point) => {
                let mut scratch = Scratch::for_problem(self.problem, self.context);
                S::view(self.problem).value_in(point, self.context, &mut scratch)
            }
        })
    }

    /// v_k, k ≥ 0: two stored points define it.
    fn buffer(&self, k: usize) -> &Vec<S> {
        self.buffers[k].get_or_init(|| {
            if self.stored.is_none() || k + 1 >= self.points.len() {
                return self.undefined();
            }
            let step = self.step(k);
            minus(self.point(k), &self.points[k + 1]).into_iter().map(|moved| moved.div(&step)).collect()
        })
    }

    /// v_{k−1}: for k = 0 the start's own buffer.
    pub fn buffer_before(&self, k: usize) -> Vec<S> {
        match (k, self.method.start) {
            (0, Start::Zero) => zeros(self.problem.dimension(), self.context),
            (0, Start::FirstGradient) => self.buffer(0).clone(),
            _ => self.buffer(k - 1).clone(),
        }
    }

    /// e_k as the update of stored points implies it.
    fn implied_error(&self, k: usize) -> Vec<S> {
        let beta = S::from_f64(self.method.beta, self.context);
        let keep = S::one(self.context).sub(&beta);
        let estimate = self.buffer(k).iter().zip(self.buffer_before(k)).map(|(v, previous)| {
            let mut moved = v.clone();
            moved.sub_product(&previous, &keep);
            moved.div(&beta)
        });
        minus(estimate.collect(), self.gradient(k))
    }

    fn error(&self, k: usize) -> Vec<S> {
        if self.stored.is_some() { self.implied_error(k) } else { plus(self.bias(k), self.noise(k)) }
    }

    /// b_k: what is left of the error without the noise.
    pub fn bias(&self, k: usize) -> &Vec<S> {
        self.biases[k].get_or_init(|| match self.stored {
            Some(_) => minus(self.implied_error(k), self.noise(k)),
            None => self.undefined(),
        })
    }

    /// ν_k, from what was drawn.
    fn noise(&self, k: usize) -> &Vec<S> {
        self.noises[k].get_or_init(|| match (self.stored, self.points.get(k)) {
            (Some(stored), Some(point)) if k < stored.draws.len() => {
                let [_, noise, _] = contributions(
                    stored.oracle,
                    self.problem,
                    (k, point, self.gradient(k)),
                    &stored.draws[k],
                    self.context,
                );
                noise
            }
            _ => self.undefined(),
        })
    }

    /// max ‖∇fᵢ(x_j)‖ over the workers and j < `horizon`.
    pub fn visited_gradient_bound(&self, horizon: usize) -> S {
        for (k, cell) in self.visited.iter().enumerate().take(horizon + 1) {
            let Some(last) = k.checked_sub(1) else {
                let _ = cell.set(S::zero(self.context));
                continue;
            };
            cell.get_or_init(|| {
                let mut largest = self.visited[last].get().cloned().unwrap_or_else(|| S::zero(self.context));
                for worker in 0..self.problem.workers() {
                    largest.max_assign(&norm2(&self.worker_gradient_at(worker, last), self.context).sqrt());
                }
                largest
            });
        }
        self.visited
            .get(horizon)
            .and_then(OnceCell::get)
            .cloned()
            .unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    fn worker_gradient_at(&self, worker: usize, k: usize) -> Vec<S> {
        let mut out = self.undefined();
        if let Some(point) = self.points.get(k) {
            let mut scratch = Scratch::for_problem(self.problem, self.context);
            S::view(self.problem).worker_gradient_in(worker, point, &mut out, self.context, &mut scratch);
        }
        out
    }

    fn sequence(&self, sequence: VectorSequence, k: i64) -> Vec<S> {
        let Ok(at) = usize::try_from(k) else {
            // k = −1, where only the buffer and its deviation are.
            let start = self.buffer_before(0);
            return if sequence == VectorSequence::Buffer { start } else { minus(start, self.gradient(0)) };
        };
        match sequence {
            VectorSequence::Point => self.point(at),
            VectorSequence::Gradient => self.gradient(at).clone(),
            VectorSequence::Buffer => self.buffer(at).clone(),
            VectorSequence::Deviation => minus(self.buffer(at).clone(), self.gradient(at)),
            VectorSequence::Error => self.error(at),
            VectorSequence::Bias => self.bias(at).clone(),
            VectorSequence::Noise => self.noise(at).clone(),
        }
    }
}

/// Bias and noise that follow from the point x_k and what was drawn there, and what free sources would emit.
pub fn contributions<S: Arithmetic + Estimable>(
    oracle: &Oracle,
    problem: &dyn DynProblem,
    (k, x, gradient): (usize, &[S], &[S]),
    draws: &StepDraws,
    context: S::Context,
) -> [Vec<S>; 3] {
    let mut scratch = Scratch::for_problem(problem, context);
    let mut worker_gradients = Vec::new();
    oracle.worker_gradients(problem, x, &mut worker_gradients, context, &mut scratch);
    let vector = || zeros(x.len(), context);
    let (mut bias, mut noise, mut free) = (vector(), vector(), vector());
    let situation = Situation {
        k,
        x,
        gradient,
        worker_gradients: &worker_gradients,
        buffer: &vector(),
        workers: problem.workers(),
        problem: S::view(problem),
        badness: None,
        memory: &Memory::new(problem, context),
    };
    let mut random = Replayed::new(draws, context);
    oracle.draw_apart(&situation, &mut random, [&mut bias, &mut noise, &mut free], context);
    [bias, noise, free]
}

/// The first steps of a run, as many as its horizon says: x_0, …, x_K, and v, e, b, ν up to K − 1.
pub struct Until<'r, 'a, S: Scalar> {
    run: &'r RunTrace<'a, S>,
    horizon: usize,
}

impl<S: Arithmetic + Estimable> Until<'_, '_, S> {
    fn position(&self, name: &'static str, k: i64, last: usize) -> Evaluated<usize> {
        usize::try_from(k).ok().filter(|k| *k <= last).ok_or(EvaluationError::MissingQuantity { name, index: k })
    }

    fn check(&self, sequence: VectorSequence, k: i64) -> Evaluated<()> {
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => {
                self.position(sequence.name(), k, self.horizon).map(|_| ())
            }
            VectorSequence::Buffer | VectorSequence::Deviation if k == -1 => Ok(()),
            _ => match usize::try_from(k).ok().filter(|k| *k < self.horizon) {
                Some(_) => Ok(()),
                None => Err(EvaluationError::MissingQuantity { name: sequence.name(), index: k }),
            },
        }
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for Until<'_, '_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value => Ok(self.run.value(self.position("f", k, self.horizon)?).clone()),
            // γ_{−1} reads as γ_0.
            ScalarSequence::Step | ScalarSequence::Spectrum => {
                let missing = EvaluationError::MissingQuantity { name: "step", index: k };
                let at = if k == -1 { 0 } else { k };
                let at = usize::try_from(at).ok().filter(|at| *at < self.horizon).ok_or(missing)?;
                Ok(self.run.step(at))
            }
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        self.check(sequence, k)?;
        let row = VectorSequence::ALL.iter().position(|s| *s == sequence).unwrap_or_default();
        let cell = &self.run.norms[usize::try_from(k + 1).unwrap_or(0) * VectorSequence::ALL.len() + row];
        Ok(cell.get_or_init(|| norm2(&self.run.sequence(sequence, k), self.run.context)).clone())
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.check(sequence, k)?;
        Ok(self.run.sequence(sequence, k))
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let at = self.position("worker_grad", k, self.horizon)?;
        let worker = self.position("worker_grad", worker, self.run.problem.workers() - 1)?;
        Ok(self.run.worker_gradient_at(worker, at))
    }
}

/// One outcome of step k after a past: ν_k is one of its noise's outcomes, and v_k, x_{k+1} follow in the
/// arithmetic `S`.
pub struct OutcomeTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
    bias: Vec<S>,
    noise: Vec<S>,
    /// v_{k−1}.
    before: Vec<S>,
    buffer: Vec<S>,
    next: Vec<S>,
    next_gradient: Vec<S>,
    next_value: S,
}

impl<'r, 'a, S: Arithmetic + Estimable> OutcomeTrace<'r, 'a, S> {
    /// The outcome of step `k` of `horizon` with that noise.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, noise: Vec<S>) -> Self {
        let (context, method) = (past.context, past.method);
        let bias = past.bias(k).clone();
        let estimate = plus(&plus(past.gradient(k), &bias), &noise);
        let replaces = k == 0 && method.start == Start::FirstGradient;
        let before = if replaces { estimate.clone() } else { past.buffer_before(k) };
        let beta = S::from_f64(method.beta, context);
        let keep = S::one(context).sub(&beta);
        let updated = |(v, g): (&S, &S)| {
            let mut next = v.clone().mul(&keep);
            next.add_product(g, &beta);
            next
        };
        let buffer: Vec<S> = before.iter().zip(&estimate).map(updated).collect();
        let step = past.step(k);
        let mut next = past.point(k);
        next.iter_mut().zip(&buffer).for_each(|(x, v)| x.sub_product(v, &step));
        let mut scratch = Scratch::for_problem(past.problem, context);
        let mut next_gradient = zeros(next.len(), context);
        S::view(past.problem).gradient_in(&next, &mut next_gradient, context, &mut scratch);
        let next_value = S::view(past.problem).value_in(&next, context, &mut scratch);
        OutcomeTrace {
            past: past.until(horizon),
            k: k as i64,
            bias,
            noise,
            before,
            buffer,
            next,
            next_gradient,
            next_value,
        }
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for OutcomeTrace<'_, '_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value if k == self.k + 1 => Ok(self.next_value.clone()),
            ScalarSequence::Value if k > self.k + 1 => Err(EvaluationError::MissingQuantity { name: "f", index: k }),
            _ => self.past.scalar(sequence, k),
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        Ok(norm2(&self.vector(sequence, k)?, self.past.run.context))
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        let missing = || Err(EvaluationError::MissingQuantity { name: sequence.name(), index: k });
        match sequence {
            VectorSequence::Bias if k == self.k => Ok(self.bias.clone()),
            VectorSequence::Noise if k == self.k => Ok(self.noise.clone()),
            VectorSequence::Error if k == self.k => Ok(plus(&self.bias, &self.noise)),
            VectorSequence::Buffer if k == self.k => Ok(self.buffer.clone()),
            VectorSequence::Buffer if k == self.k - 1 => Ok(self.before.clone()),
            VectorSequence::Deviation if k == self.k => {
                Ok(minus(self.buffer.clone(), &self.past.vector(VectorSequence::Gradient, k)?))
            }
            VectorSequence::Deviation if k == -1 && self.k == 0 => {
                Ok(minus(self.before.clone(), &self.past.vector(VectorSequence::Gradient, 0)?))
            }
            VectorSequence::Point if k == self.k + 1 => Ok(self.next.clone()),
            VectorSequence::Gradient if k == self.k + 1 => Ok(self.next_gradient.clone()),
            _ if k > self.k => missing(),
            VectorSequence::Bias | VectorSequence::Noise => missing(),
            _ => self.past.vector(sequence, k),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        // The run's own x_{k+1} is that of one outcome.
        if k > self.k {
            return Err(EvaluationError::MissingQuantity { name: "worker_grad", index: k });
        }
        self.past.worker_gradient(worker, k)
    }
}

/// What is known of a run before the noise of step k is drawn: x_0, …, x_k, the buffers and errors before
/// step k, and b_k.
pub struct KnownTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
}

impl<'r, 'a, S: Arithmetic + Estimable> KnownTrace<'r, 'a, S> {
    /// What is known before the noise of step `k` of `horizon`.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize) -> Self {
        KnownTrace { past: past.until(horizon), k: k as i64 }
    }

    fn up_to(&self, last: i64, name: &'static str, index: i64) -> Evaluated<()> {
        if index <= last { Ok(()) } else { Err(EvaluationError::NotKnown { name, index }) }
    }

    fn known(&self, sequence: VectorSequence, k: i64) -> Evaluated<()> {
        // v_{−1} = g_0 and m_{−1} = e_0 under the first-gradient start: drawn in step 0.
        let drawn_at_start = matches!(sequence, VectorSequence::Buffer | VectorSequence::Deviation)
            && k == -1
            && self.k == 0
            && self.past.run.method.start == Start::FirstGradient;
        let last = match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.k,
            VectorSequence::Noise => return Err(EvaluationError::NotKnown { name: sequence.name(), index: k }),
            VectorSequence::Bias if k == self.k => self.k,
            _ if drawn_at_start => -2,
            _ => self.k - 1,
        };
        self.up_to(last, sequence.name(), k)
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for KnownTrace<'_, '_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        if sequence == ScalarSequence::Value {
            self.up_to(self.k, "f", k)?;
        }
        self.past.scalar(sequence, k)
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        self.known(sequence, k)?;
        self.past.norm2(sequence, k)
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.known(sequence, k)?;
        self.past.vector(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.up_to(self.k, "worker_grad", k)?;
        self.past.worker_gradient(worker, k)
    }
}
