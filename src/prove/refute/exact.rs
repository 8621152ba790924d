//! Whether a counterexample is one: exact arithmetic, no search.

use rug::Rational;
use thiserror::Error;

use super::Counterexample;
use crate::algebra::linear::is_positive_semidefinite;
use crate::prove::problem::{Form, Problem, Sign};
use crate::prove::rejected::Rejected;
use crate::prove::translate::OneRun;

/// Largest integer in a counterexample, in digits.
const MOST_DIGITS: usize = 400;

/// What is wrong with a part of a counterexample.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CounterexampleFlaw {
    /// A text is no number, or too long a one.
    #[error("`{0}` is no rational number of a moderate size")]
    NoNumber(String),
    /// The names are others than these.
    #[error("they are not {}", .0.join(", "))]
    OtherNames(Vec<String>),
    /// The vectors have other names.
    #[error("they are not those of the run")]
    OtherVectors,
    /// There are not so many rows of inner products, each with one entry more than the last.
    #[error("it is no lower triangle of {rows} rows")]
    NoTriangle {
        /// How many rows there must be.
        rows: usize,
    },
    /// No vectors have these inner products.
    #[error("it is no Gram matrix: it is not positive semidefinite")]
    NoGramMatrix,
    /// A count or an index is no whole number, or negative.
    #[error("`{0}` is no count")]
    NoCount(String),
    /// A number that others give is another one.
    #[error("`{0}` is not what the others make it in this case")]
    NotByTheOthers(String),
    /// The claim or a fact has no value.
    #[error("something is divided by 0")]
    DividedByZero,
    /// A coefficient has no value.
    #[error("a coefficient has a pole there")]
    Pole,
    /// A root is not the root of what it should be.
    #[error("{0} = 0 does not hold")]
    Equation(String),
    /// What is known of the numbers is not so.
    #[error("{condition} does not hold ({reason})")]
    Condition {
        /// What is known.
        condition: String,
        /// Where it comes from.
        reason: String,
    },
    /// A fact is not so.
    #[error("it does not hold ({reason})")]
    Fact {
        /// Why it is one.
        reason: String,
    },
    /// Points are the same that have to be apart.
    #[error("two of them are the same")]
    SamePoints,
    /// The claim is obeyed.
    #[error("the claim holds")]
    ClaimHolds,
    /// rhs − lhs is not what is said, but this.
    #[error("it is {0}")]
    OtherRoom(Rational),
}

/// Checks that all conditions, equations and facts of the run hold, and the claim does not.
///
/// # Errors
/// The first part that fails.
pub fn check(run: &OneRun, counterexample: &Counterexample) -> Result<(), Rejected> {
    let problem = &run.problem;
    let instance = Instance::read(problem, counterexample)?;
    for variable in &run.counts {
        if !instance.numbers[*variable].is_integer() || instance.numbers[*variable] < 0 {
            return reject("numbers", CounterexampleFlaw::NoCount(problem.numbers[*variable].clone()));
        }
    }
    for (variable, value) in &run.settled {
        let (own, name) = (&instance.numbers[*variable], &problem.numbers[*variable]);
        if value.at(&instance.numbers).is_none_or(|value| value != *own) {
            return reject("numbers", CounterexampleFlaw::NotByTheOthers(name.clone()));
        }
    }
    if run.divisors.iter().any(|divisor| divisor.at(&instance.numbers).is_none_or(|value| value == 0)) {
        return reject("numbers", CounterexampleFlaw::DividedByZero);
    }
    if let Some(equation) = run.equations.iter().find(|equation| equation.at(&instance.numbers) != 0) {
        return reject("numbers", CounterexampleFlaw::Equation(equation.display(&problem.numbers)));
    }
    for condition in &problem.conditions {
        let value = condition.polynomial.at(&instance.numbers);
        if value < 0 || (condition.strict && value == 0) {
            let text = condition.polynomial.display(&problem.numbers);
            let relation = if condition.strict { "> 0" } else { ">= 0" };
            let (condition, reason) = (format!("{text} {relation}"), condition.reason.clone());
            return reject("numbers", CounterexampleFlaw::Condition { condition, reason });
        }
    }
    if !is_positive_semidefinite(&instance.gram) {
        return reject("gram", CounterexampleFlaw::NoGramMatrix);
    }
    for fact in &problem.facts {
        let value = instance.value(&fact.form, &fact.name)?;
        let holds = if fact.sign == Sign::Zero { value == 0 } else { value >= 0 };
        if !holds {
            return reject(&format!("fact {}", fact.name), CounterexampleFlaw::Fact { reason: fact.reason.clone() });
        }
    }
    for form in &run.not_zero {
        if instance.value(form, "points")? == 0 {
            return reject("points", CounterexampleFlaw::SamePoints);
        }
    }
    let room = instance.value(&problem.claim, "the claim")?;
    let is_broken = if problem.sign == Sign::Zero { room != 0 } else { room < 0 };
    if !is_broken {
        return reject("room", CounterexampleFlaw::ClaimHolds);
    }
    if room.to_string() != counterexample.room {
        return reject("room", CounterexampleFlaw::OtherRoom(room));
    }
    Ok(())
}

