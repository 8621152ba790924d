//! One run in any arithmetic. The step loop allocates nothing.

use std::cell::RefCell;
use std::ops::ControlFlow;

use rug::Rational;

use super::bound::BoundMethod;
use super::language::machine::{Call, Change, Coordinates, Machine, Part, Ran, Stop, Vectors};
use super::language::program::Draw;
use super::recording::Plan;
use super::table::Table;
use crate::number::{Interval, Scalar, norm2, zeros};
use crate::oracle::operator::{Choice, Operator};
use crate::oracle::{Estimable, EstimateQuery, Memory, NoRandomness, Oracle, Randomness, Subset, Tape};
use crate::problem::{Arithmetic, DynProblem, Evaluate, Scratch};

/// A problem, an estimate of its gradient and a method from a starting point.
#[derive(Clone, Copy)]
pub struct Experiment<'a> {
    /// The objective.
    pub problem: &'a dyn DynProblem,
    /// The estimate.
    pub oracle: &'a Oracle,
    /// The method.
    pub method: &'a BoundMethod,
    /// x_0, exact.
    pub start: &'a [f64],
}

/// Most bits of the numbers of a rational run.
const LONGEST_RATIONAL: u32 = 1 << 17;
/// The same where every step multiplies lengths, as the gradient is no affine map.
const LONGEST_NONLINEAR_RATIONAL: u32 = 1 << 11;

/// Most bits of the numbers of a rational run on the problem: what comes after a longer one is not computed.
pub(super) fn longest_rational(problem: &dyn DynProblem) -> u32 {
    if problem.is_quadratic() { LONGEST_RATIONAL } else { LONGEST_NONLINEAR_RATIONAL }
}

/// The vectors that a run's free sources emitted, in place of which any others within their radius would
/// have been legal; stored, so that every arithmetic judges the same run.
pub struct Emitted<'a>(pub &'a [Vec<f64>]);

/// How an estimate comes about.
#[derive(Clone, Copy)]
pub(super) enum Drawing<'a, S> {
    /// By its sources.
    Whole,
    /// By its sources, but for what the free ones choose, which is given.
    Emitted(&'a [f64]),
    /// As the gradient plus bias and noise that are given.
    Given(&'a [S], &'a [S]),
    /// By its sources, with what the free ones choose apart.
    Apart,
}

/// What the newest estimate of the average was made of. All vectors have length d.
pub struct Drawn<'a, S> {
    /// Where it was asked for.
    pub at: &'a [S],
    /// ∇f there.
    pub gradient: &'a [S],
    /// b_k; all of the error where bias and noise are not told apart.
    pub bias: &'a [S],
    /// ν_k.
    pub noise: &'a [S],
    /// What free sources chose, where that was told apart.
    pub free: &'a [S],
}

/// Working memory of a run.
pub(super) struct Memories<S> {
    /// ∇f(x_k), where it is known.
    pub at_point: Vec<S>,
    /// Whether it is that of the newest x.
    pub fresh: bool,
    /// Where the newest estimate was asked for, if not at the step's own point.
    pub called_at: Vec<S>,
    /// ∇f where the newest estimate was asked for, if that is not `at_point` itself.
    called: Vec<S>,
    /// Whether it is.
    called_is_point: bool,
    pub bias: Vec<S>,
    pub noise: Vec<S>,
    pub free: Vec<S>,
    pub error: Vec<S>,
    /// For combinations that are recorded, and for operators.
    pub combination: Vec<S>,
    worker_gradients: Vec<S>,
    /// Draws of the step that other calls repeat.
    tapes: Vec<Tape<S>>,
    sources: RefCell<Memory<S>>,
    scratch: Scratch<S>,
}

impl<S: Scalar> Memories<S> {
    /// ∇f where the newest estimate was asked for.
    fn called(&self) -> &[S] {
        if self.called_is_point { &self.at_point } else { &self.called }
    }

    /// ∇f(x), known from here on.
    fn know_gradient(&mut self, problem: &dyn Evaluate<S>, x: &[S], context: S::Context) {
        if !self.fresh {
            self.renew();
            problem.gradient_in(x, &mut self.at_point, context, &mut self.scratch);
            self.fresh = true;
        }
    }

    /// Before `at_point` is overwritten: what an estimate was told stays.
    fn renew(&mut self) {
        if self.called_is_point {
            std::mem::swap(&mut self.at_point, &mut self.called);
            self.called_is_point = false;
        }
    }
}

