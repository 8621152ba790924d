//! A report as one page: a file of its own that opens from disk, needs no network and no scripts, follows the
//! reader's theme, and can be printed.

mod audit;
mod calibrate;
mod card;
mod check;
mod compare;
mod graph;
mod plot;
mod proof;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;
use thiserror::Error;

use crate::prove::{Proof, Refutation};
use crate::report::{AnyReport, Baseline, Provenance};
use crate::statement::Statement;

/// What a page is made of.
#[derive(Clone, Debug)]
pub enum Source {
    /// A report of a command.
    Report(AnyReport),
    /// A proof of a statement.
    Proof(Box<Proof>, Box<Statement>),
    /// An exact counterexample to a statement.
    Counterexample(Box<Refutation>, Box<Statement>),
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PageError {
    /// A template does not fit its data: a defect of lemmata.
    #[error("the page cannot be made: {0}")]
    Template(#[from] minijinja::Error),
}

const TEMPLATES: [(&str, &str); 8] = [
    ("base.html", include_str!("templates/base.html")),
    ("audit.html", include_str!("templates/audit.html")),
    ("calibrate.html", include_str!("templates/calibrate.html")),
    ("check.html", include_str!("templates/check.html")),
    ("compare.html", include_str!("templates/compare.html")),
    ("proof.html", include_str!("templates/proof.html")),
    ("style.css", include_str!("templates/style.css")),
    ("script.js", include_str!("templates/script.js")),
];

/// The page of what the file has in it; of a check also what differs from a baseline.
///
/// # Errors
/// When a template fails, which is a defect.
pub fn page(source: &Source, file: &str, baseline: Option<&Baseline>) -> Result<String, PageError> {
    let file = quoted(file);
    match source {
        Source::Report(AnyReport::Check(report)) => rendered("check.html", &check::view(report, &file, baseline)),
        Source::Report(AnyReport::Audit(report)) => rendered("audit.html", &audit::view(report, &file)),
        Source::Report(AnyReport::Compare(report)) => rendered("compare.html", &compare::view(report)),
        Source::Report(AnyReport::Calibrate(report)) => rendered("calibrate.html", &calibrate::view(report)),
        Source::Proof(own, statement) => rendered("proof.html", &proof::of_proof(own, statement, &file)),
        Source::Counterexample(own, statement) => rendered("proof.html", &proof::of_refutation(own, statement, &file)),
    }
}

fn rendered(template: &str, view: &impl Serialize) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    let version = env!("CARGO_PKG_VERSION");
    Ok(environment.get_template(template)?.render(context! { page => Value::from(Serde(view)), version })?)
}

/// A file's name as a shell takes it.
fn quoted(file: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ':' | '@');
    if !file.is_empty() && file.chars().all(plain) {
        file.to_owned()
    } else {
        format!("'{}'", file.replace('\'', r"'\''"))
    }
}

/// What made a report, in one line.
fn made_by(provenance: &Provenance) -> String {
    let Provenance { version, commit, platform, wall_seconds, .. } = provenance;
    format!("{wall_seconds:.0} s · lemmata {version} ({commit}) on {platform}")
}

/// `1 thing` or `3 things`.
fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(count)) }
}

/// Thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A drawing with what is written under it, and the command that makes its numbers again.
#[derive(Clone, Debug, Serialize)]
struct Plot {
    svg: String,
    caption: String,
    command: Option<String>,
}

#[cfg(test)]
mod tests;
