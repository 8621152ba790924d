//! The simplest instance that still shows something: fewer steps, coordinates, workers and sources, and
//! numbers that a person can work with.

use serde_json::Value;

use crate::verify::instance::CellSpec;

/// Rounds of all reductions; each must simplify something.
const ROUNDS: usize = 12;
/// Most bits of a number that is still called simple.
const MOST_BITS: i32 = 12;
/// Arrays that have one entry for each coordinate, and those with one for each worker.
const BY_COORDINATE: [&str; 4] = ["/problem/spectrum", "/problem/shifts/*", "/oracle/*/errors/*", "/point"];
const BY_WORKER: [&str; 2] = ["/problem/shifts", "/problem/tilts"];
/// Counts that may be smaller.
const COUNTS: [&str; 9] =
    ["dimension", "rows", "rank", "workers", "units", "share", "terms", "inner_samples", "outer_samples"];

/// The simplest instance found from `spec` that `shows` what it shows.
#[must_use]
pub fn shrink(spec: &CellSpec, shows: &dyn Fn(&CellSpec) -> bool) -> CellSpec {
    let mut best = CellSpec { witness: None, ..spec.clone() };
    if !shows(&best) {
        return spec.clone();
    }
    for _ in 0..ROUNDS {
        let before = best.clone();
        while let Some(smaller) = smaller(&best).into_iter().find(|candidate| shows(candidate)) {
            best = smaller;
        }
        simplify_numbers(&mut best, shows);
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
    let Ok(value) = serde_json::to_value(spec) else { return candidates };
    let from_value = |value: Value| serde_json::from_value::<CellSpec>(value).ok();
    for (names, least) in [(&BY_COORDINATE[..], 1), (&BY_WORKER[..], 1)] {
        let arrays: Vec<String> = names.iter().flat_map(|pattern| matching(&value, pattern)).collect();
        let length = |pointer: &String| value.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        let longest = arrays.iter().map(length).max().unwrap_or(0);
        if longest > least {
            for j in 0..longest {
                let mut without = value.clone();
                for pointer in arrays.iter().filter(|p| length(p) == longest) {
                    if let Some(items) = without.pointer_mut(pointer).and_then(Value::as_array_mut) {
                        items.remove(j);
                    }
                }
                candidates.extend(from_value(without));
            }
        }
    }
    // A script that is longer than the run.
    for pointer in matching(&value, "/oracle/*/errors") {
        let mut shorter = value.clone();
        if let Some(items) = shorter.pointer_mut(&pointer).and_then(Value::as_array_mut)
            && items.len() > 1
        {
            items.pop();
            candidates.extend(from_value(shorter));
        }
    }
    for part in ["problem", "oracle"] {
        let mut counts = Vec::new();
        collect(&value[part], format!("/{part}"), &mut |pointer, number| {
            if COUNTS.iter().any(|name| pointer.ends_with(&format!("/{name}"))) {
                counts.extend(number.as_u64().filter(|n| *n > 1).map(|n| (pointer.to_owned(), n)));
            }
        });
        for (pointer, count) in counts {
            for fewer in [1, count / 2, count - 1] {
                let mut less = value.clone();
                if let Some(slot) = less.pointer_mut(&pointer).filter(|_| (1..count).contains(&fewer)) {
                    *slot = Value::from(fewer);
                    candidates.extend(from_value(less));
                }
            }
        }
    }
    candidates
}

/// Pointers that a pattern with `*` for any position matches.
fn matching(value: &Value, pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for step in pattern.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|pointer| {
                let here = value.pointer(&pointer);
                match (step, here) {
                    ("*", Some(Value::Array(items))) => (0..items.len()).map(|i| format!("{pointer}/{i}")).collect(),
                    ("*", _) | (_, None) => Vec::new(),
                    _ => vec![format!("{pointer}/{step}")],
                }
            })
            .collect();
    }
    found.retain(|pointer| value.pointer(pointer).is_some_and(Value::is_array));
    found
}

/// Calls `visit` on every number with its pointer.
pub fn collect(value: &Value, pointer: String, visit: &mut dyn FnMut(&str, &serde_json::Number)) {
    match value {
        Value::Number(number) => visit(&pointer, number),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, format!("{pointer}/{i}"), visit));
        }
        Value::Object(map) => map.iter().for_each(|(key, item)| collect(item, format!("{pointer}/{key}"), visit)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Gives every number that is no count the shortest value that still shows it.
fn simplify_numbers(spec: &mut CellSpec, shows: &dyn Fn(&CellSpec) -> bool) {
    let Ok(value) = serde_json::to_value(&*spec) else { return };
    let mut pointers = Vec::new();
    for part in ["parameters", "problem", "oracle", "point"] {
        collect(&value[part], format!("/{part}"), &mut |pointer, number| {
            if number.is_f64() {
                pointers.push(pointer.to_owned());
            }
        });
    }
    for pointer in pointers {
        let Ok(value) = serde_json::to_value(&*spec) else { return };
        let Some(x) = value.pointer(&pointer).and_then(Value::as_f64) else { continue };
        for simple in simpler(x) {
            let mut changed = value.clone();
            if let Some(slot) = changed.pointer_mut(&pointer) {
                *slot = serde_json::json!(simple);
            }
            if let Ok(candidate) = serde_json::from_value::<CellSpec>(changed)
                && shows(&candidate)
            {
                *spec = candidate;
                break;
            }
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
    use super::*;
    use serde_json::json;

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
        let small = shrink(&large, &shows);
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
        assert_eq!(shrink(&spec, &|_| false), spec);
    }

    #[test]
    fn simple_numbers_have_nothing_simpler() {
        assert_eq!(simpler(0.0), Vec::<f64>::new());
        assert!(!simpler(0.3).is_empty() && simpler(1.0).iter().all(|s| *s == 0.0));
    }
}
