//! The statement language: a theorem is a TOML file, parsed and checked when it is loaded, then
//! evaluated in any arithmetic.
//!
//! `docs/statements.md` describes the language; [`library`] holds the shipped statements.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod check;
mod claims;
pub mod corollary;
mod error;
pub mod evaluate;
pub(crate) mod file;
pub mod graph;
pub mod library;
pub mod notation;
pub mod parse;
mod range;
pub(crate) mod raw;
pub mod render;
mod steps;
mod stored;
mod subject;
mod sums;
pub mod syntax;
pub mod term;
#[cfg(test)]
pub(crate) mod testing;
pub mod variant;
mod witness;

pub use error::StatementError;
pub use file::{MAX_FILE_BYTES, MAX_HORIZON, load_changed, load_file, load_text};
pub use stored::{Stored, stored_folder};
pub use subject::{Form, Subject};
use syntax::Expr;
use term::{Builtin, Condition, Index, Node, ScalarSequence, Term, Vector, VectorSequence};

use crate::method::language::tree::Method;
use crate::oracle::operator::Operator;

/// Longest identifier in bytes: it names files.
const LONGEST_ID: usize = 64;

/// What keeps a text from being an identifier of a statement or comparison, if anything.
#[must_use]
pub fn id_defect(id: &str) -> Option<String> {
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !plain {
        Some("may only have lower-case letters, digits and hyphens".to_owned())
    } else if id.len() > LONGEST_ID {
        Some(format!("is longer than {LONGEST_ID} characters"))
    } else {
        None
    }
}

/// What the shipped suite expects of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// The statement is true.
    #[default]
    Holds,
    /// The statement is false on purpose and must be found so.
    Violated,
}

/// One end of a parameter's range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Its value; `None` for `inf`.
    pub value: Option<Term>,
    /// As written; `None` for `inf`.
    pub expr: Option<Expr>,
    /// Whether the value itself belongs to the range.
    pub closed: bool,
}

/// A quantity that the statement holds for all values of.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Meaning.
    pub doc: String,
    /// Units.
    pub unit: String,
    /// The range as written.
    pub range: String,
    /// Lower end.
    pub lower: Bound,
    /// Upper end.
    pub upper: Bound,
    /// Values to try; empty for the default choice within the range.
    pub candidates: Vec<Candidate>,
}

/// A value to try of a parameter.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// As written.
    pub expr: Expr,
    /// As evaluated.
    pub term: Term,
}

/// A constant that the problem or the estimate proves, by a name of its own.
#[derive(Clone, Debug)]
pub struct Given {
    /// Name.
    pub name: String,
    /// Meaning.
    pub doc: String,
}

/// Data in which strings that begin with `=` stand for the values of expressions.
#[derive(Clone, Debug)]
pub struct Template {
    /// The data.
    pub value: serde_json::Value,
    /// The expressions, by their text.
    pub expressions: BTreeMap<String, Term>,
    /// Its place in the file.
    pub place: Range<usize>,
}

/// A constant that an instance supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supplied {
    /// One that the language knows.
    Builtin(Builtin),
    /// One that the statement declares under `[given]`, by position.
    Given(usize),
}

/// A derived constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Name.
    pub name: String,
    /// As written.
    pub expr: Expr,
    /// As evaluated.
    pub term: Term,
}

/// A condition under which the claim is made.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// Name.
    pub name: String,
    /// As written.
    pub expr: Expr,
    /// As evaluated.
    pub condition: Condition,
}

/// The index over which a claim is repeated.
#[derive(Clone, Debug)]
pub struct Quantifier {
    /// As written.
    pub text: String,
    /// First value.
    pub from: Index,
    /// One past the last value.
    pub to: Index,
}

/// `lhs ≤ rhs` (or `=`, for identities), at every value of its index.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The index, slot 0; without one the claim is about the run as a whole, for every K.
    pub quantifier: Option<Quantifier>,
    /// Left-hand side as written.
    pub lhs_expr: Expr,
    /// Right-hand side as written.
    pub rhs_expr: Expr,
    /// Left-hand side as evaluated.
    pub lhs: Term,
    /// Right-hand side as evaluated.
    pub rhs: Term,
    /// Which additive terms, of the left-hand side and then of the right-hand side, are levels of the
    /// objective, see [`Term::is_level`].
    pub levels: Vec<bool>,
}

