//! A rational function of several variables from exact values: along a line in each variable it is found as one of a
//! single variable, the known factors are taken out by how often they are in it, and what remains is solved for.

use rug::Rational;

use super::points::Point;
use crate::algebra::linear::nullspace;
use crate::algebra::{Field, Fraction, Monomial, Polynomial, Univariate, interpolate_fraction};

/// Points on a line, and numbers of points after which a fit is tried.
const ON_LINE: usize = 18;
const TRIES: [usize; 5] = [6, 9, 12, 15, 18];
/// Largest degree of numerator and denominator together on a line.
const MOST_DEGREE: usize = 12;
/// Most coefficients of what remains.
const MOST_COEFFICIENTS: usize = 150;

/// What is fitted, and where.
pub struct Fit<'f> {
    /// Variables.
    pub variables: &'f [usize],
    /// Factors that are likely.
    pub factors: &'f [Polynomial],
    /// The field.
    pub field: &'f Field,
    /// Whether a point is in the region.
    pub admits: &'f dyn Fn(&Point) -> bool,
}

impl Fit<'_> {
    /// The function with these values, none where no simple one has them.
    pub fn of(
        &self,
        value: &mut dyn FnMut(&Point) -> Option<Rational>,
        points: &mut dyn FnMut(usize) -> Vec<Point>,
    ) -> Option<Fraction> {
        let samples = points(40);
        let mut known = Vec::new();
        for point in samples.iter().take(6) {
            known.push((point.clone(), value(point)?));
        }
        let (_, first) = known.first()?;
        if known.len() >= 4 && known.iter().all(|(_, value)| value == first) {
            return Some(self.field.constant(first.clone()));
        }
        let mut exponents = vec![Vec::new(); self.factors.len()];
        let mut degrees = Vec::new();
        for variable in self.variables {
            let (core, from) = self.along(*variable, value, &samples)?;
            degrees.push(self.count_factors(*variable, core, &from, &mut exponents));
        }
        let prefactor = self.prefactor(&exponents)?;
        self.core(&prefactor, &degrees, value, known, points)
    }

    /// The function of one variable through points on a line, with the point that the line goes through.
    fn along(
        &self,
        variable: usize,
        value: &mut dyn FnMut(&Point) -> Option<Rational>,
        samples: &[Point],
    ) -> Option<([Univariate; 2], Point)> {
        let mut best: (Vec<Rational>, Option<&Point>) = (Vec::new(), None);
        let telling: Vec<&Point> = samples.iter().filter(|point| self.tells_apart(variable, point)).collect();
        let on = if telling.is_empty() { samples.iter().collect() } else { telling };
        for point in on.into_iter().take(12) {
            let on_line = self.on_line(variable, point);
            if on_line.len() > best.0.len() {
                best = (on_line, Some(point));
            }
            if best.0.len() >= ON_LINE {
                break;
            }
        }
        let (places, from) = (best.0, best.1?.clone());
        let mut values: Vec<(Rational, Rational)> = Vec::new();
        for place in places {
            let mut point = from.clone();
            point[variable].clone_from(&place);
            let Some(own) = value(&point) else { continue };
            values.push((place, own));
            if TRIES.contains(&values.len())
                && let Some((above, below)) = interpolate_fraction(&values, MOST_DEGREE)
            {
                return Some(([above, below], from));
            }
        }
        None
    }

    /// Whether no two factors are multiples of each other on the line in that variable through the point.
    fn tells_apart(&self, variable: usize, point: &Point) -> bool {
        let of_variable = self.factors.iter().filter(|factor| factor.degree(variable) > 0);
        let on_line = of_variable.map(|factor| factor.restricted(variable, point).monic());
        let mut seen: Vec<Univariate> = on_line.filter(|own| own.degree().unwrap_or(0) > 0).collect();
        let count = seen.len();
        seen.sort_by(|a, b| a.coefficients().cmp(b.coefficients()));
        seen.dedup();
        seen.len() == count
    }

    /// Places on the line in that variable through the point.
    fn on_line(&self, variable: usize, point: &Point) -> Vec<Rational> {
        let wide = (1..23).map(|k| Rational::from((k, 23)));
        let wider = (8..30).step_by(2).map(|k| Rational::from((k, 7)));
        let near = [23, 200, 2000].into_iter().flat_map(|q| (1..41).map(move |k| Rational::from((k, q))));
        let near = near.flat_map(|by| [Rational::from(&point[variable] + &by), Rational::from(&point[variable] - &by)]);
        let mut found: Vec<Rational> = Vec::new();
        for place in wide.chain(wider).chain(near) {
            if found.len() >= ON_LINE {
                break;
            }
            let mut moved = point.clone();
            moved[variable].clone_from(&place);
            if !found.contains(&place) && (self.admits)(&moved) {
                found.push(place);
            }
        }
        found
    }

    /// Divides known factors out of the fraction and notes how often each was in it; returns the degrees that remain.
    fn count_factors(
        &self,
        variable: usize,
        [mut above, mut below]: [Univariate; 2],
        from: &Point,
        exponents: &mut [Vec<i32>],
    ) -> (usize, usize) {
        for (factor, exponents) in self.factors.iter().zip(exponents) {
            if factor.degree(variable) == 0 {
                continue;
            }
            let restricted = factor.restricted(variable, from);
            if restricted.degree().unwrap_or(0) == 0 {
                continue;
            }
            let mut exponent = 0;
            for (side, by) in [(&mut above, 1), (&mut below, -1)] {
                while let Some(quotient) = quotient(side, &restricted) {
                    *side = quotient;
                    exponent += by;
                }
            }
            exponents.push(exponent);
        }
        (above.degree().unwrap_or(0), below.degree().unwrap_or(0))
    }

    /// The product of the factors with the exponents that all lines agree on.
    fn prefactor(&self, exponents: &[Vec<i32>]) -> Option<Fraction> {
        let mut product = self.field.one();
        for (factor, exponents) in self.factors.iter().zip(exponents) {
            let (Some(least), Some(most)) = (exponents.iter().min(), exponents.iter().max()) else { continue };
            let exponent = if *least > 0 {
                *least
            } else if *most < 0 {
                *most
            } else {
                0
            };
            if exponent != 0 {
                product *= self.field.polynomial(factor).power(exponent)?;
            }
        }
        Some(product)
    }

    /// What remains, by one system of linear equations.
    fn core(
        &self,
        prefactor: &Fraction,
        degrees: &[(usize, usize)],
        value: &mut dyn FnMut(&Point) -> Option<Rational>,
        mut known: Vec<(Point, Rational)>,
        points: &mut dyn FnMut(usize) -> Vec<Point>,
    ) -> Option<Fraction> {
        let above = self.monomials(degrees.iter().map(|(above, _)| *above));
        let below = self.monomials(degrees.iter().map(|(_, below)| *below));
        let needed = above.len() + below.len() + 3;
        if needed > MOST_COEFFICIENTS {
            return None;
        }
        if known.len() < needed {
            for point in points(needed + 30) {
                if known.len() >= needed {
                    break;
                }
                if known.iter().all(|(own, _)| *own != point)
                    && let Some(own) = value(&point)
                {
                    known.push((point, own));
                }
            }
        }
        let mut rows = Vec::new();
        for (point, own) in &known {
            let scale = prefactor.at(point).filter(|scale| *scale != 0)?;
            let own = Rational::from(own / &scale);
            let at = |monomial: &Monomial| Polynomial::monomial(1, *monomial).at(point);
            let right = below.iter().map(|monomial| -Rational::from(&own * &at(monomial)));
            rows.push(above.iter().map(at).chain(right).collect::<Vec<_>>());
        }
        if rows.len() < above.len() + below.len() {
            return None;
        }
        let solution = nullspace(&rows).pop()?;
        let polynomial = |monomials: &[Monomial], from: usize| {
            Polynomial::from_terms(monomials.iter().copied().zip(solution[from..].iter().cloned()))
        };
        let (above, below) = (polynomial(&above, 0), polynomial(&below, above.len()));
        if above.is_zero() {
            return None;
        }
        Some(prefactor * self.field.fraction(&above, &below)?)
    }

    fn monomials(&self, degrees: impl Iterator<Item = usize>) -> Vec<Monomial> {
        let mut all = vec![Monomial::power_of(0, 0)];
        for (variable, degree) in self.variables.iter().zip(degrees) {
            let powers = (0..=degree as u16).map(|exponent| Monomial::power_of(*variable, exponent));
            all = powers.flat_map(|power| all.iter().map(move |own| own.times(&power)).collect::<Vec<_>>()).collect();
        }
        all
    }
}

