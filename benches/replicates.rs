//! Replicate-steps per second of the Monte Carlo engine: d = 32, n = 10 workers, 1000 replicates of
//! 100 steps, recording ‖∇f(x_k)‖² and f(x_K). `benches/replicates.py` does the same work in NumPy.

use divan::Bencher;
use divan::counter::ItemsCount;
use lemmata::method::language::library;
use lemmata::method::{BoundMethod, Experiment, Recorded, Table};
use lemmata::number::{Lanes, Mp};
use lemmata::oracle::source::{Gaussian, Rademacher};
use lemmata::oracle::{self, Estimable, SourceSpec, Stream, StreamKey};
use lemmata::problem::families::{HeterogeneousQuadraticSpec, LogisticSpec};
use lemmata::problem::{Arithmetic, ProblemSpec, build};
use rayon::prelude::*;

const REPLICATES: u64 = 1000;
const STEPS: usize = 100;

fn main() {
    divan::main();
}

fn quadratic() -> ProblemSpec {
    HeterogeneousQuadraticSpec { dimension: 32, workers: 10, condition: 100.0, spread: 1.0, seed: 1 }.into()
}

fn logistic() -> ProblemSpec {
    LogisticSpec { dimension: 32, workers: 10, share: 8, regulariser: 0.125, seed: 1 }.into()
}

fn run<S: Arithmetic + Estimable>(
    bencher: Bencher<'_, '_>,
    spec: &ProblemSpec,
    source: SourceSpec,
    replicates: u64,
    context: S::Context,
) {
    let problem = build(spec).unwrap();
    let oracle = oracle::build(&[source], problem.as_ref()).unwrap();
    let smoothness = problem.constants().smoothness.as_ref().unwrap().to_f64();
    let method = library::shared("momentum").unwrap().unwrap();
    let mut method = BoundMethod::new(method, problem.as_ref(), 0, &[]);
    method.tune(STEPS, &|name| Some(if name == "beta" { 0.1 } else { 0.1 / smoothness })).unwrap();
    let start = problem.start();
    let experiment = Experiment { problem: problem.as_ref(), oracle: &oracle, method: &method, start: &start };
    let quantities = [Recorded::VALUE, Recorded::GRADIENT];
    let key = StreamKey::new(1, "benchmark", "");
    let lanes = S::LANES as u64;
    bencher.counter(ItemsCount::new(replicates * STEPS as u64)).bench(|| {
        (0..replicates.div_ceil(lanes))
            .into_par_iter()
            .map_init(
                || experiment.runner::<S>(context),
                |runner, group| {
                    let mut table = Table::<S>::new(&quantities, &method, context);
                    let generators = (0..lanes).map(|lane| key.stream(group * lanes + lane));
                    let mut random = Stream::<_, S>::new(generators, context);
                    runner.run(&mut random, &mut table, &mut |_| {});
                    table.get(&quantities[1], STEPS as i64).map_or(0.0, |x| x.lane(0))
                },
            )
            .sum::<f64>()
    });
}

#[divan::bench]
fn quadratic_with_signs(bencher: Bencher<'_, '_>) {
    run::<Lanes>(bencher, &quadratic(), Rademacher { size: 0.5 }.into(), REPLICATES, ());
}

#[divan::bench]
fn quadratic_with_normal_noise(bencher: Bencher<'_, '_>) {
    run::<Lanes>(bencher, &quadratic(), Gaussian { size: 0.5 }.into(), REPLICATES, ());
}

#[divan::bench]
fn logistic_with_signs(bencher: Bencher<'_, '_>) {
    run::<Lanes>(bencher, &logistic(), Rademacher { size: 0.5 }.into(), REPLICATES, ());
}

#[divan::bench(sample_count = 10)]
fn quadratic_with_signs_at_256_bits(bencher: Bencher<'_, '_>) {
    run::<Mp>(bencher, &quadratic(), Rademacher { size: 0.5 }.into(), 8, 256);
}
