//! Methods that are not shipped, as a stranger types them in: checked, refuted where they are wrong, audited.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// Quasi-hyperbolic momentum (Ma, Yarats 2019).
const QHM: &str = r#"id     = "qhm-step"
title  = "One step of quasi-hyperbolic momentum"
kind   = "pathwise"
source = "Ma, Yarats 2019 (the method); the descent lemma"
proof  = "none"

[parameters]
memory = { in = "[0, 1)", doc = "memory of the buffer", try = ["1/2", "9/10", "0"] }
mix    = { in = "[0, 1]", doc = "weight of the buffer", try = ["7/10", "1", "0"] }
gamma  = { in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L", "1/(2*L)"] }

[method.parameters]
memory = { in = "[0, 1)", doc = "memory of the buffer" }
mix    = { in = "[0, 1]", doc = "weight of the buffer" }
gamma  = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.state]
u = { first = -1, start = "zero" }

[method.step]
lines = [
  "g = estimate(x)",
  "u = memory*u + (1 - memory)*g",
  "w = (1 - mix)*g + mix*u",
  "x = x - gamma*w",
]

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k] - gamma/2*norm2(grad[k]) + gamma/2*norm2(w[k] - grad[k]) - gamma/2*(1 - L*gamma)*norm2(w[k])"
"#;

/// The extragradient step (Korpelevich 1976) on a smooth function.
const EXTRAGRADIENT: &str = r#"id     = "extragradient-step"
title  = "One extragradient step"
kind   = "pathwise"
source = "Korpelevich 1976 (the method); the descent lemma at two points"
proof  = "none"
estimates = [[]]

[parameters]
gamma = { in = "(0, 1/(2*L)]", doc = "step size", unit = "x^2/f", try = ["1/(2*L)", "1/(5*L)"] }

[method.parameters]
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.step]
lines = [
  "y = x - gamma*grad(x)",
  "g = estimate(y)",
  "x = x - gamma*g",
]

[hypotheses]
exact = "B == 0 and C == 0"

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k] - gamma/2*(1 - L^2*gamma^2)*norm2(grad[k])"
"#;

/// The heavy ball that forgets its momentum every fourth step.
const RESTART: &str = r#"id     = "restarted-heavy-ball"
title  = "A restarted heavy ball moves by its own rule"
kind   = "identity"
source = "folklore"
proof  = "none"
horizons = [1, 6, 11]

[parameters]
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f", try = ["1/L", "1/(3*L)"] }
beta  = { in = "[0, 1)", doc = "weight of the last step", try = ["1/2", "9/10"] }

[method.parameters]
gamma  = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }
beta   = { in = "[0, 1)", doc = "weight of the last step" }

[method.state]
w = { first = -1, start = "x" }

[method.step]
lines = [
  "g = estimate(x)",
  "p = if(mod(k, 4) == 0, x - gamma*g, x - gamma*g + beta*(x - w))",
  "w = x",
  "x = p",
]

[claim]
for_all = "k in 0..K"
lhs = "norm2(x[k+1] - x[k] + gamma*(grad[k] + e[k]) - if(k == 0, 0, if(k == 4, 0, if(k == 8, 0, beta)))*(x[k] - w[k-1]))"
rhs = "0"
"#;

/// On quadratics whose workers have one Hessian the correction of STORM (Cutkosky, Orabona 2019) loses nothing.
const STORM: &str = r#"id     = "storm-correction"
title  = "The memory of STORM on equal Hessians"
kind   = "identity"
method = "storm"
source = "Cutkosky, Orabona 2019 (the method)"
proof  = "none"
problems = [
  { family = "heterogeneous-quadratic", dimension = 3, workers = 2, condition = 4.0, spread = 1.0, seed = 2 },
  { family = "heterogeneous-quadratic", dimension = 2, workers = 4, condition = 10.0, spread = 2.0, seed = 3 },
]
estimates = [
  [{ source = "sampled-workers", size = 1 }],
  [{ source = "sampled-workers", size = 2, replacement = true }],
  [{ source = "rademacher", size = 0.5 }],
]

