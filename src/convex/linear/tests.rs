use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::convex::semidefinite::{Options, Program, Status, solve};

fn dense(rows: &[&[f64]]) -> (Vec<Sparse>, usize) {
    let columns = (0..rows[0].len()).map(|j| (0..rows.len()).map(|i| (i, rows[i][j])).collect()).collect();
    (columns, rows.len())
}

fn combined(columns: &[Sparse], factors: &[f64], rows: usize) -> Vec<f64> {
    let mut sums = vec![0.0; rows];
    for (column, factor) in columns.iter().zip(factors) {
        for &(row, entry) in column {
            sums[row] += factor * entry;
        }
    }
    sums
}

fn rank_of_support(columns: &[Sparse], factors: &[f64], rows: usize) -> (usize, usize) {
    let support: Vec<usize> = (0..factors.len()).filter(|&j| factors[j] > 0.0).collect();
    let mut table: DMatrix<f64> = DMatrix::zeros(rows, support.len());
    for (k, &j) in support.iter().enumerate() {
        for &(row, entry) in &columns[j] {
            table[(row, k)] += entry;
        }
    }
    (if support.is_empty() { 0 } else { table.rank(1e-9) }, support.len())
}

fn nonnegative_combination(
    columns: &[Sparse],
    target: &[(usize, f64)],
    rows: usize,
    costs: &[f64],
) -> Option<Vec<f64>> {
    super::nonnegative_combination(columns, target, rows, costs, Duration::from_secs(60))
}

#[test]
fn the_cheaper_of_two_ways_is_taken() {
    let (columns, rows) = dense(&[&[1.0, 0.0, 1.0], &[0.0, 1.0, 1.0]]);
    let target = [(0, 2.0), (1, 3.0)];
    let dear = nonnegative_combination(&columns, &target, rows, &[1.0, 1.0, 3.0]).unwrap();
    assert!((dear[0] - 2.0).abs() < 1e-9 && (dear[1] - 3.0).abs() < 1e-9 && dear[2] == 0.0);
    let cheap = nonnegative_combination(&columns, &target, rows, &[1.0, 1.0, 1.0]).unwrap();
    assert!(cheap[0] == 0.0 && (cheap[1] - 1.0).abs() < 1e-9 && (cheap[2] - 2.0).abs() < 1e-9);
}

#[test]
fn a_target_outside_the_cone_has_no_combination() {
    let (columns, rows) = dense(&[&[1.0, 2.0], &[1.0, 1.0]]);
    assert_eq!(nonnegative_combination(&columns, &[(0, -1.0), (1, 1.0)], rows, &[1.0, 1.0]), None);
    assert_eq!(nonnegative_combination(&columns, &[(0, 1.0), (1, 2.0)], rows, &[1.0, 1.0]), None);
    assert_eq!(nonnegative_combination(&[], &[(0, 1.0)], 1, &[]), None);
}

#[test]
fn costs_without_a_least_value_give_none() {
    let (columns, rows) = dense(&[&[1.0, -1.0]]);
    assert_eq!(nonnegative_combination(&columns, &[(0, 1.0)], rows, &[-1.0, -1.0]), None);
}

#[test]
fn malformed_data_give_none() {
    let column = vec![vec![(0, 1.0)]];
    assert_eq!(nonnegative_combination(&column, &[(1, 1.0)], 1, &[1.0]), None);
    assert_eq!(nonnegative_combination(&column, &[(0, 1.0)], 1, &[]), None);
    assert_eq!(nonnegative_combination(&column, &[(0, f64::NAN)], 1, &[1.0]), None);
    assert_eq!(nonnegative_combination(&[vec![(0, f64::INFINITY)]], &[(0, 1.0)], 1, &[1.0]), None);
    assert_eq!(nonnegative_combination(&column, &[(0, 1.0)], 1, &[f64::NAN]), None);
}

#[test]
fn entries_of_one_row_add_up() {
    let columns = vec![vec![(0, 1.0), (0, 1.0), (1, 1.0), (1, -1.0)]];
    let factors = nonnegative_combination(&columns, &[(0, 1.0), (0, 2.0)], 2, &[1.0]).unwrap();
    assert!((factors[0] - 1.5).abs() < 1e-12);
}

#[test]
fn nothing_is_the_combination_for_zero() {
    let (columns, rows) = dense(&[&[1.0, -1.0], &[0.0, 0.0]]);
    assert_eq!(nonnegative_combination(&columns, &[], rows, &[1.0, 1.0]), Some(vec![0.0, 0.0]));
    assert_eq!(nonnegative_combination(&[], &[], 0, &[]), Some(vec![]));
}

/// Few distinct small integers, planted combinations with few columns, repeated columns: as degenerate as programs get.
fn degenerate(rng: &mut ChaCha8Rng) -> (Vec<Sparse>, Sparse, usize, Vec<f64>) {
    let rows = rng.random_range(2..25);
    let count = rng.random_range(2..60);
    let mut columns: Vec<Sparse> = (0..count)
        .map(|_| {
            let length = rng.random_range(1..=4);
            collected(
                &(0..length)
                    .map(|_| (rng.random_range(0..rows), f64::from(rng.random_range(-2..=2))))
                    .collect::<Vec<_>>(),
                rows,
            )
        })
        .collect();
    columns.push(columns[0].clone());
    columns.push(columns[1].iter().map(|&(row, entry)| (row, 2.0 * entry)).collect());
    let planted: Vec<f64> = columns.iter().map(|_| f64::from(rng.random_range(-3..=2)).max(0.0)).collect();
    let target = combined(&columns, &planted, rows).into_iter().enumerate().collect();
    let costs = columns.iter().map(|_| f64::from(rng.random_range(0..3))).collect();
    (columns, target, rows, costs)
}

