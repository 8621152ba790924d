//! Whether the samples of a test are what exact arithmetic gives: some of its replicates are run again in
//! outward-rounded intervals on the same random bits.
//!
//! Two roundings that agree are no evidence: a number lost in binary64 may be lost at any precision that is
//! chosen beforehand. So precision rises until the enclosure itself is narrow.

use std::sync::OnceLock;

use rand::{Rng, RngExt};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Interval, Lanes, Mp};
use crate::oracle::Estimable;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, EvaluationError};
use crate::verify::CheckFailure;
use crate::verify::deciding::sampled::{Progress, Statistical};

/// Samples carry rounding, so the right-hand side is moved against either decision by this share of
/// itself and of the samples' lower bound.
const SHARE: f64 = 1e-9;
/// An enclosure this many times narrower than what rounding may do to its sample has settled the matter.
const NARROW: f64 = 4.0;

const MOST_BITS: u32 = 8192;
const FEWEST_BITS: u32 = 128;
/// Most steps of a run times bits of its precision.
const MOST_WORK: usize = 1 << 22;

/// Replicates that are run again side by side before any more are looked at.
const SIDE_BY_SIDE: usize = 8;
/// The number of the stream that chooses replicates; no replicate has it.
const CHOICE: u64 = u64::MAX;

/// How far the samples of a claim may be from exact ones.
///
/// If every sample X' is within half(X) = max(α, η(X − a))/2 of an exact X ≥ a, with η = 10⁻⁹ and
/// α = η(|R| + 2|a|) ≥ η(R − a), then E X ≤ R implies E X' ≤ R + α, and E X ≥ R implies E X' ≥ R − α.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allowance {
    absolute: f64,
    lower: f64,
}

impl Allowance {
    /// For a right-hand side between two ends, and samples that are nowhere below `lower`.
    pub fn new(rhs: [f64; 2], lower: f64) -> Self {
        Allowance { absolute: SHARE * (rhs[0].abs().max(rhs[1].abs()) + 2.0 * lower.abs()), lower }
    }

    /// The right-hand side's ends, each moved outward; by a little more, as these sums are rounded as well.
    pub fn around(&self, rhs: [f64; 2]) -> [f64; 2] {
        let moved = 1.001 * self.absolute;
        [rhs[0] - moved, rhs[1] + moved]
    }

    /// What rounded samples have in place of the bound `upper` of (E X²)^½, where 0 ≤ a.
    pub fn above(&self, upper: f64) -> f64 {
        upper * (1.0 + SHARE) + self.absolute
    }

    /// How far the sample may be from an exact one that is at least `least`.
    fn half(&self, least: f64) -> f64 {
        0.5 * self.absolute.max(SHARE * (least - self.lower))
    }

    /// The sample, or the end of its proved range that it left by no more than rounding may move it: that is
    /// no further from the exact one.
    pub fn into_range(self, sample: f64, (lower, upper): (f64, f64)) -> f64 {
        let slack = 0.5 * self.absolute;
        if sample < lower && sample >= lower - slack {
            lower
        } else if sample > upper && sample <= upper + slack {
            upper
        } else {
            sample
        }
    }
}

/// Replicates of a sampled cell that were run again in outward-rounded intervals on the same random bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PrecisionCheck {
    /// How many.
    pub replicates: u64,
    /// The most bits that one of them needed.
    pub bits: u32,
    /// The largest distance of a sample from an end of its enclosure, as a share of what the test allows for:
    /// its range is moved by the whole of it, and at most half counts as agreement.
    pub largest_difference: f64,
}

impl PrecisionCheck {
    pub(super) fn and(self, other: &PrecisionCheck) -> Self {
        PrecisionCheck {
            replicates: self.replicates + other.replicates,
            bits: self.bits.max(other.bits),
            largest_difference: self.largest_difference.max(other.largest_difference),
        }
    }
}

/// What was found of a test's samples.
pub(super) struct Rounding {
    pub check: PrecisionCheck,
    /// Why the samples are not to be relied on: the claim, from 0, and the cause.
    pub doubt: Option<(usize, String)>,
}

