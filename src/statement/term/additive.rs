//! The additive terms of an expression, and which of them are levels of the objective.

use super::{Builtin, Node, ScalarSequence, Term};

impl Term {
    /// Whether it mentions a value of the objective, which counts by its difference to another alone.
    #[must_use]
    pub fn is_level(&self) -> bool {
        self.any(|node| {
            matches!(
                node,
                Node::Term(
                    Term::Element(ScalarSequence::Value, _) | Term::ValueAt(_) | Term::Builtin(Builtin::LowerBound)
                )
            )
        })
    }

    /// The additive terms at the top of the tree, each with whether it is subtracted.
    #[must_use]
    pub fn additive_terms(&self) -> Vec<(bool, &Term)> {
        fn collect<'a>(term: &'a Term, negative: bool, into: &mut Vec<(bool, &'a Term)>) {
            match term {
                Term::Add(a, b) => {
                    collect(a, negative, into);
                    collect(b, negative, into);
                }
                Term::Sub(a, b) => {
                    collect(a, negative, into);
                    collect(b, !negative, into);
                }
                Term::Negate(a) => collect(a, !negative, into),
                _ => into.push((negative, term)),
            }
        }
        let mut terms = Vec::new();
        collect(self, false, &mut terms);
        terms
    }
}
