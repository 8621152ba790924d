//! The constants that the families claim, tried at many points; and families that lie, which must
//! be caught.

use lemmata::number::{Exact, Scalar, nearest_f64, norm2};
use lemmata::preset::Preset;
use lemmata::problem::families::adaptation::Adapted;
use lemmata::problem::families::composite::{Composite, Outer, RandomComposite};
use lemmata::problem::families::quadratic::{Quadratic, RandomQuadratic};
use lemmata::problem::families::sine::SineSquared;
use lemmata::problem::families::tasks::ridge::{Ridge, RidgeTasks};
use lemmata::problem::families::{
    BreastCancerLogisticSpec, BreastCancerSquaresSpec, CompositeAffineSpec, CompositeBentSpec, DiagonalQuadraticSpec,
    FourierSpec, GemanMcClureSpec, HeterogeneousQuadraticSpec, HuberSpec, LeastSquaresSpec, LogisticSpec,
    MamlCosineSpec, MamlLeastSquaresSpec, MamlQuadraticSpec, MamlRidgeSpec, MamlSinusoidSpec, PiecewiseQuadraticSpec,
    QuadraticSpec, ShiftedQuadraticSpec, SineSquaredComposedSpec, SineSquaredSpec,
};
use lemmata::problem::soundness_probe::{Aspect, contradictions};
use lemmata::problem::{
    Arithmetic, Constants, DynProblem, Nesting, Problem, ProblemSpec, Scratch, build, nested_suite, suite,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rug::Rational;

mod effort;

/// Points at many scales around the start, neighbours near each other and far apart.
fn points(problem: &dyn DynProblem, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let start = problem.start();
    let mut points = vec![start.clone(), vec![0.0; start.len()]];
    for i in 0..count {
        let scale = 10f64.powi(i as i32 % 7 - 3);
        let from = &points[if i % 3 == 0 { 0 } else { points.len() - 1 }];
        let next = from.iter().map(|x| x + scale * (2.0 * rng.random::<f64>() - 1.0)).collect();
        points.push(next);
    }
    points
}

fn is_sound(spec: &ProblemSpec, count: usize, seed: u64) {
    let problem = build(spec).unwrap();
    let found = contradictions(problem.as_ref(), &points(problem.as_ref(), count, seed));
    assert!(found.is_empty(), "{spec}: {}", found[0]);
}

/// An instance of each family.
fn pinned() -> impl Iterator<Item = ProblemSpec> {
    let instance = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["instance"].take();
    include_str!("../src/problem/families/pinned.jsonl")
        .lines()
        .map(move |line| serde_json::from_value(instance(line)).unwrap())
}

#[test]
fn every_family_and_every_problem_of_the_suite_keeps_its_word() {
    for spec in suite(Preset::Default).into_iter().chain(nested_suite(Preset::Default)).chain(pinned()) {
        is_sound(&spec, 14, 1);
    }
}

#[test]
fn extreme_instances_keep_their_word() {
    let extreme: Vec<ProblemSpec> = vec![
        QuadraticSpec { dimension: 64, condition: 1e6, seed: 1 }.into(),
        HeterogeneousQuadraticSpec { dimension: 1, workers: 32, condition: 1.0, spread: 8.0, seed: 2 }.into(),
        LeastSquaresSpec { dimension: 64, rank: 1, condition: 1.0, offset: 3.0, workers: 32, seed: 3 }.into(),
        SineSquaredSpec { dimension: 64 }.into(),
        SineSquaredComposedSpec { dimension: 1, rows: 1, condition: 1.0, seed: 4 }.into(),
        FourierSpec { dimension: 1, workers: 1, terms: 1, seed: 5 }.into(),
        LogisticSpec { dimension: 1, workers: 32, share: 1, regulariser: 0.5, seed: 6 }.into(),
        GemanMcClureSpec { dimension: 64, workers: 1, share: 1, seed: 7 }.into(),
        BreastCancerLogisticSpec { features: 30, workers: 8, share: 70, regulariser: 0.0625 }.into(),
        DiagonalQuadraticSpec { spectrum: vec![1e-3, 0.0, 7.0] }.into(),
        HuberSpec { curvature: 2.0, width: 0.5, tilts: vec![1.5, -0.5, -1.0] }.into(),
        PiecewiseQuadraticSpec {
            anchor: 0.5,
            value: 1.0,
            slope: -2.0,
            breaks: vec![-1.0, 0.75],
            curvatures: vec![2.0, -1.5, 3.0],
        }
        .into(),
    ];
    extreme.par_iter().for_each(|spec| is_sound(spec, 7, 2));
}

#[test]
fn sizes_and_numbers_out_of_range_are_refused() {
    let quadratic = |dimension, condition| QuadraticSpec { dimension, condition, seed: 1 }.into();
    let refused: Vec<ProblemSpec> = vec![
        quadratic(0, 1.0),
        quadratic(65, 1.0),
        quadratic(3, 0.5),
        quadratic(3, f64::NAN),
        quadratic(3, f64::INFINITY),
        HeterogeneousQuadraticSpec { dimension: 2, workers: 33, condition: 1.0, spread: 1.0, seed: 1 }.into(),
        HeterogeneousQuadraticSpec { dimension: 2, workers: 0, condition: 1.0, spread: 1.0, seed: 1 }.into(),
        LeastSquaresSpec { dimension: 3, rank: 4, condition: 1.0, offset: 0.0, workers: 1, seed: 1 }.into(),
        LeastSquaresSpec { dimension: 3, rank: 0, condition: 1.0, offset: 0.0, workers: 1, seed: 1 }.into(),
        DiagonalQuadraticSpec { spectrum: vec![] }.into(),
        DiagonalQuadraticSpec { spectrum: vec![0.0] }.into(),
        DiagonalQuadraticSpec { spectrum: vec![1.0, -1.0] }.into(),
        LogisticSpec { dimension: 2, workers: 2, share: 0, regulariser: 0.5, seed: 1 }.into(),
        LogisticSpec { dimension: 2, workers: 2, share: usize::MAX, regulariser: 0.5, seed: 1 }.into(),
        LogisticSpec { dimension: 2, workers: 2, share: 1, regulariser: f64::NAN, seed: 1 }.into(),
        LogisticSpec { dimension: 2, workers: 2, share: 1, regulariser: -1.0, seed: 1 }.into(),
        FourierSpec { dimension: 2, workers: 2, terms: 0, seed: 1 }.into(),
        CompositeBentSpec {
            dimension: 2,
            rows: 3,
            workers: 1,
            outer: Outer::Huber,
            condition: 1.0,
            spread: 0.0,
            seed: 1,
        }
        .into(),
        MamlQuadraticSpec { spectrum: vec![], workers: 1, spread: 0.0, step: 0.5, seed: 1 }.into(),
        MamlQuadraticSpec { spectrum: vec![1.0], workers: 0, spread: 0.0, step: 0.5, seed: 1 }.into(),
        MamlQuadraticSpec { spectrum: vec![1.0; 65], workers: 1, spread: 0.0, step: 0.5, seed: 1 }.into(),
        MamlLeastSquaresSpec { dimension: 2, rank: 3, condition: 1.0, workers: 1, spread: 0.0, step: 0.5, seed: 1 }
            .into(),
        MamlCosineSpec { step: -0.5 }.into(),
        MamlCosineSpec { step: f64::NAN }.into(),
        MamlRidgeSpec { ridge: Ridge::Cosine, dimension: 0, workers: 1, share: 2, step: 0.5, seed: 1 }.into(),
        MamlSinusoidSpec { units: 0, workers: 1, share: 2, step: 0.5, seed: 1 }.into(),
        MamlSinusoidSpec { units: 1, workers: 33, share: 2, step: 0.5, seed: 1 }.into(),
        BreastCancerSquaresSpec { features: 31, workers: 1, share: 8 }.into(),
        BreastCancerSquaresSpec { features: 3, workers: 8, share: 500 }.into(),
        BreastCancerSquaresSpec { features: 3, workers: 8, share: usize::MAX }.into(),
        SineSquaredComposedSpec { dimension: 2, rows: 3, condition: 1.0, seed: 1 }.into(),
        HuberSpec { curvature: 1.0, width: 1.0, tilts: vec![0.1, 0.2, -0.3] }.into(),
        HuberSpec { curvature: 1.0, width: 0.0, tilts: vec![0.0] }.into(),
        HuberSpec { curvature: 1.0, width: 1.0, tilts: vec![] }.into(),
        PiecewiseQuadraticSpec {
            anchor: 0.0,
            value: 0.0,
            slope: 0.0,
            breaks: vec![1.0, 1.0],
            curvatures: vec![1.0; 3],
        }
        .into(),
        // 0.7 - 0.1 is rounded, and the outer curvature would exceed the L that is claimed.
        PiecewiseQuadraticSpec { anchor: 0.0, value: 0.0, slope: 0.0, breaks: vec![1.0], curvatures: vec![0.1, 0.7] }
            .into(),
        PiecewiseQuadraticSpec { anchor: 0.0, value: 0.0, slope: f64::NAN, breaks: vec![], curvatures: vec![1.0] }
            .into(),
    ];
    for spec in refused {
        assert!(build(&spec).is_err(), "{spec:?}");
    }
}

// ---- in rationals -------------------------------------------------------------------------

/// f and ∇f at a rational point, exactly.
fn value_and_gradient(problem: &dyn DynProblem, x: &[Exact]) -> (Rational, Vec<Rational>) {
    let mut scratch = Scratch::for_problem(problem, ());
    let mut gradient = vec![Exact(None); x.len()];
    let view = Exact::view(problem);
    view.gradient_in(x, &mut gradient, (), &mut scratch);
    let value = view.value_in(x, (), &mut scratch).0.unwrap();
    (value, gradient.into_iter().map(|g| g.0.unwrap()).collect())
}

/// ∇f₁, …, ∇fₙ at a rational point, exactly.
fn worker_gradients(problem: &dyn DynProblem, x: &[Exact]) -> Vec<Vec<Rational>> {
    let mut scratch = Scratch::for_problem(problem, ());
    let at = |worker| {
        let mut gradient = vec![Exact(None); x.len()];
        Exact::view(problem).worker_gradient_in(worker, x, &mut gradient, (), &mut scratch);
        gradient.into_iter().map(|g| g.0.unwrap()).collect()
    };
    (0..problem.workers()).map(at).collect()
}

fn exactly(x: &[f64]) -> Vec<Exact> {
    x.iter().map(|x| Exact::from_f64(*x, ())).collect()
}

/// The mean of the workers' gradients is the gradient, and they differ by at most ζ.
fn workers_average_out(problem: &dyn DynProblem, x: &[Exact]) -> Result<(), String> {
    let (_, gradient) = value_and_gradient(problem, x);
    let (mut mean, mut spread) = (vec![Rational::new(); x.len()], Rational::new());
    for worker in worker_gradients(problem, x) {
        for ((m, w), g) in mean.iter_mut().zip(worker).zip(&gradient) {
            spread += Rational::from(&w - g).square() / problem.workers() as u64;
            *m += w / problem.workers() as u64;
        }
    }
    let within = problem.constants().heterogeneity.as_ref().is_none_or(|zeta2| spread <= *zeta2);
    if mean == gradient && within { Ok(()) } else { Err(format!("the mean {mean:?} is not {gradient:?}")) }
}

/// At the centre the gradient of a convex quadratic vanishes and f is f*, exactly.
fn is_least_at_its_centre(problem: &dyn DynProblem) -> Result<(), String> {
    let constants = problem.constants();
    let (Some(least), Some(affine)) = (&constants.lower_bound, problem.affine_part()) else { return Ok(()) };
    let centre: Vec<Exact> = affine.centre.iter().map(|c| Exact(Some(c.clone()))).collect();
    let (value, gradient) = value_and_gradient(problem, &centre);
    if value == *least && gradient.iter().all(|g| *g == 0) {
        Ok(())
    } else {
        Err(format!("f is {value} and not {least}"))
    }
}

/// Quadratic instances with numbers that need many bits, whose size is `size`.
fn awkward(size: f64, workers: usize, dimension: usize, seed: u64) -> [ProblemSpec; 5] {
    let spectrum: Vec<f64> = (0..dimension).map(|j| 0.5f64.powi(j as i32)).collect();
    let (rows, outer) = (dimension.div_ceil(2), Outer::Squares);
    [
        HeterogeneousQuadraticSpec { dimension, workers, condition: 4.0, spread: size, seed }.into(),
        LeastSquaresSpec { dimension, rank: rows, condition: 7.0, offset: size, workers, seed }.into(),
        MamlQuadraticSpec { spectrum, workers, spread: size, step: 0.1, seed }.into(),
        MamlLeastSquaresSpec { dimension, rank: rows, condition: 5.0, workers, spread: size, step: 0.3, seed }.into(),
        CompositeAffineSpec { dimension, rows, workers, outer, condition: 3.0, spread: size, seed }.into(),
    ]
}

#[test]
fn workers_average_out_and_minima_are_exact_for_sizes_that_no_few_bits_hold() {
    for size in [0.1, 1.2345678912345677e17, 1e-17, 0.7e300, 1e-310, 5e-324, 0.0, -0.3] {
        for (workers, dimension) in [(7, 1), (5, 2), (32, 4)] {
            for spec in awkward(size, workers, dimension, 2) {
                let problem = build(&spec).unwrap();
                let awkward_point = vec![0.1; dimension];
                for x in [problem.start(), vec![0.0; dimension], awkward_point] {
                    workers_average_out(problem.as_ref(), &exactly(&x))
                        .unwrap_or_else(|reason| panic!("{spec}: {reason}"));
                }
                is_least_at_its_centre(problem.as_ref()).unwrap_or_else(|reason| panic!("{spec}: {reason}"));
            }
        }
    }
}

#[test]
fn workers_average_out_wherever_gradients_are_rational() {
    let nonlinear = |outer, bent| {
        let (dimension, rows, workers, condition, spread, seed) = (2, 1, 3, 3.0, 0.1, 2);
        if bent {
            CompositeBentSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
        } else {
            CompositeAffineSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
        }
    };
    let given: [ProblemSpec; 6] = [
        ShiftedQuadraticSpec { spectrum: vec![0.1, 5e-324], shifts: vec![vec![0.1, 5e-324], vec![-0.1, -5e-324]] }
            .into(),
        HuberSpec { curvature: 0.1, width: 0.3, tilts: vec![0.1, 1e17, -0.1, -1e17] }.into(),
        DiagonalQuadraticSpec { spectrum: vec![0.1, 5e-324] }.into(),
        nonlinear(Outer::Bounded, false),
        nonlinear(Outer::Bounded, true),
        nonlinear(Outer::Squares, true),
    ];
    let shipped = suite(Preset::Default).into_iter().chain(nested_suite(Preset::Default));
    for spec in shipped.chain(given) {
        let problem = build(&spec).unwrap();
        if problem.is_rational() {
            workers_average_out(problem.as_ref(), &exactly(&problem.start()))
                .unwrap_or_else(|reason| panic!("{spec}: {reason}"));
        }
        if problem.is_quadratic() {
            is_least_at_its_centre(problem.as_ref()).unwrap_or_else(|reason| panic!("{spec}: {reason}"));
        }
    }
}

#[test]
fn a_curvature_whose_half_is_no_f64_bends_the_function_by_all_of_it() {
    // 5e-324 and its odd multiples have no half among the f64.
    for curvature in [5e-324, 1.5e-323, 2.2250738585072014e-308f64.next_down(), 1.0] {
        let bend = |value: &Rational, x: &[Exact]| {
            let square = norm2(x, ()).0.unwrap() * Rational::from_f64(curvature).unwrap();
            assert_eq!(*value, square / 2u32, "{curvature:e}");
        };
        let bent: [ProblemSpec; 4] = [
            HuberSpec { curvature, width: 2.0, tilts: vec![0.0] }.into(),
            DiagonalQuadraticSpec { spectrum: vec![curvature] }.into(),
            PiecewiseQuadraticSpec { anchor: 0.0, value: 0.0, slope: 0.0, breaks: vec![], curvatures: vec![curvature] }
                .into(),
            PiecewiseQuadraticSpec {
                anchor: 0.0,
                value: 0.0,
                slope: 0.0,
                breaks: vec![-2.0, 0.5],
                curvatures: vec![2.0 * curvature, curvature, curvature],
            }
            .into(),
        ];
        for spec in bent {
            let problem = build(&spec).unwrap();
            for x in [1.0, -1.75, 0.1] {
                let x = exactly(&[x]);
                bend(&value_and_gradient(problem.as_ref(), &x).0, &x);
            }
            is_sound(&spec, 7, 3);
        }
    }
}

#[test]
fn the_minimum_of_a_piecewise_quadratic_is_attained() {
    // Between the breaks f falls with half of an odd multiple of the least number.
    let least = 5e-324;
    let spec: ProblemSpec = PiecewiseQuadraticSpec {
        anchor: 0.0,
        value: 0.0,
        slope: -least,
        breaks: vec![-1.0, 3.0],
        curvatures: vec![8.0 * least, 3.0 * least, 5.0 * least],
    }
    .into();
    let problem = build(&spec).unwrap();
    let critical = [Exact(Some(Rational::from((1, 3))))];
    let (value, gradient) = value_and_gradient(problem.as_ref(), &critical);
    assert_eq!(gradient, [Rational::new()]);
    assert_eq!(problem.constants().lower_bound, Some(value));
}

#[test]
fn reject_shifts_and_tilts_that_do_not_add_up_and_say_which() {
    let shifts = |last| {
        ShiftedQuadraticSpec {
            spectrum: vec![1.0, 1.0],
            shifts: vec![vec![0.5, 0.1], vec![0.25, 0.2], vec![-0.75, last]],
        }
        .into()
    };
    let message = build(&shifts(-0.3)).unwrap_err().to_string();
    assert!(message.contains("coordinate 2 0.1, 0.2, -0.3 add up to 2.77"), "{message}");
    assert!(build(&shifts(-0.30000000000000004)).is_err());
    let tilts: ProblemSpec = HuberSpec { curvature: 1.0, width: 1.0, tilts: vec![1e300, 1.0, -1e300] }.into();
    let message = build(&tilts).unwrap_err().to_string();
    assert!(message.contains("add up to 1e0"), "{message}");
    let wide =
        |spread| HeterogeneousQuadraticSpec { dimension: 3, workers: 32, condition: 2.0, spread, seed: 1 }.into();
    let message = build(&wide(1.7e308)).unwrap_err().to_string();
    assert!(message.contains("1.7e308"), "{message}");
    assert!(build(&wide(f64::NAN)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: effort::cases(25), rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_size_gives_workers_that_average_out(
        bits in any::<u64>(), scale in 0..2usize, workers in 1..33usize, dimension in 1..5usize, seed in any::<u64>(),
    ) {
        // Every other size is near one, where most users' are.
        let size = [f64::from_bits(bits), f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52)][scale];
        for spec in awkward(size, workers, dimension, seed) {
            let Ok(problem) = build(&spec) else {
                prop_assert!(!size.is_finite() || size.abs() > 1e306, "{spec:?} is refused");
                continue;
            };
            let x = exactly(&problem.start());
            let fail = |reason| TestCaseError::fail(format!("{spec}: {reason}"));
            workers_average_out(problem.as_ref(), &x).map_err(fail)?;
            is_least_at_its_centre(problem.as_ref()).map_err(fail)?;
        }
    }
}

// ---- liars --------------------------------------------------------------------------------

/// Which evaluation is tampered with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slip {
    None,
    Value,
    Gradient,
    Worker,
}

/// A problem that claims other constants, or computes something else, than the one inside.
#[derive(Clone, Debug)]
struct Liar<P> {
    inner: P,
    constants: Constants,
    slip: Slip,
}

impl<P: Problem> Problem for Liar<P> {
    fn family(&self) -> &'static str {
        "liar"
    }
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }
    fn workers(&self) -> usize {
        self.inner.workers()
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn start(&self) -> Vec<f64> {
        self.inner.start()
    }
    fn scratch_len(&self) -> usize {
        self.inner.scratch_len()
    }
    fn value<S: Scalar>(&self, x: &[S], context: S::Context, scratch: &mut Scratch<S>) -> S {
        let value = self.inner.value(x, context, scratch);
        if self.slip == Slip::Value { value.mul(&S::from_f64(1.0 + 2f64.powi(-40), context)) } else { value }
    }
    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, scratch: &mut Scratch<S>) {
        self.inner.gradient(x, out, context, scratch);
        if self.slip == Slip::Gradient {
            out[0].mul_f64(1.0 + 2f64.powi(-40));
        }
    }
    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.inner.worker_gradient(worker, x, out, context, scratch);
        if self.slip == Slip::Worker && worker == 0 {
            out[0].add_f64(2f64.powi(-40));
        }
    }
    fn nesting(&self) -> Option<Nesting> {
        self.inner.nesting()
    }
    fn inner_value<S: Scalar>(&self, i: usize, x: &[S], out: &mut [S], c: S::Context, scratch: &mut Scratch<S>) {
        self.inner.inner_value(i, x, out, c, scratch);
    }
    fn outer_gradient<S: Scalar>(&self, i: usize, y: &[S], out: &mut [S], c: S::Context, scratch: &mut Scratch<S>) {
        self.inner.outer_gradient(i, y, out, c, scratch);
    }
    fn pull_back<S: Scalar>(&self, i: usize, x: &[S], s: &[S], out: &mut [S], c: S::Context, scratch: &mut Scratch<S>) {
        self.inner.pull_back(i, x, s, out, c, scratch);
    }
}

