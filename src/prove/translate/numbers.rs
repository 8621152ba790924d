//! The numbers of a statement as rational functions, and what is known of their signs in a case.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rug::Rational;

use super::stop::{Stop, Translated, untranslatable};
use crate::algebra::{Field, Fraction, MOST_VARIABLES, Polynomial};
use crate::prove::problem::Condition;
use crate::statement::syntax::Relation;

/// A choice between the signs of a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The number.
    pub number: Fraction,
    /// The signs that it may have.
    pub signs: Vec<Ordering>,
}

impl Choice {
    /// The same as a choice between the signs of that number, where it is this one or its negative.
    fn about(&self, number: &Fraction) -> Option<Choice> {
        if self.number == *number {
            return Some(self.clone());
        }
        let signs = self.signs.iter().rev().map(|sign| sign.reverse()).collect();
        (-&self.number == *number).then(|| Choice { number: number.clone(), signs })
    }
}

/// What a number is: two with one name may be different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A parameter of the statement.
    Parameter,
    /// A constant of the instance, under the language's name or one of the statement's own.
    Constant,
    /// The index, K, n or d.
    Index,
    /// The root of another number.
    Root,
    /// A constant of the statement of which only bounds are used.
    Bounded,
    /// The length of a vector of the run.
    Norm,
    /// A number that the method keeps, as the first step that is looked at finds it.
    State,
    /// What stands for a number that depends on K or on the start, while an expression is taken apart.
    Special,
}

/// The numbers of one case.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The field of rational functions.
    pub field: Field,
    /// What each variable is, and its name there.
    kinds: Vec<(Kind, String)>,
    /// What each variable is called, no two alike.
    names: Vec<String>,
    /// Variables that are roots, of which number as it was first met.
    known_roots: Vec<(usize, Fraction)>,
    /// What variables are in this case, where they are not themselves.
    values: BTreeMap<usize, Fraction>,
    /// What is known, in the order in which it was learnt.
    conditions: Vec<Condition>,
    /// s² for each variable that is a root.
    squares: BTreeMap<usize, Fraction>,
    /// The choices that make this case.
    choices: Vec<Choice>,
    /// What something was divided by: where it is 0 something has no value.
    divisors: Vec<Fraction>,
    /// Whether a hint is read, which must not restrict anything.
    pub of_hint: bool,
}

impl Numbers {
    /// Without any number yet.
    pub fn new() -> Self {
        let generic = (0..MOST_VARIABLES).map(|variable| format!("x{variable}"));
        let field = Field::new(generic).unwrap_or_else(|_| unreachable!("the names are distinct and few"));
        Numbers {
            field,
            kinds: Vec::new(),
            names: Vec::new(),
            known_roots: Vec::new(),
            values: BTreeMap::new(),
            conditions: Vec::new(),
            squares: BTreeMap::new(),
            choices: Vec::new(),
            divisors: Vec::new(),
            of_hint: false,
        }
    }

    /// The same numbers of which nothing is known but these choices.
    pub fn restarted(&self, choices: &[Choice]) -> Translated<Self> {
        self.refuse_unstable_lengths(choices)?;
        let mut numbers = Numbers {
            values: BTreeMap::new(),
            conditions: Vec::new(),
            squares: BTreeMap::new(),
            choices: choices.to_vec(),
            divisors: Vec::new(),
            of_hint: false,
            ..self.clone()
        };
        for position in 0..choices.len() {
            if numbers.choices[position].signs == [Ordering::Equal] {
                let number = numbers.choices[position].number.clone();
                numbers.equate(&number, "a case")?;
            }
        }
        Ok(numbers)
    }

