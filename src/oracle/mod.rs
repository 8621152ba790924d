//! Gradient estimates: what is added to the true gradient at each step.
//!
//! An [`Oracle`] is a sum of error sources. Each [`Source`] is written once, generically over the
//! arithmetic, and proves its own error model; the oracle adds the models up.

use std::fmt;
use std::sync::Arc;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Ball, Exact, Interval, Lanes, Mp, Scalar};

pub mod bias;
pub mod noise;
mod randomness;
mod spec;

pub use randomness::{Enumerated, NoRandomness, Randomness, Stream, StreamKey};
pub use spec::{OracleError, SourceSpec, build};

/// Scores an error vector; larger is worse.
pub type Badness<'a> = &'a dyn Fn(&[f64]) -> f64;

/// Where an estimate is asked for. All vectors have length d.
pub struct Situation<'a, S> {
    /// Step number.
    pub k: usize,
    /// ∇f(x_k).
    pub gradient: &'a [S],
    /// v_{k−1}.
    pub buffer: &'a [S],
    /// n.
    pub workers: usize,
    /// How bad an error would be: larger is worse for the claim at hand. Greedy sources ask it.
    pub badness: Option<Badness<'a>>,
}

/// Which part of the error a source contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Known given the past.
    Bias,
    /// Of mean zero given the past, independent of everything else drawn in the step.
    Noise,
}

/// In which sense an error is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TailKind {
    /// ‖u‖ ≤ r‖g‖ + a for every draw.
    Sure,
    /// |u| ≤ r|g| + a with |·| = (E‖·‖⁴)^¼ only.
    FourthMoment,
}

/// A bound of the size of an error by that of the gradient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// In which sense.
    pub kind: TailKind,
    /// r.
    #[schemars(with = "String")]
    pub relative: Rational,
    /// a.
    #[schemars(with = "String")]
    pub absolute: Rational,
}

impl Tail {
    /// A bound for every draw.
    #[must_use]
    pub fn sure(relative: Rational, absolute: Rational) -> Self {
        Tail { kind: TailKind::Sure, relative, absolute }
    }

    /// The triangle inequality, of ℝᵈ or of L⁴: a sure bound is one in L⁴ as well.
    #[must_use]
    fn plus(self, other: &Tail) -> Self {
        Tail {
            kind: self.kind.max(other.kind),
            relative: self.relative + &other.relative,
            absolute: self.absolute + &other.absolute,
        }
    }
}

/// What a source proves of its contribution u at a point with gradient g, for every past.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceModel {
    /// Bias or noise.
    pub part: Part,
    /// B or M in E‖u‖² ≤ B‖g‖² + C.
    pub relative: Rational,
    /// C or σ² there.
    pub absolute: Rational,
    /// Whether E‖u‖² equals that bound wherever g ≠ 0.
    pub attained: bool,
    /// How large u can be.
    pub tail: Tail,
    /// Whether u depends on the point or the past (through g or v) at all.
    pub depends_on_state: bool,
    /// Whether one step draws from finitely many outcomes.
    pub finite: bool,
    /// Whether every draw is the same.
    pub deterministic: bool,
    /// Whether the covariance is (σ²/d)·identity and the source is independent of the state.
    pub isotropic: bool,
}

/// One source of error, generic over the arithmetic.
pub trait Source: fmt::Debug + Send + Sync {
    /// What it proves of itself in dimension d with n workers.
    fn model(&self, dimension: usize, workers: usize) -> SourceModel;

    /// `out += u`, the contribution at this step.
    fn add<S: Scalar>(&self, at: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context);
}

/// One arithmetic's view of a source.
pub trait AddIn<S: Scalar> {
    /// See [`Source::add`].
    fn add_in(&self, at: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context);
}

impl<T: Source, S: Scalar> AddIn<S> for T {
    fn add_in(&self, at: &Situation<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        self.add(at, random, out, context);
    }
}

/// The object-safe form of [`Source`], made by the blanket implementation.
pub trait DynSource:
    fmt::Debug + Send + Sync + AddIn<f64> + AddIn<Lanes> + AddIn<Ball> + AddIn<Mp> + AddIn<Interval> + AddIn<Exact>
{
    /// See [`Source::model`].
    fn model(&self, dimension: usize, workers: usize) -> SourceModel;
}

impl<T: Source> DynSource for T {
    fn model(&self, dimension: usize, workers: usize) -> SourceModel {
        Source::model(self, dimension, workers)
    }
}

/// An arithmetic in which every source can be drawn.
pub trait Estimable: Scalar {
    /// The source seen in this arithmetic.
    fn source_view(source: &dyn DynSource) -> &dyn AddIn<Self>;
}

