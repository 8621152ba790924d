//! The search for a counterexample at points where the facts do not give the claim. What it finds is checked.

use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use rug::{Integer, Rational};

use super::Counterexample;
use super::exact::check;
use crate::algebra::linear::reduced_row_echelon;
use crate::convex::semidefinite::{Options, Program, Status, solve};
use crate::prove::find::at_point::{AtPoint, ExactForm};
use crate::prove::find::points::{Point, Points};
use crate::prove::problem::{Problem, Sign};
use crate::prove::translate::OneRun;

/// Points inside that are tried, and on the boundary of each condition.
const INSIDE: usize = 40;
const ON_BOUNDARIES: usize = 6;
/// Largest trace of the Gram matrix and magnitude of a value, where numbers set a scale.
const LARGEST: f64 = 1e4;
/// The room that each fact and each eigenvalue keeps, relative to how much the claim is broken.
const ROOM_OF_FACTS: f64 = 0.02;
const ROOM_OF_GRAM: f64 = 0.005;
/// Least break of the claim that counts, in the units of the program.
const LEAST: f64 = 1e-9;
/// Bits to which numbers are rounded.
const BITS: [u32; 6] = [8, 12, 18, 26, 38, 52];

/// A search for a counterexample.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Seed of the points.
    pub seed: u64,
    /// When it ends.
    pub until: Instant,
}

/// Looks for a counterexample.
pub fn search(run: &OneRun, search: Search) -> Option<Counterexample> {
    let problem = &run.problem;
    let points = Points::new(problem, search.seed).finer().whole(&run.counts).solving(&run.equations);
    let mut points = points.until(search.until);
    let mut all = points.inside(INSIDE, false);
    all.extend(points.on_boundaries(ON_BOUNDARIES));
    all.iter().take_while(|_| Instant::now() < search.until).find_map(|point| at_point(run, point))
}

/// Looks for a counterexample with these numbers.
pub fn at_point(run: &OneRun, point: &Point) -> Option<Counterexample> {
    let sides: &[i32] = if run.problem.sign == Sign::Zero { &[1, -1] } else { &[1] };
    let at = AtPoint::of(&run.problem, point)?;
    sides.iter().find_map(|side| Primal::of(&run.problem, &at, *side)?.rounded(run, &at))
}

/// The program of a counterexample at a point. Unknowns are the entries of the Gram matrix, upper triangle column by
/// column, then the atoms; `base` + `directions`·z obeys all equations.
struct Primal {
    order: usize,
    base: Vec<Rational>,
    directions: Vec<Vec<Rational>>,
    /// z, in floating-point numbers.
    solution: Vec<f64>,
    /// Unknowns that are z themselves.
    free: Vec<usize>,
}

impl Primal {
    /// Solved for the largest break of the claim; none where there is none.
    fn of(problem: &Problem, at: &AtPoint, side: i32) -> Option<Self> {
        let order = problem.vectors.len();
        let entries = order * (order + 1) / 2;
        let unknowns = entries + problem.atoms.len();
        let row = |form: &ExactForm| coefficients(form, order);
        let of_sign = |sign: Sign| {
            let facts = problem.facts.iter().zip(&at.facts).filter(move |(fact, _)| fact.sign == sign);
            facts.map(|(_, form)| row(form)).collect::<Vec<_>>()
        };
        // Equations first: each gives one unknown by the others.
        let mut equations: Vec<Vec<Rational>> = of_sign(Sign::Zero);
        equations.iter_mut().for_each(|equation| {
            // Constant last and on the other side; atoms are solved for before entries.
            equation.reverse();
            equation.rotate_left(1);
        });
        let pivots = reduced_row_echelon(&mut equations);
        if pivots.contains(&unknowns) {
            return None;
        }
        let place = |reversed: usize| unknowns - 1 - reversed;
        let solved: Vec<usize> = pivots.iter().map(|pivot| place(*pivot)).collect();
        let free: Vec<usize> = (0..unknowns).filter(|unknown| !solved.contains(unknown)).collect();
        let mut base = vec![Rational::new(); unknowns];
        let mut directions = vec![vec![Rational::new(); unknowns]; free.len()];
        for (direction, unknown) in directions.iter_mut().zip(&free) {
            direction[*unknown] = Rational::from(1);
            for (equation, solved) in equations.iter().zip(&solved) {
                direction[*solved] = -equation[place(*unknown)].clone();
            }
        }
        for (equation, solved) in equations.iter().zip(&solved) {
            base[*solved] = -equation[unknowns].clone();
        }
        let mut primal = Primal { order, base, directions, solution: Vec::new(), free };
        let inequalities = of_sign(Sign::NotNegative);
        let mut claim = row(&at.claim);
        claim.iter_mut().for_each(|entry| *entry *= -side);
        primal.solution = primal.solve(&inequalities, &claim, entries)?;
        Some(primal)
    }