fn quadratic() -> Quadratic {
    let spec = RandomQuadratic { spectrum: &[0.25, 1.0, 4.0], workers: 3, spread: 1.0, offset: 0.5, seed: 9 };
    Quadratic::new("quadratic", &spec).unwrap()
}

fn scaled(q: &Option<Rational>, factor: f64) -> Option<Rational> {
    q.as_ref().map(|q| q * Rational::from_f64(factor).unwrap())
}

/// Points along the axes of the quadratic's eigenvectors, where its constants are attained.
fn attaining(problem: &Quadratic) -> Vec<Vec<f64>> {
    let affine = Problem::affine_part(problem).unwrap();
    let centre: Vec<f64> = affine.centre.iter().map(nearest_f64).collect();
    let along = |row: &Vec<Rational>, t: f64| -> Vec<f64> {
        centre.iter().zip(row).map(|(c, q)| c + t * nearest_f64(q)).collect()
    };
    affine.basis.iter().flat_map(|row| [along(row, -1.0), centre.clone(), along(row, 2.0)]).collect()
}

#[track_caller]
fn is_caught(aspect: Aspect, slip: Slip, change: impl Fn(&mut Constants)) {
    let inner = quadratic();
    let points = attaining(&inner);
    let mut liar = Liar { constants: Problem::constants(&inner).clone(), inner, slip };
    if slip == Slip::None {
        let found = contradictions(&liar, &points);
        assert!(found.is_empty(), "the honest problem is accused: {}", found[0]);
    }
    change(&mut liar.constants);
    let found = contradictions(&liar, &points);
    assert!(found.iter().any(|c| c.aspect == aspect), "{aspect:?} is not caught: {found:?}");
}

