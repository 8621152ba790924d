//! What free sources emit along a run: vectors of binary64 that are certainly legal at the exact points of
//! that run, stored so that every arithmetic judges the same run.
//!
//! A free source may choose any vector of norm at most √(B‖∇f‖² + C). What it computes in binary64 lies
//! outside of that at half of all points, by rounding. So a vector is used as emitted only where it is
//! certainly within, or exactly on the radius; else it is aimed at a little less; and where nothing helps
//! the run ends.

use rug::Rational;

use super::run::{Drawing, Experiment, Runner, longest_rational};
use super::trace::{Followed, contributions};
use crate::number::{Exact, Interval, Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, NoRandomness, Randomness, Recorded, Replayed, StepDraws};
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
    /// A line of the step has no value.
    NoValue,
}

impl End {
    /// For a person, where `step` is the step that could not be made.
    #[must_use]
    pub fn explain(self, step: usize) -> String {
        match self {
            End::NotWithin => format!("the run ends at k = {step}: no error within the radius is certain there"),
            End::NotFinite => format!("the run left the numbers of binary64 after k = {step}"),
            End::NoValue => format!("the run ends at k = {step}: a line of the method has no value there"),
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

/// The same for a vector of binary64.
fn admits<S: Scalar>(radius: Option<&[Rational; 2]>, free: &[f64], gradient: &[S], context: S::Context) -> bool {
    let free: Vec<S> = free.iter().map(|u| S::from_f64(*u, context)).collect();
    is_within(radius, &free, gradient, context)
}

/// One step of binary64 from where `runner` is, whose free vectors are told apart.
fn propose(runner: &mut Runner<'_, f64>, random: &mut dyn Randomness<f64>) -> Option<Proposal> {
    runner.step(random, Drawing::Apart).ok()?;
    let drawn = runner.drawn();
    let computed = drawn.bias.iter().zip(drawn.noise).map(|(b, n)| b + n).collect();
    Some(Proposal { computed, free: drawn.free.to_vec() })
}

impl<'m> Experiment<'m> {
    /// Whether points define the errors: then any point that the errors admit can follow another.
    #[must_use]
    pub fn is_defined_by_points(&self) -> bool {
        if !self.method.draws_one_average() || !self.method.program().moves_alike() {
            return false;
        }
        // Two steps, as the first one may differ; the moves of later ones are the same.
        let start: Vec<f64> = self.start.to_vec();
        let Some(mut followed) = Followed::<f64>::new(self, start.clone(), ()) else { return false };
        let steps = if self.method.program().is_autonomous() { 2 } else { self.method.horizon.max(2) };
        (1..=steps).all(|step| {
            let next: Vec<f64> = start.iter().enumerate().map(|(j, x)| x + (j + step) as f64).collect();
            let reached = followed.step(&next);
            reached.is_some_and(|reached| reached.estimate.iter().all(|g| g.is_finite()))
        })
    }

    /// Runs along points of binary64, which define its errors: what is free of them is within the radius of
    /// the free sources, or the run ends.
    pub fn stored_run(&self, random: &mut dyn Randomness<f64>, legality: Legality) -> StoredRun {
        let radius = self.oracle.free_radius().filter(|_| legality == Legality::Certain);
        let mut random = Recorded::new(random);
        let mut run = StoredRun { points: vec![self.start.to_vec()], draws: Vec::new(), end: None };
        let mut runner = self.runner::<f64>(());
        let (Some(mut followed), Some(mut enclosed)) =
            (Followed::new(self, self.start.to_vec(), ()), self.enclosed(BITS[0]))
        else {
            run.end = Some(End::NotWithin);
            return run;
        };
        for k in 0..self.method.horizon {
            let (machine, registers) = followed.state();
            let (machine, registers) = (machine.clone(), registers.to_vec());
            runner.set_state(machine.clone(), &registers);
            let Some(proposal) = propose(&mut runner, &mut random) else {
                run.end = Some(End::NoValue);
                break;
            };
            let draws = random.take();
            let mut found = Err(End::NotWithin);
            for free in shortenings(&proposal.free, radius.is_some()) {
                runner.set_state(machine.clone(), &registers);
                let candidate = next_point(&mut runner, &proposal, &free);
                if candidate.iter().any(|x| !x.is_finite()) {
                    found = Err(End::NotFinite);
                } else if radius.is_none()
                    || self.implied_is_within((&run.points, &enclosed, k), &candidate, &draws, radius.as_ref())
                {
                    found = Ok(candidate);
                    break;
                }
            }
            match found {
                Ok(next) => {
                    let exact: Vec<Interval> = next.iter().map(|x| Interval::from_f64(*x, BITS[0])).collect();
                    followed.step(&next);
                    if radius.is_some() {
                        enclosed.step(&exact);
                    }
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

    /// The run along points in intervals, at its start.
    fn enclosed(&self, bits: u32) -> Option<Followed<'m, Interval>> {
        Followed::new(self, self.start.iter().map(|x| Interval::from_f64(*x, bits)).collect(), bits)
    }

    /// Whether the free part of the error that `next` after the points so far implies is legal. `enclosed` has
    /// followed these points.
    fn implied_is_within(
        &self,
        (points, enclosed, k): (&[Vec<f64>], &Followed<'m, Interval>, usize),
        next: &[f64],
        draws: &StepDraws,
        radius: Option<&[Rational; 2]>,
    ) -> bool {
        if self.is_within_after(enclosed.clone(), k, next, draws, radius) {
            return true;
        }
        let finer = self.enclosed(BITS[1]).and_then(|start| follow(start, points, BITS[1]));
        finer.is_some_and(|at| self.is_within_after(at, k, next, draws, radius))
            || (self.problem.is_rational() && {
                let start: Vec<Exact> = self.start.iter().map(|x| Exact::from_f64(*x, ())).collect();
                let exact = Followed::new(self, start, ()).and_then(|start| follow(start, points, ()));
                exact.is_some_and(|at| self.is_within_after(at, k, next, draws, radius))
            })
    }

    /// Whether the free part of the error of the step that ends in `next` is legal.
    fn is_within_after<S: Arithmetic + Estimable>(
        &self,
        mut followed: Followed<'m, S>,
        k: usize,
        next: &[f64],
        draws: &StepDraws,
        radius: Option<&[Rational; 2]>,
    ) -> bool {
        let context = followed.context();
        let next: Vec<S> = next.iter().map(|x| S::from_f64(*x, context)).collect();
        let Some(reached) = followed.step(&next) else { return false };
        let mut gradient = zeros(next.len(), context);
        let mut scratch = Scratch::for_problem(self.problem, context);
        S::view(self.problem).gradient_in(&reached.at, &mut gradient, context, &mut scratch);
        let at = (k, reached.at.as_slice(), gradient.as_slice());
        let [bias, noise, _] = contributions(self.oracle, self.problem, at, draws, context);
        let free = |j: usize| reached.estimate[j].clone().sub(&gradient[j]).sub(&bias[j]).sub(&noise[j]);
        let free: Vec<S> = (0..gradient.len()).map(free).collect();
        is_within(radius, &free, &gradient, context)
    }

    /// The vectors that binary64 has the free sources emit.
    #[must_use]
    pub fn assumed_emission(&self, random: &mut dyn Randomness<f64>) -> Emission {
        let mut emission = Emission { vectors: Vec::new(), end: None };
        let mut runner = self.runner::<f64>(());
        if runner.begin(&mut NoRandomness).is_err() {
            emission.end = Some(End::NoValue);
            return emission;
        }
        for _ in 0..self.method.horizon {
            let Some(proposal) = propose(&mut runner, random) else {
                emission.end = Some(End::NoValue);
                break;
            };
            if !proposal.free.iter().all(|x| x.is_finite()) {
                emission.end = Some(End::NotFinite);
                break;
            }
            emission.vectors.push(proposal.free);
        }
        emission
    }

    /// The vectors that the free sources emit along the run that goes forward exactly, with these draws. They
    /// are certainly legal there.
    #[must_use]
    pub fn emission(&self, random: &mut dyn Randomness<f64>, bits: u32) -> Emission {
        let radius = self.oracle.free_radius();
        let mut random = Recorded::new(random);
        let mut emission = Emission { vectors: Vec::new(), end: None };
        let mut plain = self.runner::<f64>(());
        let mut enclosed = Forward::<Interval>::new(self, bits);
        let mut exact = self.problem.is_rational().then(|| Forward::<Exact>::new(self, ())).flatten();
        for _ in 0..self.method.horizon {
            let Some(forward) = &mut enclosed else {
                emission.end = Some(End::NoValue);
                break;
            };
            let (machine, registers) = forward.runner.state();
            let middle: Vec<Vec<f64>> =
                registers.iter().map(|vector| vector.iter().map(Scalar::to_f64).collect()).collect();
            plain.set_state(machine.in_lane(0), &middle);
            let Some(proposal) = propose(&mut plain, &mut random) else {
                emission.end = Some(End::NoValue);
                break;
            };
            let draws = random.take();
            let finite = proposal.free.iter().all(|x| x.is_finite());
            let enclosing = radius.as_ref().and_then(|_| forward.gradient_at_call(&draws));
            let rational = radius.as_ref().and_then(|_| exact.as_mut()?.gradient_at_call(&draws));
            let found = shortenings(&proposal.free, radius.is_some()).find(|free| {
                radius.is_none()
                    || enclosing.as_ref().is_some_and(|gradient| admits(radius.as_ref(), free, gradient, bits))
                    || rational.as_ref().is_some_and(|gradient| admits(radius.as_ref(), free, gradient, ()))
            });
            let Some(free) = found.filter(|_| finite) else {
                emission.end = Some(if finite { End::NotWithin } else { End::NotFinite });
                break;
            };
            enclosed = enclosed.and_then(|forward| forward.advanced(&free, &draws));
            exact = exact.and_then(|forward| forward.advanced(&free, &draws));
            emission.vectors.push(free);
        }
        emission
    }

    /// What the free sources emit for an estimate at a point of binary64; `None` where nothing is legal.
    /// They are to choose by no draw. What else is drawn must be finite, and has no say.
    #[must_use]
    pub fn emitted_at(&self, x: &[f64], legality: Legality) -> Option<Vec<f64>> {
        let radius = self.oracle.free_radius();
        let free = self.free_at(x)?;
        if legality == Legality::Assumed {
            return Some(free).filter(|free| free.iter().all(|x| x.is_finite()));
        }
        let gradient_at = |bits: u32| gradient_of::<Interval>(self, x, bits);
        let gradients = BITS.map(gradient_at);
        let exact = self.problem.is_rational().then(|| gradient_of::<Exact>(self, x, ()));
        let within = |free: &Vec<f64>| {
            BITS.iter().zip(&gradients).any(|(bits, gradient)| admits(radius.as_ref(), free, gradient, *bits))
                || exact.as_ref().is_some_and(|gradient| admits(radius.as_ref(), free, gradient, ()))
        };
        shortenings(&free, radius.is_some()).filter(|free| free.iter().all(|x| x.is_finite())).find(within)
    }

    /// What the free sources choose at a point that belongs to no run, as if a run began there.
    fn free_at(&self, x: &[f64]) -> Option<Vec<f64>> {
        let mut runner = Experiment { start: x, ..*self }.runner::<f64>(());
        runner.begin(&mut NoRandomness).ok()?;
        propose(&mut runner, &mut Enumerated::new(0, ())).map(|proposal| proposal.free)
    }
}

fn gradient_of<S: Arithmetic>(experiment: &Experiment<'_>, x: &[f64], context: S::Context) -> Vec<S> {
    let x: Vec<S> = x.iter().map(|x| S::from_f64(*x, context)).collect();
    let mut gradient = zeros(x.len(), context);
    let mut scratch = Scratch::for_problem(experiment.problem, context);
    S::view(experiment.problem).gradient_in(&x, &mut gradient, context, &mut scratch);
    gradient
}

/// The run along the points after the first.
fn follow<'m, S: Arithmetic + Estimable>(
    mut followed: Followed<'m, S>,
    points: &[Vec<f64>],
    context: S::Context,
) -> Option<Followed<'m, S>> {
    for point in &points[1..] {
        followed.step(&point.iter().map(|x| S::from_f64(*x, context)).collect())?;
    }
    Some(followed)
}

/// x_{k+1} in binary64 under the free vector `free`, from where the runner is.
fn next_point(runner: &mut Runner<'_, f64>, proposal: &Proposal, free: &[f64]) -> Vec<f64> {
    match runner.step(&mut NoRandomness, Drawing::Given(&proposal.computed, free)) {
        Ok(()) => runner.state().1[0].clone(),
        Err(_) => vec![f64::NAN; free.len()],
    }
}

/// The vector as emitted, then shortened.
fn shortenings(free: &[f64], bounded: bool) -> impl Iterator<Item = Vec<f64>> {
    let factors = SHORTENED.iter().take(if bounded { SHORTENED.len() } else { 0 }).map(|j| 1.0 - 2f64.powi(-j));
    std::iter::once(1.0).chain(factors).map(|factor| free.iter().map(|u| u * factor).collect())
}

/// A run that goes forward in one arithmetic.
struct Forward<'m, S: Scalar> {
    experiment: Experiment<'m>,
    runner: Runner<'m, S>,
    context: S::Context,
}

impl<'m, S: Arithmetic + Estimable> Forward<'m, S> {
    fn new(experiment: &Experiment<'m>, context: S::Context) -> Option<Self> {
        let mut runner = experiment.runner::<S>(context);
        runner.begin(&mut NoRandomness).ok()?;
        Some(Forward { experiment: *experiment, runner, context })
    }

    /// ∇f where the next step draws its estimate.
    fn gradient_at_call(&mut self, draws: &StepDraws) -> Option<Vec<S>> {
        if let Some(known) = self.runner.gradient_at_call() {
            return Some(known.to_vec());
        }
        let mut tried = self.experiment.runner(self.context);
        let (machine, registers) = self.runner.state();
        tried.set_state(machine.clone(), registers);
        let nothing = vec![0.0; self.experiment.problem.dimension()];
        tried.step(&mut Replayed::new(draws, self.context), Drawing::Emitted(&nothing)).ok()?;
        Some(tried.drawn().gradient.to_vec())
    }

    /// After the next step with that vector; none where it has no value, or rationals get too long.
    fn advanced(mut self, free: &[f64], draws: &StepDraws) -> Option<Self> {
        let mut random = Replayed::new(draws, self.context);
        self.runner.step(&mut random, Drawing::Emitted(free)).ok()?;
        let longest = longest_rational(self.experiment.problem);
        self.runner.state().1[0].iter().all(|x| x.length() <= longest).then_some(self)
    }
}

#[cfg(test)]
mod tests;
