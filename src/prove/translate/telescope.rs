//! What the parts of an induction say, as forms.

use super::induction::{Induction, Part, Shape, is_of_instance};
use super::numbers::Kind;
use super::stop::{Translated, untranslatable};
use super::terms::{AT_END, ATOMS, Reader, WholeRun};
use super::untranslatable::Untranslatable;
use crate::algebra::{Fraction, Polynomial};
use crate::prove::problem::Form;
use crate::statement::term::{Index, ScalarSequence, Term};

const ZERO_AT_SOME_HORIZON: Untranslatable = Untranslatable::WholeRun("the right-hand side is 0 at some K");
const NOT_BY_ONE_FACTOR: Untranslatable =
    Untranslatable::WholeRun("the right-hand side depends on K in another way than by one factor");

/// What the least of numbers is called.
pub const LEAST: &str = "the least";

/// What the right-hand side says: with c(K)·(F + E(K) + R·s(K)), where s is K, the total of weights or a power; c = 1
/// for powers, 1/s for means, and of no R where it is another function of K, which is 1 at K = 1. E is there for a least.
struct RightSide {
    /// c as a function of K.
    factor: Fraction,
    /// F, of the start.
    start: Form,
    /// E, of f at the end.
    end: Form,
    /// R, of the instance.
    instance: Form,
}

impl RightSide {
    /// What it says of the start: F, and of a power of which K = 0 is the exponent R as well.
    fn at_start(self, shape: Shape<'_>) -> Form {
        let RightSide { mut start, instance, .. } = self;
        if let Shape::Geometric(_) = shape {
            let one = start.constant.field().one();
            start.add_scaled(&instance, &one);
        }
        start
    }
}

/// Reads the parts of an induction.
pub struct Telescope<'t, 'c, 's> {
    /// The induction.
    pub induction: &'t Induction<'s>,
    /// Reads at the index.
    pub reader: &'t mut Reader<'c, 's>,
}

impl<'s> Telescope<'_, '_, 's> {
    /// The form that a part says is not negative.
    pub fn form(&mut self, part: Part) -> Translated<Form> {
        self.reader.inside = self.induction.averages;
        let horizon = self.horizon()?;
        match part {
            Part::Step => self.step(&horizon),
            Part::Start => {
                let start = self.right_side(0)?.at_start(self.induction.shape);
                Ok(start.minus(&self.potential(0, &horizon)?))
            }
            Part::End => self.end(),
            Part::NotNegative => match self.induction.shape {
                Shape::Geometric(base) => Ok(Form::constant(self.reader.number(base)?)),
                _ => Ok(Form::constant(self.factor_at_end()?)),
            },
            Part::Positive => {
                let number = match self.induction.shape {
                    Shape::Geometric(base) => self.one() - self.reader.number(base)?,
                    Shape::Mean(Some(weight)) => self.weight(weight, &horizon)?,
                    Shape::Least => {
                        // The right-hand side is divided by it.
                        let Some(divisor) = self.one().divided_by(&self.factor_at_end()?) else {
                            return untranslatable(ZERO_AT_SOME_HORIZON);
                        };
                        divisor
                    }
                    _ => self.one(),
                };
                positive(&number)
            }
        }
    }

    fn one(&self) -> Fraction {
        self.reader.numbers.field.one()
    }

    /// K, of which nothing else is known.
    pub fn horizon(&mut self) -> Translated<Fraction> {
        let horizon = of_its_own(self.reader.numbers.named(Kind::Index, "K")?, "K")?;
        let room = &horizon - self.one();
        self.reader.numbers.learn(&room, false, "K")?;
        Ok(horizon)
    }

    /// A term `by` steps later, where K is that number; numbers as indices count from there if they are relative.
    pub fn read(&mut self, term: &'s Term, by: i64, horizon: &Fraction, relative: bool) -> Translated<Form> {
        let own = self.reader.index.clone();
        self.reader.index = &own + self.reader.numbers.rational(by);
        let (power, total) = match self.induction.shape {
            Shape::Geometric(base) => (Some((base, self.special("power")?)), None),
            Shape::Mean(Some(weight)) => (None, Some((weight, self.special("total")?))),
            _ => (None, None),
        };
        self.reader.whole = Some(WholeRun { horizon: horizon.clone(), relative, power, total });
        // Constants may speak of K, which is not the same each time.
        self.reader.constants.fill(None);
        let form = self.reader.form(term);
        self.reader.constants.fill(None);
        self.reader.whole = None;
        self.reader.index = own;
        form
    }

    /// A weight, which no run decides.
    fn weight(&mut self, weight: &'s Term, horizon: &Fraction) -> Translated<Fraction> {
        match self.read(weight, 0, horizon, false)?.as_constant() {
            Some(weight) => Ok(weight.clone()),
            None => untranslatable(Untranslatable::WholeRun("weights that the run or the instance decides")),
        }
    }

