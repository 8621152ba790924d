//! Covariance matrix adaptation: a search that needs values alone. After Hansen, "The CMA Evolution
//! Strategy: A Tutorial", arXiv:1604.00772, with its default constants and without active updates.

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The best point that was looked at.
    pub point: Vec<f64>,
    /// Its value.
    pub value: f64,
    /// Points that were looked at.
    pub evaluations: u64,
}

/// How long and how widely it searches.
#[derive(Clone, Copy, Debug)]
pub struct SearchBudget {
    /// Most points that are looked at.
    pub evaluations: u64,
    /// It stops at a value above this.
    pub enough: f64,
    /// Seed of its draws.
    pub seed: u64,
}

/// Maximises `value` from `start`, coordinate j first moving by about `scales[j]`. Points without a value
/// are given −∞ or NaN and rank last.
pub fn maximise(start: &[f64], scales: &[f64], budget: SearchBudget, value: &mut dyn FnMut(&[f64]) -> f64) -> Found {
    let n = start.len();
    let mut best = Found { point: start.to_vec(), value: value(start), evaluations: 1 };
    if n == 0 {
        return best;
    }
    let mut state = State::new(n);
    let mut rng = ChaCha8Rng::seed_from_u64(budget.seed);
    // Hansen's criterion: the best of each of the last generations is the same.
    let window = 10 + 30 * n / state.population;
    let mut recent: VecDeque<f64> = VecDeque::new();
    while best.evaluations < budget.evaluations && (best.value.is_nan() || best.value <= budget.enough) {
        let steps: Vec<DVector<f64>> = (0..state.population).map(|_| state.draw(&mut rng)).collect();
        let mut ranked: Vec<(f64, DVector<f64>)> = Vec::with_capacity(steps.len());
        for step in steps {
            let point: Vec<f64> =
                (0..n).map(|j| start[j] + scales[j] * (state.mean[j] + state.sigma * step[j])).collect();
            let found = value(&point);
            let found = if found.is_nan() { f64::NEG_INFINITY } else { found };
            best.evaluations += 1;
            if found > best.value || best.value.is_nan() {
                best.value = found;
                best.point = point;
            }
            ranked.push((found, step));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        if ranked[0].0 == f64::NEG_INFINITY {
            // Nothing near here is an instance: nearer to where it began.
            state.sigma *= 0.5;
        } else {
            state.update(&ranked);
        }
        recent.push_back(ranked[0].0);
        if recent.len() > window {
            recent.pop_front();
            let (low, high) = recent.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            if high - low <= 1e-12 * high.abs() {
                break;
            }
        }
        if !(1e-12..1e6).contains(&state.sigma) {
            break;
        }
    }
    best
}

struct State {
    population: usize,
    weights: Vec<f64>,
    /// Variance-effective number of parents.
    parents: f64,
    /// In units of the scales, from the start.
    mean: DVector<f64>,
    sigma: f64,
    covariance: DMatrix<f64>,
    /// Columns: eigenvectors times roots of the eigenvalues.
    root: DMatrix<f64>,
    inverse_root: DMatrix<f64>,
    sigma_path: DVector<f64>,
    covariance_path: DVector<f64>,
    generation: i32,
}

impl State {
    fn new(n: usize) -> Self {
        let population = 4 + (3.0 * (n as f64).ln()).floor() as usize;
        let half = population / 2;
        let raw: Vec<f64> = (1..=half).map(|i| (half as f64 + 0.5).ln() - (i as f64).ln()).collect();
        let total: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|w| w / total).collect();
        let parents = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        State {
            population,
            weights,
            parents,
            mean: DVector::zeros(n),
            sigma: 0.5,
            covariance: DMatrix::identity(n, n),
            root: DMatrix::identity(n, n),
            inverse_root: DMatrix::identity(n, n),
            sigma_path: DVector::zeros(n),
            covariance_path: DVector::zeros(n),
            generation: 0,
        }
    }

    /// A step of covariance C.
    fn draw(&self, rng: &mut ChaCha8Rng) -> DVector<f64> {
        let normal = DVector::from_fn(self.mean.len(), |_, _| StandardNormal.sample(rng));
        &self.root * normal
    }

    fn update(&mut self, ranked: &[(f64, DVector<f64>)]) {
        let n = self.mean.len() as f64;
        let mu = self.parents;
        let rate_path = (4.0 + mu / n) / (n + 4.0 + 2.0 * mu / n);
        let rate_sigma = (mu + 2.0) / (n + mu + 5.0);
        let rate_one = 2.0 / ((n + 1.3).powi(2) + mu);
        let rate_mu = (1.0 - rate_one).min(2.0 * (mu - 2.0 + 1.0 / mu) / ((n + 2.0).powi(2) + mu));
        let damping = 1.0 + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + rate_sigma;
        let expected_norm = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));

        let mut step = DVector::zeros(self.mean.len());
        for (weight, (_, y)) in self.weights.iter().zip(ranked) {
            step += y * *weight;
        }
        self.mean += &step * self.sigma;
        self.generation += 1;
        self.sigma_path = &self.sigma_path * (1.0 - rate_sigma)
            + &self.inverse_root * &step * (rate_sigma * (2.0 - rate_sigma) * mu).sqrt();
        let norm = self.sigma_path.norm();
        let settled = (1.0 - (1.0 - rate_sigma).powi(2 * self.generation)).sqrt();
        let steady = norm / settled < (1.4 + 2.0 / (n + 1.0)) * expected_norm;
        self.covariance_path *= 1.0 - rate_path;
        if steady {
            self.covariance_path += &step * (rate_path * (2.0 - rate_path) * mu).sqrt();
        }
        let lost = if steady { 0.0 } else { rate_one * rate_path * (2.0 - rate_path) };
        self.covariance *= 1.0 + lost - rate_one - rate_mu;
        self.covariance += &self.covariance_path * self.covariance_path.transpose() * rate_one;
        for (weight, (_, y)) in self.weights.iter().zip(ranked) {
            self.covariance += y * y.transpose() * (rate_mu * weight);
        }
        self.sigma *= ((rate_sigma / damping) * (norm / expected_norm - 1.0)).exp();
        self.decompose();
    }

    fn decompose(&mut self) {
        let symmetric = (&self.covariance + self.covariance.transpose()) * 0.5;
        let eigen = SymmetricEigen::new(symmetric);
        let roots = eigen.eigenvalues.map(|v| v.max(1e-20).sqrt());
        self.root = &eigen.eigenvectors * DMatrix::from_diagonal(&roots);
        let inverse = DMatrix::from_diagonal(&roots.map(|r| 1.0 / r));
        self.inverse_root = &eigen.eigenvectors * inverse * eigen.eigenvectors.transpose();
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::search::cma::*;

    const BUDGET: SearchBudget = SearchBudget { evaluations: 6000, enough: f64::INFINITY, seed: 1 };

    #[test]
    fn it_climbs_an_ill_conditioned_hill() {
        let hill = |x: &[f64]| -(x[0] - 1.0).powi(2) - 1e4 * (x[1] + 2.0 - x[0]).powi(2) - x[2].powi(2);
        let found = maximise(&[0.0; 3], &[1.0; 3], BUDGET, &mut { hill });
        assert!(found.value > -1e-9, "{found:?}");
        assert!((found.point[0] - 1.0).abs() < 1e-4 && (found.point[1] + 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn points_without_a_value_are_left_behind() {
        let walled = |x: &[f64]| if x[0] > 0.5 { f64::NAN } else { x[0] };
        let found = maximise(&[0.0], &[1.0], BUDGET, &mut { walled });
        assert!((0.49..=0.5).contains(&found.value), "{found:?}");
    }

    #[test]
    fn it_stops_when_enough_is_found_and_draws_the_same_from_the_same_seed() {
        let hill = |x: &[f64]| -x[0].powi(2);
        let budget = SearchBudget { enough: -0.01, ..BUDGET };
        let (a, b) = (maximise(&[3.0], &[1.0], budget, &mut { hill }), maximise(&[3.0], &[1.0], budget, &mut { hill }));
        assert_eq!((a.value, a.evaluations), (b.value, b.evaluations));
        assert!(a.value > -0.01 && a.evaluations < 200, "{a:?}");
    }

    #[test]
    fn without_coordinates_there_is_one_point() {
        assert_eq!(maximise(&[], &[], BUDGET, &mut |_| 2.0).value, 2.0);
    }
}
