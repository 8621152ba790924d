//! Runs a compiled method: its numbers in any arithmetic, its vectors as whoever holds them has them.

use super::check::MOST_WORKERS_BOUND;
pub use super::coordinates::Coordinates;
use super::partial::{binary, function_at, integer_power, modulo};
use super::program::{Draw, Given, Op, Program, Register, Size};
use super::tree::{Elementwise, Known, Map, Shape};
use crate::number::Scalar;
use crate::oracle::Subset;
use crate::statement::syntax::Relation;

/// ±a·w, or ±w where there is no a.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, S> {
    /// Whether it is subtracted.
    pub negative: bool,
    /// a.
    pub factor: Option<&'a S>,
    /// w, by its register.
    pub vector: usize,
}

/// What an estimate or a gradient is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whether an estimate is drawn.
    pub estimate: bool,
    /// Of whose function; of the mean of all without one.
    pub worker: Option<usize>,
    /// The register of the point.
    pub at: usize,
    /// What an estimate draws.
    pub draw: Draw,
}

/// A change of one vector that is no combination.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a, S> {
    /// u ← (1, …, 1).
    Ones,
    /// u ← u/a.
    Divide(&'a S),
    /// u ← u clipped at a.
    Clip(&'a S),
    /// u ← the nearest point with coordinates between both.
    Box(&'a S, &'a S),
    /// u ← map(u).
    Map(Map),
    /// u ← u combined with the vector of that register.
    Elementwise(Elementwise, usize),
    /// u ← Q(u), for the operator at that position.
    Operate(usize),
}

/// The vectors of a run, in whatever form, and what the problem, the estimate and the operators say of them.
/// What is not known of a form stops the run as undecided.
pub trait Vectors<S: Scalar> {
    /// u ← the sum of the parts, of which only the first may be u's own.
    ///
    /// # Errors
    /// When the form has no such value.
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) -> Ran;
    /// u ↔ w.
    fn swap(&mut self, u: usize, w: usize);
    /// u ← a gradient or an estimate of one.
    ///
    /// # Errors
    /// When the form has no such value.
    fn call(&mut self, u: usize, call: Call) -> Ran;
    /// Changes u.
    ///
    /// # Errors
    /// When there is no such value, or the form has none.
    fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran;
    /// ‖u‖².
    ///
    /// # Errors
    /// When the form has no such value.
    fn norm2(&mut self, u: usize) -> Result<S, Stop>;
    /// ⟨u, w⟩.
    ///
    /// # Errors
    /// When the form has no such value.
    fn dot(&mut self, u: usize, w: usize) -> Result<S, Stop>;
    /// f at the point of that register.
    ///
    /// # Errors
    /// When the form has no such value.
    fn value(&mut self, y: usize) -> Result<S, Stop>;
    /// Draws that many of n workers, for each lane of the arithmetic.
    ///
    /// # Errors
    /// When the form knows of no draw.
    fn sample_workers(&mut self, size: usize, of: usize) -> Result<&[Subset], Stop> {
        let _ = (size, of);
        Err(Stop::Undecided)
    }
}

/// Why a run ends in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The line has no value there: a division by zero, say.
    NoValue,
    /// This arithmetic, or this form of vectors, cannot tell.
    Undecided,
}

/// Whether a line ran.
pub type Ran = Result<(), Stop>;

/// Numbers of the instance.
pub struct Numbers<'a, S> {
    /// K.
    pub horizon: usize,
    /// d.
    pub dimension: usize,
    /// Values of the parameters, in the order of the method.
    pub parameters: &'a [S],
    /// Constants of the problem, where it proves them.
    pub known: &'a dyn Fn(Known) -> Option<S>,
}

/// Newest values of the numbers that a method has, and where in a run it is.
#[derive(Clone, Debug)]
pub struct Machine<'p, S: Scalar> {
    program: &'p Program,
    numbers: Vec<S>,
    workers: [usize; MOST_WORKERS_BOUND],
    k: usize,
    context: S::Context,
}

