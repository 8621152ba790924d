//! Whether a certificate shows a problem: exact arithmetic, no search. What the problem is comes from the translator,
//! never from the file.

use std::collections::BTreeSet;

use rug::Rational;
use thiserror::Error;

use super::certificate::{Certificate, Factor, Product, Signed};
use super::problem::{Combination, Form, Problem, Sign};
use crate::algebra::{Fraction, Polynomial};

/// Why a certificate shows nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {why}")]
pub struct Rejected {
    /// Which part of it.
    pub place: String,
    /// What is wrong.
    pub why: String,
}

type Checked<T> = Result<T, Rejected>;

fn reject<T>(place: impl Into<String>, why: impl Into<String>) -> Checked<T> {
    Err(Rejected { place: place.into(), why: why.into() })
}

/// Most factors, multipliers, squares or summands: what is longer is no certificate of ours.
const LONGEST: usize = 4096;
/// Most factors of a product, and largest magnitude of an exponent.
const MOST_FACTORS: usize = 24;
const MOST_EXPONENT: u32 = 16;
/// Largest exponent of a number in what a file says.
const MOST_DEGREE: u16 = 60;

/// Most terms of a polynomial.
const MOST_TERMS: usize = 2000;

/// A factor whose sign was shown.
struct Shown {
    polynomial: Polynomial,
    /// Whether it is positive.
    strict: bool,
}

/// Checks a certificate.
///
/// # Errors
/// The first part that fails.
pub fn check(problem: &Problem, certificate: &Certificate) -> Checked<()> {
    let lengths = [certificate.multipliers.len(), certificate.squares.len(), certificate.factors.len()];
    if lengths.iter().any(|length| *length > LONGEST) {
        return reject("certificate", format!("it has more than {LONGEST} parts of one kind"));
    }
    let mut checker = Checker { problem, shown: Vec::new() };
    for (position, factor) in certificate.factors.iter().enumerate() {
        let shown = checker.factor(factor, &format!("factors[{position}]"))?;
        checker.shown.push(shown);
    }
    // Where a coefficient has a pole, nothing is shown.
    for coefficient in problem.claim.coefficients() {
        checker.has_no_pole(coefficient, "the claim")?;
    }
    let mut rest = problem.claim.clone();
    checker.take_multipliers(&mut rest, certificate)?;
    checker.take_squares(&mut rest, certificate)?;
    checker.take_remainder(&mut rest, certificate)?;
    match rest.is_zero() {
        true => Ok(()),
        false => reject("certificate", "the two sides of the identity differ"),
    }
}

struct Checker<'p> {
    problem: &'p Problem,
    shown: Vec<Shown>,
}

