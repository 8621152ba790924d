//! Laws of the statement language: printing and parsing are inverse, and no text can crash it.

use lemmata::statement::parse::parse;
use lemmata::statement::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Relation};
use lemmata::statement::{library, load_text};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use rug::Rational;

mod effort;

const SEED: u64 = 0x1a4c;

/// A random expression, or with `condition` a random condition.
fn expression(g: &mut Gen, depth: usize) -> Expr {
    let boxed = |g: &mut Gen| Box::new(expression(g, depth - 1));
    let name = |g: &mut Gen| g.choose(&["beta", "L", "gamma_max", "k", "K", "Psi", "x_1"]).unwrap().to_string();
    let choices = if depth == 0 { 2 } else { 10 };
    let kind = match usize::arbitrary(g) % choices {
        0 => {
            let digits = u32::arbitrary(g) % 100_000;
            ExprKind::Number(Rational::from((digits, 10u32.pow(u32::arbitrary(g) % 6))))
        }
        1 => ExprKind::Name(name(g)),
        2 => ExprKind::Negate(boxed(g)),
        3 | 4 => {
            let ops = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div, BinaryOp::Pow];
            ExprKind::Binary(*g.choose(&ops).unwrap(), boxed(g), boxed(g))
        }
        5 => {
            let indices = (0..1 + usize::arbitrary(g) % 2).map(|_| *boxed(g)).collect();
            ExprKind::Element { name: name(g), indices }
        }
        6 => {
            let arguments = (0..1 + usize::arbitrary(g) % 3).map(|_| *boxed(g)).collect();
            ExprKind::Call { name: g.choose(&["sqrt", "max", "norm2", "dot"]).unwrap().to_string(), arguments }
        }
        7 => {
            let ops = [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Min, ReduceOp::Max];
            ExprKind::Reduce {
                op: *g.choose(&ops).unwrap(),
                variable: "j".into(),
                from: boxed(g),
                to: boxed(g),
                body: boxed(g),
            }
        }
        8 => ExprKind::If { condition: Box::new(condition(g, depth)), then: boxed(g), otherwise: boxed(g) },
        _ => ExprKind::Expectation { body: boxed(g), past: bool::arbitrary(g) },
    };
    Expr { kind, span: 0..0 }
}

fn condition(g: &mut Gen, depth: usize) -> Expr {
    let relations = [Relation::Less, Relation::LessEqual, Relation::Greater, Relation::GreaterEqual, Relation::Equal];
    let count = 1 + usize::arbitrary(g) % 2;
    let compare = |g: &mut Gen| ExprKind::Compare {
        operands: (0..=count).map(|_| expression(g, depth - 1)).collect(),
        relations: (0..count).map(|_| *g.choose(&relations).unwrap()).collect(),
    };
    let first = Expr { kind: compare(g), span: 0..0 };
    if bool::arbitrary(g) {
        return first;
    }
    let second = Expr { kind: compare(g), span: 0..0 };
    Expr { kind: ExprKind::And(Box::new(first), Box::new(second)), span: 0..0 }
}

#[derive(Clone, Debug)]
struct AnyExpression(Expr);

impl Arbitrary for AnyExpression {
    fn arbitrary(g: &mut Gen) -> Self {
        let depth = usize::arbitrary(g) % 5;
        AnyExpression(if depth > 0 && u8::arbitrary(g).is_multiple_of(4) {
            condition(g, depth)
        } else {
            expression(g, depth)
        })
    }
}

#[test]
fn what_is_printed_parses_to_the_same_tree() {
    fn law(AnyExpression(expr): AnyExpression) -> bool {
        let printed = expr.to_string();
        // A tree too large for the language's limits prints to what is refused, not to another tree.
        match parse(&printed) {
            Ok(parsed) => parsed == expr && parsed.to_string() == printed,
            Err(err) => err.message.contains("at most"),
        }
    }
    QuickCheck::new()
        .tests(u64::from(effort::cases(3000)))
        .rng(Gen::from_size_and_seed(100, SEED))
        .quickcheck(law as fn(AnyExpression) -> bool);
}

#[test]
fn trees_that_print_alike_with_other_precedence_are_told_apart() {
    for (a, b) in [("a - (b - c)", "a - b - c"), ("(a^b)^c", "a^b^c"), ("-a^2", "(-a)^2"), ("a/(b*c)", "a/b*c")] {
        assert!(parse(a).unwrap() != parse(b).unwrap(), "REJECT: {a} is not {b}");
        assert_eq!(parse(a).unwrap().to_string(), a);
    }
}

#[test]
fn every_expression_of_the_shipped_statements_prints_and_parses_to_itself() {
    for statement in library::load_all().unwrap() {
        let sides = statement.claims.iter().flat_map(|c| [&c.lhs_expr, &c.rhs_expr]);
        let rest = statement.constants.iter().map(|c| &c.expr).chain(statement.hypotheses.iter().map(|h| &h.expr));
        for expr in sides.chain(rest).chain(statement.definitions.values()) {
            assert_eq!(&parse(&expr.to_string()).unwrap(), expr, "{}: {expr}", statement.id);
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: effort::cases(512),
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_crashes_the_parser(text in "[a-zK0-9\\[\\]()+*/^.,<>=| \u{3b2}-]{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_edit_of_a_statement_crashes_the_loader(
        which in 0..24usize,
        at in 0.0..1.0f64,
        length in 0..12usize,
        insert in "[a-z0-9\\[\\]()\"'=\n#{}\u{1d6fd} ]{0,6}",
    ) {
        let ids = library::ids();
        let text = library::text(ids[which % ids.len()]).unwrap();
        let chars: Vec<char> = text.chars().collect();
        let from = (at * chars.len() as f64) as usize;
        let to = (from + length).min(chars.len());
        let edited: String = chars[..from].iter().copied().chain(insert.chars()).chain(chars[to..].iter().copied()).collect();
        if let Err(err) = load_text("edited.toml", &edited) {
            // What it says can always be shown.
            let shown = format!("{:?}", miette::Report::new(*err));
            prop_assert!(!shown.is_empty());
        }
    }
}
