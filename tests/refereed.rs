//! Statements that a hostile reader would try: true ones that rounding might refute, false ones that
//! only exact numbers tell from true, claims that the check must refuse to judge.

use lemmata::inference::{ErrorBudget, Evidence, Verdict};
use lemmata::method::language::library as methods;
use lemmata::method::{BoundMethod, Experiment, Recorded, Table};
use lemmata::number::{Lanes, Scalar};
use lemmata::oracle::source::{Gaussian, Greedy};
use lemmata::oracle::{Stream, StreamKey};
use lemmata::preset::Preset;
use lemmata::problem::families::SineSquaredSpec;
use lemmata::statement::evaluate::EvaluationError;
use lemmata::statement::graph::Graph;
use lemmata::statement::term::VectorSequence;
use lemmata::statement::{Expectation, Statement, library, load_text};
use lemmata::verify::choosing::corpus;
use lemmata::verify::choosing::plan::Plan;
use lemmata::verify::{Cell, CheckFailure, Judging, Outcome, check_cell, check_cells};

const HEAD: &str = "id = \"t\"\ntitle = \"t\"\nsource = \"s\"\nproof = \"p\"\n";
const PARAMETERS: &str = "[parameters]\nbeta = { in = \"(0, 1]\", try = [\"0.5\", \"1\"] }\n\
                          gamma = { in = \"(0, 1/L]\", try = [\"1/L\", \"1/(4*L)\"] }\n";

fn judge(kind: &str, rest: &str) -> Vec<Result<Verdict, CheckFailure>> {
    let horizons = if rest.contains("horizons") { "" } else { "horizons = [1, 10]\n" };
    let text = format!("{HEAD}kind = \"{kind}\"\n{horizons}{rest}");
    let statement = load_text("t.toml", &text).unwrap_or_else(|err| panic!("{err}"));
    let effort = Preset::Quick.effort();
    let plan = Plan::new(&statement, Preset::Quick).unwrap();
    let error_budget = ErrorBudget { delta: 1e-9, tests: plan.cells.len() as u64 };
    let outcomes = check_cells(&plan.cells, Judging { effort: &effort, error_budget, seed: 3 }, &|| ());
    outcomes.into_iter().map(|outcome| outcome.map(|o| o.verdict)).collect()
}

fn claim(kind: &str, for_all: &str, lhs: &str, rhs: &str) -> Vec<Result<Verdict, CheckFailure>> {
    let quantifier = if for_all.is_empty() { String::new() } else { format!("for_all = \"{for_all}\"\n") };
    judge(kind, &format!("{PARAMETERS}[claim]\n{quantifier}lhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"))
}

fn refused(kind: &str, rest: &str) -> String {
    let text = format!("{HEAD}kind = \"{kind}\"\n{PARAMETERS}{rest}");
    load_text("t.toml", &text).expect_err("must be refused").to_string()
}

#[test]
fn an_identity_off_by_less_than_any_f64_is_refuted() {
    for difference in ["10^-40", "10^-60"] {
        let verdicts = claim("identity", "k in 0..K", "norm2(grad[k])", &format!("norm2(grad[k])*(1 + {difference})"));
        assert!(verdicts.contains(&Ok(Verdict::Violated)), "{difference}: {verdicts:?}");
    }
}

#[test]
fn a_true_identity_of_irrational_numbers_holds() {
    let verdicts = claim("identity", "k in 0..K", "norm2(2*grad[k])", "4*norm2(grad[k])");
    assert!(verdicts.iter().all(|v| *v == Ok(Verdict::Holds)), "{verdicts:?}");
}

#[test]
fn rounding_out_of_the_bias_model_is_never_a_violation() {
    // Under noise C bounds a mean; without it, every error.
    let sources = ["aligned", "opposed", "cancel", "random-signs", "greedy"]
        .map(|name| format!("[{{ source = \"{name}\", relative = 0.25, absolute = 0.25 }}]"));
    let all = judge(
        "pathwise",
        &format!(
            "estimates = [{}, [{{ source = \"relative\", factor = -0.5 }}, {{ source = \"offset\", size = 0.5 }}]]\n{PARAMETERS}\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\nrhs = \"B*norm2(grad[k]) + C\"\n",
            sources.join(", ")
        ),
    );
    let bias = claim("expectation", "k in 0..K", "E[norm2(b[k]) | past]", "B_b*norm2(grad[k]) + C_b");
    for verdict in all.into_iter().chain(bias) {
        assert!(matches!(verdict, Ok(Verdict::Holds | Verdict::Inconclusive)), "{verdict:?}");
    }
}

#[test]
fn reject_half_of_the_bias_model() {
    let verdicts = claim("pathwise", "k in 0..K", "2*norm2(e[k])", "B*norm2(grad[k]) + C");
    assert!(verdicts.contains(&Ok(Verdict::Violated)), "{verdicts:?}");
}

