//! Expectations over the whole run without sampling: the recursion of second moments, or all equally likely
//! paths; decided by intervals, then rationals.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rayon::prelude::*;

use crate::inference::{Evidence, Verdict};
use crate::method::{Recorded, Table};
use crate::number::{Ball, Exact, Interval, Scalar};
use crate::oracle::{Enumerated, Estimable, NoRandomness};
use crate::preset::Effort;
use crate::problem::Arithmetic;
use crate::statement::Form;
use crate::statement::evaluate::{Environment, Evaluator};
use crate::verify::deciding::budget::{OperationBudget, beyond};
use crate::verify::deciding::compare_sides::{
    Enclosing, Relatable, Sides, Truth, WorstKeeper, attempt, by_interval, by_rational, equal_by_interval, screen,
};
use crate::verify::deciding::history;
use crate::verify::deciding::index_sets::{self, ClaimIndex};
use crate::verify::deciding::ladder::smallest_of_setup;
use crate::verify::deciding::moments;
use crate::verify::deciding::pathwise::{Watch, sides_at};
use crate::verify::instances::{HYPOTHESIS_BITS, Instance};
use crate::verify::{CheckFailure, Outcome, Remainder};

/// Rationals grow by some hundred bits a step, and are followed to about 2¹⁷.
const RATIONAL_HORIZON: usize = 256;
/// What a rational table costs, as intervals of that many bits.
const RATIONAL_BITS: u32 = 1 << 10;
/// Precisions in which enumerated paths are run.
const ENUMERATED_RUNGS: usize = 3;

/// So many enumerated paths may cost as much as one run.
const PATHS_A_RUN: u64 = 8;

/// Moments that are followed of each pair of coordinates.
const MOMENTS: usize = 8;

/// A way to compute the run's expectations without sampling.
#[derive(Clone, Copy)]
pub(crate) enum ExactMeans {
    /// There is nothing random.
    Deterministic,
    /// The recursion of second moments.
    Moments,
    /// All equally likely paths.
    Enumeration(u64),
}

impl ExactMeans {
    /// The cheapest one that applies, enumerating at most `limit` paths.
    pub fn find(instance: &Instance<'_>, limit: u64) -> Option<Self> {
        let model = &instance.oracle.model;
        if instance.experiment().is_deterministic() {
            Some(ExactMeans::Deterministic)
        } else if moments::applies(instance) {
            Some(ExactMeans::Moments)
        } else if model.finite {
            path_count(instance, limit).map(ExactMeans::Enumeration)
        } else {
            None
        }
    }

    /// The table of expectations in one arithmetic.
    pub fn table<S: Arithmetic + Estimable>(
        self,
        instance: &Instance<'_>,
        quantities: &[Recorded],
        context: S::Context,
    ) -> Option<Table<S>> {
        match self {
            ExactMeans::Deterministic => {
                let mut table = Table::new(quantities, &instance.method, context);
                instance.experiment().runner(context).run(&mut NoRandomness, &mut table, &mut |_| {});
                Some(table)
            }
            ExactMeans::Moments => moments::expected_table(instance, quantities, context),
            ExactMeans::Enumeration(paths) => Some(enumerated_table(instance, quantities, paths, context)),
        }
    }

    /// The same way for a shorter run.
    fn shortened(self, instance: &Instance<'_>) -> Self {
        match self {
            ExactMeans::Enumeration(paths) => ExactMeans::Enumeration(path_count(instance, paths).unwrap_or(paths)),
            other => other,
        }
    }

    /// Whether the budget pays for the first precision up to the horizon; shorter runs are judged without
    /// enumeration alone.
    pub fn fits(self, instance: &Instance<'_>, operations: u64) -> bool {
        !matches!(self, ExactMeans::Enumeration(_))
            || history::longest_forward(instance.horizon, &self.budget(instance, operations)) == instance.horizon
    }

    /// The budget of a table.
    fn budget(self, instance: &Instance<'_>, operations: u64) -> OperationBudget {
        let budget = OperationBudget::of(instance, operations);
        match self {
            ExactMeans::Deterministic => budget,
            // Second moments are those of pairs of coordinates.
            ExactMeans::Moments => budget.shared(1, instance.problem.dimension() + MOMENTS),
            // Their number is limited already.
            ExactMeans::Enumeration(paths) => budget.shared(paths.div_ceil(PATHS_A_RUN), 1),
        }
    }

