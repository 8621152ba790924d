//! The numbers of a statement as rational functions, and what is known of their signs in a case.

mod roots;
mod signs;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rug::Rational;
use signs::{KnownSign, same_side};

use super::stop::{Stop, Translated, untranslatable};
use super::untranslatable::Untranslatable;
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
            (Some(first), Some(last)) if first <= last => {
                untranslatable(Untranslatable::Numbers("a length and an equation in one case"))
            }
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
            return untranslatable(Untranslatable::TooManyNumbers);
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
        let quotient = a.divided_by(b).map_or_else(|| untranslatable(Untranslatable::DividedByZero), Ok)?;
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

    /// A number with what variables are in this case; none where it has a pole.
    fn in_this_case(&self, number: &Fraction) -> Option<Fraction> {
        self.values.iter().try_fold(number.clone(), |number, (variable, value)| number.substitute(*variable, value))
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
            return untranslatable(Untranslatable::UnknownSign {
                reason: reason.to_owned(),
                denominator: self.text(&denominator),
            });
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

    /// Notes how a number compares with 0.
    pub fn learn_relation(&mut self, number: &Fraction, relation: Relation, reason: &str) -> Translated<()> {
        match relation {
            Relation::Less => self.learn(&-number, true, reason),
            Relation::LessEqual => self.learn(&-number, false, reason),
            Relation::Greater => self.learn(number, true, reason),
            Relation::GreaterEqual => self.learn(number, false, reason),
            Relation::Equal => self.equate(number, reason),
        }
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
            let value = value.map_or_else(|| untranslatable(Untranslatable::DividedByZero), Ok)?;
            return self.set(variable, &value);
        }
        match self.root_of_more_than_a_square(numerator) {
            Some(conic) => self.rationalise(&conic),
            None => untranslatable(Untranslatable::Unsolved(reason.to_owned())),
        }
    }

    /// Sets a variable.
    fn set(&mut self, variable: usize, value: &Fraction) -> Translated<()> {
        let replaced = |number: &Fraction| number.substitute(variable, value);
        let pole = || Stop::Untranslatable(Untranslatable::Numbers("a number has a pole in this case"));
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
            let number = self.in_this_case(&self.field.polynomial(&condition.polynomial)).ok_or_else(pole)?;
            self.learn(&number, condition.strict, &condition.reason)?;
        }
        Ok(())
    }

    /// A polynomial as text.
    pub fn text(&self, polynomial: &Polynomial) -> String {
        polynomial.display(&self.names)
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
            (Some(KnownSign { negative, strict: true }), _) => {
                Ok(relation.admits(if negative { Less } else { Greater }))
            }
            (Some(KnownSign { negative: false, .. }), Relation::GreaterEqual)
            | (Some(KnownSign { negative: true, .. }), Relation::LessEqual) => Ok(true),
            (Some(KnownSign { negative: true, .. }), Relation::Greater)
            | (Some(KnownSign { negative: false, .. }), Relation::Less) => Ok(false),
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

#[cfg(test)]
mod tests;
