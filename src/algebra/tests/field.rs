use super::*;

fn field() -> Field {
    Field::new(NAMES).unwrap()
}

/// Numerator and denominator of a fraction.
fn quotient() -> impl Strategy<Value = (Polynomial, Polynomial)> {
    let denominator = prop::collection::vec(polynomial_up_to(1, 3), 1..3);
    (polynomial_up_to(2, 4), denominator).prop_filter_map("zero", |(numerator, factors)| {
        let denominator = factors.iter().fold(Polynomial::one(), |product, factor| product * factor);
        (!denominator.is_zero()).then_some((numerator, denominator))
    })
}

fn made(field: &Field, (numerator, denominator): &(Polynomial, Polynomial)) -> Fraction {
    field.fraction(numerator, denominator).unwrap()
}

/// Whether no element of the denominator divides the numerator, and all are in use.
fn is_reduced(fraction: &Fraction) -> bool {
    fraction.denominator_powers().pairs().iter().all(|(number, exponent)| {
        *exponent > 0 && fraction.numerator().divided_by(&fraction.field().element(*number)).is_none()
    })
}

/// The product of factors.
fn product(field: &Field, factors: &Factors) -> Polynomial {
    (field.expanded(&factors.powers) * &factors.rest).scaled(&factors.constant)
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn arithmetic_agrees_with_the_values(a in quotient(), b in quotient(), point in point(), exponent in -3..4) {
        let field = field();
        let [x, y] = [&a, &b].map(|quotient| made(&field, quotient));
        if let (Some(at_x), Some(at_y)) = (x.at(&point), y.at(&point)) {
            prop_assert_eq!((&x + &y).at(&point), Some(Rational::from(&at_x + &at_y)));
            prop_assert_eq!((&x - &y).at(&point), Some(Rational::from(&at_x - &at_y)));
            prop_assert_eq!((&x * &y).at(&point), Some(Rational::from(&at_x * &at_y)));
            prop_assert_eq!((-&x).at(&point), Some(Rational::from(-&at_x)));
            if at_y != 0 {
                use rug::ops::Pow;
                prop_assert_eq!((&x / &y).at(&point), Some(Rational::from(&at_x / &at_y)));
                let power = y.power(exponent).unwrap();
                prop_assert_eq!(power.at(&point), Some(Rational::from((&at_y).pow(exponent))));
            }
        }
    }

    #[test]
    fn fractions_are_a_field(a in quotient(), b in quotient(), c in quotient()) {
        let field = field();
        let [x, y, z] = [&a, &b, &c].map(|quotient| made(&field, quotient));
        prop_assert_eq!((&x + &y) + &z, &x + (&y + &z));
        prop_assert_eq!((&x + &y) * &z, &x * &z + &y * &z);
        prop_assert_eq!(&x + &y - &y, x.clone());
        prop_assert!((&x - &x).is_zero());
        prop_assert_ne!(&x + field.one(), x.clone());
        if let Some(quotient) = x.divided_by(&y) {
            prop_assert_eq!(&quotient * &y, x.clone());
            prop_assert_eq!(&y / &y, field.one());
        } else {
            prop_assert!(y.is_zero());
        }
    }

    #[test]
    fn every_result_is_reduced(a in quotient(), b in quotient()) {
        let field = field();
        let [x, y] = [&a, &b].map(|quotient| made(&field, quotient));
        let mut results = vec![&x + &y, &x - &y, &x * &y, x.power(2).unwrap()];
        results.extend(x.divided_by(&y));
        results.extend(x.substitute(1, &y));
        prop_assert!(results.iter().all(is_reduced));
    }

    #[test]
    fn fractions_that_are_polynomials_have_no_denominator(a in polynomial_up_to(2, 4), b in quotient()) {
        let field = field();
        let x = made(&field, &b);
        let whole = field.polynomial(&(&a * x.denominator())) / field.polynomial(&x.denominator());
        prop_assert_eq!(whole.as_polynomial(), Some(&a));
        let sum = (field.polynomial(&a) + &x) - &x;
        prop_assert_eq!(sum.as_polynomial(), Some(&a));
    }

    #[test]
    fn numerator_over_denominator_is_the_fraction(a in quotient()) {
        let field = field();
        let x = made(&field, &a);
        prop_assert_eq!(x.numerator() * &a.1, x.denominator() * &a.0);
    }

    #[test]
    fn substitution_agrees_with_the_values(a in quotient(), b in quotient(), point in point(), variable in 0..VARIABLES) {
        let field = field();
        let [x, y] = [&a, &b].map(|quotient| made(&field, quotient));
        if let Some(at_y) = y.at(&point) {
            let mut moved = point.clone();
            moved[variable] = at_y;
            match (x.at(&moved), x.substitute(variable, &y)) {
                (Some(value), Some(substituted)) => prop_assert_eq!(substituted.at(&point), Some(value)),
                (Some(_), None) => prop_assert!(false, "the denominator is not zero"),
                (None, _) => {}
            }
        }
    }

    #[test]
    fn factors_multiply_to_the_polynomial(a in polynomial_up_to(2, 4), b in polynomial_up_to(1, 3), c in quotient()) {
        let field = field();
        field.learn(&b);
        made(&field, &c);
        let polynomial = &a * &b * &b * &c.1;
        let factors = field.factors(&polynomial);
        prop_assert_eq!(product(&field, &factors), polynomial);
        prop_assert_eq!(factors.rest.primitive(), factors.rest.clone());
        prop_assert!(field.elements().iter().all(|(_, element)| factors.rest.divided_by(element).is_none()));
    }

    #[test]
    fn what_is_displayed_is_read_back(a in quotient()) {
        let field = field();
        let x = made(&field, &a);
        prop_assert_eq!(field.parse(&x.to_string()).unwrap(), x.clone());
        let elsewhere = super::field::field().parse(&x.to_string()).unwrap();
        prop_assert_eq!(elsewhere.numerator() * x.denominator(), x.numerator() * elsewhere.denominator());
    }

    #[test]
    fn no_element_in_use_divides_another(learnt in prop::collection::vec(polynomial_up_to(1, 2), 1..4)) {
        let field = field();
        let product = |factors: &[Polynomial]| factors.iter().fold(Polynomial::one(), |product, factor| product * factor);
        // Products first, so that their factors split them.
        (0..learnt.len()).for_each(|start| field.learn(&product(&learnt[start..])));
        let elements = field.elements();
        for (number, element) in &elements {
            prop_assert!(elements.iter().all(|(other, divisor)| other == number || element.divided_by(divisor).is_none()));
        }
    }
}

