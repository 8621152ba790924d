//! What of the registers is recorded, row by row.

use super::blocks::Block;
use super::pairs::Pairs;
use crate::method::Recorded;
use crate::number::Scalar;
use crate::statement::term::{Derived, OfMethod, Shifted, VectorSequence};
use crate::verify::instances::Instance;

/// A combination of registers, whose squared norm is recorded.
pub(super) type Combination<S> = Vec<(S, usize)>;

/// What is recorded of the registers, row by row.
pub(super) struct Wanted<'w, S> {
    pub recorded: &'w Recorded,
    /// After step k, at the index k + `ahead`.
    pub after: Option<(Combination<S>, i64)>,
    /// At its first index, from the start or from what step 0 kept.
    pub first: Option<(Combination<S>, i64, bool)>,
}

impl<'w, S: Scalar> Wanted<'w, S> {
    /// `gradient` is the register of ∇f(x_k).
    pub fn new(recorded: &'w Recorded, instance: &Instance<'_>, gradient: usize, context: S::Context) -> Option<Self> {
        let program = instance.method.program();
        let place = |quantity: &OfMethod| program.registers(quantity.position).start;
        match recorded {
            Recorded::Norm2(VectorSequence::Quantity(quantity)) => {
                let register = place(quantity);
                let one = |register| vec![(S::one(context), register)];
                let kept = program.kept(quantity.position);
                let first = quantity.first.map(|first| (one(kept.unwrap_or(register)), first, kept.is_none()));
                Some(Wanted { recorded, after: Some((one(register), quantity.index_after(1))), first })
            }
            Recorded::Norm2(VectorSequence::Derived(derived)) => {
                Some(Wanted::of_derived(recorded, derived, instance, gradient, context))
            }
            _ => None,
        }
    }

    pub fn of_derived(
        recorded: &'w Recorded,
        derived: &Derived,
        instance: &Instance<'_>,
        gradient: usize,
        context: S::Context,
    ) -> Self {
        let program = instance.method.program();
        let place = |quantity: &OfMethod| program.registers(quantity.position).start;
        let mut ahead = None;
        let after: Option<Combination<S>> = derived
            .at_step
            .iter()
            .map(|summand| {
                let Shifted::Step(by) = summand.index else { return None };
                let (register, index) = match &summand.sequence {
                    VectorSequence::Quantity(quantity) => (place(quantity), quantity.index_after(1)),
                    VectorSequence::Gradient => (gradient, 0),
                    _ => return None,
                };
                let own = index - by;
                (*ahead.get_or_insert(own) == own).then(|| (S::from_rational(&summand.factor, context), register))
            })
            .collect();
        let mut at_start = true;
        let first = derived.first.as_ref().and_then(|(index, summands)| {
            let parts: Option<Combination<S>> = summands
                .iter()
                .map(|summand| {
                    let register = match (&summand.sequence, summand.index) {
                        (VectorSequence::Quantity(quantity), Shifted::Fixed(k)) if quantity.first == Some(k) => {
                            let kept = program.kept(quantity.position);
                            at_start &= kept.is_none();
                            kept.unwrap_or_else(|| place(quantity))
                        }
                        (VectorSequence::Gradient, Shifted::Fixed(0)) => gradient,
                        _ => return None,
                    };
                    Some((S::from_rational(&summand.factor, context), register))
                })
                .collect();
            parts.map(|parts| (parts, *index))
        });
        Wanted { recorded, after: after.zip(ahead), first: first.map(|(parts, index)| (parts, index, at_start)) }
    }
}

/// E‖Σ aᵢrᵢ‖² over all blocks.
pub(super) fn square_of<S: Scalar>(parts: &[(S, usize)], blocks: &[(Block<S>, Pairs<S>)], context: S::Context) -> S {
    let mut sum = S::zero(context);
    for (_, pairs) in blocks {
        for (i, (a, r)) in parts.iter().enumerate() {
            sum.add_product(&pairs.inner(*r, *r, context), &a.clone().square());
            for (b, t) in &parts[i + 1..] {
                let mut product = a.clone().mul(b);
                product.mul_f64(2.0);
                sum.add_product(&pairs.inner(*r, *t, context), &product);
            }
        }
    }
    sum
}
