//! The terminal's view of a calibration.

use comfy_table::ContentArrangement;

use super::{Calibration, Event, FAMILY, PLANTED_BUDGET, PLANTED_ERROR_BUDGET, Power, Rate, SHIFTS};
use crate::inference::distribution_free::Limited;
use crate::report::{fitted, headed};

/// Two tables, false alarms and power, and what they are read with.
#[must_use]
pub fn render(calibration: &Calibration) -> String {
    format!("{}\n\n{}\n{}", alarms(calibration), power(calibration), closing(calibration))
}

fn alarms(calibration: &Calibration) -> String {
    let header = ["wrong decision", "level", "count", "of", "rate", "99.9 % limits", "finding"];
    let mut table = headed(&header, ContentArrangement::Disabled);
    for rate in calibration.rates.iter().filter(|rate| rate.form.is_none()) {
        table.add_row([
            name(rate.event).to_owned(),
            number(rate.level),
            rate.count.to_string(),
            rate.trials.to_string(),
            percent(rate.share.value),
            limits(&rate.share),
            finding(rate).to_owned(),
        ]);
    }
    let mut text = fitted(&table, &[]);
    for event in [Event::Refuted, Event::Supported] {
        let groups = calibration.rates.iter().filter(|rate| rate.form.is_some() && rate.event == event);
        let count = groups.clone().count();
        let worst = groups.max_by(|a, b| a.share.value.unwrap_or(0.0).total_cmp(&b.share.value.unwrap_or(0.0)));
        if let Some(rate) = worst {
            text += &format!("\nmost of {count} groups, {}: {}", name(event), described(rate));
        }
    }
    text
}

fn power(calibration: &Calibration) -> String {
    let shifts = SHIFTS.map(|shift| format!("{} %", 100.0 * shift));
    let mut header = vec!["left-hand side".to_owned(), "samples".to_owned(), "cells".to_owned()];
    header.extend(shifts.iter().map(|shift| format!("{shift} too low: found")));
    header.extend(shifts.iter().map(|shift| format!("{shift} room: holds")));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = headed(&header, ContentArrangement::Disabled);
    for row in &calibration.power {
        table.add_row(cells_of(row));
    }
    fitted(&table, &[])
}

fn cells_of(row: &Power) -> Vec<String> {
    let found = row.shifts.iter().map(|shifted| {
        let after = shifted.replicates.value.map_or_else(String::new, |count| format!(", {count}"));
        format!("{} {}{after}", percent(shifted.found.value), limits(&shifted.found))
    });
    let held = row.shifts.iter().map(|shifted| format!("{} {}", percent(shifted.held.value), limits(&shifted.held)));
    let head = [row.form.clone(), row.tail.clone(), row.cells.to_string()];
    head.into_iter().chain(found).chain(held).collect()
}

fn closing(calibration: &Calibration) -> String {
    let settings = &calibration.settings;
    let mut text = format!(
        "found: share reported as violated within {} replicates at the level {:.1e}, and the median number of them\n",
        settings.replicates.saturating_mul(PLANTED_BUDGET),
        PLANTED_ERROR_BUDGET.share(),
    );
    for rate in calibration.exceeded() {
        text +=
            &format!("FAILED: {}: {} is above its level {}\n", name(rate.event), described(rate), number(rate.level));
    }
    text + &format!(
        "{} null cells of at most {} replicates at the level {}, {} families of {FAMILY}, {} cells with planted errors; seed {}",
        settings.cells,
        settings.replicates,
        number(settings.delta),
        settings.families(),
        settings.planted(),
        settings.seed,
    )
}

fn described(rate: &Rate) -> String {
    let group = match (&rate.form, &rate.noise) {
        (Some(form), Some(noise)) => format!("{form} under {noise}, "),
        _ => String::new(),
    };
    format!("{group}{} of {}, {} {}", rate.count, rate.trials, percent(rate.share.value), limits(&rate.share))
}

fn name(event: Event) -> &'static str {
    match event {
        Event::Refuted => "null cell refuted",
        Event::Confirmed => "null cell refuted, and again by the second generator",
        Event::Supported => "null cell supported",
        Event::FamilyRefuted => "family with a cell refuted",
        Event::FamilySupported => "family with a cell supported",
        Event::TrueRefuted => "claim with a margin refuted",
        Event::FalseHeld => "claim with a planted error held",
    }
}

/// A level is not shown to be kept where there are few trials; that is no failure.
fn finding(rate: &Rate) -> &'static str {
    if rate.exceeded {
        "ABOVE the level"
    } else if rate.share.limits[1].is_some_and(|upper| upper <= rate.level) {
        "below the level"
    } else {
        "not above the level"
    }
}

fn number(x: f64) -> String {
    if x >= 1e-3 { format!("{x}") } else { format!("{x:.1e}") }
}

/// In per cent with two digits after the point where that says something.
fn percent(x: Option<f64>) -> String {
    match x.map(|x| 100.0 * x) {
        None => "–".to_owned(),
        Some(x) if x == 0.0 || x >= 99.995 => format!("{x:.0} %"),
        Some(x) if x < 10.0 => format!("{x:.2} %"),
        Some(x) => format!("{x:.1} %"),
    }
}

fn limits(limited: &Limited) -> String {
    let [lower, upper] = limited.limits.map(percent);
    format!("[{}, {}]", lower.trim_end_matches(" %"), upper.trim_end_matches(" %"))
}