[parameters]
a     = { in = "(0, 1]", doc = "weight of the new gradient", try = ["1/4", "1/2"] }
gamma = { in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L", "1/(4*L)"] }

[claim]
for_all = "k in 1..K"
lhs = "norm2(v[k] - grad[k] - (1 - a)*(v[k-1] - grad[k-1]) - a*(g[k] - grad[k]))"
rhs = "0"
"#;

/// Local noise in EF21 (Richtarik, Sokolov, Fatkhullin 2021): a worker's memory moves by what its own estimate says.
const NOISY_EF21: &str = r#"id     = "noisy-ef21"
title  = "The memory of EF21 under noise of the workers"
kind   = "pathwise"
method = "ef21"
source = "Richtarik, Sokolov, Fatkhullin 2021 (the method)"
proof  = "none"
problems = [
  { family = "heterogeneous-quadratic", dimension = 3, workers = 2, condition = 4.0, spread = 1.0, seed = 2 },
  { family = "logistic", dimension = 4, workers = 2, share = 6, regulariser = 0.125, seed = 5 },
]
estimates = [[{ source = "rademacher", size = 0.5 }], [{ source = "gaussian", size = 0.25 }], []]

[given]
alpha = "contraction of Q"

[parameters]
gamma = { in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L", "1/(4*L)"] }

[operators.Q]
try = [{ name = "top-k", share = 0.5 }, { name = "rounding", bits = 2 }]

[claim]
for_all = "k in 0..K"
lhs = "mean(i in 0..n, norm2(h[i, k+1] - g[i, k]))"
rhs = "(1 - alpha)*mean(i in 0..n, norm2(h[i, k] - g[i, k]))"
"#;

/// The rate of SAGA (Defazio, Bach, Lacoste-Julien 2014): one worker is drawn, whose memory alone is renewed.
const SAGA: &str = r#"id     = "saga-rate"
title  = "SAGA on strongly convex sums"
kind   = "expectation"
source = "Defazio, Bach, Lacoste-Julien 2014, Corollary 1, where gamma is 1/(3*L_max)"
proof  = "none"
horizons  = [1, 4, 10]
estimates = [[]]
problems  = [
  { family = "heterogeneous-quadratic", dimension = 3, workers = 2, condition = 4.0, spread = 1.0, seed = 2 },
  { family = "heterogeneous-quadratic", dimension = 2, workers = 4, condition = 10.0, spread = 2.0, seed = 3 },
]

[parameters]
gamma = { in = "(0, 1/(3*L_max)]", doc = "step size", unit = "x^2/f", try = ["1/(3*L_max)"] }

[constants]
rate = "1 - min(1/(4*n), gamma*mu_sc)"

[hypotheses]
convex = "workers_convex == 1"
strong = "mu_sc > 0"

[method.parameters]
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.state]
"h[i]" = { first = 0, start = "worker_grad(i, x)" }

[method.step]
lines = [
  "c[i] = sample_workers(1)",
  "u[i] = worker_grad(i, x)",
  "g = sum(i in 0..n, c[i]*(u[i] - h[i])) + mean(i in 0..n, h[i])",
  "h[i] = h[i] + c[i]*(u[i] - h[i])",
  "x = x - gamma*g",
]

[claim]
lhs = "E[f[K] - f_star]"
rhs = "L/2*rate^K*(2/mu_sc + 2*n/(3*L_max))*(f[0] - f_star)"
"#;

/// One step of SAGA given the past: the variance of its estimate.
const SAGA_STEP: &str = r#"id     = "saga-variance"
title  = "Variance of the estimate of SAGA"
kind   = "identity"
source = "Defazio, Bach, Lacoste-Julien 2014"
proof  = "none"
horizons  = [4]
estimates = [[], [{ source = "rademacher", size = 0.5 }]]
problems  = [
  { family = "heterogeneous-quadratic", dimension = 3, workers = 2, condition = 4.0, spread = 1.0, seed = 2 },
  { family = "heterogeneous-quadratic", dimension = 2, workers = 3, condition = 10.0, spread = 2.0, seed = 5 },
]

[parameters]
gamma = { in = "(0, 1/(3*L_max)]", doc = "step size", unit = "x^2/f", try = ["1/(3*L_max)"] }

[method.parameters]
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.state]
"h[i]" = { first = 0, start = "zero" }

[method.step]
lines = [
  "c[i] = sample_workers(1)",
  "u[i] = worker_grad(i, x)",
  "m = mean(i in 0..n, h[i])",
  "g = sum(i in 0..n, c[i]*(u[i] - h[i])) + m",
  "h[i] = h[i] + c[i]*(u[i] - h[i])",
  "p = estimate(x)",
  "x = x - gamma*(g + (p - grad(x)))",
]

