//! Which instances a statement is tried on.
//!
//! The suite is data: problems, error sources and starts, walked in a fixed order so that every
//! problem, source and candidate value of a parameter turns up early. Cells that the statement does
//! not speak of (a constant that the family does not prove, a hypothesis that fails) are passed
//! over; what remains is what it is checked on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::corpus;
use super::estimates::{check_estimates, filled_sources, operators_of, sources};
use super::parameter_values::with_parameters;
use super::spread::{Candidate, spread};
use super::witness::witness_cell;
use crate::oracle::{self, SourceSpec};
use crate::preset::Preset;
use crate::problem::{self, DynProblem, ProblemSpec};
use crate::statement::term::Builtin;
use crate::statement::{Statement, StatementError, Subject};
use crate::verify::Cell;
use crate::verify::deciding::{index_sets, procedure};
use crate::verify::instances::{CellSpec, Instance, InstanceError, Start, given, missing_of_problem};

/// What a statement is checked on.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Its stored witnesses, those of its file, then the suite's cells.
    pub cells: Vec<Cell<'a>>,
    /// Why stored witnesses and combinations of the suite were passed over, and how often.
    pub passed_over: BTreeMap<String, usize>,
    /// Which claims of the statement are compared at least once in some cell.
    pub compared: Vec<bool>,
}

impl<'a> Plan<'a> {
    /// Plans the check of one statement.
    ///
    /// # Errors
    /// When a witness of the statement is no instance of it, or a problem or an estimate that it names is none;
    /// when its file of stored witnesses is malformed.
    pub fn new(statement: &'a Statement, preset: Preset) -> Result<Self, Box<StatementError>> {
        check_problems(statement)?;
        check_estimates(statement)?;
        let compared = vec![false; statement.claims.len()];
        let mut plan = Plan { cells: Vec::new(), passed_over: BTreeMap::new(), compared };
        let witnesses = witnesses(statement, preset)?;
        // A claim of existence is about the witnesses of its file alone.
        if statement.general {
            plan.add_stored(statement, preset, &witnesses)?;
        }
        for (compared, cell) in witnesses {
            plan.add(cell, &compared);
        }
        if statement.general {
            plan.add_general(statement, preset);
        }
        Ok(plan)
    }

    /// Why the statement, or one of its claims, is checked nowhere: for the statement the most frequent
    /// reason for passing over.
    #[must_use]
    pub fn why_vacuous(&self) -> Option<String> {
        if self.cells.is_empty() {
            return self.passed_over.iter().max_by_key(|(_, count)| **count).map(|(reason, _)| reason.clone());
        }
        never_compared(&self.compared)
    }

    fn add(&mut self, cell: Cell<'a>, compared: &[bool]) {
        self.cells.push(cell);
        self.compared.iter_mut().zip(compared).for_each(|(known, new)| *known |= new);
    }

