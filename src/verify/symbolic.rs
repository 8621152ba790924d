//! Equality that intervals cannot see: both sides as exact polynomials in the run's unknowns.
//!
//! Every vector of a run is a rational vector plus a rational combination of vectors that are not looked
//! into. On stored points these are the gradients there. Of a run that goes forward they are the state at
//! the first index that the comparison reads, then each worker's gradient at a point and each step's
//! estimate. Two sides that are the same polynomial of the same unknowns (f at a point, norms and inner
//! products of such vectors) are equal whatever the unknowns' irrational values are.

mod form;
mod walk;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BTreeMap;

use rug::Rational;

use super::judge::Comparison;
use crate::method::{Momentum, Start};
use crate::number::Exact;
use crate::statement::evaluate::Scope;
use crate::statement::term::{Condition, Node, Term, Vector, VectorSequence};
use crate::statement::{Claim, Kind};
use form::{Atom, SymbolicVector};
use walk::Walk;

/// Most steps from the first index that a comparison reads to the last one.
const LONGEST_SPAN: i64 = 64;

/// What the points of a run are to symbols.
#[derive(Clone, Copy)]
pub(super) enum Points<'a> {
    /// Exact numbers.
    Stored(&'a [Vec<f64>]),
    /// What the method makes of x_0 and its estimates, of which only an exact one is known.
    Forward {
        /// x_0.
        start: &'a [f64],
        /// Whether the estimate is the gradient.
        exact: bool,
    },
}

/// How something compares with a number, where that is certain. The last argument has the bound indices.
type Comparing<'a, T> = &'a dyn Fn(&T, &Term, &[i64]) -> Option<Ordering>;

/// What the numbers of a run say for certain, in intervals. The last argument has the bound indices.
pub(super) struct Certain<'a> {
    /// How two numbers compare.
    pub order: Comparing<'a, Term>,
    /// How the length of a vector compares with a number.
    pub length: Comparing<'a, Vector>,
    /// Whether a condition holds.
    pub condition: &'a dyn Fn(&Condition, &[i64]) -> Option<bool>,
}

/// A run, symbolically.
pub(super) struct Symbolic<'a> {
    pub method: &'a Momentum,
    pub points: Points<'a>,
    pub workers: usize,
    pub dimension: usize,
    pub scope: &'a Scope<Exact>,
    /// K.
    pub horizon: usize,
    pub certain: Certain<'a>,
}

impl Symbolic<'_> {
    /// Decides a claim at index k, where the difference of its sides is a number, or certainly of one sign.
    pub fn decide(&self, kind: Kind, claim: &Claim, k: i64) -> Comparison {
        let scout = Expansion::new(self, claim, 0);
        scout.scouting.set(true);
        let base = match sides(&scout, claim, k) {
            Some(_) => scout.lowest.get().clamp(0, i64::MAX - LONGEST_SPAN),
            None => return Comparison::Open,
        };
        let expansion = Expansion::new(self, claim, base);
        let Some(difference) = sides(&expansion, claim, k) else { return Comparison::Open };
        let Some(expanded) = difference.expanded() else { return Comparison::Open };
        match expanded.as_constant() {
            Some(constant) => {
                let holds = if kind == Kind::Identity { constant == 0 } else { constant >= 0 };
                if holds { Comparison::True } else { Comparison::False }
            }
            None if kind != Kind::Identity && difference.is_nonnegative() => Comparison::True,
            None => Comparison::Open,
        }
    }
}

/// rhs − lhs.
fn sides(run: &Expansion<'_>, claim: &Claim, k: i64) -> Option<form::Form> {
    let mut walk = Walk::new(run, k);
    let (lhs, mut difference) = (walk.number(&claim.lhs)?, walk.number(&claim.rhs)?);
    difference.add_scaled(&lhs, &Rational::from(-1));
    Some(difference)
}

/// The vectors of a run from one index on.
struct Expansion<'a> {
    run: &'a Symbolic<'a>,
    /// The first index: x and the buffer before it are not looked into, unless it is 0.
    base: i64,
    /// Only the lowest index that is read is wanted.
    scouting: Cell<bool>,
    lowest: Cell<i64>,
    /// Whether the mean gradient is written as the mean of the workers' gradients.
    apart: bool,
    points: RefCell<BTreeMap<i64, SymbolicVector>>,
    buffers: RefCell<BTreeMap<i64, SymbolicVector>>,
}

impl<'a> Expansion<'a> {
    fn new(run: &'a Symbolic<'a>, claim: &Claim, base: i64) -> Self {
        let of_worker = |node: Node<'_>| matches!(node, Node::Vector(Vector::WorkerGradient(..)));
        let apart = run.workers > 1 && (claim.lhs.any(of_worker) || claim.rhs.any(of_worker));
        Expansion {
            run,
            base,
            scouting: Cell::new(false),
            lowest: Cell::new(i64::MAX),
            apart,
            points: RefCell::default(),
            buffers: RefCell::default(),
        }
    }

    fn zero(&self) -> SymbolicVector {
        SymbolicVector::zero(self.run.dimension)
    }

    /// The first point equal to x_k: equal points share their unknowns.
    pub fn canonical(&self, k: i64) -> Option<i64> {
        self.reads(k)?;
        if self.scouting.get() {
            return Some(k);
        }
        match self.run.points {
            Points::Stored(points) => {
                let point = points.get(usize::try_from(k).ok()?)?;
                points.iter().position(|p| p == point).map(|p| p as i64)
            }
            Points::Forward { .. } => {
                let point = self.point(k)?;
                (self.base..=k).find(|j| self.point(*j).as_ref() == Some(&point))
            }
        }
    }

