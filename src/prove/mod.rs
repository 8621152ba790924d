//! Proofs for all parameters: from a statement to linear algebra, multipliers that show it, and their check.
//!
//! Trusted are the [translator](translate), which says what is to be shown and what may be used, and the
//! [checker](mod@check); the search only proposes.

pub mod certificate;
pub mod check;
mod corollary;
mod find;
pub mod problem;
mod refutation;
pub mod refute;
mod rejected;
mod stored;
pub mod translate;

use std::time::Duration;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use certificate::Certificate;
use check::check;
use corollary::{Corollary, corollary};
use find::Found;
use problem::Problem;
use translate::{OneRun, Untranslatable};

use crate::method::language::library as methods;
use crate::statement::Statement;

pub use corollary::{Inapplicable, NoCorollary, NoLemma};
pub use find::{NoSquares, NotFound};
pub use refutation::{Refutation, Refuted, refute, verify_refutation};
pub use rejected::{Flaw, Rejected};
pub use stored::{Standing, standing};

/// Version of the form of proof files.
pub const PROOF_VERSION: u32 = 2;

/// The proof of a statement: a certificate for each case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Version of this form.
    pub version: u32,
    /// Identifier of the statement.
    pub statement: String,
    /// SHA-256 of its text, hexadecimal.
    pub hash: String,
    /// The method that it was about.
    pub method: String,
    /// SHA-256 of the method's text, or of the statement's where the method is its own; hexadecimal.
    pub method_hash: String,
    /// The theorem that a corollary instantiates, and the lemmas that it uses; of no other proof.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
    /// The cases, as the translator lists them.
    pub cases: Vec<Certificate>,
}

/// What an attempt at one case ended with.
#[derive(Clone, Debug)]
pub enum Case {
    /// Shown, and checked.
    Proved(Box<Certificate>),
    /// Not shown, and why.
    Open(Open),
}

/// Why a case is open.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Open {
    /// The search ended without a certificate, for each choice of facts for one of these reasons.
    #[error("{}", .0.iter().map(NotFound::to_string).collect::<Vec<_>>().join("; "))]
    NotFound(Vec<NotFound>),
    /// The search came to a certificate that shows nothing.
    #[error("what was found is rejected: {0}")]
    Rejected(Rejected),
    /// What obeys the facts need not obey the claim: there is an exact counterexample with these numbers.
    #[error("the facts do not give it: an exact counterexample to them has {0}")]
    CounterexampleToFacts(String),
    /// The same, as far as floating-point numbers tell.
    #[error("the facts do not give it, as far as floating-point numbers tell, at {0}")]
    Infeasible(String),
}

/// How a proof is searched for.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Seed of the points at which the search looks.
    pub seed: u64,
    /// Time for each case and each choice of inequalities.
    pub budget: Duration,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { seed: 1, budget: Duration::from_secs(60) }
    }
}

/// Attempts every case of a statement, of a corollary first as such; `each` hears of them one by one.
///
/// # Errors
/// Why the statement has no form that is linear in a Gram matrix.
pub fn attempt(
    statement: &Statement,
    effort: Effort,
    each: &mut dyn FnMut(&Problem, &Case),
) -> Result<Option<Proof>, Untranslatable> {
    if let Some(Ok(Corollary { rests_on, problems })) = statement.instantiates.as_ref().map(|_| corollary(statement))
        && let Some(proof) = attempt_all(statement, &problems, &rests_on, effort, each)
    {
        return Ok(Some(proof));
    }
    Ok(attempt_all(statement, &translate::translate(statement)?, &[], effort, each))
}

/// Why a statement that instantiates another one does not follow from it, as far as that is looked at before any search.
#[must_use]
pub fn no_corollary(statement: &Statement) -> Option<NoCorollary> {
    statement.instantiates.as_ref().and_then(|_| corollary(statement).err())
}

