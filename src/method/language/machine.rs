//! Runs a compiled method in any arithmetic.

use std::cmp::Ordering;

use super::check::MOST_WORKERS_BOUND;
use super::program::{Given, Op, Program, Register, Size};
use super::tree::{Elementwise, Known, Map, Shape};
use crate::number::{Scalar, clip, dot, norm2, zeros};
use crate::statement::syntax::{BinaryOp, Relation};
use crate::statement::term::Function;

/// What a method asks of the problem, the estimate and its operators.
pub trait Surroundings<S> {
    /// out ← ∇f(y).
    fn gradient(&mut self, y: &[S], out: &mut [S]);
    /// out ← ∇fᵢ(y).
    fn worker_gradient(&mut self, worker: usize, y: &[S], out: &mut [S]);
    /// f(y).
    fn value(&mut self, y: &[S]) -> S;
    /// out ← an estimate of ∇f(y).
    fn estimate(&mut self, y: &[S], out: &mut [S]);
    /// out ← an estimate of ∇fᵢ(y).
    fn worker_estimate(&mut self, worker: usize, y: &[S], out: &mut [S]);
    /// u ← Q(u), for the operator at that position.
    fn operate(&mut self, operator: usize, u: &mut [S]);
}

/// Numbers of the instance.
pub struct Numbers<'a, S> {
    /// K.
    pub horizon: usize,
    /// Values of the parameters, in the order of the method.
    pub parameters: &'a [S],
    /// Constants of the problem, where it proves them.
    pub known: &'a dyn Fn(Known) -> Option<S>,
}

/// Why a run ends in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The line has no value there: a division by zero, say.
    NoValue,
    /// This arithmetic cannot tell, or cannot hold the value.
    Undecided,
}

type Ran = Result<(), Stop>;

/// Newest values of everything that a method writes.
pub struct Machine<'p, S: Scalar> {
    program: &'p Program,
    vectors: Vec<Vec<S>>,
    numbers: Vec<S>,
    workers: [usize; MOST_WORKERS_BOUND],
    k: usize,
    context: S::Context,
}

impl<'p, S: Scalar> Machine<'p, S> {
    /// At the point x_0, before the states have values.
    #[must_use]
    pub fn new(program: &'p Program, start: &[S], numbers: &Numbers<'_, S>, context: S::Context) -> Self {
        let none = || S::zero(context).div(&S::zero(context));
        let given = |given: &Given| match given {
            Given::Literal(value) => S::from_rational(value, context),
            Given::Parameter(position) => numbers.parameters[*position].clone(),
            Given::Known(known) => (numbers.known)(*known).unwrap_or_else(none),
            Given::Size(size) => {
                let count = match size {
                    Size::Horizon => numbers.horizon,
                    Size::Workers => program.workers,
                    Size::Dimension => start.len(),
                };
                S::from_f64(count as f64, context)
            }
            Given::Unset => none(),
        };
        let mut vectors = vec![zeros(start.len(), context); program.vectors];
        vectors[0].clone_from_slice(start);
        let numbers = program.numbers.iter().map(given).collect();
        Machine { program, vectors, numbers, workers: [0; MOST_WORKERS_BOUND], k: 0, context }
    }

    /// Sets constants and states; `any` has the values of states that the instance gives.
    ///
    /// # Errors
    /// When a start has no value.
    pub fn begin(&mut self, around: &mut dyn Surroundings<S>, any: &dyn Fn(usize) -> Vec<S>) -> Ran {
        self.all(&self.program.setup, around)?;
        for quantity in &self.program.any {
            let (_, place) = self.program.quantities[*quantity];
            self.vectors[place] = any(*quantity);
        }
        self.all(&self.program.start, around)
    }

    /// One step.
    ///
    /// # Errors
    /// When a line has no value: the step is not made from there on.
    pub fn step(&mut self, around: &mut dyn Surroundings<S>) -> Ran {
        self.all(&self.program.schedules, around)?;
        for line in &self.program.lines {
            self.all(&line.ops, around)?;
            if !self.is_defined(line.quantity) {
                return Err(Stop::Undecided);
            }
            if self.k == 0 {
                line.starts.iter().for_each(|state| self.begin_with(*state, line.quantity));
            }
        }
        self.k += 1;
        Ok(())
    }

