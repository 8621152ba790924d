//! Programs whose optimum is known in closed form.

use super::*;

/// Min Σ y_i with Diag(y) ⪰ L/4, for the Laplacian L of a graph: an upper bound of its largest cut.
fn cut_bound(n: usize, edges: &[(usize, usize)]) -> Program {
    let mut laplacian = DMatrix::zeros(n, n);
    for &(i, j) in edges {
        laplacian += unit(n, i, i) + unit(n, j, j) - unit(n, i, j);
    }
    let mut program = Program::of_block(laplacian * -0.25, (0..n).map(|i| unit(n, i, i)).collect());
    program.objective.fill(-1.0);
    program
}

fn cycle(n: usize) -> Vec<(usize, usize)> {
    (0..n).map(|i| (i, (i + 1) % n)).collect()
}

#[test]
fn the_bound_of_a_cut_is_what_the_spectrum_says_for_symmetric_graphs() {
    // n λ_max(L)/4 for vertex-transitive graphs.
    let five = 5.0 / 4.0 * (2.0 + 2.0 * (std::f64::consts::PI / 5.0).cos());
    optimum_is(&cut_bound(5, &cycle(5)), -five);
    optimum_is(&cut_bound(6, &cycle(6)), -6.0);
    let complete: Vec<_> = (0..7).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
    optimum_is(&cut_bound(7, &complete), -49.0 / 4.0);
}

#[test]
fn the_theta_number_of_the_five_cycle_is_the_root_of_five() {
    let n = 5;
    let mut directions = vec![DMatrix::identity(n, n)];
    directions.extend(cycle(n).into_iter().map(|(i, j)| unit(n, i, j)));
    let mut program = Program::of_block(DMatrix::from_element(n, n, -1.0), directions);
    program.objective[0] = -1.0;
    optimum_is(&program, -5f64.sqrt());
}

#[test]
fn the_least_eigenvalue_is_the_largest_shift() {
    for n in [1, 2, 6, 15, 40] {
        let matrix = symmetric(&mut seeded(n as u64), n);
        let mut program = Program::of_block(matrix.clone(), vec![-DMatrix::identity(n, n)]);
        program.objective[0] = 1.0;
        let solution = optimum_is(&program, matrix.symmetric_eigenvalues().min());
        assert!((solution.gram.trace() - 1.0).abs() < 1e-9);
    }
}

/// max 3a + 5b, a ≤ 4, 2b ≤ 12, 3a + 2b ≤ 18, a, b ≥ 0.
fn factory() -> Program {
    Program {
        constant: DMatrix::zeros(0, 0),
        directions: vec![DMatrix::zeros(0, 0); 2],
        offsets: DVector::from_vec(vec![4.0, 12.0, 18.0, 0.0, 0.0]),
        rows: DMatrix::from_row_slice(5, 2, &[-1.0, 0.0, 0.0, -2.0, -3.0, -2.0, 1.0, 0.0, 0.0, 1.0]),
        equalities: DMatrix::zeros(0, 2),
        targets: DVector::zeros(0),
        objective: DVector::from_vec(vec![3.0, 5.0]),
    }
}

#[test]
fn a_linear_program_without_block_has_its_vertex() {
    let solution = optimum_is(&factory(), 36.0);
    assert!((solution.y - DVector::from_vec(vec![2.0, 6.0])).amax() < 1e-8);
    assert!((solution.row_multipliers - DVector::from_vec(vec![0.0, 1.5, 1.0, 0.0, 0.0])).amax() < 1e-8);
}

#[test]
fn an_equality_cuts_a_linear_program_and_has_its_multiplier() {
    let mut program = factory();
    program.equalities = DMatrix::from_row_slice(1, 2, &[1.0, 1.0]);
    program.targets = DVector::from_vec(vec![3.0]);
    let solution = optimum_is(&program, 15.0);
    assert!((solution.equality_multipliers[0] - 5.0).abs() < 1e-8);
}

#[test]
fn linear_programs_may_have_no_point_or_no_end() {
    let mut empty = factory();
    empty.rows[(0, 0)] = 1.0;
    empty.offsets[0] = -7.0;
    refuted(&empty);
    let mut endless = factory();
    endless.rows[(1, 1)] = 2.0;
    endless.rows[(2, 1)] = 0.0;
    unbounded(&endless);
    endless.rows[(0, 0)] = 1.0;
    endless.offsets[0] = -7.0;
    refuted(&endless);
}