    /// Lengths are named in the order in which they are met, which an equation that is chosen after may change; what was
    /// chosen before would then be about another length.
    fn refuse_unstable_lengths(&self, choices: &[Choice]) -> Translated<()> {
        let reads_length = |choice: &Choice| {
            let reads = |variable: &usize| {
                let is_length = |variable: usize| self.kinds[variable].0 == Kind::Norm;
                let of_root = |(root, square): &(usize, Fraction)| {
                    root == variable
                        && (square.numerator().variables().into_iter().any(is_length)
                            || square.denominator().variables().into_iter().any(is_length))
                };
                is_length(*variable) || self.known_roots.iter().any(of_root)
            };
            let number = &choice.number;
            number.numerator().variables().iter().chain(&number.denominator().variables()).any(reads)
        };
        let first = choices.iter().position(reads_length);
        let last = choices.iter().rposition(|choice| choice.signs == [Ordering::Equal]);
        match (first, last) {
            (Some(first), Some(last)) if first <= last => untranslatable("a length and an equation in one case"),
            _ => Ok(()),
        }
    }

    /// Names, by variable.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Numbers that are counts or indices, by variable with their names.
    pub fn counts(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.kinds.iter().enumerate().filter(|(_, (kind, _))| *kind == Kind::Index);
        all.map(|(variable, (_, name))| (variable, name.as_str()))
    }

    /// What variables are in this case, where they are not themselves.
    pub fn settled(&self) -> &BTreeMap<usize, Fraction> {
        &self.values
    }

    /// Names of the constants of the instance.
    pub fn constants(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().filter(|(kind, _)| *kind == Kind::Constant).map(|(_, name)| name.as_str())
    }

    /// What is known.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The number of that kind and name, a new one where there is none.
    pub fn named(&mut self, kind: Kind, name: &str) -> Translated<Fraction> {
        let known = self.kinds.iter().position(|(own, own_name)| *own == kind && own_name == name);
        let variable = match known {
            Some(variable) => variable,
            None => self.add(kind, name)?,
        };
        Ok(self.variable(variable))
    }

    /// What a variable is in this case.
    pub fn variable(&self, variable: usize) -> Fraction {
        self.values.get(&variable).cloned().unwrap_or_else(|| self.field.variable(variable))
    }

    /// n or d, which is at least 1.
    pub fn count(&mut self, name: &str) -> Translated<Fraction> {
        let count = self.named(Kind::Index, name)?;
        let room = &count - self.rational(1);
        self.learn(&room, false, name)?;
        Ok(count)
    }

    fn add(&mut self, kind: Kind, name: &str) -> Translated<usize> {
        if self.names.len() == MOST_VARIABLES {
            return untranslatable(format!("more than {MOST_VARIABLES} numbers are in it"));
        }
        let mut called = name.to_owned();
        while self.names.contains(&called) {
            called.push('_');
        }
        self.kinds.push((kind, name.to_owned()));
        self.names.push(called);
        Ok(self.names.len() - 1)
    }

    /// A rational number.
    pub fn rational(&self, value: impl Into<Rational>) -> Fraction {
        self.field.constant(value)
    }

    /// A quotient whose divisor is known not to be 0 wherever the claim is made, or will have to be shown so.
    pub fn quotient(&mut self, a: &Fraction, b: &Fraction) -> Translated<Fraction> {
        let quotient = a.divided_by(b).map_or_else(|| untranslatable("something is divided by 0"), Ok)?;
        self.divide_by(b);
        Ok(quotient)
    }

    /// Notes that something has no value where a number is 0.
    pub fn divide_by(&mut self, number: &Fraction) {
        if number.as_constant().is_none() && !self.divisors.contains(number) {
            self.divisors.push(number.clone());
        }
    }

    /// What something was divided by.
    pub fn divisors(&self) -> &[Fraction] {
        &self.divisors
    }

    /// √a, as far as it is a known number, and else as one of its own.
    pub fn root(&mut self, a: &Fraction) -> Translated<Fraction> {
        let [above, below] = [a.numerator().clone(), a.denominator()].map(|side| self.square_part(&side));
        let ((above, rest_above), (below, rest_below)) = (above, below);
        let (outer, rest) = (self.quotient(&above, &below)?, self.quotient(&rest_above, &rest_below)?);
        if rest.as_constant().is_none() {
            return self.root_of(a);
        }
        Ok(outer * self.root_of(&rest)?)
    }

