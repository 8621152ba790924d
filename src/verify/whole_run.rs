//! Claims about expectations over the whole run: exactly where that is possible, else by an
//! anytime-valid test.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::judge::{Comparison, Sides, WorstKeeper, by_interval, by_rational};
use super::pathwise::indices;
use super::{CheckFailure, Judging, Outcome, Sampling, Worst, moments, ranges};
use crate::inference::{BernsteinLimits, Decision, Evidence, MeanTest, MinimumTest, TailClass, Verdict};
use crate::method::{Quantity, Start, Table, Workspace, start_error};
use crate::number::{Exact, Interval, Lanes, Mp, Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, NoRandomness, Stream, StreamKey};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::Kind;
use crate::statement::evaluate::{EvaluationError, Evaluator, RandomIndex, Scope};
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Term, VectorSequence};

/// Largest difference between samples in working precision and at 256 bits on the same random bits,
/// relative to the larger of the sample and the right-hand side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PrecisionCheck {
    /// Replicates compared.
    pub replicates: u64,
    /// Largest relative difference of the left-hand sides.
    pub largest_difference: f64,
}

/// Precisions of exact evidence; interval widths grow along a run, so it starts high.
const EXACT_LADDER: [u32; 4] = [192, 512, 2048, 8192];
const ENUMERATION_LADDER: [u32; 2] = [128, 256];
/// Rationals grow with every step, so longer runs are not repeated in them.
const RATIONAL_HORIZON: usize = 12;
const RERUN_BITS: u32 = 256;
/// Samples carry rounding, so the right-hand side is moved against either decision by this share of
/// itself and of the samples' lower bound; a cell whose re-run at 256 bits differs by more than
/// half of it is not decided.
const ROUNDING_ALLOWANCE: f64 = 1e-9;

/// Checks all claims of a whole-run statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    let quantities = Quantity::mentioned(&instance.statement.claims);
    match ExactMeans::find(instance, judging.effort.paths) {
        Some(means) => decide_exactly(instance, &quantities, means),
        None => Statistical::new(instance, key, judging, &quantities)?.check(),
    }
}

/// Whether some kind of evidence applies: what the right-hand side says of the start must be known
/// exactly, and an identity can only be shown exactly.
pub(super) fn suitable(instance: &Instance<'_>) -> bool {
    let model = &instance.oracle.model;
    let exact = model.deterministic || moments::applies(instance);
    let start_known =
        instance.method.start == Start::Zero || start_error(&instance.experiment(), ENUMERATION_LADDER[0]).is_some();
    exact || (start_known && instance.statement.kind != Kind::Identity)
}

/// A way to compute the run's expectations without sampling.
#[derive(Clone, Copy)]
enum ExactMeans {
    /// There is nothing random.
    Deterministic,
    /// The recursion of second moments.
    Moments,
    /// All equally likely paths.
    Enumeration(u64),
}