#[test]
fn degenerate_programs_end_at_a_vertex_no_dearer_than_the_planted_point() {
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (columns, target, rows, costs) = degenerate(&mut rng);
        let factors = nonnegative_combination(&columns, &target, rows, &costs).unwrap();
        let sums = combined(&columns, &factors, rows);
        assert!(target.iter().all(|&(row, entry)| (sums[row] - entry).abs() < 1e-7), "seed {seed}");
        let (rank, support) = rank_of_support(&columns, &factors, rows);
        assert_eq!(rank, support, "seed {seed}");
    }
}

#[test]
fn units_of_rows_and_columns_do_not_matter() {
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(1000 + seed);
        let (columns, target, rows, costs) = degenerate(&mut rng);
        let plain = nonnegative_combination(&columns, &target, rows, &costs).unwrap();
        let row_units: Vec<f64> = (0..rows).map(|_| 10f64.powi(rng.random_range(-5..=5))).collect();
        let units: Vec<f64> = columns.iter().map(|_| 10f64.powi(rng.random_range(-5..=5))).collect();
        let scale = |column: &Sparse, unit: f64| {
            column.iter().map(|&(row, entry)| (row, entry * unit * row_units[row])).collect()
        };
        let scaled: Vec<Sparse> = columns.iter().zip(&units).map(|(column, &unit)| scale(column, unit)).collect();
        let dear: Vec<f64> = costs.iter().zip(&units).map(|(cost, unit)| cost * unit).collect();
        let factors = nonnegative_combination(&scaled, &scale(&target, 1.0), rows, &dear).expect("feasible");
        let value = |costs: &[f64], factors: &[f64]| costs.iter().zip(factors).map(|(c, x)| c * x).sum::<f64>();
        let (wanted, found) = (value(&costs, &plain), value(&dear, &factors));
        assert!((wanted - found).abs() < 1e-6 * (1.0 + wanted), "seed {seed}: {wanted} {found}");
    }
}

/// The same program for the interior-point solver: max −costs·x, x ≥ 0, with the columns as equalities.
fn as_program(columns: &[Sparse], target: &Sparse, rows: usize, costs: &[f64]) -> Program {
    let count = columns.len();
    let mut program = Program::of_block(DMatrix::zeros(0, 0), vec![DMatrix::zeros(0, 0); count]);
    program.offsets = DVector::zeros(count);
    program.rows = DMatrix::identity(count, count);
    program.equalities = DMatrix::zeros(rows, count);
    program.targets = DVector::zeros(rows);
    for (j, column) in columns.iter().enumerate() {
        for &(row, entry) in column {
            program.equalities[(row, j)] = entry;
        }
    }
    for &(row, entry) in target {
        program.targets[row] = entry;
    }
    program.objective = -DVector::from_column_slice(costs);
    program
}

#[test]
fn simplex_and_interior_points_agree() {
    for seed in 0..150 {
        let mut rng = ChaCha8Rng::seed_from_u64(2000 + seed);
        let (columns, mut target, rows, costs) = degenerate(&mut rng);
        if seed % 2 == 0 {
            target[0].1 += 1.0;
        }
        let found = nonnegative_combination(&columns, &target, rows, &costs);
        let solution = solve(&as_program(&columns, &target, rows, &costs), &Options::default());
        match found {
            None => assert_eq!(solution.status, Status::Infeasible, "seed {seed}"),
            Some(factors) => {
                let value: f64 = costs.iter().zip(&factors).map(|(cost, factor)| cost * factor).sum();
                assert_eq!(solution.status, Status::Optimal, "seed {seed}");
                assert!((value + solution.objective).abs() < 1e-6 * (1.0 + value), "seed {seed}");
            }
        }
    }
}

#[test]
fn dependent_columns_are_taken_out_at_no_cost() {
    let (columns, rows) = dense(&[&[1.0, 2.0, 0.0, 1.0], &[0.0, 0.0, 1.0, 1.0]]);
    let columns: Vec<Sparse> = columns.iter().map(|column| collected(column, rows)).collect();
    let balanced = Balanced {
        columns: columns.clone(),
        target: vec![4.0, 2.0],
        costs: vec![1.0, 1.0, 1.0, 1.0],
        units: vec![1.0; 4],
    };
    let mut factors = vec![1.0, 1.0, 1.0, 1.0];
    balanced.make_independent(&mut factors);
    assert!(balanced.is_solution(&factors));
    assert!(factors.iter().sum::<f64>() <= 4.0);
    let (rank, support) = rank_of_support(&columns, &factors, rows);
    assert_eq!(rank, support);
}

/// 60×400, 150×2000 and 300×6000, columns with 20 entries.
#[test]
#[ignore = "timing, to be run in release"]
fn time_of_nonnegative_combinations() {
    for (rows, count) in [(60, 400), (150, 2000), (300, 6000)] {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let columns: Vec<Sparse> = (0..count)
            .map(|_| (0..20).map(|_| (rng.random_range(0..rows), rng.random_range(-1.0..1.0))).collect())
            .collect();
        let planted: Vec<f64> =
            (0..count).map(|j| if j % 10 == 0 { rng.random_range(0.0..1.0) } else { 0.0 }).collect();
        let target: Sparse = combined(&columns, &planted, rows).into_iter().enumerate().collect();
        let start = std::time::Instant::now();
        let factors = nonnegative_combination(&columns, &target, rows, &vec![1.0; count]).unwrap();
        let support = factors.iter().filter(|&&factor| factor > 0.0).count();
        println!("{rows}×{count}: {:.1} ms, support {support}", start.elapsed().as_secs_f64() * 1e3);
    }
}
