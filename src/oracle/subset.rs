//! Sets of indices.

/// Some of the numbers 0, 1, 2, …, a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subset {
    words: Vec<u64>,
}

impl Subset {
    /// Takes everything out, and makes room for the numbers below `of`.
    pub fn clear(&mut self, of: usize) {
        self.words.clear();
        self.words.resize(of.div_ceil(64), 0);
    }

    /// Puts a number in, for which there must be room.
    pub fn insert(&mut self, j: usize) {
        self.words[j / 64] |= 1 << (j % 64);
    }

    /// Whether the number is in it.
    #[must_use]
    pub fn contains(&self, j: usize) -> bool {
        self.words.get(j / 64).is_some_and(|word| word >> (j % 64) & 1 == 1)
    }

    /// The least number in it.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        let filled = self.words.iter().position(|word| *word != 0)?;
        Some(64 * filled + self.words[filled].trailing_zeros() as usize)
    }
}
