//! The numbers that a run leaves behind, one row a quantity: what whole-run claims are made of.

use super::bound::BoundMethod;
use crate::number::Scalar;
use crate::statement::Claim;
use crate::statement::evaluate::{EvaluationError, LIMIT, Trace};
use crate::statement::term::{Node, ScalarSequence, Term, Vector, VectorSequence};

/// A recorded quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// A number.
    Number(ScalarSequence),
    /// ‖sequence_k‖².
    Norm2(VectorSequence),
}

impl Recorded {
    /// f(x_k).
    pub const VALUE: Recorded = Recorded::Number(ScalarSequence::Value);
    /// ‖∇f(x_k)‖².
    pub const GRADIENT: Recorded = Recorded::Norm2(VectorSequence::Gradient);

    /// The quantities that the claims mention.
    #[must_use]
    pub fn mentioned(claims: &[Claim]) -> Vec<Recorded> {
        let mut found = Vec::new();
        for claim in claims {
            for side in [&claim.lhs, &claim.rhs] {
                side.walk(&mut |node| {
                    let quantity = match node {
                        Node::Term(Term::Element(ScalarSequence::Spectrum, _)) => return,
                        Node::Term(Term::Element(sequence, _)) => Recorded::Number(sequence.clone()),
                        Node::Vector(Vector::Element(sequence, _)) => Recorded::Norm2(sequence.clone()),
                        _ => return,
                    };
                    if !found.contains(&quantity) {
                        found.push(quantity);
                    }
                });
            }
        }
        found
    }
}

/// Rows of numbers for k = −1, …, K + 1.
#[derive(Clone, Debug)]
pub struct Table<S> {
    recorded: Vec<Recorded>,
    rows: Vec<Vec<S>>,
    /// Limits as k grows, for the rows that have one.
    limits: Vec<Option<S>>,
}

impl<S: Scalar> Table<S> {
    /// Room for a run of the method, with its schedules; all other numbers are undefined until set.
    #[must_use]
    pub fn new(recorded: &[Recorded], method: &BoundMethod, context: S::Context) -> Self {
        let undefined = S::from_f64(f64::NAN, context);
        let row = |recorded: &Recorded| {
            let mut row = vec![undefined.clone(); method.horizon + 3];
            if let Recorded::Number(ScalarSequence::Schedule(position, _)) = recorded {
                let values = method.schedule::<S>(*position, context);
                // At −1 what it is at 0.
                row[0] = values.first().cloned().unwrap_or_else(|| undefined.clone());
                row[1..=values.len()].clone_from_slice(&values);
            }
            row
        };
        Table {
            rows: recorded.iter().map(row).collect(),
            limits: vec![None; recorded.len()],
            recorded: recorded.to_vec(),
        }
    }

    /// What is recorded, row by row.
    #[must_use]
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }

    fn row(&self, quantity: &Recorded) -> Option<usize> {
        self.recorded.iter().position(|recorded| recorded == quantity)
    }

    /// Sets an entry of a row.
    #[inline]
    pub fn set_in(&mut self, row: usize, k: i64, value: &S) {
        if let Some(entry) = usize::try_from(k + 1).ok().and_then(|at| self.rows[row].get_mut(at)) {
            entry.set(value);
        }
    }

    /// Sets an entry of a recorded quantity; others are ignored.
    pub fn set(&mut self, quantity: &Recorded, k: i64, value: &S) {
        if let Some(row) = self.row(quantity) {
            self.set_in(row, k, value);
        }
    }

    /// Sets the limit of a quantity as k grows.
    pub fn set_limit(&mut self, quantity: &Recorded, value: S) {
        if let Some(row) = self.row(quantity) {
            self.limits[row] = Some(value);
        }
    }

    /// An entry, where it is recorded.
    #[must_use]
    pub fn get(&self, quantity: &Recorded, k: i64) -> Option<&S> {
        let row = self.row(quantity)?;
        if k == LIMIT {
            return self.limits[row].as_ref();
        }
        self.rows[row].get(usize::try_from(k + 1).ok()?)
    }

    /// Sets every recorded entry, but for schedules.
    pub fn fill(&mut self, value: &S) {
        for (recorded, row) in self.recorded.iter().zip(&mut self.rows) {
            if !matches!(recorded, Recorded::Number(ScalarSequence::Schedule(..))) {
                row.iter_mut().for_each(|entry| entry.set(value));
            }
        }
    }

    fn of_run(&mut self) -> impl Iterator<Item = &mut Vec<S>> {
        let is_scheduled = |recorded: &Recorded| matches!(recorded, Recorded::Number(ScalarSequence::Schedule(..)));
        let rows = self.recorded.iter().zip(&mut self.rows);
        rows.filter(move |(recorded, _)| !is_scheduled(recorded)).map(|(_, row)| row)
    }

    /// Adds another table of the same run, entry by entry.
    pub fn add(&mut self, other: &mut Table<S>) {
        for (mine, theirs) in self.of_run().zip(other.of_run()) {
            for (a, b) in mine.iter_mut().zip(theirs) {
                a.add_assign(b);
            }
        }
    }

    /// Divides every entry of the run.
    pub fn divide(&mut self, divisor: &S) {
        self.of_run().flatten().for_each(|entry| entry.div_assign(divisor));
    }
}

impl<S: Scalar> Trace<S> for Table<S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Result<S, EvaluationError> {
        self.get(&Recorded::Number(sequence.clone()), k)
            .cloned()
            .ok_or_else(|| EvaluationError::missing(sequence.name(), k))
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Result<S, EvaluationError> {
        self.get(&Recorded::Norm2(sequence.clone()), k)
            .cloned()
            .ok_or_else(|| EvaluationError::missing(sequence.name(), k))
    }
}
