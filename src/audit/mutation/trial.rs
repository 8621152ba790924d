//! What becomes of a mutant: killed by an instance, shown to say the same, found weaker, or left with room
//! that is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::fingerprint::fingerprint;
use crate::audit::mutation::mutate::{Mutant, Operator};
use crate::audit::search::climb::{Frozen, worsen};
use crate::audit::search::cma::SearchBudget;
use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate, Judged};
use crate::audit::search::seed_instances::{SeedInstances, kind_of};
use crate::audit::search::states::worst_state;
use crate::inference::Evidence;
use crate::number::to_digits;
use crate::statement::load_changed;
use crate::statement::variant::Change;
use crate::statement::{Form, Statement};
use crate::verify::instances::CellSpec;

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum MutantStatus<I = Box<CellSpec>> {
    /// It is violated on an instance.
    Killed {
        /// The instance.
        instance: I,
        /// What the verdict rests on.
        evidence: Evidence,
        /// (lhs − rhs) over the sum of the absolute values of both sides' terms, to six digits.
        excess: f64,
    },
    /// It says the same.
    Equivalent {
        /// How this is known.
        by: Agreement,
    },
    /// It claims less, so nothing can be learnt from its truth.
    Weaker,
    /// It claims more and was not refuted.
    Slack {
        /// The least of (rhs − lhs) over the sum of the absolute values of both sides' terms that was found.
        least: f64,
        /// Instances that were looked at.
        instances: u64,
    },
    /// Binary64 shows a violation that no exact arithmetic and no test confirms, or there is no instance.
    Undecided {
        /// Why.
        reason: String,
    },
    /// The change does not give a statement of the language.
    NoStatement,
}

impl<I> MutantStatus<I> {
    /// The same with another way to name the instance.
    pub fn map<J>(self, name: impl FnOnce(I) -> J) -> MutantStatus<J> {
        match self {
            MutantStatus::Killed { instance, evidence, excess } => {
                MutantStatus::Killed { instance: name(instance), evidence, excess }
            }
            MutantStatus::Equivalent { by } => MutantStatus::Equivalent { by },
            MutantStatus::Weaker => MutantStatus::Weaker,
            MutantStatus::Slack { least, instances } => MutantStatus::Slack { least, instances },
            MutantStatus::Undecided { reason } => MutantStatus::Undecided { reason },
            MutantStatus::NoStatement => MutantStatus::NoStatement,
        }
    }
}

/// How it is known that a mutant says the same as the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Agreement {
    /// All its terms are the same functions.
    Symbolic,
    /// Both sides of every comparison agree, and so do the instances that are admitted.
    Instances {
        /// Instances looked at.
        count: u64,
    },
}

/// What a change does to a claim, on the instances looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Same,
    Stronger,
    Weaker,
    /// Stronger here and weaker there.
    Mixed,
}

/// How deep a mutant is sought to be killed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, PartialEq, Eq)]
pub struct Depth {
    /// Instances that one search looks at.
    pub evaluations: u64,
    /// Searches of one mutant, from different instances.
    pub searches: usize,
    /// Whether the default suite is judged besides the quick one.
    pub whole_suite: bool,
}

/// Tries mutants of one statement on its pool.
pub struct Trial<'a> {
    /// The workbench.
    pub evaluator: &'a InstanceEvaluator<'a>,
    /// The statement.
    pub base: &'a Statement,
    /// Its instances.
    pub pool: &'a SeedInstances,
    /// How deep to search.
    pub depth: Depth,
    /// What searches leave alone; by turns nothing and the parameters without it.
    pub frozen: Option<Frozen>,
}

/// Judgements that may come to nothing before a mutant is left undecided.
const MOST_JUDGEMENTS: usize = 3;
/// Two sides' differences that agree to this share of their magnitude are the same.
const SAME: f64 = 1e-12;
/// Where the statement has less room than this, nothing is learnt from what a change takes of it.
const NO_ROOM: f64 = 1e-9;
/// Instances whose parameters are moved to the ends of their ranges.
const CORNERS: usize = 8;
/// An excess that ends a search: it is judged.
const ENOUGH: f64 = 1e-6;

/// A changed statement that was tried.
pub struct Tried {
    /// What became of it.
    pub status: MutantStatus,
    /// What killed it, or came nearest.
    pub nearest: Option<InstanceTemplate>,
}

