//! A statement with some of its expressions changed: what an audit mutates. The change is made in the
//! file's fields, after all that it takes over from others, and the whole is checked as any file is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Statement;
use super::raw::{OneOrMany, RangeParts, RawStatement};
use super::syntax::Expr;

/// A side of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// lhs.
    Left,
    /// rhs.
    Right,
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The lower one.
    Lower,
    /// The upper one.
    Upper,
}

/// Where an expression stands in a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "in", rename_all = "kebab-case")]
pub enum Location {
    /// A side of a claim.
    Claim {
        /// Which claim, counted from 0 here and from 1 in reports.
        #[serde(with = "from_one")]
        #[schemars(with = "std::num::NonZeroUsize")]
        number: usize,
        /// Which side.
        side: Side,
    },
    /// A derived constant.
    Constant {
        /// Its name.
        name: String,
    },
    /// A definition.
    Definition {
        /// Its head, such as `Psi[k]`.
        head: String,
    },
    /// A hypothesis.
    Hypothesis {
        /// Its name.
        name: String,
    },
    /// An end of a parameter's range.
    Range {
        /// The parameter.
        parameter: String,
        /// Which end.
        end: End,
    },
    /// What stands for a name of the statement that is instantiated.
    Substitution {
        /// The name.
        name: String,
    },
}

/// Positions that people read begin with 1.
mod from_one {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(position: &usize, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(*position as u64 + 1)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
        usize::deserialize(from)?.checked_sub(1).ok_or_else(|| D::Error::custom("claims are counted from 1"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Claim { number, side } => {
                let side = if *side == Side::Left { "lhs" } else { "rhs" };
                if *number == 0 { write!(f, "{side}") } else { write!(f, "{side} of claim {}", number + 1) }
            }
            Location::Constant { name } | Location::Substitution { name } => write!(f, "{name}"),
            Location::Definition { head } => write!(f, "{head}"),
            Location::Hypothesis { name } => write!(f, "hypothesis {name}"),
            Location::Range { parameter, end } => {
                write!(f, "{} end of {parameter}", if *end == End::Lower { "lower" } else { "upper" })
            }
        }
    }
}

/// One expression in place of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Where.
    pub place: Location,
    /// The new expression; `None` leaves a hypothesis out.
    pub expression: Option<String>,
}

/// The expressions of a statement that can be changed, in the order of the file's sections.
#[must_use]
pub fn expressions(statement: &Statement) -> Vec<(Location, &Expr)> {
    let mut all = Vec::new();
    for (number, claim) in statement.claims.iter().enumerate() {
        all.push((Location::Claim { number, side: Side::Left }, &claim.lhs_expr));
        all.push((Location::Claim { number, side: Side::Right }, &claim.rhs_expr));
    }
    let constants = statement.constants.iter().map(|c| (Location::Constant { name: c.name.clone() }, &c.expr));
    let definitions = statement.definitions.iter().map(|(h, e)| (Location::Definition { head: h.clone() }, e));
    let substitutions = statement.substitutions.iter().map(|(n, e)| (Location::Substitution { name: n.clone() }, e));
    let hypotheses = statement.hypotheses.iter().map(|h| (Location::Hypothesis { name: h.name.clone() }, &h.expr));
    all.extend(constants.chain(definitions).chain(substitutions).chain(hypotheses));
    for parameter in &statement.parameters {
        for (end, bound) in [(End::Lower, &parameter.lower), (End::Upper, &parameter.upper)] {
            if let Some(expr) = &bound.expr {
                all.push((Location::Range { parameter: parameter.name.clone(), end }, expr));
            }
        }
    }
    all
}

impl RawStatement {
    /// Makes one change; `false` where there is no such place.
    pub fn change(&mut self, change: &Change) -> bool {
        let map = |map: &mut indexmap::IndexMap<Spanned<String>, Spanned<String>>, name: &str| {
            let Some(value) = map.iter_mut().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value) else {
                return false;
            };
            let Some(expression) = &change.expression else { return false };
            *value = Spanned::new(value.span(), expression.clone());
            true
        };
        match &change.place {
            Location::Claim { number, side } => {
                let Some(OneOrMany(claims)) = self.claim.as_mut().map(Spanned::get_mut) else { return false };
                let (Some(claim), Some(expression)) = (claims.get_mut(*number), &change.expression) else {
                    return false;
                };
                let value = if *side == Side::Left { &mut claim.lhs } else { &mut claim.rhs };
                *value = Spanned::new(value.span(), expression.clone());
                true
            }
            Location::Constant { name } => map(&mut self.constants, name),
            Location::Definition { head } => map(&mut self.define, head),
            Location::Substitution { name } => map(&mut self.substitute, name),
            Location::Hypothesis { name } if change.expression.is_none() => {
                let before = self.hypotheses.len();
                self.hypotheses.retain(|key, _| key.get_ref() != name);
                self.hypotheses.len() < before
            }
            Location::Hypothesis { name } => map(&mut self.hypotheses, name),
            Location::Range { parameter, end } => {
                let found = self.parameters.iter_mut().find(|(key, _)| key.get_ref() == parameter);
                let (Some((_, raw)), Some(expression)) = (found, &change.expression) else { return false };
                let Ok(parts) = RangeParts::of(raw.range.get_ref()) else { return false };
                let part = if *end == End::Lower { parts.lower } else { parts.upper };
                let mut text = raw.range.get_ref().clone();
                text.replace_range(part, &format!(" {expression}"));
                raw.range = Spanned::new(raw.range.span(), text.replacen("( ", "(", 1).replacen("[ ", "[", 1));
                true
            }
        }
    }
}
