//! The range of a parameter: `(0, 1]` and its like, with expressions for ends.

use std::ops::Range;

use toml::Spanned;

use super::check::Checker;
use super::file::{Loaded, Loader};
use super::parse::parse;
use super::raw::{RangeParts, RawParameter};
use super::term::Term;
use super::{Bound, Candidate, Parameter, StatementError};

impl Loader<'_> {
    pub(super) fn parameter(&self, name: &Spanned<String>, raw: &RawParameter) -> Loaded<Parameter> {
        let (lower, upper) = self.range(&raw.range)?;
        let candidates = raw.candidates.iter().map(|value| self.candidate(value)).collect::<Loaded<Vec<_>>>()?;
        Ok(Parameter {
            name: name.get_ref().clone(),
            doc: raw.doc.as_ref().map(|text| text.get_ref().clone()).unwrap_or_default(),
            unit: raw.unit.as_ref().map(|text| text.get_ref().clone()).unwrap_or_default(),
            range: raw.range.get_ref().clone(),
            lower,
            upper,
            candidates,
        })
    }

    /// Both ends, between which there is a number as far as they are numbers themselves.
    fn range(&self, range: &Spanned<String>) -> Loaded<(Bound, Bound)> {
        let parts = RangeParts::of(range.get_ref()).map_err(|defect| self.no_range(range, defect))?;
        let lower = self.end(range, parts.lower, parts.lower_closed)?;
        let upper = self.end(range, parts.upper, parts.upper_closed)?;
        if lower.value.is_none() {
            return Err(self.no_range(range, "the lower end must be finite"));
        }
        if let (Some(Term::Number(a)), Some(Term::Number(b))) = (&lower.value, &upper.value)
            && (a > b || (a == b && !(lower.closed && upper.closed)))
        {
            return Err(self.no_range(range, "this range is empty"));
        }
        Ok((lower, upper))
    }

    fn no_range(&self, range: &Spanned<String>, why: impl Into<String>) -> Box<StatementError> {
        let help = "for example in = \"(0, 1]\" or in = \"[0, inf)\"".to_owned();
        self.file.error(Some(range.span()), why, Some(help))
    }

    /// The end that stands in that part of the text.
    fn end(&self, range: &Spanned<String>, part: Range<usize>, closed: bool) -> Loaded<Bound> {
        let shown = &range.get_ref()[part.clone()];
        if shown.trim() == "inf" {
            return if closed {
                Err(self.no_range(range, "an infinite end is open"))
            } else {
                Ok(Bound { value: None, expr: None, closed })
            };
        }
        let within_range = |place: Range<usize>| part.start + place.start..part.start + place.end;
        let expr = parse(shown).map_err(|mut err| {
            err.span = within_range(err.span);
            self.file.syntax(range, err)
        })?;
        let term = Checker::new(&self.names).number(&expr).map_err(|mut err| {
            if err.definition.is_none() {
                err.span = within_range(err.span);
            }
            self.check_error(range, err)
        })?;
        self.refuse_run_quantities(&term, range)?;
        Ok(Bound { value: Some(term), expr: Some(expr), closed })
    }

    fn candidate(&self, value: &Spanned<String>) -> Loaded<Candidate> {
        let expr = self.expression(value)?;
        let term = self.number(&expr, value)?;
        self.refuse_run_quantities(&term, value)?;
        Ok(Candidate { expr, term })
    }
}
