//! What a search may change of a specification, told by the specification itself: its numbers with what they
//! may be, its counts, and what of it can be left out. Constraints between numbers are kept by the way they
//! are written: a search moves coordinates, any values of which give valid data.

use rug::Rational;

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
    /// What random data are drawn from.
    Seed(&'a mut u64),
}

/// The parts of a specification, with the names that its data have.
pub type Parts<'a> = Vec<(&'static str, Part<'a>)>;

/// Smallest number that counts as positive, and largest condition number.
const SMALLEST: f64 = 1.0 / (1u64 << 60) as f64;
pub(super) const LARGEST_CONDITION: f64 = 1e7;
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
        with_one_part_changed(self, lessen)
    }

    /// The same with more of one thing that is neither a coordinate nor a worker, or drawn from another seed.
    fn more(&self) -> Vec<Self> {
        with_one_part_changed(self, enlarge)
    }
}

/// The specification with one part changed in one of the ways that there are for it.
fn with_one_part_changed<T: Free>(spec: &T, change: impl Fn(Part<'_>, usize) -> bool) -> Vec<T> {
    let count = spec.clone().parts().len();
    let mut found = Vec::new();
    for position in 0..count {
        for way in 0..WAYS {
            let mut changed = spec.clone();
            let part = changed.parts().into_iter().nth(position);
            if part.is_some_and(|(_, part)| change(part, way)) {
                found.push(changed);
            }
        }
    }
    found
}

/// Ways to change one part that are tried, and seeds after its own that one of random data is drawn from.
const WAYS: usize = 8;
const SEEDS: usize = 3;

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

/// Makes a part larger, or draws it anew, in one of the ways; whether there is such a way.
fn enlarge(part: Part<'_>, way: usize) -> bool {
    match part {
        Part::Count(count, Counted::Inner | Counted::Other, most) if way == 0 && *count < most => {
            *count = (2 * *count).min(most);
            true
        }
        Part::Bits(bits, most) if way == 0 && *bits < most => {
            *bits += 1;
            true
        }
        Part::Seed(seed) if way < SEEDS => {
            *seed = seed.wrapping_add(1 + way as u64);
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
        Part::Count(..) | Part::Bits(..) | Part::Seed(..) => {}
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
        Part::Count(..) | Part::Bits(..) | Part::Seed(..) => {}
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

#[cfg(test)]
mod tests;
