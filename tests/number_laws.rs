//! Laws of the arithmetics on random numbers: what is exact must lie in every enclosure.

use std::cmp::Ordering;

use lemmata::number::{Ball, Exact, Interval, Lanes, Mp, Scalar, dot, nearest_f64, norm2};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult, Testable};
use rug::ops::Pow;
use rug::{Float, Integer, Rational};

mod effort;

const SEED: u64 = 0x1e44a7a;

// ---- random numbers ----------------------------------------------------------------------

/// A rational of one of several sizes, often zero, small, or a tie for rounding.
#[derive(Clone, Debug)]
struct Ratio(Rational);

impl Arbitrary for Ratio {
    fn arbitrary(g: &mut Gen) -> Self {
        let (p, q) = (i64::arbitrary(g), i64::arbitrary(g).unsigned_abs().max(1));
        Ratio(match u8::arbitrary(g) % 6 {
            0 => Rational::from((p % 4, 1)),
            1 => Rational::from((p % 100, q % 100 + 1)),
            2 => Rational::from((p, 1_u64 << (q % 64))),
            3 => Rational::from((p, q)) << (i32::arbitrary(g) % 200),
            _ => Rational::from((p, q)),
        })
    }
}

fn check<A: Testable>(law: A) {
    QuickCheck::new()
        .tests(u64::from(effort::cases(2000)))
        .max_tests(u64::from(effort::cases(20_000)))
        .rng(Gen::from_size_and_seed(100, SEED))
        .quickcheck(law);
}

