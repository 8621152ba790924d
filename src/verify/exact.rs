//! Expectations over the whole run without sampling: nothing random, the recursion of second moments,
//! or all equally likely paths; decided by intervals, then rationals.

use rayon::prelude::*;

use super::instance::Instance;
use super::judge::{Comparison, Enclosing, Sides, WorstKeeper, attempt, by_interval, by_rational, screen};
use super::{CheckFailure, Outcome, Remainder, moments, places};
use crate::inference::{Evidence, Verdict};
use crate::method::{Quantity, Table, Workspace};
use crate::number::{Ball, Exact, Interval};
use crate::oracle::{Enumerated, Estimable, NoRandomness};
use crate::problem::Arithmetic;
use crate::statement::Kind;
use crate::statement::evaluate::Evaluator;

/// Precisions of exact evidence; interval widths grow along a run, so it starts high.
const EXACT_LADDER: [u32; 4] = [192, 512, 2048, 8192];
const ENUMERATION_LADDER: [u32; 2] = [128, 256];
/// Rationals grow with every step, so longer runs are not repeated in them.
const RATIONAL_HORIZON: usize = 12;

/// A way to compute the run's expectations without sampling.
#[derive(Clone, Copy)]
pub(super) enum ExactMeans {
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
        if model.deterministic {
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
        quantities: &[Quantity],
        context: S::Context,
    ) -> Option<Table<S>> {
        match self {
            ExactMeans::Deterministic => {
                let mut table = Table::new(quantities, instance.horizon, &instance.method.steps, context);
                let mut work = Workspace::new(instance.problem.as_ref(), context);
                instance.experiment().run(&mut NoRandomness, &mut table, &mut work, context, &mut |_| {});
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

    fn screened_evidence(self) -> Evidence {
        match self {
            ExactMeans::Deterministic => Evidence::Ball,
            other => other.evidence(f64::MANTISSA_DIGITS),
        }
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
    let mut random = Enumerated::new(0, ());
    let mut table = Table::<f64>::new(&[], instance.horizon, &instance.method.steps, ());
    let mut work = Workspace::<f64>::new(instance.problem.as_ref(), ());
    instance.experiment().run(&mut random, &mut table, &mut work, (), &mut |_| {});
    random.paths().filter(|paths| *paths <= limit)
}

fn enumerated_table<S: Arithmetic + Estimable>(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    paths: u64,
    context: S::Context,
) -> Table<S> {
    let new = || Table::<S>::new(quantities, instance.horizon, &instance.method.steps, context);
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
            let mut work = Workspace::new(instance.problem.as_ref(), context);
            let mut sum = zero();
            for path in chunk * CHUNK..((chunk + 1) * CHUNK).min(paths) {
                let mut table = new();
                let mut random = Enumerated::new(path, context);
                instance.experiment().run(&mut random, &mut table, &mut work, context, &mut |_| {});
                sum.add(&table);
            }
            sum
        })
        .collect();
    let mut total = zero();
    for chunk in &chunks {
        total.add(chunk);
    }
    total.divide(&S::from_f64(paths as f64, context));
    total
}

/// The places that are still open, and what was found of the others.
struct ExactDecision {
    keeper: WorstKeeper,
    comparisons: u64,
    open: Vec<(usize, i64, usize)>,
    violated: bool,
    /// Why a comparison has no sides.
    failure: Option<CheckFailure>,
}

/// Decides all claims for every K up to the horizon on enclosed expectations; where intervals stay
/// open (both sides may be equal) and the instance is rational, by rationals.
pub(super) fn decide_exactly(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    means: ExactMeans,
) -> Result<Outcome, CheckFailure> {
    let ladder: &[u32] = match means {
        ExactMeans::Enumeration(_) => &ENUMERATION_LADDER,
        _ => &EXACT_LADDER,
    };
    if let Some(outcome) = screened(instance, quantities, means)? {
        return Ok(outcome);
    }
    let mut last = None;
    for (rung, bits) in ladder.iter().enumerate() {
        let Some(table) = means.table::<Interval>(instance, quantities, *bits) else { break };
        let mut decision =
            decide_on_table(instance, &table, *bits, &|sides| by_interval(instance.statement.kind, sides))?;
        let mut evidence = means.evidence(*bits);
        // Two precisions must fail before equality is suspected.
        let furthest = decision.open.iter().map(|(_, _, horizon)| *horizon).max();
        let rational = instance.problem.is_rational() && furthest.is_some_and(|k| k <= RATIONAL_HORIZON);
        if !decision.violated && rational && rung == 1 {
            let all_open = decision.open.len() as u64 == decision.comparisons;
            decide_by_rationals(instance, quantities, means, &mut decision)?;
            // Intervals leave more open of an identity than rationals do.
            if decision.open.is_empty() && (all_open || instance.statement.kind != Kind::Identity) {
                evidence = Evidence::Rational;
            }
        }
        let verdict = match (decision.violated, decision.open.is_empty()) {
            (true, _) => Verdict::Violated,
            (false, false) => Verdict::Inconclusive,
            (false, true) => Verdict::Holds,
        };
        let comparisons = decision.comparisons;
        let outcome = Outcome {
            verdict,
            evidence,
            comparisons,
            worst: decision.keeper.into_worst(),
            sampling: None,
            remainder: Remainder::default(),
        };
        if verdict != Verdict::Inconclusive {
            return Ok(outcome);
        }
        last = Some(decision.failure.map_or(Ok(outcome), Err));
    }
    last.unwrap_or_else(|| Err(CheckFailure::Unsuitable("the family proves no lower bound of f".into())))
}

/// Decides in `f64` with proved error bounds, where every comparison is far clear.
fn screened(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    means: ExactMeans,
) -> Result<Option<Outcome>, CheckFailure> {
    if instance.statement.kind == Kind::Identity {
        return Ok(None);
    }
    let Some(table) = means.table::<Ball>(instance, quantities, ()) else { return Ok(None) };
    let decision = decide_on_table(instance, &table, (), &|sides| screen(instance.statement.kind, sides))?;
    Ok(decision.open.is_empty().then(|| Outcome {
        verdict: Verdict::Holds,
        evidence: means.screened_evidence(),
        comparisons: decision.comparisons,
        worst: decision.keeper.into_worst(),
        sampling: None,
        remainder: Remainder::default(),
    }))
}

/// How the sides of a claim at an index compare.
type Decide<'a, S> = &'a dyn Fn(&Sides<S>) -> Comparison;

fn decide_on_table<S: Enclosing>(
    instance: &Instance<'_>,
    table: &Table<S>,
    context: S::Context,
    decide: Decide<'_, S>,
) -> Result<ExactDecision, CheckFailure> {
    let statement = instance.statement;
    let average = instance.random_average();
    let scope = instance.scope::<S>(context);
    let mut decision = ExactDecision {
        keeper: WorstKeeper::default(),
        comparisons: 0,
        open: Vec::new(),
        violated: false,
        failure: None,
    };
    for (c, claim) in statement.claims.iter().enumerate() {
        for (k, horizon) in places::of_whole_run(instance, claim, &scope)? {
            let mut evaluator = Evaluator::on(&scope, table, &average);
            evaluator.set_index(k);
            evaluator.set_horizon(horizon);
            let sides = attempt(Sides::evaluate(claim, &mut evaluator, context))?;
            decision.comparisons += 1;
            let defined = sides.and_then(|sides| sides.undefined(c, k).map_or(Ok(sides), Err));
            let Ok(sides) = defined.map_err(|failure| decision.failure = Some(failure)) else {
                decision.open.push((c, k, horizon));
                continue;
            };
            let found = decide(&sides);
            decision.violated |= found == Comparison::False;
            if found == Comparison::Open {
                decision.open.push((c, k, horizon));
            }
            let shown = if claim.quantifier.is_some() { k } else { horizon as i64 };
            let before = decision.keeper.place();
            let midpoint = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.magnitude.to_f64());
            decision.keeper.see(c, (shown, horizon), midpoint, found);
            if decision.keeper.place() != before {
                decision.keeper.enclose(&sides);
            }
        }
    }
    if decision.comparisons == 0 { Err(CheckFailure::NothingCompared) } else { Ok(decision) }
}

fn decide_by_rationals(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    means: ExactMeans,
    decision: &mut ExactDecision,
) -> Result<(), CheckFailure> {
    // Only the steps that the open comparisons speak of: rationals grow with every step.
    let furthest = decision.open.iter().map(|(_, _, horizon)| *horizon).max().unwrap_or(0);
    let short = instance.shortened(furthest);
    let Some(table) = means.shortened(&short).table::<Exact>(&short, quantities, ()) else { return Ok(()) };
    let average = instance.random_average();
    let scope = instance.scope::<Exact>(());
    let mut still_open = Vec::new();
    for (c, k, horizon) in std::mem::take(&mut decision.open) {
        let mut evaluator = Evaluator::on(&scope, &table, &average);
        evaluator.set_index(k);
        evaluator.set_horizon(horizon);
        let sides = attempt(Sides::evaluate(&instance.statement.claims[c], &mut evaluator, ()))?;
        match sides.map_or(Comparison::Open, |sides| by_rational(instance.statement.kind, &sides)) {
            Comparison::True => {}
            Comparison::False => decision.violated = true,
            Comparison::Open => still_open.push((c, k, horizon)),
        }
    }
    decision.open = still_open;
    Ok(())
}
