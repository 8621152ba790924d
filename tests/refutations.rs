//! Exact counterexamples: to claims with a constant that is 1 % too strong, to claims that are false in other ways, and
//! to none that is true.

use std::process::Command;
use std::time::Duration;

use assert_cmd::assert::OutputAssertExt;
use assert_cmd::cargo::cargo_bin;
use lemmata::audit::mutation::mutate::scaled;
use lemmata::prove::{Effort, Refutation, attempt, refute, verify_refutation};
use lemmata::statement::syntax::{BinaryOp, Expr, ExprKind};
use lemmata::statement::variant::{Change, Location, Side};
use lemmata::statement::{Expectation, Statement, library, load_changed, load_file, load_text};
use predicates::str::contains;
use rug::Rational;

fn shipped(id: &str) -> Statement {
    library::load(id).expect("a shipped statement").expect("without a mistake")
}

fn effort(milliseconds: u64) -> Effort {
    Effort { seed: 1, budget: Duration::from_millis(milliseconds) }
}

/// An expression with each of its summands in turn a factor larger; a smaller one where it is subtracted.
fn with_larger_summands(expr: &Expr, more: &Rational) -> Vec<Expr> {
    let less = Rational::from(2 - more);
    match &expr.kind {
        ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
            let of_b = if *op == BinaryOp::Add { more } else { &less };
            let whole = |a: Expr, b: Expr| Expr {
                kind: ExprKind::Binary(*op, Box::new(a), Box::new(b)),
                span: expr.span.clone(),
            };
            let first = with_larger_summands(a, more).into_iter().map(|a| whole(a, (**b).clone()));
            let second = with_larger_summands(b, of_b).into_iter().map(|b| whole((**a).clone(), b));
            first.chain(second).collect()
        }
        _ => vec![scaled(expr, more)],
    }
}

/// Every claim with one summand 1 % stronger.
fn strengthened(statement: &Statement) -> Vec<Statement> {
    let mut all = Vec::new();
    for (number, claim) in statement.claims.iter().enumerate() {
        let sides = [(Side::Left, &claim.lhs_expr, (101, 100)), (Side::Right, &claim.rhs_expr, (99, 100))];
        for (side, expr, factor) in sides {
            for stronger in with_larger_summands(expr, &Rational::from(factor)) {
                let place = Location::Claim { number, side };
                let change = Change { place, expression: Some(stronger.to_string()) };
                all.push(load_changed(statement, &[change]).expect("a statement"));
            }
        }
    }
    all
}

#[test]
fn every_summand_of_the_proved_steps_that_is_one_percent_too_strong_has_an_exact_counterexample() {
    let ids = [
        "averaging",
        "cocoercive-step",
        "decreasing-steps-descent",
        "descent-lemma",
        "descent-lemma-contracting",
        "descent-lemma-contracting-sharp",
        "descent-lemma-loose",
        "gd-nonconvex",
        "gd-pl",
        "gd-strongly-convex",
        "sgd-descent-variance",
        "smooth-descent",
    ];
    for id in ids {
        for stronger in strengthened(&shipped(id)) {
            let claim = &stronger.claims[0];
            let said = format!("{id}: {} <= {}", claim.lhs_expr, claim.rhs_expr);
            let refuted = refute(&stronger, effort(20_000)).unwrap_or_else(|| panic!("{said}"));
            assert_eq!(refuted.gaps, Vec::<String>::new(), "{said}");
            assert_eq!(verify_refutation(&stronger, &refuted.refutation), Ok(Vec::new()), "{said}");
            let of_weaker = Refutation { hash: shipped(id).hash, ..refuted.refutation };
            assert!(verify_refutation(&shipped(id), &of_weaker).is_err(), "{id} itself is true");
        }
    }
}

#[test]
fn no_statement_that_is_true_is_refuted() {
    for statement in library::load_all().expect("the library").iter().filter(|s| s.expect == Expectation::Holds) {
        let refuted = refute(statement, effort(100));
        let gaps = refuted.map(|refuted| refuted.gaps);
        assert_ne!(gaps, Some(Vec::new()), "{}", statement.id);
    }
}

#[test]
fn true_statements_that_an_earlier_refuter_took_for_false_are_not_refuted() {
    for entry in std::fs::read_dir("tests/unrefuted").expect("the folder") {
        let path = entry.expect("an entry").path();
        let statement = load_file(&path).unwrap_or_else(|err| panic!("{err}"));
        let gaps = refute(&statement, effort(2_000)).map(|refuted| refuted.gaps);
        assert_ne!(gaps, Some(Vec::new()), "{}", path.display());
    }
}

