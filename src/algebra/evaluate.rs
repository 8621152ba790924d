//! Values of polynomials.

use rug::ops::Pow;
use rug::{Integer, Rational};

use super::{Polynomial, Univariate};

/// Integers of up to so many bits, their products with one another and with powers of common size
/// are well inside the range of `f64`.
const SAFE_BITS: u32 = 256;

impl Polynomial {
    /// The value where the variables have the given values, and those without one are 0.
    #[must_use]
    pub fn at(&self, values: &[Rational]) -> Rational {
        let (sums, factor) = self.summed(values, None);
        sums.into_iter().next().map_or_else(Rational::new, |sum| factor * sum)
    }

    /// About the value, computed in `f64`.
    #[must_use]
    pub fn at_f64(&self, values: &[f64]) -> f64 {
        let variables = self.variables();
        let content = self.content();
        let is_safe = |integer: &Integer| integer.significant_bits() <= SAFE_BITS;
        let content_is_safe = is_safe(content.numer()) && is_safe(content.denom());
        let factor = content.to_f64();
        let terms = self.integer_terms().iter().map(|(monomial, coefficient)| {
            let scaled = if content_is_safe && is_safe(coefficient) {
                coefficient.to_f64() * factor
            } else {
                Rational::from(content * coefficient).to_f64()
            };
            let power = |variable: &usize| {
                let value = values.get(*variable).copied().unwrap_or(0.0);
                value.powi(i32::from(monomial.exponent(*variable)))
            };
            scaled * variables.iter().map(power).product::<f64>()
        });
        terms.sum()
    }

    /// What becomes of the polynomial as one in a single variable, where all others have the given
    /// values, and those without one are 0.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn restricted(&self, variable: usize, values: &[Rational]) -> Univariate {
        let (sums, factor) = self.summed(values, Some(variable));
        Univariate::new(sums.into_iter().map(|sum| Rational::from(&factor * sum)))
    }

    /// The sum of the terms with values in the place of all variables but the free one, by the
    /// exponent of that one: integers, and the factor common to them.
    fn summed(&self, values: &[Rational], free: Option<usize>) -> (Vec<Integer>, Rational) {
        let degrees = self.degrees();
        let zero = Rational::new();
        let mut factor = self.content().clone();
        let mut tables = Vec::new();
        for variable in self.variables().into_iter().filter(|variable| Some(*variable) != free) {
            let value = values.get(variable).unwrap_or(&zero);
            let degree = degrees.exponent(variable);
            factor /= Integer::from(value.denom().pow(u32::from(degree)));
            tables.push((variable, whole_powers(value, degree)));
        }
        let highest = free.map_or(0, |variable| usize::from(degrees.exponent(variable)));
        let mut sums = vec![Integer::new(); highest + 1];
        for (monomial, coefficient) in self.integer_terms() {
            let mut term = coefficient.clone();
            for (variable, powers) in &tables {
                term *= &powers[usize::from(monomial.exponent(*variable))];
            }
            sums[free.map_or(0, |variable| usize::from(monomial.exponent(variable)))] += term;
        }
        (sums, factor)
    }
}

/// For a value n/d and each exponent e up to the degree D: nᵉ·dᴰ⁻ᵉ, which is the power times dᴰ.
fn whole_powers(value: &Rational, degree: u16) -> Vec<Integer> {
    let power = |base: &Integer, exponent: u16| Integer::from(base.pow(u32::from(exponent)));
    (0..=degree).map(|e| power(value.numer(), e) * power(value.denom(), degree - e)).collect()
}
