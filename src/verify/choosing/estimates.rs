//! The error sources, and the operators of a method, that a statement is tried with: its own, or those of the suite.

use std::collections::BTreeMap;

use super::templates::{fill, filled};
use crate::number::Interval;
use crate::oracle::operator::Operator;
use crate::oracle::source::{
    Aligned, Axis, Gaussian, Greedy, Offset, Opposed, Rademacher, RandomSigns, Relative, RelativeSigns, Sphere,
};
use crate::oracle::{self, SourceSpec};
use crate::problem::DynProblem;
use crate::statement::term::Builtin;
use crate::statement::{Statement, StatementError, Subject, Template};
use crate::verify::instances::{HYPOTHESIS_BITS, InstanceError, base_environment, builtin_position, builtins, given};

/// The error sources that the statement is tried with on a problem: its own estimates, or those of the suite.
#[must_use]
pub fn estimates(statement: &Statement, problem: &dyn DynProblem) -> Vec<Vec<SourceSpec>> {
    if statement.estimates.is_empty() {
        return sources(statement.subject, statement.averages());
    }
    statement.estimates.iter().filter_map(|template| filled_sources(statement, template, problem).ok()).collect()
}

/// One of the statement's own estimates on a problem.
#[must_use]
pub fn estimate(statement: &Statement, number: usize, problem: &dyn DynProblem) -> Option<Vec<SourceSpec>> {
    filled_sources(statement, statement.estimates.get(number)?, problem).ok()
}

/// A choice of the method's operators.
#[must_use]
pub fn operators_of(statement: &Statement, choice: usize) -> BTreeMap<String, Operator> {
    let own = |(name, tried): (&String, &Vec<Operator>)| {
        Some((name.clone(), tried.get(choice % tried.len().max(1))?.clone()))
    };
    statement.operators.iter().filter_map(own).collect()
}

/// Error sources that a statement names, with the problem's own constants filled in.
pub(super) fn filled_sources(
    statement: &Statement,
    template: &Template,
    problem: &dyn DynProblem,
) -> Result<Vec<SourceSpec>, InstanceError> {
    let exact = oracle::build(&[], problem)?;
    let mut builtins = builtins(problem, &exact);
    for builtin in Builtin::ALL.into_iter().filter(|b| b.is_error_model()) {
        builtins[builtin_position(builtin)] = None;
    }
    let given = given(statement, problem, &exact, &operators_of(statement, 0));
    let environment = base_environment::<Interval>(statement, problem, (&builtins, &given), 0, 1, HYPOTHESIS_BITS);
    serde_json::from_value(filled(template, &environment)?).map_err(|err| InstanceError::Malformed(err.to_string()))
}

/// Refuses estimates of the statement that are no lists of error sources, whatever their expressions' values,
/// and sources that can stand under no problem: they would be passed over everywhere.
pub(super) fn check_estimates(statement: &Statement) -> Result<(), Box<StatementError>> {
    for template in &statement.estimates {
        let one = fill(&template.value, &|_| Some(1.0)).unwrap_or_default();
        let sources = serde_json::from_value::<Vec<SourceSpec>>(one)
            .map_err(|err| statement.error(&template.place, format!("this is no list of error sources: {err}")))?;
        if let Some(reason) = sources.iter().find_map(SourceSpec::misplaced) {
            return Err(statement.error(&template.place, reason));
        }
    }
    Ok(())
}

/// Error sources to try, by what a claim is about.
pub(super) fn sources(subject: Subject, averages: bool) -> Vec<Vec<SourceSpec>> {
    let (relative, absolute) = (0.0625, 0.25);
    match subject {
        Subject::Estimate if averages => sources(Subject::OneStep, true),
        Subject::Pathwise | Subject::Estimate => vec![
            vec![Greedy { relative, absolute }.into()],
            vec![],
            vec![Opposed { relative: 0.25, absolute }.into()],
            vec![Gaussian { size: 0.5 }.into()],
            vec![Aligned { relative: 0.25, absolute }.into()],
            vec![RandomSigns { relative, absolute: 1.0 }.into()],
            vec![Relative { factor: -0.5 }.into(), Rademacher { size: 0.25 }.into()],
            vec![Offset { size: 0.5 }.into(), Sphere { radius: 1.0 }.into()],
        ],
        Subject::OneStep => vec![
            vec![Axis { size: 0.5 }.into()],
            vec![Relative { factor: -0.5 }.into(), Axis { size: 1.0 }.into()],
            vec![Rademacher { size: 0.5 }.into()],
            vec![Opposed { relative: 0.25, absolute }.into(), Axis { size: 0.25 }.into()],
            vec![Offset { size: 0.25 }.into(), RelativeSigns { factor: 0.5 }.into()],
            vec![Greedy { relative, absolute }.into(), Axis { size: 2.0 }.into()],
            vec![RelativeSigns { factor: 0.5 }.into()],
            vec![],
        ],
        Subject::WholeRun => vec![
            vec![Rademacher { size: 0.5 }.into()],
            vec![Opposed { relative, absolute }.into()],
            vec![Offset { size: 0.25 }.into(), Rademacher { size: 0.25 }.into()],
            vec![Axis { size: 0.5 }.into()],
            vec![RelativeSigns { factor: 0.5 }.into()],
            vec![Sphere { radius: 0.5 }.into()],
            vec![Relative { factor: -0.25 }.into(), Axis { size: 0.5 }.into()],
            vec![Greedy { relative, absolute }.into()],
            vec![Gaussian { size: 0.25 }.into()],
            vec![Aligned { relative, absolute }.into()],
            vec![Offset { size: 0.125 }.into(), Gaussian { size: 0.25 }.into()],
            vec![
                Relative { factor: -0.125 }.into(),
                RelativeSigns { factor: 0.125 }.into(),
                Sphere { radius: 0.25 }.into(),
            ],
            vec![],
            vec![Relative { factor: -0.25 }.into()],
        ],
    }
}
