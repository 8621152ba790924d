//! Units in which all data of a program are of the order of 1.

use nalgebra::{DMatrix, DVector};

use super::Program;
use crate::convex::logarithms::{Entry, centre};

/// Factors by which the data of a program were multiplied.
pub(super) struct Units {
    /// Δ: the block became Δ S Δ.
    pub block: DVector<f64>,
    /// Of each row.
    pub rows: DVector<f64>,
    /// Of each equality.
    pub equalities: DVector<f64>,
    /// y was divided by these.
    pub variables: DVector<f64>,
    /// Of the objective.
    pub objective: f64,
}

/// Rounds of the geometric means; later ones hardly change anything.
const GEOMETRIC_ROUNDS: usize = 8;
/// Rounds of the maxima.
const MAXIMUM_ROUNDS: usize = 4;
/// Entries this much smaller than the largest of their matrix are taken for round-off.
const NEGLIGIBLE: f64 = 1e-14;

/// 1/x, or 1 where that says nothing.
fn inverse(x: f64) -> f64 {
    if x > 0.0 && x.is_finite() { 1.0 / x } else { 1.0 }
}

/// Largest |Δ_i M_ij Δ_j|.
fn largest(matrix: &DMatrix<f64>, block: &DVector<f64>) -> f64 {
    let mut largest: f64 = 0.0;
    for j in 0..matrix.ncols() {
        for i in 0..=j {
            largest = largest.max((block[i] * matrix[(i, j)] * block[j]).abs());
        }
    }
    largest
}

impl Units {
    /// The units of a program. First those for which the logarithms of all nonzero entries have the least sum of
    /// squares: they are the same whatever units the data came in. Then the largest entries become 1.
    pub fn of(program: &Program) -> Self {
        let mut units = Units {
            block: DVector::from_element(program.constant.nrows(), 1.0),
            rows: DVector::from_element(program.offsets.len(), 1.0),
            equalities: DVector::from_element(program.targets.len(), 1.0),
            variables: DVector::from_element(program.objective.len(), 1.0),
            objective: 1.0,
        };
        Logarithms::of(program).balance(&mut units);
        for _ in 0..MAXIMUM_ROUNDS {
            units.equalise(program);
        }
        units.objective = inverse(program.objective.component_mul(&units.variables).amax());
        units
    }

    /// One round towards a largest entry 1 in every direction, every row, and every row of the block over the
    /// constant and all directions.
    fn equalise(&mut self, program: &Program) {
        self.block *= inverse(largest(&program.constant, &self.block)).sqrt();
        let scale = |table: &DMatrix<f64>, variables: &DVector<f64>, ends: &DVector<f64>| {
            DVector::from_fn(ends.len(), |r, _| {
                inverse(table.row(r).transpose().component_mul(variables).amax().max(ends[r].abs()))
            })
        };
        self.rows = scale(&program.rows, &self.variables, &program.offsets);
        for (k, direction) in program.directions.iter().enumerate() {
            let size = largest(direction, &self.block);
            let linear = || program.rows.column(k).component_mul(&self.rows).amax();
            self.variables[k] = inverse(if size > 0.0 { size } else { linear() });
        }
        self.rows = scale(&program.rows, &self.variables, &program.offsets);
        self.equalities = scale(&program.equalities, &self.variables, &program.targets);
        let mut sizes = DVector::<f64>::zeros(self.block.len());
        let all = program.directions.iter().zip(self.variables.iter().copied()).chain([(&program.constant, 1.0)]);
        for (matrix, factor) in all {
            for (j, column) in matrix.column_iter().enumerate() {
                let factor = factor * self.block[j];
                sizes.zip_zip_apply(&column, &self.block, |size, entry, unit| {
                    *size = size.max((factor * unit * entry).abs())
                });
            }
        }
        self.block.component_mul_assign(&sizes.map(|size| inverse(size).sqrt()));
    }

    /// S of Δ S Δ.
    pub fn unbalanced(&self, slack: &DMatrix<f64>) -> DMatrix<f64> {
        slack.map_with_location(|i, j, entry| entry / (self.block[i] * self.block[j]))
    }

