use super::*;

/// The value by its definition.
fn value(polynomial: &Polynomial, point: &[Rational]) -> Rational {
    use rug::ops::Pow;
    let terms = polynomial.terms().map(|(monomial, coefficient)| {
        let powers = point.iter().enumerate().map(|(i, x)| Rational::from(x.pow(u32::from(monomial.exponent(i)))));
        powers.fold(coefficient, |product, power| product * power)
    });
    terms.fold(Rational::new(), |sum, term| sum + term)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn evaluation_respects_sums_and_products(
        a in polynomial(), b in polynomial(), point in point(),
    ) {
        let (at_a, at_b) = (a.at(&point), b.at(&point));
        prop_assert_eq!(&at_a, &value(&a, &point));
        prop_assert_eq!((&a + &b).at(&point), Rational::from(&at_a + &at_b));
        prop_assert_eq!((&a * &b).at(&point), Rational::from(&at_a * &at_b));
    }

    #[test]
    fn evaluation_respects_substitution(
        a in polynomial_up_to(3, 8), b in polynomial_up_to(2, 5), point in point(), variable in 0..VARIABLES,
    ) {
        let mut moved = point.clone();
        moved[variable] = b.at(&point);
        prop_assert_eq!(a.substitute(variable, &b).at(&point), a.at(&moved));
    }

    #[test]
    fn a_restriction_has_the_values_of_the_polynomial(a in polynomial(), point in point(), variable in 0..VARIABLES) {
        prop_assert_eq!(a.restricted(variable, &point).at(&point[variable]), a.at(&point));
    }

    #[test]
    fn binary64_is_near_the_value(a in polynomial_up_to(3, 6), point in point()) {
        let floats: Vec<f64> = point.iter().map(Rational::to_f64).collect();
        let size: f64 = a.terms().map(|term| Polynomial::monomial(term.1, term.0).at(&point).to_f64().abs()).sum();
        prop_assert!((a.at_f64(&floats) - a.at(&point).to_f64()).abs() <= 1e-13 * size);
    }
}

#[test]
fn variables_without_a_value_are_zero() {
    assert_eq!(read("a + 2*b + 3").at(&[q(1, 2)]), q(7, 2));
    assert_eq!(read("a + 2*b + 3").at_f64(&[]), 3.0);
    assert_eq!(read("a*b + b^2").restricted(1, &[q(5, 1)]), Univariate::new([q(0, 1), q(5, 1), q(1, 1)]));
    assert_eq!(Polynomial::zero().at(&[]), q(0, 1));
    assert!(Polynomial::zero().restricted(0, &[]).is_zero());
}

#[test]
fn coefficients_beyond_binary64_do_not_spoil_the_value() {
    let long = Rational::from(Integer::from(Integer::u_pow_u(10, 400)));
    let polynomial = (Polynomial::variable(0).scaled(&long) + Polynomial::one()).scaled(&long.recip());
    assert_eq!(polynomial.at_f64(&[3.0]), 3.0);
}
