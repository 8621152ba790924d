//! Numbers of an experiment that are known exactly, enclosed in intervals.

use rug::Rational;

use super::experiment::Experiment;
use crate::method::table::Table;
use crate::number::{Interval, Scalar, norm2, zeros};
use crate::oracle::{EstimateQuery, Memory, NoRandomness};
use crate::problem::{Arithmetic, Scratch};

/// E‖e_0‖² at x_0 exactly, enclosed: ‖b_0‖² for a deterministic bias, its model's value where that
/// is attained for every draw, plus the noise's exact second moment. `None` where it is not known.
#[must_use]
pub fn start_error(experiment: &Experiment<'_>, bits: u32) -> Option<Interval> {
    let model = &experiment.oracle.model;
    if !model.second_moment_known {
        return None;
    }
    let problem = experiment.problem;
    let x: Vec<Interval> = experiment.start.iter().map(|x| Interval::from_f64(*x, bits)).collect();
    let mut gradient = zeros(problem.dimension(), bits);
    let mut scratch = Scratch::for_problem(problem, bits);
    Interval::view(problem).gradient_in(&x, &mut gradient, bits, &mut scratch);
    let gradient_norm = norm2(&gradient, bits);
    let affine = |[relative, absolute]: &[Rational; 2]| {
        Interval::from_rational(relative, bits).mul(&gradient_norm).add(&Interval::from_rational(absolute, bits))
    };
    let noise = affine(model.noise.as_ref()?);
    let unbiased = model.bias == Some([Rational::new(), Rational::new()]);
    let bias = if model.deterministic {
        let mut bias = zeros(problem.dimension(), bits);
        let mut unused = zeros(problem.dimension(), bits);
        let mut worker_gradients = Vec::new();
        experiment.oracle.worker_gradients(problem, &x, &mut worker_gradients, bits, &mut scratch);
        let situation = EstimateQuery {
            step: Some(0),
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: Interval::view(problem),
            adversary_score: None,
            memory: &Memory::new(problem, bits),
        };
        experiment.oracle.draw(&situation, &mut NoRandomness, &mut bias, &mut unused, bits);
        norm2(&bias, bits)
    } else if unbiased {
        Interval::zero(bits)
    } else {
        return None;
    };
    Some(bias.add(&noise))
}

/// An upper bound of ‖∇fᵢ(x_k)‖ over all workers and k < K, of a run without draw. `None` where the
/// run in intervals says nothing.
#[must_use]
pub fn visited_gradient_bound(experiment: &Experiment<'_>, bits: u32) -> Option<Rational> {
    let problem = experiment.problem;
    let view = Interval::view(problem);
    let mut table = Table::new(&[], experiment.method, bits);
    let mut scratch = Scratch::for_problem(problem, bits);
    let mut gradient = zeros(problem.dimension(), bits);
    let mut largest = Interval::zero(bits);
    experiment.runner(bits).run(&mut NoRandomness, &mut table, &mut |reached| {
        if reached.steps < experiment.method.horizon {
            for worker in 0..problem.workers() {
                view.worker_gradient_in(worker, reached.x, &mut gradient, bits, &mut scratch);
                largest.max_assign(&norm2(&gradient, bits).sqrt());
            }
        }
    });
    if largest.is_defined() { largest.upper().to_rational() } else { None }
}
