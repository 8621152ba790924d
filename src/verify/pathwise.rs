//! Pathwise claims: every index of every trajectory, decided with no error left.

use std::cell::OnceCell;

use rug::Rational;

use super::instance::Instance;
use super::judge::{Attempt, Comparison, Sides, WorstKeeper, attempt, by_interval, by_rational, screen};
use super::places::indices;
use super::symbolic::Symbolic;
use super::{CheckFailure, Judging, Outcome, Remainder};
use crate::inference::{Evidence, Verdict};
use crate::method::{PointTrace, Table, Workspace};
use crate::number::{Ball, Exact, Interval, Scalar, norm2};
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Evaluator, RandomIndex, Scope, Trace};
use crate::statement::term::VectorSequence;
use crate::statement::{Claim, Kind, Statement};

/// Precisions to which an open comparison goes up, before rationals.
pub(super) const LADDER: [u32; 3] = [128, 256, 512];

/// A trajectory of `f64` points and, for each step, the bias that was added.
pub(super) struct Path {
    pub points: Vec<Vec<f64>>,
    pub biases: Vec<Vec<f64>>,
}

/// Runs one trajectory in `f64`.
pub(super) fn trajectory(instance: &Instance<'_>, key: &StreamKey, replicate: u64) -> Result<Path, CheckFailure> {
    let experiment = instance.experiment();
    let mut path = Path { points: Vec::new(), biases: Vec::new() };
    let mut random = Stream::new([key.stream(replicate)], ());
    let mut table = Table::new(&[], instance.horizon, &instance.method.steps, ());
    let mut work = Workspace::<f64>::new(instance.problem.as_ref(), ());
    experiment.run(&mut random, &mut table, &mut work, (), &mut |step| {
        path.points.push(step.x.to_vec());
        path.biases.extend(step.bias.map(<[f64]>::to_vec));
    });
    match path.points.iter().position(|x| x.iter().any(|xi| !xi.is_finite())) {
        Some(k) => Err(CheckFailure::NotFinite { k }),
        None => Ok(path),
    }
}

/// Scopes of one instance in every arithmetic of the ladder, made when first needed.
pub(super) struct Scopes<'a> {
    instance: &'a Instance<'a>,
    horizon: usize,
    pub ball: Scope<Ball>,
    intervals: [OnceCell<Scope<Interval>>; LADDER.len()],
    exact: OnceCell<Scope<Exact>>,
}

/// The instance's scope with another K.
fn scope_with<S: Scalar>(instance: &Instance<'_>, horizon: usize, context: S::Context) -> Scope<S> {
    Scope { horizon, ..instance.scope(context) }
}

impl<'a> Scopes<'a> {
    pub fn new(instance: &'a Instance<'a>, horizon: usize) -> Self {
        Scopes {
            instance,
            horizon,
            ball: scope_with(instance, horizon, ()),
            intervals: Default::default(),
            exact: OnceCell::new(),
        }
    }

    pub fn interval(&self, rung: usize) -> &Scope<Interval> {
        self.intervals[rung].get_or_init(|| scope_with(self.instance, self.horizon, LADDER[rung]))
    }

    pub fn exact(&self) -> &Scope<Exact> {
        self.exact.get_or_init(|| scope_with(self.instance, self.horizon, ()))
    }
}

/// The arithmetics that decided some comparison.
#[derive(Clone, Copy, Default)]
struct Deciders {
    /// Highest precision of intervals.
    bits: Option<u32>,
    rational: bool,
}

impl Deciders {
    /// Intervals leave more open of an identity than rationals do, and of an inequality nothing.
    fn evidence(self, kind: Kind) -> Evidence {
        match (self.bits, self.rational) {
            (Some(bits), rational) if !rational || kind == Kind::Identity => Evidence::Interval { bits },
            (_, true) => Evidence::Rational,
            _ => Evidence::Ball,
        }
    }
}

/// How a claim at one index is evaluated on a stored trajectory, in any arithmetic.
pub(super) trait SidesOnPoints {
    /// The points that one replicate gives.
    fn path(&self, instance: &Instance<'_>, key: &StreamKey, replicate: u64) -> Result<Path, CheckFailure> {
        trajectory(instance, key, replicate)
    }

    /// K, as the claim reads it.
    fn horizon(&self, instance: &Instance<'_>) -> usize {
        instance.horizon
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        k: i64,
        path: &Path,
        scope: &Scope<S>,
        trace: &PointTrace<'_, S>,
    ) -> Result<Sides<S>, CheckFailure>;

    /// The part of the error that a step's model speaks of, and the model's B and C.
    fn modelled<'i>(&self, instance: &'i Instance<'_>) -> (VectorSequence, Option<&'i [Rational; 2]>) {
        (VectorSequence::Error, instance.oracle.model.total.as_ref())
    }

    /// Whether the sides, as expressions in unknown numbers, compare for certain.
    fn symbolically(&self, _: &Instance<'_>, _: &Claim, _: i64, _: &Path, _: &Scope<Exact>) -> Comparison {
        Comparison::Open
    }
}

