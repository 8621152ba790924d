use super::*;
use crate::method::language::tree::{Rule, Shape, Start};

const PLAIN: &str = r#"id = "mine"
title = "A method"
source = "nowhere"
[parameters]
gamma = { in = "(0, inf)", doc = "step size" }
[state]
v = { first = -1, start = "zero" }
"h[i]" = { first = 0, start = "worker_grad(i, x)" }
[starts]
first-gradient = { v = "g" }
[step]
lines = ["g = estimate(x)", "v = v/2 + g/2", "h[i] = h[i]/2", "x = x - gamma*(v + mean(i in 0..n, h[i]))"]
"#;

fn load(from: &str, to: &str) -> Loaded<Method> {
    assert!(PLAIN.contains(from), "{from}");
    load_text("mine.toml", &PLAIN.replace(from, to))
}

/// What is said, and the text that is underlined.
fn refused(from: &str, to: &str) -> (String, String) {
    let text = PLAIN.replace(from, to);
    let err = load(from, to).expect_err(to);
    let place = err.span().map(|span| text[span].to_owned()).unwrap_or_default();
    (err.to_string(), place)
}

#[test]
fn what_a_file_says_is_read_with_shapes_and_workers() {
    let method = load("mine", "mine").unwrap();
    let shapes: Vec<(&str, Shape, bool, Option<i64>)> =
        method.quantities.iter().map(|q| (q.name.as_str(), q.shape, q.by_worker, q.first)).collect();
    let expected = [
        ("x", Shape::Vector, false, Some(0)),
        ("v", Shape::Vector, false, Some(-1)),
        ("h", Shape::Vector, true, Some(0)),
        ("g", Shape::Vector, false, None),
    ];
    assert_eq!(shapes, expected);
    let states = vec![State { quantity: 1, rule: Rule::Line(0) }];
    assert_eq!(method.starts, [Start { name: "first-gradient".into(), states }]);
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    for (from, to, message, place) in [
        ("v/2 + g/2", "v/2 + gg/2", "`gg` has no value here", "gg"),
        ("v/2 + g/2", "v/2 + gamma", "in this order", "v/2 + gamma"),
        ("v/2 + g/2", "dot(v, g)", "`v` is a vector, and a number is written to it", ""),
        ("h[i]/2", "h/2", "each worker has its own `h`", "h"),
        ("h[i]/2", "h[j]/2", "no bound worker", "j"),
        ("h[i]/2", "v[i]/2", "`v` is no worker's", "v[i]"),
        ("mean(i in 0..n, h[i])", "mean(i in 1..n, h[i])", "goes over all workers", "mean(i in 1..n, h[i])"),
        ("mean(i in 0..n, h[i])", "max(i in 0..n, h[i])", "sums and means over workers alone", ""),
        ("estimate(x)", "estimate(x) - estimate(v)", "calls one estimate", ""),
        ("estimate(x)", "E[grad(x)]", "no expectations", "E[grad(x)]"),
        ("estimate(x)", "x <= 1", "a condition stands here", "x <= 1"),
        ("estimate(x)", "clip(x)", "`clip` has two arguments", "clip(x)"),
        ("estimate(x)", "frobnicate(x)", "`frobnicate` has no value here", "frobnicate(x)"),
        ("\"g = estimate(x)\"", "\"estimate(x)\"", "a line is `name = expression`", ""),
        ("\"g = estimate(x)\"", "\"f = estimate(x)\"", "`f` has a meaning already", ""),
        ("\"g = estimate(x)\"", "\"gamma = estimate(x)\"", "`gamma` has a meaning already", ""),
        ("start = \"zero\"", "start = \"y\"", "`y` has no value here", "y"),
        ("v = \"g\"", "w = \"g\"", "there is no state `w`", "w"),
        ("v = \"g\"", "v = \"1\"", "does not start like this", "\"1\""),
        ("first = -1", "first = 7", "first index", "v"),
        ("[state]", "[operators]\nQ = { is = \"magic\" }\n[state]", "no such kind of operator", "\"magic\""),
        ("[state]", "[constants]\na = \"k\"\n[state]", "`k` has no value here", "k"),
    ] {
        let (said, shown) = refused(from, to);
        assert!(said.contains(message), "{to}: {said}");
        assert!(place.is_empty() || shown == place, "{to}: {shown} is underlined");
    }
}

#[test]
fn a_state_that_begins_with_a_line_is_not_read_before_it() {
    let (said, _) = refused("\"g = estimate(x)\"", "\"y = v\", \"g = estimate(x)\"");
    assert!(said.contains("has no value until `g` is set in step 0"), "{said}");
}

#[test]
fn a_missing_table_is_told_with_the_way_out() {
    let err = load_text("mine.toml", "id = \"a\"\ntitle = \"t\"\nsource = \"s\"\n").unwrap_err();
    assert!(err.to_string().contains("missing field `step`"), "{err}");
}
