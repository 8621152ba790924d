//! Expectations over the whole run by anytime-valid tests on independent replicates.

use rayon::prelude::*;

use self::claim::{Known, Minimum, SampledClaim};
use self::rounding::{Extremes, Rounding};
use crate::inference::{
    BernsteinLimits, Decision, Evidence, InferenceError, MeanTest, MinimumTest, TailClass, Verdict,
};
use crate::method::{Recorded, Runner, Table};
use crate::number::{Interval, Lanes, Mp};
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator, RandomIndex};
use crate::verify::approximating::approximation::Approximation;
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome, Remainder, Sampling, Unsettled, Worst};

mod claim;
mod rounding;
mod start;

pub use rounding::PrecisionCheck;
pub(crate) use start::start_table;

/// A statistical cell.
pub(crate) struct Statistical<'a> {
    instance: &'a Instance<'a>,
    key: &'a StreamKey,
    judging: Judging<'a>,
    quantities: &'a [Recorded],
    claims: Vec<SampledClaim>,
    random_range: Option<std::ops::Range<i64>>,
}

/// One replicate: for each claim, the linear sample and those of a minimum's body.
type Sample = Vec<(f64, Vec<f64>)>;

/// What one generator's replicates say: the test, and what was found of their rounding where a decision
/// rests on them.
struct Tested {
    progress: Progress,
    rounding: Option<Rounding>,
}

impl<'a> Statistical<'a> {
    pub fn new(
        instance: &'a Instance<'a>,
        key: &'a StreamKey,
        judging: Judging<'a>,
        quantities: &'a [Recorded],
    ) -> Result<Self, CheckFailure> {
        Statistical::against(instance, key, judging, quantities, None)
    }

    /// The same cell with the left-hand sides of its claims tested against the `given` right-hand sides,
    /// one for each claim, in place of the claims' own.
    pub fn against(
        instance: &'a Instance<'a>,
        key: &'a StreamKey,
        judging: Judging<'a>,
        quantities: &'a [Recorded],
        given: Option<&[Interval]>,
    ) -> Result<Self, CheckFailure> {
        let known = Known::new(instance, quantities)?;
        let claims = (0..instance.statement.claims.len())
            .map(|position| known.claim(position, given.map(|sides| &sides[position])))
            .collect::<Result<_, _>>()?;
        Ok(Statistical { instance, key, judging, quantities, claims, random_range: known.random_range })
    }

    /// What is proved of each claim's samples.
    pub fn tails(&self) -> Vec<TailClass> {
        self.claims.iter().map(|claim| claim.tail).collect()
    }