    /// The newest value of a vector, of that worker where each has its own.
    #[must_use]
    pub fn vector(&self, quantity: usize, worker: usize) -> &[S] {
        &self.vectors[self.program.quantities[quantity].1 + worker]
    }

    /// The newest value of a number, of that worker where each has its own.
    #[must_use]
    pub fn number(&self, quantity: usize, worker: usize) -> &S {
        &self.numbers[self.program.quantities[quantity].1 + worker]
    }

    fn count(&self, quantity: usize) -> usize {
        if self.program.quantities[quantity].0.by_worker { self.program.workers } else { 1 }
    }

    fn is_defined(&self, quantity: usize) -> bool {
        let is_vector = self.program.quantities[quantity].0.shape == Shape::Vector;
        (0..self.count(quantity)).all(|worker| {
            if is_vector {
                self.vector(quantity, worker).iter().all(Scalar::is_defined)
            } else {
                self.number(quantity, worker).is_defined()
            }
        })
    }

    fn begin_with(&mut self, state: usize, source: usize) {
        let [(quantity, to), (_, from)] = [state, source].map(|quantity| &self.program.quantities[quantity]);
        for worker in 0..self.count(state) {
            if quantity.shape == Shape::Vector {
                let (low, high) = (to.min(from) + worker, to.max(from) + worker);
                let (before, after) = self.vectors.split_at_mut(high);
                let (first, second) = (&mut before[low], &mut after[0]);
                if to < from { first.clone_from_slice(second) } else { second.clone_from_slice(first) }
            } else {
                self.numbers[to + worker] = self.numbers[from + worker].clone();
            }
        }
    }

    fn all(&mut self, ops: &[Op], around: &mut dyn Surroundings<S>) -> Ran {
        ops.iter().try_for_each(|op| self.one(op, around))
    }

    fn at(&self, register: Register) -> usize {
        register.position(&self.workers)
    }

    /// Changes a vector with all others at hand.
    fn change(&mut self, register: Register, change: impl FnOnce(&Self, &mut [S]) -> Ran) -> Ran {
        let at = self.at(register);
        let mut vector = std::mem::take(&mut self.vectors[at]);
        let ran = change(self, &mut vector);
        self.vectors[at] = vector;
        ran
    }

    /// Changes a vector and another one coordinate by coordinate.
    fn zip(&mut self, into: Register, other: Register, change: impl Fn(&mut S, &S)) -> Ran {
        self.change(into, |machine, u| {
            let other = &machine.vectors[machine.at(other)];
            u.iter_mut().zip(other).for_each(|(a, b)| change(a, b));
            Ok(())
        })
    }

    fn scaled(&mut self, into: Register, a: Register, change: impl Fn(&mut S, &S)) -> Ran {
        self.change(into, |machine, u| {
            let a = &machine.numbers[machine.at(a)];
            u.iter_mut().for_each(|x| change(x, a));
            Ok(())
        })
    }