/// The claim speaks of the trajectory itself.
pub(super) struct OnTrajectory;

impl SidesOnPoints for OnTrajectory {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        k: i64,
        _: &Path,
        scope: &Scope<S>,
        trace: &PointTrace<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let mut evaluator = Evaluator::on(scope, trace, &RandomIndex::Absent);
        evaluator.set_index(k);
        Sides::evaluate(claim, &mut evaluator, scope.context)
    }

    fn symbolically(
        &self,
        instance: &Instance<'_>,
        claim: &Claim,
        k: i64,
        path: &Path,
        scope: &Scope<Exact>,
    ) -> Comparison {
        let workers = instance.problem.workers();
        let symbolic = Symbolic { method: &instance.method, points: &path.points, workers, scope };
        symbolic.decide(instance.statement.kind, claim, k)
    }
}

/// Checks all claims of a pathwise statement on an instance.
pub(super) fn check(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    check_on_points(instance, key, judging, &OnTrajectory)
}

/// One trajectory in all arithmetics of the ladder.
struct Ladder<'a> {
    screening: PointTrace<'a, Ball>,
    intervals: [PointTrace<'a, Interval>; LADDER.len()],
    rational: PointTrace<'a, Exact>,
}

/// How one comparison ended.
struct Found {
    comparison: Comparison,
    /// Sides at the midpoints of the last arithmetic that had them.
    midpoint: (f64, f64, f64),
    /// Why the widest intervals have no sides.
    failure: Option<CheckFailure>,
}

/// One claim at one index of one trajectory.
struct Place<'a, P> {
    on_points: &'a P,
    statement: &'a Statement,
    claim: usize,
    k: i64,
    path: &'a Path,
    ladder: &'a Ladder<'a>,
    is_rational: bool,
}

impl<P: SidesOnPoints> Place<'_, P> {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        scope: &Scope<S>,
        trace: &PointTrace<'_, S>,
    ) -> Result<Attempt<S>, CheckFailure> {
        attempt(self.on_points.sides(&self.statement.claims[self.claim], self.k, self.path, scope, trace))
    }

    fn by_rationals(&self, scopes: &Scopes<'_>) -> Result<Comparison, CheckFailure> {
        let sides = self.sides(scopes.exact(), &self.ladder.rational)?;
        Ok(sides.map_or(Comparison::Open, |sides| by_rational(self.statement.kind, &sides)))
    }

    /// Screening, then intervals, then rationals, then symbols; rationals come first for identities.
    fn decide(&self, scopes: &Scopes<'_>, deciders: &mut Deciders) -> Result<Found, CheckFailure> {
        let kind = self.statement.kind;
        let mut found = Found { comparison: Comparison::Open, midpoint: (f64::NAN, f64::NAN, f64::NAN), failure: None };
        if let Ok(sides) = self.sides(&scopes.ball, &self.ladder.screening)? {
            found.midpoint = (sides.lhs.mid, sides.rhs.mid, sides.magnitude.mid);
            found.comparison = screen(kind, &sides);
        }
        if found.comparison != Comparison::Open {
            return Ok(found);
        }
        if kind == Kind::Identity && self.is_rational {
            found.comparison = self.by_rationals(scopes)?;
            deciders.rational |= found.comparison != Comparison::Open;
        }
        for (rung, trace) in self.ladder.intervals.iter().enumerate() {
            if found.comparison != Comparison::Open {
                return Ok(found);
            }
            found.failure = match self.sides(scopes.interval(rung), trace)? {
                Err(failure) => Some(failure),
                Ok(sides) => sides.undefined(self.claim, self.k).or_else(|| {
                    found.midpoint = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.magnitude.to_f64());
                    found.comparison = by_interval(kind, &sides);
                    None
                }),
            };
            if found.comparison != Comparison::Open {
                deciders.bits = deciders.bits.max(Some(LADDER[rung]));
            }
        }
        if found.comparison == Comparison::Open && self.is_rational && kind != Kind::Identity {
            found.comparison = self.by_rationals(scopes)?;
            deciders.rational |= found.comparison != Comparison::Open;
        }
        // Symbols have no opinion of whether a side has a value.
        if found.comparison == Comparison::Open && found.failure.is_none() {
            let claim = &self.statement.claims[self.claim];
            found.comparison = self.on_points.symbolically(scopes.instance, claim, self.k, self.path, scopes.exact());
            deciders.rational |= found.comparison != Comparison::Open;
        }
        Ok(found)
    }

    /// What a claim that is false is where its B and C are those that the path meets: the errors of stored
    /// points are what the points imply, so rounding can take them out of a model that they meet with
    /// equality, and then the hypothesis fails and not the claim.
    fn confirm(&self, instance: &Instance<'_>, horizon: usize, excess: &Excess) -> Result<Comparison, CheckFailure> {
        match excess {
            Excess::Nothing => Ok(Comparison::False),
            Excess::Unknown => Ok(Comparison::Open),
            Excess::Of(excess) => {
                let Some(enlarged) = instance.with_larger_errors(excess) else { return Ok(Comparison::Open) };
                let found = self.decide(&Scopes::new(&enlarged, horizon), &mut Deciders::default())?;
                Ok(if found.comparison == Comparison::False { Comparison::False } else { Comparison::Open })
            }
        }
    }
}

