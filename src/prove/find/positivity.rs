//! Signs of polynomials wherever the conditions hold: a polynomial is written as a sum of products of conditions with
//! positive coefficients. A linear program guesses which products, exact arithmetic finds the coefficients.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rug::{Integer, Rational};

use crate::algebra::linear::{nullspace, solve};
use crate::algebra::{Field, Fraction, Monomial, Polynomial};
use crate::convex::linear::nonnegative_combination;
use crate::prove::problem::Condition;

/// Time that a linear program has in any case.
const SHORTEST: Duration = Duration::from_millis(200);
/// Most products of a linear program.
const MOST_PRODUCTS: usize = 3000;
/// Most products where a polynomial is multiplied first.
const MOST_PRODUCTS_OF_MULTIPLE: usize = 1500;
/// Most products before long linear programs are tried.
const MOST_PRODUCTS_IN_HASTE: usize = 300;
/// How many times more products are made than a linear program takes: most have other units.
const MOST_OF_OTHER_WEIGHT: usize = 12;
/// Most conditions that are taken off one after the other.
const MOST_PEELED: usize = 5;
/// Of the weights of a solution of the linear program, the least that counts.
const LEAST_WEIGHT: f64 = 1e-9;

/// coefficient · Π conditions · Π squares.
#[derive(Clone, Debug, PartialEq)]
pub struct Summand {
    /// Positive.
    pub coefficient: Rational,
    /// Conditions by position.
    pub conditions: Vec<usize>,
    /// What is squared.
    pub squares: Vec<Polynomial>,
}

/// Why a polynomial is not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The polynomial.
    pub polynomial: Polynomial,
    /// Conditions, all positive, by which it is multiplied.
    pub times: Vec<usize>,
    /// The sum that the product is.
    pub sum: Vec<Summand>,
    /// Whether it is positive.
    pub strict: bool,
}

/// A product of conditions and of squares.
#[derive(Clone)]
struct Candidate {
    value: Polynomial,
    conditions: Vec<usize>,
    squares: Vec<Polynomial>,
    strict: bool,
    weight: Vec<i64>,
}

/// What products of conditions show.
pub struct Cone {
    conditions: Vec<Condition>,
    /// Polynomials whose squares may be in products.
    roots: Vec<Polynomial>,
    /// A point at which all conditions hold strictly.
    inside: Vec<Rational>,
    /// Points at which all conditions hold.
    samples: Vec<Vec<Rational>>,
    /// Weights of the variables by which every condition is homogeneous.
    weights: Vec<Vec<i64>>,
    field: Field,
    /// When to stop.
    until: Instant,
    /// Whether long linear programs are worth their time.
    is_thorough: bool,
    cache: HashMap<(String, bool), Option<Shown>>,
    /// All that was shown and asked for, in order.
    shown: Vec<Shown>,
}

impl Cone {
    /// Of these conditions, with a point strictly inside and others.
    pub fn new(
        conditions: &[Condition],
        inside: &[Rational],
        samples: Vec<Vec<Rational>>,
        field: &Field,
        until: Instant,
    ) -> Self {
        for condition in conditions {
            field.learn(&condition.polynomial);
        }
        Cone {
            conditions: conditions.to_vec(),
            roots: Vec::new(),
            inside: inside.to_vec(),
            samples,
            weights: weights(conditions, field.names().len()),
            field: field.clone(),
            until,
            is_thorough: false,
            cache: HashMap::new(),
            shown: Vec::new(),
        }
    }

    /// Allows long linear programs, until then.
    pub fn set_thorough(&mut self, until: Instant) {
        self.cache.retain(|_, shown| shown.is_some());
        self.is_thorough = true;
        self.until = until;
    }

    /// Allows squares of these, and of no others, in products.
    pub fn allow_squares(&mut self, roots: &[Polynomial]) {
        if self.roots != roots {
            self.roots = roots.to_vec();
            self.cache.retain(|_, shown| shown.is_some());
        }
    }

