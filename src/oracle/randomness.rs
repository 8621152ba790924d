//! Where random numbers come from: counter-based streams, one for each replicate, or the
//! enumeration of all outcomes.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;
use sha2::{Digest, Sha256};

use super::Subset;
use crate::number::Scalar;

/// A source of random numbers for all lanes of an arithmetic. All draws are short dyadic numbers
/// or `f64`, so that the same bits drive a run in any arithmetic.
pub trait Randomness<S: Scalar> {
    /// `count` independent sums of `signs` fair signs each, valid until the next draw.
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S];
    /// `count` independent standard normal numbers, valid until the next draw.
    fn gaussians(&mut self, count: usize) -> &[S];
    /// A uniform subset of `size` elements of `0..of` for each lane, valid until the next draw.
    fn subset(&mut self, size: usize, of: usize) -> &[Subset];
}

/// Refuses to draw: for runs known to be deterministic.
pub struct NoRandomness;

impl<S: Scalar> Randomness<S> for NoRandomness {
    fn sign_sums(&mut self, _: usize, _: usize) -> &[S] {
        unreachable!("a deterministic oracle drew a random number")
    }
    fn gaussians(&mut self, _: usize) -> &[S] {
        unreachable!("a deterministic oracle drew a random number")
    }
    fn subset(&mut self, _: usize, _: usize) -> &[Subset] {
        unreachable!("a deterministic oracle drew a random number")
    }
}

/// What a replicate's stream is keyed by, besides the replicate's own number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// The key of one cell: a hash of the suite's seed, the statement and the cell.
    #[must_use]
    pub fn new(seed: u64, statement: &str, cell: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update((statement.len() as u64).to_le_bytes());
        hash.update(statement.as_bytes());
        hash.update(cell.as_bytes());
        StreamKey(hash.finalize().into())
    }

    /// The first, counter-based generator: stream `replicate` of ChaCha8 under this key.
    #[must_use]
    pub fn stream(&self, replicate: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(replicate);
        rng
    }

    /// The second, unrelated generator, by which a violation is confirmed.
    #[must_use]
    pub fn second_stream(&self, replicate: u64) -> Pcg64 {
        let mut hash = Sha256::new();
        hash.update(b"confirmation");
        hash.update(self.0);
        hash.update(replicate.to_le_bytes());
        Pcg64::from_seed(hash.finalize().into())
    }
}

/// Draws from one generator a lane.
pub struct Stream<R, S: Scalar> {
    lanes: Vec<BitSource<R>>,
    /// Draws of one call, lane by lane: a generator's state stays close while it is used.
    raw: Vec<f64>,
    drawn: Vec<S>,
    subsets: Vec<Subset>,
    context: S::Context,
}

/// A generator with the unused bits of its last word.
struct BitSource<R> {
    rng: R,
    bits: u64,
    left: u32,
}

impl<R: Rng> BitSource<R> {
    /// The number of ones among `count` fresh bits.
    #[inline(always)]
    fn ones(&mut self, mut count: u32) -> u32 {
        let mut ones = 0;
        while count > 0 {
            if self.left == 0 {
                self.bits = self.rng.next_u64();
                self.left = 64;
            }
            let take = count.min(self.left);
            let mask = if take == 64 { u64::MAX } else { (1u64 << take) - 1 };
            ones += (self.bits & mask).count_ones();
            self.bits = if take == 64 { 0 } else { self.bits >> take };
            self.left -= take;
            count -= take;
        }
        ones
    }
}

impl<R: Rng> BitSource<R> {
    /// A uniform number in `0..count`; rejection keeps it exactly uniform.
    fn below(&mut self, count: u64) -> u64 {
        let zone = u64::MAX - u64::MAX % count;
        loop {
            let word = self.rng.next_u64();
            if word < zone {
                return word % count;
            }
        }
    }

    /// Floyd's algorithm: every subset of that size is equally likely.
    fn subset(&mut self, size: usize, of: usize, chosen: &mut Subset) {
        chosen.clear(of);
        for last in of - size..of {
            let element = self.below(last as u64 + 1) as usize;
            chosen.insert(if chosen.contains(element) { last } else { element });
        }
    }
}

impl<R: Rng, S: Scalar> Stream<R, S> {
    /// One generator for each lane.
    pub fn new(generators: impl IntoIterator<Item = R>, context: S::Context) -> Self {
        let lanes: Vec<_> = generators.into_iter().map(|rng| BitSource { rng, bits: 0, left: 0 }).collect();
        debug_assert_eq!(lanes.len(), S::LANES);
        Stream { raw: Vec::new(), drawn: Vec::new(), subsets: Vec::new(), lanes, context }
    }