#[test]
fn the_least_of_expectations_may_be_negative() {
    let verdicts = claim("expectation", "", "min(k in 0..K, E[f[k] - f[0]])", "1");
    assert!(verdicts.contains(&Ok(Verdict::Holds)), "{verdicts:?}");
    assert!(verdicts.iter().all(|v| v.is_ok() && *v != Ok(Verdict::Violated)), "{verdicts:?}");
}

#[test]
fn a_run_that_leaves_the_finite_numbers_is_the_statements_fault() {
    let parameters = "[parameters]\nbeta = { in = \"(0, 1]\", try = [\"0.5\"] }\ngamma = { in = \"(0, inf)\", try = [\"10^200\"] }\n";
    let verdicts = judge("expectation", &format!("{parameters}[claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"1\"\n"));
    let failures: Vec<_> = verdicts.iter().filter_map(|v| v.as_ref().err()).collect();
    assert!(failures.iter().all(|err| !err.is_internal()), "{verdicts:?}");
    assert!(verdicts.contains(&Ok(Verdict::Inconclusive)), "{verdicts:?}");
}

#[test]
fn a_claim_for_every_k_of_a_whole_run_is_checked_only_where_it_can_be() {
    let verdicts = claim("expectation", "k in 0..K", "E[f[k+1]]", "f[0] + 10^6");
    assert!(verdicts.len() >= 4 && verdicts.iter().all(|v| *v == Ok(Verdict::Holds)), "{verdicts:?}");
}

#[test]
fn what_a_whole_run_does_not_record_is_refused_when_the_file_is_read() {
    for (lhs, rhs) in [
        ("E[dot(grad[K], grad[K])]", "1"),
        ("E[norm2(x[K])]", "1"),
        ("E[norm2(grad[K] - grad[0])]", "1"),
        ("E[norm2(grad[K])]", "E[norm2(e[0])]"),
        ("E[norm2(grad[K])]", "f[1]"),
    ] {
        let message = refused("expectation", &format!("[claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"));
        assert!(
            message.contains("records") || message.contains("known at the start") || message.contains("stands outside"),
            "{lhs} <= {rhs}: {message}"
        );
    }
}

#[test]
fn a_random_index_is_drawn_from_its_own_range_whatever_the_horizon() {
    let random = |range: &str| {
        let rest = format!(
            "[random]\nR = \"uniform({range})\"\n{PARAMETERS}[claim]\nlhs = \"E[norm2(grad[R])]\"\nrhs = \"10^9\"\n"
        );
        judge("expectation", &rest)
    };
    for verdict in random("1..K").into_iter().chain(random("0..K")) {
        // A single step has no index in 1..1: such a cell cannot be judged, and says so.
        assert!(
            matches!(
                verdict,
                Ok(Verdict::Holds | Verdict::NotRefuted)
                    | Err(CheckFailure::Evaluation(_) | CheckFailure::Unsuitable(_))
            ),
            "{verdict:?}"
        );
    }
}

#[test]
fn a_bound_at_the_lower_end_of_the_samples_is_never_supported() {
    let verdicts = claim("expectation", "", "E[norm2(grad[K])]", "0");
    assert!(verdicts.iter().all(|v| !matches!(v, Ok(Verdict::Holds))), "{verdicts:?}");
    assert!(verdicts.contains(&Ok(Verdict::Violated)), "{verdicts:?}");
}

#[test]
fn every_statement_points_to_its_own_place_in_the_proofs() {
    let proofs = std::fs::read_to_string("docs/theory.md").unwrap();
    for statement in library::load_all().unwrap() {
        assert_eq!(statement.proof, format!("docs/theory.md#{}", statement.id));
        assert!(proofs.lines().any(|line| line == format!("### {}", statement.id)), "{} has no heading", statement.id);
    }
}

#[test]
fn shipped_statements_rest_on_shipped_ones_and_in_no_circle() {
    let graph = Graph::of(&library::load_all().unwrap());
    assert!(graph.unknown().is_empty(), "no statement of these ids is shipped: {:?}", graph.unknown());
    graph.layers().unwrap_or_else(|circle| panic!("{circle}"));
}

#[test]
fn the_expectation_of_a_vector_is_that_of_its_coordinates() {
    let point = |lhs: &str, rhs: &str| {
        judge("oracle", &format!("[claim]\nfor_all = \"k in 0..K\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"))
    };
    let bound = "10^-30*(1 + norm2(grad[k]))";
    for (lhs, rhs) in [("norm2(E[nu[k] | past])", bound), ("norm2(E[e[k] | past] - b[k])", bound)] {
        let verdicts = point(lhs, rhs);
        assert!(verdicts.len() >= 4 && verdicts.iter().all(|v| *v == Ok(Verdict::Holds)), "{lhs}: {verdicts:?}");
    }
    let verdicts = point("norm2(E[e[k] | past])", "0.99*norm2(b[k])");
    assert!(verdicts.contains(&Ok(Verdict::Violated)), "{verdicts:?}");
}

