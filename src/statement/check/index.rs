//! Integer expressions: the indices of sequences, the ends of ranges, integer exponents.

use super::{CheckError, Checked, Checker};
use crate::statement::syntax::{BinaryOp, Expr, ExprKind, Span};
use crate::statement::term::Index;

impl Checker<'_> {
    /// Lowers an integer expression.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn index(&mut self, expr: &Expr) -> Checked<Index> {
        match self.try_index(expr) {
            Some(index) => Ok(index),
            None => Err(self.index_defect(expr).unwrap_or_else(|| CheckError {
                message: "an index must be an integer expression".to_owned(),
                help: Some("it may use integers, bound indices, K, n, d, the random index and + - *".to_owned()),
                definition: None,
                span: expr.span.clone(),
            })),
        }
    }

    /// The part that keeps an expression from being an index, where that part is a name or an integer.
    fn index_defect(&self, expr: &Expr) -> Option<CheckError> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() && value.numer().to_i64().is_none() => Some(CheckError {
                message: "this integer does not fit 64 bits".to_owned(),
                help: None,
                definition: None,
                span: expr.span.clone(),
            }),
            ExprKind::Name(name) if self.index_name(name).is_none() && !self.names.means(name) => {
                Some(unbound(name, &expr.span))
            }
            ExprKind::Negate(inner) => self.index_defect(inner),
            ExprKind::Binary(_, left, right) => self.index_defect(left).or_else(|| self.index_defect(right)),
            _ => None,
        }
    }

    pub(super) fn try_index(&self, expr: &Expr) -> Option<Index> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => value.numer().to_i64().map(Index::Literal),
            ExprKind::Name(name) => self.index_name(name),
            ExprKind::Negate(inner) => Some(Index::Sub(Box::new(Index::Literal(0)), Box::new(self.try_index(inner)?))),
            ExprKind::Binary(op, left, right) => {
                let make = match op {
                    BinaryOp::Add => Index::Add,
                    BinaryOp::Sub => Index::Sub,
                    BinaryOp::Mul => Index::Mul,
                    BinaryOp::Div | BinaryOp::Pow => return None,
                };
                Some(make(Box::new(self.try_index(left)?), Box::new(self.try_index(right)?)))
            }
            _ => None,
        }
    }

    pub(super) fn index_name(&self, name: &str) -> Option<Index> {
        if let Some(bound) = self.bound.iter().rev().find(|b| b.name == name) {
            return Some(bound.index.clone());
        }
        match name {
            "K" => Some(Index::Horizon),
            "n" => Some(Index::Workers),
            "d" => Some(Index::Dimension),
            "inf" => Some(Index::Limit),
            _ if self.names.random.as_deref() == Some(name) => Some(Index::Random),
            _ => None,
        }
    }
}

pub(super) fn unbound(name: &str, span: &Span) -> CheckError {
    CheckError {
        message: format!("the index `{name}` is not bound"),
        help: Some(format!(
            "bind it by for_all = \"{name} in 0..K\" in the claim, by a range as in sum({name} in 0..K, …), or in the head of a definition"
        )),
        definition: None,
        span: span.clone(),
    }
}
