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

use crate::number::{Ball, Exact, Interval, Lanes, Mp, Scalar, root_above, zeros};
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

pub use randomness::{Enumerated, NoRandomness, Randomness, Recorded, Replayed, StepDraws, Stream, StreamKey};
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
    /// A direction that the method keeps from step to step, if any.
    pub direction: Option<&'a [S]>,
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

/// Whether a source's vector follows from the point and the numbers drawn, or is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freedom {
    /// It follows from the step, the point and the numbers drawn: another vector is not this source's.
    Computed,
    /// An adversary's choice: any vector of norm at most √(B‖g‖² + C) is legal, [B, C] being the
    /// source's own [`SourceModel::size`]. What the source computes is one such choice.
    Within,
    /// In claims about a path any vector at all, as every one is a possible draw; in averages it
    /// follows from the numbers drawn.
    Any,
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

    /// ‖u‖² ≤ C for every draw; nothing where no C is known.
    fn within_root(square: Option<&Rational>) -> Self {
        square.and_then(root_above).map_or_else(Tail::unknown, |root| Tail::sure(Rational::new(), root))
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

/// What a source's contribution at a point with gradient g is, where second moments follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Noise of covariance (σ²/d)·identity, independent of the state.
    Isotropic,
    /// Noise of covariance M·diag(g_1², …, g_d²) given the past.
    Signs,
    /// r·g for every draw.
    Multiple(Rational),
    /// c·(1, −1, 1, …) for every draw.
    Alternating(Rational),
    /// None of these.
    Other,
}

/// What a source proves of its contribution u at a point with gradient g, for every past.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceModel {
    /// Bias, noise or both.
    pub part: Part,
    /// Whether its vector is computed or chosen.
    pub freedom: Freedom,
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
    /// What the contribution is, as far as second moments of linear recursions need it.
    pub form: Form,
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

    /// Whether it asks how bad an error would be.
    fn is_greedy(&self) -> bool {
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
    /// See [`Source::is_greedy`].
    fn is_greedy(&self) -> bool;
}

impl<T: Source> DynSource for T {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        Source::model(self, problem)
    }
    fn uses_workers(&self) -> bool {
        Source::uses_workers(self)
    }
    fn is_greedy(&self) -> bool {
        Source::is_greedy(self)
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
    /// [r, c] where b = r·g + c·(1, −1, 1, …) and the noise's covariance is (σ²/d)·identity + M·diag(g_1², …, g_d²).
    pub affine: Option<[Rational; 2]>,
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
            isotropic: models.iter().all(|m| m.form == Form::Isotropic),
            affine: affine_bias(models),
            second_moment_known: split
                && count(&[Part::Bias]) <= 1
                && models.iter().all(|m| m.part == Part::Bias || m.attained),
            named: named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        }
    }
}

/// One source of an oracle, with what of its model the steps of a run need.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// Bias, noise or both.
    pub(crate) part: Part,
    /// Whether its vector is computed or chosen.
    pub(crate) freedom: Freedom,
    /// [B, C], see [`SourceModel::size`].
    pub(crate) size: Option<[Rational; 2]>,
    /// Whether it draws nothing.
    pub(crate) deterministic: bool,
    /// The source itself.
    pub(crate) source: Arc<dyn DynSource>,
}

/// See [`ErrorModel::affine`].
fn affine_bias(models: &[SourceModel]) -> Option<[Rational; 2]> {
    models.iter().try_fold([Rational::new(), Rational::new()], |[r, c], model| match &model.form {
        Form::Isotropic | Form::Signs => Some([r, c]),
        Form::Multiple(factor) => Some([r + factor, c]),
        Form::Alternating(size) => Some([r, c + size]),
        Form::Other => None,
    })
}

/// A gradient estimate: the true gradient plus a sum of error sources.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What it was built from.
    pub spec: Vec<SourceSpec>,
    /// In the order of `spec`; one entry may be told apart into two sources.
    pub(crate) sources: Vec<Listed>,
    /// What it proves.
    pub model: ErrorModel,
    /// Whether a source reads the workers' own gradients.
    pub uses_workers: bool,
    /// Whether a source asks how bad an error would be.
    pub is_greedy: bool,
}

