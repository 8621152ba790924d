//! The runs of a cell on which an exact claim is judged: what of them is stored, and how any arithmetic
//! sees the rest.

use std::ops::ControlFlow;

use crate::method::language::machine::Stop;
use crate::method::{Emitted, Legality, Limit, Reached, RunTrace, Stopped, Stored, StoredRun, Table};
use crate::number::{Exact, Interval};
use crate::oracle::{Estimable, NoRandomness, Randomness, StepDraws, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::verify::CheckFailure;
use crate::verify::deciding::budget::{OperationBudget, beyond};
use crate::verify::deciding::probes;
use crate::verify::instances::Instance;

/// Rounding of a forward run takes about this many bits a step.
const BITS_A_STEP: u32 = 2;
const LEAST_BITS: u32 = 128;
const MOST_BITS: u32 = 8192;
/// Precision in which it is decided what free sources emit along a run of `horizon` steps.
pub(crate) fn forward_bits(horizon: usize) -> u32 {
    LEAST_BITS.saturating_add(BITS_A_STEP.saturating_mul(u32::try_from(horizon).unwrap_or(u32::MAX))).min(MOST_BITS)
}

/// The precisions of intervals that are tried in turn for runs of `horizon` steps.
pub(crate) fn precisions(horizon: usize) -> Vec<u32> {
    let doubled = std::iter::successors(Some(forward_bits(horizon)), |bits| Some(bits * 2));
    let mut all: Vec<u32> = doubled.take_while(|bits| *bits < MOST_BITS).collect();
    all.push(MOST_BITS);
    all
}

/// The first of these, and those that the budget pays for in the claims.
pub(crate) fn afforded_precisions(horizon: usize, budget: &OperationBudget) -> Vec<u32> {
    let mut all = precisions(horizon);
    let first = all[0];
    all.retain(|bits| *bits == first || budget.affords_claims(*bits));
    all
}

/// Most steps of a run, up to `horizon`, that the budget pays for in the first precision that is tried for it.
pub(crate) fn longest_forward(horizon: usize, budget: &OperationBudget) -> usize {
    let fits = |steps: usize| budget.steps(forward_bits(steps)) >= steps;
    let (mut enough, mut too_many) = (1, horizon + 1);
    while too_many - enough > 1 {
        let middle = usize::midpoint(enough, too_many);
        if fits(middle) {
            enough = middle;
        } else {
            too_many = middle;
        }
    }
    enough
}

/// Precision in which it is decided how long a stored run may be: its vectors are compared with radii.
const STORED_BITS: u32 = 256;

/// What is stored of a run.
enum Course {
    /// Nothing: it goes forward in the arithmetic of the check, with the draws of its stream.
    Computed,
    /// What free sources emit in each step; the rest goes forward with the draws of its stream.
    Emitted(Vec<Vec<f64>>),
    /// Its points, which define the rest.
    Points(StoredRun),
}

/// One run of a cell, or for claims about the estimate a row of points.
pub(crate) struct History {
    course: Course,
    replicate: u64,
    /// K.
    pub horizon: usize,
    /// How many steps it has, at most K.
    pub steps: usize,
    /// Why it has fewer than K.
    pub end: Option<String>,
    /// Whether the budget is why.
    pub cut: bool,
    /// The first of the points of a row that repeat earlier ones.
    pub fillers: usize,
    /// What free sources emit at each point of a row; empty where there are none, or they draw.
    pub emitted: Vec<Vec<f64>>,
}

/// What is asked of the runs of a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// Most operations of one.
    pub operations: u64,
    /// How sure it is that their errors are legal.
    pub legality: Legality,
}

impl Demand {
    /// What a verdict may rest on.
    pub fn certain(operations: u64) -> Self {
        Demand { operations, legality: Legality::Certain }
    }
}

impl History {
    /// The run of a claim about trajectories: free vectors and Gaussian noise are what the stored points say.
    pub fn of_path(instance: &Instance<'_>, key: &StreamKey, replicate: u64, demand: Demand) -> Self {
        let horizon = instance.horizon;
        // Any vector at all is Gaussian noise, that of the stream too.
        let is_chosen = instance.oracle.is_free(true) && instance.method.draws_one_average();
        if !is_chosen {
            return History::forward(instance, key, replicate, demand);
        }
        if !instance.experiment().is_defined_by_points() {
            let mut random = Stream::new([key.stream(replicate)], ());
            return History::emitted(instance, &mut random, replicate, demand);
        }
        let longest = OperationBudget::of(instance, demand.operations).steps(STORED_BITS).min(horizon);
        let shortened = instance.shortened(longest);
        let run = shortened.experiment().stored_run(&mut Stream::new([key.stream(replicate)], ()), demand.legality);
        let steps = run.points.len() - 1;
        let end = run.end.map(|end| end.explain(steps));
        History { course: Course::Points(run), steps, end, ..History::computed(replicate, horizon) }.cut_at(longest)
    }