#[test]
fn an_expectation_of_a_vector_is_refused_where_it_has_no_meaning() {
    for (lhs, words) in [
        ("norm2(E[grad[K]])", "over the whole run"),
        ("E[norm2(E[grad[K] | past])]", "inside another"),
        ("E[grad[K] | past]", "a number is needed"),
    ] {
        let message = refused("expectation", &format!("[claim]\nlhs = \"{lhs}\"\nrhs = \"1\"\n"));
        assert!(message.contains(words), "{lhs}: {message}");
    }
}

const ANY_STEP: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";

/// A statement of its witnesses alone.
fn load_witnessed(kind: &str, rest: &str) -> Statement {
    let text = format!("{HEAD}kind = \"{kind}\"\ngeneral = false\n{rest}");
    load_text("t.toml", &text).unwrap_or_else(|err| panic!("{err}"))
}

fn witnessed(kind: &str, seed: u64, rest: &str) -> Vec<Result<Verdict, CheckFailure>> {
    let statement = load_witnessed(kind, rest);
    let effort = Preset::Quick.effort();
    let plan = Plan::new(&statement, Preset::Quick).unwrap_or_else(|err| panic!("{err}"));
    let error_budget = ErrorBudget { delta: 1e-9, tests: plan.cells.len() as u64 };
    let outcomes = check_cells(&plan.cells, Judging { effort: &effort, error_budget, seed }, &|| ());
    outcomes.into_iter().map(|outcome| outcome.map(|o| o.verdict)).collect()
}

fn greedy_and_sphere(lhs: &str, rhs: &str, noise: &str) -> String {
    format!(
        "{ANY_STEP}[claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n\
         [[witness]]\ndoc = \"w\"\nparameters = {{ beta = \"1\", gamma = \"1/2\" }}\n\
         problem = {{ family = \"diagonal-quadratic\", spectrum = [1] }}\n\
         oracle = [{{ source = \"greedy\", relative = 0, absolute = 1 }}, {noise}]\nstart = [\"0\"]\nhorizon = 2\n"
    )
}

const SPHERE: &str = "{ source = \"sphere\", radius = 2 }";
const AXIS: &str = "{ source = \"axis\", size = 2 }";

#[test]
fn greedy_errors_of_replicates_side_by_side_are_their_own() {
    // Enumeration gives E = 2.0625; replicates that followed the first one's greedy choice had less.
    let exact = witnessed("expectation", 1, &greedy_and_sphere("E[norm2(grad[K])]", "185/100", AXIS));
    assert_eq!(exact, [Ok(Verdict::Violated)]);
    for seed in [1, 5, 6] {
        let verdicts = witnessed("expectation", seed, &greedy_and_sphere("E[norm2(grad[K])]", "185/100", SPHERE));
        assert_eq!(verdicts, [Ok(Verdict::Violated)], "seed {seed}");
    }
    let rhs = "if(K == 2, 16 - 185/100, 100)";
    for seed in [1, 3, 7] {
        let verdicts = witnessed("expectation", seed, &greedy_and_sphere("E[16 - norm2(grad[K])]", rhs, SPHERE));
        assert_ne!(verdicts, [Ok(Verdict::Violated)], "seed {seed}");
    }
}

#[test]
fn eight_replicates_side_by_side_are_eight_runs_to_the_bit() {
    let problem = lemmata::problem::build(&SineSquaredSpec { dimension: 3 }.into()).unwrap();
    let sources = [Greedy { relative: 0.25, absolute: 1.0 }.into(), Gaussian { size: 0.5 }.into()];
    let oracle = lemmata::oracle::build(&sources, problem.as_ref()).unwrap();
    let own = methods::shared("momentum").unwrap().unwrap();
    let buffer = VectorSequence::Quantity(own.vector_states().next().unwrap());
    let mut method = BoundMethod::new(own, problem.as_ref(), 0, &[]);
    method.tune(12, &|name| Some(if name == "beta" { 0.5 } else { 0.0625 })).unwrap();
    let start = problem.start();
    let experiment = Experiment { problem: problem.as_ref(), oracle: &oracle, method: &method, start: &start };
    let quantities = [Recorded::VALUE, Recorded::Norm2(VectorSequence::Error), Recorded::Norm2(buffer)];
    let key = StreamKey::new(1, "lanes", "");
    let mut together = Table::<Lanes>::new(&quantities, &method, ());
    let mut random = Stream::<_, Lanes>::new((0..8).map(|lane| key.stream(lane)), ());
    experiment.runner(()).run(&mut random, &mut together, &mut |_| {});
    for lane in 0..8 {
        let mut alone = Table::<f64>::new(&quantities, &method, ());
        let mut random = Stream::<_, f64>::new([key.stream(lane as u64)], ());
        experiment.runner(()).run(&mut random, &mut alone, &mut |_| {});
        for quantity in &quantities {
            for k in 0..12 {
                let (a, b) = (together.get(quantity, k).unwrap().lane(lane), alone.get(quantity, k).unwrap());
                assert_eq!(a.to_bits(), b.to_bits(), "{quantity:?} at {k} in lane {lane}");
            }
        }
    }
}

#[test]
fn the_precision_check_covers_all_replicates_that_run_side_by_side() {
    for preset in [Preset::Quick, Preset::Default, Preset::Full] {
        assert!(preset.effort().rerun >= 8);
    }
}

