//! Claims about whole runs by what single steps do: from a potential P that every step lowers but for what the claim
//! allows, to every K.
//!
//! - A sum: of w(k)·q(k) over k < K with rhs·Σw = F + R·Σw, from q·w + P(k+1) ≤ P(k) + R·w, P(0) ≤ F and P(K) ≥ 0. A
//!   mean has w = 1, and the least of numbers is at most their mean.
//! - A geometric rate: of lhs(K) with rhs = R + S·q^K, from P(k+1) ≤ q·P(k) + (1 − q)·R, P(0) ≤ R + S, lhs(K) ≤ P(K) and
//!   0 ≤ q < 1.
//! - A least: of q(k) over k ≤ K with rhs = (F + E(K))/(a + b·K), where E(K) is of the end and a + b = 1, from
//!   P(k+1) + b·m ≤ P(k), P(0) ≤ F, a·m ≤ P(K) + E(K) and a + b·K > 0, where m is at most q(k) and q(k+1).
//! - Another rate: of lhs(K) with rhs = c(K)·F and c(1) = 1, from P(k+1) ≤ P(k), P(0) ≤ F, lhs(K) ≤ c(K)·P(K) and c(K) ≥ 0.

use super::reach::Reach;
use super::untranslatable::Untranslatable;
use crate::prove::problem::Form;
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Node, Term};
use crate::statement::{Claim, Statement};

/// A claim about whole runs, taken apart.
pub struct Induction<'s> {
    /// The right-hand side.
    pub rhs: &'s Term,
    /// What the left-hand side speaks of: at k within the sum, or at K.
    pub body: &'s Term,
    /// How it depends on K.
    pub shape: Shape<'s>,
    /// The potential at k; what rhs says of the start, at k, where the statement gives none.
    pub potential: Option<&'s Term>,
    /// Whether both sides are averaged.
    pub averages: bool,
    /// Inequalities that every step obeys, which are proved before.
    pub steps: &'s [(Term, Term)],
}

/// How a claim depends on K.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape<'s> {
    /// It bounds the mean of numbers at k < K, with these weights; without any, they are alike.
    Mean(Option<&'s Term>),
    /// It bounds the least of numbers at k ≤ K.
    Least,
    /// It bounds a number at K by a power of that base whose exponent is K.
    Geometric(&'s Term),
    /// It bounds a number at K by a multiple that depends on K.
    Decay,
}

impl<'s> Induction<'s> {
    /// Takes a claim apart.
    ///
    /// # Errors
    /// Why it has no such shape.
    pub fn of(statement: &'s Statement, claim: &'s Claim) -> Result<Self, Untranslatable> {
        let reads_random = |term: &Term| term.any(|node| matches!(node, Node::Index(Index::Random)));
        let random = reads_random(&claim.lhs) || reads_random(&claim.rhs);
        let averaged =
            if random { of_random_index(statement, claim) } else { averaged(without_expectation(&claim.lhs)) };
        if random && averaged.is_none() {
            return Err(Untranslatable::Claim(
                "a random index elsewhere than in one expectation on the left, over 0..K",
            ));
        }
        let (body, shape) = match (averaged, least(&claim.lhs)) {
            (Some((body, weight)), _) => (body, Shape::Mean(weight)),
            (None, Some(_)) if claim.averages() => {
                return Err(Untranslatable::Claim("the least of means over the draws"));
            }
            (None, Some(body)) => (body, Shape::Least),
            (None, None) => (&claim.lhs, power_of(&claim.rhs)?.map_or(Shape::Decay, Shape::Geometric)),
        };
        let potential = statement.hints.potential.as_ref().map(|potential| &potential.term);
        Ok(Induction {
            rhs: &claim.rhs,
            body,
            shape,
            potential,
            averages: claim.averages(),
            steps: &statement.hints.steps,
        })
    }

    /// The parts of the proof.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Step];
        if self.potential.is_some() {
            parts.push(Part::Start);
        }
        parts.push(Part::End);
        match self.shape {
            Shape::Mean(None) => {}
            Shape::Mean(Some(_)) | Shape::Least => parts.push(Part::Positive),
            Shape::Geometric(_) => parts.extend([Part::NotNegative, Part::Positive]),
            Shape::Decay => parts.push(Part::NotNegative),
        }
        parts
    }

    /// The steps that a part speaks of.
    ///
    /// # Errors
    /// Why it speaks of none near its index.
    pub fn reach(&self, part: Part) -> Result<Reach, Untranslatable> {
        let mut reach = Reach::default();
        let potential = |reach: &mut Reach, by: i64| match self.potential {
            Some(potential) => reach.reads(potential, by, false),
            None => reach.reads(self.rhs, by, true),
        };
        match part {
            Part::Step => {
                for (lhs, rhs) in self.steps {
                    reach.reads(lhs, 0, false)?;
                    reach.reads(rhs, 0, false)?;
                }
                potential(&mut reach, 0)?;
                potential(&mut reach, 1)?;
                reach.reads(self.rhs, 0, true)?;
                if let Shape::Mean(_) | Shape::Least = self.shape {
                    reach.reads(self.body, 0, true)?;
                }
                if self.shape == Shape::Least {
                    reach.reads(self.body, 1, true)?;
                }
            }
            Part::Start => {
                potential(&mut reach, 0)?;
                reach.reads(self.rhs, 0, true)?;
                // A start may be what the first step makes.
                reach.makes_a_step();
            }
            Part::End => {
                potential(&mut reach, 0)?;
                reach.reads(self.rhs, 0, true)?;
                if !matches!(self.shape, Shape::Mean(_)) {
                    reach.reads(self.body, 0, true)?;
                }
            }
            Part::NotNegative | Part::Positive => match self.shape {
                Shape::Mean(Some(weight)) => reach.reads(weight, 0, true)?,
                Shape::Decay | Shape::Least => reach.reads(self.rhs, 0, true)?,
                _ => {}
            },
        }
        Ok(reach)
    }
}

