//! The instances that an audit starts from: the statement's witnesses, the suite's small cells, and seeds at
//! the families' extremes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rayon::prelude::*;
use serde::Deserialize;

use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate, LONGEST_SHORT};
use crate::audit::search::inside::{Inside, listed, source_kinds};
use crate::audit::search::settle::{Settled, settled};
use crate::audit::search::states::{frames, worst_state};
use crate::oracle::SourceSpec;
use crate::oracle::source::{Axis, Scripted};
use crate::preset::Preset;
use crate::problem::free::Free;
use crate::problem::{DynProblem, ProblemSpec};
use crate::statement::{Parameter, Statement, StatementError, Subject};
use crate::verify::choosing::estimates;
use crate::verify::choosing::parameter_values::with_parameters;
use crate::verify::choosing::plan::Plan;
use crate::verify::instances::{CellSpec, Start};

/// See `seeds.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeds {
    problems: Vec<ProblemSpec>,
    script: Vec<f64>,
    sources: Vec<Vec<SourceSpec>>,
}

static SEEDS: LazyLock<Seeds> =
    LazyLock::new(|| toml::from_str(include_str!("seeds.toml")).expect("seeds.toml is part of the program and tested"));

/// An instance that mutants are tried on.
#[derive(Clone, Debug)]
pub struct SeedInstance {
    /// How to make it for a mutant.
    pub template: InstanceTemplate,
    /// What it is for the statement itself.
    pub evaluation: Evaluation,
}

impl SeedInstance {
    /// Whether its run is so long that it is looked at sparingly.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.evaluation.is_long()
    }
}

/// Instances of one statement, the tightest first.
#[derive(Clone, Debug, Default)]
pub struct SeedInstances {
    /// The instances.
    pub entries: Vec<SeedInstance>,
    /// Short scripted runs, whose worst states are found without a search.
    pub frames: Vec<InstanceTemplate>,
    /// Why there is no instance, where there is none.
    pub nothing: Option<String>,
}

/// Kinds of instances kept beside the witnesses: a problem family under the same kinds of error.
const KEPT_KINDS: usize = 12;
/// Instances kept of one kind.
const KEPT_ALIKE: usize = 4;
/// Largest dimension of what is kept: larger instances are slow to look at and say no more.
const LARGEST_DIMENSION: usize = 8;
/// Long runs that are looked at, of one kind and in all, and those that are kept.
const ENDS_ALIKE: usize = 3;
const LOOKED_AT_ENDS: usize = 12;
const KEPT_ENDS: usize = 4;
/// Largest dimension in which it is sought where runs end, and where in their ranges β and what the method
/// does not read then are.
const SETTLED_DIMENSION: usize = 3;
const SETTLED_PLACES: [(f64, f64); 2] = [(1.0, 0.02), (0.5, 0.1)];

impl SeedInstances {
    /// Gathers the pool of a statement.
    ///
    /// # Errors
    /// When one of its witnesses is no instance of it.
    pub fn gather(evaluator: &InstanceEvaluator<'_>, statement: &Statement) -> Result<Self, Box<StatementError>> {
        let plan = Plan::new(statement, Preset::Quick)?;
        let inside = Inside::of(statement);
        let mut witnesses = Vec::new();
        let mut templates = Vec::new();
        for cell in &plan.cells {
            match cell.spec.witness {
                Some(position) => witnesses.push(InstanceTemplate::of_witness(position, &cell.spec)),
                None if inside.holds(&cell.spec) => templates.extend(evaluator.template(statement, &cell.spec)),
                None => {}
            }
        }
        let mut pool =
            SeedInstances { entries: evaluated(evaluator, statement, witnesses), ..SeedInstances::default() };
        if statement.general {
            templates.extend(seeds(evaluator, statement));
            pool.frames = frames(evaluator, statement);
        }
        let found = evaluated(evaluator, statement, templates);
        let mut ends = ends(evaluator, statement, &found);
        let mut kinds: BTreeMap<String, Vec<SeedInstance>> = BTreeMap::new();
        for entry in found {
            kinds.entry(kind_of(&entry.evaluation.spec)).or_default().push(entry);
        }
        let mut kinds: Vec<Vec<SeedInstance>> = kinds.into_values().map(spread).collect();
        kinds.sort_by(|a, b| b[0].evaluation.merit.total_cmp(&a[0].evaluation.merit));
        kinds.truncate(KEPT_KINDS);
        let generic: Vec<InstanceTemplate> = kinds.iter().map(|alike| generic(statement, &alike[0].template)).collect();
        pool.entries.extend(kinds.into_iter().flatten());
        pool.entries.extend(evaluated(evaluator, statement, generic));
        let states = pool.frames.par_iter().filter_map(|frame| worst_state(evaluator, statement, frame));
        let states: Vec<SeedInstance> =
            states.map(|(template, evaluation)| SeedInstance { template, evaluation }).collect();
        pool.entries.extend(states);
        ends.truncate(KEPT_ENDS);
        pool.entries.extend(ends);
        pool.sort();
        if pool.entries.is_empty() {
            let reason = plan.why_vacuous().unwrap_or_else(|| "no instance of it could be looked at".to_owned());
            pool.nothing = Some(reason);
        }
        Ok(pool)
    }

