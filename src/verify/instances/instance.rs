//! A statement bound to a problem, an oracle and parameters: everything a run needs.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rug::Rational;

use super::numbers::{
    base_environment, bound_admits, builtin_position, builtins, given, minimiser, missing_of_problem, numbers_of,
    operators,
};
use super::{CellSpec, InstanceError};
use crate::method::{BoundMethod, Experiment, visited_gradient_bound};
use crate::number::{Exact, Interval, Scalar};
use crate::oracle::{self, Oracle};
use crate::problem::{self, DynProblem};
use crate::statement::evaluate::{Environment, Evaluator, RandomIndex};
use crate::statement::term::Builtin;
use crate::statement::{Claim, Form, MAX_HORIZON, Parameter, Statement, Subject, Symbol};
use crate::verify::finite_limits;

/// Precision at which ranges and hypotheses are decided.
pub const HYPOTHESIS_BITS: u32 = 256;

/// A statement bound to an instance.
#[derive(Clone, Debug)]
pub struct Instance<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The objective.
    pub problem: Arc<dyn DynProblem>,
    /// The estimate.
    pub oracle: Oracle,
    /// The method.
    pub method: BoundMethod,
    /// x_0.
    pub point: Vec<f64>,
    /// K.
    pub horizon: usize,
    parameters: Vec<f64>,
    builtins: Vec<Option<Rational>>,
    given: Vec<Option<Rational>>,
    /// Of an identity, which must lose none of them: the numbers that the problem, the estimate and x_0 are made of.
    pub(crate) data: Vec<f64>,
    /// Whether the statement speaks of `G_run`, which only a run proves.
    visits: bool,
    /// `x_star`, where the statement speaks of it.
    minimiser: Option<Vec<Rational>>,
}

impl<'a> Instance<'a> {
    /// Builds the instance and shows that it is in the statement's range and meets its hypotheses.
    ///
    /// # Errors
    /// When anything is not certain; then the cell is not one that the statement speaks of.
    pub fn build(statement: &'a Statement, spec: &CellSpec) -> Result<Self, InstanceError> {
        Instance::on(statement, spec, problem::build(&spec.problem)?)
    }

    /// The same on a problem that is built already, the one that the specification names: proving its
    /// constants is most of the work where many instances share it.
    ///
    /// # Errors
    /// As [`Instance::build`].
    pub fn on(statement: &'a Statement, spec: &CellSpec, problem: Arc<dyn DynProblem>) -> Result<Self, InstanceError> {
        if !(1..=MAX_HORIZON).contains(&spec.horizon) {
            return Err(InstanceError::Horizon(spec.horizon));
        }
        let oracle = oracle::build(&spec.oracle, problem.as_ref())?;
        let point = spec.point.clone().unwrap_or_else(|| problem.start());
        if point.len() != problem.dimension() {
            return Err(InstanceError::Point { expected: problem.dimension(), found: point.len() });
        }
        let start = spec.start.position(&statement.method).ok_or_else(|| InstanceError::Start(spec.start.0.clone()))?;
        let operators = operators(statement, spec, problem.dimension())?;
        let mut method = BoundMethod::new(Arc::clone(&statement.method), problem.as_ref(), start, &statement.spoken());
        method.operators = operators;
        method.give(&spec.states).map_err(InstanceError::Malformed)?;
        fits_estimate(statement, &oracle, &method)?;
        let builtins = proved_builtins(statement, problem.as_ref(), &oracle, &method)?;
        let given = given(statement, problem.as_ref(), &oracle, &spec.operators);
        if let Some(i) = given.iter().position(Option::is_none) {
            return Err(InstanceError::MissingGiven(statement.given[i].name.clone()));
        }
        if let Some(missing) = missing_of_problem(statement, problem.as_ref()) {
            return Err(InstanceError::Missing(missing));
        }
        let minimiser = if statement.needs_minimiser() { minimiser(problem.as_ref(), &point) } else { None };
        if statement.needs_minimiser() && minimiser.is_none() {
            return Err(InstanceError::Missing("x_star"));
        }
        let data = if statement.form == Form::Identity { numbers_of(spec, &point) } else { Vec::new() };
        let visits = statement.needs().contains(&Builtin::VisitedGradientBound);
        let (horizon, parameters) = (spec.horizon, Vec::new());
        let mut instance = Instance {
            statement,
            problem,
            oracle,
            method,
            point,
            horizon,
            parameters,
            builtins,
            given,
            data,
            visits,
            minimiser,
        };
        instance.tune(&spec.parameters)?;
        Ok(instance)
    }

    /// The same problem, estimate and start with other parameter values and another K, shown to be in the
    /// statement's range and to meet its hypotheses. Cheap: nothing runs, save where the statement speaks
    /// of `G_run`.
    ///
    /// # Errors
    /// As [`Instance::build`].
    pub fn retuned(&self, parameters: &BTreeMap<String, f64>, horizon: usize) -> Result<Self, InstanceError> {
        if !(1..=MAX_HORIZON).contains(&horizon) {
            return Err(InstanceError::Horizon(horizon));
        }
        let mut instance = Instance { horizon, ..self.clone() };
        instance.tune(parameters)?;
        Ok(instance)
    }