impl ExactMeans {
    /// The cheapest one that applies, enumerating at most `limit` paths.
    fn find(instance: &Instance<'_>, limit: u64) -> Option<Self> {
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
    fn table<S: Arithmetic + Estimable>(
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
    1u64.checked_shl(random.depth()).filter(|paths| *paths <= limit)
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
}

/// Decides all claims for every K up to the horizon on enclosed expectations; where intervals stay
/// open (both sides may be equal) and the instance is rational, by rationals.
fn decide_exactly(
    instance: &Instance<'_>,
    quantities: &[Quantity],
    means: ExactMeans,
) -> Result<Outcome, CheckFailure> {
    let ladder: &[u32] = match means {
        ExactMeans::Enumeration(_) => &ENUMERATION_LADDER,
        _ => &EXACT_LADDER,
    };
    let mut last = None;
    for (rung, bits) in ladder.iter().enumerate() {
        let Some(table) = means.table::<Interval>(instance, quantities, *bits) else { break };
        let mut decision = decide_on_table(instance, &table, *bits)?;
        let mut evidence = means.evidence(*bits);
        // Two precisions must fail before equality is suspected.
        let furthest = decision.open.iter().map(|(_, _, horizon)| *horizon).max();
        let rational = instance.problem.is_rational() && furthest.is_some_and(|k| k <= RATIONAL_HORIZON);
        if !decision.violated && rational && rung == 1 {
            decide_by_rationals(instance, quantities, means, &mut decision)?;
            if decision.open.is_empty() {
                evidence = Evidence::Rational;
            }
        }
        let verdict = match (decision.violated, decision.open.is_empty()) {
            (true, _) => Verdict::Violated,
            (false, false) => Verdict::Inconclusive,
            (false, true) => Verdict::Holds,
        };
        let comparisons = decision.comparisons;
        let outcome = Outcome { verdict, evidence, comparisons, worst: decision.keeper.into_worst(), sampling: None };
        if verdict != Verdict::Inconclusive {
            return Ok(outcome);
        }
        last = Some(outcome);
    }
    last.ok_or_else(|| CheckFailure::Unsuitable("the family proves no lower bound of f".into()))
}

fn decide_on_table(instance: &Instance<'_>, table: &Table<Interval>, bits: u32) -> Result<ExactDecision, CheckFailure> {
    let statement = instance.statement;
    let average = instance.random_average();
    let scope = instance.scope::<Interval>(bits);
    let mut decision =
        ExactDecision { keeper: WorstKeeper::default(), comparisons: 0, open: Vec::new(), violated: false };
    for (c, claim) in statement.claims.iter().enumerate() {
        for (k, horizon) in places(instance, c, &scope)? {
            let mut evaluator = Evaluator::on(&scope, table, &average);
            evaluator.set_index(k);
            evaluator.set_horizon(horizon);
            let sides = Sides::evaluate(claim, &mut evaluator, bits)?;
            sides.require_defined(c, k)?;
            decision.comparisons += 1;
            let found = by_interval(statement.kind, &sides);
            decision.violated |= found == Comparison::False;
            if found == Comparison::Open {
                decision.open.push((c, k, horizon));
            }
            let shown = if claim.quantifier.is_some() { k } else { horizon as i64 };
            let before = decision.keeper.place();
            let (lhs, rhs, magnitude) = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.magnitude.to_f64());
            decision.keeper.see(c, shown, lhs, rhs, magnitude, found == Comparison::False);
            if decision.keeper.place() != before {
                decision.keeper.enclose(&sides);
            }
        }
    }
    Ok(decision)
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
        let sides = Sides::evaluate(&instance.statement.claims[c], &mut evaluator, ())?;
        match by_rational(instance.statement.kind, &sides) {
            Comparison::True => {}
            Comparison::False => decision.violated = true,
            Comparison::Open => still_open.push((c, k, horizon)),
        }
    }
    decision.open = still_open;
    Ok(())
}

/// Where a claim is evaluated on a table: its own index, or every K up to the horizon.
fn places(instance: &Instance<'_>, claim: usize, scope: &Scope<Interval>) -> Result<Vec<(i64, usize)>, CheckFailure> {
    let claim = &instance.statement.claims[claim];
    Ok(match claim.quantifier {
        Some(_) => indices(claim, scope)?.map(|k| (k, instance.horizon)).collect(),
        None => (1..=instance.horizon).map(|horizon| (0, horizon)).collect(),
    })
}

/// What one claim becomes for sampling.
struct SampledClaim {
    /// Linear in its expectations, so that one run gives one unbiased sample. For a minimum over
    /// steps this is the mean over them, which is no smaller.
    linear: Term,
    /// For a minimum over steps: its range and body.
    minimum: Option<(usize, std::ops::Range<i64>, Term)>,
    rhs: [f64; 2],
    /// What the samples are tested against, see [`ROUNDING_ALLOWANCE`].
    tested: [f64; 2],
    tail: TailClass,
}

impl SampledClaim {
    /// Whether no sample can exceed the right-hand side.
    fn holds_by_range(&self) -> bool {
        matches!(self.tail, TailClass::Bounded { upper, .. } if upper <= self.rhs[0])
    }
}

/// A statistical cell.
struct Statistical<'a> {
    instance: &'a Instance<'a>,
    key: &'a StreamKey,
    judging: Judging<'a>,
    quantities: &'a [Quantity],
    claims: Vec<SampledClaim>,
    random_range: Option<std::ops::Range<i64>>,
}

/// One replicate: for each claim, the linear sample and those of a minimum's body.
type Sample = Vec<(f64, Vec<f64>)>;

