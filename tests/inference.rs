//! The tests of means keep their error rate under optional stopping, find planted errors, and never
//! decide where their tail class cannot.
//!
//! Seeds are fixed. A count of false alarms among 2000 runs at level 0.05 exceeds 165 with
//! probability below 1e-9 (binomial tail with mean 100), were the level only just kept.

use lemmata::inference::{BernsteinLimits, Decision, ErrorBudget, InferenceError, MeanTest, MinimumTest, TailClass};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

const RUNS: u64 = 2000;
const LEVEL: f64 = 0.05;
const MOST_ALARMS: usize = 165;

type Draw = fn(&mut ChaCha8Rng) -> f64;

/// Mean 1 in each case: the boundary of `E[L] ≤ 1`.
fn two_points(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<bool>() { 2.0 } else { 0.0 }
}
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    2.0 * rng.random::<f64>()
}
fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    Exp1.sample(rng)
}
fn spike(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<f64>() < 0.01 { 100.0 } else { 0.0 }
}

const BOUNDED: TailClass = TailClass::Bounded { lower: 0.0, upper: 2.0 };
const CLASSES: [(TailClass, &[Draw]); 3] = [
    (TailClass::BoundedBelow { lower: 0.0 }, &[two_points, uniform, exponential, spike]),
    (BOUNDED, &[two_points, uniform]),
    (TailClass::SecondMoment { bound: 2.0 }, &[two_points, uniform, exponential]),
];

/// Watches samples until a decision or the end.
fn decide(tail: TailClass, rhs: f64, delta: f64, count: usize, mut draw: impl FnMut() -> f64) -> Option<Decision> {
    let mut test = MeanTest::new(tail, [rhs, rhs], delta).unwrap();
    for _ in 0..count {
        test.observe(draw()).unwrap();
        if test.decision().is_some() {
            break;
        }
    }
    test.decision()
}

#[test]
fn at_the_boundary_false_alarms_are_as_rare_as_promised_whenever_one_stops() {
    for (tail, draws) in CLASSES {
        for (d, draw) in draws.iter().enumerate() {
            let mut decisions = (0usize, 0usize);
            for run in 0..RUNS {
                let mut rng = ChaCha8Rng::seed_from_u64(run * 31 + d as u64);
                match decide(tail, 1.0, LEVEL, 300, || draw(&mut rng)) {
                    Some(Decision::Refuted) => decisions.0 += 1,
                    Some(Decision::Supported) => decisions.1 += 1,
                    None => {}
                }
            }
            assert!(decisions.0 <= MOST_ALARMS, "{tail:?}, law {d}: refuted {} times", decisions.0);
            assert!(decisions.1 <= MOST_ALARMS, "{tail:?}, law {d}: supported {} times", decisions.1);
        }
    }
}

#[test]
fn inside_the_null_false_alarms_are_no_more_frequent() {
    for (tail, draws) in CLASSES {
        let mut refuted = 0;
        for run in 0..RUNS {
            let mut rng = ChaCha8Rng::seed_from_u64(run);
            refuted += usize::from(decide(tail, 1.1, LEVEL, 300, || draws[0](&mut rng)) == Some(Decision::Refuted));
        }
        assert!(refuted <= MOST_ALARMS, "{tail:?}: {refuted}");
    }
}

#[test]
fn a_bound_twenty_percent_too_low_is_refuted_under_every_tail_class() {
    for (tail, draws) in CLASSES {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let found = decide(tail, 0.8, 1e-9, 60_000, || draws[0](&mut rng));
        assert_eq!(found, Some(Decision::Refuted), "{tail:?}");
    }
}

#[test]
fn a_bound_with_room_is_supported_wherever_the_tail_allows_it() {
    for (tail, draws) in CLASSES {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let found = decide(tail, 1.5, 1e-9, 60_000, || draws[0](&mut rng));
        let expected = if matches!(tail, TailClass::BoundedBelow { .. }) { None } else { Some(Decision::Supported) };
        assert_eq!(found, expected, "{tail:?}");
    }
}

#[test]
fn a_mean_hidden_in_a_rare_spike_is_never_supported_without_an_upper_tail() {
    // Almost every sample is 0, the mean is 1000: what only a tail bound can know.
    let hidden = decide(TailClass::BoundedBelow { lower: 0.0 }, 1.0, 0.05, 100_000, || 0.0);
    assert_eq!(hidden, None);
}

#[test]
fn samples_equal_to_the_bound_decide_nothing() {
    for (tail, _) in CLASSES {
        assert_eq!(decide(tail, 1.0, 0.05, 20_000, || 1.0), None, "{tail:?}");
    }
}

