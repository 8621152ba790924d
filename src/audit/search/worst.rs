//! The worst instance of a statement that a search finds, and the counterexample where it is false.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::trial::Depth;
use crate::audit::search::climb::{Frozen, Worsened, worsen};
use crate::audit::search::cma::SearchBudget;
use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate, Judged};
use crate::audit::search::grow::grow;
use crate::audit::search::inside::Inside;
use crate::audit::search::seed_instances::{SeedInstance, SeedInstances};
use crate::audit::search::shrink::shrink;
use crate::preset::Preset;
use crate::statement::{Statement, StatementError};
use crate::verify::Outcome;
use crate::verify::choosing::plan::Plan;
use crate::verify::instances::CellSpec;

/// An instance with what the check says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// For a person.
    pub label: String,
    /// For replay.
    pub spec: CellSpec,
    /// The verdict, on streams that the search has not seen.
    pub outcome: Outcome,
}

/// An instance that looks like a violation and was not shown to be one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Apparent {
    /// For a person.
    pub label: String,
    /// For replay.
    pub spec: CellSpec,
    /// (lhs − rhs) over the sum of the absolute values of both sides' terms, in binary64.
    pub excess: f64,
    /// What came of judging it.
    pub judged: String,
}

/// The end of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorstInstance {
    /// An instance that violates the statement, as simple as it could be made.
    pub counterexample: Option<Shown>,
    /// The tightest instance, as simple as it could be made at nearly the same tightness.
    pub tightest: Option<Shown>,
    /// The largest apparent violation, where none was shown to be one.
    pub apparent: Option<Apparent>,
    /// Instances of the pool that are equalities of no interest: at a point where the gradient is zero, under
    /// errors of no size, after the first step of a bound for every K.
    pub trivial: usize,
    /// Cells of the suite and witnesses that were judged as `check` judges.
    pub judged: usize,
    /// Why nothing was looked at, where nothing was.
    pub nothing: Option<String>,
    /// What the searches found, to try mutants on.
    #[schemars(skip)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<InstanceTemplate>,
    /// Instances that the searches evaluated.
    pub evaluations: u64,
}

/// Kinds of instances that a search starts from, and long runs besides.
const STARTS: usize = 8;
const LONG_STARTS: usize = 2;
/// What the shrunk instance may lose of its tightness, as a share of the scale, and as a share of the room.
const LOSS: (f64, f64) = (1e-12, 1e-2);
/// Apparent violations that are judged.
const JUDGED: usize = 8;

/// Judges the suite, then searches for the worst instance of the statement from the tightest ones of the
/// pool, which it extends. The first violation that is shown ends it.
///
/// # Errors
/// When a witness is no instance of the statement.
pub fn worst(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    pool: &mut SeedInstances,
    depth: Depth,
) -> Result<WorstInstance, Box<StatementError>> {
    let mut worst = WorstInstance { nothing: pool.nothing.clone(), ..WorstInstance::default() };
    if worst.nothing.is_some() {
        return Ok(worst);
    }
    let violated = suite(evaluator, statement, depth, &mut worst)?;
    worst.counterexample = violated.and_then(|spec| simplest(evaluator, statement, &spec));
    if worst.counterexample.is_none() && statement.general {
        search(evaluator, statement, pool, depth, &mut worst);
    }
    if worst.counterexample.is_none() {
        let apparent: Vec<(f64, CellSpec)> = pool
            .entries
            .iter()
            .filter(|entry| entry.evaluation.excess > 0.0)
            .map(|entry| (entry.evaluation.excess, entry.evaluation.spec.clone()))
            .collect();
        judge_apparent(evaluator, statement, &apparent, &mut worst);
    }
    worst.trivial = pool.entries.iter().filter(|entry| entry.evaluation.is_trivial()).count();
    if worst.counterexample.is_none() {
        worst.tightest = tightest(evaluator, statement, pool);
        // What binary64 calls an equality may be none.
        if worst.tightest.as_ref().is_some_and(|shown| shown.outcome.verdict == crate::inference::Verdict::Violated) {
            worst.counterexample = worst.tightest.take();
        }
    }
    Ok(worst)
}

/// Everything that `check` looks at, judged as it judges; the first cell that is violated.
fn suite(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    depth: Depth,
    worst: &mut WorstInstance,
) -> Result<Option<CellSpec>, Box<StatementError>> {
    let presets: &[Preset] = if depth.whole_suite { &[Preset::Quick, Preset::Default] } else { &[Preset::Quick] };
    let mut known: Vec<CellSpec> = Vec::new();
    for preset in presets {
        let mut specs: Vec<CellSpec> = Plan::new(statement, *preset)?.cells.into_iter().map(|cell| cell.spec).collect();
        specs.retain(|spec| !known.contains(spec));
        let judged = evaluator.judge_all(statement, &specs, &preset.effort());
        worst.judged += judged.iter().filter(|judged| matches!(judged, Judged::Outcome(_))).count();
        if let Some((_, spec)) = judged.into_iter().zip(&specs).find(|(judged, _)| judged.clone().violation().is_some())
        {
            return Ok(Some(spec.clone()));
        }
        known.extend(specs);
    }
    Ok(None)
}

