//! A method compiled for a number of workers: operations on registers, made once for a cell. What runs it
//! allocates nothing in a step.

use rug::Rational;

use super::tree::{Elementwise, Known, Quantity, Shape};
use crate::statement::syntax::BinaryOp;

mod compiler;
mod operation;

pub use compiler::compile;
use operation::estimates;
pub use operation::{Draw, Op, Part, Register};

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

impl Program {
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