/// A part of such a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What a step does.
    Step,
    /// The potential at the start.
    Start,
    /// The potential at the end.
    End,
    /// The base of the power, or the factor that depends on K, is at least 0.
    NotNegative,
    /// The weights, what the base lacks of 1, or what the least is divided by, are above 0.
    Positive,
}

impl Part {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Part::Step => "a step",
            Part::Start => "the start",
            Part::End => "the end",
            Part::NotNegative => "a factor is not negative",
            Part::Positive => "a factor is positive",
        }
    }
}

/// What of a right-hand side does not depend on the start: a number of the instance.
pub fn is_of_instance(form: &Form, is_constant: &dyn Fn(usize) -> bool) -> bool {
    form.products().next().is_none() && form.atoms.iter().all(|(position, _)| is_constant(position))
}

fn without_expectation(term: &Term) -> &Term {
    match term {
        Term::Expectation { body, past: false } => body,
        other => other,
    }
}

/// Whether a range is 0..K.
fn is_whole(from: &Index, to: &Index) -> bool {
    *from == Index::Literal(0) && *to == Index::Horizon
}

/// The numbers whose mean over k < K, or least, a term is; and their weights.
fn averaged(term: &Term) -> Option<(&Term, Option<&Term>)> {
    match term {
        Term::Reduce { op: ReduceOp::Mean | ReduceOp::Min, slot: 0, from, to, body } if is_whole(from, to) => {
            Some((body, None))
        }
        Term::Div(sum, total) => {
            let Term::Reduce { op: ReduceOp::Sum, slot: 0, from, to, body } = &**sum else { return None };
            let weight = match &**total {
                Term::Integer(Index::Horizon) => None,
                Term::Reduce { op: ReduceOp::Sum, slot: 0, from, to, body } if is_whole(from, to) => Some(&**body),
                _ => return None,
            };
            is_whole(from, to).then_some((&**body, weight))
        }
        _ => None,
    }
}

/// The numbers at k ≤ K of which a term is the least.
fn least(term: &Term) -> Option<&Term> {
    let Term::Reduce { op: ReduceOp::Min, slot: 0, from: Index::Literal(0), to: Index::Add(end, one), body } = term
    else {
        return None;
    };
    (**end == Index::Horizon && **one == Index::Literal(1)).then_some(body)
}

/// The numbers whose mean over k < K is the one expectation on the left, of what a random index picks.
fn of_random_index<'s>(statement: &Statement, claim: &'s Claim) -> Option<(&'s Term, Option<&'s Term>)> {
    let random = statement.random.as_ref()?;
    let Term::Expectation { body, past: false } = &claim.lhs else { return None };
    let is_on_the_right = claim.rhs.any(|node| matches!(node, Node::Index(Index::Random)));
    let is_plain = !body.has_expectation() && !is_on_the_right && is_whole(&random.from, &random.to);
    is_plain.then_some((&**body, None))
}

/// The base of the powers whose exponent is K.
fn power_of(term: &Term) -> Result<Option<&Term>, Untranslatable> {
    let mut bases: Vec<&Term> = Vec::new();
    term.walk(&mut |node| {
        if let Node::Term(Term::PowInt(base, Index::Horizon)) = node
            && !bases.contains(&&**base)
        {
            bases.push(base);
        }
    });
    match &bases[..] {
        [] => Ok(None),
        [base] => Ok(Some(base)),
        _ => Err(Untranslatable::Claim("powers of several numbers whose exponent is K")),
    }
}