#[test]
fn reject_constants_off_by_one_percent_where_they_are_attained() {
    is_caught(Aspect::Lipschitz, Slip::None, |c| c.smoothness = scaled(&c.smoothness, 0.99));
    is_caught(Aspect::DescentInequality, Slip::None, |c| c.smoothness = scaled(&c.smoothness, 0.99));
    is_caught(Aspect::Pl, Slip::None, |c| c.pl = scaled(&c.pl, 1.01));
    is_caught(Aspect::LowerBound, Slip::None, |c| c.lower_bound = scaled(&c.lower_bound, 1.01));
    is_caught(Aspect::Heterogeneity, Slip::None, |c| c.heterogeneity = scaled(&c.heterogeneity, 0.99));
    // With f* below the infimum the PL inequality is false near the minimiser.
    is_caught(Aspect::Pl, Slip::None, |c| c.lower_bound = scaled(&c.lower_bound, 0.5));
    is_caught(Aspect::GradientBound, Slip::None, |c| c.gradient_bound = Some(Rational::from(2)));
}

#[test]
fn reject_values_and_gradients_that_do_not_belong_together() {
    is_caught(Aspect::Derivative, Slip::Value, |_| {});
    is_caught(Aspect::Derivative, Slip::Gradient, |_| {});
    is_caught(Aspect::Mean, Slip::Worker, |_| {});
}

