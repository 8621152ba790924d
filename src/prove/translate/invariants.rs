//! What the numbers that a method keeps from step to step obey: inequalities that hold at every start and that each
//! step keeps. They are shown first, all together, and known wherever a run is looked at from a later step on.

use super::numbers::Kind;
use super::scalars::at_start;
use super::stop::Translated;
use super::terms::Reader;
use crate::method::language::tree::{Known, Line, Method, Number, Part, Rule, Shape, Value};
use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::Term;

/// An inequality between numbers of the run at k, or a part of a chain of such.
#[derive(Clone, Debug)]
pub enum Invariant<'s> {
    /// One that the statement gives, by its number among these.
    Given(usize, &'s (Term, Relation, Term)),
    /// Where it gives none: that a quantity is never less than at its start.
    NotBelowStart(usize, &'s Number),
}

impl<'s> Invariant<'s> {
    /// All of a statement.
    pub fn all(statement: &'s Statement) -> Vec<Self> {
        let given = statement.hints.invariants.iter().enumerate();
        let mut all: Vec<Self> = given
            .flat_map(|(position, invariant)| invariant.0.iter().map(move |part| Invariant::Given(position, part)))
            .collect();
        if all.is_empty() {
            all.extend(numbers_kept(&statement.method).filter_map(|quantity| {
                let start = only_start(&statement.method, quantity)?;
                Some(Invariant::NotBelowStart(quantity, start))
            }));
        }
        all
    }

    /// What it is called.
    pub fn name(&self, method: &Method) -> String {
        match self {
            Invariant::Given(position, _) => format!("invariant {}", position + 1),
            Invariant::NotBelowStart(quantity, _) => {
                format!("`{}` is not less than at the start", method.quantities[*quantity].name)
            }
        }
    }

    /// Whether it holds at every start by what it says.
    pub fn is_plain_at_start(&self) -> bool {
        matches!(self, Invariant::NotBelowStart(..))
    }
}

/// Notes what the numbers obey at the time from which the run is looked at, before there is one.
pub fn learn(reader: &mut Reader<'_, '_>, base: i64) -> Translated<()> {
    let statement = reader.statement;
    let at_base = &reader.origin + reader.numbers.rational(base);
    let own = std::mem::replace(&mut reader.index, at_base);
    reader.kept_at = Some(base);
    reader.numbers.of_hint = true;
    for invariant in Invariant::all(statement) {
        let reason = invariant.name(&statement.method);
        let (room, relation) = match invariant {
            Invariant::Given(_, (left, relation, right)) => (reader.number(left)? - reader.number(right)?, *relation),
            Invariant::NotBelowStart(quantity, start) => {
                let name = &statement.method.quantities[quantity].name;
                let now = reader.numbers.named(Kind::State, name)?;
                (now - at_start(start, statement, reader.numbers)?, Relation::GreaterEqual)
            }
        };
        reader.numbers.learn_relation(&room, relation, &reason)?;
    }
    reader.numbers.of_hint = false;
    reader.kept_at = None;
    reader.index = own;
    Ok(())
}

/// The numbers that a method keeps and no run decides.
fn numbers_kept(method: &Method) -> impl Iterator<Item = usize> {
    method.states.iter().map(|state| state.quantity).filter(|quantity| no_run_decides(method, *quantity))
}

/// The number that a quantity is at every start.
fn only_start(method: &Method, quantity: usize) -> Option<&Number> {
    let mut rules = rules(method, quantity);
    match (rules.next(), rules.next()) {
        (Some(Rule::Number(start)), None) => Some(start),
        _ => None,
    }
}

fn rules(method: &Method, quantity: usize) -> impl Iterator<Item = &Rule> {
    let states = method.starts.iter().flat_map(|start| &start.states).chain(&method.states);
    states.filter(move |state| state.quantity == quantity).map(|state| &state.rule)
}

/// Whether a number that the method keeps depends on nothing but its parameters, the constants of the instance and k,
/// so that no draw reaches it.
pub fn no_run_decides(method: &Method, quantity: usize) -> bool {
    no_run_decides_if(method, quantity, &[])
}

/// The same, where these count as decided by none.
fn no_run_decides_if(method: &Method, quantity: usize, others: &[usize]) -> bool {
    if others.contains(&quantity) {
        return true;
    }
    let own = &method.quantities[quantity];
    if own.shape != Shape::Number || own.by_worker {
        return false;
    }
    let others = [others, &[quantity]].concat();
    let of_number = |number: &Number| {
        !Part::Number(number).any(|part| match part {
            Part::Vector(_) => true,
            Part::Number(Number::Quantity(read, None)) => !no_run_decides_if(method, *read, &others),
            Part::Number(number) => matches!(
                number,
                Number::Quantity(_, Some(_))
                    | Number::OverWorkers(..)
                    | Number::Sampled(_)
                    | Number::Known(Known::Infimum)
            ),
        })
    };
    let of_start = |rule: &Rule| match rule {
        Rule::Number(number) => of_number(number),
        Rule::Line(_) => true,
        Rule::Vector(_) | Rule::Any => false,
    };
    let of_line = |line: &Line| matches!(&line.value, Value::Number(number) if of_number(number));
    rules(method, quantity).all(of_start) && method.lines.iter().filter(|line| line.quantity == quantity).all(of_line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::language::file::load_text;

    /// Whether no run decides s in a method that keeps s and t and has these lines.
    fn is_free(lines: &str) -> bool {
        let text = format!(
            r#"
id = "m"
title = "A method"
source = "tests"
[state]
s = {{ first = 0, start = "1" }}
t = {{ first = 0, start = "s" }}
[step]
lines = ["g = estimate(x)", "x = x - g/L", {lines}]
"#
        );
        let method = load_text("m.toml", &text).unwrap_or_else(|err| panic!("{err}"));
        let quantity = method.quantities.iter().position(|own| own.name == "s").expect("a state");
        no_run_decides(&method, quantity)
    }

    #[test]
    fn no_run_decides_what_parameters_constants_and_the_index_do() {
        assert!(is_free(r#""s = s + sqrt(k)/L", "t = t""#));
        assert!(is_free(r#""s = if(k >= 3, max(s, t), n)", "t = s/2""#), "and numbers of that kind");
    }

    #[test]
    fn a_run_decides_what_a_gradient_reaches() {
        assert!(!is_free(r#""s = s + norm2(g)", "t = t""#));
        assert!(!is_free(r#""s = s + t", "t = t + f(x)""#), "through another one");
        assert!(!is_free(r#""s = if(norm(g) >= 1, s, t)", "t = t""#), "by a choice");
        assert!(!is_free(r#""s = s + f_star", "t = t""#), "which is no number of the parameters");
    }
}
