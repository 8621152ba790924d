//! The simplest instance that still shows something: fewer steps, coordinates, workers and sources, and
//! numbers that a person can work with.

use crate::audit::search::inside::Inside;
use crate::problem::free::Free;
use crate::verify::instances::CellSpec;

/// Rounds of all reductions; each must simplify something.
const ROUNDS: usize = 12;
/// Most bits of a number that is still called simple.
const MOST_BITS: i32 = 12;

/// The simplest instance found from `spec` that `shows` what it shows, inside what a statement lists. An
/// instance that is not inside, a witness of a family of its own, is left alone.
#[must_use]
pub fn shrink(spec: &CellSpec, inside: &Inside, shows: &dyn Fn(&CellSpec) -> bool) -> CellSpec {
    let shows = |candidate: &CellSpec| inside.holds(candidate) && shows(candidate);
    let mut best = CellSpec { witness: None, ..spec.clone() };
    if !shows(&best) {
        return spec.clone();
    }
    for _ in 0..ROUNDS {
        let before = best.clone();
        while let Some(smaller) = smaller(&best).into_iter().find(&shows) {
            best = smaller;
        }
        simplify_numbers(&mut best, &shows);
        if best == before {
            break;
        }
    }
    best
}

fn smaller(spec: &CellSpec) -> Vec<CellSpec> {
    let mut candidates = Vec::new();
    let mut horizons = vec![1, spec.horizon / 2, spec.horizon - 1];
    horizons.retain(|k| (1..spec.horizon).contains(k));
    candidates.extend(horizons.into_iter().map(|horizon| CellSpec { horizon, ..spec.clone() }));
    if spec.point.is_some() {
        candidates.push(CellSpec { point: None, ..spec.clone() });
    }
    for i in 0..spec.oracle.len() {
        let mut fewer = spec.clone();
        fewer.oracle.remove(i);
        candidates.push(fewer);
    }
    let (dimension, workers) = (spec.problem.dimension(), spec.problem.workers());
    candidates.extend((0..dimension).filter(|_| dimension > 1).map(|j| without_coordinate(spec, j)));
    for i in (0..workers).filter(|_| workers > 1) {
        let mut fewer = spec.clone();
        fewer.problem.remove_worker(i);
        candidates.push(fewer);
    }
    candidates.extend(spec.problem.fewer().into_iter().map(|problem| CellSpec { problem, ..spec.clone() }));
    for (i, source) in spec.oracle.iter().enumerate() {
        for fewer in source.fewer() {
            let mut candidate = spec.clone();
            candidate.oracle[i] = fewer;
            candidates.push(candidate);
        }
    }
    candidates
}

/// The instance without one coordinate of everything.
#[must_use]
pub fn without_coordinate(spec: &CellSpec, j: usize) -> CellSpec {
    let mut fewer = spec.clone();
    fewer.problem.remove_coordinate(j);
    fewer.oracle.iter_mut().for_each(|source| source.remove_coordinate(j));
    if let Some(point) = fewer.point.as_mut().filter(|point| j < point.len()) {
        point.remove(j);
    }
    fewer
}

/// Gives every free number the shortest value that still shows it.
fn simplify_numbers(spec: &mut CellSpec, shows: &dyn Fn(&CellSpec) -> bool) {
    let names: Vec<String> = spec.parameters.keys().cloned().collect();
    for name in names {
        simplify(spec, shows, spec.parameters[&name], &|spec, x| {
            spec.parameters.insert(name.clone(), x);
        });
    }
    let numbers = spec.problem.free_numbers();
    for j in 0..numbers.len() {
        let Some(x) = spec.problem.free_numbers().get(j).copied() else { break };
        simplify(spec, shows, x, &|spec, x| set_one(&mut spec.problem, j, x));
    }
    for i in 0..spec.oracle.len() {
        for j in 0..spec.oracle[i].free_numbers().len() {
            let Some(x) = spec.oracle[i].free_numbers().get(j).copied() else { break };
            simplify(spec, shows, x, &|spec, x| set_one(&mut spec.oracle[i], j, x));
        }
    }
    for j in 0..spec.point.as_ref().map_or(0, Vec::len) {
        let x = spec.point.as_ref().map_or(0.0, |point| point[j]);
        simplify(spec, shows, x, &|spec, x| {
            if let Some(point) = &mut spec.point {
                point[j] = x;
            }
        });
    }
}

