//! Equality that intervals cannot see: both sides as exact linear forms in the run's unknowns.
//!
//! On stored points every vector of the run is a rational vector plus a rational combination of
//! gradients at points. Two sides that are the same combination of the same unknowns (f at a point,
//! the squared norm of such a vector) are equal whatever the unknowns' irrational values are.

use std::collections::BTreeMap;

use rug::Rational;

use super::judge::Comparison;
use crate::method::{Momentum, Start};
use crate::number::Exact;
use crate::statement::evaluate::{Evaluator, Scope};
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, ScalarSequence, Term, Vector, VectorSequence};
use crate::statement::{Claim, Kind};

/// A rational vector plus Σ coefficient·∇fᵢ(x_p), keyed by (worker, p); worker `None` is the mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SymbolicVector {
    part: Vec<Rational>,
    gradients: BTreeMap<(Option<i64>, usize), Rational>,
}

/// An unknown number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unknown {
    /// f(x_p).
    Value(usize),
    /// ‖·‖², never negative.
    Square(SymbolicVector),
}

/// A rational plus a rational combination of unknowns.
#[derive(Clone, Debug, Default)]
struct Form {
    constant: Rational,
    unknowns: BTreeMap<Unknown, Rational>,
}

impl Form {
    fn constant(value: Rational) -> Self {
        Form { constant: value, unknowns: BTreeMap::new() }
    }

    fn unknown(unknown: Unknown) -> Self {
        Form { constant: Rational::new(), unknowns: BTreeMap::from([(unknown, Rational::from(1))]) }
    }

    fn add_scaled(&mut self, other: &Form, factor: &Rational) {
        self.constant += Rational::from(&other.constant * factor);
        for (unknown, coefficient) in &other.unknowns {
            *self.unknowns.entry(unknown.clone()).or_default() += Rational::from(coefficient * factor);
        }
        self.unknowns.retain(|_, coefficient| *coefficient != 0);
    }

    fn scaled(&self, factor: &Rational) -> Form {
        let mut form = Form::default();
        form.add_scaled(self, factor);
        form
    }

    fn as_constant(&self) -> Option<&Rational> {
        self.unknowns.is_empty().then_some(&self.constant)
    }
}

impl SymbolicVector {
    fn add_scaled(&mut self, other: &SymbolicVector, factor: &Rational) {
        for (a, b) in self.part.iter_mut().zip(&other.part) {
            *a += Rational::from(b * factor);
        }
        for (key, coefficient) in &other.gradients {
            *self.gradients.entry(*key).or_default() += Rational::from(coefficient * factor);
        }
        self.gradients.retain(|_, coefficient| *coefficient != 0);
    }

    fn square(self) -> Form {
        if let Some(leading) = self.gradients.values().next().cloned() {
            // ‖c·a‖² = c²‖a‖²: the unknown is normalised to a leading coefficient of one.
            let mut normalised =
                SymbolicVector { part: vec![Rational::new(); self.part.len()], gradients: BTreeMap::new() };
            normalised.add_scaled(&self, &Rational::from(leading.recip_ref()));
            return Form::unknown(Unknown::Square(normalised)).scaled(&leading.square());
        }
        let mut sum = Rational::new();
        for x in self.part {
            sum += x.square();
        }
        Form::constant(sum)
    }
}

/// A stored trajectory, symbolically.
pub(super) struct Symbolic<'a> {
    pub method: &'a Momentum,
    pub points: &'a [Vec<f64>],
    pub workers: usize,
    pub scope: &'a Scope<Exact>,
}

