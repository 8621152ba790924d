//! Proofs for all parameters: what is proved, what must not be, and what a checker must reject.

use std::time::Duration;

use lemmata::prove::{Case, Effort, Proof, Standing, attempt, no_corollary, standing, verify};
use lemmata::statement::{Expectation, Statement, library, load_file, load_text};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

fn shipped(id: &str) -> Statement {
    library::load(id).expect("a shipped statement").expect("without a mistake")
}

fn changed(id: &str, from: &str, to: &str) -> Statement {
    let text = library::text(id).expect("a shipped statement");
    assert!(text.contains(from), "{id} does not say `{from}`");
    load_text("changed.toml", &text.replacen(from, to, 1)).expect("without a mistake")
}

fn proof(statement: &Statement) -> Option<Proof> {
    attempt(statement, Effort::default(), &mut |_, _| {}).expect("it translates")
}

#[test]
fn the_descent_lemma_is_proved_for_all_parameters_and_its_proof_is_valid() {
    for id in ["smooth-descent", "sgd-descent-variance", "momentum-deviation", "descent-lemma"] {
        let statement = shipped(id);
        let mut open = Vec::new();
        let proof = attempt(&statement, Effort::default(), &mut |problem, case| {
            if let Case::Open(why) = case {
                open.push(format!("{}: {why}", problem.name));
            }
        });
        let proof = proof.expect("it translates").unwrap_or_else(|| panic!("{id}: {open:?}"));
        assert_eq!(verify(&statement, &proof), Ok(proof.cases.len()));
    }
}

#[test]
fn a_claim_with_a_constant_that_is_one_percent_too_strong_is_not_proved() {
    let stronger = [
        ("smooth-descent", "gamma/2*norm2(grad[k])", "51/100*gamma*norm2(grad[k])"),
        ("sgd-descent-variance", "L*gamma*E[", "99/100*L*gamma*E["),
    ];
    for (id, from, to) in stronger {
        assert_eq!(proof(&changed(id, from, to)), None, "{id} with {to}");
    }
}

#[test]
fn accelerated_methods_are_proved_with_the_numbers_that_they_keep() {
    for id in ["nesterov-strongly-convex-rate", "optimized-gradient-rate", "robust-momentum-lyapunov"] {
        let statement = shipped(id);
        let proof = proof(&statement).unwrap_or_else(|| panic!("{id} is open"));
        assert_eq!(verify(&statement, &proof), Ok(proof.cases.len()), "{id}");
    }
    let stronger = [
        ("nesterov-convex-lyapunov", "2/L*t[k]^2", "201/100/L*t[k]^2"),
        ("nesterov-convex-rate", "2*L*norm2", "199/100*L*norm2"),
        ("optimized-gradient-lyapunov", "rhs = \"V[k-1]\"", "rhs = \"99/100*V[k-1]\""),
        ("optimized-gradient-rate", "L*norm2(x[0]", "99/100*L*norm2(x[0]"),
        ("robust-momentum-lyapunov", "rhs = \"rho^2*", "rhs = \"99/100*rho^2*"),
    ];
    for (id, from, to) in stronger {
        assert!(!is_proved(&changed(id, from, to)), "{id} with {to}");
    }
}

#[test]
fn an_invariant_holds_at_the_start_and_after_each_step_or_nothing_is_proved() {
    let with = |invariant: &str| changed("nesterov-convex-rate", "t[k] >= (k + 2)/2", invariant);
    assert!(proof(&with("1 <= (k + 2)/2 <= t[k]")).is_some());
    for invariant in ["t[k] >= (k + 3)/2", "t[k] <= 1"] {
        assert!(!is_proved(&with(invariant)), "{invariant}");
    }
}

#[test]
fn the_least_of_numbers_over_a_run_is_bounded_by_what_each_step_lowers() {
    for id in ["gd-nonconvex-min", "gd-decrease-min"] {
        let statement = shipped(id);
        let proof = proof(&statement).unwrap_or_else(|| panic!("{id} is open"));
        assert_eq!(verify(&statement, &proof), Ok(proof.cases.len()), "{id}");
    }
    for (from, to) in [("2/L", "201/100/L"), ("K*gamma", "101/100*K*gamma"), ("4*(f[0]", "399/100*(f[0]")] {
        assert_eq!(proof(&changed("gd-nonconvex-min", from, to)), None, "{to}");
    }
    for to in ["0..K", "1..K+1", "0..K+2"] {
        let statement = changed("gd-decrease-min", "0..K+1", to);
        assert!(!is_proved(&statement), "{to}");
    }
}

