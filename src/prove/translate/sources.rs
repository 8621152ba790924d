//! What sources of the estimate prove of themselves: one operator, applied to the gradient of each worker or to the
//! average.

use serde_json::{Map, Value};

use super::facts::CONTRACTION;
use super::method::Error;
use super::numbers::{Kind, Numbers};
use super::reached;
use super::stop::Translated;
use super::unknowns::Unknowns;
use crate::oracle::operator::Operator;
use crate::prove::problem::Form;
use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::Builtin;

/// What an operator is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The gradient of each worker; the estimate is the mean.
    EachWorker,
    /// ∇f.
    Average,
}

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// What its operator is applied to.
    pub argument: Argument,
    /// Whether the operator may draw.
    pub draws: bool,
}

/// What the threshold of a clipping is called.
const THRESHOLD: &str = "tau";

/// The kinds of source that a statement lists, where it speaks of what their operators prove and each of them is a single
/// operator; else none.
pub fn sources(statement: &Statement) -> Vec<Source> {
    let speaks_of = |name: &str| reached::given(statement).iter().any(|own| statement.given[*own].name == name);
    if statement.needs_split() || !(speaks_of(CONTRACTION) || speaks_of(THRESHOLD)) {
        return Vec::new();
    }
    let all = statement.estimates.iter().map(|estimate| source(&estimate.value));
    let Some(mut all) = all.collect::<Option<Vec<Source>>>() else { return Vec::new() };
    let draws = all.iter().any(|source| source.draws);
    all.iter_mut().for_each(|source| source.draws = draws);
    all.sort_by_key(|source| source.argument == Argument::Average);
    all.dedup();
    all
}

/// One source with nothing but an operator.
fn source(estimate: &Value) -> Option<Source> {
    let [Value::Object(only)] = estimate.as_array()?.as_slice() else { return None };
    let argument = match only.get("source")?.as_str()? {
        "each-worker" => Argument::EachWorker,
        "average" => Argument::Average,
        _ => return None,
    };
    let operator = only.get("operator")?.as_object()?;
    (only.len() == 2).then(|| Source { argument, draws: may_draw(operator) })
}

/// Whether an operator draws; what is no operator as it stands may.
fn may_draw(operator: &Map<String, Value>) -> bool {
    // Whether it draws is no matter of its numbers, which may be expressions.
    let number = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('='));
    let filled = operator.iter().map(|(name, value)| {
        let value = if number(value) { Value::from(0.5) } else { value.clone() };
        (name.clone(), value)
    });
    let filled = Value::Object(filled.collect());
    serde_json::from_value::<Operator>(filled).map_or(true, |operator| operator.is_random())
}

/// What the statement's sources prove of an error, as forms that are not negative, with a name and a reason.
pub fn facts(
    statement: &Statement,
    error: &Error,
    numbers: &mut Numbers,
    unknowns: &Unknowns,
) -> Translated<Vec<(&'static str, &'static str, Form)>> {
    let mut facts = Vec::new();
    let (vector, argument) = error.of_worker.as_ref().unwrap_or(&error.of_average);
    let square = unknowns.square(vector);
    let needs = reached::builtins(statement);
    for position in reached::given(statement) {
        let name = statement.given[position].name.as_str();
        if name == CONTRACTION {
            let rest = numbers.rational(1) - numbers.named(Kind::Constant, name)?;
            let form = unknowns.square(argument).scaled(&rest).minus(&square);
            facts.push(("contraction of the source", "the operator is contractive", form));
        }
        if name != THRESHOLD {
            continue;
        }
        for bound in [Builtin::GradientBound, Builtin::VisitedGradientBound] {
            if needs.contains(&bound) {
                let excess = numbers.named(Kind::Constant, bound.name())? - numbers.named(Kind::Constant, name)?;
                let zero = numbers.rational(0);
                let excess = if numbers.holds(&excess, Relation::GreaterEqual, &zero)? { excess } else { zero };
                let form = Form::constant(excess.times(&excess)).minus(&square);
                facts.push(("clipping", "clipping takes away what a gradient is longer", form));
            }
        }
    }
    Ok(facts)
}