    /// `count` draws from every lane.
    #[inline(always)]
    fn draw(&mut self, count: usize, mut draw: impl FnMut(&mut BitSource<R>) -> f64) -> &[S] {
        let Stream { lanes, raw, drawn, context, .. } = self;
        raw.resize(count * lanes.len(), 0.0);
        S::with_widest_registers(
            #[inline(always)]
            || {
                for (values, lane) in raw.chunks_exact_mut(count).zip(lanes.iter_mut()) {
                    for value in values {
                        *value = draw(lane);
                    }
                }
                drawn.clear();
                drawn.extend((0..count).map(|j| S::from_lanes(|lane| raw[lane * count + j], *context)));
            },
        );
        drawn
    }

    /// One uniform index in `0..count` for each lane.
    pub fn indices(&mut self, count: u64) -> Vec<i64> {
        self.lanes.iter_mut().map(|lane| lane.below(count) as i64).collect()
    }
}

impl<R: Rng, S: Scalar> Randomness<S> for Stream<R, S> {
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S] {
        let signs = signs as u32;
        self.draw(
            count,
            #[inline(always)]
            |lane| f64::from(2 * lane.ones(signs)) - f64::from(signs),
        )
    }

    fn gaussians(&mut self, count: usize) -> &[S] {
        self.draw(
            count,
            #[inline(always)]
            |lane| StandardNormal.sample(&mut lane.rng),
        )
    }

    fn subset(&mut self, size: usize, of: usize) -> &[Subset] {
        self.subsets.resize_with(self.lanes.len(), Subset::default);
        for (lane, chosen) in self.lanes.iter_mut().zip(&mut self.subsets) {
            lane.subset(size, of, chosen);
        }
        &self.subsets
    }
}

/// Plays one path of the tree of all outcomes: the digits of its number, in order, each in the base
/// that its draw has outcomes. All paths are equally likely, because the number of outcomes of a
/// draw never depends on what was drawn before.
pub struct Enumerated<S: Scalar> {
    rest: u64,
    paths: Option<u64>,
    drawn: Vec<S>,
    subset: [Subset; 1],
    context: S::Context,
}

impl<S: Scalar> Enumerated<S> {
    /// The path of that number.
    pub fn new(path: u64, context: S::Context) -> Self {
        Enumerated { rest: path, paths: Some(1), drawn: Vec::new(), subset: Default::default(), context }
    }

    /// How many equally likely paths a tree with the draws made so far has; `None` beyond 2⁶⁴.
    #[must_use]
    pub fn paths(&self) -> Option<u64> {
        self.paths
    }

    /// The outcome of a draw with that many.
    fn digit(&mut self, outcomes: u64) -> u64 {
        self.paths = self.paths.and_then(|paths| paths.checked_mul(outcomes));
        let digit = self.rest % outcomes;
        self.rest /= outcomes;
        digit
    }
}

/// C(of, size), where it is below 2⁶⁴.
fn subsets_of(size: usize, of: usize) -> Option<u64> {
    (0..size.min(of - size) as u128)
        .try_fold(1u128, |count, i| count.checked_mul(of as u128 - i).map(|c| c / (i + 1)))
        .and_then(|count| u64::try_from(count).ok())
}

impl<S: Scalar> Randomness<S> for Enumerated<S> {
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S] {
        self.drawn.clear();
        for _ in 0..count {
            let ones: u64 = (0..signs).map(|_| self.digit(2)).sum();
            let sum = 2.0 * ones as f64 - signs as f64;
            self.drawn.push(S::from_f64(sum, self.context));
        }
        &self.drawn
    }

    fn gaussians(&mut self, _: usize) -> &[S] {
        unreachable!("a normal number has no finite enumeration")
    }

    /// The subset of that rank in the combinatorial number system.
    fn subset(&mut self, size: usize, of: usize) -> &[Subset] {
        self.subset[0].clear(of);
        let Some(count) = subsets_of(size, of) else {
            self.paths = None;
            (0..size).for_each(|j| self.subset[0].insert(j));
            return &self.subset;
        };
        let mut rank = u128::from(self.digit(count));
        // How many subsets of that size the numbers up to and with the current one have.
        let (mut left, mut all) = (size as u128, u128::from(count));
        for j in (0..of).rev() {
            let among = j as u128 + 1;
            let without = all * (among - left) / among;
            all = if without <= rank {
                self.subset[0].insert(j);
                rank -= without;
                left -= 1;
                all - without
            } else {
                without
            };
        }
        &self.subset
    }
}

/// What was drawn in one step, in order, in a form that every arithmetic can read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepDraws(Vec<Draw>);

#[derive(Clone, Debug, PartialEq)]
enum Draw {
    Numbers(Vec<f64>),
    Subset(Subset),
}

/// Hands on what is drawn and keeps it, until it is taken.
pub struct Recorded<'a> {
    random: &'a mut dyn Randomness<f64>,
    drawn: StepDraws,
}

impl<'a> Recorded<'a> {
    /// Keeps what is drawn from `random`.
    pub fn new(random: &'a mut dyn Randomness<f64>) -> Self {
        Recorded { random, drawn: StepDraws::default() }
    }

    /// What was drawn since the last call.
    pub fn take(&mut self) -> StepDraws {
        std::mem::take(&mut self.drawn)
    }
}

