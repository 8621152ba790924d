//! The search for a certificate. Nothing here is trusted: what it finds is checked.

pub mod at_point;
mod eliminate;
mod fit;
mod free;
mod newton;
mod pivots;
pub mod points;
mod positivity;

use std::time::{Duration, Instant};

use at_point::AtPoint;
use eliminate::Multipliers;
use free::Free;
use pivots::{Decomposer, Matrix, Squares};
use points::{Point, Points};
use positivity::{Cone, Shown};
use rug::Rational;

use super::certificate::{Certificate, Factor, Product, Signed};
use super::problem::{Fact, Form, Library, Problem, Sign};
use crate::algebra::{Fraction, Polynomial};

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
    /// Nothing, and why.
    Nothing(String),
    /// The facts do not give the claim at a point, as far as floating-point numbers tell.
    Infeasible(Point),
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
    for mut attempt in attempts {
        match attempt.thorough(budget) {
            Ok(certificate) => return Found::Certificate(certificate),
            Err(why) => refused.push(why),
        }
    }
    refused.dedup();
    match infeasible {
        Some(point) if refused.is_empty() => Found::Infeasible(point),
        _ => Found::Nothing(refused.join("; ")),
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
    Nothing(String),
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
            return Begun::Nothing("no point was found at which all conditions hold strictly".to_owned());
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
    /// Facts whose entry is free.
    frozen: Vec<usize>,
    cone: Cone,
    /// Factors whose squares may count.
    squared: Vec<Polynomial>,
    /// What was found to be tried.
    candidates: Vec<Multipliers>,
    /// Why nothing was found to be tried.
    refused: String,
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
            frozen: support.iter().copied().filter(|fact| pair(problem, *fact).is_some()).collect(),
            cone: Cone::new(&problem.conditions, inside, at, &problem.field, until),
            squared: Vec::new(),
            candidates: Vec::new(),
            refused: String::new(),
        }
    }

    /// Looks for multipliers, and shows their signs where that takes little time.
    fn quick(&mut self, support: &[usize], seed: u64, until: Instant) -> Option<Certificate> {
        let problem = self.problem;
        let names: Vec<&str> = support.iter().map(|fact| problem.facts[*fact].name.as_str()).collect();
        let others: Vec<usize> = support.iter().copied().filter(|fact| pair(problem, *fact).is_none()).collect();
        let Some(multipliers) = Multipliers::of(problem, &others) else {
            self.refused = format!("the values of f do not cancel with {names:?}");
            return None;
        };
        self.refused = format!("no multipliers were found with {names:?}");
        let pairs: Vec<(usize, usize)> = self.frozen.iter().filter_map(|fact| pair(problem, *fact)).collect();
        let factors = likely_factors(problem);
        let is_simple = |factor: &&Polynomial| factor.total_degree() <= 2 && factor.len() >= 2;
        self.squared = factors.iter().filter(is_simple).take(MOST_SQUARED).cloned().collect();
        let frozen = self.frozen.clone();
        let free = Free { problem, frozen: &frozen, pairs: &pairs, factors: &factors, seed, until };
        let mut found = None;
        free.search(&multipliers, &mut |candidate| {
            self.candidates.push(candidate.clone());
            found = self.candidate(candidate).ok();
            found.is_some()
        });
        found
    }

    /// Shows the signs of what was found, whatever time that takes.
    fn thorough(&mut self, budget: Duration) -> Result<Certificate, String> {
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
        Err(std::mem::take(&mut self.refused))
    }

    /// The certificate with multipliers none of which is free.
    fn candidate(&mut self, multipliers: &Multipliers) -> Result<Certificate, String> {
        let Attempt { problem, frozen, cone, .. } = self;
        let problem: &Problem = problem;
        let text = |value: &Fraction| text(value, &problem.numbers);
        let values = &multipliers.base;
        let named = |factor: Polynomial| short(&factor, &problem.numbers);
        let pole = |factor: Polynomial| format!("a coefficient may have a pole where {} is 0", named(factor));
        for coefficient in problem.claim.coefficients() {
            cone.has_no_pole(coefficient).map_err(pole)?;
        }
        let mut rest = problem.claim.clone();
        let mut signed = Vec::new();
        for (fact, value) in multipliers.facts.iter().zip(values).filter(|(_, value)| !value.is_zero()) {
            let fact = &problem.facts[*fact];
            let not_shown = |factor: Polynomial| {
                format!("the multiplier of {} is not shown to be at least 0: {}", fact.name, named(factor))
            };
            let sign = if fact.sign == Sign::NotNegative { Some(cone.sign(value).map_err(not_shown)?) } else { None };
            cone.has_no_pole(value).map_err(not_shown)?;
            for coefficient in fact.form.coefficients() {
                cone.has_no_pole(coefficient).map_err(pole)?;
            }
            rest.add_scaled(&fact.form, &-value);
            signed.push(Signed { of: fact.name.clone(), value: text(value), sign });
        }
        let pairs: Vec<(usize, usize)> = frozen.iter().filter_map(|fact| pair(problem, *fact)).collect();
        let matrix = matrix(problem, &rest);
        let mut decomposer = Decomposer::new(cone, (&problem.field, &problem.numbers), &pairs);
        let Squares { squares, freed } = match decomposer.decompose(&matrix) {
            Some(squares) => squares,
            None => return Err(decomposer.reason),
        };
        for ((u, w), entry) in freed {
            let fact = frozen.iter().find(|fact| pair(problem, **fact) == Some((u, w)));
            let Some(fact) = fact else { continue };
            // ⟨u, w⟩ stands twice in the matrix.
            let value = entry * problem.field.constant(2);
            cone.has_no_pole(&value).map_err(pole)?;
            signed.push(Signed { of: problem.facts[*fact].name.clone(), value: text(&value), sign: None });
        }
        let remainder = match rest.constant.is_zero() {
            true => None,
            false => {
                let sign = cone
                    .sign(&rest.constant)
                    .map_err(|factor| format!("what is left is not shown to be at least 0: {}", named(factor)))?;
                Some(Signed { of: (), value: text(&rest.constant), sign: Some(sign) })
            }
        };
        let row = |row: &[Fraction]| {
            let filled = row.iter().zip(&problem.vectors).filter(|(coefficient, _)| !coefficient.is_zero());
            filled.map(|(coefficient, name)| (name.clone(), text(coefficient))).collect::<Vec<_>>()
        };
        let squares = squares.iter().map(|square| Signed {
            of: row(&square.row),
            value: text(&square.pivot),
            sign: Some(square.sign.clone()),
        });
        Ok(Certificate {
            case: problem.name.clone(),
            multipliers: signed,
            squares: squares.collect(),
            remainder,
            factors: cone.shown().iter().map(|shown| factor(shown, &problem.numbers)).collect(),
        })
    }
}

fn text(value: &Fraction, names: &[String]) -> String {
    match value.as_polynomial() {
        Some(polynomial) => polynomial.display(names),
        None => format!("({})/({})", value.numerator().display(names), value.denominator().display(names)),
    }
}

fn factor(shown: &Shown, names: &[String]) -> Factor {
    let product = |summand: &positivity::Summand| Product {
        coefficient: summand.coefficient.to_string(),
        conditions: summand.conditions.clone(),
        squares: summand.squares.iter().map(|root| root.display(names)).collect(),
    };
    Factor {
        polynomial: shown.polynomial.display(names),
        times: shown.times.clone(),
        sum: shown.sum.iter().map(product).collect(),
    }
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

/// The symmetric matrix of a form.
fn matrix(problem: &Problem, form: &Form) -> Matrix {
    let n = problem.vectors.len();
    let field = &problem.field;
    let mut matrix = vec![vec![field.zero(); n]; n];
    for ((u, w), coefficient) in form.products() {
        if u == w {
            matrix[u][u] = coefficient.clone();
        } else {
            matrix[u][w] = coefficient * field.constant((1, 2));
            matrix[w][u] = matrix[u][w].clone();
        }
    }
    matrix
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
