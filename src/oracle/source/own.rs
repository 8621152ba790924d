//! Error sources that a program brings along.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Built, SourceData};
use crate::oracle::DynSource;
use crate::problem::DynProblem;
use crate::problem::free::Parts;
use crate::registry::{NameTaken, Registry};

/// Makes a source on a problem from the data of its specification; else says why there is none.
type Builder = Arc<dyn Fn(&Value, &dyn DynProblem) -> Result<Arc<dyn DynSource>, String> + Send + Sync>;

static SOURCES: Registry<Builder> = Registry::new();
/// What adds to it.
const REGISTER: &str = "lemmata::oracle::register_source";

/// Registers an error source of one's own, for statements that have `{ source = "own", of = …, data = … }` among their
/// estimates. It implements [`crate::oracle::Source`]; the model that it gives must be proved, as every verdict rests on
/// it.
///
/// # Errors
/// When there is a source of that name already.
pub fn register_source(
    name: &str,
    build: impl Fn(&Value, &dyn DynProblem) -> Result<Arc<dyn DynSource>, String> + Send + Sync + 'static,
) -> Result<(), NameTaken> {
    SOURCES.add(name, Arc::new(build))
}

/// A source that the program brings along, see the library's `register_source`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// The name under which it is registered.
    pub of: String,
    /// What the source makes of it is its own.
    #[serde(default)]
    pub data: Value,
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data.is_null() { write!(f, "own({})", self.of) } else { write!(f, "own({}, {})", self.of, self.data) }
    }
}

impl SourceData for Own {
    fn build(&self, problem: &dyn DynProblem) -> Built {
        let build = SOURCES.find(&self.of, REGISTER)?;
        Ok(vec![build(&self.data, problem)?])
    }

    fn misfit(&self, _: usize) -> Option<String> {
        SOURCES.find(&self.of, REGISTER).err()
    }

    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }
}
