//! Square matrices in any arithmetic.

use crate::number::{Scalar, zeros};

/// A square matrix by rows.
#[derive(Clone)]
pub(super) struct Matrix<S> {
    pub size: usize,
    pub entries: Vec<S>,
}

impl<S: Scalar> Matrix<S> {
    pub fn zero(size: usize, context: S::Context) -> Self {
        Matrix { size, entries: zeros(size * size, context) }
    }

    pub fn from_fn(size: usize, entry: impl Fn(usize, usize) -> S) -> Self {
        Matrix { size, entries: (0..size * size).map(|at| entry(at / size, at % size)).collect() }
    }

    pub fn at(&self, row: usize, column: usize) -> &S {
        &self.entries[row * self.size + column]
    }

    /// The sum of all products of entries at the same place.
    pub fn inner(&self, other: &Self, context: S::Context) -> S {
        let mut sum = S::zero(context);
        self.entries.iter().zip(&other.entries).for_each(|(a, b)| sum.add_product(a, b));
        sum
    }

    pub fn product(&self, other: &Self, context: S::Context) -> Self {
        Self::from_fn(self.size, |i, j| {
            let mut sum = S::zero(context);
            (0..self.size).for_each(|l| sum.add_product(self.at(i, l), other.at(l, j)));
            sum
        })
    }

    pub fn transpose(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(j, i).clone())
    }

    /// A + A^T.
    pub fn symmetric(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(i, j).clone().add(self.at(j, i)))
    }

    pub fn add_multiple(&mut self, other: &Self, factor: &S) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(a, b)| a.add_product(b, factor));
    }

    pub fn scaled(mut self, factor: &S) -> Self {
        self.entries.iter_mut().for_each(|a| a.mul_assign(factor));
        self
    }

    pub fn trace(&self, context: S::Context) -> S {
        (0..self.size).fold(S::zero(context), |sum, i| sum.add(self.at(i, i)))
    }
}
