//! Rational functions.

use std::fmt;

use rug::Rational;
use rug::ops::Pow;

use super::{Field, Polynomial, Powers};

/// A rational function: a polynomial over a product of base elements of its [`Field`], none of which
/// divides the polynomial.
///
/// Equal fractions may differ in form, where numerator and denominator have a common factor that the
/// base does not know; `==` compares the functions. But a fraction that is a polynomial has the
/// denominator 1. Operations on fractions of different fields panic.
#[derive(Clone)]
pub struct Fraction {
    field: Field,
    numerator: Polynomial,
    denominator: Powers,
}

impl Fraction {
    /// A fraction that is known to be reduced.
    pub(super) fn new(field: &Field, numerator: Polynomial, denominator: Powers) -> Self {
        Fraction { field: field.clone(), numerator, denominator }
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The numerator, with the content of the fraction.
    #[must_use]
    pub fn numerator(&self) -> &Polynomial {
        &self.numerator
    }

    /// The denominator, expanded.
    #[must_use]
    pub fn denominator(&self) -> Polynomial {
        self.field.expanded(&self.denominator)
    }

    /// The denominator as a product of base elements.
    #[must_use]
    pub fn denominator_powers(&self) -> &Powers {
        &self.denominator
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    /// The polynomial, where it is one.
    #[must_use]
    pub fn as_polynomial(&self) -> Option<&Polynomial> {
        self.denominator.is_one().then_some(&self.numerator)
    }

    /// The value, where it is constant.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Rational> {
        self.as_polynomial()?.as_constant()
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.same_field(other);
        self.field.made(|base| {
            let (mine, theirs) = (base.settled(&self.denominator), base.settled(&other.denominator));
            let common = mine.join(&theirs);
            let left = self.numerator.times(&base.expanded(&common.without(&mine)));
            let right = other.numerator.times(&base.expanded(&common.without(&theirs)));
            (left.plus(&right), common)
        })
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.same_field(other);
        self.field.made(|base| {
            // What cancels crosswise goes first, so that the numerators that are multiplied are short.
            let (mine, below_mine) = base.reduced(self.numerator.clone(), &other.denominator);
            let (theirs, below_theirs) = base.reduced(other.numerator.clone(), &self.denominator);
            (mine.times(&theirs), below_mine.times(&below_theirs))
        })
    }

    /// The quotient; `None` by 0.
    #[must_use]
    pub fn divided_by(&self, other: &Self) -> Option<Self> {
        self.same_field(other);
        if other.is_zero() {
            return None;
        }
        let (constant, divisor) = self.field.factored(&other.numerator);
        Some(self.field.made(|base| {
            let (mine, theirs) = (base.settled(&self.denominator), base.settled(&other.denominator));
            let (numerator, divisor) = base.reduced(self.numerator.scaled(&constant.recip()), &divisor);
            let above = base.expanded(&theirs.without(&mine));
            (numerator.times(&above), mine.without(&theirs).times(&divisor))
        }))
    }

    /// The quotient, for the operator.
    fn quotient(&self, other: &Self) -> Self {
        let Some(quotient) = self.divided_by(other) else { panic!("a fraction is divided by 0") };
        quotient
    }

    /// The product with a number.
    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Self {
        if *factor == 0 { self.field.zero() } else { self.with_numerator(self.numerator.scaled(factor)) }
    }

    /// The negative.
    #[must_use]
    pub fn negated(&self) -> Self {
        self.with_numerator(self.numerator.negated())
    }

    fn with_numerator(&self, numerator: Polynomial) -> Self {
        Fraction::new(&self.field, numerator, self.denominator.clone())
    }

    /// The power; `None` for a negative one of 0. The zeroth is 1, that of 0 too.
    #[must_use]
    pub fn power(&self, exponent: i32) -> Option<Self> {
        let positive = if exponent < 0 { self.field.one().divided_by(self)? } else { self.clone() };
        Some(positive.raised(exponent.unsigned_abs()))
    }

    fn raised(&self, exponent: u32) -> Self {
        self.field.made(|_| (self.numerator.power(exponent), self.denominator.power(exponent)))
    }

    /// The value where the variables have the given values, and those without one are 0; `None`
    /// where the denominator is 0.
    #[must_use]
    pub fn at(&self, values: &[Rational]) -> Option<Rational> {
        let mut value = self.numerator.at(values);
        for (number, exponent) in self.denominator.pairs() {
            let factor = self.field.element(*number).at(values);
            if factor == 0 {
                return None;
            }
            value /= factor.pow(*exponent);
        }
        Some(value)
    }

    /// With a fraction in the place of a variable; `None` where the denominator becomes 0.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn substitute(&self, variable: usize, value: &Self) -> Option<Self> {
        let mut result = value.in_place_of(variable, &self.numerator);
        for (number, exponent) in self.denominator.pairs() {
            let factor = value.in_place_of(variable, &self.field.element(*number));
            result = result.divided_by(&factor.raised(*exponent))?;
        }
        Some(result)
    }

    /// A polynomial with the fraction in the place of a variable.
    fn in_place_of(&self, variable: usize, polynomial: &Polynomial) -> Self {
        // For the value n/d and the degree D: Σ cᵢ·nⁱ·dᴰ⁻ⁱ over dᴰ, by Horner's rule.
        let mut coefficients = polynomial.coefficients_in(variable).into_iter().rev();
        let mut numerator = coefficients.next().unwrap_or_default();
        let own = self.denominator();
        let (mut power, mut denominator) = (Polynomial::one(), Powers::default());
        for coefficient in coefficients {
            power = power.times(&own);
            denominator = denominator.times(&self.denominator);
            numerator = numerator.times(&self.numerator).plus(&coefficient.times(&power));
        }
        self.field.made(|_| (numerator, denominator))
    }

    fn same_field(&self, other: &Self) {
        assert!(self.field.is(&other.field), "the fractions are of different fields");
    }
}

super::ring_operators!(Fraction);

// By 0 it panics, as that of numbers does.
super::operator!(Fraction, Div, div, quotient, DivAssign, div_assign);

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.same_field(other);
        (self.denominator == other.denominator && self.numerator == other.numerator) || self.minus(other).is_zero()
    }
}

impl Eq for Fraction {}

impl fmt::Display for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.field.names();
        let numerator = self.numerator.display(names);
        if self.denominator.is_one() {
            return formatter.write_str(&numerator);
        }
        write!(formatter, "({numerator})")?;
        for (number, exponent) in self.denominator.pairs() {
            write!(formatter, "/({})", self.field.element(*number).display(names))?;
            if *exponent > 1 {
                write!(formatter, "^{exponent}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
