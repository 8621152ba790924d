//! A decided comparison in decimals that show it.

use std::fmt;

use rug::Rational;
use rug::float::Round;
use rug::ops::SubAssignRound;

use crate::number::decimal::{Decimal, ToDecimal};
use crate::number::{Interval, Scalar};
use crate::statement::Form;
use crate::verify::Relation;
use crate::verify::deciding::compare_sides::Truth;

/// Digits of a side, where these show the relation already.
const DIGITS: usize = 6;

/// Digits of a difference, whose size alone matters.
const DIFFERENCE_DIGITS: usize = 3;

/// The relation that a comparison in intervals decided; none where it decided nothing.
#[must_use]
pub fn of_intervals(form: Form, lhs: &Interval, rhs: &Interval, found: Truth) -> Option<Relation> {
    if !lhs.is_defined() || !rhs.is_defined() {
        return None;
    }
    match (form == Form::Identity, found) {
        (_, Truth::Open) => None,
        (false, Truth::True) => inequality(lhs.upper(), "<=", rhs.lower()),
        (false, Truth::False) => inequality(lhs.lower(), ">", rhs.upper()),
        (true, Truth::True) => {
            let difference = lhs.clone().sub(rhs).abs();
            equality(lhs.lower(), difference.upper())
        }
        (true, Truth::False) if lhs.lower() > rhs.upper() => {
            let mut difference = lhs.lower().clone();
            difference.sub_assign_round(rhs.upper(), Round::Down);
            inequality(lhs.lower(), "!=", rhs.upper())?.with_difference(&difference, Round::Zero)
        }
        (true, Truth::False) => {
            let mut difference = rhs.lower().clone();
            difference.sub_assign_round(lhs.upper(), Round::Down);
            inequality(lhs.upper(), "!=", rhs.lower())?.with_difference(&difference, Round::Zero)
        }
    }
}

/// The relation that a comparison of rationals decided; none where it decided nothing.
#[must_use]
pub fn of_rationals(form: Form, lhs: &Rational, rhs: &Rational, found: Truth) -> Option<Relation> {
    match (form == Form::Identity, found) {
        (_, Truth::Open) => None,
        (false, Truth::True) => inequality(lhs, "<=", rhs),
        (false, Truth::False) => inequality(lhs, ">", rhs),
        (true, Truth::True) => equality(lhs, &Rational::new()),
        (true, Truth::False) => {
            let difference = Rational::from(lhs - rhs).abs();
            inequality(lhs, "!=", rhs)?.with_difference(&difference, Round::Zero)
        }
    }
}

/// Two different numbers, or two equal ones for `<=`, with as few digits as their relation needs.
fn inequality<N: ToDecimal>(lhs: &N, sign: &str, rhs: &N) -> Option<Relation> {
    let [lhs, rhs] = if lhs == rhs && sign == "<=" {
        // Rounded inward, two equal numbers would seem to be in the wrong order.
        let both = lhs.to_decimal(DIGITS, Round::Nearest)?;
        [both.clone(), both]
    } else if lhs < rhs && sign != ">" {
        apart(lhs, Round::Up, rhs, Round::Down, |lhs, rhs| lhs < rhs)?
    } else if lhs > rhs && sign != "<=" {
        apart(lhs, Round::Down, rhs, Round::Up, |lhs, rhs| lhs > rhs)?
    } else {
        return None;
    };
    Some(Relation { lhs: lhs.to_string(), sign: sign.to_owned(), rhs: rhs.to_string(), difference: None })
}

/// Both rounded towards each other, with the fewest digits that keep them in order. They differ, so that
/// some number of digits does, and then every larger one.
fn apart<N: ToDecimal>(
    lhs: &N,
    lhs_round: Round,
    rhs: &N,
    rhs_round: Round,
    in_order: impl Fn(&Decimal, &Decimal) -> bool,
) -> Option<[Decimal; 2]> {
    let at = |digits: usize| -> Option<[Decimal; 2]> {
        Some([lhs.to_decimal(digits, lhs_round)?, rhs.to_decimal(digits, rhs_round)?])
    };
    let shows = |[lhs, rhs]: &[Decimal; 2]| in_order(lhs, rhs);
    let mut found = at(DIGITS)?;
    let (mut too_few, mut enough) = (DIGITS - 1, DIGITS);
    while !shows(&found) {
        too_few = enough;
        enough *= 2;
        found = at(enough)?;
    }
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        let tried = at(middle)?;
        if shows(&tried) {
            (enough, found) = (middle, tried);
        } else {
            too_few = middle;
        }
    }
    Some(found)
}

