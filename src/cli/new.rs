//! `lemmata new`: a statement file to start from.

use std::path::PathBuf;

use super::output::print;
use super::{ExitCode, Failure};
use crate::statement::{id_defect, library};

const SKELETON: &str = include_str!("skeleton.toml");
/// Of a statement that brings its method along.
const WITH_METHOD: &str = include_str!("skeleton_method.toml");

pub(super) fn run(name: &str, method: bool) -> Result<ExitCode, Failure> {
    if let Some(defect) = id_defect(name) {
        return Err(Failure::bad_input(format!("the id `{name}` {defect}, for example my-lemma")));
    }
    if library::text(name).is_some() {
        return Err(Failure::bad_input(format!(
            "`{name}` is a shipped statement; choose another name, or look at it with: lemmata show {name}"
        )));
    }
    let path = PathBuf::from(format!("{name}.toml"));
    let text = if method { WITH_METHOD } else { SKELETON }.replace("my-lemma", name);
    let mut file = std::fs::File::create_new(&path).map_err(|err| {
        let hint =
            if err.kind() == std::io::ErrorKind::AlreadyExists { "; choose another name or remove it" } else { "" };
        Failure::bad_input(format!("cannot create {}: {err}{hint}", path.display()))
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|err| Failure::bad_input(format!("cannot write {}: {err}", path.display())))?;
    print(&format!("wrote {0}; run it with: lemmata check {0}", path.display()))?;
    Ok(ExitCode::Success)
}
