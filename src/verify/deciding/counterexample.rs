//! A false comparison with all that it takes to follow it by hand.

use std::collections::BTreeMap;

use rug::float::Round;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::RunTrace;
use crate::number::decimal::ToDecimal;
use crate::number::{Exact, Interval};
use crate::oracle::Estimable;
use crate::problem::Arithmetic;
use crate::statement::evaluate::{Environment, Trace};
use crate::statement::syntax::{BinaryOp, Expr, ExprKind};
use crate::statement::term::{Node, Term, Vector, VectorSequence};
use crate::statement::{Claim, Subject};
use crate::verify::deciding::ladder::is_defined;
use crate::verify::deciding::pathwise::{ComparisonOnRun, SidesOnRun};

/// A comparison that is false. Numbers are decimals of 17 digits next to the exact ones, but for x_0, which is
/// binary64 and exact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counterexample {
    /// Which claim of the statement, from 1 (from 0 until the outcome leaves the check).
    pub claim: usize,
    /// Index k of a claim that has one, else the horizon K.
    pub k: i64,
    /// K of the instance.
    pub horizon: usize,
    /// x_0 of the run; for a claim about the estimate, the point.
    pub start: Vec<f64>,
    /// The run around the comparison, and its first steps; for a claim about the estimate, the point alone.
    pub rows: Vec<Row>,
    /// What the draw may come to, each equally likely: of the step k, or of the estimate at the point.
    pub draws: Vec<Draw>,
    /// How many draws there are; no more than 16 of them are listed.
    pub draw_count: usize,
    /// The terms of the left-hand side, which add up to it.
    pub lhs: Vec<Part>,
    /// The terms of the right-hand side.
    pub rhs: Vec<Part>,
}

/// One index of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The index.
    pub k: i64,
    /// Coordinates of `x`, `grad`, the method's states, `e` and what the claim names besides, as far as the run has them; of more than 8 the norm `|x|` alone.
    pub vectors: BTreeMap<String, Vec<String>>,
}

/// One outcome of a draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draw {
    /// Coordinates of `b` and `nu`, in the same way.
    pub vectors: BTreeMap<String, Vec<String>>,
}

/// One additive term of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// As written, with its sign.
    pub text: String,
    /// Its value, with its sign.
    pub value: String,
}

/// Vectors with more coordinates are shown by their norms.
const COORDINATES: usize = 8;
/// Most rows, and how many of them are the first ones of the run where it has more.
const ROWS: usize = 12;
const FIRST_ROWS: usize = 4;
const DRAWS: usize = 16;
const DIGITS: usize = 17;

/// An arithmetic whose numbers can be told in decimals.
pub(crate) trait Told: Arithmetic + Estimable {
    /// The decimal next to the number, or next to the middle of what encloses it.
    fn told(&self) -> String;
}

impl Told for Interval {
    fn told(&self) -> String {
        let middle = (self.lower().clone() + self.upper()) / 2u32;
        middle.to_decimal(DIGITS, Round::Nearest).map_or_else(|| "?".to_owned(), |decimal| decimal.to_string())
    }
}

impl Told for Exact {
    fn told(&self) -> String {
        let decimal = self.value().and_then(|value| value.to_decimal(DIGITS, Round::Nearest));
        decimal.map_or_else(|| "?".to_owned(), |decimal| decimal.to_string())
    }
}

/// The comparison, which is false, in one arithmetic; nothing where a side has no value in it.
pub(crate) fn of<S: Told, P: SidesOnRun>(
    comparison: &ComparisonOnRun<'_, '_, P>,
    environment: &Environment<S>,
    run: &RunTrace<'_, S>,
) -> Option<Counterexample> {
    let (place, claim, history) = (comparison.place, comparison.claim(), comparison.ladder.history);
    let instance = comparison.ladder.instance;
    let parts = |expr: &Expr, term: &Term| -> Option<Vec<Part>> {
        let mut pairs = Vec::new();
        additive(expr, term, false, &mut pairs);
        let told = |(text, term): (String, Term)| {
            let alone = Claim { lhs: term, rhs: Term::Number(0.into()), levels: Vec::new(), ..claim.clone() };
            let sides = comparison.on_run.sides(&alone, place, history, environment, run, None).ok()?;
            sides.lhs.is_defined().then(|| Part { text, value: sides.lhs.told() })
        };
        pairs.into_iter().map(told).collect()
    };
    let of_point = instance.statement.subject == Subject::Estimate;
    let start = match (of_point, usize::try_from(place.k).ok().and_then(|k| history.points().get(k))) {
        (true, Some(point)) => point.clone(),
        _ => instance.point.clone(),
    };
    let draws = comparison.on_run.outcomes(place, history, run, environment.context);
    Some(Counterexample {
        claim: place.claim,
        k: place.shown(claim),
        horizon: place.horizon,
        start,
        rows: rows(comparison, run, of_point),
        draw_count: draws.len(),
        draws: draws.iter().take(DRAWS).map(drawn).collect(),
        lhs: parts(&claim.lhs_expr, &claim.lhs)?,
        rhs: parts(&claim.rhs_expr, &claim.rhs)?,
    })
}

