//! A whole audit: the work on each statement, piece by piece, within a budget and on a journal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::constant_swap::{Transplant, transplants};
use crate::audit::mutation::mutate::{Mutant, mutants};
use crate::audit::mutation::trial::{Depth, MutantStatus, Trial};
use crate::audit::running::target::TargetAudit;
use crate::audit::search::evaluator::InstanceEvaluator;
use crate::audit::search::seed_instances::{SeedInstance, SeedInstances};
use crate::audit::search::trend::{Trend, trends};
use crate::audit::search::worst::{Apparent, Shown, WorstInstance, judge_apparent, worst};
use crate::audit::tuning::{Tuning, tunings};
use crate::journal::{Journal, JournalError};
use crate::statement::{Expectation, Form, Statement, StatementError, Subject};
use crate::verify::instances::CellSpec;

/// Everything that was learnt of one statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementAudit {
    /// Statement.
    pub id: String,
    /// SHA-256 of its text.
    pub hash: String,
    /// Its text, so that its counterexample can be replayed when the file has changed or gone.
    pub text: String,
    /// How the sides of its claims are related.
    pub form: Form,
    /// What its claim is about, for tables.
    pub about: Subject,
    /// Why it is not audited, if so.
    pub left_out: Option<String>,
    /// The search for its worst instance.
    pub worst: Option<WorstInstance>,
    /// Its parts, in the order of the file's sections.
    pub targets: Vec<TargetAudit>,
    /// The instances that killed mutants, each once.
    pub instances: Vec<CellSpec>,
    /// What it would gain from the constants of statements with the same claim.
    pub transplants: Vec<Transplant>,
    /// How tight it is as its quantities grow.
    pub trends: Vec<Trend>,
    /// The best choice of the parameters that the method does not read.
    pub tunings: Vec<Tuning>,
    /// Pieces of work that the budget did not reach.
    pub unfinished: usize,
    /// Instances that the finished pieces of work looked at.
    pub evaluations: u64,
}

/// A finished piece of work, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Piece<T> {
    result: T,
    /// What the work came across that violates the statement itself, or seems to.
    counterexample: Option<Shown>,
    apparent: Option<Apparent>,
    evaluations: u64,
}

/// When no further piece of work is begun.
#[derive(Clone, Copy, Debug)]
pub enum StopAfter {
    /// Never.
    Unlimited,
    /// After so long.
    Time(Duration),
    /// After so many instances were looked at.
    Evaluations(u64),
}

/// What one audit is given.
pub struct Audit<'a> {
    /// The workbench.
    pub evaluator: &'a InstanceEvaluator<'a>,
    /// Finished work.
    pub journal: &'a Journal,
    /// How deep to search.
    pub depth: Depth,
    /// When to stop.
    pub budget: StopAfter,
    /// When it began.
    pub begin: Instant,
    /// Statements whose constants others may take over.
    pub relatives: &'a [Statement],
    /// Judgements by sampling that one piece of work may make, whatever else is done.
    pub judgements: u64,
    /// Pieces of work done so far: one at least, or a budget that is spent on setting up would lead nowhere.
    pub fresh: AtomicU64,
    /// Asked before each piece of work: whether the audit is to go on.
    pub going_on: &'a (dyn Fn() -> bool + Sync),
    /// Called after each piece of work, in any order.
    pub done: &'a (dyn Fn() + Sync),
}

/// Why an audit ended early.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A statement's own witness is no instance of it.
    #[error(transparent)]
    Statement(#[from] Box<StatementError>),
}

/// The parts of a statement with their mutants.
fn by_target(mutants: &[Mutant]) -> Vec<Vec<&Mutant>> {
    let mut groups: Vec<Vec<&Mutant>> = Vec::new();
    for mutant in mutants {
        match groups.last_mut().filter(|group| group[0].target == mutant.target) {
            Some(group) => group.push(mutant),
            None => groups.push(vec![mutant]),
        }
    }
    groups
}

