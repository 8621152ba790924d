use super::*;
use crate::statement::Symbol;
use crate::statement::testing::{Refusal, loaded, refusal_of};
use crate::statement::variant::{Location, Side};

const PLAIN: &str = r#"id = "plain"
title = "f decreases"
kind = "pathwise"
source = "here"
proof = "none"

[parameters]
gamma = { in = "(0, 1/L]", try = ["1/L"] }
tau = { in = "[0, 1]" }

[constants]
twice = "2*rho"
rho = "gamma*mu"

[define]
"gap[k]" = "f[k] - f_star"

[hypotheses]
small = "rho <= 1"

[claim]
for_all = "k in 0..K"
lhs = "gap[k+1]"
rhs = "gap[k]"
"#;

/// A witness that is complete.
const WITNESS: &str = r#"[[witness]]
doc = "the simplest"
given = { L = "2" }
parameters = { gamma = "1/L", tau = "0" }
let = { x0 = "L" }
problem = { family = "diagonal-quadratic", spectrum = [2] }
oracle = []
start = ["x0"]
horizon = 1
"#;

fn with(from: &str, to: &str) -> String {
    let whole = format!("{PLAIN}{WITNESS}");
    assert_eq!(whole.matches(from).count(), 1, "{from}");
    whole.replace(from, to)
}

fn refused(from: &str, to: &str) -> Refusal {
    refusal_of(&with(from, to))
}

fn assert_refused(cases: &[(&str, &str, &str, &str)]) {
    for (from, to, message, place) in cases {
        let refusal = refused(from, to);
        assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (*message, *place), "{to}");
    }
}

#[test]
fn what_a_file_says_is_in_the_statement() {
    let statement = loaded(&format!("{PLAIN}{WITNESS}"));
    assert_eq!((statement.id.as_str(), statement.method.id.as_str()), ("plain", "momentum"));
    assert_eq!(statement.horizons, [1, 10, 40]);
    let names: Vec<&str> = statement.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["gamma", "tau"]);
    assert!(!statement.parameters[0].lower.closed && statement.parameters[0].upper.closed);
    assert_eq!(statement.claims[0].quantifier.as_ref().unwrap().text, "k in 0..K");
    assert_eq!((statement.witnesses[0].horizon, statement.witnesses[0].locals.len()), (1, 1));
    assert!(statement.general && !statement.tight && statement.stored.is_none());
}

#[test]
fn constants_stand_in_any_order_and_are_evaluated_after_what_they_need() {
    let order = loaded(PLAIN).order;
    let place = |symbol: Symbol| order.iter().position(|own| *own == symbol).unwrap();
    assert_eq!(order.len(), 4);
    assert!(place(Symbol::Parameter(0)) < place(Symbol::Constant(1)), "gamma before rho");
    assert!(place(Symbol::Constant(1)) < place(Symbol::Constant(0)), "rho before twice");
}

#[test]
fn unknown_and_missing_fields_are_refused() {
    for (from, to, message, place) in [
        ("title =", "titel =", "unknown field `titel`", "titel"),
        ("try = [\"1/L\"]", "tried = [\"1/L\"]", "unknown field `tried`", "tried"),
        ("for_all =", "for_any =", "unknown field `for_any`", "for_any"),
        ("doc = \"the simplest\"", "docs = \"the simplest\"", "unknown field `docs`", "docs"),
        ("title = \"f decreases\"\n", "", "missing field `title`", ""),
        ("lhs = \"gap[k+1]\"\n", "", "missing field `lhs`", ""),
        ("kind = \"pathwise\"\n", "", "missing field `kind`", ""),
        ("kind = \"pathwise\"", "kind = \"path-wise\"", "unknown variant `path-wise`", "\"path-wise\""),
    ] {
        let refusal = refused(from, to);
        assert!(refusal.message.starts_with(message), "{refusal:?}");
        if !place.is_empty() {
            assert_eq!(refusal.place, place, "{message}");
        }
        let names_the_needed =
            refusal.help.starts_with("a statement needs id, title, kind, source, proof and a [claim]");
        assert_eq!(names_the_needed, message.starts_with("missing"), "{refusal:?}");
    }
    let without_claim = PLAIN.split("[claim]").next().unwrap();
    assert_eq!(refusal_of(without_claim).message, "missing field `claim` (test.toml)");
}

