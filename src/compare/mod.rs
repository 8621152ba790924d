//! Methods side by side: which has the lower floor, which is faster, and by how much.
//!
//! A comparison is a file, as a statement is: problems, estimates, contenders. All contenders run on
//! the same streams, so that their differences are paired. What is reported are medians and shares of
//! wins with limits that hold for every distribution; there is no verdict here, and nothing that a
//! statement's verdict rests on. Beside each floor stand the bounds that the named statements give.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::inference::distribution_free::{Limited, median, share};
use crate::method::Misfit;
use crate::method::language::library as methods;
use crate::method::language::tree::Method;
use crate::oracle::{self, OracleError, SourceSpec, StreamKey};
use crate::preset::Preset;
use crate::problem::{self, DynProblem, ProblemError, ProblemSpec};
use crate::report::{Document, Kind, Provenance};
use crate::statement::{Statement, StatementError, id_defect, library};
use crate::verify::approximating::a_priori_bound::predicted;
use crate::verify::instances::Start;

mod runs;

use runs::{Measured, Runner};

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
    fn method(&self) -> Result<(Arc<Method>, String), CompareError> {
        let unknown = || CompareError::Method(self.method.clone());
        let method = methods::shared(&self.method).ok_or_else(unknown)??;
        let step = method.step_size().ok_or_else(|| CompareError::NoStep(self.method.clone()))?.to_owned();
        Ok((method, step))
    }
}

/// Version of the form of a comparison's report.
pub const SCHEMA_VERSION: u32 = 1;

/// What a comparison leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompareReport {
    /// `compare`.
    pub kind: Kind,
    /// Version of this form.
    pub schema_version: u32,
    /// What produced it.
    pub provenance: Provenance,
    /// Seed.
    pub seed: u64,
    /// Thoroughness.
    pub preset: Preset,
    /// Probability that any limit below is wrong.
    pub delta: f64,
    /// What was compared.
    pub comparison: Comparison,
    /// What was found.
    pub rounds: Vec<Round>,
}

impl Document for CompareReport {
    const KIND: Kind = Kind::Compare;
    const VERSION: u32 = SCHEMA_VERSION;
}

/// How the step sizes of a round were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepRule {
    /// The same for all contenders, in units of 1/L.
    Same(f64),
    /// Each contender's own, that of the lowest median floor on streams used for nothing else.
    Best,
}

/// All contenders on one problem under one estimate and one rule for the step size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// The problem.
    pub problem: ProblemSpec,
    /// The problem, for a person.
    pub label: String,
    /// The shared error sources.
    pub estimate: Vec<SourceSpec>,
    /// Step sizes.
    pub rule: StepRule,
    /// What each contender reached.
    pub entries: Vec<ContenderResult>,
}

/// One contender in a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContenderResult {
    /// The contender's name.
    pub contender: String,
    /// γ.
    pub step: f64,
    /// Median over replicates of the mean of ‖∇f(x_k)‖² over the last half of the run.
    pub floor: Limited,
    /// The same of f(x_k) − f*.
    pub gap: Limited,
    /// Share of runs that reached the level.
    pub reached: Limited,
    /// Median number of steps to it; K + 1 stands for never.
    pub steps: Limited,
    /// Smallest right-hand side of each named statement at this β and γ over its own free
    /// parameters, where it speaks of this instance. A rate bounds the mean over the whole run, so the
    /// floor, a mean over the last half, may lie above it.
    pub predictions: Vec<Prediction>,
    /// Against the first contender; the first itself has none.
    pub duel: Option<Duel>,
}

/// A bound from a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// The statement.
    pub statement: String,
    /// Its right-hand side, rounded up; `None` where no choice of its parameters is an instance.
    pub bound: Option<f64>,
}

/// A contender against the first on the same streams.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duel {
    /// Share of replicates in which its floor is strictly lower.
    pub wins: Limited,
    /// Median of the first's floor over its own: above one it is the better.
    pub ratio: Limited,
    /// What the limits of the ratio show.
    pub finding: DuelResult,
}

/// What a duel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuelResult {
    /// Its floor is lower.
    Better,
    /// Its floor is higher.
    Worse,
    /// The limits of the ratio contain one.
    NoDifferenceShown,
}

