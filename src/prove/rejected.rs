//! Why a proof or a counterexample shows nothing.

use thiserror::Error;

use super::PROOF_VERSION;
use super::check::CertificateFlaw;
use super::corollary::NoCorollary;
use super::refute::CounterexampleFlaw;
use super::translate::Untranslatable;

/// Why a certificate, a proof or a counterexample shows nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {why}")]
pub struct Rejected {
    /// Which part of it.
    pub place: String,
    /// What is wrong.
    pub why: Flaw,
}

impl Rejected {
    /// Of a part.
    pub fn of(place: impl Into<String>, why: impl Into<Flaw>) -> Self {
        Rejected { place: place.into(), why: why.into() }
    }
}

/// What is wrong with a part of a certificate, of a proof or of a counterexample.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Flaw {
    /// It has the form of another version.
    #[error("it is {0}, this program reads {PROOF_VERSION}")]
    Version(u32),
    /// It is about another statement.
    #[error("it is of `{found}`, not of `{statement}`")]
    OtherStatement {
        /// What it is about.
        found: String,
        /// What it should be about.
        statement: String,
    },
    /// The text of the statement is another one now.
    #[error("`{0}` has changed since; `lemmata prove` attempts it anew")]
    StatementChanged(String),
    /// It is about another method.
    #[error("it is of the method `{found}`, the statement of `{needed}`")]
    OtherMethod {
        /// What it is about.
        found: String,
        /// What the statement is about.
        needed: String,
    },
    /// The text of the method is another one now.
    #[error("the method `{0}` has changed since; `lemmata prove` attempts it anew")]
    MethodChanged(String),
    /// Nothing is to be shown of the statement that a proof could show.
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
    /// The statement follows from no other one, as the proof says.
    #[error(transparent)]
    NoCorollary(#[from] NoCorollary),
    /// The statement rests on these, and the proof names others.
    #[error("it rests on {}", .0.join(", "))]
    RestsOn(Vec<String>),
    /// There are more or fewer cases than the statement has.
    #[error("there are {found}, the statement has {needed}")]
    CaseCount {
        /// Cases of the proof.
        found: usize,
        /// Cases of the statement.
        needed: usize,
    },
    /// A case is another one than the statement has there.
    #[error("`{found}` stands where `{needed}` belongs")]
    OtherCase {
        /// The case of the proof.
        found: String,
        /// The case of the statement.
        needed: String,
    },
    /// The run of a counterexample is none of the statement.
    #[error("the statement has no run `{0}`")]
    NoRun(String),
    /// A certificate does not show its case.
    #[error(transparent)]
    Certificate(#[from] CertificateFlaw),
    /// A counterexample is none.
    #[error(transparent)]
    Counterexample(#[from] CounterexampleFlaw),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::certificate::Certificate;
    use crate::prove::{Proof, verify};
    use crate::statement::{Statement, library};

    fn stored(id: &str) -> (Statement, Proof) {
        let statement = library::load(id).expect("a shipped statement").expect("without a mistake");
        let proof = statement.stored_proof.as_ref().expect("it has a proof");
        let proof = serde_json::from_str(&proof.text).expect("it is one");
        (statement, proof)
    }

    #[test]
    fn why_a_proof_is_rejected_is_told_apart_by_its_kind() {
        let (statement, valid) = stored("smooth-descent");
        let flaw = |changed: Proof| verify(&statement, &changed).expect_err("it is another proof").why;
        assert_eq!(flaw(Proof { version: 1, ..valid.clone() }), Flaw::Version(1));
        assert!(matches!(flaw(stored("averaging").1), Flaw::OtherStatement { .. }));
        assert!(matches!(flaw(Proof { cases: Vec::new(), ..valid.clone() }), Flaw::CaseCount { found: 0, .. }));
        assert!(matches!(
            flaw(Proof { rests_on: vec!["averaging".to_owned()], ..valid.clone() }),
            Flaw::NoCorollary(_)
        ));
        let mut cases = valid.cases.clone();
        cases[0] = Certificate { multipliers: Vec::new(), ..cases[0].clone() };
        assert_eq!(flaw(Proof { cases, ..valid.clone() }), Flaw::Certificate(CertificateFlaw::SidesDiffer));
    }
}
