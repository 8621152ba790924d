//! Product and division of polynomials that have many of the monomials within their degrees: the
//! coefficients lie in an array.

use std::mem::take;

use rug::Integer;

use super::division::next_term;
use super::polynomial::Term;
use super::{MOST_VARIABLES, Monomial};

/// Larger arrays are not made: so many empty cells take 64 MiB.
const MOST_CELLS: usize = 1 << 22;

/// All monomials with exponents up to given degrees, numbered in their order. As long as no exponent
/// exceeds its degree, the number of a product is the sum of the numbers.
pub(super) struct Grid {
    /// Of each variable that occurs: how far its exponents are apart, and how many there are.
    places: Vec<(usize, usize, usize)>,
    cells: usize,
}

impl Grid {
    /// The monomials with exponents up to the degrees, unless there are more than so many.
    pub(super) fn within(degrees: &Monomial, most_cells: usize) -> Option<Self> {
        let (mut places, mut cells) = (Vec::new(), 1_usize);
        // The last variable counts least.
        for variable in (0..MOST_VARIABLES).rev().filter(|variable| degrees.exponent(*variable) > 0) {
            let count = usize::from(degrees.exponent(variable)) + 1;
            places.push((variable, cells, count));
            cells = cells.checked_mul(count).filter(|cells| *cells <= most_cells.min(MOST_CELLS))?;
        }
        Some(Grid { places, cells })
    }

    fn number(&self, monomial: &Monomial) -> usize {
        self.places.iter().map(|(variable, stride, _)| usize::from(monomial.exponent(*variable)) * stride).sum()
    }

    fn monomial(&self, number: usize) -> Monomial {
        self.places.iter().fold(Monomial::ONE, |monomial, (variable, stride, count)| {
            monomial.with(*variable, (number / stride % count) as u16)
        })
    }

    fn numbered<'a>(&self, terms: &'a [Term]) -> Vec<(usize, &'a Integer)> {
        terms.iter().map(|(monomial, coefficient)| (self.number(monomial), coefficient)).collect()
    }

    /// The product, whose degrees are those of the grid at most.
    pub(super) fn product(&self, a: &[Term], b: &[Term]) -> Vec<Term> {
        let mut cells = vec![Integer::new(); self.cells];
        let b = self.numbered(b);
        for (start, left) in self.numbered(a) {
            for (offset, right) in &b {
                cells[start + offset] += left * *right;
            }
        }
        let terms = cells.into_iter().enumerate().rev().filter(|(_, coefficient)| *coefficient != 0);
        terms.map(|(number, coefficient)| (self.monomial(number), coefficient)).collect()
    }

    /// The quotient, with degrees up to `most`, of a dividend whose degrees are those of the grid.
    pub(super) fn quotient(&self, dividend: &[Term], divisor: &[Term], most: &Monomial) -> Option<Vec<Term>> {
        let mut cells = vec![Integer::new(); self.cells];
        for (number, coefficient) in self.numbered(dividend) {
            cells[number].clone_from(coefficient);
        }
        let (leading, lower) = divisor.split_first()?;
        let (offset, lower) = (self.number(&leading.0), self.numbered(lower));
        let mut quotient = Vec::new();
        for number in (0..self.cells).rev() {
            if cells[number] == 0 {
                continue;
            }
            let (monomial, coefficient) = next_term(&self.monomial(number), take(&mut cells[number]), leading, most)?;
            for (below, factor) in &lower {
                cells[number - offset + below] -= &coefficient * *factor;
            }
            quotient.push((monomial, coefficient));
        }
        Some(quotient)
    }
}
