//! From balanced and reduced coordinates back to the user's, with every residual computed anew.

use nalgebra::{DMatrix, DVector};

use super::balance::Units;
use super::cone::least_eigenvalue;
use super::embedding::{AIM, CERTIFICATE, Ending, Outcome};
use super::reduction::Reduction;
use super::{Options, Program, Solution, Status};

/// A dual point.
pub(super) struct Multipliers {
    /// X.
    pub gram: DMatrix<f64>,
    /// x.
    pub rows: DVector<f64>,
    /// w.
    pub equalities: DVector<f64>,
}

/// What is believed about a balanced program.
pub(super) struct Found {
    /// How the run ended.
    pub status: Status,
    /// The best point, or a feasible one.
    pub y: DVector<f64>,
    /// The best multipliers, or a certificate.
    pub multipliers: Multipliers,
    /// A direction in which the objective grows by 1.
    pub ray: Option<DVector<f64>>,
    /// Steps made.
    pub iterations: usize,
}

impl Multipliers {
    /// All zero.
    pub fn zeros(program: &Program) -> Self {
        Multipliers {
            gram: DMatrix::zeros(program.constant.nrows(), program.constant.nrows()),
            rows: DVector::zeros(program.offsets.len()),
            equalities: DVector::zeros(program.targets.len()),
        }
    }
}

impl Program {
    /// b_i + A_i•X + (Dᵀx)_i − (Eᵀw)_i, with b times `share`.
    fn stationarity(&self, multipliers: &Multipliers, share: f64) -> DVector<f64> {
        let pairing = self.directions.iter().map(|direction| direction.dot(&multipliers.gram));
        DVector::from_iterator(self.directions.len(), pairing)
            + &self.objective * share
            + self.rows.tr_mul(&multipliers.rows)
            - self.equalities.tr_mul(&multipliers.equalities)
    }

    /// C•X + d·x + h·w.
    fn bound(&self, multipliers: &Multipliers) -> f64 {
        self.constant.dot(&multipliers.gram)
            + self.offsets.dot(&multipliers.rows)
            + self.targets.dot(&multipliers.equalities)
    }

    /// How far y is outside.
    fn violation(&self, y: &DVector<f64>) -> f64 {
        let equalities = (&self.equalities * y - &self.targets).amax();
        let rows = self.row_slacks(y).iter().copied().fold(0.0, f64::min);
        equalities.max(-rows).max(-least_eigenvalue(&self.slack(y)))
    }

    /// The program whose solutions are the directions in which a feasible y can move for ever.
    fn recession(&self) -> Program {
        let mut recession = self.clone();
        recession.constant.fill(0.0);
        recession.offsets.fill(0.0);
        recession.targets.fill(0.0);
        recession
    }
}

impl Reduction {
    /// What a run in reduced coordinates says about the balanced program; with a ray the run only sought a
    /// feasible point.
    pub fn interpret(&self, balanced: &Program, outcome: Outcome, ray: Option<DVector<f64>>) -> Found {
        let status = match outcome.ending {
            Ending::Optimal if ray.is_some() => Status::Unbounded,
            Ending::Optimal => Status::Optimal,
            Ending::Infeasible => Status::Infeasible,
            Ending::Unbounded | Ending::Stalled => Status::Stalled,
        };
        let shape = self.conic.shape;
        let mut multipliers = Multipliers::zeros(balanced);
        multipliers.rows = shape.rest(&outcome.multiplier);
        let block = shape.block(outcome.multiplier.as_slice());
        for (entry, &j) in self.faces.kept().iter().enumerate() {
            for (other, &i) in self.faces.kept().iter().enumerate() {
                multipliers.gram[(i, j)] = block[(other, entry)];
            }
        }
        let share = if status == Status::Infeasible || ray.is_some() { 0.0 } else { 1.0 };
        let missing = balanced.stationarity(&multipliers, share);
        self.faces.complete(balanced, &missing, &mut multipliers);
        let y = &self.faces.base + &self.basis * outcome.y;
        let ray = ray.filter(|_| status == Status::Unbounded);
        Found { status, y, multipliers, ray, iterations: outcome.iterations }
    }
}

