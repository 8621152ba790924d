use crate::statement::testing::{loaded, refusal_of};
use crate::statement::{Form, Statement, Subject};

/// A statement of that kind, with what stands before and in its claims.
fn text(kind: &str, rest: &str) -> String {
    format!("id = \"test\"\ntitle = \"t\"\nkind = \"{kind}\"\nsource = \"s\"\nproof = \"p\"\n{rest}")
}

fn claim(for_all: &str, lhs: &str, rhs: &str) -> String {
    let for_all = if for_all.is_empty() { String::new() } else { format!("for_all = \"{for_all}\"\n") };
    format!("[[claim]]\n{for_all}lhs = \"{lhs}\"\nrhs = \"{rhs}\"\n")
}

fn loaded_as(kind: &str, rest: &str) -> Statement {
    loaded(&text(kind, rest))
}

fn assert_refused(kind: &str, rest: &str, message: &str, place: &str) {
    let refusal = refusal_of(&text(kind, rest));
    assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (message, place), "{rest}");
}

/// Claims without an index: lhs, rhs, what is said, where.
fn assert_whole_run_refused(kind: &str, cases: &[(&str, &str, &str, &str)]) {
    for (lhs, rhs, message, place) in cases {
        assert_refused(kind, &claim("", lhs, rhs), message, place);
    }
}

const EACH: &str = "k in 0..K";

#[test]
fn what_a_claim_is_about_follows_from_its_averages() {
    for (kind, claim, subject, form) in [
        ("pathwise", claim(EACH, "f[k+1]", "f[k]"), Subject::Pathwise, Form::Inequality),
        ("identity", claim(EACH, "f[k+1]", "f[k]"), Subject::Pathwise, Form::Identity),
        ("expectation", claim(EACH, "E[f[k+1] | past]", "f[k]"), Subject::OneStep, Form::Inequality),
        ("expectation", claim("", "E[f[K]]", "f[0]"), Subject::WholeRun, Form::Inequality),
        ("identity", claim("", "E[f[K]]", "E[f[K]]"), Subject::WholeRun, Form::Identity),
        ("oracle", claim(EACH, "norm2(e[k])", "B*norm2(grad[k]) + C"), Subject::Estimate, Form::Inequality),
    ] {
        let statement = loaded_as(kind, &claim);
        assert_eq!((statement.subject, statement.form), (subject, form), "{claim}");
    }
}

#[test]
fn the_index_of_a_claim_is_bound_in_both_sides_alone() {
    let bound = claim("j in 1..K-1", "f[j+1]", "f[j]");
    assert_eq!(loaded_as("pathwise", &bound).claims[0].quantifier.as_ref().unwrap().text, "j in 1..K-1");
    let not_bound = "the index `k` is not bound";
    assert_refused("pathwise", &claim("j in 0..K", "f[j]", "f[k]"), not_bound, "k");
    assert_refused("pathwise", &claim("", "f[K]", "f[k]"), not_bound, "k");
    assert_refused("pathwise", &claim("k in 0..k", "f[k]", "f[k]"), not_bound, "k");
}

#[test]
fn a_quantifier_is_a_name_and_a_range_of_integers() {
    for (for_all, message, place) in [
        ("k in 0..K/2", "an index must be an integer expression", "K/2"),
        ("k in 0..L", "an index must be an integer expression", "L"),
        ("k in 0..q", "the index `q` is not bound", "q"),
        ("k = 0..K", "`=` has no meaning here; equality is written `==`", "="),
        ("k in 0", "expected `..` between the ends of the range, found the end", ""),
        ("k in 0..K and 1", "expected the end, found `and`", "and"),
        ("L in 0..K", "`L` is a builtin name and cannot be an index", "L in 0..K"),
        ("x in 0..K", "`x` is a builtin name and cannot be an index", "x in 0..K"),
    ] {
        assert_refused("pathwise", &claim(for_all, "f[0]", "f[0]"), message, place);
    }
}

#[test]
fn a_kind_has_the_averages_that_it_says() {
    let message = "the claim does not fit the statement's kind";
    assert_refused("pathwise", &claim(EACH, "E[f[k+1] | past]", "f[k]"), message, "\"E[f[k+1] | past]\"");
    assert_refused("pathwise", &claim("", "0", "E[f[K]]"), message, "\"E[f[K]]\"");
    assert_refused("expectation", &claim(EACH, "f[k+1]", "f[k]"), message, "\"f[k+1]\"");
}

#[test]
fn averages_over_a_step_and_over_a_run_do_not_mix() {
    let message = "E[·] and E[· | past] cannot stand in one claim";
    let both = claim(EACH, "E[f[k+1] | past]", "E[f[k]]");
    assert_refused("expectation", &both, message, "\"E[f[k+1] | past]\"");
    let several = claim(EACH, "E[f[k+1] | past]", "f[k]") + &claim("", "E[f[K]]", "f[0]");
    let refusal = refusal_of(&text("expectation", &several));
    let message = "the claims of one statement must all be pathwise, all about one step, or all about the whole run";
    assert_eq!(refusal.message, message);
}

#[test]
fn a_claim_about_one_step_or_a_point_has_its_index() {
    let message = "a claim about one step needs its index";
    assert_refused("expectation", &claim("", "E[f[1] | past]", "f[0]"), message, "\"E[f[1] | past]\"");
    let message = "a claim about points needs its index";
    assert_refused("oracle", &claim("", "norm2(e[0])", "C"), message, "\"norm2(e[0])\"");
}