impl Oracle {
    fn new(spec: Vec<SourceSpec>, sources: Vec<Arc<dyn DynSource>>, problem: &dyn DynProblem) -> Self {
        let models: Vec<SourceModel> = sources.iter().map(|s| s.model(problem)).collect();
        let uses_workers = sources.iter().any(|s| s.uses_workers());
        let is_greedy = sources.iter().any(|s| s.is_greedy());
        let model = ErrorModel::sum(&models);
        let listed = |(m, source): (SourceModel, _)| Listed {
            part: m.part,
            freedom: m.freedom,
            size: m.size,
            deterministic: m.deterministic,
            source,
        };
        Oracle { spec, sources: models.into_iter().zip(sources).map(listed).collect(), model, uses_workers, is_greedy }
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

    /// The same with what free sources choose apart: [`bias`, `noise`, `free`], the first two as far as they
    /// are computed. The order of draws is that of [`Oracle::draw`].
    pub fn draw_apart<S: Estimable>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        [bias, noise, free]: [&mut [S]; 3],
        context: S::Context,
    ) {
        let zero = S::zero(context);
        bias.iter_mut().chain(noise.iter_mut()).chain(free.iter_mut()).for_each(|x| x.set(&zero));
        for is_noise in [false, true] {
            for listed in self.sources.iter().filter(|listed| (listed.part == Part::Noise) == is_noise) {
                let out: &mut [S] = match listed.freedom {
                    Freedom::Computed if is_noise => noise,
                    Freedom::Computed => bias,
                    Freedom::Within | Freedom::Any => free,
                };
                S::source_view(listed.source.as_ref()).add_in(at, random, out, context);
            }
        }
    }

    /// Whether some source chooses its vector: in claims about a path (`of_path`) that is also Gaussian noise.
    #[must_use]
    pub fn is_free(&self, of_path: bool) -> bool {
        self.sources.iter().any(|listed| match listed.freedom {
            Freedom::Computed => false,
            Freedom::Within => true,
            Freedom::Any => of_path,
        })
    }

    /// Whether its B and C are proved of the error of every draw, and not in mean alone.
    #[must_use]
    pub fn bounds_every_draw(&self) -> bool {
        self.model.deterministic || self.sources.iter().all(|listed| listed.freedom == Freedom::Within)
    }

    /// Whether there are sources that choose their vectors, by no draw, from the point alone.
    #[must_use]
    pub fn chooses_at_points(&self) -> bool {
        let mut free = self.sources.iter().filter(|listed| listed.freedom != Freedom::Computed).peekable();
        free.peek().is_some() && free.all(|listed| listed.freedom == Freedom::Within && listed.deterministic)
    }

