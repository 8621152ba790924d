//! Where an audit evaluates instances: made from templates for the statement at hand, looked at in binary64
//! and, where something shows, judged as `check` judges.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::inference::{Evidence, Verdict};
use crate::oracle::StreamKey;
use crate::preset::Effort;
use crate::problem::{self, DynProblem, Evaluate, ProblemSpec, Scratch};
use crate::statement::Statement;
use crate::verify::approximating::approximate::approximate;
use crate::verify::approximating::approximation::Approximation;
use crate::verify::choosing::parameter_values::{at_fractions, fractions};
use crate::verify::choosing::witness::witness_cell;
use crate::verify::instances::{CellSpec, Instance, InstanceError};
use crate::verify::{CheckFailure, Judging, Outcome, check_instance};

/// How to make an instance of a statement whose constants may change: the parameters keep their places in
/// their ranges, and a witness its expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceTemplate {
    /// Problem, estimate, start, K and x_0.
    pub frame: CellSpec,
    /// Where in its range each parameter is.
    pub fractions: BTreeMap<String, f64>,
    /// Made from this witness of the statement instead.
    pub witness: Option<usize>,
}

impl InstanceTemplate {
    /// The witness of the statement's file at that position.
    #[must_use]
    pub fn of_witness(position: usize, spec: &CellSpec) -> Self {
        InstanceTemplate { frame: spec.clone(), fractions: BTreeMap::new(), witness: Some(position) }
    }
}

/// An instance as binary64 sees it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The instance.
    pub spec: CellSpec,
    /// Its worst comparison.
    pub worst: Approximation,
    /// By how much that fails, see [`Approximation::excess`].
    pub excess: f64,
    /// What a search maximises: the excess, less one where it is an equality of no interest.
    pub merit: f64,
    /// All of its comparisons.
    pub approximations: Vec<Approximation>,
}

impl Evaluation {
    /// Whether its run is so long that it is looked at sparingly.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.spec.horizon > LONGEST_SHORT
    }

    /// Whether it is an equality of no interest: a run that begins where the gradient is zero, errors of
    /// no size, or the first step of a bound for every K.
    #[must_use]
    pub fn is_trivial(&self) -> bool {
        self.merit != self.excess
    }
}

/// What came of judging an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// The check's outcome.
    Outcome(Box<Outcome>),
    /// It is no instance of the statement.
    NoInstance(InstanceError),
    /// Its problem cannot be built.
    NoProblem,
    /// The check failed.
    Failed(CheckFailure),
    /// The judgements of this piece of work are spent.
    Spent,
}

impl Judged {
    /// The outcome, where it is a violation.
    #[must_use]
    pub fn violation(self) -> Option<Outcome> {
        self.outcome().filter(|outcome| outcome.verdict == Verdict::Violated)
    }

    /// The outcome, where there is one.
    #[must_use]
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Judged::Outcome(outcome) => Some(*outcome),
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Judged::Outcome(outcome) => format!("{} by {}", outcome.verdict, outcome.evidence.name()),
            Judged::NoInstance(reason) => format!("no instance: {reason}"),
            Judged::NoProblem => "no instance: its problem cannot be built".to_owned(),
            Judged::Failed(reason) => format!("the check failed: {reason}"),
            Judged::Spent => "not judged: the judgements of this piece of work are spent".to_owned(),
        }
    }
}

/// Longest run that is looked at as a matter of course.
pub const LONGEST_SHORT: usize = 40;
/// Problems kept ready at a time.
const KEPT_PROBLEMS: usize = 4096;
/// An excess that is smaller than this is an equality.
const EQUALITY: f64 = 1e-9;
/// Apparent violations that a piece of work keeps.
const KEPT_SUSPECTS: usize = 8;

/// Problems by their specifications; none where one cannot be built.
type Problems = HashMap<String, Option<Arc<dyn DynProblem>>>;

/// Sets up, looks and judges; counts what it has looked at.
///
/// Every piece of work has a evaluator of its own with its share of the judgements that may be wrong, so that
/// neither its counts nor who gets the last judgement depend on what else is done at the same time.
pub struct InstanceEvaluator<'a> {
    judging: Judging<'a>,
    /// Streams of evaluations, other than those of judgements.
    looking: Judging<'a>,
    problems: Arc<Mutex<Problems>>,
    /// Instances looked at by all pieces of work of this audit, and by this piece.
    total: Arc<AtomicU64>,
    evaluations: Arc<AtomicU64>,
    /// Claims that may still be judged by sampling.
    left: AtomicU64,
    /// The statement whose violations are noted wherever they are seen, and where.
    watched: Option<&'a Statement>,
    suspects: Arc<Mutex<Vec<(f64, CellSpec)>>>,
}

impl<'a> InstanceEvaluator<'a> {
    /// A evaluator that judges with these streams and looks with others.
    #[must_use]
    pub fn new(judging: Judging<'a>) -> Self {
        let looking = Judging { seed: judging.seed ^ 0x5bd1_e995_97f4_a7c5, ..judging };
        InstanceEvaluator {
            judging,
            looking,
            problems: Arc::default(),
            total: Arc::default(),
            evaluations: Arc::default(),
            left: AtomicU64::new(judging.error_budget.tests),
            watched: None,
            suspects: Arc::default(),
        }
    }

