//! Rationals with small denominators near a given one.

use rug::{Integer, Rational};

/// The convergents of the continued fraction of a rational, in order, as long as their denominators
/// are at most the bound. Each is nearer to the rational than all rationals with smaller
/// denominators; the last one, where the bound allows, is the rational itself. Denominators grow
/// from the second on.
#[must_use]
pub fn convergents(value: &Rational, most_denominator: &Integer) -> Convergents {
    let (numerator, denominator) = value.clone().into_numer_denom();
    Convergents {
        rest: (numerator, denominator),
        last: (Integer::from(1), Integer::new()),
        before: (Integer::new(), Integer::from(1)),
        most_denominator: most_denominator.clone(),
    }
}

/// See [`convergents`].
#[derive(Clone, Debug)]
pub struct Convergents {
    /// Numerator and denominator of what the continued fraction has yet to expand.
    rest: (Integer, Integer),
    /// Numerator and denominator of the last convergent.
    last: (Integer, Integer),
    /// The same of the one before.
    before: (Integer, Integer),
    most_denominator: Integer,
}

impl Iterator for Convergents {
    type Item = Rational;

    fn next(&mut self) -> Option<Rational> {
        if self.rest.1 == 0 {
            return None;
        }
        let (quotient, remainder) = self.rest.0.clone().div_rem_floor(self.rest.1.clone());
        let numerator = Integer::from(&quotient * &self.last.0) + &self.before.0;
        let denominator = Integer::from(&quotient * &self.last.1) + &self.before.1;
        if denominator > self.most_denominator {
            self.rest.1 = Integer::new();
            return None;
        }
        self.rest = (std::mem::take(&mut self.rest.1), remainder);
        self.before = std::mem::replace(&mut self.last, (numerator, denominator));
        Some(Rational::from((&self.last.0, &self.last.1)))
    }
}
