use super::*;

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_is_displayed_is_read_back(polynomial in polynomial()) {
        prop_assert_eq!(Polynomial::parse(&polynomial.display(&NAMES), &NAMES), Ok(polynomial));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".*") {
        let _ = Polynomial::parse(&text, &NAMES);
        let _ = Field::new(NAMES).unwrap().parse(&text);
    }

    #[test]
    fn texts_of_the_right_characters_are_read_or_refused(text in "[ab]?[0-9ab*+/^() -]{0,12}") {
        if let Ok(polynomial) = Polynomial::parse(&text, &NAMES) {
            prop_assert_eq!(Polynomial::parse(&polynomial.display(&NAMES), &NAMES), Ok(polynomial));
        }
        let field = Field::new(NAMES).unwrap();
        if let Ok(fraction) = field.parse(&text) {
            prop_assert_eq!(field.parse(&fraction.to_string()), Ok(fraction));
        }
    }

    #[test]
    fn texts_by_the_grammar_are_read(text in "-?[1-9][0-9]{0,30}(/[1-9][0-9]{0,9})?\\*a\\^[1-9]( [+-] (b|c\\^2|7)(\\*d|\\*1/2)?){0,5}") {
        prop_assert!(Polynomial::parse(&text, &NAMES).is_ok());
    }
}

#[test]
fn polynomials_are_displayed_in_the_usual_way() {
    let names = ["beta", "gamma"];
    for text in ["3/2*beta^2*gamma - beta + 1", "-beta", "0", "-1/7", "beta*gamma^255 - gamma", "-3*gamma + 12"] {
        assert_eq!(Polynomial::parse(text, &names).unwrap().display(&names), text);
    }
    assert_eq!(Polynomial::variable(1).display(&["a"]), "?1");
}

#[test]
fn spaces_zeros_and_the_order_of_factors_do_not_matter() {
    for (text, same) in [
        ("  a*2 *b ^2+ 1 ", "2*a*b^2 + 1"),
        ("a*a*b*a", "a^3*b"),
        ("007*a^01", "7*a"),
        ("2*3/6*a", "a"),
        ("a^0", "1"),
        ("0*a + 6/4", "3/2"),
        ("-a - -0 ", ""),
    ] {
        let polynomial = Polynomial::parse(text, &NAMES);
        if same.is_empty() {
            assert!(polynomial.is_err(), "{text}");
        } else {
            assert_eq!(polynomial, Ok(read(same)), "{text}");
        }
    }
}

#[test]
fn texts_that_are_no_polynomials_are_refused() {
    for (text, message) in [
        ("", "expected a number or a name at the end"),
        ("+a", "expected a number or a name at `+a`"),
        ("a +", "expected a number or a name at the end"),
        ("a b", "expected the end at `b`"),
        ("2a", "expected the end at `a`"),
        ("a*(b + 1)", "expected a number or a name at `(b + 1)`"),
        ("a/2", "expected the end at `/2`"),
        ("2^3", "expected the end at `^3`"),
        ("1.5", "expected the end at `.5`"),
        ("a**2", "expected a number or a name at `*2`"),
        ("a^-1", "expected an integer at `-1`"),
        ("1/0", "a denominator is 0"),
        ("e", "there is no variable `e`"),
        ("ab", "there is no variable `ab`"),
        ("a^256", "an exponent is above 255"),
        ("a^255*a", "an exponent is above 255"),
        ("a^99999999999999999999", "an exponent is above 255"),
        ("?3", "expected a number or a name at `?3`"),
        ("٣", "expected a number or a name at `٣`"),
        ("a\0", "expected the end at `\0`"),
    ] {
        assert_eq!(Polynomial::parse(text, &NAMES).map_err(|why| why.to_string()), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn integers_of_any_length_are_read() {
    let digits = "7".repeat(50_000);
    let polynomial = read(&format!("{digits}*a - 1/{digits}"));
    assert_eq!(polynomial.leading().unwrap().1.to_string(), digits);
    assert_eq!(read(&polynomial.display(&NAMES)), polynomial);
}

#[test]
fn twenty_thousand_terms_are_read_and_no_more() {
    let sum = |terms: usize| Polynomial::parse(&vec!["a"; terms].join("+"), &NAMES);
    assert_eq!(sum(20_000), Ok(read("20000*a")));
    assert_eq!(sum(20_001), Err(Unreadable::Terms));
}

#[test]
fn denominators_that_would_fill_the_memory_are_refused() {
    // Powers of ten and their neighbours have few common factors.
    let terms = (0..1500).map(|i| format!("1/1{}1", "0".repeat(1000 + i)));
    let text = terms.collect::<Vec<_>>().join(" + ");
    assert_eq!(Polynomial::parse(&text, &NAMES), Err(Unreadable::Denominator));
}