const NOISY_SINE: &str = "[[witness]]\ndoc = \"w\"\nparameters = { beta = \"1\", gamma = \"1/16\" }\n\
    problem = { family = \"sine-squared\", dimension = 2 }\noracle = [{ source = \"sphere\", radius = 1 }]\n\
    start = [\"3\", \"1\"]\nhorizon = 5\n";

#[test]
fn an_identity_that_only_samples_could_decide_is_no_witness() {
    let claim = "[claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"10^9\"\n";
    let statement = load_witnessed("identity", &format!("{ANY_STEP}{claim}{NOISY_SINE}"));
    let message = Plan::new(&statement, Preset::Quick).unwrap_err().to_string();
    assert!(message.contains("no evidence"), "{message}");
    // The same cell from elsewhere, a report to be replayed say, is no verdict either.
    let bound = load_witnessed("expectation", &format!("{ANY_STEP}{claim}{NOISY_SINE}"));
    let spec = Plan::new(&bound, Preset::Quick).unwrap().cells[0].spec.clone();
    let effort = Preset::Quick.effort();
    let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-9, tests: 1 }, seed: 1 };
    let outcome = check_cell(&Cell::build(&statement, spec).unwrap(), judging);
    assert!(matches!(outcome, Err(CheckFailure::Unsuitable(_))), "{outcome:?}");
}

const LINE: &str = "problem = { family = \"diagonal-quadratic\", spectrum = [1] }\n";

#[test]
fn a_claim_without_an_index_is_never_shown() {
    // On every cell, or on those of one step alone.
    assert_eq!(judge("pathwise", "[claim]\nfor_all = \"k in K..K\"\nlhs = \"1\"\nrhs = \"0\"\n"), []);
    let late = "horizons = [1, 5]\n[claim]\nfor_all = \"k in 5..K\"\nlhs = \"1 + f[k]\"\nrhs = \"f[k]\"\n";
    assert_eq!(judge("pathwise", late), []);
    let random = format!(
        "{ANY_STEP}[random]\nR = \"uniform(5..K)\"\n[claim]\nlhs = \"E[norm2(grad[R])]\"\nrhs = \"-1\"\n\
         [[witness]]\ndoc = \"w\"\nparameters = {{ beta = \"1\", gamma = \"1/16\" }}\n{LINE}oracle = []\n\
         start = [\"3\"]\nhorizon = 5\n"
    );
    let statement = load_witnessed("expectation", &random);
    let message = Plan::new(&statement, Preset::Quick).unwrap_err().to_string();
    assert!(message.contains("no index to check"), "{message}");
}

#[test]
fn a_statement_with_a_claim_that_is_compared_nowhere_is_vacuous() {
    let text = format!(
        "{HEAD}kind = \"pathwise\"\n[[claim]]\nfor_all = \"k in 0..K\"\nlhs = \"f[k]\"\nrhs = \"f[k]\"\n\
         [[claim]]\nfor_all = \"k in K..K\"\nlhs = \"1\"\nrhs = \"0\"\n"
    );
    let statement = load_text("t.toml", &text).unwrap();
    let plan = Plan::new(&statement, Preset::Quick).unwrap();
    assert!(!plan.cells.is_empty());
    assert_eq!(plan.compared, [true, false]);
    assert_eq!(plan.why_vacuous().as_deref(), Some("claim 2 has no index to check in any cell"));
    let summary = lemmata::report::StatementSummary::new(&statement, plan.why_vacuous(), None, &[]);
    assert_eq!(summary.verdict, Verdict::Vacuous);
}

fn one_step(lhs: &str, rhs: &str, for_all: &str, first_gradient: bool, oracle: &str) -> String {
    format!(
        "{ANY_STEP}[claim]\nfor_all = \"{for_all}\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n\
         [[witness]]\ndoc = \"w\"\nparameters = {{ beta = \"1/2\", gamma = \"1/4\" }}\n{LINE}oracle = [{oracle}]\n\
         start = [\"3\"]\nfirst_gradient = {first_gradient}\nhorizon = 3\n"
    )
}

const BIASED_AXIS: &str = "{ source = \"offset\", size = 1 }, { source = \"axis\", size = 0.5 }";