/// Rows of the run: all, or the first and those around what is compared.
fn rows<S: Told, P: SidesOnRun>(
    comparison: &ComparisonOnRun<'_, '_, P>,
    run: &RunTrace<'_, S>,
    of_point: bool,
) -> Vec<Row> {
    use VectorSequence::{Error, Gradient, Point};
    let place = comparison.place;
    let trace = run.until(if of_point { place.horizon - 1 } else { place.horizon });
    let (sequences, indices): (Vec<VectorSequence>, Vec<i64>) = if of_point {
        (vec![Point, Gradient], vec![place.k])
    } else {
        let last = place.horizon as i64;
        let end = if comparison.claim().quantifier.is_some() { (place.k + 1).min(last) } else { last };
        let near = (end + 1 - (ROWS - FIRST_ROWS) as i64).max(FIRST_ROWS as i64);
        let states = comparison.ladder.instance.statement.method.vector_states().map(VectorSequence::Quantity);
        let mut sequences: Vec<VectorSequence> = [Point, Gradient].into_iter().chain(states).chain([Error]).collect();
        add_named(comparison.claim(), &mut sequences);
        (sequences, (0..=end).filter(|k| *k < FIRST_ROWS as i64 || *k >= near).collect())
    };
    let row = |k: i64| {
        let vectors = sequences.iter().filter_map(|sequence| {
            let vector = trace.vector(sequence, k).ok().filter(|vector| is_defined(vector))?;
            Some((sequence.name(), vector))
        });
        Row { k, vectors: told(vectors) }
    };
    indices.into_iter().map(row).collect()
}

/// Adds what the claim names of the method besides: lines of a step, and what follows from states.
fn add_named(claim: &Claim, sequences: &mut Vec<VectorSequence>) {
    let mut add = |node: Node<'_>| {
        if let Node::Vector(Vector::Element(sequence, _)) = node
            && matches!(sequence, VectorSequence::Quantity(_) | VectorSequence::Derived(_))
            && !sequences.contains(sequence)
        {
            sequences.push(sequence.clone());
        }
    };
    claim.lhs.walk(&mut add);
    claim.rhs.walk(&mut add);
}

fn drawn<S: Told>(draw: &[Option<Vec<S>>; 2]) -> Draw {
    let named = [VectorSequence::Bias, VectorSequence::Noise].into_iter().zip(draw);
    let named: Vec<(String, Vec<S>)> =
        named.filter_map(|(sequence, vector)| Some((sequence.name().to_owned(), vector.clone()?))).collect();
    Draw { vectors: told(named.iter().map(|(name, vector)| (name.as_str(), vector.clone()))) }
}

/// The vectors by name, in coordinates or by their norms.
fn told<'n, S: Told>(vectors: impl Iterator<Item = (&'n str, Vec<S>)>) -> BTreeMap<String, Vec<String>> {
    let one = |(name, vector): (&str, Vec<S>)| {
        if vector.len() <= COORDINATES {
            return (name.to_owned(), vector.iter().map(Told::told).collect());
        }
        let squares = vector.into_iter().map(|x| x.clone().mul(&x));
        let norm = squares.reduce(|sum, square| sum.add(&square)).map(|sum| sum.sqrt().told());
        (format!("|{name}|"), norm.into_iter().collect())
    };
    vectors.map(one).collect()
}

/// The additive terms of a side, as they are written and as they are evaluated, with their signs.
fn additive(expr: &Expr, term: &Term, negative: bool, into: &mut Vec<(String, Term)>) {
    match (&expr.kind, term) {
        (ExprKind::Binary(BinaryOp::Add, a, b), Term::Add(s, t)) => {
            additive(a, s, negative, into);
            additive(b, t, negative, into);
        }
        (ExprKind::Binary(BinaryOp::Sub, a, b), Term::Sub(s, t)) => {
            additive(a, s, negative, into);
            additive(b, t, !negative, into);
        }
        (ExprKind::Negate(a), Term::Negate(s)) => additive(a, s, !negative, into),
        _ if negative => into.push((format!("-({expr})"), Term::Negate(Box::new(term.clone())))),
        _ => into.push((expr.to_string(), term.clone())),
    }
}

