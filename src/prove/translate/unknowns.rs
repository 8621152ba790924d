//! What a run's vectors and values of f are made of, and the points at which f is known by its gradient.

use crate::algebra::{Field, Fraction};
use crate::prove::problem::{Combination, Form};

/// A vector or a number that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Name.
    pub name: String,
    /// Whether the past determines it: what the last step draws is not yet known.
    pub is_past: bool,
    /// For vectors, whether it is what a worker's own is apart from the mean over the workers.
    pub is_deviation: bool,
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
    /// What the workers' gradients there are apart from ∇f, once it is spoken of.
    pub deviation: Option<Combination>,
}

/// What the language calls a minimiser of f.
const MINIMISER: &str = "x_star";

impl Point {
    /// Whether it is x_star.
    pub fn is_minimiser(&self) -> bool {
        self.name == MINIMISER
    }
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
    /// Vectors whose lengths are numbers, with these.
    pub norms: Vec<(Combination, Fraction)>,
    /// Whether something is spoken of that one worker alone has.
    pub has_single_workers: bool,
    field: Field,
}

impl Unknowns {
    /// None yet.
    pub fn new(field: &Field) -> Self {
        Unknowns {
            vectors: Vec::new(),
            atoms: Vec::new(),
            points: Vec::new(),
            norms: Vec::new(),
            has_single_workers: false,
            field: field.clone(),
        }
    }

    /// A new vector.
    pub fn vector(&mut self, name: impl Into<String>, is_past: bool) -> Combination {
        self.add(name.into(), is_past, false)
    }

    fn add(&mut self, name: String, is_past: bool, is_deviation: bool) -> Combination {
        self.vectors.push(Unknown { name, is_past, is_deviation });
        Combination::unknown(self.vectors.len() - 1, &self.field)
    }

    /// The vector of that name, which the past decides and of which nothing is known.
    pub fn known_vector(&mut self, name: &str) -> Combination {
        match self.vectors.iter().position(|own| own.name == name) {
            Some(position) => Combination::unknown(position, &self.field),
            None => self.vector(name, true),
        }
    }

    /// What one worker alone has, of which nothing is known.
    pub fn of_one_worker(&mut self, name: &str) -> Combination {
        self.has_single_workers = true;
        self.known_vector(name)
    }

    /// A new vector of the kind of another one, with a mark on its name.
    pub fn like(&mut self, other: &Unknown, mark: &str) -> Combination {
        self.add(format!("{}{mark}", other.name), other.is_past, other.is_deviation)
    }

    /// The field of their coefficients.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// A new vector of each worker: its mean over the workers, and what it is apart from that.
    pub fn of_worker(&mut self, name: &str, is_past: bool) -> Combination {
        let mut vector = self.vector(format!("mean {name}"), is_past);
        let deviation = self.add(format!("{name} apart"), is_past, true);
        vector.add_scaled(&deviation, &self.field.one());
        vector
    }

    /// The two parts of a vector of each worker: its mean, and what it is apart from that.
    pub fn parts(&self, vector: &Combination) -> [Combination; 2] {
        let part = |is_deviation: bool| {
            let mut part = Combination::zero();
            for (position, coefficient) in vector.iter() {
                if self.vectors[position].is_deviation == is_deviation {
                    part.add_scaled(&Combination::unknown(position, &self.field), coefficient);
                }
            }
            part
        };
        [part(false), part(true)]
    }

    /// ⟨u, w⟩, for vectors of the workers its mean over them: deviations have mean 0.
    pub fn product(&self, u: &Combination, w: &Combination) -> Form {
        let ([u, u_apart], [w, w_apart]) = (self.parts(u), self.parts(w));
        let mut form = Form::product(&u, &w, &self.field);
        form.add_scaled(&Form::product(&u_apart, &w_apart, &self.field), &self.field.one());
        form
    }

    /// ‖u‖², for vectors of the workers its mean over them.
    pub fn square(&self, u: &Combination) -> Form {
        self.product(u, u)
    }

    /// The gradient of each worker's function at a point.
    pub fn worker_gradient(&mut self, point: usize) -> Combination {
        let deviation = match &self.points[point].deviation {
            Some(known) => known.clone(),
            None => {
                let Point { name, at, .. } = &self.points[point];
                let (name, is_past) = (format!("worker_grad {name} apart"), self.is_past(at));
                let new = self.add(name, is_past, true);
                self.points[point].deviation = Some(new.clone());
                new
            }
        };
        let mut gradient = self.points[point].gradient.clone();
        gradient.add_scaled(&deviation, &self.field.one());
        gradient
    }

    /// The position of an atom, a new one where there is none of that name.
    pub fn atom(&mut self, name: &str, is_past: bool) -> usize {
        match self.atoms.iter().position(|own| own.name == name) {
            Some(position) => position,
            None => {
                self.atoms.push(Unknown { name: name.to_owned(), is_past, is_deviation: false });
                self.atoms.len() - 1
            }
        }
    }

    /// The point x_star, a minimiser of f.
    pub fn minimiser(&mut self) -> Combination {
        if let Some(known) = self.points.iter().find(|point| point.is_minimiser()) {
            return known.at.clone();
        }
        let at = self.vector(MINIMISER, true);
        let (gradient, value) = (Combination::zero(), self.atom(&format!("f {MINIMISER}"), true));
        self.points.push(Point { name: MINIMISER.to_owned(), at: at.clone(), gradient, value, deviation: None });
        at
    }

    /// Whether the past determines a vector.
    pub fn is_past(&self, vector: &Combination) -> bool {
        vector.iter().all(|(position, _)| self.vectors[position].is_past)
    }

    /// Whether a vector has mean 0 over the workers.
    pub fn is_deviation(&self, vector: &Combination) -> bool {
        vector.iter().all(|(position, _)| self.vectors[position].is_deviation)
    }

    /// The number of the point at that vector; a new one, of the name, where none is.
    pub fn point(&mut self, at: &Combination, name: &dyn Fn() -> String) -> usize {
        if let Some(known) = self.points.iter().position(|point| point.at == *at) {
            return known;
        }
        let (mut name, is_past) = (name(), self.is_past(at));
        // Each point has a value of f of its own.
        while self.points.iter().any(|point| point.name == name) {
            name.push('_');
        }
        let gradient = self.vector(format!("grad {name}"), is_past);
        let value = self.atom(&format!("f {name}"), is_past);
        self.points.push(Point { name, at: at.clone(), gradient, value, deviation: None });
        self.points.len() - 1
    }
}
