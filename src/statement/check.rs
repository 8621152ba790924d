//! From syntax tree to checked term: resolves names, separates numbers, vectors and integers,
//! expands definitions, and refuses what has no meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Relation, Span};
use super::term::{Builtin, Condition, Index, Node, OfMethod, ScalarSequence, Term, Vector, VectorSequence};
use crate::number::Function;

/// A mistake in the meaning of an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    /// One sentence.
    pub message: String,
    /// The way out, where one is known.
    pub help: Option<String>,
    /// The definition in whose body the mistake stands, if it is not in the expression itself.
    pub definition: Option<String>,
    /// Place in the text of that expression.
    pub span: Span,
}

/// A definition with an index, such as `Psi[k]`.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The index names in order.
    pub indices: Vec<String>,
    /// The body.
    pub body: Expr,
}

/// The names that a statement declares.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Parameters in order.
    pub parameters: Vec<String>,
    /// Derived constants in order.
    pub constants: Vec<String>,
    /// Definitions.
    pub definitions: BTreeMap<String, Definition>,
    /// The random index, if one is declared.
    pub random: Option<String>,
    /// Constants that the instance proves, in order.
    pub given: Vec<String>,
    /// What stands for a name of the statement that is instantiated.
    pub substitutions: BTreeMap<String, Expr>,
    /// What the method names.
    pub method: MethodNames,
}

/// The names that statements about a method know from it.
#[derive(Clone, Debug, Default)]
pub struct MethodNames {
    /// Sequences of numbers.
    pub numbers: Vec<ScalarSequence>,
    /// Sequences of vectors.
    pub vectors: Vec<VectorSequence>,
    /// Vectors of each worker.
    pub by_worker: Vec<OfMethod>,
    /// Its starts, as names of numbers; the first is its own, which has none.
    pub starts: Vec<String>,
    /// Its parameters, then its constants.
    pub values: Vec<Arc<str>>,
    /// Whether it draws one estimate of the average a step and nothing for single workers, so that there is an error
    /// `e[k]`.
    pub has_error: bool,
}

impl MethodNames {
    /// All names.
    fn all(&self) -> impl Iterator<Item = &str> {
        let numbers = self.numbers.iter().map(ScalarSequence::name);
        let vectors = self.vectors.iter().map(VectorSequence::name);
        let by_worker = self.by_worker.iter().map(|quantity| &*quantity.name);
        numbers.chain(vectors).chain(by_worker).chain(self.starts.iter().skip(1).map(String::as_str))
    }
}

impl Names {
    /// Whether the statement declares the name.
    fn declares(&self, name: &str) -> bool {
        self.declared().any(|declared| declared == name)
    }

    /// All names that the statement declares.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        let plain = self.parameters.iter().chain(&self.constants).chain(&self.given).chain(&self.random);
        plain.chain(self.definitions.keys()).chain(self.substitutions.keys()).map(String::as_str)
    }

    /// Whether the name means anything but an index.
    fn means(&self, name: &str) -> bool {
        self.declares(name) || self.is_given(name)
    }

    /// Whether the language or the method gives the name a meaning.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        is_builtin_name(name) || self.method.all().any(|known| known == name)
    }

    /// The sequence of numbers of that name.
    fn numbers(&self, name: &str) -> Option<ScalarSequence> {
        let own = self.method.numbers.iter().find(|sequence| sequence.name() == name).cloned();
        own.or_else(|| ScalarSequence::from_name(name))
    }

    /// The sequence of vectors of that name.
    fn vectors(&self, name: &str) -> Option<VectorSequence> {
        let own = self.method.vectors.iter().find(|sequence| sequence.name() == name).cloned();
        own.or_else(|| VectorSequence::from_name(name))
    }
}

/// Deepest nesting of bound indices.
pub const MAX_SLOTS: usize = 8;
/// Deepest chain of definitions.
const MAX_EXPANSION: usize = 32;
/// Most parts of an expression whose definitions are written out, so that no input can exhaust
/// memory or the stack.
const MAX_NODES: usize = 2000;

