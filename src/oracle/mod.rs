//! Gradient estimates: what is added to the true gradient at each step.
//!
//! An [`Oracle`] is a sum of error sources. Each [`Source`] is written once, generically over the
//! arithmetic, and proves its own error model; the oracle adds the models up.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use rug::Rational;

use self::operator::{DynMap, ErrorIn};
use crate::number::{Ball, Exact, Interval, Lanes, Mp, Scalar, zeros};
use crate::problem::{Arithmetic, DynProblem, Evaluate, Scratch};

mod model;
pub mod operator;
mod randomness;
pub mod source;
mod subset;
mod tape;
#[cfg(test)]
mod tests;

pub use model::{ErrorModel, Form, Freedom, Part, SourceModel, Tail, TailKind};
pub use operator::register_operator;
pub use randomness::{Enumerated, NoRandomness, Randomness, Recorded, Replayed, StepDraws, Stream, StreamKey};
pub use source::{OracleError, SourceSpec, build, register_source};
pub use subset::Subset;
pub use tape::Tape;

/// Scores an error vector for one lane of the arithmetic; larger is worse.
pub type AdversaryScore<'a> = &'a dyn Fn(usize, &[f64]) -> f64;

/// Where an estimate is asked for. All vectors have length d.
pub struct EstimateQuery<'a, S> {
    /// The step of the run; none at a point that belongs to no run, where sources that differ from step to
    /// step take the first one's vector.
    pub step: Option<usize>,
    /// The point x.
    pub x: &'a [S],
    /// ∇f(x).
    pub gradient: &'a [S],
    /// ∇f₁(x), …, ∇fₙ(x), one after the other; empty where no source asks for them.
    pub worker_gradients: &'a [S],
    /// A direction that the method keeps from step to step, if any.
    pub direction: Option<&'a [S]>,
    /// n.
    pub workers: usize,
    /// The objective.
    pub problem: &'a dyn Evaluate<S>,
    /// How bad an error would be: larger is worse for the claim at hand. Greedy sources ask it.
    pub adversary_score: Option<AdversaryScore<'a>>,
    /// Working memory of the sources.
    pub memory: &'a RefCell<Memory<S>>,
}

/// Working memory of the sources of one oracle, so that the step loop allocates nothing.
#[derive(Clone, Debug)]
pub struct Memory<S> {
    /// Vectors of length d, contents arbitrary.
    pub vectors: [Vec<S>; 3],
    /// For operators that choose coordinates.
    pub choice: operator::Choice,
    /// For evaluations of the objective.
    pub scratch: Scratch<S>,
}

impl<S: Scalar> Memory<S> {
    /// Room for the sources of an oracle on this problem.
    pub fn new(problem: &dyn DynProblem, context: S::Context) -> RefCell<Self> {
        let vectors = std::array::from_fn(|_| zeros(problem.dimension(), context));
        let choice = operator::Choice::default();
        RefCell::new(Memory { vectors, choice, scratch: Scratch::for_problem(problem, context) })
    }
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
    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    );

    /// Whether it is also an error of one worker's gradient.
    fn is_of_workers(&self) -> bool {
        false
    }

    /// The same for the estimate of one worker's gradient, which is `at.gradient`; nothing where it is no error of that.
    fn add_to_worker<S: Estimable>(
        &self,
        _: &EstimateQuery<'_, S>,
        _: &mut dyn Randomness<S>,
        _: &mut [S],
        _: S::Context,
    ) {
    }
}

/// One arithmetic's view of a source.
pub trait AddIn<S: Estimable> {
    /// See [`Source::add`].
    fn add_in(&self, at: &EstimateQuery<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context);
    /// See [`Source::add_to_worker`].
    fn add_to_worker_in(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    );
}

impl<T: Source, S: Estimable> AddIn<S> for T {
    fn add_in(&self, at: &EstimateQuery<'_, S>, random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        S::with_widest_registers(
            #[inline(always)]
            || self.add(at, random, out, context),
        );
    }

    fn add_to_worker_in(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        self.add_to_worker(at, random, out, context);
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
    /// See [`Source::is_of_workers`].
    fn is_of_workers(&self) -> bool;
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
    fn is_of_workers(&self) -> bool {
        Source::is_of_workers(self)
    }
}

/// An arithmetic in which every source can be drawn and every operator be applied.
pub trait Estimable: Scalar {
    /// The source seen in this arithmetic.
    fn source_view(source: &dyn DynSource) -> &dyn AddIn<Self>;
    /// The operator seen in this arithmetic.
    fn map_view(map: &dyn DynMap) -> &dyn ErrorIn<Self>;
}

macro_rules! estimable {
    ($($scalar:ty),*) => {$(
        impl Estimable for $scalar {
            fn source_view(source: &dyn DynSource) -> &dyn AddIn<Self> {
                source
            }
            fn map_view(map: &dyn DynMap) -> &dyn ErrorIn<Self> {
                map
            }
        }
    )*};
}
estimable!(f64, Lanes, Ball, Mp, Interval, Exact);

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
        at: &EstimateQuery<'_, S>,
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
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        noise: &mut [S],
        context: S::Context,
    ) {
        self.draw_part(&[Part::Noise], at, random, noise, context);
    }

    /// Writes the error of an estimate of one worker's gradient, which is `at.gradient`.
    pub fn draw_for_worker<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let zero = S::zero(context);
        out.iter_mut().for_each(|x| x.set(&zero));
        for listed in &self.sources {
            S::source_view(listed.source.as_ref()).add_to_worker_in(at, random, out, context);
        }
    }

    /// Whether each source is also an error of one worker's gradient.
    #[must_use]
    pub fn is_of_workers(&self) -> bool {
        self.sources.iter().all(|listed| listed.source.is_of_workers())
    }

    /// The same with what free sources choose apart: [`bias`, `noise`, `free`], the first two as far as they
    /// are computed. The order of draws is that of [`Oracle::draw`].
    pub fn draw_apart<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
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
        at: &EstimateQuery<'_, S>,
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
