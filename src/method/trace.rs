//! A run as a statement sees it: every quantity of it, in one arithmetic.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::bound::BoundMethod;
use super::language::moves::Unrolled;
use super::linear::{InCoordinates, forward, towards};
use super::run::{Drawing, Emitted, Experiment};
use super::table::Table;
use crate::number::{Scalar, norm2, zeros};
use crate::oracle::{
    Enumerated, Estimable, EstimateQuery, Memory, NoRandomness, Oracle, Randomness, Replayed, StepDraws,
};
use crate::problem::{Arithmetic, DynProblem, Scratch};
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{Derived, OfMethod, ScalarSequence, VectorSequence};

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
    /// What was drawn in each step.
    pub draws: &'a [StepDraws],
}

/// Registers of vectors and numbers after some steps.
#[derive(Clone)]
struct Frame<S> {
    vectors: Vec<Vec<S>>,
    numbers: Vec<S>,
}

impl<S> Frame<S> {
    /// A number that is no worker's.
    fn number(&self, method: &BoundMethod, quantity: &OfMethod) -> Option<&S> {
        let register = method.program().registers(quantity.position).start;
        let place = method.number_registers().iter().position(|kept| *kept == register)?;
        self.numbers.get(place)
    }
}

/// A call for the average estimate.
#[derive(Clone)]
struct Called<S> {
    /// Where, if not at the step's own point.
    at: Option<Vec<S>>,
    /// What it gave, where its error is not known otherwise.
    estimate: Option<Vec<S>>,
}

/// A run in the arithmetic `S`. Either every quantity was recorded while the run went forward in this very
/// arithmetic, or the points are stored and the rest is defined by them: each step's estimate is what the method
/// needs to reach the next point, and e_k is that less ∇f where it was asked for. Either way the method's
/// equations hold exactly. What a run did not reach is undefined.
pub struct RunTrace<'a, S: Scalar> {
    experiment: Experiment<'a>,
    context: S::Context,
    stored: Option<Stored<'a>>,
    horizon: usize,
    points: Vec<Vec<S>>,
    values: Vec<OnceCell<S>>,
    gradients: Vec<OnceCell<Vec<S>>>,
    /// What was recorded, or follows from stored points, after 0, 1, … steps.
    frames: OnceCell<Vec<Frame<S>>>,
    /// The call of each step, likewise.
    calls: OnceCell<Vec<Called<S>>>,
    biases: Vec<OnceCell<Vec<S>>>,
    noises: Vec<OnceCell<Vec<S>>>,
    norms: RefCell<Vec<(VectorSequence, Vec<Option<S>>)>>,
    schedules: Vec<OnceCell<Vec<S>>>,
    visited: Vec<OnceCell<S>>,
    /// The workers' gradients at the points that were asked about last, one worker after the other.
    worker_gradients: RefCell<VecDeque<(usize, Rc<Vec<S>>)>>,
}

/// At so many points the workers' gradients are kept: claims speak of x_k and x_{k+1}.
const KEPT_POINTS: usize = 2;

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

/// A derived vector from its parts.
fn derived_vector<S: Scalar>(
    derived: &Derived,
    k: i64,
    context: S::Context,
    part: &dyn Fn(&VectorSequence, i64) -> Evaluated<Vec<S>>,
) -> Evaluated<Vec<S>> {
    let mut sum: Option<Vec<S>> = None;
    for (factor, sequence, index) in derived.parts(k) {
        let vector = part(sequence, index)?;
        sum = Some(match (sum, *factor == 1, *factor == -1) {
            (None, true, _) => vector,
            (Some(sum), true, _) => plus(&sum, &vector),
            (Some(sum), _, true) => minus(sum, &vector),
            (sum, ..) => {
                let factor = S::from_rational(factor, context);
                let scaled: Vec<S> = vector.into_iter().map(|x| x.mul(&factor)).collect();
                sum.map_or(scaled.clone(), |sum| plus(&sum, &scaled))
            }
        });
    }
    sum.ok_or_else(|| EvaluationError::missing(&derived.name, k))
}

