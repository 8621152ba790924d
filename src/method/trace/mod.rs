//! A run as a statement sees it: every quantity of it, in one arithmetic.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::run::Experiment;
use crate::number::Scalar;
use crate::oracle::{Estimable, StepDraws};
use crate::problem::Arithmetic;
use crate::statement::evaluate::EvaluationError;
use crate::statement::term::VectorSequence;

mod combination;
mod contributions;
mod distance;
mod followed;
mod forward;
mod frame;
mod known;
mod outcome;
mod quantities;
mod until;

pub(super) use contributions::contributions;
pub use distance::squared_distance;
pub(super) use followed::Followed;
pub use forward::Limit;
use frame::Frame;
pub use known::KnownTrace;
pub use outcome::OutcomeTrace;
pub use until::Until;

/// How a trajectory of stored points came about: what defines its errors, and what was drawn on the way.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// x_0, x_1, …, taken as exact numbers.
    pub points: &'a [Vec<f64>],
    /// What was drawn in each step.
    pub draws: &'a [StepDraws],
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

type Evaluated<T> = Result<T, EvaluationError>;

fn cells<T>(count: usize) -> Vec<OnceCell<T>> {
    (0..count).map(|_| OnceCell::new()).collect()
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
}
