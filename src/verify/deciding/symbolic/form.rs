//! Polynomials with rational coefficients in numbers that are not looked into.

use std::collections::BTreeMap;

use rug::Rational;

use crate::number::Exact;
use crate::number::Function;

/// A vector that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    /// A worker's gradient at a point, or with no worker their mean.
    Gradient(Option<i64>, i64),
    /// g_k.
    Estimate(i64),
    /// A register of the method, x for one, at that index.
    State(usize, i64),
    /// A vector brought to that length, which it certainly exceeds.
    Clipped(Rational, Box<SymbolicVector>),
}

/// A rational vector plus a rational combination of atoms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SymbolicVector {
    part: Vec<Rational>,
    atoms: BTreeMap<Atom, Rational>,
}

impl SymbolicVector {
    pub fn zero(dimension: usize) -> Self {
        SymbolicVector { part: vec![Rational::new(); dimension], atoms: BTreeMap::new() }
    }

    pub fn exact(x: &[f64]) -> Option<Self> {
        let part = x.iter().map(|x| Rational::from_f64(*x)).collect::<Option<Vec<_>>>()?;
        Some(SymbolicVector { part, atoms: BTreeMap::new() })
    }

    /// A vector of rationals; none where one is not.
    pub fn of(x: &[Exact]) -> Option<Self> {
        let part = x.iter().map(|x| x.0.clone()).collect::<Option<Vec<_>>>()?;
        Some(SymbolicVector { part, atoms: BTreeMap::new() })
    }

    pub fn atom(dimension: usize, atom: Atom) -> Self {
        SymbolicVector { atoms: BTreeMap::from([(atom, Rational::from(1))]), ..SymbolicVector::zero(dimension) }
    }

    pub fn add_scaled(&mut self, other: &SymbolicVector, factor: &Rational) {
        for (a, b) in self.part.iter_mut().zip(&other.part) {
            *a += Rational::from(b * factor);
        }
        for (atom, coefficient) in &other.atoms {
            *self.atoms.entry(atom.clone()).or_default() += Rational::from(coefficient * factor);
        }
        self.atoms.retain(|_, coefficient| *coefficient != 0);
    }

    pub fn scaled(&self, factor: &Rational) -> Self {
        let mut result = SymbolicVector::zero(self.part.len());
        result.add_scaled(self, factor);
        result
    }

    /// The leading coefficient, and the vector over it: multiples of one vector share it.
    fn normalised(&self) -> Option<(Rational, SymbolicVector)> {
        let leading = self.atoms.values().next().or_else(|| self.part.iter().find(|x| **x != 0))?.clone();
        let inverse = Rational::from(leading.recip_ref());
        Some((leading, self.scaled(&inverse)))
    }

    /// ‖·‖².
    pub fn square(&self) -> Form {
        if self.atoms.is_empty() {
            return Form::constant(self.part.iter().map(|x| x.clone().square()).sum());
        }
        if let Some(square) = self.along_clipped().and_then(|length| length.times(&length)) {
            return square;
        }
        match self.normalised() {
            None => Form::default(),
            Some((leading, vector)) => Form::unknown(Unknown::Square(vector)).scaled(&leading.square()),
        }
    }

    /// c, up to its sign, where the vector is c·u/‖u‖ with a clipped vector u in it: the clipped one is
    /// τ·u/‖u‖, and all else must be a multiple of u.
    fn along_clipped(&self) -> Option<Form> {
        let clipped = self.atoms.iter().find_map(|(atom, factor)| match atom {
            Atom::Clipped(length, u) => Some((atom, length, u, factor)),
            _ => None,
        });
        let (atom, length, u, factor) = clipped?;
        let mut rest = self.clone();
        rest.atoms.remove(atom);
        let mut total = Form::constant(Rational::from(length * factor));
        if let Some((leading, direction)) = rest.normalised() {
            let (scale, same) = u.normalised()?;
            if direction != same {
                return None;
            }
            // rest = (leading/scale)·u.
            total.add_scaled(&u.norm(), &(leading / scale));
        }
        Some(total)
    }

    /// ‖·‖ of such a vector, where the sign of c is certain, as ‖u‖ exceeds the length that u is clipped to.
    fn norm_along_clipped(&self) -> Option<Form> {
        let along = self.along_clipped()?;
        if let Some(constant) = along.as_constant() {
            return Some(Form::constant(constant.abs()));
        }
        let (length, norm) = self.atoms.keys().find_map(|atom| match atom {
            Atom::Clipped(length, u) => Some((length, u.norm())),
            _ => None,
        })?;
        let constant = along.terms.get(&Vec::new()).cloned().unwrap_or_default();
        let (product, coefficient) = norm.terms.iter().next().filter(|_| norm.terms.len() == 1)?;
        let slope = Rational::from(along.terms.get(product)? / coefficient);
        // c = slope·‖u‖ + constant, and at ‖u‖ = length it has the sign that it keeps beyond.
        let at_least = Rational::from(&slope * length) + &constant;
        let sign = match (slope > 0, at_least >= 0, at_least <= 0) {
            (true, true, _) => 1,
            (false, _, true) => -1,
            _ => return None,
        };
        Some(along.scaled(&Rational::from(sign)))
    }