    /// Sets the parameters, the method and what depends on them.
    fn tune(&mut self, parameters: &BTreeMap<String, f64>) -> Result<(), InstanceError> {
        let statement = self.statement;
        let missing =
            |p: &Parameter| InstanceError::Parameter { name: p.name.clone(), value: f64::NAN, range: p.range.clone() };
        let value = |p: &Parameter| parameters.get(&p.name).copied().ok_or_else(|| missing(p));
        self.parameters = statement.parameters.iter().map(value).collect::<Result<_, _>>()?;
        let own = |name: &str| statement.parameter(name).map(|i| self.parameters[i]);
        self.method.tune(self.horizon, &own)?;
        if self.visits {
            let bound = visited_gradient_bound(&self.experiment(), HYPOTHESIS_BITS);
            let bound = bound.ok_or(InstanceError::Missing(Builtin::VisitedGradientBound.name()))?;
            self.builtins[builtin_position(Builtin::VisitedGradientBound)] = Some(bound);
        }
        self.check_setup(&self.environment::<Interval>(HYPOTHESIS_BITS))
    }

    /// What is known of the instance, with K = `horizon`, before its parameters are chosen.
    pub(crate) fn scope_without_parameters(&self, horizon: usize) -> Environment<Interval> {
        let numbers = (self.builtins.as_slice(), self.given.as_slice());
        base_environment(self.statement, self.problem.as_ref(), numbers, self.method.start(), horizon, HYPOTHESIS_BITS)
    }

    /// Whether constants have values, and ranges and hypotheses hold for certain, where `environment` has the numbers
    /// of the instance for some K.
    pub(crate) fn check_setup(&self, environment: &Environment<Interval>) -> Result<(), InstanceError> {
        for (constant, value) in self.statement.constants.iter().zip(&environment.constants) {
            if value.as_ref().is_none_or(|v| !(v.lower().is_finite() && v.upper().is_finite())) {
                return Err(InstanceError::Constant(constant.name.clone()));
            }
        }
        self.check_ranges(environment)?;
        self.check_hypotheses(environment)
    }

    /// Whether constants, ranges and hypotheses depend on K, or on the run itself.
    #[must_use]
    pub fn depends_on_horizon(&self) -> bool {
        self.visits || self.statement.is_set_up_for_horizon()
    }

    /// Whether the statement speaks of the largest gradient of the run.
    #[must_use]
    pub fn visits(&self) -> bool {
        self.visits
    }

