//! A method's steps with unknown vectors: what each line makes of the state before.

use super::invariants::no_run_decides;
use super::norms::{clip, normalized};
use super::numbers::{Kind, Numbers};
use super::scalars::{Scalars, constants};
use super::stop::{Translated, untranslatable};
use super::unknowns::Unknowns;
use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;
use crate::method::language::tree::{Map, Mean, Method, Number, Rule, Shape, Value as Written, Vector, Worker};
use crate::oracle::operator::Operator;
use crate::prove::problem::Combination;
use crate::statement::Statement;

/// A number or a vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Fraction),
    /// A vector.
    Vector(Combination),
}

/// An operator of the method at one argument, of each worker where the argument is.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What its value is called.
    pub name: String,
    /// The argument.
    pub argument: Combination,
    /// The value.
    pub value: Combination,
    /// Whether it is each worker's.
    pub of_worker: bool,
}

/// What an estimate is, besides the gradient.
#[derive(Clone, Debug)]
pub struct EstimateError {
    /// What the past decides, and the rest, whose mean is zero; where they are told apart.
    pub parts: Option<[Combination; 2]>,
    /// All of it, and ∇f at the point.
    pub of_average: (Combination, Combination),
    /// The same of each worker, where each has its own.
    pub of_worker: Option<(Combination, Combination)>,
    /// Whether the gradient is that at the point x of the step.
    pub at_point: bool,
}

/// How errors of estimates come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errors {
    /// When they are drawn, and in which parts.
    pub drawn: Drawn,
    /// Whether each worker has its own, whose mean they are.
    pub of_workers: bool,
}

/// When errors of estimates are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Estimates are gradients.
    None,
    /// They are anything.
    Any,
    /// The same, and the claim's own step draws its own, on which facts are in mean.
    Own,
    /// The same, with the noise apart that the claim's own step draws.
    Split,
}

/// The method's run from some step on.
pub struct Run<'a> {
    statement: &'a Statement,
    method: &'a Method,
    /// k at time 0.
    origin: Fraction,
    errors: Errors,
    /// The time of the step whose draw `past` precedes.
    drawn_at: i64,
    /// The first time, and the values of all quantities at each time before its step.
    base: i64,
    states: Vec<Vec<Option<Value>>>,
    /// The values after the lines of each step, before the next begins.
    made: Vec<Vec<Option<Value>>>,
    /// The error that each step drew.
    drawn: Vec<Option<EstimateError>>,
    /// Where operators were applied.
    pub operations: Vec<Operation>,
    constants: Vec<Fraction>,
}

impl<'a> Run<'a> {
    /// From the method's start, at step 0, or from unknown states at the time `base`; then up to and with the step
    /// `last`. The claim's own step has the time `drawn_at`.
    pub fn new(
        statement: &'a Statement,
        origin: Fraction,
        (base, last, drawn_at): (i64, i64, i64),
        start: Option<usize>,
        errors: Errors,
        numbers: &mut Numbers,
        unknowns: &mut Unknowns,
    ) -> Translated<Self> {
        let method = &statement.method;
        let (states, made, drawn) = (Vec::new(), Vec::new(), Vec::new());
        let (constants, operations) = (constants(statement, numbers)?, Vec::new());
        let mut run =
            Run { statement, method, origin, errors, drawn_at, base, states, made, drawn, operations, constants };
        let values = Vec::new();
        let mut stage = Stage {
            run: &mut run,
            numbers,
            unknowns,
            time: base,
            values,
            drawn: None,
            bound_workers: 0,
            has_moved: false,
        };
        stage.begin(start)?;
        for time in base..=last {
            stage.time = time;
            stage.step(start)?;
        }
        let reached = stage.values;
        run.states.push(reached);
        Ok(run)
    }

    /// The value of a quantity with a first index after so many steps, counted from time 0.
    pub fn state(&self, quantity: usize, time: i64) -> Option<&Value> {
        let states = self.states.get(usize::try_from(time - self.base).ok()?)?;
        states.get(quantity)?.as_ref()
    }