    /// ‖·‖.
    pub fn norm(&self) -> Form {
        if let Some(norm) = self.norm_along_clipped() {
            return norm;
        }
        match self.normalised() {
            None => Form::default(),
            Some((leading, vector)) => Form::unknown(Unknown::Norm(vector)).scaled(&leading.abs()),
        }
    }

    /// ⟨·, ·⟩ in coordinates and inner products of atoms.
    pub fn dot(&self, other: &SymbolicVector) -> Form {
        let mut sum = Form::constant(self.part.iter().zip(&other.part).map(|(a, b)| Rational::from(a * b)).sum());
        for (vector, rest) in [(self, other), (other, self)] {
            for (atom, coefficient) in &vector.atoms {
                for (j, x) in rest.part.iter().enumerate().filter(|(_, x)| **x != 0) {
                    let coordinate = Form::unknown(Unknown::Coordinate(atom.clone(), j));
                    sum.add_scaled(&coordinate, &Rational::from(coefficient * x));
                }
            }
        }
        for (a, x) in &self.atoms {
            for (b, y) in &other.atoms {
                let (first, second) = if a <= b { (a, b) } else { (b, a) };
                let inner = Form::unknown(Unknown::Inner(first.clone(), second.clone()));
                sum.add_scaled(&inner, &Rational::from(x * y));
            }
        }
        sum
    }
}

/// A number that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// f at a point.
    Value(i64),
    /// A derived constant without a rational value.
    Constant(usize),
    /// ‖·‖², never negative.
    Square(SymbolicVector),
    /// ‖·‖, never negative.
    Norm(SymbolicVector),
    /// A coordinate of an atom.
    Coordinate(Atom, usize),
    /// The inner product of two atoms, in their order.
    Inner(Atom, Atom),
    /// A function's value.
    Applied(Function, Box<Form>),
}

/// Most monomials of a polynomial.
const MOST_MONOMIALS: usize = 4096;

/// A polynomial: coefficients of products of unknowns, each product in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    terms: BTreeMap<Vec<Unknown>, Rational>,
}

impl Form {
    pub fn constant(value: Rational) -> Self {
        let mut form = Form::default();
        form.add(Vec::new(), &value);
        form
    }

    pub fn unknown(unknown: Unknown) -> Self {
        Form { terms: BTreeMap::from([(vec![unknown], Rational::from(1))]) }
    }

    fn add(&mut self, product: Vec<Unknown>, coefficient: &Rational) {
        if *coefficient == 0 {
            return;
        }
        let entry = self.terms.entry(product.clone()).or_default();
        *entry += coefficient;
        if *entry == 0 {
            self.terms.remove(&product);
        }
    }

    pub fn add_scaled(&mut self, other: &Form, factor: &Rational) {
        for (product, coefficient) in &other.terms {
            self.add(product.clone(), &Rational::from(coefficient * factor));
        }
    }

    pub fn scaled(&self, factor: &Rational) -> Form {
        let mut form = Form::default();
        form.add_scaled(self, factor);
        form
    }

    /// The product, where it is not too long.
    pub fn times(&self, other: &Form) -> Option<Form> {
        let mut form = Form::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                let mut product = [a.as_slice(), b.as_slice()].concat();
                product.sort();
                square_norms(&mut product);
                form.add(product, &Rational::from(x * y));
                if form.terms.len() > MOST_MONOMIALS {
                    return None;
                }
            }
        }
        Some(form)
    }

    /// The value, where there is nothing unknown in it.
    pub fn as_constant(&self) -> Option<Rational> {
        match self.terms.len() {
            0 => Some(Rational::new()),
            1 => self.terms.get(&Vec::new()).cloned(),
            _ => None,
        }
    }

    /// Whether it is a sum of squares and norms with positive coefficients.
    pub fn is_nonnegative(&self) -> bool {
        let of_one_sign = |unknown: &Unknown| matches!(unknown, Unknown::Square(_) | Unknown::Norm(_));
        self.terms.iter().all(|(product, coefficient)| *coefficient > 0 && product.iter().all(of_one_sign))
    }

    /// The same with squared norms written as inner products of atoms.
    pub fn expanded(&self) -> Option<Form> {
        let mut total = Form::default();
        for (product, coefficient) in &self.terms {
            let mut expanded = Form::constant(coefficient.clone());
            for unknown in product {
                let factor = match unknown {
                    Unknown::Square(vector) => vector.dot(vector),
                    other => Form::unknown(other.clone()),
                };
                expanded = expanded.times(&factor)?;
            }
            total.add_scaled(&expanded, &Rational::from(1));
            if total.terms.len() > MOST_MONOMIALS {
                return None;
            }
        }
        Some(total)
    }
}

/// ‖u‖·‖u‖ is ‖u‖². The product is in order, so equal factors are neighbours.
fn square_norms(product: &mut Vec<Unknown>) {
    let pair = |product: &[Unknown]| {
        product.windows(2).position(|pair| pair[0] == pair[1] && matches!(pair[0], Unknown::Norm(_)))
    };
    while let Some(at) = pair(product) {
        product.remove(at + 1);
        if let Unknown::Norm(vector) = product[at].clone() {
            product[at] = Unknown::Square(vector);
        }
        product.sort();
    }
}
