//! Equality that intervals cannot see: both sides as exact polynomials in the run's unknowns.
//!
//! Every vector of a run is a rational vector plus a rational combination of vectors that are not looked
//! into: the states of the method at the first index that the comparison reads, each worker's gradient at a
//! point and, of a run that goes forward, each step's estimate. On stored points the points are known, and the
//! estimates follow from them. Two sides that are the same polynomial of the same unknowns (f at a point, norms and inner
//! products of such vectors) are equal whatever the unknowns' irrational values are.

mod form;
mod walk;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;

use rug::Rational;

use crate::method::language::machine::Call;
use crate::method::language::moves::{Move, Weight};
use crate::method::{BoundMethod, Space, forward, towards};
use crate::number::Exact;
use crate::statement::evaluate::Environment;
use crate::statement::term::{Condition, Node, OfMethod, Term, Vector, VectorSequence};
use crate::statement::{Claim, Form};
use crate::verify::deciding::compare_sides::Truth;
use form::{Atom, SymbolicVector};
use walk::Walk;

/// Most steps from the first index that a comparison reads to the last one.
const LONGEST_SPAN: i64 = 64;

/// What the points of a run are to symbols.
#[derive(Clone, Copy)]
pub(crate) enum Points<'a> {
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

/// How two things compare for certain, where the bound indices have these values.
type Compare<'a, A, B> = &'a dyn Fn(&A, &B, &[i64]) -> Option<Ordering>;

/// What the numbers of a run say for certain, in intervals. The last argument has the bound indices.
pub(crate) struct Certain<'a> {
    /// How two numbers compare.
    pub order: Compare<'a, Term, Term>,
    /// How the length of a vector compares with a number.
    pub length: Compare<'a, Vector, Term>,
    /// Whether a condition holds.
    pub condition: &'a dyn Fn(&Condition, &[i64]) -> Option<bool>,
}

/// A run, symbolically.
pub(crate) struct Symbolic<'a> {
    pub method: &'a BoundMethod,
    pub points: Points<'a>,
    pub workers: usize,
    pub dimension: usize,
    pub environment: &'a Environment<Exact>,
    /// K.
    pub horizon: usize,
    pub certain: Certain<'a>,
}

