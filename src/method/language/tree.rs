//! A method as typed trees: what its file says, with names resolved. Programs are compiled from it.

use std::sync::Arc;

use rug::Rational;

use super::program::compile;
use crate::number::Function;
use crate::statement::check::MethodNames;
use crate::statement::syntax::{BinaryOp, Relation};
use crate::statement::term::{Derived, OfMethod, ScalarSequence, VectorSequence};

/// A method: states, and the lines of a step in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// Identifier.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Parameters in the order of the file.
    pub parameters: Vec<Parameter>,
    /// Parameters, by position, that have an exact value which follows from the others and the instance's constants.
    pub bound: Vec<(usize, Number)>,
    /// Constants that follow from parameters and the instance's constants, each from those before it.
    pub constants: Vec<(String, Number)>,
    /// Numbers in k.
    pub schedules: Vec<(String, Number)>,
    /// Names of its operators, and what each is to be.
    pub operators: Vec<(String, String)>,
    /// Everything that a line can write, the point first.
    pub quantities: Vec<Quantity>,
    /// States with their starts, in the order in which these are evaluated.
    pub states: Vec<State>,
    /// What the start is called that the states' own rules make.
    pub own_start: String,
    /// Other starts: for some of the states another rule.
    pub starts: Vec<Start>,
    /// One step.
    pub lines: Vec<Line>,
    /// Quantities whose line's draw another line repeats.
    pub repeated: Vec<usize>,
    /// Sequences that follow from the others.
    pub derived: Vec<Arc<Derived>>,
}

/// The unit of the size of a step along a gradient.
const STEP_UNIT: &str = "x^2/f";

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// The range as written.
    pub range: String,
    /// Lower end.
    pub lower: End,
    /// Upper end.
    pub upper: End,
    /// Whether it is an integer.
    pub integer: bool,
    /// The value where a statement gives none.
    pub default: Option<Number>,
    /// Meaning.
    pub doc: String,
    /// Units.
    pub unit: String,
}

/// One end of a parameter's range.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Its value; none for `inf`.
    pub value: Option<Number>,
    /// Whether the value itself belongs to the range.
    pub closed: bool,
}

/// What a line or a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number, or one for each worker.
    Number,
    /// A vector, or one for each worker.
    Vector,
}

/// Something with a name that a step writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Name.
    pub name: String,
    /// Number or vector.
    pub shape: Shape,
    /// Whether each worker has its own.
    pub by_worker: bool,
    /// The index of its first value, where it is a state; a line of step k has index k.
    pub first: Option<i64>,
}

/// Where the first value of a state comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// An expression at x_0, before step 0.
    Number(Number),
    /// An expression at x_0, before step 0.
    Vector(Vector),
    /// The value of this line of step 0.
    Line(usize),
    /// Given by the instance.
    Any,
}

/// A state's start.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Which quantity.
    pub quantity: usize,
    /// Its start where no other is chosen.
    pub rule: Rule,
}

/// Another start than the method's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Name.
    pub name: String,
    /// The states that begin otherwise.
    pub states: Vec<State>,
}

/// `name = expression`, or `name[i] = expression` for every worker i.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it writes.
    pub quantity: usize,
    /// What is written.
    pub value: Value,
}

/// A constant that the instance proves of its problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// `L`: smoothness.
    Smoothness,
    /// `mu`: the PL constant.
    Pl,
    /// `mu_sc`: strong convexity.
    StrongConvexity,
    /// `f_star`: the infimum.
    Infimum,
}

