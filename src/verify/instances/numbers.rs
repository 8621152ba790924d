//! The numbers of an instance: what its problem, its estimate and its method's operators prove.

use std::collections::BTreeMap;

use rug::Rational;

use super::{CellSpec, HYPOTHESIS_BITS, InstanceError};
use crate::number::{Interval, Scalar};
use crate::oracle::Oracle;
use crate::oracle::operator::Operator;
use crate::problem::DynProblem;
use crate::statement::evaluate::{Environment, Evaluator};
use crate::statement::term::{Builtin, ScalarSequence, Term};
use crate::statement::{Bound, Statement};

/// What the problem must have and has not, besides constants.
pub(crate) fn missing_of_problem(statement: &Statement, problem: &dyn DynProblem) -> Option<&'static str> {
    let quadratic = problem.affine_part().is_some_and(|affine| affine.remainder == 0);
    let has_minimiser = quadratic || problem.constants().minimiser.is_some();
    let no_smoothness = problem.constants().worker_smoothness.is_empty();
    [
        ("spectrum", statement.needs_spectrum() && !quadratic),
        ("x_star", statement.needs_minimiser() && !has_minimiser),
        ("dist2", statement.speaks_of(&ScalarSequence::Distance) && !has_minimiser),
        ("L_of", statement.speaks_of(&ScalarSequence::WorkerSmoothness) && no_smoothness),
    ]
    .into_iter()
    .find_map(|(name, missing)| missing.then_some(name))
}

/// The minimiser nearest to a point.
pub(super) fn minimiser(problem: &dyn DynProblem, point: &[f64]) -> Option<Vec<Rational>> {
    if let Some(only) = &problem.constants().minimiser {
        return Some(only.clone());
    }
    let affine = problem.affine_part().filter(|affine| affine.remainder == 0)?;
    let mut nearest = affine.centre.clone();
    for (lambda, row) in affine.spectrum.iter().zip(&affine.basis) {
        if *lambda < 0 {
            return None;
        }
        if *lambda == 0 {
            let along: Rational = row
                .iter()
                .zip(point.iter().zip(&affine.centre))
                .map(|(q, (x, c))| Some((Rational::from_f64(*x)? - c) * q))
                .sum::<Option<Rational>>()?;
            nearest.iter_mut().zip(row).for_each(|(x, q)| *x += Rational::from(&along * q));
        }
    }
    Some(nearest)
}