/// Why a comparison cannot be run.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The file is no comparison.
    #[error("{name}: {cause}")]
    File {
        /// File.
        name: String,
        /// Why.
        cause: String,
    },
    /// A problem cannot be built, or proves no L or f*.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// An estimate cannot be built.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// There is no such method.
    #[error("there is no shipped method `{0}`; `lemmata list --methods` names them")]
    Method(String),
    /// The method has no step size to choose.
    #[error("the method `{0}` has no parameter with the unit of a step size")]
    NoStep(String),
    /// A contender has a parameter that its method has not.
    #[error("the method `{method}` has no parameter `{name}` besides its step size")]
    Parameter {
        /// Method.
        method: String,
        /// Parameter.
        name: String,
    },
    /// A parameter is outside of its range, or has no value.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A named statement is none of the shipped ones.
    #[error("there is no shipped statement `{0}`")]
    Statement(String),
    /// A shipped statement has a mistake.
    #[error(transparent)]
    Malformed(#[from] Box<StatementError>),
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

/// Replicates of each contender in a round, and of the pilot for each step of the grid.
fn budget(preset: Preset) -> (u64, u64) {
    match preset {
        Preset::Quick => (32, 8),
        Preset::Default => (128, 16),
        Preset::Full => (1024, 64),
    }
}

/// One problem under one estimate, ready to run.
struct Arena<'a> {
    comparison: &'a Comparison,
    spec: &'a ProblemSpec,
    problem: Arc<dyn DynProblem>,
    estimate: &'a [SourceSpec],
    statements: &'a [Statement],
    seed: u64,
    preset: Preset,
    delta: f64,
}