    /// A polynomial as a square of what is not negative times the rest.
    fn square_part(&self, polynomial: &Polynomial) -> (Fraction, Fraction) {
        let factors = self.field.factors(polynomial);
        let (mut root, mut rest) = (self.field.one(), self.field.polynomial(&factors.rest).scaled(&factors.constant));
        for (element, exponent) in factors.powers.pairs() {
            let factor = self.field.element(*element);
            let is_square = |sign: &Known| *exponent >= 2 && (!sign.negative || sign.strict);
            let known = self.plain_sign(&factor).filter(is_square);
            let factor = self.field.polynomial(&factor);
            let pairs = if known.is_some() { exponent / 2 } else { 0 };
            for _ in 0..pairs {
                root = if known.is_some_and(|sign| sign.negative) { -(root * &factor) } else { root * &factor };
            }
            for _ in 0..exponent - 2 * pairs {
                rest *= &factor;
            }
        }
        (root, rest)
    }

    fn root_of(&mut self, a: &Fraction) -> Translated<Fraction> {
        self.divide_by(&self.field.polynomial(&a.denominator()));
        if let Some(value) = a.as_constant().and_then(perfect_root) {
            return Ok(self.rational(value));
        }
        let is_it = |(variable, square): &&(usize, Fraction)| {
            let root = self.variable(*variable);
            self.now(square).as_ref() == Some(a) || &root * &root == *a
        };
        let is_square = self.known_roots.iter().any(|(variable, _)| {
            let root = self.variable(*variable);
            self.squares.contains_key(variable) && &root * &root == *a
        });
        let is_known = self.squares.values().any(|square| square == a);
        if self.of_hint && !is_square && !is_known && self.sign(a).is_none_or(|sign| sign.negative) {
            return untranslatable("a hint speaks of the root of a number that is not known to be at least 0");
        }
        let variable = match self.known_roots.iter().find(is_it) {
            Some((variable, _)) => *variable,
            None => {
                let name = format!("root{}", self.known_roots.len() + 1);
                let variable = self.add(Kind::Root, &name)?;
                self.known_roots.push((variable, a.clone()));
                variable
            }
        };
        if self.squares.insert(variable, a.clone()).is_none() {
            let positive = self.sign(a).is_some_and(|sign| !sign.negative && sign.strict);
            self.learn(&self.variable(variable), positive, "a root")?;
            self.compare_with_one(variable, a)?;
        }
        Ok(self.variable(variable))
    }

    /// A root is on the same side of 1 as its square.
    fn compare_with_one(&mut self, variable: usize, square: &Fraction) -> Translated<()> {
        let room = self.rational(1) - square;
        let Some(sign) = self.sign(&room) else { return Ok(()) };
        let room = self.rational(1) - self.variable(variable);
        self.learn(&if sign.negative { -room } else { room }, sign.strict, "a root")
    }

    /// A number with what variables are in this case; none where it has a pole.
    fn now(&self, number: &Fraction) -> Option<Fraction> {
        self.values.iter().try_fold(number.clone(), |number, (variable, value)| number.substitute(*variable, value))
    }

    /// The same number with no higher power of a root than the first.
    pub fn reduced(&self, number: &Fraction) -> Fraction {
        let mut number = number.clone();
        for (variable, square) in &self.squares {
            let coefficients = number.numerator().coefficients_in(*variable);
            if coefficients.len() <= 2 || square.numerator().degree(*variable) > 0 {
                continue;
            }
            let root = self.field.variable(*variable);
            let (mut sum, mut power) = (self.field.zero(), self.field.one());
            for pair in coefficients.chunks(2) {
                let linear = pair.get(1).map_or_else(|| self.field.zero(), |odd| self.field.polynomial(odd) * &root);
                sum += (self.field.polynomial(&pair[0]) + linear) * &power;
                power = &power * square;
            }
            let denominator = self.field.polynomial(&number.denominator());
            number = sum.divided_by(&denominator).unwrap_or(number);
        }
        number
    }

    /// Roots with their squares.
    pub fn roots(&self) -> &BTreeMap<usize, Fraction> {
        &self.squares
    }

