//! A dense semidefinite-program solver for small problems: one block of order n ≤ 40, at most some
//! hundreds of rows.
//!
//! Data are first brought to units in which their numbers are of the order of 1 ("the units of the data"), then
//! equalities are solved, and what is left goes through a homogeneous self-dual embedding with Nesterov–Todd steps.
//! Programs without interior are expected.
//!
//! It guesses; nothing it says is a proof. But `Infeasible` and `Unbounded` are claimed only with a
//! certificate whose residual was computed, `Optimal` only where gap and residuals were, and everything
//! else is `Stalled` with the best point that was seen.

use nalgebra::{DMatrix, DVector};

mod balance;
mod cone;
mod embedding;
mod faces;
mod margin;
mod newton;
mod reduction;
mod report;

use balance::Units;
use embedding::{Conic, Ending};
use faces::Inconsistent;
pub use margin::{Margin, margin};
use reduction::{Reduction, reduce};
use report::Found;

/// Maximise b·y over y ∈ ℝᵐ subject to C + Σ y_i A_i ⪰ 0, d + D y ≥ 0 and E y = h. Of matrices of the
/// block only the symmetric part counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// C, n×n; n may be 0.
    pub constant: DMatrix<f64>,
    /// A_1, …, A_m, each n×n.
    pub directions: Vec<DMatrix<f64>>,
    /// d, of length p.
    pub offsets: DVector<f64>,
    /// D, p×m.
    pub rows: DMatrix<f64>,
    /// E, q×m.
    pub equalities: DMatrix<f64>,
    /// h, of length q.
    pub targets: DVector<f64>,
    /// b, of length m.
    pub objective: DVector<f64>,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Relative gap and residuals that a run aims at. Ten times as much is still optimal where no more can be had.
    pub tolerance: f64,
    /// Most steps.
    pub most_iterations: usize,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Gap and residuals are within the tolerance.
    Optimal,
    /// No y is feasible: the multipliers are a certificate, with a relative residual of 10⁻⁸ at most. So none is whose
    /// entries are below about 10⁸ in the units of the data.
    Infeasible,
    /// A feasible y was found, and a ray from it along which the objective grows for ever, with the same residual.
    Unbounded,
    /// None of these could be shown; y is the best that was seen, and the residuals tell how good it is.
    Stalled,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// How it ended.
    pub status: Status,
    /// y, of length m.
    pub y: DVector<f64>,
    /// S = C + Σ y_i A_i, n×n, computed from y.
    pub slack: DMatrix<f64>,
    /// X ⪰ 0, n×n, the multiplier of the block: A_i•X + (Dᵀx)_i + b_i = (Eᵀw)_i. Where infeasible, the same with
    /// b = 0 and C•X + d·x + h·w = −1.
    ///
    /// Where a diagonal entry of S vanishes for all y, no X need be both optimal and positive semidefinite: then this
    /// one is so up to 10⁻⁹ of its largest entry; and in rows whose diagonal vanishes only because of other equalities
    /// its diagonal is left 0.
    pub gram: DMatrix<f64>,
    /// x ≥ 0, of length p.
    pub row_multipliers: DVector<f64>,
    /// w, of length q, of either sign.
    pub equality_multipliers: DVector<f64>,
    /// Where unbounded, u with b·u = 1, Σ u_i A_i ⪰ 0, D u ≥ 0, E u = 0.
    pub ray: Option<DVector<f64>>,
    /// b·y.
    pub objective: f64,
    /// C•X + d·x + h·w, which no feasible y exceeds if the multipliers are exact; −∞ where infeasible, ∞ where
    /// unbounded.
    pub bound: f64,
    /// |bound − objective| relative to 1 + |objective|, where the unit of the objective is its largest entry b_i for
    /// y_i in the units of the data; infinite where infeasible or unbounded.
    pub gap: f64,
    /// How far y is outside: the most negative of eigenvalues of S and of rows, or the largest error of an equality, in
    /// the units of the data.
    pub violation: f64,
    /// The largest error of the equation of the multipliers, relative to b, or to 1 where infeasible. It says nothing
    /// where unbounded.
    pub stationarity: f64,
    /// Steps made.
    pub iterations: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { tolerance: 1e-11, most_iterations: 100 }
    }
}

