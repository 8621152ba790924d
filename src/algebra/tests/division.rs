use super::*;
use crate::algebra::division::{quotient, sparse_quotient};
use crate::algebra::grid::Grid;
use crate::algebra::polynomial::degrees;

/// The quotient by each of both algorithms, without anything that refuses beforehand.
fn by_both(a: &Polynomial, b: &Polynomial) -> [Option<Polynomial>; 2] {
    let (dividend, divisor) = (a.integer_terms(), b.integer_terms());
    let above = degrees(dividend);
    let Some(most) = above.divided_by(&degrees(divisor)) else { return [None, None] };
    let grid = Grid::within(&above, usize::MAX).unwrap();
    let quotients = [sparse_quotient(dividend, divisor, &most), grid.quotient(dividend, divisor, &most)];
    quotients.map(|terms| terms.map(|terms| Polynomial::normalised(a.content().clone() / b.content(), terms)))
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_product_divided_by_a_factor_is_the_other(a in nonzero(), b in polynomial()) {
        prop_assert_eq!((&a * &b).divided_by(&a), Some(b));
    }

    #[test]
    fn a_quotient_times_the_divisor_is_the_dividend(a in polynomial_up_to(2, 4), b in polynomial_up_to(1, 2)) {
        if let Some(quotient) = a.divided_by(&b) {
            prop_assert_eq!(quotient * b, a);
        }
    }

    #[test]
    fn a_product_with_a_small_remainder_is_refused(
        a in nonconstant(polynomial()), b in polynomial(), rest in polynomial_up_to(2, 3), factor in 1_i64..100,
    ) {
        let is_small = !rest.is_zero() && rest.total_degree() < a.total_degree();
        let rest = if is_small { rest } else { Polynomial::constant(factor) };
        // A multiple of a has at least its degree, so a does not divide the rest.
        prop_assert_eq!((&a * &b + rest).divided_by(&a), None);
    }

    #[test]
    fn both_algorithms_divide_alike(a in nonconstant(polynomial_up_to(2, 6)), b in polynomial_up_to(2, 6), rest in 1_i64..100) {
        // Not zero, since its other exponents are smaller.
        let b = b + Polynomial::variable(0).power(3);
        let product = &a * &b;
        prop_assert_eq!(by_both(&product, &a), [Some(b.clone()), Some(b)]);
        prop_assert_eq!(by_both(&(product + Polynomial::constant(rest)), &a), [None, None]);
    }
}

#[test]
fn divisions_that_are_not_exact_are_refused() {
    for (dividend, divisor) in [
        ("1", "a"),
        ("a", "a^2"),
        ("a + 1", "a"),
        ("a^2 + 1", "a + 1"),
        ("a^2 - 2", "a - 1"),
        ("a*b + 1", "a + 1"),
        ("2*a^2 + 3*a + 2", "2*a + 1"),
        ("a^3 + b^3", "a - b"),
        ("a", "b"),
        ("a", "0"),
        ("0", "0"),
    ] {
        assert_eq!(read(dividend).divided_by(&read(divisor)), None, "({dividend})/({divisor})");
    }
}

#[test]
fn exact_divisions_are_carried_out() {
    for (dividend, divisor, quotient) in [
        ("0", "a", "0"),
        ("6*a", "4", "3/2*a"),
        ("a^2 - b^2", "2*a - 2*b", "1/2*a + 1/2*b"),
        ("a^3 + b^3", "a + b", "a^2 - a*b + b^2"),
        ("a^20*b - b", "1 - a^10", "-a^10*b - b"),
        ("a^2*b*c", "a*c", "a*b"),
    ] {
        assert_eq!(read(dividend).divided_by(&read(divisor)), Some(read(quotient)), "({dividend})/({divisor})");
    }
}

#[test]
fn divisions_whose_images_are_exact_are_still_refused() {
    // The image keeps a alone, where b + 1 and b + 2 become constants.
    let (dividend, divisor) = (read("a^2*b + 2*a^2"), read("a^2*b + a^2"));
    assert_eq!(quotient(dividend.integer_terms(), divisor.integer_terms()), None);
}

#[test]
fn numbers_in_a_grid_do_not_carry() {
    // With two exponents of b, the number of b^2 is that of a, and (a + b)*b would be a*b + a.
    assert_eq!(by_both(&read("a*b + a"), &read("a + b")), [None, None]);
}

#[test]
fn a_division_is_exact_over_the_rationals_whatever_the_contents() {
    assert_eq!(read("a + 1").divided_by(&read("2*a + 2")), Some(Polynomial::constant(q(1, 2))));
    assert_eq!(read("1/3*a^2 - 1/3").divided_by(&read("-5/7*a + 5/7")), Some(read("-7/15*a - 7/15")));
}

#[test]
fn polynomials_of_the_largest_degree_are_divided() {
    let most = Polynomial::monomial(1, Monomial::power_of(0, Monomial::MOST_EXPONENT));
    let root = Polynomial::monomial(1, Monomial::power_of(0, 1));
    let quotient = (&most - &root).divided_by(&(&root - Polynomial::one())).unwrap();
    assert_eq!(quotient.len(), usize::from(Monomial::MOST_EXPONENT) - 1);
    assert_eq!((&most - Polynomial::constant(2)).divided_by(&(&root - Polynomial::one())), None);
}
