//! Maps that a gradient goes through before it is used: compressors and clipping.
//!
//! A compressor 𝒞 is *α-contractive* if E‖𝒞(u) − u‖² ≤ (1−α)‖u‖² for all u. Each one's α is proved
//! in docs/theory.md under `contraction-…`. Choices that a map makes by comparing numbers (which
//! coordinates are largest, which sign a coordinate has) must be certain in the arithmetic at hand;
//! where they are not, the result is undefined and a finer arithmetic has to decide.

use std::cmp::Ordering;
use std::fmt;

use nalgebra::DMatrix;
use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Randomness;
use crate::number::{Scalar, clip_factor, dot, norm2};

/// A map ℝᵈ → ℝᵈ, all parameters exact `f64`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operator {
    /// Keeps the K coordinates of largest magnitude, ties by lowest index. α = K/d.
    TopK {
        /// K/d, rounded up to at least one coordinate.
        share: f64,
    },
    /// Keeps K uniformly chosen coordinates, unscaled. α = K/d, with equality.
    RandK {
        /// K/d, rounded up to at least one coordinate.
        share: f64,
    },
    /// (‖u‖₁/d) sign u. α = 1/d.
    ScaledSign {},
    /// Rounds each coordinate to that many significant bits, the leading one counted, to nearest;
    /// no over- or underflow. α = 1 − 1/(2ᵖ+1)².
    Rounding {
        /// p ≥ 1.
        bits: u32,
    },
    /// Top-K, then rounding of what is kept. α = (K/d)(1 − 1/(2ᵖ+1)²).
    TopKRounding {
        /// K/d, rounded up to at least one coordinate.
        share: f64,
        /// p ≥ 1.
        bits: u32,
    },
    /// The best approximation of rank r of u read as a matrix of d₁ rows. α = r/min(d₁, d₂).
    ///
    /// The singular basis is computed in `f64`, made orthogonal in the arithmetic at hand, and the r
    /// directions of largest energy there are kept. So the map is a projection to rank r in any
    /// arithmetic, its α holds whatever the basis, and only "best" is up to the basis' rounding.
    /// Unlike the others it allocates.
    LowRank {
        /// d₁, a divisor of d.
        rows: usize,
        /// r.
        rank: usize,
    },
    /// min(1, τ/‖u‖)·u, the projection on the ball of radius τ.
    Clip {
        /// τ > 0.
        threshold: f64,
    },
}

/// K for a share of d coordinates.
#[must_use]
pub fn kept(share: f64, dimension: usize) -> usize {
    ((share * dimension as f64).ceil() as usize).clamp(1, dimension)
}

/// K/d for a share of d coordinates, after K was rounded up.
pub(super) fn kept_share(share: f64, dimension: usize) -> Rational {
    Rational::from((kept(share, dimension) as u64, dimension as u64))
}

/// (1/(2ᵖ+1))², the square of the largest relative error of rounding to p bits.
fn rounding_error2(bits: u32) -> Rational {
    let base = Rational::from(2u64.pow(bits.min(60)) + 1);
    base.recip().square()
}

impl Operator {
    /// α of an α-contractive map in dimension d; clipping has none without a bound of its argument.
    #[must_use]
    pub fn contraction(&self, dimension: usize) -> Option<Rational> {
        Some(match self {
            Operator::TopK { share } | Operator::RandK { share } => kept_share(*share, dimension),
            Operator::ScaledSign {} => Rational::from((1, dimension as u64)),
            Operator::Rounding { bits } => Rational::from(1) - rounding_error2(*bits),
            Operator::TopKRounding { share, bits } => {
                kept_share(*share, dimension) * (Rational::from(1) - rounding_error2(*bits))
            }
            Operator::LowRank { rows, rank } => {
                let smaller = (*rows).min(dimension / rows);
                Rational::from(((*rank).min(smaller) as u64, smaller as u64))
            }
            Operator::Clip { .. } => return None,
        })
    }

    /// Whether it is proved to be what a method asks of an operator: `contractive` for every draw,
    /// `contractive-in-mean`, `unbiased`, or a `projection`.
    #[must_use]
    pub fn proves(&self, is: &str) -> bool {
        match is {
            "contractive" => !self.is_random() && !matches!(self, Operator::Clip { .. }),
            "contractive-in-mean" => !matches!(self, Operator::Clip { .. }),
            "projection" => matches!(self, Operator::Clip { .. }),
            _ => false,
        }
    }

