//! The shipped methods against an independent interpreter: every state and line of four steps on one problem
//! of three workers, in rationals where these go on, and in 50 digits.

use std::collections::BTreeMap;

use lemmata::method::language::library;
use lemmata::method::language::machine::{Call, Change, Coordinates, Machine, Numbers, Part, Ran, Stop, Vectors};
use lemmata::method::language::program::{Draw, Program, compile};
use lemmata::method::language::tree::{Known, Method, Shape};
use lemmata::number::{Exact, Mp, Scalar};
use rug::{Float, Rational};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string("tests/methods/golden.json").unwrap()).unwrap()
}

fn rational(value: &Value) -> Rational {
    Rational::from_str_radix(value.as_str().unwrap(), 10).unwrap()
}

fn list(value: &Value) -> Vec<Rational> {
    value.as_array().unwrap().iter().map(rational).collect()
}

/// ½yᵀAᵢy + bᵢᵀy for three workers, with errors in turn and Top-1 for the operator.
struct Given<S: Scalar> {
    matrices: Vec<Vec<Vec<S>>>,
    vectors: Vec<Vec<S>>,
    errors: Vec<Vec<S>>,
    calls: usize,
    /// The calls whose draws are kept.
    kept: BTreeMap<usize, usize>,
    registers: Coordinates<S>,
    context: S::Context,
}

impl<S: Scalar> Given<S> {
    fn new(golden: &Value, registers: usize, context: S::Context) -> Self {
        let numbers = |value: &Value| -> Vec<S> { list(value).iter().map(|q| S::from_rational(q, context)).collect() };
        let rows = |value: &Value| value.as_array().unwrap().iter().map(numbers).collect();
        Given {
            matrices: golden["problem"]["A"].as_array().unwrap().iter().map(rows).collect(),
            vectors: rows(&golden["problem"]["b"]),
            errors: rows(&golden["errors"]),
            calls: 0,
            kept: BTreeMap::new(),
            registers: Coordinates::new(registers, 3, context),
            context,
        }
    }

    fn disturb(&mut self, out: &mut [S], draw: Draw) {
        let number = match draw {
            Draw::Repeated(number) => self.kept[&number],
            Draw::Own | Draw::Kept(_) => self.calls,
        };
        let error = &self.errors[number % self.errors.len()];
        out.iter_mut().zip(error).for_each(|(g, e)| g.add_assign(e));
        if let Draw::Kept(number) = draw {
            self.kept.insert(number, self.calls);
        }
        self.calls += usize::from(!matches!(draw, Draw::Repeated(_)));
    }

    fn third(&self, mut sum: S) -> S {
        sum.div_assign(&S::from_f64(3.0, self.context));
        sum
    }
}

impl<S: Scalar> Given<S> {
    fn gradient(&self, y: &[S]) -> Vec<S> {
        let mut sum = vec![S::zero(self.context); y.len()];
        for worker in 0..3 {
            sum.iter_mut().zip(self.worker_gradient(worker, y)).for_each(|(g, own)| g.add_assign(&own));
        }
        sum.into_iter().map(|g| self.third(g)).collect()
    }

    fn worker_gradient(&self, worker: usize, y: &[S]) -> Vec<S> {
        let mut out = self.vectors[worker].clone();
        for (j, g) in out.iter_mut().enumerate() {
            self.matrices[worker][j].iter().zip(y).for_each(|(a, y)| g.add_product(a, y));
        }
        out
    }

    fn value_at(&self, y: &[S]) -> S {
        let mut sum = S::zero(self.context);
        let half = S::from_f64(0.5, self.context);
        for worker in 0..3 {
            for j in 0..y.len() {
                for (a, other) in self.matrices[worker][j].iter().zip(y) {
                    sum.add_product(&a.clone().mul(other).mul(&half), &y[j]);
                }
                sum.add_product(&self.vectors[worker][j], &y[j]);
            }
        }
        self.third(sum)
    }

    fn operate(&self, u: &mut [S]) {
        let larger = |a: &S, b: &S| b.clone().abs().certainly_lt(&a.clone().abs());
        let largest = (0..u.len()).reduce(|best, j| if larger(&u[j], &u[best]) { j } else { best }).unwrap();
        let keep = u[largest].clone();
        u.iter_mut().for_each(|x| *x = S::zero(self.context));
        u[largest] = keep;
    }
}

impl<S: Scalar> Vectors<S> for Given<S> {
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) -> Ran {
        self.registers.combine(u, parts);
        Ok(())
    }

    fn swap(&mut self, u: usize, w: usize) {
        self.registers.registers.swap(u, w);
    }

    fn call(&mut self, u: usize, call: Call) -> Ran {
        let y = self.registers.registers[call.at].clone();
        let mut out = match call.worker {
            None => self.gradient(&y),
            Some(worker) => self.worker_gradient(worker, &y),
        };
        if call.estimate {
            self.disturb(&mut out, call.draw);
        }
        self.registers.registers[u] = out;
        Ok(())
    }

    fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran {
        if !matches!(change, Change::Operate(_)) {
            return self.registers.change(u, change);
        }
        let mut vector = self.registers.registers[u].clone();
        self.operate(&mut vector);
        self.registers.registers[u] = vector;
        Ok(())
    }

    fn norm2(&mut self, u: usize) -> Result<S, Stop> {
        Ok(self.registers.norm2(u))
    }

    fn dot(&mut self, u: usize, w: usize) -> Result<S, Stop> {
        Ok(self.registers.dot(u, w))
    }

    fn value(&mut self, y: usize) -> Result<S, Stop> {
        Ok(self.value_at(&self.registers.registers[y]))
    }
}