    /// Plans the stored witnesses that are instances of the statement: since they were stored, its
    /// constants may have changed.
    fn add_stored(
        &mut self,
        statement: &'a Statement,
        preset: Preset,
        witnesses: &[(Vec<bool>, Cell<'a>)],
    ) -> Result<(), Box<StatementError>> {
        for cell in corpus::read(statement)? {
            let mut spec = cell.spec;
            spec.parameters.retain(|name, _| statement.parameter(name).is_some());
            let is_witness = witnesses.iter().any(|(_, w)| spec == CellSpec { witness: None, ..w.spec.clone() });
            if is_witness || self.cells.iter().any(|cell| cell.spec == spec) {
                continue;
            }
            match checkable(statement, spec, preset) {
                Ok((compared, cell)) => self.add(cell, &compared),
                Err(reason) => self.pass_over(&format!("a stored witness is no instance: {reason}")),
            }
        }
        Ok(())
    }

    fn pass_over(&mut self, reason: &impl ToString) {
        *self.passed_over.entry(reason.to_string()).or_insert(0) += 1;
    }

    /// Plans the suite's cells. Those of a quick check are a part of the default's.
    fn add_general(&mut self, statement: &'a Statement, preset: Preset) {
        let (wanted, preset) = (preset.cells(), preset.suite());
        let mut suitable = self.suitable(statement, problems(statement, preset));
        if suitable.is_empty() && statement.problems.is_empty() {
            suitable = self.suitable(statement, problem::nested_suite(preset).into_iter().map(Ok).collect());
        }
        for candidate in spread(self.walk(statement, preset, &suitable), wanted) {
            self.add(candidate.cell, &candidate.compared);
        }
    }

    /// Those of the problems that prove what the statement uses, under one of its estimates at least.
    fn suitable(
        &mut self,
        statement: &Statement,
        specs: Vec<Result<ProblemSpec, InstanceError>>,
    ) -> Vec<(ProblemSpec, Arc<dyn DynProblem>)> {
        let mut suitable = Vec::new();
        for spec in specs {
            match spec.and_then(|spec| {
                let built = problem::build(&spec)?;
                proves_enough(statement, built.as_ref())?;
                proves_given(statement, built.as_ref())?;
                Ok((spec, built))
            }) {
                Ok(found) => suitable.push(found),
                Err(reason) => self.pass_over(&reason),
            }
        }
        suitable
    }

    fn walk(
        &mut self,
        statement: &'a Statement,
        preset: Preset,
        suitable: &[(ProblemSpec, Arc<dyn DynProblem>)],
    ) -> Vec<Candidate<'a>> {
        let mut walked: Vec<Candidate<'a>> = Vec::new();
        let defaults = sources(statement.subject, statement.averages());
        let count = if statement.estimates.is_empty() { defaults.len() } else { statement.estimates.len() };
        if suitable.is_empty() {
            return walked;
        }
        for i in 0..preset.cells() {
            let (problem_spec, problem) = &suitable[i % suitable.len()];
            let round = i / suitable.len();
            // Where one combination is no instance of the statement, or is there already, the next
            // source or the next choice of parameters is tried.
            let found = (0..count * 3).find_map(|attempt| {
                let number = (i + round + attempt) % count;
                let source = match statement.estimates.get(number) {
                    None => defaults[number].clone(),
                    Some(template) => match filled_sources(statement, template, problem.as_ref()) {
                        Ok(sources) => sources,
                        Err(reason) => {
                            self.pass_over(&reason);
                            return None;
                        }
                    },
                };
                let start = Start::of(&statement.method, i + round + attempt / count);
                let horizon = statement.horizons[(i + round) % statement.horizons.len()];
                let horizon = limited_horizon(statement, problem.as_ref(), &source, horizon, preset);
                let choice = i + attempt / count;
                let mut frame = CellSpec::without_parameters(problem_spec.clone(), source, start, horizon);
                frame.operators = operators_of(statement, i + attempt);
                let found = with_parameters(statement, frame, problem.as_ref(), choice, &[]).and_then(|spec| {
                    let instance = Instance::on(statement, &spec, Arc::clone(problem))?;
                    Ok((is_checkable(&instance, preset)?, Cell { statement, spec, instance }))
                });
                let (compared, cell) = found.map_err(|reason| self.pass_over(&reason)).ok()?;
                let mut known = self.cells.iter().chain(walked.iter().map(|c| &c.cell));
                let new = known.all(|other| other.spec != cell.spec);
                new.then(|| Candidate::new(compared, cell, choice))
            });
            walked.extend(found);
        }
        walked
    }
}

/// Which claims have an index on the instance.
#[must_use]
pub fn compared(instance: &Instance<'_>) -> Vec<bool> {
    index_sets::compared(instance)
}

/// The first claim that is compared nowhere, for a person.
#[must_use]
pub fn never_compared(compared: &[bool]) -> Option<String> {
    let never = compared.iter().position(|compared| !compared)?;
    Some(format!("claim {} has no index to check in any cell", never + 1))
}

/// The witnesses of the statement's file, each with the claims that are compared on it.
fn witnesses(statement: &Statement, preset: Preset) -> Result<Vec<(Vec<bool>, Cell<'_>)>, Box<StatementError>> {
    let checked = |position| checkable(statement, witness_cell(statement, position)?, preset);
    (0..statement.witnesses.len()).map(|w| checked(w).map_err(|cause| no_instance(statement, w, &cause))).collect()
}

fn no_instance(statement: &Statement, position: usize, cause: &InstanceError) -> Box<StatementError> {
    let witness = &statement.witnesses[position];
    let number = position + 1;
    statement.error(
        &witness.place,
        format!("witness {number} of `{}` ({}) is no instance of it: {cause}", statement.id, witness.doc),
    )
}

/// Refuses problems of the statement that cannot be built, which would otherwise be passed over.
fn check_problems(statement: &Statement) -> Result<(), Box<StatementError>> {
    for (value, place) in &statement.problems {
        let spec = read_problem(value).and_then(|spec| Ok(problem::build(&spec).map(|_| ())?));
        spec.map_err(|cause| statement.error(place, format!("this is no problem: {cause}")))?;
    }
    Ok(())
}

fn read_problem(value: &Value) -> Result<ProblemSpec, InstanceError> {
    serde_json::from_value(value.clone()).map_err(|err| InstanceError::Malformed(err.to_string()))
}

/// The problems that the statement names, or the suite's.
fn problems(statement: &Statement, preset: Preset) -> Vec<Result<ProblemSpec, InstanceError>> {
    if statement.problems.is_empty() {
        return problem::suite(preset).into_iter().map(Ok).collect();
    }
    statement.problems.iter().map(|(value, _)| read_problem(value)).collect()
}

/// The cell, with the claims that are compared on it.
fn checkable(statement: &Statement, spec: CellSpec, preset: Preset) -> Result<(Vec<bool>, Cell<'_>), InstanceError> {
    let cell = Cell::build(statement, spec)?;
    Ok((is_checkable(&cell.instance, preset)?, cell))
}

/// Which claims are compared on the instance; an error where it can do nothing.
fn is_checkable(instance: &Instance<'_>, preset: Preset) -> Result<Vec<bool>, InstanceError> {
    let compared = index_sets::compared(instance);
    if !compared.contains(&true) {
        return Err(InstanceError::NoIndex);
    }
    match procedure::of(instance, &preset.effort()) {
        Ok(_) => Ok(compared),
        Err(_) => Err(InstanceError::NoEvidence),
    }
}

/// Finite noise is only enumerable over few steps: of two outcomes a step, or of signs of all coordinates where
/// no recursion of moments follows them, at most the preset's paths.
fn limited_horizon(
    statement: &Statement,
    problem: &dyn DynProblem,
    sources: &[SourceSpec],
    horizon: usize,
    preset: Preset,
) -> usize {
    let signs = match sources {
        _ if statement.subject != Subject::WholeRun => return horizon,
        _ if sources.iter().any(|s| matches!(s, SourceSpec::Axis(_))) => 1,
        [SourceSpec::RelativeSigns(_)] if !problem.is_quadratic() => problem.dimension(),
        _ => return horizon,
    };
    horizon.min((preset.effort().paths.ilog2() as usize / signs).max(1))
}

fn proves_enough(statement: &Statement, problem: &dyn DynProblem) -> Result<(), InstanceError> {
    let constants = problem.constants();
    if let Some(missing) = missing_of_problem(statement, problem) {
        return Err(InstanceError::Missing(missing));
    }
    let lacks = |builtin: &Builtin| match builtin {
        Builtin::Smoothness => constants.smoothness.is_none(),
        Builtin::Pl => constants.pl.is_none(),
        Builtin::LowerBound => constants.lower_bound.is_none(),
        Builtin::Heterogeneity => constants.heterogeneity.is_none(),
        Builtin::GradientBound => constants.gradient_bound.is_none(),
        Builtin::StrongConvexity => constants.strong_convexity.is_none(),
        Builtin::LargestSmoothness | Builtin::MeanSquareSmoothness => constants.worker_smoothness.is_empty(),
        _ => false,
    };
    match statement.needs().into_iter().find(lacks) {
        Some(builtin) => Err(InstanceError::Missing(builtin.name())),
        None => Ok(()),
    }
}

/// Whether under some estimate of the statement every given constant is proved.
fn proves_given(statement: &Statement, problem: &dyn DynProblem) -> Result<(), InstanceError> {
    let complete = |sources: &[SourceSpec]| {
        let oracle = oracle::build(sources, problem)?;
        let given = given(statement, problem, &oracle, &operators_of(statement, 0));
        match given.iter().position(Option::is_none) {
            Some(i) => Err(InstanceError::MissingGiven(statement.given[i].name.clone())),
            None => Ok(()),
        }
    };
    if statement.estimates.is_empty() {
        return complete(&[]);
    }
    let mut outcome = Ok(());
    for template in &statement.estimates {
        outcome = filled_sources(statement, template, problem).and_then(|sources| complete(&sources));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests;