/// The numbers of a problem and its estimate, as data, and of x_0.
pub(super) fn numbers_of(spec: &CellSpec, point: &[f64]) -> Vec<f64> {
    fn collect(value: &serde_json::Value, into: &mut Vec<f64>) {
        match value {
            serde_json::Value::Number(number) => into.extend(number.as_f64()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            serde_json::Value::Object(map) => map.values().for_each(|item| collect(item, into)),
            _ => {}
        }
    }
    let mut numbers = point.to_vec();
    // Both are plain data, so this cannot fail.
    for data in [serde_json::to_value(&spec.problem), serde_json::to_value(&spec.oracle)].into_iter().flatten() {
        collect(&data, &mut numbers);
    }
    numbers
}

/// Whether `value` is certainly on the right side of one end of a range.
pub(crate) fn bound_admits(environment: &Environment<Interval>, bound: &Bound, value: f64, is_lower: bool) -> bool {
    let Some(term) = &bound.value else { return true };
    let Ok(end) = Evaluator::without_trace(environment).term(term) else { return false };
    let value = Interval::from_f64(value, HYPOTHESIS_BITS);
    let (low, high) = if is_lower { (&end, &value) } else { (&value, &end) };
    if bound.closed { low.certainly_le(high) } else { low.certainly_lt(high) }
}

/// Position in [`Builtin::ALL`].
pub(crate) fn builtin_position(builtin: Builtin) -> usize {
    Builtin::ALL.iter().position(|b| *b == builtin).unwrap_or_default()
}

/// The instance's constants in the order of [`Builtin::ALL`].
pub(crate) fn builtins(problem: &dyn DynProblem, oracle: &Oracle) -> Vec<Option<Rational>> {
    let constants = problem.constants();
    let model = &oracle.model;
    Builtin::ALL
        .iter()
        .map(|builtin| match builtin {
            Builtin::Smoothness => constants.smoothness.clone(),
            Builtin::Pl => constants.pl.clone(),
            Builtin::LowerBound => constants.lower_bound.clone(),
            Builtin::Heterogeneity => constants.heterogeneity.clone(),
            Builtin::GradientBound => constants.gradient_bound.clone(),
            // Known only with the method, see `Instance::build`.
            Builtin::VisitedGradientBound => None,
            Builtin::RelativeError => model.total.as_ref().map(|size| size[0].clone()),
            Builtin::AbsoluteError => model.total.as_ref().map(|size| size[1].clone()),
            Builtin::RelativeBias => model.bias.as_ref().map(|size| size[0].clone()),
            Builtin::AbsoluteBias => model.bias.as_ref().map(|size| size[1].clone()),
            Builtin::RelativeNoise => model.noise.as_ref().map(|size| size[0].clone()),
            Builtin::NoiseVariance => model.noise.as_ref().map(|size| size[1].clone()),
            Builtin::Isotropic => Some(Rational::from(u32::from(model.isotropic))),
            Builtin::StrongConvexity => constants.strong_convexity.clone(),
            Builtin::Convex => Some(Rational::from(u32::from(constants.strong_convexity.is_some()))),
            Builtin::WorkersConvex => Some(Rational::from(u32::from(constants.workers_convex))),
            Builtin::LargestSmoothness => constants.worker_smoothness.iter().max().cloned(),
            Builtin::MeanSquareSmoothness => {
                let squares = constants.worker_smoothness.iter().map(|l| Rational::from(l.square_ref()));
                let count = constants.worker_smoothness.len() as u64;
                (count > 0).then(|| squares.sum::<Rational>() / count)
            }
        })
        .collect()
}

/// The method's operators, in its order.
pub(super) fn operators(
    statement: &Statement,
    spec: &CellSpec,
    dimension: usize,
) -> Result<Vec<Operator>, InstanceError> {
    let method = &statement.method;
    if let Some(unknown) = spec.operators.keys().find(|name| method.operator(name).is_none()) {
        return Err(InstanceError::Malformed(format!("the method has no operator `{unknown}`")));
    }
    let own = |(name, is): &(String, String)| {
        let operator = spec.operators.get(name).filter(|operator| operator.proves(is)).cloned();
        let operator = operator
            .ok_or_else(|| InstanceError::Malformed(format!("the method's operator `{name}` is not given as {is}")))?;
        match operator.defect(dimension) {
            None => Ok(operator),
            Some(defect) => Err(InstanceError::Malformed(format!("{operator}: {defect}"))),
        }
    };
    method.operators.iter().map(own).collect()
}

/// What the method's operators prove, by name: `alpha`, or `alpha_Q` where there are several.
fn of_operators(operators: &BTreeMap<String, Operator>, name: &str, dimension: usize) -> Option<Rational> {
    let proved = |operator: &Operator, constant: &str| {
        let (own, value) = operator.guarantee(dimension)?.named();
        (own == constant).then_some(value)
    };
    match (operators.len(), name.split_once('_')) {
        (1, None) => proved(operators.values().next()?, name),
        (_, Some((constant, own))) => proved(operators.get(own)?, constant),
        _ => None,
    }
}

/// The constants that the statement declares under `[given]`, from the method's operators, the estimate or the
/// problem.
pub(crate) fn given(
    statement: &Statement,
    problem: &dyn DynProblem,
    oracle: &Oracle,
    operators: &BTreeMap<String, Operator>,
) -> Vec<Option<Rational>> {
    let value = |name: &str| {
        let of_operator = of_operators(operators, name, problem.dimension());
        let named = || oracle.model.named.get(name).or_else(|| problem.constants().named.get(name)).cloned();
        of_operator.or_else(named)
    };
    statement.given.iter().map(|given| value(&given.name)).collect()
}

/// An environment with the instance's own numbers, parameters and constants still to come.
pub(crate) fn base_environment<S: Scalar>(
    statement: &Statement,
    problem: &dyn DynProblem,
    (builtins, given): (&[Option<Rational>], &[Option<Rational>]),
    start: usize,
    horizon: usize,
    context: S::Context,
) -> Environment<S> {
    let spectrum = match problem.affine_part() {
        Some(affine) if statement.needs_spectrum() => {
            affine.spectrum.iter().map(|l| S::from_rational(l, context)).collect()
        }
        _ => Vec::new(),
    };
    let worker_smoothness = match statement.speaks_of(&ScalarSequence::WorkerSmoothness) {
        true => problem.constants().worker_smoothness.iter().map(|l| S::from_rational(l, context)).collect(),
        false => Vec::new(),
    };
    Environment {
        context,
        parameters: vec![None; statement.parameters.len()],
        constants: vec![None; statement.constants.len()],
        builtins: builtins.iter().map(|b| b.as_ref().map(|q| S::from_rational(q, context))).collect(),
        given: given.iter().map(|g| g.as_ref().map(|q| S::from_rational(q, context))).collect(),
        start,
        method: Vec::new(),
        worker_smoothness,
        minimiser: None,
        spectrum,
        workers: problem.workers(),
        dimension: problem.dimension(),
        horizon,
    }
}

/// The value of a term in an environment whose needed entries are set, as an enclosure.
pub(crate) fn enclosure(environment: &Environment<Interval>, term: &Term) -> Option<Interval> {
    Evaluator::without_trace(environment).term(term).ok().filter(|v| v.lower().is_finite() && v.upper().is_finite())
}
