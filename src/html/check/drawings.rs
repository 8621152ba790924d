//! The plots of a statement: both sides along a run, their ratios over all cells, and both sides against the numbers
//! that cells differ in.

use std::collections::BTreeSet;

use crate::html::Plot;
use crate::html::plot::{Lines, Series, Shape, Words, histogram};
use crate::report::{CellReport, StatementSummary};
use crate::statement::Statement;
use crate::verify::{Abscissa, Curve, Sweep, Worst};

/// Fewest ratios that make a distribution.
const FEWEST: usize = 4;
/// Most numbers over which the sides are drawn, and cells in such a drawing.
const MOST_NUMBERS: usize = 4;
const MOST_CELLS: usize = 80;

/// Both sides along k or K of one cell, and the distribution of ratios over all.
pub(super) fn main(summary: &StatementSummary, cells: &[&CellReport], file: &str) -> Vec<Plot> {
    along(summary, cells, file).into_iter().chain(distribution(summary, cells)).collect()
}

/// Of the exemplars the one with most places; of equals the longest, then the worst, then the median.
fn along(summary: &StatementSummary, cells: &[&CellReport], file: &str) -> Option<Plot> {
    let exemplars = summary.exemplars?;
    let places = |number: usize| {
        let cell = cells.iter().find(|cell| cell.number == number)?;
        let curve = cell.curves.iter().max_by_key(|curve| (curve.at.len(), usize::MAX - curve.claim))?;
        (curve.at.len() > 1).then_some((*cell, curve))
    };
    let mut best: Option<(&CellReport, &Curve)> = None;
    for (cell, curve) in
        [exemplars.longest, exemplars.worst, exemplars.median, exemplars.simplest].into_iter().filter_map(places)
    {
        if best.is_none_or(|(_, kept)| curve.at.len() > kept.at.len()) {
            best = Some((cell, curve));
        }
    }
    let (cell, curve) = best?;
    let (shape, across) = match curve.over {
        Abscissa::Step => (Shape::Curve, "step k"),
        Abscissa::Horizon => (Shape::Curve, "number of steps K"),
        Abscissa::Point => (Shape::Marks, "number of the point"),
    };
    let at: Vec<f64> = curve.at.iter().map(|at| *at as f64).collect();
    let band = if curve.doubt.is_empty() { "" } else { ", with a band of its uncertainty" };
    let caption =
        format!("Both sides of claim {} over {across}{band}: cell {}, {}", curve.claim, cell.number, cell.spec);
    let words = Words {
        id: &format!("{}-along", summary.id),
        title: &format!("{}: bound and measurement over {across}", summary.id),
        description: &described(&at, [&curve.lhs, &curve.rhs]),
    };
    let svg = both_sides(words, across, shape, &at, [&curve.lhs, &curve.rhs], &curve.doubt);
    Some(Plot { svg, caption, command: Some(format!("lemmata replay {file} --cell {}", cell.number)) })
}

/// Both sides at the same places, the measured one with half the height of its band.
fn both_sides(
    words: Words<'_>,
    across: &str,
    shape: Shape,
    at: &[f64],
    [lhs, rhs]: [&[f64]; 2],
    doubt: &[f64],
) -> String {
    let points = |side: &[f64]| at.iter().zip(side).map(|(x, y)| [*x, *y]).collect::<Vec<_>>();
    let series = |label, side: &[f64], band: &[f64]| Series {
        label,
        class: label,
        shape,
        points: points(side),
        band: band.to_vec(),
    };
    Lines { words, across, series: vec![series("bound", rhs, &[]), series("measured", lhs, doubt)] }.svg()
}

/// The ends of both sides in words.
fn described(at: &[f64], [lhs, rhs]: [&[f64]; 2]) -> String {
    let ends = |values: &[f64]| match (values.first(), values.last()) {
        (Some(first), Some(last)) => format!("from {first} to {last}"),
        _ => String::new(),
    };
    format!("Over places {}: the left side goes {}, the right side {}.", ends(at), ends(lhs), ends(rhs))
}

fn distribution(summary: &StatementSummary, cells: &[&CellReport]) -> Option<Plot> {
    let ratios: Vec<f64> = cells.iter().filter_map(|cell| worst(cell)?.ratio).collect();
    if ratios.len() < FEWEST {
        return None;
    }
    let attained = ratios.iter().filter(|ratio| **ratio == 1.0).count();
    let beyond = ratios.iter().filter(|ratio| **ratio > 1.0).count();
    let attained = match (beyond, attained) {
        (0, 0) => "1 is not attained".to_owned(),
        (0, count) => format!("1 is attained in {count}"),
        (count, _) => format!("beyond 1 in {count}"),
    };
    let caption = format!("Left side over right side, at its largest in each of {} cells: {attained}", ratios.len());
    let words = Words {
        id: &format!("{}-ratios", summary.id),
        title: &format!("{}: left side over right side", summary.id),
        description: &caption,
    };
    Some(Plot { svg: histogram(&words, &ratios), caption, command: None })
}