impl<'a> Statistical<'a> {
    fn new(
        instance: &'a Instance<'a>,
        key: &'a StreamKey,
        judging: Judging<'a>,
        quantities: &'a [Quantity],
    ) -> Result<Self, CheckFailure> {
        let bits = RERUN_BITS;
        let scope = instance.scope::<Interval>(bits);
        let start = start_table(instance, quantities, bits);
        let ranges = ranges::range_table(instance, quantities)
            .ok_or_else(|| CheckFailure::Unsuitable("the family proves no lower bound of f".into()))?;
        let average = instance.random_average();
        let random_range = match &average {
            RandomIndex::Average { from, to } => Some(*from..*to),
            _ => None,
        };
        let mut claims = Vec::new();
        for (c, claim) in instance.statement.claims.iter().enumerate() {
            if claim.quantifier.is_some() {
                return Err(CheckFailure::Unsuitable(
                    "sampled claims are about the whole run, without an index".into(),
                ));
            }
            let rhs = Evaluator::on(&scope, &start, &average).term(&claim.rhs)?;
            if !rhs.is_defined() {
                return Err(CheckFailure::Undefined { claim: c, k: 0, side: "right-hand side" });
            }
            let (linear, minimum) = match &claim.lhs {
                Term::Reduce { op: ReduceOp::Min, slot, from, to, body } => {
                    let evaluator = Evaluator::<Interval>::without_trace(&scope);
                    let range = evaluator.index(from)?..evaluator.index(to)?;
                    let mean = Term::Reduce {
                        op: ReduceOp::Mean,
                        slot: *slot,
                        from: from.clone(),
                        to: to.clone(),
                        body: body.clone(),
                    };
                    (mean, Some((*slot, range, (**body).clone())))
                }
                other => (other.clone(), None),
            };
            // One sample has one value of the random index, so its range is the hull over them.
            let single = |value: i64| RandomIndex::Average { from: value, to: value + 1 };
            let choices = random_range.clone().map_or_else(|| vec![average.clone()], |r| r.map(single).collect());
            let mut range: Option<Interval> = None;
            for choice in &choices {
                let value = Evaluator::on(&scope, &ranges, choice).term(&linear)?;
                range = Some(range.map_or(value.clone(), |hull| hull.hull(&value)));
            }
            let range = range.ok_or_else(|| CheckFailure::Unsuitable("the random index has no value".into()))?;
            let (lower, upper) = (range.lower_f64(), range.upper_f64());
            if !lower.is_finite() {
                return Err(CheckFailure::Unsuitable("no lower bound of one sample is known".into()));
            }
            let tail =
                if upper.is_finite() { TailClass::Bounded { lower, upper } } else { TailClass::BoundedBelow { lower } };
            let rhs = [rhs.lower_f64(), rhs.upper_f64()];
            let allowance = ROUNDING_ALLOWANCE * (rhs[0].abs().max(rhs[1].abs()) + 2.0 * lower.abs());
            let tested = [rhs[0] - allowance, rhs[1] + allowance];
            claims.push(SampledClaim { linear, minimum, rhs, tested, tail });
        }
        Ok(Statistical { instance, key, judging, quantities, claims, random_range })
    }

