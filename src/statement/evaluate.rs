//! Evaluation of checked terms in any arithmetic.

use thiserror::Error;

use super::syntax::{ReduceOp, Relation};
use super::term::{Builtin, Condition, Index, OfMethod, ScalarSequence, Term, Vector, VectorSequence};
use crate::number::{self, Scalar};
use crate::statement::check::MAX_SLOTS;

/// Why a term has no value on this run.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EvaluationError {
    /// The instance does not supply the constant.
    #[error("the instance proves no value of `{0}`")]
    MissingConstant(&'static str),
    /// A derived constant that this arithmetic cannot compute.
    #[error("a derived constant has no value in this arithmetic")]
    ValuelessConstant,
    /// The run does not record the quantity, or not at that index.
    #[error("{}", missing_quantity(.name, *.index))]
    MissingQuantity {
        /// Sequence.
        name: String,
        /// Index asked for.
        index: i64,
    },
    /// A quantity outside `E[· | past]` that the past does not determine.
    #[error("`{name}[{index}]` is not known given the past; write it inside E[· | past]")]
    NotKnown {
        /// Sequence.
        name: String,
        /// Index asked for.
        index: i64,
    },
    /// A function of points where only numbers are at hand.
    #[error("f, grad and worker_grad at a point of one's own have no expectation over the whole run")]
    NotOfTable,
    /// `E[· | past]` where no outcomes of one step are at hand.
    #[error("`E[· | past]` can only be evaluated over the enumerated noise of one step")]
    NoOutcomes,
    /// The random index outside an expectation.
    #[error("the random index may only stand inside an expectation")]
    RandomIndex,
    /// A condition that this arithmetic cannot decide.
    #[error("a condition could not be decided in this arithmetic")]
    Undecided,
    /// An integer beyond 64 bits.
    #[error("an integer expression does not fit 64 bits")]
    Overflow,
    /// An exponent or range out of bounds.
    #[error("an integer expression is out of range: {0}")]
    OutOfRange(i64),
    /// More terms than are added up.
    #[error("{TOO_LONG}")]
    TooLong,
}

/// What a run lacks: an element of a sequence, or the limit of one.
fn missing_quantity(name: &str, index: i64) -> String {
    if index == LIMIT {
        format!(
            "the limit `{name}[inf]` is not known on this run: it is for norm2(grad[inf]) alone, on quadratics under isotropic noise with constant and stable steps"
        )
    } else {
        format!("the run has no `{name}[{index}]`")
    }
}

impl EvaluationError {
    /// What the run lacks.
    #[must_use]
    pub fn missing(name: &str, index: i64) -> Self {
        EvaluationError::MissingQuantity { name: name.to_owned(), index }
    }

    /// Whether another arithmetic may have the value.
    #[must_use]
    pub fn is_of_arithmetic(&self) -> bool {
        matches!(self, EvaluationError::Undecided | EvaluationError::ValuelessConstant)
    }
}

/// Why an expression has no value.
pub const NO_VALUE: &str = "division by zero, a root or logarithm outside its domain, or an overflow";

/// The index that stands for the limit as k grows.
pub const LIMIT: i64 = i64::MAX;

/// Most terms of a sum or another reduction, nested ones multiplied out.
pub const MAX_TERMS: u64 = 1 << 20;

/// Why a sum is not formed.
pub const TOO_LONG: &str = "a range or a sum has more than 2^20 terms, nested ones multiplied out";

type Evaluated<T> = Result<T, EvaluationError>;

/// The quantities of one run, or their expectations. Vectors are only needed where an expression
/// uses more of them than `norm2(sequence[k])`.
pub trait Trace<S: Scalar> {
    /// `f[k]`, or a number of the method (never `spectrum`, which belongs to the instance).
    ///
    /// # Errors
    /// When the run has no such quantity.
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S>;

    /// `‖sequence[k]‖²`.
    ///
    /// # Errors
    /// When the run has no such quantity.
    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S>;

