//! From syntax to typed trees: names resolved, numbers and vectors told apart, every mistake at its place.

use super::tree::{Condition, Elementwise, Known, Map, Mean, Number, Quantity, Shape, Value, Vector, Worker};
use crate::number::Function;
use crate::statement::check::{CheckError, closest};
use crate::statement::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Span};

pub(super) type Checked<T> = Result<T, CheckError>;

/// Deepest nesting of sums over the workers.
pub(super) const MOST_WORKERS_BOUND: usize = 4;

/// What the names of a method mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub parameters: Vec<String>,
    /// Those of the parameters, by position, that are integers.
    pub integers: Vec<usize>,
    pub constants: Vec<String>,
    pub schedules: Vec<String>,
    pub operators: Vec<String>,
    pub quantities: Vec<Quantity>,
    /// Those that a line has set by an estimate of the average.
    pub drawn: Vec<usize>,
}

impl Names {
    /// The declared names.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.parameters, &self.constants, &self.schedules, &self.operators];
        let lists = lists.into_iter().flatten().map(String::as_str);
        lists.chain(self.quantities.iter().map(|quantity| quantity.name.as_str()))
    }

    /// Whether the name is declared.
    pub fn declares(&self, name: &str) -> bool {
        self.declared().any(|known| known == name)
    }
}

/// Names that the language itself gives a meaning.
pub(super) fn is_reserved(name: &str) -> bool {
    let words = ["k", "K", "n", "d", "zero", "ones", "any", "if", "in", "and", "E", "past", "inf", "mod", "dot"];
    let calls = [
        "f",
        "grad",
        "worker_grad",
        "estimate",
        "worker_estimate",
        "same_draw",
        "sample_workers",
        "norm",
        "norm2",
        "clip",
        "box",
        "min",
        "max",
    ];
    let errors = ["e", "b", "nu", "B", "C", "B_b", "C_b", "M", "sigma2", "zeta2", "G", "G_run", "x_star", "dist2"];
    words.contains(&name)
        || calls.contains(&name)
        || errors.contains(&name)
        || Known::ALL.iter().any(|(known, _)| *known == name)
        || Map::ALL.iter().any(|(known, _)| *known == name)
        || Elementwise::ALL.iter().any(|(known, _)| *known == name)
        || ReduceOp::from_name(name).is_some()
        || Function::from_name(name).is_some()
}

/// What may stand in an expression besides numbers of the instance and the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// A constant: nothing of the run.
    Constant,
    /// A schedule: the step's number.
    Schedule,
    /// A start or a line.
    Line,
}

/// Lowers the expressions of one place.
pub(super) struct Checker<'a> {
    pub names: &'a Names,
    pub place: Position,
    /// Names of the bound workers, the outermost first.
    pub workers: Vec<String>,
    /// Calls of an estimate so far.
    pub calls: usize,
    /// Whether one of them draws an estimate of the average.
    pub draws: bool,
    /// The quantity whose line's draw is repeated, if any.
    pub repeats: Option<usize>,
    /// Whether workers are sampled.
    pub samples: bool,
    /// How many choices enclose the place.
    choices: usize,
}

fn fail<T>(message: impl Into<String>, help: Option<&str>, span: &Span) -> Checked<T> {
    let help = help.map(str::to_owned);
    Err(CheckError { message: message.into(), help, definition: None, span: span.clone() })
}

impl<'a> Checker<'a> {
    pub fn new(names: &'a Names, place: Position) -> Self {
        Checker { names, place, workers: Vec::new(), calls: 0, draws: false, repeats: None, samples: false, choices: 0 }
    }

    pub fn number(&mut self, expr: &Expr) -> Checked<Number> {
        match self.value(expr)? {
            Value::Number(number) => Ok(number),
            Value::Vector(_) => fail(
                "this is a vector, a number is needed",
                Some("norm2(u), norm(u) and dot(u, w) are numbers"),
                &expr.span,
            ),
        }
    }