    /// Notes that a number is at least 0, or above it.
    pub fn learn(&mut self, number: &Fraction, strict: bool, reason: &str) -> Translated<()> {
        if let Some(value) = number.as_constant() {
            let holds = if strict { *value > 0 } else { *value >= 0 };
            return if holds { Ok(()) } else { Err(Stop::Empty) };
        }
        let denominator = number.denominator();
        let sign = self.sign_of(&denominator).filter(|sign| sign.strict);
        let Some(sign) = sign else {
            return untranslatable(format!(
                "the sign of a denominator is not known where `{reason}` is read: {}",
                self.text(&denominator)
            ));
        };
        let numerator = number.numerator();
        let polynomial = if sign.negative { -numerator } else { numerator.clone() };
        let same = |own: &&Condition| {
            own.polynomial.primitive() == polynomial.primitive() && same_side(&own.polynomial, &polynomial)
        };
        if let Some(position) = self.conditions.iter().position(|own| same(&own)) {
            self.conditions[position].strict |= strict;
            return Ok(());
        }
        let is_opposite = |own: &&Condition| {
            own.polynomial.primitive() == polynomial.primitive() && !same_side(&own.polynomial, &polynomial)
        };
        if let Some(opposite) = self.conditions.iter().find(is_opposite) {
            if opposite.strict || strict {
                return Err(Stop::Empty);
            }
            // What was read before speaks of a number that is another one now.
            let number = self.field.polynomial(&polynomial);
            return Err(Stop::Split { number, cases: vec![vec![Ordering::Equal]] });
        }
        let variables = polynomial.variables();
        // What is a factor of a positive product is not 0.
        let is_factor = |own: &Condition, variable: usize| {
            own.strict && own.polynomial.len() == 1 && own.polynomial.degree(variable) > 0
        };
        let is_plain = polynomial.len() == 1 && polynomial.total_degree() == 1;
        let strict = strict || (is_plain && self.conditions.iter().any(|own| is_factor(own, variables[0])));
        let factors_are_positive = strict && polynomial.len() == 1 && variables.len() > 1;
        self.conditions.push(Condition { polynomial, strict, reason: reason.to_owned() });
        // A positive product of numbers that are not negative has positive factors.
        let known = |variable: &usize| self.plain_sign(&Polynomial::variable(*variable)).is_some_and(|s| !s.negative);
        if factors_are_positive && variables.iter().all(known) {
            for variable in variables {
                self.learn(&self.field.variable(variable), true, reason)?;
            }
        }
        Ok(())
    }

    /// Notes that a number is 0, by which one of the variables is known by the others.
    pub fn equate(&mut self, number: &Fraction, reason: &str) -> Translated<()> {
        if let Some(value) = number.as_constant() {
            return if *value == 0 { Ok(()) } else { Err(Stop::Empty) };
        }
        self.divide_by(&self.field.polynomial(&number.denominator()));
        let numerator = number.numerator();
        let slope_is_number = |variable: &usize| {
            numerator.coefficients_in(*variable).get(1).is_some_and(|slope| slope.as_constant().is_some())
        };
        let mut variables = numerator.variables();
        variables.sort_by_key(|variable| !slope_is_number(variable));
        for variable in variables {
            let coefficients = numerator.coefficients_in(variable);
            let [rest, slope] = &coefficients[..] else { continue };
            // A slope that vanishes somewhere would lose what happens there.
            if slope.as_constant().is_none() && self.sign_of(slope).is_none_or(|sign| !sign.strict) {
                continue;
            }
            let value = self.field.fraction(&-rest, slope);
            let value = value.map_or_else(|| untranslatable("something is divided by 0"), Ok)?;
            return self.set(variable, &value);
        }
        match self.root_of_more_than_a_square(numerator) {
            Some(conic) => self.rationalise(&conic),
            None => untranslatable(format!("`{reason}` is no equation that gives one number by the others")),
        }
    }

    /// r² = a²·t² + c for a root r, where a and c are positive rational numbers.
    fn root_of_more_than_a_square(&self, equation: &Polynomial) -> Option<Conic> {
        let roots = self.known_roots.iter().map(|(variable, _)| *variable);
        roots.filter(|root| !self.values.contains_key(root)).find_map(|root| {
            let [rest, linear, leading] = &equation.coefficients_in(root)[..] else { return None };
            let leading = leading.as_constant().filter(|_| linear.is_zero())?.clone();
            let [of] = rest.variables()[..] else { return None };
            let [constant, linear, square] = &rest.coefficients_in(of)[..] else { return None };
            let (constant, square) = (constant.as_constant()?, square.as_constant()?);
            let constant = -(constant.clone() / &leading);
            let factor = perfect_root(&-(square.clone() / &leading))?;
            (linear.is_zero() && constant > 0 && factor > 0).then_some(Conic { root, of, factor, constant })
        })
    }