    /// `sequence[k]` itself.
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        Err(EvaluationError::missing(sequence.name(), k))
    }

    /// ∇fᵢ(x_k).
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let _ = worker;
        Err(EvaluationError::missing("worker_grad", k))
    }

    /// ∇f, or ∇fᵢ, at any point.
    ///
    /// # Errors
    /// When there is no run to ask.
    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        let _ = (worker, y);
        Err(EvaluationError::NotOfTable)
    }

    /// f at any point.
    ///
    /// # Errors
    /// When there is no run to ask.
    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        let _ = y;
        Err(EvaluationError::NotOfTable)
    }

    /// A vector that the method has for each worker.
    ///
    /// # Errors
    /// When the run keeps no such vector.
    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let _ = worker;
        Err(EvaluationError::missing(&quantity.name, k))
    }
}

/// The numbers of an instance in one arithmetic.
#[derive(Clone, Debug)]
pub struct Environment<S: Scalar> {
    /// Context of the arithmetic.
    pub context: S::Context,
    /// Parameters in the statement's order; `None` while not yet chosen.
    pub parameters: Vec<Option<S>>,
    /// Derived constants in the statement's order; `None` where not yet evaluated.
    pub constants: Vec<Option<S>>,
    /// Constants of the instance, by the order of [`Builtin::ALL`].
    pub builtins: Vec<Option<S>>,
    /// Constants declared under `[given]`, in the statement's order.
    pub given: Vec<Option<S>>,
    /// Which of the method's starts the run has, by position.
    pub start: usize,
    /// The method's parameters and constants, in this order; `None` while not yet known.
    pub method: Vec<Option<S>>,
    /// Eigenvalues of the Hessian, where they are known.
    pub spectrum: Vec<S>,
    /// `L_of[i]`, where they are known.
    pub worker_smoothness: Vec<S>,
    /// `x_star`, where it is known.
    pub minimiser: Option<Vec<S>>,
    /// n.
    pub workers: usize,
    /// d.
    pub dimension: usize,
    /// K.
    pub horizon: usize,
}

/// How the random index is read inside an expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum RandomIndex {
    /// No random index is declared.
    Absent,
    /// Average over all its values: exact.
    Average {
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
    },
    /// One drawn value for each lane.
    Drawn(Vec<i64>),
}

/// Evaluates terms on a trace.
pub struct Evaluator<'a, S: Scalar> {
    environment: &'a Environment<S>,
    trace: Option<&'a dyn Trace<S>>,
    outcomes: Option<&'a [&'a dyn Trace<S>]>,
    random: &'a RandomIndex,
    slots: [i64; MAX_SLOTS],
    random_value: Option<i64>,
    horizon: i64,
    watch: Option<&'a dyn Fn(&S)>,
    /// How many reductions are around the place, and how many terms the outermost one has had.
    nesting: (u32, u64),
}

impl<'a, S: Scalar> Evaluator<'a, S> {
    /// For terms that mention no run.
    #[must_use]
    pub fn without_trace(environment: &'a Environment<S>) -> Self {
        Evaluator {
            environment,
            trace: None,
            outcomes: None,
            random: &RandomIndex::Absent,
            slots: [0; MAX_SLOTS],
            random_value: None,
            horizon: environment.horizon as i64,
            watch: None,
            nesting: (0, 0),
        }
    }

    /// For terms on one run, or on a table of expectations.
    #[must_use]
    pub fn on(environment: &'a Environment<S>, trace: &'a dyn Trace<S>, random: &'a RandomIndex) -> Self {
        Evaluator { trace: Some(trace), random, ..Evaluator::without_trace(environment) }
    }

