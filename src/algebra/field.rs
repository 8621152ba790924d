//! The field of rational functions in named variables.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rug::Rational;
use rug::ops::Pow;
use thiserror::Error;

use super::base::Base;
use super::text::{MOST_EXPONENT, Reader, Unreadable, is_name};
use super::{Factors, Fraction, MOST_VARIABLES, Polynomial, Powers};

/// Polynomials of up to so many terms are learnt when a fraction is made of them.
const MOST_LEARNT_TERMS: usize = 12;

/// Rational functions in named variables, whose denominators are products over a growing base of
/// polynomials: trial division by the base takes the place of greatest common divisors.
///
/// The base starts with the variables and 1 minus each. It learns whatever becomes a denominator,
/// and short polynomials of which fractions are made. A base that knows more cancels more, but all
/// values are exact whatever it knows.
///
/// Copies are the same field. Threads may share one, but then the order in which they learn decides
/// the order, and maybe the form, of factors in texts.
#[derive(Clone)]
pub struct Field(Arc<Shared>);

/// Why names are no variables of a field.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoField {
    /// There are too many.
    #[error("there are more than {MOST_VARIABLES} variables")]
    Variables,
    /// One is none.
    #[error("`{0}` is no name of a variable")]
    Name(String),
    /// One stands twice.
    #[error("two variables are named `{0}`")]
    Twice(String),
}

struct Shared {
    names: Vec<String>,
    base: RwLock<Base>,
}

impl Field {
    /// The field of the variables with these names.
    ///
    /// # Errors
    /// When a name does not consist of letters, digits and `_` with no digit first, when one
    /// repeats, or when there are more than [`MOST_VARIABLES`].
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Result<Self, NoField> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() > MOST_VARIABLES {
            return Err(NoField::Variables);
        }
        for (position, name) in names.iter().enumerate() {
            if !is_name(name) {
                return Err(NoField::Name(name.clone()));
            }
            if names[..position].contains(name) {
                return Err(NoField::Twice(name.clone()));
            }
        }
        let base = RwLock::new(Base::new(names.len()));
        Ok(Field(Arc::new(Shared { names, base })))
    }

    /// The names of the variables, by number.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// Whether both are the same field, and not just alike.
    #[must_use]
    pub fn is(&self, other: &Field) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    // A base is sound at every moment of a change, so also where a thread that changed it panicked.
    fn base(&self) -> RwLockReadGuard<'_, Base> {
        self.0.base.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn base_mut(&self) -> RwLockWriteGuard<'_, Base> {
        self.0.base.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The quotient of what is made of the base, reduced.
    pub(super) fn made(&self, make: impl FnOnce(&Base) -> (Polynomial, Powers)) -> Fraction {
        let base = self.base();
        let (numerator, denominator) = make(&base);
        let (numerator, denominator) = base.reduced(numerator, &denominator);
        Fraction::new(self, numerator, denominator)
    }

    /// A polynomial that is not 0 as a constant times base elements, which may be new.
    pub(super) fn factored(&self, polynomial: &Polynomial) -> (Rational, Powers) {
        self.base_mut().factored(polynomial)
    }

    /// A product of base elements, expanded.
    #[must_use]
    pub fn expanded(&self, powers: &Powers) -> Polynomial {
        self.base().expanded(powers)
    }

    /// 0.
    #[must_use]
    pub fn zero(&self) -> Fraction {
        self.constant(0)
    }

    /// 1.
    #[must_use]
    pub fn one(&self) -> Fraction {
        self.constant(1)
    }

    /// A constant.
    #[must_use]
    pub fn constant(&self, value: impl Into<Rational>) -> Fraction {
        self.polynomial(&Polynomial::constant(value))
    }

    /// A variable by its number; beyond the names it is displayed as by [`Polynomial::display`].
    ///
    /// # Panics
    /// When the number is not below [`MOST_VARIABLES`].
    #[must_use]
    pub fn variable(&self, variable: usize) -> Fraction {
        self.polynomial(&Polynomial::variable(variable))
    }

    /// A polynomial as a fraction.
    #[must_use]
    pub fn polynomial(&self, polynomial: &Polynomial) -> Fraction {
        if polynomial.len() > 1 {
            let rest = self.factors(polynomial).rest;
            if rest.len() <= MOST_LEARNT_TERMS {
                self.learn(&rest);
            }
        }
        Fraction::new(self, polynomial.clone(), Powers::default())
    }

    /// The quotient of two polynomials; `None` by 0.
    #[must_use]
    pub fn fraction(&self, numerator: &Polynomial, denominator: &Polynomial) -> Option<Fraction> {
        self.polynomial(numerator).divided_by(&self.polynomial(denominator))
    }

    /// Reads what a fraction is displayed as: a polynomial, or polynomials in parentheses divided by
    /// one another, `(a)/(b)^2/(c)`.
    ///
    /// # Errors
    /// When the text is something else, a denominator is 0, a polynomial is not read by
    /// [`Polynomial::parse`], or the degree of the denominator in a variable is above 255.
    pub fn parse(&self, text: &str) -> Result<Fraction, Unreadable> {
        let mut reader = Reader::new(text);
        if !reader.eats('(') {
            return Ok(self.polynomial(&Polynomial::parse(text, self.names())?));
        }
        let mut numerator = reader.polynomial(self.names())?;
        reader.expect(')')?;
        let mut denominator = Powers::default();
        let mut degrees = [0; MOST_VARIABLES];
        while !reader.is_at_end() {
            reader.expect('/')?;
            reader.expect('(')?;
            let factor = reader.polynomial(self.names())?;
            reader.expect(')')?;
            let exponent = if reader.eats('^') { reader.exponent()? } else { 1 };
            if factor.is_zero() {
                return Err(Unreadable::Zero);
            }
            for (degree, own) in degrees.iter_mut().zip(factor.degrees().exponents()) {
                *degree += u32::from(own) * u32::from(exponent);
                if *degree > u32::from(MOST_EXPONENT) {
                    return Err(Unreadable::Degree);
                }
            }
            let (constant, powers) = self.factored(&factor);
            numerator = numerator.scaled(&constant.recip().pow(u32::from(exponent)));
            denominator = denominator.times(&powers.power(u32::from(exponent)));
        }
        Ok(self.made(|_| (numerator, denominator)))
    }

    /// Adds to the base what is left of a polynomial that is not 0 after division by its elements.
    pub fn learn(&self, polynomial: &Polynomial) {
        if !polynomial.is_zero() {
            self.factored(polynomial);
        }
    }

    /// Factors a polynomial over the base, by trial division. The constant of 0 is 0.
    #[must_use]
    pub fn factors(&self, polynomial: &Polynomial) -> Factors {
        self.base().factors(polynomial)
    }

    /// The base element of a number: primitive, with a positive leading coefficient.
    ///
    /// # Panics
    /// When there is no such element.
    #[must_use]
    pub fn element(&self, number: usize) -> Polynomial {
        self.base().element(number).clone()
    }

    /// The base elements in use, with their numbers. None divides another.
    #[must_use]
    pub fn elements(&self) -> Vec<(usize, Polynomial)> {
        self.base().in_use().map(|(number, element)| (number, element.clone())).collect()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Field").field(&self.names()).finish()
    }
}
