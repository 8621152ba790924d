//! Equalities solved and directions without effect of their own removed, before the interior point.

use nalgebra::{DMatrix, DVector};

use super::Program;
use super::cone::Shape;
use super::embedding::{CERTIFICATE, Conic};
use super::faces::{Faces, Inconsistent};
use crate::convex::orthogonal::span;

/// A program in the coordinates z of y = y₀ + N z.
pub(super) struct Reduction {
    /// The equalities, with y₀.
    pub faces: Faces,
    /// N.
    pub basis: DMatrix<f64>,
    /// The program in z, of the block only the rows that can be positive.
    pub conic: Conic,
    /// A direction in y that changes no slack and has objective 1.
    pub ray: Option<DVector<f64>>,
}

/// Distance from the span of others within which a column of numbers of the order of 1 depends on them.
const DEPENDENT: f64 = 1e-11;

/// A combination of columns that vanishes and yet has objective 1, if there is one; otherwise columns enough to
/// combine all others from.
fn independent_columns(columns: &DMatrix<f64>, objective: &DVector<f64>) -> (Vec<usize>, Option<DVector<f64>>) {
    let independent = span(columns, DEPENDENT);
    let mut chosen = independent.chosen.clone();
    chosen.sort_unstable();
    let others = (0..columns.ncols()).filter(|k| chosen.binary_search(k).is_err());
    let mut combinations = others.map(|k| {
        let mut combination = independent.shares(&-columns.column(k), columns.ncols());
        combination[k] = 1.0;
        let slope = objective.dot(&combination);
        combination / slope
    });
    let vanishes = |combination: &DVector<f64>| {
        (columns * combination).amax() <= CERTIFICATE && combination.amax() <= 1.0 / CERTIFICATE
    };
    let ray = combinations.find(vanishes);
    (chosen, ray)
}

/// Reduces a balanced program.
pub(super) fn reduce(program: &Program) -> Result<Reduction, Box<Inconsistent>> {
    let faces = Faces::of(program)?;
    let shape = Shape { order: faces.kept().len(), rows: program.offsets.len() };
    let kept = |matrix: &DMatrix<f64>| matrix.select_rows(faces.kept()).select_columns(faces.kept());
    let constant = shape.pack(&kept(&program.slack(&faces.base)), &program.row_slacks(&faces.base));
    let mut columns = DMatrix::zeros(shape.length(), program.objective.len());
    for (k, direction) in program.directions.iter().enumerate() {
        columns.set_column(k, &shape.pack(&kept(direction), &program.rows.column(k).into_owned()));
    }
    let columns = columns * &faces.basis;
    let objective = faces.basis.tr_mul(&program.objective);
    let (chosen, ray) = independent_columns(&columns, &objective);
    Ok(Reduction {
        conic: Conic {
            shape,
            columns: columns.select_columns(&chosen),
            constant,
            objective: objective.select_rows(&chosen),
        },
        ray: ray.map(|combination| &faces.basis * combination),
        basis: faces.basis.select_columns(&chosen),
        faces,
    })
}
