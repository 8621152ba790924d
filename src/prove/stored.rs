//! Proofs that stand beside their statements.

use std::io::Error;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Proof, Refutation, verify};
use crate::statement::Statement;
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
    /// It shows nothing.
    Rejected {
        /// Why.
        why: String,
    },
}

/// Checks the stored proof of a statement, where there is one.
#[must_use]
pub fn standing(statement: &Statement) -> Option<Standing> {
    let stored = statement.stored_proof.as_ref()?;
    let rejected = |why: String| Some(Standing::Rejected { why: format!("{}: {why}", stored.file) });
    let proof: Proof = match serde_json::from_str(&stored.text) {
        Ok(proof) => proof,
        Err(err) => return rejected(format!("it is no proof: {err}")),
    };
    match verify(statement, &proof) {
        Ok(cases) => Some(Standing::Proved { cases }),
        Err(why) => rejected(why.to_string()),
    }
}

impl Proof {
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
