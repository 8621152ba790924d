//! A statement file as TOML has it: fields, types and places, before any expression is read.

use std::ops::Range;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use thiserror::Error;
use toml::Spanned;

use super::Expectation;
use crate::method::language::file::RawMethod;

/// What a file says its claims are; which they are follows from what they say, and must agree.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Of every step of every run.
    Pathwise,
    /// Of expectations, over one step or the whole run.
    Expectation,
    /// Of the estimate at each point, for every draw or in expectation.
    Oracle,
    /// Both sides are equal.
    Identity,
}

/// What a file says its indices run over.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IndicesOver {
    /// The steps of a run.
    Run,
    /// Single points.
    Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStatement {
    pub id: Spanned<String>,
    pub title: Spanned<String>,
    pub kind: Option<Kind>,
    pub subject: Option<IndicesOver>,
    pub instantiates: Option<Spanned<String>>,
    #[serde(default)]
    pub tight: bool,
    pub source: Spanned<String>,
    pub proof: Spanned<String>,
    #[serde(default)]
    pub uses: Vec<Spanned<String>>,
    #[serde(default)]
    pub expect: Expectation,
    pub horizons: Option<Spanned<Vec<usize>>>,
    pub method: Option<Spanned<MethodChoice>>,
    #[serde(default)]
    pub schedules: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub bind: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub operators: IndexMap<Spanned<String>, RawOperators>,
    #[serde(default)]
    pub given: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub substitute: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub estimates: Vec<Spanned<toml::Value>>,
    #[serde(default)]
    pub problems: Vec<Spanned<toml::Value>>,
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
    pub claim: Option<Spanned<OneOrMany>>,
    #[serde(default = "yes")]
    pub general: bool,
    #[serde(default)]
    pub prove: RawHints,
    #[serde(default)]
    pub witness: Vec<Spanned<RawWitness>>,
}

/// What a search for a proof may use, and no proof believes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHints {
    pub telescope: Option<RawTelescope>,
    #[serde(default)]
    pub bounded: Vec<Spanned<String>>,
    #[serde(default)]
    pub by_lemmas: Vec<Spanned<String>>,
    #[serde(default)]
    pub lemmas: Vec<Spanned<String>>,
    #[serde(default)]
    pub cases: Vec<Spanned<String>>,
    #[serde(default)]
    pub invariants: Vec<Spanned<String>>,
    #[serde(default)]
    pub steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub lhs: Spanned<String>,
    pub rhs: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTelescope {
    pub potential: Spanned<String>,
}

fn yes() -> bool {
    true
}

/// `method = "ef21"`, or a `[method]` of the statement's own. Written by hand, as serde's untagged enums lose the
/// positions.
pub(super) enum MethodChoice {
    Shipped(String),
    Own(Box<RawMethod>),
}

impl<'de> Deserialize<'de> for MethodChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Choice;
        impl<'de> Visitor<'de> for Choice {
            type Value = MethodChoice;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a shipped method, or a [method] with [method.step]")
            }
            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<MethodChoice, E> {
                Ok(MethodChoice::Shipped(id.to_owned()))
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<MethodChoice, M::Error> {
                RawMethod::deserialize(MapAccessDeserializer::new(map)).map(|raw| MethodChoice::Own(Box::new(raw)))
            }
        }
        deserializer.deserialize_any(Choice)
    }
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

/// What is tried for an operator of the method.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperators {
    #[serde(rename = "try")]
    pub tried: Vec<Spanned<toml::Value>>,
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
    pub doc: Option<Spanned<String>>,
    pub unit: Option<Spanned<String>>,
    #[serde(default, rename = "try")]
    pub candidates: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWitness {
    pub doc: Spanned<String>,
    #[serde(default)]
    pub given: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default, rename = "let")]
    pub locals: IndexMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub parameters: IndexMap<Spanned<String>, Spanned<String>>,
    pub problem: Spanned<toml::Value>,
    pub oracle: Spanned<toml::Value>,
    pub start: Vec<Spanned<String>>,
    #[serde(default)]
    pub first_gradient: bool,
    pub from: Option<Spanned<String>>,
    #[serde(default)]
    pub operators: IndexMap<Spanned<String>, Spanned<toml::Value>>,
    #[serde(default)]
    pub state: IndexMap<Spanned<String>, Vec<Spanned<String>>>,
    pub horizon: usize,
}

/// What a statement takes over stands in another file, so its places are that of `instantiates`.
fn placed(value: Spanned<String>, place: &Range<usize>) -> Spanned<String> {
    Spanned::new(place.clone(), value.into_inner())
}

fn placed_map(
    map: IndexMap<Spanned<String>, Spanned<String>>,
    place: &Range<usize>,
) -> IndexMap<Spanned<String>, Spanned<String>> {
    map.into_iter().map(|(name, value)| (placed(name, place), placed(value, place))).collect()
}

impl RawParameter {
    fn placed(self, place: &Range<usize>) -> Self {
        RawParameter {
            range: placed(self.range, place),
            doc: self.doc.map(|text| placed(text, place)),
            unit: self.unit.map(|text| placed(text, place)),
            candidates: self.candidates.into_iter().map(|c| placed(c, place)).collect(),
        }
    }
}

