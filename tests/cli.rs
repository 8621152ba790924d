//! The program as a user runs it: what it prints, what it writes, how it ends.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use clap::ValueEnum;
use lemmata::report::{self, Form, Report, SCHEMA_VERSION};
use tempfile::TempDir;

/// A statement of a stranger, true on every instance, with places to break.
const STATEMENT: &str = r#"id = "mine"
title = "A step descends"
kind = "pathwise"
source = "nowhere"
proof = "none"

[parameters]
gamma = { in = "(0, 1/L]", try = ["1/L"] }
beta = { in = "(0, 1]", try = ["0.5"] }

[constants]
half = "1/2"

[hypotheses]
plain = "half > 0"

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k] - half*gamma*norm2(grad[k]) - gamma/2*(1 - L*gamma)*norm2(v[k]) + gamma/2*norm2(m[k])"
"#;

/// The statement with a left side that has no value anywhere.
fn valueless() -> String {
    let lists = "horizons = [1, 10]\nproblems = [{ family = \"diagonal-quadratic\", spectrum = [1, 2] }]\n[parameters]";
    STATEMENT.replace("lhs = \"f[k+1]\"", "lhs = \"f[k+1]/(L - L)\"").replace("[parameters]", lists)
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn lemmata(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        Command::cargo_bin("lemmata").unwrap().current_dir(self.path()).env("NO_COLOR", "1").args(arguments).assert()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Checks a broken variant of the statement and returns what was printed, with the exit code.
    fn check_text(&self, text: &str) -> (i32, String) {
        self.write("mine.toml", text);
        let assert = self.lemmata(&["check", "mine.toml", "--quick"]);
        let output = assert.get_output();
        let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    fn check_replaced(&self, from: &str, to: &str) -> (i32, String) {
        assert!(STATEMENT.contains(from), "{from}");
        self.check_text(&STATEMENT.replace(from, to))
    }

    /// As [`Folder::lemmata`], for what must end soon.
    fn lemmata_in_time(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("lemmata").unwrap();
        command.current_dir(self.path()).env("NO_COLOR", "1").args(arguments);
        command.timeout(std::time::Duration::from_secs(20)).assert()
    }

    /// Writes a changed copy of the report of [`Folder::check_text`].
    fn edit(&self, name: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let text = std::fs::read_to_string(self.path().join("reports/check.json")).unwrap();
        let mut report: serde_json::Value = serde_json::from_str(&text).unwrap();
        change(&mut report);
        self.write(name, &report.to_string());
    }

    /// What a replay of the first cell of a changed copy prints, with the exit code.
    fn replay_edited(&self, change: impl FnOnce(&mut serde_json::Value)) -> (i32, String) {
        self.edit("edited.json", change);
        let assert = self.lemmata_in_time(&["replay", "edited.json", "--cell", "0"]);
        let output = assert.get_output();
        let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        (output.status.code().expect("an end in time"), String::from_utf8(text).unwrap())
    }

    fn report(&self, name: &str) -> Report {
        report::read(&self.path().join("reports").join(name)).unwrap()
    }
}

/// Whether the text has the part, wherever a wide message is broken into lines.
fn says(text: &str, part: &str) -> bool {
    let joined = text.replace("-\n  │ ", "-").replace("\n  │ ", " ").replace("\n  ", " ");
    text.contains(part) || joined.contains(part)
}

fn saying(part: &str) -> impl predicates::Predicate<str> + use<> {
    let part = part.to_owned();
    predicates::function::function(move |text: &str| says(text, &part))
}

fn refused(from: &str, to: &str) -> String {
    let (code, text) = Folder::new().check_replaced(from, to);
    assert_eq!(code, 2, "{text}");
    text
}

#[test]
fn a_true_statement_of_a_stranger_ends_with_0_and_a_report() {
    let folder = Folder::new();
    let (code, text) = folder.check_text(STATEMENT);
    assert_eq!(code, 0, "{text}");
    let report = folder.report("check.json");
    assert_eq!(report.statements.len(), 1);
    assert!(report.statements[0].families.len() >= 2);
    assert!(report.cells.iter().all(|cell| cell.failure.is_none()));
}

#[test]
fn a_false_statement_ends_with_1_and_names_the_counterexample() {
    let (code, text) = Folder::new().check_replaced("half = \"1/2\"", "half = \"2/3\"");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("VIOLATED") && text.contains("mine cell ") && text.contains("at k = "), "{text}");
}

#[test]
fn the_simplest_violation_is_named_first_and_told_so_that_a_person_can_follow_it() {
    let folder = Folder::new();
    let (_, text) = folder.check_text(&STATEMENT.replace("half = \"1/2\"", "half = \"2/3\""));
    for part in ["by hand, claim 1 at k = ", "from x_0 = [", "k = 0: x = [", "lhs is the sum of", "= f[k + 1]"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let report = folder.report("check.json");
    let violated = report.cells.iter().enumerate().filter(|(_, cell)| {
        cell.outcome.as_ref().is_some_and(|outcome| outcome.verdict == lemmata::inference::Verdict::Violated)
    });
    let (number, cell) = violated.min_by_key(|(_, cell)| cell.simplicity()).unwrap();
    let found = cell.outcome.as_ref().unwrap().counterexample.as_ref().unwrap();
    let sum = |parts: &[lemmata::verify::Part]| parts.iter().map(|p| p.value.parse::<f64>().unwrap()).sum::<f64>();
    assert!(sum(&found.lhs) > sum(&found.rhs), "{found:?}");
    let first = text.find("mine cell ").unwrap();
    assert!(text[first..].starts_with(&format!("mine cell {number} ")), "{text}");
    let replayed = folder.lemmata(&["replay", "reports/check.json", "--cell", &number.to_string()]).code(1);
    let replayed = String::from_utf8(replayed.get_output().stdout.clone()).unwrap();
    assert!(replayed.contains("lhs is the sum of"), "{replayed}");
}

#[test]
fn a_quick_check_is_a_part_of_the_default_one_with_all_that_it_has() {
    let statement = lemmata::statement::load_text("mine.toml", STATEMENT).unwrap();
    let plan = |preset| lemmata::verify::choosing::plan::Plan::new(&statement, preset).unwrap().cells;
    let (quick, whole) = (plan(lemmata::preset::Preset::Quick), plan(lemmata::preset::Preset::Default));
    assert!(quick.len() < whole.len());
    assert!(quick.iter().all(|cell| whole.iter().any(|other| other.spec == cell.spec)));
    let of = |cells: &[lemmata::verify::Cell<'_>], what: fn(&lemmata::verify::instances::CellSpec) -> String| {
        cells.iter().map(|cell| what(&cell.spec)).collect::<std::collections::BTreeSet<_>>()
    };
    for what in [
        |spec: &lemmata::verify::instances::CellSpec| spec.problem.family().to_owned(),
        |spec: &lemmata::verify::instances::CellSpec| format!("{:?}", spec.oracle),
        |spec: &lemmata::verify::instances::CellSpec| format!("{:?}", spec.start),
        |spec: &lemmata::verify::instances::CellSpec| spec.horizon.to_string(),
    ] {
        assert_eq!(of(&quick, what), of(&whole, what));
    }
}

#[test]
fn a_run_beyond_the_budget_is_open_at_the_horizon_and_judged_before() {
    let text = r#"id = "long"
title = "Long runs of a slow gradient"
kind = "pathwise"
source = "nowhere"
proof = "none"
horizons = [100000]
estimates = [[]]
problems = [{ family = "diagonal-quadratic", spectrum = [1.0, 0.25] }]
[parameters]
beta = { in = "[1, 1]", try = ["1"] }
gamma = { in = "(0, 1/L]", try = ["1/L"] }
[claim]
lhs = "f[K] - f_star"
rhs = "2*(f[0] - f_star)"
"#;
    let folder = Folder::new();
    folder.write("long.toml", text);
    folder.lemmata_in_time(&["check", "long.toml", "--quick"]);
    let report = folder.report("check.json");
    for outcome in report.cells.iter().filter_map(|cell| cell.outcome.as_ref()) {
        assert!(outcome.comparisons > 100, "{outcome:?}");
        let cut = outcome.remainder.cut.as_ref().unwrap();
        assert!(cut.cause.contains("budget"), "{cut:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_check_that_is_terminated_leaves_the_report_of_what_was_done() {
    let folder = Folder::new();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("lemmata"))
        .current_dir(folder.path())
        .args(["check", "descent-lemma", "--full", "--threads", "1"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Statements are planned before signals are awaited.
    let id = child.id().to_string();
    let awaits_signals = || {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
        // Bit 14 is SIGTERM.
        u64::from_str_radix(&mask, 16).unwrap_or(0) & (1 << 14) != 0
    };
    for _ in 0..5000 {
        if awaits_signals() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::process::Command::new("kill").arg(&id).status().unwrap();
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(143));
    assert!(folder.report("check.json").not_reached > 0);
}

#[test]
fn a_hypothesis_that_never_holds_ends_with_3_and_says_so() {
    let (code, text) = Folder::new().check_replaced("half > 0", "half < 0");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("VACUOUS") && says(&text, "hypothesis `plain` does not certainly hold"), "{text}");
}

#[test]
fn a_claim_without_a_value_is_bad_input_and_never_a_verdict() {
    let (code, text) = Folder::new().check_text(&valueless());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("has no value at index 0"), "{text}");
    assert!(!text.contains("holds"), "{text}");
}

#[test]
fn mistakes_in_a_file_are_underlined() {
    insta::assert_snapshot!("unknown_name", refused("half*gamma", "hafl*gamma"));
    insta::assert_snapshot!("wrong_arity", refused("norm2(m[k])", "norm2(m[k], v[k])"));
    insta::assert_snapshot!("wrong_type", refused("norm2(m[k])", "m[k]"));
    insta::assert_snapshot!("circle", refused("half = \"1/2\"", "half = \"2*third\"\nthird = \"half/3\""));
    insta::assert_snapshot!("missing_field", refused("title = \"A step descends\"\n", ""));
    insta::assert_snapshot!("unknown_field", refused("title =", "titel ="));
    insta::assert_snapshot!("division_by_zero", refused("half = \"1/2\"", "half = \"1/(1 - 1)\""));
    insta::assert_snapshot!("empty_range", refused("in = \"(0, 1]\"", "in = \"(1, 0]\""));
    insta::assert_snapshot!("not_toml", refused("[claim]", "claim is what?"));
    insta::assert_snapshot!("unfinished_expression", refused("f[k] - half", "f[k] - (half"));
}

#[test]
fn a_missing_file_and_an_unknown_identifier_are_bad_input() {
    let folder = Folder::new();
    folder.lemmata(&["check", "no-such.toml"]).code(2).stderr(saying("no-such.toml"));
    folder.lemmata(&["check", "no-such-lemma"]).code(2).stderr(saying("shows the shipped ones"));
}

#[test]
fn a_file_that_is_no_statement_is_refused_whatever_it_holds() {
    let folder = Folder::new();
    folder.write("big.toml", &"#".repeat(10 << 20));
    folder.lemmata(&["check", "big.toml"]).code(2).stderr(saying("10485760 bytes"));
    std::fs::write(folder.path().join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    folder.lemmata(&["check", "binary.toml"]).code(2).stderr(saying("not UTF-8"));
    folder.lemmata(&["check", "."]).code(2);
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let deep = |n: usize| format!("half = \"{}1{}\"", "(".repeat(n), ")".repeat(n));
    let text = refused("half = \"1/2\"", &deep(200));
    assert!(refused("half = \"1/2\"", &deep(100_000)).len() < 400);
    assert!(text.contains("levels of nesting"), "{text}");
    let chain = format!("half = \"{}1\"", "1 - ".repeat(50_000));
    assert!(refused("half = \"1/2\"", &chain).contains("at most 1000 symbols"));
    let doubling: String = (1..30).map(|i| format!("\"a{i}[k]\" = \"a{0}[k] + a{0}[k]\"\n", i - 1)).collect();
    let bomb =
        format!("[define]\n\"a0[k]\" = \"f[k]\"\n{doubling}[claim]\nfor_all = \"k in 0..K\"\nlhs = \"a29[k]\"\n#");
    assert!(refused("[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\n", &(bomb + "\n")).contains("written out"));
    // As deep as the limits allow: it runs.
    let ones = " + 1".repeat(160);
    let tower: String = (1..4).map(|i| format!("\"a{i}[k]\" = \"a{}[k]{ones}\"\n", i - 1)).collect();
    let tower = format!(
        "[define]\n\"a0[k]\" = \"f[k]\"\n{tower}[claim]\nfor_all = \"k in 0..K\"\nlhs = \"a3[k]\"\nrhs = \"a3[k]\"\n"
    );
    let (code, text) = Folder::new().check_text(&(STATEMENT.split("[claim]").next().unwrap().to_owned() + &tower));
    assert_eq!(code, 0, "{text}");
    let array = format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let (code, _) = Folder::new().check_text(&array);
    assert_eq!(code, 2);
}

#[test]
fn bad_options_are_refused() {
    let folder = Folder::new();
    folder.lemmata(&["check", "--delta", "2"]).code(2);
    folder.lemmata(&["check", "--name", "a/b"]).code(2);
    folder.lemmata(&["check", "--quick", "--full"]).code(2);
    folder.lemmata(&["chekc"]).code(2);
    folder.lemmata(&["check", "--precision", "3"]).code(2);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_the_work() {
    let folder = Folder::new();
    folder.write("file", "");
    let assert = folder.lemmata(&["check", "smooth-descent", "--quick", "--output", "file/below"]);
    assert.code(2).stderr(saying("cannot write"));
}

#[test]
fn an_earlier_report_survives_a_refused_check() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    let before = std::fs::read(folder.path().join("reports/check.json")).unwrap();
    assert_eq!(folder.check_replaced("half = \"1/2\"", "half = \"1/\"").0, 2);
    let after = std::fs::read(folder.path().join("reports/check.json")).unwrap();
    assert!(before == after);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("reports")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays behind");
}

#[test]
fn reports_are_the_same_for_any_number_of_threads() {
    let folder = Folder::new();
    let arguments = ["check", "--quick", "theorem1-pl-variance", "descent-lemma", "--name"];
    folder.lemmata(&[&arguments[..], &["one", "--threads", "1"]].concat()).success();
    folder.lemmata(&[&arguments[..], &["three", "--threads", "3"]].concat()).success();
    let (mut one, mut three) = (folder.report("one.json"), folder.report("three.json"));
    for report in [&mut one, &mut three] {
        report.name.clear();
        report.provenance.wall_seconds = 0.0;
    }
    assert!(one == three);
}

#[test]
fn nothing_but_the_result_is_printed_where_there_is_no_terminal() {
    let folder = Folder::new();
    folder.lemmata(&["check", "--quick", "smooth-descent"]).success().stderr("");
}

/// The committed schema of that form.
fn validator(form: Form) -> jsonschema::Validator {
    let text = std::fs::read_to_string(format!("reports/schemas/{form}.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for form in Form::value_variants() {
        let committed = std::fs::read_to_string(format!("reports/schemas/{form}.json")).unwrap_or_default();
        assert!(
            committed.trim_end() == report::schema(*form),
            "the types have changed: write `lemmata schema {form}` to reports/schemas/{form}.json, and raise the version"
        );
    }
}

#[test]
fn every_report_obeys_the_committed_schema() {
    let folder = Folder::new();
    // Of every kind, and one that is false on purpose.
    let statements = ["averaging", "descent-lemma", "descent-lemma-limit", "clipped-error", "contraction-rand-k"];
    let whole_runs = ["theorem1-nonconvex", "theorem1-pl-variance-sharp", "sgd-descent-variance"];
    folder.lemmata(&[&["check", "--quick"], &statements[..], &whole_runs[..]].concat()).success();
    let report = std::fs::read_to_string(folder.path().join("reports/check.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let validator = validator(Form::Check);
    let errors: Vec<String> = validator.iter_errors(&report).map(|err| err.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = report;
    broken["cells"][0]["outcome"]["verdict"] = "certain".into();
    assert!(!validator.is_valid(&broken), "REJECT: an invented verdict");
}

#[test]
fn a_check_is_compared_with_an_earlier_one_and_with_a_baseline() {
    let folder = Folder::new();
    let check = ["check", "averaging", "smooth-descent", "--quick"];
    folder.lemmata(&check).success();
    let baseline = folder.lemmata(&["baseline", "reports/check.json"]).success();
    let baseline = String::from_utf8_lossy(&baseline.get_output().stdout).into_owned();
    folder.write("baseline.json", &baseline);
    folder.lemmata(&["diff", "reports/check.json", "baseline.json"]).success().stdout(saying("2 statements as before"));
    let compared = [&check[..], &["--baseline", "baseline.json"]].concat();
    folder.lemmata(&compared).success().stdout(saying("0 worse, 0 better"));
    // A check of one statement is compared with what there is of that one.
    let one = ["check", "averaging", "--quick", "--name", "one", "--baseline", "baseline.json"];
    folder.lemmata(&one).success().stdout(saying("1 statement as before"));
    let better = baseline.replacen("\"cells\": 2", "\"cells\": 12", 1).replacen("\"none\"", "\"proved\"", 1);
    assert_ne!(baseline, better);
    folder.write("better.json", &better);
    folder.lemmata(&["diff", "better.json", "baseline.json"]).code(1).stdout(saying("worse"));
    folder.lemmata(&["diff", "baseline.json", "better.json"]).success().stdout(saying("better"));
    let json = folder.lemmata(&["diff", "better.json", "baseline.json", "--json"]).code(1);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("a document");
    assert_eq!(json["changes"][0]["direction"], "worse");
    folder.write("next.json", &baseline.replacen("\"baseline_version\": 1", "\"baseline_version\": 2", 1));
    folder.lemmata(&["diff", "next.json", "baseline.json"]).code(2).stderr(saying("version 2"));
    folder.lemmata(&["diff", "no-such.json", "baseline.json"]).code(2);
    folder.write("other.json", "{}");
    folder
        .lemmata(&["check", "averaging", "--quick", "--baseline", "other.json"])
        .code(2)
        .stderr(saying("not a lemmata"));
}

#[test]
fn a_counterexample_of_prove_is_replayed_without_a_cell() {
    let folder = Folder::new();
    folder.lemmata(&["prove", "descent-lemma-limit", "--output", "proofs"]).success();
    folder.lemmata(&["replay", "proofs/descent-lemma-limit.refuted.json"]).success().stdout(saying("refuted"));
    folder.lemmata(&["check", "averaging", "--quick"]).success();
    folder.lemmata(&["replay", "reports/check.json"]).code(2).stderr(saying("--cell NUMBER"));
}

#[test]
fn the_skeleton_runs_as_it_is() {
    let folder = Folder::new();
    folder.lemmata(&["new", "my-lemma"]).success();
    folder.lemmata(&["check", "my-lemma.toml", "--quick"]).success();
    folder.lemmata(&["new", "my-lemma"]).code(2).stderr(saying("choose another"));
    folder.lemmata(&["new", "My Lemma"]).code(2);
}

#[test]
fn list_and_show_name_what_is_shipped() {
    let folder = Folder::new();
    let listed = folder.lemmata(&["list"]).success();
    insta::assert_snapshot!("list", String::from_utf8_lossy(&listed.get_output().stdout));
    let shown = folder.lemmata(&["show", "descent-lemma", "--set", "beta=0.1", "--set", "theta=0.5", "--set", "L=2"]);
    insta::assert_snapshot!("show", String::from_utf8_lossy(&shown.success().get_output().stdout));
    folder.lemmata(&["show", "descent-lemma", "--set", "betta=0.1"]).code(2);
    folder.lemmata(&["show", "gd-nonconvex", "--as", "latex"]).success().stdout(saying(r"\operatorname*{mean}"));
    folder.lemmata(&["show", "gd-nonconvex", "--as", "mathml"]).success().stdout(saying("<mfrac>"));
    folder.lemmata(&["show", "gd-nonconvex", "--as", "mathml", "--set", "L=1"]).code(2);
    folder.lemmata(&["show", "descent-lemma", "--set", "beta"]).code(2);
}

#[test]
fn replay_reproduces_a_cell_and_its_exit_code() {
    let folder = Folder::new();
    folder.check_replaced("half = \"1/2\"", "half = \"2/3\"");
    std::fs::remove_file(folder.path().join("mine.toml")).unwrap();
    let report = folder.report("check.json");
    let violated = |cell: &report::CellReport| {
        cell.outcome.as_ref().is_some_and(|o| o.verdict == lemmata::inference::Verdict::Violated)
    };
    let bad = report.cells.iter().position(violated).unwrap().to_string();
    let good = report.cells.iter().position(|cell| !violated(cell)).unwrap().to_string();
    folder.lemmata(&["replay", "reports/check.json", "--cell", &bad]).code(1);
    folder.lemmata(&["replay", "reports/check.json", "--cell", &good]).code(0);
    folder.lemmata(&["replay", "reports/check.json", "--cell", &bad, "--precision", "300"]).code(1);
    folder.lemmata(&["replay", "reports/check.json", "--cell", "9999"]).code(2);
}

#[test]
fn replay_refuses_what_is_no_report_of_this_program() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    let text = std::fs::read_to_string(folder.path().join("reports/check.json")).unwrap();
    folder.lemmata(&["replay", "reports/none.json", "--cell", "0"]).code(2);
    folder.write("other.json", "{}");
    folder.lemmata(&["replay", "other.json", "--cell", "0"]).code(2);
    folder.write(
        "old.json",
        &text.replacen(&format!("\"schema_version\": {SCHEMA_VERSION}"), "\"schema_version\": 999", 1),
    );
    folder.lemmata(&["replay", "old.json", "--cell", "0"]).code(2).stderr(saying("999"));
    folder.write("edited.json", &text.replace("half = \\\"1/2\\\"", "half = \\\"1/3\\\""));
    folder.lemmata(&["replay", "edited.json", "--cell", "0"]).code(2).stderr(saying("edited"));
}

#[test]
fn whole_runs_in_high_precision_say_so_in_the_report() {
    let folder = Folder::new();
    let arguments = ["check", "theorem1-nonconvex", "--quick", "--precision", "128", "--name", "precise"];
    folder.lemmata(&arguments).success();
    assert_eq!(folder.report("precise.json").settings.effort.precision, Some(128));
}

/// The statement with a witness whose problem is the given one.
fn with_witness(problem: &str, fields: &str) -> String {
    let witness = "doc = \"w\"\ngiven = { L = \"1\" }\nparameters = { gamma = \"1/2\", beta = \"1\" }\noracle = []\nstart = [\"1\"]\nhorizon = 1";
    format!("{STATEMENT}\n[[witness]]\n{witness}\nproblem = {problem}\n{fields}")
}

#[test]
fn numbers_beyond_binary64_leave_a_report_that_can_be_read_and_replayed() {
    let huge = STATEMENT.replace("half = \"1/2\"", "half = \"1/2\"\nhuge = \"2^(10^9)\"");
    let step = STATEMENT.replace("\"(0, 1/L]\", try = [\"1/L\"]", "\"(0, inf)\", try = [\"10^300\"]");
    let variants = [
        (huge.replace("rhs = \"f[k]", "rhs = \"huge + f[k]"), 0),
        (huge.replace("rhs = \"f[k]", "rhs = \"f[k] - huge"), 1),
        (step.replace("half*gamma", "9*gamma"), 1),
    ];
    for (text, code) in variants {
        let folder = Folder::new();
        let (ended, printed) = folder.check_text(&text);
        assert_eq!(ended, code, "{printed}");
        assert!(!printed.contains("NaN") && !printed.contains("inf") && !printed.contains("e308 "), "{printed}");
        assert!(printed.lines().all(|line| line.len() < 400), "no number is written out in hundreds of digits");
        for (number, cell) in folder.report("check.json").cells.iter().enumerate().filter(|(_, c)| c.outcome.is_some())
        {
            use lemmata::inference::Verdict;
            let code = match cell.outcome.as_ref().unwrap().verdict {
                Verdict::Proved | Verdict::Holds | Verdict::NotRefuted => 0,
                Verdict::Violated => 1,
                Verdict::Inconclusive | Verdict::Vacuous => 3,
            };
            folder.lemmata(&["replay", "reports/check.json", "--cell", &number.to_string()]).code(code);
        }
    }
}

#[cfg(unix)]
fn spawned(folder: &Folder, arguments: &[&str], out: std::process::Stdio, err: std::process::Stdio) -> i32 {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("lemmata"));
    let mut child = command.current_dir(folder.path()).args(arguments).stdout(out).stderr(err).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap().code().unwrap()
}

#[cfg(unix)]
#[test]
fn a_reader_who_goes_away_costs_neither_the_report_nor_the_exit_code() {
    use std::process::Stdio;
    let folder = Folder::new();
    folder.write("mine.toml", &STATEMENT.replace("half = \"1/2\"", "half = \"2/3\""));
    assert_eq!(spawned(&folder, &["check", "mine.toml", "--quick"], Stdio::piped(), Stdio::null()), 1);
    assert_eq!(folder.report("check.json").statements.len(), 1);
    assert_eq!(spawned(&folder, &["list"], Stdio::piped(), Stdio::null()), 0);
    assert_eq!(spawned(&folder, &["replay", "reports/check.json", "--cell", "0"], Stdio::piped(), Stdio::null()), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_and_no_crash() {
    use std::process::Stdio;
    let folder = Folder::new();
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    folder.write("mine.toml", STATEMENT);
    assert_eq!(spawned(&folder, &["check", "mine.toml", "--quick"], full(), Stdio::null()), 2);
    assert_eq!(folder.report("check.json").statements.len(), 1, "the report is written first");
    assert_eq!(spawned(&folder, &["list"], full(), full()), 2);
    assert_eq!(spawned(&folder, &["check", "nosuch"], Stdio::null(), full()), 2);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_unread() {
    let folder = Folder::new();
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for name in ["/dev/zero", "./pipe"] {
        let refusal = || saying("not a regular file");
        folder.lemmata_in_time(&["check", name]).code(2).stderr(refusal());
        folder.lemmata_in_time(&["compare", name]).code(2).stderr(refusal());
        folder.lemmata_in_time(&["replay", name, "--cell", "0"]).code(2).stderr(refusal());
    }
}

#[test]
fn sizes_that_no_family_has_are_refused_before_anything_is_made() {
    let problems = [
        "{ family = \"quadratic\", dimension = 1000000000, condition = 4, seed = 1 }",
        "{ family = \"heterogeneous-quadratic\", dimension = 2, workers = 1000000000, condition = 4, spread = 1, seed = 1 }",
        "{ family = \"least-squares\", dimension = 1000000000, rank = 1000000000, condition = 4, offset = 0, workers = 1, seed = 1 }",
        "{ family = \"sine-squared\", dimension = 1000000000 }",
        "{ family = \"sine-squared-composed\", dimension = 1000000000, rows = 1000000000, condition = 4, seed = 1 }",
        "{ family = \"composite-affine\", dimension = 4, rows = 1000000000, workers = 1, outer = \"squares\", condition = 4, spread = 0, seed = 1 }",
    ];
    let folder = Folder::new();
    for problem in problems {
        folder.write("mine.toml", &with_witness(problem, ""));
        let refusal = saying("not between 1 and");
        folder.lemmata_in_time(&["check", "mine.toml", "--quick"]).code(2).stderr(refusal);
    }
}

#[test]
fn threads_are_limited() {
    let folder = Folder::new();
    for count in ["0", "1025", "70000", "-1"] {
        folder.lemmata_in_time(&["check", "smooth-descent", "--quick", &format!("--threads={count}")]).code(2);
    }
}

#[test]
fn a_replay_refuses_what_no_check_writes() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    type Change = fn(&mut serde_json::Value);
    let changes: [Change; 11] = [
        |report| report["cells"][0]["spec"]["horizon"] = 1_000_000_000_000_000u64.into(),
        |report| report["cells"][0]["spec"]["horizon"] = 0.into(),
        |report| report["cells"][0]["spec"]["problem"]["dimension"] = 0.into(),
        |report| report["cells"][0]["spec"]["problem"]["dimension"] = 1_000_000_000.into(),
        |report| report["cells"][0]["spec"]["problem"]["condition"] = 0.into(),
        |report| report["cells"][0]["spec"]["parameters"]["gamma"] = (-1.0).into(),
        |report| report["settings"]["effort"]["precision"] = 1.into(),
        |report| report["settings"]["effort"]["precision"] = u32::MAX.into(),
        |report| report["settings"]["effort"]["replicates"] = u64::MAX.into(),
        |report| report["settings"]["effort"]["paths"] = 0.into(),
        |report| report["settings"]["error_budget"]["delta"] = 2.into(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (code, text) = folder.replay_edited(change);
        assert_eq!(code, 2, "change {number}: {text}");
    }
}

#[test]
fn replaying_a_cell_that_failed_is_bad_input_as_its_check_was() {
    let folder = Folder::new();
    folder.check_text(&valueless());
    let assert = folder.lemmata(&["replay", "reports/check.json", "--cell", "0"]);
    assert.code(2).stderr(saying("has no verdict"));
}

#[cfg(unix)]
#[test]
fn a_report_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("mine.toml", STATEMENT);
    let program = assert_cmd::cargo::cargo_bin("lemmata");
    for (mask, mode) in [("022", 0o644), ("077", 0o600)] {
        let script = format!("umask {mask} && '{}' check mine.toml --quick > printed", program.display());
        assert!(
            std::process::Command::new("sh")
                .arg("-c")
                .arg(script)
                .current_dir(folder.path())
                .status()
                .unwrap()
                .success()
        );
        let metadata = std::fs::metadata(folder.path().join("reports/check.json")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode);
    }
}

#[test]
fn a_replay_that_differs_names_editing_and_the_version_that_made_the_report() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    let (code, text) = folder.replay_edited(|report| report["cells"][0]["outcome"]["verdict"] = "violated".into());
    assert_eq!(code, 70, "{text}");
    assert!(says(&text, "it was edited") && !says(&text, "or it was edited"), "{text}");
    let (code, text) = folder.replay_edited(|report| {
        report["cells"][0]["outcome"]["verdict"] = "violated".into();
        report["provenance"]["version"] = "0.0.7".into();
    });
    assert_eq!(code, 70, "{text}");
    assert!(says(&text, "lemmata 0.0.7") && says(&text, "or it was edited"), "{text}");
}

#[test]
fn a_report_without_cells_or_without_its_statements_says_so() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    let (code, text) = folder.replay_edited(|report| report["cells"] = serde_json::json!([]));
    assert!(code == 2 && says(&text, "has no cells"), "{text}");
    let (code, text) = folder.replay_edited(|report| report["statements"] = serde_json::json!([]));
    assert!(code == 2 && says(&text, "lacks the text of `mine`"), "{text}");
}

#[test]
fn numbers_are_read_from_a_report_as_they_were_written() {
    let folder = Folder::new();
    folder.check_text(
        &STATEMENT.replace("try = [\"0.5\"]", "try = [\"0.1\", \"1/3\", \"exp(-7)\", \"0.7071067811865475\"]"),
    );
    let report = folder.report("check.json");
    for number in 0..report.cells.len() {
        folder.lemmata(&["replay", "reports/check.json", "--cell", &number.to_string()]).code(0);
    }
}

#[test]
fn claims_are_counted_from_one_wherever_a_person_reads() {
    let (_, text) = Folder::new().check_text(&valueless());
    assert!(says(&text, "claim 1 has no value") && says(&text, "overflow"), "{text}");
}

#[test]
fn names_of_reports_that_cannot_be_are_refused_before_the_work() {
    let folder = Folder::new();
    folder.write("mine.toml", STATEMENT);
    for (name, hint) in [("a.json", "--name a"), (&"a".repeat(300), "at most 200")] {
        folder.lemmata(&["check", "mine.toml", "--name", name]).code(2).stderr(saying(hint));
    }
    std::fs::create_dir_all(folder.path().join("reports/check.json")).unwrap();
    folder.lemmata(&["check", "mine.toml"]).code(2).stdout("").stderr(saying("it is a folder"));
}

#[test]
fn identifiers_are_short_and_new_ones_are_no_shipped_ones() {
    let folder = Folder::new();
    folder.lemmata(&["new", "descent-lemma"]).code(2).stderr(saying("shipped statement"));
    folder.lemmata(&["new", &"a".repeat(65)]).code(2).stderr(saying("longer than 64"));
    assert!(says(&refused("id = \"mine\"", &format!("id = \"{}\"", "a".repeat(65))), "longer than 64"));
}

#[test]
fn values_outside_a_range_twice_or_in_no_form_are_refused() {
    let folder = Folder::new();
    let show = |values: &[&str]| {
        let set = values.iter().flat_map(|value| ["--set", value]);
        folder.lemmata(&[&["show", "descent-lemma"], set.collect::<Vec<_>>().as_slice()].concat())
    };
    for value in ["beta=5", "beta=-1", "beta=0"] {
        show(&[value]).code(2).stderr(saying("outside its range (0, 1]"));
    }
    show(&["L=2", "beta=1", "theta=0.5", "gamma=1"]).code(2).stderr(saying("outside its range"));
    show(&["beta=0.5", "beta=1"]).code(2).stderr(saying("set twice"));
    show(&["beta=1/0"]).code(2);
    show(&["beta=1/2/3"]).code(2);
    show(&["beta=1/10", "theta=1/2"]).success().stdout(saying("c in [16.199999999999999"));
    show(&["beta=1/2"]).success().stdout(saying("c needs theta too")).stdout(saying("A needs gamma too"));
    show(&["beta=1", "L=2"]).success().stdout(saying("c in [0, 0]"));
    show(&["K=0"]).code(2).stderr(saying("`K` counts something"));
}

#[test]
fn a_misspelt_identifier_gets_a_suggestion() {
    let near = saying("did you mean `descent-lemma`?");
    Folder::new().lemmata(&["check", "descent-lema"]).code(2).stderr(near);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let escaped = |text: &str| !text.contains('\u{1b}') && !text.contains('\u{202e}');
    for (from, to) in [
        ("title = \"A step descends\"", "title = \"A \\u001b[31mred step\""),
        ("title = \"A step descends\"", "title = \"A step\\nand another\""),
        ("proof = \"none\"", "proof = \"\\u202enone\""),
        ("plain =", "\"\\u001b[2J\" ="),
        ("gamma = {", "gamma = { doc = \"\\u0007\","),
        ("title =", "\"\\u001b[2J\" = 1\ntitle ="),
    ] {
        let text = refused(from, to);
        assert!(escaped(&text), "{text:?}");
    }
    let text = refused("plain =", "# \u{1b}[2J\nplain =");
    assert!(escaped(&text) && says(&text, "U+001B"), "{text:?}");
}

#[test]
fn problems_and_estimates_that_are_none_are_refused_at_their_place() {
    let add = |line: &str| STATEMENT.replace("\n[parameters]", &format!("{line}\n[parameters]"));
    for (line, message) in [
        ("problems = [{ family = \"quadratik\", dimension = 2 }]", "unknown variant `quadratik`"),
        ("problems = [{ family = \"sine-squared\", dimension = 65 }]", "not between 1 and 64"),
        ("problems = [{ family = \"maml-cosine\", step = inf }]", "inf is not a finite number"),
        ("estimates = [[{ source = \"gausian\", size = 1 }]]", "unknown variant `gausian`"),
        ("estimates = [[{ source = \"gaussian\", size = nan }]]", "NaN is not a finite number"),
    ] {
        let (code, text) = Folder::new().check_text(&add(line));
        assert_eq!(code, 2, "{text}");
        assert!(says(&text, message) && says(&text, "mine.toml:6:"), "{text}");
    }
}

#[test]
fn a_witness_that_is_no_instance_is_shown_in_its_file() {
    let problem = "{ family = \"diagonal-quadratic\", spectrum = [\"= 1\"] }";
    let (code, text) = Folder::new().check_text(&with_witness(problem, ""));
    assert_eq!(code, 0, "{text}");
    for (from, to, message) in [
        ("gamma = \"1/2\"", "gamma = \"3\"", "parameter `gamma` = 3 is not certainly in its range (0, 1/L]"),
        ("gamma = \"1/2\", ", "", "the witness gives no value of the parameter `gamma`"),
        ("start = [\"1\"]", "start = [\"10^400\"]", "its start has no value in binary64"),
        ("[\"= 1\"]", "[\"= 10^400\"]", "has no value in binary64"),
        ("[\"= 1\"]", "[inf]", "inf is not a finite number"),
        ("[\"= 1\"]", "[\"= 1 + + 2\"]", "in `= 1 + + 2`: expected a number"),
        ("[\"= 1\"]", "[\"= 1 + nix\"]", "unknown name `nix`"),
    ] {
        let (code, text) = Folder::new().check_text(&with_witness(problem, "").replace(from, to));
        assert_eq!(code, 2, "{text}");
        assert!(says(&text, message) && says(&text, "mine.toml:"), "{text}");
    }
    insta::assert_snapshot!("bad_witness_expression", {
        let folder = Folder::new();
        folder.check_text(&with_witness(problem, "").replace("[\"= 1\"]", "[\"= 1 + nix\"]")).1
    });
}

#[test]
fn names_that_mean_something_else_and_indices_that_mean_nothing_are_told_apart() {
    let text = refused("for_all = \"k in 0..K\"\n", "");
    assert!(says(&text, "the index `k` is not bound") && says(&text, "for_all = \"k in 0..K\""), "{text}");
    assert!(says(&refused("k in 0..K", "L in 0..K"), "`L` is a builtin name and cannot be an index"));
    assert!(says(&refused("half*gamma", "sum(L in 0..2, L)*gamma"), "`L` is a builtin name"));
    assert!(says(&refused("half*gamma", "sum(half in 0..2, half)*gamma"), "`half` is declared"));
    assert!(says(&refused("f[k] -", "f[k*99999999999999999999] -"), "does not fit 64 bits"));
    let (code, text) = Folder::new().check_replaced("f[k] -", "f[k*9223372036854775807*4] -");
    assert_eq!(code, 2, "{text}");
    assert!(says(&text, "an integer expression does not fit 64 bits"), "{text}");
    assert!(says(&refused("f[k] -", "f[gamma] -"), "an index must be an integer expression"));
}

#[test]
fn a_hypothesis_about_the_run_and_an_idle_random_index_are_refused() {
    assert!(says(&refused("half > 0", "norm2(grad[0]) > 0"), "a hypothesis cannot depend on the run"));
    assert!(says(&refused("half > 0", "step[0] > 0"), "a hypothesis cannot depend on the run"));
    let random = |text: &str| text.replace("[parameters]", "[random]\nR = \"uniform(0..K)\"\n\n[parameters]");
    let (code, text) = Folder::new().check_text(&random(STATEMENT));
    assert!(code == 2 && says(&text, "belongs to claims about the whole run"), "{text}");
    let whole = STATEMENT.replace("pathwise", "expectation").split("[claim]").next().unwrap().to_owned();
    let whole = random(&whole) + "[claim]\nlhs = \"E[norm2(grad[0])]\"\nrhs = \"norm2(grad[0])\"\n";
    let (code, text) = Folder::new().check_text(&whole);
    assert!(code == 2 && says(&text, "no claim uses this random index"), "{text}");
}

#[test]
fn an_expectation_in_a_pathwise_claim_is_marked_where_it_stands() {
    let text = refused("norm2(m[k])\"", "E[norm2(m[k])]\"");
    assert!(says(&text, "does not fit the statement's kind") && says(&text, "mine.toml:20:7"), "{text}");
}

#[test]
fn notation_of_other_languages_gets_a_hint() {
    for (notation, hint) in [
        ("1 − half > 0", "a minus is written `-`"),
        ("half > 0 && half < 1", "joined by `and`"),
        ("half != 0", "there is no `!=`"),
        ("half > 0 or half < 0", "there is no `or`"),
        ("half > 0 || half < 0", "there is no `||`"),
    ] {
        let text = refused("half > 0", notation);
        assert!(says(&text, hint), "{notation}: {text}");
    }
}

#[test]
fn a_local_name_of_a_witness_hides_no_other() {
    let problem = "{ family = \"diagonal-quadratic\", spectrum = [1] }";
    for (name, message) in [("L", "`L` is a builtin name"), ("half", "`half` is declared twice")] {
        let (code, text) = Folder::new().check_text(&with_witness(problem, &format!("let = {{ {name} = \"1\" }}")));
        assert_eq!(code, 2, "{text}");
        assert!(says(&text, message), "{text}");
    }
}

#[test]
fn what_is_false_on_purpose_and_was_not_checked_is_open_and_not_violated() {
    let text =
        STATEMENT.replace("half > 0", "half < 0").replace("\n[parameters]", "expect = \"violated\"\n[parameters]");
    let (code, text) = Folder::new().check_text(&text);
    assert_eq!(code, 3, "{text}");
}

#[test]
fn the_identifier_of_a_comparison_names_no_other_folder() {
    let folder = Folder::new();
    let shipped = std::fs::read_to_string("comparisons/clipping-rules.toml").unwrap();
    folder.write("mine.toml", &shipped.replace("clipping-rules", "../outside"));
    folder.lemmata(&["compare", "mine.toml", "--quick"]).code(2).stderr(saying("the id `../outside` may only have"));
    folder.lemmata(&["compare", "--delta", "0"]).code(2).stderr(saying("not between 0 and 1"));
}

/// A true statement of that id whose proof uses others.
fn resting(id: &str, uses: &[&str]) -> String {
    let head = format!("id = {id:?}\nuses = {uses:?}\n");
    STATEMENT.replace("id = \"mine\"\n", &head)
}

/// What a command that succeeds prints.
fn printed(folder: &Folder, arguments: &[&str]) -> String {
    String::from_utf8(folder.lemmata(arguments).success().get_output().stdout.clone()).unwrap()
}

#[test]
fn a_graph_shows_what_a_statement_rests_on() {
    let folder = Folder::new();
    insta::assert_snapshot!("graph_text", printed(&folder, &["graph", "compressed-nonconvex"]));
    insta::assert_snapshot!("graph_dot", printed(&folder, &["graph", "compressed-nonconvex", "--dot"]));
    let all = printed(&folder, &["graph"]);
    for id in lemmata::statement::library::ids() {
        let entries = all.lines().filter(|line| line.starts_with(&format!("  {id} ")));
        assert_eq!(entries.count(), 1, "{id}");
    }
    assert!(!all.contains("unknown"), "{all}");
}

#[test]
fn a_graph_marks_what_is_false_on_purpose_and_what_is_unknown() {
    let folder = Folder::new();
    folder.write("mine.toml", &resting("mine", &["descent-lemma-limit", "Lemma \"3\""]));
    insta::assert_snapshot!("graph_marks_text", printed(&folder, &["graph", "mine.toml"]));
    insta::assert_snapshot!("graph_marks_dot", printed(&folder, &["graph", "mine.toml", "--dot"]));
}

#[test]
fn a_graph_of_nothing_known_or_of_a_circle_is_bad_input() {
    let folder = Folder::new();
    folder.lemmata(&["graph", "descent-lema"]).code(2).stderr(saying("did you mean `descent-lemma`?"));
    folder.lemmata(&["graph", "--report", "none.json"]).code(2).stderr(saying("cannot read the report"));
    folder.write("a.toml", &resting("a", &["b"]));
    folder.write("b.toml", &resting("b", &["smooth-descent", "a"]));
    for option in [&["--dot"][..], &[]] {
        let arguments = [&["graph", "b.toml", "a.toml"], option].concat();
        folder.lemmata(&arguments).code(2).stdout("").stderr(saying("in a circle: a → b → a"));
    }
    folder.lemmata(&["graph", "a.toml"]).success().stdout(saying("b [unknown"));
}

#[test]
fn a_violated_lemma_taints_what_rests_on_it_in_a_check_and_in_the_graph_of_its_report() {
    let folder = Folder::new();
    folder.write("lemma.toml", &resting("lemma", &[]).replace("half = \"1/2\"", "half = \"2/3\""));
    folder.write("theorem.toml", &resting("theorem", &["lemma", "smooth-descent"]));
    folder.write("corollary.toml", &resting("corollary", &["theorem"]));
    let files = ["lemma.toml", "theorem.toml", "corollary.toml"];
    let checked = folder.lemmata(&[&["check", "--quick"], &files[..]].concat());
    checked.code(1).stdout(saying("corollary rests on what is violated: lemma"));
    let graph = |files: &[&str], options: &[&str]| {
        printed(&folder, &[&["graph", "--report", "reports/check.json"], files, options].concat())
    };
    insta::assert_snapshot!("graph_report_text", graph(&files, &[]));
    insta::assert_snapshot!("graph_report_dot", graph(&files, &["--dot"]));
    // The report keeps the texts of what is not given.
    assert_eq!(graph(&files[2..], &[]), graph(&files, &[]));
    // Its verdicts are on those texts and on no others.
    folder.write("lemma.toml", &resting("lemma", &[]));
    let changed = graph(&files, &[]);
    assert!(changed.contains("lemma [no verdict: the report is of another text]"), "{changed}");
    assert!(!changed.contains("rests on what is violated"), "{changed}");
}

/// True on every cell of the suite, and false on the stored witness beside it.
const STORED: &str = r#"{ "statement": "mine", "cells": [{ "doc": "a far start", "spec": {
  "problem": { "family": "diagonal-quadratic", "spectrum": [1.0] }, "oracle": [], "start": "zero",
  "parameters": { "beta": 0.5, "gamma": 1.0 }, "horizon": 1, "point": [2000.0], "witness": null } }] }
"#;

#[test]
fn a_stored_counterexample_is_checked_first_and_replayed_when_its_file_has_gone() {
    let folder = Folder::new();
    let (head, _) = STATEMENT.split_once("[claim]").unwrap();
    let text = format!("{head}[claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(grad[k])\"\nrhs = \"10^6\"\n");
    assert_eq!(folder.check_text(&text).0, 0);
    std::fs::create_dir(folder.path().join("witnesses")).unwrap();
    folder.write("witnesses/mine.json", STORED);
    let (code, printed) = folder.check_text(&text);
    assert!(code == 1 && printed.contains("mine cell 0 (diagonal-quadratic"), "{printed}");
    std::fs::remove_dir_all(folder.path().join("witnesses")).unwrap();
    std::fs::remove_file(folder.path().join("mine.toml")).unwrap();
    folder.lemmata(&["replay", "reports/check.json", "--cell", "0"]).code(1).stdout(saying("violated by rational"));
}

#[test]
fn malformed_stored_witnesses_are_bad_input_that_names_the_file_and_the_way_out() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("witnesses")).unwrap();
    for (from, to, place) in [("\"doc\"", "\"dok\"", "witnesses/mine.json:1:"), ("\"mine\"", "\"yours\"", "mine.json)")]
    {
        folder.write("witnesses/mine.json", &STORED.replace(from, to));
        let (code, printed) = folder.check_text(STATEMENT);
        assert!(code == 2 && says(&printed, place) && says(&printed, "delete the file"), "{code}: {printed}");
    }
}

