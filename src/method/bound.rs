//! A method with all that an instance fixes of it: what its runs execute.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use rug::Rational;
use thiserror::Error;

use super::language::machine::{Machine, Numbers};
use super::language::moves::{Kind, Move, Recorder, Unrolled, kinds, start_kinds};
use super::language::program::{Program, compile};
use super::language::tree::{End, Known, Method, Number, Parameter, Shape};
use crate::number::{Interval, Scalar, zeros};
use crate::oracle::operator::Operator;
use crate::problem::DynProblem;

/// Precision at which ranges are decided.
const RANGE_BITS: u32 = 256;

/// A parameter of a method outside of what the method is defined for, or without a value.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("the method needs `{name}` in {range}, which is not certain of {value}")]
pub struct Misfit {
    /// Name.
    pub name: String,
    /// Range as written.
    pub range: String,
    /// Its value.
    pub value: f64,
}

/// A method with parameters, start, number of steps, and the constants that the problem proves.
#[derive(Clone, Debug)]
pub struct BoundMethod {
    method: Arc<Method>,
    program: Arc<Program>,
    known: Vec<Option<Rational>>,
    dimension: usize,
    start: usize,
    kinds: Option<Vec<Option<Kind>>>,
    kept_registers: Vec<bool>,
    number_registers: Vec<usize>,
    /// Values of the parameters in the order of the method, exact.
    pub parameters: Vec<f64>,
    /// Its operators, in the order of the method.
    pub operators: Vec<Operator>,
    /// Where states begin that the instance gives: registers, and vectors of length d.
    given: Vec<(usize, Vec<f64>)>,
    /// K.
    pub horizon: usize,
    /// K as the method's numbers have it, also where fewer steps are made.
    whole_horizon: usize,
    /// Whether any of them is made of it.
    reads_horizon: bool,
}

impl BoundMethod {
    /// The method on a problem, with the start of that position.
    ///
    /// `spoken` has the positions of the quantities that are asked for later, besides its states.
    #[must_use]
    pub fn new(method: Arc<Method>, problem: &dyn DynProblem, start: usize, spoken: &[usize]) -> Self {
        let name = start.checked_sub(1).and_then(|other| method.starts.get(other)).map(|start| start.name.as_str());
        let workers = problem.workers();
        // The start is one of the method's own.
        let program = compile(&method, name, workers).or_else(|| compile(&method, None, workers));
        let program = program.unwrap_or_default();
        let reads = |number: &Number| Program::of_number(&method, number, workers).reads_horizon();
        let ends = |p: &Parameter| [&p.lower.value, &p.upper.value, &p.default].into_iter().flatten().any(reads);
        let reads_horizon = program.reads_horizon() || method.parameters.iter().any(ends);
        let mut bound = BoundMethod {
            known: Known::ALL.iter().map(|(_, known)| proved(*known, problem)).collect(),
            dimension: problem.dimension(),
            program: Arc::new(program),
            start,
            kinds: None,
            kept_registers: Vec::new(),
            number_registers: Vec::new(),
            // What the values are is no matter here.
            parameters: vec![1.0; method.parameters.len()],
            operators: Vec::new(),
            given: Vec::new(),
            horizon: 0,
            whole_horizon: 0,
            reads_horizon,
            method,
        };
        bound.kinds = kinds(bound.machine::<f64>(()), &bound.program);
        bound.keep(spoken);
        bound
    }

