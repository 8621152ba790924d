//! What is to be proved, as linear algebra: of every Gram matrix and all values of f that the facts allow, a
//! form is not negative. Coefficients are rational functions of the statement's numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::algebra::{Field, Fraction, Polynomial};

/// Σ (coefficient · unknown), where an unknown is a vector or an atom, by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Combination(BTreeMap<usize, Fraction>);

impl Combination {
    /// Nothing.
    #[must_use]
    pub fn zero() -> Self {
        Combination::default()
    }

    /// One unknown.
    #[must_use]
    pub fn unknown(position: usize, field: &Field) -> Self {
        Combination(BTreeMap::from([(position, field.one())]))
    }

    /// Adds a multiple of another one.
    pub fn add_scaled(&mut self, other: &Combination, factor: &Fraction) {
        for (position, coefficient) in &other.0 {
            add_to(&mut self.0, *position, coefficient * factor);
        }
    }

    /// The multiple.
    #[must_use]
    pub fn scaled(&self, factor: &Fraction) -> Self {
        let mut scaled = Combination::zero();
        scaled.add_scaled(self, factor);
        scaled
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Combination) -> Self {
        let mut difference = self.clone();
        for (position, coefficient) in &other.0 {
            add_to(&mut difference.0, *position, -coefficient);
        }
        difference
    }

    /// The same in other unknowns, in which each old one is written.
    #[must_use]
    pub fn in_vectors(&self, old: &[Combination]) -> Self {
        let mut sum = Combination::zero();
        for (position, coefficient) in &self.0 {
            sum.add_scaled(&old[*position], coefficient);
        }
        sum
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Its unknowns with their coefficients, none of which is 0.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Fraction)> {
        self.0.iter().map(|(position, coefficient)| (*position, coefficient))
    }

    /// The coefficient of an unknown that is in it.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&Fraction> {
        self.0.get(&position)
    }
}

/// Adds to an entry, which goes where it becomes 0.
fn add_to<K: Ord + Copy>(entries: &mut BTreeMap<K, Fraction>, key: K, summand: Fraction) {
    let sum = match entries.remove(&key) {
        Some(own) => own + summand,
        None => summand,
    };
    if !sum.is_zero() {
        entries.insert(key, sum);
    }
}

/// A number that is affine in atoms and quadratic in vectors: constant + Σ c_a·a + Σ c_uw·⟨u, w⟩.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The part without unknowns.
    pub constant: Fraction,
    /// Coefficients of atoms.
    pub atoms: Combination,
    /// Coefficients of ⟨u, w⟩ for positions u ≤ w; none is 0.
    products: BTreeMap<(usize, usize), Fraction>,
}

impl Form {
    /// A number without unknowns.
    #[must_use]
    pub fn constant(value: Fraction) -> Self {
        Form { constant: value, atoms: Combination::zero(), products: BTreeMap::new() }
    }

    /// An atom.
    #[must_use]
    pub fn atom(position: usize, field: &Field) -> Self {
        Form { atoms: Combination::unknown(position, field), ..Form::constant(field.zero()) }
    }

    /// ⟨u, w⟩.
    #[must_use]
    pub fn product(u: &Combination, w: &Combination, field: &Field) -> Self {
        let mut form = Form::constant(field.zero());
        for (i, a) in u.iter() {
            for (j, b) in w.iter() {
                add_to(&mut form.products, (i.min(j), i.max(j)), a * b);
            }
        }
        form
    }

    /// ‖u‖².
    #[must_use]
    pub fn square(u: &Combination, field: &Field) -> Self {
        Form::product(u, u, field)
    }

    /// Adds a multiple of another one.
    pub fn add_scaled(&mut self, other: &Form, factor: &Fraction) {
        self.constant += &other.constant * factor;
        self.atoms.add_scaled(&other.atoms, factor);
        for (pair, coefficient) in &other.products {
            add_to(&mut self.products, *pair, coefficient * factor);
        }
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Form) -> Self {
        let mut difference = self.clone();
        difference.add_scaled(other, &-self.constant.field().one());
        difference
    }

    /// The multiple.
    #[must_use]
    pub fn scaled(&self, factor: &Fraction) -> Self {
        let mut scaled = Form::constant(factor.field().zero());
        scaled.add_scaled(self, factor);
        scaled
    }

