//! The worst instance of a statement that a search finds, and the counterexample where it is false.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bench::{Look, Recipe, Workbench};
use super::cma::Budget;
use super::pool::{Entry, Pool};
use super::search::{Frozen, Worsened, worsen};
use super::shrink::shrink;
use super::trial::Depth;
use crate::statement::Statement;
use crate::verify::Outcome;
use crate::verify::instance::CellSpec;

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

/// The end of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Worst {
    /// An instance that violates the statement, as simple as it could be made.
    pub counterexample: Option<Shown>,
    /// The tightest instance, as simple as it could be made at nearly the same tightness.
    pub tightest: Option<Shown>,
    /// What the searches found, to try mutants on.
    #[schemars(skip)]
    pub found: Vec<Recipe>,
    /// Instances that the searches looked at.
    pub looked: u64,
}

/// Kinds of instances that a search starts from.
const STARTS: usize = 8;
/// What the shrunk instance may lose of its tightness, as a share of the scale, and as a share of the room.
const LOSS: (f64, f64) = (1e-12, 1e-2);

/// Searches for the worst instance of the statement from the tightest ones of the pool, which it extends.
#[must_use]
pub fn worst(bench: &Workbench<'_>, statement: &Statement, pool: &mut Pool, depth: Depth) -> Worst {
    let mut found: Vec<Worsened> = Vec::new();
    if statement.general {
        let starts: Vec<Recipe> = pool.different().into_iter().take(STARTS).map(|e| e.recipe.clone()).collect();
        for (i, start) in starts.iter().enumerate() {
            let frozen = if i % 2 == 0 { Frozen::Parameters } else { Frozen::Nothing };
            // Any violation is enough: it is judged, and shrunk.
            let budget = Budget { evaluations: depth.evaluations, enough: 1e-6, seed: i as u64 };
            found.extend(worsen(bench, statement, start, frozen, budget));
        }
    }
    let recipes = found.iter().map(|worst| worst.recipe.clone()).collect();
    let looked = found.iter().map(|worst| worst.looked).sum();
    for Worsened { recipe, look, .. } in found {
        pool.add(Entry { recipe, look });
    }
    let counterexample = counterexample(bench, statement, pool);
    let tightest = match counterexample {
        Some(_) => None,
        None => tightest(bench, statement, pool),
    };
    Worst { counterexample, tightest, found: recipes, looked }
}

/// Apparent violations that are judged.
const JUDGED: usize = 8;

fn counterexample(bench: &Workbench<'_>, statement: &Statement, pool: &Pool) -> Option<Shown> {
    let apparent = pool.entries.iter().filter(|entry| entry.look.excess > 0.0).take(JUDGED);
    let spec = apparent.map(|e| &e.look.spec).find(|spec| bench.refutes(statement, spec).is_some())?;
    let simple = shrink(spec, &|candidate| bench.refutes(statement, candidate).is_some());
    shown(bench, statement, simple)
}

fn shown(bench: &Workbench<'_>, statement: &Statement, spec: CellSpec) -> Option<Shown> {
    let outcome = bench.judge(statement, &spec)?;
    Some(Shown { label: spec.to_string(), spec, outcome })
}

/// Among equally tight instances one with errors is preferred.
fn tightest(bench: &Workbench<'_>, statement: &Statement, pool: &Pool) -> Option<Shown> {
    let best = pool.entries.first()?.look.excess;
    let allowed = |look: &Look| look.excess >= best - LOSS.0 - LOSS.1 * best.abs();
    let mut near: Vec<&Entry> = pool.entries.iter().filter(|entry| allowed(&entry.look)).collect();
    near.sort_by_key(|entry| std::cmp::Reverse(entry.look.spec.oracle.len().min(1)));
    let chosen = &near.first()?.look.spec;
    let sources = chosen.oracle.len();
    let simple = shrink(chosen, &|candidate| {
        let keeps = candidate.oracle.len() == sources;
        keeps && bench.look_at(statement, candidate.clone()).is_some_and(|look| allowed(&look))
    });
    shown(bench, statement, simple)
}