/// The replicates with the smallest and the largest of some numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    least: (f64, u64),
    largest: (f64, u64),
}

impl Extremes {
    pub fn new() -> Self {
        Extremes { least: (f64::INFINITY, 0), largest: (f64::NEG_INFINITY, 0) }
    }

    pub fn observe(&mut self, sample: f64, replicate: u64) {
        if sample < self.least.0 {
            self.least = (sample, replicate);
        }
        if sample > self.largest.0 {
            self.largest = (sample, replicate);
        }
    }

    fn replicates(&self) -> [u64; 2] {
        [self.least.1, self.largest.1]
    }
}

/// What one replicate's enclosures say of its samples at one precision.
enum SampleComparison {
    /// All are within half of the allowance; the largest distance, as a share of the allowance.
    Within(f64),
    /// One is not, for certain.
    Beyond { claim: usize, share: f64, cause: String },
    /// One enclosure is too wide.
    Open { claim: usize },
}

/// Precisions with the instance's numbers in each, made where they are needed.
struct Rungs(Vec<(u32, OnceLock<Environment<Interval>>)>);

impl Rungs {
    fn new(horizon: usize) -> Self {
        let most = u32::try_from(MOST_WORK / horizon.max(1)).unwrap_or(MOST_BITS).clamp(FEWEST_BITS, MOST_BITS);
        let first = u32::try_from(2 * horizon).unwrap_or(MOST_BITS).saturating_add(FEWEST_BITS).min(most);
        let next = |bits: &u32| (*bits < most).then(|| bits.saturating_mul(2).min(most));
        Rungs(std::iter::successors(Some(first), next).map(|bits| (bits, OnceLock::new())).collect())
    }
}

