//! Both sides of a comparison over one number of an instance: a picture, no evidence.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approximate::approximate;
use super::approximation::Approximation;
use crate::number::to_digits;
use crate::oracle::StreamKey;
use crate::verify::choosing::parameter_values::{at_fractions, fractions};
use crate::verify::instances::{CellSpec, Instance};
use crate::verify::{Cell, Judging};

/// Both sides of one comparison as one number of the instance changes and all else stays as it is, in numbers of six
/// digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// What changes: a parameter, or a constant that is moved by a number of the problem or of the estimate.
    pub over: String,
    /// Other constants that the same number moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
    /// Which claim of the statement, from 1.
    pub claim: usize,
    /// Its index, or K where it has none.
    pub k: i64,
    /// The values, ascending.
    pub at: Vec<f64>,
    /// The left-hand side at each value.
    pub lhs: Vec<f64>,
    /// The right-hand side.
    pub rhs: Vec<f64>,
}

/// Places of a parameter in its range.
const FRACTIONS: [f64; 10] = [0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0];
/// Factors of a number of the problem or the estimate.
const FACTORS: [f64; 9] = [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0];
/// What exceeds the bound by more of the scale is no rounding.
const CLEAR: f64 = 1e-9;
/// Fewest values that make a picture.
const FEWEST: usize = 4;
/// Most numbers of a cell over which there is a sweep.
const MOST: usize = 4;
/// Most coordinates of all workers over all steps: beyond that a run is too long to be made so often.
const LONGEST: usize = 1 << 13;

/// The sweeps of a cell, and where the one over a parameter crosses its bound.
#[derive(Clone, Debug, Default)]
pub struct Sweeps {
    /// None where the run is long, or its expectations are sampled.
    pub sweeps: Vec<Sweep>,
    /// The instance on which binary64 shows the largest violation, with all but the parameters as in the cell: of the
    /// statement, whose ranges and hypotheses it obeys.
    pub suspect: Option<CellSpec>,
}

/// The sweeps of a cell.
#[must_use]
pub fn sweeps(cell: &Cell<'_>, judging: Judging<'_>) -> Sweeps {
    let instance = &cell.instance;
    let size = instance.horizon * instance.problem.dimension() * instance.problem.workers().max(1);
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    if size > LONGEST {
        return Sweeps::default();
    }
    let Some(place) = tightest(instance, &key, judging) else { return Sweeps::default() };
    let swept = Swept { cell, key, judging, place, suspect: RefCell::default() };
    let mut found = swept.over_parameters();
    let mut known: BTreeSet<String> = found.iter().map(|sweep| sweep.over.clone()).collect();
    for (name, scalar) in cell.spec.scalars().into_iter().filter(|(_, scalar)| scalar.counts.is_none()) {
        if found.len() < MOST
            && let Some(sweep) = swept.over_scalar((&name, scalar.value), &known)
        {
            known.insert(sweep.over.clone());
            found.push(sweep);
        }
    }
    found.truncate(MOST);
    Sweeps { sweeps: found, suspect: swept.suspect.into_inner().map(|(_, spec)| spec) }
}

/// Where the sides come nearest, if they are not sampled; of what is claimed of whole runs, on the longest one.
fn tightest(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Option<Approximation> {
    let form = instance.statement.form;
    let all = approximate(instance, key, judging).ok()?;
    let telling = all.into_iter().filter(|approximation| {
        let is_of_steps = instance.statement.claims[approximation.claim].quantifier.is_some();
        let tells = is_of_steps || approximation.horizon == instance.horizon;
        tells && approximation.scale > 0.0 && approximation.sampling == 0.0
    });
    telling.max_by(|a, b| a.excess(form).total_cmp(&b.excess(form)))
}

/// A cell of which one number changes.
struct Swept<'s, 'a> {
    cell: &'s Cell<'a>,
    key: StreamKey,
    judging: Judging<'s>,
    /// The comparison that is followed.
    place: Approximation,
    /// What looks like a violation, and by how much.
    suspect: RefCell<Option<(f64, CellSpec)>>,
}

impl Swept<'_, '_> {
    fn over_parameters(&self) -> Vec<Sweep> {
        let Cell { statement, spec, instance } = self.cell;
        let problem = instance.problem.as_ref();
        let Ok(own) = fractions(statement, spec, problem) else { return Vec::new() };
        let over = |name: &String| {
            let values = FRACTIONS.iter().filter_map(|fraction| {
                let mut fractions = own.clone();
                fractions.insert(name.clone(), *fraction);
                let value = *at_fractions(statement, spec.clone(), problem, &fractions).ok()?.parameters.get(name)?;
                let mut parameters = spec.parameters.clone();
                parameters.insert(name.clone(), value);
                let tuned = instance.retuned(&parameters, instance.horizon).ok()?;
                let own = self.compared(&tuned)?;
                self.suspect(own.excess(statement.form), parameters);
                Some((value, [own.lhs, own.rhs]))
            });
            self.sweep(name.clone(), Vec::new(), values.collect())
        };
        statement.parameters.iter().filter_map(|parameter| over(&parameter.name)).take(MOST).collect()
    }

    /// Over the first constant that is not `known` and changes with a number of the problem or of the estimate.
    fn over_scalar(&self, (name, value): (&str, f64), known: &BTreeSet<String>) -> Option<Sweep> {
        let Cell { statement, spec, instance } = self.cell;
        let moved = |factor: f64| -> Option<Instance<'_>> {
            let changed = CellSpec { witness: None, ..spec.with_scalar(name, factor * value) };
            if changed.problem == spec.problem {
                Instance::on(statement, &changed, Arc::clone(&instance.problem)).ok()
            } else {
                Instance::build(statement, &changed).ok()
            }
        };
        let before = proved(instance);
        let instances = FACTORS.iter().filter_map(|factor| moved(*factor));
        let instances: Vec<_> = instances.map(|moved| (proved(&moved), moved)).collect();
        let distinct = |constant: &String| {
            let values = instances.iter().filter_map(|(constants, _)| Some(constants.get(constant)?.to_bits()));
            values.collect::<BTreeSet<u64>>().len()
        };
        let over = before.keys().find(|constant| !known.contains(*constant) && distinct(constant) >= FEWEST)?;
        let with = before.keys().filter(|constant| *constant != over && distinct(constant) > 1).cloned().collect();
        let values = instances.iter().filter_map(|(constants, moved)| {
            let own = self.compared(moved)?;
            Some((*constants.get(over)?, [own.lhs, own.rhs]))
        });
        self.sweep(over.clone(), with, values.collect())
    }

    /// The comparison on another instance.
    fn compared(&self, instance: &Instance<'_>) -> Option<Approximation> {
        let all = approximate(instance, &self.key, self.judging).ok()?;
        all.into_iter().find(|approximation| approximation.place() == self.place.place())
    }

    /// Keeps the instance with these parameters where it looks like the largest violation so far.
    fn suspect(&self, excess: f64, parameters: BTreeMap<String, f64>) {
        let mut kept = self.suspect.borrow_mut();
        if excess > CLEAR && kept.as_ref().is_none_or(|(largest, _)| excess > *largest) {
            *kept = Some((excess, CellSpec { parameters, witness: None, ..self.cell.spec.clone() }));
        }
    }

    fn sweep(&self, over: String, with: Vec<String>, mut values: Vec<(f64, [f64; 2])>) -> Option<Sweep> {
        values.retain(|(at, sides)| at.is_finite() && sides.iter().all(|side| side.is_finite()));
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values.dedup_by(|a, b| a.0 == b.0);
        (values.len() >= FEWEST).then(|| Sweep {
            over,
            with,
            claim: self.place.claim + 1,
            k: self.place.k,
            at: values.iter().map(|(at, _)| to_digits(*at)).collect(),
            lhs: values.iter().map(|(_, sides)| to_digits(sides[0])).collect(),
            rhs: values.iter().map(|(_, sides)| to_digits(sides[1])).collect(),
        })
    }
}

