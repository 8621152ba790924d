//! `lemmata docs`: the pages that errors and help point to.

use include_dir::{Dir, include_dir};

use super::output::print;
use super::{ExitCode, Failure};
use crate::reference;
use crate::report::Baseline;
use crate::statement::check::closest;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs");

/// The check that the conformance page tells of.
const BASELINE: &str = include_str!("../../reports/baseline.json");

/// Pages that are written from the program itself.
fn written(topic: &str) -> Option<Result<String, Failure>> {
    match topic {
        "reference" => Some(reference::reference().map_err(Failure::from)),
        "conformance" => {
            let baseline: Result<Baseline, _> = serde_json::from_str(BASELINE);
            Some(baseline.map_err(Failure::internal).and_then(|own| Ok(reference::conformance(&own)?)))
        }
        _ => None,
    }
}

/// Prints a page, or the list of them.
pub(super) fn run(topic: Option<&str>) -> Result<ExitCode, Failure> {
    let text = match topic {
        None => list(),
        Some(topic) => written(topic).unwrap_or_else(|| page(topic).map(str::to_owned))?.trim_end().to_owned(),
    };
    print(&text)?;
    Ok(ExitCode::Success)
}

/// Names and texts of the pages, in alphabetical order.
fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let named = |file: &'static include_dir::File<'static>| {
        let name = file.path().to_str()?.strip_suffix(".md")?;
        Some((name, file.contents_utf8()?))
    };
    PAGES.files().filter_map(named)
}

fn list() -> String {
    let width = pages().map(|(name, _)| name.len()).max().unwrap_or(0);
    let title = |text: &str| text.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_owned();
    let lines: Vec<String> = pages().map(|(name, text)| format!("{name:width$}  {}", title(text))).collect();
    lines.join("\n")
}

fn page(topic: &str) -> Result<&'static str, Failure> {
    let found = pages().find(|(name, _)| *name == topic).map(|(_, text)| text);
    found.ok_or_else(|| {
        let near = closest(topic, pages().map(|(name, _)| name));
        let near = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
        Failure::bad_input(format!("there is no page `{topic}`; {near}`lemmata docs` lists them"))
    })
}
