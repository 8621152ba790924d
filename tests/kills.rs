//! Work that is killed at any time goes on where it was: nothing finished is lost, and nothing is counted twice. Where
//! the disk has no room, an earlier report stays as it was.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tempfile::TempDir;

/// Kills in a run of the suite, and in the long preset.
const FEW: usize = 6;
const MANY: usize = 50;

fn lemmata(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lemmata"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whole lines of a journal but its first one, each without its result.
fn finished(journal: &Path) -> Vec<[String; 3]> {
    let text = std::fs::read(journal).unwrap_or_default();
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty());
    let named = |line: &[u8]| {
        let entry: Value = serde_json::from_slice(line).expect("a whole line");
        ["statement", "hash", "task"].map(|name| entry[name].to_string())
    };
    lines.map(named).collect()
}

/// The report without what produced it.
fn report(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("reports/{name}.json"))).expect("a report");
    let mut report: Value = serde_json::from_str(&text).expect("JSON");
    report.as_object_mut().expect("an object").remove("provenance");
    report
}

/// Runs the command, killing it so many times within its first `most` milliseconds, then to its end; the report must be
/// that of a run that was never killed.
fn killed(arguments: &[&str], name: &str, kills: usize, most: u64) {
    let [folder, unbroken] = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (folder, unbroken) = (folder.path(), unbroken.path());
    let code = lemmata(unbroken, arguments).status().expect("an end").code();
    let journal = folder.join(format!("reports/{name}.journal"));
    let mut random = rand_pcg::Pcg64::seed_from_u64(7);
    let mut before: Vec<[String; 3]> = Vec::new();
    let mut killed = 0;
    while killed < kills {
        let mut child = lemmata(folder, arguments).spawn().expect("a process");
        std::thread::sleep(Duration::from_millis(random.random_range(1..most)));
        if child.try_wait().expect("a state").is_some() {
            // It was done before it could be killed; the next one begins anew.
            before.clear();
            killed += 1;
            continue;
        }
        child.kill().expect("a kill");
        child.wait().expect("an end");
        killed += 1;
        let now = finished(&journal);
        assert!(now.starts_with(&before), "a finished piece of work is lost");
        let distinct: BTreeSet<&[String; 3]> = now.iter().collect();
        assert_eq!(distinct.len(), now.len(), "a piece of work was done twice");
        before = now;
    }
    assert_eq!(lemmata(folder, arguments).status().expect("an end").code(), code);
    assert!(!journal.exists(), "work that is complete leaves no journal");
    assert_eq!(report(folder, name), report(unbroken, name));
}

const CHECK: [&str; 6] = ["check", "descent-lemma", "theorem1-nonconvex", "theorem1-pl", "averaging", "clipped-error"];
const AUDIT: [&str; 5] = ["audit", "averaging", "clip-nonexpansive", "--quick", "--no-store"];

#[test]
fn a_check_that_is_killed_goes_on_where_it_was() {
    killed(&[&CHECK[..], &["--quick"]].concat(), "check", FEW, 700);
}

#[test]
fn an_audit_that_is_killed_goes_on_where_it_was() {
    killed(&AUDIT, "audit", FEW, 1500);
}

#[test]
#[ignore = "a minute: scripts/test-long"]
fn fifty_kills_lose_nothing() {
    killed(&CHECK, "check", MANY, 2000);
    killed(&AUDIT, "audit", MANY, 2000);
}

#[test]
fn a_journal_of_another_check_gives_way_and_a_file_that_is_none_does_not() {
    let folder = TempDir::new().unwrap();
    let journal = folder.path().join("reports/check.journal");
    std::fs::create_dir_all(folder.path().join("reports")).unwrap();
    let check = |seed: &str| {
        let arguments = ["check", "averaging", "--quick", "--seed", seed];
        lemmata(folder.path(), &arguments).status().expect("an end").code()
    };
    std::fs::write(&journal, "{\"journal\":1,\"settings\":{}}\n").unwrap();
    assert_eq!(check("1"), Some(0));
    assert!(!journal.exists());
    std::fs::write(&journal, "my own notes\n").unwrap();
    assert_eq!(check("1"), Some(2));
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "my own notes\n");
}

/// A limit of the size of files stands for a disk without room: a write beyond it fails in the same way.
#[cfg(unix)]
#[test]
fn a_disk_without_room_leaves_the_earlier_report_whole() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let kept = |name: &str| std::fs::read_to_string(folder.join(format!("reports/{name}.json"))).unwrap();
    let files = || std::fs::read_dir(folder.join("reports")).unwrap().count();
    for (name, arguments) in [
        ("check", vec!["check", "averaging", "--quick"]),
        ("audit", vec!["audit", "averaging", "--quick", "--no-store"]),
    ] {
        assert_eq!(lemmata(folder, &arguments).status().expect("an end").code(), Some(0), "{name}");
        let (before, count) = (kept(name), files());
        let script = "trap '' XFSZ; ulimit -f 2; exec \"$@\"";
        let ended = Command::new("sh")
            .current_dir(folder)
            .args(["-c", script, "sh", env!("CARGO_BIN_EXE_lemmata")])
            .args(&arguments)
            .output()
            .expect("an end");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(&format!("{name}.")) && said.contains("os error 27"), "{name}: {said}");
        assert_eq!(kept(name), before, "{name}");
        // A journal may stay: the same command goes on from it once there is room.
        assert!(files() <= count + 1, "{name}");
        assert_eq!(lemmata(folder, &arguments).status().expect("an end").code(), Some(0), "{name}");
    }
}