type Checked<T> = Result<T, CheckError>;

enum Value {
    Number(Term),
    Vector(Vector),
}

/// What an index name stands for while a body is lowered.
#[derive(Clone)]
struct Bound {
    name: String,
    index: Index,
}

/// Lowers expressions under a set of names.
pub struct Checker<'a> {
    names: &'a Names,
    bound: Vec<Bound>,
    slots: usize,
    expanding: Vec<String>,
    nodes: usize,
}

fn fail<T>(message: impl Into<String>, span: &Span) -> Checked<T> {
    Err(CheckError { message: message.into(), help: None, definition: None, span: span.clone() })
}

fn fail_with_help<T>(message: impl Into<String>, help: impl Into<String>, span: &Span) -> Checked<T> {
    Err(CheckError { message: message.into(), help: Some(help.into()), definition: None, span: span.clone() })
}

impl<'a> Checker<'a> {
    /// A checker with no bound index.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Checker { names, bound: Vec::new(), slots: 0, expanding: Vec::new(), nodes: 0 }
    }

    /// Binds the next slot to `name` and returns the slot.
    ///
    /// # Errors
    /// When the nesting is too deep, or the name means something else.
    pub fn bind(&mut self, name: &str, span: &Span) -> Checked<usize> {
        if self.names.is_given(name) {
            return fail_with_help(
                format!("`{name}` is a builtin name and cannot be an index"),
                "choose another name, such as k, j or i",
                span,
            );
        }
        if self.names.declares(name) {
            return fail_with_help(
                format!("`{name}` is declared, and cannot be an index too"),
                "choose another name, such as k, j or i",
                span,
            );
        }
        if self.slots == MAX_SLOTS {
            return fail(format!("more than {MAX_SLOTS} nested indices"), span);
        }
        let slot = self.slots;
        self.slots += 1;
        self.bound.push(Bound { name: name.to_owned(), index: Index::Slot(slot) });
        Ok(slot)
    }

    fn unbind(&mut self) {
        self.bound.pop();
        self.slots -= 1;
    }

    /// Lowers a number-valued expression.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn number(&mut self, expr: &Expr) -> Checked<Term> {
        match self.value(expr)? {
            Value::Number(term) => Ok(term),
            Value::Vector(_) => fail_with_help(
                "this is a vector, a number is needed",
                "norm2(·), norm(·) and dot(·, ·) make numbers of vectors",
                &expr.span,
            ),
        }
    }

    fn vector(&mut self, expr: &Expr) -> Checked<Vector> {
        match self.value(expr)? {
            Value::Vector(vector) => Ok(vector),
            Value::Number(_) => fail("this is a number, a vector is needed", &expr.span),
        }
    }

    /// Lowers a condition.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn condition(&mut self, expr: &Expr) -> Checked<Condition> {
        let mut conjuncts = Vec::new();
        self.collect_conjuncts(expr, &mut conjuncts)?;
        Ok(Condition(conjuncts))
    }

    fn collect_conjuncts(&mut self, expr: &Expr, into: &mut Vec<(Term, Relation, Term)>) -> Checked<()> {
        match &expr.kind {
            ExprKind::And(left, right) => {
                self.collect_conjuncts(left, into)?;
                self.collect_conjuncts(right, into)
            }
            ExprKind::Compare { operands, relations } => {
                let terms = operands.iter().map(|o| self.number(o)).collect::<Checked<Vec<_>>>()?;
                for (i, relation) in relations.iter().enumerate() {
                    into.push((terms[i].clone(), *relation, terms[i + 1].clone()));
                }
                Ok(())
            }
            _ => fail_with_help("a condition is needed here", "for example `gamma <= gamma_max`", &expr.span),
        }
    }

    /// Lowers an integer expression.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn index(&mut self, expr: &Expr) -> Checked<Index> {
        match self.try_index(expr) {
            Some(index) => Ok(index),
            None => Err(self.index_defect(expr).unwrap_or_else(|| CheckError {
                message: "an index must be an integer expression".to_owned(),
                help: Some("it may use integers, bound indices, K, n, d, the random index and + - *".to_owned()),
                definition: None,
                span: expr.span.clone(),
            })),
        }
    }

    /// The part that keeps an expression from being an index, where that part is a name or an integer.
    fn index_defect(&self, expr: &Expr) -> Option<CheckError> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() && value.numer().to_i64().is_none() => Some(CheckError {
                message: "this integer does not fit 64 bits".to_owned(),
                help: None,
                definition: None,
                span: expr.span.clone(),
            }),
            ExprKind::Name(name) if self.index_name(name).is_none() && !self.names.means(name) => {
                Some(unbound(name, &expr.span))
            }
            ExprKind::Negate(inner) => self.index_defect(inner),
            ExprKind::Binary(_, left, right) => self.index_defect(left).or_else(|| self.index_defect(right)),
            _ => None,
        }
    }

    fn try_index(&self, expr: &Expr) -> Option<Index> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => value.numer().to_i64().map(Index::Literal),
            ExprKind::Name(name) => self.index_name(name),
            ExprKind::Negate(inner) => Some(Index::Sub(Box::new(Index::Literal(0)), Box::new(self.try_index(inner)?))),
            ExprKind::Binary(op, left, right) => {
                let make = match op {
                    BinaryOp::Add => Index::Add,
                    BinaryOp::Sub => Index::Sub,
                    BinaryOp::Mul => Index::Mul,
                    BinaryOp::Div | BinaryOp::Pow => return None,
                };
                Some(make(Box::new(self.try_index(left)?), Box::new(self.try_index(right)?)))
            }
            _ => None,
        }
    }

    fn index_name(&self, name: &str) -> Option<Index> {
        if let Some(bound) = self.bound.iter().rev().find(|b| b.name == name) {
            return Some(bound.index.clone());
        }
        match name {
            "K" => Some(Index::Horizon),
            "n" => Some(Index::Workers),
            "d" => Some(Index::Dimension),
            "inf" => Some(Index::Limit),
            _ if self.names.random.as_deref() == Some(name) => Some(Index::Random),
            _ => None,
        }
    }

    fn value(&mut self, expr: &Expr) -> Checked<Value> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return fail(format!("with its definitions written out this has more than {MAX_NODES} parts"), &expr.span);
        }
        let number = |term| Ok(Value::Number(term));
        match &expr.kind {
            ExprKind::Number(value) => number(Term::Number(value.clone())),
            ExprKind::Name(name) if name == "x_star" => Ok(Value::Vector(Vector::Minimiser)),
            ExprKind::Name(name) => self.name(name, &expr.span).map(Value::Number),
            ExprKind::Element { name, indices } => self.element(name, indices, &expr.span),
            ExprKind::Negate(inner) => Ok(match self.value(inner)? {
                Value::Number(term) => Value::Number(Term::Negate(Box::new(term))),
                Value::Vector(vector) => Value::Vector(Vector::Negate(Box::new(vector))),
            }),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, &expr.span),
            ExprKind::Compare { .. } | ExprKind::And(..) => {
                fail("a condition cannot stand where a value is needed", &expr.span)
            }
            ExprKind::Call { name, arguments } if name == "clip" => self.clip(arguments, &expr.span),
            ExprKind::Call { name, arguments } if name == "grad" || name == "worker_grad" => {
                self.gradient_at(name, arguments, &expr.span).map(Value::Vector)
            }
            ExprKind::Call { name, arguments } => self.call(name, arguments, &expr.span).map(Value::Number),
            ExprKind::Reduce { op, variable, from, to, body } => {
                let from = self.index(from)?;
                let to = self.index(to)?;
                let slot = self.bind(variable, &expr.span)?;
                let body_value = self.value(body);
                self.unbind();
                match body_value? {
                    Value::Number(term) => number(Term::Reduce { op: *op, slot, from, to, body: Box::new(term) }),
                    Value::Vector(vector) => match op {
                        ReduceOp::Sum | ReduceOp::Mean => {
                            Ok(Value::Vector(Vector::Reduce { op: *op, slot, from, to, body: Box::new(vector) }))
                        }
                        ReduceOp::Min | ReduceOp::Max => fail("vectors have no order", &body.span),
                    },
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition)?;
                let then = self.number(then)?;
                let otherwise = self.number(otherwise)?;
                number(Term::If(Box::new(condition), Box::new(then), Box::new(otherwise)))
            }
            ExprKind::Expectation { body, past } => {
                let value = self.value(body)?;
                let nested = match &value {
                    Value::Number(term) => term.has_expectation(),
                    Value::Vector(vector) => vector.has_expectation(),
                };
                if nested {
                    return fail("an expectation cannot stand inside another", &body.span);
                }
                match value {
                    Value::Number(term) => number(Term::Expectation { body: Box::new(term), past: *past }),
                    Value::Vector(vector) if *past => Ok(Value::Vector(Vector::Expectation(Box::new(vector)))),
                    Value::Vector(_) => fail_with_help(
                        "the expectation of a vector over the whole run is not recorded",
                        "write E[norm2(·)], or average over one step with E[· | past]",
                        &body.span,
                    ),
                }
            }
        }
    }

    fn name(&mut self, name: &str, span: &Span) -> Checked<Term> {
        match self.index_name(name) {
            Some(Index::Limit) => return fail("`inf` may only stand as an index or as the end of a range", span),
            Some(index) => return Ok(Term::Integer(index)),
            None => {}
        }
        if let Some(body) = self.names.substitutions.get(name) {
            return match self.expanded(name, body, Vec::new(), span)? {
                Value::Number(term) => Ok(term),
                Value::Vector(_) => fail(format!("what is substituted for `{name}` is a vector"), span),
            };
        }
        if let Some(i) = self.names.parameters.iter().position(|p| p == name) {
            return Ok(Term::Parameter(i));
        }
        if let Some(i) = self.names.given.iter().position(|g| g == name) {
            return Ok(Term::Given(i));
        }
        if let Some(i) = self.names.constants.iter().position(|c| c == name) {
            return Ok(Term::Constant(i));
        }
        if name == "L_hat" {
            let square = Box::new(Term::Builtin(Builtin::MeanSquareSmoothness));
            return Ok(Term::Apply(Function::Sqrt, square));
        }
        if let Some(builtin) = Builtin::from_name(name) {
            return Ok(Term::Builtin(builtin));
        }
        if let Some(start) = self.names.method.starts.iter().skip(1).position(|start| start == name) {
            return Ok(Term::Start(start + 1));
        }
        if let Some(position) = self.names.method.values.iter().position(|value| **value == *name) {
            return Ok(Term::Method(position, Arc::clone(&self.names.method.values[position])));
        }
        if self.names.numbers(name).is_some()
            || self.names.vectors(name).is_some()
            || self.names.definitions.contains_key(name)
        {
            return fail_with_help(format!("`{name}` is a sequence"), format!("write `{name}[k]`"), span);
        }
        self.unknown(name, span)
    }

    fn unknown<T>(&self, name: &str, span: &Span) -> Checked<T> {
        if name == "k" {
            return Err(unbound(name, span));
        }
        let known = self
            .names
            .parameters
            .iter()
            .chain(&self.names.constants)
            .chain(&self.names.given)
            .map(String::as_str)
            .chain(self.names.definitions.keys().map(String::as_str))
            .chain(Builtin::ALL.iter().map(|b| b.name()))
            .chain(VectorSequence::OF_EVERY_RUN.iter().map(VectorSequence::name))
            .chain(self.names.method.all())
            .chain(self.names.method.values.iter().map(|value| &**value))
            .chain(["f", "spectrum", "worker_grad", "K", "n", "d"])
            .chain(self.bound.iter().map(|b| b.name.as_str()));
        match closest(name, known) {
            Some(near) => fail_with_help(format!("unknown name `{name}`"), format!("did you mean `{near}`?"), span),
            None => fail_with_help(
                format!("unknown name `{name}`"),
                "declare it under [parameters], [constants] or [define]; `lemmata docs statements` lists the builtin ones",
                span,
            ),
        }
    }

    fn element(&mut self, name: &str, indices: &[Expr], span: &Span) -> Checked<Value> {
        let arity = |expected: usize| -> Checked<()> {
            if indices.len() == expected {
                Ok(())
            } else {
                let s = if expected == 1 { "index" } else { "indices" };
                fail(format!("`{name}` takes {expected} {s}, got {}", indices.len()), span)
            }
        };
        if let Some(definition) = self.names.definitions.get(name) {
            arity(definition.indices.len())?;
            return self.expand(name, definition, indices, span);
        }
        if name == "worker_grad" {
            arity(2)?;
            return Ok(Value::Vector(Vector::WorkerGradient(self.index(&indices[0])?, self.index(&indices[1])?)));
        }
        if let Some(quantity) = self.names.method.by_worker.iter().find(|quantity| *quantity.name == *name) {
            arity(2)?;
            let (worker, k) = (self.index(&indices[0])?, self.index(&indices[1])?);
            return Ok(Value::Vector(Vector::WorkerElement(quantity.clone(), worker, k)));
        }
        if let Some(sequence) = self.names.numbers(name) {
            arity(1)?;
            return Ok(Value::Number(Term::Element(sequence, self.index(&indices[0])?)));
        }
        if let Some(sequence) = self.names.vectors(name) {
            arity(1)?;
            let is_of_error = [VectorSequence::Error, VectorSequence::Bias, VectorSequence::Noise].contains(&sequence);
            if is_of_error && !self.names.method.has_error {
                return fail_with_help(
                    format!(
                        "there is no `{name}`: the method does not draw one estimate of the average, and nothing for workers, in a step"
                    ),
                    "write the difference that is meant, as in g[k] - grad[k]",
                    span,
                );
            }
            return Ok(Value::Vector(Vector::Element(sequence, self.index(&indices[0])?)));
        }
        if self.name(name, span).is_ok() {
            return fail(format!("`{name}` is not a sequence"), span);
        }
        self.unknown(name, span)
    }

    fn expand(&mut self, name: &str, definition: &Definition, indices: &[Expr], span: &Span) -> Checked<Value> {
        let actual = indices.iter().map(|i| self.index(i)).collect::<Checked<Vec<_>>>()?;
        let bound =
            definition.indices.iter().zip(actual).map(|(name, index)| Bound { name: name.clone(), index }).collect();
        self.expanded(name, &definition.body, bound, span)
    }

    /// The value of a definition's or substitution's body.
    fn expanded(&mut self, name: &str, body: &Expr, bound: Vec<Bound>, span: &Span) -> Checked<Value> {
        if self.expanding.iter().any(|n| n == name) {
            let cycle = self.expanding.join(" → ");
            return fail(format!("definitions run in a circle: {cycle} → {name}"), span);
        }
        if self.expanding.len() == MAX_EXPANSION {
            return fail(format!("definitions nest deeper than {MAX_EXPANSION}"), span);
        }
        // The body sees its own indices alone, not those of the place where it is used.
        let outer = std::mem::replace(&mut self.bound, bound);
        self.expanding.push(name.to_owned());
        let value = self.value(body);
        self.expanding.pop();
        self.bound = outer;
        value.map_err(|mut err| {
            err.definition.get_or_insert_with(|| name.to_owned());
            err
        })
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: &Span) -> Checked<Value> {
        if op == BinaryOp::Pow {
            let base = Box::new(self.number(left)?);
            return Ok(Value::Number(match self.try_index(right) {
                Some(exponent) => Term::PowInt(base, exponent),
                None => Term::PowReal(base, Box::new(self.number(right)?)),
            }));
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        use Value::{Number, Vector as Vec};
        Ok(match (op, left, right) {
            (BinaryOp::Add, Number(a), Number(b)) => Number(Term::Add(Box::new(a), Box::new(b))),
            (BinaryOp::Sub, Number(a), Number(b)) => Number(Term::Sub(Box::new(a), Box::new(b))),
            (BinaryOp::Mul, Number(a), Number(b)) => Number(Term::Mul(Box::new(a), Box::new(b))),
            (BinaryOp::Div, Number(a), Number(b)) => Number(Term::Div(Box::new(a), Box::new(b))),
            (BinaryOp::Add, Vec(a), Vec(b)) => Vec(Vector::Add(Box::new(a), Box::new(b))),
            (BinaryOp::Sub, Vec(a), Vec(b)) => Vec(Vector::Sub(Box::new(a), Box::new(b))),
            (BinaryOp::Mul, Number(a), Vec(b)) | (BinaryOp::Mul, Vec(b), Number(a)) => {
                Vec(Vector::Scale(Box::new(a), Box::new(b)))
            }
            (BinaryOp::Div, Vec(a), Number(b)) => {
                let reciprocal = Term::Div(Box::new(Term::Number(1.into())), Box::new(b));
                Vec(Vector::Scale(Box::new(reciprocal), Box::new(a)))
            }
            (op, _, _) => {
                return fail(format!("`{}` does not combine a number and a vector this way", op.symbol()), span);
            }
        })
    }

    /// `clip(tau, u)`, the projection of u on the ball of radius τ.
    fn clip(&mut self, arguments: &[Expr], span: &Span) -> Checked<Value> {
        let [threshold, vector] = arguments else {
            return fail(format!("`clip` takes 2 arguments, got {}", arguments.len()), span);
        };
        Ok(Value::Vector(Vector::Clip(Box::new(self.number(threshold)?), Box::new(self.vector(vector)?))))
    }

    /// `grad(y)` or `worker_grad(i, y)`.
    fn gradient_at(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Vector> {
        match (name, arguments) {
            ("grad", [y]) => Ok(Vector::GradientAt(None, Box::new(self.vector(y)?))),
            ("worker_grad", [worker, y]) => {
                Ok(Vector::GradientAt(Some(self.index(worker)?), Box::new(self.vector(y)?)))
            }
            _ => fail_with_help(
                format!("`{name}` takes {} here", if name == "grad" { "a vector" } else { "a worker and a vector" }),
                "for example grad(x_star) or worker_grad(i, x_star); at a point of the run grad[k], worker_grad[i, k]",
                span,
            ),
        }
    }

    /// Lowers an expression of either kind, for its mistakes alone.
    ///
    /// # Errors
    /// A [`CheckError`] with its place.
    pub fn either(&mut self, expr: &Expr) -> Checked<()> {
        self.value(expr).map(|_| ())
    }

    fn call(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Term> {
        let arity = |expected: usize| -> Checked<()> {
            if arguments.len() == expected {
                Ok(())
            } else {
                let s = if expected == 1 { "" } else { "s" };
                fail(format!("`{name}` takes {expected} argument{s}, got {}", arguments.len()), span)
            }
        };
        if let Some(function) = Function::from_name(name) {
            arity(1)?;
            return Ok(Term::Apply(function, Box::new(self.number(&arguments[0])?)));
        }
        match name {
            "f" => {
                arity(1)?;
                Ok(Term::ValueAt(Box::new(self.vector(&arguments[0])?)))
            }
            "norm2" | "norm" => {
                arity(1)?;
                let vector = Box::new(self.vector(&arguments[0])?);
                Ok(if name == "norm2" { Term::Norm2(vector) } else { Term::Norm(vector) })
            }
            "norm1" => {
                arity(1)?;
                Ok(Term::Norm1(Box::new(self.vector(&arguments[0])?)))
            }
            "dot" => {
                arity(2)?;
                Ok(Term::Dot(Box::new(self.vector(&arguments[0])?), Box::new(self.vector(&arguments[1])?)))
            }
            "min" | "max" => {
                if arguments.len() < 2 {
                    return fail_with_help(
                        format!("`{name}` takes at least 2 arguments, got {}", arguments.len()),
                        format!("over a range it is written `{name}(k in 0..K, …)`"),
                        span,
                    );
                }
                let mut terms = arguments.iter().map(|a| self.number(a)).collect::<Checked<Vec<_>>>()?.into_iter();
                let first = terms.next().unwrap_or(Term::Number(0.into()));
                Ok(terms.fold(first, |a, b| {
                    if name == "min" {
                        Term::Min(Box::new(a), Box::new(b))
                    } else {
                        Term::Max(Box::new(a), Box::new(b))
                    }
                }))
            }
            "sum" | "mean" => {
                fail_with_help(format!("`{name}` needs a range"), format!("write `{name}(k in 0..K, …)`"), span)
            }
            _ => {
                let others = FUNCTIONS.iter().map(|(name, ..)| *name);
                let known: Vec<&str> = Function::ALL.into_iter().map(Function::name).chain(others).collect();
                let help = closest(name, known.iter().copied()).map_or_else(
                    || format!("known functions: {}", known.join(", ")),
                    |n| format!("did you mean `{n}`?"),
                );
                fail_with_help(format!("unknown function `{name}`"), help, span)
            }
        }
    }
}

/// Functions besides those of one number: the name, how it is written, what it is.
pub const FUNCTIONS: [(&str, &str, &str); 12] = [
    ("norm2", "norm2(u)", "squared Euclidean norm of a vector"),
    ("norm", "norm(u)", "Euclidean norm"),
    ("norm1", "norm1(u)", "sum of the absolute values of the coordinates"),
    ("dot", "dot(u, w)", "inner product"),
    ("clip", "clip(tau, u)", "the vector, shortened to the length tau where it is longer"),
    ("min", "min(a, b), min(k in 0..K, a)", "least of numbers, or over a range"),
    ("max", "max(a, b), max(k in 0..K, a)", "largest of numbers, or over a range"),
    ("sum", "sum(k in 0..K, a)", "sum over a range"),
    ("mean", "mean(k in 0..K, a)", "mean over a range"),
    ("f", "f[k], f(u)", "the objective at x[k], or at a vector"),
    ("grad", "grad[k], grad(u)", "its gradient"),
    ("worker_grad", "worker_grad[i, k], worker_grad(i, u)", "the gradient of worker i"),
];

/// Whether the language itself gives the name a meaning.
#[must_use]
pub fn is_builtin_name(name: &str) -> bool {
    Builtin::from_name(name).is_some()
        || ScalarSequence::from_name(name).is_some()
        || VectorSequence::from_name(name).is_some()
        || ["K", "n", "d", "E", "past", "in", "and", "inf", "worker_grad", "if", "x_star", "L_hat"].contains(&name)
}

fn unbound(name: &str, span: &Span) -> CheckError {
    CheckError {
        message: format!("the index `{name}` is not bound"),
        help: Some(format!(
            "bind it by for_all = \"{name} in 0..K\" in the claim, by a range as in sum({name} in 0..K, …), or in the head of a definition"
        )),
        definition: None,
        span: span.clone(),
    }
}

/// The known name nearest to a misspelt one, if any is near.
#[must_use]
pub fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(name.len()) / 4 && candidate.len() > 1)
        .min()
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// How a term depends on what a run supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependence {
    /// Not at all.
    None,
    /// As a linear combination, so that expectations pass through.
    Linear,
    /// Otherwise.
    Other,
}

