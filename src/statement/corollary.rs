//! What a corollary owes to the statement that it instantiates, and the corollary with other claims in place of its own,
//! read with its names.

use std::sync::Arc;

use indexmap::IndexMap;
use thiserror::Error;
use toml::Spanned;

use super::check::Names;
use super::file::{File, Loader, read, whole};
use super::raw::{Kind, OneOrMany, RangeDefect, RangeParts, RawClaim, RawHints, RawStatement};
use super::{Statement, StatementError, library};

/// Why a statement is no corollary of the one that it instantiates, or cannot be read with other claims.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CorollaryError {
    /// It says something else in place of a part of that statement.
    #[error("it has {part} of its own in place of those of `{theorem}`")]
    Replaces {
        /// The part.
        part: &'static str,
        /// That statement.
        theorem: String,
    },
    /// A name means one thing in it and another in a lemma.
    #[error("`{0}` stands for different things in it and in a lemma")]
    Ambiguous(String),
    /// What it instantiates is not shipped.
    #[error("there is no shipped statement `{0}`")]
    Unknown(String),
    /// A parameter's range is none.
    #[error(transparent)]
    Range(#[from] RangeDefect),
    /// A text that is no statement.
    #[error(transparent)]
    File(#[from] Box<StatementError>),
}

/// As the reason why there is no proof.
/// What is to be shown so that the corollary's parameters and hypotheses are among those of the statement that it
/// instantiates, as conditions on numbers in the corollary's names: its ranges and hypotheses, but for those that the
/// corollary takes over as they are.
///
/// # Errors
/// Why it is no corollary: it says something else in place of a part of that statement.
pub fn debts(corollary: &Statement) -> Result<Vec<String>, CorollaryError> {
    let (own, theorem) = texts(corollary)?;
    if let Some(part) = own.replaces(&theorem) {
        return Err(CorollaryError::Replaces { part, theorem: theorem.id.into_inner() });
    }
    let mut conditions = Vec::new();
    for (name, parameter) in &theorem.parameters {
        if own.parameters.contains_key(name) || own.substitute.contains_key(name) {
            conditions.extend(conditions_of_range(name.get_ref(), parameter.range.get_ref())?);
        }
    }
    for (name, condition) in &theorem.hypotheses {
        if own.hypotheses.get(name).is_some_and(|own| own.get_ref() != condition.get_ref()) {
            conditions.push(condition.get_ref().clone());
        }
    }
    Ok(conditions)
}

/// What a corollary says in place of its own claims.
#[derive(Clone, Debug, Default)]
pub struct Rewriting {
    /// Inequalities lhs ≤ rhs at every k.
    pub claims: Vec<(String, String)>,
    /// Conditions on numbers.
    pub lemmas: Vec<String>,
    /// Names that are positive.
    pub positive: Vec<String>,
    /// Names of what no run may decide.
    pub numbers: Vec<String>,
}

/// The corollary with other claims, with lemmas, and with what others name under `[constants]` and `[define]`; without
/// witnesses, and with no hints but which least of numbers is to be used only as such.
///
/// # Errors
/// Where they cannot be read with its names.
pub fn rewritten(corollary: &Statement, new: &Rewriting, others: &[&Statement]) -> Result<Statement, CorollaryError> {
    let (_, theorem) = texts(corollary)?;
    let file = File { name: corollary.file.clone(), text: Arc::clone(&corollary.text) };
    let (mut raw, hash) = whole(&file)?;
    let place = raw.id.span();
    let placed = |text: &str| Spanned::new(place.clone(), text.to_owned());
    raw.kind = Some(Kind::Pathwise);
    (raw.subject, raw.general) = (None, true);
    raw.witness.clear();
    raw.random.clear();
    let claim = |(lhs, rhs): &(String, String)| RawClaim {
        for_all: Some(placed("k in 0..K")),
        lhs: placed(lhs),
        rhs: placed(rhs),
    };
    raw.claim = Some(Spanned::new(place.clone(), OneOrMany(new.claims.iter().map(claim).collect())));
    let bounded = theorem.prove.bounded.iter().map(|name| placed(name.get_ref())).collect();
    let lemmas = new.lemmas.iter().map(|lemma| placed(lemma)).collect();
    raw.prove = RawHints { bounded, lemmas, ..RawHints::default() };
    for name in &new.positive {
        raw.hypotheses.insert(placed(&format!("{name} is divided by")), placed(&format!("{name} > 0")));
    }
    for name in &new.numbers {
        // A hypothesis may not depend on the run.
        raw.hypotheses.insert(placed(&format!("{name} is a number")), placed(&format!("{name} <= {name}")));
    }
    for other in others {
        let file = File { name: other.file.clone(), text: Arc::clone(&other.text) };
        let (theirs, _) = whole(&file)?;
        take_over(&mut raw.constants, &theirs.constants)?;
        take_over(&mut raw.define, &theirs.define)?;
    }
    Ok(Loader { file, raw: &raw, hash, names: Names::default() }.load()?)
}

/// Adds names with what they stand for, none of which may stand for something else.
fn take_over(
    own: &mut IndexMap<Spanned<String>, Spanned<String>>,
    theirs: &IndexMap<Spanned<String>, Spanned<String>>,
) -> Result<(), CorollaryError> {
    for (name, value) in theirs {
        match own.get(name) {
            Some(known) if known.get_ref() != value.get_ref() => {
                return Err(CorollaryError::Ambiguous(name.get_ref().clone()));
            }
            Some(_) => {}
            None => {
                own.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(())
}

/// The corollary as its own file has it, and the statement that it instantiates with all that it takes over.
fn texts(corollary: &Statement) -> Result<(RawStatement, RawStatement), CorollaryError> {
    let file = File { name: corollary.file.clone(), text: Arc::clone(&corollary.text) };
    let own = read(&file)?;
    let id = corollary.instantiates.as_deref().unwrap_or_default();
    let (name, text) = library::source(id).ok_or_else(|| CorollaryError::Unknown(id.to_owned()))?;
    let (theorem, _) = whole(&File { name, text: Arc::new(text.to_owned()) })?;
    Ok((own, theorem))
}

fn conditions_of_range(name: &str, range: &str) -> Result<Vec<String>, RangeDefect> {
    let parts = RangeParts::of(range)?;
    let (lower, upper) = (range[parts.lower].trim().to_owned(), range[parts.upper].trim().to_owned());
    let relation = |closed: bool| if closed { "<=" } else { "<" };
    let mut conditions = vec![format!("{lower} {} {name}", relation(parts.lower_closed))];
    if upper != "inf" {
        conditions.push(format!("{name} {} {upper}", relation(parts.upper_closed)));
    }
    Ok(conditions)
}

impl RawStatement {
    /// A part in which it says something in place of what another one does, if there is one.
    fn replaces(&self, theorem: &RawStatement) -> Option<&'static str> {
        let shared = |own: &IndexMap<Spanned<String>, Spanned<String>>,
                      theirs: &IndexMap<Spanned<String>, Spanned<String>>| {
            own.keys().any(|name| theirs.contains_key(name))
        };
        let parts = [
            (self.claim.is_some(), "claims"),
            (self.kind.is_some() || self.subject.is_some(), "a kind or a subject"),
            (shared(&self.constants, &theorem.constants), "constants"),
            (shared(&self.define, &theorem.define), "definitions"),
            (!self.random.is_empty(), "a random index"),
            (self.method.is_some() || !self.bind.is_empty() || !self.schedules.is_empty(), "a method"),
            (!self.operators.is_empty(), "operators"),
            (!theorem.given.is_empty(), "names under [given]"),
        ];
        parts.into_iter().find_map(|(is_so, part)| is_so.then_some(part))
    }
}
