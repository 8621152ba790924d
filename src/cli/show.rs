//! `lemmata list` and `lemmata show`.

use std::collections::BTreeSet;
use std::path::Path;

use rug::Rational;

use super::output::{print, print_titles};
use super::{ClaimNotation, ExitCode, Failure, load};
use crate::number::{Interval, Scalar};
use crate::report::{self, Form};
use crate::statement::evaluate::{Environment, Evaluator, NO_VALUE};
use crate::statement::parse::parse;
use crate::statement::syntax::ExprKind;
use crate::statement::term::{Builtin, Index, Node, ScalarSequence, Term};
use crate::statement::{Bound, Parameter, Statement, Symbol, library, notation, render};

pub(super) fn list() -> Result<ExitCode, Failure> {
    let statements = library::load_all()?;
    let titles: Vec<(&str, String)> = statements.iter().map(|s| (s.id.as_str(), s.title.clone())).collect();
    print_titles(&titles)?;
    Ok(ExitCode::Success)
}

pub(super) fn show(name: &Path, values: &[String]) -> Result<ExitCode, Failure> {
    let statement = load(name)?;
    let mut known: Vec<(String, Rational)> = Vec::new();
    for text in values {
        let (name, value) = parse_value(&statement, text)?;
        if known.iter().any(|(other, _)| *other == name) {
            return Err(Failure::bad_input(format!("`{name}` is set twice")));
        }
        known.push((name, value));
    }
    let mut text = render::text(&statement);
    if !known.is_empty() {
        text += "\nValues\n";
        let constants = evaluate(&statement, &known)?;
        if constants.is_empty() {
            text += "  none: the statement has no constants\n";
        }
        for (name, shown) in constants {
            text += &match shown {
                Shown::Limits([low, high]) => format!("  {name} in [{low}, {high}]\n"),
                Shown::Needs(names) => {
                    format!("  {name} needs {} too\n", names.into_iter().collect::<Vec<_>>().join(", "))
                }
                Shown::Nothing => format!("  {name} has no value: {NO_VALUE}\n"),
            };
        }
    }
    print(text.trim_end_matches('\n'))?;
    Ok(ExitCode::Success)
}

/// The claims as formulas.
pub(super) fn claims(name: &Path, wanted: ClaimNotation) -> Result<ExitCode, Failure> {
    let statement = load(name)?;
    let claims = match wanted {
        ClaimNotation::Latex => notation::claims_in_latex(&statement),
        ClaimNotation::Mathml => notation::claims_in_mathml(&statement),
    };
    print(&claims.join("\n"))?;
    Ok(ExitCode::Success)
}

pub(super) fn schema(form: Form) -> Result<ExitCode, Failure> {
    print(&report::schema(form))?;
    Ok(ExitCode::Success)
}

fn parse_value(statement: &Statement, text: &str) -> Result<(String, Rational), Failure> {
    let bad = || {
        Failure::bad_input(format!(
            "`{text}` is not of the form NAME=VALUE with a decimal number or a fraction of two, for example beta=0.1 or beta=1/3"
        ))
    };
    let (name, value) = text.split_once('=').ok_or_else(bad)?;
    let name = name.trim();
    let declared = statement.given.iter().any(|g| g.name == name);
    let is_count = COUNTS.contains(&name);
    if !declared && !is_count && statement.parameter(name).is_none() && Builtin::from_name(name).is_none() {
        return Err(Failure::bad_input(format!(
            "`{name}` is no parameter of {} and no constant of an instance",
            statement.id
        )));
    }
    let value = match value.split_once('/') {
        None => decimal(value),
        Some((above, below)) => {
            decimal(above).zip(decimal(below).filter(|below| *below != 0)).map(|(above, below)| above / below)
        }
    };
    let value = value.ok_or_else(bad)?;
    if is_count && !(value.is_integer() && value >= 1 && value.numer().to_u32().is_some()) {
        return Err(Failure::bad_input(format!("`{name}` counts something, and {value} is no such number")));
    }
    Ok((name.to_owned(), value))
}

/// A decimal number with or without sign.
fn decimal(text: &str) -> Option<Rational> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    match parse(digits).ok()?.kind {
        ExprKind::Number(value) => Some(value * sign),
        _ => None,
    }
}

const BITS: u32 = 128;
const DIGITS: usize = 17;

/// What the given values say of a constant.
enum Shown {
    /// Its limits.
    Limits([String; 2]),
    /// The names that have to be set before it has a value.
    Needs(BTreeSet<String>),
    /// It has none.
    Nothing,
}

/// K, n and d, which are set by name as all else, and are integers.
const COUNTS: [&str; 3] = ["K", "n", "d"];

