//! How a comparison is told: in words that are true whatever was rounded.

use std::collections::BTreeMap;

use crate::verify::{Outcome, Sampling, Unsettled, Worst};

/// The worst comparison of a cell and where it was, where there is one.
#[must_use]
pub fn worst(outcome: &Outcome) -> Option<String> {
    let worst = outcome.worst.as_ref()?;
    Some(format!("{} in {}", sides(worst, outcome.sampling.as_ref()), place(worst.claim, worst.k, worst.horizon)))
}

/// Where a comparison is.
#[must_use]
pub fn place(claim: usize, k: i64, horizon: usize) -> String {
    format!("claim {claim} at k = {k}, K = {horizon}")
}

/// Vectors by name with their coordinates, or their norm: the points first, then what follows from them.
#[must_use]
pub fn vectors(vectors: &BTreeMap<String, Vec<String>>) -> String {
    // What the method names besides stands between the point and the error.
    let order = ["x", "grad", "", "e", "b", "nu"];
    let rank = |name: &str| order.iter().position(|known| *known == name.trim_matches('|')).unwrap_or(2);
    let mut named: Vec<(&String, &Vec<String>)> = vectors.iter().collect();
    named.sort_by_key(|(name, _)| rank(name));
    let one = |(name, coordinates): (&String, &Vec<String>)| match (name.starts_with('|'), &coordinates[..]) {
        (true, [norm]) => format!("{name} = {norm}"),
        _ => format!("{name} = [{}]", coordinates.join(", ")),
    };
    named.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The two sides of the worst comparison of a cell, where there is one.
#[must_use]
pub fn sides_of(outcome: &Outcome) -> Option<String> {
    outcome.worst.as_ref().map(|worst| sides(worst, outcome.sampling.as_ref()))
}

/// What was left without a decision, as `what`.
pub(super) fn unsettled(left: &Unsettled, what: &str) -> String {
    let s = if left.count == 1 { "" } else { "s" };
    format!("{} comparison{s} {what}, first {}: {}", left.count, place(left.claim, left.k, left.horizon), left.cause)
}

/// The two sides: the relation that was decided, else limits, else what they are near.
fn sides(worst: &Worst, sampling: Option<&Sampling>) -> String {
    if let Some(relation) = &worst.relation {
        return relation.to_string();
    }
    let side = |name: &str, [low, high]: [f64; 2]| {
        if low == high { format!("{name} near {}", limit(low)) } else { format!("{name} in {}", interval([low, high])) }
    };
    match sampling {
        // What decides is the test, not these limits.
        Some(sampling) => {
            let limits = match worst.lhs {
                [low, high] if low == high => String::new(),
                limits => format!(", limits {}", interval(limits)),
            };
            format!(
                "sample mean of lhs {} over {} replicates{limits}; {}",
                limit(sampling.mean),
                sampling.replicates,
                side("rhs", worst.rhs)
            )
        }
        None => format!("{}, {}", side("lhs", worst.lhs), side("rhs", worst.rhs)),
    }
}

fn interval([low, high]: [f64; 2]) -> String {
    format!("[{}, {}]", limit(low), limit(high))
}

/// All digits of a limit; the largest numbers of binary64 stand for all beyond.
pub(super) fn limit(x: f64) -> String {
    if x.abs() == f64::MAX {
        format!("(beyond {x:.1e})")
    } else if x == 0.0 || (1e-4..1e7).contains(&x.abs()) {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Relation;

    fn compared(lhs: [f64; 2], rhs: [f64; 2]) -> Worst {
        Worst { claim: 2, k: 3, horizon: 5, lhs, rhs, ratio: None, slack: None, relation: None }
    }

    fn sampled(mean: f64) -> Sampling {
        Sampling {
            replicates: 100,
            mean,
            standard_deviation: None,
            log_e_values: [0.0; 2],
            upper_bound: None,
            confirmed: None,
            precision_check: None,
        }
    }

    #[test]
    fn a_decided_relation_is_told_as_it_was_decided() {
        let relation = |sign: &str, difference: Option<&str>| Relation {
            lhs: "0.25".into(),
            sign: sign.into(),
            rhs: "0.5".into(),
            difference: difference.map(str::to_owned),
        };
        let told = |relation| sides(&Worst { relation: Some(relation), ..compared([0.0; 2], [1.0; 2]) }, None);
        assert_eq!(told(relation("<=", None)), "lhs 0.25 <= rhs 0.5");
        assert_eq!(told(relation("!=", Some("0.25"))), "lhs 0.25 != rhs 0.5, which differ by at least 0.25");
    }

    #[test]
    fn what_has_no_decided_relation_is_told_without_one() {
        for (lhs, rhs) in [([0.3, 0.3], [0.30000000000000004, 0.30000000000000004]), ([0.0, 0.0], [1.0, 1.0])] {
            for sampling in [None, Some(sampled(0.3))] {
                let text = sides(&compared(lhs, rhs), sampling.as_ref());
                assert!(!text.contains(['<', '>', '=']), "{text}");
            }
        }
        let text = sides(&compared([0.5, 1.5], [1.0, 1.0]), Some(&sampled(1.23)));
        assert_eq!(text, "sample mean of lhs 1.23 over 100 replicates, limits [0.5, 1.5]; rhs near 1");
        let text = sides(&compared([0.5, f64::MAX], [1e-9, 2e-9]), None);
        assert_eq!(text, "lhs in [0.5, (beyond 1.8e308)], rhs in [1e-9, 2e-9]");
    }
}