/// The state at the beginning of a step, from which a greedy source tries errors.
struct Before<'m, S: Scalar> {
    machine: Machine<'m, S>,
    registers: Vec<Vec<S>>,
}

/// Where a line of the method had no value, or none that the arithmetic knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The step that was not made.
    pub step: usize,
    /// Why.
    pub why: Stop,
}

/// Makes runs of one experiment, one after the other, in one arithmetic.
pub struct Runner<'m, S: Scalar> {
    experiment: Experiment<'m>,
    machine: Machine<'m, S>,
    vectors: Coordinates<S>,
    memories: Memories<S>,
    context: S::Context,
}

/// The state of a run after so many steps.
pub struct Reached<'r, S: Scalar> {
    /// How many steps were made.
    pub steps: usize,
    /// x.
    pub x: &'r [S],
    pub(super) machine: &'r Machine<'r, S>,
    pub(super) vectors: &'r Coordinates<S>,
    /// What the step before drew; none at the start, or where it draws no estimate of the average.
    pub drawn: Option<Drawn<'r, S>>,
}

impl<'m> Experiment<'m> {
    /// Whether nothing of a run is drawn: neither by the estimate nor by the method itself.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        self.oracle.model.deterministic && !self.method.draws_itself()
    }

    /// Makes runs in one arithmetic.
    #[must_use]
    pub fn runner<S: Arithmetic + Estimable>(&self, context: S::Context) -> Runner<'m, S> {
        let (problem, dimension) = (self.problem, self.problem.dimension());
        let vector = || zeros(dimension, context);
        Runner {
            experiment: *self,
            machine: self.method.machine(context),
            vectors: Coordinates::new(self.method.program().vectors, dimension, context),
            memories: Memories {
                at_point: vector(),
                fresh: false,
                called_at: vector(),
                called: vector(),
                called_is_point: false,
                bias: vector(),
                noise: vector(),
                free: vector(),
                error: vector(),
                combination: vector(),
                worker_gradients: Vec::new(),
                tapes: vec![Tape::default(); self.method.program().kept_draws],
                sources: Memory::new(problem, context),
                scratch: Scratch::for_problem(problem, context),
            },
            context,
        }
    }
}