impl Known {
    /// All of them by name.
    pub const ALL: [(&'static str, Known); 4] =
        [("L", Known::Smoothness), ("mu", Known::Pl), ("mu_sc", Known::StrongConvexity), ("f_star", Known::Infimum)];
}

/// A number or a vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A vector.
    Vector(Vector),
}

/// A bound worker: how many enclose the one that binds it.
pub type Worker = usize;

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// A literal.
    Literal(Rational),
    /// A parameter, by position.
    Parameter(usize),
    /// A constant, by position.
    Constant(usize),
    /// A schedule's number of this step, by position.
    Schedule(usize),
    /// A constant of the instance.
    Known(Known),
    /// `k`.
    Step,
    /// `K`.
    Horizon,
    /// `n`.
    Workers,
    /// `d`.
    Dimension,
    /// The newest value of a quantity, of a worker where each has its own.
    Quantity(usize, Option<Worker>),
    /// `norm2(u)`.
    Norm2(Box<Vector>),
    /// `norm(u)`.
    Norm(Box<Vector>),
    /// `dot(u, w)`.
    Dot(Box<Vector>, Box<Vector>),
    /// `f(y)`.
    Value(Box<Vector>),
    /// `-a`.
    Negate(Box<Number>),
    /// `a op b`.
    Binary(BinaryOp, Box<Number>, Box<Number>),
    /// `sqrt(a)` and its like.
    Function(Function, Box<Number>),
    /// `min(a, b, …)`.
    Min(Vec<Number>),
    /// `max(a, b, …)`.
    Max(Vec<Number>),
    /// `mod(k, T)`.
    Modulo(Box<Number>, Box<Number>),
    /// `if(condition, a, b)`.
    If(Condition, Box<Number>, Box<Number>),
    /// `sum(i in 0..n, a)` or, divided by n, `mean`.
    OverWorkers(Mean, Box<Number>),
    /// `sample_workers(b)`, all of the right-hand side of a line of every worker: 1 for each of the b workers that
    /// the step draws, every set of b as likely as any other, and 0 for the rest.
    Sampled(Box<Number>),
}

/// Whether a sum over the workers is divided by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// A sum.
    Sum,
    /// A mean.
    Mean,
}

/// A vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// `zero`.
    Zero,
    /// `ones`.
    Ones,
    /// The newest value of a quantity, of a worker where each has its own.
    Quantity(usize, Option<Worker>),
    /// `u + w`.
    Add(Box<Vector>, Box<Vector>),
    /// `u - w`.
    Subtract(Box<Vector>, Box<Vector>),
    /// `-u`.
    Negate(Box<Vector>),
    /// `a*u`.
    Scale(Box<Number>, Box<Vector>),
    /// `u/a`.
    Divide(Box<Vector>, Box<Number>),
    /// `grad(y)`.
    Gradient(Box<Vector>),
    /// `worker_grad(i, y)`.
    WorkerGradient(Worker, Box<Vector>),
    /// `estimate(y)`.
    Estimate(Box<Vector>),
    /// `same_draw(g, y)`: the estimate at y with the draw of the line that sets g.
    SameDraw(usize, Box<Vector>),
    /// `worker_estimate(i, y)`.
    WorkerEstimate(Worker, Box<Vector>),
    /// `clip(a, u)`.
    Clip(Box<Number>, Box<Vector>),
    /// `box(a, b, u)`.
    Box(Box<Number>, Box<Number>, Box<Vector>),
    /// `normalize(u)` and its like.
    Map(Map, Box<Vector>),
    /// `quotients(u, w)` and its like.
    Elementwise(Elementwise, Box<Vector>, Box<Vector>),
    /// One of the method's operators, by position.
    Operator(usize, Box<Vector>),
    /// `if(condition, u, w)`.
    If(Condition, Box<Vector>, Box<Vector>),
    /// `sum(i in 0..n, u)` or, divided by n, `mean`.
    OverWorkers(Mean, Box<Vector>),
}

/// A function of one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// u/‖u‖; no value at zero.
    Normalize,
    /// Signs, 0 at 0.
    Sign,
    /// (‖u‖₁/d)·sign(u).
    ScaledSign,
    /// Squares of the coordinates.
    Squares,
    /// Square roots of the coordinates.
    Roots,
}

