//! From the trials of all cells to rates and power.

use std::collections::BTreeMap;

use super::trials::{Trial, Trials};
use super::{
    ALL, CalibrateSettings, Event, FAILURE_ERROR, FAMILY, LIMIT_ERROR, PLANTED_ERROR_BUDGET, Power, Rate, SHIFTS,
    Shifted,
};
use crate::inference::distribution_free::{Limited, median, share};

/// Rates of wrong decisions: over all cells, then by left-hand side and noise.
pub(super) fn rates(settings: &CalibrateSettings, trials: &[Trials]) -> Vec<Rate> {
    let mut rates = Vec::new();
    let mut add = |event, group: Option<(&str, &str)>, outcomes: &[bool]| {
        let level = match event {
            Event::TrueRefuted | Event::FalseHeld => PLANTED_ERROR_BUDGET.share(),
            _ => settings.delta,
        };
        let (count, trials) = (outcomes.iter().filter(|o| **o).count() as u64, outcomes.len() as u64);
        rates.push(Rate {
            event,
            form: group.map(|(form, _)| form.to_owned()),
            noise: group.map(|(_, noise)| noise.to_owned()),
            level,
            count,
            trials,
            share: share(count, trials, LIMIT_ERROR),
            exceeded: false,
        });
    };
    let alone = |trials: &[&Trials], found: fn(&Trial) -> bool| -> Vec<bool> {
        trials.iter().map(|cell| found(&cell.alone)).collect()
    };
    let all: Vec<&Trials> = trials.iter().collect();
    let refuted: fn(&Trial) -> bool = |trial| trial.refuted;
    add(Event::Refuted, None, &alone(&all, refuted));
    add(Event::Confirmed, None, &alone(&all, Trial::violated));
    add(Event::Supported, None, &alone(&all, Trial::held));
    let families = |found: fn(&Trial) -> bool| -> Vec<bool> {
        let members: Vec<Trial> = trials.iter().filter_map(|cell| cell.in_family).collect();
        members.chunks_exact(FAMILY as usize).map(|family| family.iter().any(found)).collect()
    };
    add(Event::FamilyRefuted, None, &families(refuted));
    add(Event::FamilySupported, None, &families(Trial::held));
    let margins: Vec<bool> = trials.iter().flat_map(|cell| &cell.margins).map(refuted).collect();
    add(Event::TrueRefuted, None, &margins);
    let planted: Vec<bool> = trials.iter().flat_map(|cell| &cell.planted).map(Trial::held).collect();
    add(Event::FalseHeld, None, &planted);
    let mut groups: BTreeMap<(&str, &str), Vec<&Trials>> = BTreeMap::new();
    for cell in trials {
        groups.entry((cell.form, cell.noise)).or_default().push(cell);
    }
    for (group, cells) in groups {
        add(Event::Refuted, Some(group), &alone(&cells, refuted));
        add(Event::Supported, Some(group), &alone(&cells, Trial::held));
    }
    let error = FAILURE_ERROR / rates.len() as f64;
    for rate in &mut rates {
        // The lower of two limits that err with the same probability each.
        rate.exceeded = share(rate.count, rate.trials, 2.0 * error).is_above(rate.level);
    }
    rates
}

/// Power by kind of tail, then by left-hand side and kind of tail.
pub(super) fn power(trials: &[Trials]) -> Vec<Power> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Trials>> = BTreeMap::new();
    for cell in trials.iter().filter(|cell| !cell.planted.is_empty()) {
        for form in [ALL, cell.form] {
            groups.entry((form, cell.tail)).or_default().push(cell);
        }
    }
    let row = |((form, tail), cells): ((&str, &str), Vec<&Trials>)| Power {
        form: form.to_owned(),
        tail: tail.to_owned(),
        cells: cells.len() as u64,
        shifts: SHIFTS.iter().enumerate().map(|(i, shift)| shifted(*shift, i, &cells)).collect(),
    };
    let (together, apart): (Vec<Power>, Vec<Power>) = groups.into_iter().map(row).partition(|row| row.form == ALL);
    together.into_iter().chain(apart).collect()
}

