//! A statement bound to a problem, an oracle and parameters: everything a run needs.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::method::language::tree::Method;
use crate::method::{BoundMethod, Experiment, Misfit, visited_gradient_bound};
use crate::number::{Exact, Interval, Scalar};
use crate::oracle::operator::Operator;
use crate::oracle::{self, Oracle, OracleError, SourceSpec};
use crate::problem::{self, DynProblem, ProblemError, ProblemSpec};
use crate::statement::evaluate::{Environment, Evaluator, NO_VALUE, RandomIndex};
use crate::statement::term::{Builtin, ScalarSequence, Term};
use crate::statement::{Bound, Claim, Form, MAX_HORIZON, Parameter, Statement, Subject, Symbol};
use crate::verify::finite_limits;

/// The name of one of a method's starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Start(pub String);

impl Start {
    /// The start of that position, counted from 0 and over again.
    #[must_use]
    pub fn of(method: &Method, position: usize) -> Self {
        let names: Vec<&str> = method.start_names().collect();
        Start(names[position % names.len()].to_owned())
    }

    /// Its position among those of the method.
    #[must_use]
    pub fn position(&self, method: &Method) -> Option<usize> {
        method.start_names().position(|name| name == self.0)
    }
}

/// Everything needed to build an instance again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellSpec {
    /// The problem.
    pub problem: ProblemSpec,
    /// Error sources; none for the exact gradient.
    pub oracle: Vec<SourceSpec>,
    /// The start of the method, by name.
    pub start: Start,
    /// Parameter values, exact.
    pub parameters: BTreeMap<String, f64>,
    /// The method's operators, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operators: BTreeMap<String, Operator>,
    /// Where states begin whose start may be anything, by their names; zero where none is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, Vec<f64>>,
    /// K.
    pub horizon: usize,
    /// x_0, where it is not the family's own.
    pub point: Option<Vec<f64>>,
    /// Which witness of the statement it is, from 0.
    pub witness: Option<usize>,
}

impl CellSpec {
    /// A cell of the suite whose parameters are still to be chosen: no witness, the family's own x_0.
    #[must_use]
    pub fn without_parameters(problem: ProblemSpec, oracle: Vec<SourceSpec>, start: Start, horizon: usize) -> Self {
        let (parameters, operators, states) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        CellSpec { problem, oracle, start, parameters, operators, states, horizon, point: None, witness: None }
    }

    /// Problem, estimate and start, for a person.
    #[must_use]
    pub fn setting(&self) -> String {
        let sources: Vec<String> = self.oracle.iter().map(ToString::to_string).collect();
        let sources = if sources.is_empty() { "exact".to_owned() } else { sources.join(" + ") };
        let operators = self.operators.iter().map(|(name, operator)| format!("; {name} = {operator}"));
        format!("{}; {sources}; {} start{}", self.problem, self.start.0, operators.collect::<String>())
    }

    /// What identifies the cell within its statement: keys its random streams.
    #[must_use]
    pub fn key(&self) -> String {
        // The specification is plain data, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One line for a person.
impl fmt::Display for CellSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; K={}", self.setting(), self.horizon)?;
        for (name, value) in &self.parameters {
            if *value == 0.0 || (1e-9..1e15).contains(&value.abs()) {
                write!(f, ", {name}={value}")?;
            } else {
                write!(f, ", {name}={value:e}")?;
            }
        }
        Ok(())
    }
}

