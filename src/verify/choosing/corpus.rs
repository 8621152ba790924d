//! Stored witnesses: the worst instances of a statement that an audit has found, kept as data beside the
//! statement's file and checked before anything else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statement::{MAX_FILE_BYTES, Statement, StatementError, Stored, id_defect};
use crate::text::{self, is_control};
use crate::verify::instances::CellSpec;

/// The stored witnesses of a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredCells {
    /// Identifier of the statement.
    pub statement: String,
    /// The instances, in the order in which they are checked.
    pub cells: Vec<StoredCell>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredCell {
    /// What it shows, in one line.
    pub doc: String,
    /// The instance. It is no witness of the statement's file.
    pub spec: CellSpec,
}

/// Why stored witnesses could not be written. An earlier file is never harmed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder or the file cannot be written.
    #[error("cannot write the stored witnesses {path}: {cause}")]
    Write {
        /// Target.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// They could not be read again.
    #[error("these are no stored witnesses: {0}")]
    Unreadable(String),
}

/// The stored witnesses of the statement; none where it has no file of them.
///
/// # Errors
/// When its file of them is malformed, or is another statement's. The error names the file and the place.
pub fn read(statement: &Statement) -> Result<Vec<StoredCell>, Box<StatementError>> {
    let Some(stored) = &statement.stored else { return Ok(Vec::new()) };
    let found = parse(stored)?;
    if found.statement == statement.id {
        Ok(found.cells)
    } else {
        Err(stored
            .error(None, format!("these are the stored witnesses of `{}`, not of `{}`", found.statement, statement.id)))
    }
}

/// Writes the stored witnesses to `folder/ID.json`, through a temporary file which then takes that name;
/// returns the path. The same witnesses are always the same bytes. The folder of a statement's file is
/// [`stored_folder`](crate::statement::stored_folder), and it is made where there is none.
///
/// # Errors
/// When they could not be read again: a `doc` of more than one line, a number that is not finite, a cell
/// that is a witness of the statement's file, too many of them. When the folder cannot be made or written to.
pub fn write(cells: &StoredCells, folder: &Path) -> Result<PathBuf, StoreError> {
    if let Some(defect) = id_defect(&cells.statement) {
        return Err(StoreError::Unreadable(format!("the id `{}` {defect}", cells.statement)));
    }
    let text = readable(cells).map_err(StoreError::Unreadable)?;
    let path = folder.join(format!("{}.json", cells.statement));
    match text::write(&path, |file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(path),
        Err(cause) => Err(StoreError::Write { path, cause }),
    }
}

/// The text of the file, which reads as these very witnesses.
fn readable(cells: &StoredCells) -> Result<String, String> {
    let text = serde_json::to_string_pretty(cells).map_err(|err| err.to_string())? + "\n";
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("they have {} bytes; at most {MAX_FILE_BYTES} are read", text.len()));
    }
    let again = Stored { file: "the file".into(), text: Arc::new(text.clone()) };
    match parse(&again) {
        Err(err) => Err(err.to_string()),
        Ok(read) if read == *cells => Ok(text),
        Ok(_) => Err("they would not be read as they are".to_owned()),
    }
}

fn parse(stored: &Stored) -> Result<StoredCells, Box<StatementError>> {
    // As an excerpt of the file may be shown on a terminal.
    if let Some((line, found)) = text::control_character(&stored.text) {
        return Err(stored.error(None, format!("line {line} has the control character U+{:04X}", u32::from(found))));
    }
    let read: StoredCells = serde_json::from_str(&stored.text).map_err(|err| malformed(stored, &err))?;
    match read.cells.iter().enumerate().find_map(|(i, cell)| Some((i + 1, defect(cell)?))) {
        None => Ok(read),
        Some((number, defect)) => Err(stored.error(None, format!("stored witness {number} {defect}"))),
    }
}

/// What is wrong with an instance that can be read, apart from what a statement makes of it.
fn defect(cell: &StoredCell) -> Option<&'static str> {
    if cell.doc.chars().any(|c| is_control(c) || c == '\n') {
        Some("has a `doc` that is not of one line, or has control characters")
    } else if cell.spec.witness.is_some() {
        Some("names a witness of the statement's file: `witness` is null here")
    } else {
        None
    }
}

