//! A method compiled for a number of workers: operations on registers, made once for a cell. What runs it
//! allocates nothing in a step.

use rug::Rational;

use super::tree::{
    Condition, Elementwise, Known, Map, Mean, Method, Number, Quantity, Rule, Shape, State, Value, Vector, Worker,
};
use crate::number::Function;
use crate::statement::syntax::{BinaryOp, Relation};

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

/// ±a·w, or ±w where there is no a.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whether it is subtracted.
    pub negative: bool,
    /// a.
    pub factor: Option<Register>,
    /// w.
    pub vector: Register,
}

/// What an estimate of the average draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// For itself alone.
    Own,
    /// For itself, and it is kept under that number for others of the step.
    Kept(usize),
    /// What is kept under that number.
    Repeated(usize),
}

/// One operation. The first register is what it changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// u ← the sum of the parts, of which only the first may be u's own.
    Combine(Register, Vec<Part>),
    /// u ↔ w.
    Swap(Register, Register),
    /// u ← u/a.
    Divide(Register, Register),
    /// u ← (1, …, 1).
    Ones(Register),
    /// u ← ∇f(y).
    Gradient(Register, Register),
    /// u ← ∇fᵢ(y).
    WorkerGradient(Register, Worker, Register),
    /// u ← an estimate of ∇f(y).
    Estimate(Register, Register, Draw),
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
    /// c_i ← 1 for each of the b workers that are drawn, 0 for the others; the first register is c_0.
    SampleWorkers(Register, Register),
    /// For every worker.
    Each(Worker, Vec<Op>),
    /// The first where all comparisons hold, else the second.
    Branch(Vec<(Register, Relation, Register)>, Vec<Op>, Vec<Op>),
}

impl Op {
    /// The vector registers that it writes itself.
    fn writes(&self) -> [Option<Register>; 2] {
        match self {
            Op::Swap(u, w) => [Some(*u), Some(*w)],
            Op::Combine(u, _)
            | Op::Divide(u, _)
            | Op::Ones(u)
            | Op::Gradient(u, _)
            | Op::WorkerGradient(u, ..)
            | Op::Estimate(u, ..)
            | Op::WorkerEstimate(u, ..)
            | Op::Clip(u, _)
            | Op::Box(u, ..)
            | Op::Map(_, u)
            | Op::Elementwise(_, u, _)
            | Op::Operate(_, u) => [Some(*u), None],
            Op::Set(..)
            | Op::Step(_)
            | Op::Norm2(..)
            | Op::Dot(..)
            | Op::Value(..)
            | Op::NegateNumber(_)
            | Op::Binary(..)
            | Op::IntegerPower(..)
            | Op::Function(..)
            | Op::Min(..)
            | Op::Max(..)
            | Op::Modulo(..)
            | Op::SampleWorkers(..)
            | Op::Each(..)
            | Op::Branch(..) => [None, None],
        }
    }

    /// Whether it, or one inside it, satisfies `test`.
    fn any(&self, test: &dyn Fn(&Op) -> bool) -> bool {
        test(self)
            || match self {
                Op::Each(_, body) => body.iter().any(|op| op.any(test)),
                Op::Branch(_, then, otherwise) => then.iter().chain(otherwise).any(|op| op.any(test)),
                _ => false,
            }
    }
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
    /// What begins with what it writes in step 0.
    pub starts: Vec<Begun>,
}

/// A state whose first value is that of a line of step 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The state.
    pub quantity: usize,
    /// The first of the registers that keep its first value.
    pub kept: usize,
}

