//! A statement's expressions as forms: affine in values of f, quadratic in vectors, rational in numbers.

use super::invariants::no_run_decides;
use super::method::{Run, Value};
use super::norms::norm;
use super::numbers::{Kind, Numbers};
use super::scalars::power;
use super::stop::{Translated, untranslatable};
use super::unknowns::Unknowns;
use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;
use crate::number::Function;
use crate::prove::problem::{Combination, Form};
use crate::statement::Statement;
use crate::statement::syntax::{ReduceOp, Relation};
use crate::statement::term::{Builtin, Condition, Index, Node, OfMethod, ScalarSequence, Term, Vector};

/// Constants of the instance that a claim may be linear in alone.
pub const ATOMS: [Builtin; 5] = [
    Builtin::LowerBound,
    Builtin::AbsoluteError,
    Builtin::AbsoluteBias,
    Builtin::NoiseVariance,
    Builtin::Heterogeneity,
];

/// Those of them that are parts of models, and not negative.
pub const NOT_NEGATIVE: [Builtin; 4] =
    [Builtin::AbsoluteError, Builtin::AbsoluteBias, Builtin::NoiseVariance, Builtin::Heterogeneity];

/// What f[K] is called where K is not the index.
pub const AT_END: &str = "f at the end";

/// How what speaks of a whole run is read at one index.
pub struct WholeRun<'s> {
    /// What K is.
    pub horizon: Fraction,
    /// Whether numbers as indices of the run count from the index.
    pub relative: bool,
    /// The base of powers with the exponent K, and what stands for the power.
    pub power: Option<(&'s Term, Fraction)>,
    /// What is summed over the run, and what stands for the sum.
    pub total: Option<(&'s Term, Fraction)>,
}

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
    pub constants: Vec<Option<Form>>,
    /// Vectors that the statement names, with their names.
    pub named_vectors: Vec<(String, Combination)>,
    /// Vectors that forms were made of.
    pub used: Vec<Combination>,
    /// Whether what is read stands inside E[· | past].
    pub inside: bool,
    /// The slot of the worker over whom a mean is read.
    pub worker: Option<usize>,
    /// How whole runs are read, where they are taken apart.
    pub whole: Option<WholeRun<'a>>,
    /// Whether one run is looked at in which nothing is drawn, so that sums over its steps can be written out.
    pub is_one_run: bool,
    /// Indices of sums that are written out: slots with what they are.
    pub slots: Vec<(usize, Fraction)>,
    /// Whether constants of which only lemmas are used are numbers of their own.
    pub by_lemmas: bool,
    /// The time at which, before there is a run, numbers that the method keeps are read.
    pub kept_at: Option<i64>,
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
        let (named_vectors, used) = (Vec::new(), Vec::new());
        let (run, whole, inside) = (None, None, false);
        let (worker, is_one_run, slots) = (None, false, Vec::new());
        Reader {
            statement,
            index,
            origin,
            start,
            run,
            numbers,
            unknowns,
            constants,
            named_vectors,
            used,
            inside,
            worker,
            whole,
            is_one_run,
            slots,
            by_lemmas: true,
            kept_at: None,
        }
    }

    /// A number that no run decides.
    pub fn number(&mut self, term: &Term) -> Translated<Fraction> {
        let form = self.form(term)?;
        match form.as_constant() {
            Some(value) => Ok(value.clone()),
            None => untranslatable(Untranslatable::Expression(
                "a number of the run stands where one of the parameters is needed",
            )),
        }
    }

    /// Whether a term is a number that no run decides.
    pub fn is_number(&self, term: &Term) -> bool {
        !term.any(|node| {
            matches!(node, Node::Vector(_) | Node::Term(Term::Element(..) | Term::Norm(_) | Term::ValueAt(_)))
        })
    }

    /// rhs − lhs of a step of the proof at the index.
    pub fn step(&mut self, (lhs, rhs): &(Term, Term)) -> Translated<Form> {
        self.numbers.of_hint = true;
        let sides = self.form(lhs).and_then(|lhs| Ok((lhs, self.form(rhs)?)));
        self.numbers.of_hint = false;
        let (lhs, rhs) = sides?;
        Ok(rhs.minus(&lhs))
    }

    /// Any number.
    pub fn form(&mut self, term: &Term) -> Translated<Form> {
        if let Some(value) = self.of_whole(term) {
            return Ok(Form::constant(value));
        }
        let field = self.numbers.field.clone();
        match term {
            Term::Number(value) => Ok(Form::constant(field.constant(value.clone()))),
            Term::Parameter(position) => self.named(Kind::Parameter, &self.statement.parameters[*position].name),
            Term::Constant(position) => self.constant(*position),
            Term::Builtin(builtin) => self.builtin(*builtin),
            Term::Given(position) => self.named(Kind::Constant, &self.statement.given[*position].name),
            Term::Method(position, name) => match self.run {
                Some(run) => run.value(*position, self.numbers).map(Form::constant),
                None => untranslatable(Untranslatable::BeforeAnyClaim(name.to_string())),
            },
            Term::Start(position) => self.is_start(*position),
            Term::Integer(index) => self.index(index).map(Form::constant),
            Term::Element(sequence, index) => self.element(sequence, index),
            Term::ValueAt(y) => {
                let point = self.point_at(y)?;
                self.atom(self.unknowns.points[point].value)
            }
            Term::Norm2(u) => {
                let u = self.used(u)?;
                Ok(self.unknowns.square(&u))
            }
            Term::Dot(u, w) => {
                let (u, w) = (self.used(u)?, self.used(w)?);
                Ok(self.unknowns.product(&u, &w))
            }
            Term::Norm(u) => self.length(u).map(Form::constant),
            Term::Norm1(_) => untranslatable(Untranslatable::Function("norm1")),
            Term::Negate(a) => Ok(self.form(a)?.scaled(&-field.one())),
            Term::Add(a, b) => self.sum(a, b, &field.one()),
            Term::Sub(a, b) => self.sum(a, b, &-field.one()),
            Term::Mul(a, b) => self.product(a, b),
            Term::Div(a, b) => {
                let divisor = self.number(b)?;
                let factor = self.numbers.quotient(&field.one(), &divisor)?;
                Ok(self.form(a)?.scaled(&factor))
            }
            Term::PowInt(a, exponent) => self.power(a, exponent).map(Form::constant),
            Term::Apply(function, a) => self.function(*function, a).map(Form::constant),
            Term::Min(a, b) => self.extreme(a, b, Relation::LessEqual),
            Term::Max(a, b) => self.extreme(a, b, Relation::GreaterEqual),
            Term::If(condition, a, b) => {
                let chosen = if self.holds(condition)? { a } else { b };
                self.form(chosen)
            }
            Term::Expectation { body, past: true } => self.in_mean(body),
            Term::Expectation { body, past: false } if self.whole.is_some() || self.is_one_run => self.form(body),
            Term::Expectation { past: false, .. } => {
                untranslatable(Untranslatable::Expression("an expectation over the whole run"))
            }
            Term::Reduce { op, slot, from, to, body } => self.reduced(*op, (*slot, from, to), body),
            Term::PowReal(..) => untranslatable(Untranslatable::Expression("a power whose exponent is no integer")),
        }
    }

    /// A number under its name.
    fn named(&mut self, kind: Kind, name: &str) -> Translated<Form> {
        self.numbers.named(kind, name).map(Form::constant)
    }

    /// 1 where the run has that start, and else 0.
    fn is_start(&mut self, position: usize) -> Translated<Form> {
        match self.start {
            Some(start) => Ok(Form::constant(self.numbers.rational(i32::from(start == position)))),
            None if self.whole.is_some() => self.named(Kind::Special, &format!("start{position}")),
            None => untranslatable(Untranslatable::Expression("what depends on the start stands at a general index")),
        }
    }

    fn length(&mut self, u: &Vector) -> Translated<Fraction> {
        self.refuse_length()?;
        let u = self.used(u)?;
        norm(&u, self.numbers, self.unknowns)
    }

    fn power(&mut self, a: &Term, exponent: &Index) -> Translated<Fraction> {
        let (base, exponent) = (self.number(a)?, self.index(exponent)?);
        if exponent.as_constant().is_none_or(|exponent| *exponent < 0) {
            self.numbers.divide_by(&base);
        }
        power(&base, &exponent)
    }

    fn function(&mut self, function: Function, a: &Term) -> Translated<Fraction> {
        match function {
            Function::Sqrt => {
                let a = self.number(a)?;
                self.numbers.root(&a)
            }
            Function::PositivePart => {
                let (a, zero) = (self.number(a)?, self.numbers.rational(0));
                Ok(if self.numbers.holds(&a, Relation::GreaterEqual, &zero)? { a } else { zero })
            }
            _ => untranslatable(Untranslatable::Function(function.name())),
        }
    }

    /// What stands inside E[· | past].
    fn in_mean(&mut self, body: &Term) -> Translated<Form> {
        let outside = std::mem::replace(&mut self.inside, true);
        let form = self.form(body);
        self.inside = outside;
        form
    }

    /// A sum, mean, min or max over the workers or over an index.
    fn reduced(&mut self, op: ReduceOp, (slot, from, to): (usize, &Index, &Index), body: &Term) -> Translated<Form> {
        match (op, from, to) {
            (ReduceOp::Mean, Index::Literal(0), Index::Workers) => self.over_workers(slot, |reader| reader.form(body)),
            _ if self.is_one_run => self.written_out(op, (slot, from, to), body),
            _ => untranslatable(Untranslatable::Expression("a sum, mean, min or max over an index")),
        }
    }

    /// Lengths are numbers of one step: none for a whole run that is taken apart, nor for a hint about all steps.
    pub(super) fn refuse_length(&self) -> Translated<()> {
        match self.whole.is_some() || self.numbers.of_hint {
            true => untranslatable(Untranslatable::Expression(
                "a norm that is not squared, in a claim about whole runs or in a hint",
            )),
            false => Ok(()),
        }
    }

    /// What stands for a part of a right-hand side that depends on K.
    fn of_whole(&self, term: &Term) -> Option<Fraction> {
        let whole = self.whole.as_ref()?;
        match (term, &whole.power, &whole.total) {
            (Term::PowInt(own, Index::Horizon), Some((base, power)), _) if **own == **base => Some(power.clone()),
            (Term::Reduce { op: ReduceOp::Sum, slot: 0, from, to, body }, _, Some((weight, total)))
                if *from == Index::Literal(0) && *to == Index::Horizon && **body == **weight =>
            {
                Some(total.clone())
            }
            _ => None,
        }
    }

    /// A sum or mean over indices that are numbers, summand by summand.
    pub(super) fn written_out(
        &mut self,
        op: ReduceOp,
        (slot, from, to): (usize, &Index, &Index),
        body: &Term,
    ) -> Translated<Form> {
        let ends =
            [self.index(from)?, self.index(to)?].map(|end| end.as_constant().and_then(|end| end.numer().to_i64()));
        let [Some(from), Some(to)] = ends else {
            return untranslatable(Untranslatable::Expression("a sum whose ends are no numbers"));
        };
        let count = to - from;
        if !(1..=MOST_SUMMANDS).contains(&count) {
            return untranslatable(Untranslatable::Expression("a sum of no or too many summands"));
        }
        let factor = match op {
            ReduceOp::Mean => self.numbers.rational((1, count)),
            ReduceOp::Min | ReduceOp::Max if count > 1 => {
                return untranslatable(Untranslatable::Expression("the least or greatest of several"));
            }
            _ => self.numbers.rational(1),
        };
        let mut sum = Form::constant(self.numbers.field.zero());
        for index in from..to {
            self.slots.push((slot, self.numbers.rational(index)));
            let summand = self.form(body);
            self.slots.pop();
            sum.add_scaled(&summand?, &factor);
        }
        Ok(sum)
    }

    /// Reads what stands in a mean over the workers.
    pub(super) fn over_workers<T>(
        &mut self,
        slot: usize,
        read: impl FnOnce(&mut Self) -> Translated<T>,
    ) -> Translated<T> {
        if self.worker.is_some() {
            return untranslatable(Untranslatable::Expression("a mean over the workers within another"));
        }
        self.worker = Some(slot);
        let value = read(self);
        self.worker = None;
        value
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
            _ => untranslatable(Untranslatable::Expression("a product of two numbers of the run")),
        }
    }

    fn extreme(&mut self, a: &Term, b: &Term, kept: Relation) -> Translated<Form> {
        let (left, right) = (self.form(a)?, self.form(b)?);
        let factors = match (left.as_constant(), right.as_constant()) {
            (Some(left), Some(right)) => Some((left.clone(), right.clone())),
            _ => self.multiples_of_one(&left, &right),
        };
        match factors {
            Some((a, b)) => Ok(if self.numbers.prefers(&a, kept, &b)? { left } else { right }),
            None => untranslatable(Untranslatable::Expression("the least or greatest of numbers of the run")),
        }
    }

    /// The factors of two multiples of one number that is not negative.
    fn multiples_of_one(&self, a: &Form, b: &Form) -> Option<(Fraction, Fraction)> {
        let of = |form: &Form| {
            let mut atoms = form.atoms.iter();
            let (atom, factor) = atoms.next()?;
            let is_alone = atoms.next().is_none() && form.products().next().is_none() && form.constant.is_zero();
            let is_part = |name: &str| NOT_NEGATIVE.iter().any(|builtin| builtin.name() == name);
            (is_alone && is_part(&self.unknowns.atoms[atom].name)).then(|| (atom, factor.clone()))
        };
        let zero = || self.numbers.field.zero();
        match (of(a), of(b)) {
            (Some((of_a, a)), Some((of_b, b))) => (of_a == of_b).then_some((a, b)),
            (Some((_, a)), None) if b.is_zero() => Some((a, zero())),
            (None, Some((_, b))) if a.is_zero() => Some((zero(), b)),
            _ => None,
        }
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

    fn constant(&mut self, position: usize) -> Translated<Form> {
        if let Some(known) = &self.constants[position] {
            return Ok(known.clone());
        }
        let constant = &self.statement.constants[position];
        let (hints, name) = (&self.statement.hints, &constant.name);
        let value = match (hints.bounded.contains(name), hints.by_lemmas.contains(name) && self.by_lemmas) {
            (_, true) => Form::constant(self.numbers.named(Kind::Bounded, name)?),
            (true, false) => Form::constant(self.bounded(name, &constant.term)?),
            (false, false) => self.form(&constant.term)?,
        };
        self.constants[position] = Some(value.clone());
        Ok(value)
    }

    /// A least of numbers as one that is at most each of them, and above 0 where all are: whatever is shown of all
    /// such numbers is so of the least.
    fn bounded(&mut self, name: &str, term: &Term) -> Translated<Fraction> {
        let (a, b) = match term {
            Term::If(condition, a, b) => {
                let chosen = if self.holds(condition)? { a } else { b };
                return self.bounded(name, chosen);
            }
            Term::Min(a, b) => (self.number(a)?, self.number(b)?),
            other => return self.number(other),
        };
        let number = self.numbers.named(Kind::Bounded, name)?;
        for end in [&a, &b] {
            self.numbers.learn(&(end - &number), false, name)?;
        }
        if let (Some(of_a), Some(of_b)) = (self.numbers.sign(&a), self.numbers.sign(&b))
            && !of_a.negative
            && !of_b.negative
        {
            self.numbers.learn(&number, of_a.strict && of_b.strict, name)?;
        }
        Ok(number)
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
            | Builtin::RelativeNoise
            | Builtin::GradientBound
            | Builtin::VisitedGradientBound
            | Builtin::LargestSmoothness
            | Builtin::MeanSquareSmoothness => Ok(Form::constant(self.numbers.named(Kind::Constant, builtin.name())?)),
            _ => untranslatable(Untranslatable::NoFact(builtin.name())),
        }
    }

    pub(super) fn atom(&self, position: usize) -> Translated<Form> {
        if !self.inside && !self.unknowns.atoms[position].is_past {
            return untranslatable(Untranslatable::OutsideOfMean);
        }
        Ok(Form::atom(position, &self.numbers.field))
    }

    fn element(&mut self, sequence: &ScalarSequence, index: &Index) -> Translated<Form> {
        if *sequence == ScalarSequence::Value
            && *index == Index::Horizon
            && self.whole.as_ref().is_some_and(|w| w.relative)
        {
            return Ok(Form::atom(self.unknowns.atom(AT_END, true), &self.numbers.field));
        }
        // Numbers that no run decides are the same from wherever they are looked at.
        let index = match sequence {
            ScalarSequence::Value => self.of_run(index)?,
            _ => self.index(index)?,
        };
        let time = self.time(&index)?;
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
                _ => untranslatable(Untranslatable::NoElement(quantity.name.to_string())),
            },
            (ScalarSequence::Quantity(OfMethod { position, name, first: Some(first) }), None)
                if self.kept_at == Some(time - first) && no_run_decides(&self.statement.method, *position) =>
            {
                Ok(Form::constant(self.numbers.named(Kind::State, name)?))
            }
            _ => untranslatable(Untranslatable::Sequence(sequence.name().to_owned())),
        }
    }

    /// An index as a number.
    pub(super) fn index(&mut self, index: &Index) -> Translated<Fraction> {
        Ok(match index {
            Index::Literal(value) => self.numbers.rational(*value),
            Index::Slot(slot) if self.worker == Some(*slot) => {
                return untranslatable(Untranslatable::Expression("the number of a worker"));
            }
            Index::Slot(slot) => match self.slots.iter().rfind(|(own, _)| own == slot) {
                Some((_, index)) => index.clone(),
                None if *slot == 0 => self.index.clone(),
                None => return untranslatable(Untranslatable::Expression("an index of a sum")),
            },
            Index::Horizon => match &self.whole {
                Some(whole) => whole.horizon.clone(),
                None => self.numbers.named(Kind::Index, "K")?,
            },
            Index::Workers => self.numbers.count("n")?,
            Index::Dimension => self.numbers.count("d")?,
            Index::Random if self.whole.is_some() => self.index.clone(),
            Index::Random => return untranslatable(Untranslatable::Expression("a random index")),
            Index::Limit => return untranslatable(Untranslatable::Expression("a limit")),
            Index::Add(a, b) => self.index(a)? + self.index(b)?,
            Index::Sub(a, b) => self.index(a)? - self.index(b)?,
            Index::Mul(a, b) => self.index(a)? * self.index(b)?,
        })
    }

    /// The index of a number or a vector of the run.
    pub(super) fn of_run(&mut self, index: &Index) -> Translated<Fraction> {
        let own = self.index(index)?;
        let is_number = match index {
            Index::Literal(_) => true,
            Index::Sub(a, b) => matches!((&**a, &**b), (Index::Literal(_), Index::Literal(_))),
            _ => false,
        };
        let is_relative = is_number && self.whole.as_ref().is_some_and(|whole| whole.relative);
        Ok(if is_relative { own + &self.index } else { own })
    }

    /// The time of an index near the claim's own.
    pub fn time(&mut self, index: &Fraction) -> Translated<i64> {
        match time_of(index, &self.origin) {
            Some(time) => Ok(time),
            None => untranslatable(Untranslatable::DistantIndex),
        }
    }
}

/// Most summands of a sum that is written out.
const MOST_SUMMANDS: i64 = 16;

/// How many steps an index is from time 0.
pub fn time_of(index: &Fraction, origin: &Fraction) -> Option<i64> {
    let difference = index - origin;
    difference.as_constant().filter(|time| time.is_integer()).and_then(|time| time.numer().to_i64())
}

/// The value of a quantity at the index of that time.
pub fn value_of<'r>(run: &'r Run<'_>, quantity: &OfMethod, time: i64) -> Option<&'r Value> {
    match quantity.first {
        Some(first) => run.state(quantity.position, time - first),
        None => run.line(quantity.position, time),
    }
}
