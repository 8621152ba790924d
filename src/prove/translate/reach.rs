//! Which steps of a run a claim speaks of, counted from its own index.

use super::untranslatable::Untranslatable;
use crate::statement::term::{Index, Node, OfMethod, ScalarSequence, Term, Vector, VectorSequence};

/// The steps that a claim speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The first point that it reads, in steps from its index.
    first: i64,
    /// The last step that it needs.
    last: i64,
    /// From which index on nothing that it reads is a start.
    pub general_from: i64,
}

impl Default for Reach {
    fn default() -> Self {
        Reach { first: 0, last: -1, general_from: 0 }
    }
}

impl Reach {
    /// Takes in what a term speaks of `by` steps later. Where indices are relative, K is the index itself, and numbers
    /// count from it.
    ///
    /// # Errors
    /// Why it speaks of other steps.
    pub fn reads(&mut self, term: &Term, by: i64, relative: bool) -> Result<(), Untranslatable> {
        let mut wrong = None;
        term.walk(&mut |node| {
            if let Err(why) = self.visit(node, by, relative) {
                wrong.get_or_insert(why);
            }
        });
        // The first state that is read must belong to a step that was made.
        self.general_from = self.general_from.max(-self.first);
        wrong.map_or(Ok(()), Err)
    }

    /// The step at the index is made in any case.
    pub fn makes_a_step(&mut self) {
        self.last = self.last.max(0);
    }

    /// The first time of a run: 0 where the index is a number, else relative to it.
    pub fn base(&self, index: Option<i64>) -> i64 {
        if index.is_some() { 0 } else { self.first }
    }

    /// The time of the last step.
    pub fn last(&self, index: Option<i64>) -> i64 {
        index.unwrap_or(0) + self.last
    }

    fn visit(&mut self, node: Node<'_>, by: i64, relative: bool) -> Result<(), Untranslatable> {
        let steps = |index: &Index| Ok::<i64, Untranslatable>(steps(index, relative)? + by);
        match node {
            Node::Term(Term::Element(ScalarSequence::Value, index)) => self.point(steps(index)?),
            Node::Term(Term::Element(ScalarSequence::Schedule(..), index)) => {
                // At -1 a schedule is what it is at 0.
                self.general_from = self.general_from.max(-steps(index)?);
            }
            Node::Term(Term::Element(ScalarSequence::Quantity(quantity), index)) => {
                self.quantity(quantity, steps(index)?)
            }
            Node::Vector(Vector::WorkerGradient(_, index)) => self.point(steps(index)?),
            Node::Vector(Vector::WorkerElement(quantity, _, index)) => self.quantity(quantity, steps(index)?),
            // A point of a fixed step is only a vector, of the past where no later step is asked for.
            Node::Vector(Vector::Element(VectorSequence::Point, Index::Literal(step))) if !relative => {
                self.general_from = self.general_from.max(*step);
            }
            Node::Vector(Vector::Element(sequence, index)) => self.sequence(sequence, steps(index)?),
            _ => {}
        }
        Ok(())
    }

    fn point(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time - 1);
    }

    fn quantity(&mut self, quantity: &OfMethod, by: i64) {
        match quantity.first {
            Some(first) => self.point(by - first),
            None => self.step(by),
        }
    }

    fn step(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    fn sequence(&mut self, sequence: &VectorSequence, by: i64) {
        match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.point(by),
            VectorSequence::Error | VectorSequence::Bias | VectorSequence::Noise => self.step(by),
            VectorSequence::Quantity(quantity) => self.quantity(quantity, by),
            VectorSequence::Derived(derived) => {
                if let Some((first, _)) = derived.first {
                    self.general_from = self.general_from.max(first - by + 1);
                }
                // A general index is far from every first one.
                let far = 1 << 20;
                for (_, part, index) in derived.parts(far) {
                    self.sequence(part, by + index - far);
                }
            }
        }
    }
}

/// How many steps an index is from the claim's own.
fn steps(index: &Index, relative: bool) -> Result<i64, Untranslatable> {
    fn affine(index: &Index) -> Option<(i64, i64)> {
        Some(match index {
            Index::Literal(value) => (0, *value),
            Index::Slot(0) | Index::Horizon | Index::Random => (1, 0),
            Index::Add(a, b) => {
                let ((a, c), (b, d)) = (affine(a)?, affine(b)?);
                (a + b, c + d)
            }
            Index::Sub(a, b) => {
                let ((a, c), (b, d)) = (affine(a)?, affine(b)?);
                (a - b, c - d)
            }
            _ => return None,
        })
    }
    match affine(index) {
        Some((1, by)) => Ok(by),
        Some((0, by)) if relative => Ok(by),
        _ => Err(Untranslatable::DistantIndex),
    }
}