/// The mistake that the reader of JSON found, at its place.
fn malformed(stored: &Stored, err: &serde_json::Error) -> Box<StatementError> {
    let message = err.to_string();
    let place = format!(" at line {} column {}", err.line(), err.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    stored.error(Some(place_of(&stored.text, err)), format!("these are no stored witnesses: {message}"))
}

/// The character at which the reader of JSON stopped, as a range of bytes.
fn place_of(text: &str, err: &serde_json::Error) -> std::ops::Range<usize> {
    let before: usize = text.split_inclusive('\n').take(err.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (before + err.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at..text[at..].chars().next().map_or(at, |c| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use crate::inference::Verdict;
    use crate::preset::Preset;
    use crate::statement::load_changed;
    use crate::statement::variant::{Change, Location, Side};
    use crate::statement::{load_file, stored_folder};
    use crate::verify::check_cell;
    use crate::verify::choosing::corpus::*;
    use crate::verify::choosing::plan::Plan;
    use crate::verify::testing::{EFFORT, cell, judging};
    use serde_json::json;
    use tempfile::TempDir;

    /// False where curvature and start are large, which no cell of the suite is.
    const STATEMENT: &str = r#"id = "small"
title = "Gradients are small"
kind = "pathwise"
source = "nowhere"
proof = "none"

[parameters]
gamma = { in = "(0, 1/L]", try = ["1/L"] }

[claim]
for_all = "k in 0..K"
lhs = "norm2(grad[k])"
rhs = "10^6"
"#;

    /// A quadratic of curvature 1 from a far start, where the claim fails at once.
    fn far(gamma: f64) -> CellSpec {
        let problem = json!({ "family": "diagonal-quadratic", "spectrum": [1.0] });
        cell(json!({ "problem": problem, "parameters": { "gamma": gamma }, "horizon": 1, "point": [2000.0] }))
    }

    fn stored(spec: CellSpec) -> StoredCells {
        StoredCells { statement: "small".into(), cells: vec![StoredCell { doc: "a far start".into(), spec }] }
    }

    /// A folder with the statement and these stored witnesses.
    fn folder(cells: &StoredCells) -> TempDir {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("small.toml");
        std::fs::write(&file, STATEMENT).unwrap();
        let written = write(cells, &stored_folder(&file)).unwrap();
        assert_eq!(written, folder.path().join("witnesses/small.json"));
        folder
    }

    fn load(folder: &TempDir) -> Statement {
        load_file(&folder.path().join("small.toml")).unwrap_or_else(|err| panic!("{err}"))
    }

    /// What a person sees of the error that such a file gives.
    fn refused(text: &str) -> String {
        let folder = folder(&stored(far(0.5)));
        std::fs::write(folder.path().join("witnesses/small.json"), text).unwrap();
        let statement = load(&folder);
        let err = Plan::new(&statement, Preset::Quick).map(|_| ()).expect_err("must be refused");
        format!("{:?}", miette::Report::new(*err))
    }

    #[test]
    fn a_stored_counterexample_is_the_first_cell_and_refutes() {
        let folder = folder(&stored(far(0.5)));
        let statement = load(&folder);
        let plan = Plan::new(&statement, Preset::Quick).unwrap();
        assert_eq!(plan.cells[0].spec, far(0.5));
        let verdicts: Vec<Verdict> =
            plan.cells.iter().map(|cell| check_cell(cell, judging(&EFFORT)).unwrap().verdict).collect();
        assert_eq!(verdicts[0], Verdict::Violated);
        assert!(verdicts[1..].iter().all(|verdict| *verdict == Verdict::Holds), "{verdicts:?}");
    }

    #[test]
    fn a_changed_statement_keeps_its_stored_witnesses() {
        let folder = folder(&stored(far(0.5)));
        let place = Location::Claim { number: 0, side: Side::Right };
        let changed = load_changed(&load(&folder), &[Change { place, expression: Some("10^5".into()) }]).unwrap();
        assert_eq!(Plan::new(&changed, Preset::Quick).unwrap().cells[0].spec, far(0.5));
    }

    #[test]
    fn what_is_no_instance_any_more_is_passed_over_with_its_reason() {
        let folder = folder(&stored(far(1.5)));
        let statement = load(&folder);
        let plan = Plan::new(&statement, Preset::Quick).unwrap();
        assert!(plan.cells.iter().all(|cell| cell.spec.point.is_none()));
        let reason = "a stored witness is no instance: parameter `gamma` = 1.5 is not certainly in its range (0, 1/L]";
        assert_eq!(plan.passed_over.get(reason), Some(&1), "{:?}", plan.passed_over);
    }

    #[test]
    fn no_instance_is_planned_twice() {
        let plain = folder(&StoredCells { cells: Vec::new(), ..stored(far(0.5)) });
        let statement = load(&plain);
        let suite = Plan::new(&statement, Preset::Quick).unwrap();
        // Twice in the file, once of the suite, and once with a parameter that the statement lacks.
        let mut cells = stored(far(0.5));
        let mut with_more = far(0.5);
        with_more.parameters.insert("delta".into(), 1.0);
        for spec in [far(0.5), suite.cells[3].spec.clone(), with_more] {
            cells.cells.push(StoredCell { doc: String::new(), spec });
        }
        let full = folder(&cells);
        let statement = load(&full);
        let specs: Vec<CellSpec> =
            Plan::new(&statement, Preset::Quick).unwrap().cells.into_iter().map(|cell| cell.spec).collect();
        assert_eq!(specs[..2], [far(0.5), suite.cells[3].spec.clone()]);
        for (i, spec) in specs.iter().enumerate() {
            assert!(!specs[..i].contains(spec), "{spec}");
        }
    }

    #[test]
    fn a_witness_of_the_file_is_not_stored_again_and_existence_rests_on_the_file_alone() {
        let witness = r#"
[[witness]]
doc = "near"
given = { L = "1" }
parameters = { gamma = "0.5" }
problem = { family = "diagonal-quadratic", spectrum = [1.0] }
oracle = []
start = ["1"]
horizon = 1
"#;
        let mut cells = stored(CellSpec { point: Some(vec![1.0]), ..far(0.5) });
        cells.cells.extend(stored(far(0.5)).cells);
        let folder = folder(&cells);
        let first = |text: String| {
            std::fs::write(folder.path().join("small.toml"), text).unwrap();
            let statement = load(&folder);
            let cells = Plan::new(&statement, Preset::Quick).unwrap().cells;
            cells.into_iter().take(2).map(|cell| (cell.spec.point, cell.spec.witness)).collect::<Vec<_>>()
        };
        assert_eq!(first(STATEMENT.to_owned() + witness), [(Some(vec![2000.0]), None), (Some(vec![1.0]), Some(0))]);
        let alone = STATEMENT.replace("proof = \"none\"", "proof = \"none\"\ngeneral = false");
        assert_eq!(first(alone + witness), [(Some(vec![1.0]), Some(0))]);
    }

    #[test]
    fn what_is_written_is_read_and_the_same_is_the_same_bytes() {
        let cells = stored(far(0.1));
        let first = folder(&cells);
        assert_eq!(read(&load(&first)).unwrap(), cells.cells);
        let text = |folder: &TempDir| std::fs::read(folder.path().join("witnesses/small.json")).unwrap();
        assert_eq!(text(&first), text(&folder(&cells)));
    }

    #[test]
    fn a_statement_without_the_file_has_no_stored_witnesses() {
        let folder = folder(&stored(far(0.5)));
        std::fs::remove_dir_all(folder.path().join("witnesses")).unwrap();
        assert!(load(&folder).stored.is_none());
        std::fs::write(folder.path().join("witnesses"), "a file").unwrap();
        assert!(load(&folder).stored.is_none());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let folder = folder(&stored(far(0.5)));
        let file = folder.path().join("witnesses/small.json");
        let large = " ".repeat(usize::try_from(MAX_FILE_BYTES).unwrap() + 1);
        std::fs::write(&file, large).unwrap();
        let path = folder.path().join("small.toml");
        let refused = || load_file(&path).map(|_| ()).expect_err("must be refused").to_string();
        assert!(refused().contains("small.json") && refused().contains("bytes"), "{}", refused());
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(refused().contains("small.json") && refused().contains("not a regular file"), "{}", refused());
    }

    #[test]
    fn a_malformed_file_is_refused_with_its_name_the_place_and_the_way_out() {
        let text = readable(&stored(far(0.5))).unwrap();
        for (from, to, says) in [
            ("\"doc\"", "\"dok\"", "unknown field `dok`"),
            ("\"horizon\"", "\"horizons\"", "unknown field `horizons`"),
            ("\"spectrum\"", "\"spectra\"", "spectra"),
            ("\"point\": [", "\"point\": {", "invalid type"),
            ("2000.0", "NaN", "expected"),
            ("\"witness\": null", "\"witness\": 0", "names a witness of the statement's file"),
            ("a far start", "a far\\nstart", "not of one line"),
            ("a far start", "a far\u{202e} start", "line 5 has the control character U+202E"),
            ("\"small\"", "\"large\"", "the stored witnesses of `large`, not of `small`"),
            ("\n}\n", "\n", "EOF"),
            ("\n}\n", "\n}\n}\n", "trailing"),
        ] {
            assert!(text.contains(from), "{from}");
            let shown = refused(&text.replacen(from, to, 1));
            for part in [says, "small.json", "delete the file"] {
                assert!(shown.contains(part), "{from} -> {to}: no `{part}` in {shown}");
            }
        }
        assert!(refused(&text.replacen("\"doc\"", "\"dok\"", 1)).contains("small.json:5:"));
        assert!(refused("").contains("small.json"));
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let folder = TempDir::new().unwrap();
        let mut many = stored(far(0.5));
        many.cells = vec![many.cells[0].clone(); 10_000];
        let unnamed = StoredCells { statement: "../small".into(), ..stored(far(0.5)) };
        let mut long = stored(far(0.5));
        long.cells[0].doc = "two\nlines".into();
        let witness = CellSpec { witness: Some(0), ..far(0.5) };
        let endless = CellSpec { point: Some(vec![f64::NAN]), ..far(0.5) };
        for cells in [stored(endless), stored(witness), long, unnamed, many] {
            let refused = write(&cells, folder.path()).map(|_| ()).expect_err("must be refused");
            assert!(matches!(refused, StoreError::Unreadable(_)), "{refused}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