    /// Notes that the state at k is read; `None` where it is too far from the base, or is none of the run.
    fn reads(&self, k: i64) -> Option<()> {
        if self.scouting.get() {
            self.lowest.set(self.lowest.get().min(k));
            return Some(());
        }
        (k >= self.base && k - self.base <= LONGEST_SPAN && k <= self.run.horizon as i64).then_some(())
    }

    fn point(&self, k: i64) -> Option<SymbolicVector> {
        self.reads(k)?;
        if self.scouting.get() {
            return Some(self.zero());
        }
        match self.run.points {
            Points::Stored(points) => SymbolicVector::exact(points.get(usize::try_from(k).ok()?)?),
            Points::Forward { start, .. } => {
                if let Some(known) = self.points.borrow().get(&k) {
                    return Some(known.clone());
                }
                let point = match k {
                    0 => SymbolicVector::exact(start)?,
                    _ if k == self.base => SymbolicVector::atom(self.run.dimension, Atom::Point(k)),
                    _ => {
                        let mut point = self.point(k - 1)?;
                        let step = Rational::from_f64(self.run.method.step(k - 1)?)?;
                        point.add_scaled(&self.buffer(k - 1)?, &-step);
                        point
                    }
                };
                self.points.borrow_mut().insert(k, point.clone());
                Some(point)
            }
        }
    }

    pub fn gradient(&self, worker: Option<i64>, k: i64) -> Option<SymbolicVector> {
        let point = self.canonical(k)?;
        let atom = |worker| SymbolicVector::atom(self.run.dimension, Atom::Gradient(worker, point));
        match worker {
            Some(worker) if self.run.workers > 1 => Some(atom(Some(worker))),
            None if self.apart => {
                let mut mean = self.zero();
                let share = Rational::from((1, self.run.workers as u64));
                (0..self.run.workers as i64).for_each(|worker| mean.add_scaled(&atom(Some(worker)), &share));
                Some(mean)
            }
            // With one worker its gradient is the mean.
            _ => Some(atom(None)),
        }
    }

    /// g_k of a run that goes forward.
    fn estimate(&self, k: i64, exact: bool) -> Option<SymbolicVector> {
        if exact {
            return self.gradient(None, k);
        }
        self.reads(k)?;
        Some(SymbolicVector::atom(self.run.dimension, Atom::Estimate(k)))
    }

    /// v_k.
    fn buffer(&self, k: i64) -> Option<SymbolicVector> {
        // The buffer before the base is part of the state there.
        self.reads(k + 1)?;
        if self.scouting.get() {
            return Some(self.zero());
        }
        if let Some(known) = self.buffers.borrow().get(&k) {
            return Some(known.clone());
        }
        let buffer = match self.run.points {
            Points::Stored(points) if k >= 0 => {
                let at = usize::try_from(k).ok()?;
                let mut moved = SymbolicVector::exact(points.get(at)?)?;
                moved.add_scaled(&SymbolicVector::exact(points.get(at + 1)?)?, &Rational::from(-1));
                moved.scaled(&Rational::from_f64(self.run.method.step(k)?)?.recip())
            }
            Points::Stored(_) if self.run.method.start == Start::FirstGradient => self.buffer(0)?,
            Points::Stored(_) => self.zero(),
            Points::Forward { exact, .. } => self.forward_buffer(k, exact)?,
        };
        self.buffers.borrow_mut().insert(k, buffer.clone());
        Some(buffer)
    }

    fn forward_buffer(&self, k: i64, exact: bool) -> Option<SymbolicVector> {
        let replaces = self.run.method.start == Start::FirstGradient;
        if k == -1 {
            return if replaces { self.estimate(0, exact) } else { Some(self.zero()) };
        }
        if k < self.base {
            return Some(SymbolicVector::atom(self.run.dimension, Atom::Buffer(k)));
        }
        let beta = Rational::from_f64(self.run.method.beta)?;
        let mut next = self.buffer(k - 1)?.scaled(&(Rational::from(1) - &beta));
        next.add_scaled(&self.estimate(k, exact)?, &beta);
        Some(next)
    }

    fn error(&self, k: i64) -> Option<SymbolicVector> {
        let mut error = match self.run.points {
            Points::Forward { exact: true, .. } => return self.reads(k).map(|()| self.zero()),
            Points::Forward { exact: false, .. } => self.estimate(k, false)?,
            Points::Stored(_) => {
                let beta = Rational::from_f64(self.run.method.beta)?;
                let mut moved = self.buffer(k)?;
                moved.add_scaled(&self.buffer(k - 1)?, &(Rational::from(&beta) - 1u32));
                moved.scaled(&beta.recip())
            }
        };
        error.add_scaled(&self.gradient(None, k)?, &Rational::from(-1));
        Some(error)
    }

    pub fn vector(&self, sequence: VectorSequence, k: i64) -> Option<SymbolicVector> {
        match sequence {
            VectorSequence::Point => self.point(k),
            VectorSequence::Gradient => self.gradient(None, k),
            VectorSequence::Buffer => self.buffer(k),
            VectorSequence::Deviation => {
                let mut deviation = self.buffer(k)?;
                deviation.add_scaled(&self.gradient(None, k.max(0))?, &Rational::from(-1));
                Some(deviation)
            }
            VectorSequence::Error => self.error(k),
            VectorSequence::Bias | VectorSequence::Noise => None,
        }
    }
}

#[cfg(test)]
mod tests;
