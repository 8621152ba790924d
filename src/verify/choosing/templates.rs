//! Data of a statement file with expressions in them, and their values on an instance.

use serde_json::Value;

use crate::number::{Interval, Scalar};
use crate::statement::Template;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator};
use crate::statement::term::Term;
use crate::verify::instances::{InstanceError, enclosure};

/// A template's data with the values of its expressions.
pub(super) fn filled(template: &Template, environment: &Environment<Interval>) -> Result<Value, InstanceError> {
    let number = |text: &str| {
        let value = enclosure(environment, template.expressions.get(text)?)?.to_f64();
        Some(value).filter(|x| x.is_finite())
    };
    fill(&template.value, &number).ok_or_else(|| {
        let cause = template.expressions.values().find_map(|term| lacking(environment, term));
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        InstanceError::Malformed(format!("an expression in {} has no value in binary64{cause}", template.value))
    })
}

/// The constants that a term needs and a witness does not give, where that is why it has no value.
pub(super) fn lacking(environment: &Environment<Interval>, term: &Term) -> Option<String> {
    match Evaluator::without_trace(environment).term(term) {
        Err(EvaluationError::MissingConstant(name)) => Some(format!("`given` of the witness lacks `{name}`")),
        // A constant of the statement that itself lacks something.
        Err(EvaluationError::ValuelessConstant) => {
            Some("it uses a constant of the statement that needs more than `given` of the witness has".to_owned())
        }
        _ => None,
    }
}

/// Replaces strings that begin with `=` by their values.
pub(super) fn fill(value: &Value, evaluate: &dyn Fn(&str) -> Option<f64>) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.starts_with('=') => serde_json::json!(evaluate(text)?),
        Value::Array(items) => Value::Array(items.iter().map(|v| fill(v, evaluate)).collect::<Option<_>>()?),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| Some((k.clone(), fill(v, evaluate)?))).collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}