impl<'m, S: Arithmetic + Estimable> Runner<'m, S> {
    /// Runs K steps and records what the table asks for. `observe` sees the start and what each step leads to.
    /// Greedy sources take the error with the largest ‖∇f(x_{k+1})‖², in every lane its own.
    pub fn run(
        &mut self,
        random: &mut dyn Randomness<S>,
        table: &mut Table<S>,
        observe: &mut dyn FnMut(&Reached<'_, S>),
    ) {
        self.run_while(random, None, table, &mut |reached| {
            observe(reached);
            ControlFlow::Continue(())
        });
    }

    /// The same, where free sources emit what is stored, for as many steps as it is, and until `observe` breaks
    /// off, a line has no value, which is returned, or rationals get too long; what was not reached is not
    /// recorded.
    pub fn run_while(
        &mut self,
        random: &mut dyn Randomness<S>,
        emitted: Option<Emitted<'_>>,
        table: &mut Table<S>,
        observe: &mut dyn FnMut(&Reached<'_, S>) -> ControlFlow<()>,
    ) -> Option<Stopped> {
        let plan = Plan::new(table, self.experiment.method, self.context);
        let steps = emitted.as_ref().map_or(usize::MAX, |emitted| emitted.0.len()).min(self.experiment.method.horizon);
        let longest = longest_rational(self.experiment.problem);
        if let Err(why) = self.begin(random) {
            return Some(Stopped { step: 0, why });
        }
        for k in 0..=steps {
            if self.vectors.registers[0].iter().any(|x| x.length() > longest) {
                return None;
            }
            if plan.needs_value() {
                let value = self.value_at_point(plan.needs_gradient() || k < steps);
                plan.set_value(table, k, &value);
            }
            if plan.needs_gradient() {
                self.look();
            }
            plan.record_point(table, k, (&self.machine, &self.vectors), &mut self.memories);
            if observe(&self.reached(k > 0)).is_break() || k == steps {
                return None;
            }
            let drawing = match &emitted {
                None => Drawing::Whole,
                Some(Emitted(vectors)) => Drawing::Emitted(&vectors[k]),
            };
            if let Err(why) = self.step(random, drawing) {
                return Some(Stopped { step: k, why });
            }
            plan.record_step(table, k, (&self.machine, &self.vectors), &mut self.memories);
        }
        None
    }

    /// At x_0 with the states' starts.
    pub(super) fn begin(&mut self, random: &mut dyn Randomness<S>) -> Ran {
        let start = self.experiment.start;
        for (xi, start) in self.vectors.registers[0].iter_mut().zip(start) {
            *xi = S::from_f64(*start, self.context);
        }
        let method = self.experiment.method;
        for (register, vector) in method.given() {
            let own = &mut self.vectors.registers[*register];
            own.iter_mut().zip(vector).for_each(|(x, given)| *x = S::from_f64(*given, self.context));
        }
        for register in method.ungiven() {
            let zero = S::zero(self.context);
            self.vectors.registers[register].iter_mut().for_each(|x| x.set(&zero));
        }
        self.memories.fresh = false;
        let (machine, mut live) = self.live(random, Drawing::Whole, None);
        machine.begin(&mut live)
    }

    /// One step.
    pub(super) fn step(&mut self, random: &mut dyn Randomness<S>, drawing: Drawing<'_, S>) -> Ran {
        self.memories.tapes.iter_mut().for_each(Tape::clear);
        let asks = self.experiment.oracle.is_greedy && !matches!(drawing, Drawing::Given(..) | Drawing::Emitted(_));
        let before = asks.then(|| Before { machine: self.machine.clone(), registers: self.vectors.registers.clone() });
        let (machine, mut live) = self.live(random, drawing, before);
        machine.step(&mut live)
    }

    fn live<'r>(
        &'r mut self,
        random: &'r mut dyn Randomness<S>,
        drawing: Drawing<'r, S>,
        before: Option<Before<'m, S>>,
    ) -> (&'r mut Machine<'m, S>, Live<'r, 'm, S>) {
        let k = self.machine.steps();
        let live = Live {
            experiment: self.experiment,
            problem: S::view(self.experiment.problem),
            vectors: &mut self.vectors,
            memories: &mut self.memories,
            random: Some(random),
            drawing,
            before,
            k,
            context: self.context,
        };
        (&mut self.machine, live)
    }

    /// ∇f where the estimate of the next step is drawn, if that is known before the step.
    pub(super) fn gradient_at_call(&mut self) -> Option<&[S]> {
        self.experiment.method.program().calls_at_point().then(|| {
            self.look();
            self.memories.at_point.as_slice()
        })
    }

    /// ∇f(x), known from here on.
    fn look(&mut self) {
        let problem = S::view(self.experiment.problem);
        self.memories.know_gradient(problem, &self.vectors.registers[0], self.context);
    }

    /// f(x), with the gradient where that is wanted too.
    fn value_at_point(&mut self, with_gradient: bool) -> S {
        let (problem, x) = (S::view(self.experiment.problem), &self.vectors.registers[0]);
        if self.memories.fresh || !with_gradient {
            return problem.value_in(x, self.context, &mut self.memories.scratch);
        }
        self.memories.renew();
        let Memories { at_point, fresh, scratch, .. } = &mut self.memories;
        *fresh = true;
        problem.value_and_gradient_in(x, at_point, self.context, scratch)
    }

    /// Where the run is; `drawn` where the step before drew.
    pub(super) fn reached(&self, drawn: bool) -> Reached<'_, S> {
        Reached {
            steps: self.machine.steps(),
            x: &self.vectors.registers[0],
            machine: &self.machine,
            vectors: &self.vectors,
            drawn: (drawn && self.experiment.method.draws_one_average()).then(|| self.drawn()),
        }
    }

    /// What the newest estimate of the average was made of.
    pub(super) fn drawn(&self) -> Drawn<'_, S> {
        let Memories { called_at, bias, noise, free, .. } = &self.memories;
        Drawn { at: called_at, gradient: self.memories.called(), bias, noise, free }
    }

    /// The state: numbers, and registers of vectors.
    pub(super) fn state(&self) -> (&Machine<'m, S>, &[Vec<S>]) {
        (&self.machine, &self.vectors.registers)
    }

    /// Puts the run into a state from elsewhere.
    pub(super) fn set_state(&mut self, machine: Machine<'m, S>, registers: &[Vec<S>]) {
        self.machine = machine;
        self.vectors.registers.clone_from_slice(registers);
        self.memories.fresh = false;
    }
}

/// A run while it is under way.
struct Live<'r, 'm, S: Scalar> {
    experiment: Experiment<'m>,
    problem: &'r dyn Evaluate<S>,
    vectors: &'r mut Coordinates<S>,
    memories: &'r mut Memories<S>,
    /// Taken while an estimate draws.
    random: Option<&'r mut dyn Randomness<S>>,
    drawing: Drawing<'r, S>,
    before: Option<Before<'m, S>>,
    k: usize,
    context: S::Context,
}

