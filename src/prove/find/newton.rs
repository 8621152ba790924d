//! The exact values that an optimum has in rationals: the matrix S(t) = A + Σ t_k B_k is singular there. From its
//! kernel in floating-point numbers, Newton's method on S(t)·K = 0 with the conditions of optimality gives many
//! digits, and continued fractions the rationals.

use nalgebra::{DMatrix, SymmetricEigen};
use rug::ops::CompleteRound;
use rug::{Float, Integer, Rational};

use crate::algebra::convergents;

const BITS: u32 = 420;
const MOST_STEPS: usize = 25;
/// Eigenvalues below this, of a matrix with unit diagonal, count as 0.
const KERNEL: f64 = 1e-4;
/// Multipliers below this count as 0.
const ACTIVE: f64 = 1e-6;

/// S(t) and multipliers z(t) ≥ 0, affine in t.
pub struct Affine {
    /// A.
    pub base: Vec<Vec<Rational>>,
    /// B_k.
    pub slopes: Vec<Vec<Vec<Rational>>>,
    /// z at 0, and its slopes, for each multiplier whose sign counts.
    pub rows: Vec<(Rational, Vec<Rational>)>,
}

/// What floating-point numbers say of the optimum.
pub struct Guess {
    /// t.
    pub t: Vec<f64>,
    /// The multiplier of S, n×n.
    pub gram: DMatrix<f64>,
    /// What is maximised; none for the most room.
    pub objective: Option<Vec<f64>>,
}

/// The rational t near a guess, not yet checked.
pub fn rational_optimum(affine: &Affine, guess: &Guess) -> Option<Vec<Rational>> {
    let mut system = System::new(affine, guess)?;
    for _ in 0..MOST_STEPS {
        let (rows, rhs) = system.equations();
        let largest = rhs.iter().map(|x| x.clone().abs()).fold(zero(), |a, b| a.max(&b));
        if largest.get_exp().is_none_or(|exponent| exponent < -(BITS as i32) / 2) {
            return system.rationals(BITS / 3);
        }
        let step = least_squares(&rows, &rhs)?;
        system.advance(&step);
    }
    let (_, rhs) = system.equations();
    let largest = rhs.iter().map(|x| x.clone().abs()).fold(zero(), |a, b| a.max(&b));
    // Slow convergence at a degenerate optimum: small denominators alone, and the check decides.
    let exponent = largest.get_exp().filter(|exponent| *exponent < -30)?;
    system.rationals(u32::try_from(-exponent / 2 - 4).ok()?)
}

fn zero() -> Float {
    Float::new(BITS)
}

fn float(x: &Rational) -> Float {
    Float::with_val(BITS, x)
}

type Floats = Vec<Vec<Float>>;

/// The equations of an optimum.
struct System {
    base: Floats,
    slopes: Vec<Floats>,
    /// Active multipliers.
    active: Vec<(Float, Vec<Float>)>,
    objective: Option<Vec<f64>>,
    t: Vec<Float>,
    /// Vectors of the kernel, 1 at their own pivot and 0 at the others'.
    kernel: Floats,
    pivots: Vec<usize>,
    /// Multipliers W of the kernel's vectors, for pairs a ≤ b, and those of active rows.
    weights: Vec<Float>,
    active_weights: Vec<Float>,
}

impl System {
    fn new(affine: &Affine, guess: &Guess) -> Option<Self> {
        let n = affine.base.len();
        let floats = |matrix: &Vec<Vec<Rational>>| -> Floats {
            matrix.iter().map(|row| row.iter().map(float).collect()).collect()
        };
        let (base, slopes) = (floats(&affine.base), affine.slopes.iter().map(floats).collect::<Vec<_>>());
        let numeric = DMatrix::from_fn(n, n, |i, j| {
            let moved = slopes.iter().zip(&guess.t).map(|(slope, t)| slope[i][j].to_f64() * t);
            base[i][j].to_f64() + moved.sum::<f64>()
        });
        let units: Vec<f64> = (0..n)
            .map(|i| {
                let moved = slopes.iter().zip(&guess.t).map(|(slope, t)| (slope[i][i].to_f64() * t).abs());
                1.0 / moved.fold(numeric[(i, i)].abs().max(base[i][i].to_f64().abs()), f64::max).max(1e-12).sqrt()
            })
            .collect();
        let (kernel, pivots) = kernel(&numeric, &units);
        let scale = 1.0 + guess.t.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        let is_active = |(at, slopes): &&(Rational, Vec<Rational>)| {
            let value: f64 =
                at.to_f64() + slopes.iter().zip(&guess.t).map(|(slope, t)| slope.to_f64() * t).sum::<f64>();
            value.abs() < ACTIVE * scale
        };
        let active: Vec<_> = affine.rows.iter().filter(is_active).collect();
        if kernel.is_empty() && active.is_empty() {
            return None;
        }
        let trace: f64 = pivots.iter().map(|i| guess.gram[(*i, *i)]).sum();
        let unit = if guess.objective.is_none() && trace > 0.0 { 1.0 / trace } else { 1.0 };
        let weights =
            pairs(pivots.len()).map(|(a, b)| Float::with_val(BITS, unit * guess.gram[(pivots[a], pivots[b])]));
        Some(System {
            active_weights: vec![zero(); active.len()],
            active: active.iter().map(|(at, slopes)| (float(at), slopes.iter().map(float).collect())).collect(),
            objective: guess.objective.clone(),
            t: guess.t.iter().map(|t| Float::with_val(BITS, t)).collect(),
            kernel: kernel.iter().map(|row| row.iter().map(|x| Float::with_val(BITS, x)).collect()).collect(),
            weights: weights.collect(),
            base,
            slopes,
            pivots,
        })
    }

