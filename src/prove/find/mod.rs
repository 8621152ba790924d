//! The search for a certificate. Nothing here is trusted: what it finds is checked.

mod assembly;
pub mod at_point;
mod eliminate;
mod fit;
mod free;
mod newton;
mod pivots;
pub mod points;
mod positivity;

use std::time::{Duration, Instant};

use assembly::Assembly;
use at_point::AtPoint;
use eliminate::Multipliers;
use free::Free;
use points::{Point, Points};
use positivity::Cone;
use rug::Rational;
use thiserror::Error;

pub use pivots::NoSquares;

use super::certificate::Certificate;
use super::problem::{Fact, Form, Library, Problem, Sign};
use crate::algebra::Polynomial;

/// Points inside at which a choice of facts is tried.
const INSIDE: usize = 10;
/// Points on the boundary of each condition.
const ON_BOUNDARIES: usize = 3;
/// Of margins, the least that counts as feasible.
const LEAST_MARGIN: f64 = -1e-7;
/// Most terms of a factor that is looked for.
const LONGEST_FACTOR: usize = 12;
/// Most terms of a polynomial that is printed.
const LONGEST_SHOWN: usize = 16;
/// Most factors whose squares count.
const MOST_SQUARED: usize = 8;

/// What a search ended with.
#[derive(Debug)]
pub enum Found {
    /// A certificate, not yet checked.
    Certificate(Certificate),
    /// Nothing, and why with each choice of facts.
    Nothing(Vec<NotFound>),
    /// The facts do not give the claim at a point, as far as floating-point numbers tell.
    Infeasible(Point),
}

/// Why no certificate was found with a choice of facts. Factors, facts and reasons are as they are printed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotFound {
    /// There is no place to begin at.
    #[error("no point was found at which all conditions hold strictly")]
    NoPoint,
    /// No multipliers of these facts make values of f vanish.
    #[error("the values of f do not cancel with {0:?}")]
    Values(Vec<String>),
    /// Of those that do none leaves squares.
    #[error("no multipliers were found with {0:?}")]
    NoMultipliers(Vec<String>),
    /// A coefficient has a denominator whose factor is not shown to be positive.
    #[error("a coefficient may have a pole where {0} is 0")]
    Pole(String),
    /// A multiplier has a factor whose sign is not shown.
    #[error("the multiplier of {fact} is not shown to be at least 0: {factor}")]
    Multiplier {
        /// What it stands before.
        fact: String,
        /// The factor.
        factor: String,
    },
    /// What is left is not shown to be a sum of squares.
    #[error("{0}")]
    Squares(NoSquares),
    /// The number that is left has a factor whose sign is not shown.
    #[error("what is left is not shown to be at least 0: {0}")]
    Remainder(String),
}

/// Searches for a certificate: with the inequalities of textbooks and with those of interpolation, with facts dropped in
/// one order and the other; what takes long is done last.
///
/// Each choice of facts has the budget of time twice.
pub fn certificate(problem: &Problem, seed: u64, budget: Duration) -> Found {
    let linear = has_lengths(problem).then(|| problem.linearised());
    let of_library = |library: Library| {
        let offered = |fact: &Fact| fact.library == library || matches!(fact.library, Library::Both | Library::Step);
        (0..problem.facts.len()).filter(|i| offered(&problem.facts[*i])).collect::<Vec<usize>>()
    };
    let mut choices = vec![(problem, of_library(Library::Textbook)), (problem, of_library(Library::Interpolation))];
    choices.extend(linear.as_ref().map(|linear| (linear, (0..linear.facts.len()).collect())));
    let (mut attempts, mut refused, mut infeasible) = (Vec::new(), Vec::new(), None);
    for (problem, facts) in choices {
        match (Search { problem, seed, budget }).begin(facts) {
            Begun::Certificate(certificate) => return Found::Certificate(certificate),
            Begun::Attempts(begun) => attempts.extend(begun),
            Begun::Nothing(why) => refused.push(why),
            Begun::Infeasible(point) => infeasible = Some(point),
        }
    }
    for attempt in attempts {
        match attempt.thorough(budget) {
            Ok(certificate) => return Found::Certificate(certificate),
            Err(why) => refused.push(why),
        }
    }
    refused.dedup();
    match infeasible {
        Some(point) if refused.is_empty() => Found::Infeasible(point),
        _ => Found::Nothing(refused),
    }
}

