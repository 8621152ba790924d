//! What a claim may speak of, so that it can be decided honestly.

use toml::Spanned;

use crate::statement::check::{Dependence, dependence, random_outside_expectation};
use crate::statement::file::{Loaded, Loader};
use crate::statement::raw::{Kind, RawClaim};
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Node, ScalarSequence, Term, Vector, VectorSequence};
use crate::statement::{Claim, Subject};

impl Loader<'_> {
    /// A claim must be of a form that can be decided honestly.
    pub(super) fn check_scope(&self, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        if self.is_of_points() {
            return self.check_estimate_scope(claim, raw);
        }
        let subject = claim.subject_of_run();
        self.refuse_other_kinds(subject, claim, raw)?;
        self.refuse_mixed_expectations(subject, claim, raw)?;
        match subject {
            Subject::Pathwise | Subject::Estimate => Ok(()),
            Subject::OneStep if claim.quantifier.is_none() => {
                self.refuse(&raw.lhs, "a claim about one step needs its index", "add for_all = \"k in 0..K\"")
            }
            Subject::OneStep => Ok(()),
            Subject::WholeRun => self.check_whole_run_scope(claim, raw),
        }
    }

    fn refuse(&self, place: &Spanned<String>, message: &str, help: &str) -> Loaded<()> {
        Err(self.file.error(Some(place.span()), message, Some(help.to_owned())))
    }

    /// A claim about the estimate at single points: x_0, x_1, … are any points.
    fn check_estimate_scope(&self, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        for (side, place) in sides(claim, raw) {
            let refused = if side.any(|node| node.expectation() == Some(false)) {
                Some(("the estimate at a point is averaged over its own draw", "write E[· | past]"))
            } else if side.any(needs_run) {
                Some((
                    "what a method makes belongs to a run, and this claim is about the estimate at single points",
                    "use f, x, grad, worker_grad, e, b and nu, or subject = \"run\"",
                ))
            } else {
                None
            };
            if let Some((message, help)) = refused {
                return self.refuse(place, message, help);
            }
        }
        if claim.quantifier.is_none() {
            return self.refuse(
                &raw.lhs,
                "a claim about points needs its index",
                "add for_all = \"k in 0..K\": the points have the indices 0 to K-1",
            );
        }
        Ok(())
    }

    fn refuse_other_kinds(&self, subject: Subject, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        let wanted = match subject {
            Subject::Pathwise | Subject::Estimate => matches!(self.kind(), Kind::Pathwise | Kind::Identity),
            Subject::OneStep | Subject::WholeRun => matches!(self.kind(), Kind::Expectation | Kind::Identity),
        };
        if wanted {
            return Ok(());
        }
        let place = if claim.rhs.has_expectation() && !claim.lhs.has_expectation() { &raw.rhs } else { &raw.lhs };
        self.refuse(
            place,
            "the claim does not fit the statement's kind",
            "a pathwise claim has no E[·]; an expectation has one",
        )
    }

    fn refuse_mixed_expectations(&self, subject: Subject, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        let is_other = |node: Node<'_>| node.expectation().is_some_and(|past| past != (subject == Subject::OneStep));
        for (side, place) in sides(claim, raw) {
            if side.any(is_other) {
                return self.refuse(place, "E[·] and E[· | past] cannot stand in one claim", "use one of them");
            }
        }
        Ok(())
    }

    fn check_whole_run_scope(&self, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        // One sample is one run, so the left-hand side must be linear in its expectations;
        // the minimum over steps of an expectation is the one exception.
        let inner = match &claim.lhs {
            Term::Reduce { op: ReduceOp::Min, body, .. } => body,
            other => other,
        };
        self.refuse_nonlinear(inner, &raw.lhs)?;
        self.refuse_nonlinear(&claim.rhs, &raw.rhs)?;
        for (side, place) in sides(claim, raw) {
            if side.any(unrecorded) {
                return self.refuse(
                    place,
                    "a whole run records f, numbers, and the squared norms of grad, e, b, nu and the method's own vectors, nothing else",
                    "write the claim in these, or claim it for one step with E[· | past]",
                );
            }
        }
        if self.kind() != Kind::Identity && claim.rhs.any(unknown_at_start) {
            return self.refuse(
                &raw.rhs,
                "the right-hand side may only use what is known at the start",
                "that is f[0], norm2(grad[0]), E[norm2(m[-1])], norm2(v[-1]); bring the rest to the left-hand side",
            );
        }
        Ok(())
    }

    /// Refuses what no mean of runs estimates: quantities outside of the mean, and functions of them that are not linear.
    fn refuse_nonlinear(&self, side: &Term, place: &Spanned<String>) -> Loaded<()> {
        if random_outside_expectation(side) {
            return self.refuse(
                place,
                "a random quantity stands outside E[·]",
                "only f[0], grad[0] and x[0] are known beforehand",
            );
        }
        if dependence(side) == Dependence::Other {
            return self.refuse(
                place,
                "the claim is not linear in what it averages",
                "use sums, means, and products with constants",
            );
        }
        Ok(())
    }
}

/// Both sides, each with its place.
fn sides<'c>(claim: &'c Claim, raw: &'c RawClaim) -> [(&'c Term, &'c Spanned<String>); 2] {
    [(&claim.lhs, &raw.lhs), (&claim.rhs, &raw.rhs)]
}

/// Quantities of a run that a single point has not.
fn needs_run(node: Node<'_>) -> bool {
    matches!(
        node,
        Node::Term(Term::Element(
            ScalarSequence::Schedule(..) | ScalarSequence::Quantity(_) | ScalarSequence::Distance,
            _
        )) | Node::Vector(
            Vector::Element(VectorSequence::Quantity(_) | VectorSequence::Derived(_), _) | Vector::WorkerElement(..)
        )
    )
}

/// Vectors of which a whole run keeps no record.
fn unrecorded(node: Node<'_>) -> bool {
    match node {
        Node::Term(
            Term::Dot(..)
            | Term::Norm(_)
            | Term::Norm1(_)
            | Term::ValueAt(_)
            | Term::Element(ScalarSequence::Distance, _),
        ) => true,
        Node::Term(Term::Norm2(vector)) => {
            !matches!(&**vector, Vector::Element(sequence, _) if *sequence != VectorSequence::Point)
        }
        _ => false,
    }
}

/// Quantities of the run beyond f(x_0), ∇f(x_0) and the starts of what the method keeps.
fn unknown_at_start(node: Node<'_>) -> bool {
    match node {
        Node::Term(Term::Element(ScalarSequence::Value, index)) => literal(index) != Some(0),
        Node::Term(Term::Element(ScalarSequence::Quantity(quantity), index)) => {
            quantity.first.is_none() || literal(index) != quantity.first
        }
        Node::Vector(Vector::Element(sequence, index)) => match sequence {
            VectorSequence::Gradient => literal(index) != Some(0),
            VectorSequence::Quantity(quantity) => quantity.first.is_none() || literal(index) != quantity.first,
            VectorSequence::Derived(derived) => {
                derived.first.is_none() || literal(index) != derived.first.as_ref().map(|(first, _)| *first)
            }
            _ => true,
        },
        Node::Vector(Vector::WorkerElement(..)) => true,
        _ => false,
    }
}

fn literal(index: &Index) -> Option<i64> {
    match index {
        Index::Literal(value) => Some(*value),
        // `-1` is read as 0 − 1, and `k-1` at k = 0 likewise.
        Index::Sub(a, b) => Some(literal(a)? - literal(b)?),
        _ => None,
    }
}
