use super::*;
use crate::preset::Preset;
use crate::problem::families::tests::instances;
use crate::problem::families::{
    GemanMcClureSpec, LeastSquaresSpec, LogisticSpec, PiecewiseQuadraticSpec, ShiftedQuadraticSpec, SineSquaredSpec,
};
use crate::problem::{ProblemSpec, build, nested_suite, suite};

/// Its shifts add up to zero only once they are moved.
fn unbalanced() -> ProblemSpec {
    ShiftedQuadraticSpec {
        spectrum: vec![1.0, 0.1],
        shifts: vec![vec![2.0, 0.1], vec![-3.0, 0.2], vec![1.0, -0.1 - 0.2]],
    }
    .into()
}

fn listed() -> Vec<ProblemSpec> {
    let mut all = suite(Preset::Quick);
    all.extend(nested_suite(Preset::Quick));
    all.extend(instances());
    all.push(unbalanced());
    all
}

/// What it is built for: moved anywhere, a problem stays a problem of its family.
#[test]
fn any_coordinates_give_a_problem_of_the_same_family() {
    for spec in listed() {
        let start = spec.free_numbers();
        for (a, b) in [(0.0, 0.3), (-1.0, 0.1), (1.7, -0.77), (-0.3, 3.1), (0.01, 1e-3)] {
            let moved: Vec<f64> =
                start.iter().enumerate().map(|(j, x)| f64::from((a * x + b * (1.0 + j as f64)) as f32)).collect();
            let moved = spec.with_free_numbers(&moved);
            assert_eq!(moved.family(), spec.family());
            assert!(build(&moved).is_ok(), "{spec:?} moved to {moved:?}: {}", build(&moved).unwrap_err());
        }
    }
}

#[test]
fn the_coordinates_that_a_problem_has_give_it_back() {
    for spec in listed().into_iter().filter(|spec| build(spec).is_ok()) {
        assert_eq!(spec.with_free_numbers(&spec.free_numbers()), spec);
    }
}

#[test]
fn what_is_convex_or_switched_off_stays_so() {
    let piecewise = |curvatures: Vec<f64>| {
        let breaks = vec![0.0];
        ProblemSpec::from(PiecewiseQuadraticSpec { anchor: 0.0, value: 0.0, slope: 0.0, breaks, curvatures })
    };
    let curvatures = |spec: &ProblemSpec| match spec {
        ProblemSpec::PiecewiseQuadratic(PiecewiseQuadraticSpec { curvatures, .. }) => curvatures.clone(),
        other => panic!("{other:?}"),
    };
    let moved = piecewise(vec![1.0, 0.0]).with_free_numbers(&[-1.0; 6]);
    assert!(curvatures(&moved).iter().all(|c| *c >= 0.0), "{moved:?}");
    let moved = piecewise(vec![1.0, -2.0]).with_free_numbers(&[3.0; 6]);
    assert_eq!(curvatures(&moved), [3.0, -3.0]);
    let convex = LogisticSpec { dimension: 2, workers: 1, share: 2, regulariser: 0.0, seed: 1 };
    let convex = ProblemSpec::from(convex);
    assert!(convex.free_numbers().is_empty() && convex.scalars().iter().all(|s| s.name != "regulariser"));
}

#[test]
fn workers_and_coordinates_come_and_go_and_shifts_stay_balanced() {
    let mut spec: ProblemSpec = ShiftedQuadraticSpec {
        spectrum: vec![1.0, 0.5],
        shifts: vec![vec![2.0, 0.0], vec![-3.0, 1.0], vec![1.0, -1.0]],
    }
    .into();
    spec.remove_worker(0);
    assert!(build(&spec).is_ok(), "{spec:?}");
    spec.add_worker();
    spec.add_coordinate();
    spec.remove_coordinate(0);
    let expected: ProblemSpec = ShiftedQuadraticSpec {
        spectrum: vec![0.5, 0.5],
        shifts: vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 0.0]],
    }
    .into();
    let mut shown = spec.clone();
    if let ProblemSpec::ShiftedQuadratic(ShiftedQuadraticSpec { shifts, .. }) = &mut shown {
        shifts.iter_mut().flatten().for_each(|x| *x += 0.0);
    }
    assert_eq!(shown, expected);
    let mut squares: ProblemSpec =
        LeastSquaresSpec { dimension: 3, rank: 3, condition: 2.0, offset: 0.0, workers: 1, seed: 1 }.into();
    squares.remove_coordinate(2);
    assert!(build(&squares).is_ok(), "{squares:?}");
}

#[test]
fn counts_grow_and_random_data_are_drawn_anew() {
    let with = |share, seed| ProblemSpec::from(GemanMcClureSpec { dimension: 1, workers: 1, share, seed });
    assert_eq!(with(5, 7).more(), [with(10, 7), with(5, 8), with(5, 9), with(5, 10)]);
    assert!(ProblemSpec::from(SineSquaredSpec { dimension: 3 }).more().is_empty());
}

#[test]
fn counts_and_pieces_become_fewer() {
    let rows: ProblemSpec = GemanMcClureSpec { dimension: 1, workers: 1, share: 5, seed: 1 }.into();
    let shares: Vec<f64> = rows.fewer().iter().map(|spec| spec.scalars()[2].value).collect();
    assert_eq!(shares, [1.0, 2.0, 4.0]);
    let (breaks, curvatures) = (vec![-2.0, 0.0], vec![0.25, -0.25, 0.25]);
    let pieces = PiecewiseQuadraticSpec { anchor: 0.0, value: 0.0, slope: 0.25, breaks, curvatures };
    let fewer = ProblemSpec::from(pieces).fewer();
    assert_eq!(fewer.len(), 4);
    assert!(fewer.iter().all(|spec| build(spec).is_ok()), "{fewer:?}");
    assert!(ProblemSpec::from(SineSquaredSpec { dimension: 3 }).fewer().is_empty());
}