    /// The coordinates of the kernel's vectors that are unknown.
    fn unknown_coordinates(&self) -> Vec<usize> {
        (0..self.base.len()).filter(|i| !self.pivots.contains(i)).collect()
    }

    /// The linearised equations, and what is missing.
    fn equations(&self) -> (Floats, Vec<Float>) {
        let (n, r, k) = (self.base.len(), self.t.len(), self.kernel.len());
        let others = self.unknown_coordinates();
        let (first_weight, width) =
            (r + k * others.len(), r + k * others.len() + self.weights.len() + self.active.len());
        let matrix: Floats = (0..n)
            .map(|i| {
                (0..n)
                    .map(|j| {
                        let moved =
                            self.slopes.iter().zip(&self.t).map(|(slope, t)| Float::with_val(BITS, &slope[i][j] * t));
                        moved.fold(self.base[i][j].clone(), |sum, x| sum + x)
                    })
                    .collect()
            })
            .collect();
        let images: Vec<Floats> =
            self.slopes.iter().map(|slope| self.kernel.iter().map(|u| times(slope, u)).collect()).collect();
        let (mut rows, mut rhs) = (Vec::new(), Vec::new());
        for (q, vector) in self.kernel.iter().enumerate() {
            let missing = times(&matrix, vector);
            for i in 0..n {
                let mut row = vec![zero(); width];
                (0..r).for_each(|t| row[t].clone_from(&images[t][q][i]));
                for (place, other) in others.iter().enumerate() {
                    row[r + q * others.len() + place].clone_from(&matrix[i][*other]);
                }
                rows.push(row);
                rhs.push(-missing[i].clone());
            }
        }
        for (at, slopes) in &self.active {
            let mut row = vec![zero(); width];
            row[..r].clone_from_slice(slopes);
            let moved = slopes.iter().zip(&self.t).map(|(slope, t)| Float::with_val(BITS, slope * t));
            rhs.push(-moved.fold(at.clone(), |sum, x| sum + x));
            rows.push(row);
        }
        for (t, images) in images.iter().enumerate() {
            let (row, missing) = self.stationarity(t, images, (&others, first_weight, width));
            rows.push(row);
            rhs.push(missing);
        }
        if self.objective.is_none() && k > 0 {
            let mut row = vec![zero(); width];
            let mut missing = Float::with_val(BITS, 1);
            for (w, _) in pairs(k).enumerate().filter(|(_, (a, b))| a == b) {
                row[first_weight + w] = Float::with_val(BITS, 1);
                missing -= &self.weights[w];
            }
            rows.push(row);
            rhs.push(missing);
        }
        (rows, rhs)
    }

    /// Σ W_ab ⟨K_a, B K_b⟩ + Σ μ·slope = what is minimised along t.
    fn stationarity(
        &self,
        t: usize,
        images: &Floats,
        (others, first_weight, width): (&[usize], usize, usize),
    ) -> (Vec<Float>, Float) {
        let (r, k) = (self.t.len(), self.kernel.len());
        let mut row = vec![zero(); width];
        let mut sum = Float::with_val(BITS, self.objective.as_ref().map_or(0.0, |objective| objective[t]));
        for (w, (a, b)) in pairs(k).enumerate() {
            let twice = if a == b { 1 } else { 2 };
            let product = Float::with_val(BITS, dot(&self.kernel[a], &images[b]) * twice);
            sum += Float::with_val(BITS, &self.weights[w] * &product);
            row[first_weight + w] = product;
            for (u, v) in [(a, b), (b, a)] {
                for (place, other) in others.iter().enumerate() {
                    row[r + u * others.len() + place] += Float::with_val(BITS, &self.weights[w] * &images[v][*other]);
                }
            }
        }
        for (place, ((_, slopes), weight)) in self.active.iter().zip(&self.active_weights).enumerate() {
            sum += Float::with_val(BITS, weight * &slopes[t]);
            row[first_weight + self.weights.len() + place].clone_from(&slopes[t]);
        }
        (row, -sum)
    }

