//! What a search may change of each family's data.

use super::{Counted, Free, Part, Parts, Range};
use crate::problem::{MAX_DIMENSION, MAX_WORKERS, ProblemSpec, data};

/// Most rows, terms and samples.
const MANY: usize = 4096;

impl Free for ProblemSpec {
    fn parts(&mut self) -> Parts<'_> {
        use Counted::{Dimension, Inner, Other, Workers};
        use Part::{Balanced, BalancedVectors, ByCoordinate, Count, One, Pieces, Seed};
        use Range::{Any, FromOne, KeepsSign, Nonnegative, Positive, Switch};
        let coordinates = |count| ("dimension", Count(count, Dimension, MAX_DIMENSION));
        let many = |count| ("workers", Count(count, Workers, MAX_WORKERS));
        match self {
            ProblemSpec::Quadratic { dimension, condition, seed } => {
                vec![coordinates(dimension), ("condition", One(condition, FromOne)), ("seed", Seed(seed))]
            }
            ProblemSpec::DiagonalQuadratic { spectrum } => vec![("spectrum", ByCoordinate(spectrum, Nonnegative))],
            // Its matrices are a paper's own.
            ProblemSpec::ExplicitQuadratic { .. } => Vec::new(),
            ProblemSpec::ShiftedQuadratic { spectrum, shifts } => {
                vec![("spectrum", ByCoordinate(spectrum, Nonnegative)), ("shifts", BalancedVectors(shifts))]
            }
            ProblemSpec::HeterogeneousQuadratic { dimension, workers, condition, spread, seed } => vec![
                coordinates(dimension),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::LeastSquares { dimension, rank, condition, offset, workers, seed } => vec![
                coordinates(dimension),
                ("rank", Count(rank, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("offset", One(offset, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::SineSquared { dimension } => vec![coordinates(dimension)],
            ProblemSpec::SineSquaredComposed { dimension, rows, condition, seed } => vec![
                coordinates(dimension),
                ("rows", Count(rows, Inner, MAX_DIMENSION)),
                ("condition", One(condition, FromOne)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::Logistic { dimension, workers, share, regulariser, seed } => vec![
                coordinates(dimension),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("regulariser", One(regulariser, Switch)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::GemanMcClure { dimension, workers, share, seed } => {
                vec![coordinates(dimension), many(workers), ("share", Count(share, Other, MANY)), ("seed", Seed(seed))]
            }
            ProblemSpec::Fourier { dimension, workers, terms, seed } => {
                vec![coordinates(dimension), many(workers), ("terms", Count(terms, Other, 256)), ("seed", Seed(seed))]
            }
            ProblemSpec::BreastCancerLogistic { features, workers, share, regulariser } => vec![
                ("features", Count(features, Dimension, data::FEATURES)),
                many(workers),
                ("share", Count(share, Other, data::ROWS)),
                ("regulariser", One(regulariser, Switch)),
            ],
            ProblemSpec::BreastCancerSquares { features, workers, share } => vec![
                ("features", Count(features, Dimension, data::FEATURES)),
                many(workers),
                ("share", Count(share, Other, data::ROWS)),
            ],
            ProblemSpec::Huber { curvature, width, tilts } => vec![
                ("curvature", One(curvature, Positive)),
                ("width", One(width, Positive)),
                ("tilts", Balanced(tilts)),
            ],
            ProblemSpec::PiecewiseQuadratic { anchor, value, slope, breaks, curvatures } => vec![
                ("slope", One(slope, Any)),
                ("curvatures", Pieces(breaks, curvatures)),
                ("anchor", One(anchor, Any)),
                ("value", One(value, Any)),
            ],
            ProblemSpec::CompositeAffine { dimension, rows, workers, condition, spread, seed, .. }
            | ProblemSpec::CompositeBent { dimension, rows, workers, condition, spread, seed, .. } => vec![
                coordinates(dimension),
                ("rows", Count(rows, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::MamlQuadratic { spectrum, workers, spread, step, seed } => vec![
                ("spectrum", ByCoordinate(spectrum, KeepsSign)),
                many(workers),
                ("spread", One(spread, Nonnegative)),
                ("step", One(step, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::MamlLeastSquares { dimension, rank, condition, workers, spread, step, seed } => vec![
                coordinates(dimension),
                ("rank", Count(rank, Inner, MAX_DIMENSION)),
                many(workers),
                ("condition", One(condition, FromOne)),
                ("spread", One(spread, Nonnegative)),
                ("step", One(step, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::MamlCosine { step } => vec![("step", One(step, Nonnegative))],
            ProblemSpec::MamlRidge { dimension, workers, share, step, seed, .. } => vec![
                coordinates(dimension),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("step", One(step, Nonnegative)),
                ("seed", Seed(seed)),
            ],
            ProblemSpec::MamlSinusoid { units, workers, share, step, seed } => vec![
                ("units", Count(units, Other, MAX_DIMENSION / 2)),
                many(workers),
                ("share", Count(share, Other, MANY)),
                ("step", One(step, Nonnegative)),
                ("seed", Seed(seed)),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;
    use crate::problem::{build, nested_suite, suite};

    fn listed() -> Vec<ProblemSpec> {
        let mut all = suite(Preset::Quick);
        all.extend(nested_suite(Preset::Quick));
        all.extend([
            ProblemSpec::DiagonalQuadratic { spectrum: vec![0.0, 0.5, 2.0] },
            ProblemSpec::ShiftedQuadratic {
                spectrum: vec![1.0, 0.1],
                shifts: vec![vec![2.0, 0.1], vec![-3.0, 0.2], vec![1.0, -0.1 - 0.2]],
            },
            ProblemSpec::Huber { curvature: 1.0, width: 1.0, tilts: vec![0.25, -0.25] },
            ProblemSpec::PiecewiseQuadratic {
                anchor: 0.0,
                value: 0.0,
                slope: 0.25,
                breaks: vec![-2.0, 0.0],
                curvatures: vec![0.25, -0.25, 0.25],
            },
        ]);
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
        let piecewise = |curvatures: Vec<f64>| ProblemSpec::PiecewiseQuadratic {
            anchor: 0.0,
            value: 0.0,
            slope: 0.0,
            breaks: vec![0.0],
            curvatures,
        };
        let curvatures = |spec: &ProblemSpec| match spec {
            ProblemSpec::PiecewiseQuadratic { curvatures, .. } => curvatures.clone(),
            other => panic!("{other:?}"),
        };
        let moved = piecewise(vec![1.0, 0.0]).with_free_numbers(&[-1.0; 6]);
        assert!(curvatures(&moved).iter().all(|c| *c >= 0.0), "{moved:?}");
        let moved = piecewise(vec![1.0, -2.0]).with_free_numbers(&[3.0; 6]);
        assert_eq!(curvatures(&moved), [3.0, -3.0]);
        let convex = ProblemSpec::Logistic { dimension: 2, workers: 1, share: 2, regulariser: 0.0, seed: 1 };
        assert!(convex.free_numbers().is_empty() && convex.scalars().iter().all(|s| s.name != "regulariser"));
    }

    #[test]
    fn workers_and_coordinates_come_and_go_and_shifts_stay_balanced() {
        let mut spec = ProblemSpec::ShiftedQuadratic {
            spectrum: vec![1.0, 0.5],
            shifts: vec![vec![2.0, 0.0], vec![-3.0, 1.0], vec![1.0, -1.0]],
        };
        spec.remove_worker(0);
        assert!(build(&spec).is_ok(), "{spec:?}");
        spec.add_worker();
        spec.add_coordinate();
        spec.remove_coordinate(0);
        let expected = ProblemSpec::ShiftedQuadratic {
            spectrum: vec![0.5, 0.5],
            shifts: vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 0.0]],
        };
        let mut shown = spec.clone();
        if let ProblemSpec::ShiftedQuadratic { shifts, .. } = &mut shown {
            shifts.iter_mut().flatten().for_each(|x| *x += 0.0);
        }
        assert_eq!(shown, expected);
        let mut squares =
            ProblemSpec::LeastSquares { dimension: 3, rank: 3, condition: 2.0, offset: 0.0, workers: 1, seed: 1 };
        squares.remove_coordinate(2);
        assert!(build(&squares).is_ok(), "{squares:?}");
    }

    #[test]
    fn counts_grow_and_random_data_are_drawn_anew() {
        let rows = ProblemSpec::GemanMcClure { dimension: 1, workers: 1, share: 5, seed: 7 };
        let with = |share, seed| ProblemSpec::GemanMcClure { dimension: 1, workers: 1, share, seed };
        assert_eq!(rows.more(), [with(10, 7), with(5, 8), with(5, 9), with(5, 10)]);
        assert!(ProblemSpec::SineSquared { dimension: 3 }.more().is_empty());
    }

    #[test]
    fn counts_and_pieces_become_fewer() {
        let rows = ProblemSpec::GemanMcClure { dimension: 1, workers: 1, share: 5, seed: 1 };
        let shares: Vec<f64> = rows.fewer().iter().map(|spec| spec.scalars()[2].value).collect();
        assert_eq!(shares, [1.0, 2.0, 4.0]);
        let pieces = &listed().pop().unwrap();
        let fewer = pieces.fewer();
        assert_eq!(fewer.len(), 4);
        assert!(fewer.iter().all(|spec| build(spec).is_ok()), "{fewer:?}");
        assert!(ProblemSpec::SineSquared { dimension: 3 }.fewer().is_empty());
    }
}