/// Where lengths are numbers, what is known of them may be all that is needed.
fn has_lengths(problem: &Problem) -> bool {
    problem.facts.iter().any(|fact| fact.sign == Sign::Zero && !fact.form.constant.is_zero())
}

/// What the part of a search that takes little time ends with.
enum Begun<'p> {
    Certificate(Certificate),
    Attempts(Vec<Attempt<'p>>),
    Nothing(NotFound),
    Infeasible(Point),
}

struct Search<'p> {
    problem: &'p Problem,
    seed: u64,
    budget: Duration,
}

impl<'p> Search<'p> {
    fn begin(&self, facts: Vec<usize>) -> Begun<'p> {
        let problem = self.problem;
        let mut points = Points::new(problem, self.seed).finer();
        let mut samples = points.inside(INSIDE, false);
        let Some(inside) = points.inside(1, true).pop() else {
            return Begun::Nothing(NotFound::NoPoint);
        };
        samples.extend(points.on_boundaries(ON_BOUNDARIES));
        let samples: Vec<AtPoint> = samples.iter().filter_map(|point| AtPoint::of(problem, point)).collect();
        let is_feasible =
            |facts: &[usize]| samples.iter().find(|sample| sample.margin(problem, facts).value < LEAST_MARGIN);
        if let Some(sample) = is_feasible(&facts) {
            return Begun::Infeasible(sample.point.clone());
        }
        let is_enough = |facts: &[usize]| is_feasible(facts).is_none();
        let mut supports: Vec<Vec<usize>> = Vec::new();
        let mut attempts = Vec::new();
        for order in [Order::LastFirst, Order::FirstFirst] {
            let support = support(problem, &facts, order, &is_enough);
            if supports.contains(&support) {
                continue;
            }
            let until = Instant::now() + self.budget;
            let mut attempt = Attempt::new(problem, &support, (&inside, &samples), until);
            if let Some(certificate) = attempt.quick(&support, self.seed, until) {
                return Begun::Certificate(certificate);
            }
            attempts.push(attempt);
            supports.push(support);
        }
        Begun::Attempts(attempts)
    }
}

/// A search with few facts.
struct Attempt<'p> {
    problem: &'p Problem,
    /// Facts that say that two vectors are orthogonal, and nothing else: the entry of those is free.
    orthogonal: Vec<usize>,
    cone: Cone,
    /// Factors whose squares may count.
    squared: Vec<Polynomial>,
    /// What was found to be tried.
    candidates: Vec<Multipliers>,
    /// Why nothing was found so far.
    refused: NotFound,
}

impl<'p> Attempt<'p> {
    fn new(
        problem: &'p Problem,
        support: &[usize],
        (inside, samples): (&[Rational], &[AtPoint]),
        until: Instant,
    ) -> Self {
        let at = samples.iter().map(|sample| sample.point.clone()).collect();
        Attempt {
            problem,
            orthogonal: support.iter().copied().filter(|fact| pair(problem, *fact).is_some()).collect(),
            cone: Cone::new(&problem.conditions, inside, at, &problem.field, until),
            squared: Vec::new(),
            candidates: Vec::new(),
            refused: NotFound::NoMultipliers(names(problem, support)),
        }
    }

    /// Looks for multipliers, and shows their signs where that takes little time.
    fn quick(&mut self, support: &[usize], seed: u64, until: Instant) -> Option<Certificate> {
        let problem = self.problem;
        let others: Vec<usize> = support.iter().copied().filter(|fact| pair(problem, *fact).is_none()).collect();
        let Some(multipliers) = Multipliers::of(problem, &others) else {
            self.refused = NotFound::Values(names(problem, support));
            return None;
        };
        let pairs: Vec<(usize, usize)> = self.orthogonal.iter().filter_map(|fact| pair(problem, *fact)).collect();
        let factors = likely_factors(problem);
        let is_simple = |factor: &&Polynomial| factor.total_degree() <= 2 && factor.len() >= 2;
        self.squared = factors.iter().filter(is_simple).take(MOST_SQUARED).cloned().collect();
        let orthogonal = self.orthogonal.clone();
        let free = Free { problem, orthogonal: &orthogonal, pairs: &pairs, factors: &factors, seed, until };
        let mut found = None;
        free.search(&multipliers, &mut |candidate| {
            self.candidates.push(candidate.clone());
            found = self.candidate(candidate).ok();
            found.is_some()
        });
        found
    }