impl<S: Arithmetic + Estimable> Live<'_, '_, S> {
    /// Notes that a register changes.
    fn touch(&mut self, u: usize) {
        self.memories.fresh &= u != 0;
    }

    /// u ← an estimate of ∇f at the register's point.
    fn estimate(&mut self, u: usize, call: Call) -> Ran {
        self.look_at(call.at);
        if let Drawing::Given(bias, noise) = self.drawing {
            self.memories.bias.clone_from_slice(bias);
            self.memories.noise.clone_from_slice(noise);
            let out = self.vectors.registers[u].iter_mut().zip(self.memories.called());
            for ((o, g), (b, n)) in out.zip(bias.iter().zip(noise)) {
                *o = g.clone().add(b).add(n);
            }
            return Ok(());
        }
        self.draw(call)?;
        let Memories { bias, noise, free, .. } = &*self.memories;
        let called = self.memories.called();
        let out = &mut self.vectors.registers[u];
        S::with_widest_registers(
            #[inline(always)]
            || {
                for (((o, b), n), g) in out.iter_mut().zip(bias).zip(noise).zip(called) {
                    o.set(b);
                    o.add_assign(n);
                    o.add_assign(g);
                }
            },
        );
        if matches!(self.drawing, Drawing::Apart) {
            out.iter_mut().zip(free.iter()).for_each(|(o, u)| o.add_assign(u));
        }
        Ok(())
    }

    /// ∇f at a register's point, where an estimate is asked for.
    fn look_at(&mut self, at: usize) {
        let Live { experiment, problem, vectors, memories, context, .. } = self;
        let y = &vectors.registers[at];
        if at == 0 {
            memories.know_gradient(*problem, y, *context);
        } else {
            problem.gradient_in(y, &mut memories.called, *context, &mut memories.scratch);
        }
        memories.called_is_point = at == 0;
        if !experiment.method.program().calls_at_point() {
            memories.called_at.iter_mut().zip(y).for_each(|(own, y)| own.set(y));
        }
    }

    /// Bias and noise of an estimate there, by its own draw or that of another call.
    fn draw(&mut self, call: Call) -> Ran {
        let Some(random) = self.random.take() else { return Err(Stop::Undecided) };
        let drawn = match call.draw {
            Draw::Own => {
                self.draw_from(call.at, &mut *random);
                Ok(())
            }
            Draw::Kept(number) => {
                let mut tape = std::mem::take(&mut self.memories.tapes[number]);
                self.draw_from(call.at, &mut tape.keep(&mut *random));
                self.memories.tapes[number] = tape;
                Ok(())
            }
            Draw::Repeated(number) => {
                let tape = std::mem::take(&mut self.memories.tapes[number]);
                if tape.is_made {
                    self.draw_from(call.at, &mut tape.repeat());
                }
                let is_made = tape.is_made;
                self.memories.tapes[number] = tape;
                // The line whose draw it is was not reached in this step.
                if is_made { Ok(()) } else { Err(Stop::NoValue) }
            }
        };
        self.random = Some(random);
        drawn
    }

    fn draw_from(&mut self, at: usize, random: &mut dyn Randomness<S>) {
        let Live { experiment, problem, vectors, memories, drawing, before, k, context, .. } = self;
        let context = *context;
        let Memories {
            at_point, called, called_is_point, bias, noise, free, worker_gradients, sources, scratch, ..
        } = &mut **memories;
        let called: &[S] = if *called_is_point { at_point } else { called };
        let y = &vectors.registers[at];
        experiment.oracle.worker_gradients(experiment.problem, y, worker_gradients, context, scratch);
        let adversary_score = |lane: usize, candidate: &[f64]| {
            let gradient: Vec<f64> = called.iter().map(|g| g.lane(lane)).collect();
            before.as_ref().map_or(f64::NAN, |before| before.next_gradient_norm(experiment, lane, &gradient, candidate))
        };
        let direction = experiment
            .method
            .direction()
            .and_then(|register| Some(before.as_ref()?.registers.get(register)?.as_slice()));
        let situation = EstimateQuery {
            step: Some(*k),
            x: y,
            gradient: called,
            worker_gradients,
            direction,
            workers: experiment.problem.workers(),
            problem: *problem,
            adversary_score: before.is_some().then_some(&adversary_score),
            memory: sources,
        };
        if matches!(drawing, Drawing::Whole) {
            experiment.oracle.draw(&situation, random, bias, noise, context);
            return;
        }
        experiment.oracle.draw_apart(&situation, random, [&mut *bias, &mut *noise, &mut *free], context);
        if let Drawing::Emitted(vector) = drawing {
            bias.iter_mut().zip(vector.iter()).for_each(|(b, u)| b.add_f64(*u));
        }
    }