impl Map {
    /// All of them by name.
    pub const ALL: [(&'static str, Map); 5] = [
        ("normalize", Map::Normalize),
        ("sign", Map::Sign),
        ("scaled_sign", Map::ScaledSign),
        ("squares", Map::Squares),
        ("roots", Map::Roots),
    ];
}

/// A function of two vectors, coordinate by coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    /// Products.
    Products,
    /// Quotients; no value where a divisor is zero.
    Quotients,
}

impl Elementwise {
    /// All of them by name.
    pub const ALL: [(&'static str, Elementwise); 2] =
        [("products", Elementwise::Products), ("quotients", Elementwise::Quotients)];
}

/// A conjunction of comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(pub Vec<(Number, Relation, Number)>);

impl Method {
    /// Names of the starts, its own first.
    pub fn start_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.own_start.as_str()).chain(self.starts.iter().map(|start| start.name.as_str()))
    }

    /// What statements about it can name.
    #[must_use]
    pub fn names(&self) -> MethodNames {
        let mut names = MethodNames {
            starts: self.start_names().map(|name| name.replace('-', "_")).collect(),
            has_error: compile(self, None, 1).is_some_and(|program| program.draws_one_average()),
            ..MethodNames::default()
        };
        for (position, (name, _)) in self.schedules.iter().enumerate() {
            names.numbers.push(ScalarSequence::Schedule(position, name.as_str().into()));
        }
        // x is known to every statement.
        for (position, quantity) in self.quantities.iter().enumerate().skip(1) {
            let own = OfMethod { position, name: quantity.name.as_str().into(), first: quantity.first };
            match (quantity.shape, quantity.by_worker) {
                (Shape::Number, false) => names.numbers.push(ScalarSequence::Quantity(own)),
                (Shape::Vector, false) => names.vectors.push(VectorSequence::Quantity(own)),
                (Shape::Vector, true) => names.by_worker.push(own),
                (Shape::Number, true) => {}
            }
        }
        names.vectors.extend(self.derived.iter().map(|derived| VectorSequence::Derived(Arc::clone(derived))));
        let parameters = self.parameters.iter().map(|parameter| parameter.name.as_str());
        names.values = parameters.chain(self.constants.iter().map(|(name, _)| name.as_str())).map(Arc::from).collect();
        names
    }

    /// What an operator is to be.
    #[must_use]
    pub fn operator(&self, name: &str) -> Option<&str> {
        self.operators.iter().find(|(own, _)| own == name).map(|(_, is)| is.as_str())
    }

    /// The vectors that it keeps from step to step besides x, of no worker.
    pub fn vector_states(&self) -> impl Iterator<Item = OfMethod> + '_ {
        let states = self.quantities.iter().enumerate().skip(1);
        let states = states.filter(|(_, own)| own.first.is_some() && own.shape == Shape::Vector && !own.by_worker);
        states.map(|(position, own)| OfMethod { position, name: own.name.as_str().into(), first: own.first })
    }

    /// The parameter that is the size of a step, by its unit.
    #[must_use]
    pub fn step_size(&self) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.unit == STEP_UNIT).map(|parameter| parameter.name.as_str())
    }

    /// Position of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.name == name)
    }
}

impl Value {
    /// Whether it reads the newest value of the quantity.
    #[must_use]
    pub fn reads(&self, quantity: usize) -> bool {
        self.part().any(|part| part.quantity().is_some_and(|(own, _)| own == quantity))
    }

    /// Whether what a line of every worker says reads the quantity of other workers than its own.
    #[must_use]
    pub fn reads_other_workers(&self, quantity: usize) -> bool {
        self.part().any(|part| part.quantity().is_some_and(|(own, worker)| own == quantity && worker != Some(0)))
    }

    /// The whole of it.
    #[must_use]
    pub fn part(&self) -> Part<'_> {
        match self {
            Value::Number(a) => Part::Number(a),
            Value::Vector(u) => Part::Vector(u),
        }
    }
}

