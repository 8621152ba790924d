use super::*;

const BITS: u32 = 64;

fn rational(p: i64, q: i64) -> Rational {
    Rational::from((p, q))
}

fn interval(lo: f64, hi: f64) -> Interval {
    let end = |x: f64| Interval::from_f64(x, BITS);
    end(lo).hull(&end(hi))
}

fn point(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

fn is_whole(x: &Interval) -> bool {
    *x.lower() == f64::NEG_INFINITY && *x.upper() == f64::INFINITY
}

#[test]
fn a_third_lies_strictly_between_the_ends_and_a_half_is_both() {
    let third = Interval::one(BITS).div(&point(3.0));
    assert!(third.contains(&rational(1, 3)));
    assert!(third.width() > 0 && third.width() < 1e-18);
    assert!(third.lower() < third.upper());
    assert_eq!(Interval::one(BITS).div(&point(2.0)).width(), 0);
}

#[test]
fn every_rounded_operation_widens() {
    let third = || Interval::from_rational(&rational(1, 3), BITS).lower().to_rational().unwrap();
    let x = || Interval::from_rational(&third(), BITS);
    let tenth = point(0.1);
    assert_eq!(x().width(), 0);
    let mut fused = x();
    fused.add_product(&x(), &x());
    let mut unfused = x();
    unfused.sub_product(&x(), &tenth);
    let mut scaled = x();
    scaled.mul_f64(0.1);
    let mut shifted = x();
    shifted.add_f64(1e10);
    let mut entry = x();
    entry.add_product_f64(&x(), 0.1);
    let results = [
        x().add(&point(1e10)),
        x().sub(&point(1e10)),
        x().mul(&x()),
        x().div(&tenth),
        x().square(),
        x().sqrt(),
        x().exp(),
        x().ln(),
        x().sin(),
        x().cos(),
        x().powi(5),
        x().powi(-5),
        x().powf(&tenth),
        fused,
        unfused,
        scaled,
        shifted,
        entry,
    ];
    for (i, result) in results.iter().enumerate() {
        assert!(result.is_defined() && result.width() > 0, "operation {i}: {result:?}");
    }
}

#[test]
fn the_sign_cases_of_a_product_agree_with_all_four_corners() {
    let ends = [-3.0, -2.0, 0.0, 0.5, 5.0];
    let mut intervals = Vec::new();
    for (i, lo) in ends.iter().enumerate() {
        intervals.extend(ends[i..].iter().map(|hi| (*lo, *hi)));
    }
    for a in &intervals {
        for b in &intervals {
            let corners = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1];
            let lo = corners.iter().copied().fold(f64::INFINITY, f64::min);
            let hi = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (x, y) = (interval(a.0, a.1), interval(b.0, b.1));
            assert_eq!(x.clone().mul(&y), interval(lo, hi), "{a:?} · {b:?}");
            let mut sum = point(7.0);
            sum.add_product(&x, &y);
            assert_eq!(sum, interval(7.0 + lo, 7.0 + hi), "7 + {a:?} · {b:?}");
            let mut difference = point(7.0);
            difference.sub_product(&x, &y);
            assert_eq!(difference, interval(7.0 - hi, 7.0 - lo), "7 − {a:?} · {b:?}");
        }
    }
}

