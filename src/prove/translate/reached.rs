//! What a statement speaks of: its claims, hypotheses and ranges, and the constants that these reach. What is only
//! declared, or only tried, counts for nothing.

use std::collections::BTreeSet;

use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Index, Node, Term};

/// Bounds of which no fact is known but that they are not negative.
pub const OPAQUE: [Builtin; 3] = [Builtin::GradientBound, Builtin::VisitedGradientBound, Builtin::LargestSmoothness];

/// The constants of the instance that a statement speaks of, or that every step of its method reads.
pub fn builtins(statement: &Statement) -> BTreeSet<Builtin> {
    let mut found = statement.read_by_every_step();
    for claim in &statement.claims {
        collect(&claim.lhs, statement, &mut found);
        collect(&claim.rhs, statement, &mut found);
    }
    sides(statement).chain(ends(statement)).for_each(|term| collect(term, statement, &mut found));
    found
}

/// The statement's own constants of the instance that it, or a lemma, speaks of, by position.
pub fn given(statement: &Statement) -> BTreeSet<usize> {
    let claims = statement.claims.iter().flat_map(|claim| [&claim.lhs, &claim.rhs]);
    let lemmas = statement.hints.lemmas.iter().flat_map(|lemma| &lemma.0).flat_map(|(left, _, right)| [left, right]);
    let mut found = BTreeSet::new();
    for term in claims.chain(sides(statement)).chain(ends(statement)).chain(lemmas) {
        visit(term, statement, &mut |term| {
            if let Term::Given(position) = term {
                found.insert(*position);
            }
        });
    }
    found
}

/// Whether the estimates of a statement are gradients: it lists nothing else, or says that their errors have no size.
pub fn is_exact(statement: &Statement) -> bool {
    let is_exact = |value: &serde_json::Value| value.as_array().is_some_and(Vec::is_empty);
    let lists_none = !statement.estimates.is_empty() && statement.estimates_spoken_of().all(is_exact);
    lists_none || (is_zero(Builtin::RelativeError, statement) && is_zero(Builtin::AbsoluteError, statement))
}

/// Whether a hypothesis says that a constant is 0.
fn is_zero(builtin: Builtin, statement: &Statement) -> bool {
    let parts = statement.hypotheses.iter().flat_map(|own| &own.condition.0);
    parts.filter(|(_, relation, _)| *relation == Relation::Equal).any(|(left, _, right)| {
        let is_it = |term: &Term| *term == Term::Builtin(builtin);
        let is_nothing = |term: &Term| matches!(term, Term::Number(value) if *value == 0);
        (is_it(left) && is_nothing(right)) || (is_nothing(left) && is_it(right))
    })
}

/// Whether a statement tells the bias of an estimate from its noise.
pub fn tells_noise_apart(statement: &Statement) -> bool {
    let apart = [Builtin::RelativeBias, Builtin::AbsoluteBias, Builtin::RelativeNoise, Builtin::NoiseVariance];
    let needs = builtins(statement);
    statement.needs_split() || apart.iter().any(|part| needs.contains(part))
}

/// The sides of hypotheses.
pub fn sides(statement: &Statement) -> impl Iterator<Item = &Term> {
    statement.hypotheses.iter().flat_map(|own| &own.condition.0).flat_map(|(left, _, right)| [left, right])
}

/// The ends of ranges.
pub fn ends(statement: &Statement) -> impl Iterator<Item = &Term> {
    statement.parameters.iter().flat_map(|own| [&own.lower.value, &own.upper.value]).flatten()
}

fn collect(term: &Term, statement: &Statement, found: &mut BTreeSet<Builtin>) {
    visit(term, statement, &mut |term| {
        if let Term::Builtin(builtin) = term {
            found.insert(*builtin);
        }
    });
}

/// Calls `see` on every part of a term that is a number, those of the constants in it included.
fn visit(term: &Term, statement: &Statement, see: &mut dyn FnMut(&Term)) {
    term.walk(&mut |node| match node {
        Node::Term(Term::Constant(position)) => visit(&statement.constants[*position].term, statement, see),
        Node::Term(term) => see(term),
        _ => {}
    });
}

/// Whether a term speaks of a constant of the instance, directly or through constants.
pub fn reads(term: &Term, builtin: Builtin, statement: &Statement) -> bool {
    let mut found = BTreeSet::new();
    collect(term, statement, &mut found);
    found.contains(&builtin)
}

/// Whether a term has no value where a number, of which `is_it` tells the term, is 0: it divides by a product in which
/// that is.
pub fn has_no_value_at_zero(term: &Term, is_it: &dyn Fn(&Term) -> bool, statement: &Statement) -> bool {
    let again = |part: &Term| has_no_value_at_zero(part, is_it, statement);
    match term {
        Term::Div(a, b) => is_factor(b, is_it, statement) || again(a) || again(b),
        Term::Constant(position) => again(&statement.constants[*position].term),
        Term::Add(a, b) | Term::Sub(a, b) | Term::Mul(a, b) | Term::Min(a, b) | Term::Max(a, b) => again(a) || again(b),
        Term::Negate(a) | Term::Apply(_, a) | Term::PowInt(a, _) => again(a),
        _ => false,
    }
}

/// Whether a term is 0 where a number is.
fn is_factor(term: &Term, is_it: &dyn Fn(&Term) -> bool, statement: &Statement) -> bool {
    match term {
        _ if is_it(term) => true,
        Term::Mul(a, b) => is_factor(a, is_it, statement) || is_factor(b, is_it, statement),
        Term::PowInt(a, Index::Literal(exponent)) if *exponent > 0 => is_factor(a, is_it, statement),
        Term::Constant(position) => is_factor(&statement.constants[*position].term, is_it, statement),
        _ => false,
    }
}
