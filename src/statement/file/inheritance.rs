//! The fields of a file, with what it takes over from the statement that it instantiates.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::Spanned;

use super::places::File;
use super::{Loaded, hex};
use crate::statement::library;
use crate::statement::raw::RawStatement;

const NEEDED: &str = "a statement needs id, title, kind, source, proof and a [claim] with lhs and rhs, or `instantiates` in place of kind and claim; `lemmata new NAME` writes one";

/// Longest chain of statements that instantiate each other.
const MAX_ANCESTORS: usize = 4;

/// The file's fields, with what they take over from the statement that it instantiates, and the hash of
/// all texts that this came from.
pub(in crate::statement) fn whole(file: &File) -> Loaded<(RawStatement, String)> {
    let mut raw = read(file)?;
    let mut hash = Sha256::new();
    hash.update(file.text.as_bytes());
    let mut next = raw.instantiates.clone();
    for _ in 0..MAX_ANCESTORS {
        let Some(parent) = next else { break };
        let id = parent.get_ref();
        let (name, text) = library::source(id).ok_or_else(|| {
            file.error(
                Some(parent.span()),
                format!("there is no shipped statement `{id}` to instantiate"),
                Some("`lemmata list` shows the shipped statements".into()),
            )
        })?;
        hash.update(text.as_bytes());
        let ancestor = read(&File { name, text: Arc::new(text.to_owned()) })?;
        next = ancestor.instantiates.as_ref().map(|p| Spanned::new(parent.span(), p.get_ref().clone()));
        raw.instantiate(ancestor, &parent.span());
    }
    if let Some(parent) = next {
        return Err(file.error(
            Some(parent.span()),
            "statements that instantiate each other in too long a chain",
            None,
        ));
    }
    for (missing, field) in [(raw.kind.is_none(), "kind"), (raw.claim.is_none(), "claim")] {
        if missing {
            return Err(file.error(None, format!("missing field `{field}`"), Some(NEEDED.to_owned())));
        }
    }
    Ok((raw, hex(&hash.finalize())))
}

pub(in crate::statement) fn read(file: &File) -> Loaded<RawStatement> {
    toml::from_str(&file.text).map_err(|err| {
        let message = err.message().trim_end().to_owned();
        let help = message.contains("missing field").then(|| NEEDED.to_owned());
        file.error(err.span(), message, help)
    })
}