#[test]
fn a_name_is_declared_once_and_is_none_that_has_a_meaning() {
    assert_refused(&[
        ("rho = \"gamma*mu\"", "tau = \"gamma*mu\"", "`tau` is declared twice", "tau"),
        ("\"gap[k]\" =", "\"rho[k]\" =", "`rho` is declared twice", "\"rho[k]\""),
        ("tau = { in", "L = { in", "`L` is a builtin name", "L"),
        ("tau = { in", "k = { in", "`k` is a builtin name", "k"),
        ("tau = { in", "step = { in", "`step` is a name of the method", "step"),
        ("tau = { in", "2tau = { in", "`2tau` is not a name", "2tau"),
        ("let = { x0", "let = { rho", "`rho` is declared twice", "rho"),
        ("\"gap[k]\" =", "\"gap\" =", "`gap` is not the head of a definition", "\"gap\""),
        ("\"gap[k]\" =", "\"gap[0]\" =", "`gap[0]` is not the head of a definition", "\"gap[0]\""),
        ("\"gap[k]\" =", "\"gap[j, j]\" =", "the indices of `gap[j, j]` have the same name `j`", "\"gap[j, j]\""),
        ("\"plain\"", "\"Plain\"", "the id `Plain` may only have lower-case letters, digits and hyphens", "\"Plain\""),
    ]);
    assert!(refused("rho = \"gamma*mu\"", "twice = \"gamma*mu\"").message.starts_with("duplicate key"));
}

#[test]
fn ranges_have_two_ends_with_a_number_between_them() {
    for (range, message, place) in [
        ("0, 1]", "a range begins with `(` or `[`", "\"0, 1]\""),
        ("[0, 1", "a range ends with `)` or `]`", "\"[0, 1\""),
        ("[min(0, 1)]", "a range has two ends, separated by a comma", "\"[min(0, 1)]\""),
        ("[0, inf]", "an infinite end is open", "\"[0, inf]\""),
        ("(inf, 1]", "the lower end must be finite", "\"(inf, 1]\""),
        ("[2, 1]", "this range is empty", "\"[2, 1]\""),
        ("(1, 1]", "this range is empty", "\"(1, 1]\""),
        ("[0, 1/]", "expected a number, a name or `(`, found the end", ""),
        ("[0, 1/LL]", "unknown name `LL`", "LL"),
        ("[0, f[0]]", "a constant cannot depend on the run", "\"[0, f[0]]\""),
    ] {
        let refusal = refused("tau = { in = \"[0, 1]\"", &format!("tau = {{ in = \"{range}\""));
        assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (message, place), "{range}");
        let is_of_range = !["expected", "unknown", "a constant"].iter().any(|other| message.starts_with(other));
        assert_eq!(refusal.help == "for example in = \"(0, 1]\" or in = \"[0, inf)\"", is_of_range, "{range}");
    }
    for range in ["[1, 1]", "[0, inf)", "(min(0, 1), 2)", " [0, 1] "] {
        loaded(&with("tau = { in = \"[0, 1]\"", &format!("tau = {{ in = \"{range}\"")));
    }
}

#[test]
fn what_depends_on_itself_is_refused() {
    assert_refused(&[
        ("\"gamma*mu\"", "\"twice\"", "these depend on each other in a circle: twice, rho", "\"2*rho\""),
        ("\"[0, 1]\"", "\"[0, tau]\"", "these depend on each other in a circle: tau", "\"[0, tau]\""),
        (
            "try = [\"1/L\"]",
            "try = [\"rho\"]",
            "these depend on each other in a circle: gamma, twice, rho",
            "\"(0, 1/L]\"",
        ),
        ("\"f[k] - f_star\"", "\"gap[k-1]\"", "definitions run in a circle: gap → gap", "gap[k-1]"),
    ]);
}

