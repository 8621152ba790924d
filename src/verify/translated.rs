//! What the translator of proofs makes of statements, against the evaluator, on runs in rational numbers.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rug::Rational;
use serde_json::{Value, json};

use crate::algebra::{Fraction, Polynomial};
use crate::method::{Limit, RunTrace};
use crate::number::Exact;
use crate::oracle::NoRandomness;
use crate::problem::{Arithmetic, Scratch};
use crate::prove::problem::{Form, Sign};
use crate::prove::translate::{OneRun, one_runs};
use crate::statement::evaluate::{Environment, Evaluator, RandomIndex, Trace};
use crate::statement::term::{Builtin, ScalarSequence, VectorSequence};
use crate::statement::{Statement, library};
use crate::verify::instances::{CellSpec, Instance};

/// Steps of each run.
const HORIZON: usize = 4;
const WHOLE: Limit<'static> = Limit { steps: usize::MAX, operations: f64::INFINITY, cost: &|_| 0.0 };

/// A random number of few bits.
fn dyadic(random: &mut ChaCha8Rng, low: i32, high: i32) -> f64 {
    f64::from(random.random_range(low..=high)) / 8.0
}

/// A function of one coordinate with random curvatures, convex where asked, or a quadratic of several.
fn problem(random: &mut ChaCha8Rng, convex: bool) -> (Value, usize) {
    if random.random_range(0..3) == 0 {
        let dimension = random.random_range(1..=3);
        let spectrum: Vec<f64> = (0..dimension).map(|_| dyadic(random, 1, 16)).collect();
        return (json!({ "family": "diagonal-quadratic", "spectrum": spectrum }), dimension);
    }
    let least = if convex { 1 } else { -16 };
    let inner = [dyadic(random, least, 16), dyadic(random, least, 16)];
    let curvatures = [dyadic(random, 1, 16), inner[0], inner[1], dyadic(random, 1, 16)];
    let breaks = [-1.0, dyadic(random, -7, 7), 1.0];
    let [slope, value] = [dyadic(random, -16, 16), dyadic(random, -8, 8)];
    let family = "piecewise-quadratic";
    let piecewise = json!({
        "family": family, "anchor": 0, "value": value, "slope": slope, "breaks": breaks, "curvatures": curvatures,
    });
    (piecewise, 1)
}

/// A random cell of a statement: parameters of few bits, scripted errors where it may have any.
fn cell(statement: &Statement, random: &mut ChaCha8Rng) -> CellSpec {
    let convex = statement.hypotheses.iter().any(|own| own.expr.mentions("convex") || own.expr.mentions("mu_sc"));
    let (problem, dimension) = problem(random, convex);
    let mut vector = || (0..dimension).map(|_| dyadic(random, -16, 16)).collect::<Vec<f64>>();
    let errors: Vec<Vec<f64>> = (0..HORIZON).map(|_| vector()).collect();
    let point = vector();
    let oracle =
        if statement.estimates.is_empty() { json!([{ "source": "scripted", "errors": errors }]) } else { json!([]) };
    let parameters: BTreeMap<&str, f64> = statement
        .parameters
        .iter()
        .map(|own| (own.name.as_str(), f64::from(random.random_range(1..=32)) / 32.0))
        .collect();
    let starts: Vec<&str> = statement.method.start_names().collect();
    let start = starts[random.random_range(0..starts.len())];
    serde_json::from_value(json!({
        "problem": problem, "oracle": oracle, "start": start, "parameters": parameters, "horizon": HORIZON, "point": point,
    }))
    .expect("a cell")
}

/// A run with what the translator's names stand for.
struct Known<'a> {
    instance: &'a Instance<'a>,
    trace: &'a RunTrace<'a, Exact>,
    environment: &'a Environment<Exact>,
}

