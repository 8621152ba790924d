//! What free sources emit along a run: vectors of binary64 that are certainly legal at the exact points of
//! that run, stored so that every arithmetic judges the same run.
//!
//! A free source may choose any vector of norm at most √(B‖∇f‖² + C). What it computes in binary64 lies
//! outside of that at half of all points, by rounding. So a vector is used as emitted only where it is
//! certainly within, or exactly on the radius; else it is aimed at a little less; and where nothing helps
//! the run ends.

use rug::Rational;

use super::Start;
use super::run::{Experiment, longest_rational};
use super::trace::contributions;
use crate::number::{Exact, Interval, Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, Memory, Randomness, Recorded, Situation, StepDraws};
use crate::problem::{Arithmetic, Scratch};

/// 1 − 2^-j for these j is what a vector is shortened to, in this order.
const SHORTENED: [i32; 4] = [30, 20, 10, 1];
/// Precisions in which it is tried whether a vector is within its radius.
const BITS: [u32; 2] = [128, 512];

/// How sure it is that a free vector is within its radius.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legality {
    /// Certain, as verdicts need it.
    Certain,
    /// As good as binary64 has it: enough for a look.
    Assumed,
}

/// Why a run ends before its last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A free vector is not certainly within its radius, however much it is shortened.
    NotWithin,
    /// The next point is beyond binary64.
    NotFinite,
}

impl End {
    /// For a person, where `step` is the step that could not be made.
    #[must_use]
    pub fn explain(self, step: usize) -> String {
        match self {
            End::NotWithin => format!("the run ends at k = {step}: no error within the radius is certain there"),
            End::NotFinite => format!("the run left the numbers of binary64 after k = {step}"),
        }
    }
}

/// A run along points of binary64.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// x_0, x_1, …
    pub points: Vec<Vec<f64>>,
    /// What was drawn in each step.
    pub draws: Vec<StepDraws>,
    /// Why there are no more.
    pub end: Option<End>,
}

/// The vectors that free sources emit along a run that is computed forward.
#[derive(Clone, Debug, PartialEq)]
pub struct Emission {
    /// One for each step.
    pub vectors: Vec<Vec<f64>>,
    /// Why there are no more.
    pub end: Option<End>,
}

/// What one step of binary64 has before x_{k+1} is formed.
struct Proposal {
    gradient: Vec<f64>,
    /// b_k and ν_k as far as they are computed.
    computed: Vec<f64>,
    free: Vec<f64>,
}

/// Whether a vector of `free` sources is legal at a point with that gradient, for certain.
fn is_within<S: Scalar>(radius: Option<&[Rational; 2]>, free: &[S], gradient: &[S], context: S::Context) -> bool {
    let Some([relative, absolute]) = radius else { return true };
    let mut bound = norm2(gradient, context);
    bound.mul_assign(&S::from_rational(relative, context));
    bound.add_assign(&S::from_rational(absolute, context));
    norm2(free, context).certainly_le(&bound)
}