#[test]
fn cases_that_a_hint_distinguishes_are_proved_apart() {
    let text = library::text("smooth-descent").expect("a shipped statement");
    let plain = proof(&shipped("smooth-descent")).expect("it is proved").cases.len();
    let hinted = format!("{text}\n[prove]\ncases = [\"gamma*L <= 1/2\"]\n");
    let statement = load_text("hinted.toml", &hinted).unwrap_or_else(|err| panic!("{err}"));
    let both = proof(&statement).expect("it is proved");
    assert_eq!(both.cases.len(), 2 * plain);
    assert_eq!(verify(&statement, &both), Ok(2 * plain));
    let fewer = Proof { cases: both.cases[..plain].to_vec(), ..both };
    assert!(verify(&statement, &fewer).is_err(), "one of the cases alone");
}

#[test]
fn a_proof_about_another_text_of_the_method_is_rejected() {
    let statement = shipped("momentum-deviation");
    let valid = proof(&statement).expect("it is proved");
    let other = Proof { method_hash: "0".repeat(64), ..valid };
    let why = verify(&statement, &other).expect_err("it is about another method");
    assert!(why.to_string().contains("the method `momentum` has changed"), "{why}");
}

/// A statement about momentum with this claim.
fn claimed(lhs: &str, rhs: &str) -> Statement {
    let kind = if lhs.contains("E[") { "expectation" } else { "pathwise" };
    let text = format!(
        r#"
id = "claimed"
title = "A claim"
kind = "{kind}"
source = "tests"
proof = "none"
[parameters]
beta  = {{ in = "[1, 1]", doc = "no momentum", try = ["1"] }}
gamma = {{ in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L"] }}
[claim]
for_all = "k in 1..K"
lhs = "{lhs}"
rhs = "{rhs}"
"#
    );
    load_text("claimed.toml", &text).expect("without a mistake")
}

#[test]
fn a_bound_in_mean_says_nothing_of_the_errors_of_earlier_steps() {
    let statement = claimed("norm2(e[k-1]) + 0*E[f[k+1] | past]", "B*norm2(grad[k-1]) + C");
    assert_eq!(proof(&statement), None);
    let statement = claimed("E[norm2(e[k-1]) | past]", "B*norm2(grad[k-1]) + C");
    assert_eq!(proof(&statement), None, "it is known by then");
    let statement = claimed("E[norm2(e[k]) | past] + 0*E[f[k+1] | past]", "B*norm2(grad[k]) + C");
    assert!(proof(&statement).is_some(), "of what the step draws it does");
}

#[test]
fn a_claim_about_vectors_that_nothing_else_speaks_of_is_not_lost() {
    let moved = "norm2(x[k+1] - x[k])";
    assert_eq!(attempt(&claimed(moved, "0*f[k]"), Effort::default(), &mut |_, _| {}), Ok(None));
    assert!(proof(&claimed(moved, "gamma^2*norm2(v[k])")).is_some());
    assert_eq!(proof(&claimed(moved, "99/100*gamma^2*norm2(v[k])")), None);
}

#[test]
fn a_proof_of_another_statement_or_of_fewer_cases_is_rejected() {
    let statement = shipped("momentum-deviation");
    let valid = proof(&statement).expect("it is proved");
    assert!(verify(&shipped("smooth-descent"), &valid).is_err());
    let mut fewer = valid.clone();
    fewer.cases.pop();
    assert!(verify(&statement, &fewer).is_err());
    let mut swapped = valid.clone();
    swapped.cases.swap(0, 1);
    assert!(verify(&statement, &swapped).is_err());
    let easier = Proof { hash: "0".repeat(64), ..valid };
    assert!(verify(&statement, &easier).is_err());
}

#[test]
fn a_proof_with_any_number_changed_is_rejected() {
    let statement = shipped("momentum-deviation");
    let valid = proof(&statement).expect("it is proved");
    let text = serde_json::to_string(&valid).expect("a proof is JSON");
    let mut tried = 0;
    let begin = text.find("\"cases\"").expect("it has cases");
    for (place, digit) in text.char_indices().filter(|(place, c)| *place > begin && c.is_ascii_digit()) {
        // Digits of names of vectors and facts make names that are not there.
        for other in ["0", "7", "18446744073709551617"].into_iter().filter(|other| !other.starts_with(digit)) {
            let tampered = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            if let Ok(tampered) = serde_json::from_str::<Proof>(&tampered) {
                assert!(verify(&statement, &tampered).is_err(), "{tampered:?}");
            }
            tried += 1;
        }
    }
    assert!(tried > 10);
}

/// A statement about gradient descent on an L-smooth function with this claim about whole runs, and these hints.
fn of_runs(lhs: &str, rhs: &str, more: &str) -> Statement {
    let text = format!(
        r#"
id = "of-runs"
title = "A claim about whole runs"
kind = "pathwise"
source = "tests"
proof = "none"
method = "gradient-descent"
estimates = [[]]
[parameters]
gamma = {{ in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L"] }}
[hypotheses]
exact = "B == 0 and C == 0"
[claim]
lhs = "{lhs}"
rhs = "{rhs}"
{more}
"#
    );
    load_text("of-runs.toml", &text).expect("without a mistake")
}

/// Whether it is proved; what does not translate is not.
fn is_proved(statement: &Statement) -> bool {
    attempt(statement, Effort { budget: Duration::from_secs(2), ..Effort::default() }, &mut |_, _| {})
        .is_ok_and(|proof| proof.is_some())
}

#[test]
fn a_mean_over_a_run_is_bounded_for_every_k_and_one_percent_less_is_not() {
    let mean = "mean(k in 0..K, norm2(grad[k]))";
    assert!(is_proved(&of_runs(mean, "2*(f[0] - f_star)/(gamma*(2 - gamma*L)*K)", "")));
    assert!(!is_proved(&of_runs(mean, "99/100*2*(f[0] - f_star)/(gamma*(2 - gamma*L)*K)", "")));
    assert!(!is_proved(&of_runs("max(k in 0..K, norm2(grad[k]))", "2*(f[0] - f_star)/(gamma*K)", "")));
}

#[test]
fn a_geometric_rate_whose_base_may_be_negative_or_one_is_no_rate() {
    let potential = "[prove.telescope]\npotential = \"f[k] - f_star\"";
    let rate = |base: &str| of_runs("f[K] - f_star", &format!("({base})^K*(f[0] - f_star)"), potential);
    assert!(is_proved(&rate("1 - gamma*mu*(2 - gamma*L)")));
    assert!(!is_proved(&rate("1 - gamma*mu*(2 - gamma*L)*101/100")));
    assert!(!is_proved(&rate("-1/2")));
    assert!(!is_proved(&rate("1 - 2*gamma*mu*(2 - gamma*L)")));
}

#[test]
fn a_potential_that_does_not_do_what_it_must_shows_nothing() {
    let with = |potential: &str| {
        let hint = format!("[prove.telescope]\npotential = \"{potential}\"");
        is_proved(&of_runs("mean(k in 0..K, norm2(grad[k]))", "2*(f[0] - f_star)/(gamma*K)", &hint))
    };
    assert!(with("2/gamma*(f[k] - f_star)"));
    assert!(!with("2/gamma*(f[k] - f_star) + 1"), "it is too large at the start");
    assert!(!with("2/gamma*(f[k] - f_star) - f[0] + f_star"), "it speaks of another step");
    assert!(!with("1/gamma*(f[k] - f_star)"), "steps lower it by too little");
    assert!(!with("-k"), "it is negative at the end");
}

#[test]
fn a_lemma_or_a_step_that_is_false_shows_nothing() {
    let claim = ("mean(k in 0..K, norm2(grad[k]))", "(f[0] - f_star)/(gamma*K)");
    let hints = [
        "[prove]\nlemmas = [\"gamma*L <= 1/2\"]",
        "[[prove.steps]]\nlhs = \"f[k+1]\"\nrhs = \"f[k] - gamma*norm2(grad[k])\"",
    ];
    for hint in hints {
        assert!(!is_proved(&of_runs(claim.0, claim.1, hint)), "{hint}");
    }
}

#[test]
fn every_stored_proof_is_valid() {
    let files = std::fs::read_dir("theorems/proofs").expect("the folder").map(|file| file.expect("a file").path());
    let mut ids: Vec<String> =
        files.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    ids.sort();
    assert!(ids.iter().any(|id| id == "theorem1-nonconvex") && ids.iter().any(|id| id == "theorem1-pl"));
    for id in ids {
        let proved = standing(&shipped(&id));
        assert!(matches!(proved, Some(Standing::Proved { .. } | Standing::Given { .. })), "{id}: {proved:?}");
    }
}

#[test]
fn what_should_be_violated_has_no_proof() {
    for statement in library::load_all().expect("all load").iter().filter(|s| s.expect == Expectation::Violated) {
        let quick = Effort { budget: Duration::from_secs(1), ..Effort::default() };
        let proof = attempt(statement, quick, &mut |_, _| {});
        assert!(!matches!(proof, Ok(Some(_))), "{}", statement.id);
    }
}

#[test]
fn a_stored_proof_of_a_changed_statement_is_rejected_with_the_reason() {
    let mut changed = changed("smooth-descent", "title", "# changed\ntitle");
    changed.stored_proof = shipped("smooth-descent").stored_proof;
    let Some(Standing::Rejected { why }) = standing(&changed) else { panic!("it must be rejected") };
    assert!(why.contains("has changed since"), "{why}");
}

#[test]
fn a_proof_from_which_anything_is_taken_is_rejected() {
    let statement = shipped("momentum-deviation");
    let valid = serde_json::to_value(proof(&statement).expect("it is proved")).expect("a proof is JSON");
    let mut tried = 0;
    for pointer in lists(&valid, "") {
        let count = valid.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len);
        for position in 0..count {
            let mut less = valid.clone();
            less.pointer_mut(&pointer).and_then(Value::as_array_mut).expect("a list").remove(position);
            tried += 1;
            if let Ok(less) = serde_json::from_value::<Proof>(less) {
                assert!(verify(&statement, &less).is_err(), "{pointer}/{position}");
            }
        }
    }
    assert!(tried > 20);
}

/// Where lists are in a value.
fn lists(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Array(all) => {
            let inside = all.iter().enumerate().flat_map(|(i, value)| lists(value, &format!("{at}/{i}")));
            std::iter::once(at.to_owned()).chain(inside).collect()
        }
        Value::Object(all) => all.iter().flat_map(|(key, value)| lists(value, &format!("{at}/{key}"))).collect(),
        _ => Vec::new(),
    }
}

/// The program in a folder.
fn lemmata(folder: &tempfile::TempDir, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("lemmata"));
    command.current_dir(folder.path()).env("NO_COLOR", "1").args(arguments).assert()
}

#[test]
fn the_program_writes_a_proof_and_verifies_it_and_rejects_what_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    lemmata(&folder, &["prove", "momentum-deviation", "--output", "proofs"]).code(0).stdout(contains("proved for all"));
    lemmata(&folder, &["verify", "proofs/momentum-deviation.json"]).code(0).stdout(contains("the proof is valid"));
    let path = folder.path().join("proofs/momentum-deviation.json");
    let text = std::fs::read_to_string(&path).expect("it was written");
    let cases = [
        (text[..text.len() / 2].to_owned(), "it is no proof"),
        (text.replacen("momentum-deviation", "smooth-descent", 1), "has changed since"),
        (text.replacen("k >= 1", "k >= 2", 1), "stands where"),
    ];
    for (text, message) in cases {
        std::fs::write(&path, text).expect("it is written");
        lemmata(&folder, &["verify", "proofs/momentum-deviation.json"]).code(2).stderr(contains(message));
    }
    lemmata(&folder, &["verify", "nowhere.json"]).code(2).stderr(contains("nowhere.json"));
}

