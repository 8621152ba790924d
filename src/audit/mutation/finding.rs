//! What a survivor says: a part of the bound that is not needed, and whether what is left is attained.

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::mutate::{Mutant, Operator, scaled, summands};
use crate::audit::mutation::trial::{MutantStatus, Trial};
use crate::statement::Statement;
use crate::statement::load_changed;
use crate::statement::parse::parse;
use crate::statement::syntax::{BinaryOp, Expr, ExprKind};
use crate::statement::variant::{Change, Location, expressions};
use crate::verify::instances::CellSpec;

/// A stronger form of a statement that was not refuted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What is changed, and how.
    pub mutant: Mutant,
    /// The changed summand as it was.
    pub before: String,
    /// The changed summand as it is.
    pub after: String,
    /// before/after, with what is the same in both left out.
    pub factor: String,
    /// The least of (rhs − lhs) over the sum of the absolute values of both sides' terms that was found.
    pub least: f64,
    /// Where a small share less of the changed summand is too little, and of the summand as it was is not:
    /// there the change makes all the difference, and nothing more is to be had.
    pub attained: Option<Attained>,
}

/// An instance that attains a stronger form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attained {
    /// The share of the changed summand that cannot be spared.
    pub share: f64,
    /// The instance.
    pub instance: Box<CellSpec>,
}

/// Shares, of either sign, of which it is asked whether they can be spared; one in so many.
const SHARES: [i32; 3] = [100, 1000, 10_000];

impl Trial<'_> {
    /// What a surviving mutant says; `None` for one that was refuted, or that only scales a number.
    #[must_use]
    pub fn finding(&self, mutant: &Mutant, status: &MutantStatus) -> Option<Finding> {
        let MutantStatus::Slack { least, .. } = status else { return None };
        if matches!(mutant.operator, Operator::Scale { .. } | Operator::Remove | Operator::Direction) {
            return None;
        }
        let [Change { place, expression: Some(changed) }] = &mutant.changes[..] else { return None };
        if matches!(place, Location::Hypothesis { .. }) {
            return None;
        }
        let (_, old) = expressions(self.base).into_iter().find(|(p, _)| p == place)?;
        let new = parse(changed).ok()?;
        let (before, after) = changed_summands(old, &new);
        let with_less = |whole: &Expr, summands: &[Expr], left: &Rational| -> Option<Statement> {
            let mut whole = whole.clone();
            for summand in summands {
                whole = scaled_summand(&whole, summand, left)?;
            }
            load_changed(self.base, &[Change { place: place.clone(), expression: Some(whole.to_string()) }]).ok()
        };
        let shares = SHARES.into_iter().filter(|_| !after.is_empty()).flat_map(|n| [n, -n]);
        let attained = shares.into_iter().find_map(|n| {
            let left = Rational::from((n.abs() - n.signum(), n.abs()));
            let less = with_less(&new, &after, &left)?;
            // Where the statement itself cannot spare as much, the change makes too small a difference.
            let itself = with_less(old, &before, &left)?;
            match self.kill(&less, Some(&itself), None, false).status {
                MutantStatus::Killed { instance, .. } => Some(Attained { share: 1.0 / f64::from(n.abs()), instance }),
                _ => None,
            }
        });
        let text = |summands: &[Expr]| sum(summands).map_or_else(|| "0".to_owned(), |expr| expr.to_string());
        Some(Finding {
            mutant: mutant.clone(),
            factor: quotient(sum(&before), sum(&after)),
            before: text(&before),
            after: text(&after),
            least: *least,
            attained,
        })
    }
}

/// The summands of each of two expressions that the other has not.
fn changed_summands(old: &Expr, new: &Expr) -> (Vec<Expr>, Vec<Expr>) {
    let (old, new) = (summands(old), summands(new));
    let lone = |mine: &[&Expr], theirs: &[&Expr]| -> Vec<Expr> {
        let mut rest = theirs.to_vec();
        let alone = mine.iter().filter(|part| match rest.iter().position(|other| other == *part) {
            Some(i) => {
                rest.swap_remove(i);
                false
            }
            None => true,
        });
        alone.map(|part| (*part).clone()).collect()
    };
    (lone(&old, &new), lone(&new, &old))
}

fn sum(summands: &[Expr]) -> Option<Expr> {
    let add = |a, b| Expr { kind: ExprKind::Binary(BinaryOp::Add, Box::new(a), Box::new(b)), span: 0..0 };
    summands.iter().cloned().reduce(add)
}

/// The expression with one of its summands multiplied.
fn scaled_summand(whole: &Expr, summand: &Expr, factor: &Rational) -> Option<Expr> {
    fn find<'e>(expr: &'e mut Expr, summand: &Expr) -> Option<&'e mut Expr> {
        if expr == summand {
            return Some(expr);
        }
        let is_sum = matches!(expr.kind, ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, ..) | ExprKind::Negate(_));
        if !is_sum {
            return None;
        }
        expr.children_mut().into_iter().find_map(|child| find(child, summand))
    }
    let mut changed = whole.clone();
    let node = find(&mut changed, summand)?;
    *node = scaled(node, factor);
    Some(changed)
}

/// before/after as a reader would write it: of two quotients of the same number only the denominators.
fn quotient(before: Option<Expr>, after: Option<Expr>) -> String {
    let (Some(before), Some(after)) = (before, after) else { return "unbounded".into() };
    let over = |a: &Expr, b: &Expr| {
        let binary = ExprKind::Binary(BinaryOp::Div, Box::new(a.clone()), Box::new(b.clone()));
        Expr { kind: binary, span: 0..0 }.to_string()
    };
    match (&before.kind, &after.kind) {
        (ExprKind::Binary(BinaryOp::Div, a, c), ExprKind::Binary(BinaryOp::Div, b, d)) if a == b => over(d, c),
        (ExprKind::Binary(BinaryOp::Div, a, c), ExprKind::Binary(BinaryOp::Div, b, d)) if c == d => over(a, b),
        _ => over(&before, &after),
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::mutation::finding::*;

    fn expr(text: &str) -> Expr {
        parse(text).unwrap_or_else(|err| panic!("{text}: {}", err.message))
    }

    #[test]
    fn the_factor_is_what_the_change_leaves_out() {
        let cases = [
            ("a + C/(1 - t - B)", "a + C/(1 - B)", "(1 - B)/(1 - t - B)"),
            ("2*a/b", "c/b", "2*a/c"),
            ("a + b", "a", "unbounded"),
            ("(a + b)^2", "a^2 + b^2", "(a + b)^2/(a^2 + b^2)"),
        ];
        for (old, new, factor) in cases {
            let (before, after) = changed_summands(&expr(old), &expr(new));
            assert_eq!(quotient(sum(&before), sum(&after)), factor, "{old} and {new}");
        }
    }

    #[test]
    fn one_summand_is_scaled_and_the_others_are_left() {
        let whole = expr("a - C/(1 - B) + b");
        let scaled = scaled_summand(&whole, &expr("C/(1 - B)"), &Rational::from((99, 100))).unwrap();
        assert_eq!(scaled.to_string(), "a - 0.99*(C/(1 - B)) + b");
    }
}
