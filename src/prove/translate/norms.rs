//! Lengths of vectors as numbers. Of a run in which nothing more is drawn a length is a number like any parameter, of which
//! is known that its square is the vector's.

use super::numbers::{Kind, Numbers};
use super::stop::{Translated, untranslatable};
use super::unknowns::Unknowns;
use super::untranslatable::Untranslatable;
use crate::algebra::{Field, Fraction};
use crate::prove::problem::{Combination, Fact, Form, Library, Sign};
use crate::statement::syntax::Relation;

/// ‖u‖ of a vector that the past decides.
pub fn norm(vector: &Combination, numbers: &mut Numbers, unknowns: &mut Unknowns) -> Translated<Fraction> {
    if vector.is_zero() {
        return Ok(numbers.rational(0));
    }
    if !unknowns.is_past(vector) {
        return untranslatable(Untranslatable::Expression("the norm of what a draw decides"));
    }
    if !unknowns.parts(vector)[1].is_zero() {
        return untranslatable(Untranslatable::Expression("the norm of a vector of each worker"));
    }
    let known = unknowns.norms.iter().find_map(|(own, norm)| Some((ratio(vector, own)?, norm.clone())));
    if let Some((factor, norm)) = known {
        let is_negative = numbers.holds(&factor, Relation::LessEqual, &numbers.rational(0))?;
        return Ok(if is_negative { -factor * norm } else { factor * norm });
    }
    let number = numbers.named(Kind::Norm, &format!("norm{}", unknowns.norms.len() + 1))?;
    numbers.learn(&number, false, "a norm")?;
    unknowns.norms.push((vector.clone(), number.clone()));
    Ok(number)
}

/// u, shortened to that length where it is longer.
pub fn clip(
    length: &Fraction,
    vector: &Combination,
    numbers: &mut Numbers,
    unknowns: &mut Unknowns,
) -> Translated<Combination> {
    let norm = norm(vector, numbers, unknowns)?;
    // There is no negative length to clip to.
    numbers.learn(length, false, "a length")?;
    // Where they are equal both are the same, and a claim is more likely to ask for the shorter of the two.
    let sign = numbers.sign(length).filter(|sign| !sign.negative);
    let relation = if sign.is_some_and(|sign| sign.strict) { Relation::Less } else { Relation::LessEqual };
    if numbers.holds(&norm, relation, length)? {
        return Ok(vector.clone());
    }
    if sign.is_some() {
        numbers.learn(&norm, true, "it is longer")?;
    }
    Ok(vector.scaled(&numbers.quotient(length, &norm)?))
}

/// u/‖u‖, which has no value at 0.
pub fn normalized(vector: &Combination, numbers: &mut Numbers, unknowns: &mut Unknowns) -> Translated<Combination> {
    let norm = norm(vector, numbers, unknowns)?;
    numbers.learn(&norm, true, "a divisor")?;
    Ok(vector.scaled(&numbers.quotient(&numbers.rational(1), &norm)?))
}

/// c, where u = c·w.
fn ratio(u: &Combination, w: &Combination) -> Option<Fraction> {
    let (position, below) = w.iter().next()?;
    let factor = u.get(position)?.divided_by(below)?;
    u.minus(&w.scaled(&factor)).is_zero().then_some(factor)
}

/// The triangle inequality, wherever one of the vectors is the sum or difference of two others.
pub fn learn_triangles(numbers: &mut Numbers, unknowns: &Unknowns) -> Translated<()> {
    let all = &unknowns.norms;
    for (number, (u, of_u)) in all.iter().enumerate() {
        for (w, of_w) in &all[..number] {
            let mut sum = u.clone();
            sum.add_scaled(w, &unknowns.field().one());
            let sides = [sum, u.minus(w), w.minus(u)];
            for (_, of_third) in all.iter().filter(|(third, _)| sides.contains(third)) {
                for (a, b, c) in [(of_u, of_w, of_third), (of_u, of_third, of_w), (of_w, of_third, of_u)] {
                    numbers.learn(&(a + b - c), false, "the triangle inequality")?;
                }
            }
        }
    }
    Ok(())
}

/// What is known of lengths: squares, and the inequality of Cauchy and Schwarz.
pub fn facts(unknowns: &Unknowns, field: &Field) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name: String, reason: &str, form: Form, sign: Sign| {
        facts.push(Fact { name, reason: reason.to_owned(), form, sign, library: Library::Both });
    };
    for (number, (u, of_u)) in unknowns.norms.iter().enumerate() {
        let form = Form::square(u, field).minus(&Form::constant(of_u.times(of_u)));
        add(format!("length {}", number + 1), "what a norm is", form, Sign::Zero);
        for (other, (w, of_w)) in unknowns.norms[..number].iter().enumerate() {
            for (sign, side) in [(1, "along"), (-1, "against")] {
                let product = Form::product(u, w, field).scaled(&field.constant(-sign));
                let mut form = Form::constant(of_u.times(of_w));
                form.add_scaled(&product, &field.one());
                let name = format!("lengths {} and {}, {side}", other + 1, number + 1);
                add(name, "the inequality of Cauchy and Schwarz", form, Sign::NotNegative);
            }
        }
    }
    facts
}