    /// What was shown so far; signs refer to it by position.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Shows that a rational function is not negative: a positive constant times powers of what was shown.
    pub fn sign(&mut self, value: &Fraction) -> Result<Vec<(usize, i32)>, Polynomial> {
        let mut powers = Vec::new();
        let mut negative = false;
        for (polynomial, side) in [(value.numerator().clone(), 1), (value.denominator(), -1)] {
            let factors = self.field.factors(&polynomial);
            negative ^= factors.constant < 0;
            let elements = factors.powers.pairs().iter().map(|(element, power)| (self.field.element(*element), *power));
            let rest = match factors.rest.square_root() {
                Some(root) => (root, 2),
                None => (factors.rest, 1),
            };
            let parts: Vec<(Polynomial, u32)> = elements.chain([rest]).collect();
            for (part, power) in parts {
                if part.as_constant().is_some() {
                    continue;
                }
                let is_negative = part.at(&self.inside) < 0;
                let part = if is_negative { -part } else { part };
                negative ^= is_negative && power % 2 == 1;
                let (position, power) = match self.position(&part, side < 0) {
                    Some(position) => (position, power),
                    // A square needs no sign.
                    None if side > 0 && power % 2 == 0 => (self.square(&part), power / 2),
                    None => return Err(part),
                };
                powers.push((position, side * power as i32));
            }
        }
        if negative { Err(value.numerator().clone()) } else { Ok(powers) }
    }

    /// Whether a denominator is shown to be nowhere 0.
    pub fn has_no_pole(&mut self, value: &Fraction) -> Result<(), Polynomial> {
        let factors = self.field.factors(&value.denominator());
        let elements = factors.powers.pairs().iter().map(|(element, _)| self.field.element(*element));
        for part in elements.chain([factors.rest]).collect::<Vec<_>>() {
            if part.as_constant().is_some() {
                continue;
            }
            let part = if part.at(&self.inside) < 0 { -part } else { part };
            self.position(&part, true).ok_or(part)?;
        }
        Ok(())
    }

    /// The position of what shows a polynomial.
    fn position(&mut self, polynomial: &Polynomial, strict: bool) -> Option<usize> {
        let known = |own: &Shown| own.polynomial == *polynomial && (own.strict || !strict);
        if let Some(position) = self.shown.iter().position(known) {
            return Some(position);
        }
        let shown = self.show(polynomial, strict)?;
        self.shown.push(shown);
        Some(self.shown.len() - 1)
    }

    /// The position of what shows a square, by its root.
    fn square(&mut self, root: &Polynomial) -> usize {
        let polynomial = root * root;
        if let Some(position) = self.shown.iter().position(|own| own.polynomial == polynomial) {
            return position;
        }
        let summand = Summand { coefficient: Rational::from(1), conditions: Vec::new(), squares: vec![root.clone()] };
        self.shown.push(Shown { polynomial, strict: false, times: Vec::new(), sum: vec![summand] });
        self.shown.len() - 1
    }

    /// Shows that a polynomial is not negative, or is positive.
    pub fn show(&mut self, polynomial: &Polynomial, strict: bool) -> Option<Shown> {
        let key = (format!("{polynomial:?}"), strict);
        if let Some(known) = self.cache.get(&key) {
            return known.clone();
        }
        let found = self.search(polynomial, strict);
        self.cache.insert(key, found.clone());
        found
    }

