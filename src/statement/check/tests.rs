use std::sync::Arc;

use super::*;
use crate::number::Function;
use crate::statement::parse::parse;
use crate::statement::term::{Builtin, Node, ScalarSequence, VectorSequence};
use crate::statement::testing::{Refusal, definition, lowered, names};

fn number(text: &str) -> Term {
    lowered(text, &names()).unwrap_or_else(|err| panic!("{text}: {err}"))
}

fn refusal_under(names: &Names, text: &str) -> Refusal {
    let err = lowered(text, names).expect_err(text);
    Refusal { message: err.message, place: text[err.span].to_owned(), help: err.help.unwrap_or_default() }
}

/// What is said of it, also where the place is one of a definition.
fn refusal_message(names: &Names, text: &str) -> String {
    lowered(text, names).expect_err(text).message
}

fn assert_refused(cases: &[(&str, &str, &str)]) {
    for (text, message, place) in cases {
        let refusal = refusal_under(&names(), text);
        assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (*message, *place), "{text}");
    }
}

#[test]
fn a_name_is_what_declares_it() {
    assert_eq!(number("gamma"), Term::Parameter(0));
    assert_eq!(number("void"), Term::Constant(1));
    assert_eq!(number("eta"), Term::Given(0));
    assert_eq!(number("mu"), Term::Builtin(Builtin::Pl));
    assert_eq!(number("first_gradient"), Term::Start(1));
    assert_eq!(number("theta"), Term::Method(0, Arc::from("theta")));
    assert_eq!(number("k"), Term::Integer(Index::Slot(0)));
    assert_eq!(number("R"), Term::Integer(Index::Random));
    let mean_square = Box::new(Term::Builtin(Builtin::MeanSquareSmoothness));
    assert_eq!(number("L_hat"), Term::Apply(Function::Sqrt, mean_square));
}

#[test]
fn what_a_statement_declares_comes_before_what_the_method_has() {
    let mut names = names();
    names.method.values.push(Arc::from("gamma"));
    assert_eq!(lowered("gamma", &names).unwrap(), Term::Parameter(0));
}

#[test]
fn numbers_and_vectors_do_not_take_each_others_place() {
    assert_refused(&[
        ("1 + x[k]", "`+` does not combine a number and a vector this way", "1 + x[k]"),
        ("norm2(x[k]*v[k])", "`*` does not combine a number and a vector this way", "x[k]*v[k]"),
        ("norm2(gamma/x[k])", "`/` does not combine a number and a vector this way", "gamma/x[k]"),
        ("sqrt(x[k])", "this is a vector, a number is needed", "x[k]"),
        ("x[k]^2", "this is a vector, a number is needed", "x[k]"),
        ("if(gamma < 1, x[k], 0)", "this is a vector, a number is needed", "x[k]"),
        ("norm2(gamma)", "this is a number, a vector is needed", "gamma"),
        ("dot(x[k], f[k])", "this is a number, a vector is needed", "f[k]"),
        ("clip(1, gamma)", "this is a number, a vector is needed", "gamma"),
        ("max(j in 0..K, x[j])", "vectors have no order", "x[j]"),
        ("1 + (gamma < 2)", "a condition cannot stand where a value is needed", "(gamma < 2)"),
    ]);
    let help = refusal_under(&names(), "x_star").help;
    assert_eq!(help, "norm2(·), norm(·) and dot(·, ·) make numbers of vectors");
}

#[test]
fn a_misspelt_name_is_answered_by_the_nearest_one() {
    for (text, message, help) in [
        ("gama", "unknown name `gama`", "did you mean `gamma`?"),
        ("grda[k]", "unknown name `grda`", "did you mean `grad`?"),
        ("gapp[k]", "unknown name `gapp`", "did you mean `gap`?"),
        ("nrm2(x[k])", "unknown function `nrm2`", "did you mean `norm2`?"),
        (
            "entirely_new",
            "unknown name `entirely_new`",
            "declare it under [parameters], [constants] or [define]; `lemmata docs statements` lists the builtin ones",
        ),
    ] {
        let refusal = refusal_under(&names(), text);
        assert_eq!((refusal.message.as_str(), refusal.help.as_str()), (message, help));
    }
    let help = refusal_under(&names(), "entirely_new(1)").help;
    assert!(help.starts_with("known functions: sqrt, exp, ln, "), "{help}");
}

#[test]
fn a_name_of_one_letter_is_near_to_no_other() {
    assert_eq!(closest("x", ["y", "z"].into_iter()), None);
    assert_eq!(closest("ro", ["rho", "r"].into_iter()), Some("rho"));
    assert_eq!(
        closest("beta", ["bet", "beat", "zeta"].into_iter()),
        Some("bet"),
        "the first of the alphabet among equals"
    );
    assert_eq!(closest("beta", ["alphabet"].into_iter()), None);
}

