//! Both sides of a claim along k or K: a picture of an instance, no evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::to_digits;
use crate::oracle::StreamKey;
use crate::statement::{Claim, Statement, Subject};
use crate::verify::approximating::approximate::approximate;
use crate::verify::approximating::approximation::Approximation;
use crate::verify::instances::Instance;
use crate::verify::{Cell, CheckFailure, Judging};

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
    let approximations = along_horizons(&cell.instance, &key, judging).unwrap_or_default();
    let of_claim = |(number, claim)| of_claim(cell.statement, number, claim, &approximations);
    cell.statement.claims.iter().enumerate().filter_map(of_claim).collect()
}

/// What a look at the instance shows; where samples show its horizon alone, also some shorter ones.
fn along_horizons(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
) -> Result<Vec<Approximation>, CheckFailure> {
    let mut approximations = approximate(instance, key, judging)?;
    let sampled_alone = approximations.iter().any(|approximation| approximation.sampling > 0.0);
    if sampled_alone && !instance.depends_on_horizon() {
        for horizon in spread(instance.horizon, SAMPLED_HORIZONS) {
            if horizon < instance.horizon {
                approximations.extend(approximate(&instance.shortened(horizon), key, judging)?);
            }
        }
    }
    Ok(approximations)
}

fn of_claim(statement: &Statement, number: usize, claim: &Claim, approximations: &[Approximation]) -> Option<Curve> {
    let over = match (statement.subject, &claim.quantifier) {
        (Subject::Estimate, _) => Abscissa::Point,
        (_, Some(_)) => Abscissa::Step,
        (_, None) => Abscissa::Horizon,
    };
    // One run; of an index that several K have, that of the largest.
    let mut places: BTreeMap<i64, &Approximation> = BTreeMap::new();
    for approximation in approximations
        .iter()
        .filter(|approximation| approximation.claim == number && (approximation.replicate, approximation.row) == (0, 0))
    {
        let kept = places.entry(approximation.k).or_insert(approximation);
        if approximation.horizon > kept.horizon {
            *kept = approximation;
        }
    }
    let all: Vec<(i64, &Approximation)> = places.into_iter().collect();
    let shown: Vec<&(i64, &Approximation)> = spread(all.len(), MOST_PLACES).into_iter().map(|n| &all[n - 1]).collect();
    let mut doubt: Vec<f64> =
        shown.iter().map(|(_, approximation)| to_digits(approximation.rounding + approximation.sampling)).collect();
    if shown.iter().zip(&doubt).all(|((_, approximation), doubt)| *doubt <= SHOWN_DOUBT * approximation.scale) {
        doubt.clear();
    }
    (!shown.is_empty()).then(|| Curve {
        claim: number + 1,
        over,
        at: shown.iter().map(|(k, _)| *k).collect(),
        lhs: shown.iter().map(|(_, approximation)| to_digits(approximation.lhs)).collect(),
        rhs: shown.iter().map(|(_, approximation)| to_digits(approximation.rhs)).collect(),
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
