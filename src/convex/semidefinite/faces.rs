//! The equalities of a program, with those that semidefiniteness implies where it is plain to see: if a diagonal
//! entry of the slack matrix vanishes for all y, then so does its row.
//!
//! An interior-point method alone would meet the implied ones to the root of its tolerance only.

use nalgebra::{DMatrix, DVector};

use super::Program;
use super::embedding::CERTIFICATE;
use super::report::Multipliers;
use crate::convex::orthogonal::{Span, complement, span};

/// All equalities E y = h of a balanced program.
struct Equalities {
    /// E, first the given rows, then the implied ones.
    matrix: DMatrix<f64>,
    /// h.
    targets: DVector<f64>,
    /// Entries of the slack matrix that the implied rows are about, and the factor of each.
    implied: Vec<(usize, usize, f64)>,
    /// Rows of the block whose diagonal does not vanish.
    kept: Vec<usize>,
}

/// The solutions y₀ + N z of all equalities.
pub(super) struct Faces {
    /// y₀, the shortest.
    pub base: DVector<f64>,
    /// N, orthonormal.
    pub basis: DMatrix<f64>,
    equalities: Equalities,
    /// Independent rows of E, as columns.
    independent: Span,
}

/// Equalities without a solution.
pub(super) struct Inconsistent {
    /// A y that meets as many independent ones as there are.
    pub closest: DVector<f64>,
    /// The certificate.
    pub multipliers: Multipliers,
}

/// Distance from the span of others within which a row of numbers of the order of 1 depends on them.
const DEPENDENT: f64 = 1e-10;
/// Relative error of an equality that may come from the data.
const INEXACT: f64 = 1e-9;
/// What counts as zero among numbers of the order of 1.
const ZERO: f64 = 1e-12;
/// X with this multiple of its size added to its diagonal is positive semidefinite after completion.
const COMPLETION: f64 = 1e-9;

impl Equalities {
    fn given(program: &Program) -> Self {
        Equalities {
            matrix: program.equalities.clone(),
            targets: program.targets.clone(),
            implied: Vec::new(),
            kept: (0..program.constant.nrows()).collect(),
        }
    }

    /// A multiplier w with Eᵀw = 0 and h·w = −1, if y₀ shows that there is one.
    fn contradiction(&self, independent: &Span, base: &DVector<f64>) -> Option<DVector<f64>> {
        let missing = &self.targets - &self.matrix * base;
        if missing.amax() <= INEXACT * (1.0 + base.amax()) {
            return None;
        }
        let worst = missing.iamax();
        let mut multipliers = independent.shares(&-self.matrix.row(worst).transpose(), self.targets.len());
        multipliers[worst] = 1.0;
        multipliers /= -multipliers.dot(&self.targets);
        (self.matrix.tr_mul(&multipliers).amax() <= CERTIFICATE).then_some(multipliers)
    }

    /// Adds that row i of the slack matrix vanishes.
    fn imply(&mut self, program: &Program, i: usize) {
        self.kept.retain(|&j| j != i);
        for &j in &self.kept {
            let row = DVector::from_iterator(program.directions.len(), program.directions.iter().map(|a| a[(i, j)]));
            let target = -program.constant[(i, j)];
            let size = row.amax().max(target.abs());
            if size > ZERO {
                let last = self.targets.len();
                self.matrix = std::mem::take(&mut self.matrix).insert_row(last, 0.0);
                self.matrix.set_row(last, &(row.transpose() / size));
                self.targets = std::mem::take(&mut self.targets).push(target / size);
                self.implied.push((i, j, 1.0 / size));
            }
        }
    }

    /// Writes multipliers of all equalities into those of the given ones and into X, whose rows without a diagonal
    /// are empty so far.
    fn distribute(&self, program: &Program, all: &DVector<f64>, multipliers: &mut Multipliers) {
        let given = multipliers.equalities.len();
        multipliers.equalities.copy_from(&all.rows(0, given));
        if self.implied.is_empty() {
            return;
        }
        let gram = &mut multipliers.gram;
        for (&(i, j, factor), multiplier) in self.implied.iter().zip(all.iter().skip(given)) {
            gram[(i, j)] = -0.5 * factor * multiplier;
            gram[(j, i)] = gram[(i, j)];
        }
        self.complete(program, gram);
    }

    /// Diagonal entries with which the kept rows of X and those whose diagonal is zero in all data are positive
    /// semidefinite, up to [`COMPLETION`]. The diagonal of rows that vanish by virtue of other equalities is not free.
    fn complete(&self, program: &Program, gram: &mut DMatrix<f64>) {
        let free = |i: &usize| program.matrices().all(|matrix| matrix[(*i, *i)].abs() <= ZERO);
        let vanishing: Vec<usize> = (0..gram.nrows()).filter(|i| !self.kept.contains(i)).filter(free).collect();
        let core = gram.select_rows(&self.kept).select_columns(&self.kept);
        let added = COMPLETION * gram.amax().max(f64::MIN_POSITIVE);
        let side = gram.select_rows(&self.kept).select_columns(&vanishing);
        let core = core + DMatrix::identity(self.kept.len(), self.kept.len()) * added;
        // No inverse: X was no interior point, as after a contradiction; then only `added` is left of it.
        let solved = core.clone().cholesky().map_or_else(|| &side / added, |factor| factor.solve(&side));
        let needed = side.tr_mul(&solved);
        for (k, &i) in vanishing.iter().enumerate() {
            let others = vanishing.iter().enumerate().filter(|(l, _)| *l != k);
            let rest: f64 = others.map(|(l, &j)| (gram[(i, j)] - needed[(k, l)]).abs()).sum();
            gram[(i, i)] = needed[(k, k)] + rest;
        }
    }
}

impl Faces {
    /// Solves the equalities again and again until they imply no others.
    pub fn of(program: &Program) -> Result<Self, Box<Inconsistent>> {
        let mut equalities = Equalities::given(program);
        loop {
            let independent = span(&equalities.matrix.transpose(), DEPENDENT);
            let base = independent.preimage(&equalities.targets);
            if let Some(all) = equalities.contradiction(&independent, &base) {
                let mut multipliers = Multipliers::zeros(program);
                equalities.distribute(program, &all, &mut multipliers);
                return Err(Box::new(Inconsistent { closest: base, multipliers }));
            }
            let basis = complement(&independent.basis);
            let vanishes = |i: &usize| {
                let entries = DVector::from_iterator(base.len(), program.directions.iter().map(|a| a[(*i, *i)]));
                let fixed = program.constant[(*i, *i)] + entries.dot(&base);
                fixed.abs() <= ZERO * (1.0 + base.amax()) && basis.tr_mul(&entries).amax() <= ZERO
            };
            let vanishing: Vec<usize> = equalities.kept.iter().copied().filter(vanishes).collect();
            if vanishing.is_empty() {
                return Ok(Faces { base, basis, equalities, independent });
            }
            for i in vanishing {
                equalities.imply(program, i);
            }
        }
    }

    /// Rows of the block whose diagonal does not vanish.
    pub fn kept(&self) -> &[usize] {
        &self.equalities.kept
    }

    /// Completes multipliers whose X is known in the kept rows: `missing` is what they lack to be stationary.
    pub fn complete(&self, program: &Program, missing: &DVector<f64>, multipliers: &mut Multipliers) {
        let all = self.independent.shares(missing, self.equalities.targets.len());
        self.equalities.distribute(program, &all, multipliers);
    }
}
