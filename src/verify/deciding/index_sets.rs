//! Where a claim is compared: every K up to the horizon is an instance of its own, and a claim is made at
//! each value of its index there.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::number::Scalar;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator};
use crate::statement::term::{Index, Node, Term, Vector};
use crate::statement::{Claim, Subject};
use crate::verify::deciding::budget::{FEW_TERMS, beyond};
use crate::verify::instances::Instance;
use crate::verify::{Remainder, Unsettled};

/// One comparison: a claim at an index of the instance with that K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClaimIndex {
    /// Which claim, from 0.
    pub claim: usize,
    /// The claim's index; 0 where it has none.
    pub k: i64,
    /// K.
    pub horizon: usize,
}

impl ClaimIndex {
    /// The index that a report shows: K where the claim has none.
    pub fn shown(&self, claim: &Claim) -> i64 {
        if claim.quantifier.is_some() { self.k } else { self.horizon as i64 }
    }

    /// For a report.
    pub fn unsettled(&self, claim: &Claim, cause: impl Into<String>) -> Unsettled {
        Unsettled { claim: self.claim, k: self.shown(claim), horizon: self.horizon, count: 1, cause: cause.into() }
    }
}

/// The comparisons of a claim, and what of them is left out.
#[derive(Default)]
pub(crate) struct ClaimIndices {
    pub compared: Vec<ClaimIndex>,
    /// Left out because they are too many: the first of them, and how many.
    pub cut: Option<(ClaimIndex, u64)>,
    /// The same where K = horizon itself is too long.
    pub open: Option<(ClaimIndex, u64)>,
}

impl ClaimIndices {
    /// Notes what is left out.
    pub fn note_left_out(&self, claim: &Claim, remainder: &mut Remainder) {
        let left_out = |(place, count): &(ClaimIndex, u64)| Unsettled {
            count: *count,
            ..place.unsettled(claim, "there are more quantities of the run to read than the budget allows")
        };
        self.cut.iter().for_each(|cut| remainder.leave_out(left_out(cut)));
        self.open.iter().for_each(|open| remainder.leave_open(left_out(open)));
    }
}

/// The comparisons of the claim of that number for every K up to `longest`, which runs of every arithmetic reach,
/// and for K = `steps`, which some may reach alone; what is left out is noted.
pub(crate) fn reached(
    instance: &Instance<'_>,
    number: usize,
    (longest, steps): (usize, usize),
    budget: u64,
    remainder: &mut Remainder,
) -> Result<Vec<ClaimIndex>, EvaluationError> {
    let claim = &instance.statement.claims[number];
    let environment = instance.environment::<f64>(());
    let places = of(instance, number, &environment, longest, budget)?;
    places.note_left_out(claim, remainder);
    let mut compared = places.compared;
    if longest < steps {
        let mut whole = of(instance, number, &environment, steps, budget)?;
        compared.extend(whole.compared.drain(..).filter(|place| place.horizon == steps));
        // K = horizon is never cut, only open.
        ClaimIndices { open: whole.open, ..ClaimIndices::default() }.note_left_out(claim, remainder);
        let between = ClaimIndex { claim: number, k: 0, horizon: longest + 1 };
        let count = (steps - longest - 1) as u64;
        if count > 0 {
            remainder.leave_out(Unsettled { count, ..between.unsettled(claim, beyond(steps, longest)) });
        }
    }
    Ok(compared)
}

/// The indices at which a claim is made for one K; one, which it ignores, where it has none of its own.
pub(crate) fn indices<S: Scalar>(
    claim: &Claim,
    environment: &Environment<S>,
    horizon: usize,
) -> Result<Range<i64>, EvaluationError> {
    let Some(quantifier) = &claim.quantifier else { return Ok(0..1) };
    let mut evaluator = Evaluator::without_trace(environment);
    evaluator.set_horizon(horizon);
    let (from, to) = evaluator.range(&quantifier.from, &quantifier.to)?;
    Ok(from..to)
}