    /// The evaluator of one piece of work on a statement, with so many judgements by sampling.
    #[must_use]
    pub fn piece<'b>(&'b self, statement: &'b Statement, judgements: u64) -> InstanceEvaluator<'b> {
        InstanceEvaluator {
            evaluations: Arc::default(),
            suspects: Arc::default(),
            watched: Some(statement),
            ..self.share(judgements)
        }
    }

    /// The same evaluator with judgements of its own, for work that is done beside other work of one piece.
    #[must_use]
    pub fn share(&self, judgements: u64) -> InstanceEvaluator<'_> {
        InstanceEvaluator {
            judging: self.judging,
            looking: self.looking,
            problems: Arc::clone(&self.problems),
            total: Arc::clone(&self.total),
            evaluations: Arc::clone(&self.evaluations),
            left: AtomicU64::new(judgements),
            watched: self.watched,
            suspects: Arc::clone(&self.suspects),
        }
    }

    /// Takes a share of what is left for each of so many parts that are done side by side.
    #[must_use]
    pub fn split(&self, parts: u64) -> u64 {
        let share = self.judgements_left() / (parts + 1);
        self.left.fetch_sub(share * parts, Ordering::Relaxed);
        share
    }

    /// Claims that may still be judged by sampling.
    #[must_use]
    pub fn judgements_left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Instances that this piece of work looked at so far.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// Instances that all pieces of work of this run of the program looked at so far.
    #[must_use]
    pub fn total_evaluations(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Apparent violations of the statement of this piece of work, the largest first.
    #[must_use]
    pub fn suspects(&self) -> Vec<(f64, CellSpec)> {
        self.noted().clone()
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Vec<(f64, CellSpec)>> {
        self.suspects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Keeps the largest; which these are does not depend on the order in which they are seen.
    fn note(&self, excess: f64, spec: &CellSpec) {
        let mut noted = self.noted();
        if noted.iter().any(|(_, known)| known == spec) {
            return;
        }
        noted.push((excess, spec.clone()));
        noted.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.key().cmp(&b.1.key())));
        noted.truncate(KEPT_SUSPECTS);
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

    /// The template's instance of the statement, where it is one.
    #[must_use]
    pub fn cell(&self, statement: &Statement, template: &InstanceTemplate) -> Option<CellSpec> {
        if let Some(position) = template.witness {
            return witness_cell(statement, position).ok();
        }
        let problem = self.problem(&template.frame.problem)?;
        at_fractions(statement, template.frame.clone(), problem.as_ref(), &template.fractions).ok()
    }

    /// The template of an instance of the statement.
    #[must_use]
    pub fn template(&self, statement: &Statement, spec: &CellSpec) -> Option<InstanceTemplate> {
        let problem = self.problem(&spec.problem)?;
        let fractions = fractions(statement, spec, problem.as_ref()).ok()?;
        Some(InstanceTemplate { frame: CellSpec { witness: None, ..spec.clone() }, fractions, witness: None })
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
    pub fn approximations(&self, statement: &Statement, spec: &CellSpec) -> Option<Vec<Approximation>> {
        self.approximations_of(&self.instance(statement, spec)?, spec)
    }

    fn approximations_of(&self, instance: &Instance<'_>, spec: &CellSpec) -> Option<Vec<Approximation>> {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        let key = StreamKey::new(self.looking.seed, &instance.statement.id, &spec.key());
        approximate(instance, &key, self.looking).ok().filter(|approximations| !approximations.is_empty())
    }

    /// The worst comparison of the template's instance.
    #[must_use]
    pub fn evaluate(&self, statement: &Statement, template: &InstanceTemplate) -> Option<Evaluation> {
        self.evaluate_at(statement, self.cell(statement, template)?)
    }

    /// The worst comparison of an instance.
    #[must_use]
    pub fn evaluate_at(&self, statement: &Statement, spec: CellSpec) -> Option<Evaluation> {
        let instance = self.instance(statement, &spec)?;
        let approximations = self.approximations_of(&instance, &spec)?;
        let degenerate = is_degenerate(&instance, &spec);
        let merit = |approximation: &Approximation| {
            let excess = approximation.excess(statement.form);
            let first = statement.claims[approximation.claim].quantifier.is_none() && approximation.k == 1;
            if (degenerate || first) && excess.abs() <= EQUALITY { excess - 1.0 } else { excess }
        };
        // Nothing compared with nothing shows nothing.
        let telling = approximations.iter().filter(|approximation| approximation.scale > 0.0);
        let worst = *telling.max_by(|a, b| merit(a).total_cmp(&merit(b)))?;
        let excess = worst.excess(statement.form);
        if excess > 0.0 && self.watched.is_some_and(|watched| std::ptr::eq(watched, statement)) {
            self.note(excess, &spec);
        }
        Some(Evaluation { excess, merit: merit(&worst), worst, spec, approximations })
    }

    /// What `check` says of instances at an effort of its own, in parallel. Which of them are judged does not
    /// depend on how it is done.
    #[must_use]
    pub fn judge_all(&self, statement: &Statement, specs: &[CellSpec], effort: &Effort) -> Vec<Judged> {
        let claims = statement.claims.len() as u64;
        let affordable = (self.judgements_left() / claims.max(1)) as usize;
        let judged: Vec<(Judged, u64)> = specs
            .par_iter()
            .enumerate()
            .map(|(i, spec)| {
                let given = if i < affordable { claims } else { 0 };
                let judging = Judging { effort, ..self.judging };
                let share = InstanceEvaluator { judging, ..self.share(given) };
                let judged = share.judge(statement, spec);
                (judged, given - share.judgements_left())
            })
            .collect();
        self.left.fetch_sub(judged.iter().map(|(_, spent)| spent).sum(), Ordering::Relaxed);
        judged.into_iter().map(|(judged, _)| judged).collect()
    }

    /// What `check` says of the instance.
    #[must_use]
    pub fn judge(&self, statement: &Statement, spec: &CellSpec) -> Judged {
        let Some(problem) = self.problem(&spec.problem) else {
            return Judged::NoProblem;
        };
        let instance = match Instance::on(statement, spec, problem) {
            Ok(instance) => instance,
            Err(err) => return Judged::NoInstance(err),
        };
        let claims = statement.claims.len() as u64;
        if self.judgements_left() < claims {
            return Judged::Spent;
        }
        let key = StreamKey::new(self.judging.seed, &statement.id, &spec.key());
        let judged = check_instance(&instance, &key, self.judging);
        // What is decided exactly cannot be wrong by chance.
        let is_exact = |outcome: &Outcome| !matches!(outcome.evidence, Evidence::Statistical { .. });
        if !judged.as_ref().is_ok_and(is_exact) {
            self.left.fetch_sub(claims, Ordering::Relaxed);
        }
        match judged {
            Ok(outcome) => Judged::Outcome(Box::new(outcome)),
            Err(err) => Judged::Failed(err),
        }
    }

    /// The outcome, if the claim is violated on the instance.
    #[must_use]
    pub fn refutes(&self, statement: &Statement, spec: &CellSpec) -> Option<Outcome> {
        self.judge(statement, spec).violation()
    }
}

/// Whether the run begins where the gradient is zero, or its errors have no size.
fn is_degenerate(instance: &Instance<'_>, spec: &CellSpec) -> bool {
    let size = instance.oracle.model.total.as_ref();
    if !spec.oracle.is_empty() && size.is_some_and(|size| size.iter().all(|part| *part == 0)) {
        return true;
    }
    let problem = instance.problem.as_ref();
    let (mut gradient, mut scratch) = (vec![0.0; problem.dimension()], Scratch::for_problem(problem, ()));
    Evaluate::<f64>::gradient_in(problem, &instance.point, &mut gradient, (), &mut scratch);
    gradient.iter().all(|g| g.abs() <= f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use crate::audit::search::evaluator::*;
    use crate::inference::ErrorBudget;
    use crate::preset::Preset;
    use crate::statement::library;
    use crate::verify::choosing::plan::Plan;

    #[test]
    fn the_first_are_judged_whoever_is_done_first_and_what_is_exact_costs_nothing() {
        let effort = Preset::Quick.effort();
        let evaluator = InstanceEvaluator::new(Judging {
            effort: &effort,
            error_budget: ErrorBudget { delta: 1e-6, tests: 1000 },
            seed: 1,
        });
        let statement = library::load("smooth-descent").unwrap().unwrap();
        let claims = statement.claims.len() as u64;
        let specs: Vec<CellSpec> =
            Plan::new(&statement, Preset::Quick).unwrap().cells.into_iter().take(5).map(|cell| cell.spec).collect();
        let piece = evaluator.piece(&statement, 2 * claims);
        for _ in 0..3 {
            let judged = piece.judge_all(&statement, &specs, &effort);
            let spent: Vec<bool> = judged.iter().map(|judged| *judged == Judged::Spent).collect();
            assert_eq!(spent, [false, false, true, true, true]);
            assert_eq!(piece.judgements_left(), 2 * claims);
        }
    }

    #[test]
    fn no_instance_and_spent_judgements_are_told_apart() {
        let effort = Preset::Quick.effort();
        let evaluator = InstanceEvaluator::new(Judging {
            effort: &effort,
            error_budget: ErrorBudget { delta: 1e-6, tests: 1000 },
            seed: 1,
        });
        let statement = library::load("smooth-descent").unwrap().unwrap();
        let spec = Plan::new(&statement, Preset::Quick).unwrap().cells[0].spec.clone();
        let nothing = CellSpec { horizon: 0, ..spec.clone() };
        assert!(matches!(evaluator.judge(&statement, &nothing), Judged::NoInstance(_)));
        assert_eq!(evaluator.piece(&statement, 0).judge(&statement, &spec), Judged::Spent);
        assert!(matches!(evaluator.judge(&statement, &spec), Judged::Outcome(_)));
    }
}
