//! The library as another crate uses it.

use std::sync::Arc;

use lemmata::ExitCode;
use lemmata::inference::Verdict;
use lemmata::number::Scalar;
use lemmata::oracle::{
    Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail, register_source,
};
use lemmata::preset::Preset;
use lemmata::problem::{Constants, DynProblem, Problem, Scratch, register_family};
use lemmata::report::Report;
use lemmata::statement::load_text;
use lemmata::suite::Options;
use rug::Rational;

lemmata::check! {
    the_shipped_step_decreases: "examples/theorems/step-decreases.toml",
    two_half_steps_descend: "examples/theorems/two-gradients.toml",
}

fn checked(text: &str) -> Report {
    let options = Options { preset: Preset::Quick, ..Options::default() };
    let statement = load_text("mine.toml", text).unwrap_or_else(|err| panic!("{err}"));
    lemmata::check(&[statement], &options).unwrap_or_else(|err| panic!("{err}"))
}

/// Why there is no check.
fn refused(text: &str) -> String {
    let statement = load_text("mine.toml", text).unwrap_or_else(|err| panic!("{err}"));
    match lemmata::check(&[statement], &Options::default()) {
        Ok(report) => lemmata::report::render(&report),
        Err(refusal) => refusal.to_string(),
    }
}

fn statement(kind: &str, rest: &str) -> String {
    format!("id = \"mine\"\ntitle = \"t\"\nkind = \"{kind}\"\nsource = \"s\"\nproof = \"none\"\n{rest}")
}

/// x²/2 with the smoothness that it is given, which is the author's to prove.
#[derive(Debug)]
struct Square(Constants);

impl Problem for Square {
    fn family(&self) -> &'static str {
        "square"
    }
    fn dimension(&self) -> usize {
        1
    }
    fn workers(&self) -> usize {
        1
    }
    fn constants(&self) -> &Constants {
        &self.0
    }
    fn start(&self) -> Vec<f64> {
        vec![1.0]
    }
    fn scratch_len(&self) -> usize {
        0
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn value<S: Scalar>(&self, x: &[S], _: S::Context, _: &mut Scratch<S>) -> S {
        let mut half = x[0].clone().square();
        half.mul_f64(0.5);
        half
    }
    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], _: S::Context, _: &mut Scratch<S>) {
        out[0].set(&x[0]);
    }
    fn worker_gradient<S: Scalar>(&self, _: usize, x: &[S], out: &mut [S], c: S::Context, s: &mut Scratch<S>) {
        self.gradient(x, out, c, s);
    }
}

fn descent(problem: &str, decrease: &str) -> String {
    statement(
        "pathwise",
        &format!(
            "method = \"gradient-descent\"\nestimates = [[]]\nproblems = [{problem}]\n[parameters]\ngamma = {{ in = \"(0, 1/L]\", try = [\"1/L\"] }}\n\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k] - {decrease}*gamma*norm2(grad[k])\"\n"
        ),
    )
}

#[test]
fn a_family_of_ones_own_is_checked_as_any_other() {
    register_family("square", |data| {
        let smoothness = data["L"].as_u64().ok_or("`L` must be a whole number")?;
        let constants = Constants {
            smoothness: Some(smoothness.into()),
            lower_bound: Some(Rational::new()),
            ..Constants::default()
        };
        Ok(Arc::new(Square(constants)))
    })
    .unwrap();
    let on = |data: &str, decrease: &str| {
        checked(&descent(&format!("{{ family = \"own\", of = \"square\", data = {data} }}"), decrease))
    };
    let report = on("{ L = 1 }", "1/2");
    assert_eq!(report.statements[0].verdict, Verdict::Holds, "{}", lemmata::report::render(&report));
    assert!(report.statements[0].evidence.contains_key("rational"));
    assert_eq!(on("{ L = 1 }", "3/4").exit_code(), ExitCode::Violated, "REJECT: too large a decrease");
    let wrong = refused(&descent("{ family = \"own\", of = \"square\" }", "1/2"));
    assert!(wrong.contains("`L` must be a whole number"), "{wrong}");
    assert!(register_family("square", |_| Err("again".into())).is_err(), "a name stands for one thing");
}

#[test]
fn what_is_not_registered_is_said_with_the_way_out() {
    let family = refused(&descent("{ family = \"own\", of = \"nobody\" }", "1/2"));
    assert!(family.contains("`nobody` is not registered") && family.contains("register_family"), "{family}");
    let estimates = "estimates = [[{ source = \"own\", of = \"nobody\" }]]\nproblems = [{ family = \"sine-squared\", dimension = 1 }]\n";
    let claim = "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\nrhs = \"B*norm2(grad[k])\"\n";
    let source = refused(&statement("oracle", &format!("{estimates}{claim}")));
    assert!(source.contains("register_source"), "{source}");
}

/// e = g, of which it says that B is the given one.
#[derive(Debug)]
struct Doubling(u32);

impl Source for Doubling {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        let root = Rational::from(self.0);
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size: Some([root.clone().square(), Rational::new()]),
            attained: false,
            tail: Tail::sure(root, Rational::new()),
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: Vec::new(),
        }
    }
    fn add<S: Estimable>(&self, at: &EstimateQuery<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        out.iter_mut().zip(at.gradient).for_each(|(out, g)| out.add_assign(g));
    }
}

#[test]
fn a_source_of_ones_own_is_checked_and_a_claim_beyond_what_it_does_is_violated() {
    register_source("doubling", |data, _| {
        let root = data["root_of_B"].as_u64().and_then(|root| u32::try_from(root).ok());
        Ok(Arc::new(Doubling(root.ok_or("`root_of_B` must be a whole number")?)))
    })
    .unwrap();
    let with = |root: u32, factor: &str| {
        let estimates =
            format!("estimates = [[{{ source = \"own\", of = \"doubling\", data = {{ root_of_B = {root} }} }}]]\n");
        let problems = "problems = [{ family = \"quadratic\", dimension = 2, condition = 4.0, seed = 1 }]\n";
        let claim =
            format!("[claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\nrhs = \"{factor}*norm2(grad[k])\"\n");
        checked(&statement("oracle", &format!("{estimates}{problems}{claim}"))).exit_code()
    };
    assert_eq!(with(1, "B"), ExitCode::Success);
    assert_eq!(with(1, "0.99"), ExitCode::Violated);
}