fn reject<T>(place: &str, flaw: CounterexampleFlaw) -> Result<T, Rejected> {
    Err(Rejected::of(place, flaw))
}

/// The numbers of a counterexample.
struct Instance {
    numbers: Vec<Rational>,
    gram: Vec<Vec<Rational>>,
    values: Vec<Rational>,
}

impl Instance {
    fn read(problem: &Problem, counterexample: &Counterexample) -> Result<Self, Rejected> {
        if counterexample.vectors != problem.vectors {
            return reject("vectors", CounterexampleFlaw::OtherVectors);
        }
        let n = problem.vectors.len();
        let lengths: Vec<usize> = counterexample.gram.iter().map(Vec::len).collect();
        if lengths != (1..=n).collect::<Vec<usize>>() {
            return reject("gram", CounterexampleFlaw::NoTriangle { rows: n });
        }
        let lower = counterexample.gram.iter().map(|row| row.iter().map(|entry| number(entry, "gram")).collect());
        let lower = lower.collect::<Result<Vec<Vec<Rational>>, Rejected>>()?;
        let entry = |i: usize, j: usize| lower[i.max(j)][i.min(j)].clone();
        let gram = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let numbers = named(&counterexample.numbers, &problem.numbers, "numbers")?;
        let values = named(&counterexample.values, &problem.atoms, "values")?;
        Ok(Instance { numbers, gram, values })
    }

    /// A form.
    fn value(&self, form: &Form, place: &str) -> Result<Rational, Rejected> {
        let at = |coefficient: &crate::algebra::Fraction| match coefficient.at(&self.numbers) {
            Some(value) => Ok(value),
            None => reject(place, CounterexampleFlaw::Pole),
        };
        let mut value = at(&form.constant)?;
        for (atom, coefficient) in form.atoms.iter() {
            value += at(coefficient)? * &self.values[atom];
        }
        for ((u, w), coefficient) in form.products() {
            value += at(coefficient)? * &self.gram[u][w];
        }
        Ok(value)
    }
}

/// Numbers in the order of their names, each there once.
fn named(given: &[(String, String)], names: &[String], place: &str) -> Result<Vec<Rational>, Rejected> {
    let own: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    if own != names.iter().map(String::as_str).collect::<Vec<_>>() {
        return reject(place, CounterexampleFlaw::OtherNames(names.to_vec()));
    }
    given.iter().map(|(_, value)| number(value, place)).collect()
}

fn number(text: &str, place: &str) -> Result<Rational, Rejected> {
    match text.parse() {
        Ok(number) if text.len() <= MOST_DIGITS => Ok(number),
        _ => reject(place, CounterexampleFlaw::NoNumber(text.to_owned())),
    }
}
