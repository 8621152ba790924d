//! Working memory of a run, made once.

use std::cell::RefCell;

use super::experiment::Experiment;
use crate::number::{Scalar, zeros};
use crate::oracle::{Memory, Tape};
use crate::problem::{Evaluate, Scratch};

/// Working memory of a run.
pub struct Memories<S> {
    /// ∇f(x_k), where it is known.
    pub at_point: Vec<S>,
    /// Whether it is that of the newest x.
    pub fresh: bool,
    /// Where the newest estimate was asked for, if not at the step's own point.
    pub called_at: Vec<S>,
    /// ∇f where the newest estimate was asked for, if that is not `at_point` itself.
    pub(super) called: Vec<S>,
    /// Whether it is.
    pub(super) called_is_point: bool,
    pub bias: Vec<S>,
    pub noise: Vec<S>,
    pub free: Vec<S>,
    pub error: Vec<S>,
    /// For combinations that are recorded, and for operators.
    pub combination: Vec<S>,
    pub(super) worker_gradients: Vec<S>,
    /// Draws of the step that other calls repeat.
    pub(super) tapes: Vec<Tape<S>>,
    pub(super) sources: RefCell<Memory<S>>,
    pub(super) scratch: Scratch<S>,
}

impl<S: Scalar> Memories<S> {
    pub(super) fn new(experiment: &Experiment<'_>, context: S::Context) -> Self {
        let problem = experiment.problem;
        let vector = || zeros(problem.dimension(), context);
        Memories {
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
            tapes: vec![Tape::default(); experiment.method.program().kept_draws],
            sources: Memory::new(problem, context),
            scratch: Scratch::for_problem(problem, context),
        }
    }

    /// ∇f where the newest estimate was asked for.
    pub(super) fn called(&self) -> &[S] {
        if self.called_is_point { &self.at_point } else { &self.called }
    }

    /// ∇f(x), known from here on.
    pub(super) fn know_gradient(&mut self, problem: &dyn Evaluate<S>, x: &[S], context: S::Context) {
        if !self.fresh {
            self.renew();
            problem.gradient_in(x, &mut self.at_point, context, &mut self.scratch);
            self.fresh = true;
        }
    }

    /// Before `at_point` is overwritten: what an estimate was told stays.
    pub(super) fn renew(&mut self) {
        if self.called_is_point {
            std::mem::swap(&mut self.at_point, &mut self.called);
            self.called_is_point = false;
        }
    }
}
