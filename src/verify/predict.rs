//! What a statement says of a run beforehand: its right-hand side, over its own free parameters.

use std::sync::Arc;

use super::instance::{CellSpec, Instance};
use super::plan::with_parameters;
use super::sampled::start_table;
use crate::method::{Quantity, Start};
use crate::number::Interval;
use crate::oracle::SourceSpec;
use crate::problem::{DynProblem, ProblemSpec};
use crate::statement::Statement;
use crate::statement::evaluate::Evaluator;

/// Combinations of the free parameters' candidates that are tried.
const CHOICES: usize = 16;
const BITS: u32 = 128;

/// The smallest upper enclosure of the first claim's right-hand side over choices of the parameters
/// that are not `fixed`; `None` where no choice is an instance of the statement.
#[must_use]
pub fn predicted(
    statement: &Statement,
    (spec, problem): (&ProblemSpec, &Arc<dyn DynProblem>),
    sources: &[SourceSpec],
    start: Start,
    horizon: usize,
    fixed: &[(&str, f64)],
) -> Option<f64> {
    let claim = statement.claims.first()?;
    let quantities = Quantity::mentioned(std::slice::from_ref(claim));
    let frame = CellSpec::without_parameters(spec.clone(), sources.to_vec(), start, horizon);
    let bound = |choice: usize| -> Option<f64> {
        let spec = with_parameters(statement, frame.clone(), problem.as_ref(), choice, fixed).ok()?;
        let instance = Instance::on(statement, &spec, Arc::clone(problem)).ok()?;
        let scope = instance.scope::<Interval>(BITS);
        let table = start_table(&instance, &quantities, BITS);
        let average = instance.random_average();
        let value = Evaluator::on(&scope, &table, &average).term(&claim.rhs).ok()?;
        Some(value.upper_f64()).filter(|b| b.is_finite())
    };
    (0..CHOICES).filter_map(bound).reduce(f64::min)
}