#[cfg(test)]
mod tests {
    use rug::Rational;

    use crate::verify::deciding::counterexample::*;
    use crate::verify::testing::{EFFORT, cell, judging, statement};
    use crate::verify::{Cell, check_cell};

    fn refuted(kind: &str, rest: &str, spec: serde_json::Value) -> Counterexample {
        let statement = statement(kind, rest);
        let outcome = check_cell(&Cell::build(&statement, cell(spec)).unwrap(), judging(&EFFORT)).unwrap();
        outcome.counterexample.clone().unwrap_or_else(|| panic!("{outcome:?}"))
    }

    fn sum(parts: &[Part]) -> f64 {
        parts.iter().map(|part| part.value.parse::<f64>().unwrap()).sum()
    }

    const HALVED: &str = "[parameters]\nbeta = { in = \"[1, 1]\", doc = \"b\" }\n\
         gamma = { in = \"(0, 1]\", doc = \"g\", unit = \"x^2/f\" }\n";

    #[test]
    fn a_false_step_is_told_with_its_points_and_term_by_term() {
        let claim = "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1] - f_star\"\n\
             rhs = \"0.125*(f[k] - f_star) - 0*norm2(e[k])\"\n";
        let found = refuted(
            "pathwise",
            &(HALVED.to_owned() + claim),
            serde_json::json!({
                "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] },
                "parameters": { "beta": 1.0, "gamma": 0.5 }, "horizon": 1, "point": [2.0]
            }),
        );
        assert_eq!((found.claim, found.k, found.horizon, &found.start), (1, 0, 1, &vec![2.0]));
        let of = |row: usize, name: &str| found.rows[row].vectors[name].clone();
        assert_eq!([of(0, "x"), of(0, "grad"), of(0, "v"), of(0, "e"), of(1, "x")].concat(), ["2", "2", "2", "0", "1"]);
        let texts: Vec<&str> = found.lhs.iter().chain(&found.rhs).map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["f[k + 1]", "-(f_star)", "0.125*(f[k] - f_star)", "-(0*norm2(e[k]))"]);
        assert_eq!((sum(&found.lhs), sum(&found.rhs)), (0.5, 0.25));
    }

    #[test]
    fn every_outcome_of_a_false_one_step_claim_is_told() {
        let claim = "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"E[norm2(e[k]) | past]\"\nrhs = \"0.5*sigma2\"\n";
        let found = refuted(
            "expectation",
            &(HALVED.to_owned() + claim),
            serde_json::json!({
                "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 1.0] },
                "oracle": [{ "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 1.0, "gamma": 0.5 }, "horizon": 1, "point": [2.0, 1.0]
            }),
        );
        assert_eq!((found.draw_count, found.draws.len()), (4, 4));
        assert!(found.draws.iter().all(|draw| draw.vectors["nu"].iter().all(|x| x.trim_start_matches('-') == "0.5")));
        assert!(sum(&found.lhs) > sum(&found.rhs));
    }

    #[test]
    fn a_false_claim_about_the_estimate_is_told_at_its_point_alone() {
        let claim = "subject = \"estimate\"\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\n\
             rhs = \"0.1*norm2(grad[k])\"\n";
        let found = refuted(
            "pathwise",
            claim,
            serde_json::json!({
                "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] },
                "oracle": [{ "source": "relative", "factor": -0.5 }], "horizon": 2, "point": [2.0]
            }),
        );
        assert_eq!(found.rows.len(), 1);
        assert_eq!(found.rows[0].vectors["x"][0].parse::<f64>().unwrap(), found.start[0]);
        assert_eq!(found.draw_count, 1);
        assert!(found.draws[0].vectors.contains_key("b"));
    }

    #[test]
    fn long_vectors_are_told_by_their_norms() {
        let vector = |length: usize| vec![Exact(Some(Rational::from(2))); length];
        let told = told([("x", vector(8)), ("v", vector(9))].into_iter());
        assert_eq!(told["x"].len(), 8);
        assert_eq!(told["|v|"], ["6"]);
    }
}
