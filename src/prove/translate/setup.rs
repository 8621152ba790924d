//! What a statement says before any claim: what its constants are, its hypotheses, the ranges of its parameters.

use super::facts::{learn_builtin, learn_given, learn_order};
use super::limits::{is_positive, may_recede};
use super::numbers::Kind;
use super::reached;
use super::stop::{Stop, Translated};
use super::terms::Reader;
use crate::prove::problem::{Fact, Form, Library, Sign};
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Condition, Node, Term};
use crate::statement::{Constant, Hypothesis, Parameter, Symbol};

/// What a statement says of its numbers before any claim, besides conditions on them.
#[derive(Default)]
pub struct Setup {
    /// Whether f is convex.
    pub convex: bool,
    /// Hypotheses on numbers that are not followed as parameters.
    pub given: Vec<Fact>,
    /// Whether one of these is strict, which facts are not.
    pub is_strict: bool,
}

/// Distinguishes the cases that the statement does.
pub fn distinguish(reader: &mut Reader<'_, '_>) -> Translated<()> {
    for case in &reader.statement.hints.cases {
        reader.numbers.of_hint = true;
        let holds = reader.holds(case);
        reader.numbers.of_hint = false;
        holds?;
    }
    Ok(())
}

/// Reads constants, hypotheses, ranges and the first so many lemmas. Hypotheses on the instance alone come first, as
/// they may tell signs in ranges.
pub fn setup(reader: &mut Reader<'_, '_>, lemmas: usize) -> Translated<Setup> {
    let statement = reader.statement;
    let needs = reached::builtins(statement);
    for builtin in &needs {
        learn_builtin(*builtin, statement, reader.numbers)?;
    }
    for least in [Builtin::Pl, Builtin::StrongConvexity] {
        if needs.contains(&least) && needs.contains(&Builtin::Smoothness) {
            // At L = 0 there is nothing below.
            let strict = is_positive(Builtin::Smoothness, statement) && may_recede(statement, least);
            learn_order(least, Builtin::Smoothness, strict, reader.numbers)?;
        }
    }
    for position in reached::given(statement) {
        learn_given(position, statement, reader.numbers)?;
    }
    // Strong convexity is proved of convex functions alone.
    let convex = needs.contains(&Builtin::StrongConvexity);
    let mut setup = Setup { convex, given: Vec::new(), is_strict: false };
    let (first, second): (Vec<_>, Vec<_>) =
        statement.hypotheses.iter().partition(|hypothesis| is_of_instance(&hypothesis.condition));
    for hypothesis in first {
        setup.read(&hypothesis.condition, &hypothesis.name, reader)?;
    }
    for symbol in &statement.order {
        if let Symbol::Parameter(position) = symbol {
            read_range(&statement.parameters[*position], reader)?;
        }
    }
    setup.read_all(second, reader)?;
    // What was read before all this may be known to be positive now.
    let is_bounded = |position: &usize| statement.hints.bounded.contains(&statement.constants[*position].name);
    let read: Vec<usize> = (0..statement.constants.len()).filter(|own| reader.constants[*own].is_some()).collect();
    reader.constants.fill(None);
    for position in read.into_iter().filter(is_bounded) {
        reader.form(&Term::Constant(position))?;
    }
    for lemma in &statement.hints.lemmas[..lemmas] {
        reader.numbers.of_hint = true;
        setup.read(lemma, "a lemma", reader)?;
        reader.numbers.of_hint = false;
    }
    Ok(setup)
}

/// Whether a condition speaks of nothing that a statement chooses.
fn is_of_instance(condition: &Condition) -> bool {
    let mut chosen = false;
    condition.walk(&mut |node| chosen |= matches!(node, Node::Term(Term::Parameter(_) | Term::Constant(_))));
    !chosen
}