#[test]
fn what_is_false_or_has_no_such_form_is_said_to_be_open() {
    let folder = tempfile::tempdir().expect("a folder");
    lemmata(&folder, &["prove", "gd-convex"]).code(3).stdout(contains("open"));
    lemmata(&folder, &["prove", "descent-lemma-limit"])
        .code(0)
        .stdout(contains("refuted").and(contains("as it is to be")));
    let untranslated = lemmata(&folder, &["prove", "adam-regret-printed"]).code(3);
    untranslated.stdout(contains("not translated: ").and(contains("index")));
}

#[test]
fn a_check_says_that_a_statement_is_proved_and_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let checked = lemmata(&folder, &["check", "momentum-deviation", "--quick"]).code(0);
    checked.stdout(contains("proved").and(contains("certificate")));
    // A statement of one's own, whose proof is of another text.
    let text = library::text("momentum-deviation").expect("it is shipped");
    std::fs::write(folder.path().join("momentum-deviation.toml"), format!("# a copy\n{text}")).expect("written");
    std::fs::create_dir(folder.path().join("proofs")).expect("a folder");
    let stored = shipped("momentum-deviation").stored_proof.expect("it is stored");
    std::fs::write(folder.path().join("proofs/momentum-deviation.json"), stored.text.as_str()).expect("written");
    let checked = lemmata(&folder, &["check", "./momentum-deviation.toml", "--quick"]).code(0);
    let printed = String::from_utf8_lossy(&checked.get_output().stdout).into_owned();
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["holds", "has a proof that shows nothing", "has changed since"] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn false_statements_that_an_earlier_prover_took_for_true_are_not_proved() {
    let files = std::fs::read_dir("tests/unproved").expect("the folder").map(|file| file.expect("a file").path());
    let mut tried = 0;
    for path in files {
        let statement = load_file(&path).unwrap_or_else(|err| panic!("{err}"));
        assert!(!is_proved(&statement), "{}", path.display());
        tried += 1;
    }
    assert!(tried > 30);
}