    /// Adds an instance that a search found.
    pub fn add(&mut self, entry: SeedInstance) {
        self.entries.push(entry);
        self.sort();
    }

    /// Long runs come last: one of them costs as much as all others.
    fn sort(&mut self) {
        self.entries
            .sort_by(|a, b| a.is_long().cmp(&b.is_long()).then(b.evaluation.merit.total_cmp(&a.evaluation.merit)));
    }

    /// The tightest entry of each family and kind of error, the tightest first.
    #[must_use]
    pub fn different(&self) -> Vec<&SeedInstance> {
        let mut seen: Vec<String> = Vec::new();
        let mut different = Vec::new();
        for entry in &self.entries {
            let kind = kind_of(&entry.evaluation.spec);
            if !seen.contains(&kind) {
                seen.push(kind);
                different.push(entry);
            }
        }
        different
    }
}

/// The template with every parameter inside its range: at the ends many changes make no difference.
fn generic(statement: &Statement, template: &InstanceTemplate) -> InstanceTemplate {
    let inside = |(i, parameter): (usize, &Parameter)| (parameter.name.clone(), 0.3 + 0.1 * (i % 4) as f64);
    InstanceTemplate { fractions: statement.parameters.iter().enumerate().map(inside).collect(), ..template.clone() }
}

/// The tightest instances of a kind and, as these are often trivial, others evenly down to the least tight.
fn spread(mut alike: Vec<SeedInstance>) -> Vec<SeedInstance> {
    alike.sort_by(|a, b| b.evaluation.merit.total_cmp(&a.evaluation.merit));
    alike.dedup_by(|a, b| a.evaluation.spec == b.evaluation.spec);
    let last = alike.len().saturating_sub(1);
    let mut chosen: Vec<usize> =
        (0..KEPT_ALIKE).map(|i| i * i * last / ((KEPT_ALIKE - 1) * (KEPT_ALIKE - 1))).collect();
    chosen.dedup();
    let mut number = 0;
    alike.retain(|_| {
        number += 1;
        chosen.contains(&(number - 1))
    });
    alike
}

/// Family and kinds of error.
#[must_use]
pub fn kind_of(spec: &CellSpec) -> String {
    format!("{} {}", spec.problem.family(), source_kinds(&spec.oracle).join("+"))
}

fn evaluated(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    templates: Vec<InstanceTemplate>,
) -> Vec<SeedInstance> {
    let entries = templates.into_par_iter().filter_map(|template| {
        let evaluation = evaluator.evaluate(statement, &template)?;
        Some(SeedInstance { template, evaluation })
    });
    entries.collect()
}

/// Long runs from where those of other instances end, the tightest first: each costs as much as many short ones,
/// so only those are looked at that attain most of what a residual is made of.
fn ends(evaluator: &InstanceEvaluator<'_>, statement: &Statement, found: &[SeedInstance]) -> Vec<SeedInstance> {
    let inside = Inside::of(statement);
    let mut settings: Vec<&InstanceTemplate> = Vec::new();
    for SeedInstance { template, .. } in found.iter().filter(|entry| inside.holds(&entry.template.frame)) {
        let same = |known: &&InstanceTemplate| {
            known.frame.problem == template.frame.problem && known.frame.oracle == template.frame.oracle
        };
        if template.frame.problem.dimension() <= SETTLED_DIMENSION && !settings.iter().any(same) {
            settings.push(template);
        }
    }
    let tuned = |(momentum, others): (f64, f64), template: &InstanceTemplate| {
        let step = statement.method.step_size();
        let place = |p: &Parameter| match statement.method.parameter(&p.name) {
            Some(_) if step == Some(p.name.as_str()) => 1.0,
            Some(_) => momentum,
            None => others,
        };
        let fractions = statement.parameters.iter().map(|p| (p.name.clone(), place(p))).collect();
        InstanceTemplate { fractions, ..template.clone() }
    };
    let mut settled: Vec<Settled> = settings
        .par_iter()
        .flat_map_iter(|template| SETTLED_PLACES.map(|place| settled(evaluator, statement, &tuned(place, template))))
        .flatten_iter()
        .collect();
    settled.sort_by(|a, b| b.share.total_cmp(&a.share));
    let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
    settled.retain(|end| {
        let count = of_kind.entry(kind_of(&end.template.frame)).or_insert(0);
        *count += 1;
        *count <= ENDS_ALIKE
    });
    settled.truncate(LOOKED_AT_ENDS);
    let mut ends = evaluated(evaluator, statement, settled.into_iter().map(|end| end.template).collect());
    ends.sort_by(|a, b| b.evaluation.merit.total_cmp(&a.evaluation.merit));
    ends
}

