//! A growing base of polynomials, over which others are factored by trial division.

use rug::Rational;

use super::{Polynomial, Powers};

/// A polynomial as a product: the constant times powers of base elements times the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factors {
    /// The constant, with the sign.
    pub constant: Rational,
    /// The powers of base elements.
    pub powers: Powers,
    /// What no base element divides: primitive, and 1 where nothing is left.
    pub rest: Polynomial,
}

/// Primitive polynomials by number. Of those that are in use none divides another; elements are
/// never removed, so that numbers keep their meaning.
pub(super) struct Base {
    elements: Vec<Element>,
}

struct Element {
    polynomial: Polynomial,
    /// The element as a product of others, once one was found to divide it: then it is no longer in
    /// use.
    parts: Option<Powers>,
}

impl Base {
    /// The variables with numbers below the given one, and 1 minus each.
    pub(super) fn new(variables: usize) -> Self {
        let mut base = Base { elements: Vec::new() };
        for variable in (0..variables).map(Polynomial::variable) {
            let difference = Polynomial::one() - &variable;
            base.factored(&variable);
            base.factored(&difference);
        }
        base
    }

    /// The elements in use.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (usize, &Polynomial)> {
        let elements = self.elements.iter().enumerate().filter(|(_, element)| element.parts.is_none());
        elements.map(|(number, element)| (number, &element.polynomial))
    }

    /// The element of a number.
    pub(super) fn element(&self, number: usize) -> &Polynomial {
        &self.elements[number].polynomial
    }

    /// Factors a polynomial by trial division; 0 has the constant 0.
    pub(super) fn factors(&self, polynomial: &Polynomial) -> Factors {
        if polynomial.is_zero() {
            return Factors { constant: Rational::new(), powers: Powers::default(), rest: Polynomial::one() };
        }
        let mut rest = polynomial.primitive();
        let mut powers = Powers::default();
        for (number, element) in self.in_use() {
            if rest.as_constant().is_some() {
                break;
            }
            let exponent = divide_out(&mut rest, element, u32::MAX);
            powers = powers.times(&Powers::power_of(number, exponent));
        }
        Factors { constant: polynomial.content().clone(), powers, rest }
    }

    /// Factors a polynomial that is not 0 without a rest, which becomes an element if need be.
    pub(super) fn factored(&mut self, polynomial: &Polynomial) -> (Rational, Powers) {
        let Factors { constant, powers, rest } = self.factors(polynomial);
        if rest.as_constant().is_some() {
            return (constant, powers);
        }
        let number = self.elements.len();
        self.elements.push(Element { polynomial: rest, parts: None });
        (0..number).for_each(|older| self.split(older, number));
        (constant, powers.times(&Powers::power_of(number, 1)))
    }

    /// Takes an element out of use where a newer one divides it.
    fn split(&mut self, older: usize, newer: usize) {
        if self.elements[older].parts.is_some() {
            return;
        }
        let mut cofactor = self.element(older).clone();
        let exponent = divide_out(&mut cofactor, self.element(newer), u32::MAX);
        if exponent > 0 {
            let (_, parts) = self.factored(&cofactor);
            self.elements[older].parts = Some(parts.times(&Powers::power_of(newer, exponent)));
        }
    }

    /// The same product by elements in use.
    pub(super) fn settled(&self, powers: &Powers) -> Powers {
        powers.pairs().iter().fold(Powers::default(), |product, (number, exponent)| {
            product.times(&match &self.elements[*number].parts {
                Some(parts) => self.settled(parts).power(*exponent),
                None => Powers::power_of(*number, *exponent),
            })
        })
    }

    /// The product, expanded.
    pub(super) fn expanded(&self, powers: &Powers) -> Polynomial {
        powers.pairs().iter().fold(Polynomial::one(), |product, (number, exponent)| {
            (0..*exponent).fold(product, |product, _| product.times(self.element(*number)))
        })
    }

    /// The fraction with the elements of the denominator divided out of the numerator as often as
    /// they divide it.
    pub(super) fn reduced(&self, mut numerator: Polynomial, denominator: &Powers) -> (Polynomial, Powers) {
        if numerator.is_zero() {
            return (numerator, Powers::default());
        }
        let mut denominator = self.settled(denominator);
        for (number, exponent) in denominator.clone().pairs() {
            let cancelled = divide_out(&mut numerator, self.element(*number), *exponent);
            denominator = denominator.without(&Powers::power_of(*number, cancelled));
        }
        (numerator, denominator)
    }
}

/// Divides a polynomial that is not 0 by another as often as that divides it, at most so often;
/// returns how often.
fn divide_out(polynomial: &mut Polynomial, divisor: &Polynomial, most: u32) -> u32 {
    let mut count = 0;
    while count < most
        && let Some(quotient) = polynomial.divided_by(divisor)
    {
        *polynomial = quotient;
        count += 1;
    }
    count
}
