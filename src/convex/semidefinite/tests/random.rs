//! Random programs with planted answers, in any units.

use std::time::Instant;

use super::*;

#[test]
fn planted_optima_are_found() {
    for seed in 0..100 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(2..13);
        let rank = rng.random_range(1..n);
        let sizes = [n, rng.random_range(1..40), rank, n - rank];
        let count = rng.random_range(0..20);
        let (program, value) = planted_with_rows(rng, sizes, count);
        optimum_is(&program, value);
    }
}

#[test]
fn planted_equalities_are_kept() {
    for seed in 0..40 {
        let rng = &mut seeded(seed);
        let (mut program, value, rows) = planted_with_table(rng);
        let best = optimum(&program).y;
        program.equalities = rows;
        program.targets = &program.equalities * best;
        optimum_is(&program, value);
    }
}

#[test]
fn units_do_not_matter() {
    for seed in 0..60 {
        let rng = &mut seeded(seed);
        let (program, value) = any_planted(rng, 2..10, 1..20, 0..12);
        let solution = solve(&in_other_units(rng, &program, 4.0), &Options::default());
        assert_eq!(solution.status, Status::Optimal);
        let error = (solution.objective - value).abs() / (1.0 + value.abs());
        assert!(error < 1e-8, "seed {seed}: {} instead of {value}", solution.objective);
    }
}

#[test]
fn infeasible_programs_are_refuted() {
    for seed in 0..100 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(2..13);
        let sizes = [n, rng.random_range(1..40), rng.random_range(1..=n)];
        refuted(&infeasible(rng, sizes));
    }
}

#[test]
fn programs_with_a_semidefinite_direction_are_unbounded() {
    for seed in 0..60 {
        let rng = &mut seeded(seed);
        let n = rng.random_range(1..12);
        let rank = rng.random_range(1..=n);
        let mut directions: Vec<_> = (0..rng.random_range(0..20)).map(|_| symmetric(rng, n)).collect();
        directions.push(semidefinite(rng, n, rank));
        let mut program = Program::of_block(semidefinite(rng, n, n), directions);
        *program.objective.iter_mut().last().unwrap() = 1.0;
        unbounded(&program);
    }
}

#[test]
fn a_repeated_run_gives_the_same_bits() {
    let (program, _) = planted(&mut seeded(5), [8, 12, 3, 5]);
    assert_eq!(solve(&program, &Options::default()), solve(&program, &Options::default()));
}

#[test]
fn the_largest_programs_are_solved() {
    let rng = &mut seeded(9);
    let (program, value) = planted_with_rows(rng, [40, 60, 15, 25], 500);
    optimum_is(&program, value);
}

#[test]
#[ignore = "timing, to be run in release"]
fn time_of_programs() {
    let report = |name: &str, run: &dyn Fn() -> usize| {
        let times = (0..20).map(|_| {
            let start = Instant::now();
            let iterations = run();
            (start.elapsed().as_secs_f64() * 1e3, iterations)
        });
        let (time, iterations) = times.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        println!("{name}: {time:.2} ms, {iterations} steps");
    };
    for [n, m, rows] in [[3, 3, 3], [5, 10, 10], [10, 20, 0], [10, 20, 20], [15, 60, 60], [20, 60, 0], [40, 60, 60]] {
        let (program, _) = planted_with_rows(&mut seeded(1), [n, m, n / 2, n - n / 2], rows);
        report(&format!("solve n {n} m {m} p {rows}"), &|| solve(&program, &Options::default()).iterations);
        report(&format!("margin n {n} m {m} p {rows}"), &|| margin(&program, &Options::default()).iterations);
    }
    for steps in 1..=6 {
        let rate = 1.0 / (4.0 * steps as f64 + 2.0);
        let (program, claim) = (worst_case::gradient_descent(steps, 1.0), worst_case::claim(steps, 1.0, rate));
        let (n, m) = (program.constant.nrows(), program.objective.len());
        report(&format!("solve descent n {n} m {m}"), &|| solve(&program, &Options::default()).iterations);
        report(&format!("margin descent n {n} m {m}"), &|| margin(&claim, &Options::default()).iterations);
    }
}
