//! The page of a proof, or of an exact counterexample.

use serde::Serialize;

use super::card::Mathematics;
use super::{counted, quoted};
use crate::prove::certificate::{Certificate, Signed};
use crate::prove::{Proof, Refutation, verify, verify_refutation};
use crate::statement::{Statement, library};

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    kind: &'static str,
    facts: String,
    alarm: Option<String>,
    lead: String,
    id: String,
    class: &'static str,
    command: String,
    mathematics: Mathematics,
    cases: Vec<Case>,
    /// Of a counterexample: what is what.
    run: Vec<(String, String)>,
}

/// One case of a proof: rhs − lhs is the sum of what follows.
#[derive(Debug, Serialize)]
struct Case {
    name: String,
    /// Inequalities with their multipliers.
    multipliers: Vec<(String, String)>,
    squares: Vec<(String, String)>,
    remainder: Option<String>,
    factors: Vec<(String, String)>,
}

/// Of a proof that lies in the file; it is checked here.
pub(super) fn of_proof(proof: &Proof, statement: &Statement, file: &str) -> View {
    let checked = verify(statement, proof);
    let cases: Vec<Case> = proof.cases.iter().map(case).collect();
    let rests_on =
        if proof.rests_on.is_empty() { String::new() } else { format!(", given {}", proof.rests_on.join(" and ")) };
    View {
        kind: "proof",
        facts: format!("{} · method {}", counted(cases.len(), "case", "cases"), proof.method),
        alarm: checked.as_ref().err().map(|why| format!("The proof is rejected: {why}.")),
        lead: checked.as_ref().map_or_else(
            |_| String::new(),
            |count| {
                format!(
                    "The proof is valid{rests_on}: it was checked in {} when this page was made.",
                    counted(*count, "case", "cases")
                )
            },
        ),
        id: statement.id.clone(),
        class: if checked.is_ok() { "proved" } else { "violated" },
        command: command(statement, file),
        mathematics: Mathematics::of(statement),
        cases,
        run: Vec::new(),
    }
}

/// The command that checks it again.
fn command(statement: &Statement, file: &str) -> String {
    match library::source(&statement.id) {
        Some(_) => format!("lemmata verify {file}"),
        None => format!("lemmata verify {file} --statement {}", quoted(&statement.file)),
    }
}

fn case(certificate: &Certificate) -> Case {
    let combined = |square: &Signed<Vec<(String, String)>>| {
        let parts: Vec<String> = square.of.iter().map(|(vector, factor)| format!("({factor})·{vector}")).collect();
        (square.value.clone(), parts.join(" + "))
    };
    let factor = |factor: &crate::prove::certificate::Factor| {
        let summands = factor.sum.iter().map(|product| {
            let conditions = product.conditions.iter().map(|position| format!("c{position}"));
            let squares = product.squares.iter().map(|square| format!("({square})²"));
            [product.coefficient.clone()].into_iter().chain(conditions).chain(squares).collect::<Vec<_>>().join("·")
        });
        let times: String = factor.times.iter().map(|position| format!("c{position}·")).collect();
        (format!("{times}({})", factor.polynomial), summands.collect::<Vec<_>>().join(" + "))
    };
    Case {
        name: certificate.case.clone(),
        multipliers: certificate.multipliers.iter().map(|own| (own.of.clone(), own.value.clone())).collect(),
        squares: certificate.squares.iter().map(combined).collect(),
        remainder: certificate.remainder.as_ref().map(|own| own.value.clone()),
        factors: certificate.factors.iter().map(factor).collect(),
    }
}

/// Of a counterexample that lies in the file; it is checked here.
pub(super) fn of_refutation(refutation: &Refutation, statement: &Statement, file: &str) -> View {
    let checked = verify_refutation(statement, refutation);
    let found = &refutation.counterexample;
    let mut run = found.numbers.clone();
    for (row, name) in found.gram.iter().zip(&found.vectors) {
        let products = row.iter().zip(&found.vectors);
        run.extend(products.map(|(product, other)| (format!("⟨{name}, {other}⟩"), product.clone())));
    }
    run.extend(found.values.iter().cloned());
    run.push(("rhs − lhs".to_owned(), found.room.clone()));
    let (class, alarm, lead) = match &checked {
        Ok(gaps) if gaps.is_empty() => (
            "violated",
            Some("The statement is false: this run obeys its hypotheses and not its claim.".to_owned()),
            String::new(),
        ),
        Ok(gaps) => (
            "open",
            None,
            format!("These numbers obey all that is known of a run, and may be none: {}.", gaps.join("; ")),
        ),
        Err(why) => ("violated", Some(format!("The counterexample is rejected: {why}.")), String::new()),
    };
    View {
        kind: "counterexample",
        facts: format!("{} · method {}", found.case, refutation.method),
        alarm,
        lead,
        id: statement.id.clone(),
        class,
        command: command(statement, file),
        mathematics: Mathematics::of(statement),
        cases: Vec::new(),
        run,
    }
}