impl Found {
    /// The status that the residuals of the balanced program bear out.
    fn checked_status(&self, balanced: &Program, gap: f64, options: &Options) -> Status {
        let tolerance = options.tolerance / AIM;
        // Round-off grows with what is added up.
        let feasible = || balanced.violation(&self.y) <= tolerance * (1.0 + self.y.amax());
        let borne_out = match (self.status, &self.ray) {
            (Status::Optimal, _) => {
                let stationarity = balanced.stationarity(&self.multipliers, 1.0).amax();
                let size = 1.0 + self.multipliers.gram.amax().max(self.multipliers.rows.amax());
                feasible() && gap <= tolerance && stationarity <= tolerance * size
            }
            (Status::Infeasible, _) => {
                let value = -balanced.bound(&self.multipliers);
                value > 0.0 && balanced.stationarity(&self.multipliers, 0.0).amax() <= CERTIFICATE * value
            }
            (Status::Unbounded, Some(ray)) => {
                let growth = balanced.objective.dot(ray);
                feasible() && growth > 0.0 && balanced.recession().violation(ray) <= CERTIFICATE * growth
            }
            (Status::Unbounded, None) | (Status::Stalled, _) => false,
        };
        if borne_out { self.status } else { Status::Stalled }
    }

    /// The same in the user's units.
    pub fn report(self, balanced: &Program, units: &Units, options: &Options) -> Solution {
        let objective = balanced.objective.dot(&self.y);
        let bound = balanced.bound(&self.multipliers);
        let gap = (bound - objective).abs() / (1.0 + objective.abs());
        let status = self.checked_status(balanced, gap, options);
        let violation = balanced.violation(&self.y);
        let share = if status == Status::Infeasible { 0.0 } else { 1.0 };
        let stationarity = balanced.stationarity(&self.multipliers, share).amax();
        // A certificate has no part of the objective in it.
        let scale = if status == Status::Infeasible { 1.0 } else { 1.0 / units.objective };
        let block = &units.block;
        Solution {
            status,
            y: self.y.component_mul(&units.variables),
            slack: units.unbalanced(&balanced.slack(&self.y)),
            gram: self.multipliers.gram.map_with_location(|i, j, entry| scale * block[i] * block[j] * entry),
            row_multipliers: self.multipliers.rows.component_mul(&units.rows) * scale,
            equality_multipliers: self.multipliers.equalities.component_mul(&units.equalities) * scale,
            ray: self.ray.map(|ray| ray.component_mul(&units.variables) * units.objective),
            objective: objective / units.objective,
            bound: match status {
                Status::Optimal | Status::Stalled => bound / units.objective,
                Status::Infeasible => f64::NEG_INFINITY,
                Status::Unbounded => f64::INFINITY,
            },
            gap: if matches!(status, Status::Optimal | Status::Stalled) { gap } else { f64::INFINITY },
            violation,
            stationarity,
            iterations: self.iterations,
        }
    }
}

impl Solution {
    /// What is said about data that are not finite.
    pub(super) fn nothing(program: &Program) -> Self {
        let multipliers = Multipliers::zeros(program);
        Solution {
            status: Status::Stalled,
            y: DVector::zeros(program.objective.len()),
            slack: program.constant.clone(),
            gram: multipliers.gram,
            row_multipliers: multipliers.rows,
            equality_multipliers: multipliers.equalities,
            ray: None,
            objective: 0.0,
            bound: f64::INFINITY,
            gap: f64::INFINITY,
            violation: f64::INFINITY,
            stationarity: f64::INFINITY,
            iterations: 0,
        }
    }
}
