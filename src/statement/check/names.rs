//! The names that an expression may use: those that a statement declares, those of its method, and those of the
//! language.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::statement::syntax::Expr;
use crate::statement::term::{Builtin, OfMethod, ScalarSequence, VectorSequence};

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
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let numbers = self.numbers.iter().map(ScalarSequence::name);
        let vectors = self.vectors.iter().map(VectorSequence::name);
        let by_worker = self.by_worker.iter().map(|quantity| &*quantity.name);
        numbers.chain(vectors).chain(by_worker).chain(self.starts.iter().skip(1).map(String::as_str))
    }
}

impl Names {
    /// Whether the statement declares the name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.declared().any(|declared| declared == name)
    }

    /// All names that the statement declares.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        let plain = self.parameters.iter().chain(&self.constants).chain(&self.given).chain(&self.random);
        plain.chain(self.definitions.keys()).chain(self.substitutions.keys()).map(String::as_str)
    }

    /// Whether the name means anything but an index.
    pub(super) fn means(&self, name: &str) -> bool {
        self.declares(name) || self.is_given(name)
    }

    /// Whether the language or the method gives the name a meaning.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        is_builtin_name(name) || self.method.all().any(|known| known == name)
    }

    /// The sequence of numbers of that name.
    pub(super) fn numbers(&self, name: &str) -> Option<ScalarSequence> {
        let own = self.method.numbers.iter().find(|sequence| sequence.name() == name).cloned();
        own.or_else(|| ScalarSequence::from_name(name))
    }

    /// The sequence of vectors of that name.
    pub(super) fn vectors(&self, name: &str) -> Option<VectorSequence> {
        let own = self.method.vectors.iter().find(|sequence| sequence.name() == name).cloned();
        own.or_else(|| VectorSequence::from_name(name))
    }
}

/// Whether the language itself gives the name a meaning.
#[must_use]
pub fn is_builtin_name(name: &str) -> bool {
    Builtin::from_name(name).is_some()
        || ScalarSequence::from_name(name).is_some()
        || VectorSequence::from_name(name).is_some()
        || ["K", "n", "d", "E", "past", "in", "and", "inf", "worker_grad", "if", "x_star", "L_hat"].contains(&name)
}
