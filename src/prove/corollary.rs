//! Corollaries: what follows from a theorem by putting other numbers in place of its own, and from lemmas that bound what
//! those numbers bound.

use serde_json::Value;
use thiserror::Error;

use super::problem::Problem;
use super::translate::{self, Untranslatable};
use crate::statement::corollary::{CorollaryError, Rewriting, debts, rewritten};
use crate::statement::parse::parse;
use crate::statement::syntax::Expr;
use crate::statement::term::Builtin;
use crate::statement::{Claim, Expectation, Statement, library};

/// What a corollary rests on, and what is to be proved so that it follows.
#[derive(Clone, Debug)]
pub struct Corollary {
    /// The theorem, then the lemmas.
    pub rests_on: Vec<String>,
    /// Ranges and hypotheses of the theorem and of the lemmas, and that what the lemmas bound is within what the theorem
    /// takes it for.
    pub problems: Vec<Problem>,
}

/// Why a statement does not follow from the one that it instantiates, as far as that is looked at.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoCorollary {
    /// It instantiates none.
    #[error("it instantiates no other statement")]
    OfNothing,
    /// The theorem, or a lemma, is no statement.
    #[error("`{0}` is no shipped statement")]
    NotShipped(String),
    /// The theorem is false on purpose.
    #[error("`{0}` is false")]
    False(String),
    /// The theorem says nothing of other instances.
    #[error("`{0}` is about its witnesses alone")]
    AboutWitnesses(String),
    /// The theorem says nothing of estimates with errors.
    #[error("`{0}` is about exact gradients")]
    AboutExactGradients(String),
    /// The texts of the statements cannot be put together: it has a part of its own in place of the theorem's, or
    /// something cannot be read with its names.
    #[error(transparent)]
    Texts(#[from] CorollaryError),
    /// What the theorem leaves to the method is a parameter.
    #[error("`{0}` of the method is a parameter here, and none of the theorem")]
    ParameterOfMethod(String),
    /// Something stands for a name of which more is known than of what stands for it.
    #[error("something stands for `{0}`, of which a proof may use facts")]
    Substituted(String),
    /// Nothing bounds a vector that the theorem takes to be bounded.
    #[error("no statement under `uses` bounds {0}[k] at every k")]
    NotBounded(&'static str),
    /// None of the statements that do is a lemma for it.
    #[error("{}", .0.iter().map(NoLemma::to_string).collect::<Vec<_>>().join("; "))]
    NoLemmas(Vec<NoLemma>),
    /// What is to be shown does not translate.
    #[error(transparent)]
    Untranslatable(#[from] Untranslatable),
}

/// A statement that is no lemma for a corollary.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{id}` does not apply: {why}")]
pub struct NoLemma {
    /// Its identifier.
    pub id: String,
    /// Why it is none.
    pub why: Inapplicable,
}

/// Why a statement is no lemma for a corollary.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Inapplicable {
    /// It is false on purpose.
    #[error("it is false")]
    False,
    /// It says nothing of other instances.
    #[error("it is about its witnesses alone")]
    AboutWitnesses,
    /// It is about this method.
    #[error("it is about `{0}`")]
    OtherMethod(String),
    /// It takes for given what the corollary does not.
    #[error("it has `{0}`, which is not given here")]
    NotGiven(String),
    /// Its numbers may be others than the corollary's of the same name.
    #[error("it has substitutions or parameters of its own")]
    OwnNumbers,
    /// Its name stands for something else in the corollary.
    #[error("it speaks of `{0}`, for which something else stands here")]
    Substituted(String),
    /// It may not hold of a kind of source that the corollary lists.
    #[error("it does not list sources like {0}")]
    OtherSources(Value),
    /// It holds of the sources that it lists, and the corollary may have any.
    #[error("it lists its sources, and the corollary lists none")]
    AnySources,
}

/// A bound that a theorem takes for given: a vector's square is at most relative·‖∇f‖² + absolute.
struct Bound {
    relative: Builtin,
    absolute: Builtin,
    /// The bounded vector's name.
    vector: &'static str,
}

const BOUNDS: [Bound; 3] = [
    Bound { relative: Builtin::RelativeError, absolute: Builtin::AbsoluteError, vector: "e" },
    Bound { relative: Builtin::RelativeBias, absolute: Builtin::AbsoluteBias, vector: "b" },
    Bound { relative: Builtin::RelativeNoise, absolute: Builtin::NoiseVariance, vector: "nu" },
];

/// How a statement follows from the one that it instantiates.
///
/// # Errors
/// Why it does not, as far as that is looked at.
pub fn corollary(statement: &Statement) -> Result<Corollary, NoCorollary> {
    let id = statement.instantiates.as_deref().ok_or(NoCorollary::OfNothing)?;
    let theorem = shipped(id)?;
    if theorem.expect == Expectation::Violated {
        return Err(NoCorollary::False(id.to_owned()));
    }
    if !theorem.general {
        return Err(NoCorollary::AboutWitnesses(id.to_owned()));
    }
    if translate::is_exact(&theorem) && !translate::is_exact(statement) {
        return Err(NoCorollary::AboutExactGradients(id.to_owned()));
    }
    refuse_other_substitutions(statement, &theorem)?;
    let new = Rewriting {
        claims: Vec::new(),
        lemmas: debts(statement)?,
        positive: translate::divided_by(statement),
        numbers: statement.substitutions.keys().cloned().collect(),
    };
    let mut shown = ToShow { statement, new, lemmas: Vec::new(), in_mean: theorem.averages() };
    let needs = translate::reached(&theorem);
    for bound in &BOUNDS {
        let is_substituted = [bound.relative, bound.absolute].iter().any(|own| substitutes(statement, own.name()));
        let is_needed = needs.contains(&bound.relative) || needs.contains(&bound.absolute);
        if is_substituted && is_needed {
            shown.show(bound)?;
        }
    }
    let ToShow { new, lemmas, .. } = shown;
    let others: Vec<&Statement> = lemmas.iter().collect();
    let read = rewritten(statement, &new, &others)?;
    let problems = translate::translate(&read)?;
    let rests_on = std::iter::once(id.to_owned()).chain(lemmas.into_iter().map(|lemma| lemma.id)).collect();
    Ok(Corollary { rests_on, problems })
}

fn shipped(id: &str) -> Result<Statement, NoCorollary> {
    match library::load(id) {
        Some(Ok(statement)) => Ok(statement),
        _ => Err(NoCorollary::NotShipped(id.to_owned())),
    }
}

fn substitutes(statement: &Statement, name: &str) -> bool {
    statement.substitutions.contains_key(name)
}

/// Only parameters and the numbers of bounds may stand for something else: of all other names a proof may use facts that
/// what stands for them need not have.
fn refuse_other_substitutions(statement: &Statement, theorem: &Statement) -> Result<(), NoCorollary> {
    let of_method = |name: &str| statement.method.parameters.iter().any(|own| own.name == name);
    // Without its own value of it the statement leaves it to the method's.
    let undeclared = |name: &&String| of_method(name) && theorem.parameter(name).is_none();
    let own = statement.parameters.iter().map(|parameter| &parameter.name);
    if let Some(name) = own.clone().find(undeclared) {
        return Err(NoCorollary::ParameterOfMethod(name.clone()));
    }
    let is_of_bound = |name: &str| BOUNDS.iter().any(|own| own.relative.name() == name || own.absolute.name() == name);
    let refused = |name: &&String| !is_of_bound(name) && (theorem.parameter(name).is_none() || of_method(name));
    match statement.substitutions.keys().find(refused) {
        Some(name) => Err(NoCorollary::Substituted(name.clone())),
        None => Ok(()),
    }
}

/// What is to be shown, as it comes together.
struct ToShow<'s> {
    statement: &'s Statement,
    new: Rewriting,
    lemmas: Vec<Statement>,
    /// Whether the theorem takes bounds of means.
    in_mean: bool,
}