    /// For one-step claims: all equally likely outcomes of the step after the past. Quantities
    /// outside `E[· | past]` are read from `known`, which must refuse those that the outcomes do not share.
    #[must_use]
    pub fn on_outcomes(
        environment: &'a Environment<S>,
        known: &'a dyn Trace<S>,
        outcomes: &'a [&'a dyn Trace<S>],
    ) -> Self {
        Evaluator { trace: Some(known), outcomes: Some(outcomes), ..Evaluator::without_trace(environment) }
    }

    /// Shows every number that occurs from here on, those in vectors too.
    pub fn set_watch(&mut self, watch: &'a dyn Fn(&S)) {
        self.watch = Some(watch);
    }

    fn shown(&self, value: S) -> S {
        if let Some(watch) = self.watch {
            watch(&value);
        }
        value
    }

    /// Sets the claim's own index, slot 0.
    pub fn set_index(&mut self, k: i64) {
        self.slots[0] = k;
    }

    /// Sets the bound indices from slot 0 on.
    pub fn set_slots(&mut self, values: &[i64]) {
        self.slots[..values.len()].copy_from_slice(values);
    }

    /// Sets a bound index.
    pub fn set_slot(&mut self, slot: usize, value: i64) {
        self.slots[slot] = value;
    }

    /// Replaces K, for claims that hold for every K.
    pub fn set_horizon(&mut self, horizon: usize) {
        self.horizon = horizon as i64;
    }

    /// The value of an integer expression.
    ///
    /// # Errors
    /// For the random index outside an expectation, and for integers that do not fit 64 bits.
    pub fn index(&self, index: &Index) -> Evaluated<i64> {
        Ok(match index {
            Index::Literal(value) => *value,
            Index::Slot(slot) => self.slots[*slot],
            Index::Horizon => self.horizon,
            Index::Workers => self.environment.workers as i64,
            Index::Dimension => self.environment.dimension as i64,
            Index::Limit => LIMIT,
            Index::Random => self.random_value.ok_or(EvaluationError::RandomIndex)?,
            Index::Add(a, b) => self.index(a)?.checked_add(self.index(b)?).ok_or(EvaluationError::Overflow)?,
            Index::Sub(a, b) => self.index(a)?.checked_sub(self.index(b)?).ok_or(EvaluationError::Overflow)?,
            Index::Mul(a, b) => self.index(a)?.checked_mul(self.index(b)?).ok_or(EvaluationError::Overflow)?,
        })
    }

    /// Both ends of a range that is short enough to be walked through.
    ///
    /// # Errors
    /// As [`Evaluator::index`], and when the range is too long.
    pub fn range(&self, from: &Index, to: &Index) -> Evaluated<(i64, i64)> {
        let (from, to) = (self.index(from)?, self.index(to)?);
        let length = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        if length > MAX_TERMS { Err(EvaluationError::TooLong) } else { Ok((from, to)) }
    }

    /// Runs `body` for every value of a bound index, within the budget of the outermost reduction.
    fn for_each(
        &mut self,
        slot: usize,
        (from, to): (i64, i64),
        mut body: impl FnMut(&mut Self) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let saved = self.slots[slot];
        let (depth, spent) = self.nesting;
        self.nesting = (depth + 1, if depth == 0 { 0 } else { spent });
        let outcome = (from..to).try_for_each(|i| {
            self.slots[slot] = i;
            self.nesting.1 += 1;
            if self.nesting.1 > MAX_TERMS { Err(EvaluationError::TooLong) } else { body(self) }
        });
        self.nesting.0 = depth;
        self.slots[slot] = saved;
        outcome
    }

    fn integer(&self, value: i64) -> S {
        // Horizons, dimensions and workers are far below 2^53.
        S::from_f64(value as f64, self.environment.context)
    }

    fn trace(&self, name: &str, index: i64) -> Evaluated<&'a dyn Trace<S>> {
        self.trace.ok_or_else(|| EvaluationError::missing(name, index))
    }

    /// The value of a term.
    ///
    /// # Errors
    /// When the run or the instance lacks something that the term needs. An arithmetic failure
    /// (a division by zero, say) is no error but an undefined number.
    pub fn term(&mut self, term: &Term) -> Evaluated<S> {
        let value = self.value(term)?;
        Ok(self.shown(value))
    }

    fn value(&mut self, term: &Term) -> Evaluated<S> {
        Ok(match term {
            Term::Number(value) => S::from_rational(value, self.environment.context),
            Term::Parameter(i) => {
                self.environment.parameters[*i].clone().ok_or(EvaluationError::MissingConstant("a parameter"))?
            }
            Term::Constant(i) => self.environment.constants[*i].clone().ok_or(EvaluationError::ValuelessConstant)?,
            Term::Builtin(builtin) => self.builtin(*builtin)?,
            Term::Given(i) => {
                self.environment.given[*i].clone().ok_or(EvaluationError::MissingConstant("a given constant"))?
            }
            Term::Method(position, _) => {
                self.environment.method.get(*position).cloned().flatten().ok_or(EvaluationError::ValuelessConstant)?
            }
            Term::Start(position) => self.integer(i64::from(*position == self.environment.start)),
            Term::Integer(index) => {
                let value = self.index(index)?;
                self.integer(value)
            }
            Term::Element(sequence, index) => self.element(sequence, index)?,
            Term::ValueAt(vector) => {
                let y = self.vector(vector)?;
                self.trace("f", 0)?.value_at(&y)?
            }
            Term::Norm2(vector) => self.norm2(vector)?,
            Term::Norm(vector) => self.norm2(vector)?.sqrt(),
            Term::Norm1(vector) => {
                let vector = self.vector(vector)?;
                vector.into_iter().fold(S::zero(self.environment.context), |sum, x| sum.add(&x.abs()))
            }
            Term::Dot(a, b) => {
                let (a, b) = (self.vector(a)?, self.vector(b)?);
                if let Some(watch) = self.watch {
                    a.iter().zip(&b).for_each(|(x, y)| watch(&x.clone().mul(y)));
                }
                number::dot(&a, &b, self.environment.context)
            }
            Term::Negate(a) => self.term(a)?.neg(),
            Term::Add(a, b) => self.term(a)?.add(&self.term(b)?),
            Term::Sub(a, b) => self.term(a)?.sub(&self.term(b)?),
            Term::Mul(a, b) => self.term(a)?.mul(&self.term(b)?),
            Term::Div(a, b) => self.term(a)?.div(&self.term(b)?),
            Term::PowInt(a, exponent) => {
                let exponent = self.index(exponent)?;
                let small = i32::try_from(exponent).map_err(|_| EvaluationError::OutOfRange(exponent))?;
                self.term(a)?.powi(small)
            }
            Term::PowReal(a, b) => self.term(a)?.powf(&self.term(b)?),
            Term::Apply(function, a) => function.at(self.term(a)?),
            Term::Min(a, b) => self.term(a)?.min(&self.term(b)?),
            Term::Max(a, b) => self.term(a)?.max(&self.term(b)?),
            Term::Reduce { op, slot, from, to, body } => self.reduce(*op, *slot, from, to, body)?,
            Term::If(condition, a, b) => match self.condition(condition)? {
                Some(true) => self.term(a)?,
                Some(false) => self.term(b)?,
                None => return Err(EvaluationError::Undecided),
            },
            Term::Expectation { body, past: true } => self.over_outcomes(body)?,
            Term::Expectation { body, past: false } => self.over_random_index(body)?,
        })
    }

    fn builtin(&self, builtin: Builtin) -> Evaluated<S> {
        let position = Builtin::ALL.iter().position(|b| *b == builtin).unwrap_or_default();
        self.environment.builtins[position].clone().ok_or(EvaluationError::MissingConstant(builtin.name()))
    }

    fn element(&self, sequence: &ScalarSequence, index: &Index) -> Evaluated<S> {
        let k = self.index(index)?;
        match sequence {
            ScalarSequence::Spectrum => usize::try_from(k)
                .ok()
                .and_then(|j| self.environment.spectrum.get(j))
                .cloned()
                .ok_or_else(|| EvaluationError::missing("spectrum", k)),
            ScalarSequence::WorkerSmoothness => usize::try_from(k)
                .ok()
                .and_then(|i| self.environment.worker_smoothness.get(i))
                .cloned()
                .ok_or_else(|| EvaluationError::missing("L_of", k)),
            _ => self.trace(sequence.name(), k)?.scalar(sequence, k),
        }
    }

    /// The length of a vector.
    ///
    /// # Errors
    /// As [`Evaluator::term`].
    pub fn length(&mut self, vector: &Vector) -> Evaluated<S> {
        Ok(self.norm2(vector)?.sqrt())
    }

    fn norm2(&mut self, vector: &Vector) -> Evaluated<S> {
        if let Some(watch) = self.watch
            // A table of expectations has no vectors.
            && let Ok(coordinates) = self.vector(vector)
        {
            coordinates.into_iter().for_each(|x| watch(&x.square()));
        }
        if let Vector::Element(sequence, index) = vector {
            let k = self.index(index)?;
            return self.trace(sequence.name(), k)?.norm2(sequence, k);
        }
        let vector = self.vector(vector)?;
        Ok(number::norm2(&vector, self.environment.context))
    }

    fn vector(&mut self, vector: &Vector) -> Evaluated<Vec<S>> {
        let value = self.vector_value(vector)?;
        if let Some(watch) = self.watch {
            value.iter().for_each(watch);
        }
        Ok(value)
    }

    fn vector_value(&mut self, vector: &Vector) -> Evaluated<Vec<S>> {
        Ok(match vector {
            Vector::Element(sequence, index) => {
                let k = self.index(index)?;
                self.trace(sequence.name(), k)?.vector(sequence, k)?
            }
            Vector::WorkerGradient(worker, index) => {
                let (worker, k) = (self.index(worker)?, self.index(index)?);
                self.trace("worker_grad", k)?.worker_gradient(worker, k)?
            }
            Vector::GradientAt(worker, a) => {
                let worker = worker.as_ref().map(|worker| self.index(worker)).transpose()?;
                let y = self.vector(a)?;
                self.trace("grad", 0)?.gradient_at(worker, &y)?
            }
            Vector::Minimiser => {
                self.environment.minimiser.clone().ok_or(EvaluationError::MissingConstant("x_star"))?
            }
            Vector::WorkerElement(quantity, worker, index) => {
                let (worker, k) = (self.index(worker)?, self.index(index)?);
                self.trace(&quantity.name, k)?.worker_vector(quantity, worker, k)?
            }
            Vector::Negate(a) => self.vector(a)?.into_iter().map(Scalar::neg).collect(),
            Vector::Add(a, b) => zip(self.vector(a)?, &self.vector(b)?, S::add),
            Vector::Sub(a, b) => zip(self.vector(a)?, &self.vector(b)?, S::sub),
            Vector::Clip(threshold, a) => {
                let threshold = self.term(threshold)?;
                let mut vector = self.vector(a)?;
                number::clip(&threshold, &mut vector, self.environment.context);
                vector
            }
            Vector::Expectation(a) => {
                let outcomes = self.outcomes.ok_or(EvaluationError::NoOutcomes)?;
                let saved = self.trace;
                let mut sum = vec![S::zero(self.environment.context); self.environment.dimension];
                for outcome in outcomes {
                    self.trace = Some(*outcome);
                    sum = zip(sum, &self.vector(a)?, S::add);
                }
                self.trace = saved;
                let count = self.integer(outcomes.len() as i64);
                sum.into_iter().map(|x| x.div(&count)).collect()
            }
            Vector::Scale(factor, a) => {
                let factor = self.term(factor)?;
                self.vector(a)?.into_iter().map(|x| x.mul(&factor)).collect()
            }
            Vector::Reduce { op, slot, from, to, body } => {
                let (from, to) = self.range(from, to)?;
                let mut sum = vec![S::zero(self.environment.context); self.environment.dimension];
                self.for_each(*slot, (from, to), |this| {
                    sum = zip(std::mem::take(&mut sum), &this.vector(body)?, S::add);
                    Ok(())
                })?;
                if *op == ReduceOp::Mean {
                    let count = self.integer((to - from).max(0));
                    sum = sum.into_iter().map(|x| x.div(&count)).collect();
                }
                sum
            }
        })
    }

    fn reduce(&mut self, op: ReduceOp, slot: usize, from: &Index, to: &Index, body: &Term) -> Evaluated<S> {
        let (from, to) = self.range(from, to)?;
        let mut result: Option<S> = None;
        self.for_each(slot, (from, to), |this| {
            let value = this.term(body)?;
            result = Some(match (result.take(), op) {
                (None, _) => value,
                (Some(so_far), ReduceOp::Sum | ReduceOp::Mean) => so_far.add(&value),
                (Some(so_far), ReduceOp::Min) => so_far.min(&value),
                (Some(so_far), ReduceOp::Max) => so_far.max(&value),
            });
            Ok(())
        })?;
        match (result, op) {
            (Some(sum), ReduceOp::Mean) => Ok(sum.div(&self.integer(to - from))),
            (Some(value), _) => Ok(value),
            (None, ReduceOp::Sum) => Ok(S::zero(self.environment.context)),
            (None, _) => Err(EvaluationError::OutOfRange(to)),
        }
    }

    fn over_outcomes(&mut self, body: &Term) -> Evaluated<S> {
        let outcomes = self.outcomes.ok_or(EvaluationError::NoOutcomes)?;
        let saved = self.trace;
        let mut sum = S::zero(self.environment.context);
        for outcome in outcomes {
            self.trace = Some(*outcome);
            sum.add_assign(&self.term(body)?);
        }
        self.trace = saved;
        Ok(sum.div(&self.integer(outcomes.len() as i64)))
    }

    fn over_random_index(&mut self, body: &Term) -> Evaluated<S> {
        match self.random {
            RandomIndex::Absent => self.term(body),
            RandomIndex::Average { from, to } => {
                let (from, to) = self.range(from, to)?;
                if from >= to {
                    return Err(EvaluationError::RandomIndex);
                }
                let mut sum = S::zero(self.environment.context);
                for value in from..to {
                    self.random_value = Some(value);
                    sum.add_assign(&self.term(body)?);
                }
                self.random_value = None;
                Ok(sum.div(&self.integer(to - from)))
            }
            // One lane keeps its number whole: an enclosure is more than its midpoint.
            RandomIndex::Drawn(values) if S::LANES == 1 => {
                self.random_value = values.first().copied();
                let value = self.term(body)?;
                self.random_value = None;
                Ok(value)
            }
            RandomIndex::Drawn(values) => {
                let mut lanes = Vec::with_capacity(values.len());
                for (lane, value) in values.iter().enumerate() {
                    self.random_value = Some(*value);
                    lanes.push(self.term(body)?.lane(lane));
                }
                self.random_value = None;
                Ok(S::from_lanes(|lane| lanes[lane], self.environment.context))
            }
        }
    }

    /// Whether the condition certainly holds (`Some(true)`), certainly fails (`Some(false)`), or
    /// is not decided by this arithmetic.
    ///
    /// # Errors
    /// As [`Evaluator::term`].
    pub fn condition(&mut self, condition: &Condition) -> Evaluated<Option<bool>> {
        let mut all = Some(true);
        for (left, relation, right) in &condition.0 {
            let order = self.term(left)?.compare(&self.term(right)?);
            let holds = order.map(|order| relation.admits(order));
            match holds {
                Some(false) => return Ok(Some(false)),
                Some(true) => {}
                None => all = None,
            }
        }
        Ok(all)
    }
}

impl Relation {
    /// Whether two numbers in that order satisfy the relation.
    #[must_use]
    pub fn admits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::LessEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterEqual => order.is_ge(),
            Relation::Equal => order.is_eq(),
        }
    }
}

fn zip<S: Scalar>(a: Vec<S>, b: &[S], combine: fn(S, &S) -> S) -> Vec<S> {
    a.into_iter().zip(b).map(|(x, y)| combine(x, y)).collect()
}
