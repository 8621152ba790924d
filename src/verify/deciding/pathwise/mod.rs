//! Claims that are judged on runs: every index of every run, for every K, decided with no error left.

mod comparison;
mod sides;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::inference::Verdict;
use crate::oracle::StreamKey;
use crate::preset::Effort;
use crate::statement::evaluate::EvaluationError;
use crate::statement::{Form, Subject};
use crate::verify::deciding::compare_sides::{Truth, WorstKeeper};
use crate::verify::deciding::counterexample::Counterexample;
use crate::verify::deciding::history::{Demand, History};
use crate::verify::deciding::index_sets::{self, ClaimIndex};
use crate::verify::deciding::ladder::{Ladder, Setups};
use crate::verify::deciding::procedure::OnRuns;
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome, Remainder};

pub(crate) use comparison::ComparisonOnRun;
use comparison::{Deciders, Found};
pub(crate) use sides::{OnOnlyRun, OnTrajectory, SidesOnRun, Watch, sides_at};

/// Every step of every run.
pub(crate) struct EveryStep;

impl OnRuns for EveryStep {
    fn subject(&self) -> Subject {
        Subject::Pathwise
    }

    fn obstacle(&self, _: &Instance<'_>, _: &Effort) -> Option<&'static str> {
        None
    }

    fn on_run<'a>(&self, _: &'a Instance<'a>) -> impl SidesOnRun + 'a {
        OnTrajectory
    }
}

/// What the comparisons of a cell have shown so far.
#[derive(Default)]
struct Progress {
    keeper: WorstKeeper,
    /// Which run the worst comparison was on, and where.
    worst: Option<(usize, ClaimIndex)>,
    counterexample: Option<Counterexample>,
    deciders: Deciders,
    comparisons: u64,
    violated: bool,
    remainder: Remainder,
    /// The first comparison that has no sides although the statement speaks of it.
    failure: Option<CheckFailure>,
}

/// Decides every place of every run.
pub(crate) fn check_on_runs(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    on_run: &impl SidesOnRun,
) -> Result<Outcome, CheckFailure> {
    let mut progress = Progress::default();
    // Without randomness one run is all there is.
    let replicates = if instance.experiment().is_deterministic() { 1 } else { judging.effort.trajectories };
    let mut histories = Vec::new();
    for replicate in 0..replicates {
        histories.extend(on_run.histories(instance, key, replicate, Demand::certain(judging.effort.operations))?);
    }
    let setups = Rc::new(Setups::new(instance));
    for (number, history) in histories.iter().enumerate() {
        let ladder = Ladder::new(instance, key, history, judging.effort.operations);
        progress.judge(on_run, &ladder, &setups.of_one_run(), (number, judging))?;
    }
    if let Some((number, place)) = progress.worst {
        let ladder = Ladder::new(instance, key, &histories[number], judging.effort.operations);
        let own = Setups::new(instance);
        let setup = own.of(place.horizon);
        progress.enclose(&ComparisonOnRun { on_run, ladder: &ladder, setup: &setup, place })?;
    }
    progress.outcome(instance.statement.form)
}

impl Progress {
    fn judge<'a, P: SidesOnRun>(
        &mut self,
        on_run: &P,
        ladder: &Ladder<'a>,
        setups: &Setups<'a>,
        (number, judging): (usize, Judging<'_>),
    ) -> Result<(), CheckFailure> {
        let (instance, history) = (ladder.instance, ladder.history);
        let claims = &instance.statement.claims;
        if let Some(end) = &history.end {
            let place = ClaimIndex { claim: 0, k: history.steps as i64, horizon: history.horizon };
            let found = place.unsettled(&claims[0], end.clone());
            if history.cut { self.remainder.leave_open(found) } else { self.remainder.skip(found) }
        }
        if history.steps == 0 {
            return Ok(());
        }
        // Of a row each point is a comparison of its own.
        let of_points = instance.statement.subject == Subject::Estimate;
        let longest = if of_points { history.steps } else { ladder.longest() };
        for c in 0..claims.len() {
            let budget = judging.effort.evaluations;
            let places = index_sets::reached(instance, c, (longest, history.steps), budget, &mut self.remainder)?;
            for place in places.into_iter().filter(|place| !only_filled(history, *place)) {
                let setup = setups.of(place.horizon);
                let before = self.keeper.changes();
                self.compare(&ComparisonOnRun { on_run, ladder, setup: &setup, place })?;
                if self.keeper.changes() != before {
                    self.worst = Some((number, place));
                }
            }
        }
        Ok(())
    }