    /// With w = r − a·t, which is positive: t = (c − w²)/(2·a·w) and r = w + a·t.
    fn rationalise(&mut self, conic: &Conic) -> Translated<()> {
        let name = format!("{}_less", self.names[conic.root]);
        let rest = self.named(Kind::Root, &name)?;
        self.learn(&rest, true, "a root of more than a square")?;
        let factor = self.field.constant(conic.factor.clone());
        let constant = self.field.constant(conic.constant.clone());
        let doubled = self.rational(2) * &factor * &rest;
        let Some(of) = (constant - &rest * &rest).divided_by(&doubled) else {
            return untranslatable("something is divided by 0");
        };
        self.set(conic.of, &of)?;
        self.set(conic.root, &(rest + factor * of))
    }

    /// Sets a variable.
    fn set(&mut self, variable: usize, value: &Fraction) -> Translated<()> {
        let replaced = |number: &Fraction| number.substitute(variable, value);
        let pole = || Stop::Untranslatable("a number has a pole in this case".to_owned());
        for own in self.values.values_mut() {
            *own = replaced(own).ok_or_else(pole)?;
        }
        for square in self.squares.values_mut() {
            *square = replaced(square).ok_or_else(pole)?;
        }
        for choice in &mut self.choices {
            choice.number = replaced(&choice.number).ok_or_else(pole)?;
        }
        for divisor in &mut self.divisors {
            *divisor = replaced(divisor).ok_or_else(pole)?;
        }
        self.values.insert(variable, value.clone());
        for condition in std::mem::take(&mut self.conditions) {
            // Another variable may become known on the way.
            let number = self.now(&self.field.polynomial(&condition.polynomial)).ok_or_else(pole)?;
            self.learn(&number, condition.strict, &condition.reason)?;
        }
        Ok(())
    }

    /// A polynomial as text.
    pub fn text(&self, polynomial: &Polynomial) -> String {
        polynomial.display(&self.names)
    }

    /// The sign of a number, where it is plain: by what is known, factor by factor.
    pub fn sign(&self, number: &Fraction) -> Option<Known> {
        if number.is_zero() {
            return None;
        }
        let above = self.sign_of(number.numerator())?;
        let below = self.sign_of(&number.denominator()).filter(|sign| sign.strict)?;
        Some(Known { negative: above.negative != below.negative, strict: above.strict })
    }

    fn sign_of(&self, polynomial: &Polynomial) -> Option<Known> {
        let plain = |own: &Polynomial| self.plain_sign(own);
        let above = |own: &Polynomial| self.plain_sign(own).or_else(|| self.sign_above_a_condition(own));
        above(polynomial)
            .or_else(|| self.sign_by_factors(polynomial, &plain))
            .or_else(|| self.sign_by_factors(polynomial, &above))
    }

    /// Of a polynomial that is a multiple of a condition and something of the same sign.
    fn sign_above_a_condition(&self, polynomial: &Polynomial) -> Option<Known> {
        [polynomial.clone(), -polynomial].into_iter().enumerate().find_map(|(side, own)| {
            let of_condition = |condition: &Condition| {
                let mut factors: Vec<Rational> = Vec::new();
                for (monomial, coefficient) in condition.polynomial.terms() {
                    let there = own.terms().find(|(own, _)| *own == monomial).map(|(_, there)| there / coefficient);
                    factors.extend(there.filter(|factor| *factor > 0 && !factors.contains(factor)));
                }
                factors.into_iter().find_map(|factor| {
                    let rest = &own - &condition.polynomial.scaled(&factor);
                    let plain = |own: &Polynomial| self.plain_sign(own);
                    let sign = self.plain_sign(&rest).or_else(|| self.sign_by_factors(&rest, &plain))?;
                    let strict = sign.strict || condition.strict;
                    (!sign.negative).then_some(Known { negative: side == 1, strict })
                })
            };
            self.conditions.iter().find_map(of_condition)
        })
    }