impl Statistical<'_> {
    /// Runs a share of the test's replicates again, `None` where no decision rests on them. The claims whose
    /// samples are compared are those that the verdict rests on.
    pub(super) fn rounding<R: rand::Rng>(
        &self,
        progress: &Progress,
        stream: impl Fn(u64) -> R + Sync,
    ) -> Result<Option<Rounding>, CheckFailure> {
        let claims: Vec<usize> = (0..self.claims.len()).filter(|c| self.rests_on(progress, *c)).collect();
        if claims.is_empty() {
            return Ok(None);
        }
        let chosen = match progress.outside {
            Some((replicate, _)) => vec![replicate],
            None => self.chosen(progress),
        };
        let rungs = Rungs::new(self.instance.horizon);
        let check = PrecisionCheck { replicates: 0, bits: 0, largest_difference: 0.0 };
        let mut found = Rounding { check, doubt: None };
        for together in chosen.chunks(SIDE_BY_SIDE) {
            let compared: Result<Vec<(u32, SampleComparison)>, CheckFailure> =
                together.par_iter().map(|replicate| self.compared(*replicate, &claims, &rungs, &stream)).collect();
            for (replicate, (bits, comparison)) in together.iter().zip(compared?) {
                found.see(*replicate, bits, comparison);
            }
            if found.doubt.is_some() {
                break;
            }
        }
        Ok(Some(found))
    }

    /// Replicates drawn evenly over the whole range that the test used, and those with the most extreme samples.
    fn chosen(&self, progress: &Progress) -> Vec<u64> {
        let mut chosen = spread(progress.replicates, self.judging.effort.rerun, &mut self.key.second_stream(CHOICE));
        chosen.extend(progress.claims.iter().flat_map(|claim| claim.extremes.iter().flat_map(Extremes::replicates)));
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// One replicate at rising precision.
    fn compared<R: rand::Rng>(
        &self,
        replicate: u64,
        claims: &[usize],
        rungs: &Rungs,
        stream: &(impl Fn(u64) -> R + Sync),
    ) -> Result<(u32, SampleComparison), CheckFailure> {
        let sample = match self.judging.effort.precision {
            None if self.instance.method.program().chooses() => self.sampled_again::<f64, R>(replicate, (), stream)?,
            None => self.sampled_again::<Lanes, R>(replicate, (), stream)?,
            Some(bits) => self.sampled_again::<Mp, R>(replicate, bits, stream)?,
        };
        let mut last = (0, SampleComparison::Open { claim: claims.first().copied().unwrap_or(0) });
        for (bits, environment) in &rungs.0 {
            let environment = environment.get_or_init(|| self.instance.environment(*bits));
            let mut runner = self.instance.experiment().runner(*bits);
            let comparison = match self.values::<Interval, R>(vec![stream(replicate)], environment, &mut runner) {
                Ok(exact) => self.compare(&sample, &exact, claims),
                Err(cause) if cause.is_of_arithmetic() => SampleComparison::Open { claim: claims[0] },
                Err(cause) => return Err(cause.into()),
            };
            last = (*bits, comparison);
            if !matches!(last.1, SampleComparison::Open { .. }) {
                break;
            }
        }
        Ok(last)
    }

    /// The replicate's samples as the test had them: its group of lanes, as it was formed there.
    fn sampled_again<S: Arithmetic + Estimable, R: rand::Rng>(
        &self,
        replicate: u64,
        context: S::Context,
        stream: &(impl Fn(u64) -> R + Sync),
    ) -> Result<crate::verify::deciding::sampled::Sample, EvaluationError> {
        let lane = replicate % S::LANES as u64;
        let first = replicate - lane;
        let mut runner = self.instance.experiment().runner(context);
        let generators = (0..S::LANES as u64).map(|lane| stream(first + lane)).collect();
        let mut group = self.sample::<S, R>(generators, &self.instance.environment::<S>(context), &mut runner)?;
        Ok(group.swap_remove(lane as usize))
    }

    fn compare(
        &self,
        sample: &crate::verify::deciding::sampled::Sample,
        exact: &[(Interval, Vec<Interval>)],
        claims: &[usize],
    ) -> SampleComparison {
        let mut largest: f64 = 0.0;
        for claim in claims.iter().copied() {
            let ((linear, bodies), (exact, exact_bodies)) = (&sample[claim], &exact[claim]);
            for (x, exact) in std::iter::once((linear, exact)).chain(bodies.iter().zip(exact_bodies)) {
                match distance(*x, exact, self.claims[claim].allowance) {
                    Some((share, _)) if share <= 0.5 => largest = largest.max(share),
                    Some((share, true)) => {
                        let [low, high] = [exact.lower_f64(), exact.upper_f64()];
                        return SampleComparison::Beyond {
                            claim,
                            share,
                            cause: format!("{x:e} and not in [{low:e}, {high:e}]"),
                        };
                    }
                    _ => return SampleComparison::Open { claim },
                }
            }
        }
        SampleComparison::Within(largest)
    }
}

/// One of each of `count` parts, alike in length, of the numbers below `used`.
fn spread(used: u64, count: u64, random: &mut impl Rng) -> Vec<u64> {
    let count = count.min(used);
    let end = |part: u64| (u128::from(used) * u128::from(part) / u128::from(count)) as u64;
    (0..count).map(|part| random.random_range(end(part)..end(part + 1))).collect()
}

/// The sample's distance from the further end of its enclosure, as a share of the allowance, and whether the
/// enclosure is narrow against that. `None` where an end is not known.
fn distance(sample: f64, exact: &Interval, allowance: Allowance) -> Option<(f64, bool)> {
    let (low, high) = (exact.lower_f64(), exact.upper_f64());
    if !low.is_finite() || !high.is_finite() {
        return None;
    }
    let (half, distance) = (allowance.half(low), (high - sample).max(sample - low));
    let share = if distance == 0.0 { 0.0 } else { 0.5 * distance / half };
    Some((share, high - low <= half / NARROW))
}