    /// The same instance with fewer steps.
    #[must_use]
    pub fn shortened(&self, horizon: usize) -> Instance<'a> {
        let mut shorter = self.clone();
        shorter.horizon = horizon.min(self.horizon);
        shorter.method.horizon = shorter.horizon;
        shorter
    }

    /// The experiment that runs on it.
    #[must_use]
    pub fn experiment(&self) -> Experiment<'_> {
        Experiment { problem: self.problem.as_ref(), oracle: &self.oracle, method: &self.method, start: &self.point }
    }

    /// Parameters, constants and the instance's own numbers in one arithmetic. A derived constant
    /// that has no value there (an irrational one among rationals) stays undefined.
    #[must_use]
    pub fn environment<S: Scalar>(&self, context: S::Context) -> Environment<S> {
        self.environment_at(self.horizon, None, context)
    }

    /// The same for the run of its first `horizon` steps, whose workers' gradients are at most `visited`.
    #[must_use]
    pub fn environment_at<S: Scalar>(&self, horizon: usize, visited: Option<S>, context: S::Context) -> Environment<S> {
        let numbers = (self.builtins.as_slice(), self.given.as_slice());
        let mut environment =
            base_environment(self.statement, self.problem.as_ref(), numbers, self.method.start(), horizon, context);
        environment.minimiser =
            self.minimiser.as_ref().map(|x| x.iter().map(|x| S::from_rational(x, context)).collect());
        if self.statement.speaks_of_method_values() {
            environment.method = self.method.values::<S>(context).into_iter().map(Some).collect();
        }
        if visited.is_some() {
            environment.builtins[builtin_position(Builtin::VisitedGradientBound)] = visited;
        }
        for symbol in &self.statement.order {
            match symbol {
                Symbol::Parameter(i) => environment.parameters[*i] = Some(S::from_f64(self.parameters[*i], context)),
                Symbol::Constant(i) => {
                    let value = Evaluator::without_trace(&environment).term(&self.statement.constants[*i].term).ok();
                    environment.constants[*i] = value;
                }
            }
        }
        environment
    }

    /// How the statement's random index is averaged, exactly.
    #[must_use]
    pub fn random_average(&self) -> RandomIndex {
        let Some(random) = &self.statement.random else { return RandomIndex::Absent };
        RandomIndex::Average { from: random.from.clone(), to: random.to.clone() }
    }

    /// How the random index is averaged in a claim, which need not speak of it.
    #[must_use]
    pub fn average_for(&self, claim: &Claim) -> RandomIndex {
        if claim.speaks_of_random_index() { self.random_average() } else { RandomIndex::Absent }
    }

    /// Value of a constant of the instance.
    #[must_use]
    pub fn builtin(&self, builtin: Builtin) -> Option<&Rational> {
        self.builtins[builtin_position(builtin)].as_ref()
    }

    /// Names and enclosures of all constants, for reports: the instance's own, then the derived ones.
    #[must_use]
    pub fn constants(&self) -> Vec<(String, [f64; 2])> {
        let environment = self.environment::<Interval>(HYPOTHESIS_BITS);
        let needs = self.statement.needs();
        let own = Builtin::ALL.iter().filter(|b| needs.contains(b)).filter_map(|b| {
            let value = Interval::from_rational(self.builtin(*b)?, HYPOTHESIS_BITS);
            Some((b.name().to_owned(), [value.lower_f64(), value.upper_f64()]))
        });
        let given = self.statement.given.iter().zip(&self.given).filter_map(|(given, value)| {
            let value = Interval::from_rational(value.as_ref()?, HYPOTHESIS_BITS);
            Some((given.name.clone(), [value.lower_f64(), value.upper_f64()]))
        });
        let derived = self.statement.constants.iter().zip(&environment.constants).filter_map(|(constant, value)| {
            let value = value.as_ref().filter(|v| v.is_defined())?;
            Some((constant.name.clone(), [value.lower_f64(), value.upper_f64()]))
        });
        own.chain(given).chain(derived).map(|(name, limits)| (name, finite_limits(limits))).collect()
    }

    fn check_ranges(&self, environment: &Environment<Interval>) -> Result<(), InstanceError> {
        for (i, parameter) in self.statement.parameters.iter().enumerate() {
            let value = self.parameters[i];
            let inside = value.is_finite()
                && bound_admits(environment, &parameter.lower, value, true)
                && bound_admits(environment, &parameter.upper, value, false);
            if !inside {
                return Err(InstanceError::Parameter {
                    name: parameter.name.clone(),
                    value,
                    range: parameter.range.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_hypotheses(&self, environment: &Environment<Interval>) -> Result<(), InstanceError> {
        let unknown = self.visits.then_some(Exact(None));
        let exact = LazyCell::new(|| self.environment_at::<Exact>(environment.horizon, unknown, ()));
        for hypothesis in &self.statement.hypotheses {
            let by_interval = Evaluator::without_trace(environment).condition(&hypothesis.condition).ok().flatten();
            let holds = by_interval
                .or_else(|| Evaluator::without_trace(&exact).condition(&hypothesis.condition).ok().flatten());
            if holds != Some(true) {
                return Err(InstanceError::Hypothesis {
                    name: hypothesis.name.clone(),
                    text: hypothesis.expr.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// The instance's constants, of which those that the statement needs are proved.
fn proved_builtins(
    statement: &Statement,
    problem: &dyn DynProblem,
    oracle: &Oracle,
    method: &BoundMethod,
) -> Result<Vec<Option<Rational>>, InstanceError> {
    let mut builtins = builtins(problem, oracle);
    if draws_for_workers_alone(oracle, method) {
        // What is proved is of the average's error.
        let of_estimate = Builtin::ALL.into_iter().filter(|builtin| builtin.is_of_estimate());
        of_estimate.for_each(|builtin| builtins[builtin_position(builtin)] = None);
    }
    // G_run is known only of the run.
    let mut beforehand = statement.needs().into_iter().filter(|builtin| *builtin != Builtin::VisitedGradientBound);
    match beforehand.find(|builtin| builtins[builtin_position(*builtin)].is_none()) {
        Some(missing) => Err(InstanceError::Missing(missing.name())),
        None => Ok(builtins),
    }
}

/// Whether each worker's estimate is drawn by itself.
fn draws_for_workers_alone(oracle: &Oracle, method: &BoundMethod) -> bool {
    method.draws_for_workers() && !oracle.spec.is_empty()
}

/// Whether the estimate is one that the method can ask for, and of which the statement can speak.
fn fits_estimate(statement: &Statement, oracle: &Oracle, method: &BoundMethod) -> Result<(), InstanceError> {
    let needs = statement.needs();
    let of_every_draw = statement.subject == Subject::Pathwise;
    let sizes = [Builtin::RelativeError, Builtin::AbsoluteError];
    if of_every_draw && !oracle.bounds_every_draw() && sizes.iter().any(|size| needs.contains(size)) {
        return Err(InstanceError::OnlyInMean);
    }
    if !oracle.model.split && statement.needs_split() {
        return Err(InstanceError::NotSplit);
    }
    if draws_for_workers_alone(oracle, method) && !oracle.is_of_workers() {
        return Err(InstanceError::OfAverage);
    }
    let visits = needs.contains(&Builtin::VisitedGradientBound);
    if visits && (!oracle.model.deterministic || method.draws_itself()) {
        return Err(InstanceError::Missing(Builtin::VisitedGradientBound.name()));
    }
    if oracle.is_free(false) && method.program().draws()[0] > 1 {
        return Err(InstanceError::ChosenTwice);
    }
    if oracle.is_free(of_every_draw) && method.draws_itself() {
        return Err(InstanceError::ChosenBesideDraws);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
