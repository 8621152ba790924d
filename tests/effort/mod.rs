//! How hard property tests try.

/// So many cases, times `LEMMATA_TEST_EFFORT`, which is 1 where it is not set.
pub fn cases(own: u32) -> u32 {
    let multiplier = match std::env::var("LEMMATA_TEST_EFFORT") {
        Ok(text) => {
            text.parse().unwrap_or_else(|_| panic!("LEMMATA_TEST_EFFORT is `{text}`, which is no whole number"))
        }
        Err(_) => 1,
    };
    own.saturating_mul(multiplier)
}