/// Searches from the tightest instances of different kinds; what looks like a violation is judged at once.
fn search(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    pool: &mut SeedInstances,
    depth: Depth,
    worst: &mut WorstInstance,
) {
    let long = pool.entries.iter().filter(|entry| entry.is_long() && entry.template.witness.is_none());
    let long: Vec<InstanceTemplate> = long.take(LONG_STARTS).map(|entry| entry.template.clone()).collect();
    let short = pool.different().into_iter().filter(|entry| !entry.is_long()).take(STARTS);
    let starts: Vec<InstanceTemplate> = long.into_iter().chain(short.map(|entry| entry.template.clone())).collect();
    for (i, start) in starts.iter().enumerate() {
        let frozen = if i % 2 == 0 { Frozen::Parameters } else { Frozen::Nothing };
        // Any violation is enough: it is judged, and shrunk.
        let budget = SearchBudget { evaluations: depth.evaluations, enough: 1e-6, seed: i as u64 };
        let Some(found) = worsen(evaluator, statement, start, frozen, budget) else { continue };
        let grown = grow(evaluator, statement, &found.template).map(|(template, evaluation)| {
            let again =
                if evaluation.is_long() { None } else { worsen(evaluator, statement, &template, frozen, budget) };
            again.unwrap_or(Worsened { template, evaluation, evaluations: 0 })
        });
        for Worsened { template, evaluation, evaluations } in std::iter::once(found).chain(grown) {
            worst.evaluations += evaluations;
            if evaluation.excess > 0.0 && evaluator.refutes(statement, &evaluation.spec).is_some() {
                worst.counterexample = simplest(evaluator, statement, &evaluation.spec);
                return;
            }
            let entry = SeedInstance { template, evaluation };
            // Mutants are tried on a few long runs alone, those from where other runs end.
            if !entry.is_long() || start.frame.horizon == entry.template.frame.horizon {
                worst.found.push(entry.template.clone());
                pool.add(entry);
            }
        }
    }
}

/// Judges what looks like a violation, the largest first: a counterexample, or the largest that is none.
pub fn judge_apparent(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    apparent: &[(f64, CellSpec)],
    worst: &mut WorstInstance,
) {
    for (excess, spec) in apparent.iter().take(JUDGED) {
        let judged = evaluator.judge(statement, spec);
        let text = judged.text();
        if judged.violation().is_some() {
            worst.counterexample = simplest(evaluator, statement, spec);
            worst.apparent = None;
            return;
        }
        if worst.apparent.is_none() {
            worst.apparent =
                Some(Apparent { label: spec.to_string(), spec: spec.clone(), excess: *excess, judged: text });
        }
    }
}

/// The simplest instance that is violated as the given one is.
#[must_use]
pub fn simplest(evaluator: &InstanceEvaluator<'_>, statement: &Statement, spec: &CellSpec) -> Option<Shown> {
    let violated = |candidate: &CellSpec| evaluator.refutes(statement, candidate).is_some();
    let simple = shrink(spec, &Inside::of(statement), &violated);
    // Where the judgements are spent in between, what is shown already stands.
    shown(evaluator, statement, simple)
}

fn shown(evaluator: &InstanceEvaluator<'_>, statement: &Statement, spec: CellSpec) -> Option<Shown> {
    let outcome = evaluator.judge(statement, &spec).outcome()?;
    Some(Shown { label: spec.to_string(), spec, outcome })
}

/// Among equally tight instances that are not so trivially one with errors is preferred.
fn tightest(evaluator: &InstanceEvaluator<'_>, statement: &Statement, pool: &SeedInstances) -> Option<Shown> {
    let best = pool.entries.first()?.evaluation.merit;
    let allowed = |evaluation: &Evaluation| evaluation.merit >= best - LOSS.0 - LOSS.1 * best.abs();
    let mut near: Vec<&SeedInstance> = pool.entries.iter().filter(|entry| allowed(&entry.evaluation)).collect();
    near.sort_by_key(|entry| std::cmp::Reverse(entry.evaluation.spec.oracle.len().min(1)));
    let chosen = &near.first()?.evaluation.spec;
    let sources = chosen.oracle.len();
    let simple = shrink(chosen, &Inside::of(statement), &|candidate| {
        let keeps = candidate.oracle.len() == sources;
        keeps && evaluator.evaluate_at(statement, candidate.clone()).is_some_and(|evaluation| allowed(&evaluation))
    });
    shown(evaluator, statement, simple)
}