    fn search(&self, polynomial: &Polynomial, strict: bool) -> Option<Shown> {
        if self.samples.iter().chain([&self.inside]).any(|point| polynomial.at(point) < 0) {
            return None;
        }
        if let Some((sum, is_strict)) = self.peeled(polynomial, MOST_PEELED)
            && (is_strict || !strict)
        {
            return Some(Shown { polynomial: polynomial.clone(), times: Vec::new(), sum, strict: is_strict });
        }
        let as_it_is = self.by_products(polynomial, strict, (1, false));
        if let Some((sum, strict)) = as_it_is {
            return Some(Shown { polynomial: polynomial.clone(), times: Vec::new(), sum, strict });
        }
        let is_short = polynomial.total_degree() <= 3 && polynomial.len() <= 8;
        let (most_times, most_extra) = if is_short { (3, 1) } else { (1, 0) };
        // Bounds that conditions imply only together show once multiplied by positive numbers.
        let simple = |condition: &Condition| {
            condition.strict && condition.polynomial.total_degree() == 1 && condition.polynomial.len() <= 2
        };
        let positive: Vec<usize> = (0..self.conditions.len()).filter(|i| simple(&self.conditions[*i])).collect();
        for times in multisets(&positive, 2) {
            if Instant::now() > self.until {
                return None;
            }
            let multiple = times.iter().fold(polynomial.clone(), |p, i| &p * &self.conditions[*i].polynomial);
            if let Some((sum, is_strict)) = self.peeled(&multiple, MOST_PEELED)
                && (is_strict || !strict)
            {
                return Some(Shown { polynomial: polynomial.clone(), times, sum, strict: is_strict });
            }
        }
        if !self.is_thorough {
            return None;
        }
        for extra in 0..=most_extra {
            for times in multisets(&positive, most_times) {
                let multiple = times.iter().fold(polynomial.clone(), |p, i| &p * &self.conditions[*i].polynomial);
                if let Some((sum, strict)) = self.by_products(&multiple, strict, (extra, true)) {
                    return Some(Shown { polynomial: polynomial.clone(), times, sum, strict });
                }
            }
        }
        None
    }

    /// The polynomial as products of conditions, taken off one by one: a condition that is affine in a variable is
    /// multiplied so that what is left does not have the variable.
    fn peeled(&self, polynomial: &Polynomial, depth: usize) -> Option<(Vec<Summand>, bool)> {
        if let Some(product) = self.as_product(polynomial) {
            let strict = product.conditions.iter().all(|i| self.conditions[*i].strict);
            return Some((vec![product], strict));
        }
        if depth == 0 {
            return None;
        }
        let mut order: Vec<usize> = (0..self.conditions.len()).collect();
        // What says most is taken off first.
        order.sort_by_key(|position| std::cmp::Reverse(self.conditions[*position].polynomial.len()));
        for position in order {
            let own = &self.conditions[position].polynomial;
            if own.len() < 2 {
                break;
            }
            for variable in own.variables() {
                if own.degree(variable) != 1 || polynomial.degree(variable) != 1 {
                    continue;
                }
                let slopes = [polynomial, own].map(|side| side.coefficients_in(variable).pop());
                let [Some(wanted), Some(slope)] = slopes else { continue };
                let Some(quotient) = wanted.divided_by(&slope) else { continue };
                let of_quotient = match self.as_product(&quotient) {
                    Some(product) => Some(vec![product]),
                    None => self.peeled(&quotient, depth.min(2) - 1).map(|(sum, _)| sum),
                };
                let Some(mut products) = of_quotient else { continue };
                products.iter_mut().for_each(|product| product.conditions.push(position));
                let is_strict = |product: &Summand| product.conditions.iter().all(|i| self.conditions[*i].strict);
                let strict = products.iter().any(is_strict);
                let rest = polynomial - &(&quotient * own);
                if rest.is_zero() {
                    return Some((products, strict));
                }
                if let Some((sum, is_strict)) = self.peeled(&rest, depth - 1) {
                    products.extend(sum);
                    return Some((products, strict || is_strict));
                }
            }
        }
        None
    }

    /// A polynomial that is a positive multiple of a product of conditions.
    fn as_product(&self, polynomial: &Polynomial) -> Option<Summand> {
        let (mut rest, mut conditions) = (polynomial.clone(), Vec::new());
        for (position, condition) in self.conditions.iter().enumerate() {
            while rest.as_constant().is_none()
                && let Some(quotient) = rest.divided_by(&condition.polynomial)
            {
                rest = quotient;
                conditions.push(position);
            }
        }
        let coefficient = rest.as_constant().filter(|rest| **rest > 0)?.clone();
        Some(Summand { coefficient, conditions, squares: Vec::new() })
    }

