//! The numbers that a run leaves behind, one row a quantity: what whole-run claims are made of.

use crate::number::Scalar;
use crate::statement::Claim;
use crate::statement::evaluate::{EvaluationError, LIMIT, Trace};
use crate::statement::term::{Node, ScalarSequence, Term, Vector, VectorSequence};

/// A recorded quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// f(x_k).
    Value,
    /// ‖sequence_k‖².
    Norm2(VectorSequence),
}

impl Quantity {
    const COUNT: usize = 1 + VectorSequence::ALL.len();

    fn row(self) -> usize {
        match self {
            Quantity::Value => 0,
            Quantity::Norm2(sequence) => {
                1 + VectorSequence::ALL.iter().position(|s| *s == sequence).unwrap_or_default()
            }
        }
    }

    /// The quantities that the claims mention.
    #[must_use]
    pub fn mentioned(claims: &[Claim]) -> Vec<Quantity> {
        let mut found = Vec::new();
        for claim in claims {
            for side in [&claim.lhs, &claim.rhs] {
                side.walk(&mut |node| {
                    let quantity = match node {
                        Node::Term(Term::Element(ScalarSequence::Value, _)) => Quantity::Value,
                        Node::Vector(Vector::Element(sequence, _)) => Quantity::Norm2(*sequence),
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

/// Rows of numbers for k = −1, …, K. A row that was not asked for stays empty.
#[derive(Clone, Debug)]
pub struct Table<S> {
    rows: Vec<Vec<S>>,
    /// Limits as k grows, for the rows that have one.
    limits: Vec<Option<S>>,
    steps: Vec<S>,
}

impl<S: Scalar> Table<S> {
    /// Room for `horizon` steps of the given quantities; the numbers are undefined until set.
    #[must_use]
    pub fn new(quantities: &[Quantity], horizon: usize, steps: &[f64], context: S::Context) -> Self {
        let undefined = S::from_f64(f64::NAN, context);
        let mut rows = vec![Vec::new(); Quantity::COUNT];
        for quantity in quantities {
            rows[quantity.row()] = vec![undefined.clone(); horizon + 2];
        }
        Table {
            rows,
            limits: vec![None; Quantity::COUNT],
            steps: steps.iter().map(|s| S::from_f64(*s, context)).collect(),
        }
    }

    /// Whether the quantity is recorded.
    #[inline]
    #[must_use]
    pub fn records(&self, quantity: Quantity) -> bool {
        !self.rows[quantity.row()].is_empty()
    }

    /// Sets an entry of a recorded quantity; others are ignored.
    #[inline]
    pub fn set(&mut self, quantity: Quantity, k: i64, value: &S) {
        if let Some(entry) = self.rows[quantity.row()].get_mut((k + 1) as usize) {
            entry.set(value);
        }
    }

    /// Sets the limit of a quantity as k grows.
    pub fn set_limit(&mut self, quantity: Quantity, value: S) {
        self.limits[quantity.row()] = Some(value);
    }

    /// An entry, where it is recorded.
    #[must_use]
    pub fn get(&self, quantity: Quantity, k: i64) -> Option<&S> {
        if k == LIMIT {
            return self.limits[quantity.row()].as_ref();
        }
        self.rows[quantity.row()].get(usize::try_from(k + 1).ok()?)
    }

    /// Sets every recorded entry.
    pub fn fill(&mut self, value: &S) {
        for entry in self.rows.iter_mut().flatten() {
            entry.set(value);
        }
    }

    /// Adds another table, entry by entry.
    pub fn add(&mut self, other: &Table<S>) {
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            for (a, b) in mine.iter_mut().zip(theirs) {
                a.add_assign(b);
            }
        }
    }

    /// Divides every entry.
    pub fn divide(&mut self, divisor: &S) {
        for entry in self.rows.iter_mut().flatten() {
            entry.div_assign(divisor);
        }
    }
}

impl<S: Scalar> Trace<S> for Table<S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Result<S, EvaluationError> {
        match sequence {
            ScalarSequence::Value => {
                self.get(Quantity::Value, k).cloned().ok_or(EvaluationError::MissingQuantity { name: "f", index: k })
            }
            // γ_{−1} reads as γ_0.
            ScalarSequence::Step | ScalarSequence::Spectrum => usize::try_from(if k == -1 { 0 } else { k })
                .ok()
                .and_then(|k| self.steps.get(k))
                .cloned()
                .ok_or(EvaluationError::MissingQuantity { name: "step", index: k }),
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Result<S, EvaluationError> {
        self.get(Quantity::Norm2(sequence), k)
            .cloned()
            .ok_or(EvaluationError::MissingQuantity { name: sequence.name(), index: k })
    }
}
