//! Statements that a hostile reader would try: true ones that rounding might refute, false ones that
//! only exact numbers tell from true, claims that the check must refuse to judge.

use lemmata::inference::{Ledger, Verdict};
use lemmata::preset::Preset;
use lemmata::statement::load_text;
use lemmata::verify::plan::Plan;
use lemmata::verify::{CheckFailure, Judging, check_cells};

const HEAD: &str = "id = \"t\"\ntitle = \"t\"\nsource = \"s\"\nproof = \"p\"\n";
const PARAMETERS: &str = "[parameters]\nbeta = { in = \"(0, 1]\", try = [\"0.5\", \"1\"] }\n\
                          gamma = { in = \"(0, 1/L]\", try = [\"1/L\", \"1/(4*L)\"] }\n";

fn judge(kind: &str, rest: &str) -> Vec<Result<Verdict, CheckFailure>> {
    let text = format!("{HEAD}kind = \"{kind}\"\n{rest}");
    let statement = load_text("t.toml", &text).unwrap_or_else(|err| panic!("{err}"));
    let effort = Preset::Quick.effort();
    let plan = Plan::new(&statement, Preset::Quick).unwrap();
    let ledger = Ledger { delta: 1e-9, tests: plan.cells.len() as u64 };
    let outcomes = check_cells(&plan.cells, Judging { effort: &effort, ledger, seed: 3 }, &|| ());
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
    let all = claim("pathwise", "k in 0..K", "norm2(e[k])", "B*norm2(grad[k]) + C");
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
    assert!(!failures.is_empty() && failures.iter().all(|err| !err.is_internal()), "{verdicts:?}");
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
    for statement in lemmata::statement::library::load_all().unwrap() {
        assert_eq!(statement.proof, format!("docs/theory.md#{}", statement.id));
        assert!(proofs.lines().any(|line| line == format!("### {}", statement.id)), "{} has no heading", statement.id);
    }
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
