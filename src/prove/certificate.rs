//! What shows a problem, as a file has it: every number as text, exact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// rhs − lhs = Σ multiplier·fact + Σ pivot·‖row‖² + remainder, where each multiplier of an inequality, each pivot
/// and the remainder is not negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The case that it is of.
    pub case: String,
    /// Facts by name, with their multipliers; those that are not named have none.
    pub multipliers: Vec<Signed<String>>,
    /// Squares of combinations of vectors.
    pub squares: Vec<Signed<Vec<(String, String)>>>,
    /// What is left, a number.
    pub remainder: Option<Signed<()>>,
    /// Polynomials whose signs are shown, on which the signs of all else rest.
    pub factors: Vec<Factor>,
}

/// A rational function with what it stands before, and why it is not negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// What it stands before.
    pub of: T,
    /// The rational function.
    pub value: String,
    /// It is a positive constant times powers of factors, each by its position with the exponent; nothing where no
    /// sign is needed.
    pub sign: Option<Vec<(usize, i32)>>,
}

/// A polynomial that is not negative wherever the claim is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// The polynomial.
    pub polynomial: String,
    /// Times these positive conditions, by position, it is the sum below.
    pub times: Vec<usize>,
    /// The sum, each summand a product.
    pub sum: Vec<Product>,
}

/// coefficient · Π conditions · Π squares, with a positive coefficient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// A positive rational number.
    pub coefficient: String,
    /// Conditions, by position.
    pub conditions: Vec<usize>,
    /// Polynomials that are squared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub squares: Vec<String>,
}