[[claim]]
for_all = "k in 0..K"
lhs = "E[norm2(g[k] - grad[k]) | past]"
rhs = "mean(i in 0..n, norm2(worker_grad[i, k] - h[i, k])) - norm2(mean(i in 0..n, worker_grad[i, k] - h[i, k]))"

[[claim]]
for_all = "k in 0..K"
lhs = "E[dot(x[k+1] - x[k], grad[k]) | past]"
rhs = "-gamma*norm2(grad[k])"
"#;

/// The second moment of the mean gradient of a batch of workers, which the method draws.
const BATCH: &str = r#"id     = "batch-second-moment"
title  = "The mean gradient of a batch of workers"
kind   = "identity"
source = "folklore (finite populations)"
proof  = "none"
horizons  = [1, 3]
estimates = [[]]
problems  = [
  { family = "heterogeneous-quadratic", dimension = 3, workers = 3, condition = 4.0, spread = 1.0, seed = 2 },
  { family = "heterogeneous-quadratic", dimension = 2, workers = 4, condition = 10.0, spread = 2.0, seed = 3 },
]

[parameters]
batch = { in = "[1, n]", doc = "how many workers a step draws", try = ["1", "2", "3"] }
gamma = { in = "(0, 1/L]", doc = "step size", unit = "x^2/f", try = ["1/L"] }

[hypotheses]
several = "n > 1"

[method.parameters]
batch = { in = "[1, n]", integer = true, doc = "how many workers a step draws" }
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.step]
lines = [
  "c[i] = sample_workers(batch)",
  "g = sum(i in 0..n, c[i]*worker_grad(i, x))/batch",
  "x = x - gamma*g",
]

[claim]
for_all = "k in 0..K"
lhs = "E[norm2(g[k]) | past]"
rhs = "norm2(grad[k]) + (n - batch)/(batch*(n - 1))*mean(i in 0..n, norm2(worker_grad[i, k] - grad[k]))"
"#;

/// An operator that draws: compressed gradient steps, each coordinate kept as often as it is not.
const DRAWN_COORDINATES: &str = r#"id     = "drawn-coordinates"
title  = "One step along half of the coordinates"
kind   = "expectation"
source = "folklore: E of Q(g) is g/2, and so is that of its square"
proof  = "none"
horizons  = [1, 2]
estimates = [[]]
problems  = [
  { family = "diagonal-quadratic", spectrum = [1, 4] },
  { family = "diagonal-quadratic", spectrum = [1, 2, 3, 4] },
]

[parameters]
gamma = { in = "(0, 2/L)", doc = "step size", unit = "x^2/f", try = ["1/L", "1/(2*L)"] }

[operators.Q]
try = [{ name = "rand-k", share = 0.5 }]

[method.parameters]
gamma = { in = "(0, inf)", doc = "step size", unit = "x^2/f" }

[method.operators]
Q = { is = "contractive-in-mean" }

[method.step]
lines = ["g = estimate(x)", "u = Q(g)", "x = x - gamma*u"]

[claim]
lhs = "E[f[1]]"
rhs = "f[0] - gamma/2*norm2(grad[0]) + L*gamma^2/4*norm2(grad[0])"
"#;

/// A method that nobody knows.
const MISSPELT: &str = r#"id     = "misspelt"
title  = "A statement of an unknown method"
kind   = "pathwise"
source = "none"
proof  = "none"
method = "momentun"

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k]"
"#;

