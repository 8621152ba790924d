//! Whether a counterexample is one: exact arithmetic, no search.

use rug::Rational;

use super::Counterexample;
use crate::algebra::linear::is_positive_semidefinite;
use crate::prove::check::Rejected;
use crate::prove::problem::{Form, Problem, Sign};
use crate::prove::translate::OneRun;

/// Largest integer in a counterexample, in digits.
const MOST_DIGITS: usize = 400;

/// Checks that all conditions, equations and facts of the run hold, and the claim does not.
///
/// # Errors
/// The first part that fails.
pub fn check(run: &OneRun, counterexample: &Counterexample) -> Result<(), Rejected> {
    let problem = &run.problem;
    let instance = Instance::read(problem, counterexample)?;
    for variable in &run.counts {
        if !instance.numbers[*variable].is_integer() || instance.numbers[*variable] < 0 {
            return reject("numbers", format!("`{}` is no count", problem.numbers[*variable]));
        }
    }
    for (variable, value) in &run.settled {
        let (own, name) = (&instance.numbers[*variable], &problem.numbers[*variable]);
        if value.at(&instance.numbers).is_none_or(|value| value != *own) {
            return reject("numbers", format!("`{name}` is not what the others make it in this case"));
        }
    }
    if run.divisors.iter().any(|divisor| divisor.at(&instance.numbers).is_none_or(|value| value == 0)) {
        return reject("numbers", "something is divided by 0");
    }
    if let Some(equation) = run.equations.iter().find(|equation| equation.at(&instance.numbers) != 0) {
        return reject("numbers", format!("{} = 0 does not hold", equation.display(&problem.numbers)));
    }
    for condition in &problem.conditions {
        let value = condition.polynomial.at(&instance.numbers);
        if value < 0 || (condition.strict && value == 0) {
            let text = condition.polynomial.display(&problem.numbers);
            let relation = if condition.strict { "> 0" } else { ">= 0" };
            return reject("numbers", format!("{text} {relation} does not hold ({})", condition.reason));
        }
    }
    if !is_positive_semidefinite(&instance.gram) {
        return reject("gram", "it is no Gram matrix: it is not positive semidefinite");
    }
    for fact in &problem.facts {
        let value = instance.value(&fact.form, &fact.name)?;
        let holds = if fact.sign == Sign::Zero { value == 0 } else { value >= 0 };
        if !holds {
            return reject(&format!("fact {}", fact.name), format!("it does not hold ({})", fact.reason));
        }
    }
    for form in &run.not_zero {
        if instance.value(form, "points")? == 0 {
            return reject("points", "two of them are the same");
        }
    }
    let room = instance.value(&problem.claim, "the claim")?;
    let is_broken = if problem.sign == Sign::Zero { room != 0 } else { room < 0 };
    if !is_broken {
        return reject("room", "the claim holds");
    }
    if room.to_string() != counterexample.room {
        return reject("room", format!("it is {room}"));
    }
    Ok(())
}

fn reject<T>(place: &str, why: impl Into<String>) -> Result<T, Rejected> {
    Err(Rejected { place: place.to_owned(), why: why.into() })
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
            return reject("vectors", "they are not those of the run");
        }
        let n = problem.vectors.len();
        let lengths: Vec<usize> = counterexample.gram.iter().map(Vec::len).collect();
        if lengths != (1..=n).collect::<Vec<usize>>() {
            return reject("gram", format!("it is no lower triangle of {n} rows"));
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
            None => reject(place, "a coefficient has a pole there"),
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
        return reject(place, format!("they are not {}", names.join(", ")));
    }
    given.iter().map(|(_, value)| number(value, place)).collect()
}

fn number(text: &str, place: &str) -> Result<Rational, Rejected> {
    match text.parse() {
        Ok(number) if text.len() <= MOST_DIGITS => Ok(number),
        _ => reject(place, format!("`{text}` is no rational number of a moderate size")),
    }
}
