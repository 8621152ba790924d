//! The text of a file, and how mistakes are shown at its places.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::Loaded;
use crate::statement::StatementError;
use crate::statement::parse::SyntaxError;
use crate::text::{self, is_control};

/// A file of which errors show places.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Arc<String>,
}

impl File {
    /// As an excerpt of the file may be shown on a terminal.
    pub(crate) fn refuse_control_characters(&self) -> Loaded<()> {
        let Some((line, found)) = text::control_character(&self.text) else { return Ok(()) };
        Err(self.error(None, format!("line {line} has the control character U+{:04X}", u32::from(found)), None))
    }

    /// A text for a person, which is printed on one line.
    pub(crate) fn refuse_line_breaks(&self, text: &Spanned<String>) -> Loaded<()> {
        match text.get_ref().chars().find(|c| is_control(*c) || *c == '\n') {
            None => Ok(()),
            Some(c) => Err(self.error(
                Some(text.span()),
                format!("a text of one line is needed, and this has the character U+{:04X}", u32::from(c)),
                None,
            )),
        }
    }

    pub(crate) fn error(
        &self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Box<StatementError> {
        Box::new(StatementError::new(&self.name, &self.text, span, message, help))
    }

    /// Places a range within a string value in the file. A string with escapes is underlined whole.
    pub(crate) fn within(&self, value: &Spanned<String>, inner: &Range<usize>) -> Range<usize> {
        let outer = value.span();
        let raw = &self.text[outer.clone()];
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let skipped = if quotes == 3 && raw[3..].starts_with('\n') { 4 } else { quotes };
        let same = raw.get(skipped..).is_some_and(|body| body.starts_with(value.get_ref().as_str()));
        if same { outer.start + skipped + inner.start..outer.start + skipped + inner.end } else { outer }
    }

    /// Where a text begins within a place of the file.
    pub(in crate::statement) fn find(&self, text: &str, within: Range<usize>) -> Option<usize> {
        self.text.get(within.clone())?.find(text).map(|at| within.start + at)
    }

    pub(crate) fn syntax(&self, value: &Spanned<String>, err: SyntaxError) -> Box<StatementError> {
        self.error(Some(self.within(value, &err.span)), err.message, None)
    }
}
