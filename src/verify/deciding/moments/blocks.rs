//! Coordinates that move independently of all others.

use super::matrix::Matrix;
use super::pairs::Pairs;
use super::recursion::Shared;
use crate::number::{Scalar, zeros};
use crate::problem::{Arithmetic, Scratch};
use crate::verify::instances::Instance;

/// Coordinates that move independently of all others: their gradient is `pull`·y, the mean of their
/// estimate `estimate`·y, and their part of f is ½y^T `weight` y plus a constant. The first `noisy`
/// coordinates of the gradient carry noise.
pub(super) struct Block<S> {
    pub pull: Matrix<S>,
    pub estimate: Matrix<S>,
    pub weight: Matrix<S>,
    /// ‖pull·y‖² and ‖(estimate − pull)·y‖² as quadratic forms of y.
    pub gradient_square: Matrix<S>,
    pub bias_square: Matrix<S>,
    pub noisy: usize,
}

impl<S: Scalar> Block<S> {
    /// From the matrix of the bias: no bias is exactly zero in every arithmetic.
    pub fn new(pull: Matrix<S>, bias: &Matrix<S>, weight: Matrix<S>, noisy: usize, context: S::Context) -> Self {
        let square = |matrix: &Matrix<S>| matrix.transpose().product(matrix, context);
        let mut estimate = pull.clone();
        estimate.add_multiple(bias, &S::one(context));
        Block { gradient_square: square(&pull), bias_square: square(bias), pull, estimate, weight, noisy }
    }
}

/// The blocks with the moments of their registers, and the constant part of f.
pub(super) type Blocks<S> = (Vec<(Block<S>, Pairs<S>)>, S);

/// One direction of an eigenbasis: Py = λy, and (1 + r)λy is the mean of the estimate.
pub(super) fn direction<S: Scalar>(lambda: &S, shared: &Shared<S>) -> Block<S> {
    let single = |x: S| Matrix { size: 1, entries: vec![x] };
    let bias = single(lambda.clone().mul(&shared.multiple));
    Block::new(single(lambda.clone()), &bias, single(lambda.clone()), 1, shared.context)
}

/// The moments where x alone is not zero.
pub(super) fn at_rest<S: Scalar>(yy: Matrix<S>, registers: usize) -> Pairs<S> {
    let mut pairs = Pairs::new(registers);
    pairs.set(0, 0, Some(yy));
    pairs
}

pub(super) fn blocks<S: Arithmetic>(
    instance: &Instance<'_>,
    shared: &Shared<S>,
    registers: usize,
) -> Option<Blocks<S>> {
    let context = shared.context;
    let Some(affine) = instance.problem.affine_part().filter(|a| a.remainder == 0 && shared.separable) else {
        return Some(one_block(instance, shared, registers));
    };
    let lower_bound = S::from_rational(instance.problem.constants().lower_bound.as_ref()?, context);
    let directions = affine.spectrum.iter().zip(&affine.basis).map(|(lambda, row)| {
        let mut y = S::zero(context);
        for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
            let offset = S::from_f64(*x, context).sub(&S::from_rational(c, context));
            y.add_product(&offset, &S::from_rational(q, context));
        }
        let yy = Matrix { size: 1, entries: vec![y.square()] };
        (direction(&S::from_rational(lambda, context), shared), at_rest(yy, registers))
    });
    Some((directions.collect(), lower_bound))
}

/// y = (x − x_0, 1): the Hessian's columns are differences of gradients, which are affine.
pub(super) fn one_block<S: Arithmetic>(instance: &Instance<'_>, shared: &Shared<S>, registers: usize) -> Blocks<S> {
    let context = shared.context;
    let d = instance.problem.dimension();
    let problem = S::view(instance.problem.as_ref());
    let mut scratch = Scratch::for_problem(instance.problem.as_ref(), context);
    let mut x: Vec<S> = instance.point.iter().map(|x| S::from_f64(*x, context)).collect();
    let value = problem.value_in(&x, context, &mut scratch);
    let mut slope = zeros::<S>(d, context);
    problem.gradient_in(&x, &mut slope, context, &mut scratch);
    let mut pull = Matrix::<S>::zero(d + 1, context);
    for (i, g) in slope.iter().enumerate() {
        pull.entries[i * (d + 1) + d].set(g);
    }
    let mut gradient = zeros::<S>(d, context);
    for j in 0..d {
        let coordinate = x[j].clone();
        x[j].add_f64(1.0);
        problem.gradient_in(&x, &mut gradient, context, &mut scratch);
        x[j] = coordinate;
        for (i, (g, start)) in gradient.iter().zip(&slope).enumerate() {
            pull.entries[i * (d + 1) + j] = g.clone().sub(start);
        }
    }
    let mut weight = pull.clone();
    for (j, g) in slope.iter().enumerate() {
        weight.entries[d * (d + 1) + j].set(g);
    }
    let mut bias = pull.clone().scaled(&shared.multiple);
    for i in 0..d {
        bias.entries[i * (d + 1) + d].add_product_f64(&shared.offset, if i % 2 == 0 { 1.0 } else { -1.0 });
    }
    let mut yy = Matrix::<S>::zero(d + 1, context);
    yy.entries[d * (d + 1) + d] = S::one(context);
    (vec![(Block::new(pull, &bias, weight, d, context), at_rest(yy, registers))], value)
}