    /// Runs one group of `S::LANES` replicates and evaluates all claims on it.
    fn values<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        generators: Vec<R>,
        environment: &Environment<S>,
        runner: &mut Runner<'_, S>,
    ) -> Result<Vec<(S, Vec<S>)>, EvaluationError> {
        let context = environment.context;
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
        let mut table = Table::new(self.quantities, &instance.method, context);
        runner.run(&mut random, &mut table, &mut |_| {});
        let values = self.claims.iter().map(|claim| {
            let mut evaluator = Evaluator::on(environment, &table, &index);
            let linear = evaluator.term(&claim.linear)?;
            let mut bodies = Vec::new();
            if let Some(Minimum { range, body, .. }) = &claim.minimum {
                for k in range.clone() {
                    evaluator.set_index(k);
                    bodies.push(evaluator.term(body)?);
                }
            }
            Ok((linear, bodies))
        });
        values.collect()
    }

    /// The same as one sample for each lane.
    fn sample<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        generators: Vec<R>,
        environment: &Environment<S>,
        runner: &mut Runner<'_, S>,
    ) -> Result<Vec<Sample>, EvaluationError> {
        let values = self.values(generators, environment, runner)?;
        let of_lane = |lane: usize| {
            let of =
                |(linear, bodies): &(S, Vec<S>)| (linear.lane(lane), bodies.iter().map(|b| b.lane(lane)).collect());
            values.iter().map(of).collect()
        };
        Ok((0..S::LANES).map(of_lane).collect())
    }

    /// Groups of replicates in order, run in parallel.
    fn groups<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        first: u64,
        count: u64,
        environment: &Environment<S>,
        stream: impl Fn(u64) -> R + Sync,
    ) -> Result<Vec<Sample>, CheckFailure> {
        let lanes = S::LANES as u64;
        let groups: Result<Vec<Vec<Sample>>, EvaluationError> = (0..count.div_ceil(lanes))
            .into_par_iter()
            .map_init(
                || self.instance.experiment().runner::<S>(environment.context),
                |runner, group| {
                    let base = first + group * lanes;
                    let generators = (0..lanes).map(|lane| stream(base + lane)).collect();
                    self.sample(generators, environment, runner)
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
            // What lanes choose need not be the same.
            None if self.instance.method.program().chooses() => {
                self.groups(first, count, &self.instance.environment::<f64>(()), stream)
            }
            None => self.groups(first, count, &self.instance.environment::<Lanes>(()), stream),
            Some(bits) => self.groups(first, count, &self.instance.environment::<Mp>(bits), stream),
        }
    }

    /// Sample means of the left-hand sides against the right-hand sides, with so many standard errors of doubt.
    pub fn approximations(&self, count: u64, standard_errors: f64) -> Result<Vec<Approximation>, CheckFailure> {
        let samples = self.batch(0, count, |replicate| self.key.stream(replicate))?;
        let claims = self.claims.iter().enumerate().filter(|(_, claim)| claim.minimum.is_none());
        let approximations = claims.map(|(c, claim)| {
            let values = samples.iter().map(|sample| sample[c].0);
            let n = samples.len() as f64;
            let mean = values.clone().sum::<f64>() / n;
            let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            Approximation {
                claim: c,
                k: self.instance.horizon as i64,
                horizon: self.instance.horizon,
                replicate: 0,
                row: 0,
                lhs: mean,
                rhs: claim.rhs[1],
                scale: mean.abs() + claim.rhs[1].abs(),
                rounding: 0.0,
                sampling: standard_errors * (variance / n).sqrt(),
            }
        });
        Ok(approximations
            .filter(|approximation| approximation.sampling.is_finite() && approximation.rhs.is_finite())
            .collect())
    }

    pub fn check(&self) -> Result<Outcome, CheckFailure> {
        let evidence = self.evidence();
        let first = self.tested(|replicate| self.key.stream(replicate))?;
        let refuted = first.progress.verdict() == Verdict::Violated;
        // An unrelated generator must find the same before it is reported.
        let second = refuted.then(|| self.tested(|replicate| self.key.second_stream(replicate))).transpose()?;
        let confirmed = second.as_ref().map(|second| second.progress.verdict() == Verdict::Violated);
        let roundings: Vec<&Rounding> =
            [Some(&first), second.as_ref()].into_iter().flatten().filter_map(|run| run.rounding.as_ref()).collect();
        let doubt = roundings.iter().find_map(|rounding| rounding.doubt.clone());
        let doubt = doubt.or_else(|| {
            let claim = first.progress.claims.iter().position(ClaimProgress::refuted)?;
            (confirmed == Some(false)).then(|| (claim, "a second generator does not confirm the violation".to_owned()))
        });
        // What the proved range shows does not rest on samples.
        let doubt = doubt.filter(|_| evidence != Evidence::Range);
        let verdict = if doubt.is_some() { Verdict::Inconclusive } else { first.progress.verdict() };
        let doubt = doubt.or_else(|| first.progress.undecided().filter(|_| verdict == Verdict::Inconclusive));
        let precision_check = roundings.iter().map(|rounding| rounding.check.clone()).reduce(|a, b| a.and(&b));
        let (worst, sampling) = self.described(&first.progress);
        Ok(Outcome {
            verdict,
            evidence,
            comparisons: self.claims.len() as u64,
            worst,
            sampling: sampling.map(|sampling| Sampling { confirmed, precision_check, ..sampling }),
            remainder: Remainder {
                open: doubt.map(|(claim, cause)| self.unsettled(claim, cause)),
                ..Remainder::default()
            },
            counterexample: None,
        })
    }

    fn evidence(&self) -> Evidence {
        if self.claims.iter().all(SampledClaim::holds_by_range) {
            Evidence::Range
        } else {
            Evidence::Statistical { delta: self.judging.error_budget.share() }
        }
    }

    fn unsettled(&self, claim: usize, cause: String) -> Unsettled {
        let horizon = self.instance.horizon;
        Unsettled { claim, k: horizon as i64, horizon, count: 1, cause }
    }

    /// The claim with the largest ratio, and what was measured of it.
    fn described(&self, progress: &Progress) -> (Option<Worst>, Option<Sampling>) {
        let mut worst: Option<Worst> = None;
        for (c, (claim, progress)) in self.claims.iter().zip(&progress.claims).enumerate() {
            let (mean, rhs) = (progress.test.mean(), claim.rhs[0]);
            let ratio = (mean >= 0.0 && rhs > 0.0).then_some(mean / rhs);
            let magnitude = mean.abs() + rhs.abs();
            let slack = (magnitude > 0.0).then_some((rhs - mean) / magnitude);
            if worst.as_ref().is_none_or(|w| ratio > w.ratio) {
                let lhs = progress.limits.as_ref().map_or([mean, mean], BernsteinLimits::limits);
                let horizon = self.instance.horizon;
                let k = horizon as i64;
                worst = Some(Worst { claim: c, k, horizon, lhs, rhs: claim.rhs, ratio, slack, relation: None });
            }
        }
        let shown = worst.as_ref().map_or(0, |w| w.claim);
        let sampling = progress.claims.get(shown).map(|shown_progress| {
            let test = &shown_progress.test;
            Sampling {
                replicates: test.count(),
                mean: test.mean(),
                standard_deviation: Some(test.variance().sqrt()).filter(|s| s.is_finite()),
                log_e_values: test.best_log_e_values(),
                upper_bound: match self.claims[shown].tail {
                    TailClass::Bounded { upper, .. } => Some(upper),
                    _ => None,
                },
                confirmed: None,
                precision_check: None,
            }
        });
        (worst, sampling)
    }

    /// Tests all claims on one family of streams, and looks at the rounding of what the decision rests on.
    fn tested<R: rand::Rng>(&self, stream: impl Fn(u64) -> R + Sync) -> Result<Tested, CheckFailure> {
        let progress = self.test(&stream)?;
        let rounding = self.rounding(&progress, &stream)?;
        if let (Some((replicate, reason)), Some(Rounding { doubt: None, .. })) = (&progress.outside, &rounding) {
            // Exact arithmetic agrees with the sample: what was proved of its range is wrong.
            return Err(CheckFailure::BadSample { replicate: *replicate, reason: reason.clone() });
        }
        Ok(Tested { progress, rounding })
    }

    /// Whether the verdict of the test rests on the samples of the claim.
    fn rests_on(&self, progress: &Progress, claim: usize) -> bool {
        let by_range = self.claims[claim].holds_by_range();
        match progress.verdict() {
            _ if progress.outside.is_some() => true,
            Verdict::Violated => progress.claims[claim].refuted(),
            Verdict::Inconclusive => false,
            _ => !by_range,
        }
    }

    /// Tests all claims on one family of streams until decided or out of budget.
    fn test<R: rand::Rng>(&self, stream: impl Fn(u64) -> R + Sync) -> Result<Progress, CheckFailure> {
        let claims = self.claims.iter().map(|claim| ClaimProgress::new(claim, self.judging.error_budget.share()));
        let claims = claims.collect::<Result<Vec<_>, _>>().map_err(|cause| failure(0, &cause))?;
        let mut progress = Progress { claims, replicates: 0, outside: None };
        let budget = self.judging.effort.replicates;
        let mut batch = 256;
        while progress.replicates < budget {
            let count = batch.min(budget - progress.replicates);
            let samples = self.batch(progress.replicates, count, &stream)?;
            for sample in samples.into_iter().take(count as usize) {
                let replicate = progress.replicates;
                progress.replicates += 1;
                match progress.observe(&self.claims, &sample, replicate) {
                    Ok(()) => {}
                    Err(cause @ InferenceError::OutOfRange { .. }) => {
                        progress.outside = Some((replicate, cause.to_string()));
                        return Ok(progress);
                    }
                    Err(cause) => return Err(failure(replicate, &cause)),
                }
            }
            if progress.claims.iter().all(ClaimProgress::decided) || progress.claims.iter().any(ClaimProgress::refuted)
            {
                break;
            }
            batch = (batch * 2).min(8192);
        }
        Ok(progress)
    }
}

