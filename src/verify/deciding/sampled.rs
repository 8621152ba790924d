//! Expectations over the whole run by anytime-valid tests on independent replicates.

use rayon::prelude::*;

use self::claim::{Known, Minimum, SampledClaim};
use self::progress::{ClaimProgress, Progress, failure};
use self::rounding::Rounding;
use crate::inference::{BernsteinLimits, Evidence, InferenceError, TailClass, Verdict};
use crate::method::{Recorded, Runner, Table};
use crate::number::{Interval, Lanes, Mp};
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator, RandomIndex};
use crate::verify::approximating::approximation::Approximation;
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome, Remainder, Sampling, Unsettled, Worst};

mod claim;
mod progress;
mod rounding;
mod start;
#[cfg(test)]
mod tests;

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
