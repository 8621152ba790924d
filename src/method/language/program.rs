//! A method compiled for a number of workers: operations on registers, made once for a cell. What runs it
//! allocates nothing in a step.

use rug::Rational;

use super::tree::{
    Condition, Elementwise, Known, Map, Mean, Method, Number, Quantity, Rule, Shape, Value, Vector, Worker,
};
use crate::statement::syntax::{BinaryOp, Relation};
use crate::statement::term::Function;

/// A register, or the one of a bound worker in a row of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    base: usize,
    worker: Option<Worker>,
}

impl Register {
    fn fixed(base: usize) -> Self {
        Register { base, worker: None }
    }

    /// Its position, where these workers are bound.
    #[must_use]
    pub fn position(self, workers: &[usize]) -> usize {
        self.base + self.worker.map_or(0, |worker| workers[worker])
    }
}

/// One operation. The first register is what it changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// u ← 0.
    Zero(Register),
    /// u ← (1, …, 1).
    Ones(Register),
    /// u ← w.
    Copy(Register, Register),
    /// u ↔ w.
    Swap(Register, Register),
    /// u ← u + w.
    Add(Register, Register),
    /// u ← u − w.
    Subtract(Register, Register),
    /// u ← u + a·w.
    AddScaled(Register, Register, Register),
    /// u ← u − a·w.
    SubtractScaled(Register, Register, Register),
    /// u ← a·u.
    Scale(Register, Register),
    /// u ← u/a.
    Divide(Register, Register),
    /// u ← −u.
    Negate(Register),
    /// u ← ∇f(y).
    Gradient(Register, Register),
    /// u ← ∇fᵢ(y).
    WorkerGradient(Register, Worker, Register),
    /// u ← an estimate of ∇f(y).
    Estimate(Register, Register),
    /// u ← an estimate of ∇fᵢ(y).
    WorkerEstimate(Register, Worker, Register),
    /// u ← u clipped at a.
    Clip(Register, Register),
    /// u ← the nearest point with coordinates between a and b.
    Box(Register, Register, Register),
    /// u ← map(u).
    Map(Map, Register),
    /// u ← u combined with w.
    Elementwise(Elementwise, Register, Register),
    /// u ← Q(u).
    Operate(usize, Register),
    /// a ← b.
    Set(Register, Register),
    /// a ← k.
    Step(Register),
    /// a ← ‖u‖².
    Norm2(Register, Register),
    /// a ← ⟨u, w⟩.
    Dot(Register, Register, Register),
    /// a ← f(y).
    Value(Register, Register),
    /// a ← −a.
    NegateNumber(Register),
    /// a ← a op b.
    Binary(BinaryOp, Register, Register),
    /// a ← a^b, where b is an integer.
    IntegerPower(Register, Register),
    /// a ← function(a).
    Function(Function, Register),
    /// a ← min(a, b).
    Min(Register, Register),
    /// a ← max(a, b).
    Max(Register, Register),
    /// a ← a mod b.
    Modulo(Register, Register),
    /// For every worker.
    Each(Worker, Vec<Op>),
    /// The first where all comparisons hold, else the second.
    Branch(Vec<(Register, Relation, Register)>, Vec<Op>, Vec<Op>),
}

/// What a number register holds before anything is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A literal.
    Literal(Rational),
    /// A parameter, by position.
    Parameter(usize),
    /// A constant of the instance.
    Known(Known),
    /// K, n or d.
    Size(Size),
    /// Nothing yet.
    Unset,
}

/// A count of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// K.
    Horizon,
    /// n.
    Workers,
    /// d.
    Dimension,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// What it does.
    pub ops: Vec<Op>,
    /// What it writes.
    pub quantity: usize,
    /// States whose first value is what it writes in step 0.
    pub starts: Vec<usize>,
}

/// A compiled method.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// n.
    pub workers: usize,
    /// Number registers.
    pub numbers: Vec<Given>,
    /// How many vector registers there are.
    pub vectors: usize,
    /// Where each quantity is: the first of its registers.
    pub quantities: Vec<(Quantity, usize)>,
    /// Sets the constants.
    pub setup: Vec<Op>,
    /// Sets the states.
    pub start: Vec<Op>,
    /// States that the instance gives.
    pub any: Vec<usize>,
    /// Sets the schedules of a step.
    pub schedules: Vec<Op>,
    /// One step.
    pub lines: Vec<Segment>,
}

