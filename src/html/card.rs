//! What pages say of a statement itself: its mathematics, and where it comes from.

use serde::Serialize;

use super::counted;
use crate::method::language::library as methods;
use crate::prove::Proof;
use crate::prove::certificate::Certificate;
use crate::statement::notation::{self, Surroundings};
use crate::statement::{Statement, StatementError, library, load_text};

/// A statement for a reader; formulas are MathML.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mathematics {
    pub title: String,
    /// Each claim with the range of its index.
    pub claims: Vec<(String, String)>,
    pub definitions: Vec<String>,
    pub ranges: Vec<String>,
    pub hypotheses: Vec<(String, String)>,
    pub constants: Vec<String>,
    pub method: String,
    pub method_text: Option<String>,
    pub source: String,
    pub proof: String,
    pub rests_on: Vec<String>,
}

impl Mathematics {
    pub fn of(statement: &Statement) -> Self {
        let Surroundings { quantifiers, definitions, ranges, hypotheses, constants } = Surroundings::of(statement);
        let index = |own: Option<String>| match own {
            Some(index) => format!("for all {index}"),
            None => "for every K".to_owned(),
        };
        let claims = notation::claims_in_mathml(statement).into_iter().zip(quantifiers.into_iter().map(index));
        let method = &statement.method;
        Mathematics {
            title: statement.title.clone(),
            claims: claims.collect(),
            definitions,
            ranges,
            hypotheses,
            constants,
            method: method.title.clone(),
            method_text: methods::text(&method.id).map(|text| text.trim().to_owned()),
            source: statement.source.clone(),
            proof: statement.proof.clone(),
            rests_on: statement.rests_on(),
        }
    }
}

/// The statement that a report keeps the text of, if that is still one and has the hash that the report names.
pub(super) fn kept(id: &str, text: &str, hash: &str) -> Result<Statement, String> {
    let statement = load_text(id, text).map_err(|err: Box<StatementError>| err.to_string())?;
    if statement.hash == hash {
        Ok(statement)
    } else {
        Err("its text does not have the hash that the report names: what it instantiates has changed, or the report was edited".to_owned())
    }
}

/// What the stored proof of a shipped statement is made of, where it is of the text with that hash.
pub(super) fn proof_in_short(id: &str, hash: &str) -> Option<String> {
    let statement = library::load(id)?.ok().filter(|statement| statement.hash == hash)?;
    let text = statement.stored_proof?.text;
    let proof: Proof = serde_json::from_str(&text).ok()?;
    let sum = |count: &dyn Fn(&Certificate) -> usize| proof.cases.iter().map(count).sum::<usize>();
    Some(format!(
        "{}, {}, {} KB",
        counted(sum(&|case| case.multipliers.len()), "multiplier", "multipliers"),
        counted(sum(&|case| case.squares.len()), "square", "squares"),
        text.len().div_ceil(1024)
    ))
}

/// The subject of a shipped statement, else the reader's own.
pub(super) fn subject(id: &str) -> String {
    let folder = library::source(id).and_then(|(file, _)| Some(file.split('/').nth(1)?.to_owned()));
    folder.unwrap_or_else(|| "yours".to_owned())
}
