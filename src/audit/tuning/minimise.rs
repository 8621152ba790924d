//! The least value on the unit cube of a function that may have none at some points: along a line a grid and
//! golden sections, in the plane the same along lines of lines, in more dimensions
//! [`cma`](crate::audit::search::cma) with restarts. Golden sections close in on an end of where there are values as
//! well as on a minimum inside; the plane needs lines of lines because that end is often a curve.

use crate::audit::search::cma::{SearchBudget, maximise};

/// Places and golden sections along a line.
struct Fineness {
    marks: &'static [f64],
    sections: usize,
}

/// Ends matter most, as bounds have their poles there.
const LINE: Fineness = Fineness {
    marks: &[
        0.0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.999, 0.9999, 1.0,
    ],
    sections: 44,
};
/// In the plane, from line to line and along each.
const OUTER: Fineness = Fineness { marks: &[0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0], sections: 20 };
const INNER: Fineness = Fineness { marks: &[0.0, 0.03, 0.2, 0.5, 0.8, 0.97, 1.0], sections: 16 };

/// How far from the best point so far the last golden sections look along a coordinate.
const REACH: f64 = 0.01;
/// Rounds of these along all coordinates, and their number.
const ROUNDS: usize = 2;
const SECTIONS: usize = 30;
/// Points that one run of the covariance search looks at for each dimension, and its first step.
const EVALUATIONS: u64 = 300;
const SPREAD: f64 = 0.2;

/// The best point known.
struct Best<'a> {
    value: &'a mut dyn FnMut(&[f64]) -> Option<f64>,
    point: Vec<f64>,
    least: f64,
}

impl Best<'_> {
    /// The value at a point, infinite where it has none.
    fn evaluate(&mut self, point: &[f64]) -> f64 {
        let found = (self.value)(point).filter(|v| !v.is_nan()).unwrap_or(f64::INFINITY);
        if found < self.least {
            self.least = found;
            self.point = point.to_vec();
        }
        found
    }

    /// The best point's coordinate moved by golden sections.
    fn polish(&mut self, coordinate: usize) {
        let (line, least) = (self.point.clone(), self.least);
        let place = line[coordinate];
        let bracket = [(place - REACH).max(0.0), place, (place + REACH).min(1.0)];
        sections(bracket, least, SECTIONS, &mut |x| {
            let mut point = line.clone();
            point[coordinate] = x;
            self.evaluate(&point)
        });
    }
}

/// The least value along a line, the `extra` places looked at beside the marks.
fn along(fineness: &Fineness, extra: &[f64], evaluate: &mut dyn FnMut(f64) -> f64) -> f64 {
    let mut places: Vec<f64> = fineness.marks.iter().chain(extra).copied().collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let values: Vec<f64> = places.iter().map(|x| evaluate(*x)).collect();
    let Some(i) = (0..values.len()).min_by(|i, j| values[*i].total_cmp(&values[*j])) else { return f64::INFINITY };
    if values[i].is_infinite() {
        return f64::INFINITY;
    }
    let bracket = [places[i.saturating_sub(1)], places[i], places[(i + 1).min(places.len() - 1)]];
    sections(bracket, values[i], fineness.sections, evaluate)
}

/// The least value between two places by golden sections, that of the middle one being known and least.
fn sections(
    [mut low, mut middle, mut high]: [f64; 3],
    mut least: f64,
    count: usize,
    evaluate: &mut dyn FnMut(f64) -> f64,
) -> f64 {
    let ratio = (3.0 - 5f64.sqrt()) / 2.0;
    for _ in 0..count {
        // The longer part is cut; what is kept always holds the best place so far.
        let above = high - middle > middle - low;
        let place = if above { middle + ratio * (high - middle) } else { middle - ratio * (middle - low) };
        let found = evaluate(place);
        let better = found < least;
        match (above, better) {
            (true, true) => low = middle,
            (true, false) => high = place,
            (false, true) => high = middle,
            (false, false) => low = place,
        }
        if better {
            (middle, least) = (place, found);
        }
    }
    least
}

