//! A counterexample, as a file has it: every number as text, exact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers, vectors and values of f of one run that does not obey a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The run: which claim, index and start, and which case.
    pub case: String,
    /// Parameters and constants, by name.
    pub numbers: Vec<(String, String)>,
    /// Names of the vectors.
    pub vectors: Vec<String>,
    /// Their inner products, the lower triangle of the Gram matrix row by row.
    pub gram: Vec<Vec<String>>,
    /// Values of f and what else is a number of the run, by name.
    pub values: Vec<(String, String)>,
    /// rhs − lhs.
    pub room: String,
}

impl Counterexample {
    /// For a person: the numbers, and each inner product of the vectors.
    #[must_use]
    pub fn text(&self) -> String {
        let named = |all: &[(String, String)]| {
            all.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
        };
        let mut lines = vec![format!("  {}", self.case), format!("  {}", named(&self.numbers))];
        for (row, name) in self.gram.iter().zip(&self.vectors) {
            let products = row.iter().zip(&self.vectors).filter(|(product, _)| *product != "0");
            let products = products.map(|(product, other)| format!("<{name}, {other}> = {product}"));
            lines.push(format!("  {}", products.collect::<Vec<_>>().join(", ")));
        }
        lines.push(format!("  {}", named(&self.values)));
        lines.push(format!("  rhs - lhs = {}", self.room));
        lines.retain(|line| !line.trim().is_empty());
        lines.join("\n")
    }
}