impl Experiment<'_> {
    /// What the sources give in binary64 at x_k with buffer v_{k−1}.
    fn propose(&self, k: usize, x: &[f64], buffer: &[f64], random: &mut dyn Randomness<f64>) -> Proposal {
        let problem = self.problem;
        let mut scratch = Scratch::for_problem(problem, ());
        let mut gradient = vec![0.0; x.len()];
        f64::view(problem).gradient_in(x, &mut gradient, (), &mut scratch);
        let mut worker_gradients = Vec::new();
        self.oracle.worker_gradients(problem, x, &mut worker_gradients, (), &mut scratch);
        let step = self.method.steps.get(k).copied().unwrap_or(0.0);
        let badness =
            |_: usize, candidate: &[f64]| self.next_gradient_norm(&|j| [x[j], buffer[j], gradient[j]], candidate, step);
        let situation = Situation {
            k,
            x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            buffer,
            workers: problem.workers(),
            problem: f64::view(problem),
            badness: Some(&badness),
            memory: &Memory::new(problem, ()),
        };
        let (mut bias, mut noise, mut free) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; x.len()]);
        self.oracle.draw_apart(&situation, random, [&mut bias, &mut noise, &mut free], ());
        let computed = bias.iter().zip(&noise).map(|(b, n)| b + n).collect();
        Proposal { gradient, computed, free }
    }

    /// x_{k+1} in binary64 under the free vector `free`.
    fn next_point(&self, k: usize, x: &[f64], buffer: &[f64], proposal: &Proposal, free: &[f64]) -> Vec<f64> {
        let replaces = k == 0 && self.method.start == Start::FirstGradient;
        let (beta, step) = (self.method.beta, self.method.steps[k]);
        let next = |j: usize| {
            let estimate = proposal.gradient[j] + proposal.computed[j] + free[j];
            let moved = if replaces { estimate } else { (1.0 - beta) * buffer[j] + beta * estimate };
            x[j] - step * moved
        };
        (0..x.len()).map(next).collect()
    }

    /// Runs along points of binary64, which define its errors: what is free of them is within the radius of
    /// the free sources, or the run ends.
    pub fn stored_run(&self, random: &mut dyn Randomness<f64>, legality: Legality) -> StoredRun {
        let radius = self.oracle.free_radius().filter(|_| legality == Legality::Certain);
        let mut random = Recorded::new(random);
        let mut run = StoredRun { points: vec![self.start.to_vec()], draws: Vec::new(), end: None };
        for k in 0..self.method.steps.len() {
            let x = &run.points[k];
            let buffer: Vec<f64> = match k {
                0 => vec![0.0; x.len()],
                _ => run.points[k - 1].iter().zip(x).map(|(a, b)| (a - b) / self.method.steps[k - 1]).collect(),
            };
            let proposal = self.propose(k, x, &buffer, &mut random);
            let draws = random.take();
            let candidates = shortenings(&proposal.free, radius.is_some());
            let next = candidates.map(|free| self.next_point(k, x, &buffer, &proposal, &free));
            let mut found = Err(End::NotWithin);
            for candidate in next {
                if candidate.iter().any(|x| !x.is_finite()) {
                    found = Err(End::NotFinite);
                } else if radius.is_none() || self.implied_is_within(&run.points, &candidate, &draws, radius.as_ref()) {
                    found = Ok(candidate);
                    break;
                }
            }
            match found {
                Ok(next) => {
                    run.points.push(next);
                    run.draws.push(draws);
                }
                Err(end) => {
                    run.end = Some(end);
                    break;
                }
            }
        }
        run
    }

    /// Whether the free part of the error that `next` after the points so far implies is legal.
    fn implied_is_within(
        &self,
        points: &[Vec<f64>],
        next: &[f64],
        draws: &StepDraws,
        radius: Option<&[Rational; 2]>,
    ) -> bool {
        let by_intervals = BITS.iter().any(|bits| {
            let (free, gradient) = self.implied_free::<Interval>(points, next, draws, *bits);
            is_within(radius, &free, &gradient, *bits)
        });
        by_intervals
            || (self.problem.is_rational() && {
                let (free, gradient) = self.implied_free::<Exact>(points, next, draws, ());
                is_within(radius, &free, &gradient, ())
            })
    }

    /// The free part of the error of the last step, and the gradient there.
    fn implied_free<S: Arithmetic + Estimable>(
        &self,
        points: &[Vec<f64>],
        next: &[f64],
        draws: &StepDraws,
        context: S::Context,
    ) -> (Vec<S>, Vec<S>) {
        let k = points.len() - 1;
        let exact = |x: &[f64]| -> Vec<S> { x.iter().map(|x| S::from_f64(*x, context)).collect() };
        let moved = |from: &[f64], to: &[f64], step: f64| -> Vec<S> {
            let step = S::from_f64(step, context);
            exact(from).into_iter().zip(exact(to)).map(|(a, b)| a.sub(&b).div(&step)).collect()
        };
        let buffer = moved(&points[k], next, self.method.steps[k]);
        let before = match (k, self.method.start) {
            (0, Start::Zero) => zeros(next.len(), context),
            (0, Start::FirstGradient) => buffer.clone(),
            _ => moved(&points[k - 1], &points[k], self.method.steps[k - 1]),
        };
        let x = exact(&points[k]);
        let mut gradient = zeros(x.len(), context);
        let mut scratch = Scratch::for_problem(self.problem, context);
        S::view(self.problem).gradient_in(&x, &mut gradient, context, &mut scratch);
        let [bias, noise, _] = contributions(self.oracle, self.problem, (k, &x, &gradient), draws, context);
        let beta = S::from_f64(self.method.beta, context);
        let keep = S::one(context).sub(&beta);
        let free = |j: usize| {
            let mut estimate = buffer[j].clone();
            estimate.sub_product(&before[j], &keep);
            estimate.div(&beta).sub(&gradient[j]).sub(&bias[j]).sub(&noise[j])
        };
        ((0..x.len()).map(free).collect(), gradient)
    }

    /// The vectors that binary64 has the free sources emit, where nothing is random.
    #[must_use]
    pub fn assumed_emission(&self) -> Emission {
        let mut emission = Emission { vectors: Vec::new(), end: None };
        let mut state = State::<f64>::new(self, ());
        for k in 0..self.method.steps.len() {
            let free = self.propose(k, &state.x, &state.v, &mut crate::oracle::NoRandomness).free;
            if !free.iter().all(|x| x.is_finite()) {
                emission.end = Some(End::NotFinite);
                break;
            }
            state.advance(self, k, &free);
            state = state.looked(self);
            emission.vectors.push(free);
        }
        emission
    }

    /// The vectors that the free sources emit along the run that goes forward exactly, where nothing is random.
    /// They are certainly legal there.
    #[must_use]
    pub fn emission(&self, bits: u32) -> Emission {
        let radius = self.oracle.free_radius();
        let mut emission = Emission { vectors: Vec::new(), end: None };
        let longest = longest_rational(self.problem);
        let mut enclosed = State::<Interval>::new(self, bits);
        let mut exact = self.problem.is_rational().then(|| State::<Exact>::new(self, ()));
        for k in 0..self.method.steps.len() {
            let mid = |vector: &[Interval]| -> Vec<f64> { vector.iter().map(Scalar::to_f64).collect() };
            let proposal = self.propose(k, &mid(&enclosed.x), &mid(&enclosed.v), &mut crate::oracle::NoRandomness);
            let finite = proposal.free.iter().all(|x| x.is_finite());
            let found = shortenings(&proposal.free, radius.is_some()).find(|free| {
                enclosed.admits(radius.as_ref(), free)
                    || exact.as_ref().is_some_and(|exact| exact.admits(radius.as_ref(), free))
            });
            let Some(free) = found.filter(|_| finite) else {
                emission.end = Some(if finite { End::NotWithin } else { End::NotFinite });
                break;
            };
            enclosed.advance(self, k, &free);
            exact = exact.and_then(|mut state| {
                state.advance(self, k, &free);
                let short = state.x.iter().all(|x| x.length() <= longest);
                short.then(|| state.looked(self))
            });
            enclosed = enclosed.looked(self);
            emission.vectors.push(free);
        }
        emission
    }

    /// What the free sources emit for an estimate at a point of binary64; `None` where nothing is legal.
    /// They are to choose by no draw. What else is drawn must be finite, and has no say.
    #[must_use]
    pub fn emitted_at(&self, x: &[f64], legality: Legality) -> Option<Vec<f64>> {
        let radius = self.oracle.free_radius();
        let proposal = self.propose(0, x, &vec![0.0; x.len()], &mut Enumerated::new(0, ()));
        if legality == Legality::Assumed {
            return Some(proposal.free).filter(|free| free.iter().all(|x| x.is_finite()));
        }
        let at = Experiment { start: x, ..*self };
        let states = BITS.map(|bits| State::<Interval>::new(&at, bits));
        let exact = self.problem.is_rational().then(|| State::<Exact>::new(&at, ()));
        shortenings(&proposal.free, radius.is_some()).filter(|free| free.iter().all(|x| x.is_finite())).find(|free| {
            states.iter().any(|state| state.admits(radius.as_ref(), free))
                || exact.as_ref().is_some_and(|exact| exact.admits(radius.as_ref(), free))
        })
    }
}