impl ToShow<'_> {
    /// That a vector is bounded as the theorem takes it to be, by a lemma, and by numbers that are not negative.
    fn show(&mut self, bound: &Bound) -> Result<(), NoCorollary> {
        let Bound { relative, absolute, vector } = bound;
        let (relative, absolute) = (relative.name(), absolute.name());
        let mut refused = Vec::new();
        for id in &self.statement.uses {
            let lemma = shipped(id)?;
            let Some(rhs) = lemma.claims.iter().find_map(|claim| bound_of(claim, vector, self.in_mean)) else {
                continue;
            };
            if let Err(why) = self.admits(&lemma) {
                refused.push(NoLemma { id: id.clone(), why });
                continue;
            }
            self.new.claims.push((rhs, format!("{relative}*norm2(grad[k]) + {absolute}")));
            for number in [relative, absolute] {
                self.new.claims.push(("0".to_owned(), number.to_owned()));
            }
            if self.lemmas.iter().all(|known| known.id != lemma.id) {
                self.lemmas.push(lemma);
            }
            return Ok(());
        }
        match refused.is_empty() {
            true => Err(NoCorollary::NotBounded(vector)),
            false => Err(NoCorollary::NoLemmas(refused)),
        }
    }

    /// Whether a lemma speaks of all that the corollary speaks of; its hypotheses and ranges are noted as debts.
    fn admits(&mut self, lemma: &Statement) -> Result<(), Inapplicable> {
        let statement = self.statement;
        if lemma.expect == Expectation::Violated {
            return Err(Inapplicable::False);
        }
        if !lemma.general {
            return Err(Inapplicable::AboutWitnesses);
        }
        if lemma.method.id != statement.method.id {
            return Err(Inapplicable::OtherMethod(lemma.method.id.clone()));
        }
        let is_given = |name: &String| statement.given.iter().any(|own| own.name == *name);
        if let Some(given) = lemma.given.iter().map(|given| &given.name).find(|name| !is_given(name)) {
            return Err(Inapplicable::NotGiven(given.clone()));
        }
        if !lemma.substitutions.is_empty() || !lemma.parameters.is_empty() {
            return Err(Inapplicable::OwnNumbers);
        }
        let speaks_of = |name: &&String| expressions(lemma).any(|expr| expr.mentions(name));
        if let Some(name) = statement.substitutions.keys().find(speaks_of) {
            return Err(Inapplicable::Substituted(name.clone()));
        }
        let kinds: Vec<Value> = lemma.estimates_spoken_of().map(kind).collect();
        let is_of_kind = |value: &Value| kinds.is_empty() || kinds.contains(&kind(value));
        if let Some(other) = statement.estimates_spoken_of().find(|estimate| !is_of_kind(estimate)) {
            return Err(Inapplicable::OtherSources(kind(other)));
        }
        if statement.estimates.is_empty() && !kinds.is_empty() {
            return Err(Inapplicable::AnySources);
        }
        let mut owed = Vec::new();
        for hypothesis in &lemma.hypotheses {
            if statement.hypotheses.iter().all(|own| own.expr != hypothesis.expr) {
                owed.push(hypothesis.expr.to_string());
            }
        }
        self.new.lemmas.extend(owed);
        Ok(())
    }
}

