//! Which instances a statement is tried on.
//!
//! The suite is data: problems, error sources and starts, walked in a fixed order so that every
//! problem, source and candidate value of a parameter turns up early. Cells that the statement does
//! not speak of (a constant that the family does not prove, a hypothesis that fails) are passed
//! over; what remains is what it is checked on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::number::{Interval, Scalar};
use crate::oracle::operator::Operator;
use crate::oracle::source::{
    Aligned, Axis, Gaussian, Greedy, Offset, Opposed, Rademacher, RandomSigns, Relative, RelativeSigns, Sphere,
};
use crate::oracle::{self, SourceSpec};
use crate::preset::Preset;
use crate::problem::{self, DynProblem, ProblemSpec};
use crate::statement::evaluate::{Environment as Numbers, EvaluationError, Evaluator, NO_VALUE};
use crate::statement::term::{Builtin, Term};
use crate::statement::{Parameter, Statement, StatementError, Subject, Supplied, Symbol, Template, Witness};
use crate::verify::Cell;
use crate::verify::choosing::corpus;
use crate::verify::choosing::parameter_values::{inside, with_parameters};
use crate::verify::choosing::spread::{Candidate, spread};
use crate::verify::deciding::{index_sets, procedure};
use crate::verify::instances::{
    CellSpec, HYPOTHESIS_BITS, Instance, InstanceError, Start, base_environment, builtins, enclosure,
};

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

