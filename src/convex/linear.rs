//! Nonnegative combinations by a linear-program crate.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions};
use nalgebra::{DMatrix, DVector};

use crate::convex::logarithms::{Entry, centre};
use crate::convex::orthogonal::span;

/// Entries of a vector by index.
type Sparse = Vec<(usize, f64)>;

/// Tolerance of the crate, in balanced numbers.
const TOLERANCE: f64 = 1e-9;
/// Largest error of an equation, relative to the sum of its terms.
const RESIDUAL: f64 = 1e-7;
/// Smaller factors are zero, relative to the largest.
const NEGLIGIBLE: f64 = 1e-11;
/// Distance from the span of others within which a column of length 1 depends on them.
const DEPENDENT: f64 = 1e-9;
/// Rounds of balancing.
const ROUNDS: usize = 10;

/// x ≥ 0 with Σ x_j column_j = target and least costs·x; `None` where there is none, where the costs have no least
/// value, or where the solver fails or takes longer than that.
///
/// Columns and the target are lists of (row, entry) with rows below `rows`; entries of one row add up. x is a vertex:
/// the columns with x_j > 0 are linearly independent. It is a guess, exact to about 10⁻⁹ of its terms.
#[must_use]
pub fn nonnegative_combination(
    columns: &[Vec<(usize, f64)>],
    target: &[(usize, f64)],
    rows: usize,
    costs: &[f64],
    longest: Duration,
) -> Option<Vec<f64>> {
    let all = || columns.iter().flatten().chain(target);
    let fits = all().all(|&(row, entry)| row < rows && entry.is_finite());
    if !fits || costs.len() != columns.len() || costs.iter().any(|cost| !cost.is_finite()) {
        return None;
    }
    let columns: Vec<Sparse> = columns.iter().map(|column| collected(column, rows)).collect();
    let balanced = Balanced::of(&columns, &collected(target, rows), rows, costs);
    let mut factors = balanced.solve(longest)?;
    balanced.make_independent(&mut factors);
    balanced.is_solution(&factors).then(|| balanced.restored(&factors))
}

/// The nonzero entries, one for each row, in order.
fn collected(entries: &[(usize, f64)], rows: usize) -> Sparse {
    let mut sums = vec![0.0; rows];
    for &(row, entry) in entries {
        sums[row] += entry;
    }
    sums.into_iter().enumerate().filter(|&(_, sum)| sum != 0.0).collect()
}

/// The program with rows, columns and x in units in which its numbers are of the order of 1.
struct Balanced {
    columns: Vec<Sparse>,
    target: Vec<f64>,
    costs: Vec<f64>,
    /// x was divided by these.
    units: Vec<f64>,
}

impl Balanced {
    fn of(columns: &[Sparse], target: &Sparse, rows: usize, costs: &[f64]) -> Self {
        let none = rows + columns.len();
        let entries = |entries: &Sparse, place: usize| -> Vec<Entry> {
            entries.iter().map(|&(row, entry)| (entry.abs().ln(), [row, place, none])).collect()
        };
        let all = columns.iter().zip(rows..).chain([(target, none)]);
        let all: Vec<Entry> = all.flat_map(|(column, place)| entries(column, place)).collect();
        let mut logarithms = vec![0.0; none + 1];
        for _ in 0..ROUNDS {
            centre(&mut logarithms, 0..rows, 1.0, &[&all]);
            centre(&mut logarithms, rows..none, 1.0, &[&all]);
        }
        let units: Vec<f64> = logarithms.into_iter().map(f64::exp).collect();
        let (row_units, units) = units.split_at(rows);
        let scaled = |column: &Sparse, unit: f64| -> Sparse {
            column.iter().map(|&(row, entry)| (row, unit * row_units[row] * entry)).collect()
        };
        let mut balanced_target = vec![0.0; rows];
        for (row, entry) in scaled(target, 1.0) {
            balanced_target[row] = entry;
        }
        let costs: Vec<f64> = costs.iter().zip(units).map(|(cost, unit)| cost * unit).collect();
        let dearest = costs.iter().fold(0.0_f64, |dearest, cost| dearest.max(cost.abs())).max(f64::MIN_POSITIVE);
        Balanced {
            columns: columns.iter().zip(units).map(|(column, &unit)| scaled(column, unit)).collect(),
            target: balanced_target,
            costs: costs.into_iter().map(|cost| cost / dearest).collect(),
            units: units[..columns.len()].to_vec(),
        }
    }