impl Program {
    /// The program with these C and A_i, without rows and equalities, and objective 0.
    #[must_use]
    pub fn of_block(constant: DMatrix<f64>, directions: Vec<DMatrix<f64>>) -> Self {
        let m = directions.len();
        Program {
            constant,
            directions,
            offsets: DVector::zeros(0),
            rows: DMatrix::zeros(0, m),
            equalities: DMatrix::zeros(0, m),
            targets: DVector::zeros(0),
            objective: DVector::zeros(m),
        }
    }

    /// C + Σ y_i A_i.
    #[must_use]
    pub fn slack(&self, y: &DVector<f64>) -> DMatrix<f64> {
        let mut slack = self.constant.clone();
        for (direction, &factor) in self.directions.iter().zip(y.iter()) {
            slack.zip_apply(direction, |entry, change| *entry += factor * change);
        }
        slack
    }

    /// d + D y.
    #[must_use]
    pub fn row_slacks(&self, y: &DVector<f64>) -> DVector<f64> {
        &self.offsets + &self.rows * y
    }

    /// C and the A_i.
    fn matrices(&self) -> impl Iterator<Item = &DMatrix<f64>> {
        std::iter::once(&self.constant).chain(&self.directions)
    }

    fn is_finite(&self) -> bool {
        let vectors = [&self.offsets, &self.targets, &self.objective];
        let matrices = self.matrices().chain([&self.rows, &self.equalities]);
        matrices.flat_map(|matrix| matrix.iter()).chain(vectors.into_iter().flatten()).all(|entry| entry.is_finite())
    }

    fn assert_shapes(&self) {
        let (n, m, p, q) = (self.constant.nrows(), self.objective.len(), self.offsets.len(), self.targets.len());
        assert_eq!(self.constant.ncols(), n, "C is square");
        assert_eq!(self.directions.len(), m, "one A for each entry of b");
        assert!(self.directions.iter().all(|direction| direction.shape() == (n, n)), "every A is like C");
        assert_eq!(self.rows.shape(), (p, m), "D is p×m");
        assert_eq!(self.equalities.shape(), (q, m), "E is q×m");
    }
}

/// Solves a program.
///
/// # Panics
///
/// Panics where the shapes of the data do not fit.
#[must_use]
pub fn solve(program: &Program, options: &Options) -> Solution {
    program.assert_shapes();
    if !program.is_finite() {
        return Solution::nothing(program);
    }
    let units = Units::of(program);
    solve_balanced(&units.apply(program), &units, options)
}

/// Solves a program in its units; the solution is in those of the user.
fn solve_balanced(balanced: &Program, units: &Units, options: &Options) -> Solution {
    match reduce(balanced) {
        Ok(reduction) => solve_reduced(balanced, units, reduction, options),
        Err(inconsistent) => {
            let Inconsistent { closest, multipliers } = *inconsistent;
            let found = Found { status: Status::Infeasible, y: closest, multipliers, ray: None, iterations: 0 };
            found.report(balanced, units, options)
        }
    }
}

/// Solves a balanced program in the coordinates of its reduction.
fn solve_reduced(balanced: &Program, units: &Units, mut reduction: Reduction, options: &Options) -> Solution {
    let run = |conic: &Conic| embedding::solve(conic, options.tolerance, options.most_iterations);
    let mut ray = reduction.ray.take();
    let mut iterations = 0;
    if ray.is_none() {
        let outcome = run(&reduction.conic);
        if outcome.ending != Ending::Unbounded {
            return reduction.interpret(balanced, outcome, None).report(balanced, units, options);
        }
        iterations = outcome.iterations;
        ray = Some(&reduction.basis * outcome.y);
    }
    // The objective grows along the ray from any feasible point, if there is one.
    reduction.conic.objective.fill(0.0);
    let mut outcome = run(&reduction.conic);
    outcome.iterations += iterations;
    reduction.interpret(balanced, outcome, ray).report(balanced, units, options)
}

#[cfg(test)]
mod tests;
