//! `lemmata new`: a statement file to start from.

use std::path::PathBuf;

use super::{ExitCode, Failure};

const SKELETON: &str = include_str!("skeleton.toml");

pub(super) fn run(name: &str) -> Result<ExitCode, Failure> {
    let well_formed =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !well_formed {
        return Err(Failure::bad_input(format!(
            "`{name}` may only have lower-case letters, digits and hyphens, for example my-lemma"
        )));
    }
    let path = PathBuf::from(format!("{name}.toml"));
    let text = SKELETON.replace("my-lemma", name);
    let mut file = std::fs::File::create_new(&path).map_err(|err| {
        let hint =
            if err.kind() == std::io::ErrorKind::AlreadyExists { "; choose another name or remove it" } else { "" };
        Failure::bad_input(format!("cannot create {}: {err}{hint}", path.display()))
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|err| Failure::bad_input(format!("cannot write {}: {err}", path.display())))?;
    println!("wrote {0}; run it with: lemmata check {0}", path.display());
    Ok(ExitCode::Success)
}
