//! Sparse polynomials with rational coefficients in several variables.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::sync::Arc;

use rug::ops::NegAssign;
use rug::{Integer, Rational};

use super::{MOST_VARIABLES, Monomial, division, product};

/// A term of a polynomial with integer coefficients.
pub(super) type Term = (Monomial, Integer);

/// A polynomial over the rationals in variables numbered from 0.
///
/// It is a rational, its content, times a polynomial whose coefficients are integers without a
/// common factor, the leading one positive. That form is unique: equal polynomials are equal field
/// by field, and polynomials that differ by a constant have the same integer part, which they share
/// in memory where one was made from the other. Copies, negation and scaling cost next to nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Polynomial {
    /// Zero only without terms.
    content: Rational,
    /// From the greatest monomial down, without zeros.
    terms: Arc<Vec<Term>>,
}

impl Polynomial {
    /// 0.
    #[must_use]
    pub fn zero() -> Self {
        Polynomial { content: Rational::new(), terms: Arc::default() }
    }

    /// 1.
    #[must_use]
    pub fn one() -> Self {
        Polynomial::constant(1)
    }

    /// A constant.
    #[must_use]
    pub fn constant(value: impl Into<Rational>) -> Self {
        Polynomial::monomial(value, Monomial::ONE)
    }

    /// A variable by its number.
    ///
    /// # Panics
    /// When the number is not below [`MOST_VARIABLES`].
    #[must_use]
    pub fn variable(variable: usize) -> Self {
        Polynomial::monomial(1, Monomial::power_of(variable, 1))
    }

    /// A single term.
    #[must_use]
    pub fn monomial(coefficient: impl Into<Rational>, monomial: Monomial) -> Self {
        let content: Rational = coefficient.into();
        if content == 0 {
            return Polynomial::zero();
        }
        Polynomial { content, terms: Arc::new(vec![(monomial, Integer::from(1))]) }
    }

