//! States and estimates along given points: what defines them where a step can be solved for its estimate.

use super::frame::{Frame, frame, kept_starts};
use super::{Called, RunTrace};
use crate::method::language::machine::{Call, Machine};
use crate::method::language::moves::Unrolled;
use crate::method::linear::{InCoordinates, Reached, forward, towards};
use crate::method::run::Experiment;
use crate::number::{Scalar, zeros};
use crate::oracle::Estimable;
use crate::problem::{Arithmetic, DynProblem, Scratch};

/// The state of a run along given points, step by step.
#[derive(Clone)]
pub struct Followed<'a, S: Scalar> {
    experiment: Experiment<'a>,
    unrolled: Unrolled<'a, S>,
    registers: Vec<Vec<S>>,
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
    pub fn step(&mut self, next: &Vec<S>) -> Option<Reached<Vec<S>>> {
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
    pub fn state(&self) -> (&Machine<'a, S>, &[Vec<S>]) {
        (self.unrolled.machine(), &self.registers)
    }

    fn frame(&self) -> Frame<S> {
        frame(self.experiment.method, &self.registers, &|register| self.unrolled.machine().number(register).clone())
    }
}

impl<S: Arithmetic + Estimable> RunTrace<'_, S> {
    /// States and estimates that the stored points imply, as far as they do.
    pub(super) fn follow(&self) -> (Vec<Frame<S>>, Vec<Called<S>>) {
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
}

/// A gradient that a method asks for; no estimate.
fn exact_call<S: Arithmetic>(problem: &dyn DynProblem, call: &Call, at: &[S], context: S::Context) -> Option<Vec<S>> {
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