    /// A sum of products, with degrees that grow from those of the polynomial.
    fn by_products(
        &self,
        polynomial: &Polynomial,
        strict: bool,
        (extra, quick): (u32, bool),
    ) -> Option<(Vec<Summand>, bool)> {
        if let Some(value) = polynomial.as_constant() {
            let summand = Summand { coefficient: value.clone(), conditions: Vec::new(), squares: Vec::new() };
            return (*value > 0).then(|| (vec![summand], true));
        }
        let degree = polynomial.total_degree();
        let own: Vec<u32> = (0..self.field.names().len()).map(|v| u32::from(polynomial.degree(v))).collect();
        let wanted = Wanted {
            polynomial,
            strict,
            weight: self.weight(polynomial),
            generators: self.generators(polynomial),
            limit: match (self.is_thorough, quick) {
                (false, _) => MOST_PRODUCTS_IN_HASTE,
                (true, true) => MOST_PRODUCTS_OF_MULTIPLE,
                (true, false) => MOST_PRODUCTS,
            },
        };
        let mut levels = if quick { 1..2 } else { 0..extra + 2 };
        levels.find_map(|level| {
            let more = if quick { extra } else { level.saturating_sub(1) };
            let most = |own: &u32| match (quick, level) {
                (true, _) if *own == 0 => 0,
                (true, _) => (*own).max(2),
                (_, 0) => *own,
                (_, 1) => (*own).max(1),
                _ => (own + more).max(degree),
            };
            let most: Vec<u32> = own.iter().map(most).collect();
            self.within_degrees(&wanted, degree + more, &most)
        })
    }

    /// A sum of products within these degrees, with more and more factors.
    fn within_degrees(&self, wanted: &Wanted<'_>, degree: u32, most: &[u32]) -> Option<(Vec<Summand>, bool)> {
        let most_made = wanted.limit * MOST_OF_OTHER_WEIGHT;
        let of_its_weight = |made: &Candidate| wanted.weight.as_ref().is_none_or(|weight| made.weight == *weight);
        let mut before = 0;
        for factors in 1..=degree {
            if Instant::now() > self.until {
                return None;
            }
            let made =
                self.candidates(&wanted.generators, &Bounds { factors: factors as usize, degree, most }, most_made);
            if made.len() > most_made {
                return None;
            }
            let candidates: Vec<Candidate> = made.into_iter().filter(of_its_weight).collect();
            if candidates.len() > wanted.limit {
                return None;
            }
            if candidates.len() == before {
                continue;
            }
            before = candidates.len();
            if let Some(found) = self.combined(wanted.polynomial, &candidates, wanted.strict) {
                return Some(found);
            }
        }
        None
    }

    /// The weights of a polynomial that is homogeneous.
    fn weight(&self, polynomial: &Polynomial) -> Option<Vec<i64>> {
        let (first, _) = polynomial.leading()?;
        let of = |monomial: &Monomial, weights: &Vec<i64>| -> i64 {
            weights.iter().enumerate().map(|(v, weight)| weight * i64::from(monomial.exponent(v))).sum()
        };
        let all: Vec<i64> = self.weights.iter().map(|weights| of(&first, weights)).collect();
        let alike = |monomial: &Monomial| self.weights.iter().zip(&all).all(|(w, own)| of(monomial, w) == *own);
        polynomial.terms().all(|(monomial, _)| alike(&monomial)).then_some(all)
    }