impl Symbolic<'_> {
    /// Decides a claim at index k, where both sides are linear forms whose difference has a certain
    /// sign.
    pub fn decide(&self, kind: Kind, claim: &Claim, k: i64) -> Comparison {
        let mut walk = Walk { run: self, slots: vec![k] };
        let (Some(lhs), Some(rhs)) = (walk.number(&claim.lhs), walk.number(&claim.rhs)) else {
            return Comparison::Open;
        };
        let mut difference = rhs;
        difference.add_scaled(&lhs, &Rational::from(-1));
        match difference.as_constant() {
            Some(constant) if kind == Kind::Identity => {
                if *constant == 0 {
                    Comparison::True
                } else {
                    Comparison::False
                }
            }
            Some(constant) => {
                if *constant >= 0 {
                    Comparison::True
                } else {
                    Comparison::False
                }
            }
            None => {
                let nonnegative = difference.constant >= 0
                    && difference.unknowns.iter().all(|(u, c)| matches!(u, Unknown::Square(_)) && *c > 0);
                if nonnegative && kind != Kind::Identity { Comparison::True } else { Comparison::Open }
            }
        }
    }

    /// The first point equal to x_k: equal points share their unknowns.
    fn canonical(&self, k: i64) -> Option<usize> {
        let point = self.points.get(usize::try_from(k).ok()?)?;
        self.points.iter().position(|p| p == point)
    }

    fn zero(&self) -> SymbolicVector {
        SymbolicVector { part: vec![Rational::new(); self.points[0].len()], gradients: BTreeMap::new() }
    }

    fn point(&self, k: i64) -> Option<SymbolicVector> {
        let point = self.points.get(usize::try_from(k).ok()?)?;
        let part = point.iter().map(|x| Rational::from_f64(*x)).collect::<Option<Vec<_>>>()?;
        Some(SymbolicVector { part, gradients: BTreeMap::new() })
    }

    fn gradient(&self, worker: Option<i64>, k: i64) -> Option<SymbolicVector> {
        // With one worker its gradient is the mean.
        let worker = worker.filter(|_| self.workers > 1);
        let mut vector = self.zero();
        vector.gradients.insert((worker, self.canonical(k)?), Rational::from(1));
        Some(vector)
    }

    fn buffer(&self, k: i64) -> Option<SymbolicVector> {
        let mut difference = self.point(k)?;
        difference.add_scaled(&self.point(k + 1)?, &Rational::from(-1));
        let mut vector = self.zero();
        vector.add_scaled(&difference, &Rational::from_f64(self.method.step(k)?)?.recip());
        Some(vector)
    }

    fn start_buffer(&self) -> Option<SymbolicVector> {
        match self.method.start {
            Start::Zero => Some(self.zero()),
            Start::FirstGradient => self.buffer(0),
        }
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Option<SymbolicVector> {
        let minus_gradient = |mut vector: SymbolicVector, k: i64| {
            vector.add_scaled(&self.gradient(None, k)?, &Rational::from(-1));
            Some(vector)
        };
        match sequence {
            VectorSequence::Point => self.point(k),
            VectorSequence::Gradient => self.gradient(None, k),
            VectorSequence::Buffer if k == -1 => Some(self.zero()),
            VectorSequence::Buffer => self.buffer(k),
            VectorSequence::Deviation if k == -1 => minus_gradient(self.start_buffer()?, 0),
            VectorSequence::Deviation => minus_gradient(self.buffer(k)?, k),
            VectorSequence::Error => {
                let beta = Rational::from_f64(self.method.beta)?;
                let previous = if k == 0 { self.start_buffer()? } else { self.buffer(k - 1)? };
                let mut moved = self.buffer(k)?;
                moved.add_scaled(&previous, &(Rational::from(&beta) - 1u32));
                let mut estimate = self.zero();
                estimate.add_scaled(&moved, &beta.recip());
                minus_gradient(estimate, k)
            }
            VectorSequence::Bias | VectorSequence::Noise => None,
        }
    }
}

/// A walk over a term with its bound indices.
struct Walk<'a> {
    run: &'a Symbolic<'a>,
    slots: Vec<i64>,
}