#[test]
fn a_disc_is_a_block_of_order_two() {
    // 1 + a, b; b, 1 − a.
    let directions = vec![unit(2, 0, 0) - unit(2, 1, 1), unit(2, 0, 1)];
    let mut program = Program::of_block(DMatrix::identity(2, 2), directions);
    program.objective = DVector::from_vec(vec![3.0, 4.0]);
    let solution = optimum_is(&program, 5.0);
    assert!((solution.y - DVector::from_vec(vec![0.6, 0.8])).amax() < 1e-9);
}

#[test]
fn programs_of_no_size_have_an_answer() {
    let nothing = Program::of_block(DMatrix::zeros(0, 0), Vec::new());
    assert_eq!(optimum(&nothing).objective, 0.0);
    assert_eq!(optimum(&Program::of_block(DMatrix::identity(3, 3), Vec::new())).objective, 0.0);
    optimum(&Program::of_block(DMatrix::zeros(3, 3), vec![DMatrix::zeros(3, 3)]));
    refuted(&Program::of_block(unit(2, 0, 1), Vec::new()));
    refuted(&Program::of_block(-DMatrix::identity(1, 1), Vec::new()));
    let mut free = Program::of_block(DMatrix::identity(1, 1), vec![DMatrix::zeros(1, 1)]);
    free.objective[0] = -2.0;
    unbounded(&free);
}

#[test]
fn equalities_may_leave_one_point_or_none() {
    let mut program = Program::of_block(DMatrix::identity(2, 2), vec![unit(2, 0, 1), unit(2, 1, 1)]);
    program.objective = DVector::from_vec(vec![1.0, 1.0]);
    program.equalities = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.0, 2.0, 1.0, 1.0]);
    program.targets = DVector::from_vec(vec![0.5, 2.0, 1.5]);
    optimum_is(&program, 1.5);
    program.targets[0] = 2.0;
    program.targets[2] = 3.0;
    refuted(&program);
    program.targets[2] = 2.9;
    let solution = refuted(&program);
    assert_eq!(solution.gram.amax(), 0.0);
}

#[test]
fn data_that_are_not_finite_stall() {
    let mut program = factory();
    program.rows[(0, 0)] = f64::NAN;
    assert_eq!(solve(&program, &Options::default()).status, Status::Stalled);
    let margin = margin(&program, &Options::default());
    assert_eq!((margin.status, margin.value), (Status::Stalled, f64::NEG_INFINITY));
}

#[test]
fn only_the_symmetric_part_of_a_matrix_counts() {
    let mut program = Program::of_block(DMatrix::identity(2, 2), vec![DMatrix::zeros(2, 2)]);
    program.directions[0][(0, 1)] = 1.0;
    program.objective[0] = 1.0;
    assert!((solve(&program, &Options::default()).objective - 2.0).abs() < 1e-9);
}

#[test]
fn a_run_that_is_cut_short_says_so() {
    let (program, _) = planted(&mut seeded(1), [6, 8, 2, 4]);
    let solution = solve(&program, &Options { most_iterations: 3, ..Options::default() });
    assert_eq!((solution.status, solution.iterations), (Status::Stalled, 3));
    assert!(solution.gap > 1e-6 || solution.violation > 1e-6 || solution.stationarity > 1e-6);
}

#[test]
fn an_equality_may_take_a_multiplier_to_zero() {
    // a = 0 besides a ≥ 0, then a + 3b = 0 with both nonnegative.
    let mut program = factory();
    program.equalities = DMatrix::from_row_slice(1, 2, &[1.0, 0.0]);
    program.targets = DVector::zeros(1);
    optimum_is(&program, 30.0);
    program.equalities = DMatrix::from_row_slice(1, 2, &[1.0, 3.0]);
    let solution = optimum_is(&program, 0.0);
    assert!(solution.y.amax() < 1e-9);
    let margin = margin(&program, &Options::default());
    assert_eq!((margin.status, margin.value), (Status::Optimal, 1.0));
    assert!(margin.y.amax() < 1e-9);
}
