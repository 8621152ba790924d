//! A problem at one point: exact matrices, and the semidefinite program of its multipliers.

use nalgebra::{DMatrix, DVector};
use rug::Rational;

use super::points::Point;
use crate::convex::semidefinite::{Margin, Options, Program, margin};
use crate::prove::problem::{Form, Problem, Sign};

/// A form with rational coefficients.
#[derive(Clone, Debug)]
pub struct ExactForm {
    /// The part without unknowns.
    pub constant: Rational,
    /// Coefficients of atoms.
    pub atoms: Vec<Rational>,
    /// The symmetric matrix, n×n.
    pub matrix: Vec<Vec<Rational>>,
}

impl ExactForm {
    /// Of a form at a point; none at a pole.
    pub fn of(form: &Form, problem: &Problem, point: &Point) -> Option<Self> {
        let n = problem.vectors.len();
        let mut exact = ExactForm {
            constant: form.constant.at(point)?,
            atoms: vec![Rational::new(); problem.atoms.len()],
            matrix: vec![vec![Rational::new(); n]; n],
        };
        for (atom, coefficient) in form.atoms.iter() {
            exact.atoms[atom] = coefficient.at(point)?;
        }
        for ((u, w), coefficient) in form.products() {
            let value = coefficient.at(point)?;
            if u == w {
                exact.matrix[u][u] = value;
            } else {
                exact.matrix[u][w] = value / 2;
                exact.matrix[w][u] = exact.matrix[u][w].clone();
            }
        }
        Some(exact)
    }

    fn floats(&self) -> DMatrix<f64> {
        let n = self.matrix.len();
        DMatrix::from_fn(n, n, |i, j| self.matrix[i][j].to_f64())
    }
}

/// Everything at one point.
#[derive(Clone, Debug)]
pub struct AtPoint {
    /// The point.
    pub point: Point,
    /// The claim.
    pub claim: ExactForm,
    /// The facts, all of them.
    pub facts: Vec<ExactForm>,
}

impl AtPoint {
    /// Of a problem at a point; none at a pole.
    pub fn of(problem: &Problem, point: &Point) -> Option<Self> {
        let facts = problem.facts.iter().map(|fact| ExactForm::of(&fact.form, problem, point));
        Some(AtPoint {
            point: point.clone(),
            claim: ExactForm::of(&problem.claim, problem, point)?,
            facts: facts.collect::<Option<_>>()?,
        })
    }

    /// Multipliers of those facts, one y each: S = claim − Σ y·fact ⪰ 0, atoms cancel, the constant is not negative.
    pub fn program(&self, problem: &Problem, facts: &[usize]) -> Program {
        let m = facts.len();
        let directions = facts.iter().map(|fact| -self.facts[*fact].floats()).collect();
        let mut program = Program::of_block(self.claim.floats(), directions);
        let signed: Vec<usize> = (0..m).filter(|i| problem.facts[facts[*i]].sign == Sign::NotNegative).collect();
        let constants: Vec<f64> = facts.iter().map(|fact| -self.facts[*fact].constant.to_f64()).collect();
        let has_constant = self.claim.constant != 0 || constants.iter().any(|constant| *constant != 0.0);
        let p = signed.len() + usize::from(has_constant);
        program.offsets = DVector::zeros(p);
        program.rows = DMatrix::zeros(p, m);
        for (row, i) in signed.iter().enumerate() {
            program.rows[(row, *i)] = 1.0;
        }
        if has_constant {
            program.offsets[p - 1] = self.claim.constant.to_f64();
            constants.iter().enumerate().for_each(|(i, constant)| program.rows[(p - 1, i)] = *constant);
        }
        let atoms = problem.atoms.len();
        program.equalities = DMatrix::from_fn(atoms, m, |atom, i| self.facts[facts[i]].atoms[atom].to_f64());
        program.targets = DVector::from_fn(atoms, |atom, _| self.claim.atoms[atom].to_f64());
        program
    }

    /// How much room those facts leave, negative where they show nothing.
    pub fn margin(&self, problem: &Problem, facts: &[usize]) -> Margin {
        margin(&self.program(problem, facts), &Options::default())
    }
}