/// Two sides shown equal, of which one is `side` up to at most `difference`.
fn equality<N: ToDecimal>(side: &N, difference: &N) -> Option<Relation> {
    let side = side.to_decimal(DIGITS, Round::Nearest)?.to_string();
    Relation { lhs: side.clone(), sign: "=".to_owned(), rhs: side, difference: None }
        .with_difference(difference, Round::Up)
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lhs {} {} rhs {}", self.lhs, self.sign, self.rhs)?;
        match &self.difference {
            Some(difference) if self.sign == "=" => write!(f, " to within {difference}"),
            Some(difference) => write!(f, ", which differ by at least {difference}"),
            None => Ok(()),
        }
    }
}

impl Relation {
    fn with_difference(self, difference: &impl ToDecimal, round: Round) -> Option<Self> {
        let difference = difference.to_decimal(DIFFERENCE_DIGITS, round)?;
        Some(Relation { difference: Some(difference.to_string()), ..self })
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use crate::statement::parse::parse;
    use crate::statement::syntax::ExprKind;
    use crate::verify::deciding::relation::*;

    fn rational(numerator: i64, denominator: i64) -> Rational {
        Rational::from((numerator, denominator))
    }

    fn text(relation: Option<Relation>) -> String {
        let relation = relation.expect("a relation");
        let difference = relation.difference.map_or_else(String::new, |size| format!("; {size}"));
        format!("{} {} {}{difference}", relation.lhs, relation.sign, relation.rhs)
    }

    /// The printed number, as a rational.
    fn read(decimal: &str) -> Rational {
        let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |rest| (-1, rest));
        match parse(digits).map(|expression| expression.kind) {
            Ok(ExprKind::Number(value)) => value * sign,
            _ => panic!("{decimal} is no decimal"),
        }
    }

    #[test]
    fn as_many_digits_are_printed_as_the_relation_needs() {
        let third = rational(1, 3);
        let more = Rational::from(&third + &rational(1, 1_000_000_000_000));
        let of = |lhs: &Rational, rhs: &Rational, found| text(of_rationals(Form::Inequality, lhs, rhs, found));
        assert_eq!(of(&more, &third, Truth::False), "0.3333333333343 > 0.3333333333334");
        assert_eq!(of(&third, &more, Truth::True), "0.3333333333334 <= 0.3333333333343");
        assert_eq!(of(&rational(3, 1), &third, Truth::False), "3 > 0.333334");
        assert_eq!(of(&third, &third, Truth::True), "0.333333 <= 0.333333");
        assert_eq!(of(&rational(-1, 3), &rational(0, 1), Truth::True), "-0.333333 <= 0");
    }

    #[test]
    fn two_binary_numbers_that_differ_in_the_last_place_are_printed_apart() {
        // Each of these ended as "3e-1 > 3.0000000000000004e-1" when printed from midpoints.
        let lhs = Interval::from_f64(0.1 + 0.2, 53);
        let rhs = Interval::from_f64(0.3, 53);
        let relation = text(of_intervals(Form::Inequality, &lhs, &rhs, Truth::False));
        assert_eq!(relation, "0.30000000000000004 > 0.29999999999999999");
        let tiny = Interval::from_f64(f64::from_bits(1), 53);
        let zero = Interval::from_f64(0.0, 53);
        assert_eq!(text(of_intervals(Form::Inequality, &tiny, &zero, Truth::False)), "4.94065e-324 > 0");
    }

    #[test]
    fn the_two_ends_that_decide_are_printed() {
        let interval = |low: i64, high: i64| Interval::from_bounds(&rational(low, 1), &rational(high, 1), 64);
        let of = |lhs: &Interval, rhs: &Interval, found| text(of_intervals(Form::Inequality, lhs, rhs, found));
        assert_eq!(of(&interval(5, 9), &interval(1, 3), Truth::False), "5 > 3");
        assert_eq!(of(&interval(1, 3), &interval(5, 9), Truth::True), "3 <= 5");
        assert_eq!(of(&interval(1, 3), &interval(3, 9), Truth::True), "3 <= 3");
    }

    #[test]
    fn the_relation_of_an_identity_names_the_size_of_the_difference() {
        let of = |lhs: &Rational, rhs: &Rational, found| text(of_rationals(Form::Identity, lhs, rhs, found));
        let (third, more) = (rational(1, 3), rational(1_000_001, 3_000_000));
        assert_eq!(of(&third, &more, Truth::False), "0.3333334 != 0.3333336; 3.33e-7");
        assert_eq!(of(&more, &third, Truth::False), "0.3333336 != 0.3333334; 3.33e-7");
        assert_eq!(of(&third, &third, Truth::True), "0.333333 = 0.333333; 0");
        let around = Interval::from_bounds(&rational(1, 3), &rational(1, 3), 256);
        let relation = of_intervals(Form::Identity, &around, &around, Truth::True).expect("a relation");
        assert_eq!((relation.lhs, relation.sign.as_str()), (relation.rhs, "="));
        assert!(read(&relation.difference.expect("a size")) > 0, "the enclosures differ by what they are wide");
        let [one, two] = [1.0, 2.0].map(|x| Interval::from_f64(x, 64));
        assert_eq!(text(of_intervals(Form::Identity, &two, &one, Truth::False)), "2 != 1; 1");
        assert_eq!(text(of_intervals(Form::Identity, &one, &two, Truth::False)), "1 != 2; 1");
    }