/// The comparisons of the claim of that number for every K up to `longest`, as far as `budget` evaluations of
/// the run's quantities go; for claims about the estimate K is the horizon and nothing else.
pub(crate) fn of<S: Scalar>(
    instance: &Instance<'_>,
    number: usize,
    environment: &Environment<S>,
    longest: usize,
    budget: u64,
) -> Result<ClaimIndices, EvaluationError> {
    let claim = &instance.statement.claims[number];
    if instance.statement.subject == Subject::Estimate {
        let compared = indices(claim, environment, longest)?.map(|k| ClaimIndex { claim: number, k, horizon: longest });
        return Ok(ClaimIndices { compared: compared.collect(), ..ClaimIndices::default() });
    }
    let random_is_of_horizon = instance.statement.random.as_ref().is_some_and(|random| {
        claim.speaks_of_random_index() && (mentions_horizon(&random.from) || mentions_horizon(&random.to))
    });
    let speaks_of_horizon = random_is_of_horizon || claim.lhs.any(is_horizon) || claim.rhs.any(is_horizon);
    if claim.quantifier.is_some() && !speaks_of_horizon && !instance.depends_on_horizon() {
        let compared = each_index(claim, number, environment, longest)?;
        return Ok(cut_long(
            compared,
            claim.lhs.least_terms(longest as i64) + claim.rhs.least_terms(longest as i64),
            budget,
        ));
    }
    every_horizon(instance, claim, number, environment, longest, budget)
}

/// As many of the comparisons, one at least, as the budget pays for where each evaluates long sums.
fn cut_long(mut compared: Vec<ClaimIndex>, terms: u64, budget: u64) -> ClaimIndices {
    let most =
        if terms > FEW_TERMS { usize::try_from(budget / terms).unwrap_or(usize::MAX).max(1) } else { usize::MAX };
    let cut = compared.get(most).map(|first| (*first, (compared.len() - most) as u64));
    compared.truncate(most);
    ClaimIndices { compared, cut, ..ClaimIndices::default() }
}

fn is_horizon(node: Node<'_>) -> bool {
    matches!(node, Node::Index(Index::Horizon))
}

/// Every index that some K gives, once, with the largest such K.
fn each_index<S: Scalar>(
    claim: &Claim,
    number: usize,
    environment: &Environment<S>,
    longest: usize,
) -> Result<Vec<ClaimIndex>, EvaluationError> {
    let fixed = claim.quantifier.as_ref().is_some_and(|q| !mentions_horizon(&q.from) && !mentions_horizon(&q.to));
    let shortest = if fixed { longest } else { 1 };
    let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
    let mut covered: Option<Range<i64>> = None;
    for horizon in (shortest..=longest).rev() {
        let range = match indices(claim, environment, horizon) {
            Ok(range) => range,
            Err(failure) if horizon == longest => return Err(failure),
            Err(_) => continue,
        };
        if covered.as_ref().is_some_and(|c| range.is_empty() || (c.start <= range.start && range.end <= c.end)) {
            continue;
        }
        range.clone().for_each(|k| {
            seen.entry(k).or_insert(horizon);
        });
        covered.get_or_insert(range);
    }
    Ok(seen.into_iter().map(|(k, horizon)| ClaimIndex { claim: number, k, horizon }).collect())
}

fn mentions_horizon(index: &Index) -> bool {
    match index {
        Index::Horizon => true,
        Index::Add(a, b) | Index::Sub(a, b) | Index::Mul(a, b) => mentions_horizon(a) || mentions_horizon(b),
        _ => false,
    }
}

/// What it costs to have the constants, ranges and hypotheses of another K, in quantities read.
const SETUP: u64 = 256;

/// Every index of every K. The first and the last K come first, then the powers of two, then the others from
/// below, until the budget is spent.
fn every_horizon<S: Scalar>(
    instance: &Instance<'_>,
    claim: &Claim,
    number: usize,
    environment: &Environment<S>,
    longest: usize,
    budget: u64,
) -> Result<ClaimIndices, EvaluationError> {
    let mut places = ClaimIndices::default();
    let mut left = budget;
    let powers = std::iter::successors(Some(2usize), |p| p.checked_mul(2)).take_while(|p| *p < longest);
    let early = [1, longest].into_iter().take(longest.min(2)).chain(powers);
    let rest = (1..longest).filter(|horizon| !horizon.is_power_of_two());
    // The run of a method that reads K is that of one K.
    let is_meant = |horizon: &usize| !instance.method.reads_horizon() || *horizon == instance.horizon;
    for horizon in early.chain(rest).filter(is_meant) {
        let range = match indices(claim, environment, horizon) {
            Ok(range) if random_index_exists(instance, claim, horizon, environment)? => range,
            Err(failure) if horizon == longest => return Err(failure),
            _ => continue,
        };
        let mut work = Work { evaluator: Evaluator::without_trace(environment) };
        work.evaluator.set_horizon(horizon);
        work.evaluator.set_index(range.end - 1);
        let reads = work.of_claim(claim).saturating_mul(u64::try_from(range.end - range.start).unwrap_or(0));
        let cost = if instance.depends_on_horizon() { reads.saturating_add(SETUP) } else { reads };
        let place = |k| ClaimIndex { claim: number, k, horizon };
        if cost <= left {
            left -= cost;
            places.compared.extend(range.map(place));
        } else if !range.is_empty() {
            let count = range.end.abs_diff(range.start);
            let list = if horizon == longest || horizon == 1 { &mut places.open } else { &mut places.cut };
            list.get_or_insert((place(range.start), 0)).1 += count;
        }
    }
    places.compared.sort_by_key(|place| (place.horizon, place.k));
    Ok(places)
}