#[test]
fn what_the_past_does_not_determine_stands_inside_the_conditional_expectation() {
    let average = "E[norm2(nu[k]) | past]";
    for lhs in
        ["norm2(e[k])", "norm2(nu[k])", "f[k+1]", "norm2(grad[k+1])", "norm2(v[k])", "norm2(m[k])", "norm2(x[k+1])"]
    {
        let claim = one_step(lhs, &format!("0*{average} + 10^6"), "k in 0..K", false, BIASED_AXIS);
        let verdicts = witnessed("expectation", 1, &claim);
        assert!(
            matches!(verdicts[..], [Err(CheckFailure::Evaluation(EvaluationError::NotKnown { .. }))]),
            "{lhs}: {verdicts:?}"
        );
    }
    for lhs in
        ["norm2(e[k-1])", "norm2(b[k])", "f[k]", "norm2(grad[k])", "norm2(v[k-1])", "norm2(m[k-1])", "norm2(x[k])"]
    {
        let claim = one_step(lhs, &format!("0*{average} + 10^6"), "k in 1..K", true, BIASED_AXIS);
        assert_eq!(witnessed("expectation", 1, &claim), [Ok(Verdict::Holds)], "{lhs}");
    }
    // Under the first-gradient start m[-1] is e_0, which step 0 draws.
    let start = |for_all, first| one_step("norm2(m[-1])", &format!("0*{average} + 10^6"), for_all, first, BIASED_AXIS);
    assert_eq!(witnessed("expectation", 1, &start("k in 0..1", false)), [Ok(Verdict::Holds)]);
    assert!(matches!(witnessed("expectation", 1, &start("k in 0..1", true))[..], [Err(_)]));
    assert_eq!(witnessed("expectation", 1, &start("k in 1..K", true)), [Ok(Verdict::Holds)]);
}

#[test]
fn the_draw_at_a_point_stands_inside_the_conditional_expectation() {
    for lhs in ["norm2(e[k])", "norm2(nu[k])"] {
        let claim = one_step(lhs, "E[norm2(e[k]) | past] + 10^6", "k in 0..K", false, BIASED_AXIS);
        let verdicts = witnessed("oracle", 1, &format!("subject = \"estimate\"\n{claim}"));
        assert!(
            matches!(verdicts[..], [Err(CheckFailure::Evaluation(EvaluationError::NotKnown { .. }))]),
            "{lhs}: {verdicts:?}"
        );
    }
    let bias = |oracle| {
        let claim = one_step("norm2(b[k])", "E[norm2(b[k]) | past]", "k in 0..K", false, oracle);
        witnessed("oracle", 1, &format!("subject = \"estimate\"\n{claim}"))
    };
    assert_eq!(bias(BIASED_AXIS), [Ok(Verdict::Holds)]);
    let drawn = bias("{ source = \"random-signs\", relative = 0, absolute = 1 }, { source = \"axis\", size = 1 }");
    assert!(matches!(drawn[..], [Err(_)]), "{drawn:?}");
}

#[test]
fn the_first_deviation_of_a_first_gradient_start_is_its_error_at_every_later_step() {
    // e_0 = 3 at the minimiser, where the gradient is zero.
    for (kind, lhs) in [("expectation", "norm2(m[-1]) + 0*E[norm2(nu[k]) | past]"), ("pathwise", "norm2(m[-1])")] {
        let claim = |rhs| {
            one_step(lhs, rhs, "k in 1..K", true, "{ source = \"offset\", size = 3 }").replace("[\"3\"]", "[\"0\"]")
        };
        assert_eq!(witnessed(kind, 1, &claim("8.999")), [Ok(Verdict::Violated)], "{kind}");
        assert_eq!(witnessed(kind, 1, &claim("9")), [Ok(Verdict::Holds)], "{kind}");
    }
    let inside = |rhs| {
        one_step("E[norm2(m[-1]) | past]", rhs, "k in 1..K", true, "{ source = \"offset\", size = 3 }")
            .replace("[\"3\"]", "[\"0\"]")
    };
    assert_eq!(witnessed("expectation", 1, &inside("8.999")), [Ok(Verdict::Violated)]);
    assert_eq!(witnessed("expectation", 1, &inside("9")), [Ok(Verdict::Holds)]);
}

#[test]
fn what_is_chosen_for_one_number_of_steps_is_compared_at_that_number_alone() {
    // gamma = 1/(L sqrt(K)) is the right step for 64 steps, not for every shorter run.
    let chosen = format!(
        "[parameters]\nbeta = {{ in = \"[1, 1]\", try = [\"1\"] }}\ngamma = {{ in = \"[h, h]\" }}\n\
         [constants]\nh = \"1/(L*K^(1/2))\"\n\
         [claim]\nlhs = \"mean(k in 0..K, E[norm2(grad[k])])\"\nrhs = \"2*L*(f[0] - f_star)/sqrt(K) + C\"\n\
         [[witness]]\ndoc = \"w\"\ngiven = {{ L = \"1\" }}\nparameters = {{ beta = \"1\", gamma = \"h\" }}\n\
         {LINE}oracle = []\nstart = [\"3\"]\nhorizon = 64\n"
    );
    assert_eq!(witnessed("expectation", 1, &chosen), [Ok(Verdict::Holds)]);
    let long = "horizons = [20]\n[parameters]\nbeta = { in = \"[1, 1]\", try = [\"1\"] }\n\
                gamma = { in = \"(0, 1/L]\", try = [\"1/L\"] }\n\
                [hypotheses]\nlong = \"K >= 20\"\nexact = \"C == 0 and B == 0\"\n\
                [claim]\nlhs = \"mean(k in 0..K, E[norm2(grad[k])])\"\nrhs = \"2*L*(f[0] - f_star)/20\"\n";
    let verdicts = judge("expectation", long);
    // Nearly attained in places, where no arithmetic at hand tells the sides apart.
    assert!(verdicts.contains(&Ok(Verdict::Holds)), "{verdicts:?}");
    assert!(verdicts.iter().all(|v| matches!(v, Ok(Verdict::Holds | Verdict::Inconclusive))), "{verdicts:?}");
}