#[test]
fn reject_a_pl_constant_above_the_enclosed_one() {
    // h = x² + 3 sin²x has μ ≈ 0.174 near |x| = 1.7.
    let inner = SineSquared::coordinatewise(1).unwrap();
    let honest = nearest_f64(Problem::constants(&inner).pl.as_ref().unwrap());
    let grid: Vec<Vec<f64>> = (1..4000).map(|i| vec![f64::from(i) * 1e-3]).collect();
    let constants = Constants { pl: Rational::from_f64(honest * 1.001), ..Problem::constants(&inner).clone() };
    let liar = Liar { inner: inner.clone(), constants, slip: Slip::None };
    assert!(contradictions(&inner, &grid).is_empty());
    assert!(contradictions(&liar, &grid).iter().any(|c| c.aspect == Aspect::Pl));
}

/// Points of the line from −8 to 8, which pass by where the constants of the parts are attained.
fn line() -> Vec<Vec<f64>> {
    (-320..=320).map(|i| vec![f64::from(i) * 0.025]).collect()
}

#[track_caller]
fn part_is_caught(inner: &(impl Problem + Clone), aspect: Aspect, name: &'static str, factor: f64) {
    let mut liar = Liar { constants: inner.constants().clone(), inner: inner.clone(), slip: Slip::None };
    assert!(contradictions(&liar, &line()).is_empty(), "the honest problem is accused");
    let honest = liar.constants.named.remove(name).unwrap();
    liar.constants.named.insert(name, honest * Rational::from_f64(factor).unwrap());
    assert!(contradictions(&liar, &line()).iter().any(|c| c.aspect == aspect), "{name} is not caught");
}