/// Why an instance cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InstanceError {
    /// The problem cannot be built.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The oracle cannot be built.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// A parameter value is missing, out of its range, or its range cannot be shown to hold it.
    #[error("parameter `{name}` = {value} is not certainly in its range {range}")]
    Parameter {
        /// Name.
        name: String,
        /// Value.
        value: f64,
        /// Range as written.
        range: String,
    },
    /// A hypothesis fails, or cannot be shown to hold.
    #[error("hypothesis `{name}` does not certainly hold: {text}")]
    Hypothesis {
        /// Name.
        name: String,
        /// As written.
        text: String,
    },
    /// The family or the oracle proves no value of a constant that the statement uses.
    #[error("no proved value of `{0}`")]
    Missing(&'static str),
    /// Neither the family nor the estimate proves a value of a given constant.
    #[error("no proved value of `{0}`")]
    MissingGiven(String),
    /// A derived constant cannot be computed.
    #[error("the constant `{0}` has no value: {NO_VALUE}")]
    Constant(String),
    /// No value to try of a parameter is certainly in its range.
    #[error("no value to try of `{name}` is certainly in its range {range}")]
    NoValue {
        /// Name.
        name: String,
        /// Range as written.
        range: String,
    },
    /// Data of a witness that describe nothing.
    #[error("{0}")]
    Malformed(String),
    /// No way of deciding the claim applies.
    #[error(
        "no evidence for such a claim can be had under this noise: it is neither finite nor of known moments, or the start's own noise is not"
    )]
    NoEvidence,
    /// B and C of an estimate whose draws they bound in mean alone, in a claim about every draw.
    #[error("B and C bound the estimate's error in mean alone, and the claim is about every draw")]
    OnlyInMean,
    /// Bias or noise of an estimate that does not tell them apart.
    #[error("the statement speaks of bias and noise apart, which the estimate does not give")]
    NotSplit,
    /// A parameter of the method outside of what the method is defined for, or without a value.
    #[error(transparent)]
    Method(#[from] Misfit),
    /// A start that the method has not.
    #[error("the method has no start `{0}`")]
    Start(String),
    /// Error sources of the average for a method that draws an estimate of each worker's gradient.
    #[error("the method draws an estimate of each worker's gradient, and the error source is one of the average alone")]
    OfAverage,
    /// A source that chooses its error, for a method that asks for more than one estimate in a step.
    #[error("a source that chooses its error is followed in one estimate a step, and the method asks for more")]
    ChosenTwice,
    /// A source that chooses its error, for a method that draws workers or has a random operator.
    #[error(
        "a source that chooses its error, as Gaussian noise in claims about a path does, is not followed in a method that draws"
    )]
    ChosenBesideDraws,
    /// More steps than a check takes, or none.
    #[error("a horizon of {0} steps is not between 1 and {MAX_HORIZON}")]
    Horizon(usize),
    /// No claim has an index on it.
    #[error("there is no index to check: the range of every claim, or of the random index, is empty")]
    NoIndex,
    /// A starting point of the wrong length.
    #[error("the starting point has {found} coordinates, the problem {expected}")]
    Point {
        /// d.
        expected: usize,
        /// Length found.
        found: usize,
    },
}

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
fn minimiser(problem: &dyn DynProblem, point: &[f64]) -> Option<Vec<Rational>> {
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
fn numbers_of(spec: &CellSpec, point: &[f64]) -> Vec<f64> {
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
        let builtins = builtins(problem.as_ref(), &oracle);
        let needs = statement.needs();
        let visits = needs.contains(&Builtin::VisitedGradientBound);
        for builtin in &needs {
            if *builtin != Builtin::VisitedGradientBound && builtins[builtin_position(*builtin)].is_none() {
                return Err(InstanceError::Missing(builtin.name()));
            }
        }
        let operators = operators(statement, spec, problem.dimension())?;
        let given = given(statement, problem.as_ref(), &oracle, &spec.operators);
        if let Some(i) = given.iter().position(Option::is_none) {
            return Err(InstanceError::MissingGiven(statement.given[i].name.clone()));
        }
        let of_every_draw = statement.subject == Subject::Pathwise;
        let sizes = [Builtin::RelativeError, Builtin::AbsoluteError];
        if of_every_draw && !oracle.bounds_every_draw() && sizes.iter().any(|size| needs.contains(size)) {
            return Err(InstanceError::OnlyInMean);
        }
        if !oracle.model.split && statement.needs_split() {
            return Err(InstanceError::NotSplit);
        }
        if let Some(missing) = missing_of_problem(statement, problem.as_ref()) {
            return Err(InstanceError::Missing(missing));
        }
        let minimiser = if statement.needs_minimiser() { minimiser(problem.as_ref(), &point) } else { None };
        if statement.needs_minimiser() && minimiser.is_none() {
            return Err(InstanceError::Missing("x_star"));
        }
        let mut method = BoundMethod::new(Arc::clone(&statement.method), problem.as_ref(), start, &statement.spoken());
        method.operators = operators;
        method.give(&spec.states).map_err(InstanceError::Malformed)?;
        let mut builtins = builtins;
        if method.draws_for_workers() && !oracle.spec.is_empty() {
            if !oracle.is_of_workers() {
                return Err(InstanceError::OfAverage);
            }
            // What is proved is of the average's error.
            for builtin in Builtin::ALL.into_iter().filter(|builtin| builtin.is_of_estimate()) {
                builtins[builtin_position(builtin)] = None;
                if needs.contains(&builtin) {
                    return Err(InstanceError::Missing(builtin.name()));
                }
            }
        }
        if visits && (!oracle.model.deterministic || method.draws_itself()) {
            return Err(InstanceError::Missing(Builtin::VisitedGradientBound.name()));
        }
        if oracle.is_free(false) && method.program().draws()[0] > 1 {
            return Err(InstanceError::ChosenTwice);
        }
        if oracle.is_free(of_every_draw) && method.draws_itself() {
            return Err(InstanceError::ChosenBesideDraws);
        }
        let (horizon, parameters) = (spec.horizon, Vec::new());
        let data = if statement.form == Form::Identity { numbers_of(spec, &point) } else { Vec::new() };
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
fn operators(statement: &Statement, spec: &CellSpec, dimension: usize) -> Result<Vec<Operator>, InstanceError> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::verify::instances::instance::*;
    use crate::verify::testing;

    #[test]
    fn a_claim_about_every_draw_is_not_tried_where_the_error_is_bounded_in_mean_alone() {
        let statement = testing::statement(
            "pathwise",
            "[parameters]\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\nrhs = \"B*norm2(grad[k]) + C\"\n",
        );
        let built = |source: serde_json::Value| {
            let spec = testing::cell(json!({
                "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5] }, "oracle": [source],
                "parameters": { "gamma": 0.5 }, "horizon": 3,
            }));
            Instance::build(&statement, &spec).map(|_| ())
        };
        assert_eq!(built(json!({ "source": "gaussian", "size": 0.5 })), Err(InstanceError::OnlyInMean));
        assert_eq!(built(json!({ "source": "rademacher", "size": 0.5 })), Err(InstanceError::OnlyInMean));
        assert_eq!(built(json!({ "source": "opposed", "relative": 0.25, "absolute": 0.25 })), Ok(()));
        assert_eq!(built(json!({ "source": "offset", "size": 0.5 })), Ok(()));
    }
}
