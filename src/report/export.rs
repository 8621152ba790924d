//! The statements of a report as a table in other languages: bound, worst ratio, evidence, proof.

use super::{Report, StatementSummary, render_verdict};
use crate::prove::Standing;
use crate::statement::{Form, Statement, load_text, notation};

/// What a row says, in plain words.
struct Row {
    id: String,
    verdict: String,
    /// The claims as the file has them.
    bound: String,
    /// The same for math mode.
    formula: String,
    ratio: String,
    evidence: String,
    proof: String,
}

const HEADS: [&str; 6] = ["statement", "verdict", "bound", "worst lhs/rhs", "evidence", "proof"];

impl Row {
    fn of(summary: &StatementSummary) -> Self {
        // A text that is no statement any more has no bound to show.
        let statement = load_text(&summary.id, &summary.text).ok();
        let evidence: Vec<String> = summary.evidence.iter().map(|(name, count)| format!("{name} {count}")).collect();
        Row {
            id: summary.id.clone(),
            verdict: render_verdict(summary).to_lowercase(),
            bound: statement.as_ref().map_or_else(String::new, bound),
            formula: statement.as_ref().map_or_else(String::new, |own| notation::claims_in_latex(own).join(r",\ ")),
            ratio: summary.worst_ratio.map_or_else(String::new, |ratio| format!("{ratio:.6}")),
            evidence: evidence.join(", "),
            proof: match &summary.proof {
                Some(Standing::Proved { .. }) => "proved".to_owned(),
                Some(Standing::Given { lemmas, .. }) => format!("given {}", lemmas.join(" and ")),
                Some(Standing::Rejected { .. }) | None => String::new(),
            },
        }
    }

    fn plain(&self) -> [&str; 6] {
        [&self.id, &self.verdict, &self.bound, &self.ratio, &self.evidence, &self.proof]
    }
}

fn bound(statement: &Statement) -> String {
    let relation = if statement.form == Form::Identity { "=" } else { "<=" };
    let claim = |claim: &crate::statement::Claim| format!("{} {relation} {}", claim.lhs_expr, claim.rhs_expr);
    statement.claims.iter().map(claim).collect::<Vec<_>>().join("; ")
}

fn rows(report: &Report) -> Vec<Row> {
    report.statements.iter().map(Row::of).collect()
}

/// Comma-separated values (RFC 4180) with a line of heads.
#[must_use]
pub fn csv(report: &Report) -> String {
    let quoted = |text: &str| match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let line = |fields: [&str; 6]| fields.map(quoted).join(",");
    let rows = rows(report);
    std::iter::once(line(HEADS)).chain(rows.iter().map(|row| line(row.plain()))).collect::<Vec<_>>().join("\n")
}

/// A table of GitHub-flavoured Markdown, with bounds as code.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let escaped = |text: &str| text.replace('|', "\\|");
    let line = |fields: Vec<String>| format!("| {} |", fields.join(" | "));
    let row = |row: &Row| {
        let [id, verdict, bound, ratio, evidence, proof] = row.plain().map(escaped);
        let bound = if bound.is_empty() { bound } else { format!("`{bound}`") };
        line(vec![id, verdict, bound, ratio, evidence, proof])
    };
    let head = [line(HEADS.map(str::to_owned).to_vec()), line(vec!["---".to_owned(); HEADS.len()])];
    head.into_iter().chain(rows(report).iter().map(row)).collect::<Vec<_>>().join("\n")
}

/// A `tabular` of LaTeX, with bounds in math mode (amsmath).
#[must_use]
pub fn latex(report: &Report) -> String {
    let line = |fields: [String; 6]| format!(r"  {} \\", fields.join(" & "));
    let row = |row: &Row| {
        let [id, verdict, _, ratio, evidence, proof] = row.plain().map(escaped_latex);
        line([id, verdict, format!("${}$", row.formula), ratio, evidence, proof])
    };
    let mut lines = vec![r"\begin{tabular}{lllrll}".to_owned(), line(HEADS.map(escaped_latex)), r"  \hline".to_owned()];
    lines.extend(rows(report).iter().map(row));
    lines.push(r"\end{tabular}".to_owned());
    lines.join("\n")
}

fn escaped_latex(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '&' | '%' | '$' | '#' | '_' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Verdict;
    use crate::preset::Preset;
    use crate::report::tests::{report_of, summary};

    fn report() -> Report {
        let mut own = summary("clip_100%", Verdict::Holds, &[]);
        own.text = "id = \"mine\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"none\"\n\
            [parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, 1/L]\" }\n\
            [claim]\nfor_all = \"k in 0..K\"\nlhs = \"abs(f[k])\"\nrhs = \"max(f[k], -f[k])\"\n"
            .into();
        own.evidence.insert("ball".into(), 3);
        own.evidence.insert("rational".into(), 1);
        own.worst_ratio = Some(1.0);
        report_of(Preset::Quick, vec![own])
    }

    #[test]
    fn fields_with_commas_are_quoted_in_csv() {
        let text = csv(&report());
        let line = text.lines().nth(1).expect("a row");
        assert_eq!(line, "clip_100%,holds,\"abs(f[k]) <= max(f[k], -f[k])\",1.000000,\"ball 3, rational 1\",");
    }

    #[test]
    fn what_latex_reads_as_its_own_is_escaped_outside_of_formulas() {
        let text = latex(&report());
        assert!(text.contains(r"clip\_100\% & holds & $\left\vert f"), "{text}");
        assert!(text.lines().all(|line| line.starts_with(['\\', ' '])), "{text}");
    }

    #[test]
    fn a_table_for_a_page_has_bounds_as_code() {
        let text = markdown(&report());
        assert!(text.contains("| `abs(f[k]) <= max(f[k], -f[k])` | 1.000000 | ball 3, rational 1 |  |"), "{text}");
    }
}
