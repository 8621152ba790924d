//! Polynomials with rational coefficients in one variable, and rational functions through points.

use std::mem::replace;

use rug::{Integer, Rational};

/// A polynomial in one variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Univariate {
    /// By exponent; the last one is not zero.
    coefficients: Vec<Rational>,
}

/// Fits are accepted only through so many points more than they have coefficients.
const CONFIRMING_POINTS: usize = 3;

impl Univariate {
    /// With the given coefficients, that of the zeroth power first.
    #[must_use]
    pub fn new(coefficients: impl IntoIterator<Item = Rational>) -> Self {
        let mut coefficients: Vec<_> = coefficients.into_iter().collect();
        while coefficients.last().is_some_and(|last| *last == 0) {
            coefficients.pop();
        }
        Univariate { coefficients }
    }

    /// 0.
    #[must_use]
    pub fn zero() -> Self {
        Univariate::default()
    }

    /// A constant.
    #[must_use]
    pub fn constant(value: impl Into<Rational>) -> Self {
        Univariate::new([value.into()])
    }

    /// x − a.
    fn root(a: &Rational) -> Self {
        Univariate::new([Rational::from(-a), Rational::from(1)])
    }

    /// The coefficients, that of the zeroth power first; the last one is not zero.
    #[must_use]
    pub fn coefficients(&self) -> &[Rational] {
        &self.coefficients
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.coefficients.is_empty()
    }

    /// The degree; 0 has none.
    #[must_use]
    pub fn degree(&self) -> Option<usize> {
        self.coefficients.len().checked_sub(1)
    }

    /// The value at a point.
    #[must_use]
    pub fn at(&self, x: &Rational) -> Rational {
        self.coefficients.iter().rev().fold(Rational::new(), |sum, coefficient| sum * x + coefficient)
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let length = self.coefficients.len().max(other.coefficients.len());
        let zero = Rational::new();
        let [mine, theirs] = [self, other].map(|part| move |i| part.coefficients.get(i));
        Univariate::new((0..length).map(|i| Rational::from(mine(i).unwrap_or(&zero) + theirs(i).unwrap_or(&zero))))
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut coefficients = vec![Rational::new(); self.coefficients.len() + other.coefficients.len()];
        for (i, a) in self.coefficients.iter().enumerate() {
            for (j, b) in other.coefficients.iter().enumerate() {
                coefficients[i + j] += Rational::from(a * b);
            }
        }
        Univariate::new(coefficients)
    }

    /// The product with a number.
    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Self {
        Univariate::new(self.coefficients.iter().map(|coefficient| Rational::from(coefficient * factor)))
    }

    /// The negative.
    #[must_use]
    pub fn negated(&self) -> Self {
        Univariate { coefficients: self.coefficients.iter().map(|coefficient| Rational::from(-coefficient)).collect() }
    }

    /// The derivative.
    #[must_use]
    pub fn derivative(&self) -> Self {
        let terms = self.coefficients.iter().enumerate().skip(1);
        Univariate::new(terms.map(|(exponent, coefficient)| Rational::from(coefficient * Integer::from(exponent))))
    }

    /// The quotient, and the remainder of smaller degree than the divisor; `None` by 0.
    #[must_use]
    pub fn divided_by(&self, divisor: &Self) -> Option<(Self, Self)> {
        let (leading, lower) = divisor.coefficients.split_last()?;
        let mut rest = self.coefficients.clone();
        let mut quotient = Vec::new();
        while rest.len() > lower.len()
            && let Some(top) = rest.pop()
        {
            let factor = top / leading;
            let start = rest.len() - lower.len();
            for (coefficient, below) in rest[start..].iter_mut().zip(lower) {
                *coefficient -= Rational::from(&factor * below);
            }
            quotient.push(factor);
        }
        quotient.reverse();
        Some((Univariate::new(quotient), Univariate::new(rest)))
    }