impl<'p, S: Scalar> Machine<'p, S> {
    /// Before the constants and states have values.
    #[must_use]
    pub fn new(program: &'p Program, numbers: &Numbers<'_, S>, context: S::Context) -> Self {
        let none = || S::from_f64(f64::NAN, context);
        let given = |given: &Given| match given {
            Given::Literal(value) => S::from_rational(value, context),
            Given::Parameter(position) => numbers.parameters[*position].clone(),
            Given::Known(known) => (numbers.known)(*known).unwrap_or_else(none),
            Given::Size(size) => {
                let count = match size {
                    Size::Horizon => numbers.horizon,
                    Size::Workers => program.workers,
                    Size::Dimension => numbers.dimension,
                };
                S::from_f64(count as f64, context)
            }
            Given::Unset => none(),
        };
        let numbers = program.numbers.iter().map(given).collect();
        Machine { program, numbers, workers: [0; MOST_WORKERS_BOUND], k: 0, context }
    }

    /// Sets constants and states, where `vectors` has x_0 and the states that the instance gives.
    ///
    /// # Errors
    /// When a start has no value.
    pub fn begin(&mut self, vectors: &mut impl Vectors<S>) -> Ran {
        self.set_constants(vectors)?;
        let program = self.program;
        self.all(&program.start, vectors)
    }

    /// Sets the constants alone.
    ///
    /// # Errors
    /// When a constant has no value.
    pub fn set_constants(&mut self, vectors: &mut impl Vectors<S>) -> Ran {
        self.k = 0;
        let program = self.program;
        self.all(&program.setup, vectors)
    }

    /// Goes to step k, whose schedules it sets; the states are whatever they are.
    ///
    /// # Errors
    /// When a schedule has no value.
    pub fn go_to(&mut self, k: usize, vectors: &mut impl Vectors<S>) -> Ran {
        self.k = k;
        let program = self.program;
        self.all(&program.schedules, vectors)
    }

    /// One step.
    ///
    /// # Errors
    /// When a line has no value: the step is not made from there on.
    pub fn step(&mut self, vectors: &mut impl Vectors<S>) -> Ran {
        let program = self.program;
        self.all(&program.schedules, vectors)?;
        for line in &program.lines {
            self.all(&line.ops, vectors)?;
            if self.k == 0 {
                line.starts.iter().try_for_each(|begun| {
                    let (_, state) = program.quantities[begun.quantity];
                    self.copy(line.quantity, state, vectors)?;
                    self.copy(line.quantity, begun.kept, vectors)
                })?;
            }
        }
        self.k += 1;
        Ok(())
    }

