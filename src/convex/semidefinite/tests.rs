//! Random programs with planted answers, and what every solution has to satisfy.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

mod degenerate;
mod known;
mod margins;
mod random;
mod worst_case;

/// The matrix with ones at (i, j) and (j, i).
fn unit(n: usize, i: usize, j: usize) -> DMatrix<f64> {
    let mut unit = DMatrix::zeros(n, n);
    unit[(i, j)] = 1.0;
    unit[(j, i)] = 1.0;
    unit
}

fn vector(rng: &mut ChaCha8Rng, length: usize) -> DVector<f64> {
    DVector::from_fn(length, |_, _| rng.random_range(-1.0..1.0))
}

fn table(rng: &mut ChaCha8Rng, rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
}

fn symmetric(rng: &mut ChaCha8Rng, n: usize) -> DMatrix<f64> {
    let half = table(rng, n, n);
    &half + half.transpose()
}

/// Positive semidefinite of rank r.
fn semidefinite(rng: &mut ChaCha8Rng, n: usize, rank: usize) -> DMatrix<f64> {
    let root = table(rng, n, rank);
    &root * root.transpose()
}

/// Orthonormal vectors as columns.
fn orthonormal(rng: &mut ChaCha8Rng, n: usize) -> DMatrix<f64> {
    symmetric(rng, n).symmetric_eigen().eigenvectors
}

/// A program with these directions of which y and X with X S = 0 are optimal, and its optimum b·y.
fn around(slack: DMatrix<f64>, directions: Vec<DMatrix<f64>>, y: &DVector<f64>, gram: &DMatrix<f64>) -> (Program, f64) {
    let mut program = Program::of_block(slack, directions);
    program.objective = -DVector::from_iterator(y.len(), program.directions.iter().map(|a| a.dot(gram)));
    for (direction, &factor) in program.directions.iter().zip(y.iter()) {
        program.constant -= direction * factor;
    }
    let optimum = program.objective.dot(y);
    (program, optimum)
}

/// A random program of order n with m directions and a planted optimum; X has rank r and S rank s.
fn planted(rng: &mut ChaCha8Rng, [n, m, r, s]: [usize; 4]) -> (Program, f64) {
    let basis = orthonormal(rng, n);
    let mut within = |vectors: DMatrix<f64>| {
        let rank = vectors.ncols();
        &vectors * (semidefinite(rng, rank, rank) + DMatrix::identity(rank, rank)) * vectors.transpose()
    };
    let gram = within(basis.columns(0, r).into_owned());
    let slack = within(basis.columns(n - s, s).into_owned());
    let directions = (0..m).map(|_| symmetric(rng, n)).collect();
    let y = vector(rng, m);
    around(slack, directions, &y, &gram)
}

/// The same with rows, half of which are tight.
fn planted_with_rows(rng: &mut ChaCha8Rng, sizes: [usize; 4], rows: usize) -> (Program, f64) {
    let (mut program, _) = planted(rng, sizes);
    let best = solve(&program, &Options::default()).y;
    program.rows = table(rng, rows, sizes[1]);
    let spare = DVector::from_fn(rows, |r, _| if r % 2 == 0 { 0.0 } else { rng.random_range(0.1..1.0) });
    let price = DVector::from_fn(rows, |r, _| if r % 2 == 0 { rng.random_range(0.1..1.0) } else { 0.0 });
    program.offsets = spare - &program.rows * &best;
    program.objective -= program.rows.tr_mul(&price);
    let optimum = program.objective.dot(&best);
    (program, optimum)
}

/// A planted program with rows, where X has rank 1 and S all others; order and numbers of directions and rows are
/// drawn within these.
fn any_planted(
    rng: &mut ChaCha8Rng,
    orders: Range<usize>,
    directions: Range<usize>,
    rows: Range<usize>,
) -> (Program, f64) {
    let n = rng.random_range(orders);
    let sizes = [n, rng.random_range(directions), 1, n - 1];
    let count = rng.random_range(rows);
    planted_with_rows(rng, sizes, count)
}

/// A planted program, its value, and a random table with a column for each direction, to restrict it by.
fn planted_with_table(rng: &mut ChaCha8Rng) -> (Program, f64, DMatrix<f64>) {
    let n = rng.random_range(2..9);
    let m = rng.random_range(2..20);
    let (program, value) = planted(rng, [n, m, 1, n - 1]);
    let count = rng.random_range(1..=m);
    let rows = table(rng, count, m);
    (program, value, rows)
}