#[test]
fn an_index_is_an_integer_expression_of_bound_names() {
    assert_refused(&[
        ("f[gamma]", "an index must be an integer expression", "gamma"),
        ("f[k/2]", "an index must be an integer expression", "k/2"),
        ("f[k + 1.5]", "an index must be an integer expression", "k + 1.5"),
        ("f[k + j]", "the index `j` is not bound", "j"),
        ("f[-i]", "the index `i` is not bound", "i"),
        ("f[9223372036854775808]", "this integer does not fit 64 bits", "9223372036854775808"),
        ("sum(j in 0..K, 1) + j", "unknown name `j`", "j"),
        ("inf", "`inf` may only stand as an index or as the end of a range", "inf"),
        ("f", "`f` is a sequence", "f"),
        ("gap", "`gap` is a sequence", "gap"),
        ("gamma[k]", "`gamma` is not a sequence", "gamma[k]"),
    ]);
    let unbound = Checker::new(&names()).number(&parse("k").unwrap()).unwrap_err();
    assert_eq!((unbound.message.as_str(), unbound.span), ("the index `k` is not bound", 0..1));
}

#[test]
fn functions_and_sequences_want_their_number_of_arguments() {
    assert_refused(&[
        ("sqrt(1, 2)", "`sqrt` takes 1 argument, got 2", "sqrt(1, 2)"),
        ("norm2()", "`norm2` takes 1 argument, got 0", "norm2()"),
        ("1 + dot(x[k])", "`dot` takes 2 arguments, got 1", "dot(x[k])"),
        ("norm2(clip(x[k]))", "`clip` takes 2 arguments, got 1", "clip(x[k])"),
        ("max(1)", "`max` takes at least 2 arguments, got 1", "max(1)"),
        ("min()", "`min` takes at least 2 arguments, got 0", "min()"),
        ("sum(1, 2)", "`sum` needs a range", "sum(1, 2)"),
        ("norm2(grad(x[k], v[k]))", "`grad` takes a vector here", "grad(x[k], v[k])"),
        ("norm2(worker_grad(x[k]))", "`worker_grad` takes a worker and a vector here", "worker_grad(x[k])"),
        ("f[k, 1]", "`f` takes 1 index, got 2", "f[k, 1]"),
        ("norm2(h[k])", "`h` takes 2 indices, got 1", "h[k]"),
        ("norm2(worker_grad[k])", "`worker_grad` takes 2 indices, got 1", "worker_grad[k]"),
        ("gap[k, 1]", "`gap` takes 1 index, got 2", "gap[k, 1]"),
    ]);
}

#[test]
fn least_and_largest_are_of_any_number_of_numbers() {
    let pair = |a: Term, b: i32| Term::Min(Box::new(a), Box::new(Term::Number(b.into())));
    assert_eq!(number("min(gamma, 1)"), pair(Term::Parameter(0), 1));
    assert_eq!(number("min(gamma, 1, 2)"), pair(pair(Term::Parameter(0), 1), 2));
}

#[test]
fn a_definition_is_written_out_and_sees_its_own_indices_alone() {
    assert_eq!(number("gap[K-1]"), number("f[K-1] - f_star"));
    let mut names = names();
    names.definitions.insert("bad".into(), definition(&["j"], "f[j] + f[i]"));
    let err = lowered("sum(i in 0..K, bad[i])", &names).unwrap_err();
    assert_eq!(err.message, "the index `i` is not bound");
    assert_eq!((err.definition.as_deref(), err.span), (Some("bad"), 9..10), "the place is one of the definition");
}

#[test]
fn definitions_neither_run_in_a_circle_nor_grow_without_end() {
    let mut names = names();
    names.definitions.insert("p".into(), definition(&["k"], "q[k] + 1"));
    names.definitions.insert("q".into(), definition(&["k"], "p[k-1]"));
    assert_eq!(refusal_message(&names, "p[0]"), "definitions run in a circle: p → q → p");
    names.definitions.insert("c0".into(), definition(&["k"], "f[k]"));
    names.definitions.insert("d0".into(), definition(&["k"], "f[k]"));
    for i in 1..=32 {
        names.definitions.insert(format!("c{i}"), definition(&["k"], &format!("c{}[k]", i - 1)));
        names.definitions.insert(format!("d{i}"), definition(&["k"], &format!("d{0}[k] + d{0}[k]", i - 1)));
    }
    assert!(lowered("c31[k]", &names).is_ok());
    assert_eq!(refusal_message(&names, "c32[k]"), "definitions nest deeper than 32");
    assert!(lowered("d8[k]", &names).is_ok());
    assert_eq!(refusal_message(&names, "d10[k]"), "with its definitions written out this has more than 2000 parts");
}

