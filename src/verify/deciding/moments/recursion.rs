//! How the moments of a block follow from those before a move.

use rug::Rational;

use super::blocks::Block;
use super::matrix::Matrix;
use super::pairs::{Pairs, accumulate};
use crate::method::language::moves::{Move, Weight};
use crate::number::Scalar;
use crate::verify::instances::Instance;

/// What the call of a step had, summed over the blocks: E‖b_k‖² and E‖∇f‖² where it was made.
pub(super) struct Drawn<S> {
    pub bias: S,
    pub gradient: S,
}

/// Numbers that all blocks share.
#[derive(Clone)]
pub(super) struct Shared<S: Scalar> {
    /// r and c of the bias r·g + c·(1, −1, 1, …).
    pub multiple: S,
    pub offset: S,
    /// M and σ² of the noise, and σ²/d.
    pub relative: S,
    pub total_variance: S,
    pub variance: S,
    /// Whether c = M = 0: then every eigendirection moves on its own.
    pub separable: bool,
    pub context: S::Context,
}

impl<S: Scalar> Shared<S> {
    pub fn new(instance: &Instance<'_>, context: S::Context) -> Option<Self> {
        let model = &instance.oracle.model;
        let ([multiple, offset], [relative, variance]) = (model.affine.as_ref()?, model.noise.as_ref()?);
        let number = |q: &Rational| S::from_rational(q, context);
        let dimension = instance.problem.dimension() as u64;
        Some(Shared {
            multiple: number(multiple),
            offset: number(offset),
            relative: number(relative),
            total_variance: number(variance),
            variance: number(&Rational::from(variance / dimension)),
            separable: *offset == 0 && *relative == 0,
            context,
        })
    }

    /// E ν_j² for the coordinates that carry noise, where the estimate is drawn at a vector of these moments.
    pub fn noise(&self, block: &Block<S>, at: &Matrix<S>) -> Vec<S> {
        let mut noise = vec![self.variance.clone(); block.noisy];
        if !self.separable {
            let gy = block.pull.product(at, self.context);
            for (i, noise) in noise.iter_mut().enumerate() {
                let mut square = S::zero(self.context);
                (0..gy.size).for_each(|l| square.add_product(gy.at(i, l), block.pull.at(i, l)));
                noise.add_product(&square, &self.relative);
            }
        }
        noise
    }

    /// Makes one move in a block; what a call had is added to `drawn`.
    pub fn advance(
        &self,
        block: &Block<S>,
        pairs: &mut Pairs<S>,
        (step, live): (&Move<S>, &[bool]),
        drawn: &mut Option<Drawn<S>>,
    ) {
        let context = self.context;
        match step {
            Move::Combine(u, parts) => self.combine(pairs, *u, parts, live),
            Move::Divide(u, a) => {
                let factor = S::one(context).div(a);
                let scaled = |matrix: Option<Matrix<S>>, factor: &S| matrix.map(|matrix| matrix.scaled(factor));
                let own = scaled(pairs.of(*u, *u), &factor.clone().square());
                pairs.replace(*u, live, own, |pairs, r| scaled(pairs.of(*u, r), &factor));
            }
            Move::Swap(u, w) => {
                let before = pairs.clone();
                let from = |r: usize| {
                    if r == *u {
                        *w
                    } else if r == *w {
                        *u
                    } else {
                        r
                    }
                };
                for a in 0..pairs.registers {
                    for b in a..pairs.registers {
                        pairs.set(a, b, before.of(from(a), from(b)));
                    }
                }
            }
            Move::Call(u, call) => {
                let at = pairs.of(call.at, call.at).unwrap_or_else(|| Matrix::zero(block.pull.size, context));
                let map = if call.estimate { &block.estimate } else { &block.pull };
                let mapped = |matrix: Option<Matrix<S>>| matrix.map(|matrix| map.product(&matrix, context));
                let mut own = map.product(&at.product(&map.transpose(), context), context);
                if call.estimate {
                    for (i, noise) in self.noise(block, &at).iter().enumerate() {
                        own.entries[i * own.size + i].add_assign(noise);
                    }
                    let zero = || S::zero(context);
                    let drawn = drawn.get_or_insert_with(|| Drawn { bias: zero(), gradient: zero() });
                    drawn.bias.add_assign(&block.bias_square.inner(&at, context));
                    drawn.gradient.add_assign(&block.gradient_square.inner(&at, context));
                }
                pairs.replace(*u, live, Some(own), |pairs, r| mapped(pairs.of(call.at, r)));
            }
            // The recursion does not apply where there are others.
            Move::Bend(..) => {}
        }
    }

    pub fn combine(&self, pairs: &mut Pairs<S>, u: usize, parts: &[(Weight<S>, usize)], live: &[bool]) {
        let weights: Vec<S> = parts.iter().map(|(weight, _)| weight.number(self.context)).collect();
        let mut own = None;
        for (i, (_, a)) in parts.iter().enumerate() {
            accumulate(&mut own, pairs.of(*a, *a), &weights[i].clone().square());
            for (j, (_, b)) in parts.iter().enumerate().skip(i + 1) {
                let both = pairs.of(*a, *b).map(|matrix| matrix.symmetric());
                accumulate(&mut own, both, &weights[i].clone().mul(&weights[j]));
            }
        }
        pairs.replace(u, live, own, |pairs, r| {
            let mut sum = None;
            for ((_, part), weight) in parts.iter().zip(&weights) {
                accumulate(&mut sum, pairs.of(*part, r), weight);
            }
            sum
        });
    }
}

/// The registers whose moments are of use once each of the moves is made, where `last` is of use at the end.
pub(super) fn liveness<S>(moves: &[Move<S>], last: &[bool]) -> Vec<Vec<bool>> {
    let mut live = last.to_vec();
    let mut all = Vec::new();
    for step in moves.iter().rev() {
        all.push(live.clone());
        match step {
            Move::Combine(u, parts) => {
                live[*u] = false;
                parts.iter().for_each(|(_, part)| live[*part] = true);
            }
            Move::Call(u, call) => {
                live[*u] = false;
                live[call.at] = true;
            }
            Move::Swap(u, w) => live.swap(*u, *w),
            Move::Divide(..) | Move::Bend(..) => {}
        }
    }
    all.reverse();
    all
}
