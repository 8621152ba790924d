//! From the tree of a method to operations: registers, and what is written to them.

use super::operation::{Draw, Op, Part, Register};
use super::{Begun, Given, Program, Segment};
use crate::method::language::tree::{Method, Number, Quantity, Rule, Shape, State, Value, Worker};

mod numbers;
mod vectors;

use vectors::is_sum;

/// Compiles the method for n workers, with that start or its own; none where it has no start of that name.
#[must_use]
pub fn compile(method: &Method, start: Option<&str>, workers: usize) -> Option<Program> {
    let changed = match start {
        None => &[][..],
        Some(name) => &method.starts.iter().find(|start| start.name == name)?.states,
    };
    let mut compiler = Compiler::new(method, workers);
    let setup = compiler.setup(method);
    let value_registers = compiler.values(method);
    let schedules = compiler.named_numbers(&method.schedules, false);
    let mut lines: Vec<Segment> = Vec::new();
    for line in &method.lines {
        let ops = compiler.assignment(line.quantity, &line.value);
        lines.push(Segment { ops, quantity: line.quantity, starts: Vec::new() });
    }
    let (mut start, mut any) = (Vec::new(), Vec::new());
    let rule_of = |state: &State| -> Rule {
        changed.iter().find(|other| other.quantity == state.quantity).unwrap_or(state).rule.clone()
    };
    for state in &method.states {
        match rule_of(state) {
            Rule::Number(number) => start.extend(compiler.assignment(state.quantity, &Value::Number(number))),
            Rule::Vector(vector) => start.extend(compiler.assignment(state.quantity, &Value::Vector(vector))),
            Rule::Line(_) => {}
            Rule::Any => any.push(state.quantity),
        }
    }
    // What is kept to the end stands behind all that is taken on the way.
    let mut vectors = compiler.most_vectors;
    for state in &method.states {
        let Rule::Line(line) = rule_of(state) else { continue };
        let count = if method.quantities[state.quantity].by_worker { workers } else { 1 };
        let kept = match method.quantities[state.quantity].shape {
            Shape::Vector => {
                vectors += count;
                vectors - count
            }
            Shape::Number => {
                compiler.numbers.extend(std::iter::repeat_n(Given::Unset, count));
                compiler.numbers.len() - count
            }
        };
        lines[line].starts.push(Begun { quantity: state.quantity, kept });
    }
    Some(Program {
        workers,
        vectors,
        numbers: compiler.numbers,
        quantities: method.quantities.iter().cloned().zip(compiler.places).collect(),
        setup,
        value_registers,
        start,
        any,
        schedules,
        schedule_registers: compiler.schedules.iter().map(|register| register.base).collect(),
        lines,
        kept_draws: method.repeated.len(),
    })
}

impl Program {
    /// Computes one number of the method's parameters and constants: that of its only schedule.
    #[must_use]
    pub fn of_number(method: &Method, number: &Number, workers: usize) -> Self {
        let mut compiler = Compiler::new(method, workers);
        let mut setup = compiler.setup(method);
        setup.extend(compiler.named_numbers(&[(String::new(), number.clone())], false));
        Program {
            workers,
            numbers: compiler.numbers,
            setup,
            schedule_registers: compiler.schedules.iter().map(|register| register.base).collect(),
            ..Program::default()
        }
    }
}

struct Compiler {
    /// n.
    workers: usize,
    numbers: Vec<Given>,
    /// Vector registers in use, and the most that were.
    vectors: usize,
    most_vectors: usize,
    quantities: Vec<Quantity>,
    places: Vec<usize>,
    /// Of the parameters that follow from others.
    bound_parameters: Vec<(usize, Register)>,
    constants: Vec<Register>,
    schedules: Vec<Register>,
    /// Workers bound around the place.
    bound: usize,
    /// The quantity that is being written.
    line: Option<usize>,
    /// Quantities whose line's draw another line repeats.
    repeated: Vec<usize>,
}

impl Compiler {
    fn new(method: &Method, workers: usize) -> Self {
        let mut compiler = Compiler {
            workers,
            numbers: Vec::new(),
            vectors: 0,
            most_vectors: 0,
            quantities: method.quantities.clone(),
            places: Vec::new(),
            bound_parameters: Vec::new(),
            constants: Vec::new(),
            schedules: Vec::new(),
            bound: 0,
            line: None,
            repeated: method.repeated.clone(),
        };
        for quantity in &method.quantities {
            let count = if quantity.by_worker { workers } else { 1 };
            let place = match quantity.shape {
                Shape::Vector => {
                    compiler.vectors += count;
                    compiler.vectors - count
                }
                Shape::Number => {
                    compiler.numbers.extend(std::iter::repeat_n(Given::Unset, count));
                    compiler.numbers.len() - count
                }
            };
            compiler.places.push(place);
        }
        compiler.most_vectors = compiler.vectors;
        compiler
    }