/// Sets one free number, where that value is one that it may have.
fn set_one<T: Free>(part: &mut T, j: usize, x: f64) {
    let mut numbers = part.free_numbers();
    numbers[j] = x;
    let changed = part.with_free_numbers(&numbers);
    if changed.free_numbers().get(j) == Some(&x) {
        *part = changed;
    }
}

/// Sets a number to the shortest value that still shows it.
fn simplify(spec: &mut CellSpec, shows: &dyn Fn(&CellSpec) -> bool, x: f64, set: &dyn Fn(&mut CellSpec, f64)) {
    for simple in simpler(x) {
        let mut candidate = spec.clone();
        set(&mut candidate, simple);
        if candidate != *spec && shows(&candidate) {
            *spec = candidate;
            return;
        }
    }
}

/// Simpler numbers in place of x, the simplest first; none where x is simple.
fn simpler(x: f64) -> Vec<f64> {
    if x == 0.0 {
        return Vec::new();
    }
    let mut simpler = vec![0.0, x.signum()];
    for bits in 0..=MOST_BITS {
        // x to so many bits after the first.
        let unit = 2f64.powi(x.abs().log2().floor() as i32 - bits);
        simpler.push((x / unit).round() * unit);
        simpler.push((x / unit).floor() * unit);
        simpler.push((x / unit).ceil() * unit);
    }
    let known = simpler.iter().position(|s| *s == x).unwrap_or(simpler.len());
    simpler.truncate(known);
    simpler.retain(|s| s.is_finite());
    simpler.dedup();
    simpler
}

#[cfg(test)]
mod tests {
    use crate::audit::search::shrink::*;
    use serde_json::{Value, json};

    fn everything() -> Inside {
        let text = "id = \"t\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"p\"\n\
                    [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n";
        Inside::of(&crate::statement::load_text("t.toml", text).unwrap_or_else(|err| panic!("{err}")))
    }

    fn cell(value: Value) -> CellSpec {
        serde_json::from_value(value).unwrap_or_else(|err| panic!("{err}"))
    }

    #[test]
    fn coordinates_workers_steps_and_digits_go_where_they_are_not_needed() {
        let large = cell(json!({
            "problem": { "family": "shifted-quadratic", "spectrum": [0.731, 3.3, 0.2], "shifts": [[1.1, 0.0, 2.0], [-1.1, 0.0, -2.0]] },
            "oracle": [{ "source": "scripted", "errors": [[0.1, 0.2, 0.3], [0.7, 0.1, 0.9]] }, { "source": "axis", "size": 0.37 }],
            "start": "zero", "parameters": { "gamma": 0.123_456_7 }, "horizon": 9, "point": [1.7, 2.9, 0.1], "witness": 3,
        }));
        // A pretended claim that fails where the largest eigenvalue is above 3 and gamma above 0.1.
        let shows = |spec: &CellSpec| {
            let value = serde_json::to_value(spec).unwrap();
            let spectrum = value["problem"]["spectrum"].as_array().unwrap();
            let shifts = value["problem"]["shifts"].as_array().unwrap();
            let fits = shifts.iter().all(|b| b.as_array().unwrap().len() == spectrum.len());
            fits && spectrum.iter().any(|s| s.as_f64().unwrap() > 3.0) && spec.parameters["gamma"] > 0.1
        };
        let small = shrink(&large, &everything(), &shows);
        let expected = cell(json!({
            "problem": { "family": "shifted-quadratic", "spectrum": [4.0], "shifts": [[0.0]] },
            "oracle": [], "start": "zero", "parameters": { "gamma": 1.0 }, "horizon": 1, "point": null, "witness": null,
        }));
        assert_eq!(small, expected);
    }

    #[test]
    fn what_does_not_show_it_is_left_alone() {
        let spec = cell(json!({
            "problem": { "family": "sine-squared", "dimension": 2 }, "oracle": [], "start": "zero",
            "parameters": {}, "horizon": 3, "point": null, "witness": null,
        }));
        assert_eq!(shrink(&spec, &everything(), &|_| false), spec);
    }

    #[test]
    fn simple_numbers_have_nothing_simpler() {
        assert_eq!(simpler(0.0), Vec::<f64>::new());
        assert!(!simpler(0.3).is_empty() && simpler(1.0).iter().all(|s| *s == 0.0));
    }
}