    /// The sum of the terms, which come in any order and may repeat a monomial.
    #[must_use]
    pub fn from_terms(terms: impl IntoIterator<Item = (Monomial, Rational)>) -> Self {
        let mut terms: Vec<_> = terms.into_iter().collect();
        terms.sort_unstable_by_key(|(monomial, _)| Reverse(*monomial));
        terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += &next.1;
            }
            same
        });
        let mut denominator = Integer::from(1);
        terms.iter().for_each(|(_, coefficient)| denominator.lcm_mut(coefficient.denom()));
        let whole = |(monomial, coefficient): (Monomial, Rational)| {
            let (numerator, own) = coefficient.into_numer_denom();
            (monomial, numerator * Integer::from(denominator.div_exact_ref(&own)))
        };
        let terms = terms.into_iter().map(whole).filter(|(_, coefficient)| *coefficient != 0).collect();
        Polynomial::normalised(Rational::from((1, denominator.clone())), terms)
    }

    /// The nonzero factor times the terms, which are in order and without zeros.
    pub(super) fn normalised(factor: Rational, mut terms: Vec<Term>) -> Self {
        let Some((_, leading)) = terms.first() else {
            return Polynomial::zero();
        };
        let negative = *leading < 0;
        let mut divisor = Integer::new();
        for (_, coefficient) in &terms {
            divisor.gcd_mut(coefficient);
            if divisor == 1 {
                break;
            }
        }
        if divisor != 1 {
            terms.iter_mut().for_each(|(_, coefficient)| coefficient.div_exact_mut(&divisor));
        }
        if negative {
            terms.iter_mut().for_each(|(_, coefficient)| coefficient.neg_assign());
            divisor.neg_assign();
        }
        Polynomial { content: factor * divisor, terms: Arc::new(terms) }
    }

    /// The integer part, by which two polynomials that differ by a constant are the same.
    pub(super) fn integer_terms(&self) -> &[Term] {
        &self.terms
    }

    /// The rational by which the primitive part is multiplied; it has the sign of the leading
    /// coefficient.
    #[must_use]
    pub fn content(&self) -> &Rational {
        &self.content
    }

    /// The polynomial without its content: integer coefficients that have no common factor, the
    /// leading one positive. That of 0 is 0.
    #[must_use]
    pub fn primitive(&self) -> Self {
        if self.is_zero() { Polynomial::zero() } else { self.with_content(Rational::from(1)) }
    }

    fn with_content(&self, content: Rational) -> Self {
        Polynomial { content, terms: Arc::clone(&self.terms) }
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Its value, where no variable occurs.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Rational> {
        // A primitive polynomial of one term has coefficient 1, and 0 has content 0.
        match self.terms.as_slice() {
            [] => Some(&self.content),
            [(monomial, _)] if *monomial == Monomial::ONE => Some(&self.content),
            _ => None,
        }
    }

    /// The number of terms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there are no terms: the same as [`Polynomial::is_zero`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.is_zero()
    }

    /// The terms, from the greatest monomial down.
    #[must_use]
    pub fn terms(&self) -> impl ExactSizeIterator<Item = (Monomial, Rational)> + '_ {
        self.terms.iter().map(|(monomial, coefficient)| (*monomial, Rational::from(&self.content * coefficient)))
    }

    /// The term of the greatest monomial.
    #[must_use]
    pub fn leading(&self) -> Option<(Monomial, Rational)> {
        self.terms().next()
    }

    /// The degree in each variable.
    #[must_use]
    pub fn degrees(&self) -> Monomial {
        degrees(&self.terms)
    }

    /// The degree in one variable; that of 0 is 0.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn degree(&self, variable: usize) -> u16 {
        self.degrees().exponent(variable)
    }

    /// The largest total degree of a term; that of 0 is 0.
    #[must_use]
    pub fn total_degree(&self) -> u32 {
        self.terms.iter().map(|(monomial, _)| monomial.total_degree()).max().unwrap_or(0)
    }

    /// The variables that occur, in increasing order.
    #[must_use]
    pub fn variables(&self) -> Vec<usize> {
        let degrees = self.degrees();
        (0..MOST_VARIABLES).filter(|variable| degrees.exponent(*variable) > 0).collect()
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let common = common_content(&self.content, &other.content);
        let [mine, theirs] = [self, other].map(|part| Rational::from(&part.content / &common).into_numer_denom().0);
        Polynomial::normalised(common, merged(&self.terms, &mine, &other.terms, &theirs))
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    ///
    /// # Panics
    /// When an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        if let Some(factor) = other.as_constant() {
            return self.scaled(factor);
        }
        if let Some(factor) = self.as_constant() {
            return other.scaled(factor);
        }
        // By Gauss's lemma the product of the primitive parts is primitive.
        let terms = product::of(&self.terms, &other.terms);
        Polynomial { content: Rational::from(&self.content * &other.content), terms: Arc::new(terms) }
    }

    /// The product with a number.
    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Self {
        if *factor == 0 {
            return Polynomial::zero();
        }
        self.with_content(Rational::from(&self.content * factor))
    }

    /// The negative.
    #[must_use]
    pub fn negated(&self) -> Self {
        self.with_content(Rational::from(-&self.content))
    }

    /// The power; the zeroth is 1, that of 0 too.
    ///
    /// # Panics
    /// When an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn power(&self, exponent: u32) -> Self {
        // Squaring would multiply long by long: for sparse polynomials that is slower.
        (0..exponent).fold(Polynomial::one(), |power, _| power.times(self))
    }

    /// The quotient, where the division is exact; `None` where it is not, or the divisor is 0.
    #[must_use]
    pub fn divided_by(&self, divisor: &Self) -> Option<Self> {
        if divisor.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Some(Polynomial::zero());
        }
        let content = Rational::from(&self.content / &divisor.content);
        if divisor.as_constant().is_some() {
            return Some(self.with_content(content));
        }
        // By Gauss's lemma the quotient of the primitive parts is primitive, so that its
        // coefficients are integers.
        let terms = division::quotient(&self.terms, &divisor.terms)?;
        Some(Polynomial { content, terms: Arc::new(terms) })
    }

    /// The polynomial whose square it is, up to its sign, if there is one of rational coefficients.
    #[must_use]
    pub fn square_root(&self) -> Option<Self> {
        let (leading, coefficient) = self.leading()?;
        let exponents = leading.exponents();
        if self.as_constant().is_some() || exponents.iter().any(|exponent| exponent % 2 == 1) {
            return None;
        }
        let is_square =
            coefficient > 0 && coefficient.numer().is_perfect_square() && coefficient.denom().is_perfect_square();
        let (above, below) = is_square.then(|| coefficient.into_numer_denom())?;
        let root = Rational::from((above.sqrt(), below.sqrt()));
        let first = Polynomial::monomial(root, Monomial::new(exponents.map(|exponent| exponent / 2)));
        let twice = first.scaled(&Rational::from(2));
        let mut found = first;
        // Each step settles the next term, and a root has no more terms than its square.
        for _ in 0..=self.len() {
            let rest = self.minus(&found.times(&found));
            let Some((monomial, coefficient)) = rest.leading() else { return Some(found) };
            found = found.plus(&Polynomial::monomial(coefficient, monomial).divided_by(&twice)?);
        }
        None
    }

    /// The partial derivative.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn derivative(&self, variable: usize) -> Self {
        let lowered = |(monomial, coefficient): &Term| {
            let exponent = monomial.exponent(variable);
            (exponent > 0).then(|| (monomial.with(variable, exponent - 1), Integer::from(coefficient * exponent)))
        };
        // Terms keep their order, since all that stay are divided by the same variable.
        Polynomial::normalised(self.content.clone(), self.terms.iter().filter_map(lowered).collect())
    }

    /// The coefficients of the powers of one variable, the index being the exponent; none for 0.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn coefficients_in(&self, variable: usize) -> Vec<Self> {
        if self.is_zero() {
            return Vec::new();
        }
        let mut coefficients = vec![Vec::new(); usize::from(self.degree(variable)) + 1];
        for (monomial, coefficient) in self.terms.iter() {
            let exponent = usize::from(monomial.exponent(variable));
            coefficients[exponent].push((monomial.with(variable, 0), coefficient.clone()));
        }
        coefficients.into_iter().map(|terms| Polynomial::normalised(self.content.clone(), terms)).collect()
    }

    /// With a polynomial in the place of a variable.
    ///
    /// # Panics
    /// When there is no such variable, or an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn substitute(&self, variable: usize, value: &Self) -> Self {
        let coefficients = self.coefficients_in(variable);
        coefficients.iter().rev().fold(Polynomial::zero(), |sum, coefficient| sum.times(value).plus(coefficient))
    }
}

