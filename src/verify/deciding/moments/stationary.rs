//! Where the recursion of moments ends.

use super::blocks::{Block, direction};
use super::matrix::Matrix;
use super::pairs::Pairs;
use super::recursion::{Shared, liveness};
use crate::method::language::moves::{Move, Unrolled};
use crate::number::Scalar;
use crate::verify::deciding::spectral::{is_stable, solved};
use crate::verify::instances::Instance;

/// lim E‖∇f(x_k)‖² where every step is the same: the fixed point of the recursion of moments in each direction.
/// The recursion of the states themselves must be stable for certain; then moments converge to their only fixed
/// point from any start. Bias that is no multiple of g, and noise that grows with g, are not followed.
pub(super) fn stationary_gradient<S: Scalar>(instance: &Instance<'_>, shared: &Shared<S>) -> Option<S> {
    let context = shared.context;
    let method = &instance.method;
    if !shared.separable || !method.program().is_autonomous() {
        return None;
    }
    let mut unrolled = Unrolled::<S>::new(method.machine(context));
    unrolled.begin()?;
    // The first step may differ.
    unrolled.step()?;
    let moves = unrolled.step()?;
    let vectors = method.program().vectors;
    let is_state = |register: &usize| *register == 0 || method.is_state_register(*register);
    let states: Vec<usize> = (0..vectors).filter(is_state).collect();
    let step = Step { moves: &moves, states: &states, registers: vectors + 1, shared };
    let mut total = S::zero(context);
    for lambda in &instance.problem.affine_part()?.spectrum {
        let lambda = S::from_rational(lambda, context);
        let position = step.fixed_second_moment(&direction(&lambda, shared))?;
        total.add_assign(&lambda.square().mul(&position));
    }
    Some(total)
}

/// A step that is made again and again.
struct Step<'a, S: Scalar> {
    moves: &'a [Move<S>],
    states: &'a [usize],
    registers: usize,
    shared: &'a Shared<S>,
}

impl<S: Scalar> Step<'_, S> {
    /// E y² of the point in one direction, where the step leaves the moments of all pairs of states as they are.
    fn fixed_second_moment(&self, block: &Block<S>) -> Option<S> {
        let context = self.shared.context;
        let means = state_matrix(self.moves, self.states, block, self.shared)?;
        if !is_stable(&means, context) {
            return None;
        }
        let live = self.live();
        let places: Vec<(usize, usize)> =
            self.states.iter().enumerate().flat_map(|(i, a)| self.states[i..].iter().map(move |b| (*a, *b))).collect();
        let image = |entry: Option<(usize, usize)>, shared: &Shared<S>| -> Vec<S> {
            let mut pairs = Pairs::new(self.registers);
            if let Some((a, b)) = entry {
                pairs.set(a, b, Some(Matrix { size: 1, entries: vec![S::one(context)] }));
            }
            for (step, live) in self.moves.iter().zip(&live) {
                shared.advance(block, &mut pairs, (step, live), &mut None);
            }
            places.iter().map(|(a, b)| pairs.inner(*a, *b, context)).collect()
        };
        // z = Mz + constant.
        let quiet = Shared { variance: S::zero(context), ..self.shared.clone() };
        let constant = image(None, self.shared);
        let columns: Vec<Vec<S>> = places.iter().map(|place| image(Some(*place), &quiet)).collect();
        let entry = |row: usize, column: usize| {
            let identity = S::from_f64(f64::from(u8::from(row == column)), context);
            identity.sub(&columns[column][row])
        };
        let rows = 0..places.len();
        let system = rows.map(|row| (0..places.len()).map(|column| entry(row, column)).collect()).collect();
        solved(system, constant, context)?.into_iter().next()
    }

    fn live(&self) -> Vec<Vec<bool>> {
        let mut last = vec![false; self.registers];
        self.states.iter().for_each(|register| last[*register] = true);
        liveness(self.moves, &last)
    }
}

/// The mean of the states after a step, by those before it, in one direction.
fn state_matrix<S: Scalar>(
    moves: &[Move<S>],
    states: &[usize],
    block: &Block<S>,
    shared: &Shared<S>,
) -> Option<Vec<Vec<S>>> {
    let context = shared.context;
    let registers = 1 + moves.iter().map(Move::largest_register).max()?.max(*states.iter().max()?);
    let mut columns = Vec::new();
    for state in states {
        let mut values = vec![S::zero(context); registers];
        values[*state] = S::one(context);
        for step in moves {
            match step {
                Move::Combine(u, parts) => {
                    let mut sum = S::zero(context);
                    parts.iter().for_each(|(weight, part)| sum.add_product(&weight.number(context), &values[*part]));
                    values[*u] = sum;
                }
                Move::Divide(u, a) => values[*u].div_assign(a),
                Move::Swap(u, w) => values.swap(*u, *w),
                Move::Call(u, call) => {
                    let map = if call.estimate { &block.estimate } else { &block.pull };
                    values[*u] = values[call.at].clone().mul(map.at(0, 0));
                }
                Move::Bend(..) => return None,
            }
        }
        columns.push(states.iter().map(|state| values[*state].clone()).collect::<Vec<S>>());
    }
    Some((0..states.len()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect())
}
