//! A certificate from multipliers none of which is free: squares for what is left of the claim, and all signs.

use super::eliminate::Multipliers;
use super::pivots::{Decomposer, Matrix, Square, Squares};
use super::positivity::{Cone, Shown, Summand};
use super::{NotFound, pair, short};
use crate::algebra::{Fraction, Polynomial};
use crate::prove::certificate::{Certificate, Factor, Product, Signed};
use crate::prove::problem::{Form, Problem, Sign};

/// Puts certificates together.
pub struct Assembly<'a> {
    /// What they are of.
    pub problem: &'a Problem,
    /// Facts that say that two vectors are orthogonal, and nothing else: the entry of those is free.
    pub orthogonal: &'a [usize],
    /// Shows signs.
    pub cone: &'a mut Cone,
}

impl Assembly<'_> {
    /// The certificate with these multipliers.
    pub fn certificate(&mut self, multipliers: &Multipliers) -> Result<Certificate, NotFound> {
        let problem = self.problem;
        self.have_no_poles(&problem.claim)?;
        let (mut signed, rest) = self.multipliers(multipliers)?;
        let Squares { squares, freed } = self.squares(&rest)?;
        for (pair, entry) in freed {
            signed.extend(self.of_freed(pair, &entry)?);
        }
        let remainder = self.remainder(&rest.constant)?;
        Ok(Certificate {
            case: problem.name.clone(),
            multipliers: signed,
            squares: squares.iter().map(|square| self.square(square)).collect(),
            remainder,
            factors: self.cone.shown().iter().map(|shown| factor(shown, &problem.numbers)).collect(),
        })
    }

    /// The multipliers with their signs, and what they leave of the claim.
    fn multipliers(&mut self, multipliers: &Multipliers) -> Result<(Vec<Signed<String>>, Form), NotFound> {
        let problem = self.problem;
        let (mut signed, mut rest) = (Vec::new(), problem.claim.clone());
        let values = multipliers.facts.iter().zip(&multipliers.base);
        for (fact, value) in values.filter(|(_, value)| !value.is_zero()) {
            let fact = &problem.facts[*fact];
            let not_shown = |factor: Polynomial| NotFound::Multiplier {
                fact: fact.name.clone(),
                factor: short(&factor, &problem.numbers),
            };
            let sign = match fact.sign {
                Sign::NotNegative => Some(self.cone.sign(value).map_err(not_shown)?),
                Sign::Zero => None,
            };
            self.cone.has_no_pole(value).map_err(not_shown)?;
            self.have_no_poles(&fact.form)?;
            rest.add_scaled(&fact.form, &-value);
            signed.push(Signed { of: fact.name.clone(), value: self.text(value), sign });
        }
        Ok((signed, rest))
    }

    fn squares(&mut self, rest: &Form) -> Result<Squares, NotFound> {
        let problem = self.problem;
        let pairs: Vec<(usize, usize)> = self.orthogonal.iter().filter_map(|fact| pair(problem, *fact)).collect();
        let matrix = matrix(problem, rest);
        let mut decomposer = Decomposer::new(self.cone, (&problem.field, &problem.numbers), &pairs);
        decomposer.decompose(&matrix).ok_or(NotFound::Squares(decomposer.reason))
    }

    /// The multiplier of the fact whose entry was taken to be this one.
    fn of_freed(&mut self, (u, w): (usize, usize), entry: &Fraction) -> Result<Option<Signed<String>>, NotFound> {
        let problem = self.problem;
        let fact = self.orthogonal.iter().find(|fact| pair(problem, **fact) == Some((u, w)));
        let Some(fact) = fact else { return Ok(None) };
        // ⟨u, w⟩ stands twice in the matrix.
        let value = entry * problem.field.constant(2);
        self.has_no_pole(&value)?;
        Ok(Some(Signed { of: problem.facts[*fact].name.clone(), value: self.text(&value), sign: None }))
    }

    fn remainder(&mut self, constant: &Fraction) -> Result<Option<Signed<()>>, NotFound> {
        if constant.is_zero() {
            return Ok(None);
        }
        let not_shown = |factor: Polynomial| NotFound::Remainder(short(&factor, &self.problem.numbers));
        let sign = self.cone.sign(constant).map_err(not_shown)?;
        Ok(Some(Signed { of: (), value: self.text(constant), sign: Some(sign) }))
    }

    fn have_no_poles(&mut self, form: &Form) -> Result<(), NotFound> {
        form.coefficients().try_for_each(|coefficient| self.has_no_pole(coefficient))
    }

    fn has_no_pole(&mut self, value: &Fraction) -> Result<(), NotFound> {
        let pole = |factor: Polynomial| NotFound::Pole(short(&factor, &self.problem.numbers));
        self.cone.has_no_pole(value).map_err(pole)
    }

    fn square(&self, square: &Square) -> Signed<Vec<(String, String)>> {
        let filled = square.row.iter().zip(&self.problem.vectors).filter(|(coefficient, _)| !coefficient.is_zero());
        Signed {
            of: filled.map(|(coefficient, name)| (name.clone(), self.text(coefficient))).collect(),
            value: self.text(&square.pivot),
            sign: Some(square.sign.clone()),
        }
    }

    fn text(&self, value: &Fraction) -> String {
        let names = &self.problem.numbers;
        match value.as_polynomial() {
            Some(polynomial) => polynomial.display(names),
            None => format!("({})/({})", value.numerator().display(names), value.denominator().display(names)),
        }
    }
}

fn factor(shown: &Shown, names: &[String]) -> Factor {
    let product = |summand: &Summand| Product {
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
