//! Linear steps on any kind of vectors, forward, and backward from the point that a step reached to the estimate
//! that it was made with.

use super::language::machine::Call;
use super::language::moves::{Move, Weight};
use crate::number::{Scalar, zeros};

/// Vectors that can be combined with numbers of one arithmetic.
pub trait Space<S: Scalar> {
    /// A vector.
    type Vector: Clone;
    /// The sum of the parts.
    fn combined(&self, parts: &[(&Weight<S>, &Self::Vector)]) -> Self::Vector;
    /// u/a.
    fn divided(&self, u: Self::Vector, a: &S) -> Self::Vector;
    /// (u − w)/weight.
    fn solved(&self, u: &Self::Vector, w: &Self::Vector, weight: &Weight<S>) -> Self::Vector;
}

/// Coordinates in one arithmetic.
pub struct InCoordinates<S: Scalar> {
    /// d.
    pub dimension: usize,
    /// Of the arithmetic.
    pub context: S::Context,
}

impl<S: Scalar> Space<S> for InCoordinates<S> {
    type Vector = Vec<S>;

    fn combined(&self, parts: &[(&Weight<S>, &Vec<S>)]) -> Vec<S> {
        let Some(((weight, first), rest)) = parts.split_first() else { return zeros(self.dimension, self.context) };
        let mut sum = (*first).clone();
        for x in &mut sum {
            if let Some(a) = &weight.factor {
                x.mul_assign(a);
            }
            if weight.negative {
                x.neg_assign();
            }
        }
        for (weight, vector) in rest {
            for (x, w) in sum.iter_mut().zip(*vector) {
                match (&weight.factor, weight.negative) {
                    (None, false) => x.add_assign(w),
                    (None, true) => x.sub_assign(w),
                    (Some(a), false) => x.add_product(w, a),
                    (Some(a), true) => x.sub_product(w, a),
                }
            }
        }
        sum
    }

    fn divided(&self, mut u: Vec<S>, a: &S) -> Vec<S> {
        u.iter_mut().for_each(|x| x.div_assign(a));
        u
    }

    fn solved(&self, u: &Vec<S>, w: &Vec<S>, weight: &Weight<S>) -> Vec<S> {
        let (from, minus) = if weight.negative { (w, u) } else { (u, w) };
        let quotient = |(a, b): (&S, &S)| {
            let difference = a.clone().sub(b);
            match &weight.factor {
                Some(factor) => difference.div(factor),
                None => difference,
            }
        };
        from.iter().zip(minus).map(quotient).collect()
    }
}

/// What a call comes to at a point.
pub type Answer<'a, V> = &'a mut dyn FnMut(&Call, &V) -> Option<V>;

/// Runs linear moves on registers.
pub fn forward<S: Scalar, P: Space<S>>(
    space: &P,
    moves: &[Move<S>],
    registers: &mut [P::Vector],
    call: Answer<'_, P::Vector>,
) -> Option<()> {
    moves.iter().try_for_each(|step| one(space, step, registers, call))
}

fn one<S: Scalar, P: Space<S>>(
    space: &P,
    step: &Move<S>,
    registers: &mut [P::Vector],
    call: Answer<'_, P::Vector>,
) -> Option<()> {
    match step {
        Move::Combine(u, parts) => {
            let parts: Vec<_> = parts.iter().map(|(weight, vector)| (weight, &registers[*vector])).collect();
            registers[*u] = space.combined(&parts);
        }
        Move::Divide(u, a) => registers[*u] = space.divided(registers[*u].clone(), a),
        Move::Swap(u, w) => registers.swap(*u, *w),
        Move::Call(u, what) => registers[*u] = call(what, &registers[what.at])?,
        Move::Bend(..) => return None,
    }
    Some(())
}

/// The step that ends in a given point.
#[derive(Clone, Debug)]
pub struct Reached<V> {
    /// Where the estimate was drawn.
    pub at: V,
    /// The estimate.
    pub estimate: V,
}

/// How an unknown is found from a known value: it is the only unknown part of a combination, or what is left
/// of one that is affine in the estimate.
enum Solve<S: Scalar, V> {
    /// (value − rest)/weight is what this register was.
    Part(V, Weight<S>, usize),
    /// (value − rest)/weight is the estimate.
    Estimate(V, Weight<S>),
}