    /// A number that stands for what a right-hand side is taken apart by.
    fn special(&mut self, name: &str) -> Translated<Fraction> {
        of_its_own(self.reader.numbers.named(Kind::Special, name)?, name)
    }

    /// P, `by` steps later.
    fn potential(&mut self, by: i64, horizon: &Fraction) -> Translated<Form> {
        match self.induction.potential {
            Some(potential) => {
                let outside = std::mem::replace(&mut self.reader.numbers.of_hint, true);
                let form = self.read(potential, by, horizon, false);
                self.reader.numbers.of_hint = outside;
                form
            }
            None => Ok(self.right_side(by)?.at_start(self.induction.shape)),
        }
    }

    /// The right-hand side, as it would be of a run that starts `by` steps later.
    fn right_side(&mut self, by: i64) -> Translated<RightSide> {
        let horizon = self.horizon()?;
        let rhs = self.read(self.induction.rhs, by, &horizon, true)?;
        let one = self.one();
        let zero = Form::constant(self.reader.numbers.field.zero());
        let (factor, mut start, instance) = match self.induction.shape {
            Shape::Mean(weight) => {
                let total = if weight.is_some() { self.special("total")? } else { horizon.clone() };
                let [start, instance] = linear_in(&rhs.scaled(&total), &total)?;
                (one, start, instance)
            }
            Shape::Geometric(_) => {
                let power = self.special("power")?;
                let [instance, start] = linear_in(&rhs, &power)?;
                (one, start, instance)
            }
            Shape::Decay | Shape::Least => {
                let factor = self.factor(&rhs, &horizon)?;
                let inverse = self.one().divided_by(&factor);
                let Some(inverse) = inverse else { return untranslatable(ZERO_AT_SOME_HORIZON) };
                (factor, rhs.scaled(&inverse), zero)
            }
        };
        let constant = |position: usize| {
            let name = &self.reader.unknowns.atoms[position].name;
            ATOMS.iter().any(|builtin| builtin.name() == name)
        };
        if !is_of_instance(&instance, &constant) {
            return untranslatable(Untranslatable::WholeRun("what does not fade with K depends on the run"));
        }
        let depends = |form: &Form| form.coefficients().any(|coefficient| depends_on(coefficient, &horizon));
        if depends(&start) || depends(&instance) {
            return untranslatable(NOT_BY_ONE_FACTOR);
        }
        let end = self.of_end(&start)?;
        start = start.minus(&end);
        Ok(RightSide { factor, start, end, instance })
    }

    /// What of a right-hand side is a multiple of f[K].
    fn of_end(&mut self, rhs: &Form) -> Translated<Form> {
        let mut end = Form::constant(self.reader.numbers.field.zero());
        let position = self.reader.unknowns.atoms.iter().position(|atom| atom.name == AT_END);
        let Some((position, factor)) = position.and_then(|at| Some((at, rhs.atoms.get(at)?))) else { return Ok(end) };
        if self.induction.shape != Shape::Least {
            return untranslatable(Untranslatable::WholeRun("f[K] on the right-hand side"));
        }
        end.add_scaled(&Form::atom(position, &self.reader.numbers.field), factor);
        Ok(end)
    }

    /// b, of c(K) = 1/(a + b·K).
    fn slope(&mut self, factor: &Fraction) -> Translated<Fraction> {
        let Some(inverse) = self.one().divided_by(factor) else {
            return untranslatable(Untranslatable::WholeRun("the right-hand side is 0"));
        };
        let horizon = self.horizon()?;
        let [_, slope] = linear_in(&Form::constant(inverse), &horizon)?;
        Ok(slope.constant)
    }

    /// m, which is at most what the least is of.
    pub fn least(&mut self) -> Form {
        Form::atom(self.reader.unknowns.atom(LEAST, true), &self.reader.numbers.field)
    }

    /// How a right-hand side depends on K: by the one factor that is 1 at K = 1.
    fn factor(&self, rhs: &Form, horizon: &Fraction) -> Translated<Fraction> {
        let Some(first) = rhs.coefficients().find(|coefficient| depends_on(coefficient, horizon)) else {
            return Ok(self.one());
        };
        let at_one = variable_of(horizon).and_then(|variable| first.substitute(variable, &self.one()));
        match at_one.and_then(|at_one| first.divided_by(&at_one)) {
            Some(factor) => Ok(factor),
            None => untranslatable(Untranslatable::WholeRun("the right-hand side is 0 or has no value at K = 1")),
        }
    }

