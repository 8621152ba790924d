//! The programs in `examples` do what their texts say.

use std::path::PathBuf;
use std::process::Command;

/// An example that was built with the tests.
fn example(name: &str) -> Command {
    let own = std::env::current_exe().expect("this test's own file");
    let folder: PathBuf = own.parent().and_then(|deps| deps.parent()).expect("a target folder").join("examples");
    let program = folder.join(name);
    assert!(program.exists(), "{} is not built: cargo build --examples", program.display());
    Command::new(program)
}

#[test]
fn every_example_of_a_check_ends_as_it_says() {
    for name in ["own_theorem", "own_method", "own_family", "own_oracle"] {
        let output = example(name).output().expect("an end");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("holds"), "{name}");
    }
}

#[test]
fn the_gate_leaves_a_report_and_a_page_and_ends_with_the_code_of_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let gate = |theorems: &str| {
        let output = folder.path().join("gate");
        example("ci_gate").arg(theorems).arg(&output).output().expect("an end").status.code()
    };
    assert_eq!(gate("examples/theorems"), Some(0));
    let page = std::fs::read_to_string(folder.path().join("gate/gate.html")).unwrap();
    assert!(page.contains("step-decreases"));
    let broken = std::fs::read_to_string("examples/theorems/step-decreases.toml").unwrap().replace("gamma/2", "gamma");
    std::fs::create_dir(folder.path().join("theorems")).unwrap();
    std::fs::write(folder.path().join("theorems/step-decreases.toml"), broken).unwrap();
    assert_eq!(gate(folder.path().join("theorems").to_str().unwrap()), Some(1), "REJECT");
}