/// Moves the registers to the state after a step with one estimate of the average that ends in x = `next`: what
/// the estimate was follows. None where the point does not determine it. `gradient` answers exact calls.
pub fn towards<S: Scalar, P: Space<S>>(
    space: &P,
    moves: &[Move<S>],
    registers: &mut Vec<P::Vector>,
    next: &P::Vector,
    context: S::Context,
    gradient: Answer<'_, P::Vector>,
) -> Option<Reached<P::Vector>> {
    let call = moves.iter().position(|step| matches!(step, Move::Call(_, call) if call.estimate))?;
    let Move::Call(drawn, what) = &moves[call] else { return None };
    forward(space, &moves[..call], registers, gradient)?;
    let at = registers[what.at].clone();
    let before = registers.clone();
    let solves = unknowns(space, (&moves[call + 1..], *drawn), registers, context, gradient)?;
    // Backward along the only chain that leads to the point.
    let mut found: Vec<(usize, P::Vector)> = Vec::new();
    let (mut wanted, mut value) = (0, next.clone());
    let mut estimate = None;
    for (number, (to, solve)) in solves.iter().enumerate().rev() {
        if *to != wanted {
            continue;
        }
        found.push((number, value.clone()));
        match solve {
            Some(Solve::Part(rest, weight, register)) => {
                value = space.solved(&value, rest, weight);
                wanted = *register;
            }
            Some(Solve::Estimate(rest, weight)) => {
                estimate = Some(space.solved(&value, rest, weight));
                break;
            }
            None => return None,
        }
    }
    let estimate = match estimate {
        Some(estimate) => estimate,
        None if wanted == *drawn => value,
        None => return None,
    };
    *registers = before;
    registers[*drawn] = estimate.clone();
    for (number, step) in moves[call + 1..].iter().enumerate() {
        match (found.iter().find(|(solved, _)| *solved == number), step) {
            (Some((_, value)), Move::Combine(u, _) | Move::Divide(u, _)) => registers[*u] = value.clone(),
            _ => one(space, step, registers, gradient)?,
        }
    }
    Some(Reached { at, estimate })
}

/// For each move after the call what it writes and, where that depends on the estimate, how an unknown part of
/// it is found. Registers end as if the estimate were zero.
#[expect(clippy::type_complexity, reason = "a list of what is written with how it is solved")]
fn unknowns<S: Scalar, P: Space<S>>(
    space: &P,
    (moves, drawn): (&[Move<S>], usize),
    registers: &mut [P::Vector],
    context: S::Context,
    gradient: Answer<'_, P::Vector>,
) -> Option<Vec<(usize, Option<Solve<S, P::Vector>>)>> {
    // How often the estimate is in a register; none where it is known.
    let mut share: Vec<Option<S>> = vec![None; registers.len()];
    share[drawn] = Some(S::one(context));
    registers[drawn] = space.combined(&[]);
    let mut solves = Vec::new();
    for step in moves {
        match step {
            Move::Combine(u, parts) => {
                let unknown: Vec<_> = parts.iter().filter(|(_, vector)| share[*vector].is_some()).collect();
                let rest_of = |skip: Option<usize>| {
                    let kept = parts.iter().filter(|(_, vector)| skip != Some(*vector));
                    let kept: Vec<_> = kept.map(|(weight, vector)| (weight, &registers[*vector])).collect();
                    space.combined(&kept)
                };
                let total = unknown.iter().fold(None, |sum: Option<S>, (weight, vector)| {
                    let part = share[*vector].clone()?.mul(&weight.number(context));
                    Some(sum.map_or(part.clone(), |sum| sum.add(&part)))
                });
                let solve = match (&unknown[..], &total) {
                    ([(weight, vector)], Some(_)) => {
                        Some(Solve::Part(rest_of(Some(*vector)), (*weight).clone(), *vector))
                    }
                    ([_, _, ..], Some(total)) => {
                        let weight = Weight { negative: false, factor: Some(total.clone()) };
                        Some(Solve::Estimate(rest_of(None), weight))
                    }
                    _ => None,
                };
                solves.push((*u, solve));
                registers[*u] = rest_of(None);
                share[*u] = total;
            }
            Move::Divide(u, a) => {
                let weight = Weight { negative: false, factor: Some(S::one(context).div(a)) };
                let solve = share[*u].is_some().then(|| Solve::Part(space.combined(&[]), weight, *u));
                solves.push((*u, solve));
                one(space, step, registers, gradient)?;
                share[*u] = share[*u].take().map(|share| share.div(a));
            }
            // A call whose point is not known says nothing.
            Move::Call(_, what) if what.estimate || share[what.at].is_some() => return None,
            Move::Call(u, _) => {
                one(space, step, registers, gradient)?;
                solves.push((*u, None));
                share[*u] = None;
            }
            Move::Swap(..) | Move::Bend(..) => return None,
        }
    }
    Some(solves)
}
