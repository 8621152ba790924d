use rug::Rational;

use super::*;
use crate::number::Scalar;
use crate::number::{Ball, Exact, Interval, Lanes, norm2};
use crate::oracle::{Enumerated, Estimable, NoRandomness, Stream, StreamKey};

/// 𝒯(u) − u.
fn error<S: Estimable>(operator: &impl OperatorData, u: &[S], context: S::Context) -> Vec<S> {
    let mut out = u.to_vec();
    operator.error(u, &mut NoRandomness, &mut out, &mut Choice::default(), context);
    out
}

fn applied(operator: &impl OperatorData, u: &[f64]) -> Vec<f64> {
    error(operator, u, ()).iter().zip(u).map(|(e, u)| e + u).collect()
}

#[test]
fn ties_of_top_k_go_to_the_lowest_index() {
    assert_eq!(applied(&TopK { share: 0.5 }, &[1.0, -2.0, 2.0, 2.0]), [0.0, -2.0, 2.0, 0.0]);
    assert_eq!(applied(&TopK { share: 0.0 }, &[0.0, 0.0]), [0.0, 0.0]);
    assert_eq!(applied(&TopK { share: 1.0 }, &[3.0]), [3.0]);
}

#[test]
fn the_sign_of_zero_is_zero() {
    assert_eq!(applied(&ScaledSign {}, &[3.0, 0.0, -1.0, 0.0]), [1.0, 0.0, -1.0, 0.0]);
}

#[test]
fn clipping_projects_on_the_ball() {
    let clip = Clip { threshold: 5.0 };
    assert_eq!(applied(&clip, &[6.0, 8.0]), [3.0, 4.0]);
    assert_eq!(applied(&clip, &[3.0, 0.0]), [3.0, 0.0]);
    assert_eq!(applied(&clip, &[0.0, 0.0]), [0.0, 0.0]);
}

#[test]
fn a_norm_that_overflows_clips_to_nothing_known_and_leaves_other_lanes_alone() {
    let clip = Clip { threshold: 5.0 };
    let out = error(&clip, &[6e200, 8e200], ());
    assert!(out.iter().all(|x| x.is_nan()), "{out:?}");
    let lanes = |x: f64| Lanes([x, 1e200, 1.0, 1e-300, x, x, x, x]);
    let out = error(&clip, &[lanes(6.0), lanes(8.0)], ());
    assert_eq!(out[0].0.map(f64::is_nan), [false, true, false, false, false, false, false, false]);
    assert_eq!((out[0].0[0], out[1].0[0], out[0].0[2]), (-3.0, -4.0, 0.0));
    let exponents = [6e200, 8e200].map(|x| Interval::from_f64(x, 64));
    let out = error(&clip, &exponents, 64);
    assert!(out[0].clone().add(&exponents[0]).is_defined() && out[0].to_f64() < -5.9e200);
}

#[test]
fn rounding_after_top_k_leaves_what_is_dropped_at_zero() {
    assert_eq!(applied(&TopKRounding { share: 0.5, bits: 1 }, &[5.0, 1.0]), [4.0, 0.0]);
}

#[test]
fn each_lane_chooses_for_itself() {
    let u = [Lanes([1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0]), Lanes([3.0; 8])];
    let out = error(&TopK { share: 0.5 }, &u, ());
    assert_eq!(out[0].0, [-1.0, 0.0, -1.0, 0.0, -1.0, 0.0, -1.0, 0.0]);
    assert_eq!(out[1].0, [0.0, -3.0, 0.0, -3.0, 0.0, -3.0, 0.0, -3.0]);
}

#[test]
fn rationals_tell_apart_what_no_f64_does() {
    let tiny = Rational::from(1) >> 2000;
    let u = [Exact(Some(Rational::from(1))), Exact(Some(Rational::from(1) + tiny))];
    let out = error(&TopK { share: 0.5 }, &u, ());
    assert_eq!((out[0].0.clone(), out[1].0.clone()), (Some(Rational::from(-1)), Some(Rational::new())));
}

#[test]
fn a_choice_that_intervals_cannot_make_is_undefined() {
    let third = Interval::from_rational(&Rational::from((1, 3)), 64);
    let out = error(&TopK { share: 0.5 }, &[third.clone(), third], 64);
    assert!(!out[0].is_defined() && !out[1].is_defined());
}

/// The rule in full: every value that is kept is certainly no smaller than every one that is dropped.
fn is_certain<S: Scalar>(values: &[S], kept: &[usize]) -> bool {
    let dropped = || (0..values.len()).filter(|j| !kept.contains(j));
    kept.iter().all(|i| dropped().all(|j| values[*i].compare(&values[j]).is_some_and(std::cmp::Ordering::is_ge)))
}

#[test]
fn a_choice_is_made_where_every_pair_is_told_apart_and_nowhere_else() {
    let key = StreamKey::new(1, "choice", "");
    let mut random = Stream::<_, f64>::new([key.stream(0)], ());
    let (mut made, mut open) = (0, 0);
    for _ in 0..2000 {
        let draws: Vec<i64> = (0..10).map(|_| random.indices(8)[0]).collect();
        let balls: Vec<Ball> = draws
            .chunks(2)
            .map(|d| Ball { mid: d[0] as f64, err: [0.0, 0.0, 0.25, 0.5, 0.5, 0.75, 1.0, 2.0][d[1] as usize] })
            .collect();
        let intervals: Vec<Interval> = draws
            .chunks(2)
            .map(|d| {
                let [low, high] = [d[0], d[0] + (d[1] - 5).max(0)].map(Rational::from);
                Interval::from_bounds(&low, &high, 64)
            })
            .collect();
        for certain in [agrees(&balls), agrees(&intervals)] {
            if certain { made += 1 } else { open += 1 }
        }
    }
    assert!(made > 200 && open > 200, "{made} and {open}");
}

