//! Reports as pages: what a reader finds on them, and that nothing of a file becomes part of the page itself.

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A statement of a stranger that is false, whose title would be an element.
const FALSE: &str = r#"id = "mine"
title = "A step <script>alert(1)</script> descends & more"
kind = "pathwise"
source = "nowhere"
proof = "none"
method = "gradient-descent"
problems = [{ family = "diagonal-quadratic", spectrum = [1, 2] }]

[parameters]
gamma = { in = "(0, 1/L]", try = ["1/L"] }

[claim]
for_all = "k in 0..K"
lhs = "f[k+1]"
rhs = "f[k] - gamma*norm2(grad[k])"
"#;

fn lemmata(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("lemmata").unwrap().current_dir(folder).env("NO_COLOR", "1").args(arguments).assert()
}

/// The page of a file, which `lemmata report` writes beside it.
fn page(folder: &Path, file: &str, arguments: &[&str]) -> String {
    lemmata(folder, &[&["report", file], arguments].concat()).success();
    let path = folder.join(file).with_extension("html");
    std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// What must be true of every page.
fn is_sound(page: &str) {
    for outside in ["src=\"", "href=\"http", "url(", "@import", "<iframe", "fetch("] {
        assert!(!page.contains(outside), "the page reaches outside by {outside}");
    }
    assert_eq!(page.matches("<script").count(), 1, "no script but the page's own");
    assert!(
        page.starts_with("<!DOCTYPE html>")
            && page.contains("<html lang=\"en\">")
            && page.trim_end().ends_with("</html>")
    );
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "an id stands twice");
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(distinct.contains(target), "a link leads nowhere: #{target}");
    }
    assert!(!page.contains("NaN") && !page.contains("{{") && !page.contains("undefined"), "{page}");
}

/// Without its scripts and what tags say.
fn text_of(page: &str) -> String {
    let body = page.split("<body>").nth(1).unwrap_or_default();
    let body = body.split("<script").next().unwrap_or_default();
    body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_page_of_a_check_has_the_verdict_of_every_statement_without_any_script() {
    let folder = TempDir::new().unwrap();
    let names = ["smooth-descent", "descent-lemma", "theorem1-nonconvex", "descent-lemma-limit"];
    lemmata(folder.path(), &[&["check", "--quick"], &names[..]].concat()).success();
    lemmata(folder.path(), &["baseline", "reports/check.json"]).success();
    let page = page(folder.path(), "reports/check.json", &["--baseline", "reports/check.json"]);
    is_sound(&page);
    let text = text_of(&page);
    assert!(text.contains("3 are proved for all parameters, 1 is false on purpose and found so."), "{text}");
    assert!(text.contains("0 worse"), "{text}");
    // What a baseline has and the check has not is said: it may be gone.
    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/baseline.json");
    let beside_all = text_of(&self::page(folder.path(), "reports/check.json", &["--baseline", whole]));
    assert!(beside_all.contains("statements of it were not checked here"), "{beside_all}");
    assert!(!text.contains("not checked here"), "{text}");
    for name in names {
        assert!(
            page.contains(&format!(
                "<section class=\"card {}\" id=\"{name}\"",
                if name == "descent-lemma-limit" { "expected" } else { "proved" }
            )),
            "{name}"
        );
    }
    assert!(page.contains("<math display=\"block\">") && page.contains("<polyline class=\"curve bound\""));
    assert!(text.contains("proof checked: 6 cases, 7 multipliers"), "{text}");
    assert!(page.contains("class=\"graph\"") && page.contains("href=\"#smooth-descent\""));
}

#[test]
fn a_violated_statement_stands_first_with_the_simplest_counterexample_and_its_command() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine.toml"), FALSE).unwrap();
    lemmata(folder.path(), &["check", "smooth-descent", "mine.toml", "--quick"]).code(1);
    let page = page(folder.path(), "reports/check.json", &[]);
    is_sound(&page);
    assert!(page.contains("A step &lt;script&gt;alert(1)&lt;&#x2f;script&gt; descends &amp; more"), "a title is text");
    assert!(page.contains("<strong class=\"violated\">1 of 2 statements is violated.</strong>"));
    let mine = page.find("<section class=\"card violated\" id=\"mine\"");
    let shipped = page.find("<section class=\"card proved\" id=\"smooth-descent\"");
    assert!(mine.is_some() && shipped > mine, "{mine:?}, {shipped:?}");
    assert!(page.contains("Counterexample, simplest first") && page.contains("Where it fails"));
    // The command on the card shows the violation again.
    let command = page.split("lemmata replay reports&#x2f;check.json --cell ").nth(1).unwrap();
    let number: String = command.chars().take_while(char::is_ascii_digit).collect();
    lemmata(folder.path(), &["replay", "reports/check.json", "--cell", &number]).code(1);
}