/// The names that a term needs and that are not set, constants of the statement aside.
fn lacking(statement: &Statement, term: &Term, is_set: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    term.walk(&mut |node| {
        let name = match node {
            Node::Term(Term::Parameter(i)) => statement.parameters[*i].name.clone(),
            Node::Term(Term::Given(i)) => statement.given[*i].name.clone(),
            Node::Term(Term::Builtin(builtin)) => builtin.name().to_owned(),
            Node::Term(Term::Element(ScalarSequence::Spectrum, _)) => "spectrum".to_owned(),
            Node::Index(Index::Horizon) => "K".to_owned(),
            Node::Index(Index::Workers) => "n".to_owned(),
            Node::Index(Index::Dimension) => "d".to_owned(),
            _ => return,
        };
        if !is_set(&name) {
            names.insert(name);
        }
    });
    names
}

/// The constants, each with what the given values say of it.
fn evaluate(statement: &Statement, values: &[(String, Rational)]) -> Result<Vec<(String, Shown)>, Failure> {
    let set = |name: &str| values.iter().find(|(n, _)| n == name).map(|(_, value)| value);
    let given = |name: &str| set(name).map(|value| Interval::from_rational(value, BITS));
    let count = |name: &str| set(name).and_then(|value| value.numer().to_usize()).unwrap_or(1);
    let mut environment = Environment::<Interval> {
        context: BITS,
        parameters: statement.parameters.iter().map(|p| given(&p.name)).collect(),
        constants: vec![None; statement.constants.len()],
        builtins: Builtin::ALL.iter().map(|b| given(b.name())).collect(),
        given: statement.given.iter().map(|g| given(&g.name)).collect(),
        start: 0,
        method: Vec::new(),
        spectrum: Vec::new(),
        worker_smoothness: Vec::new(),
        minimiser: None,
        workers: count("n"),
        dimension: count("d"),
        horizon: count("K"),
    };
    let mut needs: Vec<BTreeSet<String>> = vec![BTreeSet::new(); statement.constants.len()];
    let mut shown = Vec::new();
    for symbol in &statement.order {
        match symbol {
            Symbol::Parameter(i) => refuse_outside(statement, &statement.parameters[*i], set, &environment)?,
            Symbol::Constant(i) => {
                let constant = &statement.constants[*i];
                let mut lacking = lacking(statement, &constant.term, &|name| set(name).is_some());
                constant.term.walk(&mut |node| {
                    if let Node::Term(Term::Constant(used)) = node {
                        lacking.extend(needs[*used].iter().cloned());
                    }
                });
                let value = Evaluator::without_trace(&environment).term(&constant.term).ok().filter(Scalar::is_defined);
                if value.is_some() && COUNTS.iter().all(|name| !lacking.contains(*name)) {
                    // What it lacks stands in a branch that is not taken.
                    lacking.clear();
                }
                let found = match &value {
                    _ if !lacking.is_empty() => Shown::Needs(lacking.clone()),
                    Some(value) => Shown::Limits(value.to_decimal(DIGITS)),
                    None => Shown::Nothing,
                };
                shown.push((constant.name.clone(), found));
                environment.constants[*i] = value.filter(|_| lacking.is_empty());
                needs[*i] = lacking;
            }
        }
    }
    Ok(shown)
}

fn refuse_outside<'v>(
    statement: &Statement,
    parameter: &Parameter,
    set: impl Fn(&str) -> Option<&'v Rational>,
    environment: &Environment<Interval>,
) -> Result<(), Failure> {
    match set(&parameter.name).filter(|value| is_outside(parameter, value, environment)) {
        None => Ok(()),
        Some(value) => Err(Failure::bad_input(format!(
            "`{}` = {value} is outside its range {}; {} says nothing of it",
            parameter.name, parameter.range, statement.id
        ))),
    }
}

/// Whether a value is certainly outside a parameter's range; an end that needs more than what is set excludes nothing.
fn is_outside(parameter: &Parameter, value: &Rational, environment: &Environment<Interval>) -> bool {
    let value = Interval::from_rational(value, BITS);
    let end = |bound: &Bound| {
        let term = bound.value.as_ref()?;
        Evaluator::without_trace(environment).term(term).ok().filter(Scalar::is_defined)
    };
    let beyond = |low: &Interval, high: &Interval, closed: bool| {
        if closed { low.certainly_lt(high) } else { low.certainly_le(high) }
    };
    end(&parameter.lower).is_some_and(|end| beyond(&value, &end, parameter.lower.closed))
        || end(&parameter.upper).is_some_and(|end| beyond(&end, &value, parameter.upper.closed))
}
