//! How tight a statement is as its quantities grow: the best that a search reaches with one number fixed.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bench::{Look, Recipe, Workbench};
use super::cma::Budget;
use super::pool::Pool;
use super::search::{Frozen, worsen};
use super::trial::Depth;
use crate::statement::Statement;
use crate::statement::term::Term;
use crate::verify::instance::Instance;

/// A table of one number of the instance against the tightness that is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// What is varied: a parameter, as a share of its range, `K`, or a number of the problem or the estimate by
    /// its JSON pointer.
    pub axis: String,
    /// In the order of the axis.
    pub points: Vec<TrendPoint>,
}

/// One point of a trend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendPoint {
    /// The number on the axis.
    pub value: f64,
    /// Largest lhs/rhs reached, where both sides are nonnegative.
    pub ratio: Option<f64>,
    /// Least (rhs − lhs) over the sum of the absolute values of both sides' terms reached.
    pub slack: f64,
    /// The instance's constants there (L, mu, B, C, the given ones, the derived ones), lower ends.
    pub constants: BTreeMap<String, f64>,
}

/// Fractions of a parameter's range.
const FRACTIONS: [f64; 6] = [0.01, 0.1, 0.25, 0.5, 0.75, 0.95];
const HORIZONS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Factors of a number of the problem or the estimate.
const FACTORS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];
/// Instances that a point starts from.
const STARTS: usize = 4;
/// Numbers of the problem and the estimate that are varied.
const MOST_LEAVES: usize = 8;
/// The one count that is varied, and its values.
const WORKERS: &str = "/workers";
const NUMBERS: [u64; 5] = [1, 2, 4, 8, 16];
/// Below this share of the scale an instance is tight trivially, and says nothing of a trend.
const TRIVIAL: f64 = 1e-9;

/// What is varied, and where.
enum Axis {
    Parameter(String),
    Horizon,
    Leaf(String),
}

/// The trends of a statement.
#[must_use]
pub fn trends(bench: &Workbench<'_>, statement: &Statement, pool: &Pool, depth: Depth) -> Vec<Trend> {
    if !statement.general {
        return Vec::new();
    }
    let starts = starts(bench, statement, pool);
    let is_number = |value: &Option<Term>| matches!(value, Some(Term::Number(_)));
    let free = statement.parameters.iter().filter(|p| is_number(&p.lower.value) && p.upper.value.is_some());
    let mut axes: Vec<Axis> = free.map(|p| Axis::Parameter(p.name.clone())).collect();
    axes.push(Axis::Horizon);
    axes.extend(leaves(&starts).into_iter().map(Axis::Leaf));
    let trends = axes.into_par_iter().map(|axis| trend(bench, statement, &starts, &axis, depth));
    trends.filter(|trend| trend.points.len() > 1).collect()
}

/// The tightest instances of different kinds, those with errors first, and those that are tight trivially last.
fn starts(bench: &Workbench<'_>, statement: &Statement, pool: &Pool) -> Vec<Recipe> {
    let mut different = pool.different();
    different.sort_by_key(|entry| (entry.look.spec.oracle.is_empty(), entry.look.excess > -TRIVIAL));
    different.into_iter().filter_map(|entry| bench.recipe(statement, &entry.look.spec)).collect()
}

/// Pointers of the numbers of the problems and the estimates, those that most instances have first.
fn leaves(starts: &[Recipe]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for recipe in starts {
        let Ok(value) = serde_json::to_value(&recipe.frame) else { continue };
        for part in ["problem", "oracle"] {
            super::shrink::collect(&value[part], format!("/{part}"), &mut |pointer, number| {
                let varied = (number.is_f64() && number.as_f64() != Some(0.0)) || pointer.ends_with(WORKERS);
                // A number in a list means something else in another list.
                if varied && !pointer.ends_with(|c: char| c.is_ascii_digit()) {
                    *counts.entry(pointer.to_owned()).or_insert(0) += 1;
                }
            });
        }
    }
    let mut leaves: Vec<(String, usize)> = counts.into_iter().collect();
    leaves.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    leaves.truncate(MOST_LEAVES);
    leaves.into_iter().map(|(pointer, _)| pointer).collect()
}

fn trend(bench: &Workbench<'_>, statement: &Statement, starts: &[Recipe], axis: &Axis, depth: Depth) -> Trend {
    let name = match axis {
        Axis::Parameter(name) => name.clone(),
        Axis::Horizon => "K".to_owned(),
        Axis::Leaf(pointer) => pointer.clone(),
    };
    let count = match axis {
        Axis::Parameter(_) => FRACTIONS.len(),
        Axis::Horizon => HORIZONS.len(),
        Axis::Leaf(_) => FACTORS.len(),
    };
    let at = |position: usize| -> Option<TrendPoint> {
        let best = starts
            .iter()
            .filter_map(|start| moved(start, axis, position))
            .take(STARTS)
            .filter_map(|recipe| {
                let own = bench.look(statement, &recipe)?;
                // A search would move the number that is held.
                if matches!(axis, Axis::Leaf(_)) {
                    return Some(own);
                }
                let budget =
                    Budget { evaluations: depth.evaluations / 4, enough: f64::INFINITY, seed: position as u64 };
                let found = worsen(bench, statement, &recipe, Frozen::Parameters, budget);
                Some(found.map_or(own, |found| found.look))
            })
            .max_by(|a, b| a.excess.total_cmp(&b.excess))?;
        point(bench, statement, (axis, position), &best)
    };
    Trend { axis: name, points: (0..count).filter_map(at).collect() }
}

fn moved(start: &Recipe, axis: &Axis, position: usize) -> Option<Recipe> {
    let mut recipe = start.clone();
    match axis {
        Axis::Parameter(name) => {
            recipe.fractions.insert(name.clone(), FRACTIONS[position]);
        }
        Axis::Horizon => recipe.frame.horizon = HORIZONS[position],
        Axis::Leaf(pointer) => {
            let mut frame = serde_json::to_value(&recipe.frame).ok()?;
            let slot = frame.pointer_mut(pointer)?;
            *slot = if pointer.ends_with(WORKERS) {
                serde_json::json!(NUMBERS[position])
            } else {
                serde_json::json!(slot.as_f64()? * FACTORS[position])
            };
            recipe.frame = serde_json::from_value(frame).ok()?;
        }
    }
    Some(recipe)
}

fn point(
    bench: &Workbench<'_>,
    statement: &Statement,
    (axis, position): (&Axis, usize),
    look: &Look,
) -> Option<TrendPoint> {
    let value = match axis {
        Axis::Parameter(_) => FRACTIONS[position],
        Axis::Horizon => look.spec.horizon as f64,
        Axis::Leaf(pointer) => serde_json::to_value(&look.spec).ok()?.pointer(pointer)?.as_f64()?,
    };
    let instance = Instance::on(statement, &look.spec, bench.problem(&look.spec.problem)?).ok()?;
    let constants = instance.constants().into_iter().map(|(name, [lower, _])| (name, lower)).collect();
    Some(TrendPoint { value, ratio: look.worst.ratio(), slack: -look.excess, constants })
}
