//! Families that a program brings along.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problem::family::{Built, Family, Sizes};
use crate::problem::free::Parts;
use crate::problem::{DynProblem, ProblemError};
use crate::registry::{NameTaken, Registry};

/// Makes a problem from the data of its specification; else says what is wrong with them.
type Builder = Arc<dyn Fn(&Value) -> Result<Arc<dyn DynProblem>, String> + Send + Sync>;

static FAMILIES: Registry<Builder> = Registry::new();

/// Registers a family of one's own, for statements that have `{ family = "own", of = …, data = … }` among their
/// problems. Its problem implements [`crate::problem::Problem`]; the constants that it gives must be proved, as every
/// verdict rests on them.
///
/// # Errors
/// When there is a family of that name already.
pub fn register_family(
    name: &str,
    build: impl Fn(&Value) -> Result<Arc<dyn DynProblem>, String> + Send + Sync + 'static,
) -> Result<(), NameTaken> {
    FAMILIES.add(name, Arc::new(build))
}

/// An instance of a family that the program brings along, see the library's `register_family`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnFamily {
    /// The name under which it is registered.
    pub of: String,
    /// What the family makes of it is its own.
    #[serde(default)]
    pub data: Value,
}

impl OwnFamily {
    fn problem(&self) -> Result<Arc<dyn DynProblem>, String> {
        FAMILIES.find(&self.of, "lemmata::problem::register_family")?(&self.data)
    }
}

impl fmt::Display for OwnFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data.is_null() { write!(f, "{}", self.of) } else { write!(f, "{}, {}", self.of, self.data) }
    }
}

impl Family for OwnFamily {
    fn sizes(&self) -> Sizes {
        // Of one that cannot be built, building says why.
        self.problem().map_or(Sizes::of(1, 1), |problem| Sizes::of(problem.dimension(), problem.workers()))
    }

    fn build(&self) -> Built {
        self.problem().map_err(|reason| ProblemError::new(Self::NAME, reason))
    }

    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }
}
