//! Images of polynomials modulo a prime, which show at little cost that a division is not exact.

use super::polynomial::Term;
use super::{MOST_VARIABLES, Monomial};

/// The largest prime below 2³²: the product of two residues fits in a word.
const PRIME: u64 = 4_294_967_291;

/// A polynomial in one variable modulo [`PRIME`]: what becomes of a polynomial with integer
/// coefficients when all other variables take fixed values. Sums and products of polynomials go to
/// sums and products of images.
pub(super) struct Image {
    /// By exponent; the last one is not zero.
    coefficients: Vec<u64>,
}

impl Image {
    /// The image, in which the given variable stays, of a polynomial with the given degrees.
    pub(super) fn of(terms: &[Term], degrees: &Monomial, variable: usize) -> Self {
        let others = (0..MOST_VARIABLES).filter(|other| *other != variable && degrees.exponent(*other) > 0);
        let powers: Vec<_> = others.map(|other| (other, powers(value_of(other), degrees.exponent(other)))).collect();
        let mut coefficients = vec![0; usize::from(degrees.exponent(variable)) + 1];
        for (monomial, coefficient) in terms {
            let residue = u64::from(coefficient.mod_u(PRIME as u32));
            let value = powers.iter().fold(residue, |product, (other, powers)| {
                product * powers[usize::from(monomial.exponent(*other))] % PRIME
            });
            let sum = &mut coefficients[usize::from(monomial.exponent(variable))];
            *sum = (*sum + value) % PRIME;
        }
        Image { coefficients }.trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.coefficients.last() == Some(&0) {
            self.coefficients.pop();
        }
        self
    }

    /// Whether the division of another image by this one leaves no remainder; true also where this
    /// one is zero, which tells nothing.
    pub(super) fn may_divide(&self, dividend: Image) -> bool {
        let Some((leading, lower)) = self.coefficients.split_last() else {
            return true;
        };
        let inverse = inverse(*leading);
        let mut rest = dividend.coefficients;
        while rest.len() > lower.len() {
            let Some(top) = rest.pop() else { break };
            let factor = top * inverse % PRIME;
            let start = rest.len() - lower.len();
            for (coefficient, below) in rest[start..].iter_mut().zip(lower) {
                *coefficient = (*coefficient + (PRIME - factor) * below) % PRIME;
            }
        }
        rest.iter().all(|coefficient| *coefficient == 0)
    }
}

/// The fixed value of a variable: arbitrary, different for each, and not small.
fn value_of(variable: usize) -> u64 {
    (variable as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % PRIME
}

/// The powers from the zeroth up to the given exponent.
fn powers(value: u64, exponent: u16) -> Vec<u64> {
    std::iter::successors(Some(1), |power| Some(power * value % PRIME)).take(usize::from(exponent) + 1).collect()
}

/// The inverse of a nonzero residue, by Fermat's little theorem.
fn inverse(residue: u64) -> u64 {
    let (mut result, mut square, mut exponent) = (1, residue, PRIME - 2);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * square % PRIME;
        }
        square = square * square % PRIME;
        exponent /= 2;
    }
    result
}