/// What a search for a proof may use: whatever it says, a proof is checked.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// A number at k, slot 0, that every step lowers but for what the claim allows; for claims about whole runs.
    pub potential: Option<Potential>,
    /// Constants, each a least of numbers, of which a proof uses only that they are at most these.
    pub bounded: Vec<String>,
    /// Constants of which a proof uses only what the lemmas say.
    pub by_lemmas: Vec<String>,
    /// Inequalities between numbers that are proved first, each with those before it.
    pub lemmas: Vec<Condition>,
    /// Inequalities between numbers, which hold or do not: the two are looked at apart.
    pub cases: Vec<Condition>,
    /// Inequalities at k, slot 0, between numbers that the method keeps, which hold at the start and after every step;
    /// where there are none, that such a number is never less than at the start.
    pub invariants: Vec<Condition>,
    /// Inequalities lhs ≤ rhs at k, slot 0, that are proved before what a step of a whole run does.
    pub steps: Vec<(Term, Term)>,
}

/// A number of the run at k.
#[derive(Clone, Debug)]
pub struct Potential {
    /// As written.
    pub expr: Expr,
    /// As evaluated.
    pub term: Term,
}

/// The random index of a statement: uniform on `from..to`, independent of the run.
#[derive(Clone, Debug)]
pub struct RandomDraw {
    /// Name.
    pub name: String,
    /// First value.
    pub from: Index,
    /// One past the last value.
    pub to: Index,
}

/// An instance that the file itself brings: a worst case that the proof constructs.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What it shows.
    pub doc: String,
    /// Instance constants assumed while its expressions are evaluated.
    pub given: Vec<(Supplied, Term)>,
    /// Local constants in order, appended to the statement's own.
    pub locals: Vec<(String, Term)>,
    /// Values of the parameters, by position.
    pub parameters: BTreeMap<usize, Term>,
    /// Problem description.
    pub problem: Template,
    /// Error sources.
    pub oracle: Template,
    /// Starting point.
    pub start: Vec<Term>,
    /// The method's start, by position.
    pub from: usize,
    /// The method's operators, by their names.
    pub operators: BTreeMap<String, Operator>,
    /// Where states begin whose start may be anything.
    pub states: BTreeMap<String, Vec<Term>>,
    /// K.
    pub horizon: usize,
    /// Its place in the file.
    pub place: Range<usize>,
}

/// A name in the order of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Parameter by position: its range and candidates may use what stands before it.
    Parameter(usize),
    /// Derived constant by position.
    Constant(usize),
}

/// A checked statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Identifier: the file's name.
    pub id: String,
    /// Title.
    pub title: String,
    /// What its claims are about, all alike.
    pub subject: Subject,
    /// How the sides of its claims are related.
    pub form: Form,
    /// Whether equality is attained.
    pub tight: bool,
    /// Where the statement comes from.
    pub source: String,
    /// Where its proof is.
    pub proof: String,
    /// The statement that it instantiates.
    pub instantiates: Option<String>,
    /// Statements that its proof uses.
    pub uses: Vec<String>,
    /// Constants that the instance must prove, besides the builtin ones.
    pub given: Vec<Given>,
    /// What stands for names of the statement that it instantiates.
    pub substitutions: IndexMap<String, Expr>,
    /// Error sources to try; none for the suite's own.
    pub estimates: Vec<Template>,
    /// Problems to try, each with its place in the file; none for the suite's own.
    pub problems: Vec<(serde_json::Value, Range<usize>)>,
    /// What the suite expects.
    pub expect: Expectation,
    /// Horizons K to try.
    pub horizons: Vec<usize>,
    /// The method, with what the statement changes of it.
    pub method: Arc<Method>,
    /// What is tried for each operator of the method, by its name.
    pub operators: BTreeMap<String, Vec<Operator>>,
    /// Random index.
    pub random: Option<RandomDraw>,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Derived constants in order.
    pub constants: Vec<Constant>,
    /// Definitions as written, with their heads.
    pub definitions: IndexMap<String, Expr>,
    /// Hypotheses in order.
    pub hypotheses: Vec<Hypothesis>,
    /// Claims in order.
    pub claims: Vec<Claim>,
    /// Hints for a proof.
    pub hints: Hints,
    /// Whether the general families are tried besides the witnesses.
    pub general: bool,
    /// Witnesses in order.
    pub witnesses: Vec<Witness>,
    /// Instances that an audit stored for it, unread; none for a statement that is no file's.
    pub stored: Option<Stored>,
    /// Its proof, unread and unchecked; none for a statement that is no file's.
    pub stored_proof: Option<Stored>,
    /// Order of evaluation of parameters and constants.
    pub order: Vec<Symbol>,
    /// What errors call the file.
    pub file: String,
    /// The file's text.
    pub text: Arc<String>,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
}