    #[test]
    fn what_is_undecided_or_not_so_has_no_relation() {
        let [one, two] = [1, 2].map(|n| rational(n, 1));
        for form in [Form::Inequality, Form::Identity] {
            assert_eq!(of_rationals(form, &one, &two, Truth::Open), None);
        }
        assert_eq!(of_rationals(Form::Inequality, &one, &two, Truth::False), None);
        assert_eq!(of_rationals(Form::Inequality, &two, &one, Truth::True), None);
        assert_eq!(of_rationals(Form::Identity, &one, &one, Truth::False), None);
        let nan = Interval::from_f64(f64::NAN, 64);
        let one = Interval::from_f64(1.0, 64);
        assert_eq!(of_intervals(Form::Inequality, &nan, &one, Truth::True), None);
        assert_eq!(of_intervals(Form::Identity, &one, &one, Truth::False), None);
    }

    /// Numbers of every size, and close to each other as often as not.
    fn pair() -> impl Strategy<Value = (Rational, Rational)> {
        let size = (-1_000_000i64..=1_000_000, 1i64..=1_000_000, -400i32..400);
        (size, -3i64..=3, 0u32..300, any::<bool>()).prop_map(|((n, d, shift), step, gap, close)| {
            let lhs = rational(n, d) << shift;
            let change = rational(step, 7) >> gap;
            let rhs = if close { &lhs + &change * Rational::from(lhs.abs_ref()) } else { change };
            (lhs, rhs)
        })
    }

    /// The printed relation holds between the printed numbers and says nothing that is not so.
    fn assert_true(relation: &Relation, lhs: &Rational, rhs: &Rational, found: Truth) {
        let (shown_lhs, shown_rhs) = (read(&relation.lhs), read(&relation.rhs));
        let order = shown_lhs.cmp(&shown_rhs);
        match relation.sign.as_str() {
            "<=" => assert!(order != Ordering::Greater && found == Truth::True, "{relation:?}"),
            ">" => assert!(order == Ordering::Greater && found == Truth::False, "{relation:?}"),
            "!=" => assert!(order == lhs.cmp(rhs) && order != Ordering::Equal, "{relation:?}"),
            "=" => assert!(order == Ordering::Equal && lhs == rhs, "{relation:?}"),
            other => panic!("{other} is no sign"),
        }
        let size = Rational::from(lhs - rhs).abs();
        let shown = relation.difference.as_ref().map(|text| read(text));
        match relation.sign.as_str() {
            "=" => assert!(shown.is_some_and(|shown| shown >= size), "{relation:?}"),
            "!=" => assert!(shown.is_some_and(|shown| shown > 0 && shown <= size), "{relation:?}"),
            _ => assert!(shown.is_none()),
        }
    }

    fn found(form: Form, lhs: &Rational, rhs: &Rational) -> Truth {
        let so = if form == Form::Identity { lhs == rhs } else { lhs <= rhs };
        if so { Truth::True } else { Truth::False }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: crate::effort::cases(400), rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn a_printed_relation_of_rationals_is_true((lhs, rhs) in pair(), identity in any::<bool>()) {
            let form = if identity { Form::Identity } else { Form::Inequality };
            let found = found(form, &lhs, &rhs);
            let relation = of_rationals(form, &lhs, &rhs, found).expect("a relation");
            assert_true(&relation, &lhs, &rhs, found);
        }

        #[test]
        fn a_printed_relation_of_intervals_is_true((lhs, rhs) in pair(), identity in any::<bool>(), bits in 20u32..400) {
            let form = if identity { Form::Identity } else { Form::Inequality };
            let [x, y] = [&lhs, &rhs].map(|q| Interval::from_rational(q, bits));
            let decided = x.lower() > y.upper() || x.upper() < y.lower() || (!identity && x.upper() <= y.lower());
            let found = if decided || (identity && lhs == rhs) { found(form, &lhs, &rhs) } else { Truth::Open };
            match of_intervals(form, &x, &y, found) {
                None => prop_assert_eq!(found, Truth::Open),
                Some(relation) => assert_true(&relation, &lhs, &rhs, found),
            }
        }
    }
}
