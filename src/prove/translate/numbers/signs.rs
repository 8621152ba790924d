//! Signs that are plain: by what is known, factor by factor.

use rug::Rational;

use super::Numbers;
use crate::algebra::{Fraction, MOST_VARIABLES, Polynomial};
use crate::prove::problem::Condition;

impl Numbers {
    /// The sign of a number, where it is plain: by what is known, factor by factor.
    pub fn sign(&self, number: &Fraction) -> Option<KnownSign> {
        if number.is_zero() {
            return None;
        }
        let above = self.sign_of(number.numerator())?;
        let below = self.sign_of(&number.denominator()).filter(|sign| sign.strict)?;
        Some(KnownSign { negative: above.negative != below.negative, strict: above.strict })
    }

    pub(super) fn sign_of(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        let plain = |own: &Polynomial| self.plain_sign(own);
        let above = |own: &Polynomial| self.plain_sign(own).or_else(|| self.sign_above_a_condition(own));
        above(polynomial)
            .or_else(|| self.sign_by_factors(polynomial, &plain))
            .or_else(|| self.sign_by_factors(polynomial, &above))
    }

    /// Of a polynomial that is a multiple of a condition and something of the same sign.
    fn sign_above_a_condition(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        [polynomial.clone(), -polynomial].into_iter().enumerate().find_map(|(side, own)| {
            let of_condition = |condition: &Condition| {
                let mut factors: Vec<Rational> = Vec::new();
                for (monomial, coefficient) in condition.polynomial.terms() {
                    let there = own.terms().find(|(own, _)| *own == monomial).map(|(_, there)| there / coefficient);
                    factors.extend(there.filter(|factor| *factor > 0 && !factors.contains(factor)));
                }
                factors.into_iter().find_map(|factor| {
                    let rest = &own - &condition.polynomial.scaled(&factor);
                    let plain = |own: &Polynomial| self.plain_sign(own);
                    let sign = self.plain_sign(&rest).or_else(|| self.sign_by_factors(&rest, &plain))?;
                    let strict = sign.strict || condition.strict;
                    (!sign.negative).then_some(KnownSign { negative: side == 1, strict })
                })
            };
            self.conditions.iter().find_map(of_condition)
        })
    }

    fn sign_by_factors(
        &self,
        polynomial: &Polynomial,
        of: &dyn Fn(&Polynomial) -> Option<KnownSign>,
    ) -> Option<KnownSign> {
        for condition in &self.conditions {
            self.field.learn(&condition.polynomial);
        }
        let factors = self.field.factors(polynomial);
        let mut sign = self.plain_sign(&Polynomial::constant(factors.constant.clone()))?;
        for (element, exponent) in factors.powers.pairs() {
            sign = sign.times(of(&self.field.element(*element))?.power(*exponent));
        }
        Some(sign.times(of(&factors.rest)?))
    }

    /// By a condition, or as all terms have one sign.
    pub(super) fn plain_sign(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        if let Some(value) = polynomial.as_constant() {
            return (*value != 0).then_some(KnownSign { negative: *value < 0, strict: true });
        }
        let known = self.by_condition(polynomial).or_else(|| self.sign_of_terms(polynomial));
        known.or_else(|| self.sign_between_ends(polynomial))
    }

    /// By a condition on a multiple of it.
    fn by_condition(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        let primitive = polynomial.primitive();
        let same = self.conditions.iter().filter(|condition| condition.polynomial.primitive() == primitive);
        let known = same.map(|condition| KnownSign {
            negative: !same_side(&condition.polynomial, polynomial),
            strict: condition.strict,
        });
        known.max_by_key(|known| known.strict)
    }

    /// Of a polynomial that is affine in a number between 0 and 1, by what it is at 0 and at 1.
    fn sign_between_ends(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        polynomial.variables().into_iter().filter(|variable| polynomial.degree(*variable) == 1).find_map(|variable| {
            let number = Polynomial::variable(variable);
            let of = |number: &Polynomial| self.by_condition(number).filter(|sign| !sign.negative);
            let (from_zero, from_one) = (of(&number)?, of(&(&Polynomial::one() - &number))?);
            let at = |value: i32| {
                let end = polynomial.substitute(variable, &Polynomial::constant(value));
                if end.is_zero() { Some(None) } else { self.plain_sign(&end).map(Some) }
            };
            match (at(0)?, at(1)?) {
                (Some(low), Some(high)) if low.negative == high.negative => {
                    let strict = (low.strict && (high.strict || from_one.strict)) || (high.strict && from_zero.strict);
                    Some(KnownSign { strict, ..low })
                }
                (Some(low), None) => Some(KnownSign { strict: low.strict && from_one.strict, ..low }),
                (None, Some(high)) => Some(KnownSign { strict: high.strict && from_zero.strict, ..high }),
                _ => None,
            }
        })
    }

    fn sign_of_terms(&self, polynomial: &Polynomial) -> Option<KnownSign> {
        let of_variable = |variable: usize| {
            let own = Polynomial::variable(variable);
            let is_it = |condition: &&Condition| {
                condition.polynomial.primitive() == own && same_side(&condition.polynomial, &own)
            };
            self.conditions.iter().filter(is_it).map(|condition| condition.strict).max()
        };
        let mut sign: Option<KnownSign> = None;
        for (monomial, coefficient) in polynomial.terms() {
            let mut strict = true;
            for variable in (0..MOST_VARIABLES).filter(|variable| monomial.exponent(*variable) > 0) {
                strict &= of_variable(variable)?;
            }
            let term = KnownSign { negative: coefficient < 0, strict };
            sign = match sign {
                None => Some(term),
                Some(sum) if sum.negative == term.negative => Some(KnownSign { strict: sum.strict || strict, ..sum }),
                Some(_) => return None,
            };
        }
        sign
    }
}

/// A sign that is known: not 0, or at least not the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSign {
    /// Whether it is at most 0; else it is at least 0.
    pub negative: bool,
    /// Whether it is not 0.
    pub strict: bool,
}

impl KnownSign {
    fn times(self, other: KnownSign) -> KnownSign {
        KnownSign { negative: self.negative != other.negative, strict: self.strict && other.strict }
    }

    fn power(self, exponent: u32) -> KnownSign {
        KnownSign { negative: self.negative && exponent % 2 == 1, ..self }
    }
}

/// Whether two multiples of one polynomial are positive ones of each other.
pub fn same_side(a: &Polynomial, b: &Polynomial) -> bool {
    (*a.content() > 0) == (*b.content() > 0)
}