/// Runs a comparison; `done` is called after each round. All limits of the result are wrong together
/// with probability at most `delta`.
///
/// # Errors
/// When a problem, an estimate or a named statement cannot be used.
pub fn run(
    comparison: &Comparison,
    preset: Preset,
    seed: u64,
    delta: f64,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Round>, CompareError> {
    let statements = comparison
        .predictions
        .iter()
        .map(|id| Ok(library::load(id).ok_or_else(|| CompareError::Statement(id.clone()))??))
        .collect::<Result<Vec<_>, CompareError>>()?;
    // Four limited numbers an entry, two more a duel.
    let limits = (rounds(comparison) * comparison.contenders.len() * 6) as f64;
    let mut arenas = Vec::new();
    for spec in &comparison.problems {
        let problem = problem::build(spec)?;
        for estimate in &comparison.estimates {
            let problem = Arc::clone(&problem);
            let statements = &statements;
            arenas.push(Arena { comparison, spec, problem, estimate, statements, seed, preset, delta: delta / limits });
        }
    }
    let found: Result<Vec<Vec<Round>>, CompareError> = arenas.par_iter().map(|arena| arena.rounds(done)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// How many rounds a comparison has.
#[must_use]
pub fn rounds(comparison: &Comparison) -> usize {
    let rules = comparison.same_steps.len() + usize::from(!comparison.grid.is_empty());
    comparison.problems.len() * comparison.estimates.len() * rules
}

impl Arena<'_> {
    fn rounds(&self, done: &(dyn Fn() + Sync)) -> Result<Vec<Round>, CompareError> {
        let mut rules: Vec<StepRule> = self.comparison.same_steps.iter().map(|s| StepRule::Same(*s)).collect();
        if !self.comparison.grid.is_empty() {
            rules.push(StepRule::Best);
        }
        rules
            .into_iter()
            .map(|rule| {
                let round = self.round(rule);
                done();
                round
            })
            .collect()
    }

    /// Streams are keyed by what all contenders share, so that they are paired.
    fn key(&self, purpose: &str) -> StreamKey {
        StreamKey::new(self.seed, &self.comparison.id, &format!("{purpose}; {}; {:?}", self.spec, self.estimate))
    }

    fn runner(&self, contender: &Contender) -> Result<Runner, CompareError> {
        let mut sources = self.estimate.to_vec();
        sources.extend(contender.sources.iter().cloned());
        let constants = self.problem.constants();
        let missing = |name: &str| ProblemError::new(self.spec.family(), format!("it proves no {name}"));
        Ok(Runner {
            oracle: oracle::build(&sources, self.problem.as_ref())?,
            problem: Arc::clone(&self.problem),
            smoothness: constants.smoothness.as_ref().ok_or_else(|| missing("L"))?.to_f64(),
            lower_bound: constants.lower_bound.as_ref().ok_or_else(|| missing("f*"))?.to_f64(),
            method: contender.method()?,
            parameters: contender.parameters.clone(),
            horizon: self.comparison.horizon,
            level: self.comparison.level,
        })
    }

    fn round(&self, rule: StepRule) -> Result<Round, CompareError> {
        let (replicates, pilots) = budget(self.preset);
        let mut entries: Vec<ContenderResult> = Vec::new();
        let mut first: Option<Measured> = None;
        for contender in &self.comparison.contenders {
            let runner = self.runner(contender)?;
            let step = match rule {
                StepRule::Same(step) => step,
                StepRule::Best => runner.best_step(&self.comparison.grid, pilots, &self.key("pilot"))?,
            } / runner.smoothness;
            let measured = runner.measure(step, replicates, &self.key("run"))?;
            let duel = first.as_ref().map(|first| self.duel(first, &measured));
            let limited = |values: &[f64]| self.limited(values, measured.deterministic);
            let reached = measured.steps.iter().filter(|k| **k <= self.comparison.horizon as f64).count() as u64;
            entries.push(ContenderResult {
                contender: contender.name.clone(),
                step,
                floor: limited(&measured.floors),
                gap: limited(&measured.gaps),
                reached: if measured.deterministic {
                    Limited::known(reached as f64 / measured.steps.len() as f64)
                } else {
                    share(reached, measured.steps.len() as u64, self.delta)
                },
                steps: limited(&measured.steps),
                predictions: self.predictions(contender, &runner, step),
                duel,
            });
            first.get_or_insert(measured);
        }
        Ok(Round {
            problem: self.spec.clone(),
            label: self.spec.to_string(),
            estimate: self.estimate.to_vec(),
            rule,
            entries,
        })
    }

    fn limited(&self, values: &[f64], deterministic: bool) -> Limited {
        match values.first() {
            Some(value) if deterministic => Limited::known(*value),
            _ => median(values, self.delta),
        }
    }

    fn duel(&self, first: &Measured, other: &Measured) -> Duel {
        let deterministic = first.deterministic && other.deterministic;
        let pairs: Vec<(f64, f64)> = first.floors.iter().copied().zip(other.floors.iter().copied()).collect();
        // Two floors of zero, or two that left the finite numbers, are no difference.
        let ratio = |(a, b): &(f64, f64)| if a == b { 1.0 } else { a / b };
        let ratio = self.limited(&pairs.iter().map(ratio).collect::<Vec<_>>(), deterministic);
        let won = pairs.iter().filter(|(a, b)| b < a).count() as u64;
        let wins = if deterministic {
            Limited::known(if won > 0 { 1.0 } else { 0.0 })
        } else {
            share(won, pairs.len() as u64, self.delta)
        };
        // Where a floor is infinite the ratio is 0 or infinite, and its limits with it.
        let all = |test: fn(f64) -> bool| deterministic && pairs.iter().all(|(a, b)| test(a / b));
        let finding = if ratio.is_above(1.0) || all(|r| r > 1.0) {
            DuelResult::Better
        } else if ratio.is_below(1.0) || all(|r| r < 1.0) {
            DuelResult::Worse
        } else {
            DuelResult::NoDifferenceShown
        };
        Duel { wins, ratio, finding }
    }

    fn predictions(&self, contender: &Contender, runner: &Runner, step: f64) -> Vec<Prediction> {
        let own = contender.parameters.iter().map(|(name, value)| (name.as_str(), *value));
        let fixed: Vec<(&str, f64)> = own.chain([(runner.method.1.as_str(), step)]).collect();
        let bound = |statement: &Statement| {
            // A statement speaks of runs of its own method.
            if *statement.method != *runner.method.0 {
                return None;
            }
            predicted(
                statement,
                (self.spec, &self.problem),
                &runner.oracle.spec,
                Start::of(&statement.method, 0),
                self.comparison.horizon,
                &fixed,
            )
        };
        let statements = self.statements.iter();
        statements.map(|s| Prediction { statement: s.id.clone(), bound: bound(s) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(estimates: &str, contenders: &str) -> Comparison {
        let text = format!(
            "id = \"t\"\ntitle = \"t\"\nhorizon = 60\nlevel = 0.01\nsame_steps = [0.5]\ngrid = [0.125, 1, 8]\n\
             problems = [{{ family = \"quadratic\", dimension = 4, condition = 10.0, seed = 1 }}]\n\
             estimates = {estimates}\ncontenders = {contenders}\npredictions = [\"theorem1-nonconvex\"]\n"
        );
        read("t.toml", &text).unwrap_or_else(|err| panic!("{err}"))
    }

    fn rounds_of(comparison: &Comparison) -> Vec<Round> {
        run(comparison, Preset::Quick, 5, 1e-3, &|| ()).unwrap_or_else(|err| panic!("{err}"))
    }

    const TWINS: &str =
        "[{ name = \"a\", parameters = { beta = 0.5 } }, { name = \"b\", parameters = { beta = 0.5 } }]";
    const SIGNS: &str = "[[{ source = \"rademacher\", size = 0.5 }]]";

    #[test]
    fn equal_contenders_are_never_told_apart() {
        for round in rounds_of(&comparison(SIGNS, TWINS)) {
            let [a, b] = round.entries.as_slice() else { panic!("two entries") };
            assert_eq!((&a.floor, &a.gap, &a.steps), (&b.floor, &b.gap, &b.steps));
            let duel = b.duel.unwrap();
            assert_eq!(duel.finding, DuelResult::NoDifferenceShown);
            assert_eq!((duel.ratio.value, duel.wins.value), (Some(1.0), Some(0.0)));
        }
    }

    #[test]
    fn less_noise_is_found_better_and_a_run_that_diverges_is_found_worse() {
        let louder = "[{ name = \"a\", parameters = { beta = 1 }, sources = [{ source = \"axis\", size = 4 }] }, { name = \"b\", parameters = { beta = 1 } }]";
        for round in rounds_of(&comparison(SIGNS, louder)) {
            assert_eq!(round.entries[1].duel.unwrap().finding, DuelResult::Better, "{round:?}");
        }
        let mut diverging = comparison(
            "[[]]",
            "[{ name = \"a\", parameters = { beta = 1 } }, { name = \"b\", parameters = { beta = 1 }, sources = [{ source = \"relative\", factor = 40 }] }]",
        );
        diverging.horizon = 400;
        for round in rounds_of(&diverging).into_iter().filter(|r| matches!(r.rule, StepRule::Same(_))) {
            assert_eq!(round.entries[1].floor.value, None);
            assert_eq!(round.entries[1].duel.unwrap().finding, DuelResult::Worse);
        }
    }

    #[test]
    fn each_contender_takes_its_own_best_step() {
        let rounds = rounds_of(&comparison(
            "[[]]",
            "[{ name = \"sgd\", parameters = { beta = 1 } }, { name = \"momentum\", parameters = { beta = 0.25 } }]",
        ));
        let best = rounds.iter().find(|round| round.rule == StepRule::Best).unwrap();
        assert!(best.entries.iter().all(|entry| entry.step == 1.0), "{best:?}");
    }

    #[test]
    fn the_bound_of_a_statement_stands_above_the_floor_of_a_run_that_descends() {
        let rounds = rounds_of(&comparison(
            "[[{ source = \"offset\", size = 0.25 }]]",
            "[{ name = \"a\", parameters = { beta = 1 } }, { name = \"b\", parameters = { beta = 0.9 } }]",
        ));
        let entries: Vec<&ContenderResult> = rounds.iter().flat_map(|round| &round.entries).collect();
        assert!(entries.iter().any(|entry| entry.predictions[0].bound.is_some()));
        for entry in entries {
            if let (Some(bound), Some(floor)) = (entry.predictions[0].bound, entry.floor.value) {
                assert!(floor <= bound, "{entry:?}");
            }
        }
    }

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
