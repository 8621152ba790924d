//! Walks over all that an expression is made of, and what it mentions.

use super::{Condition, Index, Term, Vector};
use crate::statement::syntax::Relation;

/// What a walk over a term meets.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A number-valued node.
    Term(&'a Term),
    /// A vector-valued node.
    Vector(&'a Vector),
    /// An integer node.
    Index(&'a Index),
}

impl Node<'_> {
    /// For an expectation, whether it is given the past.
    #[must_use]
    pub fn expectation(self) -> Option<bool> {
        match self {
            Node::Term(Term::Expectation { past, .. }) => Some(*past),
            Node::Vector(Vector::Expectation(_)) => Some(true),
            _ => None,
        }
    }
}

impl Term {
    /// Calls `visit` on this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Term(self));
        match self {
            Term::Number(_)
            | Term::Parameter(_)
            | Term::Constant(_)
            | Term::Builtin(_)
            | Term::Given(_)
            | Term::Method(..)
            | Term::Start(_) => {}
            Term::Integer(index) | Term::Element(_, index) => index.walk(visit),
            Term::Norm2(a) | Term::Norm(a) | Term::Norm1(a) | Term::ValueAt(a) => a.walk(visit),
            Term::Dot(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Term::Negate(a) | Term::Apply(_, a) | Term::Expectation { body: a, .. } => a.walk(visit),
            Term::Add(a, b)
            | Term::Sub(a, b)
            | Term::Mul(a, b)
            | Term::Div(a, b)
            | Term::PowReal(a, b)
            | Term::Min(a, b)
            | Term::Max(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Term::PowInt(a, index) => {
                a.walk(visit);
                index.walk(visit);
            }
            Term::Reduce { from, to, body, .. } => {
                from.walk(visit);
                to.walk(visit);
                body.walk(visit);
            }
            Term::If(condition, a, b) => {
                condition.walk(visit);
                a.walk(visit);
                b.walk(visit);
            }
        }
    }

    /// Whether any node satisfies `test`.
    #[must_use]
    pub fn any(&self, test: impl Fn(Node<'_>) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= test(node));
        found
    }

    /// Whether it mentions an expectation.
    #[must_use]
    pub fn has_expectation(&self) -> bool {
        self.any(|node| node.expectation().is_some())
    }

    /// Whether it mentions the statement's random index.
    #[must_use]
    pub fn has_random_index(&self) -> bool {
        self.any(|node| matches!(node, Node::Index(Index::Random)))
    }
}

impl Condition {
    /// Calls `visit` on all nodes of all operands.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        for (left, _, right) in &self.0 {
            left.walk(visit);
            right.walk(visit);
        }
    }

    /// Whether one of the sides is such.
    pub fn any_side(&self, test: impl Fn(&Term) -> bool) -> bool {
        self.0.iter().any(|(left, _, right)| test(left) || test(right))
    }

    /// Whether one of the comparisons is an equation.
    #[must_use]
    pub fn has_equation(&self) -> bool {
        self.0.iter().any(|(_, relation, _)| *relation == Relation::Equal)
    }
}

impl Vector {
    /// Whether it mentions an expectation.
    #[must_use]
    pub fn has_expectation(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= node.expectation().is_some());
        found
    }

    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Vector(self));
        match self {
            Vector::Element(_, index) => index.walk(visit),
            Vector::Minimiser => {}
            Vector::GradientAt(worker, a) => {
                worker.iter().for_each(|worker| worker.walk(visit));
                a.walk(visit);
            }
            Vector::WorkerGradient(i, k) | Vector::WorkerElement(_, i, k) => {
                i.walk(visit);
                k.walk(visit);
            }
            Vector::Negate(a) | Vector::Expectation(a) => a.walk(visit),
            Vector::Add(a, b) | Vector::Sub(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Vector::Scale(factor, a) | Vector::Clip(factor, a) => {
                factor.walk(visit);
                a.walk(visit);
            }
            Vector::Reduce { from, to, body, .. } => {
                from.walk(visit);
                to.walk(visit);
                body.walk(visit);
            }
        }
    }
}

impl Index {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Index(self));
        if let Index::Add(a, b) | Index::Sub(a, b) | Index::Mul(a, b) = self {
            a.walk(visit);
            b.walk(visit);
        }
    }
}