impl Walk<'_> {
    fn index(&self, index: &Index) -> Option<i64> {
        let mut evaluator = Evaluator::without_trace(self.run.scope);
        evaluator.set_slots(&self.slots);
        evaluator.index(index).ok()
    }

    fn range(&self, from: &Index, to: &Index) -> Option<(i64, i64)> {
        let mut evaluator = Evaluator::without_trace(self.run.scope);
        evaluator.set_slots(&self.slots);
        evaluator.range(from, to).ok()
    }

    fn number(&mut self, term: &Term) -> Option<Form> {
        Some(match term {
            Term::Element(ScalarSequence::Value, index) => {
                Form::unknown(Unknown::Value(self.run.canonical(self.index(index)?)?))
            }
            Term::Element(ScalarSequence::Step, index) => {
                Form::constant(Rational::from_f64(self.run.method.step(self.index(index)?)?)?)
            }
            Term::Norm2(vector) => self.vector(vector)?.square(),
            Term::Negate(a) => self.number(a)?.scaled(&Rational::from(-1)),
            Term::Add(a, b) => self.sum(a, b, 1)?,
            Term::Sub(a, b) => self.sum(a, b, -1)?,
            Term::Mul(a, b) => {
                let (a, b) = (self.number(a)?, self.number(b)?);
                match (a.as_constant(), b.as_constant()) {
                    (Some(factor), _) => b.scaled(factor),
                    (_, Some(factor)) => a.scaled(factor),
                    _ => return None,
                }
            }
            Term::Div(a, b) => {
                let divisor = self.number(b)?.as_constant().filter(|d| **d != 0)?.clone();
                self.number(a)?.scaled(&divisor.recip())
            }
            Term::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), slot, from, to, body } => {
                let (from, to) = self.range(from, to)?;
                let mut total = Form::default();
                self.slots.resize(self.slots.len().max(slot + 1), 0);
                for i in from..to {
                    self.slots[*slot] = i;
                    total.add_scaled(&self.number(body)?, &Rational::from(1));
                }
                if *op == ReduceOp::Mean { total.scaled(&Rational::from((1, (to - from).max(1)))) } else { total }
            }
            // Everything else must not depend on the run; then rationals have its value.
            _ => {
                let mut evaluator = Evaluator::without_trace(self.run.scope);
                evaluator.set_slots(&self.slots);
                Form::constant(evaluator.term(term).ok()?.0?)
            }
        })
    }

    fn sum(&mut self, a: &Term, b: &Term, sign: i32) -> Option<Form> {
        let mut total = self.number(a)?;
        total.add_scaled(&self.number(b)?, &Rational::from(sign));
        Some(total)
    }

    fn vector(&mut self, vector: &Vector) -> Option<SymbolicVector> {
        Some(match vector {
            Vector::Element(sequence, index) => self.run.vector(*sequence, self.index(index)?)?,
            Vector::WorkerGradient(worker, index) => {
                self.run.gradient(Some(self.index(worker)?), self.index(index)?)?
            }
            Vector::Negate(a) => {
                let a = self.vector(a)?;
                scaled_by(self.run, &a, &Rational::from(-1))
            }
            Vector::Add(a, b) | Vector::Sub(a, b) => {
                let sign = if matches!(vector, Vector::Add(..)) { 1 } else { -1 };
                let mut total = self.vector(a)?;
                total.add_scaled(&self.vector(b)?, &Rational::from(sign));
                total
            }
            // A clipped vector is no combination of the unknowns.
            Vector::Clip(..) | Vector::Expectation(_) => return None,
            Vector::Scale(factor, a) => {
                let factor = self.number(factor)?.as_constant()?.clone();
                let a = self.vector(a)?;
                scaled_by(self.run, &a, &factor)
            }
            Vector::Reduce { op, slot, from, to, body } => {
                let (from, to) = self.range(from, to)?;
                let mut total = self.run.zero();
                self.slots.resize(self.slots.len().max(slot + 1), 0);
                for i in from..to {
                    self.slots[*slot] = i;
                    total.add_scaled(&self.vector(body)?, &Rational::from(1));
                }
                let count = if *op == ReduceOp::Mean { (to - from).max(1) } else { 1 };
                scaled_by(self.run, &total, &Rational::from((1, count)))
            }
        })
    }
}

fn scaled_by(run: &Symbolic<'_>, vector: &SymbolicVector, factor: &Rational) -> SymbolicVector {
    let mut result = run.zero();
    result.add_scaled(vector, factor);
    result
}
