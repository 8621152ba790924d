//! What is known of numbers, and what must not be.

use super::*;

/// Numbers with these names.
fn named<const N: usize>(names: [&str; N]) -> (Numbers, [Fraction; N]) {
    let mut numbers = Numbers::new();
    let all = names.map(|name| numbers.named(Kind::Parameter, name).expect("few numbers"));
    (numbers, all)
}

#[test]
fn a_root_of_a_square_with_a_known_sign_is_no_new_number() {
    let (mut numbers, [x, y]) = named(["x", "y"]);
    numbers.learn(&x, true, "positive").unwrap();
    let four = numbers.rational(4);
    assert_eq!(numbers.root(&(&four * &x * &x)).unwrap(), &x * numbers.rational(2));
    assert!(numbers.roots().is_empty());
    let root = numbers.root(&(&y * &y)).unwrap();
    assert!(root != y && root != -&y, "the sign of y is not known");
    assert_eq!(numbers.root(&(&y * &y)).unwrap(), root, "it is the same each time");
}

#[test]
fn the_negative_of_a_number_is_the_root_of_its_square_where_it_is_negative() {
    let (mut numbers, [x]) = named(["x"]);
    numbers.learn(&-&x, true, "negative").unwrap();
    assert_eq!(numbers.root(&(&x * &x)).unwrap(), -&x);
}

#[test]
fn a_root_is_on_the_side_of_one_on_which_its_square_is() {
    let (mut numbers, [x]) = named(["x"]);
    numbers.learn(&x, false, "a share").unwrap();
    numbers.learn(&(numbers.rational(1) - &x), true, "a share").unwrap();
    let root = numbers.root(&x).unwrap();
    let sign = numbers.sign(&(numbers.rational(1) - &root)).unwrap();
    assert_eq!((sign.negative, sign.strict), (false, true));
    let over = numbers.root(&(numbers.rational(1) + &x)).unwrap();
    let sign = numbers.sign(&(over - numbers.rational(1))).unwrap();
    assert_eq!((sign.negative, sign.strict), (false, false));
}

#[test]
fn what_is_affine_between_zero_and_one_has_the_sign_of_its_ends() {
    let (mut numbers, [s, a, b]) = named(["s", "a", "b"]);
    for (number, strict) in [(&s, false), (&(numbers.rational(1) - &s), true), (&a, true), (&b, false)] {
        numbers.learn(number, strict, "given").unwrap();
    }
    let one = numbers.rational(1);
    let mixed = &a * (&one - &s) + &b * &s;
    assert_eq!(numbers.sign(&mixed).map(|sign| (sign.negative, sign.strict)), Some((false, true)));
    assert_eq!(numbers.sign(&-mixed).map(|sign| (sign.negative, sign.strict)), Some((true, true)));
    let opposed = &a * (&one - &s) - &b * &s;
    assert_eq!(numbers.sign(&opposed), None, "its ends differ in sign");
    // Where s may be 1 and b may be 0, it may be 0.
    let other = &a * &s + &b * (&one - &s);
    assert_eq!(numbers.sign(&other).map(|sign| sign.strict), Some(false), "s may be 0");
}

#[test]
fn a_condition_and_something_positive_is_positive_and_twice_the_condition_less_is_not() {
    let (mut numbers, [a, b, c]) = named(["a", "b", "c"]);
    numbers.learn(&(&a - &b), false, "an order").unwrap();
    numbers.learn(&c, true, "positive").unwrap();
    assert_eq!(numbers.sign(&(&a - &b + &c)).map(|sign| (sign.negative, sign.strict)), Some((false, true)));
    assert_eq!(numbers.sign(&(&b - &a - &c)).map(|sign| (sign.negative, sign.strict)), Some((true, true)));
    assert_eq!(numbers.sign(&(&a - &b - &c)), None);
    assert_eq!(numbers.sign(&(&a - numbers.rational(2) * &b)), None);
}

#[test]
fn a_number_that_is_at_least_and_at_most_zero_is_zero_everywhere() {
    let (mut numbers, [x, y]) = named(["x", "y"]);
    numbers.learn(&(&y - &x), true, "an order").unwrap();
    numbers.learn(&x, false, "at least").unwrap();
    // What was read before speaks of x, so the case begins anew.
    let Err(Stop::Split { number, cases }) = numbers.learn(&-&x, false, "at most") else { panic!("it is 0") };
    let signs = cases.into_iter().next().expect("one case");
    let mut numbers = numbers.restarted(&[Choice { number, signs }]).unwrap();
    let x = numbers.named(Kind::Parameter, "x").unwrap();
    assert!(x.is_zero());
    numbers.learn(&(&y - &x), true, "an order").unwrap();
    assert_eq!(numbers.sign(&y).map(|sign| (sign.negative, sign.strict)), Some((false, true)));
}