    fn advance(&mut self, step: &[Float]) {
        let others = self.unknown_coordinates();
        let mut parts = step.iter();
        let mut add = |x: &mut Float| {
            if let Some(by) = parts.next() {
                *x += by;
            }
        };
        self.t.iter_mut().for_each(&mut add);
        for vector in &mut self.kernel {
            others.iter().for_each(|other| add(&mut vector[*other]));
        }
        self.weights.iter_mut().chain(&mut self.active_weights).for_each(add);
    }

    /// The simplest rationals within 2^-bits of t.
    fn rationals(&self, bits: u32) -> Option<Vec<Rational>> {
        let most = Integer::from(1) << 100;
        let tolerance = Rational::from((1, Integer::from(1) << bits));
        let nearest = |t: &Float| {
            let value = t.to_rational()?;
            convergents(&value, &most).find(|close| Rational::from(close - &value).abs() < tolerance)
        };
        self.t.iter().map(nearest).collect()
    }
}

/// Pairs a ≤ b.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a..count).map(move |b| (a, b)))
}

/// Vectors that a matrix nearly sends to 0, reduced to 1 at own pivots and 0 at those of the others.
fn kernel(matrix: &DMatrix<f64>, units: &[f64]) -> (Vec<Vec<f64>>, Vec<usize>) {
    let n = matrix.nrows();
    if n == 0 {
        return (Vec::new(), Vec::new());
    }
    let scaled = DMatrix::from_fn(n, n, |i, j| matrix[(i, j)] * units[i] * units[j]);
    let eigen = SymmetricEigen::new(scaled);
    let largest = eigen.eigenvalues.iter().fold(1e-9, |a: f64, b| a.max(b.abs()));
    let near_zero = (0..n).filter(|i| eigen.eigenvalues[*i] < KERNEL * largest);
    let mut rows: Vec<Vec<f64>> =
        near_zero.map(|column| (0..n).map(|i| units[i] * eigen.eigenvectors[(i, column)]).collect()).collect();
    let mut pivots = Vec::new();
    for q in 0..rows.len() {
        let free = (0..n).filter(|c| !pivots.contains(c));
        let size = |c: &usize| rows[q][*c].abs() / units[*c];
        let Some(pivot) = free.max_by(|a, b| size(a).total_cmp(&size(b))) else { break };
        let by = rows[q][pivot];
        rows[q].iter_mut().for_each(|x| *x /= by);
        let own = rows[q].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != q) {
            let by = row[pivot];
            row.iter_mut().zip(&own).for_each(|(x, y)| *x -= by * y);
        }
        pivots.push(pivot);
    }
    for (q, row) in rows.iter_mut().enumerate() {
        pivots.iter().enumerate().for_each(|(p, pivot)| row[*pivot] = f64::from(u8::from(p == q)));
    }
    (rows, pivots)
}

fn dot(a: &[Float], b: &[Float]) -> Float {
    Float::dot(a.iter().zip(b)).complete(BITS)
}

fn times(matrix: &Floats, vector: &[Float]) -> Vec<Float> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

/// min ‖A·x − b‖² with a trace of ‖x‖², as some unknowns may not be determined.
fn least_squares(rows: &Floats, rhs: &[Float]) -> Option<Vec<Float>> {
    let width = rows.first()?.len();
    let columns: Floats = (0..width).map(|j| rows.iter().map(|row| row[j].clone()).collect()).collect();
    let mut system: Floats = (0..width)
        .map(|i| (0..width).map(|j| dot(&columns[i], &columns[j])).chain([dot(&columns[i], rhs)]).collect())
        .collect();
    let largest = (0..width).map(|i| system[i][i].clone()).fold(zero(), |a, b| a.max(&b));
    let ridge = largest >> 110;
    (0..width).for_each(|i| system[i][i] += &ridge);
    for column in 0..width {
        let size = |row: &usize| system[*row][column].clone().abs();
        let pivot =
            (column..width).max_by(|a, b| size(a).partial_cmp(&size(b)).unwrap_or(std::cmp::Ordering::Equal))?;
        system.swap(column, pivot);
        if system[column][column].is_zero() {
            return None;
        }
        let own = system[column].clone();
        for (row, entries) in system.iter_mut().enumerate() {
            if row == column || entries[column].is_zero() {
                continue;
            }
            let factor = Float::with_val(BITS, &entries[column] / &own[column]);
            for j in column..=width {
                entries[j] -= Float::with_val(BITS, &factor * &own[j]);
            }
        }
    }
    Some((0..width).map(|i| Float::with_val(BITS, &system[i][width] / &system[i][i])).collect())
}
