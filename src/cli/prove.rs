//! `lemmata prove` and `lemmata verify`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::output::print;
use super::{ExitCode, Failure, load, load_each};
use crate::prove::{self, Case, Proof};
use crate::statement::Statement;

/// Largest proof file in bytes.
const MOST_BYTES: u64 = 4 << 20;

pub(super) fn prove(names: &[PathBuf], output: Option<&Path>, seed: u64) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::Success;
    for statement in load_each(names)? {
        if !prove_one(&statement, output, seed)? {
            code = ExitCode::Open;
        }
    }
    Ok(code)
}

fn prove_one(statement: &Statement, output: Option<&Path>, seed: u64) -> Result<bool, Failure> {
    let (begun, mut lines) = (Instant::now(), Vec::new());
    let attempted = prove::attempt(statement, seed, &mut |problem, case| match case {
        Case::Proved(_) => lines.push(format!("  proved    {}", problem.name)),
        Case::Open(why) => lines.push(format!("  open      {}: {why}", problem.name)),
    });
    let seconds = begun.elapsed().as_secs_f64();
    let verdict = match &attempted {
        Err(why) => format!("not translated: {why}"),
        Ok(None) => format!("open, {seconds:.1} s"),
        Ok(Some(_)) => format!("proved for all parameters, {seconds:.1} s"),
    };
    print(&format!("{}: {verdict}", statement.id))?;
    if !lines.is_empty() {
        print(&lines.join("\n"))?;
    }
    let Ok(Some(proof)) = attempted else { return Ok(false) };
    if let Some(folder) = output {
        let path = folder.join(format!("{}.json", statement.id));
        let text = serde_json::to_string_pretty(&proof).map_err(|err| Failure::bad_input(err.to_string()))?;
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text + "\n"));
        written.map_err(|err| Failure::bad_input(format!("{}: {err}", path.display())))?;
        print(&format!("  {}", path.display()))?;
    }
    Ok(true)
}

pub(super) fn verify(path: &Path, statement: Option<&Path>) -> Result<ExitCode, Failure> {
    let failed = |why: String| Failure::bad_input(format!("{}: {why}", path.display()));
    let size = fs::metadata(path).map_err(|err| failed(err.to_string()))?.len();
    if size > MOST_BYTES {
        return Err(failed(format!("it has more than {MOST_BYTES} bytes, and is no proof of ours")));
    }
    let text = fs::read_to_string(path).map_err(|err| failed(err.to_string()))?;
    let proof: Proof = serde_json::from_str(&text).map_err(|err| failed(format!("it is no proof: {err}")))?;
    let statement = load(statement.unwrap_or(Path::new(&proof.statement)))?;
    match prove::verify(&statement, &proof) {
        Ok(cases) => {
            print(&format!("{}: the proof is valid, {cases} cases", statement.id))?;
            Ok(ExitCode::Success)
        }
        Err(rejected) => Err(failed(format!("the proof is rejected: {rejected}"))),
    }
}