macro_rules! estimable {
    ($($scalar:ty),*) => {$(
        impl Estimable for $scalar {
            fn source_view(source: &dyn DynSource) -> &dyn AddIn<Self> {
                source
            }
        }
    )*};
}
estimable!(f64, Lanes, Ball, Mp, Interval, Exact);

/// What an oracle proves of its error e = b + ν.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorModel {
    /// B, C in E‖e‖² ≤ B‖∇f‖² + C.
    #[schemars(with = "[String; 2]")]
    pub total: [Rational; 2],
    /// B_b, C_b in ‖b‖² ≤ B_b‖∇f‖² + C_b.
    #[schemars(with = "[String; 2]")]
    pub bias: [Rational; 2],
    /// M, σ² in E[‖ν‖² | past] ≤ M‖∇f‖² + σ².
    #[schemars(with = "[String; 2]")]
    pub noise: [Rational; 2],
    /// How large e can be.
    pub tail: Tail,
    /// No draw at all.
    pub deterministic: bool,
    /// Finitely many outcomes a step.
    pub finite: bool,
    /// No bias, and noise of covariance (σ²/d)·identity, independent of the state.
    pub isotropic: bool,
    /// Whether E‖e‖² at a point is known exactly: attained noise, and one bias source at most.
    pub second_moment_known: bool,
}

/// A gradient estimate: the true gradient plus a sum of error sources.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What it was built from.
    pub spec: Vec<SourceSpec>,
    sources: Vec<(Part, Arc<dyn DynSource>)>,
    /// What it proves.
    pub model: ErrorModel,
}

impl Oracle {
    /// Adds the sources' models up: noises are independent with mean zero, so their second moments
    /// add; m biases satisfy ‖Σbᵢ‖² ≤ m Σ‖bᵢ‖².
    fn new(spec: Vec<SourceSpec>, sources: Vec<Arc<dyn DynSource>>, dimension: usize, workers: usize) -> Self {
        let models: Vec<SourceModel> = sources.iter().map(|s| s.model(dimension, workers)).collect();
        let sum = |part: Part, pick: fn(&SourceModel) -> &Rational| {
            let mut total = Rational::new();
            for model in models.iter().filter(|m| m.part == part) {
                total += pick(model);
            }
            total
        };
        let biases = models.iter().filter(|m| m.part == Part::Bias).count();
        let bias = [sum(Part::Bias, |m| &m.relative) * biases as u64, sum(Part::Bias, |m| &m.absolute) * biases as u64];
        let noise = [sum(Part::Noise, |m| &m.relative), sum(Part::Noise, |m| &m.absolute)];
        let total = [Rational::from(&bias[0] + &noise[0]), Rational::from(&bias[1] + &noise[1])];
        let nothing = Tail::sure(Rational::new(), Rational::new());
        let tail = models.iter().fold(nothing, |tail, model| tail.plus(&model.tail));
        let noise_attained = models.iter().all(|m| m.part == Part::Bias || m.attained);
        let model = ErrorModel {
            total,
            bias,
            noise,
            tail,
            deterministic: models.iter().all(|m| m.deterministic),
            finite: models.iter().all(|m| m.finite),
            isotropic: models.iter().all(|m| m.part == Part::Noise && m.isotropic),
            second_moment_known: noise_attained && biases <= 1,
        };
        let parts = models.iter().map(|m| m.part);
        Oracle { spec, sources: parts.zip(sources).collect(), model }
    }

    /// Writes bias and noise of one step: `bias` ← b_k, `noise` ← ν_k.
    pub fn draw<S: Estimable>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        bias: &mut [S],
        noise: &mut [S],
        context: S::Context,
    ) {
        self.draw_part(Part::Bias, at, random, bias, context);
        self.draw_part(Part::Noise, at, random, noise, context);
    }

    /// Writes the noise of one step alone: `noise` ← ν_k.
    pub fn draw_noise<S: Estimable>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        noise: &mut [S],
        context: S::Context,
    ) {
        self.draw_part(Part::Noise, at, random, noise, context);
    }

    fn draw_part<S: Estimable>(
        &self,
        wanted: Part,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let zero = S::zero(context);
        for x in out.iter_mut() {
            x.set(&zero);
        }
        for (part, source) in &self.sources {
            if *part == wanted {
                S::source_view(source.as_ref()).add_in(at, random, out, context);
            }
        }
    }
}

/// Reads as a sum: `relative(0.5) + rademacher(0.25)`; `exact` when there is no error.
impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spec.is_empty() {
            return f.write_str("exact");
        }
        for (i, source) in self.spec.iter().enumerate() {
            if i > 0 {
                f.write_str(" + ")?;
            }
            write!(f, "{source}")?;
        }
        Ok(())
    }
}
