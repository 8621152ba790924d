//! How tight a statement is as its quantities grow: the best that a search reaches with one number fixed.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::trial::Depth;
use crate::audit::search::climb::{Frozen, worsen};
use crate::audit::search::cma::SearchBudget;
use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate};
use crate::audit::search::inside::Inside;
use crate::audit::search::seed_instances::SeedInstances;
use crate::number::to_digits;
use crate::problem::free::Counted;
use crate::statement::Statement;
use crate::statement::term::Term;
use crate::verify::instances::Instance;

/// A table of one number of the instance against the tightness that is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// What is varied: a parameter, as a share of its range, `K`, or a number of the problem or the estimate by
    /// where the instance has it, as `/problem/condition` or `/oracle/0/size`.
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
    /// The instance's constants there (L, mu, B, C, the given ones, the derived ones), lower ends to six digits.
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
/// Values of the one count that is varied, that of the workers.
const NUMBERS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];
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
pub fn trends(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    pool: &SeedInstances,
    depth: Depth,
) -> Vec<Trend> {
    if !statement.general {
        return Vec::new();
    }
    let starts = starts(evaluator, statement, pool);
    let is_number = |value: &Option<Term>| matches!(value, Some(Term::Number(_)));
    let free = statement.parameters.iter().filter(|p| is_number(&p.lower.value) && p.upper.value.is_some());
    let mut axes: Vec<Axis> = free.map(|p| Axis::Parameter(p.name.clone())).collect();
    axes.push(Axis::Horizon);
    axes.extend(leaves(&starts).into_iter().map(Axis::Leaf));
    let trends = axes.into_par_iter().map(|axis| trend(evaluator, statement, &starts, &axis, depth));
    trends.filter(|trend| trend.points.len() > 1).collect()
}

/// The tightest instances of different kinds inside of what the statement lists, those with errors first, and
/// those that are tight trivially last.
fn starts(evaluator: &InstanceEvaluator<'_>, statement: &Statement, pool: &SeedInstances) -> Vec<InstanceTemplate> {
    let inside = Inside::of(statement);
    let mut different = pool.different();
    different.retain(|entry| inside.holds(&entry.evaluation.spec));
    different.sort_by_key(|entry| {
        let tight = entry.evaluation.is_trivial() || entry.evaluation.excess > -TRIVIAL;
        (entry.is_long(), entry.evaluation.spec.oracle.is_empty(), tight)
    });
    different.into_iter().filter_map(|entry| evaluator.template(statement, &entry.evaluation.spec)).collect()
}

/// Names of the numbers of the problems and the estimates, those that most instances have first.
fn leaves(starts: &[InstanceTemplate]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for template in starts {
        for (name, scalar) in template.frame.scalars() {
            let varied = match scalar.counts {
                None => scalar.value != 0.0,
                Some(counted) => counted == Counted::Workers,
            };
            if varied {
                *counts.entry(name).or_insert(0) += 1;
            }
        }
    }
    let mut leaves: Vec<(String, usize)> = counts.into_iter().collect();
    leaves.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    leaves.truncate(MOST_LEAVES);
    leaves.into_iter().map(|(name, _)| name).collect()
}

fn trend(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    starts: &[InstanceTemplate],
    axis: &Axis,
    depth: Depth,
) -> Trend {
    let name = match axis {
        Axis::Parameter(name) => name.clone(),
        Axis::Horizon => "K".to_owned(),
        Axis::Leaf(name) => name.clone(),
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
            .filter_map(|template| {
                let own = evaluator.evaluate(statement, &template)?;
                // A search would move the number that is held.
                if matches!(axis, Axis::Leaf(_)) {
                    return Some(own);
                }
                let budget =
                    SearchBudget { evaluations: depth.evaluations / 4, enough: f64::INFINITY, seed: position as u64 };
                let found = worsen(evaluator, statement, &template, Frozen::Parameters, budget);
                Some(found.map_or(own, |found| found.evaluation))
            })
            .max_by(|a, b| a.excess.total_cmp(&b.excess))?;
        point(evaluator, statement, (axis, position), &best)
    };
    Trend { axis: name, points: (0..count).filter_map(at).collect() }
}

fn moved(start: &InstanceTemplate, axis: &Axis, position: usize) -> Option<InstanceTemplate> {
    let mut template = start.clone();
    match axis {
        Axis::Parameter(name) => {
            template.fractions.insert(name.clone(), FRACTIONS[position]);
        }
        Axis::Horizon => template.frame.horizon = HORIZONS[position],
        Axis::Leaf(name) => {
            let known = start.frame.scalar(name)?;
            let value = if known.counts.is_some() { NUMBERS[position] } else { known.value * FACTORS[position] };
            template.frame = start.frame.with_scalar(name, value);
        }
    }
    Some(template)
}

fn point(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    (axis, position): (&Axis, usize),
    evaluation: &Evaluation,
) -> Option<TrendPoint> {
    let value = match axis {
        Axis::Parameter(_) => FRACTIONS[position],
        Axis::Horizon => evaluation.spec.horizon as f64,
        Axis::Leaf(name) => evaluation.spec.scalar(name)?.value,
    };
    let instance = Instance::on(statement, &evaluation.spec, evaluator.problem(&evaluation.spec.problem)?).ok()?;
    let constants = instance.constants().into_iter().map(|(name, [lower, _])| (name, to_digits(lower))).collect();
    Some(TrendPoint { value, ratio: evaluation.worst.ratio(), slack: to_digits(-evaluation.excess), constants })
}