#[test]
fn reject_constants_of_inner_and_outer_parts_off_by_one_percent() {
    let tasks = RidgeTasks::new("maml-cosine", Ridge::Cosine, 1, vec![1.0], vec![0.0], 1).unwrap();
    let adapted = Adapted::new("maml-cosine", tasks, 0.5).unwrap();
    part_is_caught(&adapted, Aspect::InnerSlope, "ell_h", 0.99);
    part_is_caught(&adapted, Aspect::InnerSlope, "m_h", 1.01);
    part_is_caught(&adapted, Aspect::OuterSlope, "ell_F", 0.99);
    part_is_caught(&adapted, Aspect::OuterSmoothness, "L_F", 0.99);
    part_is_caught(&adapted, Aspect::HessianLipschitz, "H", 0.99);
    let spec =
        |outer, bent| RandomComposite { dimension: 1, singular: &[1.0], workers: 1, spread: 0.0, outer, bent, seed: 1 };
    let bent = Composite::new(&spec(Outer::Squares, true)).unwrap();
    part_is_caught(&bent, Aspect::InnerSlope, "ell_h", 0.99);
    part_is_caught(&bent, Aspect::InnerSlope, "m_h", 1.01);
    let bounded = Composite::new(&spec(Outer::Bounded, false)).unwrap();
    part_is_caught(&bounded, Aspect::OuterSlope, "ell_F", 0.99);
    part_is_caught(&bounded, Aspect::OuterSmoothness, "L_F", 0.99);
}