/// Compiles the method for n workers, with that start or its own; none where it has no start of that name.
#[must_use]
pub fn compile(method: &Method, start: Option<&str>, workers: usize) -> Option<Program> {
    let changed = match start {
        None => &[][..],
        Some(name) => &method.starts.iter().find(|start| start.name == name)?.states,
    };
    let mut compiler = Compiler::new(method, workers);
    let setup = compiler.named_numbers(&method.constants, true);
    let schedules = compiler.named_numbers(&method.schedules, false);
    let mut lines: Vec<Segment> = Vec::new();
    for line in &method.lines {
        let ops = compiler.assignment(line.quantity, &line.value);
        lines.push(Segment { ops, quantity: line.quantity, starts: Vec::new() });
    }
    let (mut start, mut any) = (Vec::new(), Vec::new());
    for state in &method.states {
        let rule = &changed.iter().find(|other| other.quantity == state.quantity).unwrap_or(state).rule;
        match rule {
            Rule::Number(number) => start.extend(compiler.assignment(state.quantity, &Value::Number(number.clone()))),
            Rule::Vector(vector) => start.extend(compiler.assignment(state.quantity, &Value::Vector(vector.clone()))),
            Rule::Line(line) => lines[*line].starts.push(state.quantity),
            Rule::Any => any.push(state.quantity),
        }
    }
    Some(Program {
        workers,
        vectors: compiler.most_vectors,
        numbers: compiler.numbers,
        quantities: method.quantities.iter().cloned().zip(compiler.places).collect(),
        setup,
        start,
        any,
        schedules,
        lines,
    })
}

struct Compiler {
    numbers: Vec<Given>,
    /// Vector registers in use, and the most that were.
    vectors: usize,
    most_vectors: usize,
    quantities: Vec<Quantity>,
    places: Vec<usize>,
    constants: Vec<Register>,
    schedules: Vec<Register>,
    /// Workers bound around the place.
    bound: usize,
}

