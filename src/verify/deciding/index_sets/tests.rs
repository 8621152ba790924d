use serde_json::json;

use crate::statement::Statement;
use crate::verify::deciding::index_sets::*;
use crate::verify::testing;

const PARAMETERS: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";

fn statement(kind: &str, head: &str, for_all: &str, lhs: &str) -> Statement {
    let quantifier = if for_all.is_empty() { String::new() } else { format!("for_all = \"{for_all}\"\n") };
    testing::statement(kind, &format!("{head}[claim]\n{quantifier}lhs = \"{lhs}\"\nrhs = \"0\"\n"))
}

fn places(statement: &Statement, horizon: usize, budget: u64) -> ClaimIndices {
    let mut cell = json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "horizon": horizon,
    });
    if !statement.parameters.is_empty() {
        cell["parameters"] = json!({ "beta": 1.0, "gamma": 0.5 });
    }
    let instance = Instance::build(statement, &testing::cell(cell)).unwrap();
    of(&instance, 0, &instance.environment::<f64>(()), horizon, budget).unwrap()
}

/// (k, K) of each.
fn pairs(places: &ClaimIndices) -> Vec<(i64, usize)> {
    places.compared.iter().map(|place| (place.k, place.horizon)).collect()
}

fn horizons(places: &ClaimIndices) -> Vec<usize> {
    places.compared.iter().map(|place| place.horizon).collect()
}

#[test]
fn an_index_is_compared_once_where_nothing_depends_on_k() {
    let plain = statement("pathwise", PARAMETERS, "k in 0..K", "f[k+1]");
    assert_eq!(pairs(&places(&plain, 3, u64::MAX)), [(0, 3), (1, 3), (2, 3)]);
    let last = statement("pathwise", PARAMETERS, "k in K-1..K", "f[k+1]");
    assert_eq!(pairs(&places(&last, 3, u64::MAX)), [(0, 1), (1, 2), (2, 3)]);
}

#[test]
fn every_k_is_compared_where_a_side_or_a_constant_depends_on_it() {
    let all = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
    let side = statement("pathwise", PARAMETERS, "k in 0..K", "f[k+1]/K");
    assert_eq!(pairs(&places(&side, 3, u64::MAX)), all);
    let constant = statement("pathwise", &format!("{PARAMETERS}[constants]\nw = \"1/K\"\n"), "k in 0..K", "w*f[k+1]");
    assert_eq!(pairs(&places(&constant, 3, u64::MAX)), all);
    let visited = statement("pathwise", PARAMETERS, "k in 0..K", "norm(grad[k]) - G_run");
    assert_eq!(pairs(&places(&visited, 3, u64::MAX)), all);
}

#[test]
fn a_claim_without_an_index_is_compared_for_every_k() {
    let claim = statement("pathwise", PARAMETERS, "", "f[K] - f[0]");
    assert_eq!(horizons(&places(&claim, 5, u64::MAX)), [1, 2, 3, 4, 5]);
}

#[test]
fn the_k_of_an_estimate_is_the_horizon_alone() {
    let claim = statement("oracle", "", "k in 0..K", "norm2(e[k])/K");
    assert_eq!(pairs(&places(&claim, 3, u64::MAX)), [(0, 3), (1, 3), (2, 3)]);
}

#[test]
fn a_random_index_needs_a_k_that_has_it() {
    let random = format!("{PARAMETERS}[random]\nR = \"uniform(2..K)\"\n");
    let claim = |lhs: &str| format!("[[claim]]\nlhs = \"{lhs}\"\nrhs = \"0\"\n");
    let (own, other) = (claim("E[norm2(grad[R])]"), claim("E[norm2(grad[K])]"));
    let first = testing::statement("expectation", &format!("{random}{own}{other}"));
    assert_eq!(horizons(&places(&first, 5, u64::MAX)), [3, 4, 5]);
    let second = testing::statement("expectation", &format!("{random}{other}{own}"));
    assert_eq!(horizons(&places(&second, 5, u64::MAX)), [1, 2, 3, 4, 5]);
}

#[test]
fn the_budget_goes_to_the_ends_first_then_to_powers_of_two() {
    let sum = statement("pathwise", PARAMETERS, "", "sum(j in 0..K, f[j])");
    let everything = places(&sum, 100, u64::MAX);
    assert_eq!(everything.compared.len(), 100);
    assert!(everything.cut.is_none() && everything.open.is_none());
    // One evaluation for each summand and one for the other side: 2 + 101, then 3 + 5 + 9 + 17 + 33 + 65.
    let some = places(&sum, 100, 2 + 101 + 3 + 5 + 9 + 17 + 33 + 65);
    assert_eq!(horizons(&some), [1, 2, 4, 8, 16, 32, 64, 100]);
    let (first, count) = some.cut.expect("the others are cut");
    assert_eq!((first.horizon, count), (3, 92));
    assert!(some.open.is_none(), "what is cut leaves nothing open");
}

#[test]
fn a_last_k_that_is_too_long_is_open_and_not_cut() {
    let sum = statement("pathwise", PARAMETERS, "", "sum(j in 0..K, f[j])");
    let short = places(&sum, 100, 50);
    let (open, count) = short.open.expect("K = 100 does not fit");
    assert_eq!((open.horizon, count), (100, 1));
    assert!(horizons(&short).contains(&1) && !horizons(&short).contains(&100));
    let mut remainder = Remainder::default();
    short.note_left_out(&sum.claims[0], &mut remainder);
    assert_eq!(remainder.open.expect("open").horizon, 100);
    assert!(remainder.cut.is_some() && remainder.skipped.is_none());
}

#[test]
fn a_random_index_that_ends_with_k_makes_every_k_a_comparison_of_its_own() {
    let head = format!("[random]\nR = \"uniform(0..K)\"\n{PARAMETERS}");
    let claim = statement("expectation", &head, "k in 0..1", "E[f[R]]");
    assert_eq!(pairs(&places(&claim, 3, u64::MAX)), [(0, 1), (0, 2), (0, 3)]);
}
