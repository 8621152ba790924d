//! Products of powers of elements of a base.

use std::cmp::Ordering;

/// A product of powers of numbered polynomials: pairs of number and exponent, by increasing number,
/// each exponent positive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Powers(Vec<(usize, u32)>);

impl Powers {
    /// A power of one element.
    #[must_use]
    pub fn power_of(element: usize, exponent: u32) -> Self {
        Powers(if exponent == 0 { Vec::new() } else { vec![(element, exponent)] })
    }

    /// The pairs of number and exponent, by increasing number.
    #[must_use]
    pub fn pairs(&self) -> &[(usize, u32)] {
        &self.0
    }

    /// Whether it is the empty product, 1.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    /// The product.
    ///
    /// # Panics
    /// When an exponent does not fit.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.combined(other, |a, b| fitting(a.checked_add(b)))
    }

    /// The power.
    ///
    /// # Panics
    /// When an exponent does not fit.
    #[must_use]
    pub fn power(&self, exponent: u32) -> Self {
        self.combined(&Powers::default(), |a, _| fitting(a.checked_mul(exponent)))
    }

    /// The least common multiple, as if the elements had no common factors.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        self.combined(other, u32::max)
    }

    /// What is left after division by as many of the other's factors as there are.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.combined(other, u32::saturating_sub)
    }

    /// Combines the exponents of each element, 0 where it does not occur.
    fn combined(&self, other: &Self, combine: impl Fn(u32, u32) -> u32) -> Self {
        let (mut mine, mut theirs) = (self.0.as_slice(), other.0.as_slice());
        let mut pairs = Vec::with_capacity(mine.len() + theirs.len());
        loop {
            let (element, a, b) = match (mine, theirs) {
                ([], []) => return Powers(pairs),
                ([(i, a), ..], []) => (*i, *a, 0),
                ([], [(j, b), ..]) => (*j, 0, *b),
                ([(i, a), ..], [(j, b), ..]) => match i.cmp(j) {
                    Ordering::Less => (*i, *a, 0),
                    Ordering::Greater => (*j, 0, *b),
                    Ordering::Equal => (*i, *a, *b),
                },
            };
            mine = &mine[usize::from(a > 0)..];
            theirs = &theirs[usize::from(b > 0)..];
            let exponent = combine(a, b);
            if exponent > 0 {
                pairs.push((element, exponent));
            }
        }
    }
}

fn fitting(exponent: Option<u32>) -> u32 {
    let Some(exponent) = exponent else { panic!("an exponent is above {}", u32::MAX) };
    exponent
}