#[test]
fn a_replay_names_every_field_that_was_changed() {
    let folder = Folder::new();
    folder.check_text(STATEMENT);
    type Change = fn(&mut serde_json::Value);
    let changes: [(&str, Change); 12] = [
        ("cell.number", |report| report["cells"][0]["number"] = 7.into()),
        ("cell.constants.half[0]", |report| report["cells"][0]["constants"]["half"][0] = 0.25.into()),
        ("cell.setting.method_draws", |report| report["cells"][0]["setting"]["method_draws"] = true.into()),
        ("cell.setting.dimension", |report| report["cells"][0]["setting"]["dimension"] = 77.into()),
        ("cell.outcome.worst.claim", |report| report["cells"][0]["outcome"]["worst"]["claim"] = 2.into()),
        ("cell.failure", |report| {
            report["cells"][0]["failure"] = serde_json::json!({ "message": "none", "internal": false });
        }),
        ("cell.outcome", |report| report["cells"][0]["outcome"] = serde_json::Value::Null),
        ("statement.verdict", |report| report["statements"][0]["verdict"] = "violated".into()),
        ("statement.verdicts.holds", |report| report["statements"][0]["verdicts"]["holds"] = 1.into()),
        ("statement.as_expected", |report| report["statements"][0]["as_expected"] = false.into()),
        ("statement.why_vacuous", |report| report["statements"][0]["why_vacuous"] = "no reason".into()),
        ("statement.as_expected", |report| report["cells"][1]["outcome"]["verdict"] = "violated".into()),
    ];
    for (path, change) in changes {
        let (code, text) = folder.replay_edited(change);
        assert!(code == 70 && text.contains(&format!("`{path}` is ")), "{path}: {code}: {text}");
    }
    let (code, text) = folder.replay_edited(|_| ());
    assert!(code == 0 && text.contains("holds by"), "{text}");
}

