//! `lemmata graph`: what rests on what, as text or in the DOT language of Graphviz.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::output::print;
use super::{ExitCode, Failure, load_each};
use crate::prove::{Standing, standing};
use crate::report::{self, Report, StatementSummary, render_verdict};
use crate::statement::graph::Graph;
use crate::statement::{Expectation, Statement, library, load_text};

pub(super) fn run(names: &[PathBuf], dot: bool, path: Option<&Path>) -> Result<ExitCode, Failure> {
    let report = path.map(report::read).transpose().map_err(Failure::bad_input)?;
    let statements = with_all_below(load_each(names)?, report.as_ref())?;
    let graph = Graph::of(&statements);
    let layers = graph.layers().map_err(Failure::bad_input)?;
    let theory = Theory::new(&statements, &graph, report.as_ref());
    // Writing to a string cannot fail.
    let mut text = String::new();
    let _ = if dot { theory.write_dot(&layers, &mut text) } else { theory.write_text(&layers, &mut text) };
    print(text.trim_end_matches('\n'))?;
    Ok(ExitCode::Success)
}

/// The statements with all that they rest on, as far as it can be found.
fn with_all_below(mut statements: Vec<Statement>, report: Option<&Report>) -> Result<Vec<Statement>, Failure> {
    let mut position = 0;
    while let Some(statement) = statements.get(position) {
        for id in statement.rests_on() {
            if statements.iter().all(|known| known.id != id) {
                statements.extend(find(&id, report)?);
            }
        }
        position += 1;
    }
    Ok(statements)
}

/// A statement that no file given holds: a shipped one, or one whose text the report keeps.
fn find(id: &str, report: Option<&Report>) -> Result<Option<Statement>, Failure> {
    let kept = || report?.statements.iter().find(|summary| summary.id == id);
    let found = match (library::load(id), kept()) {
        (Some(shipped), _) => Some(shipped?),
        (None, Some(summary)) => Some(load_text(&format!("{id} in the report"), &summary.text)?),
        (None, None) => None,
    };
    Ok(found.filter(|statement| statement.id == id))
}

/// What a report says of a statement.
enum ReportedVerdict<'r> {
    /// This verdict.
    Verdict(&'r StatementSummary),
    /// A verdict on an earlier or later text, which says nothing of this one.
    OtherText,
    /// Nothing.
    Absent,
}

impl<'r> ReportedVerdict<'r> {
    fn of(statement: &Statement, report: &'r Report) -> Self {
        let Some(summary) = report.statements.iter().find(|summary| summary.id == statement.id) else {
            return ReportedVerdict::Absent;
        };
        // The hash also covers the texts of what it instantiates.
        let same = summary.text == *statement.text && summary.hash == statement.hash;
        if same { ReportedVerdict::Verdict(summary) } else { ReportedVerdict::OtherText }
    }
}

/// What is shown.
struct Theory<'t> {
    statements: &'t [Statement],
    graph: &'t Graph,
    report: Option<&'t Report>,
    /// Statements whose verdict taints what rests on them.
    wrong: BTreeSet<String>,
}

impl<'t> Theory<'t> {
    fn new(statements: &'t [Statement], graph: &'t Graph, report: Option<&'t Report>) -> Self {
        let taints = |s: &Statement| {
            report.is_some_and(|r| matches!(ReportedVerdict::of(s, r), ReportedVerdict::Verdict(v) if v.taints()))
        };
        let wrong = statements.iter().filter(|s| taints(s)).map(|s| s.id.clone()).collect();
        Theory { statements, graph, report, wrong }
    }