    fn sign_by_factors(&self, polynomial: &Polynomial, of: &dyn Fn(&Polynomial) -> Option<Known>) -> Option<Known> {
        for condition in &self.conditions {
            self.field.learn(&condition.polynomial);
        }
        let factors = self.field.factors(polynomial);
        let mut sign = self.plain_sign(&Polynomial::constant(factors.constant.clone()))?;
        for (element, exponent) in factors.powers.pairs() {
            sign = sign.times(of(&self.field.element(*element))?.power(*exponent));
        }
        Some(sign.times(of(&factors.rest)?))
    }

    /// By a condition, or as all terms have one sign.
    fn plain_sign(&self, polynomial: &Polynomial) -> Option<Known> {
        if let Some(value) = polynomial.as_constant() {
            return (*value != 0).then_some(Known { negative: *value < 0, strict: true });
        }
        let known = self.by_condition(polynomial).or_else(|| self.sign_of_terms(polynomial));
        known.or_else(|| self.sign_between_ends(polynomial))
    }

    /// By a condition on a multiple of it.
    fn by_condition(&self, polynomial: &Polynomial) -> Option<Known> {
        let primitive = polynomial.primitive();
        let same = self.conditions.iter().filter(|condition| condition.polynomial.primitive() == primitive);
        let known = same.map(|condition| Known {
            negative: !same_side(&condition.polynomial, polynomial),
            strict: condition.strict,
        });
        known.max_by_key(|known| known.strict)
    }

    /// Of a polynomial that is affine in a number between 0 and 1, by what it is at 0 and at 1.
    fn sign_between_ends(&self, polynomial: &Polynomial) -> Option<Known> {
        polynomial.variables().into_iter().filter(|variable| polynomial.degree(*variable) == 1).find_map(|variable| {
            let number = Polynomial::variable(variable);
            let of = |number: &Polynomial| self.by_condition(number).filter(|sign| !sign.negative);
            let (from_zero, from_one) = (of(&number)?, of(&(&Polynomial::one() - &number))?);
            let at = |value: i32| {
                let end = polynomial.substitute(variable, &Polynomial::constant(value));
                if end.is_zero() { Some(None) } else { self.plain_sign(&end).map(Some) }
            };
            match (at(0)?, at(1)?) {
                (Some(low), Some(high)) if low.negative == high.negative => {
                    let strict = (low.strict && (high.strict || from_one.strict)) || (high.strict && from_zero.strict);
                    Some(Known { strict, ..low })
                }
                (Some(low), None) => Some(Known { strict: low.strict && from_one.strict, ..low }),
                (None, Some(high)) => Some(Known { strict: high.strict && from_zero.strict, ..high }),
                _ => None,
            }
        })
    }

    fn sign_of_terms(&self, polynomial: &Polynomial) -> Option<Known> {
        let of_variable = |variable: usize| {
            let own = Polynomial::variable(variable);
            let is_it = |condition: &&Condition| {
                condition.polynomial.primitive() == own && same_side(&condition.polynomial, &own)
            };
            self.conditions.iter().filter(is_it).map(|condition| condition.strict).max()
        };
        let mut sign: Option<Known> = None;
        for (monomial, coefficient) in polynomial.terms() {
            let mut strict = true;
            for variable in (0..MOST_VARIABLES).filter(|variable| monomial.exponent(*variable) > 0) {
                strict &= of_variable(variable)?;
            }
            let term = Known { negative: coefficient < 0, strict };
            sign = match sign {
                None => Some(term),
                Some(sum) if sum.negative == term.negative => Some(Known { strict: sum.strict || strict, ..sum }),
                Some(_) => return None,
            };
        }
        sign
    }