super::ring_operators!(Polynomial);

impl Default for Polynomial {
    fn default() -> Self {
        Polynomial::zero()
    }
}

impl fmt::Debug for Polynomial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.display(&[] as &[&str]))
    }
}

/// The degree in each variable.
pub(super) fn degrees(terms: &[Term]) -> Monomial {
    terms.iter().fold(Monomial::ONE, |degrees, (monomial, _)| degrees.join(monomial))
}

/// The largest rational of which both are integer multiples.
fn common_content(a: &Rational, b: &Rational) -> Rational {
    let numerator = Integer::from(a.numer().gcd_ref(b.numer()));
    Rational::from((numerator, Integer::from(a.denom().lcm_ref(b.denom()))))
}

/// The terms of a·left + b·right.
fn merged(left: &[Term], a: &Integer, right: &[Term], b: &Integer) -> Vec<Term> {
    let mut terms = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) => l.0.cmp(&r.0),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (None, None) => return terms,
        };
        let from_left = if order.is_ge() { left.next() } else { None };
        let from_right = if order.is_le() { right.next() } else { None };
        let mut sum = Integer::new();
        for (term, factor) in [(from_left, a), (from_right, b)] {
            if let Some((_, coefficient)) = term {
                sum += coefficient * factor;
            }
        }
        if let Some((monomial, _)) = from_left.or(from_right)
            && sum != 0
        {
            terms.push((*monomial, sum));
        }
    }
}
