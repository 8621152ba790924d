//! Expectations over the whole run by anytime-valid tests on independent replicates.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::glance::Glance;
use super::instance::Instance;
use super::ranges::Ranges;
use super::{CheckFailure, Judging, Outcome, Remainder, Sampling, Worst};
use crate::inference::{
    BernsteinLimits, Decision, Evidence, InferenceError, MeanTest, MinimumTest, TailClass, Verdict,
};
use crate::method::{Quantity, Start, Table, Workspace, start_error};
use crate::number::{Interval, Lanes, Mp, Scalar, norm2, zeros};
use crate::oracle::{Estimable, Stream, StreamKey, TailKind};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::Kind;
use crate::statement::evaluate::{EvaluationError, Evaluator, RandomIndex, Scope};
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Term, VectorSequence};

/// Largest difference between samples in working precision and at 256 bits on the same random bits,
/// relative to the larger of the sample and the right-hand side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PrecisionCheck {
    /// Replicates compared.
    pub replicates: u64,
    /// Largest relative difference of the left-hand sides.
    pub largest_difference: f64,
}

const RERUN_BITS: u32 = 256;
/// Samples carry rounding, so the right-hand side is moved against either decision by this share of
/// itself and of the samples' lower bound; a cell whose re-run at 256 bits differs by more than
/// half of it is not decided.
const ROUNDING_ALLOWANCE: f64 = 1e-9;

/// What one claim becomes for sampling.
struct SampledClaim {
    /// Linear in its expectations, so that one run gives one unbiased sample. For a minimum over
    /// steps this is the mean over them, which is no smaller.
    linear: Term,
    /// For a minimum over steps: its range, its body and a proved lower bound of the body.
    minimum: Option<(std::ops::Range<i64>, Term, f64)>,
    rhs: [f64; 2],
    /// What the samples are tested against, see [`ROUNDING_ALLOWANCE`].
    tested: [f64; 2],
    tail: TailClass,
}

impl SampledClaim {
    /// Whether the proved size of a sample is below the right-hand side.
    fn holds_by_range(&self) -> bool {
        self.tail.mean_is_at_most(self.rhs[0])
    }
}

