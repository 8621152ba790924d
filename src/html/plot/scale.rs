//! From numbers to places along an axis.

use super::short;

/// An axis: the numbers at its ends, and whether equal ratios are equal lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::html) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

/// From this ratio of the largest to the smallest number on, an axis that may be logarithmic is.
const WIDE: f64 = 30.0;
/// Marks of an axis, about.
const MARKS: f64 = 4.0;

impl Scale {
    /// An axis that reaches over the numbers; logarithmic where it `may` be and they are positive and far apart.
    pub fn over(values: impl Iterator<Item = f64> + Clone, may_be_log: bool) -> Self {
        let finite = values.filter(|x| x.is_finite());
        let low = finite.clone().fold(f64::INFINITY, f64::min);
        let high = finite.fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Scale { low: 0.0, high: 1.0, log: false };
        }
        if may_be_log && low > 0.0 && high / low >= WIDE {
            return Scale { low, high, log: true };
        }
        if low == high {
            let room = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            return Scale { low: low - room, high: high + room, log: false };
        }
        Scale { low, high, log: false }
    }

    /// The same with zero on it, where it is not logarithmic and has numbers of one sign alone.
    pub fn with_zero(mut self) -> Self {
        if !self.log {
            self.low = self.low.min(0.0);
            self.high = self.high.max(0.0);
        }
        self
    }

    /// Between fixed ends.
    pub fn between(low: f64, high: f64) -> Self {
        Scale { low, high, log: false }
    }

    /// The share of the axis before the number; what is below a logarithmic axis lies at its beginning.
    pub fn share(&self, x: f64) -> f64 {
        let of = |x: f64| if self.log { x.max(self.low).ln() } else { x };
        let share = (of(x) - of(self.low)) / (of(self.high) - of(self.low));
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Where marks are, and what is written beside them.
    pub fn marks(&self) -> Vec<(f64, String)> {
        let marks = if self.log { self.powers() } else { self.steps() };
        marks.into_iter().map(|x| (self.share(x), short(x))).collect()
    }

    fn powers(&self) -> Vec<f64> {
        let (first, last) = (self.low.log10().ceil() as i32, self.high.log10().floor() as i32);
        let stride = (f64::from(last - first) / MARKS).ceil().max(1.0) as usize;
        let powers: Vec<f64> = (first..=last).step_by(stride).map(|n| 10f64.powi(n)).collect();
        if powers.len() >= 2 { powers } else { vec![self.low, self.high] }
    }

    fn steps(&self) -> Vec<f64> {
        let raw = (self.high - self.low) / MARKS;
        let power = 10f64.powf(raw.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= raw * 0.999).unwrap_or(10.0);
        let step = factor * power;
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 2.0 * MARKS + 2.0) as usize;
        (0..=count).map(|n| (first + n as f64) * step).map(|x| if x.abs() < step / 1e6 { 0.0 } else { x }).collect()
    }
}
