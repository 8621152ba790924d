//! What a claim becomes for sampling: terms of which one run gives one sample, and what is proved of them.

use crate::inference::TailClass;
use crate::method::{Recorded, Table};
use crate::number::{Interval, Scalar};
use crate::oracle::TailKind;
use crate::statement::evaluate::{Environment, Evaluator, RandomIndex};
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Term, VectorSequence};
use crate::statement::{Claim, Form};
use crate::verify::CheckFailure;
use crate::verify::deciding::ranges::Ranges;
use crate::verify::deciding::sampled::rounding::Allowance;
use crate::verify::deciding::sampled::start::start_table;
use crate::verify::instances::Instance;

/// Precision of what the samples are tested against.
const BITS: u32 = 256;

/// One claim.
pub(super) struct SampledClaim {
    /// Linear in its expectations, so that one run gives one unbiased sample. For a minimum over
    /// steps this is the mean over them, which is no smaller.
    pub linear: Term,
    pub minimum: Option<Minimum>,
    pub rhs: [f64; 2],
    /// What is proved of a sample.
    pub tail: TailClass,
    pub allowance: Allowance,
    /// The right-hand side and the tail, moved against either decision by what rounding may do to samples.
    pub tested: ([f64; 2], TailClass),
}

/// A minimum over steps: its range, its body and a proved lower bound of the body.
pub(super) struct Minimum {
    pub range: std::ops::Range<i64>,
    pub body: Term,
    pub lower: f64,
}

impl SampledClaim {
    /// Whether the proved size of a sample is below the right-hand side.
    pub fn holds_by_range(&self) -> bool {
        self.tail.mean_is_at_most(self.rhs[0])
    }
}

/// What all claims of an instance are made from.
pub(super) struct Known<'a> {
    instance: &'a Instance<'a>,
    environment: Environment<Interval>,
    start: Table<Interval>,
    ranges: Ranges,
    average: RandomIndex,
    /// The values of the random index that are drawn, where there is one.
    pub random_range: Option<std::ops::Range<i64>>,
    /// One sample has one value of the random index, so its range is the hull over these.
    choices: Vec<RandomIndex>,
}

fn no_lower_bound() -> CheckFailure {
    CheckFailure::Unsuitable("no lower bound of one sample is known".into())
}

impl<'a> Known<'a> {
    pub fn new(instance: &'a Instance<'a>, quantities: &[Recorded]) -> Result<Self, CheckFailure> {
        if instance.statement.form == Form::Identity {
            return Err(CheckFailure::Unsuitable("an identity is never decided by sampling".into()));
        }
        let environment = instance.environment::<Interval>(BITS);
        let ranges = Ranges::new(instance, quantities)
            .ok_or_else(|| CheckFailure::Unsuitable("the family proves no lower bound of f".into()))?;
        let average = instance.random_average();
        let random_range = match &average {
            RandomIndex::Average { from, to } => {
                let (from, to) = Evaluator::<Interval>::without_trace(&environment).range(from, to)?;
                Some(from..to)
            }
            _ => None,
        };
        let single = |value: i64| RandomIndex::Average { from: Index::Literal(value), to: Index::Literal(value + 1) };
        let choices = random_range.clone().map_or_else(|| vec![average.clone()], |r| r.map(single).collect());
        let start = start_table(instance, quantities, BITS);
        Ok(Known { instance, environment, start, ranges, average, random_range, choices })
    }