#[test]
fn reject_parts_that_do_not_make_up_the_gradient() {
    let tasks = RidgeTasks::new("maml-cosine", Ridge::Cosine, 1, vec![1.0], vec![0.0], 1).unwrap();
    let inner = Adapted::new("maml-cosine", tasks, 0.5).unwrap();
    let liar = Liar { constants: Problem::constants(&inner).clone(), inner, slip: Slip::Worker };
    assert!(contradictions(&liar, &line()).iter().any(|c| c.aspect == Aspect::Nesting));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: effort::cases(40), rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_instances_keep_their_word(
        family in 0..11usize, dimension in 1..9usize, workers in 1..5usize, kappa in 0..20i32, seed in 0..1000u64,
    ) {
        let condition = 2f64.powi(kappa);
        let spec: ProblemSpec = match family {
            0 => HeterogeneousQuadraticSpec { dimension, workers, condition, spread: 2.0, seed }.into(),
            1 => LeastSquaresSpec { dimension, rank: dimension.div_ceil(2), condition, offset: 1.0, workers, seed }.into(),
            2 => SineSquaredComposedSpec { dimension, rows: dimension.div_ceil(2), condition: condition.min(64.0), seed }.into(),
            3 => FourierSpec { dimension, workers, terms: 5, seed }.into(),
            4 => LogisticSpec { dimension, workers, share: 3, regulariser: 0.125, seed }.into(),
            5 => GemanMcClureSpec { dimension, workers, share: 3, seed }.into(),
            6 | 7 => {
                let outer = [Outer::Bounded, Outer::Huber, Outer::Squares][seed as usize % 3];
                let (rows, condition, spread) = (dimension.div_ceil(2), condition.min(64.0), 1.0);
                if family == 6 {
                    CompositeAffineSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
                } else {
                    CompositeBentSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
                }
            }
            8 => {
                let spectrum = (0..dimension).map(|j| 1.0 - 0.375 * j as f64).collect();
                MamlQuadraticSpec { spectrum, workers, spread: 2.0, step: 0.375, seed }.into()
            }
            9 => {
                let ridge = [Ridge::Cosine, Ridge::GemanMcClure][seed as usize % 2];
                MamlRidgeSpec { ridge, dimension, workers, share: 3, step: 0.25, seed }.into()
            }
            _ => MamlSinusoidSpec { units: dimension.div_ceil(3), workers, share: 3, step: 0.5, seed }.into(),
        };
        let problem = build(&spec).map_err(|err| TestCaseError::fail(format!("{spec:?}: {err}")))?;
        let found = contradictions(problem.as_ref(), &points(problem.as_ref(), 6, seed));
        prop_assert!(found.is_empty(), "{spec:?}: {}", found[0]);
    }
}
