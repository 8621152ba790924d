//! Choices of coordinates by comparing numbers.

use std::cmp::Ordering;

use rug::Rational;

use crate::number::Scalar;
use crate::oracle::Subset;
use crate::problem::free::{self, Range};

/// K for a share of d coordinates.
#[must_use]
pub fn kept(share: f64, dimension: usize) -> usize {
    ((share * dimension as f64).ceil() as usize).clamp(1, dimension)
}

/// K/d for a share of d coordinates, after K was rounded up.
#[must_use]
pub fn kept_share(share: f64, dimension: usize) -> Rational {
    Rational::from((kept(share, dimension) as u64, dimension as u64))
}

/// What makes a share useless, if anything.
pub(super) fn no_share(share: f64) -> Option<String> {
    (!(0.0..=1.0).contains(&share)).then(|| format!("a share of {share} is not between 0 and 1"))
}

/// A share as a part of an operator's data.
pub(super) fn share_part(share: &mut f64) -> (&'static str, free::Part<'_>) {
    ("operator/share", free::Part::One(share, Range::Share))
}

/// Working memory of choices, so that they allocate nothing after the first.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    order: Vec<usize>,
    kept: Vec<Subset>,
}

impl Choice {
    /// Which `count` of the values are largest, ties by lowest index, for each lane. For arithmetics of one lane
    /// `None` where that is not certain.
    pub fn largest<S: Scalar>(&mut self, values: &[S], count: usize) -> Option<&[Subset]> {
        self.kept.resize_with(S::LANES, Subset::default);
        for (lane, chosen) in self.kept.iter_mut().enumerate() {
            self.order.clear();
            self.order.extend(0..values.len());
            let count = count.min(values.len());
            if count < values.len() {
                // Of numbers that are certainly told apart, the larger has the larger least value.
                let larger_first =
                    |a: &usize, b: &usize| values[*b].compare_least(&values[*a], lane).then_with(|| a.cmp(b));
                self.order.select_nth_unstable_by(count, larger_first);
            }
            let (kept, dropped) = self.order.split_at(count);
            if S::LANES == 1 && !none_smaller(values, kept, dropped) {
                return None;
            }
            chosen.clear(values.len());
            kept.iter().for_each(|j| chosen.insert(*j));
        }
        Some(&self.kept)
    }

    /// Which `count` coordinates of `u` are largest in magnitude, likewise. `out` is overwritten.
    pub fn largest_magnitudes<S: Scalar>(&mut self, u: &[S], count: usize, out: &mut [S]) -> Option<&[Subset]> {
        for (o, x) in out.iter_mut().zip(u) {
            o.set(x);
            o.abs_assign();
        }
        self.largest(out, count)
    }
}

/// Whether certainly no value that is kept is below one that is dropped. Enough are compared for that: all that
/// are kept with the one dropped that may be largest, all that are dropped with the one kept that may be least.
fn none_smaller<S: Scalar>(values: &[S], kept: &[usize], dropped: &[usize]) -> bool {
    let least = kept.iter().min_by(|a, b| values[**a].compare_least(&values[**b], 0));
    let largest = dropped.iter().max_by(|a, b| values[**a].compare_greatest(&values[**b], 0));
    let (Some(least), Some(largest)) = (least, largest) else { return true };
    let no_smaller = |i: &usize, j: &usize| values[*i].compare(&values[*j]).is_some_and(Ordering::is_ge);
    kept.iter().all(|i| no_smaller(i, largest)) && dropped.iter().all(|j| no_smaller(least, j))
}

/// What a choice gives that is not certain.
pub(super) fn undefined<S: Scalar>(context: S::Context) -> S {
    S::from_f64(f64::NAN, context)
}

/// Sets a number to zero in the lanes that are not kept.
pub(super) fn keep_where<S: Scalar>(x: &mut S, keep: impl Fn(usize) -> bool, context: S::Context) {
    if S::LANES > 1 {
        x.mul_assign(&S::from_lanes(|lane| f64::from(u8::from(keep(lane))), context));
    } else if !keep(0) {
        x.set(&S::zero(context));
    }
}

/// `out` ← 0 where a coordinate is kept, −u where it is dropped; undefined where that is not certain.
pub(super) fn drop_others<S: Scalar>(u: &[S], kept: Option<&[Subset]>, out: &mut [S], context: S::Context) {
    for (j, (o, x)) in out.iter_mut().zip(u).enumerate() {
        match kept {
            Some(kept) => {
                o.set(x);
                o.neg_assign();
                keep_where(o, |lane| !kept[lane].contains(j), context);
            }
            None => o.set(&undefined(context)),
        }
    }
}
