//! What a name stands for: declared, of the method or of the language, with or without indices; definitions and
//! substitutions are written out.

use std::sync::Arc;

use super::error::{Checked, fail, fail_with_help};
use super::index::unbound;
use super::value::Value;
use super::{Bound, Checker, Definition, closest};
use crate::number::Function;
use crate::statement::syntax::{Expr, Span};
use crate::statement::term::{Builtin, Index, Term, Vector, VectorSequence};

/// Deepest chain of definitions.
const MAX_EXPANSION: usize = 32;

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &str, span: &Span) -> Checked<Term> {
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
            .declared()
            .chain(Builtin::ALL.iter().map(|b| b.name()))
            .chain(VectorSequence::OF_EVERY_RUN.iter().map(VectorSequence::name))
            .chain(self.names.method.all())
            .chain(self.names.method.values.iter().map(|value| &**value))
            .chain(["f", "spectrum", "worker_grad", "dist2", "L_of", "x_star", "L_hat", "K", "n", "d"])
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

    pub(super) fn element(&mut self, name: &str, indices: &[Expr], span: &Span) -> Checked<Value> {
        let arity = |expected: usize| refuse_other_arity(name, indices, expected, span);
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
}

fn refuse_other_arity(name: &str, indices: &[Expr], expected: usize, span: &Span) -> Checked<()> {
    if indices.len() == expected {
        return Ok(());
    }
    let s = if expected == 1 { "index" } else { "indices" };
    fail(format!("`{name}` takes {expected} {s}, got {}", indices.len()), span)
}
