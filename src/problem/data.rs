//! The data set that the project ships: see data/README.md for origin and licence.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use super::ProblemError;
use super::orthogonal::shuffled;
use super::rows::short;
use crate::number::{exact, nearest_f64};

const TABLE: &str = include_str!("../../data/breast-cancer.csv");
/// Rows after the header, and features before the label.
pub const ROWS: usize = 569;
/// Features before the label.
pub const FEATURES: usize = 30;

/// The first `features` features of `rows` rows in a fixed shuffled order, standardised over the
/// whole table and rounded to multiples of 2⁻⁸, and labels ±1.
///
/// # Errors
/// When more rows or features are asked for than there are.
pub fn breast_cancer(rows: usize, features: usize) -> Result<(Vec<f64>, Vec<f64>), ProblemError> {
    if !(1..=ROWS).contains(&rows) || !(1..=FEATURES).contains(&features) {
        return Err(ProblemError::new(
            "breast-cancer",
            format!("{rows} rows of {features} features; there are {ROWS} rows of {FEATURES}"),
        ));
    }
    let table: Vec<Vec<f64>> =
        TABLE.lines().skip(1).map(|line| line.split(',').map(|x| x.parse().unwrap_or(f64::NAN)).collect()).collect();
    let standardised: Vec<Vec<f64>> = (0..features)
        .map(|j| {
            let centre = mean(table.iter().map(|row| row[j]));
            let variance = mean(table.iter().map(|row| (row[j] - centre) * (row[j] - centre)));
            table.iter().map(|row| short((row[j] - centre) / variance.sqrt())).collect()
        })
        .collect();
    let order = shuffled(ROWS, &mut ChaCha8Rng::seed_from_u64(1995));
    let chosen = &order[..rows];
    let data = chosen.iter().flat_map(|i| standardised.iter().map(|column| column[*i])).collect();
    let labels = chosen.iter().map(|i| if table[*i][FEATURES] == 1.0 { 1.0 } else { -1.0 }).collect();
    Ok((data, labels))
}

/// The mean of exact numbers, rounded. NaN if one is not finite.
fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count();
    let sum = values.map(exact).try_fold(Rational::new(), |sum, value| Some(sum + value?));
    sum.map_or(f64::NAN, |sum| nearest_f64(&(sum / count.max(1) as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_its_labels_have_the_documented_counts() {
        let (data, labels) = breast_cancer(ROWS, FEATURES).unwrap();
        assert_eq!(data.len(), ROWS * FEATURES);
        assert!(data.iter().all(|x| x.is_finite()));
        assert_eq!(labels.iter().filter(|y| **y == 1.0).count(), 357);
        assert!(breast_cancer(570, 30).is_err());
    }
}