/// The quotient where nothing is left over.
fn quotient(dividend: &Univariate, divisor: &Univariate) -> Option<Univariate> {
    if dividend.degree()? < divisor.degree()? {
        return None;
    }
    let (quotient, rest) = dividend.divided_by(divisor)?;
    rest.is_zero().then_some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_that_coincide_on_a_line_are_told_apart_on_another() {
        let field = Field::new(["x".to_owned(), "y".to_owned()]).expect("two names");
        let [x, y] = [0, 1].map(Polynomial::variable);
        let two = Polynomial::constant(2);
        // At x = 2 both are multiples of y - 1.
        let factors = [&y - &Polynomial::one(), &(&x * &y) - &two];
        let fit = Fit { variables: &[0, 1], factors: &factors, field: &field, admits: &|_| true };
        let points: Vec<Point> =
            (0..60).map(|k: i32| vec![Rational::from((2 + k / 2, 1 + k % 2)), Rational::from((k, 7))]).collect();
        let mut value = |point: &Point| Some((Rational::from(&point[0] * &point[1]) - 2u32) * 3u32);
        let found = fit.of(&mut value, &mut |count| points.iter().take(count).cloned().collect());
        let expected = field.polynomial(&(&(&x * &y) - &two)) * field.constant(3);
        assert_eq!(found, Some(expected));
    }
}