impl<'a, S: Arithmetic + Estimable> RunTrace<'a, S> {
    fn new(experiment: &Experiment<'a>, horizon: usize, context: S::Context) -> Self {
        RunTrace {
            experiment: *experiment,
            context,
            stored: None,
            horizon,
            points: Vec::new(),
            values: cells(horizon + 1),
            gradients: cells(horizon + 1),
            frames: OnceCell::new(),
            calls: OnceCell::new(),
            biases: cells(horizon),
            noises: cells(horizon),
            norms: RefCell::default(),
            schedules: cells(experiment.method.method().schedules.len()),
            visited: cells(horizon + 1),
            worker_gradients: RefCell::default(),
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
        let method = experiment.method;
        let mut run = RunTrace::new(experiment, limit.steps.min(method.horizon), context);
        let mut spent = 0.0;
        let (mut frames, mut calls) = (Vec::<Frame<S>>::new(), Vec::new());
        let mut table = Table::new(&[], method, context);
        let at_point = method.program().calls_at_point();
        experiment.runner(context).run_while(random, emitted, &mut table, &mut |reached| {
            let t = reached.steps;
            if t > 0 {
                if t == 1 {
                    frames[0] =
                        kept_starts(frames[0].clone(), method, &|register| reached.vectors.registers[register].clone());
                }
                if let Some(drawn) = &reached.drawn {
                    if at_point {
                        run.gradients[t - 1] = OnceCell::from(drawn.gradient.to_vec());
                    }
                    run.biases[t - 1] = OnceCell::from(drawn.bias.to_vec());
                    run.noises[t - 1] = OnceCell::from(drawn.noise.to_vec());
                    let at = (!at_point).then(|| drawn.at.to_vec());
                    calls.push(Called { at, estimate: None });
                }
            }
            let length = reached.x.iter().map(Scalar::length).max().unwrap_or(0);
            spent += (limit.cost)(length);
            if spent > limit.operations || reached.x.iter().any(|x| !x.is_defined()) {
                return ControlFlow::Break(());
            }
            run.points.push(reached.x.to_vec());
            frames
                .push(frame(method, &reached.vectors.registers, &|register| reached.machine.number(register).clone()));
            if t == limit.steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        run.frames = OnceCell::from(frames);
        run.calls = OnceCell::from(calls);
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
        let frames = self.frames().iter().map(|frame| Frame {
            vectors: frame.vectors.iter().map(vector).collect(),
            numbers: frame.numbers.iter().map(enclose).collect(),
        });
        let calls = self.calls().iter().map(|called| Called {
            at: called.at.as_ref().map(vector),
            estimate: called.estimate.as_ref().map(vector),
        });
        RunTrace {
            points: self.points.iter().map(vector).collect(),
            gradients: known(&self.gradients),
            frames: OnceCell::from(frames.collect::<Vec<_>>()),
            calls: OnceCell::from(calls.collect::<Vec<_>>()),
            biases: known(&self.biases),
            noises: known(&self.noises),
            ..RunTrace::new(&self.experiment, self.horizon, context)
        }
    }

    /// The run that stored points define. There may be fewer of them than the method has steps.
    #[must_use]
    pub fn of_points(experiment: &Experiment<'a>, stored: Stored<'a>, context: S::Context) -> Self {
        let exact = |x: &Vec<f64>| x.iter().map(|x| S::from_f64(*x, context)).collect();
        RunTrace {
            points: stored.points.iter().map(exact).collect(),
            stored: Some(stored),
            ..RunTrace::new(experiment, stored.points.len(), context)
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
        vec![S::from_f64(f64::NAN, self.context); self.experiment.problem.dimension()]
    }

    fn frames(&self) -> &[Frame<S>] {
        self.frames.get_or_init(|| self.follow().0)
    }

    fn calls(&self) -> &[Called<S>] {
        self.calls.get_or_init(|| self.follow().1)
    }

    /// States and estimates that the stored points imply, as far as they do.
    fn follow(&self) -> (Vec<Frame<S>>, Vec<Called<S>>) {
        let (mut frames, mut calls) = (Vec::new(), Vec::new());
        let Some(first) = self.points.first() else { return (frames, calls) };
        let method = self.experiment.method;
        let mut followed = Followed::new(&self.experiment, first.clone(), self.context);
        if let Some(followed) = &mut followed {
            frames.push(followed.frame());
        }
        let at_point = method.program().calls_at_point();
        for next in self.points.iter().skip(1).take(method.horizon) {
            let Some(reached) = followed.as_mut().and_then(|followed| followed.step(next)) else { break };
            if frames.len() == 1 {
                let registers = followed.as_ref().map(|followed| followed.registers.clone()).unwrap_or_default();
                frames[0] = kept_starts(frames[0].clone(), method, &|register| registers[register].clone());
            }
            frames.extend(followed.as_ref().map(Followed::frame));
            calls.push(Called { at: (!at_point).then_some(reached.at), estimate: Some(reached.estimate) });
        }
        (frames, calls)
    }

    /// A value of the method's schedule.
    fn scheduled(&self, position: usize, k: usize) -> S {
        let values = self.schedules[position].get_or_init(|| self.experiment.method.schedule(position, self.context));
        values.get(k).cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    /// x_k.
    #[must_use]
    pub fn point(&self, k: usize) -> Vec<S> {
        self.points.get(k).cloned().unwrap_or_else(|| self.undefined())
    }

    fn gradient_at(&self, point: &[S]) -> Vec<S> {
        let mut out = self.undefined();
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).gradient_in(point, &mut out, self.context, &mut scratch);
        out
    }

    /// ∇f(x_k).
    pub fn gradient(&self, k: usize) -> &Vec<S> {
        self.gradients[k]
            .get_or_init(|| self.points.get(k).map_or_else(|| self.undefined(), |point| self.gradient_at(point)))
    }

    /// f(x_k).
    fn value(&self, k: usize) -> &S {
        self.values[k].get_or_init(|| match self.points.get(k) {
            None => S::from_f64(f64::NAN, self.context),
            Some(point) => {
                let problem = self.experiment.problem;
                let mut scratch = Scratch::for_problem(problem, self.context);
                S::view(problem).value_in(point, self.context, &mut scratch)
            }
        })
    }

    /// Where the estimate of step k is drawn, and ∇f there.
    #[must_use]
    pub fn called(&self, k: usize) -> (Vec<S>, Vec<S>) {
        match self.calls().get(k).map(|called| &called.at) {
            Some(Some(at)) => (at.clone(), self.gradient_at(at)),
            _ if self.experiment.method.program().calls_at_point() => (self.point(k), self.gradient(k).clone()),
            _ => (self.undefined(), self.undefined()),
        }
    }

    /// e_k as the stored points imply it.
    fn implied_error(&self, k: usize) -> Vec<S> {
        match self.calls().get(k).and_then(|called| called.estimate.as_ref()) {
            Some(estimate) => minus(estimate.clone(), &self.called(k).1),
            None => self.undefined(),
        }
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
        self.noises[k].get_or_init(|| match self.stored {
            Some(stored) if k < stored.draws.len() && k < self.points.len() => {
                let Experiment { problem, oracle, .. } = self.experiment;
                let (at, gradient) = self.called(k);
                let [_, noise, _] = contributions(oracle, problem, (k, &at, &gradient), &stored.draws[k], self.context);
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
                for worker in 0..self.experiment.problem.workers() {
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
        let dimension = self.experiment.problem.dimension();
        self.worker_gradients_at(k)[worker * dimension..][..dimension].to_vec()
    }

    /// ∇f₁(x_k), …, ∇fₙ(x_k), one after the other.
    fn worker_gradients_at(&self, k: usize) -> Rc<Vec<S>> {
        let mut kept = self.worker_gradients.borrow_mut();
        if let Some((_, gradients)) = kept.iter().find(|(at, _)| *at == k) {
            return Rc::clone(gradients);
        }
        let of_worker = |worker| {
            self.points.get(k).map_or_else(|| self.undefined(), |point| self.worker_gradient_of(worker, point))
        };
        let gradients = Rc::new((0..self.experiment.problem.workers()).flat_map(of_worker).collect::<Vec<S>>());
        kept.truncate(KEPT_POINTS - 1);
        kept.push_front((k, Rc::clone(&gradients)));
        gradients
    }

    fn worker_gradient_of(&self, worker: usize, point: &[S]) -> Vec<S> {
        let mut out = self.undefined();
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).worker_gradient_in(worker, point, &mut out, self.context, &mut scratch);
        out
    }

    fn value_of(&self, point: &[S]) -> S {
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).value_in(point, self.context, &mut scratch)
    }

    /// The squared distance of a point from the minimisers of f.
    fn distance(&self, point: &[S]) -> S {
        squared_distance(self.experiment.problem, point, self.context)
            .unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    /// A quantity of the method, of that worker, where it is kept.
    fn quantity(&self, quantity: &OfMethod, worker: usize, k: i64) -> Vec<S> {
        let frame = quantity.steps_before(k).and_then(|steps| self.frames().get(steps));
        let register = self.experiment.method.program().registers(quantity.position).start + worker;
        let vector = frame.and_then(|frame| frame.vectors.get(register)).filter(|vector| !vector.is_empty());
        vector.cloned().unwrap_or_else(|| self.undefined())
    }

    fn number(&self, quantity: &OfMethod, k: i64) -> S {
        let frame = quantity.steps_before(k).and_then(|steps| self.frames().get(steps));
        let number = frame.and_then(|frame| frame.number(self.experiment.method, quantity));
        number.cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    fn sequence(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        let at = usize::try_from(k).unwrap_or(0);
        Ok(match sequence {
            VectorSequence::Point => self.point(at),
            VectorSequence::Gradient => self.gradient(at).clone(),
            VectorSequence::Error => self.error(at),
            VectorSequence::Bias => self.bias(at).clone(),
            VectorSequence::Noise => self.noise(at).clone(),
            VectorSequence::Quantity(quantity) => self.quantity(quantity, 0, k),
            VectorSequence::Derived(derived) => {
                derived_vector(derived, k, self.context, &|sequence, k| self.sequence(sequence, k))?
            }
        })
    }

    /// The squared norm, computed once.
    fn squared_norm(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        let at = usize::try_from(k + 1).unwrap_or(0);
        let row_of = |norms: &[(VectorSequence, Vec<Option<S>>)]| norms.iter().position(|(own, _)| own == sequence);
        let known = |norms: &[(VectorSequence, Vec<Option<S>>)]| norms[row_of(norms)?].1.get(at)?.clone();
        if let Some(known) = known(&self.norms.borrow()) {
            return Ok(known);
        }
        let norm = norm2(&self.sequence(sequence, k)?, self.context);
        let mut norms = self.norms.borrow_mut();
        let row = row_of(&norms).unwrap_or_else(|| {
            norms.push((sequence.clone(), Vec::new()));
            norms.len() - 1
        });
        let row = &mut norms[row].1;
        if row.len() <= at {
            row.resize(at + 1, None);
        }
        row[at] = Some(norm.clone());
        Ok(norm)
    }

    /// The run in its state after k steps.
    fn runner_at(&self, k: usize) -> Option<super::run::Runner<'a, S>> {
        let method = self.experiment.method;
        let mut runner = self.experiment.runner(self.context);
        let mut machine = method.machine::<S>(self.context);
        let mut nothing = super::language::moves::Recorder::default();
        machine.set_constants(&mut nothing).ok()?;
        machine.go_to(k, &mut nothing).ok()?;
        let frame = self.frames().get(k)?;
        for (register, number) in method.number_registers().iter().zip(&frame.numbers) {
            machine.set_number(*register, number);
        }
        let mut registers = frame.vectors.clone();
        registers.resize(method.program().vectors, Vec::new());
        for register in registers.iter_mut().filter(|register| register.is_empty()) {
            *register = zeros(self.experiment.problem.dimension(), self.context);
        }
        registers[0] = self.point(k);
        runner.set_state(machine, &registers);
        Some(runner)
    }
}

/// dist²(x, X*), where the minimisers X* are known: an affine space for quadratics, or one point.
pub fn squared_distance<S: Scalar>(problem: &dyn DynProblem, x: &[S], context: S::Context) -> Option<S> {
    let offset = |centre: &[rug::Rational]| -> Vec<S> {
        x.iter().zip(centre).map(|(x, c)| x.clone().sub(&S::from_rational(c, context))).collect()
    };
    if let Some(minimiser) = &problem.constants().minimiser {
        return Some(norm2(&offset(minimiser), context));
    }
    let affine = problem.affine_part().filter(|affine| affine.remainder == 0)?;
    let from_centre = offset(&affine.centre);
    let mut sum = S::zero(context);
    for (lambda, row) in affine.spectrum.iter().zip(&affine.basis) {
        if *lambda < 0 {
            return None;
        }
        if *lambda > 0 {
            let mut along = S::zero(context);
            for (q, z) in row.iter().zip(&from_centre) {
                along.add_product(z, &S::from_rational(q, context));
            }
            sum.add_assign(&along.square());
        }
    }
    Some(sum)
}

/// What is kept of a state: registers that statements speak of, or that later steps read.
fn frame<S: Scalar>(method: &BoundMethod, registers: &[Vec<S>], number: &dyn Fn(usize) -> S) -> Frame<S> {
    let keep = method.kept_registers();
    let vectors = (0..keep.len()).map(|r| if keep[r] { registers[r].clone() } else { Vec::new() }).collect();
    Frame { vectors, numbers: method.number_registers().iter().map(|register| number(*register)).collect() }
}

/// The frame of the start with the values of states that step 0 gave them.
fn kept_starts<S: Scalar>(mut frame: Frame<S>, method: &BoundMethod, register: &dyn Fn(usize) -> Vec<S>) -> Frame<S> {
    let program = method.program();
    for begun in program.lines.iter().flat_map(|line| &line.starts) {
        for (worker, own) in program.registers(begun.quantity).enumerate() {
            if frame.vectors.get(own).is_some_and(|vector| !vector.is_empty()) {
                frame.vectors[own] = register(begun.kept + worker);
            }
        }
    }
    frame
}

/// The state of a run along given points, step by step.
#[derive(Clone)]
pub(super) struct Followed<'a, S: Scalar> {
    experiment: Experiment<'a>,
    unrolled: Unrolled<'a, S>,
    pub(super) registers: Vec<Vec<S>>,
    context: S::Context,
}

impl<'a, S: Arithmetic + Estimable> Followed<'a, S> {
    /// At the start; none where the points do not define the run.
    pub fn new(experiment: &Experiment<'a>, start: Vec<S>, context: S::Context) -> Option<Self> {
        let method = experiment.method;
        let dimension = experiment.problem.dimension();
        let mut registers = method.first_registers(start, context);
        let mut unrolled = Unrolled::new(method.machine(context));
        let space = InCoordinates { dimension, context };
        let moves = unrolled.begin()?;
        let problem = experiment.problem;
        forward(&space, &moves, &mut registers, &mut |call, at| exact_call(problem, call, at, context))?;
        Some(Followed { experiment: *experiment, unrolled, registers, context })
    }

    /// The step that ends in `next`.
    pub fn step(&mut self, next: &Vec<S>) -> Option<super::linear::Reached<Vec<S>>> {
        let moves = self.unrolled.step()?;
        let (problem, context) = (self.experiment.problem, self.context);
        let space = InCoordinates { dimension: problem.dimension(), context };
        towards(&space, &moves, &mut self.registers, next, context, &mut |call, at| {
            exact_call(problem, call, at, context)
        })
    }

    /// Of the arithmetic.
    pub fn context(&self) -> S::Context {
        self.context
    }

    /// The machine and the registers at the beginning of a step.
    pub fn state(&self) -> (&super::language::machine::Machine<'a, S>, &[Vec<S>]) {
        (self.unrolled.machine(), &self.registers)
    }

    fn frame(&self) -> Frame<S> {
        frame(self.experiment.method, &self.registers, &|register| self.unrolled.machine().number(register).clone())
    }
}

/// A gradient that a method asks for; no estimate.
fn exact_call<S: Arithmetic>(
    problem: &dyn DynProblem,
    call: &super::language::machine::Call,
    at: &[S],
    context: S::Context,
) -> Option<Vec<S>> {
    if call.estimate {
        return None;
    }
    let mut out = zeros(problem.dimension(), context);
    let mut scratch = Scratch::for_problem(problem, context);
    match call.worker {
        None => S::view(problem).gradient_in(at, &mut out, context, &mut scratch),
        Some(worker) => S::view(problem).worker_gradient_in(worker, at, &mut out, context, &mut scratch),
    }
    Some(out)
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
    let situation = EstimateQuery {
        step: Some(k),
        x,
        gradient,
        worker_gradients: &worker_gradients,
        direction: None,
        workers: problem.workers(),
        problem: S::view(problem),
        adversary_score: None,
        memory: &Memory::new(problem, context),
    };
    let mut random = Replayed::new(draws, context);
    oracle.draw_apart(&situation, &mut random, [&mut bias, &mut noise, &mut free], context);
    [bias, noise, free]
}

/// The first steps of a run, as many as its horizon says: x_0, …, x_K, and what its K steps draw and make.
pub struct Until<'r, 'a, S: Scalar> {
    run: &'r RunTrace<'a, S>,
    horizon: usize,
}

impl<S: Arithmetic + Estimable> Until<'_, '_, S> {
    /// ∇f₁(x_k), …, ∇fₙ(x_k), one after the other.
    #[must_use]
    pub fn worker_gradients(&self, k: usize) -> Rc<Vec<S>> {
        self.run.worker_gradients_at(k)
    }

    fn position(&self, name: &str, k: i64, last: usize) -> Evaluated<usize> {
        usize::try_from(k).ok().filter(|k| *k <= last).ok_or_else(|| EvaluationError::missing(name, k))
    }

    fn check(&self, sequence: &VectorSequence, k: i64) -> Evaluated<()> {
        let missing = || Err(EvaluationError::missing(sequence.name(), k));
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => {
                self.position(sequence.name(), k, self.horizon).map(|_| ())
            }
            VectorSequence::Quantity(quantity) => self.check_quantity(quantity, k),
            VectorSequence::Derived(derived) => {
                let parts: Evaluated<()> = derived.parts(k).try_for_each(|(_, part, index)| self.check(part, index));
                parts.or_else(|_| missing())
            }
            _ => match usize::try_from(k).ok().filter(|k| *k < self.horizon) {
                Some(_) => Ok(()),
                None => missing(),
            },
        }
    }

    fn check_quantity(&self, quantity: &OfMethod, k: i64) -> Evaluated<()> {
        match quantity.steps_before(k).filter(|steps| *steps <= self.horizon) {
            Some(_) => Ok(()),
            None => Err(EvaluationError::missing(&quantity.name, k)),
        }
    }

    fn worker(&self, name: &str, worker: i64) -> Evaluated<usize> {
        self.position(name, worker, self.run.experiment.problem.workers() - 1)
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for Until<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value => Ok(self.run.value(self.position("f", k, self.horizon)?).clone()),
            ScalarSequence::Schedule(position, name) => {
                // At −1 what it is at 0.
                let at = if k == -1 { 0 } else { k };
                let at = usize::try_from(at).ok().filter(|at| *at < self.horizon);
                Ok(self.run.scheduled(*position, at.ok_or_else(|| EvaluationError::missing(name, k))?))
            }
            ScalarSequence::Quantity(quantity) => {
                self.check_quantity(quantity, k)?;
                Ok(self.run.number(quantity, k))
            }
            ScalarSequence::Distance => {
                let at = self.position("dist2", k, self.horizon)?;
                Ok(self.run.distance(&self.run.point(at)))
            }
            ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness => {
                Err(EvaluationError::missing(sequence.name(), k))
            }
        }
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        self.check(sequence, k)?;
        self.run.squared_norm(sequence, k)
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.check(sequence, k)?;
        self.run.sequence(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let at = self.position("worker_grad", k, self.horizon)?;
        Ok(self.run.worker_gradient_at(self.worker("worker_grad", worker)?, at))
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        match worker {
            None => Ok(self.run.gradient_at(y)),
            Some(worker) => Ok(self.run.worker_gradient_of(self.worker("worker_grad", worker)?, y)),
        }
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        Ok(self.run.value_of(y))
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.check_quantity(quantity, k)?;
        Ok(self.run.quantity(quantity, self.worker(&quantity.name, worker)?, k))
    }
}

/// One outcome of step k after a past: ν_k, or whatever the step draws, is one of its outcomes, and what the step
/// makes follows in the arithmetic `S`.
pub struct OutcomeTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
    bias: Vec<S>,
    noise: Vec<S>,
    /// After the step: registers, x among them, and numbers; and what step 0 gave states for their start.
    after: Frame<S>,
    started: Option<Frame<S>>,
    next_gradient: OnceCell<Vec<S>>,
    next_value: OnceCell<S>,
}

impl<'r, 'a, S: Arithmetic + Estimable> OutcomeTrace<'r, 'a, S> {
    /// The outcome of step `k` of `horizon` with that noise.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, noise: Vec<S>) -> Self {
        let bias = past.bias(k).clone();
        let mut outcome = Self::made((past, horizon, k), &mut NoRandomness, Drawing::Given(&bias, &noise));
        (outcome.bias, outcome.noise) = (bias, noise);
        outcome
    }

    /// The outcomes of all that step `k` of `horizon` draws, each as likely as any other; none where there are more
    /// than `most`, or they are not equally likely.
    #[must_use]
    pub fn every(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, most: u64) -> Option<Vec<Self>> {
        let (mut all, mut first): (Vec<Self>, Option<u64>) = (Vec::new(), None);
        loop {
            let mut random = Enumerated::new(all.len() as u64, past.context);
            all.push(Self::made((past, horizon, k), &mut random, Drawing::Whole));
            let own = random.paths().filter(|paths| *paths <= most)?;
            // Those that draw less than others are counted once for each of these.
            let first = *first.get_or_insert(own);
            if !first.is_multiple_of(own) {
                return None;
            }
            if all.len() as u64 == first {
                return Some(all);
            }
        }
    }

    fn made(
        (past, horizon, k): (&'r RunTrace<'a, S>, usize, usize),
        random: &mut dyn Randomness<S>,
        drawing: Drawing<'_, S>,
    ) -> Self {
        let experiment = past.experiment;
        let undefined = past.undefined();
        let (mut bias, mut noise, mut next) = (undefined.clone(), undefined.clone(), undefined.clone());
        let mut after = Frame { vectors: Vec::new(), numbers: Vec::new() };
        let mut started = None;
        if let Some(mut runner) = past.runner_at(k)
            && runner.step(random, drawing).is_ok()
        {
            if experiment.method.draws_one_average() {
                let drawn = runner.drawn();
                (bias, noise) = (drawn.bias.to_vec(), drawn.noise.to_vec());
            }
            let (machine, registers) = runner.state();
            next.clone_from(&registers[0]);
            after = frame(experiment.method, registers, &|register| machine.number(register).clone());
            if k == 0 {
                let start = past.frames()[0].clone();
                started = Some(kept_starts(start, experiment.method, &|register| registers[register].clone()));
            }
        }
        let (next_gradient, next_value) = (OnceCell::new(), OnceCell::new());
        after.vectors.resize(after.vectors.len().max(1), Vec::new());
        after.vectors[0] = next;
        OutcomeTrace { past: past.until(horizon), k: k as i64, bias, noise, after, started, next_gradient, next_value }
    }

    /// The frame that has a quantity's value of that index, where this outcome has one of its own.
    fn own_frame(&self, quantity: &OfMethod, k: i64) -> Evaluated<Option<&Frame<S>>> {
        let missing = || EvaluationError::missing(&quantity.name, k);
        let steps = quantity.steps_before(k).ok_or_else(missing)? as i64;
        match steps {
            _ if steps == self.k + 1 => Ok(Some(&self.after)),
            _ if steps > self.k + 1 => Err(missing()),
            0 => Ok(self.started.as_ref()),
            _ => Ok(None),
        }
    }

    fn own_vector(&self, quantity: &OfMethod, worker: usize, k: i64) -> Evaluated<Option<Vec<S>>> {
        let register = self.past.run.experiment.method.program().registers(quantity.position).start + worker;
        Ok(self.own_frame(quantity, k)?.map(|frame| match frame.vectors.get(register) {
            Some(vector) if !vector.is_empty() => vector.clone(),
            _ => self.past.run.undefined(),
        }))
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for OutcomeTrace<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value if k == self.k + 1 => {
                let next = &self.after.vectors[0];
                Ok(self.next_value.get_or_init(|| self.past.run.value_of(next)).clone())
            }
            ScalarSequence::Value | ScalarSequence::Distance if k > self.k + 1 => {
                Err(EvaluationError::missing(sequence.name(), k))
            }
            ScalarSequence::Distance if k == self.k + 1 => Ok(self.past.run.distance(&self.after.vectors[0])),
            ScalarSequence::Quantity(quantity) => match self.own_frame(quantity, k)? {
                // Undefined where the step stopped.
                Some(frame) => {
                    let number = frame.number(self.past.run.experiment.method, quantity);
                    Ok(number.cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.past.run.context)))
                }
                None => self.past.scalar(sequence, k),
            },
            _ => self.past.scalar(sequence, k),
        }
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        Ok(norm2(&self.vector(sequence, k)?, self.past.run.context))
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        match sequence {
            VectorSequence::Bias if k == self.k => Ok(self.bias.clone()),
            VectorSequence::Noise if k == self.k => Ok(self.noise.clone()),
            VectorSequence::Error if k == self.k => Ok(plus(&self.bias, &self.noise)),
            VectorSequence::Point if k == self.k + 1 => Ok(self.after.vectors[0].clone()),
            VectorSequence::Gradient if k == self.k + 1 => {
                let next = &self.after.vectors[0];
                Ok(self.next_gradient.get_or_init(|| self.past.run.gradient_at(next)).clone())
            }
            VectorSequence::Quantity(quantity) => match self.own_vector(quantity, 0, k)? {
                Some(vector) => Ok(vector),
                None => self.past.vector(sequence, k),
            },
            VectorSequence::Derived(derived) => {
                derived_vector(derived, k, self.past.run.context, &|sequence, k| self.vector(sequence, k))
                    .map_err(|_| EvaluationError::missing(sequence.name(), k))
            }
            VectorSequence::Bias | VectorSequence::Noise => Err(EvaluationError::missing(sequence.name(), k)),
            _ if k > self.k => Err(EvaluationError::missing(sequence.name(), k)),
            _ => self.past.vector(sequence, k),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        // The run's own x_{k+1} is that of one outcome.
        if k > self.k {
            return Err(EvaluationError::missing("worker_grad", k));
        }
        self.past.worker_gradient(worker, k)
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        self.past.gradient_at(worker, y)
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        self.past.value_at(y)
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        match self.own_vector(quantity, self.past.worker(&quantity.name, worker)?, k)? {
            Some(vector) => Ok(vector),
            None => self.past.worker_vector(quantity, worker, k),
        }
    }
}

/// What is known of a run before step k draws: x_0, …, x_k, what was made and drawn before step k, and b_k where
/// the noise is all that the step draws.
pub struct KnownTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
    /// Whether b_k is known.
    knows_bias: bool,
}

