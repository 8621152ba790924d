//! A statement as text for a reader, in a fixed order: statement, hypotheses, constants, tight or
//! upper, proof, reference.

use std::fmt::Write;

use super::{Expectation, Form, Statement, Subject};

/// The whole statement.
#[must_use]
pub fn text(statement: &Statement) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(statement, &mut out);
    out
}

fn write_text(statement: &Statement, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{} — {}", statement.id, statement.title)?;
    writeln!(out, "\nStatement ({})", what(statement))?;
    let relation = if statement.form == Form::Identity { "==" } else { "<=" };
    for claim in &statement.claims {
        writeln!(out, "     {}", claim.lhs_expr)?;
        writeln!(out, "  {relation} {}", claim.rhs_expr)?;
        match &claim.quantifier {
            Some(quantifier) => writeln!(out, "     for all {}", quantifier.text)?,
            None => writeln!(out, "     for every K")?,
        }
    }
    if !statement.definitions.is_empty() {
        writeln!(out, "where")?;
        for (head, body) in &statement.definitions {
            writeln!(out, "  {head} = {body}")?;
        }
    }
    if let Some(potential) = &statement.hints.potential {
        writeln!(out, "every step lowers, for a proof\n  {}", potential.expr)?;
    }
    if let Some(parent) = &statement.instantiates {
        writeln!(out, "an instance of {parent} with")?;
        for (name, value) in &statement.substitutions {
            writeln!(out, "  {name} = {value}")?;
        }
    }
    writeln!(out, "\nHypotheses")?;
    for parameter in &statement.parameters {
        let unit = if parameter.unit.is_empty() { String::new() } else { format!(" [{}]", parameter.unit) };
        writeln!(out, "  {} in {}: {}{unit}", parameter.name, parameter.range, parameter.doc)?;
    }
    if let Some(random) = &statement.random {
        writeln!(out, "  {} uniform, independent of the run", random.name)?;
    }
    for hypothesis in &statement.hypotheses {
        writeln!(out, "  {}: {}", hypothesis.name, hypothesis.expr)?;
    }
    writeln!(out, "\nConstants")?;
    for constant in &statement.constants {
        writeln!(out, "  {} = {}", constant.name, constant.expr)?;
    }
    for given in &statement.given {
        writeln!(out, "  {}: {}", given.name, given.doc)?;
    }
    for builtin in statement.needs() {
        writeln!(out, "  {}: {}", builtin.name(), builtin.meaning())?;
    }
    let tight = if statement.tight { "tight: equality is attained" } else { "upper bound" };
    writeln!(out, "\n{tight}")?;
    if statement.expect == Expectation::Violated {
        writeln!(out, "false on purpose: it must be found violated")?;
    }
    if !statement.uses.is_empty() {
        writeln!(out, "uses:   {}", statement.uses.join(", "))?;
    }
    writeln!(out, "proof:  {}", statement.proof)?;
    writeln!(out, "source: {}", statement.source)
}

fn what(statement: &Statement) -> &'static str {
    match statement.subject {
        _ if statement.form == Form::Identity => "identity",
        Subject::Pathwise => "pathwise: at every step of every trajectory",
        Subject::OneStep => "in expectation over one step, given the past",
        Subject::WholeRun => "in expectation over the whole run",
        Subject::Estimate => "of the estimate at each point",
    }
}