impl Trial<'_> {
    /// The statuses of all mutants of one target, in their order.
    #[must_use]
    pub fn statuses(&self, mutants: &[&Mutant]) -> Vec<MutantStatus> {
        let mut statuses: Vec<Option<MutantStatus>> = vec![None; mutants.len()];
        for side in [-1, 1] {
            // From the largest change inwards: what kills one is where the next begins.
            let mut series: Vec<(i32, usize)> = mutants
                .iter()
                .enumerate()
                .filter_map(|(i, mutant)| match mutant.operator {
                    Operator::Scale { per_cent } if per_cent.signum() == side => Some((per_cent.abs(), i)),
                    _ => None,
                })
                .collect();
            series.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
            let mut warm = None;
            let mut alive = false;
            for (_, i) in series {
                // Where a larger change survives its search, a smaller one need not be searched again.
                let tried = self.status(&mutants[i].changes, warm.as_ref(), !alive);
                alive |= matches!(tried.status, MutantStatus::Slack { .. } | MutantStatus::Undecided { .. });
                warm = tried.nearest;
                statuses[i] = Some(tried.status);
            }
        }
        let others = statuses.into_iter().zip(mutants);
        others
            .map(|(status, mutant)| status.unwrap_or_else(|| self.status(&mutant.changes, None, true).status))
            .collect()
    }

    /// The status of the statement with these changes. `warm` is looked at first; without `search` nothing
    /// but it and the pool is.
    #[must_use]
    pub fn status(&self, changes: &[Change], warm: Option<&InstanceTemplate>, search: bool) -> Tried {
        let settled = |status| Tried { status, nearest: None };
        let Ok(changed) = load_changed(self.base, changes) else { return settled(MutantStatus::NoStatement) };
        if fingerprint(&changed) == fingerprint(self.base) {
            return settled(MutantStatus::Equivalent { by: Agreement::Symbolic });
        }
        let (effect, count) = self.effect(&changed);
        if effect == Effect::Weaker {
            return settled(MutantStatus::Weaker);
        }
        let same = |tried: Tried| match tried.status {
            MutantStatus::Slack { .. } if effect == Effect::Same && count > 0 => {
                settled(MutantStatus::Equivalent { by: Agreement::Instances { count } })
            }
            _ => tried,
        };
        // A statement that is only made for its witnesses says nothing of instances beside them.
        same(self.kill(&changed, None, warm, search && effect != Effect::Same && self.base.general))
    }

    /// Seeks an instance that violates a statement: on the pool, at the ends of the parameters' ranges, then
    /// by searches from where the change takes most of the room that the statement itself has.
    /// Where `unless` is given, only instances count on which it is not violated too.
    #[must_use]
    pub fn kill(
        &self,
        changed: &Statement,
        unless: Option<&Statement>,
        warm: Option<&InstanceTemplate>,
        search: bool,
    ) -> Tried {
        let mut looked = 0;
        let mut hunt =
            Hunt { evaluator: self.evaluator, changed, unless, judgements: 0, unshown: None, nearest: Vec::new() };
        let warm = warm.map(|template| (template.clone(), f64::MIN));
        let entries = self.pool.entries.iter().map(|entry| (entry.template.clone(), entry.evaluation.excess));
        // Only where nothing of the pool kills: a corner is looked at under the statement itself, too.
        let corners = (search && self.frozen.is_none()).then(|| std::iter::once_with(|| self.corners()).flatten());
        for (template, room) in warm.into_iter().chain(entries).chain(corners.into_iter().flatten()) {
            if let Some(killed) =
                self.evaluator.evaluate(changed, &template).and_then(|evaluation| hunt.see(template, evaluation, room))
            {
                return killed;
            }
        }
        if search {
            for frame in &self.pool.frames {
                let Some((template, evaluation)) = worst_state(self.evaluator, changed, frame) else { continue };
                if evaluation.excess > 0.0
                    && let Some(killed) = hunt.see(template, evaluation, f64::MIN)
                {
                    return killed;
                }
            }
            for (i, start) in hunt.starts(self.depth.searches).into_iter().enumerate() {
                let by_turns = if i % 2 == 0 { Frozen::Parameters } else { Frozen::Nothing };
                let frozen = self.frozen.unwrap_or(by_turns);
                let budget = SearchBudget { evaluations: self.depth.evaluations, enough: ENOUGH, seed: i as u64 };
                let Some(found) = worsen(self.evaluator, changed, &start, frozen, budget) else { continue };
                looked += found.evaluations;
                let room = self
                    .evaluator
                    .evaluate(self.base, &found.template)
                    .map_or(f64::MIN, |evaluation| evaluation.excess);
                if let Some(killed) = hunt.see(found.template, found.evaluation, room) {
                    return killed;
                }
            }
        }
        hunt.given_up(looked)
    }

    /// Instances of the pool with one parameter at an end of its range.
    fn corners(&self) -> Vec<(InstanceTemplate, f64)> {
        let different = self.pool.different();
        let movable = different.into_iter().filter(|e| e.template.witness.is_none() && !e.is_long()).take(CORNERS);
        let moved = movable.flat_map(|entry| {
            entry.template.fractions.keys().flat_map(move |name| {
                [0.0, 1.0].map(|end| {
                    let mut template = entry.template.clone();
                    template.fractions.insert(name.clone(), end);
                    let room =
                        self.evaluator.evaluate(self.base, &template).map_or(f64::MIN, |evaluation| evaluation.excess);
                    (template, room)
                })
            })
        });
        moved.collect()
    }

    /// Whether the changed statement claims more or less, and on how many instances that was looked at.
    fn effect(&self, changed: &Statement) -> (Effect, u64) {
        let (mut stronger, mut weaker, mut count) = (false, false, 0);
        for entry in self.pool.entries.iter().filter(|entry| !entry.is_long()) {
            // An instance at the changed ranges' ends shows what is admitted anew.
            if let Some(cell) = self.evaluator.cell(changed, &entry.template)
                && cell != entry.evaluation.spec
                && self.evaluator.admits(changed, &cell)
            {
                stronger |= !self.evaluator.admits(self.base, &cell);
            }
            let Some(approximations) = self.evaluator.approximations(changed, &entry.evaluation.spec) else {
                weaker = true;
                continue;
            };
            count += 1;
            let known = &entry.evaluation.approximations;
            for new in &approximations {
                let Some(old) = known.iter().find(|old| old.place() == new.place()) else { continue };
                let difference = (new.rhs - new.lhs) - (old.rhs - old.lhs);
                if difference.abs() <= SAME * (new.scale + old.scale) {
                    continue;
                }
                if self.base.form == Form::Identity {
                    return (Effect::Mixed, count);
                }
                stronger |= difference < 0.0;
                weaker |= difference > 0.0;
            }
            if stronger && weaker {
                break;
            }
        }
        let effect = match (stronger, weaker) {
            (false, false) => Effect::Same,
            (true, false) => Effect::Stronger,
            (false, true) => Effect::Weaker,
            (true, true) => Effect::Mixed,
        };
        (effect, count)
    }
}

