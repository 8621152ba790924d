use std::hint::black_box;
use std::time::Instant;

use super::*;

/// A reproducible stream of numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn polynomial(&mut self, variables: usize, terms: usize, degree: u64) -> Polynomial {
        let mut sum = Polynomial::zero();
        while sum.len() < terms {
            let mut exponents = [0; MOST_VARIABLES];
            exponents[..variables].iter_mut().for_each(|exponent| *exponent = self.below(degree + 1) as u16);
            let coefficient = Rational::from(self.below(2000) as i64 - 1000);
            sum += Polynomial::monomial(coefficient, Monomial::new(exponents));
        }
        sum
    }
}

fn milliseconds<R>(name: &str, mut run: impl FnMut() -> R) {
    let best = (0..7).map(|_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64() * 1e3
    });
    println!("{name}: {:.2} ms", best.fold(f64::INFINITY, f64::min));
}

#[test]
#[ignore = "measures, in a release build"]
fn product_and_exact_division_take_some_milliseconds() {
    let mut numbers = Numbers(1);
    let a = numbers.polynomial(6, 150, 6);
    let short = numbers.polynomial(6, 75, 6);
    let b = &short * numbers.polynomial(6, 2, 3);
    let product = &a * &b;
    println!("{} × {} terms = {}", a.len(), b.len(), product.len());
    milliseconds("product", || &a * &b);
    milliseconds("quotient by 150 terms", || product.divided_by(&a));
    milliseconds("quotient by 75 terms", || product.divided_by(&short));
    assert_eq!(product.divided_by(&a), Some(b.clone()));
    assert_eq!(product.divided_by(&short).map(|quotient| quotient * &short), Some(product.clone()));
    let spoilt = &product + Polynomial::variable(3).power(2);
    milliseconds("refused quotient", || spoilt.divided_by(&short));
    milliseconds("sum", || &product + &spoilt);
    let point: Vec<_> = (1..7).map(|i| Rational::from((i, i + 4))).collect();
    milliseconds("value", || product.at(&point));
    let names = ["a", "b", "c", "d", "e", "f"];
    let read = &a * numbers.polynomial(6, 120, 6);
    let text = read.display(&names);
    milliseconds("display", || read.display(&names));
    milliseconds("parse", || Polynomial::parse(&text, &names));
    assert_eq!(Polynomial::parse(&text, &names), Ok(read));
    let dense = (0..4).fold(Polynomial::one(), |sum, variable| sum + Polynomial::variable(variable)).power(12);
    println!("{} terms of (1 + a + b + c + d)^12", dense.len());
    milliseconds("its square", || &dense * &dense);
    let square = &dense * &dense;
    milliseconds("square divided", || square.divided_by(&dense));
}

#[test]
#[ignore = "measures, in a release build"]
fn elimination_over_fractions_takes_some_milliseconds() {
    for size in [4, 5, 6] {
        let run = || {
            let field = Field::new(["a", "b", "c"]).unwrap();
            let [a, b, c] = [0, 1, 2].map(|variable| field.variable(variable));
            let entry = |i: usize, j: usize| {
                let (low, high) = (i.min(j) as i32, i.max(j) as i32);
                let power = |base: &Fraction, exponent| base.power(exponent).unwrap();
                let below = field.one() + &b * field.constant(high - low + 1);
                (power(&a, low) + power(&c, high - low) * field.constant((1, high + 2))) / below
            };
            let matrix: Vec<Vec<_>> = (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect();
            eliminated(matrix)
        };
        let pivots = run();
        let last = pivots.last().unwrap();
        println!("{size}: last pivot {} / {} terms", last.numerator().len(), last.denominator().len());
        milliseconds("  elimination", run);
    }
}

/// The pivots of symmetric elimination.
fn eliminated(mut matrix: Vec<Vec<Fraction>>) -> Vec<Fraction> {
    for k in 0..matrix.len() {
        let (done, below) = matrix.split_at_mut(k + 1);
        let row = &done[k];
        for (i, target) in (k + 1..row.len()).zip(below) {
            let factor = &row[i] / &row[k];
            for j in i..row.len() {
                target[j] -= &factor * &row[j];
            }
        }
    }
    (0..matrix.len()).map(|i| matrix[i][i].clone()).collect()
}
