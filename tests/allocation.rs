//! The step loop allocates nothing: a run of many steps allocates as often as a run of few.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use lemmata::method::language::library;
use lemmata::method::{BoundMethod, Experiment, Recorded, Table};
use lemmata::number::Lanes;
use lemmata::oracle::operator::{Clip, TopK, TopKRounding};
use lemmata::oracle::source::{
    Average, Axis, Cancel, Composite, EachWorker, Epoch, FiniteDifference, FirstOrderMaml, Gaussian, Maml, Offset,
    Opposed, Order, Rademacher, RandomSigns, Relative, RelativeSigns, Sphere,
};
use lemmata::oracle::{self, Estimable, SourceSpec, Stream, StreamKey};
use lemmata::preset::Preset;
use lemmata::problem::families::{
    BreastCancerSquaresSpec, FourierSpec, GemanMcClureSpec, HeterogeneousQuadraticSpec, LogisticSpec,
    SineSquaredComposedSpec,
};
use lemmata::problem::{Arithmetic, ProblemSpec, build, nested_suite};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of one run.
fn allocations<S: Arithmetic + Estimable<Context = ()>>(
    spec: &ProblemSpec,
    sources: &[SourceSpec],
    steps: usize,
) -> usize {
    let problem = build(spec).unwrap();
    let oracle = oracle::build(sources, problem.as_ref()).unwrap();
    let method = library::shared("momentum").unwrap().unwrap();
    let mut method = BoundMethod::new(method, problem.as_ref(), 0, &[]);
    method.tune(steps, &|name| Some(if name == "beta" { 0.25 } else { 0.01 })).unwrap();
    let start = problem.start();
    let experiment = Experiment { problem: problem.as_ref(), oracle: &oracle, method: &method, start: &start };
    let mut table = Table::<S>::new(&[Recorded::VALUE], &method, ());
    let mut runner = experiment.runner::<S>(());
    let key = StreamKey::new(1, "allocation", "");
    let mut random = Stream::<_, S>::new((0..S::LANES as u64).map(|lane| key.stream(lane)), ());
    let before = COUNT.with(Cell::get);
    runner.run(&mut random, &mut table, &mut |_| {});
    COUNT.with(Cell::get) - before
}

#[test]
fn a_run_of_a_thousand_steps_allocates_no_more_than_one_of_ten() {
    let problems: [ProblemSpec; 6] = [
        HeterogeneousQuadraticSpec { dimension: 8, workers: 4, condition: 10.0, spread: 1.0, seed: 1 }.into(),
        SineSquaredComposedSpec { dimension: 6, rows: 3, condition: 4.0, seed: 1 }.into(),
        LogisticSpec { dimension: 4, workers: 2, share: 3, regulariser: 0.125, seed: 1 }.into(),
        GemanMcClureSpec { dimension: 4, workers: 2, share: 3, seed: 1 }.into(),
        FourierSpec { dimension: 4, workers: 2, terms: 4, seed: 1 }.into(),
        BreastCancerSquaresSpec { features: 4, workers: 2, share: 8 }.into(),
    ];
    // The greedy source is left out: its search for the worst error allocates.
    let oracles = [
        vec![],
        vec![Offset { size: 0.5 }.into(), Gaussian { size: 0.25 }.into()],
        vec![Relative { factor: -0.25 }.into(), Sphere { radius: 0.25 }.into()],
        vec![Opposed { relative: 0.1, absolute: 0.1 }.into(), Rademacher { size: 0.25 }.into()],
        vec![RandomSigns { relative: 0.1, absolute: 0.1 }.into(), Axis { size: 0.25 }.into()],
        vec![Cancel { relative: 0.1, absolute: 0.1 }.into(), RelativeSigns { factor: 0.25 }.into()],
        vec![EachWorker { operator: Clip { threshold: 0.5 }.into(), noise: 0.25 }.into()],
        vec![EachWorker { operator: TopK { share: 0.5 }.into(), noise: 0.25 }.into()],
        vec![Average { operator: TopKRounding { share: 0.5, bits: 4 }.into() }.into()],
        vec![FiniteDifference { step: 0.125 }.into()],
        vec![Epoch { step: 0.125, order: Order::Reversed }.into()],
        vec![Epoch { step: 0.125, order: Order::Drawn }.into()],
    ];
    for problem in &problems {
        for sources in &oracles {
            let few = [allocations::<f64>(problem, sources, 10), allocations::<Lanes>(problem, sources, 10)];
            let many = [allocations::<f64>(problem, sources, 1000), allocations::<Lanes>(problem, sources, 1000)];
            assert_eq!(few, many, "{problem}, {sources:?}");
        }
    }
}

#[test]
fn estimates_of_compositions_allocate_nothing_a_step_either() {
    let composite: SourceSpec = Composite {
        inner_samples: 2,
        inner_noise: 0.25,
        outer_samples: 2,
        outer_noise: 0.25,
        jacobian_samples: 2,
        jacobian_noise: 0.25,
        shared: false,
    }
    .into();
    let maml: SourceSpec = Maml {
        inner_samples: 2,
        outer_samples: 2,
        hessian_samples: 2,
        gradient_noise: 0.25,
        hessian_noise: 0.25,
        shared: false,
    }
    .into();
    for problem in nested_suite(Preset::Default) {
        let sources = match problem {
            ProblemSpec::CompositeAffine(_) | ProblemSpec::CompositeBent(_) => vec![composite.clone()],
            _ => vec![maml.clone(), FirstOrderMaml {}.into()],
        };
        for source in sources {
            let run = [source];
            let few = [allocations::<f64>(&problem, &run, 10), allocations::<Lanes>(&problem, &run, 10)];
            let many = [allocations::<f64>(&problem, &run, 200), allocations::<Lanes>(&problem, &run, 200)];
            assert_eq!(few, many, "{problem}, {run:?}");
        }
    }
}
