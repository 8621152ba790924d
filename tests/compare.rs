//! `lemmata compare` as a user runs it.

use assert_cmd::Command;
use tempfile::TempDir;

const COMPARISON: &str = r#"id = "mine"
title = "Two of mine"
horizon = 40
level = 0.1
same_steps = [0.5]
grid = [0.25, 1]
problems = [{ family = "quadratic", dimension = 3, condition = 4.0, seed = 1 }]
estimates = [[], [{ source = "rademacher", size = 0.5 }]]
contenders = [{ name = "sgd", parameters = { beta = 1 } }, { name = "slow", parameters = { beta = 0.125 } }]
predictions = ["theorem1-nonconvex"]
"#;

fn run(text: &str) -> (i32, String, TempDir) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    let output = Command::cargo_bin("lemmata")
        .unwrap()
        .current_dir(folder.path())
        .args(["compare", "mine.toml", "--quick"])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap(), folder)
}

#[test]
fn a_comparison_of_ones_own_leaves_a_table_and_a_report() {
    let (code, printed, folder) = run(COMPARISON);
    assert_eq!(code, 0, "{printed}");
    let rows: Vec<&str> = printed.lines().filter(|line| line.contains("slow") && line.contains(" to ")).collect();
    assert!(rows.len() == 2 && rows[1].contains("own best"), "{printed}");
    assert!(printed.find("against sgd") < printed.find("setting"), "the summary stands first: {printed}");
    assert!(printed.lines().count() < 24 && printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    let report = std::fs::read_to_string(folder.path().join("reports/compare-mine.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let rounds = report["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 4);
    for round in rounds {
        assert!(round["entries"][0]["duel"].is_null());
        assert!(round["entries"][1]["duel"]["finding"].is_string());
    }
}

#[test]
fn a_comparison_gives_the_same_numbers_every_time() {
    let rounds = || {
        let (_, _, folder) = run(COMPARISON);
        let report = std::fs::read_to_string(folder.path().join("reports/compare-mine.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&report).unwrap()["rounds"].clone()
    };
    assert_eq!(rounds(), rounds());
}

#[test]
fn what_is_no_comparison_is_bad_input() {
    for (from, to, says) in [
        ("horizon = 40", "horizon = 0", "horizon"),
        ("title = \"Two of mine\"", "titel = \"Two of mine\"", "titel"),
        ("family = \"quadratic\"", "family = \"cubic\"", "cubic"),
        ("theorem1-nonconvex", "theorem-none", "theorem-none"),
        ("parameters = { beta = 0.125 }", "parameters = { beta = 2 }", "beta"),
    ] {
        let (code, printed, _) = run(&COMPARISON.replace(from, to));
        assert_eq!(code, 2, "{to}: {printed}");
        assert!(printed.contains(says), "{to}: {printed}");
    }
}
