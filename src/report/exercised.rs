//! What the cells of a statement have in them: a verdict says nothing of what none of them has.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CellReport;
use crate::oracle::{self, SourceSpec};
use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Term};
use crate::verify::deciding::capabilities::ruled_out;
use crate::verify::instances::Instance;

/// What of a cell is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// n.
    pub workers: usize,
    /// d.
    pub dimension: usize,
    /// Error sources by name, an operator's beside its source's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Those of them that draw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<String>,
    /// Whether the method draws besides: workers, or what an operator leaves to chance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_draws: bool,
    /// Whether the estimate may have a bias.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub biased: bool,
    /// Evidence that the method rules out, whatever is proved of the problem.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruled_out: Vec<String>,
}

/// What the cells of a statement have in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exercised {
    /// Error sources by name.
    pub sources: BTreeSet<String>,
    /// Those of them that draw.
    pub drawn: BTreeSet<String>,
    /// Whether the method of some cell draws besides.
    pub method_draws: bool,
    /// Least and largest K.
    pub horizons: Option<[usize; 2]>,
    /// Least and largest n.
    pub workers: Option<[usize; 2]>,
    /// Least and largest d.
    pub dimensions: Option<[usize; 2]>,
    /// Cells in which nothing is drawn although the statement has expectations.
    pub without_draw: usize,
    /// Evidence that the method rules out in some cell.
    pub ruled_out: BTreeSet<String>,
    /// What the statement speaks of and no cell has, for a person.
    pub missing: Vec<String>,
}

impl Setting {
    /// Of an instance.
    #[must_use]
    pub fn of(instance: &Instance<'_>) -> Self {
        let problem = instance.problem.as_ref();
        let specs = &instance.oracle.spec;
        let draws = |spec: &SourceSpec| {
            oracle::build(std::slice::from_ref(spec), problem).is_ok_and(|built| !built.model.deterministic)
        };
        let bias = instance.oracle.model.bias.as_ref();
        Setting {
            workers: problem.workers(),
            dimension: problem.dimension(),
            sources: specs.iter().map(name).collect(),
            drawn: specs.iter().filter(|spec| draws(spec)).map(name).collect(),
            method_draws: instance.method.draws_itself(),
            biased: bias.map_or(!specs.is_empty(), |[relative, absolute]| *relative != 0 || *absolute != 0),
            ruled_out: ruled_out(instance),
        }
    }
}

/// The name of a source in files, and that of its operator.
fn name(spec: &SourceSpec) -> String {
    // Plain data, so this cannot fail.
    let value = serde_json::to_value(spec).unwrap_or_default();
    let source = value["source"].as_str().unwrap_or_default();
    match value["operator"]["name"].as_str() {
        Some(operator) => format!("{source} {operator}"),
        None => source.to_owned(),
    }
}

impl Exercised {
    /// By the cells of a statement.
    #[must_use]
    pub fn new(statement: &Statement, cells: &[&CellReport]) -> Self {
        let settings = || cells.iter().map(|cell| &cell.setting);
        let averages = statement.averages();
        let mut exercised = Exercised {
            sources: settings().flat_map(|setting| setting.sources.iter().cloned()).collect(),
            drawn: settings().flat_map(|setting| setting.drawn.iter().cloned()).collect(),
            horizons: range(cells.iter().map(|cell| cell.spec.horizon)),
            workers: range(settings().map(|setting| setting.workers)),
            dimensions: range(settings().map(|setting| setting.dimension)),
            without_draw: settings()
                .filter(|setting| averages && setting.drawn.is_empty() && !setting.method_draws)
                .count(),
            method_draws: settings().any(|setting| setting.method_draws),
            ruled_out: settings().flat_map(|setting| setting.ruled_out.iter().cloned()).collect(),
            missing: Vec::new(),
        };
        let biased = settings().any(|setting| setting.biased);
        for (has, what, builtins) in [
            (!exercised.drawn.is_empty(), "noise", &NOISE[..]),
            (biased, "bias", &BIAS[..]),
            (biased || !exercised.drawn.is_empty(), "error", &ERROR[..]),
        ] {
            let named = named(statement, builtins);
            if !has && !named.is_empty() && !cells.is_empty() {
                exercised.missing.push(format!("no cell has {what}, though the statement names {}", named.join(", ")));
            }
        }
        exercised
    }

    /// In one line.
    #[must_use]
    pub fn text(&self, cells: usize) -> String {
        let list = |names: &BTreeSet<String>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        let between = |name: &str, range: Option<[usize; 2]>| match range {
            None => String::new(),
            Some([least, most]) if least == most => format!("; {name} = {least}"),
            Some([least, most]) => format!("; {name} from {least} to {most}"),
        };
        let mut text = format!("error sources: {}; of these draw: {}", list(&self.sources), list(&self.drawn));
        if self.method_draws {
            text += "; the method draws";
        }
        text += &between("K", self.horizons);
        text += &between("n", self.workers);
        text += &between("d", self.dimensions);
        if self.without_draw > 0 {
            text += &format!("; {} of {cells} cells without a draw to average over", self.without_draw);
        }
        if !self.ruled_out.is_empty() {
            text += &format!("; the method rules out: {}", list(&self.ruled_out));
        }
        text
    }
}

const NOISE: [Builtin; 2] = [Builtin::RelativeNoise, Builtin::NoiseVariance];
const BIAS: [Builtin; 2] = [Builtin::RelativeBias, Builtin::AbsoluteBias];
const ERROR: [Builtin; 2] = [Builtin::RelativeError, Builtin::AbsoluteError];

/// Which of the constants the statement speaks of, other than to say that they are zero.
fn named(statement: &Statement, builtins: &[Builtin]) -> Vec<&'static str> {
    let zero = |term: &Term| matches!(term, Term::Number(value) if *value == 0);
    let excluded = |builtin: &Builtin| {
        statement.hypotheses.iter().flat_map(|hypothesis| &hypothesis.condition.0).any(|(left, relation, right)| {
            *relation == Relation::Equal && *left == Term::Builtin(*builtin) && zero(right)
        })
    };
    let needs = statement.needs();
    let named = builtins.iter().filter(|builtin| needs.contains(builtin) && !excluded(builtin));
    named.map(|builtin| builtin.name()).collect()
}

fn range(values: impl Iterator<Item = usize> + Clone) -> Option<[usize; 2]> {
    Some([values.clone().min()?, values.max()?])
}