/// How `term` depends on the run's quantities: values, norms and products of its sequences.
#[must_use]
pub fn dependence(term: &Term) -> Dependence {
    use Dependence::{Linear, None, Other};
    let nonlinear = |d: Dependence| if d == None { None } else { Other };
    match term {
        Term::Number(_)
        | Term::Parameter(_)
        | Term::Constant(_)
        | Term::Builtin(_)
        | Term::Given(_)
        | Term::Method(..)
        | Term::Start(_)
        | Term::Integer(_) => None,
        Term::Element(
            ScalarSequence::Schedule(..) | ScalarSequence::Spectrum | ScalarSequence::WorkerSmoothness,
            _,
        ) => None,
        Term::Element(ScalarSequence::Value | ScalarSequence::Quantity(_) | ScalarSequence::Distance, _)
        | Term::ValueAt(_)
        | Term::Norm2(_)
        | Term::Dot(..) => Linear,
        Term::Norm(_) | Term::Norm1(_) => Other,
        Term::Negate(a) | Term::Expectation { body: a, .. } => dependence(a),
        Term::Add(a, b) | Term::Sub(a, b) => dependence(a).max(dependence(b)),
        Term::Mul(a, b) => match (dependence(a), dependence(b)) {
            (None, d) | (d, None) => d,
            _ => Other,
        },
        Term::Div(a, b) => {
            if dependence(b) == None {
                dependence(a)
            } else {
                Other
            }
        }
        Term::PowInt(a, _) | Term::Apply(_, a) => nonlinear(dependence(a)),
        Term::PowReal(a, b) | Term::Min(a, b) | Term::Max(a, b) => nonlinear(dependence(a).max(dependence(b))),
        Term::Reduce { op: ReduceOp::Sum | ReduceOp::Mean, body, .. } => dependence(body),
        Term::Reduce { body, .. } => nonlinear(dependence(body)),
        Term::If(condition, a, b) => {
            let inner = condition.0.iter().map(|(l, _, r)| dependence(l).max(dependence(r))).max().unwrap_or(None);
            nonlinear(inner).max(dependence(a)).max(dependence(b))
        }
    }
}

