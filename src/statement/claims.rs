//! Reading the claims of a statement, and refusing those that cannot be decided honestly.

use toml::Spanned;

use super::check::{Checker, Dependence, dependence, random_outside_expectation};
use super::file::{Loaded, Loader};
use super::parse::parse_quantifier;
use super::raw::{Kind, OneOrMany, RawClaim};
use super::syntax::ReduceOp;
use super::term::{Index, Node, ScalarSequence, Term, Vector, VectorSequence};
use super::{Claim, Quantifier, Subject};

impl Loader<'_> {
    pub(super) fn claims(&self) -> Loaded<Vec<Claim>> {
        let Some(spanned) = &self.raw.claim else { return Ok(Vec::new()) };
        let OneOrMany(raw_claims) = spanned.get_ref();
        if raw_claims.is_empty() {
            return Err(self.file.error(Some(spanned.span()), "a statement needs a claim", None));
        }
        let claims = raw_claims.iter().map(|c| self.claim(c)).collect::<Loaded<Vec<_>>>()?;
        if !self.is_of_points() && claims.iter().any(|c| c.subject_of_run() != claims[0].subject_of_run()) {
            return Err(self.file.error(
                Some(spanned.span()),
                "the claims of one statement must all be pathwise, all about one step, or all about the whole run",
                Some("put them in separate statements".into()),
            ));
        }
        Ok(claims)
    }

    fn claim(&self, raw: &RawClaim) -> Loaded<Claim> {
        let mut checker = Checker::new(&self.names);
        let quantifier = match &raw.for_all {
            None => None,
            Some(text) => {
                let (name, from, to) = parse_quantifier(text.get_ref()).map_err(|err| self.file.syntax(text, err))?;
                let at = |err| self.check_error(text, err);
                let (from, to) = (checker.index(&from).map_err(at)?, checker.index(&to).map_err(at)?);
                checker.bind(&name, &(0..text.get_ref().len())).map_err(at)?;
                Some(Quantifier { text: text.get_ref().clone(), from, to })
            }
        };
        let (lhs_expr, rhs_expr) = (self.expression(&raw.lhs)?, self.expression(&raw.rhs)?);
        let lhs = checker.number(&lhs_expr).map_err(|err| self.check_error(&raw.lhs, err))?;
        let rhs = checker.number(&rhs_expr).map_err(|err| self.check_error(&raw.rhs, err))?;
        let levels = [&lhs, &rhs].into_iter().flat_map(Term::additive_terms).map(|(_, part)| part.is_level()).collect();
        let claim = Claim { quantifier, lhs_expr, rhs_expr, lhs, rhs, levels };
        self.check_scope(&claim, raw)?;
        Ok(claim)
    }

    /// A claim about the estimate at single points: x_0, x_1, … are any points.
    fn check_estimate_scope(&self, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        for (side, place) in [(&claim.lhs, &raw.lhs), (&claim.rhs, &raw.rhs)] {
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
                return Err(self.file.error(Some(place.span()), message, Some(help.to_owned())));
            }
        }
        if claim.quantifier.is_none() {
            let help = "add for_all = \"k in 0..K\": the points have the indices 0 to K-1";
            return Err(self.file.error(
                Some(raw.lhs.span()),
                "a claim about points needs its index",
                Some(help.to_owned()),
            ));
        }
        Ok(())
    }

    /// A claim must be of a form that can be decided honestly.
    fn check_scope(&self, claim: &Claim, raw: &RawClaim) -> Loaded<()> {
        let at = |value: &Spanned<String>, message: &str, help: &str| {
            Err(self.file.error(Some(value.span()), message.to_owned(), Some(help.to_owned())))
        };
        let sides = [(&claim.lhs, &raw.lhs), (&claim.rhs, &raw.rhs)];
        if self.is_of_points() {
            return self.check_estimate_scope(claim, raw);
        }
        let subject = claim.subject_of_run();
        let wanted = match subject {
            Subject::Pathwise | Subject::Estimate => matches!(self.kind(), Kind::Pathwise | Kind::Identity),
            Subject::OneStep | Subject::WholeRun => matches!(self.kind(), Kind::Expectation | Kind::Identity),
        };
        if !wanted {
            let place = if claim.rhs.has_expectation() && !claim.lhs.has_expectation() { &raw.rhs } else { &raw.lhs };
            return at(
                place,
                "the claim does not fit the statement's kind",
                "a pathwise claim has no E[·]; an expectation has one",
            );
        }
        for (side, place) in sides {
            let mut mixed = false;
            side.walk(&mut |node| {
                if let Some(past) = node.expectation() {
                    mixed |= past != (subject == Subject::OneStep);
                }
            });
            if mixed {
                return at(place, "E[·] and E[· | past] cannot stand in one claim", "use one of them");
            }
        }
        match subject {
            Subject::Pathwise | Subject::Estimate => Ok(()),
            Subject::OneStep if claim.quantifier.is_none() => {
                at(&raw.lhs, "a claim about one step needs its index", "add for_all = \"k in 0..K\"")
            }
            Subject::OneStep => Ok(()),
            Subject::WholeRun => {
                // One sample is one run, so the left-hand side must be linear in its expectations;
                // the minimum over steps of an expectation is the one exception.
                let inner = match &claim.lhs {
                    Term::Reduce { op: ReduceOp::Min, body, .. } => body,
                    other => other,
                };
                for (side, place) in [(inner, &raw.lhs), (&claim.rhs, &raw.rhs)] {
                    if random_outside_expectation(side) {
                        return at(
                            place,
                            "a random quantity stands outside E[·]",
                            "only f[0], grad[0] and x[0] are known beforehand",
                        );
                    }
                    if dependence(side) == Dependence::Other {
                        return at(
                            place,
                            "the claim is not linear in what it averages",
                            "use sums, means, and products with constants",
                        );
                    }
                }
                for (side, place) in sides {
                    if side.any(unrecorded) {
                        return at(
                            place,
                            "a whole run records f, numbers, and the squared norms of grad, e, b, nu and the method's own vectors, nothing else",
                            "write the claim in these, or claim it for one step with E[· | past]",
                        );
                    }
                }
                if self.kind() != Kind::Identity && claim.rhs.any(unknown_at_start) {
                    return at(
                        &raw.rhs,
                        "the right-hand side may only use what is known at the start",
                        "that is f[0], norm2(grad[0]), E[norm2(m[-1])], norm2(v[-1]); bring the rest to the left-hand side",
                    );
                }
                Ok(())
            }
        }
    }
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
