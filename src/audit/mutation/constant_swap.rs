//! Statements that make the same claim with other constants: what each would gain from the other's.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::mutate::scaled;
use crate::audit::mutation::trial::{Depth, MutantStatus, Trial};
use crate::audit::search::climb::Frozen;
use crate::audit::search::evaluator::{InstanceEvaluator, InstanceTemplate};
use crate::audit::search::seed_instances::{SeedInstance, SeedInstances};
use crate::statement::Statement;
use crate::statement::load_changed;
use crate::statement::syntax::{Expr, ExprKind};
use crate::statement::term::Term;
use crate::statement::variant::{Change, Location};

/// A constant taken over from a statement with the same claim, and what it allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transplant {
    /// The constant.
    pub constant: String,
    /// The statement that it comes from.
    pub from: String,
    /// Its expression there, written out.
    pub expression: String,
    /// What becomes of the statement with it alone.
    pub status: MutantStatus,
    /// By how much a limit may then be larger, at points of the other parameters.
    pub limits: Vec<Limit>,
}

impl Transplant {
    /// What is taken over from where, for a person.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{} = {} as in {}", self.constant, self.expression, self.from)
    }

    /// What becomes of the statement with it, for a person.
    #[must_use]
    pub fn outcome(&self) -> String {
        match &self.status {
            MutantStatus::Killed { instance, .. } => format!("refuted on {instance}"),
            MutantStatus::Slack { .. } => "not refuted".to_owned(),
            MutantStatus::Equivalent { .. } => "the same".to_owned(),
            MutantStatus::Weaker => "claims less".to_owned(),
            MutantStatus::Undecided { reason } => reason.clone(),
            MutantStatus::NoStatement => "no statement".to_owned(),
        }
    }
}

/// By how much the limit of a parameter may be larger before a violation is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// The constant that is the upper end of a parameter's range.
    pub limit: String,
    /// The other parameters.
    pub at: BTreeMap<String, f64>,
    /// The largest factor at which none was found, without what is taken over.
    pub alone: f64,
    /// The same with it.
    pub with: f64,
}

/// Values of a parameter whose range is made of numbers, as fractions of the range.
const GRID: [f64; 4] = [0.01, 0.1, 0.5, 0.9];
/// Most points of the grid.
const MOST_POINTS: usize = 16;
/// Largest factor that is tried, and halvings of what lies between.
const LARGEST: u32 = 4;
const HALVINGS: usize = 8;

/// The constants of `statement` that a relative among `others` writes differently, each in its place.
#[must_use]
pub fn transplants(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    pool: &SeedInstances,
    others: &[Statement],
    depth: Depth,
) -> Vec<Transplant> {
    let limits = limits(statement);
    let related = others.iter().filter(|other| other.id != statement.id && same_claim(statement, other));
    let mut found = Vec::new();
    for other in related {
        for constant in &statement.constants {
            let Some(theirs) = other.constants.iter().find(|c| c.name == constant.name) else { continue };
            let (mine, theirs) = (expanded(&constant.expr, statement), expanded(&theirs.expr, other));
            if limits.contains(&constant.name) || mine == theirs || !is_used(statement, &constant.name) {
                continue;
            }
            let expression = theirs.to_string();
            let place = Location::Constant { name: constant.name.clone() };
            let change = Change { place, expression: Some(expression.clone()) };
            let trial = Trial { evaluator, base: statement, pool, depth, frozen: None };
            let status = trial.status(std::slice::from_ref(&change), None, true).status;
            let limits = match status {
                MutantStatus::Slack { .. } => measured(&trial, &change, &limits),
                _ => Vec::new(),
            };
            found.push(Transplant {
                constant: constant.name.clone(),
                from: other.id.clone(),
                expression,
                status,
                limits,
            });
        }
    }
    found
}

/// The same sides, indices, definitions and parameters.
fn same_claim(a: &Statement, b: &Statement) -> bool {
    let claims = |s: &Statement| -> Vec<String> {
        let text = |c: &crate::statement::Claim| {
            let quantifier = c.quantifier.as_ref().map_or("", |q| q.text.as_str());
            format!("{} <= {} for {quantifier}", c.lhs_expr, c.rhs_expr)
        };
        s.claims.iter().map(text).collect()
    };
    let names = |s: &Statement| s.parameters.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    a.form == b.form && claims(a) == claims(b) && a.definitions == b.definitions && names(a) == names(b)
}

/// An expression with the statement's constants written out.
fn expanded(expr: &Expr, statement: &Statement) -> Expr {
    let mut whole = expr.clone();
    if let ExprKind::Name(name) = &whole.kind
        && let Some(constant) = statement.constants.iter().find(|c| c.name == *name)
    {
        return expanded(&constant.expr, statement);
    }
    for child in whole.children_mut() {
        *child = expanded(child, statement);
    }
    whole
}

/// Whether a constant stands in a claim or a definition rather than in other constants alone.
fn is_used(statement: &Statement, name: &str) -> bool {
    fn mentions(expr: &Expr, name: &str) -> bool {
        let mut copy = expr.clone();
        matches!(&expr.kind, ExprKind::Name(n) if n == name)
            || copy.children_mut().into_iter().any(|child| mentions(child, name))
    }
    let sides = statement.claims.iter().flat_map(|c| [&c.lhs_expr, &c.rhs_expr]);
    sides.chain(statement.definitions.values()).any(|expr| mentions(expr, name))
}

