//! `lemmata list` and `lemmata show`.

use rug::Rational;

use super::output::print;
use super::{ExitCode, Failure, ReportKind, load};
use crate::number::{Interval, Scalar};
use crate::statement::evaluate::{Evaluator, Scope};
use crate::statement::parse::parse;
use crate::statement::syntax::ExprKind;
use crate::statement::term::Builtin;
use crate::statement::{Bound, Parameter, Statement, Symbol, library, render};
use crate::{audit, report};

pub(super) fn list() -> Result<ExitCode, Failure> {
    let statements = library::load_all()?;
    let width = statements.iter().map(|s| s.id.len()).max().unwrap_or(0);
    let lines: Vec<String> = statements.iter().map(|s| format!("{:width$}  {}", s.id, s.title)).collect();
    print(&lines.join("\n"))?;
    Ok(ExitCode::Success)
}

pub(super) fn show(name: &str, values: &[String]) -> Result<ExitCode, Failure> {
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
            text += "  none: every constant needs more than what is set\n";
        }
        for (name, [low, high]) in constants {
            text += &format!("  {name} in [{low}, {high}]\n");
        }
    }
    print(text.trim_end_matches('\n'))?;
    Ok(ExitCode::Success)
}

pub(super) fn schema(kind: ReportKind) -> Result<ExitCode, Failure> {
    print(&match kind {
        ReportKind::Check => report::schema(),
        ReportKind::Audit => audit::report::schema(),
    })?;
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
    if !declared && statement.parameter(name).is_none() && Builtin::from_name(name).is_none() {
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
    Ok((name.to_owned(), value.ok_or_else(bad)?))
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

/// The constants that the given values determine, each with its limits.
fn evaluate(statement: &Statement, values: &[(String, Rational)]) -> Result<Vec<(String, [String; 2])>, Failure> {
    let set = |name: &str| values.iter().find(|(n, _)| n == name).map(|(_, value)| value);
    let given = |name: &str| set(name).map(|value| Interval::from_rational(value, BITS));
    let mut scope = Scope::<Interval> {
        context: BITS,
        parameters: statement.parameters.iter().map(|p| given(&p.name)).collect(),
        constants: vec![None; statement.constants.len()],
        builtins: Builtin::ALL.iter().map(|b| given(b.name())).collect(),
        given: statement.given.iter().map(|g| given(&g.name)).collect(),
        spectrum: Vec::new(),
        workers: 1,
        dimension: 1,
        horizon: 1,
    };
    let mut shown = Vec::new();
    for symbol in &statement.order {
        match symbol {
            Symbol::Parameter(i) => {
                let parameter = &statement.parameters[*i];
                let outside = |value: &&Rational| is_outside(parameter, value, &scope);
                if let Some(value) = set(&parameter.name).filter(outside) {
                    return Err(Failure::bad_input(format!(
                        "`{}` = {value} is outside its range {}; {} says nothing of it",
                        parameter.name, parameter.range, statement.id
                    )));
                }
            }
            Symbol::Constant(i) => {
                let constant = &statement.constants[*i];
                let value = Evaluator::without_trace(&scope).term(&constant.term).ok().filter(Scalar::is_defined);
                if let Some(value) = &value {
                    shown.push((constant.name.clone(), value.to_decimal(DIGITS)));
                }
                scope.constants[*i] = value;
            }
        }
    }
    Ok(shown)
}

/// Whether a value is certainly outside a parameter's range; an end that needs more than what is set excludes nothing.
fn is_outside(parameter: &Parameter, value: &Rational, scope: &Scope<Interval>) -> bool {
    let value = Interval::from_rational(value, BITS);
    let end = |bound: &Bound| {
        let term = bound.value.as_ref()?;
        Evaluator::without_trace(scope).term(term).ok().filter(Scalar::is_defined)
    };
    let beyond = |low: &Interval, high: &Interval, closed: bool| {
        if closed { low.certainly_lt(high) } else { low.certainly_le(high) }
    };
    end(&parameter.lower).is_some_and(|end| beyond(&value, &end, parameter.lower.closed))
        || end(&parameter.upper).is_some_and(|end| beyond(&end, &value, parameter.upper.closed))
}