    /// The program in these units.
    pub fn apply(&self, program: &Program) -> Program {
        let congruent = |matrix: &DMatrix<f64>, factor: f64| {
            let n = matrix.nrows();
            DMatrix::from_fn(n, n, |i, j| {
                factor * self.block[i] * self.block[j] * 0.5 * (matrix[(i, j)] + matrix[(j, i)])
            })
        };
        let table = |matrix: &DMatrix<f64>, rows: &DVector<f64>| {
            DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |r, k| rows[r] * matrix[(r, k)] * self.variables[k])
        };
        Program {
            constant: congruent(&program.constant, 1.0),
            directions: program
                .directions
                .iter()
                .zip(self.variables.iter())
                .map(|(direction, &factor)| congruent(direction, factor))
                .collect(),
            offsets: program.offsets.component_mul(&self.rows),
            rows: table(&program.rows, &self.rows),
            equalities: table(&program.equalities, &self.equalities),
            targets: program.targets.component_mul(&self.equalities),
            objective: program.objective.component_mul(&self.variables) * self.objective,
        }
    }
}

/// Logarithms of the nonzero entries of a program. The places of the units are in the order block, rows, equalities,
/// variables; that of no unit comes after the last.
struct Logarithms {
    /// Of C and the A_i, upper triangles.
    block: Vec<Entry>,
    /// Of d, D, E and h.
    linear: Vec<Entry>,
    /// The first place of rows, of variables, and of none.
    starts: [usize; 3],
}

impl Logarithms {
    fn of(program: &Program) -> Self {
        let first_row = program.constant.nrows();
        let first_equality = first_row + program.offsets.len();
        let first_variable = first_equality + program.targets.len();
        let none = first_variable + program.objective.len();
        let mut block = Vec::new();
        let matrices = program.directions.iter().zip(first_variable..).chain([(&program.constant, none)]);
        for (matrix, variable) in matrices {
            let upper = entries(matrix).filter(|(i, j, _)| i <= j);
            block.extend(upper.map(|(i, j, logarithm)| (logarithm, [i, j, variable])));
        }
        let mut linear = Vec::new();
        for (table, first) in [(&program.rows, first_row), (&program.equalities, first_equality)] {
            linear.extend(entries(table).map(|(r, k, logarithm)| (logarithm, [first + r, first_variable + k, none])));
        }
        for (vector, first) in [(&program.offsets, first_row), (&program.targets, first_equality)] {
            let column = DMatrix::from_column_slice(vector.len(), 1, vector.as_slice());
            linear.extend(entries(&column).map(|(r, _, logarithm)| (logarithm, [first + r, none, none])));
        }
        Logarithms { block, linear, starts: [first_row, first_variable, none] }
    }

    /// Units with the least sum of squared logarithms, found by least squares in one kind of units after the other.
    fn balance(&self, units: &mut Units) {
        let [first_row, first_variable, none] = self.starts;
        let mut logarithms = vec![0.0; none + 1];
        for _ in 0..GEOMETRIC_ROUNDS {
            // Both units of an entry of the block move; with two thirds all errors shrink alike.
            centre(&mut logarithms, 0..first_row, 2.0 / 3.0, &[&self.block]);
            centre(&mut logarithms, first_row..first_variable, 1.0, &[&self.linear]);
            centre(&mut logarithms, first_variable..none, 1.0, &[&self.block, &self.linear]);
        }
        let mut values = logarithms.into_iter().map(f64::exp);
        for part in [&mut units.block, &mut units.rows, &mut units.equalities, &mut units.variables] {
            for (unit, value) in part.iter_mut().zip(&mut values) {
                *unit = value;
            }
        }
    }
}

/// Row, column and logarithm of what is not negligible.
fn entries(matrix: &DMatrix<f64>) -> impl Iterator<Item = (usize, usize, f64)> {
    let least = NEGLIGIBLE * matrix.amax();
    let rows = matrix.nrows();
    let large = matrix.iter().enumerate().filter(move |(_, entry)| entry.abs() > least);
    large.map(move |(index, entry)| (index % rows, index / rows, entry.abs().ln()))
}
