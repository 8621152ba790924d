use super::*;

/// Whether the form is the one that equal polynomials share.
fn is_normal(polynomial: &Polynomial) -> bool {
    let terms = polynomial.integer_terms();
    let divisor = terms.iter().fold(Integer::new(), |divisor, (_, coefficient)| divisor.gcd(coefficient));
    let is_sorted = terms.windows(2).all(|pair| pair[0].0 > pair[1].0);
    let is_primitive = terms.is_empty() || (divisor == 1 && terms[0].1 > 0);
    let content_fits = (*polynomial.content() == 0) == terms.is_empty();
    is_sorted && is_primitive && content_fits && terms.iter().all(|(_, coefficient)| *coefficient != 0)
}

/// The product by its definition.
fn expanded(a: &Polynomial, b: &Polynomial) -> Polynomial {
    let pairs = a.terms().flat_map(|left| b.terms().map(move |right| (left.clone(), right)));
    Polynomial::from_terms(pairs.map(|(left, right)| (left.0.times(&right.0), left.1 * right.1)))
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn polynomials_are_a_commutative_ring(a in polynomial(), b in polynomial(), c in polynomial()) {
        prop_assert_eq!(&a + &b, &b + &a);
        prop_assert_eq!((&a + &b) + &c, &a + (&b + &c));
        prop_assert_eq!(&a * &b, &b * &a);
        prop_assert_eq!((&a * &b) * &c, &a * (&b * &c));
        prop_assert_eq!(&a * (&b + &c), &a * &b + &a * &c);
        prop_assert_eq!(&a - &b, &a + -&b);
        prop_assert!((&a - &a).is_zero());
        prop_assert_eq!(&a + Polynomial::zero(), a.clone());
        prop_assert_eq!(&a * Polynomial::one(), a.clone());
        prop_assert!((&a * Polynomial::zero()).is_zero());
    }

    #[test]
    fn sums_and_products_are_those_of_the_terms(a in polynomial(), b in polynomial()) {
        prop_assert_eq!(&a + &b, Polynomial::from_terms(a.terms().chain(b.terms())));
        prop_assert_eq!(&a * &b, expanded(&a, &b));
    }

    #[test]
    fn every_result_is_in_normal_form(a in polynomial(), b in polynomial(), factor in rational()) {
        let results = [
            &a + &b, &a - &b, &a * &b, -&a, a.scaled(&factor), a.power(3), a.primitive(), a.derivative(1),
            a.divided_by(&b).unwrap_or_default(), (&a * &b).divided_by(&a).unwrap_or_default(),
        ];
        prop_assert!(results.iter().chain(&a.coefficients_in(0)).all(is_normal));
    }

    #[test]
    fn substitution_keeps_the_normal_form(a in polynomial_up_to(3, 6), b in polynomial_up_to(2, 4)) {
        prop_assert!(is_normal(&a.substitute(2, &b)));
    }

    #[test]
    fn content_times_primitive_part_is_the_polynomial(a in polynomial(), factor in rational()) {
        prop_assert_eq!(a.primitive().scaled(a.content()), a.clone());
        if factor != 0 {
            prop_assert_eq!(a.scaled(&factor).primitive(), a.primitive());
        }
    }

    #[test]
    fn powers_are_repeated_products(a in polynomial()) {
        prop_assert_eq!(a.power(0), Polynomial::one());
        prop_assert_eq!(a.power(3), &a * &a * &a);
    }

    #[test]
    fn coefficients_in_a_variable_give_the_polynomial_back(a in polynomial(), variable in 0..VARIABLES) {
        let x = Polynomial::variable(variable);
        let coefficients = a.coefficients_in(variable);
        prop_assert!(coefficients.iter().all(|coefficient| coefficient.degree(variable) == 0));
        prop_assert!(coefficients.last().is_none_or(|last| !last.is_zero()));
        let sum = coefficients.iter().rev().fold(Polynomial::zero(), |sum, coefficient| sum * &x + coefficient);
        prop_assert_eq!(sum, a);
    }

    #[test]
    fn derivatives_obey_the_rule_of_products(a in polynomial(), b in polynomial(), variable in 0..VARIABLES) {
        let rule = a.derivative(variable) * &b + &a * b.derivative(variable);
        prop_assert_eq!((&a * &b).derivative(variable), rule);
    }

    #[test]
    fn degrees_are_those_of_the_terms(a in nonzero(), b in nonzero(), variable in 0..VARIABLES) {
        let degree = a.terms().map(|(monomial, _)| monomial.exponent(variable)).max().unwrap();
        prop_assert_eq!(a.degree(variable), degree);
        prop_assert_eq!(a.variables().contains(&variable), degree > 0);
        let product = &a * &b;
        prop_assert_eq!(product.degree(variable), degree + b.degree(variable));
        prop_assert_eq!(product.total_degree(), a.total_degree() + b.total_degree());
        let (leading, other) = (a.leading().unwrap(), b.leading().unwrap());
        prop_assert_eq!(product.leading(), Some((leading.0.times(&other.0), leading.1 * other.1)));
    }
}

#[test]
fn constants_are_known_as_such() {
    assert_eq!(Polynomial::zero().as_constant(), Some(&q(0, 1)));
    assert_eq!(Polynomial::constant(q(-3, 2)).as_constant(), Some(&q(-3, 2)));
    assert_eq!(Polynomial::variable(15).as_constant(), None);
    assert_eq!(read("a + 1 - a").as_constant(), Some(&q(1, 1)));
    assert!(Polynomial::constant(0).is_zero());
    assert!(Polynomial::monomial(0, Monomial::power_of(1, 2)).is_zero());
}

#[test]
fn terms_that_cancel_leave_nothing() {
    assert_eq!(read("a - a + 2*b - b - b"), Polynomial::zero());
    assert_eq!(read("1/2*a + 1/3*a + 1/6*a"), read("a"));
    assert_eq!(read("a - b") * read("a + b"), read("a^2 - b^2"));
    assert_eq!(read("a^90 - b^90") * read("a^90 + b^90"), read("a^180 - b^180"));
}

#[test]
fn the_leading_coefficient_has_the_sign_of_the_content() {
    let polynomial = read("-2/3*a + 4*b");
    assert_eq!(polynomial.content(), &q(-2, 3));
    assert_eq!(polynomial.primitive(), read("a - 6*b"));
}

#[test]
fn a_power_of_a_variable_is_replaced() {
    assert_eq!(read("a^2*b + a + 3").substitute(0, &read("b - 1")), read("b^3 - 2*b^2 + 2*b + 2"));
    assert_eq!(read("c").substitute(0, &read("b")), read("c"));
}

#[test]
#[should_panic(expected = "index out of bounds")]
fn there_is_no_seventeenth_variable() {
    let _ = Polynomial::variable(MOST_VARIABLES);
}