    /// The precisions of intervals that are tried in turn for tables of `longest` steps, as far as the budget
    /// pays for them. Every path of an enumeration is run anew in each, so it has fewer.
    fn precisions(self, longest: usize, budget: &OperationBudget) -> Vec<u32> {
        let mut all = history::afforded_precisions(longest, budget);
        all.retain(|bits| budget.steps(*bits) >= longest);
        if matches!(self, ExactMeans::Enumeration(_)) {
            all.truncate(ENUMERATED_RUNGS);
        }
        all
    }

    fn evidence(self, bits: u32) -> Evidence {
        match self {
            ExactMeans::Deterministic => Evidence::Interval { bits },
            ExactMeans::Moments => Evidence::Moments { bits },
            ExactMeans::Enumeration(paths) => Evidence::Enumeration { paths, bits },
        }
    }
}

/// Number of equally likely paths, when it is at most `limit`.
fn path_count(instance: &Instance<'_>, limit: u64) -> Option<u64> {
    if instance.method.program().draws_by_choice() {
        return None;
    }
    let mut random = Enumerated::new(0, ());
    let mut table = Table::<f64>::new(&[], &instance.method, ());
    instance.experiment().runner(()).run(&mut random, &mut table, &mut |_| {});
    random.paths().filter(|paths| *paths <= limit)
}

fn enumerated_table<S: Arithmetic + Estimable>(
    instance: &Instance<'_>,
    quantities: &[Recorded],
    paths: u64,
    context: S::Context,
) -> Table<S> {
    let new = || Table::<S>::new(quantities, &instance.method, context);
    let zero = || {
        let mut table = new();
        table.fill(&S::zero(context));
        table
    };
    // Sums are rounded in their order; fixed chunks keep it the same for any thread count.
    const CHUNK: u64 = 64;
    let chunks: Vec<Table<S>> = (0..paths.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut runner = instance.experiment().runner(context);
            let mut sum = zero();
            for path in chunk * CHUNK..((chunk + 1) * CHUNK).min(paths) {
                let mut table = new();
                let mut random = Enumerated::new(path, context);
                // What a rational run does not reach stays undefined.
                runner.run(&mut random, &mut table, &mut |_| {});
                // Paths are equally likely only if each draws what divides their number.
                if random.paths().is_none_or(|own| !paths.is_multiple_of(own)) {
                    table.fill(&S::from_f64(f64::NAN, context));
                }
                sum.add(&mut table);
            }
            sum
        })
        .collect();
    let mut total = zero();
    for mut chunk in chunks {
        total.add(&mut chunk);
    }
    total.divide(&S::from_f64(paths as f64, context));
    total
}

/// The instance's numbers for each K, in one arithmetic.
pub(crate) struct TableEnvironments<'a, S: Scalar> {
    instance: &'a Instance<'a>,
    context: S::Context,
    made: RefCell<BTreeMap<usize, Rc<Environment<S>>>>,
}

impl<'a, S: Scalar> TableEnvironments<'a, S> {
    pub fn new(instance: &'a Instance<'a>, context: S::Context) -> Self {
        TableEnvironments { instance, context, made: RefCell::default() }
    }

    pub fn of(&self, horizon: usize) -> Rc<Environment<S>> {
        let horizon = if self.instance.depends_on_horizon() { horizon } else { self.instance.horizon };
        let mut made = self.made.borrow_mut();
        let new = || Rc::new(self.instance.environment_at(horizon, None, self.context));
        Rc::clone(made.entry(horizon).or_insert_with(new))
    }
}

/// Both sides of a claim on a table of expectations.
pub(crate) fn on_table_at<S: Scalar>(
    instance: &Instance<'_>,
    place: ClaimIndex,
    environment: &Environment<S>,
    table: &Table<S>,
    watch: Watch<'_, S>,
) -> Result<Sides<S>, CheckFailure> {
    let claim = &instance.statement.claims[place.claim];
    let average = instance.average_for(claim);
    sides_at(claim, place, Evaluator::on(environment, table, &average), watch, environment.context)
}

/// The places that are still open, and what was found of the others.
struct Decision<'a> {
    instance: &'a Instance<'a>,
    /// The largest K that intervals reach.
    longest: usize,
    keeper: WorstKeeper,
    comparisons: u64,
    open: Vec<ClaimIndex>,
    remainder: Remainder,
    violated: bool,
    /// Whether rationals decided something, and whether intervals did.
    rational: bool,
    enclosed: bool,
    /// Why a comparison has no sides in the last arithmetic.
    failure: Option<CheckFailure>,
}