#[test]
fn constants_and_hypotheses_are_decided_before_the_run() {
    assert_refused(&[
        ("\"gamma*mu\"", "\"f[0]\"", "a constant cannot depend on the run", "\"f[0]\""),
        ("\"gamma*mu\"", "\"step[0]\"", "a constant cannot depend on the run", "\"step[0]\""),
        ("try = [\"1/L\"]", "try = [\"norm2(x[0])\"]", "a constant cannot depend on the run", "\"norm2(x[0])\""),
        ("\"rho <= 1\"", "\"f[0] <= 1\"", "a hypothesis cannot depend on the run", "\"f[0] <= 1\""),
        ("\"rho <= 1\"", "\"rho\"", "a condition is needed here", "rho"),
    ]);
    let no_value = "division by zero, a root or logarithm outside its domain, or an overflow";
    let refusal = refused("\"gamma*mu\"", "\"1/(2 - 2)\"");
    assert_eq!((refusal.message, refusal.place), (format!("`rho` has no value: {no_value}"), "\"1/(2 - 2)\"".into()));
    loaded(&with("\"gamma*mu\"", "\"gamma/(2 - 2)\""));
}

#[test]
fn a_range_follows_from_no_number_of_the_method() {
    let refusal = refused("tau = { in = \"[0, 1]\"", "tau = { in = \"[0, beta]\"");
    assert_eq!(refusal.message, "a parameter's range or candidates cannot depend on a number of the method");
    assert_eq!(refusal.place, "\"[0, beta]\"");
    let behind_a_constant = with("\"[0, 1]\"", "\"[0, weight]\"").replace("twice =", "weight = \"beta/2\"\ntwice =");
    assert_eq!(refusal_of(&behind_a_constant).message, refusal.message);
    loaded(&with("\"2*rho\"", "\"2*beta\""));
}

#[test]
fn mistakes_of_a_definition_are_shown_in_it() {
    assert_refused(&[
        ("\"f[k] - f_star\"", "\"f[k] - f_sta\"", "unknown name `f_sta`", "f_sta"),
        ("\"f[k] - f_star\"", "\"f[k] - f[j]\"", "the index `j` is not bound", "j"),
        ("\"f[k] - f_star\"", "\"f[k] -\"", "expected a number, a name or `(`, found the end", ""),
    ]);
    let unused = with("\"gap[k]\" =", "\"unused[k]\" = \"f[k, 1]\"\n\"gap[k]\" =");
    assert_eq!(refusal_of(&unused).message, "`f` takes 1 index, got 2");
}

#[test]
fn horizons_are_numbers_of_steps_that_are_run() {
    for (horizons, message) in [
        ("[]", "`horizons` is empty"),
        ("[1, 0]", "a horizon of 0 steps is not between 1 and 100000"),
        ("[100001]", "a horizon of 100001 steps is not between 1 and 100000"),
    ] {
        let refusal = refused("proof = \"none\"", &format!("proof = \"none\"\nhorizons = {horizons}"));
        assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (message, horizons));
    }
    assert_eq!(loaded(&with("proof = \"none\"", "proof = \"none\"\nhorizons = [100000]")).horizons, [100_000]);
    let refusal = refused("horizon = 1", "horizon = 0");
    assert_eq!(refusal.message, "a horizon of 0 steps is not between 1 and 100000");
}

