use super::*;

fn exponents() -> impl Strategy<Value = [u16; MOST_VARIABLES]> {
    prop_oneof![prop::array::uniform20(0_u16..4), prop::array::uniform20(0..=Monomial::MOST_EXPONENT / 2)]
}

/// The exponents with each changed by those of another monomial.
fn each(a: [u16; MOST_VARIABLES], b: [u16; MOST_VARIABLES], change: fn(u16, u16) -> u16) -> [u16; MOST_VARIABLES] {
    std::array::from_fn(|i| change(a[i], b[i]))
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn operations_act_on_each_exponent(a in exponents(), b in exponents()) {
        let [x, y] = [a, b].map(Monomial::new);
        prop_assert_eq!(x.exponents(), a);
        prop_assert_eq!(x.times(&y).exponents(), each(a, b, |a, b| a + b));
        prop_assert_eq!(x.times(&y).divided_by(&y), Some(x));
        prop_assert_eq!(x.join(&y).exponents(), each(a, b, u16::max));
        prop_assert_eq!(x.divided_by(&y).is_some(), a.iter().zip(&b).all(|(a, b)| a >= b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x.total_degree(), a.into_iter().map(u32::from).sum::<u32>());
    }
}

#[test]
fn exponents_end_at_the_largest() {
    for variable in 0..MOST_VARIABLES {
        let largest = Monomial::power_of(variable, Monomial::MOST_EXPONENT);
        let one = Monomial::power_of(variable, 1);
        assert_eq!(largest.checked_times(&one), None);
        assert_eq!(largest.divided_by(&one).unwrap().checked_times(&one), Some(largest));
        assert_eq!(Monomial::ONE.divided_by(&one), None);
    }
}

#[test]
#[should_panic(expected = "an exponent is above 32767")]
fn a_product_with_too_large_an_exponent_panics() {
    let _ = Monomial::power_of(3, 20_000).times(&Monomial::power_of(3, 20_000));
}
