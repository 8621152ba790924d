//! Gradient estimates: what is added to the true gradient at each step.
//!
//! An [`Oracle`] is a sum of error sources. Each [`Source`] is written once, generically over the
//! arithmetic, and proves its own error model; the oracle adds the models up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{Ball, Exact, Interval, Lanes, Mp, Scalar, zeros};
use crate::problem::{Arithmetic, DynProblem, Evaluate, Scratch};

pub mod bias;
pub mod epoch;
pub mod finite_difference;
mod free;
pub mod nested;
pub mod noise;
pub mod operator;
mod randomness;
mod spec;
pub mod transformed;

pub use randomness::{Enumerated, NoRandomness, Randomness, Stream, StreamKey};
pub use spec::{OracleError, SourceSpec, build};

/// Scores an error vector for one lane of the arithmetic; larger is worse.
pub type Badness<'a> = &'a dyn Fn(usize, &[f64]) -> f64;

/// Where an estimate is asked for. All vectors have length d.
pub struct Situation<'a, S> {
    /// Step number.
    pub k: usize,
    /// x_k.
    pub x: &'a [S],
    /// ∇f(x_k).
    pub gradient: &'a [S],
    /// ∇f₁(x_k), …, ∇fₙ(x_k), one after the other; empty where no source asks for them.
    pub worker_gradients: &'a [S],
    /// v_{k−1}.
    pub buffer: &'a [S],
    /// n.
    pub workers: usize,
    /// The objective.
    pub problem: &'a dyn Evaluate<S>,
    /// How bad an error would be: larger is worse for the claim at hand. Greedy sources ask it.
    pub badness: Option<Badness<'a>>,
    /// Working memory of the sources.
    pub memory: &'a RefCell<Memory<S>>,
}

/// Working memory of the sources of one oracle, so that the step loop allocates nothing.
#[derive(Clone, Debug)]
pub struct Memory<S> {
    /// Vectors of length d, contents arbitrary.
    pub vectors: [Vec<S>; 3],
    /// For evaluations of the objective.
    pub scratch: Scratch<S>,
}

impl<S: Scalar> Memory<S> {
    /// Room for the sources of an oracle on this problem.
    pub fn new(problem: &dyn DynProblem, context: S::Context) -> RefCell<Self> {
        let vectors = std::array::from_fn(|_| zeros(problem.dimension(), context));
        RefCell::new(Memory { vectors, scratch: Scratch::for_problem(problem, context) })
    }
}

/// Which part of the error a source contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Known given the past.
    Bias,
    /// Of mean zero given the past, independent of everything else drawn in the step.
    Noise,
    /// Both, not told apart.
    Mixed,
}