/// A compiled method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// n.
    pub workers: usize,
    /// Number registers.
    pub numbers: Vec<Given>,
    /// How many vector registers there are.
    pub vectors: usize,
    /// Where each quantity is: the first of its registers.
    pub quantities: Vec<(Quantity, usize)>,
    /// Sets the constants, and the parameters that follow from others.
    pub setup: Vec<Op>,
    /// The number registers of the parameters, then of the constants.
    pub value_registers: Vec<usize>,
    /// Sets the states.
    pub start: Vec<Op>,
    /// States that the instance gives.
    pub any: Vec<usize>,
    /// Sets the schedules of a step.
    pub schedules: Vec<Op>,
    /// The number register of each schedule.
    pub schedule_registers: Vec<usize>,
    /// One step.
    pub lines: Vec<Segment>,
    /// How many draws of a step are kept for other calls.
    pub kept_draws: usize,
}

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

    /// How many estimates of the average and of single workers a step and the start draw.
    #[must_use]
    pub fn draws(&self) -> [usize; 2] {
        let ([a, w], [b, v]) = (self.draws_of_step(), estimates(&self.start));
        [a + b, w + v]
    }

    fn draws_of_step(&self) -> [usize; 2] {
        self.lines.iter().map(|line| estimates(&line.ops)).fold([0, 0], |[a, w], [b, v]| [a + b, w + v])
    }

    /// Whether a step draws one estimate of the average and nothing for single workers, and the start draws nothing.
    #[must_use]
    pub fn draws_one_average(&self) -> bool {
        self.draws_of_step() == [1, 0] && estimates(&self.start) == [0, 0]
    }

    /// Whether a number is made of K.
    #[must_use]
    pub fn reads_horizon(&self) -> bool {
        self.numbers.contains(&Given::Size(Size::Horizon))
    }

    /// The number registers that say how many workers a step draws, one for each time that it does.
    pub fn sample_sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.lines.iter().flat_map(|line| &line.ops).filter_map(|op| match op {
            Op::SampleWorkers(_, size) => Some(size.base),
            _ => None,
        })
    }

    /// Whether a step draws workers.
    #[must_use]
    pub fn samples_workers(&self) -> bool {
        self.sample_sizes().next().is_some()
    }

    /// Whether what has been drawn may decide whether more is.
    #[must_use]
    pub fn draws_by_choice(&self) -> bool {
        let draws = |op: &Op| match op {
            Op::Estimate(_, _, draw) => !matches!(draw, Draw::Repeated(_)),
            Op::WorkerEstimate(..) | Op::Operate(..) => true,
            _ => false,
        };
        self.any(&|op| matches!(op, Op::Branch(..)) && op.any(&draws))
    }

    /// Whether anything is chosen by comparing numbers.
    #[must_use]
    pub fn chooses(&self) -> bool {
        self.any(&|op| matches!(op, Op::Branch(..)))
    }

    /// Whether every step makes the same moves on vectors: none of them is made by choice.
    #[must_use]
    pub fn moves_alike(&self) -> bool {
        let moves = |op: &Op| op.writes() != [None, None];
        !self.any(&|op| matches!(op, Op::Branch(..)) && op.any(&moves))
    }

    fn any(&self, test: &dyn Fn(&Op) -> bool) -> bool {
        self.lines.iter().flat_map(|line| &line.ops).any(|op| op.any(test))
    }

    /// Whether a number is kept from step to step.
    #[must_use]
    pub fn keeps_numbers(&self) -> bool {
        self.quantities.iter().any(|(own, _)| own.shape == Shape::Number && own.first.is_some())
    }

    /// Whether a line may have no value, or none that every arithmetic knows.
    #[must_use]
    pub fn may_stop(&self) -> bool {
        fn may(ops: &[Op]) -> bool {
            ops.iter().any(|op| match op {
                Op::Each(_, body) => may(body),
                Op::Branch(..) | Op::Divide(..) | Op::Map(..) | Op::Operate(..) | Op::Modulo(..) => true,
                Op::Elementwise(op, ..) => *op == Elementwise::Quotients,
                Op::Binary(op, ..) => matches!(op, BinaryOp::Div | BinaryOp::Pow),
                Op::Function(function, _) => !function.is_total(),
                _ => false,
            })
        }
        may(&self.start) || may(&self.schedules) || self.lines.iter().any(|line| may(&line.ops))
    }

    /// Whether every step but the first one is the same: nothing depends on k, and no number is kept.
    #[must_use]
    pub fn is_autonomous(&self) -> bool {
        fn reads_step(ops: &[Op]) -> bool {
            ops.iter().any(|op| match op {
                Op::Step(_) => true,
                Op::Each(_, body) => reads_step(body),
                Op::Branch(_, then, otherwise) => reads_step(then) || reads_step(otherwise),
                _ => false,
            })
        }
        !self.keeps_numbers() && !reads_step(&self.schedules) && !self.lines.iter().any(|line| reads_step(&line.ops))
    }

    /// Whether the first estimate of a step is drawn at the step's own point.
    #[must_use]
    pub fn calls_at_point(&self) -> bool {
        let point = Register::fixed(0);
        for op in self.lines.iter().flat_map(|line| &line.ops) {
            match op {
                Op::Estimate(_, at, _) => return *at == point,
                Op::Each(..) | Op::Branch(..) => return false,
                _ if op.writes().contains(&Some(point)) => return false,
                _ => {}
            }
        }
        false
    }

    /// The registers of a quantity.
    #[must_use]
    pub fn registers(&self, quantity: usize) -> std::ops::Range<usize> {
        let (own, first) = &self.quantities[quantity];
        *first..first + if own.by_worker { self.workers } else { 1 }
    }

    /// Whether a state begins with the estimate at x_0 that step 0 draws first.
    #[must_use]
    pub fn is_first_estimate(&self, quantity: usize) -> bool {
        let begins = |line: &Segment| line.starts.iter().any(|begun| begun.quantity == quantity);
        let calls = |line: &&Segment| line.ops.iter().any(|op| op.any(&|op| matches!(op, Op::Estimate(..))));
        let is_call = |line: &Segment| matches!(&line.ops[..], [Op::Estimate(_, at, _)] if *at == Register::fixed(0));
        self.calls_at_point() && self.lines.iter().find(calls).is_some_and(|first| is_call(first) && begins(first))
    }

    /// Whether it is a state whose first value the start sets, or the instance gives.
    #[must_use]
    pub fn is_set_by_start(&self, quantity: usize) -> bool {
        self.quantities[quantity].0.first.is_some() && self.kept(quantity).is_none()
    }

    /// Where the first value of a state is kept that begins with a line of step 0.
    #[must_use]
    pub fn kept(&self, quantity: usize) -> Option<usize> {
        let mut begun = self.lines.iter().flat_map(|line| &line.starts);
        begun.find(|begun| begun.quantity == quantity).map(|begun| begun.kept)
    }
}

