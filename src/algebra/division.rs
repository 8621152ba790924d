//! Exact division of sparse polynomials.

use std::collections::BinaryHeap;

use rug::Integer;

use super::grid::Grid;
use super::image::Image;
use super::polynomial::{Term, degrees};
use super::product::{Next, advance};
use super::{MOST_VARIABLES, Monomial};

/// A grid is worth its while up to so many cells for each term of the dividend.
const CELLS_BY_TERM: usize = 32;

/// The quotient of two polynomials with integer coefficients, given by their terms in decreasing
/// order, where it is such a polynomial. The divisor has a term with a variable.
pub(super) fn quotient(dividend: &[Term], divisor: &[Term]) -> Option<Vec<Term>> {
    // Whatever shows at little cost that there is no quotient comes first: its leading and its last
    // term, its degrees, and its image.
    for (above, below) in [(dividend.first()?, divisor.first()?), (dividend.last()?, divisor.last()?)] {
        above.0.divided_by(&below.0)?;
        if !above.1.is_divisible(&below.1) {
            return None;
        }
    }
    let (above, below) = (degrees(dividend), degrees(divisor));
    let most = above.divided_by(&below)?;
    let variable = (0..MOST_VARIABLES).max_by_key(|variable| below.exponent(*variable))?;
    let image = |terms, degrees| Image::of(terms, degrees, variable);
    if divisor.len() > 1 && !image(divisor, &below).may_divide(image(dividend, &above)) {
        return None;
    }
    match Grid::within(&above, CELLS_BY_TERM * dividend.len()) {
        Some(grid) => grid.quotient(dividend, divisor, &most),
        None => sparse_quotient(dividend, divisor, &most),
    }
}

/// Division by a heap (Monagan and Pearce 2007): each term of the quotient times the divisor is a
/// stream in decreasing order, and the heap merges what is to be subtracted.
pub(super) fn sparse_quotient(dividend: &[Term], divisor: &[Term], most: &Monomial) -> Option<Vec<Term>> {
    let leading = divisor.first()?;
    let mut quotient: Vec<Term> = Vec::new();
    let mut heap: BinaryHeap<Next> = BinaryHeap::new();
    let mut above = dividend.iter().peekable();
    loop {
        let Some(monomial) = above.peek().map(|term| term.0).max(heap.peek().map(|next| next.0)) else {
            return Some(quotient);
        };
        let mut rest = above.next_if(|term| term.0 == monomial).map_or_else(Integer::new, |term| term.1.clone());
        while let Some((_, i, j)) = heap.peek().copied().filter(|next| next.0 == monomial) {
            rest -= &quotient[i].1 * &divisor[j].1;
            advance(&mut heap, &quotient, divisor);
        }
        if rest == 0 {
            continue;
        }
        let term = next_term(&monomial, rest, leading, most)?;
        if let Some(second) = divisor.get(1) {
            heap.push((term.0.times(&second.0), quotient.len(), 1));
        }
        quotient.push(term);
    }
}

/// The term of a quotient, of degrees up to `most`, whose product with the leading term of the
/// divisor is the given one.
pub(super) fn next_term(monomial: &Monomial, coefficient: Integer, leading: &Term, most: &Monomial) -> Option<Term> {
    let next = monomial.divided_by(&leading.0)?;
    most.divided_by(&next)?;
    coefficient.is_divisible(&leading.1).then(|| (next, coefficient.div_exact(&leading.1)))
}
