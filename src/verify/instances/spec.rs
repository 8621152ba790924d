//! What an instance is made from, as data.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::language::tree::Method;
use crate::oracle::SourceSpec;
use crate::oracle::operator::Operator;
use crate::problem::ProblemSpec;
use crate::problem::free::{Free, Scalar};

/// The name of one of a method's starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Start(pub String);

impl Start {
    /// The start of that position, counted from 0 and over again.
    #[must_use]
    pub fn of(method: &Method, position: usize) -> Self {
        let names: Vec<&str> = method.start_names().collect();
        Start(names[position % names.len()].to_owned())
    }

    /// Its position among those of the method.
    #[must_use]
    pub fn position(&self, method: &Method) -> Option<usize> {
        method.start_names().position(|name| name == self.0)
    }
}

/// Everything needed to build an instance again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellSpec {
    /// The problem.
    pub problem: ProblemSpec,
    /// Error sources; none for the exact gradient.
    pub oracle: Vec<SourceSpec>,
    /// The start of the method, by name.
    pub start: Start,
    /// Parameter values, exact.
    pub parameters: BTreeMap<String, f64>,
    /// The method's operators, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operators: BTreeMap<String, Operator>,
    /// Where states begin whose start may be anything, by their names; zero where none is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, Vec<f64>>,
    /// K.
    pub horizon: usize,
    /// x_0, where it is not the family's own.
    pub point: Option<Vec<f64>>,
    /// Which witness of the statement it is, from 0.
    pub witness: Option<usize>,
}

impl CellSpec {
    /// A cell of the suite whose parameters are still to be chosen: no witness, the family's own x_0.
    #[must_use]
    pub fn without_parameters(problem: ProblemSpec, oracle: Vec<SourceSpec>, start: Start, horizon: usize) -> Self {
        let (parameters, operators, states) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        CellSpec { problem, oracle, start, parameters, operators, states, horizon, point: None, witness: None }
    }

    /// Problem, estimate and start, for a person.
    #[must_use]
    pub fn setting(&self) -> String {
        let sources: Vec<String> = self.oracle.iter().map(ToString::to_string).collect();
        let sources = if sources.is_empty() { "exact".to_owned() } else { sources.join(" + ") };
        let operators = self.operators.iter().map(|(name, operator)| format!("; {name} = {operator}"));
        format!("{}; {sources}; {} start{}", self.problem, self.start.0, operators.collect::<String>())
    }

    /// Single numbers and counts of the problem and of the error sources, by where the specification has them, as
    /// `/problem/condition` or `/oracle/0/size`.
    #[must_use]
    pub fn scalars(&self) -> Vec<(String, Scalar)> {
        let of_problem = self.problem.scalars().into_iter().map(|s| (format!("/problem/{}", s.name), s));
        let of_sources =
            self.oracle.iter().enumerate().flat_map(|(i, source)| {
                source.scalars().into_iter().map(move |s| (format!("/oracle/{i}/{}", s.name), s))
            });
        of_problem.chain(of_sources).collect()
    }

    /// The one of that name.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<Scalar> {
        self.scalars().into_iter().find(|(own, _)| own == name).map(|(_, scalar)| scalar)
    }

    /// The same with the one of that name changed, as far as it may be.
    #[must_use]
    pub fn with_scalar(&self, name: &str, value: f64) -> CellSpec {
        let mut changed = self.clone();
        if let Some(own) = name.strip_prefix("/problem/") {
            changed.problem = self.problem.with_scalar(own, value);
        }
        for (i, source) in self.oracle.iter().enumerate() {
            if let Some(own) = name.strip_prefix(&format!("/oracle/{i}/")) {
                changed.oracle[i] = source.with_scalar(own, value);
            }
        }
        changed
    }

    /// What identifies the cell within its statement: keys its random streams.
    #[must_use]
    pub fn key(&self) -> String {
        // The specification is plain data, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One line for a person.
impl fmt::Display for CellSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; K={}", self.setting(), self.horizon)?;
        for (name, value) in &self.parameters {
            if *value == 0.0 || (1e-9..1e15).contains(&value.abs()) {
                write!(f, ", {name}={value}")?;
            } else {
                write!(f, ", {name}={value:e}")?;
            }
        }
        Ok(())
    }
}
