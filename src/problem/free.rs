//! What a search may change of a specification, told by the specification itself: its numbers with what they
//! may be, its counts, and what of it can be left out. Constraints between numbers are kept by the way they
//! are written: a search moves coordinates, any values of which give valid data.

use rug::Rational;

use super::{MAX_DIMENSION, MAX_WORKERS, ProblemSpec};

/// What a single number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Any number.
    Any,
    /// Not negative.
    Nonnegative,
    /// Positive.
    Positive,
    /// At least one: a condition number.
    FromOne,
    /// Between zero and one.
    Share,
    /// Of the sign that it has, or not negative where it is zero: what is convex stays convex.
    KeepsSign,
    /// Not negative, and zero where it is zero: what is switched off stays off.
    Switch,
}

/// What a count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Coordinates.
    Dimension,
    /// Workers.
    Workers,
    /// Something of which there is no more than of coordinates.
    Inner,
    /// Anything else.
    Other,
}

/// A part of a specification.
pub enum Part<'a> {
    /// A number.
    One(&'a mut f64, Range),
    /// A number for each coordinate.
    ByCoordinate(&'a mut Vec<f64>, Range),
    /// A number for each worker; together they are zero.
    Balanced(&'a mut Vec<f64>),
    /// A vector for each worker; together they are zero.
    BalancedVectors(&'a mut Vec<Vec<f64>>),
    /// A vector for each step.
    Script(&'a mut Vec<Vec<f64>>),
    /// Increasing numbers, and one more number for what is between them, each of which keeps its sign.
    Pieces(&'a mut Vec<f64>, &'a mut Vec<f64>),
    /// A count, and the most that it may be.
    Count(&'a mut usize, Counted, usize),
    /// A number of bits, and the most that it may be.
    Bits(&'a mut u32, u32),
}

/// The parts of a specification, with the names that its data have.
pub type Parts<'a> = Vec<(&'static str, Part<'a>)>;

/// Smallest number that counts as positive, and largest condition number.
const SMALLEST: f64 = 1.0 / (1u64 << 60) as f64;
const LARGEST_CONDITION: f64 = 1e7;
/// Significant bits of numbers whose sums and differences must be exact, where they are not so already.
const GRID_BITS: i32 = 24;

impl Range {
    fn coordinate(self, value: f64) -> Option<f64> {
        match self {
            Range::Switch if value == 0.0 => None,
            Range::KeepsSign | Range::Switch => Some(value.abs()),
            Range::FromOne => Some(value - 1.0),
            _ => Some(value),
        }
    }

    /// The value at a coordinate, where it was `value` before.
    fn place(self, value: f64, coordinate: f64) -> f64 {
        let size = coordinate.abs();
        match self {
            Range::Any => coordinate,
            Range::Nonnegative => size,
            Range::Positive | Range::Switch => size.max(SMALLEST),
            Range::FromOne => (1.0 + size).min(LARGEST_CONDITION),
            // Folded, so that every coordinate has a value.
            Range::Share if size % 2.0 > 1.0 => 2.0 - size % 2.0,
            Range::Share => size % 2.0,
            Range::KeepsSign => size.copysign(if value < 0.0 { -1.0 } else { 1.0 }),
        }
    }
}

/// Coordinates in order, taken one by one.
struct Reader<'a>(std::slice::Iter<'a, f64>);

impl Reader<'_> {
    fn next(&mut self, range: Range, value: &mut f64) {
        if range.coordinate(*value).is_some()
            && let Some(coordinate) = self.0.next()
        {
            *value = range.place(*value, *coordinate);
        }
    }
}

/// A single number or a count of a specification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    /// The name that its data have.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it counts, if it is a count.
    pub counts: Option<Counted>,
}

/// A specification whose parts a search may change.
pub trait Free: Clone {
    /// All parts that a search may change.
    fn parts(&mut self) -> Parts<'_>;

    /// The coordinates of its free numbers.
    fn free_numbers(&self) -> Vec<f64> {
        let mut found = Vec::new();
        for (_, part) in self.clone().parts() {
            coordinates(&part, &mut found);
        }
        found
    }

    /// The same with these coordinates, in the order of [`Free::free_numbers`]; any give valid data.
    #[must_use]
    fn with_free_numbers(&self, coordinates: &[f64]) -> Self {
        let mut changed = self.clone();
        let mut reader = Reader(coordinates.iter());
        for (_, part) in changed.parts() {
            set(part, &mut reader);
        }
        changed
    }

    /// The single numbers and counts.
    fn scalars(&self) -> Vec<Scalar> {
        let scalar = |(name, part): (&'static str, Part<'_>)| match part {
            Part::One(value, range) => range.coordinate(*value).map(|_| Scalar { name, value: *value, counts: None }),
            Part::Count(count, counted, _) => Some(Scalar { name, value: *count as f64, counts: Some(counted) }),
            _ => None,
        };
        self.clone().parts().into_iter().filter_map(scalar).collect()
    }

    /// The same with one of them changed, as far as it may be.
    #[must_use]
    fn with_scalar(&self, name: &str, value: f64) -> Self {
        let mut changed = self.clone();
        for (own, part) in changed.parts() {
            match part {
                Part::One(number, range) if own == name => {
                    *number = range.coordinate(value).map_or(*number, |c| range.place(*number, c));
                }
                Part::Count(count, _, most) if own == name => *count = (value as usize).clamp(1, most),
                _ => {}
            }
        }
        changed
    }

    /// Whether a number of a kept sign is negative: what of a listed problem is not so stays not so.
    fn turns_down(&self) -> bool {
        self.clone().parts().into_iter().any(|(_, part)| match part {
            Part::One(value, Range::KeepsSign) => *value < 0.0,
            Part::ByCoordinate(values, Range::KeepsSign) | Part::Pieces(_, values) => values.iter().any(|v| *v < 0.0),
            _ => false,
        })
    }

    /// Leaves out a coordinate.
    fn remove_coordinate(&mut self, j: usize) {
        let mut dimension = usize::MAX;
        for (_, part) in self.parts() {
            match part {
                Part::ByCoordinate(values, _) if j < values.len() => {
                    values.remove(j);
                }
                Part::BalancedVectors(vectors) | Part::Script(vectors) => {
                    for vector in vectors.iter_mut().filter(|v| j < v.len()) {
                        vector.remove(j);
                    }
                }
                Part::Count(count, Counted::Dimension, _) => {
                    *count = count.saturating_sub(1);
                    dimension = *count;
                }
                Part::Count(count, Counted::Inner, _) => *count = (*count).min(dimension),
                _ => {}
            }
        }
    }

    /// Adds a coordinate.
    fn add_coordinate(&mut self) {
        for (_, part) in self.parts() {
            match part {
                Part::ByCoordinate(values, _) => values.extend(values.last().copied()),
                Part::BalancedVectors(vectors) | Part::Script(vectors) => vectors.iter_mut().for_each(|v| v.push(0.0)),
                Part::Count(count, Counted::Dimension, most) => *count = (*count + 1).min(most),
                _ => {}
            }
        }
    }

    /// Leaves out a worker.
    fn remove_worker(&mut self, i: usize) {
        for (_, part) in self.parts() {
            match part {
                Part::Balanced(values) if i < values.len() => {
                    values.remove(i);
                    balance(values);
                }
                Part::BalancedVectors(vectors) if i < vectors.len() => {
                    vectors.remove(i);
                    balance_vectors(vectors);
                }
                Part::Count(count, Counted::Workers, _) => *count = count.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Adds a worker.
    fn add_worker(&mut self) {
        for (_, part) in self.parts() {
            match part {
                Part::Balanced(values) => values.push(0.0),
                Part::BalancedVectors(vectors) => vectors.push(vec![0.0; vectors.first().map_or(0, Vec::len)]),
                Part::Count(count, Counted::Workers, most) => *count = (*count + 1).min(most),
                _ => {}
            }
        }
    }

    /// The same with one thing less that is neither a coordinate nor a worker, the least first.
    fn fewer(&self) -> Vec<Self> {
        let count = self.clone().parts().len();
        let mut found = Vec::new();
        for position in 0..count {
            for way in 0..WAYS {
                let mut changed = self.clone();
                let part = changed.parts().into_iter().nth(position);
                if part.is_some_and(|(_, part)| lessen(part, way)) {
                    found.push(changed);
                }
            }
        }
        found
    }
}

/// Ways to make one part smaller that are tried.
const WAYS: usize = 8;

/// Makes a part smaller in one of the ways; whether there is such a way.
fn lessen(part: Part<'_>, way: usize) -> bool {
    let least = |count: usize| [1, count / 2, count.saturating_sub(1)].get(way).copied();
    match part {
        Part::Count(count, Counted::Inner | Counted::Other, _) => {
            let fewer = least(*count).filter(|fewer| (1..*count).contains(fewer));
            fewer.is_some_and(|fewer| {
                *count = fewer;
                true
            })
        }
        Part::Bits(bits, _) => {
            let fewer = least(*bits as usize).filter(|fewer| (1..*bits as usize).contains(fewer));
            fewer.is_some_and(|fewer| {
                *bits = fewer as u32;
                true
            })
        }
        Part::Script(vectors) if way == 0 && vectors.len() > 1 => vectors.pop().is_some(),
        Part::Pieces(breaks, values) if way / 2 < breaks.len() && values.len() == breaks.len() + 1 => {
            breaks.remove(way / 2);
            values.remove(way / 2 + way % 2);
            true
        }
        _ => false,
    }
}

fn coordinates(part: &Part<'_>, found: &mut Vec<f64>) {
    match part {
        Part::One(value, range) => found.extend(range.coordinate(**value)),
        Part::ByCoordinate(values, range) => found.extend(values.iter().filter_map(|v| range.coordinate(*v))),
        Part::Balanced(values) => found.extend(values.split_last().map_or(&[][..], |(_, rest)| rest)),
        Part::BalancedVectors(vectors) => {
            vectors.split_last().map_or(&[][..], |(_, rest)| rest).iter().for_each(|v| found.extend(v));
        }
        Part::Script(vectors) => vectors.iter().for_each(|v| found.extend(v)),
        Part::Pieces(breaks, values) => {
            found.extend(breaks.first());
            found.extend(breaks.windows(2).map(|w| w[1] - w[0]));
            found.extend(values.iter().filter_map(|v| Range::KeepsSign.coordinate(*v)));
        }
        Part::Count(..) | Part::Bits(..) => {}
    }
}

fn set(part: Part<'_>, reader: &mut Reader<'_>) {
    match part {
        Part::One(value, range) => reader.next(range, value),
        Part::ByCoordinate(values, range) => values.iter_mut().for_each(|v| reader.next(range, v)),
        Part::Balanced(values) => {
            let free = values.len().saturating_sub(1);
            values[..free].iter_mut().for_each(|v| reader.next(Range::Any, v));
            balance(values);
        }
        Part::BalancedVectors(vectors) => {
            let free = vectors.len().saturating_sub(1);
            vectors[..free].iter_mut().flatten().for_each(|v| reader.next(Range::Any, v));
            balance_vectors(vectors);
        }
        Part::Script(vectors) => vectors.iter_mut().flatten().for_each(|v| reader.next(Range::Any, v)),
        Part::Pieces(breaks, values) => {
            let before = breaks.clone();
            for j in 0..breaks.len() {
                if j == 0 {
                    reader.next(Range::Any, &mut breaks[0]);
                } else {
                    let mut gap = before[j] - before[j - 1];
                    reader.next(Range::Positive, &mut gap);
                    breaks[j] = (breaks[j - 1] + gap).max(breaks[j - 1].next_up());
                }
            }
            values.iter_mut().for_each(|v| reader.next(Range::KeepsSign, v));
            if !values.windows(2).all(|w| exact_sum(&[w[1], -w[0]]).is_some()) {
                on_grid(values);
            }
        }
        Part::Count(..) | Part::Bits(..) => {}
    }
}

/// The sum of the numbers where it is a number of binary64.
fn exact_sum(values: &[f64]) -> Option<f64> {
    let sum = values.iter().try_fold(Rational::new(), |sum, v| Some(sum + Rational::from_f64(*v)?))?;
    let rounded = sum.to_f64();
    (Rational::from_f64(rounded)? == sum).then_some(rounded)
}

/// Rounds all to multiples of a common unit, so that sums of them are exact.
fn on_grid(values: &mut [f64]) {
    let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest > 0.0 && largest.is_finite() {
        let unit = 2f64.powi((largest.log2().floor() as i32 - GRID_BITS).max(-1000));
        values.iter_mut().for_each(|v| *v = (*v / unit).round() * unit);
    }
}

/// Sets the last number so that all add up to zero.
fn balance(values: &mut [f64]) {
    let Some((_, others)) = values.split_last() else { return };
    let sum = exact_sum(others);
    if sum.is_none() {
        on_grid(values);
    }
    if let Some((last, others)) = values.split_last_mut() {
        *last = -sum.or_else(|| exact_sum(others)).unwrap_or(f64::NAN) + 0.0;
    }
}

fn balance_vectors(vectors: &mut [Vec<f64>]) {
    for j in 0..vectors.first().map_or(0, Vec::len) {
        let mut column: Vec<f64> = vectors.iter().filter_map(|v| v.get(j).copied()).collect();
        balance(&mut column);
        vectors.iter_mut().zip(column).for_each(|(v, x)| v[j] = x);
    }
}

/// Most rows, terms and samples.
const MANY: usize = 4096;

impl Free for ProblemSpec {
    fn parts(&mut self) -> Parts<'_> {
        use Counted::{Dimension, Inner, Other, Workers};
        use Part::{Balanced, BalancedVectors, ByCoordinate, Count, One, Pieces};
        use Range::{Any, FromOne, KeepsSign, Nonnegative, Positive, Switch};
        let coordinates = |count| ("dimension", Count(count, Dimension, MAX_DIMENSION));
        let many = |count| ("workers", Count(count, Workers, MAX_WORKERS));
        match self {
            ProblemSpec::Quadratic { dimension, condition, .. } => {
                vec![coordinates(dimension), ("condition", One(condition, FromOne))]
            }
            ProblemSpec::DiagonalQuadratic { spectrum } => vec![("spectrum", ByCoordinate(spectrum, Nonnegative))],
            ProblemSpec::ShiftedQuadratic { spectrum, shifts } => {
                vec![("spectrum", ByCoordinate(spectrum, Nonnegative)), ("shifts", BalancedVectors(shifts))]
            }
            ProblemSpec::HeterogeneousQuadratic { dimension, workers, condition, spread, .. } => vec![
                coordinates(dimension),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
            ],
            ProblemSpec::LeastSquares { dimension, rank, condition, offset, workers, .. } => vec![
                coordinates(dimension),
                ("rank", Count(rank, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("offset", One(offset, Nonnegative)),
            ],
            ProblemSpec::SineSquared { dimension } => vec![coordinates(dimension)],
            ProblemSpec::SineSquaredComposed { dimension, rows, condition, .. } => vec![
                coordinates(dimension),
                ("rows", Count(rows, Inner, MAX_DIMENSION)),
                ("condition", One(condition, FromOne)),
            ],
            ProblemSpec::Logistic { dimension, workers, share, regulariser, .. } => vec![
                coordinates(dimension),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("regulariser", One(regulariser, Switch)),
            ],
            ProblemSpec::GemanMcClure { dimension, workers, share, .. } => {
                vec![coordinates(dimension), many(workers), ("share", Count(share, Other, MANY))]
            }
            ProblemSpec::Fourier { dimension, workers, terms, .. } => {
                vec![coordinates(dimension), many(workers), ("terms", Count(terms, Other, 256))]
            }
            ProblemSpec::BreastCancerLogistic { features, workers, share, regulariser } => vec![
                ("features", Count(features, Dimension, super::data::FEATURES)),
                many(workers),
                ("share", Count(share, Other, super::data::ROWS)),
                ("regulariser", One(regulariser, Switch)),
            ],
            ProblemSpec::BreastCancerSquares { features, workers, share } => vec![
                ("features", Count(features, Dimension, super::data::FEATURES)),
                many(workers),
                ("share", Count(share, Other, super::data::ROWS)),
            ],
            ProblemSpec::Huber { curvature, width, tilts } => vec![
                ("curvature", One(curvature, Positive)),
                ("width", One(width, Positive)),
                ("tilts", Balanced(tilts)),
            ],
            ProblemSpec::PiecewiseQuadratic { anchor, value, slope, breaks, curvatures } => vec![
                ("slope", One(slope, Any)),
                ("curvatures", Pieces(breaks, curvatures)),
                ("anchor", One(anchor, Any)),
                ("value", One(value, Any)),
            ],
            ProblemSpec::CompositeAffine { dimension, rows, workers, condition, spread, .. }
            | ProblemSpec::CompositeBent { dimension, rows, workers, condition, spread, .. } => vec![
                coordinates(dimension),
                ("rows", Count(rows, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
            ],
            ProblemSpec::MamlQuadratic { spectrum, workers, spread, step, .. } => vec![
                ("spectrum", ByCoordinate(spectrum, KeepsSign)),
                many(workers),
                ("spread", One(spread, Nonnegative)),
                ("step", One(step, Nonnegative)),
            ],
            ProblemSpec::MamlLeastSquares { dimension, rank, condition, workers, spread, step, .. } => vec![
                coordinates(dimension),
                ("rank", Count(rank, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
                ("step", One(step, Nonnegative)),
            ],
            ProblemSpec::MamlCosine { step } => vec![("step", One(step, Nonnegative))],
            ProblemSpec::MamlRidge { dimension, workers, share, step, .. } => vec![
                coordinates(dimension),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("step", One(step, Nonnegative)),
            ],
            ProblemSpec::MamlSinusoid { units, workers, share, step, .. } => vec![
                ("units", Count(units, Other, MAX_DIMENSION / 2)),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("step", One(step, Nonnegative)),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;
    use crate::problem::{build, nested_suite, suite};

    fn listed() -> Vec<ProblemSpec> {
        let mut all = suite(Preset::Quick);
        all.extend(nested_suite(Preset::Quick));
        all.extend([
            ProblemSpec::DiagonalQuadratic { spectrum: vec![0.0, 0.5, 2.0] },
            ProblemSpec::ShiftedQuadratic {
                spectrum: vec![1.0, 0.1],
                shifts: vec![vec![2.0, 0.1], vec![-3.0, 0.2], vec![1.0, -0.1 - 0.2]],
            },
            ProblemSpec::Huber { curvature: 1.0, width: 1.0, tilts: vec![0.25, -0.25] },
            ProblemSpec::PiecewiseQuadratic {
                anchor: 0.0,
                value: 0.0,
                slope: 0.25,
                breaks: vec![-2.0, 0.0],
                curvatures: vec![0.25, -0.25, 0.25],
            },
        ]);
        all
    }

    /// What it is built for: moved anywhere, a problem stays a problem of its family.
    #[test]
    fn any_coordinates_give_a_problem_of_the_same_family() {
        for spec in listed() {
            let start = spec.free_numbers();
            for (a, b) in [(0.0, 0.3), (-1.0, 0.1), (1.7, -0.77), (-0.3, 3.1), (0.01, 1e-3)] {
                let moved: Vec<f64> =
                    start.iter().enumerate().map(|(j, x)| f64::from((a * x + b * (1.0 + j as f64)) as f32)).collect();
                let moved = spec.with_free_numbers(&moved);
                assert_eq!(moved.family(), spec.family());
                assert!(build(&moved).is_ok(), "{spec:?} moved to {moved:?}: {}", build(&moved).unwrap_err());
            }
        }
    }

    #[test]
    fn the_coordinates_that_a_problem_has_give_it_back() {
        for spec in listed().into_iter().filter(|spec| build(spec).is_ok()) {
            assert_eq!(spec.with_free_numbers(&spec.free_numbers()), spec);
        }
    }

    #[test]
    fn what_is_convex_or_switched_off_stays_so() {
        let piecewise = |curvatures: Vec<f64>| ProblemSpec::PiecewiseQuadratic {
            anchor: 0.0,
            value: 0.0,
            slope: 0.0,
            breaks: vec![0.0],
            curvatures,
        };
        let curvatures = |spec: &ProblemSpec| match spec {
            ProblemSpec::PiecewiseQuadratic { curvatures, .. } => curvatures.clone(),
            other => panic!("{other:?}"),
        };
        let moved = piecewise(vec![1.0, 0.0]).with_free_numbers(&[-1.0; 6]);
        assert!(curvatures(&moved).iter().all(|c| *c >= 0.0), "{moved:?}");
        let moved = piecewise(vec![1.0, -2.0]).with_free_numbers(&[3.0; 6]);
        assert_eq!(curvatures(&moved), [3.0, -3.0]);
        let convex = ProblemSpec::Logistic { dimension: 2, workers: 1, share: 2, regulariser: 0.0, seed: 1 };
        assert!(convex.free_numbers().is_empty() && convex.scalars().iter().all(|s| s.name != "regulariser"));
    }

    #[test]
    fn workers_and_coordinates_come_and_go_and_shifts_stay_balanced() {
        let mut spec = ProblemSpec::ShiftedQuadratic {
            spectrum: vec![1.0, 0.5],
            shifts: vec![vec![2.0, 0.0], vec![-3.0, 1.0], vec![1.0, -1.0]],
        };
        spec.remove_worker(0);
        assert!(build(&spec).is_ok(), "{spec:?}");
        spec.add_worker();
        spec.add_coordinate();
        spec.remove_coordinate(0);
        let expected = ProblemSpec::ShiftedQuadratic {
            spectrum: vec![0.5, 0.5],
            shifts: vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 0.0]],
        };
        let mut shown = spec.clone();
        if let ProblemSpec::ShiftedQuadratic { shifts, .. } = &mut shown {
            shifts.iter_mut().flatten().for_each(|x| *x += 0.0);
        }
        assert_eq!(shown, expected);
        let mut squares =
            ProblemSpec::LeastSquares { dimension: 3, rank: 3, condition: 2.0, offset: 0.0, workers: 1, seed: 1 };
        squares.remove_coordinate(2);
        assert!(build(&squares).is_ok(), "{squares:?}");
    }

    #[test]
    fn counts_and_pieces_become_fewer() {
        let rows = ProblemSpec::GemanMcClure { dimension: 1, workers: 1, share: 5, seed: 1 };
        let shares: Vec<f64> = rows.fewer().iter().map(|spec| spec.scalars()[2].value).collect();
        assert_eq!(shares, [1.0, 2.0, 4.0]);
        let pieces = &listed().pop().unwrap();
        let fewer = pieces.fewer();
        assert_eq!(fewer.len(), 4);
        assert!(fewer.iter().all(|spec| build(spec).is_ok()), "{fewer:?}");
        assert!(ProblemSpec::SineSquared { dimension: 3 }.fewer().is_empty());
    }
}