impl Known<'_> {
    fn number(&self, name: &str) -> Option<Rational> {
        let statement = self.instance.statement;
        if let Some(position) = statement.parameters.iter().position(|own| own.name == name) {
            return self.environment.parameters[position].as_ref().and_then(|value| value.0.clone());
        }
        match name {
            "K" => Some(Rational::from(HORIZON)),
            "d" => Some(Rational::from(self.instance.problem.dimension())),
            "n" => Some(Rational::from(self.instance.problem.workers())),
            _ => self.builtin(name),
        }
    }

    fn builtin(&self, name: &str) -> Option<Rational> {
        let builtin = Builtin::ALL.into_iter().find(|own| own.name() == name)?;
        self.instance.builtin(builtin).cloned()
    }

    fn vector(&self, name: &str) -> Option<Vec<Rational>> {
        let of_trace = |sequence: &VectorSequence, k: i64| {
            let vector = self.trace.until(HORIZON).vector(sequence, k).ok()?;
            vector.into_iter().map(|entry| entry.0).collect::<Option<Vec<Rational>>>()
        };
        if name == "x_star" {
            return self.instance.problem.constants().minimiser.clone();
        }
        let (sequence, rest) = name.split_once('[')?;
        let k: i64 = rest.strip_suffix(']')?.parse().ok()?;
        match sequence {
            "x" => of_trace(&VectorSequence::Point, k),
            "grad x" => of_trace(&VectorSequence::Gradient, k),
            "e" => of_trace(&VectorSequence::Error, k),
            _ => None,
        }
    }

    fn atom(&self, name: &str) -> Option<Rational> {
        if name == "f x_star" {
            let problem = self.instance.problem.as_ref();
            let x: Vec<Exact> = self.vector("x_star")?.into_iter().map(|entry| Exact(Some(entry))).collect();
            return Exact::view(problem).value_in(&x, (), &mut Scratch::for_problem(problem, ())).0;
        }
        let Some(k) = name.strip_prefix("f x[").and_then(|rest| rest.strip_suffix(']')) else {
            return self.builtin(name);
        };
        self.trace.until(HORIZON).scalar(&ScalarSequence::Value, k.parse().ok()?).ok()?.0
    }
}

/// All numbers and unknowns of a problem at a run.
struct At {
    numbers: Vec<Rational>,
    gram: Vec<Vec<Rational>>,
    atoms: Vec<Rational>,
}

impl At {
    /// None where a name stands for nothing here, or the run is in another case.
    fn of(run: &OneRun, known: &Known<'_>) -> Option<Self> {
        let problem = &run.problem;
        let is_read = |variable: usize| {
            let reads = |polynomial: &Polynomial| polynomial.degree(variable) > 0;
            let forms = std::iter::once(&problem.claim).chain(problem.facts.iter().map(|fact| &fact.form));
            let in_form = |c: &Fraction| reads(c.numerator()) || reads(&c.denominator());
            forms.flat_map(Form::coefficients).any(in_form)
        };
        // What conditions alone read, as the root in a limit of step sizes, is left aside.
        let value = |(variable, name): (usize, &String)| match known.number(name) {
            None if is_read(variable) => None,
            value => Some(value),
        };
        let numbers = problem.numbers.iter().enumerate().map(value).collect::<Option<Vec<Option<Rational>>>>()?;
        let holds = |polynomial: &Polynomial, is_so: &dyn Fn(&Rational) -> bool| {
            let all_known = polynomial.variables().iter().all(|variable| numbers[*variable].is_some());
            let values: Vec<Rational> = numbers.iter().map(|value| value.clone().unwrap_or_default()).collect();
            !all_known || is_so(&polynomial.at(&values))
        };
        for condition in &problem.conditions {
            if !holds(&condition.polynomial, &|value| if condition.strict { *value > 0 } else { *value >= 0 }) {
                return None;
            }
        }
        let values: Vec<Rational> = numbers.iter().map(|value| value.clone().unwrap_or_default()).collect();
        for (variable, settled) in &run.settled {
            if settled.at(&values)? != values[*variable] {
                return None;
            }
        }
        let vectors = problem.vectors.iter().map(|name| known.vector(name)).collect::<Option<Vec<Vec<Rational>>>>()?;
        let dot =
            |u: &[Rational], w: &[Rational]| u.iter().zip(w).map(|(a, b)| Rational::from(a * b)).sum::<Rational>();
        let gram = vectors.iter().map(|u| vectors.iter().map(|w| dot(u, w)).collect()).collect();
        // An atom that no form reads may stand for nothing.
        let atoms = problem.atoms.iter().map(|name| known.atom(name).unwrap_or_default()).collect();
        Some(At { numbers: values, gram, atoms })
    }