fn attempt_all(
    statement: &Statement,
    problems: &[Problem],
    rests_on: &[String],
    effort: Effort,
    each: &mut dyn FnMut(&Problem, &Case),
) -> Option<Proof> {
    let mut proof = Proof {
        version: PROOF_VERSION,
        statement: statement.id.clone(),
        hash: statement.hash.clone(),
        method: statement.method.id.clone(),
        method_hash: method_hash(statement),
        rests_on: rests_on.to_vec(),
        cases: Vec::new(),
    };
    for problem in problems {
        let case = match find::certificate(problem, effort.seed, effort.budget) {
            Found::Certificate(certificate) => match check(problem, &certificate) {
                Ok(()) => Case::Proved(Box::new(certificate)),
                Err(rejected) => Case::Open(Open::Rejected(rejected)),
            },
            Found::Nothing(why) => Case::Open(Open::NotFound(why)),
            Found::Infeasible(point) => Case::Open(infeasible(problem, &point)),
        };
        each(problem, &case);
        if let Case::Proved(certificate) = case {
            proof.cases.push(*certificate);
        }
    }
    (proof.cases.len() == problems.len()).then_some(proof)
}

/// That the facts do not give a claim at a point: exactly, where an exact counterexample to them is found.
fn infeasible(problem: &Problem, point: &[Rational]) -> Open {
    let all = OneRun::of_facts_alone(problem);
    let at = at(problem, point);
    match refute::at_point(&all, &point.to_vec()) {
        Some(_) => Open::CounterexampleToFacts(at),
        None => Open::Infeasible(at),
    }
}

/// A point for a person: the numbers that conditions speak of.
fn at(problem: &Problem, point: &[Rational]) -> String {
    let counts = |variable: usize| problem.conditions.iter().any(|condition| condition.polynomial.degree(variable) > 0);
    let numbers = problem.numbers.iter().zip(point).enumerate().filter(|(variable, _)| counts(*variable));
    numbers.map(|(_, (name, value))| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// Checks a proof against the statement as it is now.
///
/// # Errors
/// The first part that fails.
pub fn verify(statement: &Statement, proof: &Proof) -> Result<usize, Rejected> {
    let Proof { version, statement: id, hash, method, method_hash, .. } = proof;
    is_of(statement, *version, [id, hash, method, method_hash])?;
    let translated = match &proof.rests_on[..] {
        [] => translate::translate(statement).map_err(Flaw::from),
        named => match corollary(statement) {
            Ok(own) if own.rests_on == named => Ok(own.problems),
            Ok(own) => Err(Flaw::RestsOn(own.rests_on)),
            Err(why) => Err(why.into()),
        },
    };
    let problems = translated.map_err(|why| Rejected::of("statement", why))?;
    if problems.len() != proof.cases.len() {
        let (found, needed) = (proof.cases.len(), problems.len());
        return Err(Rejected::of("cases", Flaw::CaseCount { found, needed }));
    }
    for (problem, certificate) in problems.iter().zip(&proof.cases) {
        if problem.name != certificate.case {
            let (found, needed) = (certificate.case.clone(), problem.name.clone());
            return Err(Rejected::of("cases", Flaw::OtherCase { found, needed }));
        }
        let within =
            |rejected: Rejected| Rejected { place: format!("{}, {}", problem.name, rejected.place), ..rejected };
        check(problem, certificate).map_err(within)?;
    }
    Ok(problems.len())
}

/// The hash of the text that the method of a statement is read from.
fn method_hash(statement: &Statement) -> String {
    let text = methods::text(&statement.method.id).unwrap_or(&statement.text);
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses what is of another statement, or of another text of it or of its method.
fn is_of(statement: &Statement, version: u32, [id, hash, method, method_hashed]: [&str; 4]) -> Result<(), Rejected> {
    if version != PROOF_VERSION {
        return Err(Rejected::of("version", Flaw::Version(version)));
    }
    if id != statement.id {
        let (found, statement) = (id.to_owned(), statement.id.clone());
        return Err(Rejected::of("statement", Flaw::OtherStatement { found, statement }));
    }
    if method != statement.method.id {
        let (found, needed) = (method.to_owned(), statement.method.id.clone());
        return Err(Rejected::of("method", Flaw::OtherMethod { found, needed }));
    }
    if method_hashed != method_hash(statement) {
        return Err(Rejected::of("method_hash", Flaw::MethodChanged(statement.method.id.clone())));
    }
    if hash != statement.hash {
        return Err(Rejected::of("hash", Flaw::StatementChanged(id.to_owned())));
    }
    Ok(())
}
