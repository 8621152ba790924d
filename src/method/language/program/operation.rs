//! Operations on registers.

use crate::method::language::tree::{Elementwise, Map, Worker};
use crate::number::Function;
use crate::statement::syntax::{BinaryOp, Relation};

/// A register, or the one of a bound worker in a row of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    pub(super) base: usize,
    pub(super) worker: Option<Worker>,
}

impl Register {
    pub(super) fn fixed(base: usize) -> Self {
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
    pub(super) fn writes(&self) -> [Option<Register>; 2] {
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
    pub(super) fn any(&self, test: &dyn Fn(&Op) -> bool) -> bool {
        test(self)
            || match self {
                Op::Each(_, body) => body.iter().any(|op| op.any(test)),
                Op::Branch(_, then, otherwise) => then.iter().chain(otherwise).any(|op| op.any(test)),
                _ => false,
            }
    }
}

/// How many estimates of the average and of single workers the operations ask for.
pub(super) fn estimates(ops: &[Op]) -> [usize; 2] {
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
