//! The workbench of an audit: recipes of instances, made for the statement at hand, looked at in binary64
//! and, where something shows, judged as `check` judges.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::inference::Verdict;
use crate::oracle::StreamKey;
use crate::problem::{self, DynProblem, ProblemSpec};
use crate::statement::Statement;
use crate::verify::choose::{at_fractions, fractions};
use crate::verify::glance::Glance;
use crate::verify::instance::{CellSpec, Instance};
use crate::verify::plan::witness_cell;
use crate::verify::survey::survey;
use crate::verify::{Judging, Outcome, check_instance};

/// How to make an instance of a statement whose constants may change: the parameters keep their places in
/// their ranges, and a witness its expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Problem, estimate, start, K and x_0.
    pub frame: CellSpec,
    /// Where in its range each parameter is.
    pub fractions: BTreeMap<String, f64>,
    /// Made from this witness of the statement instead.
    pub witness: Option<usize>,
}

impl Recipe {
    /// The witness of the statement's file at that position.
    #[must_use]
    pub fn of_witness(position: usize, spec: &CellSpec) -> Self {
        Recipe { frame: spec.clone(), fractions: BTreeMap::new(), witness: Some(position) }
    }
}

/// An instance as binary64 sees it.
#[derive(Clone, Debug)]
pub struct Look {
    /// The instance.
    pub spec: CellSpec,
    /// Its worst comparison.
    pub worst: Glance,
    /// By how much that fails, see [`Glance::excess`].
    pub excess: f64,
    /// All of its comparisons.
    pub glances: Vec<Glance>,
}

/// Problems kept ready at a time.
const KEPT_PROBLEMS: usize = 4096;

/// Sets up, looks and judges; counts what it has looked at.
pub struct Workbench<'a> {
    judging: Judging<'a>,
    /// Streams of looks, other than those of judgements.
    looking: Judging<'a>,
    problems: Mutex<HashMap<String, Option<Arc<dyn DynProblem>>>>,
    looks: AtomicU64,
    /// Claims judged so far.
    judged: AtomicU64,
}

impl<'a> Workbench<'a> {
    /// A workbench that judges with these streams and looks with others.
    #[must_use]
    pub fn new(judging: Judging<'a>) -> Self {
        let looking = Judging { seed: judging.seed ^ 0x5bd1_e995_97f4_a7c5, ..judging };
        Workbench { judging, looking, problems: Mutex::default(), looks: AtomicU64::new(0), judged: AtomicU64::new(0) }
    }

    /// Instances looked at so far.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// The problem, where it can be built.
    #[must_use]
    pub fn problem(&self, spec: &ProblemSpec) -> Option<Arc<dyn DynProblem>> {
        // The specification is plain data, so this cannot fail.
        let key = serde_json::to_string(spec).unwrap_or_default();
        if let Some(known) = self.kept().get(&key) {
            return known.clone();
        }
        let built = problem::build(spec).ok();
        let mut kept = self.kept();
        if kept.len() >= KEPT_PROBLEMS {
            kept.clear();
        }
        kept.insert(key, built.clone());
        built
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<Arc<dyn DynProblem>>>> {
        // The map is whole between any two statements, so a panic elsewhere leaves it usable.
        self.problems.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The recipe's instance of the statement, where it is one.
    #[must_use]
    pub fn cell(&self, statement: &Statement, recipe: &Recipe) -> Option<CellSpec> {
        if let Some(position) = recipe.witness {
            return witness_cell(statement, position).ok();
        }
        let problem = self.problem(&recipe.frame.problem)?;
        at_fractions(statement, recipe.frame.clone(), problem.as_ref(), &recipe.fractions).ok()
    }

    /// The recipe of an instance of the statement.
    #[must_use]
    pub fn recipe(&self, statement: &Statement, spec: &CellSpec) -> Option<Recipe> {
        let problem = self.problem(&spec.problem)?;
        let fractions = fractions(statement, spec, problem.as_ref()).ok()?;
        Some(Recipe { frame: CellSpec { witness: None, ..spec.clone() }, fractions, witness: None })
    }

    /// The instance, where the statement speaks of it.
    fn instance<'s>(&self, statement: &'s Statement, spec: &CellSpec) -> Option<Instance<'s>> {
        Instance::on(statement, spec, self.problem(&spec.problem)?).ok()
    }

    /// Whether the statement speaks of the instance.
    #[must_use]
    pub fn admits(&self, statement: &Statement, spec: &CellSpec) -> bool {
        self.instance(statement, spec).is_some()
    }

    /// All comparisons of an instance in binary64; `None` where it is none, or has none.
    #[must_use]
    pub fn glances(&self, statement: &Statement, spec: &CellSpec) -> Option<Vec<Glance>> {
        let instance = self.instance(statement, spec)?;
        self.looks.fetch_add(1, Ordering::Relaxed);
        let key = StreamKey::new(self.looking.seed, &statement.id, &spec.key());
        survey(&instance, &key, self.looking).ok().filter(|glances| !glances.is_empty())
    }

    /// The worst comparison of the recipe's instance.
    #[must_use]
    pub fn look(&self, statement: &Statement, recipe: &Recipe) -> Option<Look> {
        self.look_at(statement, self.cell(statement, recipe)?)
    }

    /// The worst comparison of an instance.
    #[must_use]
    pub fn look_at(&self, statement: &Statement, spec: CellSpec) -> Option<Look> {
        let glances = self.glances(statement, &spec)?;
        // Nothing compared with nothing shows nothing.
        let telling = glances.iter().filter(|glance| glance.scale > 0.0);
        let worst = *telling.max_by(|a, b| a.excess(statement.kind).total_cmp(&b.excess(statement.kind)))?;
        Some(Look { excess: worst.excess(statement.kind), worst, spec, glances })
    }

    /// What `check` says of the instance; `None` where it is none or the check fails, or where as many claims
    /// were judged as share the family-wise error.
    #[must_use]
    pub fn judge(&self, statement: &Statement, spec: &CellSpec) -> Option<Outcome> {
        let instance = self.instance(statement, spec)?;
        let claims = statement.claims.len() as u64;
        if self.judged.fetch_add(claims, Ordering::Relaxed) + claims > self.judging.ledger.tests {
            return None;
        }
        let key = StreamKey::new(self.judging.seed, &statement.id, &spec.key());
        check_instance(&instance, &key, self.judging).ok()
    }

    /// The outcome, if the claim is violated on the instance.
    #[must_use]
    pub fn refutes(&self, statement: &Statement, spec: &CellSpec) -> Option<Outcome> {
        self.judge(statement, spec).filter(|outcome| outcome.verdict == Verdict::Violated)
    }
}
