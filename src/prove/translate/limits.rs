//! What is shown for positive constants, or inside of a boundary, and holds beyond as a limit.

use super::reached;
use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Node, Term};

/// Whether a claim need be shown only where an upper bound of the function is above 0: it has no value at 0, or no
/// condition and no jump depends on it, and then what holds at 0 is the limit of what holds for larger bounds.
pub fn is_positive(builtin: Builtin, statement: &Statement) -> bool {
    let conditions: Vec<&Term> = reached::ends(statement).chain(reached::sides(statement)).collect();
    let is_it = |term: &Term| matches!(term, Term::Builtin(own) if *own == builtin);
    let has_none = |term: &Term| reached::has_no_value_at_zero(term, &is_it, statement);
    let all_claims = statement.claims.iter().all(|claim| has_none(&claim.lhs) || has_none(&claim.rhs));
    if all_claims || conditions.iter().any(|term| has_none(term)) {
        return true;
    }
    // Whatever the method decides by a condition may be decided by the constant.
    let method = format!("{:?}", statement.method);
    let jumps = method.contains("If(") && method.contains(&format!("{builtin:?}"));
    !jumps && !chooses(statement) && conditions.iter().all(|term| !reached::reads(term, builtin, statement))
}

/// Whether a number has to be different from 0 for every claim to have a value.
pub fn is_divided_by(is_it: &dyn Fn(&Term) -> bool, statement: &Statement) -> bool {
    let has_none = |term: &Term| reached::has_no_value_at_zero(term, is_it, statement);
    statement.claims.iter().all(|claim| has_none(&claim.lhs) || has_none(&claim.rhs))
}

/// Whether each instance on the boundary of a constant is the limit of instances with a smaller one: nothing else
/// bounds it, the method does not know it, and what is claimed has no jumps. Then the claim there follows from the claim
/// inside.
pub fn may_recede(statement: &Statement, constant: Builtin) -> bool {
    // Whatever part of the method speaks of it has its name in the text of the tree.
    let is_known = format!("{:?}", statement.method).contains(&format!("{constant:?}"));
    let reads = |term: &Term| reached::reads(term, constant, statement);
    let bounded = reached::ends(statement).any(reads);
    // Only that it is positive.
    let is_open = |(left, relation, right): &(Term, Relation, Term)| {
        let is_zero = |term: &Term| matches!(term, Term::Number(value) if *value == 0);
        match relation {
            Relation::Greater => matches!(left, Term::Builtin(_)) && is_zero(right),
            Relation::Less => is_zero(left) && matches!(right, Term::Builtin(_)),
            _ => false,
        }
    };
    let all = statement.hypotheses.iter().flat_map(|hypothesis| &hypothesis.condition.0);
    let mut about = all.filter(|(left, _, right)| reads(left) || reads(right));
    !is_known && !chooses(statement) && !bounded && about.all(is_open)
}

/// Whether something in the statement jumps where a condition changes.
fn chooses(statement: &Statement) -> bool {
    let mut found = false;
    statement.walk(&mut |node| found |= matches!(node, Node::Term(Term::If(..))));
    found
}
