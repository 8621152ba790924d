//! Both sides of a claim along k or K: a picture of an instance, no evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approximation::Approximation;
use super::instance::Instance;
use super::survey::survey;
use super::{Cell, CheckFailure, Judging};
use crate::number::to_digits;
use crate::oracle::StreamKey;
use crate::statement::{Claim, Statement, Subject};

/// What the places of a curve are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Abscissa {
    /// The claim's index.
    #[serde(rename = "k")]
    Step,
    /// K, where the claim speaks of the whole run.
    #[serde(rename = "K")]
    Horizon,
    /// The number of a point at which the estimate is looked at; neighbours have nothing to do with each other.
    #[serde(rename = "point")]
    Point,
}

/// Both sides of a claim on one instance, in numbers of six digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Which claim of the statement, from 1.
    pub claim: usize,
    /// What `at` counts.
    pub over: Abscissa,
    /// The places, ascending; at most 64.
    pub at: Vec<i64>,
    /// The left-hand side at each place.
    pub lhs: Vec<f64>,
    /// The right-hand side.
    pub rhs: Vec<f64>,
    /// How far rounding or sampling may have moved the sides, at each place: of sampled expectations five standard
    /// errors. Left out where it is below the digits shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubt: Vec<f64>,
}

/// Most places of a curve.
pub const MOST_PLACES: usize = 64;
/// Horizons at which expectations are sampled, for want of better the whole run each time.
const SAMPLED_HORIZONS: usize = 8;
/// The doubt that the digits kept leave.
const SHOWN_DOUBT: f64 = 1e-5;

/// The curves of a cell: one for each claim that has sides in binary64.
#[must_use]
pub fn curves(cell: &Cell<'_>, judging: Judging<'_>) -> Vec<Curve> {
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    let glances = along_horizons(&cell.instance, &key, judging).unwrap_or_default();
    let of_claim = |(number, claim)| of_claim(cell.statement, number, claim, &glances);
    cell.statement.claims.iter().enumerate().filter_map(of_claim).collect()
}

/// What a look at the instance shows; where samples show its horizon alone, also some shorter ones.
fn along_horizons(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
) -> Result<Vec<Approximation>, CheckFailure> {
    let mut glances = survey(instance, key, judging)?;
    let sampled_alone = glances.iter().any(|glance| glance.sampling > 0.0);
    if sampled_alone && !instance.depends_on_horizon() {
        for horizon in spread(instance.horizon, SAMPLED_HORIZONS) {
            if horizon < instance.horizon {
                glances.extend(survey(&instance.shortened(horizon), key, judging)?);
            }
        }
    }
    Ok(glances)
}

fn of_claim(statement: &Statement, number: usize, claim: &Claim, glances: &[Approximation]) -> Option<Curve> {
    let over = match (statement.subject, &claim.quantifier) {
        (Subject::Estimate, _) => Abscissa::Point,
        (_, Some(_)) => Abscissa::Step,
        (_, None) => Abscissa::Horizon,
    };
    // One run; of an index that several K have, that of the largest.
    let mut places: BTreeMap<i64, &Approximation> = BTreeMap::new();
    for glance in glances.iter().filter(|glance| glance.claim == number && (glance.replicate, glance.row) == (0, 0)) {
        let kept = places.entry(glance.k).or_insert(glance);
        if glance.horizon > kept.horizon {
            *kept = glance;
        }
    }
    let all: Vec<(i64, &Approximation)> = places.into_iter().collect();
    let shown: Vec<&(i64, &Approximation)> = spread(all.len(), MOST_PLACES).into_iter().map(|n| &all[n - 1]).collect();
    let mut doubt: Vec<f64> = shown.iter().map(|(_, glance)| to_digits(glance.rounding + glance.sampling)).collect();
    if shown.iter().zip(&doubt).all(|((_, glance), doubt)| *doubt <= SHOWN_DOUBT * glance.scale) {
        doubt.clear();
    }
    (!shown.is_empty()).then(|| Curve {
        claim: number + 1,
        over,
        at: shown.iter().map(|(k, _)| *k).collect(),
        lhs: shown.iter().map(|(_, glance)| to_digits(glance.lhs)).collect(),
        rhs: shown.iter().map(|(_, glance)| to_digits(glance.rhs)).collect(),
        doubt,
    })
}

/// At most `most` of the numbers from 1 to `count`, first and last included, in about equal ratios.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (1..=count).collect();
    }
    let at = |i: usize| (count as f64).powf(i as f64 / (most - 1) as f64).round() as usize;
    let mut chosen: Vec<usize> = (0..most).map(at).collect();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests;