impl Claim {
    /// Whether a side averages over a draw.
    #[must_use]
    pub fn averages(&self) -> bool {
        self.lhs.has_expectation() || self.rhs.has_expectation()
    }

    /// Whether every quantity of the run that a side reads stands at the claim's own index.
    #[must_use]
    pub fn reads_its_index_alone(&self) -> bool {
        let elsewhere = |node: Node<'_>| match node {
            Node::Term(Term::Element(sequence, index)) => {
                let of_instance = [ScalarSequence::Spectrum, ScalarSequence::WorkerSmoothness].contains(sequence);
                !of_instance && *index != Index::Slot(0)
            }
            Node::Vector(
                Vector::Element(_, index) | Vector::WorkerGradient(_, index) | Vector::WorkerElement(_, _, index),
            ) => *index != Index::Slot(0),
            _ => false,
        };
        self.quantifier.is_some() && !self.lhs.any(elsewhere) && !self.rhs.any(elsewhere)
    }

    /// Whether a side mentions the statement's random index.
    #[must_use]
    pub fn speaks_of_random_index(&self) -> bool {
        self.lhs.has_random_index() || self.rhs.has_random_index()
    }

    /// Whether an operation of a side may have no value although its operands have one.
    #[must_use]
    pub fn may_lack_value(&self) -> bool {
        let partial = |node: Node<'_>| match node {
            Node::Term(Term::Div(_, b)) => !matches!(**b, Term::Number(_)),
            Node::Term(Term::PowInt(_, exponent)) => !matches!(exponent, Index::Literal(0..)),
            Node::Term(Term::PowReal(..)) => true,
            Node::Term(Term::Apply(function, _)) => !function.is_total(),
            Node::Vector(Vector::Clip(..)) => true,
            _ => false,
        };
        self.lhs.any(partial) || self.rhs.any(partial)
    }

    /// What the claim is about, if it is one of a run.
    pub(crate) fn subject_of_run(&self) -> Subject {
        let mut subject = Subject::Pathwise;
        for side in [&self.lhs, &self.rhs] {
            side.walk(&mut |node| {
                if let Some(past) = node.expectation() {
                    subject = if past { Subject::OneStep } else { Subject::WholeRun };
                }
            });
        }
        subject
    }
}

impl Statement {
    /// Whether a claim averages over a draw.
    #[must_use]
    pub fn averages(&self) -> bool {
        self.claims.iter().any(Claim::averages)
    }

    /// The statements that it names as what it rests on: the one that it instantiates, and those that
    /// its proof uses.
    #[must_use]
    pub fn rests_on(&self) -> Vec<String> {
        self.instantiates.iter().chain(&self.uses).cloned().collect()
    }

    /// The estimates that it is about: those that it lists and those of its witnesses; none where it lists none, as it is
    /// about any then.
    pub fn estimates_spoken_of(&self) -> impl Iterator<Item = &serde_json::Value> {
        let of_witnesses = self.witnesses.iter().map(|witness| &witness.oracle).filter(|_| !self.estimates.is_empty());
        self.estimates.iter().chain(of_witnesses).map(|template| &template.value)
    }