/// One hunt for an instance that violates a statement.
struct Hunt<'a> {
    evaluator: &'a InstanceEvaluator<'a>,
    changed: &'a Statement,
    unless: Option<&'a Statement>,
    judgements: usize,
    /// What came of the first judgement that shows no violation.
    unshown: Option<String>,
    /// What was looked at, with the share of the statement's own room that the change takes.
    nearest: Vec<(f64, InstanceTemplate, Evaluation)>,
}

impl Hunt<'_> {
    /// Judges what looks like a violation. `room` is the excess of the unchanged statement there.
    fn see(&mut self, template: InstanceTemplate, evaluation: Evaluation, room: f64) -> Option<Tried> {
        let counts = |unless: &Statement| {
            self.evaluator
                .evaluate_at(unless, evaluation.spec.clone())
                .is_some_and(|evaluation| evaluation.excess < 0.0)
        };
        let counts = evaluation.excess > 0.0 && self.unless.is_none_or(counts);
        if counts && self.judgements < MOST_JUDGEMENTS {
            self.judgements += 1;
            let judged = self.evaluator.judge(self.changed, &evaluation.spec);
            self.unshown.get_or_insert_with(|| judged.text());
            if let Some(outcome) = Judged::violation(judged) {
                let status = MutantStatus::Killed {
                    instance: Box::new(evaluation.spec),
                    evidence: outcome.evidence,
                    excess: to_digits(evaluation.excess),
                };
                return Some(Tried { status, nearest: Some(template) });
            }
        }
        let share = if room < -NO_ROOM { 1.0 - evaluation.excess / room } else { room - evaluation.excess };
        self.nearest.push((share, template, evaluation));
        None
    }

    /// Where searches begin: the instances on which the change takes the largest shares of the room, of
    /// different families or errors, and the one that comes nearest to a violation.
    fn starts(&mut self, count: usize) -> Vec<InstanceTemplate> {
        self.nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kinds: Vec<String> = Vec::new();
        let mut starts: Vec<InstanceTemplate> = Vec::new();
        for (_, template, evaluation) in &self.nearest {
            let kind = kind_of(&evaluation.spec);
            if starts.len() < count && !kinds.contains(&kind) {
                kinds.push(kind);
                starts.push(template.clone());
            }
        }
        starts
    }

    /// `looked` instances were looked at in searches, besides those that the hunt saw.
    fn given_up(self, looked: u64) -> Tried {
        let instances = looked + self.nearest.len() as u64;
        // Instances that the change does not touch are as tight as they were.
        let touched = self.nearest.iter().any(|(share, ..)| share.abs() > SAME);
        let nearest = self.nearest.into_iter().filter(|(share, ..)| !touched || share.abs() > SAME);
        let nearest = nearest.max_by(|a, b| a.2.excess.total_cmp(&b.2.excess));
        let status = match &nearest {
            None => MutantStatus::Undecided { reason: "no instance of it was found".into() },
            Some((_, _, evaluation)) if evaluation.excess > 0.0 => {
                let judged = self.unshown.as_deref().unwrap_or("not judged");
                let reason =
                    format!("violated by {:.1e} in binary64 alone on {}; {judged}", evaluation.excess, evaluation.spec);
                MutantStatus::Undecided { reason }
            }
            Some((_, _, evaluation)) => MutantStatus::Slack { least: -evaluation.excess, instances },
        };
        Tried { nearest: nearest.map(|(_, template, _)| template), status }
    }
}