    /// What products are made of: conditions, and squares where they are allowed.
    fn generators(&self, polynomial: &Polynomial) -> Vec<Candidate> {
        let weight = |value: &Polynomial| self.weight(value);
        let of_condition = |(position, condition): (usize, &Condition)| {
            let value = condition.polynomial.clone();
            let weight = weight(&value)?;
            Some(Candidate { value, conditions: vec![position], squares: Vec::new(), strict: condition.strict, weight })
        };
        let mut all: Vec<Candidate> = self.conditions.iter().enumerate().filter_map(of_condition).collect();
        let mut roots = self.roots.clone();
        if !roots.is_empty() {
            roots.extend(differences(polynomial).into_iter().filter(|root| !self.roots.contains(root)));
        }
        all.extend(roots.into_iter().filter_map(|root| {
            let value = &root * &root;
            // Without a weight of its own a square is of no use beside homogeneous products.
            let weight = weight(&value).or_else(|| self.weights.is_empty().then(Vec::new))?;
            Some(Candidate { value, conditions: Vec::new(), squares: vec![root], strict: false, weight })
        }));
        all
    }

    /// Products of at most so many factors, within these degrees.
    fn candidates(&self, generators: &[Candidate], bounds: &Bounds<'_>, limit: usize) -> Vec<Candidate> {
        let one = Candidate {
            value: Polynomial::one(),
            conditions: Vec::new(),
            squares: Vec::new(),
            strict: true,
            weight: vec![0; self.weights.len()],
        };
        let mut all = vec![one];
        let within = |value: &Polynomial| {
            value.total_degree() <= bounds.degree
                && bounds.most.iter().enumerate().all(|(v, most)| u32::from(value.degree(v)) <= *most)
        };
        // Each product is made once: from the one without its last factor.
        let mut frontier: Vec<(usize, usize)> = vec![(0, 0)];
        for _ in 0..bounds.factors {
            let mut next = Vec::new();
            for (at, first) in frontier {
                for (number, generator) in generators.iter().enumerate().skip(first) {
                    let value = &all[at].value * &generator.value;
                    if !within(&value) {
                        continue;
                    }
                    let before = &all[at];
                    let made = Candidate {
                        value,
                        conditions: [&before.conditions[..], &generator.conditions].concat(),
                        squares: [&before.squares[..], &generator.squares].concat(),
                        strict: before.strict && generator.strict,
                        weight: before.weight.iter().zip(&generator.weight).map(|(a, b)| a + b).collect(),
                    };
                    all.push(made);
                    if all.len() > limit {
                        return all;
                    }
                    next.push((all.len() - 1, number));
                }
            }
            frontier = next;
        }
        all
    }

    /// The polynomial as a combination of products with positive coefficients.
    fn combined(
        &self,
        polynomial: &Polynomial,
        candidates: &[Candidate],
        strict: bool,
    ) -> Option<(Vec<Summand>, bool)> {
        let mut places: HashMap<Monomial, usize> = HashMap::new();
        let mut columns: Vec<Vec<(usize, Rational)>> = Vec::new();
        for candidate in candidates {
            let entries = candidate.value.terms().map(|(monomial, coefficient)| {
                let next = places.len();
                (*places.entry(monomial).or_insert(next), coefficient)
            });
            columns.push(entries.collect());
        }
        let target: Option<Vec<(usize, Rational)>> =
            polynomial.terms().map(|(monomial, coefficient)| Some((*places.get(&monomial)?, coefficient))).collect();
        let target = target?;
        let floats =
            |entries: &Vec<(usize, Rational)>| entries.iter().map(|(i, c)| (*i, c.to_f64())).collect::<Vec<_>>();
        let guessed: Vec<Vec<(usize, f64)>> = columns.iter().map(floats).collect();
        // Where it is to be positive, products that are count for it.
        let cost = |candidate: &Candidate| match (strict, candidate.strict) {
            (true, true) => -1.0,
            (true, false) => 0.001,
            (false, _) => 1.0 + (candidate.conditions.len() + candidate.squares.len()) as f64,
        };
        let costs: Vec<f64> = candidates.iter().map(cost).collect();
        let left = self.until.saturating_duration_since(Instant::now());
        let longest = if self.is_thorough { left.max(SHORTEST) } else { SHORTEST };
        let weights = nonnegative_combination(&guessed, &floats(&target), places.len(), &costs, longest)?;
        let support: Vec<usize> = (0..weights.len()).filter(|j| weights[*j] > LEAST_WEIGHT).collect();
        let mut matrix = vec![vec![Rational::new(); support.len()]; places.len()];
        for (place, j) in support.iter().enumerate() {
            for (row, coefficient) in &columns[*j] {
                matrix[*row][place].clone_from(coefficient);
            }
        }
        let mut right = vec![Rational::new(); places.len()];
        for (row, coefficient) in target {
            right[row] = coefficient;
        }
        let exact = solve(&matrix, &right).filter(|exact| exact.iter().all(|x| *x >= 0))?;
        let used = || support.iter().zip(&exact).filter(|(_, x)| **x > 0).map(|(j, x)| (&candidates[*j], x));
        let is_strict = used().any(|(candidate, _)| candidate.strict);
        let summand = |(candidate, coefficient): (&Candidate, &Rational)| Summand {
            coefficient: coefficient.clone(),
            conditions: candidate.conditions.clone(),
            squares: candidate.squares.clone(),
        };
        (is_strict || !strict).then(|| (used().map(summand).collect(), is_strict))
    }
}

