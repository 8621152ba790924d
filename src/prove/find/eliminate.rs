//! The equations that atoms give, solved over rational functions: which multipliers are free, and what the others
//! are by them.

use crate::algebra::Fraction;
use crate::prove::problem::{Combination, Form, Problem, Sign};

/// Multipliers as affine functions of free ones.
#[derive(Clone, Debug)]
pub struct Multipliers {
    /// The facts that they are of, by position.
    pub facts: Vec<usize>,
    /// Their values where all free ones are 0.
    pub base: Vec<Fraction>,
    /// How they depend on the free ones, by position among these.
    pub slopes: Vec<Combination>,
    /// The free ones, by position among all.
    pub free: Vec<usize>,
}

impl Multipliers {
    /// Those that make all atoms cancel; none where none do.
    pub fn of(problem: &Problem, facts: &[usize]) -> Option<Self> {
        let field = &problem.field;
        let zero = field.zero();
        let entry = |form: &Form, atom| form.atoms.get(atom).cloned().unwrap_or_else(|| zero.clone());
        let mut rows: Vec<Vec<Fraction>> = (0..problem.atoms.len())
            .map(|atom| {
                let coefficients = facts.iter().map(|fact| entry(&problem.facts[*fact].form, atom));
                coefficients.chain([entry(&problem.claim, atom)]).collect()
            })
            .collect();
        let pivots = reduce(&mut rows, facts, problem);
        let solved = pivots.len();
        if rows[solved..].iter().any(|row| row.last().is_some_and(|right| !right.is_zero())) {
            return None;
        }
        let free: Vec<usize> = (0..facts.len()).filter(|column| !pivots.contains(column)).collect();
        let mut base = vec![zero.clone(); facts.len()];
        let mut slopes = vec![Combination::zero(); facts.len()];
        for (position, column) in free.iter().enumerate() {
            slopes[*column] = Combination::unknown(position, field);
        }
        for (row, column) in rows.iter().zip(&pivots) {
            base[*column] = row[facts.len()].clone();
            for (position, other) in free.iter().enumerate() {
                slopes[*column].add_scaled(&Combination::unknown(position, field), &-&row[*other]);
            }
        }
        Some(Multipliers { facts: facts.to_vec(), base, slopes, free })
    }

    /// With one free multiplier set.
    pub fn with(&self, position: usize, value: &Fraction) -> Self {
        let mut set = self.clone();
        let moved = |other: usize| if other < position { other } else { other - 1 };
        for (base, slope) in set.base.iter_mut().zip(&mut set.slopes) {
            if let Some(coefficient) = slope.get(position) {
                *base += coefficient * value;
            }
            let mut rest = Combination::zero();
            for (other, coefficient) in slope.iter().filter(|(other, _)| *other != position) {
                rest.add_scaled(&Combination::unknown(moved(other), value.field()), coefficient);
            }
            *slope = rest;
        }
        set.free.remove(position);
        set
    }
}

/// Reduces the rows; returns the column that each of the first rows is solved for. Columns of equations come first,
/// so that free multipliers are those of inequalities.
fn reduce(rows: &mut [Vec<Fraction>], facts: &[usize], problem: &Problem) -> Vec<usize> {
    let mut order: Vec<usize> = (0..facts.len()).collect();
    order.sort_by_key(|column| problem.facts[facts[*column]].sign != Sign::Zero);
    let mut pivots = Vec::new();
    for column in order {
        let next = pivots.len();
        let Some(found) = (next..rows.len()).find(|row| !rows[*row][column].is_zero()) else { continue };
        rows.swap(next, found);
        let pivot = rows[next][column].clone();
        for entry in &mut rows[next] {
            *entry = entry.divided_by(&pivot).unwrap_or_else(|| entry.clone());
        }
        let own = rows[next].clone();
        for (row, entries) in rows.iter_mut().enumerate() {
            let factor = entries[column].clone();
            if row != next && !factor.is_zero() {
                entries.iter_mut().zip(&own).for_each(|(entry, of_pivot)| *entry -= &factor * of_pivot);
            }
        }
        pivots.push(column);
    }
    pivots
}