    fn statement(&self, id: &str) -> Option<&'t Statement> {
        self.statements.iter().find(|statement| statement.id == id)
    }

    /// What a reader must know of a statement besides its place.
    fn marks(&self, id: &str) -> Vec<String> {
        let Some(statement) = self.statement(id) else {
            return vec!["unknown: not shipped, and in no file given".to_owned()];
        };
        let mut marks = Vec::new();
        if statement.expect == Expectation::Violated {
            marks.push("false on purpose".to_owned());
        }
        match standing(statement) {
            Some(Standing::Proved { .. }) => marks.push("proved".to_owned()),
            Some(Standing::Given { lemmas, .. }) => marks.push(format!("proved, given {}", lemmas.join(" and "))),
            Some(Standing::Rejected { .. }) => marks.push("its stored proof shows nothing".to_owned()),
            None => {}
        }
        if let Some(report) = self.report {
            marks.push(match ReportedVerdict::of(statement, report) {
                ReportedVerdict::Verdict(summary) => render_verdict(summary),
                ReportedVerdict::OtherText => "no verdict: the report is of another text".to_owned(),
                ReportedVerdict::Absent => "not in the report".to_owned(),
            });
        }
        marks.dedup();
        let tainted_by = self.graph.tainted_by(id, &self.wrong);
        if !tainted_by.is_empty() {
            marks.push(format!("rests on what is violated: {}", tainted_by.join(", ")));
        }
        marks
    }

    /// Identifiers of the statements that are so, in alphabetical order.
    fn ids(&self, so: impl Fn(&Statement) -> bool) -> Vec<&'t str> {
        let mut ids: Vec<&str> = self.statements.iter().filter(|s| so(s)).map(|s| s.id.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    fn write_text(&self, layers: &[Vec<&str>], out: &mut String) -> std::fmt::Result {
        for (number, layer) in layers.iter().enumerate() {
            let below = if number == 0 { "" } else { ": rests on what is above" };
            writeln!(out, "Layer {}{below}", number + 1)?;
            for id in layer {
                self.write_entry(id, out)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn write_entry(&self, id: &str, out: &mut String) -> std::fmt::Result {
        let marks = self.marks(id);
        let marks = if marks.is_empty() { String::new() } else { format!(" [{}]", marks.join("; ")) };
        let statement = self.statement(id);
        let title = statement.map_or_else(String::new, |statement| format!(" — {}", statement.title));
        writeln!(out, "\n  {id}{marks}{title}")?;
        if let Some(statement) = statement {
            let parent: Vec<&str> = statement.instantiates.as_deref().into_iter().collect();
            write_list("instantiates", &parent, out)?;
            write_list("uses", &used(statement), out)?;
        }
        write_list("instantiated by", &self.ids(|s| s.instantiates.as_deref() == Some(id)), out)?;
        write_list("used by", &self.ids(|s| s.uses.iter().any(|used| used == id)), out)
    }

    fn write_dot(&self, layers: &[Vec<&str>], out: &mut String) -> std::fmt::Result {
        writeln!(out, "digraph lemmata {{\n  rankdir=LR;\n  node [shape=box];")?;
        let shown: BTreeSet<&str> = layers.iter().flatten().copied().collect();
        for id in &shown {
            let label: Vec<String> = std::iter::once((*id).to_owned()).chain(self.marks(id)).collect();
            // Line by line, as the break between lines is itself written with a backslash.
            let label: Vec<String> = label.iter().map(|line| escaped(line)).collect();
            writeln!(out, "  {} [label=\"{}\"{}];", quoted(id), label.join("\\n"), self.style(id))?;
        }
        for statement in shown.iter().filter_map(|id| self.statement(id)) {
            let from = quoted(&statement.id);
            if let Some(parent) = &statement.instantiates {
                writeln!(out, "  {from} -> {} [style=dashed];", quoted(parent))?;
            }
            for id in used(statement) {
                writeln!(out, "  {from} -> {} [style=solid];", quoted(id))?;
            }
        }
        writeln!(out, "}}")
    }

    /// How a node looks, besides its label.
    fn style(&self, id: &str) -> String {
        let Some(statement) = self.statement(id) else {
            return ", style=dotted".to_owned();
        };
        let shape = if statement.expect == Expectation::Violated { ", shape=octagon" } else { "" };
        let color = if self.wrong.contains(id) {
            ", color=red"
        } else if self.graph.tainted_by(id, &self.wrong).is_empty() {
            ""
        } else {
            ", color=orange"
        };
        format!("{shape}{color}")
    }
}

/// What the proof uses, each once, in the order of the file.
fn used(statement: &Statement) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    statement.uses.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect()
}

/// Columns that a list fills before it goes on in the next line.
const WIDTH: usize = 110;
/// Columns of a list's name and what is before it.
const INDENT: usize = 21;

/// A named list, which is left out where it is empty.
fn write_list(name: &str, ids: &[&str], out: &mut String) -> std::fmt::Result {
    let Some((last, others)) = ids.split_last() else { return Ok(()) };
    write!(out, "    {name:width$}", width = INDENT - 4)?;
    let mut column = INDENT;
    for word in others.iter().map(|id| format!("{id},")).chain([(*last).to_owned()]) {
        let length = word.chars().count();
        if column > INDENT && column + 1 + length > WIDTH {
            write!(out, "\n{:INDENT$}", "")?;
            column = INDENT;
        } else if column > INDENT {
            write!(out, " ")?;
            column += 1;
        }
        write!(out, "{word}")?;
        column += length;
    }
    writeln!(out)
}

/// A DOT string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// As it stands between the quotes of a DOT string.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_string_ends_where_it_should() {
        assert_eq!(quoted(r#"Lemma "3" \"#), r#""Lemma \"3\" \\""#);
    }

    #[test]
    fn a_long_list_goes_on_under_its_beginning() {
        let id = "a".repeat(40);
        let mut out = String::new();
        write_list("uses", &[&id, &id, &id], &mut out).unwrap();
        assert_eq!(out, format!("    uses             {id}, {id},\n                     {id}\n"));
        assert!(out.lines().all(|line| line.len() <= WIDTH));
    }
}