fn failure(replicate: u64, cause: &InferenceError) -> CheckFailure {
    match cause {
        InferenceError::NotFinite(_) => CheckFailure::NotFiniteSample { replicate },
        other => CheckFailure::BadSample { replicate, reason: other.to_string() },
    }
}

struct ClaimProgress {
    test: MeanTest,
    minimum: Option<MinimumTest>,
    limits: Option<BernsteinLimits>,
    /// Of the linear samples, and of a minimum's bodies.
    extremes: Vec<Extremes>,
}

impl ClaimProgress {
    fn new(claim: &SampledClaim, share: f64) -> Result<Self, InferenceError> {
        let (against, tail) = if claim.holds_by_range() { (claim.rhs, claim.tail) } else { claim.tested };
        let test = MeanTest::new(tail, against, share)?;
        let minimum = claim.minimum.as_ref().map(|Minimum { range, lower, .. }| {
            let count = usize::try_from(range.end - range.start).unwrap_or(0);
            MinimumTest::new(count, *lower, claim.tested.0, share)
        });
        let limits = match claim.tail {
            TailClass::Bounded { lower, upper } => Some(BernsteinLimits::new(lower, upper, share / 2.0)),
            _ => None,
        };
        let extremes = vec![Extremes::new(); if minimum.is_some() { 2 } else { 1 }];
        Ok(ClaimProgress { test, minimum: minimum.transpose()?, limits, extremes })
    }