fn run(folder: &Path, verb: &[&str], text: &str) -> (i32, String) {
    std::fs::write(folder.join("mine.toml"), text).unwrap();
    let output = Command::cargo_bin("lemmata")
        .unwrap()
        .current_dir(folder)
        .arg(verb[0])
        .arg("mine.toml")
        .args(&verb[1..])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn holds_and_is_refuted_where_wrong(text: &str, wrong: &[(&str, &str)]) {
    let folder = TempDir::new().unwrap();
    let (code, printed) = run(folder.path(), &["check", "--quick"], text);
    assert_eq!(code, 0, "{printed}");
    for (from, to) in wrong {
        assert!(text.contains(from), "{from}");
        let (code, printed) = run(folder.path(), &["check", "--quick"], &text.replace(from, to));
        assert_eq!(code, 1, "{from} replaced by {to}: {printed}");
    }
}

#[test]
fn quasi_hyperbolic_momentum_is_checked_and_refuted_where_it_is_wrong() {
    holds_and_is_refuted_where_wrong(
        QHM,
        &[
            ("+ gamma/2*norm2(w[k] - grad[k])", "+ 0.9*gamma/2*norm2(w[k] - grad[k])"),
            // Another method: the buffer's sign.
            ("x = x - gamma*w", "x = x + gamma*w"),
        ],
    );
}

#[test]
fn the_extragradient_step_is_checked_and_refuted_where_it_is_wrong() {
    holds_and_is_refuted_where_wrong(
        EXTRAGRADIENT,
        &[("gamma/2*(1", "gamma*1.5*(1"), ("g = estimate(y)", "g = -estimate(y)")],
    );
}

#[test]
fn a_restarted_heavy_ball_is_checked_and_refuted_where_it_is_wrong() {
    holds_and_is_refuted_where_wrong(RESTART, &[("mod(k, 4)", "mod(k, 3)"), ("beta*(x - w))", "1.01*beta*(x - w))")]);
}

#[test]
fn a_repeated_draw_is_the_same_draw_and_another_one_is_not() {
    holds_and_is_refuted_where_wrong(STORM, &[("a*(g[k] - grad[k])", "0.99*a*(g[k] - grad[k])")]);
    // The same step with a draw of its own at the point before.
    let own = std::fs::read_to_string("methods/storm.toml").unwrap();
    let step = own[own.find("[step]").unwrap()..].replace("[step]", "[method.step]");
    let states = "[method.state]\nw = { first = -1, start = \"x\" }\nv = { first = -1, start = \"g\" }\n";
    let range = "[method.parameters]\na = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n";
    let table = format!("{range}{states}{step}");
    let text = STORM.replace("method = \"storm\"\n", "") + &table;
    holds_and_is_refuted_where_wrong(&text, &[("same_draw(g, w)", "estimate(w)")]);
}

#[test]
fn noise_of_workers_is_checked_and_refuted_where_it_is_wrong() {
    holds_and_is_refuted_where_wrong(
        NOISY_EF21,
        &[
            ("(1 - alpha)*mean", "(1 - alpha)/2*mean"),
            ("norm2(h[i, k+1] - g[i, k]))", "norm2(h[i, k+1] - worker_grad[i, k+1]))"),
        ],
    );
}

#[test]
fn a_method_that_draws_workers_is_checked_and_refuted_where_it_is_wrong() {
    holds_and_is_refuted_where_wrong(SAGA, &[("\"L/2*rate^K", "\"L/100*rate^K")]);
    holds_and_is_refuted_where_wrong(
        SAGA_STEP,
        &[
            (
                "\"mean(i in 0..n, norm2(worker_grad[i, k] - h[i, k])) -",
                "\"1.01*mean(i in 0..n, norm2(worker_grad[i, k] - h[i, k])) -",
            ),
            ("-gamma*norm2(grad[k])", "-0.99*gamma*norm2(grad[k])"),
            ("sample_workers(1)", "sample_workers(2)"),
        ],
    );
    holds_and_is_refuted_where_wrong(
        BATCH,
        &[("(batch*(n - 1))", "(batch*n)"), ("c[i]*worker_grad(i, x))/batch", "c[i]*worker_grad(i, x))/n")],
    );
}

#[test]
fn an_operator_that_draws_is_averaged_over_its_draws() {
    holds_and_is_refuted_where_wrong(
        DRAWN_COORDINATES,
        &[("gamma/2*norm2(grad[0]) + L", "0.6*gamma*norm2(grad[0]) + L"), ("u = Q(g)", "u = Q(-g)")],
    );
}

#[test]
fn draws_that_have_no_single_error_are_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |from: &str, to: &str, what: &str| {
        assert!(BATCH.contains(from), "{from}");
        let (code, printed) = run(folder.path(), &["check", "--quick"], &BATCH.replace(from, to));
        assert_eq!(code, 2, "{printed}");
        assert!(printed.contains(what), "{printed}");
    };
    let draw = "\"c[i] = sample_workers(batch)\",";
    refused(draw, "\"c[i] = estimate(x)\",", "once in every step");
    refused(
        draw,
        "\"c[i] = sample_workers(batch)\", \"y = if(mod(k, 2) == 0, estimate(x), zero)\",",
        "once in every step",
    );
    refused(draw, "\"c[i] = 1 + sample_workers(batch)\",", "it has nothing else");
    refused(draw, "\"c = sample_workers(batch)\",", "it has nothing else");
}