    fn one(&mut self, op: &Op, around: &mut dyn Surroundings<S>) -> Ran {
        let context = self.context;
        match op {
            Op::Each(worker, body) => {
                for i in 0..self.program.workers {
                    self.workers[*worker] = i;
                    self.all(body, around)?;
                }
                Ok(())
            }
            Op::Branch(comparisons, then, otherwise) => {
                let holds = self.holds(comparisons)?;
                self.all(if holds { then } else { otherwise }, around)
            }
            Op::Zero(u) => self.fill(*u, 0.0),
            Op::Ones(u) => self.fill(*u, 1.0),
            Op::Copy(u, w) => self.zip(*u, *w, |a, b| a.set(b)),
            Op::Swap(u, w) => {
                let (u, w) = (self.at(*u), self.at(*w));
                self.vectors.swap(u, w);
                Ok(())
            }
            Op::Add(u, w) => self.zip(*u, *w, |a, b| a.add_assign(b)),
            Op::Subtract(u, w) => self.zip(*u, *w, |a, b| a.sub_assign(b)),
            Op::AddScaled(u, w, a) => self.change(*u, |machine, u| {
                let (w, a) = (&machine.vectors[machine.at(*w)], &machine.numbers[machine.at(*a)]);
                u.iter_mut().zip(w).for_each(|(x, y)| x.add_product(y, a));
                Ok(())
            }),
            Op::SubtractScaled(u, w, a) => self.change(*u, |machine, u| {
                let (w, a) = (&machine.vectors[machine.at(*w)], &machine.numbers[machine.at(*a)]);
                u.iter_mut().zip(w).for_each(|(x, y)| x.sub_product(y, a));
                Ok(())
            }),
            Op::Scale(u, a) => self.scaled(*u, *a, |x, a| x.mul_assign(a)),
            Op::Divide(u, a) => {
                divides(&self.numbers[self.at(*a)])?;
                self.scaled(*u, *a, |x, a| x.div_assign(a))
            }
            Op::Negate(u) => self.change(*u, |_, u| {
                u.iter_mut().for_each(Scalar::neg_assign);
                Ok(())
            }),
            Op::Gradient(u, y) => self.asked(*u, *y, |y, out| around.gradient(y, out)),
            Op::WorkerGradient(u, i, y) => {
                let i = self.workers[*i];
                self.asked(*u, *y, |y, out| around.worker_gradient(i, y, out))
            }
            Op::Estimate(u, y) => self.asked(*u, *y, |y, out| around.estimate(y, out)),
            Op::WorkerEstimate(u, i, y) => {
                let i = self.workers[*i];
                self.asked(*u, *y, |y, out| around.worker_estimate(i, y, out))
            }
            Op::Operate(operator, u) => self.change(*u, |_, u| {
                around.operate(*operator, u);
                Ok(())
            }),
            Op::Clip(u, a) => self.change(*u, |machine, u| {
                clip(&machine.numbers[machine.at(*a)], u, context);
                Ok(())
            }),
            Op::Box(u, low, high) => self.change(*u, |machine, u| {
                let [low, high] = [low, high].map(|a| &machine.numbers[machine.at(*a)]);
                u.iter_mut().for_each(|x| {
                    x.max_assign(low);
                    x.min_assign(high);
                });
                Ok(())
            }),
            Op::Map(map, u) => self.change(*u, |_, u| mapped(*map, u, context)),
            Op::Elementwise(op, u, w) => self.change(*u, |machine, u| {
                let w = &machine.vectors[machine.at(*w)];
                u.iter_mut().zip(w).try_for_each(|(a, b)| match op {
                    Elementwise::Products => {
                        a.mul_assign(b);
                        Ok(())
                    }
                    Elementwise::Quotients => {
                        divides(b)?;
                        a.div_assign(b);
                        Ok(())
                    }
                })
            }),
            _ => self.of_numbers(op, around),
        }
    }

    fn fill(&mut self, u: Register, value: f64) -> Ran {
        let context = self.context;
        self.change(u, |_, u| {
            u.iter_mut().for_each(|x| *x = S::from_f64(value, context));
            Ok(())
        })
    }

    /// What the surroundings say of a vector.
    fn asked(&mut self, into: Register, y: Register, ask: impl FnOnce(&[S], &mut [S])) -> Ran {
        self.change(into, |machine, out| {
            ask(&machine.vectors[machine.at(y)], out);
            Ok(())
        })
    }

    fn of_numbers(&mut self, op: &Op, around: &mut dyn Surroundings<S>) -> Ran {
        let context = self.context;
        let number = match op {
            Op::Set(a, b) => (*a, self.numbers[self.at(*b)].clone()),
            Op::Step(a) => (*a, S::from_f64(self.k as f64, context)),
            Op::Norm2(a, u) => (*a, norm2(&self.vectors[self.at(*u)], context)),
            Op::Dot(a, u, w) => (*a, dot(&self.vectors[self.at(*u)], &self.vectors[self.at(*w)], context)),
            Op::Value(a, y) => (*a, around.value(&self.vectors[self.at(*y)])),
            Op::NegateNumber(a) => (*a, self.numbers[self.at(*a)].clone().neg()),
            Op::Binary(op, a, b) => {
                let [left, right] = [a, b].map(|a| &self.numbers[self.at(*a)]);
                if *op == BinaryOp::Div {
                    divides(right)?;
                }
                let left = left.clone();
                let value = match op {
                    BinaryOp::Add => left.add(right),
                    BinaryOp::Sub => left.sub(right),
                    BinaryOp::Mul => left.mul(right),
                    BinaryOp::Div => left.div(right),
                    BinaryOp::Pow => left.powf(right),
                };
                (*a, value)
            }
            Op::IntegerPower(a, b) => {
                let exponent = self.numbers[self.at(*b)].to_f64() as i32;
                (*a, self.numbers[self.at(*a)].clone().powi(exponent))
            }
            Op::Function(function, a) => (*a, applied(*function, self.numbers[self.at(*a)].clone())?),
            Op::Min(a, b) => (*a, self.numbers[self.at(*a)].clone().min(&self.numbers[self.at(*b)])),
            Op::Max(a, b) => (*a, self.numbers[self.at(*a)].clone().max(&self.numbers[self.at(*b)])),
            Op::Modulo(a, b) => {
                let [left, right] = [a, b].map(|a| self.numbers[self.at(*a)].to_f64());
                if right == 0.0 {
                    return Err(Stop::NoValue);
                }
                (*a, S::from_f64(left.rem_euclid(right), context))
            }
            _ => return Ok(()),
        };
        let at = self.at(number.0);
        self.numbers[at] = number.1;
        Ok(())
    }

