//! What is to be shown at an index, as a form that is not negative.

use super::induction::{Induction, Part, Shape};
use super::invariants::Invariant;
use super::method::Value;
use super::reach::Reach;
use super::scalars::at_start;
use super::stop::{Translated, untranslatable};
use super::telescope::{LEAST, Telescope, positive};
use super::terms::Reader;
use super::untranslatable::Untranslatable;
use crate::prove::problem::{Fact, Form, Library, Sign};
use crate::statement::syntax::Relation;
use crate::statement::term::{Index, Node, Term};
use crate::statement::{Claim, Form as Related, Statement};

/// What is to be shown.
#[derive(Clone, Copy)]
pub enum Goal<'s> {
    /// A claim at its own index.
    Claim(&'s Claim),
    /// A claim about a whole run, of which K is the index.
    Whole(&'s Claim),
    /// That a constant has a value, by its position, of which everything but lemmas uses only what these say.
    Defined(usize),
    /// An inequality between numbers, by its position among the lemmas and in its chain.
    Lemma(&'s (Term, Relation, Term), usize),
    /// What the numbers obey that the method keeps: at the start, and after a step before which they obey it.
    Invariant(&'s Invariant<'s>, Moment),
    /// A step of the proof, by its position.
    ProofStep(&'s Statement, usize),
    /// A part of what shows a claim about whole runs.
    Part(&'s Induction<'s>, Part),
}

/// When something is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At the start.
    Start,
    /// After a step.
    Step,
}

impl<'s> Goal<'s> {
    /// The indices for which it is to be shown: from the first, and where it ends.
    ///
    /// # Errors
    /// Why the index is none of one step.
    pub fn indices(&self) -> Result<(i64, Option<i64>), Untranslatable> {
        match self {
            Goal::Claim(claim) => {
                let Some(quantifier) = &claim.quantifier else {
                    return Err(Untranslatable::Claim("a claim about a whole run, of no shape that is known here"));
                };
                let Index::Literal(first) = quantifier.from else {
                    return Err(Untranslatable::FirstIndex(quantifier.text.clone()));
                };
                Ok((first, if let Index::Literal(end) = quantifier.to { Some(end) } else { None }))
            }
            Goal::Defined(_) | Goal::Lemma(..) | Goal::ProofStep(..) => Ok((0, None)),
            Goal::Whole(_) => Ok((1, None)),
            Goal::Invariant(_, Moment::Step) => Ok((0, None)),
            Goal::Part(_, Part::Start) | Goal::Invariant(_, Moment::Start) => Ok((0, Some(1))),
            Goal::Part(_, Part::End) => Ok((1, None)),
            Goal::Part(Induction { shape: Shape::Decay, .. }, Part::NotNegative)
            | Goal::Part(Induction { shape: Shape::Least, .. }, Part::Positive) => Ok((1, None)),
            Goal::Part(..) => Ok((0, None)),
        }
    }

    /// How many of the lemmas are known.
    pub fn lemmas(&self, all: usize) -> usize {
        match self {
            Goal::Defined(_) => 0,
            Goal::Lemma(_, position) => *position,
            _ => all,
        }
    }

    /// Whether it is about a constant, as it is defined, of which everything else uses only what lemmas say.
    pub fn defines(&self, statement: &Statement) -> bool {
        let (left, right) = match self {
            Goal::Defined(_) => return true,
            Goal::Lemma((left, _, right), _) => (left, right),
            _ => return false,
        };
        let is_it = |node: Node<'_>| match node {
            Node::Term(Term::Constant(position)) => {
                statement.hints.by_lemmas.contains(&statement.constants[*position].name)
            }
            _ => false,
        };
        left.any(is_it) || right.any(is_it)
    }

    /// What was shown before, and that the least of numbers is at most each of them.
    pub fn given(&self, reader: &mut Reader<'_, 's>) -> Translated<Vec<Fact>> {
        let mut given = Vec::new();
        for (position, step) in self.steps().iter().enumerate() {
            let form = reader.step(step)?;
            given.push(known(format!("step {}", position + 1), "proved before", form));
        }
        let Goal::Part(induction @ Induction { shape: Shape::Least, .. }, part) = self else { return Ok(given) };
        let last = match part {
            Part::Step => 1,
            Part::End => 0,
            Part::Start | Part::NotNegative | Part::Positive => return Ok(given),
        };
        for by in 0..=last {
            let mut telescope = Telescope { induction, reader };
            let horizon = telescope.horizon()?;
            let own = telescope.read(induction.body, by, &horizon, false)?;
            let form = own.minus(&telescope.least());
            given.push(known(format!("{LEAST} {by}"), "the least is at most each", form));
        }
        Ok(given)
    }

    /// Steps of the proof that are known.
    fn steps(&self) -> &'s [(Term, Term)] {
        match self {
            Goal::ProofStep(statement, position) => &statement.hints.steps[..*position],
            Goal::Part(induction, Part::Step) => induction.steps,
            _ => &[],
        }
    }

    /// The steps that it speaks of.
    ///
    /// # Errors
    /// Why it speaks of none near its index.
    pub fn reach(&self) -> Result<Reach, Untranslatable> {
        let mut reach = Reach::default();
        match self {
            Goal::Claim(claim) => {
                reach.reads(&claim.lhs, 0, false)?;
                reach.reads(&claim.rhs, 0, false)?;
            }
            Goal::Whole(claim) => {
                // Indices of sums stay below K.
                reach.reads(&claim.lhs, 0, true)?;
                reach.reads(&claim.rhs, 0, true)?;
            }
            Goal::Defined(_) | Goal::Lemma(..) => {}
            Goal::Invariant(invariant, moment) => {
                if let Invariant::Given(_, (left, _, right)) = invariant {
                    for by in if *moment == Moment::Start { 0..1 } else { 0..2 } {
                        reach.reads(left, by, false)?;
                        reach.reads(right, by, false)?;
                    }
                }
                if *moment == Moment::Step {
                    reach.makes_a_step();
                }
            }
            Goal::ProofStep(statement, position) => {
                for (lhs, rhs) in &statement.hints.steps[..=*position] {
                    reach.reads(lhs, 0, false)?;
                    reach.reads(rhs, 0, false)?;
                }
            }
            Goal::Part(induction, part) => return induction.reach(*part),
        }
        Ok(reach)
    }

    /// The form that is not to be negative.
    pub fn form(&self, reader: &mut Reader<'_, 's>) -> Translated<Form> {
        match self {
            Goal::Claim(Claim { lhs: Term::Norm(vector), rhs, .. })
                if reader.is_number(rhs) && reader.statement.form == Related::Inequality =>
            {
                // ‖u‖ ≤ a says that a is not negative and ‖u‖² ≤ a².
                let (bound, zero) = (reader.number(rhs)?, reader.numbers.rational(0));
                if !reader.numbers.holds(&bound, Relation::GreaterEqual, &zero)? {
                    return untranslatable(Untranslatable::Numbers(
                        "a norm is to be at most a number that may be negative",
                    ));
                }
                let square = reader.form(&Term::Norm2(vector.clone()))?;
                Ok(Form::constant(bound.times(&bound)).minus(&square))
            }
            Goal::Claim(claim) | Goal::Whole(claim) => {
                let (lhs, rhs) = (reader.form(&claim.lhs)?, reader.form(&claim.rhs)?);
                Ok(rhs.minus(&lhs))
            }
            Goal::Defined(position) => has_value(*position, reader),
            Goal::Lemma(comparison, _) => between_numbers(comparison, reader),
            Goal::Invariant(Invariant::NotBelowStart(quantity, start), _) => {
                let index = reader.index.clone();
                let time = reader.time(&index)? + 1;
                let Some(Value::Number(number)) = reader.run.and_then(|run| run.state(*quantity, time)).cloned() else {
                    return untranslatable(Untranslatable::DecidedByRun);
                };
                Ok(Form::constant(number - at_start(start, reader.statement, reader.numbers)?))
            }
            Goal::Invariant(Invariant::Given(_, comparison), moment) => {
                let by = i32::from(*moment == Moment::Step);
                let own = reader.index.clone();
                reader.index = &own + reader.numbers.rational(by);
                let form = between_numbers(comparison, reader);
                reader.index = own;
                form
            }
            Goal::ProofStep(statement, position) => {
                reader.inside = statement.averages();
                reader.step(&statement.hints.steps[*position])
            }
            Goal::Part(induction, part) => Telescope { induction, reader }.form(*part),
        }
    }
}