/// Refuses estimates of the statement that are no lists of error sources, whatever their expressions' values,
/// and sources that can stand under no problem: they would be passed over everywhere.
fn check_estimates(statement: &Statement) -> Result<(), Box<StatementError>> {
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

fn read_problem(value: &Value) -> Result<ProblemSpec, InstanceError> {
    serde_json::from_value(value.clone()).map_err(|err| InstanceError::Malformed(err.to_string()))
}

/// A choice of the method's operators.
#[must_use]
pub fn operators_of(statement: &Statement, choice: usize) -> BTreeMap<String, Operator> {
    let own = |(name, tried): (&String, &Vec<Operator>)| {
        Some((name.clone(), tried.get(choice % tried.len().max(1))?.clone()))
    };
    statement.operators.iter().filter_map(own).collect()
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
    if let Some(missing) = crate::verify::instances::missing_of_problem(statement, problem) {
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
        let given = crate::verify::instances::given(statement, problem, &oracle, &operators_of(statement, 0));
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

/// Error sources to try, by what a claim is about.
fn sources(subject: Subject, averages: bool) -> Vec<Vec<SourceSpec>> {
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

/// The cell of one of the statement's witnesses.
///
/// # Errors
/// When it is no instance of the statement.
pub fn witness_cell(statement: &Statement, position: usize) -> Result<CellSpec, InstanceError> {
    let witness = statement.witnesses.get(position).ok_or(InstanceError::NoIndex)?;
    witness_spec(statement, witness, position)
}

/// The specification of a witness that the statement file brings. Its expressions are evaluated with
/// the constants that it says are given; the instance is then built from what the problem proves.
fn witness_spec(statement: &Statement, witness: &Witness, position: usize) -> Result<CellSpec, InstanceError> {
    let mut environment = Numbers::<Interval> {
        context: HYPOTHESIS_BITS,
        parameters: vec![None; statement.parameters.len()],
        constants: vec![None; statement.constants.len()],
        builtins: vec![None; Builtin::ALL.len()],
        given: vec![None; statement.given.len()],
        start: witness.from,
        method: Vec::new(),
        spectrum: Vec::new(),
        worker_smoothness: Vec::new(),
        minimiser: None,
        workers: 1,
        dimension: witness.start.len(),
        horizon: witness.horizon,
    };
    for (supplied, term) in &witness.given {
        let name = match supplied {
            Supplied::Builtin(builtin) => builtin.name(),
            Supplied::Given(i) => &statement.given[*i].name,
        };
        let value = enclosure(&environment, term).ok_or_else(|| InstanceError::Constant(name.to_owned()))?;
        match supplied {
            Supplied::Builtin(builtin) => {
                environment.builtins[crate::verify::instances::builtin_position(*builtin)] = Some(value)
            }
            Supplied::Given(i) => environment.given[*i] = Some(value),
        }
    }
    let mut chosen = BTreeMap::new();
    for symbol in &statement.order {
        match symbol {
            // Those that need more than what is given are not used by the witness.
            Symbol::Constant(i) => environment.constants[*i] = enclosure(&environment, &statement.constants[*i].term),
            Symbol::Parameter(i) => {
                let parameter = &statement.parameters[*i];
                let value = witness_value(witness, *i, parameter, &environment)?;
                environment.parameters[*i] = Some(Interval::from_f64(value, HYPOTHESIS_BITS));
                chosen.insert(parameter.name.clone(), value);
            }
        }
    }
    for (_, term) in &witness.locals {
        let value = enclosure(&environment, term);
        environment.constants.push(value);
    }
    let number = |term: &Term| enclosure(&environment, term).map(|v| v.to_f64()).filter(|x| x.is_finite());
    let malformed = |err: serde_json::Error| InstanceError::Malformed(err.to_string());
    let start = witness.start.iter().map(number).collect::<Option<Vec<_>>>();
    let state = |(name, terms): (&String, &Vec<Term>)| {
        let vector = terms.iter().map(number).collect::<Option<Vec<_>>>();
        let missing = || InstanceError::Malformed(format!("its `{name}` has no value in binary64"));
        Ok((name.clone(), vector.ok_or_else(missing)?))
    };
    let states = witness.states.iter().map(state).collect::<Result<BTreeMap<_, _>, InstanceError>>()?;
    Ok(CellSpec {
        problem: serde_json::from_value(filled(&witness.problem, &environment)?).map_err(malformed)?,
        oracle: serde_json::from_value(filled(&witness.oracle, &environment)?).map_err(malformed)?,
        start: Start::of(&statement.method, witness.from),
        parameters: chosen,
        operators: witness.operators.clone(),
        states,
        horizon: witness.horizon,
        point: Some(start.ok_or_else(|| {
            let cause = witness.start.iter().find_map(|term| lacking(&environment, term));
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            InstanceError::Malformed(format!("its start has no value in binary64{cause}"))
        })?),
        witness: Some(position),
    })
}

/// The value that a witness gives a parameter.
fn witness_value(
    witness: &Witness,
    position: usize,
    parameter: &Parameter,
    environment: &Numbers<Interval>,
) -> Result<f64, InstanceError> {
    let term = witness.parameters.get(&position);
    let value = term.and_then(|term| enclosure(environment, term));
    let value = value
        .ok_or_else(|| {
            let cause = term.and_then(|term| lacking(environment, term)).unwrap_or_else(|| NO_VALUE.to_owned());
            InstanceError::Malformed(format!("its `{}` has no value: {cause}", parameter.name))
        })?
        .to_f64();
    inside(parameter, environment, value).ok_or_else(|| InstanceError::Parameter {
        name: parameter.name.clone(),
        value,
        range: parameter.range.clone(),
    })
}

/// The constants that a term needs and a witness does not give, where that is why it has no value.
fn lacking(environment: &Numbers<Interval>, term: &Term) -> Option<String> {
    match Evaluator::without_trace(environment).term(term) {
        Err(EvaluationError::MissingConstant(name)) => Some(format!("`given` of the witness lacks `{name}`")),
        // A constant of the statement that itself lacks something.
        Err(EvaluationError::ValuelessConstant) => {
            Some("it uses a constant of the statement that needs more than `given` of the witness has".to_owned())
        }
        _ => None,
    }
}

/// A template's data with the values of its expressions.
fn filled(template: &Template, environment: &Numbers<Interval>) -> Result<Value, InstanceError> {
    let number = |text: &str| {
        let value = enclosure(environment, template.expressions.get(text)?)?.to_f64();
        Some(value).filter(|x| x.is_finite())
    };
    fill(&template.value, &number).ok_or_else(|| {
        let cause = template.expressions.values().find_map(|term| lacking(environment, term));
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        InstanceError::Malformed(format!("an expression in {} has no value in binary64{cause}", template.value))
    })
}

/// Error sources that a statement names, with the problem's own constants filled in.
fn filled_sources(
    statement: &Statement,
    template: &Template,
    problem: &dyn DynProblem,
) -> Result<Vec<SourceSpec>, InstanceError> {
    let exact = oracle::build(&[], problem)?;
    let mut builtins = builtins(problem, &exact);
    for builtin in Builtin::ALL.into_iter().filter(|b| b.is_error_model()) {
        builtins[crate::verify::instances::builtin_position(builtin)] = None;
    }
    let given = crate::verify::instances::given(statement, problem, &exact, &operators_of(statement, 0));
    let environment = base_environment::<Interval>(statement, problem, (&builtins, &given), 0, 1, HYPOTHESIS_BITS);
    serde_json::from_value(filled(template, &environment)?).map_err(|err| InstanceError::Malformed(err.to_string()))
}

/// Replaces strings that begin with `=` by their values.
fn fill(value: &Value, evaluate: &dyn Fn(&str) -> Option<f64>) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.starts_with('=') => serde_json::json!(evaluate(text)?),
        Value::Array(items) => Value::Array(items.iter().map(|v| fill(v, evaluate)).collect::<Option<_>>()?),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| Some((k.clone(), fill(v, evaluate)?))).collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}
