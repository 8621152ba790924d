//! Sequences that a method derives from others.

use std::sync::Arc;

use rug::Rational;

use super::VectorSequence;
use crate::statement::syntax::{BinaryOp, Expr, ExprKind};

/// A sequence that follows from others: a combination of them at k, and at its first index another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Derived {
    /// Its name.
    pub name: Arc<str>,
    /// Its value at k.
    pub at_step: Vec<Summand>,
    /// Its first index where that has a value of its own, and that value.
    pub first: Option<(i64, Vec<Summand>)>,
}

impl Derived {
    /// What its value of that index is made of: each part with its own index.
    pub fn parts(&self, k: i64) -> impl Iterator<Item = (&Rational, &VectorSequence, i64)> {
        let own = self.first.as_ref().filter(|(first, _)| *first == k).map(|(_, summands)| summands);
        own.unwrap_or(&self.at_step).iter().map(move |summand| {
            let index = match summand.index {
                Shifted::Step(by) => k.saturating_add(by),
                Shifted::Fixed(index) => index,
            };
            (&summand.factor, &summand.sequence, index)
        })
    }
}

/// A multiple of a vector of another sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Summand {
    /// What it is multiplied by.
    pub factor: Rational,
    /// The other sequence.
    pub sequence: VectorSequence,
    /// At which index.
    pub index: Shifted,
}

/// An index near k, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shifted {
    /// k and so many more.
    Step(i64),
    /// A number.
    Fixed(i64),
}

impl Shifted {
    /// Reads `k`, `k + 1`, `k - 1` or a number.
    #[must_use]
    pub fn of(expr: &Expr) -> Option<Self> {
        let number = |expr: &Expr| match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => value.numer().to_i64(),
            _ => None,
        };
        let is_step = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if name == "k");
        match &expr.kind {
            _ if is_step(expr) => Some(Shifted::Step(0)),
            ExprKind::Negate(inner) => Some(Shifted::Fixed(-number(inner)?)),
            ExprKind::Binary(BinaryOp::Add, left, right) if is_step(left) => Some(Shifted::Step(number(right)?)),
            ExprKind::Binary(BinaryOp::Sub, left, right) if is_step(left) => Some(Shifted::Step(-number(right)?)),
            _ => Some(Shifted::Fixed(number(expr)?)),
        }
    }
}
