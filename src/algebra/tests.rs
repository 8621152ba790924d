use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rug::{Integer, Rational};

use super::*;

mod convergents;
mod division;
mod evaluate;
mod field;
mod linear;
mod monomial;
mod polynomial;
mod text;
mod timing;
mod univariate;

/// The same cases in each run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: crate::effort::cases(cases),
        rng_seed: RngSeed::Fixed(17),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn q(numerator: i64, denominator: i64) -> Rational {
    Rational::from((numerator, denominator))
}

fn rational() -> impl Strategy<Value = Rational> {
    let long =
        (any::<i128>(), 1..=i128::MAX).prop_map(|(numerator, denominator)| Rational::from((numerator, denominator)));
    prop_oneof![9 => (-12_i64..=12, 1_i64..=6).prop_map(|(numerator, denominator)| q(numerator, denominator)), 1 => long]
}

fn point() -> impl Strategy<Value = Vec<Rational>> {
    prop::collection::vec(
        (-9_i64..=9, 1_i64..=5).prop_map(|(numerator, denominator)| q(numerator, denominator)),
        VARIABLES,
    )
}

/// Variables of the random polynomials.
const VARIABLES: usize = 4;

/// Terms with exponents up to the given one.
fn polynomial_up_to(exponent: u16, terms: usize) -> impl Strategy<Value = Polynomial> {
    let monomial = prop::collection::vec(0..=exponent, VARIABLES).prop_map(|low| {
        let mut exponents = [0; MOST_VARIABLES];
        exponents[..VARIABLES].copy_from_slice(&low);
        Monomial::new(exponents)
    });
    prop::collection::vec((monomial, rational()), 0..=terms).prop_map(Polynomial::from_terms)
}

/// Some that are dense enough for a grid, and some whose products and quotients go over a heap.
fn polynomial() -> impl Strategy<Value = Polynomial> {
    prop_oneof![polynomial_up_to(2, 8), polynomial_up_to(30, 6)]
}

fn nonzero() -> impl Strategy<Value = Polynomial> {
    polynomial().prop_filter("zero", |polynomial| !polynomial.is_zero())
}

fn nonconstant(polynomial: impl Strategy<Value = Polynomial>) -> impl Strategy<Value = Polynomial> {
    polynomial.prop_filter("constant", |polynomial| polynomial.as_constant().is_none())
}

/// Reads a polynomial in a, b, c and d.
fn read(text: &str) -> Polynomial {
    Polynomial::parse(text, &NAMES).unwrap()
}

const NAMES: [&str; VARIABLES] = ["a", "b", "c", "d"];