/// A random program without interior: X₀ = V Vᵀ with V of rank k has A_i•X₀ = C•X₀ = 0, so that S V = 0 for all
/// feasible y. With the optimum.
fn flat(rng: &mut ChaCha8Rng, [n, m, k]: [usize; 3]) -> (Program, f64) {
    let basis = orthonormal(rng, n);
    let forced = basis.columns(0, k) * basis.columns(0, k).transpose();
    let directions = (0..m).map(|_| {
        let direction = symmetric(rng, n);
        &direction - &forced * (direction.dot(&forced) / k as f64)
    });
    let directions = directions.collect();
    let free = basis.columns(k, n - k - 1).into_owned();
    let slack = &free * semidefinite(rng, n - k - 1, n - k - 1) * free.transpose();
    let last = basis.column(n - 1);
    let gram = last * last.transpose() + &forced * 0.5;
    let y = vector(rng, m);
    around(slack, directions, &y, &gram)
}

/// A program of which a random X₀ of rank r proves that it is infeasible: A_i•X₀ = 0, C•X₀ = −1.
fn infeasible(rng: &mut ChaCha8Rng, [n, m, r]: [usize; 3]) -> Program {
    let proof = semidefinite(rng, n, r);
    let mut paired = |value: f64| {
        let direction = symmetric(rng, n);
        &direction - &proof * ((direction.dot(&proof) - value) / proof.norm_squared())
    };
    let mut program = Program::of_block(paired(-1.0), (0..m).map(|_| paired(0.0)).collect());
    program.objective = vector(rng, m);
    program
}

/// The program in other units: vectors, multipliers, rows, and C with y, each times a power of ten up to 10^±w.
fn in_other_units(rng: &mut ChaCha8Rng, program: &Program, w: f64) -> Program {
    let mut powers = |length: usize| DVector::from_fn(length, |_, _| 10f64.powf(rng.random_range(-w..=w)));
    let block = DMatrix::from_diagonal(&powers(program.constant.nrows()));
    let (variables, rows) = (powers(program.objective.len()), powers(program.offsets.len()));
    let whole = powers(1)[0];
    let mut changed = program.clone();
    changed.constant = &block * &program.constant * &block * whole;
    for (direction, unit) in changed.directions.iter_mut().zip(variables.iter()) {
        *direction = &block * &*direction * &block * (unit * whole);
    }
    changed.offsets.component_mul_assign(&rows);
    changed.rows = DMatrix::from_diagonal(&rows) * &program.rows * DMatrix::from_diagonal(&variables);
    changed.equalities = &program.equalities * DMatrix::from_diagonal(&variables);
    changed.objective.component_mul_assign(&variables);
    changed
}

/// The program with three combinations of two directions as further directions, and with rows and equalities twice.
fn with_repetitions(rng: &mut ChaCha8Rng, program: &Program) -> Program {
    let m = program.objective.len();
    let mut repeated = program.clone();
    for column in m..m + 3 {
        let (k, l, factor) = (rng.random_range(0..m), rng.random_range(0..m), rng.random_range(-1.0..1.0));
        repeated.directions.push(&program.directions[k] + &program.directions[l] * factor);
        for (table, original) in [(&mut repeated.rows, &program.rows), (&mut repeated.equalities, &program.equalities)]
        {
            *table = std::mem::take(table).insert_column(column, 0.0);
            table.set_column(column, &(original.column(k) + original.column(l) * factor));
        }
        repeated.objective = repeated.objective.push(program.objective[k] + factor * program.objective[l]);
    }
    let twice =
        |table: &DMatrix<f64>, factor: f64| {
            let rows = table.nrows();
            DMatrix::from_fn(2 * rows, table.ncols(), |r, k| {
                if r < rows { table[(r, k)] } else { factor * table[(r - rows, k)] }
            })
        };
    let twice_ends = |ends: &DVector<f64>, factor: f64| {
        DVector::from_iterator(2 * ends.len(), ends.iter().copied().chain(ends.iter().map(|end| factor * end)))
    };
    repeated.rows = twice(&repeated.rows, 1.0);
    repeated.offsets = twice_ends(&program.offsets, 1.0);
    repeated.equalities = twice(&repeated.equalities, -2.0);
    repeated.targets = twice_ends(&program.targets, -2.0);
    repeated
}

