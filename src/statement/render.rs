//! Statements as text for a reader.