/// A claim about lines of a method with one parameter, at a step of 1/8 on one problem.
struct Short<'a> {
    kind: &'a str,
    horizon: usize,
    estimate: &'a str,
    problem: &'a str,
    /// Other tables of the method, and of the statement.
    tables: &'a str,
    lines: &'a [&'a str],
    claim: &'a str,
}

const ONE_DIMENSION: &str = "family = \"explicit-quadratic\", matrices = [[[1]], [[2]], [[4]]], vectors = [[1], [-2], [0.5]], numbers = [0, 0, 0]";
const DIAGONAL: &str = "family = \"diagonal-quadratic\", spectrum = [1, 2]";

impl Short<'_> {
    fn text(&self) -> String {
        let Short { kind, horizon, estimate, problem, tables, lines, claim } = self;
        let gamma = "gamma = { in = \"(0, inf)\", doc = \"step size\", unit = \"x^2/f\"";
        format!(
            "id = \"short\"\ntitle = \"short\"\nkind = \"{kind}\"\nsource = \"none\"\nproof = \"none\"\n\
             horizons = [{horizon}]\nestimates = [[{estimate}]]\nproblems = [{{ {problem} }}]\n\
             [parameters]\n{gamma}, try = [\"1/8\"] }}\n[method.parameters]\n{gamma} }}\n{tables}\n\
             [method.step]\nlines = {lines:?}\n[claim]\n{claim}\n"
        )
    }

    fn check(&self) -> (i32, String) {
        let folder = TempDir::new().unwrap();
        run(folder.path(), &["check", "--quick", "--cells"], &self.text())
    }
}

const RADEMACHER: &str = "{ source = \"rademacher\", size = 0.5 }";
const GAUSSIAN: &str = "{ source = \"gaussian\", size = 0.5 }";

#[test]
fn reject_moments_of_steps_that_change_after_the_first_ones() {
    // 1.19 by simulation: from the third step on next to nothing moves. Without the clipping it would be 0.38.
    let clipped = ["g = estimate(x)", "v = if(k < 3, g, clip(1/100, g))", "x = x - gamma*v"];
    let claim = "lhs = \"E[norm2(grad[6])]\"\nrhs = \"0.6\"";
    for estimate in [RADEMACHER, GAUSSIAN] {
        let short =
            Short { kind: "expectation", horizon: 6, estimate, problem: DIAGONAL, tables: "", lines: &clipped, claim };
        assert_eq!(short.check().0, 1, "{:?}", short.check());
    }
    // The same with an operator that draws: 0.648 by hand.
    let operated = ["g = estimate(x)", "v = if(k < 3, g, Q(g))", "x = x - gamma*v"];
    let tables = "[operators.Q]\ntry = [{ name = \"rand-k\", share = 0.5 }]\n[method.operators]\nQ = { is = \"contractive-in-mean\" }";
    let drawn = |claim| Short {
        kind: "expectation",
        horizon: 6,
        estimate: "",
        problem: DIAGONAL,
        tables,
        lines: &operated,
        claim,
    };
    assert_eq!(drawn(claim).check().0, 1, "{:?}", drawn(claim).check());
    let true_claim = "lhs = \"E[norm2(grad[6])]\"\nrhs = \"0.66\"";
    assert_ne!(drawn(true_claim).check().0, 1, "{:?}", drawn(true_claim).check());
    // A vector that is a point in the late steps alone: E||v[7]||^2 is at least 115.7.
    let late = Short {
        kind: "expectation",
        horizon: 8,
        estimate: RADEMACHER,
        problem: "family = \"explicit-quadratic\", matrices = [[[1, 0], [0, 2]]], vectors = [[-10, -20]], numbers = [0]",
        tables: "",
        lines: &["g = estimate(x)", "v = if(k < 5, g, x)", "x = x - gamma*g"],
        claim: "lhs = \"E[norm2(v[7])]\"\nrhs = \"115\"",
    };
    assert_ne!(late.check().0, 0, "{:?}", late.check());
}

