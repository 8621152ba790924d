//! A method file as TOML has it.

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

pub(super) type Texts = IndexMap<Spanned<String>, Spanned<String>>;

/// A method file as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMethod {
    pub(super) id: Option<Spanned<String>>,
    pub(super) title: Option<Spanned<String>>,
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) parameters: IndexMap<Spanned<String>, RawParameter>,
    #[serde(default)]
    pub(super) constants: Texts,
    #[serde(default)]
    pub(super) schedules: Texts,
    #[serde(default)]
    pub(super) operators: IndexMap<Spanned<String>, RawOperator>,
    #[serde(default)]
    pub(super) state: IndexMap<Spanned<String>, RawState>,
    pub(super) start: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) starts: IndexMap<Spanned<String>, Texts>,
    pub(super) step: RawStep,
    #[serde(default)]
    pub(super) derived: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParameter {
    #[serde(rename = "in")]
    pub(super) range: Spanned<String>,
    #[serde(default)]
    pub(super) integer: bool,
    pub(super) default: Option<Spanned<String>>,
    pub(super) doc: Option<Spanned<String>>,
    pub(super) unit: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    pub(super) is: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawState {
    pub(super) first: i64,
    pub(super) start: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) lines: Vec<Spanned<String>>,
}
