//! The report of an audit, and its tables for the terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::ContentArrangement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::finding::{Attained, Finding};
use crate::audit::mutation::mutate::Operator;
use crate::audit::mutation::trial::{Agreement, Depth, MutantStatus};
use crate::audit::running::run::StatementAudit;
use crate::audit::running::target::TargetAudit;
use crate::audit::search::trend::TrendPoint;
use crate::audit::search::worst::{Apparent, Shown};
use crate::audit::tuning;
use crate::report::{Document, Kind, Provenance, by_hand, fitted, headed, wording};
use crate::statement::Subject;

/// Version of the report's form.
pub const SCHEMA_VERSION: u32 = 6;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditSettings {
    /// Seed.
    pub seed: u64,
    /// Depth of the searches.
    pub depth: Depth,
    /// Family-wise error over all statistical tests of the audit.
    pub delta: f64,
    /// Judgements by sampling that one piece of work may make.
    pub judgements: u64,
}

/// A whole audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditReport {
    /// `audit`.
    pub kind: Kind,
    /// Version of this form.
    pub schema_version: u32,
    /// Name of the report.
    pub name: String,
    /// What produced it.
    pub provenance: Provenance,
    /// What was asked for.
    pub settings: AuditSettings,
    /// Instances that the finished pieces of work looked at.
    pub evaluations: u64,
    /// The statements, in the order audited.
    pub statements: Vec<StatementAudit>,
}

impl Document for AuditReport {
    const KIND: Kind = Kind::Audit;
    const VERSION: u32 = SCHEMA_VERSION;
}

/// Mutants by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Violated on an instance.
    pub killed: usize,
    /// The same function.
    pub equivalent: usize,
    /// The same on all instances looked at.
    pub agreeing: usize,
    /// With room that is measured.
    pub slack: usize,
    /// Neither.
    pub undecided: usize,
    /// Claims less.
    pub weaker: usize,
    /// No statement.
    pub invalid: usize,
}

impl Tally {
    /// Of some targets.
    #[must_use]
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a TargetAudit>) -> Self {
        let mut tally = Tally::default();
        for tested in targets.into_iter().flat_map(|target| &target.mutants) {
            *match &tested.status {
                MutantStatus::Killed { .. } => &mut tally.killed,
                MutantStatus::Equivalent { by: Agreement::Symbolic } => &mut tally.equivalent,
                MutantStatus::Equivalent { by: Agreement::Instances { .. } } => &mut tally.agreeing,
                MutantStatus::Slack { .. } => &mut tally.slack,
                MutantStatus::Undecided { .. } => &mut tally.undecided,
                MutantStatus::Weaker => &mut tally.weaker,
                MutantStatus::NoStatement => &mut tally.invalid,
            } += 1;
        }
        tally
    }

    /// Mutants that claim more, or something else.
    #[must_use]
    pub fn strengthening(&self) -> usize {
        self.killed + self.equivalent + self.agreeing + self.slack + self.undecided
    }

    /// The share of these that are killed, the same or left with room that is measured.
    #[must_use]
    pub fn settled(&self) -> Option<f64> {
        let all = self.strengthening();
        (all > 0).then(|| (all - self.undecided) as f64 / all as f64)
    }
}

/// Statements of which everything is shown.
const SHOWN_WHOLE: usize = 3;

/// The tables: one row a statement; for a few statements also all that was learnt of each.
#[must_use]
pub fn render(report: &AuditReport) -> String {
    let mut out = String::new();
    if report.statements.len() <= SHOWN_WHOLE {
        for audit in &report.statements {
            // Writing to a string cannot fail.
            let _ = write_statement(&mut out, audit);
        }
    }
    let _ = writeln!(out, "{}", overview(report));
    for audit in &report.statements {
        if let Some(shown) = audit.worst.as_ref().and_then(|worst| worst.counterexample.as_ref()) {
            let _ = writeln!(out, "{} is violated on {}", audit.id, sides(shown));
        }
        let worst = audit.worst.as_ref();
        if let Some(apparent) = worst.and_then(|worst| worst.apparent.as_ref()) {
            let Apparent { label, excess, judged, .. } = apparent;
            let _ = writeln!(out, "{}: violated by {excess:.1e} in binary64 alone on {label}; {judged}", audit.id);
        }
        if let Some(reason) = worst.and_then(|worst| worst.nothing.as_ref()) {
            let _ = writeln!(out, "{}: nothing was looked at, because no instance of it was found: {reason}", audit.id);
        }
    }
    let power = power(report);
    if !power.is_empty() {
        let _ = writeln!(out, "{power}");
    }
    out
}

