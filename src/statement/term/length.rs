//! How many terms the sums of an expression have, as far as its ranges show it.

use super::{Index, Node, Term, Vector};
use crate::statement::check::MAX_SLOTS;

impl Index {
    /// Its value for that K, where it depends on nothing else.
    fn known(&self, horizon: i64) -> Option<i64> {
        Some(match self {
            Index::Literal(value) => *value,
            Index::Horizon => horizon,
            Index::Slot(_) | Index::Workers | Index::Dimension | Index::Random | Index::Limit => return None,
            Index::Add(a, b) => a.known(horizon)?.saturating_add(b.known(horizon)?),
            Index::Sub(a, b) => a.known(horizon)?.saturating_sub(b.known(horizon)?),
            Index::Mul(a, b) => a.known(horizon)?.saturating_mul(b.known(horizon)?),
        })
    }
}

impl Term {
    /// How many terms its sums and other reductions have for that K, nested ones multiplied out, where their
    /// lengths follow from K; a range whose length does not is taken to have one.
    #[must_use]
    pub fn least_terms(&self, horizon: i64) -> u64 {
        // Of the reductions around a place, the one at each slot is the last that the walk met there.
        let mut inside = [1u64; MAX_SLOTS];
        let mut total = 0u64;
        self.walk(&mut |node| {
            if let Node::Term(Term::Reduce { slot, from, to, .. })
            | Node::Vector(Vector::Reduce { slot, from, to, .. }) = node
            {
                let length = from.known(horizon).zip(to.known(horizon)).map_or(1, |(from, to)| to.saturating_sub(from));
                let around = slot.checked_sub(1).map_or(1, |outer| inside[outer]);
                inside[*slot] = around.saturating_mul(u64::try_from(length).unwrap_or(0));
                total = total.saturating_add(inside[*slot]);
            }
        });
        total
    }
}
