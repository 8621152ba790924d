//! Proofs that stand beside their statements.

use std::io::Error;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Proof, Refutation, verify};
use crate::statement::{Statement, library};
use crate::text;

/// What the stored proof of a statement comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Standing {
    /// It was checked: the statement is proved for all parameters, functions and dimensions.
    Proved {
        /// Its cases.
        cases: usize,
    },
    /// It was checked, and the statement follows for all parameters, functions and dimensions from lemmas that are not
    /// proved.
    Given {
        /// Its cases.
        cases: usize,
        /// What is not proved.
        lemmas: Vec<String>,
    },
    /// It shows nothing.
    Rejected {
        /// Why.
        why: String,
    },
}

/// Longest chain of corollaries of corollaries.
const LONGEST_CHAIN: usize = 8;

/// Checks the stored proof of a statement, where there is one, and those of what it rests on.
#[must_use]
pub fn standing(statement: &Statement) -> Option<Standing> {
    standing_in_chain(statement, LONGEST_CHAIN)
}

fn standing_in_chain(statement: &Statement, left: usize) -> Option<Standing> {
    let stored = statement.stored_proof.as_ref()?;
    let rejected = |why: String| Some(Standing::Rejected { why: format!("{}: {why}", stored.file) });
    if left == 0 {
        return rejected("it rests on too long a chain of others".to_owned());
    }
    let proof: Proof = match serde_json::from_str(&stored.text) {
        Ok(proof) => proof,
        Err(err) => return rejected(format!("it is no proof: {err}")),
    };
    let cases = match verify(statement, &proof) {
        Ok(cases) => cases,
        Err(why) => return rejected(why.to_string()),
    };
    let lemmas = unproved(&proof.rests_on, left - 1);
    Some(if lemmas.is_empty() { Standing::Proved { cases } } else { Standing::Given { cases, lemmas } })
}

/// What of these, and of what they rest on, has no stored proof that is valid.
fn unproved(ids: &[String], left: usize) -> Vec<String> {
    let mut lemmas: Vec<String> = Vec::new();
    for id in ids {
        let standing = library::load(id).and_then(Result::ok).and_then(|own| standing_in_chain(&own, left));
        match standing {
            Some(Standing::Proved { .. }) => {}
            Some(Standing::Given { lemmas: further, .. }) => lemmas.extend(further),
            Some(Standing::Rejected { .. }) | None => lemmas.push(id.clone()),
        }
    }
    lemmas.sort();
    lemmas.dedup();
    lemmas
}

impl Proof {
    /// What it rests on, directly or not, without a stored proof that is valid.
    #[must_use]
    pub fn given(&self) -> Vec<String> {
        unproved(&self.rests_on, LONGEST_CHAIN)
    }

    /// Writes it into a folder, which is made where there is none; returns the file. It is written whole or not at all.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        write(folder.join(format!("{}.json", self.statement)), self)
    }
}

impl Refutation {
    /// Writes it into a folder as a proof is written, under a name that no proof has.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        write(folder.join(format!("{}.refuted.json", self.statement)), self)
    }
}

fn write(path: PathBuf, what: &impl Serialize) -> Result<PathBuf, Error> {
    text::write(&path, |file| {
        serde_json::to_writer(&mut *file, what)?;
        file.write_all(b"\n")
    })?;
    Ok(path)
}
