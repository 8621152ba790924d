//! The page of an audit.

use serde::Serialize;

use super::card::{Mathematics, kept};
use super::plot::{Lines, Series, Shape, Share, Words, shares};
use super::{Plot, counted, grouped, made_by};
use crate::audit::mutation::finding::Attained;
use crate::audit::running::report::{AuditReport, Tally};
use crate::audit::running::run::StatementAudit;
use crate::audit::running::target::TargetAudit;
use crate::audit::search::trend::Trend;
use crate::report::wording;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    kind: &'static str,
    facts: String,
    alarm: Option<String>,
    lead: String,
    /// The statements that the page has.
    there: Vec<String>,
    cards: Vec<Card>,
}

/// One statement.
#[derive(Debug, Serialize)]
struct Card {
    id: String,
    class: &'static str,
    verdict: String,
    command: String,
    mathematics: Option<Mathematics>,
    remarks: Vec<String>,
    chips: Vec<String>,
    /// The instance that violates it, or the tightest one.
    worst: Vec<(String, String)>,
    parts: Option<Plot>,
    margins: Vec<[String; 4]>,
    findings: Vec<(String, String, String)>,
    transplants: Vec<(String, String)>,
    trends: Vec<Plot>,
}

/// The page of a report that lies in the file.
pub(super) fn view(report: &AuditReport, file: &str) -> View {
    let cards = report.statements.iter().enumerate().map(|(number, audit)| card(audit, number, file));
    let mut cards: Vec<Card> = cards.collect();
    cards.sort_by_key(|card| usize::from(card.class != "violated"));
    let violated = cards.iter().filter(|card| card.class == "violated").count();
    let tally = Tally::of(report.statements.iter().flat_map(|audit| &audit.targets));
    let settled = tally.settled().map_or_else(String::new, |share| format!(", {:.1} % of them settled", 100.0 * share));
    View {
        kind: "audit",
        facts: [
            counted(report.statements.len(), "statement", "statements"),
            format!("{} instances looked at", grouped(usize::try_from(report.evaluations).unwrap_or(usize::MAX))),
            format!("seed {}", report.settings.seed),
            made_by(&report.provenance),
        ]
        .join(" · "),
        alarm: (violated > 0).then(|| format!("{} violated.", counted(violated, "statement is", "statements are"))),
        lead: format!(
            "{} that claim more{settled}: {} were killed by an instance, {} say the same, {} are left with room.",
            counted(tally.strengthening(), "change", "changes"),
            grouped(tally.killed),
            grouped(tally.equivalent + tally.agreeing),
            grouped(tally.slack),
        ),
        there: cards.iter().map(|card| card.id.clone()).collect(),
        cards,
    }
}

fn card(audit: &StatementAudit, number: usize, file: &str) -> Card {
    let worst = audit.worst.as_ref();
    let is_violated = worst.is_some_and(|worst| worst.counterexample.is_some());
    let statement = kept(&audit.id, &audit.text, &audit.hash);
    let (class, verdict) = match (&audit.left_out, is_violated, audit.unfinished) {
        (Some(reason), ..) => ("expected", format!("not audited: {reason}")),
        (_, true, _) => ("violated", "violated".to_owned()),
        (_, _, 0) => ("holds", "audited".to_owned()),
        (_, _, open) => ("open", format!("{} not reached", counted(open, "piece", "pieces"))),
    };
    let shown = worst.and_then(|worst| worst.counterexample.as_ref().or(worst.tightest.as_ref()));
    let command = match shown {
        Some(_) => format!("lemmata replay {file} --cell {number}"),
        None => format!("lemmata audit {}", audit.id),
    };
    Card {
        id: audit.id.clone(),
        class,
        verdict,
        command,
        mathematics: statement.as_ref().ok().map(Mathematics::of),
        remarks: statement.err().into_iter().chain(doubts(audit)).collect(),
        chips: chips(audit),
        worst: shown.map_or_else(Vec::new, |shown| {
            let told = wording::worst(&shown.outcome).unwrap_or_default();
            let evidence = format!("{} by {}", shown.outcome.verdict, shown.outcome.evidence.name());
            vec![
                ("instance".to_owned(), shown.label.clone()),
                ("sides".to_owned(), told),
                ("verdict".to_owned(), evidence),
            ]
        }),
        parts: parts(audit),
        margins: margins(audit),
        findings: findings(audit),
        transplants: transplants(audit),
        trends: audit.trends.iter().enumerate().filter_map(|(n, trend)| drawn(audit, n, trend)).collect(),
    }
}