/// Pieces of work on a statement besides one for each of its parts.
const BESIDE: usize = 4;

/// How many pieces of work a statement takes.
#[must_use]
pub fn pieces(statement: &Statement) -> usize {
    if left_out(statement).is_some() { 0 } else { by_target(&mutants(statement)).len() + BESIDE }
}

fn left_out(statement: &Statement) -> Option<String> {
    (statement.expect == Expectation::Violated).then(|| "false on purpose".to_owned())
}

impl Audit<'_> {
    /// Audits all statements, in parallel.
    ///
    /// # Errors
    /// When the journal cannot be written, or a witness is no instance of its statement.
    pub fn run(&self, statements: &[Statement]) -> Result<Vec<StatementAudit>, AuditError> {
        statements.par_iter().map(|statement| self.statement(statement)).collect()
    }

    fn exhausted(&self) -> bool {
        if !(self.going_on)() {
            return true;
        }
        if self.fresh.load(Ordering::Relaxed) == 0 {
            return false;
        }
        match self.budget {
            StopAfter::Unlimited => false,
            StopAfter::Time(limit) => self.begin.elapsed() >= limit,
            StopAfter::Evaluations(limit) => self.evaluator.total_evaluations() >= limit,
        }
    }

    /// A piece of work: from the journal, or done now, or left where the budget is spent. A violation of the
    /// statement that it comes across is judged, whatever the work was about.
    fn piece<T: Serialize + for<'de> Deserialize<'de>>(
        &self,
        statement: &Statement,
        task: &str,
        work: impl FnOnce(&InstanceEvaluator<'_>) -> Result<T, AuditError>,
    ) -> Result<Option<Piece<T>>, AuditError> {
        let (id, hash) = (statement.id.as_str(), statement.hash.as_str());
        let result = match self.journal.finished(id, hash, task) {
            Some(finished) => Some(finished),
            None if self.exhausted() => None,
            None => {
                let evaluator = self.evaluator.piece(statement, self.judgements);
                let result = work(&evaluator)?;
                let mut seen = WorstInstance::default();
                // The search for the worst instance has judged its own.
                if task != WORST {
                    judge_apparent(&evaluator, statement, &evaluator.suspects(), &mut seen);
                }
                let WorstInstance { counterexample, apparent, .. } = seen;
                let piece = Piece { result, counterexample, apparent, evaluations: evaluator.evaluations() };
                self.journal.note(id, hash, task, &piece)?;
                self.fresh.fetch_add(1, Ordering::Relaxed);
                Some(piece)
            }
        };
        (self.done)();
        Ok(result)
    }

    fn statement(&self, statement: &Statement) -> Result<StatementAudit, AuditError> {
        let mut audit = StatementAudit {
            id: statement.id.clone(),
            hash: statement.hash.clone(),
            text: statement.text.to_string(),
            form: statement.form,
            about: statement.subject,
            left_out: left_out(statement),
            worst: None,
            targets: Vec::new(),
            instances: Vec::new(),
            transplants: Vec::new(),
            trends: Vec::new(),
            tunings: Vec::new(),
            unfinished: 0,
            evaluations: 0,
        };
        if audit.left_out.is_some() {
            return Ok(audit);
        }
        let mutants = mutants(statement);
        let groups = by_target(&mutants);
        let mut pool = SeedInstances::default();
        let mut gathered = 0;
        if !self.exhausted() {
            let evaluator = self.evaluator.piece(statement, 0);
            pool = SeedInstances::gather(&evaluator, statement)?;
            gathered = evaluator.evaluations();
        }
        let depth = self.depth;
        let found = self.piece(statement, WORST, |evaluator| {
            let worst = worst(evaluator, statement, &mut pool.clone(), depth)?;
            Ok((worst, gathered))
        })?;
        let Some(found) = found else {
            audit.unfinished = groups.len() + BESIDE;
            (0..groups.len() + BESIDE - 1).for_each(|_| (self.done)());
            return Ok(audit);
        };
        let (worst, gathered) = found.result;
        audit.evaluations = found.evaluations + gathered;
        // A false statement has no constants to speak of, and one without instances shows nothing of them.
        let is_over = worst.counterexample.is_some() || worst.nothing.is_some();
        for template in &worst.found {
            if let Some(evaluation) = self.evaluator.evaluate(statement, template) {
                pool.add(SeedInstance { template: template.clone(), evaluation });
            }
        }
        // The journal has them; for a reader they are what they led to.
        audit.worst = Some(WorstInstance { found: Vec::new(), ..worst });
        if is_over {
            (0..groups.len() + BESIDE - 1).for_each(|_| (self.done)());
            return Ok(audit);
        }
        self.parts(statement, &groups, &pool, &mut audit)?;
        Ok(audit)
    }

    /// Everything but the search for the worst instance.
    fn parts(
        &self,
        statement: &Statement,
        groups: &[Vec<&Mutant>],
        pool: &SeedInstances,
        audit: &mut StatementAudit,
    ) -> Result<(), AuditError> {
        let depth = self.depth;
        let targets: Result<Vec<_>, AuditError> = groups
            .par_iter()
            .map(|group| {
                let target = &group[0].target;
                let task = format!("target {} {:?} {}", target.place, target.span, target.text);
                self.piece(statement, &task, |evaluator| {
                    Ok(Trial { evaluator, base: statement, pool, depth, frozen: None }.target(group))
                })
            })
            .collect();
        for target in targets? {
            let found = audit.take(target);
            found.flatten().into_iter().for_each(|target| audit.add(target));
        }
        let transplants = self.piece(statement, "transplants", |evaluator| {
            Ok(transplants(evaluator, statement, pool, self.relatives, depth))
        })?;
        let trends = self.piece(statement, "trends", |evaluator| Ok(trends(evaluator, statement, pool, depth)))?;
        let found = self.piece(statement, "tunings", |evaluator| Ok(tunings(evaluator, statement)))?;
        audit.transplants = audit.take(transplants).unwrap_or_default();
        audit.trends = audit.take(trends).unwrap_or_default();
        audit.tunings = audit.take(found).unwrap_or_default();
        Ok(())
    }
}