/// How many quantities of the run an evaluation reads, about.
struct Work<'a, S: Scalar> {
    evaluator: Evaluator<'a, S>,
}

impl<S: Scalar> Work<'_, S> {
    fn of_claim(&mut self, claim: &Claim) -> u64 {
        self.of_term(&claim.lhs).saturating_add(self.of_term(&claim.rhs))
    }

    fn of_range(&mut self, slot: usize, from: &Index, to: &Index, body: &mut dyn FnMut(&mut Self) -> u64) -> u64 {
        let Ok((from, to)) = self.evaluator.range(from, to) else { return 1 };
        self.evaluator.set_slot(slot, to - 1);
        let length = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        length.saturating_mul(body(self)).max(1)
    }

    fn of_term(&mut self, term: &Term) -> u64 {
        match term {
            Term::Reduce { slot, from, to, body, .. } => self.of_range(*slot, from, to, &mut |work| work.of_term(body)),
            Term::Norm2(a) | Term::Norm(a) | Term::Norm1(a) | Term::ValueAt(a) => self.of_vector(a),
            Term::Dot(a, b) => self.of_vector(a).saturating_add(self.of_vector(b)),
            Term::Negate(a) | Term::Apply(_, a) | Term::PowInt(a, _) | Term::Expectation { body: a, .. } => {
                self.of_term(a)
            }
            Term::Add(a, b)
            | Term::Sub(a, b)
            | Term::Mul(a, b)
            | Term::Div(a, b)
            | Term::PowReal(a, b)
            | Term::Min(a, b)
            | Term::Max(a, b)
            | Term::If(_, a, b) => self.of_term(a).saturating_add(self.of_term(b)),
            _ => 1,
        }
    }

    fn of_vector(&mut self, vector: &Vector) -> u64 {
        match vector {
            Vector::Element(..) | Vector::WorkerGradient(..) | Vector::WorkerElement(..) | Vector::Minimiser => 1,
            Vector::GradientAt(_, a) => self.of_vector(a).saturating_add(1),
            Vector::Negate(a) | Vector::Expectation(a) => self.of_vector(a),
            Vector::Add(a, b) | Vector::Sub(a, b) => self.of_vector(a).saturating_add(self.of_vector(b)),
            Vector::Scale(factor, a) | Vector::Clip(factor, a) => {
                self.of_term(factor).saturating_add(self.of_vector(a))
            }
            Vector::Reduce { slot, from, to, body, .. } => {
                self.of_range(*slot, from, to, &mut |work| work.of_vector(body))
            }
        }
    }
}

/// Whether a run of K steps has every value of the random index, where the claim speaks of it.
fn random_index_exists<S: Scalar>(
    instance: &Instance<'_>,
    claim: &Claim,
    horizon: usize,
    environment: &Environment<S>,
) -> Result<bool, EvaluationError> {
    let Some(random) = instance.statement.random.as_ref().filter(|_| claim.speaks_of_random_index()) else {
        return Ok(true);
    };
    let mut evaluator = Evaluator::without_trace(environment);
    evaluator.set_horizon(horizon);
    let (from, to) = (evaluator.index(&random.from)?, evaluator.index(&random.to)?);
    Ok(from < to && to <= horizon as i64 + 1)
}

/// Which claims are compared at least once on the instance. One whose range has no value counts: its
/// check says what is wrong.
pub(crate) fn compared(instance: &Instance<'_>) -> Vec<bool> {
    let environment = instance.environment::<f64>(());
    (0..instance.statement.claims.len())
        .map(|number| {
            of(instance, number, &environment, instance.horizon, u64::MAX)
                .map_or(true, |places| !places.compared.is_empty())
        })
        .collect()
}

#[cfg(test)]
mod tests;