    /// The claim at that position, tested against the `given` right-hand side in place of its own.
    pub fn claim(&self, position: usize, given: Option<&Interval>) -> Result<SampledClaim, CheckFailure> {
        let claim = &self.instance.statement.claims[position];
        if claim.quantifier.is_some() {
            return Err(CheckFailure::Unsuitable("sampled claims are about the whole run, without an index".into()));
        }
        let rhs = given.map_or_else(|| self.right_hand_side(position, claim), |side| Ok(side.clone()))?;
        let rhs = [rhs.lower_f64(), rhs.upper_f64()];
        if !rhs.iter().all(|end| end.is_finite()) {
            return Err(CheckFailure::Undefined { claim: position, k: 0, side: "right-hand side" });
        }
        let (linear, minimum) = self.left_hand_side(claim)?;
        let lower = self.hull(&linear, &self.ranges.sure)?.lower_f64();
        let upper = self.hull(&linear, &self.ranges.in_tail)?.upper_f64();
        if !lower.is_finite() {
            return Err(no_lower_bound());
        }
        let allowance = Allowance::new(rhs, minimum.as_ref().map_or(lower, |minimum| lower.min(minimum.lower)));
        let square = |x: f64| TailClass::SecondMoment { bound: (x * x).next_up() };
        let (tail, tested) = match self.instance.oracle.model.tail.kind {
            TailKind::Sure if upper.is_finite() => {
                let tail = TailClass::Bounded { lower, upper };
                (tail, tail)
            }
            TailKind::FourthMoment if upper.is_finite() && lower >= 0.0 => {
                (square(upper), square(allowance.above(upper)))
            }
            _ => (TailClass::BoundedBelow { lower }, TailClass::BoundedBelow { lower }),
        };
        Ok(SampledClaim { linear, minimum, rhs, tail, tested: (allowance.around(rhs), tested), allowance })
    }

    fn right_hand_side(&self, position: usize, claim: &Claim) -> Result<Interval, CheckFailure> {
        let rhs = Evaluator::on(&self.environment, &self.start, &self.average).term(&claim.rhs)?;
        if rhs.is_defined() {
            return Ok(rhs);
        }
        // Where what the method keeps at its start is not known, its place in the table is undefined.
        let mut filled = self.start.clone();
        for recorded in filled.recorded().to_vec() {
            let first = match &recorded {
                Recorded::Norm2(VectorSequence::Quantity(quantity)) => quantity.first,
                Recorded::Norm2(VectorSequence::Derived(derived)) => derived.first.as_ref().map(|(first, _)| *first),
                _ => None,
            };
            if let Some(first) = first {
                filled.set(&recorded, first, &Interval::one(BITS));
            }
        }
        let known = Evaluator::on(&self.environment, &filled, &self.average).term(&claim.rhs)?;
        Err(match self.instance.method.starts_with_line() {
            true if known.is_defined() => CheckFailure::Unsuitable(
                "the right-hand side needs what the first estimate is on average, which is not known exactly".into(),
            ),
            _ => CheckFailure::Undefined { claim: position, k: 0, side: "right-hand side" },
        })
    }

    fn left_hand_side(&self, claim: &Claim) -> Result<(Term, Option<Minimum>), CheckFailure> {
        let Term::Reduce { op: ReduceOp::Min, slot, from, to, body } = &claim.lhs else {
            return Ok((claim.lhs.clone(), None));
        };
        let (first, end) = Evaluator::<Interval>::without_trace(&self.environment).range(from, to)?;
        let (from, to) = (from.clone(), to.clone());
        let mean = Term::Reduce { op: ReduceOp::Mean, slot: *slot, from, to, body: body.clone() };
        let mut lower = f64::INFINITY;
        for choice in &self.choices {
            let mut evaluator = Evaluator::on(&self.environment, &self.ranges.sure, choice);
            for k in first..end {
                evaluator.set_index(k);
                let least = evaluator.term(body)?.lower_f64();
                lower = if least.is_nan() { f64::NEG_INFINITY } else { lower.min(least) };
            }
        }
        if !lower.is_finite() {
            return Err(no_lower_bound());
        }
        Ok((mean, Some(Minimum { range: first..end, body: (**body).clone(), lower })))
    }

    fn hull(&self, term: &Term, table: &Table<Interval>) -> Result<Interval, CheckFailure> {
        let mut range: Option<Interval> = None;
        for choice in &self.choices {
            let value = Evaluator::on(&self.environment, table, choice).term(term)?;
            range = Some(range.map_or(value.clone(), |hull| hull.hull(&value)));
        }
        range.ok_or_else(|| CheckFailure::Unsuitable("the random index has no value".into()))
    }
}