/// Decides all claims for every K up to the horizon on enclosed expectations: far clear ones in balls, then
/// by intervals, with rationals tried early where the instance has them.
pub(crate) fn decide_exactly(
    instance: &Instance<'_>,
    quantities: &[Recorded],
    means: ExactMeans,
    effort: &Effort,
) -> Result<Outcome, CheckFailure> {
    let budget = means.budget(instance, effort.operations);
    let longest = history::longest_forward(instance.horizon, &budget);
    let mut decision = Decision::new(instance, longest, effort.evaluations)?;
    let reached = instance.shortened(longest);
    let mut evidence = means.evidence(f64::MANTISSA_DIGITS);
    if instance.statement.form != Form::Identity
        && instance.horizon <= budget.ball_steps()
        && let Some(table) = means.table::<Ball>(instance, quantities, ())
    {
        decision.pass(&table, instance.horizon, (), &|_, _, sides| screen(instance.statement.form, sides))?;
    }
    let mut precisions = means.precisions(longest, &budget);
    if instance.statement.form == Form::Identity && precisions.len() > 2 {
        // Most identities that are false are refuted at once, and others are accepted from the last one alone.
        precisions = vec![precisions[0], precisions[precisions.len() - 1]];
    }
    let last = precisions.last().copied();
    for (rung, bits) in precisions.into_iter().enumerate() {
        if decision.open.iter().all(|place| place.horizon > longest) {
            break;
        }
        if rung == 1 {
            decision.by_rationals(quantities, means, &budget)?;
        }
        let Some(table) = means.table::<Interval>(&reached, quantities, bits) else {
            return Err(CheckFailure::Unsuitable("the expectations have no exact value: no lower bound of f is proved, or a number of the method has none".into()));
        };
        let before = decision.open.len();
        decision.pass(&table, longest, bits, &|place, environment, sides| {
            decision_by_interval(instance, (place, Some(bits) == last), environment, &table, sides)
        })?;
        if decision.open.len() < before {
            decision.enclosed = true;
            evidence = means.evidence(bits);
        }
    }
    decision.outcome(evidence)
}

fn decision_by_interval(
    instance: &Instance<'_>,
    (place, is_last): (ClaimIndex, bool),
    environment: &Environment<Interval>,
    table: &Table<Interval>,
    sides: &Sides<Interval>,
) -> Truth {
    let form = instance.statement.form;
    let found = by_interval(form, sides);
    if found != Truth::Open || form != Form::Identity || !is_last {
        return found;
    }
    let smallest = smallest_of_setup(instance, environment);
    let watch = |x: &Interval| smallest.see(x);
    let seen = on_table_at(instance, place, environment, table, Some(&watch)).is_ok();
    if seen && equal_by_interval(sides, &smallest) { Truth::True } else { Truth::Open }
}

/// How the sides of a claim at a place compare.
type Decide<'a, S> = &'a dyn Fn(ClaimIndex, &Environment<S>, &Sides<S>) -> Truth;

impl<'a> Decision<'a> {
    fn new(instance: &'a Instance<'a>, longest: usize, evaluations: u64) -> Result<Self, CheckFailure> {
        let mut decision = Decision {
            instance,
            longest,
            keeper: WorstKeeper::default(),
            comparisons: 0,
            open: Vec::new(),
            remainder: Remainder::default(),
            violated: false,
            rational: false,
            enclosed: false,
            failure: None,
        };
        let environments = TableEnvironments::<Interval>::new(instance, HYPOTHESIS_BITS);
        for (number, claim) in instance.statement.claims.iter().enumerate() {
            let reach = (longest, instance.horizon);
            for place in index_sets::reached(instance, number, reach, evaluations, &mut decision.remainder)? {
                let admitted = !instance.depends_on_horizon() || place.horizon == instance.horizon;
                match if admitted { Ok(()) } else { instance.check_setup(&environments.of(place.horizon)) } {
                    Ok(()) => decision.open.push(place),
                    Err(reason) => decision.remainder.skip(place.unsettled(claim, reason.to_string())),
                }
            }
        }
        decision.comparisons = decision.open.len() as u64;
        if decision.open.is_empty() { Err(CheckFailure::NothingCompared) } else { Ok(decision) }
    }