    /// The number itself, where nothing else is in it.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Fraction> {
        (self.atoms.is_zero() && self.products.is_empty()).then_some(&self.constant)
    }

    /// Whether it is 0 whatever the unknowns are.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.as_constant().is_some_and(Fraction::is_zero)
    }

    /// Pairs of vectors, the smaller position first, with the coefficients of their inner products.
    pub fn products(&self) -> impl Iterator<Item = ((usize, usize), &Fraction)> {
        self.products.iter().map(|(pair, coefficient)| (*pair, coefficient))
    }

    /// All coefficients.
    pub fn coefficients(&self) -> impl Iterator<Item = &Fraction> {
        let unknowns = self.atoms.iter().map(|(_, coefficient)| coefficient);
        std::iter::once(&self.constant).chain(unknowns).chain(self.products.values())
    }

    /// The same number in other vectors, in which each old one is written.
    #[must_use]
    pub fn in_vectors(&self, old: &[Combination], field: &Field) -> Self {
        let mut form = Form { products: BTreeMap::new(), ..self.clone() };
        for ((u, w), coefficient) in &self.products {
            form.add_scaled(&Form::product(&old[*u], &old[*w], field), coefficient);
        }
        form
    }

    /// The same number with other atoms in place of each.
    #[must_use]
    pub fn with_atoms(&self, new: impl Fn(usize) -> usize) -> Self {
        let mut atoms = Combination::zero();
        for (atom, coefficient) in self.atoms.iter() {
            add_to(&mut atoms.0, new(atom), coefficient.clone());
        }
        Form { atoms, ..self.clone() }
    }

    /// The same with atoms in place of inner products: as many as there are pairs, after those atoms.
    #[must_use]
    pub fn linearised(&self, pairs: &[(usize, usize)], atoms: usize) -> Self {
        let mut form = Form { products: BTreeMap::new(), ..self.clone() };
        for (pair, coefficient) in &self.products {
            if let Some(position) = pairs.iter().position(|own| own == pair) {
                add_to(&mut form.atoms.0, atoms + position, coefficient.clone());
            }
        }
        form
    }

    /// The same with each coefficient changed; none where one has no value.
    pub fn map(&self, change: impl Fn(&Fraction) -> Option<Fraction>) -> Option<Self> {
        let mut form = Form::constant(change(&self.constant)?);
        for (position, coefficient) in self.atoms.iter() {
            add_to(&mut form.atoms.0, position, change(coefficient)?);
        }
        for (pair, coefficient) in &self.products {
            add_to(&mut form.products, *pair, change(coefficient)?);
        }
        Some(form)
    }
}

/// A polynomial of the numbers that is not negative, or is positive, wherever the claim is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The polynomial.
    pub polynomial: Polynomial,
    /// Whether it is positive.
    pub strict: bool,
    /// Where it comes from.
    pub reason: String,
}

/// How a form compares with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// At least 0.
    NotNegative,
    /// 0.
    Zero,
}

/// Which choice of inequalities of a function a fact belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// The inequalities of textbooks, each of one or two points.
    Textbook,
    /// Conditions that are also sufficient for a function to exist.
    Interpolation,
    /// What serves with either: hypotheses, noise, lower bounds.
    Both,
    /// The same, proved before in order to be used.
    Step,
}

/// What every run is known to obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// A name of its own.
    pub name: String,
    /// Why it is one.
    pub reason: String,
    /// The form.
    pub form: Form,
    /// How it compares with 0.
    pub sign: Sign,
    /// Which choice it belongs to.
    pub library: Library,
}

/// One case of a claim.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The case: claim, index, start, and what was distinguished.
    pub name: String,
    /// The numbers.
    pub field: Field,
    /// What they are called, by variable.
    pub numbers: Vec<String>,
    /// What is known of them.
    pub conditions: Vec<Condition>,
    /// Names of the vectors.
    pub vectors: Vec<String>,
    /// Names of the atoms.
    pub atoms: Vec<String>,
    /// rhs − lhs.
    pub claim: Form,
    /// How it is to compare with 0.
    pub sign: Sign,
    /// What may be used.
    pub facts: Vec<Fact>,
}

impl Problem {
    /// The same with atoms in place of inner products, of which nothing is known but the facts: whatever shows this shows
    /// the problem without any square.
    #[must_use]
    pub fn linearised(&self) -> Self {
        let forms = || std::iter::once(&self.claim).chain(self.facts.iter().map(|fact| &fact.form));
        let pairs: BTreeSet<(usize, usize)> = forms().flat_map(|form| form.products().map(|(pair, _)| pair)).collect();
        let pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
        let write = |form: &Form| form.linearised(&pairs, self.atoms.len());
        let facts = self.facts.iter().map(|fact| Fact { form: write(&fact.form), ..fact.clone() });
        let named = pairs.iter().map(|(u, w)| format!("<{}, {}>", self.vectors[*u], self.vectors[*w]));
        Problem {
            vectors: Vec::new(),
            atoms: self.atoms.iter().cloned().chain(named).collect(),
            claim: write(&self.claim),
            facts: facts.collect(),
            ..self.clone()
        }
    }
}
