//! The worst case of gradient descent, as multipliers of interpolation inequalities prove it.

use super::*;

/// Inner product ⟨a, b⟩ as a form in the Gram matrix.
fn product(a: &DVector<f64>, b: &DVector<f64>) -> DMatrix<f64> {
    (a * b.transpose() + b * a.transpose()) * 0.5
}

/// Min τ such that f(x_N) − f* ≤ τ‖x_0 − x*‖² follows for all 1-smooth convex f: y is τ and then a multiplier ≥ 0 of
/// f_i ≥ f_j + ⟨g_j, x_i − x_j⟩ + ½‖g_i − g_j‖² for each pair. Vectors are in the basis x_0 − x*, g_0, …, g_N.
pub(super) fn gradient_descent(steps: usize, step: f64) -> Program {
    let n = steps + 2;
    let basis = |i: usize| DVector::from_fn(n, |j, _| f64::from(u8::from(i == j)));
    let mut points = vec![basis(0)];
    for k in 0..steps {
        points.push(&points[k] - basis(k + 1) * step);
    }
    points.push(DVector::zeros(n));
    let gradients: Vec<_> = (0..=steps).map(|k| basis(k + 1)).chain([DVector::zeros(n)]).collect();
    let pairs: Vec<_> = (0..n).flat_map(|i| (0..n).filter(move |&j| j != i).map(move |j| (i, j))).collect();
    let mut directions = vec![product(&points[0], &points[0])];
    directions.extend(pairs.iter().map(|&(i, j)| {
        let difference = &gradients[i] - &gradients[j];
        product(&gradients[j], &(&points[i] - &points[j])) + product(&difference, &difference) * 0.5
    }));
    let m = directions.len();
    let mut program = Program::of_block(DMatrix::zeros(n, n), directions);
    program.offsets = DVector::zeros(m - 1);
    program.rows = DMatrix::identity(m - 1, m - 1).insert_column(0, 0.0);
    // The values of f cancel.
    program.equalities = DMatrix::zeros(n, m);
    for (k, &(i, j)) in pairs.iter().enumerate() {
        program.equalities[(i, k + 1)] = 1.0;
        program.equalities[(j, k + 1)] = -1.0;
    }
    program.targets = DVector::zeros(n);
    program.targets[steps] = -1.0;
    program.targets[n - 1] = 1.0;
    program.objective[0] = -1.0;
    program
}

/// Whether f(x_N) − f* ≤ τ‖x_0 − x*‖² has a proof.
pub(super) fn claim(steps: usize, step: f64, rate: f64) -> Program {
    let mut program = gradient_descent(steps, step);
    program.constant = program.directions.remove(0) * rate;
    program.rows = program.rows.remove_column(0);
    program.equalities = program.equalities.remove_column(0);
    program.objective = program.objective.remove_row(0);
    program
}

#[test]
fn one_step_of_gradient_descent_has_the_rate_of_a_sixth() {
    let solution = optimum_is(&gradient_descent(1, 1.0), -1.0 / 6.0);
    assert!(solution.gap < 1e-10);
}

#[test]
fn more_and_shorter_steps_have_the_rates_of_drori_and_teboulle() {
    for steps in 1..=5 {
        for step in [0.25, 0.5, 1.0] {
            optimum_is(&gradient_descent(steps, step), -1.0 / (4.0 * steps as f64 * step + 2.0));
        }
    }
}

#[test]
fn repeated_inequalities_and_other_units_leave_the_rate_as_it_is() {
    for seed in 0..10 {
        let mut rng = seeded(seed);
        let program = with_repetitions(&mut rng, &gradient_descent(2, 1.0));
        let solution = solve(&in_other_units(&mut rng, &program, 0.0), &Options::default());
        assert!((solution.objective + 0.1).abs() < 1e-9, "{}", solution.objective);
    }
}

#[test]
fn a_true_rate_has_margin_zero_and_others_have_the_sign_of_their_slack() {
    for steps in 1..=4 {
        let rate = 1.0 / (4.0 * steps as f64 + 2.0);
        let at = |factor: f64| margin(&claim(steps, 1.0, rate * factor), &Options::default());
        assert!(at(1.0).value.abs() < 1e-10);
        assert!(at(1.01).value > 1e-4 && at(1.000_001).value > 1e-8);
        for (factor, least) in [(0.99, -1e-4), (0.999_999, -1e-8)] {
            let margin = at(factor);
            assert_eq!(margin.status, Status::Optimal);
            assert!(margin.value < least && margin.bound < least, "{} {}", margin.value, margin.bound);
        }
    }
}

#[test]
fn a_rate_that_is_too_good_is_refuted() {
    refuted(&claim(2, 1.0, 0.099));
    let found = optimum(&claim(2, 1.0, 0.1));
    assert!(found.violation < 1e-10);
}