/// The least value that is found, and where; `None` where no point that was looked at has a value.
/// Deterministic. The search begins at `start` as well.
pub(super) fn minimise(start: &[f64], value: &mut dyn FnMut(&[f64]) -> Option<f64>) -> Option<(Vec<f64>, f64)> {
    let mut best = Best { value, point: start.to_vec(), least: f64::INFINITY };
    best.evaluate(start);
    match start {
        [] => {}
        [place] => {
            along(&LINE, &[*place], &mut |x| best.evaluate(&[x]));
        }
        [outer, inner] => {
            along(&OUTER, &[*outer], &mut |x| {
                let known = [*inner, best.point[1]];
                along(&INNER, &known, &mut |y| best.evaluate(&[x, y]))
            });
        }
        _ => {
            for seed in 0..2 {
                // The second run begins where the first one ended.
                let from = best.point.clone();
                let evaluations = EVALUATIONS * start.len() as u64;
                let budget = SearchBudget { evaluations, enough: f64::INFINITY, seed };
                maximise(&from, &vec![SPREAD; start.len()], budget, &mut |point| {
                    let inside: Vec<f64> = point.iter().map(|x| x.clamp(0.0, 1.0)).collect();
                    -best.evaluate(&inside)
                });
            }
        }
    }
    if start.len() > 1 && best.least.is_finite() {
        for coordinate in (0..start.len()).cycle().take(ROUNDS * start.len()) {
            best.polish(coordinate);
        }
    }
    best.least.is_finite().then_some((best.point, best.least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_inside_is_found_along_a_line_and_in_the_plane() {
        let (point, _) = minimise(&[0.9], &mut |x| Some((x[0] - 0.123_456).powi(2))).unwrap();
        assert!((point[0] - 0.123_456).abs() < 1e-7, "{point:?}");
        let valley = |x: &[f64]| Some((x[0] - 0.3).powi(2) + (x[1] - 0.61).abs() + 1.0);
        let (point, value) = minimise(&[0.5, 0.5], &mut { valley }).unwrap();
        assert!((point[0] - 0.3).abs() < 1e-4 && value - 1.0 < 1e-8, "{point:?}: {value}");
    }

    #[test]
    fn an_end_of_where_there_are_values_is_found() {
        let walled = |x: &[f64]| (x[0] > 0.037).then_some(x[0]);
        let (point, _) = minimise(&[0.5], &mut { walled }).unwrap();
        assert!(point[0] - 0.037 < 1e-9, "{point:?}");
        let corner = |x: &[f64]| (x[0] + x[1] >= 0.5).then(|| x[0] + 2.0 * x[1]);
        let (point, value) = minimise(&[0.9, 0.9], &mut { corner }).unwrap();
        assert!(value - 0.5 < 1e-6, "{point:?}: {value}");
        // On the curve xy = 0.1 at x = 2y.
        let curve = |x: &[f64]| (x[0] * x[1] >= 0.1).then(|| x[0] + 2.0 * x[1]);
        let (point, value) = minimise(&[0.9, 0.9], &mut { curve }).unwrap();
        assert!(value - 0.8f64.sqrt() < 1e-4, "{point:?}: {value}");
    }

    #[test]
    fn where_there_is_no_value_there_is_no_minimum() {
        assert!(minimise(&[0.5, 0.5], &mut |_| None).is_none());
        assert!(minimise(&[0.5], &mut |_| Some(f64::NAN)).is_none());
    }

    #[test]
    fn many_dimensions_are_searched_too() {
        let bowl = |x: &[f64]| Some(x.iter().map(|x| (x - 0.4).powi(2)).sum());
        let (_, value) = minimise(&[0.5; 5], &mut { bowl }).unwrap();
        assert!(value < 1e-6, "{value}");
    }
}