    /// u ← an estimate of ∇fᵢ at the register's point.
    fn worker_estimate(&mut self, u: usize, worker: usize, at: usize) -> Ran {
        let Live { experiment, problem, vectors, memories, random, k, context, .. } = self;
        let (Some(random), context) = (random, *context) else { return Err(Stop::Undecided) };
        let y = &vectors.registers[at];
        memories.renew();
        let Memories { called, error, sources, scratch, .. } = &mut **memories;
        problem.worker_gradient_in(worker, y, called, context, scratch);
        let situation = EstimateQuery {
            step: Some(*k),
            x: y,
            gradient: called,
            worker_gradients: &[],
            direction: None,
            workers: experiment.problem.workers(),
            problem: *problem,
            adversary_score: None,
            memory: sources,
        };
        experiment.oracle.draw_for_worker(&situation, *random, error, context);
        for ((o, g), e) in vectors.registers[u].iter_mut().zip(called.iter()).zip(error.iter()) {
            o.set(g);
            o.add_assign(e);
        }
        Ok(())
    }
}

impl<S: Arithmetic + Estimable> Vectors<S> for Live<'_, '_, S> {
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) -> Ran {
        self.touch(u);
        self.vectors.combine(u, parts);
        Ok(())
    }

    fn swap(&mut self, u: usize, w: usize) {
        self.touch(u);
        self.touch(w);
        self.vectors.registers.swap(u, w);
    }

    fn call(&mut self, u: usize, call: Call) -> Ran {
        match (call.estimate, call.worker) {
            (true, None) => self.estimate(u, call)?,
            (true, Some(worker)) => self.worker_estimate(u, worker, call.at)?,
            (false, worker) => {
                let Live { problem, vectors, memories, context, .. } = self;
                let y = std::mem::take(&mut vectors.registers[call.at]);
                let out = &mut vectors.registers[u];
                match worker {
                    None => problem.gradient_in(&y, out, *context, &mut memories.scratch),
                    Some(worker) => problem.worker_gradient_in(worker, &y, out, *context, &mut memories.scratch),
                }
                vectors.registers[call.at] = y;
            }
        }
        self.touch(u);
        Ok(())
    }

    fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran {
        self.touch(u);
        let Change::Operate(position) = change else { return self.vectors.change(u, change) };
        let operator = self.experiment.method.operators.get(position).ok_or(Stop::Undecided)?;
        let out = &mut self.memories.combination;
        let choice = &mut self.memories.sources.get_mut().choice;
        let random = self.random.as_deref_mut().ok_or(Stop::Undecided)?;
        operator.apply(&mut self.vectors.registers[u], random, out, choice, self.context);
        // Where coordinates may tie there is no value.
        if self.vectors.registers[u].iter().all(Scalar::is_defined) { Ok(()) } else { Err(Stop::Undecided) }
    }

    fn norm2(&mut self, u: usize) -> Result<S, Stop> {
        Ok(self.vectors.norm2(u))
    }

    fn dot(&mut self, u: usize, w: usize) -> Result<S, Stop> {
        Ok(self.vectors.dot(u, w))
    }

    fn value(&mut self, y: usize) -> Result<S, Stop> {
        Ok(self.problem.value_in(&self.vectors.registers[y], self.context, &mut self.memories.scratch))
    }

    fn sample_workers(&mut self, size: usize, of: usize) -> Result<&[Subset], Stop> {
        Ok(self.random.as_deref_mut().ok_or(Stop::Undecided)?.subset(size, of))
    }
}

