//! The range of a parameter: `(0, 1]` and its like, with expressions for ends.

use std::ops::Range;

use toml::Spanned;

use super::check::Checker;
use super::file::{Loaded, Loader};
use super::parse::parse;
use super::raw::{RangeParts, RawParameter};
use super::term::Term;
use super::{Bound, Candidate, Parameter};

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
