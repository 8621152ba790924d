//! The one flow: a statement on an instance, checked to a verdict.
//!
//! [`choosing`] plans cells, [`instances`] binds a statement to a problem, an estimate and parameters, and the first
//! procedure of [`deciding`] that applies judges the instance; [`approximating`] draws pictures, and has no say.

pub mod approximating;
pub mod choosing;
pub mod deciding;
mod failure;
pub mod instances;
mod outcome;
#[cfg(test)]
mod precisions;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod translated;

use rayon::prelude::*;

use crate::inference::ErrorBudget;
use crate::oracle::StreamKey;
use crate::preset::Effort;
use crate::statement::Statement;
use instances::{CellSpec, Instance, InstanceError};
use outcome::finite_limits;

pub use approximating::curve::{Abscissa, Curve, curves};
pub use approximating::sweep::{Sweep, Sweeps, sweeps};
pub use deciding::counterexample::{Counterexample, Draw, Part, Row};
pub use deciding::sampled::PrecisionCheck;
pub use failure::CheckFailure;
pub use outcome::{Outcome, Relation, Remainder, Sampling, Unsettled, Worst};

/// What a cell is judged by.
#[derive(Clone, Copy)]
pub struct Judging<'a> {
    /// What it may cost.
    pub effort: &'a Effort,
    /// Share of the family-wise error for each statistical test.
    pub error_budget: ErrorBudget,
    /// Suite seed.
    pub seed: u64,
}

/// One planned cell: an instance of a statement, built once.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Its statement.
    pub statement: &'a Statement,
    /// What the instance is made from.
    pub spec: CellSpec,
    /// The instance.
    pub instance: Instance<'a>,
}

impl<'a> Cell<'a> {
    /// The cell with that instance.
    ///
    /// # Errors
    /// When the statement does not speak of it.
    pub fn build(statement: &'a Statement, spec: CellSpec) -> Result<Self, InstanceError> {
        let instance = Instance::build(statement, &spec)?;
        Ok(Cell { statement, spec, instance })
    }
}

/// Decides one cell.
///
/// # Errors
/// When a run fails; never because the claim does.
pub fn check_cell(cell: &Cell<'_>, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    check_instance(&cell.instance, &key, judging)
}

/// Decides one cell whose instance is built already.
///
/// # Errors
/// As [`check_cell`].
pub fn check_instance(instance: &Instance<'_>, key: &StreamKey, judging: Judging<'_>) -> Result<Outcome, CheckFailure> {
    let procedure = deciding::procedure::of(instance, judging.effort);
    let outcome = procedure.and_then(|procedure| procedure.decide(instance, key, judging));
    outcome.map(Outcome::told).map_err(|failure| failure.on(instance))
}

/// Decides all cells, in parallel; `done` is called after each, in any order.
pub fn check_cells(
    cells: &[Cell<'_>],
    judging: Judging<'_>,
    done: &(dyn Fn() + Sync),
) -> Vec<Result<Outcome, CheckFailure>> {
    let decide = |cell: &Cell<'_>| {
        let outcome = check_cell(cell, judging);
        done();
        outcome
    };
    cells.par_iter().map(decide).collect()
}
