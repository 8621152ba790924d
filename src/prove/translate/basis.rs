//! The vectors that matter. Forms speak of some vectors alone: a basis is chosen among these, so that what they
//! were made of is forgotten where nothing else depends on it. That only allows more runs than there are.

use super::unknowns::{Unknown, Unknowns};
use crate::algebra::{Field, Fraction};
use crate::prove::problem::{Combination, Form};

/// A basis of the span of some vectors.
pub struct Basis {
    /// Its vectors, with their names.
    pub vectors: Vec<Unknown>,
    /// The same as they were given.
    pub chosen: Vec<Combination>,
    /// Each unknown vector in the basis, as far as the span tells them apart.
    unknowns: Vec<Combination>,
    field: Field,
}

impl Basis {
    /// Takes of the named vectors, in their order, those that the earlier ones do not give.
    pub fn of(named: &[(String, Combination)], unknowns: &Unknowns, field: &Field) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        let (mut vectors, mut chosen) = (Vec::new(), Vec::new());
        for (name, vector) in named {
            let own = Combination::unknown(vectors.len(), field);
            let mut rest = Row { pivot: 0, of_unknowns: vector.clone(), of_basis: own };
            rows.iter().for_each(|row| rest.eliminate(row));
            let Some(row) = rest.solved() else { continue };
            rows.iter_mut().for_each(|earlier| earlier.eliminate(&row));
            rows.push(row);
            chosen.push(vector.clone());
            let is_deviation = unknowns.is_deviation(vector);
            let mut name = name.clone();
            while vectors.iter().any(|known: &Unknown| known.name == name) {
                name.push('_');
            }
            vectors.push(Unknown { name, is_past: unknowns.is_past(vector), is_deviation });
        }
        // Each row is 1 at its pivot and 0 at the others': with all else 0, the pivot is the row in the basis.
        let mut in_basis = vec![Combination::zero(); unknowns.vectors.len()];
        for row in rows {
            in_basis[row.pivot] = row.of_basis;
        }
        Basis { vectors, chosen, unknowns: in_basis, field: field.clone() }
    }

    /// A form in the basis; none where it speaks of vectors outside of the span, which would be lost.
    pub fn write(&self, form: &Form) -> Option<Form> {
        let written = form.in_vectors(&self.unknowns, &self.field);
        (written.in_vectors(&self.chosen, &self.field) == *form).then_some(written)
    }
}

/// A vector of the span, as unknowns and as a combination of the basis.
struct Row {
    /// The unknown that it is solved for, where its coefficient is 1.
    pivot: usize,
    of_unknowns: Combination,
    of_basis: Combination,
}

impl Row {
    /// Takes away a multiple of another row, so that the other's pivot is no longer in it.
    fn eliminate(&mut self, other: &Row) {
        let Some(factor) = self.of_unknowns.get(other.pivot).map(|coefficient| -coefficient) else { return };
        self.of_unknowns.add_scaled(&other.of_unknowns, &factor);
        self.of_basis.add_scaled(&other.of_basis, &factor);
    }

    /// Solved for the unknown with the simplest coefficient; none where nothing is left.
    fn solved(self) -> Option<Row> {
        let size = |coefficient: &Fraction| {
            (coefficient.as_constant().is_none(), coefficient.numerator().len() + coefficient.denominator().len())
        };
        let unknowns = self.of_unknowns.iter();
        let (pivot, coefficient) = unknowns.min_by_key(|(position, coefficient)| (size(coefficient), *position))?;
        let inverse = coefficient.field().one().divided_by(coefficient)?;
        let (of_unknowns, of_basis) = (self.of_unknowns.scaled(&inverse), self.of_basis.scaled(&inverse));
        Some(Row { pivot, of_unknowns, of_basis })
    }
}
