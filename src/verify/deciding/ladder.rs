//! One run of a cell in every arithmetic, each made when first needed, with the instance's numbers for every
//! K in it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::method::{Limit, RunTrace};
use crate::number::{Ball, Exact, Interval, Scalar};
use crate::oracle::{Estimable, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, Evaluator};
use crate::verify::deciding::budget::OperationBudget;
use crate::verify::deciding::compare_sides::Smallest;
use crate::verify::deciding::history::History;
use crate::verify::instances::{HYPOTHESIS_BITS, Instance, InstanceError};

/// Rationals are reduced after every operation, which costs about so many multiplications.
const REDUCING: f64 = 8.0;

/// The numbers of an instance with one K, in every arithmetic.
pub(crate) struct Setup<'a> {
    instance: &'a Instance<'a>,
    /// K.
    horizon: usize,
    plain: OnceCell<Environment<f64>>,
    ball: OnceCell<Environment<Ball>>,
    intervals: RefCell<BTreeMap<u32, Rc<Environment<Interval>>>>,
    exact: OnceCell<Environment<Exact>>,
    admitted: OnceCell<Result<(), InstanceError>>,
    smallest: RefCell<BTreeMap<u32, Rc<Smallest>>>,
}

impl<'a> Setup<'a> {
    fn new(instance: &'a Instance<'a>, horizon: usize) -> Self {
        Setup {
            instance,
            horizon,
            plain: OnceCell::new(),
            ball: OnceCell::new(),
            intervals: RefCell::default(),
            exact: OnceCell::new(),
            admitted: OnceCell::new(),
            smallest: RefCell::default(),
        }
    }
}

/// The setups of an instance: one for all K where nothing in them depends on K, else one for each.
pub(crate) struct Setups<'a> {
    instance: &'a Instance<'a>,
    made: RefCell<BTreeMap<usize, Rc<Setup<'a>>>>,
}

impl<'a> Setups<'a> {
    pub fn new(instance: &'a Instance<'a>) -> Self {
        Setups { instance, made: RefCell::default() }
    }

    /// These, or new ones where the numbers depend on the run: then they belong to that one alone.
    pub fn of_one_run(self: &Rc<Self>) -> Rc<Self> {
        if self.instance.visits() { Rc::new(Setups::new(self.instance)) } else { Rc::clone(self) }
    }

    /// The one for K = `horizon`.
    pub fn of(&self, horizon: usize) -> Rc<Setup<'a>> {
        let depends = self.instance.depends_on_horizon();
        let horizon = if depends { horizon } else { self.instance.horizon };
        let mut made = self.made.borrow_mut();
        Rc::clone(made.entry(horizon).or_insert_with(|| Rc::new(Setup::new(self.instance, horizon))))
    }
}

/// A run in every arithmetic.
pub(crate) struct Ladder<'a> {
    pub instance: &'a Instance<'a>,
    pub history: &'a History,
    key: &'a StreamKey,
    /// Precisions of intervals that are tried in turn.
    pub bits: Vec<u32>,
    /// How many steps the budget pays for in each.
    reach: Vec<usize>,
    budget: OperationBudget,
    plain: OnceCell<RunTrace<'a, f64>>,
    ball: OnceCell<RunTrace<'a, Ball>>,
    around: OnceCell<RunTrace<'a, Ball>>,
    intervals: Vec<OnceCell<RunTrace<'a, Interval>>>,
    exact: OnceCell<RunTrace<'a, Exact>>,
}

impl<'a> Ladder<'a> {
    /// With runs of at most so many operations each.
    pub fn new(instance: &'a Instance<'a>, key: &'a StreamKey, history: &'a History, operations: u64) -> Self {
        let budget = OperationBudget::of(instance, operations);
        let (bits, reach): (Vec<u32>, Vec<usize>) = history.rungs(&budget).into_iter().unzip();
        let intervals = bits.iter().map(|_| OnceCell::new()).collect();
        let (plain, ball, around, exact) = (OnceCell::new(), OnceCell::new(), OnceCell::new(), OnceCell::new());
        Ladder { instance, history, key, bits, reach, budget, plain, ball, around, intervals, exact }
    }