/// How many estimates of the average and of single workers the operations ask for.
fn estimates(ops: &[Op]) -> [usize; 2] {
    ops.iter().fold([0, 0], |[averages, workers], op| {
        let [a, w] = match op {
            Op::Estimate(..) => [1, 0],
            Op::WorkerEstimate(..) => [0, 1],
            Op::Each(_, body) => estimates(body),
            Op::Branch(_, then, otherwise) => {
                let ([a, w], [b, v]) = (estimates(then), estimates(otherwise));
                [a + b, w + v]
            }
            _ => [0, 0],
        };
        [averages + a, workers + w]
    })
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

    /// A register that holds the number after the operations. It may be one of the method's own.
    fn number(&mut self, number: &Number, ops: &mut Vec<Op>) -> Register {
        match number {
            Number::Literal(value) => self.number_register(Given::Literal(value.clone())),
            Number::Parameter(position) => match self.bound_parameters.iter().find(|(bound, _)| bound == position) {
                Some((_, register)) => *register,
                None => self.number_register(Given::Parameter(*position)),
            },
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
                let integer = *op == BinaryOp::Pow && b.is_whole(&|_| false);
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
            Vector::Ones => ops.push(Op::Ones(into)),
            Vector::Zero
            | Vector::Quantity(..)
            | Vector::Add(..)
            | Vector::Subtract(..)
            | Vector::Negate(_)
            | Vector::Scale(..) => self.combination(vector, into, ops),
            Vector::Divide(u, a) => self.with_number(a, u, into, ops, Op::Divide),
            Vector::Clip(a, u) => self.with_number(a, u, into, ops, Op::Clip),
            Vector::Gradient(y) => self.of_vectors([y], ops, |[y]| Op::Gradient(into, y)),
            Vector::WorkerGradient(i, y) => self.of_vectors([y], ops, |[y]| Op::WorkerGradient(into, *i, y)),
            Vector::Estimate(y) => {
                let draw = self.line.map_or(Draw::Own, |line| self.draw_of(line, Draw::Kept));
                self.of_vectors([y], ops, |[y]| Op::Estimate(into, y, draw));
            }
            Vector::SameDraw(line, y) => {
                let draw = self.draw_of(*line, Draw::Repeated);
                self.of_vectors([y], ops, |[y]| Op::Estimate(into, y, draw));
            }
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
                ops.push(Op::Combine(into, Vec::new()));
                let worker = self.bound;
                self.bound += 1;
                let mut body = Vec::new();
                let before = self.vectors;
                let mut parts = vec![Part { negative: false, factor: None, vector: into }];
                self.parts(u, false, &mut parts, &mut body);
                self.vectors = before;
                body.push(Op::Combine(into, parts));
                self.bound -= 1;
                ops.push(Op::Each(worker, body));
                if *mean == Mean::Mean {
                    let workers = self.number_register(Given::Size(Size::Workers));
                    ops.push(Op::Divide(into, workers));
                }
            }
        }
    }

    /// into ← a combination, whose parts that are no registers are computed first.
    fn combination(&mut self, vector: &Vector, into: Register, ops: &mut Vec<Op>) {
        let before = self.vectors;
        let mut parts = Vec::new();
        self.parts(vector, false, &mut parts, ops);
        let own: Vec<usize> = (0..parts.len()).filter(|i| parts[*i].vector == into).collect();
        match own[..] {
            [] => ops.push(Op::Combine(into, parts)),
            [first] => {
                parts[..=first].rotate_right(1);
                ops.push(Op::Combine(into, parts));
            }
            _ => {
                let beside = self.take_vector();
                ops.push(Op::Combine(beside, parts));
                ops.push(Op::Swap(into, beside));
            }
        }
        self.vectors = before;
    }

    /// The parts of ±vector; registers that are taken for them stay taken.
    fn parts(&mut self, vector: &Vector, negative: bool, parts: &mut Vec<Part>, ops: &mut Vec<Op>) {
        match vector {
            Vector::Zero => {}
            Vector::Add(u, w) => {
                self.parts(u, negative, parts, ops);
                self.parts(w, negative, parts, ops);
            }
            Vector::Subtract(u, w) => {
                self.parts(u, negative, parts, ops);
                self.parts(w, !negative, parts, ops);
            }
            Vector::Negate(u) => self.parts(u, !negative, parts, ops),
            Vector::Scale(a, u) => {
                let factor = Some(self.number(a, ops));
                let vector = self.read(u, ops);
                parts.push(Part { negative, factor, vector });
            }
            _ => {
                let vector = self.read(vector, ops);
                parts.push(Part { negative, factor: None, vector });
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
}

/// Whether the vector is a combination at its top.
fn is_sum(vector: &Vector) -> bool {
    matches!(
        vector,
        Vector::Zero
            | Vector::Quantity(..)
            | Vector::Add(..)
            | Vector::Subtract(..)
            | Vector::Negate(_)
            | Vector::Scale(..)
    )
}
