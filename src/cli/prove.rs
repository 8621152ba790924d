//! `lemmata prove` and `lemmata verify`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::check::progress_bar;
use super::output::print;
use super::{ExitCode, Failure, load, load_each};
use crate::prove::{self, Case, Effort, Proof};
use crate::statement::Statement;
use crate::text;

/// Largest proof file in bytes.
const MOST_BYTES: u64 = 4 << 20;

pub(super) fn prove(names: &[PathBuf], output: Option<&Path>, effort: Effort) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::Success;
    for statement in load_each(names)? {
        if !prove_one(&statement, output, effort)? {
            code = ExitCode::Open;
        }
    }
    Ok(code)
}

fn prove_one(statement: &Statement, output: Option<&Path>, effort: Effort) -> Result<bool, Failure> {
    let (begun, mut cases, mut open) = (Instant::now(), 0, Vec::new());
    let bar = progress_bar(0, "cases");
    let attempted = prove::attempt(statement, effort, &mut |problem, case| {
        cases += 1;
        bar.inc_length(1);
        bar.inc(1);
        if let Case::Open(why) = case {
            open.push(format!("  open  {}: {why}", problem.name));
        }
    });
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
    let verdict = match &attempted {
        Err(why) => format!("not translated: {why}"),
        Ok(None) => format!("open, {} of {cases} in {seconds:.1} s", open.len()),
        Ok(Some(_)) => format!("proved for all parameters, {cases} in {seconds:.1} s"),
    };
    print(&format!("{}: {verdict}", statement.id))?;
    if !open.is_empty() {
        print(&open.join("\n"))?;
    }
    let Ok(Some(proof)) = attempted else { return Ok(false) };
    if let Some(folder) = output {
        let path = proof.write(folder).map_err(|err| Failure::bad_input(format!("{}: {err}", folder.display())))?;
        print(&format!("  {}", path.display()))?;
    }
    Ok(true)
}

pub(super) fn verify(path: &Path, statement: Option<&Path>) -> Result<ExitCode, Failure> {
    let failed = |why: String| Failure::bad_input(format!("{}: {why}", path.display()));
    let text = text::read(path, MOST_BYTES).map_err(|err| failed(err.to_string()))?;
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