/// Compares a choice of two with the rule in full, tried for all pairs; whether it was made.
fn agrees<S: Scalar>(values: &[S]) -> bool {
    let mut choice = Choice::default();
    let found = choice.largest(values, 2).map(|kept| kept[0].clone());
    let mut certain = Vec::new();
    for i in 0..values.len() {
        for j in i + 1..values.len() {
            let ties = |k: usize| {
                [i, j]
                    .iter()
                    .any(|kept| k < *kept && values[k].compare(&values[*kept]).is_some_and(std::cmp::Ordering::is_eq))
            };
            if is_certain(values, &[i, j]) && !(0..values.len()).any(|k| k != i && k != j && ties(k)) {
                certain.push([i, j]);
            }
        }
    }
    match (&found, certain.as_slice()) {
        (Some(kept), [pair]) => assert!(pair.iter().all(|j| kept.contains(*j)), "{values:?}"),
        (None, []) => {}
        _ => panic!("{found:?} and {certain:?} of {values:?}"),
    }
    found.is_some()
}

#[test]
fn low_rank_keeps_a_matrix_of_that_rank_and_halves_an_orthogonal_one() {
    let square = |u: [i32; 4]| {
        let u: Vec<Exact> = u.iter().map(|x| Exact(Some(Rational::from(*x)))).collect();
        norm2(&error(&LowRank { rows: 2, rank: 1 }, &u, ()), ()).0.unwrap()
    };
    assert!(square([1, 2, 2, 4]) < 1e-24);
    assert_eq!(square([3, 4, -4, 3]), 25);
}

#[test]
fn the_mean_error_of_rand_k_is_what_is_left_out() {
    let operator = RandK { share: 0.4 };
    let u = [1.0, -2.0, 3.0, 0.5, 4.0];
    let square: f64 = u.iter().map(|x| x * x).sum();
    let paths = 10;
    let mut sum = 0.0;
    for path in 0..paths {
        let mut out = [0.0; 5];
        operator.error(&u, &mut Enumerated::new(path, ()), &mut out, &mut Choice::default(), ());
        sum += out.iter().map(|e| e * e).sum::<f64>();
    }
    assert_eq!(sum / paths as f64, 0.6 * square);
}

#[test]
fn a_thousand_coordinates_are_chosen_by_the_same_rules() {
    // 0, 7, 14, … modulo 1000, so that every value below 1000 stands somewhere.
    let u: Vec<f64> = (0..1000).map(|j| f64::from(j * 7 % 1000)).collect();
    let kept = applied(&TopK { share: 0.25 }, &u);
    assert!(kept.iter().zip(&u).all(|(kept, u)| *kept == if *u >= 750.0 { *u } else { 0.0 }));
    let exact: Vec<Exact> = u.iter().map(|x| Exact::from_f64(*x, ())).collect();
    let errors = error(&TopK { share: 0.25 }, &exact, ());
    assert!(errors.iter().zip(&u).all(|(e, u)| e.to_f64() == if *u >= 750.0 { 0.0 } else { -*u }));
    let tied = applied(&TopK { share: 0.25 }, &[1.0; 1000]);
    assert!(tied.iter().enumerate().all(|(j, kept)| *kept == f64::from(u8::from(j < 250))));
}

#[test]
fn rand_k_reaches_every_one_of_a_thousand_coordinates() {
    let key = StreamKey::new(1, "rand-k", "");
    let mut random = Stream::<_, Lanes>::new((0..8).map(|lane| key.stream(lane)), ());
    let (u, mut seen) = (vec![Lanes([1.0; 8]); 1000], vec![false; 1000]);
    for _ in 0..16 {
        let mut out = u.clone();
        RandK { share: 0.1 }.error(&u, &mut random, &mut out, &mut Choice::default(), ());
        for lane in 0..8 {
            assert_eq!(out.iter().filter(|e| e.0[lane] == 0.0).count(), 100);
            seen.iter_mut().zip(&out).for_each(|(seen, e)| *seen |= e.0[lane] == 0.0);
        }
    }
    assert!(seen.iter().all(|seen| *seen));
}

#[test]
fn top_k_of_a_hundred_thousand_coordinates_takes_no_quadratic_time() {
    let u: Vec<f64> = (0..100_000).map(|j| f64::from(j * 7919 % 100_003)).collect();
    let kept = applied(&TopK { share: 0.5 }, &u);
    assert_eq!(kept.iter().filter(|x| **x != 0.0).count(), 50_000);
}

#[test]
fn an_operator_proves_what_a_method_may_ask_of_it() {
    let proves =
        |operator: Operator| ["contractive", "contractive-in-mean", "projection"].map(|is| operator.proves(is));
    assert_eq!(proves(TopK { share: 0.5 }.into()), [true, true, false]);
    assert_eq!(proves(RandK { share: 0.5 }.into()), [false, true, false]);
    assert_eq!(proves(Clip { threshold: 0.5 }.into()), [false, false, true]);
    assert_eq!(Operator::from(LowRank { rows: 0, rank: 1 }).guarantee(4), None);
}