#[test]
fn no_step_is_made_after_the_last_point() {
    let steps = "horizons = [10]\n[schedules]\nstep = \"gamma*16/(16 + k)\"\n[claim]\nfor_all = \"k in 0..K\"\n\
                 lhs = \"step[k+1]\"\nrhs = \"step[k]*(1 - 10^(-6))\"\n";
    let missing = |verdicts: &[Result<Verdict, CheckFailure>], wanted: &str| {
        !verdicts.is_empty()
            && verdicts.iter().all(|v| {
                matches!(v, Err(CheckFailure::Evaluation(EvaluationError::MissingQuantity { name, .. })) if name == wanted)
            })
    };
    let verdicts = judge("pathwise", steps);
    assert!(missing(&verdicts, "step"), "{verdicts:?}");
    let shorter = judge("pathwise", &steps.replace("0..K", "0..K-1"));
    assert!(shorter.iter().all(|v| *v == Ok(Verdict::Holds)), "{shorter:?}");
    let bias = claim("expectation", "k in 0..K+1", "E[norm2(b[k]) | past]", "1.000001*(B_b*norm2(grad[k]) + C_b)");
    assert!(missing(&bias, "b"), "{bias:?}");
}

fn outcomes_of(statement: &Statement) -> Vec<Result<Outcome, CheckFailure>> {
    let effort = Preset::Quick.effort();
    let plan = Plan::new(statement, Preset::Quick).unwrap_or_else(|err| panic!("{err}"));
    let error_budget = ErrorBudget { delta: 1e-9, tests: plan.cells.len() as u64 };
    check_cells(&plan.cells, Judging { effort: &effort, error_budget, seed: 3 }, &|| ())
}

/// A whole-run claim on one witness.
fn whole_run(lhs: &str, rhs: &str, beta_gamma: [&str; 2], problem: &str, source: &str, start: &str, k: u32) -> String {
    let [beta, gamma] = beta_gamma;
    format!(
        "{ANY_STEP}[claim]\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n\
         [[witness]]\ndoc = \"w\"\nparameters = {{ beta = \"{beta}\", gamma = \"{gamma}\" }}\nproblem = {{ {problem} }}\n\
         oracle = [{{ {source} }}]\nstart = [{start}]\nhorizon = {k}\n"
    )
}

const SINE: &str = "family = \"sine-squared\", dimension = 2";

#[test]
fn a_huge_violation_is_refuted() {
    let lhs = "E[norm2(grad[K])]";
    for source in ["source = \"gaussian\", size = 0.5", "source = \"sphere\", radius = 0.5"] {
        let claim = whole_run(lhs, "10^(-20)", ["1/2", "1/16"], SINE, source, "\"3\", \"1\"", 20);
        assert_eq!(witnessed("expectation", 1, &claim), [Ok(Verdict::Violated)], "{source}");
    }
    let (family, source) = ("family = \"sine-squared\", dimension = 1", "source = \"sphere\", radius = 1e-300");
    let claim = whole_run(lhs, "100", ["1/2", "100"], family, source, "\"0\"", 150);
    assert_eq!(witnessed("expectation", 1, &claim), [Ok(Verdict::Violated)]);
}

#[test]
fn a_bound_in_mean_is_no_bound_of_a_sample() {
    // 2 - ||grad||^2 has no lower bound under Gaussian noise: no sample can contradict one.
    let problem =
        "family = \"piecewise-quadratic\", anchor = 0, value = 0, slope = 0, breaks = [0], curvatures = [0.9375, 1]";
    let source = "source = \"gaussian\", size = 1";
    let claim = whole_run("E[2 - norm2(grad[K])]", "3/2", ["1", "1"], problem, source, "\"0\"", 1);
    let verdicts = witnessed("expectation", 1, &claim);
    assert!(matches!(&verdicts[..], [Err(failure)] if !failure.is_internal()), "{verdicts:?}");
}

#[test]
fn an_identity_that_intervals_accept_is_not_called_rational() {
    let text = format!(
        "{HEAD}kind = \"identity\"\n[claim]\nfor_all = \"k in 0..K\"\n\
         lhs = \"sqrt(2)*sqrt(2)*f[k] + 10^(-90)*sqrt(2)\"\nrhs = \"2*f[k]\"\n"
    );
    for outcome in outcomes_of(&load_text("t.toml", &text).unwrap()) {
        let outcome = outcome.unwrap();
        assert!(matches!(outcome.evidence, Evidence::Interval { .. }), "{outcome:?}");
    }
    let text = text.replace(" + 10^(-90)*sqrt(2)", "").replace("sqrt(2)*sqrt(2)", "2");
    let rational = |o: &Result<Outcome, CheckFailure>| o.as_ref().is_ok_and(|o| o.evidence == Evidence::Rational);
    assert!(outcomes_of(&load_text("t.toml", &text).unwrap()).iter().any(rational));
}

