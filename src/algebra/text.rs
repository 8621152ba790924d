//! Polynomials as text, such as `3/2*beta^2*gamma - beta + 1`.

use rug::{Integer, Rational};
use thiserror::Error;

use super::{MOST_VARIABLES, Monomial, Polynomial};

/// Texts with more terms are not read.
pub(super) const MOST_TERMS: usize = 20_000;
/// Texts with larger exponents are not read, nor those whose terms multiply to larger ones.
pub(super) const MOST_EXPONENT: u16 = 255;
/// A polynomial has integer coefficients over one denominator. Texts are not read whose terms would
/// need more bits for denominators: many different ones would fill the memory.
const MOST_DENOMINATOR_BITS: u64 = 1 << 25;

/// Why a text is no polynomial or no fraction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unreadable {
    /// Something else is there.
    #[error("expected {what} {place}")]
    Expected {
        /// What should be there.
        what: String,
        /// Where.
        place: String,
    },
    /// No variable has the name.
    #[error("there is no variable `{0}`")]
    Variable(String),
    /// Something is divided by 0.
    #[error("a denominator is 0")]
    Zero,
    /// It has more terms than are read.
    #[error("there are more than {MOST_TERMS} terms")]
    Terms,
    /// A power is higher than those that are read.
    #[error("an exponent is above {MOST_EXPONENT}")]
    Exponent,
    /// A common denominator would fill the memory.
    #[error("the common denominator of the terms is too long")]
    Denominator,
    /// The denominators multiply to a power that is too high.
    #[error("the degree of the denominator in a variable is above {MOST_EXPONENT}")]
    Degree,
}

impl Polynomial {
    /// The polynomial as text, variables by their names. One without a name is `?` with its number,
    /// which is not read back.
    #[must_use]
    pub fn display<S: AsRef<str>>(&self, names: &[S]) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let mut text = String::new();
        for (position, (monomial, coefficient)) in self.terms().enumerate() {
            text.push_str(match (position, coefficient < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            write_term(&mut text, &monomial, &coefficient.abs(), names);
        }
        text
    }

    /// Reads what [`Polynomial::display`] writes: a sum of products of integers, fractions of
    /// integers, and powers of variables, without parentheses.
    ///
    /// # Errors
    /// When the text is something else, has an unknown name, an exponent above 255 or more than
    /// 20,000 terms.
    pub fn parse<S: AsRef<str>>(text: &str, names: &[S]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(text);
        let polynomial = reader.polynomial(names)?;
        reader.end()?;
        Ok(polynomial)
    }
}

/// Writes a term without its sign.
fn write_term<S: AsRef<str>>(text: &mut String, monomial: &Monomial, coefficient: &Rational, names: &[S]) {
    let mut separator = "";
    if *coefficient != 1 || *monomial == Monomial::ONE {
        text.push_str(&coefficient.to_string());
        separator = "*";
    }
    for variable in (0..MOST_VARIABLES).filter(|variable| monomial.exponent(*variable) > 0) {
        text.push_str(separator);
        separator = "*";
        match names.get(variable) {
            Some(name) => text.push_str(name.as_ref()),
            None => text.push_str(&format!("?{variable}")),
        }
        if monomial.exponent(variable) > 1 {
            text.push_str(&format!("^{}", monomial.exponent(variable)));
        }
    }
}

/// Whether a variable can have that name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(starts_name) && text.chars().all(continues_name)
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What is left to read of a text.
pub(super) struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// At the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Reader { rest: text.trim_start() }
    }

    /// Whether the mark comes next; then it is read.
    pub(super) fn eats(&mut self, mark: char) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// Demands a mark.
    pub(super) fn expect(&mut self, mark: char) -> Result<(), Unreadable> {
        if self.eats(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}`"))) }
    }

    /// Demands that nothing is left.
    pub(super) fn end(&self) -> Result<(), Unreadable> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.expected("the end")) }
    }

    /// Whether everything was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// That something else should come next.
    fn expected(&self, what: &str) -> Unreadable {
        let next: String = self.rest.chars().take(20).collect();
        let place = if next.is_empty() { "at the end".to_owned() } else { format!("at `{next}`") };
        Unreadable::Expected { what: what.to_owned(), place }
    }

    /// The longest start of the rest whose characters all satisfy a condition, which is read.
    fn run(&mut self, condition: fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !condition(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        run
    }

    /// A sum of terms.
    pub(super) fn polynomial<S: AsRef<str>>(&mut self, names: &[S]) -> Result<Polynomial, Unreadable> {
        let mut terms = Vec::new();
        let mut denominator = Integer::from(1);
        let mut negative = self.eats('-');
        loop {
            let (monomial, coefficient) = self.term(names)?;
            denominator.lcm_mut(coefficient.denom());
            terms.push((monomial, if negative { -coefficient } else { coefficient }));
            if terms.len() > MOST_TERMS {
                return Err(Unreadable::Terms);
            }
            if u64::from(denominator.significant_bits()) * terms.len() as u64 > MOST_DENOMINATOR_BITS {
                return Err(Unreadable::Denominator);
            }
            negative = self.eats('-');
            if !negative && !self.eats('+') {
                return Ok(Polynomial::from_terms(terms));
            }
        }
    }

    /// A product of numbers and powers.
    fn term<S: AsRef<str>>(&mut self, names: &[S]) -> Result<(Monomial, Rational), Unreadable> {
        let (mut monomial, mut coefficient) = (Monomial::ONE, Rational::from(1));
        loop {
            if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                coefficient *= self.number()?;
            } else {
                let (variable, exponent) = self.power(names)?;
                let total = monomial.exponent(variable) + exponent;
                if total > MOST_EXPONENT {
                    return Err(Unreadable::Exponent);
                }
                monomial = monomial.with(variable, total);
            }
            if !self.eats('*') {
                return Ok((monomial, coefficient));
            }
        }
    }

    /// An integer, or a fraction of two.
    fn number(&mut self) -> Result<Rational, Unreadable> {
        let numerator = self.integer()?;
        if !self.eats('/') {
            return Ok(numerator.into());
        }
        let denominator = self.integer()?;
        if denominator == 0 {
            return Err(Unreadable::Zero);
        }
        Ok(Rational::from((numerator, denominator)))
    }

    fn integer(&mut self) -> Result<Integer, Unreadable> {
        let start = Reader { rest: self.rest };
        let digits = self.run(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| start.expected("an integer"))
    }

    /// A variable and its exponent.
    fn power<S: AsRef<str>>(&mut self, names: &[S]) -> Result<(usize, u16), Unreadable> {
        let start = Reader { rest: self.rest };
        let name = self.run(continues_name);
        if !is_name(name) {
            return Err(start.expected("a number or a name"));
        }
        let variable = names.iter().take(MOST_VARIABLES).position(|known| known.as_ref() == name);
        let variable = variable.ok_or_else(|| Unreadable::Variable(name.to_owned()))?;
        Ok((variable, if self.eats('^') { self.exponent()? } else { 1 }))
    }

    /// An exponent, without the sign of the power.
    pub(super) fn exponent(&mut self) -> Result<u16, Unreadable> {
        let exponent = self.integer()?.to_u16().filter(|exponent| *exponent <= MOST_EXPONENT);
        exponent.ok_or(Unreadable::Exponent)
    }
}