    fn number_register(&mut self, given: Given) -> Register {
        if given != Given::Unset
            && let Some(known) = self.numbers.iter().position(|known| *known == given)
        {
            return Register::fixed(known);
        }
        self.numbers.push(given);
        Register::fixed(self.numbers.len() - 1)
    }

    /// A vector register that is free until the caller gives it back.
    fn take_vector(&mut self) -> Register {
        self.vectors += 1;
        self.most_vectors = self.most_vectors.max(self.vectors);
        Register::fixed(self.vectors - 1)
    }

    /// A register of each worker for values of that quantity's shape, free until the caller gives them back.
    fn take_row(&mut self, quantity: usize) -> Register {
        let base = match self.quantities[quantity].shape {
            Shape::Vector => {
                self.vectors += self.workers;
                self.most_vectors = self.most_vectors.max(self.vectors);
                self.vectors - self.workers
            }
            Shape::Number => {
                self.numbers.extend(std::iter::repeat_n(Given::Unset, self.workers));
                self.numbers.len() - self.workers
            }
        };
        Register { base, worker: Some(0) }
    }

    fn setup(&mut self, method: &Method) -> Vec<Op> {
        let mut ops = Vec::new();
        for (position, number) in &method.bound {
            let register = self.number_register(Given::Unset);
            let value = self.number(number, &mut ops);
            ops.push(Op::Set(register, value));
            self.bound_parameters.push((*position, register));
        }
        ops.extend(self.named_numbers(&method.constants, true));
        ops
    }

    /// The registers of the parameters, then of the constants.
    fn values(&mut self, method: &Method) -> Vec<usize> {
        let parameters: Vec<usize> = (0..method.parameters.len())
            .map(|position| self.number(&Number::Parameter(position), &mut Vec::new()).base)
            .collect();
        parameters.into_iter().chain(self.constants.iter().map(|register| register.base)).collect()
    }

    fn named_numbers(&mut self, all: &[(String, Number)], constants: bool) -> Vec<Op> {
        let mut ops = Vec::new();
        for (_, number) in all {
            let register = self.number_register(Given::Unset);
            let value = self.number(number, &mut ops);
            ops.push(Op::Set(register, value));
            if constants { &mut self.constants } else { &mut self.schedules }.push(register);
        }
        ops
    }

    /// What an estimate in the line of that quantity draws, where others repeat it.
    fn draw_of(&self, line: usize, draw: fn(usize) -> Draw) -> Draw {
        self.repeated.iter().position(|repeated| *repeated == line).map_or(Draw::Own, draw)
    }

    /// Writes the quantity, for every worker where each has its own. A combination is formed in place; other
    /// values that read what they write are computed beside it.
    fn assignment(&mut self, quantity: usize, value: &Value) -> Vec<Op> {
        if let Value::Number(Number::Sampled(size)) = value {
            let mut ops = Vec::new();
            let size = self.number(size, &mut ops);
            ops.push(Op::SampleWorkers(Register::fixed(self.places[quantity]), size));
            return ops;
        }
        let by_worker = self.quantities[quantity].by_worker;
        let own = Register { base: self.places[quantity], worker: by_worker.then_some(0) };
        self.bound = usize::from(by_worker);
        self.line = Some(quantity);
        let before = self.vectors;
        // Workers change together: what one reads of another is from before.
        let beside = (by_worker && value.reads_other_workers(quantity)).then(|| self.take_row(quantity));
        let to = beside.unwrap_or(own);
        let mut ops = Vec::new();
        match value {
            Value::Number(number) => {
                let from = self.number(number, &mut ops);
                ops.push(Op::Set(to, from));
            }
            Value::Vector(vector) if is_sum(vector) || !value.reads(quantity) => self.vector(vector, to, &mut ops),
            Value::Vector(vector) => {
                let from = self.take_vector();
                self.vector(vector, from, &mut ops);
                ops.push(Op::Swap(to, from));
                self.vectors -= 1;
            }
        }
        (self.bound, self.line, self.vectors) = (0, None, before);
        let copy = beside.map(|from| match self.quantities[quantity].shape {
            Shape::Number => Op::Set(own, from),
            Shape::Vector => Op::Combine(own, vec![Part { negative: false, factor: None, vector: from }]),
        });
        let then = copy.map(|copy| Op::Each(0, vec![copy]));
        if by_worker { std::iter::once(Op::Each(0, ops)).chain(then).collect() } else { ops }
    }

    fn quantity(&self, quantity: usize, worker: Option<Worker>) -> Register {
        Register { base: self.places[quantity], worker }
    }
}
