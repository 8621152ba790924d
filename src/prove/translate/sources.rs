//! What sources of the estimate prove of themselves: one operator, applied to the gradient of each worker or to the
//! average.

use serde_json::{Map, Value};

use super::facts::CONTRACTION;
use super::method::EstimateError;
use super::numbers::{Kind, Numbers};
use super::reached;
use super::stop::Translated;
use super::unknowns::Unknowns;
use crate::oracle::operator::Operator;
use crate::prove::problem::Form;
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Index};
use crate::statement::{Claim, Statement};

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
    /// The name of the constant that the operator proves.
    proves: &'static str,
    /// Whether the operator may draw.
    pub draws: bool,
}

/// What the threshold of a clipping is called.
const THRESHOLD: &str = "tau";
/// A dimension in which every operator proves what it proves.
const DIMENSION: usize = 4;

/// The kinds of source that a statement lists, where it speaks of what all their operators prove, and each of them is a
/// single operator; else none.
pub fn sources(statement: &Statement) -> Vec<Source> {
    // The names would be those of the method's own operators; and parts of errors are not those of operators.
    if !statement.method.operators.is_empty() || reached::tells_noise_apart(statement) {
        return Vec::new();
    }
    let all = statement.estimates_spoken_of().map(source);
    let Some(mut all) = all.collect::<Option<Vec<Source>>>() else { return Vec::new() };
    let Some(first) = all.first().copied() else { return Vec::new() };
    let is_spoken_of = reached::given(statement).iter().any(|own| statement.given[*own].name == first.proves);
    if !is_spoken_of || all.iter().any(|source| source.proves != first.proves) {
        return Vec::new();
    }
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
    let operator = operator(only.get("operator")?.as_object()?)?;
    let (proves, _) = operator.guarantee(DIMENSION)?.named();
    (only.len() == 2).then(|| Source { argument, proves, draws: operator.is_random() })
}

/// An operator of that kind: what it proves and whether it draws is no matter of its numbers, which may be expressions.
fn operator(fields: &Map<String, Value>) -> Option<Operator> {
    let is_expression = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('='));
    let filled = fields.iter().map(|(name, value)| {
        let value = if is_expression(value) { Value::from(0.5) } else { value.clone() };
        (name.clone(), value)
    });
    serde_json::from_value(Value::Object(filled.collect())).ok()
}

/// What the statement's sources prove of an error, as forms that are not negative, with a name and a reason.
pub fn facts(
    statement: &Statement,
    source: Source,
    error: &EstimateError,
    (numbers, unknowns): (&mut Numbers, &Unknowns),
) -> Translated<Vec<(&'static str, &'static str, Form)>> {
    let (vector, argument) = match (source.argument, &error.of_worker) {
        (Argument::EachWorker, Some(of_worker)) => of_worker,
        (Argument::EachWorker, None) => return Ok(Vec::new()),
        (Argument::Average, _) => &error.of_average,
    };
    let square = unknowns.square(vector);
    let number = numbers.named(Kind::Constant, source.proves)?;
    if source.proves == CONTRACTION {
        let form = unknowns.square(argument).scaled(&(numbers.rational(1) - number)).minus(&square);
        return Ok(vec![("contraction of the source", "the operator is contractive", form)]);
    }
    if source.proves != THRESHOLD {
        return Ok(Vec::new());
    }
    let needs = reached::builtins(statement);
    let is_visited = error.at_point && statement.claims.iter().all(stays_below_the_horizon);
    let bounds = [(Builtin::GradientBound, true), (Builtin::VisitedGradientBound, is_visited)];
    let mut facts = Vec::new();
    for (bound, _) in bounds.into_iter().filter(|(bound, applies)| *applies && needs.contains(bound)) {
        let (excess, zero) = (numbers.named(Kind::Constant, bound.name())? - &number, numbers.rational(0));
        let excess = if numbers.holds(&excess, Relation::GreaterEqual, &zero)? { excess } else { zero };
        let form = Form::constant(excess.times(&excess)).minus(&square);
        facts.push(("clipping", "clipping takes away what a gradient is longer", form));
    }
    Ok(facts)
}

/// Whether the index of a claim is below K.
fn stays_below_the_horizon(claim: &Claim) -> bool {
    claim.quantifier.as_ref().is_some_and(|quantifier| {
        matches!(quantifier.from, Index::Literal(first) if first >= 0) && quantifier.to == Index::Horizon
    })
}