    fn value(&self, form: &Form) -> Rational {
        let at = |coefficient: &Fraction| coefficient.at(&self.numbers).expect("no pole");
        let mut value = at(&form.constant);
        for (atom, coefficient) in form.atoms.iter() {
            value += at(coefficient) * &self.atoms[atom];
        }
        for ((u, w), coefficient) in form.products() {
            value += at(coefficient) * &self.gram[u][w];
        }
        value
    }
}

/// Claim, index and start of a run, from its name.
fn parsed(name: &str) -> Option<(usize, i64, &str)> {
    let (claim, rest) = match name.strip_prefix("claim ") {
        Some(rest) => {
            let (number, rest) = rest.split_once(", ")?;
            (number.parse::<usize>().ok()? - 1, rest)
        }
        None => (0, name),
    };
    let mut parts = rest.split(", ");
    let index = parts.next()?.strip_prefix("k = ")?.parse().ok()?;
    Some((claim, index, parts.next()?.strip_prefix("start ")?))
}

/// Compares all runs of a statement at a cell; how many there were.
fn compared(statement: &Statement, runs: &[OneRun], spec: &CellSpec) -> usize {
    let Ok(instance) = Instance::build(statement, spec) else { return 0 };
    let experiment = instance.experiment();
    let trace = RunTrace::<Exact>::forward(&experiment, &mut NoRandomness, None, &WHOLE, ());
    let environment = instance.environment::<Exact>(());
    let known = Known { instance: &instance, trace: &trace, environment: &environment };
    let mut count = 0;
    for run in runs {
        let name = &run.problem.name;
        let (claim, index, start) = parsed(name).expect("claim, index and start");
        if start != spec.start.0 {
            continue;
        }
        let Some(at) = At::of(run, &known) else { continue };
        let until = trace.until(HORIZON);
        let mut evaluator = Evaluator::on(&environment, &until, &RandomIndex::Absent);
        evaluator.set_horizon(HORIZON);
        evaluator.set_index(index);
        let claim = &statement.claims[claim];
        let [lhs, rhs] = [&claim.lhs, &claim.rhs].map(|side| evaluator.term(side).expect("a side").0.expect("exact"));
        assert_eq!(at.value(&run.problem.claim), rhs - lhs, "{}, {name}: {spec}", statement.id);
        for fact in &run.problem.facts {
            let value = at.value(&fact.form);
            let holds = if fact.sign == Sign::Zero { value == 0 } else { value >= 0 };
            assert!(holds, "{}, {name}: {} is {value}: {spec}", statement.id, fact.name);
        }
        count += 1;
    }
    count
}

#[test]
fn a_thousand_random_rational_runs_have_the_sides_and_obey_the_facts_that_the_translator_gives() {
    let ids = [
        "smooth-descent",
        "momentum-deviation",
        "descent-lemma",
        "descent-lemma-loose",
        "descent-lemma-contracting",
        "cocoercive-step",
        "decreasing-steps-descent",
    ];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut cells = 0;
    for id in ids {
        let statement = library::load(id).expect("a shipped statement").expect("without a mistake");
        let runs = one_runs(&statement);
        let mut of_statement = 0;
        for _ in 0..4000 {
            let spec = cell(&statement, &mut random);
            of_statement += usize::from(compared(&statement, &runs, &spec) > 0);
            if of_statement == 150 {
                break;
            }
        }
        assert_eq!(of_statement, 150, "{id}");
        cells += of_statement;
    }
    assert!(cells >= 1000, "{cells}");
}