    /// Runs one group of `S::LANES` replicates and evaluates all claims on it.
    fn sample<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        generators: Vec<R>,
        scope: &Scope<S>,
        work: &mut Workspace<S>,
    ) -> Result<Vec<Sample>, EvaluationError> {
        let context = scope.context;
        let instance = self.instance;
        let mut random = Stream::<R, S>::new(generators, context);
        // Drawn first, so that it does not depend on how much the run draws.
        let index = match &self.random_range {
            None => RandomIndex::Absent,
            Some(range) => {
                let drawn = random.indices((range.end - range.start).max(1) as u64);
                RandomIndex::Drawn(drawn.into_iter().map(|i| i + range.start).collect())
            }
        };
        let mut table = Table::new(self.quantities, instance.horizon, &instance.method.steps, context);
        instance.experiment().run(&mut random, &mut table, work, context, &mut |_| {});
        let mut samples: Vec<Sample> = vec![Vec::with_capacity(self.claims.len()); S::LANES];
        for claim in &self.claims {
            let mut evaluator = Evaluator::on(scope, &table, &index);
            let linear = evaluator.term(&claim.linear)?;
            let mut bodies = Vec::new();
            if let Some((_, range, body)) = &claim.minimum {
                for k in range.clone() {
                    evaluator.set_index(k);
                    bodies.push(evaluator.term(body)?);
                }
            }
            for (lane, sample) in samples.iter_mut().enumerate() {
                sample.push((linear.lane(lane), bodies.iter().map(|b| b.lane(lane)).collect()));
            }
        }
        Ok(samples)
    }

    /// Groups of replicates in order, run in parallel.
    fn groups<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        first: u64,
        count: u64,
        scope: &Scope<S>,
        stream: impl Fn(u64) -> R + Sync,
    ) -> Result<Vec<Sample>, CheckFailure> {
        let lanes = S::LANES as u64;
        let groups: Result<Vec<Vec<Sample>>, EvaluationError> = (0..count.div_ceil(lanes))
            .into_par_iter()
            .map_init(
                || Workspace::<S>::new(self.instance.problem.as_ref(), scope.context),
                |work, group| {
                    let base = first + group * lanes;
                    let generators = (0..lanes).map(|lane| stream(base + lane)).collect();
                    self.sample(generators, scope, work)
                },
            )
            .collect();
        Ok(groups?.into_iter().flatten().collect())
    }

    fn batch<R: rand::Rng>(
        &self,
        first: u64,
        count: u64,
        stream: impl Fn(u64) -> R + Sync,
    ) -> Result<Vec<Sample>, CheckFailure> {
        match self.judging.effort.precision {
            None => self.groups(first, count, &self.instance.scope::<Lanes>(()), stream),
            Some(bits) => self.groups(first, count, &self.instance.scope::<Mp>(bits), stream),
        }
    }

    fn check(&self) -> Result<Outcome, CheckFailure> {
        let first = self.test(|replicate| self.key.stream(replicate))?;
        let refuted = first.verdict() == Verdict::Violated;
        let confirmed = if refuted {
            // An unrelated generator must find the same before it is reported.
            let second = self.test(|replicate| self.key.second_stream(replicate))?;
            Some(second.verdict() == Verdict::Violated)
        } else {
            None
        };
        let precision_check = self.precision_check()?;
        let share = self.judging.ledger.share();
        let by_range = self.claims.iter().all(SampledClaim::holds_by_range);
        let rounded = precision_check.as_ref().is_some_and(|check| check.largest_difference > ROUNDING_ALLOWANCE / 2.0);
        let verdict =
            if confirmed == Some(false) || (rounded && !by_range) { Verdict::Inconclusive } else { first.verdict() };
        let evidence = if by_range { Evidence::Range } else { Evidence::Statistical { delta: share } };
        let mut worst: Option<Worst> = None;
        for (c, (claim, progress)) in self.claims.iter().zip(&first.claims).enumerate() {
            let (mean, rhs) = (progress.test.mean(), claim.rhs[0]);
            let ratio = (mean >= 0.0 && rhs > 0.0).then_some(mean / rhs);
            let magnitude = mean.abs() + rhs.abs();
            let slack = (magnitude > 0.0).then_some((rhs - mean) / magnitude);
            if worst.as_ref().is_none_or(|w| ratio > w.ratio) {
                let limits = progress.limits.as_ref().map_or([mean, mean], BernsteinLimits::limits);
                worst = Some(Worst {
                    claim: c,
                    k: self.instance.horizon as i64,
                    lhs: limits,
                    rhs: claim.rhs,
                    ratio,
                    slack,
                });
            }
        }
        let shown = worst.as_ref().map_or(0, |w| w.claim);
        let test = &first.claims[shown].test;
        let sampling = Sampling {
            replicates: test.count(),
            mean: test.mean(),
            standard_deviation: Some(test.variance().sqrt()).filter(|s| s.is_finite()),
            log_e_values: test.best_log_e_values(),
            upper_bound: match self.claims[shown].tail {
                TailClass::Bounded { upper, .. } => Some(upper),
                _ => None,
            },
            confirmed,
            precision_check,
        };
        Ok(Outcome { verdict, evidence, comparisons: self.claims.len() as u64, worst, sampling: Some(sampling) })
    }

    /// Tests all claims on one family of streams until decided or out of budget.
    fn test<R: rand::Rng>(&self, stream: impl Fn(u64) -> R + Sync) -> Result<Progress, CheckFailure> {
        let share = self.judging.ledger.share();
        let bad = |replicate: u64| {
            move |err: crate::inference::InferenceError| CheckFailure::BadSample { replicate, reason: err.to_string() }
        };
        let mut claims = self
            .claims
            .iter()
            .map(|claim| {
                let against = if claim.holds_by_range() { claim.rhs } else { claim.tested };
                let test = MeanTest::new(claim.tail, against, share).map_err(bad(0))?;
                let minimum = match &claim.minimum {
                    None => None,
                    Some((_, range, _)) => {
                        let count = usize::try_from(range.end - range.start).unwrap_or(0);
                        Some(MinimumTest::new(count, 0.0, claim.tested, share).map_err(bad(0))?)
                    }
                };
                let limits = match claim.tail {
                    TailClass::Bounded { lower, upper } => Some(BernsteinLimits::new(lower, upper, share / 2.0)),
                    _ => None,
                };
                Ok(ClaimProgress { test, minimum, limits })
            })
            .collect::<Result<Vec<_>, CheckFailure>>()?;
        let budget = self.judging.effort.replicates;
        let mut done = 0;
        let mut batch = 256;
        while done < budget {
            let count = batch.min(budget - done);
            let samples = self.batch(done, count, &stream)?;
            for (offset, sample) in samples.into_iter().take(count as usize).enumerate() {
                let replicate = done + offset as u64;
                for (progress, (linear, bodies)) in claims.iter_mut().zip(sample) {
                    progress.test.observe(linear).map_err(bad(replicate))?;
                    if let Some(limits) = &mut progress.limits {
                        limits.observe(linear);
                    }
                    if let Some(minimum) = &mut progress.minimum {
                        minimum.observe(&bodies).map_err(bad(replicate))?;
                    }
                }
            }
            done += count;
            if claims.iter().all(ClaimProgress::decided) || claims.iter().any(ClaimProgress::refuted) {
                break;
            }
            batch = (batch * 2).min(8192);
        }
        Ok(Progress { claims })
    }

    fn precision_check(&self) -> Result<Option<PrecisionCheck>, CheckFailure> {
        let count = self.judging.effort.rerun;
        if count == 0 {
            return Ok(None);
        }
        let stream = |replicate| self.key.stream(replicate);
        let working = self.batch(0, count, stream)?;
        let precise = self.groups(0, count, &self.instance.scope::<Mp>(RERUN_BITS), stream)?;
        let mut largest: f64 = 0.0;
        for (a, b) in working.iter().zip(&precise) {
            for (((x, _), (y, _)), claim) in a.iter().zip(b).zip(&self.claims) {
                let size = x.abs().max(y.abs()).max(claim.rhs[0].abs());
                if size > 0.0 {
                    largest = largest.max((x - y).abs() / size);
                }
            }
        }
        Ok(Some(PrecisionCheck { replicates: count, largest_difference: largest }))
    }
}

