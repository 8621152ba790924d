//! A theorem about a method of one's own, which stands in the statement's file.
//!
//! `cargo run --release --example own_method`

use std::path::Path;

use lemmata::ExitCode;
use lemmata::statement::load_file;
use lemmata::suite::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/theorems/two-gradients.toml");
    let options = Options { preset: lemmata::preset::Preset::Quick, ..Options::default() };
    let report = lemmata::check(&[load_file(&path)?], &options)?;
    println!("{}", lemmata::report::render(&report));
    assert_eq!(report.exit_code(), ExitCode::Success);
    Ok(())
}
