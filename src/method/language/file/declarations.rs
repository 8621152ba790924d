//! What stands before the lines: parameters, constants, schedules and operators.

use std::ops::Range;

use toml::Spanned;

use super::raw::Texts;
use super::{Loaded, Loader};
use crate::method::language::check::Position;
use crate::method::language::tree::{End, Number, Parameter};
use crate::statement::parse::parse;
use crate::statement::raw::RangeParts;

/// What an operator may be.
const OPERATORS: [&str; 4] = ["contractive", "contractive-in-mean", "unbiased", "projection"];

impl Loader<'_> {
    pub(super) fn parameters(&mut self) -> Loaded<Vec<Parameter>> {
        let mut all = Vec::new();
        for (name, raw) in &self.raw.parameters {
            self.refuse_taken(name.get_ref(), name.span())?;
            self.names.parameters.push(name.get_ref().clone());
            if raw.integer {
                self.names.integers.push(self.names.parameters.len() - 1);
            }
            let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
            let [lower, upper] = self.range(&raw.range)?;
            let number = |text: &Spanned<String>| {
                let expr = self.expression(text)?;
                self.placed(text, 0, self.checker(Position::Constant).number(&expr))
            };
            all.push(Parameter {
                name: name.get_ref().clone(),
                range: raw.range.get_ref().clone(),
                lower,
                upper,
                integer: raw.integer,
                default: raw.default.as_ref().map(number).transpose()?,
                doc: text(&raw.doc).unwrap_or_default(),
                unit: text(&raw.unit).unwrap_or_default(),
            });
        }
        Ok(all)
    }

    /// Both ends of a range.
    fn range(&self, text: &Spanned<String>) -> Loaded<[End; 2]> {
        let parts = RangeParts::of(text.get_ref()).map_err(|message| {
            let help = "for example in = \"(0, 1]\"".to_owned();
            self.file.error(Some(text.span()), message, Some(help))
        })?;
        let end = |place: Range<usize>, closed: bool| -> Loaded<End> {
            let body = &text.get_ref()[place.clone()];
            if body.trim() == "inf" || body.trim() == "-inf" {
                return Ok(End { value: None, closed: false });
            }
            let expr = parse(body).map_err(|err| {
                let span = err.span.start + place.start..err.span.end + place.start;
                self.file.error(Some(self.file.within(text, &span)), err.message, None)
            })?;
            let value = self.placed(text, place.start, self.checker(Position::Constant).number(&expr))?;
            Ok(End { value: Some(value), closed })
        };
        Ok([end(parts.lower, parts.lower_closed)?, end(parts.upper, parts.upper_closed)?])
    }

    pub(super) fn numbers(&mut self, texts: &Texts, place: Position) -> Loaded<Vec<(String, Number)>> {
        let mut all = Vec::new();
        for (name, value) in texts {
            self.refuse_taken(name.get_ref(), name.span())?;
            let expr = self.expression(value)?;
            let number = self.placed(value, 0, self.checker(place).number(&expr))?;
            let names = if place == Position::Constant { &mut self.names.constants } else { &mut self.names.schedules };
            names.push(name.get_ref().clone());
            all.push((name.get_ref().clone(), number));
        }
        Ok(all)
    }

    pub(super) fn operators(&mut self) -> Loaded<Vec<(String, String)>> {
        let mut all = Vec::new();
        for (name, raw) in &self.raw.operators {
            self.refuse_taken(name.get_ref(), name.span())?;
            if !OPERATORS.contains(&raw.is.get_ref().as_str()) {
                let help = format!("one of {}", OPERATORS.join(", "));
                return self.error(raw.is.span(), "there is no such kind of operator", Some(&help));
            }
            self.names.operators.push(name.get_ref().clone());
            all.push((name.get_ref().clone(), raw.is.get_ref().clone()));
        }
        Ok(all)
    }
}
