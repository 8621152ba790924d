//! From terms to polynomials in the run's unknowns.

use std::cmp::Ordering;

use rug::Rational;

use crate::number::Function;
use crate::statement::evaluate::Evaluator;
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, ScalarSequence, Term, Vector};
use crate::verify::deciding::symbolic::Expansion;
use crate::verify::deciding::symbolic::form::{Atom, Form, SymbolicVector, Unknown};

/// Most bodies of sums that one comparison evaluates.
const MOST_BODIES: usize = 4096;
/// Largest power that is multiplied out.
const LARGEST_POWER: i64 = 4;

/// A walk over a term with its bound indices.
pub(super) struct Walk<'a> {
    run: &'a Expansion<'a>,
    slots: Vec<i64>,
    bodies: usize,
}

impl<'a> Walk<'a> {
    pub fn new(run: &'a Expansion<'a>, k: i64) -> Self {
        Walk { run, slots: vec![k], bodies: 0 }
    }

    fn evaluator(&self) -> Evaluator<'a, crate::number::Exact> {
        let mut evaluator = Evaluator::without_trace(self.run.run.environment);
        evaluator.set_slots(&self.slots);
        evaluator.set_horizon(self.run.run.horizon);
        evaluator
    }

    fn index(&self, index: &Index) -> Option<i64> {
        self.evaluator().index(index).ok()
    }

    /// Each value of a range, one after the other, in its slot.
    fn over(
        &mut self,
        slot: usize,
        (from, to): (&Index, &Index),
        body: &mut dyn FnMut(&mut Self) -> Option<()>,
    ) -> Option<u64> {
        let (from, to) = self.evaluator().range(from, to).ok()?;
        self.slots.resize(self.slots.len().max(slot + 1), 0);
        let saved = self.slots[slot];
        for i in from..to {
            self.bodies += 1;
            if self.bodies > MOST_BODIES {
                return None;
            }
            self.slots[slot] = i;
            body(self)?;
        }
        self.slots[slot] = saved;
        u64::try_from(to - from).ok()
    }

    pub fn number(&mut self, term: &Term) -> Option<Form> {
        Some(match term {
            Term::Element(ScalarSequence::Value, index) => {
                Form::unknown(Unknown::Value(self.run.canonical(self.index(index)?)?))
            }
            Term::Element(ScalarSequence::Schedule(position, _), index) => {
                Form::constant(self.run.scheduled(*position, self.index(index)?)?)
            }
            Term::ValueAt(vector) => {
                let point = self.vector(vector)?;
                Form::unknown(Unknown::Value(self.run.place_of(&point)))
            }
            Term::Norm2(vector) => self.vector(vector)?.square(),
            Term::Norm(vector) => self.vector(vector)?.norm(),
            Term::Dot(a, b) => self.vector(a)?.dot(&self.vector(b)?),
            Term::Negate(a) => self.number(a)?.scaled(&Rational::from(-1)),
            Term::Add(a, b) => self.sum(a, b, 1)?,
            Term::Sub(a, b) => self.sum(a, b, -1)?,
            Term::Mul(a, b) => self.number(a)?.times(&self.number(b)?)?,
            Term::Div(a, b) => {
                let divisor = self.number(b)?.as_constant().filter(|d| *d != 0)?;
                self.number(a)?.scaled(&divisor.recip())
            }
            Term::PowInt(base, exponent) => self.power(base, self.index(exponent)?)?,
            Term::Reduce { op: op @ (ReduceOp::Sum | ReduceOp::Mean), slot, from, to, body } => {
                let mut total = Form::default();
                let count = self.over(*slot, (from, to), &mut |walk| {
                    total.add_scaled(&walk.number(body)?, &Rational::from(1));
                    Some(())
                })?;
                if *op == ReduceOp::Mean { total.scaled(&Rational::from((1, count.max(1)))) } else { total }
            }
            Term::If(..) | Term::Max(..) | Term::Min(..) => self.chosen(term)?,
            Term::Apply(Function::PositivePart | Function::Abs, _) => self.by_sign(term)?,
            Term::Expectation { body, past: false } => self.number(body)?,
            Term::Constant(i) => match self.rational(term) {
                Some(value) => Form::constant(value),
                None => Form::unknown(Unknown::Constant(*i)),
            },
            Term::Apply(function, a) => match self.rational(term) {
                Some(value) => Form::constant(value),
                None => Form::unknown(Unknown::Applied(*function, Box::new(self.number(a)?))),
            },
            // Everything else must not depend on the run; then rationals have its value.
            _ => Form::constant(self.rational(term)?),
        })
    }

    /// One of two terms, which it is being certain.
    fn chosen(&mut self, term: &Term) -> Option<Form> {
        let certain = &self.run.run.certain;
        match term {
            Term::If(condition, a, b) => match (certain.condition)(condition, &self.slots)? {
                true => self.number(a),
                false => self.number(b),
            },
            Term::Max(a, b) => match (certain.order)(a, b, &self.slots)? {
                Ordering::Less => self.number(b),
                _ => self.number(a),
            },
            Term::Min(a, b) => match (certain.order)(a, b, &self.slots)? {
                Ordering::Greater => self.number(b),
                _ => self.number(a),
            },
            _ => None,
        }
    }

    /// (a)₊ and |a| of a number whose sign is certain.
    fn by_sign(&mut self, term: &Term) -> Option<Form> {
        let Term::Apply(function, a) = term else { return None };
        match (self.sign(a)?, function) {
            (Ordering::Less, Function::PositivePart) => Some(Form::default()),
            (Ordering::Less, _) => Some(self.number(a)?.scaled(&Rational::from(-1))),
            _ => self.number(a),
        }
    }

    /// The value of a term that does not depend on the run.
    fn rational(&self, term: &Term) -> Option<Rational> {
        self.evaluator().term(term).ok()?.0
    }

    fn sign(&self, a: &Term) -> Option<Ordering> {
        (self.run.run.certain.order)(a, &Term::Number(Rational::new()), &self.slots)
    }

    fn power(&mut self, base: &Term, exponent: i64) -> Option<Form> {
        let base = self.number(base)?;
        if let Some(constant) = base.as_constant() {
            let exponent = i32::try_from(exponent).ok()?;
            let power = crate::number::Scalar::powi(crate::number::Exact(Some(constant)), exponent);
            return Some(Form::constant(power.0?));
        }
        if !(0..=LARGEST_POWER).contains(&exponent) {
            return None;
        }
        (0..exponent).try_fold(Form::constant(Rational::from(1)), |power, _| power.times(&base))
    }

    fn sum(&mut self, a: &Term, b: &Term, sign: i32) -> Option<Form> {
        let mut total = self.number(a)?;
        total.add_scaled(&self.number(b)?, &Rational::from(sign));
        Some(total)
    }

    fn vector(&mut self, vector: &Vector) -> Option<SymbolicVector> {
        Some(match vector {
            Vector::Element(sequence, index) => self.run.vector(sequence, self.index(index)?)?,
            Vector::WorkerGradient(worker, index) => {
                self.run.gradient(Some(self.index(worker)?), self.index(index)?)?
            }
            Vector::GradientAt(worker, a) => {
                let worker = match worker {
                    Some(worker) => Some(self.index(worker)?),
                    None => None,
                };
                let point = self.vector(a)?;
                self.run.gradient_of(worker, &point)?
            }
            Vector::Minimiser => SymbolicVector::of(self.run.run.environment.minimiser.as_ref()?)?,
            Vector::Negate(a) => self.vector(a)?.scaled(&Rational::from(-1)),
            Vector::Add(a, b) | Vector::Sub(a, b) => {
                let sign = if matches!(vector, Vector::Add(..)) { 1 } else { -1 };
                let mut total = self.vector(a)?;
                total.add_scaled(&self.vector(b)?, &Rational::from(sign));
                total
            }
            Vector::Expectation(_) | Vector::WorkerElement(..) => return None,
            Vector::Clip(threshold, a) => self.clipped(threshold, a)?,
            Vector::Scale(factor, a) => {
                let factor = self.number(factor)?.as_constant()?;
                self.vector(a)?.scaled(&factor)
            }
            Vector::Reduce { op, slot, from, to, body } => {
                let mut total = self.run.zero();
                let count = self.over(*slot, (from, to), &mut |walk| {
                    total.add_scaled(&walk.vector(body)?, &Rational::from(1));
                    Some(())
                })?;
                if *op == ReduceOp::Mean { total.scaled(&Rational::from((1, count.max(1)))) } else { total }
            }
        })
    }

    /// The vector itself where it certainly is short enough, else one of the threshold's length.
    fn clipped(&mut self, threshold: &Term, a: &Vector) -> Option<SymbolicVector> {
        let order = (self.run.run.certain.length)(a, threshold, &self.slots);
        let vector = self.vector(a)?;
        match order? {
            Ordering::Less | Ordering::Equal => Some(vector),
            Ordering::Greater => {
                let length = self.number(threshold)?.as_constant()?;
                Some(SymbolicVector::atom(self.run.run.dimension, Atom::Clipped(length, Box::new(vector))))
            }
        }
    }
}