#[test]
fn what_is_substituted_stands_for_the_name_and_is_a_number() {
    let mut names = names();
    names.substitutions.insert("theta".into(), parse("gamma/2").unwrap());
    names.substitutions.insert("vector".into(), parse("x_star").unwrap());
    assert_eq!(lowered("theta", &names), lowered("gamma/2", &names));
    assert_eq!(refusal_message(&names, "vector"), "what is substituted for `vector` is a vector");
}

#[test]
fn a_bound_index_has_a_name_of_its_own() {
    assert_refused(&[
        ("sum(gamma in 0..K, 1)", "`gamma` is declared, and cannot be an index too", "sum(gamma in 0..K, 1)"),
        ("sum(L in 0..K, 1)", "`L` is a builtin name and cannot be an index", "sum(L in 0..K, 1)"),
        ("sum(v in 0..K, 1)", "`v` is a name of the method and cannot be an index", "sum(v in 0..K, 1)"),
    ]);
    let nested = |depth: usize| format!("{}1{}", "sum(j in 0..2, ".repeat(depth), ")".repeat(depth));
    assert!(lowered(&nested(7), &names()).is_ok(), "k is the eighth");
    assert_eq!(refusal_message(&names(), &nested(8)), "more than 8 nested indices");
}

#[test]
fn the_inner_index_of_one_name_hides_the_outer_one() {
    let term = number("sum(k in 0..k, f[k])");
    let Term::Reduce { slot, to, body, .. } = &term else { panic!("{term:?}") };
    assert_eq!((*slot, to), (1, &Index::Slot(0)));
    assert_eq!(**body, Term::Element(ScalarSequence::Value, Index::Slot(1)));
}

#[test]
fn expectations_are_of_what_is_recorded_and_do_not_nest() {
    assert!(number("norm2(E[e[k] | past])").any(|node| node.expectation() == Some(true)));
    assert_refused(&[
        ("E[1 + E[f[k]]]", "an expectation cannot stand inside another", "1 + E[f[k]]"),
        ("norm2(E[x[k]])", "the expectation of a vector over the whole run is not recorded", "x[k]"),
    ]);
}

#[test]
fn there_is_no_error_of_a_method_that_draws_no_estimate_of_the_average() {
    let is_error = |node: Node<'_>| matches!(node, Node::Vector(Vector::Element(VectorSequence::Error, _)));
    assert!(number("norm2(e[k])").any(is_error));
    let mut names = names();
    names.method.has_error = false;
    for name in ["e", "b", "nu"] {
        let refusal = refusal_under(&names, &format!("norm2({name}[k])"));
        assert!(refusal.message.starts_with(&format!("there is no `{name}`: the method does not draw")), "{refusal:?}");
        assert_eq!(refusal.help, "write the difference that is meant, as in g[k] - grad[k]");
    }
}

#[test]
fn a_chain_of_comparisons_is_all_neighbouring_pairs() {
    let names = names();
    let condition = |text: &str| Checker::new(&names).condition(&parse(text).unwrap());
    assert_eq!(condition("0 < gamma <= 1 and mu == L"), condition("0 < gamma and gamma <= 1 and mu == L"));
    assert_eq!(condition("0 < gamma <= 1").unwrap().0.len(), 2);
    let err = condition("gamma and mu < L").unwrap_err();
    assert_eq!((err.message.as_str(), err.span), ("a condition is needed here", 0..5));
}

#[test]
fn expectations_pass_through_linear_combinations_alone() {
    for (text, expected) in [
        ("2*gamma + step[k]*spectrum[0]", Dependence::None),
        ("gamma*f[k] - norm2(grad[k])/2", Dependence::Linear),
        ("mean(j in 0..K, dot(x[j], v[j]))", Dependence::Linear),
        ("if(gamma < 1, f[k], 0)", Dependence::Linear),
        ("f[k]*f[k]", Dependence::Other),
        ("gamma/f[k]", Dependence::Other),
        ("f[k]^2", Dependence::Other),
        ("norm(grad[k])", Dependence::Other),
        ("max(f[k], 0)", Dependence::Other),
        ("min(j in 0..K, f[j])", Dependence::Other),
        ("if(f[k] < 1, gamma, 0)", Dependence::Other),
    ] {
        assert_eq!(dependence(&number(text)), expected, "{text}");
    }
}

#[test]
fn what_is_known_at_the_start_may_stand_outside_of_expectations() {
    for text in ["f[0] - f_star", "norm2(grad[0])", "norm2(x[0] - x_star)", "gamma*E[f[K]]", "step[k]*spectrum[0]"] {
        assert!(!random_outside_expectation(&number(text)), "{text}");
    }
    for text in ["f[1]", "E[f[K]] - f[k]", "norm2(grad[1])", "norm2(v[-1])", "norm2(h[0, 0])", "if(f[1] < 1, 1, 2)"] {
        assert!(random_outside_expectation(&number(text)), "{text}");
    }
}