#[test]
fn reject_the_size_of_another_estimate_than_the_start_takes() {
    let lines = ["g = estimate(x)", "x = x - gamma*g", "h = estimate(x)", "v = h"];
    let short = |claim| Short {
        kind: "expectation",
        horizon: 2,
        estimate: GAUSSIAN,
        problem: ONE_DIMENSION,
        tables: "[method.state]\nv = { first = -1, start = \"h\" }",
        lines: &lines,
        claim,
    };
    let less_than_itself = short("lhs = \"E[norm2(h[0])]\"\nrhs = \"E[norm2(v[-1])] - 0.3\"");
    assert_ne!(less_than_itself.check().0, 0, "{:?}", less_than_itself.check());
    let holds = short("lhs = \"E[norm2(g[0])]\"\nrhs = \"8 - E[norm2(v[-1])]\"");
    assert_ne!(holds.check().0, 1, "{:?}", holds.check());
}

#[test]
fn reject_the_gradient_of_a_point_that_a_line_has_overwritten() {
    let short = Short {
        kind: "pathwise",
        horizon: 2,
        estimate: "",
        problem: "family = \"explicit-quadratic\", matrices = [[[1, 0], [0, 2]]], vectors = [[-1, -2]], numbers = [0]",
        tables: "",
        lines: &["w = x - gamma*grad(x)", "x = ones", "y = estimate(x)", "x = w"],
        claim: "for_all = \"k in 0..K\"\nlhs = \"norm2(grad[k])\"\nrhs = \"0\"",
    };
    assert_eq!(short.check().0, 1, "{:?}", short.check());
}

#[test]
fn reject_errors_that_points_define_in_the_first_steps_alone() {
    let short = Short {
        kind: "pathwise",
        horizon: 6,
        estimate: "{ source = \"opposed\", relative = 0, absolute = 0.25 }",
        problem: DIAGONAL,
        tables: "",
        lines: &["g = estimate(x)", "v = if(k < 3, g, clip(1/100, g))", "x = x - gamma*v"],
        claim: "for_all = \"k in 0..K\"\nlhs = \"norm(x[k+1] - x[k])\"\nrhs = \"if(k < 3, 100, gamma/101)\"",
    };
    assert_eq!(short.check().0, 1, "{:?}", short.check());
}

const QUADRATIC: &str = "family = \"quadratic\", dimension = 3, condition = 4.0, seed = 3";

#[test]
fn reject_evidence_that_takes_something_else_for_a_point() {
    let short = |estimate, horizon, tables, lines, claim| Short {
        kind: "expectation",
        horizon,
        estimate,
        problem: QUADRATIC,
        tables,
        lines,
        claim,
    };
    let small = "{ source = \"gaussian\", size = 0.01 }";
    let biased = "{ source = \"relative\", factor = -0.5 }, { source = \"gaussian\", size = 0.01 }";
    // Weight decay: x is no point of the method, and its gradient stays at 0.74.
    let decay: &[&str] = &["g = estimate(x)", "x = 0.5*x - gamma*g", "g = zero"];
    let claim = "lhs = \"E[norm2(grad[K])]\"\nrhs = \"0.1\"";
    let away = short(small, 40, "", decay, claim);
    assert_ne!(away.check().0, 0, "{:?}", away.check());
    // The error at 2x, and at 100x, is no error at x: 1.96 and about 8000.
    let doubled: &[&str] = &["g = estimate(2*x)", "x = x - gamma*grad(x)", "g = zero"];
    let twice = short(biased, 2, "", doubled, "lhs = \"E[norm2(b[0])]\"\nrhs = \"1.5\"");
    assert_ne!(twice.check().0, 0, "{:?}", twice.check());
    let far = "[method.state]\nw = { first = -1, start = \"100*x\" }";
    let lines: &[&str] = &["g = estimate(w)", "w = x", "x = x - gamma*clip(1, grad(x))", "g = zero"];
    let hundred = short(biased, 2, far, lines, "lhs = \"E[norm2(e[0])]\"\nrhs = \"100\"");
    assert_ne!(hundred.check().0, 0, "{:?}", hundred.check());
    // A state that begins as a point and is a direction later: x_0 has the squared length 3.66.
    let begins = Short {
        kind: "expectation",
        horizon: 2,
        estimate: GAUSSIAN,
        problem: "family = \"least-squares\", dimension = 3, rank = 3, condition = 4.0, offset = 1.0, workers = 1, seed = 3",
        tables: "[method.state]\nw = { first = -1, start = \"x\" }",
        lines: &["g = estimate(x)", "w = g", "x = x - gamma*g"],
        claim: "lhs = \"E[norm2(w[-1])]\"\nrhs = \"3\"",
    };
    assert_ne!(begins.check().0, 0, "{:?}", begins.check());
}