/// Whether `term` mentions a quantity of the run outside every expectation, other than what is
/// known before the first step: `f[0]`, `grad[0]`, `x[0]` and the steps themselves.
#[must_use]
pub fn random_outside_expectation(term: &Term) -> bool {
    fn known_at_start(sequence: &VectorSequence, index: &Index) -> bool {
        matches!(sequence, VectorSequence::Gradient | VectorSequence::Point) && *index == Index::Literal(0)
    }
    match term {
        Term::Expectation { .. } => false,
        Term::Element(ScalarSequence::Value | ScalarSequence::Distance, index) => *index != Index::Literal(0),
        Term::Element(ScalarSequence::Quantity(_), _) => true,
        Term::Norm2(_) | Term::Norm(_) | Term::Norm1(_) | Term::Dot(..) | Term::ValueAt(_) => {
            term.any(|node| match node {
                Node::Vector(Vector::Element(sequence, index)) => !known_at_start(sequence, index),
                Node::Vector(Vector::WorkerGradient(_, k)) => *k != Index::Literal(0),
                Node::Vector(Vector::WorkerElement(..)) => true,
                _ => false,
            })
        }
        Term::Negate(a) | Term::Apply(_, a) | Term::PowInt(a, _) | Term::Reduce { body: a, .. } => {
            random_outside_expectation(a)
        }
        Term::Add(a, b)
        | Term::Sub(a, b)
        | Term::Mul(a, b)
        | Term::Div(a, b)
        | Term::PowReal(a, b)
        | Term::Min(a, b)
        | Term::Max(a, b) => random_outside_expectation(a) || random_outside_expectation(b),
        Term::If(condition, a, b) => {
            condition.0.iter().any(|(l, _, r)| random_outside_expectation(l) || random_outside_expectation(r))
                || random_outside_expectation(a)
                || random_outside_expectation(b)
        }
        Term::Number(_)
        | Term::Parameter(_)
        | Term::Constant(_)
        | Term::Builtin(_)
        | Term::Given(_)
        | Term::Method(..)
        | Term::Start(_)
        | Term::Integer(_)
        | Term::Element(..) => false,
    }
}
