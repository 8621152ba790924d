use std::cell::RefCell;

use rug::Rational;

use super::*;
use crate::number::{Exact, Interval, Lanes};
use crate::statement::term::{Builtin, ScalarSequence, Term, VectorSequence};
use crate::statement::testing::{lowered, names};

/// f and points of a run in the plane.
struct Run<S: Scalar> {
    values: Vec<f64>,
    points: Vec<[f64; 2]>,
    context: S::Context,
}

impl<S: Scalar> Trace<S> for Run<S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        let value = usize::try_from(k).ok().and_then(|k| self.values.get(k));
        let value = value.filter(|_| *sequence == ScalarSequence::Value);
        value.map(|x| S::from_f64(*x, self.context)).ok_or_else(|| EvaluationError::missing(sequence.name(), k))
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        Ok(crate::number::norm2(&self.vector(sequence, k)?, self.context))
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        let point = usize::try_from(k).ok().and_then(|k| self.points.get(k));
        let point = point.filter(|_| *sequence == VectorSequence::Point);
        let vector = point.map(|point| point.map(|x| S::from_f64(x, self.context)).to_vec());
        vector.ok_or_else(|| EvaluationError::missing(sequence.name(), k))
    }
}

/// x₀ = (3, 4), x₁ = (1, −2), with f = 7 and 5/2 there.
fn run<S: Scalar>(context: S::Context) -> Run<S> {
    Run { values: vec![7.0, 2.5], points: vec![[3.0, 4.0], [1.0, -2.0]], context }
}

/// γ = 1/2, ρ = 3, η = 5, L = 4; two workers with L₁ = 2 and L₂ = 6, the plane, K = 2.
fn environment<S: Scalar>(context: S::Context) -> Environment<S> {
    let number = |x: f64| S::from_f64(x, context);
    let builtin = |builtin: Builtin| (builtin == Builtin::Smoothness).then(|| number(4.0));
    Environment {
        context,
        parameters: vec![Some(number(0.5))],
        constants: vec![Some(number(3.0)), None],
        builtins: Builtin::ALL.into_iter().map(builtin).collect(),
        given: vec![Some(number(5.0))],
        start: 1,
        method: vec![Some(number(0.25))],
        spectrum: vec![number(1.0), number(4.0)],
        worker_smoothness: vec![number(2.0), number(6.0)],
        minimiser: Some(vec![number(1.0), number(1.0)]),
        workers: 2,
        dimension: 2,
        horizon: 2,
    }
}

fn term(text: &str) -> Term {
    lowered(text, &names()).unwrap_or_else(|err| panic!("{text}: {err}"))
}

/// The value on the run, at k = 1.
fn value<S: Scalar>(text: &str, context: S::Context) -> Evaluated<S> {
    let (environment, run) = (environment(context), run(context));
    let mut evaluator = Evaluator::on(&environment, &run, &RandomIndex::Absent);
    evaluator.set_index(1);
    evaluator.term(&term(text))
}

fn exact(text: &str) -> Rational {
    let value = value::<Exact>(text, ()).unwrap_or_else(|err| panic!("{text}: {err}"));
    value.0.unwrap_or_else(|| panic!("{text} is undefined"))
}

fn interval(text: &str) -> Interval {
    value::<Interval>(text, 256).unwrap_or_else(|err| panic!("{text}: {err}"))
}

fn error(text: &str) -> EvaluationError {
    value::<Exact>(text, ()).map(|_| ()).expect_err(text)
}

#[test]
fn rational_values_are_those_computed_by_hand() {
    for (text, numerator, denominator) in [
        ("1/3 + 1/6 - 1", -1, 2),
        ("2^-3", 1, 8),
        ("sqrt(9/4)", 3, 2),
        ("(9/4)^(1/2)", 3, 2),
        ("-2^2", -4, 1),
        ("min(3, 1/2, 2)", 1, 2),
        ("max(-3, -1/2)", -1, 2),
        ("pos(-3) + abs(-3)", 3, 1),
        ("gamma*L + rho + eta + theta + first_gradient", 45, 4),
        ("K + n*d", 6, 1),
        ("k", 1, 1),
        ("f[0] - f[k]", 9, 2),
        ("spectrum[1]*L_of[0]", 8, 1),
        ("mean(i in 0..n, L_of[i])", 4, 1),
    ] {
        assert_eq!(exact(text), Rational::from((numerator, denominator)), "{text}");
    }
}

#[test]
fn vectors_are_measured_as_by_hand() {
    for (text, expected) in [
        ("norm2(x[0])", 25),
        ("norm(x[0])", 5),
        ("norm1(x[1])", 3),
        ("dot(x[0], x[1])", -5),
        ("norm2(x[0] - 2*x[1])", 65),
        ("norm2(-x[0]/5)", 1),
        ("norm2(x[1] + x_star)", 5),
        ("norm2(clip(10, x[0]))", 25),
        ("norm(clip(2, x[0]))", 2),
        ("norm2(sum(j in 0..2, x[j]))", 20),
        ("norm2(mean(j in 0..2, x[j]))", 5),
        ("norm2(sum(j in 1..0, x[j]))", 0),
    ] {
        assert_eq!(exact(text), expected, "{text}");
    }
}

