//! The cells that the witnesses of a statement file describe.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::parameter_values::inside;
use super::templates::{filled, lacking};
use crate::number::{Interval, Scalar};
use crate::statement::evaluate::{Environment, NO_VALUE};
use crate::statement::term::{Builtin, Term};
use crate::statement::{Parameter, Statement, Supplied, Symbol, Template, Witness};
use crate::verify::instances::{CellSpec, HYPOTHESIS_BITS, InstanceError, Start, builtin_position, enclosure};

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
    let mut environment = given_environment(statement, witness)?;
    let parameters = choose_parameters(statement, witness, &mut environment)?;
    for (_, term) in &witness.locals {
        let value = enclosure(&environment, term);
        environment.constants.push(value);
    }
    let state = |(name, terms): (&String, &Vec<Term>)| {
        let missing = || InstanceError::Malformed(format!("its `{name}` has no value in binary64"));
        Ok((name.clone(), vector(&environment, terms).ok_or_else(missing)?))
    };
    let states = witness.states.iter().map(state).collect::<Result<BTreeMap<_, _>, InstanceError>>()?;
    let problem = read(&witness.problem, &environment)?;
    let oracle = read(&witness.oracle, &environment)?;
    let point = vector(&environment, &witness.start).ok_or_else(|| {
        let cause = witness.start.iter().find_map(|term| lacking(&environment, term));
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        InstanceError::Malformed(format!("its start has no value in binary64{cause}"))
    })?;
    Ok(CellSpec {
        problem,
        oracle,
        start: Start::of(&statement.method, witness.from),
        parameters,
        operators: witness.operators.clone(),
        states,
        horizon: witness.horizon,
        point: Some(point),
        witness: Some(position),
    })
}

/// The constants that the witness says are given; parameters and derived constants are still to come.
fn given_environment(statement: &Statement, witness: &Witness) -> Result<Environment<Interval>, InstanceError> {
    let mut environment = Environment::<Interval> {
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
            Supplied::Builtin(builtin) => environment.builtins[builtin_position(*builtin)] = Some(value),
            Supplied::Given(i) => environment.given[*i] = Some(value),
        }
    }
    Ok(environment)
}

/// The parameters, which with the derived constants are set in the environment.
fn choose_parameters(
    statement: &Statement,
    witness: &Witness,
    environment: &mut Environment<Interval>,
) -> Result<BTreeMap<String, f64>, InstanceError> {
    let mut chosen = BTreeMap::new();
    for symbol in &statement.order {
        match symbol {
            // Those that need more than what is given are not used by the witness.
            Symbol::Constant(i) => environment.constants[*i] = enclosure(environment, &statement.constants[*i].term),
            Symbol::Parameter(i) => {
                let parameter = &statement.parameters[*i];
                let value = witness_value(witness, *i, parameter, environment)?;
                environment.parameters[*i] = Some(Interval::from_f64(value, HYPOTHESIS_BITS));
                chosen.insert(parameter.name.clone(), value);
            }
        }
    }
    Ok(chosen)
}

/// The values of terms in binary64.
fn vector(environment: &Environment<Interval>, terms: &[Term]) -> Option<Vec<f64>> {
    let number = |term: &Term| enclosure(environment, term).map(|v| v.to_f64()).filter(|x| x.is_finite());
    terms.iter().map(number).collect()
}

/// What a template describes once its expressions have values.
fn read<T: DeserializeOwned>(template: &Template, environment: &Environment<Interval>) -> Result<T, InstanceError> {
    serde_json::from_value(filled(template, environment)?).map_err(|err| InstanceError::Malformed(err.to_string()))
}

/// The value that a witness gives a parameter.
fn witness_value(
    witness: &Witness,
    position: usize,
    parameter: &Parameter,
    environment: &Environment<Interval>,
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