/// A statistical cell.
pub(super) struct Statistical<'a> {
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
    pub fn new(
        instance: &'a Instance<'a>,
        key: &'a StreamKey,
        judging: Judging<'a>,
        quantities: &'a [Quantity],
    ) -> Result<Self, CheckFailure> {
        Statistical::against(instance, key, judging, quantities, None)
    }

    /// The same cell with the left-hand sides of its claims tested against the `given` right-hand sides,
    /// one for each claim, in place of the claims' own.
    pub fn against(
        instance: &'a Instance<'a>,
        key: &'a StreamKey,
        judging: Judging<'a>,
        quantities: &'a [Quantity],
        given: Option<&[Interval]>,
    ) -> Result<Self, CheckFailure> {
        if instance.statement.kind == Kind::Identity {
            return Err(CheckFailure::Unsuitable("an identity is never decided by sampling".into()));
        }
        let bits = RERUN_BITS;
        let scope = instance.scope::<Interval>(bits);
        let start = start_table(instance, quantities, bits);
        let Ranges { sure, in_tail } = Ranges::new(instance, quantities)
            .ok_or_else(|| CheckFailure::Unsuitable("the family proves no lower bound of f".into()))?;
        let average = instance.random_average();
        let random_range = match &average {
            RandomIndex::Average { from, to } => {
                let evaluator = Evaluator::<Interval>::without_trace(&scope);
                let (from, to) = evaluator.range(from, to)?;
                Some(from..to)
            }
            _ => None,
        };
        // One sample has one value of the random index, so its range is the hull over them.
        let single = |value: i64| RandomIndex::Average { from: Index::Literal(value), to: Index::Literal(value + 1) };
        let choices: Vec<RandomIndex> =
            random_range.clone().map_or_else(|| vec![average.clone()], |r| r.map(single).collect());
        let hull = |term: &Term, table: &Table<Interval>| -> Result<Interval, CheckFailure> {
            let mut range: Option<Interval> = None;
            for choice in &choices {
                let value = Evaluator::on(&scope, table, choice).term(term)?;
                range = Some(range.map_or(value.clone(), |hull| hull.hull(&value)));
            }
            range.ok_or_else(|| CheckFailure::Unsuitable("the random index has no value".into()))
        };
        let mut claims = Vec::new();
        for (c, claim) in instance.statement.claims.iter().enumerate() {
            if claim.quantifier.is_some() {
                return Err(CheckFailure::Unsuitable(
                    "sampled claims are about the whole run, without an index".into(),
                ));
            }
            let rhs = match given {
                Some(sides) => sides[c].clone(),
                None => Evaluator::on(&scope, &start, &average).term(&claim.rhs)?,
            };
            if !rhs.is_defined() {
                return Err(CheckFailure::Undefined { claim: c, k: 0, side: "right-hand side" });
            }
            let (linear, minimum) = match &claim.lhs {
                Term::Reduce { op: ReduceOp::Min, slot, from, to, body } => {
                    let evaluator = Evaluator::<Interval>::without_trace(&scope);
                    let (first, end) = evaluator.range(from, to)?;
                    let range = first..end;
                    let mean = Term::Reduce {
                        op: ReduceOp::Mean,
                        slot: *slot,
                        from: from.clone(),
                        to: to.clone(),
                        body: body.clone(),
                    };
                    let mut lower = f64::INFINITY;
                    for choice in &choices {
                        let mut evaluator = Evaluator::on(&scope, &sure, choice);
                        for k in range.clone() {
                            evaluator.set_index(k);
                            let least = evaluator.term(body)?.lower_f64();
                            lower = if least.is_nan() { f64::NEG_INFINITY } else { lower.min(least) };
                        }
                    }
                    if !lower.is_finite() {
                        return Err(CheckFailure::Unsuitable("no lower bound of one sample is known".into()));
                    }
                    (mean, Some((range, (**body).clone(), lower)))
                }
                other => (other.clone(), None),
            };
            let (lower, upper) = (hull(&linear, &sure)?.lower_f64(), hull(&linear, &in_tail)?.upper_f64());
            if !lower.is_finite() {
                return Err(CheckFailure::Unsuitable("no lower bound of one sample is known".into()));
            }
            let tail = match instance.oracle.model.tail.kind {
                TailKind::Sure if upper.is_finite() => TailClass::Bounded { lower, upper },
                TailKind::FourthMoment if upper.is_finite() && lower >= 0.0 => {
                    TailClass::SecondMoment { bound: (upper * upper).next_up() }
                }
                _ => TailClass::BoundedBelow { lower },
            };
            let rhs = [rhs.lower_f64(), rhs.upper_f64()];
            let allowance = ROUNDING_ALLOWANCE * (rhs[0].abs().max(rhs[1].abs()) + 2.0 * lower.abs());
            let tested = [rhs[0] - allowance, rhs[1] + allowance];
            claims.push(SampledClaim { linear, minimum, rhs, tested, tail });
        }
        Ok(Statistical { instance, key, judging, quantities, claims, random_range })
    }

    /// What is proved of each claim's samples.
    pub fn tails(&self) -> Vec<TailClass> {
        self.claims.iter().map(|claim| claim.tail).collect()
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
            if let Some((range, body, _)) = &claim.minimum {
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

    /// Sample means of the left-hand sides against the right-hand sides, with so many standard errors of doubt.
    pub fn glances(&self, count: u64, standard_errors: f64) -> Result<Vec<Glance>, CheckFailure> {
        let samples = self.batch(0, count, |replicate| self.key.stream(replicate))?;
        let claims = self.claims.iter().enumerate().filter(|(_, claim)| claim.minimum.is_none());
        let glances = claims.map(|(c, claim)| {
            let values = samples.iter().map(|sample| sample[c].0);
            let n = samples.len() as f64;
            let mean = values.clone().sum::<f64>() / n;
            let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            Glance {
                claim: c,
                k: self.instance.horizon as i64,
                replicate: 0,
                lhs: mean,
                rhs: claim.rhs[1],
                scale: mean.abs() + claim.rhs[1].abs(),
                rounding: 0.0,
                sampling: standard_errors * (variance / n).sqrt(),
            }
        });
        Ok(glances.filter(|glance| glance.sampling.is_finite() && glance.rhs.is_finite()).collect())
    }

    pub fn check(&self) -> Result<Outcome, CheckFailure> {
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
                    horizon: self.instance.horizon,
                    lhs: limits,
                    rhs: claim.rhs,
                    ratio,
                    slack,
                    relation: None,
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
        Ok(Outcome {
            verdict,
            evidence,
            comparisons: self.claims.len() as u64,
            worst,
            sampling: Some(sampling),
            remainder: Remainder::default(),
        })
    }

    /// Tests all claims on one family of streams until decided or out of budget.
    fn test<R: rand::Rng>(&self, stream: impl Fn(u64) -> R + Sync) -> Result<Progress, CheckFailure> {
        let share = self.judging.ledger.share();
        let bad = |replicate: u64| {
            move |err: InferenceError| match err {
                InferenceError::NotFinite(_) => CheckFailure::NotFiniteSample { replicate },
                other => CheckFailure::BadSample { replicate, reason: other.to_string() },
            }
        };
        let mut claims = self
            .claims
            .iter()
            .map(|claim| {
                let against = if claim.holds_by_range() { claim.rhs } else { claim.tested };
                let test = MeanTest::new(claim.tail, against, share).map_err(bad(0))?;
                let minimum = match &claim.minimum {
                    None => None,
                    Some((range, _, lower)) => {
                        let count = usize::try_from(range.end - range.start).unwrap_or(0);
                        Some(MinimumTest::new(count, *lower, claim.tested, share).map_err(bad(0))?)
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
            for (((x, bodies), (y, precise)), claim) in a.iter().zip(b).zip(&self.claims) {
                for (x, y) in std::iter::once((x, y)).chain(bodies.iter().zip(precise)) {
                    let size = x.abs().max(y.abs()).max(claim.rhs[0].abs());
                    if size > 0.0 {
                        largest = largest.max((x - y).abs() / size);
                    }
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

    /// Whether no bound of the samples is proved: then a larger budget may never show the claim.
    fn is_unbounded(&self) -> bool {
        !matches!(self.test.tail(), TailClass::Bounded { .. })
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
        } else if self.claims.iter().all(|c| c.supported() || c.is_unbounded()) {
            Verdict::NotRefuted
        } else {
            Verdict::Inconclusive
        }
    }
}

/// What is known before the first step, with expectations where the start is random: f(x_0),
/// ‖∇f(x_0)‖², E‖m_{−1}‖².
pub(super) fn start_table(instance: &Instance<'_>, quantities: &[Quantity], bits: u32) -> Table<Interval> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::inference::{Evidence, Verdict};
    use crate::preset::Effort;
    use crate::verify::{Cell, Outcome, check_cell, testing};

    /// `E[‖∇f(x_K)‖²] ≤ factor` on an instance with bounded noise that nothing decides exactly.
    fn sampled(rhs: &str, effort: &Effort, source: serde_json::Value) -> Outcome {
        let statement = testing::statement(
            "expectation",
            &format!(
                "[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, inf)\" }}\n\
                 [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"{rhs}\"\n"
            ),
        );
        let spec = testing::cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 },
            "oracle": [source],
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 20,
        }));
        check_cell(&Cell { statement: &statement, spec }, testing::judging(effort)).unwrap()
    }

    fn sphere() -> serde_json::Value {
        json!({ "source": "sphere", "radius": 1.0 })
    }

    #[test]
    fn a_false_bound_is_refuted_and_confirmed_by_the_second_generator() {
        let outcome = sampled("0.125", &testing::EFFORT, sphere());
        assert_eq!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
        assert_eq!(outcome.sampling.unwrap().confirmed, Some(true));
    }

    #[test]
    fn a_true_bound_is_supported_where_the_samples_are_bounded() {
        let outcome = sampled("32", &testing::EFFORT, sphere());
        assert_eq!(outcome.verdict, Verdict::Holds, "{outcome:#?}");
        assert!(matches!(outcome.evidence, Evidence::Statistical { .. }));
        assert!(outcome.sampling.unwrap().replicates > 0);
    }

    #[test]
    fn a_bound_above_every_run_needs_no_sample() {
        let outcome = sampled("10^9", &testing::EFFORT, sphere());
        assert_eq!((outcome.verdict, outcome.evidence), (Verdict::Holds, Evidence::Range));
    }

    #[test]
    fn under_gaussian_noise_a_true_bound_is_supported_by_its_second_moment() {
        let outcome = sampled("4096", &testing::EFFORT, json!({ "source": "gaussian", "size": 0.5 }));
        assert_eq!(outcome.verdict, Verdict::Holds);
    }

    #[test]
    fn under_gaussian_noise_a_true_bound_is_only_not_refuted_where_the_second_moment_says_too_little() {
        let effort = Effort { replicates: 500, ..testing::EFFORT };
        let outcome = sampled("1", &effort, json!({ "source": "gaussian", "size": 0.5 }));
        assert_eq!(outcome.verdict, Verdict::NotRefuted);
    }

    #[test]
    fn a_false_bound_is_refuted_under_gaussian_noise_too() {
        let outcome = sampled("0.125", &testing::EFFORT, json!({ "source": "gaussian", "size": 1.0 }));
        assert_eq!(outcome.verdict, Verdict::Violated);
    }

    #[test]
    fn a_small_budget_leaves_the_claim_open() {
        let effort = Effort { replicates: 4, ..testing::EFFORT };
        assert_eq!(sampled("32", &effort, sphere()).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn the_outcome_does_not_depend_on_the_number_of_threads() {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let run = || sampled("32", &testing::EFFORT, sphere());
        assert_eq!(alone.install(run), three.install(run));
    }

    #[test]
    fn whole_runs_in_high_precision_give_the_same_verdict_and_the_same_mean() {
        let effort = Effort { replicates: 512, precision: Some(200), ..testing::EFFORT };
        let precise = sampled("0.125", &effort, sphere());
        let working = sampled("0.125", &Effort { precision: None, ..effort.clone() }, sphere());
        assert_eq!(precise.verdict, working.verdict);
        let (a, b) = (precise.sampling.unwrap(), working.sampling.unwrap());
        assert!((a.mean - b.mean).abs() < 1e-12 * b.mean, "{} against {}", a.mean, b.mean);
        assert!(b.precision_check.unwrap().largest_difference < 1e-12);
    }
}