#[test]
fn a_method_outside_of_its_definition_is_no_instance() {
    for (beta, gamma, outside) in
        [("2", "1/16", "beta"), ("0", "1/16", "beta"), ("1", "-1/128", "gamma"), ("1", "0", "gamma")]
    {
        let any = "[parameters]\nbeta = { in = \"[0, 3]\" }\ngamma = { in = \"[-1, inf)\" }\n";
        let source = "source = \"sphere\", radius = 1";
        let claim = whole_run("E[f[K]]", "1000", [beta, gamma], SINE, source, "\"3\", \"1\"", 5);
        let statement = load_witnessed("expectation", &claim.replace(ANY_STEP, any));
        let message = Plan::new(&statement, Preset::Quick).unwrap_err().to_string();
        assert!(message.contains(&format!("the method needs `{outside}` in (0, ")), "{beta}, {gamma}: {message}");
    }
}

#[test]
fn what_one_arithmetic_cannot_decide_goes_up_the_ladder() {
    let close = judge(
        "pathwise",
        "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"if(1/3 + 10^(-18) > 1/3, 0, 1)\"\nrhs = \"1/2\"\n",
    );
    assert!(!close.is_empty() && close.iter().all(|v| *v == Ok(Verdict::Holds)), "{close:?}");
    let irrational = judge(
        "pathwise",
        "[constants]\na = \"if(sqrt(2) > 1, 1, 2)\"\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k]*a\"\nrhs = \"f[k]\"\n",
    );
    assert!(irrational.iter().all(|v| matches!(v, Ok(Verdict::Holds | Verdict::Inconclusive))), "{irrational:?}");
    assert!(irrational.contains(&Ok(Verdict::Holds)));
    let run = |lhs| {
        let source = "source = \"offset\", size = 1";
        witnessed("expectation", 1, &whole_run(lhs, "1", ["1", "1/16"], SINE, source, "\"3\", \"1\"", 5))
    };
    assert_eq!(run("E[f[K]]*if(1/3 + 10^(-18) > 1/3, 0, 1)"), [Ok(Verdict::Holds)]);
    assert_eq!(run("10^(-70)*E[f[K]]/(sqrt(2)^2 + 10^(-60) - 2)"), [Ok(Verdict::Holds)]);
    assert!(matches!(run("E[f[K]]*if(sqrt(2)^2 == 2, 0, 1)")[..], [Err(_)]));
    // Wide enclosures of the denominator contain zero, narrow ones do not.
    let late = judge(
        "pathwise",
        "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"10^(-60)/(sqrt(2)^2 + 10^(-50) - 2)\"\nrhs = \"1\"\n",
    );
    assert!(!late.is_empty() && late.iter().all(|v| *v == Ok(Verdict::Holds)), "{late:?}");
    let domain = judge(
        "pathwise",
        "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"abs(ln(sqrt(2)^2 + 10^(-60) - 2))\"\nrhs = \"1000\"\n",
    );
    assert!(!domain.is_empty() && domain.iter().all(|v| *v == Ok(Verdict::Holds)), "{domain:?}");
    let few = "problems = [{ family = \"diagonal-quadratic\", spectrum = [1, 2] }, { family = \"sine-squared\", dimension = 1 }]";
    let never =
        |lhs| judge("pathwise", &format!("{few}\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"{lhs}\"\nrhs = \"10\"\n"));
    let undecided = never("if(sqrt(2)^2 == 2, 0, 1)");
    assert!(!undecided.is_empty() && undecided.iter().all(Result::is_err), "{undecided:?}");
    for lhs in ["1/(sqrt(2)^2 - 2)", "ln(sqrt(2)^2 - 2)"] {
        let valueless = never(lhs);
        assert!(!valueless.is_empty(), "{lhs}");
        assert!(valueless.iter().all(|v| matches!(v, Ok(Verdict::Inconclusive) | Err(_))), "{lhs}: {valueless:?}");
    }
}

#[test]
fn errors_that_rounding_takes_out_of_their_model_hide_no_violation() {
    let verdicts = claim("pathwise", "k in 0..K", "norm2(e[k])", "1/2*(B*norm2(grad[k]) + C)");
    assert!(verdicts.contains(&Ok(Verdict::Violated)), "{verdicts:?}");
    assert!(!verdicts.contains(&Ok(Verdict::Inconclusive)), "{verdicts:?}");
}

