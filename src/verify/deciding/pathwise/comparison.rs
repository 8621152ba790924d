//! One comparison on one run: screened in binary64, then decided by intervals, rationals or symbols.

use super::sides::{SidesOnRun, Watch};

use crate::inference::Evidence;
use crate::method::RunTrace;
use crate::number::{Exact, Interval, Scalar};
use crate::oracle::Estimable;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, Evaluator, RandomIndex, Trace};
use crate::statement::term::VectorSequence;
use crate::statement::{Claim, Form, Subject};
use crate::verify::deciding::budget::beyond;
use crate::verify::deciding::compare_sides::{
    Attempt, Midpoint, Relatable, Sides, Smallest, Truth, attempt, by_interval, by_rational, equal_by_interval, screen,
};
use crate::verify::deciding::counterexample::{self, Counterexample};
use crate::verify::deciding::index_sets::ClaimIndex;
use crate::verify::deciding::ladder::{Ladder, Setup, is_defined};
use crate::verify::deciding::symbolic::{Certain, Points, Symbolic};
use crate::verify::{CheckFailure, Relation};

/// The arithmetics that decided some comparison.
#[derive(Clone, Copy, Default)]
pub(super) struct Deciders {
    /// Highest precision of intervals.
    bits: Option<u32>,
    rational: bool,
}

impl Deciders {
    /// Intervals leave more open of an identity than rationals do, and of an inequality nothing.
    pub fn evidence(self, form: Form) -> Evidence {
        match (self.bits, self.rational) {
            (Some(bits), rational) if !rational || form == Form::Identity => Evidence::Interval { bits },
            (_, true) => Evidence::Rational,
            _ => Evidence::Ball,
        }
    }
}

/// Terms smaller than this are of a run that has converged.
const CONVERGED: f64 = 1e-100;

/// How one comparison ended.
pub(super) enum Found {
    /// Compared, with the sides at the midpoints of the last arithmetic that had them.
    Compared(Truth, Midpoint),
    /// No arithmetic decides, and the widest intervals say why.
    Open(String, Midpoint),
    /// The statement does not certainly speak of it.
    Skipped(String),
}

/// One comparison on one run.
pub(crate) struct ComparisonOnRun<'t, 'a, P> {
    pub on_run: &'t P,
    pub ladder: &'t Ladder<'a>,
    pub setup: &'t Setup<'a>,
    pub place: ClaimIndex,
}