    fn compare<P: SidesOnRun>(&mut self, comparison: &ComparisonOnRun<'_, '_, P>) -> Result<(), CheckFailure> {
        let (place, claim) = (comparison.place, comparison.claim());
        let found = match comparison.ladder.admits(comparison.setup) {
            Ok(()) => match comparison.decide(&mut self.deciders) {
                // A shorter run lacks what a longer one has, and is no instance of the claim then.
                Err(CheckFailure::Evaluation(failure @ EvaluationError::MissingQuantity { .. }))
                    if place.horizon < comparison.ladder.history.horizon =>
                {
                    Found::Skipped(failure.to_string())
                }
                Err(failure @ CheckFailure::Undefined { .. }) => {
                    self.failure.get_or_insert(failure);
                    return Ok(());
                }
                found => found?,
            },
            Err(reason) => Found::Skipped(reason.to_string()),
        };
        let shown = (place.shown(claim), place.horizon);
        match found {
            Found::Compared(found, midpoint) => {
                self.comparisons += 1;
                self.violated |= found == Truth::False;
                self.keeper.see(place.claim, shown, midpoint, found);
            }
            Found::Open(cause, midpoint) => {
                self.comparisons += 1;
                self.remainder.leave_open(place.unsettled(claim, cause));
                self.keeper.see(place.claim, shown, midpoint, Truth::Open);
            }
            Found::Skipped(cause) => self.remainder.skip(place.unsettled(claim, cause)),
        }
        Ok(())
    }

    /// Replaces the sides of the worst comparison by enclosures, and says how they compare.
    fn enclose<P: SidesOnRun>(&mut self, comparison: &ComparisonOnRun<'_, '_, P>) -> Result<(), CheckFailure> {
        for rung in comparison.rungs() {
            if let Ok(sides) = comparison.by_interval(rung, None)? {
                self.keeper.enclose(&sides);
                break;
            }
        }
        if let Some(found) = self.keeper.decided() {
            self.keeper.relate(comparison.relation(found)?);
            self.counterexample = (found == Truth::False).then(|| comparison.counterexample()).flatten();
        }
        Ok(())
    }

    fn outcome(self, form: Form) -> Result<Outcome, CheckFailure> {
        let Progress { keeper, counterexample, deciders, comparisons, violated, remainder, failure, .. } = self;
        let open = remainder.open.is_some();
        let verdict = match (violated, failure) {
            (true, _) => Verdict::Violated,
            (false, Some(failure)) => return Err(failure),
            (false, None) if open => Verdict::Inconclusive,
            (false, None) if comparisons > 0 => Verdict::Holds,
            // The statement speaks of nothing that the run reached.
            (false, None) if remainder.skipped.is_some() => Verdict::Inconclusive,
            (false, None) => return Err(CheckFailure::NothingCompared),
        };
        let evidence = deciders.evidence(form);
        Ok(Outcome {
            verdict,
            evidence,
            comparisons,
            worst: keeper.into_worst(),
            sampling: None,
            remainder,
            counterexample,
        })
    }
}

/// Whether a comparison is about a point of a row that repeats an earlier one.
fn only_filled(history: &History, place: ClaimIndex) -> bool {
    usize::try_from(place.k).is_ok_and(|k| k >= history.fillers)
}