fn least(symmetric: &DMatrix<f64>) -> f64 {
    cone::least_eigenvalue(symmetric)
}

/// Solves to an optimum that is computed anew here, in the units of the program, to within 10⁻⁸ of its numbers.
#[track_caller]
fn optimum(program: &Program) -> Solution {
    let solution = solve(program, &Options::default());
    assert_eq!(solution.status, Status::Optimal, "gap {} after {}", solution.gap, solution.iterations);
    let y = &solution.y;
    let size = 1.0 + solution.slack.amax();
    assert!((program.slack(y) - &solution.slack).amax() < 1e-10 * size);
    assert!(least(&solution.slack) > -1e-8 * size, "S {}", least(&solution.slack));
    assert!(program.row_slacks(y).iter().all(|&slack| slack > -1e-8 * (1.0 + y.amax())));
    assert!((&program.equalities * y - &program.targets).amax() < 1e-8 * (1.0 + y.amax()));
    let gram_size = 1.0 + solution.gram.amax();
    assert!(least(&solution.gram) > -1e-8 * gram_size, "X {}", least(&solution.gram));
    assert!(solution.row_multipliers.iter().all(|&multiplier| multiplier >= 0.0));
    assert!(unbalanced(program, &solution, 1.0) < 1e-8 * gram_size, "{}", unbalanced(program, &solution, 1.0));
    assert!((solution.objective - program.objective.dot(y)).abs() < 1e-10 * (1.0 + solution.objective.abs()));
    assert!((solution.objective - solution.bound).abs() < 1e-8 * (1.0 + solution.objective.abs()));
    solution
}

/// The same, where the optimum is known.
#[track_caller]
fn optimum_is(program: &Program, value: f64) -> Solution {
    let solution = optimum(program);
    let error = (solution.objective - value).abs() / (1.0 + value.abs());
    assert!(error < 1e-9, "{} instead of {value}", solution.objective);
    solution
}

/// Largest entry of A_i•X + Dᵀx − Eᵀw + share·b.
fn unbalanced(program: &Program, solution: &Solution, share: f64) -> f64 {
    let pairing = program.directions.iter().map(|a| a.dot(&solution.gram));
    let total = DVector::from_iterator(program.objective.len(), pairing)
        + program.rows.tr_mul(&solution.row_multipliers)
        - program.equalities.tr_mul(&solution.equality_multipliers)
        + &program.objective * share;
    total.amax()
}

/// Solves to a certificate of infeasibility that is computed anew here.
#[track_caller]
fn refuted(program: &Program) -> Solution {
    let solution = solve(program, &Options::default());
    assert_eq!(solution.status, Status::Infeasible, "gap {} after {}", solution.gap, solution.iterations);
    assert!(least(&solution.gram) > -1e-8 * (1.0 + solution.gram.amax()));
    assert!(solution.row_multipliers.iter().all(|&multiplier| multiplier >= 0.0));
    assert!(unbalanced(program, &solution, 0.0) < 1e-7 * (1.0 + solution.gram.amax()));
    let value = program.constant.dot(&solution.gram)
        + program.offsets.dot(&solution.row_multipliers)
        + program.targets.dot(&solution.equality_multipliers);
    assert!((value + 1.0).abs() < 1e-6, "{value}");
    solution
}

/// Solves to a feasible point and a ray that are computed anew here.
#[track_caller]
fn unbounded(program: &Program) -> Solution {
    let solution = solve(program, &Options::default());
    assert_eq!(solution.status, Status::Unbounded, "gap {} after {}", solution.gap, solution.iterations);
    assert!(least(&program.slack(&solution.y)) > -1e-8 * (1.0 + solution.slack.amax()));
    let ray = solution.ray.clone().expect("a ray");
    assert!((program.objective.dot(&ray) - 1.0).abs() < 1e-9);
    let growth = program.slack(&ray) - &program.constant;
    assert!(least(&growth) > -1e-7 * (1.0 + growth.amax()));
    assert!((&program.rows * &ray).iter().all(|&slack| slack > -1e-7));
    assert!((&program.equalities * &ray).amax() < 1e-7);
    solution
}

fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}