#[test]
fn sums_and_extremes_go_over_half_open_ranges() {
    for (text, expected) in [
        ("sum(j in 0..4, j^2)", 14),
        ("sum(j in 5..2, 1)", 0),
        ("mean(j in 1..4, j)", 2),
        ("max(j in 0..4, j*(2 - j))", 1),
        ("min(j in 0..4, j*(2 - j))", -3),
        ("sum(i in 0..4, sum(j in 0..i, 1))", 6),
        ("sum(j in 0..K, j*k) + k", 2),
        ("sum(k in 0..4, k) + k", 7),
    ] {
        assert_eq!(exact(text), expected, "{text}");
    }
    assert_eq!(error("mean(j in 0..0, 1)"), EvaluationError::EmptyRange(0));
    assert_eq!(error("max(j in 3..1, j)"), EvaluationError::EmptyRange(1));
}

#[test]
fn intervals_enclose_the_value_and_little_more() {
    let third = Rational::from((1, 3));
    let enclosure = interval("1/3");
    assert!(enclosure.contains(&third) && !enclosure.contains(&(third + (Rational::from(1) >> 250u32))));
    let two = interval("sqrt(2)^2");
    assert!(two.contains(&Rational::from(2)) && !two.contains(&(Rational::from(2) + (Rational::from(1) >> 240u32))));
    assert!(two.encloses(&interval("2")) && !interval("2").encloses(&two));
    assert!(interval("2^(1/2) - sqrt(2)").contains_zero());
    assert!(interval("ln(exp(3)) - 3").contains_zero());
    assert_eq!((interval("sum(j in 0..4, f[1]*j)").lower_f64(), interval("f[0]").upper_f64()), (15.0, 7.0));
}

#[test]
fn what_has_no_value_is_undefined_and_no_error() {
    for text in ["1/0", "sqrt(-1)", "ln(0)", "0^-1", "norm2(clip(-1, x[0]))", "1 + 0*(1/0)"] {
        assert!(!value::<Exact>(text, ()).unwrap().is_defined(), "{text}");
    }
    assert!(!value::<Exact>("sqrt(2)", ()).unwrap().is_defined(), "irrational");
    assert!(!interval("sqrt(-1)").is_defined());
}

#[test]
fn a_choice_evaluates_its_branch_alone_and_must_be_decided() {
    assert_eq!(exact("if(gamma < 1, 1, f[9])"), 1);
    assert_eq!(exact("if(0 < gamma < 1/2, f[9], 2)"), 2);
    let undecided = "if(sqrt(2)^2 <= 2, 1, 0)";
    assert_eq!(error(undecided), EvaluationError::Undecided);
    assert_eq!(value::<Interval>(undecided, 256).map(|_| ()), Err(EvaluationError::Undecided));
    assert!(error(undecided).is_of_arithmetic(), "another arithmetic may decide");
    assert_eq!(exact("if(sqrt(2)^2 <= 2 and gamma > 1, 1, 2)"), 2, "one comparison that fails is enough");
}

#[test]
fn each_relation_admits_its_orders() {
    for (condition, holds) in [
        ("gamma < 1/2", false),
        ("gamma <= 1/2", true),
        ("gamma > 1/2", false),
        ("gamma >= 1/2", true),
        ("gamma == 1/2", true),
        ("gamma == 1/3", false),
        ("gamma < 1", true),
        ("gamma > 1", false),
    ] {
        assert_eq!(exact(&format!("if({condition}, 1, 0)")), i32::from(holds), "{condition}");
    }
}

#[test]
fn what_is_missing_is_named() {
    for (text, message) in [
        ("mu", "the instance proves no value of `mu`"),
        ("void", "a derived constant has no value in this arithmetic"),
        ("f[9]", "the run has no `f[9]`"),
        ("f[k-2]", "the run has no `f[-1]`"),
        ("norm2(x[2])", "the run has no `x[2]`"),
        ("norm2(v[0])", "the run has no `v[0]`"),
        ("norm2(h[0, 1])", "the run has no `h[1]`"),
        ("norm2(worker_grad[0, 1])", "the run has no `worker_grad[1]`"),
        ("spectrum[2]", "the run has no `spectrum[2]`"),
        ("L_of[-1]", "the run has no `L_of[-1]`"),
        ("f(x[0])", "f, grad and worker_grad at a point of one's own have no expectation over the whole run"),
        ("E[f[1] | past]", "`E[· | past]` can only be evaluated over the enumerated noise of one step"),
        ("f[R]", "the random index may only stand inside an expectation"),
    ] {
        assert_eq!(error(text).to_string(), message, "{text}");
    }
    assert!(error("f[inf]").to_string().starts_with("the limit `f[inf]` is not known on this run"));
    let without_values = Environment { parameters: vec![None], minimiser: None, ..environment::<Exact>(()) };
    let without = |text: &str| Evaluator::without_trace(&without_values).term(&term(text)).unwrap_err();
    assert_eq!(without("gamma"), EvaluationError::MissingConstant("a parameter"));
    assert_eq!(without("norm2(x_star)"), EvaluationError::MissingConstant("x_star"));
    assert_eq!(without("f[0]"), EvaluationError::missing("f", 0));
}