fn read_range(parameter: &Parameter, reader: &mut Reader<'_, '_>) -> Translated<()> {
    let own = reader.numbers.named(Kind::Parameter, &parameter.name)?;
    let reason = format!("{} in {}", parameter.name, parameter.range);
    if let (true, Some(low), true, Some(high)) =
        (parameter.lower.closed, &parameter.lower.value, parameter.upper.closed, &parameter.upper.value)
    {
        let (low, high) = (reader.number(low)?, reader.number(high)?);
        if low == high {
            return reader.numbers.equate(&(&own - low), &reason);
        }
    }
    for (bound, is_lower) in [(&parameter.lower, true), (&parameter.upper, false)] {
        let Some(value) = &bound.value else { continue };
        for end in ends(value, is_lower, &reader.statement.constants) {
            let value = reader.number(end)?;
            let room = if is_lower { &own - value } else { value - &own };
            reader.numbers.learn(&room, !bound.closed, &reason)?;
        }
    }
    Ok(())
}

/// What is above the greatest, or below the least, of several numbers is so of each.
fn ends<'t>(bound: &'t Term, is_lower: bool, constants: &'t [Constant]) -> Vec<&'t Term> {
    match bound {
        Term::Constant(position) => match ends(&constants[*position].term, is_lower, constants) {
            all if all.len() > 1 => all,
            _ => vec![bound],
        },
        Term::Min(a, b) if !is_lower => [ends(a, is_lower, constants), ends(b, is_lower, constants)].concat(),
        Term::Max(a, b) if is_lower => [ends(a, is_lower, constants), ends(b, is_lower, constants)].concat(),
        other => vec![other],
    }
}

impl Setup {
    /// Reads hypotheses, those last whose denominators have signs that others tell.
    fn read_all(&mut self, mut hypotheses: Vec<&Hypothesis>, reader: &mut Reader<'_, '_>) -> Translated<()> {
        while !hypotheses.is_empty() {
            let (before, mut refused) = (hypotheses.len(), Ok(()));
            let mut later = Vec::new();
            for hypothesis in hypotheses {
                match self.read(&hypothesis.condition, &hypothesis.name, reader) {
                    Err(stop @ Stop::Untranslatable(_)) => {
                        later.push(hypothesis);
                        refused = Err(stop);
                    }
                    other => other?,
                }
            }
            if later.len() == before {
                return refused;
            }
            hypotheses = later;
        }
        Ok(())
    }

    fn read(&mut self, condition: &Condition, reason: &str, reader: &mut Reader<'_, '_>) -> Translated<()> {
        for (left, relation, right) in &condition.0 {
            if let (Term::Builtin(Builtin::Convex), Relation::Equal, Term::Number(value)) = (left, relation, right)
                && *value == 1
            {
                self.convex = true;
                continue;
            }
            let (left, right) = (reader.form(left)?, reader.form(right)?);
            let room = right.minus(&left);
            let Some(room) = room.as_constant().cloned() else {
                self.is_strict |= matches!(relation, Relation::Less | Relation::Greater);
                let name = format!("hypothesis {reason} {}", self.given.len());
                self.given.push(of_atoms(name, room, *relation, reason));
                continue;
            };
            // room = right − left.
            reader.numbers.learn_relation(&-room, *relation, reason)?;
            if *relation == Relation::Equal {
                // They may speak of the number that is known now.
                reader.constants.fill(None);
            }
        }
        Ok(())
    }
}

/// A hypothesis on numbers that are not followed as parameters, as a fact.
fn of_atoms(name: String, room: Form, relation: Relation, reason: &str) -> Fact {
    let (form, sign) = match relation {
        Relation::Less | Relation::LessEqual => (room, Sign::NotNegative),
        Relation::Greater | Relation::GreaterEqual => {
            let minus = -room.constant.field().one();
            (room.scaled(&minus), Sign::NotNegative)
        }
        Relation::Equal => (room, Sign::Zero),
    };
    Fact { name, reason: reason.to_owned(), form, sign, library: Library::Both }
}
