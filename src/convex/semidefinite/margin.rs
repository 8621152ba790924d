//! How far inside its constraints a program can get.

use nalgebra::{DMatrix, DVector};

use super::balance::Units;
use super::cone::least_eigenvalue;
use super::faces::Faces;
use super::{Options, Program, Solution, Status, solve_balanced};

/// The largest s ≤ 1 with S ⪰ s·diag(u), where S = C + Σ y_i A_i, subject to the rows and equalities.
///
/// The units u and the sizes v_i of the multipliers y_i are such that in T S T, T = diag(u)^(−1/2), the entries of
/// C and of every v_i A_i are of the order of 1. So s = −10⁻⁸ says that S lacks 10⁻⁸ of the terms it is added up from
/// to be positive semidefinite, and s hardly changes (by a few per cent) when vectors, multipliers, or C with y are
/// measured in other units. Rows of S whose diagonal entry vanishes for all y have u = 0: they do not count for s, and
/// vanish as if by equalities.
///
/// y is bounded by a radius R: Σ y_i/v_i ≤ R over those i that a row declares nonnegative, |y_i| ≤ R v_i for the
/// others. R is the first of 10², 10⁴, 10⁶ with which s ≥ 0 or from which on a larger one cannot help. Where the
/// supremum is only approached as y → ∞, s is therefore negative, and about −1/R or lower.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// `Optimal`: s lies between `value` and `bound`, which agree to the tolerance. `Infeasible`: rows and equalities
    /// have no solution within the largest radius. `Stalled`: `value` is still what y attains, but `bound` is not to
    /// be trusted. Never `Unbounded`.
    pub status: Status,
    /// What y attains, computed from it; −∞ where infeasible.
    pub value: f64,
    /// Upper bound of s from the multipliers; −∞ where infeasible.
    pub bound: f64,
    /// R.
    pub radius: f64,
    /// u.
    pub units: DVector<f64>,
    /// The y that attains it.
    pub y: DVector<f64>,
    /// S.
    pub slack: DMatrix<f64>,
    /// X ⪰ 0, the multiplier of the block: A_i•X + (Dᵀx)_i = (Eᵀw)_i but for what the radius contributes, and
    /// u·diag(X) = 1 where s < 1. Where infeasible, the certificate of [`Solution::gram`].
    pub gram: DMatrix<f64>,
    /// x ≥ 0.
    pub row_multipliers: DVector<f64>,
    /// w.
    pub equality_multipliers: DVector<f64>,
    /// By how much rows and equalities are violated, in the units of the data.
    pub violation: f64,
    /// Steps made, of the last radius.
    pub iterations: usize,
}

const RADII: [f64; 3] = [1e2, 1e4, 1e6];
/// A margin this close to zero counts as zero.
const ZERO: f64 = 1e-10;
/// One below this is negative for every purpose.
const CLEARLY_NEGATIVE: f64 = -1e-5;

/// Computes the margin; the objective of the program does not matter.
///
/// # Panics
///
/// Panics where the shapes of the data do not fit.
#[must_use]
pub fn margin(program: &Program, options: &Options) -> Margin {
    program.assert_shapes();
    if !program.is_finite() {
        return Margin::nothing(program);
    }
    let units = Units::of(program);
    let balanced = units.apply(program);
    // Contradictory equalities are found again below.
    let counted = Faces::of(&balanced).map_or_else(|_| Vec::new(), |faces| faces.kept().to_vec());
    let case = Case { radius_rows: radius_rows(&balanced), balanced, units, counted };
    let (mut found, mut price) = case.within(RADII[0], options);
    for &radius in &RADII[1..] {
        // The margin is concave in the radius, and the price is its slope.
        let gain = price * (RADII[RADII.len() - 1] / found.radius - 1.0);
        let limited = found.value < -ZERO && gain > ZERO && found.bound + gain > CLEARLY_NEGATIVE;
        if !limited && found.status != Status::Infeasible {
            break;
        }
        let (next, next_price) = case.within(radius, options);
        if next.value < found.value {
            break;
        }
        (found, price) = (next, next_price);
    }
    found
}

