//! Whether a certificate shows a problem: exact arithmetic, no search. What the problem is comes from the translator,
//! never from the file.

use std::collections::BTreeSet;

use rug::Rational;
use thiserror::Error;

use super::certificate::{Certificate, Factor, Product, Signed};
use super::problem::{Combination, Form, Problem, Sign};
use crate::algebra::{Fraction, Polynomial, Unreadable};

pub use super::rejected::Rejected;

type Checked<T> = Result<T, Rejected>;

fn reject<T>(place: impl Into<String>, flaw: CertificateFlaw) -> Checked<T> {
    Err(Rejected::of(place, flaw))
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

/// What is wrong with a part of a certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CertificateFlaw {
    /// There is too much of something.
    #[error("it has more than {LONGEST} parts of one kind")]
    TooManyParts,
    /// A polynomial is too long.
    #[error("a polynomial has more than {MOST_TERMS} terms")]
    TooManyTerms,
    /// A polynomial has too high a degree.
    #[error("an exponent is above {MOST_DEGREE}")]
    TooHighDegree,
    /// A sum or a product is too long.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The power of a factor is 0 or too high.
    #[error("an exponent is out of range")]
    Exponent,
    /// A text is no polynomial of the problem's numbers.
    #[error(transparent)]
    NoPolynomial(#[from] Unreadable),
    /// A text is no rational number.
    #[error("`{0}` is no rational number")]
    NoRational(String),
    /// Something is 0 that may not be.
    #[error("{0} is 0")]
    Zero(&'static str),
    /// The coefficient of a summand is not positive.
    #[error("a coefficient is not positive")]
    NotPositive,
    /// No condition, or no factor, has that position.
    #[error("no such {0}")]
    NoPosition(&'static str),
    /// A multiplier stands before no fact.
    #[error("the problem has no such fact")]
    NoFact,
    /// A square is of a vector that is none.
    #[error("the problem has no vector `{0}`")]
    NoVector(String),
    /// A fact has two multipliers.
    #[error("it stands there twice")]
    Twice,
    /// A product with what may be 0 shows no sign.
    #[error("it is multiplied by a condition that may be 0")]
    ConditionMayBeZero,
    /// A quotient by what may be 0 has no sign.
    #[error("it is divided by a factor that may be 0")]
    FactorMayBeZero,
    /// A coefficient may have no value.
    #[error("a denominator is not shown to be different from 0")]
    Pole,
    /// Nothing shows a sign that is needed.
    #[error("its sign is not shown")]
    SignNotShown,
    /// The sum that is to show the sign of a factor is another polynomial.
    #[error("the polynomial is not the sum that is to show its sign")]
    NotTheSum,
    /// The product that is to show the sign of a value is another one.
    #[error("it is not the product of factors that is to show its sign")]
    NotTheProduct,
    /// What is at least 0 need not be 0.
    #[error("{0} shows no equation")]
    NoEquation(&'static str),
    /// The certificate is no identity.
    #[error("the two sides of the identity differ")]
    SidesDiffer,
}

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
        return reject("certificate", CertificateFlaw::TooManyParts);
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
        false => reject("certificate", CertificateFlaw::SidesDiffer),
    }
}

struct Checker<'p> {
    problem: &'p Problem,
    shown: Vec<Shown>,
}

impl Checker<'_> {
    fn polynomial(&self, text: &str, place: &str) -> Checked<Polynomial> {
        let polynomial = Polynomial::parse(text, &self.problem.numbers)
            .or_else(|why| reject(place, CertificateFlaw::NoPolynomial(why)))?;
        if polynomial.len() > MOST_TERMS {
            return reject(place, CertificateFlaw::TooManyTerms);
        }
        match polynomial.variables().iter().all(|variable| polynomial.degree(*variable) <= MOST_DEGREE) {
            true => Ok(polynomial),
            false => reject(place, CertificateFlaw::TooHighDegree),
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
            None => reject(place, CertificateFlaw::Zero("a denominator")),
        }
    }

    /// Shows the sign of a polynomial.
    fn factor(&self, factor: &Factor, place: &str) -> Checked<Shown> {
        let polynomial = self.polynomial(&factor.polynomial, place)?;
        if polynomial.is_zero() {
            return reject(place, CertificateFlaw::Zero("a factor"));
        }
        if factor.times.len() > MOST_FACTORS || factor.sum.len() > LONGEST {
            return reject(place, CertificateFlaw::TooLong("it"));
        }
        let mut left = polynomial.clone();
        for position in &factor.times {
            let Some(condition) = self.problem.conditions.get(*position) else {
                return reject(place, CertificateFlaw::NoPosition("condition"));
            };
            if !condition.strict {
                return reject(place, CertificateFlaw::ConditionMayBeZero);
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
            return reject(place, CertificateFlaw::NotTheSum);
        }
        Ok(Shown { polynomial, strict })
    }

    /// A summand, and whether it is positive.
    fn product(&self, product: &Product, place: &str) -> Checked<(Polynomial, bool)> {
        let coefficient: Rational = match product.coefficient.parse() {
            Ok(coefficient) => coefficient,
            Err(_) => return reject(place, CertificateFlaw::NoRational(product.coefficient.clone())),
        };
        if coefficient <= 0 {
            return reject(place, CertificateFlaw::NotPositive);
        }
        if product.conditions.len().max(product.squares.len()) > MOST_FACTORS {
            return reject(place, CertificateFlaw::TooLong("a product"));
        }
        let (mut value, mut strict) = (Polynomial::constant(coefficient), product.squares.is_empty());
        for position in &product.conditions {
            let Some(condition) = self.problem.conditions.get(*position) else {
                return reject(place, CertificateFlaw::NoPosition("condition"));
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
            return reject(place, CertificateFlaw::TooLong("a product of factors"));
        }
        for (position, exponent) in sign {
            let Some(factor) = self.shown.get(*position) else {
                return reject(place, CertificateFlaw::NoPosition("factor"));
            };
            if *exponent == 0 || exponent.unsigned_abs() > MOST_EXPONENT {
                return reject(place, CertificateFlaw::Exponent);
            }
            if *exponent < 0 && !factor.strict {
                return reject(place, CertificateFlaw::FactorMayBeZero);
            }
            let power = factor.polynomial.power(exponent.unsigned_abs());
            let side = if *exponent > 0 { &mut above } else { &mut below };
            *side = &*side * &power;
        }
        // value = c·above/below with c > 0.
        let (left, right) = (value.numerator() * &below, &above * &value.denominator());
        let is_multiple = left.primitive() == right.primitive() && (*left.content() > 0) == (*right.content() > 0);
        if is_multiple { Ok(()) } else { reject(place, CertificateFlaw::NotTheProduct) }
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
            None => reject(place, CertificateFlaw::Pole),
        }
    }

    fn take_multipliers(&self, rest: &mut Form, certificate: &Certificate) -> Checked<()> {
        let mut seen = BTreeSet::new();
        for Signed { of, value, sign } in &certificate.multipliers {
            let place = format!("multiplier of {of}");
            let Some(fact) = self.problem.facts.iter().find(|fact| fact.name == *of) else {
                return reject(place, CertificateFlaw::NoFact);
            };
            if !seen.insert(of) {
                return reject(place, CertificateFlaw::Twice);
            }
            let value = self.fraction(value, &place)?;
            self.has_no_pole(&value, &place)?;
            for coefficient in fact.form.coefficients() {
                self.has_no_pole(coefficient, &place)?;
            }
            match (fact.sign, self.problem.sign, sign) {
                (Sign::Zero, _, _) => {}
                (Sign::NotNegative, Sign::NotNegative, Some(sign)) => self.is_not_negative(&value, sign, &place)?,
                (Sign::NotNegative, Sign::NotNegative, None) => return reject(place, CertificateFlaw::SignNotShown),
                (Sign::NotNegative, Sign::Zero, _) => {
                    return reject(place, CertificateFlaw::NoEquation("an inequality"));
                }
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
                return reject(place, CertificateFlaw::NoEquation("a square"));
            }
            let pivot = self.fraction(value, &place)?;
            self.has_no_pole(&pivot, &place)?;
            let Some(sign) = sign else { return reject(place, CertificateFlaw::SignNotShown) };
            self.is_not_negative(&pivot, sign, &place)?;
            let mut row = Combination::zero();
            for (name, coefficient) in of {
                let Some(vector) = self.problem.vectors.iter().position(|own| own == name) else {
                    return reject(place, CertificateFlaw::NoVector(name.clone()));
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
            return reject(place, CertificateFlaw::NoEquation("a remainder"));
        }
        let value = self.fraction(value, place)?;
        self.has_no_pole(&value, place)?;
        let Some(sign) = sign else { return reject(place, CertificateFlaw::SignNotShown) };
        self.is_not_negative(&value, sign, place)?;
        rest.add_scaled(&Form::constant(value), &-self.problem.field.one());
        Ok(())
    }
}
