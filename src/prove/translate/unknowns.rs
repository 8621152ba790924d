//! What a run's vectors and values of f are made of, and the points at which f is known by its gradient.

use crate::algebra::Field;
use crate::prove::problem::Combination;

/// A vector or a number that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Name.
    pub name: String,
    /// Whether the past determines it: what the last step draws is not yet known.
    pub is_past: bool,
}

/// A point, with what is known of f there.
#[derive(Clone, Debug)]
pub struct Point {
    /// Name.
    pub name: String,
    /// The point itself, which counts by its differences to others.
    pub at: Combination,
    /// ∇f there.
    pub gradient: Combination,
    /// f there, by its atom.
    pub value: usize,
}

/// All unknowns of a case.
#[derive(Clone, Debug)]
pub struct Unknowns {
    /// Vectors.
    pub vectors: Vec<Unknown>,
    /// Numbers.
    pub atoms: Vec<Unknown>,
    /// Points.
    pub points: Vec<Point>,
    field: Field,
}

impl Unknowns {
    /// None yet.
    pub fn new(field: &Field) -> Self {
        Unknowns { vectors: Vec::new(), atoms: Vec::new(), points: Vec::new(), field: field.clone() }
    }

    /// A new vector.
    pub fn vector(&mut self, name: impl Into<String>, is_past: bool) -> Combination {
        self.vectors.push(Unknown { name: name.into(), is_past });
        Combination::unknown(self.vectors.len() - 1, &self.field)
    }

    /// The position of an atom, a new one where there is none of that name.
    pub fn atom(&mut self, name: &str, is_past: bool) -> usize {
        match self.atoms.iter().position(|own| own.name == name) {
            Some(position) => position,
            None => {
                self.atoms.push(Unknown { name: name.to_owned(), is_past });
                self.atoms.len() - 1
            }
        }
    }

    /// Whether the past determines a vector.
    pub fn is_past(&self, vector: &Combination) -> bool {
        vector.iter().all(|(position, _)| self.vectors[position].is_past)
    }

    /// The number of the point at that vector; a new one, of the name, where none is.
    pub fn point(&mut self, at: &Combination, name: &dyn Fn() -> String) -> usize {
        if let Some(known) = self.points.iter().position(|point| point.at == *at) {
            return known;
        }
        let (name, is_past) = (name(), self.is_past(at));
        let gradient = self.vector(format!("grad {name}"), is_past);
        let value = self.atom(&format!("f {name}"), is_past);
        self.points.push(Point { name, at: at.clone(), gradient, value });
        self.points.len() - 1
    }
}
