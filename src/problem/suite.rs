//! The problems that statements are tried on where they list none.

use super::families::composite::Outer;
use super::families::tasks::ridge::Ridge;
use super::families::{
    BreastCancerLogisticSpec, BreastCancerSquaresSpec, CompositeAffineSpec, CompositeBentSpec, FourierSpec,
    GemanMcClureSpec, HeterogeneousQuadraticSpec, LeastSquaresSpec, LogisticSpec, MamlCosineSpec, MamlLeastSquaresSpec,
    MamlQuadraticSpec, MamlRidgeSpec, MamlSinusoidSpec, ProblemSpec, QuadraticSpec, SineSquaredComposedSpec,
    SineSquaredSpec,
};
use crate::preset::Preset;

/// The problems that statements are tried on.
#[must_use]
pub fn suite(preset: Preset) -> Vec<ProblemSpec> {
    let mut suite = vec![
        QuadraticSpec { dimension: 4, condition: 10.0, seed: 1 }.into(),
        HeterogeneousQuadraticSpec { dimension: 3, workers: 4, condition: 4.0, spread: 1.0, seed: 2 }.into(),
        LeastSquaresSpec { dimension: 6, rank: 3, condition: 8.0, offset: 0.5, workers: 2, seed: 3 }.into(),
        SineSquaredSpec { dimension: 2 }.into(),
        SineSquaredComposedSpec { dimension: 5, rows: 2, condition: 4.0, seed: 4 }.into(),
        LogisticSpec { dimension: 4, workers: 2, share: 6, regulariser: 0.125, seed: 5 }.into(),
        GemanMcClureSpec { dimension: 3, workers: 2, share: 5, seed: 6 }.into(),
        FourierSpec { dimension: 3, workers: 3, terms: 6, seed: 7 }.into(),
        QuadraticSpec { dimension: 1, condition: 1.0, seed: 8 }.into(),
        BreastCancerLogisticSpec { features: 6, workers: 4, share: 8, regulariser: 0.0625 }.into(),
        BreastCancerSquaresSpec { features: 5, workers: 4, share: 8 }.into(),
        SineSquaredSpec { dimension: 1 }.into(),
    ];
    if preset != Preset::Quick {
        suite.append(&mut vec![
            QuadraticSpec { dimension: 16, condition: 1e3, seed: 11 }.into(),
            HeterogeneousQuadraticSpec { dimension: 8, workers: 8, condition: 100.0, spread: 4.0, seed: 12 }.into(),
            SineSquaredSpec { dimension: 8 }.into(),
            FourierSpec { dimension: 8, workers: 4, terms: 16, seed: 13 }.into(),
            LogisticSpec { dimension: 8, workers: 8, share: 8, regulariser: 0.25, seed: 14 }.into(),
            LeastSquaresSpec { dimension: 16, rank: 8, condition: 1e3, offset: 2.0, workers: 4, seed: 15 }.into(),
            QuadraticSpec { dimension: 32, condition: 1e6, seed: 16 }.into(),
            GemanMcClureSpec { dimension: 8, workers: 4, share: 8, seed: 17 }.into(),
        ]);
    }
    if preset == Preset::Full {
        suite.append(&mut vec![
            QuadraticSpec { dimension: 64, condition: 1e6, seed: 21 }.into(),
            HeterogeneousQuadraticSpec { dimension: 32, workers: 32, condition: 1e4, spread: 1.0, seed: 22 }.into(),
            LeastSquaresSpec { dimension: 48, rank: 16, condition: 1e3, offset: 2.0, workers: 4, seed: 23 }.into(),
            SineSquaredSpec { dimension: 64 }.into(),
            SineSquaredComposedSpec { dimension: 24, rows: 12, condition: 64.0, seed: 24 }.into(),
            BreastCancerLogisticSpec { features: 30, workers: 8, share: 70, regulariser: 0.0625 }.into(),
            BreastCancerSquaresSpec { features: 30, workers: 8, share: 70 }.into(),
            FourierSpec { dimension: 32, workers: 16, terms: 64, seed: 25 }.into(),
            LogisticSpec { dimension: 32, workers: 32, share: 16, regulariser: 0.125, seed: 26 }.into(),
        ]);
    }
    suite
}

/// The problems that statements about compositions or adaptation are tried on.
#[must_use]
pub fn nested_suite(preset: Preset) -> Vec<ProblemSpec> {
    let affine = |dimension, rows, workers, outer, condition, spread, seed| {
        CompositeAffineSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
    };
    let bent = |dimension, rows, workers, outer, condition, spread, seed| {
        CompositeBentSpec { dimension, rows, workers, outer, condition, spread, seed }.into()
    };
    let (bounded, huber, squares) = (Outer::Bounded, Outer::Huber, Outer::Squares);
    let mut suite = vec![
        affine(1, 1, 1, bounded, 1.0, 1.0, 31),
        bent(1, 1, 1, squares, 1.0, 0.5, 32),
        MamlQuadraticSpec { spectrum: vec![1.0, 0.25], workers: 2, spread: 1.0, step: 0.25, seed: 33 }.into(),
        MamlRidgeSpec { ridge: Ridge::GemanMcClure, dimension: 2, workers: 1, share: 4, step: 0.25, seed: 34 }.into(),
        affine(3, 2, 1, squares, 2.0, 1.0, 35),
        bent(2, 2, 2, bounded, 2.0, 0.5, 36),
        MamlCosineSpec { step: 0.25 }.into(),
        MamlLeastSquaresSpec { dimension: 3, rank: 2, condition: 4.0, workers: 1, spread: 0.0, step: 0.25, seed: 37 }
            .into(),
        affine(2, 2, 2, huber, 1.5, 1.0, 38),
        MamlSinusoidSpec { units: 1, workers: 1, share: 4, step: 0.125, seed: 39 }.into(),
        bent(2, 1, 1, huber, 1.0, 1.0, 40),
        MamlRidgeSpec { ridge: Ridge::Cosine, dimension: 2, workers: 2, share: 3, step: 0.125, seed: 41 }.into(),
        MamlQuadraticSpec { spectrum: vec![1.0, 0.5], workers: 1, spread: 0.0, step: 0.375, seed: 42 }.into(),
        affine(2, 1, 2, squares, 1.0, 1.0, 43),
    ];
    if preset != Preset::Quick {
        suite.append(&mut vec![
            affine(8, 4, 2, bounded, 4.0, 1.0, 44),
            bent(6, 3, 1, squares, 3.0, 0.5, 45),
            MamlQuadraticSpec { spectrum: vec![2.0, 1.0, 0.5, 0.125], workers: 3, spread: 0.5, step: 0.25, seed: 46 }
                .into(),
            MamlSinusoidSpec { units: 3, workers: 2, share: 5, step: 0.0625, seed: 47 }.into(),
            MamlLeastSquaresSpec {
                dimension: 6,
                rank: 3,
                condition: 8.0,
                workers: 2,
                spread: 1.0,
                step: 0.125,
                seed: 48,
            }
            .into(),
            MamlRidgeSpec { ridge: Ridge::GemanMcClure, dimension: 4, workers: 2, share: 6, step: 0.0625, seed: 49 }
                .into(),
        ]);
    }
    if preset == Preset::Full {
        suite.append(&mut vec![
            bent(24, 12, 4, huber, 8.0, 2.0, 50),
            MamlRidgeSpec { ridge: Ridge::Cosine, dimension: 8, workers: 2, share: 8, step: 0.125, seed: 51 }.into(),
            MamlSinusoidSpec { units: 4, workers: 2, share: 6, step: 0.03125, seed: 52 }.into(),
        ]);
    }
    suite
}