    /// Shows the signs of what was found, whatever time that takes.
    fn thorough(mut self, budget: Duration) -> Result<Certificate, NotFound> {
        let until = Instant::now() + budget;
        let candidates = std::mem::take(&mut self.candidates);
        let count = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
        for (left, candidate) in (1..=count).rev().zip(&candidates) {
            for (squares, parts) in [(Vec::new(), 2 * left), (self.squared.clone(), 2 * left - 1)] {
                // What earlier ones leave of the time is shared by the others.
                let share = until.saturating_duration_since(Instant::now()) / parts;
                self.cone.set_thorough(Instant::now() + share);
                self.cone.allow_squares(&squares);
                match self.candidate(candidate) {
                    Ok(certificate) => return Ok(certificate),
                    Err(why) => self.refused = why,
                }
            }
        }
        Err(self.refused)
    }

    /// The certificate with multipliers none of which is free.
    fn candidate(&mut self, multipliers: &Multipliers) -> Result<Certificate, NotFound> {
        let Attempt { problem, orthogonal, cone, .. } = self;
        Assembly { problem, orthogonal, cone }.certificate(multipliers)
    }
}

fn names(problem: &Problem, facts: &[usize]) -> Vec<String> {
    facts.iter().map(|fact| problem.facts[*fact].name.clone()).collect()
}

/// A polynomial for a person, no longer than a line.
fn short(polynomial: &Polynomial, names: &[String]) -> String {
    match polynomial.len() {
        0..=LONGEST_SHOWN => polynomial.display(names),
        terms => format!("a polynomial of {terms} terms"),
    }
}

/// The order in which facts are dropped; those that were proved to be used go last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    FirstFirst,
    LastFirst,
}

/// Drops facts one by one as long as the rest is enough.
fn support(problem: &Problem, facts: &[usize], order: Order, is_enough: &dyn Fn(&[usize]) -> bool) -> Vec<usize> {
    let mut kept = facts.to_vec();
    let mut dropped: Vec<&usize> = facts.iter().filter(|fact| pair(problem, **fact).is_none()).collect();
    if order == Order::LastFirst {
        dropped.reverse();
    }
    dropped.sort_by_key(|fact| problem.facts[**fact].library == Library::Step);
    for fact in dropped {
        let fewer: Vec<usize> = kept.iter().copied().filter(|own| own != fact).collect();
        if is_enough(&fewer) {
            kept = fewer;
        }
    }
    kept
}

/// The two vectors of a fact that says that they are orthogonal, and nothing else.
fn pair(problem: &Problem, fact: usize) -> Option<(usize, usize)> {
    let fact = &problem.facts[fact];
    let mut products = fact.form.products();
    let (pair, _) = products.next().filter(|_| fact.sign == Sign::Zero)?;
    (products.next().is_none() && fact.form.atoms.is_zero() && fact.form.constant.is_zero()).then_some(pair)
}

/// Factors that values are likely to have: those of conditions and of all coefficients.
fn likely_factors(problem: &Problem) -> Vec<Polynomial> {
    let field = &problem.field;
    problem.conditions.iter().for_each(|condition| field.learn(&condition.polynomial));
    let short = |polynomial: &Polynomial| polynomial.as_constant().is_none() && polynomial.len() <= LONGEST_FACTOR;
    for coefficient in points::forms(problem).flat_map(Form::coefficients) {
        for part in [coefficient.numerator().clone(), coefficient.denominator()] {
            if short(&part) {
                field.learn(&part);
            }
        }
    }
    let reads =
        |polynomial: &Polynomial| polynomial.variables().iter().all(|variable| *variable < problem.numbers.len());
    field.elements().into_iter().map(|(_, element)| element).filter(|element| reads(element)).collect()
}