impl Randomness<f64> for Recorded<'_> {
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[f64] {
        let drawn = self.random.sign_sums(signs, count);
        self.drawn.0.push(Draw::Numbers(drawn.to_vec()));
        drawn
    }

    fn gaussians(&mut self, count: usize) -> &[f64] {
        let drawn = self.random.gaussians(count);
        self.drawn.0.push(Draw::Numbers(drawn.to_vec()));
        drawn
    }

    fn subset(&mut self, size: usize, of: usize) -> &[Subset] {
        let drawn = self.random.subset(size, of);
        self.drawn.0.push(Draw::Subset(drawn[0].clone()));
        drawn
    }
}

/// Draws again, in any arithmetic of one lane, what was drawn in a step.
pub struct Replayed<'a, S: Scalar> {
    rest: std::slice::Iter<'a, Draw>,
    drawn: Vec<S>,
    subset: [Subset; 1],
    context: S::Context,
}

impl<'a, S: Scalar> Replayed<'a, S> {
    /// From the first draw of the step on.
    #[must_use]
    pub fn new(draws: &'a StepDraws, context: S::Context) -> Self {
        Replayed { rest: draws.0.iter(), drawn: Vec::new(), subset: Default::default(), context }
    }

    /// Undefined numbers stand for what was never drawn.
    fn numbers(&mut self, count: usize) -> &[S] {
        let context = self.context;
        self.drawn = match self.rest.next() {
            Some(Draw::Numbers(numbers)) => numbers.iter().map(|x| S::from_f64(*x, context)).collect(),
            _ => Vec::new(),
        };
        self.drawn.resize(count, S::from_f64(f64::NAN, context));
        &self.drawn
    }
}

impl<S: Scalar> Randomness<S> for Replayed<'_, S> {
    fn sign_sums(&mut self, _: usize, count: usize) -> &[S] {
        self.numbers(count)
    }

    fn gaussians(&mut self, count: usize) -> &[S] {
        self.numbers(count)
    }

    fn subset(&mut self, _: usize, _: usize) -> &[Subset] {
        if let Some(Draw::Subset(subset)) = self.rest.next() {
            self.subset[0].clone_from(subset);
        }
        &self.subset
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn elements(subset: &Subset, of: usize) -> Vec<usize> {
        (0..of).filter(|j| subset.contains(*j)).collect()
    }

    #[test]
    fn every_subset_is_enumerated_once() {
        for (size, of) in [(0, 3), (1, 1), (2, 5), (3, 6), (5, 5), (4, 12), (1, 1000), (999, 1000)] {
            let count = subsets_of(size, of).unwrap();
            let found: BTreeSet<Vec<usize>> = (0..count)
                .map(|path| elements(&Randomness::<f64>::subset(&mut Enumerated::new(path, ()), size, of)[0], of))
                .collect();
            assert_eq!(found.len() as u64, count);
            assert!(found.iter().all(|subset| subset.len() == size));
        }
    }

    #[test]
    fn subsets_are_enumerated_by_their_largest_elements() {
        let of_rank = |rank| elements(&Randomness::<f64>::subset(&mut Enumerated::new(rank, ()), 2, 4)[0], 4);
        let all: Vec<Vec<usize>> = (0..6).map(of_rank).collect();
        assert_eq!(all, [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]]);
    }

    #[test]
    fn paths_multiply_over_draws() {
        let mut random = Enumerated::<f64>::new(0, ());
        random.sign_sums(3, 2);
        random.subset(2, 5);
        assert_eq!(random.paths(), Some(64 * 10));
        random.subset(32, 64);
        assert_eq!(random.paths(), None);
    }

    #[test]
    fn drawn_subsets_have_the_right_size_and_reach_every_element() {
        let key = StreamKey::new(1, "subset", "");
        for (size, of) in [(3, 64), (30, 1000)] {
            let mut random = Stream::<_, f64>::new([key.stream(0)], ());
            let mut seen = BTreeSet::new();
            for _ in 0..300 {
                let subset = elements(&Randomness::<f64>::subset(&mut random, size, of)[0], of);
                assert_eq!(subset.len(), size);
                seen.extend(subset);
            }
            assert_eq!(seen.len(), of);
        }
    }

    #[test]
    fn one_word_holds_the_same_subset_of_few_elements() {
        let key = StreamKey::new(1, "subset", "");
        let source = || BitSource { rng: key.stream(0), bits: 0, left: 0 };
        let (mut words, mut sets, mut subset) = (source(), source(), Subset::default());
        for (size, of) in [(3, 64), (40, 64), (1, 1), (7, 12)] {
            let mut chosen = 0u64;
            for last in of - size..of {
                let element = words.below(last as u64 + 1);
                chosen |= 1 << if chosen >> element & 1 == 1 { last as u64 } else { element };
            }
            sets.subset(size, of, &mut subset);
            assert!((0..of).all(|j| subset.contains(j) == (chosen >> j & 1 == 1)), "{size} of {of}");
        }
    }
}
