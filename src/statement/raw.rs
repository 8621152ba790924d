//! A statement file as TOML has it: fields, types and places, before any expression is read.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::{Expectation, Kind, Schedule};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStatement {
    pub id: Spanned<String>,
    pub title: String,
    pub kind: Kind,
    #[serde(default)]
    pub tight: bool,
    pub source: String,
    pub proof: String,
    #[serde(default)]
    pub uses: Vec<String>,
    #[serde(default)]
    pub expect: Expectation,
    pub horizons: Option<Spanned<Vec<usize>>>,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default)]
    pub random: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub parameters: IndexMap<Spanned<String>, RawParameter>,
    #[serde(default)]
    pub constants: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub define: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub hypotheses: IndexMap<Spanned<String>, Spanned<String>>,
    pub claim: Spanned<OneOrMany>,
    #[serde(default = "yes")]
    pub general: bool,
    #[serde(default)]
    pub witness: Vec<Spanned<RawWitness>>,
}

fn yes() -> bool {
    true
}

/// `[claim]` or `[[claim]]`. Written by hand, as serde's untagged enums lose the positions.
pub(super) struct OneOrMany(pub Vec<RawClaim>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Claims;
        impl<'de> Visitor<'de> for Claims {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a [claim] or several [[claim]] with lhs and rhs")
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<OneOrMany, M::Error> {
                RawClaim::deserialize(MapAccessDeserializer::new(map)).map(|claim| OneOrMany(vec![claim]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(sequence)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(Claims)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClaim {
    pub for_all: Option<Spanned<String>>,
    pub lhs: Spanned<String>,
    pub rhs: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParameter {
    #[serde(rename = "in")]
    pub range: Spanned<String>,
    #[serde(default)]
    pub doc: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default, rename = "try")]
    pub candidates: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWitness {
    pub doc: String,
    #[serde(default)]
    pub given: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default, rename = "let")]
    pub locals: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub parameters: IndexMap<Spanned<String>, Spanned<String>>,
    pub problem: toml::Value,
    pub oracle: toml::Value,
    pub start: Vec<Spanned<String>>,
    #[serde(default)]
    pub first_gradient: bool,
    pub horizon: usize,
}
