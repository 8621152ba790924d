use super::*;

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn convergents_end_at_the_value_and_have_growing_denominators(value in rational()) {
        let all: Vec<_> = convergents(&value, value.denom()).collect();
        prop_assert_eq!(all.last(), Some(&value));
        prop_assert!(all.windows(2).skip(1).all(|pair| pair[0].denom() < pair[1].denom()));
        let gaps = all.windows(2).map(|pair| Rational::from(&pair[0] - &pair[1]).abs());
        prop_assert!(gaps.into_iter().all(|gap| *gap.numer() == 1));
    }

    #[test]
    fn no_smaller_denominator_is_nearer(numerator in -300_i64..300, denominator in 1_i64..100) {
        let value = q(numerator, denominator);
        for convergent in convergents(&value, value.denom()) {
            let distance = Rational::from(&value - &convergent).abs();
            let limit = convergent.denom().to_i64().unwrap();
            for below in 1..limit {
                let nearest = Rational::from(&value * Integer::from(below)).round() / Integer::from(below);
                prop_assert!(Rational::from(&value - &nearest).abs() > distance);
            }
        }
    }

    #[test]
    fn denominators_stay_within_the_bound(value in rational(), bound in 1_u32..10_000) {
        let bound = Integer::from(bound);
        let within: Vec<_> = convergents(&value, &bound).collect();
        let all = convergents(&value, value.denom()).take_while(|convergent| *convergent.denom() <= bound);
        prop_assert_eq!(within, all.collect::<Vec<_>>());
    }
}

#[test]
fn known_expansions_are_reproduced() {
    let listed = |value: Rational, bound: u32| convergents(&value, &Integer::from(bound)).collect::<Vec<_>>();
    assert_eq!(listed(q(314_159, 100_000), 200), [q(3, 1), q(22, 7), q(333, 106), q(355, 113)]);
    assert_eq!(listed(q(-9, 10), 100), [q(-1, 1), q(-9, 10)]);
    assert_eq!(listed(q(9, 10), 100), [q(0, 1), q(1, 1), q(9, 10)]);
    assert_eq!(listed(q(5, 1), 1), [q(5, 1)]);
    assert!(listed(q(5, 1), 0).is_empty());
}