    fn step(&mut self, horizon: &Fraction) -> Translated<Form> {
        let (before, after) = (self.potential(0, horizon)?, self.potential(1, horizon)?);
        let right_side = self.right_side(0)?;
        let form = match self.induction.shape {
            Shape::Mean(weight) => {
                let mut form = before;
                let weight = match weight {
                    Some(weight) => self.weight(weight, horizon)?,
                    None => self.one(),
                };
                form.add_scaled(&right_side.instance, &weight);
                let body = self.read(self.induction.body, 0, horizon, false)?;
                form.minus(&body)
            }
            Shape::Geometric(base) => {
                let base = self.reader.number(base)?;
                let mut form = before.scaled(&base);
                form.add_scaled(&right_side.instance, &(self.one() - base));
                form
            }
            Shape::Least => {
                let slope = self.slope(&right_side.factor)?;
                before.minus(&self.least().scaled(&slope))
            }
            Shape::Decay => before,
        };
        Ok(form.minus(&after))
    }

    fn end(&mut self) -> Translated<Form> {
        let end = self.reader.index.clone();
        let potential = self.potential(0, &end)?;
        match self.induction.shape {
            Shape::Mean(_) => return Ok(potential),
            Shape::Least => return self.end_of_least(potential),
            Shape::Geometric(_) | Shape::Decay => {}
        }
        let body = self.read(self.induction.body, 0, &end, false)?;
        let factor = self.factor_at_end()?;
        Ok(potential.scaled(&factor).minus(&body))
    }

    /// P(K) + E(K) − a·m.
    fn end_of_least(&mut self, mut potential: Form) -> Translated<Form> {
        let RightSide { factor, end, .. } = self.right_side(0)?;
        let value = self.value_at_index()?;
        potential.add_scaled(&end.with_atoms(|_| value), &self.one());
        let at_zero = self.one() - self.slope(&factor)?;
        Ok(potential.minus(&self.least().scaled(&at_zero)))
    }

    /// The atom of f at the index.
    fn value_at_index(&mut self) -> Translated<usize> {
        let form = self.reader.form(&Term::Element(ScalarSequence::Value, Index::Slot(0)))?;
        match form.atoms.iter().next() {
            Some((value, _)) => Ok(value),
            None => untranslatable(Untranslatable::WholeRun("f at the end")),
        }
    }

    /// c(K) where K is the index.
    fn factor_at_end(&mut self) -> Translated<Fraction> {
        let factor = self.right_side(0)?.factor;
        let (horizon, end) = (self.horizon()?, self.reader.index.clone());
        match variable_of(&horizon).map(|variable| factor.substitute(variable, &end)) {
            Some(Some(factor)) => Ok(factor),
            _ => untranslatable(Untranslatable::WholeRun("the right-hand side has no value at some K")),
        }
    }
}

/// What is not negative where a number is positive: its reciprocal, which has no value at 0.
pub fn positive(number: &Fraction) -> Translated<Form> {
    match number.field().one().divided_by(number) {
        Some(reciprocal) => Ok(Form::constant(reciprocal)),
        None => untranslatable(Untranslatable::Numbers("a factor that must be positive is 0")),
    }
}

/// The variable that a number is.
fn variable_of(number: &Fraction) -> Option<usize> {
    let polynomial = number.as_polynomial()?;
    match polynomial.variables()[..] {
        [variable] => (*polynomial == Polynomial::variable(variable)).then_some(variable),
        _ => None,
    }
}

/// What a right-hand side is taken apart by must not be known by other numbers.
fn of_its_own(number: Fraction, name: &str) -> Translated<Fraction> {
    match variable_of(&number) {
        Some(_) => Ok(number),
        None => untranslatable(Untranslatable::GivenByOthers(name.to_owned())),
    }
}

fn depends_on(number: &Fraction, variable: &Fraction) -> bool {
    let reads = |variable: usize| number.numerator().degree(variable) + number.denominator().degree(variable) > 0;
    variable_of(variable).is_some_and(reads)
}

/// The two coefficients of a form that is affine in a variable.
fn linear_in(form: &Form, variable: &Fraction) -> Translated<[Form; 2]> {
    let other = || untranslatable(NOT_BY_ONE_FACTOR);
    let Some(position) = variable_of(variable) else { return other() };
    let part = |degree: usize| {
        form.map(|coefficient| {
            let all = coefficient.numerator().coefficients_in(position);
            if all.len() > 2 || coefficient.denominator().degree(position) > 0 {
                return None;
            }
            let field = coefficient.field();
            all.get(degree)
                .map_or_else(|| Some(field.zero()), |above| field.fraction(above, &coefficient.denominator()))
        })
    };
    match (part(0), part(1)) {
        (Some(constant), Some(slope)) => Ok([constant, slope]),
        _ => other(),
    }
}
