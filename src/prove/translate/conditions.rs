//! The conditions of a problem, of all that is known of its numbers.

use std::collections::BTreeSet;

use super::numbers::Numbers;
use crate::algebra::Fraction;
use crate::prove::problem::{Condition, Form};

/// The conditions that say something of the numbers in these forms, directly or through other conditions.
pub fn connected<'f>(conditions: Vec<Condition>, forms: impl Iterator<Item = &'f Form>) -> Vec<Condition> {
    let mut counts: BTreeSet<usize> = BTreeSet::new();
    for coefficient in forms.flat_map(Form::coefficients) {
        counts.extend(coefficient.numerator().variables());
        counts.extend(coefficient.denominator().variables());
    }
    loop {
        let before = counts.len();
        for condition in &conditions {
            let variables = condition.polynomial.variables();
            if variables.iter().any(|variable| counts.contains(variable)) {
                counts.extend(variables);
            }
        }
        if counts.len() == before {
            break;
        }
    }
    let is_in = |condition: &Condition| condition.polynomial.variables().iter().any(|v| counts.contains(v));
    conditions.into_iter().filter(is_in).collect()
}

/// What the conditions say of the other numbers where roots are in them: of P + Q·s ≥ 0 with Q ≤ 0 that P ≥ 0 and
/// P² − Q²s² ≥ 0, as the product with P − Q·s; and P + Q ≥ 0 where s² ≥ 1. With Q ≥ 0 and P ≤ 0 that Q²s² − P² ≥ 0, as
/// the product with Q·s − P.
pub fn without_roots(numbers: &Numbers) -> Vec<Condition> {
    let mut conditions = numbers.conditions().to_vec();
    for (variable, square) in numbers.roots() {
        let root = numbers.variable(*variable);
        if &root * &root == *square {
            continue;
        }
        let mut without = Vec::new();
        for condition in conditions {
            if condition.polynomial.degree(*variable) == 0 {
                without.push(condition);
                continue;
            }
            let coefficients = condition.polynomial.coefficients_in(*variable);
            let [rest, slope] = &coefficients[..] else { continue };
            let slope = numbers.field.polynomial(slope);
            let rest = numbers.field.polynomial(rest);
            let is_negative = |number: &Fraction| numbers.sign(number).map(|sign| sign.negative);
            let product = numbers.reduced(&(&rest * &rest - &slope * &slope * square));
            let learnt = match (is_negative(&slope), is_negative(&rest)) {
                (Some(true), _) => {
                    let over_one = square - numbers.rational(1);
                    let is_over_one = over_one.is_zero() || is_negative(&over_one) == Some(false);
                    vec![if is_over_one { &rest + &slope } else { rest }, product]
                }
                (Some(false), Some(true)) => vec![-product],
                _ => continue,
            };
            for number in learnt {
                let mut known = numbers.clone();
                let before = known.conditions().len();
                if known.learn(&number, condition.strict, &condition.reason).is_ok() {
                    without.extend(known.conditions()[before..].iter().cloned());
                }
            }
        }
        conditions = without;
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::translate::numbers::Kind;

    /// What conditions say of p and r where p + factor·√r is at least 0, p is at most 0 and r is between 0 and 1.
    fn of_root(factor: i32) -> Vec<String> {
        let mut numbers = Numbers::new();
        let [p, r] = ["p", "r"].map(|name| numbers.named(Kind::Parameter, name).expect("few numbers"));
        let one = numbers.rational(1);
        for number in [-&p, r.clone(), one - &r] {
            numbers.learn(&number, false, "given").expect("it is no contradiction");
        }
        let root = numbers.root(&r).expect("few numbers");
        numbers.learn(&(p + numbers.rational(factor) * root), false, "the condition").expect("no contradiction");
        let all = without_roots(&numbers);
        let own = all.iter().filter(|condition| condition.reason == "the condition");
        own.map(|condition| numbers.text(&condition.polynomial)).collect()
    }

    #[test]
    fn a_root_above_a_number_has_a_square_above_its_square() {
        assert_eq!(of_root(2), ["-p^2 + 4*r"]);
    }

    #[test]
    fn nothing_below_zero_is_above_a_root_but_zero() {
        assert_eq!(of_root(-2), ["p^2 - 4*r"], "that p is at least 0 is known to be an equation");
    }
}
