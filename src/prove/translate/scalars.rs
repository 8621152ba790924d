//! Numbers of the method that no run decides, as rational functions.

use super::method::Value;
use super::numbers::{Kind, Numbers};
use super::stop::{Translated, untranslatable};
use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;
use crate::method::language::tree::{Condition, Known, Method, Number};
use crate::number::Function;
use crate::statement::Statement;
use crate::statement::syntax::{BinaryOp, Relation};

/// The method's constants.
pub fn constants(statement: &Statement, numbers: &mut Numbers) -> Translated<Vec<Fraction>> {
    let method = &statement.method;
    let mut constants = Vec::new();
    for (_, number) in &method.constants {
        let mut scalars = Scalars { statement, method, constants: &constants, values: &[], numbers: &mut *numbers };
        let value = scalars.number(number, None)?;
        constants.push(value);
    }
    Ok(constants)
}

/// What a number of the method, of no state, is at the start.
pub fn at_start(number: &Number, statement: &Statement, numbers: &mut Numbers) -> Translated<Fraction> {
    let (constants, zero) = (constants(statement, numbers)?, numbers.rational(0));
    let mut scalars = Scalars { statement, method: &statement.method, constants: &constants, values: &[], numbers };
    scalars.number(number, Some(&zero))
}

/// Numbers of the method that no run decides.
pub struct Scalars<'s> {
    /// The statement.
    pub statement: &'s Statement,
    /// Its method.
    pub method: &'s Method,
    /// The method's constants, as far as they are known.
    pub constants: &'s [Fraction],
    /// Newest values of the quantities, within a step.
    pub values: &'s [Option<Value>],
    /// Numbers.
    pub numbers: &'s mut Numbers,
}

impl Scalars<'_> {
    /// A parameter of the method.
    pub fn parameter(&mut self, position: usize) -> Translated<Fraction> {
        let parameter = &self.method.parameters[position];
        if let Some((_, number)) = self.method.bound.iter().find(|(bound, _)| *bound == position) {
            return self.number(number, None);
        }
        match (self.statement.parameter(&parameter.name), &parameter.default) {
            (Some(_), _) => self.numbers.named(Kind::Parameter, &parameter.name),
            (None, Some(default)) => self.number(default, None),
            (None, None) => untranslatable(Untranslatable::NoValue(parameter.name.clone())),
        }
    }

    /// A number, in step k.
    pub fn number(&mut self, number: &Number, k: Option<&Fraction>) -> Translated<Fraction> {
        let field = self.numbers.field.clone();
        Ok(match number {
            Number::Literal(value) => field.constant(value.clone()),
            Number::Parameter(position) => self.parameter(*position)?,
            Number::Constant(position) => self.constants[*position].clone(),
            Number::Schedule(position) => {
                let (_, number) = &self.method.schedules[*position];
                self.number(number, k)?
            }
            Number::Known(Known::Infimum) => {
                return untranslatable(Untranslatable::Method("f_star is a factor in the method"));
            }
            Number::Known(known) => {
                let name = Known::ALL.iter().find(|(_, own)| own == known).map_or("", |(name, _)| name);
                let number = self.numbers.named(Kind::Constant, name)?;
                self.numbers.learn(&number, false, "what the constant is")?;
                number
            }
            Number::Step => match k {
                Some(k) => k.clone(),
                None => return untranslatable(Untranslatable::Method("k stands where there is no step")),
            },
            Number::Horizon => self.numbers.named(Kind::Index, "K")?,
            Number::Workers => self.numbers.count("n")?,
            Number::Dimension => self.numbers.count("d")?,
            Number::Negate(a) => -self.number(a, k)?,
            Number::Binary(op, a, b) => self.binary(*op, a, b, k)?,
            Number::Function(Function::Sqrt, a) => {
                let a = self.number(a, k)?;
                self.numbers.root(&a)?
            }
            Number::Min(all) => self.extreme(all, Relation::LessEqual, k)?,
            Number::Max(all) => self.extreme(all, Relation::GreaterEqual, k)?,
            Number::If(condition, a, b) => {
                let chosen = if self.holds(condition, k)? { a } else { b };
                self.number(chosen, k)?
            }
            Number::Modulo(..) => return untranslatable(Untranslatable::Method("mod() in the method")),
            Number::Quantity(quantity, None) => match self.values.get(*quantity) {
                Some(Some(Value::Number(value))) => value.clone(),
                _ => return untranslatable(Untranslatable::DecidedByRun),
            },
            _ => return untranslatable(Untranslatable::DecidedByRun),
        })
    }

    fn binary(&mut self, op: BinaryOp, a: &Number, b: &Number, k: Option<&Fraction>) -> Translated<Fraction> {
        let left = self.number(a, k)?;
        let right = self.number(b, k)?;
        match op {
            BinaryOp::Add => Ok(left + right),
            BinaryOp::Sub => Ok(left - right),
            BinaryOp::Mul => Ok(left * right),
            BinaryOp::Div => {
                if is_of_instance(b) {
                    // Where it is 0 there is no such method.
                    self.numbers.learn(&right, true, "a divisor")?;
                }
                self.numbers.quotient(&left, &right)
            }
            BinaryOp::Pow => {
                if right.as_constant().is_none_or(|exponent| *exponent < 0) {
                    self.numbers.divide_by(&left);
                }
                power(&left, &right)
            }
        }
    }

    fn extreme(&mut self, all: &[Number], kept: Relation, k: Option<&Fraction>) -> Translated<Fraction> {
        let mut values = all.iter().map(|a| self.number(a, k)).collect::<Translated<Vec<_>>>()?.into_iter();
        let Some(mut best) = values.next() else {
            return untranslatable(Untranslatable::Method("min or max of nothing"));
        };
        for value in values {
            if !self.numbers.prefers(&best, kept, &value)? {
                best = value;
            }
        }
        Ok(best)
    }

    /// Whether a condition holds in step k.
    pub fn holds(&mut self, condition: &Condition, k: Option<&Fraction>) -> Translated<bool> {
        for (a, relation, b) in &condition.0 {
            let (a, b) = (self.number(a, k)?, self.number(b, k)?);
            if !self.numbers.holds(&a, *relation, &b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a number is a positive multiple of constants of the instance.
fn is_of_instance(number: &Number) -> bool {
    match number {
        Number::Known(_) => true,
        Number::Literal(value) => *value > 0,
        Number::Binary(BinaryOp::Mul, a, b) => is_of_instance(a) && is_of_instance(b),
        _ => false,
    }
}

/// a^b for an integer b.
pub fn power(a: &Fraction, b: &Fraction) -> Translated<Fraction> {
    let exponent = b.as_constant().filter(|b| b.is_integer()).and_then(|b| b.numer().to_i32());
    let exponent = exponent.filter(|exponent| exponent.abs() <= MOST_EXPONENT);
    match exponent.and_then(|exponent| a.power(exponent)) {
        Some(value) => Ok(value),
        None => untranslatable(Untranslatable::Expression("a power whose exponent is no small integer")),
    }
}

/// Largest exponent of a power.
const MOST_EXPONENT: i32 = 32;
