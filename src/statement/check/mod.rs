//! From syntax tree to checked term: resolves names, separates numbers, vectors and integers,
//! expands definitions, and refuses what has no meaning.

mod dependence;
mod error;
mod functions;
mod index;
mod names;
mod resolution;
mod spelling;
#[cfg(test)]
mod tests;
mod value;

use super::syntax::{Expr, ExprKind, Relation, Span};
use super::term::{Condition, Index, Term, Vector};
pub(super) use dependence::needs_run;
pub use dependence::{Dependence, dependence, random_outside_expectation};
pub use error::CheckError;
use error::{Checked, fail, fail_with_help};
pub use functions::FUNCTIONS;
pub use names::{Definition, MethodNames, Names, is_builtin_name};
pub use spelling::closest;
use value::Value;

/// Deepest nesting of bound indices.
pub const MAX_SLOTS: usize = 8;

/// What an index name stands for while a body is lowered.
#[derive(Clone)]
struct Bound {
    name: String,
    index: Index,
}

/// Lowers expressions under a set of names.
pub struct Checker<'a> {
    names: &'a Names,
    bound: Vec<Bound>,
    slots: usize,
    expanding: Vec<String>,
    nodes: usize,
}

impl<'a> Checker<'a> {
    /// A checker with no bound index.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Checker { names, bound: Vec::new(), slots: 0, expanding: Vec::new(), nodes: 0 }
    }

    /// Binds the next slot to `name` and returns the slot.
    ///
    /// # Errors
    /// When the nesting is too deep, or the name means something else.
    pub fn bind(&mut self, name: &str, span: &Span) -> Checked<usize> {
        if self.names.is_given(name) {
            let whose = if is_builtin_name(name) { "builtin name" } else { "name of the method" };
            return fail_with_help(
                format!("`{name}` is a {whose} and cannot be an index"),
                "choose another name, such as k, j or i",
                span,
            );
        }
        if self.names.declares(name) {
            return fail_with_help(
                format!("`{name}` is declared, and cannot be an index too"),
                "choose another name, such as k, j or i",
                span,
            );
        }
        if self.slots == MAX_SLOTS {
            return fail(format!("more than {MAX_SLOTS} nested indices"), span);
        }
        let slot = self.slots;
        self.slots += 1;
        self.bound.push(Bound { name: name.to_owned(), index: Index::Slot(slot) });
        Ok(slot)
    }

    fn unbind(&mut self) {
        self.bound.pop();
        self.slots -= 1;
    }

    /// Lowers a number-valued expression.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn number(&mut self, expr: &Expr) -> Checked<Term> {
        match self.value(expr)? {
            Value::Number(term) => Ok(term),
            Value::Vector(_) => fail_with_help(
                "this is a vector, a number is needed",
                "norm2(·), norm(·) and dot(·, ·) make numbers of vectors",
                &expr.span,
            ),
        }
    }

    fn vector(&mut self, expr: &Expr) -> Checked<Vector> {
        match self.value(expr)? {
            Value::Vector(vector) => Ok(vector),
            Value::Number(_) => fail("this is a number, a vector is needed", &expr.span),
        }
    }

    /// Lowers a condition.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn condition(&mut self, expr: &Expr) -> Checked<Condition> {
        let mut conjuncts = Vec::new();
        self.collect_conjuncts(expr, &mut conjuncts)?;
        Ok(Condition(conjuncts))
    }

    fn collect_conjuncts(&mut self, expr: &Expr, into: &mut Vec<(Term, Relation, Term)>) -> Checked<()> {
        match &expr.kind {
            ExprKind::And(left, right) => {
                self.collect_conjuncts(left, into)?;
                self.collect_conjuncts(right, into)
            }
            ExprKind::Compare { operands, relations } => {
                let terms = operands.iter().map(|o| self.number(o)).collect::<Checked<Vec<_>>>()?;
                for (i, relation) in relations.iter().enumerate() {
                    into.push((terms[i].clone(), *relation, terms[i + 1].clone()));
                }
                Ok(())
            }
            _ => fail_with_help("a condition is needed here", "for example `gamma <= gamma_max`", &expr.span),
        }
    }

    /// Lowers an expression of either kind, for its mistakes alone.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn either(&mut self, expr: &Expr) -> Checked<()> {
        self.value(expr).map(|_| ())
    }
}