/// Recipes at the extremes of the families, for every statement that speaks of them; of its own problems,
/// small ones, where it lists some.
fn seeds(evaluator: &InstanceEvaluator<'_>, statement: &Statement) -> Vec<InstanceTemplate> {
    let mut problems: Vec<ProblemSpec> = listed(statement).iter().flat_map(small).collect();
    if statement.problems.is_empty() {
        problems = SEEDS.problems.clone();
    }
    problems.dedup();
    let found: Vec<Vec<InstanceTemplate>> = problems
        .par_iter()
        .map(|spec| {
            let Some(problem) = evaluator.problem(spec).filter(|p| p.dimension() <= LARGEST_DIMENSION) else {
                return Vec::new();
            };
            let frames = sources(statement, problem.as_ref()).into_iter().enumerate().flat_map(|(i, sources)| {
                let scripted = matches!(sources.first(), Some(SourceSpec::Scripted(_)));
                let mut horizons = horizons(statement, scripted);
                // The suite has the listed problems at all horizons.
                if !statement.problems.is_empty() {
                    horizons.drain(..horizons.len() - 1);
                }
                horizons.into_iter().enumerate().map(move |(j, horizon)| {
                    let start = Start::of(&statement.method, i + j);
                    let frame = CellSpec::without_parameters(spec.clone(), sources.clone(), start, horizon);
                    CellSpec { operators: estimates::operators_of(statement, i + j), ..frame }
                })
            });
            frames.flat_map(|frame| with_choices(evaluator, statement, &frame, problem.as_ref())).collect()
        })
        .collect();
    found.into_iter().flatten().collect()
}

/// The problem itself, with one coordinate and worker, and with two.
fn small(spec: &ProblemSpec) -> Vec<ProblemSpec> {
    let mut found = vec![spec.clone()];
    for (dimension, workers) in [(1, 1), (2, 2)] {
        let resized = resized(spec, dimension, workers);
        if (resized.dimension(), resized.workers()) == (dimension, workers) && !found.contains(&resized) {
            found.push(resized);
        }
    }
    found
}

/// The problem with so many coordinates and workers, as far as its family has them.
fn resized(spec: &ProblemSpec, dimension: usize, workers: usize) -> ProblemSpec {
    let mut spec = spec.clone();
    for _ in dimension..spec.dimension() {
        spec.remove_coordinate(spec.dimension() - 1);
    }
    for _ in spec.dimension()..dimension {
        spec.add_coordinate();
    }
    for _ in workers..spec.workers() {
        spec.remove_worker(spec.workers() - 1);
    }
    for _ in spec.workers()..workers {
        spec.add_worker();
    }
    spec
}

/// Choices of the parameters: two of the candidates, and all at their upper ends.
fn with_choices(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    frame: &CellSpec,
    problem: &dyn DynProblem,
) -> Vec<InstanceTemplate> {
    let chosen = (0..2).filter_map(|choice| {
        let spec = with_parameters(statement, frame.clone(), problem, choice, &[]).ok()?;
        evaluator.template(statement, &spec)
    });
    let at_ends = statement.parameters.iter().filter(|p| p.upper.value.is_some());
    let fractions = at_ends.map(|p| (p.name.clone(), if p.upper.closed { 1.0 } else { 0.5 })).collect();
    let mut templates: Vec<InstanceTemplate> = chosen.collect();
    templates.push(InstanceTemplate { frame: frame.clone(), fractions, witness: None });
    templates
}

fn sources(statement: &Statement, problem: &dyn DynProblem) -> Vec<Vec<SourceSpec>> {
    let mut all = estimates::estimates(statement, problem);
    if statement.estimates.is_empty() {
        all.extend(SEEDS.sources.iter().cloned());
        if statement.subject.is_of_steps() {
            let error = |size: &f64| vec![*size; problem.dimension()];
            let script = SourceSpec::from(Scripted { errors: SEEDS.script.iter().map(error).collect() });
            if statement.subject == Subject::OneStep {
                all.push(vec![script.clone(), Axis { size: 0.5 }.into()]);
            }
            all.push(vec![script]);
        }
    }
    all
}

/// Short runs: a worst case of one step needs one to come from and one to go to.
fn horizons(statement: &Statement, scripted: bool) -> Vec<usize> {
    if scripted {
        return vec![2, 3];
    }
    let mut horizons: Vec<usize> = statement.horizons.iter().copied().filter(|k| *k <= LONGEST_SHORT).collect();
    if statement.subject != Subject::WholeRun {
        horizons.truncate(1);
        horizons.push(2);
    }
    horizons.dedup();
    horizons
}

#[cfg(test)]
mod tests {
    use crate::audit::search::seed_instances::*;

    #[test]
    fn every_seed_can_be_built() {
        for spec in &SEEDS.problems {
            assert!(crate::problem::build(spec).is_ok(), "{spec}");
        }
    }
}