#[test]
fn fractions_can_go_to_other_threads() {
    fn goes<T: Send + Sync>() {}
    goes::<(Field, Fraction, Polynomial)>();
}

#[test]
fn names_of_variables_are_checked() {
    assert!(Field::new(["beta", "β_2", "_"]).is_ok());
    for names in [vec!["a", "a"], vec![""], vec!["2a"], vec!["a b"], vec!["a*b"], vec!["a"; MOST_VARIABLES + 1]] {
        assert!(Field::new(names.clone()).is_err(), "{names:?}");
    }
}

#[test]
fn nothing_is_divided_by_zero() {
    let field = field();
    assert_eq!(field.one().divided_by(&field.zero()), None);
    assert_eq!(field.fraction(&read("a"), &read("0")), None);
    assert_eq!(field.zero().power(-1), None);
    assert_eq!(field.zero().power(0), Some(field.one()));
    let pole = field.parse("(1)/(a - b)").unwrap();
    assert_eq!(pole.at(&[q(1, 2), q(1, 2)]), None);
    assert_eq!(pole.substitute(0, &field.variable(1)), None);
}

#[test]
#[should_panic(expected = "a fraction is divided by 0")]
fn the_operator_panics_by_zero() {
    let field = field();
    let _ = field.one() / field.zero();
}

#[test]
#[should_panic(expected = "the fractions are of different fields")]
fn fractions_of_different_fields_do_not_mix() {
    let _ = field().one() + field().one();
}

#[test]
fn fractions_are_displayed_as_quotients_of_polynomials() {
    let field = field();
    for text in ["0", "-1/2", "a^2 - 1/3", "(1)/(a)", "(1/2*a + 3)/(b)^2/(b - 1)", "(-1)/(a*b + c)^255"] {
        assert_eq!(field.parse(text).unwrap().to_string(), text);
    }
    assert_eq!(field.parse("(a*b)/(2*b - 2*b^2)").unwrap().to_string(), "(-1/2*a)/(b - 1)");
    assert_eq!(field.parse("(a^2 - 1)/(a + 1)").unwrap().to_string(), "a - 1");
}

#[test]
fn texts_that_are_no_fractions_are_refused() {
    let field = field();
    for text in [
        "(a",
        "(a)/",
        "(a)/b",
        "(a)/(0)",
        "(a)/(b - b)",
        "a/(b)",
        "((a))",
        "(a)/(b)^256",
        "(a)/(b^2)^128",
        "(a)*(b)",
        "(a)/(b)^200/(b)^56",
        "(a)/(b)^-1",
        "(a)^2",
        "()",
        "(a)/(b)c",
    ] {
        assert!(field.parse(text).is_err(), "{text}");
    }
    assert_eq!(field.parse("(a)/(b^2)^127/(b)").unwrap().denominator(), read("b^255"));
}

#[test]
fn an_element_that_a_newer_one_divides_is_split() {
    let field = field();
    let square = field.parse("(1)/(a^2 + 2*a*b + b^2)").unwrap();
    assert_eq!(square.to_string(), "(1)/(a^2 + 2*a*b + b^2)");
    let simple = field.parse("(1)/(a + b)").unwrap();
    assert_eq!((&square * field.one()).to_string(), "(1)/(a + b)^2");
    assert_eq!(&square + &simple, field.parse("(a + b + 1)/(a + b)^2").unwrap());
    assert_eq!(&square / &simple, simple);
    assert_eq!(square, &simple * &simple);
}

#[test]
fn pivots_of_elimination_multiply_to_the_determinant() {
    let field = field();
    let [a, b, c] = [0, 1, 2].map(|variable| field.variable(variable));
    let half = field.constant((1, 2));
    let matrix = [[&a + &b, &half * &c], [&half * &c, field.one() / (field.one() - &a)]];
    let factor = &matrix[1][0] / &matrix[0][0];
    let pivot = &matrix[1][1] - &factor * &matrix[0][1];
    let determinant = &matrix[0][0] * &pivot;
    assert_eq!(determinant, (&a + &b) / (field.one() - &a) - (&c * &c) * &half * &half);
    assert_eq!(determinant.denominator(), read("a - 1"));
}
