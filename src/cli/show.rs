//! `lemmata list` and `lemmata show`.

use super::{ExitCode, Failure, load};
use crate::number::{Interval, Scalar};
use crate::report;
use crate::statement::evaluate::{Evaluator, Scope};
use crate::statement::term::Builtin;
use crate::statement::{Statement, Symbol, library};

pub(super) fn list() -> Result<ExitCode, Failure> {
    let statements = library::load_all()?;
    let width = statements.iter().map(|s| s.id.len()).max().unwrap_or(0);
    for statement in &statements {
        println!("{:width$}  {}", statement.id, statement.title);
    }
    Ok(ExitCode::Success)
}

pub(super) fn show(name: &str, values: &[String]) -> Result<ExitCode, Failure> {
    let statement = load(name)?;
    let values = values.iter().map(|v| parse_value(&statement, v)).collect::<Result<Vec<_>, _>>()?;
    print!("{}", crate::statement::render::text(&statement));
    if !values.is_empty() {
        println!("\nValues");
        for (name, [low, high]) in evaluate(&statement, &values) {
            println!("  {name} in [{low}, {high}]");
        }
    }
    Ok(ExitCode::Success)
}

pub(super) fn schema() -> Result<ExitCode, Failure> {
    println!("{}", report::schema());
    Ok(ExitCode::Success)
}

fn parse_value(statement: &Statement, text: &str) -> Result<(String, rug::Rational), Failure> {
    let bad = || {
        Failure::bad_input(format!(
            "`{text}` is not of the form NAME=VALUE with a decimal number, for example beta=0.1"
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
    let value = value.trim();
    let (sign, digits) = value.strip_prefix('-').map_or((1, value), |rest| (-1, rest));
    match crate::statement::parse::parse(digits).map(|e| e.kind) {
        Ok(crate::statement::syntax::ExprKind::Number(value)) => Ok((name.to_owned(), value * sign)),
        _ => Err(bad()),
    }
}

const BITS: u32 = 128;
const DIGITS: usize = 17;

fn evaluate(statement: &Statement, values: &[(String, rug::Rational)]) -> Vec<(String, [String; 2])> {
    let given =
        |name: &str| values.iter().find(|(n, _)| n == name).map(|(_, value)| Interval::from_rational(value, BITS));
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
        let Symbol::Constant(i) = symbol else { continue };
        let value =
            Evaluator::without_trace(&scope).term(&statement.constants[*i].term).ok().filter(Scalar::is_defined);
        if let Some(value) = &value {
            shown.push((statement.constants[*i].name.clone(), value.to_decimal(DIGITS)));
        }
        scope.constants[*i] = value;
    }
    shown
}
