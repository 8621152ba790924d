//! The product of the positive semidefinite matrices with the nonnegative vectors, and the
//! Nesterov–Todd scaling of a pair of its interior points.

use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};

use crate::convex::orthogonal::singular_values;

/// Sizes of a pair (symmetric n×n matrix, vector of length p), packed into one vector of length
/// n(n+1)/2 + p whose inner product is ⟨A, B⟩ + a·b: the upper triangle column by column, entries
/// off the diagonal times √2, then the vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// n.
    pub order: usize,
    /// p.
    pub rows: usize,
}

impl Shape {
    /// n(n+1)/2.
    pub fn triangle(self) -> usize {
        self.order * (self.order + 1) / 2
    }

    /// Length of a packed pair.
    pub fn length(self) -> usize {
        self.triangle() + self.rows
    }

    /// n + p, the number of eigenvalues.
    pub fn degree(self) -> usize {
        self.order + self.rows
    }

    /// Writes a symmetric matrix, of which the upper triangle is read, into the head of a packed pair.
    fn pack_block(block: &DMatrix<f64>, packed: &mut [f64]) {
        let mut entries = packed.iter_mut();
        for j in 0..block.ncols() {
            for i in 0..=j {
                let weight = if i == j { 1.0 } else { std::f64::consts::SQRT_2 };
                if let Some(entry) = entries.next() {
                    *entry = weight * block[(i, j)];
                }
            }
        }
    }

    /// The packed pair.
    pub fn pack(self, block: &DMatrix<f64>, rest: &DVector<f64>) -> DVector<f64> {
        let mut packed = DVector::zeros(self.length());
        Shape::pack_block(block, packed.as_mut_slice());
        packed.rows_mut(self.triangle(), self.rows).copy_from(rest);
        packed
    }

    /// The matrix of a packed pair.
    pub fn block(self, packed: &[f64]) -> DMatrix<f64> {
        let mut block = DMatrix::zeros(self.order, self.order);
        let mut entries = packed.iter();
        for j in 0..self.order {
            for i in 0..=j {
                let weight = if i == j { 1.0 } else { std::f64::consts::FRAC_1_SQRT_2 };
                let entry = weight * entries.next().copied().unwrap_or(0.0);
                block[(i, j)] = entry;
                block[(j, i)] = entry;
            }
        }
        block
    }

    /// The vector of a packed pair.
    pub fn rest(self, packed: &DVector<f64>) -> DVector<f64> {
        packed.rows(self.triangle(), self.rows).into_owned()
    }
}

/// A pair of interior points x and s of the cone with the map that takes both to the same diagonal
/// point λ: for the matrices X = G Λ Gᵀ and Gᵀ S G = Λ, for the vectors x = g∘λ and s = λ/g. Of x only the
/// factors are stored, so it stays positive however close to the boundary.
#[derive(Clone, Debug)]
pub(super) struct Scaling {
    shape: Shape,
    /// G.
    factor: DMatrix<f64>,
    /// g.
    weights: DVector<f64>,
    /// λ: first the n diagonal entries of Λ, then p entries.
    spectrum: DVector<f64>,
}

impl Scaling {
    /// x = s = the identity and ones.
    pub fn identity(shape: Shape) -> Self {
        Scaling {
            shape,
            factor: DMatrix::identity(shape.order, shape.order),
            weights: DVector::from_element(shape.rows, 1.0),
            spectrum: DVector::from_element(shape.degree(), 1.0),
        }
    }

    fn block_spectrum(&self) -> DVector<f64> {
        self.spectrum.rows(0, self.shape.order).into_owned()
    }

    fn rest_spectrum(&self) -> DVector<f64> {
        self.spectrum.rows(self.shape.order, self.shape.rows).into_owned()
    }

    /// x, packed.
    pub fn multiplier(&self) -> DVector<f64> {
        let block = &self.factor * DMatrix::from_diagonal(&self.block_spectrum()) * self.factor.transpose();
        self.shape.pack(&block, &self.rest_spectrum().component_mul(&self.weights))
    }

    /// λ, packed.
    pub fn point(&self) -> DVector<f64> {
        self.shape.pack(&DMatrix::from_diagonal(&self.block_spectrum()), &self.rest_spectrum())
    }

    /// The unit of the Jordan product, packed: the identity and ones.
    pub fn unit(&self) -> DVector<f64> {
        let shape = self.shape;
        shape.pack(&DMatrix::identity(shape.order, shape.order), &DVector::from_element(shape.rows, 1.0))
    }

    /// Scales packed slacks v, one a column: V to Gᵀ V G, v to g∘v.
    pub fn scale_slacks(&self, columns: &DMatrix<f64>) -> DMatrix<f64> {
        let Shape { order, rows } = self.shape;
        let triangle = self.shape.triangle();
        let mut scaled = columns.clone();
        let transpose = self.factor.transpose();
        let mut half = DMatrix::zeros(order, order);
        let mut whole = DMatrix::zeros(order, order);
        for mut column in scaled.column_iter_mut() {
            if order > 0 {
                let block = self.shape.block(column.as_slice());
                half.gemm(1.0, &transpose, &block, 0.0);
                whole.gemm(1.0, &half, &self.factor, 0.0);
                Shape::pack_block(&whole, column.as_mut_slice());
            }
            column.rows_mut(triangle, rows).component_mul_assign(&self.weights);
        }
        scaled
    }

    /// [`Scaling::scale_slacks`] of one packed slack.
    pub fn scale_slack(&self, slack: &DVector<f64>) -> DVector<f64> {
        let column = DMatrix::from_column_slice(slack.len(), 1, slack.as_slice());
        self.scale_slacks(&column).column(0).into_owned()
    }

