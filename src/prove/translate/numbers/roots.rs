//! Roots as numbers of their own.

use std::collections::BTreeMap;

use rug::Rational;

use super::signs::KnownSign;
use super::{Kind, Numbers};
use crate::algebra::{Fraction, Polynomial};
use crate::prove::translate::stop::{Translated, untranslatable};
use crate::prove::translate::untranslatable::Untranslatable;

impl Numbers {
    /// √a, as far as it is a known number, and else as one of its own.
    pub fn root(&mut self, a: &Fraction) -> Translated<Fraction> {
        let [above, below] = [a.numerator().clone(), a.denominator()].map(|side| self.square_part(&side));
        let ((above, rest_above), (below, rest_below)) = (above, below);
        let (outer, rest) = (self.quotient(&above, &below)?, self.quotient(&rest_above, &rest_below)?);
        if rest.as_constant().is_none() {
            return self.root_of(a);
        }
        Ok(outer * self.root_of(&rest)?)
    }

    /// A polynomial as a square of what is not negative times the rest.
    fn square_part(&self, polynomial: &Polynomial) -> (Fraction, Fraction) {
        let factors = self.field.factors(polynomial);
        let (mut root, mut rest) = (self.field.one(), self.field.polynomial(&factors.rest).scaled(&factors.constant));
        for (element, exponent) in factors.powers.pairs() {
            let factor = self.field.element(*element);
            let is_square = |sign: &KnownSign| *exponent >= 2 && (!sign.negative || sign.strict);
            let known = self.plain_sign(&factor).filter(is_square);
            let factor = self.field.polynomial(&factor);
            let pairs = if known.is_some() { exponent / 2 } else { 0 };
            for _ in 0..pairs {
                root = if known.is_some_and(|sign| sign.negative) { -(root * &factor) } else { root * &factor };
            }
            for _ in 0..exponent - 2 * pairs {
                rest *= &factor;
            }
        }
        (root, rest)
    }

    fn root_of(&mut self, a: &Fraction) -> Translated<Fraction> {
        self.divide_by(&self.field.polynomial(&a.denominator()));
        if let Some(value) = a.as_constant().and_then(perfect_root) {
            return Ok(self.rational(value));
        }
        let is_it = |(variable, square): &&(usize, Fraction)| {
            let root = self.variable(*variable);
            self.in_this_case(square).as_ref() == Some(a) || &root * &root == *a
        };
        let is_square = self.known_roots.iter().any(|(variable, _)| {
            let root = self.variable(*variable);
            self.squares.contains_key(variable) && &root * &root == *a
        });
        let is_known = self.squares.values().any(|square| square == a);
        if self.of_hint && !is_square && !is_known && self.sign(a).is_none_or(|sign| sign.negative) {
            return untranslatable(Untranslatable::Expression(
                "a hint speaks of the root of a number that is not known to be at least 0",
            ));
        }
        let variable = match self.known_roots.iter().find(is_it) {
            Some((variable, _)) => *variable,
            None => {
                let name = format!("root{}", self.known_roots.len() + 1);
                let variable = self.add(Kind::Root, &name)?;
                self.known_roots.push((variable, a.clone()));
                variable
            }
        };
        if self.squares.insert(variable, a.clone()).is_none() {
            let positive = self.sign(a).is_some_and(|sign| !sign.negative && sign.strict);
            self.learn(&self.variable(variable), positive, "a root")?;
            self.compare_with_one(variable, a)?;
        }
        Ok(self.variable(variable))
    }

    /// A root is on the same side of 1 as its square.
    fn compare_with_one(&mut self, variable: usize, square: &Fraction) -> Translated<()> {
        let room = self.rational(1) - square;
        let Some(sign) = self.sign(&room) else { return Ok(()) };
        let room = self.rational(1) - self.variable(variable);
        self.learn(&if sign.negative { -room } else { room }, sign.strict, "a root")
    }

    /// The same number with no higher power of a root than the first.
    pub fn reduced(&self, number: &Fraction) -> Fraction {
        let mut number = number.clone();
        for (variable, square) in &self.squares {
            let coefficients = number.numerator().coefficients_in(*variable);
            if coefficients.len() <= 2 || square.numerator().degree(*variable) > 0 {
                continue;
            }
            let root = self.field.variable(*variable);
            let (mut sum, mut power) = (self.field.zero(), self.field.one());
            for pair in coefficients.chunks(2) {
                let linear = pair.get(1).map_or_else(|| self.field.zero(), |odd| self.field.polynomial(odd) * &root);
                sum += (self.field.polynomial(&pair[0]) + linear) * &power;
                power = &power * square;
            }
            let denominator = self.field.polynomial(&number.denominator());
            number = sum.divided_by(&denominator).unwrap_or(number);
        }
        number
    }

    /// Roots with their squares.
    pub fn roots(&self) -> &BTreeMap<usize, Fraction> {
        &self.squares
    }

    /// r² = a²·t² + c for a root r, where a and c are positive rational numbers.
    pub(super) fn root_of_more_than_a_square(&self, equation: &Polynomial) -> Option<Conic> {
        let roots = self.known_roots.iter().map(|(variable, _)| *variable);
        roots.filter(|root| !self.values.contains_key(root)).find_map(|root| {
            let [rest, linear, leading] = &equation.coefficients_in(root)[..] else { return None };
            let leading = leading.as_constant().filter(|_| linear.is_zero())?.clone();
            let [of] = rest.variables()[..] else { return None };
            let [constant, linear, square] = &rest.coefficients_in(of)[..] else { return None };
            let (constant, square) = (constant.as_constant()?, square.as_constant()?);
            let constant = -(constant.clone() / &leading);
            let factor = perfect_root(&-(square.clone() / &leading))?;
            (linear.is_zero() && constant > 0 && factor > 0).then_some(Conic { root, of, factor, constant })
        })
    }

    /// With w = r − a·t, which is positive: t = (c − w²)/(2·a·w) and r = w + a·t.
    pub(super) fn rationalise(&mut self, conic: &Conic) -> Translated<()> {
        let name = format!("{}_less", self.names[conic.root]);
        let rest = self.named(Kind::Root, &name)?;
        self.learn(&rest, true, "a root of more than a square")?;
        // What was learnt before is about it now.
        self.conditions.rotate_right(1);
        let factor = self.field.constant(conic.factor.clone());
        let constant = self.field.constant(conic.constant.clone());
        let doubled = self.rational(2) * &factor * &rest;
        let Some(of) = (constant - &rest * &rest).divided_by(&doubled) else {
            return untranslatable(Untranslatable::DividedByZero);
        };
        self.set(conic.of, &of)?;
        self.set(conic.root, &(rest + factor * of))
    }
}

/// A root whose square is factor²·of² + constant, for another variable.
pub struct Conic {
    root: usize,
    of: usize,
    factor: Rational,
    constant: Rational,
}

/// √q, where it is rational.
fn perfect_root(q: &Rational) -> Option<Rational> {
    let is_square = *q >= 0 && q.numer().is_perfect_square() && q.denom().is_perfect_square();
    is_square.then(|| Rational::from((q.numer().clone().sqrt(), q.denom().clone().sqrt())))
}