/// The constants that are the upper end of a parameter's range.
fn limits(statement: &Statement) -> Vec<String> {
    let ends = statement.parameters.iter().filter_map(|p| match p.upper.value.as_ref()? {
        Term::Constant(i) => Some(statement.constants[*i].name.clone()),
        _ => None,
    });
    ends.collect()
}

fn measured(trial: &Trial<'_>, change: &Change, limits: &[String]) -> Vec<Limit> {
    let base = trial.base;
    let is_number = |value: &Option<Term>| matches!(value, Some(Term::Number(_)));
    let free = base.parameters.iter().filter(|p| is_number(&p.lower.value) && is_number(&p.upper.value));
    let mut points = vec![BTreeMap::new()];
    for parameter in free {
        points = points
            .into_iter()
            .flat_map(|point: BTreeMap<String, f64>| {
                GRID.into_iter().map(move |fraction| {
                    let mut point = point.clone();
                    point.insert(parameter.name.clone(), fraction);
                    point
                })
            })
            .collect();
    }
    points.truncate(MOST_POINTS);
    let tasks: Vec<(&String, BTreeMap<String, f64>)> =
        limits.iter().flat_map(|limit| points.iter().map(move |point| (limit, point.clone()))).collect();
    // Done side by side, so each has judgements of its own.
    let share = trial.evaluator.split(tasks.len() as u64);
    let measure = |(limit, point): (&String, BTreeMap<String, f64>)| {
        let evaluator = trial.evaluator.share(share);
        let trial = &Trial { evaluator: &evaluator, ..*trial };
        let pool = at_point(trial, &point);
        let spec = &pool.entries.first()?.evaluation.spec;
        let at = point.keys().filter_map(|name| Some((name.clone(), *spec.parameters.get(name)?))).collect();
        let alone = largest_factor(trial, &pool, None, limit)?;
        let with = largest_factor(trial, &pool, Some(change), limit)?;
        Some(Limit { limit: limit.clone(), at, alone, with })
    };
    tasks.into_par_iter().filter_map(measure).collect()
}

/// The pool's instances with these parameters, and everything that has a limit at it.
fn at_point(trial: &Trial<'_>, point: &BTreeMap<String, f64>) -> SeedInstances {
    let place = |template: &mut InstanceTemplate| {
        for parameter in &trial.base.parameters {
            let fraction = point.get(&parameter.name).copied().unwrap_or(1.0);
            template.fractions.insert(parameter.name.clone(), fraction);
        }
    };
    let mut pool = SeedInstances::default();
    for frame in &trial.pool.frames {
        let mut frame = frame.clone();
        place(&mut frame);
        if !pool.frames.contains(&frame) {
            pool.frames.push(frame);
        }
    }
    for entry in &trial.pool.entries {
        let spec = &entry.evaluation.spec;
        let Some(mut template) = trial.evaluator.template(trial.base, spec) else { continue };
        place(&mut template);
        if let Some(evaluation) = trial.evaluator.evaluate(trial.base, &template) {
            pool.add(SeedInstance { template, evaluation });
        }
    }
    pool
}

/// The largest factor of the limit at which nothing on and near the pool violates the statement.
fn largest_factor(trial: &Trial<'_>, pool: &SeedInstances, change: Option<&Change>, limit: &str) -> Option<f64> {
    // A factor is wanted, so searches are longer and begin at more places than those for a mutant, the more so
    // where no worst states are known without one.
    let longer = if pool.frames.is_empty() { 6 } else { 2 };
    let depth =
        Depth { evaluations: longer * trial.depth.evaluations, searches: 2 * trial.depth.searches, ..trial.depth };
    let trial = Trial { pool, frozen: Some(Frozen::Parameters), depth, ..*trial };
    let expr = &trial.base.constants.iter().find(|c| c.name == limit)?.expr;
    let place = Location::Constant { name: limit.to_owned() };
    let mut warm = None;
    let mut is_violated = |factor: &Rational| -> Option<bool> {
        let scale = Change { place: place.clone(), expression: Some(scaled(expr, factor).to_string()) };
        let changes: Vec<Change> = change.into_iter().cloned().chain([scale]).collect();
        let changed = load_changed(trial.base, &changes).ok()?;
        let tried = trial.kill(&changed, None, warm.as_ref(), true);
        let violated = matches!(tried.status, MutantStatus::Killed { .. });
        if violated {
            warm = tried.nearest;
        }
        Some(violated)
    };
    let (mut survives, mut violated) = (Rational::from(1), Rational::from(LARGEST));
    if !is_violated(&violated)? {
        return Some(violated.to_f64());
    }
    for _ in 0..HALVINGS {
        let middle = Rational::from(&survives + &violated) / 2u32;
        if is_violated(&middle)? {
            violated = middle;
        } else {
            survives = middle;
        }
    }
    Some(survives.to_f64())
}