    /// u ← 𝒯(u). `out` is overwritten.
    pub fn apply<S: Scalar>(&self, u: &mut [S], random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        self.error(u, random, out, context);
        u.iter_mut().zip(out).for_each(|(u, e)| u.add_assign(e));
    }

    /// Whether it draws random numbers.
    #[must_use]
    pub fn is_random(&self) -> bool {
        matches!(self, Operator::RandK { .. })
    }

    /// Whether it compares coordinates, and so has no value where they tie or cannot be told apart.
    #[must_use]
    pub fn compares(&self) -> bool {
        !matches!(self, Operator::RandK { .. } | Operator::Clip { .. })
    }

    /// What makes the parameters useless in dimension d, if anything.
    #[must_use]
    pub fn defect(&self, dimension: usize) -> Option<String> {
        let share_defect =
            |share: f64| (!(0.0..=1.0).contains(&share)).then(|| format!("a share of {share} is not between 0 and 1"));
        let bits_defect = |bits: u32| {
            (!(1..=52).contains(&bits)).then(|| format!("{bits} significant bits are not between 1 and 52"))
        };
        match self {
            Operator::TopK { share } | Operator::RandK { share } => share_defect(*share),
            Operator::ScaledSign {} => None,
            Operator::Rounding { bits } => bits_defect(*bits),
            Operator::TopKRounding { share, bits } => share_defect(*share).or_else(|| bits_defect(*bits)),
            Operator::LowRank { rows, rank } => {
                if *rows == 0 || !dimension.is_multiple_of(*rows) {
                    Some(format!("{rows} rows do not divide the dimension {dimension}"))
                } else {
                    (*rank == 0).then(|| "rank 0 keeps nothing".to_owned())
                }
            }
            Operator::Clip { threshold } => (!(*threshold > 0.0 && threshold.is_finite()))
                .then(|| format!("a threshold of {threshold} is not a positive number")),
        }
    }

    /// `out` ← 𝒯(u) − u, what the map does to `u`. Lengths d ≤ 64. Formed directly, so that what a
    /// map leaves alone is zero in every arithmetic.
    pub fn error<S: Scalar>(&self, u: &[S], random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        match self {
            Operator::TopK { share } => {
                let mut masks = [0u64; 8];
                let certain = largest_magnitudes(u, kept(*share, u.len()), &mut masks, out);
                drop_others(u, certain.then_some(&masks), out, context);
            }
            Operator::RandK { share } => {
                let mut masks = [0u64; 8];
                for (mask, subset) in masks.iter_mut().zip(random.subset(kept(*share, u.len()), u.len())) {
                    *mask = *subset;
                }
                drop_others(u, Some(&masks), out, context);
            }
            Operator::ScaledSign {} => {
                let mut size = S::zero(context);
                for (o, x) in out.iter_mut().zip(u) {
                    o.set(x);
                    o.abs_assign();
                    size.add_assign(o);
                }
                size.div_assign(&S::from_f64(u.len() as f64, context));
                for (o, x) in out.iter_mut().zip(u) {
                    o.set(&size);
                    o.mul_assign(&sign_of(x, context));
                    o.sub_assign(x);
                }
            }
            Operator::Rounding { bits } => {
                for (o, x) in out.iter_mut().zip(u) {
                    o.set(x);
                    o.round_significant_assign(*bits);
                    o.sub_assign(x);
                }
            }
            Operator::TopKRounding { share, bits } => {
                let mut masks = [0u64; 8];
                let certain = largest_magnitudes(u, kept(*share, u.len()), &mut masks, out);
                drop_others(u, certain.then_some(&masks), out, context);
                for (j, (o, x)) in out.iter_mut().zip(u).enumerate() {
                    let mut rounding = x.clone();
                    rounding.round_significant_assign(*bits);
                    rounding.sub_assign(x);
                    keep_where(&mut rounding, |lane| masks[lane] >> j & 1 == 1, context);
                    o.add_assign(&rounding);
                }
            }
            Operator::LowRank { rows, rank } => low_rank_error(u, *rows, *rank, out, context),
            Operator::Clip { threshold } => {
                let mut factor = clip_factor(&S::from_f64(*threshold, context), u, context);
                factor.add_f64(-1.0);
                for (o, x) in out.iter_mut().zip(u) {
                    o.set(x);
                    o.mul_assign(&factor);
                }
            }
        }
    }
}