fn shifted(shift: f64, position: usize, cells: &[&Trials]) -> Shifted {
    let count = cells.len() as u64;
    let of = |hits: usize| share(hits as u64, count, LIMIT_ERROR);
    let planted = || cells.iter().map(|cell| cell.planted[position]);
    let held = cells.iter().filter(|cell| cell.margins[position].held()).count();
    let until: Vec<f64> = planted().map(|t| if t.violated() { t.replicates as f64 } else { f64::INFINITY }).collect();
    let replicates: Limited = median(&until, LIMIT_ERROR);
    Shifted { shift, found: of(planted().filter(Trial::violated).count()), replicates, held: of(held) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Verdict;

    const SETTINGS: CalibrateSettings =
        CalibrateSettings { cells: 1000, delta: 0.05, seed: 1, replicates: 100, defect: 0.0 };
    const QUIET: Trial = Trial { verdict: Verdict::Inconclusive, refuted: false, replicates: 100 };
    const ALARM: Trial = Trial { verdict: Verdict::Inconclusive, refuted: true, replicates: 256 };

    /// Cells of which the first `alarms` in every hundred are refuted by the first generator.
    fn trials(alarms: usize) -> Vec<Trials> {
        let cell = |number: usize| {
            let alone = if number % 100 < alarms { ALARM } else { QUIET };
            Trials {
                form: "form",
                noise: "noise",
                tail: "bounded",
                alone,
                in_family: Some(alone),
                planted: vec![],
                margins: vec![],
            }
        };
        (0..1000).map(cell).collect()
    }

    fn exceeded(alarms: usize) -> Vec<Event> {
        rates(&SETTINGS, &trials(alarms)).into_iter().filter(|r| r.exceeded).map(|r| r.event).collect()
    }

    #[test]
    fn a_rate_fails_only_where_it_is_certainly_above_its_level() {
        assert_eq!(exceeded(0), []);
        // Seven in a hundred are more than five, but chance can do that.
        assert!(!exceeded(7).contains(&Event::Refuted));
        // All families have a refuted cell, then.
        assert_eq!(exceeded(7), [Event::FamilyRefuted]);
        assert!(exceeded(12).contains(&Event::Refuted));
        assert!(!exceeded(12).contains(&Event::Confirmed));
    }

    #[test]
    fn families_are_counted_once_however_many_alarms_they_have() {
        let rates = rates(&SETTINGS, &trials(3));
        let family = rates.iter().find(|r| r.event == Event::FamilyRefuted).unwrap();
        assert_eq!((family.count, family.trials), (10, 10));
        let cells = rates.iter().find(|r| r.event == Event::Refuted && r.form.is_none()).unwrap();
        assert_eq!((cells.count, cells.trials), (30, 1000));
    }

    #[test]
    fn one_alarm_where_none_is_to_be_expected_is_not_yet_a_failure_but_three_are() {
        const RATES: f64 = 67.0;
        let level = PLANTED_ERROR_BUDGET.share();
        let lower = |count| share(count, 1500, 2.0 * FAILURE_ERROR / RATES).limits[0].unwrap();
        // P(at least one) = 1 − (1 − q)¹⁵⁰⁰ is the error at the limit q.
        assert!((lower(1) / (FAILURE_ERROR / RATES / 1500.0) - 1.0).abs() < 1e-3, "{}", lower(1));
        assert!(lower(1) < level && lower(3) > level);
    }

    #[test]
    fn power_counts_confirmed_refutations_and_takes_the_rest_as_never() {
        let found = Trial { verdict: Verdict::Violated, refuted: true, replicates: 256 };
        let mut cells = trials(0);
        cells.truncate(4);
        for (i, cell) in cells.iter_mut().enumerate() {
            cell.planted = vec![if i < 3 { found } else { ALARM }; 3];
            cell.margins = vec![QUIET; 3];
        }
        let power = power(&cells);
        assert_eq!((power.len(), power[0].cells), (2, 4));
        assert_eq!([&power[0].form, &power[1].form], [ALL, "form"]);
        assert_eq!(power[0].shifts[0].found.value, Some(0.75));
        assert_eq!(power[0].shifts[0].replicates.value, Some(256.0));
        assert_eq!(power[0].shifts[0].held.value, Some(0.0));
    }
}