    /// [B, C] in ‖u‖² ≤ B‖∇f‖² + C for the sum u of what free sources choose: m of them have m times the sum
    /// of theirs. `None` where any vector is legal.
    #[must_use]
    pub fn free_radius(&self) -> Option<[Rational; 2]> {
        let mut radius = [Rational::new(), Rational::new()];
        let mut count = 0u32;
        for listed in self.sources.iter().filter(|listed| listed.freedom != Freedom::Computed) {
            let [relative, absolute] = listed.size.as_ref().filter(|_| listed.freedom == Freedom::Within)?;
            radius[0] += relative;
            radius[1] += absolute;
            count += 1;
        }
        Some(radius.map(|sum| sum * count))
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
        for listed in &self.sources {
            if wanted.contains(&listed.part) {
                S::source_view(listed.source.as_ref()).add_in(at, random, out, context);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::families::QuadraticSpec;

    fn quadratic(dimension: usize) -> Arc<dyn DynProblem> {
        crate::problem::build(&QuadraticSpec { dimension, condition: 2.0, seed: 1 }.into()).unwrap()
    }

    #[test]
    fn only_adversaries_and_gaussian_noise_choose_their_vectors() {
        let problem = crate::problem::build(&QuadraticSpec { dimension: 2, condition: 2.0, seed: 1 }.into()).unwrap();
        let (relative, absolute) = (0.25, 0.5);
        let listed = [
            (SourceSpec::Aligned { relative, absolute }, Freedom::Within),
            (SourceSpec::Opposed { relative, absolute }, Freedom::Within),
            (SourceSpec::Cancel { relative, absolute }, Freedom::Within),
            (SourceSpec::RandomSigns { relative, absolute }, Freedom::Within),
            (SourceSpec::Greedy { relative, absolute }, Freedom::Within),
            (SourceSpec::Gaussian { size: 1.0 }, Freedom::Any),
            (SourceSpec::Offset { size: 1.0 }, Freedom::Computed),
            (SourceSpec::Relative { factor: 0.5 }, Freedom::Computed),
            (SourceSpec::Sphere { radius: 1.0 }, Freedom::Computed),
            (SourceSpec::Rademacher { size: 1.0 }, Freedom::Computed),
        ];
        for (spec, freedom) in listed {
            let oracle = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap();
            assert!(oracle.sources.iter().all(|listed| listed.freedom == freedom), "{spec}");
            if freedom == Freedom::Within {
                let expected = [Rational::from((1, 4)), Rational::from((1, 2))];
                assert_eq!(oracle.sources[0].size, Some(expected), "{spec}");
            }
        }
    }

    #[test]
    fn numbers_whose_squares_no_f64_holds_have_their_size() {
        let problem = quadratic(3);
        for s in [5e-324, 1e-200, 1e200, f64::MAX] {
            let square = crate::number::exact(s).unwrap().square();
            let expected = [
                (SourceSpec::Offset { size: s }, square.clone() * 3u32),
                (SourceSpec::Rademacher { size: s }, square.clone() * 3u32),
                (SourceSpec::Axis { size: s }, square.clone()),
                (SourceSpec::Sphere { radius: s }, square.clone()),
                (SourceSpec::Gaussian { size: s }, square.clone() * 3u32),
                (SourceSpec::Scripted { errors: vec![vec![s, s, 0.0], vec![0.0; 3]] }, square.clone() * 2u32),
            ];
            for (spec, constant) in expected {
                let model = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap().model;
                assert_eq!(model.total.unwrap(), [Rational::new(), constant.clone()], "{spec}");
                if model.tail.kind == TailKind::Sure {
                    assert!(Rational::from(model.tail.absolute.square_ref()) >= constant, "{spec}");
                }
            }
        }
    }

    #[test]
    fn a_source_of_unknown_size_proves_nothing() {
        let problem = quadratic(3);
        let unknown: [SourceModel; 6] = [
            Source::model(&bias::Offset { size: f64::INFINITY }, problem.as_ref()),
            Source::model(&bias::Scripted { errors: vec![vec![1.0, f64::NAN, 0.0]] }, problem.as_ref()),
            Source::model(&bias::Cancel { relative: 0.5, absolute: f64::INFINITY }, problem.as_ref()),
            Source::model(&noise::Gaussian { size: f64::NAN }, problem.as_ref()),
            Source::model(&noise::Sphere { radius: f64::INFINITY }, problem.as_ref()),
            Source::model(&finite_difference::FiniteDifference { step: f64::INFINITY }, problem.as_ref()),
        ];
        for model in unknown {
            assert!(model.size.is_none() && model.named.is_empty(), "{model:?}");
            assert_eq!(model.tail.kind, TailKind::Unknown, "{model:?}");
        }
        let size = f64::INFINITY;
        for spec in [
            SourceSpec::Offset { size },
            SourceSpec::Rademacher { size },
            SourceSpec::Scripted { errors: vec![vec![size; 3]] },
        ] {
            assert!(build(std::slice::from_ref(&spec), problem.as_ref()).is_err(), "{spec}");
        }
    }

    #[test]
    fn an_adversary_stays_within_its_radius_where_the_gradients_norm_is_lost() {
        let problem = quadratic(2);
        let view = <f64 as Arithmetic>::view(problem.as_ref());
        let memory = Memory::new(problem.as_ref(), ());
        for length in [0.0, 5e-324, 1e-200, 1e-170, 1e-155, 1e-140, 1.0] {
            let gradient = [length, -length];
            let at = Situation {
                k: 0,
                x: &[0.0; 2],
                gradient: &gradient,
                worker_gradients: &[],
                direction: None,
                workers: 1,
                problem: view,
                badness: None,
                memory: &memory,
            };
            for spec in [
                SourceSpec::Aligned { relative: 0.0, absolute: 1.0 },
                SourceSpec::Opposed { relative: 0.0, absolute: 1.0 },
                SourceSpec::Cancel { relative: 0.0, absolute: 1.0 },
            ] {
                let oracle = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap();
                let (mut bias, mut noise) = ([0.0; 2], [0.0; 2]);
                oracle.draw(&at, &mut NoRandomness, &mut bias, &mut noise, ());
                let square: f64 = bias.iter().map(|e| e * e).sum();
                assert!(square <= 1.0 + 1e-15, "{spec} at {length:e}: {bias:?}");
            }
        }
    }
}
