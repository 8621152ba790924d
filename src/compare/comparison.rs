//! Comparisons as files have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CompareError;
use crate::method::language::library as methods;
use crate::method::language::tree::Method;
use crate::oracle::SourceSpec;
use crate::problem::ProblemSpec;
use crate::statement::id_defect;

static COMPARISONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/comparisons");

/// A comparison as its file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Identifier: the file's name.
    pub id: String,
    /// What is compared.
    pub title: String,
    /// K.
    pub horizon: usize,
    /// A run has reached its level when ‖∇f(x_k)‖² is at most this share of ‖∇f(x_0)‖².
    pub level: f64,
    /// Step sizes that all contenders take in turn, in units of 1/L.
    pub same_steps: Vec<f64>,
    /// Step sizes of which each contender takes its own best, in units of 1/L.
    pub grid: Vec<f64>,
    /// Problems.
    pub problems: Vec<ProblemSpec>,
    /// Error sources that all contenders share.
    pub estimates: Vec<Vec<SourceSpec>>,
    /// The first is what the others are compared with.
    pub contenders: Vec<Contender>,
    /// Statements whose right-hand sides stand beside the floors.
    #[serde(default)]
    pub predictions: Vec<String>,
}

/// One method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contender {
    /// Name.
    pub name: String,
    /// The method.
    #[serde(default = "default_method")]
    pub method: String,
    /// Its parameters, but for the step size.
    #[serde(default)]
    pub parameters: BTreeMap<String, f64>,
    /// What it does to gradients, besides the shared error sources.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
}

fn default_method() -> String {
    "momentum".to_owned()
}

impl Contender {
    /// The method, and the name of its step size.
    pub(super) fn method(&self) -> Result<(Arc<Method>, String), CompareError> {
        let unknown = || CompareError::Method(self.method.clone());
        let method = methods::shared(&self.method).ok_or_else(unknown)??;
        let no_step = || CompareError::NoStep { method: self.method.clone(), others: methods_with_step() };
        let step = method.step_size().ok_or_else(no_step)?.to_owned();
        Ok((method, step))
    }
}

/// The shipped methods that can be compared.
fn methods_with_step() -> Vec<&'static str> {
    let has_step = |id: &&str| matches!(methods::shared(id), Some(Ok(method)) if method.step_size().is_some());
    methods::ids().into_iter().filter(has_step).collect()
}

/// Identifiers of the shipped comparisons, in alphabetical order.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        COMPARISONS.files().filter_map(|f| f.path().file_name()?.to_str()?.strip_suffix(".toml")).collect();
    ids.sort_unstable();
    ids
}

/// A shipped comparison; `None` when there is none of that id.
///
/// # Errors
/// When its file has a mistake.
#[must_use]
pub fn shipped(id: &str) -> Option<Result<Comparison, CompareError>> {
    let text = COMPARISONS.get_file(format!("{id}.toml"))?.contents_utf8()?;
    Some(read(&format!("comparisons/{id}.toml"), text))
}

/// A comparison from its text.
///
/// # Errors
/// When it is no TOML, lacks a field, or asks for what cannot be compared.
pub fn read(name: &str, text: &str) -> Result<Comparison, CompareError> {
    let fail = |cause: String| CompareError::File { name: name.to_owned(), cause };
    let comparison: Comparison = toml::from_str(text).map_err(|err| fail(err.to_string()))?;
    let positive = |x: &f64| *x > 0.0 && x.is_finite();
    if let Some(defect) = id_defect(&comparison.id) {
        return Err(fail(format!("the id `{}` {defect}", comparison.id)));
    }
    let defect = if comparison.contenders.len() < 2 {
        Some("at least two contenders are needed")
    } else if comparison.problems.is_empty() || comparison.estimates.is_empty() {
        Some("at least one problem and one estimate are needed; the exact gradient is the estimate []")
    } else if !(2..=100_000).contains(&comparison.horizon) {
        Some("the horizon must be between 2 and 100000 steps")
    } else if !(positive(&comparison.level) && comparison.same_steps.iter().chain(&comparison.grid).all(positive)) {
        Some("the level and all step sizes must be positive numbers")
    } else if comparison.grid.is_empty() && comparison.same_steps.is_empty() {
        Some("same_steps or grid must name a step size")
    } else {
        None
    };
    if let Some(cause) = defect {
        return Err(fail(cause.to_owned()));
    }
    for contender in &comparison.contenders {
        let (method, step) = contender.method()?;
        let known = |name: &&String| **name != step && method.parameter(name).is_some();
        if let Some(name) = contender.parameters.keys().find(|name| !known(name)) {
            return Err(CompareError::Parameter { method: contender.method.clone(), name: name.clone() });
        }
    }
    Ok(comparison)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_that_compares_nothing_is_refused() {
        let text = "id = \"t\"\ntitle = \"t\"\nhorizon = 9\nlevel = 0.1\nsame_steps = [1]\ngrid = []\nproblems = []\nestimates = [[]]\ncontenders = []\n";
        assert!(read("t.toml", text).is_err());
        assert!(read("t.toml", "id = 3").unwrap_err().to_string().starts_with("t.toml"));
    }

    #[test]
    fn every_shipped_comparison_is_read() {
        assert!(ids().len() >= 2);
        for id in ids() {
            assert_eq!(shipped(id).unwrap().unwrap().id, id);
        }
    }
}