/// A polynomial for which a sum of products is looked for.
struct Wanted<'w> {
    polynomial: &'w Polynomial,
    /// Whether it is to be positive.
    strict: bool,
    /// Its weights, where it is homogeneous: those of the products that may be in the sum.
    weight: Option<Vec<i64>>,
    /// What products are made of.
    generators: Vec<Candidate>,
    /// Most products of a linear program.
    limit: usize,
}

/// Which products are made.
struct Bounds<'b> {
    /// Most factors.
    factors: usize,
    /// Largest degree.
    degree: u32,
    /// Largest degrees in each variable.
    most: &'b [u32],
}

/// Differences of two monomials of a short polynomial: their squares often are what it lacks.
fn differences(polynomial: &Polynomial) -> Vec<Polynomial> {
    const LONGEST: usize = 6;
    if polynomial.len() > LONGEST {
        return Vec::new();
    }
    let all: Vec<Polynomial> = polynomial.terms().map(|(m, _)| Polynomial::monomial(1, m)).collect();
    let pairs = (0..all.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(|(i, j)| &all[i] - &all[j]).collect()
}

/// A basis of the weights of variables by which all conditions are homogeneous. A sum of products of them that is
/// homogeneous needs only those of its own weight.
fn weights(conditions: &[Condition], variables: usize) -> Vec<Vec<i64>> {
    let mut rows = Vec::new();
    for condition in conditions {
        let Some((first, _)) = condition.polynomial.leading() else { continue };
        for (monomial, _) in condition.polynomial.terms() {
            let exponent = |m: &Monomial, v: usize| Rational::from(m.exponent(v));
            rows.push((0..variables).map(|v| exponent(&monomial, v) - exponent(&first, v)).collect::<Vec<_>>());
        }
    }
    let whole = |vector: Vec<Rational>| {
        let denominator = vector.iter().fold(Integer::from(1), |lcm, x| lcm.lcm(x.denom()));
        vector.iter().map(|x| Rational::from(x * &denominator).numer().to_i64()).collect::<Option<Vec<i64>>>()
    };
    nullspace(&rows).into_iter().filter_map(whole).collect()
}

/// Multisets of one to `most` of the elements, small ones first.
fn multisets(elements: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut last: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..most {
        let longer = |short: &Vec<usize>| {
            let from = short.last().copied().unwrap_or(0);
            let more = elements.iter().filter(move |element| **element >= from);
            more.map(|element| [&short[..], &[*element]].concat()).collect::<Vec<_>>()
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.iter().cloned());
    }
    all
}