#[test]
fn a_method_that_reads_the_number_of_steps_is_judged_at_that_number_alone() {
    let short = |claim| Short {
        kind: "pathwise",
        horizon: 4,
        estimate: "",
        problem: "family = \"diagonal-quadratic\", spectrum = [1]",
        tables: "",
        lines: &["x = x - gamma/K*grad(x)"],
        claim,
    };
    let exact = short("lhs = \"f[K] - f_star\"\nrhs = \"(1 - gamma/K)^(2*K)*(f[0] - f_star)\"");
    assert_eq!(exact.check().0, 0, "{:?}", exact.check());
    let wrong = short("lhs = \"f[K] - f_star\"\nrhs = \"(1 - gamma/K)^(2*K+1)*(f[0] - f_star)\"");
    assert_eq!(wrong.check().0, 1, "{:?}", wrong.check());
}

#[test]
fn reject_powers_and_steps_that_no_arithmetic_follows() {
    let short = |estimate, horizon, tables, lines, claim| Short {
        kind: "pathwise",
        horizon,
        estimate,
        problem: DIAGONAL,
        tables,
        lines,
        claim,
    };
    // (1 + 2^-34)^(2^34) is e, and the claim is short of 2e^2.
    let power: &[&str] = &["a = (1 + 1/17179869184)^17179869184", "v = a*ones", "x = x - gamma*grad(x)"];
    let claim = "for_all = \"k in 0..K\"\nlhs = \"norm2(v[k])\"\nrhs = \"4\"";
    let large = short("", 1, "", power, claim);
    assert_ne!(large.check().0, 0, "{:?}", large.check());
    // From the third step on the estimate has no weight, and points do not define it.
    let opposed = "{ source = \"opposed\", relative = 0, absolute = 0.25 }";
    let weights = "[method.schedules]\na = \"if(k < 3, 1, 0)\"";
    let lines: &[&str] = &["g = estimate(x)", "x = x - gamma*a*g"];
    let claim = "for_all = \"k in 0..K\"\nlhs = \"norm2(x[k+1] - x[k])\"\nrhs = \"if(k < 3, 100, -1)\"";
    let still = short(opposed, 6, weights, lines, claim);
    assert_eq!(still.check().0, 1, "{:?}", still.check());
}

#[test]
fn starts_that_read_what_has_no_value_yet_are_refused() {
    let refused = |tables: &str, lines: &[&str], claimed: &str, what: &str| {
        let claim = format!("for_all = \"k in 0..K\"\nlhs = \"{claimed}\"\nrhs = \"0\"");
        let short =
            Short { kind: "pathwise", horizon: 2, estimate: "", problem: DIAGONAL, tables, lines, claim: &claim };
        let (code, printed) = short.check();
        assert!(code == 2 && printed.contains(what), "{printed}");
    };
    let lines = ["g = estimate(x)", "v = g", "u = v", "x = x - gamma*v"];
    let late = "has no value";
    let of_line = "[method.state]\nv = { first = -1, start = \"zero\" }\n[method.starts]\nother = { v = \"2*g\" }";
    refused(of_line, &lines, "norm2(v[k])", late);
    let of_begun = "[method.state]\nv = { first = -1, start = \"g\" }\nu = { first = -1, start = \"v\" }";
    refused(of_begun, &lines, "norm2(u[k])", late);
    let of_schedule = "[method.schedules]\na = \"1\"\n[method.state]\nv = { first = -1, start = \"a*x\" }";
    refused(of_schedule, &lines, "norm2(v[k])", late);
    let of_point = "[method.state]\nx = { first = 0, start = \"zero\" }";
    refused(of_point, &["g = estimate(x)", "x = x - gamma*g"], "norm2(x[k])", "x begins where the run does");
    let other_point = "[method.state]\nv = { first = -1, start = \"zero\" }\n[method.starts]\nother = { x = \"zero\" }";
    refused(other_point, &lines, "norm2(x[k])", "x begins where the run does");
    // An estimate of the start alone is none of a step.
    let drawn = "[method.state]\nv = { first = -1, start = \"estimate(x)\" }";
    refused(drawn, &["v = v/2", "x = x - gamma*v"], "norm2(e[k])", "there is no `e`");
}

