//! Values of free multipliers as rational functions: all at the point with the most room, or one after the other at
//! an end of its range.

use std::collections::HashMap;
use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use rug::Rational;

use super::at_point::AtPoint;
use super::eliminate::Multipliers;
use super::fit::Fit;
use super::newton::{Affine, Guess, rational_optimum};
use super::points::{Face, Point, Points};
use crate::algebra::linear::is_positive_semidefinite;
use crate::algebra::{Fraction, Polynomial};
use crate::convex::semidefinite::{Options, Program, Status, margin, solve};
use crate::prove::problem::{Problem, Sign};

/// The search for free multipliers.
pub struct Free<'s> {
    /// The problem.
    pub problem: &'s Problem,
    /// Facts that say that two vectors are orthogonal, and nothing else: the entry of those is free.
    pub orthogonal: &'s [usize],
    /// Their pairs of vectors.
    pub pairs: &'s [(usize, usize)],
    /// Factors that are likely in values.
    pub factors: &'s [Polynomial],
    /// Seed of points.
    pub seed: u64,
    /// When to stop.
    pub until: Instant,
}

/// An exact rational matrix.
type Matrix = Vec<Vec<Rational>>;

impl Free<'_> {
    /// Calls `accept` with candidates until it takes one: first with what is best everywhere, then with what is best
    /// where a condition is an equality.
    pub fn search(&self, multipliers: &Multipliers, accept: &mut dyn FnMut(&Multipliers) -> bool) -> bool {
        if self.everywhere(multipliers, accept) {
            return true;
        }
        let faces = Points::new(self.problem, self.seed).faces();
        !multipliers.free.is_empty() && faces.iter().any(|face| self.on_face(multipliers, face, accept))
    }

    /// With values that are the only ones on a face, everywhere.
    fn on_face(&self, multipliers: &Multipliers, face: &Face, accept: &mut dyn FnMut(&Multipliers) -> bool) -> bool {
        if Instant::now() > self.until {
            return false;
        }
        let mut cache = HashMap::new();
        let count = multipliers.free.len();
        let values: Option<Vec<Fraction>> =
            (0..count).map(|position| self.fit(multipliers, None, position, &mut cache, Some(face))).collect();
        let Some(values) = values else { return false };
        let mut set = multipliers.clone();
        values.iter().rev().enumerate().for_each(|(i, value)| set = set.with(count - 1 - i, value));
        accept(&set)
    }

    fn everywhere(&self, multipliers: &Multipliers, accept: &mut dyn FnMut(&Multipliers) -> bool) -> bool {
        if multipliers.free.is_empty() {
            return accept(multipliers);
        }
        if Instant::now() > self.until {
            return false;
        }
        let count = multipliers.free.len();
        if let Some(values) = self.fitted(multipliers, None) {
            let mut set = multipliers.clone();
            values.iter().rev().enumerate().for_each(|(i, value)| set = set.with(count - 1 - i, value));
            if accept(&set) {
                return true;
            }
        }
        for position in 0..count {
            for direction in [-1.0, 1.0] {
                let mut objective = vec![0.0; count];
                objective[position] = direction;
                let Some(value) = self.fitted_one(multipliers, &objective, position) else { continue };
                if self.everywhere(&multipliers.with(position, &value), accept) {
                    return true;
                }
            }
        }
        // A claim that says less than a fact has many.
        let one = self.problem.field.one();
        (0..count).any(|position| self.everywhere(&multipliers.with(position, &one), accept))
    }

    fn fitted(&self, multipliers: &Multipliers, objective: Option<&[f64]>) -> Option<Vec<Fraction>> {
        let mut cache = HashMap::new();
        (0..multipliers.free.len())
            .map(|position| self.fit(multipliers, objective, position, &mut cache, None))
            .collect()
    }

    fn fitted_one(&self, multipliers: &Multipliers, objective: &[f64], position: usize) -> Option<Fraction> {
        self.fit(multipliers, Some(objective), position, &mut HashMap::new(), None)
    }

    fn fit(
        &self,
        multipliers: &Multipliers,
        objective: Option<&[f64]>,
        position: usize,
        cache: &mut HashMap<Point, Option<Vec<Rational>>>,
        face: Option<&Face>,
    ) -> Option<Fraction> {
        let mut points = Points::new(self.problem, self.seed).finer();
        let admitted = Points::new(self.problem, self.seed);
        let on_face = |point: &Point| face.map_or_else(|| Some(point.clone()), |face| face.completed(point));
        let is_free = |variable: &usize| face.is_none_or(|face| face.variable != *variable);
        let variables: Vec<usize> = admitted.variables().iter().copied().filter(is_free).collect();
        let fit = Fit {
            variables: &variables,
            factors: self.factors,
            field: &self.problem.field,
            admits: &|point| on_face(point).is_some_and(|point| admitted.admits(&point, false)),
        };
        let mut value = |point: &Point| {
            let point = &on_face(point).filter(|point| admitted.admits(point, false))?;
            if !cache.contains_key(point) {
                let found = if Instant::now() > self.until { None } else { self.exact(multipliers, objective, point) };
                cache.insert(point.clone(), found);
            }
            cache.get(point)?.as_ref().map(|values| values[position].clone())
        };
        let mut drawn = |count: usize| match face {
            None => points.inside(count, false),
            Some(face) => points.on_face(face, count),
        };
        fit.of(&mut value, &mut drawn)
    }

    /// The free multipliers at a point, exactly, where they are rational there; checked.
    fn exact(&self, multipliers: &Multipliers, objective: Option<&[f64]>, point: &Point) -> Option<Vec<Rational>> {
        let problem = self.problem;
        let at = AtPoint::of(problem, point)?;
        let facts: Vec<usize> = multipliers.facts.iter().chain(self.orthogonal).copied().collect();
        let own = multipliers.facts.len();
        let base: Vec<Rational> = multipliers.base.iter().map(|value| value.at(point)).collect::<Option<_>>()?;
        let slopes: Vec<Vec<Rational>> = multipliers
            .slopes
            .iter()
            .map(|slope| {
                let entry = |k| slope.get(k).map_or(Some(Rational::new()), |coefficient| coefficient.at(point));
                (0..multipliers.free.len()).map(entry).collect::<Option<Vec<_>>>()
            })
            .collect::<Option<_>>()?;
        let mut weights = DVector::zeros(facts.len());
        if let Some(objective) = objective {
            multipliers.free.iter().zip(objective).for_each(|(column, by)| weights[*column] = *by);
        }
        let program = self.restricted(at.program(problem, &facts), (&base, &slopes), multipliers, &weights, own);
        let (t, gram) = self.guess(&program, multipliers, objective.is_some())?;
        let matrix_at = |t: &[Rational]| self.matrix(&at, multipliers, &values(&base, &slopes, t));
        let n_free = multipliers.free.len();
        let zero = vec![Rational::new(); n_free];
        let at_zero = matrix_at(&zero)?;
        let mut changes = Vec::new();
        for k in 0..n_free {
            let mut unit = zero.clone();
            unit[k] = Rational::from(1);
            let moved = matrix_at(&unit)?;
            changes.push(difference(&moved, &at_zero));
        }
        let alive: Vec<usize> = (0..at_zero.len())
            .filter(|i| at_zero[*i].iter().chain(changes.iter().flat_map(|c| &c[*i])).any(|x| *x != 0))
            .collect();
        let part = |matrix: &Matrix| -> Matrix {
            alive.iter().map(|i| alive.iter().map(|j| matrix[*i][*j].clone()).collect()).collect()
        };
        let signed = (0..own).filter(|i| problem.facts[multipliers.facts[*i]].sign == Sign::NotNegative);
        let affine = Affine {
            base: part(&at_zero),
            slopes: changes.iter().map(part).collect(),
            rows: signed.map(|i| (base[i].clone(), slopes[i].clone())).collect(),
        };
        let gram = DMatrix::from_fn(alive.len(), alive.len(), |i, j| gram[(alive[i], alive[j])]);
        let exact = rational_optimum(&affine, &Guess { t, gram, objective: objective.map(<[f64]>::to_vec) })?;
        let all = values(&base, &slopes, &exact);
        let signs = (0..own).all(|i| problem.facts[multipliers.facts[i]].sign == Sign::Zero || all[i] >= 0);
        (signs && is_positive_semidefinite(&matrix_at(&exact)?)).then_some(exact)
    }

    /// The program of the multipliers, as functions of the free ones where some were set before.
    fn restricted(
        &self,
        mut program: Program,
        (base, slopes): (&[Rational], &[Vec<Rational>]),
        multipliers: &Multipliers,
        weights: &DVector<f64>,
        own: usize,
    ) -> Program {
        // z_i = base_i + Σ slope_ik z_free(k), in place of the equations of atoms.
        let m = program.objective.len();
        let dependent: Vec<usize> = (0..own).filter(|i| !multipliers.free.contains(i)).collect();
        program.equalities = DMatrix::zeros(dependent.len(), m);
        program.targets = DVector::zeros(dependent.len());
        for (row, i) in dependent.iter().enumerate() {
            program.equalities[(row, *i)] = 1.0;
            program.targets[row] = base[*i].to_f64();
            for (k, column) in multipliers.free.iter().enumerate() {
                program.equalities[(row, *column)] = -slopes[*i][k].to_f64();
            }
        }
        program.objective = weights.clone();
        program
    }

    fn guess(
        &self,
        program: &Program,
        multipliers: &Multipliers,
        has_objective: bool,
    ) -> Option<(Vec<f64>, DMatrix<f64>)> {
        let (y, gram) = if has_objective {
            let solution = solve(program, &Options::default());
            if matches!(solution.status, Status::Infeasible | Status::Unbounded) {
                return None;
            }
            (solution.y, solution.gram)
        } else {
            let room = margin(program, &Options::default());
            if room.status == Status::Infeasible {
                return None;
            }
            (room.y, room.gram)
        };
        Some((multipliers.free.iter().map(|column| y[*column]).collect(), gram))
    }

    /// What is left of the claim's matrix, with the entries that noise makes free chosen.
    fn matrix(&self, at: &AtPoint, multipliers: &Multipliers, values: &[Rational]) -> Option<Matrix> {
        let mut matrix = at.claim.matrix.clone();
        for (fact, value) in multipliers.facts.iter().zip(values).filter(|(_, value)| **value != 0) {
            for (row, entries) in at.facts[*fact].matrix.iter().enumerate() {
                for (column, entry) in entries.iter().enumerate().filter(|(_, entry)| **entry != 0) {
                    matrix[row][column] -= Rational::from(entry * value);
                }
            }
        }
        if self.pairs.is_empty() {
            return Some(matrix);
        }
        let is_special = |i: &usize| self.pairs.iter().any(|(u, w)| u == i || w == i);
        for i in (0..matrix.len()).filter(|i| !is_special(i)) {
            if matrix[i].iter().all(|x| *x == 0) {
                continue;
            }
            if matrix[i][i] == 0 {
                return None;
            }
            let own = matrix[i].clone();
            for (j, row) in matrix.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                let factor = Rational::from(&own[j] / &own[i]);
                row.iter_mut().zip(&own).for_each(|(x, y)| *x -= Rational::from(&factor * y));
            }
            matrix[i].fill(Rational::new());
            matrix.iter_mut().for_each(|row| row[i] = Rational::new());
        }
        for (u, w) in self.pairs {
            matrix[*u][*w] = Rational::new();
            matrix[*w][*u] = Rational::new();
        }
        Some(matrix)
    }
}

/// All multipliers where the free ones are t.
fn values(base: &[Rational], slopes: &[Vec<Rational>], t: &[Rational]) -> Vec<Rational> {
    let value = |(base, slope): (&Rational, &Vec<Rational>)| {
        slope.iter().zip(t).fold(base.clone(), |sum, (slope, t)| sum + Rational::from(slope * t))
    };
    base.iter().zip(slopes).map(value).collect()
}

fn difference(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| Rational::from(a - b)).collect()).collect()
}