fn undefined<S: Scalar>(context: S::Context) -> S {
    S::from_f64(f64::NAN, context)
}

/// Sets a number to zero in the lanes that are not kept.
fn keep_where<S: Scalar>(x: &mut S, keep: impl Fn(usize) -> bool, context: S::Context) {
    if S::LANES > 1 {
        x.mul_assign(&S::from_lanes(|lane| f64::from(u8::from(keep(lane))), context));
    } else if !keep(0) {
        x.set(&S::zero(context));
    }
}

/// The sign of a number: −1, 0 or 1, where it is certain.
fn sign_of<S: Scalar>(x: &S, context: S::Context) -> S {
    if S::LANES > 1 {
        return S::from_lanes(|lane| if x.lane(lane) == 0.0 { 0.0 } else { x.lane(lane).signum() }, context);
    }
    match x.compare(&S::zero(context)) {
        Some(Ordering::Less) => S::from_f64(-1.0, context),
        Some(Ordering::Equal) => S::zero(context),
        Some(Ordering::Greater) => S::one(context),
        None => undefined(context),
    }
}

/// Which `count` of the values are largest in one lane, ties by lowest index: bit j for value j.
/// For arithmetics of one lane `None` where that is not certain.
fn largest<S: Scalar>(values: &[S], count: usize, lane: usize) -> Option<u64> {
    let exceeds = |a: &S, b: &S| {
        let certain = if S::LANES > 1 { None } else { a.compare(b) };
        certain.map_or_else(|| a.lane(lane) > b.lane(lane), Ordering::is_gt)
    };
    let mut kept = 0u64;
    for _ in 0..count {
        let mut best: Option<usize> = None;
        for j in (0..values.len()).filter(|j| kept >> j & 1 == 0) {
            if best.is_none_or(|b| exceeds(&values[j], &values[b])) {
                best = Some(j);
            }
        }
        kept |= 1 << best?;
    }
    let is_kept = |j: &usize| kept >> j & 1 == 1;
    let no_smaller = |i: usize, j: usize| values[i].compare(&values[j]).is_some_and(Ordering::is_ge);
    let certain = S::LANES > 1
        || (0..values.len())
            .filter(is_kept)
            .all(|i| (0..values.len()).filter(|j| !is_kept(j)).all(|j| no_smaller(i, j)));
    certain.then_some(kept)
}

/// `masks` ← which coordinates of `u` are largest in magnitude, lane by lane; false where that is
/// not certain. `out` is overwritten.
fn largest_magnitudes<S: Scalar>(u: &[S], count: usize, masks: &mut [u64; 8], out: &mut [S]) -> bool {
    for (o, x) in out.iter_mut().zip(u) {
        o.set(x);
        o.abs_assign();
    }
    masks.iter_mut().enumerate().take(S::LANES).all(|(lane, mask)| {
        largest(out, count, lane).is_some_and(|found| {
            *mask = found;
            true
        })
    })
}

/// `out` ← 0 where a coordinate is kept, −u where it is dropped; undefined without masks.
fn drop_others<S: Scalar>(u: &[S], masks: Option<&[u64; 8]>, out: &mut [S], context: S::Context) {
    for (j, (o, x)) in out.iter_mut().zip(u).enumerate() {
        o.set(x);
        match masks {
            Some(masks) => {
                o.neg_assign();
                keep_where(o, |lane| masks[lane] >> j & 1 == 0, context);
            }
            None => o.set(&undefined(context)),
        }
    }
}

/// An orthogonal basis, in the arithmetic at hand, near the singular basis of the smaller side of
/// the matrix in one lane. `entry(i, j)` reads row i of the larger side, column j of the smaller.
fn singular_basis(length: usize, smaller: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let matrix = DMatrix::from_fn(length, smaller, entry);
    // Scaled, so that no square under- or overflows.
    let scale = matrix.amax();
    let vectors = if scale > 0.0 && scale.is_finite() {
        let scaled = matrix / scale;
        (scaled.transpose() * scaled).symmetric_eigen().eigenvectors
    } else {
        DMatrix::identity(smaller, smaller)
    };
    vectors.column_iter().map(|column| column.iter().copied().collect()).collect()
}

