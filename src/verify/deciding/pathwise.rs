//! Claims that are judged on runs: every index of every run, for every K, decided with no error left.

use std::rc::Rc;

use crate::inference::{Evidence, Verdict};
use crate::method::RunTrace;
use crate::number::{Exact, Interval, Scalar};
use crate::oracle::{Estimable, StreamKey};
use crate::preset::Effort;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, EvaluationError, Evaluator, RandomIndex, Trace};
use crate::statement::term::VectorSequence;
use crate::statement::{Claim, Form, Subject};
use crate::verify::deciding::budget::beyond;
use crate::verify::deciding::compare_sides::{
    Attempt, Midpoint, Relatable, Sides, Smallest, Truth, WorstKeeper, attempt, by_interval, by_rational,
    equal_by_interval, screen,
};
use crate::verify::deciding::counterexample::{self, Counterexample};
use crate::verify::deciding::history::{Demand, History};
use crate::verify::deciding::index_sets::{self, ClaimIndex};
use crate::verify::deciding::ladder::{Ladder, Setup, Setups, is_defined};
use crate::verify::deciding::procedure::OnRuns;
use crate::verify::deciding::symbolic::{Certain, Points, Symbolic};
use crate::verify::instances::Instance;
use crate::verify::{CheckFailure, Judging, Outcome, Relation, Remainder};

/// The arithmetics that decided some comparison.
#[derive(Clone, Copy, Default)]
struct Deciders {
    /// Highest precision of intervals.
    bits: Option<u32>,
    rational: bool,
}

impl Deciders {
    /// Intervals leave more open of an identity than rationals do, and of an inequality nothing.
    fn evidence(self, form: Form) -> Evidence {
        match (self.bits, self.rational) {
            (Some(bits), rational) if !rational || form == Form::Identity => Evidence::Interval { bits },
            (_, true) => Evidence::Rational,
            _ => Evidence::Ball,
        }
    }
}

/// A look at every number of type `S` that an evaluation meets.
pub(crate) type Watch<'a, S> = Option<&'a dyn Fn(&S)>;

/// How a claim at one place is evaluated on a run, in any arithmetic.
pub(crate) trait SidesOnRun {
    /// The runs of a cell that belong to one replicate, of at most so many operations each.
    fn histories(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        replicate: u64,
        demand: Demand,
    ) -> Result<Vec<History>, CheckFailure> {
        Ok(vec![History::of_path(instance, key, replicate, demand)])
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        history: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure>;

    /// b_k and ν_k of every outcome that the draw at the place has, where the claim is about draws; each equally
    /// likely.
    fn outcomes<S: Arithmetic + Estimable>(
        &self,
        _: ClaimIndex,
        _: &History,
        _: &RunTrace<'_, S>,
        _: S::Context,
    ) -> Vec<[Option<Vec<S>>; 2]> {
        Vec::new()
    }

    /// Whether both sides are expressions in the run's own quantities, with no outcomes to average over.
    fn is_symbolic(&self, claim: &Claim) -> bool;
}

/// The claim speaks of the run itself.
pub(crate) struct OnTrajectory;

impl SidesOnRun for OnTrajectory {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let trace = run.until(place.horizon);
        sides_at(claim, place, Evaluator::on(environment, &trace, &RandomIndex::Absent), watch, environment.context)
    }

    fn is_symbolic(&self, _: &Claim) -> bool {
        true
    }
}

/// The claim speaks of averages over the whole run, and nothing is random but its index.
pub(crate) struct OnOnlyRun<'a> {
    pub instance: &'a Instance<'a>,
}

impl SidesOnRun for OnOnlyRun<'_> {
    fn histories(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        _: u64,
        demand: Demand,
    ) -> Result<Vec<History>, CheckFailure> {
        Ok(vec![History::of_average(instance, key, demand)])
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let (trace, index) = (run.until(place.horizon), self.instance.average_for(claim));
        sides_at(claim, place, Evaluator::on(environment, &trace, &index), watch, environment.context)
    }

    fn is_symbolic(&self, claim: &Claim) -> bool {
        !claim.speaks_of_random_index()
    }
}

/// Both sides of a claim at a place, where the evaluator reads the run or the table.
pub(crate) fn sides_at<'a, S: Scalar>(
    claim: &Claim,
    place: ClaimIndex,
    mut evaluator: Evaluator<'a, S>,
    watch: Watch<'a, S>,
    context: S::Context,
) -> Result<Sides<S>, CheckFailure> {
    evaluator.set_horizon(place.horizon);
    evaluator.set_index(place.k);
    if let Some(watch) = watch {
        evaluator.set_watch(watch);
    }
    Sides::evaluate(claim, &mut evaluator, context)
}

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