/// What a claim at every k bounds the square of a vector by, or in mean its mean.
fn bound_of(claim: &Claim, vector: &str, in_mean: bool) -> Option<String> {
    if claim.quantifier.as_ref()?.text != "k in 0..K" {
        return None;
    }
    let is = |text: String| parse(&text).is_ok_and(|expr| expr == claim.lhs_expr);
    let rhs = &claim.rhs_expr;
    if is(format!("norm2({vector}[k])")) || (in_mean && is(format!("E[norm2({vector}[k]) | past]"))) {
        Some(rhs.to_string())
    } else if is(format!("norm({vector}[k])")) {
        // ‖u‖ ≤ a says that a is not negative.
        Some(format!("({rhs})^2"))
    } else {
        None
    }
}

/// All expressions that say what a statement claims.
fn expressions(statement: &Statement) -> impl Iterator<Item = &Expr> {
    let claims = statement.claims.iter().flat_map(|claim| [&claim.lhs_expr, &claim.rhs_expr]);
    let hypotheses = statement.hypotheses.iter().map(|hypothesis| &hypothesis.expr);
    let constants = statement.constants.iter().map(|constant| &constant.expr);
    claims.chain(hypotheses).chain(constants).chain(statement.definitions.values())
}

/// What kinds of source and operator an estimate is made of, and which of their numbers it gives, whatever these are.
fn kind(value: &Value) -> Value {
    let field = |value: &Value| match value {
        // An expression.
        Value::String(text) if text.starts_with('=') => Value::Null,
        other => kind(other),
    };
    match value {
        Value::Array(all) => Value::Array(all.iter().map(kind).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), field(value))).collect())
        }
        Value::Number(_) => Value::Null,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::statement::load_file;

    #[test]
    fn why_a_statement_is_no_corollary_is_told_apart_by_its_kind() {
        let why = |name: &str| {
            let statement = load_file(Path::new(&format!("tests/unproved/{name}.toml"))).expect("a statement");
            corollary(&statement).expect_err("it is none")
        };
        assert_eq!(why("a-length-that-vanishes"), NoCorollary::OfNothing);
        assert_eq!(why("a-corollary-without-a-lemma"), NoCorollary::NotBounded("e"));
        let NoCorollary::NoLemmas(lemmas) = why("a-corollary-for-other-sources") else { panic!("it has a lemma") };
        assert!(matches!(&lemmas[..], [NoLemma { why: Inapplicable::OtherSources(_), .. }]), "{lemmas:?}");
    }
}