impl<'r, 'a, S: Arithmetic + Estimable> KnownTrace<'r, 'a, S> {
    /// What is known before step `k` of `horizon` draws; b_k too where `knows_bias` is true.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, knows_bias: bool) -> Self {
        KnownTrace { past: past.until(horizon), k: k as i64, knows_bias }
    }

    fn up_to(&self, last: i64, name: &str, index: i64) -> Evaluated<()> {
        if index <= last { Ok(()) } else { Err(EvaluationError::NotKnown { name: name.to_owned(), index }) }
    }

    fn known_quantity(&self, quantity: &OfMethod, k: i64) -> Evaluated<()> {
        let steps = quantity.steps_before(k).map_or(i64::MAX, |steps| steps as i64);
        // A start that step 0 makes is drawn there.
        let drawn =
            steps == 0 && self.k == 0 && self.past.run.experiment.method.program().kept(quantity.position).is_some();
        match steps <= self.k && !drawn {
            true => Ok(()),
            false => Err(EvaluationError::NotKnown { name: quantity.name.to_string(), index: k }),
        }
    }

    fn known(&self, sequence: &VectorSequence, k: i64) -> Evaluated<()> {
        let last = match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.k,
            VectorSequence::Noise => -1,
            VectorSequence::Bias if k == self.k && self.knows_bias => self.k,
            VectorSequence::Quantity(quantity) => return self.known_quantity(quantity, k),
            VectorSequence::Derived(derived) => {
                let parts: Evaluated<()> = derived.parts(k).try_for_each(|(_, part, index)| self.known(part, index));
                return parts.map_err(|_| EvaluationError::NotKnown { name: derived.name.to_string(), index: k });
            }
            _ => self.k - 1,
        };
        self.up_to(last, sequence.name(), k)
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for KnownTrace<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value | ScalarSequence::Distance => self.up_to(self.k, sequence.name(), k)?,
            ScalarSequence::Quantity(quantity) => self.known_quantity(quantity, k)?,
            ScalarSequence::Schedule(..) | ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness => {}
        }
        self.past.scalar(sequence, k)
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        self.known(sequence, k)?;
        self.past.norm2(sequence, k)
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        self.known(sequence, k)?;
        self.past.vector(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.up_to(self.k, "worker_grad", k)?;
        self.past.worker_gradient(worker, k)
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        self.past.gradient_at(worker, y)
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        self.past.value_at(y)
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.known_quantity(quantity, k)?;
        self.past.worker_vector(quantity, worker, k)
    }
}
