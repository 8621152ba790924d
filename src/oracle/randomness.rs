//! Where random numbers come from: counter-based streams, one for each replicate, or the
//! enumeration of all outcomes.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;
use sha2::{Digest, Sha256};

use crate::number::Scalar;

/// A source of random numbers for all lanes of an arithmetic. All draws are short dyadic numbers
/// or `f64`, so that the same bits drive a run in any arithmetic.
pub trait Randomness<S: Scalar> {
    /// `count` independent sums of `signs` fair signs each, valid until the next draw.
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S];
    /// `count` independent standard normal numbers, valid until the next draw.
    fn gaussians(&mut self, count: usize) -> &[S];
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

impl<R: Rng, S: Scalar> Stream<R, S> {
    /// One generator for each lane.
    pub fn new(generators: impl IntoIterator<Item = R>, context: S::Context) -> Self {
        let lanes: Vec<_> = generators.into_iter().map(|rng| BitSource { rng, bits: 0, left: 0 }).collect();
        debug_assert_eq!(lanes.len(), S::LANES);
        Stream { raw: Vec::new(), drawn: Vec::new(), lanes, context }
    }

    /// `count` draws from every lane.
    #[inline(always)]
    fn draw(&mut self, count: usize, mut draw: impl FnMut(&mut BitSource<R>) -> f64) -> &[S] {
        let Stream { lanes, raw, drawn, context } = self;
        raw.resize(count * lanes.len(), 0.0);
        S::with_widest_registers(
            #[inline(always)]
            || {
                for (values, lane) in raw.chunks_exact_mut(count).zip(lanes.iter_mut()) {
                    for value in values {
                        *value = draw(lane);
                    }
                }
            },
        );
        drawn.clear();
        drawn.extend((0..count).map(|j| S::from_lanes(|lane| raw[lane * count + j], *context)));
        drawn
    }

    /// One uniform index in `0..count` for each lane.
    pub fn indices(&mut self, count: u64) -> Vec<i64> {
        self.lanes
            .iter_mut()
            .map(|lane| {
                // Rejection keeps it exactly uniform.
                let zone = u64::MAX - u64::MAX % count;
                loop {
                    let word = lane.rng.next_u64();
                    if word < zone {
                        return (word % count) as i64;
                    }
                }
            })
            .collect()
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
}

/// Plays one path of the tree of all outcomes: the binary digits of its number, in order.
pub struct Enumerated<S: Scalar> {
    path: u64,
    depth: u32,
    drawn: Vec<S>,
    context: S::Context,
}

impl<S: Scalar> Enumerated<S> {
    /// The path of that number.
    pub fn new(path: u64, context: S::Context) -> Self {
        Enumerated { path, depth: 0, drawn: Vec::new(), context }
    }

    /// Binary choices made so far; a tree of this depth has `2^depth` equally likely paths.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    fn sign(&mut self) -> i32 {
        let bit = if self.depth < 64 { (self.path >> self.depth) & 1 } else { 0 };
        self.depth += 1;
        if bit == 1 { 1 } else { -1 }
    }
}

impl<S: Scalar> Randomness<S> for Enumerated<S> {
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S] {
        self.drawn.clear();
        for _ in 0..count {
            let sum: i32 = (0..signs).map(|_| self.sign()).sum();
            self.drawn.push(S::from_f64(f64::from(sum), self.context));
        }
        &self.drawn
    }

    fn gaussians(&mut self, _: usize) -> &[S] {
        unreachable!("a normal number has no finite enumeration")
    }
}
