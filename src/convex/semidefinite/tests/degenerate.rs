//! Programs without interior, without attained optimum, with a gap, and with nothing but repetitions.

use super::*;

#[test]
fn a_program_without_interior_is_solved() {
    for seed in 0..60 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(3..10);
        let sizes = [n, rng.random_range(1..=n * (n - 1) / 2), rng.random_range(1..n - 1)];
        let (program, value) = flat(rng, sizes);
        optimum_is(&program, value);
    }
}

#[test]
fn complementarity_need_not_be_strict() {
    for seed in 0..60 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(3..12);
        let m = rng.random_range(1..30);
        let (program, value) = planted(rng, [n, m, n / 3, n / 3]);
        optimum_is(&program, value);
    }
}

#[test]
fn rows_that_pinch_leave_the_optimum() {
    for seed in 0..40 {
        let rng = &mut seeded(seed);
        let (mut program, value, rows) = planted_with_table(rng);
        let best = optimum(&program).y;
        // r·y ≥ r·y* and −r·y ≥ −r·y*.
        program.rows = DMatrix::from_fn(2 * rows.nrows(), rows.ncols(), |i, k| {
            if i % 2 == 0 { rows[(i / 2, k)] } else { -rows[(i / 2, k)] }
        });
        program.offsets = -&program.rows * best;
        let solution = solve(&program, &Options::default());
        assert_eq!(solution.status, Status::Optimal);
        assert!((solution.objective - value).abs() < 1e-9 * (1.0 + value.abs()));
    }
}

#[test]
fn repetitions_change_nothing() {
    for seed in 0..60 {
        let rng = &mut seeded(seed);
        let (program, value) = any_planted(rng, 2..9, 1..20, 0..12);
        optimum_is(&with_repetitions(rng, &program), value);
    }
}

#[test]
fn a_combination_of_directions_that_pays_for_nothing_is_a_ray() {
    let mut program = Program::of_block(DMatrix::identity(2, 2), vec![unit(2, 0, 1), unit(2, 0, 1) * 2.0]);
    program.objective = DVector::from_vec(vec![1.0, 2.0]);
    optimum_is(&program, 1.0);
    program.objective[1] = 2.5;
    unbounded(&program);
    program.constant[(0, 0)] = -1.0;
    refuted(&program);
}

#[test]
fn where_a_diagonal_entry_vanishes_its_row_does() {
    // [[0, a, b], [a, 1 + b, c], [b, c, 1]], c ≤ 1 follows.
    let directions = vec![unit(3, 0, 1), unit(3, 0, 2) + unit(3, 1, 1), unit(3, 1, 2)];
    let mut program = Program::of_block(unit(3, 1, 1) + unit(3, 2, 2), directions);
    program.objective = DVector::from_vec(vec![1.0, 1.0, 1.0]);
    let solution = optimum_is(&program, 1.0);
    assert!((solution.y - DVector::from_vec(vec![0.0, 0.0, 1.0])).amax() < 1e-9);
    program.constant[(0, 2)] = 1.0;
    program.constant[(2, 0)] = 1.0;
    // b = −1 leaves a vanishing diagonal entry.
    let solution = solve(&program, &Options::default());
    assert_eq!(solution.status, Status::Optimal);
    assert!((solution.y - DVector::from_vec(vec![0.0, -1.0, 0.0])).amax() < 1e-9);
}

#[test]
fn vanishing_diagonals_may_follow_from_each_other() {
    for length in 1..6 {
        // Entry (i, n) is y_i and the diagonal entry i + 1 too: all vanish, one after the other.
        let n = length + 2;
        let chain = (0..length).map(|i| unit(n, i, n - 1) + unit(n, i + 1, i + 1));
        let mut program = Program::of_block(unit(n, n - 1, n - 1), chain.chain([unit(n, length, n - 1)]).collect());
        program.objective = vector(&mut seeded(length as u64), length + 1);
        let solution = solve(&program, &Options::default());
        assert_eq!(solution.status, Status::Optimal);
        assert!(solution.y.amax() < 1e-12);
    }
}

#[test]
fn an_entry_next_to_a_vanishing_diagonal_refutes() {
    // [[0, 1], [1, y]]: the smallest eigenvalue tends to 0 as y grows.
    refuted(&Program::of_block(unit(2, 0, 1), vec![unit(2, 1, 1)]));
}

#[test]
fn an_optimum_that_is_not_attained_is_approached() {
    // min a with [[a, 1], [1, b]] ⪰ 0.
    let mut program = Program::of_block(unit(2, 0, 1), vec![unit(2, 0, 0), unit(2, 1, 1)]);
    program.objective[0] = -1.0;
    let solution = solve(&program, &Options::default());
    assert!(matches!(solution.status, Status::Optimal | Status::Stalled));
    assert!(solution.objective.abs() < 1e-7 && solution.y.iter().all(|value| value.is_finite()));
}

#[test]
fn a_program_with_a_duality_gap_never_claims_a_certificate() {
    // max b over [[a, b, 0], [b, 0, 0], [0, 0, 1 − b]]: b = 0 although the dual says 1.
    let directions = vec![unit(3, 0, 0), unit(3, 0, 1) - unit(3, 2, 2)];
    let mut program = Program::of_block(unit(3, 2, 2), directions);
    program.objective[1] = 1.0;
    let solution = solve(&program, &Options::default());
    assert!(matches!(solution.status, Status::Optimal | Status::Stalled));
    assert!(solution.objective.abs() < 1e-9);
}

#[test]
fn a_gap_that_no_diagonal_shows_stalls_or_is_found() {
    // The same after a rotation, which hides the vanishing entry.
    let rotation = orthonormal(&mut seeded(3), 3);
    let turned = |matrix: DMatrix<f64>| rotation.transpose() * matrix * &rotation;
    let directions = vec![turned(unit(3, 0, 0)), turned(unit(3, 0, 1) - unit(3, 2, 2))];
    let mut program = Program::of_block(turned(unit(3, 2, 2)), directions);
    program.objective[1] = 1.0;
    let solution = solve(&program, &Options::default());
    assert_eq!(solution.status, Status::Stalled);
    assert!(solution.y.iter().all(|value| value.is_finite()));
}