impl Checker<'_> {
    fn polynomial(&self, text: &str, place: &str) -> Checked<Polynomial> {
        let polynomial = Polynomial::parse(text, &self.problem.numbers).or_else(|why| reject(place, why))?;
        if polynomial.len() > MOST_TERMS {
            return reject(place, format!("a polynomial has more than {MOST_TERMS} terms"));
        }
        match polynomial.variables().iter().all(|variable| polynomial.degree(*variable) <= MOST_DEGREE) {
            true => Ok(polynomial),
            false => reject(place, format!("an exponent is above {MOST_DEGREE}")),
        }
    }

    /// Reads `numerator` or `(numerator)/(denominator)`.
    fn fraction(&self, text: &str, place: &str) -> Checked<Fraction> {
        let field = &self.problem.field;
        let quotient =
            text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.split_once(")/("));
        let Some((above, below)) = quotient else { return Ok(field.polynomial(&self.polynomial(text, place)?)) };
        let (above, below) = (self.polynomial(above, place)?, self.polynomial(below, place)?);
        match field.fraction(&above, &below) {
            Some(fraction) => Ok(fraction),
            None => reject(place, "a denominator is 0"),
        }
    }

    /// Shows the sign of a polynomial.
    fn factor(&self, factor: &Factor, place: &str) -> Checked<Shown> {
        let polynomial = self.polynomial(&factor.polynomial, place)?;
        if polynomial.is_zero() {
            return reject(place, "a factor is 0");
        }
        if factor.times.len() > MOST_FACTORS || factor.sum.len() > LONGEST {
            return reject(place, "it is too long");
        }
        let mut left = polynomial.clone();
        for position in &factor.times {
            let Some(condition) = self.problem.conditions.get(*position) else {
                return reject(place, "no such condition");
            };
            if !condition.strict {
                return reject(place, "it is multiplied by a condition that may be 0");
            }
            left = &left * &condition.polynomial;
        }
        let (mut right, mut strict) = (Polynomial::zero(), false);
        for product in &factor.sum {
            let (summand, is_strict) = self.product(product, place)?;
            right = &right + &summand;
            strict |= is_strict;
        }
        if left != right {
            return reject(place, "the polynomial is not the sum that is to show its sign");
        }
        Ok(Shown { polynomial, strict })
    }

    /// A summand, and whether it is positive.
    fn product(&self, product: &Product, place: &str) -> Checked<(Polynomial, bool)> {
        let coefficient: Rational = match product.coefficient.parse() {
            Ok(coefficient) => coefficient,
            Err(_) => return reject(place, format!("`{}` is no rational number", product.coefficient)),
        };
        if coefficient <= 0 {
            return reject(place, "a coefficient is not positive");
        }
        if product.conditions.len().max(product.squares.len()) > MOST_FACTORS {
            return reject(place, "a product is too long");
        }
        let (mut value, mut strict) = (Polynomial::constant(coefficient), product.squares.is_empty());
        for position in &product.conditions {
            let Some(condition) = self.problem.conditions.get(*position) else {
                return reject(place, "no such condition");
            };
            value = &value * &condition.polynomial;
            strict &= condition.strict;
        }
        for square in &product.squares {
            let root = self.polynomial(square, place)?;
            value = &value * &(&root * &root);
        }
        Ok((value, strict))
    }

    /// Whether a rational function is not negative, by factors.
    fn is_not_negative(&self, value: &Fraction, sign: &[(usize, i32)], place: &str) -> Checked<()> {
        let (mut above, mut below) = (Polynomial::one(), Polynomial::one());
        if sign.len() > MOST_FACTORS {
            return reject(place, "a product of factors is too long");
        }
        for (position, exponent) in sign {
            let Some(factor) = self.shown.get(*position) else { return reject(place, "no such factor") };
            if *exponent == 0 || exponent.unsigned_abs() > MOST_EXPONENT {
                return reject(place, "an exponent is out of range");
            }
            if *exponent < 0 && !factor.strict {
                return reject(place, "it is divided by a factor that may be 0");
            }
            let power = factor.polynomial.power(exponent.unsigned_abs());
            let side = if *exponent > 0 { &mut above } else { &mut below };
            *side = &*side * &power;
        }
        // value = c·above/below with c > 0.
        let (left, right) = (value.numerator() * &below, &above * &value.denominator());
        let is_multiple = left.primitive() == right.primitive() && (*left.content() > 0) == (*right.content() > 0);
        if is_multiple { Ok(()) } else { reject(place, "it is not the product of factors that is to show its sign") }
    }

    /// Whether a denominator is nowhere 0: its own factors are among those that are shown to be positive.
    fn has_no_pole(&self, value: &Fraction, place: &str) -> Checked<()> {
        let mut rest = value.denominator();
        for factor in self.shown.iter().filter(|factor| factor.strict && factor.polynomial.as_constant().is_none()) {
            while let Some(quotient) = rest.divided_by(&factor.polynomial) {
                rest = quotient;
            }
        }
        match rest.as_constant() {
            Some(_) => Ok(()),
            None => reject(place, "a denominator is not shown to be different from 0"),
        }
    }

    fn take_multipliers(&self, rest: &mut Form, certificate: &Certificate) -> Checked<()> {
        let mut seen = BTreeSet::new();
        for Signed { of, value, sign } in &certificate.multipliers {
            let place = format!("multiplier of {of}");
            let Some(fact) = self.problem.facts.iter().find(|fact| fact.name == *of) else {
                return reject(place, "the problem has no such fact");
            };
            if !seen.insert(of) {
                return reject(place, "it stands there twice");
            }
            let value = self.fraction(value, &place)?;
            self.has_no_pole(&value, &place)?;
            for coefficient in fact.form.coefficients() {
                self.has_no_pole(coefficient, &place)?;
            }
            match (fact.sign, self.problem.sign, sign) {
                (Sign::Zero, _, _) => {}
                (Sign::NotNegative, Sign::NotNegative, Some(sign)) => self.is_not_negative(&value, sign, &place)?,
                (Sign::NotNegative, Sign::NotNegative, None) => return reject(place, "its sign is not shown"),
                (Sign::NotNegative, Sign::Zero, _) => return reject(place, "an inequality shows no equation"),
            }
            rest.add_scaled(&fact.form, &-value);
        }
        Ok(())
    }

    fn take_squares(&self, rest: &mut Form, certificate: &Certificate) -> Checked<()> {
        let field = &self.problem.field;
        for (position, Signed { of, value, sign }) in certificate.squares.iter().enumerate() {
            let place = format!("squares[{position}]");
            if self.problem.sign == Sign::Zero {
                return reject(place, "a square shows no equation");
            }
            let pivot = self.fraction(value, &place)?;
            self.has_no_pole(&pivot, &place)?;
            let Some(sign) = sign else { return reject(place, "its sign is not shown") };
            self.is_not_negative(&pivot, sign, &place)?;
            let mut row = Combination::zero();
            for (name, coefficient) in of {
                let Some(vector) = self.problem.vectors.iter().position(|own| own == name) else {
                    return reject(place, format!("the problem has no vector `{name}`"));
                };
                let coefficient = self.fraction(coefficient, &place)?;
                self.has_no_pole(&coefficient, &place)?;
                row.add_scaled(&Combination::unknown(vector, field), &coefficient);
            }
            rest.add_scaled(&Form::square(&row, field), &-pivot);
        }
        Ok(())
    }

    fn take_remainder(&self, rest: &mut Form, certificate: &Certificate) -> Checked<()> {
        let Some(Signed { value, sign, .. }) = &certificate.remainder else { return Ok(()) };
        let place = "remainder";
        if self.problem.sign == Sign::Zero {
            return reject(place, "a remainder shows no equation");
        }
        let value = self.fraction(value, place)?;
        self.has_no_pole(&value, place)?;
        let Some(sign) = sign else { return reject(place, "its sign is not shown") };
        self.is_not_negative(&value, sign, place)?;
        rest.add_scaled(&Form::constant(value), &-self.problem.field.one());
        Ok(())
    }
}
