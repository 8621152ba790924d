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
    refused(MISSPELT, "momentun");
    refused(&QHM.replace("u = memory*u", "u = memory*uu"), "`uu` has no value here");
}