/// The name of the search for the worst instance.
const WORST: &str = "worst";

impl StatementAudit {
    /// Adds a part, whose instances are kept once for all parts.
    fn add(&mut self, mut target: TargetAudit) {
        let mut number = |spec: CellSpec| {
            self.instances.iter().position(|known| *known == spec).unwrap_or_else(|| {
                self.instances.push(spec);
                self.instances.len() - 1
            })
        };
        let numbers: Vec<usize> = target.killers.drain(..).map(&mut number).collect();
        for tested in &mut target.mutants {
            if let MutantStatus::Killed { instance, .. } = &mut tested.status {
                *instance = numbers[*instance];
            }
        }
        self.targets.push(target);
    }

    /// The result of a piece of work; its counts and the violation that it came across are taken over.
    fn take<T>(&mut self, piece: Option<Piece<T>>) -> Option<T> {
        let Some(piece) = piece else {
            self.unfinished += 1;
            return None;
        };
        self.evaluations += piece.evaluations;
        if let Some(worst) = self.worst.as_mut().filter(|worst| worst.counterexample.is_none()) {
            let larger = |new: &Apparent| worst.apparent.as_ref().is_none_or(|old| new.excess > old.excess);
            worst.apparent = piece.apparent.filter(larger).or(worst.apparent.take());
            if piece.counterexample.is_some() {
                worst.counterexample = piece.counterexample;
                (worst.tightest, worst.apparent) = (None, None);
            }
        }
        Some(piece.result)
    }
}
