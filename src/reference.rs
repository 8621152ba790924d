//! Pages of the documentation that are written from the program itself, so that they cannot be out of date.

use std::fmt::Write;

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use crate::method::language::library as methods;
use crate::number::Function;
use crate::oracle::SourceSpec;
use crate::oracle::operator::Operator;
use crate::problem::ProblemSpec;
use crate::prove::{Standing, standing};
use crate::report::Baseline;
use crate::statement::check::FUNCTIONS;
use crate::statement::term::Builtin;
use crate::statement::{Expectation, Statement, StatementError, library};

/// `docs/reference.md`: functions, constants, families, sources, operators and methods.
///
/// # Errors
/// When a shipped method has a mistake.
pub fn reference() -> Result<String, Box<StatementError>> {
    let mut out = String::from(
        "# Reference\n\nWritten by `lemmata docs reference` from the program itself.\n\n## Functions of the statement language\n\n",
    );
    table(&mut out, &["written", "meaning"], functions());
    out += "\n## Constants that an instance gives\n\n";
    table(
        &mut out,
        &["name", "meaning"],
        Builtin::ALL.iter().map(|own| vec![code(own.name()), own.meaning().to_owned()]),
    );
    for (title, text) in [
        ("Problem families", registry::<ProblemSpec>("family")),
        ("Error sources", registry::<SourceSpec>("source")),
        ("Operators", registry::<Operator>("name")),
    ] {
        let _ = write!(out, "\n## {title}\n\n");
        table(&mut out, &["name", "what it is", "its data"], text);
    }
    out += "\n## Methods\n\n";
    let mut rows = Vec::new();
    for id in methods::ids() {
        if let Some(method) = methods::load(id) {
            let method = method?;
            let parameters: Vec<String> = method.parameters.iter().map(|own| code(&own.name)).collect();
            rows.push(vec![code(id), method.title, parameters.join(", "), method.source]);
        }
    }
    table(&mut out, &["id", "title", "parameters", "source"], rows);
    Ok(out)
}

/// `docs/conformance.md`: for each shipped statement the place that it is from, what it rests on, what the baseline's
/// check came to, and its proof.
///
/// # Errors
/// When a shipped statement has a mistake.
pub fn conformance(baseline: &Baseline) -> Result<String, Box<StatementError>> {
    let mut out = String::from(
        "# Conformance\n\nEvery shipped statement: where it is from, what decided it in the check of `reports/baseline.json`, and its \
         proof.\nWritten by `lemmata docs conformance`.\n\n",
    );
    let rows = library::load_all()?.into_iter().map(|statement| {
        let line = baseline.statements.iter().find(|line| line.id == statement.id);
        let evidence: Vec<String> =
            line.iter().flat_map(|line| &line.evidence).map(|(name, count)| format!("{name} {count}")).collect();
        vec![code(&statement.id), statement.source.clone(), evidence.join(", "), proof(&statement)]
    });
    table(&mut out, &["statement", "item", "evidence by cells", "proof"], rows);
    Ok(out)
}

fn proof(statement: &Statement) -> String {
    match standing(statement) {
        Some(Standing::Proved { cases }) => format!("certificate: {}", cases_of(cases)),
        Some(Standing::Given { cases, lemmas }) => {
            format!("certificate given {}: {}", lemmas.join(" and "), cases_of(cases))
        }
        Some(Standing::Rejected { .. }) | None if statement.expect == Expectation::Violated => {
            "none: it is false on purpose".to_owned()
        }
        Some(Standing::Rejected { .. }) | None => format!("on paper: {}", statement.proof),
    }
}

fn cases_of(count: usize) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

fn functions() -> impl Iterator<Item = Vec<String>> {
    let of_numbers =
        Function::ALL.into_iter().map(|own| vec![code(&format!("{}(a)", own.name())), own.meaning().to_owned()]);
    of_numbers.chain(FUNCTIONS.iter().map(|(_, written, meaning)| vec![code(written), (*meaning).to_owned()]))
}

/// The variants of a registry by the field that names them: name, text, and fields with their texts.
fn registry<T: JsonSchema>(tag: &str) -> Vec<Vec<String>> {
    let schema = schema_for!(T).to_value();
    let variants = schema["oneOf"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value["description"].as_str().unwrap_or_default().replace('\n', " ");
    let row = |variant: &Value| {
        let properties = variant["properties"].as_object();
        let fields = properties.into_iter().flatten().filter(|(name, _)| *name != tag);
        let fields: Vec<String> = fields.map(|(name, own)| format!("{}: {}", code(name), text(own))).collect();
        vec![code(variant["properties"][tag]["const"].as_str().unwrap_or_default()), text(variant), fields.join(" ")]
    };
    variants.iter().map(row).collect()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn table(out: &mut String, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    *out += &line(&heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>());
    *out += &line(&vec!["---".to_owned(); heads.len()]);
    rows.into_iter().for_each(|row| *out += &line(&row));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_a_registry_says_what_it_is_and_what_its_data_are() {
        for rows in [registry::<ProblemSpec>("family"), registry::<SourceSpec>("source"), registry::<Operator>("name")]
        {
            assert!(rows.len() > 7);
            for row in rows {
                assert!(row[0].len() > 2 && !row[1].is_empty(), "{row:?}");
                assert!(!row[2].contains(":  ") && !row[2].ends_with(": "), "a field without a text: {row:?}");
            }
        }
    }
}