/// A part of an expression.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A number.
    Number(&'a Number),
    /// A vector.
    Vector(&'a Vector),
}

impl<'a> Part<'a> {
    /// Whether it or one of its parts is such.
    #[must_use]
    pub fn any(self, test: impl Fn(Part<'_>) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |part| found |= test(part));
        found
    }

    /// Shows every part, itself included.
    pub fn walk(self, see: See<'_, 'a>) {
        match self {
            Part::Number(a) => a.walk(see),
            Part::Vector(u) => u.walk(see),
        }
    }

    /// The quantity whose newest value it is, and the worker whose it is.
    #[must_use]
    pub fn quantity(self) -> Option<(usize, Option<Worker>)> {
        match self {
            Part::Number(Number::Quantity(own, worker)) | Part::Vector(Vector::Quantity(own, worker)) => {
                Some((*own, *worker))
            }
            _ => None,
        }
    }
}

/// What parts of an expression are shown to.
type See<'s, 'a> = &'s mut dyn FnMut(Part<'a>);

impl Number {
    /// Whether it is a whole number in every instance, where those parameters are.
    #[must_use]
    pub fn is_whole(&self, parameter: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Number::Literal(value) => value.is_integer(),
            Number::Step | Number::Horizon | Number::Workers | Number::Dimension => true,
            Number::Parameter(position) => parameter(*position),
            Number::Negate(a) => a.is_whole(parameter),
            Number::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, a, b) | Number::Modulo(a, b) => {
                a.is_whole(parameter) && b.is_whole(parameter)
            }
            _ => false,
        }
    }

    fn walk<'a>(&'a self, see: See<'_, 'a>) {
        see(Part::Number(self));
        match self {
            Number::Norm2(u) | Number::Norm(u) | Number::Value(u) => u.walk(see),
            Number::Dot(u, w) => {
                u.walk(see);
                w.walk(see);
            }
            Number::Negate(a) | Number::Function(_, a) | Number::OverWorkers(_, a) | Number::Sampled(a) => a.walk(see),
            Number::Binary(_, a, b) | Number::Modulo(a, b) => {
                a.walk(see);
                b.walk(see);
            }
            Number::Min(all) | Number::Max(all) => all.iter().for_each(|a| a.walk(see)),
            Number::If(condition, a, b) => {
                condition.walk(see);
                a.walk(see);
                b.walk(see);
            }
            Number::Literal(_)
            | Number::Parameter(_)
            | Number::Constant(_)
            | Number::Schedule(_)
            | Number::Known(_)
            | Number::Step
            | Number::Horizon
            | Number::Workers
            | Number::Dimension
            | Number::Quantity(..) => {}
        }
    }
}

impl Vector {
    fn walk<'a>(&'a self, see: See<'_, 'a>) {
        see(Part::Vector(self));
        match self {
            Vector::Zero | Vector::Ones | Vector::Quantity(..) => {}
            Vector::Add(u, w) | Vector::Subtract(u, w) | Vector::Elementwise(_, u, w) => {
                u.walk(see);
                w.walk(see);
            }
            Vector::Scale(a, u) | Vector::Divide(u, a) | Vector::Clip(a, u) => {
                a.walk(see);
                u.walk(see);
            }
            Vector::Box(a, b, u) => {
                a.walk(see);
                b.walk(see);
                u.walk(see);
            }
            Vector::Negate(u)
            | Vector::Gradient(u)
            | Vector::WorkerGradient(_, u)
            | Vector::Estimate(u)
            | Vector::SameDraw(_, u)
            | Vector::WorkerEstimate(_, u)
            | Vector::Map(_, u)
            | Vector::Operator(_, u)
            | Vector::OverWorkers(_, u) => u.walk(see),
            Vector::If(condition, u, w) => {
                condition.walk(see);
                u.walk(see);
                w.walk(see);
            }
        }
    }
}

impl Condition {
    fn walk<'a>(&'a self, see: See<'_, 'a>) {
        for (a, _, b) in &self.0 {
            a.walk(see);
            b.walk(see);
        }
    }
}
