//! Vectors: combinations in place, and everything else beside or after them.

use super::Compiler;
use crate::method::language::program::operation::{Draw, Op, Part, Register};
use crate::method::language::program::{Given, Size};
use crate::method::language::tree::{Mean, Number, Vector};

impl Compiler {
    /// An operation on vectors that it does not change.
    pub(super) fn of_vectors<const N: usize>(
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

    pub(super) fn vector(&mut self, vector: &Vector, into: Register, ops: &mut Vec<Op>) {
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
pub(super) fn is_sum(vector: &Vector) -> bool {
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