impl Rounding {
    fn see(&mut self, replicate: u64, bits: u32, comparison: SampleComparison) {
        self.check.replicates += 1;
        self.check.bits = self.check.bits.max(bits);
        let (claim, share, cause) = match comparison {
            SampleComparison::Within(share) => {
                self.check.largest_difference = self.check.largest_difference.max(share);
                return;
            }
            SampleComparison::Beyond { claim, share, cause } => (claim, share, format!("is rounded to {cause}")),
            SampleComparison::Open { claim } => {
                (claim, f64::MAX, format!("is not enclosed narrowly enough by intervals of {bits} bits"))
            }
        };
        self.check.largest_difference = self.check.largest_difference.max(share);
        self.doubt.get_or_insert_with(|| (claim, format!("the sample of replicate {replicate} {cause}")));
    }
}

#[cfg(test)]
mod tests {
    use crate::number::Scalar;
    use crate::oracle::StreamKey;
    use crate::verify::deciding::sampled::rounding::*;

    #[test]
    fn precision_rises_from_what_a_run_loses_to_the_budget() {
        let bits = |horizon| Rungs::new(horizon).0.iter().map(|(bits, _)| *bits).collect::<Vec<_>>();
        assert_eq!(bits(1), [130, 260, 520, 1040, 2080, 4160, 8192]);
        assert_eq!(bits(1000), [2128, 4194]);
        assert_eq!(bits(100_000), [128]);
    }

    #[test]
    fn replicates_are_chosen_over_the_whole_range() {
        let key = StreamKey::new(1, "spread", "");
        for (used, count) in [(60_000, 16), (400_000, 32), (256, 16), (5, 16), (7, 7), (0, 16)] {
            let chosen = spread(used, count, &mut key.second_stream(CHOICE));
            assert_eq!(chosen.len() as u64, count.min(used));
            for (part, replicate) in chosen.iter().enumerate() {
                let at = |part: u64| used * part / count.min(used);
                assert!((at(part as u64)..at(part as u64 + 1)).contains(replicate), "{replicate} of {used}");
            }
        }
    }

    #[test]
    fn a_wide_enclosure_says_nothing_and_a_narrow_one_decides() {
        let allowance = Allowance::new([1.0, 1.0], 0.0);
        let between = |low: f64, high: f64| {
            let exact = |x: f64| Interval::from_f64(x, 128);
            exact(low).hull(&exact(high))
        };
        let compared = |sample, low, high| distance(sample, &between(low, high), allowance);
        assert!(matches!(compared(1.0, 1.0, 1.0), Some((0.0, true))));
        assert!(matches!(compared(1.0, 1.0, 1.0 + 2e-10), Some((share, _)) if share <= 0.5));
        assert!(matches!(compared(1.0, 0.0, 2.0), Some((share, false)) if share > 0.5));
        assert!(matches!(compared(1.0, 1.1, 1.1), Some((share, true)) if share > 0.5));
        // Both ends count: half of the enclosure may not be out of reach.
        assert!(matches!(compared(1.0, 1.0, 1.0 + 6e-10), Some((share, _)) if share > 0.5));
        assert_eq!(compared(1.0, 1.0, f64::INFINITY), None);
        assert_eq!(distance(1.0, &Interval::from_f64(f64::NAN, 128), allowance), None);
    }

    #[test]
    fn a_large_sample_may_be_as_far_away_as_its_own_size_allows() {
        let allowance = Allowance::new([1.0, 1.0], 0.0);
        let exact = Interval::from_f64(1e12, 128);
        assert!(matches!(distance(1e12 + 1.0, &exact, allowance), Some((share, true)) if share <= 0.5));
        assert!(matches!(distance(1e12 + 1e3, &exact, allowance), Some((share, true)) if share > 0.5));
    }

    #[test]
    fn a_sample_that_rounding_moved_out_of_its_range_is_put_back_and_any_other_is_not() {
        let allowance = Allowance::new([10.0, 10.0], 0.0);
        assert_eq!(allowance.into_range(-1e-10, (0.0, 20.0)), 0.0);
        assert_eq!(allowance.into_range(20.0 + 1e-10, (0.0, 20.0)), 20.0);
        assert_eq!(allowance.into_range(-1e-7, (0.0, 20.0)), -1e-7);
        assert_eq!(allowance.into_range(5.0, (0.0, 20.0)), 5.0);
    }
}