impl<S: Scalar> Before<'_, S> {
    /// ‖∇f(x_{k+1})‖² in plain binary64 if the error of the next estimate were `candidate`, that of any later
    /// one none, and the gradient there were `gradient`.
    fn next_gradient_norm(&self, experiment: &Experiment<'_>, lane: usize, gradient: &[f64], candidate: &[f64]) -> f64 {
        let mut vectors = Coordinates::<f64>::new(self.registers.len(), candidate.len(), ());
        for (register, known) in vectors.registers.iter_mut().zip(&self.registers) {
            register.iter_mut().zip(known).for_each(|(x, known)| *x = known.lane(lane));
        }
        let mut machine = self.machine.in_lane(lane);
        let mut tried = Tried {
            problem: experiment.problem,
            operators: &experiment.method.operators,
            vectors,
            estimate: Some((gradient, candidate)),
        };
        if machine.step(&mut tried).is_err() {
            return f64::NAN;
        }
        tried.gradient(None, 0).iter().map(|g| g * g).sum()
    }
}

/// A step that is tried in binary64.
struct Tried<'t> {
    problem: &'t dyn DynProblem,
    operators: &'t [Operator],
    vectors: Coordinates<f64>,
    /// The gradient where the next estimate is asked for, and its error.
    estimate: Option<(&'t [f64], &'t [f64])>,
}

impl Tried<'_> {
    fn gradient(&self, worker: Option<usize>, at: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.problem.dimension()];
        let mut scratch = Scratch::for_problem(self.problem, ());
        let (view, y) = (<f64 as Arithmetic>::view(self.problem), &self.vectors.registers[at]);
        match worker {
            None => view.gradient_in(y, &mut out, (), &mut scratch),
            Some(worker) => view.worker_gradient_in(worker, y, &mut out, (), &mut scratch),
        }
        out
    }
}

impl Vectors<f64> for Tried<'_> {
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, f64>>) -> Ran {
        self.vectors.combine(u, parts);
        Ok(())
    }

    fn swap(&mut self, u: usize, w: usize) {
        self.vectors.registers.swap(u, w);
    }

    fn call(&mut self, u: usize, call: Call) -> Ran {
        let given = self.estimate.filter(|_| call.estimate && call.worker.is_none());
        self.vectors.registers[u] = match given {
            Some((gradient, error)) => gradient.iter().zip(error).map(|(g, e)| g + e).collect(),
            None => self.gradient(call.worker, call.at),
        };
        if given.is_some() {
            self.estimate = None;
        }
        Ok(())
    }

    fn change(&mut self, u: usize, change: Change<'_, f64>) -> Ran {
        let Change::Operate(position) = change else { return self.vectors.change(u, change) };
        let operator = self.operators.get(position).filter(|operator| !operator.is_random()).ok_or(Stop::Undecided)?;
        let mut out = vec![0.0; self.problem.dimension()];
        operator.apply(&mut self.vectors.registers[u], &mut NoRandomness, &mut out, &mut Choice::default(), ());
        Ok(())
    }

    fn norm2(&mut self, u: usize) -> Result<f64, Stop> {
        Ok(self.vectors.norm2(u))
    }

    fn dot(&mut self, u: usize, w: usize) -> Result<f64, Stop> {
        Ok(self.vectors.dot(u, w))
    }

    fn value(&mut self, y: usize) -> Result<f64, Stop> {
        let mut scratch = Scratch::for_problem(self.problem, ());
        Ok(<f64 as Arithmetic>::view(self.problem).value_in(&self.vectors.registers[y], (), &mut scratch))
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
    let unbiased = model.bias == Some([Rational::new(), Rational::new()]);
    let bias = if model.deterministic {
        let mut bias = zeros(problem.dimension(), bits);
        let mut unused = zeros(problem.dimension(), bits);
        let mut worker_gradients = Vec::new();
        experiment.oracle.worker_gradients(problem, &x, &mut worker_gradients, bits, &mut scratch);
        let situation = EstimateQuery {
            step: Some(0),
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: Interval::view(problem),
            adversary_score: None,
            memory: &Memory::new(problem, bits),
        };
        experiment.oracle.draw(&situation, &mut NoRandomness, &mut bias, &mut unused, bits);
        norm2(&bias, bits)
    } else if unbiased {
        Interval::zero(bits)
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
    let mut table = Table::new(&[], experiment.method, bits);
    let mut scratch = Scratch::for_problem(problem, bits);
    let mut gradient = zeros(problem.dimension(), bits);
    let mut largest = Interval::zero(bits);
    experiment.runner(bits).run(&mut NoRandomness, &mut table, &mut |reached| {
        if reached.steps < experiment.method.horizon {
            for worker in 0..problem.workers() {
                view.worker_gradient_in(worker, reached.x, &mut gradient, bits, &mut scratch);
                largest.max_assign(&norm2(&gradient, bits).sqrt());
            }
        }
    });
    if largest.is_defined() { largest.upper().to_rational() } else { None }
}