struct ClaimProgress {
    test: MeanTest,
    minimum: Option<MinimumTest>,
    limits: Option<BernsteinLimits>,
}

impl ClaimProgress {
    fn supported(&self) -> bool {
        self.test.decision() == Some(Decision::Supported)
    }

    /// The mean over steps may exceed the bound that the minimum obeys, so a minimum is refuted by
    /// its own test alone.
    fn refuted(&self) -> bool {
        match &self.minimum {
            Some(minimum) => minimum.refuted(),
            None => self.test.decision() == Some(Decision::Refuted),
        }
    }

    fn decided(&self) -> bool {
        self.supported() || self.refuted()
    }
}

struct Progress {
    claims: Vec<ClaimProgress>,
}

impl Progress {
    fn verdict(&self) -> Verdict {
        if self.claims.iter().any(ClaimProgress::refuted) {
            Verdict::Violated
        } else if self.claims.iter().all(ClaimProgress::supported) {
            Verdict::Holds
        } else if self.claims.iter().all(|c| c.supported() || !c.test.can_support()) {
            Verdict::NotRefuted
        } else {
            Verdict::Inconclusive
        }
    }
}

/// What is known before the first step, with expectations where the start is random: f(x_0),
/// ‖∇f(x_0)‖², E‖m_{−1}‖².
fn start_table(instance: &Instance<'_>, quantities: &[Quantity], bits: u32) -> Table<Interval> {
    let problem = instance.problem.as_ref();
    let x: Vec<Interval> = instance.point.iter().map(|x| Interval::from_f64(*x, bits)).collect();
    let mut scratch = Scratch::for_problem(problem, bits);
    let view = Interval::view(problem);
    let mut gradient = zeros(problem.dimension(), bits);
    view.gradient_in(&x, &mut gradient, bits, &mut scratch);
    let gradient = norm2(&gradient, bits);
    let mut table = Table::new(quantities, instance.horizon, &instance.method.steps, bits);
    table.set(Quantity::Value, 0, &view.value_in(&x, bits, &mut scratch));
    table.set(Quantity::Norm2(VectorSequence::Gradient), 0, &gradient);
    table.set(Quantity::Norm2(VectorSequence::Buffer), -1, &Interval::zero(bits));
    let deviation = match instance.method.start {
        Start::Zero => Some(gradient),
        Start::FirstGradient => start_error(&instance.experiment(), bits),
    };
    if let Some(deviation) = deviation {
        table.set(Quantity::Norm2(VectorSequence::Deviation), -1, &deviation);
    }
    table
}