    /// Notes what is kept of a run's states.
    fn keep(&mut self, spoken: &[usize]) {
        let quantities = &self.program.quantities;
        let is_kept = |position: &usize| quantities[*position].0.first.is_some() || spoken.contains(position);
        let kept: Vec<usize> = (0..quantities.len()).filter(is_kept).collect();
        let (vectors, numbers): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|position| quantities[*position].0.shape == Shape::Vector);
        let registers: Vec<usize> = vectors.iter().flat_map(|position| self.program.registers(*position)).collect();
        // x is kept on its own.
        self.kept_registers = (0..self.program.vectors).map(|r| r > 0 && registers.contains(&r)).collect();
        self.number_registers = numbers.iter().flat_map(|position| self.program.registers(*position)).collect();
    }

    /// Which registers of vectors are kept of a run's states; x is kept on its own.
    #[must_use]
    pub fn kept_registers(&self) -> &[bool] {
        &self.kept_registers
    }

    /// The registers of the numbers that are kept.
    #[must_use]
    pub fn number_registers(&self) -> &[usize] {
        &self.number_registers
    }

    /// Gives states their starts whose start may be anything.
    ///
    /// # Errors
    /// When there is no such state, or a vector has the wrong length.
    pub fn give(&mut self, states: &BTreeMap<String, Vec<f64>>) -> Result<(), String> {
        for (name, vector) in states {
            let is_it = |quantity: &&usize| self.program.quantities[**quantity].0.name == *name;
            let Some(quantity) = self.program.any.iter().find(is_it) else {
                return Err(format!("under this start the method has no state `{name}` that may begin anywhere"));
            };
            if vector.len() != self.dimension {
                return Err(format!("`{name}` has {} coordinates, the problem {}", vector.len(), self.dimension));
            }
            self.given.push((self.program.registers(*quantity).start, vector.clone()));
        }
        Ok(())
    }

    /// The registers that the instance gives, and their vectors.
    #[must_use]
    pub fn given(&self) -> &[(usize, Vec<f64>)] {
        &self.given
    }

    /// The registers of states that may begin anywhere and are not given: they begin at zero.
    pub fn ungiven(&self) -> impl Iterator<Item = usize> + '_ {
        let registers = self.program.any.iter().flat_map(|quantity| self.program.registers(*quantity));
        registers.filter(|register| self.given.iter().all(|(given, _)| given != register))
    }

    /// All registers of vectors before the start is made: x_0, and what the instance gives.
    #[must_use]
    pub fn first_registers<S: Scalar>(&self, start: Vec<S>, context: S::Context) -> Vec<Vec<S>> {
        let mut registers = vec![zeros(self.dimension, context); self.program.vectors];
        registers[0] = start;
        for (register, vector) in &self.given {
            registers[*register] = vector.iter().map(|x| S::from_f64(*x, context)).collect();
        }
        registers
    }

    /// Sets K and the parameters: to what is `given`, or what the method takes where nothing is.
    ///
    /// # Errors
    /// When a value is not certainly in the method's range, or there is none.
    pub fn tune(&mut self, horizon: usize, given: &dyn Fn(&str) -> Option<f64>) -> Result<(), Misfit> {
        (self.horizon, self.whole_horizon) = (horizon, horizon);
        let method = Arc::clone(&self.method);
        for (position, parameter) in method.parameters.iter().enumerate() {
            if method.bound.iter().any(|(bound, _)| *bound == position) {
                continue;
            }
            let default = || Some(self.enclosure(parameter.default.as_ref()?, RANGE_BITS)?.to_f64());
            self.parameters[position] = given(&parameter.name).or_else(default).unwrap_or(f64::NAN);
        }
        let values = self.values::<Interval>(RANGE_BITS);
        let misfit = method.parameters.iter().zip(&values).find(|(parameter, value)| !self.admits(parameter, value));
        match misfit {
            None => self.draws_some_workers(),
            Some((parameter, value)) => {
                let (name, range) = (parameter.name.clone(), parameter.range.clone());
                Err(Misfit { name, range, value: value.to_f64() })
            }
        }
    }

    /// Whether each draw of workers is of a whole number of them, between 1 and n.
    fn draws_some_workers(&self) -> Result<(), Misfit> {
        let mut machine = self.machine::<Interval>(RANGE_BITS);
        let known = machine.set_constants(&mut Recorder::default()).is_ok();
        let fits = |size: &Interval| {
            let count = size.to_f64();
            let is_point = size.compare(&Interval::from_f64(count, RANGE_BITS)) == Some(Ordering::Equal);
            known && is_point && count.fract() == 0.0 && (1.0..=self.program.workers as f64).contains(&count)
        };
        match self.program.sample_sizes().map(|register| machine.number(register)).find(|size| !fits(size)) {
            None => Ok(()),
            Some(size) => {
                let range = format!("whole numbers from 1 to n = {}", self.program.workers);
                Err(Misfit { name: "sample_workers".to_owned(), range, value: size.to_f64() })
            }
        }
    }

    /// Whether a value is certainly in the method's range.
    fn admits(&self, parameter: &Parameter, value: &Interval) -> bool {
        let beyond = |end: &End, is_lower: bool| {
            let Some(number) = &end.value else { return false };
            let Some(limit) = self.enclosure(number, RANGE_BITS) else { return true };
            let (low, high) = if is_lower { (&limit, value) } else { (value, &limit) };
            !(if end.closed { low.certainly_le(high) } else { low.certainly_lt(high) })
        };
        let whole = !parameter.integer || value.to_f64().fract() == 0.0;
        value.is_defined() && whole && !beyond(&parameter.lower, true) && !beyond(&parameter.upper, false)
    }

    /// Which registers hold points after a step and which directions; none where that is not the same after every
    /// step.
    #[must_use]
    pub fn kinds(&self) -> Option<&[Option<Kind>]> {
        self.kinds.as_deref()
    }

    /// The same before step 0, of what the start sets.
    #[must_use]
    pub fn first_kinds(&self) -> Vec<Option<Kind>> {
        start_kinds(self.machine::<f64>(()), &self.program).unwrap_or_else(|| vec![None; self.program.vectors])
    }

    /// Whether each vector that the start sets is a point or a direction.
    #[must_use]
    pub fn starts_with_kinds(&self) -> bool {
        let first = self.first_kinds();
        let program = &self.program;
        let vectors = (0..program.quantities.len()).filter(|q| program.quantities[*q].0.shape == Shape::Vector);
        let mut set = vectors.filter(|quantity| program.is_set_by_start(*quantity));
        set.all(|quantity| program.registers(quantity).all(|register| first[register].is_some()))
    }

    /// The register of the first direction that the method keeps from step to step, if any.
    #[must_use]
    pub fn direction(&self) -> Option<usize> {
        let kinds = self.kinds.as_ref()?;
        let mut states = self.program.quantities.iter().filter(|(own, _)| own.first.is_some() && !own.by_worker);
        states.find(|(own, at)| own.shape == Shape::Vector && kinds[*at] == Some(Kind::Direction)).map(|(_, at)| *at)
    }

    /// Whether a state has the register.
    #[must_use]
    pub fn is_state_register(&self, register: usize) -> bool {
        let states = (0..self.program.quantities.len()).filter(|q| self.program.quantities[*q].0.first.is_some());
        states
            .filter(|q| self.program.quantities[*q].0.shape == Shape::Vector)
            .any(|q| self.program.registers(q).contains(&register))
    }

    /// What the file says.
    #[must_use]
    pub fn method(&self) -> &Arc<Method> {
        &self.method
    }

    /// What is executed.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Which of the method's starts it has.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Values of the parameters by name.
    #[must_use]
    pub fn named_parameters(&self) -> BTreeMap<String, f64> {
        self.method.parameters.iter().zip(&self.parameters).map(|(own, value)| (own.name.clone(), *value)).collect()
    }

    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.parameters.get(self.method.parameter(name)?).copied()
    }

    /// A machine before its first step.
    #[must_use]
    pub fn machine<S: Scalar>(&self, context: S::Context) -> Machine<'_, S> {
        let parameters: Vec<S> = self.parameters.iter().map(|x| S::from_f64(*x, context)).collect();
        let known = |known: Known| {
            let position = Known::ALL.iter().position(|(_, own)| *own == known)?;
            self.known[position].as_ref().map(|q| S::from_rational(q, context))
        };
        let numbers =
            Numbers { horizon: self.whole_horizon, dimension: self.dimension, parameters: &parameters, known: &known };
        Machine::new(&self.program, &numbers, context)
    }

    /// The values of the method's parameters and constants in one arithmetic; undefined where it has none.
    #[must_use]
    pub fn values<S: Scalar>(&self, context: S::Context) -> Vec<S> {
        let mut machine = self.machine::<S>(context);
        let known = machine.set_constants(&mut Recorder::default()).is_ok();
        let value = |register: &usize| match known {
            true => machine.number(*register).clone(),
            false => S::from_f64(f64::NAN, context),
        };
        self.program.value_registers.iter().map(value).collect()
    }

    /// Values of a schedule for k = 0, …, K − 1; undefined where it has none.
    #[must_use]
    pub fn schedule<S: Scalar>(&self, position: usize, context: S::Context) -> Vec<S> {
        let mut machine = self.machine::<S>(context);
        let mut vectors = Recorder::default();
        let begun = machine.set_constants(&mut vectors).is_ok();
        (0..self.horizon)
            .map(|k| {
                let known = begun && machine.go_to(k, &mut vectors).is_ok();
                let register = self.program.schedule_registers[position];
                if known { machine.number(register).clone() } else { S::from_f64(f64::NAN, context) }
            })
            .collect()
    }

    /// The value of a schedule at k; none where it has none.
    #[must_use]
    pub fn scheduled<S: Scalar>(&self, position: usize, k: usize, context: S::Context) -> Option<S> {
        let mut machine = self.machine::<S>(context);
        let mut vectors = Recorder::default();
        machine.set_constants(&mut vectors).ok()?;
        machine.go_to(k, &mut vectors).ok()?;
        Some(machine.number(self.program.schedule_registers[position]).clone())
    }

    /// The moves of the start; none where numbers depend on vectors.
    #[must_use]
    pub fn moves_of_start<S: Scalar>(&self, context: S::Context) -> Option<Vec<Move<S>>> {
        Unrolled::new(self.machine(context)).begin()
    }

    /// The moves of step k; none where numbers depend on vectors.
    #[must_use]
    pub fn moves_of_step<S: Scalar>(&self, k: usize, context: S::Context) -> Option<Vec<Move<S>>> {
        let mut unrolled = Unrolled::<S>::new(self.machine(context));
        unrolled.begin()?;
        if self.program.keeps_numbers() {
            (0..k).try_for_each(|_| unrolled.step().map(|_| ()))?;
        } else {
            unrolled.go_to(k)?;
        }
        unrolled.step()
    }

    /// An enclosure of a number that parameters and constants of the problem make.
    #[must_use]
    pub fn enclosure(&self, number: &Number, bits: u32) -> Option<Interval> {
        let program = Program::of_number(&self.method, number, self.program.workers);
        let parameters: Vec<Interval> = (0..self.method.parameters.len())
            .map(|i| Interval::from_f64(self.parameters.get(i).copied().unwrap_or(f64::NAN), bits))
            .collect();
        let known = |known: Known| {
            let position = Known::ALL.iter().position(|(_, own)| *own == known)?;
            self.known[position].as_ref().map(|q| Interval::from_rational(q, bits))
        };
        let numbers =
            Numbers { horizon: self.whole_horizon, dimension: self.dimension, parameters: &parameters, known: &known };
        let mut machine = Machine::new(&program, &numbers, bits);
        machine.set_constants(&mut Recorder::default()).ok()?;
        let value = machine.number(program.schedule_registers[0]).clone();
        (value.lower().is_finite() && value.upper().is_finite()).then_some(value)
    }

    /// Whether a step draws one estimate of the average, and nothing else.
    #[must_use]
    pub fn draws_one_average(&self) -> bool {
        self.program.draws_one_average()
    }

    /// Whether a number of the method is made of K, so that a run of fewer steps is no run with another K.
    #[must_use]
    pub fn reads_horizon(&self) -> bool {
        self.reads_horizon
    }

    /// Whether the method draws besides its estimates: workers, or what an operator leaves to chance.
    #[must_use]
    pub fn draws_itself(&self) -> bool {
        self.program.samples_workers() || self.operators.iter().any(Operator::is_random)
    }

    /// Whether anything is drawn for single workers.
    #[must_use]
    pub fn draws_for_workers(&self) -> bool {
        self.program.draws()[1] > 0
    }

    /// Whether a state begins with a line of step 0.
    #[must_use]
    pub fn starts_with_line(&self) -> bool {
        self.program.lines.iter().any(|line| !line.starts.is_empty())
    }
}

/// What the problem proves of a constant that methods may use.
fn proved(known: Known, problem: &dyn DynProblem) -> Option<Rational> {
    let constants = problem.constants();
    match known {
        Known::Smoothness => constants.smoothness.clone(),
        Known::Pl => constants.pl.clone(),
        Known::StrongConvexity => constants.strong_convexity.clone(),
        // The lower bound is the infimum under PL, and where a minimiser is known.
        Known::Infimum => {
            constants.lower_bound.clone().filter(|_| constants.pl.is_some() || constants.minimiser.is_some())
        }
    }
}
