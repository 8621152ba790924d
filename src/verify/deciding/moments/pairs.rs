//! The moments of pairs of registers.

use super::matrix::Matrix;
use crate::number::Scalar;

/// Moments of pairs of registers in one block. What is not there is zero.
#[derive(Clone)]
pub(super) struct Pairs<S> {
    pub registers: usize,
    pub entries: Vec<Option<Matrix<S>>>,
}

impl<S: Scalar> Pairs<S> {
    pub fn new(registers: usize) -> Self {
        Pairs { registers, entries: vec![None; registers * registers] }
    }

    /// E ab^T.
    pub fn of(&self, a: usize, b: usize) -> Option<Matrix<S>> {
        if a <= b { self.entry(a, b).cloned() } else { self.entry(b, a).map(Matrix::transpose) }
    }

    /// The same where a ≤ b.
    pub fn entry(&self, a: usize, b: usize) -> Option<&Matrix<S>> {
        self.entries[a * self.registers + b].as_ref()
    }

    pub fn set(&mut self, a: usize, b: usize, value: Option<Matrix<S>>) {
        let (low, high, value) = if a <= b { (a, b, value) } else { (b, a, value.as_ref().map(Matrix::transpose)) };
        self.entries[low * self.registers + high] = value;
    }

    /// Replaces all moments of a register: with itself, and with each live one.
    pub fn replace(
        &mut self,
        u: usize,
        live: &[bool],
        own: Option<Matrix<S>>,
        other: impl Fn(&Self, usize) -> Option<Matrix<S>>,
    ) {
        let others: Vec<Option<Matrix<S>>> =
            (0..self.registers).map(|r| if r != u && live[r] { other(self, r) } else { None }).collect();
        for (r, value) in others.into_iter().enumerate() {
            self.set(u, r, value);
        }
        self.set(u, u, own);
    }

    /// E⟨a, b⟩.
    pub fn inner(&self, a: usize, b: usize, context: S::Context) -> S {
        self.entry(a.min(b), a.max(b)).map_or_else(|| S::zero(context), |matrix| matrix.trace(context))
    }
}

/// into ← into + factor·matrix, where nothing is zero.
pub(super) fn accumulate<S: Scalar>(into: &mut Option<Matrix<S>>, matrix: Option<Matrix<S>>, factor: &S) {
    let Some(matrix) = matrix else { return };
    match into {
        Some(sum) => sum.add_multiple(&matrix, factor),
        None => *into = Some(matrix.scaled(factor)),
    }
}