    /// The same with its numbers in one lane as binary64 has them.
    #[must_use]
    pub fn in_lane(&self, lane: usize) -> Machine<'p, f64> {
        let numbers = self.numbers.iter().map(|x| x.lane(lane)).collect();
        Machine { program: self.program, numbers, workers: self.workers, k: self.k, context: () }
    }

    /// How many steps were made.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.k
    }

    /// A number register.
    #[must_use]
    pub fn number(&self, register: usize) -> &S {
        &self.numbers[register]
    }

    /// Sets a number register: a state that is known from elsewhere.
    pub fn set_number(&mut self, register: usize, value: &S) {
        self.numbers[register].set(value);
    }

    /// Copies a quantity to registers.
    fn copy(&mut self, quantity: usize, to: usize, vectors: &mut impl Vectors<S>) -> Ran {
        let program = self.program;
        let (own, from) = &program.quantities[quantity];
        let count = if own.by_worker { self.program.workers } else { 1 };
        (0..count).try_for_each(|worker| match own.shape {
            Shape::Vector => {
                let part = Part { negative: false, factor: None, vector: from + worker };
                vectors.combine(to + worker, std::iter::once(part))
            }
            Shape::Number => {
                self.numbers[to + worker] = self.numbers[from + worker].clone();
                Ok(())
            }
        })
    }

    fn all(&mut self, ops: &[Op], vectors: &mut impl Vectors<S>) -> Ran {
        ops.iter().try_for_each(|op| self.one(op, vectors))
    }

    fn at(&self, register: Register) -> usize {
        register.position(&self.workers)
    }

    /// The number that a register holds.
    fn held(&self, register: Register) -> &S {
        &self.numbers[self.at(register)]
    }

    fn one(&mut self, op: &Op, vectors: &mut impl Vectors<S>) -> Ran {
        let at = |register: Register| register.position(&self.workers);
        let number = |register: Register| &self.numbers[at(register)];
        let call = |estimate, worker: Option<usize>, y| Call {
            estimate,
            worker: worker.map(|worker| self.workers[worker]),
            at: at(y),
            draw: Draw::Own,
        };
        match op {
            Op::Each(worker, body) => (0..self.program.workers).try_for_each(|i| {
                self.workers[*worker] = i;
                self.all(body, vectors)
            }),
            Op::Branch(comparisons, then, otherwise) => {
                let holds = self.holds(comparisons)?;
                self.all(if holds { then } else { otherwise }, vectors)
            }
            Op::Combine(u, parts) => {
                let resolved = parts.iter().map(|part| Part {
                    negative: part.negative,
                    factor: part.factor.map(number),
                    vector: at(part.vector),
                });
                vectors.combine(at(*u), resolved)
            }
            Op::Swap(u, w) => {
                vectors.swap(at(*u), at(*w));
                Ok(())
            }
            Op::Gradient(u, y) => vectors.call(at(*u), call(false, None, *y)),
            Op::WorkerGradient(u, i, y) => vectors.call(at(*u), call(false, Some(*i), *y)),
            Op::Estimate(u, y, draw) => vectors.call(at(*u), Call { draw: *draw, ..call(true, None, *y) }),
            Op::WorkerEstimate(u, i, y) => vectors.call(at(*u), call(true, Some(*i), *y)),
            Op::Ones(u) => vectors.change(at(*u), Change::Ones),
            Op::Divide(u, a) => vectors.change(at(*u), Change::Divide(number(*a))),
            Op::Clip(u, a) => vectors.change(at(*u), Change::Clip(number(*a))),
            Op::Box(u, low, high) => vectors.change(at(*u), Change::Box(number(*low), number(*high))),
            Op::Map(map, u) => vectors.change(at(*u), Change::Map(*map)),
            Op::Elementwise(op, u, w) => vectors.change(at(*u), Change::Elementwise(*op, at(*w))),
            Op::Operate(operator, u) => vectors.change(at(*u), Change::Operate(*operator)),
            Op::SampleWorkers(to, size) => {
                let of = self.program.workers;
                let first = at(*to);
                // A whole number of them, see `BoundMethod::tune`.
                let subsets = vectors.sample_workers(number(*size).lane(0) as usize, of)?;
                for worker in 0..of {
                    let is_drawn = |lane: usize| f64::from(u8::from(subsets[lane].contains(worker)));
                    self.numbers[first + worker] = S::from_lanes(is_drawn, self.context);
                }
                Ok(())
            }
            _ => self.of_numbers(op, vectors),
        }
    }

    fn of_numbers(&mut self, op: &Op, vectors: &mut impl Vectors<S>) -> Ran {
        let context = self.context;
        let (to, value) = match op {
            Op::Set(a, b) => {
                self.set(self.at(*a), self.at(*b));
                return Ok(());
            }
            Op::Step(a) => (*a, S::from_f64(self.k as f64, context)),
            Op::Norm2(a, u) => (*a, vectors.norm2(self.at(*u))?),
            Op::Dot(a, u, w) => (*a, vectors.dot(self.at(*u), self.at(*w))?),
            Op::Value(a, y) => (*a, vectors.value(self.at(*y))?),
            Op::NegateNumber(a) => (*a, self.held(*a).clone().neg()),
            Op::Binary(op, a, b) => (*a, binary(*op, self.held(*a), self.held(*b))?),
            Op::IntegerPower(a, b) => (*a, integer_power(self.held(*a), self.held(*b))?),
            Op::Function(function, a) => (*a, function_at(*function, self.held(*a))?),
            Op::Min(a, b) => (*a, self.held(*a).clone().min(self.held(*b))),
            Op::Max(a, b) => (*a, self.held(*a).clone().max(self.held(*b))),
            Op::Modulo(a, b) => (*a, modulo(self.held(*a), self.held(*b), context)?),
            _ => return Ok(()),
        };
        let at = self.at(to);
        self.numbers[at] = value;
        Ok(())
    }

    /// a ← b.
    fn set(&mut self, a: usize, b: usize) {
        if a != b {
            let value = std::mem::replace(&mut self.numbers[b], S::zero(self.context));
            self.numbers[a].set(&value);
            self.numbers[b] = value;
        }
    }

    fn holds(&self, comparisons: &[(Register, Relation, Register)]) -> Result<bool, Stop> {
        for (a, relation, b) in comparisons {
            let order = self.held(*a).compare(self.held(*b)).ok_or(Stop::Undecided)?;
            if !relation.admits(order) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