#[test]
fn a_claim_about_the_estimate_speaks_of_single_points() {
    let of_run = "what a method makes belongs to a run, and this claim is about the estimate at single points";
    for side in ["norm2(v[k])", "norm2(m[k])", "step[k]", "dist2[k]"] {
        assert_refused("oracle", &claim(EACH, "norm2(e[k])", side), of_run, &format!("\"{side}\""));
    }
    let of_draw = "the estimate at a point is averaged over its own draw";
    assert_refused("oracle", &claim(EACH, "E[norm2(e[k])]", "C"), of_draw, "\"E[norm2(e[k])]\"");
    let on_runs = format!("subject = \"run\"\n{}", claim(EACH, "norm2(v[k])", "norm2(v[k])"));
    assert_refused("oracle", &on_runs, "the claim does not fit the statement's kind", "\"norm2(v[k])\"");
}

#[test]
fn a_claim_about_the_whole_run_is_linear_in_what_it_averages() {
    loaded_as("expectation", &claim("", "min(k in 0..K, E[norm2(grad[k])])", "f[0] - f_star"));
    let nonlinear = "the claim is not linear in what it averages";
    let outside = "a random quantity stands outside E[·]";
    assert_whole_run_refused(
        "expectation",
        &[
            ("E[f[K]]^2", "f[0]", nonlinear, "\"E[f[K]]^2\""),
            ("E[sqrt(f[K])]", "f[0]", nonlinear, "\"E[sqrt(f[K])]\""),
            ("max(k in 0..K, E[f[k]])", "f[0]", nonlinear, "\"max(k in 0..K, E[f[k]])\""),
            ("E[f[K]]", "min(k in 0..K, E[f[0]])", nonlinear, "\"min(k in 0..K, E[f[0]])\""),
            ("E[f[K]] - f[K]", "f[0]", outside, "\"E[f[K]] - f[K]\""),
            ("E[f[K]]", "norm2(grad[1])", outside, "\"norm2(grad[1])\""),
            ("min(k in 0..K, f[k])", "E[f[0]]", outside, "\"min(k in 0..K, f[k])\""),
        ],
    );
}

#[test]
fn a_claim_about_the_whole_run_speaks_of_what_is_recorded() {
    let message = "a whole run records f, numbers, and the squared norms of grad, e, b, nu and the method's own vectors, nothing else";
    for lhs in ["E[dot(grad[K], v[K])]", "E[norm2(x[K])]", "E[norm2(grad[K] - v[K])]", "E[dist2[K]]", "E[f(x[K])]"] {
        assert_refused("expectation", &claim("", lhs, "f[0]"), message, &format!("\"{lhs}\""));
    }
    loaded_as("expectation", &claim("", "E[norm2(v[K]) + norm2(e[0])]", "f[0]"));
}

#[test]
fn the_right_hand_side_is_known_at_the_start_unless_both_sides_are_equal() {
    let message = "the right-hand side may only use what is known at the start";
    for rhs in ["E[f[1]]", "E[norm2(grad[K])]", "E[norm2(v[0])]", "E[norm2(m[0])]", "E[norm2(g[0])]", "E[norm2(e[0])]"]
    {
        assert_refused("expectation", &claim("", "E[f[K]]", rhs), message, &format!("\"{rhs}\""));
        loaded_as("identity", &claim("", "E[f[K]]", rhs));
    }
    loaded_as("expectation", &claim("", "E[f[K]]", "f[0] + E[norm2(v[-1]) + norm2(m[-1])] + norm2(grad[0])"));
}

#[test]
fn a_random_index_belongs_to_a_claim_about_the_whole_run_that_uses_it() {
    let drawn = |draw: &str, claim: String| format!("[random]\n{draw}\n{claim}");
    let uniform = "R = \"uniform(0..K)\"";
    let statement = loaded_as("expectation", &drawn(uniform, claim("", "E[norm2(grad[R])]", "f[0]")));
    assert_eq!(statement.random.as_ref().map(|random| random.name.as_str()), Some("R"));
    assert!(statement.claims[0].speaks_of_random_index());
    for (draw, kind, claim, message, place) in [
        (uniform, "expectation", claim("", "E[f[K]]", "f[0]"), "no claim uses this random index", "R"),
        (uniform, "pathwise", claim(EACH, "f[R]", "f[k]"), "a random index belongs to claims about the whole run", "R"),
        (
            "R = \"normal(0..K)\"",
            "expectation",
            claim("", "E[f[R]]", "f[0]"),
            "a random index is uniform over a range",
            "\"normal(0..K)\"",
        ),
        (
            "R = \"uniform(0..L)\"",
            "expectation",
            claim("", "E[f[R]]", "f[0]"),
            "an index must be an integer expression",
            "\"uniform(0..L)\"",
        ),
    ] {
        assert_refused(kind, &drawn(draw, claim), message, place);
    }
    let two = drawn("R = \"uniform(0..K)\"\nS = \"uniform(0..K)\"", claim("", "E[f[R]]", "f[0]"));
    let message = "at most one random index can be declared (test.toml)";
    assert_refused("expectation", &two, message, "");
}