    /// An optimal x in balanced numbers.
    fn solve(&self, longest: Duration) -> Option<Vec<f64>> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let variables: Vec<_> = self.costs.iter().map(|&cost| problem.add_var(cost, (0.0, f64::INFINITY))).collect();
        let mut equations = vec![Vec::new(); self.target.len()];
        for (column, &variable) in self.columns.iter().zip(&variables) {
            for &(row, entry) in column {
                equations[row].push((variable, entry));
            }
        }
        for (equation, &target) in equations.into_iter().zip(&self.target) {
            match (equation.is_empty(), target == 0.0) {
                (true, true) => {}
                (true, false) => return None,
                (false, _) => problem.add_constraint(equation, ComparisonOp::Eq, target),
            }
        }
        let mut options = SolveOptions::default();
        options.time_limit = Some(longest);
        options.tolerances.feasibility = TOLERANCE;
        // Its own checks of consistency are assertions.
        let outcome = catch_unwind(AssertUnwindSafe(|| problem.solve_with(options))).ok()?.ok()?;
        let solution = outcome.solution().filter(|_| outcome.is_optimal())?;
        let factors: Vec<f64> = variables.iter().map(|&variable| solution.var_value(variable)).collect();
        let largest = factors.iter().copied().fold(0.0, f64::max);
        Some(factors.into_iter().map(|factor| if factor > NEGLIGIBLE * largest { factor } else { 0.0 }).collect())
    }

    /// Takes columns out of the combination until the others are independent, never at a cost. The simplex method ends
    /// at a vertex, so that there is hardly ever anything to do.
    fn make_independent(&self, factors: &mut [f64]) {
        loop {
            let support: Vec<usize> = (0..factors.len()).filter(|&j| factors[j] > 0.0).collect();
            let Some(mut direction) = self.dependence(&support) else { return };
            let slope: f64 = support.iter().zip(direction.iter()).map(|(&j, change)| self.costs[j] * change).sum();
            if slope > 0.0 || direction.iter().all(|&change| change >= 0.0) {
                direction = -direction;
            }
            let ends = support.iter().zip(direction.iter()).filter(|&(_, &change)| change < 0.0);
            let steps = ends.map(|(&j, change)| (j, -factors[j] / change));
            let Some((last, step)) = steps.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
            for (&j, change) in support.iter().zip(direction.iter()) {
                factors[j] = (factors[j] + step * change).max(0.0);
            }
            factors[last] = 0.0;
        }
    }

    /// Factors of these columns, not all zero, with which they add up to zero.
    fn dependence(&self, support: &[usize]) -> Option<DVector<f64>> {
        let mut table = DMatrix::zeros(self.target.len(), support.len());
        let mut lengths = DVector::from_element(support.len(), 1.0);
        for ((mut dense, length), &j) in table.column_iter_mut().zip(lengths.iter_mut()).zip(support) {
            for &(row, entry) in &self.columns[j] {
                dense[row] = entry;
            }
            *length = dense.norm();
            dense /= *length;
        }
        let independent = span(&table, DEPENDENT);
        let dependent = (0..support.len()).find(|k| !independent.chosen.contains(k))?;
        let mut factors = -independent.shares(&table.column(dependent).into_owned(), support.len());
        factors[dependent] = 1.0;
        Some(factors.component_div(&lengths))
    }

    /// Whether the equations hold.
    fn is_solution(&self, factors: &[f64]) -> bool {
        let mut errors: Vec<f64> = self.target.iter().map(|entry| -entry).collect();
        let mut sizes: Vec<f64> = self.target.iter().map(|entry| entry.abs()).collect();
        for (column, factor) in self.columns.iter().zip(factors) {
            for &(row, entry) in column {
                errors[row] += factor * entry;
                sizes[row] += (factor * entry).abs();
            }
        }
        errors.iter().zip(sizes).all(|(error, size)| error.abs() <= RESIDUAL * size)
    }

    /// x in the numbers of the caller.
    fn restored(&self, factors: &[f64]) -> Vec<f64> {
        factors.iter().zip(&self.units).map(|(factor, unit)| factor * unit).collect()
    }
}

#[cfg(test)]
mod tests;