fn deterministic(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: effort::cases(cases),
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

// ---- what it means to enclose ------------------------------------------------------------

fn exactly(x: f64) -> Rational {
    Rational::from_f64(x).expect("finite")
}

trait Enclosure: Scalar {
    /// Whether `value` is among the numbers this one may be. Undefined encloses nothing.
    fn encloses_exactly(&self, value: &Rational) -> bool;
}

impl Enclosure for Interval {
    fn encloses_exactly(&self, value: &Rational) -> bool {
        self.contains(value)
    }
}

impl Enclosure for Ball {
    fn encloses_exactly(&self, value: &Rational) -> bool {
        self.is_defined() && (exactly(self.mid) - value).abs() <= exactly(self.err)
    }
}

type Binary<S> = fn(S, &S) -> S;

fn arithmetic<S: Scalar>() -> [Binary<S>; 6] {
    [S::add, S::sub, S::mul, S::div, S::min, S::max]
}

/// Each operation on `a` and `b` encloses the exact result where there is one.
fn encloses_all<S: Enclosure>(a: &Rational, b: &Rational, context: S::Context) -> bool {
    let exact = |q: &Rational| Exact::from_rational(q, ());
    let number = |q: &Rational| S::from_rational(q, context);
    arithmetic::<S>().iter().zip(arithmetic::<Exact>()).all(|(of_number, of_exact)| {
        match of_exact(exact(a), &exact(b)).value() {
            Some(result) => of_number(number(a), &number(b)).encloses_exactly(result),
            None => !of_number(number(a), &number(b)).is_defined(),
        }
    })
}

// ---- laws --------------------------------------------------------------------------------

#[test]
fn intervals_enclose_the_exact_result_at_every_precision() {
    fn law(a: Ratio, b: Ratio, bits: u8) -> bool {
        encloses_all::<Interval>(&a.0, &b.0, u32::from(bits) + 2)
    }
    check(law as fn(Ratio, Ratio, u8) -> bool);
}

#[test]
fn balls_enclose_the_exact_result() {
    fn law(a: Ratio, b: Ratio) -> bool {
        encloses_all::<Ball>(&a.0, &b.0, ())
    }
    check(law as fn(Ratio, Ratio) -> bool);
}

/// A place between 0 and 1, often one of the two: bounds fail first at the ends.
fn position(place: u8) -> Rational {
    Rational::from((place.clamp(80, 175) - 80, 95))
}

#[test]
fn a_ball_s_error_is_an_error_of_the_input_and_not_only_of_the_operation() {
    // Every number of a wide ball combined with every number of another lies in the result.
    fn law(a: Ratio, b: Ratio, radii: (u8, u8), places: (u8, u8)) -> TestResult {
        let wide = |q: &Rational, radius: u8, place: u8| {
            let mid = nearest_f64(q);
            let err = mid.abs() * f64::from(radius) / 300.0;
            let inside = exactly(mid) + exactly(err) * (position(place) * 2_u32 - 1_u32);
            (Ball { mid, err }, inside)
        };
        let (x, inside_x) = wide(&a.0, radii.0, places.0);
        let (y, inside_y) = wide(&b.0, radii.1, places.1);
        let exact = |q: &Rational| Exact::from_rational(q, ());
        let all = arithmetic::<Ball>().iter().zip(arithmetic::<Exact>()).all(|(f, g)| {
            let (ball, point) = (f(x, &y), g(exact(&inside_x), &exact(&inside_y)));
            !ball.is_defined() || point.value().is_some_and(|p| ball.encloses_exactly(p))
        });
        let powers = (-3..=3).all(|n| {
            let (ball, point) = (x.powi(n), exact(&inside_x).powi(n));
            !ball.is_defined() || point.value().is_some_and(|p| ball.encloses_exactly(p))
        });
        let square = x.square().encloses_exactly(&Rational::from(inside_x.square_ref()));
        TestResult::from_bool(all && powers && square)
    }
    check(law as fn(Ratio, Ratio, (u8, u8), (u8, u8)) -> TestResult);
}

#[test]
fn intervals_of_positive_width_enclose_every_pair_inside() {
    fn law(a: (Ratio, Ratio), b: (Ratio, Ratio), places: (u8, u8)) -> bool {
        let wide = |(p, q): &(Ratio, Ratio), place: u8| {
            let (lo, hi) = if p.0 <= q.0 { (&p.0, &q.0) } else { (&q.0, &p.0) };
            let inside = Rational::from(hi - lo) * position(place) + lo;
            (Interval::from_bounds(lo, hi, 40), inside)
        };
        let ((x, inside_x), (y, inside_y)) = (wide(&a, places.0), wide(&b, places.1));
        let exact = |q: &Rational| Exact::from_rational(q, ());
        let all = arithmetic::<Interval>().iter().zip(arithmetic::<Exact>()).all(|(f, g)| {
            let enclosure = f(x.clone(), &y);
            // Where the point has no result, the interval must not bound it on any side.
            match g(exact(&inside_x), &exact(&inside_y)).value() {
                Some(p) => enclosure.contains(p),
                None => !enclosure.lower().is_finite() && !enclosure.upper().is_finite(),
            }
        });
        let mut sum = Interval::from_f64(1.0, 40);
        sum.add_product(&x, &y);
        let mut difference = Interval::from_f64(1.0, 40);
        difference.sub_product(&x, &y);
        let product = Rational::from(&inside_x * &inside_y);
        all && sum.contains(&Rational::from(1 + &product))
            && difference.contains(&Rational::from(1 - &product))
            && x.clone().square().contains(&Rational::from(inside_x.square_ref()))
            && (0..5_i32).all(|n| x.clone().powi(n).contains(&Rational::from((&inside_x).pow(n))))
    }
    check(law as fn((Ratio, Ratio), (Ratio, Ratio), (u8, u8)) -> bool);
}

#[test]
fn sums_and_products_commute_to_the_last_bit() {
    fn commutes<S: Scalar + PartialEq>(a: &Rational, b: &Rational, context: S::Context) -> bool {
        let number = |q: &Rational| S::from_rational(q, context);
        [S::add, S::mul, S::min, S::max]
            .iter()
            .all(|f: &Binary<S>| f(number(a), &number(b)) == f(number(b), &number(a)))
    }
    fn law(a: Ratio, b: Ratio) -> bool {
        commutes::<f64>(&a.0, &b.0, ())
            && commutes::<Lanes>(&a.0, &b.0, ())
            && commutes::<Mp>(&a.0, &b.0, 70)
            && commutes::<Interval>(&a.0, &b.0, 70)
            && commutes::<Exact>(&a.0, &b.0, ())
    }
    check(law as fn(Ratio, Ratio) -> bool);
}

#[test]
fn rationals_associate_and_distribute_where_rounded_numbers_only_overlap() {
    fn law(a: Ratio, b: Ratio, c: Ratio) -> bool {
        fn sides<S: Scalar>(q: [&Rational; 3], context: S::Context) -> [(S, S); 2] {
            let [a, b, c] = q.map(|q| S::from_rational(q, context));
            let associated = (a.clone().add(&b).add(&c), b.clone().add(&c).add(&a));
            let products = a.clone().mul(&b).add(&a.clone().mul(&c));
            [associated, (a.mul(&b.add(&c)), products)]
        }
        let q = [&a.0, &b.0, &c.0];
        let exact = sides::<Exact>(q, ()).iter().all(|(x, y)| x == y);
        let undecided = |order: Option<Ordering>| matches!(order, None | Some(Ordering::Equal));
        exact
            && sides::<Interval>(q, 53).iter().all(|(x, y)| undecided(x.compare(y)))
            && sides::<Ball>(q, ()).iter().all(|(x, y)| undecided(x.compare(y)))
    }
    check(law as fn(Ratio, Ratio, Ratio) -> bool);
}

#[test]
fn more_bits_give_an_interval_inside() {
    fn law(a: Ratio, b: Ratio) -> bool {
        let at = |bits| {
            let number = |q: &Rational| Interval::from_rational(q, bits);
            arithmetic::<Interval>().map(|f| f(number(&a.0), &number(&b.0)))
        };
        at(30)
            .iter()
            .zip(at(120))
            .all(|(coarse, fine)| !fine.is_defined() || (coarse.encloses(&fine) && fine.width() <= coarse.width()))
    }
    check(law as fn(Ratio, Ratio) -> bool);
}

#[test]
fn enclosures_are_not_wider_than_rounding_asks_for() {
    // Otherwise [−∞, ∞] would pass every other law.
    fn law(a: Ratio, b: Ratio) -> TestResult {
        if a.0 == 0 || b.0 == 0 {
            return TestResult::discard();
        }
        let number = |q: &Rational| Interval::from_rational(q, 80);
        let magnitude = |x: &Interval| x.clone().abs().upper().clone();
        let scale = magnitude(&number(&a.0)).max(&magnitude(&number(&b.0)));
        let sums = [number(&a.0).add(&number(&b.0)), number(&a.0).sub(&number(&b.0))];
        let tight_sums = sums.iter().all(|x| x.width() <= scale.clone() >> 76_i32);
        let products = [number(&a.0).mul(&number(&b.0)), number(&a.0).div(&number(&b.0))];
        let tight_products = products.iter().all(|x| x.width() <= magnitude(x) >> 76_i32);
        let ball = Ball::from_rational(&a.0, ()).mul(&Ball::from_rational(&b.0, ()));
        TestResult::from_bool(tight_sums && tight_products && ball.err <= ball.mid.abs() * 1e-15)
    }
    check(law as fn(Ratio, Ratio) -> TestResult);
}

#[test]
fn exact_powers_and_roots_undo_each_other() {
    fn law(a: Ratio) -> bool {
        let x = || Exact::from_rational(&a.0, ());
        let root = x().square().sqrt() == x().abs();
        let power = x().powi(-3) == Exact::one(()).div(&x().mul(&x()).mul(&x()));
        root && power
    }
    check(law as fn(Ratio) -> bool);
}

#[test]
fn decimal_ends_are_rounded_outward() {
    fn law(a: Ratio, digits: u8) -> bool {
        let parse = |text: &str| -> Rational {
            let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
            let places = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
            let integer: Integer = digits.replace('.', "").parse().expect("digits");
            let exponent: i32 = exponent.parse().expect("exponent");
            Rational::from(integer) * Rational::from(10).pow(exponent - places)
        };
        let [lo, hi] = Interval::from_rational(&a.0, 90).to_decimal(usize::from(digits % 40) + 2);
        parse(&lo) <= a.0 && a.0 <= parse(&hi)
    }
    check(law as fn(Ratio, u8) -> bool);
}

#[test]
fn vectors_of_enclosures_enclose_the_exact_sums() {
    fn law(pairs: Vec<(Ratio, Ratio)>) -> bool {
        fn sums<S: Scalar>(pairs: &[(Ratio, Ratio)], context: S::Context) -> [S; 2] {
            let number = |q: &Ratio| S::from_rational(&q.0, context);
            let (a, b): (Vec<S>, Vec<S>) = pairs.iter().map(|(p, q)| (number(p), number(q))).unzip();
            [dot(&a, &b, context), norm2(&a, context)]
        }
        let pairs = &pairs[..pairs.len().min(8)];
        let exact = sums::<Exact>(pairs, ());
        let (interval, ball) = (sums::<Interval>(pairs, 60), sums::<Ball>(pairs, ()));
        (0..2).all(|i| {
            let value = exact[i].value().expect("sums of rationals are rational");
            interval[i].contains(value) && ball[i].encloses_exactly(value)
        }) && *interval[1].lower() >= 0
    }
    check(law as fn(Vec<(Ratio, Ratio)>) -> bool);
}

// ---- random programs ---------------------------------------------------------------------

const REGISTERS: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Binary(usize, usize, usize),
    AddProduct(usize, usize, usize),
    SubProduct(usize, usize, usize),
    AddConstant(usize, f64),
    MulConstant(usize, f64),
    AddProductConstant(usize, usize, f64),
    Negate(usize),
    Absolute(usize),
    Square(usize),
    Root(usize),
    Copy(usize, usize),
    IntegerPower(usize, i32),
    RealPower(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let r = || 0..REGISTERS;
    let c = || prop_oneof![Just(0.0), Just(-1.0), -8.0..8.0, (-8_i32..8).prop_map(f64::from)];
    prop_oneof![
        6 => (0_usize..6, r(), r()).prop_map(|(f, i, j)| Step::Binary(f, i, j)),
        2 => (r(), r(), r()).prop_map(|(i, j, k)| Step::AddProduct(i, j, k)),
        2 => (r(), r(), r()).prop_map(|(i, j, k)| Step::SubProduct(i, j, k)),
        1 => (r(), c()).prop_map(|(i, c)| Step::AddConstant(i, c)),
        1 => (r(), c()).prop_map(|(i, c)| Step::MulConstant(i, c)),
        1 => (r(), r(), c()).prop_map(|(i, j, c)| Step::AddProductConstant(i, j, c)),
        1 => r().prop_map(Step::Negate),
        1 => r().prop_map(Step::Absolute),
        1 => r().prop_map(Step::Square),
        1 => r().prop_map(Step::Root),
        1 => (r(), r()).prop_map(|(i, j)| Step::Copy(i, j)),
        1 => (r(), -3_i32..4).prop_map(|(i, n)| Step::IntegerPower(i, n)),
        1 => (r(), r()).prop_map(|(i, j)| Step::RealPower(i, j)),
    ]
}

fn run<S: Scalar>(registers: &mut [S], step: &Step) {
    let operand = |j: usize, registers: &[S]| registers[j].clone();
    match *step {
        Step::Binary(f, i, j) => {
            registers[i] = arithmetic::<S>()[f](operand(i, registers), &operand(j, registers));
        }
        Step::AddProduct(i, j, k) => {
            let (a, b) = (operand(j, registers), operand(k, registers));
            registers[i].add_product(&a, &b);
        }
        Step::SubProduct(i, j, k) => {
            let (a, b) = (operand(j, registers), operand(k, registers));
            registers[i].sub_product(&a, &b);
        }
        Step::AddConstant(i, c) => registers[i].add_f64(c),
        Step::MulConstant(i, c) => registers[i].mul_f64(c),
        Step::AddProductConstant(i, j, c) => {
            let a = operand(j, registers);
            registers[i].add_product_f64(&a, c);
        }
        Step::Negate(i) => registers[i].neg_assign(),
        Step::Absolute(i) => registers[i].abs_assign(),
        Step::Square(i) => registers[i].square_assign(),
        Step::Root(i) => registers[i].sqrt_assign(),
        Step::Copy(i, j) => {
            let a = operand(j, registers);
            registers[i].set(&a);
        }
        Step::IntegerPower(i, n) => registers[i].powi_assign(n),
        Step::RealPower(i, j) => {
            let exponent = operand(j, registers);
            registers[i].powf_assign(&exponent);
        }
    }
}

fn start<S: Scalar>(values: &[(i32, u8)], context: S::Context) -> Vec<S> {
    let ratio = |(p, q): &(i32, u8)| Rational::from((*p, i32::from(*q) + 1));
    values.iter().map(|v| S::from_rational(&ratio(v), context)).collect()
}

fn program() -> impl Strategy<Value = (Vec<(i32, u8)>, Vec<Step>)> {
    let value = (-40_i32..40, prop_oneof![Just(0_u8), any::<u8>()]);
    (prop::collection::vec(value, REGISTERS), prop::collection::vec(step(), 1..16))
}

/// Beyond this the rationals of a program take longer than they teach.
const MAX_BITS: u32 = 20_000;

fn is_small(x: &Exact) -> bool {
    let size = |q: &Rational| q.numer().significant_bits() + q.denom().significant_bits();
    x.value().is_none_or(|q| size(q) < MAX_BITS)
}

proptest! {
    #![proptest_config(deterministic(3000))]

    #[test]
    fn whatever_is_computed_the_exact_result_lies_in_the_enclosures(
        (values, steps) in program(),
    ) {
        let mut exact = start::<Exact>(&values, ());
        let mut ball = start::<Ball>(&values, ());
        let mut intervals = [24, 64, 200].map(|bits| start::<Interval>(&values, bits));
        for step in &steps {
            run(&mut exact, step);
            if !exact.iter().all(is_small) {
                break;
            }
            run(&mut ball, step);
            intervals.iter_mut().for_each(|registers| run(registers, step));
            for (i, truth) in exact.iter().enumerate() {
                // An irrational or missing result ends what the rationals can tell of a register.
                let Some(value) = truth.value() else { continue };
                for interval in &intervals {
                    prop_assert!(interval[i].contains(value), "{:?} misses {value}", interval[i]);
                }
                let known = !ball[i].is_defined() || ball[i].encloses_exactly(value);
                prop_assert!(known, "{:?} misses {value}", ball[i]);
            }
        }
    }

    #[test]
    fn a_lane_is_a_run_of_its_own_to_the_bit((values, steps) in program(), lane in 0_usize..8) {
        let mut alone = start::<f64>(&values, ());
        let mut lanes = start::<Lanes>(&values, ());
        for (i, x) in lanes.iter_mut().enumerate() {
            x.0 = std::array::from_fn(|l| if l == lane { alone[i] } else { (l + i) as f64 - 3.5 });
        }
        for step in &steps {
            run(&mut alone, step);
            run(&mut lanes, step);
        }
        for (x, y) in alone.iter().zip(&lanes) {
            let z = y.lane(lane);
            prop_assert!(x.to_bits() == z.to_bits() || (x.is_nan() && z.is_nan()), "{x} {z}");
        }
    }

    #[test]
    fn nearest_rounding_stays_inside_the_interval_of_the_same_precision(
        (values, steps) in program(),
    ) {
        let mut nearest = start::<Mp>(&values, 90);
        let mut interval = start::<Interval>(&values, 90);
        for step in &steps {
            run(&mut nearest, step);
            run(&mut interval, step);
            for (x, enclosure) in nearest.iter_mut().zip(&mut interval) {
                // A real power of a negative base is defined for an integer exponent, which a
                // rounded exponent may be while its enclosure is not.
                if let (true, Some(value)) = (enclosure.is_defined(), x.0.to_rational()) {
                    prop_assert!(enclosure.contains(&value), "{enclosure:?} misses {x:?}");
                } else {
                    *x = Mp::one(90);
                    *enclosure = Interval::one(90);
                }
            }
        }
    }
}

// ---- elementary functions ----------------------------------------------------------------

type Unary<S> = fn(S) -> S;

fn elementary<S: Scalar>() -> [Unary<S>; 5] {
    [S::sin, S::cos, S::exp, S::ln, S::sqrt]
}

/// An argument of any size at which all five functions are defined, or one close to a special
/// point of one of them.
fn argument() -> impl Strategy<Value = f64> {
    let near_turn = (1_i32..200, -4_i64..5).prop_map(|(k, ulps)| {
        let turn = f64::from(k) * std::f64::consts::FRAC_PI_2;
        f64::from_bits(turn.to_bits().wrapping_add_signed(ulps))
    });
    prop_oneof![
        3 => 1e-3..60.0,
        1 => 0.999..1.001,
        1 => 1e-300..1e-200,
        1 => (0_i32..600).prop_map(|e| 2_f64.powi(e) * 1.25),
        2 => near_turn,
    ]
}

/// The centre of an enclosure, exactly; not of numbers that would fill the memory as rationals.
fn centre(x: &Interval) -> Option<Rational> {
    let modest = |end: &Float| end.is_zero() || end.get_exp().is_some_and(|exponent| exponent.abs() < 10_000);
    let (lo, hi) = (x.lower(), x.upper());
    if modest(lo) && modest(hi) { Some((lo.to_rational()? + hi.to_rational()?) / 2_u32) } else { None }
}

proptest! {
    #![proptest_config(deterministic(2000))]

    #[test]
    fn elementary_functions_at_64_bits_enclose_those_at_300(x in argument()) {
        for (i, f) in elementary::<Interval>().iter().enumerate() {
            let (coarse, fine) = (f(Interval::from_f64(x, 64)), f(Interval::from_f64(x, 300)));
            prop_assert!(coarse.encloses(&fine), "function {i}: {coarse:?} {fine:?}");
            // Neither enclosure is trivial, but for the sines of huge numbers.
            let tight = coarse.width() <= (coarse.clone().abs().upper().clone() >> 62_i32);
            prop_assert!(tight || (i < 2 && x > 1e77), "function {i}: {coarse:?}");
            if let Some(value) = centre(&fine).filter(|_| tight) {
                prop_assert!(coarse.contains(&value));
                let ball = elementary::<Ball>()[i](Ball::from_f64(x, ()));
                prop_assert!(!ball.is_defined() || ball.encloses_exactly(&value), "{ball:?}");
            }
        }
    }

    #[test]
    fn elementary_functions_of_a_wide_argument_enclose_those_of_every_point(
        lo in argument(),
        sign in any::<bool>(),
        width in prop_oneof![1e-12..1e-3, 0.0..8.0],
        place in 0_i32..=64,
    ) {
        let end = |x: f64| Rational::from_f64(x).expect("finite");
        let (mut low, mut high) = (end(lo), end(lo) + end(width));
        if sign {
            (low, high) = (-high, -low);
        }
        let inside = Rational::from(&high - &low) * Rational::from((place, 64)) + &low;
        let wide = Interval::from_bounds(&low, &high, 64);
        let middle = Rational::from(&low + &high) / 2_u32;
        let mut ball = Ball::from_rational(&middle, ());
        ball.err = 2.0 * ball.err + width / 2.0;
        for (i, f) in elementary::<Interval>().iter().enumerate() {
            let fine = f(Interval::from_rational(&inside, 300));
            // A logarithm or root of a negative number.
            let Some(value) = centre(&fine) else { continue };
            let coarse = f(wide.clone());
            prop_assert!(coarse.contains(&value), "function {i}: {coarse:?} misses {value}");
            let rough = elementary::<Ball>()[i](ball);
            prop_assert!(!rough.is_defined() || rough.encloses_exactly(&value), "{i} {rough:?}");
        }
    }

    #[test]
    fn real_powers_of_wide_operands_enclose_those_of_every_pair(
        base in (1e-3..20.0, 0.0..3.0),
        exponent in (-6.0..6.0, 0.0..2.0),
        places in (0_i32..=32, 0_i32..=32),
    ) {
        let wide = |(lo, width): (f64, f64), place: i32| {
            let low = exactly(lo);
            let high = exactly(width) + &low;
            let inside = exactly(width) * Rational::from((place, 32)) + &low;
            (Interval::from_bounds(&low, &high, 64), inside)
        };
        let ((x, inside_x), (y, inside_y)) = (wide(base, places.0), wide(exponent, places.1));
        let fine = |q: &Rational| Interval::from_rational(q, 300);
        // By another way than the one under test.
        let reference = fine(&inside_x).ln().mul(&fine(&inside_y)).exp();
        let value = centre(&reference).expect("bounded");
        prop_assert!(x.clone().powf(&y).contains(&value));
        let point = Interval::from_rational(&inside_x, 64).powf(&fine(&inside_y));
        prop_assert!(point.contains(&value) && point.width() <= point.upper().clone() >> 50_i32);
        let ball = Ball::from_rational(&inside_x, ()).powf(&Ball::from_rational(&inside_y, ()));
        prop_assert!(ball.encloses_exactly(&value) && ball.err <= ball.mid * 1e-12, "{ball:?}");
    }
}
