//! A statement's expressions as forms: affine in values of f, quadratic in vectors, rational in numbers.

use super::method::{Run, Value, index_name, power};
use super::numbers::{Kind, Numbers};
use super::stop::{Translated, untranslatable};
use super::unknowns::Unknowns;
use crate::algebra::Fraction;
use crate::number::Function;
use crate::prove::problem::{Combination, Form};
use crate::statement::Statement;
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Condition, Index, OfMethod, ScalarSequence, Term, Vector, VectorSequence};

/// Constants of the instance that a claim may be linear in alone.
const ATOMS: [Builtin; 4] =
    [Builtin::LowerBound, Builtin::AbsoluteError, Builtin::AbsoluteBias, Builtin::NoiseVariance];

/// Reads expressions of one case.
pub struct Reader<'c, 'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The claim's own index.
    pub index: Fraction,
    /// k at time 0.
    pub origin: Fraction,
    /// The start of the run where it is known.
    pub start: Option<usize>,
    /// The run, once it is made.
    pub run: Option<&'c Run<'a>>,
    /// Numbers.
    pub numbers: &'c mut Numbers,
    /// Unknowns.
    pub unknowns: &'c mut Unknowns,
    /// Constants of the statement, as far as they were needed.
    pub constants: Vec<Option<Fraction>>,
    /// Vectors that the statement names, with their names.
    pub spoken: Vec<(String, Combination)>,
    /// Vectors that forms were made of.
    pub used: Vec<Combination>,
    /// Whether what is read stands inside E[· | past].
    pub inside: bool,
}

impl<'c, 'a> Reader<'c, 'a> {
    /// Reads what no run decides, at the index.
    pub fn new(
        statement: &'a Statement,
        (origin, index): (Fraction, Fraction),
        start: Option<usize>,
        numbers: &'c mut Numbers,
        unknowns: &'c mut Unknowns,
    ) -> Self {
        let constants = vec![None; statement.constants.len()];
        let (spoken, used) = (Vec::new(), Vec::new());
        Reader { statement, index, origin, start, run: None, numbers, unknowns, constants, spoken, used, inside: false }
    }

    /// A number that no run decides.
    pub fn number(&mut self, term: &Term) -> Translated<Fraction> {
        let form = self.form(term)?;
        match form.as_constant() {
            Some(value) => Ok(value.clone()),
            None => untranslatable("a number of the run stands where one of the parameters is needed"),
        }
    }

    /// Any number.
    pub fn form(&mut self, term: &Term) -> Translated<Form> {
        let field = self.numbers.field.clone();
        let number = |value: Fraction| Ok(Form::constant(value));
        match term {
            Term::Number(value) => number(field.constant(value.clone())),
            Term::Parameter(position) => {
                number(self.numbers.named(Kind::Parameter, &self.statement.parameters[*position].name)?)
            }
            Term::Constant(position) => number(self.constant(*position)?),
            Term::Builtin(builtin) => self.builtin(*builtin),
            Term::Given(position) => number(self.numbers.named(Kind::Constant, &self.statement.given[*position].name)?),
            Term::Method(_, name) => untranslatable(format!("`{name}` of the method")),
            Term::Start(position) => match self.start {
                Some(start) => number(field.constant(i32::from(start == *position))),
                None => untranslatable("what depends on the start stands at a general index"),
            },
            Term::Integer(index) => number(self.index(index)?),
            Term::Element(sequence, index) => self.element(sequence, index),
            Term::ValueAt(y) => {
                let y = self.vector(y)?;
                let point = self.point(&y)?;
                self.atom(self.unknowns.points[point].value)
            }
            Term::Norm2(u) => {
                let u = self.used(u)?;
                Ok(Form::square(&u, &field))
            }
            Term::Dot(u, w) => {
                let (u, w) = (self.used(u)?, self.used(w)?);
                Ok(Form::product(&u, &w, &field))
            }
            Term::Norm(_) | Term::Norm1(_) => untranslatable("a norm that is not squared"),
            Term::Negate(a) => Ok(self.form(a)?.scaled(&-field.one())),
            Term::Add(a, b) => self.sum(a, b, &field.one()),
            Term::Sub(a, b) => self.sum(a, b, &-field.one()),
            Term::Mul(a, b) => self.product(a, b),
            Term::Div(a, b) => {
                let divisor = self.number(b)?;
                let factor = self.numbers.quotient(&field.one(), &divisor)?;
                Ok(self.form(a)?.scaled(&factor))
            }
            Term::PowInt(a, exponent) => {
                let (base, exponent) = (self.number(a)?, self.index(exponent)?);
                number(power(&base, &exponent)?)
            }
            Term::Apply(Function::Sqrt, a) => {
                let a = self.number(a)?;
                number(self.numbers.root(&a)?)
            }
            Term::Min(a, b) => self.extreme(a, b, Relation::LessEqual),
            Term::Max(a, b) => self.extreme(a, b, Relation::GreaterEqual),
            Term::If(condition, a, b) => {
                let chosen = if self.holds(condition)? { a } else { b };
                self.form(chosen)
            }
            Term::Expectation { body, past: true } => {
                let outside = std::mem::replace(&mut self.inside, true);
                let form = self.form(body);
                self.inside = outside;
                form
            }
            Term::Expectation { past: false, .. } => untranslatable("an expectation over the whole run"),
            Term::Reduce { .. } => untranslatable("a sum, mean, min or max over an index"),
            Term::PowReal(..) => untranslatable("a power whose exponent is no integer"),
            Term::Apply(function, _) => untranslatable(format!("{}()", function.name())),
        }
    }

