//! Values: numbers and vectors, told apart, and what combines them.

use super::Checker;
use super::error::{Checked, fail, fail_with_help};
use crate::statement::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Span};
use crate::statement::term::{Term, Vector};

/// Most parts of an expression whose definitions are written out, so that no input can exhaust
/// memory or the stack.
const MAX_NODES: usize = 2000;

/// A number or a vector.
pub(super) enum Value {
    Number(Term),
    Vector(Vector),
}

impl Value {
    fn has_expectation(&self) -> bool {
        match self {
            Value::Number(term) => term.has_expectation(),
            Value::Vector(vector) => vector.has_expectation(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn value(&mut self, expr: &Expr) -> Checked<Value> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return fail(format!("with its definitions written out this has more than {MAX_NODES} parts"), &expr.span);
        }
        match &expr.kind {
            ExprKind::Number(value) => Ok(Value::Number(Term::Number(value.clone()))),
            ExprKind::Name(name) if name == "x_star" => Ok(Value::Vector(Vector::Minimiser)),
            ExprKind::Name(name) => self.name(name, &expr.span).map(Value::Number),
            ExprKind::Element { name, indices } => self.element(name, indices, &expr.span),
            ExprKind::Negate(inner) => self.negation(inner),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, &expr.span),
            ExprKind::Compare { .. } | ExprKind::And(..) => {
                fail("a condition cannot stand where a value is needed", &expr.span)
            }
            ExprKind::Call { name, arguments } => self.call(name, arguments, &expr.span),
            ExprKind::Reduce { op, variable, from, to, body } => {
                let range = (variable.as_str(), &**from, &**to);
                self.reduction(*op, range, body, &expr.span)
            }
            ExprKind::If { condition, then, otherwise } => self.choice(condition, then, otherwise).map(Value::Number),
            ExprKind::Expectation { body, past } => self.expectation(body, *past),
        }
    }

    fn negation(&mut self, inner: &Expr) -> Checked<Value> {
        Ok(match self.value(inner)? {
            Value::Number(term) => Value::Number(Term::Negate(Box::new(term))),
            Value::Vector(vector) => Value::Vector(Vector::Negate(Box::new(vector))),
        })
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: &Span) -> Checked<Value> {
        if op == BinaryOp::Pow {
            let base = Box::new(self.number(left)?);
            return Ok(Value::Number(match self.try_index(right) {
                Some(exponent) => Term::PowInt(base, exponent),
                None => Term::PowReal(base, Box::new(self.number(right)?)),
            }));
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        use Value::{Number, Vector as Vec};
        Ok(match (op, left, right) {
            (BinaryOp::Add, Number(a), Number(b)) => Number(Term::Add(Box::new(a), Box::new(b))),
            (BinaryOp::Sub, Number(a), Number(b)) => Number(Term::Sub(Box::new(a), Box::new(b))),
            (BinaryOp::Mul, Number(a), Number(b)) => Number(Term::Mul(Box::new(a), Box::new(b))),
            (BinaryOp::Div, Number(a), Number(b)) => Number(Term::Div(Box::new(a), Box::new(b))),
            (BinaryOp::Add, Vec(a), Vec(b)) => Vec(Vector::Add(Box::new(a), Box::new(b))),
            (BinaryOp::Sub, Vec(a), Vec(b)) => Vec(Vector::Sub(Box::new(a), Box::new(b))),
            (BinaryOp::Mul, Number(a), Vec(b)) | (BinaryOp::Mul, Vec(b), Number(a)) => {
                Vec(Vector::Scale(Box::new(a), Box::new(b)))
            }
            (BinaryOp::Div, Vec(a), Number(b)) => {
                let reciprocal = Term::Div(Box::new(Term::Number(1.into())), Box::new(b));
                Vec(Vector::Scale(Box::new(reciprocal), Box::new(a)))
            }
            (op, _, _) => {
                return fail(format!("`{}` does not combine a number and a vector this way", op.symbol()), span);
            }
        })
    }

    /// `sum(k in from..to, body)` and its like.
    fn reduction(
        &mut self,
        op: ReduceOp,
        (variable, from, to): (&str, &Expr, &Expr),
        body: &Expr,
        span: &Span,
    ) -> Checked<Value> {
        let from = self.index(from)?;
        let to = self.index(to)?;
        let slot = self.bind(variable, span)?;
        let value = self.value(body);
        self.unbind();
        match value? {
            Value::Number(term) => Ok(Value::Number(Term::Reduce { op, slot, from, to, body: Box::new(term) })),
            Value::Vector(vector) => match op {
                ReduceOp::Sum | ReduceOp::Mean => {
                    Ok(Value::Vector(Vector::Reduce { op, slot, from, to, body: Box::new(vector) }))
                }
                ReduceOp::Min | ReduceOp::Max => fail("vectors have no order", &body.span),
            },
        }
    }

    fn choice(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Checked<Term> {
        let condition = self.condition(condition)?;
        let then = self.number(then)?;
        let otherwise = self.number(otherwise)?;
        Ok(Term::If(Box::new(condition), Box::new(then), Box::new(otherwise)))
    }

    /// `E[body]`, or `E[body | past]`.
    fn expectation(&mut self, body: &Expr, past: bool) -> Checked<Value> {
        let value = self.value(body)?;
        if value.has_expectation() {
            return fail("an expectation cannot stand inside another", &body.span);
        }
        match value {
            Value::Number(term) => Ok(Value::Number(Term::Expectation { body: Box::new(term), past })),
            Value::Vector(vector) if past => Ok(Value::Vector(Vector::Expectation(Box::new(vector)))),
            Value::Vector(_) => fail_with_help(
                "the expectation of a vector over the whole run is not recorded",
                "write E[norm2(·)], or average over one step with E[· | past]",
                &body.span,
            ),
        }
    }
}