#[test]
fn a_failure_taken_out_of_a_report_is_noticed() {
    let folder = Folder::new();
    folder.check_text(&valueless());
    let (code, text) = folder.replay_edited(|report| report["cells"][0]["failure"] = serde_json::Value::Null);
    assert!(code == 70 && text.contains("`cell.failure` is "), "{code}: {text}");
}

/// Lines of a text that has no line beyond 80 columns.
fn narrow(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
    lines
}

#[test]
fn what_a_check_prints_fits_80_columns_without_a_broken_word_and_says_what_was_exercised() {
    let folder = Folder::new();
    let statements = ["descent-lemma-limit", "theorem1-nonconvex-variance-sharp"];
    let text = printed(&folder, &[&["check", "--quick", "--cells"], &statements[..]].concat());
    let lines = narrow(&text);
    for whole in ["descent-lemma-limit", "theorem1-nonconvex-variance-sharp", "violated,", "enumeration"] {
        assert!(lines.iter().any(|line| line.split_whitespace().any(|word| word == whole)), "{whole}: {text}");
    }
    assert!(says(&text.replace("\n  ", " "), "descent-lemma-limit was exercised with error sources:"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour where there is no terminal");
}

#[test]
fn what_a_statement_names_and_no_cell_has_is_said() {
    let text = STATEMENT.replace("half > 0", "half + sigma2 + M >= 0").replace("[claim]", "[claim]\n# exact\n");
    let text = text.replace("\n[parameters]", "\nestimates = [[]]\n[parameters]");
    let (code, printed) = Folder::new().check_text(&text);
    assert!(code == 0 && printed.contains("no cell has noise, though the statement names M, sigma2"), "{printed}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_no_text_is_a_path_all_the_same() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = std::ffi::OsStr::from_bytes(b"m\xffne.toml");
    std::fs::write(folder.path().join(name), STATEMENT).unwrap();
    for (command, options) in [("check", &["--quick"][..]), ("show", &[]), ("graph", &[])] {
        let mut run = Command::cargo_bin("lemmata").unwrap();
        run.current_dir(folder.path()).arg(command).arg(name).args(options).assert().code(0);
    }
}

#[test]
fn what_is_false_on_purpose_is_not_as_expected_with_cells_in_error() {
    let text = STATEMENT.replace(
        "\n[parameters]",
        "expect = \"violated\"\nestimates = [[]]\nhorizons = [1, 10]\nproblems = [{ family = \"diagonal-quadratic\", \
             spectrum = [1] }, { family = \"diagonal-quadratic\", spectrum = [2] }]\n[parameters]",
    );
    let text = text.replace("lhs = \"f[k+1]\"", "lhs = \"f[k] + 10^6 + if(L > 1.5, 1, 1/(L - L))\"");
    let (code, printed) = Folder::new().check_text(&text);
    assert!(code == 2 && printed.contains("EVERYWHERE"), "{code}: {printed}");
}

#[test]
fn what_was_passed_over_without_a_word_is_refused_at_its_place() {
    let define = |head: &str| format!("[define]\n\"{head}\" = \"f[a]\"\n\n[claim]");
    assert!(says(&refused("[claim]", &define("P[a,a]")), "have the same name `a`"));
    let (code, text) = Folder::new().check_text(&STATEMENT.replace("[claim]", &define("P[a,j]")));
    assert_eq!(code, 0, "{text}");
    let corollary = |name: &str| {
        format!(
            "id = \"mine\"\ntitle = \"t\"\nsource = \"s\"\nproof = \"p\"\ninstantiates = \"theorem1-nonconvex\"\n[substitute]\n{name} = \"1/2\"\n"
        )
    };
    let (code, text) = Folder::new().check_text(&corollary("alpha"));
    assert!(code == 2 && says(&text, "nothing that is taken over speaks of `alpha`"), "{text}");
    assert!(says(&text, "mine.toml:7:1"), "{text}");
    let (code, text) = Folder::new().check_text(&corollary("theta"));
    assert!(code != 2, "{text}");
}

#[test]
fn long_sums_are_refused_when_the_file_is_read() {
    let sum = |from: &str| refused("rhs = \"f[k]", &format!("rhs = \"{from} + f[k]"));
    for long in [
        "0*sum(i in 0..2000, sum(j in 0..2000, 1))",
        "0*sum(i in 0..1048577, 1)",
        "norm2(sum(i in 0..1100, mean(j in 0..1100, x[0])))",
    ] {
        assert!(says(&sum(long), "more than 2^20 terms"), "{long}");
    }
    let sum = "sum(i in 0..2000, sum(j in 0..2000, 1))";
    for (from, to) in [
        ("plain = \"half > 0\"", format!("plain = \"{sum} > 0\"")),
        ("in = \"(0, 1]\"", format!("in = \"(0, {sum}]\"")),
        ("try = [\"0.5\"]", format!("try = [\"1/{sum}\"]")),
    ] {
        assert!(says(&refused(from, &to), "more than 2^20 terms"), "{to}");
    }
    let horizons = |text: &str| text.replace("\n[parameters]", "horizons = [2000]\n[parameters]");
    let nested = "rhs = \"0*sum(i in 0..K, sum(j in 0..K, 1)) + f[k]";
    let (code, text) = Folder::new().check_text(&horizons(&STATEMENT.replace("rhs = \"f[k]", nested)));
    assert!(code == 2 && says(&text, "for K = 2000"), "{text}");
    let short = STATEMENT.replace("rhs = \"f[k]", nested).replace("\n[parameters]", "horizons = [10]\n[parameters]");
    let (code, text) = Folder::new().check_text(&short);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn estimates_that_can_stand_nowhere_are_refused_at_their_place() {
    let add = |line: &str| STATEMENT.replace("\n[parameters]", &format!("{line}\n[parameters]"));
    for (source, message) in [
        ("{ source = \"average\", operator = { name = \"rand-k\", share = 0.5 } }", "use each-worker"),
        ("{ source = \"each-worker\", operator = { name = \"top-k\", share = 2 } }", "share of 2 is not between"),
        ("{ source = \"rademacher\", size = -1 }", "-1 is no valid size"),
        ("{ source = \"rademacher\", size = \"=1/K\" }", "depends on K"),
    ] {
        let (code, text) = Folder::new().check_text(&add(&format!("estimates = [[{source}]]")));
        assert_eq!(code, 2, "{text}");
        assert!(says(&text, message) && says(&text, "mine.toml:6:"), "{message}: {text}");
    }
}

#[test]
fn messages_name_the_cause() {
    let problem = "{ family = \"diagonal-quadratic\", spectrum = [1] }";
    let witness = with_witness(problem, "").replace("gamma = \"1/2\"", "gamma = \"1/(2*L)\"");
    assert_eq!(Folder::new().check_text(&witness).0, 0);
    let (code, text) = Folder::new().check_text(&witness.replace("given = { L = \"1\" }\n", ""));
    assert!(code == 2 && says(&text, "`given` of the witness lacks `L`"), "{text}");
    let (code, text) = Folder::new().check_replaced("rhs = \"f[k]", "rhs = \"0*norm2(grad[inf]) + f[k]");
    assert!(code == 2 && !text.contains("9223372036854775807"), "{text}");
    assert!(text.replace("\n  ", " ").contains("the limit `grad[inf]` is not known on this run"), "{text}");
}

#[test]
fn methods_are_listed_and_shown() {
    let folder = Folder::new();
    let listed = folder.lemmata(&["list", "--methods"]).success();
    let text = String::from_utf8_lossy(&listed.get_output().stdout).into_owned();
    assert!(
        text.lines().any(|line| line.starts_with("ef21-momentum ") && line.contains("EF21 with momentum")),
        "{text}"
    );
    folder.lemmata(&["show", "heavy-ball"]).success().stdout(saying("p = x - gamma*g + beta*(x - w)"));
}

#[test]
fn a_check_prints_json_and_nothing_else_where_it_is_asked_to() {
    let folder = Folder::new();
    let document = folder.lemmata(&["check", "averaging", "--quick", "--json"]).success().stderr("");
    let document: Report = serde_json::from_slice(&document.get_output().stdout).unwrap();
    assert_eq!(document, folder.report("check.json"));
    let lines = folder.lemmata(&["check", "averaging", "--quick", "--json=lines"]).success();
    let lines = String::from_utf8_lossy(&lines.get_output().stdout).into_owned();
    assert_eq!(lines.lines().count(), document.cells.len());
    assert!(lines.lines().all(|line| serde_json::from_str::<report::CellReport>(line).is_ok()));
    folder.lemmata(&["check", "averaging", "--quick", "--json=words"]).code(2);
}

#[test]
fn a_quiet_check_speaks_of_what_is_not_as_expected_alone() {
    let folder = Folder::new();
    folder.lemmata(&["check", "averaging", "--quick", "--quiet"]).success().stdout("").stderr("");
    folder.write("mine.toml", &STATEMENT.replace("half*gamma", "9*gamma"));
    let printed = folder.lemmata(&["check", "averaging", "mine.toml", "--quick", "--quiet"]).code(1);
    let printed = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    assert!(printed.contains("mine") && !printed.contains("averaging"), "{printed}");
}

#[test]
fn statements_come_from_standard_input_and_from_folders() {
    let folder = Folder::new();
    let mut piped = Command::cargo_bin("lemmata").unwrap();
    let piped = piped.current_dir(folder.path()).args(["check", "-", "--quick"]).write_stdin(STATEMENT);
    piped.assert().success().stdout(saying("mine"));
    std::fs::create_dir_all(folder.path().join("theorems/deep")).unwrap();
    folder.write("theorems/mine.toml", STATEMENT);
    folder.write("theorems/deep/yours.toml", &STATEMENT.replace("\"mine\"", "\"yours\""));
    folder.write("theorems/notes.txt", "no statement");
    let both = folder.lemmata(&["check", "theorems", "--quick"]).success();
    both.stdout(saying("2 statements"));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.lemmata(&["check", "empty", "--quick"]).code(2).stderr(saying("no statement"));
}

#[test]
fn tables_pages_and_completions_are_printed() {
    let folder = Folder::new();
    folder.lemmata(&["check", "averaging", "descent-lemma", "--quick"]).success();
    for (form, part) in [("latex", "\\begin{tabular}"), ("csv", "statement,verdict,bound"), ("markdown", "| --- |")] {
        let table = folder.lemmata(&["table", "reports/check.json", "--as", form]).success();
        table.stdout(saying(part)).stdout(saying("descent-lemma"));
    }
    folder.lemmata(&["docs"]).success().stdout(saying("statements"));
    folder.lemmata(&["docs", "statements"]).success().stdout(saying("[claim]"));
    folder.lemmata(&["docs", "statement"]).code(2).stderr(saying("did you mean `statements`"));
    for shell in ["bash", "zsh", "fish"] {
        folder.lemmata(&["completions", shell]).success().stdout(saying("baseline"));
    }
}

#[test]
fn the_pages_that_are_written_from_the_program_are_committed_as_they_are() {
    let folder = Folder::new();
    for topic in ["reference", "conformance"] {
        let written = folder.lemmata(&["docs", topic]).success();
        let written = String::from_utf8_lossy(&written.get_output().stdout).into_owned();
        let committed = std::fs::read_to_string(format!("docs/{topic}.md")).unwrap_or_default();
        assert!(committed.trim_end() == written.trim_end(), "write `lemmata docs {topic}` to docs/{topic}.md");
    }
}

#[test]
fn a_statement_that_is_gone_is_worse_than_the_baseline_where_a_folder_is_checked() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("theorems")).unwrap();
    folder.write("theorems/mine.toml", STATEMENT);
    folder.write("theorems/yours.toml", &STATEMENT.replace("\"mine\"", "\"yours\""));
    folder.lemmata(&["check", "theorems", "--quick"]).success();
    let baseline = folder.lemmata(&["baseline", "reports/check.json"]).success();
    folder.write("baseline.json", &String::from_utf8_lossy(&baseline.get_output().stdout));
    let again = ["check", "theorems", "--quick", "--quiet", "--baseline", "baseline.json"];
    folder.lemmata(&again).success().stdout("");
    std::fs::remove_file(folder.path().join("theorems/yours.toml")).unwrap();
    folder.lemmata(&again).code(1).stdout(saying("yours")).stdout(saying("not checked"));
    folder.lemmata(&["check", "theorems/mine.toml", "--quick", "--baseline", "baseline.json"]).success();
}