impl Symbolic<'_> {
    /// Decides a claim at index k, where the difference of its sides is a number, or certainly of one sign.
    pub fn decide(&self, form: Form, claim: &Claim, k: i64) -> Truth {
        let scout = Expansion::new(self, claim, 0);
        scout.scouting.set(true);
        let base = match sides(&scout, claim, k) {
            Some(_) => scout.lowest.get().clamp(0, i64::MAX - LONGEST_SPAN),
            None => return Truth::Open,
        };
        let expansion = Expansion::new(self, claim, base);
        let Some(difference) = sides(&expansion, claim, k) else { return Truth::Open };
        let Some(expanded) = difference.expanded() else { return Truth::Open };
        match expanded.as_constant() {
            Some(constant) => {
                let holds = if form == Form::Identity { constant == 0 } else { constant >= 0 };
                if holds { Truth::True } else { Truth::False }
            }
            None if form != Form::Identity && difference.is_nonnegative() => Truth::True,
            None => Truth::Open,
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

/// Vectors that may not be rational combinations of atoms.
type Known = Option<SymbolicVector>;

/// Combinations of atoms.
struct OfAtoms {
    dimension: usize,
}

impl Space<Exact> for OfAtoms {
    type Vector = Known;

    fn combined(&self, parts: &[(&Weight<Exact>, &Known)]) -> Known {
        let mut sum = SymbolicVector::zero(self.dimension);
        for (weight, vector) in parts {
            sum.add_scaled(vector.as_ref()?, &weight.number(()).0?);
        }
        Some(sum)
    }

    fn divided(&self, u: Known, a: &Exact) -> Known {
        let a = a.0.as_ref().filter(|a| **a != 0)?;
        Some(u?.scaled(&Rational::from(a.recip_ref())))
    }

    fn solved(&self, u: &Known, w: &Known, weight: &Weight<Exact>) -> Known {
        let mut difference = u.clone()?;
        difference.add_scaled(w.as_ref()?, &Rational::from(-1));
        self.divided(Some(difference), &weight.number(()))
    }
}

/// The registers after a step, and the call that it made.
struct Frame {
    registers: Vec<Known>,
    /// Where the estimate was drawn, and what it was.
    called: Option<(Known, Known)>,
}

/// The vectors of a run from one index on.
struct Expansion<'a> {
    run: &'a Symbolic<'a>,
    /// The first index: the states there are not looked into, unless it is 0.
    base: i64,
    /// Only the lowest index that is read is wanted.
    scouting: Cell<bool>,
    lowest: Cell<i64>,
    /// Whether the mean gradient is written as the mean of the workers' gradients.
    apart: bool,
    /// Points at which gradients and values are asked for: equal points share their unknowns.
    places: RefCell<Vec<SymbolicVector>>,
    /// The state at the base and after each step from there.
    frames: RefCell<Vec<Frame>>,
}

impl<'a> Expansion<'a> {
    fn new(run: &'a Symbolic<'a>, claim: &Claim, base: i64) -> Self {
        let of_worker =
            |node: Node<'_>| matches!(node, Node::Vector(Vector::WorkerGradient(..) | Vector::GradientAt(Some(_), _)));
        let apart = run.workers > 1 && (claim.lhs.any(of_worker) || claim.rhs.any(of_worker));
        // The states at a stored point follow from the step that leads to it.
        let base = match run.points {
            Points::Stored(_) => (base - 1).max(0),
            Points::Forward { .. } => base,
        };
        Expansion {
            run,
            base,
            scouting: Cell::new(false),
            lowest: Cell::new(i64::MAX),
            apart,
            places: RefCell::default(),
            frames: RefCell::default(),
        }
    }

    fn zero(&self) -> SymbolicVector {
        SymbolicVector::zero(self.run.dimension)
    }

    fn atom(&self, atom: Atom) -> SymbolicVector {
        SymbolicVector::atom(self.run.dimension, atom)
    }

    /// The number of a point among those that are asked for.
    fn place(&self, point: &SymbolicVector) -> i64 {
        let mut places = self.places.borrow_mut();
        let known = places.iter().position(|place| place == point).unwrap_or_else(|| {
            places.push(point.clone());
            places.len() - 1
        });
        known as i64
    }

    /// The number of x_k among the points.
    pub fn canonical(&self, k: i64) -> Option<i64> {
        self.reads(k)?;
        if self.scouting.get() { Some(k) } else { Some(self.place(&self.point(k)?)) }
    }

    /// Notes that the state at k is read; `None` where it is too far from the base, or is none of the run.
    fn reads(&self, k: i64) -> Option<()> {
        if self.scouting.get() {
            self.lowest.set(self.lowest.get().min(k));
            return Some(());
        }
        (k >= self.base && k - self.base <= LONGEST_SPAN && k <= self.run.horizon as i64).then_some(())
    }

    /// What of the frame at step k is wanted, once it is there.
    fn with_frame<R>(&self, k: i64, read: impl FnOnce(&Frame) -> Option<R>) -> Option<R> {
        let wanted = usize::try_from(k - self.base).ok()?;
        if self.frames.borrow().is_empty() {
            let first = self.first_frame()?;
            self.frames.borrow_mut().push(first);
        }
        while self.frames.borrow().len() <= wanted {
            let step = self.base + self.frames.borrow().len() as i64 - 1;
            let next = self.next_frame(usize::try_from(step).ok()?)?;
            self.frames.borrow_mut().push(next);
        }
        read(&self.frames.borrow()[wanted])
    }

    /// The states at the base.
    fn first_frame(&self) -> Option<Frame> {
        let method = self.run.method;
        let space = OfAtoms { dimension: self.run.dimension };
        let mut registers: Vec<Known> = vec![Some(self.zero()); method.program().vectors];
        if self.base == 0 {
            registers[0] = Some(match self.run.points {
                Points::Stored(points) => SymbolicVector::exact(points.first()?)?,
                Points::Forward { start, .. } => SymbolicVector::exact(start)?,
            });
            for (register, vector) in method.given() {
                registers[*register] = SymbolicVector::exact(vector);
            }
            let moves = method.moves_of_start::<Exact>(())?;
            forward(&space, &moves, &mut registers, &mut |call, at| Some(self.called(call, at, None)))?;
        } else {
            for (register, vector) in registers.iter_mut().enumerate().skip(1) {
                *vector = method.is_state_register(register).then(|| self.atom(Atom::State(register, self.base)));
            }
            registers[0] = match self.run.points {
                Points::Stored(points) => SymbolicVector::exact(points.get(usize::try_from(self.base).ok()?)?),
                Points::Forward { .. } => Some(self.atom(Atom::State(0, self.base))),
            };
        }
        Some(Frame { registers, called: None })
    }

    /// The state after step k, whose state before is the last one.
    fn next_frame(&self, k: usize) -> Option<Frame> {
        let space = OfAtoms { dimension: self.run.dimension };
        let moves: Vec<Move<Exact>> = self.run.method.moves_of_step::<Exact>(k, ())?;
        let mut registers = self.frames.borrow().last()?.registers.clone();
        let called = match self.run.points {
            Points::Stored(points) => {
                let next = SymbolicVector::exact(points.get(k + 1)?);
                let reached = towards(&space, &moves, &mut registers, &next, (), &mut |call, at| {
                    Some(self.called(call, at, None))
                })?;
                Some((reached.at, reached.estimate))
            }
            Points::Forward { .. } => {
                let mut drawn = None;
                forward(&space, &moves, &mut registers, &mut |call, at| {
                    let answer = self.called(call, at, Some(k as i64));
                    if call.estimate {
                        drawn = Some((at.clone(), answer.clone()));
                    }
                    Some(answer)
                })?;
                drawn
            }
        };
        Some(Frame { registers, called })
    }

    /// What a call gives: a gradient, or the estimate of step k.
    fn called(&self, call: &Call, at: &Known, step: Option<i64>) -> Known {
        let exact = matches!(self.run.points, Points::Forward { exact: true, .. });
        if call.estimate && !exact {
            // The atom stands for the only estimate of its step.
            return self.run.method.draws_one_average().then(|| self.atom(Atom::Estimate(step?)).into())?;
        }
        self.gradient_at(call.worker.map(|worker| worker as i64), at.as_ref()?)
    }

    fn gradient_at(&self, worker: Option<i64>, point: &SymbolicVector) -> Known {
        let place = self.place(point);
        let atom = |worker| self.atom(Atom::Gradient(worker, place));
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

    /// The number of any point among those that are asked for.
    pub fn place_of(&self, point: &SymbolicVector) -> i64 {
        if self.scouting.get() { 0 } else { self.place(point) }
    }

    /// ∇f or ∇fᵢ at any point.
    pub fn gradient_of(&self, worker: Option<i64>, point: &SymbolicVector) -> Known {
        if self.scouting.get() { Some(self.zero()) } else { self.gradient_at(worker, point) }
    }

    fn point(&self, k: i64) -> Option<SymbolicVector> {
        self.reads(k)?;
        if self.scouting.get() {
            return Some(self.zero());
        }
        match self.run.points {
            Points::Stored(points) => SymbolicVector::exact(points.get(usize::try_from(k).ok()?)?),
            Points::Forward { .. } => self.with_frame(k, |frame| frame.registers[0].clone()),
        }
    }

    pub fn gradient(&self, worker: Option<i64>, k: i64) -> Option<SymbolicVector> {
        let point = self.point(k)?;
        if self.scouting.get() { Some(point) } else { self.gradient_at(worker, &point) }
    }

    fn error(&self, k: i64) -> Option<SymbolicVector> {
        self.reads(k)?;
        if self.scouting.get() || matches!(self.run.points, Points::Forward { exact: true, .. }) {
            return Some(self.zero());
        }
        let (at, estimate) = self.with_frame(k + 1, |frame| frame.called.clone())?;
        let mut error = estimate?;
        error.add_scaled(&self.gradient_at(None, &at?)?, &Rational::from(-1));
        Some(error)
    }

    fn quantity(&self, quantity: &OfMethod, k: i64) -> Option<SymbolicVector> {
        let steps = quantity.steps_before(k)? as i64;
        let program = self.run.method.program();
        // A line is made by the step before, and so is a start that step 0 makes.
        let kept = program.kept(quantity.position).filter(|_| steps == 0);
        self.reads(if quantity.first.is_some() { steps } else { steps - 1 })?;
        if self.scouting.get() {
            return Some(self.zero());
        }
        let register = kept.unwrap_or(program.registers(quantity.position).start);
        self.with_frame(if kept.is_some() { 1 } else { steps }, |frame| frame.registers[register].clone())
    }

    pub fn vector(&self, sequence: &VectorSequence, k: i64) -> Option<SymbolicVector> {
        match sequence {
            VectorSequence::Point => self.point(k),
            VectorSequence::Gradient => self.gradient(None, k),
            VectorSequence::Quantity(quantity) => self.quantity(quantity, k),
            VectorSequence::Derived(derived) => {
                let mut sum = self.zero();
                for (factor, part, index) in derived.parts(k) {
                    sum.add_scaled(&self.vector(part, index)?, factor);
                }
                Some(sum)
            }
            VectorSequence::Error => self.error(k),
            VectorSequence::Bias | VectorSequence::Noise => None,
        }
    }

    /// A value of the method's schedule.
    pub fn scheduled(&self, position: usize, k: i64) -> Option<Rational> {
        let k = usize::try_from(if k == -1 { 0 } else { k }).ok()?;
        self.run.method.scheduled::<Exact>(position, k, ())?.0
    }
}

#[cfg(test)]
mod tests;
