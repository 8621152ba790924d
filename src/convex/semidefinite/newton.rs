//! The linear system of an interior-point step.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// Solves u = x + B y, Bᵀ x = t for many right-hand sides (u, t).
///
/// B is written as Q R U⁻¹ with U diagonal and R upper triangular, so that for w = R U⁻¹ y the system is
/// u = x + Q w, Qᵀ x = R⁻ᵀ U t.
pub(super) struct System {
    /// The diagonal of U.
    units: DVector<f64>,
    /// Rᵀ; none for the identity.
    lower: Option<DMatrix<f64>>,
    /// Q.
    columns: DMatrix<f64>,
    /// Factor of Qᵀ Q plus a small multiple of the identity.
    factor: Cholesky<f64, Dyn>,
}

/// An answer.
pub(super) struct Answer {
    /// x.
    pub x: DVector<f64>,
    /// y.
    pub y: DVector<f64>,
    /// Whether the equation for x holds to round-off.
    pub exact: bool,
}

/// Most rounds of refinement.
const MOST_ROUNDS: usize = 20;
/// A refinement that goes so much further than the factor predicts follows a direction in which nothing is known.
const LONGEST_ROUND: f64 = 30.0;

/// Dependent columns, met wherever the optimum has no interior, need a larger multiple of the identity.
fn regular_factor(columns: &DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    let gram = columns.transpose() * columns;
    [1e-13, 1e-11, 1e-9, 1e-7].into_iter().find_map(|multiple| {
        let mut regular = gram.clone();
        for i in 0..regular.nrows() {
            regular[(i, i)] += multiple;
        }
        Cholesky::new(regular)
    })
}

impl System {
    /// Prepares the system, with R = 1 and columns of Q of length 1; `None` where a number is not finite.
    pub fn new(mut columns: DMatrix<f64>) -> Option<Self> {
        let mut units = DVector::from_element(columns.ncols(), 1.0);
        for (unit, mut column) in units.iter_mut().zip(columns.column_iter_mut()) {
            let length = column.norm();
            if length > 0.0 {
                *unit = 1.0 / length;
                column *= *unit;
            }
        }
        let factor = regular_factor(&columns)?;
        Some(System { units, lower: None, columns, factor })
    }

    /// The same system with a Q whose columns are as orthogonal as R can make them, which squares the range of
    /// conditions that can be dealt with.
    pub fn sharpened(self) -> Option<Self> {
        let lower = self.factor.l();
        let columns = lower.solve_lower_triangular(&self.columns.transpose())?.transpose();
        let factor = regular_factor(&columns)?;
        Some(System { units: self.units, lower: Some(lower), columns, factor })
    }

    /// R⁻ᵀ U t.
    fn reduced(&self, t: &DVector<f64>) -> DVector<f64> {
        let mut reduced = t.component_mul(&self.units);
        if let Some(lower) = &self.lower {
            lower.solve_lower_triangular_mut(&mut reduced);
        }
        reduced
    }

    /// U R⁻¹ w.
    fn expanded(&self, mut w: DVector<f64>) -> DVector<f64> {
        if let Some(lower) = &self.lower {
            lower.tr_solve_lower_triangular_mut(&mut w);
        }
        w.component_mul(&self.units)
    }

    /// Solves it by conjugate gradients that the factor preconditions: they make up for the multiple of the
    /// identity wherever it matters.
    pub fn solve(&self, u: &DVector<f64>, t: &DVector<f64>) -> Answer {
        let target = self.reduced(t);
        let mut w = self.factor.solve(&(self.columns.tr_mul(u) - &target));
        let mut x = u - &self.columns * &w;
        let mut missing = self.columns.tr_mul(&x) - &target;
        let mut direction = self.factor.solve(&missing);
        let mut descent = missing.dot(&direction);
        let mut exact = false;
        for _ in 0..MOST_ROUNDS {
            exact = missing.norm() <= 4.0 * f64::EPSILON * (x.norm() + target.norm());
            if exact {
                break;
            }
            let image = &self.columns * &direction;
            let step = descent / image.norm_squared();
            let nearer = &x - &image * step;
            let still_missing = self.columns.tr_mul(&nearer) - &target;
            if step.is_nan() || step > LONGEST_ROUND || still_missing.norm() >= 0.9 * missing.norm() {
                break;
            }
            w.axpy(step, &direction, 1.0);
            (x, missing) = (nearer, still_missing);
            let correction = self.factor.solve(&missing);
            let next = missing.dot(&correction);
            direction = correction + direction * (next / descent);
            descent = next;
        }
        Answer { x, y: self.expanded(w), exact }
    }
}
