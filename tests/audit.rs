//! The audit as a referee uses it: what it must find by itself, what it must not say, and that stopping it
//! costs nothing.

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// Runs `lemmata audit` with the report `audit.json` in the folder; returns its exit code and output.
fn audit(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(cargo_bin("lemmata"))
        .arg("audit")
        .args(arguments)
        .arg("--output")
        .arg(folder)
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("an exit code"), text)
}

fn report(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("audit.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

/// The audit of one statement, whose report obeys the schema.
fn audited(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = audit(folder.path(), &[arguments, &["--no-store"]].concat());
    assert_eq!(code, 0, "{text}");
    let report = report(folder.path());
    let schema = serde_json::from_str(&lemmata::report::schema(lemmata::report::Form::Audit)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|err| err.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    report["statements"][0].clone()
}

fn targets(audit: &Value) -> &Vec<Value> {
    audit["targets"].as_array().unwrap()
}

/// What became of the mutants of the parts with this text in this place.
fn statuses(audit: &Value, place: &Value, text: &str, operator: &Value) -> Vec<String> {
    targets(audit)
        .iter()
        .filter(|t| t["target"]["place"] == *place && t["target"]["text"] == text)
        .flat_map(|t| t["mutants"].as_array().unwrap())
        .filter(|m| m["operator"] == *operator)
        .map(|m| m["status"]["is"].as_str().unwrap().to_owned())
        .collect()
}

fn findings(audit: &Value) -> Vec<&Value> {
    targets(audit).iter().flat_map(|t| t["findings"].as_array().unwrap()).collect()
}

#[test]
fn it_finds_that_the_step_size_limit_of_lemma_1_is_exact() {
    let audit = audited(&["descent-lemma", "--quick"]);
    let limit = serde_json::json!({ "in": "constant", "name": "gamma_max" });
    let whole = "2/(L*(1 + sqrt(1 + 4*c/beta)))";
    let scale = |per_cent: i32| serde_json::json!(format!("{per_cent:+} %"));
    assert_eq!(statuses(&audit, &limit, whole, &scale(1)), ["killed"]);
    assert_eq!(statuses(&audit, &limit, whole, &scale(-1)), ["weaker"]);
    let target =
        targets(&audit).iter().find(|t| t["target"]["place"] == limit && t["target"]["text"] == whole).unwrap();
    let room = &target["margins"][0];
    assert!(room["violated"].as_f64().unwrap() < 1.0001, "{room}");
    // Every mutant that was killed names an instance, and each of these stands there once.
    let instances = audit["instances"].as_array().unwrap();
    let named = targets(&audit).iter().flat_map(|t| t["mutants"].as_array().unwrap());
    let named: std::collections::BTreeSet<u64> = named.filter_map(|m| m["status"]["instance"].as_u64()).collect();
    assert_eq!(named.len(), instances.len());
    assert!(named.iter().all(|number| *number < instances.len() as u64));
    assert!(instances.iter().enumerate().all(|(n, own)| !instances[..n].contains(own)));
}

#[test]
#[ignore = "ten seconds of work; scripts/test-long runs it"]
fn it_finds_by_how_much_the_textbook_lemma_limits_the_step_too_tightly() {
    let audit = audited(&["descent-lemma-loose", "--quick"]);
    let transplants = audit["transplants"].as_array().unwrap();
    let from = transplants.iter().find(|t| t["from"] == "descent-lemma" && t["constant"] == "A").unwrap();
    assert_eq!(from["status"]["is"], "slack", "{from}");
    let limits = from["limits"].as_array().unwrap();
    let at_half: Vec<&Value> =
        limits.iter().filter(|l| l["at"]["theta"] == 0.5 && l["at"]["beta"].as_f64().unwrap() <= 0.5).collect();
    assert_eq!(at_half.len(), 3, "{limits:?}");
    for limit in at_half {
        let with = limit["with"].as_f64().unwrap();
        assert!((1.41..=1.51).contains(&with), "{limit}");
    }
    // With its own weight the limit is exact where the search is at its best.
    let own = limits.iter().find(|l| l["at"]["theta"] == 0.5 && l["at"]["beta"] == 0.5).unwrap();
    assert!(own["alone"].as_f64().unwrap() < 1.02, "{own}");
}

#[test]
#[ignore = "half a minute of work; scripts/test-long runs it"]
fn it_finds_the_exact_factor_that_theorem_1_loses_in_its_residual() {
    let audit = audited(&["theorem1-nonconvex", "--quick"]);
    let findings = findings(&audit);
    let finding = findings.iter().find(|f| f["before"] == "C/(1 - theta - B)" && f["after"] == "C/(1 - B)");
    let finding = finding.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(finding["factor"], "(1 - B)/(1 - theta - B)");
    assert!(finding["attained"].is_object(), "{finding}");
}

#[test]
#[ignore = "twenty seconds of work; scripts/test-long runs it"]
fn it_finds_that_the_cross_term_of_clipped_noise_is_not_needed() {
    let audit = audited(&["clipped-error-stochastic-loose", "--quick"]);
    let findings = findings(&audit);
    let finding = findings.iter().find(|f| f["mutant"]["operator"] == "cross term dropped");
    let finding = finding.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(finding["after"], "sqrt(worker_variance)^2 + pos(G - tau)^2");
    assert!(finding["attained"].is_object(), "{finding}");
}

#[test]
fn it_finds_that_the_compression_error_is_attained() {
    let audit = audited(&["compressed-error"]);
    let tightest = &audit["worst"]["tightest"]["outcome"];
    assert_eq!(tightest["verdict"], "holds");
    assert!(tightest["worst"]["ratio"].as_f64().unwrap() > 1.0 - 1e-9, "{tightest}");
    // What only claims less, on points that make up several rows, is no slack.
    let all: Vec<&Value> = targets(&audit).iter().flat_map(|t| t["mutants"].as_array().unwrap()).collect();
    let count = |status: &str| all.iter().filter(|m| m["status"]["is"] == status).count();
    assert!(count("slack") * 3 < count("killed") && count("weaker") > count("slack"), "{} slack", count("slack"));
}

/// A wrong theorem of a stranger, in a folder of its own.
fn stranger(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{name}.toml"));
    std::fs::copy(format!("tests/strangers/{name}.toml"), &file).unwrap();
    let path = file.display().to_string();
    (folder, path)
}

/// Audits it; returns its counterexample.
fn counterexample(name: &str) -> Value {
    let (folder, file) = stranger(name);
    let (code, text) = audit(folder.path(), &[&file, "--quick"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&format!("{name} is violated on")), "{text}");
    let shown = report(folder.path())["statements"][0]["worst"]["counterexample"].clone();
    assert_eq!(shown["outcome"]["verdict"], "violated", "{shown}");
    assert_ne!(shown["outcome"]["evidence"]["kind"], "statistical", "{shown}");
    // It can be followed by hand, and replayed.
    let telling = |value: &Value| ["lhs", "rhs", "rows"].iter().all(|part| value[*part].is_array());
    assert!(telling(&shown["outcome"]["counterexample"]) && text.contains("lhs is the sum of"), "{shown}");
    let report_path = folder.path().join("audit.json");
    let replay =
        Command::new(cargo_bin("lemmata")).arg("replay").arg(report_path).args(["--cell", "0"]).output().unwrap();
    assert_eq!(replay.status.code(), Some(1), "{}", String::from_utf8_lossy(&replay.stdout));
    // Every later check begins with it.
    let check = Command::new(cargo_bin("lemmata"))
        .args(["check", &file, "--quick", "--output"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(1));
    let text = std::fs::read_to_string(folder.path().join("check.json")).unwrap();
    let first = &serde_json::from_str::<Value>(&text).unwrap()["cells"][0];
    assert_eq!((&first["spec"], &first["outcome"]["verdict"]), (&shown["spec"], &Value::from("violated")));
    shown
}

/// The numbers of a counterexample that are no counts, with at most so many significant bits.
fn assert_simple(shown: &Value, bits: i32) {
    fn visit(value: &Value, bits: i32) {
        match value {
            Value::Number(n) if n.is_f64() => {
                let x = n.as_f64().unwrap();
                let unit = if x == 0.0 { 1.0 } else { 2f64.powi(x.abs().log2().floor() as i32 - bits) };
                assert_eq!((x / unit).fract(), 0.0, "{x} has more than {bits} bits after the first");
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, bits)),
            Value::Object(map) => map.values().for_each(|item| visit(item, bits)),
            _ => {}
        }
    }
    visit(&shown["spec"], bits);
}

#[test]
fn a_strangers_rate_of_gradient_descent_for_momentum_is_refuted_in_one_dimension() {
    let shown = counterexample("gradient-descent-rate");
    assert!(shown["spec"]["horizon"].as_u64().unwrap() <= 2, "{shown}");
    assert_eq!(shown["spec"]["oracle"], serde_json::json!([]));
    assert_simple(&shown, 12);
}

#[test]
fn a_strangers_compression_errors_that_average_out_are_refuted_with_two_workers() {
    let shown = counterexample("errors-average-out");
    assert_eq!(shown["spec"]["horizon"], 1, "{shown}");
    assert_simple(&shown, 12);
}

#[test]
fn a_strangers_step_size_of_plain_sgd_is_refuted_in_one_dimension() {
    let shown = counterexample("plain-step-size");
    assert!(shown["spec"]["horizon"].as_u64().unwrap() <= 3, "{shown}");
    assert_simple(&shown, 12);
}

#[test]
fn a_strangers_halved_residual_is_refuted_although_the_suite_alone_does_not_show_it() {
    let (folder, file) = stranger("halved-residual");
    let check = Command::new(cargo_bin("lemmata"))
        .args(["check", &file, "--quick", "--output"])
        .arg(folder.path())
        .output()
        .unwrap();
    let suite = check.status.code();
    let shown = counterexample("halved-residual");
    assert_simple(&shown, 12);
    assert_ne!(suite, Some(1), "the suite shows it already: a harder slip is wanted here");
}

#[test]
fn a_strangers_lost_divisor_of_a_residual_falls_without_a_witness() {
    let shown = counterexample("lost-residual-divisor");
    assert_eq!(shown["spec"]["problem"]["family"], "heterogeneous-quadratic", "{shown}");
    assert_ne!(shown["spec"]["oracle"], serde_json::json!([]));
}

/// A statement of this text in a folder of its own.
fn written(id: &str, rest: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{id}.toml"));
    let head = format!("id = \"{id}\"\ntitle = \"t\"\nsource = \"here\"\nproof = \"none\"\n");
    std::fs::write(&file, head + rest).unwrap();
    let path = file.display().to_string();
    (folder, path)
}

/// The exit code and the text of a quick audit of such a statement, and its report.
fn quick(id: &str, rest: &str) -> (i32, String, Value) {
    let (folder, file) = written(id, rest);
    let (code, text) = audit(folder.path(), &[&file, "--quick", "--no-store"]);
    (code, text, report(folder.path())["statements"][0].clone())
}

fn of_constant(problem: &str, least: &str, constant: &str) -> String {
    format!(
        "kind = \"oracle\"\nestimates = [[]]\nproblems = [{problem}]\n[claim]\nfor_all = \"k in 0..K\"\n\
         lhs = \"{least} + 0*norm2(grad[k])\"\nrhs = \"{constant}\"\n"
    )
}

#[test]
fn the_numbers_of_every_listed_family_are_moved_and_its_constraints_kept() {
    for (problem, least, constant) in [
        ("{ family = \"diagonal-quadratic\", spectrum = [1.0] }", "1/9", "L"),
        ("{ family = \"huber\", curvature = 1.0, width = 1.0, tilts = [0.0] }", "1/2", "G"),
        ("{ family = \"huber\", curvature = 1.0, width = 1.0, tilts = [0.5, -0.5] }", "1/9", "zeta2"),
        (
            "{ family = \"shifted-quadratic\", spectrum = [1.0, 1.0], shifts = [[2.0, 0.0], [-2.0, 0.0]] }",
            "1/2",
            "zeta2",
        ),
        ("{ family = \"maml-cosine\", step = 0.25 }", "21/20", "L"),
    ] {
        let (code, text, audit) = quick("least", &of_constant(problem, least, constant));
        assert_eq!(code, 1, "{problem}: {text}");
        let family = &audit["worst"]["counterexample"]["spec"]["problem"]["family"];
        assert!(problem.contains(family.as_str().unwrap()), "{family} is not listed in {problem}");
    }
}

/// True of convex functions alone, and only such are listed.
#[test]
fn a_statement_is_not_refuted_outside_of_what_it_lists() {
    let (code, text, _) = quick(
        "cocoercive",
        r#"kind = "pathwise"
problems = [
  { family = "diagonal-quadratic", spectrum = [0.0, 0.5, 2.0] },
  { family = "huber", curvature = 1.0, width = 1.0, tilts = [0.25, -0.25] },
  { family = "piecewise-quadratic", anchor = 0, value = 0, slope = 0, breaks = [1.0], curvatures = [1, 2] },
]
[claim]
for_all = "k in 0..K"
lhs = "norm2(grad[k+1] - grad[k])/L"
rhs = "dot(grad[k+1] - grad[k], x[k+1] - x[k])"
"#,
    );
    assert!(code == 0 || code == 3, "{text}");
    assert!(!text.contains("is violated on"), "{text}");
}

#[test]
fn an_audit_that_looked_at_nothing_says_why_and_ends_with_3() {
    let never = "kind = \"pathwise\"\n[hypotheses]\nnever = \"n < 0\"\n\
                 [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n";
    let (code, text, audit) = quick("never", never);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("nothing was looked at") && text.contains("n < 0"), "{text}");
    assert!(audit["worst"]["nothing"].is_string() && audit["worst"]["counterexample"].is_null(), "{audit}");
}

/// The search calls it an equality; the suite's cell does not.
#[test]
fn what_check_finds_the_audit_finds() {
    let (code, text, audit) = quick(
        "growth",
        r#"kind = "expectation"
estimates = [[{ source = "relative-signs", factor = 0.5 }], [{ source = "relative-signs", factor = 1.0 }]]
[parameters]
beta = { in = "[1, 1]", try = ["1"] }
gamma = { in = "(0, 1/L]", try = ["1/L", "1/(4*L)"] }
[hypotheses]
unbiased = "B_b == 0 and C_b == 0 and sigma2 == 0 and M > 0"
[claim]
lhs = "E[f[K] - f_star]"
rhs = "(1 - gamma*mu)^K*(f[0] - f_star)"
"#,
    );
    assert_eq!(code, 1, "{text}");
    assert_eq!(audit["worst"]["counterexample"]["outcome"]["verdict"], "violated");
}

/// The shares of planted errors of two per cent that are noticed: (noticed, all).
fn noticed(audit: &Value) -> (usize, usize) {
    let all = targets(audit).iter().flat_map(|t| t["mutants"].as_array().unwrap());
    let planted = all.filter(|m| m["operator"].as_str().is_some_and(|operator| ["+2 %", "-2 %"].contains(&operator)));
    let statuses: Vec<&str> = planted.map(|m| m["status"]["is"].as_str().unwrap()).collect();
    let count = |status: &str| statuses.iter().filter(|f| **f == status).count();
    (count("killed"), count("killed") + count("slack") + count("undecided"))
}

#[test]
#[ignore = "half a minute of work; scripts/test-long runs it"]
fn a_strangers_copy_of_lemma_1_without_its_witnesses_is_audited_as_well_as_the_shipped_one() {
    let shipped = std::fs::read_to_string("theorems/momentum/descent-lemma.toml").unwrap();
    let copy = shipped[..shipped.find("# The state at which").unwrap()].replace("\"descent-lemma\"", "\"dl-copy\"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dl-copy.toml");
    std::fs::write(&file, copy).unwrap();
    let path = file.display().to_string();
    let (code, text) = audit(folder.path(), &[&path, "descent-lemma", "--quick", "--no-store"]);
    assert_eq!(code, 0, "{text}");
    let report = report(folder.path());
    let share = |i: usize| {
        let (noticed, all) = noticed(&report["statements"][i]);
        100.0 * noticed as f64 / all as f64
    };
    assert!(share(0) >= share(1) - 5.0 && share(0) >= 90.0, "{} and {}", share(0), share(1));
    for name in ["A", "D"] {
        let place = serde_json::json!({ "in": "constant", "name": name });
        let margins = targets(&report["statements"][0]).iter().filter(|t| t["target"]["place"] == place);
        let violated: Vec<f64> = margins
            .flat_map(|t| t["margins"].as_array().unwrap())
            .filter_map(|room| room["violated"].as_f64().filter(|factor| *factor < 1.0))
            .collect();
        assert!(violated.iter().any(|factor| *factor >= 0.95), "{name} is bounded by {violated:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_stored_witness_and_not_the_verdict() {
    let (folder, file) =
        written("least", &of_constant("{ family = \"diagonal-quadratic\", spectrum = [1.0] }", "1/9", "L"));
    std::fs::write(folder.path().join("witnesses"), "in the way").unwrap();
    let output = tempfile::tempdir().unwrap();
    let (code, text) = audit(output.path(), &[&file, "--quick"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("warning: cannot write the stored witnesses"), "{text}");
    assert_eq!(report(output.path())["statements"][0]["worst"]["counterexample"]["outcome"]["verdict"], "violated");
}

#[test]
fn a_stored_witness_is_labelled_anew_when_the_statement_changes() {
    let problem = "{ family = \"diagonal-quadratic\", spectrum = [1.0] }";
    let (folder, file) = written("least", &of_constant(problem, "1/9", "L"));
    assert_eq!(audit(folder.path(), &[&file, "--quick"]).0, 1);
    let labels = || {
        let text = std::fs::read_to_string(folder.path().join("witnesses/least.json")).unwrap();
        let cells = serde_json::from_str::<Value>(&text).unwrap()["cells"].clone();
        cells.as_array().unwrap().iter().map(|c| c["doc"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(labels(), ["a counterexample that the audit found"]);
    let mended = std::fs::read_to_string(&file).unwrap().replace("1/9 +", "0 +");
    std::fs::write(&file, mended).unwrap();
    let (code, text) = audit(folder.path(), &[&file, "--quick"]);
    assert_ne!(code, 1, "{text}");
    assert!(labels().iter().all(|label| !label.contains("counterexample")), "{:?}", labels());
}

#[test]
#[ignore = "half a minute of work; scripts/test-long runs it"]
fn nearly_all_stronger_mutants_of_pathwise_and_oracle_statements_are_settled() {
    let folder = tempfile::tempdir().unwrap();
    let statements = [
        "averaging",
        "smooth-descent",
        "momentum-deviation",
        "clip-distance",
        "clipped-error",
        "contraction-top-k",
        "low-precision-error",
    ];
    let mut arguments = statements.to_vec();
    arguments.extend(["--quick", "--no-store"]);
    let (code, text) = audit(folder.path(), &arguments);
    assert_eq!(code, 0, "{text}");
    for audit in report(folder.path())["statements"].as_array().unwrap() {
        let (mut settled, mut all, mut killed) = (0, 0, 0);
        for mutant in targets(audit).iter().flat_map(|t| t["mutants"].as_array().unwrap()) {
            match mutant["status"]["is"].as_str().unwrap() {
                "weaker" | "no-statement" => continue,
                "undecided" => {}
                status => {
                    settled += 1;
                    killed += usize::from(status == "killed");
                }
            }
            all += 1;
        }
        assert!(settled * 10 >= all * 9, "{}: {settled} of {all}", audit["id"]);
        assert!(killed > 0, "{}: no mutant is killed", audit["id"]);
    }
}

/// The report without what depends on the machine.
fn comparable(folder: &Path) -> Value {
    let mut report = report(folder);
    report["provenance"] = Value::Null;
    report
}

const SMALL: [&str; 4] = ["averaging", "quadratic-growth", "--quick", "--no-store"];

#[test]
fn an_audit_in_pieces_on_one_thread_ends_with_the_report_of_a_whole_one_on_two() {
    let (whole, pieces) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(audit(whole.path(), &[&SMALL[..], &["--threads", "2"]].concat()).0, 0);
    let mut rounds = 0;
    loop {
        let (code, text) = audit(pieces.path(), &[&SMALL[..], &["--threads", "1", "--budget", "800cells"]].concat());
        rounds += 1;
        if code == 0 {
            break;
        }
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("goes on from"), "{text}");
        assert!(rounds < 200, "no progress: {text}");
    }
    assert!(rounds > 1, "the budget never bound");
    assert_eq!(comparable(whole.path()), comparable(pieces.path()));
    assert!(!pieces.path().join("audit.journal").exists());
}

#[test]
fn bad_arguments_are_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = audit(folder.path(), &["averaging", "--budget", "10 parsecs"]);
    assert_eq!(code, 2);
    assert!(text.contains("600s, 10m, 1h or 5000cells"), "{text}");
    std::fs::write(folder.path().join("audit.journal"), "my notes\n").unwrap();
    let (code, text) = audit(folder.path(), &["averaging"]);
    assert_eq!(code, 2);
    assert!(text.contains("is no journal of lemmata; move it away"), "{text}");
}