    /// Says where the budget ended it, if it did.
    fn cut_at(mut self, longest: usize) -> Self {
        if self.end.is_none() && self.steps < self.horizon {
            self.end = Some(beyond(self.horizon, longest));
            self.cut = true;
        }
        self
    }

    /// The one run of a claim about averages where nothing is random.
    pub fn of_average(instance: &Instance<'_>, key: &StreamKey, demand: Demand) -> Self {
        if !instance.oracle.is_free(false) {
            return History::forward(instance, key, 0, demand);
        }
        History::emitted(instance, &mut NoRandomness, 0, demand)
    }

    /// A run that goes forward, with what its free sources emit stored.
    fn emitted(instance: &Instance<'_>, random: &mut dyn Randomness<f64>, replicate: u64, demand: Demand) -> Self {
        let horizon = instance.horizon;
        let longest = longest_forward(horizon, &OperationBudget::of(instance, demand.operations));
        let shortened = instance.shortened(longest);
        let emission = match demand.legality {
            Legality::Certain => shortened.experiment().emission(random, forward_bits(longest)),
            Legality::Assumed => shortened.experiment().assumed_emission(random),
        };
        let steps = emission.vectors.len();
        let end = emission.end.map(|end| end.explain(steps));
        let course = Course::Emitted(emission.vectors);
        History { course, steps, end, ..History::computed(replicate, horizon) }.cut_at(longest)
    }

    /// A run that goes forward, as far as the method's lines have values.
    fn forward(instance: &Instance<'_>, key: &StreamKey, replicate: u64, demand: Demand) -> Self {
        let whole = History::computed(replicate, instance.horizon);
        if !instance.method.program().may_stop() {
            return whole;
        }
        let budget = OperationBudget::of(instance, demand.operations);
        let longest = longest_forward(instance.horizon, &budget);
        let short = instance.shortened(longest);
        let mut stopped = None;
        for bits in precisions(longest).into_iter().filter(|bits| budget.steps(*bits) >= longest) {
            stopped = stop_of::<Interval>(&short, key, replicate, bits);
            if stopped.is_none_or(|stopped| stopped.why == Stop::NoValue) {
                break;
            }
        }
        let Some(mut stopped) = stopped else { return whole };
        if stopped.why == Stop::Undecided && instance.problem.is_rational() {
            // Rationals tell what intervals cannot, such as which of equal numbers comes first.
            let Some(exact) = stop_of::<Exact>(&short, key, replicate, ()) else { return whole };
            stopped = exact;
        }
        let Stopped { step, why } = stopped;
        let certain = why == Stop::NoValue;
        let end = match certain {
            true => format!("the run ends at k = {step}: a line of the method has no value there"),
            false => format!("at k = {step} no arithmetic tells whether a line of the method has a value"),
        };
        History { steps: step, end: Some(end), cut: !certain, ..whole }
    }

    fn computed(replicate: u64, horizon: usize) -> Self {
        History {
            course: Course::Computed,
            replicate,
            horizon,
            steps: horizon,
            end: None,
            cut: false,
            fillers: usize::MAX,
            emitted: Vec::new(),
        }
    }

