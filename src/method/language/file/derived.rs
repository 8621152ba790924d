//! Derived sequences: combinations of the run's vectors.

use std::sync::Arc;

use rug::Rational;
use toml::Spanned;

use super::{Loaded, Loader};
use crate::method::language::tree::Shape;
use crate::statement::syntax::{BinaryOp, Expr, ExprKind};
use crate::statement::term::{Derived, OfMethod, Shifted, Summand, VectorSequence};

impl Loader<'_> {
    /// Derived sequences: combinations of others at k, and at their first index.
    pub(super) fn derived(&self) -> Loaded<Vec<Arc<Derived>>> {
        let mut all: Vec<Derived> = Vec::new();
        for (head, body) in &self.raw.derived {
            let expr = self.expression(head)?;
            let ExprKind::Element { name, indices } = &expr.kind else {
                return self.error(head.span(), "a derived sequence is `name[k]`", None);
            };
            let [index] = &indices[..] else {
                return self.error(head.span(), "a derived sequence has one index", None);
            };
            let Some(index) = Shifted::of(index) else {
                return self.error(head.span(), "the index is k, or the first one, as in `m[-1]`", None);
            };
            let mut summands = Vec::new();
            self.summands(&self.expression(body)?, &Rational::from(1), body, &mut summands)?;
            match index {
                Shifted::Step(0) => {
                    self.refuse_taken(name, head.span())?;
                    if all.iter().any(|other| *other.name == **name) {
                        return self.error(head.span(), format!("`{name}` is declared twice"), None);
                    }
                    if summands.iter().any(|summand| matches!(summand.index, Shifted::Fixed(_))) {
                        return self.error(body.span(), "a value at k is made of others at k or near it", None);
                    }
                    all.push(Derived { name: name.as_str().into(), at_step: summands, first: None });
                }
                Shifted::Fixed(first) => {
                    let Some(own) = all.iter_mut().find(|other| *other.name == **name) else {
                        return self.error(head.span(), format!("`{name}[k]` comes first"), None);
                    };
                    if summands.iter().any(|summand| matches!(summand.index, Shifted::Step(_))) {
                        return self.error(body.span(), "the first value is made of others at numbers", None);
                    }
                    own.first = Some((first, summands));
                }
                Shifted::Step(_) => return self.error(head.span(), "the index is k, or the first one", None),
            }
        }
        Ok(all.into_iter().map(Arc::new).collect())
    }

    /// Adds the parts of `factor` times a combination of sequences.
    fn summands(&self, expr: &Expr, factor: &Rational, place: &Spanned<String>, into: &mut Vec<Summand>) -> Loaded<()> {
        let minus = || Rational::from(-factor);
        match &expr.kind {
            ExprKind::Negate(inner) => self.summands(inner, &minus(), place, into),
            ExprKind::Binary(BinaryOp::Add, left, right) => {
                self.summands(left, factor, place, into)?;
                self.summands(right, factor, place, into)
            }
            ExprKind::Binary(BinaryOp::Sub, left, right) => {
                self.summands(left, factor, place, into)?;
                self.summands(right, &minus(), place, into)
            }
            ExprKind::Binary(BinaryOp::Mul, left, right) => match (&left.kind, &right.kind) {
                (ExprKind::Number(a), _) => self.summands(right, &Rational::from(factor * a), place, into),
                (_, ExprKind::Number(a)) => self.summands(left, &Rational::from(factor * a), place, into),
                _ => self.no_summand(expr, place),
            },
            ExprKind::Element { name, indices } => {
                let sequence = self.sequence(name);
                match (sequence, indices.first().and_then(Shifted::of).filter(|_| indices.len() == 1)) {
                    (Some(sequence), Some(index)) => {
                        into.push(Summand { factor: factor.clone(), sequence, index });
                        Ok(())
                    }
                    _ => self.no_summand(expr, place),
                }
            }
            _ => self.no_summand(expr, place),
        }
    }

    fn no_summand<T>(&self, expr: &Expr, place: &Spanned<String>) -> Loaded<T> {
        let span = self.file.within(place, &expr.span);
        let help =
            "a derived sequence adds and subtracts vectors such as v[k], x[k+1] or grad[k], with literal factors";
        self.error(span, "this is no combination of the run's vectors", Some(help))
    }

    fn sequence(&self, name: &str) -> Option<VectorSequence> {
        match name {
            "grad" => return Some(VectorSequence::Gradient),
            "x" => return Some(VectorSequence::Point),
            _ => {}
        }
        let position = self.names.quantities.iter().position(|quantity| quantity.name == name)?;
        let quantity = &self.names.quantities[position];
        let plain = quantity.shape == Shape::Vector && !quantity.by_worker;
        plain.then(|| VectorSequence::Quantity(OfMethod { position, name: name.into(), first: quantity.first }))
    }
}