    /// Calls `visit` on every node of every claim, hypothesis, constant and range.
    pub fn walk(&self, visit: &mut dyn FnMut(Node<'_>)) {
        for claim in &self.claims {
            claim.lhs.walk(visit);
            claim.rhs.walk(visit);
        }
        self.walk_setup(visit);
    }

    fn walk_setup(&self, visit: &mut dyn FnMut(Node<'_>)) {
        for hypothesis in &self.hypotheses {
            hypothesis.condition.walk(visit);
        }
        for constant in &self.constants {
            constant.term.walk(visit);
        }
        for parameter in &self.parameters {
            for bound in [&parameter.lower, &parameter.upper] {
                if let Some(term) = &bound.value {
                    term.walk(visit);
                }
            }
            for candidate in &parameter.candidates {
                candidate.term.walk(visit);
            }
        }
    }

    /// The instance constants that a problem and an oracle must prove to be used with it: those that it speaks of, and
    /// those that every step of its method reads.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<Builtin> {
        let mut needs = self.read_by_every_step();
        self.walk(&mut |node| {
            if let Node::Term(Term::Builtin(builtin)) = node {
                needs.insert(*builtin);
            }
        });
        needs
    }

    /// How many terms the sums of its claims and of its constants have for that K, as far as their ranges show it.
    #[must_use]
    pub fn least_terms(&self, horizon: usize) -> u64 {
        let sides = self.claims.iter().flat_map(|claim| [&claim.lhs, &claim.rhs]);
        let all = sides.chain(self.constants.iter().map(|constant| &constant.term));
        all.fold(0, |sum: u64, term| sum.saturating_add(term.least_terms(horizon as i64)))
    }

    /// The positions of the method's quantities that it speaks of.
    #[must_use]
    pub fn spoken(&self) -> Vec<usize> {
        fn of_vector(sequence: &VectorSequence, into: &mut BTreeSet<usize>) {
            match sequence {
                VectorSequence::Quantity(quantity) => {
                    into.insert(quantity.position);
                }
                VectorSequence::Derived(derived) => {
                    let first = derived.first.iter().flat_map(|(_, summands)| summands);
                    derived.at_step.iter().chain(first).for_each(|summand| of_vector(&summand.sequence, into));
                }
                _ => {}
            }
        }
        let mut spoken = BTreeSet::new();
        self.walk(&mut |node| match node {
            Node::Vector(Vector::Element(sequence, _)) => of_vector(sequence, &mut spoken),
            Node::Vector(Vector::WorkerElement(quantity, ..))
            | Node::Term(Term::Element(ScalarSequence::Quantity(quantity), _)) => {
                spoken.insert(quantity.position);
            }
            _ => {}
        });
        spoken.into_iter().collect()
    }

    /// Whether it speaks of parameters or constants of the method that are none of its own.
    #[must_use]
    pub fn speaks_of_method_values(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, Node::Term(Term::Method(..))));
        found
    }

    /// Whether it speaks of b or ν, the bias and the noise of the estimate apart.
    #[must_use]
    pub fn needs_split(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| {
            found |= matches!(node, Node::Vector(Vector::Element(VectorSequence::Bias | VectorSequence::Noise, _)));
        });
        found
    }

    /// Whether its parameters, constants or hypotheses depend on K: then they are chosen for one K, and
    /// say nothing of a shorter run.
    #[must_use]
    pub fn is_set_up_for_horizon(&self) -> bool {
        let mut found = false;
        self.walk_setup(&mut |node| found |= matches!(node, Node::Index(Index::Horizon)));
        found
    }

    /// Whether it speaks of a minimiser.
    #[must_use]
    pub fn needs_minimiser(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, Node::Vector(Vector::Minimiser)));
        found
    }

    /// Whether it speaks of that sequence of numbers.
    #[must_use]
    pub fn speaks_of(&self, sequence: &ScalarSequence) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, Node::Term(Term::Element(own, _)) if own == sequence));
        found
    }

    /// Whether it needs the Hessian's spectrum.
    #[must_use]
    pub fn needs_spectrum(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, Node::Term(Term::Element(ScalarSequence::Spectrum, _))));
        found
    }

    /// A mistake at a place of the file that shows only when instances are built.
    #[must_use]
    pub fn error(&self, place: &Range<usize>, message: impl Into<String>) -> Box<StatementError> {
        Box::new(StatementError::new(&self.file, &self.text, Some(place.clone()), message, None))
    }

    /// Position of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name == name)
    }
}
