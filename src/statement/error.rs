//! What can be wrong with a statement file, shown with the line and the place underlined.

use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::text::printable;

/// Longest line, in bytes, that is shown.
const LONGEST_LINE: usize = 400;

/// A statement file that cannot be used: which file, where, why, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementError {
    message: String,
    label: String,
    help: Option<String>,
    span: Option<std::ops::Range<usize>>,
    source: NamedSource<Arc<String>>,
}

impl StatementError {
    /// An error at a byte range of the file (none: about the file as a whole).
    #[must_use]
    pub fn new(
        file: &str,
        text: &Arc<String>,
        span: Option<std::ops::Range<usize>>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        StatementError {
            message: printable(&message.into()).into_owned(),
            label: "here".into(),
            help,
            span,
            source: NamedSource::new(file, Arc::clone(text)).with_language("toml"),
        }
    }

    /// Whether the place can be shown: its lines and their neighbours fit a screen.
    fn is_shown(&self) -> bool {
        let text = self.source.inner();
        self.span.as_ref().is_some_and(|span| {
            let line_start = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).unwrap_or(0);
            let from = line_start(line_start(span.start));
            let excerpt = text.get(from..).unwrap_or_default().lines().take(6);
            span.len() <= LONGEST_LINE && excerpt.into_iter().all(|line| line.len() <= LONGEST_LINE)
        })
    }

    /// Byte range of the place in the file, where the error has one.
    #[must_use]
    pub fn span(&self) -> Option<std::ops::Range<usize>> {
        self.span.clone()
    }
}

impl std::fmt::Display for StatementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.span {
            None => write!(f, " ({})", self.source.name()),
            Some(span) if !self.is_shown() => {
                let before = self.source.inner().get(..span.start).unwrap_or_default();
                let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
                write!(f, " ({}, line {}, byte {column})", self.source.name(), before.matches('\n').count() + 1)
            }
            Some(_) => Ok(()),
        }
    }
}

impl std::error::Error for StatementError {}

impl Diagnostic for StatementError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.is_shown().then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone().filter(|_| self.is_shown())?;
        let label = LabeledSpan::new(Some(self.label.clone()), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}