    /// The value that the step of that time gave a quantity.
    pub fn line(&self, quantity: usize, time: i64) -> Option<&Value> {
        let made = self.made.get(usize::try_from(time - self.base).ok()?)?;
        made.get(quantity)?.as_ref()
    }

    /// The error of the estimate that the step of that time drew.
    pub fn error(&self, time: i64) -> Option<&EstimateError> {
        self.drawn.get(usize::try_from(time - self.base).ok()?)?.as_ref()
    }

    /// Whether each worker has errors of its own.
    pub fn has_errors_of_workers(&self) -> bool {
        self.errors.of_workers
    }

    /// The errors that the claim's own step and those before it drew.
    pub fn errors_so_far(&self) -> impl Iterator<Item = &EstimateError> {
        let own = usize::try_from(self.drawn_at - self.base + 1).unwrap_or(0);
        self.drawn.iter().take(own).flatten()
    }

    /// The errors that all steps drew.
    pub fn errors(&self) -> impl Iterator<Item = &EstimateError> {
        self.drawn.iter().flatten()
    }

    /// The error that the claim's own step draws.
    pub fn own_error(&self) -> Option<&EstimateError> {
        self.error(self.drawn_at)
    }

    /// A parameter or, after these, a constant of the method, by position.
    pub fn value(&self, position: usize, numbers: &mut Numbers) -> Translated<Fraction> {
        match position.checked_sub(self.method.parameters.len()) {
            Some(constant) => Ok(self.constants[constant].clone()),
            None => {
                let Run { statement, method, constants, .. } = self;
                Scalars { statement, method, constants, values: &[], numbers }.parameter(position)
            }
        }
    }

    /// Notes that parameters of the method that the statement sets are in the method's ranges at every step.
    pub fn learn_ranges(&self, numbers: &mut Numbers) -> Translated<()> {
        let Run { statement, method, constants, .. } = self;
        for (position, parameter) in method.parameters.iter().enumerate() {
            let bound = method.bound.iter().find(|(bound, _)| *bound == position);
            if bound.is_none() && statement.parameter(&parameter.name).is_none() {
                continue;
            }
            for time in (self.base..).take(self.made.len().max(1)) {
                let k = &self.origin + numbers.rational(time);
                let mut scalars = Scalars { statement, method, constants, values: &[], numbers: &mut *numbers };
                let own = match bound {
                    Some((_, number)) => scalars.number(number, Some(&k))?,
                    None => scalars.parameter(position)?,
                };
                for (end, is_lower) in [(&parameter.lower, true), (&parameter.upper, false)] {
                    let Some(value) = &end.value else { continue };
                    let value = scalars.number(value, Some(&k))?;
                    let room = if is_lower { &own - value } else { value - &own };
                    scalars.numbers.learn(&room, !end.closed, "a range of the method")?;
                }
            }
        }
        Ok(())
    }

    /// A schedule's number at that time.
    pub fn schedule(&self, position: usize, time: i64, numbers: &mut Numbers) -> Translated<Fraction> {
        let (_, number) = &self.method.schedules[position];
        let k = &self.origin + numbers.rational(time);
        // At -1 it is what it is at 0.
        let k = if k.as_constant().is_some_and(|k| *k < 0) { numbers.rational(0) } else { k };
        let Run { statement, method, constants, .. } = self;
        Scalars { statement, method, constants, values: &[], numbers }.number(number, Some(&k))
    }
}

/// What the index of a time is called.
pub fn index_name(time: i64, origin: &Fraction) -> String {
    match origin.as_constant() {
        Some(_) => time.to_string(),
        None if time == 0 => "k".to_owned(),
        None => format!("k{time:+}"),
    }
}

/// A step under way.
struct Stage<'r, 'a> {
    run: &'r mut Run<'a>,
    numbers: &'r mut Numbers,
    unknowns: &'r mut Unknowns,
    time: i64,
    /// Newest values of the quantities.
    values: Vec<Option<Value>>,
    /// The error that this step drew.
    drawn: Option<EstimateError>,
    /// How many workers are bound: by a line of every worker, and by means over the workers.
    bound_workers: usize,
    /// Whether x is the next point already.
    has_moved: bool,
}