#[test]
fn workers_change_together() {
    let short = Short {
        kind: "identity",
        horizon: 3,
        estimate: "",
        problem: ONE_DIMENSION,
        tables: "[method.state]\n\"h[i]\" = { first = 0, start = \"zero\" }",
        lines: &["h[i] = worker_grad(i, x)", "h[i] = h[i] - mean(j in 0..n, h[j])", "x = x - gamma*grad(x)"],
        claim: "for_all = \"k in 0..K\"\nlhs = \"norm2(sum(i in 0..n, h[i, k+1]))\"\nrhs = \"0\"",
    };
    assert_eq!(short.check().0, 0, "{:?}", short.check());
}

#[test]
fn what_a_method_cannot_have_is_refused_with_the_way_out() {
    let refused = |lines: &[&str], claim: &str, what: &str| {
        let claim = format!("for_all = \"k in 0..K\"\nlhs = \"{claim}\"\nrhs = \"0\"");
        let short = Short {
            kind: "pathwise",
            horizon: 2,
            estimate: "",
            problem: ONE_DIMENSION,
            tables: "",
            lines,
            claim: &claim,
        };
        let (code, printed) = short.check();
        let words: Vec<&str> = printed.split_whitespace().filter(|word| *word != "│").collect();
        assert!(code == 2 && words.join(" ").contains(what), "{printed}");
    };
    let twice = ["g = estimate(x)", "h = estimate(x)", "x = x - gamma*h"];
    refused(&twice, "norm2(e[k])", "there is no `e`");
    refused(
        &["g = estimate(x)", "a = mod(norm2(g), 2)", "x = x - gamma*g"],
        "norm2(g[k])",
        "`mod` is of whole numbers",
    );
    refused(&["c[i] = sample_workers(1 + k)", "x = x - gamma*grad(x)"], "norm2(x[k])", "has no value here");
}

#[test]
fn errors_of_the_average_are_none_of_workers() {
    let folder = TempDir::new().unwrap();
    let text = NOISY_EF21.replace(
        "estimates = [[{ source = \"rademacher\", size = 0.5 }], [{ source = \"gaussian\", size = 0.25 }], []]",
        "estimates = [[{ source = \"opposed\", relative = 0.1, absolute = 0 }]]",
    );
    let (code, printed) = run(folder.path(), &["check", "--quick"], &text);
    assert_eq!(code, 3, "{printed}");
    let words: Vec<&str> = printed.split_whitespace().collect();
    assert!(words.join(" ").contains("the error source is one of the average alone"), "{printed}");
}

#[test]
fn a_strangers_method_is_audited() {
    let folder = TempDir::new().unwrap();
    let (code, printed) = run(folder.path(), &["audit", "--quick", "--no-store"], EXTRAGRADIENT);
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("extragradient-step"), "{printed}");
}

#[test]
fn what_a_method_lacks_is_said() {
    let folder = TempDir::new().unwrap();
    let refused = |text: &str, says: &str| {
        let (code, printed) = run(folder.path(), &["check", "--quick"], text);
        assert_eq!(code, 2, "{printed}");
        assert!(printed.replace(['\n', '│'], " ").contains(says), "{says}: {printed}");
    };
    refused(&QHM.replace("norm2(w[k])", "norm2(v[k])"), "unknown name `v`");
    refused(
        &QHM.replace(
            "mix    = { in = \"[0, 1]\", doc = \"weight of the buffer\", try",
            "mixed = { in = \"[0, 1]\", try",
        ),
        "needs a value of `mix`",
    );
    refused(&QHM.replace("g = estimate(x)", "g = same_draw(u, x)"), "no line draws an estimate for this");
    refused(MISSPELT, "momentun");
    refused(&QHM.replace("u = memory*u", "u = memory*uu"), "`uu` has no value here");
}