    fn sum(&mut self, a: &Term, b: &Term, factor: &Fraction) -> Translated<Form> {
        let mut sum = self.form(a)?;
        let summand = self.form(b)?;
        sum.add_scaled(&summand, factor);
        Ok(sum)
    }

    fn product(&mut self, a: &Term, b: &Term) -> Translated<Form> {
        let (a, b) = (self.form(a)?, self.form(b)?);
        match (a.as_constant(), b.as_constant()) {
            (Some(factor), _) => Ok(b.scaled(factor)),
            (_, Some(factor)) => Ok(a.scaled(factor)),
            _ => untranslatable("a product of two numbers of the run"),
        }
    }

    fn extreme(&mut self, a: &Term, b: &Term, kept: Relation) -> Translated<Form> {
        let (left, right) = (self.number(a)?, self.number(b)?);
        Ok(Form::constant(if self.numbers.holds(&left, kept, &right)? { left } else { right }))
    }

    /// Whether a condition holds in this case.
    pub fn holds(&mut self, condition: &Condition) -> Translated<bool> {
        for (left, relation, right) in &condition.0 {
            let (left, right) = (self.number(left)?, self.number(right)?);
            if !self.numbers.holds(&left, *relation, &right)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn constant(&mut self, position: usize) -> Translated<Fraction> {
        if let Some(known) = &self.constants[position] {
            return Ok(known.clone());
        }
        let value = self.number(&self.statement.constants[position].term)?;
        self.constants[position] = Some(value.clone());
        Ok(value)
    }

    fn builtin(&mut self, builtin: Builtin) -> Translated<Form> {
        if ATOMS.contains(&builtin) {
            let position = self.unknowns.atom(builtin.name(), true);
            return Ok(Form::atom(position, &self.numbers.field));
        }
        match builtin {
            Builtin::Smoothness
            | Builtin::Pl
            | Builtin::StrongConvexity
            | Builtin::RelativeError
            | Builtin::RelativeBias
            | Builtin::RelativeNoise => Ok(Form::constant(self.numbers.named(Kind::Constant, builtin.name())?)),
            _ => untranslatable(format!("`{}`, of which no fact is known here", builtin.name())),
        }
    }

    fn atom(&self, position: usize) -> Translated<Form> {
        if !self.inside && !self.unknowns.atoms[position].is_past {
            return untranslatable("what the draw decides stands outside E[· | past]");
        }
        Ok(Form::atom(position, &self.numbers.field))
    }

    fn element(&mut self, sequence: &ScalarSequence, index: &Index) -> Translated<Form> {
        let time = self.time(index)?;
        match (sequence, self.run) {
            (ScalarSequence::Value, Some(_)) => {
                let point = self.point_of_run(time)?;
                self.atom(self.unknowns.points[point].value)
            }
            (ScalarSequence::Schedule(position, _), Some(run)) => {
                let value = run.schedule(*position, time, self.numbers)?;
                Ok(Form::constant(value))
            }
            (ScalarSequence::Quantity(quantity), Some(run)) => match value_of(run, quantity, time) {
                Some(Value::Number(value)) => Ok(Form::constant(value.clone())),
                _ => untranslatable(format!("`{}` at that index", quantity.name)),
            },
            _ => untranslatable(format!("`{}`", sequence.name())),
        }
    }

    /// An index as a number.
    fn index(&mut self, index: &Index) -> Translated<Fraction> {
        Ok(match index {
            Index::Literal(value) => self.numbers.rational(*value),
            Index::Slot(0) => self.index.clone(),
            Index::Slot(_) => return untranslatable("an index of a sum"),
            Index::Horizon => self.numbers.named(Kind::Index, "K")?,
            Index::Workers => self.numbers.named(Kind::Index, "n")?,
            Index::Dimension => self.numbers.named(Kind::Index, "d")?,
            Index::Random => return untranslatable("a random index"),
            Index::Limit => return untranslatable("a limit"),
            Index::Add(a, b) => self.index(a)? + self.index(b)?,
            Index::Sub(a, b) => self.index(a)? - self.index(b)?,
            Index::Mul(a, b) => self.index(a)? * self.index(b)?,
        })
    }

    /// The time of an index near the claim's own.
    fn time(&mut self, index: &Index) -> Translated<i64> {
        let index = self.index(index)?;
        match time_of(&index, &self.origin) {
            Some(time) => Ok(time),
            None => untranslatable("an index that is not a fixed number of steps from the claim's own"),
        }
    }

    /// The point x of that time, by number.
    fn point_of_run(&mut self, time: i64) -> Translated<usize> {
        let Some(Value::Vector(at)) = self.run.and_then(|run| run.state(0, time)).cloned() else {
            return untranslatable("x at an index before the run that is looked at");
        };
        let name = format!("x[{}]", index_name(time, &self.origin));
        Ok(self.unknowns.point(&at, &|| name.clone()))
    }

    /// The point at a vector.
    fn point(&mut self, at: &Combination) -> Translated<usize> {
        let count = self.unknowns.points.len();
        Ok(self.unknowns.point(at, &|| format!("y{count}")))
    }

    /// A vector that a form is made of.
    fn used(&mut self, vector: &Vector) -> Translated<Combination> {
        let value = self.vector(vector)?;
        if !self.inside && !self.unknowns.is_past(&value) {
            return untranslatable("what the draw decides stands outside E[· | past]");
        }
        self.used.push(value.clone());
        Ok(value)
    }

    /// A vector.
    fn vector(&mut self, vector: &Vector) -> Translated<Combination> {
        let one = self.numbers.field.one();
        Ok(match vector {
            Vector::Element(sequence, index) => {
                let index = self.index(index)?;
                self.sequence(sequence, &index)?
            }
            Vector::GradientAt(None, y) => {
                let y = self.vector(y)?;
                let point = self.point(&y)?;
                self.unknowns.points[point].gradient.clone()
            }
            Vector::Negate(u) => self.vector(u)?.scaled(&-one),
            Vector::Add(u, w) => {
                let mut sum = self.vector(u)?;
                sum.add_scaled(&self.vector(w)?, &one);
                sum
            }
            Vector::Sub(u, w) => self.vector(u)?.minus(&self.vector(w)?),
            Vector::Scale(a, u) => {
                let factor = self.number(a)?;
                self.vector(u)?.scaled(&factor)
            }
            Vector::Minimiser => return untranslatable("x_star"),
            Vector::Clip(..) => return untranslatable("clip()"),
            Vector::Expectation(_) => return untranslatable("the expectation of a vector"),
            Vector::WorkerGradient(..) | Vector::WorkerElement(..) | Vector::GradientAt(Some(_), _) => {
                return untranslatable("a vector of one worker");
            }
            Vector::Reduce { .. } => return untranslatable("a sum or mean of vectors over an index"),
        })
    }

    /// Notes the name of a vector, and returns it.
    fn speak(&mut self, name: String, vector: &Combination) -> Combination {
        if self.spoken.iter().all(|(_, own)| own != vector) {
            self.spoken.push((name, vector.clone()));
        }
        vector.clone()
    }

    fn sequence(&mut self, sequence: &VectorSequence, index: &Fraction) -> Translated<Combination> {
        let missing = || untranslatable(format!("`{}` at that index", sequence.name()));
        let (Some(run), Some(time)) = (self.run, time_of(index, &self.origin)) else { return missing() };
        let name = format!("{}[{}]", sequence.name(), index_name(time, &self.origin));
        match sequence {
            VectorSequence::Quantity(quantity) => match value_of(run, quantity, time) {
                Some(Value::Vector(value)) => Ok(self.speak(name, value)),
                _ => missing(),
            },
            VectorSequence::Point => match run.state(0, time) {
                Some(Value::Vector(value)) => Ok(value.clone()),
                _ => missing(),
            },
            VectorSequence::Gradient => {
                let point = self.point_of_run(time)?;
                Ok(self.unknowns.points[point].gradient.clone())
            }
            VectorSequence::Error => match run.error(time) {
                Some(drawn) => Ok(self.speak(name, &drawn.error)),
                None => missing(),
            },
            VectorSequence::Bias | VectorSequence::Noise => {
                let part = usize::from(*sequence == VectorSequence::Noise);
                match run.error(time).and_then(|drawn| drawn.parts.as_ref()) {
                    Some(parts) => Ok(self.speak(name, &parts[part])),
                    None => missing(),
                }
            }
            VectorSequence::Derived(derived) => {
                let at = self.absolute(index);
                let mut sum = Combination::zero();
                for (factor, part, of) in derived.parts(at) {
                    let index = index + self.numbers.rational(of - at);
                    let vector = self.sequence(part, &index)?;
                    sum.add_scaled(&vector, &self.numbers.rational(factor.clone()));
                }
                Ok(sum)
            }
        }
    }

    /// The index as a number; at a general index one that is no first index of anything.
    fn absolute(&self, index: &Fraction) -> i64 {
        match index.as_constant() {
            Some(index) => index.to_f64() as i64,
            None => FAR + time_of(index, &self.origin).unwrap_or(0),
        }
    }
}

/// An index that stands for a general one.
const FAR: i64 = 1 << 20;

/// How many steps an index is from time 0.
fn time_of(index: &Fraction, origin: &Fraction) -> Option<i64> {
    let difference = index - origin;
    difference.as_constant().filter(|time| time.is_integer()).and_then(|time| time.numer().to_i64())
}

/// The value of a quantity at the index of that time.
fn value_of<'r>(run: &'r Run<'_>, quantity: &OfMethod, time: i64) -> Option<&'r Value> {
    match quantity.first {
        Some(first) => run.state(quantity.position, time - first),
        None => run.line(quantity.position, time),
    }
}