impl Stage<'_, '_> {
    /// What the index `by` steps after that of the step is called.
    fn index(&self, by: i64) -> String {
        index_name(self.time + by, &self.run.origin)
    }

    fn begin(&mut self, start: Option<usize>) -> Translated<()> {
        let method = self.run.method;
        self.values = vec![None; method.quantities.len()];
        let x = self.unknowns.vector(format!("x[{}]", self.index(0)), true);
        self.values[0] = Some(Value::Vector(x));
        match start {
            None => self.unknown_states()?,
            Some(start) => self.own_start(start)?,
        }
        // Its noise belongs to the past of every step.
        match (&self.drawn, self.run.errors.drawn) {
            (Some(_), Drawn::Own | Drawn::Split) => {
                untranslatable(Untranslatable::Method("a state begins with an estimate"))
            }
            _ => Ok(()),
        }
    }

    fn unknown_states(&mut self) -> Translated<()> {
        let method = self.run.method;
        for state in method.states.iter().filter(|state| state.quantity > 0) {
            let quantity = &method.quantities[state.quantity];
            let name = format!("{}[{}]", quantity.name, self.index(quantity.first.unwrap_or(0)));
            self.values[state.quantity] = Some(match quantity.shape {
                Shape::Vector if quantity.by_worker => Value::Vector(self.unknowns.of_worker(&name, true)),
                Shape::Vector => Value::Vector(self.unknowns.vector(name, true)),
                Shape::Number if no_run_decides(method, state.quantity) => {
                    Value::Number(self.numbers.named(Kind::State, &quantity.name)?)
                }
                Shape::Number => {
                    return untranslatable(Untranslatable::StateDecidedByRun(quantity.name.clone()));
                }
            });
        }
        Ok(())
    }

    fn own_start(&mut self, start: usize) -> Translated<()> {
        let method = self.run.method;
        for state in &method.states {
            let rule = rule(method, start, state.quantity).unwrap_or(&state.rule);
            self.bound_workers = usize::from(method.quantities[state.quantity].by_worker);
            let value = match rule {
                Rule::Vector(vector) => Value::Vector(self.vector(vector)?),
                Rule::Number(number) => Value::Number(self.number(number)?),
                Rule::Any => {
                    let name = format!("{} at the start", method.quantities[state.quantity].name);
                    Value::Vector(match self.bound_workers {
                        0 => self.unknowns.vector(name, true),
                        _ => self.unknowns.of_worker(&name, true),
                    })
                }
                // Set within step 0.
                Rule::Line(_) => continue,
            };
            if state.quantity > 0 {
                self.values[state.quantity] = Some(value);
            }
        }
        Ok(())
    }

    fn step(&mut self, start: Option<usize>) -> Translated<()> {
        let method = self.run.method;
        self.run.states.push(self.values.clone());
        self.drawn = None;
        self.has_moved = false;
        for (position, line) in method.lines.iter().enumerate() {
            self.bound_workers = usize::from(method.quantities[line.quantity].by_worker);
            let value = match &line.value {
                Written::Number(number) => Value::Number(self.number(number)?),
                Written::Vector(vector) => Value::Vector(self.vector(vector)?),
            };
            self.values[line.quantity] = Some(value.clone());
            self.has_moved |= line.quantity == 0;
            let Some(start) = start.filter(|_| self.time == 0) else { continue };
            for state in &method.states {
                let rule = rule(method, start, state.quantity).unwrap_or(&state.rule);
                if *rule == Rule::Line(position) {
                    self.values[state.quantity] = Some(value.clone());
                    self.run.states[0][state.quantity] = Some(value.clone());
                }
            }
        }
        self.run.made.push(self.values.clone());
        let drawn = self.drawn.take();
        self.run.drawn.push(drawn);
        Ok(())
    }

    /// Refuses a worker other than the one that is bound last.
    fn innermost(&self, worker: Option<Worker>) -> Translated<()> {
        match worker {
            Some(enclosing) if enclosing + 1 != self.bound_workers => {
                untranslatable(Untranslatable::Method("vectors of two workers in one place"))
            }
            _ => Ok(()),
        }
    }

