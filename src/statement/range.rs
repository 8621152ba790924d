//! The range of a parameter: `(0, 1]` and its like, with expressions for ends.

use std::ops::Range;

use toml::Spanned;

use super::check::Checker;
use super::file::{Loaded, Loader};
use super::parse::parse;
use super::raw::RawParameter;
use super::term::Term;
use super::{Bound, Candidate, Parameter};

/// A range of a parameter, taken apart.
pub(super) struct RangeParts {
    /// Whether the lower end belongs to it.
    pub lower_closed: bool,
    /// Where the lower end stands in the text.
    pub lower: Range<usize>,
    /// Where the upper end stands in the text.
    pub upper: Range<usize>,
    /// Whether the upper end belongs to it.
    pub upper_closed: bool,
}

impl RangeParts {
    /// Takes `[a, b)` and its like apart.
    pub fn of(text: &str) -> Result<Self, &'static str> {
        let open =
            text.find(['(', '[']).filter(|i| text[..*i].trim().is_empty()).ok_or("a range begins with `(` or `[`")?;
        let close = text
            .rfind([')', ']'])
            .filter(|i| text[i + 1..].trim().is_empty() && *i > open)
            .ok_or("a range ends with `)` or `]`")?;
        let comma = top_level_comma(&text[open + 1..close]).ok_or("a range has two ends, separated by a comma")?;
        let comma = comma + open + 1;
        Ok(RangeParts {
            lower_closed: text.as_bytes()[open] == b'[',
            lower: open + 1..comma,
            upper: comma + 1..close,
            upper_closed: text.as_bytes()[close] == b']',
        })
    }
}

impl Loader<'_> {
    pub(super) fn parameter(&self, name: &Spanned<String>, raw: &RawParameter) -> Loaded<Parameter> {
        let text = raw.range.get_ref();
        let bad = |message: &str| {
            self.file.error(
                Some(raw.range.span()),
                message.to_owned(),
                Some("for example in = \"(0, 1]\" or in = \"[0, inf)\"".into()),
            )
        };
        let parts = RangeParts::of(text).map_err(bad)?;
        let bound = |part: Range<usize>, closed: bool| -> Loaded<Bound> {
            let shown = &text[part.clone()];
            if shown.trim() == "inf" {
                return if closed {
                    Err(bad("an infinite end is open"))
                } else {
                    Ok(Bound { value: None, expr: None, closed })
                };
            }
            let expr = parse(shown).map_err(|err| {
                let place = part.start + err.span.start..part.start + err.span.end;
                self.file.error(Some(self.file.within(&raw.range, &place)), err.message, None)
            })?;
            let term = Checker::new(&self.names).number(&expr).map_err(|mut err| {
                if err.definition.is_none() {
                    err.span = part.start + err.span.start..part.start + err.span.end;
                }
                self.check_error(&raw.range, err)
            })?;
            self.refuse_run_quantities(&term, &raw.range)?;
            Ok(Bound { value: Some(term), expr: Some(expr), closed })
        };
        let lower = bound(parts.lower, parts.lower_closed)?;
        let upper = bound(parts.upper, parts.upper_closed)?;
        if lower.value.is_none() {
            return Err(bad("the lower end must be finite"));
        }
        if let (Some(Term::Number(a)), Some(Term::Number(b))) = (&lower.value, &upper.value)
            && (a > b || (a == b && !(lower.closed && upper.closed)))
        {
            return Err(bad("this range is empty"));
        }
        let candidates = raw
            .candidates
            .iter()
            .map(|value| {
                let expr = self.expression(value)?;
                let term = self.number(&expr, value)?;
                self.refuse_run_quantities(&term, value)?;
                Ok(Candidate { expr, term })
            })
            .collect::<Loaded<Vec<_>>>()?;
        Ok(Parameter {
            name: name.get_ref().clone(),
            doc: raw.doc.as_ref().map(|text| text.get_ref().clone()).unwrap_or_default(),
            unit: raw.unit.as_ref().map(|text| text.get_ref().clone()).unwrap_or_default(),
            range: text.clone(),
            lower,
            upper,
            candidates,
        })
    }
}

fn top_level_comma(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(i, c)| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => return Some(i),
            _ => {}
        }
        None
    })
}
