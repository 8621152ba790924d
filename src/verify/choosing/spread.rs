//! A part of the suite's cells that still has of everything something: what `--quick` checks.

use std::collections::BTreeSet;

use crate::verify::Cell;
use crate::verify::choosing::parameter_values::candidate_numbers;

/// A cell of the suite and what is to be known of it to choose among many.
pub(crate) struct Candidate<'a> {
    /// Which claims are compared on it.
    pub compared: Vec<bool>,
    pub cell: Cell<'a>,
    /// What it has in it, each as a name: alone, and two of them together.
    features: [BTreeSet<String>; 2],
    /// What one of its runs costs, about.
    cost: u64,
}

impl<'a> Candidate<'a> {
    /// Of a cell whose parameters are those of that choice.
    pub fn new(compared: Vec<bool>, cell: Cell<'a>, choice: usize) -> Self {
        let Cell { statement, spec, instance } = &cell;
        let problem = instance.problem.as_ref();
        let sources: Vec<String> = spec.oracle.iter().map(ToString::to_string).collect();
        let family = format!("family {}", problem.family());
        let source = format!("sources {}", sources.join(" + "));
        let start = format!("start {:?}", spec.start);
        let horizon = format!("K {}", spec.horizon);
        let values = candidate_numbers(statement, choice).into_iter().map(|(name, number)| format!("{name} {number}"));
        let claims = compared.iter().enumerate().filter(|(_, compared)| **compared).map(|(c, _)| format!("claim {c}"));
        let pair = |a: &String, b: &String| format!("{a} and {b}");
        let pairs = [pair(&family, &source), pair(&family, &horizon), pair(&source, &horizon), pair(&source, &start)];
        let alone = [family, source, start, horizon].into_iter().chain(values).chain(claims).collect();
        let cost = problem.work().saturating_mul(spec.horizon as u64);
        Candidate { compared, cell, features: [alone, pairs.into_iter().collect()], cost }
    }
}

/// At most `count` of the cells, in their order. Each next one has as much as possible that the ones before it have
/// not, first alone, then in pairs; among equals the cheapest is taken, then the first.
pub(crate) fn spread(candidates: Vec<Candidate<'_>>, count: usize) -> Vec<Candidate<'_>> {
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    while chosen.len() < count.min(candidates.len()) {
        let new = |i: usize| {
            let unseen = |kind: usize| candidates[i].features[kind].difference(&seen[kind]).count();
            (unseen(0), unseen(1), std::cmp::Reverse(candidates[i].cost), std::cmp::Reverse(i))
        };
        let Some(best) = (0..candidates.len()).filter(|i| !chosen.contains(i)).max_by_key(|i| new(*i)) else { break };
        for (seen, features) in seen.iter_mut().zip(&candidates[best].features) {
            seen.extend(features.iter().cloned());
        }
        chosen.insert(best);
    }
    let kept = candidates.into_iter().enumerate().filter(|(i, _)| chosen.contains(i));
    kept.map(|(_, candidate)| candidate).collect()
}