    fn number(&mut self, number: &Number) -> Translated<Fraction> {
        let k = self.step_index();
        self.scalars().number(number, Some(&k))
    }

    /// k.
    fn step_index(&self) -> Fraction {
        &self.run.origin + self.numbers.rational(self.time)
    }

    fn scalars(&mut self) -> Scalars<'_> {
        let Run { statement, method, constants, .. } = &*self.run;
        Scalars { statement, method, constants, values: &self.values, numbers: self.numbers }
    }

    fn vector(&mut self, vector: &Vector) -> Translated<Combination> {
        let one = self.numbers.field.one();
        Ok(match vector {
            Vector::Zero => Combination::zero(),
            Vector::Quantity(quantity, worker) => self.newest(*quantity, *worker)?,
            Vector::Add(u, w) => {
                let mut sum = self.vector(u)?;
                sum.add_scaled(&self.vector(w)?, &one);
                sum
            }
            Vector::Subtract(u, w) => self.vector(u)?.minus(&self.vector(w)?),
            Vector::Negate(u) => self.vector(u)?.scaled(&-one),
            Vector::Scale(a, u) => {
                let factor = self.number(a)?;
                self.vector(u)?.scaled(&factor)
            }
            Vector::Divide(u, a) => {
                let divisor = self.number(a)?;
                let factor = self.numbers.quotient(&one, &divisor)?;
                self.vector(u)?.scaled(&factor)
            }
            Vector::Gradient(y) => {
                let point = self.point(y)?;
                self.unknowns.points[point].gradient.clone()
            }
            Vector::Estimate(y) => self.estimate(y)?,
            Vector::If(condition, u, w) => {
                let k = self.step_index();
                let chosen = if self.scalars().holds(condition, Some(&k))? { u } else { w };
                self.vector(chosen)?
            }
            Vector::WorkerGradient(worker, y) => self.worker_gradient(*worker, y)?,
            Vector::WorkerEstimate(worker, y) if self.run.errors.drawn == Drawn::None => {
                self.worker_gradient(*worker, y)?
            }
            Vector::WorkerEstimate(..) => {
                return untranslatable(Untranslatable::Method("estimates of single workers that err"));
            }
            Vector::OverWorkers(mean, u) => self.over_workers(*mean, u)?,
            Vector::Operator(operator, u) => self.operation(*operator, u)?,
            Vector::Clip(length, u) => {
                let (length, u) = (self.number(length)?, self.vector(u)?);
                clip(&length, &u, self.numbers, self.unknowns)?
            }
            Vector::Map(Map::Normalize, u) => {
                let u = self.vector(u)?;
                normalized(&u, self.numbers, self.unknowns)?
            }
            Vector::SameDraw(..) => return untranslatable(Untranslatable::Method("two estimates with one draw")),
            _ => return untranslatable(Untranslatable::Method("a vector of the method that is not linear in others")),
        })
    }

    /// The newest value of a vector.
    fn newest(&self, quantity: usize, worker: Option<Worker>) -> Translated<Combination> {
        self.innermost(worker)?;
        match &self.values[quantity] {
            Some(Value::Vector(value)) => Ok(value.clone()),
            _ => untranslatable(Untranslatable::Method("a state is read before it has a value")),
        }
    }

    fn worker_gradient(&mut self, worker: Worker, y: &Vector) -> Translated<Combination> {
        self.innermost(Some(worker))?;
        let point = self.point(y)?;
        Ok(self.unknowns.worker_gradient(point))
    }

    /// A mean or a sum over the workers.
    fn over_workers(&mut self, mean: Mean, u: &Vector) -> Translated<Combination> {
        self.bound_workers += 1;
        let vector = self.vector(u)?;
        self.bound_workers -= 1;
        let [in_common, _] = self.unknowns.parts(&vector);
        match mean {
            Mean::Mean => Ok(in_common),
            Mean::Sum => Ok(in_common.scaled(&self.numbers.named(Kind::Index, "n")?)),
        }
    }

    fn operation(&mut self, operator: usize, u: &Vector) -> Translated<Combination> {
        let argument = self.vector(u)?;
        let (name, is) = &self.run.method.operators[operator];
        if *is != "contractive" {
            return untranslatable(Untranslatable::Operator { name: name.clone(), is: is.clone() });
        }
        let tried = self.run.statement.operators.get(name);
        if tried.is_none_or(|tried| tried.iter().any(Operator::is_random)) {
            return untranslatable(Untranslatable::RandomOperator(name.clone()));
        }
        let count = self.run.operations.len();
        let name = format!("{name}{count}[{}]", self.index(0));
        let is_past = self.unknowns.is_past(&argument);
        let value = match self.bound_workers {
            0 => self.unknowns.vector(name.clone(), is_past),
            _ => self.unknowns.of_worker(&name, is_past),
        };
        self.run.operations.push(Operation { name, argument, value: value.clone(), of_worker: self.bound_workers > 0 });
        Ok(value)
    }

    /// The point at a vector of the method.
    fn point(&mut self, y: &Vector) -> Translated<usize> {
        let at = self.vector(y)?;
        if !self.unknowns.parts(&at)[1].is_zero() {
            return untranslatable(Untranslatable::PointOfWorker);
        }
        let is_x = matches!(y, Vector::Quantity(0, None));
        let index = self.index(i64::from(is_x && self.has_moved));
        let count = self.unknowns.points.len();
        let name = || if is_x { format!("x[{index}]") } else { format!("y{count}[{index}]") };
        Ok(self.unknowns.point(&at, &name))
    }

    fn estimate(&mut self, y: &Vector) -> Translated<Combination> {
        let point = self.point(y)?;
        let gradient = self.unknowns.points[point].gradient.clone();
        if self.drawn.is_some() {
            return untranslatable(Untranslatable::Method("a step draws more than one estimate"));
        }
        let drawn = match self.run.errors.drawn {
            Drawn::Own | Drawn::Split if self.time > self.run.drawn_at => {
                return untranslatable(Untranslatable::Expression("it speaks of what later steps draw"));
            }
            drawn => {
                let at_point = matches!(y, Vector::Quantity(0, None)) && !self.has_moved;
                EstimateError { at_point, ..self.error(drawn, point, gradient) }
            }
        };
        let mut estimate = drawn.of_average.1.clone();
        estimate.add_scaled(&drawn.of_average.0, &self.numbers.field.one());
        self.drawn = Some(drawn);
        Ok(estimate)
    }

    /// The error that this step draws.
    fn error(&mut self, drawn: Drawn, point: usize, gradient: Combination) -> EstimateError {
        let (index, one) = (self.index(0), self.numbers.field.one());
        let is_past = drawn != Drawn::Own || self.time < self.run.drawn_at;
        match drawn {
            Drawn::None => EstimateError {
                of_average: (Combination::zero(), gradient),
                parts: None,
                of_worker: None,
                at_point: false,
            },
            Drawn::Split if self.time == self.run.drawn_at => {
                let bias = self.unknowns.vector(format!("b[{index}]"), true);
                let noise = self.unknowns.vector(format!("nu[{index}]"), false);
                let mut error = bias.clone();
                error.add_scaled(&noise, &one);
                EstimateError {
                    of_average: (error, gradient),
                    parts: Some([bias, noise]),
                    of_worker: None,
                    at_point: false,
                }
            }
            _ if self.run.errors.of_workers => {
                let error = self.unknowns.of_worker(&format!("e[{index}]"), is_past);
                let of_worker = Some((error.clone(), self.unknowns.worker_gradient(point)));
                let [error, _] = self.unknowns.parts(&error);
                EstimateError { of_average: (error, gradient), parts: None, of_worker, at_point: false }
            }
            Drawn::Any | Drawn::Own | Drawn::Split => {
                let error = self.unknowns.vector(format!("e[{index}]"), is_past);
                EstimateError { of_average: (error, gradient), parts: None, of_worker: None, at_point: false }
            }
        }
    }
}

/// What a start says of a state in place of the state's own rule.
fn rule(method: &Method, start: usize, quantity: usize) -> Option<&Rule> {
    let start = method.starts.get(start.checked_sub(1)?)?;
    start.states.iter().find(|state| state.quantity == quantity).map(|state| &state.rule)
}
