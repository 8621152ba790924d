//! Many cells: family-wise error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Weighted e-Bonferroni: statistical cell i of `cells` may err with probability δ/cells, whatever
/// the dependence between cells and however long each is watched (union of Ville's inequalities).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Family-wise δ.
    pub delta: f64,
    /// Statistical tests that share it.
    pub tests: u64,
}

impl Ledger {
    /// Why its δ is no probability of an error, if it is none.
    #[must_use]
    pub fn defect(&self) -> Option<String> {
        (!(self.delta > 0.0 && self.delta < 1.0)).then(|| format!("delta = {} is not between 0 and 1", self.delta))
    }

    /// The share of one test.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.delta / self.tests.max(1) as f64
    }
}

/// e-Holm: closed testing with averages, on *stopped* e-values (never on running maxima).
/// Returns the adjusted e-value of each input; those at least 1/δ may be rejected together at
/// family-wise level δ (Vovk and Wang, arXiv 1912.06116).
#[must_use]
pub fn e_holm(e_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..e_values.len()).collect();
    order.sort_by(|a, b| e_values[*a].total_cmp(&e_values[*b]));
    let mut adjusted = vec![0.0; e_values.len()];
    for (rank, &position) in order.iter().enumerate() {
        let mut sum = e_values[position];
        let mut least = sum;
        for (j, &other) in order[..rank].iter().enumerate() {
            sum += e_values[other];
            least = least.min(sum / (j + 2) as f64);
        }
        adjusted[position] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_holm_equals_closed_testing_by_brute_force() {
        let e_values = [0.3, 7.0, 120.0, 1.5, 40.0];
        for (i, adjusted) in e_holm(&e_values).into_iter().enumerate() {
            let brute = (0u32..32)
                .filter(|set| set >> i & 1 == 1)
                .map(|set| {
                    let members: Vec<f64> = (0..5).filter(|j| set >> j & 1 == 1).map(|j| e_values[j]).collect();
                    members.iter().sum::<f64>() / members.len() as f64
                })
                .fold(f64::INFINITY, f64::min);
            assert!((adjusted - brute).abs() < 1e-12 * brute, "cell {i}: {adjusted} against {brute}");
        }
    }
}