    /// The largest t with claim ≥ t, facts and eigenvalues with a share of it.
    fn solve(&self, facts: &[Vec<Rational>], claim: &[Rational], entries: usize) -> Option<Vec<f64>> {
        let (m, order) = (self.free.len() + 1, self.order);
        let matrix =
            |unknowns: &[Rational]| DMatrix::from_fn(order, order, |i, j| unknowns[entry(i.min(j), i.max(j))].to_f64());
        let mut directions: Vec<DMatrix<f64>> = self.directions.iter().map(|direction| matrix(direction)).collect();
        directions.push(DMatrix::identity(order, order) * -ROOM_OF_GRAM);
        let mut program = Program::of_block(matrix(&self.base), directions);
        let mut rows: Vec<(f64, Vec<f64>)> = Vec::new();
        let mut has_scale = false;
        for (form, room) in facts.iter().map(|fact| (fact.as_slice(), ROOM_OF_FACTS)).chain([(claim, 1.0)]) {
            let (constant, slopes) = self.restricted(form);
            has_scale |= constant != 0;
            if slopes.iter().all(|slope| *slope == 0) {
                if constant < 0 {
                    return None;
                }
                continue;
            }
            let size = slopes.iter().map(|slope| slope.to_f64().abs()).fold(0.0, f64::max);
            let mut row: Vec<f64> = slopes.iter().map(|slope| slope.to_f64() / size).collect();
            row.push(-room);
            rows.push((constant.to_f64() / size, row));
        }
        let largest = if has_scale { LARGEST } else { 1.0 };
        let unit = |position: usize, value: f64| {
            let mut row = vec![0.0; m];
            row[position] = value;
            row
        };
        // −trace, which must not grow for ever.
        let trace = |unknowns: &[Rational]| (0..order).map(|i| -unknowns[entry(i, i)].to_f64()).sum::<f64>();
        let mut row: Vec<f64> = self.directions.iter().map(|direction| trace(direction)).collect();
        row.push(0.0);
        rows.push((largest + trace(&self.base), row));
        for (position, unknown) in self.free.iter().enumerate() {
            if *unknown >= entries {
                rows.push((largest, unit(position, 1.0)));
                rows.push((largest, unit(position, -1.0)));
            }
        }
        rows.push((1.0, unit(m - 1, -1.0)));
        program.offsets = DVector::from_iterator(rows.len(), rows.iter().map(|(offset, _)| *offset));
        program.rows = DMatrix::from_fn(rows.len(), m, |i, j| rows[i].1[j]);
        program.objective[m - 1] = 1.0;
        let solution = solve(&program, &Options::default());
        let y = solution.y;
        (solution.status != Status::Infeasible && y[m - 1] > LEAST && y.iter().all(|value| value.is_finite()))
            .then(|| y.iter().take(m - 1).copied().collect())
    }

    /// A form in z: its constant and slopes.
    fn restricted(&self, form: &[Rational]) -> (Rational, Vec<Rational>) {
        let dot = |unknowns: &[Rational]| -> Rational {
            let products = unknowns.iter().zip(form).filter(|(unknown, slope)| **unknown != 0 && **slope != 0);
            products.map(|(unknown, slope)| Rational::from(unknown * slope)).sum()
        };
        let constant = dot(&self.base) + &form[form.len() - 1];
        (constant, self.directions.iter().map(|direction| dot(direction)).collect())
    }

    /// Rounded to as few bits as obey everything exactly.
    fn rounded(&self, run: &OneRun, at: &AtPoint) -> Option<Counterexample> {
        BITS.iter().find_map(|bits| {
            let unit = Integer::from(1) << *bits;
            let scale = f64::from(*bits).exp2();
            let z: Option<Vec<Rational>> = self
                .solution
                .iter()
                .map(|value| {
                    Integer::from_f64((value * scale).round()).map(|above| Rational::from((above, unit.clone())))
                })
                .collect();
            let mut unknowns = self.base.clone();
            for (value, direction) in z?.iter().zip(&self.directions) {
                for (unknown, slope) in unknowns.iter_mut().zip(direction).filter(|(_, slope)| **slope != 0) {
                    *unknown += Rational::from(value * slope);
                }
            }
            let found = self.written(run, at, &unknowns);
            check(run, &found).is_ok().then_some(found)
        })
    }

    fn written(&self, run: &OneRun, at: &AtPoint, unknowns: &[Rational]) -> Counterexample {
        let problem = &run.problem;
        let mut numbers = at.point.clone();
        for (variable, value) in &run.settled {
            // Whatever has a pole there is rejected by the check.
            numbers[*variable] = value.at(&at.point).unwrap_or_default();
        }
        let entries = self.order * (self.order + 1) / 2;
        let form = coefficients(&at.claim, self.order);
        let products = unknowns.iter().zip(&form).map(|(unknown, slope)| Rational::from(unknown * slope));
        let room = products.sum::<Rational>() + &form[form.len() - 1];
        let named = |names: &[String], values: &[Rational]| {
            names.iter().zip(values).map(|(name, value)| (name.clone(), value.to_string())).collect()
        };
        let row = |j: usize| (0..=j).map(|i| unknowns[entry(i, j)].to_string()).collect();
        Counterexample {
            case: problem.name.clone(),
            numbers: named(&problem.numbers, &numbers),
            vectors: problem.vectors.clone(),
            gram: (0..self.order).map(row).collect(),
            values: named(&problem.atoms, &unknowns[entries..]),
            room: room.to_string(),
        }
    }
}

/// The place of an entry i ≤ j of the Gram matrix.
fn entry(i: usize, j: usize) -> usize {
    j * (j + 1) / 2 + i
}

/// A form by its unknowns: entries of the Gram matrix, atoms, 1.
fn coefficients(form: &ExactForm, order: usize) -> Vec<Rational> {
    let mut all = Vec::new();
    for j in 0..order {
        for i in 0..=j {
            let both = if i == j { 1 } else { 2 };
            all.push(Rational::from(&form.matrix[i][j] * both));
        }
    }
    all.extend(form.atoms.iter().cloned());
    all.push(form.constant.clone());
    all
}