#[test]
fn the_limit_of_the_step_size_of_the_descent_lemma_is_shown_by_an_exact_run() {
    let refuted = refute(&shipped("descent-lemma-limit"), effort(20_000)).expect("it is false");
    assert!(refuted.gaps.is_empty());
}

#[test]
fn most_false_statements_that_must_not_be_proved_are_refuted() {
    let folder = std::fs::read_dir("tests/unproved").expect("the folder");
    let refuted = folder.filter(|entry| {
        let path = entry.as_ref().expect("an entry").path();
        let statement = load_file(&path).expect("without a mistake");
        refute(&statement, effort(2_000)).is_some_and(|refuted| refuted.gaps.is_empty())
    });
    let count = refuted.count();
    assert!(count >= 36, "{count}");
}

/// A step of a method of one's own, which takes the gradient half a step ahead, with this bound.
fn of_a_stranger(rhs: &str) -> Statement {
    let text = format!(
        r#"
id = "one-step"
title = "One step of a method of one's own"
kind = "pathwise"
source = "tests"
proof = "none"
[parameters]
a = {{ in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L"] }}
[method]
id = "half-step-ahead"
title = "The gradient half a step ahead"
source = "tests"
[method.parameters]
a = {{ in = "(0, inf)", doc = "step size", unit = "x^2/f" }}
[method.step]
lines = ["y = x - a/2*grad(x)", "x = x - a*grad(y)"]
[claim]
for_all = "k in 0..K"
lhs = "norm2(x[k+1] - x[k])"
rhs = "{rhs}"
"#
    );
    load_text("one-step.toml", &text).expect("without a mistake")
}

#[test]
fn a_step_of_a_method_of_ones_own_is_proved_or_refuted_without_hints() {
    let refuted = refute(&of_a_stranger("a^2*norm2(grad[k])"), effort(20_000)).expect("it is false");
    assert!(refuted.gaps.is_empty(), "{:?}", refuted.gaps);
    let statement = of_a_stranger("9/4*a^2*norm2(grad[k])");
    assert!(refute(&statement, effort(500)).is_none());
    let proof = attempt(&statement, effort(20_000), &mut |_, _| {}).expect("it translates");
    assert!(proof.is_some());
}

#[test]
fn a_counterexample_with_any_part_changed_is_rejected() {
    let stronger = strengthened(&shipped("smooth-descent")).swap_remove(1);
    let refutation = refute(&stronger, effort(20_000)).expect("it is false").refutation;
    let reject = |change: &dyn Fn(&mut Refutation), place: &str| {
        let mut changed = refutation.clone();
        change(&mut changed);
        let rejected = verify_refutation(&stronger, &changed).expect_err(place);
        assert!(rejected.to_string().contains(place), "{rejected}");
    };
    reject(&|own| own.hash = "0".repeat(64), "hash");
    reject(&|own| own.counterexample.case.push('1'), "case");
    reject(&|own| own.counterexample.room = "-1".to_owned(), "room");
    reject(&|own| own.counterexample.gram[0][0] = "-1".to_owned(), "gram");
    reject(&|own| own.counterexample.gram[0][0] = "1/0".to_owned(), "gram");
    reject(&|own| own.counterexample.gram.truncate(1), "gram");
    reject(&|own| own.counterexample.vectors.swap(0, 1), "vectors");
    reject(&|own| own.counterexample.values[0].1 = "10^9".to_owned(), "values");
    reject(&|own| own.counterexample.values[0].1 = "-18446744073709551617".to_owned(), "fact");
    reject(&|own| own.counterexample.numbers.iter_mut().for_each(|(_, value)| *value = "-1".to_owned()), "numbers");
}

#[test]
fn the_program_prints_a_counterexample_writes_it_and_verifies_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("too-strong.toml");
    let text = library::text("smooth-descent").expect("a shipped statement");
    let text = text.replace("gamma/2*norm2(grad[k])", "51/100*gamma*norm2(grad[k])");
    std::fs::write(&file, text.replace("\"smooth-descent\"", "\"too-strong\"")).expect("it can be written");
    let run = |arguments: &[&std::ffi::OsStr]| Command::new(cargo_bin("lemmata")).args(arguments).assert();
    let output = folder.path().join("out");
    let refuted = run(&["prove".as_ref(), file.as_ref(), "--output".as_ref(), output.as_ref()]);
    refuted.code(1).stdout(contains("too-strong: refuted")).stdout(contains("rhs - lhs = -"));
    let written = output.join("too-strong.refuted.json");
    let verified = run(&["verify".as_ref(), written.as_ref(), "--statement".as_ref(), file.as_ref()]);
    verified.success().stdout(contains("refuted"));
    run(&["verify".as_ref(), written.as_ref(), "--statement".as_ref(), "smooth-descent".as_ref()]).code(2);
}
