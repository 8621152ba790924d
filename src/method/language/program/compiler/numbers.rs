//! Numbers: where one stands, and the operations that compute it.

use rug::Rational;

use super::Compiler;
use crate::method::language::program::operation::{Op, Register};
use crate::method::language::program::{Given, Size};
use crate::method::language::tree::{Condition, Mean, Number};
use crate::number::Function;
use crate::statement::syntax::{BinaryOp, Relation};

impl Compiler {
    /// A register that holds the number after the operations. It may be one of the method's own.
    pub(super) fn number(&mut self, number: &Number, ops: &mut Vec<Op>) -> Register {
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

    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        ops: &mut Vec<Op>,
    ) -> Vec<(Register, Relation, Register)> {
        let compared =
            condition.0.iter().map(|(a, relation, b)| (self.own_number(a, ops), *relation, self.own_number(b, ops)));
        compared.collect()
    }
}