    fn observe(
        &mut self,
        claim: &SampledClaim,
        (linear, bodies): &(f64, Vec<f64>),
        replicate: u64,
    ) -> Result<(), InferenceError> {
        let linear = claim.allowance.into_range(*linear, self.test.tail().range());
        self.test.observe(linear)?;
        self.extremes[0].observe(linear, replicate);
        if let Some(limits) = &mut self.limits {
            limits.observe(linear);
        }
        if let (Some(test), Some(Minimum { lower, .. })) = (&mut self.minimum, &claim.minimum) {
            let above = (*lower, f64::INFINITY);
            let bodies: Vec<f64> = bodies.iter().map(|body| claim.allowance.into_range(*body, above)).collect();
            test.observe(&bodies)?;
            bodies.iter().for_each(|body| self.extremes[1].observe(*body, replicate));
        }
        Ok(())
    }

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
    /// Replicates used.
    replicates: u64,
    /// The replicate of which a sample left its proved range, and how; nothing is sampled after it.
    outside: Option<(u64, String)>,
}

impl Progress {
    fn observe(&mut self, claims: &[SampledClaim], sample: &Sample, replicate: u64) -> Result<(), InferenceError> {
        self.claims
            .iter_mut()
            .zip(claims)
            .zip(sample)
            .try_for_each(|((progress, claim), sample)| progress.observe(claim, sample, replicate))
    }

