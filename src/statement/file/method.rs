//! The method of a statement: which it is, what the statement changes of it, and what it needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;

use super::{Loaded, Loader};
use crate::method::language::file::{amended, load_within};
use crate::method::language::library as methods;
use crate::method::language::tree::{self, Method};
use crate::oracle::operator::Operator;
use crate::statement::check::closest;
use crate::statement::raw::MethodChoice;

/// The method of statements that name none.
const DEFAULT_METHOD: &str = "momentum";

impl Loader<'_> {
    /// The method with what the statement changes of it.
    pub(super) fn method(&self) -> Loaded<Arc<Method>> {
        let raw = self.raw;
        let base = match raw.method.as_ref().map(|choice| (choice.span(), choice.get_ref())) {
            None => methods::shared(DEFAULT_METHOD).unwrap_or_else(|| Err(self.file.error(None, "no method", None)))?,
            Some((place, MethodChoice::Shipped(id))) => methods::shared(id).unwrap_or_else(|| {
                let near = closest(id, methods::ids().into_iter()).map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| "`lemmata list --methods` names them".to_owned());
                Err(self.file.error(Some(place), format!("there is no shipped method `{id}`"), Some(help)))
            })?,
            Some((_, MethodChoice::Own(own))) => Arc::new(load_within(&self.file, own)?),
        };
        if raw.schedules.is_empty() && raw.bind.is_empty() {
            return Ok(base);
        }
        amended(&base, &self.file, &raw.schedules, &raw.bind).map(Arc::new)
    }

    /// What is tried for the method's operators, each of which needs something.
    pub(super) fn operators(&self, method: &Method) -> Loaded<BTreeMap<String, Vec<Operator>>> {
        let mut all = BTreeMap::new();
        for (name, raw) in &self.raw.operators {
            let Some(is) = method.operator(name.get_ref()) else {
                let message = format!("the method `{}` has no operator `{}`", method.id, name.get_ref());
                return Err(self.file.error(Some(name.span()), message, None));
            };
            let tried = raw.tried.iter().map(|value| self.operator(is, value)).collect::<Loaded<Vec<_>>>()?;
            all.insert(name.get_ref().clone(), tried);
        }
        match method.operators.iter().find(|(name, _)| all.get(name).is_none_or(Vec::is_empty)) {
            None => Ok(all),
            Some((missing, is)) => Err(self.file.error(
                self.raw.method.as_ref().map(Spanned::span),
                format!(
                    "the method `{}` needs something to try for its operator `{missing}`, which is {is}",
                    method.id
                ),
                Some(format!("for example [operators.{missing}] with try = [{{ name = \"top-k\", share = 0.5 }}]")),
            )),
        }
    }

    /// An operator that proves what the method asks of it.
    pub(in crate::statement) fn operator(&self, is: &str, value: &Spanned<toml::Value>) -> Loaded<Operator> {
        let at = |message: String, help: Option<String>| self.file.error(Some(value.span()), message, help);
        let operator: Operator =
            serde_json::from_value(self.data(value)?).map_err(|err| at(format!("this is no operator: {err}"), None))?;
        if operator.proves(is) {
            return Ok(operator);
        }
        Err(at(
            format!("`{operator}` is not proved to be {is}"),
            Some("`lemmata docs methods` has what each operator proves".into()),
        ))
    }

    /// The method's parameters need values: the statement's own, or what the method takes where there is none.
    pub(super) fn refuse_missing_parameters(&self, method: &Method) -> Loaded<()> {
        let lacks = |parameter: &&tree::Parameter| {
            parameter.default.is_none() && !self.names.parameters.contains(&parameter.name)
        };
        let is_free = |(position, _): &(usize, _)| method.bound.iter().all(|(bound, _)| bound != position);
        let free = method.parameters.iter().enumerate().filter(is_free).map(|(_, parameter)| parameter);
        match free.into_iter().find(lacks) {
            None => Ok(()),
            Some(missing) => Err(self.file.error(
                self.raw.method.as_ref().map(Spanned::span),
                format!("the method `{}` needs a value of `{}`", method.id, missing.name),
                Some(format!(
                    "declare it under [parameters], for example {} = {{ in = \"{}\" }}",
                    missing.name, missing.range
                )),
            )),
        }
    }
}