    fn holds(&self, comparisons: &[(Register, Relation, Register)]) -> Result<bool, Stop> {
        for (a, relation, b) in comparisons {
            let order = self.numbers[self.at(*a)].compare(&self.numbers[self.at(*b)]).ok_or(Stop::Undecided)?;
            let holds = match relation {
                Relation::Less => order == Ordering::Less,
                Relation::LessEqual => order != Ordering::Greater,
                Relation::Greater => order == Ordering::Greater,
                Relation::GreaterEqual => order != Ordering::Less,
                Relation::Equal => order == Ordering::Equal,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a number divides for certain.
fn divides<S: Scalar>(divisor: &S) -> Ran {
    if S::LANES > 1 {
        let zero = (0..S::LANES).any(|lane| divisor.lane(lane) == 0.0);
        return if zero { Err(Stop::NoValue) } else { Ok(()) };
    }
    match divisor.compare(&S::zero(divisor.context())) {
        Some(Ordering::Equal) => Err(Stop::NoValue),
        Some(_) => Ok(()),
        None => Err(Stop::Undecided),
    }
}

fn applied<S: Scalar>(function: Function, a: S) -> Result<S, Stop> {
    let zero = S::zero(a.context());
    match function {
        Function::Sqrt if a.certainly_lt(&zero) => Err(Stop::NoValue),
        Function::Ln if a.certainly_le(&zero) => Err(Stop::NoValue),
        Function::Sqrt => Ok(a.sqrt()),
        Function::Ln => Ok(a.ln()),
        Function::Exp => Ok(a.exp()),
        Function::Sin => Ok(a.sin()),
        Function::Cos => Ok(a.cos()),
        Function::Abs => Ok(a.abs()),
        Function::PositivePart => Ok(a.positive_part()),
    }
}

fn mapped<S: Scalar>(map: Map, u: &mut [S], context: S::Context) -> Ran {
    match map {
        Map::Normalize => {
            let norm = norm2(u, context).sqrt();
            divides(&norm)?;
            u.iter_mut().for_each(|x| x.div_assign(&norm));
        }
        Map::Sign => return u.iter_mut().try_for_each(|x| signed(x, context)),
        Map::ScaledSign => {
            let mut length = S::zero(context);
            u.iter().for_each(|x| length.add_assign(&x.clone().abs()));
            let length = length.div(&S::from_f64(u.len() as f64, context));
            u.iter_mut().try_for_each(|x| signed(x, context))?;
            u.iter_mut().for_each(|x| x.mul_assign(&length));
        }
        Map::Squares => u.iter_mut().for_each(Scalar::square_assign),
        Map::Roots => {
            let zero = S::zero(context);
            if u.iter().any(|x| x.certainly_lt(&zero)) {
                return Err(Stop::NoValue);
            }
            u.iter_mut().for_each(Scalar::sqrt_assign);
        }
    }
    Ok(())
}

/// x ← sign(x), with sign(0) = 0.
fn signed<S: Scalar>(x: &mut S, context: S::Context) -> Ran {
    let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
    *x = match x.compare(&S::zero(context)) {
        _ if S::LANES > 1 => S::from_lanes(|lane| sign(x.lane(lane)), context),
        Some(Ordering::Equal) => S::zero(context),
        Some(Ordering::Greater) => S::one(context),
        Some(Ordering::Less) => S::one(context).neg(),
        None => return Err(Stop::Undecided),
    };
    Ok(())
}
