//! The worst instance of a statement that a search finds, and the counterexample where it is false.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bench::{Judged, Look, Recipe, Workbench};
use super::cma::Budget;
use super::grow::grow;
use super::inside::Inside;
use super::pool::{Pool, PoolMember};
use super::search::{Frozen, Worsened, worsen};
use super::shrink::shrink;
use super::trial::Depth;
use crate::preset::Preset;
use crate::statement::{Statement, StatementError};
use crate::verify::Outcome;
use crate::verify::instance::CellSpec;
use crate::verify::plan::Plan;

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
    pub found: Vec<Recipe>,
    /// Instances that the searches looked at.
    pub looked: u64,
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
    bench: &Workbench<'_>,
    statement: &Statement,
    pool: &mut Pool,
    depth: Depth,
) -> Result<WorstInstance, Box<StatementError>> {
    let mut worst = WorstInstance { nothing: pool.nothing.clone(), ..WorstInstance::default() };
    if worst.nothing.is_some() {
        return Ok(worst);
    }
    let violated = suite(bench, statement, depth, &mut worst)?;
    worst.counterexample = violated.and_then(|spec| simplest(bench, statement, &spec));
    if worst.counterexample.is_none() && statement.general {
        search(bench, statement, pool, depth, &mut worst);
    }
    if worst.counterexample.is_none() {
        let apparent: Vec<(f64, CellSpec)> = pool
            .entries
            .iter()
            .filter(|entry| entry.look.excess > 0.0)
            .map(|entry| (entry.look.excess, entry.look.spec.clone()))
            .collect();
        judge_apparent(bench, statement, &apparent, &mut worst);
    }
    worst.trivial = pool.entries.iter().filter(|entry| entry.look.is_trivial()).count();
    if worst.counterexample.is_none() {
        worst.tightest = tightest(bench, statement, pool);
        // What binary64 calls an equality may be none.
        if worst.tightest.as_ref().is_some_and(|shown| shown.outcome.verdict == crate::inference::Verdict::Violated) {
            worst.counterexample = worst.tightest.take();
        }
    }
    Ok(worst)
}

/// Everything that `check` looks at, judged as it judges; the first cell that is violated.
fn suite(
    bench: &Workbench<'_>,
    statement: &Statement,
    depth: Depth,
    worst: &mut WorstInstance,
) -> Result<Option<CellSpec>, Box<StatementError>> {
    let presets: &[Preset] = if depth.whole_suite { &[Preset::Quick, Preset::Default] } else { &[Preset::Quick] };
    let mut known: Vec<CellSpec> = Vec::new();
    for preset in presets {
        let mut specs: Vec<CellSpec> = Plan::new(statement, *preset)?.cells.into_iter().map(|cell| cell.spec).collect();
        specs.retain(|spec| !known.contains(spec));
        let judged = bench.judge_all(statement, &specs, &preset.effort());
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
fn search(bench: &Workbench<'_>, statement: &Statement, pool: &mut Pool, depth: Depth, worst: &mut WorstInstance) {
    let long = pool.entries.iter().filter(|entry| entry.is_long() && entry.recipe.witness.is_none());
    let long: Vec<Recipe> = long.take(LONG_STARTS).map(|entry| entry.recipe.clone()).collect();
    let short = pool.different().into_iter().filter(|entry| !entry.is_long()).take(STARTS);
    let starts: Vec<Recipe> = long.into_iter().chain(short.map(|entry| entry.recipe.clone())).collect();
    for (i, start) in starts.iter().enumerate() {
        let frozen = if i % 2 == 0 { Frozen::Parameters } else { Frozen::Nothing };
        // Any violation is enough: it is judged, and shrunk.
        let budget = Budget { evaluations: depth.evaluations, enough: 1e-6, seed: i as u64 };
        let Some(found) = worsen(bench, statement, start, frozen, budget) else { continue };
        let grown = grow(bench, statement, &found.recipe).map(|(recipe, look)| {
            let again = if look.is_long() { None } else { worsen(bench, statement, &recipe, frozen, budget) };
            again.unwrap_or(Worsened { recipe, look, looked: 0 })
        });
        for Worsened { recipe, look, looked } in std::iter::once(found).chain(grown) {
            worst.looked += looked;
            if look.excess > 0.0 && bench.refutes(statement, &look.spec).is_some() {
                worst.counterexample = simplest(bench, statement, &look.spec);
                return;
            }
            let entry = PoolMember { recipe, look };
            // Mutants are tried on a few long runs alone, those from where other runs end.
            if !entry.is_long() || start.frame.horizon == entry.recipe.frame.horizon {
                worst.found.push(entry.recipe.clone());
                pool.add(entry);
            }
        }
    }
}

/// Judges what looks like a violation, the largest first: a counterexample, or the largest that is none.
pub fn judge_apparent(
    bench: &Workbench<'_>,
    statement: &Statement,
    apparent: &[(f64, CellSpec)],
    worst: &mut WorstInstance,
) {
    for (excess, spec) in apparent.iter().take(JUDGED) {
        let judged = bench.judge(statement, spec);
        let text = judged.text();
        if judged.violation().is_some() {
            worst.counterexample = simplest(bench, statement, spec);
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
pub fn simplest(bench: &Workbench<'_>, statement: &Statement, spec: &CellSpec) -> Option<Shown> {
    let violated = |candidate: &CellSpec| bench.refutes(statement, candidate).is_some();
    let simple = shrink(spec, &Inside::of(statement), &violated);
    // Where the judgements are spent in between, what is shown already stands.
    shown(bench, statement, simple)
}

fn shown(bench: &Workbench<'_>, statement: &Statement, spec: CellSpec) -> Option<Shown> {
    let outcome = bench.judge(statement, &spec).outcome()?;
    Some(Shown { label: spec.to_string(), spec, outcome })
}

/// Among equally tight instances that are not so trivially one with errors is preferred.
fn tightest(bench: &Workbench<'_>, statement: &Statement, pool: &Pool) -> Option<Shown> {
    let best = pool.entries.first()?.look.merit;
    let allowed = |look: &Look| look.merit >= best - LOSS.0 - LOSS.1 * best.abs();
    let mut near: Vec<&PoolMember> = pool.entries.iter().filter(|entry| allowed(&entry.look)).collect();
    near.sort_by_key(|entry| std::cmp::Reverse(entry.look.spec.oracle.len().min(1)));
    let chosen = &near.first()?.look.spec;
    let sources = chosen.oracle.len();
    let simple = shrink(chosen, &Inside::of(statement), &|candidate| {
        let keeps = candidate.oracle.len() == sources;
        keeps && bench.look_at(statement, candidate.clone()).is_some_and(|look| allowed(&look))
    });
    shown(bench, statement, simple)
}