/// The constants of an instance that its problem and its estimate prove; those that the statement derives from them
/// and from its parameters left out.
fn proved(instance: &Instance<'_>) -> BTreeMap<String, f64> {
    let derived = |name: &str| instance.statement.constants.iter().any(|constant| constant.name == name);
    let all = instance.constants().into_iter().filter(|(name, _)| !derived(name));
    all.map(|(name, [low, high])| (name, low / 2.0 + high / 2.0)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verify::testing::{self, EFFORT};

    /// One step of size γ on f = x²/2 from 1 with an error of size √C: f_1 = (1 − γ)²/2 + ….
    fn swept(parameters: &str, rhs: &str, oracle: serde_json::Value) -> Vec<Sweep> {
        let statement = testing::statement(
            "pathwise",
            &format!(
                "[parameters]\nbeta = {{ in = \"[1, 1]\" }}\n{parameters}\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"{rhs}\"\n"
            ),
        );
        let spec = testing::cell(json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "oracle": oracle,
            "parameters": { "beta": 1.0, "gamma": 0.5 }, "horizon": 1, "point": [1.0],
        }));
        sweeps(&Cell::build(&statement, spec).unwrap(), testing::judging(&EFFORT)).sweeps
    }

    #[test]
    fn a_sweep_over_the_step_is_the_curve_of_both_sides() {
        let found = swept("gamma = { in = \"(0, 2]\" }", "(1 + gamma)*f[k]", json!([]));
        let step = found.iter().find(|sweep| sweep.over == "gamma").unwrap();
        assert_eq!((step.claim, step.k, step.at.last()), (1, 0, Some(&2.0)));
        for (gamma, (lhs, rhs)) in step.at.iter().zip(step.lhs.iter().zip(&step.rhs)) {
            assert!((lhs - (1.0 - gamma).powi(2) / 2.0).abs() < 1e-5, "{gamma}: {lhs}");
            assert!((rhs - (1.0 + gamma) / 2.0).abs() < 1e-5, "{gamma}: {rhs}");
        }
    }

    #[test]
    fn a_value_that_is_no_instance_is_left_out() {
        let found = swept("gamma = { in = \"(0, 1)\" }\n[hypotheses]\nshort = \"gamma <= 0.55\"", "f[k]", json!([]));
        let step = found.iter().find(|sweep| sweep.over == "gamma").unwrap();
        assert!(step.at.iter().all(|gamma| *gamma <= 0.55) && step.at.len() >= FEWEST, "{step:?}");
    }

    #[test]
    fn a_number_of_the_estimate_is_shown_as_the_constant_that_it_moves() {
        let offset = json!([{ "source": "offset", "size": 0.5 }]);
        let found = swept("gamma = { in = \"(0, 1]\" }", "f[k] + C", offset);
        let size = found.iter().find(|sweep| sweep.over == "C").unwrap();
        assert_eq!((size.at[0], size.at.last()), (1.0 / 256.0, Some(&16.0)));
        for (bound, (at, f)) in size.rhs.iter().zip(size.at.iter().zip(&size.lhs)) {
            assert!((bound - (0.5 + at)).abs() < 1e-4 && *f >= 0.0, "{size:?}");
        }
    }

    #[test]
    fn a_parameter_of_one_value_has_no_sweep() {
        let found = swept("gamma = { in = \"(0, 1]\" }", "f[k]", json!([]));
        assert!(found.iter().all(|sweep| sweep.over != "beta"), "{found:?}");
    }
}
