//! A theorem of one's own: checked as it is, and with a constant that is too good to be true.
//!
//! `cargo run --release --example own_theorem`

use std::path::Path;

use lemmata::ExitCode;
use lemmata::statement::{load_file, load_text};
use lemmata::suite::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/theorems/step-decreases.toml");
    let options = Options { preset: lemmata::preset::Preset::Quick, ..Options::default() };

    let report = lemmata::check(&[load_file(&path)?], &options)?;
    println!("{}\n", lemmata::report::render(&report));
    assert_eq!(report.exit_code(), ExitCode::Success);

    // Twice the decrease: the check finds a counterexample that can be followed by hand.
    let text = std::fs::read_to_string(&path)?.replace("gamma/2*norm2", "gamma*norm2");
    let report = lemmata::check(&[load_text("too-good.toml", &text)?], &options)?;
    println!("{}", lemmata::report::render(&report));
    assert_eq!(report.exit_code(), ExitCode::Violated);
    Ok(())
}