#[test]
fn a_witness_gives_the_parameters_of_its_statement_and_no_others() {
    assert_refused(&[
        ("tau = \"0\"", "tau = \"0\", nu0 = \"1\"", "`nu0` is no parameter of this statement", "nu0"),
        ("given = { L", "given = { Lo", "`Lo` is no constant of an instance", "Lo"),
        ("let = { x0 = \"L\"", "let = { x0 = \"f[0]\"", "a constant cannot depend on the run", "\"f[0]\""),
        ("start = [\"x0\"]", "start = [\"x1\"]", "unknown name `x1`", "x1"),
        ("spectrum = [2]", "spectrum = [\"=x2\"]", "in `=x2`: unknown name `x2`", "x2"),
        (
            "spectrum = [2]",
            "spectrum = [nan]",
            "NaN is not a finite number",
            "{ family = \"diagonal-quadratic\", spectrum = [nan] }",
        ),
        (
            "horizon = 1",
            "from = \"nowhere\"\nhorizon = 1",
            "the method `momentum` has no start `nowhere`",
            "\"nowhere\"",
        ),
    ]);
    let refusal = refused("gamma = \"1/L\", tau", "tau");
    assert_eq!(refusal.message, "the witness gives no value of the parameter `gamma`");
    let alone = PLAIN.replace("proof = \"none\"", "proof = \"none\"\ngeneral = false");
    let message = "`general = false` without a [[witness]]: no instance would be checked (test.toml)";
    assert_eq!(refusal_of(&alone).message, message);
    loaded(&format!("{alone}{WITNESS}"));
}

#[test]
fn methods_and_statements_are_taken_over_only_where_they_are_shipped() {
    let refusal = refused("proof = \"none\"", "proof = \"none\"\nmethod = \"momentun\"");
    let expected = ("there is no shipped method `momentun`", "\"momentun\"", "did you mean `momentum`?");
    assert_eq!((refusal.message.as_str(), refusal.place.as_str(), refusal.help.as_str()), expected);
    let refusal = refused("proof = \"none\"", "proof = \"none\"\ninstantiates = \"nothing\"");
    assert_eq!(refusal.message, "there is no shipped statement `nothing` to instantiate");
    let refusal = refused("[define]", "[substitute]\nB = \"0\"\n[define]");
    assert_eq!(refusal.place, "B");
    assert!(refusal.message.starts_with("[substitute] replaces names of the statement that `instantiates` names"));
}

#[test]
fn texts_for_people_have_one_line_and_no_control_characters() {
    let refusal = refused("\"f decreases\"", "\"f\\ndecreases\"");
    let message = "a text of one line is needed, and this has the character U+000A";
    assert_eq!((refusal.message.as_str(), refusal.place.as_str()), (message, "\"f\\ndecreases\""));
    let message = "line 2 has the control character U+001B (test.toml)";
    assert_eq!(refused("f decreases", "f \u{1b}[1mdecreases").message, message);
}

#[test]
fn sums_that_no_arithmetic_forms_are_refused() {
    let message = "a range or a sum has more than 2^20 terms, nested ones multiplied out for K = 40";
    let refusal = refused("rhs = \"gap[k]\"", "rhs = \"sum(i in 0..1000*K, sum(j in 0..1000, gap[k]))\"");
    assert_eq!(refusal.message, message);
    loaded(&with("rhs = \"gap[k]\"", "rhs = \"sum(i in 0..10*K, sum(j in 0..1000, gap[k]))\""));
}

#[test]
fn a_change_is_made_at_its_place_and_changes_the_hash() {
    let base = loaded(PLAIN);
    let change = |place: Location, expression: &str| Change { place, expression: Some(expression.to_owned()) };
    let rhs = Location::Claim { number: 0, side: Side::Right };
    let changed = load_changed(&base, &[change(rhs.clone(), "2*gap[k]")]).unwrap();
    assert_eq!(changed.claims[0].rhs_expr.to_string(), "2*gap[k]");
    assert_eq!(changed.claims[0].lhs, base.claims[0].lhs);
    assert_ne!(changed.hash, base.hash);
    let err = load_changed(&base, &[change(Location::Constant { name: "sigma".into() }, "1")]).unwrap_err();
    assert_eq!(err.to_string(), "there is no sigma to change (test.toml)");
    assert!(load_changed(&base, &[change(rhs, "nonsense")]).is_err());
}