impl Compiler {
    fn new(method: &Method, workers: usize) -> Self {
        let mut compiler = Compiler {
            numbers: Vec::new(),
            vectors: 0,
            most_vectors: 0,
            quantities: method.quantities.clone(),
            places: Vec::new(),
            constants: Vec::new(),
            schedules: Vec::new(),
            bound: 0,
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

    /// Computes the value beside the quantity and puts it there at the end: it may read what it writes.
    fn assignment(&mut self, quantity: usize, value: &Value) -> Vec<Op> {
        let by_worker = self.quantities[quantity].by_worker;
        let to = Register { base: self.places[quantity], worker: by_worker.then_some(0) };
        self.bound = usize::from(by_worker);
        let mut ops = Vec::new();
        match value {
            Value::Number(number) => {
                let from = self.number(number, &mut ops);
                ops.push(Op::Set(to, from));
            }
            Value::Vector(vector) => {
                let from = self.take_vector();
                self.vector(vector, from, &mut ops);
                ops.push(Op::Swap(to, from));
                self.vectors -= 1;
            }
        }
        self.bound = 0;
        if by_worker { vec![Op::Each(0, ops)] } else { ops }
    }

    fn quantity(&self, quantity: usize, worker: Option<Worker>) -> Register {
        Register { base: self.places[quantity], worker }
    }

    /// A register that holds the number after the operations. It may be one of the method's own.
    fn number(&mut self, number: &Number, ops: &mut Vec<Op>) -> Register {
        match number {
            Number::Literal(value) => self.number_register(Given::Literal(value.clone())),
            Number::Parameter(position) => self.number_register(Given::Parameter(*position)),
            Number::Known(known) => self.number_register(Given::Known(*known)),
            Number::Horizon => self.number_register(Given::Size(Size::Horizon)),
            Number::Workers => self.number_register(Given::Size(Size::Workers)),
            Number::Dimension => self.number_register(Given::Size(Size::Dimension)),
            Number::Constant(position) => self.constants[*position],
            Number::Schedule(position) => self.schedules[*position],
            Number::Quantity(quantity, worker) => self.quantity(*quantity, *worker),
            _ => {
                let register = self.number_register(Given::Unset);
                self.computed(number, register, ops);
                register
            }
        }
    }

    /// The same in a register of its own, which may be changed.
    fn own_number(&mut self, number: &Number, ops: &mut Vec<Op>) -> Register {
        let register = self.number_register(Given::Unset);
        self.number_into(number, register, ops);
        register
    }

    fn number_into(&mut self, number: &Number, into: Register, ops: &mut Vec<Op>) {
        let from = self.number(number, ops);
        ops.push(Op::Set(into, from));
    }

    fn computed(&mut self, number: &Number, into: Register, ops: &mut Vec<Op>) {
        match number {
            Number::Step => ops.push(Op::Step(into)),
            Number::Norm2(u) => self.of_vectors([u], ops, |[u]| Op::Norm2(into, u)),
            Number::Norm(u) => {
                self.of_vectors([u], ops, |[u]| Op::Norm2(into, u));
                ops.push(Op::Function(Function::Sqrt, into));
            }
            Number::Dot(u, w) => self.of_vectors([u, w], ops, |[u, w]| Op::Dot(into, u, w)),
            Number::Value(y) => self.of_vectors([y], ops, |[y]| Op::Value(into, y)),
            Number::Negate(a) => {
                self.number_into(a, into, ops);
                ops.push(Op::NegateNumber(into));
            }
            Number::Binary(op, a, b) => {
                self.number_into(a, into, ops);
                let right = self.number(b, ops);
                let integer = *op == BinaryOp::Pow && is_integer(b);
                ops.push(if integer { Op::IntegerPower(into, right) } else { Op::Binary(*op, into, right) });
            }
            Number::Function(function, a) => {
                self.number_into(a, into, ops);
                ops.push(Op::Function(*function, into));
            }
            Number::Min(all) => self.extreme(all, into, ops, Op::Min),
            Number::Max(all) => self.extreme(all, into, ops, Op::Max),
            Number::Modulo(a, b) => {
                self.number_into(a, into, ops);
                let right = self.number(b, ops);
                ops.push(Op::Modulo(into, right));
            }
            Number::If(condition, a, b) => {
                let comparisons = self.condition(condition, ops);
                let (mut then, mut otherwise) = (Vec::new(), Vec::new());
                self.number_into(a, into, &mut then);
                self.number_into(b, into, &mut otherwise);
                ops.push(Op::Branch(comparisons, then, otherwise));
            }
            Number::OverWorkers(mean, a) => {
                let zero = self.number_register(Given::Literal(Rational::new()));
                ops.push(Op::Set(into, zero));
                let worker = self.bound;
                self.bound += 1;
                let mut body = Vec::new();
                let term = self.number(a, &mut body);
                body.push(Op::Binary(BinaryOp::Add, into, term));
                self.bound -= 1;
                ops.push(Op::Each(worker, body));
                if *mean == Mean::Mean {
                    let workers = self.number_register(Given::Size(Size::Workers));
                    ops.push(Op::Binary(BinaryOp::Div, into, workers));
                }
            }
            _ => self.number_into(number, into, ops),
        }
    }

    fn extreme(&mut self, all: &[Number], into: Register, ops: &mut Vec<Op>, op: fn(Register, Register) -> Op) {
        for (position, number) in all.iter().enumerate() {
            if position == 0 {
                self.number_into(number, into, ops);
            } else {
                let other = self.number(number, ops);
                ops.push(op(into, other));
            }
        }
    }

    fn condition(&mut self, condition: &Condition, ops: &mut Vec<Op>) -> Vec<(Register, Relation, Register)> {
        let compared =
            condition.0.iter().map(|(a, relation, b)| (self.own_number(a, ops), *relation, self.own_number(b, ops)));
        compared.collect()
    }

    /// An operation on vectors that it does not change.
    fn of_vectors<const N: usize>(
        &mut self,
        vectors: [&Vector; N],
        ops: &mut Vec<Op>,
        op: impl FnOnce([Register; N]) -> Op,
    ) {
        let before = self.vectors;
        let registers = vectors.map(|vector| self.read(vector, ops));
        ops.push(op(registers));
        self.vectors = before;
    }

    /// A register that holds the vector after the operations; not to be changed.
    fn read(&mut self, vector: &Vector, ops: &mut Vec<Op>) -> Register {
        if let Vector::Quantity(quantity, worker) = vector {
            return self.quantity(*quantity, *worker);
        }
        let register = self.take_vector();
        self.vector(vector, register, ops);
        register
    }

    fn vector(&mut self, vector: &Vector, into: Register, ops: &mut Vec<Op>) {
        match vector {
            Vector::Zero => ops.push(Op::Zero(into)),
            Vector::Ones => ops.push(Op::Ones(into)),
            Vector::Quantity(quantity, worker) => ops.push(Op::Copy(into, self.quantity(*quantity, *worker))),
            Vector::Add(u, w) => {
                self.vector(u, into, ops);
                self.accumulate(w, true, into, ops);
            }
            Vector::Subtract(u, w) => {
                self.vector(u, into, ops);
                self.accumulate(w, false, into, ops);
            }
            Vector::Negate(u) => self.then(u, into, ops, Op::Negate(into)),
            Vector::Scale(a, u) => self.with_number(a, u, into, ops, Op::Scale),
            Vector::Divide(u, a) => self.with_number(a, u, into, ops, Op::Divide),
            Vector::Clip(a, u) => self.with_number(a, u, into, ops, Op::Clip),
            Vector::Gradient(y) => self.of_vectors([y], ops, |[y]| Op::Gradient(into, y)),
            Vector::WorkerGradient(i, y) => self.of_vectors([y], ops, |[y]| Op::WorkerGradient(into, *i, y)),
            Vector::Estimate(y) => self.of_vectors([y], ops, |[y]| Op::Estimate(into, y)),
            Vector::WorkerEstimate(i, y) => self.of_vectors([y], ops, |[y]| Op::WorkerEstimate(into, *i, y)),
            Vector::Box(a, b, u) => {
                let (low, high) = (self.number(a, ops), self.number(b, ops));
                self.then(u, into, ops, Op::Box(into, low, high));
            }
            Vector::Map(map, u) => self.then(u, into, ops, Op::Map(*map, into)),
            Vector::Operator(operator, u) => self.then(u, into, ops, Op::Operate(*operator, into)),
            Vector::Elementwise(op, u, w) => {
                self.vector(u, into, ops);
                self.of_vectors([w], ops, |[w]| Op::Elementwise(*op, into, w));
            }
            Vector::If(condition, u, w) => {
                let comparisons = self.condition(condition, ops);
                let (mut then, mut otherwise) = (Vec::new(), Vec::new());
                self.vector(u, into, &mut then);
                self.vector(w, into, &mut otherwise);
                ops.push(Op::Branch(comparisons, then, otherwise));
            }
            Vector::OverWorkers(mean, u) => {
                ops.push(Op::Zero(into));
                let worker = self.bound;
                self.bound += 1;
                let mut body = Vec::new();
                self.accumulate(u, true, into, &mut body);
                self.bound -= 1;
                ops.push(Op::Each(worker, body));
                if *mean == Mean::Mean {
                    let workers = self.number_register(Given::Size(Size::Workers));
                    ops.push(Op::Divide(into, workers));
                }
            }
        }
    }

    fn then(&mut self, u: &Vector, into: Register, ops: &mut Vec<Op>, op: Op) {
        self.vector(u, into, ops);
        ops.push(op);
    }

    fn with_number(
        &mut self,
        a: &Number,
        u: &Vector,
        into: Register,
        ops: &mut Vec<Op>,
        op: fn(Register, Register) -> Op,
    ) {
        let a = self.number(a, ops);
        self.then(u, into, ops, op(into, a));
    }

    /// into ← into ± w.
    fn accumulate(&mut self, w: &Vector, plus: bool, into: Register, ops: &mut Vec<Op>) {
        match w {
            Vector::Zero => {}
            Vector::Negate(u) => self.accumulate(u, !plus, into, ops),
            Vector::Scale(a, u) => {
                let a = self.number(a, ops);
                let op = if plus { Op::AddScaled } else { Op::SubtractScaled };
                self.of_vectors([u], ops, |[u]| op(into, u, a));
            }
            _ => {
                let op = if plus { Op::Add } else { Op::Subtract };
                self.of_vectors([w], ops, |[w]| op(into, w));
            }
        }
    }
}

/// Whether the number is an integer whatever the instance.
fn is_integer(number: &Number) -> bool {
    match number {
        Number::Literal(value) => value.is_integer(),
        Number::Step | Number::Horizon | Number::Workers | Number::Dimension => true,
        Number::Negate(a) => is_integer(a),
        Number::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, a, b) => is_integer(a) && is_integer(b),
        _ => false,
    }
}