/// In which sense an error is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TailKind {
    /// ‖u‖ ≤ r‖g‖ + a for every draw.
    Sure,
    /// |u| ≤ r|g| + a with |·| = (E‖·‖⁴)^¼ only.
    FourthMoment,
    /// Not at all.
    Unknown,
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

    /// No bound is proved.
    #[must_use]
    pub fn unknown() -> Self {
        Tail { kind: TailKind::Unknown, relative: Rational::new(), absolute: Rational::new() }
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
    /// Bias, noise or both.
    pub part: Part,
    /// [B, C] in E‖u‖² ≤ B‖g‖² + C, where the problem proves what that needs.
    pub size: Option<[Rational; 2]>,
    /// Whether E‖u‖² equals that bound wherever g ≠ 0.
    pub attained: bool,
    /// How large u can be.
    pub tail: Tail,
    /// Whether one step draws from finitely many outcomes.
    pub finite: bool,
    /// Whether every draw is the same.
    pub deterministic: bool,
    /// Whether the covariance is (σ²/d)·identity and the source is independent of the state.
    pub isotropic: bool,
    /// Proved constants of its own, by the names that statements give them under `[given]`.
    pub named: Vec<(&'static str, Rational)>,
}

/// One source of error, generic over the arithmetic.
pub trait Source: fmt::Debug + Send + Sync {
    /// What it proves of itself on this problem.
    fn model(&self, problem: &dyn DynProblem) -> SourceModel;

    /// Whether it reads the workers' own gradients.
    fn uses_workers(&self) -> bool {
        false
    }

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
    fn model(&self, problem: &dyn DynProblem) -> SourceModel;
    /// See [`Source::uses_workers`].
    fn uses_workers(&self) -> bool;
}

impl<T: Source> DynSource for T {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        Source::model(self, problem)
    }
    fn uses_workers(&self) -> bool {
        Source::uses_workers(self)
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorModel {
    /// [B, C] in E‖e‖² ≤ B‖∇f‖² + C, where it is proved.
    pub total: Option<[Rational; 2]>,
    /// [B_b, C_b] in ‖b‖² ≤ B_b‖∇f‖² + C_b, where bias and noise are told apart.
    pub bias: Option<[Rational; 2]>,
    /// [M, σ²] in E[‖ν‖² | past] ≤ M‖∇f‖² + σ², likewise.
    pub noise: Option<[Rational; 2]>,
    /// Whether bias and noise are told apart.
    pub split: bool,
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
    /// Constants that exactly one source proves, by name.
    pub named: BTreeMap<&'static str, Rational>,
}

impl ErrorModel {
    /// Adds the sources' models up: noises are independent with mean zero, so their second moments
    /// add, also to that of the rest; of the rest, m contributions satisfy ‖Σuᵢ‖² ≤ m Σ‖uᵢ‖².
    fn sum(models: &[SourceModel]) -> Self {
        let sizes = |wanted: &[Part]| -> Option<[Rational; 2]> {
            let mut total = [Rational::new(), Rational::new()];
            for model in models.iter().filter(|m| wanted.contains(&m.part)) {
                let [relative, absolute] = model.size.as_ref()?;
                total[0] += relative;
                total[1] += absolute;
            }
            Some(total)
        };
        let count = |wanted: &[Part]| models.iter().filter(|m| wanted.contains(&m.part)).count() as u64;
        let times = |size: Option<[Rational; 2]>, m: u64| size.map(|[a, b]| [a * m, b * m]);
        let split = count(&[Part::Mixed]) == 0;
        let noise = sizes(&[Part::Noise]);
        let rest = [Part::Bias, Part::Mixed];
        let rest = times(sizes(&rest), count(&rest));
        let total = rest.clone().zip(noise.clone()).map(|([a, b], [c, d])| [a + c, b + d]);
        let nothing = Tail::sure(Rational::new(), Rational::new());
        let mut named = BTreeMap::new();
        for (name, value) in models.iter().flat_map(|m| &m.named) {
            named.entry(*name).and_modify(|v: &mut Option<Rational>| *v = None).or_insert_with(|| Some(value.clone()));
        }
        ErrorModel {
            total,
            bias: if split { rest } else { None },
            noise: if split { noise } else { None },
            split,
            tail: models.iter().fold(nothing, |tail, model| tail.plus(&model.tail)),
            deterministic: models.iter().all(|m| m.deterministic),
            finite: models.iter().all(|m| m.finite),
            isotropic: models.iter().all(|m| m.part == Part::Noise && m.isotropic),
            second_moment_known: split
                && count(&[Part::Bias]) <= 1
                && models.iter().all(|m| m.part == Part::Bias || m.attained),
            named: named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        }
    }
}

/// A gradient estimate: the true gradient plus a sum of error sources.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What it was built from.
    pub spec: Vec<SourceSpec>,
    sources: Vec<(Part, Arc<dyn DynSource>)>,
    /// What it proves.
    pub model: ErrorModel,
    /// Whether a source reads the workers' own gradients.
    pub uses_workers: bool,
}

impl Oracle {
    fn new(spec: Vec<SourceSpec>, sources: Vec<Arc<dyn DynSource>>, problem: &dyn DynProblem) -> Self {
        let models: Vec<SourceModel> = sources.iter().map(|s| s.model(problem)).collect();
        let uses_workers = sources.iter().any(|s| s.uses_workers());
        let model = ErrorModel::sum(&models);
        let parts = models.iter().map(|m| m.part);
        Oracle { spec, sources: parts.zip(sources).collect(), model, uses_workers }
    }

    /// ∇f₁(x), …, ∇fₙ(x), where a source reads them; else nothing. Length n·d, or empty.
    pub fn worker_gradients<S: Arithmetic>(
        &self,
        problem: &dyn DynProblem,
        x: &[S],
        out: &mut Vec<S>,
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        if !self.uses_workers {
            return;
        }
        let dimension = problem.dimension();
        out.resize(problem.workers() * dimension, S::zero(context));
        for (worker, gradient) in out.chunks_exact_mut(dimension).enumerate() {
            S::view(problem).worker_gradient_in(worker, x, gradient, context, scratch);
        }
    }

    /// Writes bias and noise of one step: `bias` ← b_k, `noise` ← ν_k. What is not told apart is
    /// written with the bias.
    pub fn draw<S: Estimable>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        bias: &mut [S],
        noise: &mut [S],
        context: S::Context,
    ) {
        self.draw_part(&[Part::Bias, Part::Mixed], at, random, bias, context);
        self.draw_part(&[Part::Noise], at, random, noise, context);
    }

    /// Writes the noise of one step alone: `noise` ← ν_k.
    pub fn draw_noise<S: Estimable>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        noise: &mut [S],
        context: S::Context,
    ) {
        self.draw_part(&[Part::Noise], at, random, noise, context);
    }

    fn draw_part<S: Estimable>(
        &self,
        wanted: &[Part],
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
            if wanted.contains(part) {
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