impl<P: SidesOnRun> ComparisonOnRun<'_, '_, P> {
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
    pub fn rungs(&self) -> Vec<usize> {
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
    pub fn by_interval(&self, rung: usize, smallest: Option<&Smallest>) -> Result<Attempt<Interval>, CheckFailure> {
        let environment = self.ladder.interval_environment(self.setup, rung);
        let see = smallest.map(|smallest| |x: &Interval| smallest.see(x));
        let watch = see.as_ref().map(|see| see as &dyn Fn(&Interval));
        let sides = self.sides(&environment, self.ladder.interval(rung), watch)?;
        Ok(sides.and_then(|sides| sides.undefined(self.place.claim, self.place.k).map_or(Ok(sides), Err)))
    }

    /// How rationals compare the sides, where they do, and near which numbers.
    fn by_rationals(&self) -> Result<Option<(Truth, Midpoint)>, CheckFailure> {
        let is_rational = self.ladder.instance.problem.is_rational() && self.ladder.affords_exact_claims();
        if !is_rational || self.needed() > self.ladder.ball_reach() {
            return Ok(None);
        }
        let sides = self.sides(self.ladder.exact_environment(self.setup), self.ladder.exact(), None)?;
        let found = sides.ok().map(|sides| (by_rational(self.form(), &sides), sides.midpoint()));
        Ok(found.filter(|(found, _)| *found != Truth::Open))
    }

    fn by_symbols(&self) -> Truth {
        let ladder = self.ladder;
        let first = self.rungs().first().copied();
        let is_symbolic = self.on_run.is_symbolic(self.claim()) && ladder.affords_exact_claims();
        let (true, Some(rung)) = (is_symbolic, first) else { return Truth::Open };
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
    pub(super) fn decide(&self, deciders: &mut Deciders) -> Result<Found, CheckFailure> {
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
            match self.on_rung(rung, (rung == exact_after, may_accept), &mut midpoint, deciders)? {
                Ok(Truth::Open) => failure = None,
                Ok(found) => return Ok(Found::Compared(found, midpoint)),
                Err(undefined) => failure = Some(undefined),
            }
        }
        match failure {
            None => Ok(Found::Open(self.why_open(midpoint), midpoint)),
            Some(failure) => match self.uncertain_estimate() {
                Some(cause) => Ok(Found::Open(cause, midpoint)),
                None => Err(failure),
            },
        }
    }

    /// What intervals of that precision say, and where they are to be asked `exactly`, rationals and symbols after
    /// them; or why a side has no value.
    fn on_rung(
        &self,
        rung: usize,
        (exactly, may_accept): (bool, bool),
        midpoint: &mut Midpoint,
        deciders: &mut Deciders,
    ) -> Result<Result<Truth, CheckFailure>, CheckFailure> {
        let form = self.form();
        let smallest = may_accept.then(|| Smallest::clone(&self.ladder.smallest_of_setup(self.setup, rung)));
        let sides = self.by_interval(rung, smallest.as_ref())?;
        let mut found = Truth::Open;
        if let Ok(sides) = &sides {
            *midpoint = sides.midpoint();
            found = by_interval(form, sides);
        }
        if found == Truth::Open && exactly {
            found = self.by_rationals_or_symbols(sides.is_ok())?;
            if found != Truth::Open {
                deciders.rational = true;
                return Ok(Ok(found));
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
            if sides.as_ref().is_ok_and(Sides::are_points) {
                deciders.rational = true;
            } else {
                deciders.bits = deciders.bits.max(Some(self.ladder.bits[rung]));
            }
        }
        Ok(sides.map(|_| found))
    }

    /// Symbols have no opinion of whether a side has a value. Rationals were asked of an identity before.
    fn by_rationals_or_symbols(&self, both_have_values: bool) -> Result<Truth, CheckFailure> {
        if self.form() != Form::Identity
            && let Some((found, _)) = self.by_rationals()?
        {
            return Ok(found);
        }
        Ok(if both_have_values { self.by_symbols() } else { Truth::Open })
    }

    fn why_open(&self, (_, _, magnitude): Midpoint) -> String {
        let last = self.rungs().last().copied();
        let most = last.map_or(0, |rung| self.ladder.bits[rung]);
        let converged = if magnitude.abs() < CONVERGED && self.has_converged() {
            format!(
                "; all terms are below {CONVERGED:e} there, as the run has converged: smaller `horizons` leave that out"
            )
        } else {
            String::new()
        };
        if !self.ladder.affords_exact_claims() {
            return format!("intervals of {most} bits do not decide, and sums so long are not evaluated in more");
        }
        format!("neither intervals of up to {most} bits nor rationals nor symbols decide{converged}")
    }

    /// Whether the gradient is as small as nothing there, and was not so at the start.
    fn has_converged(&self) -> bool {
        let Some(last) = self.rungs().last().copied() else { return false };
        let trace = self.ladder.interval(last).until(self.place.horizon);
        let is_small = |k: i64| {
            let gradient = trace.vector(&VectorSequence::Gradient, k);
            gradient.is_ok_and(|g| g.iter().all(|x| x.to_f64().abs() < CONVERGED.sqrt()))
        };
        is_small(self.place.shown(self.claim())) && !is_small(0)
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
    pub fn relation(&self, found: Truth) -> Result<Option<Relation>, CheckFailure> {
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
    pub fn counterexample(&self) -> Option<Counterexample> {
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