fn known(name: String, reason: &str, form: Form) -> Fact {
    Fact { name, reason: reason.to_owned(), form, sign: Sign::NotNegative, library: Library::Step }
}

/// What has no pole where a constant has a value.
fn has_value(position: usize, reader: &mut Reader<'_, '_>) -> Translated<Form> {
    let before = reader.numbers.divisors().len();
    // Nothing may be assumed of its roots.
    reader.numbers.of_hint = true;
    let value = reader.number(&Term::Constant(position));
    reader.numbers.of_hint = false;
    let field = reader.numbers.field.clone();
    let denominator = field.polynomial(&value?.denominator());
    let all = reader.numbers.divisors()[before..].iter().fold(denominator, |all, divisor| all * divisor);
    let Some(product) = field.one().divided_by(&all) else { return untranslatable(Untranslatable::DividedByZero) };
    Ok(Form::constant(product.times(&product)))
}

/// What is not negative where an inequality between numbers holds.
fn between_numbers((left, relation, right): &(Term, Relation, Term), reader: &mut Reader<'_, '_>) -> Translated<Form> {
    let (left, right) = (reader.number(left)?, reader.number(right)?);
    let room = match relation {
        Relation::Less | Relation::LessEqual => right - left,
        Relation::Greater | Relation::GreaterEqual => left - right,
        Relation::Equal => {
            return untranslatable(Untranslatable::Expression("an equation where an inequality is needed"));
        }
    };
    match relation {
        Relation::Less | Relation::Greater => positive(&room),
        _ => Ok(Form::constant(room)),
    }
}