/// How one comparison ended.
enum Found {
    /// Compared, with the sides at the midpoints of the last arithmetic that had them.
    Compared(Truth, Midpoint),
    /// No arithmetic decides, and the widest intervals say why.
    Open(String, Midpoint),
    /// The statement does not certainly speak of it.
    Skipped(String),
}

/// One comparison on one run.
pub(crate) struct Trial<'t, 'a, P> {
    pub on_run: &'t P,
    pub ladder: &'t Ladder<'a>,
    setup: &'t Setup<'a>,
    pub place: ClaimIndex,
}

impl<P: SidesOnRun> Trial<'_, '_, P> {
    fn form(&self) -> Form {
        self.ladder.instance.statement.form
    }

    /// How many steps of the run the comparison needs.
    fn needed(&self) -> usize {
        match self.ladder.instance.statement.subject {
            Subject::Estimate if self.claim().reads_its_index_alone() => usize::try_from(self.place.k + 1).unwrap_or(1),
            _ => self.place.horizon,
        }
    }

    /// The rungs of intervals that reach it.
    fn rungs(&self) -> Vec<usize> {
        self.ladder.rungs(self.needed())
    }

    pub fn claim(&self) -> &Claim {
        &self.ladder.instance.statement.claims[self.place.claim]
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Attempt<S>, CheckFailure> {
        attempt(self.on_run.sides(self.claim(), self.place, self.ladder.history, environment, run, watch))
    }

    /// Both sides in intervals of that precision; every number on the way is shown to `smallest`.
    fn by_interval(&self, rung: usize, smallest: Option<&Smallest>) -> Result<Attempt<Interval>, CheckFailure> {
        let environment = self.ladder.interval_environment(self.setup, rung);
        let see = smallest.map(|smallest| |x: &Interval| smallest.see(x));
        let watch = see.as_ref().map(|see| see as &dyn Fn(&Interval));
        let sides = self.sides(&environment, self.ladder.interval(rung), watch)?;
        Ok(sides.and_then(|sides| sides.undefined(self.place.claim, self.place.k).map_or(Ok(sides), Err)))
    }

    /// How rationals compare the sides, where they do, and near which numbers.
    fn by_rationals(&self) -> Result<Option<(Truth, Midpoint)>, CheckFailure> {
        if !self.ladder.instance.problem.is_rational() || self.needed() > self.ladder.ball_reach() {
            return Ok(None);
        }
        let sides = self.sides(self.ladder.exact_environment(self.setup), self.ladder.exact(), None)?;
        let found = sides.ok().map(|sides| (by_rational(self.form(), &sides), sides.midpoint()));
        Ok(found.filter(|(found, _)| *found != Truth::Open))
    }

    fn by_symbols(&self) -> Truth {
        let ladder = self.ladder;
        let first = self.rungs().first().copied();
        let (true, Some(rung)) = (self.on_run.is_symbolic(self.claim()), first) else { return Truth::Open };
        let instance = ladder.instance;
        let environment = ladder.interval_environment(self.setup, rung);
        let trace = ladder.interval(rung).until(self.place.horizon);
        let evaluator = |slots: &[i64]| {
            let mut evaluator = Evaluator::on(&environment, &trace, &RandomIndex::Absent);
            evaluator.set_horizon(self.place.horizon);
            evaluator.set_slots(slots);
            evaluator
        };
        let symbolic = Symbolic {
            method: &instance.method,
            points: match ladder.history.points() {
                [] => Points::Forward { start: &instance.point, exact: instance.oracle.spec.is_empty() },
                points => Points::Stored(points),
            },
            // Without heterogeneity every worker's gradient is the mean.
            workers: match &instance.problem.constants().heterogeneity {
                Some(none) if *none == 0 => 1,
                _ => instance.problem.workers(),
            },
            dimension: instance.problem.dimension(),
            environment: ladder.exact_environment(self.setup),
            horizon: self.place.horizon,
            certain: Certain {
                order: &|a, b, slots| {
                    let mut evaluator = evaluator(slots);
                    evaluator.term(a).ok()?.compare(&evaluator.term(b).ok()?)
                },
                length: &|vector, bound, slots| {
                    let mut evaluator = evaluator(slots);
                    evaluator.length(vector).ok()?.compare(&evaluator.term(bound).ok()?)
                },
                condition: &|condition, slots| evaluator(slots).condition(condition).ok().flatten(),
            },
        };
        symbolic.decide(self.form(), self.claim(), self.place.k)
    }

    /// Whether balls show it: those of the run itself, then those around it in intervals, which exist if
    /// `reached`. Identities are not screened, and stored points have no errors to grow.
    fn screened(&self, reached: bool, midpoint: &mut Midpoint) -> Result<Option<Truth>, CheckFailure> {
        let form = self.form();
        if self.needed() <= self.ladder.ball_reach() {
            let environment = self.ladder.ball_environment(self.setup);
            if let Ok(sides) = self.sides(environment, self.ladder.ball(), None)? {
                *midpoint = sides.midpoint();
                if screen(form, &sides) == Truth::True {
                    return Ok(Some(Truth::True));
                }
            }
            if reached
                && form != Form::Identity
                && self.ladder.history.is_forward()
                && let Ok(sides) = self.sides(environment, self.ladder.around(), None)?
            {
                *midpoint = sides.midpoint();
                if screen(form, &sides) == Truth::True {
                    return Ok(Some(Truth::True));
                }
            }
        }
        Ok(None)
    }

    /// Screening; then intervals, with rationals and symbols tried early, as higher precision is of no use
    /// where both sides are equal. An identity is shown by intervals only where neither of them decides.
    fn decide(&self, deciders: &mut Deciders) -> Result<Found, CheckFailure> {
        let form = self.form();
        let mut midpoint = (f64::NAN, f64::NAN, f64::NAN);
        let rungs = self.rungs();
        if let Some(found) = self.screened(!rungs.is_empty(), &mut midpoint)? {
            return Ok(Found::Compared(found, midpoint));
        }
        let Some(last) = rungs.len().checked_sub(1) else {
            return Ok(Found::Open(beyond(self.place.horizon, self.ladder.longest()), midpoint));
        };
        // Rationals need no help with an identity.
        if form == Form::Identity
            && let Some((found, midpoint)) = self.by_rationals()?
        {
            deciders.rational = true;
            return Ok(Found::Compared(found, midpoint));
        }
        let exact_after = rungs[if form == Form::Identity { 0 } else { 2.min(last) }];
        let mut failure = None;
        for rung in rungs.iter().copied() {
            // An identity that is false is most often seen at once; it is accepted from the last rung alone, as
            // any other might refute it.
            if form == Form::Identity && rung != rungs[0] && rung != rungs[last] {
                continue;
            }
            let may_accept = form == Form::Identity && rung == rungs[last];
            let smallest = may_accept.then(|| Smallest::clone(&self.ladder.smallest_of_setup(self.setup, rung)));
            let sides = self.by_interval(rung, smallest.as_ref())?;
            let mut found = Truth::Open;
            if let Ok(sides) = &sides {
                midpoint = sides.midpoint();
                found = by_interval(form, sides);
            }
            if found == Truth::Open && rung == exact_after {
                if form != Form::Identity
                    && let Some((by_rationals, _)) = self.by_rationals()?
                {
                    found = by_rationals;
                }
                // Symbols have no opinion of whether a side has a value.
                if found == Truth::Open && sides.is_ok() {
                    found = self.by_symbols();
                }
                if found != Truth::Open {
                    deciders.rational = true;
                    return Ok(Found::Compared(found, midpoint));
                }
            }
            if let (Ok(sides), Truth::Open, Form::Identity) = (&sides, found, form) {
                let same_point = sides.are_points() && sides.lhs.certainly_le(&sides.rhs);
                if same_point || smallest.is_some_and(|smallest| equal_by_interval(sides, &smallest)) {
                    found = Truth::True;
                }
            }
            if found != Truth::Open {
                // Enclosures without width are the numbers themselves.
                if sides.is_ok_and(|sides| sides.are_points()) {
                    deciders.rational = true;
                } else {
                    deciders.bits = deciders.bits.max(Some(self.ladder.bits[rung]));
                }
                return Ok(Found::Compared(found, midpoint));
            }
            failure = sides.err();
        }
        match failure {
            None => Ok(Found::Open(self.why_open(), midpoint)),
            Some(failure) => match self.uncertain_estimate() {
                Some(cause) => Ok(Found::Open(cause, midpoint)),
                None => Err(failure),
            },
        }
    }

    fn why_open(&self) -> String {
        let last = self.rungs().last().copied();
        let most = last.map_or(0, |rung| self.ladder.bits[rung]);
        format!("neither intervals of up to {most} bits nor rationals nor symbols decide")
    }

    /// Where the estimate has no value although the gradient has one: an ordering that it needs is not certain.
    fn uncertain_estimate(&self) -> Option<String> {
        let run = self.ladder.interval(self.rungs().last().copied()?);
        let trace = run.until(self.place.horizon);
        let defined = |sequence: &VectorSequence, k| trace.vector(sequence, k).is_ok_and(|vector| is_defined(&vector));
        let k = (0..self.place.horizon as i64)
            .find(|k| defined(&VectorSequence::Gradient, *k) && !defined(&VectorSequence::Error, *k))?;
        Some(format!(
            "the estimate at k = {k} chooses by comparing numbers (largest coordinates, signs or rounding) of which \
             no arithmetic tells whether they tie"
        ))
    }

    /// How the sides compare, in decimals. That they differ in the claimed direction is not looked for
    /// in precisions beyond the first.
    fn relation(&self, found: Truth) -> Result<Option<Relation>, CheckFailure> {
        let form = self.form();
        let all = self.rungs();
        let rungs = if found == Truth::False { all.len() } else { all.len().min(1) };
        for (number, rung) in all.into_iter().take(rungs).enumerate() {
            if let Ok(sides) = self.by_interval(rung, None)?
                && by_interval(form, &sides) == found
            {
                return Ok(Interval::relation(form, &sides.lhs, &sides.rhs, found));
            }
            if number == 1.min(rungs - 1) && self.ladder.instance.problem.is_rational() {
                let sides = self.sides(self.ladder.exact_environment(self.setup), self.ladder.exact(), None)?;
                let relation = sides.ok().and_then(|sides| Exact::relation(form, &sides.lhs, &sides.rhs, found));
                if relation.is_some() {
                    return Ok(relation);
                }
            }
        }
        Ok(None)
    }

    /// What the comparison, which is false, looks like in the first arithmetic that has both sides.
    fn counterexample(&self) -> Option<Counterexample> {
        let by_interval = |rung: usize| {
            let environment = self.ladder.interval_environment(self.setup, rung);
            counterexample::of(self, &environment, self.ladder.interval(rung))
        };
        let made = |rung: &usize| self.ladder.has_interval(*rung);
        let found = self.rungs().into_iter().filter(made).find_map(by_interval);
        let exactly = || counterexample::of(self, self.ladder.exact_environment(self.setup), self.ladder.exact());
        found.or_else(|| self.ladder.has_exact().then(exactly).flatten())
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
        progress.enclose(&Trial { on_run, ladder: &ladder, setup: &setup, place })?;
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
                self.compare(&Trial { on_run, ladder, setup: &setup, place })?;
                if self.keeper.changes() != before {
                    self.worst = Some((number, place));
                }
            }
        }
        Ok(())
    }

    fn compare<P: SidesOnRun>(&mut self, trial: &Trial<'_, '_, P>) -> Result<(), CheckFailure> {
        let (place, claim) = (trial.place, trial.claim());
        let found = match trial.ladder.admits(trial.setup) {
            Ok(()) => match trial.decide(&mut self.deciders) {
                // A shorter run lacks what a longer one has, and is no instance of the claim then.
                Err(CheckFailure::Evaluation(failure @ EvaluationError::MissingQuantity { .. }))
                    if place.horizon < trial.ladder.history.horizon =>
                {
                    Found::Skipped(failure.to_string())
                }
                Err(failure @ CheckFailure::Undefined { .. }) => {
                    self.failure.get_or_insert(failure);
                    return Ok(());
                }
                found => found?,
            },
            Err(reason) => Found::Skipped(reason.clone()),
        };
        let shown = (place.shown(claim), place.horizon);
        match found {
            Found::Compared(comparison, midpoint) => {
                self.comparisons += 1;
                self.violated |= comparison == Truth::False;
                self.keeper.see(place.claim, shown, midpoint, comparison);
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
    fn enclose<P: SidesOnRun>(&mut self, trial: &Trial<'_, '_, P>) -> Result<(), CheckFailure> {
        for rung in trial.rungs() {
            if let Ok(sides) = trial.by_interval(rung, None)? {
                self.keeper.enclose(&sides);
                break;
            }
        }
        if let Some(found) = self.keeper.decided() {
            self.keeper.relate(trial.relation(found)?);
            self.counterexample = (found == Truth::False).then(|| trial.counterexample()).flatten();
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
