//! Where a step would lead with another error: what a greedy source asks.

use super::experiment::Experiment;
use crate::method::language::machine::{Call, Change, Coordinates, Machine, Part, Ran, Stop, Vectors};
use crate::number::Scalar;
use crate::oracle::NoRandomness;
use crate::oracle::operator::{Choice, Operator};
use crate::problem::{Arithmetic, DynProblem, Scratch};

/// The state at the beginning of a step, from which a greedy source tries errors.
pub(super) struct Before<'m, S: Scalar> {
    pub(super) machine: Machine<'m, S>,
    pub(super) registers: Vec<Vec<S>>,
}

impl<S: Scalar> Before<'_, S> {
    /// ‖∇f(x_{k+1})‖² in plain binary64 if the error of the next estimate were `candidate`, that of any later
    /// one none, and the gradient there were `gradient`.
    pub(super) fn next_gradient_norm(
        &self,
        experiment: &Experiment<'_>,
        lane: usize,
        gradient: &[f64],
        candidate: &[f64],
    ) -> f64 {
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