#[test]
fn names_in_an_edited_report_are_no_part_of_the_page() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine.toml"), FALSE).unwrap();
    lemmata(folder.path(), &["check", "mine.toml", "--quick"]).code(1);
    let report = std::fs::read_to_string(folder.path().join("reports/check.json")).unwrap();
    let hostile = "\"x\\\"><script>alert(2)</script>\"";
    for (name, edited) in [
        ("over", report.replace("\"over\":\"gamma\"", &format!("\"over\":{hostile}"))),
        ("id", report.replace("\"mine\"", hostile)),
    ] {
        assert_ne!(edited, report, "{name}");
        std::fs::write(folder.path().join("edited.json"), edited).unwrap();
        let page = page(folder.path(), "edited.json", &[]);
        assert!(!page.contains("<script>alert(2)"), "{name}");
    }
}

#[test]
fn every_kind_of_report_has_a_page() {
    let folder = TempDir::new().unwrap();
    lemmata(folder.path(), &["calibrate", "--cells", "200", "--replicates", "300"]).success();
    let calibration = page(folder.path(), "reports/calibrate.json", &[]);
    is_sound(&calibration);
    assert!(text_of(&calibration).contains("rates of wrong decisions keep their levels"));
    lemmata(folder.path(), &["audit", "averaging", "--quick", "--budget", "2000cells", "--no-store"]);
    let audit = page(folder.path(), "reports/audit.json", &[]);
    is_sound(&audit);
    assert!(text_of(&audit).contains("killed"));
    let comparison = "id = \"small\"\ntitle = \"Two\"\nhorizon = 4\nlevel = 0.1\nsame_steps = [0.5]\ngrid = []\n\
        problems = [{ family = \"diagonal-quadratic\", spectrum = [1, 2] }]\nestimates = [[]]\n\
        predictions = [\"theorem1-nonconvex\"]\n\
        [[contenders]]\nname = \"sgd\"\nparameters = { beta = 1 }\n[[contenders]]\nname = \"momentum\"\nparameters = { beta = 0.5 }\n";
    std::fs::write(folder.path().join("small.toml"), comparison).unwrap();
    lemmata(folder.path(), &["compare", "small.toml", "--quick"]).success();
    let compared = page(folder.path(), "reports/compare-small.json", &[]);
    is_sound(&compared);
    assert!(text_of(&compared).contains("no difference shown") && compared.contains("theorem1-nonconvex:"));
}

#[test]
fn a_proof_and_a_counterexample_have_pages_which_check_them() {
    let folder = TempDir::new().unwrap();
    let proof = std::fs::read_to_string("theorems/proofs/smooth-descent.json").unwrap();
    std::fs::write(folder.path().join("proof.json"), &proof).unwrap();
    let valid = page(folder.path(), "proof.json", &[]);
    is_sound(&valid);
    assert!(text_of(&valid).contains("The proof is valid"));
    let broken = proof.replacen("\"value\":\"1\"", "\"value\":\"2\"", 1);
    assert_ne!(proof, broken);
    std::fs::write(folder.path().join("broken.json"), broken).unwrap();
    assert!(text_of(&page(folder.path(), "broken.json", &[])).contains("The proof is rejected"), "REJECT");
    // With a list of problems, what obeys all that is known of a run may be none.
    let general = FALSE.replace("problems = [{ family = \"diagonal-quadratic\", spectrum = [1, 2] }]\n", "");
    for (text, code, says) in [(general.as_str(), 1, "The statement is false"), (FALSE, 3, "and may be none")] {
        std::fs::write(folder.path().join("mine.toml"), text).unwrap();
        lemmata(folder.path(), &["prove", "mine.toml", "--output", "proofs"]).code(code);
        let refuted = page(folder.path(), "proofs/mine.refuted.json", &["--statement", "mine.toml"]);
        is_sound(&refuted);
        assert!(text_of(&refuted).contains(says), "{refuted}");
    }
}

#[test]
fn what_is_no_report_has_no_page() {
    let folder = TempDir::new().unwrap();
    for (text, says) in [("{}", "kind"), ("no JSON", "JSON"), ("{\"cells\": [], \"schema_version\": 8}", "8")] {
        std::fs::write(folder.path().join("other.json"), text).unwrap();
        let printed = lemmata(folder.path(), &["report", "other.json"]).code(2);
        let printed = String::from_utf8_lossy(&printed.get_output().stderr).into_owned();
        assert!(printed.contains(says), "{text}: {printed}");
        assert!(!folder.path().join("other.html").exists());
    }
}