/// By how much the errors of a path exceed their model.
enum Excess {
    Nothing,
    /// An upper bound of ‖u‖² − B‖∇f‖² − C.
    Of(Rational),
    Unknown,
}

impl Excess {
    fn of(instance: &Instance<'_>, on_points: &impl SidesOnPoints, path: &Path, ladder: &Ladder<'_>) -> Self {
        if !instance.statement.needs().iter().any(|builtin| builtin.is_error_model()) {
            return Excess::Nothing;
        }
        let (part, Some([relative, absolute])) = on_points.modelled(instance) else { return Excess::Nothing };
        let bits = LADDER[1];
        let trace = &ladder.intervals[1];
        let square = |sequence, k: usize| match sequence {
            VectorSequence::Bias => {
                let bias: Vec<Interval> = path.biases[k].iter().map(|b| Interval::from_f64(*b, bits)).collect();
                Ok(norm2(&bias, bits))
            }
            _ => trace.norm2(sequence, k as i64),
        };
        let mut largest = Interval::zero(bits);
        let mut leaves = false;
        for k in 0..instance.horizon {
            let (Ok(error), Ok(gradient)) = (square(part, k), square(VectorSequence::Gradient, k)) else {
                return Excess::Unknown;
            };
            let bound =
                Interval::from_rational(relative, bits).mul(&gradient).add(&Interval::from_rational(absolute, bits));
            leaves |= bound.certainly_lt(&error);
            largest.max_assign(&error.sub(&bound));
        }
        match largest.upper().to_rational() {
            _ if !leaves => Excess::Nothing,
            Some(excess) if largest.is_defined() => Excess::Of(excess),
            _ => Excess::Unknown,
        }
    }
}

/// Decides every index of every trajectory.
pub(super) fn check_on_points(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    on_points: &impl SidesOnPoints,
) -> Result<Outcome, CheckFailure> {
    let statement = instance.statement;
    let problem = instance.problem.as_ref();
    let method = &instance.method;
    let horizon = on_points.horizon(instance);
    let scopes = Scopes::new(instance, horizon);
    let mut keeper = WorstKeeper::default();
    let mut deciders = Deciders::default();
    let (mut comparisons, mut open, mut violated) = (0u64, false, false);
    let mut failure = None;
    // Without randomness one trajectory is all there is.
    let trajectories = if instance.oracle.model.deterministic { 1 } else { judging.effort.trajectories };
    for replicate in 0..trajectories {
        let path = on_points.path(instance, key, replicate)?;
        let ladder = Ladder {
            screening: PointTrace::new(problem, method, &path.points, ()),
            intervals: LADDER.map(|bits| PointTrace::new(problem, method, &path.points, bits)),
            rational: PointTrace::new(problem, method, &path.points, ()),
        };
        let excess = OnceCell::new();
        let place = |claim, k| Place {
            on_points,
            statement,
            claim,
            k,
            path: &path,
            ladder: &ladder,
            is_rational: problem.is_rational(),
        };
        let before = keeper.place();
        for (c, claim) in statement.claims.iter().enumerate() {
            for k in indices(claim, &scopes.ball)? {
                comparisons += 1;
                let place = place(c, k);
                let mut found = place.decide(&scopes, &mut deciders)?;
                if found.comparison == Comparison::False {
                    let excess = excess.get_or_init(|| Excess::of(instance, on_points, &path, &ladder));
                    found.comparison = place.confirm(instance, horizon, excess)?;
                } else if found.comparison == Comparison::Open && failure.is_none() {
                    failure = found.failure;
                }
                violated |= found.comparison == Comparison::False;
                open |= found.comparison == Comparison::Open;
                keeper.see(c, (k, horizon), found.midpoint, found.comparison);
            }
        }
        if let (Some((c, k)), true) = (keeper.place(), keeper.place() != before) {
            let place = place(c, k);
            for (rung, trace) in ladder.intervals.iter().enumerate() {
                if let Ok(sides) = place.sides(scopes.interval(rung), trace)?
                    && sides.undefined(c, k).is_none()
                {
                    keeper.enclose(&sides);
                    break;
                }
            }
        }
    }
    if comparisons == 0 {
        return Err(CheckFailure::NothingCompared);
    }
    let verdict = match (violated, open) {
        (true, _) => Verdict::Violated,
        (false, true) => match failure {
            Some(failure) => return Err(failure),
            None => Verdict::Inconclusive,
        },
        (false, false) => Verdict::Holds,
    };
    if open {
        deciders.bits = Some(LADDER[LADDER.len() - 1]);
    }
    let evidence = deciders.evidence(statement.kind);
    Ok(Outcome {
        verdict,
        evidence,
        comparisons,
        worst: keeper.into_worst(),
        sampling: None,
        remainder: Remainder::default(),
    })
}
