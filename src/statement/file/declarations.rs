//! The names that a file declares, each once and none of the language's own, and its texts for people.

use std::collections::BTreeSet;

use toml::Spanned;

use super::{Loaded, Loader};
use crate::statement::check::{Checker, Definition, is_builtin_name};
use crate::statement::id_defect;
use crate::statement::parse::parse;
use crate::statement::syntax::{Expr, ExprKind, mentions};

impl Loader<'_> {
    /// Collects the declared names, refusing twins and reserved ones.
    pub(super) fn declare(&mut self) -> Loaded<()> {
        self.refuse_other_ids()?;
        let raw = self.raw;
        if raw.random.len() > 1 {
            return Err(self.file.error(None, "at most one random index can be declared", None));
        }
        let mut seen = BTreeSet::new();
        let plain = raw.parameters.keys().chain(raw.constants.keys()).chain(raw.random.keys()).chain(raw.given.keys());
        for name in plain {
            self.check_name(name, name.get_ref(), &mut seen)?;
        }
        self.names.parameters = raw.parameters.keys().map(|k| k.get_ref().clone()).collect();
        self.names.constants = raw.constants.keys().map(|k| k.get_ref().clone()).collect();
        self.names.given = raw.given.keys().map(|k| k.get_ref().clone()).collect();
        self.declare_substitutions()?;
        self.names.random = raw.random.keys().next().map(|k| k.get_ref().clone());
        self.declare_definitions(&mut seen)
    }

    fn refuse_other_ids(&self) -> Loaded<()> {
        let id = &self.raw.id;
        match id_defect(id.get_ref()) {
            None => Ok(()),
            Some(defect) => Err(self.file.error(
                Some(id.span()),
                format!("the id `{}` {defect}", id.get_ref()),
                Some("for example id = \"my-lemma\"".into()),
            )),
        }
    }

    fn declare_substitutions(&mut self) -> Loaded<()> {
        for (name, value) in &self.raw.substitute {
            if self.raw.instantiates.is_none() {
                return Err(self.file.error(
                    Some(name.span()),
                    "[substitute] replaces names of the statement that `instantiates` names, and there is none",
                    None,
                ));
            }
            self.refuse_idle_substitution(name)?;
            let body = self.expression(value)?;
            self.names.substitutions.insert(name.get_ref().clone(), body);
        }
        Ok(())
    }

    fn declare_definitions(&mut self, seen: &mut BTreeSet<String>) -> Loaded<()> {
        for (head, body) in &self.raw.define {
            let Some((name, indices)) = name_and_indices(head.get_ref()) else {
                return Err(self.file.error(
                    Some(head.span()),
                    format!("`{}` is not the head of a definition", head.get_ref()),
                    Some("for example \"Psi[k]\" = \"…\"; a name without index belongs under [constants]".into()),
                ));
            };
            self.check_name(head, &name, seen)?;
            if let Some(twin) =
                indices.iter().enumerate().find_map(|(i, name)| indices[..i].contains(name).then_some(name))
            {
                return Err(self.file.error(
                    Some(head.span()),
                    format!("the indices of `{}` have the same name `{twin}`", head.get_ref()),
                    Some("give each a name of its own, as in \"P[j, k]\"".into()),
                ));
            }
            let body = self.expression(body)?;
            self.names.definitions.insert(name, Definition { indices, body });
        }
        Ok(())
    }

    /// A substitution of a name that nothing has would pass for one that was made.
    fn refuse_idle_substitution(&self, name: &Spanned<String>) -> Loaded<()> {
        let raw = self.raw;
        let taken_over = raw.instantiates.as_ref().is_some_and(|parent| parent.span() == name.span());
        if taken_over
            || raw.expressions().any(|(head, text)| head != Some(name.get_ref()) && mentions(text, name.get_ref()))
        {
            return Ok(());
        }
        Err(self.file.error(
            Some(name.span()),
            format!("nothing that is taken over speaks of `{}`", name.get_ref()),
            Some("[substitute] replaces a name of the statement that is instantiated; `lemmata show` prints it".into()),
        ))
    }

    /// Texts that are printed as they are.
    pub(super) fn check_texts(&self) -> Loaded<()> {
        let raw = self.raw;
        let described = raw.parameters.values().flat_map(|p| p.doc.iter().chain(&p.unit));
        let witnesses = raw.witness.iter().map(|witness| &witness.get_ref().doc);
        [&raw.title, &raw.source, &raw.proof]
            .into_iter()
            .chain(&raw.uses)
            .chain(described)
            .chain(raw.given.values())
            .chain(raw.hypotheses.keys())
            .chain(witnesses)
            .try_for_each(|text| self.file.refuse_line_breaks(text))
    }

    pub(in crate::statement) fn check_name(
        &self,
        place: &Spanned<String>,
        name: &str,
        seen: &mut BTreeSet<String>,
    ) -> Loaded<()> {
        let mut chars = name.chars();
        let well_formed = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_');
        if !well_formed {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is not a name"),
                Some("letters, digits and underscores, not beginning with a digit".into()),
            ));
        }
        if is_builtin_name(name) || name == "k" {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is a builtin name"),
                Some("choose another name".into()),
            ));
        }
        if self.names.is_given(name) {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is a name of the method"),
                Some("choose another name".into()),
            ));
        }
        if !seen.insert(name.to_owned()) {
            return Err(self.file.error(Some(place.span()), format!("`{name}` is declared twice"), None));
        }
        Ok(())
    }

    /// Lowers each definition once with free indices, so that a mistake is found even when the
    /// definition is not used.
    pub(super) fn check_definitions(&self) -> Loaded<()> {
        for (head, value) in &self.raw.define {
            let name = head_name(head.get_ref());
            let definition = &self.names.definitions[name];
            let mut checker = Checker::new(&self.names);
            for index in &definition.indices {
                checker
                    .bind(index, &definition.body.span)
                    .map_err(|err| self.file.error(Some(head.span()), err.message, err.help))?;
            }
            checker.either(&definition.body).map_err(|err| self.check_error(value, err))?;
        }
        Ok(())
    }
}

/// Takes the head of a definition apart, such as `Psi[k]`.
fn name_and_indices(head: &str) -> Option<(String, Vec<String>)> {
    let ExprKind::Element { name, indices } = parse(head).ok()?.kind else { return None };
    let index_name = |index: Expr| match index.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    };
    Some((name, indices.into_iter().map(index_name).collect::<Option<_>>()?))
}

pub(super) fn head_name(head: &str) -> &str {
    head.split('[').next().unwrap_or(head).trim()
}