    /// The Jordan product (AB + BA)/2 and a∘b of packed pairs.
    pub fn product(&self, a: &DVector<f64>, b: &DVector<f64>) -> DVector<f64> {
        let shape = self.shape;
        let product = shape.block(a.as_slice()) * shape.block(b.as_slice());
        let symmetric = (&product + product.transpose()) * 0.5;
        shape.pack(&symmetric, &shape.rest(a).component_mul(&shape.rest(b)))
    }

    /// The packed u with λ∘u = v in the Jordan product.
    pub fn divide(&self, v: &DVector<f64>) -> DVector<f64> {
        let mut quotient = v.clone();
        let mut index = 0;
        for j in 0..self.shape.order {
            for i in 0..=j {
                quotient[index] *= 2.0 / (self.spectrum[i] + self.spectrum[j]);
                index += 1;
            }
        }
        for k in 0..self.shape.rows {
            quotient[index + k] /= self.spectrum[self.shape.order + k];
        }
        quotient
    }

    /// The largest t for which λ + t·v is in the cone; infinite where all are.
    pub fn longest_step(&self, v: &DVector<f64>) -> f64 {
        let rest = self.shape.rest(v).component_div(&self.rest_spectrum());
        let mut least = rest.iter().copied().fold(0.0, f64::min);
        if self.shape.order > 0 {
            let roots = self.block_spectrum().map(f64::sqrt);
            let relative = self.shape.block(v.as_slice()).component_div(&(&roots * roots.transpose()));
            least = least.min(least_eigenvalue(&relative));
        }
        if least < 0.0 { -1.0 / least } else { f64::INFINITY }
    }

    /// The pair of x + step·(the scaled direction) and the packed `slack`; `None` where one is not inside.
    pub fn moved(&self, direction: &DVector<f64>, step: f64, slack: &DVector<f64>) -> Option<Self> {
        let shape = self.shape;
        let place = self.point() + direction * step;
        let (rest, rest_slack) = (shape.rest(&place).component_mul(&self.weights), shape.rest(slack));
        if rest.iter().chain(rest_slack.iter()).any(|&value| value.is_nan() || value <= 0.0) {
            return None;
        }
        let root = &self.factor * Cholesky::new(shape.block(place.as_slice()))?.unpack();
        let slack_root = Cholesky::new(shape.block(slack.as_slice()))?.unpack();
        let (values, right) = singular_values(&(slack_root.transpose() * &root));
        let mut spectrum = DVector::zeros(shape.degree());
        spectrum.rows_mut(0, shape.order).copy_from(&values);
        spectrum.rows_mut(shape.order, shape.rows).copy_from(&rest.component_mul(&rest_slack).map(f64::sqrt));
        if spectrum.iter().any(|&value| value.is_nan() || value <= 0.0) {
            return None;
        }
        let shrink = DMatrix::from_diagonal(&values.map(|value| 1.0 / value.sqrt()));
        Some(Scaling {
            shape,
            factor: root * right * shrink,
            weights: rest.component_div(&rest_slack).map(f64::sqrt),
            spectrum,
        })
    }
}

/// The least eigenvalue of a symmetric matrix; infinite for one of order 0. Where it cannot be
/// computed, a lower bound of it.
pub(super) fn least_eigenvalue(symmetric: &DMatrix<f64>) -> f64 {
    let n = symmetric.nrows();
    if n == 0 {
        return f64::INFINITY;
    }
    let norm = symmetric.norm();
    if !norm.is_finite() {
        return f64::NEG_INFINITY;
    }
    match SymmetricEigen::try_new(symmetric.clone(), f64::EPSILON, 100 * n) {
        Some(eigen) => eigen.eigenvalues.min(),
        None => -norm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { order: 4, rows: 3 };

    /// A packed direction within the ball in which every step is inside.
    fn direction(phase: f64) -> DVector<f64> {
        DVector::from_fn(SHAPE.length(), |i, _| 0.3 * (phase + 5.0 * i as f64).sin())
    }

    #[test]
    fn packing_keeps_inner_products() {
        let [a, b] = [1.0, 2.0].map(direction);
        let paired = SHAPE.block(a.as_slice()).dot(&SHAPE.block(b.as_slice())) + SHAPE.rest(&a).dot(&SHAPE.rest(&b));
        assert!((paired - a.dot(&b)).abs() < 1e-14);
        assert!((SHAPE.pack(&SHAPE.block(a.as_slice()), &SHAPE.rest(&a)) - a).amax() < 1e-15);
    }

    #[test]
    fn both_points_of_a_pair_have_the_same_scaled_place() {
        let unit = Scaling::identity(SHAPE).unit();
        let slack = &unit + direction(1.0) * 0.5;
        let scaling = Scaling::identity(SHAPE).moved(&direction(2.0), 0.5, &slack).unwrap();
        assert!((scaling.multiplier() - (&unit + direction(2.0) * 0.5)).amax() < 1e-13);
        assert!((scaling.scale_slack(&slack) - scaling.point()).amax() < 1e-13);
        let square = scaling.product(&scaling.point(), &scaling.point());
        assert!((scaling.divide(&square) - scaling.point()).amax() < 1e-13);
    }

    #[test]
    fn the_longest_step_ends_at_the_boundary() {
        let scaling = Scaling::identity(SHAPE);
        let step = scaling.longest_step(&direction(3.0));
        let end = scaling.unit() + direction(3.0) * step;
        let least = least_eigenvalue(&SHAPE.block(end.as_slice())).min(SHAPE.rest(&end).min());
        assert!(least.abs() < 1e-13);
        assert_eq!(scaling.longest_step(&scaling.unit()), f64::INFINITY);
        assert!(scaling.moved(&direction(3.0), 1.01 * step, &scaling.unit()).is_none());
    }
}