    /// Rows of K points each at which a claim about the estimate is judged: those of a trajectory, then, for
    /// the first one, the probes. What is missing in the last row is filled with earlier points.
    pub fn rows(
        instance: &Instance<'_>,
        key: &StreamKey,
        replicate: u64,
        legality: Legality,
    ) -> Result<Vec<Self>, CheckFailure> {
        let horizon = instance.horizon;
        let mut points = trajectory(instance, key, replicate)?;
        if replicate == 0 {
            points.extend(probes::of(instance));
        }
        let mut emitted = Vec::new();
        if instance.oracle.chooses_at_points() {
            let experiment = instance.experiment();
            let emitted_at = |x: Vec<f64>| experiment.emitted_at(&x, legality).map(|u| (x, u));
            // Where nothing is within the radius there is no estimate to speak of.
            (points, emitted) = points.into_iter().filter_map(emitted_at).unzip();
        }
        let row = |first: usize| {
            let mut numbers: Vec<usize> = (first..points.len().min(first + horizon)).collect();
            let fillers = numbers.len();
            let earlier = (0..first).rev().filter(|i| !points[first..first + fillers].contains(&points[*i]));
            numbers.extend(earlier.chain(first..first + fillers).cycle().take(horizon - fillers));
            let pick = |from: &[Vec<f64>]| numbers.iter().filter_map(|i| from.get(*i).cloned()).collect();
            let run = StoredRun { points: pick(&points), draws: Vec::<StepDraws>::new(), end: None };
            let emitted = pick(&emitted);
            History { course: Course::Points(run), fillers, emitted, ..History::computed(replicate, horizon) }
        };
        Ok((0..points.len()).step_by(horizon).map(row).collect())
    }

    /// The points of a row, or of a run that is stored; none of one that is computed.
    pub fn points(&self) -> &[Vec<f64>] {
        match &self.course {
            Course::Points(run) => &run.points,
            _ => &[],
        }
    }

    /// Whether the run goes forward in the arithmetic of the check.
    pub fn is_forward(&self) -> bool {
        !matches!(self.course, Course::Points(_))
    }

    /// The precisions of intervals that are tried in turn, each with how many steps the budget pays for.
    pub fn rungs(&self, budget: &OperationBudget) -> Vec<(u32, usize)> {
        let bits =
            afforded_precisions(if self.is_forward() { longest_forward(self.horizon, budget) } else { 0 }, budget);
        bits.into_iter().map(|bits| (bits, budget.steps(bits))).collect()
    }

    /// The run in one arithmetic, as far as the limit lets it.
    pub fn trace<'a, S: Arithmetic + Estimable>(
        &'a self,
        instance: &'a Instance<'_>,
        key: &StreamKey,
        limit: &Limit<'_>,
        context: S::Context,
    ) -> RunTrace<'a, S> {
        let experiment = instance.experiment();
        match &self.course {
            Course::Points(StoredRun { points, draws, .. }) => {
                let points = &points[..points.len().min(limit.steps.saturating_add(1))];
                RunTrace::of_points(&experiment, Stored { points, draws }, context)
            }
            Course::Emitted(vectors) if instance.experiment().is_deterministic() => {
                RunTrace::forward(&experiment, &mut NoRandomness, Some(Emitted(vectors)), limit, context)
            }
            Course::Emitted(vectors) => {
                let mut random = Stream::new([key.stream(self.replicate)], context);
                RunTrace::forward(&experiment, &mut random, Some(Emitted(vectors)), limit, context)
            }
            Course::Computed if instance.experiment().is_deterministic() => {
                RunTrace::forward(&experiment, &mut NoRandomness, None, limit, context)
            }
            Course::Computed => {
                let mut random = Stream::new([key.stream(self.replicate)], context);
                RunTrace::forward(&experiment, &mut random, None, limit, context)
            }
        }
    }
}

/// Where a run that goes forward ends before its last step.
fn stop_of<S: Arithmetic + Estimable>(
    instance: &Instance<'_>,
    key: &StreamKey,
    replicate: u64,
    context: S::Context,
) -> Option<Stopped> {
    let mut table = Table::new(&[], &instance.method, context);
    let mut random = Stream::new([key.stream(replicate)], context);
    let going_on = &mut |_: &Reached<'_, S>| ControlFlow::Continue(());
    instance.experiment().runner::<S>(context).run_while(&mut random, None, &mut table, going_on)
}

/// The points of one run in binary64, as far as they are finite.
fn trajectory(instance: &Instance<'_>, key: &StreamKey, replicate: u64) -> Result<Vec<Vec<f64>>, CheckFailure> {
    let mut points: Vec<Vec<f64>> = Vec::new();
    let mut random = Stream::new([key.stream(replicate)], ());
    let mut table = Table::new(&[], &instance.method, ());
    instance.experiment().runner::<f64>(()).run_while(&mut random, None, &mut table, &mut |reached| {
        if reached.x.iter().all(|x| x.is_finite()) {
            points.push(reached.x.to_vec());
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    if points.is_empty() { Err(CheckFailure::NotFinite { k: 0 }) } else { Ok(points) }
}

#[cfg(test)]
mod tests;