    /// Decides what it can of the open places, on a table of `reach` steps.
    fn pass<S: Enclosing>(
        &mut self,
        table: &Table<S>,
        reach: usize,
        context: S::Context,
        decide: Decide<'_, S>,
    ) -> Result<(), CheckFailure> {
        let environments = TableEnvironments::new(self.instance, context);
        self.failure = None;
        for place in std::mem::take(&mut self.open) {
            if place.horizon > reach {
                self.open.push(place);
                continue;
            }
            let environment = environments.of(place.horizon);
            let sides = attempt(on_table_at(self.instance, place, &environment, table, None))?;
            let defined = sides.and_then(|sides| sides.undefined(place.claim, place.k).map_or(Ok(sides), Err));
            match defined {
                Err(failure) => {
                    self.failure.get_or_insert(failure);
                    self.open.push(place);
                }
                Ok(sides) => self.found(place, decide(place, &environment, &sides), &sides),
            }
        }
        Ok(())
    }

    fn found<S: Enclosing>(&mut self, place: ClaimIndex, found: Truth, sides: &Sides<S>) {
        if found == Truth::Open {
            self.open.push(place);
            return;
        }
        self.violated |= found == Truth::False;
        let shown = place.shown(&self.instance.statement.claims[place.claim]);
        let before = self.keeper.changes();
        let midpoint = sides.midpoint();
        self.keeper.see(place.claim, (shown, place.horizon), midpoint, found);
        if self.keeper.changes() != before {
            self.keeper.enclose(sides);
            self.keeper.relate(S::relation(self.instance.statement.form, &sides.lhs, &sides.rhs, found));
        }
    }

    fn by_rationals(
        &mut self,
        quantities: &[Recorded],
        means: ExactMeans,
        budget: &OperationBudget,
    ) -> Result<(), CheckFailure> {
        if !self.instance.problem.is_rational() || !budget.affords_exact_claims() {
            return Ok(());
        }
        // Only the steps that the open comparisons speak of: rationals grow with every step.
        let furthest = self.open.iter().map(|place| place.horizon).max().unwrap_or(0).min(RATIONAL_HORIZON);
        let furthest = furthest.min(budget.steps(RATIONAL_BITS));
        let short = self.instance.shortened(furthest);
        let Some(table) = means.shortened(&short).table::<Exact>(&short, quantities, ()) else { return Ok(()) };
        let environments = TableEnvironments::<Exact>::new(self.instance, ());
        for place in std::mem::take(&mut self.open) {
            let claim = &self.instance.statement.claims[place.claim];
            let sides = (place.horizon <= furthest)
                .then(|| attempt(on_table_at(self.instance, place, &environments.of(place.horizon), &table, None)))
                .transpose()?
                .and_then(Result::ok);
            match sides.map(|sides| (by_rational(self.instance.statement.form, &sides), sides)) {
                Some((found, sides)) if found != Truth::Open => {
                    self.rational = true;
                    self.violated |= found == Truth::False;
                    let shown = place.shown(claim);
                    let midpoint = sides.midpoint();
                    let before = self.keeper.changes();
                    self.keeper.see(place.claim, (shown, place.horizon), midpoint, found);
                    if self.keeper.changes() != before {
                        let form = self.instance.statement.form;
                        self.keeper.relate(Exact::relation(form, &sides.lhs, &sides.rhs, found));
                    }
                }
                _ => self.open.push(place),
            }
        }
        Ok(())
    }

    fn outcome(mut self, evidence: Evidence) -> Result<Outcome, CheckFailure> {
        if let (Some(failure), false) = (self.failure.take(), self.violated)
            && !self.open.is_empty()
        {
            return Err(failure);
        }
        for place in &self.open {
            let claim = &self.instance.statement.claims[place.claim];
            let cause = if place.horizon > self.longest {
                beyond(place.horizon, self.longest)
            } else {
                "neither intervals nor rationals decide".to_owned()
            };
            self.remainder.leave_open(place.unsettled(claim, cause));
        }
        let verdict = match (self.violated, self.remainder.open.is_some()) {
            (true, _) => Verdict::Violated,
            (false, true) => Verdict::Inconclusive,
            (false, false) => Verdict::Holds,
        };
        // Intervals leave more open of an identity than rationals do.
        let rational = self.rational && (!self.enclosed || self.instance.statement.form != Form::Identity);
        let evidence = if rational { Evidence::Rational } else { evidence };
        let Decision { keeper, comparisons, remainder, .. } = self;
        Ok(Outcome {
            verdict,
            evidence,
            comparisons,
            worst: keeper.into_worst(),
            sampling: None,
            remainder,
            counterexample: None,
        })
    }
}

#[cfg(test)]
mod tests;