    /// Whether a relation holds; a case to distinguish where that is not known.
    pub fn holds(&mut self, left: &Fraction, relation: Relation, right: &Fraction) -> Translated<bool> {
        let difference = left - right;
        let cases = |admitted: &[Ordering], refused: &[&[Ordering]]| {
            let mut cases = vec![admitted.to_vec()];
            cases.extend(refused.iter().map(|signs| signs.to_vec()));
            Stop::Split { number: difference.clone(), cases }
        };
        use Ordering::{Equal, Greater, Less};
        if difference.is_zero() {
            return Ok(relation.admits(Equal));
        }
        let chosen: Vec<Choice> = self.choices.iter().filter_map(|choice| choice.about(&difference)).collect();
        if !chosen.is_empty() {
            chosen.iter().try_for_each(|choice| self.choose(choice))?;
            // What was chosen may be less than what is asked.
            let is_left = |sign: &Ordering| chosen.iter().all(|choice| choice.signs.contains(sign));
            let left: Vec<Ordering> = [Less, Equal, Greater].into_iter().filter(is_left).collect();
            match left.iter().filter(|sign| relation.admits(**sign)).count() {
                _ if left.is_empty() => return Err(Stop::Empty),
                0 => return Ok(false),
                admitted if admitted == left.len() => return Ok(true),
                _ => {}
            }
        }
        match (self.sign(&difference), relation) {
            (Some(Known { negative, strict: true }), _) => Ok(relation.admits(if negative { Less } else { Greater })),
            (Some(Known { negative: false, .. }), Relation::GreaterEqual)
            | (Some(Known { negative: true, .. }), Relation::LessEqual) => Ok(true),
            (Some(Known { negative: true, .. }), Relation::Greater)
            | (Some(Known { negative: false, .. }), Relation::Less) => Ok(false),
            (_, Relation::Less) => Err(cases(&[Less], &[&[Equal, Greater]])),
            (_, Relation::LessEqual) => Err(cases(&[Less, Equal], &[&[Greater]])),
            (_, Relation::Greater) => Err(cases(&[Greater], &[&[Less, Equal]])),
            (_, Relation::GreaterEqual) => Err(cases(&[Equal, Greater], &[&[Less]])),
            (_, Relation::Equal) => Err(cases(&[Equal], &[&[Less], &[Greater]])),
        }
    }

    /// Whether the first of two numbers is the one that `kept` prefers, by a sign that need not be strict, as either of
    /// two equal numbers will do.
    pub fn prefers(&mut self, left: &Fraction, kept: Relation, right: &Fraction) -> Translated<bool> {
        match self.sign(&(left - right)) {
            Some(sign) => Ok(sign.negative == (kept == Relation::LessEqual)),
            None => self.holds(left, kept, right),
        }
    }

    /// Restricts the numbers to those of a choice; an equation was used at the start.
    fn choose(&mut self, choice: &Choice) -> Translated<()> {
        use Ordering::{Equal, Greater, Less};
        match &choice.signs[..] {
            [Less] => self.learn(&-&choice.number, true, "a case"),
            [Greater] => self.learn(&choice.number, true, "a case"),
            [Less, Equal] => self.learn(&-&choice.number, false, "a case"),
            [Equal, Greater] => self.learn(&choice.number, false, "a case"),
            _ => Ok(()),
        }
    }
}

/// A root whose square is factor²·of² + constant, for another variable.
struct Conic {
    root: usize,
    of: usize,
    factor: Rational,
    constant: Rational,
}

/// A sign that is known: not 0, or at least not the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whether it is at most 0; else it is at least 0.
    pub negative: bool,
    /// Whether it is not 0.
    pub strict: bool,
}

impl Known {
    fn times(self, other: Known) -> Known {
        Known { negative: self.negative != other.negative, strict: self.strict && other.strict }
    }

    fn power(self, exponent: u32) -> Known {
        Known { negative: self.negative && exponent % 2 == 1, ..self }
    }
}

/// Whether two multiples of one polynomial are positive ones of each other.
fn same_side(a: &Polynomial, b: &Polynomial) -> bool {
    (*a.content() > 0) == (*b.content() > 0)
}

/// √q, where it is rational.
fn perfect_root(q: &Rational) -> Option<Rational> {
    let is_square = *q >= 0 && q.numer().is_perfect_square() && q.denom().is_perfect_square();
    is_square.then(|| Rational::from((q.numer().clone().sqrt(), q.denom().clone().sqrt())))
}

#[cfg(test)]
mod tests;