fn sides(shown: &Shown) -> String {
    match wording::worst(&shown.outcome) {
        None => shown.label.clone(),
        Some(worst) => {
            let by_hand = by_hand(&shown.outcome).map_or_else(String::new, |text| format!("\n{text}"));
            format!("{}\n  {worst}, by {}{by_hand}", shown.label, shown.outcome.evidence.name())
        }
    }
}

fn overview(report: &AuditReport) -> String {
    let header = [
        "statement",
        "about",
        "mutants",
        "weaker",
        "killed",
        "same",
        "slack",
        "undecided",
        "settled",
        "best lhs/rhs",
        "findings",
    ];
    let mut table = headed(&header, ContentArrangement::Dynamic);
    for audit in &report.statements {
        let tally = Tally::of(&audit.targets);
        let counterexample = audit.worst.as_ref().is_some_and(|worst| worst.counterexample.is_some());
        let tightest = audit.worst.as_ref().and_then(|worst| worst.tightest.as_ref()?.outcome.worst.as_ref()?.ratio);
        let note = match (&audit.left_out, counterexample, audit.unfinished) {
            (Some(reason), ..) => format!("not audited: {reason}"),
            (_, true, _) => "VIOLATED".to_owned(),
            _ if audit.worst.as_ref().is_some_and(|worst| worst.nothing.is_some()) => "no instance".to_owned(),
            (_, _, 0) => {
                let count: usize = audit.targets.iter().map(|target| target.findings.len()).sum();
                if count > 0 { count.to_string() } else { String::new() }
            }
            (_, _, open) => format!("{open} pieces not reached"),
        };
        table.add_row([
            audit.id.clone(),
            audit.about.text().to_owned(),
            (tally.strengthening() + tally.weaker).to_string(),
            tally.weaker.to_string(),
            tally.killed.to_string(),
            (tally.equivalent + tally.agreeing).to_string(),
            tally.slack.to_string(),
            tally.undecided.to_string(),
            tally.settled().map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share)),
            tightest.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.6}")),
            note,
        ]);
    }
    fitted(&table, &[])
}

/// Changes of a number, as planted errors.
pub const PLANTED: [u32; 3] = [2, 10, 50];

/// Of the numbers whose change claims more, the share whose change by 2, 10 and 50 % is noticed, by what the
/// claim is about: [claims, then for each size (noticed, all)].
#[must_use]
pub fn power_by_kind(report: &AuditReport) -> BTreeMap<Subject, [(usize, usize); 3]> {
    let mut power: BTreeMap<Subject, [(usize, usize); 3]> = BTreeMap::new();
    for audit in &report.statements {
        for tested in audit.targets.iter().flat_map(|target| &target.mutants) {
            let Operator::Scale { per_cent } = tested.operator else { continue };
            let Some(size) = PLANTED.iter().position(|p| *p == per_cent.unsigned_abs()) else { continue };
            let counts = &mut power.entry(audit.about).or_default()[size];
            match tested.status {
                MutantStatus::Killed { .. } => {
                    counts.0 += 1;
                    counts.1 += 1;
                }
                MutantStatus::Slack { .. } | MutantStatus::Undecided { .. } => counts.1 += 1,
                MutantStatus::Equivalent { .. } | MutantStatus::Weaker | MutantStatus::NoStatement => {}
            }
        }
    }
    power
}

fn power(report: &AuditReport) -> String {
    let power = power_by_kind(report);
    if power.is_empty() {
        return String::new();
    }
    let mut table = headed(&["planted error", "2 %", "10 %", "50 %"], ContentArrangement::Dynamic);
    for (about, sizes) in power {
        let share = |(noticed, all): (usize, usize)| {
            if all == 0 { "–".to_owned() } else { format!("{:.1} % of {all}", 100.0 * noticed as f64 / all as f64) }
        };
        let [a, b, c] = sizes.map(share);
        table.add_row([about.text().to_owned(), a, b, c]);
    }
    fitted(&table, &[])
}

fn write_statement(out: &mut String, audit: &StatementAudit) -> std::fmt::Result {
    writeln!(out, "{}", audit.id)?;
    if let Some(shown) = audit.worst.as_ref().and_then(|worst| worst.tightest.as_ref()) {
        let tightness = shown.outcome.worst.as_ref().map_or_else(String::new, |worst| {
            let ratio = worst.ratio.map_or_else(String::new, |ratio| format!("lhs/rhs = {ratio:.9}, "));
            let slack = worst.slack.map_or_else(String::new, |slack| format!("slack {slack:.2e}, "));
            format!("{ratio}{slack}{} by {}", shown.outcome.verdict, shown.outcome.evidence.name())
        });
        writeln!(out, "\nWorst instance found: {}\n  {tightness}", shown.label)?;
    }
    if !audit.targets.is_empty() {
        writeln!(out, "\n{}", constants(audit))?;
    }
    write_findings(out, audit)?;
    write_transplants(out, audit)?;
    write_trends(out, audit)?;
    write_tunings(out, audit)?;
    writeln!(out)
}