/// `out` ← minus the part of the matrix along the directions of least energy.
fn low_rank_error<S: Scalar>(u: &[S], rows: usize, rank: usize, out: &mut [S], context: S::Context) {
    let columns = u.len() / rows;
    let (length, smaller) = if columns <= rows { (rows, columns) } else { (columns, rows) };
    // Position in u of entry (i, j), i along the larger side.
    let at = |i: usize, j: usize| if columns <= rows { i * columns + j } else { j * columns + i };
    let bases: Vec<Vec<Vec<f64>>> =
        (0..S::LANES).map(|lane| singular_basis(length, smaller, |i, j| u[at(i, j)].lane(lane))).collect();
    // Gram–Schmidt without normalising, so that rationals stay rational.
    let mut basis: Vec<(Vec<S>, S)> = Vec::new();
    for v in 0..smaller {
        let entry = |lane: usize, j: usize| bases[lane].get(v).map_or(f64::NAN, |vector: &Vec<f64>| vector[j]);
        let mut vector: Vec<S> = (0..smaller).map(|j| S::from_lanes(|lane| entry(lane, j), context)).collect();
        for (earlier, square) in &basis {
            let factor = dot(&vector, earlier, context).div(square);
            for (x, e) in vector.iter_mut().zip(earlier) {
                x.sub_product(&factor, e);
            }
        }
        let square = norm2(&vector, context);
        basis.push((vector, square));
    }
    // Coefficients of each row along each direction, and the directions' energies.
    let row = |i: usize| -> Vec<S> { (0..smaller).map(|j| u[at(i, j)].clone()).collect() };
    let coefficients: Vec<Vec<S>> =
        (0..length).map(|i| basis.iter().map(|(w, _)| dot(&row(i), w, context)).collect()).collect();
    let energies: Vec<S> = (0..smaller)
        .map(|v| {
            let column: Vec<S> = coefficients.iter().map(|c| c[v].clone()).collect();
            norm2(&column, context).div(&basis[v].1)
        })
        .collect();
    let masks: Option<Vec<u64>> = (0..S::LANES).map(|lane| largest(&energies, rank.min(smaller), lane)).collect();
    for i in 0..length {
        for j in 0..smaller {
            let o = &mut out[at(i, j)];
            let Some(masks) = &masks else {
                o.set(&undefined(context));
                continue;
            };
            o.set(&S::zero(context));
            for (v, (vector, square)) in basis.iter().enumerate() {
                let mut part = coefficients[i][v].clone().mul(&vector[j]).div(square);
                keep_where(&mut part, |lane| masks[lane] >> v & 1 == 0, context);
                o.sub_assign(&part);
            }
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operator::TopK { share } => write!(f, "top-k({share})"),
            Operator::RandK { share } => write!(f, "rand-k({share})"),
            Operator::ScaledSign {} => write!(f, "scaled-sign"),
            Operator::Rounding { bits } => write!(f, "rounding({bits} bits)"),
            Operator::TopKRounding { share, bits } => write!(f, "top-k({share}) then rounding({bits} bits)"),
            Operator::LowRank { rows, rank } => write!(f, "low-rank({rows} rows, rank {rank})"),
            Operator::Clip { threshold } => write!(f, "clip({threshold})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Exact, Interval, Lanes};
    use crate::oracle::{Enumerated, NoRandomness};

    fn applied(operator: &Operator, u: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; u.len()];
        operator.error(u, &mut NoRandomness, &mut out, ());
        out.iter().zip(u).map(|(e, u)| e + u).collect()
    }

    #[test]
    fn ties_of_top_k_go_to_the_lowest_index() {
        assert_eq!(applied(&Operator::TopK { share: 0.5 }, &[1.0, -2.0, 2.0, 2.0]), [0.0, -2.0, 2.0, 0.0]);
        assert_eq!(applied(&Operator::TopK { share: 0.0 }, &[0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(applied(&Operator::TopK { share: 1.0 }, &[3.0]), [3.0]);
    }

    #[test]
    fn the_sign_of_zero_is_zero() {
        assert_eq!(applied(&Operator::ScaledSign {}, &[3.0, 0.0, -1.0, 0.0]), [1.0, 0.0, -1.0, 0.0]);
    }

    #[test]
    fn clipping_projects_on_the_ball() {
        let clip = Operator::Clip { threshold: 5.0 };
        assert_eq!(applied(&clip, &[6.0, 8.0]), [3.0, 4.0]);
        assert_eq!(applied(&clip, &[3.0, 0.0]), [3.0, 0.0]);
        assert_eq!(applied(&clip, &[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn a_norm_that_overflows_clips_to_nothing_known_and_leaves_other_lanes_alone() {
        let clip = Operator::Clip { threshold: 5.0 };
        let mut out = [0.0; 2];
        clip.error(&[6e200, 8e200], &mut NoRandomness, &mut out, ());
        assert!(out.iter().all(|x| x.is_nan()), "{out:?}");
        let lanes = |x: f64| Lanes([x, 1e200, 1.0, 1e-300, x, x, x, x]);
        let mut out = [Lanes([0.0; 8]); 2];
        clip.error(&[lanes(6.0), lanes(8.0)], &mut NoRandomness, &mut out, ());
        assert_eq!(out[0].0.map(f64::is_nan), [false, true, false, false, false, false, false, false]);
        assert_eq!((out[0].0[0], out[1].0[0], out[0].0[2]), (-3.0, -4.0, 0.0));
        let exponents = [6e200, 8e200].map(|x| Interval::from_f64(x, 64));
        let mut out = exponents.clone();
        clip.error(&exponents, &mut NoRandomness, &mut out, 64);
        assert!(out[0].clone().add(&exponents[0]).is_defined() && out[0].to_f64() < -5.9e200);
    }

    #[test]
    fn rounding_after_top_k_leaves_what_is_dropped_at_zero() {
        let operator = Operator::TopKRounding { share: 0.5, bits: 1 };
        assert_eq!(applied(&operator, &[5.0, 1.0]), [4.0, 0.0]);
    }

    #[test]
    fn each_lane_chooses_for_itself() {
        let u: Vec<Lanes> = vec![Lanes([1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0]), Lanes([3.0; 8])];
        let mut out = vec![Lanes([0.0; 8]); 2];
        Operator::TopK { share: 0.5 }.error(&u, &mut NoRandomness, &mut out, ());
        assert_eq!(out[0].0, [-1.0, 0.0, -1.0, 0.0, -1.0, 0.0, -1.0, 0.0]);
        assert_eq!(out[1].0, [0.0, -3.0, 0.0, -3.0, 0.0, -3.0, 0.0, -3.0]);
    }

    #[test]
    fn rationals_tell_apart_what_no_f64_does() {
        let tiny = Rational::from(1) >> 2000;
        let u = [Exact(Some(Rational::from(1))), Exact(Some(Rational::from(1) + tiny))];
        let mut out = u.clone();
        Operator::TopK { share: 0.5 }.error(&u, &mut NoRandomness, &mut out, ());
        assert_eq!((out[0].0.clone(), out[1].0.clone()), (Some(Rational::from(-1)), Some(Rational::new())));
    }

    #[test]
    fn a_choice_that_intervals_cannot_make_is_undefined() {
        let third = Interval::from_rational(&Rational::from((1, 3)), 64);
        let mut out = vec![Interval::zero(64); 2];
        Operator::TopK { share: 0.5 }.error(&[third.clone(), third], &mut NoRandomness, &mut out, 64);
        assert!(!out[0].is_defined() && !out[1].is_defined());
    }

    #[test]
    fn low_rank_keeps_a_matrix_of_that_rank_and_halves_an_orthogonal_one() {
        let operator = Operator::LowRank { rows: 2, rank: 1 };
        let error = |u: [i32; 4]| {
            let u: Vec<Exact> = u.iter().map(|x| Exact(Some(Rational::from(*x)))).collect();
            let mut out = u.clone();
            operator.error(&u, &mut NoRandomness, &mut out, ());
            norm2(&out, ()).0.unwrap()
        };
        assert!(error([1, 2, 2, 4]) < 1e-24);
        assert_eq!(error([3, 4, -4, 3]), 25);
    }

    #[test]
    fn the_mean_error_of_rand_k_is_what_is_left_out() {
        let operator = Operator::RandK { share: 0.4 };
        let u = [1.0, -2.0, 3.0, 0.5, 4.0];
        let square: f64 = u.iter().map(|x| x * x).sum();
        let paths = 10;
        let mut sum = 0.0;
        for path in 0..paths {
            let mut out = [0.0; 5];
            operator.error(&u, &mut Enumerated::new(path, ()), &mut out, ());
            sum += out.iter().map(|e| e * e).sum::<f64>();
        }
        assert_eq!(sum / paths as f64, 0.6 * square);
    }
}