#[test]
fn a_corollary_is_proved_where_its_theorem_and_lemmas_are_and_given_the_others_else() {
    let standing_of = |id: &str| standing(&shipped(id)).unwrap_or_else(|| panic!("{id} has a proof"));
    for id in ["compressed-nonconvex", "compressed-pl", "low-precision-average-pl", "clipped-nonconvex", "clipped-pl"] {
        assert!(matches!(standing_of(id), Standing::Proved { .. }), "{id}");
    }
    let given = [
        ("clipped-contraction-nonconvex", "clipped-contraction"),
        ("dp-nonconvex", "dp-error"),
        ("maml-pl", "maml-error-quadratic"),
    ];
    for (id, lemma) in given {
        let standing = standing_of(id);
        assert!(matches!(&standing, Standing::Given { lemmas, .. } if *lemmas == [lemma]), "{id}: {standing:?}");
    }
}

#[test]
fn a_proof_of_a_corollary_that_names_other_lemmas_is_rejected() {
    let statement = shipped("compressed-nonconvex");
    let valid = proof(&statement).expect("it is proved");
    assert_eq!(valid.rests_on, ["theorem1-nonconvex", "compressed-error"]);
    assert!(verify(&statement, &valid).is_ok());
    for rests_on in [vec![], vec!["theorem1-nonconvex"], vec!["theorem1-nonconvex", "averaging"]] {
        let rests_on = rests_on.into_iter().map(str::to_owned).collect();
        let changed = Proof { rests_on, ..valid.clone() };
        assert!(verify(&statement, &changed).is_err());
    }
}

#[test]
fn why_a_statement_is_no_corollary_is_said() {
    let why = |name: &str| {
        let statement = load_file(std::path::Path::new(&format!("tests/unproved/{name}.toml"))).expect("a statement");
        no_corollary(&statement).expect("it is none").to_string()
    };
    let said = [
        ("a-corollary-without-a-lemma", "no statement under `uses` bounds e[k]"),
        ("a-corollary-for-other-sources", "`compressed-error` does not apply: it does not list sources like"),
        ("a-corollary-with-noise", "it does not list sources like"),
    ];
    for (name, words) in said {
        assert!(why(name).contains(words), "{}", why(name));
    }
}
