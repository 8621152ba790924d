//! Margins.

use super::*;

fn margin_of(program: &Program) -> Margin {
    let margin = margin(program, &Options::default());
    let slack = program.slack(&margin.y);
    assert!((&slack - &margin.slack).amax() <= 1e-10 * (1.0 + slack.amax()));
    margin
}

#[test]
fn the_margin_of_a_constant_is_its_least_relative_eigenvalue() {
    let constant = DMatrix::from_row_slice(2, 2, &[4.0, 1.0, 1.0, 0.25]);
    // diag(4, 1/4) in units: [[1, 1], [1, 1]].
    let margin = margin_of(&Program::of_block(constant, Vec::new()));
    assert!(margin.value.abs() < 1e-10 && margin.bound.abs() < 1e-9);
    assert!((margin.units[0] / margin.units[1] - 16.0).abs() < 0.1);
    assert!((margin.units.dot(&margin.gram.diagonal()) - 1.0).abs() < 1e-9);
    let margin = margin_of(&Program::of_block(-DMatrix::identity(3, 3), Vec::new()));
    assert!((margin.value + 1.0).abs() < 1e-10);
}

#[test]
fn the_margin_is_at_most_one_and_y_stays_small() {
    let program = Program::of_block(DMatrix::identity(3, 3) + unit(3, 0, 1), vec![DMatrix::identity(3, 3)]);
    let margin = margin_of(&program);
    assert!((margin.value - 1.0).abs() < 1e-10 && margin.y[0] < 100.0);
}

#[test]
fn the_margin_of_a_program_without_interior_is_zero() {
    for seed in 0..40 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(3..10);
        let sizes = [n, rng.random_range(1..=n * (n - 1) / 2), rng.random_range(1..n - 1)];
        let margin = margin_of(&flat(rng, sizes).0);
        assert_eq!(margin.status, Status::Optimal);
        assert!(margin.value.abs() < 1e-10 && margin.bound > -1e-10, "{} {}", margin.value, margin.bound);
    }
}

#[test]
fn the_margin_of_an_infeasible_program_is_negative() {
    for seed in 0..40 {
        let rng = &mut seeded(seed);
        let sizes = [rng.random_range(2..10), rng.random_range(1..20), 1];
        let margin = margin_of(&infeasible(rng, sizes));
        assert_eq!(margin.status, Status::Optimal);
        assert!(margin.bound < -1e-6 && (margin.bound - margin.value).abs() < 1e-9);
    }
}

#[test]
fn the_margin_hardly_depends_on_units() {
    for seed in 0..30 {
        let rng = &mut seeded(seed);
        let (program, _) = any_planted(rng, 2..8, 1..12, 0..6);
        let (plain, changed) = (margin_of(&program), margin_of(&in_other_units(rng, &program, 3.0)));
        let error = (plain.value - changed.value).abs();
        assert!(error < 0.1 * plain.value.abs() + 1e-9, "seed {seed}: {} {}", plain.value, changed.value);
    }
}

#[test]
fn a_margin_that_is_only_approached_stays_below_zero() {
    // [[−w, 1], [1, y]] with w ≥ 0, in a rotated basis: negative, however large y.
    let turn = DMatrix::from_row_slice(2, 2, &[0.8, 0.6, -0.6, 0.8]);
    let turned = |matrix: DMatrix<f64>| turn.transpose() * matrix * &turn;
    let margin = margin_of(&Program::of_block(turned(unit(2, 0, 1)), vec![turned(unit(2, 1, 1))]));
    assert_eq!(margin.radius, 1e6);
    assert!(margin.value < -1e-7 && margin.value > -1e-4, "{}", margin.value);
}

#[test]
fn rows_without_a_solution_have_no_margin() {
    let mut program = Program::of_block(DMatrix::identity(2, 2), vec![unit(2, 0, 1)]);
    program.rows = DMatrix::from_row_slice(2, 1, &[1.0, -1.0]);
    program.offsets = DVector::from_vec(vec![-1.0, 0.5]);
    let margin = margin_of(&program);
    assert_eq!((margin.status, margin.value), (Status::Infeasible, f64::NEG_INFINITY));
    program.rows = DMatrix::zeros(0, 1);
    program.offsets = DVector::zeros(0);
    program.equalities = DMatrix::from_row_slice(2, 1, &[1.0, 1.0]);
    program.targets = DVector::from_vec(vec![1.0, 2.0]);
    assert_eq!(margin_of(&program).status, Status::Infeasible);
}

#[test]
fn far_solutions_are_found_with_a_larger_radius() {
    let mut program = Program::of_block(DMatrix::identity(2, 2), vec![unit(2, 0, 0), unit(2, 1, 1)]);
    program.rows = DMatrix::from_row_slice(1, 2, &[1e-3, -1.0]);
    program.offsets = DVector::from_vec(vec![0.0]);
    program.equalities = DMatrix::from_row_slice(1, 2, &[0.0, 1.0]);
    program.targets = DVector::from_vec(vec![30.0]);
    let margin = margin_of(&program);
    assert!(margin.value > 0.0 && margin.y[0] > 29_999.0, "{margin:?}");
}

#[test]
fn vanishing_rows_do_not_count() {
    let mut program = Program::of_block(unit(3, 0, 0) + unit(3, 1, 1), vec![unit(3, 0, 1), unit(3, 1, 2)]);
    let margin = margin_of(&program);
    assert!((margin.value - 1.0).abs() < 1e-9 && margin.units[2] == 0.0 && margin.y.amax() < 1e-9);
    program.constant[(0, 2)] = 1e-3;
    program.constant[(2, 0)] = 1e-3;
    assert_eq!(margin_of(&program).status, Status::Infeasible);
}