    pub fn vector(&mut self, expr: &Expr) -> Checked<Vector> {
        match self.value(expr)? {
            Value::Vector(vector) => Ok(vector),
            Value::Number(_) => fail("this is a number, a vector is needed", None, &expr.span),
        }
    }

    pub fn value(&mut self, expr: &Expr) -> Checked<Value> {
        match &expr.kind {
            ExprKind::Number(value) => Ok(Value::Number(Number::Literal(value.clone()))),
            ExprKind::Name(name) => self.name(name, &expr.span),
            ExprKind::Element { name, indices } => self.element(name, indices, &expr.span),
            ExprKind::Negate(inner) => Ok(match self.value(inner)? {
                Value::Number(a) => Value::Number(Number::Negate(Box::new(a))),
                Value::Vector(u) => Value::Vector(Vector::Negate(Box::new(u))),
            }),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, &expr.span),
            ExprKind::Call { name, arguments } => self.call(name, arguments, &expr.span),
            ExprKind::Reduce { op, variable, from, to, body } => {
                self.over_workers(*op, variable, (from, to), body, &expr.span)
            }
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition)?;
                self.choices += 1;
                let values = (self.value(then), self.value(otherwise));
                self.choices -= 1;
                match (values.0?, values.1?) {
                    (Value::Number(a), Value::Number(b)) => {
                        Ok(Value::Number(Number::If(condition, Box::new(a), Box::new(b))))
                    }
                    (Value::Vector(u), Value::Vector(w)) => {
                        Ok(Value::Vector(Vector::If(condition, Box::new(u), Box::new(w))))
                    }
                    _ => fail("one branch is a number and the other a vector", None, &expr.span),
                }
            }
            ExprKind::Compare { .. } | ExprKind::And(..) => fail(
                "a condition stands here, a value is needed",
                Some("if(condition, a, b) chooses between two"),
                &expr.span,
            ),
            ExprKind::Expectation { .. } => fail("a method has no expectations", None, &expr.span),
        }
    }

    fn name(&mut self, name: &str, span: &Span) -> Checked<Value> {
        let position = |names: &[String]| names.iter().position(|known| known == name);
        if let Some(parameter) = position(&self.names.parameters) {
            return Ok(Value::Number(Number::Parameter(parameter)));
        }
        if let Some(constant) = position(&self.names.constants) {
            return Ok(Value::Number(Number::Constant(constant)));
        }
        if let Some((_, known)) = Known::ALL.iter().find(|(known, _)| *known == name) {
            return Ok(Value::Number(Number::Known(*known)));
        }
        let number = match name {
            "n" => Some(Number::Workers),
            "d" => Some(Number::Dimension),
            "K" => Some(Number::Horizon),
            "k" if self.place != Position::Constant => Some(Number::Step),
            _ => None,
        };
        if let Some(number) = number {
            return Ok(Value::Number(number));
        }
        if self.place == Position::Line {
            if let Some(schedule) = position(&self.names.schedules) {
                return Ok(Value::Number(Number::Schedule(schedule)));
            }
            match name {
                "zero" => return Ok(Value::Vector(Vector::Zero)),
                "ones" => return Ok(Value::Vector(Vector::Ones)),
                _ => {}
            }
        }
        self.quantity(name, None, span)
    }

    /// The newest value of a quantity, of a bound worker where it has one for each.
    fn quantity(&self, name: &str, worker: Option<Worker>, span: &Span) -> Checked<Value> {
        let found = self.names.quantities.iter().position(|quantity| quantity.name == name);
        let Some(position) = found.filter(|_| self.place == Position::Line) else {
            return self.unknown(name, span);
        };
        let quantity = &self.names.quantities[position];
        match (quantity.by_worker, worker) {
            (true, None) => fail(
                format!("each worker has its own `{name}`"),
                Some("write an index, as in mean(i in 0..n, h[i])"),
                span,
            ),
            (false, Some(_)) => fail(format!("`{name}` is no worker's"), Some("leave the index away"), span),
            _ => Ok(match quantity.shape {
                Shape::Number => Value::Number(Number::Quantity(position, worker)),
                Shape::Vector => Value::Vector(Vector::Quantity(position, worker)),
            }),
        }
    }

    fn unknown<T>(&self, name: &str, span: &Span) -> Checked<T> {
        let help = match closest(name, self.names.declared()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a line reads parameters, constants, schedules, states, and lines before it".to_owned(),
        };
        fail(format!("`{name}` has no value here"), Some(&help), span)
    }

    fn element(&mut self, name: &str, indices: &[Expr], span: &Span) -> Checked<Value> {
        let [index] = indices else { return fail("one worker is needed", None, span) };
        let worker = self.worker(index)?;
        self.quantity(name, Some(worker), span)
    }

    fn worker(&self, index: &Expr) -> Checked<Worker> {
        let bound = match &index.kind {
            ExprKind::Name(name) => self.workers.iter().rposition(|bound| bound == name),
            _ => None,
        };
        let help = "a line of every worker binds one, as h[i] = …, and so does mean(i in 0..n, …); the newest value has no step";
        bound.map_or_else(|| fail("this is no bound worker", Some(help), &index.span), Ok)
    }

    fn over_workers(
        &mut self,
        op: ReduceOp,
        variable: &str,
        (from, to): (&Expr, &Expr),
        body: &Expr,
        span: &Span,
    ) -> Checked<Value> {
        let all = matches!(&from.kind, ExprKind::Number(zero) if *zero == 0)
            && matches!(&to.kind, ExprKind::Name(name) if name == "n");
        let mean = match op {
            ReduceOp::Sum => Mean::Sum,
            ReduceOp::Mean => Mean::Mean,
            ReduceOp::Min | ReduceOp::Max => return fail("a method has sums and means over workers alone", None, span),
        };
        if !all {
            return fail("a sum of a method goes over all workers", Some("write i in 0..n"), span);
        }
        self.bind(variable, span)?;
        let value = self.value(body);
        self.workers.pop();
        Ok(match value? {
            Value::Number(a) => Value::Number(Number::OverWorkers(mean, Box::new(a))),
            Value::Vector(u) => Value::Vector(Vector::OverWorkers(mean, Box::new(u))),
        })
    }

    /// Binds a worker.
    pub fn bind(&mut self, name: &str, span: &Span) -> Checked<()> {
        if self.workers.len() == MOST_WORKERS_BOUND {
            return fail(format!("more than {MOST_WORKERS_BOUND} nested workers"), None, span);
        }
        if is_reserved(name) || self.names.declares(name) || self.workers.iter().any(|bound| bound == name) {
            return fail(
                format!("`{name}` has a meaning and cannot be a worker"),
                Some("choose another name, such as i"),
                span,
            );
        }
        self.workers.push(name.to_owned());
        Ok(())
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: &Span) -> Checked<Value> {
        match (op, self.value(left)?, self.value(right)?) {
            (op, Value::Number(a), Value::Number(b)) => Ok(Value::Number(Number::Binary(op, Box::new(a), Box::new(b)))),
            (BinaryOp::Add, Value::Vector(u), Value::Vector(w)) => {
                Ok(Value::Vector(Vector::Add(Box::new(u), Box::new(w))))
            }
            (BinaryOp::Sub, Value::Vector(u), Value::Vector(w)) => {
                Ok(Value::Vector(Vector::Subtract(Box::new(u), Box::new(w))))
            }
            (BinaryOp::Mul, Value::Number(a), Value::Vector(u))
            | (BinaryOp::Mul, Value::Vector(u), Value::Number(a)) => {
                Ok(Value::Vector(Vector::Scale(Box::new(a), Box::new(u))))
            }
            (BinaryOp::Div, Value::Vector(u), Value::Number(a)) => {
                Ok(Value::Vector(Vector::Divide(Box::new(u), Box::new(a))))
            }
            (op, Value::Vector(_), Value::Vector(_)) => fail(
                format!("two vectors have no `{}`", op.symbol()),
                Some("dot(u, w), products(u, w) and quotients(u, w) combine vectors"),
                span,
            ),
            (op, ..) => fail(format!("a number and a vector have no `{}` in this order", op.symbol()), None, span),
        }
    }

    pub fn condition(&mut self, expr: &Expr) -> Checked<Condition> {
        match &expr.kind {
            ExprKind::And(left, right) => {
                let mut all = self.condition(left)?.0;
                all.extend(self.condition(right)?.0);
                Ok(Condition(all))
            }
            ExprKind::Compare { operands, relations } => {
                let numbers = operands.iter().map(|operand| self.number(operand)).collect::<Checked<Vec<_>>>()?;
                let pairs = relations.iter().zip(numbers.windows(2));
                Ok(Condition(pairs.map(|(relation, pair)| (pair[0].clone(), *relation, pair[1].clone())).collect()))
            }
            _ => fail("a condition is needed here", Some("for example norm(v) <= tau"), &expr.span),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Value> {
        if let Some(function) = Function::from_name(name) {
            let a = self.number(self.only(name, arguments, span)?)?;
            return Ok(Value::Number(Number::Function(function, Box::new(a))));
        }
        if name == "mod" {
            let [a, b] = self.two(name, arguments, span)?;
            let [a, b] = [self.number(a)?, self.number(b)?];
            let is_integer = |parameter: usize| self.names.integers.contains(&parameter);
            if !(a.is_whole(&is_integer) && b.is_whole(&is_integer)) {
                let help = "of k, K, n, d, whole literals and parameters with integer = true, as in mod(k, T)";
                return fail("`mod` is of whole numbers", Some(help), span);
            }
            return Ok(Value::Number(Number::Modulo(Box::new(a), Box::new(b))));
        }
        if name == "min" || name == "max" {
            let all = arguments.iter().map(|argument| self.number(argument)).collect::<Checked<Vec<_>>>()?;
            return Ok(Value::Number(if name == "min" { Number::Min(all) } else { Number::Max(all) }));
        }
        if self.place != Position::Line {
            return fail(format!("there is no function `{name}` of numbers"), None, span);
        }
        if name == "sample_workers" {
            self.samples = true;
            // How many are drawn is the same in every step of a run.
            let mut constant = Checker::new(self.names, Position::Constant);
            let size = constant.number(self.only(name, arguments, span)?)?;
            if !matches!(size, Number::Literal(_) | Number::Parameter(_) | Number::Constant(_) | Number::Workers) {
                let help = "name a parameter, or a constant under [constants]";
                return fail("how many workers are drawn is one name or number", Some(help), span);
            }
            return Ok(Value::Number(Number::Sampled(Box::new(size))));
        }
        self.vector_call(name, arguments, span)
    }

    fn vector_call(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Value> {
        if let Some(vector) = self.map_call(name, arguments, span)? {
            return Ok(Value::Vector(vector));
        }
        match name {
            "norm2" => Ok(Value::Number(Number::Norm2(self.only_vector(name, arguments, span)?))),
            "norm" => Ok(Value::Number(Number::Norm(self.only_vector(name, arguments, span)?))),
            "f" => Ok(Value::Number(Number::Value(self.only_vector(name, arguments, span)?))),
            "dot" => {
                let [u, w] = self.two(name, arguments, span)?;
                Ok(Value::Number(Number::Dot(Box::new(self.vector(u)?), Box::new(self.vector(w)?))))
            }
            "grad" => Ok(Value::Vector(Vector::Gradient(self.only_vector(name, arguments, span)?))),
            "estimate" => Ok(Value::Vector(self.estimate(arguments, span)?)),
            "same_draw" => Ok(Value::Vector(self.same_draw(arguments, span)?)),
            "worker_grad" | "worker_estimate" => Ok(Value::Vector(self.of_worker(name, arguments, span)?)),
            "clip" => {
                let [a, u] = self.two(name, arguments, span)?;
                Ok(Value::Vector(Vector::Clip(Box::new(self.number(a)?), Box::new(self.vector(u)?))))
            }
            "box" => {
                let [a, b, u] = arguments else { return fail("`box` has three arguments", Some("box(a, b, u)"), span) };
                let ends = (Box::new(self.number(a)?), Box::new(self.number(b)?));
                Ok(Value::Vector(Vector::Box(ends.0, ends.1, Box::new(self.vector(u)?))))
            }
            _ => self.unknown(name, span),
        }
    }

    /// A map of vectors, where the name is that of one: the language's own, or an operator of the method.
    fn map_call(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Option<Vector>> {
        if let Some((_, map)) = Map::ALL.iter().find(|(known, _)| *known == name) {
            let u = self.only_vector(name, arguments, span)?;
            return Ok(Some(Vector::Map(*map, u)));
        }
        if let Some((_, op)) = Elementwise::ALL.iter().find(|(known, _)| *known == name) {
            let [u, w] = self.two(name, arguments, span)?;
            return Ok(Some(Vector::Elementwise(*op, Box::new(self.vector(u)?), Box::new(self.vector(w)?))));
        }
        if let Some(operator) = self.names.operators.iter().position(|known| known == name) {
            let u = self.only_vector(name, arguments, span)?;
            return Ok(Some(Vector::Operator(operator, u)));
        }
        Ok(None)
    }

    /// An estimate of the average.
    fn estimate(&mut self, arguments: &[Expr], span: &Span) -> Checked<Vector> {
        if !self.workers.is_empty() || self.choices > 0 {
            return fail(
                "an estimate of the average is drawn once in every step, not for each worker nor by choice",
                Some(
                    "draw it in a line of its own, as g = estimate(y), and choose or sum afterwards; worker_estimate(i, y) is a worker's",
                ),
                span,
            );
        }
        self.calls += 1;
        self.draws = true;
        Ok(Vector::Estimate(self.only_vector("estimate", arguments, span)?))
    }

    /// An estimate by the draw of another line.
    fn same_draw(&mut self, arguments: &[Expr], span: &Span) -> Checked<Vector> {
        let [g, y] = self.two("same_draw", arguments, span)?;
        self.calls += 1;
        let line = self.drawn(g)?;
        self.repeats = Some(line);
        Ok(Vector::SameDraw(line, Box::new(self.vector(y)?)))
    }

    /// A gradient of one worker, or an estimate of it.
    fn of_worker(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Vector> {
        let [i, y] = self.two(name, arguments, span)?;
        let (worker, y) = (self.worker(i)?, Box::new(self.vector(y)?));
        if name == "worker_grad" {
            return Ok(Vector::WorkerGradient(worker, y));
        }
        self.calls += 1;
        Ok(Vector::WorkerEstimate(worker, y))
    }

    /// The line whose draw is meant.
    fn drawn(&self, expr: &Expr) -> Checked<usize> {
        let named = |position: &&usize| match &expr.kind {
            ExprKind::Name(name) => self.names.quantities[**position].name == *name,
            _ => false,
        };
        let help = "name a line before this one that calls `estimate`, as in g = estimate(x)";
        let found = self.names.drawn.iter().find(named).copied();
        found.map_or_else(|| fail("no line draws an estimate for this", Some(help), &expr.span), Ok)
    }

    fn only<'e>(&self, name: &str, arguments: &'e [Expr], span: &Span) -> Checked<&'e Expr> {
        let [argument] = arguments else { return fail(format!("`{name}` has one argument"), None, span) };
        Ok(argument)
    }

    fn only_vector(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Box<Vector>> {
        Ok(Box::new(self.vector(self.only(name, arguments, span)?)?))
    }

    fn two<'e>(&self, name: &str, arguments: &'e [Expr], span: &Span) -> Checked<[&'e Expr; 2]> {
        let [a, b] = arguments else { return fail(format!("`{name}` has two arguments"), None, span) };
        Ok([a, b])
    }
}
