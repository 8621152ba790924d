//! Proofs for all parameters: what is proved, what must not be, and what a checker must reject.

use lemmata::prove::{Case, Proof, attempt, verify};
use lemmata::statement::{Statement, library, load_text};

fn shipped(id: &str) -> Statement {
    library::load(id).expect("a shipped statement").expect("without a mistake")
}

fn changed(id: &str, from: &str, to: &str) -> Statement {
    let text = library::text(id).expect("a shipped statement");
    assert!(text.contains(from), "{id} does not say `{from}`");
    load_text("changed.toml", &text.replacen(from, to, 1)).expect("without a mistake")
}

fn proof(statement: &Statement) -> Option<Proof> {
    attempt(statement, 1, &mut |_, _| {}).expect("it translates")
}

#[test]
fn the_descent_lemma_is_proved_for_all_parameters_and_its_proof_is_valid() {
    for id in ["smooth-descent", "sgd-descent-variance", "momentum-deviation", "descent-lemma"] {
        let statement = shipped(id);
        let mut open = Vec::new();
        let proof = attempt(&statement, 1, &mut |problem, case| {
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
    assert_eq!(attempt(&claimed(moved, "0*f[k]"), 1, &mut |_, _| {}), Ok(None));
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
