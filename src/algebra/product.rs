//! The product of sparse polynomials.

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::mem::take;

use rug::Integer;

use super::Monomial;
use super::grid::Grid;
use super::polynomial::{Term, degrees};

/// What a stream has next: the monomial, and which terms of the two factors make it.
pub(super) type Next = (Monomial, usize, usize);

/// Goes on to the next term of the stream on top of the heap, which leaves at its end.
pub(super) fn advance(heap: &mut BinaryHeap<Next>, left: &[Term], right: &[Term]) {
    let Some(mut top) = heap.peek_mut() else { return };
    let (_, i, j) = *top;
    match right.get(j + 1) {
        Some(next) => *top = (left[i].0.times(&next.0), i, j + 1),
        None => {
            PeekMut::pop(top);
        }
    }
}

/// A grid is worth its while up to so many cells for each pair of terms.
const CELLS_BY_PAIR: usize = 4;

/// The product of two polynomials given by their terms in decreasing order.
///
/// # Panics
/// When an exponent is too large.
pub(super) fn of(a: &[Term], b: &[Term]) -> Vec<Term> {
    let degrees = degrees(a).times(&degrees(b));
    match Grid::within(&degrees, CELLS_BY_PAIR * a.len() * b.len()) {
        Some(grid) => grid.product(a, b),
        None => sparse(a, b),
    }
}

/// The product by a heap (Johnson 1974): every term of the shorter factor times the terms of the
/// longer one is a stream in decreasing order, and the heap merges the streams. Each term of the
/// product is summed in place, and memory is only taken for the heap and the result.
fn sparse(a: &[Term], b: &[Term]) -> Vec<Term> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (Some(first), Some(greatest)) = (short.first(), long.first()) else {
        return Vec::new();
    };
    let mut terms = Vec::with_capacity(short.len() + long.len() - 1);
    let mut heap = BinaryHeap::with_capacity(short.len());
    heap.push((first.0.times(&greatest.0), 0, 0));
    let mut sum = Integer::new();
    while let Some((monomial, i, j)) = heap.peek().copied() {
        sum += &short[i].1 * &long[j].1;
        advance(&mut heap, short, long);
        // A stream starts below the start of the one before, so it need not wait in the heap.
        if j == 0
            && let Some(next) = short.get(i + 1)
        {
            heap.push((next.0.times(&greatest.0), i + 1, 0));
        }
        let is_whole = heap.peek().is_none_or(|next| next.0 != monomial);
        if is_whole && sum != 0 {
            terms.push((monomial, take(&mut sum)));
        }
    }
    terms
}