/// The vector as emitted, then shortened.
fn shortenings(free: &[f64], bounded: bool) -> impl Iterator<Item = Vec<f64>> {
    let factors = SHORTENED.iter().take(if bounded { SHORTENED.len() } else { 0 }).map(|j| 1.0 - 2f64.powi(-j));
    std::iter::once(1.0).chain(factors).map(|factor| free.iter().map(|u| u * factor).collect())
}

/// x_k, v_{k−1} and ∇f(x_k) of a run that goes forward in one arithmetic.
struct State<S: Scalar> {
    x: Vec<S>,
    v: Vec<S>,
    gradient: Vec<S>,
    context: S::Context,
}

impl<S: Arithmetic + Estimable> State<S> {
    fn new(experiment: &Experiment<'_>, context: S::Context) -> Self {
        let x: Vec<S> = experiment.start.iter().map(|x| S::from_f64(*x, context)).collect();
        let state = State { v: zeros(x.len(), context), gradient: zeros(x.len(), context), x, context };
        state.looked(experiment)
    }

    /// With the gradient at the point.
    fn looked(mut self, experiment: &Experiment<'_>) -> Self {
        let mut scratch = Scratch::for_problem(experiment.problem, self.context);
        S::view(experiment.problem).gradient_in(&self.x, &mut self.gradient, self.context, &mut scratch);
        self
    }

    fn admits(&self, radius: Option<&[Rational; 2]>, free: &[f64]) -> bool {
        let free: Vec<S> = free.iter().map(|u| S::from_f64(*u, self.context)).collect();
        is_within(radius, &free, &self.gradient, self.context)
    }

    fn advance(&mut self, experiment: &Experiment<'_>, k: usize, free: &[f64]) {
        let (context, method) = (self.context, experiment.method);
        let at = (k, self.x.as_slice(), self.gradient.as_slice());
        let [bias, noise, _] = contributions(experiment.oracle, experiment.problem, at, &StepDraws::default(), context);
        let replaces = k == 0 && method.start == Start::FirstGradient;
        let beta = if replaces { S::one(context) } else { S::from_f64(method.beta, context) };
        let keep = S::one(context).sub(&beta);
        let step = S::from_f64(method.steps[k], context);
        for j in 0..self.x.len() {
            let mut estimate = self.gradient[j].clone().add(&bias[j]).add(&noise[j]);
            estimate.add_f64(free[j]);
            self.v[j].mul_assign(&keep);
            self.v[j].add_product(&estimate, &beta);
            self.x[j].sub_product(&self.v[j], &step);
        }
    }
}

#[cfg(test)]
mod tests;