#[test]
fn an_endless_sum_is_refused() {
    // Also where the statement is read already.
    let outcome = |rest: &str| {
        let text = format!("{HEAD}kind = \"pathwise\"\n{rest}");
        load_text("t.toml", &text).map(|_| judge("pathwise", rest)).map_err(|err| err.to_string())
    };
    for lhs in ["sum(j in 0..inf, 1)", "max(j in 0..10000000, j)"] {
        match outcome(&format!("[claim]\nfor_all = \"k in 0..K\"\nlhs = \"{lhs}\"\nrhs = \"1\"\n")) {
            Err(message) => assert!(message.contains("2^20 terms"), "{lhs}: {message}"),
            Ok(verdicts) => assert!(
                verdicts.iter().all(|v| matches!(v, Err(CheckFailure::Evaluation(EvaluationError::TooLong)))),
                "{lhs}: {verdicts:?}"
            ),
        }
    }
    if let Ok(endless) = outcome("[claim]\nfor_all = \"k in 0..inf\"\nlhs = \"1\"\nrhs = \"1\"\n") {
        assert!(endless.iter().all(Result::is_err), "{endless:?}");
    }
}

#[test]
fn the_range_of_a_minimum_with_a_random_index_is_that_of_single_values() {
    let claim = whole_run(
        "min(k in 1..K, E[(2*R - 1/2)*norm2(grad[k])])",
        "1000",
        ["1/2", "1/16"],
        SINE,
        "source = \"sphere\", radius = 0.5",
        "\"3\", \"1\"",
        5,
    );
    let verdicts = witnessed("expectation", 3, &format!("[random]\nR = \"uniform(0..2)\"\n{claim}"));
    assert!(verdicts.iter().all(Result::is_ok), "{verdicts:?}");
}

#[test]
fn the_precision_check_looks_at_every_step_of_a_minimum() {
    // In f64 the first step's sample is rounded to whole numbers; the mean over both steps hides it.
    let claim = whole_run(
        "min(k in 0..2, E[(1 - k)*((10^16 + f[1]) - 10^16) + k*10^30*f[1]])",
        "1/2",
        ["1/2", "1/16"],
        SINE,
        "source = \"sphere\", radius = 0.5",
        "\"3\", \"1\"",
        2,
    );
    assert_eq!(witnessed("expectation", 3, &claim), [Ok(Verdict::Inconclusive)]);
}

#[test]
fn bounds_for_exact_gradients_do_not_speak_of_workers_that_add_noise() {
    // Noise that the workers add before they compress refutes each of these bounds; once they took such cells.
    let noisy = |statement: &str, mut spec: serde_json::Value| {
        let statement = library::load(statement).unwrap().unwrap();
        let build = |spec: serde_json::Value| {
            let spec = serde_json::from_value(spec).unwrap();
            lemmata::verify::instances::Instance::build(&statement, &spec).map(|_| ()).map_err(|err| err.to_string())
        };
        let refused = build(spec.clone()).expect_err("not an instance");
        assert!(refused.contains("no noise"), "{refused}");
        spec["oracle"][0]["noise"] = serde_json::json!(0.0);
        assert_eq!(build(spec), Ok(()));
    };
    let spec = |operator: serde_json::Value, parameters: serde_json::Value| {
        serde_json::json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.0625] }, "start": "zero", "horizon": 1,
            "oracle": [{ "source": "each-worker", "operator": operator, "noise": 0.125 }],
            "parameters": parameters, "point": null, "witness": null,
        })
    };
    let rand_k = || serde_json::json!({ "name": "rand-k", "share": 0.5 });
    let steps = || serde_json::json!({ "beta": 1.0, "theta": 0.25, "gamma": 0.25 });
    for statement in ["compressed-error", "contraction-rand-k"] {
        noisy(statement, spec(rand_k(), serde_json::json!({})));
    }
    for statement in ["compressed-nonconvex", "randk-nonconvex"] {
        noisy(statement, spec(rand_k(), steps()));
    }
    noisy("low-precision-nonconvex", spec(serde_json::json!({ "name": "rounding", "bits": 2 }), steps()));
}

#[test]
fn the_stored_witnesses_of_shipped_statements_are_planned_first_and_judged_as_expected() {
    let files = std::fs::read_dir("theorems/momentum/witnesses").unwrap().map(|entry| entry.unwrap().file_name());
    for file in files {
        let id = file.to_str().and_then(|name| name.strip_suffix(".json")).unwrap_or_else(|| panic!("{file:?}"));
        let statement = library::load(id).unwrap_or_else(|| panic!("there is no statement {id}")).unwrap();
        let stored = corpus::read(&statement).unwrap_or_else(|err| panic!("{err}"));
        let plan = Plan::new(&statement, Preset::Default).unwrap();
        let planned = plan.cells.iter().map(|cell| &cell.spec).take(stored.len());
        assert!(
            stored.iter().map(|cell| &cell.spec).eq(planned),
            "{id}: a stored witness is no instance, stored twice or a witness of the file too; passed over: {:#?}",
            plan.passed_over
        );
        let effort = Preset::Default.effort();
        let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-9, tests: 1 }, seed: 3 };
        let expected = if statement.expect == Expectation::Violated { Verdict::Violated } else { Verdict::Holds };
        for (cell, stored) in plan.cells.iter().zip(&stored) {
            let outcome = check_cell(cell, judging).unwrap_or_else(|err| panic!("{id}, {}: {err}", stored.doc));
            assert_eq!(outcome.verdict, expected, "{id}, {}", stored.doc);
        }
    }
}
