//! What the parts of an estimate's error were, from what was drawn.

use crate::number::zeros;
use crate::oracle::{Estimable, EstimateQuery, Memory, Oracle, Replayed, StepDraws};
use crate::problem::{Arithmetic, DynProblem, Scratch};

/// Bias and noise that follow from the point x_k and what was drawn there, and what free sources would emit.
pub fn contributions<S: Arithmetic + Estimable>(
    oracle: &Oracle,
    problem: &dyn DynProblem,
    (k, x, gradient): (usize, &[S], &[S]),
    draws: &StepDraws,
    context: S::Context,
) -> [Vec<S>; 3] {
    let mut scratch = Scratch::for_problem(problem, context);
    let mut worker_gradients = Vec::new();
    oracle.worker_gradients(problem, x, &mut worker_gradients, context, &mut scratch);
    let vector = || zeros(x.len(), context);
    let (mut bias, mut noise, mut free) = (vector(), vector(), vector());
    let situation = EstimateQuery {
        step: Some(k),
        x,
        gradient,
        worker_gradients: &worker_gradients,
        direction: None,
        workers: problem.workers(),
        problem: S::view(problem),
        adversary_score: None,
        memory: &Memory::new(problem, context),
    };
    let mut random = Replayed::new(draws, context);
    oracle.draw_apart(&situation, &mut random, [&mut bias, &mut noise, &mut free], context);
    [bias, noise, free]
}