impl RawClaim {
    fn placed(self, place: &Range<usize>) -> Self {
        RawClaim {
            for_all: self.for_all.map(|text| placed(text, place)),
            lhs: placed(self.lhs, place),
            rhs: placed(self.rhs, place),
        }
    }
}

impl RawStatement {
    /// The texts of all expressions, those under `[substitute]` with the name that they stand for.
    pub fn expressions(&self) -> impl Iterator<Item = (Option<&String>, &str)> {
        let claims = self.claim.iter().flat_map(|claims| &claims.get_ref().0);
        let claims = claims.flat_map(|claim| claim.for_all.iter().chain([&claim.lhs, &claim.rhs]));
        let parameters = self.parameters.values().flat_map(|p| std::iter::once(&p.range).chain(&p.candidates));
        let maps = [&self.constants, &self.define, &self.hypotheses, &self.random].into_iter().flat_map(|m| m.values());
        let own = claims.chain(parameters).chain(maps).map(|text| (None, text.get_ref().as_str()));
        own.chain(self.substitute.iter().map(|(name, text)| (Some(name.get_ref()), text.get_ref().as_str())))
    }

    /// Takes over what `parent` says: its parameters but for those that are substituted, constants,
    /// definitions, hypotheses, claims, random index, method with what is changed of it and, unless this file
    /// names its own, horizons. What this file declares comes first and wins.
    pub fn instantiate(&mut self, parent: RawStatement, place: &Range<usize>) {
        let inherit = |mine: &mut IndexMap<Spanned<String>, Spanned<String>>, theirs| {
            for (name, value) in placed_map(theirs, place) {
                mine.entry(name).or_insert(value);
            }
        };
        inherit(&mut self.constants, parent.constants);
        inherit(&mut self.define, parent.define);
        inherit(&mut self.hypotheses, parent.hypotheses);
        inherit(&mut self.random, parent.random);
        inherit(&mut self.given, parent.given);
        inherit(&mut self.substitute, parent.substitute);
        for (name, parameter) in parent.parameters {
            let name = placed(name, place);
            if !self.substitute.contains_key(&name) {
                self.parameters.entry(name).or_insert_with(|| parameter.placed(place));
            }
        }
        if self.claim.is_none() {
            self.claim = parent.claim.map(|claim| {
                let OneOrMany(claims) = claim.into_inner();
                let claims = claims.into_iter().map(|c| c.placed(place)).collect();
                Spanned::new(place.clone(), OneOrMany(claims))
            });
        }
        if self.horizons.is_none() {
            self.horizons = parent.horizons.map(|h| Spanned::new(place.clone(), h.into_inner()));
        }
        self.kind = self.kind.or(parent.kind);
        self.subject = self.subject.or(parent.subject);
        inherit(&mut self.schedules, parent.schedules);
        inherit(&mut self.bind, parent.bind);
        for (name, operators) in parent.operators {
            self.operators.entry(placed(name, place)).or_insert(operators);
        }
        if self.method.is_none() {
            self.method = parent.method.map(|method| Spanned::new(place.clone(), method.into_inner()));
        }
    }
}

/// What keeps a text from being the range of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RangeDefect {
    /// No bracket or parenthesis begins it.
    #[error("a range begins with `(` or `[`")]
    Unopened,
    /// None ends it.
    #[error("a range ends with `)` or `]`")]
    Unclosed,
    /// It has one end alone.
    #[error("a range has two ends, separated by a comma")]
    OneEnd,
}

/// As the message of an error that has a place.
impl From<RangeDefect> for String {
    fn from(defect: RangeDefect) -> Self {
        defect.to_string()
    }
}

/// A range of a parameter, taken apart.
pub(crate) struct RangeParts {
    /// Whether the lower end belongs to it.
    pub lower_closed: bool,
    /// Where the lower end stands in the text.
    pub lower: Range<usize>,
    /// Where the upper end stands in the text.
    pub upper: Range<usize>,
    /// Whether the upper end belongs to it.
    pub upper_closed: bool,
}

impl RangeParts {
    /// Takes `[a, b)` and its like apart.
    pub fn of(text: &str) -> Result<Self, RangeDefect> {
        let open = text.find(['(', '[']).filter(|i| text[..*i].trim().is_empty()).ok_or(RangeDefect::Unopened)?;
        let close = text
            .rfind([')', ']'])
            .filter(|i| text[i + 1..].trim().is_empty() && *i > open)
            .ok_or(RangeDefect::Unclosed)?;
        let comma = top_level_comma(&text[open + 1..close]).ok_or(RangeDefect::OneEnd)?;
        let comma = comma + open + 1;
        Ok(RangeParts {
            lower_closed: text.as_bytes()[open] == b'[',
            lower: open + 1..comma,
            upper: comma + 1..close,
            upper_closed: text.as_bytes()[close] == b']',
        })
    }
}

fn top_level_comma(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(i, c)| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => return Some(i),
            _ => {}
        }
        None
    })
}