    fn trace<S: Arithmetic + Estimable>(&self, steps: usize, context: S::Context) -> RunTrace<'a, S> {
        let limit = Limit { steps, operations: f64::INFINITY, cost: &|_| 0.0 };
        self.history.trace(self.instance, self.key, &limit, context)
    }

    pub fn ball(&self) -> &RunTrace<'a, Ball> {
        self.ball.get_or_init(|| self.trace(self.ball_reach(), ()))
    }

    /// The run in binary64 without bounds: for a look, and no evidence.
    pub fn plain(&self) -> &RunTrace<'a, f64> {
        self.plain.get_or_init(|| self.trace(self.ball_reach(), ()))
    }

    /// How many steps the budget pays for in balls.
    pub fn ball_reach(&self) -> usize {
        self.budget.ball_steps()
    }

    /// The run in balls around that of the first intervals, which reach farthest. Their errors do not grow along the run, as those of
    /// a run that goes forward in balls do.
    pub fn around(&self) -> &RunTrace<'a, Ball> {
        self.around.get_or_init(|| self.interval(0).enclosed(&Ball::around, ()))
    }

    pub fn interval(&self, rung: usize) -> &RunTrace<'a, Interval> {
        self.intervals[rung].get_or_init(|| {
            let (steps, bits) = (self.reach[rung], self.bits[rung]);
            let run = self.trace(steps, bits);
            let all = steps.min(self.history.steps) + 1;
            if run.reached() >= all || !self.history.is_forward() || !self.instance.problem.is_rational() {
                return run;
            }
            // It ended where numbers tie: rationals tell which one a compressor keeps.
            let exact = self.exact();
            if exact.reached() <= run.reached() {
                return run;
            }
            let undefined = || Interval::from_f64(f64::NAN, bits);
            exact.enclosed(&|x| x.value().map_or_else(undefined, |q| Interval::from_rational(q, bits)), bits)
        })
    }

    /// Whether claims are short enough for rationals and symbols.
    pub fn affords_exact_claims(&self) -> bool {
        self.budget.affords_exact_claims()
    }

    /// The rungs of intervals that have a run of so many steps.
    pub fn rungs(&self, horizon: usize) -> Vec<usize> {
        (0..self.bits.len()).filter(|rung| self.reach[*rung] >= horizon).collect()
    }

    /// The longest K that intervals reach.
    pub fn longest(&self) -> usize {
        self.reach.iter().copied().max().unwrap_or(1).min(self.history.steps)
    }

    /// Whether the run was made at that precision.
    pub fn has_interval(&self, rung: usize) -> bool {
        self.intervals[rung].get().is_some()
    }

    /// Whether the run was made in rationals.
    pub fn has_exact(&self) -> bool {
        self.exact.get().is_some()
    }

    pub fn exact(&self) -> &RunTrace<'a, Exact> {
        self.exact.get_or_init(|| {
            let cost = |bits| REDUCING * self.budget.of_step(bits);
            let limit = Limit { steps: self.ball_reach(), operations: self.budget.operations(), cost: &cost };
            self.history.trace(self.instance, self.key, &limit, ())
        })
    }

    fn environment<S: Arithmetic + Estimable>(
        &self,
        setup: &Setup<'_>,
        run: &RunTrace<'a, S>,
        context: S::Context,
    ) -> Environment<S> {
        let visited = self.instance.visits().then(|| run.visited_gradient_bound(setup.horizon));
        setup.instance.environment_at(setup.horizon, visited, context)
    }

    pub fn ball_environment<'s>(&self, setup: &'s Setup<'_>) -> &'s Environment<Ball> {
        setup.ball.get_or_init(|| self.environment(setup, self.ball(), ()))
    }

    /// The numbers of the instance for a run in binary64 without bounds.
    pub fn plain_environment<'s>(&self, setup: &'s Setup<'_>) -> &'s Environment<f64> {
        setup.plain.get_or_init(|| self.environment(setup, self.plain(), ()))
    }

    pub fn interval_environment(&self, setup: &Setup<'_>, rung: usize) -> Rc<Environment<Interval>> {
        let bits = self.bits[rung];
        let mut made = setup.intervals.borrow_mut();
        Rc::clone(made.entry(bits).or_insert_with(|| Rc::new(self.environment(setup, self.interval(rung), bits))))
    }

    pub fn exact_environment<'s>(&self, setup: &'s Setup<'_>) -> &'s Environment<Exact> {
        setup.exact.get_or_init(|| self.environment(setup, self.exact(), ()))
    }

    /// Whether ranges and hypotheses certainly hold for this K, on this run; else why not.
    pub fn admits<'s>(&self, setup: &'s Setup<'_>) -> &'s Result<(), InstanceError> {
        setup.admitted.get_or_init(|| {
            if !self.instance.depends_on_horizon() {
                return Ok(());
            }
            let wide_enough = self.bits.iter().position(|bits| *bits >= HYPOTHESIS_BITS).unwrap_or(self.bits.len() - 1);
            let environment = self.interval_environment(setup, wide_enough);
            self.instance.check_setup(&environment)
        })
    }

    /// The smallest number that occurs in the instance's own numbers at that precision.
    pub fn smallest_of_setup(&self, setup: &Setup<'_>, rung: usize) -> Rc<Smallest> {
        let bits = self.bits[rung];
        if let Some(known) = setup.smallest.borrow().get(&bits) {
            return Rc::clone(known);
        }
        let smallest = Rc::new(smallest_of_setup(self.instance, &self.interval_environment(setup, rung)));
        setup.smallest.borrow_mut().insert(bits, Rc::clone(&smallest));
        smallest
    }
}

/// The smallest number that occurs in the instance's own numbers, and in evaluating those that are derived.
pub(crate) fn smallest_of_setup(instance: &Instance<'_>, environment: &Environment<Interval>) -> Smallest {
    let smallest = Smallest::default();
    let numbers = [&environment.parameters, &environment.builtins, &environment.given];
    numbers.into_iter().flatten().flatten().chain(&environment.spectrum).for_each(|x| smallest.see(x));
    instance.data.iter().for_each(|x| smallest.see_datum(*x));
    let watch = |x: &Interval| smallest.see(x);
    for constant in &instance.statement.constants {
        let mut evaluator = Evaluator::without_trace(environment);
        evaluator.set_watch(&watch);
        // One without a value is used by nothing that has one.
        let _ = evaluator.term(&constant.term);
    }
    smallest
}

/// How far a number is from being decided is no matter here; whether it is one is.
pub(crate) fn is_defined<S: Scalar>(x: &[S]) -> bool {
    x.iter().all(Scalar::is_defined)
}
