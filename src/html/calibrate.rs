//! The page of a calibration.

use serde::Serialize;

use super::plot::{Floor, Words, floors};
use super::{Plot, grouped, made_by};
use crate::calibrate::{CalibrateReport, Event, Rate, SHIFTS};
use crate::inference::distribution_free::Limited;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    kind: &'static str,
    facts: String,
    alarm: Option<String>,
    lead: String,
    rates: Plot,
    table: Vec<[String; 6]>,
    shifts: Vec<String>,
    power: Vec<(String, String, Vec<String>)>,
    command: String,
}

/// The page of a report.
pub(super) fn view(report: &CalibrateReport) -> View {
    let calibration = &report.calibration;
    let settings = &calibration.settings;
    let exceeded = calibration.exceeded().count();
    let whole: Vec<&Rate> =
        calibration.rates.iter().filter(|rate| rate.form.is_none() && rate.noise.is_none()).collect();
    View {
        kind: "calibrate",
        facts: [
            format!("{} null cells", grouped(usize::try_from(settings.cells).unwrap_or(usize::MAX))),
            format!("level {}", settings.delta),
            format!("seed {}", settings.seed),
            made_by(&report.provenance),
        ]
        .join(" · "),
        alarm: (exceeded > 0)
            .then(|| format!("{exceeded} of {} rates are above their levels.", calibration.rates.len())),
        lead: if exceeded == 0 {
            format!("All {} rates of wrong decisions keep their levels.", calibration.rates.len())
        } else {
            String::new()
        },
        rates: drawn(&whole),
        table: calibration.rates.iter().map(told).collect(),
        shifts: SHIFTS.iter().map(|shift| format!("{} %", 100.0 * shift)).collect(),
        power: calibration
            .power
            .iter()
            .map(|power| {
                let found = power
                    .shifts
                    .iter()
                    .map(|shifted| format!("{} found, {} held", limited(&shifted.found), limited(&shifted.held)));
                (format!("{}, {}", power.form, power.tail), power.cells.to_string(), found.collect())
            })
            .collect(),
        command: format!(
            "lemmata calibrate --cells {} --delta {} --seed {} --replicates {}",
            settings.cells, settings.delta, settings.seed, settings.replicates
        ),
    }
}

fn word(event: Event) -> &'static str {
    match event {
        Event::Refuted => "true claim refuted by one generator",
        Event::Confirmed => "true claim refuted by both",
        Event::Supported => "claim supported the other way",
        Event::FamilyRefuted => "family with a refutation",
        Event::FamilySupported => "family with a support",
        Event::TrueRefuted => "claim with a margin refuted",
        Event::FalseHeld => "planted error found to hold",
    }
}

fn limited(number: &Limited) -> String {
    let per_cent = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{:.3}", 100.0 * x));
    let [low, high] = number.limits;
    format!("{} % [{}, {}]", per_cent(number.value), per_cent(low), per_cent(high))
}

fn told(rate: &Rate) -> [String; 6] {
    let all = || "all".to_owned();
    [
        word(rate.event).to_owned(),
        rate.form.clone().unwrap_or_else(all),
        rate.noise.clone().unwrap_or_else(all),
        format!("{} of {}", rate.count, rate.trials),
        limited(&rate.share),
        format!("{} %{}", 100.0 * rate.level, if rate.exceeded { ", exceeded" } else { "" }),
    ]
}

fn drawn(rates: &[&Rate]) -> Plot {
    let row = |rate: &&Rate| Floor {
        name: word(rate.event).to_owned(),
        value: rate.share.value.filter(|share| *share > 0.0),
        limits: rate.share.limits,
        bounds: vec![("level".to_owned(), rate.level)],
    };
    let rows: Vec<Floor> = rates.iter().map(row).collect();
    let caption = "Share of wrong decisions with its limits; the bar is the proved level";
    let described: Vec<String> =
        rates.iter().map(|rate| format!("{}: {}", word(rate.event), limited(&rate.share))).collect();
    let words = Words { id: "rates", title: caption, description: &described.join("; ") };
    Plot { svg: floors(&words, &rows), caption: caption.to_owned(), command: None }
}