#[test]
fn the_range_alone_decides_where_it_can() {
    let test = |lower, upper, rhs: f64| {
        MeanTest::new(TailClass::Bounded { lower, upper }, [rhs, rhs], 1e-9).unwrap().decision()
    };
    assert_eq!(test(0.0, 1.0, 1.0), Some(Decision::Supported));
    assert_eq!(test(1.0, 2.0, 0.5), Some(Decision::Refuted));
    assert_eq!(test(0.0, 2.0, 1.0), None);
    let second =
        |bound, rhs: f64| MeanTest::new(TailClass::SecondMoment { bound }, [rhs, rhs], 1e-9).unwrap().decision();
    assert_eq!(second(3.9, 2.0), Some(Decision::Supported), "E L <= sqrt(3.9)");
    assert_eq!(second(4.1, 2.0), None);
    assert_eq!(second(0.5, -2.0), Some(Decision::Refuted), "L >= 0 exceeds a negative bound");
}

#[test]
fn a_wide_right_hand_side_only_delays_a_decision() {
    let count = |rhs: [f64; 2]| {
        let mut test = MeanTest::new(BOUNDED, rhs, 1e-6).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        while test.decision().is_none() {
            test.observe(two_points(&mut rng)).unwrap();
        }
        test.count()
    };
    assert!(count([1.4, 1.6]) > count([1.6, 1.6]));
}

#[test]
fn what_is_no_number_or_outside_its_range_is_an_error_and_never_a_verdict() {
    let mut test = MeanTest::new(BOUNDED, [1.0, 1.0], 0.05).unwrap();
    assert!(matches!(test.observe(f64::NAN), Err(InferenceError::NotFinite(_))));
    assert!(matches!(test.observe(f64::INFINITY), Err(InferenceError::NotFinite(_))));
    assert!(matches!(test.observe(2.1), Err(InferenceError::OutOfRange { .. })));
    assert!(matches!(test.observe(-0.1), Err(InferenceError::OutOfRange { .. })));
    assert_eq!((test.decision(), test.count()), (None, 0));
    assert!(MeanTest::new(BOUNDED, [1.0, f64::INFINITY], 0.05).is_err());
}

#[test]
fn a_minimum_is_refuted_only_when_every_mean_exceeds_the_bound() {
    // Means 1 and 2 against 1: the minimum obeys the bound.
    let mut alarms = 0;
    for run in 0..RUNS {
        let mut rng = ChaCha8Rng::seed_from_u64(run);
        let mut test = MinimumTest::new(2, 0.0, [1.0, 1.0], LEVEL).unwrap();
        for _ in 0..200 {
            test.observe(&[two_points(&mut rng), 1.0 + two_points(&mut rng)]).unwrap();
        }
        alarms += usize::from(test.refuted());
    }
    assert!(alarms <= MOST_ALARMS, "{alarms}");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut test = MinimumTest::new(2, 0.0, [0.5, 0.5], 1e-9).unwrap();
    for _ in 0..2000 {
        test.observe(&[two_points(&mut rng), 1.0 + two_points(&mut rng)]).unwrap();
    }
    assert!(test.refuted(), "REJECT: both means are at least twice the bound");
    assert!(!MinimumTest::new(0, 0.0, [0.5, 0.5], 1e-9).unwrap().refuted(), "nothing is refuted by nothing");
}

#[test]
fn confidence_limits_cover_the_mean_at_all_times_at_once() {
    let mut misses = (0, 0);
    for run in 0..RUNS {
        let mut rng = ChaCha8Rng::seed_from_u64(run);
        let mut limits = BernsteinLimits::new(0.0, 2.0, LEVEL);
        let (mut low_missed, mut high_missed) = (false, false);
        for _ in 0..300 {
            limits.observe(two_points(&mut rng));
            let [low, high] = limits.limits();
            low_missed |= low > 1.0;
            high_missed |= high < 1.0;
        }
        misses.0 += usize::from(low_missed);
        misses.1 += usize::from(high_missed);
    }
    assert!(misses.0 <= MOST_ALARMS && misses.1 <= MOST_ALARMS, "{misses:?}");
    let mut limits = BernsteinLimits::new(0.0, 2.0, 1e-6);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    (0..100_000).for_each(|_| limits.observe(uniform(&mut rng)));
    let [low, high] = limits.limits();
    assert!((0.97..=1.0).contains(&low) && (1.0..1.03).contains(&high), "[{low}, {high}] should be narrow around 1");
}

#[test]
fn the_shares_of_a_ledger_sum_to_no_more_than_its_error() {
    for tests in [0, 1, 7, 1_000_003] {
        let error_budget = ErrorBudget { delta: 1e-6, tests };
        assert!(error_budget.share() * tests as f64 <= 1e-6 * (1.0 + 1e-12));
        assert!(error_budget.share() <= 1e-6);
    }
}

#[test]
fn many_null_cells_together_stay_silent() {
    // 2000 cells share δ = 0.05: the chance of any alarm at all is 0.05, and for these seeds none is.
    let error_budget = ErrorBudget { delta: LEVEL, tests: RUNS };
    let alarms = (0..RUNS)
        .filter(|run| {
            let mut rng = ChaCha8Rng::seed_from_u64(run + 10_000);
            decide(BOUNDED, 1.0, error_budget.share(), 300, || two_points(&mut rng)).is_some()
        })
        .count();
    assert_eq!(alarms, 0);
}