/// Rows F such that 1 + F y/R ≥ 0 bounds the y of a balanced program by the radius R: one for all y_i that a row
/// declares nonnegative, two for each of the others.
fn radius_rows(balanced: &Program) -> DMatrix<f64> {
    let m = balanced.objective.len();
    let mut signed = vec![false; m];
    for (row, &offset) in balanced.rows.row_iter().zip(balanced.offsets.iter()) {
        let mut entries = row.iter().enumerate().filter(|(_, entry)| **entry != 0.0);
        if let (0.0, Some((k, entry)), None) = (offset, entries.next(), entries.next()) {
            signed[k] |= *entry > 0.0;
        }
    }
    let free: Vec<usize> = (0..m).filter(|&k| !signed[k]).collect();
    let mut rows = DMatrix::zeros(1 + 2 * free.len(), m);
    for k in (0..m).filter(|&k| signed[k]) {
        rows[(0, k)] = -1.0;
    }
    for (r, &k) in free.iter().enumerate() {
        rows[(1 + 2 * r, k)] = 1.0;
        rows[(2 + 2 * r, k)] = -1.0;
    }
    rows
}

/// What the margins with different radii have in common.
struct Case {
    balanced: Program,
    units: Units,
    /// Rows of the block that count.
    counted: Vec<usize>,
    radius_rows: DMatrix<f64>,
}

impl Case {
    /// The margin with a given radius, and its derivative by the logarithm of the radius.
    fn within(&self, radius: f64, options: &Options) -> (Margin, f64) {
        let (m, p, extra) = (self.balanced.objective.len(), self.balanced.offsets.len(), self.radius_rows.nrows());
        let mut shifted = self.balanced.clone();
        let mut shift = DMatrix::zeros(self.units.block.len(), self.units.block.len());
        for &i in &self.counted {
            shift[(i, i)] = -1.0;
        }
        shifted.directions.push(shift);
        shifted.rows = DMatrix::zeros(p + extra + 1, m + 1);
        shifted.rows.view_mut((0, 0), (p, m)).copy_from(&self.balanced.rows);
        shifted.rows.view_mut((p, 0), (extra, m)).copy_from(&(&self.radius_rows / radius));
        shifted.rows[(p + extra, m)] = -1.0;
        let with_ones = |rows: &DVector<f64>| rows.clone().resize_vertically(p + extra + 1, 1.0);
        shifted.offsets = with_ones(&self.balanced.offsets);
        shifted.equalities = shifted.equalities.insert_column(m, 0.0);
        shifted.objective = DVector::zeros(m).push(1.0);
        let units = Units {
            block: self.units.block.clone(),
            rows: with_ones(&self.units.rows),
            equalities: self.units.equalities.clone(),
            variables: self.units.variables.push(1.0),
            objective: 1.0,
        };
        let solution = solve_balanced(&shifted, &units, options);
        let price = solution.row_multipliers.rows(p, extra).sum();
        (self.margin(radius, solution), price)
    }

    /// Interprets the solution of the program with s as its last variable.
    fn margin(&self, radius: f64, shifted: Solution) -> Margin {
        let (m, p) = (self.balanced.objective.len(), self.balanced.offsets.len());
        let y = shifted.y.rows(0, m).into_owned();
        let slack = self.balanced.slack(&y.component_div(&self.units.variables));
        let counted = slack.select_rows(&self.counted).select_columns(&self.counted);
        let infeasible = shifted.status == Status::Infeasible;
        let mut units = DVector::zeros(self.units.block.len());
        for &i in &self.counted {
            units[i] = self.units.block[i].powi(-2);
        }
        Margin {
            status: if shifted.status == Status::Unbounded { Status::Stalled } else { shifted.status },
            value: if infeasible { f64::NEG_INFINITY } else { least_eigenvalue(&counted).min(1.0) },
            bound: shifted.bound,
            radius,
            units,
            y,
            slack: self.units.unbalanced(&slack),
            gram: shifted.gram,
            row_multipliers: shifted.row_multipliers.rows(0, p).into_owned(),
            equality_multipliers: shifted.equality_multipliers,
            violation: shifted.violation,
            iterations: shifted.iterations,
        }
    }
}

impl Margin {
    /// What is said about data that are not finite.
    fn nothing(program: &Program) -> Self {
        let Solution { status, y, slack, gram, row_multipliers, equality_multipliers, bound, violation, .. } =
            Solution::nothing(program);
        let units = DVector::zeros(slack.nrows());
        Margin {
            status,
            value: f64::NEG_INFINITY,
            bound,
            radius: RADII[0],
            units,
            y,
            slack,
            gram,
            row_multipliers,
            equality_multipliers,
            violation,
            iterations: 0,
        }
    }
}
