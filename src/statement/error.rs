//! What can be wrong with a statement file, shown with the line and the place underlined.

use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// A statement file that cannot be used: which file, where, why, and the way out.
#[derive(Debug)]
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
            message: message.into(),
            label: "here".into(),
            help,
            span,
            source: NamedSource::new(file, Arc::clone(text)).with_language("toml"),
        }
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
        if self.span.is_none() {
            write!(f, " ({})", self.source.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for StatementError {}

impl Diagnostic for StatementError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.is_some().then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let label = LabeledSpan::new(Some(self.label.clone()), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}
