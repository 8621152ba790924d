//! Reading what a file says of instances: witnesses, and estimates to try.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::check::{Checker, Names};
use super::file::{Loaded, Loader};
use super::parse::parse;
use super::raw::RawWitness;
use super::term::{Builtin, Index, Node, Term};
use super::{Supplied, Template, Witness};
use crate::method::language::tree::Method;
use crate::oracle::operator::Operator;
use crate::text::is_control;

impl Loader<'_> {
    pub(super) fn witness(&self, method: &Method, spanned: &Spanned<RawWitness>) -> Loaded<Witness> {
        let raw = spanned.get_ref();
        self.refuse_other_horizons(raw.horizon, spanned.span())?;
        let given = raw
            .given
            .iter()
            .map(|(name, value)| Ok((self.supplied(name)?, self.known(&self.names, value)?)))
            .collect::<Loaded<Vec<_>>>()?;
        let parameters = self.values_of_parameters(spanned)?;
        let (names, locals) = self.locals(raw)?;
        let start = raw.start.iter().map(|value| self.known(&names, value)).collect::<Loaded<Vec<_>>>()?;
        let states = raw
            .state
            .iter()
            .map(|(name, vector)| {
                let terms = vector.iter().map(|value| self.known(&names, value)).collect::<Loaded<Vec<_>>>()?;
                Ok((name.get_ref().clone(), terms))
            })
            .collect::<Loaded<BTreeMap<_, _>>>()?;
        let problem = self.template(&names, &raw.problem)?;
        let oracle = self.template(&names, &raw.oracle)?;
        Ok(Witness {
            doc: raw.doc.get_ref().clone(),
            given,
            locals,
            parameters,
            problem,
            oracle,
            start,
            from: self.start_of(method, spanned)?,
            operators: self.witness_operators(method, spanned)?,
            states,
            horizon: raw.horizon,
            place: spanned.span(),
        })
    }

    /// A number that has a value before the run.
    fn known(&self, names: &Names, value: &Spanned<String>) -> Loaded<Term> {
        let expr = self.expression(value)?;
        let term = Checker::new(names).number(&expr).map_err(|err| self.check_error(value, err))?;
        self.refuse_run_quantities(&term, value)?;
        Ok(term)
    }

    /// The constant of the instance that has that name.
    fn supplied(&self, name: &Spanned<String>) -> Loaded<Supplied> {
        let builtin = Builtin::from_name(name.get_ref()).map(Supplied::Builtin);
        let declared = || self.names.given.iter().position(|given| given == name.get_ref()).map(Supplied::Given);
        builtin.or_else(declared).ok_or_else(|| {
            let message = format!("`{}` is no constant of an instance", name.get_ref());
            self.file.error(Some(name.span()), message, None)
        })
    }

    /// A value of every parameter, by position.
    fn values_of_parameters(&self, spanned: &Spanned<RawWitness>) -> Loaded<BTreeMap<usize, Term>> {
        let names = &self.names.parameters;
        let value_of = |(name, value): (&Spanned<String>, &Spanned<String>)| {
            let position = names.iter().position(|own| own == name.get_ref()).ok_or_else(|| {
                let message = format!("`{}` is no parameter of this statement", name.get_ref());
                self.file.error(Some(name.span()), message, None)
            })?;
            Ok((position, self.known(&self.names, value)?))
        };
        let values = spanned.get_ref().parameters.iter().map(value_of).collect::<Loaded<BTreeMap<_, _>>>()?;
        match names.iter().enumerate().find(|(position, _)| !values.contains_key(position)) {
            None => Ok(values),
            Some((_, missing)) => Err(self.file.error(
                Some(spanned.span()),
                format!("the witness gives no value of the parameter `{missing}`"),
                Some("a witness has one for every parameter, as in parameters = { beta = \"1\" }".into()),
            )),
        }
    }

    /// Its own constants, each of which may use those before it, and the names that all else of it may use.
    fn locals(&self, raw: &RawWitness) -> Loaded<(Names, Vec<(String, Term)>)> {
        let mut names = self.names.clone();
        let mut locals = Vec::new();
        let mut seen = names.declared().map(str::to_owned).collect();
        for (name, value) in &raw.locals {
            self.check_name(name, name.get_ref(), &mut seen)?;
            let term = self.known(&names, value)?;
            names.constants.push(name.get_ref().clone());
            locals.push((name.get_ref().clone(), term));
        }
        Ok((names, locals))
    }

    /// The operators of the witness, one for each of the method.
    fn witness_operators(&self, method: &Method, spanned: &Spanned<RawWitness>) -> Loaded<BTreeMap<String, Operator>> {
        let given = &spanned.get_ref().operators;
        for (name, _) in given {
            if method.operator(name.get_ref()).is_none() {
                let message = format!("the method `{}` has no operator `{}`", method.id, name.get_ref());
                return Err(self.file.error(Some(name.span()), message, None));
            }
        }
        let own = |(name, is): &(String, String)| {
            let value =
                given.iter().find(|(own, _)| own.get_ref() == name).map(|(_, value)| value).ok_or_else(|| {
                    let help = format!("for example operators = {{ {name} = {{ name = \"top-k\", share = 0.5 }} }}");
                    self.file.error(Some(spanned.span()), format!("the witness gives no operator `{name}`"), Some(help))
                })?;
            Ok((name.clone(), self.operator(is, value)?))
        };
        method.operators.iter().map(own).collect()
    }

    /// Which start of the method the witness has; `first_gradient = true` is short for that of momentum.
    fn start_of(&self, method: &Method, spanned: &Spanned<RawWitness>) -> Loaded<usize> {
        let raw = spanned.get_ref();
        let (name, place) = match &raw.from {
            Some(name) => (name.get_ref().as_str(), name.span()),
            None if raw.first_gradient => ("first-gradient", spanned.span()),
            None => return Ok(0),
        };
        let all: Vec<&str> = method.start_names().collect();
        all.iter().position(|known| *known == name).ok_or_else(|| {
            self.file.error(
                Some(place),
                format!("the method `{}` has no start `{name}`", method.id),
                Some(format!("its starts are {}", all.join(", "))),
            )
        })
    }

    /// Data as JSON has it, which lacks infinite numbers.
    pub(super) fn data(&self, value: &Spanned<toml::Value>) -> Loaded<serde_json::Value> {
        let at = |message: String| self.file.error(Some(value.span()), message, None);
        match data_defect(value.get_ref()) {
            Some(defect) => Err(at(defect)),
            None => serde_json::to_value(value.get_ref()).map_err(|err| at(err.to_string())),
        }
    }

    /// Data in which strings that begin with `=` are expressions.
    fn template(&self, names: &Names, spanned: &Spanned<toml::Value>) -> Loaded<Template> {
        let value = self.data(spanned)?;
        let mut texts = BTreeSet::new();
        collect_expressions(&value, &mut texts);
        let expressions = texts
            .into_iter()
            .map(|text| {
                let body = text.trim_start_matches('=');
                let at = |span: Range<usize>, message: String, help: Option<String>| {
                    let start = self.file.find(&text, spanned.span()).map(|start| start + text.len() - body.len());
                    let place = start.map_or(spanned.span(), |start| start + span.start..start + span.end);
                    self.file.error(Some(place), format!("in `{text}`: {message}"), help)
                };
                let expr = parse(body).map_err(|err| at(err.span, err.message, None))?;
                let term = Checker::new(names).number(&expr).map_err(|err| match &err.definition {
                    None => at(err.span, err.message, err.help),
                    Some(_) => at(0..body.len(), err.message, err.help),
                })?;
                Ok((text, term))
            })
            .collect::<Loaded<BTreeMap<_, _>>>()?;
        Ok(Template { value, expressions, place: spanned.span() })
    }

    /// Sources to try: what they are is read when a problem fills the expressions in.
    pub(super) fn filled(&self, value: &Spanned<toml::Value>) -> Loaded<Template> {
        let template = self.template(&self.names, value)?;
        if let Some(text) = template
            .expressions
            .iter()
            .find_map(|(text, term)| term.any(|node| matches!(node, Node::Index(Index::Horizon))).then_some(text))
        {
            return Err(self.file.error(
                Some(value.span()),
                format!("`{text}` depends on K, and an estimate is the same for every K"),
                Some("write a number, or an expression in the problem's constants such as \"=G/2\"".into()),
            ));
        }
        if !template.value.is_array() {
            return Err(self.file.error(
                Some(value.span()),
                "an estimate is a list of error sources",
                Some("for example estimates = [[{ source = \"rademacher\", size = 0.5 }]]".into()),
            ));
        }
        Ok(template)
    }
}

/// What neither a problem nor an error source can have: numbers that are not finite, and texts that a
/// terminal would obey.
fn data_defect(value: &toml::Value) -> Option<String> {
    let text_defect = |text: &str| {
        let found = text.chars().find(|c| is_control(*c))?;
        Some(format!("the character U+{:04X} cannot stand here", u32::from(found)))
    };
    match value {
        toml::Value::Float(x) if !x.is_finite() => Some(format!("{x} is not a finite number")),
        toml::Value::String(text) => text_defect(text),
        toml::Value::Array(items) => items.iter().find_map(data_defect),
        toml::Value::Table(table) => {
            table.iter().find_map(|(key, value)| text_defect(key).or_else(|| data_defect(value)))
        }
        _ => None,
    }
}

fn collect_expressions(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) if text.starts_with('=') => {
            into.insert(text.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect_expressions(v, into)),
        serde_json::Value::Object(map) => map.values().for_each(|v| collect_expressions(v, into)),
        _ => {}
    }
}