    /// The multiple with leading coefficient 1; that of 0 is 0.
    #[must_use]
    pub fn monic(&self) -> Self {
        self.coefficients
            .last()
            .map_or_else(Univariate::zero, |leading| self.scaled(&Rational::from(leading.recip_ref())))
    }

    /// The greatest common divisor, with leading coefficient 1; that of 0 and 0 is 0.
    #[must_use]
    pub fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.monic(), other.monic());
        while let Some((_, remainder)) = a.divided_by(&b) {
            // The numbers would grow exponentially otherwise.
            a = replace(&mut b, remainder.monic());
        }
        a
    }
}

super::ring_operators!(Univariate);

/// A rational function through all points, numerator and denominator without a common factor, the
/// latter with leading coefficient 1: one with the fewest coefficients of all whose degrees are at
/// most `most_degree`. There must be at least three more points than coefficients of both, so that
/// a fit is confirmed by points that it was not made from; else there is `None`.
///
/// Points may repeat, but not contradict one another.
#[must_use]
pub fn interpolate_fraction(points: &[(Rational, Rational)], most_degree: usize) -> Option<(Univariate, Univariate)> {
    let mut points: Vec<_> = points.iter().collect();
    points.sort_unstable();
    points.dedup();
    if points.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return None;
    }
    // Along the Euclidean algorithm of M = Π(x − xᵢ) and the polynomial P through the points, each
    // remainder is r = sM + tP, so r/t takes the values of P where t is not zero. All fits with
    // fewer coefficients than points are among these (von zur Gathen and Gerhard, Modern Computer
    // Algebra, on Cauchy interpolation).
    let (multiple, through) = newton(&points);
    let mut last = (multiple, Univariate::zero());
    let mut next = (through, Univariate::constant(1));
    let mut best: Option<(Univariate, Univariate)> = None;
    loop {
        let is_small = next.0.degree() <= Some(most_degree) && next.1.degree() <= Some(most_degree);
        let is_confirmed = size(&next) + CONFIRMING_POINTS <= points.len();
        let is_better = best.as_ref().is_none_or(|best| size(&next) < size(best));
        if is_small && is_confirmed && is_better && passes(&next, &points) {
            best = Some(next.clone());
        }
        let Some((quotient, remainder)) = last.0.divided_by(&next.0) else {
            return best;
        };
        let cofactor = last.1.minus(&quotient.times(&next.1));
        last = replace(&mut next, with_monic_denominator(&remainder, &cofactor));
    }
}

/// Π(x − xᵢ), and the polynomial of least degree through the points.
fn newton(points: &[&(Rational, Rational)]) -> (Univariate, Univariate) {
    let (mut multiple, mut through) = (Univariate::constant(1), Univariate::zero());
    for (x, y) in points {
        let missing = (y - through.at(x)) / multiple.at(x);
        through = through.plus(&multiple.scaled(&missing));
        multiple = multiple.times(&Univariate::root(x));
    }
    (multiple, through)
}

/// The number of coefficients of numerator and denominator.
fn size((numerator, denominator): &(Univariate, Univariate)) -> usize {
    numerator.degree().unwrap_or(0) + denominator.degree().unwrap_or(0) + 2
}

/// Whether the fraction is defined at all points and has their values.
fn passes((numerator, denominator): &(Univariate, Univariate), points: &[&(Rational, Rational)]) -> bool {
    points.iter().all(|(x, y)| {
        let below = denominator.at(x);
        below != 0 && numerator.at(x) == below * y
    })
}

/// Divides both by the leading coefficient of the denominator. Along the Euclidean algorithm the
/// numbers would grow exponentially otherwise.
fn with_monic_denominator(numerator: &Univariate, denominator: &Univariate) -> (Univariate, Univariate) {
    let factor =
        denominator.coefficients.last().map_or_else(Rational::new, |leading| Rational::from(leading.recip_ref()));
    (numerator.scaled(&factor), denominator.scaled(&factor))
}