fn worst(cell: &CellReport) -> Option<&Worst> {
    cell.outcome.as_ref()?.worst.as_ref()
}

/// Both sides against the numbers that they depend on: as curves where the report has them for one of the cells, else
/// at the worst place of each cell against each number in which cells differ: the statement's parameters, the
/// constants of the instance, and K.
pub(super) fn over_numbers(statement: &Statement, cells: &[&CellReport], file: &str) -> Vec<Plot> {
    let swept = cells.iter().flat_map(|cell| cell.sweeps.iter().map(move |sweep| (*cell, sweep)));
    let curves: Vec<(&str, Plot)> =
        swept.map(|(cell, sweep)| (sweep.over.as_str(), over_sweep(statement, cell, sweep, file))).collect();
    let parameters = statement.parameters.iter().map(|parameter| parameter.name.clone());
    let constants = statement.needs().into_iter().map(|builtin| builtin.name().to_owned());
    let given = statement.given.iter().map(|given| given.name.clone());
    let names = parameters.chain(given).chain(constants).chain(["K".to_owned()]);
    let known: Vec<&str> = curves.iter().map(|(name, _)| *name).collect();
    let marks: Vec<Plot> = names
        .filter(|name| !known.contains(&name.as_str()))
        .filter_map(|name| over(statement, &name, cells))
        .take(MOST_NUMBERS.saturating_sub(known.len()))
        .collect();
    curves.into_iter().map(|(_, plot)| plot).chain(marks).collect()
}

/// Both sides of one cell as one of its numbers changes.
fn over_sweep(statement: &Statement, cell: &CellReport, sweep: &Sweep, file: &str) -> Plot {
    let Sweep { over, claim, k, .. } = sweep;
    let index = if statement.claims.get(claim - 1).is_some_and(|claim| claim.quantifier.is_some()) { "k" } else { "K" };
    let with =
        if sweep.with.is_empty() { String::new() } else { format!(", with which {} moves", sweep.with.join(", ")) };
    let caption = format!(
        "Both sides of claim {claim} at {index} = {k} over {over}{with}, all else as in cell {}: {}",
        cell.number, cell.spec
    );
    let words = Words {
        id: &format!("{}-over-{over}", statement.id),
        title: &format!("{}: bound and measurement over {over}", statement.id),
        description: &described(&sweep.at, [&sweep.lhs, &sweep.rhs]),
    };
    let svg = both_sides(words, over, Shape::Curve, &sweep.at, [&sweep.lhs, &sweep.rhs], &[]);
    Plot { svg, caption, command: Some(format!("lemmata replay {file} --cell {}", cell.number)) }
}

fn value(cell: &CellReport, name: &str) -> Option<f64> {
    if name == "K" {
        return worst(cell).map(|worst| worst.horizon as f64);
    }
    let middle = |[low, high]: &[f64; 2]| low / 2.0 + high / 2.0;
    cell.spec.parameters.get(name).copied().or_else(|| cell.constants.get(name).map(middle))
}

fn over(statement: &Statement, name: &str, cells: &[&CellReport]) -> Option<Plot> {
    let middle = |[low, high]: [f64; 2]| low / 2.0 + high / 2.0;
    let all: Vec<(f64, f64, f64)> = cells
        .iter()
        .filter_map(|cell| Some((value(cell, name)?, middle(worst(cell)?.lhs), middle(worst(cell)?.rhs))))
        .filter(|(x, lhs, rhs)| [x, lhs, rhs].iter().all(|v| v.is_finite() && v.abs() < f64::MAX))
        .collect();
    let distinct: BTreeSet<u64> = all.iter().map(|(x, ..)| x.to_bits()).collect();
    if distinct.len() < FEWEST {
        return None;
    }
    let stride = all.len().div_ceil(MOST_CELLS);
    let shown: Vec<&(f64, f64, f64)> = all.iter().step_by(stride).collect();
    let caption =
        format!("Both sides at the worst place of {} cells over {name}; cells differ in all else too", shown.len());
    let words = Words {
        id: &format!("{}-over-{name}", statement.id),
        title: &format!("{}: both sides over {name}", statement.id),
        description: &caption,
    };
    let column = |of: fn(&(f64, f64, f64)) -> f64| shown.iter().map(|point| of(point)).collect::<Vec<f64>>();
    let (at, lhs, rhs) = (column(|p| p.0), column(|p| p.1), column(|p| p.2));
    let svg = both_sides(words, name, Shape::Marks, &at, [&lhs, &rhs], &[]);
    Some(Plot { svg, caption, command: None })
}