#[test]
fn conditions_that_contradict_each_other_leave_nothing_to_show() {
    let (mut numbers, [x]) = named(["x"]);
    numbers.learn(&x, true, "positive").unwrap();
    assert_eq!(numbers.learn(&-&x, false, "at most 0"), Err(Stop::Empty));
}

#[test]
fn a_positive_product_of_numbers_that_are_not_negative_has_positive_factors() {
    let (mut numbers, [x, y, z]) = named(["x", "y", "z"]);
    for number in [&x, &y] {
        numbers.learn(number, false, "at least 0").unwrap();
    }
    numbers.learn(&(&x * &y), true, "a product").unwrap();
    assert_eq!(numbers.sign(&x).map(|sign| sign.strict), Some(true));
    numbers.learn(&(&x * &z), true, "another").unwrap();
    assert_eq!(numbers.sign(&z), None, "nothing was known of z");
}

#[test]
fn higher_powers_of_a_root_are_those_of_its_square() {
    let (mut numbers, [x, y]) = named(["x", "y"]);
    let root = numbers.root(&x).unwrap();
    let cube = &root * &root * &root;
    assert_eq!(numbers.reduced(&(&cube + &y)), &x * &root + &y);
}

#[test]
fn a_number_of_two_kinds_is_two_numbers() {
    let mut numbers = Numbers::new();
    let parameter = numbers.named(Kind::Parameter, "L").unwrap();
    let constant = numbers.named(Kind::Constant, "L").unwrap();
    assert!(parameter != constant);
}

#[test]
fn a_root_of_more_than_a_square_and_its_number_are_rational_in_one_number() {
    let (mut numbers, [t]) = named(["t"]);
    let square = numbers.rational(4) * &t * &t + numbers.rational(9);
    let root = numbers.root(&square).unwrap();
    let choice = Choice { number: &root * &root - &square, signs: vec![Ordering::Equal] };
    let mut numbers = numbers.restarted(&[choice]).expect("it is solved");
    let t = numbers.named(Kind::Parameter, "t").unwrap();
    let root = numbers.root(&(numbers.rational(4) * &t * &t + numbers.rational(9))).unwrap();
    assert_eq!(&root * &root, numbers.rational(4) * &t * &t + numbers.rational(9));
    assert_eq!(numbers.sign(&root).map(|sign| (sign.negative, sign.strict)), Some((false, true)));
    let more = root - numbers.rational(2) * &t;
    assert_eq!(numbers.sign(&more).map(|sign| (sign.negative, sign.strict)), Some((false, true)), "r > 2t");
    assert_eq!(numbers.sign(&t), None, "t may have any sign");
}

#[test]
fn a_root_of_less_than_a_square_or_of_two_numbers_has_no_such_form() {
    let (mut numbers, [t, u]) = named(["t", "u"]);
    for square in
        [&t * &t - numbers.rational(1), numbers.rational(2) * &t * &t + numbers.rational(1), &t * &t + &u * &u]
    {
        let root = numbers.root(&square).unwrap();
        let choice = Choice { number: &root * &root - &square, signs: vec![Ordering::Equal] };
        assert!(matches!(numbers.restarted(&[choice]), Err(Stop::Untranslatable(_))), "{square:?}");
    }
}

#[test]
fn a_factor_of_a_positive_product_is_not_zero_and_a_summand_may_be() {
    let (mut numbers, [x, y, z]) = named(["x", "y", "z"]);
    numbers.learn(&(&x * &y * &y), true, "a product").unwrap();
    numbers.learn(&(&x + &z), true, "a sum").unwrap();
    for (number, strict) in [(&x, true), (&y, true), (&z, false)] {
        numbers.learn(number, false, "at least 0").unwrap();
        assert_eq!(numbers.sign(number).map(|sign| sign.strict), Some(strict));
    }
}

#[test]
fn of_two_numbers_either_is_the_least_where_they_may_be_equal() {
    let (mut numbers, [a, b]) = named(["a", "b"]);
    numbers.learn(&(&b - &a), false, "an order").unwrap();
    assert_eq!(numbers.prefers(&a, Relation::LessEqual, &b), Ok(true));
    assert_eq!(numbers.prefers(&b, Relation::LessEqual, &a), Ok(false));
    assert_eq!(numbers.prefers(&a, Relation::GreaterEqual, &b), Ok(false));
    assert_eq!(numbers.prefers(&b, Relation::GreaterEqual, &a), Ok(true));
    let other = numbers.rational(1);
    assert!(matches!(numbers.prefers(&a, Relation::LessEqual, &other), Err(Stop::Split { .. })), "nothing tells");
}