/// What is called a name and an index in the golden log, of every worker where each has its own.
fn shown<S: Scalar>(program: &Program, machine: &Machine<'_, S>, around: &Given<S>, name: &str) -> Vec<S> {
    let found = program.quantities.iter().position(|(quantity, _)| quantity.name == name);
    let quantity = found.unwrap_or_else(|| panic!("{name}"));
    let values = program.registers(quantity).map(|register| match program.quantities[quantity].0.shape {
        Shape::Vector => around.registers.registers[register].clone(),
        Shape::Number => vec![machine.number(register).clone()],
    });
    values.flatten().collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => panic!("{value}"),
    }
}

/// Runs a method as the golden log has it; how many numbers agreed before the arithmetic gave up.
fn agree<S: Scalar>(
    method: &Method,
    run: &Value,
    golden: &Value,
    context: S::Context,
    same: impl Fn(&S, &str) -> bool,
) -> Result<usize, (usize, Stop)> {
    let values = &golden["values"];
    let number = |name: &str| S::from_rational(&rational(&values[name]), context);
    let parameters: Vec<S> = method.parameters.iter().map(|p| number(&p.name)).collect();
    let known = |known: Known| {
        let name = Known::ALL.iter().find(|(_, k)| *k == known)?.0;
        values.get(name).map(|_| number(name))
    };
    let start: Vec<S> = list(&golden["x0"]).iter().map(|q| S::from_rational(q, context)).collect();
    let any: Vec<S> = list(&golden["any"]).iter().map(|q| S::from_rational(q, context)).collect();
    let name = run["start"].as_str().filter(|start| *start != "default");
    let program = compile(method, name, 3).unwrap_or_else(|| panic!("{name:?}"));
    let numbers = Numbers { horizon: 4, dimension: 3, parameters: &parameters, known: &known };
    let mut machine = Machine::new(&program, &numbers, context);
    let mut around = Given::<S>::new(golden, program.vectors, context);
    around.registers.registers[0] = start;
    for quantity in &program.any {
        around.registers.registers[program.registers(*quantity).start] = any.clone();
    }
    let mut compared = 0;
    for (step, log) in run["log"].as_array().unwrap().iter().enumerate() {
        let ran = if step == 0 { machine.begin(&mut around) } else { machine.step(&mut around) };
        ran.map_err(|stop| (compared, stop))?;
        for (key, value) in log.as_object().unwrap() {
            let found = shown(&program, &machine, &around, key.split('[').next().unwrap());
            if !found.iter().all(Scalar::is_defined) {
                return Err((compared, Stop::Undecided));
            }
            let expected = texts(value);
            assert_eq!(found.len(), expected.len(), "{} {key}", method.id);
            for (found, expected) in found.iter().zip(expected) {
                assert!(same(found, expected), "{} {key}: {found:?}, expected {expected}", method.id);
                compared += 1;
            }
        }
    }
    Ok(compared)
}

fn runs() -> Vec<(Method, Value)> {
    let golden = golden();
    let load =
        |run: &Value| library::load(run["method"].as_str().unwrap()).unwrap().unwrap_or_else(|err| panic!("{err}"));
    golden["runs"].as_array().unwrap().iter().map(|run| (load(run), run.clone())).collect()
}

#[test]
fn every_method_gives_the_numbers_of_an_independent_interpreter_in_fifty_digits() {
    let golden = golden();
    const BITS: u32 = 240;
    let near = |found: &Mp, expected: &str| {
        let expected = match expected.split_once('/') {
            Some(_) => Float::with_val(BITS, Rational::from_str_radix(expected, 10).unwrap()),
            None => Float::with_val(BITS, Float::parse(expected).unwrap()),
        };
        let expected = Mp::from_rational(&expected.to_rational().unwrap(), BITS);
        let scale = expected.clone().abs().add(&Mp::one(BITS));
        let off = found.clone().sub(&expected).abs();
        off.certainly_le(&scale.mul(&Mp::from_f64(1e-48, BITS)))
    };
    let mut seen = 0;
    for (method, run) in runs() {
        let compared = agree::<Mp>(&method, &run, &golden, BITS, near);
        assert!(compared.as_ref().is_ok_and(|count| *count > 20), "{}: {compared:?}", method.id);
        seen += 1;
    }
    assert_eq!(seen, golden["runs"].as_array().unwrap().len());
}

#[test]
fn methods_without_roots_give_the_same_rationals() {
    let golden = golden();
    let same = |found: &Exact, expected: &str| {
        let expected = Rational::from_str_radix(expected, 10).unwrap_or_else(|_| panic!("{expected} is no rational"));
        found.compare(&Exact::from_rational(&expected, ())) == Some(std::cmp::Ordering::Equal)
    };
    let mut whole = Vec::new();
    for (method, run) in runs() {
        match agree::<Exact>(&method, &run, &golden, (), same) {
            Ok(_) => whole.push(method.id),
            Err((compared, stop)) => {
                assert_eq!(stop, Stop::Undecided, "{}", method.id);
                assert!(compared > 0, "{}", method.id);
            }
        }
    }
    whole.dedup();
    let expected = [
        "ef21-momentum",
        "ef21",
        "error-feedback",
        "gradient-descent",
        "heavy-ball",
        "local-steps",
        "momentum",
        "nesterov-strongly-convex",
        "polyak-step",
        "projected-gradient",
        "robust-momentum",
        "sign-momentum",
        "storm",
    ];
    assert_eq!(whole, expected);
}

#[test]
fn every_shipped_method_is_in_the_golden_log() {
    let golden = golden();
    let logged: Vec<&str> =
        golden["runs"].as_array().unwrap().iter().map(|run| run["method"].as_str().unwrap()).collect();
    assert!(library::ids().iter().all(|id| logged.contains(id)), "{:?}", library::ids());
}
