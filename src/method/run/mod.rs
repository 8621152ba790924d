//! One run in any arithmetic. The step loop allocates nothing.

use std::ops::ControlFlow;

use super::language::machine::{Coordinates, Machine, Ran, Stop};
use super::recording::Plan;
use super::table::Table;
use crate::number::Scalar;
use crate::oracle::{Estimable, Randomness, Tape};
use crate::problem::Arithmetic;

mod drawing;
mod enclosed;
mod experiment;
mod live;
mod lookahead;
mod memories;

pub(super) use drawing::Drawing;
pub use drawing::{Drawn, Emitted};
pub use enclosed::{start_error, visited_gradient_bound};
pub use experiment::Experiment;
pub(super) use experiment::longest_rational;
use lookahead::Before;
pub(super) use memories::Memories;

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
    /// Makes runs in one arithmetic.
    #[must_use]
    pub fn runner<S: Arithmetic + Estimable>(&self, context: S::Context) -> Runner<'m, S> {
        Runner {
            experiment: *self,
            machine: self.method.machine(context),
            vectors: Coordinates::new(self.method.program().vectors, self.problem.dimension(), context),
            memories: Memories::new(self, context),
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