fn doubts(audit: &StatementAudit) -> Vec<String> {
    let Some(worst) = &audit.worst else { return Vec::new() };
    let nothing = worst.nothing.iter().map(|reason| format!("No instance of it was found: {reason}"));
    let apparent = worst.apparent.iter().map(|found| {
        format!("Violated by {:.1e} in binary64 alone on {}; {}", found.excess, found.label, found.judged)
    });
    nothing.chain(apparent).collect()
}

fn chips(audit: &StatementAudit) -> Vec<String> {
    let tally = Tally::of(&audit.targets);
    let mut chips = vec![
        format!("{} killed", tally.killed),
        format!("{} the same", tally.equivalent + tally.agreeing),
        format!("{} with room", tally.slack),
        format!("{} undecided", tally.undecided),
        format!("{} claim less", tally.weaker),
    ];
    chips.extend(tally.settled().map(|share| format!("{:.1} % settled", 100.0 * share)));
    if audit.targets.is_empty() { Vec::new() } else { chips }
}

/// What became of the mutants of each part.
fn parts(audit: &StatementAudit) -> Option<Plot> {
    let row = |target: &TargetAudit| {
        let tally = Tally::of([target]);
        let noticed = |side: i32, sign: &str| target.noticed(side).map(|per_cent| format!("{sign}{per_cent} %"));
        let noticed: Vec<String> = noticed(-1, "−").into_iter().chain(noticed(1, "+")).collect();
        Share {
            name: format!("{}: {}", target.target.place, target.target.text),
            counts: vec![
                ("killed", tally.killed),
                ("same", tally.equivalent + tally.agreeing),
                ("slack", tally.slack),
                ("undecided", tally.undecided),
                ("weaker", tally.weaker),
            ],
            note: if noticed.is_empty() { String::new() } else { format!("noticed from {}", noticed.join(", ")) },
        }
    };
    let rows: Vec<Share> = audit.targets.iter().map(row).collect();
    let caption = "Mutants of each part: killed by an instance, the same, with room (slack), undecided, claiming less";
    let words = Words {
        id: &format!("{}-parts", audit.id),
        title: &format!("{}: what became of the mutants of each part", audit.id),
        description: caption,
    };
    (!rows.is_empty()).then(|| Plot { svg: shares(&words, &rows), caption: caption.to_owned(), command: None })
}

fn margins(audit: &StatementAudit) -> Vec<[String; 4]> {
    let rows = audit.targets.iter().flat_map(|target| target.margins.iter().map(move |margin| (target, margin)));
    let told = |(target, margin): (&TargetAudit, &crate::audit::mutation::margin::Margin)| {
        let (survives, violated) = margin.factors();
        let violated = violated.unwrap_or_else(|| "none found".to_owned());
        [target.target.place.to_string(), margin.target.text.clone(), survives, violated]
    };
    rows.map(told).collect()
}

fn findings(audit: &StatementAudit) -> Vec<(String, String, String)> {
    let all = audit.targets.iter().flat_map(|target| &target.findings);
    let told = |finding: &crate::audit::mutation::finding::Finding| {
        let what = format!(
            "{}: `{}` {}",
            finding.mutant.target.place,
            finding.mutant.target.text,
            finding.mutant.operator.text()
        );
        let becomes = format!("{} becomes {}", finding.before, finding.after);
        let attained = match &finding.attained {
            Some(Attained { share, instance }) => {
                format!(
                    "attained to {} %, so what is lost is the factor {}; shown by {instance}",
                    100.0 * share,
                    finding.factor
                )
            }
            None => format!("least slack {:.1e}; not seen to be attained", finding.least),
        };
        (what, becomes, attained)
    };
    all.map(told).collect()
}

fn transplants(audit: &StatementAudit) -> Vec<(String, String)> {
    audit.transplants.iter().map(|transplant| (transplant.what(), transplant.outcome())).collect()
}

/// How tight it is along one number of the instance.
fn drawn(audit: &StatementAudit, number: usize, trend: &Trend) -> Option<Plot> {
    let points: Vec<[f64; 2]> = trend.points.iter().filter_map(|point| Some([point.value, point.ratio?])).collect();
    if points.len() < 2 {
        return None;
    }
    let caption = format!("Largest lhs/rhs reached over {}", trend.axis);
    let told: Vec<String> = points.iter().map(|[x, y]| format!("{x}: {y:.4}")).collect();
    let words = Words {
        id: &format!("{}-trend-{number}", audit.id),
        title: &format!("{}: tightness over {}", audit.id, trend.axis),
        description: &told.join("; "),
    };
    let series = Series { label: "lhs/rhs", class: "measured", shape: Shape::Curve, points, band: Vec::new() };
    Some(Plot { svg: Lines { words, across: &trend.axis, series: vec![series] }.svg(), caption, command: None })
}
