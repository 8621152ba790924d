//! Reading what a file says of instances: witnesses, and estimates to try.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::check::{Checker, Names};
use super::file::{Loaded, Loader, MAX_HORIZON};
use super::parse::parse;
use super::raw::RawWitness;
use super::term::{Builtin, Term};
use super::{Supplied, Template, Witness};

impl Loader<'_> {
    pub(super) fn witness(&self, spanned: &Spanned<RawWitness>) -> Loaded<Witness> {
        let raw = spanned.get_ref();
        if raw.horizon == 0 || raw.horizon > MAX_HORIZON {
            return Err(self.file.error(
                Some(spanned.span()),
                format!("a horizon of {} steps is not between 1 and {MAX_HORIZON}", raw.horizon),
                None,
            ));
        }
        let mut names = self.names.clone();
        let lower = |names: &Names, value: &Spanned<String>| -> Loaded<Term> {
            let expr = self.expression(value)?;
            let term = Checker::new(names).number(&expr).map_err(|err| self.check_error(value, err))?;
            self.refuse_run_quantities(&term, value)?;
            Ok(term)
        };
        let given = raw
            .given
            .iter()
            .map(|(name, value)| {
                let declared = self.names.given.iter().position(|g| g == name.get_ref()).map(Supplied::Given);
                let supplied =
                    Builtin::from_name(name.get_ref()).map(Supplied::Builtin).or(declared).ok_or_else(|| {
                        self.file.error(
                            Some(name.span()),
                            format!("`{}` is no constant of an instance", name.get_ref()),
                            None,
                        )
                    })?;
                Ok((supplied, lower(&names, value)?))
            })
            .collect::<Loaded<Vec<_>>>()?;
        let parameters = raw
            .parameters
            .iter()
            .map(|(name, value)| {
                let position = self.names.parameters.iter().position(|p| p == name.get_ref()).ok_or_else(|| {
                    self.file.error(
                        Some(name.span()),
                        format!("`{}` is no parameter of this statement", name.get_ref()),
                        None,
                    )
                })?;
                Ok((position, lower(&names, value)?))
            })
            .collect::<Loaded<BTreeMap<_, _>>>()?;
        let mut locals = Vec::new();
        for (name, value) in &raw.locals {
            let term = lower(&names, value)?;
            names.constants.push(name.get_ref().clone());
            locals.push((name.get_ref().clone(), term));
        }
        let start = raw.start.iter().map(|value| lower(&names, value)).collect::<Loaded<Vec<_>>>()?;
        let problem = self.template(&names, &raw.problem, &spanned.span())?;
        let oracle = self.template(&names, &raw.oracle, &spanned.span())?;
        Ok(Witness {
            doc: raw.doc.clone(),
            given,
            locals,
            parameters,
            problem,
            oracle,
            start,
            first_gradient: raw.first_gradient,
            horizon: raw.horizon,
        })
    }

    /// Data in which strings that begin with `=` are expressions.
    fn template(&self, names: &Names, value: &toml::Value, place: &Range<usize>) -> Loaded<Template> {
        let value =
            serde_json::to_value(value).map_err(|err| self.file.error(Some(place.clone()), err.to_string(), None))?;
        let mut texts = BTreeSet::new();
        collect_expressions(&value, &mut texts);
        let expressions = texts
            .into_iter()
            .map(|text| {
                let body = text.trim_start_matches('=');
                let at =
                    |message: String| self.file.error(Some(place.clone()), format!("in `{text}`: {message}"), None);
                let expr = parse(body).map_err(|err| at(err.message))?;
                let term = Checker::new(names).number(&expr).map_err(|err| at(err.message))?;
                Ok((text, term))
            })
            .collect::<Loaded<BTreeMap<_, _>>>()?;
        Ok(Template { value, expressions })
    }

    /// Sources to try: what they are is read when a problem fills the expressions in.
    pub(super) fn filled(&self, value: &Spanned<toml::Value>) -> Loaded<Template> {
        let template = self.template(&self.names, value.get_ref(), &value.span())?;
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
