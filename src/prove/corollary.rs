//! Corollaries: what follows from a theorem by putting other numbers in place of its own, and from lemmas that bound what
//! those numbers bound.

use serde_json::Value;

use super::problem::Problem;
use super::translate;
use crate::statement::corollary::{Rewriting, debts, rewritten};
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
pub fn corollary(statement: &Statement) -> Result<Corollary, String> {
    let id = statement.instantiates.as_deref().ok_or("it instantiates no other statement")?;
    let theorem = shipped(id)?;
    if theorem.expect == Expectation::Violated {
        return Err(format!("`{id}` is false"));
    }
    if !theorem.general {
        return Err(format!("`{id}` is about its witnesses alone"));
    }
    if translate::is_exact(&theorem) && !translate::is_exact(statement) {
        return Err(format!("`{id}` is about exact gradients"));
    }
    refuse_other_substitutions(statement, &theorem)?;
    let new = Rewriting {
        claims: Vec::new(),
        lemmas: debts(statement)?,
        positive: translate::divided_by(statement),
        numbers: statement.substitutions.keys().cloned().collect(),
    };
    let mut shown = Shown { statement, new, lemmas: Vec::new(), in_mean: theorem.averages() };
    let needs = translate::reached(&theorem);
    for bound in &BOUNDS {
        let is_substituted = [bound.relative, bound.absolute].iter().any(|own| substitutes(statement, own.name()));
        let is_needed = needs.contains(&bound.relative) || needs.contains(&bound.absolute);
        if is_substituted && is_needed {
            shown.show(bound)?;
        }
    }
    let Shown { new, lemmas, .. } = shown;
    let others: Vec<&Statement> = lemmas.iter().collect();
    let read = rewritten(statement, &new, &others)?;
    let problems = translate::translate(&read)?;
    let rests_on = std::iter::once(id.to_owned()).chain(lemmas.into_iter().map(|lemma| lemma.id)).collect();
    Ok(Corollary { rests_on, problems })
}

fn shipped(id: &str) -> Result<Statement, String> {
    match library::load(id) {
        Some(Ok(statement)) => Ok(statement),
        _ => Err(format!("`{id}` is no shipped statement")),
    }
}

fn substitutes(statement: &Statement, name: &str) -> bool {
    statement.substitutions.contains_key(name)
}

/// Only parameters and the numbers of bounds may stand for something else: of all other names a proof may use facts that
/// what stands for them need not have.
fn refuse_other_substitutions(statement: &Statement, theorem: &Statement) -> Result<(), String> {
    let of_method = |name: &str| statement.method.parameters.iter().any(|own| own.name == name);
    // Without its own value of it the statement leaves it to the method's.
    let undeclared = |name: &&String| of_method(name) && theorem.parameter(name).is_none();
    let own = statement.parameters.iter().map(|parameter| &parameter.name);
    if let Some(name) = own.clone().find(undeclared) {
        return Err(format!("`{name}` of the method is a parameter here, and none of the theorem"));
    }
    let is_of_bound = |name: &str| BOUNDS.iter().any(|own| own.relative.name() == name || own.absolute.name() == name);
    let refused = |name: &&String| !is_of_bound(name) && (theorem.parameter(name).is_none() || of_method(name));
    match statement.substitutions.keys().find(refused) {
        Some(name) => Err(format!("something stands for `{name}`, of which a proof may use facts")),
        None => Ok(()),
    }
}

/// What is to be shown, as it comes together.
struct Shown<'s> {
    statement: &'s Statement,
    new: Rewriting,
    lemmas: Vec<Statement>,
    /// Whether the theorem takes bounds of means.
    in_mean: bool,
}

impl Shown<'_> {
    /// That a vector is bounded as the theorem takes it to be, by a lemma, and by numbers that are not negative.
    fn show(&mut self, bound: &Bound) -> Result<(), String> {
        let Bound { relative, absolute, vector } = bound;
        let (relative, absolute) = (relative.name(), absolute.name());
        let mut refused = Vec::new();
        for id in &self.statement.uses {
            let lemma = shipped(id)?;
            let Some(rhs) = lemma.claims.iter().find_map(|claim| bound_of(claim, vector, self.in_mean)) else {
                continue;
            };
            if let Err(why) = self.admits(&lemma) {
                refused.push(format!("`{id}` does not apply: {why}"));
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
            true => Err(format!("no statement under `uses` bounds {vector}[k] at every k")),
            false => Err(refused.join("; ")),
        }
    }

    /// Whether a lemma speaks of all that the corollary speaks of; its hypotheses and ranges are noted as debts.
    fn admits(&mut self, lemma: &Statement) -> Result<(), String> {
        let statement = self.statement;
        if lemma.expect == Expectation::Violated {
            return Err("it is false".to_owned());
        }
        if !lemma.general {
            return Err("it is about its witnesses alone".to_owned());
        }
        if lemma.method.id != statement.method.id {
            return Err(format!("it is about `{}`", lemma.method.id));
        }
        let is_given = |name: &String| statement.given.iter().any(|own| own.name == *name);
        if let Some(given) = lemma.given.iter().map(|given| &given.name).find(|name| !is_given(name)) {
            return Err(format!("it has `{given}`, which is not given here"));
        }
        if !lemma.substitutions.is_empty() || !lemma.parameters.is_empty() {
            return Err("it has substitutions or parameters of its own".to_owned());
        }
        let speaks_of = |name: &&String| expressions(lemma).any(|expr| expr.mentions(name));
        if let Some(name) = statement.substitutions.keys().find(speaks_of) {
            return Err(format!("it speaks of `{name}`, for which something else stands here"));
        }
        let kinds: Vec<Value> = lemma.estimates_spoken_of().map(kind).collect();
        let is_of_kind = |value: &Value| kinds.is_empty() || kinds.contains(&kind(value));
        if let Some(other) = statement.estimates_spoken_of().find(|estimate| !is_of_kind(estimate)) {
            return Err(format!("it does not list sources like {}", kind(other)));
        }
        if statement.estimates.is_empty() && !kinds.is_empty() {
            return Err("it lists its sources, and the corollary lists none".to_owned());
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
