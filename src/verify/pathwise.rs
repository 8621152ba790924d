//! Pathwise claims: every index of every trajectory, decided with no error left.

use rug::Rational;

use super::instance::Instance;
use super::judge::{Comparison, Sides, WorstKeeper, by_interval, by_rational, screen};
use super::places::indices;
use super::symbolic::Symbolic;
use super::{CheckFailure, Judging, Outcome};
use crate::inference::{Evidence, Verdict};
use crate::method::{PointTrace, Table, Workspace};
use crate::number::{Ball, Exact, Interval, Scalar, norm2};
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Evaluator, RandomIndex, Scope, Trace};
use crate::statement::term::VectorSequence;
use crate::statement::{Claim, Kind};

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
    intervals: [std::cell::OnceCell<Scope<Interval>>; LADDER.len()],
    exact: std::cell::OnceCell<Scope<Exact>>,
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
            exact: std::cell::OnceCell::new(),
        }
    }

    pub fn interval(&self, rung: usize) -> &Scope<Interval> {
        self.intervals[rung].get_or_init(|| scope_with(self.instance, self.horizon, LADDER[rung]))
    }

    pub fn exact(&self) -> &Scope<Exact> {
        self.exact.get_or_init(|| scope_with(self.instance, self.horizon, ()))
    }
}

/// The strongest arithmetic that some comparison needed.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Reached {
    Screen,
    Rung(u32),
    Rational,
}

impl Reached {
    pub fn raise(&mut self, other: Reached) {
        if other > *self {
            *self = other;
        }
    }

    pub fn evidence(self) -> Evidence {
        match self {
            Reached::Screen => Evidence::Ball,
            Reached::Rung(bits) => Evidence::Interval { bits },
            Reached::Rational => Evidence::Rational,
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
struct OnTrajectory;

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

/// Whether the errors may obey the model that the claim's B and C speak of. The errors of stored
/// points are what the points imply, so rounding can take them out of a model that they meet with
/// equality; then the hypothesis fails, not the claim.
fn obeys_model(instance: &Instance<'_>, on_points: &impl SidesOnPoints, path: &Path, ladder: &Ladder<'_>) -> bool {
    if !instance.statement.needs().iter().any(|builtin| builtin.is_error_model()) {
        return true;
    }
    let (part, Some([relative, absolute])) = on_points.modelled(instance) else { return true };
    let bits = LADDER[1];
    let trace = &ladder.intervals[1];
    let square = |sequence, k: usize| match sequence {
        VectorSequence::Bias => {
            let bias: Vec<Interval> = path.biases[k].iter().map(|b| Interval::from_f64(*b, bits)).collect();
            Ok(norm2(&bias, bits))
        }
        _ => trace.norm2(sequence, k as i64),
    };
    (0..instance.horizon).all(|k| {
        let (Ok(error), Ok(gradient)) = (square(part, k), square(VectorSequence::Gradient, k)) else { return false };
        let bound =
            Interval::from_rational(relative, bits).mul(&gradient).add(&Interval::from_rational(absolute, bits));
        !bound.certainly_lt(&error)
    })
}

/// Decides every index of every trajectory: screening, then intervals, then rationals.
pub(super) fn check_on_points(
    instance: &Instance<'_>,
    key: &StreamKey,
    judging: Judging<'_>,
    on_points: &impl SidesOnPoints,
) -> Result<Outcome, CheckFailure> {
    let statement = instance.statement;
    let kind = statement.kind;
    let problem = instance.problem.as_ref();
    let method = &instance.method;
    let scopes = Scopes::new(instance, on_points.horizon(instance));
    let mut keeper = WorstKeeper::default();
    let mut reached = Reached::Screen;
    let (mut comparisons, mut open, mut violated) = (0u64, false, false);
    // Without randomness one trajectory is all there is.
    let trajectories = if instance.oracle.model.deterministic { 1 } else { judging.effort.trajectories };
    for replicate in 0..trajectories {
        let path = on_points.path(instance, key, replicate)?;
        let ladder = Ladder {
            screening: PointTrace::new(problem, method, &path.points, ()),
            intervals: LADDER.map(|bits| PointTrace::new(problem, method, &path.points, bits)),
            rational: PointTrace::new(problem, method, &path.points, ()),
        };
        let before = keeper.place();
        for (c, claim) in statement.claims.iter().enumerate() {
            for k in indices(claim, &scopes.ball)? {
                comparisons += 1;
                let screened = on_points.sides(claim, k, &path, &scopes.ball, &ladder.screening)?;
                let mut found = screen(kind, &screened);
                let mut midpoint = (screened.lhs.mid, screened.rhs.mid, screened.magnitude.mid);
                if kind == Kind::Identity && problem.is_rational() {
                    reached.raise(Reached::Rational);
                    found = by_rational(kind, &on_points.sides(claim, k, &path, scopes.exact(), &ladder.rational)?);
                }
                for (rung, trace) in ladder.intervals.iter().enumerate() {
                    if found != Comparison::Open {
                        break;
                    }
                    reached.raise(Reached::Rung(LADDER[rung]));
                    let sides = on_points.sides(claim, k, &path, scopes.interval(rung), trace)?;
                    sides.require_defined(c, k)?;
                    midpoint = (sides.lhs.to_f64(), sides.rhs.to_f64(), sides.magnitude.to_f64());
                    found = by_interval(kind, &sides);
                }
                if found == Comparison::Open && problem.is_rational() {
                    reached.raise(Reached::Rational);
                    found = by_rational(kind, &on_points.sides(claim, k, &path, scopes.exact(), &ladder.rational)?);
                }
                if found == Comparison::Open {
                    reached.raise(Reached::Rational);
                    found = on_points.symbolically(instance, claim, k, &path, scopes.exact());
                }
                if found == Comparison::False && !obeys_model(instance, on_points, &path, &ladder) {
                    found = Comparison::Open;
                }
                violated |= found == Comparison::False;
                open |= found == Comparison::Open;
                keeper.see(c, k, midpoint, found);
            }
        }
        if let (Some((c, k)), true) = (keeper.place(), keeper.place() != before) {
            let claim = &statement.claims[c];
            let sides = on_points.sides(claim, k, &path, scopes.interval(0), &ladder.intervals[0])?;
            keeper.enclose(&sides);
        }
    }
    if comparisons == 0 {
        return Err(CheckFailure::NothingCompared);
    }
    let verdict = match (violated, open) {
        (true, _) => Verdict::Violated,
        (false, true) => Verdict::Inconclusive,
        (false, false) => Verdict::Holds,
    };
    Ok(Outcome { verdict, evidence: reached.evidence(), comparisons, worst: keeper.into_worst(), sampling: None })
}
