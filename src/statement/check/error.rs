//! A mistake in the meaning of an expression.

use thiserror::Error;

use crate::statement::syntax::Span;

/// A mistake in the meaning of an expression, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct CheckError {
    /// One sentence.
    pub message: String,
    /// The way out, where one is known.
    pub help: Option<String>,
    /// The definition in whose body the mistake stands, if it is not in the expression itself.
    pub definition: Option<String>,
    /// Place in the text of that expression.
    pub span: Span,
}

pub(super) type Checked<T> = Result<T, CheckError>;

pub(super) fn fail<T>(message: impl Into<String>, span: &Span) -> Checked<T> {
    Err(CheckError { message: message.into(), help: None, definition: None, span: span.clone() })
}

pub(super) fn fail_with_help<T>(message: impl Into<String>, help: impl Into<String>, span: &Span) -> Checked<T> {
    Err(CheckError { message: message.into(), help: Some(help.into()), definition: None, span: span.clone() })
}