/// Rows of the tunings that are printed: those on which the recommended choice loses most.
const TUNINGS: usize = 6;

fn write_tunings(out: &mut String, audit: &StatementAudit) -> std::fmt::Result {
    if audit.tunings.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nParameters of the analyst's choice, where the recommended one loses most, of {} settings:",
        audit.tunings.len()
    )?;
    writeln!(out, "{}", tuning::render(&audit.tunings, TUNINGS))
}

/// One row a part: the smallest change that is noticed in each direction, and the room of constants.
fn constants(audit: &StatementAudit) -> String {
    let header = ["in", "part", "noticed smaller", "noticed larger", "killed", "slack", "room"];
    let mut table = headed(&header, ContentArrangement::Dynamic);
    for target in &audit.targets {
        let tally = Tally::of([target]);
        let noticed = |side: i32| target.noticed(side).map_or_else(String::new, |p| format!("{p} %"));
        let margins: Vec<String> = target
            .margins
            .iter()
            .map(|margin| {
                let (survives, violated) = margin.factors();
                format!("{survives} survives, violated at {}", violated.as_deref().unwrap_or("none"))
            })
            .collect();
        table.add_row([
            target.target.place.to_string(),
            target.target.text.clone(),
            noticed(-1),
            noticed(1),
            tally.killed.to_string(),
            (tally.slack + tally.undecided).to_string(),
            margins.join("; "),
        ]);
    }
    fitted(&table, &[])
}

/// Stronger forms that are printed.
const FOUND: usize = 8;

fn write_findings(out: &mut String, audit: &StatementAudit) -> std::fmt::Result {
    let mut findings: Vec<&Finding> = audit.targets.iter().flat_map(|target| &target.findings).collect();
    if findings.is_empty() {
        return Ok(());
    }
    // Those that are attained say most, then those with the least room.
    findings.sort_by(|a, b| a.attained.is_none().cmp(&b.attained.is_none()).then(a.least.total_cmp(&b.least)));
    writeln!(out, "\nStronger forms that were not refuted (no proof that they hold):")?;
    for finding in findings.iter().take(FOUND) {
        let target = &finding.mutant.target;
        writeln!(out, "  {}: `{}` {}", target.place, target.text, finding.mutant.operator.text())?;
        writeln!(out, "    {} becomes {}", finding.before, finding.after)?;
        match &finding.attained {
            Some(Attained { share, instance }) => writeln!(
                out,
                "    attained to {} %, so what is lost is the factor {}\n    shown by {instance}",
                100.0 * share,
                finding.factor
            )?,
            None => writeln!(out, "    least slack {:.1e}; not seen to be attained", finding.least)?,
        }
    }
    if findings.len() > FOUND {
        writeln!(out, "  and {} more in the report", findings.len() - FOUND)?;
    }
    Ok(())
}

fn write_transplants(out: &mut String, audit: &StatementAudit) -> std::fmt::Result {
    for transplant in &audit.transplants {
        writeln!(out, "\nWith {}: {}", transplant.what(), transplant.outcome())?;
        if transplant.limits.is_empty() {
            continue;
        }
        let mut table = headed(&["at", "limit", "may grow alone", "may grow with it"], ContentArrangement::Dynamic);
        for limit in &transplant.limits {
            let at: Vec<String> = limit.at.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            table.add_row([
                at.join(", "),
                limit.limit.clone(),
                format!("x {:.3}", limit.alone),
                format!("x {:.3}", limit.with),
            ]);
        }
        writeln!(out, "{}", fitted(&table, &[]))?;
    }
    Ok(())
}

/// Trends that vary by less are left to the report.
const FLAT: f64 = 1e-3;

fn write_trends(out: &mut String, audit: &StatementAudit) -> std::fmt::Result {
    for trend in &audit.trends {
        let reached = |point: &TrendPoint| point.ratio.unwrap_or(-point.slack);
        let (low, high) = trend.points.iter().map(reached).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        if high - low < FLAT {
            continue;
        }
        let points: Vec<String> = trend
            .points
            .iter()
            .map(|point| match point.ratio {
                Some(ratio) => format!("{:.4}: {ratio:.4}", point.value),
                None => format!("{:.4}: slack {:.1e}", point.value, point.slack),
            })
            .collect();
        writeln!(out, "trend in {}: {}", trend.axis, points.join("  "))?;
    }
    Ok(())
}
