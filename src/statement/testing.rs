//! What the tests of this room share.

use std::collections::BTreeMap;

use miette::Diagnostic;

use super::check::{CheckError, Checker, Definition, MethodNames, Names};
use super::parse::parse;
use super::term::{OfMethod, ScalarSequence, Term, VectorSequence};
use super::{Statement, load_text};

/// The statement in a text that is one.
pub fn loaded(text: &str) -> Statement {
    load_text("test.toml", text).unwrap_or_else(|err| panic!("{text}: {err}"))
}

/// What is said of a text that is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    /// The text that is underlined; empty where it is about the file as a whole.
    pub place: String,
    /// The way out; empty where none is known.
    pub help: String,
}

/// What is said of a statement file that must be refused.
pub fn refusal_of(text: &str) -> Refusal {
    let err = load_text("test.toml", text).map(|_| ()).expect_err(text);
    let place = err.span().map(|span| text[span].to_owned()).unwrap_or_default();
    let help = err.help().map(|help| help.to_string()).unwrap_or_default();
    Refusal { message: err.to_string(), place, help }
}

/// Names of each kind, of a statement and of a method with a state `v`, a schedule `step` and workers' states `h`.
pub fn names() -> Names {
    let of_method = |position, name: &str, first| OfMethod { position, name: name.into(), first };
    Names {
        parameters: vec!["gamma".into()],
        constants: vec!["rho".into(), "void".into()],
        definitions: BTreeMap::from([("gap".into(), definition(&["k"], "f[k] - f_star"))]),
        random: Some("R".into()),
        given: vec!["eta".into()],
        substitutions: BTreeMap::new(),
        method: MethodNames {
            numbers: vec![ScalarSequence::Schedule(0, "step".into())],
            vectors: vec![VectorSequence::Quantity(of_method(1, "v", Some(-1)))],
            by_worker: vec![of_method(2, "h", Some(0))],
            starts: vec!["zero".into(), "first_gradient".into()],
            values: vec!["theta".into()],
            has_error: true,
        },
    }
}

pub fn definition(indices: &[&str], body: &str) -> Definition {
    let body = parse(body).unwrap_or_else(|err| panic!("{body}: {err}"));
    Definition { indices: indices.iter().map(|index| (*index).to_owned()).collect(), body }
}

/// An expression as a number, where the index k is bound at slot 0.
pub fn lowered(text: &str, names: &Names) -> Result<Term, CheckError> {
    let mut checker = Checker::new(names);
    checker.bind("k", &(0..0))?;
    checker.number(&parse(text).unwrap_or_else(|err| panic!("{text}: {err}")))
}
