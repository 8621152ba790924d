//! Calls of functions: of numbers, of vectors, and of points.

use super::error::{Checked, fail, fail_with_help};
use super::value::Value;
use super::{Checker, closest};
use crate::number::Function;
use crate::statement::syntax::{Expr, Span};
use crate::statement::term::{Term, Vector};

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

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Value> {
        match name {
            "clip" => self.clip(arguments, span).map(Value::Vector),
            "grad" | "worker_grad" => self.gradient_at(name, arguments, span).map(Value::Vector),
            _ => self.number_valued(name, arguments, span).map(Value::Number),
        }
    }

    /// `clip(tau, u)`, the projection of u on the ball of radius τ.
    fn clip(&mut self, arguments: &[Expr], span: &Span) -> Checked<Vector> {
        let [threshold, vector] = exactly("clip", arguments, span)?;
        Ok(Vector::Clip(Box::new(self.number(threshold)?), Box::new(self.vector(vector)?)))
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

    fn number_valued(&mut self, name: &str, arguments: &[Expr], span: &Span) -> Checked<Term> {
        if let Some(function) = Function::from_name(name) {
            let [a] = exactly(name, arguments, span)?;
            return Ok(Term::Apply(function, Box::new(self.number(a)?)));
        }
        match name {
            "f" => self.of_vector(Term::ValueAt, name, arguments, span),
            "norm2" => self.of_vector(Term::Norm2, name, arguments, span),
            "norm" => self.of_vector(Term::Norm, name, arguments, span),
            "norm1" => self.of_vector(Term::Norm1, name, arguments, span),
            "dot" => {
                let [u, w] = exactly(name, arguments, span)?;
                Ok(Term::Dot(Box::new(self.vector(u)?), Box::new(self.vector(w)?)))
            }
            "min" => self.extreme(Term::Min, name, arguments, span),
            "max" => self.extreme(Term::Max, name, arguments, span),
            "sum" | "mean" => {
                fail_with_help(format!("`{name}` needs a range"), format!("write `{name}(k in 0..K, …)`"), span)
            }
            _ => unknown_function(name, span),
        }
    }

    fn of_vector(
        &mut self,
        make: fn(Box<Vector>) -> Term,
        name: &str,
        arguments: &[Expr],
        span: &Span,
    ) -> Checked<Term> {
        let [u] = exactly(name, arguments, span)?;
        Ok(make(Box::new(self.vector(u)?)))
    }

    /// The least or the largest of two or more numbers.
    fn extreme(
        &mut self,
        of_two: fn(Box<Term>, Box<Term>) -> Term,
        name: &str,
        arguments: &[Expr],
        span: &Span,
    ) -> Checked<Term> {
        match arguments {
            [] | [_] => fail_with_help(
                format!("`{name}` takes at least 2 arguments, got {}", arguments.len()),
                format!("over a range it is written `{name}(k in 0..K, …)`"),
                span,
            ),
            [first, others @ ..] => {
                let first = self.number(first)?;
                others.iter().try_fold(first, |a, b| Ok(of_two(Box::new(a), Box::new(self.number(b)?))))
            }
        }
    }
}

/// The arguments of a function that takes so many.
fn exactly<'e, const COUNT: usize>(name: &str, arguments: &'e [Expr], span: &Span) -> Checked<&'e [Expr; COUNT]> {
    arguments.try_into().or_else(|_| {
        let s = if COUNT == 1 { "" } else { "s" };
        fail(format!("`{name}` takes {COUNT} argument{s}, got {}", arguments.len()), span)
    })
}

fn unknown_function(name: &str, span: &Span) -> Checked<Term> {
    let others = FUNCTIONS.iter().map(|(name, ..)| *name);
    let known: Vec<&str> = Function::ALL.into_iter().map(Function::name).chain(others).collect();
    let help = closest(name, known.iter().copied())
        .map_or_else(|| format!("known functions: {}", known.join(", ")), |n| format!("did you mean `{n}`?"));
    fail_with_help(format!("unknown function `{name}`"), help, span)
}
