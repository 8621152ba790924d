//! Decimals with few digits, rounded in a known direction.

use std::cmp::Ordering;
use std::fmt;

use rug::float::Round;
use rug::{Float, Integer, Rational};

/// A decimal number ±0.d₁d₂… · 10^exponent with d₁ ≠ 0, or zero, which has no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

/// A number that can be rounded to decimals of any length.
pub trait ToDecimal: PartialOrd {
    /// The decimal with that many significant digits next to the number in the direction of `round`;
    /// nothing for what is no finite number.
    fn to_decimal(&self, digits: usize, round: Round) -> Option<Decimal>;
}

impl Decimal {
    fn new(negative: bool, digits: &str, exponent: i64) -> Self {
        let digits = digits.trim_end_matches('0');
        match digits {
            "" => Decimal { negative: false, digits: String::new(), exponent: 0 },
            _ => Decimal { negative, digits: digits.to_owned(), exponent },
        }
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // The digits have no trailing zeros, so that the shorter of two with a common beginning is smaller.
            (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// Numbers written without a power of ten have a first digit at most that many places from the point.
const PLAIN: std::ops::RangeInclusive<i64> = -3..=7;

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.digits.len() as i64;
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        if !PLAIN.contains(&self.exponent) {
            let (first, rest) = self.digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            return write!(f, "{first}{point}{rest}e{}", self.exponent - 1);
        }
        let zeros = |count: i64| "0".repeat(count.max(0) as usize);
        if self.exponent <= 0 {
            write!(f, "0.{}{}", zeros(-self.exponent), self.digits)
        } else if self.exponent >= count {
            write!(f, "{}{}", self.digits, zeros(self.exponent - count))
        } else {
            let (whole, part) = self.digits.split_at(self.exponent as usize);
            write!(f, "{whole}.{part}")
        }
    }
}

impl ToDecimal for Float {
    fn to_decimal(&self, digits: usize, round: Round) -> Option<Decimal> {
        if !self.is_finite() {
            return None;
        }
        let (negative, digits, exponent) = self.to_sign_string_exp_round(10, Some(digits), round);
        Some(Decimal::new(negative, &digits, exponent.map_or(0, i64::from)))
    }
}

impl ToDecimal for Rational {
    fn to_decimal(&self, digits: usize, round: Round) -> Option<Decimal> {
        let negative = *self < 0;
        let size = Rational::from(self.abs_ref());
        if size == 0 {
            return Some(Decimal::new(false, "", 0));
        }
        let mut exponent = approximate_exponent(&size);
        let mut scaled = scale(&size, digits as i64 - exponent);
        // The estimate is off by a place at most.
        let (least, beyond) = (power_of_ten(digits as u32 - 1), power_of_ten(digits as u32));
        while scaled >= beyond {
            exponent += 1;
            scaled /= 10;
        }
        while scaled < least {
            exponent -= 1;
            scaled *= 10;
        }
        let text = round_magnitude(&scaled, negative, round).to_string();
        // Rounding up may make one digit more.
        let grown = text.len() as i64 - digits as i64;
        Some(Decimal::new(negative, &text, exponent + grown))
    }
}

/// A number near e with size = 0.d₁d₂… · 10^e.
fn approximate_exponent(size: &Rational) -> i64 {
    let bits = f64::from(size.numer().significant_bits()) - f64::from(size.denom().significant_bits());
    (bits * std::f64::consts::LOG10_2).floor() as i64
}

fn power_of_ten(exponent: u32) -> Integer {
    Integer::from(Integer::u_pow_u(10, exponent))
}

/// q · 10^exponent.
fn scale(q: &Rational, exponent: i64) -> Rational {
    let power = power_of_ten(exponent.unsigned_abs() as u32);
    if exponent < 0 { Rational::from(q / power) } else { Rational::from(q * power) }
}

/// The integer next to a positive number in the direction that `round` means for the number with its sign.
fn round_magnitude(scaled: &Rational, negative: bool, round: Round) -> Integer {
    let part = match (round, negative) {
        (Round::Down, false) | (Round::Up, true) | (Round::Zero, _) => Rational::from(scaled.floor_ref()),
        (Round::Down, true) | (Round::Up, false) | (Round::AwayZero, _) => Rational::from(scaled.ceil_ref()),
        _ => Rational::from(scaled.round_ref()),
    };
    part.into_numer_denom().0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numerator: i64, denominator: i64, digits: usize, round: Round) -> String {
        let value = Rational::from((numerator, denominator));
        value.to_decimal(digits, round).expect("a number").to_string()
    }

    #[test]
    fn rationals_are_rounded_in_the_direction_asked_for() {
        assert_eq!(of(1, 3, 6, Round::Down), "0.333333");
        assert_eq!(of(1, 3, 6, Round::Up), "0.333334");
        assert_eq!(of(-1, 3, 6, Round::Up), "-0.333333");
        assert_eq!(of(-1, 3, 6, Round::Down), "-0.333334");
        assert_eq!(of(-2, 3, 3, Round::Zero), "-0.666");
        assert_eq!(of(999_999_999, 1_000_000_000, 6, Round::Up), "1");
        assert_eq!(of(999_999_999, 1_000_000_000, 6, Round::Down), "0.999999");
        assert_eq!(of(1, 10, 6, Round::Down), "0.1");
        assert_eq!(of(1, 10, 6, Round::Up), "0.1");
        assert_eq!(of(0, 1, 6, Round::Up), "0");
    }

    #[test]
    fn decimals_are_written_plainly_where_they_are_short() {
        assert_eq!(of(1_234_567, 1, 7, Round::Down), "1234567");
        assert_eq!(of(1200, 1, 6, Round::Down), "1200");
        assert_eq!(of(12_345, 100, 6, Round::Down), "123.45");
        assert_eq!(of(1, 8000, 6, Round::Down), "0.000125");
        assert_eq!(of(1, 80_000, 6, Round::Down), "1.25e-5");
        assert_eq!(of(300_000_000, 1, 6, Round::Down), "3e8");
    }

    #[test]
    fn floats_that_are_no_numbers_have_no_decimal() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Float::with_val(53, value).to_decimal(6, Round::Down), None);
        }
        let tiny = Float::with_val(53, f64::from_bits(1));
        assert_eq!(tiny.to_decimal(6, Round::Down).expect("a number").to_string(), "4.94065e-324");
    }

    #[test]
    fn decimals_are_ordered_as_the_numbers_they_are() {
        let numbers = [(-12, 1), (-3, 2), (-1, 100), (0, 1), (1, 100), (1, 10), (11, 100), (1, 1), (3, 2), (100, 1)];
        let decimals: Vec<Decimal> = numbers
            .iter()
            .map(|&(n, d)| Rational::from((n, d)).to_decimal(6, Round::Nearest).expect("a number"))
            .collect();
        assert!(decimals.is_sorted());
        assert!(decimals.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
