//! The program as a user runs it: what it prints, what it writes, how it ends.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lemmata::report::{self, Report};
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

    fn report(&self, name: &str) -> Report {
        report::read(&self.path().join("reports").join(name)).unwrap()
    }
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
fn a_hypothesis_that_never_holds_ends_with_3_and_says_so() {
    let (code, text) = Folder::new().check_replaced("half > 0", "half < 0");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("VACUOUS") && text.contains("hypothesis `plain` does not certainly hold"), "{text}");
}

#[test]
fn a_claim_without_a_value_is_bad_input_and_never_a_verdict() {
    let (code, text) = Folder::new().check_replaced("lhs = \"f[k+1]\"", "lhs = \"f[k+1]/(L - L)\"");
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
    folder.lemmata(&["check", "no-such.toml"]).code(2).stderr(predicates::str::contains("no-such.toml"));
    folder.lemmata(&["check", "no-such-lemma"]).code(2).stderr(predicates::str::contains("shows the shipped ones"));
}

#[test]
fn a_file_that_is_no_statement_is_refused_whatever_it_holds() {
    let folder = Folder::new();
    folder.write("big.toml", &"#".repeat(10 << 20));
    folder.lemmata(&["check", "big.toml"]).code(2).stderr(predicates::str::contains("10485760 bytes"));
    std::fs::write(folder.path().join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    folder.lemmata(&["check", "binary.toml"]).code(2).stderr(predicates::str::contains("not UTF-8"));
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
    assert.code(2).stderr(predicates::str::contains("cannot write"));
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

#[test]
fn every_report_obeys_the_committed_schema() {
    let committed = std::fs::read_to_string("reports/schema.json").unwrap();
    assert!(
        committed.trim_end() == report::schema(),
        "the report's types have changed: write `lemmata schema` to reports/schema.json, and raise SCHEMA_VERSION"
    );
    let folder = Folder::new();
    folder.lemmata(&["check", "--quick"]).success();
    let report = std::fs::read_to_string(folder.path().join("reports/check.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&committed).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|err| err.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = report;
    broken["cells"][0]["outcome"]["verdict"] = "proved".into();
    assert!(!validator.is_valid(&broken), "REJECT: an invented verdict");
}

#[test]
fn the_skeleton_runs_as_it_is() {
    let folder = Folder::new();
    folder.lemmata(&["new", "my-lemma"]).success();
    folder.lemmata(&["check", "my-lemma.toml", "--quick"]).success();
    folder.lemmata(&["new", "my-lemma"]).code(2).stderr(predicates::str::contains("choose another"));
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
    folder.write("old.json", &text.replacen("\"schema_version\": 1", "\"schema_version\": 999", 1));
    folder.lemmata(&["replay", "old.json", "--cell", "0"]).code(2).stderr(predicates::str::contains("999"));
    folder.write("edited.json", &text.replace("half = \\\"1/2\\\"", "half = \\\"1/3\\\""));
    folder.lemmata(&["replay", "edited.json", "--cell", "0"]).code(2).stderr(predicates::str::contains("edited"));
}

#[test]
fn whole_runs_in_high_precision_say_so_in_the_report() {
    let folder = Folder::new();
    let arguments = ["check", "theorem1-nonconvex", "--quick", "--precision", "128", "--name", "precise"];
    folder.lemmata(&arguments).success();
    assert!(folder.report("precise.json").cells.iter().all(|cell| cell.arithmetic.contains("mpfr 128 bits")));
}