#[test]
fn every_corner_of_a_product_around_zero_is_rounded_outward() {
    let sizes = [0.1, 0.3, 0.7].map(|x| point(x).sqrt().lower().to_rational().unwrap());
    let around_zero = |below: &Rational, above: &Rational| Interval::from_bounds(&-below.clone(), above, BITS);
    for a in &sizes {
        for b in &sizes {
            for c in &sizes {
                for d in &sizes {
                    let product = around_zero(a, b).mul(&around_zero(c, d));
                    let corners = [(a, c, 1), (a, d, -1), (b, c, -1), (b, d, 1)];
                    for (x, y, sign) in corners {
                        assert!(product.contains(&(Rational::from(x * y) * sign)), "{product:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_sign_cases_of_a_quotient_agree_with_all_four_corners() {
    let ends = [-4.0, -2.0, 0.0, 0.5, 8.0];
    let divisors = [(-4.0, -2.0), (-2.0, -0.5), (0.5, 8.0), (2.0, 2.0), (-1.0, -1.0)];
    for (i, lo) in ends.iter().enumerate() {
        for hi in &ends[i..] {
            for b in divisors {
                let corners = [lo / b.0, lo / b.1, hi / b.0, hi / b.1];
                let least = corners.iter().copied().fold(f64::INFINITY, f64::min);
                let greatest = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let quotient = interval(*lo, *hi).div(&interval(b.0, b.1));
                assert_eq!(quotient, interval(least, greatest), "[{lo}, {hi}] / {b:?}");
            }
        }
    }
}

#[test]
fn a_divisor_that_may_be_zero_leaves_everything_undecided() {
    for divisor in [interval(0.0, 1.0), interval(-1.0, 0.0), interval(-1.0, 1.0)] {
        let quotient = || point(1.0).div(&divisor);
        assert!(quotient().is_defined() && is_whole(&quotient()));
        // None of these bounds would hold at a zero of the divisor.
        let results = [
            quotient().sin(),
            quotient().exp(),
            quotient().square(),
            quotient().abs(),
            quotient().powi(0),
            quotient().min(&point(3.0)),
            point(3.0).max(&quotient()),
            quotient().mul(&point(0.0)),
            point(1.0).div(&quotient()),
            quotient().hull(&point(0.0)),
            quotient().from_zero(),
        ];
        for (i, result) in results.iter().enumerate() {
            assert!(is_whole(result), "result {i}: {result:?}");
            assert_eq!(result.compare(&point(1e300)), None);
            assert!(!result.certainly_le(&point(f64::INFINITY)));
        }
        let mut sum = point(0.0);
        sum.add_product_f64(&quotient(), 0.0);
        assert!(is_whole(&sum));
        sum.set(&point(1.0));
        assert_eq!(sum.sin(), point(1.0).sin());
    }
}

#[test]
fn a_divisor_that_is_zero_makes_everything_undefined() {
    let undefined = || point(1.0).div(&point(0.0));
    let one = point(1.0);
    let results = [
        undefined(),
        undefined().mul(&point(0.0)),
        undefined().min(&one),
        one.clone().max(&undefined()),
        undefined().powi(0),
        undefined().powf(&point(0.0)),
        one.clone().powf(&undefined()),
        undefined().sin(),
        undefined().square(),
        undefined().sqrt(),
        undefined().hull(&one),
        undefined().from_zero(),
        point(0.0).powi(-1),
        point(-1.0).sqrt(),
        point(-1.0).ln(),
        point(0.0).ln(),
        point(-1.0).powf(&point(0.5)),
        point(0.0).powf(&point(-0.5)),
        point(f64::NAN),
        Interval::from_bounds(&rational(1, 1), &rational(0, 1), BITS),
    ];
    for (i, result) in results.iter().enumerate() {
        assert!(!result.is_defined(), "result {i}: {result:?}");
        assert_eq!(result.compare(&one), None);
        assert!(!result.certainly_le(&one) && !one.certainly_le(result));
        assert!(!result.contains(&rational(0, 1)) && result.to_f64().is_nan());
    }
    let mut sum = point(0.0);
    sum.add_product_f64(&undefined(), 0.0);
    assert!(!sum.is_defined());
}

#[test]
fn a_root_or_logarithm_of_what_may_be_negative_is_undecided() {
    let x = || interval(-1e-30, 4.0);
    for result in [x().sqrt(), x().ln(), x().powf(&point(0.5)), interval(0.0, 1.0).ln()] {
        assert!(result.is_defined() && is_whole(&result), "{result:?}");
        assert!(is_whole(&result.square()));
    }
    assert_eq!(interval(0.0, 4.0).sqrt(), interval(0.0, 2.0));
}

#[test]
fn zero_times_an_unbounded_end_is_the_whole_line() {
    let unbounded = || interval(1.0, f64::INFINITY);
    assert!(is_whole(&point(0.0).mul(&unbounded())));
    // Here no zero meets the infinite end, and the sign is kept.
    assert_eq!(interval(-1.0, 0.0).mul(&unbounded()), interval(f64::NEG_INFINITY, 0.0));
    let mut scaled = unbounded();
    scaled.mul_f64(0.0);
    assert!(is_whole(&scaled));
    let mut sum = point(1.0);
    sum.add_product(&point(0.0), &unbounded());
    assert!(is_whole(&sum));
    sum.set(&point(1.0));
    sum.add_product_f64(&unbounded(), 0.0);
    assert!(is_whole(&sum));
}

#[test]
fn infinity_is_some_number_beyond_all_floats() {
    let infinite = point(f64::INFINITY);
    assert!(infinite.lower().is_finite() && *infinite.lower() > 1e300);
    assert!(point(1.0).div(&infinite).contains(&Rational::from_f64(0.0).unwrap()));
    assert!(point(1.0).div(&infinite).width() > 0);
    assert!(infinite.clone().sub(&infinite).is_defined());
    assert!(is_whole(&infinite.clone().sub(&infinite)));
    let ray = infinite.from_zero();
    assert!(ray.contains(&rational(0, 1)) && ray.contains(&rational(1 << 60, 1)));
    assert!(!ray.contains(&rational(-1, 1)));
    assert!(!ray.certainly_le(&point(f64::INFINITY)));
    let mut below = point(1.0);
    below.add_f64(f64::NEG_INFINITY);
    assert_eq!(below.compare(&point(0.0)), Some(Ordering::Less));
}

#[test]
fn a_square_is_never_negative_where_a_product_would_be() {
    let x = interval(-1.0, 2.0);
    assert_eq!(x.clone().square(), interval(0.0, 4.0));
    assert_eq!(x.clone().powi(2), interval(0.0, 4.0));
    assert_eq!(x.clone().mul(&x), interval(-2.0, 4.0));
    assert_eq!(x.clone().powi(3), interval(-1.0, 8.0));
    assert_eq!(x.clone().abs(), interval(0.0, 2.0));
    assert_eq!(x.positive_part(), interval(0.0, 2.0));
    assert_eq!(interval(-2.0, -1.0).abs(), interval(1.0, 2.0));
}

#[test]
fn integer_powers_reach_every_exponent() {
    assert!(point(-1.0).powi(i32::MIN).contains(&rational(1, 1)));
    assert!(point(-1.0).powi(i32::MAX).contains(&rational(-1, 1)));
    assert_eq!(point(0.0).powi(0), point(1.0));
    assert_eq!(interval(-4.0, -2.0).powi(-1), interval(-0.5, -0.25));
    assert_eq!(interval(-4.0, -2.0).powi(-2), interval(0.0625, 0.25));
}

#[test]
fn real_powers_have_their_extremes_at_corners() {
    let power = interval(0.25, 4.0).powf(&interval(-0.5, 1.5));
    assert_eq!(power, interval(0.125, 8.0));
    assert_eq!(interval(0.0, 4.0).powf(&point(0.5)), interval(0.0, 2.0));
    assert_eq!(point(0.0).powf(&point(0.5)), point(0.0));
    assert_eq!(point(0.0).powf(&point(0.0)), point(1.0));
    assert_eq!(point(-2.0).powf(&point(3.0)), point(-8.0));
    assert!(is_whole(&interval(0.0, 1.0).powf(&interval(-1.0, 1.0))));
    // The exponent may be 2, or nothing that a negative base can be raised to.
    assert!(is_whole(&point(-2.0).powf(&interval(1.9, 2.1))));
    assert!(!point(-2.0).powf(&interval(2.1, 2.9)).is_defined());
    assert!(is_whole(&point(0.0).powf(&interval(-1.0, 0.0))));
}

#[test]
fn sine_and_cosine_find_the_extrema_between_the_ends() {
    for k in -9_i32..9 {
        // From just before to just after a quarter turn.
        let turn = f64::from(k) * std::f64::consts::FRAC_PI_2;
        let x = interval(turn - 0.1, turn + 0.1);
        let (sin, cos) = (x.clone().sin(), x.cos());
        let one = rational(1, 1);
        assert_eq!(sin.contains(&one), k.rem_euclid(4) == 1, "sin at turn {k}");
        assert_eq!(sin.contains(&rational(-1, 1)), k.rem_euclid(4) == 3, "sin at turn {k}");
        assert_eq!(cos.contains(&one), k.rem_euclid(4) == 0, "cos at turn {k}");
        assert_eq!(cos.contains(&rational(-1, 1)), k.rem_euclid(4) == 2, "cos at turn {k}");
    }
}

#[test]
fn sine_of_wide_unbounded_or_huge_arguments_is_everything_a_sine_can_be() {
    let huge = point(2.0).powi(1 << 20);
    for x in [interval(0.0, 7.0), interval(0.0, f64::INFINITY), huge] {
        assert_eq!(x.clone().sin(), interval(-1.0, 1.0));
        assert_eq!(x.cos(), interval(-1.0, 1.0));
    }
    let large = point(1e22).sin();
    assert!(large.width() < 1e-18 && large.contains_zero() == (large.to_f64() == 0.0));
}

#[test]
fn a_coarser_operand_still_encloses_a_finer_one() {
    let third = Interval::from_rational(&rational(1, 3), 200);
    let coarse = || Interval::from_f64(5.0, 20);
    assert!(coarse().min(&third).contains(&rational(1, 3)));
    assert!(coarse().neg().max(&third).contains(&rational(1, 3)));
    assert!(coarse().hull(&third).contains(&rational(1, 3)));
    let mut copy = coarse();
    copy.set(&third);
    assert!(copy.contains(&rational(1, 3)) && copy.context() == 20);
}

#[test]
fn only_separate_intervals_are_ordered() {
    assert_eq!(interval(0.0, 1.0).compare(&interval(2.0, 3.0)), Some(Ordering::Less));
    assert_eq!(interval(2.0, 3.0).compare(&interval(0.0, 1.0)), Some(Ordering::Greater));
    assert_eq!(interval(0.0, 2.0).compare(&interval(1.0, 3.0)), None);
    assert_eq!(interval(0.0, 1.0).compare(&interval(0.0, 1.0)), None);
    assert_eq!(point(1.0).compare(&point(1.0)), Some(Ordering::Equal));
    assert!(interval(0.0, 1.0).certainly_le(&interval(1.0, 2.0)));
    assert!(!interval(0.0, 1.0).certainly_lt(&interval(1.0, 2.0)));
}

#[test]
fn both_ends_leave_the_type_rounded_outward() {
    let third = Interval::from_rational(&rational(1, 3), BITS);
    assert!(third.lower_f64() < third.upper_f64());
    assert!(Rational::from_f64(third.lower_f64()).unwrap() < rational(1, 3));
    assert!(Rational::from_f64(third.upper_f64()).unwrap() > rational(1, 3));
    assert_eq!(third.to_decimal(4), ["3.333e-1", "3.334e-1"]);
    assert_eq!(third.clone().neg().to_decimal(4), ["-3.334e-1", "-3.333e-1"]);
    assert_eq!(third.to_f64(), 1.0 / 3.0);
}

#[test]
fn a_function_of_a_point_is_enclosed_by_both_roundings_of_its_value() {
    type Rounded = fn(&mut Float, Round) -> Ordering;
    type Enclosed = fn(Interval) -> Interval;
    let functions: [(Enclosed, Rounded); 5] = [
        (Interval::sin, Float::sin_round),
        (Interval::cos, Float::cos_round),
        (Interval::exp, Float::exp_round),
        (Interval::ln, Float::ln_round),
        (Interval::sqrt, Float::sqrt_round),
    ];
    for x in [1.0, 4.0, 0.1, 3.7, 1e-300, 12_345.678, 1e22, 7.5e8] {
        for (enclosed, rounded) in functions {
            let both = [Round::Down, Round::Up].map(|round| {
                let mut value = Float::with_val(BITS, x);
                rounded(&mut value, round);
                value
            });
            let found = enclosed(point(x));
            assert_eq!((found.lower(), found.upper()), (&both[0], &both[1]), "at {x}");
        }
    }
}
