//! Products of powers of variables.

use std::fmt;

/// Variables are numbered from 0 up to this, exclusive.
pub const MOST_VARIABLES: usize = 20;

const LANES: usize = 4;
const LANE_BITS: usize = 16;
/// The highest bit of every lane. It is clear in each exponent, so it catches what a sum carries
/// and lends what a difference borrows.
const GUARDS: u64 = 0x8000_8000_8000_8000;

/// A product of powers of variables, each exponent at most [`Monomial::MOST_EXPONENT`]. The order
/// is lexicographic: variable 0 counts most, and the greater exponent is the greater monomial.
///
/// Four exponents share a word, that of the smallest variable in the highest bits, so that words
/// compare, add and subtract as exponents do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monomial([u64; MOST_VARIABLES / LANES]);

impl Monomial {
    /// The largest exponent.
    pub const MOST_EXPONENT: u16 = 0x7fff;

    /// The empty product.
    pub const ONE: Monomial = Monomial([0; MOST_VARIABLES / LANES]);

    /// With the given exponents.
    ///
    /// # Panics
    /// When an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn new(exponents: [u16; MOST_VARIABLES]) -> Self {
        let mut monomial = Monomial::ONE;
        for (variable, exponent) in exponents.into_iter().enumerate() {
            monomial.set(variable, exponent);
        }
        monomial
    }

    /// A power of one variable.
    ///
    /// # Panics
    /// When the exponent is above [`Monomial::MOST_EXPONENT`], or there is no such variable.
    #[must_use]
    pub fn power_of(variable: usize, exponent: u16) -> Self {
        let mut monomial = Monomial::ONE;
        monomial.set(variable, exponent);
        monomial
    }

    /// The exponent of a variable.
    ///
    /// # Panics
    /// When there is no such variable.
    #[must_use]
    pub fn exponent(&self, variable: usize) -> u16 {
        (self.0[variable / LANES] >> shift(variable)) as u16
    }

    /// The exponents of all variables.
    #[must_use]
    pub fn exponents(&self) -> [u16; MOST_VARIABLES] {
        std::array::from_fn(|variable| self.exponent(variable))
    }

    /// The same but for the exponent of one variable.
    pub(super) fn with(mut self, variable: usize, exponent: u16) -> Self {
        self.set(variable, exponent);
        self
    }

    fn set(&mut self, variable: usize, exponent: u16) {
        assert!(exponent <= Monomial::MOST_EXPONENT, "an exponent is above {}", Monomial::MOST_EXPONENT);
        let word = &mut self.0[variable / LANES];
        *word &= !(0xffff << shift(variable));
        *word |= u64::from(exponent) << shift(variable);
    }

    /// The sum of the exponents.
    #[must_use]
    pub fn total_degree(&self) -> u32 {
        self.exponents().into_iter().map(u32::from).sum()
    }

    /// The product, or `None` when an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn checked_times(&self, other: &Self) -> Option<Self> {
        let words = std::array::from_fn(|i| self.0[i] + other.0[i]);
        let fits = words.iter().all(|word| word & GUARDS == 0);
        fits.then_some(Monomial(words))
    }

    /// The product.
    ///
    /// # Panics
    /// When an exponent is above [`Monomial::MOST_EXPONENT`].
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let Some(product) = self.checked_times(other) else {
            panic!("an exponent is above {}", Monomial::MOST_EXPONENT)
        };
        product
    }

    /// The quotient, where it is a monomial.
    #[must_use]
    pub fn divided_by(&self, other: &Self) -> Option<Self> {
        let lent: [u64; MOST_VARIABLES / LANES] = std::array::from_fn(|i| (self.0[i] | GUARDS) - other.0[i]);
        let divides = lent.iter().all(|word| word & GUARDS == GUARDS);
        divides.then(|| Monomial(lent.map(|word| word & !GUARDS)))
    }

    /// The least common multiple.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Monomial(std::array::from_fn(|i| {
            let (mine, theirs) = (self.0[i], other.0[i]);
            let at_least = ((mine | GUARDS) - theirs) & GUARDS;
            // All bits below the guard of each lane where mine is the larger exponent.
            let keep = at_least - (at_least >> (LANE_BITS - 1));
            (mine & keep) | (theirs & !keep)
        }))
    }
}

/// Where in its word the exponent of a variable is.
fn shift(variable: usize) -> usize {
    LANE_BITS * (LANES - 1 - variable % LANES)
}

impl fmt::Debug for Monomial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Monomial").field(&self.exponents()).finish()
    }
}
