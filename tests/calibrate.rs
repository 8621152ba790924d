//! The statistical verdicts keep their error where the truth is known, find planted errors, and the
//! calibration that says so fails where they would not.
//!
//! Seeds are fixed. On a sound program a calibration fails with probability 1e-6 at most.

use assert_cmd::Command;
use lemmata::calibrate::{ALL, CalibrateSettings, Calibration, Event, Rate, run};
use tempfile::TempDir;

const SMALL: CalibrateSettings = CalibrateSettings { cells: 300, delta: 0.05, seed: 5, replicates: 1000, defect: 0.0 };

fn calibrated(settings: &CalibrateSettings) -> Calibration {
    run(settings, &|| ()).unwrap_or_else(|err| panic!("{err}"))
}

fn rate(calibration: &Calibration, event: Event) -> &Rate {
    calibration.rates.iter().find(|rate| rate.event == event && rate.form.is_none()).unwrap()
}

#[test]
fn false_alarms_are_as_rare_as_promised_and_large_errors_are_found() {
    let calibration = calibrated(&SMALL);
    assert_eq!(calibration.exceeded().count(), 0, "{:#?}", calibration.exceeded().collect::<Vec<_>>());
    for event in [Event::Refuted, Event::Confirmed, Event::Supported] {
        let rate = rate(&calibration, event);
        assert_eq!(rate.trials, 300);
        assert!(rate.share.limits[1].unwrap() <= 0.05, "{rate:#?}");
    }
    for event in [Event::TrueRefuted, Event::FalseHeld] {
        assert_eq!(rate(&calibration, event).count, 0, "{event:?}");
    }
    for row in calibration.power.iter().filter(|row| row.form == ALL) {
        let [small, _, large] = row.shifts.as_slice() else { panic!("three shifts") };
        assert!(large.found.value >= Some(0.9), "{row:#?}");
        assert!(small.found.value < large.found.value, "{row:#?}");
    }
    let held = |tail: &str| {
        let row = calibration.power.iter().find(|row| row.form == ALL && row.tail == tail).unwrap();
        row.shifts[2].held.value
    };
    assert!(held("bounded") >= Some(0.5));
    // Nothing is known of the upper tail.
    assert_eq!(held("bounded-below"), Some(0.0));
}

#[test]
fn reject_a_calibration_whose_null_right_hand_sides_are_below_the_mean() {
    let calibration = calibrated(&CalibrateSettings { cells: 100, defect: 0.2, ..SMALL });
    assert!(rate(&calibration, Event::Refuted).exceeded);
    assert!(rate(&calibration, Event::Confirmed).exceeded);
}

#[test]
fn reject_a_calibration_whose_null_right_hand_sides_are_above_the_mean() {
    let calibration = calibrated(&CalibrateSettings { cells: 100, defect: -0.2, ..SMALL });
    assert!(rate(&calibration, Event::Supported).exceeded);
    assert!(!rate(&calibration, Event::Refuted).exceeded);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let settings = CalibrateSettings { cells: 100, replicates: 50, ..SMALL };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| calibrated(&settings))
    };
    assert_eq!(with(1), with(3));
}

fn program(arguments: &[&str]) -> (i32, String, TempDir) {
    let folder = TempDir::new().unwrap();
    let output =
        Command::cargo_bin("lemmata").unwrap().current_dir(folder.path()).arg("calibrate").args(arguments).output();
    let output = output.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap(), folder)
}

#[test]
fn the_program_prints_two_tables_and_leaves_a_report() {
    let (code, printed, folder) = program(&["--cells", "100", "--replicates", "100", "--name", "mine"]);
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("null cell refuted") && printed.contains("50 % too low: found"), "{printed}");
    let report = std::fs::read_to_string(folder.path().join("reports/mine.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let read: Calibration = serde_json::from_value(report["calibration"].clone()).unwrap();
    assert_eq!(read.settings.cells, 100);
    assert!(report["provenance"]["commit"].is_string());
}

#[test]
fn a_calibration_that_fails_says_so_and_ends_with_code_one() {
    let (code, printed, _) = program(&["--cells", "100", "--replicates", "400", "--defect", "0.4"]);
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("FAILED: null cell refuted"), "{printed}");
}

#[test]
fn what_cannot_be_calibrated_is_bad_input() {
    for arguments in [["--delta", "1"], ["--defect", "1"], ["--cells", "5"], ["--replicates", "0"], ["--name", "a/b"]] {
        let (code, printed, _) = program(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {printed}");
    }
}