#[test]
fn integers_and_ranges_have_limits() {
    assert_eq!(error("f[9223372036854775807 + k]"), EvaluationError::Overflow);
    assert_eq!(error("f[4611686018427387904*K]"), EvaluationError::Overflow);
    assert_eq!(error("1^(3000000000*k)"), EvaluationError::OutOfRange(3_000_000_000));
    assert_eq!(exact("sum(j in 0..1048576, 1)"), 1 << 20);
    assert_eq!(error("sum(j in 0..1048577, 1)"), EvaluationError::TooLong);
    assert_eq!(error("sum(i in 0..1024, sum(j in 0..1024, 1))"), EvaluationError::TooLong, "nested ones multiply");
    assert_eq!(exact("sum(j in 0..600000, 1) + sum(j in 0..600000, 1)"), 1_200_000, "those side by side do not");
}

#[test]
fn a_step_is_averaged_over_its_outcomes() {
    let environment = environment::<Exact>(());
    let outcome =
        |value: f64, point: [f64; 2]| Run { values: vec![7.0, value], points: vec![[3.0, 4.0], point], context: () };
    let (known, one, other) = (run(()), outcome(1.0, [1.0, -2.0]), outcome(4.0, [3.0, 2.0]));
    let outcomes: [&dyn Trace<Exact>; 2] = [&one, &other];
    let average =
        |text: &str| Evaluator::on_outcomes(&environment, &known, &outcomes).term(&term(text)).unwrap().0.unwrap();
    assert_eq!(average("E[f[1] | past]"), 2.5);
    assert_eq!(average("E[f[1]^2 | past]"), 8.5);
    assert_eq!(average("f[0]*E[f[1] | past] + f[1]"), 20, "outside it is what is known that counts");
    assert_eq!(average("norm2(E[x[1] | past])"), 4);
    assert_eq!(average("E[norm2(x[1]) | past]"), 9);
}

#[test]
fn a_random_index_is_averaged_or_drawn() {
    let environment = environment::<Exact>(());
    let run = run(());
    let with = |random: RandomIndex| Evaluator::on(&environment, &run, &random).term(&term("1 + E[f[R]]"));
    let uniform = |from, to| RandomIndex::Average { from: Index::Literal(from), to: Index::Literal(to) };
    assert_eq!(with(uniform(0, 2)).unwrap(), Exact(Some(Rational::from((23, 4)))));
    assert_eq!(with(uniform(1, 1)).unwrap_err(), EvaluationError::RandomIndex, "there is nothing to draw");
    assert_eq!(with(uniform(0, 3)).unwrap_err(), EvaluationError::missing("f", 2));
    assert_eq!(with(RandomIndex::Drawn(vec![1])).unwrap(), Exact(Some(Rational::from((7, 2)))));
}

#[test]
fn each_lane_has_a_random_index_of_its_own() {
    let (environment, run) = (environment::<Lanes>(()), run(()));
    let drawn = RandomIndex::Drawn(vec![0, 1, 1, 0, 0, 0, 0, 1]);
    let value = Evaluator::on(&environment, &run, &drawn).term(&term("E[f[R]]")).unwrap();
    assert_eq!(value.0, [7.0, 2.5, 2.5, 7.0, 7.0, 7.0, 7.0, 2.5]);
}

#[test]
fn indices_and_the_horizon_can_be_set() {
    let (environment, run) = (environment::<Exact>(()), run(()));
    let mut evaluator = Evaluator::on(&environment, &run, &RandomIndex::Absent);
    let mut at = |k, horizon| {
        evaluator.set_index(k);
        evaluator.set_horizon(horizon);
        evaluator.term(&term("f[k] + K")).unwrap().0.unwrap()
    };
    assert_eq!(at(0, 5), 12);
    assert_eq!(at(1, 1), 3.5);
}

#[test]
fn who_watches_sees_every_number_that_occurs() {
    let (environment, run) = (environment::<Exact>(()), run(()));
    let seen = RefCell::new(Vec::new());
    let watch = |value: &Exact| seen.borrow_mut().push(value.0.clone().unwrap());
    let mut evaluator = Evaluator::on(&environment, &run, &RandomIndex::Absent);
    evaluator.set_watch(&watch);
    evaluator.term(&term("2*dot(x[0], x[1])")).unwrap();
    assert_eq!(seen.take(), [2, 3, 4, 1, -2, 3, -8, -5, -10].map(Rational::from));
    evaluator.term(&term("norm2(x[0])")).unwrap();
    assert_eq!(seen.take(), [3, 4, 9, 16, 25].map(Rational::from));
}