    /// The first claim that the samples do not decide.
    fn undecided(&self) -> Option<(usize, String)> {
        let claim = self.claims.iter().position(|claim| !claim.decided())?;
        Some((claim, format!("{} replicates do not decide it", self.replicates)))
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::inference::{Evidence, Verdict};
    use crate::preset::Effort;
    use crate::verify::testing::{self, EFFORT};
    use crate::verify::{Cell, CheckFailure, Outcome, check_cell};

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
        check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(effort)).unwrap()
    }

    /// A claim on one problem, with nothing that decides it exactly.
    fn claimed(sides: [&str; 2], cell: serde_json::Value, effort: &Effort) -> Outcome {
        let [lhs, rhs] = sides;
        let statement = testing::statement(
            "expectation",
            &format!(
                "[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, inf)\" }}\n\
                 [claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"
            ),
        );
        check_cell(&Cell::build(&statement, testing::cell(cell)).unwrap(), testing::judging(effort)).unwrap()
    }

    fn logistic(source: serde_json::Value, step: f64, horizon: usize) -> serde_json::Value {
        json!({
            "problem": {
                "family": "logistic", "dimension": 4, "workers": 2, "share": 6, "regulariser": 0.125, "seed": 5
            },
            "oracle": [{ "source": "finite-difference", "step": step }, source],
            "parameters": { "beta": 1.0, "gamma": 0.25 }, "horizon": horizon,
        })
    }

    fn is_doubted(outcome: &Outcome) {
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{outcome:#?}");
        let cause = &outcome.remainder.open.as_ref().unwrap().cause;
        assert!(cause.contains("replicate"), "{cause}");
        assert!(outcome.sampling.as_ref().unwrap().precision_check.as_ref().unwrap().largest_difference > 0.5);
    }

    /// Noise of size 1 at 2.3·10⁹⁰ is lost in binary64 and in 256 bits alike.
    #[test]
    fn noise_that_is_lost_beside_a_huge_point_supports_nothing() {
        let cell = json!({
            "problem": { "family": "maml-cosine", "step": 0.0 }, "oracle": [{ "source": "sphere", "radius": 1.0 }],
            "parameters": { "beta": 1.0, "gamma": 1.0 }, "horizon": 1, "point": [2.3e90],
        });
        for precision in [None, Some(256)] {
            let effort = Effort { precision, ..EFFORT };
            is_doubted(&claimed(["E[norm2(grad[K])]", "0.3"], cell.clone(), &effort));
        }
    }

    /// The difference over a step of 10⁻⁸⁰ is 0 in binary64 as in 256 bits: then the method stands still.
    #[test]
    fn a_difference_that_is_lost_at_any_fixed_precision_supports_nothing() {
        let noise = json!({ "source": "sphere", "radius": 1e-3 });
        is_doubted(&claimed(["f[0] - E[f[K]]", "0.01"], logistic(noise, 1e-80, 10), &EFFORT));
    }

    #[test]
    fn a_difference_that_is_lost_at_any_fixed_precision_refutes_nothing() {
        let noise = json!({ "source": "gaussian", "size": 1e-3 });
        for precision in [None, Some(256)] {
            let effort = Effort { precision, replicates: 1000, ..EFFORT };
            is_doubted(&claimed(["E[norm2(e[0])]", "1.01*C"], logistic(noise.clone(), 1e-100, 1), &effort));
        }
    }

    #[test]
    fn a_difference_that_binary64_can_form_keeps_its_verdict() {
        let noise = || json!({ "source": "gaussian", "size": 1e-3 });
        let healthy = claimed(["E[norm2(e[0])]", "2*C"], logistic(noise(), 0.0078125, 1), &EFFORT);
        assert_eq!(healthy.verdict, Verdict::Holds, "{healthy:#?}");
        let wrong = claimed(["E[norm2(e[0])]", "C/1000"], logistic(noise(), 0.0078125, 1), &EFFORT);
        assert_eq!(wrong.verdict, Verdict::Violated, "{wrong:#?}");
    }

    #[test]
    fn a_sample_that_rounding_moves_out_of_its_proved_range_is_no_internal_error() {
        // In binary64 the first step is 0 in place of the gradient, so the error is far larger than proved.
        let outcome = claimed(["E[norm2(e[0])]", "10^-9"], logistic(sphere(), 1e-80, 1), &EFFORT);
        is_doubted(&outcome);
    }

    #[test]
    fn a_sample_with_a_drawn_index_is_enclosed_whole() {
        // In binary64 the sample is rounded to whole numbers: an enclosure of its midpoint alone hides that.
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [random]\nR = \"uniform(0..2)\"\n\
             [claim]\nlhs = \"E[(10^16 + norm2(grad[R])) - 10^16]\"\nrhs = \"1000\"\n",
        );
        let spec = testing::cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [sphere()],
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
        }));
        let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT)).unwrap();
        assert_ne!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
    }

    #[test]
    fn a_right_hand_side_that_is_not_finite_is_no_verdict() {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"exp(exp(exp(10)))\"\n",
        );
        let spec = testing::cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [sphere()],
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
        }));
        let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT));
        assert!(matches!(outcome, Err(CheckFailure::Undefined { .. })), "{outcome:?}");
    }

    #[test]
    fn a_first_estimate_whose_size_is_not_known_is_no_right_hand_side() {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"100 + E[norm2(v[-1])]\"\n",
        );
        let outcome = |oracle: serde_json::Value| {
            let spec = testing::cell(json!({
                "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": oracle, "start": "first-gradient",
                "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3,
            }));
            check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT))
        };
        assert_eq!(outcome(json!([sphere()])).unwrap().verdict, Verdict::Holds);
        let unknown = outcome(json!([{ "source": "offset", "size": 0.5 }, sphere()])).unwrap_err();
        assert!(unknown.to_string().contains("first estimate"), "{unknown}");
    }

    fn sphere() -> serde_json::Value {
        json!({ "source": "sphere", "radius": 1.0 })
    }

    #[test]
    fn a_false_bound_is_refuted_and_confirmed_by_the_second_generator() {
        let outcome = sampled("0.125", &EFFORT, sphere());
        assert_eq!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
        assert_eq!(outcome.sampling.unwrap().confirmed, Some(true));
    }

    #[test]
    fn a_true_bound_is_supported_where_the_samples_are_bounded() {
        let outcome = sampled("32", &EFFORT, sphere());
        assert_eq!(outcome.verdict, Verdict::Holds, "{outcome:#?}");
        assert!(matches!(outcome.evidence, Evidence::Statistical { .. }));
        assert!(outcome.sampling.unwrap().replicates > 0);
    }

    #[test]
    fn a_bound_above_every_run_needs_no_sample() {
        let outcome = sampled("10^9", &EFFORT, sphere());
        assert_eq!((outcome.verdict, outcome.evidence), (Verdict::Holds, Evidence::Range));
    }

    #[test]
    fn under_gaussian_noise_a_true_bound_is_supported_by_its_second_moment() {
        let outcome = sampled("4096", &EFFORT, json!({ "source": "gaussian", "size": 0.5 }));
        assert_eq!(outcome.verdict, Verdict::Holds);
    }

    #[test]
    fn under_gaussian_noise_a_true_bound_is_only_not_refuted_where_the_second_moment_says_too_little() {
        let effort = Effort { replicates: 500, ..EFFORT };
        let outcome = sampled("1", &effort, json!({ "source": "gaussian", "size": 0.5 }));
        assert_eq!(outcome.verdict, Verdict::NotRefuted);
    }

    #[test]
    fn a_false_bound_is_refuted_under_gaussian_noise_too() {
        let outcome = sampled("0.125", &EFFORT, json!({ "source": "gaussian", "size": 1.0 }));
        assert_eq!(outcome.verdict, Verdict::Violated);
    }

    #[test]
    fn a_small_budget_leaves_the_claim_open() {
        let effort = Effort { replicates: 4, ..EFFORT };
        assert_eq!(sampled("32", &effort, sphere()).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn the_outcome_does_not_depend_on_the_number_of_threads() {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let run = || sampled("32", &EFFORT, sphere());
        assert_eq!(alone.install(run), three.install(run));
    }

    #[test]
    fn whole_runs_in_high_precision_give_the_same_verdict_and_the_same_mean() {
        let effort = Effort { replicates: 512, precision: Some(200), ..EFFORT };
        let precise = sampled("0.125", &effort, sphere());
        let working = sampled("0.125", &Effort { precision: None, ..effort.clone() }, sphere());
        assert_eq!(precise.verdict, working.verdict);
        let (a, b) = (precise.sampling.unwrap(), working.sampling.unwrap());
        assert!((a.mean - b.mean).abs() < 1e-12 * b.mean, "{} against {}", a.mean, b.mean);
        // Whole runs in high precision are not compared with themselves either.
        for check in [a.precision_check.unwrap(), b.precision_check.unwrap()] {
            assert!(check.largest_difference < 1e-3 && check.replicates >= 2 * EFFORT.rerun, "{check:?}");
        }
    }
}
