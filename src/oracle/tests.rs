use super::source::{
    Aligned, Axis, Cancel, FiniteDifference, Gaussian, Greedy, Offset, Opposed, Rademacher, RandomSigns, Relative,
    Scripted, Sphere,
};
use super::*;

fn quadratic(dimension: usize) -> Arc<dyn DynProblem> {
    crate::problem::build(&crate::problem::families::QuadraticSpec { dimension, condition: 2.0, seed: 1 }.into())
        .unwrap()
}

#[test]
fn only_adversaries_and_gaussian_noise_choose_their_vectors() {
    let problem = quadratic(2);
    let (relative, absolute) = (0.25, 0.5);
    let listed = [
        (Aligned { relative, absolute }.into(), Freedom::Within),
        (Opposed { relative, absolute }.into(), Freedom::Within),
        (Cancel { relative, absolute }.into(), Freedom::Within),
        (RandomSigns { relative, absolute }.into(), Freedom::Within),
        (Greedy { relative, absolute }.into(), Freedom::Within),
        (Gaussian { size: 1.0 }.into(), Freedom::Any),
        (Offset { size: 1.0 }.into(), Freedom::Computed),
        (Relative { factor: 0.5 }.into(), Freedom::Computed),
        (Sphere { radius: 1.0 }.into(), Freedom::Computed),
        (Rademacher { size: 1.0 }.into(), Freedom::Computed),
    ];
    for (spec, freedom) in listed {
        let oracle = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap();
        assert!(oracle.sources.iter().all(|listed| listed.freedom == freedom), "{spec}");
        if freedom == Freedom::Within {
            let expected = [Rational::from((1, 4)), Rational::from((1, 2))];
            assert_eq!(oracle.sources[0].size, Some(expected), "{spec}");
        }
    }
}

#[test]
fn numbers_whose_squares_no_f64_holds_have_their_size() {
    let problem = quadratic(3);
    for s in [5e-324, 1e-200, 1e200, f64::MAX] {
        let square = crate::number::exact(s).unwrap().square();
        let expected = [
            (Offset { size: s }.into(), square.clone() * 3u32),
            (Rademacher { size: s }.into(), square.clone() * 3u32),
            (Axis { size: s }.into(), square.clone()),
            (Sphere { radius: s }.into(), square.clone()),
            (Gaussian { size: s }.into(), square.clone() * 3u32),
            (Scripted { errors: vec![vec![s, s, 0.0], vec![0.0; 3]] }.into(), square.clone() * 2u32),
        ];
        for (spec, constant) in expected {
            let model = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap().model;
            assert_eq!(model.total.unwrap(), [Rational::new(), constant.clone()], "{spec}");
            if model.tail.kind == TailKind::Sure {
                assert!(Rational::from(model.tail.absolute.square_ref()) >= constant, "{spec}");
            }
        }
    }
}

#[test]
fn a_source_of_unknown_size_proves_nothing() {
    let problem = quadratic(3);
    let unknown: [SourceModel; 6] = [
        Source::model(&Offset { size: f64::INFINITY }, problem.as_ref()),
        Source::model(&Scripted { errors: vec![vec![1.0, f64::NAN, 0.0]] }, problem.as_ref()),
        Source::model(&Cancel { relative: 0.5, absolute: f64::INFINITY }, problem.as_ref()),
        Source::model(&Gaussian { size: f64::NAN }, problem.as_ref()),
        Source::model(&Sphere { radius: f64::INFINITY }, problem.as_ref()),
        Source::model(&FiniteDifference { step: f64::INFINITY }, problem.as_ref()),
    ];
    for model in unknown {
        assert!(model.size.is_none() && model.named.is_empty(), "{model:?}");
        assert_eq!(model.tail.kind, TailKind::Unknown, "{model:?}");
    }
    let size = f64::INFINITY;
    for spec in [Offset { size }.into(), Rademacher { size }.into(), Scripted { errors: vec![vec![size; 3]] }.into()] {
        assert!(build(std::slice::from_ref(&spec), problem.as_ref()).is_err(), "{spec}");
    }
}

#[test]
fn an_adversary_stays_within_its_radius_where_the_gradients_norm_is_lost() {
    let problem = quadratic(2);
    let view = <f64 as Arithmetic>::view(problem.as_ref());
    let memory = Memory::new(problem.as_ref(), ());
    for length in [0.0, 5e-324, 1e-200, 1e-170, 1e-155, 1e-140, 1.0] {
        let gradient = [length, -length];
        let at = EstimateQuery {
            step: None,
            x: &[0.0; 2],
            gradient: &gradient,
            worker_gradients: &[],
            direction: None,
            workers: 1,
            problem: view,
            adversary_score: None,
            memory: &memory,
        };
        for spec in [
            Aligned { relative: 0.0, absolute: 1.0 }.into(),
            Opposed { relative: 0.0, absolute: 1.0 }.into(),
            Cancel { relative: 0.0, absolute: 1.0 }.into(),
        ] {
            let oracle = build(std::slice::from_ref(&spec), problem.as_ref()).unwrap();
            let (mut bias, mut noise) = ([0.0; 2], [0.0; 2]);
            oracle.draw(&at, &mut NoRandomness, &mut bias, &mut noise, ());
            let square: f64 = bias.iter().map(|e| e * e).sum();
            assert!(square <= 1.0 + 1e-15, "{spec} at {length:e}: {bias:?}");
        }
    }
}
