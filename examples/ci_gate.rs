//! A gate for CI: all statements of a folder are checked, the report and its page are written, and the program ends as
//! `lemmata check` does.
//!
//! `cargo run --release --example ci_gate -- examples/theorems target/gate`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lemmata::html::{Source, page};
use lemmata::report::{self, AnyReport};
use lemmata::statement::load_file;
use lemmata::suite::Options;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let theorems = arguments.next().unwrap_or_else(|| "theorems".into());
    let output = arguments.next().unwrap_or_else(|| "reports".into());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(theorems)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let statements = files.iter().map(|path| load_file(path)).collect::<Result<Vec<_>, _>>()?;
    let options = Options { name: "gate".into(), preset: lemmata::preset::Preset::Quick, ..Options::default() };
    let checked = lemmata::check(&statements, &options)?;
    println!("{}", report::render(&checked));
    let code = checked.exit_code();
    let path = report::write(&checked, Path::new(&output))?;
    let html = page(&Source::Report(AnyReport::Check(Box::new(checked))), &path.display().to_string(), None)?;
    std::fs::write(path.with_extension("html"), html)?;
    Ok(code.into())
}
